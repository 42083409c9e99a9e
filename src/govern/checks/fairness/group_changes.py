"""The smallest change that would let a rule on groups pass, by the exact counts that its result keeps.

Nothing is said of a group that is not shown: what it lacks would tell how many it has.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.checks.fairness.replaying import kept_counts, tables_asked
from govern.fairness import METRICS, group_label
from govern.fairness.disclosure import hidden_groups
from govern.policy.outcomes import CheckResult, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.alternatives import AlternativesParams
    from govern.checks.fairness.coverage import CoverageParams
    from govern.checks.fairness.floor import FloorParams
    from govern.checks.fairness.robustness import RobustnessParams

__all__ = ["alternatives_changes", "coverage_changes", "floor_changes", "robustness_changes"]

_Changes = Iterator[str | None]
"""None stands for something that lacks and shows no change."""


def floor_changes(params: FloorParams, result: CheckResult) -> _Changes:
    """Yield how many people of each failing group would have to be decided otherwise."""
    counts = kept_counts(result.facts)
    metric = METRICS[params.metric]
    if counts is None or result.outcome is not Outcome.FAIL or not metric.steerable:
        yield None
        return
    limit, decided = Fraction(params.limit), params.decide == "point"
    for attributes in tables_asked(params, result.facts):
        hidden = hidden_groups(counts, attributes, params.smallest_shown, labels=metric.labels)
        table = counts.table(attributes)
        if params.missing_bounds == "worst_case" and table.unknown.n:
            decided = False
        for group, tally in sorted(table.groups.items()):
            rate = metric.rate(tally)
            if rate.n < max(1, params.min_n):
                decided = decided and params.small_groups == "exclude"
                continue
            border = limit * rate.n
            wanted = -(-border.numerator // border.denominator)
            if params.at_most is not None:
                wanted = border.numerator // border.denominator
            if (rate.k >= wanted) if params.at_least is not None else (rate.k <= wanted):
                continue
            if group in hidden:
                yield None
                continue
            more, label = wanted - rate.k, group_label(attributes, group)
            what = f"{abs(more)} {'more' if more > 0 else 'fewer'} counted in {label}"
            yield f"{params.metric.replace('_', ' ')}: {what} ({rate.k} -> {wanted} of {rate.n}) to meet the limit"
    if not decided:
        yield None  # so many may not be enough to show it, or something else is open


def robustness_changes(params: RobustnessParams, result: CheckResult) -> _Changes:
    """Yield what the literal threshold lacks; how a met one would hold for longer is not a single change."""
    from govern.checks.fairness.changes import disparity_changes

    if any(item.code == "F146" for item in result.findings):
        yield None
        return
    yield from disparity_changes(params.as_disparity(), result)
    yield None  # a threshold that is just met holds for no changed decision


def coverage_changes(params: CoverageParams, result: CheckResult) -> _Changes:
    """Yield how many more people each thin group needs, and how many groups are still unknown."""
    counts = kept_counts(result.facts)
    if counts is None:
        yield None
        return
    known = {"F144", "F145"}
    if any(item.code not in known for item in result.findings):
        yield None
    for attributes in tables_asked(params, result.facts):
        hidden = hidden_groups(counts, attributes, params.smallest_shown, labels=params.needs_labels is not None)
        table = counts.table(attributes)
        for group, tally in sorted(table.groups.items()):
            if tally.n < params.min_group and group not in table.absent:
                label = group_label(attributes, group)
                more = f"{params.min_group - tally.n} more people of {label} ({tally.n} -> {params.min_group})"
                yield None if group in hidden else more
        everybody = table.unknown.n + sum(tally.n for tally in table.groups.values())
        most = int(Fraction(params.max_unknown_share) * everybody)
        if table.unknown.n > most:
            yield f"people of unknown {' x '.join(attributes)}: {table.unknown.n} -> {most}"


def alternatives_changes(params: AlternativesParams, result: CheckResult) -> _Changes:
    """Yield how many more alternatives have to be compared; a better one is no matter of counting."""
    for item in result.findings:
        if item.code == "E153" and item.observed is not None:
            have = int(item.observed)
            more = params.at_least_compared - have
            yield f"{more} more alternative{'s' if more != 1 else ''} ({have} -> {params.at_least_compared})"
        else:
            yield None
