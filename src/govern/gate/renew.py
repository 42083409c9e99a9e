"""Signing the trust root file: another person's signature, or its next version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from govern.attestation.keys import load_signer
from govern.attestation.trust_reading import load_trust
from govern.attestation.trust_signing import add_signature
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.files import read_file
from govern.gate.outputs import write_atomic
from govern.gate.signing import PASSWORD_VARIABLE, key_bytes
from govern.gate.trust import next_trust_root
from govern.policy.durations import parse as parse_duration

__all__ = ["add_root_signature", "renew_trust"]


def add_root_signature(file: Path, key: str, *, environment: Mapping[str, str]) -> str:
    """Add one signature to the version that the file holds. Raises IntegrityError, UsageError."""
    signer = load_signer(key_bytes(key, environment), password=_password(environment), file=key)
    data = add_signature(read_file(file), signer, file=str(file))
    root = load_trust(data, file=str(file))
    write_atomic(file, data)
    return f"{file}: version {root.version}, signed by {', '.join(root.signers)}"


def renew_trust(
    file: Path,
    key: str,
    *,
    valid_for: str,
    at: datetime,
    environment: Mapping[str, str],
    entropy: Callable[[int], bytes],
) -> str:
    """Write the next version, with the same keys and roles, and keep the old one beside it.

    Raises UsageError (U102) for a duration that is none, IntegrityError when the key alone does not meet the threshold.
    """
    try:
        parse_duration(valid_for)
    except ValueError as fault:
        raise UsageError(Diagnostic(code="U102", message=f"--renew: {fault}")) from fault
    old_data = read_file(file)
    old = load_trust(old_data, file=str(file))
    signer = load_signer(key_bytes(key, environment), password=_password(environment), file=key)
    data = next_trust_root(old, signers=[signer], issued_at=at, valid_for=valid_for, entropy=entropy)
    write_atomic(file.with_suffix(f".{old.version}{file.suffix}"), old_data)
    write_atomic(file, data)
    root = load_trust(data, file=str(file))
    return f"{file}: version {root.version}, fingerprint sha256:{root.digest}"


def _password(environment: Mapping[str, str]) -> bytes | None:
    text = environment.get(PASSWORD_VARIABLE)
    return text.encode() if text else None
