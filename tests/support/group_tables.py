"""Kinds that judge groups by counts, run on tables that are written from counts: `run(kind, table_of(F=(30, 100)))`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

__all__ = ["bare", "codes", "declared", "params_of", "run", "table_of"]

_CHECKS = builtin_checks()
HEAD = "sex,y_true,y_pred\n"


def table_of(**groups: tuple[int, ...]) -> str:
    """A table of groups by name: (selected, people) with every label 1, or (tn, fp, fn, tp)."""
    rows = []
    for name, counts in groups.items():
        if len(counts) == 2:
            selected, people = counts
            counts = (0, 0, people - selected, selected)
        for (label, decision), times in zip(((0, 0), (0, 1), (1, 0), (1, 1)), counts, strict=True):
            rows += [f"{'' if name == 'unknown' else name},{label},{decision}\n"] * times
    return HEAD + "".join(rows)


def bare(folder: Path, table: str) -> BundleBuilder:
    """A bundle with a bare table as its predictions."""
    builder = BundleBuilder(folder).file("predictions.csv", table)
    builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST)
    return builder.record(evidence={"predictions": {"path": "predictions.csv"}})


def declared(folder: Path, table: str, *groups: str) -> BundleBuilder:
    """A bundle whose document declares these groups of `sex`."""
    builder = BundleBuilder(folder).file(PREDICTIONS, table)
    text = builder.content(PREDICTIONS_MANIFEST).decode().replace("  score: score\n", "")
    listed = "".join(f"  - {name}\n" for name in groups)
    return builder.file(PREDICTIONS_MANIFEST, text.replace("  - F\n  - M\n", listed))


def params_of(kind: str, given: Mapping[str, Any]) -> Any:
    """Validated parameters; None leaves one out."""
    return _CHECKS[kind].spec.params.model_validate({key: value for key, value in given.items() if value is not None})


def run(kind: str, builder: BundleBuilder, given: Mapping[str, Any]) -> CheckResult:
    """Evaluate a kind, and hold its result against what every result owes."""
    check = _CHECKS[kind]
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = check.evaluate(params_of(kind, given), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(check.spec.message_fields)
    assert result.outcome in check.spec.comes_to
    assert result.summary
    assert result.outcome is not Outcome.PASS or result.evidence
    return result


def codes(result: CheckResult) -> list[str]:
    """The codes of the findings."""
    return [finding.code for finding in result.findings]
