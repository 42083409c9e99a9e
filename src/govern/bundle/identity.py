"""Which model and version a bundle is: what the record, an MLflow registry, a download and the caller say.

The first source in that order wins, and all that speak must agree. A folder's name, an `artifact_path`, a
`_name_or_path` and a card's title say nothing: anybody can choose them without meaning to name a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter, ValidationError

from govern.bundle.layout.listing import Listing
from govern.bundle.layout.mlflow import READER, mlmodel_of
from govern.bundle.layout.mlmodel import MLMODEL, MlModel
from govern.bundle.record import ModelRecord
from govern.bundle.record_fields import ModelName, ModelVersion
from govern.bundle.record_reading import ReadRecord
from govern.diagnostics import Diagnostic, InputError, Severity, Span, UsageError, plain
from govern.inputs.limits import EVIDENCE_YAML
from govern.inputs.yaml import MapNode, Node, ScalarNode, parse_yaml

__all__ = ["RECORD_FILE", "WAYS", "Identity", "identify"]

RECORD_FILE = "govern.yaml"
WAYS = (
    "Three ways: add govern.yaml with metadata.name and metadata.version; give both --name and --model-version; "
    "or give the folder that holds such a record, or an MLflow registry's version folder."
)
_DOWNLOAD = "registered_model_meta"
_REGISTRY = re.compile(r"(?:.*/)?models/[^/]+/version-[^/]+/meta\.yaml")
_REGISTRY_KEYS = frozenset(
    {
        *("creation_timestamp", "current_stage", "last_updated_timestamp", "run_id"),
        *("source", "status", "storage_location"),
    }
)
"""Members of a version in MLflow's file store, 1.x to 3.x; three of them tell it from any other `meta.yaml`."""
_REGISTRY_LEAST = 3
_LISTED = 20
_OPTIONS = {"name": "--name", "version": "--model-version"}


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one source says."""

    source: str
    name: str | None
    version: str | None
    span: Span | None = None
    model_id: str | None = None
    run_id: str | None = None

    def may_be_of(self, model: MlModel | None) -> bool:
        """Say whether it can speak of this model: no id that both have differs."""
        if model is None:
            return True
        pairs = ((self.model_id, model.model_id), (self.run_id, model.run_id))
        return all(mine is None or its is None or mine == its for mine, its in pairs)


@dataclass(frozen=True, slots=True)
class Identity:
    """The record of the model, made up from other sources when the bundle has none, and what was noticed."""

    record: ModelRecord
    notes: tuple[Diagnostic, ...] = ()


def identify(
    listing: Listing, read: ReadRecord | None, home: str, *, name: str | None, version: str | None
) -> Identity:
    """Say which model this is. `name` and `version` are the caller's.

    Raises UsageError B111 when nothing says it, B112 when a registry holds several versions, and InputError B113 when
    two sources disagree.
    """
    notes: list[Diagnostic] = []
    claims: list[_Claim] = []
    if read is not None:
        metadata = read.record.metadata
        claims.append(_Claim("the record", metadata.name, metadata.version, read.span(("metadata",))))
    claims += _registry(listing, home, recorded=read is not None, name=name, version=version)
    claims += _download(listing, home, notes)
    claims.append(_Claim("the caller", name, version))
    usable = [_usable(claim, notes) for claim in claims]
    faults = [*_conflicts(usable, "name", read), *_conflicts(usable, "version", read)]
    if faults:
        raise InputError(faults)
    if read is not None:
        return Identity(read.record, tuple(notes))
    return Identity(_made(listing, usable, name, version, notes), tuple(notes))


# --- sources


def _registry(listing: Listing, home: str, *, recorded: bool, name: str | None, version: str | None) -> list[_Claim]:
    """Give what a registry's file store says: of the folder that was given, or of the one version that lies below."""
    own = _entry(listing, "meta.yaml") if "meta.yaml" in listing.files else None
    if own is not None:
        return [own]
    if recorded:
        return []  # a store beside a record is history: other versions than the one that is judged
    found = [claim for path in listing.files if _REGISTRY.fullmatch(path) and (claim := _entry(listing, path))]
    model = _model(listing, home)
    found = [claim for claim in found if claim.may_be_of(model)]
    asked = [claim for claim in found if (claim.name, claim.version) == (name, version)]
    found = asked if name is not None and version is not None and asked else found
    if len(found) < 2:
        return found
    shown = ", ".join(f"{plain(str(item.name))} {plain(str(item.version))}" for item in found[:_LISTED])
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    raise UsageError(
        Diagnostic(
            code="B112",
            message=f"the registry holds several versions for this model: {shown}{more}",
            hint="Say which one is judged with --name and --model-version.",
        )
    )


def _entry(listing: Listing, path: str) -> _Claim | None:
    """Read a registry's `meta.yaml` of one version; None for another kind of file, which is no fault of it."""
    root = _mapping(listing, path)
    if root is None or len(_REGISTRY_KEYS & set(root.keys())) < _REGISTRY_LEAST:
        return None
    name, version = _text(root.get("name")), _text(root.get("version"))
    if name is None or version is None:
        return None
    ids = _text(root.get("model_id")), _text(root.get("run_id"))
    return _Claim("MLflow's registry", name, version, root.key_span("name"), *ids)


def _download(listing: Listing, home: str, notes: list[Diagnostic]) -> list[_Claim]:
    """Give what `mlflow artifacts download` wrote beside the model. Two nulls mean that it was no registered model."""
    path = f"{home}/{_DOWNLOAD}" if home else _DOWNLOAD
    if path not in listing.files:
        return []
    try:
        root = _parsed(listing, path)
    except InputError as fault:
        notes += [replace(item, severity=Severity.WARNING) for item in fault.diagnostics]
        return []
    if not isinstance(root, MapNode):
        message = "the download's statement of which model it is is no mapping"
        notes.append(Diagnostic("B126", message, Span(path, 1, 1), WAYS, Severity.WARNING))
        return []
    name, version = _text(root.get("model_name")), _text(root.get("model_version"))
    if name is None and version is None:
        message = "the download names no registered model, so it does not say which model this is"
        notes.append(Diagnostic("B126", message, Span(path), WAYS, Severity.NOTE))
        return []
    return [_Claim("the download's registered_model_meta", name, version, Span(path, 1, 1))]


def _model(listing: Listing, home: str) -> MlModel | None:
    path = f"{home}/{MLMODEL}" if home else MLMODEL
    return mlmodel_of(listing, path).model if path in listing.files else None


def _mapping(listing: Listing, path: str) -> MapNode | None:
    try:
        root = _parsed(listing, path)
    except InputError:
        return None
    return root if isinstance(root, MapNode) else None


def _parsed(listing: Listing, path: str) -> Node:
    data = listing.read(path, limit=EVIDENCE_YAML.bytes, reader=READER)
    return parse_yaml(data, file=path, strictness="evidence")


def _text(node: Node | None) -> str | None:
    return node.text if isinstance(node, ScalarNode) and not node.is_null and node.text else None


# --- agreement


def _usable(claim: _Claim, notes: list[Diagnostic]) -> _Claim:
    """Leave out a foreign name or version that cannot be one here: it can neither be taken nor agree or disagree."""
    if claim.source in ("the record", "the caller"):
        return claim
    kept: dict[str, str | None] = {}
    for key, text, kind in (("name", claim.name, ModelName), ("version", claim.version, ModelVersion)):
        kept[key] = text
        try:
            if text is not None:
                TypeAdapter(kind).validate_python(text)
        except ValidationError:
            kept[key] = None
            message = f"{claim.source} says {key} '{text}', which cannot be a {key} here"
            hint = f"Add govern.yaml, or give {_OPTIONS[key]}: lower-case letters, digits, `.`, `_` and `-`."
            notes.append(Diagnostic("B123", message, claim.span, hint, Severity.WARNING))
    return replace(claim, name=kept["name"], version=kept["version"])


def _conflicts(claims: Sequence[_Claim], key: str, read: ReadRecord | None) -> list[Diagnostic]:
    said = [(claim, text) for claim in claims if (text := getattr(claim, key)) is not None]
    if not said:
        return []
    first, chosen = said[0]
    return [
        Diagnostic(
            code="B113",
            message=f"{first.source} says {key} '{chosen}', {claim.source} says '{text}'",
            span=read.span(("metadata", key)) if read is not None else first.span or claim.span,
            hint=f"Correct the one that is wrong, or leave {_OPTIONS[key]} out."
            if claim.source == "the caller"
            else "Correct the one that is wrong.",
        )
        for claim, text in said[1:]
        if text != chosen
    ]


def _made(
    listing: Listing, claims: Sequence[_Claim], name: str | None, version: str | None, notes: Sequence[Diagnostic]
) -> ModelRecord:
    names = [claim.name for claim in claims if claim.name is not None]
    versions = [claim.version for claim in claims if claim.version is not None]
    if not names or not versions:
        raise UsageError(Diagnostic(code="B111", message=_nothing_says(listing, notes), hint=WAYS))
    try:
        return ModelRecord.model_validate(
            {"apiVersion": "govern/v1", "kind": "Model", "metadata": {"name": names[0], "version": versions[0]}}
        )
    except ValidationError as fault:
        raise UsageError(
            [
                Diagnostic(code="B111", message=f"{_OPTIONS[str(detail['loc'][-1])]}: {detail['msg']}", hint=WAYS)
                for detail in fault.errors(include_url=False)
            ]
        ) from fault


def _nothing_says(listing: Listing, notes: Sequence[Diagnostic]) -> str:
    message = "nothing says which model and version this is"
    wanted = ("govern.yaml", "govern.yml", "govern.json")
    similar = [path for path in listing.files if "/" not in path and path.casefold() in wanted]
    if similar:
        return f"{message}: {plain(similar[0])} is not read, the name is {RECORD_FILE}"
    below = sorted(path.rpartition("/")[0] for path in listing.files if path.endswith(f"/{MLMODEL}"))
    if below:
        message += f"; there is a model in {plain(below[0])}/"
    databases = [path for path, entry in listing.files.items() if entry.head.startswith(b"SQLite format 3\0")]
    if databases:
        message += f"; {plain(databases[0])} is a database, which is not opened"
    return "; ".join([message, *(f"{item.message}" for item in notes[:2])])
