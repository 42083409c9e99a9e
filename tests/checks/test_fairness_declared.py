"""Groups that the model record declares, in place of columns that a rule names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.checks.context import CheckContext
from govern.checks.fairness.declared import ATTRIBUTES, INTERSECTIONS, expanded
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder

(DISPARITY,) = CHECKS


def params(*attributes: Any, **changes: Any) -> DisparityParams:
    asked = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "decide": "point"}
    return DisparityParams.model_validate({**asked, "attributes": list(attributes), **changes})


def run(builder: BundleBuilder, *attributes: Any, **changes: Any) -> CheckResult:
    return DISPARITY.evaluate(
        params(*attributes, **changes), CheckContext(bundle=builder.open(), stage="pre-registration")
    )


def compared(result: CheckResult) -> list[list[str]]:
    return [table["attributes"] for table in result.facts["tables"]]  # type: ignore[index, union-attr, call-overload]


def test_what_the_record_declares_is_compared(tmp_path: Path) -> None:
    result = run(BundleBuilder(tmp_path).record(groups={"attributes": ["sex"]}), ATTRIBUTES)
    assert result.outcome is Outcome.PASS
    assert compared(result) == [["sex"]]
    assert result.evidence[0].name == "model_record"


def test_a_declared_column_that_the_table_lacks_is_missing(tmp_path: Path) -> None:
    result = run(BundleBuilder(tmp_path).record(groups={"attributes": ["sex", "age"]}), ATTRIBUTES)
    assert result.outcome is Outcome.MISSING_EVIDENCE


@pytest.mark.parametrize("groups", [None, {"attributes": []}, {"intersections": [["sex", "age"]]}])
def test_no_declaration_and_an_empty_one_are_missing_evidence(tmp_path: Path, groups: Any) -> None:
    builder = BundleBuilder(tmp_path).record(groups=groups)
    result = run(builder, ATTRIBUTES, "sex")
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert [(item.code, item.discriminator) for item in result.findings] == [("E120", ATTRIBUTES)]
    assert "govern.yaml" in str(result.findings[0].remediation)


def test_a_column_both_named_and_declared_is_compared_once(tmp_path: Path) -> None:
    result = run(BundleBuilder(tmp_path).record(groups={"attributes": ["sex", "sex"]}), "sex", ATTRIBUTES)
    assert compared(result) == [["sex"]]


def test_crossings_are_those_declared() -> None:
    asked = (("sex",), (ATTRIBUTES,), (INTERSECTIONS,))
    found = expanded(asked, ["age", "sex"], [["sex", "age"], ["age", "sex"], ["sex"]])
    assert found == (("sex",), ("age",), ("sex", "age"))


def test_the_record_is_evidence_that_the_rule_needs() -> None:
    needs = {need.kind: need.reads for need in DISPARITY.spec.needs(params(ATTRIBUTES, "sex"))}
    assert needs == {"model_record": (ATTRIBUTES,), "predictions": ("columns:sex",)}
    assert [need.kind for need in DISPARITY.spec.needs(params("sex"))] == ["predictions"]


def test_what_is_declared_is_neither_crossed_nor_given_a_reference() -> None:
    with pytest.raises(ValidationError, match="not crossed"):
        params([ATTRIBUTES, "sex"])
    with pytest.raises(ValidationError, match="only `highest`"):
        params(ATTRIBUTES, reference="M")
