"""Codes of documents of counts (FairnessCounts): reading, making and adding them."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E195": Code(
        slug="counts-shape",
        title="The cells of a document of counts are not those that its axes make.",
        why="A number in the wrong cell is a decision about somebody else; which cell was meant cannot be told.",
        example="Axes of 3 and 2 values whose shape is [3, 2, 2, 2]: each axis has one more place, for unknown.",
        fix="Make the document with `govern fairness summarize`, or write the shape and the cells of the axes.",
    ),
    "E196": Code(
        slug="counts-sum",
        title="The counts do not add up to the rows less the missing ones.",
        why="Then rows were dropped or counted twice, and every rate is off by an unknown amount.",
        example="100 rows, none missing, and cells that hold 98.",
        fix="Make the document again from the rows with `govern fairness summarize`.",
    ),
    "E197": Code(
        slug="counts-axis",
        title="An axis of a document of counts has values that are none, repeated, or out of order.",
        why="Cells are named by position: with another order the same numbers speak of other groups.",
        example='`"values": ["M", "F"]`, which are not in the order of their code points.',
        fix="Sort the values by code point, each once, and the counts with them.",
    ),
    "E198": Code(
        slug="counts-lack",
        title="A rule asks for something that counts do not hold.",
        why="Counts by group and decision have no single scores and no row ids; guessing them would invent evidence.",
        example="A median of scores, or a comparison case by case, from a document made without the rows.",
        fix="Give the rows to this rule, or make the counts with what it needs, e.g. with `--score`.",
    ),
    "E199": Code(
        slug="counts-not-added",
        title="Two documents of counts cannot be added.",
        why="Counts over other groups, of another model or of the same rows twice have no sum that means anything.",
        example="One site declares the groups F and M, the other F, M and X.",
        fix="Declare the same groups and columns at every site, and give each site's document once.",
    ),
    "E200": Code(
        slug="counts-key",
        title="The key that binds counts to their rows is missing, unfit or not the one they were bound with.",
        why="Without the right key nobody can say whether these are the rows that were counted.",
        example="A key file of 5 bytes.",
        fix="Keep the file that `--salt-file` made where the rows are, readable by nobody else.",
    ),
}
