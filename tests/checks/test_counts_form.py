"""Rows and counts are one evidence in two forms: the same verdict, the same facts, the same words."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.checks.performance.measures import CELL_METRICS, measure
from govern.checks.predictions import predictions_of, source_of
from govern.checks.scores import scores_of
from govern.diagnostics import Diagnostic
from govern.evidence.predictions import PredictionSource
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.counted_tables import COUNTS, SALT, Row, counted, counts_bundle, rows_bundle, table_of, unsalted

(DISPARITY,) = CHECKS

GROUPS: tuple[dict[str, list[str]] | None, ...] = (
    None,
    {"sex": ["F", "M", "X"]},
    {"sex": ["F", "M"], "race": ["A", "B", "C"]},
)
CELL = st.tuples(
    st.sampled_from(["F", "M", "NA", ""]),
    st.sampled_from(["A", "B", "NA"]),
    st.sampled_from(["0", "1", "nan", "1"]),
    st.sampled_from(["0", "1", "", "1", "0"]),
)
TABLE = st.lists(st.tuples(CELL, st.integers(1, 40)), min_size=1, max_size=14).map(
    lambda parts: [row for row, times in parts for _ in range(times)]
)
RULE = st.fixed_dictionaries(
    {
        "metric": st.sampled_from(["selection_rate", "true_positive_rate", "equalized_odds", "precision"]),
        "attributes": st.sampled_from([["sex"], ["race", "sex"], [["sex", "race"]]]),
        "decide": st.sampled_from(["point", "evidence_of_harm", "demonstrated"]),
        "min_n": st.sampled_from([1, 10, 30]),
        "max_missing": st.sampled_from(["0", "1"]),
        "missing_bounds": st.sampled_from(["none", "worst_case"]),
    }
)


def context_of(builder: BundleBuilder) -> CheckContext:
    return CheckContext(bundle=builder.open(), stage="pre-registration")


def judged(builder: BundleBuilder, rule: dict[str, Any]) -> CheckResult:
    params = DisparityParams.model_validate({"compare": "ratio", "at_least": "0.8", "bound": True, **rule})
    return DISPARITY.evaluate(params, context_of(builder))


def said(result: CheckResult) -> object:
    """All of a result but where the evidence is."""
    findings = [(f.code, f.detail, f.observed, f.required, f.remediation, f.discriminator) for f in result.findings]
    return result.outcome, result.summary, result.observed, result.required, dict(result.fields), findings


@settings(max_examples=40, deadline=None)
@given(rows=TABLE, groups=st.sampled_from(GROUPS), rule=RULE)
def test_both_forms_give_one_verdict_and_one_set_of_facts(
    rows: list[Row], groups: dict[str, list[str]] | None, rule: dict[str, Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        builder = rows_bundle(Path(folder), table_of(rows), groups=groups)
        by_rows = judged(builder, rule)
        by_counts = judged(counts_bundle(builder, counted(builder).document), rule)
    assert said(by_rows) == said(by_counts)
    assert canonical_bytes(unsalted(by_rows.facts)) == canonical_bytes(unsalted(by_counts.facts))
    assert all(item.bound for item in by_counts.evidence)
    facts: Any = by_counts.facts
    assert facts is None or facts["restricted"]["salt"] == SALT.hex(), (
        "a record of few counts is not guessed by its digest"
    )


@settings(max_examples=20, deadline=None)
@given(rows=TABLE, groups=st.sampled_from(GROUPS))
def test_figures_of_confusion_cells_are_the_same(rows: list[Row], groups: dict[str, list[str]] | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        builder = rows_bundle(Path(folder), table_of(rows), groups=groups)
        document = counted(builder).document
        found = []
        for form in (builder, counts_bundle(builder, document)):
            context = context_of(form)
            source = source_of(context)
            assert isinstance(source, PredictionSource)
            found.append([measure(metric, context, source) for metric in CELL_METRICS])
    assert found[0] == found[1]


def scored(tmp_path: Path, *, label: str = "1") -> BundleBuilder:
    text = "sex,race,y_true,y_pred,score\n"
    for n in range(200):
        truth = label if n == 7 else str(int(n % 3 == 0))
        text += f"{'FM'[n % 2]},{'ABC'[n % 3]},{truth},{n % 2},0.{n * 37 % 1000:03d}\n"
    return rows_bundle(tmp_path, text, score="score")


@pytest.mark.parametrize("attributes", [(), ("sex",), ("race", "sex")])
def test_scores_are_the_same_histograms(tmp_path: Path, attributes: tuple[str, ...]) -> None:
    builder = scored(tmp_path)
    document = counted(builder).document
    found = []
    for form in (builder, counts_bundle(builder, document)):
        context = context_of(form)
        source = source_of(context)
        assert isinstance(source, PredictionSource)
        found.append([scores_of(context, source, attributes, labels=labels) for labels in (True, False)])
    assert found[0] == found[1]
    assert not isinstance(found[0][0], Diagnostic)
    assert found[0][0].rows == 200


def test_scores_of_rows_without_label_are_not_told_by_counts(tmp_path: Path) -> None:
    builder = scored(tmp_path, label="")
    context = context_of(counts_bundle(builder, counted(builder).document))
    source = source_of(context)
    assert isinstance(source, PredictionSource)
    refused = scores_of(context, source, ("sex",), labels=False)
    assert isinstance(refused, Diagnostic)
    assert refused.code == "E198"


def test_a_single_score_is_not_told_by_counts(tmp_path: Path) -> None:
    builder = scored(tmp_path)
    context = context_of(counts_bundle(builder, counted(builder).document))
    source = source_of(context)
    assert isinstance(source, PredictionSource)
    refused, _ = measure("auc", context, source)
    assert isinstance(refused, Diagnostic)
    assert refused.code == "E198"


def test_counts_without_scores_lack_the_column_as_rows_do(tmp_path: Path) -> None:
    """Only then may a figure be used that somebody wrote down, in both forms."""
    builder = rows_bundle(tmp_path, table_of([("F", "A", "1", "1"), ("M", "A", "0", "1")]))
    document = counted(builder).document
    found = []
    for form in (builder, counts_bundle(builder, document)):
        context = context_of(form)
        source = source_of(context)
        assert isinstance(source, PredictionSource)
        found.append([measure("auc", context, source)[0], scores_of(context, source, ("sex",), labels=True)])
    assert {item.code for pair in found for item in pair if isinstance(item, Diagnostic)} == {"E122"}
    assert all(isinstance(item, Diagnostic) for pair in found for item in pair)


def test_a_column_that_was_not_counted_is_missing_evidence(tmp_path: Path) -> None:
    builder = rows_bundle(tmp_path, table_of([("F", "A", "1", "1")]))
    result = judged(counts_bundle(builder, counted(builder).document), {"attributes": ["age"], **PARITY})
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert [finding.code for finding in result.findings] == ["E122"]


PARITY = {"metric": "selection_rate", "decide": "point", "min_n": 1}


def test_counts_of_another_model_are_missing_evidence(tmp_path: Path) -> None:
    builder = rows_bundle(tmp_path, table_of([("F", "A", "1", "1"), ("M", "A", "1", "1")]))
    document = {**counted(builder).document, "model": {"name": "other", "version": "3.1.0", "files": []}}
    result = judged(counts_bundle(builder, document), {"attributes": ["sex"], **PARITY})
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert [finding.code for finding in result.findings] == ["E107"]


def test_counts_that_name_no_model_file_bind_nothing(tmp_path: Path) -> None:
    builder = rows_bundle(tmp_path, table_of([("F", "A", "1", "1"), ("M", "A", "1", "1")]))
    document = {**counted(builder).document, "model": {"name": "credit-risk", "version": "3.1.0", "files": []}}
    result = judged(counts_bundle(builder, document), {"attributes": ["sex"], **PARITY})
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert [finding.code for finding in result.findings] == ["E108"]


def test_the_stratum_is_an_axis_like_any_other_in_both_forms(tmp_path: Path) -> None:
    text = "sex,race,y_true,y_pred,branch\nF,A,1,1,north\nM,B,0,1,south\n"
    builder = rows_bundle(tmp_path, text, stratum="branch")
    document = counted(builder).document
    found = []
    for form in (builder, counts_bundle(builder, document)):
        context = context_of(form)
        source = source_of(context)
        assert isinstance(source, PredictionSource)
        predictions = predictions_of(context, source, ("branch", "sex"))
        assert not isinstance(predictions, Diagnostic)
        found.append(predictions.cells)
    assert found[0] == found[1] == {("north", "F"): (0, 0, 0, 1), ("south", "M"): (0, 1, 0, 0)}


@pytest.mark.parametrize("name", ["predictions.counts.json", "fairness-counts.json"])
def test_counts_are_found_by_their_usual_names(tmp_path: Path, name: str) -> None:
    builder = rows_bundle(tmp_path, table_of([("F", "A", "1", "1"), ("M", "A", "1", "1")]))
    document = counted(builder).document
    counts_bundle(builder, document).remove(COUNTS).file(name, canonical_bytes(document)).record(evidence=None)
    result = judged(builder, {"attributes": ["sex"], **PARITY})
    assert result.outcome is Outcome.PASS
    assert [item.file for item in result.evidence] == [name]
