"""A log in memory that answers like a store: for sizes and for forks that a real one would not make."""

from __future__ import annotations

from collections.abc import Sequence

from govern.canonical import sha256_hex
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.merkle import append_nodes, consistency_proof, inclusion_proof, leaf_hash, tree_root
from govern.ledger.note import Checkpoint, NoteKey, NoteSigner
from govern.ledger.proof import LogProof
from govern.ledger.store import Head, Logged, NewEntry
from support.ledgers import log_signer


class MemoryLog:
    """Holds what it holds; never refuses to sign."""

    def __init__(self, bodies: Sequence[bytes] = (), *, signer: NoteSigner | None = None) -> None:
        self.signer = signer or log_signer()
        self.bodies: list[bytes] = []
        self.payloads: dict[str, bytes] = {}
        self.known: dict[tuple[int, int], bytes] = {}
        self.grow(bodies)

    def grow(self, bodies: Sequence[bytes]) -> MemoryLog:
        leaves = [leaf_hash(body) for body in bodies]
        for level, index, value in append_nodes(len(self.bodies), leaves, self.node):
            self.known[level, index] = value
        self.bodies += bodies
        return self

    def node(self, level: int, index: int) -> bytes:
        return self.known[level, index]

    @property
    def key(self) -> NoteKey:
        return self.signer.key

    def head(self) -> Head:
        return self.head_at(len(self.bodies))

    def head_at(self, size: int) -> Head:
        root = tree_root(size, self.node)
        text = Checkpoint(origin=self.key.name, size=size, root=root).text
        return Head(size=size, root=root, note=self.signer.note(text))

    def append(self, entries: Sequence[NewEntry]) -> tuple[Logged, ...]:
        start = len(self.bodies)
        self.grow([item.body for item in entries])
        self.payloads |= {sha256_hex(item.payload): item.payload for item in entries}
        return tuple(self.prove(start + offset) for offset in range(len(entries)))

    def prove(self, index: int) -> Logged:
        head = self.head()
        if not 0 <= index < head.size:
            raise UsageError(Diagnostic("G213", f"no entry {index}"))
        hashes = inclusion_proof(index, head.size, self.node)
        proof = LogProof(index=index, hashes=hashes, checkpoint=head.note)
        return Logged(body=self.bodies[index], leaf_root=head.root, size=head.size, proof=proof)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return consistency_proof(old, new, self.node)

    def entries(self, start: int, end: int) -> Sequence[bytes]:
        return self.bodies[start:end]

    def nodes(self, level: int, start: int, end: int) -> Sequence[bytes]:
        return [self.node(level, index) for index in range(start, end)]

    def digests(self) -> Sequence[tuple[int, str]]:
        return list(enumerate(self.payloads))

    def find(self, payload_digest: str, key: str | None = None) -> int | None:
        assert key is None
        return next((at for at, digest in self.digests() if digest == payload_digest), None)

    def payload(self, digest: str) -> bytes | None:
        return self.payloads.get(digest)


def bodies(count: int, start: int = 0) -> list[bytes]:
    """Small entries, each another one."""
    return [b"entry %d" % number for number in range(start, start + count)]
