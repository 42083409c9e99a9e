"""The versioned lineage graph of one model: own adjacency, no library.

A node is identified by (kind, canonical URI, version token); nothing is merged on a weaker ground without saying so.
Every node and edge remembers which record said it (`asserted_by`). Iteration is always in key order, so that the same
records give the same witnesses and the same digest on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from govern.canonical import Json, digest_of

__all__ = [
    "ANCESTRY",
    "Assertion",
    "Edge",
    "EdgeKind",
    "Graph",
    "Node",
    "NodeKey",
    "NodeKind",
    "Strength",
    "strength_of",
]


class NodeKind(StrEnum):
    """What a node stands for."""

    DATASET = "dataset"
    RUN = "run"
    CODE = "code"
    ENV = "env"
    MODEL = "model"
    DEPLOYMENT = "deployment"
    AGENT = "agent"
    REPORT = "report"


class EdgeKind(StrEnum):
    """What an edge says, in the direction in which data flows."""

    USED = "used"
    GENERATED = "generated"
    DERIVED = "derived"
    BASE_OF = "base_of"
    BUILT_WITH = "built_with"
    EVALUATED_ON = "evaluated_on"
    DEPLOYED_AS = "deployed_as"
    PART_OF = "part_of"
    SAME_CONTENT = "same_content"


ANCESTRY = frozenset({EdgeKind.USED, EdgeKind.GENERATED, EdgeKind.DERIVED, EdgeKind.BASE_OF, EdgeKind.BUILT_WITH})
"""Edge kinds that make the source an ancestor. Evaluation data never is: leakage is tested, not assumed."""


class Strength(StrEnum):
    """How much a version token proves, weakest first."""

    NONE = "none"
    SAMPLED = "sampled"
    OPAQUE = "opaque"
    WEAK = "weak"
    STRONG = "strong"
    RECOMPUTED = "recomputed"

    @property
    def rank(self) -> int:
        """Place in the order, 0 for `none`."""
        return list(Strength).index(self)


_STRONG = frozenset({"sha256", "sha384", "sha512", "blake2b-256"})
_WEAK = frozenset({"md5", "sha1", "git"})


def strength_of(algorithm: str) -> Strength:
    """Give the strength of a claimed digest by its algorithm's name."""
    if algorithm in _STRONG:
        return Strength.STRONG
    return Strength.WEAK if algorithm in _WEAK else Strength.OPAQUE


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """Identity of a node. `uri` is canonical and holds no blank."""

    kind: NodeKind
    uri: str
    version: str = "unversioned"
    """`sha256:<hex>`, `md5:<hex>`, `version:<opaque>` or `unversioned`."""

    def __str__(self) -> str:
        return f"{self.kind} {self.uri} {self.version}"


@dataclass(frozen=True, slots=True, order=True)
class Assertion:
    """Who said it: a record, the place in it, and how far it can be trusted."""

    file: str
    pointer: str
    format: str
    grade: str
    """Evidence grade: E0 declared by people, E1 written by a tool, E4 re-hashed here."""
    signer: str = ""
    time: str = ""
    line: int = field(default=0, compare=False)
    """Line in the file, 0 when unknown. A help for people: not part of the graph's digest."""
    column: int = field(default=0, compare=False)

    def document(self) -> dict[str, Json]:
        """Give the canonical form."""
        return {
            "file": self.file,
            "format": self.format,
            "grade": self.grade,
            "pointer": self.pointer,
            "signer": self.signer or None,
            "time": self.time or None,
        }


@dataclass(frozen=True, slots=True)
class Node:
    """One version of one thing."""

    key: NodeKey
    name: str
    """What people call it; hostile text."""
    strength: Strength = Strength.NONE
    digests: Mapping[str, str] = field(default_factory=dict)
    """Claimed or recomputed digests: algorithm to lower-case hex."""
    attributes: Mapping[str, Json] = field(default_factory=dict)
    asserted_by: tuple[Assertion, ...] = ()

    def document(self) -> dict[str, Json]:
        """Give the canonical form, as it stands in `result.json`."""
        return {
            "asserted_by": [item.document() for item in self.asserted_by],
            "attributes": dict(self.attributes),
            "digests": dict(self.digests),
            "key": str(self.key),
            "kind": str(self.key.kind),
            "name": self.name,
            "strength": str(self.strength),
            "uri": self.key.uri,
            "version": self.key.version,
        }


@dataclass(frozen=True, slots=True)
class Edge:
    """One statement about two nodes. `ancestry` is False also for edges of a run that did not complete."""

    source: NodeKey
    target: NodeKey
    kind: EdgeKind
    ancestry: bool
    asserted_by: tuple[Assertion, ...] = ()

    @property
    def grade(self) -> str:
        """The highest grade of its statements."""
        return max((item.grade for item in self.asserted_by), default="E0")

    def document(self) -> dict[str, Json]:
        """Give the canonical form, as it stands in `result.json`."""
        return {
            "ancestry": self.ancestry,
            "asserted_by": [item.document() for item in self.asserted_by],
            "grade": self.grade,
            "kind": str(self.kind),
            "source": str(self.source),
            "target": str(self.target),
        }


@dataclass(frozen=True)
class Graph:
    """Nodes and edges in key order. Build it with `lineage.build`; it never changes afterwards."""

    nodes: Mapping[NodeKey, Node]
    edges: tuple[Edge, ...]
    subjects: tuple[NodeKey, ...] = ()
    """The nodes that stand for the bundle's model, in key order."""

    @classmethod
    def of(cls, nodes: Iterable[Node], edges: Iterable[Edge], subjects: Iterable[NodeKey] = ()) -> Graph:
        """Sort and freeze. Raises ValueError for an edge whose end is no node, or for a key given twice."""
        ordered = sorted(nodes, key=lambda node: node.key)
        table = {node.key: node for node in ordered}
        if len(table) != len(ordered):
            raise ValueError("two nodes with one key")
        listed = sorted(edges, key=lambda edge: (edge.source, edge.target, edge.kind))
        for edge in listed:
            if edge.source not in table or edge.target not in table:
                raise ValueError(f"edge without node: {edge.source} -> {edge.target}")
        return cls(table, tuple(listed), tuple(sorted(set(subjects))))

    @cached_property
    def incoming(self) -> Mapping[NodeKey, tuple[Edge, ...]]:
        """Edges by target, each list in key order."""
        table: dict[NodeKey, list[Edge]] = {key: [] for key in self.nodes}
        for edge in self.edges:
            table[edge.target].append(edge)
        return {key: tuple(items) for key, items in table.items()}

    @cached_property
    def outgoing(self) -> Mapping[NodeKey, tuple[Edge, ...]]:
        """Edges by source, each list in key order."""
        table: dict[NodeKey, list[Edge]] = {key: [] for key in self.nodes}
        for edge in self.edges:
            table[edge.source].append(edge)
        return {key: tuple(items) for key, items in table.items()}

    def producers(self, key: NodeKey) -> tuple[Edge, ...]:
        """Give the ancestry edges that lead into a node."""
        return tuple(edge for edge in self.incoming[key] if edge.ancestry)

    def document(self) -> dict[str, Json]:
        """Give `{"nodes", "edges"}` in canonical order: what the digest covers."""
        return {
            "edges": [edge.document() for edge in self.edges],
            "nodes": [node.document() for node in self.nodes.values()],
        }

    @cached_property
    def digest(self) -> str:
        """sha256 in hex of the RFC 8785 bytes of nodes and edges, `asserted_by` included."""
        return digest_of(self.document())
