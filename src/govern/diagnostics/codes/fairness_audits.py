"""Diagnostic codes about published impact tables: what `fairness.impact_table` and `govern fairness audit` find."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

__all__ = ["AUDIT_CODES"]

AUDIT_CODES: dict[str, Code] = {
    "F150": Code(
        slug="published-rate-wrong",
        title="A printed rate is not the one that the numbers of people make.",
        why="A rate is the share of the people assessed who were selected; another figure is one of other people.",
        example="50 of 92 printed as 0.62; or 0.62 of 7 people, which no whole number of people makes.",
        fix="Compute the rate again from the counts, and print it rounded.",
    ),
    "F151": Code(
        slug="published-ratio-wrong",
        title="A printed impact ratio is not the category's rate over the highest rate.",
        why="That is the definition (6 RCNY 5-300); every other ratio of the table fits it.",
        example="Rates 0.447 and 0.543, and a ratio of 0.90 where 0.82 is meant.",
        fix="Divide the rate by the highest rate of a category that is not left out.",
    ),
    "F152": Code(
        slug="published-other-reference",
        title="The impact ratios are over another category than the one with the highest rate.",
        why="Against a lower rate every category looks better than it is; ratios above 1 give it away.",
        example="Ratios over the rate of White applicants, where another category has the highest rate.",
        fix="Divide every rate by the highest rate of the table.",
    ),
    "F153": Code(
        slug="published-undefined",
        title="A figure is printed where there is nothing to divide by.",
        why="0 of 0 is neither 0 nor 1: printed as a number it says something about people who are not there.",
        example="A category without applicants, with a selection rate of 0.00 and an impact ratio of 0.00.",
        fix="Print the category with 0 people and `N/A` for rate and ratio.",
    ),
    "F154": Code(
        slug="published-unknown-missing",
        title="The number of people of unknown category is not given.",
        why="The tables leave these people out; without their number nobody can see how many that are.",
        example="Tables by sex and race, and no word about 240 people who gave neither.",
        fix="Print it with each table or once for all, also when it is 0 (`--unknown N` when it stands elsewhere).",
    ),
    "F155": Code(
        slug="published-table-missing",
        title="A table is missing.",
        why="Sex, race or ethnicity, and both crossed are asked for: each can look even where another does not.",
        example="A table by sex and one by race, and none by sex and race together.",
        fix="Add the table.",
    ),
    "F156": Code(
        slug="published-category-missing",
        title="A table has no row for a category.",
        why="Who is left out of a table is not compared with anybody.",
        example="Seven races and two sexes, and thirteen rows in the crossed table.",
        fix="Add the row, with 0 people where nobody is of the category.",
    ),
    "F157": Code(
        slug="published-category-twice",
        title="A category stands in a table twice.",
        why="Two rows of one category split its people, and it is open which of them counts.",
        example="`Asian` and `asian ` in one table.",
        fix="Join the rows, or give the categories names that differ.",
    ),
    "F158": Code(
        slug="exclusion-unjustified",
        title="A category is left out of the comparison, and nothing says why.",
        why="A small category may be left out with a justification, its number and its rate (6 RCNY 5-301(d)).",
        example="Nine people of 3,000 with a rate, `N/A` for the ratio, and no reason.",
        fix="Add the justification, or compare the category.",
    ),
    "F159": Code(
        slug="exclusion-too-large",
        title="A category that is left out is not small enough for that.",
        why="Only a category of less than 2% of the data may be left out; a larger one can be judged.",
        example="150 people of 3,000, left out as too few.",
        fix="Compare the category.",
    ),
    "F160": Code(
        slug="published-tables-disagree",
        title="The numbers of people in two tables do not go together.",
        why="The same people are counted in each table; only people of unknown category may be missing from one.",
        example="92 men in the table by sex, and 97 in the crossed table.",
        fix="Make all tables from the same data at once.",
    ),
    "F161": Code(
        slug="audit-too-old",
        title="The audit is more than a year old, or younger than the use of the tool.",
        why="A tool may not be used when more than a year has passed since its audit (6 RCNY 5-301(a)).",
        example="Audited on 2025-01-10, used on 2026-01-11.",
        fix="Have the tool audited again.",
    ),
    "F162": Code(
        slug="published-rate-impossible",
        title="A rate lies outside 0 to 1, or more people are selected than were assessed.",
        why="No data can make such a figure.",
        example="A selection rate of 1.08.",
        fix="Look at the numbers behind the rate.",
    ),
    "F163": Code(
        slug="published-units-mixed",
        title="Percent and fractions are mixed in one column.",
        why="0.5 may be half of the people or one in two hundred; a reader cannot tell.",
        example="54.3, 44.7 and 0.41 in one column of rates.",
        fix="Print the column in one unit, and name it in the header.",
    ),
    "F164": Code(
        slug="published-figure-missing",
        title="A figure that must be published is not there, or is no figure.",
        why="Number of people, rate and ratio are asked of every category; of one that is left out, number and rate.",
        example="A category with a rate and a ratio and without its number of applicants.",
        fix="Print the figure.",
    ),
    "F165": Code(
        slug="published-truncated",
        title="A printed figure was cut off, not rounded.",
        why="It is off by up to one in its last digit. It is told and no fault: the rule's own example does it.",
        example="64.2 for 18 of 28, which is 64.29.",
        fix="Round half to even, or print more digits.",
    ),
    "F166": Code(
        slug="published-not-the-counts",
        title="The published numbers of people are not those of the predictions.",
        why="Then the table speaks of other data, or of another version of the model, than what is submitted.",
        example="The table says 92 men, the predictions hold 88.",
        fix="Publish the table of the data that is submitted: govern fairness audit makes it.",
    ),
    "F167": Code(
        slug="test-data-unexplained",
        title="Test data was used, and nothing says why historical data was not.",
        why="The summary must explain it, and how the test data was made and obtained (6 RCNY 5-302(b)).",
        example="data.type: test, without test_reason.",
        fix="Say why under data.test_reason (`--test-data-reason`).",
    ),
    "F168": Code(
        slug="people-without-outcome",
        title="Rows without a decision or score are in no table.",
        why="A table over the others is one of fewer people than were assessed, and they may not be like the others.",
        example="12 of 3,000 rows with an empty score.",
        fix="Give every row its decision or score.",
    ),
}
