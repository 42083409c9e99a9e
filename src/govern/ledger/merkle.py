"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs, and their verification.

Trees are named by their leaf count. A *node* is the root of a complete subtree: `(level, index)` covers the leaves
`index * 2**level` up to `(index + 1) * 2**level`; level 0 holds the leaf hashes. All hashes are 32 raw bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "NodeReader",
    "append_nodes",
    "consistency_proof",
    "inclusion_proof",
    "inclusion_proofs",
    "leaf_hash",
    "memory_nodes",
    "node_hash",
    "root_from_inclusion",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]

HASH_BYTES = 32

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 section 2.1)."""

NodeReader = Callable[[int, int], bytes]
"""Gives the hash of the complete subtree `(level, index)`."""


def leaf_hash(body: bytes) -> bytes:
    """Hash a log entry's bytes into a leaf (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children into their parent (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def _split(size: int) -> int:
    """Give the largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _range_root(start: int, end: int, nodes: NodeReader) -> bytes:
    """Root over the leaves `start..end`, where `start` is where RFC 6962's recursion would put it."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(size)
    return node_hash(_range_root(start, middle, nodes), _range_root(middle, end, nodes))


def tree_root(size: int, nodes: NodeReader) -> bytes:
    """Root of the tree of the first `size` leaves, from at most log2(size) + 1 stored nodes."""
    return _range_root(0, size, nodes) if size else EMPTY_ROOT


def append_nodes(size: int, leaves: Sequence[bytes], nodes: NodeReader) -> Iterator[tuple[int, int, bytes]]:
    """Yield `(level, index, hash)` of every subtree that becomes complete when leaf hashes are appended to a tree.

    Amortised two nodes a leaf, its own hash among them. `nodes` is asked only for nodes of the tree before.
    """
    fresh: dict[tuple[int, int], bytes] = {}
    for index, hashed in enumerate(leaves, start=size):
        level, at, current = 0, index, hashed
        fresh[level, at] = current
        yield level, at, current
        while at & 1:
            left = fresh.get((level, at - 1))
            current = node_hash(nodes(level, at - 1) if left is None else left, current)
            level, at = level + 1, at >> 1
            fresh[level, at] = current
            yield level, at, current


def memory_nodes(leaves: Sequence[bytes]) -> NodeReader:
    """Give a reader over the nodes of a list of leaf hashes, kept in memory."""
    known = {
        (level, index): value
        for level, index, value in append_nodes(0, leaves, lambda level, index: known[level, index])
    }
    return lambda level, index: known[level, index]


def inclusion_proof(index: int, size: int, nodes: NodeReader) -> tuple[bytes, ...]:
    """Audit path of leaf `index` in the tree of `size` leaves, leaf to root (RFC 6962 section 2.1.1).

    Raises ValueError when there is no such leaf.
    """
    return inclusion_proofs((index,), size, nodes)[0]


def inclusion_proofs(indices: Iterable[int], size: int, nodes: NodeReader) -> list[tuple[bytes, ...]]:
    """Audit paths of several leaves of one tree; what they share at its right edge is computed once."""
    last = size - 1
    edge: dict[int, bytes] = {}

    def path(index: int) -> Iterator[bytes]:
        # On each level nodes pair up from the left; a last one without a partner moves up as it is.
        for level in range(last.bit_length()):
            beside, final = (index >> level) ^ 1, last >> level
            if beside < final or (beside == final and (final + 1) << level == size):
                yield nodes(level, beside)
            elif beside == final:
                if level not in edge:
                    edge[level] = _range_root(final << level, size, nodes)
                yield edge[level]

    proofs = []
    for index in indices:
        if not 0 <= index < size:
            raise ValueError(f"no leaf {index} in a tree of {size}")
        proofs.append(tuple(path(index)))
    return proofs


def consistency_proof(old: int, new: int, nodes: NodeReader) -> tuple[bytes, ...]:
    """Proof that the tree of `old` leaves is a prefix of the tree of `new` (RFC 6962 section 2.1.2).

    Empty when `old` is 0 or equal to `new`. Raises ValueError when `old` is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} leaves is no prefix of one of {new}")
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range_root(middle, end, nodes))
            end = middle
        else:
            path.append(_range_root(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        path.append(_range_root(start, end, nodes))
    return tuple(reversed(path))


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Compute the root that an audit path leads to (RFC 9162 section 2.1.3.2); None when its shape is wrong."""
    if not 0 <= index < size or any(len(item) != HASH_BYTES for item in proof):
        return None
    at, last, current = index, size - 1, leaf
    for item in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            current = node_hash(item, current)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            current = node_hash(current, item)
        at, last = at >> 1, last >> 1
    return current if last == 0 else None


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether an audit path shows that `leaf` is at `index` in the tree of `size` leaves with this root."""
    return root_from_inclusion(index, size, leaf, proof) == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether a proof shows that the old tree is a prefix of the new one (RFC 9162 section 2.1.4.2).

    Every tree extends the empty one, and a tree extends itself only with an equal root; both need an empty proof.
    """
    if not 0 <= old <= new or any(len(item) != HASH_BYTES for item in proof):
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not proof and old_root == new_root
    return _extends(old, new, old_root, new_root, proof)


def _extends(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_side = new_side = path[0]
    for item in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_side, new_side = node_hash(item, old_side), node_hash(item, new_side)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new_side = node_hash(new_side, item)
        at, last = at >> 1, last >> 1
    return last == 0 and old_side == old_root and new_side == new_root
