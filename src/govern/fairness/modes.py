"""What the comparisons of one table come to: the three modes, and the reasons of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction

from govern.fairness.bounds import raised, thinned
from govern.fairness.disparity import Pair, Question, Reason, ReasonKind, Verdict
from govern.fairness.evidence import bounds_of
from govern.fairness.intervals import Interval, quantile
from govern.fairness.rates import Undefined, Value
from govern.fairness.sheets import Group, Sheet, folded
from govern.fairness.unknown import surely_missed, worst_case_met

__all__ = ["badness", "comparison_reasons", "left_open", "meets", "misses", "strongest"]


def strongest(verdicts: Sequence[Verdict]) -> Verdict:
    """A certain failure stands whatever else is unknown; only all passing is a pass."""
    for verdict in (Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


def comparison_reasons(question: Question, sheet: Sheet) -> list[Reason]:
    """Reasons that lie in the rates themselves. No table with a comparison that has no value passes."""
    if not sheet.pairs:
        return []
    if sheet.nobody_selected:
        return [Reason(ReasonKind.UNDEFINED, Verdict.INCONCLUSIVE, note="nobody is selected in any group")]
    defined = [pair for pair in sheet.pairs if isinstance(pair.value, Fraction)]
    judged = _MODES[question.decide](question, sheet, defined) if defined else []
    settled = any(reason.verdict is not Verdict.PASS for reason in judged)
    reasons = []
    if len(defined) < len(sheet.pairs) and (sheet.reference is not None or not settled):
        reasons.append(Reason(ReasonKind.UNDEFINED, Verdict.INCONCLUSIVE, note="the rate to compare with is 0"))
    elif any(isinstance(pair.within_value, Undefined) for pair in defined):
        note = "within strata there is nothing to compare with"
        reasons.append(Reason(ReasonKind.UNDEFINED, Verdict.INCONCLUSIVE, note=note))
    return [*reasons, *judged, *_gap_reasons(question, defined), *_further_reasons(question, sheet, defined)]


def _gap_reasons(question: Question, pairs: Sequence[Pair]) -> list[Reason]:
    """What a met threshold with a significant gap means, or with one that may be significant."""
    met = [pair for pair in pairs if meets(question, pair)]
    strict = question.significant_gap == "fail"
    gaps = [pair for pair in met if _significant(question, pair)]
    if gaps:
        clearest = min(gaps, key=lambda pair: (pair.p or Decimal(1), pair.group, pair.other))
        verdict = Verdict.FAIL if strict else Verdict.PASS
        return [Reason(ReasonKind.SIGNIFICANT_GAP, verdict, clearest.group, clearest)]
    near = [pair for pair in met if pair.undecided and pair.expected_ok]
    return _by_group(question, near, ReasonKind.NEAR_ALPHA, Verdict.INCONCLUSIVE) if strict else []


def _further_reasons(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    """What a reader must know beside the verdict; none of it turns one."""
    if not pairs:
        return []
    worst = min(pairs, key=lambda pair: badness(question, pair))
    reasons = []
    if not meets(question, worst) and sheet.metric.name == "selection_rate" and _one_person(worst):
        reasons.append(Reason(ReasonKind.ONE_PERSON, Verdict.PASS, worst.group, worst))
    if worst.within is not None:
        reasons.append(Reason(ReasonKind.WITHIN_STRATA, Verdict.PASS, worst.group, worst))
    differ = [pair for pair in pairs if pair.within is not None and _strata_differ(question, pair)]
    return [*reasons, *_by_group(question, differ, ReasonKind.STRATA_DIFFER, Verdict.PASS)]


def _one_person(pair: Pair) -> bool:
    """Whether one more of the worse group and one fewer of the other would turn them round.

    The test of the questions and answers on the Uniform Guidelines (44 FR 11996, 1979): then the numbers are too
    small for the figure to mean much.
    """
    low, high = sorted((pair.rate, pair.other_rate), key=lambda rate: Fraction(rate.k, rate.n))
    return (low.k + 1) * high.n > (high.k - 1) * low.n


def _strata_differ(question: Question, pair: Pair) -> bool:
    """Whether some stratum goes the other way, or the strata have more than one odds ratio beyond chance."""
    within = pair.within
    if within is None:
        return False
    mixed = isinstance(within.heterogeneity, Fraction) and within.heterogeneity <= question.alpha
    return within.turned > 0 or mixed or _turned_over_all(pair)


def _turned_over_all(pair: Pair) -> bool:
    """Whether the common difference has the other sign than the one over all: Simpson's paradox."""
    if pair.within is None or isinstance(pair.within.difference, Undefined):
        return False
    over_all = Fraction(pair.other_rate.k, pair.other_rate.n) - Fraction(pair.rate.k, pair.rate.n)
    return over_all * pair.within.difference < 0


def left_open(question: Question, sheet: Sheet) -> bool:
    """Whether records of unknown group have a say."""
    return question.missing_bounds == "worst_case" and sheet.unknown.n > 0


def _point(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    missed = [pair for pair in pairs if misses(question, pair)]
    if left_open(question, sheet):
        # Where in which stratum unknown records belong is not worked out: then nothing is shown within strata.
        if not missed and question.stratum is None and worst_case_met(question, sheet):
            return []
        if not (missed and surely_missed(question, sheet)):
            return [_unknown_decides(sheet)]
    return _by_group(question, missed, ReasonKind.MISSED, Verdict.FAIL)


def _evidence_of_harm(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    reasons = _point(question, sheet, pairs)
    if not any(reason.verdict is Verdict.FAIL for reason in reasons):
        return reasons
    missed = [pair for pair in pairs if misses(question, pair)]
    harm = [pair for pair in missed if _significant(question, pair) and _same_way(question, pair)]
    if harm:
        return _by_group(question, harm, ReasonKind.MISSED, Verdict.FAIL)
    near = [pair for pair in missed if pair.undecided and pair.expected_ok]
    if near:
        return _by_group(question, near, ReasonKind.NEAR_ALPHA, Verdict.INCONCLUSIVE)
    return _by_group(question, missed, ReasonKind.NOT_SIGNIFICANT, Verdict.INCONCLUSIVE)


def _same_way(question: Question, pair: Pair) -> bool:
    """Whether what is significant is the harm that is seen: within strata the gap may run the other way."""
    if pair.within is None:
        return True
    return _missed_value(question, pair.within_value) or not _turned_over_all(pair)


def _demonstrated(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    shown_worse = [pair for pair in pairs if any(_beyond(question, bounds) for bounds in _bounds(question, pair))]
    if shown_worse and (not left_open(question, sheet) or surely_missed(question, sheet)):
        return _by_group(question, shown_worse, ReasonKind.MISSED, Verdict.FAIL)
    short = [pair for pair in pairs if not (meets(question, pair) and _all_within(question, pair))]
    if len(pairs) == len(sheet.pairs) and not short:
        if not left_open(question, sheet):
            return []
        if question.stratum is None and _demonstrated_anyhow(question, sheet):
            return []
        return [_unknown_decides(sheet)]
    return _by_group(question, short or pairs, ReasonKind.NOT_DEMONSTRATED, Verdict.INCONCLUSIVE)


def _bounds(question: Question, pair: Pair) -> tuple[Interval | None, ...]:
    return (pair.bounds,) if question.stratum is None else (pair.bounds, pair.within_bounds)


def _all_within(question: Question, pair: Pair) -> bool:
    return all(_within(question, bounds) for bounds in _bounds(question, pair))


def _demonstrated_anyhow(question: Question, sheet: Sheet) -> bool:
    """Whether bounds and values still hold when the unknown records go where they hurt each comparison most."""
    if not worst_case_met(question, sheet):
        return False
    z = quantile(question.alpha / sheet.family)
    for pair in sheet.pairs:
        orders = [(pair.rate, pair.other_rate), (pair.other_rate, pair.rate)]
        if not folded(question):
            orders = orders[1:] if question.at_most is not None else orders[:1]
        for low, high in orders:
            hurt, helped = thinned(low, sheet.unknown), raised(high, sheet.unknown)
            turned = question.at_most is not None and not folded(question)
            bounds = bounds_of(question, helped, hurt, z) if turned else bounds_of(question, hurt, helped, z)
            if not _within(question, bounds):
                return False
    return True


_MODES: dict[str, Callable[[Question, Sheet, Sequence[Pair]], list[Reason]]] = {
    "point": _point,
    "evidence_of_harm": _evidence_of_harm,
    "demonstrated": _demonstrated,
}


def _unknown_decides(sheet: Sheet) -> Reason:
    return Reason(ReasonKind.UNKNOWN_DECIDES, Verdict.INCONCLUSIVE, note=str(sheet.unknown.n))


def meets(question: Question, pair: Pair) -> bool:
    """Whether the comparison meets the threshold over all, and within strata where the question names one."""
    values = [pair.value] if question.stratum is None else [pair.value, pair.within_value]
    return all(isinstance(value, Fraction) and question.met(value) for value in values)


def misses(question: Question, pair: Pair) -> bool:
    """Whether it misses the threshold over all or within strata; what has no value neither meets nor misses."""
    return _missed_value(question, pair.value) or _missed_value(question, pair.within_value)


def _missed_value(question: Question, value: Value | None) -> bool:
    return isinstance(value, Fraction) and not question.met(value)


def _significant(question: Question, pair: Pair) -> bool:
    return not pair.undecided and pair.p is not None and pair.expected_ok and Fraction(pair.p) <= question.alpha


def _within(question: Question, bounds: Interval | None) -> bool:
    """Whether the bounds lie wholly on the right side of the threshold."""
    if bounds is None:
        return False
    end = bounds.low if question.at_least is not None else bounds.high
    return end is not None and question.met(Fraction(end))


def _beyond(question: Question, bounds: Interval | None) -> bool:
    """Whether the bounds lie wholly on the wrong side."""
    if bounds is None:
        return False
    end = bounds.high if question.at_least is not None else bounds.low
    return end is not None and not question.met(Fraction(end))


def badness(question: Question, pair: Pair) -> tuple[Fraction, Group, Group]:
    """Order comparisons from the worst, by the worse of the values over all and within strata."""
    values = [value for value in (pair.value, pair.within_value) if isinstance(value, Fraction)]
    signed = [value if question.at_least is not None else -value for value in values]
    return (min(signed, default=Fraction(0)), pair.group, pair.other)


def _by_group(question: Question, pairs: Sequence[Pair], kind: ReasonKind, verdict: Verdict) -> list[Reason]:
    """Give one reason a group: its worst comparison."""
    worst: dict[Group, Pair] = {}
    for pair in sorted(pairs, key=lambda pair: badness(question, pair)):
        worst.setdefault(pair.group, pair)
    return [Reason(kind, verdict, group, pair) for group, pair in worst.items()]
