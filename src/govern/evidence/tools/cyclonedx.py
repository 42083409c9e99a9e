"""A CycloneDX bill of materials: its components, and whether the digests it cites are those of files of the bundle.

Read as JSON by hand, because the Python model classes drop `modelCard`. Declarations are claims and are not read.
A digest that no file has speaks of another model; that of the empty text speaks of none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, Severity, plain
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.evidence.tools.times import instant_of

if TYPE_CHECKING:
    from govern.inputs.json import JsonValue

__all__ = ["READERS", "Component", "Inventory"]

_OF_FILES = ("machine-learning-model", "file", "data")
"""Types of components whose digests are those of files; a library's are those of its archive."""
_EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_DEPTH = 32
_MOST = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component of the bill."""

    type: str
    name: str
    version: str | None
    hashes: Mapping[str, str]
    """Hex by algorithm, e.g. `SHA-256`."""
    files: tuple[str, ...]
    """Files of the bundle that have its SHA-256 digest."""
    steps: tuple[str | int, ...]

    @property
    def cites_files(self) -> bool:
        """Whether its SHA-256 digest should be that of a file."""
        return self.type in _OF_FILES and "SHA-256" in self.hashes


@dataclass(frozen=True, slots=True)
class Inventory:
    """What a bill of materials lists."""

    components: tuple[Component, ...]

    @property
    def strangers(self) -> tuple[Component, ...]:
        """Components whose digest no file of the bundle has."""
        return tuple(item for item in self.components if item.cites_files and not item.files)


def _recognise(root: JsonValue) -> bool:
    return isinstance(root, dict) and root.get("bomFormat") == "CycloneDX"


def _read(document: Document) -> Readout:
    root = document.get(dict)
    by_digest: dict[str, list[str]] = {}
    for path, digest in (document.beside.digests if document.beside is not None else {}).items():
        if path != document.file:
            by_digest.setdefault(digest, []).append(path)
    places: list[tuple[str | int, ...]] = [("metadata", "component")] if _has_subject(root) else []
    places += _listed(document, (), 0)
    inventory = Inventory(tuple(_component(document, place, by_digest) for place in places))
    metadata = root.get("metadata")
    stamp = metadata.get("timestamp") if isinstance(metadata, dict) else None
    when = instant_of(stamp) if isinstance(stamp, str) else None
    version = root.get("specVersion")
    return Readout(
        bodies=(inventory,),
        tool=Tool("cyclonedx", version if isinstance(version, str) else None),
        produced_at=None if when is None else when[0],
        zone_known=when is None or when[1],
        notes=tuple(_notes(document, inventory)),
    )


def _has_subject(root: Mapping[str, object]) -> bool:
    metadata = root.get("metadata")
    return isinstance(metadata, dict) and "component" in metadata


def _listed(document: Document, before: tuple[str | int, ...], depth: int) -> Iterator[tuple[str | int, ...]]:
    """Give the place of every component, and of those inside them."""
    held = document.get(dict, *before)
    if "components" not in held:
        return
    listed = document.get(list, *before, "components")
    if depth >= _DEPTH or len(listed) > _MOST:
        raise document.fault("I110", "too many components, or too deep", *before, "components")
    for index in range(len(listed)):
        place = (*before, "components", index)
        yield place
        yield from _listed(document, place, depth + 1)


def _component(document: Document, place: tuple[str | int, ...], by_digest: Mapping[str, list[str]]) -> Component:
    value = document.get(dict, *place)
    hashes: dict[str, str] = {}
    if "hashes" in value:
        for index in range(len(document.get(list, *place, "hashes"))):
            algorithm = document.get(str, *place, "hashes", index, "alg")
            content = document.get(str, *place, "hashes", index, "content").lower()
            if hashes.setdefault(algorithm, content) != content:
                raise document.fault("E141", f"two different digests by {plain(algorithm, limit=40)}", *place, "hashes")
    version = value.get("version")
    return Component(
        type=document.get(str, *place, "type"),
        name=document.get(str, *place, "name"),
        version=version if isinstance(version, str) else None,
        hashes=hashes,
        files=tuple(by_digest.get(hashes.get("SHA-256", ""), ())),
        steps=place,
    )


def _notes(document: Document, inventory: Inventory) -> Iterator[Diagnostic]:
    for item in inventory.components:
        empty = item.cites_files and item.hashes["SHA-256"] == _EMPTY
        if not empty and (item.files or not item.cites_files):
            continue
        said = "the digest of nothing" if empty else "a digest that no file of the bundle has"
        hint = "Make the bill of materials again from the files that are in the bundle."
        message = f"component {plain(item.name, limit=80)} cites {said}"
        yield Diagnostic("E187", message, document.span(*item.steps, "hashes"), hint, Severity.WARNING)


READERS = (
    Reader(
        id="cyclonedx",
        gives=(Inventory,),
        recognise=_recognise,
        read=_read,
        markers=(b'"CycloneDX"',),
        beside=True,
    ),
)
"""The readers of this module."""
