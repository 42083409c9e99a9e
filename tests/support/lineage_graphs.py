"""Small and random graphs for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from govern.lineage.graph import ANCESTRY, Assertion, Edge, EdgeKind, Graph, Node, NodeKey, NodeKind

BY = Assertion("lineage.yaml", "/runs/0", "govern-lineage", "E0")


def key(number: int, kind: NodeKind = NodeKind.DATASET) -> NodeKey:
    return NodeKey(kind, f"s3://b/{number:03}")


def graph(edges: Iterable[tuple[int, int]], count: int, subject: int = 0, kind: EdgeKind = EdgeKind.DERIVED) -> Graph:
    made = [Edge(key(a), key(b), kind, kind in ANCESTRY, (BY,)) for a, b in sorted(set(edges))]
    return Graph.of([Node(key(n), f"n{n}", asserted_by=(BY,)) for n in range(count)], made, [key(subject)])


@st.composite
def edge_lists(draw: st.DrawFn, most: int = 12, *, acyclic: bool = False) -> tuple[int, list[tuple[int, int]]]:
    count = draw(st.integers(1, most))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    edges = draw(st.lists(pair, max_size=3 * count))
    if acyclic:
        edges = [(max(pair), min(pair)) for pair in edges if pair[0] != pair[1]]
    return count, sorted(set(edges))
