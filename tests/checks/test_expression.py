"""The check kind `expression` over a real bundle: pass, fail, missing, unreadable, unbound, and what it shows."""

from __future__ import annotations

import json

import pytest

from govern.bundle.record import ModelRecord, Spec
from govern.checks.context import CheckContext
from govern.checks.expression.assertion import CHECKS
from govern.checks.roots import root_of
from govern.evidence.schema import evidence_schema
from govern.policy.compile import compile_policies
from govern.policy.evidence_schema import AnyType, ListType, MapType, ScalarType
from govern.policy.outcomes import Outcome, Stage
from support.bundles import CARD, BundleBuilder

(CHECK,) = CHECKS


def rule(assertion, *, params="", **given):
    with_ = json.dumps({"assert": assertion, **given})
    text = (
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: 1.0.0}\nspec:\n"
        f"{params}  rules:\n    - id: r\n      check: expression\n      with: {with_}\n"
    )
    found = compile_policies(
        {"p.yaml": text.encode()},
        stage=Stage.PRE_REGISTRATION,
        checks={"expression": CHECK.spec},
        evidence_schema=evidence_schema(),
    )
    assert found.plan is not None, [str(item) for item in found.diagnostics]
    return found.plan.rules[0]


def context_of(builder):
    return CheckContext(bundle=builder.open(), stage="pre-registration")


def judged(builder, assertion, **given):
    return CHECK.evaluate(rule(assertion, **given).params, context_of(builder))


@pytest.fixture
def builder(tmp_path):
    return BundleBuilder(tmp_path)


@pytest.mark.parametrize(
    ("first", "more", "outcome"),
    [
        ("metrics.accuracy >= 0.8", ["size(card.license) > 0"], Outcome.PASS),
        ("metrics.accuracy >= 0.8", ["size(card.license) > 9"], Outcome.FAIL),
        ("metrics.accuracy >= 0.99", ["size(card.license) > 0"], Outcome.FAIL),
        ("metrics.accuracy >= 0.8", ["metrics.mcc < 0.2"], Outcome.MISSING_EVIDENCE),
        ("metrics.accuracy >= 0.8", ["size(card.license) > 0", "metrics.mcc < 0.2"], Outcome.MISSING_EVIDENCE),
        ("metrics.accuracy >= 0.99", ["metrics.mcc < 0.2"], Outcome.FAIL),
    ],
)
def test_every_assertion_must_hold_and_the_worst_decides(builder, first, more, outcome):
    made = judged(builder, first, and_assert=more)
    assert made.outcome is outcome
    alone = [judged(builder, text).outcome for text in (first, *more)]
    assert (made.outcome is Outcome.PASS) == all(item is Outcome.PASS for item in alone)
    if outcome is Outcome.PASS:
        assert len(made.facts["conjuncts"]) == 1 + len(more)
        assert made.required == "metrics.accuracy>=0.8 && size(card.license)>0"


def test_passes_and_names_its_evidence(builder):
    found = judged(builder, "metrics.accuracy >= 0.8 && size(card.license) > 0")
    assert found.outcome is Outcome.PASS, found
    assert {item.name for item in found.evidence} >= {"metrics", "predictions", "model_card"}
    assert found.observed == 'metrics.accuracy = 0.9; card.license = ["apache-2.0"]; size(card.license) = 1'
    assert found.required == "metrics.accuracy>=0.8&&size(card.license)>0"
    assert found.facts["conjuncts"][0] == {
        "text": "metrics.accuracy >= 0.8",
        "result": "true",
        "value": "true",
        "values": [{"of": "metrics.accuracy", "value": "0.9"}],
    }


def test_one_finding_for_each_false_part(builder):
    found = judged(builder, "metrics.accuracy >= 0.95 && size(card.license) > 0 && size(card.datasets) > 4")
    assert found.outcome is Outcome.FAIL
    assert [(item.code, item.required, item.observed) for item in found.findings] == [
        ("C101", "metrics.accuracy >= 0.95", "metrics.accuracy = 0.9"),
        ("C101", "size(card.datasets) > 4", 'card.datasets = ["acme/loans"]; size(card.datasets) = 1'),
    ]


def test_a_finding_tells_every_subexpression_and_observes_what_was_measured(builder):
    assertion = "metrics.accuracy > 0.99 || (size(card.datasets) > 4 && !('x' in model.tags))"
    (finding,) = judged(builder, assertion).findings
    assert finding.detail == (
        f"{assertion} is false: metrics.accuracy is 0.9; metrics.accuracy > 0.99 is false; "
        'card.datasets is ["acme/loans"]; size(card.datasets) is 1; size(card.datasets) > 4 is false; '
        "model.tags is [\"credit\"]; 'x' in model.tags is false; "
        "size(card.datasets) > 4 && !('x' in model.tags) is false."
    )
    assert finding.observed == (
        'metrics.accuracy = 0.9; card.datasets = ["acme/loans"]; size(card.datasets) = 1; model.tags = ["credit"]'
    )


def test_a_finding_names_the_member_that_decided(builder):
    builder.record(necessary_columns=["income", "race"])
    assertion = "size(model.necessary_columns) > 0 && model.necessary_columns.all(c, c != 'race')"
    (finding,) = judged(builder, assertion).findings
    assert finding.detail == (
        "model.necessary_columns.all(c, c != 'race') is false (model.necessary_columns[1] decides): "
        'model.necessary_columns is ["income", "race"]; model.necessary_columns[1] is "race"; '
        "model.necessary_columns[1] != 'race' is false."
    )
    assert finding.observed == 'model.necessary_columns = ["income", "race"]; model.necessary_columns[1] = "race"'


@pytest.mark.parametrize(
    ("limit", "outcome"), [("0.9", Outcome.PASS), ("0.90001", Outcome.FAIL), ("0.89999", Outcome.PASS)]
)
def test_boundary(builder, limit, outcome):
    assert judged(builder, f"metrics.accuracy >= {limit}").outcome is outcome


def test_missing_evidence_names_the_path_and_where_was_looked(builder):
    builder.remove("README.md").record(cards=None)
    found = judged(builder, "size(card.owners) > 0")
    assert found.outcome is Outcome.MISSING_EVIDENCE
    assert found.findings[0].code == "C102"
    assert "card" in found.findings[0].detail
    found = judged(builder, "metrics.brier_of_another_kind >= 0.8")
    assert found.outcome is Outcome.MISSING_EVIDENCE
    assert "metrics.json" in found.findings[0].detail


def test_undeclared_facts_are_missing(builder):
    builder.record(third_party=None)
    assert judged(builder, "model.third_party == true").outcome is Outcome.MISSING_EVIDENCE
    builder.record(third_party=False)
    assert judged(builder, "model.third_party == true").outcome is Outcome.FAIL


def test_unreadable_evidence_is_an_error(builder):
    builder.file("metrics.json", '{"accuracy": NaN}')
    found = judged(builder, "metrics.accuracy >= 0.8")
    assert found.outcome is Outcome.ERROR
    assert found.findings[0].code == "C103"


def test_empty_list_does_not_pass(builder):
    builder.record(necessary_columns=[])
    assertion = "size(model.necessary_columns) > 0 && model.necessary_columns.all(c, c != 'race')"
    assert judged(builder, assertion).outcome is Outcome.FAIL
    builder.record(necessary_columns=["income"])
    assert judged(builder, assertion).outcome is Outcome.PASS
    builder.record(necessary_columns=["income", "race"])
    assert judged(builder, assertion).outcome is Outcome.FAIL


def test_demands_of_every_kind(builder):
    assert judged(builder, "size(model.owner.name) > 0", bound=True).outcome is Outcome.PASS
    unbound = judged(builder, "metrics.accuracy >= 0.8", bound=True)
    assert unbound.outcome is Outcome.MISSING_EVIDENCE
    assert "metrics.json" in unbound.findings[0].detail
    for given in ({"max_age": "30d"}, {"min_grade": "E1"}):
        found = judged(builder, "size(model.owner.name) > 0", **given)
        assert found.outcome is Outcome.MISSING_EVIDENCE, given
        assert found.findings[0].code == "C105"


def test_parameters_of_the_policy(builder):
    params = "  params:\n    floor: {type: number, default: 0.85}\n    tiers: {type: set, default: [low, medium]}\n"
    assert judged(builder, "metrics.accuracy >= params.floor", params=params).outcome is Outcome.PASS
    assert judged(builder, "model.risk_tier in params.tiers", params=params).outcome is Outcome.PASS
    higher = params.replace("0.85", "0.95")
    assert judged(builder, "metrics.accuracy >= params.floor", params=higher).outcome is Outcome.FAIL


def test_absence_that_the_author_allows(builder):
    assertion = "has(model.vendor) ? size(model.vendor.name) > 0 : true"
    found = judged(builder, assertion, may_be_absent=["model.vendor"])
    assert found.outcome is Outcome.PASS
    assert rule(assertion, may_be_absent=["model.vendor"]).document["with"]["may_be_absent"] == ["model.vendor"]


def test_shown_values(builder):
    found = judged(builder, "metrics.accuracy >= 0.8", show={"Owner": "model.owner.name", "Tags": "model.tags[]"})
    assert found.facts["shown"] == {"Owner": '"Retail credit models"', "Tags": '["credit"]'}


def test_hostile_text_stays_text(builder):
    builder.record(purpose="x' || true //")
    found = judged(builder, "model.purpose == 'y'")
    assert found.outcome is Outcome.FAIL
    builder.file("README.md", CARD.replace("apache-2.0", "'\\u001b[31m'"))
    assert judged(builder, "size(card.license) > 5").outcome in (Outcome.FAIL, Outcome.ERROR, Outcome.MISSING_EVIDENCE)


def test_bundle_and_stage(builder):
    assert judged(builder, "bundle.layout == 'plain' && bundle.files > 3").outcome is Outcome.PASS
    assert judged(builder, "bundle.files > 3 && stage == 'pre-registration'").outcome is Outcome.PASS


def test_evidence_is_bound_once_a_run(builder):
    context = context_of(builder)
    made = rule("metrics.accuracy >= 0.8")
    first = context.bind(frozenset(["metrics"]), {})
    assert CHECK.evaluate(made.params, context).outcome is Outcome.PASS
    assert context.bind(frozenset(["metrics"]), {}) is first


def test_conditions_over_a_real_bundle(builder):
    context = context_of(builder)
    text = (
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: 1.0.0}\nspec:\n"
        "  applies_when: model.tags.exists(t, t == 'text')\n"
        "  rules:\n    - {id: r, check: expression, with: {assert: metrics.accuracy > 0.5}}\n"
    )
    found = compile_policies(
        {"p.yaml": text.encode()},
        stage=Stage.PRE_REGISTRATION,
        checks={"expression": CHECK.spec},
        evidence_schema=evidence_schema(),
    )
    assert "is false" in found.plan.rules[0].switched_off(context)
    other = CheckContext(bundle=builder.record(tags=None).open(), stage="pre-registration")
    assert found.plan.rules[0].switched_off(other) is None


def test_a_root_that_crashes_is_an_error_and_applies(builder, monkeypatch):
    from govern.checks.cards import sections

    def crash(_context):
        raise RuntimeError("boom")

    monkeypatch.setattr(sections, "card_root", crash)
    found = judged(builder, "size(card.owners) > 0")
    assert found.outcome is Outcome.ERROR
    assert "crashed (RuntimeError)" in found.summary


def fits(value, schema, path):
    """Check that a value of the record has the published type."""
    match schema:
        case ScalarType(kind="text"):
            assert isinstance(value, str), path
        case ScalarType(kind="bool"):
            assert isinstance(value, bool), path
        case ScalarType():
            assert not isinstance(value, str | bool | list | dict), path
        case ListType():
            assert isinstance(value, list), path
            for item in value:
                fits(item, schema.item, path)
        case MapType():
            for key, item in value.items():
                held = schema.fields.get(key, schema.value)
                assert held is not None, f"{path}.{key} is not published"
                fits(item, held, f"{path}.{key}")
        case AnyType():
            pass


def test_every_field_of_the_record_is_published():
    model = evidence_schema().roots["model"].type
    assert isinstance(model, MapType)
    declared = {*ModelRecord.model_fields["metadata"].annotation.model_fields, *Spec.model_fields}
    assert set(model.fields) == declared

    def compare(type_, part):
        for name, item in part.model_fields.items():
            inner = [
                arg
                for arg in [item.annotation, *getattr(item.annotation, "__args__", ())]
                if hasattr(arg, "model_fields")
            ]
            if inner and isinstance(type_.fields[name], MapType) and type_.fields[name].fields:
                assert set(type_.fields[name].fields) == set(inner[0].model_fields), name
                compare(type_.fields[name], inner[0])

    compare(model, Spec)


@pytest.mark.parametrize("name", ["model", "bundle", "card", "metrics", "lineage", "dependencies", "artefacts"])
def test_roots_have_the_published_shape(builder, name):
    builder.record(
        third_party=True,
        necessary_columns=["income"],
        materiality={"exposure": "low", "purpose": "high", "reason": "r"},
        sla={"availability": 0.999, "latency_ms": {"p95": 20}},
        rollback={"procedure": "docs/back.md", "kill_switch": True, "tested_on": "2026-01-01"},
    )
    found = root_of(context_of(builder), name)
    assert found is not None
    assert found.evidence
    schema = evidence_schema().roots[name].type
    fits(found.value, schema, name)
    if isinstance(schema, MapType):
        assert found.value
