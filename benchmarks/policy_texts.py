"""The same rules as policy files, and the mixed set of every family of check kinds that `lint` is measured on."""

from __future__ import annotations

import random
from collections.abc import Sequence

from policy_inputs import FLOOR, LATENCY, METRICS, SECTIONS, Said, said

RULES_A_FILE = 25
CLAUSES = 40
_GROUPS = ("sex", "race", "age_band", "region", "language")
_WORDS = ("measure", "again", "on", "data", "that", "training", "never", "saw", "and", "write", "down", "who", "looked")


def head(name: str) -> str:
    """The start of a policy, down to `rules:`."""
    return f"""\
# Rules of the {name} desk. Drawn from a seed; the sorts and their shares are those of real sets.
apiVersion: govern/v1
kind: Policy
metadata:
  name: {name}
  version: 1.2.0
  title: Models of the {name} desk
  owner: {name}@example.com
  legal_status: in_force
spec:
  params:
    floor: {{type: number, default: {FLOOR}, tighten: up, description: lowest accepted rate}}
    latency: {{type: integer, default: {LATENCY}, tighten: down, description: slowest answer in milliseconds}}
  rules:
"""


def catalogue() -> str:
    """The control catalogue that the mixed rules speak to."""
    clauses = "".join(
        f'  - id: clause-{number}\n    clause: "{number}"\n    title: Clause {number} of the standard\n'
        "    about: model\n    assessable: machine\n    confidence: checked\n"
        for number in range(CLAUSES)
    )
    start = "apiVersion: govern/v1\nkind: ControlCatalog\nmetadata:\n  name: standard\n  version: 1.0.0\n"
    return f"{start}  title: Model standard\n  law: none; internal standard\ncontrols:\n{clauses}"


def expression_files(rules: Sequence[Said]) -> dict[str, bytes]:
    """Rules that are expressions, as policy files."""
    return _files([_expression(rule, "medium") for rule in rules])


def mixed_files(count: int, seed: int) -> dict[str, bytes]:
    """Rules of every family, as policy files with their control catalogue."""
    return {**_files(mixed_rules(count, seed)), "standard.yaml": catalogue().encode()}


def one_file(count: int, seed: int) -> bytes:
    """The mixed rules in one file."""
    return (head("desk") + "\n".join(mixed_rules(count, seed))).encode()


def _files(rules: Sequence[str]) -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for start in range(0, len(rules), RULES_A_FILE):
        name = f"desk-{start // RULES_A_FILE:02d}"
        made[f"{name}.yaml"] = (head(name) + "\n".join(rules[start : start + RULES_A_FILE])).encode()
    return made


def _expression(rule: Said, severity: str, more: str = "") -> str:
    when = "" if rule.when is None else f"      when: '{rule.when.cel}'\n"
    return (
        f"    - id: {rule.id}\n      title: What rule {rule.id} asks\n      severity: {severity}\n{more}{when}"
        f"      check: expression\n      with:\n        assert: '{rule.must.cel}'\n"
        "      remediation: Change what the finding names, or the evidence it is read from, and measure again.\n"
    )


def mixed_rules(count: int, seed: int) -> list[str]:
    """Draw rules as YAML: four in ten are expressions, a third carries a condition."""
    source = random.Random(seed)
    return [_mixed(source, rule) for rule in said(count, seed)]


def _mixed(source: random.Random, rule: Said) -> str:
    severity = source.choice(("medium", "high", "critical"))
    more = f"      controls: [standard/clause-{source.randrange(CLAUSES)}]\n"
    if source.random() < 0.4:
        return _expression(rule, severity, more)
    check, parameters, message = source.choices(*_families(source))[0]
    when = "" if rule.when is None else f"      when: {rule.when.cel!r}\n".replace("\\", "")
    advice = " ".join(source.choices(_WORDS, k=12)).capitalize()
    return (
        f"    - id: {rule.id}\n      title: What rule {rule.id} asks of {check}\n      severity: {severity}\n"
        f"{more}{when}      check: {check}\n{parameters}{message}      remediation: {advice}.\n"
    )


def _families(source: random.Random) -> tuple[list[tuple[str, str, str]], list[int]]:
    """The other families: (check, parameters, message), and their shares."""
    group, other = source.sample(_GROUPS, 2)
    sections = ", ".join(source.sample(SECTIONS[:6], 3))
    performance = (
        f"      with:\n        metric: {source.choice(METRICS)}\n"
        f"        at_least: 0.{source.randrange(500, 990)}\n        min_n: {source.randrange(50, 900)}\n"
    )
    fairness = (
        "      with:\n        metric: selection_rate\n        compare: ratio\n        at_least: ${params.floor}\n"
        f"        attributes: [{group}, [{group}, {other}]]\n        decide: evidence_of_harm\n"
    )
    told = "      message: 'Selection rate of {worst.group} is {worst.ratio} of the best group.'\n"
    vulnerabilities = f"      with:\n        max_snapshot_age: {source.randrange(5, 60)}d\n"
    lineage = source.choice(("present", "bound", "acyclic", "closed", "single_producer", "agreement"))
    found = [
        (30, ("performance.threshold", performance, "")),
        (20, ("fairness.disparity", fairness, told)),
        (15, ("model_card.sections", f"      with:\n        required: [{sections}]\n", "")),
        (15, (f"lineage.{lineage}", "", "")),
        (10, ("dependencies.vulnerabilities", vulnerabilities, "")),
        (10, ("artefacts.formats", "      with:\n        allowed: [safetensors, onnx]\n", "")),
    ]
    return [item for _share, item in found], [share for share, _item in found]
