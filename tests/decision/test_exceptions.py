"""The bounds of a policy on all waivers together: each bound by itself, and the auditor with the same answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from govern.canonical import canonical_bytes
from govern.checks.people.exceptions import ExceptionsParams
from govern.decision.decide import Settled, decide
from govern.decision.exceptions import InForce, judge_exceptions
from govern.decision.records import read_evaluation
from govern.decision.waivers import Ruling
from govern.diagnostics import InputError
from govern.policy.outcomes import Decision, Outcome
from support.attestations import failed, lines_of
from support.compiling import HEAD, compiled, errors
from support.people import (
    BAD,
    BEFORE,
    BOUNDED,
    CLOCK,
    ERIN,
    FRANK,
    GOOD,
    SUBMITTER,
    WARNED,
    Board,
    bounded,
    evaluation,
    quorum,
    rule,
)

ENCRYPTION = "nydfs-500/500.15-a"


def facts(**changes: Any) -> Any:
    """A waiver that keeps the bounds, as the decision sees it."""
    board = Board()
    (made,) = board.people([board.waiver()]).waivers
    return replace(made, **changes)


def judged(*waivers: Any, rules: tuple[Any, ...] = (BAD,), known: tuple[Any, ...] = (BAD,), **bounds: Any) -> Any:
    applied = [InForce(about, waiver) for about, waiver in zip(rules, waivers, strict=False)]
    return judge_exceptions(bounded(**bounds), applied, known)


def test_a_waiver_within_its_bounds_passes_and_none_at_all_passes() -> None:
    made = judged(facts())
    assert (made.outcome, made.why) == (Outcome.PASS, f"the bounds are kept by the waivers of {BAD.rule}")
    assert (judged().outcome, judged().why) == (Outcome.PASS, "no rule is waived")


@pytest.mark.parametrize(("seconds", "outcome"), [(0, Outcome.PASS), (1, Outcome.FAIL)])
def test_its_length_to_the_second(seconds: int, outcome: Outcome) -> None:
    waiver = facts(not_before=BEFORE, expires=BEFORE + timedelta(days=30, seconds=seconds))
    assert judged(waiver, max_days=30).outcome is outcome


@pytest.mark.parametrize(
    ("role", "roles", "outcome"),
    [
        ("waiver", ["waiver"], Outcome.PASS),
        ("waiver/ciso", ["waiver"], Outcome.PASS),
        ("waiver/ciso", ["waiver/ciso", "waiver/cro"], Outcome.PASS),
        ("waiver", ["waiver/ciso"], Outcome.FAIL),
        ("waiver/cro", ["waiver/ciso"], Outcome.FAIL),
        ("waiverx", ["waiver"], Outcome.FAIL),
        ("", ["waiver"], Outcome.FAIL),
    ],
)
def test_the_role_in_which_it_was_signed(role: str, roles: list[str], outcome: Outcome) -> None:
    assert judged(facts(role=role), roles=roles).outcome is outcome


@pytest.mark.parametrize(
    ("controls", "asked", "outcome"),
    [
        (("a person reads each refusal",), True, Outcome.PASS),
        ((), True, Outcome.FAIL),
        ((" ",), True, Outcome.FAIL),
        ((), False, Outcome.PASS),
    ],
)
def test_what_is_done_instead(controls: tuple[str, ...], asked: bool, outcome: Outcome) -> None:
    assert judged(facts(compensating_controls=controls), compensating_control=asked).outcome is outcome


@pytest.mark.parametrize(("most", "outcome"), [(0, Outcome.FAIL), (1, Outcome.FAIL), (2, Outcome.PASS)])
def test_how_many_rules_are_waived_at_once(most: int, outcome: Outcome) -> None:
    other = replace(BAD, rule="credit-risk/other")
    made = judged(facts(), facts(), rules=(BAD, other), known=(BAD, other), max_active=most)
    assert made.outcome is outcome
    if outcome is Outcome.FAIL:
        assert made.why == f"2 rules are waived, of {most} that may be"


def test_only_the_waivers_of_the_named_controls_are_bounded() -> None:
    encrypted = replace(BAD, rule="p/encrypted", controls=(ENCRYPTION,))
    long = facts(expires=CLOCK + timedelta(days=300))
    known = (BAD, encrypted)
    assert judged(long, rules=(BAD,), known=known, for_controls=[ENCRYPTION]).outcome is Outcome.PASS
    made = judged(long, rules=(encrypted,), known=known, for_controls=[ENCRYPTION])
    assert (made.outcome, made.why) == (Outcome.FAIL, "the waiver of p/encrypted lasts longer than 120 days")
    assert judged(long, rules=(BAD,), known=known, for_controls=["*", ENCRYPTION]).outcome is Outcome.FAIL


def test_a_control_that_no_rule_speaks_to_is_missing_evidence() -> None:
    made = judged(facts(), for_controls=["nydfs-500/500.51-a"])
    assert made.outcome is Outcome.MISSING_EVIDENCE
    assert made.why is not None
    assert "nydfs-500/500.51-a" in made.why


@pytest.mark.parametrize(
    "spoilt",
    [
        {"max_days": None},
        {"max_days": True},
        {"max_days": "90"},
        {"max_days": -1},
        {"roles": []},
        {"roles": "waiver"},
        {"roles": [7]},
        {"compensating_control": None},
        {"max_active": "2"},
        {"for_controls": []},
        {"for_controls": None},
        {"kind": "other"},
    ],
)
def test_bounds_that_cannot_be_read_are_an_error(spoilt: dict[str, Any]) -> None:
    asked = bounded()
    asked = replace(asked, result=replace(asked.result, facts={**asked.result.facts, **spoilt}))  # type: ignore[dict-item]
    assert judge_exceptions(asked, [], (BAD,)).outcome is Outcome.ERROR
    assert decide(evaluation(GOOD, asked), clock=CLOCK).decision is Decision.UNDECIDED


# -- in the decision ----------------------------------------------------------------------------------------------------


def last(settled: tuple[Settled, ...]) -> Settled:
    (found,) = (item for item in settled if item.rule.rule == BOUNDED)
    return found


def test_a_waiver_out_of_bounds_denies_and_the_auditor_agrees() -> None:
    for days, decision in ((91, Decision.ALLOWED), (90, Decision.DENIED)):
        board = Board(about=evaluation(GOOD, BAD, bounded(max_days=days), WARNED))
        papers = [board.waiver()]
        ruled = board.issue(papers)
        assert ruled.record.decision is decision
        result = board.verify(ruled, papers)
        assert failed(result) == []
        assert lines_of(result, "decision")[0].endswith(f"{decision.value}, the same bytes")


def test_the_waiver_of_a_quorum_is_bounded_too() -> None:
    board = Board(about=evaluation(GOOD, quorum(), bounded(max_days=30)))
    waiver = board.waiver(
        rule="board",
        rule_digest=board.about.outcomes[1].rule_digest,
        limit=None,
        covers=(Outcome.MISSING_EVIDENCE,),
    )
    assert board.decide([waiver]).decision is Decision.DENIED


def test_its_own_waiver_is_not_bounded_by_itself_and_no_vote_need_have_considered_it() -> None:
    board = Board(about=evaluation(GOOD, BAD, bounded(max_days=30), quorum()))
    waiver = board.waiver()
    own = board.waiver(rule="exceptions", rule_digest=board.about.outcomes[2].rule_digest, limit=None)
    papers = [waiver, own, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]
    ruled = board.issue(papers)
    assert ruled.record.decision is Decision.ALLOWED
    assert dict(last(ruled.record.settled).rulings) == {own.digest: Ruling.APPLIED}
    assert failed(board.verify(ruled, papers)) == []
    assert failed(board.verify(ruled, papers, evaluation=None, decision=None)) == []


@pytest.mark.parametrize("said", list(Outcome))
def test_what_a_record_says_of_it_is_settled_anew(said: Outcome) -> None:
    asked = bounded(max_days=30)
    asked = replace(asked, result=replace(asked.result, outcome=said))
    board = Board(about=evaluation(GOOD, BAD, asked))
    (waiver,) = board.people([board.waiver()]).waivers
    record = decide(board.about, clock=CLOCK, waivers=[waiver], submitter=SUBMITTER)
    assert last(record.settled).outcome is not Outcome.PASS


@pytest.mark.parametrize(
    "change",
    [
        {"max_days": "90"},
        {"max_days": 4_000},
        {"roles": "waiver"},
        {"roles": [7]},
        {"compensating_control": 1},
        {"max_active": -1},
        {"max_active": None},
        {"for_controls": {}},
    ],
)
def test_a_record_with_bounds_of_another_form_is_none(change: dict[str, Any]) -> None:
    document = json.loads(evaluation(GOOD, bounded()).data())
    document["outcomes"][1]["facts"].update(change)
    with pytest.raises(InputError) as caught:
        read_evaluation(canonical_bytes(document))
    assert caught.value.diagnostics[0].code == "D104"
    sound = evaluation(GOOD, bounded(max_active=3), rule("p/x", Outcome.PASS))
    assert read_evaluation(sound.data()).digest == sound.digest


# -- in a policy --------------------------------------------------------------------------------------------------------


def test_every_bound_is_written_into_the_plan() -> None:
    text_ = HEAD + "  rules:\n    - {id: e, check: policy.exceptions, with: {max_days: 90, roles: [waiver/ciso]}}\n"
    found = compiled(text_)
    assert found.plan is not None, [str(item) for item in errors(found)]
    (made,) = json.loads(found.plan.data())["rules"]
    wanted = {"max_days": 90, "roles": ["waiver/ciso"], "compensating_control": True, "for_controls": ["*"]}
    assert {key: made["with"][key] for key in wanted} == wanted
    assert "max_active" not in made["with"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("{roles: [waiver]}", "P202"),
        ("{max_days: 90}", "P202"),
        ("{max_days: 0, roles: [waiver]}", "P204"),
        ("{max_days: 90, roles: []}", "P204"),
        ("{max_days: 90, roles: [approver]}", "P204"),
        ("{max_days: 90, roles: [waiver], for_controls: []}", "P204"),
        ("{max_days: 90, roles: [waiver], for_controls: [nonsense]}", "P204"),
        ("{max_days: 90, roles: [waiver], max_active: -1}", "P204"),
        ("{max_days: 90d, roles: [waiver]}", "P203"),
    ],
)
def test_a_bound_that_is_none_is_refused(given: str, code: str) -> None:
    found = compiled(HEAD + f"  rules:\n    - {{id: e, check: policy.exceptions, with: {given}}}\n")
    assert [item.code for item in errors(found)] == [code]


def test_every_parameter_says_how_an_overlay_may_move_it() -> None:
    directions = {
        name: (item.json_schema_extra or {}).get("tighten")  # type: ignore[union-attr]
        for name, item in ExceptionsParams.model_fields.items()
    }
    assert {name: directions[name] for name in ("max_days", "roles", "compensating_control", "max_active")} == {
        "max_days": "down",
        "roles": "subset",
        "compensating_control": "order",
        "max_active": "down",
    }
    assert directions["for_controls"] == "superset"
