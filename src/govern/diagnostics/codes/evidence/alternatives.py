"""Diagnostic codes of the record of a search for less discriminatory alternatives."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E153": Code(
        slug="too-few-alternatives",
        title="Fewer alternatives were compared than the rule asks for.",
        why="A search that looked at one other model, or at a copy of the same, has not searched.",
        example="at_least_compared: 2, and a second candidate with the very counts of the first.",
        fix="Compare more models that decide differently, and record their counts.",
    ),
    "E154": Code(
        slug="chosen-counts-differ",
        title="The counts of the chosen candidate are not those of the model's predictions.",
        why="Then the search was made for another model, or with other figures than it is judged by.",
        example="40 of 200 women selected in the record, 44 of 200 in the predictions.",
        fix="Count the candidates again on the people of the prediction table.",
    ),
    "E155": Code(
        slug="candidates-on-other-people",
        title="Two candidates were not counted on the same people.",
        why="A model that was tried on other people cannot be called fairer or better.",
        example="One candidate counts 200 women, another 180.",
        fix="Let every candidate decide the very same cases.",
    ),
    "E156": Code(
        slug="utility-missing",
        title="A candidate has no figure of the usefulness that the rule asks about.",
        why="Whether an alternative does the work as well is what decides whether it is one.",
        example="utility: auc, and a candidate that states none.",
        fix="State the figure under `utility`; accuracy, precision, recall, specificity and f1 come from the counts.",
    ),
    "E157": Code(
        slug="search-without-attribute",
        title="The search did not count by an attribute that the rule names.",
        why="An alternative for one attribute says nothing of another.",
        example="attributes: [sex, race], and a record that counts by sex.",
        fix="Count every candidate by all attributes, crossed.",
    ),
}
