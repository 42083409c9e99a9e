"""Diagnostic codes of the tests and bounds of the room `fairness`."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "F130": Code(
        slug="p-near-alpha",
        title="A million random draws leave open on which side of alpha the p-value lies.",
        why="A verdict may not hang on the stream of random numbers, however long it is.",
        example="test: permutation, and p within 0.0007 of alpha 0.05 after a million draws.",
        fix="Evaluate on more people, or compare pair by pair with `test: fisher`, which draws nothing.",
    ),
    "F131": Code(
        slug="one-person-decides",
        title="One person decided otherwise in each of the two groups would put the worse group ahead.",
        why="The questions and answers on 29 CFR 1607 hold numbers as small as that too small for enforcement.",
        example="Selected: 2 of 5 against 3 of 5: with 3 and 2 it is the other way round.",
        fix="Evaluate on more people before drawing conclusions either way.",
    ),
    "F132": Code(
        slug="within-strata",
        title="The comparison within strata, beside the one over all.",
        why="A gap over all may come from how people spread over strata, or be hidden by it: both figures are shown, "
        "and a pass needs both.",
        example="Admitted over all: ratio 0.66; within departments: common ratio 1.05.",
        fix="Nothing by itself: read both, and ask whether the stratum may explain a difference at all.",
    ),
    "F133": Code(
        slug="strata-differ",
        title="Strata go different ways: no one figure describes the groups.",
        why="An average can hide that a group is favoured in one stratum and harmed in another (Simpson's paradox).",
        example="In one branch women are approved more often, in four others less often.",
        fix="Judge the strata one by one: make the column an attribute and cross it with the groups.",
    ),
}
