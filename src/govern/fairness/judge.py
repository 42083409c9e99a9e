"""Judging a question on a count tensor: compare, test, bound, and combine without ever turning unknown into pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from govern.fairness.bounds import raised, thinned
from govern.fairness.counts import Counts
from govern.fairness.disparity import Judgement, Pair, Question, Reason, ReasonKind, TableJudgement, Verdict
from govern.fairness.intervals import Interval, difference_interval, quantile, ratio_interval
from govern.fairness.rates import Rate, components, needs_labels
from govern.fairness.robustness import changes_until_missed, selections_needed
from govern.fairness.sheets import (
    Group,
    Sheet,
    display_lines,
    folded,
    make_sheet,
    surely_missed,
    worst_case_met,
)
from govern.fairness.significance import fisher_exact, holm, least_expected, p_text

__all__ = ["coded_backwards", "group_label", "judge"]

_LEAST_EXPECTED = 5
"""Fewest people expected in every cell of a 2x2 table before a missed threshold may count as harm."""


def group_label(attributes: Sequence[str], group: Group) -> str:
    """Name a group, e.g. `sex=F, race=B`."""
    return ", ".join(f"{name}={value}" for name, value in zip(attributes, group, strict=True))


def judge(question: Question, counts: Counts) -> Judgement:
    """Judge the question. Its tests and bounds are corrected over all its tables and rates together.

    Raises KeyError for an attribute the counts do not have, and ValueError when labels are needed and absent or a
    table has more groups than are compared.
    """
    if needs_labels(question.metric) and not counts.labelled:
        raise ValueError(f"{question.metric} needs the true outcome")
    sheets = [
        make_sheet(question, counts.table(attributes), metric)
        for attributes in question.attributes
        for metric in components(question.metric)
    ]
    sheets = _tested(sheets)
    if question.decide == "demonstrated":
        sheets = _bounded(question, sheets)
    tables = tuple(_judge_sheet(question, sheet) for sheet in sheets)
    skipped = {group_label(sheet.table.attributes, group): None for sheet in sheets for group in sheet.small}
    return Judgement(
        verdict=_strongest([table.verdict for table in tables]),
        tables=tables,
        worst=_worst_table(question, tables),
        family=_family(question, sheets),
        not_assessable=tuple(skipped),
    )


def coded_backwards(counts: Counts, attributes: tuple[str, ...]) -> bool:
    """Whether every group's true positive rate is below its false positive rate: is something coded the other way?

    Groups in which either rate is undefined say nothing; at least two groups must speak.
    """
    if not counts.labelled:
        return False
    true_positive, false_positive = components("equalized_odds")
    rates = [
        (true_positive.rate(tally), false_positive.rate(tally)) for tally in counts.table(attributes).groups.values()
    ]
    speaking = [(tpr, fpr) for tpr, fpr in rates if tpr.n and fpr.n]
    return len(speaking) > 1 and all(tpr.k * fpr.n < fpr.k * tpr.n for tpr, fpr in speaking)


def _strongest(verdicts: Sequence[Verdict]) -> Verdict:
    """A certain failure stands whatever else is unknown; only all passing is a pass."""
    for verdict in (Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASS


def _family(question: Question, sheets: Sequence[Sheet]) -> int:
    pairs = sum(len(sheet.pairs) for sheet in sheets)
    return 2 * pairs if question.decide == "demonstrated" and folded(question) else pairs


def _tested(sheets: Sequence[Sheet]) -> list[Sheet]:
    """Give every comparison its p-value, corrected over the whole family."""
    pairs = [pair for sheet in sheets for pair in sheet.pairs]
    cells = [(pair.rate.k, pair.rate.n, pair.other_rate.k, pair.other_rate.n) for pair in pairs]
    adjusted = iter(holm([fisher_exact(*four) for four in cells]))
    enough = iter([least_expected(*four) >= _LEAST_EXPECTED for four in cells])
    return [
        replace(
            sheet,
            pairs=tuple(replace(pair, p=p_text(next(adjusted)), expected_ok=next(enough)) for pair in sheet.pairs),
        )
        for sheet in sheets
    ]


def _bounded(question: Question, sheets: Sequence[Sheet]) -> list[Sheet]:
    """Give every comparison bounds that hold for the whole family at once (Bonferroni over one-sided bounds)."""
    family = _family(question, sheets)
    if not family:
        return list(sheets)
    z = quantile(question.alpha / family)
    return [
        replace(
            sheet,
            family=family,
            pairs=tuple(replace(pair, bounds=_bounds(question, pair.rate, pair.other_rate, z)) for pair in sheet.pairs),
        )
        for sheet in sheets
    ]


def _bounds(question: Question, rate: Rate, other: Rate, z: Decimal) -> Interval:
    if question.compare == "difference":
        low, high = difference_interval(other.k, other.n, rate.k, rate.n, z)
        return Interval(low, max(-low, high if high is not None else Decimal(1)))
    there = ratio_interval(rate.k, rate.n, other.k, other.n, z)
    if not folded(question):
        return there
    back = ratio_interval(other.k, other.n, rate.k, rate.n, z)
    return Interval(min(there.low, back.low), there.high)


def _judge_sheet(question: Question, sheet: Sheet) -> TableJudgement:
    reasons = [*_population_reasons(question, sheet), *_comparison_reasons(question, sheet)]
    defined = [pair for pair in sheet.pairs if isinstance(pair.value, Fraction)]
    worst = min(defined, key=lambda pair: _badness(question, pair)) if defined else None
    missed = worst is not None and not _meets(question, worst)
    return TableJudgement(
        attributes=sheet.table.attributes,
        metric=sheet.metric.name,
        lines=display_lines(sheet),
        worst=worst,
        verdict=_strongest([reason.verdict for reason in reasons]),
        reasons=tuple(reasons),
        unknown=sheet.unknown.n,
        holds_for=None if missed or not defined else _holds_for(question, sheet),
        needed=_needed(question, sheet, worst) if missed and worst is not None else None,
    )


def _population_reasons(question: Question, sheet: Sheet) -> list[Reason]:
    """Reasons that lie in who is there to be compared."""
    reasons = [Reason(ReasonKind.ABSENT_GROUP, Verdict.ABSENT, group) for group in sheet.table.absent]
    reference = sheet.reference
    if reference is not None and (reference not in sheet.rates or not sheet.table.groups[reference].n):
        reasons.append(Reason(ReasonKind.ABSENT_REFERENCE, Verdict.ABSENT, reference))
        return reasons
    for group in sheet.small:
        if group not in sheet.table.absent:
            excluded = question.small_groups == "exclude" and group != reference
            reasons.append(Reason(ReasonKind.SMALL_GROUP, Verdict.PASS if excluded else Verdict.INCONCLUSIVE, group))
    if not sheet.pairs:
        reasons.append(Reason(ReasonKind.NOT_COMPARABLE, Verdict.INCONCLUSIVE))
    return reasons


def _comparison_reasons(question: Question, sheet: Sheet) -> list[Reason]:
    """Reasons that lie in the rates themselves."""
    if not sheet.pairs:
        return []
    defined = [pair for pair in sheet.pairs if isinstance(pair.value, Fraction)]
    unknown_against = sheet.reference is not None and len(defined) < len(sheet.pairs)
    reasons = []
    if sheet.nobody_selected:
        return [Reason(ReasonKind.UNDEFINED, Verdict.INCONCLUSIVE, note="nobody is selected in any group")]
    if not defined or unknown_against:
        reasons.append(Reason(ReasonKind.UNDEFINED, Verdict.INCONCLUSIVE, note="the rate to compare with is 0"))
    if defined:
        judged = _MODES[question.decide](question, sheet, defined)
        gaps = [pair for pair in defined if _meets(question, pair) and _significant(question, pair)]
        reasons += [*judged, *_gap_reason(question, gaps)]
    return reasons


def _gap_reason(question: Question, gaps: Sequence[Pair]) -> list[Reason]:
    if not gaps:
        return []
    verdict = Verdict.FAIL if question.significant_gap == "fail" else Verdict.PASS
    clearest = min(gaps, key=lambda pair: (pair.p or Decimal(1), pair.group, pair.other))
    return [Reason(ReasonKind.SIGNIFICANT_GAP, verdict, clearest.group, clearest)]


def _open(question: Question, sheet: Sheet) -> bool:
    """Whether records of unknown group have a say."""
    return question.missing_bounds == "worst_case" and sheet.unknown.n > 0


def _point(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    missed = [pair for pair in pairs if not _meets(question, pair)]
    if _open(question, sheet):
        if not missed and worst_case_met(question, sheet):
            return []
        if not (missed and surely_missed(question, sheet)):
            return [_unknown_decides(sheet)]
    return _by_group(question, missed, ReasonKind.MISSED, Verdict.FAIL)


def _evidence_of_harm(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    reasons = _point(question, sheet, pairs)
    if not any(reason.verdict is Verdict.FAIL for reason in reasons):
        return reasons
    missed = [pair for pair in pairs if not _meets(question, pair)]
    harm = [pair for pair in missed if _significant(question, pair)]
    if harm:
        return _by_group(question, harm, ReasonKind.MISSED, Verdict.FAIL)
    return _by_group(question, missed, ReasonKind.NOT_SIGNIFICANT, Verdict.INCONCLUSIVE)


def _demonstrated(question: Question, sheet: Sheet, pairs: Sequence[Pair]) -> list[Reason]:
    shown_worse = [pair for pair in pairs if _beyond(question, pair.bounds)]
    if shown_worse and (not _open(question, sheet) or surely_missed(question, sheet)):
        return _by_group(question, shown_worse, ReasonKind.MISSED, Verdict.FAIL)
    if len(pairs) == len(sheet.pairs) and all(
        _meets(question, pair) and _within(question, pair.bounds) for pair in pairs
    ):
        if not _open(question, sheet) or _demonstrated_anyhow(question, sheet):
            return []
        return [_unknown_decides(sheet)]
    short = [pair for pair in pairs if not (_meets(question, pair) and _within(question, pair.bounds))]
    return _by_group(question, short or pairs, ReasonKind.NOT_DEMONSTRATED, Verdict.INCONCLUSIVE)


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
            bounds = _bounds(question, helped, hurt, z) if turned else _bounds(question, hurt, helped, z)
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


def _meets(question: Question, pair: Pair) -> bool:
    return isinstance(pair.value, Fraction) and question.met(pair.value)


def _significant(question: Question, pair: Pair) -> bool:
    return pair.p is not None and pair.expected_ok and Fraction(pair.p) <= question.alpha


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


def _badness(question: Question, pair: Pair) -> tuple[Fraction, Group, Group]:
    value = pair.value if isinstance(pair.value, Fraction) else Fraction(0)
    return (value if question.at_least is not None else -value, pair.group, pair.other)


def _by_group(question: Question, pairs: Sequence[Pair], kind: ReasonKind, verdict: Verdict) -> list[Reason]:
    """Give one reason a group: its worst comparison."""
    worst: dict[Group, Pair] = {}
    for pair in sorted(pairs, key=lambda pair: _badness(question, pair)):
        worst.setdefault(pair.group, pair)
    return [Reason(kind, verdict, group, pair) for group, pair in worst.items()]


def _holds_for(question: Question, sheet: Sheet) -> int | None:
    """Count the decisions that may change before the literal threshold is missed."""
    if not sheet.metric.steerable or question.decide == "demonstrated" or _open(question, sheet):
        return None
    ratio, limit = question.compare == "ratio", question.limit
    orders = [(pair.rate, pair.other_rate) for pair in sheet.pairs]
    if folded(question):
        orders += [(other, rate) for rate, other in orders]
    elif question.at_most is not None:
        if not limit:
            return None
        orders, limit = [(other, rate) for rate, other in orders], 1 / limit
    turns = changes_until_missed(orders, limit, ratio=ratio)
    return None if turns is None else turns - 1


def _needed(question: Question, sheet: Sheet, worst: Pair) -> int | None:
    if not sheet.metric.steerable or (question.at_most is not None and question.compare == "ratio"):
        return None
    return selections_needed(worst.rate, worst.other_rate, question.limit, ratio=question.compare == "ratio")


def _worst_table(question: Question, tables: Sequence[TableJudgement]) -> TableJudgement | None:
    with_worst = [table for table in tables if table.worst is not None]
    order = [Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE, Verdict.PASS]

    def key(table: TableJudgement) -> tuple[int, Fraction]:
        value = table.worst.value if table.worst is not None else None
        size = value if isinstance(value, Fraction) else Fraction(0)
        return (order.index(table.verdict), size if question.at_least is not None else -size)

    return min(with_worst, key=key) if with_worst else None
