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
}
