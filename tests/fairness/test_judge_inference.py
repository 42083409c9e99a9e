"""Verdicts by the permutation test, within strata, with unknown records, and what people would decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from govern.fairness import Axis, Counts, Judgement, Missing, Question, ReasonKind, Tally, Undefined, Verdict, judge
from govern.fairness.disparity import Pair, Reason
from govern.fairness.permutation import DRAWS, Permutation, Permuting
from govern.fairness.rates import NO_TALLY, components
from govern.fairness.sheets import make_sheet

FOUR_FIFTHS = Fraction(4, 5)
Cells = Mapping[str, Tally]


def one_axis(groups: Cells, unknown: Tally = NO_TALLY, *, labelled: bool = True) -> Counts:
    values = tuple(sorted(groups))
    cells = {(values.index(name),): tally for name, tally in groups.items()}
    cells[(len(values),)] = unknown
    return Counts((Axis("g", values),), labelled, cells, Missing(), sum(tally.n for tally in cells.values()))


def selected(**groups: tuple[int, int]) -> Counts:
    return one_axis({name: Tally(n - k, k, 0, 0) for name, (k, n) in groups.items()}, labelled=False)


def layered(**strata: Mapping[str, tuple[int, int]]) -> Counts:
    """Groups within strata, selections only; the stratum `unknown` is that of records without one."""
    groups = tuple(sorted({name for stratum in strata.values() for name in stratum}))
    names = tuple(sorted(name for name in strata if name != "unknown"))
    cells = {
        (groups.index(group), names.index(name) if name in names else len(names)): Tally(n - k, k, 0, 0)
        for name, stratum in strata.items()
        for group, (k, n) in stratum.items()
    }
    rows = sum(tally.n for tally in cells.values())
    return Counts((Axis("g", groups), Axis("job", names)), False, cells, Missing(), rows)


def question(**changes: Any) -> Question:
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
    return Question(**given_)


def ask(counts: Counts, **changes: Any) -> Judgement:
    return judge(question(**changes), counts)


def kinds(judgement: Judgement) -> set[ReasonKind]:
    return {reason.kind for table in judgement.tables for reason in table.reasons}


def worst(judgement: Judgement) -> Pair:
    assert judgement.worst is not None
    assert judgement.worst.worst is not None
    return judgement.worst.worst


SIX = {"a": (20, 100), "b": (30, 100), "c": (31, 100), "d": (33, 100), "e": (30, 100), "f": (42, 100)}


class TestPermutation:
    def test_one_test_a_table_finds_what_fifteen_pairs_do_not(self) -> None:
        counts = selected(**SIX)
        pairs = ask(counts, decide="evidence_of_harm")
        whole = ask(counts, decide="evidence_of_harm", test="permutation")
        assert (pairs.family, whole.family) == (15, 1)
        pair = worst(whole)
        assert (pair.group, pair.other) == (("a",), ("f",))
        assert pair.p is not None
        assert worst(pairs).p is not None
        assert pair.p < worst(pairs).p  # type: ignore[operator]
        assert pair.permutation is not None
        assert pair.permutation.draws == DRAWS[0]

    def test_only_the_farthest_pair_holds_the_p_value(self) -> None:
        counts = selected(a=(100, 1000), b=(310, 1000), c=(400, 1000))
        judgement = ask(counts, decide="evidence_of_harm", test="permutation")
        assert judgement.verdict is Verdict.FAIL
        (reason,) = [r for r in judgement.tables[0].reasons if r.kind is ReasonKind.MISSED]
        assert (reason.group, reason.pair and reason.pair.other) == (("a",), ("c",))

    def test_repeats_and_does_not_depend_on_names(self) -> None:
        one = ask(selected(a=(20, 90), b=(40, 100), c=(30, 80)), test="permutation")
        two = ask(selected(a=(20, 90), b=(40, 100), c=(30, 80)), test="permutation")
        assert one == two
        seed = worst(one).permutation
        assert seed is not None
        assert 0 <= seed.seed < 2**32

    def test_near_alpha_draws_more_and_then_decides_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[int] = []

        def near(self: Permuting, draws: int) -> Permutation:
            asked.append(draws)
            return Permutation(draws // 20, draws, 1)

        monkeypatch.setattr(Permuting, "upto", near)
        counts = selected(a=(20, 100), b=(40, 100))
        judgement = ask(counts, decide="evidence_of_harm", test="permutation")
        assert asked == list(DRAWS)
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert ReasonKind.NEAR_ALPHA in kinds(judgement)
        gap = ask(selected(a=(380, 1000), b=(400, 1000)), test="permutation", significant_gap="fail")
        assert gap.verdict is Verdict.INCONCLUSIVE
        assert ReasonKind.NEAR_ALPHA in kinds(gap)
        asked.clear()
        assert ask(counts, test="permutation").verdict is Verdict.FAIL
        assert asked == [DRAWS[0]], "under `point` no verdict hangs on it"

    def test_too_many_people_to_deal(self) -> None:
        counts = selected(a=(100_000_000, 600_000_000), b=(200_000_000, 600_000_000))
        judgement = ask(counts, decide="evidence_of_harm", test="permutation")
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert ReasonKind.NEAR_ALPHA in kinds(judgement)

    @pytest.mark.parametrize("changes", [{"reference": {"g": "a"}}, {"stratum": "job"}])
    def test_it_is_of_the_highest_against_the_lowest(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="no reference, no stratum"):
            question(test="permutation", **changes)


BERKELEY = {
    "A": {"F": (89, 108), "M": (512, 825)},
    "B": {"F": (17, 25), "M": (353, 560)},
    "C": {"F": (202, 593), "M": (120, 325)},
    "D": {"F": (131, 375), "M": (138, 417)},
    "E": {"F": (94, 393), "M": (53, 191)},
    "F": {"F": (24, 341), "M": (22, 373)},
}
"""Admissions to the six largest departments (Bickel, Hammel and O'Connell 1975)."""


class TestStrata:
    def test_simpsons_paradox(self) -> None:
        """Over all women are admitted 0.68 times as often; within departments there is no harm to them."""
        counts = layered(**BERKELEY)
        assert ask(counts, decide="evidence_of_harm").verdict is Verdict.FAIL
        judgement = ask(counts, decide="evidence_of_harm", stratum="job")
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert {ReasonKind.NOT_SIGNIFICANT, ReasonKind.WITHIN_STRATA, ReasonKind.STRATA_DIFFER} == kinds(judgement)
        pair = worst(judgement)
        assert isinstance(pair.value, Fraction)
        assert isinstance(pair.within_value, Fraction)
        assert pair.within is not None
        assert isinstance(pair.within.ratio, Fraction)
        assert pair.value < Fraction(7, 10)
        assert pair.within.ratio > 1
        assert pair.within.strata == 6

    def test_a_stratum_never_explains_a_miss_into_a_pass(self) -> None:
        counts = layered(**BERKELEY)
        for decide in ("point", "evidence_of_harm", "demonstrated"):
            assert ask(counts, decide=decide, stratum="job").verdict is not Verdict.PASS

    def test_harm_hidden_over_all_is_found_within(self) -> None:
        counts = layered(x={"F": (300, 1000), "M": (60, 100)}, y={"F": (10, 100), "M": (200, 1000)})
        crude = ask(counts)
        assert crude.verdict is Verdict.PASS
        judgement = ask(counts, decide="evidence_of_harm", stratum="job")
        assert judgement.verdict is Verdict.FAIL
        assert ReasonKind.STRATA_DIFFER in kinds(judgement)
        assert ask(counts, stratum="job").verdict is Verdict.FAIL
        assert ask(counts, decide="demonstrated", stratum="job").verdict is Verdict.FAIL

    def test_harm_within_and_over_all(self) -> None:
        counts = layered(x={"F": (200, 1000), "M": (400, 1000)}, y={"F": (100, 1000), "M": (200, 1000)})
        judgement = ask(counts, decide="evidence_of_harm", stratum="job")
        assert judgement.verdict is Verdict.FAIL
        assert kinds(judgement) == {ReasonKind.MISSED, ReasonKind.WITHIN_STRATA}

    def test_demonstrated_needs_both_bounds(self) -> None:
        same = {"F": (3000, 10_000), "M": (3000, 10_000)}
        wide = ask(layered(x=same, y=same), decide="demonstrated", stratum="job")
        assert wide.verdict is Verdict.PASS
        assert wide.family == 4
        assert worst(wide).within_bounds is not None
        few = {"F": (30, 100), "M": (30, 100)}
        assert ask(layered(x=few), decide="demonstrated", stratum="job").verdict is Verdict.INCONCLUSIVE
        by_difference = {"compare": "difference", "at_most": Fraction(1, 10)}
        assert ask(layered(x=same), decide="demonstrated", stratum="job", **by_difference).verdict is Verdict.PASS

    def test_strata_that_do_not_overlap_show_nothing(self) -> None:
        counts = layered(x={"F": (300, 1000)}, y={"M": (300, 1000)})
        for decide in ("point", "evidence_of_harm", "demonstrated"):
            judgement = ask(counts, decide=decide, stratum="job")
            assert judgement.verdict is Verdict.INCONCLUSIVE
            assert ReasonKind.UNDEFINED in kinds(judgement)

    def test_records_without_a_stratum_are_one_of_their_own(self) -> None:
        counts = layered(x={"F": (300, 1000), "M": (300, 1000)}, unknown={"F": (10, 100), "M": (80, 100)})
        pair = worst(ask(counts, stratum="job"))
        assert pair.within is not None
        assert pair.within.strata == 2

    def test_unknown_groups_within_strata_never_pass(self) -> None:
        counts = layered(x={"F": (300, 1000), "M": (300, 1000)})
        cells = {**counts.cells, (2, 0): Tally(1, 0, 0, 0)}
        with_one = replace(counts, cells=cells, rows=counts.rows + 1)
        assert ask(with_one).verdict is Verdict.PASS
        judgement = ask(with_one, stratum="job")
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert ReasonKind.UNKNOWN_DECIDES in kinds(judgement)

    def test_strata_that_go_different_ways_are_told(self) -> None:
        counts = layered(x={"F": (400, 1000), "M": (300, 1000)}, y={"F": (300, 1000), "M": (420, 1000)})
        judgement = ask(counts, stratum="job", at_least=Fraction(1, 2))
        assert judgement.verdict is Verdict.PASS
        assert ReasonKind.STRATA_DIFFER in kinds(judgement)

    def test_a_column_without_axis(self) -> None:
        with pytest.raises(KeyError):
            ask(selected(a=(1, 2), b=(1, 2)), stratum="job")
        with pytest.raises(ValueError, match="one of the attributes"):
            question(stratum="g")


class TestOnePerson:
    @pytest.mark.parametrize(
        ("low", "high", "said"),
        [
            ((2, 5), (3, 5), True),
            ((2, 5), (4, 5), False),
            ((20, 100), (30, 100), False),
            ((1, 10), (5, 20), False),
            ((1, 3), (2, 4), True),
        ],
    )
    def test_told_when_one_person_turns_it(self, low: tuple[int, int], high: tuple[int, int], said: bool) -> None:
        judgement = ask(selected(a=low, b=high))
        assert judgement.verdict is Verdict.FAIL, "it is told and turns nothing"
        assert (ReasonKind.ONE_PERSON in kinds(judgement)) is said

    def test_not_told_of_what_is_met(self) -> None:
        assert ReasonKind.ONE_PERSON not in kinds(ask(selected(a=(3, 5), b=(3, 4))))


RATE = st.tuples(st.integers(0, 6), st.integers(0, 6))


def placings(groups: list[tuple[int, int]], unknown: tuple[int, int]) -> list[list[tuple[int, int]]]:
    """Every way to place hits and misses; a group is (counted, not counted)."""

    def spreads(total: int) -> list[tuple[int, ...]]:
        return [split for split in product(range(total + 1), repeat=len(groups)) if sum(split) == total]

    return [
        [(k + h, rest + m) for (k, rest), h, m in zip(groups, hits, misses, strict=True)]
        for hits in spreads(unknown[0])
        for misses in spreads(unknown[1])
    ]


class TestUnknownRange:
    @given(
        st.lists(RATE.filter(lambda two: sum(two) > 0), min_size=2, max_size=3),
        st.tuples(st.integers(0, 3), st.integers(0, 3)).filter(lambda two: sum(two) > 0),
        st.sampled_from(["ratio", "difference", "reference", "at_most"]),
    )
    @settings(max_examples=150, deadline=None)
    def test_against_every_placing(self, groups: list[tuple[int, int]], unknown: tuple[int, int], form: str) -> None:
        changes: dict[str, Any] = {
            "ratio": {},
            "difference": {"compare": "difference", "at_most": Fraction(1, 5)},
            "reference": {"reference": {"g": "a"}},
            "at_most": {"reference": {"g": "a"}, "at_most": Fraction(5, 4)},
        }[form]
        names = "abc"[: len(groups)]

        def table(cells: list[tuple[int, int]], left: tuple[int, int] = (0, 0)) -> Counts:
            made = {name: Tally(rest, k, 0, 0) for name, (k, rest) in zip(names, cells, strict=True)}
            return one_axis(made, Tally(left[1], left[0], 0, 0), labelled=False)

        found = ask(table(groups, unknown), **changes).tables[0]
        values = []
        for placed in placings(groups, unknown):
            pair = ask(table(placed), **changes).tables[0].worst
            if pair is None:
                return
            assert isinstance(pair.value, Fraction)
            values.append(pair.value)
        low, high = found.unknown_low, found.unknown_high
        sharp, limit = (low, high) if "at_most" not in changes else (high, low)
        if isinstance(low, Undefined) or isinstance(high, Undefined) or low is None or high is None:
            return
        wrong, right = (min(values), max(values)) if "at_most" not in changes else (max(values), min(values))
        if all(k + unknown[0] for k, _ in groups):
            assert sharp == wrong
        assert limit is not None
        assert not isinstance(limit, Undefined)
        assert limit >= right if "at_most" not in changes else limit <= right
        if len(groups) == 2 and form in ("reference", "at_most"):
            assert limit == right

    def test_spread_as_the_known_ones_are(self) -> None:
        counts = one_axis({"a": Tally(60, 40, 0, 0), "b": Tally(40, 60, 0, 0)}, Tally(10, 10, 0, 0), labelled=False)
        table = ask(counts).tables[0]
        assert table.as_observed == (Fraction(44, 110)) / Fraction(66, 110)
        assert isinstance(table.unknown_low, Fraction)
        assert isinstance(table.unknown_high, Fraction)
        assert table.unknown_low < table.as_observed < table.unknown_high

    def test_nothing_known_to_go_by(self) -> None:
        counts = one_axis({"a": Tally(9, 0, 0, 0), "b": Tally(9, 0, 0, 0)}, Tally(0, 3, 0, 0), labelled=False)
        assert isinstance(ask(counts).tables[0].as_observed, Undefined)
        assert ask(selected(a=(1, 2), b=(1, 2))).tables[0].unknown_low is None


class TestPeopleNeeded:
    def grown(self, people: int, rates: dict[str, Fraction]) -> Counts:
        return selected(**{name: (round(rate * people), people) for name, rate in rates.items()})

    @pytest.mark.parametrize(
        ("counts", "changes"),
        [
            ({"a": (28, 100), "b": (30, 100)}, {"decide": "demonstrated"}),
            ({"a": (20, 100), "b": (30, 100)}, {"decide": "demonstrated"}),
            ({"a": (28, 100), "b": (30, 100), "c": (29, 80)}, {"decide": "demonstrated"}),
            ({"a": (20, 60), "b": (30, 60)}, {"decide": "evidence_of_harm"}),
            (
                {"a": (28, 100), "b": (30, 100)},
                {"decide": "demonstrated", "compare": "difference", "at_most": Fraction(1, 10)},
            ),
        ],
    )
    def test_so_many_decide_and_far_fewer_do_not(
        self, counts: dict[str, tuple[int, int]], changes: dict[str, Any]
    ) -> None:
        before = ask(selected(**counts), **changes)
        assert before.verdict is Verdict.INCONCLUSIVE
        needed = before.tables[0].needed_people
        assert needed is not None
        rates = {name: Fraction(k, n) for name, (k, n) in counts.items()}
        assert ask(self.grown(needed + 20, rates), **changes).verdict is not Verdict.INCONCLUSIVE
        assert ask(self.grown(needed * 9 // 10, rates), **changes).verdict is Verdict.INCONCLUSIVE

    def test_a_small_group_needs_the_least_size(self) -> None:
        judgement = ask(selected(a=(50, 100), b=(5, 10)), min_n=30)
        assert judgement.tables[0].needed_people == 30

    def test_none_where_people_do_not_help(self) -> None:
        on_the_line = ask(selected(a=(24, 100), b=(30, 100)), decide="demonstrated")
        assert on_the_line.verdict is Verdict.INCONCLUSIVE
        assert on_the_line.tables[0].needed_people is None
        unknown = one_axis({"a": Tally(50, 50, 0, 0), "b": Tally(50, 50, 0, 0)}, Tally(40, 40, 0, 0))
        assert ask(unknown).tables[0].needed_people is None
        assert ask(selected(a=(0, 9), b=(0, 9))).tables[0].needed_people is None
        assert ask(selected(a=(50, 100), b=(50, 100))).tables[0].needed_people is None


CELLS = st.builds(Tally, *[st.integers(0, 60)] * 4)
GROUPS = st.dictionaries(st.sampled_from("abcd"), CELLS, min_size=1, max_size=4)
UNKNOWN = st.builds(Tally, *[st.sampled_from([0, 0, 0, 3])] * 4)


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    compare = draw(st.sampled_from(["ratio", "difference"]))
    limit = draw(st.fractions(Fraction(0), Fraction(1), max_denominator=20))
    return {
        "metric": draw(st.sampled_from(["selection_rate", "true_positive_rate", "precision", "equalized_odds"])),
        "compare": compare,
        ("at_least" if compare == "ratio" else "at_most"): limit,
        "min_n": draw(st.sampled_from([1, 5, 30])),
        "significant_gap": draw(st.sampled_from(["report", "fail"])),
        **draw(
            st.sampled_from(
                [
                    {},
                    {"test": "permutation"},
                    {"stratum": "s"},
                    {"reference": {"g": "a"}},
                    {"reference": {"g": "a"}, "stratum": "s"},
                ]
            )
        ),
    }


@st.composite
def tensors(draw: st.DrawFn) -> Counts:
    """Two strata, or one; groups, unknown groups and unknown strata."""
    axes = (Axis("g", ("a", "b", "c")), Axis("s", ("x", "y")))
    cell = st.builds(Tally, *[st.integers(0, 40)] * 4)
    cells = draw(st.dictionaries(st.tuples(st.integers(0, 2), st.integers(0, 2)), cell, min_size=1, max_size=9))
    if draw(st.booleans()):
        cells[(3, draw(st.integers(0, 2)))] = draw(UNKNOWN)
    return Counts(axes, True, cells, Missing(), sum(tally.n for tally in cells.values()))


@given(tensors(), questions(), st.sampled_from(["point", "evidence_of_harm", "demonstrated"]))
@settings(max_examples=250, deadline=None)
def test_no_pass_with_an_undefined_comparison(counts: Counts, asked: dict[str, Any], decide: str) -> None:
    judgement = ask(counts, decide=decide, **asked)
    if judgement.verdict is not Verdict.PASS:
        return
    made = question(decide=decide, **asked)
    for metric in components(made.metric):
        sheet = make_sheet(made, counts.table(("g",)), metric)
        assert sheet.pairs
        assert not sheet.small
        assert all(isinstance(pair.value, Fraction) and made.met(pair.value) for pair in sheet.pairs)
    for table in judgement.tables:
        assert table.worst is not None
        if made.stratum is not None:
            assert isinstance(table.worst.within_value, Fraction)
            assert made.met(table.worst.within_value)


@given(tensors(), questions())
@settings(max_examples=250, deadline=None)
def test_modes_stay_ordered(counts: Counts, asked: dict[str, Any]) -> None:
    """Whatever the test and the strata: the first two pass the same, what is demonstrated passes under point too."""
    asked = {**asked, "significant_gap": "report"}
    verdicts = {
        mode: ask(counts, decide=mode, **asked).verdict for mode in ("evidence_of_harm", "point", "demonstrated")
    }
    assert (verdicts["point"] is Verdict.PASS) == (verdicts["evidence_of_harm"] is Verdict.PASS)
    if verdicts["evidence_of_harm"] is Verdict.FAIL or verdicts["demonstrated"] is Verdict.FAIL:
        assert verdicts["point"] is Verdict.FAIL
    if verdicts["demonstrated"] is Verdict.PASS:
        assert verdicts["point"] is Verdict.PASS


@given(tensors(), questions())
@settings(max_examples=150, deadline=None)
def test_a_stratum_only_takes_passes_away(counts: Counts, asked: dict[str, Any]) -> None:
    asked = {name: value for name, value in asked.items() if name not in ("stratum", "test", "significant_gap")}
    for mode in ("evidence_of_harm", "point", "demonstrated"):
        if ask(counts, decide=mode, stratum="s", **asked).verdict is Verdict.PASS:
            assert ask(counts, decide=mode, **asked).verdict is Verdict.PASS


@given(GROUPS, UNKNOWN)
@settings(max_examples=100, deadline=None)
def test_a_verdict_holds_at_both_ends(groups: Cells, unknown: Tally) -> None:
    assume(unknown.n)
    for changes in ({}, {"compare": "difference", "at_most": Fraction(1, 5)}):
        judgement = ask(one_axis(groups, unknown), **changes)  # type: ignore[arg-type]
        made = question(**changes)  # type: ignore[arg-type]
        low, high = judgement.tables[0].unknown_low, judgement.tables[0].unknown_high
        ends = [end for end in (low, high) if isinstance(end, Fraction)]
        if judgement.verdict is Verdict.PASS:
            assert len(ends) == 2
            assert all(made.met(end) for end in ends)
        if judgement.verdict is Verdict.FAIL:
            assert not any(made.met(end) for end in ends)


def test_reasons_carry_their_pair() -> None:
    reason = Reason(ReasonKind.MISSED, Verdict.FAIL)
    assert (reason.pair, reason.note) == (None, "")
