"""Exports: networkx reads our GraphML, Mermaid gets no markup of others, the document is canonical."""

from __future__ import annotations

import io
import json
from pathlib import Path

import networkx as nx
import pytest

from govern.canonical import digest_of
from govern.lineage.export import graph_document, to_graphml, to_json, to_mermaid
from govern.lineage.graph import Assertion, Edge, EdgeKind, Graph, Node, NodeKey, NodeKind
from govern.lineage.load import load_graph
from support.bundles import BundleBuilder
from support.lineage_graphs import graph as chain

HOSTILE = '"]--><script>alert(1)</script>;#quot;`|%%{init:x}\u202e\x1b[31m\x00' + "x" * 10_000


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    found = load_graph(BundleBuilder(tmp_path).open())
    assert found is not None
    return found.graph


def hostile() -> Graph:
    by = Assertion(HOSTILE, "/", "x", "E0")
    a, b = NodeKey(NodeKind.DATASET, "s3://b/a"), NodeKey(NodeKind.RUN, "run:x", f"version:{HOSTILE[:60]}")
    nodes = [Node(a, HOSTILE, attributes={"job": HOSTILE}, asserted_by=(by,)), Node(b, HOSTILE, asserted_by=(by,))]
    return Graph.of(nodes, [Edge(a, b, EdgeKind.USED, True, (by,))], [b])


def test_networkx_reads_the_same_edges(graph: Graph) -> None:
    read = nx.read_graphml(io.BytesIO(to_graphml(graph).encode()), force_multigraph=True)
    ours = sorted((str(e.source), str(e.target), str(e.kind), str(e.ancestry).lower()) for e in graph.edges)
    theirs = sorted((a, b, data["kind"], data["ancestry"]) for a, b, data in read.edges(data=True))
    assert ours == theirs
    assert set(read.nodes) == {str(key) for key in graph.nodes}
    assert {data["name"] for _, data in read.nodes(data=True)} == {node.name for node in graph.nodes.values()}


def test_parallel_edges_survive() -> None:
    a, b = NodeKey(NodeKind.DATASET, "s3://b/a"), NodeKey(NodeKind.RUN, "run:x")
    edges = [Edge(a, b, kind, kind is EdgeKind.USED) for kind in (EdgeKind.USED, EdgeKind.EVALUATED_ON)]
    read = nx.read_graphml(io.BytesIO(to_graphml(Graph.of([Node(a, "a"), Node(b, "b")], edges)).encode()))
    assert read.number_of_edges() == 2


def test_hostile_names_in_graphml_are_xml() -> None:
    text = to_graphml(hostile())
    read = nx.read_graphml(io.BytesIO(text.encode()))
    assert read.number_of_edges() == 1
    assert "<script" not in text
    assert "\u202e" not in text


def test_mermaid_has_ids_of_ours_and_no_markup() -> None:
    lines = to_mermaid(hostile()).splitlines()
    assert lines[0] == "flowchart LR"
    labels = [line for line in lines if line.startswith("  n") and '"' in line and "|" not in line]
    for line in labels:
        inner = line[line.index('"') + 1 : line.rindex('"')]
        assert '"' not in inner
        assert not set("[]{}()|`\\") & set(inner)
        assert inner.replace("<br/>", "").count("<") == 0
    assert "script>" not in "".join(labels)
    assert max(len(line) for line in lines) < 1500


def test_mermaid_says_what_it_cut() -> None:
    text = to_mermaid(chain([(n + 1, n) for n in range(700)], 701))
    assert "cut: 200 of 700 edges" in text
    assert len(text) < 50_000


def test_document_holds_the_digest_of_nodes_and_edges(graph: Graph) -> None:
    document = graph_document(graph)
    assert document["digest"] == digest_of({"nodes": document["nodes"], "edges": document["edges"]})
    assert json.loads(to_json(graph)) == json.loads(json.dumps(document))
    assert to_json(graph) == to_json(graph)


def test_verdicts_merge_to_the_worse_status(graph: Graph) -> None:
    def facts(status: str, *paths: list[str]) -> dict[str, object]:
        root = {"key": "dataset x y", "name": "x", "status": status, "detail": ""}
        return {"kind": "lineage-verdict", "witnesses": list(paths), "roots": [root]}

    for order in ([0, 1], [1, 0]):
        both = [facts("approved"), facts("expired", ["a", "b"])]
        document = graph_document(graph, [both[i] for i in order] + [None, {"kind": "other", "roots": 3}])  # type: ignore[list-item]
        assert [item["status"] for item in document["statuses"]] == ["expired"]  # type: ignore[index,union-attr,call-overload]
        assert document["witnesses"] == [["a", "b"]]
    assert document["digest"] == graph_document(graph)["digest"]
