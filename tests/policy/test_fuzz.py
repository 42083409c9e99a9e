"""Whatever a file holds, the compiler answers with diagnostics that have a code and a place, and never with a traceback.

`GOVERN_FUZZ=5000 pytest tests/policy/test_fuzz.py` looks longer than CI does.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.diagnostics import Diagnostic, Severity
from govern.evidence.schema import evidence_schema
from govern.inputs.nodes import MapNode
from govern.lineage.registry import compile_registry
from govern.policy.compile import compile_policies
from govern.policy.lint import lint
from govern.policy.outcomes import Stage
from govern.policy.render import render
from govern.policy.source_map import source_map_document
from support.compiling import specs
from support.mangling import corpus, damaged, made_up
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
