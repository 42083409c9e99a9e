"""Fast counting of CSV rows says what a plain loop over rows says: counts, first lines, repetitions and complaints."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.diagnostics import InputError
from govern.evidence import csv_count, tabulation
from govern.evidence.csv_count import Lines, count_rows
from govern.evidence.tabulation import Repeats, Tally, shape_fault

HEADER = ("id", "g", "y")
CELL = st.sampled_from(
    ["", "a", "b", "1", '"q"', '"a,b"', '"two\nlines"', '"three\r\nli\rnes"', 'in"side', '"x"y', "é"]
)
LINE = st.one_of(
    st.lists(CELL, min_size=3, max_size=3).map(",".join),
    st.sampled_from(["1,a,1", "2,a,0", "3,b,1"]),
    st.sampled_from(["", "a,b", "a,b,c,d", '"open', " "]),
)
TEXT = st.lists(st.tuples(LINE, st.sampled_from(["\n", "\r\n", "\r"])), max_size=30).map(
    lambda lines: "".join(line + end for line, end in lines)
)


class _Text(io.TextIOWrapper):
    def __init__(self, text: str, broken: bool = False) -> None:
        super().__init__(io.BytesIO(text.encode() + b"\xff" * broken), encoding="utf-8", newline="")


def plain(text: io.TextIOBase, columns: Sequence[str], unique: str | None) -> tuple[Tally, int | None]:
    """The plain loop."""
    reader = csv.reader(text, strict=True)
    tally, repeats, blank = Tally("t.csv", columns), Repeats(), None
    for row in reader:
        if len(row) != len(HEADER):
            if not row:
                blank = blank or reader.line_num
                continue
            raise shape_fault("t.csv", f"{len(row)} cells where the header has 3", reader.line_num, "")
        if blank is not None:
            raise shape_fault("t.csv", "a blank line between rows", blank, "")
        tally.add(tuple(row[HEADER.index(name)] for name in columns), 1, reader.line_num)
        if unique is not None:
            repeats.see(row[HEADER.index(unique)], reader.line_num)
    return tally, repeats.first


def said(action: Any) -> Any:
    try:
        tally, first = action()
    except InputError as fault:
        return [(item.code, item.message, str(item.span)) for item in fault.diagnostics]
    except (csv.Error, UnicodeDecodeError) as fault:
        return type(fault), str(fault)
    return list(tally.combinations.items()), dict(tally.first_line), tally.rows, first


def fast(text: str, broken: bool, columns: Sequence[str], unique: str | None) -> tuple[Tally, int | None]:
    """As `tabulate_csv` goes about it: exactly only when there is doubt."""
    tally, repeats = count_rows("t.csv", Lines(_Text(text, broken)), HEADER, columns, unique)
    if repeats is not None and repeats.doubt:
        tally, repeats = count_rows("t.csv", Lines(_Text(text, broken)), HEADER, columns, unique, exact=True)
    return tally, None if repeats is None else repeats.first


@pytest.mark.parametrize("part", [1, 2, 3, 4096])
@given(
    text=TEXT,
    columns=st.permutations(HEADER).flatmap(lambda names: st.integers(1, 3).map(lambda n: tuple(names[:n]))),
    unique=st.sampled_from([None, "id"]),
    broken=st.booleans(),
    kept=st.sampled_from([2, 65_536]),
    most=st.sampled_from([3, 1_000_000]),
)
@settings(max_examples=150, deadline=None)
def test_equal_to_the_plain_loop(
    part: int, text: str, columns: tuple[str, ...], unique: str | None, broken: bool, kept: int, most: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_count, "_PART", part)
        patch.setattr(csv_count, "_ROWS", part)
        patch.setattr(csv_count, "_KEPT", kept)
        patch.setattr(csv_count, "MOST_COMBINATIONS", most)
        patch.setattr(tabulation, "MOST_COMBINATIONS", most)
        expected = said(lambda: plain(_Text(text, broken), columns, unique))
        found = said(lambda: fast(text, broken, columns, unique))
    assert found == expected


def test_lines_are_numbered_after_a_header_of_several_lines() -> None:
    lines = Lines(_Text('"id\nof row",g,y\n1,a,1\n1,a,1\n"2\n",b,0\n3,b\n'))
    header = next(lines.reader)
    assert lines.number == 2
    with pytest.raises(InputError) as caught:
        count_rows("t.csv", lines, header, ("g",), None)
    assert str(caught.value.diagnostics[0].span) == "t.csv:7"


def test_doubt_by_chance_is_no_repetition() -> None:
    quick = Repeats()
    quick.look(["1", "2"])
    assert not quick.doubt
    quick.look(["3", "1"])
    assert quick.doubt
    exact = Repeats(exact=True)
    for line, value in enumerate(["1", "2", "3"], 2):
        exact.see(value, line)
    assert exact.first is None
