"""Writing a FairnessCounts document of a tensor of counts. The same counts are the same bytes (RFC 8785)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, cast

from govern.canonical import Json, canonical_bytes
from govern.checks.predictions import refuse_many_cells
from govern.evidence.class_counts import ClassCounts
from govern.fairness import Axis, Counts, Missing, Tally
from govern.inputs.scalars import ScalarText

if TYPE_CHECKING:
    from govern.evidence.predictions import Predictions
    from govern.evidence.rows_manifest import FairnessRows

__all__ = ["Tensor", "counts_document", "described", "positive_json", "tensor_of"]

_DENSE = 4096
"""Most cells that are all written out; of a larger tensor only those that are not empty."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Counts by the indices of each cell, as a document holds them: of decisions of two values, or of classes."""

    axes: tuple[Axis, ...]
    labelled: bool
    cells: Mapping[tuple[int, ...], int]
    """Of each axis, the index after the last value for unknown; then of outcome, where it is counted, and decision."""
    missing: Missing
    rows: int
    classes: tuple[str, ...] = ()

    def plus(self, other: Tensor) -> Tensor:
        """Add the counts of another site, over the same axes and classes."""
        cells = dict(self.cells)
        for key, count in other.cells.items():
            cells[key] = cells.get(key, 0) + count
        missing = Missing(
            self.missing.y_pred + other.missing.y_pred,
            self.missing.y_true + other.missing.y_true,
            self.missing.rows + other.missing.rows,
        )
        return replace(self, cells=cells, missing=missing, rows=self.rows + other.rows)

    @property
    def counts(self) -> Counts:
        """The tensor that fairness judges; of classes, where nothing is selected, only how many people there are."""
        made: dict[tuple[int, ...], list[int]] = {}
        for key, count in self.cells.items():
            group, inner = key[: len(self.axes)], key[len(self.axes) :]
            place = 0 if self.classes else 2 * inner[0] + inner[1] if self.labelled else inner[0]
            made.setdefault(group, [0, 0, 0, 0])[place] += count
        tallies = {group: Tally(*four) for group, four in made.items()}
        return Counts(self.axes, self.labelled and not self.classes, tallies, self.missing, self.rows)


def tensor_of(predictions: Predictions | ClassCounts) -> Tensor:
    """Give what was counted of a table, by indices.

    Raises InputError E126 for attributes that make more cells than a document may have.
    """
    source = predictions.source
    axes = tuple(Axis(group.name, group.values, group.declared) for group in predictions.groups)
    refuse_many_cells(axes, source.file)
    places = [{**{value: at for at, value in enumerate(axis.values)}, None: len(axis.values)} for axis in axes]
    cells: dict[tuple[int, ...], int] = {}
    for group, inner, count in _entries(predictions):
        cells[(*(place[value] for value, place in zip(group, places, strict=True)), *inner)] = count
    missing = Missing(predictions.missing_y_pred, predictions.missing_y_true, predictions.missing_rows)
    return Tensor(axes, predictions.labelled, cells, missing, predictions.rows, source.classes)


def _entries(predictions: Predictions | ClassCounts) -> Iterator[tuple[tuple[str | None, ...], tuple[int, ...], int]]:
    if isinstance(predictions, ClassCounts):
        index = {name: at for at, name in enumerate(predictions.source.classes)}
        for (group, outcome, decision), count in predictions.cells.items():
            yield group, ((index[outcome], index[decision]) if predictions.labelled else (index[decision],)), count
        return
    for group, four in predictions.cells.items():
        for inner, count in enumerate(four):
            if count:
                yield group, (divmod(inner, 2) if predictions.labelled else (inner,)), count


def counts_document(tensor: Tensor, **members: Json) -> dict[str, Json]:
    """Make the document of counts. `members` are `model`, `data`, `producer` and the others that it may have.

    Raises ValueError for a count that JSON readers need not agree on, from 2**53 on.
    """
    values = len(tensor.classes) or 2
    shape = [*(len(axis.values) + 1 for axis in tensor.axes), *([values, values] if tensor.labelled else [values])]
    missing = tensor.missing
    made: dict[str, Json] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessCounts",
        "axes": [
            {"name": axis.name, "values": list(axis.values), "unknown": True, "declared": axis.declared}
            for axis in tensor.axes
        ],
        "y_true": tensor.labelled,
        "shape": cast("Json", shape),
        "missing": {"y_pred": missing.y_pred, "y_true": missing.y_true, "rows": missing.rows},
        "rows": tensor.rows,
        **{name: value for name, value in members.items() if value is not None},
    }
    if tensor.classes:
        made["classes"] = list(tensor.classes)
    if prod(shape) <= _DENSE:
        made["counts"] = [tensor.cells.get(key, 0) for key in product(*map(range, shape))]
    else:
        made["cells"] = [[*key, tensor.cells[key]] for key in sorted(tensor.cells) if tensor.cells[key]]
    canonical_bytes(made)
    return made


def described(part: Any) -> Json:
    """Write a part of a manifest as it is declared, without what was left out."""
    made: Json = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    return made


def positive_json(manifest: FairnessRows) -> Json:
    """Write the positive values with their types: a number or true as such, everything else as text.

    None for a table of classes, of which none is the positive one.
    """
    if manifest.classes:
        return None
    labelled = manifest.columns.y_true is not None
    if manifest.positive is None:
        return {"y_pred": 1, "y_true": 1} if labelled else {"y_pred": 1}
    made = {"y_pred": _typed(manifest.positive.y_pred)}
    return {**made, "y_true": _typed(manifest.positive.y_true)} if labelled else made


def _typed(value: Sequence[str]) -> Json:
    text = str(value)
    if isinstance(value, ScalarText) and value.plain:
        if text in ("true", "false"):
            return text == "true"
        if text.lstrip("-").isdecimal() and len(text) <= 15 and str(int(text)) == text:
            return int(text)
    return text
