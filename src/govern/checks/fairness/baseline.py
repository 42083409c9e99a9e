"""Another model's counts over the same groups, and what shows that both were measured on the same cases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from govern.checks.binding import cited_data
from govern.checks.fairness.evidence import Counted, refuse_many_groups
from govern.checks.predictions import (
    counts_of,
    finding_of,
    missing,
    prediction_refs,
    predictions_of,
    source_of,
    terms_of,
)
from govern.diagnostics import Diagnostic, Span, plain
from govern.fairness import Counts
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import Predictions, PredictionSource

__all__ = ["PREVIOUS", "Baseline", "baseline_of"]

PREVIOUS = "previous_certified"
"""The name under which rules ask for the last certified version."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a rule compares with."""

    name: str
    counts: Counts
    file: str
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    proof: str
    """Why the cases are known to be the same, or that they are not."""


def baseline_of(
    found: Counted[Any],
    context: CheckContext,
    *,
    name: str,
    columns: tuple[str, ...],
    same_data: bool,
    required: str,
    labels: str | None,
) -> Baseline | CheckResult:
    """Read the evidence that the record calls `name`. A CheckResult is `missing_evidence`.

    Raises InputError for a table that cannot be taken at its word.
    """
    from govern.evidence.predictions import find_predictions

    if name == PREVIOUS:
        return _no_history(context, found.evidence, required)
    own = source_of(context)
    assert not isinstance(own, Diagnostic)  # it was counted
    if context.bundle.record.spec.evidence.get(name) is None:
        return _not_there(context, name, found.evidence, required)
    other = context.once(("predictions.source", name), lambda: find_predictions(context.bundle, name))
    if isinstance(other, Diagnostic):
        return _unusable(name, finding_of(other), found.evidence, required)
    evidence = (*found.evidence, *_refs(other, name))
    if other.digest == own.digest or other.model == "match":
        return _itself(other.file, name, evidence, required)
    terms = terms_of(
        found.params,
        name=name,
        file=other.file,
        bound=other.model == "mismatch" and other.data == "match",
        produced_at=other.produced_at,
        tool=other.tool,
    )
    if terms.unmet:
        return missing(f"{plain(name)} does not meet the terms of the rule.", terms.unmet, evidence, required)
    predictions = predictions_of(context, other, columns)
    if isinstance(predictions, Diagnostic):
        return _unusable(name, finding_of(predictions), evidence, required)
    lacking = _lacking(predictions, labels)
    if lacking is not None:
        return _unusable(name, lacking, evidence, required)
    proof: str | Diagnostic = "cases that are not known to be the same"
    if same_data:
        proof = _proof(context, own, predictions, columns)
    if isinstance(proof, Diagnostic):
        return _unusable(name, finding_of(proof), evidence, required)
    counts = context.once(("predictions.tensor", other.file, columns), lambda: counts_of(predictions))
    refuse_many_groups(found.params, counts.axes, other.file)
    return Baseline(name, counts, other.file, evidence, (*found.holds, *terms.holds), proof)


def _refs(other: PredictionSource, name: str) -> list[EvidenceRef]:
    bound = other.model == "mismatch" and other.data == "match"
    return [EvidenceRef(name=name, file=ref.file, digest=ref.digest, bound=bound) for ref in prediction_refs(other)]


def _proof(
    context: CheckContext, own: PredictionSource, other: Predictions, columns: tuple[str, ...]
) -> str | Diagnostic:
    """Say why both tables are of the same cases; a Diagnostic (E146) says that nothing shows it."""
    from govern.evidence.same_cases import differing_cases

    mine = predictions_of(context, own, columns)
    assert not isinstance(mine, Diagnostic)  # it was counted
    key = ("predictions.same-cases", own.file, other.source.file, columns)
    cases = context.once(key, lambda: differing_cases(context.bundle, mine, other))
    if isinstance(cases, Diagnostic):
        return cases
    if cases is not None:
        return f"the same {cases:,} cases by row id"
    files = [source.described_by or source.file for source in (own, other.source)]
    digests = [cited_data(context, file) for file in files]
    if not digests[0] or digests[0] != digests[1]:
        message = "nothing shows that both models were measured on the same cases"
        hint = "Give both tables a row id, or envelopes that cite one data digest."
        return Diagnostic("E146", message, Span(other.source.file), hint)
    return "the same data by digest"


def _lacking(predictions: Predictions, labels: str | None) -> Finding | None:
    place = Location(predictions.source.file)
    if predictions.rows == 0:
        return Finding(
            code="E104", detail="the table has a header and no rows", location=place, discriminator="no-rows"
        )
    if labels is not None and not predictions.labelled:
        detail = f"{labels} needs the true outcome, and the table has no column of it"
        return Finding(code="F112", detail=detail, location=place, discriminator="labels")
    return None


def _unusable(name: str, finding: Finding, evidence: tuple[EvidenceRef, ...], required: str) -> CheckResult:
    return missing(f"{plain(name)} cannot be compared with.", [finding], evidence, required)


def _not_there(context: CheckContext, name: str, evidence: tuple[EvidenceRef, ...], required: str) -> CheckResult:
    span = context.bundle.record_span("spec", "evidence")
    shown = plain(name, limit=80)
    finding = Finding(
        code="E145",
        detail=f"the rule compares with {shown}, and the record names no such evidence",
        required=required,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation=f"Name the other model's predictions of the same cases: spec.evidence.{shown}.",
        discriminator=name,
    )
    return missing(f"There is no {shown} to compare with.", [finding], evidence, required)


def _no_history(context: CheckContext, evidence: tuple[EvidenceRef, ...], required: str) -> CheckResult:
    span = context.bundle.record_span("metadata", "previous")
    finding = Finding(
        code="E145",
        detail="checks are handed no counts of the last certified version: the ledger is not read for them",
        required=required,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation="Add the certified version's predictions of the same cases, and name them as the baseline.",
        discriminator=PREVIOUS,
    )
    return missing("The last certified version cannot be compared with.", [finding], evidence, required)


def _itself(file: str, name: str, evidence: tuple[EvidenceRef, ...], required: str) -> CheckResult:
    finding = Finding(
        code="E149",
        detail=f"{plain(name, limit=80)} is the candidate's own evidence",
        required="another model's evidence",
        location=Location(file),
        remediation="Name the other model's predictions on the same cases.",
        discriminator=name,
    )
    return missing("A model cannot be compared with itself.", [finding], evidence, required)
