"""`drift.fairness`: what a model decided in production against its evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder
from support.group_tables import codes, params_of, run, table_of
from support.two_models import enveloped

KIND = "drift.fairness"
ASKED = {"metric": "selection_rate", "compare": "ratio", "attributes": ["sex"], "max_worsening": "0.05"}
EVEN: dict[str, tuple[int, ...]] = {"F": (50, 100), "M": (50, 100)}


def of(builder: BundleBuilder, **changes: Any) -> CheckResult:
    return run(KIND, builder, {**ASKED, **changes})


def production(folder: Path, **groups: tuple[int, ...]) -> BundleBuilder:
    """A bundle evaluated on even groups, and these in production."""
    builder = BundleBuilder(folder).without_tools().remove("predictions/test.csv").remove("predictions/test.yaml")
    builder.file("own.csv", table_of(**EVEN)).file("production.csv", table_of(**groups))
    return builder.record(evidence={"predictions": {"path": "own.csv"}, "production": {"path": "production.csv"}})


def test_pass(tmp_path: Path) -> None:
    result = of(production(tmp_path, F=(480, 1000), M=(500, 1000)))
    assert (result.outcome, result.observed, codes(result)) == (Outcome.PASS, "0.04", [])
    assert "by the evaluation 1" in result.summary
    assert [ref.name for ref in result.evidence] == ["predictions", "production"]


def test_fail_and_exactly_at_the_limit(tmp_path: Path) -> None:
    builder = production(tmp_path, F=(400, 1000), M=(500, 1000))
    assert of(builder, max_worsening="0.2").outcome is Outcome.PASS
    result = of(builder, max_worsening="0.1999")
    assert (result.outcome, codes(result), result.fields["value"]) == (Outcome.FAIL, ["F147"], "0.8")


def test_missing_empty_and_itself(tmp_path: Path) -> None:
    builder = production(tmp_path, F=(48, 100), M=(50, 100))
    assert codes(of(builder, window="june")) == ["E120"]
    assert codes(of(builder.file("production.csv", table_of()))) == ["E104"]
    assert codes(of(builder.file("production.csv", table_of(**EVEN)))) == ["E149"]
    assert codes(of(builder.file("production.csv", "sex,y_pred\nF,1\n"), metric="accuracy")) == ["F112"]
    assert codes(of(builder.file("production.csv", "y_true,y_pred\n1,1\n"))) == ["E122"]
    assert codes(of(builder.remove("own.csv"))) == ["E120"]


def test_another_model_s_decisions(tmp_path: Path) -> None:
    builder = enveloped(production(tmp_path, F=(48, 100), M=(50, 100)), "production.csv", version="3.0.0")
    result = of(builder)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E107"])


def test_unbound_and_old(tmp_path: Path) -> None:
    builder = production(tmp_path, F=(48, 100), M=(50, 100))
    assert codes(of(builder, bound=True)) == ["E108"]
    assert codes(of(builder, max_age="30d")) == ["E110"]
    aged = of(enveloped(builder, "production.csv"), max_age="30d")
    assert aged.outcome is Outcome.PASS
    assert {item.until for item in aged.holds} == {None, "2026-05-31T00:00:00Z"}


def test_groups_that_are_not_there_any_more(tmp_path: Path) -> None:
    result = of(production(tmp_path, F=(48, 100)))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F105", "F148"])
    few = of(production(tmp_path, F=(4, 20), M=(50, 100)))
    assert few.outcome is Outcome.INCONCLUSIVE
    assert "F104" in codes(few)


def test_missing_rows(tmp_path: Path) -> None:
    builder = production(tmp_path, F=(48, 100), M=(50, 100))
    builder.file("production.csv", builder.content("production.csv") + b"F,1,\n")
    assert codes(of(builder)) == ["F109"]
    assert of(builder, max_missing="0.01").outcome is Outcome.PASS


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    builder = production(tmp_path, F=(20, 100), M=(50, 100))
    for path in ("own.csv", "production.csv"):
        builder.file(path, builder.content(path).decode().replace("F,", '"<script>\x1b[31m",'))
    assert of(builder).outcome is Outcome.FAIL


@pytest.mark.parametrize("changes", [{"window": "predictions"}, {"max_worsening": "2"}, {"max_worsening": None}])
def test_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        params_of(KIND, {**ASKED, **changes})
