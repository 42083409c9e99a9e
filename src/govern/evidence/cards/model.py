"""The normalised card: what a model card says, where it says it, and nothing guessed.

Every leaf carries a `Locator`. Strings are NFC; numbers are decimals; a value that is not plainly a number keeps
its text and has no value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from govern.diagnostics import Diagnostic

__all__ = [
    "Card",
    "Claim",
    "Conflict",
    "Identity",
    "Locator",
    "Metric",
    "Origin",
    "Passage",
    "Placeholder",
    "Section",
    "Source",
]

Origin = Literal["heading", "label", "table", "metadata", "field"]
"""Where a passage was found: under a heading, behind a label, in a table row, in front matter, in a JSON field."""


@dataclass(frozen=True, slots=True)
class Locator:
    """A place in a card: a line of a text file or a JSON pointer, with the digest of the file's bytes."""

    file: str
    digest: str
    """sha256 of the file's bytes, hex."""
    line: int | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read as a card."""

    file: str
    digest: str
    format: str
    """`huggingface`, `markdown`, `toolkit`, `flat-json` or `questionnaire`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One declared value with its place."""

    value: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Identity:
    """Which model a card says it describes."""

    name: Claim | None = None
    version: Claim | None = None
    date: Claim | None = None


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Text that a template left behind, e.g. `[More Information Needed]`."""

    text: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Metric:
    """A number that the card declares. A claim, never evidence for a threshold."""

    name: str
    raw: str
    """The value as written."""
    value: Decimal | None
    """Set only for a plain finite decimal, or a percentage with its sign."""
    unit: Literal["ratio", "percent"] | None
    dataset: str | None
    split: str | None
    slice: str | None
    locator: Locator


@dataclass(frozen=True, slots=True)
class Passage:
    """Text that belongs to a section: comments, code and raw HTML are gone, placeholders and template text are not."""

    text: str
    locator: Locator
    origin: Origin
    shared: bool = False
    """Whether its heading claims several sections, e.g. "Bias, Risks, and Limitations"."""


@dataclass(frozen=True, slots=True)
class Section:
    """Everything in the cards that claims one section. The state depends on a policy: see `states.judge`."""

    id: str
    claimed_at: tuple[Locator, ...]
    """Headings, labels, keys or fields that claim it, in reading order; never empty."""
    passages: tuple[Passage, ...] = ()
    metrics: tuple[Metric, ...] = ()
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()
    """Rows of cells of every table in it."""
    titles: tuple[str, ...] = ()
    """Headings in it, its own included."""
    items: int = 0
    """Number of list items in it."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field on which the cards of one bundle disagree."""

    field: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card, or all cards of a bundle merged."""

    sources: tuple[Source, ...]
    identity: Identity = Identity()
    owners: tuple[Claim, ...] = ()
    contacts: tuple[Claim, ...] = ()
    licences: tuple[Claim, ...] = ()
    """As written: `apache-2.0`, `Apache License 2.0`, `other`. Joining them with SPDX is the checks' business."""
    licence_name: Claim | None = None
    licence_link: Claim | None = None
    base_models: tuple[Claim, ...] = ()
    datasets: tuple[Claim, ...] = ()
    languages: tuple[Claim, ...] = ()
    metrics: tuple[Metric, ...] = ()
    sections: Mapping[str, Section] = field(default_factory=dict)
    placeholders: tuple[Placeholder, ...] = ()
    headings: tuple[Claim, ...] = ()
    text: tuple[Passage, ...] = ()
    """Every passage of the card, claimed by a section or not."""
    conflicts: tuple[Conflict, ...] = ()
    recognised: bool = True
    """False when a card's shape or language leaves nothing to recognise."""
    metadata_unreadable: bool = False
    """Whether a card has front matter that could not be read."""
    diagnostics: tuple[Diagnostic, ...] = ()
