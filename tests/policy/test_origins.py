"""Where each value of a rule comes from: the whole chain, the deciding place last."""

from __future__ import annotations

from govern.policy.origins import explain_origins, origins_of
from support.compiling import FILE, HEAD, compiled

TEXT = f"""\
{HEAD}  applies_when: model.risk_tier == "high"
  params:
    floor: {{type: number, default: 0.8, tighten: up}}
    least: {{type: number, default: 0.5}}
  rules:
    - id: r
      severity: high
      when: model.third_party == true
      check: performance.threshold
      with:
        metric: auc
        at_least: ${{params.floor}}
    - id: e
      check: expression
      with:
        assert: metrics.auc >= params.least
"""


def chains(rule: int = 0, **params: str) -> dict[str, tuple[str, list[str]]]:
    (policy,) = compiled(TEXT, stage=None, params=params or None).policies
    return {
        item.name: (item.shown, [step.text for step in item.chain]) for item in origins_of(policy, policy.rules[rule])
    }


def test_what_is_written_and_what_is_a_default():
    found = chains()
    assert found["severity"] == ("high", [f"{FILE}:11:17  written in the rule"])
    assert found["enforcement"] == ("block", ["default for severity high"])
    assert found["stages"] == ("[pre-registration, pre-deployment]", ["default of performance.threshold"])
    assert found["when"] == ("model.third_party==true", [f"{FILE}:12:13  written in the rule"])
    assert found["applies_when"] == ('model.risk_tier=="high"', [f"{FILE}:5:17  written for the whole policy"])
    assert found["with.metric"] == ("auc", [f"{FILE}:15:17  written in the rule"])
    assert found["with.bound"] == ("false", ["default of the check kind"])
    assert "controls" not in found


def test_a_parameter_brings_its_chain():
    written, declared = f"{FILE}:16:19  written in the rule", f"{FILE}:7:36  parameter floor, as declared"
    assert chains()["with.at_least"] == ("0.8", [written, declared])
    tightened = "--param floor=0.9  parameter floor, tightened"
    assert chains(floor="0.9")["with.at_least"] == ("0.9", [written, declared, tightened])


def test_an_expression_brings_the_parameters_it_reads():
    found = chains(rule=1)
    assert found["params.least"] == ("0.5", [f"{FILE}:8:36  parameter least, as declared"])
    assert "params.floor" not in found


def test_in_words():
    made = compiled(TEXT, stage=None)
    text = explain_origins(made, "p/r")
    assert text is not None
    assert text.splitlines()[0] == "p/r: where each value comes from, the place that decides last"
    assert f"      {FILE}:7:36  parameter floor, as declared" in text.splitlines()
    assert explain_origins(made, "p/nothing") is None
