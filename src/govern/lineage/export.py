"""Exports of the graph: our JSON, GraphML (through networkx, loaded only then) and Mermaid."""

from __future__ import annotations

import re
from collections.abc import Iterable

from govern.canonical import Json, canonical_bytes
from govern.diagnostics import plain
from govern.lineage.document import graph_document
from govern.lineage.graph import Graph, NodeKey, NodeKind

__all__ = ["FORMATS", "graph_document", "to_graphml", "to_json", "to_mermaid"]

FORMATS = ("json", "graphml", "mermaid")

_MERMAID_CHARACTERS = 50_000
_MERMAID_EDGES = 500
"""Limits of Mermaid itself: beyond them it draws nothing."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHAPES = {NodeKind.RUN: ('(["', '"])'), NodeKind.MODEL: ('[["', '"]]'), NodeKind.DATASET: ('[("', '")]')}


def to_json(graph: Graph, verdicts: Iterable[Json] = ()) -> str:
    """Give `graph_document` as one canonical (RFC 8785) line."""
    return canonical_bytes(graph_document(graph, verdicts)).decode() + "\n"


def to_graphml(graph: Graph) -> str:
    """Give GraphML. Attributes are texts: lists and maps are left out, as the format holds scalars only."""
    import networkx as nx

    made: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for key, node in graph.nodes.items():
        scalars = {
            name: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in sorted(node.attributes.items())
            if isinstance(value, str | int | bool)
        }
        told = {
            **scalars,
            "kind": str(key.kind),
            "name": node.name,
            "uri": key.uri,
            "version": key.version,
            "strength": str(node.strength),
            "subject": "true" if key in graph.subjects else "false",
        }
        made.add_node(_xml(str(key)), **{name: _xml(value) for name, value in told.items()})
    for edge in graph.edges:
        made.add_edge(
            _xml(str(edge.source)),
            _xml(str(edge.target)),
            key=str(edge.kind),
            kind=str(edge.kind),
            ancestry="true" if edge.ancestry else "false",
            grade=edge.grade,
            asserted_by=_xml(" ".join(f"{item.file}#{item.pointer}" for item in edge.asserted_by)),
        )
    return "\n".join(nx.generate_graphml(made)) + "\n"


def _xml(text: str) -> str:
    """Drop what XML 1.0 forbids, and show control and bidi characters as code points."""
    return _NOT_XML.sub("\ufffd", plain(text, limit=8192))


def to_mermaid(graph: Graph) -> str:
    """Give a Mermaid flow chart: quoted labels, ids of our own. What would pass Mermaid's limits is cut, and said."""
    index: dict[NodeKey, str] = {key: f"n{number}" for number, key in enumerate(graph.nodes, start=1)}
    lines = ["flowchart LR"]
    for key, node in graph.nodes.items():
        opening, closing = _SHAPES.get(key.kind, ('["', '"]'))
        lines.append(f"  {index[key]}{opening}{_label(node.name)}<br/>{_label(_version(key))}{closing}")
    arrows = {True: "-->", False: "-.->"}
    kept, size = 0, sum(len(line) + 1 for line in lines)
    for edge in graph.edges:
        line = f'  {index[edge.source]} {arrows[edge.ancestry]}|"{edge.kind}"| {index[edge.target]}'
        if kept >= _MERMAID_EDGES or size + len(line) > _MERMAID_CHARACTERS - 200:
            break
        lines.append(line)
        kept, size = kept + 1, size + len(line) + 1
    if kept < len(graph.edges):
        lines.append(f"  %% cut: {len(graph.edges) - kept} of {len(graph.edges)} edges are beyond Mermaid's limits")
    lines += [f"  style {index[key]} stroke-width:3px" for key in graph.subjects]
    return "\n".join(lines) + "\n"


def _version(key: NodeKey) -> str:
    algorithm, _, value = key.version.partition(":")
    if algorithm in ("version", "unversioned"):
        return value if value and not value.startswith("run/") else str(key.kind)
    return f"{algorithm} {value[:12]}"


def _label(text: str) -> str:
    """Escape a hostile name for a quoted Mermaid label: every character of markup becomes an entity code."""
    out = []
    for char in plain(text, limit=80):
        if char == '"':
            out.append("#quot;")
        elif char in "#<>&`[]{}()|\\;%":
            out.append(f"#{ord(char)};")
        else:
            out.append(char)
    return "".join(out)
