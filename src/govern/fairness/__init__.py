"""Fairness: counts, rates, intervals, tests and bounds. Statistics only: no files, no policies.

Rows are reduced to a `Counts` tensor once; everything after that is arithmetic on integers, so that two analysts
with the same counts get the same verdict. `judge(question, counts)` is the one entry a check needs.
"""

from __future__ import annotations

from govern.fairness.counts import MAX_CELLS, MAX_GROUPS, Axis, Counts, GroupTable, Missing, dense_size
from govern.fairness.disparity import (
    GroupLine,
    Judgement,
    Pair,
    Question,
    Reason,
    ReasonKind,
    TableJudgement,
    Verdict,
)
from govern.fairness.judge import coded_backwards, group_label, judge
from govern.fairness.performance import CellMetric, Measured, ScoreMetric, from_cells, from_scores
from govern.fairness.rates import METRICS, MetricName, Rate, Tally, Undefined, Value, components, needs_labels
from govern.fairness.scores import ScoreCounts, ScoreSums, scores_from_json, scores_to_json

__all__ = [
    "MAX_CELLS",
    "MAX_GROUPS",
    "METRICS",
    "Axis",
    "CellMetric",
    "Counts",
    "GroupLine",
    "GroupTable",
    "Judgement",
    "Measured",
    "MetricName",
    "Missing",
    "Pair",
    "Question",
    "Rate",
    "Reason",
    "ReasonKind",
    "ScoreCounts",
    "ScoreMetric",
    "ScoreSums",
    "TableJudgement",
    "Tally",
    "Undefined",
    "Value",
    "Verdict",
    "coded_backwards",
    "components",
    "dense_size",
    "from_cells",
    "from_scores",
    "group_label",
    "judge",
    "needs_labels",
    "scores_from_json",
    "scores_to_json",
]
