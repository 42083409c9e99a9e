"""pydantic's errors in our words and at the author's line: the shape stage speaks only through this module."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from govern.diagnostics import Diagnostic, Edit, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode
from govern.policy.advice.certain import duration_fix, number_fix, renamed
from govern.policy.evidence_schema import suggest
from govern.policy.outcomes import Stage

__all__ = ["keys_of", "validated"]

Model = TypeVar("Model", bound=BaseModel)
Step = str | int

_CODES = {
    "extra_forbidden": "P201",
    "missing": "P202",
    "wrong_type": "P203",
    "bad_identifier": "P205",
    "bad_duration": "P207",
    "exclusive_parameters": "P208",
    "wrong_direction": "P208",
    "unknown_stage": "P212",
    "plugin_crashed": "P221",
}
_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "is_instance_of": "a number",
    "decimal_type": "a number",
}


def validated(model: type[Model], value: Any, node: Node) -> tuple[Model | None, tuple[Diagnostic, ...]]:
    """Validate the value of a node against a model; every fault with its place and, where there is one, a fix."""
    try:
        return model.model_validate(value), ()
    except ValidationError as fault:
        found: dict[tuple[Span | None, str, Step], Diagnostic] = {}
        for detail in fault.errors(include_url=False, include_context=True):
            item = _diagnostic(model, node, detail)
            lacking = detail["loc"][-1] if detail["type"] == "missing" else ""
            found.setdefault((item.span, item.code, lacking), item)  # a union repeats a fault once a member
        return None, tuple(found.values())


def _diagnostic(model: type[BaseModel], node: Node, detail: ErrorDetails) -> Diagnostic:
    kind = detail["type"]
    loc = detail["loc"]
    place = list(_known_steps(node, loc[:-1] if kind in ("extra_forbidden", "missing") else loc))
    here = _at(node, place)
    dotted = _dotted(place)
    last = str(loc[-1]) if loc else ""
    if kind == "extra_forbidden":
        allowed = keys_of(_model_at(model, loc[:-1]))
        near = suggest(last, allowed)
        hint = f"Did you mean '{near}'?" if near else f"Keys here are {', '.join(allowed)}." if allowed else None
        span = here.key_span(last) if isinstance(here, MapNode) else here.span
        free = [item for item in allowed if not isinstance(here, MapNode) or here.get(item) is None]
        key_fix = renamed(span, last, allowed) if near in free and isinstance(here, MapNode) else ()
        return Diagnostic("P201", f"there is no key '{last}' here", span, hint, fix=key_fix)
    if kind == "missing":
        message = f"'{last}' is missing{f' in {dotted}' if dotted else ''}"
        return Diagnostic("P202", message, _head(here), f"Add `{last}:`.")
    subject = f"{dotted}: " if dotted else ""
    if kind in _WANTED:
        found = _found(here, detail.get("input"))
        return Diagnostic("P203", f"{subject}expected {_WANTED[kind]}, found {found}", here.span)
    if kind == "literal_error":
        return _choice(subject, here, detail)
    code = _CODES.get(kind, "P203" if kind.endswith(("_type", "_parsing")) else "P204")
    fix: tuple[Edit, ...] = ()
    if detail["msg"].startswith("expected a number"):
        fix = number_fix(here)
    elif kind == "bad_duration":
        fix = duration_fix(here)
    elif kind == "unknown_stage" and isinstance(here, ScalarNode):
        fix = renamed(here.span, here.text, [item.value for item in Stage])
    place_of, hint = _meant(here, detail)
    return Diagnostic(code, f"{subject}{detail['msg']}", place_of.span, hint, fix=fix)


def _meant(here: Node, detail: ErrorDetails) -> tuple[Node, str | None]:
    """The scalar that an error is about and the nearest name, where a validator says which names it knows.

    A validator of a list or of a whole mapping cannot say at which member it stumbled, but the name it gives can.
    """
    context = detail.get("ctx", {})
    given, known = context.get("name", context.get("text")), context.get("known")
    if not isinstance(given, str) or not isinstance(known, tuple):
        return here, None
    near = suggest(given, known)
    return _named(here, given) or here, f"Did you mean '{near}'?" if near else None


def _named(node: Node, text: str) -> ScalarNode | None:
    if isinstance(node, ScalarNode):
        return node if node.text == text else None
    inner = node.items if isinstance(node, ListNode) else [item for entry in node.entries for item in entry]
    return next((found for item in inner if (found := _named(item, text)) is not None), None)


def _choice(subject: str, here: Node, detail: ErrorDetails) -> Diagnostic:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    allowed = [item.strip(" '") for item in expected.replace(" or ", ", ").split(",")]
    given = detail.get("input")
    near = suggest(given, allowed) if isinstance(given, str) else None
    found = f"'{given}'" if isinstance(given, str) else _found(here, given)
    message = f"{subject}expected {', '.join(allowed[:-1])} or {allowed[-1]}, found {found}"
    if len(allowed) == 1:
        message = f"{subject}expected {allowed[0]}, found {found}"
    fix = renamed(here.span, given, allowed) if isinstance(given, str) else ()
    return Diagnostic("P204", message, here.span, f"Did you mean '{near}'?" if near else None, fix=fix)


def _known_steps(node: Node, loc: Sequence[Step]) -> Iterator[Step]:
    """The steps of a pydantic location that exist in the tree: names of union members do not."""
    here: Node | None = node
    for step in loc:
        below: Node | None = None
        if isinstance(here, MapNode):
            below = here.get(str(step))
        elif isinstance(here, ListNode) and isinstance(step, int) and step < len(here.items):
            below = here.items[step]
        if below is not None:
            here = below
            yield step


def _at(node: Node, path: Sequence[Step]) -> Node:
    here = node
    for step in path:
        below = here.get(str(step)) if isinstance(here, MapNode) else None
        if isinstance(here, ListNode) and isinstance(step, int):
            below = here.items[step]
        here = below or here
    return here


def _dotted(path: Sequence[Step]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def _head(node: Node) -> Span:
    """The first line of a mapping, not all of it."""
    span = node.span
    return Span(span.file, span.line, span.column) if isinstance(node, MapNode) else span


def _found(node: Node, given: object) -> str:
    if isinstance(node, MapNode) and isinstance(given, Mapping):
        return "a mapping"
    if isinstance(node, ListNode) and isinstance(given, list | tuple):
        return "a list"
    if given is None:
        return "nothing"
    if isinstance(node, ScalarNode) and isinstance(given, str):
        return f"the text '{node.text}'" if len(node.text) <= 60 else "a text"
    return f"'{given}'"


# --- which keys a model allows


def keys_of(model: type[BaseModel] | None) -> list[str]:
    """Give the keys a model allows, as they are written."""
    return [] if model is None else sorted(item.alias or name for name, item in model.model_fields.items())


def _model_at(model: type[BaseModel], loc: Sequence[Step]) -> type[BaseModel] | None:
    here: type[BaseModel] | None = model
    for step in loc:
        if here is None or not isinstance(step, str):
            continue
        fields = {item.alias or name: item.annotation for name, item in here.model_fields.items()}
        if step in fields:
            here = _inner_model(fields[step])
    return here


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Annotated, Union, types.UnionType) or get_args(annotation):
        for part in get_args(annotation):
            found = _inner_model(part)
            if found is not None:
                return found
    return None
