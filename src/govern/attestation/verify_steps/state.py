"""What the steps hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from govern.attestation.dsse import Envelope
from govern.attestation.reading import Claims
from govern.attestation.sigstore_bundle import Container, LogEntry
from govern.attestation.trust.root import TrustedLog, TrustKey, TrustRoot
from govern.attestation.verification import Line, Request, Signatory, Status
from govern.diagnostics import Diagnostic, GovernError
from govern.ledger.note import Checkpoint, NoteKey
from govern.records import record

if TYPE_CHECKING:
    from govern.attestation.stamps.tokens import TimeStamp
    from govern.attestation.statement_set import StatementSet
    from govern.decision.evaluation import Evaluation

__all__ = ["State", "Witnessed", "fail", "from_error", "ok", "present", "unchecked"]

T = TypeVar("T")


@record(kw_only=True)
class Witnessed:
    """A log entry whose checkpoint was verified."""

    entry: LogEntry
    log: TrustedLog
    checkpoint: Checkpoint
    cosigners: tuple[NoteKey, ...]


@dataclass(slots=True)
class State:
    """Filled step by step; a member is there once its step is ok."""

    request: Request
    container: Container | None = None
    trust: TrustRoot | None = None
    earlier: tuple[TrustRoot, ...] = ()
    envelope: Envelope | None = None
    key: TrustKey | None = None
    key_verified: bool = False
    """Whether `key` is known to verify the signature."""
    statement: object = None
    claims: Claims | None = None
    signatory: Signatory | None = None
    entries: tuple[LogEntry, ...] = ()
    witnessed: tuple[Witnessed, ...] = ()
    included: list[LogEntry] = field(default_factory=list)
    renewed: tuple[NoteKey, ...] = ()
    """Witnesses who cosigned the checkpoint of a proof file for the same entry."""
    stamps: tuple[TimeStamp, ...] = ()
    """The verified tokens, in the order of the file."""
    proven_at: datetime | None = None
    """Set by the step on time: when the signature existed, as tokens prove; None leaves the signer's own word."""

    statements: StatementSet | None = None
    """What stands beside the file, judged by the same trust root as of the moment asked for."""
    heard: StatementSet | None = None
    """The same as of the moment of issuing."""
    evaluation: Evaluation | None = None
    """The evaluation record that was supplied, once it was read."""


def present(value: T | None) -> T:
    """Give a member that an earlier step has filled."""
    assert value is not None, "a step ran before one that it needs"
    return value


def ok(step: str, text: str) -> Line:
    """Make a line that holds."""
    return Line(step=step, status=Status.OK, text=text)


def fail(
    step: str, code: int, text: str, *, expected: str | None = None, found: str | None = None, help: str | None = None
) -> Line:
    """Make a line that does not hold, with its exit code."""
    return Line(step=step, status=Status.FAIL, text=text, exit=code, expected=expected, found=found, help=help)


def unchecked(step: str, text: str, *, help: str | None = None, code: int = 0, blocked_by: str | None = None) -> Line:
    """Make a line that says what was not looked at."""
    return Line(step=step, status=Status.NOT_CHECKED, text=text, exit=code, help=help, blocked_by=blocked_by)


def from_error(step: str, code: int, fault: GovernError) -> Line:
    """Turn a refusal into a failed line."""
    first: Diagnostic = fault.diagnostics[0]
    return fail(step, code, first.message, help=first.hint)
