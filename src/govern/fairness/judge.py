"""Judging a question on a count tensor: compare, test, bound, and combine without ever turning unknown into pass."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from govern.fairness.counts import Counts
from govern.fairness.disparity import Judgement, Pair, Question, Reason, ReasonKind, TableJudgement, Verdict
from govern.fairness.evidence import bounded, family_of, tested
from govern.fairness.modes import badness, comparison_reasons, left_open, misses, strongest
from govern.fairness.needed import people_needed
from govern.fairness.rates import Rate, RateMetric, components, needs_labels
from govern.fairness.robustness import changes_until_missed, selections_needed
from govern.fairness.sheets import Group, Sheet, display_lines, folded, make_sheet, stratified
from govern.fairness.unknown import as_observed, unknown_range

__all__ = ["coded_backwards", "group_label", "judge"]


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
        make_sheet(question, counts.table(attributes), metric, _strata(question, counts, attributes, metric))
        for attributes in question.attributes
        for metric in components(question.metric)
    ]
    sheets = bounded(question, tested(question, sheets))
    tables = tuple(_judge_sheet(question, sheet) for sheet in sheets)
    skipped = {group_label(sheet.table.attributes, group): None for sheet in sheets for group in sheet.small}
    return Judgement(
        verdict=strongest([table.verdict for table in tables]),
        tables=tables,
        worst=_worst_table(question, tables),
        family=family_of(question, sheets),
        not_assessable=tuple(skipped),
    )


def _strata(
    question: Question, counts: Counts, attributes: tuple[str, ...], metric: RateMetric
) -> dict[Group, dict[int, Rate]] | None:
    return None if question.stratum is None else stratified(counts, attributes, question.stratum, metric)


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


def _judge_sheet(question: Question, sheet: Sheet) -> TableJudgement:
    reasons = [*_population_reasons(question, sheet), *comparison_reasons(question, sheet)]
    defined = [pair for pair in sheet.pairs if isinstance(pair.value, Fraction)]
    worst = min(defined, key=lambda pair: badness(question, pair)) if defined else None
    missed = worst is not None and misses(question, worst)
    is_open = sheet.unknown.n > 0 and bool(sheet.pairs)
    low, high = unknown_range(question, sheet) if is_open else (None, None)
    return TableJudgement(
        attributes=sheet.table.attributes,
        metric=sheet.metric.name,
        lines=display_lines(sheet),
        worst=worst,
        verdict=strongest([reason.verdict for reason in reasons]),
        reasons=tuple(reasons),
        unknown=sheet.unknown.n,
        unknown_low=low,
        unknown_high=high,
        as_observed=as_observed(question, sheet) if is_open else None,
        needed_people=people_needed(question, sheet, reasons),
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


def _holds_for(question: Question, sheet: Sheet) -> int | None:
    """Count the decisions that may change before the literal threshold is missed."""
    if not sheet.metric.steerable or question.decide == "demonstrated" or question.stratum is not None:
        return None
    if left_open(question, sheet):
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
    if isinstance(worst.value, Fraction) and question.met(worst.value):
        return None  # it is within strata that it misses
    return selections_needed(worst.rate, worst.other_rate, question.limit, ratio=question.compare == "ratio")


def _worst_table(question: Question, tables: Sequence[TableJudgement]) -> TableJudgement | None:
    with_worst = [table for table in tables if table.worst is not None]
    order = [Verdict.FAIL, Verdict.ABSENT, Verdict.INCONCLUSIVE, Verdict.PASS]

    def key(table: TableJudgement) -> tuple[int, Fraction]:
        value = table.worst.value if table.worst is not None else None
        size = value if isinstance(value, Fraction) else Fraction(0)
        return (order.index(table.verdict), size if question.at_least is not None else -size)

    return min(with_worst, key=key) if with_worst else None
