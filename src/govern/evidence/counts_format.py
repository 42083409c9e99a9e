"""`kind: FairnessCounts`: predictions that were reduced to counts inside the data owner's walls. Its shape.

The document holds every count, of small groups too: it is for those who may see the evidence, not for the public.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from govern.bundle.record_fields import AsTuple, Digest, NonEmpty, Part
from govern.evidence.rows_manifest import RowsData, RowsModel
from govern.policy.types import Names

__all__ = ["LARGEST_COUNT", "CountsAxis", "CountsFile", "CountsPart", "CountsSource", "MissingRows", "counts_schema"]

LARGEST_COUNT = 2**53 - 1
"""A larger integer is no JSON number that all readers agree on (RFC 7493)."""

Whole = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
_SCALAR: dict[str, object] = {"type": ["string", "integer", "boolean"]}
_ROWS_OF_INTEGERS = {"type": "array", "items": {"type": "array", "items": {"type": "integer", "minimum": 0}}}


class CountsAxis(Part):
    """One attribute; the index after the last value stands for rows of which it is not known."""

    name: NonEmpty
    values: Names
    """By code point."""
    unknown: Literal[True]
    declared: bool | None = None
    """Whether the values were declared before the table was read. Only then may two spellings of one name stand."""


class MissingRows(Part):
    """Rows that are in no cell; `rows` where a row without prediction may also be one without label."""

    y_pred: Whole
    y_true: Whole = 0
    rows: Whole | None = None


class CountsSource(Part):
    """Which row file this was made from, for whoever holds the key of the HMAC."""

    rows: Whole
    hmac_sha256: Digest


class CountsPart(Part):
    """A document that was added into this one."""

    sha256: Digest
    rows: Whole


class CountsProducer(Part):
    """What wrote the document."""

    name: NonEmpty | None = None
    version: NonEmpty | None = None


class CountsPositive(Part):
    """The value that counted as selected and as the true positive outcome. Information: counts need no reading."""

    y_pred: Annotated[Any, WithJsonSchema(_SCALAR)] = None
    y_true: Annotated[Any, WithJsonSchema(_SCALAR)] = None


class CountsFile(Part):
    """The document as it is written."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["FairnessCounts"]
    model: RowsModel
    data: RowsData
    axes: Annotated[tuple[CountsAxis, ...], AsTuple]
    classes: Names = ()
    """All values of outcomes and decisions where there are more than two."""
    y_true: bool
    """Whether the cells are told apart by the true outcome."""
    shape: Annotated[tuple[Whole, ...], AsTuple]
    """A length for each axis (its values and one for unknown), 2 for `y_true` where it is counted, 2 for `y_pred`; with
    `classes`, as many as there are in place of 2."""
    counts: Annotated[Any, WithJsonSchema({"type": "array", "items": {"type": "integer", "minimum": 0}})] = None
    """Every cell, the last index running fastest. Either this or `cells`."""
    cells: Annotated[Any, WithJsonSchema(_ROWS_OF_INTEGERS)] = None
    """The cells that are not empty: [index of each axis..., y_true, y_pred, count]."""
    missing: MissingRows
    rows: Whole
    scores: Annotated[Any, WithJsonSchema({"type": "object"})] = None
    """Histograms and sums of the scores, as `govern fairness summarize` writes them."""
    positive: CountsPositive | None = None
    salt: Digest | None = None
    """32 random bytes in hex: what is published of the counts is committed to with them."""
    source: CountsSource | None = None
    parts: Annotated[tuple[CountsPart, ...], AsTuple] = ()
    producer: CountsProducer | None = None


def counts_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of a FairnessCounts document. The reader asks more: sums and order."""
    made: dict[str, Any] = CountsFile.model_json_schema(by_alias=True)
    made["$defs"]["CountsAxis"]["properties"]["values"]["uniqueItems"] = True
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "govern counts of predictions",
        "oneOf": [{"required": ["counts"]}, {"required": ["cells"]}],
    }
