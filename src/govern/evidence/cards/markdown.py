"""A Markdown card: front matter plus the text under its headings, behind its labels and in its tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from govern.diagnostics import Diagnostic, InputError, Severity, Span
from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.blocks import Block, clean_inline, read_blocks
from govern.evidence.cards.boilerplate import cut_boilerplate
from govern.evidence.cards.frontmatter import HUB_KEYS, python_string, read_front_matter, split_front_matter
from govern.evidence.cards.hub import Metadata, read_metadata
from govern.evidence.cards.labels import runs
from govern.evidence.cards.metrics import metric_of_line, metrics_of_sentence, metrics_of_table
from govern.evidence.cards.model import (
    Card,
    Claim,
    Licence,
    Locator,
    Metric,
    Origin,
    Passage,
    Placeholder,
    Section,
    Source,
)
from govern.evidence.cards.placeholders import find_left_over, find_placeholders, is_placeholder_alone
from govern.evidence.cards.words import casefolded, normal, squeeze
from govern.evidence.cards.written import oddly_written
from govern.inputs.limits import CARD_LINES

__all__ = ["MarkdownCard", "join_sections", "read_markdown"]

_SETTINGS = frozenset(["hyperparameter", "hyperparameters", "hyper-parameter", "hyper-parameters"])
"""Heads of tables that list a tool's settings."""
_RATINGS = frozenset(["critical", "high", "medium", "moderate", "low", "unknown"])


@dataclass(frozen=True, slots=True)
class MarkdownCard:
    """A read Markdown card and what discovery asks about it."""

    card: Card
    has_front_matter: bool
    """Also true when the front matter could not be read."""
    hub_keys: bool
    web_app: bool
    """Whether the front matter describes a hosted application, not a model."""


def read_markdown(text: str, *, file: str, digest: str, matcher: Matcher) -> MarkdownCard:
    """Read a card. Raises InputError (I102) above 20,000 lines; broken front matter is only diagnosed."""
    text = normal("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.count("\n") > CARD_LINES:
        message = f"a card of more than {CARD_LINES} lines is not read"
        raise InputError(Diagnostic("I102", message, Span(file), "Move tables and logs to files of their own."))
    embedded = python_string(text)
    split = split_front_matter(text if embedded is None else embedded[0])
    front = read_front_matter(split, file=file)
    metadata = read_metadata(front.root, file=file, digest=digest)
    body = _Body(file, digest, matcher, tuple(claim.value for claim in metadata.datasets))
    for block in read_blocks(split.body, offset=split.offset):
        body.add(block)
    notes = [*front.diagnostics, *_notes(metadata, file)]
    if embedded is not None:
        message = "this file is Python with a card inside a string; nothing in that string is front matter"
        hint = "Write the card to a file of its own: what it declares (licence, data sets) is not declared here."
        notes.append(Diagnostic("E223", message, Span(file, embedded[1]), hint, Severity.WARNING))
    card = _assemble(body, metadata, tuple(notes), unreadable=bool(front.diagnostics))
    keys = {key.text for key, _value in front.root.entries} if front.root else set()
    return MarkdownCard(
        card=card,
        has_front_matter=split.yaml is not None or split.unclosed_at is not None,
        hub_keys=bool(keys & HUB_KEYS),
        web_app=bool(keys & {"sdk", "app_file"}),
    )


def _notes(metadata: Metadata, file: str) -> Iterator[Diagnostic]:
    """What front matter declares in a way that nothing can be made of."""
    yield from oddly_written(metadata.metrics)
    for base in metadata.base_models:
        if base.is_local_path:
            message = f"the base model '{base.value}' is a path on somebody's machine: where it came from is unknown"
            hint = "Name the base model by its id, e.g. organisation/model."
            yield Diagnostic("E225", message, Span(file, base.locator.line), hint, Severity.WARNING)


def _assemble(body: _Body, metadata: Metadata, diagnostics: tuple[Diagnostic, ...], *, unreadable: bool) -> Card:
    sections = {name: draft.section(name) for name, draft in sorted(body.drafts.items())}
    for name, section in metadata.sections.items():
        known = sections.get(name)
        sections[name] = section if known is None else join_sections(section, known)
    labels = body.claims_of(sections, "licence", origins=("label", "table", "heading"))
    source = Source(body.file, body.digest, "huggingface" if metadata.declared else "markdown")
    return Card(
        sources=(source,),
        identity=metadata.identity,
        owners=body.claims_of(sections, "owner"),
        contacts=body.claims_of(sections, "contact"),
        licences=(*metadata.licences, *(Licence(item.value, item.locator, "label") for item in labels)),
        licence_name=metadata.licence_name,
        licence_link=metadata.licence_link,
        base_models=metadata.base_models,
        datasets=metadata.datasets,
        languages=metadata.languages,
        metrics=metadata.metrics + tuple(body.metrics),
        sections=dict(sorted(sections.items())),
        placeholders=tuple(body.placeholders),
        headings=tuple(body.headings),
        text=tuple(body.passages),
        metadata=metadata.others,
        risk_rating=next((item for item in body.claims_of(sections, "risk") if item.value.lower() in _RATINGS), None),
        metadata_unreadable=unreadable,
        diagnostics=diagnostics,
    )


def join_sections(first: Section, second: Section) -> Section:
    """Join two claims of one section, in reading order; nothing is dropped."""
    return Section(
        first.id,
        first.claimed_at + second.claimed_at,
        first.passages + second.passages,
        first.metrics + second.metrics,
        first.tables + second.tables,
        first.titles + second.titles,
        first.items + second.items,
    )


@dataclass(slots=True)
class _Draft:
    """A section while its card is read."""

    claimed_at: list[Locator] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    tables: list[tuple[tuple[str, ...], ...]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    items: int = 0

    def section(self, name: str) -> Section:
        return Section(
            name,
            tuple(self.claimed_at),
            tuple(self.passages),
            tuple(self.metrics),
            tuple(self.tables),
            tuple(self.titles),
            self.items,
        )


class _Body:
    """Hands every block to the sections that own it: the innermost enclosing heading that claims any."""

    def __init__(self, file: str, digest: str, matcher: Matcher, datasets: tuple[str, ...]) -> None:
        self.file = file
        self.digest = digest
        self.drafts: dict[str, _Draft] = {}
        self.metrics: list[Metric] = []
        self.placeholders: list[Placeholder] = []
        self.headings: list[Claim] = []
        self.passages: list[Passage] = []
        self._matcher = matcher
        self._stack: list[tuple[int, tuple[str, ...]]] = []

    def add(self, block: Block) -> None:
        if block.kind == "heading":
            self._heading(block)
        elif block.kind == "table":
            self._table(block)
        elif block.kind in ("text", "item"):
            self._text(block)

    @property
    def _owners(self) -> tuple[str, ...]:
        return next((claims for _level, claims in reversed(self._stack) if claims), ())

    def _at(self, line: int) -> Locator:
        return Locator(self.file, self.digest, line)

    def _draft(self, name: str) -> _Draft:
        return self.drafts.setdefault(name, _Draft())

    def _heading(self, block: Block) -> None:
        title = clean_inline(block.title)
        place = self._at(block.line)
        self._mark_placeholders(block.title, block.line)
        # The first top-level heading is the card's title: "Evaluation of loans" there must not own the whole card.
        is_title = block.level == 1 and not self.headings
        claims = self._matcher.match(title, exact=is_title)
        while self._stack and self._stack[-1][0] >= block.level:
            self._stack.pop()
        self._stack.append((block.level, claims))
        self.headings.append(Claim(squeeze(title), place))
        for name in claims:
            self._draft(name).claimed_at.append(place)
        for name in self._owners:
            self._draft(name).titles.append(squeeze(title))

    def _table(self, block: Block) -> None:
        rows = [tuple(squeeze(clean_inline(cell.text)) for cell in row) for row in block.rows]
        found = list(metrics_of_table(block.rows, self.file, self.digest))
        self.metrics.extend(found)
        left: list[int] = []
        for index, row in enumerate(block.rows):
            names = self._matcher.match(rows[index][0], exact=True) if len(row) == 2 else ()
            for cell in row:
                self._mark_placeholders(cell.text, cell.number, alone=bool(names))
            if names and not found:
                self._claim(names, rows[index][1], row[1].number, "table")
            else:
                left.append(index)
        for name in self._owners:
            draft = self._draft(name)
            draft.tables.append(tuple(rows))
            draft.metrics.extend(found)
        # A table of settings is what a tool dumped: kept among the tables, and nobody's words.
        if not (rows and rows[0] and casefolded(rows[0][0]) in _SETTINGS):
            self._give("\n".join(" ".join(rows[index]) for index in left), block.line, "table")

    def _text(self, block: Block) -> None:
        for line in block.lines:
            self._mark_placeholders(line.text, line.number)
        found: list[Metric] = []
        for run in runs(block, self._matcher):
            if run.names:
                self._claim(run.names, run.value, run.line, "label")
                continue
            place = self._at(run.line)
            declared = metric_of_line(run.raw, place)
            cleaned = clean_inline(run.raw)
            found.extend([declared] if declared else metrics_of_sentence(squeeze(cleaned), place))
            self._give(run.value, run.line, "heading")
        self.metrics.extend(found)
        for name in self._owners:
            self._draft(name).metrics.extend(found)
            self._draft(name).items += block.kind == "item"

    def _claim(self, names: Iterable[str], text: str, line: int, origin: Origin) -> None:
        place = self._at(line)
        for name in names:
            draft = self._draft(name)
            draft.claimed_at.append(place)
            if text.strip():
                draft.passages.append(Passage(text.strip(), place, origin))
        if text.strip():
            self.passages.append(Passage(text.strip(), place, origin))

    def _give(self, text: str, line: int, origin: Origin) -> None:
        if not text.strip():
            return
        owners = self._owners
        passage = Passage(text.strip(), self._at(line), origin, len(owners) > 1)
        self.passages.append(passage)
        for name in owners:
            self._draft(name).passages.append(passage)

    def _mark_placeholders(self, text: str, line: int, *, alone: bool = True) -> None:
        """Note placeholders; `alone` says whether a lone `None` or `-` is one: in a table of values it is a value."""
        found = list(find_left_over(text))
        if alone and not found and is_placeholder_alone(text) and any(char.isalnum() for char in text):
            found = [text.strip()]
        self.placeholders.extend(Placeholder(item[:120], self._at(line)) for item in found)

    @staticmethod
    def claims_of(
        sections: dict[str, Section], name: str, *, origins: tuple[str, ...] = ("label", "table", "heading", "metadata")
    ) -> tuple[Claim, ...]:
        """Give the texts of a section as declared values; placeholders are not values."""
        section = sections.get(name)
        if section is None:
            return ()
        return tuple(
            Claim(squeeze(passage.text)[:300], passage.locator)
            for passage in section.passages
            if passage.origin in origins
            and not is_placeholder_alone(passage.text)
            and not any(find_placeholders(passage.text))
            and cut_boilerplate(passage.text)[0].strip()
        )
