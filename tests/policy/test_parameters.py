"""Parameters: typed, filled in whole, tightened only."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.compiling import HEAD, compiled, errors

TEXT = (
    HEAD
    + """\
  params:
    ratio: {type: number, default: 0.80, tighten: up, min: 0, max: 1}
    groups: {type: set, default: [sex, race], tighten: superset}
    age: {type: duration, default: 30d, tighten: down}
    mode: {type: enum, values: [point, evidence_of_harm, demonstrated], default: evidence_of_harm, tighten: order}
    least: {type: integer, default: 30, tighten: up}
    fixed: {type: string, default: highest}
    floor: {type: number, default: 0.7, tighten: up}
  rules:
    - id: parity
      check: fairness.disparity
      with:
        metric: selection_rate
        compare: ratio
        at_least: ${params.ratio}
        attributes: ${params.groups}
        decide: ${params.mode}
        min_n: ${params.least}
        max_age: ${params.age}
        reference: ${params.fixed}
    - id: auc
      check: expression
      with:
        assert: metrics.auc >= params.floor
"""
)


def plan(**params):
    made = compiled(TEXT, params=params)
    assert made.plan is not None, made.diagnostics
    return made.plan


def test_values_are_typed_and_written_out():
    made = plan()
    parity = made.rules[1].params
    assert parity.at_least == Decimal("0.8")
    assert parity.attributes == ("race", "sex")
    assert (parity.min_n, parity.max_age, parity.decide, parity.reference) == (
        30,
        "30d",
        "evidence_of_harm",
        "highest",
    )
    assert made.document["params"]["p/ratio"] == {"type": "number", "tighten": "up", "value": "0.8"}
    assert made.document["params"]["p/groups"] == {"type": "set", "tighten": "superset", "value": ["race", "sex"]}
    assert made.document["params"]["p/floor"]["value"] == "0.7"
    assert made.rules[0].params.assert_.expression.params == {"floor": Decimal("0.7")}


def test_value_of_an_expression_parameter_is_part_of_the_rule():
    one, two = plan(), plan(floor="0.75")
    assert one.rules[0].digest != two.rules[0].digest
    assert one.rules[1].digest == two.rules[1].digest
    assert one.digest != two.digest


TIGHTER = [("ratio", "0.85"), ("groups", "sex,race,age"), ("age", "7d"), ("mode", "demonstrated"), ("least", "50")]
LOOSER = [("ratio", "0.7"), ("groups", "sex"), ("age", "31d"), ("mode", "point"), ("least", "1"), ("fixed", "lowest")]


@pytest.mark.parametrize(("name", "value"), TIGHTER)
def test_tightening_is_accepted(name, value):
    assert plan(**{name: value}).digest != plan().digest
    made = compiled(TEXT, params={f"p/{name}": value})
    assert made.plan is not None
    assert any("--param" in origin.file for chain in made.source_map.values() for origin in chain)


@pytest.mark.parametrize(("name", "value"), LOOSER)
def test_loosening_is_refused(name, value):
    assert [item.code for item in errors(compiled(TEXT, params={name: value}))] == ["P307"]


def test_what_cannot_be_compared_is_refused():
    assert [item.code for item in errors(compiled(TEXT, params={"age": "1mo"}))] == ["P309"]
    assert [item.code for item in errors(compiled(TEXT, params={"ratio": "high"}))] == ["P402"]
    found = errors(compiled(TEXT, params={"ratoi": "1"}))
    assert [(item.code, item.hint) for item in found] == [("P401", "Did you mean 'ratio'?")]


def test_unused_parameter_is_a_warning():
    text = HEAD + "  params:\n    x: {type: number, default: 1}\n  rules:\n    - {id: a, check: lineage.present}\n"
    made = compiled(text)
    assert made.plan is not None
    assert [(item.code, item.span.line) for item in made.diagnostics] == [("P404", 6)]
    assert made.plan.document["params"] == {}


def test_origin_chain_of_a_value():
    made = compiled(TEXT)
    assert [(item.line, item.column) for item in made.source_map["/rules/1/with/at_least"]] == [(19, 19), (6, 36)]


def test_several_policies_with_one_parameter():
    other = TEXT.replace("name: p,", "name: q,")
    found = errors(compiled(TEXT, other, params={"ratio": "0.9"}))
    assert [item.code for item in found] == ["P401"]
    assert compiled(TEXT, other, params={"q/ratio": "0.9"}).plan is not None
