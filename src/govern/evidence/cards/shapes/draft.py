"""A structured card while it is read: what every format's reader collects into."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from govern.diagnostics import Diagnostic
from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.metrics import metric, read_value
from govern.evidence.cards.model import (
    BaseModel,
    Card,
    Claim,
    Dataset,
    Fact,
    Fairness,
    Identity,
    Interface,
    Interval,
    Licence,
    Locator,
    Metric,
    Passage,
    Placeholder,
    Risk,
    Section,
    Source,
)
from govern.evidence.cards.placeholders import find_left_over, is_placeholder_alone
from govern.evidence.cards.shapes.part import Part
from govern.evidence.cards.words import squeeze
from govern.evidence.cards.written import oddly_written

__all__ = ["Draft"]

_NOT_PROSE = frozenset(["link", "url", "uri", "path", "graphics", "image", "sensitive", "schema_version"])
_MAX_LEAVES = 20_000
_LONGEST_CLAIM = 300


@dataclass(slots=True)
class _Section:
    claimed_at: list[Locator] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    metrics: list[Metric] = field(default_factory=list)
    items: int = 0


@dataclass(slots=True)
class Draft:
    """Collects one document. Readers add; nothing is taken back but what a policy's mapping replaces."""

    file: str
    digest: str
    matcher: Matcher
    line_of: Callable[[str], int | None] | None = None
    """Gives the line of a pointer, for documents that keep lines (YAML)."""
    sections: dict[str, _Section] = field(default_factory=dict)
    identity: Identity = field(default_factory=Identity)
    owners: list[Claim] = field(default_factory=list)
    contacts: list[Claim] = field(default_factory=list)
    licences: list[Licence] = field(default_factory=list)
    base_models: list[BaseModel] = field(default_factory=list)
    datasets: list[Dataset] = field(default_factory=list)
    other_metrics: list[Metric] = field(default_factory=list)
    """Numbers that no section stands on, such as results of a tool's own tests."""
    risks: list[Risk] = field(default_factory=list)
    fairness: list[Fairness] = field(default_factory=list)
    inputs: list[Fact] = field(default_factory=list)
    outputs: list[Fact] = field(default_factory=list)
    params: list[Fact] = field(default_factory=list)
    environment: list[Fact] = field(default_factory=list)
    metadata: list[Fact] = field(default_factory=list)
    approvals: list[Fact] = field(default_factory=list)
    risk_rating: Claim | None = None
    problems: list[Diagnostic] = field(default_factory=list)

    def at(self, pointer: str) -> Locator:
        """Locate a pointer in the file."""
        line = self.line_of(pointer) if self.line_of is not None else None
        return Locator(self.file, self.digest, line, pointer)

    def said(self, part: Part | None) -> Claim | None:
        """Give a leaf as a declared value; None when it is absent, empty or no leaf."""
        text = part.text if part is not None else None
        if part is None or text is None:
            return None
        return Claim(squeeze(text)[:_LONGEST_CLAIM], self.at(part.pointer))

    def fact(self, name: str, part: Part | None) -> Fact | None:
        """Give a leaf as a named value."""
        claim = self.said(part)
        return None if claim is None else Fact(claim.value, claim.locator, squeeze(name)[:_LONGEST_CLAIM])

    def facts(self, into: list[Fact], part: Part | None, name: str = "") -> None:
        """Add every leaf below a part, each under the key nearest to it."""
        for key, leaf in part.leaves(name) if part is not None else ():
            found = self.fact(key, leaf)
            if found is not None and len(into) < _MAX_LEAVES:
                into.append(found)

    def claim(self, section: str, part: Part | None, *, without: Sequence[str] = ()) -> None:
        """Give a section all prose below a part, but that under the keys `without`, which the format's schema writes.

        What is there and empty still claims the section: a stub, not an absence.
        """
        if part is None:
            return
        draft = self.sections.setdefault(section, _Section())
        draft.claimed_at.append(self.at(part.pointer))
        for count, (key, leaf) in enumerate(part.leaves()):
            if count >= _MAX_LEAVES:
                break
            if key not in _NOT_PROSE and key not in without and isinstance(leaf.value, str) and leaf.text:
                draft.passages.append(Passage(leaf.text, self.at(leaf.pointer), "field"))

    def count_items(self, section: str, number: int) -> None:
        """Say how many rows or items a section has, for needs such as a row a group."""
        if section in self.sections:
            self.sections[section].items += number

    def owner(self, *parts: Part | None) -> None:
        """Add who answers for the model, as claim and as section."""
        for part in parts:
            claim = self._written(part)
            if claim is not None:
                self.owners.append(claim)
            self.claim("owner", part)

    def contact(self, *parts: Part | None) -> None:
        """Add where the owner is reached, as claim and as section."""
        for part in parts:
            claim = self._written(part)
            if claim is not None:
                self.contacts.append(claim)
                self.claim("contact", part)

    def licence(self, part: Part | None, *, bom: bool = False) -> None:
        """Add a licence as written, as claim and as section."""
        claim = self._written(part)
        if claim is not None:
            self.licences.append(Licence(claim.value, claim.locator, "bom" if bom else "metadata"))
        self.claim("licence", part)

    def _written(self, part: Part | None) -> Claim | None:
        """Give a text that somebody wrote; numbers, flags and placeholders name nobody and no licence."""
        if part is None or not isinstance(part.value, str) or is_placeholder_alone(part.value):
            return None
        return self.said(part)

    def risk(self, name: Part | None, mitigation: Part | None) -> None:
        """Add a risk and what is done about it."""
        claim = self.said(name)
        if claim is not None:
            self.risks.append(Risk(claim, self.said(mitigation)))

    def interval(self, part: Part | None, low: str, high: str, level: str = "level") -> Interval | None:
        """Read a confidence interval; its bounds are declared numbers like any other."""
        if part is None:
            return None
        bounds = [part.get(key) for key in (low, high, level)]
        texts = [bound.text if bound is not None else None for bound in bounds]
        if not any(texts):
            return None
        values = [read_value(text)[0] if text else None for text in texts]
        return Interval(values[0], values[1], values[2], f"{texts[0]} to {texts[1]}"[:200], self.at(part.pointer))

    def metric(
        self,
        section: str | None,
        name: Part | str | None,
        value: Part | None,
        *,
        dataset: str | None = None,
        split: str | None = None,
        group: str | None = None,
        ci: Interval | None = None,
        threshold: Part | None = None,
        verdict: Part | None = None,
    ) -> None:
        """Add a declared number to a section, or to the card alone."""
        said = name if isinstance(name, str) or name is None else name.text
        text = value.text if value is not None else None
        if not said or value is None or text is None:
            return
        made = metric(said, text, self.at(value.pointer), dataset=dataset, split=split, group=group)
        made = replace(made, ci=ci, threshold=self.said(threshold), verdict=self.said(verdict))
        self.add_metrics(section, [made])

    def add_metrics(self, section: str | None, metrics: Sequence[Metric]) -> None:
        """Add read numbers to a section that is claimed already, or to the card alone."""
        if section is None:
            self.other_metrics.extend(metrics)
        else:
            self.sections.setdefault(section, _Section()).metrics.extend(metrics)

    def card(self, shape: str, *, recognised: bool = True) -> Card:
        """Give the card."""
        sections = {
            name: Section(name, tuple(one.claimed_at), tuple(one.passages), tuple(one.metrics), items=one.items)
            for name, one in sorted(self.sections.items())
            if one.claimed_at
        }
        passages = tuple(dict.fromkeys(item for section in sections.values() for item in section.passages))
        metrics = (*(item for section in sections.values() for item in section.metrics), *self.other_metrics)
        return Card(
            sources=(Source(self.file, self.digest, shape),),
            identity=self.identity,
            owners=tuple(self.owners),
            contacts=tuple(self.contacts),
            licences=tuple(self.licences),
            base_models=tuple(self.base_models),
            datasets=tuple(self.datasets),
            metrics=metrics,
            sections=sections,
            placeholders=tuple(_placeholders(passages)),
            text=passages,
            risks=tuple(self.risks),
            fairness=tuple(self.fairness),
            io=Interface(tuple(self.inputs), tuple(self.outputs), tuple(self.params)),
            environment=tuple(self.environment),
            metadata=tuple(self.metadata),
            risk_rating=self.risk_rating,
            approvals=tuple(self.approvals),
            recognised=recognised,
            diagnostics=(*self.problems, *oddly_written(metrics)),
        )


def _placeholders(passages: Sequence[Passage]) -> Iterator[Placeholder]:
    for passage in passages:
        found = list(find_left_over(passage.text))
        if not found and is_placeholder_alone(passage.text) and any(char.isalnum() for char in passage.text):
            found = [passage.text]
        for item in found:
            yield Placeholder(item[:120], passage.locator)
