"""The step on time: when the statement was signed, and whether the keys were in use then."""

from __future__ import annotations

from datetime import datetime

from govern.attestation.kinds import short_type
from govern.attestation.trust import RevokedKey
from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, fail, ok, present
from govern.canonical import instant_text

__all__ = ["time"]


def time(state: State) -> list[Line]:
    """The signer's key and the log were in use at the time of signing, and the key is not revoked.

    Without a token that time is the signer's own word, and only the log's order can say what came before a
    revocation.
    """
    root, claims = present(state.trust), present(state.claims)
    tokens = present(state.container).tokens
    if tokens:
        known = "this version cannot check it" if root.has_tsas else "of an authority that the trust root does not list"
        return [fail("time", 4, f"the file has a time-stamp token, {known}")]
    lines: list[Line] = []
    if root.timestamps:
        lines.append(fail("time", 1, f"the trust root asks for {root.timestamps} time-stamp tokens, there is none"))
    lines += _windows(state, claims.issued_at)
    keyid = present(state.key).keyid
    lines += [_revoked(state, item) for item in root.revoked if item.keyid == keyid and _is_void(state, item)]
    text = f"issued {instant_text(claims.issued_at)} by the signer's own word: no time-stamp token"
    return lines or [ok("time", f"{text}; the key was in use then")]


def _windows(state: State, moment: datetime) -> list[Line]:
    root, key, claims = present(state.trust), present(state.key), present(state.claims)
    kind = short_type(claims.kind)
    windows = [
        item.window
        for role in root.roles_of(key.keyid)
        if kind in role.types
        for item in role.keys
        if item.keyid == key.keyid
    ]
    at = instant_text(moment)
    lines = []
    if windows and not any(window.holds(moment) for window in windows):
        lines.append(fail("time", 1, f"the key {key.keyid} was not in use on {at}"))
    lines += [
        fail("time", 1, f"the log {item.log.key.name} was not in use on {at}")
        for item in state.witnessed
        if not item.log.window.holds(moment)
    ]
    return lines


def _is_void(state: State, item: RevokedKey) -> bool:
    """Whether nothing proves that the signature came before the revocation."""
    if item.from_index is None or not state.included:
        return True
    return any(entry.index >= item.from_index for entry in state.included)


def _revoked(state: State, item: RevokedKey) -> Line:
    since = [] if item.start is None else [f"from {instant_text(item.start)}"]
    since += [] if item.from_index is None else [f"from log index {item.from_index}"]
    found = ", ".join(f"log index {entry.index}" for entry in state.included) or "no proof of when it was signed"
    return fail(
        "time",
        1,
        f"the key {item.keyid} is revoked ({item.reason}) {' and '.join(since)}".rstrip(),
        expected="a token or log index from before",
        found=found,
    )
