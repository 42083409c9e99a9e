"""Differences by the lattice: what each change means, and that it means the opposite the other way round."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.difference.diff import Difference, PolicyDiff, diff
from govern.policy.difference.rules import RuleDiff
from govern.policy.difference.versions import Bump, too_small
from govern.policy.overlays.lattice import Order, compare, fields_of
from support.compiling import compiled, errors, with_rule

VERSIONED = 'metadata: {name: p, version: "%s"}'


def difference(old: str, new: str, *more: str) -> Difference:
    before, after = compiled(old, *more, stage=None), compiled(new, *more, stage=None)
    assert errors(before) == [], errors(before)
    assert errors(after) == [], errors(after)
    return diff(before, after)


def rule_diff(old: str, new: str) -> RuleDiff | None:
    """Two versions of one rule, as the YAML of its keys."""
    found = difference(with_rule(old), with_rule(new))
    if not found.policies:
        return None
    ((only,),) = [policy.rules for policy in found.policies]
    return only


def status(old: str, new: str) -> str:
    found = rule_diff(old, new)
    return "same" if found is None else found.status


TURNED = {"tightened": "loosened", "loosened": "tightened", "added": "removed", "removed": "added"}


def both_ways(old: str, new: str, expected: str) -> None:
    assert status(old, new) == expected
    assert status(new, old) == TURNED.get(expected, expected)
    assert status(old, old) == status(new, new) == "same"


RULE = """\
id: r
title: Title
severity: high
enforcement: block
stages: [pre-registration]
controls: []
waivable: true
max_waiver_days: 30
check: performance.threshold
with: {metric: auc, at_least: 0.8, min_n: 10}
remediation: Do it.
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("at_least: 0.8", "at_least: 0.85", "tightened"),
        ("at_least: 0.8", "at_least: 0.80", "same"),
        ("min_n: 10", "min_n: 9", "loosened"),
        ("min_n: 10", "min_n: 10, bound: true", "tightened"),
        ("min_n: 10", "min_n: 10, max_age: 30d", "tightened"),
        ("min_n: 10", "min_n: 10, dataset: other", "incomparable"),
        ("at_least: 0.8, min_n: 10", "at_least: 0.9, min_n: 5", "incomparable"),
        ("metric: auc", "metric: f1", "incomparable"),
        ("enforcement: block", "enforcement: warn", "loosened"),
        ("enforcement: block", "enforcement: record", "loosened"),
        ("severity: high", "severity: critical", "tightened"),
        ("stages: [pre-registration]", "stages: [pre-registration, pre-deployment]", "tightened"),
        ("stages: [pre-registration]", "stages: [pre-deployment]", "incomparable"),
        ("waivable: true", "waivable: false", "tightened"),
        ("max_waiver_days: 30", "max_waiver_days: 60", "loosened"),
        ("title: Title", "title: Other", "text"),
        ("remediation: Do it.", "message: 'AUC is {value}'", "text"),
        ("check: performance.threshold\nwith: {metric: auc, at_least: 0.8, min_n: 10}", "check: lineage.present", "incomparable"),
        ("remediation: Do it.", "when: model.third_party == true", "loosened"),
    ],
)  # fmt: skip
def test_one_change_of_a_rule(old, new, expected):
    assert old in RULE
    both_ways(RULE, RULE.replace(old, new), expected)


def assertion(text: str, extra: str = "") -> str:
    return f"id: r\ncheck: expression\nwith:\n  assert: '{text}'\n{extra}"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("metrics.auc >= 0.8", "metrics.auc>=0.80 // the same", "same"),
        ("metrics.auc >= 0.8", "0.8 <= metrics.auc", "same"),
        ("metrics.auc >= 0.8", "metrics.auc >= 0.85", "tightened"),
        ("metrics.auc >= 0.8", "metrics.auc > 0.8", "tightened"),
        ("metrics.brier <= 0.2", "metrics.brier <= 0.1", "tightened"),
        ("metrics.brier < 0.2", "metrics.brier <= 0.2", "loosened"),
        ("metrics.auc >= 0.8", "metrics.auc >= 0.8 && size(card.owners) > 0", "tightened"),
        ("size(card.owners) > 0 && metrics.auc >= 0.8", "metrics.auc >= 0.8 && size(card.owners) > 0", "same"),
        ("metrics.auc >= 0.8 && metrics.auc >= 0.7", "metrics.auc >= 0.8", "same"),
        ("metrics.auc >= 0.8 && size(card.owners) > 0", "metrics.auc >= 0.7 && size(card.owners) > 1", "incomparable"),
        ("metrics.auc >= 0.8", "metrics.f1 >= 0.8", "incomparable"),
        ("metrics.auc >= 0.8 || metrics.f1 >= 0.8", "metrics.auc >= 0.9 || metrics.f1 >= 0.8", "incomparable"),
        ('model.risk_tier == "low"', 'model.risk_tier == "high"', "incomparable"),
        ('model.risk_tier in ["low", "medium"]', 'model.risk_tier in ["low"]', "tightened"),
        ('model.risk_tier in ["low", "medium"]', 'model.risk_tier in ["medium", "low"]', "same"),
        ('model.risk_tier in ["low", "medium"]', 'model.risk_tier in ["low", "high"]', "incomparable"),
        ("metrics['auc'] >= 0.8", "metrics.auc >= 0.8", "incomparable"),
    ],
)
def test_assertions_conjunct_by_conjunct(old, new, expected):
    quoted = [item.replace("'", "''") for item in (old, new)]
    if "'auc'" in old:  # the tree differs although the path is one: not shown to be the same
        assert status(*map(assertion, quoted)) == expected
    else:
        both_ways(*map(assertion, quoted), expected)


def test_a_guard_that_lets_a_path_be_absent_is_looser():
    """A conjunct was added; yet `metrics.f1` may now be absent where it had to be there."""
    old = "metrics.f1 >= 0.5 || metrics.auc >= 0.8"
    new = f"({old}) && (has(metrics.f1) || metrics.brier <= 0.2)"
    found = rule_diff(assertion(old), assertion(new, "  may_be_absent: [metrics.f1]\n"))
    assert found is not None
    assert found.status == "incomparable"
    assert ("metrics.f1 must be there", "metrics.f1 may be absent") in [(item.old, item.new) for item in found.changes]


def with_when(text: str) -> str:
    condition = f"when: '{text}'\n" if text else ""
    return f"id: r\n{condition}check: lineage.present"


HIGH, PARTY = 'model.risk_tier == "high"', "model.third_party == true"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (HIGH, "", "tightened"),
        (HIGH, HIGH.replace(" == ", "=="), "same"),
        (HIGH, f"{HIGH} || {PARTY}", "tightened"),
        (HIGH, f"{HIGH} && {PARTY}", "incomparable"),
        (HIGH, PARTY, "incomparable"),
    ],
)
def test_conditions(old, new, expected):
    both_ways(with_when(old), with_when(new), expected)


def test_a_condition_may_move_between_rule_and_policy():
    inside = with_rule(with_when(HIGH))
    outside = with_rule(with_when("")).replace("spec:\n", f"spec:\n  applies_when: '{HIGH}'\n")
    assert difference(inside, outside).empty
    (policy,) = difference(with_rule(with_when("")), outside).policies
    assert [item.status for item in policy.rules] == ["loosened"]


# --- whole policies

TWO = with_rule("id: a\ncheck: lineage.present") + "    - {id: b, check: lineage.closed, enforcement: warn}\n"


def changed(old: str, new: str) -> PolicyDiff:
    (found,) = difference(old, new).policies
    return found


def test_rules_that_come_and_go():
    one = with_rule("id: a\ncheck: lineage.present")
    added = changed(one, TWO)
    assert [(item.rule, item.status, item.enforcement) for item in added.rules] == [("p/b", "added", "warn")]
    assert (added.bump, added.loosens, added.unchanged) == (Bump.MINOR, False, 1)
    removed = changed(TWO, one)
    assert [(item.rule, item.status) for item in removed.rules] == [("p/b", "removed")]
    assert removed.loosens
    blocking = changed(one, TWO.replace(", enforcement: warn", ""))
    assert blocking.bump is Bump.MAJOR


def test_policies_that_come_and_go():
    other = TWO.replace("name: p", "name: q")
    before, after = compiled(TWO, stage=None), compiled(TWO, other, stage=None)
    added, removed = diff(before, after), diff(after, before)
    assert [(item.name, item.status, len(item.rules)) for item in added.policies] == [("q", "added", 2)]
    assert not added.loosens
    assert removed.loosens
    assert added.diagnostics == removed.diagnostics == ()


@pytest.mark.parametrize(
    ("old", "new", "bump", "loosens"),
    [
        ("", "applies_from: 2026-01-01", Bump.MINOR, True),
        ("applies_from: 2026-02-01", "applies_from: 2026-01-01", Bump.MAJOR, False),
        ("applies_until: 2026-02-01", "applies_until: 2026-01-01", Bump.MINOR, True),
        ("applies_until: 2026-02-01", "", Bump.MAJOR, False),
        ("", "title: Other", Bump.PATCH, False),
        ("applies_from: 2026-02-01", "legal_status: pending, applies_from: 2026-02-01", Bump.MINOR, False),
    ],
)
def test_dates_and_standing(old, new, bump, loosens):
    def dated(text: str) -> str:
        extra = f", {text}}}\n" if text else "}\n"
        return with_rule("id: a\ncheck: lineage.present").replace('version: "1"}\n', f'version: "1"{extra}')

    found = changed(dated(old), dated(new))
    assert (found.bump, found.loosens) == (bump, loosens)


def test_a_parameter_counts_through_the_rules_that_use_it():
    def of(value: str) -> str:
        text = with_rule("id: r\ncheck: performance.threshold\nwith: {metric: auc, at_least: '${params.x}'}")
        return text.replace("spec:\n", f"spec:\n  params:\n    x: {{type: number, default: {value}, tighten: up}}\n")

    quoted = [of(value).replace("'${params.x}'", '"${params.x}"') for value in ("0.8", "0.7")]
    plain = [item.replace('"${params.x}"', "${params.x}").replace("{metric: auc, at_least: ${params.x}}", "\n        metric: auc\n        at_least: ${params.x}") for item in quoted]  # fmt: skip
    found = changed(*plain)
    assert [(item.what, item.order) for item in found.changes] == [("params.x", Order.LOOSER)]
    assert [item.status for item in found.rules] == ["loosened"]


def test_an_assertion_is_compared_with_the_values_of_its_parameters():
    def of(value: str) -> str:
        text = with_rule(assertion("metrics.auc >= params.x"))
        return text.replace("spec:\n", f"spec:\n  params:\n    x: {{type: number, default: {value}}}\n")

    (rule,) = changed(of("0.8"), of("0.7")).rules
    assert rule.status == "loosened"
    assert [(item.old, item.new) for item in rule.changes] == [
        ("metrics.auc >= params.x (>= 0.8)", "metrics.auc >= params.x (>= 0.7)")
    ]
    assert difference(of("0.8"), with_rule(assertion("metrics.auc >= 0.8"))).policies[0].rules == ()


REGISTRY = """\
apiVersion: govern/v1
kind: SourceRegistry
metadata: {name: s, version: 1.0.0, owner: o@example.com}
sources: []
"""


def test_a_registry_that_changed_may_loosen():
    text = with_rule("id: a\ncheck: lineage.present")
    before = compiled(text, REGISTRY, stage=None)
    after = compiled(text, REGISTRY.replace("1.0.0", "1.0.1"), stage=None)
    found = diff(before, after)
    assert found.registries == (("s", "changed"),)
    assert found.loosens
    assert diff(before, before).empty


# --- versions


@pytest.mark.parametrize(
    ("old", "new", "bump", "asks"),
    [
        ("1.0.0", "1.0.0", Bump.PATCH, "1.0.1"),
        ("1.0.0", "1.0.1", Bump.PATCH, None),
        ("1.0.9", "1.0.10", Bump.MINOR, "1.1.0"),
        ("1.0.0", "1.1.0", Bump.MAJOR, "2.0.0"),
        ("1.0.0", "2.0.0", Bump.MAJOR, None),
        ("2.0.0", "1.0.0", Bump.PATCH, "2.0.1"),
        ("1", "2", Bump.MAJOR, None),
        ("1", "1", Bump.NONE, None),
        ("spring", "autumn", Bump.MAJOR, None),
    ],
)
def test_whether_a_version_was_raised_enough(old, new, bump, asks):
    found = list(too_small("p", old, new, bump, None))
    assert [item.code for item in found] == ([] if asks is None else ["P809"])
    assert all(f"version {asks}." in str(item.hint) for item in found)


def test_a_version_that_is_too_small_is_named_at_its_place():
    text = with_rule(RULE)
    later = text.replace('"1"', '"1.0.1"').replace("0.8", "0.9")
    (found,) = difference(text.replace('"1"', '"1.0.0"'), later).diagnostics
    assert (found.code, found.span.line, found.span.column) == ("P809", 3, 30)


PACK = "apiVersion: govern/v1\nkind: Pack\nmetadata: {name: p, version: %s, title: P, owner: o@example.com}\n"


def test_a_pack_answers_for_its_policies():
    text = with_rule(RULE)
    before = compiled(text, PACK % "1.0.0", stage=None)
    after = compiled(text.replace('"1"', '"2"').replace("0.8", "0.9"), PACK % "1.1.0", stage=None)
    assert errors(before) == errors(after) == []
    found = diff(before, after)
    assert [(item.name, item.bump) for item in found.packs] == [("p", Bump.MAJOR)]
    assert [(item.code, item.span.file) for item in found.diagnostics] == [("P809", "other-0.yaml")]


# --- every directed parameter of every kind, and any change turned round


def test_a_tightened_field_of_any_kind_is_called_tightened():
    """The fields of the registry decide: whatever a kind declares, diff and lattice say the same."""
    from govern.policy.difference.rules import HeldRule, compare_rules

    base = compiled(with_rule(RULE), stage=None).policies[0]
    held = base.rules[0]
    seen = 0
    for name, direction in fields_of(type(held.params)).items():
        for was, now in ((Decimal("0.8"), Decimal("0.9")), (10, 11), (False, True), ("never", "required")):
            current = getattr(held.params, name, None)
            if type(current) is not type(was) or direction.tighten in ("fixed", "with"):
                continue
            order = compare(direction, was, now)
            sides = [
                HeldRule(base, _changed(held, name, value)) for value in (was, now)
            ]  # fmt: skip
            found = compare_rules(*sides)
            if order in (Order.TIGHTER, Order.LOOSER) and found is not None and found.status != "incomparable":
                assert found.status == ("tightened" if order is Order.TIGHTER else "loosened")
                seen += 1
    assert seen >= 3


def _changed(rule, name, value):
    from dataclasses import replace

    return replace(rule, params=rule.params.model_copy(update={name: value}))


FIELDS = {
    "at_least": ["0.7", "0.8", "0.9"],
    "min_n": ["1", "10", "20"],
    "severity": ["low", "medium", "high"],
    "enforcement": ["record", "warn", "block"],
    "waivable": ["false", "true"],
    "max_waiver_days": ["10", "30"],
    "stages": ["[pre-registration]", "[pre-registration, pre-deployment]", "[pre-deployment]"],
    "title": ["A", "B"],
}
VALUES = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in FIELDS.items()})


def built(values: dict[str, str]) -> str:
    own = "\n".join(f"{name}: {values[name]}" for name in FIELDS if name not in ("at_least", "min_n"))
    inside = f"{{metric: auc, at_least: {values['at_least']}, min_n: {values['min_n']}}}"
    return f"id: r\n{own}\ncheck: performance.threshold\nwith: {inside}"


@given(VALUES, VALUES)
def test_the_other_way_round_it_is_the_opposite(first, second):
    there, back = status(built(first), built(second)), status(built(second), built(first))
    assert back == TURNED.get(there, there)
    assert (there == "same") == (first == second)


LOOSER = {"at_least": "0.7", "min_n": "1", "enforcement": "record", "max_waiver_days": "30", "waivable": "true"}


@given(VALUES, st.sampled_from(sorted(LOOSER)))
def test_a_single_loosening_is_called_loosened(values, name):
    looser = {**values, name: LOOSER[name]}
    assert status(built(values), built(looser)) == ("same" if looser == values else "loosened")
