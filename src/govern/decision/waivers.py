"""Whether a verified waiver covers an outcome: one function, called from everywhere, with a closed set of rulings.

Nobody else compares what a waiver says (its subject, stages, rule, dates, approver or limit) with anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from govern.decision.evaluation import Evaluation, RuleOutcome
from govern.decision.overall import QUORUM_CHECK
from govern.policy.outcomes import Outcome
from govern.records import record

__all__ = [
    "AdvisoryLimit",
    "Effective",
    "Ruling",
    "VerifiedWaiver",
    "effective",
    "lasts_longer",
    "outlives",
    "rule_on_waiver",
    "without_a_rule",
]


_SECOND = timedelta(seconds=1)
_ANOTHERS = frozenset({"E107", "E109", "E150", "L202", "L203"})
"""Findings that say that evidence is another model's, or was written for other bytes: nobody waives that."""


class Ruling(StrEnum):
    """What became of a waiver. The first that holds, in this order, is given."""

    BAD_SIGNATURE = "bad_signature"
    REVOKED = "revoked"
    WRONG_SUBJECT = "wrong_subject"
    WRONG_STAGE = "wrong_stage"
    WRONG_RULE = "wrong_rule"
    RULE_CHANGED = "rule_changed"
    RULE_NOT_WAIVABLE = "rule_not_waivable"
    OUTCOME_NOT_COVERABLE = "outcome_not_coverable"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    APPROVER_NOT_ALLOWED = "approver_not_allowed"
    APPROVER_IS_OWNER = "approver_is_owner"
    WORSE_THAN_WAIVED = "worse_than_waived"
    APPLIED = "applied"


@record
class AdvisoryLimit:
    """Advisories of a package that a waiver of a vulnerability rule reaches, for the versions named."""

    package: str
    versions: tuple[str, ...]
    ids: tuple[str, ...]

    def reaches(self, finding: Mapping[str, object]) -> bool:
        """Whether a finding of `dependencies.vulnerabilities` is one of them, under any of its names."""
        names = {*_texts(finding.get("ids")), *_texts(finding.get("aliases"))}
        return (
            finding.get("package") == self.package
            and finding.get("version") in self.versions
            and bool(names & set(self.ids))
        )


def _texts(value: object) -> set[str]:
    return {str(item) for item in value} if isinstance(value, list | tuple) else set()


@record(kw_only=True)
class VerifiedWaiver:
    """The facts of a `waiver:v1` statement, after the signature was checked above."""

    digest: str
    """sha256 of the payload, hex: the waiver's identity."""
    rule: str
    rule_digest: str
    """Digest of the compiled rule: a changed rule voids the waiver."""
    bundle: str | None
    """Bundle digest it is scoped to, or None when scoped to a model and versions."""
    model: str | None
    versions: tuple[str, ...]
    stages: tuple[str, ...]
    covers: tuple[Outcome, ...]
    limit: Decimal | tuple[AdvisoryLimit, ...] | None
    """The worst observed value, or the advisories, that it still covers; None covers any."""
    approver: str
    owner: str
    not_before: datetime
    expires: datetime
    signature_valid: bool
    revoked: bool
    approver_in_role: bool
    role: str = ""
    """Full name of the trust root's role in which it was signed; empty when the signer has none."""
    identities: frozenset[str] = frozenset()
    """Every other name of the approver: the holder of the key by the trust root, the fingerprints of all their keys."""
    compensating_controls: tuple[str, ...] = ()
    """What is done instead."""

    def waives(self, rule: RuleOutcome) -> bool:
        """Whether it names a rule, whatever else it says."""
        return self.rule == rule.rule


def rule_on_waiver(
    rule: RuleOutcome,
    outcome: Outcome,
    waiver: VerifiedWaiver,
    *,
    evaluation: Evaluation,
    now: datetime,
    submitter: str | None = None,
) -> Ruling:
    """Rule on one waiver for one outcome at one instant. Pure; validity is half-open, `not_before <= now < expires`.

    `error` and `not_applicable` can never be waived, and a passing rule needs no waiver: all three are
    `outcome_not_coverable`; so is a rejection by the review board, and a rule whose evidence is of another bundle.
    Nobody waives for themselves: the approver is neither the owner that the waiver names, nor an owner or developer
    that the bundle declares, nor the submitter, by name or by the fingerprint of any of their keys.
    """
    for ruling, holds in (
        (Ruling.BAD_SIGNATURE, not waiver.signature_valid),
        (Ruling.REVOKED, waiver.revoked),
        (Ruling.WRONG_SUBJECT, not _same_subject(waiver, evaluation)),
        (Ruling.WRONG_STAGE, evaluation.stage not in waiver.stages),
        (Ruling.WRONG_RULE, not waiver.waives(rule)),
        (Ruling.RULE_CHANGED, waiver.rule_digest != rule.rule_digest),
        (Ruling.RULE_NOT_WAIVABLE, not rule.waivable),
        (Ruling.OUTCOME_NOT_COVERABLE, not _coverable(rule, outcome, waiver)),
        (Ruling.NOT_YET_VALID, now < waiver.not_before),
        (Ruling.EXPIRED, now >= waiver.expires),
        (Ruling.TOO_LONG, lasts_longer(waiver, days=rule.max_waiver_days)),
        (Ruling.APPROVER_NOT_ALLOWED, not waiver.approver_in_role),
        (Ruling.APPROVER_IS_OWNER, _concerned(waiver, evaluation, submitter)),
        (Ruling.WORSE_THAN_WAIVED, _worse(rule, outcome, waiver)),
    ):
        if holds:
            return ruling
    return Ruling.APPLIED


@record(kw_only=True)
class Effective:
    """What a rule comes to with every waiver that names it."""

    outcome: Outcome
    rulings: tuple[tuple[str, Ruling], ...]
    """(waiver digest, ruling) of every waiver that names the rule, sorted by digest: also why one did not help."""
    applied: VerifiedWaiver | None = None
    """The one that waives it: of several, the one with the lowest digest."""


def effective(
    rule: RuleOutcome,
    outcome: Outcome,
    waivers: Sequence[VerifiedWaiver],
    *,
    evaluation: Evaluation,
    now: datetime,
    submitter: str | None = None,
) -> Effective:
    """Give what an outcome comes to under all waivers, with every ruling. Pure, whatever the order of the waivers."""
    naming = [item for item in sorted(waivers, key=lambda item: item.digest) if item.waives(rule)]
    ruled = [
        (item, rule_on_waiver(rule, outcome, item, evaluation=evaluation, now=now, submitter=submitter))
        for item in naming
    ]
    applied = next((item for item, ruling in ruled if ruling is Ruling.APPLIED), None)
    return Effective(
        outcome=outcome if applied is None else Outcome.WAIVED,
        rulings=tuple((item.digest, ruling) for item, ruling in ruled),
        applied=applied,
    )


def without_a_rule(
    waivers: Sequence[VerifiedWaiver], *, evaluation: Evaluation, now: datetime, submitter: str | None = None
) -> tuple[VerifiedWaiver, ...]:
    """Give the waivers for this model and stage that name a rule which the plan does not have, sorted by digest.

    Waivers for other models are nobody's business here, and are left out.
    """
    known = {item.rule for item in evaluation.outcomes}
    rest = sorted((item for item in waivers if item.rule not in known), key=lambda item: item.digest)
    any_rule = next(iter(evaluation.outcomes), None)
    if any_rule is None:
        return ()
    return tuple(
        item
        for item in rest
        if rule_on_waiver(any_rule, any_rule.outcome, item, evaluation=evaluation, now=now, submitter=submitter)
        is Ruling.WRONG_RULE
    )


def lasts_longer(waiver: VerifiedWaiver, *, days: int) -> bool:
    """Whether a waiver lasts longer than so many days of 86,400 seconds."""
    return (waiver.expires - waiver.not_before) // _SECOND > days * 86_400


def outlives(moment: datetime, waiver: VerifiedWaiver) -> bool:
    """Whether something that is valid until a moment would be valid for longer than a waiver on which it rests."""
    return moment > waiver.expires


def _concerned(waiver: VerifiedWaiver, evaluation: Evaluation, submitter: str | None) -> bool:
    subject = evaluation.subject
    concerned = {waiver.owner, *subject.owners, *subject.developers, *([] if submitter is None else [submitter])}
    return not concerned.isdisjoint({waiver.approver, *waiver.identities})


def _same_subject(waiver: VerifiedWaiver, evaluation: Evaluation) -> bool:
    if waiver.bundle is not None:
        return waiver.bundle == evaluation.subject.digest
    return waiver.model == evaluation.subject.name and evaluation.subject.version in waiver.versions


def _coverable(rule: RuleOutcome, outcome: Outcome, waiver: VerifiedWaiver) -> bool:
    if rule.check == QUORUM_CHECK and outcome is Outcome.FAIL:
        return False  # somebody on the board said no: nobody else's word undoes that
    if any(finding.code in _ANOTHERS for finding in rule.result.findings):
        return False  # what was found is not about this model, so nobody knows what is to be waived
    return outcome in waiver.covers and outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)


def _worse(rule: RuleOutcome, outcome: Outcome, waiver: VerifiedWaiver) -> bool:
    """Whether what was observed lies beyond the waiver's limit; anything that cannot be compared does."""
    if waiver.limit is None:
        return False
    if isinstance(waiver.limit, Decimal):
        return _value_beyond(rule, waiver.limit)
    return _advisory_beyond(rule, outcome, waiver.limit)


def _value_beyond(rule: RuleOutcome, limit: Decimal) -> bool:
    result = rule.result
    try:
        observed = Decimal(result.observed or "")
    except InvalidOperation:
        return True
    if not observed.is_finite():
        return True
    required = result.required or ""
    if required.startswith((">=", ">")):
        return observed < limit
    if required.startswith(("<=", "<")):
        return observed > limit
    return True


def _advisory_beyond(rule: RuleOutcome, outcome: Outcome, limits: Sequence[AdvisoryLimit]) -> bool:
    """Every finding must be one that the waiver names; what else keeps the rule from passing is beyond it."""
    facts = rule.result.facts
    found = facts.get("findings") if isinstance(facts, Mapping) and facts.get("kind") == "dependency-findings" else None
    if outcome is not Outcome.FAIL or not isinstance(found, list | tuple) or not found:
        return True
    return not all(isinstance(item, Mapping) and any(limit.reaches(item) for limit in limits) for item in found)
