"""Diagnostic codes of what the kind `expression` finds."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "C101": Code(
        slug="assertion-false",
        title="A part of the assertion is false.",
        why="The policy asks for it, and the evidence says otherwise.",
        example="assert: metrics.auc >= 0.8, and metrics.auc is 0.74.",
        fix="Change what the finding shows, measure again, or ask for a waiver.",
    ),
    "C102": Code(
        slug="fact-absent",
        title="The assertion reads something that is not there.",
        why="What nobody wrote down cannot be judged; if it passed, leaving evidence out would be the way to pass.",
        example="assert: size(card.owners) > 0, and the bundle has no model card.",
        fix="Add the named fact to the file that the finding names.",
    ),
    "C103": Code(
        slug="assertion-not-evaluable",
        title="The assertion has no truth value.",
        why="A value of another type, a number that is none or a calculation that fails decides nothing.",
        example="assert: size(card.owners) > 0, and card.owners is a text instead of a list.",
        fix="Correct the value in the evidence; where the calculation itself fails, use a built-in check kind.",
    ),
    "C104": Code(
        slug="part-not-evaluable",
        title="The assertion holds, but a part of it could not be evaluated.",
        why="`a || b` is true as soon as b is; that a gave an error is worth knowing.",
        example="assert: metrics.a / metrics.b > 1.0 || metrics.auc > 0.8, and metrics.b is 0.",
        fix="Look at the named part; nothing has to change for the rule to hold.",
    ),
    "C105": Code(
        slug="demand-not-met",
        title="The evidence of an assertion is not bound, dated or graded as the rule demands.",
        why="A figure that names no model could be of any model.",
        example="bound: true, and metrics.json has no envelope.",
        fix="Add an evidence envelope, or take the demand out of the rule.",
    ),
}
