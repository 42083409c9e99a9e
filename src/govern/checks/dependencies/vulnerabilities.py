"""Matching a dependency list against the advisory snapshot, and until when the answer holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from govern.canonical import Json, digest_of, instant_text, parse_instant
from govern.checks.context import CheckContext
from govern.checks.dependencies.evidence import DependencyList, counted, line_location, listed
from govern.checks.dependencies.findings import match_all
from govern.checks.dependencies.params import VulnerabilitiesParams
from govern.diagnostics import plain
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Outcome

if TYPE_CHECKING:
    from govern.security.advisories import Band, GroupFinding, Snapshot
    from govern.security.requirements import RequirementLine

__all__ = ["judge_vulnerabilities"]


def judge_vulnerabilities(params: VulnerabilitiesParams, context: CheckContext) -> CheckResult:
    """Match the list against the snapshot of the run: the check kind `dependencies.vulnerabilities`."""
    snapshot = context.advisories
    if snapshot is None:
        return _no_snapshot(context)
    found = listed(params, context, ())
    if isinstance(found, CheckResult):
        return found
    matched = match_all(found.requirements, snapshot, context)
    tolerated = [item for item in matched.found if _tolerated(item[1], params)]
    refused = [item for item in matched.found if item not in tolerated]
    lacking = _lacking(snapshot, params.databases)
    findings = (
        *(_match_finding(line, item, fix, params) for line, item, fix in refused),
        *lacking,
        *matched.undecided,
        *(_match_finding(line, item, fix, params) for line, item, fix in tolerated),
    )
    outcome = Outcome.PASS
    if refused:
        outcome = Outcome.FAIL
    elif lacking or any(source.newest_modified is None for source in snapshot.sources):
        outcome = Outcome.MISSING_EVIDENCE
    elif matched.undecided:
        outcome = Outcome.INCONCLUSIVE
    evidence = (
        *found.evidence,
        # Handed to the gate by its digest, not by the bundle: it speaks of packages and cannot be another model's.
        EvidenceRef(name="advisories", file=f"sha256:{snapshot.digest}", digest=snapshot.digest, bound=True),
    )
    packages = len(found.requirements.packages)
    return CheckResult(
        outcome=outcome,
        summary=plain(_said(packages, len(refused), len(tolerated), len(matched.undecided), snapshot), limit=600),
        findings=findings,
        evidence=evidence,
        observed=f"{len(refused)} matches" if refused else "no match",
        required=_required(params),
        fields={
            "packages": str(packages),
            "matches": str(len(refused)),
            "undecided": str(len(matched.undecided)),
            "snapshot": snapshot.describe(),
        },
        holds=() if outcome is Outcome.FAIL else _holds(params, snapshot),
        facts=_facts(found, matched.found, snapshot, params),
    )


def _said(packages: int, refused: int, tolerated: int, undecided: int, snapshot: Snapshot) -> str:
    looked = f"of {counted(packages, 'package')}, in {snapshot.describe()}"
    parts = [f"{counted(refused, 'match', 'matches')} above the line" if refused else ""]
    parts.append(f"{counted(tolerated, 'tolerated match', 'tolerated matches')}" if tolerated else "")
    parts.append(f"{undecided} undecided" if undecided else "")
    told = ", ".join(part for part in parts if part)
    return f"{told} {looked}." if told else f"No match in {snapshot.describe()} for {counted(packages, 'package')}."


def _no_snapshot(context: CheckContext) -> CheckResult:
    problem = context.advisories_problem
    detail = problem.message if problem is not None else "no advisory snapshot was given"
    finding = Finding(
        code=problem.code if problem is not None else "S101",
        detail=detail,
        required="an advisory snapshot",
        remediation="Run `govern advisories update`, or give a snapshot folder with --advisories.",
        discriminator="snapshot",
    )
    outcome = Outcome.ERROR if problem is not None else Outcome.MISSING_EVIDENCE
    return CheckResult(outcome=outcome, summary=f"Nothing was matched: {detail}.", findings=(finding,))


def _tolerated(item: GroupFinding, params: VulnerabilitiesParams) -> bool:
    if item.malicious or params.max_severity == "none":
        return False
    return _band(item, params).rank <= _rank(params.max_severity)


def _band(item: GroupFinding, params: VulnerabilitiesParams) -> Band:
    from govern.security.advisories import Band

    return item.severity or Band(params.unscored_as)


def _rank(name: str) -> int:
    from govern.security.advisories import Band

    return Band(name).rank


def _required(params: VulnerabilitiesParams) -> str:
    return "no match" if params.max_severity == "none" else f"severity at most {params.max_severity}"


def _match_finding(
    line: RequirementLine, item: GroupFinding, fix: str | None, params: VulnerabilitiesParams
) -> Finding:
    names = ", ".join((*item.ids, *item.aliases)[:8])
    severity = str(item.severity) if item.severity else f"unknown, treated as {params.unscored_as}"
    disputed = "; disputed by the record's own range" if set(item.evidence) == {"versions"} else ""
    known = f"; fixed in {', '.join(item.fixed[:5])}" if item.fixed else "; no fixed version known"
    what = "is reported as malicious" if item.malicious else "matches"
    if item.malicious:
        remediation = f"Remove {item.package}, and look at every machine that installed it."
    elif fix is not None:
        remediation = f"Pin {item.package}=={fix}: the smallest fixed version that no record of the snapshot matches."
    else:
        remediation = (
            f"No fixed version of {item.package} is known that clears every match: replace it, or ask for a waiver."
        )
    return Finding(
        code="S202" if item.malicious else "S201",
        detail=f"{item.package} {item.version} {what}: {names}; severity {severity}{known}{disputed}",
        observed=str(_band(item, params)),
        required=_required(params),
        location=line_location(line),
        remediation=remediation,
        discriminator=f"{item.package}:{item.ids[0]}",
    )


def _lacking(snapshot: Snapshot, databases: Iterable[str]) -> tuple[Finding, ...]:
    held = snapshot.databases
    return tuple(
        Finding(
            code="S108",
            detail=f"the advisory snapshot does not hold the database {name}",
            observed=", ".join(held),
            required=name,
            remediation="Build the snapshot from this database too.",
            discriminator=name,
        )
        for name in databases
        if name not in held
    )


def _holds(params: VulnerabilitiesParams, snapshot: Snapshot) -> tuple[Holds, ...]:
    """Give until when the snapshot is recent enough, and every database in it still speaks."""
    from govern.policy.durations import add
    from govern.security.advisories.records import moment_of

    taken = parse_instant(snapshot.as_of)
    ends = [(add(taken, params.max_snapshot_age), f"advisory snapshot older than {params.max_snapshot_age}")]
    for source in snapshot.sources:
        if source.newest_modified is not None:
            silent = f"no record of {source.name} newer than {params.max_silence}"
            ends.append((add(moment_of(source.newest_modified), params.max_silence), silent))
    return (
        Holds(otherwise=Outcome.ERROR, reason="advisory snapshot dated after the decision", start=snapshot.as_of),
        *(Holds(otherwise=Outcome.MISSING_EVIDENCE, reason=why, until=instant_text(end)) for end, why in ends),
    )


def _facts(
    found: DependencyList,
    matches: list[tuple[RequirementLine, GroupFinding, str | None]],
    snapshot: Snapshot,
    params: VulnerabilitiesParams,
) -> Json:
    packages = found.requirements.packages
    pairs = sorted({(line.name, line.version) for line in packages if line.name and line.version})
    return {
        "kind": "dependency-findings",
        "snapshot": {
            "digest": snapshot.digest,
            "as_of": snapshot.as_of,
            "records": len(snapshot.records),
            "newest": snapshot.newest_modified,
            "sources": [
                {"name": s.name, "revision": s.revision, "newest": s.newest_modified} for s in snapshot.sources
            ],
        },
        "packages": len(packages),
        "list": pairs,
        "list_digest": digest_of(pairs),
        "findings": [_finding_facts(item, fix, params) for _line, item, fix in matches],
    }


def _finding_facts(item: GroupFinding, fix: str | None, params: VulnerabilitiesParams) -> Mapping[str, Json]:
    return {
        "package": item.package,
        "version": item.version,
        "ids": list(item.ids),
        "aliases": list(item.aliases),
        "severity": str(item.severity) if item.severity else None,
        "treated_as": str(_band(item, params)),
        "malicious": item.malicious,
        "evidence": list(item.evidence),
        "fixed": list(item.fixed),
        "clears_all": fix,
        "published": item.published,
        "summary": item.summary[:300],
    }
