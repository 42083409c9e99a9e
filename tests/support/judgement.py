"""An evaluation with one rule of every sort that people have a part in, and the decision that they come to."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from govern.attestation.people_facts import approvals_of, waivers_of
from govern.attestation.statement import RuleLine
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.root import TrustRoot
from govern.canonical import sha256_hex
from govern.decision.approvals import QUORUM_CHECK
from govern.decision.decide import DecisionRecord, Settled, decide
from govern.decision.evaluation import Evaluation, RuleOutcome, Subject
from govern.policy.outcomes import CheckResult, Enforcement, EvidenceRef, Outcome
from support.attestations import FILES, manifest
from support.snapshots import SNAPSHOT, SNAPSHOT_DIGEST

BOARD = "approver/model-risk"
LIMITED, OFFICE, QUORUM = "credit-risk/false-refusals", "credit-risk/penetration-test", "credit-risk/board"
PREDICTIONS = EvidenceRef(
    name="predictions", file="predictions.csv", digest=sha256_hex(FILES["predictions.csv"]), bound=True
)


def _rule(name: str, check: str, number: int, result: CheckResult, **changes: Any) -> RuleOutcome:
    given: dict[str, Any] = {
        "rule": name,
        "policy": "credit-risk",
        "rule_digest": f"{number:02x}" * 32,
        "title": name,
        "check": check,
        "severity": "high",
        "enforcement": Enforcement.BLOCK,
        "controls": (),
        "waivable": True,
        "max_waiver_days": 90,
        "message": None,
        "remediation": None,
        "reason": None,
        "result": result,
    }
    return RuleOutcome(**{**given, **changes})


@cache
def evaluated() -> Evaluation:
    """The evaluation: one rule passes, one fails within reach of a waiver, one is attested, a board must approve."""
    quorum = {"kind": "approval-quorum", "roles": [{"role": BOARD, "count": 2}]}
    return Evaluation(
        plan_digest="ef" * 32,
        stage="pre-registration",
        subject=Subject(
            name="credit-risk",
            version="3.2.0",
            digest=manifest().digest,
            model_digest="ab" * 32,
            layout="plain",
            files=len(FILES),
            bytes=sum(map(len, FILES.values())),
            owner="person:bob",
        ),
        policies=(),
        outcomes=(
            _rule(
                "credit-risk/parity",
                "fairness.disparity",
                0x41,
                CheckResult(
                    outcome=Outcome.PASS, summary="even", observed="0.8712", required=">= 0.8", evidence=(PREDICTIONS,)
                ),
                controls=("ugesp/1607.4-d",),
            ),
            _rule(
                LIMITED,
                "fairness.disparity",
                0x42,
                CheckResult(outcome=Outcome.FAIL, summary="uneven", observed="0.76", required=">= 0.8"),
            ),
            _rule(OFFICE, "attestation.present", 0x43, CheckResult(outcome=Outcome.PASS, summary="attested")),
            _rule(
                QUORUM,
                QUORUM_CHECK,
                0x44,
                CheckResult(outcome=Outcome.MISSING_EVIDENCE, summary="votes are counted later", facts=quorum),
            ),
            _rule(
                "credit-risk/note",
                "expression",
                0x45,
                CheckResult(outcome=Outcome.FAIL, summary="noted"),
                enforcement=Enforcement.WARN,
                severity="low",
            ),
        ),
        not_assessed=("gdpr/art-22", "ugesp/1607.5"),
        advisories={"digest": {"sha256": SNAPSHOT_DIGEST}, "as_of": str(SNAPSHOT["asOf"])},
        lineage_digest=None,
    )


def decided(statements: StatementSet, *, trust: TrustRoot, clock: datetime, submitter: str) -> DecisionRecord:
    """Decide with the people's words that a set of statements holds."""
    return decide(
        evaluated(),
        clock=clock,
        waivers=waivers_of(statements, at=clock),
        approvals=approvals_of(statements, trust=trust, at=clock),
        submitter=submitter,
    )


def rule_line(settled: Settled, **digests: str) -> RuleLine:
    """A settled rule as the certificate lists it."""
    return RuleLine(
        id=settled.rule.rule,
        check=settled.rule.check,
        enforcement=settled.rule.enforcement,
        severity=settled.rule.severity,
        outcome=settled.outcome,
        controls=settled.rule.controls,
        observed=settled.rule.result.observed,
        required=settled.rule.result.required,
        **digests,
    )
