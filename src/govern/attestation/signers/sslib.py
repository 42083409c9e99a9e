"""Signers of securesystemslib as ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govern.attestation.keys import PublicKey
from govern.attestation.signers.checked import CheckedSigner
from govern.attestation.signers.interface import unfit, unreachable
from govern.attestation.signers.place import KeyPlace
from govern.diagnostics import IntegrityError

if TYPE_CHECKING:
    from securesystemslib.signer import Key
    from securesystemslib.signer import Signer as TheirSigner

__all__ = ["SslibSigner", "asking", "p256_of"]

_SCHEME = "ecdsa-sha2-nistp256"


class SslibSigner(CheckedSigner):
    """A signer of securesystemslib as one of ours: our public key, and signatures as bytes that were verified."""

    def __init__(self, place: KeyPlace, signer: TheirSigner, *, faults: tuple[type[Exception], ...]) -> None:
        """Take their signer and the exceptions by which it says that it cannot.

        Raises UsageError (A404) for another scheme than ECDSA P-256 with SHA-256, else as `CheckedSigner`.
        """
        super().__init__(place, p256_of(place, signer.public_key), asking(place, signer, faults=faults))


def asking(place: KeyPlace, signer: TheirSigner, *, faults: tuple[type[Exception], ...]) -> Callable[[bytes], bytes]:
    """Give a function that asks their signer for a signature. It raises InputError (A403) for the faults."""

    def sign(message: bytes) -> bytes:
        try:
            return bytes.fromhex(signer.sign(message).signature)
        except faults as fault:
            raise unreachable(place, fault) from fault

    return sign


def p256_of(place: KeyPlace, key: Key) -> PublicKey:
    """Give a key of theirs as ours. Raises UsageError (A404) for any but ECDSA P-256 with SHA-256."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

    pem = key.keyval.get("public")
    if key.scheme != _SCHEME or not isinstance(pem, str):
        raise unfit(place, f"of the scheme {key.scheme}", _SCHEME)
    try:
        der = load_pem_public_key(pem.encode()).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey.parse(der)
    except (ValueError, IntegrityError) as fault:
        raise unfit(place, "another key than its scheme says", _SCHEME) from fault
