"""Evidence broken on purpose: a rule that passed must not pass any more, and a rule that does is a hole."""

from __future__ import annotations

import pytest

from govern.checks.interface import Check
from govern.checks.registry import builtin_checks, builtin_specs
from govern.policy.outcomes import CheckResult, EvidenceRef, Outcome
from support.bundles import BundleBuilder, sha256
from support.policy_tests import Desk, cases, rules, survivors

SOURCES = """\
apiVersion: govern/v1
kind: SourceRegistry
metadata: {name: sources, version: 1.0.0, owner: data-governance@example.com}
sources:
  - id: core-loans
    exact: s3://core/loans/2026-03/
    pins: [{sha256: %s, as_of: 2026-03-31}]
    roles: [train, evaluate]
    owner: lending-data@example.com
    events:
      - {type: approved, by: dpo@example.com, effective: 2025-06-01, until: 2027-06-01, recorded: 2025-05-28}
"""

EVERY_KIND = rules(
    """\
    - {id: present, check: model_card.present}
    - id: sections
      check: model_card.sections
      with: {required: [intended_use, limitations, training_data, evaluation, owner, licence]}
    - {id: placeholders, check: model_card.placeholders}
    - {id: fields, check: model_card.fields, with: {required: [/license, /identity/date]}}
    - {id: agree, check: model_card.consistent}
    - {id: claims, check: model_card.claims}
    - {id: licence, check: model_card.licence, with: {allow: [Apache-2.0]}}
    - {id: fresh, check: model_card.fresh}
    - {id: original, check: model_card.original}
    - {id: accuracy, check: performance.threshold, with: {metric: accuracy, at_least: 0.8, bound: true}}
    - {id: stated, check: performance.threshold, with: {metric: accuracy, at_least: 0.8, recompute: never}}
    - {id: auc, check: performance.threshold, with: {metric: auc, at_least: 0.7}}
    - id: change
      check: performance.change
      with: {metric: accuracy, baseline: champion, min_absolute_change: 0.05, same_data: false}
    - {id: benchmark, check: performance.benchmark, with: {metric: accuracy, same_data: false}}
    - {id: importance, check: explainability.global_importance, with: {columns: [age, income]}}
    - id: parity
      check: fairness.disparity
      with: {metric: selection_rate, compare: ratio, at_least: 0.8, attributes: [sex], decide: point}
    - id: errors
      check: fairness.disparity
      with: {metric: false_positive_rate, compare: difference, at_most: 0.1, attributes: [sex], decide: point, bound: true}
    - {id: impact, check: fairness.impact_table, with: {method: selection, tables: [sex], bound: true}}
    - {id: apart-by-chance, check: fairness.significance, with: {metric: selection_rate, attributes: [sex]}}
    - id: floor
      check: fairness.group_floor
      with: {metric: selection_rate, at_least: 0.3, attributes: [sex], decide: point}
    - id: ceiling
      check: fairness.group_floor
      with: {metric: false_positive_rate, at_most: 0.2, attributes: [sex], decide: point}
    - id: holds
      check: fairness.robustness
      with: {metric: selection_rate, compare: ratio, at_least: 0.8, attributes: [sex], flips: 3}
    - id: no-worse
      check: fairness.change
      with: {metric: selection_rate, compare: ratio, attributes: [sex], baseline: champion, max_worsening: 0.05,
        same_data: false}
    - id: nothing-better
      check: fairness.alternatives
      with: {metric: selection_rate, compare: ratio, attributes: [sex], utility: accuracy}
    - id: no-drift-apart
      check: drift.fairness
      with: {metric: selection_rate, compare: ratio, attributes: [sex], max_worsening: 0.05}
    - {id: covered, check: fairness.coverage, with: {attributes: [sex], metrics: [selection_rate, accuracy]}}
    - {id: scores, check: fairness.score_gap, with: {measure: auc, at_most: 0.1, attributes: [sex], bound: true}}
    - {id: means, check: fairness.score_gap, with: {measure: smd, at_most: 0.2, attributes: [sex]}}
    - {id: calibrated, check: fairness.calibration_gap, with: {measure: ece, at_most: 0.05, attributes: [sex]}}
    - {id: places, check: fairness.ranking_gap, with: {measure: exposure, at_least: 0.8, attributes: [sex]}}
    - {id: drift, check: drift.distribution, with: {limit: 0.2, min_p_value: 0.05}}
    - {id: looked, check: drift.report, with: {cadence: 30d, covers: [age, region]}}
    - {id: bound, check: lineage.bound}
    - {id: data, check: lineage.present}
    - {id: acyclic, check: lineage.acyclic}
    - {id: closed, check: lineage.closed}
    - {id: single, check: lineage.single_producer}
    - {id: agreement, check: lineage.agreement, with: {max_age: 1y}}
    - {id: sources, check: lineage.sources, with: {registry: sources}}
    - {id: pinned, check: dependencies.pinned}
    - {id: known, check: dependencies.vulnerabilities, with: {max_snapshot_age: 30d}}
    - {id: formats, check: artefacts.formats, with: {allowed: [safetensors]}}
    - {id: pickles, check: artefacts.pickle}
    - {id: there, check: artefacts.present}
    - {id: quality, check: data.validation, with: {bound: true}}
    - {id: board, check: approval.quorum, with: {roles: [{role: approver, count: 2}]}}
    - {id: apart, check: approval.separation, with: {pairs: [[submitter, approver]]}}
    - {id: exceptions, check: policy.exceptions, with: {max_days: 30, roles: [waiver]}}
    - {id: inventory, check: readiness.record, with: {required: [owner.contact, rollback.owner, sectors]}}
    - {id: back, check: readiness.rollback, with: {tested_within: 1y, kill_switch: true}}
    - {id: watched, check: readiness.monitoring_plan, with: {metrics: [accuracy], max_cadence: 7d}}
    - {id: cluster, check: readiness.kubernetes, with: {manifests: [deploy]}}
    - {id: dpia, check: attestation.present, with: {type: dpia, roles: [attester/dpo], covers: [purpose]}}
    - {id: facts, check: expression, with: {assert: size(model.purpose) > 0}}
    - {id: tags, check: expression, with: {assert: 'model.tags.exists(t, t == "credit") && model.risk_tier != "high"'}}
    - {id: figures, check: expression, with: {assert: metrics.accuracy >= 0.8}}
    - {id: card, check: expression, with: {assert: 'size(card.license) > 0 && card.sections.limitations.words > 8'}}
    - {id: roots, check: expression, with: {assert: size(lineage.roots) > 0}}
    - {id: list, check: expression, with: {assert: 'size(dependencies) > 0 && dependencies.all(d, d.pinned)'}}
    - {id: steady, check: expression, with: {assert: 'size(drift) > 0 && drift.all(d, d.score > 0.05)'}}
    - {id: files, check: expression, with: {assert: 'size(artefacts) > 0 && artefacts.all(a, a.bytes > 0)'}}
    """
)

HEAD = """\
apiVersion: govern/v1
kind: PolicyTest
policy: [credit.yaml, sources.yaml]
clock: 2026-06-01T00:00:00Z
stage: pre-registration
bundle: bundle
advisories: []
approvals: [{approver: a}, {approver: b}]
attestations: [{type: dpia, role: attester/dpo, attester: d, covers: [purpose], expires: 2026-09-01T00:00:00Z}]
submitter: person:c
"""
GOOD = "cases: [{name: good, expect: {decision: allowed, others: pass}}]\n"


def desk_of(tmp_path, policy=EVERY_KIND, text=GOOD):
    BundleBuilder(tmp_path).ranked().build()
    desk = Desk(tmp_path, policy, cases(text, head=HEAD))
    desk.write("sources.yaml", SOURCES % sha256(b"loans"))
    return desk


def of_evidence(found: set[str]) -> set[str]:
    return {item for item in found if ":evidence:" in item}


def tried(report) -> list[str]:
    """Every break that was tried, as `<rule>:<break>`."""
    assert report.mutation is not None, [str(item) for item in (*report.faults, *report.failures)]
    return [item.removeprefix("credit/").replace(":evidence:", ":") for item in report.mutation.evidence]


def test_no_rule_of_any_kind_passes_on_broken_evidence(tmp_path):
    report = desk_of(tmp_path).run(mutate=True)
    assert report.failures == ()
    assert of_evidence(survivors(report)) == set()
    by_rule: dict[str, set[str]] = {}
    for name in tried(report):
        rule, _, broken = name.partition(":")
        by_rule.setdefault(rule, set()).add(broken)
    kinds = {rule.check for test in report.tests for rule in test.compiled.plan.rules}
    assert kinds == set(builtin_specs()), "every kind is broken here"
    every = {item.rule.partition("/")[2] for item in report.coverage}
    assert set(by_rule) == every - NOT_OF_THE_BUNDLE, "and each in some way"
    for rule, wanted in WANTED.items():
        assert wanted <= by_rule[rule], (rule, sorted(wanted - by_rule[rule]), sorted(by_rule[rule]))


NOT_OF_THE_BUNDLE = {"exceptions"}
"""It bounds waivers, and no bundle holds one."""

SPOILT_IMPORTANCE = ("empty", "dropped", "extra", "zeros", "nan")
WANTED = {
    "sections": {"removed:card", "empty:card", "removed:card.limitations", "placeholder:card.limitations"}
    | {"removed:card.licence", "removed:card.owner", "removed:card.training_data"},
    "placeholders": {"removed:card", "placeholder:card"},
    "fields": {"removed:card", "empty:card"},
    "agree": {"removed:card", "empty:card", "contradicted:version"},
    "claims": {"removed:card", "empty:card", "removed:card.evaluation", "removed:predictions", "empty:predictions"}
    | {"other-table:predictions", "other-model:predictions", "other:claim:0"},
    "licence": {"removed:card", "empty:card", "removed:card.licence", "contradicted:licence"},
    "fresh": {"removed:card", "empty:card", "old:card", "changed:model", "removed:change", "early:1"},
    "original": {"removed:card", "empty:card", "pasted:card"},
    "accuracy": {"removed:predictions", "empty:predictions", "other-table:predictions", "other-model:predictions"}
    | {"unbound:predictions", "removed:column:y_pred", "blank:column:y_true", "null:y_pred", "flipped:labels"},
    "stated": {"removed:metrics.accuracy", "null:metrics.accuracy", "nan:metrics.accuracy", "text:metrics.accuracy"}
    | {"list:metrics.accuracy", "empty:metrics", "damaged:metrics"},
    "auc": {"nan:score", "text:score", "null:score", "removed:column:score", "flipped:labels"},
    "change": {"removed:champion", "empty:champion", "itself:champion", "removed:predictions", "flipped:labels"},
    "benchmark": {"removed:challenger", "itself:challenger", "null:y_pred", "removed:column:y_true"},
    "importance": {"removed:explanations", *(f"{one}:explanations/importance.csv" for one in SPOILT_IMPORTANCE)},
    "parity": {"removed:column:sex", "blank:column:sex", "dropped:sex", "harmed:sex", "empty:predictions"},
    "errors": {"unbound:predictions", "harmed:sex", "removed:column:y_true"},
    "apart-by-chance": {"removed:column:sex", "blank:column:sex", "dropped:sex", "harmed:sex", "null:y_pred"},
    "floor": {"removed:column:sex", "blank:column:sex", "dropped:sex", "harmed:sex", "null:y_pred"},
    "ceiling": {"removed:column:y_true", "blank:column:sex", "harmed:sex"},
    "holds": {"removed:column:sex", "blank:column:sex", "dropped:sex", "harmed:sex", "empty:predictions"},
    "no-worse": {"removed:champion", "empty:champion", "itself:champion", "harmed:sex", "dropped:sex", "null:y_pred"},
    "nothing-better": {"removed:alternatives", "empty:alternatives", "fewer:alternatives", "copied:alternatives"}
    | {"other-counts:chosen", "other-people:alternatives", "harmed:sex", "dropped:sex", "removed:column:y_true"},
    "no-drift-apart": {"removed:production", "empty:production", "itself:production", "dropped:sex", "null:y_pred"},
    "covered": {"removed:column:sex", "blank:column:sex", "dropped:sex", "removed:column:y_true", "null:y_pred"},
    "scores": {"removed:column:score", "removed:column:y_true", "blank:column:sex", "null:score", "nan:score"}
    | {"text:score", "harmed:sex", "dropped:sex", "unbound:predictions"},
    "means": {"removed:column:score", "removed:column:sex", "harmed:sex", "null:score", "empty:predictions"},
    "calibrated": {"removed:column:y_true", "blank:column:score", "harmed:sex", "other-table:predictions"},
    "places": {"removed:column:place", "blank:column:place", "null:place", "text:place", "harmed:sex", "dropped:sex"},
    "drift": {"removed:reports", "empty:evidence/drift.json", "cut:evidence/drift.json", "crashed:evidence/drift.json"}
    | {"unknown-method:evidence/drift.json"},
    "looked": {"removed:reports", "empty:evidence/drift.json", "early:1", "expired:2"},
    "bound": {"removed:lineage", "damaged:lineage", "other-digest:lineage", "unbound:lineage"},
    "data": {"removed:sources", "other-digest:lineage"},
    "acyclic": {"circle:lineage"},
    "closed": {"failed:run", "undescribed:loans"},
    "single": {"twice:lineage"},
    "agreement": {"expired:1"},
    "sources": {"expired:1", "early:1"},
    "pinned": {"removed:requirements", "empty:requirements", "broken", "unpinned:numpy"},
    "known": {"removed:advisories", "vulnerable:requirements", "early:1", "expired:2", "expired:3", "unpinned:numpy"},
    "formats": {"removed:artefacts", "empty:artefact", "pointer:artefact", "pickle:artefact"},
    "pickles": {"pickle:artefact", "pickle:beside"},
    "there": {"removed:artefacts", "empty:artefact", "pointer:artefact", "cut:artefact"},
    "quality": {"removed:results"}
    | {
        f"{what}:evidence/gx.json"
        for what in ("empty", "nothing-evaluated", "failed", "crashed", "cut", "unbound", "other-data")
    },
    "board": {"removed:approvals", "rejected:approvals", "expired:approvals"},
    "apart": {"removed:approvals"},
    "inventory": {"removed:owner.contact", "removed:rollback.owner", "removed:sectors", "empty:sectors"},
    "back": {"removed:rollback", "circle:rollback", "removed:procedure", "off:kill_switch", "expired:2", "early:1"},
    "watched": {"removed:monitoring", "removed:monitoring.accuracy"},
    "cluster": {"removed:manifests", "unpinned:image"},
    "dpia": {"removed:attestations", "forged:attestations", "revoked:attestations", "other:attestations"}
    | {"expired:1", "early:1"},
    "facts": {"removed:model.purpose", "null:model.purpose", "empty:model.purpose", "list:model.purpose"},
    "tags": {"removed:model.tags", "text:model.tags", "empty:model.tags", "removed:model.risk_tier"},
    "figures": {"nan:metrics.accuracy", "removed:predictions", "other-model:predictions", "damaged:metrics"},
    "card": {"removed:card", "removed:card.limitations"},
    "roots": {"removed:lineage"},
    "list": {"removed:requirements"},
    "steady": {"removed:drift"},
    "files": {"removed:artefacts"},
}


def test_each_source_is_made_one_that_nobody_approved(tmp_path):
    policy = rules("- {id: sources, check: lineage.sources, with: {registry: sources}}\n")
    report = desk_of(tmp_path, policy).run(mutate=True)
    assert [name for name in tried(report) if "unapproved" in name] == ["sources:unapproved:loans"]


HOLES = [
    (
        "- {id: r, check: performance.threshold, with: {metric: accuracy, at_least: 0.05}}\n",
        "r:evidence:flipped:labels",
        "every label is the other one",
    ),
    (
        (
            "- {id: r, check: fairness.disparity, with: {metric: selection_rate, compare: ratio, at_least: 0, "
            "attributes: [sex], decide: point}}\n"
        ),
        "r:evidence:harmed:sex",
        "everybody of sex",
    ),
]


@pytest.mark.parametrize(("policy", "mutant", "words"), HOLES, ids=[row[1] for row in HOLES])
def test_a_rule_that_is_too_weak_is_a_hole(tmp_path, policy, mutant, words):
    report = desk_of(tmp_path, rules(policy)).run(mutate=True)
    assert of_evidence(survivors(report)) == {f"credit/{mutant}"}
    found = next(item for item in report.survivors if mutant in item.message)
    assert words in found.message
    assert "still passes" in found.message
    assert (found.code, found.span.line, report.exit_code) == ("P703", 6, 1)


def test_a_hole_in_evidence_may_be_accepted(tmp_path):
    policy, mutant, _words = HOLES[0]
    accepted = f"accepted: [{{mutant: credit/{mutant}, reason: the floor only catches broken runs}}]\n"
    report = desk_of(tmp_path, rules(policy), GOOD + accepted).run(mutate=True)
    assert of_evidence(survivors(report)) == set()
    assert report.faults == ()


def test_a_check_that_looks_away_is_caught(tmp_path, monkeypatch):
    """A kind whose code ignores what it reads: the very thing that breaking evidence is for."""

    def blind(_params, context):
        entry = context.bundle.files.get("requirements.txt") or next(iter(context.bundle.files.values()))
        return CheckResult(
            outcome=Outcome.PASS,
            summary="Fine.",
            evidence=(EvidenceRef(name="requirements", file=entry.path, digest=entry.sha256, bound=True),),
        )

    real = builtin_checks()
    broken = {**real, "dependencies.pinned": Check(real["dependencies.pinned"].spec, blind)}
    monkeypatch.setattr("govern.checks.registry.builtin_checks", lambda: broken)
    policy = rules("- {id: r, check: dependencies.pinned}\n")
    found = of_evidence(survivors(desk_of(tmp_path, policy).run(mutate=True)))
    assert found == {
        f"credit/r:evidence:{name}"
        for name in ("removed:requirements", "empty:requirements", "broken", "unpinned:numpy")
    }


def test_what_a_parameter_tolerates_is_not_held_against_a_rule(tmp_path):
    for policy in (
        (
            "- {id: r, check: fairness.disparity, with: {metric: selection_rate, compare: ratio, at_least: 0.8, "
            "attributes: [sex], decide: point, max_missing: 0.1}}\n"
        ),
        (
            "- {id: r, check: expression, with: {assert: '!has(model.vendor) || model.vendor.name != \"x\"', "
            "may_be_absent: [model.vendor, model.vendor.name]}}\n"
        ),
        "- {id: r, check: artefacts.formats, with: {allowed: [safetensors, pickle]}}\n",
        "- {id: r, check: performance.threshold, with: {metric: accuracy, at_least: 0.8}}\n",
    ):
        report = desk_of(tmp_path, rules(policy)).run(mutate=True)
        assert of_evidence(survivors(report)) == set(), policy


def test_a_rule_that_rests_on_the_same_files_is_not_asked_twice(tmp_path):
    policy = rules("- {id: r, check: dependencies.pinned}\n")
    once = tried(desk_of(tmp_path, policy).run(mutate=True))
    more = GOOD.replace("}]\n", "}, {name: again, remove: [/card], expect: {outcomes: {r: pass}}}]\n")
    assert tried(desk_of(tmp_path, policy, more).run(mutate=True)) == once


def test_rules_that_do_not_block_and_cases_that_do_not_pass_are_left_alone(tmp_path):
    policy = rules(
        "- {id: r, enforcement: warn, check: dependencies.pinned}\n- {id: s, check: lineage.present, with: {min_data_roots: 9}}\n"
    )
    text = "cases: [{name: a, expect: {outcomes: {r: pass, s: inconclusive}}}]\n"
    assert tried(desk_of(tmp_path, policy, text).run(mutate=True)) == []
