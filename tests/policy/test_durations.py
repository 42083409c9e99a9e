"""Durations: calendar arithmetic in UTC, clamped to the end of the month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.durations import add, compare, parse, subtract


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "duration", "end"),
    [
        ("2024-02-29", "1y", "2025-02-28"),
        ("2024-02-29", "4y", "2028-02-29"),
        ("2025-01-31", "1mo", "2025-02-28"),
        ("2024-01-31", "1mo", "2024-02-29"),
        ("2025-10-31", "6mo", "2026-04-30"),
        ("2025-12-15", "12mo", "2026-12-15"),
        ("2025-12-31", "30d", "2026-01-30"),
        ("2025-03-29T23:30", "2h", "2025-03-30T01:30"),
        ("2025-03-29", "45m", "2025-03-29T00:45"),
    ],
)
def test_adding(start, duration, end):
    assert add(at(start), duration) == at(end)


def test_subtracting_and_zones():
    assert subtract(at("2025-03-31"), "1mo") == at("2025-02-28")
    assert subtract(at("2025-01-31"), "1y") == at("2024-01-31")
    east = datetime(2025, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=5)))
    assert add(east, "1mo") == at("2025-03-28T20:00")
    with pytest.raises(ValueError, match="not an instant"):
        add(datetime(2025, 1, 1), "1d")
    with pytest.raises(ValueError, match="leaves the calendar"):
        add(at("2025-01-01"), "9000y")


@pytest.mark.parametrize("text", ["P30D", "30", "d", "30 d", "-1d", "1w", "1.5h", "1234567d", "30D", ""])
def test_other_spellings_are_refused(text):
    with pytest.raises(ValueError, match="not a duration"):
        parse(text)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(0, 999))
def test_fixed_units_are_exact_and_reversible(moment, number):
    for unit, size in (("m", timedelta(minutes=1)), ("h", timedelta(hours=1)), ("d", timedelta(days=1))):
        assert add(moment, f"{number}{unit}") - moment == number * size
        assert subtract(add(moment, f"{number}{unit}"), f"{number}{unit}") == moment


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.tuples(st.integers(0, 40), st.sampled_from(["m", "h", "d", "mo", "y"])),
    st.tuples(st.integers(0, 40), st.sampled_from(["m", "h", "d", "mo", "y"])),
)
def test_order_is_what_the_calendar_says(moment, left, right):
    one, two = f"{left[0]}{left[1]}", f"{right[0]}{right[1]}"
    order = compare(one, two)
    ends = add(moment, one), add(moment, two)
    if order == 0:
        assert ends[0] == ends[1]
    elif order is not None:
        assert (ends[0] <= ends[1]) if order < 0 else (ends[0] >= ends[1])


def test_months_and_days_have_no_order():
    assert compare("1mo", "30d") is None
    assert compare("1mo", "29d") is None
    assert compare("1y", "365d") == 1
    assert compare("1y", "366d") == -1
    assert compare("12mo", "1y") == 0
    assert compare("24h", "1d") == 0
    assert compare("1mo", "27d") == 1
    assert compare("1mo", "31d") == -1
