"""The static form of a log: tiles of hashes and bundles of entries, as files (c2sp.org/tlog-tiles).

A tile is 256 consecutive hashes at a level; level `L` holds the roots of the full tiles below, so its hashes are the
nodes `(8 * L, ...)` of the tree. The rightmost tile of a level may be partial. Nothing here touches a disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from govern.ledger.merkle import node_hash, tree_root

__all__ = [
    "ENTRIES",
    "MAX_ENTRY_BYTES",
    "TILE_WIDTH",
    "Frontier",
    "Tile",
    "entry_bundle",
    "new_tiles",
    "read_entry_bundle",
    "subtree_root",
]

TILE_WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""

_HEIGHT = 8

ENTRIES = -1
"""The level of entry bundles, as Go's tlog package numbers it; their path says `entries`."""

MAX_ENTRY_BYTES = 0xFFFF
"""What the two bytes before an entry can count."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """One file of the static form."""

    level: int
    """0 for leaf hashes, 1 for roots of full tiles of level 0, ...; `ENTRIES` for a bundle of entries."""
    index: int
    width: int
    """Hashes or entries in it: 256 when full, fewer in the rightmost."""

    @property
    def start(self) -> int:
        """Index, within its level, of the first hash or entry."""
        return self.index * TILE_WIDTH

    @property
    def node_level(self) -> int:
        """Level, in the tree, of the nodes that the tile holds."""
        return self.level * _HEIGHT

    @property
    def path(self) -> str:
        """The file's path, `/` between its parts: `tile/0/x001/x234/067`, `tile/entries/000.p/3`."""
        groups = [f"{self.index % 1000:03d}"]
        rest = self.index // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{level}/{'/'.join(groups)}{partial}"


def new_tiles(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles and bundles that a tree of `new` entries has and one of `old` entries has not.

    Bundles come first, then level by level. With `old` 0 they are all tiles of the tree.
    """
    for level in range(ENTRIES, 63 // _HEIGHT + 1):
        shift = _HEIGHT * max(level, 0)
        before, after = old >> shift, new >> shift
        if after == 0:
            return
        for index in range(before // TILE_WIDTH, after // TILE_WIDTH):
            yield Tile(level, index, TILE_WIDTH)
        width = after % TILE_WIDTH
        if width and before != after:
            yield Tile(level, after // TILE_WIDTH, width)


def entry_bundle(bodies: Sequence[bytes]) -> bytes:
    """Write entries one after another, each after its length in two bytes, big-endian.

    Raises ValueError for an entry that is too long to be counted.
    """
    if any(len(body) > MAX_ENTRY_BYTES for body in bodies):
        raise ValueError(f"an entry is longer than {MAX_ENTRY_BYTES} bytes")
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def read_entry_bundle(data: bytes, count: int) -> tuple[bytes, ...]:
    """Read exactly `count` entries. Raises ValueError for fewer, for more, and for one that is cut."""
    bodies: list[bytes] = []
    at = 0
    while at < len(data) and len(bodies) < count:
        length = int.from_bytes(data[at : at + 2], "big")
        if at + 2 + length > len(data):
            raise ValueError("its last entry is cut")
        bodies.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if len(bodies) != count or at != len(data):
        raise ValueError(f"it does not hold exactly {count} entries")
    return tuple(bodies)


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Root of a complete subtree, from the hashes of one of its levels: a power of two of them."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


class Frontier:
    """The rightmost tiles of a growing tree: all that is needed to go on and to know the root."""

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self.size = 0
        self._levels: list[list[bytes]] = []

    def extend(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Append leaf hashes; yield every tile that becomes full, with its bytes."""
        for leaf in leaves:
            yield from self._push(0, leaf)
            self.size += 1

    def _push(self, level: int, value: bytes) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self._levels):
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(value)
        if len(hashes) == TILE_WIDTH:
            index = self.size >> (_HEIGHT * (level + 1))
            yield Tile(level, index, TILE_WIDTH), b"".join(hashes)
            root = subtree_root(hashes)
            hashes.clear()
            yield from self._push(level + 1, root)

    def partial(self) -> Mapping[Tile, bytes]:
        """Give the partial tiles of the tree as it is, with their bytes."""
        return {
            Tile(level, self.size >> (_HEIGHT * (level + 1)), len(hashes)): b"".join(hashes)
            for level, hashes in enumerate(self._levels)
            if hashes
        }

    @property
    def root(self) -> bytes:
        """Root of the tree as it is (RFC 6962)."""
        return tree_root(self.size, self._node)

    def _node(self, level: int, index: int) -> bytes:
        """A node on the right edge: `tree_root` asks for no other."""
        tile_level, rise = divmod(level, _HEIGHT)
        start = (index << rise) % TILE_WIDTH
        return subtree_root(self._levels[tile_level][start : start + (1 << rise)])
