"""Changes of a trust root's keys and roles. Each takes terms and gives changed ones; the whole is checked later."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from govern.attestation.keys import PublicKey
from govern.attestation.kinds import ROLE_TYPES
from govern.attestation.trust.root import RevokedKey, Role, RoleKey, TrustKey, Window
from govern.attestation.trust.terms import TrustTerms
from govern.diagnostics import Diagnostic, UsageError

__all__ = [
    "Edit",
    "add_key",
    "find_key",
    "not_there",
    "remove_key",
    "retire_key",
    "revoke_key",
    "set_stages",
    "set_threshold",
    "set_types",
    "set_verifier_ids",
    "unfit_edit",
]

Edit = Callable[[TrustTerms], TrustTerms]
"""A change of the terms."""

_LEAST_PREFIX = len("SHA256:") + 6


def unfit_edit(message: str, hint: str | None = None) -> UsageError:
    """Say that an edit contradicts what the trust root says (A310)."""
    return UsageError(Diagnostic("A310", message, hint=hint))


def not_there(what: str, known: Collection[str]) -> UsageError:
    """Say that an edit names something that the trust root does not have (A311)."""
    listed = ", ".join(known) or "none"
    return UsageError(Diagnostic("A311", f"the trust root has no {what}", hint=f"it has: {listed}"))


def find_key(terms: TrustTerms, text: str) -> str:
    """Give the fingerprint of a listed key by its fingerprint or the unmistakable beginning of it. Raises A311."""
    if text in terms.keys:
        return text
    found = [keyid for keyid in terms.keys if len(text) >= _LEAST_PREFIX and keyid.startswith(text)]
    if len(found) != 1:
        raise not_there(f"key {text}", sorted(terms.keys))
    return found[0]


def add_key(terms: TrustTerms, role: str, key: PublicKey, owner: str, window: Window) -> TrustTerms:
    """Let a key play a role from now on. A role that is new signs everything that its base may, one person enough.

    Raises UsageError (A310): the key plays the role already, or is listed for somebody else.
    """
    listed = terms.keys.get(key.keyid)
    if listed is not None and listed.owner != owner:
        raise unfit_edit(f"the key {key.keyid} is listed as {listed.owner}'s, not {owner}'s", "a key has one owner")
    if window.start is not None and window.end is not None and window.end <= window.start:
        raise unfit_edit(f"the key {key.keyid} would end before it begins")
    old = terms.roles.get(role) or _new_role(role)
    if any(item.keyid == key.keyid for item in old.keys):
        raise unfit_edit(f"the key {key.keyid} plays the role {role} already", "remove it first to change its window")
    keys = {**terms.keys, key.keyid: TrustKey(key, owner)}
    made = replace(old, keys=(*old.keys, RoleKey(key.keyid, window)))
    return replace(terms, keys=keys, roles={**terms.roles, role: made})


def _new_role(name: str) -> Role:
    types = ROLE_TYPES.get(name.partition("/")[0], frozenset())
    return Role(name=name, keys=(), threshold=1, types=types, stages=None, verifier_ids=None)


def retire_key(terms: TrustTerms, keyid: str, end: datetime) -> TrustTerms:
    """End a key's window in every role it plays; what it signed before stays valid. Raises UsageError (A311)."""
    if not any(item.keyid == keyid for role in terms.roles.values() for item in role.keys):
        raise not_there(f"role for the key {keyid}", sorted(terms.roles))
    return replace(
        terms,
        roles={
            name: replace(role, keys=tuple(_ended(item, end) if item.keyid == keyid else item for item in role.keys))
            for name, role in terms.roles.items()
        },
    )


def _ended(item: RoleKey, end: datetime) -> RoleKey:
    if item.window.end is not None and item.window.end < end:
        raise unfit_edit(f"the key {item.keyid} has ended already, and is not to be brought back by a later end")
    return RoleKey(item.keyid, Window(item.window.start, end))


def remove_key(terms: TrustTerms, role: str, keyid: str) -> TrustTerms:
    """Take a key out of a role, as if it had never played it: what it signed becomes void. Raises UsageError (A311)."""
    old = _role(terms, role)
    if not any(item.keyid == keyid for item in old.keys):
        raise not_there(f"key {keyid} in the role {role}", [item.keyid for item in old.keys])
    left = tuple(item for item in old.keys if item.keyid != keyid)
    return replace(terms, roles={**terms.roles, role: replace(old, keys=left)})


def set_threshold(terms: TrustTerms, role: str, count: int) -> TrustTerms:
    """Ask for so many people in a role."""
    return _changed(terms, replace(_role(terms, role), threshold=count))


def set_types(terms: TrustTerms, role: str, types: Collection[str]) -> TrustTerms:
    """Say which types a role may sign."""
    return _changed(terms, replace(_role(terms, role), types=frozenset(types)))


def set_stages(terms: TrustTerms, role: str, stages: Collection[str] | None) -> TrustTerms:
    """Say for which stages a role may sign; None for all."""
    return _changed(terms, replace(_role(terms, role), stages=None if stages is None else frozenset(stages)))


def set_verifier_ids(terms: TrustTerms, role: str, ids: Collection[str] | None) -> TrustTerms:
    """Say as which verifiers a role may sign; None for any."""
    return _changed(terms, replace(_role(terms, role), verifier_ids=None if ids is None else frozenset(ids)))


def revoke_key(terms: TrustTerms, item: RevokedKey) -> TrustTerms:
    """Declare a key compromised. A later word on the same key takes the place of the earlier one."""
    if item.keyid not in terms.keys:
        raise not_there(f"key {item.keyid}", sorted(terms.keys))
    kept = tuple(other for other in terms.revoked if other.keyid != item.keyid)
    return replace(terms, revoked=(*kept, item))


def _role(terms: TrustTerms, name: str) -> Role:
    if name not in terms.roles:
        raise not_there(f"role {name}", sorted(terms.roles))
    return terms.roles[name]


def _changed(terms: TrustTerms, role: Role) -> TrustTerms:
    return replace(terms, roles={**terms.roles, role.name: role})
