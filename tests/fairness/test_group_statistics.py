"""Statistics of the kinds that judge groups otherwise than by one disparity: against oracles and brute force."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.fairness.counts import GroupTable
from govern.fairness.differences import Differing, judge_differences
from govern.fairness.disparity import Question, Verdict
from govern.fairness.disparity_range import DisparityRange, disparity_range
from govern.fairness.floors import Floor, judge_floor
from govern.fairness.holding import changes_that_turn
from govern.fairness.judge import judge
from govern.fairness.rate_tables import rate_tables
from govern.fairness.rates import Tally, Undefined
from govern.fairness.spread import judge_spread
from govern.fairness.tails import at_least, at_most, fisher_greater, normal_two_sided

COUNTS = st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def table(*groups: tuple[int, int], unknown: tuple[int, int] = (0, 0)) -> GroupTable:
    """k of n selected a group, with labels all 1."""

    def tally(k: int, n: int) -> Tally:
        return Tally(0, 0, n - k, k)

    return GroupTable(("g",), {(chr(65 + i),): tally(*one) for i, one in enumerate(groups)}, tally(*unknown))


class TestTails:
    @settings(max_examples=200, deadline=None)
    @given(st.integers(1, 500), st.data())
    def test_binomial_against_scipy(self, n: int, data: st.DataObject) -> None:
        from scipy import stats

        k, rate = data.draw(st.integers(0, n)), Fraction(data.draw(st.integers(1, 999)), 1000)
        below, above = stats.binom.cdf(k, n, float(rate)), stats.binom.sf(k - 1, n, float(rate))
        assert float(at_most(k, n, rate)) == pytest.approx(below, rel=1e-9, abs=1e-14)
        assert float(at_least(k, n, rate)) == pytest.approx(above, rel=1e-9, abs=1e-14)

    def test_binomial_of_certain_rates(self) -> None:
        assert (at_most(0, 5, Fraction(0)), at_least(1, 5, Fraction(0))) == (1, 0)
        assert (at_most(4, 5, Fraction(1)), at_least(5, 5, Fraction(1))) == (0, 1)

    def test_a_tail_too_small_to_be_kept_is_not_nothing(self) -> None:
        assert 0 < at_most(0, 1_000_000, Fraction(1, 2)) < Fraction(1, 10**60)

    @settings(max_examples=100, deadline=None)
    @given(st.integers(1, 80), st.integers(1, 80), st.data())
    def test_one_sided_fisher_against_scipy(self, n1: int, n2: int, data: st.DataObject) -> None:
        from scipy import stats

        k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
        found = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]], alternative="less")[1]
        assert float(fisher_greater(k1, n1, k2, n2)) == pytest.approx(found, rel=1e-9, abs=1e-14)

    @settings(max_examples=100, deadline=None)
    @given(st.integers(1, 30), st.integers(1, 30), st.data())
    def test_one_sided_fisher_falls_with_every_record_that_sets_the_groups_apart(
        self, n1: int, n2: int, data: st.DataObject
    ) -> None:
        k1, k2 = data.draw(st.integers(0, n1)), data.draw(st.integers(0, n2))
        here = fisher_greater(k1, n1, k2, n2)
        assert fisher_greater(k1, n1 + 1, k2, n2) <= here
        assert fisher_greater(k1, n1, k2 + 1, n2 + 1) <= here

    @settings(max_examples=100, deadline=None)
    @given(st.integers(0, 12_000))
    def test_normal_against_scipy(self, thousandths: int) -> None:
        from scipy import stats

        z = Fraction(thousandths, 1000)
        assert float(normal_two_sided(z * z)) == pytest.approx(2 * stats.norm.sf(float(z)), rel=1e-9)

    def test_normal_far_out(self) -> None:
        assert normal_two_sided(Fraction(10**9)) == Fraction(1, 10**32)


class TestFloors:
    @settings(max_examples=60, deadline=None)
    @given(st.integers(1, 200), st.integers(1, 19), st.data())
    def test_demonstrated_is_the_interval_of_clopper_and_pearson(
        self, n: int, twentieths: int, data: st.DataObject
    ) -> None:
        from scipy import stats

        k, limit = data.draw(st.integers(0, n)), Fraction(twentieths, 20)
        question = Floor(metric="selection_rate", at_least=limit, min_n=1)
        ends = stats.binomtest(k, n).proportion_ci(confidence_level=0.9, method="exact")
        verdict = judge_floor(question, [table((k, n))]).verdict
        if abs(ends.low - float(limit)) > 1e-4 and abs(ends.high - float(limit)) > 1e-4:
            wanted = Verdict.PASS if ends.low > limit else Verdict.FAIL if ends.high < limit else Verdict.INCONCLUSIVE
            assert verdict is wanted

    @settings(max_examples=200, deadline=None)
    @given(
        st.lists(COUNTS, min_size=1, max_size=3), st.integers(0, 20), st.booleans(), COUNTS.filter(lambda c: c[1] < 9)
    )
    def test_modes_and_unknown_records_only_make_it_stricter(
        self, groups: list[tuple[int, int]], twentieths: int, least: bool, unknown: tuple[int, int]
    ) -> None:
        limit = {"at_least" if least else "at_most": Fraction(twentieths, 20)}
        verdicts = {
            mode: judge_floor(
                Floor(metric="selection_rate", decide=mode, min_n=1, **limit),  # type: ignore[arg-type]
                [table(*groups, unknown=unknown)],
            ).verdict
            for mode in ("evidence_of_harm", "point", "demonstrated")
        }
        passed = {mode for mode, verdict in verdicts.items() if verdict is Verdict.PASS}
        assert passed in (set(), {"evidence_of_harm", "point"}, {"evidence_of_harm", "point", "demonstrated"})
        for owner in range(len(groups)):  # all unknown records belong to one group: one of the ways it could be
            known = [(k + unknown[0] * (i == owner), n + unknown[1] * (i == owner)) for i, (k, n) in enumerate(groups)]
            question = Floor(metric="selection_rate", decide="point", min_n=1, **limit)  # type: ignore[arg-type]
            truth = judge_floor(question, [table(*known)]).verdict
            if verdicts["point"] in (Verdict.PASS, Verdict.FAIL):
                assert truth is verdicts["point"]


class TestDifferences:
    def test_golden_figures(self) -> None:
        cases = {
            ((12, 40), (48, 80)): "0.003410",
            ((3, 15), (25, 43)): "0.015928",
            ((2350, 5000), (3000, 6000)): "0.001794",
        }
        for (one, two), p in cases.items():
            made = judge_differences(Differing(metric="selection_rate", min_n=1), [table(one, two)])
            assert made.tables[0].pairs[0].p == Decimal(p)

    def test_z_against_chi_square(self) -> None:
        """The square of the pooled z is Pearson's statistic of the 2x2 table."""
        from scipy import stats

        for one, two in (((12, 40), (48, 80)), ((30, 100), (44, 90)), ((500, 5000), (600, 5000))):
            made = judge_differences(Differing(metric="selection_rate", test="z", min_n=1), [table(one, two)])
            cells = [[k, n - k] for k, n in (one, two)]
            p = stats.chi2_contingency(cells, correction=False).pvalue
            assert float(made.tables[0].pairs[0].p) == pytest.approx(p, abs=1.1e-6)

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.integers(12, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=3
        ),
        st.tuples(st.integers(0, 2), st.integers(0, 2)),
        st.sampled_from(["fisher", "z"]),
        st.sampled_from([None, Fraction(4, 5)]),
    )
    def test_a_pass_with_unknown_records_holds_wherever_they_belong(
        self, groups: list[tuple[int, int]], unknown: tuple[int, int], test: str, practical: Fraction | None
    ) -> None:
        hits, misses = unknown
        question = Differing(metric="selection_rate", test=test, practical=practical, min_n=1)  # type: ignore[arg-type]
        verdict = judge_differences(question, [table(*groups, unknown=(hits, hits + misses))]).verdict
        if verdict is not Verdict.PASS:
            return
        places = range(len(groups))
        for owners in product(places, repeat=hits + misses):
            known = [list(one) for one in groups]
            for number, owner in enumerate(owners):
                known[owner][0] += number < hits
                known[owner][1] += 1
            truth = judge_differences(question, [table(*(tuple(one) for one in known))])  # type: ignore[arg-type, misc]
            assert truth.verdict is not Verdict.FAIL

    def test_no_verdict_without_people(self) -> None:
        for groups in ([], [(0, 0)], [(0, 0), (0, 0)], [(5, 10)], [(0, 50), (0, 50)], [(50, 50), (50, 50)]):
            for judged in (judge_differences, judge_spread):
                made = judged(Differing(metric="selection_rate", min_n=1), [table(*groups)])
                assert made.verdict is Verdict.INCONCLUSIVE, (groups, judged)

    def test_permutation_agrees_with_fisher_where_both_are_clear(self) -> None:
        question = Differing(metric="selection_rate", min_n=1)
        for groups in ([(50, 100), (50, 100)], [(20, 100), (60, 100)], [(50, 100), (52, 100), (90, 100)]):
            assert (
                judge_spread(question, [table(*groups)]).verdict
                is judge_differences(question, [table(*groups)]).verdict
            )


class TestHolding:
    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(st.integers(2, 6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=3),
        st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(4, 5), Fraction(1)]),
        st.booleans(),
        st.booleans(),
    )
    def test_equal_to_trying_every_change(
        self, groups: list[tuple[int, int]], limit: Fraction, ratio: bool, referred: bool
    ) -> None:
        question = Question(
            metric="selection_rate",
            compare="ratio" if ratio else "difference",
            attributes=(("g",),),
            at_least=limit if ratio else None,
            at_most=None if ratio else limit,
            decide="point",
            reference={"g": "A"} if referred else None,
            min_n=1,
        )

        def passes(counted: tuple[int, ...]) -> bool:
            made = table(*((k, n) for k, (_k, n) in zip(counted, groups, strict=True)))
            return judge(question, _Counts(made)).verdict is Verdict.PASS  # type: ignore[arg-type]

        now = tuple(k for k, _n in groups)
        if not passes(now):
            return
        found = changes_that_turn(question, table(*groups))
        every = product(*(range(n + 1) for _k, n in groups))
        turned = [sum(abs(a - b) for a, b in zip(now, one, strict=True)) for one in every if not passes(one)]
        assert found == min(turned, default=None)

    def test_only_rates_that_a_changed_decision_moves_alone(self) -> None:
        question = Question(metric="precision", compare="ratio", attributes=(("g",),), at_least=Fraction(1, 2), min_n=1)
        with pytest.raises(ValueError, match="numerator"):
            changes_that_turn(question, table((5, 10), (5, 10)))


class _Counts:
    """As much of counts as `judge` reads."""

    labelled = True

    def __init__(self, made: GroupTable) -> None:
        self._made = made

    def table(self, _attributes: tuple[str, ...]) -> GroupTable:
        return self._made


class TestRange:
    @settings(max_examples=80, deadline=None)
    @given(
        st.lists(
            st.integers(1, 12).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=3
        ),
        st.tuples(st.integers(0, 2), st.integers(0, 2)),
        st.sampled_from(["ratio", "difference"]),
    )
    def test_no_assignment_lies_outside(
        self, groups: list[tuple[int, int]], unknown: tuple[int, int], compare: str
    ) -> None:
        hits, misses = unknown
        found = self._range(compare, *groups, unknown=(hits, hits + misses))
        if isinstance(found, Undefined):
            return
        assert found.least <= found.value <= found.most
        for owners in product(range(len(groups)), repeat=hits + misses):
            known = [list(one) for one in groups]
            for number, owner in enumerate(owners):
                known[owner][0] += number < hits
                known[owner][1] += 1
            truth = self._range(compare, *((k, n) for k, n in known))
            assert isinstance(truth, Undefined) or found.least <= truth.value <= found.most

    def _range(
        self, compare: str, *groups: tuple[int, int], unknown: tuple[int, int] = (0, 0)
    ) -> DisparityRange | Undefined:
        (made,) = rate_tables([table(*groups, unknown=unknown)], "selection_rate", min_n=1)
        return disparity_range(made, compare, worst_case=True)  # type: ignore[arg-type]

    def test_undefined(self) -> None:
        assert isinstance(self._range("ratio", (0, 5), (0, 5)), Undefined)
        assert isinstance(self._range("ratio", (3, 5)), Undefined)
        assert isinstance(self._range("difference", (0, 5), (0, 5)), DisparityRange)
