"""The auditor's use case: gather bytes, ask the state machine, say what came of it. Offline, without state."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from govern.attestation.kinds import KIND_NAMES
from govern.attestation.verification import Expected, Request, Result
from govern.attestation.verify import verify as judge
from govern.attestation.verify_commands import FileNames
from govern.bundle.manifest import Manifest, manifest_of
from govern.canonical import base64_bytes
from govern.decision.records import MAX_BYTES as MAX_RECORD_BYTES
from govern.diagnostics import BundleRefusedError, Diagnostic, UsageError
from govern.gate.files import read_file
from govern.gate.statement_files import SUFFIX, read_statements
from govern.records import record

__all__ = ["KINDS", "Verified", "VerifyRequest", "verify"]

KINDS = {name: kind for kind, name in KIND_NAMES.items()}
"""Short name -> predicate type."""


@record(kw_only=True)
class VerifyRequest:
    """What the auditor asks. Everything is a file that was named; nothing is looked up."""

    certificate: Path
    trust: Path
    at: datetime
    kind: str = "certificate"
    earlier_trust: tuple[Path, ...] = ()
    fingerprint: str | None = None
    bundle: Path | None = None
    manifest: Path | None = None
    """Default: the `.MANIFEST.sha256` beside the certificate, when there is one."""
    tlog_proof: Path | None = None
    checkpoint: Path | None = None
    """A checkpoint of the log from elsewhere."""
    consistency: Path | None = None
    """Proof between that checkpoint and the certificate's, one base64 line a hash."""
    statements: tuple[Path, ...] = ()
    """Files and folders of signed statements: waivers, approvals, releases, revocations, status lists."""
    records: Path | None = None
    """Folder with the evaluation and decision records; by default the certificate's own."""
    expected: Expected = Expected()
    strict: bool = False


@record(kw_only=True)
class Verified:
    """The result and the names of the files as the auditor has them, for the commands of other tools."""

    result: Result
    names: FileNames


def verify(request: VerifyRequest) -> Verified:
    """Verify a certificate, refusal or verification summary.

    Raises UsageError U103 for files that are not there; whatever the files hold is an answer, not an error.
    """
    manifest_path = request.manifest or _manifest_beside(request.certificate)
    manifest: Manifest | None = None
    refused: tuple[Diagnostic, ...] = ()
    if request.bundle is not None:
        if not request.bundle.is_dir():
            raise UsageError(Diagnostic(code="U103", message=f"there is no folder {request.bundle}"))
        try:
            manifest = manifest_of(request.bundle)
        except BundleRefusedError as fault:
            refused = fault.diagnostics
    result = judge(
        Request(
            certificate=read_file(request.certificate),
            trust=read_file(request.trust),
            at=request.at,
            certificate_name=str(request.certificate),
            trust_name=str(request.trust),
            kind=KINDS[request.kind],
            earlier_trust=tuple(read_file(path) for path in request.earlier_trust),
            pinned=request.fingerprint,
            bundle=manifest,
            bundle_refused=refused,
            manifest_file=None if manifest_path is None else read_file(manifest_path, limit=64 * 1024 * 1024),
            expected=request.expected,
            tlog_proof=None if request.tlog_proof is None else read_file(request.tlog_proof),
            checkpoint=None if request.checkpoint is None else read_file(request.checkpoint),
            consistency=None if request.consistency is None else read_consistency(request.consistency),
            statements=read_statements(request.statements),
            evaluation=_record(request, "evaluation"),
            decision=_record(request, "decision"),
            strict=request.strict,
        )
    )
    names = FileNames(
        certificate=str(request.certificate),
        trust=str(request.trust),
        manifest=None if manifest_path is None else str(manifest_path),
        bundle=None if request.bundle is None else str(request.bundle),
    )
    return Verified(result=result, names=names)


def read_consistency(path: Path) -> tuple[bytes, ...]:
    """Read a consistency proof as `govern ledger prove --consistency` prints it. Raises UsageError U103."""
    try:
        lines = read_file(path).decode("ascii").split()
        return tuple(base64_bytes(line) for line in lines)
    except ValueError as fault:
        message = f"{path} is no consistency proof: expected one base64 hash a line"
        raise UsageError(Diagnostic(code="U103", message=message)) from fault


def _record(request: VerifyRequest, what: str) -> bytes | None:
    """Give `<stem>.evaluation.json` or `<stem>.decision.json`, None when it is not there."""
    stem = _stem(request.certificate)
    folder = request.records or request.certificate.parent
    path = folder / f"{stem}.{what}.json"
    return read_file(path, limit=MAX_RECORD_BYTES) if stem is not None and path.is_file() else None


def _stem(certificate: Path) -> str | None:
    """`<name>-<version>.<stage>.certificate.sigstore.json` -> `<name>-<version>.<stage>`; None for another name."""
    for kind in ("certificate", "refusal"):
        if certificate.name.endswith(f".{kind}{SUFFIX}"):
            return certificate.name.removesuffix(f".{kind}{SUFFIX}")
    return None


def _manifest_beside(certificate: Path) -> Path | None:
    """`<name>-<version>.<stage>.certificate.sigstore.json` -> `<name>-<version>.MANIFEST.sha256`."""
    stem = certificate.name
    for kind in ("certificate", "refusal", "vsa"):
        stem = stem.removesuffix(f".{kind}.sigstore.json")
    subject, dot, _stage = stem.rpartition(".")
    path = certificate.with_name(f"{subject}.MANIFEST.sha256")
    return path if dot and path.is_file() else None
