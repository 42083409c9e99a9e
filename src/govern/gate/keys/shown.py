"""What a signing key is called, wherever it is: its names and its public half."""

from __future__ import annotations

from collections.abc import Mapping

from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.attestation.trust.export import ed25519_pem
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.note import is_origin

__all__ = ["describe_key", "describe_log_key"]


def describe_key(uri: str, *, environment: Mapping[str, str]) -> str:
    """Load an attestation key and give its key id, hint and PEM. Raises as `load_attestation_signer`."""
    public = load_attestation_signer(uri, environment=environment).public
    return f"keyid  {public.keyid}\nhint   {public.hint}\n{public.pem.decode()}".rstrip()


def describe_log_key(uri: str, *, origin: str, environment: Mapping[str, str]) -> str:
    """Load a log's key and give its verifier key and PEM.

    Raises as `load_note_signer`, and UsageError (U111) for an origin that names no log.
    """
    if not is_origin(origin):
        message = f"{origin} is no origin of a log: a bare lower-case host name such as ledger.example"
        raise UsageError(Diagnostic("U111", message))
    key = load_note_signer(uri, origin=origin, environment=environment).key
    return f"vkey   {key.vkey}\n{ed25519_pem(key.public).decode()}".rstrip()
