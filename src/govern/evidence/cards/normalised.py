"""The normalised card as JSON types: what rules point into, and the place of every value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from govern.canonical import Json, JsonObject, decimal_text
from govern.evidence.cards.model import Card, Claim, Locator, Metric, Section
from govern.evidence.cards.states import Need, judge

__all__ = ["FIELDS", "LEAST_WORDS", "NormalisedCard", "Value", "is_local_path", "normalised", "values_at"]

FIELDS = (
    "sources",
    "identity",
    "owners",
    "contacts",
    "license",
    "base_models",
    "languages",
    "sections",
    "datasets",
    "metrics",
    "placeholders",
    "conflicts",
)
"""Members of the document, in this order."""
LEAST_WORDS = {"default": 8, "owner": 1, "contact": 1, "licence": 1}
"""Least words of a section where no policy says otherwise."""
_DRIVE = ":\\"
_CHECKPOINT = re.compile(r"(?:.*/)?checkpoint-[0-9]+")


@dataclass(frozen=True, slots=True)
class NormalisedCard:
    """One card, or all cards of a bundle merged, as a JSON document.

    `document` has these members, all of them always:

        sources       [{file, digest, format}]
        identity      {name, version, date}                 text or null
        owners        [text]
        contacts      [text]
        license       [{raw, expression, name, link}]       expression: SPDX when `raw` is one as a whole, else null;
                                                            name and link belong to the hub's `other`
        base_models   [{id, revision, relation, is_local_path}]
        languages     [text]
        sections      {section id: {state, words}}          states as `states.State`, by the default number of words
        datasets      [{name}]
        metrics       [{name, average, value, raw, unit, slice, dataset, split}]
                                                            value: decimal as text or null; unit: ratio, percent, null
        placeholders  [text]
        conflicts     [{field, claims: [text]}]

    Numbers are decimals as text, counts are integers; what a card does not say is null or an empty list. `places` has
    the place of every value that stands in a file, by its JSON pointer into the document: of each item of a list, of
    `/identity/<name>`, of each section.
    """

    document: JsonObject
    places: Mapping[str, Locator]

    def place(self, pointer: str) -> Locator | None:
        """Give the place of the value at a pointer, or of the nearest value that holds it."""
        while pointer:
            if pointer in self.places:
                return self.places[pointer]
            pointer = pointer.rpartition("/")[0]
        return None


@dataclass(frozen=True, slots=True)
class Value:
    """What a pointer found."""

    pointer: str
    """Without wildcards."""
    value: Json


def normalised(card: Card) -> NormalisedCard:
    """Write a card as JSON types."""
    licences = [_licence(card, claim) for claim in card.licences]
    sections = {name: _section(name, card.sections[name]) for name in sorted(card.sections)}
    document: JsonObject = {
        "sources": [{"file": item.file, "digest": item.digest, "format": item.format} for item in card.sources],
        "identity": {
            "name": _text(card.identity.name),
            "version": _text(card.identity.version),
            "date": _text(card.identity.date),
        },
        "owners": _texts(card.owners),
        "contacts": _texts(card.contacts),
        "license": licences,
        "base_models": [_base(claim) for claim in card.base_models],
        "languages": _texts(card.languages),
        "sections": sections,
        "datasets": [{"name": claim.value} for claim in card.datasets],
        "metrics": [_metric(item) for item in card.metrics],
        "placeholders": [item.text for item in card.placeholders],
        "conflicts": [
            {"field": item.field, "claims": [claim.value for claim in item.claims]} for item in card.conflicts
        ],
    }
    return NormalisedCard(document, dict(_places(card)))


def values_at(document: Json, pointer: str) -> list[Value]:
    """Give what a JSON pointer (RFC 6901) leads to; a step `*` is every member of a list or object.

    Nothing for a pointer that leads nowhere. Null, empty texts, lists and objects are not values.
    """
    found = [Value("", document)]
    for raw in pointer.split("/")[1:] if pointer else []:
        step = raw.replace("~1", "/").replace("~0", "~")
        found = [below for item in found for below in _below(item, step)]
    return [item for item in found if item.value not in (None, "", [], {})]


def is_local_path(text: str) -> bool:
    """Tell whether the name of a model is a path on somebody's machine: it identifies nothing for anybody else."""
    folded = text.strip().casefold()
    if folded.startswith(("file:", "/", "~", "./", "../", ".\\", "..\\", "\\")) or folded[1:3] == _DRIVE:
        return True
    if _CHECKPOINT.fullmatch(folded):
        return True
    return "://" not in folded and (folded.count("/") > 1 or folded.endswith("/") or "\\" in folded)


def _below(item: Value, step: str) -> Iterator[Value]:
    held = item.value
    if isinstance(held, Mapping):
        for key in held if step == "*" else (step,):
            if key in held:
                yield Value(f"{item.pointer}/{_escaped(str(key))}", held[key])
    elif isinstance(held, Sequence) and not isinstance(held, str):
        if step == "*":
            yield from (Value(f"{item.pointer}/{index}", value) for index, value in enumerate(held))
        elif step.isascii() and step.isdecimal() and len(step) < 7 and int(step) < len(held):
            yield Value(f"{item.pointer}/{int(step)}", held[int(step)])


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _text(claim: Claim | None) -> str | None:
    return None if claim is None else claim.value


def _texts(claims: Sequence[Claim]) -> list[Json]:
    return [claim.value for claim in claims]


def _licence(card: Card, claim: Claim) -> JsonObject:
    is_other = claim.value.casefold() == "other"
    return {
        "raw": claim.value,
        "expression": _expression(claim.value),
        "name": _text(card.licence_name) if is_other else None,
        "link": _text(card.licence_link) if is_other else None,
    }


def _expression(text: str) -> str | None:
    """An SPDX expression that is the whole text; ids of hubs and titles are the checks' business."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    if not text.isascii() or len(text) > 500:
        return None
    try:
        return str(canonicalize_license_expression(text))
    except (InvalidLicenseExpression, RecursionError, SyntaxError, MemoryError):
        return None


def _base(claim: Claim) -> JsonObject:
    return {"id": claim.value, "revision": None, "relation": None, "is_local_path": is_local_path(claim.value)}


def _section(name: str, section: Section) -> JsonObject:
    verdict = judge(name, section, Need(LEAST_WORDS.get(name, LEAST_WORDS["default"])))
    return {"state": verdict.state.value, "words": verdict.words}


def _metric(item: Metric) -> JsonObject:
    return {
        "name": item.name,
        "average": None,
        "value": None if item.value is None else decimal_text(item.value),
        "raw": item.raw,
        "unit": item.unit,
        "slice": item.slice,
        "dataset": item.dataset,
        "split": item.split,
    }


def _places(card: Card) -> Iterator[tuple[str, Locator]]:
    for name in ("name", "version", "date"):
        claim = getattr(card.identity, name)
        if claim is not None:
            yield f"/identity/{name}", claim.locator
    lists: dict[str, Sequence[Claim]] = {
        "owners": card.owners,
        "contacts": card.contacts,
        "license": card.licences,
        "base_models": card.base_models,
        "languages": card.languages,
        "datasets": card.datasets,
    }
    for name, claims in lists.items():
        yield from ((f"/{name}/{index}", claim.locator) for index, claim in enumerate(claims))
    for name, section in sorted(card.sections.items()):
        yield f"/sections/{_escaped(name)}", section.claimed_at[0]
    for index, item in enumerate(card.metrics):
        yield f"/metrics/{index}", item.locator
    for index, left in enumerate(card.placeholders):
        yield f"/placeholders/{index}", left.locator
    for index, conflict in enumerate(card.conflicts):
        yield from (
            (f"/conflicts/{index}/claims/{number}", claim.locator) for number, claim in enumerate(conflict.claims)
        )
