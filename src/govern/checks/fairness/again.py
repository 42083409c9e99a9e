"""Kinds on groups, judged again from the counts and histograms that a result keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from govern.canonical import Json
from govern.checks.fairness.declared import stands_for_more
from govern.checks.stored_outcome import Judged, NotReplayable, Replayed, StoredOutcome
from govern.fairness import Counts, needs_labels
from govern.policy.interface import CheckParams
from govern.policy.outcomes import Outcome

__all__ = ["KINDS", "judge_counts"]


def _disparity(params: Any, stored: StoredOutcome) -> Judged:
    from govern.checks.fairness.stored import stored_counts

    counts = stored_counts(stored.facts, params.metric)
    if counts is None:
        return NotReplayable("the stored tables do not hold every person that the verdict rests on")
    try:
        return counts.outcome(params)
    except KeyError:
        return NotReplayable("a table is asked for that the result does not hold")


def _groups(module: str) -> Callable[[Any, StoredOutcome], Judged]:
    """A kind on groups that is a function of counts: `outcome_of` of its module."""

    def judge(params: Any, stored: StoredOutcome) -> Judged:
        from importlib import import_module

        from govern.checks.fairness.replaying import judged_again

        outcome_of = import_module(f"govern.checks.fairness.{module}").outcome_of
        found = judged_again(outcome_of, params, Fraction(params.max_missing), stored.facts)
        return found if isinstance(found, Outcome) else NotReplayable(found)

    return judge


_OF_COUNTS = ("min_n", "small_groups", "max_missing", "missing_bounds", "smallest_shown")
"""Parameters that say how groups are counted in, by every kind that judges them by counts."""


def _gap(params: Any, stored: StoredOutcome) -> Judged:
    from govern.checks.fairness.gap_stored import stored_gap_outcome

    outcome = stored_gap_outcome(params, stored.facts)
    return (
        NotReplayable("the result does not hold the counts that the verdict rests on") if outcome is None else outcome
    )


_GAP = frozenset(["at_least", "at_most", "decide", "confidence", "min_group", "max_missing", "smallest_shown"])
_FROM_COUNTS = {
    "fairness.group_floor": "floor",
    "fairness.significance": "significance",
    "fairness.robustness": "robustness",
    "fairness.coverage": "coverage",
}
"""Kinds that are functions of counts by group, and their modules."""


def judge_counts(kind: str, params: CheckParams, facts: Json) -> Judged:
    """Judge a rule on groups by the counts that a rule of another kind or metric has stored.

    Counts are those of everybody, whatever rule they were made for; which groups they hold is all that can be lacking.
    """
    from govern.checks.fairness.params import GroupParams
    from govern.checks.fairness.replaying import judged_again, kept_counts
    from govern.checks.fairness.stored import StoredCounts

    counts = kept_counts(facts)
    if counts is None or not isinstance(params, GroupParams):
        return NotReplayable("the result keeps no counts by group")
    if stands_for_more(params.tables):
        return NotReplayable("which groups the model declares is not in the result")
    stored = StoredOutcome(Outcome.PASS, None, facts)
    if kind in _FROM_COUNTS:
        return _groups(_FROM_COUNTS[kind])(params, stored)
    if kind != "fairness.disparity":
        return NotReplayable(f"results keep no figures by which {kind} could be judged again")

    def disparity(asked: Any, held: Counts) -> Outcome:
        if needs_labels(asked.metric) and not held.labelled:
            raise ValueError("the metric needs the true outcome")
        return StoredCounts(held, asked.tables).outcome(asked)

    disparate: Any = params
    found = judged_again(disparity, disparate, Fraction(disparate.max_missing), facts)
    return found if isinstance(found, Outcome) else NotReplayable(found)


KINDS: Mapping[str, Replayed] = {
    "fairness.disparity": Replayed(
        frozenset(
            [
                *("at_least", "at_most", "attributes", "decide", "alpha", "min_n", "smallest_shown"),
                *("small_groups", "max_missing", "missing_bounds", "significant_gap", "test"),
            ]
        ),
        _disparity,
        reads=frozenset(["attributes"]),
        lacks=True,
    ),
    "fairness.group_floor": Replayed(
        frozenset(["at_least", "at_most", "attributes", "decide", "alpha", *_OF_COUNTS]),
        _groups("floor"),
        reads=frozenset(["attributes"]),
        lacks=True,
    ),
    "fairness.significance": Replayed(
        frozenset(["test", "alpha", "practical", *_OF_COUNTS]), _groups("significance"), lacks=True
    ),
    "fairness.robustness": Replayed(
        frozenset(["at_least", "at_most", "attributes", "flips", *_OF_COUNTS]),
        _groups("robustness"),
        reads=frozenset(["attributes"]),
        lacks=True,
    ),
    "fairness.coverage": Replayed(
        frozenset(["attributes", "metrics", "min_group", "max_unknown_share", "max_missing", "smallest_shown"]),
        _groups("coverage"),
        reads=frozenset(["attributes", "metrics"]),
        lacks=True,
    ),
    "fairness.calibration_gap": Replayed(_GAP, _gap),
    "fairness.ranking_gap": Replayed(_GAP, _gap),
    "fairness.score_gap": Replayed(_GAP, _gap),
}
"""By kind."""
