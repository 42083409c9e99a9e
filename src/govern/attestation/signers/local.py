"""Keys in memory: PEM files and environment variables, encrypted or not. They sign deterministically."""

from __future__ import annotations

from pathlib import Path

from govern.attestation.keys import LocalSigner, load_ed25519_key, load_signer
from govern.attestation.signers.interface import SignerFamily
from govern.attestation.signers.place import PASSWORD_VARIABLE, KeyPlace
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.note import Ed25519Key

__all__ = ["families"]

_MOST_BYTES = 64 * 1024


def families() -> dict[str, SignerFamily]:
    """Give the families `file` and `env`."""
    return {
        "file": SignerFamily(attestation=_file_signer, log=_file_log_key),
        "env": SignerFamily(attestation=_env_signer, log=_env_log_key),
    }


def _file_signer(place: KeyPlace) -> LocalSigner:
    return load_signer(_file(place), password=_password(place, Path(place.rest).stem), file=place.rest)


def _file_log_key(place: KeyPlace) -> Ed25519Key:
    return load_ed25519_key(_file(place), password=_password(place, Path(place.rest).stem), file=place.rest)


def _env_signer(place: KeyPlace) -> LocalSigner:
    return load_signer(_variable(place), password=_password(place, place.rest), file=place.uri)


def _env_log_key(place: KeyPlace) -> Ed25519Key:
    return load_ed25519_key(_variable(place), password=_password(place, place.rest), file=place.uri)


def _password(place: KeyPlace, name: str) -> bytes | None:
    text = place.secret(PASSWORD_VARIABLE, name)
    return None if text is None else text.encode()


def _file(place: KeyPlace) -> bytes:
    try:
        with Path(place.rest).open("rb") as stream:
            return stream.read(_MOST_BYTES)
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else "it is no path"
        message = f"cannot read the key {place.rest}: {reason or 'no reason given'}"
        raise UsageError(Diagnostic("A104", message, hint="make one: govern keys new")) from fault


def _variable(place: KeyPlace) -> bytes:
    value = place.environment.get(place.rest)
    if not value:
        message = f"the variable {place.rest} holds no key"
        raise UsageError(Diagnostic("A104", message, hint="put the PEM text of a private key into it"))
    return value.encode()
