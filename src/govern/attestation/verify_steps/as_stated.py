"""What a statement says was evaluated, for whoever has no evaluation record: a waiver is ruled on with that much."""

from __future__ import annotations

from dataclasses import replace

from govern.attestation.reading_verdict import RuleClaim, Verdict
from govern.decision.evaluation import Evaluation, RuleOutcome, Subject
from govern.decision.overall import QUORUM_CHECK
from govern.decision.waivers import VerifiedWaiver
from govern.policy.outcomes import CheckResult, Outcome

__all__ = ["as_stated", "likely_outcome"]


def as_stated(verdict: Verdict, waiver: VerifiedWaiver, *, bundle: str) -> tuple[Evaluation, VerifiedWaiver]:
    """Give an evaluation made from a certificate or refusal, and the waiver as far as it can be held against that.

    What the statement does not say is taken as the waiver would have it: the compiled rule, how long it may be waived,
    the outcome before waiving, the advisories found, who owns and develops the model. Subject, stage, rule, dates,
    approver, submitter and the observed value are known.
    """
    rules = tuple(_rule(item, waiver) for item in verdict.rules)
    evaluation = Evaluation(
        plan_digest=verdict.plan,
        stage=verdict.stage,
        subject=Subject(
            name=verdict.model,
            version=verdict.version,
            digest=bundle,
            model_digest=verdict.artefacts,
            layout="",
            files=verdict.files,
            bytes=verdict.size_bytes,
        ),
        policies=(),
        outcomes=rules,
        not_assessed=verdict.not_assessed,
        advisories=None,
        lineage_digest=None,
    )
    return evaluation, replace(waiver, limit=None) if isinstance(waiver.limit, tuple) else waiver


def likely_outcome(waiver: VerifiedWaiver, check: str) -> Outcome:
    """What a waived rule must have come to, where only the decision knows: one of what the waiver covers.

    A vote against is waived by nobody, so a board's rule that was waived had not failed.
    """
    likely = [item for item in waiver.covers if check != QUORUM_CHECK or item is not Outcome.FAIL]
    return likely[0] if likely else Outcome.FAIL


def _rule(claim: RuleClaim, waiver: VerifiedWaiver) -> RuleOutcome:
    covered = likely_outcome(waiver, claim.check)
    return RuleOutcome(
        rule=claim.id,
        policy=claim.id.partition("/")[0],
        rule_digest=waiver.rule_digest,
        title=claim.id,
        check=claim.check,
        severity=claim.severity,
        enforcement=claim.enforcement,
        controls=claim.controls,
        waivable=True,
        max_waiver_days=(waiver.expires - waiver.not_before).days + 1,
        message=None,
        remediation=None,
        reason=None,
        result=CheckResult(outcome=covered, summary="", observed=claim.observed, required=claim.required),
    )
