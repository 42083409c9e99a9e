"""Rotating a key: a new one takes over its roles in the next version of the trust root."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.keys import PublicKey
from govern.attestation.trust.edit_keys import Edit, add_key, retire_key
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import Window
from govern.attestation.trust.terms import TrustTerms
from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.files import read_file
from govern.gate.keys.making import is_key_name, new_key, unfit_name
from govern.gate.keys.public import read_public_key
from govern.gate.trust.edit import EditRequest, draft_next
from govern.policy.durations import add

__all__ = ["RotateRequest", "rotate_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateRequest:
    """Which key gives way to a new one, and for how long both may sign."""

    folder: Path
    name: str
    trust: Path
    at: datetime
    overlap: str
    """Duration; `0d` ends the old key at once. A root key always ends at once."""
    keys: tuple[str, ...] = ()
    """Root keys to sign the draft with."""


def rotate_key(
    request: RotateRequest,
    *,
    password: bytes | None,
    environment: Mapping[str, str],
    entropy: Callable[[int], bytes],
) -> str:
    """Make a new key and draft the version of the trust root in which it takes over every role of the old one.

    Raises UsageError: A314 for a log or witness key, A319 for a name that is not there or plays no role, and what
    drafting raises; then the new key is taken away again.
    """
    folder, at = request.folder, request.at
    old = read_public_key(_public_half(folder, request.name))
    root = load_trust(read_file(request.trust), file=str(request.trust))
    roles = [name for name, role in root.roles.items() if any(item.keyid == old.keyid for item in role.keys)]
    if not roles:
        raise unfit_name(f"the key {request.name} plays no role in version {root.version} of the trust root")
    end = at if "root" in roles else _after(at, request.overlap)
    name = _next_name(folder, request.name)
    keyid = new_key(folder, name, kind=roles[0].partition("/")[0], password=password)
    edits = _takeover(old.keyid, read_public_key(folder / f"{name}.pub"), root.keys[old.keyid].owner, roles, at, end)
    asked = EditRequest(file=request.trust, asked={}, at=at, keys=_signing_keys(request, roles, folder / f"{name}.pem"))
    try:
        text = draft_next(asked, edits, environment=environment, entropy=entropy)
    except BaseException:
        for half in (folder / f"{name}.pem", folder / f"{name}.pub"):
            half.unlink(missing_ok=True)
        raise
    ended = f"{request.name} signs until {instant_text(end)}"
    return f"{folder / name}.pem: {keyid}, for {', '.join(roles)}; {ended}\n{text}"


def _signing_keys(request: RotateRequest, roles: list[str], new: Path) -> tuple[str, ...]:
    """Whoever rotates a root key signs with both, when signing at all: the new version asks for the new key."""
    return (*request.keys, str(new)) if "root" in roles and request.keys else request.keys


def _public_half(folder: Path, name: str) -> Path:
    public, vkey = folder / f"{name}.pub", folder / f"{name}.vkey"
    if not is_key_name(name):
        raise unfit_name(f"{name} cannot name a key")
    if vkey.is_file():
        raise UsageError(
            Diagnostic(
                "A314",
                f"{name} is the key of a log or witness; a log with another key is another log",
                hint="log: start a ledger under a new origin, then govern trust edit --log NEW --retire-log OLD; "
                "witness: govern keys new NAME --kind witness, then govern trust edit --witness NAME=VKEY",
            )
        )
    if not public.is_file():
        known = ", ".join(sorted(plain(item.stem) for item in folder.glob("*.pub"))) or "none"
        raise unfit_name(f"there is no key {name} in {folder}", f"keys: {known}")
    return public


def _next_name(folder: Path, name: str) -> str:
    """`certifier` -> `certifier-2`, `certifier-2` -> `certifier-3`: the first that is free."""
    stem, dash, number = name.rpartition("-")
    count = int(number) if dash and number.isascii() and number.isdigit() and len(number) < 6 else 1
    base = stem if count > 1 else name
    while (folder / f"{base}-{count + 1}.pem").exists():
        count += 1
    return f"{base}-{count + 1}"


def _after(at: datetime, duration: str) -> datetime:
    try:
        return add(at, duration)
    except ValueError as fault:
        raise UsageError(Diagnostic("U102", f"--overlap: {fault}")) from fault


def _takeover(old: str, new: PublicKey, owner: str, roles: list[str], start: datetime, end: datetime) -> list[Edit]:
    def adding(role: str) -> Edit:
        return lambda terms: add_key(terms, role, new, owner, Window() if role == "root" else Window(start, None))

    def retiring(terms: TrustTerms) -> TrustTerms:
        return retire_key(terms, old, end)

    return [retiring, *(adding(role) for role in roles)]
