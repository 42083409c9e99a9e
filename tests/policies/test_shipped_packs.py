"""The packs that come with govern: sound, tested, open to tightening only, and never changed under one version."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import parse_instant
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.packs.lock import LockRequest, make_lock
from govern.gate.packs.places import PackPlaces, builtin_packs, read_pack_folder
from govern.gate.policies import Loaded, PolicyError, lint_paths, load_policies
from govern.gate.policy_tests import TestRequest, test_policies
from govern.inputs.yaml import parse_yaml, value_of
from govern.policy.compile import Compiled
from govern.policy.outcomes import Decision, Stage
from govern.policy.packs.lockfile import pack_digest
from support.bundles import BundleBuilder
from support.process import ROOT

PACKS = sorted(builtin_packs())
STAGE = Stage.PRE_REGISTRATION

TIGHTER: Mapping[str, Mapping[str, tuple[str, str, str | None]]] = {
    "baseline": {
        "baseline.artefacts/formats": ("[safetensors, skops]", "safetensors,skops", "[safetensors, pickle]"),
        "baseline.card/further_sections": (
            "[out_of_scope, bias_ethics, subgroups, human_oversight, monitoring, contact]",
            "bias_ethics,contact,human_oversight,monitoring,out_of_scope,subgroups",
            "[monitoring]",
        ),
        "baseline.card/max_placeholders": ("0", "0", "1"),
        "baseline.card/sections": (
            "[intended_use, limitations, training_data, evaluation, owner, licence, contact]",
            "contact,evaluation,intended_use,licence,limitations,owner,training_data",
            "[intended_use]",
        ),
        "baseline.dependencies/databases": ("[PYSEC]", "PYSEC", None),
        "baseline.dependencies/hashes": ("required", "required", None),
        "baseline.dependencies/max_silence": ("30d", "30d", "61d"),
        "baseline.dependencies/max_snapshot_age": ("7d", "7d", "31d"),
        "baseline.fairness/min_n": ("50", "50", "29"),
        "baseline.fairness/min_ratio": ("0.9", "0.9", "0.79"),
        "baseline.fairness/required_attributes": ("[sex]", "sex", None),
        "baseline.lineage/min_data_roots": ("2", "2", "0"),
        "baseline.lineage/require_runs": ("true", "true", None),
    },
    "fair-lending": {
        "fair-lending/max_smd": ("0.25", "0.25", "0.31"),
        "fair-lending/min_air": ("0.9", "0.9", "0.79"),
        "fair-lending/min_n": ("50", "50", "29"),
    },
    "nyc-ll144": {},
    "ugesp": {
        "ugesp.records/max_unknown_share": ("0.1", "0.1", "0.51"),
        "ugesp/min_n": ("50", "50", "29"),
        "ugesp/min_ratio": ("0.9", "0.9", "0.79"),
    },
}
"""Of each parameter of each pack: a value as tight or tighter, how the plan says it, and one that no import may give;
None where the pack already gives the loosest there is.
"""


@cache
def compiled_of(name: str) -> Compiled:
    return load_policies([builtin_packs()[name]], stage=STAGE).compiled


def importing(tmp_path: Path, name: str, more: str = "", version: str = "1") -> Path:
    policy = tmp_path / "own.yaml"
    policy.write_text(
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: own, version: 1.0.0}\nspec:\n  imports:\n"
        f'    - pack: {name}\n      version: "{version}"\n{more}  rules: []\n',
        encoding="utf-8",
    )
    return policy


def loaded(tmp_path: Path, name: str, more: str = "", stage: Stage = STAGE) -> Loaded:
    """A policy that imports the pack, locked and compiled."""
    policy, lock = importing(tmp_path, name, more), tmp_path / "govern.lock"
    if not lock.exists():
        lock.write_bytes(make_lock(LockRequest(policies=[policy], lock=lock)).data)
    return load_policies([policy], stage=stage, places=PackPlaces(lock=lock))


def test_the_baseline_is_among_them() -> None:
    assert "baseline" in PACKS


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_lints_clean(name: str) -> None:
    diagnostics, _files = lint_paths([builtin_packs()[name]])
    assert list(map(str, diagnostics)) == []


@pytest.mark.parametrize("name", PACKS)
def test_the_tests_of_a_pack_show_every_outcome_and_notice_every_mutant(name: str) -> None:
    report = test_policies(TestRequest(paths=[builtin_packs()[name]], every_rule=True, mutate=True))
    assert list(map(str, report.faults)) == []
    assert [str(item) for test in report.tests for item in test.failures] == []
    assert list(map(str, report.holes)) == []
    assert report.mutation is not None
    assert list(map(str, report.mutation.survivors)) == []
    assert report.mutation.policy
    assert report.mutation.evidence
    assert all(len(item.reason.split()) > 5 for item in report.mutation.accepted)
    assert report.exit_code == 0
    tested = {policy for test in report.tests for policy in (test.case.file.replace(".test.yaml", ".yaml"),)}
    assert tested == {policy.draft.document.file for policy in compiled_of(name).policies}


@pytest.mark.parametrize("name", PACKS)
def test_every_rule_says_what_it_asks_and_what_to_do(name: str) -> None:
    for policy in compiled_of(name).policies:
        assert policy.draft.metadata.title
        assert policy.draft.metadata.owner
        for held in policy.rules:
            rule = held.draft.rule
            assert rule.title, rule.id
            assert rule.remediation, rule.id
            assert rule.remediation.endswith("."), rule.id
            assert {"severity", "enforcement"} <= rule.model_fields_set, f"{rule.id} leaves its weight to a default"
            assert rule.message or not held.draft.spec.message_fields, f"{rule.id} could say what it found"


@pytest.mark.parametrize("name", PACKS)
def test_every_parameter_says_what_it_means_and_how_it_moves(name: str) -> None:
    found = {}
    for policy in compiled_of(name).policies:
        for key, held in policy.params.items():
            assert held.spec.description, key
            assert held.spec.tighten != "fixed", key
            if held.spec.type in ("number", "integer", "duration", "date"):
                assert held.spec.min is not None or held.spec.max is not None, f"{key} has no bound"
            found[f"{policy.draft.metadata.name}/{key}"] = held
    assert sorted(found) == sorted(TIGHTER[name])


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_locks_and_compiles_at_every_gate(name: str, tmp_path: Path) -> None:
    policy, lock = importing(tmp_path, name), tmp_path / "govern.lock"
    made = make_lock(LockRequest(policies=[policy], lock=lock)).lock.get(name)
    assert made is not None
    assert made.source == f"builtin:{name}"
    assert made.digest == f"sha256:{pack_digest(read_pack_folder(builtin_packs()[name]))}"
    found = {stage: {rule.id for rule in loaded(tmp_path, name, stage=stage).plan.rules} for stage in Stage}
    own = {f"{p.draft.metadata.name}/{r.draft.rule.id}" for p in compiled_of(name).policies for r in p.rules}
    assert set().union(*found.values()) == own
    assert found[Stage.PRE_DEPLOYMENT]
    assert found[STAGE] or name == "nyc-ll144"  # a tool is registered before it is audited


@pytest.mark.parametrize("name", PACKS)
def test_a_rule_weighs_no_more_than_its_clause_was_read(name: str) -> None:
    """A rule that blocks rests on clauses read in the text of the law, one that warns on none only remembered."""
    compiled = compiled_of(name)
    read = {
        f"{law}/{clause}": control.get("confidence")
        for law, catalogue in compiled.catalogues.items()
        for clause, control in confidences(catalogue).items()
    }
    for policy in compiled.policies:
        for held in policy.rules:
            known = {read[control] for control in held.draft.rule.controls}
            enforcement = held.draft.enforcement.value
            if enforcement == "block":
                assert known <= {"checked"}, held.draft.rule.id
            if enforcement == "warn":
                assert known <= {"checked", "search"}, held.draft.rule.id


def confidences(catalogue: Any) -> dict[str, dict[str, Any]]:
    document: Any = value_of(parse_yaml(Path(catalogue.file).read_bytes(), file=catalogue.file, strictness="policy"))
    return {item["id"]: item for item in document["controls"]}


def test_what_ends_says_so_and_what_begins_does(tmp_path: Path) -> None:
    """The effects test holds until the day of the rule of April 2026, and the policy after it from that day on."""
    plan = loaded(tmp_path, "fair-lending").plan
    ends = {rule.policy: (rule.applies_from, rule.applies_until) for rule in plan.rules}
    assert ends["fair-lending.effects-test"] == (None, "2026-07-21")
    assert ends["fair-lending.regulation-b"] == ("2026-07-21", None)
    standing = {item.name: item.legal_status for item in plan.policies}
    assert standing["fair-lending.effects-test"] == "superseded"
    assert standing["fair-lending.regulation-b"] == "in_force"


def test_no_rule_of_the_city_looks_at_how_high_a_ratio_is() -> None:
    """Local Law 144 has no pass mark, and neither has its pack."""
    kinds = {held.draft.rule.check for policy in compiled_of("nyc-ll144").policies for held in policy.rules}
    assert kinds == {"fairness.impact_table", "attestation.present"}
    texts = [
        path.read_text("utf-8") for path in builtin_packs()["nyc-ll144"].rglob("*.yaml") if "test" not in path.name
    ]
    assert not any("0.8" in text or "four fifths" in text.lower() for text in texts)


def _one(param: str, value: str) -> str:
    return f"      params: {{{param}: {value}}}\n"


@pytest.mark.parametrize(("name", "param"), [(name, param) for name in PACKS for param in TIGHTER[name]])
def test_an_import_tightens_each_parameter_and_loosens_none(name: str, param: str, tmp_path: Path) -> None:
    value, written, refused = TIGHTER[name][param]
    held: Any = loaded(tmp_path, name, _one(param, value)).plan.document["params"]
    found = held[param]["value"]
    assert (",".join(found) if isinstance(found, list) else str(found).lower()) == written
    if refused is not None:
        with pytest.raises(PolicyError) as caught:
            loaded(tmp_path, name, _one(param, refused))
        assert {item.code for item in caught.value.diagnostics} <= {"P307", "P403"}  # looser, or out of its bounds


def test_attributes_that_an_organisation_requires_must_be_declared(tmp_path: Path) -> None:
    """The one conjunct of the baseline that its own tests cannot see: by default nothing is required."""
    decisions = {}
    for asked in ("[sex]", "[origin, sex]"):
        folder = tmp_path / asked.replace(", ", "-")
        folder.mkdir()
        loaded(folder, "baseline", _one("required_attributes", asked))
        request = CheckRequest(
            bundle=BundleBuilder(folder).build(),
            stage=STAGE,
            policies=(folder / "own.yaml",),
            places=PackPlaces(lock=folder / "govern.lock"),
            clock=parse_instant("2026-06-01T00:00:00Z"),
        )
        made = check(request)
        assert isinstance(made, Checked)
        decisions[asked] = {
            item.rule: str(item.result.outcome) for item in made.evaluation.outcomes if "fairness" in item.rule
        }
        assert made.decision.decision is not Decision.ALLOWED  # there is no advisory snapshot
    assert decisions["[sex]"]["baseline.fairness/groups-declared"] == "pass"
    assert decisions["[origin, sex]"]["baseline.fairness/groups-declared"] == "fail"
    assert decisions["[sex]"]["baseline.fairness/parity"] == "pass"


def test_the_wheel_carries_every_pack_and_nothing_else() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {path.parent.name for path in (ROOT / "policies").glob("*/pack.yaml")}
    assert wheel["force-include"] == {f"policies/{name}": f"govern/shipped_packs/{name}" for name in folders}
    assert set(PACKS) == folders


@pytest.mark.parametrize("name", PACKS)
def test_no_pack_changes_under_its_version(name: str) -> None:
    released = json.loads((ROOT / "policies" / "released.json").read_text("utf-8"))
    version = next(iter(compiled_of(name).packs.values())).metadata.version
    entry = released[name].get(version)
    advice = "run python scripts/pack_digests.py"
    if entry is not None and entry["released"]:
        advice = f"{version} is released: raise the version in policies/{name}/pack.yaml"
    digest = pack_digest(read_pack_folder(builtin_packs()[name]))
    assert (entry or {}).get("digest") == f"sha256:{digest}", advice
    assert all(policy.draft.metadata.version == version for policy in compiled_of(name).policies)
    assert f"## {version}\n" in (ROOT / "policies" / name / "CHANGELOG.md").read_text("utf-8")
