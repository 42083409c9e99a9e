"""One meaning, one digest; another meaning, another: over spellings, hash seeds, interpreters and edits."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from govern.inputs.yaml import parse_yaml
from govern.inputs.yaml_rules import core_type
from govern.policy.compile import compile_policies
from govern.policy.outcomes import Stage
from govern.policy.plan import Plan
from support.compiling import specs
from support.process import ROOT, clean_environment
from support.respelling import Writer, respelled

PLANS = ROOT / "conformance" / "plans"
PYTHONS = [sys.executable, *filter(None, os.environ.get("GOVERN_PYTHONS", "").split(os.pathsep))]
"""Further interpreters that have what govern needs, to hold the plans against: `GOVERN_PYTHONS=a/bin/python:b/…`."""


def _checker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_plans", PLANS / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECKER = _checker()
SETS: list[Path] = CHECKER.sets()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted((folder / "policies").glob("*.yaml"))}


def expected(folder: Path) -> Mapping[str, Any]:
    held: Mapping[str, Any] = json.loads((folder / "expected.json").read_text("utf-8"))
    return held


def plan_of(files: Mapping[str, bytes], stage: Stage) -> Plan:
    from govern.evidence.schema import evidence_schema

    made = compile_policies(files, stage=stage, checks=specs(), evidence_schema=evidence_schema())
    assert made.plan is not None, [str(item) for item in made.diagnostics]
    return made.plan


def environment(**more: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])
    return {**clean_environment(), "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", **more}


def ran(*arguments: str | Path, **more: str) -> str:
    done = subprocess.run(
        [str(item) for item in arguments], env=environment(**more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_the_plans_are_those_in_the_files(folder: Path) -> None:
    """Run `python conformance/plans/check.py --write` after a change that is meant, and read the difference."""
    assert list(CHECKER.complaints(folder)) == []
    if (folder / "govern.lock").exists():
        return  # its packs are read by the same code that has just been asked
    assert expected(folder)["digest"] == plan_of(files_of(folder), Stage(expected(folder)["stage"])).digest


def test_the_plans_hold_every_kind_and_every_type_of_parameter() -> None:
    plan = json.loads((PLANS / "every-kind" / "plan.json").read_bytes())
    assert {rule["check"] for rule in plan["rules"]} == set(specs())
    assert {item["type"] for item in plan["params"].values()} == {
        *("number", "integer", "string", "bool", "duration", "date", "enum", "set")
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_the_script_says_so_under_every_interpreter(python: str) -> None:
    assert f"{len(SETS)} sets, 0 differences" in ran(python, PLANS / "check.py")


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("hash_seed", ["0", "1", "7", "4242", "random"])
def test_a_thousand_spellings_have_one_digest(hash_seed: str, python: str) -> None:
    """Two hundred in each of five processes: order of keys, rules and files, quotes, blocks, comments, white space."""
    first = 1000 * len(hash_seed) + sum(map(ord, hash_seed))
    for name, count in (("every-kind", 50), ("credit-risk", 150)):
        folder = PLANS / name
        script = ROOT / "tests" / "support" / "respelled_digests.py"
        arguments = (str(first), str(count), expected(folder)["stage"], *files_of(folder))
        digests = ran(python, script, *arguments, PYTHONHASHSEED=hash_seed).split("\n")[:-1]
        assert len(digests) == count
        assert set(digests) == {expected(folder)["digest"]}


def test_spellings_differ() -> None:
    """The comparison above would be idle if they did not."""
    files = files_of(PLANS / "every-kind")
    made = {tuple(sorted(respelled(files, random.Random(seed)).values())) for seed in range(50)}
    assert len(made) == 50


# --- other meanings


def _number(value: Any, chance: random.Random) -> str:
    return f"{float(value) * 0.5 + chance.randrange(1, 10**6) / 10**7:.7f}"


def _whole(value: Any, chance: random.Random) -> str:
    return str(int(value) + chance.randrange(1, 10**6))


EDITS: tuple[tuple[str, Callable[[random.Random], tuple[str, str]]], ...] = (
    ("limits.yaml", lambda chance: ("default: 0.80, min: 0.5", f"default: {_number(1, chance)}, min: 0.5")),
    ("limits.yaml", lambda chance: ("at_most: .1e0", f"at_most: {_number(1, chance)}")),
    ("limits.yaml", lambda chance: ("at_least: 7.50E-1", f"at_least: {_number(1, chance)}")),
    ("limits.yaml", lambda chance: ("alpha: 1e-2", f"alpha: {_number(0.1, chance)}")),
    ("limits.yaml", lambda chance: ("default: 100, tighten: up", f"default: {_whole(100, chance)}, tighten: up")),
    ("limits.yaml", lambda chance: ("min_n: 500", f"min_n: {_whole(500, chance)}")),
    ("limits.yaml", lambda chance: ("at_most: +12", f"at_most: {_whole(12, chance)}")),
    ("limits.yaml", lambda chance: ("max_waiver_days: 30", f"max_waiver_days: {chance.randrange(31, 3650)}")),
    ("limits.yaml", lambda chance: ("metrics['top-5'] >= 0.5", f"metrics['top-5'] >= {_number(1, chance)}")),
    ("limits.yaml", lambda chance: ('o != "nobody"', f'o != "nobody{chance.randrange(10**6)}"')),
    ("limits.yaml", lambda chance: ("[sex, race, age]", f"[sex, race, age, a{chance.randrange(10**6)}]")),
    ("limits.yaml", lambda chance: ("id: gap", f"id: gap-{chance.randrange(10**6)}")),
    ("limits.yaml", lambda chance: ("split: test", f"split: test{chance.randrange(10**6)}")),
    ("limits.yaml", lambda chance: ('in model.tags ||', f'in model.tags || "t{chance.randrange(10**6)}" in model.tags ||')),
    ("limits.yaml", lambda chance: ('model.risk_tier == "high"', f'model.risk_tier == "h{chance.randrange(10**6)}"')),
    ("limits.yaml", lambda chance: ("default: 6mo", f"default: {chance.randrange(7, 360)}d")),
    ("limits.yaml", lambda chance: ("applies_from: 2026-07-01", f"applies_from: 2026-{chance.randrange(1, 7):02}-0{chance.randrange(1, 10)}")),
    ("limits.yaml", lambda chance: ('version: "1.10"', f'version: "1.10.{chance.randrange(10**6)}"')),
    ("things.yaml", lambda chance: ("min_words: 120", f"min_words: {_whole(120, chance)}")),
    ("things.yaml", lambda chance: ("{limitations: 40}", f"{{limitations: {_whole(40, chance)}}}")),
    ("things.yaml", lambda chance: ("max_snapshot_age: 7d", f"max_snapshot_age: {chance.randrange(8, 10**5)}d")),
    ("things.yaml", lambda chance: ("min_data_roots: 2", f"min_data_roots: {_whole(2, chance)}")),
    ("things.yaml", lambda chance: ("a.onnx]", f"a{chance.randrange(10**6)}.onnx]")),
    ("things.yaml", lambda chance: ("role: approver}", f"role: approver/r{chance.randrange(10**6)}}}")),
    ("things.yaml", lambda chance: ("House rule,", f"House rule {chance.randrange(10**6)},")),
    ("things.yaml", lambda chance: ("max_conflicts: 1", f"max_conflicts: {_whole(1, chance)}")),
    ("standard.yaml", lambda chance: ('{id: "5"', f'{{id: "6.{chance.randrange(10**6)}"')),
    ("approved.yaml", lambda chance: ("until: 2031-01-01", f"until: 2031-{chance.randrange(1, 13):02}-{chance.randrange(2, 29):02}")),
    ("approved.yaml", lambda chance: ("id: loans", f"id: loans-{chance.randrange(10**6)}")),
)  # fmt: skip
"""File, and what is replaced by what."""

ONCE = (
    ("limits.yaml", "decide: point", "decide: demonstrated"),
    ("limits.yaml", "bound: true", "bound: false"),
    ("limits.yaml", "waivable: false", "waivable: true"),
    ("limits.yaml", "enforcement: record", "enforcement: warn"),
    ("limits.yaml", "severity: critical", "severity: high"),
    ("limits.yaml", "recompute: never", "recompute: preferred"),
    ("limits.yaml", "> 0.1 ||", "> 0.1 &&"),
    ("limits.yaml", "metrics.f1 > 0.1 ", "metrics.f1 >= 0.1 "),
    ("limits.yaml", "d.pinned && ", ""),
    ("limits.yaml", "[sex, [sex, race]]", "[[sex, race], sex]"),
    ("limits.yaml", "legal_status: pending", "legal_status: in_force"),
    ("limits.yaml", "  applies_until: 2031-07-01\n", ""),
    ("limits.yaml", "standard/4.2, standard/4.1", "standard/4.2"),
    ("things.yaml", "enforcement: warn", "enforcement: record"),
    ("things.yaml", "rehash: none", "rehash: reachable"),
    ("things.yaml", "    - {id: acyclic, check: lineage.acyclic}\n", ""),
    ("things.yaml", "check: lineage.acyclic", "check: lineage.present"),
    ("things.yaml", "count: 2", "count: 3"),
    ("limits.yaml", "controls: [standard/4.2, standard/4.1]", "controls: [standard/5]"),
)
"""Changes of a word."""


def edited(files: Mapping[str, bytes], name: str, old: str, new: str) -> dict[str, bytes]:
    (path,) = [path for path in files if Path(path).name == name]
    text = files[path].decode()
    assert text.count(old) >= 1, old
    return {**files, path: text.replace(old, new, 1).encode()}


def test_two_hundred_changes_of_meaning_give_as_many_other_digests() -> None:
    folder = PLANS / "every-kind"
    files, stage = files_of(folder), Stage(expected(folder)["stage"])
    chance = random.Random(20260301)
    changes = dict.fromkeys(ONCE)
    while len(changes) < 200:
        name, edit = EDITS[len(changes) % len(EDITS)]
        changes[(name, *edit(chance))] = None
    digests = {change: plan_of(edited(files, *change), stage).digest for change in changes}
    assert len(digests) == 200
    assert len({expected(folder)["digest"], *digests.values()}) == 201


TEXTS = (
    ("limits.yaml", "title: Quoten weichen nicht ab", "title: Rates do not differ"),
    ("limits.yaml", "Rate of {worst.group}", "The rate of {worst.group}"),
    ("limits.yaml", "Prüfen, was", "Bitte prüfen, was"),
    ("limits.yaml", "severity: critical", "severity: low\n      enforcement: block"),
    ("limits.yaml", "waivable: false", "waivable: true"),
    ("limits.yaml", "standard/4.2, standard/4.1", "standard/4.1"),
    ("limits.yaml", "enforcement: record", "enforcement: block"),
)


@pytest.mark.parametrize("change", TEXTS, ids=[f"{name}-{old[:12]}" for name, old, _new in TEXTS])
def test_words_and_consequences_are_no_part_of_a_rule_digest(change: tuple[str, str, str]) -> None:
    """What a waiver binds to is what is evaluated; the plan's digest covers the rest."""
    folder = PLANS / "every-kind"
    plan = plan_of(edited(files_of(folder), *change), Stage(expected(folder)["stage"]))
    assert {rule.id: rule.digest for rule in plan.rules} == expected(folder)["rules"]
    assert plan.digest != expected(folder)["digest"]


def test_a_respelled_document_is_the_same_tree() -> None:
    """The writer of the test keeps every text and the type of every scalar."""
    for folder in SETS:
        for path, data in files_of(folder).items():
            tree = parse_yaml(data, file=path, strictness="policy")
            for seed in range(20):
                written = Writer(random.Random(seed)).document(tree)
                assert _unordered(parse_yaml(written, file=path, strictness="policy")) == _unordered(tree)


def _unordered(node: Any) -> Any:
    if hasattr(node, "entries"):
        return sorted((key.text, _unordered(value)) for key, value in node.entries)
    if hasattr(node, "items"):
        return sorted((_unordered(item) for item in node.items), key=repr)
    return f"{core_type(node.text) if node.plain else 'text'} {node.text}"
