"""The evidence envelope: a small JSON file that says which model and which data a piece of evidence speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from govern.canonical import parse_instant
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.inputs.json import parse_json

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["Binding", "Envelope", "read_envelope"]

Binding = Literal["match", "mismatch", "absent"]

_LIMIT_BYTES = 1024 * 1024
_REQUIRED = ("type", "file", "data", "tool", "produced_at", "produced_by")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope says of one file, compared with the bundle."""

    model: Binding
    data: Binding
    """`match` when every data digest is that of a file of the bundle; `absent` otherwise: elsewhere is unknown here."""
    produced_at: str
    """Instant, UTC."""
    tool: str
    file: str
    """The envelope's own path."""
    data_digests: tuple[str, ...] = ()
    """sha256 of each data set that it names, in its order."""

    @property
    def bound(self) -> bool:
        """Whether model and data are both named and both match."""
        return self.model == "match" and self.data == "match"


def read_envelope(bundle: Bundle, path: str, *, about: str) -> Envelope:
    """Read the envelope at `path` (inside the bundle) of the evidence file `about`.

    Raises InputError: E101 to E103 for another shape, E109 when it was made for other bytes than the file has.
    """
    document = parse_json(bundle.read(path, limit=_LIMIT_BYTES, reader="evidence_envelope"), file=path)
    if not isinstance(document, dict) or document.get("kind") != "EvidenceEnvelope":
        raise _fault("E101", path, "not an EvidenceEnvelope", "Make one with the fields of the evidence page.")
    if document.get("apiVersion") != "govern/v1":
        raise _fault("E101", path, "apiVersion is not govern/v1", "Write apiVersion: govern/v1.")
    absent = [key for key in _REQUIRED if key not in document]
    if absent:
        raise _fault(
            "E102", path, f"key {', '.join(absent)} is missing", "Write it: an envelope without it binds nothing."
        )
    stated = _text(path, _mapping(path, document, "file"), "sha256")
    if stated != bundle.files[about].sha256:
        message = f"the envelope was made for other bytes than {plain(about)} has"
        raise _fault("E109", path, message, "Make the envelope again from the file that is in the bundle.")
    tool = _mapping(path, document, "tool")
    digests = _digests(path, document)
    return Envelope(
        model=_model(path, document, bundle),
        data=_data(digests, bundle),
        produced_at=_instant(path, document),
        tool=" ".join(str(tool[key]) for key in ("name", "version") if isinstance(tool.get(key), str)),
        file=path,
        data_digests=digests,
    )


def _model(path: str, document: Mapping[str, object], bundle: Bundle) -> Binding:
    if document.get("model") is None:
        return "absent"
    model = _mapping(path, document, "model")
    stated = _text(path, _mapping(path, model, "digest"), "sha256")
    same = stated == bundle.model_digest and _text(path, model, "name") == bundle.name
    return "match" if same and _text(path, model, "version") == bundle.version else "mismatch"


def _data(digests: tuple[str, ...], bundle: Bundle) -> Binding:
    present = {entry.sha256 for entry in bundle.files.values()}
    return "match" if digests and all(digest in present for digest in digests) else "absent"


def _digests(path: str, document: Mapping[str, object]) -> tuple[str, ...]:
    items = document["data"]
    if not isinstance(items, list):
        raise _fault("E103", path, "data is not a list", "Write a list of {name, role, digest, rows}.")
    digests = []
    for item in items:
        if not isinstance(item, dict):
            raise _fault("E103", path, "an item of data is not an object", "Write {name, role, digest, rows}.")
        digests.append(_text(path, _mapping(path, item, "digest"), "sha256"))
    return tuple(digests)


def _instant(path: str, document: Mapping[str, object]) -> str:
    text = _text(path, document, "produced_at")
    try:
        parse_instant(text)
    except ValueError as fault:
        raise _fault(
            "E103", path, f"produced_at: {fault}", "Write the time in UTC, such as 2026-03-01T00:00:00Z."
        ) from fault
    return text


def _mapping(path: str, parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = parent.get(key)
    if not isinstance(value, dict):
        raise _fault("E103" if key in parent else "E102", path, f"{key} is not an object", "Write an object there.")
    return value


def _text(path: str, parent: Mapping[str, object], key: str) -> str:
    value = parent.get(key)
    if not isinstance(value, str):
        raise _fault("E103" if key in parent else "E102", path, f"{key} is not text", "Write text there.")
    return value


def _fault(code: str, path: str, message: str, hint: str) -> InputError:
    return InputError(Diagnostic(code=code, message=message, span=Span(path), hint=hint))
