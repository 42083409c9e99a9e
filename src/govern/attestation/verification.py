"""What a verification is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from govern.attestation.kinds import CERTIFICATE
from govern.canonical import Json, instant_text
from govern.diagnostics import Diagnostic
from govern.records import record

if TYPE_CHECKING:
    from govern.attestation.stamps.tokens import TimeStamp
    from govern.bundle.manifest import Manifest
    from govern.ledger.note import NoteKey

__all__ = ["Expected", "Line", "NamedFile", "Request", "Result", "Signatory", "Status", "overall_exit"]


class Status(StrEnum):
    """What one line of a verification says."""

    OK = "ok"
    FAIL = "FAIL"
    NOT_CHECKED = "NOT CHECKED"


@record(kw_only=True)
class Expected:
    """What the asker wants the statement to be about; None asks nothing."""

    model: str | None = None
    version: str | None = None
    uri: str | None = None
    stage: str | None = None
    policies: tuple[str, ...] = ()
    """Names that must be among the policies."""


@record
class NamedFile:
    """A file's bytes and the name that messages use for it."""

    name: str
    data: bytes


@record(kw_only=True)
class Request:
    """The bytes to be judged, and by what. Nothing else enters: no file, clock, network or environment."""

    certificate: bytes
    trust: bytes
    at: datetime
    """The moment for which the question is asked, in UTC."""
    certificate_name: str = "certificate"
    trust_name: str = "trust.json"
    kind: str = CERTIFICATE
    """Predicate type that the asker holds it for."""
    earlier_trust: tuple[bytes, ...] = ()
    """Earlier versions of the trust root, oldest first; the first is the anchor, `trust` the newest."""
    pinned: str | None = None
    """Fingerprint of a version of the trust root that the asker knows to be right: sha256 in hex."""
    bundle: Manifest | None = None
    """Manifest of the folder as it is now, from `govern.bundle.manifest.manifest_of`."""
    bundle_refused: tuple[Diagnostic, ...] = ()
    """Why the folder could not be opened, when it could not."""
    manifest_file: bytes | None = None
    """The manifest written when the bundle was judged: lets a difference be named."""
    expected: Expected = Expected()
    checkpoint: bytes | None = None
    """A checkpoint of the log from elsewhere, to be compared with."""
    consistency: tuple[bytes, ...] | None = None
    """Consistency proof between the smaller and the larger of the two checkpoints."""
    tlog_proof: bytes | None = None
    """A `.tlog-proof` file of the same entry."""
    statements: tuple[NamedFile, ...] = ()
    """Waivers, approvals, attestations, policy releases, revocations and status lists, signed and logged."""
    evaluation: bytes | None = None
    """The evaluation record that the certificate names by digest."""
    decision: bytes | None = None
    """The decision record that the certificate names by digest."""
    strict: bool = False
    """Whether what was not checked counts as undecided."""


@record(kw_only=True)
class Line:
    """One check: what was looked at and what came of it."""

    step: str
    """Stable id of the step."""
    status: Status
    text: str
    exit: int = 0
    """What a line that is not `ok` adds to the exit code: 4, 1, 3 or 0."""
    expected: str | None = None
    found: str | None = None
    help: str | None = None
    """The one thing that would help, a command where there is one."""
    blocked_by: str | None = None
    """For `NOT CHECKED`: the failed step that this one rests on."""

    def document(self) -> dict[str, Json]:
        """The line as JSON."""
        return {
            "id": self.step,
            "status": self.status.value,
            "text": self.text,
            "exit": self.exit,
            "expected": self.expected,
            "found": self.found,
            "help": self.help,
        }


@record(kw_only=True)
class Signatory:
    """Who signed."""

    keyid: str
    owner: str
    role: str


@record(kw_only=True)
class Result:
    """Every line, and what they come to."""

    lines: tuple[Line, ...]
    exit_code: int
    verdict: str
    """The last line: `VALID as of checkpoint ...`, `INVALID: ...` or `COULD NOT DECIDE: ...`."""
    at: datetime
    kind: str | None
    """Predicate type, None when the statement could not be read."""
    subject: str | None
    bundle_digest: str | None
    payload_digest: str | None
    signatory: Signatory | None
    log_origin: str | None
    tree_size: int | None
    stamps: tuple[TimeStamp, ...] = ()
    """The verified time-stamp tokens, in the order of the file."""
    cosigners: tuple[NoteKey, ...] = ()
    """The witnesses of the first log entry whose cosignatures were verified, in the order of their lines."""

    def document(self) -> dict[str, Json]:
        """The result as JSON."""
        return {
            "schema": "urn:govern:verification:v1",
            "verdict": self.verdict,
            "exit_code": self.exit_code,
            "at": instant_text(self.at),
            "predicateType": self.kind,
            "subject": self.subject,
            "bundle": self.bundle_digest,
            "payload": self.payload_digest,
            "signedBy": None
            if self.signatory is None
            else {"keyid": self.signatory.keyid, "owner": self.signatory.owner, "role": self.signatory.role},
            "ledger": None if self.log_origin is None else {"origin": self.log_origin, "size": self.tree_size},
            "timeStamps": [{"authority": item.authority, "time": instant_text(item.time)} for item in self.stamps],
            "checks": [line.document() for line in self.lines],
        }


def overall_exit(lines: Iterable[Line], *, strict: bool) -> int:
    """Combine lines: any 4, else any 1, else any 3, else 0; `strict` makes what was not checked a 3."""
    codes = set()
    for line in lines:
        if line.status is not Status.OK:
            codes.add(line.exit)
            if strict and line.status is Status.NOT_CHECKED:
                codes.add(3)
    return next((code for code in (4, 1, 3) if code in codes), 0)
