"""Every code of the compiler with a document that gives it, at its line and column, and the fix that is offered."""

from __future__ import annotations

import pytest

from govern.diagnostics import Severity
from govern.diagnostics.catalogue import lookup
from govern.diagnostics.codes.policy import CODES
from govern.evidence.schema import evidence_schema
from govern.policy.advice.lint import lint
from govern.policy.compile import STAGES, compile_policies
from govern.policy.outcomes import Stage
from govern.policy.render import render
from support.compiling import FILE, HEAD, compiled, errors, specs, with_rule

PARITY = """\
id: parity
check: fairness.disparity
with:
  metric: selection_rate
  compare: ratio
  at_least: 0.8
  attributes: [sex]
"""
META = "metadata: {name: p, version: '1'}\n"
LATER = "metadata: {name: p, version: '1', legal_status: proposed}\n"


def asserting(expression: str) -> str:
    return with_rule(f"id: a\ncheck: expression\nwith:\n  assert: {expression}")


def params(body: str) -> str:
    return f"{HEAD}  params:\n    x: {body}\n  rules:\n    - {{id: a, check: lineage.present}}\n"


BAD = [
    # (code, document, line, column, part of message or hint)
    ("P101", "apiVersion: govern/v2\nkind: Policy\n", 1, 13, "govern/v1"),
    ("P101", "- 1\n", 1, 1, "mapping"),
    ("P102", "apiVersion: govern/v1\nkind: Polcy\n", 2, 7, "'Policy'"),
    ("P102", "apiVersion: govern/v1\nkind: PolicyTest\n", 2, 7, "govern policy test"),
    ("P201", PARITY.replace("at_least", "at_leest"), 11, 9, "'at_least'"),
    ("P201", "id: a\nchekc: lineage.present\ncheck: lineage.present", 7, 7, "'check'"),
    ("P201", f"{HEAD.replace('spec:', 'sepc: {}{nl}spec:'.format('{}', nl=chr(10)))}  rules: []\n", 4, 1, "'spec'"),
    ("P202", "id: a", 6, 7, "'check' is missing"),
    ("P202", "id: a\ncheck: lineage.sources", 7, 7, "'registry' is missing"),
    ("P203", PARITY.replace("0.8", "80%"), 11, 19, "write 80% as 0.8"),
    ("P203", PARITY.replace("0.8", "'0.8'"), 11, 19, "quoted"),
    ("P203", "id: a\ncheck: lineage.present\nwith: [1]", 8, 13, "mapping"),
    ("P204", PARITY + "severity: hihg\n", 13, 17, "'high'"),
    ("P204", asserting("has(metrics.auc) && metrics.auc > 0.5\n  may_be_absent: [metrics.acu]"), 10, 25, "metrics.auc"),
    ("P204", asserting("metrics.auc > 0.5\n  may_be_absent: [metrics.auc]"), 10, 25, "without asking"),
    ("P205", "id: My Rule\ncheck: lineage.present", 6, 11, "lower case"),
    ("P205", f"{HEAD}  params:\n    Min: {{type: number, default: 1}}\n  rules: []\n", 6, 5, "Names of parameters"),
    ("P206", f"{HEAD}  rules:\n    - {{id: a, check: lineage.present}}\n    - {{id: a, check: lineage.present}}\n", 7, 12, "line 6"),
    ("P207", PARITY + "  max_age: P30D\n", 13, 18, "ISO 8601"),
    ("P208", PARITY + "  at_most: 0.9\n", 9, 9, "at_least"),
    ("P209", "id: a\ncheck: fairnes.disparity", 7, 14, "'fairness.disparity'"),
    ("P210", with_rule("id: a\ncheck: lineage.present").replace(META.replace("'", '"'), LATER), 3, 35, "may not block"),
    ("P211", "id: a\ncheck: lineage.present\ncontrols: [ugesp/1]", 8, 18, "ControlCatalog"),
    ("P212", "id: a\ncheck: lineage.present\nstages: [pre-registratoin]", 8, 16, "pre-registration"),
    ("P213", PARITY + "message: 'Rate of {worst.gruop}'\n", 13, 25, "'worst.group'"),
    ("P213", PARITY + "message: 'Rate } of'\n", 13, 22, "single"),
    ("P215", "id: a\ncheck: lineage.sources\nwith:\n  registry: nowhere", 9, 19, "SourceRegistry"),
    ("P301", f"{HEAD}  imports:\n    - {{pack: baseline, version: '1'}}\n  rules: []\n", 6, 14, "govern policy lock"),
    ("P401", PARITY.replace("0.8", "${params.min}"), 11, 19, "spec.params"),
    ("P401", asserting("metrics.auc > params.min"), 9, 31, "no parameter 'min'"),
    ("P402", params("{type: number, default: high}"), 6, 32, "number"),
    ("P207", params("{type: duration, default: 1.5}"), 6, 34, "30d"),
    ("P403", params("{type: number, default: 1.2, max: 1}"), 6, 32, "above its max 1"),
    ("P403", params("{type: enum, values: [a, b], default: c}"), 6, 46, "one of a, b"),
    ("P403", params("{type: string, pattern: '[a-z]+', default: A}"), 6, 51, "pattern"),
    ("P405", PARITY.replace("0.8", "x${params.min}"), 11, 20, "alone"),
    ("P405", asserting("metrics.auc >= ${params.min}"), 9, 32, "without"),
    ("P501", asserting("metrics.auc > 0.8 and true"), 9, 35, "&&"),
    ("P501", asserting("metrics.auc = 0.8"), 9, 29, "=="),
    ("P501", asserting("model.name == 'a #b'"), 9, 31, "comment"),
    ("P502", asserting("metrics.auc >= \"0.8\""), 9, 17, "a number with a text"),
    ("P503", asserting("metrcs.auc >= 0.8"), 9, 17, "'metrics'"),
    ("P504", asserting("size(card.ownrs) > 0"), 9, 22, "'card.owners'"),
    ("P505", asserting("metrics.auc"), 9, 17, "Compare"),
    ("P506", asserting("metrics.auc > 0.5" + " || metrics.auc > 0.5" * 300), 9, 17, "4,096"),
    ("P507", asserting("metrics.auc > " + "(" * 30 + "1" + ")" * 30), 9, 60, "24"),
    ("P508", asserting("'!has(metrics.auc) || metrics.auc >= 0.8'"), 9, 18, "may_be_absent"),
    ("P509", asserting("dependencies.all(d, d.pinned)"), 9, 17, "may_be_empty"),
    ("P510", asserting(">\n          metrics.auc\n          >= 0.8"), 9, 17, "`|`"),
    ("P511", asserting("'!(metrics.auc < 0.8)'"), 9, 18, ">="),
    ("P512", "id: a\ncheck: lineage.present\nwhen: has(model.risk_tier)", 8, 13, "apply"),
    ("P513", asserting("model.name.matches('(')"), 9, 36, "RE2"),
    ("P514", asserting("card.owners.map(o, o) == []"), 9, 29, "filter"),
]  # fmt: skip
"""Documents of one fault. A text without `apiVersion` is the body of one rule."""

ELSEWHERE = {
    **dict.fromkeys(("P302", "P303", "P304", "P305", "P306", "P313"), "test_packs"),
    **dict.fromkeys(("P308",), "test_overlays"),
    **dict.fromkeys(("P311", "P312", "P314", "P315"), "gate/test_policy_lock"),
    **dict.fromkeys((f"P70{number}" for number in range(1, 8)), "policy tests"),
    "P214": "test_two_documents_of_one_name",
    "P221": "test_plugins",
    "P222": "test_plugins",
    "P307": "test_parameters",
    "P309": "test_parameters",
    "P404": "test_parameters",
    "P515": "test_without_an_engine",
    "P516": "test_warnings",
    "P517": "test_cel_traps",
    "P601": "test_no_rule_for_stage",
    "P602": "test_requires",
    "P603": "test_lint",
    "P604": "test_lint",
    "P801": "test_warnings",
    "P802": "test_warnings",
    "P803": "test_warnings",
    "P804": "test_warnings",
    "P805": "test_lint",
    "P806": "test_lint",
    "P807": "test_lint",
    "P808": "test_lint",
    "P809": "test_diff",
    "P810": "tests/gate/test_policy_fix",
}


def whole(document: str) -> str:
    return document if document.startswith(("apiVersion", "- ")) else with_rule(document)


@pytest.mark.parametrize(
    ("code", "document", "line", "column", "words"), BAD, ids=[f"{row[0]}-{index}" for index, row in enumerate(BAD)]
)
def test_one_fault_one_diagnostic(code, document, line, column, words):
    found = errors(compiled(whole(document)))
    assert [item.code for item in found] == [code], [str(item) for item in found]
    assert (found[0].span.line, found[0].span.column) == (line, column), str(found[0])
    assert words in f"{found[0].message} {found[0].hint}"
    assert compiled(whole(document)).plan is None


def test_every_code_has_an_example():
    assert {row[0] for row in BAD} | set(ELSEWHERE) == set(CODES)
    for code in CODES:
        assert lookup(code).fix


def test_a_word_that_cannot_be_read_hides_no_other_fault_of_its_file():
    text = PARITY.replace("0.8", "80%") + "waivable: no\nseverty: high\n"
    found = [(item.code, item.span.line, item.span.column) for item in errors(compiled(whole(text)))]
    assert found == [("P203", 11, 19), ("I112", 13, 17), ("P201", 14, 7)]


TEN = """\
apiVersion: govern/v1
kind: Policy
metadata:
  name: ten
  version: 1.0.0
  ownr: nobody
spec:
  params:
    ratio: {type: number, default: 80%}
  rules:
    - id: Parity
      check: fairness.disparity
    - id: b
      check: fairness.disparty
    - id: c
      check: lineage.present
      severity: huge
    - id: d
      check: expression
      with: {assert: size(card.ownrs) > 0}
    - id: e
      check: expression
      with:
        assert: metrics.auc
    - id: f
      check: performance.threshold
      with: {metric: auc, at_least: "${params.raito}"}
    - id: g
      check: lineage.present
      stages: [pre-flight]
    - id: h
      check: expression
      controls: [nowhere/1]
      with:
        assert: dependencies.all(d, d.pinned)
"""


def test_ten_faults_of_ten_kinds():
    found = lint({"ten.yaml": TEN.encode()}, checks=specs(), evidence_schema=evidence_schema())
    faults = [(item.code, item.span.line, item.span.column) for item in found if item.severity is Severity.ERROR]
    assert faults == [
        ("P201", 6, 3),
        ("P402", 9, 36),
        ("P205", 11, 11),
        ("P209", 14, 14),
        ("P204", 17, 17),
        ("P504", 20, 27),
        ("P505", 24, 17),
        ("P401", 27, 37),
        ("P212", 30, 16),
        ("P211", 33, 18),
        ("P509", 35, 17),
    ]


def test_reading_faults_do_not_hide_other_files():
    files = {"a.yaml": b"apiVersion: govern/v1\nkind: Policy\nkind: Policy\n", "b.yaml": b"apiVersion: govern/v2\n"}
    found = compile_policies(files, stage=None, checks=specs(), evidence_schema=evidence_schema())
    assert [(item.span.file, item.code) for item in found.diagnostics] == [("a.yaml", "I104"), ("b.yaml", "P101")]


def test_two_documents_of_one_name():
    text = with_rule("id: a\ncheck: lineage.present")
    found = errors(compiled(text, text))
    assert [(item.code, item.span.line, item.span.column) for item in found] == [("P214", 3, 18)]


def test_no_rule_for_stage():
    made = compiled(with_rule("id: a\ncheck: lineage.present"), stage=Stage.POST_DEPLOYMENT)
    assert made.plan is not None
    assert made.plan.rules == ()
    assert [(item.code, item.severity) for item in made.diagnostics] == [("P601", Severity.WARNING)]


def test_warnings():
    text = with_rule("id: a\ncheck: expression\nwith:\n  assert: true && metrics.auc > 0.5 && model.name.matches('x')")
    found = lint({FILE: text.encode()}, checks=specs(), evidence_schema=evidence_schema())
    assert {item.severity for item in found} == {Severity.WARNING}
    assert {item.code for item in found} == {"P516", "P801", "P802", "P803"}
    advised = "id: a\ncheck: lineage.present\nremediation: Do it.\ncontrols: [c/1]"
    catalogue = (
        "apiVersion: govern/v1\nkind: ControlCatalog\nmetadata: {name: c, version: 1.0.0}\n"
        "controls: [{id: '1', clause: '1', title: One}]\n"
    )
    files = {FILE: with_rule(advised).encode(), "c.yaml": catalogue.encode()}
    assert lint(files, checks=specs(), evidence_schema=evidence_schema()) == ()
    files[FILE] = with_rule("id: a\ncheck: lineage.present\nremediation: Do it.").encode()
    (silent,) = lint(files, checks=specs(), evidence_schema=evidence_schema())
    assert silent.code == "P804", "asked for only where there are controls to speak to"


def test_one_fault_of_a_rule_does_not_hide_another():
    text = with_rule("id: a\nseverty: high\ncheck: performance.threshold\nwith: {metric: acu, at_least: 80%}")
    assert [item.code for item in errors(compiled(text))] == ["P201", "P204", "P203"]


def test_a_second_rule_of_one_name_is_judged_as_well():
    text = f"{HEAD}  rules:\n    - {{id: a, check: lineage.present}}\n    - {{id: a, check: fairness.disparity}}\n"
    assert [item.code for item in errors(compiled(text))] == ["P206", "P202", "P202", "P202"]


def test_a_fault_of_a_rule_brings_no_false_advice():
    """Its other keys still count: it has a remediation, and it does not block."""
    rule = "id: a\nenforcement: warn\nseverty: low\ncheck: expression\nwith:\n  assert: dependencies.all(d, d.pinned)"
    found = lint({FILE: with_rule(rule).encode()}, checks=specs(), evidence_schema=evidence_schema())
    assert [(item.code, item.severity) for item in found] == [("P201", Severity.ERROR), ("P509", Severity.WARNING)]
    blocking = with_rule("id: a\ncheck: lineage.present\nseverty: low\nremediation: Do it.")
    assert [
        item.code for item in lint({FILE: blocking.encode()}, checks=specs(), evidence_schema=evidence_schema())
    ] == ["P201"]


def test_an_unknown_name_is_shown_where_it_stands():
    rule = "id: a\ncheck: model_card.sections\nwith: {required: [owner, limittions]}"
    (fault,) = errors(compiled(with_rule(rule)))
    assert (fault.code, fault.span.line, fault.span.column) == ("P204", 8, 32)
    assert fault.hint == "Did you mean 'limitations'?"
    (stage,) = errors(compiled(with_rule("id: a\ncheck: lineage.present\nstages: [pre-registratoin]")))
    assert stage.hint == "Did you mean 'pre-registration'?"


def test_probes_are_warnings_where_nothing_blocks():
    text = asserting("dependencies.all(d, d.pinned)").replace("check:", "enforcement: warn\n      check:")
    made = compiled(text)
    assert made.plan is not None
    assert [(item.code, item.severity) for item in made.diagnostics] == [("P509", Severity.WARNING)]


def test_without_an_engine(monkeypatch):
    import sys

    from govern.policy.expressions import engine_for

    engine_for.cache_clear()
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    assert [item.code for item in errors(compiled(asserting("metrics.auc > 0.5")))] == ["P515"]
    assert errors(compiled(with_rule("id: a\ncheck: lineage.present"))) == []
    engine_for.cache_clear()


def test_stages_in_order():
    assert [name for name, _step in STAGES] == ["load", "packs", "shape", "parameters", "expressions", "plan"]


def test_faults_inside_scalars_are_placed():
    quoted = asserting('"metrics.auc >= \\"0.8\\""')
    assert (errors(compiled(quoted))[0].span.line, errors(compiled(quoted))[0].span.column) == (9, 18)
    block = asserting("|\n          metrics.auc >= 0.5 &&\n          size(card.ownrs) > 0")
    assert [(item.code, item.span.line, item.span.column) for item in errors(compiled(block))] == [("P504", 11, 22)]
    single = asserting("'model.name == ''x'' && size(card.ownrs) > 0'")
    assert [(item.span.line, item.span.column) for item in errors(compiled(single))] == [(9, 46)]


def test_rendered_with_source_line_and_caret():
    text = asserting("size(card.ownrs) > 0")
    fault = errors(compiled(text))[0]
    assert render(fault, {FILE: text.encode()}).splitlines() == [
        f"{FILE}:9:22: error P504 unknown-path: no evidence has 'card.ownrs'",
        "  9 |         assert: size(card.ownrs) > 0",
        "    |                      ^",
        "    fix: Did you mean 'card.owners'?",
    ]
    assert render(fault, {}).splitlines()[1:] == ["    fix: Did you mean 'card.owners'?"]


def test_hostile_text_is_shown_plainly():
    text = with_rule('id: a\ncheck: "x\\u001b[31m"')
    shown = render(errors(compiled(text))[0], {FILE: text.encode()})
    assert "\x1b" not in shown
    assert "\\u{1b}" in shown
