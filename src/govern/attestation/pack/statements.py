"""Which signed statements belong in a pack, and which of those in a pack the decision looked at.

A workspace keeps the words of people about all its models in one place. A pack holds what this decision looked at, and
what speaks of this model or revokes what is in the pack; the rest is other people's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from govern.attestation.kinds import ADVISORY_SNAPSHOT, APPROVAL, EVIDENCE, REVOCATION, STATUS_LIST, WAIVER
from govern.attestation.notices import Revocation
from govern.attestation.pack.claims import Named, payload_of
from govern.attestation.people import HumanAttestation
from govern.attestation.reading import Claims, predicate_type_of, read_claims
from govern.attestation.verification import NamedFile
from govern.canonical import sha256_hex
from govern.diagnostics import GovernError, InputError
from govern.inputs.json import parse_json

__all__ = ["Statement", "looked_at", "named_by_record", "read_statement", "relevant"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A signed statement that can be read. Nothing is verified."""

    file: NamedFile
    digest: str
    """sha256 of the payload, hex."""
    kind: str
    claims: Claims


def read_statement(file: NamedFile) -> Statement | None:
    """Read one file; None for what is no signed statement of a kind that is known here."""
    try:
        payload = payload_of(file.data, file=file.name)
        value: object = parse_json(payload, file=file.name, utf16=False)
        kind = predicate_type_of(value)
        if kind is None:
            return None
        return Statement(file, sha256_hex(payload), kind, read_claims(value, kind))
    except (GovernError, KeyError):
        return None


def named_by_record(decision: bytes) -> frozenset[str]:
    """Give the payload digests of the waivers and votes that a decision record says it looked at.

    Raises InputError for bytes that are no JSON; another form names nothing.
    """
    record = parse_json(decision, file="decision record", utf16=False)
    if not isinstance(record, dict):
        return frozenset()
    found: set[str] = set()
    for member in ("waivers", "approvals"):
        items = record.get(member)
        for item in items if isinstance(items, list) else []:
            digest = item.get("digest") if isinstance(item, dict) else None
            value = digest.get("sha256") if isinstance(digest, dict) else None
            if isinstance(value, str):
                found.add(value)
    return frozenset(found)


def relevant(
    files: Iterable[NamedFile], named: Named, decision: bytes, evidence: frozenset[str]
) -> tuple[Statement, ...]:
    """Give the statements that belong in the pack of a verdict, each once, sorted by digest.

    Args:
        files: everything there is.
        named: what the verdict names.
        decision: the decision record.
        evidence: sha256 (hex) of every file of the bundle.
    """
    wanted = named_by_record(decision) | {*named.statements, *named.releases}
    readable = {item.digest: item for item in map(read_statement, files) if item is not None}
    kept = {digest: item for digest, item in readable.items() if digest in wanted or _speaks_of(item, named, evidence)}
    for digest, item in readable.items():
        body = item.claims.body
        if isinstance(body, Revocation) and body.target_digest in {named.payload, *kept}:
            kept[digest] = item
    return tuple(kept[digest] for digest in sorted(kept))


def _speaks_of(item: Statement, named: Named, evidence: frozenset[str]) -> bool:
    body, subject = item.claims.body, item.claims.subject_digest
    if isinstance(body, HumanAttestation):
        return body.scope.covers(bundle=named.bundle, model=named.model, version=named.version)
    if item.kind == ADVISORY_SNAPSHOT:
        return subject == named.advisories
    return item.kind == STATUS_LIST or (item.kind == EVIDENCE and subject in evidence)


def looked_at(files: Sequence[NamedFile], decision: bytes, *, at: datetime) -> tuple[NamedFile, ...]:
    """Give the files without what came after the decision: waivers and votes that its record does not name, and
    revocations and status lists that speak of a later moment than `at`, when it was issued.
    """
    try:
        named = named_by_record(decision)
    except InputError:
        return tuple(files)
    kept = []
    for file in files:
        found = read_statement(file)
        if found is None:
            continue
        later = found.kind in (REVOCATION, STATUS_LIST) and found.claims.issued_at > at
        if not later and (found.kind not in (WAIVER, APPROVAL) or found.digest in named):
            kept.append(file)
    return tuple(kept)
