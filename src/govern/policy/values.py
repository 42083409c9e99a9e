"""Values of policy parameters."""

from __future__ import annotations

from decimal import Decimal

from govern.canonical import Json, decimal_text

__all__ = ["ParameterValue", "json_of"]

ParameterValue = Decimal | int | str | bool | tuple[str, ...]
"""A number, whole number, text (string, duration, date, enum), truth value or set."""


def json_of(value: ParameterValue) -> Json:
    """Write a value for the plan: numbers as decimal text, sets sorted by code point."""
    if isinstance(value, Decimal):
        return decimal_text(value)
    return sorted(value) if isinstance(value, tuple) else value
