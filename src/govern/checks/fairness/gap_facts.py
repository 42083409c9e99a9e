"""The facts of a judgement on scores, numeric predictions or ranks: what may be shown, and the counts behind it.

Everything outside `restricted` is public: a group that is not shown has no number there, a bin of a reliability table
with few people has none, and a step of a ROC curve holds enough people of each outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, decimal_text, fraction_text
from govern.checks.fairness.gap_shown import ShownGaps, hidden_parts
from govern.checks.fairness.gap_words import value_text
from govern.fairness import Undefined, group_label
from govern.fairness.calibration import reliability
from govern.fairness.figure_intervals import z_of
from govern.fairness.score_gaps import roc
from govern.fairness.score_groups import GroupScores

if TYPE_CHECKING:
    from govern.checks.fairness.gap_evidence import Held
    from govern.checks.fairness.gap_params import GapParams
    from govern.fairness.bounded import Ends, Figure
    from govern.fairness.gaps import Gap, GapJudgement, GapLine, GapTable, Groups

__all__ = ["facts_of_gaps"]

_NUMBERS = (
    "n",
    "least",
    "positives",
    "negatives",
    "value",
    "bound",
    "low",
    "high",
    "small",
    "undefined",
    "roc",
    "reliability",
)
_BINS = 10
_LIST = 65


def facts_of_gaps(held: Held[GapParams], judgement: GapJudgement, shown: ShownGaps) -> Json:
    """Give the canonical facts, decimals as text."""
    params = held.params
    low, high = params.limits
    tables: Mapping[tuple[str, ...], Groups] = {table.attributes: table for table in held.tables}
    references = params.references
    return {
        "kind": "fairness-scores",
        "measure": str(getattr(params, "measure", "")),
        "threshold": decimal_text(low if low is not None else high or Decimal(0)),
        "direction": "at_least" if low is not None else "at_most",
        "decide": params.decide,
        "confidence": decimal_text(params.confidence),
        "min_group": params.min_group,
        "bins": getattr(params, "bins", _BINS),
        "reference": None if references is None else dict(sorted(references.items())),
        "comparisons": judgement.family,
        "rows": held.people.rows,
        "missing": held.people.missing.rows,
        "smallest_shown": params.smallest_shown,
        "tables": [_table(params, table, tables[table.attributes], shown) for table in judgement.tables],
        "restricted": held.restricted,
    }


def _table(params: GapParams, table: GapTable, groups: Groups, shown: ShownGaps) -> Json:
    hidden = shown.hidden(table)
    return {
        "attributes": list(table.attributes),
        "measure": table.measure,
        "compare": table.compare,
        "verdict": table.verdict.value,
        "unknown": table.unknown if not hidden or table.unknown >= shown.smallest else None,
        "groups": [
            _line(params, table, line, groups.groups[line.group], None if line.group in hidden else shown)
            for line in table.lines
        ],
        "worst": None if table.worst is None else _gap(params, table, table.worst, shown),
    }


def _line(params: GapParams, table: GapTable, line: GapLine, held: Any, shown: ShownGaps | None) -> Json:
    named: dict[str, Json] = {
        "group": dict(zip(table.attributes, line.group, strict=True)),
        "label": group_label(table.attributes, line.group),
        "shown": shown is not None,
    }
    if shown is None:
        return {**named, **dict.fromkeys(_NUMBERS)}
    scores = held if isinstance(held, GroupScores) and table.measure != "smd" else None
    return {
        **named,
        "n": line.people,
        "least": line.n,
        "positives": scores.positives if scores else None,
        "negatives": scores.negatives if scores else None,
        **_figure(line.figure),
        **_ends(line.ends),
        "small": line.small,
        "undefined": line.figure.reason if isinstance(line.figure, Undefined) else None,
        "roc": _roc(scores, shown.smallest) if scores else None,
        "reliability": _reliability(params, scores, shown.smallest) if scores else None,
    }


def _figure(value: Figure) -> dict[str, Json]:
    if isinstance(value, Undefined):
        return {"value": None, "bound": None}
    return {"value": value_text(value, None, 6), "bound": value_text(value, None, 6, half=True)}


def _ends(ends: Ends | None) -> dict[str, Json]:
    if ends is None:
        return {"low": None, "high": None}
    return {"low": decimal_text(ends.low), "high": decimal_text(ends.high)}


def _gap(params: GapParams, table: GapTable, gap: Gap, shown: ShownGaps) -> Json:
    names = ("group", "reference", "value", "bound", "low", "high", "n", "reference_n")
    if not shown.gap(table, gap):
        return {**dict.fromkeys(names), "shown": False}
    low, high = params.limits
    people = {line.group: line.people for line in table.lines}
    told = _figure(gap.value)
    if not isinstance(gap.value, Undefined):
        told["value"] = value_text(gap.value, low if low is not None else high, 6)
    return {
        "group": group_label(table.attributes, gap.group),
        "reference": group_label(table.attributes, gap.other),
        **told,
        **_ends(gap.ends),
        "n": people[gap.group],
        "reference_n": people[gap.other],
        "shown": True,
    }


def _roc(group: GroupScores, smallest: int) -> Json:
    points = roc(group, max(1, smallest))
    if points is None:
        return None
    return [[fraction_text(x, 6), fraction_text(y, 6)] for x, y in points[:_LIST]]


def _reliability(params: GapParams, group: GroupScores, smallest: int) -> Json:
    if not group.probabilities or not group.positives or not group.negatives:
        return None
    parts = reliability(group, getattr(params, "bins", _BINS))
    hidden = hidden_parts([(part.n - part.positives, part.positives) for part in parts], smallest)
    z = z_of(params.confidence)
    rows: list[Json] = []
    for place, part in enumerate(parts):
        span = {"from": fraction_text(part.start, 6), "to": fraction_text(part.end, 6)}
        spread = None if place in hidden else part.spread(z)
        rows.append(
            {
                **span,
                "n": None if place in hidden else part.n,
                "mean_score": None if spread is None else fraction_text(part.scores.middle / part.n, 6),
                "rate": None if spread is None else fraction_text(Fraction(part.positives, part.n), 6),
                "low": None if spread is None else decimal_text(spread[0]),
                "high": None if spread is None else decimal_text(spread[1]),
            }
        )
    return rows
