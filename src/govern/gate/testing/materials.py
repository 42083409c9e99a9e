"""From a case to the files of its bundle: members merged, patched, written, digests filled in. Touches no folder but
the one it is given.
"""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from govern.canonical import base64_bytes
from govern.diagnostics import Diagnostic, InputError, Span
from govern.gate.testing.digests import PlaceError, resolved
from govern.gate.testing.fixture import Fixture
from govern.gate.testing.members import WRITTEN, Style, is_plain_path, usual_path, written
from govern.inputs.nodes import MapNode, Node
from govern.policy.testing.cases import Case, data_of, unknown_name
from govern.policy.testing.documents import MEMBERS
from govern.policy.testing.patches import PatchError, Value, apply_patch, same

__all__ = ["Evidence", "evidence_of", "files_of", "path_of", "write_files"]

_NOTHING = Style({})


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence of a case as a document, and the fixture that it started from."""

    document: Mapping[str, Value]
    fixture: Fixture | None
    span: Span
    """Where the case is written: faults that belong to no line of it are placed here."""


def evidence_of(case: Case, fixture: Fixture | None) -> Evidence:
    """Put the evidence of a case together. Raises InputError P705, P706 or P707 at the line that is wrong."""
    document: dict[str, Value] = {} if fixture is None else dict(fixture.document)
    for node in case.evidence:
        for key, item in node.entries:
            if key.text == "files":
                document["files"] = {**_files(document), **_given_files(item)}
            else:
                document[key.text] = data_of(item)
    document = _patched(document, case)
    for name in document:
        if name not in MEMBERS:
            raise InputError(unknown_name(name, list(MEMBERS), case.span, "member of the evidence"))
    return Evidence(document, fixture, case.span)


def _files(document: Mapping[str, Value]) -> dict[str, Value]:
    held = document.get("files")
    return held if isinstance(held, dict) else {}


def _given_files(node: Node) -> dict[str, Value]:
    if not isinstance(node, MapNode):
        raise _bad(node.span, "files: expected a mapping of path to text, {base64: ..} or null")
    for key, _item in node.entries:
        _refuse_outside(key.text, key.span)
    return {key.text: data_of(item) for key, item in node.entries}


def _refuse_outside(path: str, span: Span) -> None:
    """A path of a case stays in the bundle that is made for it."""
    if not is_plain_path(path):
        raise _bad(span, f"'{path[:200]}' is no plain path inside the bundle")


def _patched(document: dict[str, Value], case: Case) -> dict[str, Value]:
    made: Value = document
    for node in case.patch:
        operation = data_of(node)
        assert isinstance(operation, dict)  # a mapping gives a mapping
        try:
            made = apply_patch(made, [operation])
        except PatchError as fault:
            place = node.get(fault.member)
            raise _unpatchable(node.span if place is None else place.span, str(fault)) from fault
    for item in case.remove:
        try:
            made = apply_patch(made, [{"op": "remove", "path": item.text}])
        except PatchError as fault:
            raise _unpatchable(item.span, str(fault)) from fault
    if not isinstance(made, dict):
        raise _unpatchable(case.span, "the evidence is a mapping of members, and the patch leaves something else")
    return made


def _unpatchable(span: Span, why: str) -> InputError:
    hint = f"Paths begin with a member: {', '.join('/' + name for name in MEMBERS)}."
    return InputError(Diagnostic("P706", f"the evidence cannot be patched: {why}", span, hint))


# --- files


def files_of(evidence: Evidence) -> dict[str, str | bytes]:
    """Give every file of the bundle, placeholders not yet filled in. Raises InputError P707."""
    document, fixture = evidence.document, evidence.fixture
    files: dict[str, str | bytes] = {}
    for path, value in _files(document).items():
        content = _content(value, path, evidence.span)
        if content is not None:
            files[path] = content
    for member in WRITTEN:
        value = document.get(member)
        if value is None:
            continue
        path = path_of(member, evidence)
        if fixture is not None and member in fixture.document and same(value, fixture.document[member]):
            files[path] = fixture.contents[path]  # byte for byte what the readers were given before
            continue
        style = _NOTHING if fixture is None else fixture.styles.get(member, _NOTHING)
        try:
            files[path] = written(member, value, style)
        except (TypeError, ValueError) as fault:
            raise _bad(evidence.span, f"{member}: {fault}") from fault
    return files


def path_of(member: str, evidence: Evidence) -> str:
    """Say which file a member of some evidence is."""
    fixture = evidence.fixture
    if fixture is not None and member in fixture.paths:
        return fixture.paths[member]  # wherever a patched record may now point
    return usual_path(member, evidence.document)


def _content(value: Value, path: str, span: Span) -> str | bytes | None:
    if value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, dict) and set(value) == {"base64"}:
        try:
            return base64_bytes(str(value["base64"]))
        except (ValueError, binascii.Error) as fault:
            raise _bad(span, f"files: {path} is not base64") from fault
    from govern.gate.testing.writing import json_text

    return json_text(value) + "\n"


def write_files(folder: Path, evidence: Evidence, *, model_digest: str | None = None) -> bool:
    """Write the bundle into an empty folder; give whether a file names the model digest.

    Raises InputError P707 for digests that cannot be filled in and for paths that no file system takes.
    """
    gone = {} if evidence.fixture is None else evidence.fixture.digests
    try:
        files, names_model = resolved(files_of(evidence), gone=gone, model_digest=model_digest)
        for path, data in files.items():
            _refuse_outside(path, evidence.span)  # wherever it came from: a patch, a record, a fixture
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except PlaceError as fault:
        raise _bad(evidence.span, str(fault)) from fault
    except (OSError, ValueError) as fault:
        raise _bad(evidence.span, f"the bundle of the case cannot be written: {fault}") from fault
    return names_model


def _bad(span: Span, message: str) -> InputError:
    return InputError(Diagnostic("P707", message, span, "See docs/policy-tests.md for what evidence may hold."))
