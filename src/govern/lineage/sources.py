"""Is every source of the model approved, pinned and approved in time? The heart of the lineage rules.

Both halves of the question are three-valued. The training half is decided here, from the times of the runs. The
decision half needs a clock, which no check has: it leaves as an interval of instants, and `decide` compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from govern.canonical import JsonObject, instant_text, parse_instant
from govern.lineage.graph import Assertion, EdgeKind, Graph, Node, NodeKey, NodeKind, Strength
from govern.lineage.load import Lineage
from govern.lineage.registry import Approval, SourceEntry, SourceRegistry, Window
from govern.lineage.verdicts import Remark, Verdict, worst
from govern.lineage.walk import data_roots, next_hops, path_edges, path_text, witness

__all__ = ["Asked", "SourceVerdict", "judge_sources", "root_grade"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the rule asks of each source."""

    as_of: frozenset[str] = frozenset({"training", "decision"})
    min_digest: Strength = Strength.STRONG
    roles: tuple[str, ...] = ("train", "reference")
    accept_used_before_approval: bool = False
    min_grade: str = "E0"


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
    """The approval that the decision must lie in, when that is asked."""

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
        }


@dataclass(slots=True)
class _Case:
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
        self.say(code, Verdict.FAIL, status, text, **more)

    def unsure(self, code: str, status: str, text: str, **more: str | None) -> None:
        self.say(code, Verdict.UNDETERMINED, status, text, **more)


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
        case = _Case(graph.nodes[key], path, said, by, path_text(graph, path))
        verdicts.append(_judge(case, graph, hops, registry, asked, disputed=key in disputed))
    return tuple(verdicts)


def _place(by: Assertion) -> str:
    return f"{by.file}#{by.pointer}"


def _judge(
    case: _Case, graph: Graph, hops: Mapping[NodeKey, object], registry: SourceRegistry, asked: Asked, *, disputed: bool
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
        window = _times(case, entry, _training_times(graph, hops, node.key), registry, asked)
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
    return SourceVerdict(node.key, node.name, tuple(case.remarks), status, case.path, entry, window)


_STATUS_ORDER = ("not_approved", "expired", "unpinned", "unknown")


def _is_local(uri: str) -> bool:
    from govern.lineage.uri import canonical_uri

    return canonical_uri(uri).is_local


def _entry(case: _Case, registry: SourceRegistry) -> SourceEntry | None:
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


def _role(case: _Case, entry: SourceEntry, asked: Asked) -> None:
    if not entry.is_model and not set(entry.roles) & set(asked.roles):
        case.fail(
            "L217",
            "not_approved",
            f"{case.node.name} is registered as {entry.id} for another role",
            observed=", ".join(entry.roles),
            required=" or ".join(asked.roles),
            remedy="do not train on it, or have the role approved",
        )


def _pin(case: _Case, entry: SourceEntry, asked: Asked) -> None:
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


def _training_times(graph: Graph, hops: Mapping[NodeKey, object], root: NodeKey) -> list[tuple[str, str | None]]:
    """Give (name, start) of the runs that used a root; when none did directly, of the runs below it."""
    direct = [
        edge.target
        for edge in graph.outgoing[root]
        if edge.ancestry and edge.kind is EdgeKind.USED and edge.target in hops
    ]
    below = direct or [key for key in _reached(graph, root, hops) if key.kind is NodeKind.RUN]
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


def _reached(graph: Graph, root: NodeKey, hops: Mapping[NodeKey, object]) -> set[NodeKey]:
    seen: set[NodeKey] = set()
    ready = [root]
    while ready:
        for edge in graph.outgoing[ready.pop()]:
            if edge.ancestry and edge.target in hops and edge.target not in seen:
                seen.add(edge.target)
                ready.append(edge.target)
    return seen


def _times(
    case: _Case, entry: SourceEntry, runs: list[tuple[str, str | None]], registry: SourceRegistry, asked: Asked
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
    case: _Case, entry: SourceEntry, run: str, started: str | None, registry: SourceRegistry, asked: Asked
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


def root_grade(graph: Graph, hops: Mapping[NodeKey, object], root: NodeKey) -> str:
    """Give the lowest grade of all edges on any way from a root to the model: the weakest link."""
    reached = _reached(graph, root, hops) | {root}
    grades = [edge.grade for key in reached for edge in graph.outgoing[key] if edge.ancestry and edge.target in hops]
    return min(grades, default="E0")
