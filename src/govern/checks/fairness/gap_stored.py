"""Judging scores, errors and ranks again from the counts that a result keeps: no rows, no files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from govern.canonical import Json
from govern.checks.fairness.declared import stands_for_more
from govern.checks.fairness.gap_findings import outcome_of_gaps
from govern.checks.fairness.gap_restricted import errors_from_json, ranks_from_json
from govern.fairness import scores_from_json
from govern.fairness.gaps import Groups, judge_gaps
from govern.fairness.measures import ERRORS, EXPOSURE, SCORES, Measure, calibration_measure, top_k_measure
from govern.fairness.ranking import rank_table
from govern.fairness.regression import error_table
from govern.fairness.score_groups import score_table
from govern.policy.outcomes import Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.gap_params import GapParams

__all__ = ["stored_gap_outcome"]

Table = Callable[[Any, tuple[str, ...]], tuple[dict[tuple[str, ...], Any], int]]


def stored_gap_outcome(params: GapParams, facts: Json) -> Outcome | None:
    """Give the outcome that the check would come to; None where the facts do not hold what that rests on."""
    if not isinstance(facts, Mapping) or facts.get("kind") != "fairness-scores":
        return None
    held: Mapping[str, Any] = facts
    if held.get("measure") != str(getattr(params, "measure", "")):
        return None
    try:
        counts, table, measures = _counts(params, held["restricted"])
        names = [tuple(map(str, item["attributes"])) for item in held["tables"]]
        tables = _tables(params, counts, table, tuple(dict.fromkeys(names)))
    except (KeyError, TypeError, ValueError):
        return None
    judgement = judge_gaps(params.question(), measures, tables)
    return outcome_of_gaps(params, judgement, tables, rows=counts.rows, missing=counts.missing)


def _counts(params: Any, restricted: Any) -> tuple[Any, Table, list[Measure]]:
    """Read the counts by the form they have, and give the measures that are taken of them."""
    if "bins" in restricted:
        counts = scores_from_json(restricted)
        measure = SCORES.get(params.measure) or calibration_measure(params.measure, params.bins)
        return counts, score_table, [measure]
    if "sums" in restricted:
        return errors_from_json(restricted), error_table, [ERRORS[params.measure]]
    places = [EXPOSURE] if params.measure == "exposure" else [top_k_measure(k) for k in sorted(params.k)]
    return ranks_from_json(restricted), rank_table, places


def _tables(params: GapParams, counts: Any, table: Table, stored: tuple[tuple[str, ...], ...]) -> list[Groups]:
    """Give the tables of the rule; names of the model record stand for those that the result was made of."""
    declared = {axis.name for axis in counts.axes if axis.declared}
    made = []
    for attributes in stored if stands_for_more(params.tables) else params.tables:
        groups, unknown = table(counts, attributes)
        made.append(Groups(attributes, groups, unknown, len(attributes) == 1 and attributes[0] in declared))
    return made
