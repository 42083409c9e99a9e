"""One source under judgement: what is asked of it, what is said of it, and how well that is attested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from govern.lineage.graph import Assertion, Graph, Node, NodeKey, Strength
from govern.lineage.verdicts import Remark, Verdict

__all__ = ["Asked", "Case", "downstream", "root_grade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the rule asks of each source."""

    as_of: frozenset[str] = frozenset({"training", "decision"})
    min_digest: Strength = Strength.STRONG
    roles: tuple[str, ...] = ("train", "reference")
    accept_used_before_approval: bool = False
    min_grade: str = "E0"


@dataclass(slots=True)
class Case:
    """One root under judgement."""

    node: Node
    path: tuple[NodeKey, ...]
    hops_said: str
    by: Assertion
    way: str
    remarks: list[Remark] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)

    def say(
        self,
        code: str,
        verdict: Verdict,
        status: str,
        text: str,
        *,
        observed: str | None = None,
        required: str | None = None,
        remedy: str | None = None,
    ) -> None:
        """Add a remark with the witness, and the status it gives the source."""
        self.statuses.append(status)
        self.remarks.append(
            Remark(
                code=code,
                verdict=verdict,
                text=f"{text}: {self.way}",
                said_by=self.hops_said,
                by=self.by,
                about=str(self.node.key),
                observed=observed,
                required=required,
                remedy=remedy,
                path=self.path,
            )
        )

    def fail(self, code: str, status: str, text: str, **more: str | None) -> None:
        """Add a certain violation."""
        self.say(code, Verdict.FAIL, status, text, **more)

    def unsure(self, code: str, status: str, text: str, **more: str | None) -> None:
        """Add that the records cannot tell."""
        self.say(code, Verdict.UNDETERMINED, status, text, **more)


def downstream(graph: Graph, root: NodeKey, hops: Mapping[NodeKey, object]) -> set[NodeKey]:
    """Give everything that a root went into on its way to the model."""
    seen: set[NodeKey] = set()
    ready = [root]
    while ready:
        for edge in graph.outgoing[ready.pop()]:
            if edge.ancestry and edge.target in hops and edge.target not in seen:
                seen.add(edge.target)
                ready.append(edge.target)
    return seen


def root_grade(graph: Graph, hops: Mapping[NodeKey, object], root: NodeKey) -> str:
    """Give the lowest grade of all edges on any way from a root to the model: the weakest link."""
    reached = downstream(graph, root, hops) | {root}
    grades = [edge.grade for key in reached for edge in graph.outgoing[key] if edge.ancestry and edge.target in hops]
    return min(grades, default="E0")
