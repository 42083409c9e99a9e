"""Import cycles between packs: found by depth-first search in three colours, each printed whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Related

if TYPE_CHECKING:
    from govern.policy.packs.bringing import Edge

__all__ = ["cycle_faults", "find_cycle"]


def find_cycle(below: dict[str, list[str]]) -> tuple[str, ...]:
    """Give one cycle of a graph (node -> the nodes it points to), its first node repeated at the end; () for none.

    O(V + E). The search starts from the nodes in sorted order, so that the same graph gives the same cycle.
    """
    done: set[str] = set()
    for start in sorted(below):
        if start in done:
            continue
        path: list[str] = [start]
        on_path = {start}
        branches = [iter(below.get(start, []))]
        while branches:
            step = next(branches[-1], None)
            if step is None:
                branches.pop()
                node = path.pop()
                on_path.discard(node)
                done.add(node)
            elif step in on_path:
                return (*path[path.index(step) :], step)
            elif step not in done:
                path.append(step)
                on_path.add(step)
                branches.append(iter(below.get(step, [])))
    return ()


def cycle_faults(edges: Sequence[Edge]) -> Iterator[Diagnostic]:
    """Report an import cycle at the import that closes it, with every import on the way."""
    below: dict[str, list[str]] = {}
    for edge in edges:
        if edge.inside is not None:
            below.setdefault(edge.inside, []).append(edge.item.pack)
    cycle = find_cycle(below)
    if not cycle:
        return
    steps = []
    for importer, imported in pairwise(cycle):
        edge = next(item for item in edges if item.inside == importer and item.item.pack == imported)
        steps.append((edge, f"{importer} imports {imported} here"))
    last, _text = steps[-1]
    related = tuple(Related(edge.node.span, text) for edge, text in steps[:-1])
    message = f"packs import each other in a circle: {' -> '.join(cycle)}"
    yield Diagnostic("P304", message, last.node.span, "Take one of the imports out.", related=related)
