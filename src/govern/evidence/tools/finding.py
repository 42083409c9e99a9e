"""Finding the files of other tools in a bundle: named by the record or an envelope, or recognised by their content.

A type that is named wins over recognition, and a file that does not fit it is unreadable. Recognition looks at every
JSON file that is no artefact, so that a bad result cannot be left out by not naming it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeVar

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.envelope import SUFFIX, Envelope, SpeaksOf, beside, read_envelope
from govern.evidence.tools.interface import Beside, Document, Reader, Readout
from govern.evidence.tools.registry import reader_named, readers
from govern.inputs.json import JsonValue, parse_json
from govern.inputs.limits import EVIDENCE_YAML, JSON_BYTES

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Evidence", "Selector", "Sighting", "read_sighting", "root_of", "selected", "sightings"]

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True)
class Selector:
    """Which evidence a rule is about; what is None does not matter."""

    producer: str | None = None
    """Name of the tool, upper and lower case aside."""
    name: str | None = None
    """Name under `spec.evidence` of the record."""
    path: str | None = None
    """Path in the bundle; `*` stands for any text."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file that a reader is for, not read yet."""

    path: str
    reader: Reader
    name: str
    """Its name in the record, else its path."""
    envelope: str | None
    how: Literal["record", "envelope", "content"]
    """What says which format it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A file of another tool that was read, and how far it can be relied on."""

    name: str
    reader: str
    file: str
    digest: str
    """sha256 of the bytes that were read, hex."""
    document: Document
    readout: Readout
    envelope: Envelope | None

    @property
    def bound(self) -> bool:
        """Whether its envelope names this very model and data."""
        return self.envelope is not None and self.envelope.bound

    @property
    def produced_at(self) -> str | None:
        """Instant at which it was made: the envelope's, else the file's own."""
        return self.envelope.produced_at if self.envelope is not None else self.readout.produced_at

    @property
    def tool(self) -> str:
        """Name and version of the tool: the envelope's, else the file's own."""
        stated = self.envelope.tool if self.envelope is not None else ""
        return stated or str(self.readout.tool)


def sightings(bundle: Bundle, kind: type | None = None) -> tuple[Sighting, ...]:
    """List every file that a reader is for, in the order of the paths. Parses only files that hold a marker.

    With `kind` only readers that give a body of that type are asked, so that another tool's damaged file is no concern
    of theirs. Raises InputError for a file that holds a marker and is no sound JSON, and for an envelope that is none.
    """
    found: dict[str, Sighting] = {}
    for name, item in bundle.record.spec.evidence.items():
        path = bundle.resolve(item.path)
        if path is None:
            continue
        envelope = bundle.resolve(item.envelope) if item.envelope is not None else beside(bundle, path)
        named = reader_named(item.type) if item.type is not None else None
        if named is not None:
            found[path] = Sighting(path, named, name, envelope, "record")
        elif item.type is None:
            reader = _by_envelope(bundle, envelope) or _recognised(bundle, path, kind)
            if reader is not None:
                found[path] = Sighting(path, reader, name, envelope, "record")
    declared = {bundle.resolve(item.path) for item in bundle.record.spec.evidence.values()}
    passed_over = declared | set(bundle.artefacts)
    for path in bundle.files:
        if path in passed_over or path.endswith(SUFFIX):
            continue
        envelope = beside(bundle, path)
        enveloped = _by_envelope(bundle, envelope)
        reader = enveloped or _recognised(bundle, path, kind)
        if reader is not None:
            found[path] = Sighting(path, reader, path, envelope, "envelope" if enveloped else "content")
    return tuple(found[path] for path in sorted(found, key=str.encode))


def selected(found: tuple[Sighting, ...], kind: type, selector: Selector) -> tuple[Sighting, ...]:
    """Keep what can give a body of a type and has the selector's name and path."""
    return tuple(
        item
        for item in found
        if kind in item.reader.gives
        and (selector.name is None or item.name == selector.name)
        and (selector.path is None or fnmatchcase(item.path, selector.path))
    )


def read_sighting(
    bundle: Bundle,
    sighting: Sighting,
    *,
    lineage: frozenset[str] | None = None,
    speaks_of: SpeaksOf = "model and data",
) -> Evidence:
    """Read a file with the reader that is for it.

    `lineage` and `speaks_of` say what its envelope is held against: see `read_envelope`.

    Raises InputError: I1 and I2 for bytes that are no sound document, E101 for one that is of another format than the
    named one, what the reader says of its content, and what `read_envelope` says of its envelope.
    """
    reader, path = sighting.reader, sighting.path
    envelope = None
    if sighting.envelope is not None:
        envelope = read_envelope(bundle, sighting.envelope, about=path, lineage=lineage, speaks_of=speaks_of)
    data = bundle.read(path, limit=_limit(reader), reader=reader.id)
    near = Beside(
        tuple(bundle.files),
        lambda name: bundle.read(name, limit=EVIDENCE_YAML.bytes, reader=reader.id),
        {name: entry.sha256 for name, entry in bundle.files.items()} if reader.beside else {},
    )
    document = Document(path, data, root_of(reader, data, path), near if reader.beside else None, reader.syntax)
    if reader.syntax != "text" and not reader.recognise(document.root):
        message = f"{plain(path)} is not a file of the type {reader.id}"
        hint = "Correct the type in the record or the envelope, or name the right file."
        raise InputError(Diagnostic("E101", message, Span(path, 1), hint))
    return Evidence(
        name=sighting.name,
        reader=reader.id,
        file=path,
        digest=bundle.files[path].sha256,
        document=document,
        readout=reader.read(document),
        envelope=envelope,
    )


def _limit(reader: Reader) -> int:
    if reader.max_bytes is not None:
        return reader.max_bytes
    return EVIDENCE_YAML.bytes if reader.syntax == "yaml" else JSON_BYTES


def root_of(reader: Reader, data: bytes, path: str) -> JsonValue:
    """Parse bytes in the syntax of a reader; None for text. Raises InputError I1 and I2."""
    if reader.syntax == "json":
        return parse_json(data, file=path)
    if reader.syntax == "yaml":
        from govern.inputs.nodes import value_of
        from govern.inputs.yaml import parse_yaml

        value: JsonValue = json.loads(json.dumps(value_of(parse_yaml(data, file=path, strictness="evidence"))))
        return value
    return None


def _by_envelope(bundle: Bundle, envelope: str | None) -> Reader | None:
    """Give the reader that an envelope's `type` names; what else is wrong with the envelope is said when it is read."""
    if envelope is None:
        return None
    document = parse_json(bundle.read(envelope, limit=EVIDENCE_YAML.bytes, reader="evidence_envelope"), file=envelope)
    named = document.get("type") if isinstance(document, dict) else None
    return reader_named(named) if isinstance(named, str) else None


def _recognised(bundle: Bundle, path: str, kind: type | None) -> Reader | None:
    """Recognise a JSON file by its content; None for what no reader is for. Looking claims no file."""
    entry = bundle.files[path]
    if not path.casefold().endswith(".json") or entry.size > JSON_BYTES or entry.withheld is not None:
        return None
    data = bundle.read(path, limit=JSON_BYTES, reader="")
    likely = [
        reader
        for reader in readers()
        if reader.syntax == "json"
        and (kind is None or kind in reader.gives)
        and any(marker in data for marker in reader.markers)
    ]
    if not likely:
        return None
    root = parse_json(data, file=path)
    return next((reader for reader in likely if reader.recognise(root)), None)
