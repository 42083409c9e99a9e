"""Where people sign: their key, what the trust root lets them say with it, the log, and the file that comes of it."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.catalogue import statement_bytes
from govern.attestation.keys import Signer
from govern.attestation.kinds import KIND_NAMES, short_type
from govern.attestation.reading import read_claims
from govern.attestation.signers.registry import load_attestation_signer, load_note_signer
from govern.attestation.signing import sign_and_log, sign_only
from govern.attestation.trust.root import Role, TrustRoot
from govern.canonical import Json, canonical_bytes, instant_text, parse_instant, sha256_hex
from govern.diagnostics import Diagnostic, GovernError, InputError, UsageError
from govern.gate.cosign import Notify, appending
from govern.gate.outputs import write_atomic, writing
from govern.gate.stamping import stamper_of, unstamped
from govern.gate.statement_files import SUFFIX
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace
from govern.inputs.json import parse_json
from govern.ledger.note import NoteSigner
from govern.policy.durations import add

__all__ = ["Delivered", "Desk", "Signature", "desk_of", "end_of", "log_key_of", "payload_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What every signing command is told."""

    key: str
    """The signer's key: a PEM file, `env:NAME`, `hsm:...` or another place that `govern keys show` knows."""
    at: datetime
    log: bool = True
    """Whether to append to the log now; otherwise the file waits for `govern ledger add`."""
    output: Path | None = None
    """File or folder to write to; the workspace's statements folder when None."""
    role: str | None = None
    """Role to sign in, when the key plays several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The file that was written."""

    path: Path
    digest: str
    index: int | None
    """Index in the log, None while it waits."""

    @property
    def text(self) -> str:
        """The answer in words."""
        place = "not logged yet: govern ledger add" if self.index is None else f"log entry {self.index}"
        return f"{self.path}\nsha256:{self.digest}, {place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A person's key, ready to sign under a trust root."""

    workspace: Workspace
    signer: Signer
    owner: str
    trust: TrustRoot
    signature: Signature
    entropy: Callable[[int], bytes]
    environment: Mapping[str, str]
    notify: Notify
    """Hears of witnesses that give no cosignature."""

    @property
    def names(self) -> frozenset[str]:
        """Every name by which somebody may know this person: as the trust root says, and by each of their keys."""
        own = (item.keyid for item in self.trust.keys.values() if item.owner == self.owner)
        return frozenset({self.owner, self.signer.public.keyid, *own})

    def role(self, kind: str, *, stages: frozenset[str] = frozenset()) -> Role:
        """Give the role in which this key may sign a kind of statement, for all these stages, now.

        Raises UsageError A503.
        """
        keyid, at = self.signer.public.keyid, self.signature.at
        wanted = self.signature.role
        revoked = next((item for item in self.trust.revoked if item.keyid == keyid), None)
        if revoked is not None:
            message = f"the key {keyid} of {self.owner} is revoked ({revoked.reason})"
            raise UsageError(Diagnostic("A503", message, hint="sign with another key: govern keys new"))
        fitting = [
            role
            for role in self.trust.roles_of(keyid)
            if short_type(kind) in role.types
            and any(item.keyid == keyid and item.window.holds(at) for item in role.keys)
            and wanted in (None, role.name)
            and (role.stages is None or stages <= role.stages)
        ]
        if len(fitting) == 1:
            return fitting[0]
        name = KIND_NAMES[kind]
        if not fitting:
            asked = f" as {wanted}" if wanted else ""
            roles = ", ".join(role.name for role in self.trust.roles_of(keyid)) or "no role"
            where = f" for the stage {', '.join(sorted(stages))}" if stages else ""
            when = instant_text(at)
            message = f"the trust root does not let {self.owner} sign a {name}{asked}{where} at {when}: {roles}"
            raise UsageError(Diagnostic("A503", message, hint="see who may: govern trust show"))
        roles = ", ".join(role.name for role in fitting)
        raise UsageError(Diagnostic("A503", f"{self.owner} may sign a {name} as {roles}", hint="say which: --role"))

    def nonce(self) -> bytes:
        """Give 16 random bytes for a statement."""
        return self.entropy(16)

    def deliver(self, statement: Mapping[str, Json], *, name: str) -> Delivered:
        """Sign a statement, log it when asked, and write its file `<name>-<digest>.<kind>.sigstore.json`.

        Raises UsageError: A506 for a statement that every verifier would refuse, U108 for a file that is there already
        or cannot be written. Nothing is signed or logged then.
        """
        payload = payload_of(statement)
        path = self._path(sha256_hex(payload), str(statement["predicateType"]), name)
        _free(path)
        # Its own time is not compared with the token's: a waiver or a piece of evidence may be dated otherwise.
        tsa = self.workspace.text("tsa")
        stamp = stamper_of(tsa, trust=self.trust, entropy=self.entropy)
        lacking = unstamped(tsa, self.trust)
        if not self.signature.log:
            signed = sign_only(payload, signer=self.signer, stamp=stamp)
        else:
            log = log_key_of(self.workspace, self.environment)
            with appending(self.workspace, signer=log, trust=self.trust, notify=self.notify) as ledger:
                (signed,) = sign_and_log([payload], signer=self.signer, ledger=ledger, stamp=stamp)
        with writing(path):
            write_atomic(path, signed.data)
        if lacking is not None:
            self.notify(lacking)
        return Delivered(path=path, digest=signed.digest, index=signed.index)

    def _path(self, digest: str, kind: str, name: str) -> Path:
        target = self.signature.output
        if target is not None:
            with writing(target):
                if not target.is_dir():
                    return target
        if target is None:
            folders = self.workspace.paths("statements")
            target = next((folder for folder in folders if folder.suffix == ""), Path())
        stem = re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".-")[:120] or "statement"
        return target / f"{stem}-{digest[:8]}.{KIND_NAMES[kind]}{SUFFIX}"


def payload_of(statement: Mapping[str, Json]) -> bytes:
    """Give the bytes to sign.

    What the caller's words make of it may be no statement: an empty reason, a bad digest, an end before the beginning.
    Raises UsageError A506 for what every verifier would refuse.
    """
    kind = str(statement["predicateType"])
    try:
        value: object = parse_json(canonical_bytes(statement), file="statement", utf16=False)
        read_claims(value, kind)
    except (GovernError, TypeError, ValueError) as fault:
        why = fault.diagnostics[0].message if isinstance(fault, GovernError) else "it holds what is no text"
        message = f"a {KIND_NAMES[kind]} cannot say that: {why}"
        raise UsageError(Diagnostic("A506", message, hint="nothing was signed")) from fault
    return statement_bytes(statement)


def _free(path: Path) -> None:
    """Find out whether a file can be written before anything is signed and logged. Raises UsageError U108."""
    with writing(path):
        with suppress(FileNotFoundError):
            path.lstat()
            raise FileExistsError(errno.EEXIST, "it is there already; a signed statement is never overwritten")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def log_key_of(workspace: Workspace, environment: Mapping[str, str]) -> NoteSigner:
    """Load the log's key. Raises UsageError (U105, A104, A401 to A406), for one who has none: with a hint."""
    if workspace.text("log") is None:
        hint = "set it, or sign now and let the log's keeper add the file: --no-log, then govern ledger add FILE"
        raise UsageError(Diagnostic("U105", "[signing] log is not set", hint=hint))
    return load_note_signer(workspace.need("log"), origin=workspace.need("origin"), environment=environment)


def desk_of(
    workspace: Workspace,
    signature: Signature,
    *,
    entropy: Callable[[int], bytes],
    environment: Mapping[str, str],
    notify: Notify,
) -> Desk:
    """Load a person's key and the trust root.

    Raises UsageError: A503 when the trust root does not know the key, U103, U105, A104 and what the key's place asks;
    InputError U112 when the trust root is not in force: nobody would believe what is signed under it.
    """
    trust = read_trust(Path(workspace.need("trust")))
    if not trust.issued_at <= signature.at < trust.expires:
        message = f"the trust root (version {trust.version}) is not in force at {instant_text(signature.at)}"
        raise InputError(Diagnostic("U112", message, hint="sign a new version: govern trust sign"))
    signer = load_attestation_signer(signature.key, environment=environment)
    known = trust.keys.get(signer.public.keyid)
    if known is None:
        message = f"the trust root does not know the key {signer.public.keyid}"
        raise UsageError(Diagnostic("A503", message, hint="have it added: govern trust edit"))
    return Desk(
        workspace=workspace,
        signer=signer,
        owner=known.owner,
        trust=trust,
        signature=signature,
        entropy=entropy,
        environment=environment,
        notify=notify,
    )


def end_of(text: str, start: datetime) -> str:
    """Read an end: an instant, or a duration from the start such as `90d`. Raises UsageError U101."""
    with suppress(ValueError):
        parse_instant(text)
        return text
    try:
        return instant_text(add(start, text))
    except ValueError as fault:
        message = f"{text}: neither an instant such as 2026-03-01T00:00:00Z nor a duration such as 90d"
        raise UsageError(Diagnostic("U101", message)) from fault
