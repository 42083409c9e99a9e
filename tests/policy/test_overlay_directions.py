"""For every parameter of every kind that has a direction: one step tighter is taken, one step looser is refused.

A kind that is added, or a parameter, fails here until it has a row.
"""

from __future__ import annotations

import json

import pytest

from govern.policy.overlays.lattice import fields_of
from support.compiling import errors, specs
from support.packs_of_policies import Shelf, policy_yaml

BASE = {
    "approval.quorum": {"roles": [{"role": "approver", "count": 2}]},
    "artefacts.formats": {"max_expansion": 50},
    "dependencies.vulnerabilities": {"max_snapshot_age": "30d"},
    "drift.distribution": {"limit": 0.2},
    "drift.report": {"cadence": "30d"},
    "expression": {"assert": "has(metrics.auc) ? metrics.auc > 0.5 : size(model.tags) > 0"},
    "fairness.disparity": {"metric": "selection_rate", "compare": "ratio", "at_least": 0.8, "attributes": ["sex"]},
    "fairness.impact_table": {"method": "selection"},
    "fairness.significance": {"metric": "selection_rate", "attributes": ["sex"]},
    "fairness.coverage": {"attributes": ["sex"]},
    "fairness.alternatives": {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": ["sex"],
        "utility": "accuracy",
    },
    "fairness.change": {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": ["sex"],
        "baseline": "champion",
        "max_worsening": 0.1,
    },
    "fairness.group_floor": {"metric": "selection_rate", "at_least": 0.3, "attributes": ["sex"]},
    "fairness.robustness": {"metric": "selection_rate", "compare": "ratio", "at_least": 0.8, "attributes": ["sex"]},
    "fairness.calibration_gap": {"measure": "brier", "at_most": 0.1, "attributes": ["sex"]},
    "fairness.ranking_gap": {"measure": "top_k", "k": [10], "at_least": 0.8, "attributes": ["sex"]},
    "fairness.score_gap": {"measure": "auc", "at_most": 0.1, "attributes": ["sex"]},
    "lineage.sources": {"registry": "sources"},
    "model_card.sections": {"required": ["owner"]},
    "performance.threshold": {"metric": "auc", "at_least": 0.8},
    "performance.change": {"metric": "auc", "baseline": "champion", "min_absolute_change": 0.01},
    "performance.benchmark": {"metric": "auc"},
    "approval.separation": {"pairs": [["developer", "validator"]]},
    "policy.exceptions": {"max_days": 30, "roles": ["waiver"]},
    "attestation.present": {"type": "dpia", "roles": ["attester"]},
    "readiness.record": {"required": ["purpose"]},
    "readiness.monitoring_plan": {"metrics": ["psi"]},
    "readiness.kubernetes": {"manifests": ["deploy"]},
}
"""What a rule of the kind needs beside the parameter that moves."""

COMMON = {
    "bound": (False, True),
    "min_grade": ("E1", "E2"),
    "max_age": ("30d", "7d"),
}
STEPS = {
    ("approval.quorum", "roles"): (
        [{"role": "approver", "count": 2}],
        [{"role": "approver", "count": 3}, {"role": "approver/risk", "count": 1}],
    ),
    ("approval.quorum", "identity"): ("oidc", "key"),
    ("approval.separation", "pairs"): (
        [["developer", "validator"]],
        [["validator", "developer"], ["submitter", "approver"]],
    ),
    ("policy.exceptions", "max_days"): (30, 29),
    ("policy.exceptions", "roles"): (["waiver", "waiver/ciso"], ["waiver/ciso"]),
    ("policy.exceptions", "compensating_control"): (False, True),
    ("policy.exceptions", "max_active"): (3, 2),
    ("policy.exceptions", "for_controls"): (["law/a"], ["law/a", "*"]),
    ("artefacts.formats", "allowed"): (["onnx", "skops"], ["onnx"]),
    ("artefacts.formats", "unknown_file"): ("inconclusive", "block"),
    ("artefacts.formats", "max_expansion"): (50, 49),
    ("artefacts.formats", "max_depth"): (3, 2),
    ("artefacts.pickle", "mode"): ("allow_list", "forbid"),
    ("artefacts.pickle", "profiles"): (["numpy", "sklearn"], ["numpy"]),
    ("artefacts.pickle", "unknown_globals"): ("inconclusive", "fail"),
    ("artefacts.present", "lfs_pointers"): ("warn", "refuse"),
    ("artefacts.present", "shards_complete"): (False, True),
    ("artefacts.present", "references_exist"): (False, True),
    ("artefacts.present", "min_bytes"): (1, 2),
    ("data.validation", "min_evaluated"): (2, 3),
    ("data.validation", "severities"): (["critical"], ["critical", "warning"]),
    ("data.validation", "must_include"): (["a"], ["a", "b"]),
    ("data.validation", "min_mostly"): (0.9, 0.95),
    ("data.validation", "same_data"): (False, True),
    ("dependencies.pinned", "hashes"): ("preferred", "required"),
    ("dependencies.pinned", "direct_urls"): ("allow", "refuse"),
    ("dependencies.pinned", "editable"): ("allow", "refuse"),
    ("dependencies.pinned", "index_options"): ("allow", "refuse"),
    ("dependencies.pinned", "files"): (["a.txt"], ["a.txt", "b.txt"]),
    ("dependencies.vulnerabilities", "max_severity"): ("medium", "low"),
    ("dependencies.vulnerabilities", "unscored_as"): ("medium", "high"),
    ("dependencies.vulnerabilities", "max_snapshot_age"): ("30d", "29d"),
    ("dependencies.vulnerabilities", "max_silence"): ("60d", "59d"),
    ("dependencies.vulnerabilities", "databases"): (["GHSA"], ["GHSA", "PYSEC"]),
    ("drift.distribution", "of"): (["features"], ["features", "prediction"]),
    ("drift.distribution", "limit"): (0.2, 0.1),
    ("drift.distribution", "min_p_value"): (0.01, 0.05),
    ("drift.distribution", "max_share"): (0.2, 0.1),
    ("drift.distribution", "columns"): (["age"], ["age", "income"]),
    ("drift.distribution", "ignore"): (["id", "day"], ["id"]),
    ("drift.distribution", "min_rows"): (500, 501),
    ("drift.distribution", "reference"): ("any", "training"),
    ("drift.distribution", "recompute"): ("preferred", "required"),
    ("drift.report", "cadence"): ("30d", "7d"),
    ("drift.report", "covers"): (["age"], ["age", "income"]),
    ("expression", "assert"): None,
    ("expression", "and_assert"): (["metrics.f1 > 0.1"], ["metrics.f1 > 0.1", "metrics.auc > 0.2"]),
    ("expression", "may_be_absent"): (["metrics.auc"], []),
    ("expression", "may_be_empty"): (["model.tags"], []),
    ("fairness.disparity", "at_least"): (0.8, 0.81),
    ("fairness.disparity", "at_most"): (0.2, 0.19),
    ("fairness.disparity", "attributes"): (["sex"], ["sex", "race"]),
    ("fairness.disparity", "decide"): ("point", "demonstrated"),
    ("fairness.disparity", "min_n"): (30, 31),
    ("fairness.disparity", "smallest_shown"): (11, 12),
    ("fairness.disparity", "small_groups"): ("exclude", "inconclusive"),
    ("fairness.disparity", "max_missing"): (0.1, 0.05),
    ("fairness.disparity", "missing_bounds"): ("none", "worst_case"),
    ("fairness.disparity", "significant_gap"): ("report", "fail"),
    ("fairness.disparity", "classes"): (["a"], ["a", "b"]),
    ("fairness.impact_table", "tables"): ([["sex"]], [["sex"], ["race"]]),
    ("fairness.impact_table", "tolerance"): (0.0005, 0.0001),
    ("fairness.impact_table", "max_excluded_share"): (0.02, 0.01),
    ("fairness.impact_table", "unknown_reported"): (False, True),
    ("fairness.significance", "alpha"): (0.01, 0.05),
    ("fairness.significance", "practical"): (0.8, 0.9),
    **{
        (kind, name): pair
        for kind in (
            "fairness.significance",
            "fairness.group_floor",
            "fairness.robustness",
            "fairness.change",
            "fairness.alternatives",
        )
        for name, pair in (
            ("min_n", (30, 31)),
            ("small_groups", ("exclude", "inconclusive")),
            ("max_missing", (0.1, 0.05)),
            ("missing_bounds", ("none", "worst_case")),
        )
    },
    ("fairness.group_floor", "at_least"): (0.3, 0.4),
    ("fairness.group_floor", "at_most"): (0.6, 0.5),
    ("fairness.group_floor", "attributes"): (["sex"], ["sex", "race"]),
    ("fairness.group_floor", "decide"): ("point", "demonstrated"),
    ("fairness.robustness", "at_least"): (0.8, 0.9),
    ("fairness.robustness", "at_most"): (0.2, 0.1),
    ("fairness.robustness", "attributes"): (["sex"], ["sex", "race"]),
    ("fairness.robustness", "flips"): (1, 2),
    ("fairness.change", "attributes"): (["sex"], ["sex", "race"]),
    ("fairness.change", "max_worsening"): (0.1, 0.05),
    ("fairness.change", "same_data"): (False, True),
    ("fairness.alternatives", "at_least_compared"): (1, 2),
    ("fairness.alternatives", "max_utility_loss"): (0.01, 0.05),
    ("fairness.coverage", "attributes"): (["sex"], ["sex", "race"]),
    ("fairness.coverage", "metrics"): (["selection_rate"], ["selection_rate", "accuracy"]),
    ("fairness.coverage", "min_group"): (30, 31),
    ("fairness.coverage", "max_unknown_share"): (0.1, 0.05),
    ("fairness.coverage", "max_missing"): (0.1, 0.05),
    **{
        (f"fairness.{kind}", "smallest_shown"): (11, 12)
        for kind in ("significance", "coverage", "group_floor", "robustness", "change", "alternatives")
    },
    **{
        (f"fairness.{kind}_gap", name): pair
        for kind in ("calibration", "ranking", "score")
        for name, pair in (
            ("attributes", (["sex"], ["sex", "race"])),
            ("smallest_shown", (11, 20)),
            ("decide", ("point", "demonstrated")),
            ("confidence", (0.95, 0.99)),
            ("min_group", (100, 101)),
            ("max_missing", (0.1, 0.05)),
            ("at_most", (0.2, 0.19)),
            ("at_least", (0.8, 0.81)),
        )
        if (kind, name) != ("calibration", "at_least")
    },
    ("fairness.ranking_gap", "k"): ([10], [10, 50]),
    ("lineage.agreement", "rehash"): ("none", "reachable"),
    ("lineage.agreement", "max_conflicts"): (2, 1),
    ("lineage.bound", "artefacts"): (["a.bin"], ["a.bin", "b.bin"]),
    ("lineage.closed", "max_dangling"): (2, 1),
    ("lineage.closed", "require_runs"): (False, True),
    ("lineage.present", "min_data_roots"): (2, 3),
    ("lineage.sources", "as_of"): (["decision"], ["decision", "training"]),
    ("lineage.sources", "min_digest"): ("weak", "strong"),
    ("lineage.sources", "accept_used_before_approval"): (True, False),
    ("model_card.claims", "metrics"): (["auc"], ["accuracy", "auc"]),
    ("model_card.claims", "tolerance"): (0.01, 0.001),
    ("model_card.claims", "backed"): ("none", "any"),
    ("model_card.claims", "same_data"): (False, True),
    ("model_card.consistent", "fields"): (["license"], ["license", "version"]),
    ("model_card.consistent", "tolerance"): (0.01, 0.001),
    ("model_card.fields", "required"): (["/license"], ["/license", "/owners"]),
    ("model_card.fields", "allowed"): ({"/license/*/raw": ["mit", "apache-2.0"]}, {"/license/*/raw": ["mit"]}),
    ("model_card.licence", "allow"): (["MIT", "Apache-2.0"], ["MIT"]),
    ("model_card.licence", "deny"): (["MIT"], ["ISC", "MIT"]),
    ("model_card.licence", "require_file"): (False, True),
    ("model_card.original", "against"): ("card", "bundle"),
    ("model_card.original", "max_equal"): (2, 1),
    ("model_card.placeholders", "at_most"): (2, 1),
    ("model_card.present", "formats"): (["markdown", "huggingface"], ["markdown"]),
    ("model_card.present", "min_words"): (50, 51),
    ("model_card.sections", "required"): (["owner"], ["owner", "contact"]),
    ("model_card.sections", "min_words"): ({"owner": 2}, {"owner": 3}),
    ("model_card.sections", "facts"): ({"owner": []}, {"owner": ["address"]}),
    ("model_card.sections", "allow_not_applicable"): (["owner"], []),
    ("model_card.sections", "languages"): (["en", "de"], ["en"]),
    ("performance.threshold", "at_least"): (0.8, 0.81),
    ("performance.threshold", "at_most"): (0.5, 0.4),
    ("performance.threshold", "min_n"): (10, 11),
    ("performance.threshold", "recompute"): ("preferred", "required"),
    ("attestation.present", "roles"): (["attester/dpo", "attester/ciso"], ["attester/dpo"]),
    ("attestation.present", "scope"): ("model", "version"),
    ("attestation.present", "covers"): (["purpose"], ["purpose", "retention"]),
    ("attestation.present", "not_signed_by"): (["owner"], ["owner", "developer"]),
    ("attestation.present", "count"): (1, 2),
    ("attestation.present", "identity"): ("oidc", "key"),
    ("readiness.record", "required"): (["purpose"], ["purpose", "owner.contact"]),
    ("readiness.record", "allowed"): ({"risk_tier": ["low", "medium"]}, {"risk_tier": ["low"]}),
    ("readiness.record", "may_be_empty"): (["developers"], []),
    ("readiness.rollback", "owner"): (False, True),
    ("readiness.rollback", "tested_within"): ("90d", "30d"),
    ("readiness.rollback", "kill_switch"): (False, True),
    ("readiness.monitoring_plan", "metrics"): (["psi"], ["psi", "auc"]),
    ("readiness.monitoring_plan", "each"): (["owner"], ["owner", "escalation"]),
    ("readiness.monitoring_plan", "max_cadence"): ("30d", "7d"),
    ("readiness.kubernetes", "manifests"): (["deploy"], ["deploy", "jobs"]),
    ("readiness.kubernetes", "require"): (["probes"], ["probes", "image_digest"]),
    ("performance.threshold", "decide"): ("point", "demonstrated"),
    ("performance.threshold", "confidence"): (0.95, 0.99),
    **{
        (kind, name): pair
        for kind in ("performance.change", "performance.benchmark")
        for name, pair in (
            ("same_data", (False, True)),
            ("decide", ("point", "demonstrated")),
            ("confidence", (0.95, 0.99)),
        )
    },
    ("performance.change", "min_absolute_change"): (0.01, 0.02),
    ("performance.change", "min_relative_change"): (0.01, 0.02),
    ("performance.benchmark", "min_challengers"): (1, 2),
    ("performance.benchmark", "max_deficit"): (0.01, 0),
    ("explainability.global_importance", "methods"): (["shap", "clarify"], ["shap"]),
    ("explainability.global_importance", "min_features"): (2, 3),
}
"""(as the pack has it, one step tighter)."""

WITHOUT = {
    ("fairness.disparity", "at_most"): ("at_least", {"compare": "difference"}),
    ("fairness.group_floor", "at_most"): ("at_least", {}),
    ("fairness.robustness", "at_most"): ("at_least", {"compare": "difference"}),
    ("fairness.ranking_gap", "at_most"): ("at_least", {"reference": "M"}),
    ("fairness.score_gap", "at_least"): ("at_most", {"measure": "rmse_ratio"}),
    ("performance.threshold", "at_most"): ("at_least", {"metric": "log_loss"}),
    ("drift.distribution", "recompute"): (None, {"method": "psi"}),
}
"""What must go, and what must change, for a parameter that excludes another."""

MOVING = [
    (kind, name)
    for kind, spec in specs().items()
    for name, direction in fields_of(spec.params).items()
    if direction.tighten != "fixed"
]
REGISTRY = "apiVersion: govern/v1\nkind: SourceRegistry\nmetadata: {name: sources, version: '1', as_of: 2026-01-01}\nsources: []\n"


def steps(kind: str, name: str):
    return COMMON[name] if name in COMMON else STEPS[kind, name]


def overlaid(kind: str, name: str, held: object, given: object):
    gone, changed = WITHOUT.get((kind, name), (None, {}))
    params = {key: value for key, value in {**BASE.get(kind, {}), **changed, name: held}.items() if key != gone}
    rule = f"- {{id: x, check: {kind}, enforcement: warn, with: {json.dumps(params)}}}"
    shelf = Shelf().put("base", {"policies/b.yaml": policy_yaml("base", rule)})
    change = json.dumps({"base/x": {"with": {name: given}}})
    spec = f'imports:\n  - {{pack: base, version: "1", rules: {change}}}'
    return shelf.compile({"p.yaml": policy_yaml("p", "", spec=spec), "r.yaml": REGISTRY}, stage=None)


@pytest.mark.parametrize(("kind", "name"), [item for item in MOVING if steps(*item) is not None])
def test_one_step_tighter_is_taken_and_one_looser_refused(kind, name):
    loose, tight = steps(kind, name)
    taken = overlaid(kind, name, loose, tight)
    assert errors(taken) == [], [str(item) for item in errors(taken)]
    refused = overlaid(kind, name, tight, loose)
    assert [item.code for item in errors(refused)] == ["P307"], [str(item) for item in errors(refused)]
    same = overlaid(kind, name, loose, loose)
    assert errors(same) == []


def test_every_parameter_that_moves_has_a_row_and_no_row_is_left_over():
    assert {item for item in MOVING if item[1] not in COMMON} == set(STEPS)


@pytest.mark.parametrize(
    ("kind", "held", "given", "words"),
    [
        ("fairness.disparity", {"decide": "evidence_of_harm"}, {"attributes": ["sex", "race"]}, "harder to prove"),
        ("fairness.disparity", {"significant_gap": "fail"}, {"attributes": ["sex", "race"]}, "harder to prove"),
        ("fairness.disparity", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.group_floor", {"decide": "evidence_of_harm"}, {"attributes": ["sex", "race"]}, "harder to prove"),
        ("fairness.group_floor", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.robustness", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.change", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.alternatives", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.significance", {"small_groups": "exclude"}, {"min_n": 60}, "leaves out groups"),
        ("fairness.significance", {}, {"practical": 0.9}, "not tighter than nothing"),
        ("performance.threshold", {"recompute": "never"}, {"recompute": "required"}, "may pass"),
        ("performance.threshold", {}, {"confidence": 0.9}, "narrower"),
        ("lineage.bound", {}, {"artefacts": ["a.bin"]}, "not tighter than []"),
        ("drift.distribution", {"ignore": ["id"], "max_share": 0.2}, {"ignore": []}, "smaller share"),
        ("drift.distribution", {}, {"min_p_value": 0.05}, "not tighter than nothing"),
        ("model_card.claims", {"metrics": ["auc"]}, {"metrics": []}, "would pass"),
        ("model_card.fields", {"patterns": {"/license": "mit"}}, {"patterns": {"/license": "m.*"}}, ""),
    ],
)
def test_what_only_looks_tighter_is_refused(kind, held, given, words):
    params = {**BASE.get(kind, {}), **held}
    rule = f"- {{id: x, check: {kind}, enforcement: warn, with: {json.dumps(params)}}}"
    shelf = Shelf().put("base", {"policies/b.yaml": policy_yaml("base", rule)})
    spec = f'imports:\n  - {{pack: base, version: "1", rules: {json.dumps({"base/x": {"with": given}})}}}'
    found = shelf.compile({"p.yaml": policy_yaml("p", "", spec=spec)}, stage=None)
    assert [item.code for item in errors(found)] == ["P307"]
    assert words in errors(found)[0].message
