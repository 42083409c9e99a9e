"""One item of a Great Expectations result: the expectation, its figures, and whether it crashed."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from govern.diagnostics import plain
from govern.evidence.tools.interface import Document, Verdict
from govern.evidence.tools.quality import QualityItem, shown

__all__ = ["read_item"]

_NOT_ASKED = frozenset({"batch_id", "column", "column_list", "column_A", "column_B", "mostly", "result_format"})
"""Arguments that are no part of what is asked of the values."""
_NUMBER: tuple[type[int | Decimal], ...] = (int, Decimal)
_PERCENTS = ("unexpected_percent", "unexpected_percent_nonmissing")
_NONE, _ALL = Fraction(0), Fraction(1)
_NULL_WHEN_EMPTY = ("element_count", *_PERCENTS, "observed_value")
_MOST = 2**53 - 1
"""Largest count: beyond it a double, such as the tool's own JSON had, counts wrong."""


def read_item(document: Document, item: Any, *place: str | int, graded: bool) -> QualityItem:
    """Read the item at a place; `graded` says that it must have a severity. Raises InputError E102 and E103.

    In `describe()` the expectation's type and arguments stand in the item, and an exception only sometimes does.
    """
    item = document.of_type(item, dict, *place)
    described = "expectation_type" in item and "expectation_config" not in item
    config = place if described else (*place, "expectation_config")
    held = item if described else document.member(item, dict, *config)
    named = "expectation_type" if described or ("expectation_type" in held and "type" not in held) else "type"
    type_ = document.member(held, str, *config, named)
    kwargs = document.member(held, dict, *config, "kwargs")
    success = document.member(item, bool, *place, "success")
    result = document.member(item, dict, *place, "result")
    if not described:
        document.member(item, dict, *place, "exception_info")
    crash = _exception(item.get("exception_info"))
    if crash is None and not success and not described and not _says_that_it_ran(item["exception_info"]):
        crash = "it does not say whether it ran"
    severity = document.member(held, str, *config, "severity") if graded else held.get("severity")
    figures = _Figures(document, (*place, "result"), result)
    mostly = _mostly(document, kwargs, *config, "kwargs", "mostly")
    verdict: Verdict = "pass" if success else "fail"
    why = None
    if crash is not None:
        verdict, why = "error", crash
    elif success and figures.nothing:
        verdict, why = "not_evaluated", "it looked at no value: all of them are missing, or there is no row"
    return QualityItem(
        type=type_,
        steps=place,
        verdict=verdict,
        column=_column(kwargs),
        severity=severity if isinstance(severity, str) else None,
        observed=figures.observed,
        expected=_expected(kwargs),
        mostly=mostly,
        unexpected=figures.unexpected,
        of=figures.of,
        share=figures.share,
        counted=figures.share is not None or mostly is None,
        why=why,
    )


class _Figures:
    """What `result` says of how many values were looked at, and how many were not as expected."""

    def __init__(self, document: Document, place: tuple[str | int, ...], result: dict[str, Any]) -> None:
        elements = _count(document, result, place, "element_count")
        lacking = _count(document, result, place, "missing_count") or 0
        self.unexpected = _count(document, result, place, "unexpected_count")
        self.of = None if elements is None else elements - lacking
        if self.of is not None and (self.of < 0 or (self.unexpected or 0) > self.of):
            raise document.fault("E103", f"{self.unexpected} unexpected of {self.of} values cannot be", *place)
        shares = [share for name in _PERCENTS if (share := _share(document, result, place, name)) is not None]
        if self.unexpected and self.of:
            shares.append(Fraction(self.unexpected, self.of))
        elif self.unexpected is not None and self.of != 0:
            shares.append(_ALL if self.unexpected else _NONE)
        self.share = max(shares, default=None)
        """Counts beat the percentage unless it is worse: a share that only one figure admits is admitted."""
        self.nothing = self.of == 0 or any(name in result and result[name] is None for name in _NULL_WHEN_EMPTY)
        self.observed = self._text(result.get("observed_value"))

    def _text(self, observed: Any) -> str | None:
        if self.unexpected is not None and self.of is not None:
            return f"{self.unexpected} of {self.of} values"
        if isinstance(observed, list | dict):
            return f"{len(observed)} values"
        if isinstance(observed, str):  # it may be a value of a row, such as the largest name
            return None
        return None if observed is None else shown(observed)


def _count(document: Document, result: dict[str, Any], place: tuple[str | int, ...], name: str) -> int | None:
    value = result.get(name)
    if value is None:
        return None
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    number = value if type(value) is int else document.of_type(value, int, *place, name)
    if not 0 <= number <= _MOST:
        raise document.fault("E103", f"{name} of {shown(number)} cannot be", *place, name)
    return number


def _share(document: Document, result: dict[str, Any], place: tuple[str | int, ...], name: str) -> Fraction | None:
    value = result.get(name)
    if value is None:
        return None
    number = document.of_type(value, _NUMBER, *place, name)
    if not number:
        return _NONE
    if not 0 <= number <= 100:
        raise document.fault("E103", f"{name} of {value} cannot be: it is a percentage", *place, name)
    above, below = number.as_integer_ratio()
    return Fraction(above, 100 * below)


def _mostly(document: Document, kwargs: dict[str, Any], *place: str | int) -> Fraction | None:
    value = kwargs.get("mostly")
    if value is None:
        return None
    mostly = document.of_type(value, _NUMBER, *place)
    if not 0 <= mostly <= 1:
        raise document.fault("E103", f"mostly of {value} cannot be: it is a share", *place)
    return Fraction(mostly)


def _exception(info: Any) -> str | None:
    """Give the words of an exception: at the top, or one level down under the names of metrics."""
    if not isinstance(info, dict):
        return None
    for held in (info, *info.values()):
        if isinstance(held, dict) and held.get("raised_exception") not in (None, False):
            words = held.get("exception_message")
            return plain(words, limit=200) if isinstance(words, str) and words.strip() else "without a message"
    return None


def _says_that_it_ran(info: dict[str, Any]) -> bool:
    """Whether `raised_exception` is stated at all, at the top or under the name of a metric."""
    return any(isinstance(held, dict) and "raised_exception" in held for held in (info, *info.values()))


def _column(kwargs: dict[str, Any]) -> str | None:
    one = kwargs.get("column")
    if isinstance(one, str):
        return one
    pair = [kwargs[name] for name in ("column_A", "column_B") if isinstance(kwargs.get(name), str)]
    several = kwargs.get("column_list")
    names = pair or ([name for name in several if isinstance(name, str)] if isinstance(several, list) else [])
    return ", ".join(names) or None


def _expected(kwargs: dict[str, Any]) -> str | None:
    asked = [f"{name}: {shown(value)}" for name, value in kwargs.items() if name not in _NOT_ASKED]
    return ", ".join(sorted(asked)) or None
