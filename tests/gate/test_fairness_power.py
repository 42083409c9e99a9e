"""`govern fairness power`: before there is data, by the rules of a policy, and with the groups there are."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from govern.diagnostics import InputError, UsageError
from govern.fairness import Question
from govern.fairness.simulation import error_rates
from govern.gate.fairness.power import PowerRequest, power_document
from govern.gate.fairness.power_document import PowerDocument, power_schema
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder
from support.process import govern

RATE = Fraction(3, 10)


def question(**changes: Any) -> Question:
    given: dict[str, Any] = {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": (("sex",),),
        "at_least": Fraction(4, 5),
        **changes,
    }
    if "at_most" in changes:
        del given["at_least"]
    return Question(**given)


def made(**changes: Any) -> PowerDocument:
    given: dict[str, Any] = {"question": question(), "runs": 200, **changes}
    return power_document(PowerRequest(**given))


def policy(tmp_path: Path, *rules: dict[str, Any]) -> Path:
    path = tmp_path / "policies" / "p.yaml"
    path.parent.mkdir(exist_ok=True)
    items = [
        {"id": f"r{place}", "title": "t", "severity": "high", "check": "fairness.disparity", "with": rule}
        for place, rule in enumerate(rules)
    ]
    document = {"apiVersion": "govern/v1", "kind": "Policy", "metadata": {"name": "p", "version": "1.0.0"}}
    path.write_text(json.dumps({**document, "spec": {"rules": items}}), encoding="utf-8")
    return path.parent


def bundle(tmp_path: Path) -> Path:
    rows = [
        f"{sex},{int(i < k)},1\n"
        for sex, (k, n) in {"F": (60, 240), "M": (120, 400), "X": (2, 5)}.items()
        for i in range(n)
    ]
    builder = BundleBuilder(tmp_path).file("predictions.csv", "sex,y_pred,y_true\n" + "".join(rows))
    builder = builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST)
    return builder.record(evidence={"predictions": {"path": "predictions.csv"}}).open().root


def counts_file(tmp_path: Path, **changes: Any) -> Path:
    document: dict[str, Any] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessCounts",
        "model": {"name": "m", "version": "1.0.0"},
        "data": {"name": "d"},
        "missing": {"y_pred": 0, "y_true": 0},
        "axes": [{"name": "sex", "values": ["F", "M"], "unknown": True}],
        "y_true": True,
        "shape": [3, 2, 2],
        "counts": [150, 30, 30, 30, 200, 80, 80, 40, 1, 0, 0, 0],
        **changes,
    }
    document["rows"] = sum(document["counts"]) if isinstance(document["counts"], list) else 0
    path = tmp_path / "counts.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


class TestBeforeData:
    def test_what_each_verdict_takes(self) -> None:
        (plan,) = made(rate=RATE).plans
        needed = {(item.verdict, item.true_ratio): item.people for item in plan.needed}
        assert needed == {
            ("demonstrated", "1"): 985,
            ("demonstrated", "0.9"): 3816,
            ("demonstrated", "0.8"): None,
            ("harm", "0.75"): 973,
            ("harm", "0.6"): 214,
        }
        assert (plan.groups, plan.comparisons) == (2, 2)
        assert plan.shown == ()

    def test_the_error_rates_are_those_of_the_simulation(self) -> None:
        (plan,) = made(rate=RATE, groups=3, people=(120,), true_ratios=(Fraction(3, 5),), seed=9).plans
        for row in plan.errors:
            asked = question(decide=row.decide)
            (found,) = error_rates(asked, [120] * 3, RATE, [Fraction(3, 5)], runs=200, seed=9)
            assert (row.passed, row.failed, row.inconclusive) == (found.passed, found.failed, found.inconclusive)
            assert row.people == (120, 120, 120)
            assert not row.meets
        assert [row.decide for row in plan.errors] == ["point", "evidence_of_harm", "demonstrated"]

    @pytest.mark.parametrize(
        ("rate", "people"), [("0.05", 4719), ("0.1", 2236), ("0.2", 994), ("0.3", 580), ("0.5", 249)]
    )
    def test_published_figures_against_a_reference(self, rate: str, people: int) -> None:
        asked = question(reference={"sex": "M"})
        (plan,) = made(question=asked, rate=Fraction(rate), people=(50,), true_ratios=(Fraction(1),)).plans
        assert [item.people for item in plan.needed] == [people]
        assert plan.comparisons == 1

    def test_a_difference(self) -> None:
        (plan,) = made(question=question(compare="difference", at_most=Fraction(1, 10)), rate=RATE).plans
        assert plan.needed[0].people == 442
        assert {row.true_ratio for row in plan.errors} == {"1", "0.9", "0.8", "0.6"}

    def test_without_a_rate(self) -> None:
        with pytest.raises(UsageError, match="rate"):
            made()


class TestPolicies:
    RULE = {"metric": "selection_rate", "compare": "ratio", "at_least": 0.9, "attributes": ["sex"], "decide": "point"}  # noqa: RUF012

    def test_limit_and_mode_are_the_rules(self, tmp_path: Path) -> None:
        rules = policy(tmp_path, {**self.RULE, "alpha": 0.1, "min_n": 50})
        (plan,) = made(policies=[rules], rate=RATE, people=(100,)).plans
        assert (plan.rule, plan.limit, plan.decide, plan.alpha, plan.min_n) == ("p/r0", "0.9", "point", "0.1", 50)

    def test_one_rule_of_several(self, tmp_path: Path) -> None:
        rules = policy(tmp_path, self.RULE, {**self.RULE, "metric": "equalized_odds"})
        assert len(made(policies=[rules], rate=RATE, people=(100,)).plans) == 3
        plans = made(policies=[rules], rule="p/r1", rate=RATE, people=(100,)).plans
        assert [plan.metric for plan in plans] == ["true_positive_rate", "false_positive_rate"]
        assert [plan.comparisons for plan in plans] == [4, 4]
        with pytest.raises(UsageError, match="there is no rule"):
            made(policies=[rules], rule="p/r9", rate=RATE)

    def test_what_cannot_be_simulated_is_said(self, tmp_path: Path) -> None:
        rules = policy(tmp_path, {**self.RULE, "stratum": "job"})
        (plan,) = made(policies=[rules], rate=RATE).plans
        assert plan.errors == ()
        assert plan.not_simulated == "a rule with strata is not simulated"

    def test_groups_of_the_record_without_a_record(self, tmp_path: Path) -> None:
        rules = policy(tmp_path, self.RULE, {**self.RULE, "attributes": ["model.groups.attributes"]})
        document = made(policies=[rules], counts=counts_file(tmp_path))
        assert [plan.rule for plan in document.plans] == ["p/r0"]
        assert [left.rule for left in document.not_planned] == ["p/r1"]


class TestWithData:
    def test_a_bundle(self, tmp_path: Path) -> None:
        (plan,) = made(counts=bundle(tmp_path)).plans
        assert plan.groups == 2, "the third has fewer people than min_n"
        assert plan.errors[0].people == (240, 400)
        (pair,) = plan.shown
        assert pair.groups == ("sex=F", "sex=M")
        assert pair.harm is not None
        assert 0.5 < float(pair.harm) < 0.8
        assert 0.6 < float(pair.demonstrated) < 0.8

    def test_a_reference_is_the_last_group_wherever_its_name_falls(self, tmp_path: Path) -> None:
        asked = question(reference={"sex": "F"})
        (plan,) = made(question=asked, counts=bundle(tmp_path)).plans
        assert plan.errors[0].people == (400, 240)
        assert [pair.groups for pair in plan.shown] == [("sex=M", "sex=F")]
        (plan,) = made(question=question(reference={"sex": "X"}), counts=bundle(tmp_path / "two")).plans
        assert plan.errors == ()
        assert plan.not_simulated is not None
        assert "no reference" in plan.not_simulated

    def test_small_groups_are_not_told_by_number(self, tmp_path: Path) -> None:
        document = made(question=question(min_n=1), counts=bundle(tmp_path))
        (plan,) = document.plans
        assert plan.errors[0].people == (240, 400, None)
        assert "X" not in "".join(name for pair in plan.shown for name in pair.groups)

    def test_a_document_of_counts(self, tmp_path: Path) -> None:
        (plan,) = made(counts=counts_file(tmp_path)).plans
        assert plan.errors[0].people == (240, 400)
        (plan,) = made(question=question(metric="true_positive_rate"), counts=counts_file(tmp_path)).plans
        assert plan.errors[0].people == (60, 120)

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": "Other"},
            {"counts": [1]},
            {"counts": [-1] * 12},
            {"counts": [1.5] * 12},
            {"counts": [True] * 12},
            {"counts": "many"},
            {"shape": [3, 2]},
            {"axes": [{"name": "sex", "values": ["M", "F"], "unknown": True}]},
            {"axes": [{"name": "sex", "values": ["F", "M"]}]},
            {"axes": ["sex"]},
            {"axes": [{}]},
        ],
    )
    def test_counts_that_are_none(self, tmp_path: Path, changes: dict[str, Any]) -> None:
        with pytest.raises(InputError) as caught:
            made(counts=counts_file(tmp_path, **changes))
        assert caught.value.diagnostics[0].code in ("E101", "E102", "E103", "E195", "E196", "E197")

    def test_hundreds_of_groups_are_not_simulated(self, tmp_path: Path) -> None:
        names = [f"{number:03}" for number in range(30)]
        axes = [{"name": "sex", "values": names, "unknown": True}]
        file = counts_file(tmp_path, axes=axes, shape=[31, 2, 2], counts=[20, 20, 10, 10] * 31)
        (plan,) = made(counts=file).plans
        assert plan.not_simulated == "more than 24 groups are not simulated"
        assert plan.comparisons == 30 * 29
        assert len(plan.shown) == 12

    def test_a_column_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no column race"):
            made(question=question(attributes=(("race",),)), counts=counts_file(tmp_path))


class TestCommand:
    def test_text(self) -> None:
        ended = govern("fairness", "power", "--rate", "0.3", "--people", "100", "--runs", "500")
        assert ended.code == 0
        assert "selection rate: ratio >= 0.8" in ended.out
        assert "985" in ended.out
        assert "(seed 0)" in ended.out
        assert "2 x 100" in ended.out

    def test_json_is_the_schemas_and_the_same_twice(self, tmp_path: Path) -> None:
        words = (
            "fairness",
            "power",
            "--attribute",
            "sex",
            "--counts",
            counts_file(tmp_path),
            "-f",
            "json",
            "--seed",
            "7",
        )
        one, two = govern(*words), govern(*words)
        assert (one.code, one.out) == (0, two.out)
        document = json.loads(one.out)
        jsonschema.validate(document, power_schema())
        assert document["seed"] == 7

    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("--rate", "1.5"),
            ("--rate", "x"),
            ("--rate", "NaN"),
            ("--rate", "0"),
            ("--rate", "0.3", "--limit", "1", "--compare", "ratio", "--alpha", "0.7"),
            ("--rate", "0.3", "--power", "0.2"),
            ("--rate", "0.3", "--true-ratio", "0"),
            ("--rate", "0.3", "--metric", "equality"),
            ("--rate", "0.3", "--rule", "a/b"),
            ("--counts", "nowhere.json"),
            ("--attribute", "sex", "--counts", "nowhere.json"),
            ("--rate", "0.3", "--policy", "nowhere"),
        ],
    )
    def test_usage(self, words: tuple[str, ...]) -> None:
        ended = govern("fairness", "power", *words)
        assert ended.code == 2
        assert "Traceback" not in ended.err

    def test_by_a_policy(self, tmp_path: Path) -> None:
        rules = policy(tmp_path, TestPolicies.RULE)
        ended = govern("fairness", "power", "-p", rules, "--rate", "0.3", "--people", "50", "--runs", "100")
        assert ended.code == 0, ended.err
        assert "p/r0: selection rate: ratio >= 0.9, decided by point" in ended.out
