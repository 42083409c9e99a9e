"""Diagnostic codes of the fairness kinds that judge groups otherwise than by one disparity."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "F140": Code(
        slug="group-misses-limit",
        title="A group by itself misses the limit that the rule sets for every group.",
        why="Groups can be alike and all be badly served: a comparison alone would not show it.",
        example="Found among those who repay: 55 of 100 women, 57 of 100 men; the rule asks for 0.7 of every group.",
        fix="Find out why the model does badly for the group, and mend it; or ask for a waiver.",
    ),
    "F141": Code(
        slug="limit-not-established",
        title="So few people do not show whether a group meets the limit.",
        why="A rate of few people may lie on either side of the limit by chance.",
        example="75 of 100 where 0.7 is asked: such a rate is seen in one of six groups that truly miss it.",
        fix="Evaluate on more people of the group.",
    ),
    "F142": Code(
        slug="differs-significantly",
        title="Two groups differ by more than chance, and by a size that the rule counts.",
        why="A difference that chance does not explain has a cause, and the cause may be the model.",
        example="Selected: 2350 of 5000 against 3000 of 6000: p 0.0018.",
        fix="Find out what sets the groups apart. What is justified belongs in a waiver, with the reason.",
    ),
    "F143": Code(
        slug="too-few-to-test",
        title="A test of so few people says nothing.",
        why="Where fewer than five are expected in a cell, hardly any difference could be significant.",
        example="1 of 40 against 2 of 45: that the p-value is large shows nothing.",
        fix="Evaluate on more people, or on data in which more are selected.",
    ),
    "F144": Code(
        slug="group-too-thin",
        title="A group that results are asked of has fewer people than the rule asks for.",
        why="A group that is hardly in the data has not been looked at.",
        example="min_group: 50, and 12 people of 60 years and more.",
        fix="Evaluate on more people of the group.",
    ),
    "F145": Code(
        slug="group-unknown",
        title="The group of too many people is not known.",
        why="Whoever is not counted with any group could be the one who is harmed.",
        example="max_unknown_share: 0.05, and 900 of 10000 people without a value.",
        fix="Complete the attribute in the evaluation data.",
    ),
    "F146": Code(
        slug="verdict-turns",
        title="The threshold is met, and a few changed decisions would turn that.",
        why="A verdict that hangs on one or two people is one of chance, whatever it says.",
        example="4 of 10 against 5 of 10: one person fewer, and the ratio is 0.6.",
        fix="Evaluate on more people, or do not rely on the verdict.",
    ),
    "F147": Code(
        slug="disparity-worse",
        title="Groups are farther apart than by the model that this one is held against.",
        why="A new version that treats groups more unequally is a step back, even where a threshold is met.",
        example="Ratio 0.83 where the champion has 0.95, and max_worsening: 0.05.",
        fix="Find out what the change did to the group, keep the other model, or ask for a waiver.",
    ),
    "F148": Code(
        slug="other-groups",
        title="The two models were not measured on the same groups.",
        why="A disparity over other groups is another figure: the difference between them means nothing.",
        example="The champion's table knows F and M, the candidate's F, M and X.",
        fix="Evaluate both models on the same cases.",
    ),
    "F149": Code(
        slug="less-discriminatory-alternative",
        title="An alternative that was compared treats groups more equally and does its work as well.",
        why="Where such an alternative exists, the disparity of the chosen model is not needed for its purpose.",
        example="Accuracy 0.902 against 0.905, ratio 0.91 against 0.78, and max_utility_loss: 0.01.",
        fix="Use the alternative, or say in a waiver why it cannot be used.",
    ),
}
