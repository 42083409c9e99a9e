"""Changes of what a trust root says about logs, witnesses, time and policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from govern.attestation.trust.edit_keys import not_there, unfit_edit
from govern.attestation.trust.root import TrustedLog, TrustedTsa, Window
from govern.attestation.trust.terms import TrustTerms
from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.note import NoteKey

__all__ = [
    "add_log",
    "add_tsa",
    "add_witness",
    "remove_witness",
    "retire_log",
    "retire_tsa",
    "set_group",
    "set_min_policy",
    "set_quorum",
    "set_requirements",
]


def add_log(terms: TrustTerms, key: NoteKey, window: Window) -> TrustTerms:
    """Trust another log. Raises UsageError (A314) for a second key under one origin: that would be a second log."""
    known = next((item.key for item in terms.logs if item.key.name == key.name), None)
    if known == key:
        raise unfit_edit(f"the log {key.name} is listed already")
    if known is not None:
        raise UsageError(
            Diagnostic(
                "A314",
                f"the log {key.name} has another key; a log cannot change its key",
                hint="start a ledger under a new origin, list it beside the old one, and retire the old one",
            )
        )
    return replace(terms, logs=(*terms.logs, TrustedLog(key, window)))


def retire_log(terms: TrustTerms, origin: str, end: datetime) -> TrustTerms:
    """End a log's window; what was logged before stays proven. Raises UsageError (A311)."""
    if not any(item.key.name == origin for item in terms.logs):
        raise not_there(f"log {origin}", [item.key.name for item in terms.logs])
    return replace(
        terms,
        logs=tuple(
            TrustedLog(item.key, Window(item.window.start, end)) if item.key.name == origin else item
            for item in terms.logs
        ),
    )


def add_witness(terms: TrustTerms, name: str, key: NoteKey) -> TrustTerms:
    """Know a witness, or give one that is known another key. Whether it counts is for groups and quorum to say."""
    return replace(terms, witnesses={**terms.witnesses, name: key})


def remove_witness(terms: TrustTerms, name: str) -> TrustTerms:
    """Forget a witness. Raises UsageError (A311); A310 while a group or the quorum names it."""
    if name not in terms.witnesses:
        raise not_there(f"witness {name}", list(terms.witnesses))
    users = [group for group, rest in terms.groups.items() if name in rest.split()[1:]]
    if users or terms.quorum == name:
        user = f"group {users[0]}" if users else "the quorum"
        raise unfit_edit(f"the witness {name} is still named by {user}", "change that in the same edit")
    return replace(terms, witnesses={key: value for key, value in terms.witnesses.items() if key != name})


def set_group(terms: TrustTerms, name: str, rest: str) -> TrustTerms:
    """Define or change a group: `all`, `any` or a count, and its members. An empty `rest` takes the group away."""
    if rest:
        return replace(terms, groups={**terms.groups, name: rest})
    if name not in terms.groups:
        raise not_there(f"group {name}", list(terms.groups))
    return replace(terms, groups={key: value for key, value in terms.groups.items() if key != name})


def set_quorum(terms: TrustTerms, name: str) -> TrustTerms:
    """Ask for the cosignature of a witness or group on every checkpoint; `none` asks for nothing."""
    return replace(terms, quorum=name)


def add_tsa(terms: TrustTerms, tsa: TrustedTsa) -> TrustTerms:
    """Trust a time-stamping authority."""
    return replace(terms, tsas=(*terms.tsas, tsa))


def retire_tsa(terms: TrustTerms, digest: str, end: datetime) -> TrustTerms:
    """End the window of an authority, named by the sha256 of its signing certificate. Raises UsageError (A311)."""
    found = [item for item in terms.tsas if sha256_hex(item.certs[0]) == digest]
    if not found:
        raise not_there(f"time-stamping certificate {digest}", [sha256_hex(item.certs[0]) for item in terms.tsas])
    return replace(
        terms,
        tsas=tuple(
            TrustedTsa(item.certs, Window(item.window.start, end)) if item in found else item for item in terms.tsas
        ),
    )


def set_requirements(
    terms: TrustTerms,
    *,
    log_entries: int | None = None,
    timestamps: int | None = None,
    status_max_age: str | None = None,
) -> TrustTerms:
    """Say how many log entries and time-stamps a statement needs, and how old a status list may be.

    None leaves a value as it is; a `status_max_age` of `none` takes the demand away.
    """
    age = terms.status_max_age if status_max_age is None else None if status_max_age == "none" else status_max_age
    return replace(
        terms,
        log_entries=terms.log_entries if log_entries is None else log_entries,
        timestamps=terms.timestamps if timestamps is None else timestamps,
        status_max_age=age,
    )


def set_min_policy(terms: TrustTerms, name: str, version: str) -> TrustTerms:
    """Ask for at least this version of a policy; `none` takes the demand away."""
    kept = {key: value for key, value in terms.min_policy.items() if key != name}
    return replace(terms, min_policy=kept if version == "none" else {**kept, name: version})
