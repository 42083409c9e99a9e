"""`kind: FairnessRows`: the document beside a prediction table that says what its columns and values mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from govern.bundle.record_fields import AsTuple, Digest, FilePath, ModelName, ModelVersion, NonEmpty, Part
from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.cells import is_missing
from govern.inputs.nodes import Node, span_at, value_of
from govern.inputs.scalars import ScalarText
from govern.inputs.yaml import parse_yaml
from govern.policy.types import Count, Names, Text

MOST_CLASSES = 64
"""Each class is judged by itself, with its share of the rule's alpha."""

__all__ = ["MOST_CLASSES", "FairnessRows", "Positive", "parse_rows_manifest"]


def _scalar(value: Any) -> Any:
    if isinstance(value, str):
        return value if isinstance(value, ScalarText) else ScalarText(value, plain=False)
    return value


Positive = Annotated[Any, BeforeValidator(_scalar)]
"""A `ScalarText`, with its style kept: `"1"` is text and `1` is a number."""


class ModelFile(Part):
    """An artefact the predictions were made with."""

    path: FilePath
    sha256: Digest


class RowsModel(Part):
    """Which model made the predictions."""

    name: ModelName
    version: ModelVersion
    files: Annotated[tuple[ModelFile, ...], AsTuple] = ()


class RowsData(Part):
    """Which data the predictions were made on."""

    name: NonEmpty
    split: NonEmpty | None = None
    population: NonEmpty | None = None
    since: NonEmpty | None = Field(default=None, alias="from")
    until: NonEmpty | None = None
    data_type: NonEmpty | None = None
    sampling: NonEmpty | None = None


class RowsFile(Part):
    """The table itself."""

    path: FilePath
    sha256: Digest
    rows: Count | None = None


class Columns(Part):
    """Which column is what."""

    y_pred: NonEmpty | None = None
    y_true: NonEmpty | None = None
    score: NonEmpty | None = None
    row_id: NonEmpty | None = None
    weight: NonEmpty | None = None
    stratum: NonEmpty | None = None
    rank: NonEmpty | None = None
    query: NonEmpty | None = None
    sensitive: Names = ()

    @model_validator(mode="after")
    def _each_once(self) -> Columns:
        if self.weight is not None:
            raise PydanticCustomError("bad_value", "weighted rows are not read: give one row a case, and weight: null")
        named = [self.y_pred, self.y_true, self.score, self.row_id, self.rank, self.query, *self.sensitive]
        given = [name for name in named if name is not None]
        if len(set(given)) < len(given):
            raise PydanticCustomError("bad_value", "a column is given two meanings")
        return self


class PositiveValues(Part):
    """The value that counts as selected, and as the true positive outcome."""

    y_pred: Positive
    y_true: Positive = None

    @model_validator(mode="after")
    def _scalars(self) -> PositiveValues:
        if not isinstance(self.y_pred, ScalarText) or not isinstance(self.y_true, ScalarText | None):
            raise PydanticCustomError("wrong_type", "expected one value")
        return self


_BOUND = re.compile(r"[-+]?[0-9]{1,18}(?:\.[0-9]{1,18})?", re.ASCII)


def _exact(value: Any) -> Any:
    text = str(value) if isinstance(value, str) else ""
    if not _BOUND.fullmatch(text):
        raise PydanticCustomError("wrong_type", "expected a decimal number such as 0 or 0.5")
    return Fraction(text)


def _two(value: Any) -> Any:
    if not isinstance(value, list) or len(value) != 2:
        raise PydanticCustomError("wrong_type", 'expected two numbers, the least and the largest score: ["0", "1"]')
    return tuple(value)


Exact = Annotated[Fraction, BeforeValidator(_exact)]
"""A decimal number, kept exactly."""


class FairnessRows(Part):
    """The manifest of a prediction table."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["FairnessRows"]
    model: RowsModel
    data: RowsData
    file: RowsFile
    task: Literal["binary", "regression", "ranking"] = "binary"
    columns: Columns
    positive: PositiveValues | None = None
    classes: Names = ()
    """All values of labels and decisions where there are more than two: in place of `positive`."""
    score_range: Annotated[tuple[Exact, Exact], BeforeValidator(_two)] = (Fraction(0), Fraction(1))
    threshold: Exact | None = None
    """Scores from here on are selected."""
    groups: dict[Text, Names] = Field(default_factory=dict)
    unknown: Names = ()

    @model_validator(mode="after")
    def _of_its_task(self) -> FairnessRows:
        needed: Mapping[str, Mapping[str, object]] = {
            "binary": {"columns.y_pred": self.columns.y_pred, "positive": self.positive or self.classes or None},
            "regression": {"columns.y_pred": self.columns.y_pred, "columns.y_true": self.columns.y_true},
            "ranking": {"columns.rank": self.columns.rank},
        }
        for name, given in needed[self.task].items():
            if given is None:
                raise PydanticCustomError("missing", "is missing", {"key": name})
        if self.task != "binary" and self.positive is not None:
            raise PydanticCustomError("bad_value", "positive is for decisions and labels: leave it out for this task")
        if self.classes:
            self._check_classes()
        low, high = self.score_range
        if low >= high:
            raise PydanticCustomError("bad_value", "score_range goes from the least possible score to the largest")
        if self.threshold is not None and not low <= self.threshold <= high:
            raise PydanticCustomError("bad_value", "the threshold lies outside score_range")
        return self

    def _check_classes(self) -> None:
        if self.task != "binary" or self.positive is not None:
            raise PydanticCustomError("bad_value", "classes stand in place of positive, for decisions and labels alone")
        if not 2 <= len(self.classes) <= MOST_CLASSES or len(set(self.classes)) < len(self.classes):
            text = "expected from 2 to {most} different classes"
            raise PydanticCustomError("bad_value", text, {"most": MOST_CLASSES})
        if any(is_missing(name) for name in self.classes):
            raise PydanticCustomError("bad_value", "a class is written like a value that is not there")

    @model_validator(mode="after")
    def _consistent(self) -> FairnessRows:
        if self.columns.y_true is not None and self.positive is not None and self.positive.y_true is None:
            raise PydanticCustomError(
                "bad_value", "positive.y_true is needed: which label is positive is never guessed"
            )
        strangers = sorted(set(self.groups) - set(self.columns.sensitive))
        if strangers:
            raise PydanticCustomError("bad_value", "groups are declared for a column that is not under sensitive")
        for values in self.groups.values():
            if len(set(values)) < len(values) or set(values) & {"", *self.unknown}:
                raise PydanticCustomError("bad_value", "a group is declared twice, or is also listed as unknown")
        return self


_CODES = {"missing": "E102", "extra_forbidden": "E101"}


def parse_rows_manifest(data: bytes, *, file: str) -> FairnessRows:
    """Read a FairnessRows document. Raises InputError with every fault: I1 (YAML), E101 to E103 (shape)."""
    root = parse_yaml(data, file=file, strictness="evidence")
    value = value_of(root)
    if not isinstance(value, dict) or str(value.get("kind")) != "FairnessRows":
        raise InputError(
            Diagnostic(
                code="E101",
                message="expected a mapping with kind: FairnessRows",
                span=root.span,
                hint="Point the record at a FairnessRows document or at a CSV or Parquet table.",
            )
        )
    try:
        return FairnessRows.model_validate(value)
    except ValidationError as fault:
        raise InputError([_diagnostic(root, detail) for detail in fault.errors(include_url=False)]) from fault


def _diagnostic(root: Node, detail: Any) -> Diagnostic:
    place = (*detail["loc"], *detail.get("ctx", {}).get("key", "").split("."))
    place = tuple(step for step in place if step != "")
    name = ".".join(str(step) for step in place) or "the document"
    said = {"missing": "is missing", "extra_forbidden": "is not a key of this document"}.get(detail["type"])
    span: Span = span_at(root, place)
    return Diagnostic(
        code=_CODES.get(detail["type"], "E103"),
        message=f"{name} {said}" if said else f"{name}: {detail['msg']}",
        span=span,
        hint="See the keys of FairnessRows in the reference.",
    )
