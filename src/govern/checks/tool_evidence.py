"""What every check on other tools' files asks first: which files, read how, and do they meet the rule's terms."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from govern.checks.binding import lineage_digests
from govern.checks.predictions import finding_of, missing, terms_of
from govern.diagnostics import Span, plain
from govern.policy.interface import CheckParams, parameter
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location
from govern.policy.types import Text

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.evidence.envelope import SpeaksOf
    from govern.evidence.tools.finding import Evidence, Sighting

__all__ = [
    "From",
    "Gathered",
    "Item",
    "ToolParams",
    "gather",
    "items_of",
    "place",
    "places",
    "read_one",
    "sightings_of",
]

Body = TypeVar("Body")


class From(BaseModel):
    """Which evidence a rule is about: all that is written must hold."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    producer: Text | None = Field(default=None, description="Name of the tool that made it.")
    name: Text | None = Field(default=None, description="Name under `spec.evidence` of the model record.")
    path: Text | None = Field(default=None, description="Path in the bundle; `*` stands for any text.")

    @model_validator(mode="after")
    def _says_something(self) -> From:
        if self.producer is None and self.name is None and self.path is None:
            raise PydanticCustomError("bad_value", "at least one of producer, name and path is needed")
        return self


class ToolParams(CheckParams):
    """Parameters of every kind that reads other tools' files."""

    from_: Annotated[From | None, "selector"] = parameter(
        "Which evidence is judged: producer, name, path. Unset: all of the kind that the bundle holds.",
        default=None,
        alias="from",
    )


@dataclass(frozen=True, slots=True)
class Item(Generic[Body]):
    """One file's body with the file that it comes from."""

    evidence: Evidence
    body: Body

    @property
    def file(self) -> str:
        """Path inside the bundle."""
        return self.evidence.file


@dataclass(frozen=True, slots=True)
class Gathered(Generic[Body]):
    """Evidence that may be judged: at least one item; all of them must pass."""

    items: tuple[Item[Body], ...]
    refs: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    notes: tuple[Finding, ...] = ()


def gather(
    params: ToolParams,
    context: CheckContext,
    kind: type[Body],
    *,
    name: str,
    wanted: str,
    speaks_of: SpeaksOf = "model and data",
    leave_out: Callable[[Evidence], bool] | None = None,
) -> Gathered[Body] | CheckResult:
    """Find, read and hold against the terms of a rule all evidence that gives a body of type `kind`.

    `name` is what the evidence is called in references and in the plural ("data-quality results"); `wanted` says in a
    sentence's end which files would do ("a result of Great Expectations or Deepchecks"); `speaks_of` what an envelope
    has to name; `leave_out` of which evidence the rule is not, such as another model's.
    A CheckResult is `missing_evidence`: there is none, it speaks of another model or of other data, or it does not meet
    `bound`, `min_grade` or `max_age`. Raises InputError for files that cannot be read.
    """
    found = [
        Item(evidence, body)
        for sighting in _chosen(params, context, kind)
        if _by_producer(params, evidence := read_one(context, sighting, speaks_of))
        and (body := evidence.readout.body(kind)) is not None
        and not (leave_out is not None and leave_out(evidence))
    ]
    if not found:
        return _nothing(params, context, name, wanted)
    refs = tuple(
        EvidenceRef(name=name, file=item.file, digest=item.evidence.digest, bound=item.evidence.bound) for item in found
    )
    others = [
        refusal
        for item in found
        if item.evidence.envelope is not None
        and (refusal := item.evidence.envelope.refusal(f"the {name} {plain(item.file)}")) is not None
    ]
    if others:
        return missing(f"The {name} speak of something else.", [finding_of(item) for item in others], refs)
    terms = [
        terms_of(
            params,
            name=name,
            file=item.file,
            bound=item.evidence.bound,
            produced_at=item.evidence.produced_at,
            tool=item.evidence.envelope.tool if item.evidence.envelope is not None else None,
            how_to_bind="Bind it to model and data: govern evidence add FILE --bundle DIR ...",
        )
        for item in found
    ]
    unmet = [finding for term in terms for finding in term.unmet]
    if unmet:
        return missing(f"The {name} do not meet the terms of the rule.", unmet, refs)
    notes = tuple(finding_of(note) for item in found for note in item.evidence.readout.notes)
    refs += tuple(ref for item in found for ref in _read_with(context, name, item.evidence))
    return Gathered(tuple(found), refs, tuple(held for term in terms for held in term.holds), notes)


def _read_with(context: CheckContext, name: str, evidence: Evidence) -> list[EvidenceRef]:
    """Name the other files that a reader looked at."""
    files = context.bundle.files
    return [
        EvidenceRef(name=name, file=path, digest=files[path].sha256, bound=evidence.bound)
        for path in evidence.readout.files
    ]


def items_of(context: CheckContext, kind: type[Body]) -> tuple[Item[Body], ...]:
    """Give every file that gives a body of a type, held against no terms. Raises InputError for unreadable ones."""
    read = (read_one(context, sighting) for sighting in _chosen(ToolParams(), context, kind))
    return tuple(Item(evidence, body) for evidence in read if (body := evidence.readout.body(kind)) is not None)


def place(evidence: Evidence, *steps: str | int) -> Location:
    """Give the place of a value of a file, with line, column and JSON pointer."""
    from govern.evidence.tools.interface import pointer_of

    span = evidence.document.span(*steps)
    return Location(evidence.file, span.line, span.column, pointer_of(*steps) or None)


def places(evidence: Evidence, wanted: Collection[tuple[str | int, ...]]) -> dict[tuple[str | int, ...], Location]:
    """Give the places of many values of a JSON file at once: looking each up by itself reads the file as often."""
    from govern.evidence.tools.interface import pointer_of
    from govern.inputs.json import pointer_spans

    pointers = {steps: pointer_of(*steps) for steps in wanted}
    spans = pointer_spans(evidence.document.data, file=evidence.file, pointers=tuple(pointers.values()))
    return {
        steps: Location(evidence.file, span.line, span.column, pointer or None)
        for steps, pointer in pointers.items()
        for span in (spans.get(pointer, Span(evidence.file, 1)),)
    }


def _chosen(params: ToolParams, context: CheckContext, kind: type) -> tuple[Sighting, ...]:
    from govern.evidence.tools.finding import Selector, selected

    wish = params.from_
    return selected(
        sightings_of(context, kind), kind, Selector() if wish is None else Selector(wish.producer, wish.name, wish.path)
    )


def sightings_of(context: CheckContext, kind: type | None) -> tuple[Sighting, ...]:
    """List the files that may give a body of a type, or of any, once a run. Raises InputError as `sightings` does."""
    from govern.evidence.tools.finding import sightings

    return context.once(("tools.sightings", kind), lambda: sightings(context.bundle, kind))


def read_one(context: CheckContext, sighting: Sighting, speaks_of: SpeaksOf = "model and data") -> Evidence:
    """Read a file with the reader that is for it, once a run. Raises InputError as `read_sighting` does."""
    from govern.evidence.tools.finding import read_sighting

    lineage = lineage_digests(context)
    return context.once(
        ("tools.read", sighting.path, speaks_of),
        lambda: read_sighting(context.bundle, sighting, lineage=lineage, speaks_of=speaks_of),
    )


def _by_producer(params: ToolParams, evidence: Evidence) -> bool:
    if params.from_ is None or params.from_.producer is None:
        return True
    wish = params.from_.producer.casefold()
    said = {evidence.tool.casefold(), evidence.tool.casefold().split(" ")[0], evidence.readout.tool.name.casefold()}
    return wish in said


def _nothing(params: ToolParams, context: CheckContext, name: str, wanted: str) -> CheckResult:
    span = context.bundle.record_span("spec", "evidence")
    asked = "" if params.from_ is None else " that the rule's `from` selects"
    finding = Finding(
        code="E120",
        detail=f"the bundle has no {name}{asked}",
        required=wanted,
        location=None if span is None else Location(span.file, span.line, span.column),
        remediation=f"Add {wanted} to the bundle, and name it in the record under spec.evidence.",
        discriminator=name,
    )
    return missing(f"There are no {name} to judge.", [finding], (), wanted)
