"""One column of a drift result held against the limit of the rule; the tool's own verdict stays beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.canonical import Json, decimal_text
from govern.checks.drift.params import FROM_REPORT, DistributionParams, Role
from govern.checks.predictions import figure
from govern.diagnostics import plain
from govern.policy.outcomes import Finding, Location

if TYPE_CHECKING:
    from govern.evidence.tools.drift import Direction, DriftColumn
    from govern.evidence.tools.finding import Evidence

__all__ = ["Judged", "State", "column_of", "of_report", "shown", "stands_for", "worst_of"]

State = Literal["stable", "drifted", "undecided", "error"]
_RANK: tuple[State, ...] = ("stable", "undecided", "drifted", "error")
_TINY = Decimal("0.000001")

REPORTED = {
    "psi": "PSI",
    "jensen_shannon": "Jensen-Shannon distance",
    "ks": "K-S p_value",
    "chi_square": "chi-square p_value",
}
"""What Evidently calls a method that the rule may name. Its Total-Variation-Distance is a p-value, and not ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one measurement of one column came to, by the rule's limit."""

    name: str
    role: Role
    state: State
    method: str
    score: str | None = None
    direction: str | None = None
    limit: str | None = None
    """The limit that was applied, in words, e.g. `< 0.2`."""
    tool_verdict: str | None = None
    tool_threshold: str | None = None
    code: str = "E172"
    why: str = ""
    """Why it is undecided or an error."""
    remedy: str | None = None
    location: Location | None = None
    unseen: int = 0
    """Cells that only the current data fill; of recomputed columns."""

    def finding(self) -> Finding | None:
        """Give the finding of a column that is not stable."""
        if self.state == "stable":
            return None
        name = plain(self.name)
        detail = f"`{name}` has drifted: {plain(self.method)} is {self.score}" if self.state == "drifted" else self.why
        if self.state == "drifted" and self.tool_verdict == "pass":
            detail += "; the tool's own threshold lets it pass"
        if self.state == "drifted" and self.unseen:
            detail += f"; {self.unseen} of its cells are empty in the reference"
        return Finding(
            code=self.code,
            detail=detail,
            observed=self.score,
            required=self.limit,
            location=self.location,
            remediation=self.remedy,
            discriminator=f"column:{self.name}",
        )

    def fact(self) -> Json:
        """Give the row of the result document."""
        return {
            "name": self.name,
            "role": self.role,
            "state": self.state,
            "method": self.method,
            "score": self.score,
            "drift_when": self.direction,
            "required": self.limit,
            "tool_verdict": self.tool_verdict,
            "tool_threshold": self.tool_threshold,
        }


def worst_of(columns: Iterable[Judged]) -> dict[str, State]:
    """Give the worst state of each column: one that drifted by one of two methods has drifted."""
    states: dict[str, State] = {}
    for column in columns:
        states[column.name] = max(states.get(column.name, "stable"), column.state, key=_RANK.index)
    return states


def column_of(params: DistributionParams, direction: Direction, score: Decimal, within: Decimal) -> tuple[State, str]:
    """Hold a score against the limit of its sort; the limit in words, empty where the rule has none for the sort."""
    from govern.evidence.tools.drift import beyond

    limit = params.min_p_value if direction in ("<=", "<") else params.limit
    if limit is None:
        return "undecided", ""
    good = {"<=": ">", "<": ">=", ">=": "<", ">": "<="}[direction]
    side = beyond(direction, score, limit, within=within)
    state: State = "undecided" if side is None else "drifted" if side else "stable"
    return state, f"{good} {decimal_text(limit)}"


def shown(score: Decimal, limit: Decimal | None = None) -> str:
    """Write a score so that it stays on its side of the limit; very small ones with an exponent."""
    if not score:
        return "0"
    if abs(score) < _TINY and (limit is None or limit >= 10 * _TINY):
        return f"{score:.2e}"
    if score.adjusted() > 3:
        return f"{score:.6e}"
    return figure(Fraction(score), limit)


def of_report(params: DistributionParams, evidence: Evidence, columns: Iterable[DriftColumn]) -> list[Judged]:
    """Judge the columns of a report. Where the rule names a method, only results of that method count.

    What is not stable has its place in the file.
    """
    from govern.checks.tool_evidence import places

    judged: list[tuple[Judged, DriftColumn]] = []
    by_name: dict[str, list[DriftColumn]] = {}
    for column in columns:
        if params.judges(column.name):
            by_name.setdefault(column.name, []).append(column)
    for name, found in by_name.items():
        wanted = params.method_of(name)
        fitting = [item for item in found if wanted == FROM_REPORT or stands_for(item.method, wanted)]
        judged += [(_entry(params, item, fits=bool(fitting)), item) for item in fitting or found]
    told = [item.steps for made, item in judged if made.state != "stable"]
    where = places(evidence, told) if told else {}
    return [replace(made, location=where.get(item.steps)) for made, item in judged]


def stands_for(method: str | None, wanted: str) -> bool:
    """Say whether a method of a report is the one that a rule names."""
    return method is not None and method in (REPORTED.get(wanted), wanted)


def _entry(params: DistributionParams, column: DriftColumn, *, fits: bool) -> Judged:
    name, method = plain(column.name), column.method or "not stated"
    limit = params.min_p_value if column.direction in ("<=", "<") else params.limit
    state: State = "undecided"
    required, code, why, remedy = "", "E173", "", None
    if column.verdict_of_tool == "error":
        state, code = "error", "E178"
        why = f"the tool's test of `{name}` crashed"
        remedy = "Run the tool again on data that it can read."
    elif not fits:
        code = "E176"
        why = f"`{name}` was measured by {plain(method)}, and the rule asks for {params.method_of(column.name)}"
        remedy = "Measure it by the method of the rule, or add both tables to the bundle."
    elif column.direction is None:
        code = "E106"
        why = f"`{name}` was measured by {plain(method)}, of which nothing says which side of a limit means drift"
        remedy = "Measure it by a method that has a direction."
    else:
        state, required = column_of(params, column.direction, column.score, column.within)
        if state == "undecided":
            why, remedy = _why(params, column)
    return Judged(
        name=column.name,
        role=params.role_of(column.name),
        state=state,
        method=method,
        score=shown(column.score, limit),
        direction=column.direction,
        limit=required or None,
        tool_verdict=column.verdict_of_tool,
        tool_threshold=None if column.threshold_of_tool is None else shown(column.threshold_of_tool),
        code="E172" if state == "drifted" else code,
        why=why,
        remedy=remedy,
    )


def _why(params: DistributionParams, column: DriftColumn) -> tuple[str, str]:
    name, method = plain(column.name), plain(column.method or "")
    if column.direction in ("<=", "<") and params.min_p_value is None:
        return f"`{name}` has a p-value ({method}), and the rule limits distances only", "Add min_p_value to the rule."
    why = f"the score of `{name}` is rounded, and the limit lies within the rounding"
    return why, "Add the tool's report, which has all digits, beside its test suite."
