"""What holds of every set of files, sound or not: lint and compile agree, and spelling is not meaning."""

from __future__ import annotations

import os
import random
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, Severity
from govern.evidence.schema import evidence_schema
from govern.gate.policies import PolicyError, lint_paths, load_policies
from govern.inputs.nodes import ListNode, MapNode, Node
from govern.inputs.yaml import parse_yaml
from govern.policy.advice.lint import lint
from govern.policy.compile import Compiled, compile_policies
from govern.policy.outcomes import Stage
from support.compiling import specs
from support.mangling import corpus, damaged, made_up
from support.process import ROOT
from support.respelling import Writer, respelled

EXAMPLES = int(os.environ.get("GOVERN_FUZZ", "100"))
longer = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), print_blob=True)
seeds = st.integers(0, 2**32)


def compiled(files: Mapping[str, bytes], stage: Stage | None) -> Compiled:
    return compile_policies(files, stage=stage, checks=specs(), evidence_schema=evidence_schema())


def errors(found: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [item for item in found if item.severity is Severity.ERROR]


def _sets() -> dict[str, Mapping[str, bytes]]:
    folder = ROOT / "conformance" / "plans" / "every-kind" / "policies"
    more = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    return {**corpus(), "every-kind": more}


SOUND = _sets()


@st.composite
def chosen_rules(draw: st.DrawFn) -> dict[str, bytes]:
    """A sound set of files with some of its rules, in any order."""
    files = SOUND[draw(st.sampled_from(sorted(SOUND)))]
    chance = random.Random(draw(seeds))
    made: dict[str, bytes] = {}
    for name, data in files.items():
        tree = parse_yaml(data, file=name, strictness="policy")
        made[name] = Writer(chance).document(_fewer(tree, draw))
    return made


def _fewer(node: Node, draw: st.DrawFn) -> Node:
    if not isinstance(node, MapNode):
        return node
    entries = []
    for key, value in node.entries:
        kept = value
        if key.text == "spec":
            kept = _fewer(value, draw)
        elif key.text == "rules" and isinstance(value, ListNode):
            kept = ListNode(tuple(draw(st.lists(st.sampled_from(value.items), unique_by=id))), value.span)
        entries.append((key, kept))
    return MapNode(tuple(entries), node.span)


any_files = st.one_of(damaged(), made_up(), chosen_rules())


@longer
@given(any_files, st.sampled_from(Stage))
def test_what_lint_calls_an_error_does_not_compile_and_nothing_else(files: dict[str, bytes], stage: Stage) -> None:
    made = compiled(files, stage)
    assert errors(made.diagnostics) == errors(lint(files, checks=specs(), evidence_schema=evidence_schema()))
    assert (made.plan is None) == bool(errors(made.diagnostics))


@longer
@given(any_files, st.sampled_from(Stage))
def test_compiling_twice_gives_the_same(files: dict[str, bytes], stage: Stage) -> None:
    first, second = compiled(files, stage), compiled(dict(reversed(files.items())), stage)
    assert first.diagnostics == second.diagnostics
    assert first.source_map == second.source_map
    assert (first.plan and first.plan.data()) == (second.plan and second.plan.data())


@longer
@given(st.one_of(chosen_rules(), damaged()), st.sampled_from(Stage), seeds)
def test_another_spelling_is_the_same_plan(files: dict[str, bytes], stage: Stage, seed: int) -> None:
    plan = compiled(files, stage).plan
    assume(plan is not None)
    assert plan is not None
    again = compiled(respelled(files, random.Random(seed)), stage)
    assert again.plan is not None, [str(item) for item in again.diagnostics]
    assert again.plan.data() == plan.data()


@longer
@given(made_up(), seeds)
def test_another_spelling_has_the_same_faults(files: dict[str, bytes], seed: int) -> None:
    found = compiled(files, None)
    # Of two documents with one name the first counts, and which that is depends on the order of the files.
    assume(not any(item.code == "P214" or item.code.startswith("I") for item in found.diagnostics))
    again = compiled(respelled(files, random.Random(seed)), None)
    assert Counter(item.code for item in again.diagnostics) == Counter(item.code for item in found.diagnostics)


@settings(longer, max_examples=max(20, EXAMPLES // 4))
@given(any_files, st.sampled_from(Stage))
def test_the_commands_agree_as_well(files: dict[str, bytes], stage: Stage) -> None:
    """With what source registries mean, which the compiler does not know."""
    with tempfile.TemporaryDirectory() as name:
        for index, data in enumerate(files.values()):
            (Path(name) / f"{index}.yaml").write_bytes(data)
        found, _files = lint_paths([Path(name)])
        assert refusals(Path(name), stage) == errors(found)


def refusals(folder: Path, stage: Stage) -> list[Diagnostic]:
    """What the gate says to the policies of a folder."""
    try:
        load_policies([folder], stage=stage)
    except PolicyError as fault:
        return list(fault.diagnostics)
    return []
