"""A fixture folder as the evidence of a case: members by what they are, digests that follow their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govern.bundle import open_bundle
from govern.bundle.manifest import hash_folder
from govern.bundle.reading import read_entry
from govern.diagnostics import Diagnostic, GovernError, InputError, Span
from govern.gate.testing.digests import MODEL_DIGEST, follow_text, follow_value
from govern.gate.testing.members import Style, found_paths, read_member
from govern.policy.testing.patches import Value

__all__ = ["Fixture", "read_fixture"]

_MOST_BYTES = 64 * 1024 * 1024
_TEXT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixture:
    """A folder that was read whole."""

    document: Mapping[str, Value]
    """Its evidence by member; every other file under `files`."""
    paths: Mapping[str, str]
    """Member to file."""
    styles: Mapping[str, Style]
    contents: Mapping[str, str | bytes]
    """Every file as it is: text with placeholders, or bytes."""
    digests: Mapping[str, str]
    """Path to sha256, hex."""


def read_fixture(folder: Path, *, follow: bool, span: Span) -> Fixture:
    """Read a folder. `follow` turns the digests of its own files, wherever they are named, into placeholders.

    Raises InputError P707 at `span` for a folder that is not there, may not be a bundle, or is too large.
    """
    try:
        entries = hash_folder(folder)
    except GovernError as fault:
        first = fault.diagnostics[0]
        raise _unfit(span, f"the fixture {folder} cannot be read: {first.message} ({first.code})") from fault
    if sum(entry.size for entry in entries) > _MOST_BYTES:
        raise _unfit(span, f"the fixture {folder} is larger than {_MOST_BYTES // 2**20} MiB")
    data = {entry.path: read_entry(folder, entry, limit=_MOST_BYTES) for entry in entries}
    digests = {entry.path: entry.sha256 for entry in entries}
    names = _names(folder, digests) if follow else {}
    paths = found_paths(data)
    contents = {path: _content(path, held, names, paths) for path, held in data.items()}
    document: dict[str, Value] = {}
    styles: dict[str, Style] = {}
    for member, path in paths.items():
        value, styles[member] = read_member(member, data[path], file=path)
        document[member] = value if member == "predictions" else follow_value(value, names)
    document["files"] = {path: held for path, held in contents.items() if path not in paths.values()}
    return Fixture(document=document, paths=paths, styles=styles, contents=contents, digests=digests)


def _names(folder: Path, digests: Mapping[str, str]) -> dict[str, str]:
    names = {digest: f"${{sha256:{path}}}" for path, digest in sorted(digests.items(), reverse=True)}
    try:
        bundle = open_bundle(folder)
    except GovernError:  # a folder without an identity names no model either
        return names
    return {**names, bundle.model_digest: MODEL_DIGEST} if bundle.artefacts else names


def _content(path: str, data: bytes, names: Mapping[str, str], paths: Mapping[str, str]) -> str | bytes:
    if len(data) > _TEXT_BYTES or path == paths.get("predictions"):
        return data
    try:
        return follow_text(data.decode("utf-8"), names)
    except UnicodeDecodeError:
        return data


def _unfit(span: Span, message: str) -> InputError:
    return InputError(Diagnostic("P707", message, span, "Name a folder that could be judged, relative to the test."))
