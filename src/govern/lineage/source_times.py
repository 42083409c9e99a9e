"""Was a source approved when it was used? The decision half leaves as a window; no check has a clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from govern.canonical import instant_text, parse_instant
from govern.lineage.graph import EdgeKind, Graph, NodeKey, NodeKind
from govern.lineage.registry import Approval, SourceEntry, SourceRegistry, Window
from govern.lineage.source_case import Asked, Case, downstream

__all__ = ["judge_times", "training_times"]


def training_times(graph: Graph, hops: Mapping[NodeKey, object], root: NodeKey) -> list[tuple[str, str | None]]:
    """Give (name, start) of the runs that used a root; when none did directly, of the runs below it."""
    direct = [
        edge.target
        for edge in graph.outgoing[root]
        if edge.ancestry and edge.kind is EdgeKind.USED and edge.target in hops
    ]
    below = direct or [key for key in downstream(graph, root, hops) if key.kind is NodeKind.RUN]
    if not below:
        # A base model has no run of its own: it was used when the model it became was made.
        below = [
            edge.source for key in graph.subjects for edge in graph.producers(key) if edge.source.kind is NodeKind.RUN
        ]
    out = []
    for key in sorted(set(below)):
        started = graph.nodes[key].attributes.get("started")
        out.append((graph.nodes[key].name, started if isinstance(started, str) else None))
    return out


def judge_times(
    case: Case, entry: SourceEntry, runs: list[tuple[str, str | None]], registry: SourceRegistry, asked: Asked
) -> Window | None:
    """Judge both dates; give the window that the decision must lie in."""
    if entry.needs_certificate and not entry.windows:
        return None
    if not entry.windows:
        case.fail(
            "L212",
            "not_approved",
            f"{case.node.name} is registered as {entry.id} and was never approved",
            remedy="have data governance approve it, or use another source",
        )
        return None
    last = entry.windows[-1]
    if "training" in asked.as_of:
        if not runs:
            case.unsure(
                "L221",
                "unknown",
                f"no run is recorded that used {case.node.name}",
                remedy="record the run, with its start",
            )
        for name, started in runs:
            _at_training(case, entry, name, started, registry, asked)
    return last


def _at_training(
    case: Case, entry: SourceEntry, run: str, started: str | None, registry: SourceRegistry, asked: Asked
) -> None:
    if started is None:
        case.unsure(
            "L221",
            "unknown",
            f"the start of {run}, which used {case.node.name}, is not recorded",
            remedy="record when the run started",
        )
        return
    at = _instant(started)
    if at is None:
        case.unsure("L221", "unknown", f"the start of {run} is no instant", observed=started)
        return
    approval = registry.verdict(entry, at)
    spans = ", ".join(f"{_day(window.start)} to {_day(window.end)}" for window in entry.windows)
    if approval is Approval.NOT_YET and not asked.accept_used_before_approval:
        case.fail(
            "L213",
            "not_approved",
            f"used_before_approval: {case.node.name} was used before it was approved",
            observed=started,
            required=f"approved {spans}",
            remedy="train again on the approved source",
        )
    elif approval is Approval.ENDED:
        case.fail(
            "L212",
            "expired",
            f"not_approved_at_training: {case.node.name} was used outside its approval",
            observed=started,
            required=f"approved {spans}",
            remedy="train again on an approved source",
        )
    elif approval is Approval.APPROVED and len(entry.windows) > 1 and at < entry.windows[-1].start:
        case.unsure(
            "L221",
            "unknown",
            f"the approval of {case.node.name} ended and began again since {run} says it ran; "
            "an unsigned record could have chosen its date",
            observed=started,
            required=f"approved {spans}",
            remedy="hand in a record signed by the builder, or train again",
        )


def _instant(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except ValueError:
        return None


def _day(moment: datetime | None) -> str:
    return instant_text(moment) if moment is not None else "further notice"
