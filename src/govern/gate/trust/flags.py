"""The options of `govern trust edit`: one table of what each is called, how it reads, and what it changes.

The order of the table is the order in which edits are applied, so that one command may take a key out of a role,
put another in and change the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from govern.attestation.trust import edit_keys as keys
from govern.attestation.trust import edit_logs as logs
from govern.attestation.trust.edit_keys import Edit
from govern.attestation.trust.root import RevokedKey, TrustedTsa, Window
from govern.attestation.trust.terms import TrustTerms
from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, IntegrityError, UsageError
from govern.gate.keys.public import read_certificates, read_public_key
from govern.ledger.note import COSIGNATURE, NOTE_KEY, NoteKey

__all__ = ["FLAGS", "Flag", "edits_of"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One repeatable option."""

    name: str
    metavar: str
    help: str
    edit: Callable[[str, datetime], Edit]
    """Reads a value, given the instant of the edit. Raises UsageError (U101 for a value that cannot be read)."""


def edits_of(asked: Mapping[str, Sequence[str]], *, at: datetime) -> list[Edit]:
    """Read the values given on the command line, all faults at once. Raises UsageError."""
    edits: list[Edit] = []
    faults: list[Diagnostic] = []
    for flag in FLAGS:
        for text in asked.get(flag.name, ()):
            try:
                edits.append(flag.edit(text, at))
            except UsageError as fault:
                faults += [replace(item, message=f"--{flag.name} {item.message}") for item in fault.diagnostics]
    if faults:
        raise UsageError(faults)
    return edits


def _unreadable(text: str, why: str) -> UsageError:
    return UsageError(Diagnostic("U101", f"{text!r}: {why}", hint="see govern trust edit --help"))


def _pair(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise _unreadable(text, f"expected {form}")
    return name, value


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as fault:
        raise _unreadable(text, str(fault)) from fault


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise _unreadable(text, "expected a number")
    return int(text)


def _parts(text: str, positional: int, known: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Split `a,b,name=value` into so many leading values and the named ones that are known."""
    items = text.split(",")
    if len(items) < positional or not all(items[:positional]):
        raise _unreadable(text, f"expected {positional} values before the first option")
    named: dict[str, str] = {}
    for item in items[positional:]:
        name, value = _pair(item, "name=value")
        if name not in known or name in named:
            raise _unreadable(text, f"'{name}' is unknown or given twice; known: {', '.join(known)}")
        named[name] = value
    return items[:positional], named


def _window(named: Mapping[str, str], *, start: datetime | None) -> Window:
    return Window(
        _instant(named["from"]) if "from" in named else start, _instant(named["until"]) if "until" in named else None
    )


def _keyid(terms: TrustTerms, text: str) -> str:
    """A key by its fingerprint, the beginning of it, or its public key file."""
    path = Path(text)
    return keys.find_key(terms, read_public_key(path).keyid if path.is_file() else text)


def _remove(text: str, _at: datetime) -> Edit:
    role, key = _pair(text, "ROLE=KEYID")
    return lambda terms: keys.remove_key(terms, role, _keyid(terms, key))


def _retire(text: str, at: datetime) -> Edit:
    key, _, end = text.partition("=")
    moment = _instant(end) if end else at
    return lambda terms: keys.retire_key(terms, _keyid(terms, key), moment)


def _add(text: str, at: datetime) -> Edit:
    role, rest = _pair(text, "ROLE=KEY.pub,OWNER[,from=INSTANT][,until=INSTANT]")
    (file, owner), named = _parts(rest, 2, ("from", "until"))
    key = read_public_key(Path(file))
    window = _window(named, start=None if role == "root" else at)
    return lambda terms: keys.add_key(terms, role, key, owner, window)


def _threshold(text: str, _at: datetime) -> Edit:
    role, count = _pair(text, "ROLE=N")
    number = _count(count)
    if number < 1:
        raise _unreadable(text, "a threshold is at least 1")
    return lambda terms: keys.set_threshold(terms, role, number)


def _types(text: str, _at: datetime) -> Edit:
    role, values = _pair(text, "ROLE=TYPE,TYPE")
    return lambda terms: keys.set_types(terms, role, values.split(","))


def _stages(text: str, _at: datetime) -> Edit:
    role, values = _pair(text, "ROLE=STAGE,STAGE or ROLE=all")
    return lambda terms: keys.set_stages(terms, role, None if values == "all" else values.split(","))


def _verifier_ids(text: str, _at: datetime) -> Edit:
    role, values = _pair(text, "ROLE=ID,ID or ROLE=all")
    return lambda terms: keys.set_verifier_ids(terms, role, None if values == "all" else values.split(","))


def _revoke(text: str, _at: datetime) -> Edit:
    (key,), named = _parts(text, 1, ("reason", "from", "from-index"))
    start = _instant(named["from"]) if "from" in named else None
    index = _count(named["from-index"]) if "from-index" in named else None
    reason = named.get("reason", "compromise")

    def edit(terms: TrustTerms) -> TrustTerms:
        return keys.revoke_key(
            terms, RevokedKey(keyid=_keyid(terms, key), reason=reason, start=start, from_index=index)
        )

    return edit


def _vkey(text: str, kind: int, what: str) -> NoteKey:
    """A verifier key, or the .vkey file that holds it."""
    path = Path(text)
    if path.is_file():
        text = path.read_bytes()[:4096].decode("utf-8", errors="replace").strip()
    try:
        key = NoteKey.parse(text)
    except IntegrityError as fault:
        raise UsageError(fault.diagnostics) from fault
    if key.kind != kind:
        raise _unreadable(text, f"not the key of a {what}")
    return key


def _log(text: str, at: datetime) -> Edit:
    (value,), named = _parts(text, 1, ("from", "until"))
    key = _vkey(value, NOTE_KEY, "log")
    window = _window(named, start=at)
    return lambda terms: logs.add_log(terms, key, window)


def _retire_log(text: str, at: datetime) -> Edit:
    origin, _, end = text.partition("=")
    moment = _instant(end) if end else at
    return lambda terms: logs.retire_log(terms, origin, moment)


def _witness(text: str, _at: datetime) -> Edit:
    name, value = _pair(text, "NAME=VKEY")
    key = _vkey(value, COSIGNATURE, "witness")
    return lambda terms: logs.add_witness(terms, name, key)


def _group(text: str, _at: datetime) -> Edit:
    name, _, rest = text.strip().partition(" ")
    if not name:
        raise _unreadable(text, "expected 'NAME all|any|N MEMBER...'")
    return lambda terms: logs.set_group(terms, name, " ".join(rest.split()))


def _quorum(text: str, _at: datetime) -> Edit:
    return lambda terms: logs.set_quorum(terms, text)


def _remove_witness(text: str, _at: datetime) -> Edit:
    return lambda terms: logs.remove_witness(terms, text)


def _tsa(text: str, _at: datetime) -> Edit:
    (file,), named = _parts(text, 1, ("from", "until"))
    tsa = TrustedTsa(read_certificates(Path(file)), _window(named, start=None))
    return lambda terms: logs.add_tsa(terms, tsa)


def _retire_tsa(text: str, at: datetime) -> Edit:
    digest, _, end = text.partition("=")
    moment = _instant(end) if end else at
    return lambda terms: logs.retire_tsa(terms, digest.removeprefix("sha256:"), moment)


def _timestamps(text: str, _at: datetime) -> Edit:
    number = _count(text)
    return lambda terms: logs.set_requirements(terms, timestamps=number)


def _log_entries(text: str, _at: datetime) -> Edit:
    number = _count(text)
    return lambda terms: logs.set_requirements(terms, log_entries=number)


def _status_max_age(text: str, _at: datetime) -> Edit:
    return lambda terms: logs.set_requirements(terms, status_max_age=text)


def _min_policy(text: str, _at: datetime) -> Edit:
    name, version = _pair(text, "NAME=VERSION or NAME=none")
    return lambda terms: logs.set_min_policy(terms, name, version)


FLAGS: tuple[Flag, ...] = (
    Flag("remove", "ROLE=KEYID", "Take a key out of a role; what it signed in it becomes void.", _remove),
    Flag("retire", "KEYID[=INSTANT]", "End a key's window, now or then; what it signed before stays valid.", _retire),
    Flag(
        "add",
        "ROLE=KEY.pub,OWNER[,from=INSTANT][,until=INSTANT]",
        "Let a key play a role. A new role may sign what its kind may.",
        _add,
    ),
    Flag("threshold", "ROLE=N", "How many owners must sign.", _threshold),
    Flag("types", "ROLE=TYPE,...", "Which types a role may sign, e.g. waiver:v1.", _types),
    Flag("stages", "ROLE=STAGE,...", "For which stages a role may sign; all for every one.", _stages),
    Flag("verifier-ids", "ROLE=ID,...", "As which verifiers a role may sign; all for any.", _verifier_ids),
    Flag(
        "revoke-key",
        "KEYID[,reason=TEXT][,from=INSTANT][,from-index=N]",
        "Declare a key compromised: what it signed is void, from that time or log index on if one is given.",
        _revoke,
    ),
    Flag("log", "VKEY[,from=INSTANT][,until=INSTANT]", "Trust a log, by its key or .vkey file.", _log),
    Flag("retire-log", "ORIGIN[=INSTANT]", "End a log's window.", _retire_log),
    Flag("witness", "NAME=VKEY", "Know a witness, by its key or .vkey file.", _witness),
    Flag(
        "group",
        "'NAME N MEMBER...'",
        "Define a group of witnesses: all, any or a number; a name alone ends it.",
        _group,
    ),
    Flag("quorum", "NAME", "The witness or group that must cosign; none for nobody.", _quorum),
    Flag("remove-witness", "NAME", "Forget a witness.", _remove_witness),
    Flag("tsa", "CERT.pem[,from=INSTANT][,until=INSTANT]", "Trust a time-stamping authority, by its chain.", _tsa),
    Flag("retire-tsa", "SHA256[=INSTANT]", "End an authority's window, by its certificate's digest.", _retire_tsa),
    Flag("require-timestamps", "N", "How many time-stamps a statement needs.", _timestamps),
    Flag("require-log-entries", "N", "How many log entries a statement needs.", _log_entries),
    Flag("status-max-age", "P7D", "How old a status list may be; none for any age.", _status_max_age),
    Flag("min-policy", "NAME=VERSION", "The least version of a policy that counts; none for any.", _min_policy),
)
