"""Finding the cards of a bundle and reading all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Severity, Span
from govern.evidence.cards.aliases import Matcher, covered_languages, stopwords
from govern.evidence.cards.jsoncard import read_json_card
from govern.evidence.cards.markdown import MarkdownCard, read_markdown
from govern.evidence.cards.merge import merge_cards
from govern.evidence.cards.model import Card
from govern.inputs.limits import CARD_BYTES

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["CORE_SECTIONS", "Cards", "card_of_bytes", "find_cards", "read_cards"]

CORE_SECTIONS = ("intended_use", "limitations", "training_data", "evaluation")
"""A README with two of these is a card even without front matter."""

_FOLDERS = ("", "docs/", "model_card/", "metadata/")
_ALWAYS = {"model_card.md", "modelcard.md", "model-card.md", "model_card.markdown", "model-card.markdown"}
_STRUCTURED = {"model_card.json", "model-card.json", "modelcard.json", "model_card.yaml", "model_card.yml"}
_README = {"readme.md", "readme.markdown"}
_USUAL = (
    _ALWAYS | _STRUCTURED | {"MODEL_CARD.md", "MODELCARD.md", "README.md", "README.markdown", "MODEL_CARD.markdown"}
)


@dataclass(frozen=True, slots=True)
class Cards:
    """All cards of a bundle, merged, or none; and what was noticed while looking."""

    card: Card | None
    diagnostics: tuple[Diagnostic, ...] = ()
    """Notes of discovery (a README that is no card, a listed card that is absent) and of the readers."""


@dataclass(frozen=True, slots=True)
class _Found:
    path: str
    certain: bool
    """False for a README, which counts only when it reads like a card."""


def find_cards(bundle: Bundle) -> tuple[list[str], list[str], list[Diagnostic]]:
    """Give the files that are cards by name, READMEs that may be, and notes. Names are compared case-insensitively."""
    listed, notes = _listed(bundle)
    by_rank: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for path in sorted(bundle.files):
        folder, _, name = path.rpartition("/")
        if f"{folder}/" not in _FOLDERS and folder:
            continue
        folded = name.casefold()
        rank = 0 if folded in _ALWAYS else 1 if folded in _STRUCTURED else 2 if folded in _README else None
        if rank is None or path in listed:
            continue
        by_rank[rank].append(path)
        if name not in _USUAL:
            message = f"the card is spelt '{name}', which case-sensitive tools do not find"
            notes.append(Diagnostic("E207", message, Span(path), "Rename it to its usual spelling.", Severity.NOTE))
    return listed + by_rank[0] + by_rank[1], by_rank[2], notes


def _listed(bundle: Bundle) -> tuple[list[str], list[Diagnostic]]:
    """Cards that the model record names under `spec.cards`."""
    found: list[str] = []
    notes: list[Diagnostic] = []
    for index, text in enumerate(bundle.record.spec.cards or ()):
        path = bundle.resolve(str(text))
        if path is not None and path in bundle.files:
            found.append(path)
            continue
        place = bundle.record_span("spec", "cards", index) or Span(bundle.record_file or "govern.yaml")
        message = f"the model record names the card '{text}', and the bundle has no such file"
        notes.append(Diagnostic("E206", message, place, "Add the file, or correct spec.cards.", Severity.WARNING))
    return found, notes


def read_cards(
    bundle: Bundle,
    *,
    aliases: Mapping[str, Sequence[str]] | None = None,
    mapping: Mapping[str, str] | None = None,
    languages: Sequence[str] | None = None,
) -> Cards:
    """Read and merge every card of a bundle.

    `aliases` adds headings by section id, `mapping` gives JSON pointers of a card of unknown shape, `languages`
    limits which languages' headings are recognised. Raises InputError when a card cannot be read (not UTF-8, too
    large, not JSON): unreadable is an error, never an absent card.
    """
    matcher = Matcher(languages, aliases)
    certain, perhaps, notes = find_cards(bundle)
    cards: list[Card] = []
    for path in certain:
        data = bundle.read(path, limit=CARD_BYTES)
        cards.append(_read(data, path, bundle.files[path].sha256, matcher, mapping or {}))
    for path in perhaps:
        data = bundle.read(path, limit=CARD_BYTES)
        read = _markdown(data, path, bundle.files[path].sha256, matcher)
        why = _why_no_card(read)
        if why is None:
            cards.append(read.card)
        else:
            hint = "Add a model card (MODEL_CARD.md), or name it under spec.cards."
            notes.append(Diagnostic("E203", why, Span(path), hint, Severity.NOTE))
    if not cards:
        return Cards(None, tuple(notes))
    merged = merge_cards([_with_language(card, languages) for card in cards])
    return Cards(merged, (*notes, *merged.diagnostics))


def card_of_bytes(data: bytes, *, file: str, digest: str) -> Card:
    """Read one file as a card, whatever its name; JSON by its ending, anything else as Markdown."""
    return _with_language(_read(data, file, digest, Matcher(), {}), None)


def _read(data: bytes, path: str, digest: str, matcher: Matcher, mapping: Mapping[str, str]) -> Card:
    lowered = path.casefold()
    if lowered.endswith(".json"):
        from govern.inputs.json import parse_json

        root = parse_json(data, file=path, max_bytes=CARD_BYTES)
        return read_json_card(root, file=path, digest=digest, matcher=matcher, mapping=mapping)
    if lowered.endswith((".yaml", ".yml")):
        from govern.inputs.yaml import parse_yaml, value_of

        # Scalars of a YAML card stay text, as everywhere in a bundle.
        root = json.loads(json.dumps(value_of(parse_yaml(data, file=path, strictness="evidence"))))
        return read_json_card(root, file=path, digest=digest, matcher=matcher, mapping=mapping)
    return _markdown(data, path, digest, matcher).card


def _markdown(data: bytes, path: str, digest: str, matcher: Matcher) -> MarkdownCard:
    from govern.inputs.text import decode_text

    text = decode_text(data, file=path, max_bytes=CARD_BYTES)
    if not text.strip():
        raise InputError(Diagnostic("I114", "the card is empty", Span(path), "Write the card, or remove the file."))
    return read_markdown(text, file=path, digest=digest, matcher=matcher)


def _why_no_card(read: MarkdownCard) -> str | None:
    """Why a README is not a model card; None when it is one."""
    if read.web_app:
        return "its front matter describes a hosted application (sdk, app_file), not a model"
    if read.hub_keys or (read.has_front_matter and read.card.metadata_unreadable):
        return None
    if sum(name in read.card.sections for name in CORE_SECTIONS) >= 2:
        return None
    return "it is a project page: no front matter of a model and fewer than two sections of a card"


def _with_language(card: Card, languages: Sequence[str] | None) -> Card:
    """Mark a card whose headings are in a language without aliases: its sections are unknown, not absent."""
    if not card.headings or not card.recognised:
        return card
    body = {name: section for name, section in card.sections.items() if _has_heading(card, name)}
    accepted = frozenset(covered_languages() if languages is None else languages)
    declared = {claim.value.casefold().split("-")[0] for claim in card.languages}
    foreign = declared and not declared & accepted
    if body or not (foreign or (not declared and not _reads_like(card, accepted))):
        return card
    place = card.headings[0].locator
    problem = Diagnostic(
        "E205",
        "no heading of this card was recognised, and its language is not one whose headings govern knows",
        Span(place.file, place.line),
        "Add the headings to the policy, e.g. aliases: {limitations: [Beperkingen]}.",
        Severity.WARNING,
    )
    return replace(card, recognised=False, diagnostics=(*card.diagnostics, problem))


def _has_heading(card: Card, name: str) -> bool:
    headings = {claim.locator for claim in card.headings}
    return any(place in headings for place in card.sections[name].claimed_at)


def _reads_like(card: Card, accepted: frozenset[str]) -> bool:
    """Guess from very common words and from scripts whether text is in an accepted language; short text is."""
    text = " ".join(passage.text for passage in card.text)[:20_000]
    words = text.casefold().split()
    if len(words) < 20 and text.isascii():
        return True
    scripts = {
        "ja": ("\u3040", "\u30ff"),
        "ko": ("\uac00", "\ud7af"),
        "ru": ("\u0400", "\u04ff"),
        "zh": ("\u4e00", "\u9fff"),
    }
    for language, (low, high) in scripts.items():
        if language in accepted and sum(low <= char <= high for char in text) * 10 > len(text):
            return True
    known = [common for language, common in stopwords().items() if language in accepted]
    return any(sum(word in common for word in words) * 20 >= len(words) for common in known)
