"""DSSE envelopes with exactly one signature (github.com/secure-systems-lab/dsse, protocol 1.0)."""

from __future__ import annotations

from govern.attestation.keys import Signer
from govern.attestation.shape import TEXT, ListOf, Record
from govern.canonical import Json, base64_bytes, base64_text, canonical_bytes, sha256_hex
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.leaf import PAYLOAD_TYPE, pae
from govern.records import record

__all__ = ["ENVELOPE_SHAPE", "PAYLOAD_TYPE", "Envelope", "pae", "read_envelope", "sign_payload"]

ENVELOPE_SHAPE = Record(
    {"payload": TEXT, "payloadType": TEXT, "signatures": ListOf(Record({"keyid": TEXT, "sig": TEXT}), most=32)}
)
"""The JSON of an envelope, before it is known that there is one signature of one type."""


@record(kw_only=True)
class Envelope:
    """A payload with one signature, unverified."""

    payload: bytes
    keyid: str
    signature: bytes

    @property
    def digest(self) -> str:
        """sha256 of the payload, hex: the attestation's identity. Never the signature's: (r, n-s) verifies as well."""
        return sha256_hex(self.payload)

    @property
    def pae(self) -> bytes:
        """What the signature covers."""
        return pae(self.payload)

    def document(self) -> dict[str, Json]:
        """The envelope as JSON."""
        return {
            "payload": base64_text(self.payload),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"keyid": self.keyid, "sig": base64_text(self.signature)}],
        }

    @property
    def data(self) -> bytes:
        """The bytes of an envelope in a file of its own: canonical JSON and a newline."""
        return canonical_bytes(self.document()) + b"\n"


def sign_payload(payload: bytes, signer: Signer) -> Envelope:
    """Sign a payload into an envelope: the only place where an attestation's signer signs a payload.

    Raises InternalError A101 for anything but canonical JSON, and for a certificate whose rules do not come to allowed.
    """
    from govern.attestation.earned import check_earned

    check_earned(payload)
    return Envelope(payload=payload, keyid=signer.public.keyid, signature=signer.sign(pae(payload)))


def read_envelope(value: object) -> Envelope:
    """Read an envelope from parsed JSON. Raises IntegrityError (A203)."""

    def refuse(why: str) -> IntegrityError:
        return IntegrityError(Diagnostic("A203", why))

    for pointer, text in ENVELOPE_SHAPE.faults(value):
        raise refuse(f"the envelope's {pointer or 'JSON'}: {text}")
    assert isinstance(value, dict)
    for pointer in ENVELOPE_SHAPE.unknown(value):
        raise refuse(f"the envelope has an unknown member {pointer}")
    signatures = value["signatures"]
    if len(signatures) != 1:
        raise refuse(f"the envelope has {len(signatures)} signatures, expected exactly one")
    if value["payloadType"] != PAYLOAD_TYPE:
        raise refuse(f"the payload type is {value['payloadType']}, expected {PAYLOAD_TYPE}")
    try:
        payload, signature = base64_bytes(value["payload"]), base64_bytes(signatures[0]["sig"])
    except ValueError as fault:
        raise refuse(f"payload or signature: {fault}") from fault
    return Envelope(payload=payload, keyid=signatures[0]["keyid"], signature=signature)
