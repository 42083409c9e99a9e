"""Counting the rows of a CSV in the loops of the interpreter's own C code, a few thousand rows at a time.

As long as the same few lines come again and again, whole lines are counted and only different ones are parsed. From
the first part of the file that holds a quote, a blank or ragged line, or too many different lines, rows are parsed one
by one and counted by their cells. Either way every combination, its first line and every complaint are those of a plain
loop over rows, which `_Rows.slowly` is and which takes over wherever a complaint is near.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from operator import itemgetter

from govern.evidence.tabulation import MOST_COMBINATIONS, Repeats, Row, Tally, shape_fault

__all__ = ["Lines", "count_rows", "parsed_rows", "picker"]

_PART = 4096
"""Lines that are looked at together."""
_ROWS = 256
"""Parsed rows that are held together: few enough not to set off the collector of cycles again and again."""
_DIFFERENT = 256
"""New lines in a part beyond which lines are not worth counting whole."""
_KEPT = 65_536
"""Different lines that are kept."""


class Lines:
    """The lines of a text and a reader of its rows, which may begin again at a line that was looked at."""

    def __init__(self, text: Iterable[str]) -> None:
        self._text = iter(text)
        self._passed = 0
        self.reader = csv.reader(self._text, strict=True)

    @property
    def number(self) -> int:
        """Number of the line that was read last."""
        return self._passed + int(self.reader.line_num)

    def skip(self, lines: int) -> None:
        """Say that lines were taken past the reader."""
        self._passed += lines

    def take(self, most: int) -> tuple[list[str], UnicodeDecodeError | None]:
        """Take lines past the reader; with them the fault that the text broke off with."""
        lines: list[str] = []
        try:
            lines.extend(islice(self._text, most))
        except UnicodeDecodeError as fault:
            return lines, fault
        return lines, None

    def again(self, lines: Sequence[str], fault: UnicodeDecodeError | None) -> None:
        """Put lines back in front of the reader, and a fault behind them."""
        self._passed = self.number
        rest = self._text if fault is None else _raising(fault)
        self.reader = csv.reader(chain(lines, rest), strict=True)


def _raising(fault: UnicodeDecodeError) -> Iterator[str]:
    def fail() -> str:
        raise fault

    return iter(fail, "")


def picker(places: Sequence[int]) -> Callable[[list[str]], Row]:
    """Give a function that takes the cells at some places out of a row."""
    if len(places) == 1:
        only = places[0]
        return lambda row: (row[only],)
    return itemgetter(*places)


def count_rows(
    path: str, lines: Lines, header: Sequence[str], columns: Sequence[str], unique: str | None, *, exact: bool = False
) -> tuple[Tally, Repeats | None]:
    """Count the rows after the header; with the counts whether `unique` repeats a value, `exact` with the line.

    Raises InputError I203 for a ragged row or a blank line between rows, E126 for too many combinations, and lets the
    faults of the text through (csv.Error, UnicodeDecodeError).
    """
    repeats = None if unique is None else Repeats(exact=exact)
    counting = _Rows(path, lines, header, columns, repeats, 0 if unique is None else header.index(unique))
    if unique is None:
        counting.whole_lines()
    counting.rows()
    return counting.tally, repeats


def parsed_rows(path: str, lines: Lines, width: int) -> Iterator[list[str]]:
    """Yield rows of the header's width; blank lines are let through at the end of the file only."""
    shape = _Shape(path, width)
    for row in lines.reader:
        if shape.sound(row, lines.number):
            yield row


class _Shape:
    """Says of each row whether it has the header's width, in the order of the file."""

    def __init__(self, path: str, width: int) -> None:
        self.path = path
        self.width = width
        self.blank: int | None = None

    def sound(self, row: list[str], line: int) -> bool:
        """Whether this is a row; False for a blank line."""
        if len(row) != self.width:
            if not row:
                self.blank = self.blank or line
                return False
            message = f"{len(row)} cells where the header has {self.width}"
            raise shape_fault(self.path, message, line, "Give every row as many cells as the header.")
        if self.blank is not None:
            raise shape_fault(self.path, "a blank line between rows", self.blank, "Delete the line.")
        return True


class _Rows:
    def __init__(
        self,
        path: str,
        lines: Lines,
        header: Sequence[str],
        columns: Sequence[str],
        repeats: Repeats | None,
        identity: int,
    ) -> None:
        self.tally = Tally(path, columns)
        self._repeats = repeats
        self._identity = identity
        self._lines = lines
        self._shape = _Shape(path, len(header))
        self._pick = picker([header.index(name) for name in columns])

    def whole_lines(self) -> None:
        """Count whole lines up to the first part of the file that needs a closer look."""
        times: dict[str, int] = {}
        first: dict[str, int] = {}
        while True:
            part, fault = self._lines.take(_PART)
            counted = Counter(part)
            new = counted.keys() - first.keys()
            if fault is not None or not part or not self._plain(new, len(first)):
                break
            if new:
                places = dict(zip(reversed(part), range(len(part) - 1, -1, -1), strict=True))
                for place, line in sorted((places[line], line) for line in new):
                    first[line] = self._lines.number + place + 1
                    times[line] = 0
            for line, count in counted.items():
                times[line] += count
            self._lines.skip(len(part))
        for line, number in first.items():
            self.tally.add(self._pick(next(csv.reader([line], strict=True))), times[line], number)
        self._lines.again(part, fault)

    def _plain(self, new: set[str], kept: int) -> bool:
        """Whether new lines are few, and rows of the header's width without quotes."""
        if len(new) > _DIFFERENT or len(new) + kept > _KEPT or any('"' in line for line in new):
            return False
        try:
            return all(len(row) == self._shape.width for row in csv.reader(new, strict=True))
        except csv.Error:
            return False

    def rows(self) -> None:
        """Count parsed rows to the end."""
        while True:
            before = self._lines.number
            rows: list[list[str]] = []
            fault: Exception | None = None
            try:
                rows.extend(islice(self._lines.reader, _ROWS))
            except (csv.Error, UnicodeDecodeError) as broken:
                fault = broken
            plain = fault is None and self._shape.blank is None and self._lines.number - before == len(rows)
            few = len(self.tally.combinations) + len(rows) <= MOST_COMBINATIONS
            if plain and few and not self._exact and set(map(len, rows)) == {self._shape.width}:
                self._together(rows, before)
            else:
                self.slowly(rows, before)
            if fault is not None:
                raise fault
            if not rows:
                return

    def _together(self, rows: list[list[str]], before: int) -> None:
        keys = list(map(self._pick, rows))
        known = self.tally.combinations
        old = len(known)
        known.update(keys)
        if len(known) > old:
            places = dict(zip(reversed(keys), range(len(keys), 0, -1), strict=True))
            for key in islice(reversed(known), len(known) - old):
                self.tally.first_line[key] = before + places[key]
        self.tally.rows += len(keys)
        if self._repeats is not None:
            self._repeats.look([row[self._identity] for row in rows])

    @property
    def _exact(self) -> bool:
        return self._repeats is not None and self._repeats.exact

    def slowly(self, rows: list[list[str]], before: int) -> None:
        """Count row by row, with the line each row ends on."""
        for row in rows:
            before += 1 + sum(map(_breaks, row))
            if not self._shape.sound(row, before):
                continue
            self.tally.add(self._pick(row), 1, before)
            if self._repeats is not None and self._repeats.exact:
                self._repeats.see(row[self._identity], before)
            elif self._repeats is not None:
                self._repeats.look((row[self._identity],))


def _breaks(cell: str) -> int:
    """Count the line breaks inside a quoted cell, as the text counts its lines."""
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")
