"""What a trust root may never say about its own keys: one key in two parts, a threshold that one person could meet."""

from __future__ import annotations

import re
from collections import Counter

from govern.attestation.kinds import ROLE_TYPES
from govern.attestation.trust.root import Role, TrustRoot
from govern.diagnostics import Diagnostic, IntegrityError
from govern.ledger.note import NOTE_KEY, is_origin

__all__ = ["check_trust"]

_OFFICE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.ASCII)
"""What may follow `approver/` or `attester/`: it also names files."""


_WORD = re.compile(r"[^\x00-\x20#\x7f][^\x00-\x20\x7f]{0,199}")  # negated: a range up to U+10FFFF compiles slowly
"""What may name a witness or a group: it stands in a tlog-policy, where blanks part words and # begins a comment."""


def check_trust(root: TrustRoot) -> None:
    """Hold the parts of a trust root against each other. Raises IntegrityError (A303, A304)."""
    if "root" not in root.roles or not root.roles["root"].keys:
        raise _refuse("A303", "the trust root has no root role, so nobody could sign it")
    for role in root.roles.values():
        _check_role(root, role)
    root_keys = {item.keyid for item in root.roles["root"].keys}
    for role in root.roles.values():
        both = sorted(root_keys & {item.keyid for item in role.keys}) if role.name != "root" else []
        if both:
            raise _refuse("A303", f"the root key {both[0]} also plays the role {role.name}")
    _check_logs(root)
    certs = Counter(cert for tsa in root.tsas for cert in tsa.certs[:1])
    if any(count > 1 for count in certs.values()):
        raise _refuse("A303", "one time-stamping certificate is listed under two authorities, which would count as two")


def _check_role(root: TrustRoot, role: Role) -> None:
    base, slash, office = role.name.partition("/")
    if base not in ROLE_TYPES or (slash and (base not in ("approver", "attester") or not _OFFICE.fullmatch(office))):
        known = f"the roles are {', '.join(ROLE_TYPES)}; approver/<board role> and attester/<office> in lower case"
        raise _refuse("A303", f"there is no role {role.name}", known)
    foreign = sorted(role.types - ROLE_TYPES[base])
    if foreign:
        may = ", ".join(sorted(ROLE_TYPES[base])) or "nothing but the trust root"
        raise _refuse("A303", f"the role {role.name} may never sign {foreign[0]}", f"it may sign {may}")
    keyids = [item.keyid for item in role.keys]
    missing = [keyid for keyid in keyids if keyid not in root.keys]
    if missing:
        raise _refuse("A303", f"the role {role.name} names a key that is not listed: {missing[0]}")
    twice = [keyid for keyid, count in Counter(keyids).items() if count > 1]
    if twice:
        raise _refuse("A303", f"the role {role.name} names a key twice: {twice[0]}")
    owners = {root.keys[keyid].owner for keyid in keyids}
    if keyids and role.threshold > len(owners):
        raise _refuse(
            "A304",
            f"the role {role.name} asks for {role.threshold} people, and its keys have {len(owners)} owners",
            "one person with two keys is one person; list keys of others, or lower the threshold",
        )


def _check_logs(root: TrustRoot) -> None:
    raw = [item.key.public for item in root.logs] + [key.public for key in root.witnesses.keys]
    if len(set(raw)) != len(raw):
        raise _refuse("A303", "one key is listed twice among logs and witnesses")
    for log in root.logs:
        if log.key.kind != NOTE_KEY:
            raise _refuse("A303", "the key of a log is not a key that signs notes")
        if not is_origin(log.key.name):
            raise _refuse(
                "A303",
                f"the log {log.key.name} is not named by a bare lower-case host name",
                "other verifiers look for a log's key under the host of its address",
            )
    for name in (*root.witnesses.witnesses, *root.witnesses.groups):
        if not _WORD.fullmatch(name):
            raise _refuse("A303", f"a witness or group cannot be named {name!r}", "give it a name without blanks")
    names = Counter(item.key.name for item in root.logs)
    shared = [name for name, count in names.items() if count > 1]
    if shared:
        raise _refuse(
            "A303",
            f"two logs share the origin {shared[0]}",
            "a new key makes a new log, which needs an origin of its own",
        )


def _refuse(code: str, message: str, hint: str | None = None) -> IntegrityError:
    return IntegrityError(Diagnostic(code, message, hint=hint))
