"""What a family of signers is, and what it is handed. Others add families by the entry-point group `govern.signers`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from govern.attestation.keys import Signer
from govern.diagnostics import Diagnostic, InputError, UsageError, plain
from govern.ledger.note import Ed25519Key

__all__ = ["KeyPlace", "SignerFamily", "extra_missing", "unfit", "unreachable"]

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.ASCII | re.DOTALL)
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where a key is, as somebody wrote it. Never the key itself, nor a secret: it may be printed."""

    uri: str
    scheme: str
    rest: str
    """What follows the scheme and its colon."""
    environment: Mapping[str, str] = field(repr=False)
    """Variables that a family may look into; holds secrets."""

    @classmethod
    def parse(cls, text: str, environment: Mapping[str, str]) -> KeyPlace:
        """Split `scheme:rest`; a text without a scheme is a path. One letter and a colon is no scheme.

        Raises UsageError (A406), without quoting it, for a text that holds a key instead of naming one.
        """
        if "PRIVATE KEY" in text or "\n" in text:
            message = "a key itself stands where its place should be named"
            raise UsageError(Diagnostic("A406", message, hint="put it into a variable and name that: env:NAME"))
        match = _SCHEME.fullmatch(text)
        scheme, rest = (match[1], match[2]) if match else ("file", text)
        return cls(uri=text, scheme=scheme, rest=rest, environment=environment)

    def need(self, variable: str) -> str:
        """Give a variable's value. Raises UsageError (A406) naming it when it is not set."""
        value = self.environment.get(variable)
        if not value:
            raise UsageError(Diagnostic("A406", f"the key {self.uri} needs the variable {variable}, which is not set"))
        return value

    def secret(self, variable: str, name: str) -> str | None:
        """Give a secret: `<variable>_<NAME>` for this key alone, else `<variable>` for all; None when neither is set.

        The name is put in capitals, anything but letters and digits becomes `_`.
        """
        own = f"{variable}_{re.sub('[^A-Z0-9]', '_', name.upper())}"
        return self.environment.get(own) or self.environment.get(variable) or None


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
