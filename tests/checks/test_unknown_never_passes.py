"""The first law: no evidence, no pass. For every check kind, by taking its evidence away in every way we know.

A kind joins by being in the registry: one without a row in `PARAMETERS` fails here.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.checks.soundness import unsound
from govern.decision.run import evaluate_safely, unreadable
from govern.diagnostics import InputError
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import NAME, VERSION, BundleBuilder, sha256
from support.plugins import ORIGIN
from support.policies import parameters, registries, signed, snapshot

CHECKS = builtin_checks()

PARAMETERS: dict[str, dict[str, Any]] = {
    "model_card.present": {},
    "model_card.sections": {"required": ["intended_use", "limitations", "training_data", "evaluation"]},
    "model_card.placeholders": {},
    "model_card.fields": {"required": ["/license", "/identity/date"]},
    "model_card.consistent": {},
    "model_card.claims": {"backed": "all"},
    "model_card.licence": {"allow": ["Apache-2.0"]},
    "model_card.fresh": {},
    "model_card.original": {},
    "performance.threshold": {"metric": "accuracy", "at_least": 0.8},
    "performance.change": {
        "metric": "accuracy",
        "baseline": "champion",
        "min_absolute_change": 0.05,
        "same_data": False,
    },
    "performance.benchmark": {"metric": "accuracy", "same_data": False},
    "explainability.global_importance": {"columns": ["age", "income"]},
    "fairness.disparity": {
        "metric": "selection_rate",
        "compare": "ratio",
        "at_least": 0.8,
        "attributes": ["sex"],
        "decide": "point",
    },
    "fairness.impact_table": {"method": "selection", "tables": ["sex"]},
    "fairness.significance": {"metric": "selection_rate", "attributes": ["sex"]},
    "fairness.group_floor": {
        "metric": "selection_rate",
        "at_least": 0.4,
        "attributes": ["sex"],
        "decide": "point",
    },
    "fairness.robustness": {
        "metric": "selection_rate",
        "compare": "ratio",
        "at_least": 0.8,
        "attributes": ["sex"],
        "flips": 5,
    },
    "fairness.change": {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": ["sex"],
        "baseline": "champion",
        "max_worsening": 0.05,
        "same_data": False,
    },
    "fairness.alternatives": {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": ["sex"],
        "utility": "accuracy",
    },
    "fairness.coverage": {"attributes": ["sex"], "metrics": ["selection_rate", "equalized_odds"]},
    "fairness.calibration_gap": {"measure": "brier", "at_most": 0.05, "attributes": ["sex"]},
    "fairness.ranking_gap": {"measure": "exposure", "at_least": 0.8, "attributes": ["sex"]},
    "fairness.score_gap": {"measure": "auc", "at_most": 0.05, "attributes": ["sex"]},
    "drift.distribution": {"limit": 0.2, "min_p_value": 0.05},
    "drift.fairness": {
        "metric": "selection_rate",
        "compare": "ratio",
        "attributes": ["sex"],
        "max_worsening": 0.05,
    },
    "drift.report": {"cadence": "30d", "covers": ["age"]},
    "lineage.bound": {},
    "lineage.present": {},
    "lineage.acyclic": {},
    "lineage.closed": {},
    "lineage.sources": {"registry": "sources"},
    "lineage.single_producer": {},
    "lineage.agreement": {},
    "dependencies.pinned": {},
    "dependencies.vulnerabilities": {"max_snapshot_age": "30d"},
    "artefacts.formats": {"allowed": ["safetensors"]},
    "artefacts.pickle": {"mode": "forbid"},
    "artefacts.present": {},
    "data.validation": {},
    "expression": {"assert": "metrics.accuracy >= 0.8 && size(card.license) > 0"},
    "approval.quorum": {"roles": [{"role": "approver", "count": 1}]},
    "approval.separation": {"pairs": [["validator", "developer"], ["submitter", "approver"]]},
    "policy.exceptions": {"max_days": 90, "roles": ["waiver"]},
    "attestation.present": {"type": "dpia", "roles": ["attester/dpo"], "newer_than": "training"},
    "readiness.record": {"required": ["owner.contact", "rollback.owner", "monitoring"]},
    "readiness.rollback": {"tested_within": "1y", "kill_switch": True},
    "readiness.monitoring_plan": {"metrics": ["accuracy"], "max_cadence": "7d"},
    "readiness.kubernetes": {"manifests": ["deploy"]},
}

DECIDED_LATER = frozenset({"approval.quorum", "approval.separation", "policy.exceptions"})
"""Kinds that no bundle can meet: people are asked after the evaluation."""

READS = {
    "model_card": ["README.md"],
    "performance": ["predictions/test.csv", "predictions/test.yaml", "metrics.json"],
    "performance.change": ["predictions/test.csv", "predictions/test.yaml", "predictions/champion.csv"],
    "performance.benchmark": ["predictions/test.csv", "predictions/test.yaml", "predictions/champion.csv"],
    "explainability": ["explanations/importance.csv"],
    "fairness": ["predictions/test.csv", "predictions/test.yaml"],
    "drift.fairness": ["predictions/test.csv", "predictions/test.yaml", "predictions/champion.csv"],
    "fairness.alternatives": ["predictions/test.csv", "predictions/test.yaml", "evidence/alternatives.json"],
    "fairness.impact_table": ["predictions/test.csv", "predictions/test.yaml", "impact_table.csv"],
    "fairness.change": ["predictions/test.csv", "predictions/test.yaml", "predictions/champion.csv"],
    "drift": ["evidence/drift.json"],
    "lineage": ["lineage.yaml"],
    "dependencies": ["requirements.txt"],
    "artefacts": ["model/model.safetensors"],
    "data": ["evidence/gx.json", "evidence/gx.json.evidence.json"],
    "expression": ["README.md"],
    "approval": ["README.md"],
    "policy": ["README.md"],
    "attestation.present": ["lineage.yaml"],
    "readiness.record": ["govern.yaml"],
    "readiness.rollback": ["govern.yaml"],
    "readiness.monitoring_plan": ["govern.yaml"],
    "readiness.kubernetes": ["deploy/scorer.yaml"],
}
"""By kind, or by family."""


SPOILED = {
    "removed": None,
    "empty": b"",
    "blank": b"\n\n",
    "binary": bytes(range(256)),
    "not UTF-8": b"\xff\xfe\x00",
    "null": b"null\n",
    "an empty mapping": b"{}\n",
    "an empty list": b"[]\n",
    "NaN": b"NaN\n",
    "deep": b"[" * 5000,
    "half a surrogate pair": b'{"\\ud800": "\\udfff"}\n',
    "a pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
}


def sound(kind: str, tmp_path: Path) -> BundleBuilder:
    """The bundle on which a kind passes."""
    builder = BundleBuilder(tmp_path)
    return builder.ranked() if kind == "fairness.ranking_gap" else builder


def reads(kind: str) -> list[str]:
    return READS.get(kind) or READS[kind.partition(".")[0]]


def judge(kind: str, builder: BundleBuilder, tmp_path: Path, **context: Any) -> CheckResult:
    """Evaluate one kind on a bundle as a run would, crashes and unreadable evidence included."""
    check = CHECKS[kind]
    given_context = {"registries": registries(), "advisories": snapshot(tmp_path), "signed": signed()} | context
    folder = builder.build()
    named = {} if (folder / "govern.yaml").exists() else {"name": NAME, "version": VERSION}
    try:
        bundle = open_bundle(folder, **named)
    except InputError as refusal:  # a model record that cannot be read: nothing is asked of such a bundle
        return unreadable(refusal)
    made = CheckContext(bundle=bundle, stage="pre-registration", **given_context)
    result = evaluate_safely(kind, check, parameters(check.spec, PARAMETERS[kind]), made)
    assert result.outcome in (*check.spec.comes_to, Outcome.ERROR), "coverage of policy tests asks for `comes_to`"
    return result


def test_every_kind_has_a_row() -> None:
    """A new check kind must say what it reads before it may pass anything."""
    assert set(PARAMETERS) == set(CHECKS)


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_the_sound_bundle_passes(kind: str, tmp_path: Path) -> None:
    """Otherwise the tests below would prove nothing."""
    result = judge(kind, sound(kind, tmp_path), tmp_path)
    if kind in DECIDED_LATER:
        assert result.outcome is Outcome.MISSING_EVIDENCE, result
        return
    assert result.outcome is Outcome.PASS, result
    assert result.evidence, "a pass names the evidence that it rests on"


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_a_built_in_kind_meets_what_is_asked_of_a_plugin(kind: str, tmp_path: Path) -> None:
    """The border that looks at a plug-in's result to the last member asks nothing that a real check could not give."""
    context = CheckContext(
        bundle=sound(kind, tmp_path).open(),
        stage="pre-registration",
        registries=registries(),
        advisories=snapshot(tmp_path),
        signed=signed(),
    )
    check = CHECKS[kind]
    result = evaluate_safely(kind, check, parameters(check.spec, PARAMETERS[kind]), context)
    own = replace(check.spec, plugin=ORIGIN)
    assert unsound(replace(result, facts=None), own, context) is None


@pytest.mark.parametrize("how", sorted(SPOILED))
@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_without_its_evidence_nothing_passes(kind: str, how: str, tmp_path: Path) -> None:
    """Each file that the kind reads is spoiled by itself."""
    for path in reads(kind):
        if path == "metrics.json" and how in ("removed", "empty", "blank"):
            continue  # recomputed from the predictions: the figures file is not needed
        builder = sound(kind, tmp_path)
        spoiled = SPOILED[how]
        builder = builder.remove(path) if spoiled is None else builder.file(path, spoiled)
        if path == "metrics.json":
            builder.remove("predictions/test.csv")
        else:
            builder.remove("metrics.json")  # otherwise the stated figure stands in, as `recompute: preferred` says
        result = judge(kind, builder, tmp_path)
        assert result.outcome is not Outcome.PASS, (path, result.summary)
        assert result.outcome is not Outcome.NOT_APPLICABLE, (path, result.summary)
        assert result.summary


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_random_bytes_never_pass(kind: str, tmp_path: Path, data: bytes) -> None:
    """Whatever the evidence is replaced with: no pass and no exception."""
    path = reads(kind)[0]
    result = judge(kind, sound(kind, tmp_path).file(path, data), tmp_path)
    assert result.outcome is not Outcome.PASS


FILES = tuple(sorted({path for paths in READS.values() for path in paths} | {"ROLLBACK.md"}))
DAMAGE = st.one_of(
    st.just(("removed", 0, b"")),
    st.just(("emptied", 0, b"")),
    st.tuples(st.just("cut"), st.integers(0, 4000), st.just(b"")),
    st.tuples(st.just("written over"), st.integers(0, 4000), st.binary(min_size=1, max_size=6)),
    st.tuples(st.just("put in"), st.integers(0, 4000), st.sampled_from(
        (b"NaN", b"1e999", b"-1", b"true", b"null", b'"\\ud800"', b"\xff", b"\0", b"\x1b[31m", b"[" * 90, b"\n---\n", b"&a *a", b"9" * 20)
    )),
)  # fmt: skip


def damaged(data: bytes, how: str, at: int, new: bytes) -> bytes | None:
    """What becomes of a file; None when it is gone."""
    place = at % (len(data) + 1)
    kept = {"cut": b"", "written over": data[place + len(new) :], "put in": data[place:]}
    return None if how == "removed" else b"" if how == "emptied" else data[:place] + new + kept[how]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(harm=st.dictionaries(st.sampled_from(FILES), DAMAGE, min_size=1, max_size=len(FILES)))
def test_no_damage_makes_a_kind_pass_on_evidence_that_is_not_there(harm: dict[str, Any], tmp_path: Path) -> None:
    """Any of the files, damaged in any way: a pass names files that are there, by the digest that they have now."""
    builder, sound = BundleBuilder(tmp_path), BundleBuilder(tmp_path)
    for path, (how, at, new) in harm.items():
        made = damaged(sound.content(path), how, at, new)
        builder = builder.remove(path) if made is None else builder.file(path, made)
    folder = builder.build()
    named = {} if (folder / "govern.yaml").exists() else {"name": NAME, "version": VERSION}
    try:
        bundle = open_bundle(folder, **named)
    except InputError:
        return
    given_context = {"registries": registries(), "advisories": snapshot(tmp_path), "signed": signed()}
    context = CheckContext(bundle=bundle, stage="pre-registration", **given_context)
    for kind, check in CHECKS.items():
        result = evaluate_safely(kind, check, parameters(check.spec, PARAMETERS[kind]), context)
        assert {"D101", "D121", "D103"}.isdisjoint(item.code for item in result.findings), (kind, result.findings)
        if result.outcome is not Outcome.PASS:
            continue
        lost = {path for path, (how, _at, _new) in harm.items() if how in ("removed", "emptied")}
        assert not lost.issuperset(reads(kind)), kind
        assert result.evidence, kind
        for ref in result.evidence:
            if ref.file in FILES:
                assert sha256((folder / ref.file).read_bytes()) == ref.digest, (kind, ref)


def test_no_snapshot_is_missing_evidence(tmp_path: Path) -> None:
    """Clean against nothing is not clean."""
    result = judge("dependencies.vulnerabilities", BundleBuilder(tmp_path), tmp_path, advisories=None)
    assert result.outcome is Outcome.MISSING_EVIDENCE


def test_no_registry_entry_is_no_approval(tmp_path: Path) -> None:
    """An empty list of sources approves nothing."""
    result = judge("lineage.sources", BundleBuilder(tmp_path), tmp_path, registries=registries(empty=True))
    assert result.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("kind", sorted(PARAMETERS))
def test_unbound_evidence_does_not_pass_where_binding_is_demanded(kind: str, tmp_path: Path) -> None:
    """`bound: true` is obeyed by every kind, or refused as a parameter."""
    check = CHECKS[kind]
    builder = BundleBuilder(tmp_path)
    # A bare table and no lineage binding: nothing in the bundle names this model any more.
    builder.record(evidence={"predictions": {"path": "predictions/test.csv"}})
    builder.remove("predictions/test.yaml")
    context = CheckContext(
        bundle=builder.open(),
        stage="pre-registration",
        registries=registries(),
        advisories=snapshot(tmp_path),
        signed=signed(),
    )
    params = parameters(check.spec, PARAMETERS[kind] | {"bound": True})
    result = evaluate_safely(kind, check, params, context)
    if result.outcome is Outcome.PASS:
        assert all(item.bound for item in result.evidence), result
