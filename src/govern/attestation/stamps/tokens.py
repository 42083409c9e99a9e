"""Time-stamp tokens (RFC 3161): who says that a signature existed, and when.

A token covers the **signature bytes** of an envelope. Only authorities of the trust root count, each by the very
certificate that is listed there; what a token brings along is compared with it and otherwise not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from govern.attestation.stamps.form import minimal
from govern.attestation.trust.root import TrustedTsa
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, IntegrityError

__all__ = ["EARLY", "LATE", "TimeStamp", "earliest_by_authority", "fits", "read_token"]

EARLY = timedelta(minutes=5)
"""How far a claimed time may lie after its token's: two clocks never agree."""

LATE = timedelta(hours=24)
"""How far a claimed time may lie before its token's: a queue or an air gap takes hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeStamp:
    """A verified token: the signature existed at this time."""

    time: datetime
    """`genTime`, UTC. The authority's accuracy, a second or so, is not added."""
    authority: str
    """Name in the authority's certificate."""
    key: bytes
    """SubjectPublicKeyInfo of the authority's key: authorities are counted by it, not by name."""
    listed: int
    """Index of the authority among those that were handed in."""


def read_token(response: bytes, *, signature: bytes, tsas: Sequence[TrustedTsa]) -> TimeStamp:
    """Verify a time-stamp response over a signature.

    Args:
        response: DER TimeStampResp, as the bundle holds it.
        signature: the signature bytes of the envelope.
        tsas: the authorities that count.

    Raises:
        IntegrityError: A411 for an authority that the trust root does not list, or not for that time; A410 for a
            token that is not in its one form, covers other bytes, or whose signature or certificate does not hold.
    """
    form = minimal(response)
    if form.data != response:
        raise _refuse("the time-stamp token holds parts that its signature does not cover")
    listed = [index for index, tsa in enumerate(tsas) if tsa.certs[0] == form.certificate]
    if not listed:
        known = f"{len(tsas)} others" if tsas else "none"
        raise IntegrityError(
            Diagnostic(
                "A411", f"the time-stamp token is of an authority that the trust root does not list; it has {known}"
            )
        )
    found = _verified(response, signature, tsas, listed[0])
    if not any(tsas[index].window.holds(found.time) for index in listed):
        message = f"the authority {found.authority} was not in use on {instant_text(found.time)}"
        raise IntegrityError(Diagnostic("A411", message))
    return found


def _verified(response: bytes, signature: bytes, tsas: Sequence[TrustedTsa], listed: int) -> TimeStamp:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import load_der_x509_certificate
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        leaf, *chain = [load_der_x509_certificate(cert) for cert in tsas[listed].certs]
        *intermediates, anchor = chain or [leaf]
        builder = VerifierBuilder(tsa_certificate=leaf, roots=[anchor], intermediates=intermediates)
        token = decode_timestamp_response(response)
        builder.build().verify_message(token, signature)
        time = token.tst_info.gen_time
        name = leaf.subject.rfc4514_string()
        key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, VerificationError) as fault:
        raise _refuse(f"the time-stamp token does not hold for this signature: {fault}") from fault
    return TimeStamp(time=time.astimezone(UTC), authority=name, key=key, listed=listed)


def _refuse(message: str) -> IntegrityError:
    hint = "take the file again from where it was issued, or stamp it again: govern stamp"
    return IntegrityError(Diagnostic("A410", message, hint=hint))


def earliest_by_authority(stamps: Iterable[TimeStamp]) -> tuple[TimeStamp, ...]:
    """Give the earliest token of every distinct authority, in the order of their times."""
    found: dict[bytes, TimeStamp] = {}
    for stamp in sorted(stamps, key=lambda item: item.time):
        found.setdefault(stamp.key, stamp)
    return tuple(found.values())


def fits(claimed: datetime, proven: datetime) -> bool:
    """Whether the time that a statement claims can be true when its token tells another."""
    return -LATE <= claimed - proven <= EARLY
