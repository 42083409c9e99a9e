"""Two prediction tables, the candidate's and another model's: computed again for both, case by case if possible."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.checks.binding import cited_data
from govern.checks.performance.measures import CELL_METRICS, COMPUTABLE, material_of
from govern.checks.performance.two_models import Compared, Wish, with_itself
from govern.checks.predictions import finding_of, missing, prediction_refs, source_of, terms_of
from govern.diagnostics import Diagnostic, Span, plain
from govern.fairness.paired import Difference, apart, paired_cells, paired_scores
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.tool_evidence import ToolParams
    from govern.evidence.predictions import PredictionSource

__all__ = ["compared_tables"]


def compared_tables(params: ToolParams, wish: Wish, context: CheckContext, name: str) -> Compared | CheckResult:
    """Compare the candidate's predictions with those called `name`. A CheckResult is `missing_evidence`.

    Raises InputError for tables that cannot be read.
    """
    from govern.evidence.predictions import find_predictions

    if wish.metric not in COMPUTABLE:
        return _not_computable(wish, f"{wish.metric} is not computed from predictions here", Location("govern.yaml"))
    own = source_of(context)
    if isinstance(own, Diagnostic):
        return missing("The model's own predictions cannot be used.", [finding_of(own)], (), wish.required)
    other = context.once(("predictions.source", name), lambda: find_predictions(context.bundle, name))
    if isinstance(other, Diagnostic):
        return missing(f"{plain(name)} cannot be used.", [finding_of(other)], prediction_refs(own), wish.required)
    evidence = (*prediction_refs(own), *_refs_of(other, name))
    if other.digest == own.digest or other.model == "match":
        return with_itself(wish, other.file, name, evidence)
    held = _terms(params, own, other, name)
    if held.unmet:
        return missing("The predictions do not meet the terms of the rule.", held.unmet, evidence, wish.required)
    made = _case_by_case(wish, context, own, other)
    if made is None:
        made = _side_by_side(wish, context, own, other)
    if isinstance(made, Diagnostic):
        return missing(f"{plain(name)} cannot be compared.", [finding_of(made)], evidence, wish.required)
    return Compared(
        name=name,
        difference=made.difference,
        location=Location(other.file),
        evidence=evidence,
        holds=held.holds,
        n=made.n,
        proof=made.proof,
        left_out=made.left_out,
        digest=other.digest,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    difference: Difference
    n: int
    left_out: int
    proof: str


@dataclass(frozen=True, slots=True)
class _Held:
    unmet: tuple[Finding, ...]
    holds: tuple[Holds, ...]


def _refs_of(other: PredictionSource, name: str) -> list[EvidenceRef]:
    return [
        EvidenceRef(name=name, file=ref.file, digest=ref.digest, bound=_names_all(other))
        for ref in prediction_refs(other)
    ]


def _names_all(other: PredictionSource) -> bool:
    """Whether another model's table says which model and which data it speaks of."""
    return other.model == "mismatch" and other.data == "match"


def _terms(params: ToolParams, own: PredictionSource, other: PredictionSource, name: str) -> _Held:
    unmet: list[Finding] = []
    holds: list[Holds] = []
    for source, called, bound in ((own, "predictions", own.bound), (other, name, _names_all(other))):
        terms = terms_of(
            params,
            name=called,
            file=source.file,
            bound=bound,
            produced_at=source.produced_at,
            tool=source.tool,
        )
        unmet += terms.unmet
        holds += terms.holds
    return _Held(tuple(unmet), tuple(holds))


def _not_computable(wish: Wish, why: str, place: Location) -> CheckResult:
    finding = Finding(
        code="E135",
        detail=why,
        required=wish.required,
        location=place,
        remediation="Compare a metric that predictions give, or name evaluations that state it for both models.",
        discriminator=wish.metric,
    )
    return missing(f"{wish.metric} of the two models cannot be compared.", [finding], (), wish.required)


def _case_by_case(
    wish: Wish, context: CheckContext, own: PredictionSource, other: PredictionSource
) -> _Made | Diagnostic | None:
    from govern.evidence.paired_rows import read_paired

    scores = wish.metric not in CELL_METRICS
    for source in (own, other):
        lacking = source.y_true is None or (scores and source.score is None)
        if lacking:
            return None  # said, with the column, by whoever computes the figure of each side
    key = ("predictions.paired", own.file, other.file, scores)
    rows = context.once(key, lambda: read_paired(context.bundle, own, other, scores=scores))
    if rows is None or isinstance(rows, Diagnostic):
        return rows if wish.same_data else None
    if scores:
        try:
            difference = paired_scores("auc" if wish.metric == "auc" else "brier", rows.scores, wish.z)
        except ValueError:
            return None  # a score that is no probability: said where each figure is computed
    else:
        difference = paired_cells(next(name for name in CELL_METRICS if name == wish.metric), rows.cells, wish.z)
    return _Made(difference, rows.rows - rows.left_out, rows.left_out, f"the same {rows.rows:,} cases by row id")


def _side_by_side(
    wish: Wish, context: CheckContext, own: PredictionSource, other: PredictionSource
) -> _Made | Diagnostic:
    """Compare what cannot be paired: only envelopes that cite the same data show that the cases are the same."""
    materials = [material_of(wish.metric, context, source) for source in (own, other)]
    first, second = materials
    if isinstance(first, Diagnostic):
        return first
    if isinstance(second, Diagnostic):
        return second
    proof = "data that are not known to be the same"
    if wish.same_data:
        files = [(own.described_by or own.file), (other.described_by or other.file)]
        digests = [cited_data(context, file) for file in files]
        if not digests[0] or digests[0] != digests[1]:
            message = "nothing shows that both models were measured on the same cases"
            hint = "Give both tables a row id, or envelopes that cite one data digest."
            return Diagnostic("E146", message, Span(other.file, 1), hint)
        proof = "the same data by digest"
    difference = apart(first.measured(), first.ends(wish.z), second.measured(), second.ends(wish.z))
    n = min(first.measured().n, second.measured().n)
    return _Made(difference, n, first.left_out + second.left_out, proof)
