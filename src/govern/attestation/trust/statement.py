"""From a trust root's payload to the typed trust root: form, then what its parts say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from govern.attestation.keys import PublicKey
from govern.attestation.trust.checks import check_trust
from govern.attestation.trust.format import TRUST_STATEMENT
from govern.attestation.trust.root import RevokedKey, Role, RoleKey, TrustedLog, TrustedTsa, TrustKey, TrustRoot, Window
from govern.canonical import base64_bytes, canonical_bytes, digest_of, parse_instant
from govern.diagnostics import Diagnostic, GovernError, IntegrityError
from govern.ledger.note import NoteKey
from govern.ledger.quorum import WitnessPolicy

__all__ = ["not_a_trust_root", "read_trust_statement"]


def not_a_trust_root(why: str) -> IntegrityError:
    """Say why a file or payload is no trust root (A301)."""
    return _refuse("A301", f"not a trust root: {why}", "take the file again from whoever maintains it")


def read_trust_statement(payload: bytes, *, file: str = "trust.json") -> TrustRoot:
    """Read the payload that root keys sign. Raises IntegrityError (A301-A304, A306, G105)."""
    from govern.inputs.json import parse_json

    try:
        statement: object = parse_json(payload, file=file, utf16=False)
        for pointer, text in TRUST_STATEMENT.faults(statement):
            raise not_a_trust_root(f"{pointer or 'the statement'}: {text}")
        for pointer in TRUST_STATEMENT.unknown(statement):
            raise not_a_trust_root(f"{pointer} is not known here; a newer version of govern may be needed")
        assert isinstance(statement, dict)
        if canonical_bytes(statement) != payload:
            raise not_a_trust_root("its payload is not in canonical form")
    except GovernError as fault:
        if fault.diagnostics[0].code == "A301":
            raise
        raise not_a_trust_root(fault.diagnostics[0].message) from fault
    root = _root(statement, payload)
    check_trust(root)
    return root


def _refuse(code: str, message: str, hint: str | None = None) -> IntegrityError:
    return IntegrityError(Diagnostic(code, message, hint=hint))


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
    return TrustRoot(
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
