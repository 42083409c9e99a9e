"""What a version of the trust root says, apart from its number and dates: the part that an edit changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from govern.attestation.kinds import STATEMENT, TRUST_ROOT
from govern.attestation.trust.root import RevokedKey, Role, TrustedLog, TrustedTsa, TrustKey, TrustRoot, Window
from govern.canonical import Json, base64_text, canonical_bytes, digest_of, instant_text
from govern.ledger.note import NoteKey

__all__ = ["TrustTerms", "terms_of", "trust_payload", "trust_predicate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustTerms:
    """The contents of a trust root. An edit gives a changed copy."""

    keys: Mapping[str, TrustKey]
    roles: Mapping[str, Role]
    logs: tuple[TrustedLog, ...]
    witnesses: Mapping[str, NoteKey]
    groups: Mapping[str, str]
    """Group name -> `<count> <member>...`, in the order in which they are defined."""
    quorum: str
    tsas: tuple[TrustedTsa, ...]
    log_entries: int
    timestamps: int
    status_max_age: str | None
    min_policy: Mapping[str, str]
    revoked: tuple[RevokedKey, ...]

    def without_idle_keys(self, keep: frozenset[str]) -> TrustTerms:
        """Drop keys that play no role, but for those to keep: the old root's, whose signatures must be checkable."""
        playing = {item.keyid for role in self.roles.values() for item in role.keys}
        return replace(self, keys={keyid: key for keyid, key in self.keys.items() if keyid in playing | keep})


def terms_of(root: TrustRoot) -> TrustTerms:
    """Give what a version says."""
    return TrustTerms(
        keys=root.keys,
        roles=root.roles,
        logs=root.logs,
        witnesses=root.witnesses.witnesses,
        groups={name: " ".join((str(group.needed), *group.members)) for name, group in root.witnesses.groups.items()},
        quorum=root.witnesses.quorum,
        tsas=root.tsas,
        log_entries=root.log_entries,
        timestamps=root.timestamps,
        status_max_age=root.status_max_age,
        min_policy=root.min_policy,
        revoked=root.revoked,
    )


def trust_predicate(
    terms: TrustTerms, *, version: int, previous: str | None, issued_at: datetime, expires: datetime, nonce: bytes
) -> dict[str, Json]:
    """Write terms as the predicate of a version. Nothing is checked: reading it back does that.

    Args:
        terms: what the version says.
        version: its number, from 1.
        previous: digest of the version before it; None for the first.
        issued_at, expires: when it is in force, half-open.
        nonce: 16 random bytes, made by the caller.
    """
    return {
        "version": version,
        "previous": None if previous is None else {"digest": {"sha256": previous}},
        "issuedAt": instant_text(issued_at),
        "expires": instant_text(expires),
        "nonce": base64_text(nonce),
        "keys": {
            keyid: {"spki": base64_text(key.public.spki), "owner": key.owner} for keyid, key in terms.keys.items()
        },
        "roles": {name: _role(role) for name, role in terms.roles.items()},
        "logs": [{"vkey": item.key.vkey, "validFor": _window(item.window)} for item in terms.logs],
        "witnesses": [{"name": name, "vkey": key.vkey} for name, key in terms.witnesses.items()],
        "groups": [f"{name} {rest}" for name, rest in terms.groups.items()],
        "quorum": terms.quorum,
        "tsas": [
            {"certs": [base64_text(cert) for cert in item.certs], "validFor": _window(item.window)}
            for item in terms.tsas
        ],
        "require": {
            "logEntries": terms.log_entries,
            "timestamps": terms.timestamps,
            "statusMaxAge": terms.status_max_age,
        },
        "minPolicy": dict(terms.min_policy),
        "revokedKeys": [_revoked(item) for item in terms.revoked],
    }


def trust_payload(predicate: Mapping[str, Json]) -> bytes:
    """Give the bytes that root keys sign: the statement about a predicate, whose subject is the predicate's digest."""
    statement: dict[str, Json] = {
        "_type": STATEMENT,
        "subject": [{"name": f"trust-root@{predicate['version']}", "digest": {"sha256": digest_of(predicate)}}],
        "predicateType": TRUST_ROOT,
        "predicate": dict(predicate),
    }
    return canonical_bytes(statement)


def _window(window: Window) -> dict[str, Json]:
    if window == Window():
        return {}
    start, end = window.start, window.end
    return {
        "start": None if start is None else instant_text(start),
        "end": None if end is None else instant_text(end),
    }


def _role(role: Role) -> dict[str, Json]:
    made: dict[str, Json] = {
        "keys": [
            {"keyid": item.keyid} | ({} if item.window == Window() else {"validFor": _window(item.window)})
            for item in role.keys
        ],
        "threshold": role.threshold,
    }
    if role.types:
        made["types"] = sorted(role.types)
    if role.stages is not None:
        made["stages"] = sorted(role.stages)
    if role.verifier_ids is not None:
        made["verifierIds"] = sorted(role.verifier_ids)
    return made


def _revoked(item: RevokedKey) -> dict[str, Json]:
    made: dict[str, Json] = {"keyid": item.keyid, "reason": item.reason}
    if item.start is not None:
        made["from"] = instant_text(item.start)
    if item.from_index is not None:
        made["fromIndex"] = item.from_index
    return made
