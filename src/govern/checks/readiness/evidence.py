"""What the kinds on declared readiness share: the model record as evidence, and findings at its lines."""

from __future__ import annotations

from collections.abc import Sequence

from govern.checks.context import CheckContext
from govern.checks.predictions import missing, terms_of
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Location, Outcome

__all__ = ["COMES_TO", "MOST_FINDINGS", "RECORD_FILE", "judged", "record_evidence", "record_place"]

MOST_FINDINGS = 100
COMES_TO = (Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE)
RECORD_FILE = "govern.yaml"


def record_evidence(params: CheckParams, context: CheckContext) -> tuple[EvidenceRef, ...] | CheckResult:
    """Give the model record as evidence, or the result that says why it cannot be asked.

    It names the model by being in its bundle, so it is bound; it is of grade E0 and bears no date.
    """
    bundle = context.bundle
    if bundle.record_file is None:
        finding = Finding(
            code="C110",
            detail="the bundle has no model record",
            required=RECORD_FILE,
            remediation=f"Add {RECORD_FILE} at the root of the bundle: govern init --model writes one.",
            discriminator="record",
        )
        return missing("There is no model record.", [finding])
    entry = bundle.files[bundle.record_file]
    evidence = (EvidenceRef(name="model_record", file=entry.path, digest=entry.sha256, bound=True),)
    terms = terms_of(params, name="declared facts", file=entry.path, bound=True, produced_at=None, tool=None)
    if terms.unmet:
        return missing("The model record does not meet the terms of the rule.", terms.unmet, evidence)
    return evidence


def record_place(context: CheckContext, *path: str | int) -> Location | None:
    """Give the place of a value of the record, or of the nearest one above it."""
    span = context.bundle.record_span(*path)
    if span is None:
        return None
    return Location(span.file, span.line, span.column, "/" + "/".join(str(step) for step in path))


def judged(
    *,
    wrong: Sequence[Finding],
    lacking: Sequence[Finding],
    notes: Sequence[Finding],
    good: str,
    evidence: tuple[EvidenceRef, ...],
    required: str | None = None,
) -> CheckResult:
    """Make the result: what is wrong fails, what nobody declared is missing, and notes are shown with either."""
    found = [*wrong, *lacking]
    if not found:
        return CheckResult(
            outcome=Outcome.PASS,
            summary=good,
            findings=tuple(notes[:MOST_FINDINGS]),
            evidence=evidence,
            required=required,
        )
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return CheckResult(
        outcome=Outcome.FAIL if wrong else Outcome.MISSING_EVIDENCE,
        summary=f"{found[0].detail}{more}.",
        findings=tuple([*found, *notes][:MOST_FINDINGS]),
        evidence=evidence,
        required=required,
    )
