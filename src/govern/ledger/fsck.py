"""Re-check a whole ledger: every leaf, node, checkpoint, signature and object. Reads only; stops at nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, GovernError, IntegrityError, Span, UsageError
from govern.ledger.database import APPLICATION_ID, USER_VERSION, faults_named, open_database, transaction
from govern.ledger.leaf import pae, read_leaf
from govern.ledger.merkle import append_nodes, consistency_proof, leaf_hash, tree_root, verify_consistency
from govern.ledger.note import NoteKey, open_checkpoint
from govern.ledger.objects import ObjectStore
from govern.ledger.published import PublishedCheckpoint
from govern.ledger.sqlite import LedgerPaths

__all__ = ["LedgerReport", "verify_ledger"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerReport:
    """What a full check of a ledger found."""

    key: NoteKey
    size: int
    root: bytes
    """Root over the entries as they are now, recomputed from their bytes."""
    checkpoints: int
    objects: int
    """Payloads that are there and whole."""
    erased: int
    """Payloads that were deleted on purpose."""
    findings: tuple[Diagnostic, ...]
    exit_code: int
    """0 sound, 4 damaged, 3 when only the published checkpoint is missing."""


class _Check:
    """One run over one open database."""

    def __init__(self, connection: sqlite3.Connection, paths: LedgerPaths, key: NoteKey) -> None:
        self.connection = connection
        self.paths = paths
        self.key = key
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.size = 0
        self.present = 0
        self.erased = 0
        self.checkpoints = 0

    def found(self, code: str, message: str, hint: str | None = None) -> Diagnostic:
        return Diagnostic(code, message, Span(str(self.paths.database)), hint)

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def run(self) -> Iterator[Diagnostic]:
        for (answer,) in self.connection.execute("PRAGMA integrity_check"):
            if answer != "ok":
                yield self.found("G308", f"SQLite's own check says: {answer}")
        yield from self.entries()
        yield from self.stored_nodes()
        yield from self.stored_checkpoints()

    def entries(self) -> Iterator[Diagnostic]:
        erasures = {bytes(row[0]) for row in self.connection.execute("SELECT payload_sha256 FROM erasure")}
        objects = ObjectStore(self.paths.objects)
        rows = self.connection.execute("SELECT idx, body, payload_sha256 FROM entry ORDER BY idx")
        for index, body, digest in rows:
            if index != self.size:
                yield self.found("G307", f"entries {self.size} to {index - 1} are missing")
                return
            for level, at, value in append_nodes(index, [leaf_hash(body)], self.node):
                self.nodes[level, at] = value
            self.size += 1
            yield from self.object(index, bytes(body), digest.hex(), objects, erased=bytes(digest) in erasures)

    def object(
        self, index: int, body: bytes, digest: str, objects: ObjectStore, *, erased: bool
    ) -> Iterator[Diagnostic]:
        try:
            payload = objects.get(digest)
        except IntegrityError:
            yield self.found("G306", f"the payload of entry {index} holds other bytes than {digest}")
            return
        if payload is None:
            if erased:
                self.erased += 1
            else:
                yield self.found("G305", f"the payload {digest} of entry {index} is lost", "restore it from a pack")
            return
        if erased:
            yield self.found("G309", f"the payload of entry {index} was erased, yet {objects.path(digest)} is there")
        try:
            leaf = read_leaf(body)
        except ValueError:
            yield self.found("G301", f"entry {index} is not a log entry")
            return
        if leaf.digest != hashlib.sha256(pae(payload)).digest() or sha256_hex(payload) != digest:
            yield self.found("G301", f"entry {index} does not speak of its payload {digest}")
            return
        self.present += 1

    def stored_nodes(self) -> Iterator[Diagnostic]:
        stored = {
            (level, index): bytes(value)
            for level, index, value in self.connection.execute("SELECT level, idx, hash FROM tnode")
        }
        for place in sorted(stored.keys() | self.nodes.keys()):
            if stored.get(place) != self.nodes.get(place):
                yield self.found("G302", f"the stored node {place} is not the hash of the entries below it")

    def stored_checkpoints(self) -> Iterator[Diagnostic]:
        before: tuple[int, bytes] | None = None
        last = None
        for size, stored_root, note in self.connection.execute("SELECT size, root, note FROM checkpoint ORDER BY size"):
            self.checkpoints += 1
            last = size
            if size > self.size:
                yield self.found("G303", f"the checkpoint of size {size} speaks of entries that are not there")
                continue
            root = tree_root(size, self.node)
            if bytes(stored_root) != root:
                yield self.found("G303", f"the root of the checkpoint of size {size} is not that of its entries")
            try:
                signed = open_checkpoint(note, self.key)
            except IntegrityError as fault:
                yield self.found("G304", f"the checkpoint of size {size}: {fault.diagnostics[0].message}")
                continue
            if (signed.size, signed.root) != (size, root):
                yield self.found("G303", f"the signed note of the checkpoint of size {size} has another size or root")
            if before is not None:
                proof = consistency_proof(before[0], size, self.node)
                if not verify_consistency(before[0], size, before[1], signed.root, proof):
                    yield self.found("G310", f"the checkpoints of sizes {before[0]} and {size} are not of one log")
            before = (size, signed.root)
        if last != self.size:
            yield self.found("G303", f"there are {self.size} entries and the newest checkpoint is for {last}")


def verify_ledger(paths: LedgerPaths, *, expected: NoteKey | None = None) -> LedgerReport:
    """Re-check a ledger from its bytes: O(n) hashing, nothing written.

    Args:
        paths: where it lies.
        expected: the log's key as the trust root has it; without it the key stored in the ledger itself is used,
            which shows that the ledger is whole but not whose it is.

    Raises UsageError (G201) when there is none, InputError (G209) when it cannot be read.
    """
    path = paths.database
    if not path.is_file():
        raise UsageError(Diagnostic("G201", f"there is no ledger at {path}", Span(str(path))))
    with faults_named(path), closing(open_database(path, read_only=True)) as connection:
        published, findings, exit_code = PublishedCheckpoint(paths.published, database=path), list[Diagnostic](), 0
        key = _key(connection, path=str(path))
        if expected is not None and key != expected:
            findings.append(Diagnostic("G211", f"the ledger's key {key.vkey} is not {expected.vkey}", Span(str(path))))
            key = expected
        try:
            head = published.read(key)
        except IntegrityError as fault:
            findings.extend(fault.diagnostics)
            head = None
        unread = bool(findings)
        with transaction(connection, "DEFERRED"):
            check = _Check(connection, paths, key)
            findings.extend(check.run())
        exit_code = 4 if findings else 0
        if not unread:
            try:
                published.compare(head, check.size, check.node)
            except GovernError as fault:
                findings.extend(fault.diagnostics)
                exit_code = max(exit_code, fault.exit_code)
        return LedgerReport(
            key=key,
            size=check.size,
            root=tree_root(check.size, check.node),
            checkpoints=check.checkpoints,
            objects=check.present,
            erased=check.erased,
            findings=tuple(findings),
            exit_code=exit_code,
        )


def _key(connection: sqlite3.Connection, *, path: str) -> NoteKey:
    identity = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    rows = connection.execute("SELECT vkey FROM meta").fetchall() if identity == (APPLICATION_ID, USER_VERSION) else []
    if len(rows) != 1:
        raise IntegrityError(Diagnostic("G201", "this SQLite file is not a ledger of this version", Span(path)))
    return NoteKey.parse(rows[0][0])
