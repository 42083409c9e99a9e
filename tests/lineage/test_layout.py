"""The layout: no overlaps, every edge goes right, the same result twice; ranks and crossings against naive ones."""

from __future__ import annotations

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from govern.lineage.layout import _crossings, back_edges, place, ranks_of
from support.lineage_graphs import edge_lists


@given(edge_lists(16, acyclic=True), st.data())
def test_no_overlap_and_every_edge_goes_right(case: tuple[int, list[tuple[int, int]]], data: st.DataObject) -> None:
    count, edges = case
    sizes = [(120, data.draw(st.integers(20, 120)) * 2) for _ in range(count)]
    ranks = ranks_of(count, edges)
    made = place(sizes, edges, ranks)
    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(made.corners, sizes, strict=True)]
    for number, (left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert top >= 0
        assert right <= made.width
        assert bottom <= made.height
        for left2, top2, right2, bottom2 in boxes[:number]:
            assert right <= left2 or right2 <= left or bottom <= top2 or bottom2 <= top
    for (source, target), route in zip(edges, made.routes, strict=True):
        assert ranks[source] < ranks[target]
        assert [x for x, _ in route] == sorted(x for x, _ in route)
        assert route[0][0] == boxes[source][2]
        assert route[-1][0] == boxes[target][0]
        for x, y in route[1:-1]:
            assert not any(box[0] < x < box[2] and box[1] < y < box[3] for box in boxes), (
                "an edge passes between the boxes"
            )
    assert place(sizes, edges, ranks) == made


@given(edge_lists(14, acyclic=True))
def test_ranks_are_longest_paths_with_sources_pulled_right(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    theirs = nx.DiGraph(edges)
    theirs.add_nodes_from(range(count))
    longest = dict.fromkeys(range(count), 0)
    for node in nx.topological_sort(theirs):
        for below in theirs.successors(node):
            longest[below] = max(longest[below], longest[node] + 1)
    for node, rank in enumerate(ranks_of(count, edges)):
        if theirs.in_degree(node):
            assert rank == longest[node]
        elif theirs.out_degree(node):
            assert rank == min(longest[below] for below in theirs.successors(node)) - 1


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=25, unique=True))
def test_crossings_equal_counting_pairs(pairs: list[tuple[int, int]]) -> None:
    links = [[b for a, b in pairs if a == item] for item in range(7)]
    naive = sum(1 for a, b in pairs for c, d in pairs if a < c and b > d)
    assert _crossings(range(7), links, range(7), 7) == naive


@given(edge_lists(10))
def test_without_back_edges_it_is_acyclic(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    back = back_edges(count, edges)
    kept = [edge for number, edge in enumerate(edges) if number not in back]
    assert nx.is_directed_acyclic_graph(nx.DiGraph(kept))


def test_sweeps_undo_a_crossing() -> None:
    made = place([(100, 40)] * 4, [(0, 3), (1, 2)], [0, 0, 1, 1])
    assert (made.corners[0][1] < made.corners[1][1]) == (made.corners[3][1] < made.corners[2][1])


def test_empty() -> None:
    assert place([], [], []).corners == ()
