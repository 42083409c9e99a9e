"""The declared facts of a model record as plain values for expressions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from govern.inputs.scalars import ScalarText
from govern.inputs.yaml_rules import core_type

__all__ = ["declared", "extended"]

_LARGEST_EXPONENT = 30


def extended(own: Mapping[str, object], extensions: Mapping[str, object]) -> dict[str, object]:
    """Give what `extensions` adds: mappings by name, in which the record's `own` fields always win."""
    made: dict[str, object] = {}
    for name, fields in extensions.items():
        held = own.get(name, {})
        if isinstance(fields, Mapping) and isinstance(held, Mapping):
            made[name] = {**{str(key): _plain(value) for key, value in fields.items()}, **held}
    return made


def _plain(value: object) -> object:
    """Type what stands under `extensions` as YAML 1.2's core schema does: no field says what it should be."""
    if isinstance(value, ScalarText):
        kind = core_type(value) if value.plain else "text"
        if kind in ("int", "float"):
            return _number(value)
        return {"null": None, "bool": value.lower() == "true"}.get(kind, str(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _number(text: str) -> Decimal | None:
    """A number of ordinary size; anything else is as good as not declared."""
    try:
        value = Decimal(int(text, 0)) if text.lstrip("+-").lower().startswith(("0x", "0o")) else Decimal(text)
    except (ArithmeticError, ValueError):
        return None
    return value if value.is_finite() and abs(value.adjusted()) <= _LARGEST_EXPONENT else None


def declared(part: BaseModel) -> dict[str, object]:
    """Give the fields of a part that were written, and only those: dates as ISO text, tuples as lists."""
    return {
        name: _fact(getattr(part, name))
        for name in type(part).model_fields
        if name in part.model_fields_set and getattr(part, name) is not None
    }


def _fact(value: object) -> object:
    if isinstance(value, BaseModel):
        return declared(value)
    if isinstance(value, Mapping):
        return {str(key): _fact(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_fact(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
