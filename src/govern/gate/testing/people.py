"""Waivers and votes of a case as the decision settles them. Nobody signed them: a test trusts its file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from govern.bundle import Bundle
from govern.canonical import instant_text, parse_instant, sha256_hex
from govern.checks.people.facts import Signed, SignedStatement, StatementRuling
from govern.decision.approvals import VerifiedApproval
from govern.decision.evaluation import Evaluation
from govern.decision.waivers import AdvisoryLimit, VerifiedWaiver
from govern.policy.plan import Plan, PlanRule
from govern.policy.testing.documents import ApprovalDocument, AttestationDocument, WaiverDocument
from govern.policy.testing.running import named

__all__ = ["approvals_of", "limit_of", "signed_of", "waivers_of"]

Limit = Decimal | tuple[AdvisoryLimit, ...] | None


def waivers_of(documents: Sequence[WaiverDocument], plan: Plan, evaluation: Evaluation) -> tuple[VerifiedWaiver, ...]:
    """Give the waivers that a plan has a rule for; by default each speaks of this rule, bundle and stage."""
    found = ((index, item, named(item.rule, plan)) for index, item in enumerate(documents))
    return tuple(_waiver(index, item, rule, evaluation) for index, item, rule in found if rule is not None)


def _waiver(index: int, item: WaiverDocument, rule: PlanRule, evaluation: Evaluation) -> VerifiedWaiver:
    bundle = (item.bundle or evaluation.subject.digest).removeprefix("sha256:")
    return VerifiedWaiver(
        digest=sha256_hex(f"waiver {index} of a test".encode()),
        rule=rule.id,
        rule_digest=(item.rule_digest or rule.digest).removeprefix("sha256:"),
        bundle=bundle if item.model is None else None,
        model=item.model,
        versions=item.versions,
        stages=(evaluation.stage,) if item.stages is None else tuple(stage.value for stage in item.stages),
        covers=item.covers,
        limit=limit_of(item.limit),
        approver=item.approver,
        owner=item.owner,
        not_before=parse_instant(item.not_before),
        expires=parse_instant(item.expires),
        signature_valid=item.authentic,
        revoked=item.revoked,
        approver_in_role=item.in_role,
        role=item.role,
        compensating_controls=item.compensating_controls,
    )


def limit_of(value: object) -> Limit:
    """Read how far a waiver reaches: a decimal, or `{package, versions, ids}`. Raises ValueError for anything else."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        return tuple(_advisory(item) for item in value)
    try:
        return Decimal(str(value))
    except InvalidOperation as fault:
        raise ValueError(f"expected a number or a list of advisories, found '{value}'") from fault


def _advisory(item: object) -> AdvisoryLimit:
    if not isinstance(item, dict) or set(item) != {"package", "versions", "ids"}:
        raise ValueError("an advisory of a limit has package, versions and ids")
    return AdvisoryLimit(str(item["package"]), _texts(item["versions"]), _texts(item["ids"]))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError("versions and ids are lists")
    return tuple(str(item) for item in value)


def approvals_of(
    documents: Iterable[ApprovalDocument],
    evaluation: Evaluation,
    *,
    clock: datetime,
    waivers: Sequence[VerifiedWaiver],
) -> tuple[VerifiedApproval, ...]:
    """Give the votes, each on this very evaluation and with every waiver considered."""
    return tuple(
        VerifiedApproval(
            digest=sha256_hex(f"vote {index} of a test".encode()),
            keyid=f"SHA256:{sha256_hex(item.approver.encode())[:16]}",
            owner=item.approver,
            role=item.role,
            threshold=1,
            vote=item.vote,
            evaluation=evaluation.digest,
            bundle=evaluation.subject.digest,
            waivers_considered=tuple(waiver.digest for waiver in waivers),
            signed_at=clock if item.signed_at is None else parse_instant(item.signed_at),
            expires=parse_instant(item.expires),
            signature_valid=True,
            revoked=False,
            in_role=True,
        )
        for index, item in enumerate(documents)
    )


def signed_of(documents: Sequence[AttestationDocument], bundle: Bundle, *, clock: datetime) -> Signed:
    """Give the statements of a case as the checks see them."""
    made = (_statement(index, item, bundle, clock) for index, item in enumerate(documents))
    return Signed(statements=tuple(sorted(made, key=lambda item: item.digest)))


def _statement(index: int, item: AttestationDocument, bundle: Bundle, clock: datetime) -> SignedStatement:
    issued = instant_text(clock) if item.issued_at is None else item.issued_at
    begins = issued if item.valid_from is None else item.valid_from
    ruling = StatementRuling.SOUND
    if not item.authentic:
        ruling = StatementRuling.NOT_SOUND
    elif item.revoked:
        ruling = StatementRuling.REVOKED
    elif parse_instant(begins) > clock:
        ruling = StatementRuling.NOT_BEGUN
    keyid = f"SHA256:{sha256_hex(item.attester.encode())[:16]}"
    return SignedStatement(
        digest=sha256_hex(f"statement {index} of a test about {bundle.digest}".encode()),
        type=item.type,
        scope=item.scope,
        by_digest=item.scope == "version",
        role=item.role,
        owner=item.attester,
        keyid=keyid,
        identities=frozenset({item.attester, keyid}),
        roles=frozenset({item.role, *item.roles}),
        issued_at=issued,
        valid_from=begins,
        expires=item.expires,
        covers=item.covers,
        fields=dict(item.fields),
        ruling=ruling,
    )
