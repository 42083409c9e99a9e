"""Field types of policy documents: each types the text of a YAML scalar itself.

The YAML reader keeps a scalar's exact text (`ScalarText`); a field decides what it needs. So `version: 1.10`
stays "1.10" in a text field and `at_least: 0.80` becomes Decimal("0.80") without ever being a float.
A validator also accepts a value that already has its Python type, which is how the Python API builds parameters.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from govern.canonical import decimal_text
from govern.inputs.scalars import ScalarText

__all__ = ["Count", "Duration", "Flag", "Names", "Number", "ScalarText", "Text"]


_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_DURATION = re.compile(r"([0-9]{1,6})(mo|m|h|d|y)")


def _unquoted(value: Any, wanted: str) -> str | None:
    if isinstance(value, ScalarText):
        if not value.plain:
            raise PydanticCustomError("wrong_type", "expected {wanted}, found quoted text", {"wanted": wanted})
        return str(value)
    return None


def _number(value: Any) -> Any:
    text = _unquoted(value, "a number")
    if text is not None:
        if not _NUMBER.fullmatch(text):
            hint = " (write 80% as 0.8)" if text.endswith("%") else " (write 0,8 as 0.8)" if "," in text else ""
            raise PydanticCustomError(
                "wrong_type", "expected a number, found '{text}'{hint}", {"text": text, "hint": hint}
            )
        value = Decimal(text)
    elif isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    elif isinstance(value, str):
        if not _NUMBER.fullmatch(value):
            raise PydanticCustomError("wrong_type", "expected a number, found '{text}'", {"text": value})
        value = Decimal(value)
    if isinstance(value, Decimal):
        try:
            decimal_text(value)
        except ValueError as fault:
            raise PydanticCustomError("bad_value", "{why}", {"why": str(fault)}) from fault
    return value


def _count(value: Any) -> Any:
    text = _unquoted(value, "a whole number")
    if text is None:
        return value
    if not _INTEGER.fullmatch(text) or len(text) > 17:
        raise PydanticCustomError("wrong_type", "expected a whole number, found '{text}'", {"text": text})
    return int(text)


def _flag(value: Any) -> Any:
    text = _unquoted(value, "true or false")
    if text is None:
        return value
    if text.lower() not in ("true", "false"):
        raise PydanticCustomError("wrong_type", "expected true or false, found '{text}'", {"text": text})
    return text.lower() == "true"


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, ScalarText) else value


def _duration(value: Any) -> Any:
    if isinstance(value, str):
        text = str(value)
        if not _DURATION.fullmatch(text):
            hint = "; ISO 8601 durations belong to records, not to policies" if text.startswith("P") else ""
            raise PydanticCustomError(
                "bad_duration",
                "expected a duration such as 30d, 12h, 45m, 6mo or 1y, found '{text}'{hint}",
                {"text": text, "hint": hint},
            )
        return text
    return value


Number = Annotated[
    Decimal,
    BeforeValidator(_number),
    PlainSerializer(decimal_text, return_type=str),
    WithJsonSchema({"type": "number"}),
]
"""A finite decimal; in the plan a decimal string."""
Count = Annotated[int, BeforeValidator(_count), WithJsonSchema({"type": "integer"})]
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"type": "boolean"})]
Text = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string"})]
Duration = Annotated[
    str, BeforeValidator(_duration), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}(mo|m|h|d|y)$"})
]
"""`<n>m|h|d|mo|y`; months and years are calendar arithmetic in UTC (see `policy.durations`)."""
Names = Annotated[tuple[Text, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)]
