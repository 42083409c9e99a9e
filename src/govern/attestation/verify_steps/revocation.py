"""The step on revocation: a signed status list, as of a checkpoint, says what no longer counts."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from govern.attestation.kinds import NEVER_REVOKED, STATUS_LIST
from govern.attestation.notices import StatusList
from govern.attestation.statement_set import Judged
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import beside
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked
from govern.canonical import instant_text, parse_instant

__all__ = ["judge_revocation"]

_DURATION = re.compile(r"P(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?)?", re.ASCII)


def judge_revocation(state: State) -> list[Line]:
    """Give a line for each revocation that is in force, else for what the newest list says."""
    lines = _revoked(state)
    if lines:
        return lines
    if present(state.claims).kind in NEVER_REVOKED:
        return [_by_itself(state)]
    newest = beside(state).status_list(origins=_origins(state))
    return [*_unsound(state), _no_list(state)] if newest is None else [_by_list(state, newest)]


def _origins(state: State) -> frozenset[str]:
    return frozenset(item.checkpoint.origin for item in state.witnessed)


def _by_itself(state: State) -> Line:
    """A statement that no list speaks of: what replaces it comes after it. A list must be young enough itself."""
    body, at = present(state.claims).body, state.request.at
    if not isinstance(body, StatusList):
        return ok("revocation", "such a statement is followed by another one, never revoked")
    problem = _too_old(state, body, at, parse_instant(body.time))
    if problem is not None:
        return fail("revocation", 3, problem, help="get the newest list from the log's operator")
    return ok(
        "revocation", f"it is the list itself: {len(body.revoked)} revoked as of {body.time}, {body.size} entries"
    )


def _rests_on(state: State) -> list[tuple[str, str]]:
    """(payload digest, what it is) of the statement and everything that it names."""
    verdict = present(state.claims).verdict
    made = [(present(state.envelope).digest, "this statement")]
    made += [(digest, "what it sums up") for digest in present(state.claims).sums_up]
    if verdict is not None:
        made += [(item.digest, f"the waiver of {item.rule}") for item in verdict.waivers]
        made += [(item.digest, f"the attestation for {item.rule}") for item in verdict.attested]
        made += [(digest, "an approval") for digest in verdict.approvals]
        made += [(item.release, f"the release of {item.name}") for item in verdict.policies if item.release]
    return made


def _revoked(state: State) -> list[Line]:
    at, lines = state.request.at, []
    for digest, what in _rests_on(state):
        found = beside(state).revoked(digest)
        if found is not None and found.effective <= at:
            text = f"{what} was revoked on {instant_text(found.effective)}"
            lines.append(fail("revocation", 1, text, found=found.source, help="ask for the one that replaces it"))
    return lines


def _unsound(state: State) -> list[Line]:
    """Lists that were given and cannot be believed: said, and as good as none."""
    return [
        unchecked("revocation", f"the status list {item.name} does not hold: {item.why}")
        for item in beside(state).all(STATUS_LIST)
        if not item.sound
    ]


def _no_list(state: State) -> Line:
    needed = present(state.trust).status_max_age
    text = "no status list was given, so a later revocation would not be seen"
    help_text = "give it: --status FILE"
    if needed is not None:
        text = f"{text}; the trust root asks for one not older than {needed}"
        return unchecked("revocation", text, code=3, help=help_text)
    return unchecked("revocation", text, help=help_text)


def _by_list(state: State, newest: Judged) -> Line:
    claims = newest.claims
    assert claims is not None
    body = claims.body
    assert isinstance(body, StatusList)
    at, made = state.request.at, parse_instant(body.time)
    size = f"{body.size} entries"
    problem = _too_old(state, body, at, made)
    if problem is not None:
        return fail("revocation", 3, problem, found=newest.name, help="get the newest list from the log's operator")
    origins = _origins(state)
    if origins and body.origin not in origins:
        known = ", ".join(sorted(origins))
        return fail("revocation", 3, f"the status list is of the log {body.origin}", expected=known)
    if any(entry.index >= body.size for entry in state.included):
        text = f"the status list speaks of {size}, this was logged later"
        return fail("revocation", 3, text, found=newest.name, help="get a list that is newer than the statement")
    return ok("revocation", f"not revoked as of {body.time}, {size}, {len(body.revoked)} revoked in all")


def _too_old(state: State, body: StatusList, at: datetime, made: datetime) -> str | None:
    most = present(state.trust).status_max_age
    if made > at:
        return f"the status list is of {body.time}, after the moment asked for"
    if most is not None and at - made > _duration(most):
        return f"the status list is of {body.time}, older than {most}"
    if most is None and at >= parse_instant(body.next):
        return f"the status list is of {body.time}, and its successor was due on {body.next}"
    return None


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    assert match is not None, "the trust root's form allows nothing else"
    return timedelta(days=int(match[1] or 0), hours=int(match[2] or 0))
