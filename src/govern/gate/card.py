"""Looking at a model card as the rules see it, and making an empty one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, UsageError
from govern.gate.packs.places import PackPlaces

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.checks.cards.params import SectionsParams
    from govern.evidence.cards.overview import Asked, Overview

__all__ = ["asked_by", "asked_by_default", "view_card", "with_aliases", "write_card"]

KIND = "model_card.sections"
CORE = ("intended_use", "limitations", "training_data", "evaluation", "licence", "owner")
"""What is asked of a card when no policy says: without these nobody else can use the model."""


def asked_by_default() -> Asked:
    """Give what is asked when no policy is named."""
    from govern.checks.cards.params import LEAST_WORDS
    from govern.evidence.cards.overview import Asked

    return Asked(required=CORE, min_words=LEAST_WORDS)


def asked_by(paths: Sequence[Path], *, places: PackPlaces | None = None) -> Asked:
    """Give what the rules of some policies ask of a card together: where they differ, the strictest.

    Raises PolicyError when the policies do not compile, UsageError U104 when none has a `model_card.sections` rule.
    """
    from govern.checks.cards.params import SectionsParams
    from govern.gate.explain import compiled_policies

    compiled = compiled_policies(paths, places=places)
    rules = [rule for policy in compiled.policies for rule in policy.rules]
    params = [rule.params for rule in rules if isinstance(rule.params, SectionsParams)]
    if not params:
        hint = "Leave -p out to see the card as the default sections ask."
        raise UsageError(Diagnostic(code="U104", message=f"no rule of these policies is a {KIND}", hint=hint))
    return _strictest(params)


def _strictest(params: Sequence[SectionsParams]) -> Asked:
    from govern.evidence.cards.overview import Asked

    words: dict[str, int] = {}
    facts: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    for item in params:
        words = {name: max(words.get(name, 0), item.min_words.get(name, 0)) for name in {*words, *item.min_words}}
        facts |= {name: tuple(dict.fromkeys((*facts.get(name, ()), *more))) for name, more in item.facts.items()}
        aliases |= {name: tuple(dict.fromkeys((*aliases.get(name, ()), *more))) for name, more in item.aliases.items()}
    excused = set.intersection(*(set(item.allow_not_applicable) for item in params))
    spoken = [set(item.languages) for item in params if item.languages is not None]
    return Asked(
        required=tuple(dict.fromkeys(name for item in params for name in item.required)),
        min_words=dict(sorted(words.items())),
        facts=dict(sorted(facts.items())),
        aliases=aliases,
        mapping={name: pointer for item in params for name, pointer in item.mapping.items()},
        allow_not_applicable=tuple(sorted(excused)),
        languages=tuple(sorted(set.intersection(*spoken))) if spoken else None,
    )


def with_aliases(asked: Asked, aliases: Mapping[str, tuple[str, ...]]) -> Asked:
    """Add headings by section to what is asked."""
    joined = {name: (*asked.aliases.get(name, ()), *more) for name, more in aliases.items()}
    return replace(asked, aliases={**asked.aliases, **joined})


def view_card(path: Path, asked: Asked) -> Overview:
    """Read the card at a path, a file or a bundle, and judge its sections.

    Raises UsageError U103 for a path that is not there, InputError for a card or bundle that cannot be read.
    """
    from govern.evidence.cards.overview import overview
    from govern.evidence.cards.read import read_card_file, read_cards

    if path.is_dir():
        bundle = _opened(path)
        cards = read_cards(bundle, aliases=asked.aliases, mapping=asked.mapping, languages=asked.languages)
        declared = bundle.record.spec.groups
        return overview(cards, asked, tuple(declared.attributes or ()) if declared else ())
    from govern.gate.files import read_file
    from govern.inputs.limits import JSON_BYTES

    data = read_file(path, limit=JSON_BYTES)
    cards = read_card_file(
        data,
        file=path.name,
        digest=hashlib.sha256(data).hexdigest(),
        aliases=asked.aliases,
        mapping=asked.mapping,
        languages=asked.languages,
    )
    return overview(cards, asked)


def _opened(path: Path) -> Bundle:
    """Open a folder. A card may be looked at before anything says which model it is."""
    from govern.bundle import open_bundle

    try:
        return open_bundle(path)
    except UsageError as fault:
        if [item.code for item in fault.diagnostics] != ["B111"]:
            raise
        return open_bundle(path, name="unnamed", version="0")


def write_card(target: Path) -> Path:
    """Write an empty card to a file, or as MODEL_CARD.md into a folder. Raises UsageError U108 where one is already."""
    from govern.evidence.cards.template import template_card
    from govern.gate.outputs import writing

    path = target / "MODEL_CARD.md" if target.is_dir() or target.suffix == "" else target
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            stream = path.open("x", encoding="utf-8", newline="\n")
        except FileExistsError as fault:
            hint = "Name another file; a card that somebody wrote is not overwritten."
            raise UsageError(Diagnostic(code="U108", message=f"{path} is there already", hint=hint)) from fault
        with stream:
            stream.write(template_card())
    return path
