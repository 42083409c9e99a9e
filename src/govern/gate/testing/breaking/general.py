"""What can be done to any rule: it can be asked too late or too early, and its votes can be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from govern.canonical import instant_text, parse_instant
from govern.decision.overall import QUORUM_CHECK, SEPARATION_CHECK
from govern.gate.testing.breaking.interface import Break, Target
from govern.policy.outcomes import Outcome

__all__ = ["out_of_time", "without_statements", "without_votes"]


def out_of_time(target: Target) -> Iterator[Break]:
    """Ask at the very second at which something that the pass rests on has ended, and one before it begins."""
    holds = [item for item in target.run.result.holds if item.otherwise is not Outcome.NOT_APPLICABLE]
    for number, item in enumerate(holds, start=1):
        if item.until is not None:
            told = f"it is {item.until}, and what it rests on has ended ({item.reason})"
            yield Break(name=f"expired:{number}", told=told, clock=parse_instant(item.until))
        if item.start is not None:
            moment = parse_instant(item.start) - timedelta(seconds=1)
            told = f"it is {instant_text(moment)}, a second before what it rests on begins ({item.reason})"
            yield Break(name=f"early:{number}", told=told, clock=moment)


def without_votes(target: Target) -> Iterator[Break]:
    """Take the votes of the board away, or turn one around."""
    votes = target.material.approvals
    if target.rule.check not in (QUORUM_CHECK, SEPARATION_CHECK) or not votes:
        return
    yield Break(name="removed:approvals", told="nobody has voted", approvals=())
    if target.rule.check != QUORUM_CHECK:
        return
    turned = votes[0].model_copy(update={"vote": "reject"})
    yield Break(name="rejected:approvals", told=f"{turned.approver} rejects", approvals=(turned, *votes[1:]))
    late = tuple(item.model_copy(update={"expires": instant_text(target.material.clock)}) for item in votes)
    yield Break(name="expired:approvals", told="every vote ends at this very second", approvals=late)


def without_statements(target: Target) -> Iterator[Break]:
    """Take the statements of people away, or make them not count."""
    held = target.material.attestations
    if target.rule.check != "attestation.present" or not held:
        return
    yield Break(name="removed:attestations", told="nobody has signed a statement", attestations=())
    forged = tuple(item.model_copy(update={"authentic": False}) for item in held)
    yield Break(name="forged:attestations", told="no signature holds", attestations=forged)
    taken_back = tuple(item.model_copy(update={"revoked": True}) for item in held)
    yield Break(name="revoked:attestations", told="every statement is revoked", attestations=taken_back)
    other = tuple(item.model_copy(update={"type": f"not-{item.type}"}) for item in held)
    yield Break(name="other:attestations", told="the statements are of another type", attestations=other)
