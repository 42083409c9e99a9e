"""Overlays: strictest wins, nothing loosens, and every parameter of every kind moves only in its direction."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.policy.outcomes import Enforcement, Stage
from support.compiling import errors
from support.packs_of_policies import Shelf, policy_yaml

BASE = """\
- id: parity
  check: fairness.disparity
  enforcement: warn
  severity: medium
  stages: [pre-registration]
  with:
    metric: selection_rate
    compare: ratio
    at_least: ${params.min_ratio}
    attributes: [sex]
    min_n: 30
- id: auc
  check: expression
  when: '"eu" in model.jurisdictions'
  with:
    assert: metrics.auc >= 0.8
- id: card
  check: model_card.sections
  with:
    required: [owner]
    min_words: {default: 8, evaluation: 12}
"""
PARAMS = "params:\n  min_ratio: {type: number, default: 0.8, tighten: up}\n  note: {type: string, default: a}"


def shelf() -> Shelf:
    rules = BASE + "- {id: note, check: expression, with: {assert: 'model.purpose == params.note'}}\n"
    return Shelf().put("base", {"policies/base.yaml": policy_yaml("base", rules, spec=PARAMS)})


def importing(*overlays: str, pack: str = "base") -> str:
    """The imports of one policy; each overlay is the rest of an import, in flow style."""
    return "imports:\n" + "\n".join(f'  - {{pack: {pack}, version: "1"{text}}}' for text in overlays)


def compiled(*overlays: str, stage: Stage = Stage.PRE_REGISTRATION, params=None):
    policies = {
        f"policies/p{index}.yaml": policy_yaml(f"p{index}", "", spec=importing(text))
        for index, text in enumerate(overlays)
    }
    return shelf().compile(policies, stage=stage, params=params)


def rule(found, name: str):
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    return next(item for item in found.plan.rules if item.id == name)


def codes(found):
    return [item.code for item in errors(found)]


def test_parameters_of_a_pack_are_tightened():
    found = compiled(", params: {min_ratio: 0.85}")
    assert str(rule(found, "base/parity").params.at_least) == "0.85"
    assert found.plan.document["params"]["base/min_ratio"]["value"] == "0.85"


def test_the_strictest_of_several_imports_wins_in_every_order():
    texts = [", params: {min_ratio: 0.85}", ", params: {base/min_ratio: 0.9}", ", params: {min_ratio: 0.8}"]
    for order in itertools.permutations(texts):
        assert str(rule(compiled(*order), "base/parity").params.at_least) == "0.9"


def test_keys_of_a_rule_are_tightened():
    found = compiled(
        ", rules: {base/parity: {enforcement: block, severity: high, stages: [pre-deployment], waivable: false, "
        "max_waiver_days: 30, with: {min_n: 50, attributes: [race, sex], bound: true}}}",
        stage=Stage.PRE_DEPLOYMENT,
    )
    made = rule(found, "base/parity")
    assert made.enforcement is Enforcement.BLOCK
    assert (made.severity, made.waivable, made.max_waiver_days) == ("high", False, 30)
    assert (made.params.min_n, made.params.attributes, made.params.bound) == (50, ("race", "sex"), True)
    assert rule(compiled(""), "base/parity").params.min_n == 30


def test_what_is_raised_by_severity_alone_keeps_its_enforcement():
    low = "- {id: x, check: lineage.bound, severity: low}"
    held = Shelf().put("base", {"policies/b.yaml": policy_yaml("base", low)})
    found = held.compile({"p.yaml": policy_yaml("p", "", spec=importing(", rules: {base/x: {severity: high}}"))})
    assert rule(found, "base/x").enforcement is Enforcement.WARN


def test_mappings_are_tightened_key_by_key():
    found = compiled(
        ", rules: {base/card: {with: {min_words: {evaluation: 20, owner: 3}, required: [owner, contact]}}}"
    )
    words = rule(found, "base/card").params.min_words
    assert (words["default"], words["evaluation"], words["owner"]) == (8, 20, 3)


def test_assertions_are_added():
    found = compiled(", rules: {base/auc: {and_assert: 'metrics.brier <= 0.2'}}")
    made = rule(found, "base/auc")
    assert [item["text"] for item in made.document["with"]["and_assert"]] == ["metrics.brier<=0.2"]
    assert {"kind": "metrics", "reads": ["metrics.auc", "metrics.brier"]} in found.plan.document["evidence"]
    assert made.digest != rule(compiled(""), "base/auc").digest


def test_conditions_are_widened():
    found = compiled(", rules: {base/auc: {also_when: '\"uk\" in model.jurisdictions'}}")
    made = rule(found, "base/auc")
    assert len(made.when) == 1
    assert [item.text for item in made.also_when] == ['"uk" in model.jurisdictions']
    assert made.digest != rule(compiled(""), "base/auc").digest


def test_the_order_of_several_additions_is_no_meaning():
    texts = [
        ", rules: {base/auc: {and_assert: 'metrics.brier <= 0.2', also_when: 'model.third_party'}}",
        ", rules: {base/auc: {and_assert: 'metrics.f1 >= 0.5', also_when: '\"uk\" in model.jurisdictions'}}",
    ]
    plans = [compiled(*order).plan for order in itertools.permutations(texts)]
    digests = {{item.id: item.digest for item in plan.rules}["base/auc"] for plan in plans}
    assert len(digests) == 1


LOOSER = [
    (", params: {min_ratio: 0.7}", "P307", "0.7 is not tighter than 0.8"),
    (", params: {note: b}", "P307", "may not be changed"),
    (", rules: {base/parity: {enforcement: record}}", "P307", "record is not tighter than warn"),
    (", rules: {base/parity: {severity: low}}", "P307", "low is not tighter than medium"),
    (", rules: {base/parity: {max_waiver_days: 91}}", "P307", "may only be lowered"),
    (", rules: {base/parity: {with: {min_n: 29}}}", "P307", "min_n of the rule base/parity may only be raised"),
    (", rules: {base/parity: {with: {attributes: [race]}}}", "P307", "members may only be added"),
    (", rules: {base/parity: {with: {metric: accuracy}}}", "P307", "may not be changed"),
    (", rules: {base/card: {with: {min_words: {evaluation: 9}}}}", "P307", "may only be raised"),
    (", rules: {base/auc: {with: {assert: 'true'}}}", "P307", "may not be changed"),
    (", rules: {base/parity: {with: {at_most: 0.2}}}", "P208", ""),
    (", rules: {base/parity: {with: {max_age: 1}}}", "P207", ""),
    (", rules: {base/parity: {with: {min_m: 50}}}", "P201", "no key 'min_m'"),
    (", rules: {base/parity: {wiht: {}}}", "P201", "no key 'wiht'"),
    (", rules: {base/parity: {enforcement: blok}}", "P204", "found 'blok'"),
    (", rules: {base/parity: {controls: [law/a]}}", "P211", "no control catalogue 'law'"),
    (", rules: {base/parity: {and_assert: 'metrics.auc > 0.5'}}", "P201", "asserts no expression"),
    (", rules: {base/auc: {and_assert: 'metrics.auc >'}}", "P501", ""),
    (", rules: {base/auc: {also_when: 'size(model.tags)'}}", "P505", ""),
    (", rules: {base/paritty: {}}", "P308", "no rule 'base/paritty'"),
    (", params: {min_ration: 0.9}", "P401", "no parameter 'min_ration'"),
    (", params: {min_ratio: high}", "P402", ""),
    (", params: {min_ratio: '${params.x}'}", "P405", "a placeholder in an import"),
    (", rules: {base/parity: {with: {min_n: '${params.n}'}}}", "P405", "a placeholder in an import"),
]


@pytest.mark.parametrize(("overlay", "code", "words"), LOOSER, ids=[f"{row[1]}-{i}" for i, row in enumerate(LOOSER)])
def test_loosening_and_nonsense_are_refused_at_their_place(overlay, code, words):
    found = compiled(overlay)
    assert found.plan is None
    assert codes(found) == [code], [str(item) for item in found.diagnostics]
    fault = errors(found)[0]
    assert words in fault.message
    assert fault.span is not None
    assert (fault.span.file, fault.span.line) == ("policies/p0.yaml", 6)
    if code == "P307":
        assert "govern waive base/" in str(fault.hint)
        assert fault.related[0].span.file == "packs/base/policies/base.yaml"


def test_rules_are_never_taken_away_or_switched_off():
    for key in ("when", "applies_when", "check", "id", "title"):
        assert codes(compiled(f", rules: {{base/auc: {{{key}: x}}}}")) == ["P201"]


def test_a_layer_is_held_against_the_layers_below_it():
    held = shelf().put(
        "org", {"policies/org.yaml": policy_yaml("org", "", spec=importing(", params: {min_ratio: 0.9}"))}
    )
    looser = policy_yaml("team", "", spec=importing(", params: {min_ratio: 0.85}", pack="org"))
    found = held.compile({"team.yaml": looser})
    assert codes(found) == ["P307"]
    assert "0.85 is not tighter than 0.9" in errors(found)[0].message
    assert errors(found)[0].related[0].span.file == "packs/org/policies/org.yaml"
    tighter = policy_yaml("team", "", spec=importing(", params: {min_ratio: 0.95}", pack="org"))
    assert str(rule(held.compile({"team.yaml": tighter}), "base/parity").params.at_least) == "0.95"


def test_layers_beside_each_other_do_not_loosen_each_other():
    held = shelf().put(
        "org", {"policies/org.yaml": policy_yaml("org", "", spec=importing(", params: {min_ratio: 0.9}"))}
    )
    policies = {
        "a.yaml": policy_yaml("a", "", spec=importing("", pack="org")),
        "b.yaml": policy_yaml("b", "", spec=importing(", params: {min_ratio: 0.85}")),
    }
    assert str(rule(held.compile(policies), "base/parity").params.at_least) == "0.9"


def test_the_command_line_is_the_last_layer():
    assert (
        str(rule(compiled(", params: {min_ratio: 0.85}", params={"min_ratio": "0.9"}), "base/parity").params.at_least)
        == "0.9"
    )
    found = compiled(", params: {min_ratio: 0.85}", params={"min_ratio": "0.81"})
    assert codes(found) == ["P307"]


def test_two_values_without_an_order():
    age = ", rules: {base/parity: {with: {max_age: %s}}}"
    found = compiled(age % "1mo", age % "30d")
    assert codes(found) == ["P309"]
    assert "neither is the stricter" in errors(found)[0].message
    assert codes(compiled(age % "1mo", age % "20d")) == []


def test_origins_name_every_layer():
    found = compiled(", params: {min_ratio: 0.85}, rules: {base/parity: {severity: high, with: {min_n: 40}}}")
    places = found.source_map
    index = [item.id for item in found.plan.rules].index("base/parity")
    assert [item.file for item in places["/params/base~1min_ratio"]] == [
        "packs/base/policies/base.yaml",
        "policies/p0.yaml",
    ]
    for name in ("severity", "with/min_n"):
        assert [item.file for item in places[f"/rules/{index}/{name}"]][-1] == "policies/p0.yaml"


def test_a_redundant_overlay_changes_no_digest():
    plain = compiled("").plan
    again = compiled(", params: {min_ratio: 0.80}, rules: {base/parity: {enforcement: warn, with: {min_n: 30}}}").plan
    assert {item.id: item.digest for item in plain.rules} == {item.id: item.digest for item in again.rules}
    assert plain.document["rules"] == again.document["rules"]


overlay = st.fixed_dictionaries(
    {},
    optional={
        "min_ratio": st.sampled_from(["0.7", "0.8", "0.85", "0.9", "1"]),
        "enforcement": st.sampled_from(["record", "warn", "block"]),
        "severity": st.sampled_from(["low", "medium", "high", "critical"]),
        "min_n": st.sampled_from(["10", "30", "31", "100"]),
        "attributes": st.sampled_from(["[sex]", "[sex, race]", "[race]", "[sex, age]"]),
        "max_waiver_days": st.sampled_from(["10", "90", "91"]),
    },
)
RANK = {"record": 0, "warn": 1, "block": 2, "low": 0, "medium": 1, "high": 2, "critical": 3}


def written(held: dict[str, str]) -> str:
    keys = [f"{key}: {held[key]}" for key in ("enforcement", "severity", "max_waiver_days") if key in held]
    inner = [f"{key}: {held[key]}" for key in ("min_n", "attributes") if key in held]
    keys += [f"with: {{{', '.join(inner)}}}"] if inner else []
    params = f", params: {{min_ratio: {held['min_ratio']}}}" if "min_ratio" in held else ""
    return f"{params}, rules: {{base/parity: {{{', '.join(keys)}}}}}" if keys else params


@settings(max_examples=120, deadline=None)
@given(st.lists(overlay, min_size=1, max_size=3))
def test_no_chain_of_overlays_that_compiles_loosens_anything(layers):
    found = compiled(*[written(layer) for layer in layers])
    if found.plan is None:
        assert set(codes(found)) <= {"P307", "P309"}
        return
    made, plain = rule(found, "base/parity"), rule(compiled(""), "base/parity")
    assert made.params.at_least >= plain.params.at_least
    assert made.params.min_n >= plain.params.min_n
    assert set(made.params.attributes) >= set(plain.params.attributes)
    assert RANK[made.enforcement.value] >= RANK[plain.enforcement.value]
    assert RANK[made.severity] >= RANK[plain.severity]
    assert made.max_waiver_days <= plain.max_waiver_days


@settings(max_examples=60, deadline=None)
@given(st.lists(overlay, min_size=2, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_imports_changes_no_byte(layers, rng):
    texts = [written(layer) for layer in layers]
    first = compiled(*texts)
    rng.shuffle(texts)
    second = compiled(*texts)
    if first.plan is None or second.plan is None:
        assert first.plan is second.plan is None
        return
    assert first.plan.document["rules"] == second.plan.document["rules"]
    assert first.plan.document["params"] == second.plan.document["params"]
