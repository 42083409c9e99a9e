"""Reading all cards of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Severity, Span, plain
from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.find import Candidate, find_cards
from govern.evidence.cards.jsoncard import read_json_card
from govern.evidence.cards.language import with_language
from govern.evidence.cards.markdown import MarkdownCard, read_markdown
from govern.evidence.cards.merge import merge_cards
from govern.evidence.cards.model import Card
from govern.evidence.cards.notes import read_note, too_many
from govern.inputs.limits import CARD_BYTES, EVIDENCE_YAML, JSON_BYTES

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["CORE_SECTIONS", "Cards", "Looked", "card_of_bytes", "find_cards", "read_card_file", "read_cards"]

CORE_SECTIONS = ("intended_use", "limitations", "training_data", "evaluation")
"""A README with two of these is a card even without front matter."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was looked at while cards were sought."""

    file: str
    used: bool
    format: str | None
    """What it was read as; None when it was not read as a card."""
    why: str


@dataclass(frozen=True, slots=True)
class Cards:
    """All cards of a bundle, merged, or none; and what was noticed while looking."""

    card: Card | None
    diagnostics: tuple[Diagnostic, ...] = ()
    """Notes of discovery (a README that is no card, a listed card that is absent) and of the readers."""
    looked: tuple[Looked, ...] = ()
    """Every file that was looked at, in reading order."""
    technical: Card | None = None
    """What `MLmodel` files say of interface, environment and metadata; also part of `card` when there is one."""


_WHY = {
    "listed": "the model record names it under spec.cards",
    "card": "a file of this name is a model card",
    "structured": "a structured card of a known shape",
    "readme": "a README that reads like a card",
    "bom": "a bill of materials with a model card in it",
    "mlmodel": "technical facts only: interface, environment, metadata",
    "note": "the description of the run or model version",
}


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
    candidates, notes = find_cards(bundle)
    search = _Search(bundle, Matcher(languages, aliases), mapping or {}, notes)
    descriptions = [item.path for item in candidates if item.kind == "note" and search.describes(item)]
    if len(descriptions) > 1:
        notes.append(too_many(descriptions))
    for item in candidates:
        search.look(item, alone=len(descriptions) == 1)
    cards = [with_language(card, languages) for card in search.cards]
    technical = merge_cards(search.technical) if search.technical else None
    if not cards:
        if technical is not None:
            notes.append(_no_card_of_mlflow(technical.sources[0].file))
        return Cards(None, tuple(notes), tuple(search.looked), technical)
    merged = merge_cards(cards)
    if technical is not None:
        # Not among the sources: an MLmodel is no card, needs no envelope and has no date of its own.
        merged = replace(
            merged,
            io=merge_cards([merged, technical]).io,
            environment=merged.environment + technical.environment,
            metadata=merged.metadata + technical.metadata,
        )
    return Cards(merged, (*notes, *merged.diagnostics), tuple(search.looked), technical)


def _no_card_of_mlflow(file: str) -> Diagnostic:
    message = "this MLflow model folder carries no model card; MLmodel says nothing of use, limits or data"
    hint = "Write one with `govern init --card`, or name a file under spec.cards of govern.yaml."
    return Diagnostic("E220", message, Span(file), hint, Severity.NOTE)


@dataclass(slots=True)
class _Search:
    """Looks at one candidate after the other."""

    bundle: Bundle
    matcher: Matcher
    mapping: Mapping[str, str]
    notes: list[Diagnostic]
    cards: list[Card] = field(default_factory=list)
    technical: list[Card] = field(default_factory=list)
    looked: list[Looked] = field(default_factory=list)

    def look(self, item: Candidate, *, alone: bool) -> None:
        """Read a candidate as what its kind says it may be. Raises InputError for one that cannot be read."""
        if item.kind == "readme":
            self._readme(item)
        elif item.kind == "bom":
            self._bom(item)
        elif item.kind == "mlmodel":
            self._mlmodel(item)
        elif item.kind == "note":
            if self.describes(item):
                self._note(item, alone=alone)
        elif item.path not in {source.file for card in self.cards for source in card.sources}:
            self._take(self._read(item.path), item)

    def describes(self, item: Candidate) -> bool:
        """Tell whether a file of MLflow holds a description."""
        return self._described(item) is not None

    def _described(self, item: Candidate) -> Card | None:
        data = self.bundle.read(item.path, limit=CARD_BYTES)
        digest = self.bundle.files[item.path].sha256
        return read_note(data, file=item.path, digest=digest, matcher=self.matcher)

    def _take(self, card: Card, item: Candidate) -> None:
        self.cards.append(card)
        self.looked.append(Looked(item.path, True, card.sources[0].format, _WHY[item.kind]))

    def _leave(self, item: Candidate, why: str) -> None:
        self.looked.append(Looked(item.path, False, None, why))

    def _read(self, path: str) -> Card:
        data = self.bundle.read(path, limit=_cap(path))
        return _read(data, path, self.bundle.files[path].sha256, self.matcher, self.mapping)

    def _readme(self, item: Candidate) -> None:
        data = self.bundle.read(item.path, limit=CARD_BYTES)
        read = _markdown(data, item.path, self.bundle.files[item.path].sha256, self.matcher)
        why = _why_no_card(read)
        if why is None:
            self._take(read.card, item)
            return
        hint = "Add a model card (MODEL_CARD.md), or name it under spec.cards."
        self.notes.append(Diagnostic("E203", why, Span(item.path), hint, Severity.NOTE))
        self._leave(item, why)

    def _bom(self, item: Candidate) -> None:
        card = self._read(item.path)
        if card.sources[0].format in ("cyclonedx", "spdx") or any(note.code == "E222" for note in card.diagnostics):
            self._take(card, item)
        else:
            self._leave(item, "no model card in this bill of materials")

    def _note(self, item: Candidate, *, alone: bool) -> None:
        card = self._described(item)
        if card is not None and alone:
            self._take(card, item)
        else:
            self._leave(item, "one of several descriptions, and which is this model's is not said")

    def _mlmodel(self, item: Candidate) -> None:
        """Take technical facts; a file that cannot be read is the business of whoever loads the model."""
        try:
            card = self._read(item.path)
        except InputError as fault:
            self.notes.extend(fault.diagnostics)
            self._leave(item, f"it cannot be read: {fault.diagnostics[0].message}")
            return
        if card.sources[0].format != "mlmodel":
            self._leave(item, "it names no flavor, so it is no MLmodel file")
            return
        self.technical.append(card)
        self.looked.append(Looked(item.path, False, "mlmodel", _WHY["mlmodel"]))
        for fact in card.metadata:
            if fact.locator.pointer == "/metadata/model_card":
                self._named_by(item, fact.value, fact.locator.line)

    def _named_by(self, item: Candidate, text: str, line: int | None) -> None:
        """Take the card that MLmodel's metadata names, or say that it is absent."""
        folder = item.path.rpartition("/")[0]
        try:
            path = self.bundle.resolve(text, base=folder)
        except InputError as fault:
            path, why = None, fault.diagnostics[0].message
        else:
            why = "the bundle has no such file"
        if path is None:
            message = f"metadata.model_card names '{plain(text)}': {why}"
            hint = "Add the file to the model's folder, or take the key out."
            self.notes.append(Diagnostic("E221", message, Span(item.path, line), hint, Severity.WARNING))
        elif path not in {known.file for known in self.looked if known.used}:
            self._take(self._read(path), Candidate(path, "card"))


def read_card_file(
    data: bytes,
    *,
    file: str,
    digest: str,
    aliases: Mapping[str, Sequence[str]] | None = None,
    mapping: Mapping[str, str] | None = None,
    languages: Sequence[str] | None = None,
) -> Cards:
    """Read one named file as a card, as `read_cards` reads those of a bundle. Raises InputError as it does."""
    card = with_language(_read(data, file, digest, Matcher(languages, aliases), mapping or {}), languages)
    form = card.sources[0].format
    if form == "mlmodel":
        looked = (Looked(file, False, form, _WHY["mlmodel"]),)
        return Cards(None, (_no_card_of_mlflow(file), *card.diagnostics), looked, card)
    return Cards(card, card.diagnostics, (Looked(file, True, form, "it was named"),))


def card_of_bytes(data: bytes, *, file: str, digest: str) -> Card:
    """Read one file as a card, whatever its name: structured by ending or content, anything else as Markdown."""
    return with_language(_read(data, file, digest, Matcher(), {}), None)


def _cap(path: str) -> int:
    """Most bytes of a file: a bill of materials holds far more than a card."""
    name = path.rpartition("/")[2].casefold()
    if name == "mlmodel":
        return EVIDENCE_YAML.bytes
    return JSON_BYTES if name == "bom.json" or name.endswith((".cdx.json", ".spdx.json")) else CARD_BYTES


def _read(data: bytes, path: str, digest: str, matcher: Matcher, mapping: Mapping[str, str]) -> Card:
    lowered = path.casefold()
    if lowered.endswith(".json") or _looks_like_json(data):
        from govern.inputs.json import parse_json

        root = parse_json(data, file=path, max_bytes=_cap(path))
        return read_json_card(root, file=path, digest=digest, matcher=matcher, mapping=mapping)
    if lowered.endswith((".yaml", ".yml")) or lowered.rpartition("/")[2] == "mlmodel":
        return _yaml(data, path, digest, matcher, mapping)
    return _markdown(data, path, digest, matcher).card


def _looks_like_json(data: bytes) -> bool:
    """Tell an object by its first and last characters; no Markdown card is written like that."""
    text = data.strip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith((b'{"', b"{\n", b"{\r", b"{ ")) and text.endswith(b"}") and b'":' in text.replace(b" ", b"")


def _yaml(data: bytes, path: str, digest: str, matcher: Matcher, mapping: Mapping[str, str]) -> Card:
    """Read a YAML card. Its scalars stay text, as everywhere in a bundle; null is null."""
    from govern.inputs.yaml import parse_yaml, span_at, value_of

    tree = parse_yaml(data, file=path, strictness="evidence")
    root = json.loads(json.dumps(value_of(tree)))

    def line_of(pointer: str) -> int | None:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.partition("#")[0].split("/")[1:]]
        return span_at(tree, [int(step) if step.isdecimal() else step for step in steps]).line

    return read_json_card(root, file=path, digest=digest, matcher=matcher, mapping=mapping, line_of=line_of)


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
