"""Verdicts: the boundary, the modes, small and unknown groups, and what may never pass."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govern.fairness import (
    METRICS,
    Axis,
    Counts,
    Judgement,
    Missing,
    Question,
    ReasonKind,
    Tally,
    Undefined,
    Verdict,
    coded_backwards,
    judge,
)
from govern.fairness.rates import NO_TALLY

FOUR_FIFTHS = Fraction(4, 5)


def one_axis(groups: Mapping[str, Tally], unknown: Tally = NO_TALLY, *, labelled: bool = True) -> Counts:
    values = tuple(sorted(groups))
    cells = {(values.index(name),): tally for name, tally in groups.items()}
    cells[(len(values),)] = unknown
    rows = sum(tally.n for tally in cells.values())
    return Counts((Axis("g", values),), labelled, cells, Missing(), rows)


def selected(**groups: tuple[int, int]) -> Counts:
    return one_axis({name: Tally(n - k, k, 0, 0) for name, (k, n) in groups.items()}, labelled=False)


def ask(counts: Counts, **changes: Any) -> Judgement:
    given_: dict[str, Any] = {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": (("g",),),
        "at_least": FOUR_FIFTHS,
        "decide": "point",
        "min_n": 1,
        **changes,
    }
    if "at_most" in changes:
        del given_["at_least"]
    return judge(Question(**given_), counts)


def kinds(judgement: Judgement) -> set[ReasonKind]:
    return {reason.kind for table in judgement.tables for reason in table.reasons}


class TestBoundary:
    def test_three_fifths_against_three_quarters_is_not_below(self) -> None:
        assert (3 / 5) / (3 / 4) < 0.8, "floating point gets it wrong"
        assert ask(selected(a=(3, 5), b=(3, 4))).verdict is Verdict.PASS

    def test_exactly_eighty_percent_is_not_adverse(self) -> None:
        assert ask(selected(a=(48, 100), b=(60, 100))).verdict is Verdict.PASS

    def test_one_in_a_thousand_below_is(self) -> None:
        assert ask(selected(a=(799, 1000), b=(1000, 1000))).verdict is Verdict.FAIL

    def test_every_exact_pair_up_to_sixty(self) -> None:
        wrong_in_floats = pairs = 0
        sizes = range(1, 61)
        by_rate: dict[Fraction, list[tuple[int, int]]] = {}
        for n in sizes:
            for k in range(1, n + 1):
                by_rate.setdefault(Fraction(k, n), []).append((k, n))
        for rate, tops in by_rate.items():
            for k, n in by_rate.get(rate * FOUR_FIFTHS, []):
                for top in tops:
                    pairs += 1
                    wrong_in_floats += (k / n) / (top[0] / top[1]) < 0.8
                    question = Question(
                        metric="selection_rate",
                        compare="ratio",
                        attributes=(("g",),),
                        at_least=FOUR_FIFTHS,
                        decide="point",
                        min_n=1,
                    )
                    value = Fraction(k * top[1], n * top[0])
                    assert question.met(value)
                    assert not question.met(value - Fraction(1, 10**30))
        assert (pairs, wrong_in_floats) == (3666, 1198)


class TestModes:
    def test_point_fails_what_harm_leaves_open(self) -> None:
        counts = selected(a=(12, 40), b=(17, 40))
        assert ask(counts).verdict is Verdict.FAIL
        harm = ask(counts, decide="evidence_of_harm")
        assert harm.verdict is Verdict.INCONCLUSIVE
        assert kinds(harm) == {ReasonKind.NOT_SIGNIFICANT}

    def test_harm_fails_what_is_significant(self) -> None:
        judgement = ask(selected(a=(12, 40), b=(48, 80)), decide="evidence_of_harm")
        assert judgement.verdict is Verdict.FAIL
        assert judgement.worst is not None
        assert judgement.worst.worst is not None
        assert str(judgement.worst.worst.p) == "0.003410"

    def test_harm_needs_five_expected(self) -> None:
        counts = selected(a=(0, 400), b=(4, 100))
        harm = ask(counts, decide="evidence_of_harm")
        assert harm.verdict is Verdict.INCONCLUSIVE
        assert harm.tables[0].worst is not None
        assert harm.tables[0].worst.p is not None
        assert harm.tables[0].worst.p < Fraction(1, 20)

    def test_demonstrated_needs_the_bound(self) -> None:
        small = ask(selected(a=(30, 100), b=(30, 100)), decide="demonstrated")
        assert small.verdict is Verdict.INCONCLUSIVE
        assert kinds(small) == {ReasonKind.NOT_DEMONSTRATED}
        assert ask(selected(a=(1500, 5000), b=(1500, 5000)), decide="demonstrated").verdict is Verdict.PASS
        assert ask(selected(a=(500, 5000), b=(2500, 5000)), decide="demonstrated").verdict is Verdict.FAIL

    def test_a_significant_gap_is_reported_and_may_fail(self) -> None:
        counts = selected(a=(2350, 5000), b=(3000, 6000))
        judgement = ask(counts)
        assert judgement.verdict is Verdict.PASS
        assert kinds(judgement) == {ReasonKind.SIGNIFICANT_GAP}
        assert ask(counts, significant_gap="fail").verdict is Verdict.FAIL

    def test_the_family_is_every_table_and_rate(self) -> None:
        counts = one_axis({"a": Tally(30, 30, 30, 30), "b": Tally(30, 30, 30, 30), "c": Tally(30, 30, 30, 30)})
        assert ask(counts).family == 3
        assert ask(counts, metric="equalized_odds").family == 6
        assert ask(counts, decide="demonstrated").family == 6
        assert ask(counts, decide="demonstrated", reference={"g": "a"}).family == 2

    def test_ricci(self) -> None:
        """Four of four ratios under four fifths, none of them beyond chance at these sizes once corrected."""
        counts = selected(**{"captain B": (3, 8), "captain H": (3, 8), "captain W": (16, 25), "lieutenant B": (6, 19)})
        assert ask(counts, min_n=5).verdict is Verdict.FAIL
        assert ask(counts, min_n=5, decide="evidence_of_harm").verdict is Verdict.INCONCLUSIVE


class TestReference:
    def test_ratio_is_to_the_reference_and_may_exceed_one(self) -> None:
        counts = selected(a=(90, 100), b=(50, 100), r=(60, 100))
        judgement = ask(counts, reference={"g": "r"})
        assert judgement.verdict is Verdict.PASS
        assert judgement.worst is not None
        assert judgement.worst.worst is not None
        assert judgement.worst.worst.value == Fraction(5, 6)
        assert ask(counts, reference={"g": "r"}, at_most=Fraction(5, 4)).verdict is Verdict.FAIL

    def test_difference_is_absolute(self) -> None:
        counts = selected(a=(90, 100), r=(60, 100))
        assert ask(counts, compare="difference", reference={"g": "r"}, at_most=Fraction(1, 4)).verdict is Verdict.FAIL
        assert ask(counts, compare="difference", reference={"g": "a"}, at_most=Fraction(1, 4)).verdict is Verdict.FAIL

    def test_reference_without_rows(self) -> None:
        judgement = ask(selected(a=(1, 2), b=(1, 2)), reference={"g": "z"})
        assert judgement.verdict is Verdict.ABSENT
        assert ReasonKind.ABSENT_REFERENCE in kinds(judgement)

    def test_a_small_reference_cannot_be_excluded(self) -> None:
        counts = selected(a=(50, 100), r=(1, 2))
        judgement = ask(counts, reference={"g": "r"}, min_n=30, small_groups="exclude")
        assert judgement.verdict is Verdict.INCONCLUSIVE

    def test_reference_with_a_rate_of_zero(self) -> None:
        judgement = ask(selected(a=(50, 100), r=(0, 100)), reference={"g": "r"})
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert kinds(judgement) == {ReasonKind.UNDEFINED}


class TestWhoIsThere:
    def test_small_groups(self) -> None:
        counts = selected(a=(50, 100), b=(50, 100), x=(0, 4))
        judgement = ask(counts, min_n=30)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert judgement.not_assessable == ("g=x",)
        excluded = ask(counts, min_n=30, small_groups="exclude")
        assert excluded.verdict is Verdict.PASS
        assert kinds(excluded) == {ReasonKind.SMALL_GROUP}
        (line,) = [line for line in excluded.tables[0].lines if line.small]
        assert (line.people, line.rate.k, line.rate.n) == (4, 0, 4)

    def test_excluded_groups_leave_the_maximum_too(self) -> None:
        counts = selected(a=(50, 100), b=(50, 100), x=(4, 4))
        assert ask(counts, min_n=30, small_groups="exclude").verdict is Verdict.PASS

    def test_least_size_is_of_the_denominator(self) -> None:
        counts = one_axis({"a": Tally(500, 0, 1, 9), "b": Tally(50, 0, 1, 49)})
        judgement = ask(counts, metric="true_positive_rate", min_n=30)
        assert judgement.not_assessable == ("g=a",)

    def test_a_failure_stands_beside_a_small_group(self) -> None:
        counts = selected(a=(10, 100), b=(50, 100), x=(0, 4))
        assert ask(counts, min_n=30).verdict is Verdict.FAIL

    def test_one_group_is_not_comparable(self) -> None:
        judgement = ask(selected(a=(50, 100)))
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert kinds(judgement) == {ReasonKind.NOT_COMPARABLE}

    def test_a_declared_group_without_rows(self) -> None:
        axis = Axis("g", ("F", "M", "X"), declared=True)
        cells = {(0,): Tally(50, 50, 0, 0), (1,): Tally(50, 50, 0, 0)}
        judgement = ask(Counts((axis,), False, cells, Missing(), 200), min_n=30)
        assert judgement.verdict is Verdict.ABSENT
        assert kinds(judgement) == {ReasonKind.ABSENT_GROUP}

    def test_marginals_hide_what_the_crossing_shows(self) -> None:
        axes = (Axis("race", ("A", "B")), Axis("sex", ("F", "M")))
        cells = {
            (i, j): Tally(50 - k, k, 0, 0) for (i, j), k in {(0, 0): 40, (0, 1): 10, (1, 0): 10, (1, 1): 40}.items()
        }
        counts = Counts(axes, False, cells, Missing(), 200)
        assert ask(counts, attributes=(("sex",), ("race",))).verdict is Verdict.PASS
        crossed = ask(counts, attributes=(("sex",), ("race",), ("sex", "race")))
        assert crossed.verdict is Verdict.FAIL
        assert crossed.worst is not None
        assert crossed.worst.worst is not None
        assert crossed.worst.worst.value == Fraction(1, 4)

    def test_an_empty_cell_of_a_crossing_is_shown_and_not_assessable(self) -> None:
        axes = (Axis("race", ("A", "B")), Axis("sex", ("F", "M")))
        cells = {(0, 0): Tally(20, 20, 0, 0), (0, 1): Tally(20, 20, 0, 0), (1, 0): Tally(20, 20, 0, 0)}
        judgement = ask(Counts(axes, False, cells, Missing(), 120), attributes=(("sex", "race"),))
        assert judgement.verdict is Verdict.INCONCLUSIVE
        (empty,) = [line for line in judgement.tables[0].lines if not line.people]
        assert empty.group == ("M", "B")
        assert isinstance(empty.rate.value, Undefined)


class TestUnknownGroups:
    def test_few_unknown_do_not_matter(self) -> None:
        counts = one_axis({"a": Tally(500, 500, 0, 0), "b": Tally(500, 500, 0, 0)}, Tally(2, 2, 0, 0))
        assert ask(counts).verdict is Verdict.PASS

    def test_many_decide(self) -> None:
        counts = one_axis({"a": Tally(50, 50, 0, 0), "b": Tally(50, 50, 0, 0)}, Tally(40, 40, 0, 0))
        judgement = ask(counts)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert kinds(judgement) == {ReasonKind.UNKNOWN_DECIDES}
        assert ask(counts, missing_bounds="none").verdict is Verdict.PASS

    def test_a_miss_whatever_they_are_fails(self) -> None:
        counts = one_axis({"a": Tally(900, 100, 0, 0), "b": Tally(100, 900, 0, 0)}, Tally(5, 5, 0, 0))
        assert ask(counts).verdict is Verdict.FAIL
        assert ask(counts, compare="difference", at_most=Fraction(1, 5)).verdict is Verdict.FAIL
        assert ask(counts, reference={"g": "b"}).verdict is Verdict.FAIL


class TestSilentWrongAnswers:
    """One test a row of what libraries get wrong, named after it."""

    def test_a_group_without_negatives(self) -> None:
        counts = one_axis({"a": Tally(0, 0, 5, 5), "b": Tally(5, 5, 5, 5)})
        judgement = ask(counts, metric="false_positive_rate")
        assert judgement.verdict is Verdict.INCONCLUSIVE
        (line,) = [line for line in judgement.tables[0].lines if line.group == ("a",)]
        assert line.rate.value == Undefined("no negatives")

    @pytest.mark.parametrize("compare", ["ratio", "difference"])
    def test_nobody_selected(self, compare: str) -> None:
        limit = {"at_most": Fraction(1, 5)} if compare == "difference" else {}
        judgement = ask(selected(a=(0, 50), b=(0, 50)), compare=compare, **limit)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert kinds(judgement) == {ReasonKind.UNDEFINED}

    def test_one_member_group(self) -> None:
        assert ask(selected(a=(50, 100), b=(0, 1)), min_n=30).verdict is Verdict.INCONCLUSIVE

    def test_labels_coded_the_other_way_round(self) -> None:
        assert coded_backwards(one_axis({"a": Tally(10, 90, 90, 10), "b": Tally(20, 80, 80, 20)}), ("g",))
        assert not coded_backwards(one_axis({"a": Tally(90, 10, 10, 90), "b": Tally(20, 80, 80, 20)}), ("g",))

    def test_metric_without_labels(self) -> None:
        with pytest.raises(ValueError, match="true outcome"):
            ask(selected(a=(1, 2), b=(1, 2)), metric="true_positive_rate")


CELLS = st.builds(Tally, *[st.integers(0, 60)] * 4)
GROUPS = st.dictionaries(st.sampled_from("abcd"), CELLS, min_size=1, max_size=4)
UNKNOWN = st.builds(Tally, *[st.integers(0, 6)] * 4)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    compare = draw(st.sampled_from(["ratio", "difference"]))
    limit = draw(st.fractions(Fraction(0), Fraction(1), max_denominator=20))
    return {
        "metric": draw(st.sampled_from([*METRICS, "equalized_odds"])),
        "compare": compare,
        ("at_least" if compare == "ratio" else "at_most"): limit,
        "min_n": draw(st.sampled_from([1, 5, 30])),
        "small_groups": draw(st.sampled_from(["exclude", "inconclusive"])),
        "missing_bounds": draw(st.sampled_from(["none", "worst_case"])),
        "reference": draw(st.sampled_from([None, {"g": "a"}])),
    }


@given(GROUPS, UNKNOWN, questions(), st.sampled_from(["point", "evidence_of_harm", "demonstrated"]))
@settings(max_examples=300, deadline=None)
def test_nothing_undefined_ever_passes(
    groups: dict[str, Tally], unknown: Tally, asked: dict[str, Any], decide: str
) -> None:
    judgement = ask(one_axis(groups, unknown), decide=decide, **asked)
    if judgement.verdict is not Verdict.PASS:
        return
    for table in judgement.tables:
        judged = [line for line in table.lines if not line.small]
        assert len(judged) >= 2
        assert all(isinstance(line.rate.value, Fraction) for line in judged)
        assert table.worst is not None
        assert isinstance(table.worst.value, Fraction)
        if asked["small_groups"] == "inconclusive":
            assert len(judged) == len(table.lines)


@given(GROUPS, UNKNOWN, questions())
@settings(max_examples=200, deadline=None)
def test_modes_are_ordered(groups: dict[str, Tally], unknown: Tally, asked: dict[str, Any]) -> None:
    """evidence_of_harm and point pass the same; what is demonstrated passes under point too."""
    counts = one_axis(groups, unknown)
    verdicts = {
        mode: ask(counts, decide=mode, **asked).verdict for mode in ("evidence_of_harm", "point", "demonstrated")
    }
    assert (verdicts["point"] is Verdict.PASS) == (verdicts["evidence_of_harm"] is Verdict.PASS)
    if verdicts["evidence_of_harm"] is Verdict.FAIL or verdicts["demonstrated"] is Verdict.FAIL:
        assert verdicts["point"] is Verdict.FAIL
    if verdicts["demonstrated"] is Verdict.PASS:
        assert verdicts["point"] is Verdict.PASS


@given(GROUPS, UNKNOWN, questions(), st.data())
@settings(max_examples=150, deadline=None)
def test_no_assignment_of_unknown_records_turns_a_pass_or_a_fail(
    groups: dict[str, Tally], unknown: Tally, asked: dict[str, Any], data: st.DataObject
) -> None:
    asked = {**asked, "missing_bounds": "worst_case", "min_n": 1, "small_groups": "inconclusive"}
    before = ask(one_axis(groups, unknown), **asked).verdict
    assume(before in (Verdict.PASS, Verdict.FAIL))
    given_out = {name: [0, 0, 0, 0] for name in groups}
    for cell, times in enumerate(unknown):
        for _ in range(times):
            given_out[data.draw(st.sampled_from(sorted(groups)))][cell] += 1
    settled = {name: tally.plus(Tally(*given_out[name])) for name, tally in groups.items()}
    after = ask(one_axis(settled), **asked)
    assert after.verdict is before


@given(GROUPS, questions())
@settings(max_examples=100, deadline=None)
def test_sites_add_up(groups: dict[str, Tally], asked: dict[str, Any]) -> None:
    counts = one_axis(groups)
    assert ask(counts + counts, **asked) == ask(
        one_axis({name: tally.plus(tally) for name, tally in groups.items()}), **asked
    )


@given(st.data(), st.lists(CELLS.filter(lambda tally: tally.n > 0), min_size=2, max_size=4))
@settings(max_examples=60, deadline=None)
def test_equal_to_fairlearn_where_it_is_defined(data: st.DataObject, tallies: list[Tally]) -> None:
    import numpy as np
    from fairlearn.metrics import (
        MetricFrame,
        equalized_odds_difference,
        equalized_odds_ratio,
        false_positive_rate,
        selection_rate,
        true_positive_rate,
    )

    assume(all(tally.fn + tally.tp and tally.tn + tally.fp for tally in tallies))
    rows = [
        (name, truth, decision)
        for name, tally in zip("abcd", tallies, strict=False)
        for (truth, decision), times in zip([(0, 0), (0, 1), (1, 0), (1, 1)], tally, strict=True)
        for _ in range(times)
    ]
    group, y_true, y_pred = (np.array(column) for column in zip(*rows, strict=True))
    frame = MetricFrame(
        metrics={
            "selection_rate": selection_rate,
            "true_positive_rate": true_positive_rate,
            "false_positive_rate": false_positive_rate,
        },
        y_true=y_true,
        y_pred=y_pred,
        sensitive_features=group,
    )
    counts = one_axis(dict(zip("abcd", tallies, strict=False)))
    for metric in ("selection_rate", "true_positive_rate", "false_positive_rate"):
        judgement = ask(counts, metric=metric, compare="difference", at_most=Fraction(1))
        for line in judgement.tables[0].lines:
            assert float(Fraction(line.rate.k, line.rate.n)) == frame.by_group[metric][line.group[0]]
        worst = judgement.tables[0].worst
        assert worst is not None
        assert isinstance(worst.difference, Fraction)
        assert float(worst.difference) == pytest.approx(frame.difference()[metric], abs=1e-15)
        if isinstance(worst.ratio, Fraction) and worst.rate.k:
            ratio = ask(counts, metric=metric).tables[0].worst
            assert ratio is not None
            assert isinstance(ratio.value, Fraction)
            assert float(ratio.value) == pytest.approx(frame.ratio()[metric], abs=1e-15)
    odds = ask(counts, metric="equalized_odds", compare="difference", at_most=Fraction(1))
    values = [float(table.worst.value) for table in odds.tables if table.worst is not None]  # type: ignore[arg-type]
    oracle = equalized_odds_difference(y_true, y_pred, sensitive_features=group)
    assert max(values) == pytest.approx(oracle, abs=1e-15)
    defined = [table.worst.value for table in ask(counts, metric="equalized_odds").tables if table.worst is not None]
    if len(defined) == 2:
        oracle = equalized_odds_ratio(y_true, y_pred, sensitive_features=group)
        assert min(float(value) for value in defined) == pytest.approx(oracle, abs=1e-15)  # type: ignore[arg-type]


class TestQuestions:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"at_most": Fraction(1)}, "at_least"),
            ({"compare": "difference"}, "at_most"),
            ({"at_least": Fraction(2)}, "0..1"),
            ({"alpha": Fraction(0)}, "alpha"),
            ({"attributes": ()}, "attribute"),
            ({"reference": {"h": "a"}}, "reference"),
            ({"reference": {"g": "a"}, "metric": "equalized_odds", "at_most": Fraction(1)}, "at_least"),
        ],
    )
    def test_meaningless_questions_are_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            ask(selected(a=(1, 2), b=(1, 2)), **changes)


class TestCounts:
    def test_counts_that_do_not_add_up(self) -> None:
        with pytest.raises(ValueError, match="add up"):
            Counts((Axis("g", ("a",)),), False, {(0,): Tally(1, 1, 0, 0)}, Missing(), 3)
        with pytest.raises(ValueError, match="negative"):
            Counts((Axis("g", ("a",)),), False, {(0,): Tally(-1, 1, 0, 0)}, Missing(), 0)
        with pytest.raises(ValueError, match="outside"):
            Counts((Axis("g", ("a",)),), False, {(2,): Tally(1, 1, 0, 0)}, Missing(), 2)

    def test_an_identifier_is_refused(self) -> None:
        values = tuple(sorted(f"{number:06}" for number in range(250_000)))
        with pytest.raises(ValueError, match="cells"):
            Counts((Axis("g", values),), False, {}, Missing(), 0)

    def test_other_axes_cannot_be_added(self) -> None:
        with pytest.raises(ValueError, match="same axes"):
            selected(a=(1, 2)) + selected(b=(1, 2))

    def test_too_many_groups(self) -> None:
        values = tuple(sorted(f"{number:03}" for number in range(300)))
        with pytest.raises(ValueError, match="300 groups"):
            Counts((Axis("g", values),), False, {}, Missing(), 0).table(("g",))
