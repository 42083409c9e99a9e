"""`govern policy test`: cases on real bundles, and what is said when one comes out otherwise."""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from govern.diagnostics import UsageError
from govern.gate.policy_tests import TestRequest, find_tests, test_policies
from govern.report.policy_tests import renderers
from support.bundles import BundleBuilder, safetensors
from support.policy_tests import HEAD, Desk, cases, codes, rules

EXPRESSION = rules(
    """\
    - id: auc-floor
      check: expression
      with: {assert: metrics.auc >= 0.8}
    """
)
AUC = """\
evidence: {metrics: {auc: 0.85}}
"""


@pytest.fixture(autouse=True)
def _nothing_is_left_behind(tmp_path_factory, monkeypatch):
    """Whatever a test does, the temporary folders of the bundles are gone afterwards."""
    scratch = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    yield
    assert list(scratch.iterdir()) == []


def run(tmp_path, text, *, policy=EXPRESSION, head=HEAD):
    return Desk(tmp_path, policy, cases(text, head=head)).run()


def run_one(tmp_path, case, *, policy=EXPRESSION, more=AUC):
    """Run one case; `case` is the YAML of its keys in one line."""
    return run(tmp_path, f"{more}cases:\n  - {{name: one, {case}}}\n", policy=policy)


def messages(report):
    return [item.message for item in (*report.faults, *report.failures)]


# --- expectations


def test_a_case_that_comes_to_what_it_expects_passes(tmp_path):
    report = run_one(tmp_path, "expect: {decision: allowed, outcomes: {auc-floor: pass, credit/auc-floor: pass}}")
    assert (codes(report), report.exit_code) == (["P702"], 1)
    assert report.failures == ()


def test_a_failed_expectation_points_at_its_line_and_says_why(tmp_path):
    report = run(
        tmp_path,
        """\
        evidence: {metrics: {auc: 0.7}}
        cases:
          - name: low
            expect:
              decision: allowed
              outcomes:
                auc-floor: pass
        """,
    )
    first, second = report.failures
    assert (first.span.line, first.span.column) == (10, 17)
    assert "expected allowed, found denied" in first.message
    assert (second.span.line, second.span.column) == (12, 20)
    assert "expected auc-floor to be pass, found fail" in second.message
    assert "metrics.auc is 0.7" in second.message
    assert report.exit_code == 1


def test_missing_evidence_is_found_by_path_code_and_file(tmp_path):
    found = "findings: [{rule: auc-floor, path: metrics.auc}, {rule: auc-floor, code: C102}]"
    report = run_one(
        tmp_path,
        f"remove: [/metrics/auc], expect: {{decision: undecided, outcomes: {{auc-floor: missing_evidence}}, {found}}}",
    )
    assert report.failures == ()
    report = run_one(
        tmp_path, "remove: [/metrics/auc], expect: {findings: [{rule: auc-floor, path: metrics.acc, file: x.json}]}"
    )
    assert "expected auc-floor to find path metrics.acc, file x.json" in messages(report)[0]
    assert "C102 There is no metrics.auc" in messages(report)[0]


def test_an_unlisted_rule_may_come_to_anything_but_error(tmp_path):
    unreadable = 'evidence: {files: {metrics.json: "{"}}, expect: {decision: undecided}'
    report = run_one(tmp_path, unreadable, more="")
    assert "credit/auc-floor came to error, which a case must expect" in messages(report)[0]
    listed = unreadable.replace("undecided", "undecided, outcomes: {auc-floor: error}")
    assert run_one(tmp_path, listed, more="").failures == ()
    assert run_one(tmp_path, "remove: [/metrics/auc], expect: {decision: undecided}").failures == ()


def test_others_speaks_of_every_rule_that_is_not_listed(tmp_path):
    policy = rules(
        """\
        - {id: a, check: expression, with: {assert: metrics.auc >= 0.8}}
        - {id: b, check: dependencies.pinned}
        """
    )
    report = run_one(tmp_path, "expect: {outcomes: {a: pass}, others: pass}", policy=policy)
    assert "expected every other rule to be pass, found credit/b to be missing_evidence" in messages(report)[0]
    assert run_one(tmp_path, "expect: {outcomes: {a: pass}, others: missing_evidence}", policy=policy).failures == ()


def test_a_bundle_that_is_refused_is_undecided_and_its_refusal_can_be_expected(tmp_path):
    refused = "evidence: {model: {metadata: {name: m}}}, expect: {decision: undecided"
    assert run_one(tmp_path, f"{refused}, findings: [{{code: B202}}]}}").failures == ()
    report = run_one(tmp_path, f"{refused}, outcomes: {{auc-floor: pass}}, findings: [{{code: B101}}]}}")
    assert "no rule was asked" in messages(report)[0]
    assert "the bundle was refused: B202" in messages(report)[0]
    assert "expected a refusal with code B101" in messages(report)[1]


@pytest.mark.parametrize(
    ("case", "code", "words"),
    [
        ("expect: {outcomes: {auc-flor: pass}}", "P705", "auc-floor"),
        ("expect: {outcomes: {credit/auc-flor: pass}}", "P705", "credit/auc-floor"),
        ("expect: {rulings: {auc: [expired]}}", "P705", "rule at pre-registration"),
        ("expect: {findings: [{rule: auc, code: C102}]}", "P705", "auc-floor"),
        ("stage: pre-training, expect: {outcomes: {auc-floor: pass}}", "P705", "pre-training"),
        ("remove: [/metrics/acu], expect: {decision: allowed}", "P706", "there is no 'acu'; there are auc"),
        ("remove: [metrics], expect: {decision: allowed}", "P706", "starts with /"),
        ("patch: [{op: replace, path: /metrcs/auc, value: 1}], expect: {decision: allowed}", "P706", "no 'metrcs'"),
        ("patch: [{op: test, path: /metrics/auc, value: 1}], expect: {decision: allowed}", "P706", "another one"),
        ("patch: [{op: add, path: /metric, value: {}}], expect: {decision: allowed}", "P705", "Did you mean 'metrics'"),
        ("patch: [{op: replace, path: '', value: []}], expect: {decision: allowed}", "P706", "something else"),
        ("bundle: nowhere, expect: {decision: allowed}", "P707", "nowhere"),
        ('bundle: "a\\0b", expect: {decision: allowed}', "P707", "no path"),
        ('waivers: ["a\\0b"], expect: {decision: allowed}', "P707", "no path"),
        ('advisories: "a\\0b", expect: {decision: allowed}', "P707", "no path"),
        (f"bundle: {'x' * 300}, expect: {{decision: allowed}}", "P707", "no path"),
        (f"bundle: {'x/' * 3000}, expect: {{decision: allowed}}", "P707", "no path"),
        ("bundle: '', expect: {decision: allowed}", "P707", "no path"),
        ("advisories: nowhere, expect: {decision: allowed}", "P707", "nowhere"),
        ("advisories: [{id: X}], expect: {decision: allowed}", "P202", "package"),
        (
            "advisories: [{id: X, package: a}, {id: X, package: b}], expect: {decision: allowed}",
            "P707",
            "stands twice",
        ),
        ("advisories: {as_of: today}, expect: {decision: allowed}", "P204", "as_of"),
        ("advisories: {asof: 2026-01-01T00:00:00Z}, expect: {decision: allowed}", "P201", "asof"),
        ("waivers: [nowhere.yaml], expect: {decision: allowed}", "P707", "nowhere.yaml"),
        ("evidence: {files: [a]}, expect: {decision: allowed}", "P707", "mapping of path"),
        ("evidence: {files: {a.bin: {base64: '!'}}}, expect: {decision: allowed}", "P707", "base64"),
        ("evidence: {predictions: [1]}, expect: {decision: allowed}", "P707", "a row of the table"),
        ("evidence: {predictions: [{times: 1000000, y_pred: 1}]}, expect: {decision: allowed}", "P707", "rows"),
        ("evidence: {predictions: {a: [1], b: []}}, expect: {decision: allowed}", "P707", "one length"),
        ("evidence: {files: {a: '${sha256:b}'}}, expect: {decision: allowed}", "P707", "names no file"),
        ("evidence: {files: {a: '${sha256:b}', b: '${sha256:a}'}}, expect: {decision: allowed}", "P707", "itself"),
        ("evidence: {files: {a: x, a/b: y}}, expect: {decision: allowed}", "P707", "cannot be written"),
    ],
)
def test_a_case_that_cannot_be_run_is_a_fault_at_its_place(tmp_path, case, code, words):
    report = run_one(tmp_path, case)
    assert report.exit_code == 2
    assert [item.code for item in report.faults] == [code], [str(item) for item in report.faults]
    assert words in f"{report.faults[0].message} {report.faults[0].hint}"
    assert report.faults[0].span.line in (6, 7, 8)
    assert report.faults[0].span.file.endswith("credit.test.yaml")


def test_a_policy_that_is_no_path_is_a_fault(tmp_path):
    head = HEAD.replace("credit.yaml", '"a\\0b"')
    report = run(tmp_path, "cases: [{name: a, expect: {decision: allowed}}]\n", head=head)
    assert [(item.code, item.span.line) for item in report.faults] == [("P707", 3)]


@pytest.mark.parametrize(
    "path", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "./a", "a//b", "a\\b", "C:/x", "~/x", "file:///x"]
)
def test_files_of_a_case_stay_inside_its_bundle(tmp_path, path):
    folder = tmp_path / "desk"
    folder.mkdir()
    report = run_one(folder, f"evidence: {{files: {{'{path}': text}}}}, expect: {{decision: allowed}}")
    assert [item.code for item in report.faults] == ["P707"]
    assert sorted(item.name for item in tmp_path.rglob("*") if item.is_file()) == ["credit.test.yaml", "credit.yaml"]


def test_a_patched_path_cannot_leave_the_bundle_either(tmp_path):
    patch = "patch: [{op: add, path: /files, value: {../../out.txt: text}}]"
    report = run_one(tmp_path, f"{patch}, expect: {{decision: allowed}}")
    assert [item.code for item in report.faults] == ["P707"]
    patch = "patch: [{op: replace, path: /model/spec/evidence/metrics/path, value: ../../out.json}]"
    record = (
        "evidence: {model: {metadata: {name: m, version: 1}, spec: {owner: {name: J, contact: j@example.com}, "
        "evidence: {metrics: {path: m.json}}}}}"
    )
    report = run_one(tmp_path, f"{record}, {patch}, expect: {{findings: [{{code: B110}}]}}")
    assert report.failures == ()  # the record says what it says; the figures are written under their usual name


def test_policies_that_do_not_compile_are_faults_at_their_place(tmp_path):
    report = run_one(tmp_path, "expect: {decision: allowed}", policy=EXPRESSION.replace("expression", "expresion"))
    assert [(item.code, Path(item.span.file).name) for item in report.faults] == [("P209", "credit.yaml")]
    report = run(
        tmp_path, "cases: [{name: a, expect: {decision: allowed}}]", head=HEAD.replace("credit.yaml", "no.yaml")
    )
    assert [item.code for item in report.faults] == ["P707"]


def test_a_short_name_that_two_policies_have_is_not_guessed(tmp_path):
    desk = Desk(tmp_path, EXPRESSION, cases("cases: [{name: a, expect: {outcomes: {auc-floor: missing_evidence}}}]\n"))
    desk.write("other.yaml", EXPRESSION.replace("name: credit", "name: other"))
    desk.write("credit.test.yaml", cases(AUC + "cases: [{name: a, expect: {outcomes: {auc-floor: pass}}}]\n").replace(
        "policy: credit.yaml", "policy: [credit.yaml, other.yaml]"
    ))  # fmt: skip
    (fault,) = desk.run().faults
    assert (fault.code, fault.hint) == ("P705", "Write credit/auc-floor or other/auc-floor.")


# --- waivers, votes, advisories, the clock


def waived(**changes):
    given = {
        "rule": "auc-floor",
        "not_before": "2026-02-01T00:00:00Z",
        "expires": "2026-03-15T00:00:00Z",
        **changes,
    }
    return json.dumps(given)


@pytest.mark.parametrize(
    ("changes", "ruling"),
    [
        ({}, "applied"),
        ({"expires": "2026-03-01T00:00:00Z"}, "expired"),
        ({"expires": "2026-03-01T00:00:01Z"}, "applied"),
        ({"not_before": "2026-03-01T00:00:01Z"}, "not_yet_valid"),
        ({"not_before": "2026-03-01T00:00:00Z"}, "applied"),
        ({"not_before": "2025-01-01T00:00:00Z"}, "too_long"),
        ({"authentic": False}, "bad_signature"),
        ({"revoked": True}, "revoked"),
        ({"in_role": False}, "approver_not_allowed"),
        ({"bundle": "0" * 64}, "wrong_subject"),
        ({"model": "model", "versions": ["1.0.0"]}, "applied"),
        ({"model": "model", "versions": ["2.0.0"]}, "wrong_subject"),
        ({"stages": ["pre-deployment"]}, "wrong_stage"),
        ({"rule_digest": "0" * 64}, "rule_changed"),
        ({"covers": ["inconclusive"]}, "outcome_not_coverable"),
        ({"approver": "a@example.com", "owner": "a@example.com"}, "approver_is_owner"),
        ({"limit": [{"package": "p", "versions": ["1"], "ids": ["X"]}]}, "worse_than_waived"),
    ],
)
def test_every_ruling_on_a_waiver_can_be_shown(tmp_path, changes, ruling):
    decision = "allowed" if ruling == "applied" else "denied"
    outcome = "waived" if ruling == "applied" else "fail"
    report = run_one(
        tmp_path,
        f"waivers: [{waived(**changes)}], patch: [{{op: replace, path: /metrics/auc, value: 0.7}}], "
        f"expect: {{decision: {decision}, outcomes: {{auc-floor: {outcome}}}, rulings: {{auc-floor: [{ruling}]}}}}",
    )
    assert (report.faults, report.failures) == ((), ())


def test_a_ruling_that_is_another_is_told(tmp_path):
    report = run_one(
        tmp_path,
        f"waivers: [{waived()}], patch: [{{op: replace, path: /metrics/auc, value: 0.7}}], "
        "expect: {rulings: {auc-floor: [expired]}}",
    )
    assert messages(report) == ["case 'one': expected the waivers of auc-floor to be expired, found applied"]


def test_a_waiver_may_lie_in_a_file(tmp_path):
    (tmp_path / "waivers").mkdir()
    (tmp_path / "waivers" / "parity.yaml").write_text(waived(), encoding="utf-8")
    case = "waivers: [waivers/parity.yaml], patch: [{op: replace, path: /metrics/auc, value: 0.7}]"
    assert run_one(tmp_path, f"{case}, expect: {{decision: allowed}}").failures == ()
    (tmp_path / "waivers" / "parity.yaml").write_text("{rule: r}", encoding="utf-8")
    faults = run_one(tmp_path, f"{case}, expect: {{decision: allowed}}").faults
    assert {(item.code, Path(item.span.file).name) for item in faults} == {("P202", "parity.yaml")}
    assert {item.message.split("'")[1] for item in faults} == {"not_before", "expires"}
    bad_limit = waived(limit="much")
    report = run_one(tmp_path, f"waivers: [{bad_limit}], expect: {{decision: allowed}}")
    assert [item.code for item in report.faults] == ["P204"]


QUORUM = rules(
    """\
    - id: board
      check: approval.quorum
      with: {roles: [{role: approver, count: 2}]}
    """
)


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ("[{approver: a}, {approver: b}]", "pass"),
        ("[{approver: a}, {approver: a}]", "missing_evidence"),
        ("[{approver: a}]", "missing_evidence"),
        ("[]", "missing_evidence"),
        ("[{approver: a}, {approver: b, vote: reject}]", "fail"),
        ("[{approver: a}, {approver: b, expires: 2026-03-01T00:00:00Z}]", "missing_evidence"),
    ],
)
def test_votes_are_counted_by_the_decision(tmp_path, votes, outcome):
    report = run_one(tmp_path, f"approvals: {votes}, expect: {{outcomes: {{board: {outcome}}}}}", policy=QUORUM)
    assert (report.faults, report.failures) == ((), ())


APART = rules(
    """\
    - {id: apart, check: approval.separation, with: {pairs: [[submitter, approver]]}}
    """
)


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("submitter: person:c, approvals: [{approver: person:a}]", "pass"),
        ("submitter: person:a, approvals: [{approver: person:a}]", "missing_evidence"),  # such a vote does not count
        ("approvals: [{approver: person:a}]", "missing_evidence"),
        ("submitter: person:c", "missing_evidence"),
    ],
)
def test_who_asks_the_gate_is_known_to_a_case(tmp_path, case, outcome):
    report = run_one(tmp_path, f"{case}, expect: {{outcomes: {{apart: {outcome}}}}}", policy=APART)
    assert (report.faults, report.failures) == ((), ())


EXCEPTIONS = rules(
    """\
    - {id: auc-floor, check: expression, with: {assert: metrics.auc >= 0.8}}
    - {id: exceptions, check: policy.exceptions, with: {max_days: 30, roles: [waiver], compensating_control: true}}
    """
)


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ("", "pass"),
        (", compensating_controls: []", "fail"),
        (", role: waiver/other", "pass"),
        (", role: approver", "fail"),
        (", expires: 2026-04-15T00:00:00Z", "fail"),
    ],
)
def test_bounds_on_exceptions_can_be_tested(tmp_path, more, outcome):
    waiver = f"{{rule: auc-floor, not_before: 2026-02-20T00:00:00Z, expires: 2026-03-10T00:00:00Z{more}}}"
    if "expires" in more:
        waiver = waiver.replace("expires: 2026-03-10T00:00:00Z, ", "")
    case = f"evidence: {{metrics: {{auc: 0.7}}}}, waivers: [{waiver}], expect: {{outcomes: {{exceptions: {outcome}}}}}"
    report = run_one(tmp_path, case, policy=EXCEPTIONS)
    assert (report.faults, report.failures) == ((), ())


VULNERABLE = rules(
    """\
    - id: known
      check: dependencies.vulnerabilities
      with: {max_snapshot_age: 30d}
    """
)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ("advisories: []", "pass"),
        ("advisories: [{id: PYSEC-1, package: numpy, fixed: 1.0}]", "pass"),
        ("advisories: [{id: PYSEC-1, package: numpy, fixed: 2.0}]", "fail"),
        ("advisories: [{id: PYSEC-1, package: numpy, introduced: 1.27}]", "pass"),
        ("advisories: [{id: MAL-1, package: numpy}]", "fail"),
        ("advisories: {as_of: 2026-01-30T00:00:00Z}", "missing_evidence"),
        ("advisories: {as_of: 2026-01-30T00:00:01Z}", "pass"),
        ("advisories: null", "missing_evidence"),
        ("clock: 2026-03-31T00:00:00Z, advisories: {as_of: 2026-03-01T00:00:01Z, records: []}", "pass"),
    ],
)
def test_advisories_may_be_written_in_the_case(tmp_path, given, outcome):
    more = "evidence: {requirements: [numpy==1.26.4]}\n"
    report = run_one(tmp_path, f"{given}, expect: {{outcomes: {{known: {outcome}}}}}", policy=VULNERABLE, more=more)
    assert (report.faults, report.failures) == ((), ())


# --- evidence


LINEAGE = rules(
    """\
    - {id: bound, check: lineage.bound}
    - {id: formats, check: artefacts.formats, with: {allowed: [safetensors]}}
    - {id: accuracy, check: performance.threshold, with: {metric: accuracy, at_least: 0.9, bound: true}}
    """
)
ZEROS = "0" * 64


@pytest.fixture
def fixture_bundle(tmp_path):
    return BundleBuilder(tmp_path).build()


def run_bundle(tmp_path, case):
    return run_one(tmp_path, case, policy=LINEAGE, more="bundle: bundle\n")


def test_an_unchanged_fixture_is_written_byte_for_byte(tmp_path, fixture_bundle):
    from govern.bundle import open_bundle
    from govern.diagnostics import Span
    from govern.gate.testing.fixture import read_fixture
    from govern.gate.testing.materials import Evidence, write_files

    span = Span("x", 1, 1)
    for follow in (True, False):
        held = read_fixture(fixture_bundle, follow=follow, span=span)
        copy = tmp_path / f"copy-{follow}"
        copy.mkdir()
        evidence = Evidence(held.document, held, span)
        if write_files(copy, evidence):  # the envelope names the model digest, which is known once the files are there
            write_files(copy, evidence, model_digest=open_bundle(copy).model_digest)
        assert open_bundle(copy).digest == open_bundle(fixture_bundle).digest
    assert set(held.document) == {
        *("model", "card", "metrics", "lineage", "requirements", "predictions", "fairness_rows", "files")
    }


@pytest.mark.parametrize(
    ("case", "outcomes"),
    [
        ("", "bound: pass, formats: pass, accuracy: pass"),
        ("evidence: {files: {model/model.safetensors: text}}", "bound: pass, formats: fail, accuracy: pass"),
        (
            "digests: keep, evidence: {files: {model/model.safetensors: text}}",
            "bound: fail, formats: fail, accuracy: missing_evidence",
        ),
        (
            f"patch: [{{op: replace, path: /lineage/model/files/0/sha256, value: '{ZEROS}'}}]",
            "bound: fail, accuracy: pass",
        ),
        ("remove: [/lineage]", "bound: missing_evidence, accuracy: pass"),
        ("remove: [/fairness_rows/model/files]", "bound: pass, accuracy: missing_evidence"),
        ("patch: [{op: replace, path: /predictions/2/y_pred, value: 0}]", "accuracy: fail"),
        ("patch: [{op: replace, path: /predictions/0/y_pred, value: 1}]", "accuracy: pass"),
        (
            "digests: keep, patch: [{op: replace, path: /predictions/0/y_pred, value: 1}]",
            "accuracy: error",
        ),
        ("remove: [/files/model~1model.safetensors]", "bound: fail, formats: missing_evidence"),
    ],
)
def test_digests_inside_a_fixture_follow_what_a_case_changes(tmp_path, fixture_bundle, case, outcomes):
    report = run_bundle(tmp_path, f"{case + ', ' if case else ''}expect: {{outcomes: {{{outcomes}}}}}")
    assert (report.faults, report.failures) == ((), ())


def test_the_card_of_a_fixture_is_changed_section_by_section(tmp_path, fixture_bundle):
    policy = rules("- {id: card, check: model_card.sections, with: {required: [intended_use, limitations, licence]}}\n")
    for case, outcome in (
        ("evidence: {}", "pass"),
        ("remove: [/card/limitations]", "fail"),
        ("remove: [/card/front_matter]", "fail"),
        ("patch: [{op: replace, path: /card/limitations, value: TODO}]", "fail"),
        ("evidence: {card: '# Nothing'}", "fail"),
        ("evidence: {card: null}", "missing_evidence"),
    ):
        text = f"{case}, expect: {{outcomes: {{card: {outcome}}}}}"
        report = run_one(tmp_path, text, policy=policy, more="bundle: bundle\n")
        assert (report.faults, report.failures) == ((), ()), case


def test_evidence_written_out_can_be_bound(tmp_path):
    weights = base64.b64encode(safetensors()).decode()
    report = run(
        tmp_path,
        """\
        evidence:
          model:
            metadata: {name: m, version: 1.10}
            spec:
              owner: {name: Jane, contact: jane@example.com}
              artefacts: [{path: model/w.safetensors, role: weights}]
              evidence: {predictions: {path: predictions.yaml}}
          files:
            model/w.safetensors:
              base64: WEIGHTS
          lineage:
            apiVersion: govern/v1
            kind: Lineage
            model:
              name: m
              version: 1.10
              files: [{path: model/w.safetensors, sha256: '${sha256:model/w.safetensors}'}]
          predictions:
            - {times: 90, y_true: 1, y_pred: 1}
            - {times: 10, y_true: 1, y_pred: 0}
          fairness_rows:
            apiVersion: govern/v1
            kind: FairnessRows
            model:
              name: m
              version: 1.10
              files: [{path: model/w.safetensors, sha256: '${sha256:model/w.safetensors}'}]
            data: {name: holdout}
            file: {path: predictions.csv, sha256: '${sha256:predictions.csv}', rows: 100}
            columns: {y_true: y_true, y_pred: y_pred}
            positive: {y_true: '1', y_pred: '1'}
        cases:
          - name: bound
            expect: {outcomes: {bound: pass, accuracy: pass, formats: pass}}
          - name: one row more is another table than its document counts
            patch: [{op: add, path: /predictions/-, value: {y_true: 1, y_pred: 1}}]
            expect: {outcomes: {accuracy: error}}
        """.replace("WEIGHTS", weights),
        policy=LINEAGE,
    )
    assert (report.faults, messages(report)) == ((), [])


def test_a_file_may_name_the_digest_of_the_model(tmp_path, fixture_bundle):
    from govern.bundle import open_bundle

    digest = open_bundle(fixture_bundle).model_digest
    envelope = {"cites": digest}
    (fixture_bundle / "note.json").write_text(json.dumps(envelope), encoding="utf-8")
    policy = rules("- {id: size, check: expression, with: {assert: bundle.files > 0}}\n")
    desk = Desk(tmp_path, policy, cases("bundle: bundle\ncases: [{name: a, expect: {decision: allowed}}]\n"))
    assert desk.run().failures == ()

    from govern.diagnostics import Span
    from govern.gate.testing.fixture import read_fixture

    held = read_fixture(fixture_bundle, follow=True, span=Span("x", 1, 1))
    assert held.document["files"]["note.json"] == '{"cites": "${model_digest}"}'


def test_a_fixture_is_never_written_to(tmp_path, fixture_bundle):
    before = {path: path.read_bytes() for path in fixture_bundle.rglob("*") if path.is_file()}
    run_bundle(tmp_path, "evidence: {files: {new.txt: x}}, remove: [/card], expect: {decision: allowed}")
    assert {path: path.read_bytes() for path in fixture_bundle.rglob("*") if path.is_file()} == before


def test_a_fixture_with_a_link_is_refused(tmp_path, fixture_bundle):
    (fixture_bundle / "link").symlink_to("/etc/hostname")
    (fault,) = run_bundle(tmp_path, "expect: {decision: allowed}").faults
    assert (fault.code, fault.span.line) == ("P707", 6)
    assert "B101" in fault.message


# --- finding tests, and reports


def test_tests_are_found_in_folders_and_beside_policies(tmp_path):
    Desk(tmp_path / "policies", EXPRESSION, cases(AUC + "cases: [{name: a, expect: {decision: allowed}}]\n"))
    wanted = [tmp_path / "policies" / "credit.test.yaml"]
    assert find_tests([tmp_path]) == wanted
    assert find_tests([tmp_path / "policies" / "credit.yaml"]) == wanted
    assert find_tests([*wanted, tmp_path]) == wanted
    for paths in ([], [tmp_path / "nowhere"], [tmp_path / "policies" / "other.test.yaml"]):
        with pytest.raises(UsageError):
            find_tests(paths)


def test_two_files_of_tests_share_what_they_name(tmp_path):
    desk = Desk(tmp_path, EXPRESSION, cases(AUC + "cases: [{name: a, expect: {outcomes: {auc-floor: pass}}}]\n"))
    desk.write(
        "more.test.yaml",
        cases(
            """\
            cases:
              - {name: b, evidence: {metrics: {auc: 0.7}}, expect: {outcomes: {auc-floor: fail}}}
              - {name: c, evidence: {metrics: {}}, expect: {outcomes: {auc-floor: missing_evidence}}}
            """
        ),
    )
    report = desk.run()
    assert (report.exit_code, len(report.tests), codes(report)) == (0, 3, [])


HOSTILE = "\u202eevil\x1b[31m<&>\"'"


def test_reports_of_every_format_hold_the_same_and_escape_what_is_hostile(tmp_path):
    text = json.dumps(HOSTILE)
    report = run(
        tmp_path,
        f"evidence: {{metrics: {{}}}}\ncases:\n  - {{name: {text}, expect: {{outcomes: {{auc-floor: pass}}}}}}\n",
    )
    made = {name: write() for name, write in renderers(report).items()}
    assert "\x1b" not in made["text"]
    assert "\u202e" not in made["text"]
    assert "expected auc-floor to be pass, found missing_evidence" in made["text"]
    document = json.loads(made["json"])
    assert (document["exit_code"], document["cases"][0]["name"]) == (1, HOSTILE)
    assert document["cases"][0]["failures"][0]["code"] == "P701"
    assert document["coverage"][0]["missing"] == ["pass", "fail", "missing_evidence"]
    root = ET.fromstring(made["junit"])
    (suite, coverage) = root
    assert (suite.get("tests"), suite.get("failures"), coverage.get("name")) == ("1", "1", "coverage")
    assert "evil" in suite[0].get("name")
    assert suite[0][0].get("type") == "P701"


def test_faults_and_survivors_are_in_every_report(tmp_path):
    report = run_one(tmp_path, "remove: [/x], expect: {decision: allowed}")
    made = {name: write() for name, write in renderers(report).items()}
    assert json.loads(made["json"])["faults"][0]["code"] == "P706"
    assert "<error" in made["junit"]
    assert "1 faults in the files" in made["text"]


def test_the_temporary_folder_goes_even_when_the_run_breaks(tmp_path, monkeypatch):
    desk = Desk(tmp_path, EXPRESSION, cases(AUC + "cases: [{name: a, expect: {decision: allowed}}]\n"))

    def broken(*_given, **_named):
        raise KeyboardInterrupt

    monkeypatch.setattr("govern.gate.policy_tests.coverage", broken)
    with pytest.raises(KeyboardInterrupt):
        test_policies(TestRequest(paths=[desk.folder]))
