"""Check kinds `drift.*`: the data that the model meets are still like those it was made from, and somebody looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json, decimal_text, fraction_text
from govern.checks.drift.columns import Judged, of_report, worst_of
from govern.checks.drift.params import FROM_REPORT, DistributionParams
from govern.checks.drift.reference import report_reference
from govern.checks.drift.report import REPORT
from govern.checks.drift.tables import find_tables, measured, one_sided
from govern.checks.interface import Check
from govern.checks.predictions import missing
from govern.checks.tool_evidence import Gathered, Item, gather, places
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.tools.drift import Drift, DriftTest

__all__ = ["CHECKS", "DistributionParams"]

_MOST_FINDINGS = 100
_MOST_ROWS = 1_000
_WANTED = "a drift report of Evidently, or the tables spec.evidence.reference and spec.evidence.current"
_WORST = (Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR, Outcome.FAIL)


@dataclass(frozen=True, slots=True)
class _Source:
    """One report, or the pair of tables, and what its columns came to."""

    file: str
    columns: Sequence[Judged]
    rows: tuple[int | None, int | None]
    findings: tuple[tuple[Outcome, Finding], ...] = ()
    """What else was found, and the least that it comes to."""
    tool_says: str | None = None


@dataclass(frozen=True, slots=True)
class _Ruling:
    outcome: Outcome
    findings: tuple[Finding, ...]
    drifted: int
    of: int


def _not_tighter(old: DistributionParams, new: DistributionParams) -> tuple[str, str] | None:
    """More columns make each drifted one a smaller share of them, where some may drift."""
    if new.max_share > 0 and (set(old.ignore) - set(new.ignore)):
        return "ignore", "more columns make a drifted one a smaller share of them"
    return None


def _needs(params: DistributionParams) -> tuple[EvidenceNeed, ...]:
    tables = (EvidenceNeed("reference"), EvidenceNeed("current"))
    if params.recompute == "required":
        return tables
    named = params.method_of("default") != FROM_REPORT and params.from_ is None
    return (EvidenceNeed("drift"), *(tables if named else ()))


def _evaluate(params: DistributionParams, context: CheckContext) -> CheckResult:
    tables = find_tables(params, context)
    if isinstance(tables, CheckResult):
        return tables
    if tables is not None:
        columns, rows = measured(params, context, tables)
        sided = tuple((Outcome.FAIL, finding) for finding in one_sided(params, tables))
        return _result(params, [_Source(tables.current, columns, rows, sided)], tables.refs, tables.holds, "tables")
    gathered = gather(params, context, _drift_type(), name="drift reports", wanted=_WANTED)
    if isinstance(gathered, CheckResult):
        return gathered
    return _of_reports(params, context, gathered)


def _drift_type() -> type[Drift]:
    from govern.evidence.tools.drift import Drift

    return Drift


def _of_reports(params: DistributionParams, context: CheckContext, gathered: Gathered[Drift]) -> CheckResult:
    refs = gathered.refs
    if params.reference == "training":
        unmet: list[Finding] = []
        for item in gathered.items:
            finding, more = report_reference(context, item.evidence)
            unmet += [] if finding is None else [finding]
            refs += tuple(ref for ref in more if ref not in refs)
        if unmet:
            return missing("The reference is not shown to be training data.", unmet, refs, params.required)
    sources = [_report(params, item) for item in gathered.items]
    return _result(params, sources, refs, gathered.holds, "reports", gathered.notes)


def _report(params: DistributionParams, item: Item[Drift]) -> _Source:
    body, evidence = item.body, item.evidence
    told = [test for test in body.tests if test.about == "nothing" or test.verdict == "error"]
    where = places(evidence, [test.steps for test in told]) if told else {}
    troubles = [_trouble(test, where[test.steps]) for test in told]
    counted = "" if body.drifted is None or body.of is None else f", {body.drifted} of {body.of} columns"
    verdict = {"pass": "no drift", "fail": "drift", "error": "error", "not_evaluated": "no verdict"}
    return _Source(
        item.file,
        of_report(params, evidence, body.columns),
        (body.rows_reference, body.rows_current),
        tuple(troubles),
        f"{verdict[body.verdict_of_tool]}{counted}",
    )


def _trouble(test: DriftTest, location: Location) -> tuple[Outcome, Finding]:
    crashed = test.verdict == "error"
    finding = Finding(
        code="E178",
        detail=f"the tool's test {plain(test.name)} {'crashed' if crashed else 'has no result'}",
        location=location,
        remediation="Run the tool again on data that it can read.",
        discriminator=f"test:{test.name}",
    )
    return (Outcome.ERROR if crashed else Outcome.INCONCLUSIVE), finding


# --- from columns to an outcome


def _ruling(params: DistributionParams, source: _Source) -> _Ruling:
    """Judge one source: each role by its own share, what is undecided counted as drift where that decides."""
    states = worst_of(source.columns)
    found: list[tuple[Outcome, Finding]] = [*source.findings, *_absent(params, source, states)]
    for role in ("feature", "prediction", "target"):
        mine = [state for name, state in states.items() if params.role_of(name) == role]
        if not mine:
            continue
        drifted, unknown = mine.count("drifted"), len(mine) - mine.count("drifted") - mine.count("stable")
        named_unknown = any(states.get(name) == "undecided" for name in params.columns)
        outcome = None
        if "error" in mine:
            outcome = Outcome.ERROR
        elif Fraction(drifted, len(mine)) > Fraction(params.max_share):
            outcome = Outcome.FAIL
        elif Fraction(drifted + unknown, len(mine)) > Fraction(params.max_share) or named_unknown:
            outcome = Outcome.INCONCLUSIVE
        if outcome is not None:
            found += [
                (outcome, finding)
                for column in source.columns
                if column.role == role and (finding := column.finding()) is not None
            ]
    doubts = list(_too_few(params, source))
    worst = max((outcome for outcome, _finding in found), key=_WORST.index, default=Outcome.PASS)
    if doubts and worst is not Outcome.ERROR:
        worst = Outcome.INCONCLUSIVE
    findings = tuple(doubts) + tuple(finding for _outcome, finding in found)
    return _Ruling(worst, findings, list(states.values()).count("drifted"), len(states))


def _absent(params: DistributionParams, source: _Source, states: Mapping[str, str]) -> list[tuple[Outcome, Finding]]:
    """Name what the rule asks about and the source does not have."""
    told = {finding.discriminator for _outcome, finding in source.findings}
    wanted = [*params.columns]
    wanted += [params.prediction] if "prediction" in params.of else []
    wanted += [params.target] if "target" in params.of else []
    absent = [
        (
            Outcome.MISSING_EVIDENCE,
            Finding(
                code="E174",
                detail=f"there is no drift result for `{plain(name)}`",
                required=params.required,
                location=Location(source.file),
                remediation="Add the column to the report, or to both tables.",
                discriminator=f"column:{name}",
            ),
        )
        for name in dict.fromkeys(wanted)
        if name not in states and f"column:{name}" not in told
    ]
    if "features" in params.of and not any(params.role_of(name) == "feature" for name in states):
        detail = f"{plain(source.file)} has no result for any feature"
        finding = Finding(
            code="E104",
            detail=detail,
            required=params.required,
            location=Location(source.file),
            remediation="Run the tool on the model's features.",
            discriminator="features",
        )
        absent.append((Outcome.MISSING_EVIDENCE, finding))
    return absent


def _too_few(params: DistributionParams, source: _Source) -> list[Finding]:
    found = []
    for side, rows in zip(("reference", "current"), source.rows, strict=True):
        if params.min_rows > (rows or 0):
            said = f"the {side} data have {rows} rows"
            unsaid = f"{plain(source.file)} does not say how many rows the {side} data had"
            found.append(
                Finding(
                    code="E139",
                    detail=unsaid if rows is None else said,
                    observed="not stated" if rows is None else f"n = {rows}",
                    required=f"n >= {params.min_rows}",
                    location=Location(source.file),
                    remediation="Compare more rows; or add both tables, which are counted; or set min_rows: 0.",
                    discriminator=f"rows:{side}",
                )
            )
    return found


def _result(
    params: DistributionParams,
    sources: Sequence[_Source],
    refs: tuple[EvidenceRef, ...],
    holds: tuple[Holds, ...],
    how: str,
    notes: tuple[Finding, ...] = (),
) -> CheckResult:
    rulings = [_ruling(params, source) for source in sources]
    outcome = max((ruling.outcome for ruling in rulings), key=_WORST.index)
    worst = max(rulings, key=lambda ruling: (_WORST.index(ruling.outcome), ruling.drifted))
    names = sorted({item.name for source in sources for item in source.columns if item.state == "drifted"})
    share = fraction_text(Fraction(worst.drifted, worst.of)) if worst.of else None
    findings = tuple(finding for ruling in rulings for finding in ruling.findings)
    told = f"{worst.drifted} of {worst.of} columns have drifted" if worst.of else "No column was judged"
    by = "computed again from both tables" if how == "tables" else "as the report's scores show"
    return CheckResult(
        outcome=outcome,
        summary=f"{told}, {by} ({params.required} asked).",
        findings=(*findings[:_MOST_FINDINGS], *notes),
        evidence=refs,
        observed=share,
        required=params.required,
        fields={
            "drifted": str(worst.drifted),
            "of": str(worst.of),
            "share": share or "unknown",
            "columns": ", ".join(map(plain, names[:20])) or "none",
        },
        holds=holds,
        facts=_facts(params, sources, how),
    )


def _facts(params: DistributionParams, sources: Sequence[_Source], how: str) -> Json:
    return {
        "kind": "drift",
        "source": how,
        "max_share": decimal_text(params.max_share),
        "limit": decimal_text(params.limit),
        "min_p_value": None if params.min_p_value is None else decimal_text(params.min_p_value),
        "results": [
            {
                "file": source.file,
                "rows_reference": source.rows[0],
                "rows_current": source.rows[1],
                "tool_says": source.tool_says,
                "columns": [item.fact() for item in source.columns[:_MOST_ROWS]],
            }
            for source in sources
        ],
    }


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="drift.distribution",
            version=1,
            summary="Passes when no more than the accepted share of columns has drifted from the reference, by the "
            "limits of the rule.",
            cannot_show="That the model still does well: a distribution may keep its shape while its meaning changes, "
            "and columns are judged one at a time; nor that a report was made from the data it names.",
            params=DistributionParams,
            needs=_needs,
            not_tighter=_not_tighter,
            message_fields=("drifted", "of", "share", "columns"),
            default_remediation="Find out why the data changed; measure the model on the new data, or retrain it.",
        ),
        evaluate=_evaluate,
    ),
    REPORT,
)
"""The family's kinds."""
