"""Check kinds `dependencies.*`: is every requirement settled, and does an advisory match one of them.

No check has a clock: a vulnerabilities result carries the instants until which its snapshot is recent enough. A known
match stays `fail` however old the snapshot is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from govern.canonical import Json
from govern.checks.context import CheckContext
from govern.checks.dependencies.evidence import counted, dependencies_root, listed
from govern.checks.dependencies.params import PinnedParams, VulnerabilitiesParams
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Outcome

if TYPE_CHECKING:
    from govern.security.requirements import RequirementLine

__all__ = ["CHECKS", "dependencies_root"]


def _pinned(params: PinnedParams, context: CheckContext) -> CheckResult:
    from govern.checks.dependencies.findings import pinned_findings

    found = listed(params, context, params.files)
    if isinstance(found, CheckResult):
        return found
    lines = found.requirements.packages
    findings = pinned_findings(found.requirements, params)
    hashed = sum(1 for line in lines if any(item.startswith("sha256:") for item in line.hashes))
    where = ", ".join(found.requirements.files[:5])
    if findings:
        summary = f"{counted(len(findings), 'finding')} in {counted(len(lines), 'requirement')} of {where}."
    else:
        summary = f"Each of {counted(len(lines), 'requirement')} of {where} names one version; {hashed} have a sha256."
    return CheckResult(
        outcome=Outcome.FAIL if findings else Outcome.PASS,
        summary=plain(summary, limit=500),
        findings=findings,
        evidence=found.evidence,
        observed=str(len(findings)),
        required="0",
        fields={"requirements": str(len(lines)), "findings": str(len(findings)), "hashed": str(hashed)},
        facts={
            "kind": "dependency-list",
            "files": list(found.requirements.files),
            "environment": dict(sorted(found.environment.items())),
            "lines": [_line_facts(line) for line in found.requirements.lines],
        },
    )


def _vulnerabilities(params: VulnerabilitiesParams, context: CheckContext) -> CheckResult:
    from govern.checks.dependencies.vulnerabilities import judge_vulnerabilities

    return judge_vulnerabilities(params, context)


def _line_facts(line: RequirementLine) -> Json:
    return {
        "file": line.file,
        "line": line.line,
        "class": str(line.kind),
        "name": line.name,
        "version": line.version,
        "marker": line.marker,
        "note": line.note,
    }


def _needs(_params: Any) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("dependencies"),)


def _needs_advisories(_params: Any) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("dependencies"), EvidenceNeed("advisories"))


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="dependencies.pinned",
            version=1,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            summary="Passes when every requirement settles one version and nothing changes where packages come from.",
            cannot_show="That the packages were really installed, or what an unlisted dependency of theirs is.",
            params=PinnedParams,
            needs=_needs,
            message_fields=("requirements", "findings", "hashed"),
            default_remediation="Pin each requirement with ==, for example from a lock file.",
        ),
        _pinned,
    ),
    Check(
        CheckSpec(
            kind="dependencies.vulnerabilities",
            version=1,
            summary="Passes when no record of a recent advisory snapshot matches a pinned requirement above the line.",
            cannot_show="That a package has no flaw: only that the snapshot's databases name none at this version.",
            params=VulnerabilitiesParams,
            needs=_needs_advisories,
            message_fields=("packages", "matches", "undecided", "snapshot"),
            default_remediation="Move to the fixed version that the finding names.",
        ),
        _vulnerabilities,
    ),
)
