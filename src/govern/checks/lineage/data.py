"""Which data the lineage says this model was made from or measured on: what evidence about data is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.policy.outcomes import EvidenceRef

__all__ = ["lineage_data"]


def lineage_data(context: CheckContext) -> tuple[frozenset[str], tuple[EvidenceRef, ...], str | None]:
    """Give the sha256 of the data that the model was made from or measured on, the records, and why there are none.

    A lineage that cannot be read, or that speaks of another model, says nothing about this model's data.
    """
    from govern.checks.lineage.evidence import binding_of, evidence_of, lineage_of
    from govern.lineage.graph import EdgeKind, NodeKind
    from govern.lineage.verdicts import Verdict, worst
    from govern.lineage.walk import ancestors

    lineage = lineage_of(context)
    if lineage is None:
        return frozenset(), (), "the bundle has no lineage"
    refs = evidence_of(context, lineage)
    if lineage.faults:
        return frozenset(), refs, f"the lineage cannot be read: {lineage.faults[0].message}"
    if worst(binding_of(context, lineage)) is Verdict.FAIL:
        return frozenset(), refs, "the lineage speaks of another model (see lineage.bound)"
    graph = lineage.graph
    keys = {key for key in ancestors(graph, graph.subjects) if key.kind is NodeKind.DATASET}
    keys |= {edge.source for edge in graph.edges if edge.kind is EdgeKind.EVALUATED_ON}
    digests = (graph.nodes[key].digests.get("sha256") for key in keys)
    return frozenset(digest for digest in digests if digest), refs, None
