"""`fairness.impact_table`: the published tables of a bias audit, made again from the predictions and compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.binding import lineage_digests
from govern.checks.fairness.params import plain_tables
from govern.checks.interface import Check
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
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location
from govern.policy.types import Flag, Number, Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.fairness.published import PublishedAudit
    from govern.evidence.predictions import Predictions, PredictionSource
    from govern.fairness import Counts

__all__ = ["CHECKS", "ImpactParams"]

_SEX, _RACE = "sex", "race_ethnicity"
_USUAL = ("impact_table.csv", "impact_table.json", "bias_audit.csv", "bias_audit.json")
_BYTES = 8 * 1024 * 1024


def _tables(value: tuple[str | tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    tables = tuple((item,) if isinstance(item, str) else item for item in value)
    if not tables or any(not table for table in tables):
        raise PydanticCustomError("bad_value", "at least one table is needed")
    if len({frozenset(table) for table in tables}) < len(tables) or any(len(set(t)) < len(t) for t in tables):
        raise PydanticCustomError("bad_value", "tables name a column or a table twice")
    return tables


Tables = Annotated[tuple[str | tuple[str, ...], ...], BeforeValidator(plain_tables), AfterValidator(_tables)]


class ImpactParams(CheckParams):
    """Parameters of `fairness.impact_table`."""

    method: Literal["selection", "scoring"] = parameter(
        "What a rate counts: people selected, or people whose score is above the median of the full sample."
    )
    tables: Tables = parameter(
        "Tables that must be published: columns, and lists of columns to cross. `sex` and `race_ethnicity` also stand "
        "for a column of another usual name, such as gender or race.",
        tighten="superset",
        default=((_SEX,), (_RACE,), (_SEX, _RACE)),
    )
    tolerance: Number = parameter(
        "How far a printed rate or ratio may be from the exact one beyond the rounding of its last digit.",
        tighten="down",
        default=Decimal("0.0005"),
    )
    max_excluded_share: Number = parameter(
        "A category may be left out of the comparison only below this share of the people.",
        tighten="down",
        default=Decimal("0.02"),
    )
    unknown_reported: Flag = parameter(
        "The number of people of unknown category must be published.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )
    published: Text = parameter(
        "Role of the published table in the model record, under spec.evidence.", default="impact_table"
    )

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column once, by code point."""
        return tuple(sorted({name for table in self.tables for name in table}))

    @property
    def metric(self) -> str:
        """The rate that is compared: of people selected, or above the median."""
        return "selection_rate"

    @model_validator(mode="after")
    def _makes_sense(self) -> ImpactParams:
        if not 0 <= self.tolerance <= Decimal("0.01"):
            raise PydanticCustomError("bad_value", "tolerance lies between 0 and 0.01")
        if not 0 <= self.max_excluded_share <= 1:
            raise PydanticCustomError("bad_value", "max_excluded_share lies between 0 and 1")
        if self.published in ("predictions", "metrics"):
            raise PydanticCustomError("bad_value", "the published table is another file than the predictions")
        return self


@dataclass(frozen=True, slots=True)
class _Published:
    file: str
    reading: PublishedAudit
    ref: EvidenceRef


def _evaluate(params: ImpactParams, context: CheckContext) -> CheckResult:
    source = source_of(context)
    if isinstance(source, Diagnostic):
        return missing("There are no predictions to make the tables from.", [finding_of(source)])
    evidence = prediction_refs(source)
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
    columns = _resolved(params.columns, source)
    predictions = _counted(params, context, source, tuple(sorted(set(columns.values()))))
    if isinstance(predictions, Diagnostic):
        return missing("The predictions lack a column.", [finding_of(predictions)], evidence)
    if predictions.rows == 0:
        return missing("The predictions have no rows.", [_no_rows(source.file)], evidence)
    published = _published(params, context, bound=source.bound)
    if isinstance(published, Diagnostic):
        return missing("There is no published table to compare with.", [finding_of(published)], evidence)

    from govern.checks.fairness.impact_findings import result_of

    counts = counts_of(predictions)
    _refuse_many_groups(params, columns, counts, source.file)
    return result_of(
        params,
        counts,
        columns,
        published.reading,
        file=published.file,
        evidence=(*evidence, published.ref),
        holds=terms.holds,
    )


def _no_rows(file: str) -> Finding:
    return Finding(
        code="E104",
        detail="the table has a header and no rows",
        location=Location(file),
        remediation="Evaluate the tool and write one row for each person.",
        discriminator="no-rows",
    )


def _resolved(names: Sequence[str], source: PredictionSource) -> dict[str, str]:
    """Give the column behind each name: the one that is called so, or the only one of another usual name for it."""
    from govern.evidence.published_raw import attribute_role

    found: dict[str, str] = {}
    for name in names:
        alike = [item for item in source.attributes if attribute_role(item) == attribute_role(name)]
        found[name] = alike[0] if name not in source.attributes and len(alike) == 1 else name
    return found


def _counted(
    params: ImpactParams, context: CheckContext, source: PredictionSource, columns: tuple[str, ...]
) -> Predictions | Diagnostic:
    if params.method == "selection":
        return predictions_of(context, source, columns)

    from govern.evidence.score_median import above_median

    found = context.once(
        ("predictions.above_median", source.file, columns), lambda: above_median(context.bundle, source, columns)
    )
    return found if isinstance(found, Diagnostic) else found.predictions


def _published(params: ImpactParams, context: CheckContext, *, bound: bool) -> _Published | Diagnostic:
    """Read the published table. It is as bound as the predictions are: its figures must be theirs to pass."""
    from govern.checks.fairness.published import figures_of
    from govern.evidence.envelope import read_envelope
    from govern.evidence.located import locate
    from govern.evidence.published_table import read_published

    bundle = context.bundle
    located = locate(bundle, params.published, _USUAL)
    if isinstance(located, Diagnostic):
        return located
    if located.envelope is not None:
        envelope = read_envelope(bundle, located.envelope, about=located.path, lineage=lineage_digests(context))
        refusal = envelope.refusal("the published table")
        if refusal is not None:
            return refusal
    raw = read_published(bundle.read(located.path, limit=_BYTES), file=located.path)
    ref = EvidenceRef(name=params.published, file=located.path, digest=bundle.files[located.path].sha256, bound=bound)
    return _Published(located.path, figures_of(raw), ref)


def _refuse_many_groups(params: ImpactParams, columns: Mapping[str, str], counts: Counts, file: str) -> None:
    sizes = {axis.name: len(axis.values) for axis in counts.axes}
    for table in params.tables:
        size = 1
        for name in table:
            size *= sizes[columns[name]]
        if size > MAX_GROUPS:
            message = f"{' x '.join(table)} makes {size:,} categories; at most {MAX_GROUPS} are compared"
            hint = "Group the values into few classes."
            raise InputError(Diagnostic(code="F113", message=message, span=Span(file), hint=hint))


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.impact_table",
            version=1,
            summary="Passes when every published rate and impact ratio is the one that the predictions give, in every "
            "table that is asked for. There is no ratio at which it fails.",
            cannot_show="That the ratios are acceptable: no law that asks for such tables names a ratio that is. "
            "Whether the people and their categories are the right ones the predictions cannot say.",
            params=ImpactParams,
            needs=lambda params: (
                EvidenceNeed(
                    "predictions",
                    (
                        *(f"columns:{name}" for name in params.columns),
                        *(("columns:score",) if params.method == "scoring" else ()),
                    ),
                ),
                EvidenceNeed(params.published),
            ),
            message_fields=("method", "tables", "faults", "lowest.group", "lowest.ratio"),
            default_remediation="Make the tables again from the predictions (govern fairness audit) and publish them.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
