"""Mutants of a policy: which there are, and that each changes one thing and nothing beside it."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.inputs.yaml import parse_yaml, value_of
from govern.policy.mutation.expressions import expression_mutants, looser_number
from govern.policy.mutation.operators import policy_mutants
from govern.policy.mutation.source import SourceText
from govern.policy.outcomes import Stage
from support.compiling import FILE, compiled


def texts(source: str, operator: str) -> list[str]:
    return [item.text for item in expression_mutants(source) if item.operator == operator]


@pytest.mark.parametrize(
    ("source", "operator", "wanted"),
    [
        ("a.x >= 0.8", "strictness", ["a.x > 0.8"]),
        ("a.x>1&&a.y<=2", "strictness", ["a.x>=1&&a.y<=2", "a.x>1&&a.y<2"]),
        ("a.x >= 0.80", "looser", ["a.x >= 0.79"]),
        ("a.x <= 3", "looser", ["a.x <= 4"]),
        ("0.5 < a.x", "looser", ["0.4 < a.x"]),
        ("a.x >= -0.5", "looser", ["a.x >= -0.6"]),
        ("size(a.x) > 0", "looser", ["size(a.x) > -1"]),
        ("a.x == 3", "looser", []),
        ("a.x[0] == 'b'", "looser", []),
        ("a && b", "logic", ["a || b"]),
        ("a || b && c", "logic", ["a && b && c", "a || b || c"]),
        ("a.all(x, x > 1)", "quantifier", ["a.exists(x, x > 1)"]),
        ("a.exists(x, x.all == 1)", "quantifier", ["a.all(x, x.all == 1)"]),
        ("all(a)", "quantifier", []),
        ("a && b && c", "conjunct", ["b && c", "a && c", "a && b"]),
        ("(a && b) || c", "conjunct", ["(b) || c", "(a) || c"]),
        ("a.all(x, x.p && x.q)", "conjunct", ["a.all(x, x.q)", "a.all(x, x.p)"]),
        ("a ? b && c : d", "conjunct", ["a ? c : d", "a ? b : d"]),
        ("a.?b && c", "conjunct", ["c", "a.?b"]),
        ("f(a, b && c)", "conjunct", ["f(a, c)", "f(a, b)"]),
        ("a == 'x && y'", "conjunct", []),
        ("a // && b\n&& c", "conjunct", ["c", "a"]),
        ("a &&", "conjunct", []),
        ("a))) && b(((", "conjunct", None),
    ],
)
def test_expressions_are_changed_by_token(source, operator, wanted):
    found = texts(source, operator)
    if wanted is not None:
        assert [" ".join(item.split()) for item in found] == [" ".join(item.split()) for item in wanted]


@given(st.text(alphabet="ab.&|()>=<!? 0123'\",:[]{}", max_size=40))
def test_any_text_has_mutants_that_differ_from_it_or_none(source):
    for item in expression_mutants(source):
        assert item.text != source


@pytest.mark.parametrize(
    ("text", "up", "wanted"),
    [
        ("0.8", True, "0.7"),
        ("0.80", True, "0.79"),
        ("0.8", False, "0.9"),
        ("30", True, "29"),
        ("0", False, "1"),
        ("-0.5", True, "-0.6"),
        ("1e3", True, None),
        ("x", True, None),
    ],
)
def test_a_step_is_the_last_decimal_written(text, up, wanted):
    assert looser_number(text, up=up) == wanted


POLICY = """\
# a comment with - dashes: and colons
apiVersion: govern/v1
kind: Policy
metadata: {name: p, version: "1"}
spec:
  applies_when: model.tags.exists(t, t == "credit")
  params:
    floor: {type: number, default: 0.8, tighten: up}
    age: {type: duration, default: 30d, tighten: down}
    names: {type: set, default: [a, 'b c'], tighten: superset, values: [a, 'b c', d]}
  rules:
    # the first rule
    - id: parity
      when: 'model.risk_tier == "high"'
      check: fairness.disparity
      with:
        metric: selection_rate
        compare: ratio
        at_least: ${params.floor}
        attributes:
          - sex
          - race  # both
          - [sex, race]
        min_n: 50
        decide: demonstrated
        bound: true
        max_age: 90d

    - {id: card, severity: low, check: model_card.sections, with: {required: [intended_use, "limitations"], min_words: {default: 20}}}
    - id: words
      enforcement: block
      check: expression
      with:
        assert: |
          metrics.auc >= 0.8 &&
          size(params.names) > 1 && card.owners.exists(o, o == "it's")
    - id: board
      check: approval.quorum
      with:
        roles: [{role: approver, count: 2}, {role: approver/risk}]
    # the end
"""


def made(text: str, *, every_rule: bool = True):
    found = compiled(text, stage=Stage.PRE_REGISTRATION)
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    return list(policy_mutants(found.policies[0], text.encode(), every_rule=every_rule))


WANTED = {
    "p:condition:applies_when",
    "p:quantifier:applies_when#exists1",
    "p:looser:params.floor",
    "p:duration:params.age",
    "p:member:params.names[a]",
    "p:member:params.names[b c]",
    "p/parity:member:with.attributes[sex]",
    "p/parity:member:with.attributes[race]",
    "p/parity:member:with.attributes[[sex, race]]",
    "p/parity:looser:with.min_n",
    "p/parity:weaker:with.decide",
    "p/parity:weaker:with.bound",
    "p/parity:duration:with.max_age",
    "p/parity:condition:when",
    "p/parity:enforcement",
    "p/parity:removed",
    "p/card:member:with.required[intended_use]",
    "p/card:member:with.required[limitations]",
    "p/card:looser:with.min_words.default",
    "p/card:removed",
    "p/words:strictness:with.assert#>=1",
    "p/words:strictness:with.assert#>2",
    "p/words:logic:with.assert#&&1",
    "p/words:logic:with.assert#&&2",
    "p/words:quantifier:with.assert#exists1",
    "p/words:looser:with.assert#1",
    "p/words:looser:with.assert#2",
    "p/words:conjunct:with.assert#1",
    "p/words:conjunct:with.assert#2",
    "p/words:conjunct:with.assert#3",
    "p/words:enforcement",
    "p/words:removed",
    "p/board:member:with.roles[approver]",
    "p/board:looser:with.roles[approver].count",
    "p/board:member:with.roles[approver/risk]",
    "p/board:enforcement",
    "p/board:removed",
}


def test_every_weakening_of_a_policy_is_made_once():
    found = [item.id for item in made(POLICY)]
    assert len(found) == len(set(found))
    assert set(found) == WANTED


def test_rules_that_never_block_are_left_alone_unless_asked():
    assert not any(item.id.startswith("p/card") for item in made(POLICY, every_rule=False))


@pytest.mark.parametrize("mutant", made(POLICY), ids=lambda item: item.id)
def test_a_mutant_changes_its_place_and_nothing_else(mutant):
    """What the file says is compared, key by key, before and after."""
    source = SourceText(POLICY.encode())
    before = value_of(parse_yaml(POLICY.encode(), file=FILE, strictness="policy"))
    after = value_of(parse_yaml(source.edited(mutant.edit), file=FILE, strictness="policy"))
    assert before != after
    held, new = before["spec"].pop("rules"), after["spec"].pop("rules")
    of_policy = mutant.id.startswith("p:")
    assert (before == after) is not of_policy
    changed = [item for item in held if item not in new]
    added = [item for item in new if item not in held]
    if of_policy:
        assert changed == added == []
        return
    name = mutant.id.split("/", 1)[1].split(":", 1)[0]
    assert [item["id"] for item in changed] == [name]
    if mutant.id.endswith(":removed"):
        assert added == []
        return
    (one,) = added
    keys = {key for key in {*one, *changed[0]} if one.get(key) != changed[0].get(key)}
    assert keys == {mutant.id.split(":")[2].split(".")[0].split("#")[0] if mutant.id.count(":") > 1 else "enforcement"}
    assert source.diff(mutant.edit, file=FILE).startswith(f"--- {FILE}")
    if "with." in mutant.id:
        inner = {
            key for key in {*one["with"], *changed[0]["with"]} if one["with"].get(key) != changed[0]["with"].get(key)
        }
        assert len(inner) == 1


@pytest.mark.parametrize(
    "rules",
    [
        "  rules:\n    - id: a\n      check: lineage.present\n",
        "  rules: [{id: a, check: lineage.present}, {id: b, check: lineage.closed}]\n",
        "  rules:\n  - id: a\n    check: lineage.present\n  - id: b\n    check: lineage.closed\n    title: 'last'\n",
        "  rules:\n  - {id: a, check: lineage.present}\n\n  # between\n  -   id: b\n      check: lineage.closed",
    ],
)
def test_a_rule_is_taken_out_of_a_list_of_any_style(rules):
    text = f'apiVersion: govern/v1\nkind: Policy\nmetadata: {{name: p, version: "1"}}\nspec:\n{rules}'
    for mutant in made(text):
        if mutant.id.endswith((":removed", ":enforcement")):
            after = value_of(parse_yaml(SourceText(text.encode()).edited(mutant.edit), file=FILE, strictness="policy"))
            names = [item["id"] for item in after["spec"]["rules"]]
            name = mutant.id.split("/")[1].split(":")[0]
            assert (name in names) is mutant.id.endswith(":enforcement"), mutant.id


@given(st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(0, 6))
def test_line_ends_marks_and_indentation_do_not_matter(end, bom, indent):
    body = textwrap.indent(POLICY.split("spec:\n")[1], " " * indent)
    text = ("\ufeff" if bom else "") + (POLICY.split("spec:\n", maxsplit=1)[0] + "spec:\n" + body).replace("\n", end)
    found = compiled(text.replace("\ufeff", "").replace("\r\n", "\n"))
    assert found.plan is not None
    found = compiled(text)
    mutants = list(policy_mutants(found.policies[0], text.encode(), every_rule=True))
    assert {item.id for item in mutants} == WANTED
    for mutant in mutants:
        parse_yaml(SourceText(text.encode()).edited(mutant.edit), file=FILE, strictness="policy")
