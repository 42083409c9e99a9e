"""Every published figure of goldens/fairness, from the counts, and from the file where one is named."""

from __future__ import annotations

import csv
import json
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from govern.fairness import METRICS, Axis, Counts, Missing, Question, Tally, Undefined, judge
from govern.fairness.rates import components
from govern.fairness.significance import fisher_exact

GOLDENS = Path(__file__).parent.parent / "goldens" / "fairness" / "fairness.json"
SETS: list[dict[str, Any]] = json.loads(GOLDENS.read_text(encoding="utf-8"))["sets"]
FIGURES = [(golden, figure) for golden in SETS for figure in golden["figures"]]


def tallies(golden: dict[str, Any]) -> dict[str, Tally]:
    groups = golden["input"]["groups"]
    if golden["input"]["form"] == "selection":
        return {name: Tally(two["n"] - two["selected"], two["selected"], 0, 0) for name, two in groups.items()}
    return {name: Tally(**cells) for name, cells in groups.items()}


def counts_over(groups: dict[str, Tally]) -> Counts:
    axis = Axis("g", tuple(sorted(groups)))
    rows = sum(tally.n for tally in groups.values())
    return Counts((axis,), True, {(axis.values.index(name),): t for name, t in groups.items()}, Missing(), rows)


def measured(metric: str, tally: Tally) -> Fraction:
    simple = {
        "n": tally.n,
        "predicted_positive": tally.fp + tally.tp,
        "predicted_negative": tally.tn + tally.fn,
        **tally._asdict(),
    }
    if metric in simple:
        return Fraction(simple[metric])
    if metric == "positive_likelihood_ratio":
        return measured("true_positive_rate", tally) / measured("false_positive_rate", tally)
    if metric == "negative_likelihood_ratio":
        return measured("false_negative_rate", tally) / measured("true_negative_rate", tally)
    value = METRICS[metric].rate(tally).value
    assert isinstance(value, Fraction)
    return value


def across(metric: str, compare: Any, groups: dict[str, Tally]) -> Fraction:
    """The comparison as the judge makes it."""
    limit = {"at_least": Fraction(4, 5)} if compare == "ratio" else {"at_most": Fraction(1, 5)}
    question = Question(metric=metric, compare=compare, attributes=(("g",),), decide="point", min_n=1, **limit)  # type: ignore[arg-type]
    judgement = judge(question, counts_over(groups))
    assert len(judgement.tables) == len(components(metric))
    assert judgement.worst is not None
    assert judgement.worst.worst is not None
    values = [table.worst.value for table in judgement.tables if table.worst is not None]
    assert not any(isinstance(value, Undefined) for value in values)
    return (min if compare == "ratio" else max)(values)  # type: ignore[type-var]


def computed(figure: dict[str, Any], groups: dict[str, Tally]) -> Fraction | bool:
    metric = figure["metric"]
    if metric == "chi_square_p":
        from scipy.stats import chi2_contingency

        table = [[tally.tn, tally.fp] for tally in groups.values()]
        return Fraction(float(chi2_contingency(table, correction=False).pvalue))
    if "across" in figure:
        return across(metric, figure["across"], groups)
    tally = groups[figure["group"]]
    if "over" not in figure:
        return measured(metric, tally)
    if figure["over"] == "highest":
        return measured(metric, tally) / max(measured(metric, other) for other in groups.values())
    other = groups[figure["over"]]
    selected = METRICS["selection_rate"]
    one, two = selected.rate(tally), selected.rate(other)
    if metric == "below_four_fifths":
        return 5 * one.k * two.n < 4 * two.k * one.n
    if metric == "fisher_exact_two_sided_p":
        return fisher_exact(one.k, one.n, two.k, two.n)
    return measured(metric, tally) / measured(metric, other)


def test_nothing_is_left_out() -> None:
    assert len(SETS) == 19
    assert len(FIGURES) == 259


@pytest.mark.parametrize("golden", SETS, ids=lambda golden: golden["name"])
def test_figures(golden: dict[str, Any]) -> None:
    groups = tallies(golden)
    for figure in golden["figures"]:
        value = computed(figure, groups)
        if "at_least" in figure:
            assert value >= Fraction(figure["at_least"]), figure
        elif isinstance(value, bool):
            assert value is (figure["value"] == "true"), figure
        else:
            off = abs(value * figure.get("times", 1) - Fraction(figure["value"]))
            assert off <= Fraction(Decimal(figure["tolerance"])), (figure, float(value))


@pytest.mark.parametrize("golden", [g for g in SETS if "file" in g], ids=lambda golden: golden["name"])
def test_recounted_from_the_file(golden: dict[str, Any]) -> None:
    source = golden["file"]
    found: dict[str, Counter[str]] = {}
    with (GOLDENS.parent / source["path"]).open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            group = found.setdefault("|".join(row[name] for name in source["group_by"]), Counter())
            if "selected_when" in source:
                when = source["selected_when"]
                group["n"] += 1
                group["selected"] += Decimal(row[when["column"]]) >= Decimal(when["at_least"])
            else:
                positive, selected = Decimal(row[source["label"]]) == 1, Decimal(row[source["prediction"]]) == 1
                group[("t" if positive == selected else "f") + ("p" if selected else "n")] += 1
    stated = golden["input"]["groups"]
    covered = source.get("covers", list(stated))
    for name in covered:
        assert {key: found[name][key] for key in stated[name]} == stated[name]
    if "covers" not in source:
        assert set(found) == set(stated)


def test_rows_reduce_to_their_counts() -> None:
    (golden,) = [golden for golden in SETS if golden["input"]["form"] == "rows"]
    given = golden["input"]
    cells: dict[str, Counter[str]] = {}
    for group, truth, decision in zip(given["group"], given["y_true"], given["y_pred"], strict=True):
        name = ("t" if truth == decision else "f") + ("p" if decision else "n")
        cells.setdefault(group, Counter())[name] += 1
    assert {group: {name: count[name] for name in ("tn", "fp", "fn", "tp")} for group, count in cells.items()} == given[
        "groups"
    ]


def test_tiny_cells_are_measured_and_not_judged() -> None:
    """COMPAS by race and sex: the figures are those of fairlearn, the verdict is that nobody can tell."""
    (golden,) = [golden for golden in SETS if golden["name"] == "fairlearn_compas_race_x_sex"]
    question = Question(
        metric="selection_rate",
        compare="difference",
        attributes=(("g",),),
        at_most=Fraction(1),
        decide="point",
    )
    judgement = judge(question, counts_over(tallies(golden)))
    assert judgement.verdict == "inconclusive"
    assert "g=Asian|Female" in judgement.not_assessable


def test_coding_doubt_of_the_adult_sets() -> None:
    from govern.fairness import coded_backwards

    doubted = {
        g["name"]
        for g in SETS
        if g["input"]["form"] == "confusion" and coded_backwards(counts_over(tallies(g)), ("g",))
    }
    assert doubted == {"fairlearn_adult_rf_gender", "fairlearn_adult_rf_race"}
