"""The evidence envelope: a small JSON file that says which model and which data a piece of evidence speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from govern.canonical import digest_of
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.instants import oldest_instant
from govern.inputs.json import parse_json

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["SUFFIX", "Binding", "Envelope", "SpeaksOf", "beside", "read_envelope"]

Binding = Literal["match", "mismatch", "absent", "not_needed"]
"""`not_needed`: what this kind of evidence does not speak of, and did not name."""

SpeaksOf = Literal["model and data", "data", "model"]
"""What a kind of evidence is about. A data validation speaks of data alone, a scan of files of the model alone."""

SUFFIX = ".evidence.json"
"""`FILE.evidence.json` is the envelope of FILE, whether the model record names it or not."""

_LIMIT_BYTES = 1024 * 1024
_REQUIRED = ("type", "file", "data", "tool", "produced_at", "produced_by")


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an envelope says of one file, compared with the bundle."""

    model: Binding
    data: Binding
    """`match` when every data digest is that of a file of the bundle or of a data set of its lineage; `mismatch` when
    one is neither; `absent` when it names no data, or the bundle has no lineage to look in."""
    produced_at: str
    """Instant, UTC; the oldest that a time without a zone can mean."""
    tool: str
    file: str
    """The envelope's own path."""
    type: str = ""
    """Format of the evidence, as whoever made the envelope names it."""
    content: str | None = None
    """sha256 (hex) of the canonical form of what it says, by which a signed statement of the same is known; None for
    what no statement can say."""
    data_digests: tuple[str, ...] = ()
    """sha256 of each data set that it names, in its order."""

    @property
    def bound(self) -> bool:
        """Whether everything that this evidence has to name is named and is here."""
        both = (self.model, self.data)
        return "match" in both and all(item in ("match", "not_needed") for item in both)

    def refusal(self, what: str) -> Diagnostic | None:
        """Say why evidence must not be used for this bundle at all: `missing_evidence`, whatever the rule demands.

        `what` names it in the plural, e.g. `the metrics`. None when nothing speaks against it.
        """
        if self.model == "mismatch":
            hint = "Measure again with the model that is in the bundle."
            return Diagnostic("E107", f"{what} speak of another model", Span(self.file), hint)
        if self.data == "mismatch":
            message = f"{what} speak of data that is neither in the bundle nor in its lineage"
            hint = "Measure again on the data that the lineage names, or record that data in the lineage."
            return Diagnostic("E150", message, Span(self.file), hint)
        return None


def beside(bundle: Bundle, path: str) -> str | None:
    """Give the path of the envelope that lies beside a file of the bundle, or None."""
    name = f"{path}{SUFFIX}"
    return name if name in bundle.files else None


def read_envelope(
    bundle: Bundle,
    path: str,
    *,
    about: str,
    lineage: frozenset[str] | None = None,
    speaks_of: SpeaksOf = "model and data",
) -> Envelope:
    """Read the envelope at `path` (inside the bundle) of the evidence file `about`.

    Args:
        bundle: the opened bundle.
        path: where the envelope is.
        about: the evidence file that it was made for.
        lineage: sha256 (hex) of every data set that the lineage names; None when there is no lineage.
        speaks_of: what evidence of this kind has to name in order to be bound.

    Raises InputError: E101 to E103 for another shape, E109 when it was made for other bytes than the file has.
    """
    document = parse_json(bundle.read(path, limit=_LIMIT_BYTES, reader="evidence_envelope"), file=path)
    if not isinstance(document, dict) or document.get("kind") != "EvidenceEnvelope":
        raise _fault("E101", path, "not an EvidenceEnvelope", "Make one: govern evidence add FILE --bundle DIR.")
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
    _text(path, document, "produced_by")
    digests = _digests(path, document)
    return Envelope(
        model=_model(path, document, bundle, needed=speaks_of != "data"),
        data=_data(digests, bundle, lineage, needed=speaks_of != "model"),
        produced_at=_instant(path, document),
        tool=" ".join(str(tool[key]) for key in ("name", "version") if isinstance(tool.get(key), str)),
        file=path,
        type=_text(path, document, "type"),
        content=_content(document),
        data_digests=digests,
    )


def _model(path: str, document: Mapping[str, object], bundle: Bundle, *, needed: bool) -> Binding:
    if document.get("model") is None:
        return "absent" if needed else "not_needed"
    model = _mapping(path, document, "model")
    stated = _text(path, _mapping(path, model, "digest"), "sha256")
    named = (_text(path, model, "name"), _text(path, model, "version"))
    if named != (bundle.name, bundle.version) or stated != bundle.model_digest:
        return "mismatch"
    # Without artefacts the digest is that of nothing, which every such bundle has.
    return "match" if bundle.is_model(stated) else "absent"


def _data(digests: tuple[str, ...], bundle: Bundle, lineage: frozenset[str] | None, *, needed: bool) -> Binding:
    if not digests:
        return "absent" if needed else "not_needed"
    here = {entry.sha256 for entry in bundle.files.values()}
    elsewhere = [digest for digest in digests if digest not in here]
    if not elsewhere:
        return "match"
    if lineage is None:
        return "absent"
    return "match" if all(digest in lineage for digest in elsewhere) else "mismatch"


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
        return oldest_instant(text)
    except ValueError as fault:
        raise _fault(
            "E103", path, f"produced_at: {fault}", "Write the time in UTC, such as 2026-03-01T00:00:00Z."
        ) from fault


def _content(document: Mapping[str, object]) -> str | None:
    try:
        return digest_of(document)  # type: ignore[arg-type]  # parsed JSON; what is no canonical value raises
    except (TypeError, ValueError):
        return None


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
