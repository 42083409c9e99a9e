"""Sections of the page about groups: words first, curves of scores, trends over versions."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest

from govern.report.figures import calibration_figure, roc_figure, score_tables_of, tables_of, trend_figure
from govern.report.figures.trend import TrendPoint, point_of
from govern.report.html import render_html
from govern.report.html.error_rates import error_rate_table
from govern.report.html.fairness import in_words
from govern.report.html.trends import trends
from govern.report.result import Result
from support import results
from support.score_facts import score_facts, score_group

SVG = "{http://www.w3.org/2000/svg}"


def facts(**changes: Any) -> dict[str, Any]:
    made = results.copied(results.FAIRNESS)
    made["tables"][0] |= changes
    return made


def sentences(**changes: Any) -> list[str]:
    return list(in_words(tables_of(facts(**changes))[0]))


def words(figure: str) -> str:
    root = ET.fromstring(figure)
    assert root.get("role") == "img"
    assert not [item for item in root.iter() if item.get("style")]
    return " | ".join(item.text or "" for item in root.iter(f"{SVG}text"))


# --- words


def test_the_first_sentence_names_pair_ratio_interval_n_p_and_mode() -> None:
    assert sentences()[0] == (
        "Worst pair: race=Black against race=White, ratio 0.636341 (95 % interval 0.553 to 0.731), n = 402, "
        "corrected p = 0.000001; limit at least 0.8; judged as evidence of harm: fail."
    )


def test_then_what_was_not_assessable_and_what_would_change_the_verdict() -> None:
    said = sentences()
    assert "Not assessable, fewer than 30 people counted: race=Native." in said
    assert "Without a rate: race=Other (nobody applied)." in said
    assert "3 records are of unknown group." in said
    assert said[-1] == "What would change it: 92 more of race=Black counted, all else equal."
    passed = list(in_words(tables_of(facts())[1]))
    assert passed[-1] == "What would change it: 42 decisions made otherwise, at the worst."


def test_unknown_records_strata_and_people_needed_are_told() -> None:
    worst = {**facts()["tables"][0]["worst"], "within": {"strata": 4, "ratio": "0.91", "turned": 1}}
    said = sentences(unknown_low="0.61", unknown_high="0.66", needed_people=4200, worst=worst)
    assert said[1] == "The same pair: ratio 0.91 within 4 strata, 1 of which run the other way."
    assert "3 records are of unknown group; wherever they belong, the worst ratio lies between 0.61 and 0.66." in said
    assert said[-1] == "About 4200 people counted in each group would decide it, at these rates."


def test_a_hidden_worst_pair_has_neither_names_nor_numbers() -> None:
    worst = {**dict.fromkeys(("group", "reference", "ratio", "p", "low", "high", "n")), "shown": False}
    assert sentences(worst=worst)[0] == (
        "The worst comparison involves a group that is not shown, so its figures are not either; "
        "judged as evidence of harm: fail."
    )
    assert sentences(worst=None)[0].startswith("No two groups could be compared")


def test_no_sentence_calls_a_model_fair() -> None:
    page = render_html(Result.from_document(document(score_facts())))
    section = page[page.index('<section id="fairness">') :].partition("</section>")[0]
    assert not re.search(r"\b(unfair|fair|unbiased|compliant)\b", re.sub(r"fair-lending/", "", section), re.IGNORECASE)


def test_each_class_has_sections_of_its_own() -> None:
    made = results.copied(results.denied())
    for item in made["outcomes"]:
        if (item["facts"] or {}).get("kind") == "fairness-table":
            classes = [{"class": name, "facts": item["facts"]} for name in ("approve", "<b>refer")]
            item["facts"] = {"kind": "fairness-classes", "alpha": "0.05", "classes": classes}
    page = render_html(Result.from_document(made))
    assert "; class approve" in page
    assert "; class &lt;b&gt;refer" in page
    assert "<b>refer" not in page
    assert page.count('<svg class="fig"') > 2 * len(tables_of(facts()))


# --- scores


def document(held: dict[str, Any], version: str = "3.1.0", clock: str = "2026-04-02T09:30:00Z") -> results.Document:
    made = results.copied(results.denied())
    made["model"]["version"], made["clock"] = version, clock
    first = next(item for item in made["outcomes"] if (item["facts"] or {}).get("kind") == "fairness-table")
    made["outcomes"].append({**results.copied(first), "rule": "fair-lending/scores", "facts": held})
    return made


def test_curves_are_told_apart_without_colour() -> None:
    (table,) = score_tables_of(score_facts())
    drawn = roc_figure(table, prefix="o")
    assert drawn is not None
    root = ET.fromstring(drawn)
    curves = [item for item in root.iter(f"{SVG}path") if item.get("class") == "fig-curve"]
    assert len(curves) == 3
    assert len({item.get("stroke-dasharray") for item in curves}) == 3
    assert "race=Black | AUC 0.667, n 402" in words(drawn)
    assert "race=Native" not in words(drawn)


def test_calibration_has_a_panel_a_group_with_intervals() -> None:
    (table,) = score_tables_of(score_facts())
    drawn = calibration_figure(table, prefix="k")
    assert drawn is not None
    root = ET.fromstring(drawn)
    assert len(list(root.iter(f"{SVG}circle"))) == 30
    assert len([item for item in root.iter(f"{SVG}line") if item.get("class") == "fig-whisker"]) == 30


def test_without_curves_nothing_is_drawn() -> None:
    held = score_facts()
    for group in held["tables"][0]["groups"]:
        group |= {"roc": None, "reliability": None}
    (table,) = score_tables_of(held)
    assert roc_figure(table, prefix="o") is None
    assert calibration_figure(table, prefix="k") is None


@pytest.mark.parametrize(
    "held",
    [
        {"kind": "fairness-scores"},
        {"kind": "fairness-scores", "tables": 3},
        {"kind": "fairness-scores", "tables": [{}, {"groups": [{}, {"shown": True, "n": "x"}], "worst": 7}]},
        {"kind": "fairness-scores", "tables": [{"groups": [{"shown": True, "roc": [["a", 1], 3]}]}]},
        {"kind": "fairness-scores", "tables": [{"groups": [{"shown": True, "roc": [["2", "1"], ["0", "1"]]}]}]},
        {"kind": "fairness-scores", "tables": [{"groups": [{"shown": True, "reliability": [{}, {"rate": "9"}]}]}]},
        {"kind": "fairness-scores", "tables": [{"groups": [], "worst": {"group": "<script>", "shown": True}}]},
    ],
)
def test_score_facts_of_another_form_do_not_break_the_page(held: dict[str, Any]) -> None:
    page = render_html(Result.from_document(document(held)))
    assert "<script" not in page


def test_a_group_that_is_not_said_to_be_shown_is_not() -> None:
    group = score_group("race=White", 610, 0.25, 1)
    del group["shown"]
    (table,) = score_tables_of(score_facts(tables=[{"attributes": ["race"], "groups": [group], "worst": None}]))
    assert (table.groups[0].hidden, table.groups[0].n, table.groups[0].roc) == (True, "not shown", ())


def test_the_restricted_part_is_not_on_the_page() -> None:
    held = document(score_facts())
    for outcome in held["outcomes"]:
        if (outcome["facts"] or {}).get("kind") == "fairness-table":
            outcome["facts"]["restricted"] = {"cells": [[27182818]], "axes": [{"name": "hidden-axis"}]}
    page = render_html(Result.from_document(held))
    assert not [word for word in ("31415926", "27182818", "hidden-axis") if word in page]


# --- trends


def earlier(ratio: str, version: str, clock: str) -> Result:
    made = document(score_facts(), version, clock)
    for outcome in made["outcomes"]:
        if (outcome["facts"] or {}).get("kind") == "fairness-table":
            outcome["facts"]["tables"][0]["worst"]["ratio"] = ratio
    return Result.from_document(made)


def test_versions_stand_in_the_order_of_their_decisions() -> None:
    now = Result.from_document(document(score_facts()))
    two = [
        earlier("0.9", "2.0.0", "2026-02-01T00:00:00Z"),
        earlier("0.5", "1.0.0", "2026-01-01T00:00:00Z"),
    ]
    race, _sex = trends(now, two)
    assert [(point.version, str(point.value), point.met) for point in race.points] == [
        ("1.0.0", "0.5", False),
        ("2.0.0", "0.9", True),
        ("3.1.0", "0.636341", False),
    ]
    said = words(race.drawing)
    assert "1.0.0 | fail" in said
    assert render_html(now, two) == render_html(now, two)
    assert "over versions" in render_html(now, two)


def test_one_version_has_no_trend() -> None:
    now = Result.from_document(document(score_facts()))
    assert trends(now, []) == ()
    assert "over versions" not in render_html(now)


def test_what_is_not_shown_is_a_word_and_not_a_point() -> None:
    table = tables_of(facts(worst={"shown": False, "group": None}))[0]
    point = point_of("1", "2026-01-01T00:00:00Z", table)
    assert (point.value, point.pair) == (None, "not shown")
    shown = point_of("2", "2026-01-02T00:00:00Z", tables_of(facts())[0])
    drawn = trend_figure([point, shown], prefix="t", title="<b>", ratio=True)
    assert "not shown" in words(drawn)
    assert len([item for item in ET.fromstring(drawn).iter() if item.get("class") == "fig-limit"]) == 3
    assert isinstance(point, TrendPoint)


def test_ids_are_unique() -> None:
    now = Result.from_document(document(score_facts()))
    page = render_html(now, [earlier("0.9", "2.0.0", "2026-02-01T00:00:00Z")])
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'style="' not in page


# --- error rates


def test_a_rule_says_how_often_it_would_err() -> None:
    found = error_rate_table(facts())
    assert found is not None
    assert (found.runs, found.seed, found.sizes) == (1000, 1, "race=Black 402, race=White 610, race=Asian 205")
    assert [(line.ratio, line.meets) for line in found.lines] == [
        ("1", True),
        ("0.9", True),
        ("0.8", True),
        ("0.7", False),
    ]
    for line in found.lines:
        total = sum(float(share.removesuffix("%")) for share in (line.passes, line.fails, line.undecided))
        assert total == pytest.approx(100, abs=0.2)
    assert error_rate_table(facts()) == found


@pytest.mark.parametrize(
    "changes",
    [
        {"tables": []},
        {"stratum": "branch"},
        {"decide": "guess"},
        {"alpha": "x"},
        {"threshold": None},
        {"compare": "rate"},
        {"min_n": None},
        {"direction": "at_most"},
    ],
)
def test_rules_that_are_not_simulated_have_no_table(changes: dict[str, Any]) -> None:
    assert error_rate_table(facts() | changes) is None


def test_hidden_groups_are_not_simulated() -> None:
    held = facts()
    for group in held["tables"][0]["groups"][1:]:
        group["shown"] = False
    assert error_rate_table(held) is None


# --- tables of other kinds


def section_of(held: dict[str, Any]) -> str:
    page = render_html(Result.from_document(document(held)))
    return page[page.index('<section id="fairness">') :].partition("</section>")[0]


def test_a_floor_of_rates_is_drawn_through_the_bars() -> None:
    made = facts()
    floor = {**made, "kind": "fairness-groups", "question": "group_floor", "threshold": "0.5"}
    for table in floor["tables"]:
        table |= {"worst": None, "holds_for": None, "needed": None}
    held = document(floor)
    held["outcomes"][-1]["summary"] = "Lowest: race=Black."
    page = render_html(Result.from_document(held))
    panel = page[page.index("Lowest: race=Black.</b>") :].partition("</div>\n</div>")[0]
    assert "limit 0.5" in panel
    assert "compared with the highest rate" not in panel


def test_tables_that_the_law_asks_for_are_shown_without_a_limit() -> None:
    group = {"group": {"sex": "F"}, "label": "sex=F", "n": 9, "selected": 3, "rate": "0.333333", "ratio": "0.5"}
    other = {"group": {"sex": "M"}, "label": "sex=M", "n": 9, "selected": 6, "rate": "0.666667", "ratio": "1"}
    groups = [{**one, "excluded": False, "undefined": None, "shown": True} for one in (group, other)]
    table = {"attributes": ["sex"], "people": 18, "unknown": 0, "highest": "0.666667", "groups": groups}
    section = section_of({"kind": "impact-table", "method": "selection", "tables": [table]})
    assert "3 of 9" in section
    assert "Selection by sex" in section


@pytest.mark.parametrize(
    "held",
    [
        {"kind": "fairness-groups"},
        {"kind": "fairness-groups", "tables": 3, "question": "group_floor", "threshold": 4},
        {"kind": "impact-table", "tables": [{}, {"groups": [3, {}]}]},
    ],
)
def test_other_tables_of_another_form_do_not_break_the_page(held: dict[str, Any]) -> None:
    assert "<script" not in render_html(Result.from_document(document(held)))


# --- who cannot see, or sees no colour


class Outline(HTMLParser):
    """What assistive technology finds in the section: figures with captions, images with names, tables with heads."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.captioned: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag in ("figure", "table"):
            self.captioned.append(False)
        if tag in ("figcaption", "caption"):
            self.captioned[-1] = True

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.seen if name == tag]


def test_figures_and_tables_have_names_heads_and_captions() -> None:
    now = Result.from_document(document(score_facts()))
    page = render_html(now, [earlier("0.9", "2.0.0", "2026-02-01T00:00:00Z")])
    outline = Outline()
    outline.feed(page[page.index('<section id="fairness">') :].partition("</section>")[0])
    images = [attrs for attrs in outline.all("svg") if "aria-hidden" not in attrs]
    assert len(images) == len(outline.all("figure")) == 8
    assert all(attrs["role"] == "img" and attrs["aria-labelledby"] for attrs in images)
    assert len(outline.all("title")) == len(outline.all("desc")) == len(images)
    assert outline.captioned
    assert all(outline.captioned)
    assert all(attrs.get("scope") in ("col", "row") for attrs in outline.all("th"))
    regions = [attrs["aria-label"] for attrs in outline.all("div") if attrs.get("role") == "region"]
    assert len(regions) == len(set(regions)) == len(outline.all("table"))
    assert all(attrs.get("tabindex") == "0" for attrs in outline.all("div") if attrs.get("role") == "region")
