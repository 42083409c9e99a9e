"""Reader of OpenLineage run events (specification 2-0-2). Written by a tool, unsigned: grade E1.

Facts add up over a run: inputs may stand on START only, so events are merged by `runId`, over all files. Only a run
that reached COMPLETE makes ancestry. There is no checksum facet: a `datasetVersion` counts as a digest only when it is
written as one (`sha256:<64 hex>`). A name read without a version is resolved to the last complete output of that name
before the run began, else it stays `unversioned`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from govern.canonical import Json, instant_text
from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.json import JsonValue
from govern.lineage.build import GraphBuilder
from govern.lineage.claims import BundleFiles, ModelClaim, Record
from govern.lineage.digests import digest_fault, is_commit, opaque_token
from govern.lineage.graph import Assertion, EdgeKind, NodeKey, NodeKind, Strength
from govern.lineage.uri import CanonicalUri, UriError, canonical_uri, openlineage_uri

__all__ = ["Events", "is_openlineage"]

_FORMAT = "openlineage"
_DIGEST = re.compile(r"([a-z0-9-]+):([0-9a-fA-F]+)")
_ENDS = {"COMPLETE": "complete", "FAIL": "failed", "ABORT": "aborted"}

Name = tuple[str, str]
"""Namespace and name of a dataset."""
Object = Mapping[str, JsonValue]


def is_openlineage(value: JsonValue) -> bool:
    """Whether a JSON value looks like one OpenLineage event of any kind."""
    if not isinstance(value, dict):
        return False
    return "eventTime" in value and any(isinstance(value.get(part), dict) for part in ("run", "job", "dataset"))


def _object(value: JsonValue) -> Object:
    return value if isinstance(value, dict) else {}


def _objects(value: JsonValue) -> list[Object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _moment(text: str) -> datetime | None:
    """Read an ISO 8601 time with a zone; one without is not an instant and is never guessed."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return None if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        return None


@dataclass(slots=True)
class _Facts:
    """What all events of one run say of one dataset."""

    by: Assertion
    facets: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class _Run:
    """What all events of one run say."""

    id: str
    by: Assertion
    job: str = ""
    status: str | None = None
    ends: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)
    started: datetime | None = None
    ended: datetime | None = None
    inputs: dict[Name, _Facts] = field(default_factory=dict)
    outputs: dict[Name, _Facts] = field(default_factory=dict)
    derived: dict[tuple[Name, Name], Assertion] = field(default_factory=dict)
    job_facets: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def begin(self) -> datetime | None:
        return self.started or min(self.moments, default=None)


@dataclass(frozen=True, slots=True)
class _Event:
    value: Object
    record: Record
    pointer: str
    line: int
    moment: datetime | None

    def by(self, suffix: str = "") -> Assertion:
        time = instant_text(self.moment) if self.moment else ""
        return Assertion(self.record.file, self.pointer + suffix, _FORMAT, "E1", time=time, line=self.line)


class Events:
    """Collects the events of all files, then adds them to the graph at once."""

    def __init__(self) -> None:
        """Start empty."""
        self._events: list[_Event] = []

    def add(self, value: JsonValue, record: Record, *, pointer: str = "", line: int = 0) -> None:
        """Take one event; what is none is a diagnostic (L109). Job and dataset events describe and feed nothing."""
        span = Span(record.file, line or None)
        if not is_openlineage(value):
            record.diagnostics.append(
                Diagnostic(
                    "L109",
                    f"{pointer or 'the document'} is no OpenLineage event",
                    span,
                    "list the lineage records of the model under spec.lineage",
                )
            )
            return
        event = _object(value)
        moment = _moment(_text(event.get("eventTime")))
        if moment is None:
            record.diagnostics.append(
                Diagnostic(
                    "L111",
                    f"{pointer or 'the event'}: eventTime is no time with a zone",
                    span,
                    "write it as 2026-04-02T08:00:00Z",
                    Severity.WARNING,
                )
            )
        self._events.append(_Event(event, record, pointer, line, moment))

    def into(self, builder: GraphBuilder, files: BundleFiles) -> None:
        """Merge the runs and add them to the graph."""
        runs: dict[str, _Run] = {}
        kinds: dict[Name, bool] = {}
        ordered = sorted(
            self._events, key=lambda event: (_sort_time(event.moment), event.record.file, event.line, event.pointer)
        )
        for event in ordered:
            for side in ("inputs", "outputs"):
                for dataset in _objects(event.value.get(side)):
                    _note_kind(kinds, dataset)
            _note_kind(kinds, _object(event.value.get("dataset")))
            run_id = _text(_object(event.value.get("run")).get("runId"))
            if run_id:
                _merge(runs.setdefault(run_id, _Run(run_id, event.by())), event)
        _Writer(builder, runs, kinds, [event.record for event in self._events], files).write()


def _sort_time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _name(dataset: Object) -> Name | None:
    name = _text(dataset.get("name"))
    return (_text(dataset.get("namespace")), name) if name else None


def _note_kind(kinds: dict[Name, bool], dataset: Object) -> None:
    name = _name(dataset)
    told = _text(_object(_object(dataset.get("facets")).get("datasetType")).get("datasetType"))
    if name is not None and told:
        kinds[name] = kinds.get(name, False) or told.upper() == "MODEL"


def _merge(run: _Run, event: _Event) -> None:
    job = _object(event.value.get("job"))
    run.job = run.job or "/".join(part for part in (_text(job.get("namespace")), _text(job.get("name"))) if part)
    run.job_facets.update(_object(job.get("facets")))
    kind = _text(event.value.get("eventType")).upper()
    if event.moment is not None:
        run.moments.append(event.moment)
        if kind == "START" and (run.started is None or event.moment < run.started):
            run.started = event.moment
        if kind in _ENDS:
            run.ended = event.moment
    if kind in _ENDS:
        run.ends.add(_ENDS[kind])
    for side, known in (("inputs", run.inputs), ("outputs", run.outputs)):
        for number, dataset in enumerate(_objects(event.value.get(side))):
            name = _name(dataset)
            if name is not None:
                facts = known.setdefault(name, _Facts(event.by(f"/{side}/{number}")))
                facts.facets.update(_object(dataset.get("facets")))
    facets = _object(_object(event.value.get("run")).get("facets"))
    for where, facet in (
        ("/job/facets/lineage", run.job_facets.get("lineage")),
        ("/run/facets/lineage", facets.get("lineage")),
    ):
        for entry in [*_objects(_object(facet).get("lineage")), *_objects(_object(facet).get("entries"))]:
            target = _name(entry)
            for source in _facet_inputs(entry):
                if target is not None:
                    run.derived.setdefault((source, target), event.by(where))


def _facet_inputs(facet: Object) -> Iterator[Name]:
    """Give the datasets that a lineage or column lineage facet names as sources, at any of its levels."""
    groups: list[JsonValue] = [facet.get("inputs"), facet.get("dataset")]
    for column in _object(facet.get("fields")).values():
        groups += [_object(column).get("inputs"), _object(column).get("inputFields")]
    for group in groups:
        for item in _objects(group):
            name = _name(item)
            if name is not None and _text(item.get("type")).upper() != "JOB":
                yield name


@dataclass(slots=True)
class _Writer:
    """Adds merged runs to the graph."""

    builder: GraphBuilder
    runs: Mapping[str, _Run]
    models: Mapping[Name, bool]
    records: Sequence[Record]
    files: BundleFiles
    subjects: dict[str, dict[NodeKey, Assertion]] = field(default_factory=dict)
    outputs: dict[Name, list[tuple[datetime, str]]] = field(default_factory=dict)
    """For each dataset the complete runs that wrote it, by their end."""

    def write(self) -> None:
        """Add every run, then say which models each file may be speaking of."""
        for run in self.runs.values():
            if run.ends == {"complete"} and run.ended is not None:
                for name in run.outputs:
                    self.outputs.setdefault(name, []).append((run.ended, run.id))
        for made in self.outputs.values():
            made.sort()
        consumed: set[NodeKey] = set()
        for run in sorted(self.runs.values(), key=lambda item: item.id):
            consumed |= self.write_run(run)
        by_file = {record.file: record for record in self.records}
        for file, models in sorted(self.subjects.items()):
            self.claim(by_file[file], {key: by for key, by in models.items() if key not in consumed})

    def claim(self, record: Record, models: Mapping[NodeKey, Assertion]) -> None:
        """Choose the models that can be ours: those with a digest of the bundle's, else all that nothing uses on."""
        ours = self.files.model_digests
        bound = {key for key in models if key.version.removeprefix("sha256:") in ours}
        for key in sorted(bound or models):
            record.subjects.append(key)
            algorithm, _, value = key.version.partition(":")
            record.claims.append(ModelClaim(None, value if algorithm == "sha256" else None, models[key]))

    def write_run(self, run: _Run) -> set[NodeKey]:
        key = NodeKey(NodeKind.RUN, f"run:{quote(run.id, safe='-._~')}")
        attributes: dict[str, Json] = {"job": run.job, "run": run.id}
        status = "complete" if run.ends == {"complete"} else min(run.ends - {"complete"}, default=None)
        if status is not None:
            attributes["status"] = status
        elif run.moments or run.inputs or run.outputs:
            attributes["status"] = "incomplete"
        if run.begin is not None:
            attributes["started"] = instant_text(run.begin)
        if run.ended is not None:
            attributes["ended"] = instant_text(run.ended)
        self.builder.node(key, name=run.job.rsplit("/", 1)[-1] or run.id, by=run.by, attributes=attributes)
        completed = status == "complete"
        consumed: set[NodeKey] = set()
        nodes: dict[Name, NodeKey] = {}
        for name, facts in sorted(run.inputs.items()):
            node = nodes[name] = self.dataset(name, facts, self.resolved(name, facts, run))
            consumed.add(node)
            self.builder.edge(node, key, EdgeKind.USED, facts.by, completed=completed)
        made: dict[Name, NodeKey] = {}
        for name, facts in sorted(run.outputs.items()):
            node = made[name] = self.dataset(name, facts, self.token(facts) or opaque_token(f"run/{run.id}"))
            self.builder.edge(key, node, EdgeKind.GENERATED, facts.by, completed=completed)
            if node.kind is NodeKind.MODEL:
                self.subjects.setdefault(facts.by.file, {}).setdefault(node, facts.by)
            for facet in ("columnLineage", "lineage"):
                for source in _facet_inputs(_object(facts.facets.get(facet))):
                    run.derived.setdefault((source, name), facts.by)
        self.derive(run, nodes, made, completed=completed)
        self.code(run, key)
        return consumed

    def derive(self, run: _Run, used: Mapping[Name, NodeKey], made: Mapping[Name, NodeKey], *, completed: bool) -> None:
        """Add sources that only a lineage facet names: they are inputs too, whatever `inputs` says."""
        for (source, target), by in sorted(run.derived.items()):
            if source in used or source == target:
                continue
            facts = _Facts(by)
            above = self.dataset(source, facts, self.resolved(source, facts, run))
            below = made.get(target) or self.dataset(target, facts, self.resolved(target, facts, run))
            if above != below:
                self.builder.edge(above, below, EdgeKind.DERIVED, by, completed=completed)

    def token(self, facts: _Facts) -> str | None:
        version = _text(_object(facts.facets.get("version")).get("datasetVersion"))
        if not version:
            return None
        found = _DIGEST.fullmatch(version)
        if found and digest_fault(found[1], found[2].lower()) is None:
            return f"{found[1]}:{found[2].lower()}"
        return opaque_token(version)

    def resolved(self, name: Name, facts: _Facts, reader: _Run) -> str:
        """Give the version of an input: its own, else that of the last complete output of the name before the run."""
        own = self.token(facts)
        if own is not None:
            return own
        begin = reader.begin
        made = self.outputs.get(name, [])
        before = bisect_right(made, (begin, "\U0010ffff")) if begin is not None else 0
        maker = next((run for _, run in reversed(made[:before]) if run != reader.id), None)
        if maker is None:
            return "unversioned"
        return self.token(self.runs[maker].outputs[name]) or opaque_token(f"run/{maker}")

    def dataset(self, name: Name, facts: _Facts, token: str) -> NodeKey:
        uri = _uri(name)
        attributes: dict[str, Json] = {"uri_dropped": list(uri.dropped)} if uri.dropped else {}
        aliases = sorted(
            {
                _uri(alias).text
                for item in _objects(_object(facts.facets.get("symlinks")).get("identifiers"))
                if (alias := _name(item)) is not None
            }
        )
        if aliases:
            attributes["aliases"] = list(aliases)
        algorithm, _, value = token.partition(":")
        digests = {algorithm: value} if algorithm not in ("version", "unversioned") else {}
        real = algorithm == "version" and not value.startswith("run/")
        key = NodeKey(NodeKind.MODEL if self.models.get(name) else NodeKind.DATASET, uri.text, token)
        return self.builder.node(
            key,
            name=name[1],
            by=facts.by,
            digests=digests,
            attributes=attributes,
            strength=Strength.OPAQUE if real else None,
        )

    def code(self, run: _Run, key: NodeKey) -> None:
        location = _object(run.job_facets.get("sourceCodeLocation"))
        repo = _text(location.get("repoUrl")) or _text(location.get("url"))
        if not repo:
            return
        try:
            uri = canonical_uri(repo)
        except UriError:
            return
        version = _text(location.get("version"))
        node = NodeKey(NodeKind.CODE, uri.text, opaque_token(version) if version else "unversioned")
        strength = Strength.WEAK if is_commit(version) else Strength.OPAQUE if version else None
        self.builder.node(
            node,
            name=repo.rstrip("/").rsplit("/", 1)[-1],
            by=run.by,
            attributes={"commit": version} if version else {},
            strength=strength,
        )
        self.builder.edge(node, key, EdgeKind.BUILT_WITH, run.by)


def _uri(name: Name) -> CanonicalUri:
    """Make a dataset's name canonical; one that cannot be stays a name of this record, which identifies nothing."""
    try:
        return openlineage_uri(*name)
    except UriError:
        return CanonicalUri(f"local:unreadable/{quote('/'.join(name), safe='-._~')[:2000]}", is_local=True)
