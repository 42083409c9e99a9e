"""The lineage checks, attack by attack: a sound bundle with one thing spoilt."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from govern.checks.context import CheckContext
from govern.checks.lineage.rules import CHECKS, graph_of, lineage_of, lineage_root
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.lineage.document import graph_document
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import MODEL_FILE, BundleBuilder
from support.lineages import APPROVED, Case, events, hexed, registry, source
from support.process import clean_environment

KINDS = [check.spec.kind.removeprefix("lineage.") for check in CHECKS]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(BundleBuilder(tmp_path))


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


# --- the clean control


def test_clean_control_gives_no_finding(case: Case) -> None:
    for kind in KINDS:
        result = case.check(kind)
        assert result.outcome is Outcome.PASS, result.summary
        assert result.findings == ()
        assert [item.bound for item in result.evidence] == [True]


def test_builders_own_lineage_is_sound(tmp_path: Path) -> None:
    bundle = BundleBuilder(tmp_path).open()
    context = CheckContext(bundle, "pre-deployment", registries={"sources": registry(source())})
    for check in CHECKS:
        params = {"registry": "sources"} if check.spec.kind == "lineage.sources" else {}
        assert check.evaluate(check.spec.params(**params), context).outcome is Outcome.PASS


def test_every_finding_code_is_in_the_catalogue(case: Case) -> None:
    case.used_by_prep({"id": "x", "uri": "s3://elsewhere/x"})
    for kind in KINDS:
        for code in codes(case.check(kind)):
            assert lookup(code).fix


# --- attacks 1 to 6: sources


def test_1_extra_unapproved_root_fails_with_its_path(case: Case) -> None:
    payroll = {"id": "payroll.csv", "uri": "s3://hr/payroll.csv", "digest": {"sha256": hexed("payroll")}}
    result = case.used_by_prep(payroll).check("sources")
    assert result.outcome is Outcome.FAIL
    (finding,) = result.findings
    assert finding.code == "L211"
    assert "payroll.csv -> prep -> train -> fit -> credit-risk 3.1.0" in finding.detail
    assert "lineage.yaml#/runs/0/used/1" in finding.detail
    assert "lineage.yaml#/runs/1/generated_model" in finding.detail
    assert finding.location is not None
    assert finding.location.file == "lineage.yaml"
    assert finding.location.pointer == "/runs/0/used/1"
    line = yaml_line(case, "payroll.csv", 2)
    assert finding.location.line == line
    facts: Any = result.facts
    assert facts["kind"] == "lineage-verdict"
    assert facts["witnesses"][0][0].startswith("dataset s3://hr/payroll.csv sha256:")
    assert {item["name"]: item["status"] for item in facts["roots"]} == {
        "loans": "approved",
        "payroll.csv": "not_approved",
    }
    assert result.fields["source.name"] == "payroll.csv"


def yaml_line(case: Case, text: str, occurrence: int) -> int:
    lines = case.builder.content("lineage.yaml").decode().splitlines()
    return [number for number, line in enumerate(lines, 1) if text in line][occurrence * 1]


def test_2_approved_uri_with_other_digest_fails(case: Case) -> None:
    case.raw["digest"] = {"sha256": hexed("poisoned")}
    result = case.check("sources")
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["L214"]
    assert result.findings[0].observed == f"sha256:{hexed('poisoned')}"
    assert result.findings[0].required == f"sha256:{hexed('loans')}"


def test_3_approved_uri_without_digest_is_inconclusive(case: Case) -> None:
    del case.raw["digest"]
    result = case.check("sources")
    assert result.outcome is Outcome.INCONCLUSIVE
    assert codes(result) == ["L215"]
    assert result.facts["roots"][0]["status"] == "unpinned"  # type: ignore[index,call-overload]


def test_4_approved_digest_under_an_unapproved_name_is_laundering(case: Case) -> None:
    case.raw["uri"] = "s3://scratch/copy-of-loans/"
    result = case.check("sources")
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["L218"]
    assert "core-loans" in result.findings[0].detail


@pytest.mark.parametrize(
    "uri",
    [
        "s3a://CORE/loans/2026-03/",
        "s3://core/loans/./2026-03/",
        "s3://core/loans/x/../2026-03/",
        "s3://core/loans/x/%2e%2E/2026-03/",
        "s3://key:secret@core/loans/2026-03/",
        "s3://core/%6Coans/2026%2D03/",
    ],
)
def test_5_spellings_of_an_approved_name_are_its_canonical_name(case: Case, uri: str) -> None:
    case.raw["uri"] = uri
    result = case.check("sources")
    assert result.outcome is Outcome.PASS, result.summary
    assert "secret" not in repr(result)


@pytest.mark.parametrize(
    ("uri", "outcome"),
    [
        ("s3://core/loans/2026-03/../../payroll/", Outcome.FAIL),
        ("s3://core/loans/%2e%2e/payroll/", Outcome.FAIL),
        ("s3://core/../../etc/", Outcome.ERROR),
        ("s3://core/%2e%2e/x/", Outcome.ERROR),
        ("s3://core.evil.example/loans/2026-03/", Outcome.FAIL),
        ("s3://core@evil/loans/2026-03/", Outcome.FAIL),
        ("s3://core/loans/2026-03/extra/", Outcome.FAIL),
    ],
)
def test_5_a_spelling_cannot_slip_into_a_pattern(case: Case, uri: str, outcome: Outcome) -> None:
    case.raw["uri"] = uri
    case.raw["digest"] = {"sha256": hexed("other")}
    assert case.check("sources").outcome is outcome


# --- pins and names


def test_local_name_is_found_by_its_digest_only(case: Case) -> None:
    case.raw["uri"] = "data/loans.csv"
    assert case.check("sources").outcome is Outcome.PASS
    case.raw["digest"] = {"sha256": hexed("other")}
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["L216"])


def test_md5_is_weak_and_needs_the_policys_leave(case: Case) -> None:
    md5 = hashlib.md5(b"loans").hexdigest()
    case.raw["digest"] = {"md5": md5}
    assert codes(case.check("sources")) == ["L223"]
    case.sources = [source(pins=[{"md5": md5, "accept_weak": True}])]
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE
    assert case.check("sources", min_digest="weak").outcome is Outcome.PASS


def test_weak_digest_that_differs_is_certain(case: Case) -> None:
    case.raw["digest"] = {"md5": hashlib.md5(b"x").hexdigest()}
    case.sources = [source(pins=[{"md5": hashlib.md5(b"y").hexdigest(), "accept_weak": True}])]
    assert case.check("sources", min_digest="none").outcome is Outcome.FAIL


def test_pin_any_still_asks_for_a_digest(case: Case) -> None:
    case.sources = [source(pins=None, pin="any")]
    assert case.check("sources").outcome is Outcome.PASS
    del case.raw["digest"]
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE
    assert case.check("sources", min_digest="none").outcome is Outcome.PASS


def test_pin_any_with_a_query_may_be_other_data(case: Case) -> None:
    case.raw["uri"] += "?partition=7"
    case.sources = [source(pins=None, pin="any")]
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE
    case.sources = [source()]
    assert case.check("sources").outcome is Outcome.PASS, "a pinned sha256 settles which data"


def test_series_member_without_checked_signature_is_inconclusive(case: Case) -> None:
    case.sources = [source(pins=None, pin="series", signer="lending-data")]
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE


def test_role_evaluate_does_not_allow_training(case: Case) -> None:
    case.sources = [source(roles=["evaluate"])]
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L217"])


def test_evaluation_data_is_no_source(case: Case) -> None:
    case.document["datasets"].append({"id": "alien", "uri": "s3://alien/test.csv"})
    case.document["evaluations"][0]["used"].append("alien")
    assert case.check("sources").outcome is Outcome.PASS


def test_base_model_with_certificate_demand_is_inconclusive(case: Case) -> None:
    commit = "a" * 40
    case.document["base_models"] = [{"uri": "hf://Org/base", "revision": commit, "relation": "finetune"}]
    assert case.check("sources").outcome is Outcome.FAIL
    case.more = {
        "base_models": [{"id": "org-base", "match": "hf://org/base", "revision": commit, "require": "certificate"}]
    }
    assert codes(case.check("sources")) == ["L222"]
    case.more["base_models"][0].pop("require")
    case.more["base_models"][0]["events"] = [APPROVED]
    assert codes(case.check("sources")) == ["L223"], "a git commit is SHA-1: weak"
    assert case.check("sources", min_digest="weak").outcome is Outcome.PASS
    case.document["base_models"][0]["revision"] = "b" * 40
    assert codes(case.check("sources")) == ["L214"]


# --- time


def test_decision_half_leaves_as_holds(case: Case) -> None:
    (holds,) = case.check("sources").holds
    assert (holds.start, holds.until) == ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
    assert holds.otherwise is Outcome.FAIL
    assert "approved_then_not_now" in holds.reason


def test_28_revocation_after_training_ends_the_interval(case: Case) -> None:
    revoked = {"type": "revoked", "by": "dpo", "effective": "2026-09-01", "recorded": "2026-09-03", "reason": "consent"}
    case.sources = [source(events=[APPROVED, revoked])]
    (holds,) = case.check("sources").holds
    assert holds.until == "2026-09-01T00:00:00Z"
    assert "revoked: consent" in holds.reason


def test_statuses_follow_the_clock_of_the_decision(case: Case) -> None:
    context = case.context()
    facts = case.check("sources").facts
    graph = graph_of(context)
    assert graph is not None

    def shown(moment: str) -> tuple[str, int]:
        document: Any = graph_document(graph, [facts], now=datetime.fromisoformat(moment))
        return document["statuses"][0]["status"], len(document["witnesses"])

    assert shown("2026-12-31T23:59:59+00:00") == ("approved", 0)
    assert shown("2027-01-01T00:00:00+00:00") == ("expired", 1)
    assert shown("2025-12-31T23:59:59+00:00") == ("not_approved", 1)
    facts = case.check("sources", as_of=["training"]).facts
    assert shown("2027-01-01T00:00:00+00:00") == ("approved", 0)


def test_27_dated_back_before_a_revocation_is_inconclusive_after_it(case: Case) -> None:
    revoked = {"type": "revoked", "by": "dpo", "effective": "2026-09-01", "recorded": "2026-09-03"}
    case.sources = [source(events=[APPROVED, revoked])]
    (holds,) = case.check("sources", as_of=["training"]).holds
    assert (holds.until, holds.otherwise) == ("2026-09-01T00:00:00Z", Outcome.INCONCLUSIVE)


def test_used_before_approval(case: Case) -> None:
    case.sources = [source(events=[APPROVED | {"effective": "2026-05-01"}])]
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L213"])
    accepted = case.check("sources", accept_used_before_approval=True)
    assert accepted.outcome is Outcome.PASS
    assert accepted.holds[0].start == "2026-05-01T00:00:00Z"
    assert case.check("sources", as_of=["decision"]).outcome is Outcome.PASS


def test_approval_that_ended_before_training(case: Case) -> None:
    case.sources = [source(events=[APPROVED | {"until": "2026-04-02T08:00:00Z"}])]
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L212"]), "half-open: the end itself is outside"
    assert result.facts["roots"][0]["status"] == "expired"  # type: ignore[index,call-overload]
    case.sources = [source(events=[APPROVED | {"until": "2026-04-02T08:00:01Z"}])]
    assert case.check("sources").outcome is Outcome.PASS


def test_start_of_approval_is_inside(case: Case) -> None:
    case.sources = [source(events=[APPROVED | {"effective": "2026-04-02T08:00:00Z"}])]
    assert case.check("sources").outcome is Outcome.PASS


def test_never_approved_entry_fails(case: Case) -> None:
    case.sources = [source(events=[])]
    assert codes(case.check("sources")) == ["L212"]


def test_unknown_training_time_is_inconclusive(case: Case) -> None:
    del case.document["runs"][0]["started"]
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["L221"])
    assert case.check("sources", as_of=["decision"]).outcome is Outcome.PASS


def test_gap_between_two_approvals_after_training_is_inconclusive(case: Case) -> None:
    again = APPROVED | {"effective": "2027-06-01", "until": "2028-06-01"}
    case.sources = [source(events=[APPROVED, again])]
    result = case.check("sources")
    assert codes(result) == ["L221"]
    assert result.holds[0].start == "2027-06-01T00:00:00Z"


# --- attacks 19 to 25: binding and form


def test_19_swapped_model_file_fails_and_stops_the_others(case: Case) -> None:
    case.builder.file(MODEL_FILE, case.builder.content(MODEL_FILE) + b"\0" * 4)
    assert case.check("bound").outcome is Outcome.FAIL
    assert codes(case.check("bound")) == ["L202"]
    for kind in KINDS[1:]:
        result = case.check(kind)
        assert result.outcome is Outcome.MISSING_EVIDENCE
        assert "lineage.bound" in result.summary
        assert codes(result) == ["L202"]
    assert lineage_root(case.context()) is None


@pytest.mark.parametrize(("key", "value"), [("version", "3.0.9"), ("name", "another")])
def test_20_lineage_of_another_version_fails(case: Case, key: str, value: str) -> None:
    case.document["model"][key] = value
    result = case.check("bound")
    assert result.outcome is Outcome.FAIL
    assert result.findings[0].observed == value
    assert result.findings[0].location is not None
    assert result.findings[0].location.pointer == f"/model/{key}"


def test_21_empty_lineage_is_inconclusive(case: Case) -> None:
    case.document["runs"] = []
    result = case.check("present")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["L205"])
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE


def test_21_code_and_environment_are_no_data(case: Case) -> None:
    fit = case.document["runs"][1]
    fit["used"] = []
    fit["code"] = {"repo": "https://git.example.com/x", "commit": "c" * 40}
    fit["environment"] = {"image": f"registry.example.com/train@sha256:{hexed('image')}"}
    assert case.check("present").outcome is Outcome.INCONCLUSIVE
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE
    assert codes(case.check("closed")) == ["L209"]


def test_present_counts_roots(case: Case) -> None:
    assert case.check("present", min_data_roots=2).outcome is Outcome.INCONCLUSIVE
    case.used_by_prep({"id": "b", "uri": "s3://core/loans/b/"})
    assert case.check("present", min_data_roots=2).outcome is Outcome.PASS


def test_22_cycle_fails_and_is_shown(case: Case) -> None:
    case.document["runs"][0]["used"].append("train")
    result = case.check("acyclic")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L206"])
    assert "train -> prep -> train" in result.summary or "prep -> train -> prep" in result.summary


def test_refreshed_table_is_a_note_only(case: Case) -> None:
    old = {"id": "old", "uri": "s3://ml/credit/train.parquet", "digest": {"sha256": hexed("old")}}
    result = case.used_by_prep(old).check("acyclic")
    assert (result.outcome, codes(result)) == (Outcome.PASS, ["L207"])


@pytest.mark.parametrize("status", ["failed", "aborted"])
def test_25_output_of_a_failed_run_fails(case: Case, status: str) -> None:
    case.document["runs"][1]["status"] = status
    result = case.check("closed")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L210"])
    assert result.findings[0].observed == status
    assert case.check("present").outcome is Outcome.INCONCLUSIVE, "only complete runs make ancestry"


def test_25_failed_run_further_up(case: Case) -> None:
    case.document["runs"][0]["status"] = "failed"
    result = case.check("closed")
    assert result.outcome is Outcome.FAIL
    assert "train was made by the step prep" in result.summary


def test_unsaid_status_is_inconclusive(case: Case) -> None:
    del case.document["runs"][1]["status"]
    assert (case.check("closed").outcome, codes(case.check("closed"))) == (Outcome.INCONCLUSIVE, ["L210"])
    assert case.check("sources").outcome is Outcome.PASS, "dropping the run would hide its sources"


def test_dangling_reference_is_inconclusive_and_suggests(case: Case) -> None:
    case.document["runs"][0]["used"].append("loan")
    result = case.check("closed")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["L208"])
    assert result.findings[0].remediation == "did you mean 'loans'?"
    assert case.check("closed", max_dangling=1).outcome is Outcome.PASS
    assert case.check("sources").outcome is Outcome.INCONCLUSIVE


def test_23_two_runs_that_generate_one_version_fail(case: Case) -> None:
    again = dict(case.document["runs"][0], id="prep-again", job="prep-again", generated=["train"])
    case.document["runs"].append(again)
    result = case.check("single_producer")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L226"])
    assert "prep (" in result.summary
    assert "prep-again (" in result.summary
    again["status"] = "failed"
    assert case.check("single_producer").outcome is Outcome.PASS, "a failed run made nothing"


def test_23_one_run_told_by_two_records_is_not_certain(case: Case) -> None:
    train = {"version": {"datasetVersion": f"sha256:{hexed('train')}"}}
    case.builder.record(lineage=["lineage.yaml", "lineage/run.jsonl"])
    run = ("prep", [("s3://core", "loans/2026-03/", VERSIONED)], [("s3://ml", "credit/train.parquet", train)])
    case.builder.file("lineage/run.jsonl", events(run))
    assert case.check("single_producer").outcome is Outcome.INCONCLUSIVE
    assert case.check("sources").outcome is Outcome.PASS


def test_24_records_that_disagree_on_a_digest_fail(case: Case) -> None:
    other = dict(case.raw, id="again", digest=case.raw["digest"] | {"md5": "b" * 32})
    case.raw["digest"]["md5"] = "a" * 32
    case.used_by_prep(other)
    result = case.check("agreement")
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["L219"])
    assert "lineage.yaml#/datasets/0" in result.summary
    assert "lineage.yaml#/datasets/3" in result.summary
    assert case.check("agreement", max_conflicts=1).outcome is Outcome.PASS
    assert codes(case.check("sources")) == ["L219"]


def test_24_other_differences_are_told(case: Case) -> None:
    case.document["datasets"].append(dict(case.raw, id="again", as_of="2026-01-31"))
    result = case.check("agreement")
    assert (result.outcome, codes(result)) == (Outcome.PASS, ["L219"])


def test_one_certain_violation_is_fail_whatever_is_unknown(case: Case) -> None:
    case.used_by_prep({"id": "u", "uri": "u.csv"}, {"id": "bad", "uri": "s3://hr/payroll.csv"})
    assert case.check("sources").outcome is Outcome.FAIL


def test_records_that_disagree_on_a_bundle_file(case: Case) -> None:
    case.builder.file("data/extra.csv", "a,b\n")
    case.used_by_prep({"id": "extra", "uri": "data/extra.csv", "digest": {"sha256": hexed("not it")}})
    closed = case.check("closed")
    assert (closed.outcome, codes(closed)) == (Outcome.INCONCLUSIVE, ["L219"])
    assert "MANIFEST.sha256#/data/extra.csv" in closed.findings[0].detail
    assert "lineage.yaml#/datasets/3" in closed.findings[0].detail
    assert case.check("agreement").outcome is Outcome.FAIL
    assert case.check("agreement", rehash="none").outcome is Outcome.PASS


# --- records that are absent, malformed or unbound


def test_no_record_is_missing_evidence(tmp_path: Path) -> None:
    bundle = BundleBuilder(tmp_path).remove("lineage.yaml").record(lineage=None).open()
    context = CheckContext(bundle, "pre-deployment", registries={"sources": registry(source())})
    for check in CHECKS:
        params = {"registry": "sources"} if check.spec.kind == "lineage.sources" else {}
        result = check.evaluate(check.spec.params(**params), context)
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["L201"])
    assert graph_of(context) is None
    assert lineage_root(context) is None


def test_declared_record_that_is_absent_is_missing_evidence(tmp_path: Path) -> None:
    bundle = BundleBuilder(tmp_path).remove("lineage.yaml").open()
    context = CheckContext(bundle, "pre-deployment")
    bound = CHECKS[0]
    result = bound.evaluate(bound.spec.params(), context)
    assert result.outcome is Outcome.MISSING_EVIDENCE
    assert "L110" in codes(result)


@pytest.mark.parametrize("text", ["", "[1, 2", "apiVersion: govern/v1\nkind: Lineage\n", "a: &x 1\nb: *x\n", "null"])
def test_unreadable_record_is_error(case: Case, text: str) -> None:
    context = CheckContext(case.builder.file("lineage.yaml", text).open(), "pre-deployment")
    for check in CHECKS:
        params = {"registry": "sources"} if check.spec.kind == "lineage.sources" else {}
        assert check.evaluate(check.spec.params(**params), context).outcome is Outcome.ERROR
    with pytest.raises(InputError):
        graph_of(context)


def test_malformed_digests_are_placed_and_never_not_recorded(tmp_path: Path) -> None:
    text = (
        "apiVersion: govern/v1\nkind: Lineage\nmodel:\n  name: credit-risk\n"
        '  version: "3.1.0"\n  files:\n'
        f"    - {{path: {MODEL_FILE}, sha256: {'a' * 64}}}\n"
        f"    - {{path: gone.bin, sha256: {'b' * 64}}}\n"
        "datasets:\n  - {id: loans, uri: train.csv, digest: {sha256: xyz}}\nruns: []\n"
    )
    context = CheckContext(BundleBuilder(tmp_path).file("lineage.yaml", text).open(), "pre-deployment")
    result = CHECKS[0].evaluate(CHECKS[0].spec.params(), context)
    assert result.outcome is Outcome.FAIL
    placed = {(item.code, item.location.line) for item in result.findings if item.location}
    assert {("L202", 7), ("L203", 8), ("L105", 10)} <= placed
    for check in CHECKS[1:4]:
        assert check.evaluate(check.spec.params(), context).outcome is Outcome.MISSING_EVIDENCE


def test_malformed_digest_alone_is_error(case: Case) -> None:
    case.raw["digest"] = {"sha256": "xyz"}
    assert case.check("bound").outcome is Outcome.ERROR
    assert case.check("sources").outcome is Outcome.ERROR


def test_unbound_record_is_inconclusive_or_missing(case: Case) -> None:
    del case.document["model"]["files"]
    assert case.check("bound").outcome is Outcome.INCONCLUSIVE
    assert case.check("bound", bound=True).outcome is Outcome.MISSING_EVIDENCE
    assert case.check("sources").outcome is Outcome.PASS
    assert case.check("sources", bound=True).outcome is Outcome.MISSING_EVIDENCE
    assert not case.check("sources").evidence[0].bound


def test_uncovered_weights_are_inconclusive(case: Case) -> None:
    case.builder.file("model/second.safetensors", case.builder.content(MODEL_FILE))
    spec = [{"path": MODEL_FILE, "role": "weights"}, {"path": "model/second.safetensors", "role": "weights"}]
    case.builder.record(artefacts=spec)
    assert case.check("bound").outcome is Outcome.INCONCLUSIVE
    assert case.check("bound", artefacts=[MODEL_FILE]).outcome is Outcome.PASS


def test_min_grade_and_max_age_are_not_ignored(case: Case) -> None:
    for kind in KINDS:
        assert case.check(kind, min_grade="E1").outcome is Outcome.INCONCLUSIVE, kind
        result = case.check(kind, max_age="90d")
        assert result.outcome is Outcome.PASS
        aged = [item for item in result.holds if item.otherwise is Outcome.MISSING_EVIDENCE]
        assert [item.until for item in aged] == ["2026-07-01T09:30:00Z"]
    for run in case.document["runs"]:
        del run["started"]
        del run["ended"]
    for kind in KINDS:
        assert case.check(kind, max_age="90d").outcome is Outcome.MISSING_EVIDENCE


def test_registry_that_was_not_loaded_is_error(case: Case) -> None:
    result = case.check("sources", registry="elsewhere")
    assert (result.outcome, codes(result)) == (Outcome.ERROR, ["L225"])


# --- several records


VERSIONED = {"version": {"datasetVersion": f"sha256:{hexed('loans')}"}}


def test_two_records_meet_in_the_data_between_them(case: Case) -> None:
    train = {"version": {"datasetVersion": f"sha256:{hexed('train')}"}}
    case.document["runs"] = case.document["runs"][1:]
    case.document["evaluations"] = []
    case.builder.record(lineage=["lineage.yaml", "lineage/run.jsonl"])
    run = ("join", [("s3://core", "loans/2026-03/", VERSIONED)], [("s3://ml", "credit/train.parquet", train)])
    case.builder.file("lineage/run.jsonl", events(run))
    for kind in KINDS:
        assert case.check(kind).outcome is Outcome.PASS, case.check(kind).summary
    case.builder.file("lineage/run.jsonl", events((run[0], [*run[1], ("s3://desk", "export_final2.csv")], run[2])))
    result = case.check("sources")
    assert result.outcome is Outcome.FAIL
    assert "export_final2.csv -> join -> train -> fit -> credit-risk 3.1.0" in result.findings[0].detail


def test_weak_merge_is_never_enough_for_a_digest_rule(case: Case) -> None:
    case.builder.record(lineage=["lineage.yaml", "lineage/run.jsonl"])
    case.builder.file(
        "lineage/run.jsonl",
        events(("other", [("s3://core", "loans/2026-03/")], [("s3://ml", "credit/train.parquet")])),
    )
    result = case.check("sources")
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["L215"])
    assert case.check("sources", min_digest="none").outcome is Outcome.PASS


def test_openlineage_alone_binds_by_datasetversion(case: Case) -> None:
    weights = hashlib.sha256(case.builder.content(MODEL_FILE)).hexdigest()
    model = {"datasetType": {"datasetType": "MODEL"}, "version": {"datasetVersion": f"sha256:{weights}"}}
    case.builder.record(lineage=["lineage/run.jsonl"])
    text = events(("fit", [("s3://core", "loans/2026-03/", VERSIONED)], [("s3://models", "credit-risk", model)]))
    case.builder.file("lineage/run.jsonl", text)
    for kind in KINDS:
        assert case.check(kind).outcome is Outcome.PASS, case.check(kind).summary
    case.builder.file("lineage/run.jsonl", text.replace(weights, hexed("another")))
    assert case.check("bound").outcome is Outcome.FAIL
    case.builder.file("lineage/run.jsonl", text.replace(f"sha256:{weights}", "7"))
    assert case.check("bound").outcome is Outcome.INCONCLUSIVE
    case.builder.file("lineage/run.jsonl", text.replace("COMPLETE", "FAIL"))
    assert case.check("closed").outcome is Outcome.FAIL


# --- shared properties


def test_g1_never_reads_complete(case: Case) -> None:
    root = lineage_root(case.context())
    assert root is not None
    assert root.value == {"roots": ["s3://core/loans/2026-03/"], "models": [], "complete": False}
    for kind in KINDS:
        result = case.check(kind)
        words = " ".join([result.summary, *(item.detail for item in result.findings)])
        assert "complete" not in words.replace("completed", ""), words


def test_shuffled_records_give_the_same_bytes(case: Case) -> None:
    case.used_by_prep({"id": "bad", "uri": "s3://hr/payroll.csv"}, {"id": "b2", "uri": "s3://hr/b2.csv"})
    first = case.check("sources")
    digest = lineage_of(case.context()).graph.digest  # type: ignore[union-attr]
    case.document["datasets"].reverse()
    second = case.check("sources")
    assert [item.detail for item in first.findings] == [item.detail for item in second.findings]
    assert first.facts == second.facts
    assert digest != lineage_of(case.context()).graph.digest, "pointers are part of the record"  # type: ignore[union-attr]


def test_expired_and_hostile_text_stay_text(case: Case) -> None:
    name = '"]<script>alert(1)</script>-->\u202e\x1b[31m' + "x" * 10_000
    case.used_by_prep({"id": "bad", "uri": "s3://hr/" + "y" * 3000})
    case.document["runs"][0]["job"] = name.replace("\x1b", "").replace("\u202e", "")
    result = case.check("sources")
    assert result.outcome is Outcome.FAIL
    json.dumps(result.facts)


def test_checks_import_nothing_heavy() -> None:
    heavy = ["networkx", "numpy", "pandas", "pyarrow", "prov", "cyclonedx", "openlineage", "fairlearn"]
    program = (
        "import sys; import govern.checks.lineage.rules, govern.lineage.load, govern.lineage.sources, govern.lineage.drawing;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=clean_environment()
    )
    assert done.stdout.strip() == "[]"


def test_catalogue_entries_are_consistent() -> None:
    assert [item.spec.kind for item in CHECKS] == [
        "lineage.bound",
        "lineage.present",
        "lineage.acyclic",
        "lineage.closed",
        "lineage.single_producer",
        "lineage.agreement",
        "lineage.sources",
    ]
    for check in CHECKS:
        for name, field in check.spec.params.model_fields.items():
            assert field.description, name
            assert isinstance(field.json_schema_extra, dict)
            assert "tighten" in field.json_schema_extra
