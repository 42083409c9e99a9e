"""Diagnostic codes of drift reports and of drift that is computed again."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "E106": Code(
        slug="unknown-method",
        title="Nothing says which side of a limit means drift for this method.",
        why="A p-value falls with drift and a distance grows; taken for the other, drift would pass as stability.",
        example="stattest_name: custom function 'mine'; Percentile text content drift, whose limit is not in the file.",
        fix="Measure the column with a method of the list in docs/drift.md, or add both tables and name a method.",
    ),
    "E170": Code(
        slug="drift-layout-not-read",
        title="The file is a layout of the drift tool that is not read.",
        why="Its results are spread over objects whose meaning changes between releases.",
        example="What dumps() of Evidently 0.7 writes.",
        fix="Save the report with save_json.",
    ),
    "E171": Code(
        slug="report-contradicts-itself",
        title="Counts, verdicts or totals of a report do not fit what the report lists.",
        why="The tool writes both from one run: somebody took a result out or changed one.",
        example="number_of_drifted_columns: 1 where the only drifted column is not listed any more.",
        fix="Write the report again with the tool.",
    ),
    "E172": Code(
        slug="column-drifted",
        title="The data of a column have drifted from the reference, by the limit of the rule.",
        why="The model was not measured on data like these.",
        example="PSI of income is 0.31, limit 0.2.",
        fix="Find out why; retrain on, or measure the model on, data like the current ones.",
    ),
    "E173": Code(
        slug="drift-not-decided",
        title="A column's drift cannot be decided by this rule.",
        why="A column that nobody could judge is not a stable one.",
        example="A p-value where the rule has no min_p_value; a rounded score whose limit lies within the rounding.",
        fix="Give the rule the limit that the finding names, or measure the column with a method that it limits.",
    ),
    "E174": Code(
        slug="column-not-judged",
        title="A column that the rule asks about is in no drift result.",
        why="What was not looked at may have drifted.",
        example="columns: [income] and a report of age and region.",
        fix="Add the column to the report or to both tables.",
    ),
    "E175": Code(
        slug="column-on-one-side",
        title="A column is in one of reference and current data only.",
        why="The model was made with other inputs than it gets, and such a column cannot be compared.",
        example="reference has income, current has income_eur.",
        fix="Write both tables with the same columns; name identifiers and time stamps under `ignore`.",
    ),
    "E176": Code(
        slug="method-does-not-fit",
        title="The rule's method and the column or report do not go together.",
        why="A limit for one measure says nothing about another.",
        example="method: psi and a report of Wasserstein distances; method: ks on a column of text.",
        fix="Name a method that fits the column, or let the report's own method count: method: from_report.",
    ),
    "E177": Code(
        slug="reference-not-training-data",
        title="Nothing shows that the reference is the data that the model was trained on.",
        why="Against last week's data a slow drift never shows.",
        example="reference: training, and a reference table whose digest the lineage does not name.",
        fix="Give the training data as the reference, and their digest in the lineage or in the report's envelope.",
    ),
    "E178": Code(
        slug="drift-test-without-result",
        title="A test of the drift tool crashed, was skipped, or passed with a warning.",
        why="A test that did not run has found nothing, good or bad.",
        example="status: ERROR; status: SKIPPED.",
        fix="Run the tool again on data that it can read.",
    ),
    "E179": Code(
        slug="tables-incomplete",
        title="Only one of the reference and the current data is in the bundle.",
        why="Drift is a difference of two tables.",
        example="spec.evidence.current without spec.evidence.reference.",
        fix="Add the other table and name it in the record under spec.evidence.",
    ),
}
