"""The faults that the figures of one published table show by themselves.

Nothing here knows the people behind the figures: what is found is what a reader with a pocket calculator could find.
Where a table prints no number of people selected, a rate still has to be that of some whole number of people, and a
ratio that of two such rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from govern.fairness.printed import Figure, Fit
from govern.fairness.published import Category, Fault, Limits, PrintedRow, PrintedTable
from govern.records import record

__all__ = ["table_faults"]


@record
class _Rate:
    """What is known of a category's rate: exactly, or between two ends; and what was printed for it."""

    low: Fraction
    high: Fraction
    printed: Fraction | None


def table_faults(table: PrintedTable, limits: Limits) -> Iterator[Fault]:
    """Yield the faults of one table by itself."""
    yield from _twice(table)
    judged = _Judged(table, limits)
    for row in table.rows:
        yield from judged.row(row)
    yield from judged.ratios()


def _twice(table: PrintedTable) -> Iterator[Fault]:
    seen: set[Category] = set()
    for row in table.rows:
        key = tuple(" ".join(part.casefold().split()) for part in row.category)
        if key in seen:
            yield _fault("F157", "the category stands in the table twice", table, row)
        seen.add(key)


def _fault(
    code: str,
    detail: str,
    table: PrintedTable,
    row: PrintedRow,
    *,
    observed: str | None = None,
    required: str | None = None,
    note: bool = False,
) -> Fault:
    return Fault(
        code=code,
        detail=detail,
        table=table.name,
        category=row.category,
        line=row.line,
        place=row.place,
        observed=observed,
        required=required,
        note=note,
    )


def _text(value: Fraction, places: int = 4) -> str:
    """Write a fraction rounded half-even, for messages."""
    scaled = round(value * 10**places)
    sign, digits = ("-" if scaled < 0 else ""), str(abs(scaled)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}"


class _Judged:
    """One table while it is looked through."""

    def __init__(self, table: PrintedTable, limits: Limits) -> None:
        self.table = table
        self.limits = limits
        self.prints_ratios = any(row.ratio is not None for row in table.rows)
        self.rates = {place: self._rate(row) for place, row in enumerate(table.rows)}
        self.left_out = {place for place, row in enumerate(table.rows) if self._left_out(row)}

    def _left_out(self, row: PrintedRow) -> bool:
        """Said to be excluded, or printed with a rate and without a ratio where others have one."""
        if row.excluded or row.justification:
            return True
        return self.prints_ratios and self._somebody() and bool(row.n) and row.rate is not None and row.ratio is None

    def _somebody(self) -> bool:
        """Whether anybody may have been selected, as far as the table shows."""
        return any(rate is not None and rate.high > 0 for rate in self.rates.values())

    def _all_print_0(self) -> bool:
        """Whether every rate is printed as 0, which may be 0 or a little more."""
        return all(rate is None or (rate.low == 0 and not rate.printed) for rate in self.rates.values())

    def _rate(self, row: PrintedRow) -> _Rate | None:
        printed = None if row.rate is None else row.rate.value
        if row.n and row.selected is not None:
            exact = Fraction(row.selected, row.n)
            return _Rate(exact, exact, printed)
        if row.rate is None or not row.n:
            return None
        people = _people(row.rate, row.n, self.limits.tolerance)
        if people is None:
            return _Rate(row.rate.value, row.rate.value, printed)
        return _Rate(Fraction(people[0], row.n), Fraction(people[1], row.n), printed)

    # --- rows

    def row(self, row: PrintedRow) -> Iterator[Fault]:
        """Look at one category by itself."""
        table = self.table
        if row.n is None:
            yield _fault("F164", "the number of people is not given", table, row)
            return
        if row.selected is not None and row.selected > row.n:
            told = f"{row.selected} of {row.n}"
            yield _fault("F162", "more people are selected than were assessed", table, row, observed=told)
            return
        if row.n == 0:
            if row.rate is not None or row.ratio is not None:
                told = "a figure is printed for a category without people, where there is nothing to divide by"
                yield _fault("F153", told, table, row, required="undefined")
            return
        if row.rate is None:
            yield _fault("F164", "the rate is not given", table, row)
        elif not 0 <= row.rate.value <= 1:
            yield _fault("F162", "a rate lies between 0 and 1", table, row, observed=_text(row.rate.value))
        else:
            yield from self._arithmetic(row, row.rate, row.n)
        yield from self._exclusion(row)

    def _arithmetic(self, row: PrintedRow, rate: Figure, n: int) -> Iterator[Fault]:
        if row.selected is None:
            if _people(rate, n, self.limits.tolerance) is None:
                told = f"no whole number of {n} people makes this rate"
                yield _fault("F150", told, self.table, row, observed=_text(rate.value))
            return
        exact = Fraction(row.selected, n)
        fit = rate.fit(exact, self.limits.tolerance)
        if fit is Fit.NOT:
            told = f"{row.selected} of {n} is another rate than the one that is printed"
            yield _fault("F150", told, self.table, row, observed=_text(rate.value), required=_text(exact))
        elif fit is Fit.TRUNCATED:
            told = "the rate was cut off, not rounded"
            yield _fault("F165", told, self.table, row, observed=_text(rate.value), required=_text(exact), note=True)

    def _exclusion(self, row: PrintedRow) -> Iterator[Fault]:
        if self.table.rows.index(row) not in self.left_out or not row.n:
            return
        if not (row.justification or "").strip():
            told = "the category is left out of the comparison, and the table does not say why"
            yield _fault("F158", told, self.table, row, required="a justification")
        share = Fraction(row.n, self.table.people)
        if share >= self.limits.max_excluded_share:
            told = "the category is left out of the comparison and is not small enough for that"
            limit = f"< {_text(self.limits.max_excluded_share)}"
            yield _fault("F159", told, self.table, row, observed=_text(share), required=limit)

    # --- ratios

    def ratios(self) -> Iterator[Fault]:
        """Look at the ratios of the table together: they must all be over the highest rate."""
        rows = [(place, row) for place, row in enumerate(self.table.rows) if row.n]
        compared = {place: rate for place, _row in rows if (rate := self.rates[place]) is not None}
        judged = [(place, row) for place, row in rows if place in compared and place not in self.left_out]
        if not self._somebody():
            for _place, row in rows:
                if row.ratio is not None:
                    told = "a ratio is printed where nobody is selected, and there is nothing to divide by"
                    yield _fault("F153", told, self.table, row, required="undefined")
            return
        if judged and not self.prints_ratios:
            if not self._all_print_0():
                yield _fault("F164", "the table prints no ratio", self.table, self.table.rows[0])
            return
        for _place, row in rows:
            if row.rate is None and row.ratio is None and not (row.excluded or row.justification):
                yield _fault("F164", "the ratio is not given", self.table, row)
        printed = [(place, row) for place, row in judged if row.ratio is not None]
        if not printed:
            return
        fits = self._fits(printed, [compared[place] for place, _row in judged])
        if all(fit is not Fit.NOT for fit in fits.values()):
            for place, row in printed:
                if fits[place] is Fit.TRUNCATED:
                    yield _fault("F165", "the ratio was cut off, not rounded", self.table, row, note=True)
            return
        reference = self._reference(printed, compared)
        if reference is not None:
            told = "the ratios are over the rate of this category, which is not the highest that is compared"
            yield _fault("F152", told, self.table, self.table.rows[reference], required="the highest rate")
            return
        yield from self._misfits(printed, fits, judged, compared)

    def _misfits(
        self,
        printed: Sequence[tuple[int, PrintedRow]],
        fits: dict[int, Fit],
        judged: Sequence[tuple[int, PrintedRow]],
        compared: dict[int, _Rate],
    ) -> Iterator[Fault]:
        top = max(compared[place].low for place, _row in judged)
        for place, row in printed:
            if fits[place] is not Fit.NOT or row.ratio is None:
                continue
            shown = _text(row.ratio.value)
            exact = compared[place]
            required = _text(exact.low / top) if top and exact.low == exact.high else None
            if row.ratio.low > 1:
                told = "the ratio is above 1: it is over another rate than the highest"
                yield _fault("F152", told, self.table, row, observed=shown, required=required or "<= 1")
            else:
                told = "the ratio is not the category's rate over the highest rate"
                yield _fault("F151", told, self.table, row, observed=shown, required=required)

    def _fits(self, printed: Sequence[tuple[int, PrintedRow]], against: Sequence[_Rate]) -> dict[int, Fit]:
        """How each printed ratio goes with the highest of some rates."""
        low, high = max(rate.low for rate in against), max(rate.high for rate in against)
        shown = [rate.printed for rate in against if rate.printed is not None]
        top = max(shown) if len(shown) == len(against) else None
        return {place: self._fit(row, _Rate(low, high, top), self.rates[place]) for place, row in printed}

    def _fit(self, row: PrintedRow, top: _Rate, rate: _Rate | None) -> Fit:
        if rate is None or row.ratio is None:
            return Fit.NOT
        ratio, tolerance = row.ratio, self.limits.tolerance
        found = [Fit.NOT]
        if top.low == top.high and rate.low == rate.high and top.low:
            found.append(ratio.fit(rate.low / top.low, tolerance))
        elif top.high:
            between = rate.low / top.high < ratio.high and ratio.low * top.low <= rate.high
            found.append(Fit.ROUNDED if between else Fit.NOT)
        if top.printed and rate.printed is not None:  # the auditor may have divided what was printed
            found.append(ratio.fit(rate.printed / top.printed, tolerance))
        return min(found, key=list(Fit).index)

    def _reference(self, printed: Sequence[tuple[int, PrintedRow]], compared: dict[int, _Rate]) -> int | None:
        """The category over whose rate all ratios of the table are, if there is one."""
        if len(printed) < 2:
            return None

        def explains(place: int) -> bool:
            return all(fit is not Fit.NOT for fit in self._fits(printed, [compared[place]]).values())

        return next((place for place in compared if explains(place)), None)


def _people(rate: Figure, n: int, tolerance: Fraction) -> tuple[int, int] | None:
    """The fewest and the most of n people that make a printed rate; None when no whole number does."""
    low, high = rate.value - max(rate.unit / 2, tolerance), rate.value + max(rate.unit, tolerance)
    fewest = max(0, -((-low * n) // 1))
    most = min(n, -((-high * n) // 1) - 1)  # below the upper end, which a truncated figure cannot reach
    if tolerance >= rate.unit and high * n == (high * n) // 1:
        most = min(n, int(high * n))
    return (int(fewest), int(most)) if fewest <= most else None
