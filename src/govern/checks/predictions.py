"""What the fairness and performance families share: the prediction table as counts, and the terms of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import fraction_text, instant_text, parse_instant
from govern.checks.binding import lineage_digests
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import Predictions, PredictionSource
    from govern.fairness import Axis, Counts

__all__ = [
    "Terms",
    "counts_of",
    "figure",
    "finding_of",
    "missing",
    "not_of_the_future",
    "prediction_refs",
    "predictions_of",
    "refuse_many_cells",
    "source_of",
    "terms_of",
]


def source_of(context: CheckContext) -> PredictionSource | Diagnostic:
    """Find the prediction table once a run. A Diagnostic says that there is none to judge by."""
    from govern.evidence.predictions import find_predictions

    return context.once(
        "predictions.source", lambda: find_predictions(context.bundle, lineage=lineage_digests(context))
    )


def predictions_of(
    context: CheckContext, source: PredictionSource, attributes: tuple[str, ...]
) -> Predictions | Diagnostic:
    """Count the table by these attributes once a run.

    The first rule that asks has the table counted by every attribute that rules of the run name; every other question
    is a sum of these counts. Where that count cannot be made, because of a column that this rule may not even ask for,
    each rule's own columns are counted by themselves, so that no rule fails for another one's column.
    """
    from govern.evidence.predictions import narrowed, read_predictions

    def read(names: tuple[str, ...]) -> Predictions | Diagnostic:
        key = ("predictions.counts", source.file, names)
        return context.once(key, lambda: read_predictions(context.bundle, source, names))

    every = tuple(sorted({*attributes, *(_asked(context) & {*source.attributes})}))
    if set(every) != set(attributes) and set(every) <= set(source.attributes):
        try:
            wide = read(every)
        except InputError:
            return read(attributes)
        if not isinstance(wide, Diagnostic):
            key = ("predictions.narrowed", source.file, attributes)
            return context.once(key, lambda: narrowed(wide, attributes))
    return read(attributes)


def _asked(context: CheckContext) -> set[str]:
    """Columns that the rules of the run name, those that the model record names in their place among them."""
    asked = set(context.columns)
    groups = context.bundle.record.spec.groups
    if groups is not None and "model.groups.attributes" in asked:
        asked.update(groups.attributes)
    if groups is not None and "model.groups.intersections" in asked:
        asked.update(name for table in groups.intersections for name in table)
    return asked


def counts_of(predictions: Predictions) -> Counts:
    """Turn what the reader counted into the tensor that fairness judges.

    Raises InputError E126 when the attributes make more cells than a tensor may have.
    """
    from govern.fairness import Axis, Counts, Missing, Tally

    axes = tuple(Axis(group.name, group.values, group.declared) for group in predictions.groups)
    refuse_many_cells(axes, predictions.source.file)
    places = [{value: index for index, value in enumerate(axis.values)} for axis in axes]
    cells = {
        tuple(len(place) if value is None else place[value] for value, place in zip(group, places, strict=True)): Tally(
            *four
        )
        for group, four in predictions.cells.items()
    }
    missing = Missing(predictions.missing_y_pred, predictions.missing_y_true, predictions.missing_rows)
    stated = predictions.source.counts
    salt = None if stated is None else stated.document.salt
    return Counts(axes, predictions.labelled, cells, missing, predictions.rows, salt)


def refuse_many_cells(axes: tuple[Axis, ...], file: str) -> None:
    """Raise InputError E126 when attributes make more cells than a tensor may have."""
    from govern.fairness import MAX_CELLS, dense_size

    if dense_size(axes) > MAX_CELLS:
        most = max(axes, key=lambda axis: len(axis.values))
        raise InputError(
            Diagnostic(
                code="E126",
                message=f"column `{plain(most.name)}` has {len(most.values):,} different values",
                span=Span(file),
                hint="It looks like an identifier. Name a column with few values, or bin the values beforehand.",
            )
        )


def prediction_refs(source: PredictionSource) -> tuple[EvidenceRef, ...]:
    """Name the files that prediction evidence rests on."""
    refs = [EvidenceRef(name="predictions", file=source.file, digest=source.digest, bound=source.bound)]
    if source.described_by is not None and source.described_digest is not None:
        refs.append(
            EvidenceRef(
                name="predictions", file=source.described_by, digest=source.described_digest, bound=source.bound
            )
        )
    return tuple(refs)


@dataclass(frozen=True, slots=True)
class Terms:
    """How evidence meets the parameters that every kind takes, and the clock."""

    unmet: tuple[Finding, ...]
    """Why it may not be used; empty when it may."""
    holds: tuple[Holds, ...]


_BIND_TABLE = (
    "Describe the table in a FairnessRows document that lists every model file with its digest, or add an evidence "
    "envelope."
)


def terms_of(
    params: CheckParams,
    *,
    name: str,
    file: str,
    bound: bool,
    produced_at: str | None,
    tool: str | None,
    how_to_bind: str = _BIND_TABLE,
) -> Terms:
    """Check `bound`, `min_grade` and `max_age` of a piece of evidence.

    Figures that an envelope says a tool wrote are of grade E1, all others are the submitter's word (E0).
    """
    unmet: list[Finding] = []
    place = Location(file)
    if params.bound and not bound:
        unmet.append(
            Finding(
                code="E108",
                detail=f"the {name} do not say by digest which model and data they speak of",
                required="bound evidence",
                location=place,
                remediation=how_to_bind,
                discriminator=f"unbound:{name}",
            )
        )
    grade = "E1" if produced_at is not None and tool else "E0"
    if grade < params.min_grade:
        unmet.append(
            Finding(
                code="E134",
                detail=f"the {name} are evidence of grade {grade}",
                observed=grade,
                required=f">= {params.min_grade}",
                location=place,
                remediation="Add an evidence envelope that names the tool; higher grades need signed records.",
                discriminator=f"grade:{name}",
            )
        )
    holds = [] if produced_at is None else [not_of_the_future(name, produced_at)]
    if params.max_age is not None:
        if produced_at is None:
            unmet.append(
                Finding(
                    code="E110",
                    detail=f"the {name} do not say when they were made",
                    required=f"at most {params.max_age} old",
                    location=place,
                    remediation="Add an evidence envelope with produced_at.",
                    discriminator=f"undated:{name}",
                )
            )
        else:
            holds.append(_fresh(params.max_age, name, produced_at))
    return Terms(tuple(unmet), tuple(holds))


_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clock of whoever made evidence may be ahead of the gate's."""


def not_of_the_future(name: str, produced_at: str) -> Holds:
    """Say that evidence whose time lies after the clock (E111) is an error: it was not made yet, or its clock is wrong.

    `name` is what it is called, in the plural; `produced_at` an instant.
    """
    moment = parse_instant(produced_at)
    start = instant_text(moment - _CLOCKS_DIFFER) if moment.year >= 1970 else produced_at
    return Holds(otherwise=Outcome.ERROR, reason=f"E111: {name} made in the future, on {produced_at}", start=start)


def _fresh(max_age: str, name: str, produced_at: str) -> Holds:
    from govern.policy.durations import add

    return Holds(
        otherwise=Outcome.MISSING_EVIDENCE,
        reason=f"{name} older than {max_age}",
        until=instant_text(add(parse_instant(produced_at), max_age)),
    )


def finding_of(diagnostic: Diagnostic) -> Finding:
    """Turn a reader's diagnostic into a finding."""
    span = diagnostic.span
    return Finding(
        code=diagnostic.code,
        detail=diagnostic.message,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation=diagnostic.hint,
        discriminator=diagnostic.slug,
    )


def missing(
    summary: str, findings: Sequence[Finding], evidence: tuple[EvidenceRef, ...] = (), required: str | None = None
) -> CheckResult:
    """Say that evidence is absent, stale or unbound."""
    return CheckResult(
        outcome=Outcome.MISSING_EVIDENCE,
        summary=summary,
        findings=tuple(findings),
        evidence=evidence,
        required=required,
    )


def figure(value: Fraction, limit: Decimal | None = None, places: int = 6) -> str:
    """Write an exact value rounded half-even, with as many digits as keep it on its side of the limit."""
    if limit is None:
        return fraction_text(value, places)
    exact = Fraction(limit)
    for more in range(places, 31):
        text = fraction_text(value, more)
        shown = Fraction(text)
        if (shown < exact) == (value < exact) and (shown > exact) == (value > exact):
            return text
    return ("less than " if value < exact else "more than ") + fraction_text(exact, 30)
