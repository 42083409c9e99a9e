"""Keys in devices and services, held to their contract: a signature that does not verify is never handed on.

Every signature is verified with the public key before anybody sees it, the first one when the key is loaded. A service
that hashes twice, signs with another version of the key, or answers in another encoding would otherwise be found out
by the auditor, when the log already holds the entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from govern.attestation.keys import PublicKey
from govern.attestation.signers.interface import unfit
from govern.attestation.signers.place import KeyPlace
from govern.diagnostics import Diagnostic, IntegrityError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

__all__ = ["CheckedEd25519", "CheckedSigner"]

_PROBE = b"govern: does this key sign what it is given?"


class CheckedSigner:
    """An ECDSA P-256 key that is somewhere else."""

    def __init__(self, place: KeyPlace, public: PublicKey, sign: Callable[[bytes], bytes]) -> None:
        """Take the public half and the way to signatures, and try it.

        Raises IntegrityError (A405), InputError (A403).
        """
        self._place, self._public, self._sign = place, public, sign
        self.sign(_PROBE)

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Give the DER signature, ECDSA over SHA-256, of a message. Raises IntegrityError (A405), InputError (A403)."""
        signature = self._sign(message)
        if not self._public.verifies(signature, message):
            raise _unsound(self._place)
        return signature


class CheckedEd25519:
    """An Ed25519 key that is somewhere else."""

    def __init__(self, place: KeyPlace, public: bytes, sign: Callable[[bytes], bytes]) -> None:
        """Take the public half, 32 bytes, and the way to signatures, and try it.

        Raises UsageError (A404) for what is no such key, IntegrityError (A405), InputError (A403).
        """
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            self._public = Ed25519PublicKey.from_public_bytes(public)
        except ValueError as fault:
            raise unfit(place, "of another type or on another curve", "Ed25519") from fault
        self._place, self._sign = place, sign
        self.sign(_PROBE)

    def public_key(self) -> Ed25519PublicKey:
        """Give the public half."""
        return self._public

    def sign(self, data: bytes, /) -> bytes:
        """Give the 64 signature bytes. Raises IntegrityError (A405), InputError (A403)."""
        from cryptography.exceptions import InvalidSignature

        signature = self._sign(data)
        try:
            self._public.verify(signature, data)
        except InvalidSignature as fault:
            raise _unsound(self._place) from fault
        return signature


def _unsound(place: KeyPlace) -> IntegrityError:
    hint = "it may hash the message twice, or sign with another version of the key"
    return IntegrityError(Diagnostic("A405", f"what {place.uri} signed does not verify under its own key", hint=hint))
