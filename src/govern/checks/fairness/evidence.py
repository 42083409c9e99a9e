"""The evidence of every kind `fairness.*`: the count tensor over the attributes of a rule, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from govern.checks.fairness.declared import DECLARED, declared_tables
from govern.checks.fairness.params import GroupParams
from govern.checks.predictions import (
    counts_of,
    finding_of,
    missing,
    prediction_refs,
    predictions_of,
    source_of,
    terms_of,
)
from govern.diagnostics import Diagnostic, InputError, Span
from govern.fairness import MAX_GROUPS
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.predictions import Predictions, PredictionSource
    from govern.fairness import Axis, Counts

__all__ = ["Counted", "Grounds", "counted", "grounds", "lacking_of", "refuse_many_groups"]

Params = TypeVar("Params", bound=GroupParams)


@dataclass(frozen=True, slots=True)
class Counted(Generic[Params]):
    """Counts that answer a rule."""

    params: Params
    """The rule's parameters, with what the model record declares in the place of the names that stand for it."""
    counts: Counts
    """Over the rule's columns by code point."""
    file: str
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]


def counted(
    params: Params, context: CheckContext, *, labels: str | None = None, also: tuple[str, ...] = ()
) -> Counted[Params] | CheckResult:
    """Count the predictions by the attributes of a rule; a result of `missing_evidence` says why that cannot be.

    `labels` names what needs the true outcome, e.g. the metric; `also` are further columns to count by, such as a
    stratum. Raises InputError for a table that cannot be taken at its word, and F113 beyond `MAX_GROUPS` groups.
    """
    found = grounds(params, context)
    if isinstance(found, CheckResult):
        return found
    params, source, evidence = found.params, found.source, found.evidence
    columns = tuple(sorted({*params.columns, *also}))
    predictions = predictions_of(context, source, columns)
    if isinstance(predictions, Diagnostic):
        return missing("The predictions lack a column.", [finding_of(predictions)], evidence)
    lacking = lacking_of(predictions, labels)
    if lacking is not None:
        return missing("The predictions cannot answer the question.", [lacking], evidence)
    counts = context.once(("predictions.tensor", columns), lambda: counts_of(predictions))
    refuse_many_groups(params, counts.axes, source.file)
    return Counted(params, counts, source.file, evidence, found.holds)


@dataclass(frozen=True, slots=True)
class Grounds(Generic[Params]):
    """Predictions that meet the terms of a rule, not read yet."""

    params: Params
    """The rule's parameters, with what the model record declares in the place of the names that stand for it."""
    source: PredictionSource
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]


def grounds(params: Params, context: CheckContext) -> Grounds[Params] | CheckResult:
    """Find the predictions and hold them to the terms of a rule; a result of `missing_evidence` says what lacks."""
    source = source_of(context)
    if isinstance(source, Diagnostic):
        return missing("There are no predictions to judge.", [finding_of(source)])
    evidence = (*_record_ref(params, context), *prediction_refs(source))
    tables = declared_tables(params.tables, context)
    if isinstance(tables, Finding):
        return missing("The model does not declare which groups are to be compared.", [tables], evidence)
    params = params.model_copy(update={"attributes": tables})
    terms = terms_of(
        params,
        name="predictions",
        file=source.file,
        bound=source.bound,
        produced_at=source.produced_at,
        tool=source.tool,
    )
    if terms.unmet:
        return missing("The predictions do not meet the terms of the rule.", terms.unmet, evidence)
    return Grounds(params, source, evidence, terms.holds)


def _record_ref(params: GroupParams, context: CheckContext) -> tuple[EvidenceRef, ...]:
    """Name the model record where the rule asks it for groups."""
    bundle = context.bundle
    if bundle.record_file is None or not set(params.columns) & {*DECLARED}:
        return ()
    entry = bundle.files[bundle.record_file]
    return (EvidenceRef(name="model_record", file=entry.path, digest=entry.sha256, bound=True),)


def lacking_of(predictions: Predictions, labels: str | None) -> Finding | None:
    """Word what a table does not have: any rows, or the true outcome that `labels` needs."""
    place = Location(predictions.source.file)
    if predictions.rows == 0:
        return Finding(
            code="E104",
            detail="the table has a header and no rows",
            location=place,
            remediation="Evaluate the model and write one row a case.",
            discriminator="no-rows",
        )
    if labels is not None and not predictions.labelled:
        return Finding(
            code="F112",
            detail=f"{labels} needs the true outcome, and the table has no column of it",
            location=place,
            remediation="Add the column, or compare selection_rate.",
            discriminator="labels",
        )
    return None


def refuse_many_groups(params: GroupParams, axes: tuple[Axis, ...], file: str) -> None:
    """Raise InputError F113 for a table of more than `MAX_GROUPS` groups."""
    sizes = {axis.name: len(axis.values) for axis in axes}
    for table in params.tables:
        size = 1
        for name in table:
            size *= sizes[name]
        if size > MAX_GROUPS:
            raise InputError(
                Diagnostic(
                    code="F113",
                    message=f"{' x '.join(table)} makes {size:,} groups; at most {MAX_GROUPS} are compared",
                    span=Span(file),
                    hint="Group the values into few classes, or cross fewer attributes.",
                )
            )
