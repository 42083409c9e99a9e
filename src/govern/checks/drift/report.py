"""Check kind `drift.report`: somebody looks at drift, and often enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.canonical import instant_text, parse_instant
from govern.checks.interface import Check
from govern.checks.predictions import missing
from govern.checks.tool_evidence import Gathered, Item, ToolParams, gather
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed, parameter
from govern.policy.outcomes import CheckResult, Finding, Holds, Location, Outcome
from govern.policy.types import Duration, Names

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.drift import Drift

__all__ = ["REPORT", "ReportParams"]


class ReportParams(ToolParams):
    """Parameters of `drift.report`."""

    cadence: Duration = parameter("Longest time that may pass from one report to the next.", tighten="down")
    covers: Names = parameter("Columns that the report must have a result for.", tighten="superset", default=())


def _needs(_params: ReportParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("drift"),)


def _evaluate(params: ReportParams, context: CheckContext) -> CheckResult:
    from govern.evidence.tools.drift import Drift

    gathered = gather(params, context, Drift, name="drift reports", wanted="a drift report of Evidently")
    if isinstance(gathered, CheckResult):
        return gathered
    required = f"a report every {params.cadence}"
    covering = [item for item in gathered.items if not _lacks(params, item)]
    if not covering:
        findings = [_uncovered(params, item) for item in gathered.items]
        return missing("No drift report covers what is asked.", findings, gathered.refs, required)
    dated = sorted((item.evidence.produced_at or "", item.file) for item in covering)
    when, file = dated[-1]
    if not when:
        finding = Finding(
            code="E110",
            detail=f"{plain(file)} does not say when it was made",
            required=required,
            location=Location(file),
            remediation="Add an evidence envelope with produced_at.",
            discriminator="undated:drift reports",
        )
        return missing("No drift report says when it was made.", [finding], gathered.refs, required)
    return _fresh(params, gathered, when)


def _results(item: Item[Drift]) -> set[str]:
    """Give the columns that the report has a result for; a test that crashed or was skipped gave none."""
    return {column.name for column in item.body.columns if column.verdict_of_tool != "error"}


def _lacks(params: ReportParams, item: Item[Drift]) -> list[str]:
    found = _results(item)
    return sorted(set(params.covers) - found) if found else ["any column"]


def _uncovered(params: ReportParams, item: Item[Drift]) -> Finding:
    names = ", ".join(plain(name) for name in _lacks(params, item)[:20])
    return Finding(
        code="E174",
        detail=f"{plain(item.file)} has no result for {names}",
        required=", ".join(params.covers) or "at least one column",
        location=Location(item.file),
        remediation="Run the tool on these columns too.",
        discriminator=f"covers:{item.file}",
    )


def _fresh(params: ReportParams, gathered: Gathered[Drift], when: str) -> CheckResult:
    from govern.policy.durations import add

    until = instant_text(add(parse_instant(when), params.cadence))
    due = Holds(
        otherwise=Outcome.MISSING_EVIDENCE, reason=f"no drift report for more than {params.cadence}", until=until
    )
    return CheckResult(
        outcome=Outcome.PASS,
        summary=f"The newest drift report was made {when}; the next is due by {until}.",
        evidence=gathered.refs,
        observed=when,
        required=f"a report every {params.cadence}",
        fields={"made": when, "due": until},
        holds=(*gathered.holds, due),
        findings=gathered.notes,
    )


REPORT = Check(
    spec=CheckSpec(
        kind="drift.report",
        version=1,
        summary="Passes when a drift report that covers the asked columns is newer than the cadence.",
        cannot_show="What the report says: `drift.distribution` judges that; nor that it was made from live data.",
        params=ReportParams,
        needs=_needs,
        comes_to=(Outcome.PASS, Outcome.MISSING_EVIDENCE),
        message_fields=("made", "due"),
        default_remediation="Run the drift report on current data and add it to the bundle.",
    ),
    evaluate=_evaluate,
)
"""The kind."""
