"""Layered left-to-right layout in plain Python: ranks, order, places. Knows nothing of lineage or SVG.

After Sugiyama, Tagawa and Toda (1981): longest-path ranks, dummy items on long edges, barycentre sweeps that keep the
best order, crossings counted with a Fenwick tree (Barth, Mutzel and Jünger 2002), then heights by isotonic regression
(pool adjacent violators), which keeps order and spacing exactly. Ties go by index, so the caller's order decides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Layout", "back_edges", "place", "ranks_of"]

_SWEEPS = 24
_ALIGN_PASSES = 10
_DUMMY_HEIGHT = 10

Edges = Sequence[tuple[int, int]]
Point = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything goes, in whole pixels."""

    corners: tuple[Point, ...]
    """Top left corner of each box."""
    routes: tuple[tuple[Point, ...], ...]
    """For each edge the points it passes, from the right side of its source to the left side of its target."""
    width: int
    height: int


def back_edges(count: int, edges: Edges) -> frozenset[int]:
    """Give the indices of edges that close a cycle in a depth-first walk in index order (self-loops included)."""
    below: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for number, (source, target) in enumerate(edges):
        below[source].append((target, number))
    state = [0] * count
    back: set[int] = set()
    for start in range(count):
        if state[start]:
            continue
        state[start] = 1
        work = [(start, iter(below[start]))]
        while work:
            node, rest = work[-1]
            for target, number in rest:
                if state[target] == 1:
                    back.add(number)
                elif state[target] == 0:
                    state[target] = 1
                    work.append((target, iter(below[target])))
                    break
            else:
                state[node] = 2
                work.pop()
    return frozenset(back)


def ranks_of(count: int, edges: Edges) -> list[int]:
    """Give each node's column: the longest path to it; sources stand just left of their first consumer.

    `edges` must be acyclic.
    """
    below: list[list[int]] = [[] for _ in range(count)]
    above = [0] * count
    for source, target in edges:
        below[source].append(target)
        above[target] += 1
    sources = [node for node in range(count) if not above[node]]
    ranks, waiting, ready = [0] * count, list(above), list(sources)
    while ready:
        node = ready.pop()
        for target in below[node]:
            ranks[target] = max(ranks[target], ranks[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for node in sources:
        if below[node]:
            ranks[node] = min(ranks[target] for target in below[node]) - 1
    return ranks


def _crossings(left: Sequence[int], links: Sequence[Sequence[int]], position: Sequence[int], size: int) -> int:
    """Count crossings between two neighbouring columns in O(E log V)."""
    tree = [0] * (size + 1)
    seen = total = 0
    for item in left:
        ends = sorted(position[target] for target in links[item])
        for end in ends:
            smaller, at = 0, end + 1
            while at:
                smaller += tree[at]
                at -= at & -at
            total += seen - smaller
        for end in ends:
            at = end + 1
            while at <= size:
                tree[at] += 1
                at += at & -at
            seen += 1
    return total


class _Columns:
    """Items (boxes and dummies) by column, with links between neighbouring columns only."""

    def __init__(self, ranks: Sequence[int], edges: Edges) -> None:
        self.rank = list(ranks)
        self.chains: list[list[int]] = []
        for source, target in edges:
            chain = [source]
            for rank in range(ranks[source] + 1, ranks[target]):
                self.rank.append(rank)
                chain.append(len(self.rank) - 1)
            self.chains.append([*chain, target])
        size = len(self.rank)
        self.below: list[list[int]] = [[] for _ in range(size)]
        self.above: list[list[int]] = [[] for _ in range(size)]
        for chain in self.chains:
            for source, target in itertools.pairwise(chain):
                self.below[source].append(target)
                self.above[target].append(source)
        self.columns: list[list[int]] = [[] for _ in range(max(self.rank, default=-1) + 1)]
        for item in range(size):
            self.columns[self.rank[item]].append(item)
        self.position = [0] * size
        self._number()

    def _number(self) -> None:
        for column in self.columns:
            for at, item in enumerate(column):
                self.position[item] = at

    def crossings(self) -> int:
        return sum(
            _crossings(left, self.below, self.position, len(right))
            for left, right in zip(self.columns, self.columns[1:], strict=False)
        )

    def order(self) -> None:
        """Sweep to and fro; keep the order with the fewest crossings (the first of equals)."""
        best, fewest = [list(column) for column in self.columns], self.crossings()
        for sweep in range(_SWEEPS):
            if not fewest:
                break
            forward = sweep % 2 == 0
            links = self.above if forward else self.below
            for column in self.columns if forward else reversed(self.columns):
                middle = {
                    item: sum(self.position[end] for end in links[item]) / len(links[item])
                    if links[item]
                    else float(self.position[item])
                    for item in column
                }
                column.sort(key=lambda item: (middle[item], self.position[item]))
                for at, item in enumerate(column):
                    self.position[item] = at
            found = self.crossings()
            if found < fewest:
                best, fewest = [list(column) for column in self.columns], found
        self.columns = best
        self._number()


def _spaced(wanted: Sequence[float], room: Sequence[float]) -> list[float]:
    """Give the heights nearest to the wanted ones (least squares) that keep order and spacing.

    `room[i]` is the least distance from item i-1 to item i. Pool adjacent violators on the shifted wishes.
    """
    offsets: list[float] = []
    total = 0.0
    for gap in room:
        total += gap
        offsets.append(total)
    pools: list[tuple[float, int]] = []
    for wish, offset in zip(wanted, offsets, strict=True):
        value, size = wish - offset, 1
        while pools and pools[-1][0] >= value:
            before, many = pools.pop()
            value, size = (before * many + value * size) / (many + size), many + size
        pools.append((value, size))
    levels = [value for value, size in pools for _ in range(size)]
    return [level + offset for level, offset in zip(levels, offsets, strict=True)]


def _heights(columns: _Columns, tall: Sequence[int], gap: int) -> list[float]:
    """Give the vertical centre of each item."""
    centre = [0.0] * len(columns.rank)
    rooms: list[list[float]] = []
    for column in columns.columns:
        room, y = [0.0], 0.0
        for above, item in itertools.pairwise(column):
            room.append((tall[above] + tall[item]) / 2 + gap)
        rooms.append(room)
        for step, item in zip(room, column, strict=True):
            y += step
            centre[item] = y
        for item in column:
            centre[item] -= y / 2
    for turn in range(_ALIGN_PASSES):
        forward = turn % 2 == 0
        last = turn >= _ALIGN_PASSES - 2
        order = range(len(columns.columns)) if forward else reversed(range(len(columns.columns)))
        for number in order:
            column = columns.columns[number]
            wanted = []
            for item in column:
                near = columns.above[item] if forward else columns.below[item]
                ends = [*columns.above[item], *columns.below[item]] if last else near
                wanted.append(sum(centre[end] for end in ends) / len(ends) if ends else centre[item])
            for item, height in zip(column, _spaced(wanted, rooms[number]), strict=True):
                centre[item] = height
    return centre


def place(
    sizes: Sequence[tuple[int, int]], edges: Edges, ranks: Sequence[int], *, gap: tuple[int, int] = (46, 18)
) -> Layout:
    """Place boxes of (width, height) in the columns that `ranks_of` gave; `gap` is (between columns, between boxes).

    No two boxes overlap and every edge goes right. An edge may be given once only.
    """
    columns = _Columns(ranks, edges)
    columns.order()
    tall = [height for _, height in sizes] + [_DUMMY_HEIGHT] * (len(columns.rank) - len(sizes))
    centre = _heights(columns, tall, gap[1])
    top = min((centre[item] - tall[item] / 2 for item in range(len(tall))), default=0.0)
    y = [math.floor(height - top + 0.5) for height in centre]
    wide = [max((sizes[item][0] for item in column if item < len(sizes)), default=0) for column in columns.columns]
    left = [0]
    for width in wide:
        left.append(left[-1] + width + gap[0])
    corners = tuple((left[ranks[node]], y[node] - sizes[node][1] // 2) for node in range(len(sizes)))
    routes: list[tuple[Point, ...]] = []
    for chain in columns.chains:
        points = [(corners[chain[0]][0] + sizes[chain[0]][0], y[chain[0]])]
        for dummy in chain[1:-1]:
            at = columns.rank[dummy]
            points += [(left[at], y[dummy]), (left[at] + wide[at], y[dummy])]
        routes.append((*points, (corners[chain[-1]][0], y[chain[-1]])))
    bottom = max((corner[1] + size[1] for corner, size in zip(corners, sizes, strict=True)), default=0)
    lowest = max((height for height in y), default=0)
    return Layout(corners, tuple(routes), max(left[-1] - gap[0], 0), max(bottom, lowest + 1))
