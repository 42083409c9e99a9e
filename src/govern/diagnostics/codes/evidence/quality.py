"""Diagnostic codes of data-quality results of other tools."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E105": Code(
        slug="tool-exception",
        title="The tool crashed while it looked.",
        why="What crashed has found nothing, good or bad. Some tools hide it one level down, beside a plain `false`.",
        example="exception_info./<metric id>/raised_exception: true, for a column that is not there.",
        fix="Correct the expectation or the data, and run the tool again.",
    ),
    "E160": Code(
        slug="totals-disagree",
        title="The totals of a result and its items do not agree.",
        why="Somebody changed the file, or cut something out of it, after the tool wrote it.",
        example="evaluated_expectations: 4 above three results.",
        fix="Run the tool again, and keep the file as it was written.",
    ),
    "E161": Code(
        slug="expectation-failed",
        title="The data are not as expected.",
        why="A model that learns from such data learns the fault too.",
        example="expect_column_values_to_not_be_null of `age` failed: 1 of 4 values.",
        fix="Correct the data, or have whoever owns the expectation correct that.",
    ),
    "E162": Code(
        slug="too-few-evaluated",
        title="Fewer expectations were evaluated than the rule asks for.",
        why="A suite that asks little is passed by any data.",
        example="min_evaluated: 20 and a suite of three.",
        fix="Run the whole suite; expectations of a severity that is not judged do not count.",
    ),
    "E163": Code(
        slug="expectation-not-included",
        title="An expectation that the rule names was not evaluated.",
        why="Whoever leaves an expectation out of a suite is not told by the suite's success.",
        example="must_include: [expect_column_values_to_be_unique] and a suite without it.",
        fix="Add it to the suite and run it, on data that it can look at.",
    ),
    "E164": Code(
        slug="passed-by-tolerance",
        title="An expectation passed only because it tolerates more than the rule does.",
        why="With `mostly: 0.5` half of a column may be wrong and the tool says success.",
        example="expect_column_values_to_not_be_null with mostly 0.5, a quarter of the values null, and min_mostly 1.",
        fix="Correct the data, or have the policy's owner lower min_mostly.",
    ),
    "E165": Code(
        slug="data-not-named",
        title="The result does not say by digest which data it looked at.",
        why="A result of other data, or of last year's, looks the same.",
        example="A validation result of Great Expectations without an envelope: it names its data by a nickname.",
        fix="Bind it: govern evidence add FILE --bundle DIR --type T --tool NAME=VERSION --data NAME=PATH --by WHO.",
    ),
    "E166": Code(
        slug="other-data",
        title="The result is of other data than the model's.",
        why="Good data somewhere else say nothing about the data that the model was trained and measured on.",
        example="An envelope with the digest of a table that neither the lineage nor the bundle has.",
        fix="Validate the data that the lineage names, or correct the lineage.",
    ),
    "E167": Code(
        slug="item-not-evaluated",
        title="An expectation looked at nothing, so its success says nothing.",
        why="Every statement is true of no values.",
        example="expect_column_values_to_be_between on a column in which every value is missing.",
        fix="Run it on data that it can look at, and keep the counts in the result.",
    ),
    "E168": Code(
        slug="failed-not-judged",
        title="An expectation failed whose severity this rule does not judge.",
        why="It does not decide here, and somebody should look all the same.",
        example="A failed expectation of severity warning, and severities: [critical].",
        fix="Correct the data, or add the severity to `severities`.",
    ),
}
