"""The normalised card as JSON, and the schema of that document: both come from the classes themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from govern.canonical import Json, decimal_text
from govern.evidence.cards.model import Card, Locator, Section
from govern.evidence.cards.read import Looked
from govern.evidence.cards.states import State

if TYPE_CHECKING:
    from govern.diagnostics import Diagnostic
    from govern.evidence.cards.overview import Overview
    from govern.evidence.cards.states import Verdict

__all__ = ["CARD_SCHEMA_ID", "card_document", "card_json", "card_schema"]

CARD_SCHEMA_ID = "urn:govern:card:v1"

Schema = dict[str, Any]

_NAMES = {"licences": "license"}
_LEFT_OUT = frozenset(["diagnostics", "headings", "text"])
"""Of a card: its text stands in the sections, and its diagnostics beside it."""
_TEXT: Schema = {"type": "string"}
_LINE: Schema = {"type": ["integer", "null"], "minimum": 1}


def card_document(view: Overview) -> dict[str, Json]:
    """Give what was looked at, the normalised card, and what every section came to."""
    card = view.cards.card
    return {
        "schema": CARD_SCHEMA_ID,
        "looked": [_json(item) for item in view.cards.looked],
        "card": None if card is None else _json(card),
        "technical": None if view.cards.technical is None else _json(view.cards.technical),
        "sections": [_verdict(item, view) for item in view.verdicts],
        "unclaimed": list(view.unclaimed),
        "diagnostics": [_diagnostic(item) for item in view.cards.diagnostics],
    }


def card_json(view: Overview) -> str:
    """Write the document in ASCII: what a card holds cannot steer the terminal that shows it."""
    return json.dumps(card_document(view), indent=1) + "\n"


def _json(value: Any) -> Json:
    if isinstance(value, Decimal):
        return decimal_text(value)
    if is_dataclass(value):
        names = [item.name for item in fields(value) if not (isinstance(value, Card) and item.name in _LEFT_OUT)]
        return {_NAMES.get(name, name): _json(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    plain: Json = value
    return plain


def _verdict(item: Verdict, view: Overview) -> dict[str, Json]:
    from govern.evidence.cards.boilerplate import cut_boilerplate
    from govern.evidence.cards.placeholders import find_placeholders
    from govern.evidence.cards.template import heading_of, hint_of

    section = view.cards.card.sections.get(item.section) if view.cards.card is not None else None
    passages = section.passages if section is not None else ()
    return {
        "id": item.section,
        "state": item.state.value,
        "words": item.words,
        "needs_words": view.asked.words(item.section),
        "required": item.section in view.asked.required,
        "locator": None if item.locator is None else _json(item.locator),
        "missing": item.missing,
        "heading": heading_of(item.section),
        "hint": hint_of(item.section),
        "placeholders": [text for passage in passages for text in find_placeholders(passage.text)],
        "template_sentences": sum(cut_boilerplate(passage.text)[1] for passage in passages),
    }


def _diagnostic(item: Diagnostic) -> dict[str, Json]:
    span = item.span
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        "file": None if span is None else span.file,
        "line": None if span is None else span.line,
        "hint": item.hint,
    }


def card_schema() -> Schema:
    """Give the JSON Schema of the document."""
    definitions: dict[str, Schema] = {}
    card = _schema(Card, definitions)
    verdict: Schema = {
        "id": _TEXT,
        "state": {"enum": [state.value for state in State]},
        "words": {"type": "integer"},
        "needs_words": {"type": "integer"},
        "required": {"type": "boolean"},
        "heading": _TEXT,
        "hint": _TEXT,
        "locator": _or_null(_schema(Locator, definitions)),
        "missing": {"type": ["string", "null"]},
        "placeholders": {"type": "array", "items": _TEXT},
        "template_sentences": {"type": "integer", "minimum": 0},
    }
    told: Schema = {
        "code": _TEXT,
        "severity": _TEXT,
        "message": _TEXT,
        "line": _LINE,
        "file": {"type": ["string", "null"]},
        "hint": {"type": ["string", "null"]},
    }
    document = _object(
        {
            "schema": {"const": CARD_SCHEMA_ID},
            "looked": {"type": "array", "items": _schema(Looked, definitions)},
            "card": _or_null(card),
            "technical": _or_null(card),
            "sections": {"type": "array", "items": _object(verdict)},
            "unclaimed": {"type": "array", "items": _TEXT},
            "diagnostics": {"type": "array", "items": _object(told)},
        }
    )
    dialect = "https://json-schema.org/draft/2020-12/schema"
    head = {"$schema": dialect, "$id": CARD_SCHEMA_ID, "title": "govern normalised model card"}
    return {**head, **document, "$defs": dict(sorted(definitions.items()))}


def _object(members: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": sorted(members), "properties": members}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _schema(kind: Any, definitions: dict[str, Schema]) -> Schema:
    """Give the schema of a field's type."""
    origin, members = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _class(kind, definitions)
    if origin in (Union, UnionType):
        some = [item for item in members if item is not NoneType]
        return _or_null(_schema(some[0], definitions))
    if origin is Literal:
        return {"enum": list(members)}
    if origin is tuple:
        return {"type": "array", "items": _schema(members[0], definitions)}
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _schema(members[1], definitions)}
    return dict(_LEAVES[kind])


_LEAVES: dict[type, Schema] = {
    str: _TEXT,
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?$"},
}


def _class(kind: type, definitions: dict[str, Schema]) -> Schema:
    name = kind.__name__
    if name not in definitions:
        definitions[name] = {}
        hints = get_type_hints(kind)
        names = [item.name for item in fields(kind) if not (kind is Card and item.name in _LEFT_OUT)]
        definitions[name] = _object({_NAMES.get(one, one): _schema(hints[one], definitions) for one in names})
        if kind is Section:
            definitions[name]["description"] = "What claims a section; what it came to stands under `sections`."
    return {"$ref": f"#/$defs/{name}"}
