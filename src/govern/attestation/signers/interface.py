"""What a family of signers is, and what it is handed. Others add families by the entry-point group `govern.signers`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govern.attestation.keys import Signer
from govern.attestation.signers.place import KeyPlace
from govern.diagnostics import Diagnostic, InputError, UsageError, plain
from govern.ledger.note import Ed25519Key

__all__ = ["SignerFamily", "extra_missing", "unfit", "unreachable"]

_MOST_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerFamily:
    """How the keys of one scheme are loaded. Loading proves that the key is there, and asks for its public half.

    Both functions raise UsageError for what the caller wrote or left out, InputError (A403) when a device or service
    does not answer, IntegrityError (A405) for an answer that does not verify.
    """

    attestation: Callable[[KeyPlace], Signer]
    """Loads an ECDSA P-256 key."""
    log: Callable[[KeyPlace], Ed25519Key] | None = None
    """Loads an Ed25519 key; None for a family that has none."""


def extra_missing(place: KeyPlace, extra: str, fault: BaseException | None = None) -> UsageError:
    """Say which extra the key needs (A402)."""
    hint = f"install it: pip install 'govern[{extra}]'"
    error = UsageError(Diagnostic("A402", f"the key {place.uri} needs the extra govern[{extra}]", hint=hint))
    error.__cause__ = fault
    return error


def unreachable(place: KeyPlace, fault: Exception) -> InputError:
    """Say that a device or service did not do what it was asked (A403), in the first line of its own words."""
    lines = str(fault).strip().splitlines()
    said = plain(lines[0], limit=_MOST_CHARS) if lines else "it gives no reason"
    return InputError(Diagnostic("A403", f"the key {place.uri} cannot be used: {type(fault).__name__}: {said}"))


def unfit(place: KeyPlace, found: str, wanted: str) -> UsageError:
    """Say that the key is of another type (A404)."""
    return UsageError(Diagnostic("A404", f"the key {place.uri} is {found}; its use asks for {wanted}"))
