"""Diagnostic codes of the room `report`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "R101": Code(
        slug="not-a-result",
        title="The document is not a result of this version of govern.",
        why="A report shows what was decided; rendering a document of another shape would show something else.",
        example="govern report metrics.json.",
        fix="Pass the file that `govern check -o json=FILE` wrote, unchanged.",
    ),
    "R102": Code(
        slug="another-models-result",
        title="An earlier result is of another model.",
        why="Figures of two models in one trend would be read as one model getting better or worse.",
        example="govern report credit-v2.json --earlier fraud-v1.json.",
        fix="Name results of earlier versions of the same model.",
    ),
}
