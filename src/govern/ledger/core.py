"""The log itself, over any database: what an append does, in which order, and when it refuses.

An append is one transaction: look up, insert entries and nodes, compute the root, sign, insert the checkpoint,
commit. Nothing is released before the commit returned. Before signing, and before any answer, the log's head is
recomputed from its nodes and held to every head that left this machine; a log that was cut, restored or forked
refuses (see `published`). A store adds only its tables (`rows.Rows`) and how they are opened.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from govern.diagnostics import Diagnostic, IntegrityError, Span, UsageError
from govern.ledger.leaf import pae, read_leaf
from govern.ledger.merkle import (
    EMPTY_ROOT,
    NodeReader,
    append_nodes,
    consistency_proof,
    inclusion_proofs,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from govern.ledger.note import Checkpoint, NoteKey, NoteSigner, is_origin
from govern.ledger.objects import ObjectStore
from govern.ledger.proof import LogProof
from govern.ledger.published import Promise, PublishedCheckpoint, WitnessedCheckpoint, hold_to, verified
from govern.ledger.rows import FiledEntry, Identity, Place, Rows, StoredCheckpoint
from govern.ledger.store import Head, LedgerPlace, Logged, NewEntry

__all__ = ["MerkleLedger", "first_checkpoint", "identity_of", "stored_key"]


class MerkleLedger:
    """A ledger over the tables of one database. Use as a context manager; one thread at a time."""

    def __init__(
        self, rows: Rows, place: LedgerPlace, published: PublishedCheckpoint, signer: NoteSigner | None
    ) -> None:
        """Take open tables and check their head; the stores' `create` and `open` call this.

        Raises UsageError (G211) when the signer's key is not the log's, IntegrityError and InputError as `head` does.
        """
        self._rows = rows
        self._signer = signer
        self._objects = ObjectStore(place.objects)
        self._published = published
        self._witnessed = tuple(WitnessedCheckpoint(path) for path in place.witnessed)
        with rows.reading():
            self.key: NoteKey = stored_key(rows)
        if signer is not None and signer.key != self.key:
            message = f"the key {signer.key.vkey} is not the log's, {self.key.vkey}"
            hint = "use the key that the ledger was created with"
            raise UsageError(Diagnostic("G211", message, Span(rows.label), hint))
        self.head()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the database."""
        self._rows.close()

    # -- the head -------------------------------------------------------------------------------------------------

    def _promises(self) -> tuple[Promise | None, tuple[Promise, ...]]:
        return self._published.read(self.key), tuple(item.read(self.key) for item in self._witnessed)

    def _checked_head(self, promised: tuple[Promise | None, tuple[Promise, ...]]) -> tuple[Head, dict[Place, bytes]]:
        """Give the newest checkpoint, recomputed from the nodes and held to what was promised, and the right edge."""
        published, witnessed = promised
        size, stored = self._rows.newest()
        if stored is None or stored.size != size:
            raise _broken(
                self._rows, f"it has {size} entries and its newest checkpoint is for {stored and stored.size}"
            )
        if published is None and size:
            raise self._published.missing(size)
        promises = witnessed if published is None else (published, *witnessed)
        sizes = {size, *(item.checkpoint.size for item in promises if item.checkpoint.size <= size)}
        known = self._fetch(*(_edge(each) for each in sizes))
        reader = self._reader(known)
        root = tree_root(size, reader)
        signed = verified(stored.note, self.key)
        if (signed.size, signed.root) != (size, root) or stored.root != root:
            raise _broken(self._rows, f"the root over its {size} entries is not the one of its newest checkpoint")
        hold_to(promises, size, reader)
        return Head(size=size, root=root, note=stored.note), known

    def _fetch(self, *asking: Callable[[NodeReader], object]) -> dict[Place, bytes]:
        """Read every node that the computations will ask for, in one query."""
        places: set[Place] = set()

        def note(level: int, index: int) -> bytes:
            places.add((level, index))
            return b""

        for ask in asking:
            ask(note)
        return dict(self._rows.nodes(places)) if places else {}

    def _reader(self, known: dict[Place, bytes]) -> NodeReader:
        def read(level: int, index: int) -> bytes:
            try:
                return known[level, index]
            except KeyError:
                raise _broken(self._rows, f"the node ({level}, {index}) is missing") from None

        return read

    @contextmanager
    def _snapshot(self) -> Iterator[Head]:
        # Promises are read first: read afterwards, one could be newer than the snapshot and look like a cut.
        promised = self._promises()
        with self._rows.reading():
            yield self._checked_head(promised)[0]

    def head(self) -> Head:
        """Give the newest checkpoint, checked.

        Raises IntegrityError: G203, G204, G220, G221 the log does not extend a head that left it, G206 it contradicts
        itself, G101-G104 a head is not signed; InputError: G205, G222 a head is missing, G209 or G225 unusable now.
        """
        with self._snapshot() as head:
            return head

    # -- reading --------------------------------------------------------------------------------------------------

    def find(self, payload_digest: str, key: str | None = None) -> int | None:
        """Give the first index of a payload (sha256, hex), or that of the entry by a key; None when it is not there."""
        with self._rows.reading():
            found = self._rows.of_payload(bytes.fromhex(payload_digest))
        return next((index for index, spki in found if key is None or spki.hex() == key), None)

    def digests(self) -> tuple[tuple[int, str], ...]:
        """Give every entry's index and payload digest (sha256, hex), in the order of the log."""
        with self._snapshot():
            rows = self._rows.payloads()
        return tuple((index, digest.hex()) for index, digest in rows)

    def prove(self, index: int) -> Logged:
        """Give the entry at an index with its proof against the newest checkpoint. UsageError (G213) for no such."""
        with self._snapshot() as head:
            _within(index, index + 1, head.size)
            return self._prove([index], head, {}, {})[0]

    def _prove(
        self, indices: Sequence[int], head: Head, known: dict[Place, bytes], bodies: dict[int, bytes]
    ) -> tuple[Logged, ...]:
        """Prove entries; what is neither in `known` nor in `bodies` is read, in one query each."""
        wanted = list(dict.fromkeys(indices))
        unread = {index for index in wanted if index not in bodies}
        if unread:
            bodies |= self._rows.bodies(unread)
            known |= self._fetch(lambda read: inclusion_proofs(unread, head.size, read))
        proofs: dict[int, Logged] = {}
        for index, hashes in zip(wanted, inclusion_proofs(wanted, head.size, self._reader(known)), strict=True):
            body = bodies.get(index)
            # What was just appended is proved by nodes that the head was just computed from.
            if body is None or (
                index in unread and not verify_inclusion(index, head.size, leaf_hash(body), hashes, head.root)
            ):
                raise _broken(self._rows, f"entry {index} is missing, or it or its proof is not what was logged")
            proof = LogProof(index=index, hashes=hashes, checkpoint=head.note)
            proofs[index] = Logged(body=body, leaf_root=head.root, size=head.size, proof=proof)
        return tuple(proofs[index] for index in indices)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the log at `old` entries is a prefix of the log at `new`.

        Raises UsageError (G213) when it has fewer, IntegrityError (G206) when its nodes do not prove that.
        """
        with self._snapshot() as head:
            _within(old, new, head.size)
            steps = ((old, new), (new, head.size))
            known = self._fetch(_edge(old), _edge(new), *(_proof(*step) for step in steps))
            reader = self._reader(known)
            for first, second in steps:
                ends = tree_root(first, reader), tree_root(second, reader) if second < head.size else head.root
                if not verify_consistency(first, second, *ends, consistency_proof(first, second, reader)):
                    raise _broken(
                        self._rows, f"its first {first} entries are not the prefix of {second} that they were"
                    )
            return consistency_proof(old, new, reader)

    def entries(self, start: int, end: int) -> tuple[bytes, ...]:
        """Give the bodies of the entries `start` up to, not including, `end`. Raises as `nodes` does."""
        with self._snapshot() as head:
            _within(start, end, head.size)
            return self._all(self._rows.body_range(start, end), end - start)

    def nodes(self, level: int, start: int, end: int) -> tuple[bytes, ...]:
        """Give the hashes of the complete subtrees `(level, start)` up to, not including, `(level, end)`.

        Raises UsageError (G213) when the log has no such subtree yet, IntegrityError (G206).
        """
        with self._snapshot() as head:
            if not (0 <= level <= 63 and 0 <= start <= end <= head.size >> level):
                message = f"the log has {head.size} entries: no subtrees {start} to {end} at level {level}"
                raise UsageError(Diagnostic("G213", message))
            return self._all(self._rows.level(level, start, end), end - start)

    def _all(self, found: Sequence[bytes], count: int) -> tuple[bytes, ...]:
        if len(found) != count:
            raise _broken(self._rows, f"it has {len(found)} of {count} rows")
        return tuple(found)

    def payload(self, digest: str) -> bytes | None:
        """Give a logged payload (sha256, hex), None when it was erased or never here. IntegrityError (G214)."""
        return self._objects.get(digest)

    # -- writing --------------------------------------------------------------------------------------------------

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        """Append all entries or none under one checkpoint, publish it, and give each with its proof.

        Idempotent: a payload that the same key signed before keeps its index and its first body.

        Raises UsageError: G210 without the log's key, G223 an entry that does not speak of its payload, G216 it is
        logged but its head could not be published; and as `head` does, then nothing was signed.
        """
        if self._signer is None:
            raise UsageError(Diagnostic("G210", "the ledger was opened without its key", hint="give the log's key"))
        identities = [identity_of(entry) for entry in entries]
        kept = self._keep(entries, identities)
        with self._rows.writing():
            head, known = self._checked_head(self._promises())
            for payload in self._rows.erased(kept):  # erased by another process since `_keep` looked
                self._objects.remove(payload.hex())
            indices = dict(self._rows.indices(set(identities)))
            fresh: list[FiledEntry] = []
            for identity, entry in zip(identities, entries, strict=True):
                if identity not in indices:
                    indices[identity] = head.size + len(fresh)
                    fresh.append(FiledEntry(indices[identity], entry.body, *identity))
            if fresh:
                head = self._extend(head, known, fresh, self._signer)
            bodies = {item.index: item.body for item in fresh}
            logged = self._prove([indices[identity] for identity in identities], head, known, bodies)
        self._published.publish(head.note, self.key)
        return logged

    def _keep(self, entries: Sequence[NewEntry], identities: Sequence[Identity]) -> set[bytes]:
        """Store the payloads that were not erased on purpose, and give their digests."""
        payloads = {payload: entry.payload for (payload, _), entry in zip(identities, entries, strict=True)}
        with self._rows.reading():
            erased = self._rows.erased(payloads.keys())
        kept = payloads.keys() - set(erased)
        self._objects.put([payloads[digest] for digest in sorted(kept)])
        return kept

    def _extend(self, head: Head, known: dict[Place, bytes], fresh: Sequence[FiledEntry], signer: NoteSigner) -> Head:
        """Insert entries after the head, and give the head that then holds; its nodes enter `known`."""
        reader = self._reader(known)
        nodes = list(append_nodes(head.size, [leaf_hash(item.body) for item in fresh], reader))
        known.update(((level, index), value) for level, index, value in nodes)
        size = head.size + len(fresh)
        checkpoint = Checkpoint(origin=self.key.name, size=size, root=tree_root(size, reader))
        note = signer.note(checkpoint.text)
        if verified(note, self.key) != checkpoint:
            raise _broken(self._rows, "its key signed something else")
        self._rows.extend(fresh, nodes, StoredCheckpoint(size, checkpoint.root, note))
        return Head(size=size, root=checkpoint.root, note=note)

    def erase(self, payload_digest: str, *, at: str, reason: str) -> tuple[int, ...]:
        """Delete a payload, record that this was meant, and give the indices of its entries; proofs stay valid.

        Args:
            payload_digest: sha256 of the payload, hex.
            at: the instant (RFC 3339).
            reason: kept in the ledger, so it must hold no personal data itself.

        Raises UsageError (G213) when the log has no entry for it.
        """
        digest = bytes.fromhex(payload_digest)
        with self._rows.writing():
            found = self._rows.of_payload(digest)
            if not found:
                raise UsageError(Diagnostic("G213", f"the log has no entry for the payload {payload_digest}"))
            self._rows.record_erasure(digest, at=at, reason=reason)
        # Recorded first: a crash in between leaves an object that `fsck` names, not a payload that looks lost.
        self._objects.remove(payload_digest)
        return tuple(index for index, _ in found)


def identity_of(entry: NewEntry) -> Identity:
    """Give what an entry is known by. Raises UsageError (G223) when its body does not speak of its payload."""
    try:
        leaf = read_leaf(entry.body)
    except ValueError as fault:
        raise UsageError(Diagnostic("G223", f"what is to be logged is {fault}")) from fault
    if leaf.digest != hashlib.sha256(pae(entry.payload)).digest():
        raise UsageError(Diagnostic("G223", "what is to be logged does not speak of its payload"))
    return hashlib.sha256(entry.payload).digest(), hashlib.sha256(leaf.spki).digest()


def first_checkpoint(signer: NoteSigner) -> StoredCheckpoint:
    """Sign the head of an empty log. Raises UsageError (G211) when the key's name cannot name a log."""
    if not is_origin(signer.key.name):
        message = f"{signer.key.name!r} cannot name a log"
        raise UsageError(Diagnostic("G211", message, hint="a host name such as ledger.example"))
    empty = Checkpoint(origin=signer.key.name, size=0, root=EMPTY_ROOT)
    return StoredCheckpoint(0, empty.root, signer.note(empty.text))


def stored_key(rows: Rows) -> NoteKey:
    """Give the key that a ledger was created with. Raises IntegrityError (G105, G206)."""
    found = rows.keys()
    key = NoteKey.parse(found[0][1]) if len(found) == 1 else None
    if key is None or key.name != found[0][0]:
        raise _broken(rows, "its origin and key are not stored once")
    return key


def _within(start: int, end: int, size: int) -> None:
    if not 0 <= start <= end <= size:
        what = f"none with index {start}" if end == start + 1 else f"none from {start} to {end}"
        raise UsageError(Diagnostic("G213", f"the log has {size} entries and {what}"))


def _edge(size: int) -> Callable[[NodeReader], object]:
    return lambda reader: tree_root(size, reader)


def _proof(old: int, new: int) -> Callable[[NodeReader], object]:
    return lambda reader: consistency_proof(old, new, reader)


def _broken(rows: Rows, what: str) -> IntegrityError:
    hint = "govern ledger verify says where; restore the newest copy"
    return IntegrityError(Diagnostic("G206", f"the log is damaged: {what}", Span(rows.label), hint))
