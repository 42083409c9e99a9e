"""Simulated verdicts are the judge's; error rates are those published; power formulas hold in simulation."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness import Axis, Counts, Missing, Question, Tally, Verdict, judge
from govern.fairness.power import needed_n, needed_n_for_difference, needed_n_for_harm, smallest_detectable
from govern.fairness.significance import fisher_exact
from govern.fairness.simulation import error_rates
from govern.fairness.vectorised import FAIL, INCONCLUSIVE, PASS, verdicts
from govern.fairness.vectorised_tests import fisher_p, permutation_p

CODES = {Verdict.PASS: PASS, Verdict.FAIL: FAIL, Verdict.INCONCLUSIVE: INCONCLUSIVE}


def question(**changes: Any) -> Question:
    given_: dict[str, Any] = {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": (("g",),),
        "at_least": Fraction(4, 5),
        "decide": "point",
        **changes,
    }
    if "at_most" in changes:
        del given_["at_least"]
    return Question(**given_)


def judged(asked: Question, counted: Sequence[int], sizes: Sequence[int]) -> int:
    names = tuple("abcdefgh"[: len(sizes)])
    if asked.metric == "true_positive_rate":
        cells = {(i,): Tally(0, 0, n - k, k) for i, (k, n) in enumerate(zip(counted, sizes, strict=True))}
    else:
        cells = {(i,): Tally(n - k, k, 0, 0) for i, (k, n) in enumerate(zip(counted, sizes, strict=True))}
    counts = Counts((Axis("g", names),), True, cells, Missing(), sum(sizes))
    return CODES[judge(asked, counts).verdict]


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[list[int]], Question]:
    sizes = draw(st.lists(st.sampled_from([3, 10, 30, 31, 80, 400, 1000, 2500]), min_size=2, max_size=4))
    rows = []
    for _ in range(4):
        kind = draw(st.sampled_from(["any", "alike", "ends"]))
        if kind == "any":
            rows.append([draw(st.integers(0, n)) for n in sizes])
        elif kind == "alike":
            rate = draw(st.sampled_from([0.05, 0.3, 0.5, 0.9]))
            rows.append([min(n, max(0, round(n * rate) + draw(st.integers(-8, 8)))) for n in sizes])
        else:
            rows.append([draw(st.sampled_from([0, n])) for n in sizes])
    compare = draw(st.sampled_from(["ratio", "difference"]))
    limit = draw(
        st.sampled_from([Fraction(4, 5), Fraction(1, 5), Fraction(1, 3), Fraction(9, 10), Fraction(0), Fraction(1)])
    )
    changes: dict[str, Any] = {
        "compare": compare,
        ("at_least" if compare == "ratio" else "at_most"): limit,
        "decide": draw(st.sampled_from(["point", "evidence_of_harm", "demonstrated"])),
        "min_n": draw(st.sampled_from([1, 30])),
        "small_groups": draw(st.sampled_from(["exclude", "inconclusive"])),
        "significant_gap": draw(st.sampled_from(["report", "report", "fail"])),
        "metric": draw(st.sampled_from(["selection_rate", "true_positive_rate"])),
    }
    if draw(st.booleans()):
        changes["reference"] = {"g": "abcdefgh"[len(sizes) - 1]}
    return sizes, rows, question(**changes)


@given(tables())
@settings(max_examples=150, deadline=None)
def test_every_simulated_verdict_is_the_judges(made: tuple[list[int], list[list[int]], Question]) -> None:
    """Six hundred tables, every mode, both comparisons, with and without a reference."""
    sizes, rows, asked = made
    expected = [judged(asked, row, sizes) for row in rows]
    assert verdicts(asked, np.array(rows), sizes).tolist() == expected


@pytest.mark.parametrize("decide", ["point", "evidence_of_harm", "demonstrated"])
def test_drawn_tables_are_judged_alike(decide: str) -> None:
    asked = question(decide=decide)
    for sizes in ([120, 150], [1000, 800, 600]):
        counted = np.random.RandomState(4).binomial(sizes, 0.3, size=(60, len(sizes)))
        counted[:, 0] = counted[:, 0] * 3 // 4
        assert verdicts(asked, counted, sizes).tolist() == [judged(asked, row, sizes) for row in counted.tolist()]


def test_permutation_verdicts_are_the_judges_away_from_alpha() -> None:
    asked = question(decide="evidence_of_harm", test="permutation")
    sizes = [90, 100, 110, 200]
    counted = np.random.RandomState(8).binomial(sizes, [0.22, 0.3, 0.3, 0.3], size=(60, 4))
    p = permutation_p(counted, np.array(sizes), 3)
    said = verdicts(asked, counted, sizes, seed=3)
    clear = np.abs(p - 0.05) > 0.025
    assert clear.sum() > 30
    for row, verdict in zip(counted[clear].tolist(), said[clear].tolist(), strict=True):
        assert judged(asked, row, sizes) == verdict


@given(st.lists(st.tuples(st.integers(1, 600), st.integers(1, 600)), min_size=1, max_size=6), st.data())
@settings(max_examples=80, deadline=None)
def test_fishers_test_on_arrays_is_the_exact_one(sizes: list[tuple[int, int]], data: st.DataObject) -> None:
    rows = [(data.draw(st.integers(0, n1)), n1, data.draw(st.integers(0, n2)), n2) for n1, n2 in sizes]
    found = fisher_p(*(np.array(column) for column in zip(*rows, strict=True)))
    for four, p in zip(rows, found, strict=True):
        assert p == pytest.approx(float(fisher_exact(*four)), rel=1e-9, abs=1e-25)


def test_what_is_not_simulated_is_refused() -> None:
    with pytest.raises(ValueError, match="strata"):
        verdicts(question(stratum="s"), np.array([[1, 1]]), [2, 2])
    with pytest.raises(ValueError, match="several rates"):
        verdicts(question(metric="equalized_odds"), np.array([[1, 1]]), [2, 2])
    with pytest.raises(ValueError, match="from above"):
        verdicts(question(at_most=Fraction(1), reference={"g": "a"}), np.array([[1, 1]]), [2, 2])
    with pytest.raises(ValueError, match="two groups"):
        error_rates(question(), [5], Fraction(1, 2), [Fraction(1)])
    with pytest.raises(ValueError, match="rate"):
        error_rates(question(), [5, 5], Fraction(1, 2), [Fraction(3)])
    with pytest.raises(ValueError, match="seed"):
        error_rates(question(), [5, 5], Fraction(1, 2), [Fraction(1)], seed=-1)


TABLE = [
    # K, n, true ratio, point fails, harm fails, harm inconclusive, demonstrated passes, demonstrated fails (percent)
    (2, 100, "1", 28, 3, 25, 0, 0),
    (2, 1000, "1", 0.2, 0.2, 0, 81, 0),
    (6, 100, "1", 89, 3, 86, 0, 0),
    (6, 1000, "1", 1.5, 1.5, 0, 0, 0),
    (6, 5000, "1", 0, 0, 0, 99.9, 0),
    (6, 1000, "0.9", 15, 15, 0, 0, 0),
    (2, 1000, "0.8", 51, 51, 0, 2, 3),
    (2, 1000, "0.75", 80, 80, 0, 0, 13),
    (2, 100, "0.6", 88, 44, 44, 0, 20),
    (6, 5000, "0.75", 99.9, 99.9, 0, 0, 37),
]
"""The published table: 1,000 runs, permutation test, threshold 0.8, rate 0.3."""


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}x{row[1]}@{row[2]}")
def test_the_published_table_within_three_standard_errors(row: tuple[Any, ...]) -> None:
    groups, n, ratio, *published = row
    runs = 2_000
    seen: list[float] = []
    for decide in ("point", "evidence_of_harm", "demonstrated"):
        asked = question(decide=decide, test="permutation")
        (found,) = error_rates(asked, [n] * groups, Fraction(3, 10), [Fraction(ratio)], runs=runs, seed=20)
        assert found.passed + found.failed + found.inconclusive == runs
        if decide == "point":
            seen += [found.failed]
        elif decide == "evidence_of_harm":
            seen += [found.failed, found.inconclusive]
        else:
            seen += [found.passed, found.failed]
    for percent, count in zip(published, seen, strict=True):
        p, ours = percent / 100, count / runs
        middle = min(max((p + 2 * ours) / 3, 1 / 1000), 999 / 1000)
        error = (middle * (1 - middle) * (1 / 1000 + 1 / runs)) ** 0.5
        rounding = 0.005 if percent >= 2 else 0.0005
        assert abs(ours - p) <= 3 * error + rounding, (row, seen)


def test_error_rates_say_which_is_wrong() -> None:
    right, wrong = error_rates(question(), [200, 200], Fraction(3, 10), [Fraction(1), Fraction(1, 2)], runs=500, seed=1)
    assert right.false_block == Fraction(right.failed, 500)
    assert right.false_pass is None
    assert wrong.false_pass == Fraction(wrong.passed, 500)
    assert wrong.false_block is None
    assert error_rates(question(), [200, 200], Fraction(3, 10), [Fraction(1)], runs=500, seed=1) == (right,)
    assert error_rates(question(), [200, 200], Fraction(3, 10), [Fraction(1)], runs=500, seed=2) != (right,)


class TestPower:
    def test_golden_figures(self) -> None:
        four_fifths = Fraction(4, 5)
        needed = [needed_n(Fraction(rate, 100), four_fifths) for rate in (5, 10, 20, 30, 50)]
        assert needed == [4719, 2236, 994, 580, 249]

    @pytest.mark.parametrize("rate", ["0.1", "0.3", "0.5"])
    def test_so_many_have_the_power_they_say(self, rate: str) -> None:
        """Against a declared reference, one bound: four in five pass, within what a normal approximation is good for."""
        n = needed_n(Fraction(rate), Fraction(4, 5))
        asked = question(decide="demonstrated", reference={"g": "b"})
        (found,) = error_rates(asked, [n, n], Fraction(rate), [Fraction(1)], runs=20_000, seed=3)
        assert found.passed / found.runs == pytest.approx(0.8, abs=0.03)

    def test_a_true_ratio_below_one_takes_more(self) -> None:
        n = needed_n(Fraction(3, 10), Fraction(4, 5), true_ratio=Fraction(9, 10))
        assert n > 3 * needed_n(Fraction(3, 10), Fraction(4, 5))
        asked = question(decide="demonstrated", reference={"g": "b"})
        (found,) = error_rates(asked, [n, n], Fraction(3, 10), [Fraction(9, 10)], runs=20_000, seed=3)
        assert found.passed / found.runs == pytest.approx(0.8, abs=0.03)

    @pytest.mark.parametrize("groups", [2, 6])
    def test_many_groups_have_at_least_the_power(self, groups: int) -> None:
        n = needed_n(Fraction(3, 10), Fraction(4, 5), comparisons=groups * (groups - 1))
        (found,) = error_rates(
            question(decide="demonstrated"), [n] * groups, Fraction(3, 10), [Fraction(1)], runs=4_000, seed=3
        )
        assert found.passed / found.runs >= 0.79

    def test_a_difference(self) -> None:
        n = needed_n_for_difference(Fraction(3, 10), Fraction(1, 10), comparisons=2)
        asked = question(decide="demonstrated", compare="difference", at_most=Fraction(1, 10))
        (found,) = error_rates(asked, [n, n], Fraction(3, 10), [Fraction(1)], runs=20_000, seed=3)
        # the judge's bounds of a difference: one of each pair, folded
        assert found.passed / found.runs >= 0.77

    @pytest.mark.parametrize("ratio", ["0.5", "0.6"])
    def test_harm_is_found_as_often_as_said(self, ratio: str) -> None:
        n = needed_n_for_harm(Fraction(3, 10), Fraction(ratio), limit=Fraction(4, 5))
        (found,) = error_rates(
            question(decide="evidence_of_harm"), [n, n], Fraction(3, 10), [Fraction(ratio)], runs=20_000, seed=3
        )
        assert found.failed / found.runs == pytest.approx(0.8, abs=0.03)

    def test_the_smallest_disparity_that_could_be_shown(self) -> None:
        (found,) = smallest_detectable([300, 500], Fraction(3, 10), limit=Fraction(4, 5))
        assert found.harm is not None
        ratio = Fraction(round(found.harm * 1000), 1000)
        asked = question(decide="evidence_of_harm")
        (rates,) = error_rates(asked, [300, 500], Fraction(3, 10), [ratio], runs=20_000, seed=3)
        assert rates.failed / rates.runs == pytest.approx(0.8, abs=0.03)
        shown = question(
            decide="demonstrated", reference={"g": "b"}, at_least=Fraction(round(found.shown * 1000), 1000)
        )
        (rates,) = error_rates(shown, [300, 500], Fraction(3, 10), [Fraction(1)], runs=20_000, seed=3)
        assert rates.passed / rates.runs == pytest.approx(0.8, abs=0.03)

    def test_a_handful_of_people_shows_nothing(self) -> None:
        (found,) = smallest_detectable([5, 5], Fraction(3, 10))
        assert found.harm is None
        assert smallest_detectable([5, 0], Fraction(3, 10)) == ()

    def test_what_makes_no_sense(self) -> None:
        with pytest.raises(ValueError, match="limit"):
            needed_n(Fraction(3, 10), Fraction(4, 5), true_ratio=Fraction(3, 4))
        with pytest.raises(ValueError, match="rate"):
            needed_n(Fraction(0), Fraction(4, 5))
        with pytest.raises(ValueError, match="power"):
            needed_n(Fraction(3, 10), Fraction(4, 5), power=Fraction(1, 4))
        with pytest.raises(ValueError, match="difference"):
            needed_n_for_difference(Fraction(3, 10), Fraction(1, 10), true_difference=Fraction(1, 5))
        with pytest.raises(ValueError, match="below 1"):
            needed_n_for_harm(Fraction(3, 10), Fraction(1))
        with pytest.raises(ValueError, match="no harm"):
            needed_n_for_harm(Fraction(3, 10), Fraction(9, 10), limit=Fraction(4, 5))
        with pytest.raises(ValueError, match="rate"):
            smallest_detectable([5, 5], Fraction(1))


def test_many_runs_are_judged_in_parts_and_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    from govern.fairness import simulation

    asked = question(decide="evidence_of_harm")
    whole = error_rates(asked, [150] * 4, Fraction(3, 10), [Fraction(1)], runs=400, seed=2)
    monkeypatch.setattr(simulation, "_PAIRS_AT_ONCE", 100)
    assert error_rates(asked, [150] * 4, Fraction(3, 10), [Fraction(1)], runs=400, seed=2) == whole
