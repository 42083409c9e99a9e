"""`kind: FairnessAlternatives`: which models were compared before one was chosen, with everybody counted for each.

The search for a less discriminatory alternative, as a record that can be recomputed: for each candidate the confusion
counts of every group on the same people, and the figures of its usefulness that counts do not give.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from govern.bundle.record_fields import AsTuple, Digest, IsoDate, NonEmpty, Part
from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.cells import refuse_near_equal
from govern.evidence.envelope import read_envelope
from govern.evidence.located import locate
from govern.evidence.prediction_source import model_binding
from govern.evidence.rows_manifest import RowsModel
from govern.inputs.nodes import Node, span_at, value_of
from govern.inputs.yaml import parse_yaml
from govern.policy.types import Count, Names, Number, Text

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.envelope import Binding

__all__ = ["Alternatives", "Candidate", "SearchDocument", "alternatives_schema", "find_alternatives"]

_ROLE = "alternatives"
_USUAL = ("alternatives.yaml", "alternatives.yml", "alternatives.json")
_BYTES = 4 * 1024 * 1024
_MOST_PEOPLE = 2**53 - 1
_LONGEST_LABEL = 200
_CODES = {"missing": "E102", "extra_forbidden": "E101"}


def _group(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(None if item is None else str(item) if isinstance(item, str) else item for item in items)


def _four(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Group = Annotated[tuple[str | None, ...], BeforeValidator(_group)]
Four = Annotated[tuple[Count, Count, Count, Count], BeforeValidator(_four)]


class GroupCounts(Part):
    """Everybody of one group, by true outcome and decision."""

    group: Group = Field(description="A value of each attribute, in their order; null for unknown.")
    cells: Four = Field(description="tn, fp, fn, tp.")

    @model_validator(mode="after")
    def _counts(self) -> GroupCounts:
        if min(self.cells) < 0:
            raise PydanticCustomError("bad_value", "a count is a whole number from 0 up")
        if any(item is not None and (not item.strip() or len(item) > _LONGEST_LABEL) for item in self.group):
            raise PydanticCustomError("bad_value", "a group is a short text, or null for unknown")
        return self


class Candidate(Part):
    """One model that was compared."""

    name: NonEmpty
    description: NonEmpty | None = None
    utility: dict[Text, Number] = Field(
        default_factory=dict, description="Figures of usefulness by metric, for those that counts do not give."
    )
    counts: Annotated[tuple[GroupCounts, ...], AsTuple]


class SearchData(Part):
    """Which people everybody was compared on."""

    name: NonEmpty
    split: NonEmpty | None = None
    sha256: Digest | None = Field(default=None, description="Of the data set, or of the chosen model's predictions.")


class SearchWork(Part):
    """Who searched, when and how."""

    by: NonEmpty
    on: IsoDate
    method: NonEmpty | None = None


class SearchDocument(Part):
    """The record of a search for a less discriminatory alternative."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["FairnessAlternatives"]
    model: RowsModel = Field(description="The model that was chosen: the one in the bundle.")
    data: SearchData
    search: SearchWork
    attributes: Names
    chosen: NonEmpty = Field(description="Name of the candidate that is the model in the bundle.")
    candidates: Annotated[tuple[Candidate, ...], AsTuple]

    @model_validator(mode="after")
    def _consistent(self) -> SearchDocument:
        names = [item.name for item in self.candidates]
        if len(set(names)) < len(names) or self.chosen not in names:
            raise PydanticCustomError("bad_value", "each candidate has a name of its own, and one of them is chosen")
        if not self.attributes or len(set(self.attributes)) < len(self.attributes):
            raise PydanticCustomError("bad_value", "at least one attribute is needed, and each once")
        for item in self.candidates:
            groups = [line.group for line in item.counts]
            if any(len(group) != len(self.attributes) for group in groups):
                raise PydanticCustomError("bad_value", "a group has a value for each attribute")
            if len(set(groups)) < len(groups):
                raise PydanticCustomError("bad_value", "a group is counted twice for one candidate")
            if sum(sum(line.cells) for line in item.counts) > _MOST_PEOPLE:
                raise PydanticCustomError("bad_value", "more people than can be counted exactly")
        return self


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The record of a search as it was found."""

    document: SearchDocument
    file: str
    digest: str
    model: Binding
    data: Binding
    produced_at: str | None
    tool: str | None

    @property
    def bound(self) -> bool:
        """Whether it names the model and the data by digest, and both match."""
        return self.model == "match" and self.data == "match"

    @property
    def chosen(self) -> Candidate:
        """The candidate that is the model in the bundle."""
        return next(item for item in self.document.candidates if item.name == self.document.chosen)

    @property
    def others(self) -> tuple[Candidate, ...]:
        """All other candidates, by name."""
        others = (item for item in self.document.candidates if item.name != self.document.chosen)
        return tuple(sorted(others, key=lambda item: item.name))

    @property
    def values(self) -> Mapping[str, tuple[str, ...]]:
        """Every value of each attribute that some candidate counts, by code point."""
        lines = [line.group for item in self.document.candidates for line in item.counts]
        return {
            name: tuple(sorted({value for group in lines if (value := group[place]) is not None}))
            for place, name in enumerate(self.document.attributes)
        }


def find_alternatives(bundle: Bundle, *, lineage: frozenset[str] | None = None) -> Alternatives | Diagnostic:
    """Find the record of the search; a Diagnostic says that there is none, or that it is of another model (E107, E150).

    Raises InputError for a document that cannot be read: I1 (YAML), E101 to E103 (shape), E124 for two spellings that
    look like one group, and E109 when its envelope was made for other bytes.
    """
    located = locate(bundle, _ROLE, _USUAL)
    if isinstance(located, Diagnostic):
        return located
    if located.type not in (None, "fairness-alternatives"):
        hint = "Leave type out, or write fairness-alternatives."
        raise InputError(Diagnostic("E101", "the record calls this file something else", Span(located.path), hint))
    document = _parsed(bundle.read(located.path, limit=_BYTES), file=located.path)
    envelope = None
    if located.envelope is not None:
        envelope = read_envelope(bundle, located.envelope, about=located.path, lineage=lineage)
        refusal = envelope.refusal("the alternatives")
        if refusal is not None:
            return refusal
    model = model_binding(bundle, document.model)
    if model == "mismatch":
        return Diagnostic(
            "E107",
            "the search was for another model: its name, version or files are not those of the bundle",
            Span(located.path),
            "Name the model that is in the bundle, and compare it with its alternatives.",
        )
    data = _data_binding(bundle, document.data, lineage)
    if data == "mismatch":
        message = "the search was made on data that are neither in the bundle nor in its lineage"
        return Diagnostic("E150", message, Span(located.path), "Record the data in the lineage.")
    found = Alternatives(
        document=document,
        file=located.path,
        digest=bundle.files[located.path].sha256,
        model=envelope.model if envelope is not None and model == "absent" else model,
        data=envelope.data if envelope is not None and data == "absent" else data,
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
    )
    for name, values in found.values.items():
        refuse_near_equal(located.path, name, set(values), None, frozenset())
    return found


def _data_binding(bundle: Bundle, data: SearchData, lineage: frozenset[str] | None) -> Binding:
    if data.sha256 is None:
        return "absent"
    if data.sha256 in {entry.sha256 for entry in bundle.files.values()}:
        return "match"
    if lineage is None:
        return "absent"
    return "match" if data.sha256 in lineage else "mismatch"


def _parsed(data: bytes, *, file: str) -> SearchDocument:
    root = parse_yaml(data, file=file, strictness="evidence")
    value = value_of(root)
    if not isinstance(value, dict) or str(value.get("kind")) != "FairnessAlternatives":
        message, hint = "expected a mapping with kind: FairnessAlternatives", "See docs/fairness.md for its keys."
        raise InputError(Diagnostic("E101", message, root.span, hint))
    try:
        return SearchDocument.model_validate(value)
    except ValidationError as fault:
        raise InputError([_diagnostic(root, detail) for detail in fault.errors(include_url=False)]) from fault


def _diagnostic(root: Node, detail: Any) -> Diagnostic:
    place = tuple(detail["loc"])
    name = ".".join(str(step) for step in place) or "the document"
    said = {"missing": "is missing", "extra_forbidden": "is not a key of this document"}.get(detail["type"])
    return Diagnostic(
        code=_CODES.get(detail["type"], "E103"),
        message=f"{name} {said}" if said else f"{name}: {detail['msg']}",
        span=span_at(root, place),
        hint="See the keys of FairnessAlternatives in docs/fairness.md.",
    )


def alternatives_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a FairnessAlternatives document. The reader asks more: unique groups."""
    made: dict[str, Any] = SearchDocument.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "govern search for less discriminatory alternatives",
    }
