"""Parameters of the check kinds `model_card.*`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, model_validator
from pydantic_core import PydanticCustomError

from govern.policy.interface import CheckParams, parameter, unknown_name
from govern.policy.types import Count, Names, Text

__all__ = ["LEAST_WORDS", "PlaceholdersParams", "PresentParams", "SectionsParams"]

_FORMATS = (
    *("cyclonedx", "flat-json", "huggingface", "mapped", "markdown", "mlflow-note", "questionnaire", "sagemaker"),
    *("spdx", "toolkit"),
)
LEAST_WORDS = {"default": 8, "owner": 1, "contact": 1, "licence": 1}
"""Least words of a section when the policy does not say."""


def _with_default_words(value: dict[str, int]) -> dict[str, int]:
    if any(number < 1 for number in value.values()):
        raise PydanticCustomError("bad_value", "a section needs at least 1 word", {})
    return dict(sorted({**LEAST_WORDS, **value}.items()))


def _with_default_needs(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    from govern.evidence.cards.facts import DEFAULT_NEEDS, FACT_NAMES

    for needs in value.values():
        for need in needs:
            if need not in FACT_NAMES:
                raise unknown_name("fact", need, FACT_NAMES)
    return dict(sorted({**DEFAULT_NEEDS, **value}.items()))


def _known_languages(value: tuple[str, ...]) -> tuple[str, ...]:
    from govern.evidence.cards.aliases import covered_languages

    unknown = sorted(set(value) - set(covered_languages()))
    if unknown:
        raise unknown_name("language", unknown[0], covered_languages())
    return tuple(sorted(set(value)))


def _known_formats(value: tuple[str, ...]) -> tuple[str, ...]:
    unknown = sorted(set(value) - set(_FORMATS))
    if unknown:
        raise unknown_name("card format", unknown[0], _FORMATS)
    return tuple(sorted(set(value)))


class PresentParams(CheckParams):
    """Parameters of `model_card.present`."""

    formats: Annotated[Names, AfterValidator(_known_formats)] = parameter(
        "Formats accepted.", tighten="subset", default=_FORMATS
    )
    min_words: Count = parameter(
        "Least number of words, template text and placeholders not counted.", tighten="up", default=50
    )


class SectionsParams(CheckParams):
    """Parameters of `model_card.sections`."""

    required: Names = parameter("Sections that must be complete.", tighten="superset")
    min_words: Annotated[dict[str, Count], AfterValidator(_with_default_words)] = parameter(
        "Least number of words by section; `default` is for the others.", tighten="up", default=LEAST_WORDS
    )
    facts: Annotated[dict[str, Names], AfterValidator(_with_default_needs)] = parameter(
        "What a section must hold beside words; replaces the default needs of the sections it names.",
        tighten="superset",
        default={"contact": ("address",), "evaluation": ("bound_number",), "licence": ("licence_id",)}
        | {"subgroups": ("group_rows",)},
    )
    aliases: dict[str, Names] = parameter("More headings by section.", default={})
    mapping: dict[str, Text] = parameter("JSON pointers by section, for a card of unknown shape.", default={})
    allow_not_applicable: Names = parameter("Sections that may say `N/A: ` and a reason.", tighten="subset", default=())
    languages: Annotated[Names | None, AfterValidator(lambda value: value and _known_languages(value))] = parameter(
        "Languages whose headings are recognised; unset: all that are known.", tighten="subset", default=None
    )

    @model_validator(mode="after")
    def _check_sections(self) -> SectionsParams:
        from govern.evidence.cards.aliases import section_ids

        if not self.required:
            raise PydanticCustomError("bad_value", "at least one section must be required", {})
        known = {*section_ids(), *self.aliases, *self.mapping}
        named = {*self.required, *self.allow_not_applicable, *self.facts, *self.min_words} - {"default"}
        unknown = sorted(named - known)
        if unknown:
            raise PydanticCustomError(
                "bad_value",
                "unknown section '{name}': give it headings under `aliases` or a pointer under `mapping`",
                {"name": unknown[0], "known": tuple(sorted(known))},
            )
        bad = sorted(pointer for pointer in self.mapping.values() if pointer and not pointer.startswith("/"))
        if bad:
            raise PydanticCustomError("bad_value", "'{text}' is not a JSON pointer", {"text": bad[0]})
        return self


class PlaceholdersParams(CheckParams):
    """Parameters of `model_card.placeholders`."""

    at_most: Count = parameter("Most placeholders that may be left.", tighten="down", default=0)
