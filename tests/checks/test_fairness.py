"""`fairness.disparity` from a bundle's table to outcome, findings and facts."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.inputs.scalars import ScalarText
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

(DISPARITY,) = CHECKS
HEAD = "id,sex,y_true,y_pred\n"
PARITY = {
    "metric": "selection_rate",
    "compare": "ratio",
    "at_least": "0.8",
    "attributes": ["sex"],
    "decide": "evidence_of_harm",
    "min_n": 30,
}


def params(**changes: Any) -> DisparityParams:
    given = {key: value for key, value in {**PARITY, **changes}.items() if value is not None}
    return DisparityParams.model_validate(given)


def run(builder: BundleBuilder, **changes: Any) -> CheckResult:
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = DISPARITY.evaluate(params(**changes), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(DISPARITY.spec.message_fields)
    return result


def bare(tmp_path: Path, table: str) -> BundleBuilder:
    builder = BundleBuilder(tmp_path).file("predictions.csv", table)
    return (
        builder.remove(PREDICTIONS)
        .remove(PREDICTIONS_MANIFEST)
        .record(evidence={"predictions": {"path": "predictions.csv"}})
    )


def table(**groups: tuple[int, int]) -> str:
    """k of n selected a group; every label 1."""
    rows = [f"x,{group},1,{int(i < k)}\n" for group, (k, n) in groups.items() for i in range(n)]
    return HEAD + "".join(rows)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


class TestOutcomes:
    def test_pass(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path))
        assert result.outcome is Outcome.PASS
        assert result.observed == "1"
        assert result.required == ">= 0.8"
        assert all(item.bound for item in result.evidence)

    def test_fail_says_who_by_how_much_and_what_would_change_it(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, table(F=(30, 100), M=(60, 100))))
        assert result.outcome is Outcome.FAIL
        (finding,) = result.findings
        assert finding.code == "F101"
        assert "sex=F is 30 of 100" in finding.detail
        assert (finding.observed, finding.required) == ("0.5", ">= 0.8")
        assert finding.remediation is not None
        assert finding.remediation.startswith("With 18 more")
        assert result.fields["worst.group"] == "sex=F"
        assert result.fields["worst.reference"] == "sex=M"
        assert result.fields["worst.ratio"] == "0.5"
        assert result.fields["worst.difference"] == "0.3"
        assert result.fields["worst.n"] == "100"
        assert Decimal(result.fields["worst.p"]) < Decimal("0.001")
        assert result.fields["not_assessable"] == "none"

    def test_exactly_at_the_limit(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, table(F=(48, 100), M=(60, 100))), decide="point")
        assert (result.outcome, result.observed) == (Outcome.PASS, "0.8")

    def test_just_below_is_never_printed_as_the_limit(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, table(F=(7999, 20000), M=(10000, 20000))), decide="point")
        assert (result.outcome, result.observed) == (Outcome.FAIL, "0.7999")
        close = run(bare(tmp_path, table(F=(79_999, 100_000), M=(30, 30))), decide="point")
        assert (close.outcome, close.observed) == (Outcome.FAIL, "0.79999")

    def test_missing(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).record(evidence={})
        result = run(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_absent_attribute(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path), attributes=["race"])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E122"])

    def test_unbound(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table(F=(50, 100), M=(50, 100)))
        assert run(builder).outcome is Outcome.PASS
        result = run(builder, bound=True)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E108"])

    def test_grade_and_age(self, tmp_path: Path) -> None:
        result = run(BundleBuilder(tmp_path), min_grade="E1", max_age="30d")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E134", "E110"])

    def test_a_dated_table_holds_for_its_age(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table(F=(50, 100), M=(50, 100)))
        opened = builder.open()
        digest = opened.files["predictions.csv"].sha256
        envelope = {
            "apiVersion": "govern/v1",
            "kind": "EvidenceEnvelope",
            "type": "predictions",
            "file": {"path": "predictions.csv", "sha256": digest},
            "model": {"name": opened.name, "version": opened.version, "digest": {"sha256": opened.model_digest}},
            "data": [{"name": "test", "digest": {"sha256": digest}}],
            "tool": {"name": "evaluate.py", "version": "1"},
            "produced_at": "2026-04-02T10:05:00Z",
            "produced_by": "ci:7",
        }
        builder.file("e.json", json.dumps(envelope))
        builder.record(evidence={"predictions": {"path": "predictions.csv", "envelope": "e.json"}})
        result = run(builder, bound=True, min_grade="E1", max_age="1mo")
        assert result.outcome is Outcome.PASS
        future, holds = result.holds
        assert (future.start, future.until, future.otherwise) == ("2026-04-02T10:00:00Z", None, Outcome.ERROR)
        assert (holds.until, holds.otherwise) == ("2026-05-02T10:05:00Z", Outcome.MISSING_EVIDENCE)

    def test_labels_needed(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, "sex,y_pred\nF,1\nM,1\n"), metric="accuracy")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F112"])

    def test_header_without_rows(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, HEAD))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])

    def test_declared_group_without_rows(self, tmp_path: Path) -> None:
        builder = BundleBuilder(tmp_path)
        text = builder.content(PREDICTIONS_MANIFEST).decode()
        builder.file(PREDICTIONS_MANIFEST, text.replace("  - F\n", "  - F\n  - X\n"))
        result = run(builder)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["F108"])
        assert "sex=X" in result.findings[0].detail

    def test_missing_rows(self, tmp_path: Path) -> None:
        text = table(F=(50, 100), M=(50, 100)) + "y,F,1,\n"
        result = run(bare(tmp_path, text))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F109"])
        assert "1 of 201 rows" in result.findings[0].detail
        assert run(bare(tmp_path, text), max_missing="0.01").outcome is Outcome.PASS

    def test_unknown_groups(self, tmp_path: Path) -> None:
        text = table(F=(50, 100), M=(50, 100)) + "y,,1,1\n" * 30 + "y,NA,1,0\n" * 30
        result = run(bare(tmp_path, text))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["F107"])
        assert "60 records" in result.findings[0].detail
        assert run(bare(tmp_path, text), missing_bounds="none").outcome is Outcome.PASS

    def test_too_many_groups(self, tmp_path: Path) -> None:
        with pytest.raises(InputError) as caught:
            run(bare(tmp_path, table(**{f"g{i}": (1, 2) for i in range(300)})))
        assert caught.value.diagnostics[0].code == "F113"

    def test_coded_backwards(self, tmp_path: Path) -> None:
        rows = "".join(f"x,{sex},{y},{1 - y if i % 5 else y}\n" for sex in "FM" for y in (0, 1) for i in range(50))
        assert "F110" in codes(run(bare(tmp_path, HEAD + rows)))

    def test_reference(self, tmp_path: Path) -> None:
        builder = bare(tmp_path, table(F=(40, 100), M=(50, 100), X=(90, 100)))
        assert run(builder, reference="M", decide="point").outcome is Outcome.PASS
        assert run(builder, reference={"sex": "M"}, decide="point").outcome is Outcome.PASS
        absent = run(builder, reference="Z")
        assert (absent.outcome, codes(absent)[0]) == (Outcome.MISSING_EVIDENCE, "F108")


class TestBadTables:
    """Each of these tables alone, judged by parity at min_n 30: never a pass."""

    def test_groups_of_one(self, tmp_path: Path) -> None:
        text = "\ufeff" + (HEAD + "1,M,1,1\n2,F,0,0\n").replace("\n", "\r\n")
        result = run(bare(tmp_path, text))
        assert result.outcome is Outcome.INCONCLUSIVE
        assert [item.detail for item in result.findings if item.code == "F104"] == [
            "sex: a group that is not shown is below the least denominator of selection rate"
        ]

    def test_labels_not_there(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, HEAD + "1,M,1,\n2,F,,1\n3,F,0,nan\n"))
        assert result.outcome is Outcome.INCONCLUSIVE
        assert "3 of 3 rows" in result.findings[0].detail

    def test_one_group(self, tmp_path: Path) -> None:
        result = run(bare(tmp_path, HEAD + "1,F,1,1\n2,F,0,0\n"))
        assert result.outcome is Outcome.INCONCLUSIVE
        assert "fewer than two groups can be compared" in " ".join(finding.detail for finding in result.findings)

    def test_small_group(self, tmp_path: Path) -> None:
        text = HEAD + "".join(f"{i},M,{i % 2},{i % 2}\n" for i in range(200)) + "201,X,1,0\n"
        result = run(bare(tmp_path, text))
        assert result.outcome is Outcome.INCONCLUSIVE
        (small,) = [finding for finding in result.findings if finding.code == "F104"]
        assert "a group that is not shown" in small.detail
        assert small.observed == "not shown"
        assert result.fields["not_assessable"] == "1 not shown"

    def test_a_small_group_that_the_law_asks_to_show(self, tmp_path: Path) -> None:
        text = HEAD + "".join(f"{i},M,{i % 2},{i % 2}\n" for i in range(200)) + "201,X,1,0\n"
        result = run(bare(tmp_path, text), smallest_shown=1)
        (small,) = [finding for finding in result.findings if finding.code == "F104"]
        assert "sex=X" in small.detail
        assert small.observed == "n = 1"
        assert result.fields["not_assessable"] == "sex=X"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "id,sex,sex,y_true,y_pred\n1,M,F,1,1\n",
            HEAD + "1,Male,1,1\n2,male ,0,1\n3,MALE,0,0\n4,F,1,0\n",
            "id;sex;y_true;score\n1;M;1;0,91\n2;F;0;0,12\n",
        ],
    )
    def test_unreadable(self, tmp_path: Path, text: str) -> None:
        with pytest.raises(InputError):
            run(bare(tmp_path, text))


class TestParameters:
    def test_the_plan_holds_every_default(self) -> None:
        made = params(attributes=["sex", "race", ["sex", "race"]])
        assert json.loads(made.model_dump_json(exclude_none=True)) == {
            "metric": "selection_rate",
            "compare": "ratio",
            "at_least": "0.8",
            "attributes": ["sex", "race", ["sex", "race"]],
            "decide": "evidence_of_harm",
            "alpha": "0.05",
            "reference": "highest",
            "min_n": 30,
            "small_groups": "inconclusive",
            "max_missing": "0",
            "missing_bounds": "worst_case",
            "smallest_shown": 11,
            "classes": [],
            "significant_gap": "report",
            "test": "fisher",
            "bound": False,
            "min_grade": "E0",
        }
        assert params(decide=None).decide == "demonstrated"

    def test_scalars_of_a_policy(self) -> None:
        made = params(
            metric=ScalarText("selection_rate"),
            at_least=ScalarText("0.80"),
            attributes=[ScalarText("sex"), [ScalarText("sex"), ScalarText("race")]],
            min_n=ScalarText("50"),
            reference={ScalarText("sex"): ScalarText("M"), ScalarText("race"): ScalarText("A")},
        )
        assert made.tables == (("sex",), ("sex", "race"))
        assert all(type(name) is str for table in made.tables for name in table)
        assert made.references == {"sex": "M", "race": "A"}

    @pytest.mark.parametrize(
        ("changes", "kind"),
        [
            ({"metric": "parity"}, "literal_error"),
            ({"at_most": "0.1"}, "exclusive_parameters"),
            ({"at_least": None}, "exclusive_parameters"),
            ({"at_least": None, "at_most": "0.9"}, "exclusive_parameters"),
            ({"compare": "difference"}, "exclusive_parameters"),
            ({"at_least": "80"}, "bad_value"),
            ({"at_least": "-0.1"}, "bad_value"),
            ({"alpha": "0.5"}, "bad_value"),
            ({"attributes": []}, "bad_value"),
            ({"attributes": ["sex", ["sex"]]}, "bad_value"),
            ({"attributes": [["sex", "sex"]]}, "bad_value"),
            ({"attributes": ["sex", "race"], "reference": "M"}, "bad_value"),
            ({"min_n": 0}, "bad_value"),
            ({"max_missing": "1.5"}, "bad_value"),
            ({"treshold": "0.8"}, "extra_forbidden"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], kind: str) -> None:
        with pytest.raises(ValidationError) as caught:
            params(**changes)
        assert {error["type"] for error in caught.value.errors()} == {kind}

    def test_every_parameter_has_a_direction_and_a_description(self) -> None:
        for field in DisparityParams.model_fields.values():
            assert field.description
            assert isinstance(field.json_schema_extra, dict)
            assert field.json_schema_extra["tighten"] in ("up", "down", "superset", "order", "fixed")

    def test_needs(self) -> None:
        (need,) = DISPARITY.spec.needs(params(attributes=["sex", "race", ["sex", "race"]]))
        assert (need.kind, need.reads) == ("predictions", ("columns:race", "columns:sex"))


def test_facts_show_every_group(tmp_path: Path) -> None:
    text = table(F=(30, 100), M=(60, 100), X=(1, 2), Y=(9, 10))
    result = run(bare(tmp_path, text))
    facts = json.loads(canonical_bytes(result.facts))
    assert (facts["kind"], facts["threshold"], facts["direction"]) == ("fairness-table", "0.8", "at_least")
    (only,) = facts["tables"]
    assert [group["label"] for group in only["groups"]] == ["sex=F", "sex=M", "sex=X", "sex=Y"]
    first = only["groups"][0]
    assert (first["group"], first["n"], first["numerator"], first["denominator"]) == ({"sex": "F"}, 100, 30, 100)
    assert (first["rate"], first["ratio"], first["difference"], first["small"]) == ("0.3", "0.5", "0.3", False)
    assert {only["groups"][2][name] for name in ("n", "numerator", "rate", "small")} == {None}
    assert only["groups"][2]["shown"] is False
    assert (only["worst"]["group"], only["worst"]["reference"]) == ("sex=F", "sex=M")


def test_what_a_small_group_would_follow_from_is_hidden_with_it(tmp_path: Path) -> None:
    """The total is public: with one small group alone, the smallest other one is not shown either."""
    result = run(bare(tmp_path, table(F=(30, 100), M=(60, 120), X=(1, 2))))
    assert result.outcome is Outcome.FAIL
    facts = json.loads(canonical_bytes(result.facts))
    (only,) = facts["tables"]
    assert [group["shown"] for group in only["groups"]] == [False, True, False]
    assert only["groups"][1]["ratio"] == "1"
    assert only["worst"]["shown"] is False
    assert (result.observed, result.fields["worst.group"]) == ("not shown", "not shown")
    told = " ".join([result.summary, *(item.detail for item in result.findings), *result.fields.values()])
    assert not re.search("sex=F|sex=X|30 of 100|1 of 2", told)
    assert facts["restricted"]["cells"] == [[0, 0, 0, 70, 30], [1, 0, 0, 60, 60], [2, 0, 0, 1, 1]]


def test_the_worst_that_is_shown_is_told_where_the_worst_is_not(tmp_path: Path) -> None:
    sizes = {
        ("F", "A"): (80, 100),
        ("F", "B"): (30, 100),
        ("M", "A"): (90, 100),
        ("M", "B"): (20, 90),
        ("M", "C"): (1, 5),
    }
    rows = [f"{sex},{race},1,{int(i < k)}\n" for (sex, race), (k, n) in sizes.items() for i in range(n)]
    result = run(bare(tmp_path, "sex,race,y_true,y_pred\n" + "".join(rows)), attributes=["race", "sex"])
    assert result.outcome is Outcome.FAIL
    assert result.summary.startswith("Worst: selection rate of a group that is not shown and race=A: ratio not shown")
    assert (
        "; of those shown: selection rate of sex=F is 110 of 200, of sex=M 111 of 195: ratio 0.9662" in result.summary
    )


def test_with_the_base_hidden_no_ratio_tells_its_rate(tmp_path: Path) -> None:
    result = run(bare(tmp_path, table(F=(60, 120), M=(90, 100), X=(1, 2))))
    (only,) = json.loads(canonical_bytes(result.facts))["tables"]
    assert [group["shown"] for group in only["groups"]] == [True, False, False]
    assert {only["groups"][0][name] for name in ("ratio", "ratio_low", "difference", "difference_high")} == {None}
    assert only["needed"] is None


def test_each_group_has_the_intervals_of_its_ratio_and_difference(tmp_path: Path) -> None:
    """12/40 against 48/80: Koopman and Newcombe, upper ends rounded up."""
    result = run(bare(tmp_path, table(F=(12, 40), M=(48, 80))))
    (only,) = json.loads(canonical_bytes(result.facts))["tables"]
    first, second = only["groups"]
    assert (first["ratio"], first["ratio_low"], first["ratio_high"]) == ("0.5", "0.293345", "0.793865")
    assert (first["difference"], first["difference_low"], first["difference_high"]) == ("0.3", "0.110768", "0.455877")
    assert (second["ratio"], second["ratio_low"], second["difference_low"]) == ("1", None, None)
    worst = only["worst"]
    assert (worst["n"], worst["reference_n"], worst["shown"]) == (40, 80, True)


def test_same_bytes_whatever_the_order_of_rows(tmp_path: Path) -> None:
    text = table(F=(30, 100), M=(60, 100))
    lines = text.splitlines(keepends=True)
    turned = "".join([lines[0], *reversed(lines[1:])])
    one, other = (run(bare(tmp_path / name, data)) for name, data in (("a", text), ("b", turned)))
    assert canonical_bytes(one.facts) == canonical_bytes(other.facts)
    assert (one.summary, one.fields) == (other.summary, other.fields)


def test_a_table_is_read_once_for_all_rules(tmp_path: Path) -> None:
    context = CheckContext(bundle=BundleBuilder(tmp_path).open(), stage="pre-registration")
    DISPARITY.evaluate(params(), context)
    (Path(context.bundle.root) / PREDICTIONS).unlink()
    assert DISPARITY.evaluate(params(metric="accuracy"), context).outcome is Outcome.PASS


def test_hostile_group_names_stay_text(tmp_path: Path) -> None:
    text = "sex,y_true,y_pred\n" + '"<script>\x1b[31m",1,0\n' * 50 + "M,1,1\n" * 50
    result = run(bare(tmp_path, text))
    assert result.outcome is Outcome.FAIL
    assert re.search("<script>", result.fields["worst.group"])


def test_a_point_rule_on_csv_imports_no_table_library(tmp_path: Path) -> None:
    import subprocess
    import sys

    root = BundleBuilder(tmp_path).build()
    code = f"""
import sys
from pathlib import Path
from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS, DisparityParams
params = DisparityParams.model_validate({dict(PARITY, decide="point")!r})
result = CHECKS[0].evaluate(params, CheckContext(bundle=open_bundle(Path({str(root)!r})), stage="s"))
print(result.outcome, sorted({{"numpy", "pandas", "scipy", "sklearn", "fairlearn", "pyarrow", "networkx"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pass []"
