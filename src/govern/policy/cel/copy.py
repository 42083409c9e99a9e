"""Evidence in types and texts that the engine reads as they are meant."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from unicodedata import normalize

__all__ = ["Copier", "Rounding", "is_plain_text"]

Rounding = Literal["down", "up"]

_INT64 = 2**63
_UNREADABLE = re.compile("[\0\ud800-\udfff]")
_REFUSED = "\ud800"
"""A text for which the engine raises an error, whatever is done with it or with the mapping that has it as a key."""


def is_plain_text(text: str) -> bool:
    """Whether the engine reads a text as it is. It cuts one at a NUL, so that `"a\\0b"` would equal `"a"`."""
    return _UNREADABLE.search(text) is None


_OTHERS = (type(None), bool, int, float, Decimal, list, tuple)


def _composed(text: object) -> str:
    plain = str(text)
    return plain if plain.isascii() else normalize("NFC", plain)


@dataclass(slots=True)
class Copier:
    """Copies evidence into the exact built-in types that the engine understands.

    `Decimal` becomes a double, texts become NFC, null members of mappings are dropped (null is absent). A number
    that the engine could not hold at all is dropped too: the type step, which runs first, has already refused it
    for every path that an expression reads. A text or key that it would misread becomes one that it refuses.
    """

    rounding: Rounding
    exact: bool = True

    def copy(self, value: Any) -> Any:
        """Copy a value. Raises TypeError for what is not evidence."""
        # The commonest first: asking whether something is a Mapping is slow.
        if isinstance(value, str):
            return _composed(value) if is_plain_text(value) else _REFUSED
        if isinstance(value, dict) or (not isinstance(value, _OTHERS) and isinstance(value, Mapping)):
            return self.mapping(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return int(value) if -_INT64 <= value < _INT64 else None
        if isinstance(value, Decimal | float):
            return self.double(value)
        if isinstance(value, list | tuple):
            return [self.copy(item) for item in value]
        raise TypeError(f"{type(value).__name__} is not evidence: expected JSON types and Decimal")

    def mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        """Copy a mapping without its null members."""
        copied: dict[str, Any] = {}
        for key, item in value.items():
            name = _composed(key)
            if name in copied or not is_plain_text(name):  # two keys that are one in composed form say two things
                name = _REFUSED
            copied[name] = self.copy(item)
        return {key: item for key, item in copied.items() if item is not None or key == _REFUSED}

    def double(self, value: Decimal | float) -> float | None:
        """Give the double nearest in the direction of rounding; None for what is not finite."""
        number = float(value)
        if not math.isfinite(number):
            return None
        if isinstance(value, float) or Decimal(repr(number)) == value:
            return number
        self.exact = False
        held = Decimal(number)
        if self.rounding == "down":
            return number if held <= value else math.nextafter(number, -math.inf)
        return number if held >= value else math.nextafter(number, math.inf)
