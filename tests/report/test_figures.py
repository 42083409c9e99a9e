"""Figures: well-formed, described, and honest about what is small, hidden or undefined."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.report.figures import comparison_figure, rate_figure, tables_of
from support import results

SVG = "{http://www.w3.org/2000/svg}"


def read(figure: str) -> ET.Element:
    root = ET.fromstring(figure)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None
    assert desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert not [item for item in root.iter() if item.get("style") or item.tag.endswith("script")]
    return root


def words(root: ET.Element) -> str:
    return " | ".join(item.text or "" for item in root.iter(f"{SVG}text"))


def only(**changes: Any) -> dict[str, Any]:
    facts = results.copied(results.FAIRNESS)
    facts["tables"] = facts["tables"][:1]
    return facts | changes


def test_rates_have_bars_intervals_and_their_numbers() -> None:
    (table,) = tables_of(only())
    root = read(rate_figure(table, prefix="a"))
    assert len(root.findall(f".//{SVG}rect[@class='fig-bar']")) == 2
    assert len(root.findall(f".//{SVG}rect[@class='fig-worst']")) == 1
    assert len(root.findall(f".//{SVG}line[@class='fig-whisker']")) == 3 * 4
    for part in ("372 of 610", "0.388", "race=Native · too few to compare", "undefined: nobody applied"):
        assert part in words(root)


def test_a_small_group_is_hatched_and_an_undefined_one_has_no_bar() -> None:
    (table,) = tables_of(only())
    root = read(rate_figure(table, prefix="a"))
    assert len([item for item in root.iter(f"{SVG}rect") if item.get("fill") == "url(#ah)"]) == 1
    assert len(root.findall(f".//{SVG}pattern")) == 1
    assert len(list(root.iter(f"{SVG}rect"))) == 5


def test_bars_are_in_proportion() -> None:
    (table,) = tables_of(only())
    root = read(rate_figure(table, prefix="a"))
    widths = [float(item.get("width", "0")) for item in root.iter(f"{SVG}rect") if item.get("class", "") != "fig-frame"]
    rates = [float(row.rate) for row in table.groups if row.rate is not None]
    assert [width / widths[0] for width in widths] == pytest.approx([rate / rates[0] for rate in rates], rel=1e-3)


def test_the_limit_is_drawn_where_it_is_and_misses_are_crosses() -> None:
    (table,) = tables_of(only())
    root = read(comparison_figure(table, prefix="b"))
    (limit,) = root.findall(f".//{SVG}line[@class='fig-limit']")
    ones = [item for item in root.iter(f"{SVG}circle") if item.get("class") == "fig-dot"]
    assert float(limit.get("x1", "0")) == pytest.approx(0.8 * float(ones[0].get("cx", "0")))
    assert len(root.findall(f".//{SVG}path[@class='fig-limit']")) == 1
    assert len(root.findall(f".//{SVG}circle[@class='fig-outline']")) == 1
    said = words(root)
    assert "misses the limit" in said
    assert "limit 0.8" in said
    assert "undefined" in said


def test_a_difference_is_limited_from_above() -> None:
    (table,) = tables_of(only(compare="difference", direction="at_most", threshold="0.1"))
    root = read(comparison_figure(table, prefix="c"))
    assert len(root.findall(f".//{SVG}path[@class='fig-limit']")) == 1
    assert words(root).count("meets the limit") == 2


def test_counts_under_five_are_not_shown_nor_to_be_worked_out() -> None:
    facts = only()
    group = facts["tables"][0]["groups"][3]
    group |= {"n": 3, "numerator": 2, "denominator": 3, "rate": "0.666667", "small": True}
    (table,) = tables_of(facts)
    hidden = [row for row in table.groups if row.hidden]
    assert [row.label for row in hidden] == ["race=Asian", "race=Native"]
    assert all(row.rate is None and row.ratio is None for row in hidden)
    for figure in (rate_figure(table, prefix="a"), comparison_figure(table, prefix="b")):
        assert "2 of 3" not in figure
        assert "0.667" not in figure
        assert "not shown" in words(read(figure))


@pytest.mark.parametrize("threshold", ["NaN", "Infinity", "", "x", None, 0.8])
def test_no_threshold_no_figure(threshold: object) -> None:
    assert tables_of(only(threshold=threshold)) == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=30), st.integers(0, 10**6), st.decimals(0, 1, places=6), st.booleans()), max_size=6
    ),
    st.decimals(Decimal("0.000001"), 100, places=6),
)
def test_any_table_is_well_formed_and_drawn_the_same_twice(
    groups: list[tuple[str, int, Decimal, bool]], threshold: Decimal
) -> None:
    rows = [
        results.group_row(label, n, int(n * rate), str(rate), str(rate), ratio=str(rate * 3), small=small)
        for label, n, rate, small in groups
    ]
    facts = only(threshold=str(threshold))
    facts["tables"][0]["groups"] = rows
    (table,) = tables_of(facts)
    for draw in (rate_figure, comparison_figure):
        first = draw(table, prefix="z")
        root = read(first)
        assert first == draw(table, prefix="z")
        for item in root.iter():
            for name in ("x", "x1", "x2", "cx"):
                assert -1 <= float(item.get(name, "0")) <= 481
