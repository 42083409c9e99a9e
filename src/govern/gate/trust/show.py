"""A trust root in words: who may sign what and when, for people who are asked to sign or to trust it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from govern.attestation.trust.root import RevokedKey, Role, TrustedTsa, TrustRoot, Window
from govern.attestation.trust.terms import terms_of
from govern.canonical import instant_text, sha256_hex
from govern.diagnostics import plain

__all__ = ["changed_lines", "trust_lines", "trust_title"]


def trust_title(root: TrustRoot, *, at: datetime) -> list[str]:
    """Say which version it is and whether it is in force."""
    in_force = root.issued_at <= at < root.expires
    return [
        f"trust root version {root.version}" + (f", after {root.previous}" if root.previous else ""),
        f"fingerprint  sha256:{root.digest}",
        f"in force     {instant_text(root.issued_at)} to {instant_text(root.expires)}"
        + ("" if in_force else f"  NOT IN FORCE at {instant_text(at)}"),
    ]


def trust_lines(root: TrustRoot, *, at: datetime | None = None) -> list[str]:
    """Say everything else, each line complete in itself, so that two versions can be compared line by line.

    With an instant, keys that are not in use then are marked.
    """
    lines: list[str] = []
    for name in sorted(root.roles):
        role = root.roles[name]
        lines.append(_role_line(role))
        for item in role.keys:
            owner = plain(root.keys[item.keyid].owner)
            lines.append(f"key  {name}  {item.keyid}  {owner}{_window_text(item.window)}{_idle(item.window, at)}")
    idle = sorted(set(root.keys) - {item.keyid for role in root.roles.values() for item in role.keys})
    lines += [f"key  no role  {keyid}  {plain(root.keys[keyid].owner)}" for keyid in idle]
    lines += [_revoked_line(item) for item in root.revoked]
    lines += [f"log  {plain(item.key.vkey)}{_window_text(item.window)}{_idle(item.window, at)}" for item in root.logs]
    lines += list(_witness_lines(root))
    for tsa in root.tsas:
        lines += list(_tsa_lines(tsa, at))
    lines.append(
        f"requires  {_many(root.log_entries, 'log entry', 'log entries')}, "
        f"{_many(root.timestamps, 'time-stamp', 'time-stamps')}, "
        + (f"a status list of at most {root.status_max_age}" if root.status_max_age else "no status list")
    )
    lines += [f"policy  {plain(name)} at least {plain(root.min_policy[name])}" for name in sorted(root.min_policy)]
    return lines


def changed_lines(old: TrustRoot, new: TrustRoot) -> list[str]:
    """Say what a new version takes away (`-`) and adds (`+`)."""
    before, after = trust_lines(old), trust_lines(new)
    term = f"in force to {instant_text(new.expires)}, before to {instant_text(old.expires)}"
    return [
        *([] if new.expires == old.expires else [f"~ {term}"]),
        *(f"- {line}" for line in before if line not in after),
        *(f"+ {line}" for line in after if line not in before),
    ]


def _many(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _window_text(window: Window) -> str:
    start = f"  from {instant_text(window.start)}" if window.start is not None else ""
    return start + (f"  until {instant_text(window.end)}" if window.end is not None else "")


def _idle(window: Window, at: datetime | None) -> str:
    return "" if at is None or window.holds(at) else f"  NOT IN USE at {instant_text(at)}"


def _role_line(role: Role) -> str:
    parts = [f"role  {plain(role.name)}  threshold {role.threshold}"]
    if role.name != "root":
        parts.append(f"signs {', '.join(sorted(role.types)) or 'nothing'}")
    if role.stages is not None:
        parts.append(f"for {', '.join(sorted(role.stages)) or 'no stage'}")
    if role.verifier_ids is not None:
        parts.append(f"as {', '.join(plain(item) for item in sorted(role.verifier_ids)) or 'nobody'}")
    return "  ".join(parts)


def _revoked_line(item: RevokedKey) -> str:
    since = [] if item.start is None else [f"from {instant_text(item.start)}"]
    since += [] if item.from_index is None else [f"from log index {item.from_index}"]
    return f"REVOKED  {item.keyid}  {' and '.join(since) or 'altogether'}  ({plain(item.reason)})"


def _witness_lines(root: TrustRoot) -> Iterator[str]:
    terms = terms_of(root)
    for name, key in terms.witnesses.items():
        yield f"witness  {plain(name)}  {plain(key.vkey)}"
    for name, rest in terms.groups.items():
        count, *members = rest.split()
        yield f"group  {plain(name)}  {count} of {plain(', '.join(members))}"
    yield f"quorum  {plain(terms.quorum)}" + ("  (no witness is asked for)" if terms.quorum == "none" else "")


def _tsa_lines(tsa: TrustedTsa, at: datetime | None) -> Iterator[str]:
    """Name an authority by its certificate's subject; one that cannot be read is named by its digest alone."""
    from cryptography.x509 import load_der_x509_certificate

    try:
        cert = load_der_x509_certificate(tsa.certs[0])
        name = f"{cert.subject.rfc4514_string()}, certificate until {instant_text(cert.not_valid_after_utc)}"
    except ValueError:
        name = "NOT A CERTIFICATE"
    window = f"{_window_text(tsa.window)}{_idle(tsa.window, at)}"
    yield f"tsa  {plain(name)}  sha256:{sha256_hex(tsa.certs[0])}{window}"
