"""Writing a FairnessCounts document of a tensor of counts. The same counts are the same bytes (RFC 8785)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, cast

from govern.canonical import Json, canonical_bytes
from govern.inputs.scalars import ScalarText

if TYPE_CHECKING:
    from govern.evidence.rows_manifest import FairnessRows
    from govern.fairness import Counts

__all__ = ["counts_document", "described", "positive_json"]

_DENSE = 4096
"""Most cells that are all written out; of a larger tensor only those that are not empty."""


def counts_document(counts: Counts, **members: Json) -> dict[str, Json]:
    """Make the document of counts. `members` are `model`, `data`, `producer` and the others that it may have.

    Raises ValueError for a count that JSON readers need not agree on, from 2**53 on.
    """
    shape = [*(len(axis.values) + 1 for axis in counts.axes), *([2, 2] if counts.labelled else [2])]
    size = 1
    for length in shape:
        size *= length
    found: dict[tuple[int, ...], int] = {}
    for key, tally in counts.cells.items():
        for inner, count in enumerate(tally):
            found[(*key, *divmod(inner, 2)) if counts.labelled else (*key, inner)] = count
    made: dict[str, Json] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessCounts",
        "axes": [
            {"name": axis.name, "values": list(axis.values), "unknown": True, "declared": axis.declared}
            for axis in counts.axes
        ],
        "y_true": counts.labelled,
        "shape": cast("Json", shape),
        "missing": {"y_pred": counts.missing.y_pred, "y_true": counts.missing.y_true, "rows": counts.missing.rows},
        "rows": counts.rows,
        **{name: value for name, value in members.items() if value is not None},
    }
    if size <= _DENSE:
        made["counts"] = [found.get(key, 0) for key in product(*map(range, shape))]
    else:
        made["cells"] = [[*key, found[key]] for key in sorted(found) if found[key]]
    canonical_bytes(made)
    return made


def described(part: Any) -> Json:
    """Write a part of a manifest as it is declared, without what was left out."""
    made: Json = part.model_dump(mode="json", by_alias=True, exclude_none=True)
    return made


def positive_json(manifest: FairnessRows) -> Json:
    """Write the positive values with their types: a number or true as such, everything else as text."""
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
