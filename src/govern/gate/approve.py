"""`govern approve`: a vote of the review board on one evaluation, and what the votes come to so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.attestation.kinds import APPROVAL
from govern.attestation.people import Approval
from govern.canonical import instant_text
from govern.decision.approvals import Reading
from govern.decision.decide import DecisionRecord, considerable, decide
from govern.decision.overall import DECIDED_HERE, QUORUM_CHECK
from govern.decision.records import MAX_BYTES, read_evaluation
from govern.decision.rulings import note_on
from govern.decision.waivers import Ruling, VerifiedWaiver
from govern.diagnostics import Diagnostic, UsageError, plain
from govern.gate.desk import Delivered, Desk, end_of
from govern.gate.files import read_file
from govern.gate.statements import people_of, workspace_statements, workspace_trust
from govern.gate.workspace import Workspace
from govern.policy.outcomes import Outcome

__all__ = ["VoteRequest", "approve", "votes_so_far"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRequest:
    """What the board member says."""

    evaluation: Path
    vote: str
    """`approve`, `reject` or `abstain`."""
    text: str
    until: str
    """Instant or duration."""


def approve(request: VoteRequest, desk: Desk) -> Delivered:
    """Sign a vote on an evaluation and on the waivers that the decision would apply to it now.

    Raises UsageError: A503 the key may not, A507 a vote that could not count (own model, own submission), U101;
    InputError D104 for a file that is no evaluation.
    """
    evaluation = read_evaluation(read_file(request.evaluation, limit=MAX_BYTES), file=str(request.evaluation))
    role = desk.role(APPROVAL, stages=frozenset({evaluation.stage}))
    subject, now = evaluation.subject, desk.signature.at
    submitter = desk.workspace.text("submitter")
    if not desk.names.isdisjoint({*subject.owners, submitter}):
        message = f"{desk.owner} owns or submits this model: the vote would not count"
        raise UsageError(Diagnostic("A507", message, hint="somebody else must vote"))
    files = workspace_statements(desk.workspace)
    people = people_of(files, trust=desk.trust, at=now)
    record = decide(evaluation, clock=now, waivers=people.waivers, approvals=people.approvals, submitter=submitter)
    body = Approval(
        model=subject.name,
        version=subject.version,
        stage=evaluation.stage,
        evaluation=evaluation.digest,
        bundle=subject.digest,
        vote=request.vote,
        waivers_considered=tuple(sorted(considerable(record.settled))),
        role=role.name,
        approver=desk.owner,
        text=request.text,
        signed_at=instant_text(now),
        expires=end_of(request.until, now),
    )
    name = f"{subject.name}-{subject.version}.{evaluation.stage}"
    return desk.deliver(body.statement(nonce=desk.nonce()), name=name)


def votes_so_far(workspace: Workspace, evaluation_file: Path, *, at: datetime) -> tuple[str, int]:
    """Say in words who has voted on an evaluation, what waivers are worth and what is missing; give the exit code too.

    0 when every rule about people is met, 1 when somebody rejected or stands on two sides, 3 when votes or names are
    missing. Raises as `approve` does.
    """
    evaluation = read_evaluation(read_file(evaluation_file, limit=MAX_BYTES), file=str(evaluation_file))
    people = people_of(workspace_statements(workspace), trust=workspace_trust(workspace), at=at)
    submitter = workspace.text("submitter")
    record = decide(evaluation, clock=at, waivers=people.waivers, approvals=people.approvals, submitter=submitter)
    subject = evaluation.subject
    lines = [
        f"evaluation sha256:{evaluation.digest}",
        f"{plain(subject.name)} {plain(subject.version)}, {evaluation.stage}",
        *_votes(record),
        *_waivers(record, people.waivers),
    ]
    asked = [item for item in record.settled if item.rule.check in DECIDED_HERE]
    lines += [f"{plain(item.rule.rule)}: {item.outcome.value}, {plain(item.why or 'no vote')}" for item in asked]
    if not any(item.rule.check == QUORUM_CHECK for item in asked):
        lines.append("no rule of the plan asks for approvals")
    lines += [f"note: {plain(str(note))}" for note in people.notes]
    return "\n".join(lines), _code([item.outcome.value for item in asked])


def _waivers(record: DecisionRecord, waivers: Sequence[VerifiedWaiver]) -> list[str]:
    """A line for each waiver that was ruled on: what it is worth now, or why it does not help."""
    facts = {item.digest: item for item in waivers}
    ruled = [
        (item.rule.rule, facts[digest], ruling, item.unwaived)
        for item in record.settled
        for digest, ruling in item.rulings
    ]
    ruled += [(item.rule, item, Ruling.WRONG_RULE, Outcome.NOT_APPLICABLE) for item in record.strays]
    lines = []
    for rule, waiver, ruling, outcome in ruled:
        note = note_on(ruling, waiver, outcome=outcome, stage=record.evaluation.stage)
        worth = f"waives it until {instant_text(waiver.expires)}" if note is None else f"{note.code} {note.detail}"
        lines.append(f"  waiver   {plain(waiver.approver)} for {plain(rule)}: {plain(worth)}")
    return lines


def _votes(record: DecisionRecord) -> list[str]:
    about = [item for item in record.votes if item.reading is not Reading.OTHER_EVALUATION]
    return [
        f"  {item.approval.vote:<8} {plain(item.approval.owner)} as {plain(item.approval.role)} on "
        f"{instant_text(item.approval.signed_at)}"
        + ("" if item.reading is Reading.COUNTED else f"  not counted: {item.reading.value}")
        for item in about
    ] or ["  no vote yet"]


def _code(outcomes: Sequence[str]) -> int:
    if "fail" in outcomes:
        return 1
    return 0 if all(item in ("pass", "waived", "not_applicable") for item in outcomes) else 3
