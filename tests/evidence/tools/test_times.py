"""Times of tools: every form, and a time without zone as the oldest instant that it can mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import parse_instant
from govern.evidence.tools.times import instant_of


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T06:40:57.980224+00:00", "2026-11-23T06:40:57Z"),
        ("2026-11-23T06:40:57.1+01:00", "2026-11-23T05:40:57Z"),
        ("2026-11-23T06:40:57-0530", "2026-11-23T12:10:57Z"),
        ("20261123T072806.188672Z", "2026-11-23T07:28:06Z"),
        ("  2026-11-23 07:28:06Z ", "2026-11-23T07:28:06Z"),
        ("2026-11-23T07:28:06,5Z", "2026-11-23T07:28:06Z"),
    ],
)
def test_a_time_with_a_zone_is_that_instant(text, instant):
    assert instant_of(text) == (instant, True)


@pytest.mark.parametrize("text", ["2026-11-23 07:28:06", "2026-11-23T07:28:06.123456"])
def test_a_time_without_zone_is_the_oldest_that_it_can_mean(text):
    assert instant_of(text) == ("2026-11-22T17:28:06Z", False)


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-23", "yesterday", "2026-13-01T00:00:00Z", "2026-11-23T24:00:01Z", "2026-11-23T00:00:00+99:99"],
)
def test_what_is_no_time_is_none(text):
    assert instant_of(text) is None


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00+14:00", "0001-01-01 00:00:00", "0999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"],
)
def test_a_year_before_computers_kept_time_is_no_time(text):
    assert instant_of(text) is None


@pytest.mark.parametrize("text", ["٢٠٢٦-11-23T00:00:00Z", "2026-11-23T00:00:00Z\nx"])
def test_other_digits_and_more_lines_are_no_time(text):
    assert instant_of(text) is None


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(9998, 1, 1)),
    st.integers(min_value=-12 * 60, max_value=14 * 60),
)
def test_no_zone_is_never_newer_than_any_zone(moment, minutes):
    zoned = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    bare = instant_of(moment.isoformat())
    found = instant_of(zoned.isoformat())
    assert bare is not None
    assert found is not None
    assert parse_instant(bare[0]) <= parse_instant(found[0])
    assert parse_instant(found[0]) == zoned.astimezone(UTC).replace(microsecond=0)
