"""Walks over the lineage graph: ancestors, roots, shortest paths, cycles. Iterative, and the same on every machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from govern.lineage.graph import Edge, EdgeKind, Graph, NodeKey, NodeKind

__all__ = ["ancestors", "data_roots", "next_hops", "path_edges", "path_text", "shortest_cycle", "witness"]

_MAX_CYCLE_STARTS = 200
"""Nodes of a component from which the shortest cycle is searched; in a larger one a short cycle is shown instead."""


def _upstream(graph: Graph, key: NodeKey) -> Iterator[tuple[NodeKey, Edge]]:
    """Give what a node comes from.

    `same_content` is crossed only from a node without producer to one that has one, and only for equal sha256: a
    copying step is then followed back, without two names of one content ever becoming one node.
    """
    producers = graph.producers(key)
    for edge in producers:
        yield edge.source, edge
    if producers:
        return
    for edge in (*graph.incoming[key], *graph.outgoing[key]):
        if edge.kind is EdgeKind.SAME_CONTENT:
            other = edge.target if edge.source == key else edge.source
            if graph.producers(other):
                yield other, edge


def next_hops(graph: Graph, subjects: Iterable[NodeKey]) -> Mapping[NodeKey, tuple[NodeKey, Edge] | None]:
    """Search backwards, breadth first, from the subjects.

    The result maps every ancestor (and every subject, to None) to its next hop on a shortest way to a subject.
    """
    hops: dict[NodeKey, tuple[NodeKey, Edge] | None] = dict.fromkeys(sorted(subjects))
    queue = deque(hops)
    while queue:
        key = queue.popleft()
        for above, edge in sorted(_upstream(graph, key), key=lambda item: item[0]):
            if above not in hops:
                hops[above] = (key, edge)
                queue.append(above)
    return hops


def ancestors(graph: Graph, subjects: Iterable[NodeKey]) -> frozenset[NodeKey]:
    """Give every node the subjects come from, without the subjects themselves."""
    starts = frozenset(subjects)
    return frozenset(next_hops(graph, starts)) - starts


def data_roots(graph: Graph, subjects: Iterable[NodeKey]) -> tuple[NodeKey, ...]:
    """Give the datasets and models above the subjects that come from nothing recorded, in key order.

    A source that a step copied without a change has the content of what was made from it. Crossing `same_content` leads
    from there back to itself: it stays a source, or a copy would hide where the data came from.
    """
    starts = frozenset(subjects)
    above = {key: tuple(item for item, _edge in _upstream(graph, key)) for key in next_hops(graph, starts)}
    circles = {key for found in _components(above) if len(found) > 1 for key in found}
    return tuple(
        sorted(
            key
            for key, sources in above.items()
            if key not in starts
            and key.kind in (NodeKind.DATASET, NodeKind.MODEL)
            and (not sources or (key in circles and not graph.producers(key)))
        )
    )


def witness(hops: Mapping[NodeKey, tuple[NodeKey, Edge] | None], root: NodeKey) -> tuple[NodeKey, ...]:
    """Give the shortest path from a root down to a subject."""
    path = [root]
    while (hop := hops[path[-1]]) is not None:
        path.append(hop[0])
    return tuple(path)


def path_edges(hops: Mapping[NodeKey, tuple[NodeKey, Edge] | None], root: NodeKey) -> tuple[Edge, ...]:
    """Give the edges of `witness`."""
    edges: list[Edge] = []
    key = root
    while (hop := hops[key]) is not None:
        key, edge = hop
        edges.append(edge)
    return tuple(edges)


def path_text(graph: Graph, path: Iterable[NodeKey]) -> str:
    """Write a path with the names people use: `payroll.csv -> join -> train -> model`."""
    return " -> ".join(graph.nodes[key].name for key in path)


def _components(successors: Mapping[NodeKey, tuple[NodeKey, ...]]) -> Iterator[list[NodeKey]]:
    """Strongly connected components (Tarjan 1972), iterative; input in key order gives output in a fixed order."""
    index: dict[NodeKey, int] = {}
    low: dict[NodeKey, int] = {}
    on_stack: set[NodeKey] = set()
    stack: list[NodeKey] = []
    for start in successors:
        if start in index:
            continue
        work = [(start, iter(successors[start]))]
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        while work:
            key, rest = work[-1]
            for below in rest:
                if below not in index:
                    index[below] = low[below] = len(index)
                    stack.append(below)
                    on_stack.add(below)
                    work.append((below, iter(successors[below])))
                    break
                if below in on_stack:
                    low[key] = min(low[key], index[below])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[key])
                if low[key] == index[key]:
                    component: list[NodeKey] = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == key:
                            break
                    yield component


def shortest_cycle(successors: Mapping[NodeKey, tuple[NodeKey, ...]]) -> tuple[NodeKey, ...] | None:
    """Find a shortest cycle, as nodes with the first repeated at the end; None when there is none."""
    best: tuple[NodeKey, ...] | None = None
    for component in _components(successors):
        members = frozenset(component)
        if len(component) == 1 and component[0] not in successors[component[0]]:
            continue
        for start in sorted(component)[:_MAX_CYCLE_STARTS]:
            found = _cycle_through(successors, members, start)
            if found is not None and (best is None or (len(found), found) < (len(best), best)):
                best = found
    return best


def _cycle_through(
    successors: Mapping[NodeKey, tuple[NodeKey, ...]], members: frozenset[NodeKey], start: NodeKey
) -> tuple[NodeKey, ...] | None:
    came: dict[NodeKey, NodeKey] = {}
    queue = deque([start])
    while queue:
        key = queue.popleft()
        for below in successors[key]:
            if below == start:
                path = [start, key]
                while path[-1] != start:
                    path.append(came[path[-1]])
                if key == start:
                    path = [start, start]
                return tuple(reversed(path))
            if below in members and below not in came:
                came[below] = key
                queue.append(below)
    return None


def versioned_successors(graph: Graph) -> Mapping[NodeKey, tuple[NodeKey, ...]]:
    """Give the ancestry edges as an adjacency in key order. `same_content` is no step and takes no part."""
    return {
        key: tuple(sorted({edge.target for edge in edges if edge.ancestry})) for key, edges in graph.outgoing.items()
    }


def unversioned_successors(graph: Graph) -> Mapping[NodeKey, tuple[NodeKey, ...]]:
    """Give the same with the versions of datasets and models dropped: a table that is refreshed becomes a cycle."""

    def bare(key: NodeKey) -> NodeKey:
        return NodeKey(key.kind, key.uri) if key.kind in (NodeKind.DATASET, NodeKind.MODEL) else key

    table: dict[NodeKey, set[NodeKey]] = {bare(key): set() for key in graph.nodes}
    for edge in graph.edges:
        if edge.ancestry:
            table[bare(edge.source)].add(bare(edge.target))
    return {key: tuple(sorted(below)) for key, below in sorted(table.items())}
