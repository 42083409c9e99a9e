"""Reading policy tests: every fault at its line, and nothing hostile gets further than the reader."""

from __future__ import annotations

from decimal import Decimal

import pytest

from govern.diagnostics.catalogue import lookup
from govern.inputs.yaml import parse_yaml
from govern.policy.testing.cases import data_of, load_cases
from support.compiling import compiled, errors
from support.policy_tests import HEAD, cases

FILE = "credit.test.yaml"
ONE = "cases:\n  - name: one\n    expect: {decision: allowed}\n"

FAULTS = [
    ("[]", "P101", 1, 1, "mapping"),
    ("apiVersion: govern/v2\nkind: PolicyTest\n", "P101", 1, 13, "govern/v2"),
    ("apiVersion: govern/v1\nkind: Policy\n", "P102", 2, 7, "PolicyTest"),
    (HEAD + "casess: []\n" + ONE, "P201", 6, 1, "'cases'"),
    (HEAD, "P202", 1, 1, "'cases' is missing"),
    (HEAD + "cases: []\n", "P204", 6, 8, "at least 1"),
    (HEAD + "cases: [{name: a}]\n", "P202", 6, 9, "'expect' is missing"),
    (HEAD + "cases: [{name: a, expect: {}}]\n", "P204", 6, 27, "expects nothing"),
    (HEAD + "cases: [{name: a, expect: {decision: alowed}}]\n", "P204", 6, 38, "allowed"),
    (HEAD + "cases: [{name: a, expect: {outcomes: {r: passs}}}]\n", "P204", 6, 42, "did you mean pass"),
    (HEAD + "cases: [7]\n", "P203", 6, 9, "a case is a mapping"),
    (HEAD + ONE + "  - name: one\n    expect: {decision: denied}\n", "P204", 9, 5, "two cases are called 'one'"),
    (HEAD.replace("clock: 2026-03-01T00:00:00Z\n", "") + ONE, "P704", 6, 5, "no clock"),
    (HEAD.replace("2026-03-01T00:00:00Z", "2026-03-01") + ONE, "P204", 4, 8, "instant"),
    (HEAD.replace("pre-registration", "pre-registraton") + ONE, "P212", 5, 8, "pre-registration"),
    (HEAD.replace("stage: pre-registration\n", "") + ONE, "P202", 6, 5, "no stage"),
    (HEAD + "evidence: {metricss: {}}\n" + ONE, "P201", 6, 12, "'metrics'"),
    (HEAD + ONE + "    patch: [{op: replce, path: /a}]\n", "P204", 9, 18, "'replace'"),
    (HEAD + ONE + "    patch: [{op: add, pth: /a}]\n", "P202", 9, 13, "'path' is missing"),
    (HEAD + ONE + "    waivers: [{rule: r, expires: 2026-01-01T00:00:00Z}]\n", "P202", 9, 15, "'not_before'"),
    (HEAD + ONE + "    approvals: [{vote: yess, approver: a}]\n", "P204", 9, 24, "approve"),
    (HEAD + "accepted: [{mutant: m}]\n" + ONE, "P202", 6, 12, "'reason'"),
    (HEAD + "excused: {r: {pas: why}}\n" + ONE, "P204", 6, 20, "did you mean pass"),
    (HEAD + "evidence: &a {}\n" + ONE, "I105", 6, 11, "anchor"),
    (HEAD + "evidence: {metrics: {auc: .nan}}\n" + ONE, "I113", 6, 27, "finite"),
    (HEAD + "evidence: {model: {spec: {third_party: yes}}}\n" + ONE, "I112", 6, 40, "true or false"),
    (HEAD + "evidence: " + "[" * 40 + "]" * 40 + "\n" + ONE, "I110", 6, 42, "deep"),
]


@pytest.mark.parametrize(("text", "code", "line", "column", "words"), FAULTS)
def test_a_fault_in_a_test_file_has_its_place(text, code, line, column, words):
    files, faults = load_cases({FILE: text.encode()})
    assert code in [item.code for item in faults], [str(item) for item in faults]
    found = next(item for item in faults if item.code == code)
    assert (found.span.line, found.span.column) == (line, column), str(found)
    assert words in f"{found.message} {found.hint}"
    assert lookup(code).fix
    assert not any(case.name == "a" for file in files for case in file.cases)


def test_a_fault_in_one_case_does_not_hide_that_of_the_next():
    text = cases("cases:\n  - {name: a, expct: {}}\n  - {name: b, expect: {decison: allowed}}\n")
    _files, faults = load_cases({FILE: text.encode()})
    assert [(item.code, item.span.line) for item in faults] == [("P202", 7), ("P201", 7), ("P201", 8)]


def test_a_case_takes_from_its_file_what_it_does_not_say_itself():
    text = cases(
        """\
        bundle: ../fixture
        evidence: {metrics: {auc: 0.80}}
        waivers: [w.yaml]
        cases:
          - {name: a, expect: {decision: allowed}}
          - name: b
            stage: pre-deployment
            clock: 2027-01-01T00:00:00Z
            bundle: other
            evidence: {metrics: {auc: 1}}
            digests: keep
            waivers: []
            remove: [/card]
            expect: {decision: denied}
        """
    )
    (file,), faults = load_cases({FILE: text.encode()})
    assert not faults
    first, second = file.cases
    assert (first.stage.value, first.clock.year, first.bundle.text, first.follow) == (
        "pre-registration",
        2026,
        "../fixture",
        True,
    )
    assert [item.file for item in first.waivers] == ["w.yaml"]
    assert (second.stage.value, second.clock.year, second.bundle.text, second.follow) == (
        "pre-deployment",
        2027,
        "other",
        False,
    )
    assert second.waivers == ()
    assert len(first.evidence) == 1
    assert len(second.evidence) == 2
    assert [item.text for item in second.remove] == ["/card"]
    assert second.expected("decision").line == 19


def test_values_keep_their_digits_and_plain_scalars_have_the_types_of_yaml():
    node = parse_yaml(b"[0.80, 1.10, 8, '8', true, null, ~, text, 1e3, -2, 0x10]", file=FILE, strictness="policy")
    assert data_of(node) == [Decimal("0.80"), Decimal("1.10"), 8, "8", True, None, None, "text", Decimal("1e3"), -2, 16]
    assert str(data_of(node)[0]) == "0.80"


def test_a_policy_test_among_policies_is_named_as_one():
    (found,) = errors(compiled(HEAD + ONE))
    assert (found.code, found.hint) == ("P102", "Run it with `govern policy test`.")
