"""Is every source of the model approved, pinned and approved in time? The heart of the lineage rules.

Both halves of the question are three-valued. The training half is decided here, from the times of the runs. The
decision half needs a clock, which no check has: it leaves as an interval of instants, and `decide` compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from govern.canonical import JsonObject, instant_text
from govern.lineage.graph import Assertion, Graph, Node, NodeKey, NodeKind, Strength
from govern.lineage.load import Lineage
from govern.lineage.registry import SourceEntry, SourceRegistry, Window
from govern.lineage.source_case import Asked, Case, root_grade
from govern.lineage.source_times import judge_times, training_times
from govern.lineage.verdicts import Remark, Verdict, worst
from govern.lineage.walk import data_roots, next_hops, path_edges, path_text, witness

__all__ = ["Asked", "SourceVerdict", "judge_sources", "root_grade"]


@dataclass(frozen=True, slots=True)
class SourceVerdict:
    """What one source came to."""

    key: NodeKey
    name: str
    remarks: tuple[Remark, ...]
    status: str
    """`approved`, `not_approved`, `expired`, `unpinned` or `unknown`."""
    path: tuple[NodeKey, ...]
    entry: SourceEntry | None = None
    window: Window | None = None
    """The last time in which it was approved."""
    at_decision: bool = True
    """Whether the decision must lie in that window."""

    @property
    def verdict(self) -> Verdict:
        """The worst of its remarks."""
        return worst(self.remarks)

    def document(self) -> JsonObject:
        """Give the source as it stands in the facts of the outcome."""
        detail = "; ".join(item.text for item in self.remarks if item.verdict is not Verdict.PASS)
        if not detail and self.entry is not None:
            detail = f"registered as {self.entry.id}"
        return {
            "key": str(self.key),
            "name": self.name,
            "status": self.status,
            "detail": detail,
            "entry": self.entry.id if self.entry else None,
            "from": instant_text(self.window.start) if self.window else None,
            "until": instant_text(self.window.end) if self.window and self.window.end else None,
            "at_decision": self.at_decision,
            "path": [str(key) for key in self.path],
        }


def judge_sources(lineage: Lineage, registry: SourceRegistry, asked: Asked) -> tuple[SourceVerdict, ...]:
    """Judge every data and model root above the model, in key order."""
    graph = lineage.graph
    hops = next_hops(graph, graph.subjects)
    disputed = {item.node for item in lineage.contradictions if item.is_digest}
    verdicts = []
    for key in data_roots(graph, graph.subjects):
        path = witness(hops, key)
        edges = path_edges(hops, key)
        said = ", ".join(dict.fromkeys(_place(edge.asserted_by[0]) for edge in edges))
        by = edges[0].asserted_by[0] if edges else graph.nodes[key].asserted_by[0]
        case = Case(graph.nodes[key], path, said, by, path_text(graph, path))
        verdicts.append(_judge(case, graph, hops, registry, asked, disputed=key in disputed))
    return tuple(verdicts)


def _place(by: Assertion) -> str:
    return f"{by.file}#{by.pointer}"


def _judge(
    case: Case, graph: Graph, hops: Mapping[NodeKey, object], registry: SourceRegistry, asked: Asked, *, disputed: bool
) -> SourceVerdict:
    node = case.node
    entry = _entry(case, registry)
    window: Window | None = None
    if entry is not None:
        _role(case, entry, asked)
        if disputed:
            case.fail(
                "L219",
                "not_approved",
                f"records disagree on the digest of {node.name}",
                remedy="correct the record that is wrong",
            )
        else:
            _pin(case, entry, asked)
        window = judge_times(case, entry, training_times(graph, hops, node.key), registry, asked)
    grade = root_grade(graph, hops, node.key)
    if grade < asked.min_grade:
        case.unsure(
            "L220",
            "unknown",
            f"{node.name} rests on evidence of grade {grade}",
            observed=grade,
            required=f">= {asked.min_grade}",
            remedy="hand in a record of a higher grade",
        )
    status = next((item for item in _STATUS_ORDER if item in case.statuses), "approved")
    return SourceVerdict(
        node.key, node.name, tuple(case.remarks), status, case.path, entry, window, "decision" in asked.as_of
    )


_STATUS_ORDER = ("not_approved", "expired", "unpinned", "unknown")


def _is_local(uri: str) -> bool:
    from govern.lineage.uri import canonical_uri

    return canonical_uri(uri).is_local


def _entry(case: Case, registry: SourceRegistry) -> SourceEntry | None:
    """Find the registry entry, by name or, for a local name, by digest. None when a remark already says why not."""
    node = case.node
    is_model = node.key.kind is NodeKind.MODEL
    if node.attributes.get("dangling"):
        case.unsure(
            "L208",
            "unknown",
            f"{node.name} is used and nowhere described",
            remedy="describe it under datasets, with URI and digest",
        )
        return None
    known = registry.by_digest(node.digests, is_model=is_model)
    if _is_local(node.key.uri):
        if known is None:
            case.unsure(
                "L216",
                "unknown",
                f"{node.name} has a local name, and no registered source has its digest",
                observed=node.key.uri,
                remedy="record the URI it came from, or its sha256 when it is registered",
            )
        return known
    entry = registry.lookup(node.key.uri, is_model=is_model)
    if entry is None:
        laundered = f"; its content is registered as {known.id}, under another name" if known else ""
        case.fail(
            "L218" if known else "L211",
            "not_approved",
            f"{node.name} ({node.key.uri}) is not in the source registry {registry.name}{laundered}",
            observed=node.key.uri,
            required=f"a source of {registry.name}",
            remedy="use the registered source" if known else "use a registered source, or have this one approved",
        )
    return entry


def _role(case: Case, entry: SourceEntry, asked: Asked) -> None:
    if not entry.is_model and not set(entry.roles) & set(asked.roles):
        case.fail(
            "L217",
            "not_approved",
            f"{case.node.name} is registered as {entry.id} for another role",
            observed=", ".join(entry.roles),
            required=" or ".join(asked.roles),
            remedy="do not train on it, or have the role approved",
        )


def _pin(case: Case, entry: SourceEntry, asked: Asked) -> None:
    """Compare the recorded content with the approved one."""
    node = case.node
    if entry.pin == "series":
        case.unsure(
            "L215",
            "unpinned",
            f"{node.name} belongs to the series {entry.id}; its signature was not checked",
            remedy="pin this member by its sha256",
        )
        return
    if entry.needs_certificate:
        case.unsure(
            "L222",
            "unknown",
            f"no certificate of the base model {node.name} was checked",
            required="an accepted certificate",
            remedy="hand in the certificate of the base model",
        )
        return
    if entry.revision is not None and node.attributes.get("revision") not in (None, entry.revision):
        case.fail(
            "L214",
            "not_approved",
            f"{node.name} is another revision than the approved one",
            observed=str(node.attributes["revision"]),
            required=entry.revision,
            remedy="use the approved revision",
        )
        return
    approved: dict[str, set[str]] = {}
    for algorithm, value in entry.pins:
        approved.setdefault(algorithm, set()).add(value)
    compared = [name for name in node.digests if name in approved]
    wrong = [name for name in compared if node.digests[name] not in approved[name]]
    if wrong:
        name = wrong[0]
        case.fail(
            "L214",
            "not_approved",
            f"{node.name} has another content than the approved one",
            observed=f"{name}:{node.digests[name]}",
            required=" or ".join(f"{name}:{value}" for value in sorted(approved[name])),
            remedy="use the approved version, or have this one approved and pinned",
        )
        return
    for text, code in _doubts(node, entry, asked, compared=bool(compared)):
        case.unsure(
            code,
            "unpinned",
            text,
            observed=node.key.version,
            required=f"a {asked.min_digest} digest",
            remedy="record the sha256 of the data that were read",
        )


def _doubts(node: Node, entry: SourceEntry, asked: Asked, *, compared: bool) -> Iterator[tuple[str, str]]:
    revision = entry.revision is not None and node.attributes.get("revision") == entry.revision
    if not node.digests and not revision and (entry.pin == "listed" or asked.min_digest is not Strength.NONE):
        yield f"{node.name} is recorded without a digest", "L215"
    elif node.strength.rank < asked.min_digest.rank:
        yield f"{node.name} is recorded with a digest that is only {node.strength}", "L223"
    elif entry.pin == "listed" and not compared and not revision:
        yield f"{node.name} is recorded with another kind of digest than the approved one", "L223"
    elif node.attributes.get("weakly_merged") and asked.min_digest is not Strength.NONE:
        yield f"{node.name}: one record names it without a version, so it may be another content", "L215"
    elif entry.pin == "any" and "query" in _dropped(node):
        yield f"{node.name} was read with a query, which may select other data", "L215"


def _dropped(node: Node) -> tuple[str, ...]:
    value = node.attributes.get("uri_dropped")
    return tuple(str(item) for item in value) if isinstance(value, list | tuple) else ()
