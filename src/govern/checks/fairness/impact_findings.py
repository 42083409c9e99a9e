"""Published tables against the counts: what differs, and what it means for the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json, fraction_text
from govern.evidence.published_raw import attribute_role
from govern.fairness import Counts, Undefined, group_label
from govern.fairness.impact import Category, ImpactTable, impact_tables
from govern.fairness.published import Audit, Fault, Limits, PrintedRow, PrintedTable, label_of
from govern.fairness.published_audit import audit_faults
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.impact import ImpactParams
    from govern.checks.fairness.published import PublishedAudit

__all__ = ["finding_of_fault", "result_of"]

_MOST = 50
"""Findings given one by one."""


def result_of(
    params: ImpactParams,
    counts: Counts,
    columns: Mapping[str, str],
    published: PublishedAudit,
    *,
    file: str,
    evidence: tuple[EvidenceRef, ...],
    holds: tuple[Holds, ...],
) -> CheckResult:
    """Compare. `columns` gives the column of the predictions behind each name of the rule's tables."""
    roles = {name: attribute_role(name) for name in columns}
    wanted = tuple(tuple(roles[name] for name in table) for table in params.tables)
    asked = {
        role_table: tuple(columns[name] for name in table)
        for role_table, table in zip(wanted, params.tables, strict=True)
    }
    faults = [*published.faults]
    made: list[ImpactTable] = []
    printed: list[PrintedTable] = []
    held_against: list[tuple[ImpactTable, PrintedTable]] = []
    for attributes, names in asked.items():
        held = published.audit.table(attributes)
        table = None if held is None else _in_order(held, attributes)
        expected = _expected(counts, names, table)
        made.append(expected)
        if table is not None:
            known, more = _against_counts(expected, table)
            printed.append(known)
            held_against.append((expected, table))
            faults += more
    if params.unknown_reported:
        faults += _unknown(published.audit, made, held_against)
    limits = Limits(
        tables=wanted,
        tolerance=Fraction(params.tolerance),
        max_excluded_share=Fraction(params.max_excluded_share),
        unknown_reported=params.unknown_reported,
        all_pairs=False,
    )
    faults += audit_faults(replace(published.audit, tables=tuple(printed)), limits)
    doubts = list(_doubts(counts, made))
    wrong = [fault for fault in faults if not fault.note]
    notes = [fault for fault in faults if fault.note]
    outcome = Outcome.FAIL if wrong else Outcome.INCONCLUSIVE if doubts else Outcome.PASS
    findings = [finding_of_fault(fault, file) for fault in (*wrong[:_MOST], *notes[: _MOST - len(wrong[:_MOST])])]
    return CheckResult(
        outcome=outcome,
        summary=_summary(len(wrong), len(doubts), made),
        findings=(*findings, *doubts),
        evidence=evidence,
        observed=f"{len(wrong)} faults",
        required="0 faults",
        fields=_fields(params, made, len(wrong)),
        holds=holds,
        facts=_facts(params, counts, made, wanted),
    )


def _normal(category: Category) -> Category:
    return tuple(" ".join(part.casefold().split()) for part in category)


def _in_order(table: PrintedTable, attributes: tuple[str, ...]) -> PrintedTable:
    """Give a table with its attributes in the order of the rule."""
    places = [table.attributes.index(name) for name in attributes]
    rows = tuple(replace(row, category=tuple(row.category[place] for place in places)) for row in table.rows)
    return replace(table, attributes=attributes, rows=rows)


def _expected(counts: Counts, names: tuple[str, ...], table: PrintedTable | None) -> ImpactTable:
    """Make the table from the counts, with the exclusions that were published."""
    groups = counts.table(names).groups
    excluded = {}
    for row in () if table is None else table.rows:
        if row.excluded or row.justification:
            match = next((group for group in groups if _normal(group) == _normal(row.category)), None)
            if match is not None:
                excluded[match] = row.justification or ""
    return impact_tables(counts, (names,), excluded={names: excluded})[0]


def _against_counts(expected: ImpactTable, table: PrintedTable) -> tuple[PrintedTable, list[Fault]]:
    """Put the numbers of the counts in the place of those that were printed, and tell where they differ."""
    by_name = {_normal(line.category): line for line in expected.lines}
    rows: list[PrintedRow] = []
    faults: list[Fault] = []
    for row in table.rows:
        line = by_name.get(_normal(row.category))
        if line is None:
            if row.n != 0:
                faults.append(_differs(table, row, "the predictions hold nobody of this category", row.n, 0))
            continue
        if row.n is not None and row.n != line.n:
            faults.append(_differs(table, row, "another number of people than in the predictions", row.n, line.n))
        if row.selected is not None and row.selected != line.selected:
            told = "another number of people selected than in the predictions"
            faults.append(_differs(table, row, told, row.selected, line.selected))
        rows.append(row if row.n is None else replace(row, n=line.n, selected=line.selected))
    there = {_normal(row.category) for row in table.rows}
    for line in expected.lines:
        if line.n and _normal(line.category) not in there:
            detail = f"the table has no row for {label_of(line.category)}"
            faults.append(Fault(code="F156", detail=detail, table=table.name, category=line.category, line=table.line))
    return replace(table, rows=tuple(rows), unknown=_known(table.unknown, expected.unknown)), faults


def _known(printed: int | None, counted: int) -> int | None:
    return None if printed is None else counted


def _differs(table: PrintedTable, row: PrintedRow, detail: str, printed: int | None, counted: int) -> Fault:
    return Fault(
        code="F166",
        detail=detail,
        table=table.name,
        category=row.category,
        line=row.line,
        place=row.place,
        observed=None if printed is None else str(printed),
        required=str(counted),
    )


def _unknown(
    audit: Audit, made: list[ImpactTable], held_against: list[tuple[ImpactTable, PrintedTable]]
) -> Iterator[Fault]:
    """Hold the published numbers of people of unknown category against the counts."""
    for expected, table in held_against:
        if table.unknown is not None and table.unknown != expected.unknown:
            yield Fault(
                code="F166",
                detail="another number of people of unknown category than in the predictions",
                table=table.name,
                line=table.line,
                observed=str(table.unknown),
                required=str(expected.unknown),
            )
    if audit.unknown is not None and made:
        most = max(item.unknown for item in made)
        if audit.unknown != most:
            yield Fault(
                code="F166",
                detail="another number of people of unknown category than in the predictions",
                observed=str(audit.unknown),
                required=str(most),
            )


def _doubts(counts: Counts, made: list[ImpactTable]) -> Iterator[Finding]:
    gone = counts.missing.rows
    if gone:
        yield Finding(
            code="F168",
            detail=f"{gone} of {counts.rows} rows have no decision or score and are in no table",
            observed=str(gone),
            required="0",
            remediation="Give every row its decision or score.",
            discriminator="missing-rows",
        )
    for table in made:
        name = " x ".join(table.attributes)
        compared = [line for line in table.lines if line.excluded is None and line.n]
        if len(compared) < 2:
            yield Finding(
                code="F105",
                detail=f"the table by {name} has not two categories with people to compare",
                remediation="Evaluate on data that holds all categories.",
                discriminator=f"alone:{name}",
            )
        elif table.highest == 0:
            yield Finding(
                code="F106",
                detail=f"nobody is selected in any category of {name}: there is no ratio",
                remediation="Check the cut-off and the positive value.",
                discriminator=f"nobody:{name}",
            )


def finding_of_fault(fault: Fault, file: str) -> Finding:
    """Turn a fault of a published table into a finding."""
    about = [part for part in (fault.table, label_of(fault.category)) if part]
    where = f"{': '.join(about)}: " if about else ""
    return Finding(
        code=fault.code,
        detail=f"{where}{fault.detail}",
        observed=fault.observed,
        required=fault.required,
        location=Location(file, fault.line),
        discriminator=":".join(part for part in (fault.code, *about, str(fault.line or fault.place)) if part),
    )


def _lowest(made: list[ImpactTable]) -> tuple[str, Fraction] | None:
    found = [
        (line.ratio, group_label(table.attributes, line.category))
        for table in made
        for line in table.lines
        if isinstance(line.ratio, Fraction)
    ]
    return (min(found)[1], min(found)[0]) if found else None


def _summary(wrong: int, doubts: int, made: list[ImpactTable]) -> str:
    lowest = _lowest(made)
    told = "" if lowest is None else f" Lowest impact ratio: {fraction_text(lowest[1], 4)}, {lowest[0]}."
    if wrong:
        return f"The published tables have {wrong} fault{'s' if wrong > 1 else ''}.{told}"
    if doubts:
        return f"The published tables go with the counts, which do not give all that is asked.{told}"
    return f"Every published rate and ratio is the one that the counts give.{told} No ratio is asked for."


def _fields(params: ImpactParams, made: list[ImpactTable], wrong: int) -> dict[str, str]:
    lowest = _lowest(made)
    return {
        "method": params.method,
        "tables": ", ".join(" x ".join(table) for table in params.tables),
        "faults": str(wrong),
        "lowest.group": "none" if lowest is None else lowest[0],
        "lowest.ratio": "undefined" if lowest is None else fraction_text(lowest[1], 4),
    }


def _figure(value: object) -> str | None:
    return fraction_text(value, 6) if isinstance(value, Fraction) else None


def _facts(
    params: ImpactParams, counts: Counts, made: list[ImpactTable], wanted: tuple[tuple[str, ...], ...]
) -> dict[str, Json]:
    """Give the tables as they should be published. Small numbers are shown: the law asks for every number."""
    return {
        "kind": "impact-table",
        "method": params.method,
        "rows": counts.rows,
        "missing": counts.missing.rows,
        "tables": [
            {
                "attributes": list(table.attributes),
                "published_as": list(roles),
                "people": table.people,
                "unknown": table.unknown,
                "highest": _figure(table.highest),
                "groups": [
                    {
                        "group": dict(zip(table.attributes, line.category, strict=True)),
                        "label": group_label(table.attributes, line.category),
                        "n": line.n,
                        "selected": line.selected,
                        "rate": _figure(line.rate),
                        "ratio": _figure(line.ratio),
                        "excluded": line.excluded is not None,
                        "undefined": line.rate.reason if isinstance(line.rate, Undefined) else None,
                        "shown": True,
                    }
                    for line in table.lines
                ],
            }
            for table, roles in zip(made, wanted, strict=True)
        ],
    }
