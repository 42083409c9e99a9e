"""Whatever a file holds, the compiler answers with diagnostics that have a code and a place, and never with a traceback.

`GOVERN_FUZZ=5000 pytest tests/policy/test_fuzz.py` looks longer than CI does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, GovernError, Severity
from govern.evidence.schema import evidence_schema
from govern.inputs.nodes import MapNode
from govern.lineage.registry import compile_registry
from govern.policy.advice.lint import advice, lint
from govern.policy.compile import compile_policies
from govern.policy.outcomes import Stage
from govern.policy.packs.lockfile import Lock, PackFiles, pack_digest, read_lock
from govern.policy.render import render
from govern.policy.source_map import source_map_document
from support.compiling import specs
from support.mangling import corpus, damaged, damaged_packs, made_up
from support.places import misplaced

EXAMPLES = int(os.environ.get("GOVERN_FUZZ", "150"))
longer = settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), print_blob=True)
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
PARAMS = ({}, {"min_ratio": "0.9"}, {"x": "1"}, {"lending/min_ratio": "0.1"}, {"max_snapshot_age": "1mo"})


def judge(files: Mapping[str, bytes], stage: Stage, params: Mapping[str, str]) -> tuple[Diagnostic, ...]:
    """Compile and lint; what must hold of every answer."""
    compiled = compile_policies(files, stage=stage, checks=specs(), evidence_schema=evidence_schema(), params=params)
    linted = lint(files, checks=specs(), evidence_schema=evidence_schema())
    found = [*compiled.diagnostics, *linted]
    for registry in compiled.registries.values():
        if isinstance(registry.node, MapNode):
            found += compile_registry(registry.node, file=registry.file)[1]
    assert [problem for item in found if (problem := misplaced(item, files)) is not None] == []
    for item in found:
        assert not _UNSAFE.search(render(item, files))
    failed = any(item.severity is Severity.ERROR for item in compiled.diagnostics)
    assert (compiled.plan is None) == failed
    assert bool(source_map_document(compiled.source_map)) == bool(compiled.plan and compiled.policies)
    return linted


@longer
@given(damaged(), st.sampled_from(Stage), st.sampled_from(PARAMS))
def test_damaged_policies_give_diagnostics(files: dict[str, bytes], stage: Stage, params: dict[str, str]) -> None:
    judge(files, stage, params)


def _lock_of(data: bytes) -> tuple[Lock | None, tuple[Diagnostic, ...]]:
    try:
        return read_lock(data, file="govern.lock"), ()
    except GovernError as fault:
        return None, fault.diagnostics


@longer
@given(damaged_packs(), st.booleans())
def test_damaged_packs_and_imports_give_diagnostics(files: dict[str, bytes], relocked: bool) -> None:
    """`relocked`: somebody pinned the damaged pack as it is, so that the later stages are reached."""
    policies = {name: data for name, data in files.items() if name.startswith("policies/")}
    packs = {
        pack: {name.removeprefix(start): data for name, data in files.items() if name.startswith(start)}
        for pack, start in (("base", "packs/base/"), ("org", "packs/org/"))
    }
    lock, faults = _lock_of(files["govern.lock"])
    assert [item for item in faults if misplaced(item, files) is not None] == []
    if lock is None:
        return
    if relocked:
        pinned = [
            entry.model_copy(update={"digest": f"sha256:{pack_digest(packs[entry.name])}"})
            for entry in lock.packs
            if entry.name in packs
        ]
        lock = lock.model_copy(update={"packs": tuple(pinned)})
    found = compile_policies(
        policies,
        stage=Stage.PRE_REGISTRATION,
        checks=specs(),
        evidence_schema=evidence_schema(),
        lock=lock,
        read_pack=lambda entry: PackFiles(label=f"packs/{entry.name}", files=packs.get(entry.name, {})),
    )
    diagnostics = [*found.diagnostics, *advice(found, evidence_schema())]
    assert [problem for item in diagnostics if (problem := misplaced(item, files)) is not None] == []
    for item in diagnostics:
        assert not _UNSAFE.search(render(item, files))
    failed = any(item.severity is Severity.ERROR for item in found.diagnostics)
    assert (found.plan is None) == failed


@longer
@given(made_up(), st.sampled_from(Stage), st.sampled_from(PARAMS))
def test_made_up_documents_give_diagnostics(files: dict[str, bytes], stage: Stage, params: dict[str, str]) -> None:
    judge(files, stage, params)


@longer
@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
)
def test_any_bytes_give_diagnostics(data: bytes) -> None:
    judge({"any.yaml": data}, Stage.PRE_TRAINING, {})


def test_the_files_that_are_damaged_are_sound() -> None:
    for files in corpus().values():
        assert not [item for item in judge(files, Stage.PRE_REGISTRATION, {}) if item.severity is Severity.ERROR]
