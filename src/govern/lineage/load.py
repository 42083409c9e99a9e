"""From a bundle to its lineage graph: which files are records, who reads them, and how they join."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Severity, Span, in_order
from govern.inputs.json import parse_json
from govern.inputs.limits import EVIDENCE_YAML, JSON_BYTES
from govern.inputs.yaml import parse_yaml
from govern.lineage.build import Contradiction, GraphBuilder, Limits
from govern.lineage.claims import BundleFiles, Record
from govern.lineage.dvc import is_dvc, read_dvc
from govern.lineage.dvc_content import Content
from govern.lineage.feast import is_feast, read_feast
from govern.lineage.graph import Graph
from govern.lineage.openlineage import add_events
from govern.lineage.openlineage_events import Events
from govern.lineage.record import read_record

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Lineage", "bundle_files", "load_graph", "record_paths"]

_RECORD = "lineage.yaml"
_FOLDER = re.compile(r"lineage/[^/]+\.(?:json|jsonl|ndjson)|feast/registry\.json", re.IGNORECASE)
_LINES = (".jsonl", ".ndjson")
_OURS = re.compile(rb'\s*\{\s*"(?:apiVersion|kind)"\s*:')


@dataclass(frozen=True)
class Lineage:
    """A bundle's lineage: what could be read of it, and what could not."""

    graph: Graph
    records: tuple[Record, ...]
    files: BundleFiles
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Everything the readers had to say, in order of place."""
        return in_order(item for record in self.records for item in record.diagnostics)

    @property
    def faults(self) -> tuple[Diagnostic, ...]:
        """What makes the lineage unreadable."""
        return tuple(item for item in self.diagnostics if item.severity is Severity.ERROR)


def bundle_files(bundle: Bundle) -> BundleFiles:
    """Give what the readers need of a bundle."""
    digests = {path: entry.sha256 for path, entry in bundle.files.items()}
    return BundleFiles(bundle.name, bundle.version, digests, bundle.weights)


def record_paths(bundle: Bundle) -> tuple[str, ...]:
    """Give the lineage records of a bundle: those the model record names, else the usual places."""
    declared = bundle.record.spec.lineage
    if declared:
        return tuple(dict.fromkeys(bundle.resolve(path) or path for path in declared))
    usual = sorted(path for path in bundle.files if _FOLDER.fullmatch(path))
    return (*bundle.find(_RECORD), *usual, *sorted(path for path in bundle.files if is_dvc(path)))


def load_graph(bundle: Bundle, *, limits: Limits | None = None) -> Lineage | None:
    """Read every lineage record of a bundle into one graph. None when there is no record at all.

    Faults are collected in the records, never raised: a caller that cannot live with them asks for `faults`. Only a
    file that changed while it was read raises (IntegrityError B109).
    """
    paths = record_paths(bundle)
    if not paths:
        return None
    files = bundle_files(bundle)
    builder = GraphBuilder(limits)
    events = Events()
    content = Content(bundle)
    records: list[Record] = []
    for path in paths:
        entry = bundle.files.get(path)
        record = Record(path, "unknown", entry.sha256 if entry else "")
        records.append(record)
        try:
            _read(bundle, record, files, builder, events, content)
        except InputError as fault:
            record.diagnostics.extend(fault.diagnostics)
    try:
        add_events(events, builder, files)
    except InputError as fault:
        records[0].diagnostics.extend(fault.diagnostics)
    moved = builder.merge_unversioned()
    builder.link_same_content()
    for record in records:
        record.subjects = [moved.get(key, key) for key in record.subjects]
        record.dangling = [replace(item, key=moved.get(item.key, item.key)) for item in record.dangling]
    subjects = {key for record in records for key in record.subjects if key in builder}
    return Lineage(builder.build(tuple(sorted(subjects))), tuple(records), files, builder.contradictions())


def _read(
    bundle: Bundle, record: Record, files: BundleFiles, builder: GraphBuilder, events: Events, content: Content
) -> None:
    path = record.file
    if path not in bundle.files:
        raise InputError(
            Diagnostic(
                "L110",
                f"the lineage record '{path}' is not in the bundle",
                Span(path),
                "add it, or take it out of spec.lineage",
            )
        )
    if is_dvc(path):
        _dvc(bundle, record, files, builder, content)
        return
    if path.lower().endswith((".yaml", ".yml")):
        _own(bundle.read(path, limit=EVIDENCE_YAML.bytes, reader="lineage"), record, files, builder)
        return
    data = bundle.read(path, limit=JSON_BYTES, reader="lineage")
    if _OURS.match(data):
        _own(data, record, files, builder)
        return
    record.format = "openlineage"
    if path.lower().endswith(_LINES):
        _lines(data, record, events)
        return
    value = parse_json(data, file=path)
    if is_feast(value):
        record.format = "feast"
        read_feast(value, record, files, builder)
        return
    if isinstance(value, list):
        for number, event in enumerate(value):
            events.add(event, record, pointer=f"/{number}")
        if not value:
            record.diagnostics.append(
                Diagnostic("L112", "the record holds no event", Span(path), severity=Severity.WARNING)
            )
    else:
        events.add(value, record)


def _dvc(bundle: Bundle, record: Record, files: BundleFiles, builder: GraphBuilder, content: Content) -> None:
    record.format = "dvc"
    beside = f"{record.file.removesuffix('dvc.lock')}dvc.yaml" if record.file.endswith("dvc.lock") else ""
    trees = [
        parse_yaml(bundle.read(path, limit=EVIDENCE_YAML.bytes, reader="lineage"), file=path, strictness="evidence")
        for path in (record.file, beside)
        if path in bundle.files
    ]
    read_dvc(trees[0], record, files, content, builder, trees[1] if len(trees) > 1 else None)


def _own(data: bytes, record: Record, files: BundleFiles, builder: GraphBuilder) -> None:
    record.format = "govern-lineage"
    read_record(parse_yaml(data, file=record.file, strictness="evidence"), record, files, builder)


def _lines(data: bytes, record: Record, events: Events) -> None:
    """Read one event a line; every bad line is a fault of its own, and the others are still read."""
    for number, line in enumerate(data.split(b"\n"), start=1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            value = parse_json(text, file=record.file)
        except InputError as fault:
            record.diagnostics.extend(_moved(item, number) for item in fault.diagnostics)
            continue
        events.add(value, record, pointer=f"/{number - 1}", line=number)


def _moved(item: Diagnostic, line: int) -> Diagnostic:
    if item.span is None:
        return item
    return replace(item, span=replace(item.span, line=line, end_line=line if item.span.end_line else None))
