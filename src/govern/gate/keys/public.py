"""Public keys and certificates from files that people hand in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from govern.attestation.keys import PublicKey
from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.gate.files import read_file

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

__all__ = ["read_certificates", "read_public_key"]

_LIMIT = 64 * 1024


def _unfit(path: Path, why: str, hint: str) -> UsageError:
    return UsageError(Diagnostic("A317", f"{path} {why}", Span(str(path)), hint))


def read_public_key(path: Path) -> PublicKey:
    """Read a P-256 public key: PEM, or the one line of OpenSSH. Raises UsageError (U103, A317)."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_public_key,
        load_ssh_public_key,
    )

    data = read_file(path, limit=_LIMIT)
    if b"PRIVATE KEY" in data:
        raise _unfit(path, "is a private key; only the public half may be handed in", "give the .pub file beside it")
    load = load_ssh_public_key if data.startswith((b"ecdsa-", b"ssh-")) else load_pem_public_key
    hint = "give the .pub file that `govern keys new` wrote"
    try:
        spki = load(data).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise _unfit(path, "is not a public key in PEM", hint) from fault
    try:
        return PublicKey.parse(spki)
    except IntegrityError as fault:
        raise _unfit(path, "is not an ECDSA P-256 key, which alone may sign attestations", hint) from fault


def read_certificates(path: Path) -> tuple[bytes, ...]:
    """Read the chain of a time-stamping authority (PEM) and give it in DER, signing certificate first, root last.

    The order in the file does not matter. Raises UsageError (U103, A317): not one chain, or one whose signing
    certificate is not, critically and only, for time-stamping (RFC 3161 section 2.3).
    """
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509 import load_pem_x509_certificates

    hint = "give one PEM file with the signing certificate and everything above it"
    try:
        left = load_pem_x509_certificates(read_file(path, limit=_LIMIT))
    except ValueError as fault:
        raise _unfit(path, "holds no certificates in PEM", hint) from fault
    signing = [cert for cert in left if _stamps(cert)]
    if len(signing) != 1:
        raise _unfit(path, f"holds {len(signing)} certificates for time-stamping alone, expected one", hint)
    chain = [signing[0]]
    left.remove(signing[0])
    while left:
        above = next((cert for cert in left if _issued(cert, chain[-1])), None)
        if above is None:
            raise _unfit(path, "holds a certificate that is not above its signing certificate", hint)
        chain.append(above)
        left.remove(above)
    return tuple(cert.public_bytes(Encoding.DER) for cert in chain)


def _stamps(cert: Certificate) -> bool:
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = cert.extensions.get_extension_for_class(ExtendedKeyUsage)
    except ExtensionNotFound:
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _issued(issuer: Certificate, cert: Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        cert.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
