"""A run counts its prediction table once, and says what separate counts would have said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS
from govern.checks.predictions import counts_of, predictions_of, source_of
from govern.diagnostics import Diagnostic, InputError
from govern.evidence import predictions as readers
from govern.policy.outcomes import CheckResult
from support.gate import judge
from support.prediction_tables import Alone, Form, bare, disparity, said, table_bytes

(DISPARITY,) = CHECKS
NAMES = ("age", "race", "sex")
TABLES = [("sex",), ("race",), ("age",), ("race", "sex"), ("age", "sex"), ("age", "race", "sex")]
ROW = st.tuples(
    st.sampled_from(["18", "55", None]),
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["F", "M", None]),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1, None]),
)


def context(folder: Path, rows: list[Any], columns: frozenset[str], form: Form = "csv") -> CheckContext:
    table = dict(zip((*NAMES, "y_true", "y_pred"), map(list, zip(*rows, strict=True)), strict=True))
    return CheckContext(
        bundle=Alone(folder, form, table_bytes(form, table)).open(), stage="pre-registration", columns=columns
    )


def outcome(context: CheckContext, table: tuple[str, ...], metric: str) -> Any:
    params = disparity(attributes=[list(table)], metric=metric, max_missing="1")
    try:
        result = DISPARITY.evaluate(params, context)
    except InputError as fault:
        return str(fault)
    assert isinstance(result, CheckResult)
    return said(result)


@given(
    rows=st.lists(ROW, min_size=1, max_size=40), order=st.permutations(TABLES), form=st.sampled_from(["csv", "parquet"])
)
@settings(max_examples=25, deadline=None)
def test_same_bytes_as_separate_counts(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], order: list[tuple[str, ...]], form: Form
) -> None:
    together = context(tmp_path_factory.mktemp("a"), rows, frozenset(NAMES), form)
    for place, table in enumerate(order):
        metric = ("selection_rate", "true_positive_rate", "equalized_odds")[place % 3]
        alone = context(tmp_path_factory.mktemp("b"), rows, frozenset(), form)
        assert outcome(together, table, metric) == outcome(alone, table, metric)
        source = source_of(together)
        assert not isinstance(source, Diagnostic)
        one, other = (predictions_of(here, source, table) for here in (together, alone))
        assert not isinstance(one, Diagnostic)
        assert not isinstance(other, Diagnostic)
        assert counts_of(one) == counts_of(other)
        assert one.groups == other.groups


ROWS = [("18", "A", sex, truth, pred) for sex in "FM" for truth in (0, 1) for pred in (0, 1) for _ in range(3)]


def passes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The columns of each pass over the table from now on."""
    seen: list[tuple[str, ...]] = []
    real = readers.tabulate

    def noted(bundle: Any, path: str, columns: Any, **more: Any) -> Any:
        seen.append(tuple(columns))
        return real(bundle, path, columns, **more)

    monkeypatch.setattr(readers, "tabulate", noted)
    return seen


def test_one_pass_for_all_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = passes(monkeypatch)
    once = context(tmp_path, ROWS, frozenset(NAMES))
    for table in TABLES:
        outcome(once, table, "selection_rate")
    assert seen == [("age", "race", "sex", "y_pred", "y_true")]


def test_columns_that_nobody_names_are_not_counted_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = passes(monkeypatch)
    few = context(tmp_path, ROWS, frozenset({"sex", "score", "elsewhere"}))
    outcome(few, ("sex",), "selection_rate")
    assert seen == [("sex", "y_pred", "y_true")]


def test_a_bad_column_fails_only_the_rule_that_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("18", race, "F" if n % 2 else "M", 1, 1) for n, race in enumerate(["A", "a", "B", "B"])]
    seen = passes(monkeypatch)
    spoilt = context(tmp_path, rows, frozenset(NAMES))
    assert "E124" in outcome(spoilt, ("race",), "selection_rate")
    assert "E124" not in str(outcome(spoilt, ("sex",), "selection_rate"))
    assert "E124" not in str(outcome(spoilt, ("age", "sex"), "selection_rate"))
    assert seen[0] == ("age", "race", "sex", "y_pred", "y_true")
    assert len(seen) == 4


def test_an_identifier_among_the_columns_of_other_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from govern.evidence import csv_count, tabulation

    for module in (csv_count, tabulation):
        monkeypatch.setattr(module, "MOST_COMBINATIONS", 20)
    rows = [(str(n), "A", "FM"[n % 2], 1, 1) for n in range(40)]
    spoilt = context(tmp_path, rows, frozenset(NAMES))
    assert "E126" in outcome(spoilt, ("age",), "selection_rate")
    assert "E126" not in str(outcome(spoilt, ("sex",), "selection_rate"))


def test_an_absent_column_is_missing_for_its_own_rule(tmp_path: Path) -> None:
    absent = context(tmp_path, ROWS, frozenset({*NAMES, "job"}))
    assert outcome(absent, ("job",), "selection_rate")[0] == "missing_evidence"
    assert outcome(absent, ("sex",), "selection_rate")[0] == "pass"


def test_the_gate_says_which_columns_its_rules_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = passes(monkeypatch)
    shared = {
        "compare": "ratio",
        "at_least": 0.8,
        "decide": "point",
        "bound": False,
        "metric": "selection_rate",
        "min_n": 1,
    }
    rules = [
        {
            "id": f"r{number}",
            "title": "Rule",
            "severity": "high",
            "check": "fairness.disparity",
            "with": {**shared, "attributes": tables},
        }
        for number, tables in enumerate([["sex"], ["race"], [["sex", "race"]]])
    ]
    metadata = {"name": "p", "version": "1", "title": "P", "owner": "o@example.com"}
    policy = {"apiVersion": "govern/v1", "kind": "Policy", "metadata": metadata, "spec": {"rules": rules}}
    (tmp_path / "policy.yaml").write_text(yaml.dump(policy), encoding="utf-8")
    table = dict(zip((*NAMES, "y_true", "y_pred"), map(list, zip(*ROWS, strict=True)), strict=True))
    bundle = bare(tmp_path / "bundle", "csv", table_bytes("csv", table)).build()
    assert judge(bundle, tmp_path / "policy.yaml").outcomes() == {"fairness.disparity": "pass"}
    assert seen == [("race", "sex", "y_pred", "y_true")]
