"""Diagnostic codes of the kinds on scores, numeric predictions and ranks."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "F120": Code(
        slug="gap-too-large",
        title="A measure of scores, errors or ranks differs between two groups by more than the rule allows.",
        why="A score that means one thing for one group and another for the next treats like cases unlike.",
        example="Area under the ROC curve 0.84 among men and 0.71 among women; the rule allows a difference of 0.05.",
        fix="Find out where the difference comes from; recalibrate or change the model, or ask for a waiver.",
    ),
    "F121": Code(
        slug="limit-within-bounds",
        title="The limit lies between the bounds within which the value is known.",
        why="A histogram gives the value up to the order of scores in one bin; the exact one may be on either side.",
        example="A difference known to lie between 0.0498 and 0.0501, and a limit of 0.05.",
        fix="Evaluate on more people, or choose a limit that is not this close to the value.",
    ),
    "F122": Code(
        slug="gap-not-demonstrated",
        title="The simultaneous interval of a gap does not establish the limit.",
        why="Under `decide: demonstrated` a pass claims something of the people the sample stands for.",
        example="A difference of 0.02 between two groups of 150, interval 0 to 0.11, limit 0.05.",
        fix="Evaluate on more people of both groups.",
    ),
    "F123": Code(
        slug="too-few-for-measure",
        title="A group has fewer people than its figure must rest on.",
        why="A calibration error of forty people is mostly noise; leaving the group out silently would hide it.",
        example="80 people, where min_group is 100; for auc and ks the smaller of the two outcomes counts.",
        fix="Collect more cases of the group.",
    ),
    "F124": Code(
        slug="measure-undefined",
        title="The measure does not exist for a group, or for a comparison.",
        why="Libraries print NaN, 0 or 1 for it, and some then report a difference of 0.",
        example="An area under the ROC curve of a group in which everybody repaid.",
        fix="Evaluate on data in which the group has both outcomes, and scores that are not all the same.",
    ),
    "F128": Code(
        slug="other-task",
        title="The measure is of another kind of prediction than the model makes.",
        why="A mean residual of decisions, or an area under the curve of prices, is a number without meaning.",
        example="measure: mean_residual on a table whose document does not say task: regression.",
        fix="Choose a measure of what the model predicts, or declare `task` in the FairnessRows document.",
    ),
}
