"""`govern fairness power`: before there is data, what a rule needs; with data, what it could have shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govern.canonical import fraction_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.fairness.power_document import ErrorRow, Needed, NotPlanned, PowerDocument, PowerPlan, Shown
from govern.gate.fairness.power_rules import People, asked_rules, rate_of, read_people, tables_of

if TYPE_CHECKING:
    from govern.fairness import Counts, Question
    from govern.gate.packs.places import PackPlaces

__all__ = ["PowerRequest", "power_document", "power_of"]

Decide = Literal["evidence_of_harm", "point", "demonstrated"]
_MODES: tuple[Decide, ...] = ("point", "evidence_of_harm", "demonstrated")
_SHOWN_FROM = 11
"""Groups of fewer people are not told by number."""
_MOST_GROUPS = 24
_MOST_PAIRS = 12
"""Pairs told one by one; crossed tables can have thousands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRequest:
    """What is asked."""

    question: Question
    """Limit, comparison and so on, where no policies are named; its `decide` is not used."""
    policies: Sequence[Path] = ()
    rule: str | None = None
    places: PackPlaces | None = None
    counts: Path | None = None
    rate: Fraction | None = None
    """Selection rate, or whatever the metric is; None takes the one of the counts."""
    groups: int = 2
    people: Sequence[int] = (100, 1_000, 5_000)
    """Sizes of group that are simulated where there are no counts."""
    true_ratios: Sequence[Fraction] = ()
    """None are 1, 0.9, the limit, and two below it."""
    power: Fraction = Fraction(4, 5)
    runs: int = 2_000
    seed: int = 0


def power_document(request: PowerRequest) -> PowerDocument:
    """Work everything out.

    Raises UsageError and InputError as `asked_rules` and `read_people` do, and U101 where no rate is known.
    """
    rules = asked_rules(request.policies, request.rule, request.places) if request.policies else ()
    asked: list[tuple[str | None, Question]] = [(rule.name, rule.question) for rule in rules]
    asked = asked or [(None, request.question)]
    plans: list[PowerPlan] = []
    left: list[NotPlanned] = []
    for name, question in asked:
        try:
            plans += power_of(request, name, question)
        except UsageError as fault:
            if name is None or len(asked) == 1:
                raise
            left.append(NotPlanned(rule=name, why=fault.diagnostics[0].message))
    return PowerDocument(
        apiVersion="govern/v1",
        kind="FairnessPower",
        power=fraction_text(request.power, 6),
        runs=request.runs,
        seed=request.seed,
        plans=tuple(plans),
        not_planned=tuple(left),
    )


def power_of(request: PowerRequest, name: str | None, question: Question) -> Iterator[PowerPlan]:
    """Give a plan for each rate of each table of one rule; without counts, one for each rate."""
    from govern.fairness import components

    metrics = components(question.metric)
    if request.counts is None:
        tables = len(question.attributes) if name is not None else 1
        family = _pairs(question, request.groups) * tables * len(metrics)
        for metric in metrics:
            yield _plan(request, name, replace(question, metric=metric.name), (), None, family)
        return
    question = replace(question, attributes=tables_of(request.counts, question.attributes))
    counts = read_people(request.counts, [column for table in question.attributes for column in table])
    found = [
        (table, metric.name, _people(counts, table, metric.name)) for table in question.attributes for metric in metrics
    ]
    family = sum(_pairs(question, sum(group.among >= question.min_n for group in groups)) for *_, groups in found)
    for table, metric_name, groups in found:
        yield _plan(request, name, replace(question, metric=metric_name), table, groups, family)


def _pairs(question: Question, groups: int) -> int:
    """Count the bounds of one table: both directions of every pair, or one of each group against a reference."""
    if groups < 2:
        return 0
    if question.reference is None:
        return groups * (groups - 1)
    return (groups - 1) * (2 if question.compare == "difference" else 1)


def _people(counts: Counts, table: tuple[str, ...], metric: str) -> tuple[People, ...]:
    from govern.fairness import METRICS, group_label

    try:
        tallies = counts.table(table).groups
    except KeyError as fault:
        raise UsageError(Diagnostic("U101", f"the counts have no column {plain(str(fault.args[0]))}")) from fault
    except ValueError as fault:
        raise UsageError(Diagnostic("U101", f"too many groups to plan with: {fault}")) from fault
    rates = ((group, METRICS[metric].rate(tally)) for group, tally in sorted(tallies.items()))
    return tuple(People(group_label(table, group), group, rate.k, rate.n) for group, rate in rates)


def _plan(
    request: PowerRequest,
    name: str | None,
    question: Question,
    table: tuple[str, ...],
    people: tuple[People, ...] | None,
    family: int,
) -> PowerPlan:
    large = None if people is None else _compared(question, table, people)
    rate = request.rate if request.rate is not None or people is None else rate_of(people)
    if rate is None or not 0 < rate < 1:
        raise UsageError(Diagnostic("U101", "a rate between 0 and 1 is needed", hint="Pass it: --rate 0.3"))
    ratios = tuple(request.true_ratios) or _ratios(question)
    sizes = [[size] * request.groups for size in request.people] if large is None else [[g.among for g in large]]
    problem = _not_simulated(question, sizes)
    return PowerPlan(
        rule=name,
        attributes=tuple(plain(column) for column in table),
        metric=question.metric,
        compare=question.compare,
        limit=fraction_text(question.limit, 6),
        decide=question.decide if name is not None else None,
        alpha=fraction_text(question.alpha, 6),
        min_n=question.min_n,
        rate=fraction_text(rate, 4),
        groups=request.groups if large is None else len(large),
        comparisons=family,
        needed=tuple(_needed(request, question, rate, ratios, max(1, family))),
        errors=() if problem else tuple(_errors(request, question, sizes, rate, ratios)),
        shown=tuple(_shown(request, question, large or [], rate, max(1, family))),
        not_simulated=problem,
    )


def _compared(question: Question, table: tuple[str, ...], people: Sequence[People]) -> list[People]:
    """Give the groups that are large enough, a declared reference last; none when the reference is not."""
    large = [group for group in people if group.among >= max(1, question.min_n)]
    if question.reference is None:
        return large
    base = tuple(question.reference[name] for name in table)
    reference = [group for group in large if group.group == base]
    return [group for group in large if group.group != base] + reference if reference else []


def _ratios(question: Question) -> tuple[Fraction, ...]:
    if question.compare == "difference":
        return (Fraction(1), Fraction(9, 10), Fraction(4, 5), Fraction(3, 5))
    limit = question.limit
    made = (Fraction(1), (1 + limit) / 2, limit, limit - Fraction(1, 20), limit * 3 / 4)
    return tuple(dict.fromkeys(ratio for ratio in made if 0 < ratio <= 1))


def _not_simulated(question: Question, sizes: Sequence[Sequence[int]]) -> str | None:
    if question.stratum is not None:
        return "a rule with strata is not simulated"
    if question.compare == "ratio" and question.at_most is not None:
        return "a ratio that is limited from above is not simulated"
    if any(len(groups) < 2 for groups in sizes):
        return "fewer than two groups, or no reference, are large enough to be compared"
    if any(len(groups) > _MOST_GROUPS for groups in sizes):
        return f"more than {_MOST_GROUPS} groups are not simulated"
    return None


def _needed(
    request: PowerRequest, question: Question, rate: Fraction, ratios: Sequence[Fraction], family: int
) -> Iterator[Needed]:
    from govern.fairness.power import needed_n, needed_n_for_difference, needed_n_for_harm

    limit, confidence = question.limit, 1 - question.alpha
    by_ratio = question.compare == "ratio"
    if by_ratio and question.at_most is not None:
        return
    for ratio in ratios:
        gap = rate * (1 - ratio)
        meets = ratio >= limit if by_ratio else gap <= limit
        people: int | None = None
        if meets:
            if by_ratio and ratio > limit > 0:
                people = needed_n(
                    rate, limit, confidence=confidence, power=request.power, true_ratio=ratio, comparisons=family
                )
            elif not by_ratio and gap < limit:
                people = needed_n_for_difference(
                    rate, limit, confidence=confidence, power=request.power, true_difference=gap, comparisons=family
                )
            yield Needed(verdict="demonstrated", true_ratio=fraction_text(ratio, 6), people=people)
        else:
            people = needed_n_for_harm(
                rate,
                ratio,
                limit=limit if by_ratio else None,
                confidence=confidence,
                power=request.power,
                comparisons=_tests(question, family),
            )
            yield Needed(verdict="harm", true_ratio=fraction_text(ratio, 6), people=people)


def _tests(question: Question, family: int) -> int:
    """Count the tests behind so many bounds: a pair is tested once, a table by permutation once."""
    if question.test == "permutation":
        return 1
    return max(1, family // 2) if question.reference is None or question.compare == "difference" else family


def _errors(
    request: PowerRequest,
    question: Question,
    sizes: Sequence[Sequence[int]],
    rate: Fraction,
    ratios: Sequence[Fraction],
) -> Iterator[ErrorRow]:
    from govern.fairness.simulation import error_rates

    for groups in sizes:
        for decide in _MODES:
            asked = replace(question, decide=decide)
            for found in error_rates(asked, groups, rate, ratios, runs=request.runs, seed=request.seed):
                yield ErrorRow(
                    decide=decide,
                    people=tuple(n if n >= _SHOWN_FROM else None for n in groups),
                    true_ratio=fraction_text(found.true_ratio, 6),
                    meets=found.meets,
                    passed=found.passed,
                    failed=found.failed,
                    inconclusive=found.inconclusive,
                )


def _shown(
    request: PowerRequest, question: Question, people: Sequence[People], rate: Fraction, family: int
) -> Iterator[Shown]:
    """Tell what each pair of groups could have shown, those first that could show least."""
    from govern.fairness.power import smallest_detectable

    if question.compare != "ratio" or question.at_most is not None or question.stratum is not None:
        return
    told = [group for group in people if group.among >= _SHOWN_FROM]
    found = smallest_detectable(
        [group.among for group in told],
        rate,
        limit=question.limit or None,
        confidence=1 - question.alpha,
        power=request.power,
        comparisons=_tests(question, family),
    )
    if question.reference is not None:
        # The reference is the last: without it, as where it is too small to be told of, no pair is one of the rule's.
        last = len(told) - 1 if told and told[-1] is people[-1] else None
        found = tuple(item for item in found if item.second == last)
    for item in sorted(found, key=lambda item: (item.harm or 0, item.first, item.second))[:_MOST_PAIRS]:
        yield Shown(
            groups=(plain(told[item.first].label), plain(told[item.second].label)),
            harm=None if item.harm is None else f"{item.harm:.2f}",
            demonstrated=f"{item.shown:.2f}",
        )
