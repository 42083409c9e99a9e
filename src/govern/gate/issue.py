"""Issue: sign a decision as certificate or refusal, log it, write the files beside the bundle."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from govern import __version__
from govern.attestation.issue import Issued
from govern.attestation.issue import issue as sign_and_log
from govern.attestation.statement import CertificateInputs
from govern.canonical import Json, instant_text
from govern.diagnostics import Diagnostic, UsageError
from govern.gate.check import Checked
from govern.gate.cosign import Notify
from govern.gate.engine import engine_digest
from govern.gate.outputs import write_atomic
from govern.gate.signing import Signing
from govern.gate.stamping import stamper_of, unstamped
from govern.gate.stated import Terms, stated
from govern.policy.durations import add

__all__ = ["certificate_inputs", "issue"]


def issue(
    checked: Checked,
    *,
    signing: Signing,
    entropy: Callable[[int], bytes],
    supersedes: str | None = None,
    notify: Notify | None = None,
) -> dict[str, Json]:
    """Sign and log a decision, write its files, and give the result's `certificate` member.

    Only an allowed decision becomes a certificate; any other becomes a refusal, which is another statement type.
    The bundle was re-hashed after the checks (`Bundle.verify_unchanged`), so what is signed is what was judged.

    Args:
        checked: the decision.
        signing: keys, trust root, ledger.
        entropy: gives that many random bytes; `os.urandom` outside tests.
        supersedes: sha256 (hex) of the payload of the certificate that this one replaces.
        notify: gets a warning for each witness that gives no cosignature, and for time-stamps that will be missing.

    Raises:
        UsageError: nobody could verify the signature, or the files cannot be written or would lie in the bundle.
        InputError: a signing device or time-stamping authority gives no answer. Nothing is logged then.
        IntegrityError: the ledger is behind or inconsistent with its published checkpoint, or a witness has seen
            another history. Nothing is written then.
        ValueError: only some rules of the plan were run.
    """
    if checked.request.only is not None:
        raise ValueError("a decision on a part of a plan is never signed")
    stage = checked.request.stage.value
    signing.check(clock=checked.request.clock, stage=stage)
    signing.stays_outside(checked.request.bundle)
    _same_submitter(checked, signing)
    source = checked.request.source
    folder = signing.output or (checked.request.bundle.resolve().parent if source is None else source.beside)
    _writable(folder)
    inputs = certificate_inputs(checked, signing=signing, entropy=entropy, supersedes=supersedes)
    notify = notify or _unheard
    lacking = unstamped(signing.tsa, signing.trust)
    with signing.paths.open(signer=signing.log) as inner:
        ledger = signing.witnessing.over(inner, notify=notify)
        stamp = stamper_of(signing.tsa, trust=signing.trust, entropy=entropy, claimed=checked.request.clock)
        issued = sign_and_log(inputs, signer=signing.signer, ledger=ledger, stamp=stamp)
    for name, data in _files(checked, issued).items():
        write_atomic(folder / name, data)
    if lacking is not None:
        notify(lacking)
    return {
        "kind": issued.kind,
        "path": issued.certificate_name,
        "digest": issued.digest,
        "ledger_index": issued.ledger_index,
        "keyid": issued.keyid,
        "valid_until": inputs.valid_until if issued.kind == "certificate" else None,
    }


def _unheard(_note: Diagnostic) -> None:
    """Nobody listens."""


def _same_submitter(checked: Checked, signing: Signing) -> None:
    """Refuse to name a submitter whose own waiver or vote the decision may have counted. Raises UsageError U105."""
    decided, named = checked.decision.submitter, signing.submitter
    if checked.decision.hears_people and decided != named:
        message = f"people's words were heard for the submitter {decided}, the certificate would name {named}"
        raise UsageError(Diagnostic("U105", message, hint="name the same submitter in the request of the check"))


def _files(checked: Checked, issued: Issued) -> Mapping[str, bytes]:
    """The attestations, the manifest they speak of, and the two records whose digests they carry."""
    subject = issued.stem.removesuffix(f".{checked.request.stage.value}")
    return {
        **issued.files(),
        f"{subject}.MANIFEST.sha256": checked.bundle.manifest,
        f"{issued.stem}.evaluation.json": checked.evaluation.data(),
        f"{issued.stem}.decision.json": checked.decision.data(),
    }


def _writable(folder: Path) -> None:
    """Find out before the ledger is appended to, which cannot be undone."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        allowed = os.access(folder, os.W_OK | os.X_OK)
    except OSError:
        allowed = False
    if not allowed:
        message = f"the folder for certificates, {folder}, cannot be written"
        raise UsageError(Diagnostic(code="U108", message=message, hint="set [workspace] output, or --no-issue"))


def certificate_inputs(
    checked: Checked, *, signing: Signing, entropy: Callable[[int], bytes], supersedes: str | None = None
) -> CertificateInputs:
    """Gather everything that the certificate or refusal of a decision says."""
    terms = Terms(
        certificate_id=str(uuid.UUID(bytes=entropy(16), version=4)),
        nonce=entropy(16),
        verifier_id=signing.verifier_id,
        engine_version=__version__,
        engine_digest=engine_digest(),
        submitter=signing.submitter,
        valid_until=_valid_until(checked, signing),
        trust_version=signing.trust.version,
        trust_digest=signing.trust.digest,
        ledger_origin=signing.log.key.name,
        supersedes=supersedes,
    )
    return stated(checked, terms)


def _valid_until(checked: Checked, signing: Signing) -> str:
    """The workspace's period, or the end of what the decision rests on when that comes first."""
    ends: list[datetime] = [add(checked.request.clock, signing.valid_for)]
    if checked.decision.holds_until is not None:
        ends.append(checked.decision.holds_until)
    return instant_text(min(ends))
