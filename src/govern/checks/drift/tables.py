"""Drift computed again from the reference and the current table of the bundle: raw data beats a report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.checks.binding import envelope_of
from govern.checks.drift.columns import Judged, column_of, shown
from govern.checks.drift.params import FROM_REPORT, DistributionParams
from govern.checks.drift.reference import lineage_says, not_training
from govern.checks.predictions import finding_of, missing, terms_of
from govern.diagnostics import Diagnostic, plain
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.drift import Categories, Numbers
    from govern.evidence.column_counts import ColumnPair
    from govern.evidence.envelope import Envelope

__all__ = ["Tables", "find_tables", "measured", "one_sided"]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_ROLES = ("reference", "current")
Rows = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Tables:
    """Both tables, fit to be compared."""

    reference: str
    current: str
    headers: tuple[tuple[str, ...], tuple[str, ...]]
    refs: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]


def find_tables(params: DistributionParams, context: CheckContext) -> Tables | CheckResult | None:
    """Find the tables that the record names `reference` and `current`; None when a report is to be judged.

    A CheckResult is `missing_evidence`. Raises InputError for files that cannot be read.
    """
    bundle = context.bundle
    if params.from_ is not None or params.method_of("default") == FROM_REPORT:
        return None
    named = [role for role in _ROLES if role in bundle.record.spec.evidence]
    if not named and params.recompute == "preferred":
        return None
    if len(named) < len(_ROLES):
        return _incomplete(params, context, named)
    return _ready(params, context)


def _incomplete(params: DistributionParams, context: CheckContext, named: list[str]) -> CheckResult:
    absent = " and ".join(role for role in _ROLES if role not in named)
    span = context.bundle.record_span("spec", "evidence")
    finding = Finding(
        code="E179",
        detail=f"the record names no table of {absent} data",
        required="spec.evidence.reference and spec.evidence.current",
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation=f"Add the table and name it in the record under spec.evidence ({absent}).",
        discriminator="tables",
    )
    return missing("There are no two tables to compare.", [finding], (), params.required)


def _ready(params: DistributionParams, context: CheckContext) -> Tables | CheckResult:
    from govern.evidence.located import locate
    from govern.evidence.tables import header_of

    bundle = context.bundle
    paths: list[str] = []
    refs: list[EvidenceRef] = []
    unmet: list[Finding] = []
    holds: tuple[Holds, ...] = ()
    for role in _ROLES:
        located = locate(bundle, role, ())
        if isinstance(located, Diagnostic):
            return missing(f"There is no table of {role} data.", [finding_of(located)], tuple(refs), params.required)
        envelope = envelope_of(context, located.path, speaks_of="data")
        digest = bundle.files[located.path].sha256
        bound = _is_bound(context, digest, envelope)
        paths.append(located.path)
        refs.append(EvidenceRef(name=role, file=located.path, digest=digest, bound=bound))
        terms = terms_of(
            params,
            name=f"{role} data",
            file=located.path,
            bound=bound,
            produced_at=envelope.produced_at if envelope else None,
            tool=envelope.tool if envelope else None,
            how_to_bind="Name the table by its digest in the lineage, or add an evidence envelope.",
        )
        if role == "current":
            unmet += terms.unmet
            holds = terms.holds
        else:  # the reference may be as old as the model
            unmet += [finding for finding in terms.unmet if finding.code != "E110"]
        refusal = None if envelope is None else envelope.refusal(f"the {role} data {plain(located.path)}")
        if refusal is not None:
            unmet.append(finding_of(refusal))
    if refs[0].digest == refs[1].digest:
        unmet.append(_same(paths))
    if params.reference == "training":
        digests, lineage_refs = lineage_says(context)
        refs += lineage_refs
        if refs[0].digest not in digests:
            unmet.append(not_training(paths[0]))
    if unmet:
        return missing("The tables do not meet the terms of the rule.", unmet, tuple(refs), params.required)
    headers = (header_of(bundle, paths[0], wanted=params.columns), header_of(bundle, paths[1], wanted=params.columns))
    return Tables(paths[0], paths[1], headers, tuple(refs), holds)


def _is_bound(context: CheckContext, digest: str, envelope: Envelope | None) -> bool:
    if envelope is not None:
        return envelope.bound
    digests, refs = lineage_says(context)
    return digest in digests and bool(refs) and all(ref.bound for ref in refs)


def _same(paths: list[str]) -> Finding:
    return Finding(
        code="E179",
        detail=f"{plain(paths[0])} and {plain(paths[1])} are the same bytes: nothing can drift from itself",
        required="data of operation, and the data that the model was made from",
        location=Location(paths[1]),
        remediation="Add the data that the model meets now as spec.evidence.current.",
        discriminator="same-table",
    )


def one_sided(params: DistributionParams, tables: Tables) -> Iterator[Finding]:
    """Yield a finding for each judged column that only one of the tables has."""
    before, now = (set(header) for header in tables.headers)
    for name in sorted(before ^ now):
        if params.judges(name):
            side, file = ("reference", tables.current) if name in before else ("current", tables.reference)
            yield Finding(
                code="E175",
                detail=f"`{plain(name)}` is in the {side} data only",
                required="the same columns on both sides",
                location=Location(file, 1),
                remediation="Write both tables with the same columns, or name it under `ignore`.",
                discriminator=f"column:{name}",
            )


def measured(params: DistributionParams, context: CheckContext, tables: Tables) -> tuple[list[Judged], Rows]:
    """Measure every judged column that both tables have; with the rows of each table, as far as any was counted."""
    from govern.evidence.column_counts import column_pairs

    now = set(tables.headers[1])
    wanted = [name for name in tables.headers[0] if name in now and params.judges(name)]
    judged: list[Judged] = []
    rows: Rows = (None, None)
    for pair in column_pairs(context.bundle, tables.reference, tables.current, wanted):
        if pair.fault is None:
            rows = (pair.reference.total(), pair.current.total())
        judged.append(_column(params, tables, pair))
    return sorted(judged, key=lambda item: item.name), rows


def _column(params: DistributionParams, tables: Tables, pair: ColumnPair) -> Judged:
    from govern.drift import METHODS, UnsuitedError, measure

    method = next(name for name in METHODS if name == params.method_of(pair.name))
    place = Location(tables.current, 1)
    if pair.fault is not None:
        return _undecided(params, pair.name, method, "E126", pair.fault.message, pair.fault.hint, place)
    sides = _typed(pair)
    try:
        found = measure(method, *sides)
    except UnsuitedError as fault:
        remedy = "Name another method for the column, or write its numbers as numbers on both sides."
        return _undecided(params, pair.name, method, "E176", f"`{plain(pair.name)}`: {fault}", remedy, place)
    except ValueError:
        return _undecided(params, pair.name, method, "E104", f"`{plain(pair.name)}` has no rows", None, place)
    state, required = column_of(params, found.direction, found.score, Decimal(0))
    limit = params.min_p_value if found.direction in ("<=", "<") else params.limit
    return Judged(
        name=pair.name,
        role=params.role_of(pair.name),
        state=state,
        method=method,
        score=shown(found.score, limit),
        direction=found.direction,
        limit=required,
        location=place,
        unseen=found.unseen,
    )


def _undecided(
    params: DistributionParams, name: str, method: str, code: str, why: str, remedy: str | None, place: Location
) -> Judged:
    role = params.role_of(name)
    return Judged(
        name=name, role=role, state="undecided", method=method, code=code, why=why, remedy=remedy, location=place
    )


def _typed(pair: ColumnPair) -> tuple[Numbers | Categories, Numbers | Categories]:
    """Take a column as numbers where all its cells on a side are, else as categories.

    Missing are empty cells, nulls, NaN and infinities. A side without any other cell is of the other side's sort.
    """
    from govern.drift import Categories, Numbers

    sides = [_split(counts) for counts in (pair.reference, pair.current)]
    numeric = [all(_NUMBER.fullmatch(text.strip()) for text in values) for values, _missing in sides]
    known = [number for (values, _missing), number in zip(sides, numeric, strict=True) if values]
    made: list[Numbers | Categories] = []
    for (values, gone), number in zip(sides, numeric, strict=True):
        if number if values else all(known):
            made.append(Numbers(_as_numbers(values), gone))
        else:
            made.append(Categories(values, gone))
    return made[0], made[1]


def _split(counts: Mapping[str | None, int]) -> tuple[dict[str, int], int]:
    from govern.evidence.cells import is_missing

    values: dict[str, int] = {}
    gone = 0
    for cell, times in counts.items():
        if cell is None or is_missing(cell):
            gone += times
        else:
            values[cell] = times
    return values, gone


def _as_numbers(values: Mapping[str, int]) -> dict[Decimal, int]:
    """Join spellings of one number, such as 1 and 1.0."""
    found: dict[Decimal, int] = {}
    for text, times in values.items():
        number = Decimal(text.strip())
        found[number] = found.get(number, 0) + times
    return found
