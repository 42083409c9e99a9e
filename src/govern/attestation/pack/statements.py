"""Which signed statements belong in a pack, and which of those in a pack the decision looked at.

A workspace keeps the words of people about all its models in one place. A pack holds what this decision looked at, and
what speaks of this model or revokes what is in the pack; the rest is other people's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    APPROVAL,
    ATTESTATION,
    EVIDENCE,
    REVOCATION,
    STATUS_LIST,
    WAIVER,
)
from govern.attestation.notices import Revocation
from govern.attestation.pack.claims import Named, payload_of
from govern.attestation.people import HumanAttestation
from govern.attestation.reading import Claims, predicate_type_of, read_claims
from govern.attestation.verification import NamedFile
from govern.canonical import sha256_hex
from govern.checks.people.facts import ATTESTED
from govern.diagnostics import GovernError, InputError
from govern.inputs.json import parse_json

__all__ = ["Statement", "looked_at", "named_by_evaluation", "named_by_record", "read_statement", "relevant"]


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
    return frozenset(digest for member in ("waivers", "approvals") for digest in _digests(record.get(member)))


def named_by_evaluation(evaluation: bytes) -> frozenset[str]:
    """Give the payload digests of the human attestations and signed envelopes that the checks of a run saw.

    Raises InputError for bytes that are no JSON; another form names nothing.
    """
    record = parse_json(evaluation, file="evaluation record", max_bytes=len(evaluation), utf16=False)
    outcomes = record.get("outcomes") if isinstance(record, dict) else None
    found: set[str] = set()
    for outcome in outcomes if isinstance(outcomes, list) else []:
        facts = outcome.get("facts") if isinstance(outcome, dict) else None
        if isinstance(facts, dict) and facts.get("kind") == ATTESTED:
            found |= set(_digests(facts.get("statements")))
        evidence = outcome.get("evidence") if isinstance(outcome, dict) else None
        signed = (
            [item.get("signed_by") for item in evidence if isinstance(item, dict)] if isinstance(evidence, list) else []
        )
        found |= set(_digests(signed))
    return frozenset(found)


def _digests(items: object) -> Iterator[str]:
    for item in items if isinstance(items, list) else []:
        digest = item.get("digest") if isinstance(item, dict) else None
        value = digest.get("sha256") if isinstance(digest, dict) else None
        if isinstance(value, str):
            yield value


def relevant(
    files: Iterable[NamedFile], named: Named, records: tuple[bytes, bytes], evidence: frozenset[str]
) -> tuple[Statement, ...]:
    """Give the statements that belong in the pack of a verdict, each once, sorted by digest.

    Args:
        files: everything there is.
        named: what the verdict names.
        records: the evaluation record and the decision record.
        evidence: sha256 (hex) of every file of the bundle.
    """
    evaluation, decision = records
    wanted = named_by_record(decision) | named_by_evaluation(evaluation) | {*named.statements, *named.releases}
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
        return body.scope.reach(bundle=named.bundle, model=named.model, version=named.version) is not None
    if item.kind == ADVISORY_SNAPSHOT:
        return subject == named.advisories
    return item.kind == STATUS_LIST or (item.kind == EVIDENCE and subject in evidence)


def looked_at(files: Sequence[NamedFile], named: Named, *, evaluation: bytes, decision: bytes) -> tuple[NamedFile, ...]:
    """Give the files without what came after the decision: statements of people and producers that its records do not
    name, and revocations and status lists that speak of a later moment than the verdict's.
    """
    try:
        wanted = {
            **dict.fromkeys((WAIVER, APPROVAL), named_by_record(decision)),
            **dict.fromkeys((ATTESTATION, EVIDENCE), named_by_evaluation(evaluation) | frozenset(named.statements)),
        }
    except InputError:
        return tuple(files)
    kept = []
    for file in files:
        found = read_statement(file)
        if found is None:
            continue
        later = found.kind in (REVOCATION, STATUS_LIST) and found.claims.issued_at > named.issued_at
        if not later and (found.kind not in wanted or found.digest in wanted[found.kind]):
            kept.append(file)
    return tuple(kept)
