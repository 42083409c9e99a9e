"""The lineage as it stands in `result.json`: nodes, edges, digest, and what the checks said about the sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from govern.canonical import Json, JsonObject
from govern.lineage.graph import Graph

__all__ = ["VERDICT_KIND", "graph_document"]

VERDICT_KIND = "lineage-verdict"
"""`kind` of the facts that a lineage check leaves for the report."""

_WORST_FIRST = ("not_approved", "expired", "unpinned", "unknown", "approved")


def graph_document(graph: Graph, verdicts: Iterable[Json] = ()) -> dict[str, Json]:
    """Give `{"nodes", "edges", "digest", "subjects", "statuses", "witnesses"}`.

    `verdicts` are the `facts` of the lineage outcomes; those of another kind are passed over. Where two rules judge
    one source, the worse status stands. `digest` covers nodes and edges only.
    """
    sources: dict[str, JsonObject] = {}
    witnesses: set[tuple[str, ...]] = set()
    for facts in verdicts:
        if not isinstance(facts, Mapping) or facts.get("kind") != VERDICT_KIND:
            continue
        paths, roots = facts.get("witnesses"), facts.get("roots")
        for path in paths if isinstance(paths, list | tuple) else ():
            if isinstance(path, list | tuple):
                witnesses.add(tuple(str(key) for key in path))
        for root in roots if isinstance(roots, list | tuple) else ():
            if isinstance(root, Mapping):
                key = str(root.get("key"))
                if key not in sources or _badness(root) < _badness(sources[key]):
                    sources[key] = root
    return {
        **graph.document(),
        "digest": graph.digest,
        "statuses": [sources[key] for key in sorted(sources)],
        "subjects": [str(key) for key in graph.subjects],
        "witnesses": [list(path) for path in sorted(witnesses)],
    }


def _badness(root: JsonObject) -> int:
    status = str(root.get("status"))
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else 0
