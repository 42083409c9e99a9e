"""The same figure of two models: the candidate's, and that of evidence the record names as another model's.

From two prediction tables it is computed again for both, case by case where both have row ids. Figures that files state
are compared as they stand. That both were measured on the same data is proven by equal ids and labels, or by envelopes
that cite the same data digests; a name of a data set, or eight characters of a digest, proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.checks.binding import cited_data
from govern.checks.figures import Ask, Figure, recomputed, stated
from govern.checks.measures import CELL_METRICS, COMPUTABLE, material_of
from govern.checks.predictions import finding_of, missing, prediction_refs, source_of, terms_of
from govern.checks.rival_figures import rival_figures
from govern.diagnostics import Diagnostic, Span, plain
from govern.fairness.paired import Difference, apart, paired_cells, paired_scores
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.tool_evidence import ToolParams
    from govern.evidence.predictions import PredictionSource

__all__ = ["Compared", "Wish", "compared"]

_TABLES = (None, "predictions", "fairness-rows", "csv", "parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a rule asks of a comparison."""

    metric: str
    required: str
    same_data: bool
    z: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Candidate and baseline side by side."""

    name: str
    """The baseline's name in the record."""
    difference: Difference
    location: Location
    """Of the baseline's figure."""
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    n: int | None
    """Cases that both figures rest on; None when nobody says."""
    proof: str
    """Why the data are known to be the same, or that they are not."""
    left_out: int = 0
    digest: str = ""
    """sha256 of the baseline's file."""


def compared(params: ToolParams, wish: Wish, context: CheckContext, name: str) -> Compared | CheckResult:
    """Compare the candidate with the evidence called `name`. A CheckResult is `missing_evidence`.

    Raises InputError for evidence that cannot be read.
    """
    item = context.bundle.record.spec.evidence.get(name)
    path = None if item is None else context.bundle.resolve(item.path)
    if item is None or path is None:
        return _no_baseline(wish, context, name, named=item is not None)
    if _is_table_evidence(path, item.type):
        return _tables(params, wish, context, name)
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


# --- two prediction tables


def _tables(params: ToolParams, wish: Wish, context: CheckContext, name: str) -> Compared | CheckResult:
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
        return _itself(wish, other.file, name, evidence)
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


def _itself(wish: Wish, file: str, name: str, evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    finding = Finding(
        code="E149",
        detail=f"{plain(name, limit=80)} is the candidate's own evidence",
        required="another model's evidence",
        location=Location(file),
        remediation="Name the other model's predictions on the same cases.",
        discriminator=name,
    )
    return missing("A model cannot be compared with itself.", [finding], evidence, wish.required)


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
        measured = "auc" if wish.metric == "auc" else "brier"
        try:
            difference = paired_scores(measured, rows.scores, wish.z)  # type: ignore[arg-type]
        except ValueError:
            return None  # a score that is no probability: said where each figure is computed
    else:
        difference = paired_cells(wish.metric, rows.cells, wish.z)  # type: ignore[arg-type]
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
    proof = "not known to be the same data"
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


# --- figures that files state


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
        return _itself(wish, other.location.file, name, own.evidence)
    proof = "not known to be the same data"
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
