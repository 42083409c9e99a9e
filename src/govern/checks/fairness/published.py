"""From the cells of a published audit to figures: numbers of people, rates and ratios in one unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.fairness.printed import Figure, Fit, count_of, figure_of
from govern.fairness.published import Audit, Fault, PrintedRow, PrintedTable
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.published_raw import RawAudit, RawRow, RawTable

__all__ = ["PublishedAudit", "figures_of"]

_PERCENT = Fraction(1, 100)
_YES = frozenset(["yes", "true", "y", "x", "1", "excluded"])
_HIGHEST_RATIO = 10
"""An unsigned ratio from here on is in percent: no rate is ten times the highest one."""
_SURELY_PERCENT = 2
"""A rate from here on among fractions was meant in percent; one just above 1 is merely wrong."""


@record
class PublishedAudit:
    """A published audit in figures, and what was wrong with the cells themselves."""

    audit: Audit
    faults: tuple[Fault, ...]


def figures_of(raw: RawAudit) -> PublishedAudit:
    """Turn cells into figures. A cell that is no figure is a fault (F164) and counts as not given."""
    reading = _Reading(raw.percent)
    tables = tuple(reading.table(table) for table in raw.tables)
    audit = Audit(
        tables=tables,
        unknown=reading.count(raw.unknown, "the number of people of unknown category"),
        audit_date=reading.day(raw.audit_date),
        data_type=raw.data_type,
        test_reason=raw.test_reason,
    )
    return PublishedAudit(audit, tuple(reading.faults))


@dataclass(slots=True)
class _Reading:
    percent: frozenset[str]
    faults: list[Fault] = field(default_factory=list)

    def count(self, text: str | None, what: str, row: RawRow | None = None, table: str = "") -> int | None:
        try:
            return count_of(text)
        except ValueError as fault:
            self._fault(f"{what} is {fault}", row, table)
            return None

    def day(self, text: str | None) -> date | None:
        try:
            return None if text is None else date.fromisoformat(text)
        except ValueError:
            self.faults.append(Fault(code="F164", detail="the date of the audit is no date (YYYY-MM-DD)"))
            return None

    def _fault(self, detail: str, row: RawRow | None, table: str, code: str = "F164") -> None:
        self.faults.append(
            Fault(
                code=code,
                detail=detail,
                table=table,
                category=() if row is None else row.category,
                line=None if row is None else row.line,
                place="" if row is None else row.place,
            )
        )

    def table(self, raw: RawTable) -> PrintedTable:
        name = " x ".join(raw.attributes)
        counts = [(self._people(row, "n", name), self._people(row, "selected", name)) for row in raw.rows]
        rates = self._column(raw.rows, "rate", name, counts)
        ratios = self._column(raw.rows, "ratio", name, None)
        unknown = [self.count(text, "the number of people of unknown category", None, name) for text in raw.unknown]
        rows = tuple(
            PrintedRow(
                category=row.category,
                n=n,
                selected=selected,
                rate=rate,
                ratio=ratio,
                excluded=row.cells.get("excluded", "").strip().casefold() in _YES,
                justification=row.cells.get("justification", "").strip() or None,
                line=row.line,
                place=row.place,
            )
            for row, (n, selected), rate, ratio in zip(raw.rows, counts, rates, ratios, strict=True)
        )
        told = sum(number for number in unknown if number is not None) if any(n is not None for n in unknown) else None
        return PrintedTable(attributes=raw.attributes, rows=rows, unknown=told, line=raw.line)

    def _people(self, row: RawRow, role: str, table: str) -> int | None:
        what = "the number of people" if role == "n" else "the number of people selected"
        return self.count(row.cells.get(role), what, row, table)

    def _column(
        self,
        rows: Sequence[RawRow],
        role: str,
        table: str,
        counts: Sequence[tuple[int | None, int | None]] | None,
    ) -> list[Figure | None]:
        """Read a column of figures and bring them to one unit: percent is told by sign, by header, or by size."""
        cells: list[Figure | None] = []
        for row in rows:
            try:
                cells.append(figure_of(row.cells.get(role)))
            except ValueError as fault:
                self._fault(f"the {role} is {fault}", row, table)
                cells.append(None)
        unsigned = {place: cell for place, cell in enumerate(cells) if cell is not None and not cell.signed}
        in_percent = role in self.percent or _in_percent(role, unsigned)
        mixed = set(_mixed(cells, unsigned, in_percent=in_percent))
        for place, cell in unsigned.items():
            as_percent, as_is = cell.scaled(_PERCENT), cell
            chosen, other = (as_percent, as_is) if in_percent else (as_is, as_percent)
            if place not in mixed and counts is not None and _only_fits(other, chosen, counts[place]):
                mixed.add(place)
                chosen = other
            cells[place] = chosen
        for place in sorted(mixed):
            told = f"the {role} is not in the unit of the others: percent and fractions are mixed"
            self._fault(told, rows[place], table, code="F163")
        return cells


def _in_percent(role: str, unsigned: Mapping[int, Figure]) -> bool:
    limit = 1 if role == "rate" else _HIGHEST_RATIO
    large = sum(cell.value > limit for cell in unsigned.values())
    return 2 * large > len(unsigned)


def _mixed(cells: Sequence[Figure | None], unsigned: Mapping[int, Figure], *, in_percent: bool) -> Iterator[int]:
    """Fractions among figures with a percent sign; the fewer of the two are told."""
    signed = [place for place, cell in enumerate(cells) if cell is not None and cell.signed]
    if not signed or not unsigned or in_percent:
        return
    yield from unsigned if len(unsigned) <= len(signed) else signed


def _only_fits(other: Figure, chosen: Figure, counts: tuple[int | None, int | None]) -> bool:
    """Whether the counts say that a rate is in the other unit."""
    n, selected = counts
    if not n or selected is None:
        return chosen.value >= _SURELY_PERCENT and 0 <= other.value <= 1
    exact = Fraction(selected, n)
    return chosen.fit(exact) is Fit.NOT and other.fit(exact) is not Fit.NOT
