"""Collects what the records say into one graph. Nothing is overwritten: claims that differ become contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from govern.canonical import Json, canonical_bytes
from govern.diagnostics import Diagnostic, InputError, Span
from govern.lineage.graph import (
    ANCESTRY,
    Assertion,
    Edge,
    EdgeKind,
    Graph,
    Node,
    NodeKey,
    NodeKind,
    Strength,
    strength_of,
)

__all__ = ["Contradiction", "GraphBuilder", "Limits"]

_COMPARED = frozenset({"started", "ended", "status", "as_of", "dirty", "image", "commit"})
"""Attributes on which two records of one node must agree. Others (a job's title, a location) are only described."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on one model's lineage; a real one has 20 to 500 nodes. Only the operator raises them."""

    nodes: int = 100_000
    edges: int = 500_000


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two records say different things about one node."""

    node: NodeKey
    about: str
    """`digest sha256`, or the attribute's name."""
    first: tuple[str, Assertion]
    second: tuple[str, Assertion]

    @property
    def is_digest(self) -> bool:
        """Whether the records disagree on content, not only on a circumstance."""
        return self.about.startswith("digest ")


@dataclass(slots=True)
class _Claims:
    """Everything said about one node; `said` maps a field to its claimed values and who claims each."""

    names: set[tuple[Assertion, str]] = field(default_factory=set)
    strengths: set[Strength] = field(default_factory=set)
    said: dict[tuple[str, str], dict[bytes, tuple[Json, Assertion]]] = field(default_factory=dict)
    by: dict[Assertion, Assertion] = field(default_factory=dict)

    def say(self, space: str, name: str, value: Json, by: Assertion) -> None:
        values = self.said.setdefault((space, name), {})
        spelled = b'"' + value.encode() if isinstance(value, str) else canonical_bytes(value)
        if spelled not in values or by < values[spelled][1]:
            values[spelled] = (value, by)

    def settled(self, space: str) -> dict[str, Json]:
        """For each field the claim of the first record in order; what disagrees is a contradiction beside it."""
        out: dict[str, Json] = {}
        for (of, name), values in sorted(self.said.items()):
            if of == space:
                out[name] = min(values.items(), key=lambda item: (item[1][1], item[0]))[1][0]
        return out


class GraphBuilder:
    """Collects nodes and edges from several records. Order of the calls does not change the result."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start empty."""
        self._limits = limits or Limits()
        self._nodes: dict[NodeKey, _Claims] = {}
        self._edges: dict[tuple[NodeKey, NodeKey, EdgeKind], tuple[bool, dict[Assertion, Assertion]]] = {}

    def __contains__(self, key: NodeKey) -> bool:
        return key in self._nodes

    @property
    def keys(self) -> frozenset[NodeKey]:
        """The nodes so far."""
        return frozenset(self._nodes)

    def node(
        self,
        key: NodeKey,
        *,
        name: str,
        by: Assertion,
        digests: Mapping[str, str] | None = None,
        attributes: Mapping[str, Json] | None = None,
        strength: Strength | None = None,
    ) -> NodeKey:
        """Add what one record says about a node. Raises InputError (L108) past the cap."""
        if key not in self._nodes and len(self._nodes) >= self._limits.nodes:
            raise _too_large(by, f"more than {self._limits.nodes} nodes")
        claims = self._nodes.setdefault(key, _Claims())
        claims.names.add((by, name))
        claims.by.setdefault(by, by)
        claims.strengths.add(strength or _strongest(digests or {}))
        for algorithm, value in (digests or {}).items():
            claims.say("digest", algorithm, value, by)
        for field_name, told in (attributes or {}).items():
            claims.say("attribute", field_name, told, by)
        return key

    def edge(self, source: NodeKey, target: NodeKey, kind: EdgeKind, by: Assertion, *, completed: bool = True) -> None:
        """Add what one record says about two nodes; an edge of a run that did not complete makes no ancestry."""
        spot = (source, target, kind)
        if spot not in self._edges and len(self._edges) >= self._limits.edges:
            raise _too_large(by, f"more than {self._limits.edges} edges")
        ancestry, asserted = self._edges.get(spot, (False, {}))
        asserted.setdefault(by, by)
        self._edges[spot] = (ancestry or (completed and kind in ANCESTRY), asserted)

    def merge_unversioned(self) -> Mapping[NodeKey, NodeKey]:
        """Join a name without a version to the one version of that name, where there is exactly one.

        Allowed for reading only: the joined node is marked `weakly_merged`, and never passes a digest rule on the
        strength of that join. Gives the old key of each joined node and its new one.
        """
        families: dict[tuple[NodeKind, str], list[NodeKey]] = {}
        for key in self._nodes:
            if key.kind in (NodeKind.DATASET, NodeKind.MODEL):
                families.setdefault((key.kind, key.uri), []).append(key)
        moved: dict[NodeKey, NodeKey] = {}
        for members in families.values():
            loose = [key for key in members if key.version == "unversioned" or key.version.startswith("version:run/")]
            firm = [key for key in members if key not in loose]
            if len(loose) == 1 and len(firm) == 1:
                moved[loose[0]] = firm[0]
        for old, new in moved.items():
            self._absorb(old, new)
        self._edges = self._moved_edges(moved)
        return moved

    def _absorb(self, old: NodeKey, new: NodeKey) -> None:
        source, target = self._nodes.pop(old), self._nodes[new]
        target.names |= source.names
        target.by |= source.by
        for (space, name), values in source.said.items():
            for claimed, by in values.values():
                target.say(space, name, claimed, by)
        first = min(source.by)
        target.say("attribute", "weakly_merged", True, first)

    def _moved_edges(
        self, moved: Mapping[NodeKey, NodeKey]
    ) -> dict[tuple[NodeKey, NodeKey, EdgeKind], tuple[bool, dict[Assertion, Assertion]]]:
        out: dict[tuple[NodeKey, NodeKey, EdgeKind], tuple[bool, dict[Assertion, Assertion]]] = {}
        for (source, target, kind), (ancestry, by) in self._edges.items():
            spot = (moved.get(source, source), moved.get(target, target), kind)
            before, asserted = out.get(spot, (False, {}))
            out[spot] = (before or ancestry, {**asserted, **by})
        return out

    def link_same_content(self) -> None:
        """Add `same_content` between nodes of one sha256 under different names; never a merge (a copy is no cycle)."""
        groups: dict[tuple[NodeKind, str], list[NodeKey]] = {}
        for key, claims in self._nodes.items():
            digest = claims.settled("digest").get("sha256")
            if isinstance(digest, str) and key.kind in (NodeKind.DATASET, NodeKind.MODEL):
                groups.setdefault((key.kind, digest), []).append(key)
        for members in groups.values():
            first, *others = sorted(members)
            for other in others:
                self.edge(first, other, EdgeKind.SAME_CONTENT, min(self._nodes[other].by))

    def contradictions(self) -> tuple[Contradiction, ...]:
        """Give the claims that differ, in key order."""
        out: list[Contradiction] = []
        for key, claims in sorted(self._nodes.items()):
            for (space, name), values in sorted(claims.said.items()):
                if len(values) < 2 or (space == "attribute" and name not in _COMPARED):
                    continue
                ranked = sorted(values.values(), key=lambda item: (item[1], str(item[0])))
                about = f"digest {name}" if space == "digest" else name
                claimed = [(str(value), by) for value, by in ranked]
                out.extend(Contradiction(key, about, claimed[0], other) for other in claimed[1:])
        return tuple(out)

    def build(self, subjects: tuple[NodeKey, ...] = ()) -> Graph:
        """Freeze what was collected."""
        nodes = [
            Node(
                key,
                min(claims.names)[1],
                max(claims.strengths, key=lambda item: item.rank, default=Strength.NONE),
                {name: str(value) for name, value in claims.settled("digest").items()},
                claims.settled("attribute"),
                tuple(sorted(claims.by)),
            )
            for key, claims in self._nodes.items()
        ]
        edges = [
            Edge(source, target, kind, ancestry, tuple(sorted(by)))
            for (source, target, kind), (ancestry, by) in self._edges.items()
        ]
        return Graph.of(nodes, edges, subjects)


def _strongest(digests: Mapping[str, str]) -> Strength:
    return max((strength_of(name) for name in digests), key=lambda item: item.rank, default=Strength.NONE)


def _too_large(by: Assertion, what: str) -> InputError:
    span = Span(by.file, by.line or None, by.column or None)
    return InputError(
        Diagnostic("L108", f"the lineage has {what}", span, hint="hand in the lineage of this model only")
    )
