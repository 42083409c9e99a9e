"""Reading `govern.yaml`: YAML with places, then the record's shape, every fault with line and column."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from govern.bundle.paths import inside
from govern.bundle.record import ModelRecord
from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.text import decode_text, hidden_characters
from govern.inputs.yaml import MapNode, Node, ScalarNode, parse_yaml, span_at, value_of

__all__ = ["ReadRecord", "read_record", "written_paths"]

_MESSAGE_CHARS = 400
_FOUND = {"ListNode": "a list", "MapNode": "a mapping"}
_WANTED = {
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "a text",
    "bool_type": "true or false",
    "date_type": "a date such as 2026-03-31",
    "is_instance_of": "a number",
    "decimal_type": "a number",
}


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record with the tree it came from."""

    record: ModelRecord
    root: Node
    file: str

    def span(self, path: Sequence[str | int]) -> Span:
        """Give the place of a value, or of the nearest node above it."""
        return span_at(self.root, path)


def read_record(data: bytes, *, file: str = "govern.yaml") -> ReadRecord:
    """Read a model record. Raises InputError with every fault: I1 (YAML), B2 (shape), B110 (paths that leave)."""
    root = parse_yaml(data, file=file, strictness="evidence")
    hidden = list(hidden_characters(decode_text(data, file=file), file=file))
    faults = hidden or list(_head(root, file))
    if faults:
        raise InputError(faults)
    faults = list(_owner(root))
    record: ModelRecord | None = None
    try:
        record = ModelRecord.model_validate(value_of(root))
    except ValidationError as fault:
        faults += [_diagnostic(root, detail) for detail in fault.errors(include_url=False)]
    if record is not None:
        faults += _paths(record, root)
    if faults or record is None:
        raise InputError(faults)
    return ReadRecord(record, root, file)


def _head(root: Node, file: str) -> Iterator[Diagnostic]:
    """Say first whether this is a model record at all: another kind of document has other keys."""
    if not isinstance(root, MapNode):
        yield Diagnostic(
            code="B205", message=f"expected a mapping, found {_kind(root)}", span=Span(file, 1, 1), hint=_START
        )
        return
    for key, wanted in (("apiVersion", "govern/v1"), ("kind", "Model")):
        node = root.get(key)
        if node is None:
            yield Diagnostic(code="B205", message=f"no `{key}`", span=root.span, hint=_START)
        elif not isinstance(node, ScalarNode) or node.text != wanted:
            found = node.text if isinstance(node, ScalarNode) else _kind(node)
            yield Diagnostic(code="B205", message=f"`{key}` is {found}, not {wanted}", span=node.span, hint=_START)


_START = "Start the record with `apiVersion: govern/v1` and `kind: Model`."


def _owner(root: Node) -> Iterator[Diagnostic]:
    spec = root.get("spec") if isinstance(root, MapNode) else None
    owner = spec.get("owner") if isinstance(spec, MapNode) else None
    absent = owner is None or (isinstance(owner, ScalarNode) and owner.is_null)
    if absent and (spec is None or isinstance(spec, MapNode) or (isinstance(spec, ScalarNode) and spec.is_null)):
        yield Diagnostic(
            code="B202",
            message="spec.owner is required",
            span=span_at(root, ["spec"]) if spec is not None else root.span,
            hint="Add `owner: {name: ..., contact: ...}` under spec.",
        )


def _paths(record: ModelRecord, root: Node) -> list[Diagnostic]:
    faults: list[Diagnostic] = []
    for place, text in written_paths(record):
        try:
            inside(text, span=span_at(root, place))
        except InputError as fault:
            faults += fault.diagnostics
    return faults


def written_paths(record: ModelRecord) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Give every path in the record that must stay inside the bundle, with where it is written."""
    spec = record.spec
    for index, artefact in enumerate(spec.artefacts):
        yield ("spec", "artefacts", index, "path"), artefact.path
    for name, item in spec.evidence.items():
        yield ("spec", "evidence", name, "path"), item.path
        if item.envelope is not None:
            yield ("spec", "evidence", name, "envelope"), item.envelope
    for index, card in enumerate(spec.cards):
        yield ("spec", "cards", index), card
    for index, lineage in enumerate(spec.lineage):
        yield ("spec", "lineage", index), lineage
    if spec.risk_register is not None:
        yield ("spec", "risk_register"), spec.risk_register
    for name, document in spec.documents.items():
        if document.path is not None:
            yield ("spec", "documents", name, "path"), document.path
    for index, monitor in enumerate(spec.monitoring):
        if monitor.evidence is not None:
            yield ("spec", "monitoring", index, "evidence"), monitor.evidence


# --- pydantic's errors in our words

_TAGS = ("=value", "=absent", "[key]")
"""Steps that pydantic puts into a place beside the keys: members of our unions, and the key of an entry."""


def _diagnostic(root: Node, detail: ErrorDetails) -> Diagnostic:
    made = _worded(root, detail)
    return made if len(made.message) <= _MESSAGE_CHARS else replace(made, message=made.message[:_MESSAGE_CHARS] + "…")


def _worded(root: Node, detail: ErrorDetails) -> Diagnostic:
    kind, steps = detail["type"], detail["loc"]
    # What is no key of the file but pydantic's own; an unknown key is the file's, even when it is written like one.
    own = steps[-1:] if kind == "extra_forbidden" else ()
    location = (*(step for step in steps[: len(steps) - len(own)] if step not in _TAGS), *own)
    dotted = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")
    if kind == "extra_forbidden":
        key = str(location[-1])
        parent = span_at(root, location[:-1])
        node = _node_at(root, location[:-1])
        known = _known_keys(location[:-1])
        close = get_close_matches(key, known, n=1)
        return Diagnostic(
            code="B201",
            message=f"there is no key '{dotted}'" + (f"; did you mean '{close[0]}'?" if close else ""),
            span=node.key_span(key) if isinstance(node, MapNode) else parent,
            hint=f"Keys here are: {', '.join(known)}. Fields of your own go under a top-level `extensions:`.",
        )
    if kind == "missing":
        hint = f"Add `{location[-1]}` here."
        return Diagnostic(code="B202", message=f"{dotted} is required", span=span_at(root, location), hint=hint)
    span = span_at(root, location)
    if kind in _WANTED or kind == "wrong_type":
        node = _node_at(root, location)
        message = detail["msg"] if kind == "wrong_type" else f"expected {_WANTED[kind]}, found {_kind(node)}"
        return Diagnostic(code="B203", message=f"{dotted}: {message}", span=span)
    if kind == "literal_error":
        return Diagnostic(code="B204", message=f"{dotted}: {_choice(detail)}", span=span)
    return Diagnostic(code="B204", message=f"{dotted}: {detail['msg']}", span=span)


def _choice(detail: ErrorDetails) -> str:
    given = detail.get("input")
    if not isinstance(given, str):
        return f"expected {detail['ctx']['expected']}"
    allowed = [item.strip(" '") for item in detail["ctx"]["expected"].replace(" or ", ", ").split(",")]
    close = get_close_matches(given, allowed, n=1)
    return f"expected one of {', '.join(allowed)}, found '{given}'" + (f"; did you mean '{close[0]}'?" if close else "")


def _node_at(node: Node, path: Sequence[str | int]) -> Node | None:
    found: Node | None = node
    for step in path:
        if isinstance(found, MapNode):
            found = found.get(str(step))
        elif found is not None and not isinstance(found, ScalarNode) and isinstance(step, int):
            found = found.items[step] if step < len(found.items) else None
        else:
            return None
    return found


def _kind(node: Node | None) -> str:
    if isinstance(node, ScalarNode):
        return "nothing" if node.is_null else f"the text '{node.text}'" if len(node.text) < 60 else "a text"
    return _FOUND.get(type(node).__name__, "something else")


def _known_keys(location: Sequence[str | int]) -> list[str]:
    """Give the keys that may stand in the mapping at a location of the record."""
    model: type[BaseModel] | None = ModelRecord
    for step in location:
        if model is not None and isinstance(step, str) and step in _keys(model):
            model = _model_in(_keys(model)[step])
    return sorted(_keys(model)) if model is not None else []


def _keys(model: type[BaseModel]) -> Mapping[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """Find the mapping type inside an annotation such as `tuple[ArtefactItem, ...]` or `Owner | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple, Mapping) or get_args(annotation):
        for part in get_args(annotation):
            found = _model_in(part)
            if found is not None:
                return found
    return None
