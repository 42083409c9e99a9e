"""Where people sign: their key, what the trust root lets them say with it, the log, and the file that comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.catalogue import statement_bytes
from govern.attestation.keys import Signer
from govern.attestation.kinds import KIND_NAMES, short_type
from govern.attestation.signers.registry import load_attestation_signer, load_note_signer
from govern.attestation.signing import Signed, sign_and_log, sign_only
from govern.attestation.trust import Role, TrustRoot
from govern.canonical import Json, instant_text, parse_instant
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.outputs import write_atomic, writing
from govern.gate.signing import read_trust
from govern.gate.stamping import stamper_of
from govern.gate.statement_files import SUFFIX
from govern.gate.workspace import Workspace
from govern.ledger.note import NoteSigner
from govern.policy.durations import add

__all__ = ["Delivered", "Desk", "Signature", "desk_of", "end_of", "log_key_of"]


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

    def role(self, kind: str) -> Role:
        """Give the role in which this key may sign a kind of statement now. Raises UsageError A503."""
        keyid, at = self.signer.public.keyid, self.signature.at
        wanted = self.signature.role
        fitting = [
            role
            for role in self.trust.roles_of(keyid)
            if short_type(kind) in role.types
            and any(item.keyid == keyid and item.window.holds(at) for item in role.keys)
            and wanted in (None, role.name)
        ]
        if len(fitting) == 1:
            return fitting[0]
        name = KIND_NAMES[kind]
        if not fitting:
            asked = f" as {wanted}" if wanted else ""
            roles = ", ".join(role.name for role in self.trust.roles_of(keyid)) or "no role"
            message = f"the trust root does not let {self.owner} sign a {name}{asked} at {instant_text(at)}: {roles}"
            raise UsageError(Diagnostic("A503", message, hint="see who may: govern trust show"))
        roles = ", ".join(role.name for role in fitting)
        raise UsageError(Diagnostic("A503", f"{self.owner} may sign a {name} as {roles}", hint="say which: --role"))

    def nonce(self) -> bytes:
        """Give 16 random bytes for a statement."""
        return self.entropy(16)

    def deliver(self, statement: Mapping[str, Json], *, name: str) -> Delivered:
        """Sign a statement, log it when asked, and write its file `<name>-<digest>.<kind>.sigstore.json`."""
        payload = statement_bytes(statement)
        # Its own time is not compared with the token's: a waiver or a piece of evidence may be dated otherwise.
        stamp = stamper_of(self.workspace.text("tsa"), trust=self.trust, entropy=self.entropy)
        if not self.signature.log:
            signed = sign_only(payload, signer=self.signer, stamp=stamp)
        else:
            from govern.gate.ledgers import open_ledger

            with open_ledger(self.workspace, signer=log_key_of(self.workspace, self.environment)) as ledger:
                (signed,) = sign_and_log([payload], signer=self.signer, ledger=ledger, stamp=stamp)
        path = self._path(signed, str(statement["predicateType"]), name)
        with writing(path):
            write_atomic(path, signed.data)
        return Delivered(path=path, digest=signed.digest, index=signed.index)

    def _path(self, signed: Signed, kind: str, name: str) -> Path:
        target = self.signature.output
        if target is not None and not target.is_dir():
            return target
        if target is None:
            folders = self.workspace.paths("statements")
            target = next((folder for folder in folders if folder.suffix == ""), Path())
        stem = re.sub(r"[^A-Za-z0-9._+-]", "_", name).lstrip(".-") or "statement"
        return target / f"{stem}-{signed.digest[:8]}.{KIND_NAMES[kind]}{SUFFIX}"


def log_key_of(workspace: Workspace, environment: Mapping[str, str]) -> NoteSigner:
    """Load the log's key. Raises UsageError (U105, A104, A401 to A406), for one who has none: with a hint."""
    if workspace.text("log") is None:
        hint = "set it, or sign now and let the log's keeper add the file: --no-log, then govern ledger add FILE"
        raise UsageError(Diagnostic("U105", "[signing] log is not set", hint=hint))
    return load_note_signer(workspace.need("log"), origin=workspace.need("origin"), environment=environment)


def desk_of(
    workspace: Workspace, signature: Signature, *, entropy: Callable[[int], bytes], environment: Mapping[str, str]
) -> Desk:
    """Load a person's key and the trust root.

    Raises UsageError: A503 when the trust root does not know the key, U103, U105, A104 and what the key's place asks.
    """
    trust = read_trust(Path(workspace.need("trust")))
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
    )


def end_of(text: str, start: datetime) -> str:
    """Read an end: an instant, or a duration from the start such as `90d`. Raises UsageError U102."""
    try:
        return instant_text(parse_instant(text))
    except ValueError:
        pass
    try:
        return instant_text(add(start, text))
    except ValueError as fault:
        message = f"{text}: neither an instant such as 2026-03-01T00:00:00Z nor a duration such as 90d"
        raise UsageError(Diagnostic("U102", message)) from fault
