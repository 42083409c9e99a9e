"""Asking a time-stamping authority, judging its answer, and putting tokens into files. No network here.

The question is RFC 3161's TimeStampReq over SHA-256 of the signature bytes. It asks for the signing certificate to be
embedded, which openssl and others want; authorities that embed their whole chain are cut down to it (`form`),
because rfc3161-client refuses what they send.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from govern.attestation.dsse import read_envelope
from govern.attestation.reading import predicate_type_of, read_claims
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.stamps.der import BOOLEAN, NULL, OCTET_STRING, OID, SEQUENCE, integer, read, write
from govern.attestation.stamps.form import minimal
from govern.attestation.stamps.tokens import TimeStamp, fits, read_token
from govern.attestation.trust.root import TrustedTsa
from govern.canonical import base64_text, canonical_bytes, instant_text
from govern.diagnostics import Diagnostic, InputError, IntegrityError, UsageError, plain
from govern.inputs.json import parse_json

__all__ = ["add_token", "answer", "question", "signature_of", "too_far"]

_SHA256 = bytes.fromhex("608648016503040201")
_WHERE = "verificationMaterial", "timestampVerificationData", "rfc3161Timestamps"


def question(signature: bytes, *, nonce: int | None) -> bytes:
    """Give the TimeStampReq for a signature (RFC 3161 section 2.4.1).

    Without a nonce an earlier answer for the same signature would do as well, and would prove no less.
    """
    imprint = write(SEQUENCE, write(SEQUENCE, write(OID, _SHA256), write(NULL)), _octets(signature))
    number = b"" if nonce is None else integer(nonce)
    return write(SEQUENCE, integer(1), imprint, number, write(BOOLEAN, b"\xff"))


def _octets(signature: bytes) -> bytes:
    return write(OCTET_STRING, hashlib.sha256(signature).digest())


def answer(
    response: bytes, *, signature: bytes, tsas: Sequence[TrustedTsa], nonce: int | None = None
) -> tuple[bytes, TimeStamp]:
    """Judge the answer to a question and give the response in its one form, with what it says.

    Raises:
        InputError: A412 when the authority refused, or answered another question than the nonce's.
        UsageError: A411 when the trust root does not list the authority: nobody could verify the token.
        IntegrityError: A410 when the token does not hold for this signature.
    """
    _granted(response)
    kept = minimal(response).data
    try:
        stamp = read_token(kept, signature=signature, tsas=tsas)
    except IntegrityError as fault:
        if fault.diagnostics[0].code == "A411":
            raise UsageError(fault.diagnostics) from fault
        raise
    if nonce is not None and _nonce(kept) != nonce:
        raise InputError(Diagnostic("A412", "the authority answered another question: its nonce is not ours"))
    return kept, stamp


def _granted(response: bytes) -> None:
    """Say why an authority refused, in its own words when it gives any (PKIStatusInfo, RFC 3161 section 2.4.2)."""
    try:
        status = read(response).children()[0].children()
        number = int.from_bytes(status[0].content)
        texts = [part.content.decode() for group in status[1:] if group.tag == SEQUENCE for part in group.children()]
    except (ValueError, IndexError) as fault:
        raise InputError(Diagnostic("A412", "what the authority sent is no time-stamp response")) from fault
    if number != 0:
        said = plain("; ".join(texts), limit=200) or "without a reason"
        raise InputError(Diagnostic("A412", f"the authority refused (status {number}): {said}"))


def _nonce(response: bytes) -> int | None:
    from rfc3161_client import decode_timestamp_response

    found: int | None = decode_timestamp_response(response).tst_info.nonce
    return found


def signature_of(data: bytes, *, file: str) -> bytes:
    """Give the signature bytes of a bundle file: what a token covers. Raises IntegrityError (A201, A203)."""
    return read_envelope(read_container(data, file=file).envelope).signature


def add_token(data: bytes, response: bytes, *, tsas: Sequence[TrustedTsa], file: str) -> tuple[bytes, TimeStamp]:
    """Put a token into a bundle file and give the new bytes. What is signed and logged stays as it is.

    Args:
        data: the bundle file.
        response: the authority's answer, as it was sent.
        tsas: the authorities that the trust root lists.
        file: name for messages.

    Raises:
        InputError: A412 as `answer`; A414 when the token tells a time that the statement's own cannot be near.
        UsageError: A411; A415 when the file has a token of that authority.
        IntegrityError: A201, A203, A207 for an unsound file, A410 for a token of something else.
    """
    container = read_container(data, file=file)
    envelope = read_envelope(container.envelope)
    kept, stamp = answer(response, signature=envelope.signature, tsas=tsas)
    there = [read_token(item, signature=envelope.signature, tsas=tsas) for item in container.tokens]
    if any(item.key == stamp.key for item in there):
        message = f"{file} has a token of {stamp.authority} already"
        raise UsageError(Diagnostic("A415", message, hint="tokens count by authority: ask another one"))
    claimed = _claimed(envelope.payload)
    first = min(item.time for item in (*there, stamp))
    if claimed is not None and not fits(claimed, first):
        raise too_far(claimed, first)
    document = json.loads(data)
    where = document
    for name in _WHERE[:-1]:
        where = where.setdefault(name, {})
    where.setdefault(_WHERE[-1], []).append({"signedTimestamp": base64_text(kept)})
    made = canonical_bytes(document) + b"\n"
    read_container(made, file=file)
    return made, stamp


def _claimed(payload: bytes) -> datetime | None:
    """The time at which a statement says that it was signed; None for one that does not say."""
    statement = parse_json(payload, file="payload", utf16=False)
    claims = read_claims(statement, predicate_type_of(statement) or "")
    return claims.issued_at if claims.says_when_signed else None


def too_far(claimed: datetime, proven: datetime) -> InputError:
    """Say that a claimed time and a token's do not fit (A414)."""
    message = f"the statement claims {instant_text(claimed)}, the token tells {instant_text(proven)}"
    hint = "the token may tell at most 24 hours later, or 5 minutes earlier; is this machine's clock right?"
    return InputError(Diagnostic("A414", message, hint=hint))
