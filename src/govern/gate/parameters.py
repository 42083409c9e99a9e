"""Values for parameters of policies, as callers from outside give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Union

from govern.canonical import decimal_text
from govern.diagnostics import Diagnostic, UsageError
from govern.policy.parameters import Override

__all__ = ["ParameterArgument", "parameter_texts"]

ParameterArgument = Union[str, bool, int, float, Decimal, Sequence[str], "set[str]", "frozenset[str]"]
"""A number, a text, a truth value, or the members of a set; all as text, too."""


def parameter_texts(params: Mapping[str, ParameterArgument]) -> dict[str, Override]:
    """Write values as a policy would: numbers as decimals, truth values as words, sets as their members.

    A float stands for the decimal that Python prints for it, so that 0.85 means 0.85. Raises UsageError P402 for
    numbers that are not finite or too long, and for anything that is not a value.
    """
    made: dict[str, Override] = {}
    faults: list[Diagnostic] = []
    for name, value in params.items():
        try:
            made[name] = _text(value)
        except (TypeError, ValueError, ArithmeticError) as fault:
            faults.append(Diagnostic("P402", f"the value given for the parameter '{name}': {fault}"))
    if faults:
        raise UsageError(faults)
    return made


def _text(value: object) -> Override:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return decimal_text(Decimal(repr(value)))
    if isinstance(value, int | Decimal):
        return decimal_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        if not all(isinstance(item, str) for item in value):
            raise TypeError("the members of a set are texts")
        return tuple(sorted(value))
    raise TypeError(f"a {type(value).__name__} is no number, text, truth value or set of texts")
