"""Inputs to which a library gives a number without a word, and what is said here instead. One test an input.

Every test asserts the library's answer first (fairlearn, scikit-learn, pandas, numpy), so that a release which mends it
is noticed.
"""

from __future__ import annotations

import csv
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    count,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
)
from sklearn.metrics import roc_auc_score

from govern.diagnostics import Diagnostic, InputError
from govern.evidence.paired_rows import PairedRows, read_paired
from govern.evidence.predictions import PredictionSource, find_predictions
from govern.fairness import Axis, Counts, Missing, Tally, Undefined, from_scores
from govern.policy.outcomes import CheckResult, Outcome
from support.prediction_tables import Alone, counted, judged, table_bytes

COMPAS = Path(__file__).parent.parent / "goldens" / "data" / "compas_for_aequitas.csv"


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    """The libraries warn of some of it; whoever reads the number does not see that."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def frame(metric: Any, truth: Sequence[Any], decision: Sequence[Any], groups: Any, **more: Any) -> MetricFrame:
    return MetricFrame(metrics=metric, y_true=truth, y_pred=decision, sensitive_features=groups, **more)


def ask(folder: Path, columns: dict[str, Sequence[Any]], **params: Any) -> CheckResult:
    return judged(Alone(folder, "csv", table_bytes("csv", columns)), **params)


def refused(folder: Path, data: bytes) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        judged(Alone(folder, "csv", data))
    (fault,) = caught.value.diagnostics
    return fault


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def test_a_group_without_negatives(tmp_path: Path) -> None:
    truth, decision, sex = [1, 1, 1, 1, 0, 0, 1, 1], [1, 0, 1, 0, 1, 0, 1, 0], ["F"] * 4 + ["M"] * 4
    library = frame(false_positive_rate, truth, decision, sex)
    assert library.by_group["F"] == 0.0
    assert (library.difference(), library.ratio()) == (0.5, 0.0)

    columns = {"sex": sex, "y_true": truth, "y_pred": decision}
    (tmp_path / "r").mkdir()
    for folder, compare in (
        (tmp_path, {"compare": "difference", "at_least": None, "at_most": "1"}),
        (tmp_path / "r", {}),
    ):
        result = ask(folder, columns, metric="false_positive_rate", smallest_shown=1, **compare)
        assert result.outcome is Outcome.INCONCLUSIVE
        assert "no negatives" in str(result.facts)


def test_nobody_selected(tmp_path: Path) -> None:
    truth, decision, sex = [1, 0] * 4, [0] * 8, ["F"] * 4 + ["M"] * 4
    assert math.isnan(demographic_parity_ratio(truth, decision, sensitive_features=sex))
    assert demographic_parity_difference(truth, decision, sensitive_features=sex) == 0.0

    (tmp_path / "d").mkdir()
    columns = {"sex": sex, "y_true": truth, "y_pred": decision}
    assert ask(tmp_path, columns).outcome is Outcome.INCONCLUSIVE
    difference = ask(tmp_path / "d", columns, compare="difference", at_least=None, at_most="0.1")
    assert difference.outcome is Outcome.INCONCLUSIVE


def test_scores_passed_as_y_pred(tmp_path: Path) -> None:
    truth, scores, sex = [1, 0, 1, 0], [0.9, 0.8, 0.2, 0.1], ["F", "F", "M", "M"]
    assert demographic_parity_difference(truth, scores, sensitive_features=sex) == 0.0

    fault = refused(tmp_path, table_bytes("csv", {"sex": sex, "y_true": truth, "y_pred": scores}))
    assert fault.code == "E123"
    assert "something other than 0 and 1" in fault.message


def test_labels_of_yes_and_no(tmp_path: Path) -> None:
    sex, decision = ["F", "F", "M", "M"], ["n", "n", "y", "y"]
    library = MetricFrame(metrics=selection_rate, y_true=decision, y_pred=decision, sensitive_features=sex)
    assert dict(library.by_group) == {"F": 0.0, "M": 0.0}

    assert refused(tmp_path, table_bytes("csv", {"sex": sex, "y_pred": decision})).code == "E123"


def test_nan_in_y_pred(tmp_path: Path) -> None:
    truth, decision, sex = [1, 1, 1, 1], [1, float("nan"), 1, 1], ["F", "F", "M", "M"]
    library = frame(selection_rate, truth, decision, sex)
    assert dict(library.by_group) == {"F": 0.5, "M": 1.0}, "a row without decision counts as not selected"

    data = table_bytes("csv", {"sex": sex, "y_true": truth, "y_pred": ["1", "nan", "1", "1"]})
    counts = counted(Alone(tmp_path, "csv", data), "sex")
    assert (counts.missing_y_pred, counts.rows) == (1, 4)
    assert counts.cells == {("F",): (0, 0, 0, 1), ("M",): (0, 0, 0, 2)}
    assert judged(Alone(tmp_path, "csv", data)).outcome is not Outcome.PASS


def test_pandas_objects_whose_index_does_not_match(tmp_path: Path) -> None:
    truth = pd.Series([1, 1, 1, 1])
    decision = pd.Series([1, 1, 0, 0])
    sex = pd.Series(["M", "M", "F", "F"], index=[3, 2, 1, 0])
    by_position = dict(frame(selection_rate, truth, decision, sex).by_group)
    by_index = dict(frame(selection_rate, truth, decision, sex.sort_index()).by_group)
    assert by_position == {"F": 0.0, "M": 1.0}
    assert by_index == {"F": 1.0, "M": 0.0}, "the same labelled data, the opposite answer"

    # Here a case is a row of one table, or two tables are joined by row id.
    bundles = []
    for name, rows in (("one", [(0, 1, 1), (1, 1, 0), (2, 0, 1)]), ("two", [(2, 0, 0), (0, 1, 1), (1, 1, 1)])):
        (tmp_path / name).mkdir()
        columns = dict(zip(("row_id", "y_true", "y_pred"), map(list, zip(*rows, strict=True)), strict=True))
        bundles.append(Alone(tmp_path / name, "csv", table_bytes("csv", columns)).open())
    (tmp_path / "one" / "other.csv").write_bytes((tmp_path / "two" / "predictions.csv").read_bytes())
    (tmp_path / "one" / "predictions.csv").rename(tmp_path / "one" / "own.csv")
    joined = _paired(tmp_path / "one")
    assert joined.cells == {(True, True, True): 1, (True, False, True): 1, (False, True, False): 1}


def _paired(folder: Path) -> PairedRows:
    from dataclasses import replace

    from govern.bundle import open_bundle

    (folder / "predictions.csv").write_bytes((folder / "own.csv").read_bytes())
    bundle = open_bundle(folder, name="m", version="1")
    source = find_predictions(bundle)
    assert isinstance(source, PredictionSource)
    joined = read_paired(bundle, source, replace(source, file="other.csv"), scores=False)
    assert isinstance(joined, PairedRows)
    return joined


def test_one_group_only(tmp_path: Path) -> None:
    truth, decision, sex = [1, 0, 1, 0], [1, 0, 0, 0], ["F"] * 4
    assert demographic_parity_difference(truth, decision, sensitive_features=sex) == 0.0
    assert demographic_parity_ratio(truth, decision, sensitive_features=sex) == 1.0

    result = ask(tmp_path, {"sex": sex, "y_true": truth, "y_pred": decision})
    assert result.outcome is Outcome.INCONCLUSIVE


def test_a_missing_sensitive_value(tmp_path: Path) -> None:
    sex = ["F"] * 50 + ["M"] * 50 + [None] * 10
    decision = [1, 0] * 50 + [1, 0] * 5
    with pytest.raises(ValueError, match=r"NaN|None|missing"):
        frame(selection_rate, decision, decision, pd.Series(sex))

    result = ask(tmp_path, {"sex": sex, "y_pred": decision}, at_least="0.95")
    assert result.outcome is Outcome.INCONCLUSIVE, "all ten could belong to one group"
    assert "10" in str(result.findings[0])
    (tmp_path / "lax").mkdir()
    lax = ask(tmp_path / "lax", {"sex": sex, "y_pred": decision}, at_least="0.5")
    assert lax.outcome is Outcome.PASS, "met wherever they belong"


def test_a_group_of_one_member(tmp_path: Path) -> None:
    sex = ["F"] * 40 + ["M"] * 40 + ["X"]
    decision = [1, 0] * 40 + [0]
    assert demographic_parity_ratio(decision, decision, sensitive_features=sex) == 0.0

    result = ask(tmp_path, {"sex": sex, "y_pred": decision}, min_n=30)
    assert result.outcome is Outcome.INCONCLUSIVE


def test_an_empty_cell_of_an_intersection(tmp_path: Path) -> None:
    rows = [("F", "A"), ("F", "B"), ("M", "A")] * 4
    decision = [1, 1, 1, 0, 0, 0] * 2
    features = pd.DataFrame(rows, columns=["sex", "race"])
    library = MetricFrame(
        metrics={"rate": selection_rate, "n": count}, y_true=decision, y_pred=decision, sensitive_features=features
    )
    assert math.isnan(library.by_group.loc[("M", "B"), "rate"])
    assert math.isnan(library.by_group.loc[("M", "B"), "n"]), "even the number of people is not a number"

    columns = {"sex": [sex for sex, _race in rows], "race": [race for _sex, race in rows], "y_pred": decision}
    axes = (Axis("race", ("A", "B")), Axis("sex", ("F", "M")))
    predictions = counted(Alone(tmp_path, "csv", table_bytes("csv", columns)), "race", "sex")
    cells = {
        tuple(axis.values.index(str(value)) for axis, value in zip(axes, group, strict=True)): Tally(*four)
        for group, four in predictions.cells.items()
    }
    table = Counts(axes, False, cells, Missing(), 12).table(("race", "sex"))
    assert table.groups["B", "M"].n == 0
    result = judged(Alone(tmp_path, "csv", table_bytes("csv", columns)), attributes=[["race", "sex"]], smallest_shown=1)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert any("race=B, sex=M" in str(part) for part in (result.fields, result.findings))


def test_compas_by_race_and_sex_with_cells_of_two_and_four_people(tmp_path: Path) -> None:
    with COMPAS.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    truth, decision = ([int(float(row[name])) for row in rows] for name in ("label_value", "score"))
    groups = {name: [row[name] for row in rows] for name in ("race", "sex")}
    features = pd.DataFrame(groups)
    library = frame(selection_rate, truth, decision, features)
    assert library.difference() == 0.75
    assert equalized_odds_difference(truth, decision, sensitive_features=features) == 1.0
    assert demographic_parity_ratio(truth, decision, sensitive_features=features) == 0.0

    columns = {**groups, "y_true": truth, "y_pred": decision}
    data = table_bytes("csv", columns)
    crossed: dict[str, Any] = {"attributes": [["race", "sex"]], "min_n": 30}
    for metric, limits, value in (
        ("selection_rate", {"compare": "difference", "at_least": None, "at_most": "1"}, "0.75"),
        ("equalized_odds", {"compare": "difference", "at_least": None, "at_most": "1"}, "1"),
        ("selection_rate", {"at_least": "0.1"}, "0"),
    ):
        result = judged(Alone(tmp_path, "csv", data), **crossed, metric=metric, **limits)
        assert result.outcome is Outcome.INCONCLUSIVE, "cells of 2 and 4 people prove nothing"
        same = judged(
            Alone(tmp_path, "csv", data), **{**crossed, "min_n": 1, "smallest_shown": 1}, metric=metric, **limits
        )
        assert same.observed == value, "counted to the last person, the figure is the library's"


def test_bootstrap_draws_without_a_member_of_a_group(tmp_path: Path) -> None:
    sex = ["F"] * 60 + ["X"]
    decision = [1, 0] * 30 + [1]
    library = frame(
        selection_rate,
        decision,
        decision,
        sex,
        n_boot=40,
        ci_quantiles=[0.025, 0.975],
        random_state=np.random.RandomState(7),
    )
    low, high = (found["X"] for found in library.by_group_ci)
    assert (low, high) == (1.0, 1.0), "a third of the draws had nobody of X, and one person is shown as certain"

    # Ours comes from the counts, without draws: one person of one selected is compatible with nearly every rate.
    from govern.fairness.intervals import wilson

    ends = wilson(1, 1)
    assert ends.low < Decimal("0.21")
    assert ends.high == 1
    result = ask(tmp_path, {"sex": sex, "y_pred": decision}, decide="demonstrated", min_n=30)
    assert result.outcome is Outcome.INCONCLUSIVE


def test_auc_of_a_group_with_one_class_only() -> None:
    truth = [1, 0, 1, 0, 1, 1, 1, 1]
    score = [0.9, 0.1, 0.8, 0.2, 0.9, 0.3, 0.8, 0.2]
    library = frame(roc_auc_score, truth, score, ["F"] * 4 + ["M"] * 4)
    assert math.isnan(library.by_group["M"])
    assert (library.difference(), library.ratio()) == (0.0, 1.0)

    by_score: dict[Decimal, tuple[int, int]] = {Decimal("0.9"): (0, 1), Decimal("0.3"): (0, 1)}
    assert from_scores("auc", by_score).value == Undefined("one class only")


# --- the list of strict input


def test_semicolons_between_cells(tmp_path: Path) -> None:
    data = b"sex;y_true;y_pred\nF;1;0\nM;1;1\n"
    assert list(pd.read_csv(io.BytesIO(data)).columns) == ["sex;y_true;y_pred"], "one column, read without a word"

    fault = refused(tmp_path, data)
    assert fault.code == "I203"
    assert "semicolons" in fault.message


def test_weights_that_are_no_whole_numbers(tmp_path: Path) -> None:
    import hashlib

    import yaml

    sex, decision, weights = ["F", "F", "M", "M"], [1, 0, 1, 0], [0.5, 2.5, 1.0, 1.0]
    library = frame(selection_rate, decision, decision, sex)
    weighted = frame(selection_rate, decision, decision, sex, sample_params={"sample_weight": weights})
    assert library.ratio() == 1.0
    assert weighted.ratio() < 0.5, "who forgets the weights passes"

    data = table_bytes("csv", {"sex": sex, "y_pred": decision, "w": weights})
    document = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": {"name": "m", "version": "1"},
        "data": {"name": "test"},
        "file": {"path": "rows.csv", "sha256": hashlib.sha256(data).hexdigest()},
        "columns": {"y_pred": "y_pred", "weight": "w", "sensitive": ["sex"]},
        "positive": {"y_pred": "1"},
    }
    (tmp_path / "rows.csv").write_bytes(data)
    (tmp_path / "predictions.yaml").write_text(yaml.dump(document), encoding="utf-8")
    from govern.bundle import open_bundle
    from govern.checks.context import CheckContext
    from support.prediction_tables import DISPARITY, disparity

    context = CheckContext(bundle=open_bundle(tmp_path, name="m", version="1"), stage="pre-registration")
    try:
        outcome = DISPARITY.evaluate(disparity(), context).outcome
    except InputError:
        outcome = Outcome.ERROR
    assert outcome in (Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)


def test_products_of_counts_beyond_64_bits() -> None:
    from fractions import Fraction

    from govern.fairness import Question, Verdict, judge

    n, k = 4_000_000_000, 3_200_000_000 - 1
    with np.errstate(over="ignore"):
        wrapped = np.int64(5) * np.int64(k) * np.int64(n) >= np.int64(4) * np.int64(n) * np.int64(n)
        assert np.int64(5) * np.int64(k) * np.int64(n) != 5 * k * n
    assert isinstance(bool(wrapped), bool)

    counts = Counts(
        (Axis("g", ("a", "b")),), False, {(0,): Tally(n - k, k, 0, 0), (1,): Tally(0, n, 0, 0)}, Missing(), 2 * n
    )
    question = Question(
        metric="selection_rate", compare="ratio", attributes=(("g",),), at_least=Fraction(4, 5), decide="point"
    )
    assert judge(question, counts).verdict is Verdict.FAIL, "one person below four fifths of four thousand million"
