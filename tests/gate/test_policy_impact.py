"""Whom a change of policies meets: what stored results say must be what the bundles themselves come to."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.canonical import canonical_bytes
from govern.decision.exit_codes import FailOn, exit_code
from govern.diagnostics import UsageError
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError
from govern.gate.policy_diff import Question, compare_policies, places_near
from govern.gate.policy_impact import Impact, Side, impact_of_results
from govern.gate.result import result_document
from govern.policy.outcomes import Decision, Outcome, Stage
from support.bundles import BundleBuilder

CLOCK = datetime(2026, 5, 1, tzinfo=UTC)
STAGE = Stage.PRE_REGISTRATION
HEAD = 'apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: "%s"%s}\nspec:\n  rules:\n'


def policy(*rules: str, extra: str = "", version: str = "1.0.0") -> str:
    text = HEAD % (version, extra)
    for rule in rules:
        lines = rule.strip().splitlines()
        text += "".join(("    - " if index == 0 else "      ") + line + "\n" for index, line in enumerate(lines))
    return text


def accuracy(limit: str, more: str = "") -> str:
    return f"id: accuracy\n{more}check: performance.threshold\nwith: {{metric: accuracy, at_least: {limit}}}"


CARD = "id: card\ncheck: model_card.sections\nwith: {required: [intended_use, limitations]}"
PARITY = """\
id: parity
check: fairness.disparity
with:
  metric: selection_rate
  compare: ratio
  attributes: [sex]
  at_least: {ratio}
  decide: {decide}
"""
PRESENT = "id: present\ncheck: lineage.present"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accuracy 0.9, a good card, a lineage with one root."""
    return BundleBuilder(tmp_path_factory.mktemp("bundle")).build()


class Desk:
    """Two versions of policies, and results stored under the first."""

    def __init__(self, folder: Path, old: str, new: str) -> None:
        self.folder = folder
        self.old, self.new = folder / "old.yaml", folder / "new.yaml"
        self.old.write_text(old, encoding="utf-8")
        self.new.write_text(new, encoding="utf-8")

    def checked(self, bundle: Path) -> Checked:
        made = check(CheckRequest(bundle=bundle, stage=STAGE, policies=[self.old], clock=CLOCK))
        assert isinstance(made, Checked)
        return made

    def store(self, checked: Checked, name: str = "r.json") -> Path:
        document = result_document(checked, exit_code=exit_code(checked.decision, FailOn.FAIL))
        path = self.folder / name
        path.write_bytes(canonical_bytes(document))
        return path

    def impact(self, *results: Path, bundles: tuple[Path, ...] = ()) -> Impact:
        question = Question(old=self.old, new=self.new, results=results, bundles=bundles, stage=STAGE, clock=CLOCK)
        found = compare_policies(question).impact
        assert found is not None
        return found


def desk(tmp_path: Path, old: str, new: str) -> Desk:
    return Desk(tmp_path, old, new)


def test_a_raised_threshold_flips_and_names_rule_and_owner(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8"), CARD), policy(accuracy("0.95"), CARD))
    for found in (made.impact(made.store(made.checked(bundle))), made.impact(bundles=(bundle,))):
        (flip,) = found.flips
        assert (flip.before, flip.after) == (Decision.ALLOWED, Decision.DENIED)
        assert (flip.subject.model, flip.subject.owner) == ("credit-risk 3.1.0", "Retail credit models")
        assert flip.rules == (("p/accuracy", "pass", "fail (block)"),)
        assert (found.unchanged, found.not_replayable) == (0, ())


def test_a_lowered_threshold_lets_through(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.95"), CARD), policy(accuracy("0.85"), CARD))
    (flip,) = made.impact(made.store(made.checked(bundle))).flips
    assert (flip.before, flip.after) == (Decision.DENIED, Decision.ALLOWED)


def test_what_is_not_decided_otherwise_is_counted(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8"), CARD), policy(accuracy("0.85"), CARD))
    stored = made.store(made.checked(bundle))
    assert made.impact(stored) == Impact((), 1, ())
    assert made.impact(stored, bundles=(bundle,)).unchanged == 2


def test_a_new_rule_is_not_guessed(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.8"), PRESENT))
    found = made.impact(made.store(made.checked(bundle)))
    (unknown,) = found.not_replayable
    assert unknown.after is None
    assert unknown.rules == (
        ("p/present", "not asked", "not replayable: the rule is new, and no figures of it are stored"),
    )


def test_a_new_rule_does_not_matter_where_another_denies(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.95"), PRESENT))
    (flip,) = made.impact(made.store(made.checked(bundle))).flips
    assert flip.after is Decision.DENIED
    made = desk(tmp_path, policy(accuracy("0.95")), policy(accuracy("0.95"), PRESENT))
    assert made.impact(made.store(made.checked(bundle))).unchanged == 1


def test_a_new_rule_that_only_warns_flips_nothing(tmp_path: Path, bundle: Path):
    advice = PRESENT.replace("id: present\n", "id: present\nenforcement: warn\n")
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.8"), advice))
    assert made.impact(made.store(made.checked(bundle))).unchanged == 1


def test_a_rule_that_goes_or_only_warns_lets_through(tmp_path: Path, bundle: Path):
    for new in (policy(CARD), policy(accuracy("0.95", "enforcement: warn\n"), CARD)):
        made = desk(tmp_path, policy(accuracy("0.95"), CARD), new)
        (flip,) = made.impact(made.store(made.checked(bundle))).flips
        assert flip.after is Decision.ALLOWED


def test_a_renamed_rule_keeps_its_outcome(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.8").replace("id: accuracy", "id: other")))
    assert made.impact(made.store(made.checked(bundle))).unchanged == 1


def test_a_changed_condition_is_not_replayed(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.8", "when: model.third_party == true\n")))
    (unknown,) = made.impact(made.store(made.checked(bundle))).not_replayable
    assert "conditions" in unknown.rules[0][2]


def test_a_result_of_another_version_is_not_replayed(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.85")))
    stored = made.store(made.checked(bundle))
    made = desk(tmp_path, policy(accuracy("0.7")), policy(accuracy("0.85")))
    (unknown,) = made.impact(stored).not_replayable
    assert "another version" in unknown.rules[0][2]


def test_rules_of_policies_that_are_not_compared_stay_as_they_were(tmp_path: Path, bundle: Path):
    other = tmp_path / "other.yaml"
    other.write_text(policy(accuracy("0.99")).replace("name: p", "name: q"), encoding="utf-8")
    made = desk(tmp_path, policy(CARD), policy(CARD.replace("[intended_use, limitations]", "[intended_use]")))
    checked = check(CheckRequest(bundle=bundle, stage=STAGE, policies=[made.old, other], clock=CLOCK))
    assert isinstance(checked, Checked)
    assert checked.decision.decision is Decision.DENIED
    assert made.impact(made.store(checked)) == Impact((), 1, ())


def test_a_law_that_is_not_yet_in_force_lets_through(tmp_path: Path, bundle: Path):
    later = policy(accuracy("0.95"), CARD, extra=", applies_from: 2026-06-01")
    made = desk(tmp_path, policy(accuracy("0.95"), CARD), later)
    for found in (made.impact(made.store(made.checked(bundle))), made.impact(bundles=(bundle,))):
        (flip,) = found.flips
        assert (flip.before, flip.after) == (Decision.DENIED, Decision.UNDECIDED), "no rule is in force"


def waived(made: Desk, bundle: Path) -> Path:
    """A stored result in which a waiver covers the failed rule."""
    checked = made.checked(bundle)
    settled = tuple(
        replace(item, outcome=Outcome.WAIVED, why="waived") if item.outcome is Outcome.FAIL else item
        for item in checked.decision.settled
    )
    decision = replace(checked.decision, settled=settled, decision=Decision.ALLOWED)
    return made.store(replace(checked, decision=decision))


def test_a_waiver_holds_for_the_rule_it_was_given_for(tmp_path: Path, bundle: Path):
    same = desk(tmp_path, policy(accuracy("0.95"), CARD), policy(accuracy("0.95", "title: Other\n"), CARD))
    assert same.impact(waived(same, bundle)).unchanged == 1
    harder = desk(tmp_path, policy(accuracy("0.95"), CARD), policy(accuracy("0.96"), CARD))
    (flip,) = harder.impact(waived(harder, bundle)).flips
    assert (flip.after, flip.rules) == (Decision.DENIED, (("p/accuracy", "waived", "fail (block)"),))
    shorter = desk(tmp_path, policy(accuracy("0.95")), policy(accuracy("0.95", "max_waiver_days: 5\n")))
    (unknown,) = shorter.impact(waived(shorter, bundle)).not_replayable
    assert "waiver" in unknown.rules[0][2]


def test_a_refused_bundle_stays_undecided(tmp_path: Path, bundle: Path):
    from govern.gate.check import Refused
    from govern.gate.result import refused_document

    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.95")))
    empty = tmp_path / "empty"
    empty.mkdir()
    refused = check(CheckRequest(bundle=empty, stage=STAGE, policies=[made.old], clock=CLOCK))
    assert isinstance(refused, Refused)
    stored = tmp_path / "refused.json"
    stored.write_bytes(canonical_bytes(refused_document(refused, exit_code=3)))
    assert made.impact(stored).unchanged == 1
    (unknown,) = made.impact(bundles=(empty,)).not_replayable
    assert unknown.after is None


def test_the_faults_of_a_question(tmp_path: Path, bundle: Path):
    made = desk(tmp_path, policy(accuracy("0.8")), policy(accuracy("0.95")))
    empty = tmp_path / "none"
    empty.mkdir()
    for question, code in (
        (Question(old=made.old, new=made.new, bundles=[bundle], clock=CLOCK), "U104"),
        (Question(old=made.old, new=made.new, results=[empty]), "U103"),
        (Question(old=made.old, new=tmp_path / "absent.yaml"), "U103"),
    ):
        with pytest.raises(UsageError) as caught:
            compare_policies(question)
        assert [item.code for item in caught.value.diagnostics] == [code]
    made.new.write_text("apiVersion: govern/v2\n", encoding="utf-8")
    with pytest.raises(PolicyError):
        compare_policies(Question(old=made.old, new=made.new))


def test_a_lock_file_is_looked_for_upwards(tmp_path: Path):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    (tmp_path / "a" / "govern.lock").write_text("{}", encoding="utf-8")
    assert places_near(inside / "p.yaml").lock == (tmp_path / "a" / "govern.lock").resolve()


RULES = st.fixed_dictionaries(
    {
        "accuracy": st.sampled_from(["0.5", "0.85", "0.9", "0.95"]),
        "enforcement": st.sampled_from(["block", "warn"]),
        "sections": st.sampled_from(["intended_use", "intended_use, limitations", "limitations, monitoring"]),
        "words": st.integers(1, 300),
        "assert": st.sampled_from(["metrics.accuracy >= 0.8", "metrics.accuracy >= 0.91", "size(card.owners) > 0"]),
        "ratio": st.sampled_from(["0.8", "0.99"]),
        "decide": st.sampled_from(["point", "demonstrated"]),
        "present": st.booleans(),
    }
)


def written(values: dict) -> str:
    rules = [
        accuracy(values["accuracy"], f"enforcement: {values['enforcement']}\n"),
        f"id: card\ncheck: model_card.sections\nwith: {{required: [{values['sections']}]}}",
        f"id: words\ncheck: model_card.present\nwith: {{min_words: {values['words']}}}",
        f"id: says\ncheck: expression\nwith:\n  assert: {values['assert']}",
        PARITY.format(**values),
    ]
    return policy(*rules, *([PRESENT] if values["present"] else []))


@settings(max_examples=30)
@given(RULES, RULES)
def test_a_stored_result_never_says_other_than_the_bundle(tmp_path_factory, bundle: Path, first: dict, second: dict):
    made = desk(tmp_path_factory.mktemp("desk"), written(first), written(second))
    results = [("r", json.loads(made.store(made.checked(bundle)).read_bytes()))]
    sides = [Side([path], PackPlaces()) for path in (made.old, made.new)]
    (found,) = impact_of_results(*sides, results)
    truth = check(CheckRequest(bundle=bundle, stage=STAGE, policies=[made.new], clock=CLOCK))
    assert isinstance(truth, Checked)
    assert found.after in (None, truth.decision.decision)
    for rule, _before, after in found.rules:
        said = after.split(" (")[0]
        if said in {item.value for item in Outcome}:
            assert said == next(item.outcome.value for item in truth.decision.settled if item.rule.rule == rule)


@settings(max_examples=40)
@given(RULES, RULES)
def test_what_is_not_looser_lets_nothing_more_through(tmp_path_factory, bundle: Path, first: dict, second: dict):
    """The meaning of the whole comparison: where it says that nothing was loosened, nothing new is allowed."""
    made = desk(tmp_path_factory.mktemp("desk"), written(first), written(second))
    found = compare_policies(Question(old=made.old, new=made.new))
    decisions = []
    for path in (made.old, made.new):
        checked = check(CheckRequest(bundle=bundle, stage=STAGE, policies=[path], clock=CLOCK))
        assert isinstance(checked, Checked)
        decisions.append(checked.decision)
    if not found.difference.loosens:
        assert decisions[1].decision is not Decision.ALLOWED or decisions[0].decision is Decision.ALLOWED
    outcomes = [{item.rule.rule: item.outcome for item in decision.settled} for decision in decisions]
    for rule in (rule for policy in found.difference.policies for rule in policy.rules):
        if rule.status == "tightened":
            assert outcomes[1][rule.rule] is not Outcome.PASS or outcomes[0][rule.rule] is Outcome.PASS
        if rule.status == "loosened":
            assert outcomes[0][rule.rule] is not Outcome.PASS or outcomes[1][rule.rule] is Outcome.PASS
