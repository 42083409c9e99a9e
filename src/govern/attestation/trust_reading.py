"""Reading a trust root: form, role conflicts, signatures, thresholds, and the chain of its versions.

The file holds M envelopes with one signature each over a byte-identical payload, so that every signature stands
alone. Thresholds count distinct key bytes and distinct owners (the rule of The Update Framework, section 5.3, for
following one version by the next).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from govern.attestation.dsse import Envelope, read_envelope
from govern.attestation.keys import PublicKey
from govern.attestation.kinds import ROLE_TYPES
from govern.attestation.trust import RevokedKey, Role, RoleKey, TrustedLog, TrustedTsa, TrustKey, TrustRoot, Window
from govern.attestation.trust_format import MEDIA_TYPE, TRUST_STATEMENT
from govern.canonical import base64_bytes, canonical_bytes, digest_of, parse_instant
from govern.diagnostics import Diagnostic, GovernError, IntegrityError
from govern.ledger.note import NOTE_KEY, NoteKey
from govern.ledger.quorum import WitnessPolicy

__all__ = ["extend_trust", "load_trust", "parse_trust"]

_MAX_BYTES = 8 * 1024 * 1024
_MOST_ENVELOPES = 32


def _refuse(code: str, message: str, hint: str | None = None) -> IntegrityError:
    return IntegrityError(Diagnostic(code, message, hint=hint))


def load_trust(data: bytes, *, file: str = "trust.json") -> TrustRoot:
    """Read a trust root and check it against itself: form, roles, and signatures by its own root role.

    Whether it is the right one is said by a pinned fingerprint or a chain (`extend_trust`); whether it has expired,
    by the clock. Raises IntegrityError (A301-A305).
    """
    root, envelopes = parse_trust(data, file=file)
    signers = _verified(envelopes, root, [root])
    return replace(root, signers=tuple(sorted({key.owner for key in signers})))


def extend_trust(old: TrustRoot, data: bytes, *, file: str = "trust.json") -> TrustRoot:
    """Accept a new version after an old one: signed by the root thresholds of both, next number, right predecessor.

    Raises IntegrityError (A301-A306).
    """
    root, envelopes = parse_trust(data, file=file)
    if root.version != old.version + 1 or root.previous != old.digest:
        raise _refuse(
            "A306",
            f"version {root.version} of the trust root does not follow version {old.version}: "
            f"it names {root.previous or 'nothing'} as its predecessor, which is {old.digest}",
            "give every version in order",
        )
    signers = _verified(envelopes, root, [old, root])
    return replace(root, signers=tuple(sorted({key.owner for key in signers})))


def parse_trust(data: bytes, *, file: str = "trust.json") -> tuple[TrustRoot, tuple[Envelope, ...]]:
    """Read a trust root without looking at its signatures: form and roles. Raises IntegrityError (A301-A304)."""
    from govern.inputs.json import parse_json

    def refuse(why: str) -> IntegrityError:
        return _refuse("A301", f"not a trust root: {why}", "take the file again from whoever maintains it")

    try:
        if len(data) > _MAX_BYTES:
            raise refuse("too large")
        value: object = parse_json(data, file=file, max_bytes=_MAX_BYTES, utf16=False)
        if not isinstance(value, dict) or value.keys() != {"mediaType", "envelopes"}:
            raise refuse("it is not an object with mediaType and envelopes")
        if value["mediaType"] != MEDIA_TYPE or not isinstance(value["envelopes"], list):
            raise refuse(f"its media type is not {MEDIA_TYPE}, or its envelopes are not a list")
        if not 1 <= len(value["envelopes"]) <= _MOST_ENVELOPES:
            raise refuse(f"it has {len(value['envelopes'])} envelopes")
        envelopes = tuple(read_envelope(item) for item in value["envelopes"])
        if canonical_bytes(value) + b"\n" != data:
            raise refuse("it is not in canonical form")
        if len({item.payload for item in envelopes}) != 1:
            raise refuse("its envelopes do not hold one and the same payload")
        payload = envelopes[0].payload
        statement: object = parse_json(payload, file=file, utf16=False)
        for pointer, text in TRUST_STATEMENT.faults(statement):
            raise refuse(f"{pointer or 'the statement'}: {text}")
        for pointer in TRUST_STATEMENT.unknown(statement):
            raise refuse(f"{pointer} is not known here; a newer version of govern may be needed")
        assert isinstance(statement, dict)
        if canonical_bytes(statement) != payload:
            raise refuse("its payload is not in canonical form")
    except GovernError as fault:
        if fault.diagnostics[0].code == "A301":
            raise
        raise refuse(fault.diagnostics[0].message) from fault
    return _root(statement, payload), envelopes


def _root(statement: Mapping[str, object], payload: bytes) -> TrustRoot:
    subject, predicate = statement["subject"], statement["predicate"]
    assert isinstance(subject, list)
    assert isinstance(predicate, dict)
    digest = digest_of(predicate)
    if subject[0] != {"name": f"trust-root@{predicate['version']}", "digest": {"sha256": digest}}:
        raise _refuse("A301", "the trust root's subject is not its own version and digest")
    if (predicate["previous"] is None) != (predicate["version"] == 1):
        raise _refuse("A306", "exactly the first version of a trust root has no predecessor")
    require = predicate["require"]
    witnesses = [(item["name"], item["vkey"]) for item in predicate["witnesses"]]
    try:
        quorum = WitnessPolicy.parse(witnesses, predicate["groups"], predicate["quorum"])
    except ValueError as fault:
        raise _refuse("A301", f"the trust root's witness policy: {fault}") from fault
    root = TrustRoot(
        version=predicate["version"],
        previous=None if predicate["previous"] is None else predicate["previous"]["digest"]["sha256"],
        issued_at=parse_instant(predicate["issuedAt"]),
        expires=parse_instant(predicate["expires"]),
        digest=digest,
        payload=payload,
        keys={keyid: _key(keyid, item) for keyid, item in predicate["keys"].items()},
        roles={name: _role(name, item) for name, item in predicate["roles"].items()},
        logs=tuple(TrustedLog(NoteKey.parse(item["vkey"]), _window(item["validFor"])) for item in predicate["logs"]),
        witnesses=quorum,
        tsas=tuple(_tsa(item) for item in predicate["tsas"]),
        log_entries=require["logEntries"],
        timestamps=require["timestamps"],
        status_max_age=require["statusMaxAge"],
        min_policy=dict(predicate["minPolicy"]),
        revoked=tuple(_revoked(item) for item in predicate["revokedKeys"]),
    )
    _check_roles(root)
    return root


def _key(keyid: str, item: Mapping[str, str]) -> TrustKey:
    key = TrustKey(PublicKey.parse(base64_bytes(item["spki"])), item["owner"])
    if key.keyid != keyid:
        raise _refuse("A302", f"the trust root lists the key {key.keyid} under another id, {keyid}")
    return key


def _window(item: Mapping[str, str | None]) -> Window:
    start, end = item.get("start"), item.get("end")
    return Window(None if start is None else parse_instant(start), None if end is None else parse_instant(end))


def _tsa(item: Mapping[str, Sequence[str] | Mapping[str, str | None]]) -> TrustedTsa:
    certs, window = item["certs"], item["validFor"]
    assert isinstance(window, Mapping)
    return TrustedTsa(tuple(base64_bytes(cert) for cert in certs), _window(window))


def _role(name: str, item: Mapping[str, Sequence[Mapping[str, str]]]) -> Role:
    stages, verifiers, threshold = item.get("stages"), item.get("verifierIds"), item.get("threshold", 1)
    return Role(
        name=name,
        keys=tuple(
            RoleKey(entry["keyid"], _window(entry.get("validFor") or {}))  # type: ignore[arg-type]  # checked by the shape
            for entry in item["keys"]
        ),
        threshold=threshold if isinstance(threshold, int) else 1,
        types=frozenset(str(kind) for kind in item.get("types", ())),
        stages=None if stages is None else frozenset(str(stage) for stage in stages),
        verifier_ids=None if verifiers is None else frozenset(str(verifier) for verifier in verifiers),
    )


def _revoked(item: Mapping[str, str | int | None]) -> RevokedKey:
    start, index = item.get("from"), item.get("fromIndex")
    return RevokedKey(
        keyid=str(item["keyid"]),
        reason=str(item["reason"]),
        start=parse_instant(start) if isinstance(start, str) else None,
        from_index=index if isinstance(index, int) else None,
    )


def _check_roles(root: TrustRoot) -> None:
    if "root" not in root.roles or not root.roles["root"].keys:
        raise _refuse("A303", "the trust root has no root role, so nobody could sign it")
    for role in root.roles.values():
        _check_role(root, role)
    root_keys = {item.keyid for item in root.roles["root"].keys}
    for role in root.roles.values():
        both = sorted(root_keys & {item.keyid for item in role.keys}) if role.name != "root" else []
        if both:
            raise _refuse("A303", f"the root key {both[0]} also plays the role {role.name}")
    raw = [item.key.public for item in root.logs] + [key.public for key in root.witnesses.keys]
    if len(set(raw)) != len(raw):
        raise _refuse("A303", "one key is listed twice among logs and witnesses")
    if any(item.key.kind != NOTE_KEY for item in root.logs):
        raise _refuse("A303", "the key of a log is not a key that signs notes")


def _check_role(root: TrustRoot, role: Role) -> None:
    base, slash, office = role.name.partition("/")
    if base not in ROLE_TYPES or (slash and (not office or base not in ("approver", "attester"))):
        raise _refuse("A303", f"there is no role {role.name}", f"the roles are {', '.join(ROLE_TYPES)}")
    foreign = sorted(role.types - ROLE_TYPES[base])
    if foreign:
        raise _refuse("A303", f"the role {role.name} may never sign {foreign[0]}")
    keyids = [item.keyid for item in role.keys]
    missing = [keyid for keyid in keyids if keyid not in root.keys]
    if missing or len(set(keyids)) != len(keyids):
        raise _refuse("A303", f"the role {role.name} names a key twice, or one that is not listed: {missing}")
    owners = {root.keys[keyid].owner for keyid in keyids}
    if keyids and role.threshold > len(owners):
        raise _refuse(
            "A304", f"the role {role.name} asks for {role.threshold} people, and its keys have {len(owners)} owners"
        )


def _verified(envelopes: Sequence[Envelope], root: TrustRoot, judges: Sequence[TrustRoot]) -> tuple[TrustKey, ...]:
    """Verify every envelope with the keys of the judging versions; each version's threshold must be met.

    A retired root key stays listed, without a role, for as long as a version that it signed is in use: an envelope
    that nobody can check is refused.
    """
    signed: dict[bytes, TrustKey] = {}
    for envelope in envelopes:
        key = next((judge.keys[envelope.keyid] for judge in judges if envelope.keyid in judge.keys), None)
        if key is None or not key.public.verifies(envelope.signature, envelope.pae):
            raise _refuse(
                "A305",
                f"the signature under {envelope.keyid} on version {root.version} of the trust root does not verify",
                "take the file again from whoever maintains it, or give the version before it as well",
            )
        signed[key.public.spki] = key
    for judge in judges:
        _check_threshold(judge, root, signed.values())
    return tuple(signed.values())


def _check_threshold(judge: TrustRoot, root: TrustRoot, signed: Iterable[TrustKey]) -> None:
    allowed = {item.keyid: item.window for item in judge.roles["root"].keys}
    owners = {
        judge.keys[key.keyid].owner
        for key in signed
        if key.keyid in allowed and allowed[key.keyid].holds(root.issued_at)
    }
    needed = judge.roles["root"].threshold
    if len(owners) < needed:
        raise _refuse(
            "A304",
            f"version {root.version} of the trust root is signed by {len(owners)} of the {needed} people that "
            f"version {judge.version} asks for",
            "every signer adds a signature: govern trust sign",
        )
