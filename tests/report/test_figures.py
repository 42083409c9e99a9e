"""Figures: well-formed, described, and honest about what is small, hidden or undefined."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.report.figures import forest_figure, heat_map, rate_figure, tables_of
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
    root = read(forest_figure(table, prefix="b"))
    (limit,) = root.findall(f".//{SVG}line[@class='fig-limit']")
    ones = [item for item in root.iter(f"{SVG}circle") if item.get("class") == "fig-dot"]
    assert float(limit.get("x1", "0")) == pytest.approx(6 + 0.8 * (float(ones[0].get("cx", "0")) - 6), rel=1e-4)
    assert len(root.findall(f".//{SVG}path[@class='fig-limit']")) == 1
    assert len(root.findall(f".//{SVG}circle[@class='fig-outline']")) == 1
    said = words(root)
    assert "misses the limit" in said
    assert "limit 0.8" in said
    assert "undefined" in said


def test_a_difference_is_limited_from_above() -> None:
    (table,) = tables_of(only(compare="difference", direction="at_most", threshold="0.1"))
    root = read(forest_figure(table, prefix="c"))
    assert len(root.findall(f".//{SVG}path[@class='fig-limit']")) == 1
    assert words(root).count("meets the limit") == 1


def test_hidden_groups_have_no_number_anywhere() -> None:
    facts = only()
    for place in (2, 3):
        group = facts["tables"][0]["groups"][place]
        facts["tables"][0]["groups"][place] = {
            **dict.fromkeys(group),
            "group": {},
            "label": group["label"],
            "shown": False,
        }
    (table,) = tables_of(facts)
    hidden = [row for row in table.groups if row.hidden]
    assert [row.label for row in hidden] == ["race=Asian", "race=Native"]
    for figure in (rate_figure(table, prefix="a"), forest_figure(table, prefix="b")):
        said = words(read(figure))
        assert said.count("not shown, to protect a small group") == 2
        for number in ("121", "205", "0.59", "18"):
            assert number not in said


def test_what_is_marked_hidden_is_not_shown_even_if_its_numbers_are_there() -> None:
    facts = only()
    facts["tables"][0]["groups"][2]["shown"] = False
    (table,) = tables_of(facts)
    assert table.groups[2].rate is table.groups[2].ratio_low is None
    assert "205" not in rate_figure(table, prefix="a") + forest_figure(table, prefix="b")


def test_facts_that_do_not_say_what_may_be_shown_lose_every_number_once_a_group_is_small() -> None:
    facts = only()
    for group in facts["tables"][0]["groups"]:
        del group["shown"]
    assert [row.hidden for row in tables_of(facts)[0].groups] == [False] * 5
    facts["tables"][0]["groups"][3] |= {"n": 3, "numerator": 2, "denominator": 3, "rate": "0.666667"}
    assert [row.hidden for row in tables_of(facts)[0].groups] == [True] * 4 + [False]


@pytest.mark.parametrize("threshold", ["NaN", "Infinity", "", "x", 0.8])
def test_a_threshold_that_is_no_number_no_figure(threshold: object) -> None:
    assert tables_of(only(threshold=threshold)) == ()


def test_without_a_threshold_nothing_is_met_or_missed() -> None:
    (table,) = tables_of(only(threshold=None))
    said = words(read(forest_figure(table, prefix="b")))
    assert "limit" not in said


def test_the_forest_has_intervals_n_and_the_word_of_even() -> None:
    (table,) = tables_of(only())
    root = read(forest_figure(table, prefix="b"))
    said = words(root)
    for part in ("race=Black · n 402", "0.636 [0.553, 0.728]", "compared with", "too few to compare"):
        assert part in said
    assert len(root.findall(f".//{SVG}line[@class='fig-whisker']")) == 3 * 3
    assert len(root.findall(f".//{SVG}line[@class='fig-even']")) == 1


def test_an_interval_without_upper_end_ends_in_an_arrow() -> None:
    facts = only()
    facts["tables"][0]["groups"][1]["ratio_high"] = "unbounded"
    (table,) = tables_of(facts)
    root = read(forest_figure(table, prefix="b"))
    assert "0.636 [0.553, unbounded]" in words(root)
    assert len(root.findall(f".//{SVG}line[@class='fig-whisker']")) == 3 * 3 + 1


def crossed() -> dict[str, Any]:
    facts = only()
    groups = []
    for sex in "FM":
        for race, n in (("A", 40), ("B", 20), ("C", 0)):
            held = {"sex": sex, "race": race}
            low, high = (None, None) if not n else ("0.3", "0.7")
            row = results.group_row(f"sex={sex}, race={race}", n, n // 2, low, high, small=n == 20)
            groups.append(row | {"group": held, "undefined": None if n else "nobody in the group"})
    groups[0] = {
        **dict.fromkeys(groups[0]),
        "group": {"sex": "F", "race": "A"},
        "label": "sex=F, race=A",
        "shown": False,
    }
    facts["tables"][0] |= {"attributes": ["sex", "race"], "groups": groups, "worst": None}
    return facts


def test_a_table_of_two_attributes_is_a_map_with_n_in_every_cell() -> None:
    (table,) = tables_of(crossed())
    drawn = heat_map(table, prefix="h")
    assert drawn is not None
    root = read(drawn)
    said = words(root)
    assert (said.count("n 20, too few"), said.count("n 40"), said.count("n 0"), said.count("not shown")) == (2, 1, 2, 1)
    assert len([item for item in root.iter(f"{SVG}rect") if item.get("fill") == "url(#hh)"]) == 3
    assert len(root.findall(f".//{SVG}rect[@class='fig-frame']")) == 6


def test_a_ratio_is_never_rounded_across_the_limit() -> None:
    facts = only()
    facts["tables"][0]["groups"][1]["ratio"] = "0.799951"
    said = words(read(forest_figure(tables_of(facts)[0], prefix="b")))
    assert "0.79995 [" in said or "0.799951 [" in said
    assert " 0.8 [" not in said


def test_other_tables_are_no_map() -> None:
    assert heat_map(tables_of(only())[0], prefix="h") is None
    facts = crossed()
    facts["tables"][0]["groups"] = facts["tables"][0]["groups"][:-1]
    assert heat_map(tables_of(facts)[0], prefix="h") is None


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
    for draw in (rate_figure, forest_figure):
        first = draw(table, prefix="z")
        root = read(first)
        assert first == draw(table, prefix="z")
        for item in root.iter():
            for name in ("x", "x1", "x2", "cx"):
                assert -1 <= float(item.get(name, "0")) <= 481
