"""What issuing needs: keys, trust root, ledger. Loaded before any check runs, so that a fault is said at once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from govern.attestation.keys import Signer
from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.attestation.signers.place import PASSWORD_VARIABLE
from govern.attestation.trust.root import TrustRoot
from govern.diagnostics import Diagnostic, InputError, UsageError
from govern.gate.cosign import Witnessing, witnessing_of
from govern.gate.ledgers import ledger_place
from govern.gate.stamping import check_authority
from govern.gate.trust.file import read_trust
from govern.gate.workspace import Workspace
from govern.policy.durations import parse as parse_duration

if TYPE_CHECKING:
    from govern.ledger.note import NoteSigner
    from govern.ledger.store import LedgerPlace

__all__ = ["PASSWORD_VARIABLE", "Signing", "signing_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """Everything that turns a decision into a signed, logged file."""

    signer: Signer
    log: NoteSigner
    trust: TrustRoot
    paths: LedgerPlace
    verifier_id: str
    submitter: str
    valid_for: str
    witnessing: Witnessing
    """Who is asked to cosign the log's heads."""
    output: Path | None
    """Folder for certificates; None means beside the bundle."""
    tsa: str | None = None
    """Address of a time-stamping authority that is asked about every signature; None asks none."""

    def check(self, *, clock: datetime, stage: str) -> None:
        """Refuse to sign what nobody could verify.

        Raises InputError (U112) when the trust root is not in force at the clock, UsageError (U111) when it does not
        let this key certify this stage, or does not know this log, UsageError (A406, A411) when it could not verify
        the time-stamps that are to be asked for.
        """
        trust = self.trust
        if not trust.issued_at <= clock < trust.expires:
            message = f"the trust root (version {trust.version}) is not in force at {clock:%Y-%m-%dT%H:%M:%SZ}"
            hint = "sign a new version: govern trust sign"
            raise InputError(Diagnostic(code="U112", message=message, hint=hint))
        keyid = self.signer.public.keyid
        role = trust.roles.get("certifier")
        entry = next((item for item in role.keys if item.keyid == keyid), None) if role is not None else None
        if role is None or entry is None or not entry.window.holds(clock):
            raise _unfit(f"the trust root does not let the key {keyid} certify now")
        if role.stages is not None and stage not in role.stages:
            raise _unfit(f"the trust root does not let the certifier sign for the stage {stage}")
        if role.verifier_ids is not None and self.verifier_id not in role.verifier_ids:
            raise _unfit(f"the trust root does not name the verifier {self.verifier_id}")
        if trust.log(self.log.key.full_id) is None:
            raise _unfit(f"the trust root does not name the log {self.log.key.vkey}")
        if self.tsa is not None:
            check_authority(self.tsa, trust)

    def stays_outside(self, bundle: Path) -> None:
        """Refuse to sign when what issuing writes would change the bundle that it speaks of. Raises UsageError U107."""
        inside = bundle.resolve()
        written = (("certificates", self.output), *(("ledger", path) for path in self.paths.written))
        for what, path in written:
            if path is not None and path.resolve().is_relative_to(inside):
                message = f"the {what} of the workspace would be written into the bundle: {path}"
                raise UsageError(Diagnostic(code="U107", message=message, hint="keep the workspace beside the bundle"))


def _unfit(message: str) -> UsageError:
    hint = "use the key that `govern trust show` lists, or sign a new trust root"
    return UsageError(Diagnostic(code="U111", message=message, hint=hint))


def signing_of(workspace: Workspace, environment: Mapping[str, str] = os.environ) -> Signing:
    """Load keys, trust root and places from a workspace.

    Raises UsageError (U103, U105, A104, A401 to A406) for what is not set or not there, InputError (A403) for a device
    or service that does not answer, IntegrityError for a broken trust root.
    """
    certifier, log = workspace.need("certifier"), workspace.need("log")
    origin = workspace.need("origin")
    valid_for = workspace.need("valid_for")
    try:
        parse_duration(valid_for)
    except ValueError as fault:
        raise UsageError(Diagnostic(code="U102", message=f"[certificate] valid_for: {fault}")) from fault
    trust = read_trust(Path(workspace.need("trust")))
    return Signing(
        signer=load_attestation_signer(certifier, environment=environment),
        log=load_note_signer(log, origin=origin, environment=environment),
        tsa=workspace.text("tsa"),
        trust=trust,
        witnessing=witnessing_of(workspace, trust),
        paths=ledger_place(workspace),
        verifier_id=workspace.need("verifier_id"),
        submitter=workspace.need("submitter"),
        valid_for=valid_for,
        output=workspace.path("output"),
    )
