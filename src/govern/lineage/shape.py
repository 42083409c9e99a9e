"""From a YAML tree to a typed model, with every fault placed. pydantic checks; this file translates its errors."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from govern.diagnostics import Diagnostic, Span, in_order
from govern.inputs.nodes import MapNode, Node, span_at, value_of

__all__ = ["Listed", "Strict", "path_text", "shaped"]

Item = TypeVar("Item")
Model = TypeVar("Model", bound=BaseModel)

Listed = Annotated[tuple[Item, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]
"""A YAML list as a tuple."""


class Strict(BaseModel):
    """Base of the models: unknown keys are errors, instances do not change, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _keys_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    """Give the keys allowed at a path."""
    at: type[BaseModel] | None = model
    for step in path:
        if at is None:
            return []
        if isinstance(step, str):
            fields = {field.alias or name: field for name, field in at.model_fields.items()}
            at = _model_in(fields[step].annotation) if step in fields else None
    return sorted(field.alias or name for name, field in at.model_fields.items()) if at else []


def _key_span(node: Node, path: Sequence[str | int]) -> Span:
    """Give the place of the key itself, for a key that should not be there."""
    at: Node | None = node
    for step in path[:-1]:
        if isinstance(at, MapNode):
            at = at.get(str(step))
        else:
            items = getattr(at, "items", ())
            at = items[step] if isinstance(step, int) and step < len(items) else None
    return at.key_span(str(path[-1])) if isinstance(at, MapNode) else span_at(node, path)


def path_text(path: Sequence[str | int]) -> str:
    """Write a path as people do: `model.files[0]`."""
    out = ""
    for step in path:
        out += f"[{step}]" if isinstance(step, int) else f".{step}" if out else step
    return out or "the document"


def _diagnostic(model: type[BaseModel], node: Node, error: Any) -> Diagnostic:
    path = tuple(step for step in error["loc"] if isinstance(step, int) or not step.endswith("()"))
    kind = error["type"]
    if kind == "extra_forbidden":
        key = str(path[-1])
        allowed = _keys_at(model, path[:-1])
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"allowed here: {', '.join(allowed)}" if allowed else None
        return Diagnostic("L101", f"unknown key '{path_text(path)}'", _key_span(node, path), hint)
    if kind == "missing":
        return Diagnostic(
            "L102", f"'{path[-1]}' is missing from {path_text(path[:-1])}", span_at(node, path), f"add '{path[-1]}:'"
        )
    return Diagnostic("L103", f"{path_text(path)}: {error['msg']}", span_at(node, path))


def shaped(model: type[Model], node: Node) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Check a tree against a model: the instance, or None with all faults (L101 unknown, L102 missing, L103 other)."""
    try:
        return model.model_validate(value_of(node)), ()
    except ValidationError as fault:
        errors = fault.errors(include_url=False, include_context=False, include_input=False)
        return None, in_order(_diagnostic(model, node, error) for error in errors)
