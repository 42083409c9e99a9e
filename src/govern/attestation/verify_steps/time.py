"""The step on time: when the statement was signed, and whether the keys were in use then.

Three sources say something about that moment. The signer's own word is a claim. A token says that the signature
existed when an authority of the trust root saw it, and becomes the moment by which keys are judged. A witness says
when it saw the log, which may have been refreshed years later: that is an upper bound, shown and never judged by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from govern.attestation.kinds import short_type
from govern.attestation.reading import Claims
from govern.attestation.trust.root import RevokedKey, Window
from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, fail, from_error, ok, present
from govern.canonical import instant_text
from govern.diagnostics import IntegrityError
from govern.ledger.note import cosigned_at, parse_note

if TYPE_CHECKING:
    from govern.attestation.stamps.tokens import TimeStamp

__all__ = ["time"]


def time(state: State) -> list[Line]:
    """The signer's key and the log were in use at the time of signing, and the key is not revoked.

    Sets `state.proven_at` to the time that tokens prove. Without a token the moment is the signer's own word, and only
    the log's order can say what came before a revocation.
    """
    root, claims = present(state.trust), present(state.claims)
    claimed = claims.issued_at
    stamps, lines = _stamps(state)
    if lines:
        return lines
    if len(stamps) < root.timestamps:
        text = f"the trust root asks for tokens of {root.timestamps} authorities, there are {len(stamps)}"
        lines.append(fail("time", 1, text, help="add one: govern stamp FILE"))
    state.proven_at = _proven(stamps, root.timestamps)
    if claims.says_when_signed:
        lines += _claim(claimed, state.proven_at)
    lines += _windows(state)
    keyid = present(state.key).keyid
    lines += [_revoked(state, item) for item in root.revoked if item.keyid == keyid and _is_void(state, item)]
    return lines or [ok("time", f"{_source(claims, stamps)}; the key was in use then{_witnesses(state)}")]


def _stamps(state: State) -> tuple[tuple[TimeStamp, ...], list[Line]]:
    """Verify every token: one that cannot be checked refuses the file, for it could be anything."""
    root, signature, tokens = present(state.trust), present(state.envelope).signature, present(state.container).tokens
    if not tokens:
        return (), []
    if len(set(tokens)) != len(tokens):
        return (), [fail("time", 4, "a time-stamp token is listed twice")]
    from govern.attestation.stamps.tokens import earliest_by_authority, read_token

    found, lines = [], []
    for response in tokens:
        try:
            found.append(read_token(response, signature=signature, tsas=root.tsas))
        except IntegrityError as fault:
            lines.append(from_error("time", 4, fault))
    state.stamps = tuple(found)
    return earliest_by_authority(found), lines


def _proven(stamps: Sequence[TimeStamp], needed: int) -> datetime | None:
    """Give the time by which as many authorities as are asked for had seen the signature.

    With one asked for, the earliest token decides. With two, the second earliest: one authority that lies about the
    time cannot move it alone.
    """
    if not stamps:
        return None
    return stamps[min(max(needed, 1), len(stamps)) - 1].time


def _claim(claimed: datetime, proven: datetime | None) -> list[Line]:
    if proven is None:
        return []
    from govern.attestation.stamps.tokens import EARLY, LATE, fits

    if fits(claimed, proven):
        return []
    what = "after" if claimed > proven else "over 24 hours before"
    return [
        fail(
            "time",
            1,
            f"the statement claims a time {what} the one that its token proves",
            expected=f"{instant_text(proven - LATE)} to {instant_text(proven + EARLY)}",
            found=instant_text(claimed),
        )
    ]


def _windows(state: State) -> list[Line]:
    root, key, claims = present(state.trust), present(state.key), present(state.claims)
    kind = short_type(claims.kind)
    windows = [
        item.window
        for role in root.roles_of(key.keyid)
        if kind in role.types
        for item in role.keys
        if item.keyid == key.keyid
    ]
    when = _when(state)
    lines = []
    if windows and not any(_in_use(state, window) for window in windows):
        lines.append(fail("time", 1, f"the key {key.keyid} was not in use {when}"))
    lines += [
        fail("time", 1, f"the log {item.log.key.name} was not in use {when}")
        for item in state.witnessed
        if not _in_use(state, item.log.window)
    ]
    return lines


def _in_use(state: State, window: Window) -> bool:
    """Whether a window holds at the moment of signing: proven, else claimed.

    A waiver, a piece of evidence or a snapshot speaks of another time than that of its signature. Without a token it
    was signed at some moment up to the one asked for, and not with a key that was retired before what it speaks of.
    """
    claims = present(state.claims)
    if state.proven_at is not None:
        return window.holds(state.proven_at)
    if claims.says_when_signed:
        return window.holds(claims.issued_at)
    begun = window.start is None or window.start <= state.request.at
    return begun and (window.end is None or claims.issued_at < window.end)


def _when(state: State) -> str:
    claims = present(state.claims)
    if state.proven_at is None and not claims.says_when_signed:
        return f"between {instant_text(claims.issued_at)} and {instant_text(state.request.at)}"
    return f"on {instant_text(claims.issued_at if state.proven_at is None else state.proven_at)}"


def _is_void(state: State, item: RevokedKey) -> bool:
    """Whether something proves that the signature came after the revocation, or nothing that it came before."""
    before = []
    if item.start is not None and state.proven_at is not None:
        before.append(state.proven_at < item.start)
    if item.from_index is not None and state.included:
        before.append(all(entry.index < item.from_index for entry in state.included))
    return not before or not all(before)


def _revoked(state: State, item: RevokedKey) -> Line:
    since = [] if item.start is None else [f"from {instant_text(item.start)}"]
    since += [] if item.from_index is None else [f"from log index {item.from_index}"]
    found = [] if state.proven_at is None else [f"token of {instant_text(state.proven_at)}"]
    found += [f"log index {entry.index}" for entry in state.included]
    return fail(
        "time",
        1,
        f"the key {item.keyid} is revoked ({item.reason}) {' and '.join(since)}".rstrip(),
        expected="a token or log index from before",
        found=", ".join(found) or "no proof of when it was signed",
    )


def _source(claims: Claims, stamps: Sequence[TimeStamp]) -> str:
    said = f"issued {instant_text(claims.issued_at)}" if claims.says_when_signed else "does not say when it was signed"
    if not stamps:
        own = " by the signer's own word" if claims.says_when_signed else ""
        return f"{said}{own}: no time-stamp token"
    seen = ", ".join(f"{item.authority} on {instant_text(item.time)}" for item in stamps)
    return f"{said}, time-stamped by {seen}"


def _witnesses(state: State) -> str:
    """Say when witnesses saw the log: at that time at the latest was the statement in it."""
    seen = [
        f"{key.name} on {instant_text(moment)}"
        for item in state.witnessed
        for key, moment in cosigned_at(parse_note(item.entry.checkpoint), item.cosigners)
    ]
    return f"; an upper bound: seen in the log by {', '.join(seen)}" if seen else ""
