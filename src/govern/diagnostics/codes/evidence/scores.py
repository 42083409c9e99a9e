"""Codes of reading scores, ranks and numeric predictions."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E209": Code(
        slug="score-out-of-range",
        title="A score lies outside the range that scores are declared to have.",
        why="A histogram over the wrong range would put it into the last bin, and every figure of it would be off.",
        example="Scores from 300 to 850 in a table whose document does not say `score_range`, which is 0 to 1 then.",
        fix="Write `score_range: ['300', '850']` into the FairnessRows document, or correct the score.",
    ),
    "E235": Code(
        slug="no-rank",
        title="A rank is no whole number from 1 on.",
        why="Exposure is worked out from the position in the list; a score or a zero-based index gives another figure.",
        example="A rank of 0, or of 2.5.",
        fix="Write the position in the list, 1 for the first.",
    ),
    "E236": Code(
        slug="rank-repeated",
        title="Two rows of one list have the same rank.",
        why="Then the list was not the one that people saw, or several lists were put together without a query column.",
        example="Two rows of rank 1 in a table without `columns.query`.",
        fix="Name the column that tells lists apart under `columns.query`, or break ties as the product does.",
    ),
}
