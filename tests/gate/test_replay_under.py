"""Stored figures judged under other policies, or on another day: said to be something else than what was signed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from govern.canonical import parse_instant
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import PolicyError
from govern.gate.replaying.under import JudgedUnder, UnderRequest, judge_under
from govern.gate.replaying.under_text import render_under, under_document
from govern.policy.outcomes import Decision, Outcome
from support.in_process import govern_here
from support.pack_desk import AT, Desk
from support.packs import members

PARITY: dict[str, Any] = {
    "metric": "selection_rate",
    "compare": "ratio",
    "at_least": 0.8,
    "attributes": ["sex"],
    "decide": "evidence_of_harm",
}


class Story(Desk):
    """One allowed decision and its pack."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.certificate = self.check()
        self.packed = self.pack(self.certificate).path

    def law(self, name: str, *rules: dict[str, Any], spec: dict[str, Any] | None = None, **metadata: Any) -> Path:
        document = {
            "apiVersion": "govern/v1",
            "kind": "Policy",
            "metadata": {"name": name, "version": "2.0.0", **metadata},
            "spec": {**(spec or {}), "rules": list(rules)},
        }
        file = self.root / f"{name}.yaml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    def under(self, *policies: Path, at: str | None = None, pack: Path | None = None) -> JudgedUnder:
        request = UnderRequest(
            pack=pack or self.packed,
            scratch=self.scratch,
            policies=policies,
            places=PackPlaces(),
            at=None if at is None else parse_instant(at),
            trust=self.trust,
        )
        made = judge_under(request)
        assert list(self.scratch.iterdir()) == []
        assert made.exit_code != 0
        return made


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("under"))


def rule(check: str = "fairness.disparity", name: str = "ratio", **changes: Any) -> dict[str, Any]:
    given = {**(PARITY if check == "fairness.disparity" else {}), **changes}
    return {
        "id": name,
        "check": check,
        "enforcement": "block",
        "with": {k: v for k, v in given.items() if v is not None},
    }


def moved(made: JudgedUnder) -> dict[str, tuple[str | None, str | None, Outcome | None]]:
    return {item.rule: (item.stored_as, item.was, item.now) for item in made.rules}


def test_the_same_limit_under_another_name_is_still_not_the_signed_decision(story: Story) -> None:
    made = story.under(story.law("own", rule()))
    assert moved(made) == {"own/ratio": ("starter/parity", "pass", Outcome.PASS)}
    assert (made.was, made.now, made.exit_code) == (Decision.ALLOWED, Decision.ALLOWED, 1)
    text = render_under(made)
    assert text.startswith("This is not the decision that was signed")
    assert "NOT THE DECISION THAT WAS SIGNED" in text.splitlines()[-1]
    assert "judged under own 2.0.0 as in force on 2026-11-20: allowed" in text
    assert "pass -> pass [block] (figures of starter/parity)" in text


def test_another_limit_is_judged_from_the_stored_counts(story: Story) -> None:
    """Nothing is run again: the counts in the record are held against what only shows with thousands of people."""
    made = story.under(story.law("strict", rule(decide="demonstrated", at_least=0.99)))
    assert moved(made) == {"strict/ratio": ("starter/parity", "pass", Outcome.INCONCLUSIVE)}
    assert made.now is Decision.UNDECIDED


def test_the_day_decides_whether_a_law_is_in_force(story: Story) -> None:
    dated = story.law("dated", rule(), applies_from="2026-12-01", applies_until="2027-01-01", legal_status="in_force")
    for day, outcome, words in (
        (None, Outcome.NOT_APPLICABLE, "not in force on 2026-11-20, from 2026-12-01"),
        ("2026-12-01T00:00:00Z", Outcome.PASS, "as in force on 2026-12-01, since 2026-12-01, until 2027-01-01"),
        ("2026-12-31T23:59:59Z", Outcome.PASS, "as in force on 2026-12-31"),
        ("2027-01-01T00:00:00Z", Outcome.NOT_APPLICABLE, "no longer in force on 2027-01-01, until 2027-01-01"),
    ):
        made = story.under(dated, at=day)
        assert [item.now for item in made.rules] == [outcome]
        assert words in render_under(made)
        assert made.now is (Decision.ALLOWED if outcome is Outcome.PASS else Decision.UNDECIDED)


def test_counts_answer_rules_of_other_kinds_and_metrics(story: Story) -> None:
    """160 of 400 selected in each group: one stored tensor, five questions that the signed policies never asked."""
    made = story.under(
        story.law(
            "others",
            rule(name="errors", metric="true_positive_rate"),
            rule("fairness.significance", "significant", metric="selection_rate", attributes=["sex"]),
            rule("fairness.coverage", "covered", attributes=["sex"], min_group=201),
            rule(
                "fairness.group_floor",
                "floor",
                metric="selection_rate",
                attributes=["sex"],
                at_least=0.5,
                decide="point",
            ),
        )
    )
    outcomes = {item.rule.partition("/")[2]: (item.stored_as, item.now) for item in made.rules}
    assert outcomes == {
        "errors": ("starter/parity", Outcome.PASS),
        "significant": ("starter/parity", Outcome.PASS),
        "covered": ("starter/parity", Outcome.MISSING_EVIDENCE),
        "floor": ("starter/parity", Outcome.FAIL),
    }
    assert made.now is Decision.DENIED


def test_what_is_not_stored_cannot_be_told(story: Story) -> None:
    other = rule(attributes=["race"])
    made = story.under(story.law("errors", other, rule("model_card.fresh", "fresh", max_age="1y")))
    assert [item.now for item in made.rules] == [None, None]
    assert (made.now, made.exit_code) == (None, 3)
    text = render_under(made)
    assert "a table is asked for that the result does not hold" in text
    assert "no figures of a rule of the kind model_card.fresh are stored" in text
    assert "cannot be told from what is stored" in text


def test_a_rule_that_does_not_block_leaves_the_decision_known(story: Story) -> None:
    warned = {**rule("model_card.fresh", "fresh", max_age="1y"), "enforcement": "warn"}
    made = story.under(story.law("mixed", rule(), warned))
    assert (made.now, made.exit_code) == (Decision.ALLOWED, 1)


def test_conditions_read_the_model_record_of_the_pack(story: Story, tmp_path: Path) -> None:
    law = story.law("hiring", rule(), spec={"applies_when": '"employment" in model.sectors'})
    made = story.under(law)
    assert [item.now for item in made.rules] == [Outcome.NOT_APPLICABLE]
    assert "model.sectors" in (made.rules[0].why or "")
    desk = Desk(tmp_path)
    record = desk.bundle / "govern.yaml"
    document = yaml.safe_load(record.read_text("utf-8"))
    del document["spec"]["sectors"]  # what nobody declared makes a rule apply
    record.write_text(yaml.safe_dump(document), encoding="utf-8")
    packed = desk.pack(desk.check()).path
    assert story.under(law, pack=packed).authentic.holds is False, "another desk's trust root"
    own = judge_under(
        UnderRequest(pack=packed, scratch=story.scratch, policies=(law,), places=PackPlaces(), trust=desk.trust)
    )
    assert [item.now for item in own.rules] == [Outcome.PASS]


def test_names_that_the_model_record_fills_are_written_out(story: Story, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    record = desk.bundle / "govern.yaml"
    document = yaml.safe_load(record.read_text("utf-8"))
    document["spec"]["groups"] = {"attributes": ["sex"]}
    record.write_text(yaml.safe_dump(document), encoding="utf-8")
    packed = desk.pack(desk.check()).path
    law = story.law("declared", rule(attributes=["model.groups.attributes"], bound=True))
    made = judge_under(
        UnderRequest(pack=packed, scratch=story.scratch, policies=(law,), places=PackPlaces(), trust=desk.trust)
    )
    assert moved(made) == {"declared/ratio": ("starter/parity", "pass", Outcome.PASS)}


def test_a_damaged_pack_is_not_judged(story: Story) -> None:
    data = bytearray(story.packed.read_bytes())
    place = data.index(b'"fairness-table"')
    data[place + 1] ^= 1
    file = story.root / "damaged.tar"
    file.write_bytes(bytes(data))
    ended = govern_here("replay", file, "--trust", story.trust, "--under", story.law("own", rule()), cwd=story.root)
    assert ended.code == 4


def test_policies_that_do_not_compile_are_the_callers_fault(story: Story) -> None:
    with pytest.raises(PolicyError):
        story.under(story.law("wrong", {"id": "x", "check": "fairness.nothing"}))
    assert list(story.scratch.iterdir()) == []


def test_the_command(story: Story) -> None:
    law = story.law("own", rule(), applies_from="2026-12-01", legal_status="rescinding")
    base = ("replay", story.packed, "--trust", story.trust)
    ended = govern_here(*base, "--under", law, "--at", "2026-12-24T00:00:00Z", "-o", "json", cwd=story.root)
    assert ended.code == 1
    document = json.loads(ended.out)
    assert document["judged"] == {"decision": "allowed", "at": "2026-12-24T00:00:00Z", "is_the_signed_decision": False}
    assert document["signed"]["decision"] == "allowed"
    assert document["policies"][0]["standing"] == "rescinding; as in force on 2026-12-24, since 2026-12-01"
    assert document["rules"][0]["figures_of"] == "starter/parity"
    assert govern_here(*base, "--at", AT, cwd=story.root).code == 2
    assert govern_here(*base, cwd=story.root).code == 0
    ended = govern_here(*base, "--under", story.root / "none.yaml", cwd=story.root)
    assert ended.code == 2


def test_hostile_names_are_harmless(story: Story) -> None:
    law = story.law("own", rule(), title="\u202e<b>", spec={"applies_when": 'model.name != "\u202e\\u001b[31m"'})
    text = render_under(story.under(law))
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert under_document(story.under(law))["exit_code"] == 1
    assert members(story.packed.read_bytes())


def test_a_pack_that_comes_with_govern(story: Story) -> None:
    base = ("replay", story.packed, "--trust", story.trust)
    ended = govern_here(*base, "--under", "builtin:ugesp", cwd=story.root)
    assert ended.code == 1
    assert "under ugesp 1.0.0 (rescinding; as in force on 2026-11-20, since 1978-09-25)" in ended.out
    assert "judged under ugesp 1.0.0, ugesp.records 1.0.0" in ended.out
    ended = govern_here(*base, "--under", "builtin:fair-lending", "--at", "2026-07-20T00:00:00Z", cwd=story.root)
    assert (
        "under fair-lending.effects-test 1.0.0 (superseded; as in force on 2026-07-20, until 2026-07-21)" in ended.out
    )
    assert "in force; not in force on 2026-07-20, from 2026-07-21" in ended.out
    assert govern_here(*base, "--under", "builtin:nothing", cwd=story.root).code == 2
