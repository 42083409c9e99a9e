"""The evidence pack: what may be in one, where each thing lies, and its index.

A pack is an uncompressed tar (`tar` has its bytes) with an index, `pack.json`, that lists every other member with
digest, size and role. A file of the bundle whose bytes are kept back is listed too, as withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from govern.attestation.shape import HEX_DIGEST, TEXT, Constant, Count, Flag, ListOf, OneOf, Record
from govern.canonical import Json, canonical_bytes
from govern.diagnostics import Diagnostic, GovernError, IntegrityError, Span

__all__ = [
    "INDEX",
    "INDEX_BYTES",
    "MOST_ENTRIES",
    "PLACES",
    "SCHEMA",
    "Entry",
    "Place",
    "Role",
    "damaged",
    "index_bytes",
    "index_schema",
    "path_fault",
    "read_index",
]

SCHEMA = "urn:govern:pack:v1"
INDEX = "pack.json"
MOST_ENTRIES = 200_000
INDEX_BYTES = 64 * 1024 * 1024
_KB, _MB, _GB = 1024, 1024**2, 1024**3
_PATH_BYTES = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")


class Role(StrEnum):
    """What a member is for."""

    CERTIFICATE = "certificate"
    REFUSAL = "refusal"
    VSA = "vsa"
    VSA_ENVELOPE = "vsa-envelope"
    PROOF = "tlog-proof"
    MANIFEST = "manifest"
    TRUST = "trust-root"
    EARLIER_TRUST = "earlier-trust-root"
    KEY = "public-key"
    POLICY = "policy"
    POLICY_LOCK = "policy-lock"
    POLICY_PACK = "policy-pack"
    PLAN = "plan"
    EVIDENCE = "evidence"
    ADVISORY_INDEX = "advisory-index"
    ADVISORY_RECORDS = "advisory-records"
    EVALUATION = "evaluation"
    DECISION = "decision"
    STATEMENT = "statement"
    STATUS = "status-list"
    ENGINE = "engine"
    ENGINE_LOCK = "engine-lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the members of a role lie, how many there may be, and how large each may be."""

    pattern: str
    size: int
    least: int = 0
    most: int = 1
    by_digest: bool = False
    """Whether the name holds the member's own sha256."""


_HEX = "[0-9a-f]{64}"
_TAR_SIZE = 8 * _GB - 1
"""The largest file that twelve octal digits of a ustar header can tell."""

PLACES: Mapping[Role, Place] = {
    Role.CERTIFICATE: Place(pattern=r"certificate\.sigstore\.json", size=8 * _MB),
    Role.REFUSAL: Place(pattern=r"refusal\.sigstore\.json", size=8 * _MB),
    Role.VSA: Place(pattern=r"vsa\.sigstore\.json", size=8 * _MB),
    Role.VSA_ENVELOPE: Place(pattern=r"vsa\.intoto\.json", size=8 * _MB),
    Role.PROOF: Place(pattern=r"log\.tlog-proof", size=_MB),
    Role.MANIFEST: Place(pattern=r"MANIFEST\.sha256", size=128 * _MB, least=1),
    Role.TRUST: Place(pattern=r"trust/trust\.json", size=8 * _MB, least=1),
    Role.EARLIER_TRUST: Place(pattern=r"trust/earlier/[1-9][0-9]{0,8}\.json", size=8 * _MB, most=10_000),
    Role.KEY: Place(pattern=r"trust/keys/[A-Za-z0-9._-]+\.pub", size=64 * _KB, most=10_000),
    Role.POLICY: Place(pattern=r"policy/source/(?s:.+)", size=_MB, least=1, most=10_000),
    Role.POLICY_LOCK: Place(pattern=r"policy/govern\.lock", size=_MB),
    Role.POLICY_PACK: Place(
        pattern=r"policy/packs/[a-z][a-z0-9.-]{0,63}/[A-Za-z0-9_][A-Za-z0-9._+/-]*", size=16 * _MB, most=10_000
    ),
    Role.PLAN: Place(pattern=r"policy/plan\.json", size=64 * _MB, least=1),
    Role.EVIDENCE: Place(pattern=f"evidence/({_HEX})", size=_TAR_SIZE, least=1, most=MOST_ENTRIES, by_digest=True),
    Role.ADVISORY_INDEX: Place(pattern=f"advisories/({_HEX})", size=16 * _MB, by_digest=True),
    Role.ADVISORY_RECORDS: Place(pattern=f"advisories/({_HEX})", size=_GB, by_digest=True),
    Role.EVALUATION: Place(pattern=r"records/evaluation\.json", size=64 * _MB, least=1),
    Role.DECISION: Place(pattern=r"records/decision\.json", size=64 * _MB, least=1),
    Role.STATEMENT: Place(pattern=rf"attestations/({_HEX})\.sigstore\.json", size=8 * _MB, most=10_000, by_digest=True),
    Role.STATUS: Place(pattern=r"status/status-list\.sigstore\.json", size=8 * _MB),
    Role.ENGINE: Place(pattern=r"engine/engine\.json", size=_MB, least=1),
    Role.ENGINE_LOCK: Place(pattern=r"engine/lock", size=64 * _MB),
}
"""Every role has one; nothing else may be in a pack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the index."""

    path: str
    role: Role
    digest: str
    """sha256 of the bytes, hex."""
    size: int
    withheld: bool = False
    """The bytes are not in the pack; only evidence may be withheld."""

    def document(self) -> dict[str, Json]:
        """The line as JSON."""
        return {
            "path": self.path,
            "role": self.role.value,
            "digest": {"sha256": self.digest},
            "size": self.size,
            "withheld": self.withheld,
        }


_INDEX = Record(
    {
        "schema": Constant(SCHEMA),
        "files": ListOf(
            Record(
                {
                    "path": TEXT,
                    "role": OneOf(tuple(role.value for role in Role)),
                    "digest": Record({"sha256": HEX_DIGEST}),
                    "size": Count(),
                    "withheld": Flag(),
                }
            ),
            most=MOST_ENTRIES,
        ),
    }
)


def index_schema() -> dict[str, Json]:
    """Give the JSON Schema of `pack.json`. Order, places and digests are for `read_index` and `read_pack`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:govern:schema:pack:v1",
        "title": "Index of an evidence pack",
        "description": "pack.json: every other member of the archive, and the files whose bytes are withheld.",
        **_INDEX.schema(),
    }


def damaged(code: str, message: str, *, at: str | None = None) -> IntegrityError:
    """Make the refusal of a pack."""
    hint = "fetch the pack again from where it was written; nothing in a damaged one can be relied on"
    return IntegrityError(Diagnostic(code, message, None if at is None else Span(at), hint))


def path_fault(path: str) -> str | None:
    """Say why a member may not be called so, or None when it may.

    No absolute path, no empty, `.` or `..` part, no backslash or control character, at most 255 bytes of UTF-8.
    """
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        return "is not UTF-8"
    if not 0 < size <= _PATH_BYTES:
        return f"has {size} bytes; it may have 1 to {_PATH_BYTES}"
    if _CONTROL.search(path):
        return "holds a control character or a backslash"
    if any(part in ("", ".", "..") for part in path.split("/")):
        return "is absolute or has an empty, `.` or `..` part"
    return None


def index_bytes(entries: Iterable[Entry]) -> bytes:
    """Write the index: RFC 8785, files in the order of their paths' bytes."""
    ordered = sorted(entries, key=lambda entry: entry.path.encode())
    return canonical_bytes({"schema": SCHEMA, "files": [entry.document() for entry in ordered]})


def read_index(data: bytes) -> tuple[Entry, ...]:
    """Read an index in its one canonical form and hold it against `PLACES`.

    Raises IntegrityError: A604 for a document that is no index, A602 for a path, A607 for what is missing or too much.
    """
    from govern.inputs.json import parse_json

    def refuse(why: str) -> IntegrityError:
        return damaged("A604", why, at=INDEX)

    try:
        value: object = parse_json(data, file=INDEX, max_bytes=INDEX_BYTES, utf16=False)
    except GovernError as fault:
        raise refuse(fault.diagnostics[0].message) from fault
    for pointer, text in _INDEX.faults(value):
        raise refuse(f"{pointer or 'the document'}: {text}")
    for pointer in _INDEX.unknown(value):
        raise refuse(f"{pointer} is not a member that an index has")
    assert isinstance(value, dict)
    entries = tuple(
        Entry(
            path=item["path"],
            role=Role(item["role"]),
            digest=item["digest"]["sha256"],
            size=item["size"],
            withheld=item["withheld"],
        )
        for item in value["files"]
    )
    for entry in entries:
        _hold_against_place(entry)
    if index_bytes(entries) != data:
        raise refuse("it is not in canonical form, or its files are not in the order of their paths")
    if len({entry.path for entry in entries}) < len(entries):
        raise refuse("it names a path twice")
    _count(entries)
    return entries


def _hold_against_place(entry: Entry) -> None:
    fault = path_fault(entry.path)
    if fault is not None:
        raise damaged("A602", f"a path in the index {fault}", at=entry.path)
    place = PLACES[entry.role]
    match = re.fullmatch(place.pattern, entry.path)
    if match is None:
        raise damaged("A602", f"a file of the role {entry.role} may not lie there", at=entry.path)
    if place.by_digest and match[1] != entry.digest:
        raise damaged("A605", f"the file is named after another digest than its own, {entry.digest}", at=entry.path)
    if entry.size > place.size and not entry.withheld:
        raise damaged("A603", f"{entry.size} bytes; the role {entry.role} allows {place.size}", at=entry.path)
    if entry.withheld and entry.role is not Role.EVIDENCE:
        raise damaged("A604", f"a file of the role {entry.role} cannot be withheld", at=entry.path)


def _count(entries: tuple[Entry, ...]) -> None:
    counts = dict.fromkeys(Role, 0)
    for entry in entries:
        counts[entry.role] += 1
    for role, place in PLACES.items():
        if counts[role] < place.least:
            raise damaged("A607", f"there is no file of the role {role}", at=INDEX)
        if counts[role] > place.most:
            raise damaged("A607", f"{counts[role]} files of the role {role}; at most {place.most}", at=INDEX)
    if counts[Role.CERTIFICATE] + counts[Role.REFUSAL] != 1:
        raise damaged("A607", "a pack holds one certificate or one refusal", at=INDEX)
    if counts[Role.ADVISORY_INDEX] != counts[Role.ADVISORY_RECORDS]:
        raise damaged("A607", "an advisory snapshot is an index and its records, here is one of the two", at=INDEX)
