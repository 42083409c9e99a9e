"""`fairness.disparity` of many classes: one class against all others, one verdict and one chance of error over all."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.diagnostics import InputError
from govern.evidence.class_counts import read_classes
from govern.evidence.predictions import PredictionSource, find_predictions
from govern.fairness import METRICS, Tally
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS_MANIFEST, BundleBuilder
from support.counted_tables import Row, counted, counts_bundle, rows_bundle, table_of, unsalted

(DISPARITY,) = CHECKS
CLASSES = ("approve", "refer", "reject")
RULE = {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8", "attributes": ["sex"], "classes": ["all"]}


def bundle(folder: Path, rows: Sequence[Row], classes: Sequence[str] = CLASSES, **changes: Any) -> BundleBuilder:
    """Rows whose labels and decisions are classes."""
    builder = rows_bundle(folder, table_of(rows))
    document = yaml.safe_load(builder.content(PREDICTIONS_MANIFEST))
    del document["positive"]
    document = {**document, "classes": list(classes), **changes}
    return builder.file(PREDICTIONS_MANIFEST, yaml.safe_dump(document, sort_keys=False))


def judged(builder: BundleBuilder, **changes: Any) -> CheckResult:
    rule = {"decide": "point", "min_n": 1, "smallest_shown": 1, **RULE, **changes}
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = DISPARITY.evaluate(DisparityParams.model_validate(rule), context)
    canonical_bytes(result.facts)
    assert set(result.fields) <= set(DISPARITY.spec.message_fields)
    return result


def people(sex: str, **decided: int) -> list[Row]:
    """So many with each decision, every label `approve`."""
    return [(sex, "A", "approve", decision) for decision, count in decided.items() for _ in range(count)]


def same(n: int = 60) -> list[Row]:
    return [row for sex in "FM" for row in people(sex, approve=n, refer=n, reject=n)]


def test_pass(tmp_path: Path) -> None:
    result = judged(bundle(tmp_path, same()), decide="demonstrated", at_least="0.5")
    assert result.outcome is Outcome.PASS
    assert result.observed == "1"


def test_one_class_that_fails_fails_the_rule_and_is_named(tmp_path: Path) -> None:
    rows = people("F", approve=50, refer=20, reject=30) + people("M", approve=50, refer=25, reject=25)
    result = judged(bundle(tmp_path, rows), at_least="0.81")
    assert result.outcome is Outcome.FAIL
    assert result.fields["worst.group"] == "class refer: sex=F"
    assert result.summary.startswith("Class refer, one of 3: Worst: ")
    assert [item.detail.split(":")[0] for item in result.findings] == ["class refer"]


def test_exactly_at_the_limit(tmp_path: Path) -> None:
    rows = people("F", approve=50, refer=20, reject=30) + people("M", approve=50, refer=25, reject=25)
    assert judged(bundle(tmp_path, rows), classes=["refer"]).outcome is Outcome.PASS
    below = judged(bundle(tmp_path, rows), classes=["refer"], at_least="0.800001")
    assert (below.outcome, below.observed) == (Outcome.FAIL, "0.8")


def test_only_the_classes_of_the_rule_are_judged(tmp_path: Path) -> None:
    rows = people("F", approve=10, refer=45, reject=45) + people("M", approve=40, refer=30, reject=30)
    assert judged(bundle(tmp_path, rows), classes=["approve"]).outcome is Outcome.FAIL
    builder = bundle(tmp_path, rows)
    assert judged(builder, classes=["refer", "reject"], at_least="0.6").outcome is Outcome.PASS
    assert judged(builder, classes=["all", "refer"], at_least="0.6").outcome is Outcome.FAIL


def test_every_class_gets_its_part_of_alpha(tmp_path: Path) -> None:
    result = judged(bundle(tmp_path, same()), alpha="0.05")
    facts = json.loads(canonical_bytes(result.facts))
    assert facts["kind"] == "fairness-classes"
    assert [item["class"] for item in facts["classes"]] == list(CLASSES)
    assert all(Fraction(item["facts"]["alpha"]) <= Fraction("0.05") / 3 for item in facts["classes"])
    assert Fraction(facts["alpha"]) > Fraction("0.01666")


def test_harm_that_is_significant_alone_is_not_among_many_classes(tmp_path: Path) -> None:
    rows = people("F", approve=40, refer=35, reject=25) + people("M", approve=56, refer=30, reject=14)
    builder = bundle(tmp_path, rows)
    alone = judged(builder, classes=["approve"], decide="evidence_of_harm")
    among = judged(builder, classes=["approve", "refer"], decide="evidence_of_harm")
    assert (alone.outcome, among.outcome) == (Outcome.FAIL, Outcome.INCONCLUSIVE)


def test_figures_are_those_of_fairlearn_one_against_the_rest(tmp_path: Path) -> None:
    from fairlearn import metrics

    draw = random.Random(7)
    rows = [(draw.choice("FM"), draw.choice("AB"), draw.choice(CLASSES), draw.choice(CLASSES)) for _ in range(2000)]
    opened = bundle(tmp_path, rows).open()
    source = find_predictions(opened)
    assert isinstance(source, PredictionSource)
    found = read_classes(opened, source, ("sex",))
    assert isinstance(found, dict)
    for name in CLASSES:
        truth, decided = ([int(row[place] == name) for row in rows] for place in (2, 3))
        for metric in ("selection_rate", "true_positive_rate", "false_positive_rate"):
            frame = metrics.MetricFrame(
                metrics=getattr(metrics, metric),
                y_true=truth,
                y_pred=decided,
                sensitive_features=[row[0] for row in rows],
            )
            for sex in "FM":
                ours = METRICS[metric].rate(Tally(*found[name].cells[sex,])).value
                assert isinstance(ours, Fraction)
                assert float(ours) == frame.by_group[sex]


def test_cells_of_two_classes_are_those_of_a_positive_value(tmp_path: Path) -> None:
    rows: list[Row] = [("F", "A", "1", "0"), ("M", "B", "0", "1"), ("F", "A", "1", "1"), ("NA", "A", "", "1")]
    opened = bundle(tmp_path / "many", rows, classes=["0", "1"]).open()
    source = find_predictions(opened)
    assert isinstance(source, PredictionSource)
    found = read_classes(opened, source, ("sex",))
    assert isinstance(found, dict)
    from govern.evidence.predictions import read_predictions

    plain = rows_bundle(tmp_path / "two", table_of(rows)).open()
    other = find_predictions(plain)
    assert isinstance(other, PredictionSource)
    by_positive = read_predictions(plain, other, ("sex",))
    assert not isinstance(by_positive, dict)
    assert found["1"].cells == getattr(by_positive, "cells", None)
    assert (found["1"].rows, found["1"].missing_rows, found["1"].missing_y_true) == (4, 1, 1)


@settings(max_examples=15, deadline=None)
@given(
    parts=st.lists(
        st.tuples(
            st.sampled_from(["F", "M", "NA"]),
            st.sampled_from("AB"),
            st.sampled_from([*CLASSES, ""]),
            st.sampled_from([*CLASSES, "nan"]),
            st.integers(1, 60),
        ),
        min_size=1,
        max_size=12,
    ),
    changes=st.fixed_dictionaries(
        {
            "metric": st.sampled_from(["selection_rate", "true_positive_rate"]),
            "decide": st.sampled_from(["point", "evidence_of_harm", "demonstrated"]),
            "classes": st.sampled_from([["all"], ["refer"], ["approve", "reject"]]),
            "smallest_shown": st.sampled_from([1, 11]),
            "max_missing": st.just("1"),
            "attributes": st.sampled_from([["sex"], ["race", ["sex", "race"]]]),
        }
    ),
)
def test_rows_and_counts_of_classes_are_one_evidence(
    parts: list[tuple[str, str, str, str, int]], changes: dict[str, Any]
) -> None:
    rows: list[Row] = [part[:4] for part in parts for _ in range(part[4])]
    with tempfile.TemporaryDirectory() as folder:
        builder = bundle(Path(folder), rows, groups={"sex": ["F", "M", "X"]})
        by_rows = judged(builder, bound=True, **changes)
        by_counts = judged(counts_bundle(builder, counted(builder).document), bound=True, **changes)
    assert canonical_bytes(unsalted(by_rows.facts)) == canonical_bytes(unsalted(by_counts.facts))
    assert (by_rows.outcome, by_rows.summary, by_rows.fields) == (
        by_counts.outcome,
        by_counts.summary,
        by_counts.fields,
    )
    assert [item.detail for item in by_rows.findings] == [item.detail for item in by_counts.findings]


class TestMissing:
    def test_a_table_of_two_values(self, tmp_path: Path) -> None:
        result = judged(rows_bundle(tmp_path, table_of([("F", "A", "1", "1")])))
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E122")

    def test_a_class_that_is_not_listed(self, tmp_path: Path) -> None:
        result = judged(bundle(tmp_path, same()), classes=["approve", "\x1b[31mhold"])
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E122")
        assert "\x1b" not in result.findings[0].detail

    def test_a_rule_on_two_values_does_not_pick_a_class(self, tmp_path: Path) -> None:
        result = judged(bundle(tmp_path, same()), classes=[])
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E123")

    def test_a_column(self, tmp_path: Path) -> None:
        result = judged(bundle(tmp_path, same()), attributes=["age"])
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E122")

    def test_rows(self, tmp_path: Path) -> None:
        result = judged(bundle(tmp_path, []))
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E104")

    def test_unbound(self, tmp_path: Path) -> None:
        builder = bundle(tmp_path, same(), model={"name": "credit-risk", "version": "3.1.0"})
        result = judged(builder, bound=True)
        assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E108")

    def test_a_class_nobody_was_given_is_undefined(self, tmp_path: Path) -> None:
        rows = people("F", approve=50, refer=50) + people("M", approve=50, refer=50)
        assert judged(bundle(tmp_path, rows)).outcome is Outcome.INCONCLUSIVE

    def test_missing_decisions_count(self, tmp_path: Path) -> None:
        rows: list[Row] = [*same(), ("F", "A", "approve", "")]
        assert judged(bundle(tmp_path, rows)).outcome is Outcome.INCONCLUSIVE
        assert judged(bundle(tmp_path, rows), max_missing="0.1").outcome is Outcome.PASS


class TestMalformed:
    def test_a_decision_that_is_no_class(self, tmp_path: Path) -> None:
        with pytest.raises(InputError) as caught:
            judged(bundle(tmp_path, [*same(1), ("F", "A", "approve", "secret"), ("F", "A", "other", "approve")]))
        (fault,) = caught.value.diagnostics
        assert fault.code == "E123"
        assert "secret" not in str(fault)
        assert fault.span is not None
        assert fault.span.line == 8

    @pytest.mark.parametrize(
        "changes",
        [
            {"classes": ["approve"]},
            {"classes": ["approve", "approve"]},
            {"classes": ["approve", "NaN"]},
            {"classes": [str(n) for n in range(65)]},
            {"positive": {"y_pred": "approve", "y_true": "approve"}},
            {"task": "ranking"},
        ],
    )
    def test_a_document(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        with pytest.raises(InputError) as caught:
            judged(bundle(tmp_path, same(1), **changes))
        assert {fault.code for fault in caught.value.diagnostics} <= {"E102", "E103"}


def test_hostile_class_names_are_written_plainly(tmp_path: Path) -> None:
    name = "<b>\x1b[31mx"
    rows = [(sex, "A", name, name) for sex in "FM" for _ in range(50)]
    rows += [("F", "A", name, "other") for _ in range(50)]
    result = judged(bundle(tmp_path, rows, classes=[name, "other"]))
    said = result.summary + "".join(item.detail for item in result.findings) + "".join(result.fields.values())
    assert "\x1b" not in said


def test_a_rare_outcome_in_one_class_hides_the_numbers_of_all(tmp_path: Path) -> None:
    """Outcomes of all classes add up to everybody: what one class hides, the others would tell."""
    rows: list[Row] = []
    for sex in "FM":
        rows += [(sex, "A", label, "approve") for label in ("approve", "refer") for _ in range(50)]
    rows += [("F", "A", "reject", "approve")] * 3 + [("M", "A", "reject", "approve")] * 40
    facts = json.loads(
        canonical_bytes(judged(bundle(tmp_path, rows), metric="true_positive_rate", smallest_shown=11).facts)
    )
    for item in facts["classes"]:
        for table in item["facts"]["tables"]:
            assert all(group["n"] is None for group in table["groups"])


def test_overlays_cannot_turn_the_rule_to_other_tables() -> None:
    assert DISPARITY.spec.not_tighter is not None
    old, new = (DisparityParams.model_validate({**RULE, "classes": names}) for names in ([], ["a"]))
    assert DISPARITY.spec.not_tighter(old, new) is not None
    more = DisparityParams.model_validate({**RULE, "classes": ["a", "b"]})
    assert DISPARITY.spec.not_tighter(new, more) is None
    tested = [p.model_copy(update={"decide": "evidence_of_harm"}) for p in (new, more)]
    assert DISPARITY.spec.not_tighter(*tested) is not None
