"""`carbon.budget` as its authors test it: one small bundle a case, judged by the kind itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from govern_carbon.budget import BUDGET
from govern_carbon.params import BudgetParams
from pydantic import ValidationError

import govern
from govern.checks.api import CheckContext, CheckResult, InputError, Outcome

BUNDLE = Path(__file__).parents[1] / "bundle"
METER: dict[str, Any] = {"energy_kwh": 812.5, "interval_kwh": [770, 860], "method": "meter"}


def judged(tmp_path: Path, training: Any, **params: Any) -> CheckResult:
    """Judge the example's bundle with other figures; None leaves the file out."""
    for path in BUNDLE.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "energy.json").unlink()
    if training is not None:
        text = training if isinstance(training, str) else json.dumps({"training": training})
        (tmp_path / "energy.json").write_text(text, encoding="utf-8")
    context = CheckContext(bundle=govern.open_bundle(tmp_path), stage="pre-registration")
    return BUDGET.evaluate(BudgetParams(**{"max_kwh": 1000, **params}), context)


@pytest.mark.parametrize(
    ("training", "params", "outcome", "code"),
    [
        (METER, {}, Outcome.PASS, None),
        (METER, {"max_kwh": 812}, Outcome.FAIL, "carbon-103"),
        ({**METER, "energy_kwh": 812, "interval_kwh": None}, {"max_kwh": 812}, Outcome.PASS, None),
        (METER, {"decide": "demonstrated"}, Outcome.PASS, None),
        (METER, {"decide": "demonstrated", "max_kwh": 860}, Outcome.PASS, None),
        (METER, {"decide": "demonstrated", "max_kwh": 850}, Outcome.INCONCLUSIVE, "carbon-105"),
        (METER, {"decide": "demonstrated", "max_kwh": 769}, Outcome.FAIL, "carbon-103"),
        ({**METER, "interval_kwh": None}, {"decide": "demonstrated"}, Outcome.INCONCLUSIVE, "carbon-105"),
        ({**METER, "method": "estimate"}, {"methods": ("meter",)}, Outcome.INCONCLUSIVE, "carbon-104"),
        (None, {}, Outcome.MISSING_EVIDENCE, "E120"),
        ({}, {}, Outcome.MISSING_EVIDENCE, "carbon-101"),
        ("null", {}, Outcome.MISSING_EVIDENCE, "carbon-101"),
        ("[]", {}, Outcome.MISSING_EVIDENCE, "carbon-101"),
        (METER, {"bound": True}, Outcome.MISSING_EVIDENCE, "E108"),
        (METER, {"max_age": "30d"}, Outcome.MISSING_EVIDENCE, "E110"),
        (METER, {"min_grade": "E1"}, Outcome.MISSING_EVIDENCE, "E134"),
    ],
)
def test_what_the_figures_come_to(
    tmp_path: Path, training: Any, params: dict[str, Any], outcome: Outcome, code: str | None
) -> None:
    made = judged(tmp_path, training, **params)
    assert made.outcome is outcome, made
    assert [item.code for item in made.findings] == ([] if code is None else [code])


@pytest.mark.parametrize(
    "training",
    [
        "NaN",
        "",
        '{"training": {"energy_kwh": Infinity, "method": "meter"}}',
        [1],
        {**METER, "energy_kwh": -1},
        {**METER, "energy_kwh": "812"},
        {**METER, "energy_kwh": True},
        {**METER, "interval_kwh": [900, 1000]},
        {**METER, "interval_kwh": [1]},
        {**METER, "method": "guess"},
        {"energy_kwh": 1},
    ],
)
def test_what_cannot_be_is_no_verdict(tmp_path: Path, training: Any) -> None:
    """The runner makes `error` of it."""
    with pytest.raises(InputError) as caught:
        judged(tmp_path, training)
    assert caught.value.diagnostics[0].span is not None


def test_a_finding_has_file_line_and_pointer(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, METER, max_kwh=1).findings
    assert finding.location is not None
    assert (finding.location.file, finding.location.pointer) == ("energy.json", "/training/energy_kwh")
    assert finding.location.line == 1


def test_a_budget_below_nothing_is_refused() -> None:
    with pytest.raises(ValidationError):
        BudgetParams(max_kwh=-1)
