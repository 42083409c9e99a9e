"""The graph itself, and the walks over it, compared with networkx."""

from __future__ import annotations

import itertools
import random

import networkx as nx
import pytest
from hypothesis import given

from govern.diagnostics import InputError
from govern.lineage.build import GraphBuilder, Limits
from govern.lineage.graph import Assertion, EdgeKind, Graph, Node, NodeKey, NodeKind, Strength
from govern.lineage.walk import (
    ancestors,
    data_roots,
    next_hops,
    shortest_cycle,
    versioned_successors,
    witness,
)
from support.lineage_graphs import BY, edge_lists, graph, key


@given(edge_lists())
def test_ancestors_and_distances_equal_networkx(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    ours = graph(edges, count)
    theirs = nx.DiGraph(edges)
    theirs.add_nodes_from(range(count))
    assert ancestors(ours, [key(0)]) == {key(n) for n in nx.ancestors(theirs, 0)}
    hops = next_hops(ours, [key(0)])
    distances = nx.single_source_shortest_path_length(theirs.reverse(), 0)
    assert {k: len(witness(hops, k)) - 1 for k in hops} == {key(n): d for n, d in distances.items()}


@given(edge_lists())
def test_cycles_equal_networkx(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    theirs = nx.DiGraph(edges)
    theirs.add_nodes_from(range(count))
    found = shortest_cycle(versioned_successors(graph(edges, count)))
    assert (found is None) == nx.is_directed_acyclic_graph(theirs)
    if found is not None:
        assert found[0] == found[-1]
        assert all(theirs.has_edge(int(a.uri[-3:]), int(b.uri[-3:])) for a, b in itertools.pairwise(found))
        assert len(found) - 1 == min(len(cycle) for cycle in nx.simple_cycles(theirs))


@given(edge_lists(acyclic=True))
def test_roots_are_the_ancestors_without_predecessor(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, edges = case
    theirs = nx.DiGraph(edges)
    theirs.add_nodes_from(range(count))
    expected = {key(n) for n in nx.ancestors(theirs, 0) if theirs.in_degree(n) == 0}
    assert set(data_roots(graph(edges, count), [key(0)])) == expected


def test_shortest_witness_takes_the_smaller_key() -> None:
    made = graph([(3, 2), (3, 1), (2, 0), (1, 0)], 4)
    assert witness(next_hops(made, [key(0)]), key(3)) == (key(3), key(1), key(0))


def test_deep_graph_does_not_recurse() -> None:
    count = 30_000
    edges = [(n + 1, n) for n in range(count - 1)]
    made = Graph.of(
        [Node(NodeKey(NodeKind.DATASET, f"s3://b/{n:06}"), "n") for n in range(count)],
        [],
    )
    assert len(made.nodes) == count
    successors = {n: (n - 1,) if n else () for n in range(count)}
    keys = {n: NodeKey(NodeKind.DATASET, f"s3://b/{n:06}") for n in range(count)}
    table = {keys[n]: tuple(keys[m] for m in below) for n, below in successors.items()}
    assert shortest_cycle(table) is None
    assert len(edges) == count - 1


def test_evaluation_data_are_no_ancestors() -> None:
    assert ancestors(graph([(1, 0)], 2, kind=EdgeKind.EVALUATED_ON), [key(0)]) == frozenset()


def _copy(producer: bool, digest: str = "sha256") -> Graph:
    builder = GraphBuilder()
    model = builder.node(NodeKey(NodeKind.MODEL, "model:m"), name="m", by=BY)
    value = "a" * (64 if digest == "sha256" else 32)
    copy = builder.node(NodeKey(NodeKind.DATASET, "s3://b/copy", "x:1"), name="copy", by=BY, digests={digest: value})
    made = builder.node(NodeKey(NodeKind.DATASET, "s3://b/made", "x:2"), name="made", by=BY, digests={digest: value})
    raw = builder.node(NodeKey(NodeKind.DATASET, "s3://b/raw"), name="raw", by=BY)
    builder.edge(copy, model, EdgeKind.DERIVED, BY)
    if producer:
        builder.edge(raw, made, EdgeKind.DERIVED, BY)
    builder.link_same_content()
    return builder.build((model,))


def test_equal_content_is_followed_to_where_it_was_made_and_never_merged() -> None:
    made = _copy(producer=True)
    assert [k.uri for k in data_roots(made, made.subjects)] == ["s3://b/raw"]
    assert len(made.nodes) == 4
    assert shortest_cycle(versioned_successors(made)) is None
    assert [k.uri for k in data_roots(_copy(producer=False), made.subjects)] == ["s3://b/copy"]
    assert [k.uri for k in data_roots(_copy(producer=True, digest="md5"), made.subjects)] == ["s3://b/copy"]


def test_strengths_are_ordered() -> None:
    order = ["none", "sampled", "opaque", "weak", "strong", "recomputed"]
    assert [item.value for item in sorted(Strength, key=lambda item: item.rank)] == order


def test_claims_are_kept_and_differences_are_contradictions() -> None:
    other = Assertion("lineage/run.json", "/0", "openlineage", "E1")
    for first, second in ((BY, other), (other, BY)):
        builder = GraphBuilder()
        builder.node(key(1), name="x", by=first, attributes={"started": "2026-01-01T00:00:00Z"})
        builder.node(key(1), name="x", by=second, attributes={"started": "2026-01-02T00:00:00Z"})
        (found,) = builder.contradictions()
        assert (found.about, found.is_digest) == ("started", False)
        assert {found.first[1], found.second[1]} == {BY, other}
        assert found.first[1] == min(BY, other)
        assert len(builder.build().nodes[key(1)].asserted_by) == 2


def test_order_of_calls_changes_nothing() -> None:
    def build(seed: int) -> Graph:
        steps = list(range(20))
        random.Random(seed).shuffle(steps)
        builder = GraphBuilder()
        for n in range(21):
            builder.node(key(n), name=f"n{n}", by=BY)
        for n in steps:
            by = Assertion("a.yaml", f"/{n}", "x", "E0")
            builder.node(key(n), name=f"m{n}", by=by, attributes={"as_of": f"2026-01-{n + 1:02}"})
            builder.edge(key(n), key(n + 1), EdgeKind.DERIVED, by)
        return builder.build((key(20),))

    assert len({build(seed).digest for seed in range(5)}) == 1


def test_weak_merge_only_where_it_is_unambiguous() -> None:
    def build(*versions: str) -> GraphBuilder:
        builder = GraphBuilder()
        for version in versions:
            builder.node(NodeKey(NodeKind.DATASET, "s3://b/x", version), name="x", by=BY)
        return builder

    merged = build("unversioned", "sha256:" + "a" * 64)
    assert len(merged.merge_unversioned()) == 1
    (node,) = merged.build().nodes.values()
    assert node.attributes["weakly_merged"] is True
    assert not build("unversioned", "sha256:" + "a" * 64, "sha256:" + "b" * 64).merge_unversioned()
    assert not build("unversioned", "version:run/1", "sha256:" + "a" * 64).merge_unversioned()


def test_caps() -> None:
    builder = GraphBuilder(Limits(nodes=3, edges=2))
    for n in range(3):
        builder.node(key(n), name="n", by=BY)
    with pytest.raises(InputError) as refused:
        builder.node(key(3), name="n", by=BY)
    assert refused.value.diagnostics[0].code == "L108"
    builder.edge(key(0), key(1), EdgeKind.DERIVED, BY)
    builder.edge(key(1), key(2), EdgeKind.DERIVED, BY)
    builder.edge(key(1), key(2), EdgeKind.DERIVED, BY)
    with pytest.raises(InputError):
        builder.edge(key(0), key(2), EdgeKind.DERIVED, BY)


def test_digest_covers_who_said_it() -> None:
    one = Graph.of([Node(key(1), "x", asserted_by=(BY,))], [])
    two = Graph.of([Node(key(1), "x", asserted_by=(Assertion("b", "/", "x", "E1"),))], [])
    line = Graph.of([Node(key(1), "x", asserted_by=(Assertion(*_fields(BY), line=99),))], [])
    assert one.digest != two.digest
    assert one.digest == line.digest, "line numbers help people and are no statement"


def _fields(by: Assertion) -> tuple[str, str, str, str]:
    return by.file, by.pointer, by.format, by.grade


def test_edges_need_their_ends() -> None:
    with pytest.raises(ValueError, match="edge without node"):
        graph([(0, 5)], 2)
