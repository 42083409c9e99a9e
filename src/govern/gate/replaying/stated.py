"""The signed payload, stated again from what the replay decided.

Records that agree with the evidence are not enough: a certificate could name them and say something else. So the whole
statement is made again, with what only its issuer can know (nonce, dates, names) taken from it.
"""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.statement import decision_statement
from govern.canonical import base64_bytes, canonical_bytes
from govern.gate.check import Checked
from govern.gate.stated import Terms, stated
from govern.inputs.json import parse_json

__all__ = ["stated_again"]


def stated_again(checked: Checked, payload: bytes) -> bytes:
    """Give the payload that a sound gate would have signed.

    Args:
        checked: what the replay came to.
        payload: the signed one, whose form has been verified.

    Raises InternalError (A101 to A103) for what no gate may state: a certificate that outlives its grounds.
    """
    statement = parse_json(payload, file="payload", utf16=False)
    assert isinstance(statement, dict)
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    return canonical_bytes(decision_statement(stated(checked, _terms(predicate))))


def _terms(predicate: Mapping[str, object]) -> Terms:
    verifier, trust, ledger = predicate["verifier"], predicate["trustRoot"], predicate["ledger"]
    assert isinstance(verifier, dict)
    assert isinstance(trust, dict)
    assert isinstance(ledger, dict)
    lock, supersedes = verifier["lock"], predicate.get("supersedes")
    return Terms(
        certificate_id=str(predicate["certificateId"]),
        nonce=base64_bytes(str(predicate["nonce"])),
        verifier_id=verifier["id"],
        engine_version=verifier["version"]["govern"],
        engine_digest=verifier["engine"]["digest"]["sha256"],
        lock_digest=None if lock is None else lock["digest"]["sha256"],
        submitter=str(predicate["submitter"]),
        valid_until=str(predicate.get("validUntil", "")),
        trust_version=trust["version"],
        trust_digest=trust["digest"]["sha256"],
        ledger_origin=ledger["origin"],
        supersedes=supersedes["digest"]["sha256"] if isinstance(supersedes, dict) else None,
    )
