"""The lineage as it stands in `result.json`: nodes, edges, digest, and what the checks said about the sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from govern.canonical import Json, JsonObject, parse_instant
from govern.lineage.graph import Graph

__all__ = ["VERDICT_KIND", "graph_document"]

VERDICT_KIND = "lineage-verdict"
"""`kind` of the facts that a lineage check leaves for the report."""

_WORST_FIRST = ("not_approved", "expired", "unpinned", "unknown", "approved")


def graph_document(graph: Graph, verdicts: Iterable[Json] = (), *, now: datetime | None = None) -> dict[str, Json]:
    """Give `{"nodes", "edges", "digest", "subjects", "statuses", "witnesses"}`.

    `verdicts` are the `facts` of the lineage outcomes; those of another kind are passed over. Where two rules judge
    one source, the worse status stands. With the clock of the decision, `now`, a source whose approval does not cover
    it is shown as ended, as `decide` has it. `digest` covers nodes and edges only.
    """
    statuses: dict[str, JsonObject] = {}
    witnesses: set[tuple[str, ...]] = set()
    for facts in verdicts:
        if not isinstance(facts, Mapping) or facts.get("kind") != VERDICT_KIND:
            continue
        witnesses.update(_paths(facts.get("witnesses")))
        roots = facts.get("roots")
        for root in roots if isinstance(roots, list | tuple) else ():
            if not isinstance(root, Mapping):
                continue
            shown = root if now is None else _at(root, now)
            if shown is not root:
                witnesses.update(_paths([root.get("path")]))
            key = str(shown.get("key"))
            if key not in statuses or _badness(shown) < _badness(statuses[key]):
                statuses[key] = shown
    return {
        **graph.document(),
        "digest": graph.digest,
        "statuses": [statuses[key] for key in sorted(statuses)],
        "subjects": [str(key) for key in graph.subjects],
        "witnesses": [list(path) for path in sorted(witnesses)],
    }


def _paths(value: Json) -> Iterator[tuple[str, ...]]:
    for path in value if isinstance(value, list | tuple) else ():
        if isinstance(path, list | tuple):
            yield tuple(str(key) for key in path)


def _at(root: JsonObject, now: datetime) -> JsonObject:
    """Give a source as it is at the clock: an approval that is over, or has not begun, is said to be so."""
    start, until = root.get("from"), root.get("until")
    if root.get("status") != "approved" or not root.get("at_decision"):
        return root
    if isinstance(until, str) and now >= parse_instant(until):
        return {**root, "status": "expired", "detail": f"approved_then_not_now: its approval ended {until}"}
    if isinstance(start, str) and now < parse_instant(start):
        return {**root, "status": "not_approved", "detail": f"its approval begins {start}"}
    return root


def _badness(root: JsonObject) -> int:
    status = str(root.get("status"))
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else 0
