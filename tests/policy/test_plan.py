"""The plan: golden bytes, one digest for one meaning, another for another."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import rfc8785
import yaml

from govern.evidence.schema import evidence_schema
from govern.policy.cel.ast import ast_digest
from govern.policy.cel.wire import UnsupportedConstructError, decode
from govern.policy.compile import compile_policies
from govern.policy.expressions import engine_for
from govern.policy.outcomes import Enforcement, Outcome, Stage
from govern.policy.source_map import source_map_document
from support.compiling import compiled, open_schema, specs, with_rule

GOLDEN = Path(__file__).parent / "golden"
DIGEST = "6d5a5edef99b3c90176d2ae051b42203b4b7362960b29a96ca62e2af300de1b3"


def plan_of(policy: str, catalogue: str | None = None, stage: Stage = Stage.PRE_REGISTRATION):
    files = {"credit-risk.yaml": policy.encode(), "c.yaml": (catalogue or golden("ugesp.yaml")).encode()}
    found = compile_policies(files, stage=stage, checks=specs(), evidence_schema=evidence_schema())
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    return found.plan


def golden(name: str) -> str:
    return (GOLDEN / name).read_text("utf-8")


def test_golden_plan_byte_for_byte():
    expected = json.loads(golden("plan.json"))
    assert hashlib.sha256(rfc8785.dumps(expected)).hexdigest() == DIGEST
    plan = plan_of(golden("credit-risk.yaml"))
    assert plan.data() == rfc8785.dumps(expected)
    assert plan.digest == DIGEST


def test_golden_rule_digests():
    rules = {rule.id: rule.digest for rule in plan_of(golden("credit-risk.yaml")).rules}
    assert rules == {
        "credit-risk/auc-floor": "e6d235f7d429d4438befbc2e535529fee187f46ecb1a846964b35340a64e8f5f",
        "credit-risk/parity": "2eda9b5f355d31f8c40cd78641fd914d7da4b22e10b04082cb7a8af5e55090cf",
    }


@pytest.mark.parametrize(
    ("source", "digest"),
    [
        (
            "metrics.auc >= 0.8 && size(card.owners) > 0",
            "1986c20bac49c1712934437f1e148946cdcb38ef27e5ceea87239f00f09a7804",
        ),
        ("metrics.auc>=0.80&&size(card.owners)>0 // same", "1986c20bac49c1712934437f1e148946cdcb38ef27e5ceea87239f00f09a7804"),
        (
            'model.tags.exists(t, t == "credit")',
            "e89b136846e75062ea5197233555337d9db4fe021900380083fea11323cfa22b",
        ),
        ("o == {'a': 1}", "5c5ae0e29563262560d8e41b9611f24a1cc6da3eb51b438aa1262d76e6cc199a"),
        ("o == {'b': 2}", "92967a9f251711bd363ce7882ab08855b48f632342f90efe2986dec612998c54"),
        ("o.x == -1", "eb0957f59d0bc9a37ca3a409f77e9c4213280495e2f0980fe3de9a6e135b9703"),
    ],
)  # fmt: skip
def test_golden_trees(source, digest):
    """A new version of the engine that expands a macro in another way must not change digests silently."""
    engine = engine_for(tuple(sorted(open_schema().roots)))
    assert ast_digest(engine.compile(source).ast.root) == digest


def test_unknown_fields_of_a_tree_are_refused():
    def field(number, payload):
        return bytes([number << 3 | 2, len(payload)]) + payload

    def wrapped(expr):
        url = b"type.googleapis.com/cel.expr.CheckedExpr"
        return field(1, url) + field(2, field(4, expr))

    ident = field(4, field(1, b"o"))
    assert decode(wrapped(ident)).root.name == "o"
    for broken in (field(10, b""), ident + field(12, b""), field(4, field(3, b"x")), b"", field(3, field(8, b""))):
        with pytest.raises(UnsupportedConstructError):
            decode(wrapped(broken))
    for junk in (b"", b"\x0a", b"\xff" * 20, wrapped(ident)[:-2], field(1, b"x") + field(2, b"")):
        with pytest.raises(UnsupportedConstructError):
            decode(junk)


def shuffled(value, rng):
    """The same document with its keys in another order; lists keep theirs."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


def test_digest_survives_order_comments_and_white_space():
    document = yaml.load(golden("credit-risk.yaml"), Loader=yaml.BaseLoader)
    numbers = {"default": 0.8}
    rng = random.Random(7)
    for _round in range(60):
        mixed = shuffled(document, rng)
        mixed["spec"]["params"]["min_ratio"].update(numbers)
        text = yaml.safe_dump(
            mixed,
            sort_keys=False,
            indent=rng.choice([2, 3, 4]),
            width=10_000,
            default_flow_style=rng.choice([None, False]),
        )
        lines = [
            f"{line}{rng.choice(['', ' ', '   # note'])}" if ": " in line and "'" not in line else line
            for line in text.splitlines()
        ]
        assert plan_of("# head\n\n" + "\n".join(lines) + "\n").digest == DIGEST


def test_digest_survives_order_of_rules_and_files():
    document = golden("credit-risk.yaml")
    head, _sep, rules = document.partition("  rules:\n")
    first, _sep, second = rules.partition("    - id: auc-floor")
    assert plan_of(f"{head}  rules:\n    - id: auc-floor{second}{first}").digest == DIGEST
    for names in (("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")):
        files = dict(zip(names, (document.encode(), golden("ugesp.yaml").encode()), strict=True))
        found = compile_policies(files, stage=Stage.PRE_REGISTRATION, checks=specs(), evidence_schema=evidence_schema())
        assert found.plan is not None
        assert found.plan.digest == DIGEST


def test_digest_survives_hash_seed(tmp_path):
    code = (
        "import sys; from pathlib import Path; from govern.policy.compile import compile_policies\n"
        "from govern.evidence.schema import evidence_schema; from govern.policy.outcomes import Stage\n"
        "from govern.checks.expression import assertion; from govern.checks.fairness import disparity\n"
        "specs = {item.spec.kind: item.spec for module in (assertion, disparity) for item in module.CHECKS}\n"
        "files = {name: Path(sys.argv[1], name).read_bytes() for name in sys.argv[2:]}\n"
        "found = compile_policies(files, stage=Stage.PRE_REGISTRATION, checks=specs, evidence_schema=evidence_schema())\n"
        "print(found.plan.digest)"
    )
    for seed in ("0", "1", "4711"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "TZ": "Pacific/Apia", "LC_ALL": "C"}
        command = [sys.executable, "-c", code, str(GOLDEN), "ugesp.yaml", "credit-risk.yaml"]
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == DIGEST


EDITS = [
    ("version: 2.1.0", "version: 2.1.1"),
    ("in_force", "pending\n  applies_from: 2030-01-01"),
    ('"credit"', '"loans"'),
    ("default: 0.8,", "default: 0.81,"),
    ("tighten: up", "tighten: fixed"),
    ("severity: high", "severity: critical"),
    ("enforcement: block", "enforcement: warn"),
    ("stages: [pre-registration]", "stages: [pre-deployment]"),
    ("metric: selection_rate", "metric: true_positive_rate"),
    ("compare: ratio\n        at_least: ${params.min_ratio}", "compare: difference\n        at_most: ${params.min_ratio}"),
    ("[sex, race, [sex, race]]", "[sex, race]"),
    ("decide: evidence_of_harm", "decide: point"),
    ("decide: evidence_of_harm", "decide: evidence_of_harm\n        min_n: 31"),
    ("decide: evidence_of_harm", "decide: evidence_of_harm\n        bound: true"),
    ("decide: evidence_of_harm", "decide: evidence_of_harm\n        max_age: 30d"),
    ("worst.ratio", "worst.group"),
    ("Rebalance, or", "Rebalance or"),
    ("id: auc-floor", "id: auc"),
    ("id: auc-floor", "id: auc-floor\n      waivable: false"),
    ("id: auc-floor", "id: auc-floor\n      max_waiver_days: 30"),
    ("id: auc-floor", "id: auc-floor\n      when: model.third_party"),
    (">= 0.8 &&", "> 0.8 &&"),
    (">= 0.8 &&", ">= 0.81 &&"),
    (">= 0.8 &&", ">= 0.8 ||"),
    ("> 0 ", "> 1 "),
    ("controls: [ugesp/1607.4-d]", "controls: []"),
]  # fmt: skip


def test_every_edit_that_can_matter_gives_another_digest():
    digests = {DIGEST}
    for old, new in EDITS:
        text = golden("credit-risk.yaml")
        assert old in text, old
        digests.add(plan_of(text.replace(old, new, 1)).digest)
    assert len(digests) == len(EDITS) + 1


def test_text_is_outside_the_rule_digest():
    plain = {rule.id: rule.digest for rule in plan_of(golden("credit-risk.yaml")).rules}
    for old, new in [("Selection rates do", "Rates do"), ("severity: high", "severity: low"), ("Rebalance", "Mend")]:
        edited = plan_of(golden("credit-risk.yaml").replace(old, new, 1))
        assert {rule.id: rule.digest for rule in edited.rules} == plain


def test_clauses_without_a_rule_are_part_of_the_plan():
    catalogue = golden("ugesp.yaml") + "  - {id: 1607.15, clause: '1607.15', title: Records}\n"
    plan = plan_of(golden("credit-risk.yaml"), catalogue)
    assert plan.document["not_assessed"] == ["ugesp/1607.15"]
    found = compiled(golden("credit-risk.yaml"), catalogue)
    assert [(item.control, item.title) for item in found.not_assessed] == [("ugesp/1607.15", "Records")]


def test_a_clause_may_cover_its_children():
    catalogue = """\
apiVersion: govern/v1
kind: ControlCatalog
metadata: {name: c, version: 1.0.0}
controls:
  - {id: a, clause: a, title: A, covers_children: true}
  - {id: a-1, clause: a1, title: A1, parent: a}
  - {id: b, clause: b, title: B}
  - {id: b-1, clause: b1, title: B1, parent: b}
"""
    rule = with_rule("id: r\ncheck: lineage.present\ncontrols: [c/a, c/b]")
    assert [item.control for item in compiled(rule, catalogue).not_assessed] == ["c/b-1"]


def test_defaults_of_a_rule():
    rule = compiled(with_rule("id: r\ncheck: lineage.present")).plan.rules[0]
    assert (rule.title, rule.severity, rule.enforcement, rule.waivable, rule.max_waiver_days) == (
        "r",
        "medium",
        Enforcement.BLOCK,
        True,
        90,
    )
    low = compiled(with_rule("id: r\nseverity: low\ncheck: lineage.present")).plan.rules[0]
    assert low.enforcement is Enforcement.WARN


def test_rules_of_other_stages_are_left_out():
    text = golden("credit-risk.yaml")
    plan = plan_of(text, stage=Stage.PRE_DEPLOYMENT)
    assert [rule.id for rule in plan.rules] == ["credit-risk/auc-floor"]
    assert plan.document["params"] == {}
    assert [item["kind"] for item in plan.document["evidence"]] == ["card", "metrics", "model_record"]


def test_dates_of_a_law():
    text = golden("credit-risk.yaml").replace(
        "in_force", "in_force\n  applies_from: 2026-08-02\n  applies_until: 2030-01-01"
    )
    plan = plan_of(text)
    assert plan.document["policies"][0]["applies_from"] == "2026-08-02"
    held = plan.rules[0].in_force
    assert [(item.start, item.until, item.otherwise) for item in held] == [
        ("2026-08-02T00:00:00Z", "2030-01-01T00:00:00Z", Outcome.NOT_APPLICABLE)
    ]
    assert plan_of(golden("credit-risk.yaml")).rules[0].in_force == ()


def test_registry_named_by_a_rule_is_in_the_plan():
    rule = with_rule("id: r\ncheck: lineage.sources\nwith:\n  registry: sources")
    registry = "apiVersion: govern/v1\nkind: SourceRegistry\nmetadata: {name: sources, version: 1.0.0}\nsources: []\n"
    found = compiled(rule, registry)
    assert found.plan is not None, found.diagnostics
    digest = found.plan.document["registries"]["sources"]
    assert digest == f"sha256:{found.registries['sources'].digest}"
    same = "kind: SourceRegistry   # note\nsources: []\nmetadata:\n  version: '1.0.0'\n  name: sources\napiVersion: govern/v1\n"
    assert compiled(rule, same).plan.digest == found.plan.digest
    other = registry.replace("1.0.0", "1.0.1")
    assert compiled(rule, other).plan.digest != found.plan.digest


def test_policy_records_and_source_map():
    found = compiled(golden("credit-risk.yaml"), golden("ugesp.yaml"))
    record = found.plan.policies[0].record()
    assert record["digest"] == hashlib.sha256(golden("credit-risk.yaml").encode()).hexdigest()
    assert (record["name"], record["version"], record["legal_status"]) == ("credit-risk", "2.1.0", "in_force")
    places = source_map_document(found.source_map)
    assert places["/rules/1/with/at_least"] == [
        {"file": "policies/test.yaml", "line": 25, "column": 19},
        {"file": "policies/test.yaml", "line": 13, "column": 40},
    ]
    json.dumps(places)
