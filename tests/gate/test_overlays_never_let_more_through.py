"""Law 3, with evidence: whatever a tightened rule lets through, the rule as its pack wrote it lets through as well.

The directions that `tests/policy/test_overlay_directions.py` names are the claim; here bundles try to refute it.
"""

from __future__ import annotations

import importlib.util
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
from govern.decision.run import evaluate_safely
from govern.policy.outcomes import Outcome, Stage
from govern.policy.plan import PlanRule
from support.bundles import CARD, BundleBuilder
from support.compiling import errors
from support.packs_of_policies import Shelf, policy_yaml
from support.policies import registries, registry_text, snapshot

_place = Path(__file__).parents[1] / "policy" / "test_overlay_directions.py"
_spec = importlib.util.spec_from_file_location("overlay_directions", _place)
assert _spec is not None
assert _spec.loader is not None
directions = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(directions)

CHECKS = builtin_checks()
DECIDED_LATER = ("approval.quorum", "approval.separation", "policy.exceptions")
"""They are settled with votes and waivers: tests/decision holds their directions."""
OWN = {
    ("artefacts.formats", "allowed"): (["onnx", "safetensors"], ["safetensors"]),
    ("dependencies.pinned", "files"): ([], ["requirements.txt"]),
    ("expression", "and_assert"): (["metrics.accuracy > 0.1"], ["metrics.accuracy > 0.1", "metrics.accuracy > 0.85"]),
    ("lineage.bound", "artefacts"): (["model/model.safetensors"], ["model/model.safetensors", "model/other.bin"]),
    ("model_card.claims", "metrics"): (["accuracy"], ["accuracy", "auc"]),
    ("model_card.fields", "required"): (["/license"], ["/license", "/sections/limitations"]),
    ("model_card.fields", "allowed"): ({"/license/*/raw": ["mit", "apache-2.0"]}, {"/license/*/raw": ["mit"]}),
    ("model_card.licence", "deny"): (["MIT"], ["Apache-2.0", "MIT"]),
    ("model_card.sections", "required"): (["owner"], ["owner", "limitations", "evaluation"]),
    ("performance.threshold", "at_least"): (0.7, 0.85),
}
"""Steps that the bundles below can tell apart."""
BASE = directions.BASE | {
    "expression": {"assert": "metrics.accuracy > 0.5"},
    "performance.threshold": {"metric": "accuracy", "at_least": 0.8},
    "model_card.sections": {"required": ["owner"]},
}
LEFT_OUT = {("expression", "may_be_absent"), ("expression", "may_be_empty"), ("expression", "assert")}
"""They lift proofs of the compiler, and change nothing of what is evaluated."""
ROWS = [row for row in directions.MOVING if row[0] not in DECIDED_LATER and row not in LEFT_OUT]


def steps(kind: str, name: str) -> tuple[Any, Any]:
    loose, tight = OWN.get((kind, name)) or directions.steps(kind, name)
    return loose, tight


def bundles(folder: Path) -> list[CheckContext]:
    """Sound ones and others: people flipped, few people, text taken out, files that are not what they should be."""
    rng = random.Random(3)
    made: list[BundleBuilder] = []

    def new() -> BundleBuilder:
        made.append(BundleBuilder(folder / str(len(made))))
        return made[-1]

    new()
    for rows in (400, 400, 400, 60, 24):
        lines = ["y_true,y_pred,score,sex,race"]
        for number in range(rows):
            sex, race = "FM"[number % 2], "abc"[number % 3]
            y_true = int(rng.random() < 0.5)
            y_pred = y_true if rng.random() < 0.9 - (0.3 if sex == "F" and rows != 400 else 0) else 1 - y_true
            lines.append(f"{y_true},{y_pred},0.{rng.randrange(10, 99)},{sex},{race}")
        new().file("predictions/test.csv", "\n".join(lines) + "\n")
    sections = CARD.split("\n## ")
    for number in range(1, len(sections)):
        new().file("README.md", "\n## ".join(sections[:number] + sections[number + 1 :]))
    new().file("README.md", CARD + "\n## Monitoring\n\nTODO\n")
    new().file("requirements.txt", "numpy>=1\n")
    new().file("requirements.txt", "numpy==1.26.4 --hash=sha256:" + "a" * 64 + "\n")
    new().remove("requirements.txt")
    new().remove("lineage.yaml")
    new().file("model/other.bin", b"\x80\x04\x8c\x05posix\x8c\x06system\x93.")
    new().file("metrics.json", b'{"accuracy": 0.99}').remove("predictions/test.csv")
    contexts = []
    for number, builder in enumerate(made):
        (folder / str(number)).mkdir(exist_ok=True)
        contexts.append(
            CheckContext(
                bundle=builder.open(),
                stage="pre-registration",
                registries=registries(empty=number % 7 == 6),
                advisories=snapshot(folder / str(number)),
            )
        )
    return contexts


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> list[CheckContext]:
    return bundles(tmp_path_factory.mktemp("bundles"))


def rules(kind: str, names: list[str]) -> tuple[PlanRule, PlanRule] | None:
    """The rule as its pack has it, and with these parameters a step tighter; None where they do not go together."""
    excluded = {gone for name in names for gone, _changed in [directions.WITHOUT.get((kind, name), (None, {}))]}
    params = dict(BASE.get(kind, {}))
    for name in names:
        params |= directions.WITHOUT.get((kind, name), (None, {}))[1]
    params |= {name: steps(kind, name)[0] for name in names}
    params = {name: value for name, value in params.items() if name not in excluded}
    rule = f"- {{id: x, check: {kind}, with: {json.dumps(params)}}}"
    shelf = Shelf().put("base", {"policies/b.yaml": policy_yaml("base", rule)})
    made = []
    for changes in ({}, {"base/x": {"with": {name: steps(kind, name)[1] for name in names}}}):
        spec = f'imports:\n  - {{pack: base, version: "1", rules: {json.dumps(changes)}}}'
        files = {"p.yaml": policy_yaml("p", "", spec=spec), "r.yaml": registry_text()}
        found = shelf.compile(files, stage=Stage.PRE_REGISTRATION)
        if found.plan is None:
            assert {item.code for item in errors(found)} <= {"P204", "P208", "P307"}, errors(found)
            return None
        made.append(found.plan.rules[0])
    return made[0], made[1]


def outcomes(rule: PlanRule, contexts: list[CheckContext]) -> list[Outcome]:
    return [evaluate_safely(rule.check, CHECKS[rule.check], rule.params, context).outcome for context in contexts]


def holds(pair: tuple[PlanRule, PlanRule], contexts: list[CheckContext]) -> list[tuple[Outcome, Outcome]]:
    found = list(zip(outcomes(pair[0], contexts), outcomes(pair[1], contexts), strict=True))
    assert [item for item in found if item[1] is Outcome.PASS and item[0] is not Outcome.PASS] == []
    return found


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_one_step_lets_nothing_more_through(contexts, kind, name):
    pair = rules(kind, [name])
    assert pair is not None
    holds(pair, contexts)


def test_the_bundles_tell_many_steps_apart(contexts):
    """Otherwise the test above would prove little."""
    told = set()
    for kind, name in ROWS:
        pair = rules(kind, [name])
        assert pair is not None
        if any(loose is not tight for loose, tight in holds(pair, contexts)):
            told.add((kind, name))
    assert len(told) >= 15, sorted(told)


KINDS = sorted({kind for kind, _name in ROWS})


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KINDS), st.data())
def test_several_steps_at_once_let_nothing_more_through(contexts, kind, data):
    names = [name for one, name in ROWS if one == kind]
    chosen = data.draw(st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=4))
    pair = rules(kind, chosen)
    if pair is not None:
        holds(pair, contexts)
