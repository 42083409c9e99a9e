"""Re-check a whole ledger: every leaf, node, checkpoint, signature and object. Reads only; stops at nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from govern.diagnostics import Diagnostic, GovernError, IntegrityError, Span
from govern.ledger.core import stored_key
from govern.ledger.leaf import Leaf, pae, read_leaf
from govern.ledger.merkle import append_nodes, consistency_proof, leaf_hash, tree_root, verify_consistency
from govern.ledger.note import NoteKey, open_checkpoint
from govern.ledger.objects import ObjectStore
from govern.ledger.published import Promise, PublishedCheckpoint, WitnessedCheckpoint, hold_to
from govern.ledger.rows import Rows, StoredEntry
from govern.ledger.store import LedgerPlace

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
    """0 sound, 4 damaged, 3 when only a published or witnessed checkpoint is missing."""


class _Check:
    """One run over one open database."""

    def __init__(self, rows: Rows, objects: ObjectStore | None, key: NoteKey) -> None:
        self.rows = rows
        self.objects = objects
        self.key = key
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.payloads: dict[bytes, bytes] = {}
        """What was found out of each payload: its digest to the digest over its pre-authentication encoding."""
        self.spkis: dict[bytes, bytes] = {}
        """The keys that signed, each with its sha256; they are few."""
        self.size = 0
        self.erased = 0
        self.checkpoints = 0

    def found(self, code: str, message: str, hint: str | None = None) -> Diagnostic:
        return Diagnostic(code, message, Span(self.rows.label), hint)

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def run(self) -> Iterator[Diagnostic]:
        for text in self.rows.own_findings():
            yield self.found("G308", text)
        yield from self.entries()
        yield from self.stored_nodes()
        yield from self.stored_checkpoints()

    def entries(self) -> Iterator[Diagnostic]:
        erased = self.rows.all_erased()
        seen: set[bytes] = set()
        leaves: list[bytes] = []
        for entry in self.rows.all_entries():
            index, body = entry[0], entry[1]
            if index == self.size - 1:
                yield self.found("G229", f"entry {index} is filed more than once")
                continue
            if index != self.size:
                yield self.found("G307", f"entries {self.size} to {index - 1} are missing")
                break
            leaves.append(leaf_hash(body))
            self.size += 1
            yield from self.entry(entry, seen, erased)
        self.nodes = {(level, at): value for level, at, value in append_nodes(0, leaves, self.node)}

    def entry(self, entry: StoredEntry, seen: set[bytes], erased: Collection[bytes]) -> Iterator[Diagnostic]:
        index, body, payload, spki = entry
        try:
            leaf = read_leaf(body)
        except ValueError:
            yield self.found("G301", f"entry {index} is not a log entry")
            return
        if leaf.spki not in self.spkis:
            self.spkis[leaf.spki] = hashlib.sha256(leaf.spki).digest()
        if payload is None or spki != self.spkis[leaf.spki]:
            yield self.found("G229", f"entry {index} is not filed under the key that signed it")
        if payload is not None and self.objects is not None:
            if payload not in seen:
                seen.add(payload)
                yield from self.object(index, payload, self.objects, erased=payload in erased)
            yield from self.speaks(index, leaf, payload)

    def object(self, index: int, payload: bytes, objects: ObjectStore, *, erased: bool) -> Iterator[Diagnostic]:
        """Look at a payload, once for all entries that speak of it."""
        digest = payload.hex()
        try:
            data = objects.get(digest)
        except IntegrityError:
            yield self.found("G306", f"the payload of entry {index} holds other bytes than {digest}")
            return
        if data is not None:
            self.payloads[payload] = hashlib.sha256(pae(data)).digest()
            if erased:
                yield self.found(
                    "G309", f"the payload of entry {index} was erased, yet {objects.path(digest)} is there"
                )
        elif erased:
            self.erased += 1
        else:
            yield self.found("G305", f"the payload {digest} of entry {index} is lost", "restore it from a pack")

    def speaks(self, index: int, leaf: Leaf, payload: bytes) -> Iterator[Diagnostic]:
        known = self.payloads.get(payload)
        if known is not None and leaf.digest != known:
            yield self.found("G301", f"entry {index} does not speak of its payload {payload.hex()}")

    def stored_nodes(self) -> Iterator[Diagnostic]:
        sound = 0
        for level, index, value in self.rows.all_nodes():
            if self.nodes.get((level, index)) == value:
                sound += 1
            else:
                yield self.found("G302", f"the stored node {level, index} is not the hash of the entries below it")
        if sound < len(self.nodes):
            stored = {(level, index) for level, index, _ in self.rows.all_nodes()}
            for place in sorted(self.nodes.keys() - stored):
                yield self.found("G302", f"the node {place} is not stored")

    def stored_checkpoints(self) -> Iterator[Diagnostic]:
        before: tuple[int, bytes] | None = None
        last = None
        for stored in self.rows.all_checkpoints():
            size = last = stored.size
            self.checkpoints += 1
            if size > self.size:
                yield self.found("G303", f"the checkpoint of size {size} speaks of entries that are not there")
                continue
            root = tree_root(size, self.node)
            if stored.root != root:
                yield self.found("G303", f"the root of the checkpoint of size {size} is not that of its entries")
            try:
                signed = open_checkpoint(stored.note, self.key)
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


def verify_ledger(place: LedgerPlace, *, expected: NoteKey | None = None, payloads: bool = True) -> LedgerReport:
    """Re-check a ledger from its bytes: O(n) hashing, nothing written.

    Args:
        place: where it lies.
        expected: the log's key as the trust root has it; without it the key stored in the ledger itself is used,
            which shows that the ledger is whole but not whose it is.
        payloads: whether to read every payload too.

    Raises UsageError (G201) when there is none, InputError (G209, G225, G230) when it cannot be read, IntegrityError
    (G201, G206) when it does not say whose it is.
    """
    with place.rows() as rows:
        findings: list[Diagnostic] = []
        with rows.reading():
            key = stored_key(rows)
        if expected is not None and key != expected:
            message = f"the ledger's key {key.vkey} is not {expected.vkey}"
            findings.append(Diagnostic("G211", message, Span(rows.label)))
            key = expected
        # Promises are read first: read afterwards, one could be newer than the snapshot and look like a cut.
        heads = _Heads(place, key)
        with rows.reading():
            check = _Check(rows, ObjectStore(place.objects) if payloads else None, key)
            findings.extend(check.run())
        exit_code = 4 if findings else 0
        for fault in heads.faults(check):
            findings.extend(fault.diagnostics)
            exit_code = max(exit_code, fault.exit_code)
        return LedgerReport(
            key=key,
            size=check.size,
            root=tree_root(check.size, check.node),
            checkpoints=check.checkpoints,
            objects=len(check.payloads),
            erased=check.erased,
            findings=tuple(findings),
            exit_code=exit_code,
        )


class _Heads:
    """The heads that left the log, read one by one so that a fault in one hides no other."""

    def __init__(self, place: LedgerPlace, key: NoteKey) -> None:
        self.published = PublishedCheckpoint(place.published, database=None)
        self.promises: list[Promise] = []
        self.unread: list[GovernError] = []
        self.missing = False
        try:
            head = self.published.read(key)
            self.missing = head is None
            self.promises += [] if head is None else [head]
        except GovernError as fault:
            self.unread.append(fault)
        for path in place.witnessed:
            try:
                self.promises.append(WitnessedCheckpoint(path).read(key))
            except GovernError as fault:
                self.unread.append(fault)

    def faults(self, check: _Check) -> Iterator[GovernError]:
        yield from self.unread
        if self.missing and check.size:
            yield self.published.missing(check.size)
        for promise in self.promises:
            try:
                hold_to([promise], check.size, check.node)
            except IntegrityError as fault:
                yield fault
