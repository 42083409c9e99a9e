"""Keys: ECDSA P-256 for every attestation, Ed25519 for the log. Verification rests on `cryptography` alone."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from govern.canonical import base64_text
from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.note import NoteSigner
from govern.records import record

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = [
    "LocalSigner",
    "PublicKey",
    "Signer",
    "generate_certifier_key",
    "generate_log_key",
    "load_ed25519_key",
    "load_log_signer",
    "load_signer",
    "private_pem",
    "write_private_key",
]

_P256_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
"""DER of a P-256 SubjectPublicKeyInfo up to the uncompressed point (RFC 5480)."""


def _ssh_string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


@record
class PublicKey:
    """A P-256 public key. Two keys are equal exactly when their bytes are: there is one allowed encoding."""

    spki: bytes
    """SubjectPublicKeyInfo, DER, with the uncompressed point."""

    @classmethod
    def parse(cls, spki: bytes) -> PublicKey:
        """Read a key. Raises IntegrityError (A302) for another type, curve or encoding, or a point off the curve."""
        refusal = IntegrityError(Diagnostic("A302", "not the SubjectPublicKeyInfo (DER) of an ECDSA P-256 key"))
        if not spki.startswith(_P256_PREFIX + b"\x04") or len(spki) != len(_P256_PREFIX) + 65:
            raise refusal
        key = cls(spki)
        try:
            key._loaded()
        except ValueError as fault:
            raise refusal from fault
        return key

    def _loaded(self) -> EllipticCurvePublicKey:
        # From the point, not the DER: the module that reads DER costs more to import than all of the verification.
        from cryptography.hazmat.primitives.asymmetric import ec

        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), self.spki[len(_P256_PREFIX) :])

    @property
    def keyid(self) -> str:
        """The OpenSSH fingerprint, `SHA256:<43 characters>`: what `ssh-keygen -l` prints, and Go's DSSE library."""
        point = self.spki[len(_P256_PREFIX) :]
        blob = _ssh_string(b"ecdsa-sha2-nistp256") + _ssh_string(b"nistp256") + _ssh_string(point)
        return f"SHA256:{base64_text(hashlib.sha256(blob).digest()).rstrip('=')}"

    @property
    def hint(self) -> str:
        """The sigstore bundle's `publicKey.hint`: base64 of sha256 over the key's DER."""
        return base64_text(hashlib.sha256(self.spki).digest())

    @property
    def pem(self) -> bytes:
        """The key as PEM, for openssl and others."""
        import base64
        import textwrap

        body = "\n".join(textwrap.wrap(base64.b64encode(self.spki).decode("ascii"), 64))
        return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Whether a DER signature over SHA-256 of the message holds under this key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            self._loaded().verify(signature, message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


class Signer(Protocol):
    """Whatever can sign: a file, an environment variable, a token, a cloud service."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""

    def sign(self, message: bytes) -> bytes:
        """Give the DER signature, ECDSA over SHA-256, of a message."""


class LocalSigner:
    """Signs with a private key in memory, deterministically (RFC 6979), so that the same statement gives one file."""

    def __init__(self, private: EllipticCurvePrivateKey) -> None:
        """Take a P-256 key. Raises IntegrityError (A302) for another curve."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        self._private = private
        spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self._public = PublicKey.parse(spki)

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Give the DER signature of a message."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return self._private.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def generate_certifier_key() -> EllipticCurvePrivateKey:
    """Make a new P-256 key from the operating system's randomness."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def generate_log_key() -> Ed25519PrivateKey:
    """Make a new Ed25519 key from the operating system's randomness."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def private_pem(key: EllipticCurvePrivateKey | Ed25519PrivateKey, *, password: bytes | None = None) -> bytes:
    """Write a private key as PKCS #8 PEM, encrypted when a password is given."""
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    encryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def write_private_key(path: Path, pem: bytes) -> None:
    """Write a key file that only its owner can read. Raises UsageError (A107) when there is one already."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as fault:
        raise UsageError(
            Diagnostic("A107", f"{path} exists; a key is never overwritten", Span(str(path)), "name another file")
        ) from fault
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())


def load_signer(pem: bytes, *, password: bytes | None = None, file: str = "key") -> LocalSigner:
    """Read a P-256 private key (PEM). Raises UsageError (A104)."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    key = _private_key(pem, password, file)
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name == "secp256r1":
        return LocalSigner(key)
    raise _unfit(file, "it is not an ECDSA P-256 key")


def load_ed25519_key(pem: bytes, *, password: bytes | None = None, file: str = "key") -> Ed25519PrivateKey:
    """Read an Ed25519 private key (PEM). Raises UsageError (A104)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = _private_key(pem, password, file)
    if isinstance(key, Ed25519PrivateKey):
        return key
    raise _unfit(file, "it is not an Ed25519 key")


def load_log_signer(pem: bytes, *, origin: str, password: bytes | None = None, file: str = "key") -> NoteSigner:
    """Read the log's Ed25519 private key (PEM) and put it under the log's name. Raises UsageError (A104)."""
    return NoteSigner(origin, load_ed25519_key(pem, password=password, file=file))


def _private_key(pem: bytes, password: bytes | None, file: str) -> object:
    """Read any private key. A password that is set for other keys is not offered to one that needs none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    encrypted = b"ENCRYPTED" in pem
    if encrypted and password is None:
        raise _unfit(file, "it is encrypted, and no password is set for it", "set GOVERN_KEY_PASSWORD")
    try:
        return load_pem_private_key(pem, password if encrypted else None)
    except (TypeError, ValueError, UnsupportedAlgorithm):
        # The library's text may quote the input, which is a secret: it is not even kept as the cause.
        why = "its password is wrong, or it is damaged" if encrypted else "it is not a PEM private key"
        raise _unfit(file, why) from None


def _unfit(file: str, why: str, hint: str = "make one: govern keys new") -> UsageError:
    return UsageError(Diagnostic("A104", f"the key {file} cannot sign: {why}", Span(file), hint))
