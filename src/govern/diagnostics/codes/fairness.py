"""Diagnostic codes of the room `fairness`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code
from govern.diagnostics.codes import fairness_inference, fairness_kinds, fairness_scores
from govern.diagnostics.codes.fairness_audits import AUDIT_CODES

CODES: dict[str, Code] = {
    **AUDIT_CODES,
    "F101": Code(
        slug="threshold-missed",
        title="A group differs from another by more than the rule allows.",
        why="Outcomes that differ this much between groups are what the rule exists to stop.",
        example="Selected: 30 of 100 women, 60 of 100 men; the rule asks for a ratio of at least 0.8.",
        fix="Find out where the difference comes from; change the model or its threshold, or ask for a waiver.",
    ),
    "F102": Code(
        slug="missed-without-significance",
        title="The threshold is missed, but so few people do not show that it is more than chance.",
        why="Under `decide: evidence_of_harm` a miss counts as harm only with a significant exact test.",
        example="Selected: 12 of 40 against 17 of 40, ratio 0.71, p 0.36.",
        fix="Evaluate on more people of the groups named; a wish for `point` belongs in the policy.",
    ),
    "F103": Code(
        slug="significant-gap",
        title="The threshold is met, and the groups still differ significantly.",
        why="A smaller difference may matter too (29 CFR 1607.4(D)).",
        example="2350 of 5000 against 3000 of 6000: ratio 0.94, p 0.0018.",
        fix="Look into it; `significant_gap: fail` makes the rule strict.",
    ),
    "F104": Code(
        slug="group-too-small",
        title="A group has fewer people than the rule needs to judge it.",
        why="A rate of a handful of people is noise; leaving them out silently would hide them.",
        example="One person of group X, where min_n is 30.",
        fix="Collect more cases of the group, or declare in the policy that small groups are excluded.",
    ),
    "F105": Code(
        slug="nothing-to-compare",
        title="There are not two groups that can be compared.",
        why="One group differs from nobody: a disparity of 0 would be a false comfort.",
        example="A test set in which everybody is of one group.",
        fix="Evaluate on data that holds all groups.",
    ),
    "F106": Code(
        slug="comparison-undefined",
        title="The comparison divides by zero.",
        why="0/0 is neither equal nor unequal; libraries print 0, 1 or NaN for it.",
        example="Nobody is selected in any group, and the rule compares selection rates.",
        fix="Check the decision threshold and the positive value; evaluate on data where the rate exists.",
    ),
    "F107": Code(
        slug="unknown-group-decides",
        title="The verdict depends on the records whose group is not known.",
        why="Wherever they belong, the model must pass; here it passes for some assignments only.",
        example="400 of 2,000 records without a value for race.",
        fix="Complete the attribute, or collect it for the evaluation set.",
    ),
    "F108": Code(
        slug="declared-group-absent",
        title="A declared group, or the reference group, has no rows.",
        why="Nothing was measured for people the evidence says it covers.",
        example="groups: {sex: [F, M, X]} and no row with X.",
        fix="Evaluate on data that holds the group, or stop declaring it.",
    ),
    "F109": Code(
        slug="too-much-missing",
        title="More rows have no prediction or no label than the rule allows.",
        why="Leaving rows out can move a rate anywhere; a prediction that is NaN is not a refusal.",
        example="3 of 100 rows with an empty y_pred, max_missing 0.",
        fix="Predict for every row, or explain the gap and allow a share in the policy.",
    ),
    "F110": Code(
        slug="coded-backwards",
        title="In every group fewer true positives than false positives are found.",
        why="A label or a prediction is probably coded the other way round; every rate is then another one.",
        example="1 means repaid in y_true and defaulted in y_pred.",
        fix="Check the positive values of both columns.",
    ),
    "F111": Code(
        slug="not-demonstrated",
        title="The bounds do not establish that the threshold is met, nor that it is missed.",
        why="`decide: demonstrated` passes only what the evidence shows at the asked confidence.",
        example="Ratio 0.95 of two groups of 100: the lower bound is far below 0.8.",
        fix="Evaluate on more people; thousands per group are usual for a bound near the estimate.",
    ),
    "F112": Code(
        slug="labels-needed",
        title="The metric needs the true outcome, and the table has none.",
        why="An error rate without the truth cannot be computed, only invented.",
        example="metric: true_positive_rate on a table without y_true.",
        fix="Add the column of true outcomes, or use selection_rate.",
    ),
    "F113": Code(
        slug="too-many-groups",
        title="The attributes make more groups than are compared pair by pair.",
        why="A column of hundreds of values is an identifier or a number, not a group.",
        example="attributes: [zip_code].",
        fix="Group the values into few classes, or cross fewer attributes.",
    ),
    **fairness_kinds.CODES,
    **fairness_scores.CODES,
    **fairness_inference.CODES,
}
