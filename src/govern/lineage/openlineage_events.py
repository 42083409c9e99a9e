"""OpenLineage events, merged into runs. Lenient about form, strict about meaning.

Facts add up over a run: inputs may stand on START only and OTHER may follow COMPLETE, so events are merged by `runId`
over all files, in the order of their times; the same facet name replaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from govern.canonical import instant_text
from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.json import JsonValue
from govern.lineage.claims import Record
from govern.lineage.graph import Assertion

__all__ = [
    "Events",
    "Facts",
    "Name",
    "Object",
    "Run",
    "as_object",
    "as_objects",
    "as_text",
    "dataset_name",
    "facet_inputs",
    "is_openlineage",
]

_FORMAT = "openlineage"
_ENDS = {"COMPLETE": "complete", "FAIL": "failed", "ABORT": "aborted"}

Name = tuple[str, str]
"""Namespace and name of a dataset."""
Object = Mapping[str, JsonValue]


def is_openlineage(value: JsonValue) -> bool:
    """Whether a JSON value looks like one OpenLineage event of any kind."""
    if not isinstance(value, dict):
        return False
    return "eventTime" in value and any(isinstance(value.get(part), dict) for part in ("run", "job", "dataset"))


def as_object(value: JsonValue) -> Object:
    """Give a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def as_objects(value: JsonValue) -> list[Object]:
    """Give the objects of a JSON list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """Give a JSON text, an empty one for anything else."""
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
class Facts:
    """What all events of one run say of one dataset."""

    by: Assertion
    facets: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(slots=True)
class Run:
    """What all events of one run say."""

    id: str
    by: Assertion
    job: str = ""
    status: str | None = None
    ends: set[str] = field(default_factory=set)
    moments: list[datetime] = field(default_factory=list)
    started: datetime | None = None
    ended: datetime | None = None
    inputs: dict[Name, Facts] = field(default_factory=dict)
    outputs: dict[Name, Facts] = field(default_factory=dict)
    derived: dict[tuple[Name, Name], Assertion] = field(default_factory=dict)
    job_facets: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def begin(self) -> datetime | None:
        """When it started, as well as is known."""
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
        event = as_object(value)
        moment = _moment(as_text(event.get("eventTime")))
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

    @property
    def records(self) -> tuple[Record, ...]:
        """The record of each event."""
        return tuple(event.record for event in self._events)

    def merged(self) -> tuple[Mapping[str, Run], Mapping[Name, bool]]:
        """Give the runs by id, and for each dataset whose type is told whether it is a model."""
        runs: dict[str, Run] = {}
        kinds: dict[Name, bool] = {}
        for event in sorted(
            self._events, key=lambda item: (_sort_time(item.moment), item.record.file, item.line, item.pointer)
        ):
            for side in ("inputs", "outputs"):
                for dataset in as_objects(event.value.get(side)):
                    _note_kind(kinds, dataset)
            _note_kind(kinds, as_object(event.value.get("dataset")))
            run_id = as_text(as_object(event.value.get("run")).get("runId"))
            if run_id:
                _merge(runs.setdefault(run_id, Run(run_id, event.by())), event)
        return runs, kinds


def _sort_time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def dataset_name(dataset: Object) -> Name | None:
    """Give namespace and name of a dataset, or None when it has no name."""
    name = as_text(dataset.get("name"))
    return (as_text(dataset.get("namespace")), name) if name else None


def _note_kind(kinds: dict[Name, bool], dataset: Object) -> None:
    name = dataset_name(dataset)
    told = as_text(as_object(as_object(dataset.get("facets")).get("datasetType")).get("datasetType"))
    if name is not None and told:
        kinds[name] = kinds.get(name, False) or told.upper() == "MODEL"


def _merge(run: Run, event: _Event) -> None:
    job = as_object(event.value.get("job"))
    run.job = run.job or "/".join(part for part in (as_text(job.get("namespace")), as_text(job.get("name"))) if part)
    run.job_facets.update(as_object(job.get("facets")))
    kind = as_text(event.value.get("eventType")).upper()
    if event.moment is not None:
        run.moments.append(event.moment)
        if kind == "START" and (run.started is None or event.moment < run.started):
            run.started = event.moment
        if kind in _ENDS:
            run.ended = event.moment
    if kind in _ENDS:
        run.ends.add(_ENDS[kind])
    for side, known in (("inputs", run.inputs), ("outputs", run.outputs)):
        for number, dataset in enumerate(as_objects(event.value.get(side))):
            name = dataset_name(dataset)
            if name is not None:
                facts = known.setdefault(name, Facts(event.by(f"/{side}/{number}")))
                facts.facets.update(as_object(dataset.get("facets")))
    facets = as_object(as_object(event.value.get("run")).get("facets"))
    for where, facet in (
        ("/job/facets/lineage", run.job_facets.get("lineage")),
        ("/run/facets/lineage", facets.get("lineage")),
    ):
        for entry in [*as_objects(as_object(facet).get("lineage")), *as_objects(as_object(facet).get("entries"))]:
            target = dataset_name(entry)
            for source in facet_inputs(entry):
                if target is not None:
                    run.derived.setdefault((source, target), event.by(where))


def facet_inputs(facet: Object) -> Iterator[Name]:
    """Give the datasets that a lineage or column lineage facet names as sources, at any of its levels."""
    groups: list[JsonValue] = [facet.get("inputs"), facet.get("dataset")]
    for column in as_object(facet.get("fields")).values():
        groups += [as_object(column).get("inputs"), as_object(column).get("inputFields")]
    for group in groups:
        for item in as_objects(group):
            name = dataset_name(item)
            if name is not None and as_text(item.get("type")).upper() != "JOB":
                yield name
