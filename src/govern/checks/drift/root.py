"""The root `drift` of expressions: what every drift report of the bundle says of each column."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from govern.checks.context import Root
from govern.checks.tool_evidence import read_one, sightings_of
from govern.policy.outcomes import EvidenceRef

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.drift import DriftColumn

__all__ = ["drift_root"]

_PLACES = Decimal("1e-12")


def drift_root(context: CheckContext) -> Root | None:
    """Give one entry a column and report: `column`, `method`, `score`, `file`, and `drifted` as the tool has it.

    `drifted` is absent where the tool did not say, so that nothing undecided is taken for steady. Scores are rounded to
    12 places. None when the bundle has no report, or one of them speaks of another model. Raises InputError for a
    report that cannot be read.
    """
    from govern.evidence.tools.drift import Drift
    from govern.evidence.tools.finding import Selector, selected

    entries: list[dict[str, Any]] = []
    refs: list[EvidenceRef] = []
    for item in selected(sightings_of(context, Drift), Drift, Selector()):
        evidence = read_one(context, item)
        body = evidence.readout.body(Drift)
        if body is None:
            continue
        if evidence.envelope is not None and evidence.envelope.refusal("the drift reports") is not None:
            return None
        refs.append(EvidenceRef(name="drift reports", file=evidence.file, digest=evidence.digest, bound=evidence.bound))
        entries += [_entry(column, evidence.file) for column in body.columns]
    return Root(entries, tuple(refs)) if refs else None


def _entry(column: DriftColumn, file: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"column": column.name, "score": _rounded(column.score), "file": file}
    if column.method is not None:
        entry["method"] = column.method
    if column.verdict_of_tool in ("pass", "fail"):
        entry["drifted"] = column.verdict_of_tool == "fail"
    return entry


def _rounded(score: Decimal) -> Decimal:
    """Round to what a report can print; a p-value below that is 0, which is on its side of every limit."""
    with localcontext() as arithmetic:
        arithmetic.prec = 400
        arithmetic.rounding = ROUND_HALF_EVEN
        return score.quantize(_PLACES) if abs(score) < Decimal("1e15") else score
