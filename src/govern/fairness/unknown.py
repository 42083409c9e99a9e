"""What the records of unknown group leave open of a table: the verdict wherever they belong, and the range."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from govern.fairness.bounds import highest_difference, highest_ratio_at_best, lowest_ratio, raised, thinned
from govern.fairness.disparity import Question
from govern.fairness.rates import Undefined, Value
from govern.fairness.sheets import Group, Sheet, folded

__all__ = ["as_observed", "surely_missed", "unknown_range", "worst_case_met"]

_NOTHING = Undefined("no comparison has a value")


def worst_case_met(question: Question, sheet: Sheet) -> bool:
    """Whether every comparison meets the threshold wherever the records of unknown group belong."""
    for pair in sheet.pairs:
        values: list[Value]
        if question.compare == "difference":
            values = [
                highest_difference(pair.rate, pair.other_rate, sheet.unknown),
                highest_difference(pair.other_rate, pair.rate, sheet.unknown),
            ]
        elif question.at_most is not None:
            values = [_inverse(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))]
        else:
            values = [lowest_ratio(pair.rate, pair.other_rate, sheet.unknown)]
            if folded(question):
                values.append(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))
        if any(isinstance(value, Undefined) or not question.met(value) for value in values):
            return False
    return True


def surely_missed(question: Question, sheet: Sheet) -> bool:
    """Whether some comparison misses the threshold wherever the records of unknown group belong."""
    if question.compare == "ratio" and folded(question):
        return any(_missed(question, best) for best in _best_ratios(sheet))
    for pair in sheet.pairs:
        if question.compare == "difference":
            low, high = raised(pair.rate, sheet.unknown).value, thinned(pair.other_rate, sheet.unknown).value
            if isinstance(low, Fraction) and isinstance(high, Fraction) and _missed(question, high - low):
                return True
        elif question.at_most is not None:
            if _missed(question, lowest_ratio(pair.rate, pair.other_rate, sheet.unknown)):
                return True
        elif _missed(question, _inverse(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown))):
            return True
    return False


def _best_ratios(sheet: Sheet) -> list[Value]:
    if sheet.reference is None:
        return [
            highest_ratio_at_best(
                sheet.rates[group], [sheet.rates[other] for other in sheet.compared if other != group], sheet.unknown
            )
            for group in sheet.compared
        ]
    return [highest_ratio_at_best(pair.rate, [pair.other_rate], sheet.unknown) for pair in sheet.pairs]


def _missed(question: Question, value: Value) -> bool:
    return isinstance(value, Fraction) and not question.met(value)


def _inverse(value: Value) -> Value:
    if isinstance(value, Undefined):
        return value
    return 1 / value if value else Undefined("the rate compared with may be 0")


def unknown_range(question: Question, sheet: Sheet) -> tuple[Value, Value]:
    """Give the least and the most that the worst comparison can be, wherever the unknown records belong.

    The end on the wrong side is attained by some placing. The other is a limit that each comparison attains by
    itself, though not always all at once. A verdict holds at both ends.
    """
    if question.compare == "ratio" and folded(question):
        orders = [two for pair in sheet.pairs for two in ((pair.rate, pair.other_rate), (pair.other_rate, pair.rate))]
        lows = [lowest_ratio(one, two, sheet.unknown) for one, two in orders]
        return _least(lows), _least(_best_ratios(sheet))
    if question.compare == "difference":
        largest = [
            highest_difference(one, two, sheet.unknown)
            for pair in sheet.pairs
            for one, two in ((pair.rate, pair.other_rate), (pair.other_rate, pair.rate))
        ]
        least: list[Value] = []
        for pair in sheet.pairs:
            low, high = raised(pair.rate, sheet.unknown).value, thinned(pair.other_rate, sheet.unknown).value
            if isinstance(low, Fraction) and isinstance(high, Fraction):
                least.append(max(Fraction(0), high - low))
        return _most(least), _most(largest)
    lows = [lowest_ratio(pair.rate, pair.other_rate, sheet.unknown) for pair in sheet.pairs]
    highs = [_inverse(lowest_ratio(pair.other_rate, pair.rate, sheet.unknown)) for pair in sheet.pairs]
    return (_most(lows), _most(highs)) if question.at_most is not None else (_least(lows), _least(highs))


def _least(values: Sequence[Value]) -> Value:
    return min((value for value in values if isinstance(value, Fraction)), default=_NOTHING)


def _most(values: Sequence[Value]) -> Value:
    return max((value for value in values if isinstance(value, Fraction)), default=_NOTHING)


def as_observed(question: Question, sheet: Sheet) -> Value:
    """Give the worst comparison when unknown records are spread over the groups compared as the known ones are.

    Those counted go by each group's share of the counted, the others by its share of the others. It is what many
    published tables do. It assumes that who is unknown says nothing, so it is shown and decides nothing.
    """
    rates = {group: sheet.rates[group] for group in sheet.compared}
    counted, others = sum(rate.k for rate in rates.values()), sum(rate.n - rate.k for rate in rates.values())
    if (sheet.unknown.hits and not counted) or (sheet.unknown.misses and not others):
        return Undefined("no known record to go by")
    spread: dict[Group, Fraction] = {}
    for group, rate in rates.items():
        more = Fraction(sheet.unknown.hits * rate.k, counted or 1)
        less = Fraction(sheet.unknown.misses * (rate.n - rate.k), others or 1)
        spread[group] = (rate.k + more) / (rate.n + more + less)
    values: list[Value] = []
    for pair in sheet.pairs:
        one, two = spread[pair.group], spread[pair.other]
        if question.compare == "difference":
            values.append(abs(two - one))
        elif folded(question):
            values.append(min(one, two) / max(one, two) if one or two else _NOTHING)
        else:
            values.append(one / two if two else _NOTHING)
    return _least(values) if question.at_least is not None else _most(values)
