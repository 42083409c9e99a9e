"""The faults of a published audit as a whole: tables, categories and numbers that must go together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from govern.fairness.published import (
    Audit,
    Category,
    Fault,
    Limits,
    PrintedRow,
    PrintedTable,
    add_year,
    label_of,
)
from govern.fairness.published_figures import table_faults

__all__ = ["audit_faults"]

_MOST = 20
"""Missing categories named one by one."""


def audit_faults(audit: Audit, limits: Limits) -> tuple[Fault, ...]:
    """Give every fault of an audit, those of its tables first, in the order of the tables that are asked for."""
    found: list[Fault] = []
    for attributes in limits.tables:
        table = audit.table(attributes)
        if table is None or not table.rows:
            name = " x ".join(attributes)
            found.append(Fault(code="F155", detail=f"there is no table by {name}", table=name))
        else:
            found += table_faults(table, limits)
    found += _unknown(audit, limits)
    for attributes in limits.tables:
        crossed = audit.table(attributes)
        if len(attributes) > 1 and crossed is not None and crossed.rows:
            found += _crossed(audit, crossed, limits)
    found += _totals(audit)
    found += _standing(audit, limits)
    return tuple(found)


def _unknown(audit: Audit, limits: Limits) -> Iterator[Fault]:
    if not limits.unknown_reported or audit.unknown is not None:
        return
    asked = [table for attributes in limits.tables if (table := audit.table(attributes)) is not None and table.rows]
    without = [table for table in asked if table.unknown is None]
    detail = "the number of people of unknown category is not given"
    if asked and len(without) == len(asked):
        yield Fault(code="F154", detail=detail)
        return
    for table in without:
        yield Fault(code="F154", detail=f"{detail} for this table", table=table.name, line=table.line)


def _normal(value: str) -> str:
    return " ".join(value.casefold().split())


def _value(table: PrintedTable, row: PrintedRow, attribute: str) -> str:
    return _normal(row.category[table.attributes.index(attribute)])


def _crossed(audit: Audit, crossed: PrintedTable, limits: Limits) -> Iterator[Fault]:
    """Hold a crossed table against the tables of its attributes."""
    singles = {name: audit.table((name,)) for name in crossed.attributes}
    known = {name: table for name, table in singles.items() if table is not None and table.rows}
    there = {tuple(_normal(part) for part in row.category) for row in crossed.rows}
    absent: set[Category] = set()
    if len(known) == len(singles):
        values = [[row.category[0] for row in known[name].rows] for name in crossed.attributes]
        pairs = [pair for pair in product(*values) if tuple(map(_normal, pair)) not in there]
        absent = {tuple(map(_normal, pair)) for pair in pairs}
        if limits.all_pairs:
            yield from _absent(crossed, pairs)
    for name, table in known.items():
        yield from _strangers(crossed, table, name)
        yield from _sums(audit, crossed, table, name, absent)


def _absent(crossed: PrintedTable, pairs: list[Category]) -> Iterator[Fault]:
    for pair in pairs[:_MOST]:
        detail = f"the table has no row for {label_of(pair)}"
        yield Fault(code="F156", detail=detail, table=crossed.name, category=pair, line=crossed.line)
    if len(pairs) > _MOST:
        detail = f"the table has no rows for {len(pairs) - _MOST} more categories"
        yield Fault(code="F156", detail=detail, table=crossed.name, line=crossed.line)


def _strangers(crossed: PrintedTable, single: PrintedTable, name: str) -> Iterator[Fault]:
    listed = {_normal(row.category[0]) for row in single.rows}
    for row in crossed.rows:
        value = _value(crossed, row, name)
        if value not in listed:
            listed.add(value)
            category = (row.category[crossed.attributes.index(name)],)
            detail = f"the table has no row for {label_of(category)}, which {crossed.name} has"
            yield Fault(code="F156", detail=detail, table=single.name, category=category, line=single.line)


def _sums(
    audit: Audit, crossed: PrintedTable, single: PrintedTable, name: str, absent: set[Category]
) -> Iterator[Fault]:
    """The rows of a value in the crossed table hold at most the people of that value; fewer only where the other
    attribute of somebody is unknown."""
    place = crossed.attributes.index(name)
    spare = _spare(audit, crossed, single)
    lost = 0
    for row in single.rows:
        value = _normal(row.category[0])
        parts = [item for item in crossed.rows if _value(crossed, item, name) == value]
        if row.n is None or not parts or any(pair[place] == value for pair in absent):
            continue
        people = sum(item.n or 0 for item in parts)
        detail = f"{people} people of {label_of(row.category)} in {crossed.name}, {row.n} in this table"
        lost += max(0, row.n - people)
        if people > row.n or (spare is not None and lost > spare):
            yield Fault(
                code="F160", detail=detail, table=single.name, category=row.category, line=row.line, place=row.place
            )
            continue
        chosen = [item.selected for item in parts]
        if row.selected is None or any(item is None for item in chosen):
            continue
        selected = sum(item or 0 for item in chosen)
        if not 0 <= row.selected - selected <= row.n - people:
            detail = f"{selected} selected of {label_of(row.category)} in {crossed.name}, {row.selected} in this table"
            yield Fault(
                code="F160", detail=detail, table=single.name, category=row.category, line=row.line, place=row.place
            )


def _spare(audit: Audit, crossed: PrintedTable, single: PrintedTable) -> int | None:
    """How many people of a single table can be missing from the crossed one; None where no number says it."""
    if crossed.unknown is not None and single.unknown is not None:
        return max(0, crossed.unknown - single.unknown)
    return next((number for number in (crossed.unknown, audit.unknown) if number is not None), None)


def _totals(audit: Audit) -> Iterator[Fault]:
    """People of all categories and of none are the same people in every table."""
    whole = [(table, table.people + table.unknown) for table in audit.tables if table.unknown is not None]
    complete = [(table, total) for table, total in whole if all(row.n is not None for row in table.rows)]
    for table, total in complete[1:]:
        first, expected = complete[0]
        if total != expected:
            detail = f"{total} people with those of unknown category, {expected} in the table by {first.name}"
            yield Fault(code="F160", detail=detail, table=table.name, line=table.line)


def _standing(audit: Audit, limits: Limits) -> Iterator[Fault]:
    if audit.audit_date is not None and limits.used_on is not None:
        ends = add_year(audit.audit_date)
        observed, required = f"audited on {audit.audit_date}", f"used between then and {ends}"
        if limits.used_on > ends:
            detail = f"the audit is more than a year old on {limits.used_on}"
            yield Fault(code="F161", detail=detail, observed=observed, required=required)
        elif limits.used_on < audit.audit_date:
            detail = f"the tool is used on {limits.used_on}, before it was audited"
            yield Fault(code="F161", detail=detail, observed=observed, required=required)
    if (audit.data_type or "").casefold() == "test" and not (audit.test_reason or "").strip():
        yield Fault(code="F167", detail="test data was used, and nothing says why historical data was not")
