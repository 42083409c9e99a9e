"""`kind: FairnessRows`: the document beside a prediction table that says what its columns and values mean."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from govern.bundle.record_fields import AsTuple, Digest, FilePath, ModelName, ModelVersion, NonEmpty, Part
from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.nodes import Node, span_at, value_of
from govern.inputs.scalars import ScalarText
from govern.inputs.yaml import parse_yaml
from govern.policy.types import Count, Names, Text

__all__ = ["FairnessRows", "Positive", "parse_rows_manifest"]


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

    y_pred: NonEmpty
    y_true: NonEmpty | None = None
    score: NonEmpty | None = None
    row_id: NonEmpty | None = None
    weight: NonEmpty | None = None
    stratum: NonEmpty | None = None
    sensitive: Names = ()

    @model_validator(mode="after")
    def _each_once(self) -> Columns:
        if self.weight is not None:
            raise PydanticCustomError("bad_value", "weighted rows are not read: give one row a case, and weight: null")
        named = [self.y_pred, self.y_true, self.score, self.row_id, *self.sensitive]
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


class FairnessRows(Part):
    """The manifest of a prediction table."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["FairnessRows"]
    model: RowsModel
    data: RowsData
    file: RowsFile
    columns: Columns
    positive: PositiveValues
    groups: dict[Text, Names] = Field(default_factory=dict)
    unknown: Names = ()

    @model_validator(mode="after")
    def _consistent(self) -> FairnessRows:
        if self.columns.y_true is not None and self.positive.y_true is None:
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
    place = tuple(detail["loc"])
    name = ".".join(str(step) for step in place) or "the document"
    said = {"missing": "is missing", "extra_forbidden": "is not a key of this document"}.get(detail["type"])
    span: Span = span_at(root, place)
    return Diagnostic(
        code=_CODES.get(detail["type"], "E103"),
        message=f"{name} {said}" if said else f"{name}: {detail['msg']}",
        span=span,
        hint="See the keys of FairnessRows in the reference.",
    )
