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
    "BaseModel",
    "Card",
    "Claim",
    "Conflict",
    "Dataset",
    "Fact",
    "Fairness",
    "Governance",
    "Identity",
    "Interface",
    "Interval",
    "Licence",
    "Locator",
    "Metric",
    "Origin",
    "Passage",
    "Placeholder",
    "Risk",
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
    """`huggingface`, `markdown`, `mlflow-note`, `toolkit`, `cyclonedx`, `sagemaker`, `spdx`, `flat-json`,
    `questionnaire`, `mapped` or, for a technical card, `mlmodel`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One declared value with its place."""

    value: str
    locator: Locator


@dataclass(frozen=True, slots=True)
class Fact(Claim):
    """A declared value with the name that the card gives it, e.g. `python_version: 3.11.7`."""

    name: str


@dataclass(frozen=True, slots=True)
class Licence(Claim):
    """A licence as written; the expression is the checks' business."""

    origin: Literal["metadata", "label", "bom"] = "metadata"
    """Front matter or a JSON field, a label or heading in the text, or a bill of materials."""


@dataclass(frozen=True, slots=True)
class BaseModel(Claim):
    """A model that this one was made from; the value is its id."""

    revision: Claim | None = None
    relation: Claim | None = None
    """`finetune`, `adapter`, `merge` or `quantized`, when the card says so."""
    is_local_path: bool = False
    """Whether the id is a path on somebody's machine: the lineage is then undetermined."""


@dataclass(frozen=True, slots=True)
class Governance:
    """Who answers for a data set."""

    owner: Claim | None = None
    steward: Claim | None = None
    custodian: Claim | None = None


@dataclass(frozen=True, slots=True)
class Dataset(Claim):
    """A data set that the card names; the value is its name, or its URI when it has none."""

    uri: Claim | None = None
    digest: Claim | None = None
    split: Claim | None = None
    role: Literal["train", "evaluate", "reference"] | None = None
    """What it was used for, when the card says so."""
    sensitive: tuple[Claim, ...] = ()
    """Sensitive data in it, as declared: kinds of data, a classification, or `true`."""
    governance: Governance = Governance()


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
class Interval:
    """A confidence interval as declared. A bound that is not plainly a number has no value and keeps its text."""

    low: Decimal | None
    high: Decimal | None
    level: Decimal | None
    raw: str
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
    average: str | None = None
    """`macro`, `micro`, `weighted` or `samples`, when the card says so."""
    ci: Interval | None = None
    threshold: Claim | None = None
    """The card's own threshold: shown, never used."""
    verified_by: Claim | None = None
    """Who the card says has verified the number."""
    verdict: Claim | None = None
    """What the tool made of the number (`passed`): recorded, never used."""


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk that the card names, and what is done about it."""

    name: Claim
    mitigation: Claim | None = None


@dataclass(frozen=True, slots=True)
class Fairness:
    """What the card says about a group at risk."""

    group: Claim | None = None
    harm: Claim | None = None
    benefit: Claim | None = None
    mitigation: Claim | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """What goes into the model and what comes out: formats, or columns of a signature."""

    inputs: tuple[Fact, ...] = ()
    outputs: tuple[Fact, ...] = ()
    params: tuple[Fact, ...] = ()


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
    level: Literal["fail", "warn"] = "fail"
    """`warn` for fields that two cards may honestly date or phrase differently: date, owner, language, data sets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card, or all cards of a bundle merged."""

    sources: tuple[Source, ...]
    identity: Identity = Identity()
    owners: tuple[Claim, ...] = ()
    contacts: tuple[Claim, ...] = ()
    licences: tuple[Licence, ...] = ()
    """As written: `apache-2.0`, `Apache License 2.0`, `other`. Joining them with SPDX is the checks' business."""
    licence_name: Claim | None = None
    licence_link: Claim | None = None
    base_models: tuple[BaseModel, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    languages: tuple[Claim, ...] = ()
    metrics: tuple[Metric, ...] = ()
    sections: Mapping[str, Section] = field(default_factory=dict)
    placeholders: tuple[Placeholder, ...] = ()
    headings: tuple[Claim, ...] = ()
    text: tuple[Passage, ...] = ()
    """Every passage of the card, claimed by a section or not."""
    risks: tuple[Risk, ...] = ()
    fairness: tuple[Fairness, ...] = ()
    io: Interface = Interface()
    environment: tuple[Fact, ...] = ()
    """What the model runs on and what it was made with."""
    metadata: tuple[Fact, ...] = ()
    """Other declared fields, as they stand, with no meaning given to them."""
    risk_rating: Claim | None = None
    approvals: tuple[Fact, ...] = ()
    """Approvals that a card claims. A claim, never an approval of ours."""
    conflicts: tuple[Conflict, ...] = ()
    recognised: bool = True
    """False when a card's shape or language leaves nothing to recognise."""
    metadata_unreadable: bool = False
    """Whether a card has front matter that could not be read."""
    diagnostics: tuple[Diagnostic, ...] = ()
