"""The last door before a signature: a certificate is signed for an allowed decision, and for nothing else.

`statement.certificate_statement` builds no other. This looks at the bytes themselves, in the one place where anything
is signed, so that a path around the builder ends here.
"""

from __future__ import annotations

from govern.attestation.kinds import CERTIFICATE
from govern.canonical import canonical_bytes
from govern.decision.overall import QUORUM_CHECK, overall
from govern.diagnostics import Diagnostic, GovernError, InternalError
from govern.inputs.json import parse_json
from govern.policy.decisions import Decision, Enforcement, Outcome

__all__ = ["check_earned"]


def check_earned(payload: bytes) -> None:
    """Refuse to have a certificate signed that its own rules do not earn.

    The payload must be canonical JSON: with two spellings, of a member or of its name, another reader might find a
    certificate where none is found here. Raises InternalError A101.
    """
    try:
        value: object = parse_json(payload, file="payload", utf16=False)
        if canonical_bytes(value) != payload:  # type: ignore[arg-type]  # a decimal raises TypeError, which is meant
            raise _refuse("its payload is not in canonical form")
    except (GovernError, TypeError, ValueError) as fault:
        if isinstance(fault, InternalError):
            raise
        raise _refuse("its payload is not canonical JSON") from fault
    if not isinstance(value, dict) or value.get("predicateType") != CERTIFICATE:
        return
    try:
        earned = _earned(value["predicate"])
    except (AttributeError, KeyError, TypeError, ValueError) as fault:
        raise _refuse("a certificate without a decision and rules that can be read") from fault
    if not earned:
        raise _refuse("a certificate whose rules do not come to allowed")


def _earned(predicate: object) -> bool:
    """Whether decision and rules say allowed, each waived rule names its waiver, and a quorum its votes."""
    if not isinstance(predicate, dict):
        raise TypeError("no predicate")
    rules = predicate["rules"]
    recounted = overall((Enforcement(rule["enforcement"]), Outcome(rule["outcome"])) for rule in rules)
    waived = all((rule["outcome"] == Outcome.WAIVED.value) == ("waiver" in rule) for rule in rules)
    voted = any(rule["check"] == QUORUM_CHECK and rule["outcome"] == Outcome.PASS.value for rule in rules)
    return (
        predicate["decision"] == Decision.ALLOWED.value
        and recounted is Decision.ALLOWED
        and waived
        and (not voted or bool(predicate["approvals"]))
    )


def _refuse(why: str) -> InternalError:
    return InternalError(Diagnostic("A101", f"nothing was signed: {why}"))
