"""`drift.distribution`: thresholds are ours, directions are the method's, raw tables beat a report, unknown never passes."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.canonical import canonical_bytes
from govern.checks.context import CheckContext
from govern.checks.drift.columns import shown
from govern.checks.drift.distribution import CHECKS, DistributionParams
from govern.checks.drift.report import ReportParams
from govern.decision.run import evaluate_safely
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import NAME, VERSION, BundleBuilder, sha256
from support.drift_reports import DRIFT, STEADY, drift_report, table

SAMPLES = Path(__file__).parents[1] / "evidence" / "samples" / "evidently"
DISTRIBUTION, REPORT = CHECKS
P = {"limit": "0.2", "min_p_value": "0.05"}
OUTCOMES = {item.value: item for item in Outcome}


def run(builder: BundleBuilder, **given_: Any) -> CheckResult:
    params = DistributionParams.model_validate({**P, **given_})
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = evaluate_safely("drift.distribution", DISTRIBUTION, params, context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
    assert set(result.fields) <= set(DISTRIBUTION.spec.message_fields)
    assert result.outcome in (*DISTRIBUTION.spec.comes_to, Outcome.ERROR)
    return result


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def report(tmp_path: Path, document: Any) -> BundleBuilder:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return BundleBuilder(tmp_path).file(DRIFT, data)


def tables(tmp_path: Path, current: bytes | None = None, reference: bytes | None = None) -> BundleBuilder:
    reference = table() if reference is None else reference
    builder = BundleBuilder(tmp_path).file("data/reference.csv", reference).remove(DRIFT)
    builder.file("data/current.csv", table(900) if current is None else current)
    return builder.record(
        evidence={"reference": {"path": "data/reference.csv"}, "current": {"path": "data/current.csv"}}
    )


def judged(result: CheckResult) -> dict[str, dict[str, Any]]:
    facts: Any = result.facts
    return {item["name"]: item for found in facts["results"] for item in found["columns"]}


class TestSamples:
    """The verdict of each sample by a rule of ours; 300 rows are too few for the default."""

    @pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("*.json")))
    def test_one_column_drifted_and_none_may(self, name, tmp_path):
        result = run(report(tmp_path, (SAMPLES / name).read_bytes()), min_rows=0)
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E172"])
        assert result.fields == {"drifted": "1", "of": "3", "share": "0.333333", "columns": "age"}
        assert result.findings[0].location.pointer

    @pytest.mark.parametrize("name", ["0.4-report.json", "0.4-testsuite.json"])
    @pytest.mark.parametrize(("share", "outcome"), [("0.4", "pass"), ("0.3", "fail")])
    def test_the_tool_contradicts_itself_and_the_limit_is_ours(self, name, share, outcome, tmp_path):
        """Report: no drift at 0.5. Suite: FAIL at 0.3. By one limit of the rule both come to the same."""
        result = run(report(tmp_path, (SAMPLES / name).read_bytes()), min_rows=0, max_share=share)
        assert result.outcome is OUTCOMES[outcome]

    def test_the_tool_s_verdicts_are_shown_beside_ours(self, tmp_path):
        result = run(report(tmp_path, (SAMPLES / "0.4-report.json").read_bytes()), min_rows=0, min_p_value="0.4")
        assert {name: (item["state"], item["tool_verdict"]) for name, item in judged(result).items()} == {
            "age": ("drifted", "fail"),
            "income": ("stable", "pass"),
            "region": ("drifted", "pass"),
        }
        assert result.facts["results"][0]["tool_says"] == "no drift, 1 of 3 columns"

    def test_too_few_rows_cannot_decide(self, tmp_path):
        result = run(report(tmp_path, (SAMPLES / "0.4-report.json").read_bytes()))
        assert (result.outcome, codes(result)[:2]) == (Outcome.INCONCLUSIVE, ["E139", "E139"])
        assert result.findings[0].observed == "n = 300"

    def test_rows_that_nobody_states_cannot_decide_either(self, tmp_path):
        result = run(report(tmp_path, (SAMPLES / "0.7-drift-without-tests.json").read_bytes()))
        assert (result.outcome, result.findings[0].observed) == (Outcome.INCONCLUSIVE, "not stated")


class TestReports:
    def test_a_steady_report_passes(self, tmp_path):
        result = run(BundleBuilder(tmp_path))
        assert (result.outcome, result.observed) == (Outcome.PASS, "0")
        assert result.summary == (
            "0 of 3 columns have drifted, as the report's scores show (distances < 0.2 and p-values >= 0.05 asked)."
        )

    @pytest.mark.parametrize(
        ("method", "score", "outcome"),
        [
            ("K-S p_value", 0.05, "fail"),
            ("K-S p_value", 0.0500001, "pass"),
            ("Z-test p_value", 0.05, "pass"),
            ("Z-test p_value", 0.0499999, "fail"),
            ("Total-Variation-Distance", 0.9, "pass"),
            ("Total-Variation-Distance", 0.01, "fail"),
            ("empirical_mmd", 0.01, "fail"),
            ("PSI", 0.2, "fail"),
            ("PSI", 0.1999999, "pass"),
            ("Wasserstein distance (normed)", 0.2, "fail"),
            ("Energy-distance", 0.2, "pass"),
            ("Energy-distance", 0.2000001, "fail"),
        ],
    )
    def test_exactly_at_the_limit_each_method_has_its_own_side(self, method, score, outcome, tmp_path):
        document = drift_report(*STEADY)
        column = document["metrics"][1]["result"]["drift_by_columns"]["age"]
        column |= {"stattest_name": method, "drift_score": score, "stattest_threshold": None}
        assert run(report(tmp_path, document)).outcome is OUTCOMES[outcome]

    @pytest.mark.parametrize("method", ["custom function 'mine'", "Percentile text content drift", "new_test"])
    def test_a_method_that_nobody_knows_is_not_evaluated(self, method, tmp_path):
        document = drift_report(*STEADY)
        document["metrics"][1]["result"]["drift_by_columns"]["age"] |= {"stattest_name": method}
        result = run(report(tmp_path, document))
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E106"])

    def test_a_p_value_where_the_rule_limits_distances_only(self, tmp_path):
        result = run(BundleBuilder(tmp_path), min_p_value=None)
        assert (result.outcome, set(codes(result))) == (Outcome.INCONCLUSIVE, {"E173"})

    def test_an_empty_suite_is_missing_evidence_although_all_passed(self, tmp_path):
        summary = {"all_passed": True, "total_tests": 0, "success_tests": 0, "failed_tests": 0, "by_status": {}}
        result = run(report(tmp_path, {"version": "0.4.40", "tests": [], "summary": summary}), min_rows=0)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E104"])

    def test_a_report_that_only_counts_decides_nothing(self, tmp_path):
        document = drift_report()
        del document["metrics"][1]
        assert run(report(tmp_path, document), min_rows=0).outcome is Outcome.MISSING_EVIDENCE

    @pytest.mark.parametrize(("status", "outcome"), [("ERROR", "error"), ("SKIPPED", "inconclusive")])
    def test_tests_without_a_result(self, status, outcome, tmp_path):
        document = json.loads((SAMPLES / "0.4-testsuite.json").read_text())
        document["tests"].append(
            {"name": "Drift per Column", "status": status, "group": "data_drift", "parameters": {}}
        )
        counts = {"FAIL": 2, "SUCCESS": 2, status: 1}
        document["summary"] |= {"total_tests": 5, "by_status": counts}
        result = run(report(tmp_path, document), min_rows=0, max_share="0.9")
        assert (result.outcome, codes(result)) == (OUTCOMES[outcome], ["E178"])

    def test_a_crashed_test_of_0_7_is_an_error_whatever_its_value(self, tmp_path):
        document = json.loads((SAMPLES / "0.7-drift-with-tests.json").read_text())
        document["tests"][2]["status"] = "ERROR"
        result = run(report(tmp_path, document), min_rows=0, max_share="0.9")
        assert (result.outcome, codes(result)) == (Outcome.ERROR, ["E172", "E178"])

    def test_a_warning_passes_with_a_note(self, tmp_path):
        document = json.loads((SAMPLES / "0.7-drift-with-tests.json").read_text())
        document["tests"][1]["status"] = "WARNING"
        result = run(report(tmp_path, document), min_rows=0, max_share="0.9")
        assert (result.outcome, codes(result)) == (Outcome.PASS, ["E178"])

    def test_a_report_that_contradicts_itself_is_an_error(self, tmp_path):
        document = drift_report()
        document["metrics"][0]["result"]["number_of_drifted_columns"] = 1
        assert run(report(tmp_path, document)).outcome is Outcome.ERROR

    def test_a_rounded_score_at_the_limit_is_undecided(self, tmp_path):
        """Income scores 0.585 in the suite and 0.58498 in the report: at 0.585 only the report can say."""
        suite = run(report(tmp_path, (SAMPLES / "0.4-testsuite.json").read_bytes()), min_rows=0, min_p_value="0.585")
        assert judged(suite)["income"]["state"] == "undecided"
        full = run(report(tmp_path, (SAMPLES / "0.4-report.json").read_bytes()), min_rows=0, min_p_value="0.585")
        assert judged(full)["income"]["state"] == "drifted"

    def test_several_reports_must_all_pass(self, tmp_path):
        drifted = drift_report(("age", "K-S p_value", 0.001, 0.05), *STEADY[1:])
        builder = BundleBuilder(tmp_path).file("evidence/other.json", json.dumps(drifted))
        assert run(builder).outcome is Outcome.FAIL
        assert run(builder, **{"from": {"path": "evidence/drift*"}}).outcome is Outcome.PASS
        assert run(builder, **{"from": {"path": "nowhere/*"}}).outcome is Outcome.MISSING_EVIDENCE

    def test_a_bad_report_is_seen_without_being_named(self, tmp_path):
        drifted = drift_report(("age", "K-S p_value", 0.001, 0.05), *STEADY[1:])
        builder = BundleBuilder(tmp_path).file("old/x.json", json.dumps(drifted))
        builder.record(evidence={"drift": {"path": DRIFT, "type": "evidently"}})
        assert run(builder).outcome is Outcome.FAIL

    def test_no_report_at_all(self, tmp_path):
        result = run(BundleBuilder(tmp_path).remove(DRIFT))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_hostile_names_are_made_visible(self, tmp_path):
        name = "\x1b[31mage\n::error::x"
        document = drift_report((name, "K-S p_value", 0.001, 0.05), *STEADY[1:])
        result = run(report(tmp_path, document))
        assert result.outcome is Outcome.FAIL
        assert not any(char in result.findings[0].detail + result.fields["columns"] for char in "\x1b\n")


@pytest.mark.parametrize(
    ("score", "limit", "text"),
    [
        ("0E-300", "0.05", "0"),
        ("5.539698032084739e-124", "0.05", "5.54e-124"),
        ("5.5e-124", "1e-20", "0"),
        ("0.19999999", "0.2", "0.19999999"),
        ("0.2", "0.2", "0.2"),
        ("12345.678", "0.2", "1.234568e+4"),
        ("1e300", "0.2", "1.000000e+300"),
        ("-1e300", None, "-1.000000e+300"),
        ("0.33333333333333333333333333333333333333333333", None, "0.333333"),
    ],
)
def test_a_score_of_any_size_can_be_shown(score, limit, text):
    assert shown(Decimal(score), None if limit is None else Decimal(limit)) == text


class TestMethodOfTheRule:
    def test_another_method_of_the_report_is_no_answer(self, tmp_path):
        result = run(BundleBuilder(tmp_path), method="psi")
        assert (result.outcome, set(codes(result))) == (Outcome.INCONCLUSIVE, {"E176"})

    def test_the_same_method_is(self, tmp_path):
        result = run(BundleBuilder(tmp_path), method={"default": "ks", "region": "chi_square"})
        assert result.outcome is Outcome.PASS

    def test_its_distance_is_not_the_p_value_of_that_name(self, tmp_path):
        rows = (("age", "Total-Variation-Distance", 0.01, 0.001), ("region", "PSI", 0.01, 0.1))
        result = run(report(tmp_path, drift_report(*rows)), method={"default": "psi", "age": "total_variation"})
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E176"])

    def test_of_two_results_only_the_asked_one_counts(self, tmp_path):
        document = drift_report()
        extra = dict(document["metrics"][1]["result"]["drift_by_columns"]["age"])
        extra |= {"stattest_name": "PSI", "drift_score": 0.9, "stattest_threshold": 1.0, "drift_detected": False}
        document["metrics"].append({"metric": "ColumnDriftMetric", "result": extra})
        methods = {"default": "ks", "region": "chi_square"}
        assert run(report(tmp_path, document), method=methods).outcome is Outcome.PASS
        assert run(report(tmp_path, document)).outcome is Outcome.FAIL


class TestRolesAndShares:
    ROWS = (
        ("a", "PSI", 0.3, 0.1),
        ("b", "PSI", 0.1, 0.2),
        ("prediction", "PSI", 0.01, 0.1),
        ("target", "PSI", 0.01, 0.1),
    )

    @pytest.mark.parametrize(("share", "outcome"), [("0.5", "pass"), ("0.49", "fail")])
    def test_exactly_at_the_share(self, share, outcome, tmp_path):
        assert run(report(tmp_path, drift_report(*self.ROWS)), max_share=share).outcome is OUTCOMES[outcome]

    def test_steady_predictions_do_not_thin_the_share_of_features(self, tmp_path):
        builder = report(tmp_path, drift_report(*self.ROWS))
        asked = {"of": ["features", "prediction", "target"], "max_share": "0.49"}
        assert run(builder, **asked).outcome is Outcome.FAIL

    def test_what_is_not_asked_about_is_not_judged(self, tmp_path):
        result = run(report(tmp_path, drift_report(*self.ROWS)), of=["prediction"])
        assert (result.outcome, set(judged(result))) == (Outcome.PASS, {"prediction"})

    @pytest.mark.parametrize("asked", [{"of": ["features", "prediction"]}, {"columns": ["salary"]}])
    def test_a_wanted_column_that_nobody_judged(self, asked, tmp_path):
        result = run(BundleBuilder(tmp_path), **asked)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E174"])

    def test_what_is_undecided_counts_as_drift_where_some_may(self, tmp_path):
        rows = (("a", "PSI", 0.1, 0.3), ("b", "mystery", 0.1, 0.2), ("c", "PSI", 0.1, 0.2))
        document = drift_report(*rows)
        assert run(report(tmp_path, document), max_share="0.3").outcome is Outcome.INCONCLUSIVE
        assert run(report(tmp_path, document), max_share="0.4").outcome is Outcome.PASS
        assert run(report(tmp_path, document), max_share="0.4", columns=["b"]).outcome is Outcome.INCONCLUSIVE

    def test_the_roles_have_the_names_that_the_rule_gives(self, tmp_path):
        rows = (("a", "PSI", 0.1, 0.3), ("score", "PSI", 0.5, 0.9))
        result = run(report(tmp_path, drift_report(*rows)), of=["features", "prediction"], prediction="score")
        assert (result.outcome, judged(result)["score"]["role"]) == (Outcome.FAIL, "prediction")

    def test_an_ignored_column_is_not_judged(self, tmp_path):
        assert run(report(tmp_path, drift_report(*self.ROWS)), ignore=["a"]).outcome is Outcome.PASS


class TestTables:
    @pytest.mark.parametrize(
        "method",
        [
            "psi",
            "jensen_shannon",
            "total_variation",
            {"default": "ks", "region": "chi_square"},
            {"default": "ks_statistic", "region": "psi"},
        ],
    )
    def test_steady_data_pass_and_shifted_data_do_not(self, method, tmp_path):
        assert run(tables(tmp_path), method=method).outcome is Outcome.PASS
        result = run(tables(tmp_path, table(900, shift=25)), method=method)
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E172"])
        assert (result.fields["columns"], result.facts["source"]) == ("age", "tables")

    def test_tables_beat_a_report_that_says_better(self, tmp_path):
        builder = tables(tmp_path, table(900, shift=25)).file(DRIFT, json.dumps(drift_report()))
        assert run(builder, method="psi").outcome is Outcome.FAIL

    def test_from_report_asks_for_the_report(self, tmp_path):
        builder = tables(tmp_path, table(900, shift=25)).file(DRIFT, json.dumps(drift_report()))
        assert run(builder).outcome is Outcome.PASS

    @pytest.mark.parametrize("role", ["reference", "current"])
    def test_one_table_alone_is_not_passed_over_for_a_report(self, role, tmp_path):
        builder = tables(tmp_path).file(DRIFT, json.dumps(drift_report()))
        builder.record(evidence={role: {"path": f"data/{role}.csv"}})
        result = run(builder, method={"default": "ks", "region": "chi_square"})
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E179"])

    def test_a_named_table_that_is_not_there(self, tmp_path):
        result = run(tables(tmp_path).remove("data/current.csv"), method="psi")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E120"])

    def test_recomputation_that_is_required_takes_no_report(self, tmp_path):
        asked = {"method": {"default": "ks", "region": "chi_square"}}
        assert run(BundleBuilder(tmp_path), **asked).outcome is Outcome.PASS
        result = run(BundleBuilder(tmp_path), **asked, recompute="required")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E179"])

    def test_a_table_does_not_drift_from_itself(self, tmp_path):
        result = run(tables(tmp_path, current=table()), method="psi")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E179"])

    @pytest.mark.parametrize(("rows", "outcome"), [(500, "pass"), (499, "inconclusive")])
    def test_exactly_the_rows_that_are_asked(self, rows, outcome, tmp_path):
        assert run(tables(tmp_path, table(rows)), method="psi").outcome is OUTCOMES[outcome]

    def test_too_few_rows_do_not_show_drift_either(self, tmp_path):
        assert run(tables(tmp_path, table(100, shift=25)), method="psi").outcome is Outcome.INCONCLUSIVE

    def test_a_header_without_rows(self, tmp_path):
        result = run(tables(tmp_path, b"age,income,region\n"), method="psi", min_rows=0)
        assert result.outcome is Outcome.INCONCLUSIVE
        assert set(codes(result)) == {"E104"}

    @pytest.mark.parametrize("side", ["reference", "current"])
    def test_a_column_on_one_side_only(self, side, tmp_path):
        more = table(700, extra="1")
        builder = tables(tmp_path, **{side: more})
        result = run(builder, method="psi")
        assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E175"])
        assert f"`extra` is in the {side} data only" in result.findings[0].detail
        assert run(builder, method="psi", ignore=["extra"]).outcome is Outcome.PASS

    def test_a_target_that_nobody_has_yet_is_no_fault_when_it_is_not_asked_about(self, tmp_path):
        builder = tables(tmp_path, reference=table(700, target="1"))
        assert run(builder, method="psi").outcome is Outcome.PASS
        assert run(builder, method="psi", of=["features", "target"]).outcome is Outcome.FAIL

    @pytest.mark.parametrize("method", ["psi", "ks", "chi_square", "jensen_shannon", "total_variation"])
    @pytest.mark.parametrize("hole", ["", "NaN", "inf", "NA"])
    def test_missing_cells_are_a_category_of_their_own(self, method, hole, tmp_path):
        lines = table(900).decode().splitlines()
        holed = [line if n % 2 else f"{hole},{line.split(',', 1)[1]}" for n, line in enumerate(lines[1:])]
        builder = tables(tmp_path, ("\n".join([lines[0], *holed]) + "\n").encode())
        result = run(builder, method={"default": "psi", "age": method})
        assert (result.outcome, result.fields["columns"]) == (Outcome.FAIL, "age")

    def test_a_new_category_is_drift_and_is_counted(self, tmp_path):
        current = table(900).replace(b",n\n", b",elsewhere\n")
        result = run(tables(tmp_path, current), method="psi")
        assert (result.outcome, result.fields["columns"]) == (Outcome.FAIL, "region")
        assert "empty in the reference" in result.findings[0].detail

    def test_numbers_that_became_words_are_not_compared(self, tmp_path):
        lines = table(900).decode().splitlines()
        lines[5] = f"forty,{lines[5].split(',', 1)[1]}"
        result = run(tables(tmp_path, ("\n".join(lines) + "\n").encode()), method="psi")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E176"])

    def test_smirnov_on_words(self, tmp_path):
        result = run(tables(tmp_path), method="ks")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E176"])

    def test_spellings_of_one_number_are_one(self, tmp_path):
        spelled = table(900).replace(b"\n20,", b"\n20.0,")
        assert run(tables(tmp_path, spelled), method="psi").outcome is Outcome.PASS

    def test_a_damaged_table_is_an_error(self, tmp_path):
        assert run(tables(tmp_path, b"age,income\n1\n"), method="psi").outcome is Outcome.ERROR
        assert run(tables(tmp_path, bytes(range(256))), method="psi").outcome is Outcome.ERROR

    def test_parquet_comes_to_the_same_as_csv(self, tmp_path):
        import io

        import pyarrow.csv as pc
        import pyarrow.parquet as pq

        def parquet(data: bytes) -> bytes:
            made = io.BytesIO()
            pq.write_table(pc.read_csv(io.BytesIO(data)), made)
            return made.getvalue()

        def scores(builder: BundleBuilder) -> dict[str, Any]:
            result = run(builder, method={"default": "psi", "age": "ks"})
            return {name: (item["score"], item["state"]) for name, item in judged(result).items()}

        before, now = table(), table(900, shift=3)
        builder = tables(tmp_path, now, before)
        wanted = scores(builder)
        builder.file("data/reference.parquet", parquet(before)).file("data/current.parquet", parquet(now))
        paths = {role: {"path": f"data/{role}.parquet"} for role in ("reference", "current")}
        assert scores(builder.record(evidence=paths)) == wanted

    def test_columns_of_many_values_get_a_pass_of_their_own(self, tmp_path, monkeypatch):
        wanted = judged(run(tables(tmp_path), method="psi"))
        monkeypatch.setattr("govern.evidence.column_counts._TOGETHER", 10)
        assert judged(run(tables(tmp_path), method="psi")) == wanted
        monkeypatch.setattr("govern.evidence.column_counts._MOST", 100)
        result = run(tables(tmp_path), method="psi")
        assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["E126"])

    def test_the_largest_columns_wait_when_all_together_are_too_many(self, tmp_path, monkeypatch):
        wanted = judged(run(tables(tmp_path), method="psi"))
        monkeypatch.setattr("govern.evidence.column_counts._TOGETHER", 70)
        assert judged(run(tables(tmp_path), method="psi")) == wanted

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(order=st.randoms(use_true_random=False))
    def test_the_order_of_rows_changes_nothing(self, tmp_path, order):
        head, *lines = table(900, shift=4).decode().splitlines()
        wanted = judged(run(tables(tmp_path, table(900, shift=4)), method={"default": "psi", "age": "ks"}))
        order.shuffle(lines)
        mixed = ("\n".join([head, *lines]) + "\n").encode()
        assert judged(run(tables(tmp_path, mixed), method={"default": "psi", "age": "ks"})) == wanted


class TestReference:
    """`reference: training` asks for a digest that the lineage has among the model's ancestors."""

    def lineage(self, builder: BundleBuilder, data: bytes) -> BundleBuilder:
        text = builder.content("lineage.yaml").decode()
        return builder.file("lineage.yaml", text.replace(sha256(b"train"), sha256(data)))

    def test_a_table_of_the_bundle_is_not_training_data_by_being_there(self, tmp_path):
        result = run(tables(tmp_path), method="psi", reference="training")
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E177"])

    def test_the_lineage_shows_it(self, tmp_path):
        builder = self.lineage(tables(tmp_path), table())
        result = run(builder, method="psi", reference="training")
        assert result.outcome is Outcome.PASS
        assert {ref.name for ref in result.evidence} == {"reference", "current", "lineage"}

    def test_evaluation_data_are_no_training_data(self, tmp_path):
        builder = tables(tmp_path)
        text = builder.content("lineage.yaml").decode().replace(sha256(b"test"), sha256(table()))
        result = run(builder.file("lineage.yaml", text), method="psi", reference="training")
        assert codes(result) == ["E177"]

    def test_without_a_lineage_nothing_shows_it(self, tmp_path):
        builder = tables(tmp_path).remove("lineage.yaml").record(lineage=None)
        assert codes(run(builder, method="psi", reference="training")) == ["E177"]

    def envelope(self, tmp_path: Path, digest: str, role: str = "reference") -> BundleBuilder:
        builder = BundleBuilder(tmp_path)
        model = builder.open().model_digest
        document = {
            "apiVersion": "govern/v1",
            "kind": "EvidenceEnvelope",
            "type": "evidently",
            "file": {"path": DRIFT, "sha256": sha256(builder.content(DRIFT))},
            "model": {"name": NAME, "version": VERSION, "digest": {"sha256": model}},
            "data": [{"name": "train", "role": role, "digest": {"sha256": digest}, "rows": 600}],
            "tool": {"name": "evidently", "version": "0.4.40"},
            "produced_at": "2026-05-30T08:00:00Z",
            "produced_by": "ci",
        }
        return builder.file(f"{DRIFT}.evidence.json", json.dumps(document))

    def test_a_report_needs_an_envelope_that_names_it(self, tmp_path):
        assert codes(run(BundleBuilder(tmp_path), reference="training")) == ["E177"]
        assert run(self.envelope(tmp_path, sha256(b"train")), reference="training").outcome is Outcome.PASS

    def test_current_data_in_the_envelope_are_no_reference(self, tmp_path):
        builder = self.envelope(tmp_path, sha256(b"train"), role="current")
        assert codes(run(builder, reference="training")) == ["E177"]


class TestTerms:
    def test_bound_evidence_is_demanded(self, tmp_path):
        assert codes(run(BundleBuilder(tmp_path), bound=True)) == ["E108"]
        assert codes(run(tables(tmp_path), method="psi", bound=True)) == ["E108", "E108"]

    def test_a_report_ages_from_the_oldest_instant_its_time_can_mean(self, tmp_path):
        result = run(BundleBuilder(tmp_path), max_age="7d")
        assert result.outcome is Outcome.PASS
        assert [item.until for item in result.holds if item.until] == ["2026-06-05T18:00:00Z"]

    def test_undated_reports_are_of_any_age(self, tmp_path):
        builder = report(tmp_path, (SAMPLES / "0.7-drift-without-tests.json").read_bytes())
        assert codes(run(builder, max_age="7d")) == ["E110"]

    def test_the_reference_may_be_as_old_as_the_model(self, tmp_path):
        result = run(tables(tmp_path), method="psi", max_age="7d")
        assert [finding.discriminator for finding in result.findings] == ["undated:current data"]


class TestParameters:
    @pytest.mark.parametrize(
        ("given_", "words"),
        [
            ({"limit": None}, "limit"),
            ({"limit": "0"}, "more than 0"),
            ({"min_p_value": "1.1"}, "at most 1"),
            ({"min_p_value": "0"}, "more than 0"),
            ({"min_p_value": None, "method": "ks"}, "ks gives a p-value"),
            ({"max_share": "1"}, "less than 1"),
            ({"min_rows": -1}, "0 or more"),
            ({"of": []}, "at least one"),
            ({"of": ["labels"]}, "unknown role"),
            ({"method": "mystery"}, "method"),
            ({"method": {"age": "from_report"}}, "for all columns or for none"),
            ({"recompute": "required"}, "needs a method"),
            ({"recompute": "required", "method": "psi", "from": {"name": "x"}}, "needs a method"),
            ({"columns": ["id"], "ignore": ["id"]}, "both ignored and asked for"),
            ({"columns": ["prediction"]}, "which `of` does not name"),
            ({"from": {}}, "at least one of producer"),
        ],
    )
    def test_refused(self, given_, words):
        with pytest.raises(ValidationError, match=words):
            DistributionParams.model_validate({**P, **given_})

    def test_one_method_stands_for_every_column(self):
        params = DistributionParams.model_validate({**P, "method": "ks"})
        assert params.method == {"default": "ks"}
        assert DistributionParams.model_validate({**P, "method": {"a": "ks"}}).method_of("b") == "psi"
        assert params.min_p_value == Decimal("0.05")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_taking_any_item_out_of_a_report_never_makes_it_pass(tmp_path, data):
    document = drift_report(("age", "K-S p_value", 0.001, 0.05), *STEADY[1:])
    held: Any = document
    for _ in range(data.draw(st.integers(1, 5))):
        keys = sorted(held) if isinstance(held, dict) else range(len(held))
        if not keys:
            return
        key = data.draw(st.sampled_from(list(keys)))
        if not isinstance(held[key], dict | list) or data.draw(st.booleans()):
            break
        held = held[key]
    else:
        return
    del held[key]
    assert run(report(tmp_path, document)).outcome is not Outcome.PASS


class TestRoot:
    """The root `drift` of expressions."""

    def judged(self, builder: BundleBuilder, text: str) -> CheckResult:
        from govern.checks.registry import builtin_checks
        from support.policies import parameters

        check = builtin_checks()["expression"]
        context = CheckContext(bundle=builder.open(), stage="pre-registration")
        return evaluate_safely("expression", check, parameters(check.spec, {"assert": text}), context)

    @pytest.mark.parametrize(
        ("text", "outcome"),
        [
            ("size(drift) > 0 && drift.all(d, !d.drifted)", "pass"),
            ("drift.exists(d, d.column == 'region' && d.method == 'chi-square p_value')", "pass"),
            ("size(drift) > 0 && drift.all(d, d.score >= 0.4)", "fail"),
            ("size(drift) == 3", "pass"),
        ],
    )
    def test_columns_are_entries(self, text, outcome, tmp_path):
        result = self.judged(BundleBuilder(tmp_path), text)
        assert result.outcome is OUTCOMES[outcome]
        assert [ref.file for ref in result.evidence] == [DRIFT]

    def test_a_column_without_a_verdict_is_not_a_steady_one(self, tmp_path):
        builder = report(tmp_path, (SAMPLES / "0.7-drift-without-tests.json").read_bytes())
        assert self.judged(builder, "size(drift) > 0 && drift.all(d, !d.drifted)").outcome is Outcome.MISSING_EVIDENCE
        assert self.judged(builder, "size(drift) > 0 && drift.all(d, d.score > 0.01)").outcome is Outcome.FAIL

    def test_no_report_and_an_empty_suite_are_not_steady(self, tmp_path):
        assert self.judged(
            BundleBuilder(tmp_path).remove(DRIFT), "size(drift) > 0 && drift.all(d, !d.drifted)"
        ).outcome is (Outcome.MISSING_EVIDENCE)
        summary = {"all_passed": True, "total_tests": 0, "success_tests": 0, "failed_tests": 0, "by_status": {}}
        empty = report(tmp_path, {"version": "0.4.40", "tests": [], "summary": summary})
        assert self.judged(empty, "size(drift) > 0 && drift.all(d, !d.drifted)").outcome is not Outcome.PASS

    def test_an_edited_report_is_unreadable(self, tmp_path):
        document = drift_report()
        document["metrics"][0]["result"]["number_of_drifted_columns"] = 1
        assert self.judged(report(tmp_path, document), "size(drift) > 0").outcome is Outcome.ERROR


class TestReport:
    """`drift.report`: a report newer than the cadence covers the columns."""

    def judged(self, builder: BundleBuilder, **with_: Any) -> CheckResult:
        params = ReportParams.model_validate({"cadence": "30d", **with_})
        context = CheckContext(bundle=builder.open(), stage="post-deployment")
        result = evaluate_safely("drift.report", REPORT, params, context)
        for finding in result.findings:
            lookup(finding.code)
        assert result.outcome in (*REPORT.spec.comes_to, Outcome.ERROR)
        return result

    def test_it_passes_until_the_next_is_due(self, tmp_path):
        result = self.judged(BundleBuilder(tmp_path), covers=["age", "region"])
        assert (result.outcome, result.fields["made"]) == (Outcome.PASS, "2026-05-29T18:00:00Z")
        assert [(hold.start, hold.until) for hold in result.holds] == [
            ("2026-05-29T17:55:00Z", None),
            (None, "2026-06-28T18:00:00Z"),
        ]

    def test_the_newest_counts(self, tmp_path):
        newer = drift_report(timestamp="2026-06-10 08:00:00")
        builder = BundleBuilder(tmp_path).file("evidence/june.json", json.dumps(newer))
        assert self.judged(builder).fields["made"] == "2026-06-09T18:00:00Z"

    def test_a_newer_one_that_covers_less_does_not(self, tmp_path):
        newer = drift_report(("age", "PSI", 0.1, 0.2), timestamp="2026-06-10 08:00:00")
        builder = BundleBuilder(tmp_path).file("evidence/june.json", json.dumps(newer))
        assert self.judged(builder, covers=["income"]).fields["made"] == "2026-05-29T18:00:00Z"

    def test_a_column_that_no_report_covers(self, tmp_path):
        result = self.judged(BundleBuilder(tmp_path), covers=["salary"])
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["E174"])

    def test_an_undated_report(self, tmp_path):
        builder = report(tmp_path, (SAMPLES / "0.7-drift-with-tests.json").read_bytes())
        assert codes(self.judged(builder)) == ["E110"]

    def test_a_crashed_test_covers_nothing(self, tmp_path):
        document = json.loads((SAMPLES / "0.7-drift-with-tests.json").read_text())
        document["tests"][2]["status"] = "ERROR"
        builder = report(tmp_path, document | {"timestamp": "2026-06-10 08:00:00"})
        assert codes(self.judged(builder, covers=["income"])) == ["E174"]
        assert self.judged(builder, covers=["age"]).outcome is Outcome.PASS

    def test_an_empty_suite_covers_nothing(self, tmp_path):
        summary = {"all_passed": True, "total_tests": 0, "success_tests": 0, "failed_tests": 0, "by_status": {}}
        document = {"version": "0.4.40", "tests": [], "summary": summary, "timestamp": "2026-06-10 08:00:00"}
        assert codes(self.judged(report(tmp_path, document))) == ["E174"]
