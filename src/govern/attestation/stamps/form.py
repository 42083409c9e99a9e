"""The one form in which a time-stamp response is kept: what the authority's signature does not cover is fixed.

A response (RFC 3161 section 2.4.2) wraps a CMS SignedData (RFC 5652). Its status text, embedded certificates and
revocation lists, unsigned attributes, version numbers and the name of the signature algorithm are not signed: they
could be changed, or grown, without any verifier noticing. `minimal` fixes all of them. A bundle holds only responses
in this form, so that every changed byte of it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

from govern.attestation.stamps.der import (
    INTEGER,
    NULL,
    OCTET_STRING,
    OID,
    SEQUENCE,
    SET,
    Element,
    context,
    integer,
    read,
    write,
)
from govern.diagnostics import Diagnostic, IntegrityError

__all__ = ["MinimalResponse", "minimal"]

MAX_BYTES = 256 * 1024

_SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")
_DIGESTS = {
    bytes.fromhex("608648016503040201"): bytes.fromhex("2a8648ce3d040302"),
    bytes.fromhex("608648016503040202"): bytes.fromhex("2a8648ce3d040303"),
    bytes.fromhex("608648016503040203"): bytes.fromhex("2a8648ce3d040304"),
}
"""SHA-256, SHA-384 and SHA-512, each with the ECDSA algorithm that goes with it (RFC 5754)."""

_RSA = bytes.fromhex("2a864886f70d0101")
"""What the names of all RSA algorithms begin with (PKCS #1)."""

_GRANTED = write(SEQUENCE, integer(0))


@dataclass(frozen=True, slots=True)
class MinimalResponse:
    """A granted response in its one form, unverified."""

    data: bytes
    certificate: bytes
    """The signing certificate that it embeds, DER."""


def minimal(response: bytes) -> MinimalResponse:
    """Give a time-stamp response without anything that its signature does not need.

    Certificates other than the signer's, revocation lists, unsigned attributes and texts are left out; they are not
    signed, so the token holds as before. Raises IntegrityError (A410) for what is no granted response with exactly one
    signature and its certificate.
    """
    try:
        return _minimal(_capped(response))
    except ValueError as fault:
        raise IntegrityError(Diagnostic("A410", f"not a time-stamp response (RFC 3161): {fault}")) from fault


def _capped(response: bytes) -> Element:
    if len(response) > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes")
    return read(response)


def _minimal(response: Element) -> MinimalResponse:
    status, *rest = _inside(response, SEQUENCE)
    if _inside(status, SEQUENCE)[0].data != integer(0):
        raise ValueError("the authority did not grant it")
    if len(rest) != 1:
        raise ValueError("it holds no token")
    kind, wrapped = _exactly(_inside(rest[0], SEQUENCE), 2)
    (signed,) = _exactly(_inside(wrapped, context(0)), 1)
    if kind.data != write(OID, _SIGNED_DATA):
        raise ValueError("its token is not signed data")
    parts = _inside(signed, SEQUENCE)
    if len(parts) < 4:
        raise ValueError("its token is cut short")
    content, optional, signers = parts[2], parts[3:-1], parts[-1]
    if _inside(content, SEQUENCE)[0].data != write(OID, _TST_INFO):
        raise ValueError("its token is not about a time")
    (signer,) = _exactly(_inside(signers, SET), 1)
    sid, digest, kept = _signer(_inside(signer, SEQUENCE))
    certificate = _certificate(optional, sid)
    data = write(
        SEQUENCE,
        integer(3),
        write(SET, digest),
        content.data,
        write(context(0), certificate),
        write(SET, kept),
    )
    token = write(SEQUENCE, kind.data, write(context(0), data))
    return MinimalResponse(write(SEQUENCE, _GRANTED, token), certificate)


def _signer(parts: tuple[Element, ...]) -> tuple[Element, bytes, bytes]:
    """Give the signer's name, its digest algorithm, and its SignerInfo in the one form (RFC 5652 section 5.3)."""
    if len(parts) < 6:
        raise ValueError("its signature is cut short")
    _version, sid, digest, attributes, algorithm, signature = parts[:6]
    if (sid.tag, attributes.tag, signature.tag) != (SEQUENCE, context(0), OCTET_STRING):
        raise ValueError("its signature is of another form than time-stamps have")
    hashed = _algorithm(digest)
    if hashed not in _DIGESTS:
        raise ValueError("it is signed with another hash than SHA-256, SHA-384 or SHA-512")
    named = _algorithm(algorithm)
    if named.startswith(_RSA):
        name = write(SEQUENCE, write(OID, _RSA + b"\x01"), write(NULL))
    else:
        name = write(SEQUENCE, write(OID, _DIGESTS[hashed]))
    digest_name = write(SEQUENCE, write(OID, hashed))
    kept = write(SEQUENCE, integer(1), sid.data, digest_name, attributes.data, name, signature.data)
    return sid, digest_name, kept


def _algorithm(element: Element) -> bytes:
    name = _inside(element, SEQUENCE)[0]
    if name.tag != OID:
        raise ValueError("an algorithm without a name")
    return name.content


def _certificate(optional: tuple[Element, ...], sid: Element) -> bytes:
    """Find the certificate whose issuer and serial number the signature names."""
    for group in optional:
        if group.tag != context(0):
            continue
        for item in group.children():
            if item.tag == SEQUENCE and _issuer_and_serial(item) == sid.content:
                return item.data
    raise ValueError("it does not embed the certificate of its signer")


def _issuer_and_serial(certificate: Element) -> bytes:
    """Give issuer and serial number of a certificate, as a signature names them (RFC 5280 section 4.1)."""
    fields = [item for item in _inside(_inside(certificate, SEQUENCE)[0], SEQUENCE) if item.tag != context(0)]
    if len(fields) < 3 or fields[0].tag != INTEGER:
        raise ValueError("it embeds something that is no certificate")
    return fields[2].data + fields[0].data


def _inside(element: Element, tag: int) -> tuple[Element, ...]:
    """Open an element of a tag that has something in it."""
    found = element.children() if element.tag == tag else ()
    if not found:
        raise ValueError("a part is missing or of another kind")
    return found


def _exactly(parts: tuple[Element, ...], count: int) -> tuple[Element, ...]:
    if len(parts) != count:
        raise ValueError(f"{len(parts)} parts where {count} belong")
    return parts
