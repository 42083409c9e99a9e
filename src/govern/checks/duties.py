"""What every check kind owes its readers and the compiler, built in or not: one list, checked by one function.

A test holds the built-in kinds to it; a plug-in is held to it when it is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic.fields import FieldInfo

from govern.canonical import canonical_bytes
from govern.checks.interface import Check
from govern.diagnostics.catalogue import Code
from govern.policy.interface import CheckParams, CheckSpec, Tighten
from govern.policy.outcomes import Stage

__all__ = ["KIND", "duty_faults"]

KIND = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*", re.ASCII)
"""How kinds and the fields of messages are written."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_DIRECTIONS = get_args(Tighten)
_TYPES: Mapping[str, frozenset[str]] = {
    "up": frozenset({"number", "integer", "string", "object"}),
    "down": frozenset({"number", "integer", "string", "object"}),
    "superset": frozenset({"array", "object"}),
    "subset": frozenset({"array", "object"}),
}
"""JSON types of the parameters that can move in a direction; durations are text."""


def duty_faults(check: object) -> Iterator[str]:
    """Yield what a check kind lacks, in words; nothing for a sound one. Never raises for anything it is given."""
    if not isinstance(check, Check):
        yield f"it is a {type(check).__name__}, not a Check"
        return
    spec: object = check.spec
    if not isinstance(spec, CheckSpec):
        yield f"its spec is a {type(spec).__name__}, not a CheckSpec"
        return
    evaluate: object = check.evaluate
    if not callable(evaluate):
        yield "its evaluate cannot be called"
    yield from _words(spec)
    yield from _codes(spec)
    yield from _parameters(spec)


def _words(spec: Any) -> Iterator[str]:
    if not isinstance(spec.kind, str) or not KIND.fullmatch(spec.kind):
        yield f"its kind {spec.kind!r} is not written as kinds are: lower case, with dots between"
    if type(spec.version) is not int or spec.version < 1:
        yield f"its version {spec.version!r} is not a whole number from 1 on"
    for name, text in (("summary", spec.summary), ("cannot_show", spec.cannot_show)):
        if not isinstance(text, str) or not text.strip():
            yield f"it has no {name}"
    if not isinstance(spec.default_remediation, str):
        yield "its default_remediation is not a text"
    stages = spec.default_stages
    if not isinstance(stages, tuple) or not stages or not all(isinstance(item, Stage) for item in stages):
        yield "its default_stages are not stages"
    if not callable(spec.needs):
        yield "its needs cannot be called"
    for name in ("message_fields", "registry_params", "expression_params"):
        held = getattr(spec, name)
        if not isinstance(held, tuple) or not all(isinstance(item, str) for item in held):
            yield f"its {name} are not a tuple of names"
        elif name == "message_fields" and not all(KIND.fullmatch(item) for item in held):
            yield "its message_fields are not written as names are: lower case, with dots between"


def _codes(spec: Any) -> Iterator[str]:
    if not isinstance(spec.codes, Mapping):
        yield "its codes are not a mapping"
        return
    namespace = str(spec.kind).partition(".")[0]
    for name, code in spec.codes.items():
        if not isinstance(name, str) or not re.fullmatch(rf"{re.escape(namespace)}-[0-9]{{3}}", name, re.ASCII):
            yield f"its code {name!r} is not written {namespace}-101: the namespace and three digits"
        elif not isinstance(code, Code):
            yield f"what its code {name} means is a {type(code).__name__}, not a Code"
        else:
            texts = {item: getattr(code, item) for item in ("slug", "title", "why", "example", "fix")}
            empty = [item for item, text in texts.items() if not isinstance(text, str) or not text.strip()]
            if empty:
                yield f"its code {name} has no {', '.join(empty)}"
            elif not _SLUG.fullmatch(code.slug):
                yield f"the slug of its code {name} is not lower case with hyphens"


# --- parameters


def _parameters(spec: Any) -> Iterator[str]:
    model = spec.params
    if not isinstance(model, type) or not issubclass(model, CheckParams):
        yield "its params are not a class of CheckParams"
        return
    for name in ("extra", "frozen", "strict"):
        if model.model_config.get(name) != CheckParams.model_config.get(name):
            yield f"its params have another `{name}` than CheckParams"
    schemas, fault = _schemas(model)
    if fault is not None:
        yield fault
    written = {item.alias or name for name, item in model.model_fields.items()}
    for name, field in model.model_fields.items():
        for text in _field(field, schemas.get(field.alias or name)):
            yield f"its parameter {field.alias or name} {text}"
    for held in (spec.registry_params, spec.expression_params):
        strange = sorted(set(held) - written) if isinstance(held, tuple) else []
        if strange:
            yield f"{', '.join(strange)}: no parameter is called so"
    if not any(field.is_required() for field in model.model_fields.values()):
        yield from _defaults(model)


def _schemas(model: type[CheckParams]) -> tuple[dict[str, Any], str | None]:
    """Give the JSON Schema of each parameter, references followed."""
    try:
        made = model.model_json_schema(by_alias=True)
    except Exception as fault:  # whatever a foreign type does when it is asked for its schema
        return {}, f"its params give no JSON Schema ({type(fault).__name__})"
    definitions = made.get("$defs", {})

    def followed(item: Any, depth: int = 0) -> Any:
        if isinstance(item, dict):
            target = str(item.get("$ref", "")).rpartition("/")[2]
            if target in definitions and depth < 8:
                return followed(definitions[target], depth + 1)
            return {key: followed(value, depth + 1) for key, value in item.items()}
        return [followed(value, depth + 1) for value in item] if isinstance(item, list) else item

    return {name: followed(item) for name, item in made.get("properties", {}).items()}, None


def _field(field: FieldInfo, schema: Any) -> Iterator[str]:
    if not (field.description or "").strip():
        yield "has no description"
    if isinstance(schema, dict) and not set(schema) & {"type", "anyOf", "oneOf", "allOf", "enum", "const"}:
        yield "has no type that a JSON Schema can say"
    for below in _undescribed(schema):
        yield f"holds `{below}`, which has no description"
    if _has_float(field.annotation):
        yield "is a float, which no plan can hold exactly: use Number"
    extra = field.json_schema_extra
    direction = extra.get("tighten") if isinstance(extra, dict) else None
    if direction not in _DIRECTIONS:
        yield f"has no direction: declare it with parameter(tighten=...), one of {', '.join(_DIRECTIONS)}"
        return
    if direction == "order":
        yield from _order(extra.get("order") if isinstance(extra, dict) else None, schema)
    wanted = _TYPES.get(str(direction))
    if wanted is not None and schema is not None and not _types(schema) & wanted:
        yield f"cannot move '{direction}': its type has no such order"


def _undescribed(schema: Any) -> Iterator[str]:
    """The members of models inside a parameter that do not say what they mean."""
    for item in schema if isinstance(schema, list) else []:
        yield from _undescribed(item)
    for key, held in schema.items() if isinstance(schema, dict) else ():
        if key == "properties" and isinstance(held, dict):
            yield from (name for name, item in held.items() if not str(item.get("description", "")).strip())
        if isinstance(held, dict | list):
            yield from _undescribed(held)


def _order(order: object, schema: Any) -> Iterator[str]:
    if not isinstance(order, list) or len(order) < 2 or len(set(order)) != len(order):
        yield "has no order: list its values from weakest to strictest"
        return
    values = _values(schema)
    if values and set(order) != values:
        yield f"has an order that does not list its values {', '.join(sorted(values))}"


def _values(schema: Any) -> set[str]:
    """The values of an enum, or of a truth value."""
    if not isinstance(schema, dict):
        return set()
    if schema.get("type") == "boolean":
        return {"false", "true"}
    held = {str(item) for item in schema.get("enum", []) if item is not None}
    return held.union(*(_values(item) for item in schema.get("anyOf", [])))


def _types(schema: Any) -> set[str]:
    """The JSON types a value may have; every type when the schema does not say."""
    if not isinstance(schema, dict):
        return set()
    if "type" in schema:
        return {str(schema["type"])}
    below = [_types(item) for key in ("anyOf", "oneOf", "allOf") for item in schema.get(key, [])]
    return set().union(*below) if below else set().union(*_TYPES.values())


def _has_float(annotation: Any) -> bool:
    return annotation is float or any(_has_float(item) for item in get_args(annotation))


def _defaults(model: type[CheckParams]) -> Iterator[str]:
    try:
        canonical_bytes(model().model_dump(mode="json", by_alias=True, exclude_none=True))
    except Exception as fault:  # a foreign model may do anything
        yield f"its defaults cannot be written into a plan ({type(fault).__name__})"
