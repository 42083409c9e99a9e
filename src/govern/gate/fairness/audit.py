"""Bias audits: the tables to publish, made from predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govern.canonical import Json
from govern.diagnostics import Diagnostic, InputError, Span, UsageError
from govern.fairness.published import Fault, Limits

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.prediction_source import PredictionSource
    from govern.evidence.predictions import Predictions
    from govern.fairness import Counts
    from govern.fairness.impact import Category, ImpactTable

__all__ = ["TABLES", "AuditRequest", "MadeAudit", "make_audit"]

SCHEMA = "urn:govern:impact-tables:v1"
_SEX, _RACE = "sex", "race_ethnicity"
TABLES = ((_SEX,), (_RACE,), (_SEX, _RACE))
"""By sex, by race or ethnicity, and by both."""
_PLACES = 4
Method = Literal["selection", "scoring"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRequest:
    """What tables are to be made from."""

    path: Path
    """A bundle's folder, a document of counts, or a table."""
    method: Method
    audit_date: date
    sex: str | None = None
    """Column; None for the one that has a usual name."""
    race: str | None = None
    decision: str = "y_pred"
    positive: str = "1"
    score: str = "score"
    score_range: tuple[str, str] = ("0", "1")
    unknown: tuple[str, ...] = ()
    """Further values that mean that a category is not known."""
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Justification by category: one value, or two with ` / ` between them."""
    data_type: str = "historical"
    data_source: str | None = None
    explanation: str | None = None
    test_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeAudit:
    """The tables, as the document that is published, and what is not right with them."""

    document: dict[str, Json]
    tables: tuple[ImpactTable, ...]
    faults: tuple[Fault, ...]


def make_audit(request: AuditRequest) -> MadeAudit:
    """Make the tables by sex, by race or ethnicity and by both.

    Raises UsageError U104 for an exclusion of no category, InputError for predictions that are not there (E120), lack
    a column (E122) or cannot be taken at their word.
    """
    from govern.checks.predictions import counts_of
    from govern.fairness.impact import impact_tables

    bundle, source = _source(request)
    sex, race = _column(source, _SEX, request.sex), _column(source, _RACE, request.race)
    counts = counts_of(_counted(request, bundle, source, tuple(sorted((sex, race)))))
    if counts.rows == 0:
        raise InputError(Diagnostic("E104", "the table has a header and no rows", Span(source.file)))
    names = ((sex,), (race,), (sex, race))
    try:
        tables = impact_tables(counts, names, excluded=_excluded(counts, names, request.excluded))
    except ValueError as fault:
        raise InputError(Diagnostic("F113", str(fault), Span(source.file), "Use fewer categories.")) from fault
    document = _document(request, counts, tables)
    return MadeAudit(document=document, tables=tables, faults=_own_faults(request, counts, document))


def _source(request: AuditRequest) -> tuple[Bundle, PredictionSource]:
    from govern.bundle import open_bundle
    from govern.evidence.predictions import find_predictions
    from govern.evidence.tables import header_of, is_table
    from govern.gate.fairness.loose_files import loose_bundle

    if request.path.is_dir():
        bundle = open_bundle(request.path)
        found = find_predictions(bundle)
        if isinstance(found, Diagnostic):
            raise InputError(found)
        return bundle, found
    table = request.path.resolve()
    bundle = loose_bundle(table.parent, table.name)
    (path,) = bundle.files
    if is_table(path):
        wanted = (request.decision if request.method == "selection" else request.score,)
        return bundle, _described(request, bundle, path, header_of(bundle, path, wanted=wanted))
    return bundle, _counts_source(bundle, path)


def _described(request: AuditRequest, bundle: Bundle, path: str, header: tuple[str, ...]) -> PredictionSource:
    """Say what the columns of a bare table mean, by the options of the caller."""
    from pydantic import ValidationError

    from govern.evidence.prediction_source import PredictionSource, no_column
    from govern.evidence.rows_manifest import FairnessRows
    from govern.inputs.scalars import ScalarText

    scoring = request.method == "scoring"
    needed = [request.score] if scoring else [request.decision]
    lacking = [name for name in (*needed, request.sex, request.race) if name is not None and name not in header]
    if lacking:
        raise InputError(no_column(path, lacking, header))
    meanings = {"y_pred": request.decision, **({"score": request.score} if scoring else {})}
    sensitive = tuple(name for name in header if name and name not in meanings.values())
    meaning: dict[str, object] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": {"name": bundle.name, "version": bundle.version},
        "data": {"name": "table"},
        "file": {"path": path, "sha256": bundle.files[path].sha256},
        "columns": {**meanings, "sensitive": sensitive},
        "positive": {"y_pred": ScalarText(request.positive, plain=True)},
        "unknown": ("", "NA", "N/A", "null", "NULL", "nan", "NaN", "unknown", "Unknown", *request.unknown),
        "score_range": [ScalarText(end, plain=True) for end in request.score_range],
    }
    try:
        manifest = FairnessRows.model_validate(meaning)
    except ValidationError as fault:
        told = "; ".join(str(item["msg"]) for item in fault.errors(include_url=False))
        raise UsageError(Diagnostic("U104", f"the columns and values do not go together: {told}")) from fault
    return PredictionSource(
        file=path,
        digest=bundle.files[path].sha256,
        described_by=None,
        described_digest=None,
        model="absent",
        data="absent",
        produced_at=None,
        tool=None,
        dataset=None,
        split=None,
        header=header,
        manifest=manifest,
    )


def _counts_source(bundle: Bundle, path: str) -> PredictionSource:
    from govern.evidence.counts_document import COUNTS_BYTES, parse_counts
    from govern.evidence.prediction_source import PredictionSource

    counts = parse_counts(bundle.read(path, limit=COUNTS_BYTES), file=path)
    return PredictionSource(
        file=path,
        digest=bundle.files[path].sha256,
        described_by=None,
        described_digest=None,
        model="absent",
        data="absent",
        produced_at=None,
        tool=None,
        dataset=None,
        split=None,
        header=(),
        manifest=None,
        counts=counts,
    )


def _column(source: PredictionSource, role: str, given: str | None) -> str:
    from govern.evidence.prediction_source import no_column
    from govern.evidence.published_raw import attribute_role

    if given is not None:
        if given not in source.attributes:
            raise InputError(no_column(source.file, [given], source.attributes))
        return given
    alike = [name for name in source.attributes if attribute_role(name) == role]
    if len(alike) != 1:
        option = "--sex" if role == _SEX else "--race"
        message = f"{len(alike)} columns could be {role.replace('_', ' or ')}"
        raise UsageError(Diagnostic("U104", message, hint=f"Name the column with {option}."))
    return alike[0]


def _counted(request: AuditRequest, bundle: Bundle, source: PredictionSource, columns: tuple[str, ...]) -> Predictions:
    from govern.evidence.predictions import read_predictions
    from govern.evidence.score_median import above_median

    if request.method == "selection":
        found = read_predictions(bundle, source, columns)
    else:
        above = above_median(bundle, source, columns)
        found = above if isinstance(above, Diagnostic) else above.predictions
    if isinstance(found, Diagnostic):
        raise InputError(found)
    return found


def _excluded(
    counts: Counts, names: Sequence[tuple[str, ...]], given: Mapping[str, str]
) -> dict[tuple[str, ...], dict[Category, str]]:
    """Find the category behind each label that is to be left out."""
    made: dict[tuple[str, ...], dict[Category, str]] = {}
    for label, why in given.items():
        wanted = tuple(part.strip().casefold() for part in label.split(" / "))
        found = [
            (attributes, group)
            for attributes in names
            for group in counts.table(attributes).groups
            if tuple(part.casefold() for part in group) in (wanted, wanted[::-1])
        ]
        if not found:
            message = f"{label} is no category of sex, of race or of both"
            raise UsageError(Diagnostic("U104", message, hint="Write one value, or two as `Female / Asian`."))
        for attributes, group in found:
            made.setdefault(attributes, {})[group] = why
    return made


def _text(value: object) -> str | None:
    """Write a figure with four digits behind the point, rounded half-even; None for one that is undefined."""
    if not isinstance(value, Fraction):
        return None
    digits = str(round(value * 10**_PLACES)).rjust(_PLACES + 1, "0")
    return f"{digits[:-_PLACES]}.{digits[-_PLACES:]}"


def _document(request: AuditRequest, counts: Counts, tables: Sequence[ImpactTable]) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "method": request.method,
        "audit_date": request.audit_date.isoformat(),
        "data": {
            "type": request.data_type,
            "source": request.data_source,
            "explanation": request.explanation,
            "test_reason": request.test_reason,
        },
        "people": counts.rows,
        "without_outcome": counts.missing.rows,
        "tables": [
            {
                "attributes": list(roles),
                "columns": list(table.attributes),
                "people": table.people,
                "unknown": table.unknown,
                "rows": [
                    {
                        "category": list(line.category),
                        "n": line.n,
                        "selected": line.selected,
                        "rate": _text(line.rate),
                        "ratio": _text(line.ratio),
                        "excluded": line.excluded is not None,
                        "justification": line.excluded,
                    }
                    for line in table.lines
                ],
            }
            for roles, table in zip(TABLES, tables, strict=True)
        ],
    }


def _own_faults(request: AuditRequest, counts: Counts, document: dict[str, Json]) -> tuple[Fault, ...]:
    """What a reader would find in the tables, told before they are published."""
    import json

    from govern.checks.fairness.published import figures_of
    from govern.evidence.published_table import read_published
    from govern.fairness.published_audit import audit_faults

    reading = figures_of(read_published(json.dumps(document).encode(), file=str(request.path)))
    found = [*reading.faults, *audit_faults(reading.audit, Limits(tables=TABLES))]
    if counts.missing.rows:
        detail = f"{counts.missing.rows} of {counts.rows} people have no decision or score and are in no table"
        found.append(Fault(code="F168", detail=detail))
    return tuple(found)
