"""Quantities of Kubernetes (`500m`, `1.5Gi`, `2e3`): whether a text is one, and whether it is more than nothing."""

from __future__ import annotations

import re
from decimal import Decimal

__all__ = ["is_positive"]

_QUANTITY = re.compile(
    r"\+?([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3})?", re.ASCII
)
"""`resource.Quantity` of Kubernetes' API machinery: a number, and a binary, decimal or exponent suffix."""


def is_positive(value: object) -> bool:
    """Whether a value is a quantity greater than zero. Numbers of JSON count, truth values and lists do not."""
    if isinstance(value, bool):
        return False
    match = _QUANTITY.fullmatch(str(value)) if isinstance(value, str | int | Decimal) else None
    return match is not None and any(digit in "123456789" for digit in match[1])
