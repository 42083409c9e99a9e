"""The same figure of two models: the candidate's, and that of evidence the record names as another model's.

From two prediction tables it is computed again for both, case by case where both have row ids. Figures that files state
are compared as they stand. That both were measured on the same data is proven by equal ids and labels, or by envelopes
that cite the same data digests; a name of a data set, or eight characters of a digest, proves nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.checks.binding import cited_data
from govern.checks.performance.figures import Ask, Figure, recomputed, stated
from govern.checks.performance.rival_figures import rival_figures
from govern.checks.performance.rival_tables import compared_tables
from govern.checks.performance.two_models import Compared, Wish, with_itself
from govern.checks.predictions import missing
from govern.diagnostics import plain
from govern.fairness.paired import Difference
from govern.policy.outcomes import CheckResult, Finding, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.tool_evidence import ToolParams

__all__ = ["compared"]

_TABLES = (None, "predictions", "fairness-rows", "csv", "parquet", "arrow")


def compared(params: ToolParams, wish: Wish, context: CheckContext, name: str) -> Compared | CheckResult:
    """Compare the candidate with the evidence called `name`. A CheckResult is `missing_evidence`.

    Raises InputError for evidence that cannot be read.
    """
    item = context.bundle.record.spec.evidence.get(name)
    path = None if item is None else context.bundle.resolve(item.path)
    if item is None or path is None:
        return _no_baseline(wish, context, name, named=item is not None)
    if _is_table_evidence(path, item.type):
        return compared_tables(params, wish, context, name)
    return _figures(params, wish, context, name)


def _is_table_evidence(path: str, kind: str | None) -> bool:
    from govern.evidence.tables import is_table

    return kind in _TABLES and (is_table(path) or path.lower().endswith((".yaml", ".yml")))


def _no_baseline(wish: Wish, context: CheckContext, name: str, *, named: bool) -> CheckResult:
    span = context.bundle.record_span("spec", "evidence")
    detail = "and the bundle has no such file" if named else "and the record names no such evidence"
    finding = Finding(
        code="E145",
        detail=f"the rule compares with {plain(name, limit=80)}, {detail}",
        required=wish.required,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation=f"Name the other model's predictions of the same cases: spec.evidence.{plain(name, limit=80)}.",
        discriminator=name,
    )
    return missing(f"There is no {plain(name, limit=80)} to compare with.", [finding], (), wish.required)


def _figures(params: ToolParams, wish: Wish, context: CheckContext, name: str) -> Compared | CheckResult:
    theirs = rival_figures(params, context, name, wish.metric, wish.required)
    if isinstance(theirs, CheckResult):
        return theirs
    ask = Ask(metric=wish.metric, required=wish.required)
    found = recomputed(params, ask, context)
    ours = stated(params, ask, context) if found is None else found
    if isinstance(ours, CheckResult):
        return ours
    pair = _one_pair(ours if isinstance(ours, tuple) else (ours,), theirs.figures)
    if pair is None:
        return _other_data(wish, theirs.figures[0].location, name, "no single data set and split is common to both")
    own, other = pair
    if theirs.digest in {ref.digest for ref in own.evidence}:
        return with_itself(wish, other.location.file, name, own.evidence)
    proof = "data that are not known to be the same"
    if wish.same_data:
        digests = cited_data(context, own.location.file), cited_data(context, theirs.file)
        if not digests[0] or digests[0] != digests[1]:
            return _other_data(wish, other.location, name, "no envelopes of both cite the same data")
        proof = "the same data by digest"
    return Compared(
        name=name,
        difference=Difference(own.measured, other.measured, None, paired=False),
        location=other.location,
        evidence=tuple(dict.fromkeys((*own.evidence, *other.evidence))),
        holds=(*own.holds, *other.holds),
        n=None,
        proof=proof,
        left_out=own.left_out,
        digest=theirs.digest,
    )


def _one_pair(ours: tuple[Figure, ...], theirs: tuple[Figure, ...]) -> tuple[Figure, Figure] | None:
    """Give the one figure of each that speaks of the same; a figure alone speaks of whatever the other does."""
    if len(ours) == len(theirs) == 1:
        return ours[0], theirs[0]
    found = [(one, two) for one in ours for two in theirs if (one.data, one.split) == (two.data, two.split)]
    return found[0] if len(found) == 1 else None


def _other_data(wish: Wish, place: Location, name: str, why: str) -> CheckResult:
    finding = Finding(
        code="E146",
        detail=f"nothing shows that {plain(name, limit=80)} was measured on the same data: {why}",
        required="the same data",
        location=place,
        remediation="Predict the same cases with both models, with a row id, or cite one data digest in envelopes.",
        discriminator=name,
    )
    return missing("The two figures are not known to be of the same data.", [finding], (), wish.required)
