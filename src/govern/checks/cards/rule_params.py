"""Parameters of the check kinds about what cards declare: fields, agreement, claims, licence, date, originality."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.types import Count, Flag, Names, Number, Text

__all__ = ["ClaimsParams", "ConsistentParams", "FieldsParams", "FreshParams", "LicenceParams", "OriginalParams"]

COMPARED = ("license", "name", "version", "base_models")
"""Fields in which cards and the files beside them must agree unless the policy says otherwise."""
_COMPARABLE = (*COMPARED, "datasets", "languages", "date", "owners", "metrics")


def _pointer(text: str) -> str:
    from govern.evidence.cards.normalised import FIELDS

    first = text.partition("/")[2].partition("/")[0]
    if not text.startswith("/") or "~" in text.replace("~0", "").replace("~1", ""):
        raise PydanticCustomError(
            "bad_value", "'{text}' is not a JSON pointer such as /identity/version", {"text": text}
        )
    if first not in FIELDS:
        raise unknown_name("field of a card", first, FIELDS)
    return text


def _pointers(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({_pointer(item) for item in value}))


def _patterns(value: dict[str, str]) -> dict[str, str]:
    from govern.policy.patterns import pattern_fault

    for pointer, text in value.items():
        _pointer(pointer)
        fault = pattern_fault(text)
        if fault is not None:
            raise PydanticCustomError(
                "bad_value", "'{text}' is not a pattern that is read here: {fault}", {"text": text, "fault": fault}
            )
    return dict(sorted(value.items()))


def _allowed(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {_pointer(pointer): tuple(sorted(set(items))) for pointer, items in sorted(value.items())}


class FieldsParams(CheckParams):
    """Parameters of `model_card.fields`."""

    required: Annotated[Names, AfterValidator(_pointers)] = parameter(
        "JSON pointers into the normalised card that must lead to a value, e.g. /identity/version; a step * is every "
        "member.",
        tighten="superset",
        default=(),
    )
    patterns: Annotated[dict[str, Text], AfterValidator(_patterns)] = parameter(
        "Regular expressions (RE2 syntax) by pointer: each value there must match as a whole.", default={}
    )
    allowed: Annotated[dict[str, Names], AfterValidator(_allowed)] = parameter(
        "Accepted values by pointer: each value there must be one of them.", tighten="subset", default={}
    )


def _comparable(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_COMPARABLE))
    if unknown:
        raise unknown_name("field", unknown[0], _COMPARABLE)
    if not value:
        raise PydanticCustomError("bad_value", "at least one field must be compared", {})
    return tuple(name for name in _COMPARABLE if name in value)


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise PydanticCustomError("bad_value", "a tolerance is 0 or more", {})
    return value


Tolerance = Annotated[Number, AfterValidator(_not_negative)]


class ConsistentParams(CheckParams):
    """Parameters of `model_card.consistent`."""

    fields_: Annotated[Names, AfterValidator(_comparable)] = parameter(
        "Fields in which all cards and the files beside them must agree.",
        tighten="superset",
        default=COMPARED,
        alias="fields",
    )
    tolerance: Tolerance = parameter(
        "How far two figures of one metric may lie apart beside their rounding.", tighten="down", default=Decimal(0)
    )


def _all_is_empty(value: Any) -> Any:
    return () if value in ("all", ["all"], ("all",)) else value


def _metric_names(value: tuple[str, ...]) -> tuple[str, ...]:
    from govern.checks.cards.metrics import canonical_metric

    return tuple(sorted({canonical_metric(name) for name in value}))


class ClaimsParams(CheckParams):
    """Parameters of `model_card.claims`."""

    metrics: Annotated[Names, AfterValidator(_metric_names), BeforeValidator(_all_is_empty)] = parameter(
        "Metrics whose declared figures are compared; `all` or none named: every one that the card declares.",
        tighten="superset",
        default=(),
        unset="strictest",
    )
    tolerance: Tolerance = parameter(
        "How far a declared figure may lie from the measured one beside its rounding.",
        tighten="down",
        default=Decimal(0),
    )
    backed: Literal["none", "any", "all"] = parameter(
        "How many declared figures must have a measured one to be compared with.",
        tighten="order",
        default="any",
        order=("none", "any", "all"),
    )
    same_data: Flag = parameter(
        "Whether a figure counts as backed only when the card names the data that the measured one was made on.",
        tighten="order",
        default=True,
        order=("false", "true"),
    )


def _licences(value: tuple[str, ...]) -> tuple[str, ...]:
    from govern.security.licences import alternatives_of, spdx_id

    made = set()
    for text in value:
        named = spdx_id(text)
        ways = alternatives_of(named) if named else None
        if named is None or ways is None or len(ways) != 1 or len(next(iter(ways))) != 1:
            raise PydanticCustomError("bad_value", "'{text}' is not the SPDX identifier of one licence", {"text": text})
        made.add(named)
    return tuple(sorted(made))


Licences = Annotated[Names, AfterValidator(_licences)]


class LicenceParams(CheckParams):
    """Parameters of `model_card.licence`."""

    allow: Annotated[Licences | None, Field()] = parameter(
        "SPDX identifiers that are accepted; unset: every licence that is known.", tighten="subset", default=None
    )
    deny: Licences = parameter("SPDX identifiers that are refused.", tighten="superset", default=())
    require_file: Flag = parameter(
        "Whether the bundle must hold the licence's text.", tighten="order", default=False, order=("false", "true")
    )
    registry: Text | None = parameter("Source registry that says which licence a base model has.", default=None)


class FreshParams(CheckParams):
    """Parameters of `model_card.fresh`."""

    newer_than: Literal["material_change"] = parameter(
        "What the card must not be older than: the last material change that the model record declares.",
        default="material_change",
    )


class OriginalParams(CheckParams):
    """Parameters of `model_card.original`."""

    against: Literal["card", "bundle", "fleet"] = parameter(
        "Where a section's text must not occur again: in another section of its card, in any card of the bundle, or in "
        "the cards of other models too.",
        tighten="order",
        default="card",
        order=("card", "bundle", "fleet"),
    )
    max_equal: Count = parameter("Most sections that may repeat another one.", tighten="down", default=0)
