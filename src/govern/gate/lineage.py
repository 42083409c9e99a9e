"""The lineage graph of a bundle, alone or with what the rules of a run said of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.diagnostics import Diagnostic, InputError, plain

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.decision.decide import DecisionRecord
    from govern.lineage.graph import Graph

__all__ = ["export_lineage", "readable_graph", "show_lineage", "with_verdicts"]


def readable_graph(context: CheckContext) -> Graph | None:
    """Give the graph, or None when the bundle has no lineage record or none that can be read.

    That a record cannot be read is the business of the `lineage.*` rules, which give `error` for it.
    """
    from govern.checks.lineage.rules import graph_of

    try:
        return graph_of(context)
    except InputError:
        return None


def with_verdicts(graph: Graph | None, decision: DecisionRecord) -> Json:
    """Give the graph as the result holds it: with the statuses of sources and the witness paths of this decision."""
    if graph is None:
        return None
    from govern.lineage.document import graph_document

    facts = (item.rule.result.facts for item in decision.settled)
    return graph_document(graph, facts, now=decision.clock)


def _graph_of(path: Path) -> Graph:
    """Open a bundle and read its lineage. Raises InputError for faults, and L201 when there is no record."""
    from govern.bundle import open_bundle
    from govern.lineage.load import load_graph

    lineage = load_graph(open_bundle(path))
    if lineage is None:
        hint = "add lineage.yaml, or OpenLineage events under lineage/"
        raise InputError(Diagnostic(code="L201", message=f"{path} has no lineage record", hint=hint))
    if lineage.faults:
        raise InputError(lineage.faults)
    return lineage.graph


def export_lineage(path: Path, form: str) -> str:
    """Give a bundle's lineage as `json`, `graphml` or `mermaid`."""
    from govern.lineage import export

    graph = _graph_of(path)
    writers = {"json": export.to_json, "graphml": export.to_graphml, "mermaid": export.to_mermaid}
    return writers[form](graph)


def show_lineage(path: Path) -> str:
    """Say in words what a bundle's lineage holds: nodes by kind, then every edge."""
    graph = _graph_of(path)
    lines = [f"{len(graph.nodes)} nodes, {len(graph.edges)} edges"]
    for key, node in graph.nodes.items():
        lines.append(f"  {key.kind:9} {plain(node.name)}  {plain(key.version)[:40]}")
    lines.append("")
    for edge in graph.edges:
        source, target = graph.nodes[edge.source].name, graph.nodes[edge.target].name
        lines.append(f"  {plain(source)} --{edge.kind}--> {plain(target)}")
    return "\n".join(lines)
