"""`attestation.present`: somebody in an office has signed a statement of a type. That it is true is never claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from govern.canonical import Json, instant_text, parse_instant
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.checks.people.facts import ATTESTED, SignedStatement, StatementRuling
from govern.checks.people.grounds import Grounds, grounds_of
from govern.checks.people.params import PresentParams
from govern.diagnostics import plain
from govern.policy.durations import add
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Outcome
from govern.policy.patterns import matches

__all__ = ["CHECKS"]

_SCOPES = ("fleet", "model", "version")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A statement of the asked type, and why it does not count, if it does not."""

    statement: SignedStatement
    reason: str | None
    """A word for the record; None for one that counts."""
    words: str = ""

    def document(self) -> dict[str, Json]:
        """The statement as the record of the evaluation lists it."""
        held = self.statement
        return {
            "digest": {"sha256": held.digest},
            "owner": held.owner,
            "keyid": held.keyid,
            "role": held.role,
            "scope": held.scope,
            "issued_at": held.issued_at,
            "valid_from": held.valid_from,
            "expires": held.expires,
            "ruling": self.reason or "counts",
        }


def _evaluate(params: PresentParams, context: CheckContext) -> CheckResult:
    grounds = grounds_of(params, context)
    if isinstance(grounds, CheckResult):
        return grounds
    held = [item for item in context.signed.statements if item.type == params.type]
    judged = [_judge(params, item, grounds) for item in held]
    chosen = _chosen(params, [item.statement for item in judged if item.reason is None])
    others = [item for item in judged if item.reason is not None]
    facts: dict[str, Json] = {
        "kind": ATTESTED,
        "type": params.type,
        "rests_on": [item.digest for item in chosen] if len(chosen) == params.count else [],
        "statements": [item.document() for item in judged],
    }
    refs = [
        EvidenceRef(name="attestation", file=item.file, digest=item.digest, bound=item.by_digest)
        for item in sorted(chosen, key=lambda item: item.digest)
    ]
    evidence = (*refs, *grounds.evidence)
    required = _asked(params)
    findings = tuple(_finding(params, item) for item in others)
    if len(chosen) < params.count:
        return _too_few(params, chosen, findings, evidence, facts, others)
    signers = ", ".join(f"{plain(item.owner)} as {plain(item.role)}" for item in chosen)
    return CheckResult(
        outcome=Outcome.PASS,
        summary=f"{signers} states {plain(params.type)}. That it is true is not claimed.",
        findings=findings,
        evidence=evidence,
        observed=str(len(chosen)),
        required=required,
        holds=tuple(hold for item in chosen for hold in _holds(params, item)),
        facts=facts,
    )


def _asked(params: PresentParams) -> str:
    return f"{params.count} × {params.type} by {' or '.join(params.roles)}"


def _too_few(
    params: PresentParams,
    chosen: Sequence[SignedStatement],
    findings: tuple[Finding, ...],
    evidence: tuple[EvidenceRef, ...],
    facts: Json,
    others: Sequence[_Judged],
) -> CheckResult:
    """Too few people have said it; or they have said something else, which is a failure and not a gap."""
    number = "nobody has" if not chosen else f"{len(chosen)} of {params.count} people have"
    detail = f"{number} signed a statement of the type {plain(params.type)} that counts"
    gap = Finding(
        code="C140",
        detail=detail,
        observed=str(len(chosen)),
        required=_asked(params),
        remediation=f"Ask for one: govern attest --type {params.type} --bundle DIR, signed as {params.roles[0]}.",
        discriminator=params.type,
    )
    contrary = any(item.reason == "other_fields" for item in others)
    return CheckResult(
        outcome=Outcome.FAIL if contrary else Outcome.MISSING_EVIDENCE,
        summary=f"{detail[0].upper()}{detail[1:]}.",
        findings=(gap, *findings),
        evidence=evidence,
        observed=str(len(chosen)),
        required=_asked(params),
        facts=facts,
    )


def _chosen(params: PresentParams, counted: Sequence[SignedStatement]) -> list[SignedStatement]:
    """The statements that the result rests on: one for each person, and of all people those whose word lasts longest.

    Each ends by its own date, so that a certificate never outlives one that it names.
    """
    longest: dict[str, SignedStatement] = {}
    for item in sorted(counted, key=lambda item: (parse_instant(item.expires), item.digest)):
        longest[item.owner] = item
    kept = sorted(longest.values(), key=lambda item: (parse_instant(item.expires), item.digest), reverse=True)
    return kept[: params.count]


def _holds(params: PresentParams, item: SignedStatement) -> list[Holds]:
    gone = Outcome.MISSING_EVIDENCE
    who = plain(item.owner)
    made = [
        Holds(
            otherwise=gone,
            reason=f"the statement of {who} ends on {item.expires}",
            start=item.valid_from,
            until=item.expires,
        )
    ]
    if params.max_age is not None:
        until = instant_text(add(parse_instant(item.issued_at), params.max_age))
        made.append(Holds(otherwise=gone, reason=f"the statement of {who} is older than {params.max_age}", until=until))
    return made


# --- why one does not count

_RULINGS = {
    StatementRuling.NOT_SOUND: ("C141", "its signature, its entry in the log or its role do not hold"),
    StatementRuling.REVOKED: ("C142", "it is revoked"),
    StatementRuling.NOT_BEGUN: ("C143", "it has not begun"),
}
_CODES = {
    **{ruling.value: code for ruling, (code, _words) in _RULINGS.items()},
    "other_role": "C144",
    "too_wide": "C145",
    "unbound": "C145",
    "covers_less": "C146",
    "other_fields": "C146",
    "too_old": "C147",
    "barred": "C148",
}


def _judge(params: PresentParams, item: SignedStatement, grounds: Grounds) -> _Judged:
    if item.ruling is not StatementRuling.SOUND:
        return _Judged(item, item.ruling.value, _RULINGS[item.ruling][1])
    if not any(item.role == role or item.role.startswith(f"{role}/") for role in params.roles):
        return _Judged(item, "other_role", f"it is signed as {plain(item.role)}, not as {' or '.join(params.roles)}")
    if _SCOPES.index(item.scope) < _SCOPES.index(params.scope):
        return _Judged(item, "too_wide", f"it is about the {item.scope}, and the rule asks for the {params.scope}")
    if params.bound and not item.by_digest:
        return _Judged(item, "unbound", "it does not name this bundle by digest")
    left_out = sorted(set(params.covers) - set(item.covers))
    if left_out:
        return _Judged(item, "covers_less", f"it does not cover {', '.join(left_out)}")
    for name, pattern in params.fields.items():
        value = item.fields.get(name)
        if value is None:
            return _Judged(item, "covers_less", f"it does not state {name}")
        if not matches(pattern, value):
            return _Judged(item, "other_fields", f"it states {name}: {plain(value)}, which does not match {pattern}")
    if grounds.newer_than is not None and parse_instant(item.issued_at) < parse_instant(grounds.newer_than):
        return _Judged(item, "too_old", f"it was signed on {item.issued_at}, before {grounds.newer_than}")
    barred = [name for name, people in sorted(grounds.barred.items()) if people & item.identities]
    barred += sorted(name for name in params.not_signed_by if any(_takes_in(name, role) for role in item.roles))
    if barred:
        return _Judged(item, "barred", f"{plain(item.owner)} is {' and '.join(barred)} too")
    return _Judged(item, None)


def _takes_in(name: str, role: str) -> bool:
    return role == name or role.startswith(f"{name}/")


def _finding(params: PresentParams, item: _Judged) -> Finding:
    held = item.statement
    return Finding(
        code=_CODES[item.reason or ""],
        detail=f"the {plain(params.type)} of {plain(held.owner)} ({held.digest[:12]}) does not count: {item.words}",
        remediation=None if item.reason in ("not_begun",) else "Ask for another, or see what the rule asks of it.",
        discriminator=held.digest,
    )


CHECKS = (
    Check(
        spec=CheckSpec(
            kind="attestation.present",
            version=1,
            summary="Passes when enough different people in the named roles have signed a statement of the type that "
            "is in force, about this bundle, and covers what is asked.",
            cannot_show="That the statement is true, or that whoever signed it has read what it is about: only who "
            "said it, in which office, and when.",
            params=PresentParams,
            needs=lambda params: (EvidenceNeed("attestation", (f"type:{params.type}",)),),
            default_remediation="Ask for the statement: govern attest.",
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
        ),
        evaluate=_evaluate,
    ),
)
