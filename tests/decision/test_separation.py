"""Nobody on two sides: a truth table of every pair of sides, and the same answer from the decision and the auditor."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from govern.decision.decide import Settled, decide
from govern.decision.records import read_evaluation
from govern.decision.waivers import Ruling
from govern.diagnostics import InputError
from govern.policy.outcomes import Decision, Enforcement, Outcome
from govern.policy.sides import Side
from support.attestations import failed, lines_of
from support.people import (
    APART,
    BAD,
    BEFORE,
    CLOCK,
    ERIN,
    FRANK,
    GOOD,
    GRACE,
    HEIDI,
    LEGAL,
    SUBMITTER,
    WARNED,
    Board,
    Paper,
    evaluation,
    quorum,
    separated,
    text,
)

DEVELOPERS, VALIDATORS = ("person:dan", "person:dora"), ("person:vera",)
DECLARED: dict[str, Any] = {"owner": "person:bob", "developers": DEVELOPERS, "validators": VALIDATORS}
PEOPLE = {
    Side.SUBMITTER: "person:alice",
    Side.OWNER: "person:bob",
    Side.DEVELOPER: "person:dan",
    Side.VALIDATOR: "person:vera",
    Side.APPROVER: "person:erin",
    Side.WAIVER: "person:heidi",
}


def about(*pairs: tuple[str, str], bounds: Any = None, **subject: Any) -> Board:
    """A board before a model that fails within reach of a waiver, and whose people must be kept apart."""
    asked = separated(*pairs, **({} if bounds is None else {"bounds": bounds}))
    return Board(about=evaluation(GOOD, BAD, asked, WARNED, **{**DECLARED, **subject}))


def papers(board: Board) -> list[Paper]:
    waiver = board.waiver()
    return [waiver, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]


def apart(board: Board, given: list[Paper], **asked: Any) -> Settled:
    record = board.decide(given, **asked)
    (found,) = (item for item in record.settled if item.rule.rule == APART)
    return found


# -- the truth table ----------------------------------------------------------------------------------------------------

PAIRS = list(combinations(sorted(side.value for side in Side), 2))


@pytest.mark.parametrize("pair", PAIRS)
def test_two_sides_with_different_people_pass(pair: tuple[str, str]) -> None:
    board = about(pair)
    made = apart(board, papers(board))
    assert (made.outcome, made.why) == (Outcome.PASS, f"nobody is on both sides: {pair[0]} and {pair[1]}")
    assert bool(made.approvals) == ("approver" in pair), "a pass rests on the votes where a pair names approvers"


@pytest.mark.parametrize("pair", PAIRS)
def test_one_person_on_both_sides_fails(pair: tuple[str, str]) -> None:
    """Whoever signs (an approver, a waiver officer) cannot be changed here, so the other side is named after them."""
    first, second = (Side(side) for side in pair)
    declared, other = (second, first) if first in (Side.APPROVER, Side.WAIVER) else (first, second)
    if declared in (Side.APPROVER, Side.WAIVER):  # both sign: Erin waives as well
        board = about(pair)
        waiver = board.waiver(by=HEIDI)
        votes = [board.vote(by, [waiver]) for by in (ERIN, FRANK)]
        people = board.people([waiver, *votes])
        (facts,) = people.waivers
        facts = replace(facts, approver="person:erin", identities=frozenset({"person:erin"}))
        made = decide(
            board.about, clock=CLOCK, waivers=[facts], approvals=people.approvals, submitter=SUBMITTER
        ).settled[2]
    else:
        who = PEOPLE[other]
        field = {Side.OWNER: "owner", Side.DEVELOPER: "developers", Side.VALIDATOR: "validators"}.get(declared)
        changes: dict[str, Any] = {} if field is None else {field: who if field == "owner" else (who,)}
        # Votes of owner and submitter never count, nor do waivers of those who are concerned: each is then nobody.
        board = about(pair, **changes)
        asked = {"submitter": who} if declared is Side.SUBMITTER else {}
        made = apart(board, papers(board), **asked)
        if other is Side.APPROVER and declared in (Side.OWNER, Side.SUBMITTER):
            assert made.outcome is Outcome.MISSING_EVIDENCE
            return
        if other is Side.WAIVER and declared is not Side.VALIDATOR:
            assert dict(board.decide(papers(board), **asked).settled[1].rulings).values()
            assert made.outcome is Outcome.PASS, "the waiver was not applied, so nobody waived"
            return
    assert made.outcome is Outcome.FAIL, made
    assert made.why is not None
    assert f"{pair[0]} and {pair[1]}" in made.why


UNKNOWN: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (("developer", "validator"), {"developers": ()}, "developer: the model record names no developers"),
    (("developer", "validator"), {"validators": ()}, "validator: the model record names no validators"),
    (("owner", "validator"), {"owner": None}, "owner: the model record names no owner"),
    (("owner", "validator"), {"owner": "Credit team"}, "owner: 'Credit team' is no name of the trust root"),
    (("developer", "validator"), {"developers": ("dan",)}, "developer: 'dan' is no name of the trust root"),
    (("developer", "validator"), {"validators": ("person:vera", "Vera V")}, "validator: 'Vera V' is no name"),
]


@pytest.mark.parametrize(("pair", "subject", "why"), UNKNOWN)
def test_an_unknown_side_is_missing_evidence(pair: tuple[str, str], subject: dict[str, Any], why: str) -> None:
    board = about(pair, **subject)
    made = apart(board, papers(board))
    assert made.outcome is Outcome.MISSING_EVIDENCE
    assert made.why is not None
    assert made.why.startswith(why)
    assert board.decide(papers(board)).decision is Decision.UNDECIDED


def test_nobody_submitted_and_nobody_approved_are_unknown_but_nobody_waived_is_known() -> None:
    board = about(("submitter", "approver"))
    made = apart(board, papers(board), submitter=None)
    assert (made.outcome, made.why) == (Outcome.MISSING_EVIDENCE, "submitter: nobody is named as submitter")
    made = apart(board, [])
    assert (made.outcome, made.why) == (Outcome.MISSING_EVIDENCE, "approver: nobody has approved yet")
    waived = about(("waiver", "developer"))
    assert apart(waived, []).outcome is Outcome.PASS


def test_an_owner_may_be_named_beside_a_team() -> None:
    board = about(("owner", "validator"), owner="Credit team", principal="person:bob")
    assert apart(board, []).outcome is Outcome.PASS
    board = about(("owner", "validator"), owner="Credit team", principal="person:vera")
    assert apart(board, []).why == "Credit team is owner and validator"


def test_a_violation_is_said_whatever_else_is_unknown() -> None:
    board = about(("developer", "validator"), ("submitter", "approver"), validators=("person:dan", "V"))
    made = apart(board, [], submitter=None)
    assert (made.outcome, made.why) == (Outcome.FAIL, "person:dan is developer and validator")


# -- who approves -------------------------------------------------------------------------------------------------------


def test_fewer_approvers_than_the_trust_root_asks_for_are_none() -> None:
    board = about(("developer", "approver"))
    waiver = board.waiver()
    assert apart(board, [waiver, board.vote(ERIN, [waiver])]).why == "approver: nobody has approved yet"


@pytest.mark.parametrize("named", ["person:erin", ERIN.public.keyid])
def test_a_developers_vote_fails_by_name_and_by_key_even_where_others_would_be_enough(named: str) -> None:
    board = about(("developer", "approver"), developers=("person:dan", named))
    waiver = board.waiver()
    votes = [board.vote(by, [waiver]) for by in (ERIN, FRANK, GRACE)]
    made = apart(board, [waiver, *votes])
    assert made.outcome is Outcome.FAIL
    withdrawn = board.vote(ERIN, [waiver], "abstain", signed_at=text(BEFORE, hours=1))
    # Erin withdrew: the key that the record names still has no name of the trust root.
    expected = Outcome.PASS if named == "person:erin" else Outcome.MISSING_EVIDENCE
    assert apart(board, [waiver, *votes, withdrawn]).outcome is expected


def test_the_votes_of_another_board_count_as_approvers_too() -> None:
    board = about(("developer", "approver"), developers=("person:frank",))
    waiver = board.waiver()
    votes = [board.vote(ERIN, [waiver]), board.vote(GRACE, [waiver]), board.vote(FRANK, [waiver], role=LEGAL)]
    assert apart(board, [waiver, *votes]).why == "person:frank is approver and developer"


@pytest.mark.parametrize(("seconds", "outcome"), [(-1, Outcome.PASS), (0, Outcome.MISSING_EVIDENCE)])
def test_an_approval_that_is_too_old_for_the_rule_is_none(seconds: int, outcome: Outcome) -> None:
    board = about(("developer", "approver"), bounds={"max_age": "30d"})
    given = papers(board)
    made = apart(board, given, clock=BEFORE + timedelta(days=30, seconds=seconds))
    assert made.outcome is outcome
    if outcome is Outcome.PASS:
        assert board.decide(given).holds_until == BEFORE + timedelta(days=30)


@pytest.mark.parametrize(("seconds", "outcome"), [(-1, Outcome.PASS), (0, Outcome.MISSING_EVIDENCE)])
def test_an_old_approval_meets_no_quorum_and_an_old_rejection_stands(seconds: int, outcome: Outcome) -> None:
    asked = quorum()
    facts = {**asked.result.facts, "max_age": "30d"}  # type: ignore[dict-item]
    asked = replace(asked, result=replace(asked.result, facts=facts))
    board = Board(about=evaluation(GOOD, asked))
    votes = [board.vote(by) for by in (ERIN, FRANK)]
    clock = BEFORE + timedelta(days=30, seconds=seconds)
    record = board.decide(votes, clock=clock)
    assert record.settled[1].outcome is outcome
    if outcome is Outcome.PASS:
        assert record.holds_until == BEFORE + timedelta(days=30)
    against = board.vote(GRACE, vote="reject")
    assert board.decide([*votes, against], clock=clock).settled[1].outcome is Outcome.FAIL


# -- waiving it ---------------------------------------------------------------------------------------------------------


def test_a_waiver_may_cover_a_missing_name_and_its_signer_is_not_asked_about_themselves() -> None:
    board = about(("developer", "validator"), ("waiver", "developer"), validators=())
    named = {"rule": "apart", "rule_digest": board.about.outcomes[2].rule_digest, "limit": None}
    waiver = board.waiver(**named, covers=(Outcome.MISSING_EVIDENCE,))
    other = board.waiver()
    record = board.decide([waiver, other])
    assert record.decision is Decision.ALLOWED
    assert dict(record.settled[2].rulings) == {waiver.digest: Ruling.APPLIED}
    ruled = board.issue([waiver, other])
    assert failed(board.verify(ruled, [waiver, other])) == []
    assert failed(board.verify(ruled, [waiver, other], evaluation=None, decision=None)) == []


def test_votes_need_not_have_considered_a_waiver_of_this_rule() -> None:
    """It is settled after the votes, so that nobody could have."""
    board = Board(about=evaluation(GOOD, quorum(), separated(), developers=(), validators=VALIDATORS))
    waiver = board.waiver(
        rule="apart",
        rule_digest=board.about.outcomes[2].rule_digest,
        limit=None,
        covers=(Outcome.MISSING_EVIDENCE,),
    )
    given = [waiver, board.vote(ERIN), board.vote(FRANK)]
    ruled = board.issue(given)
    assert ruled.record.decision is Decision.ALLOWED
    for more in ({}, {"evaluation": None, "decision": None}):
        assert failed(board.verify(ruled, given, **more)) == []


# -- records that lie, and auditors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "facts",
    [
        None,
        [],
        {},
        {"kind": "approval-separation"},
        {"kind": "approval-separation", "pairs": []},
        {"kind": "approval-separation", "pairs": "developer"},
        {"kind": "approval-separation", "pairs": [["developer"]]},
        {"kind": "approval-separation", "pairs": [["developer", "developer"]]},
        {"kind": "approval-separation", "pairs": [["developer", "tester"]]},
        {"kind": "approval-separation", "pairs": [["developer", "validator"], 7]},
        {"kind": "approval-separation", "pairs": [["developer", None]]},
        {"kind": "other", "pairs": [["developer", "validator"]]},
    ],
)
def test_pairs_that_cannot_be_read_are_an_error(facts: Any) -> None:
    asked = separated()
    asked = replace(asked, result=replace(asked.result, facts=facts))
    record = decide(evaluation(GOOD, asked, **DECLARED), clock=CLOCK, submitter=SUBMITTER)
    assert (record.settled[1].outcome, record.decision) == (Outcome.ERROR, Decision.UNDECIDED)


@pytest.mark.parametrize("said", list(Outcome))
def test_what_a_record_says_of_it_is_never_a_pass_by_itself(said: Outcome) -> None:
    asked = separated()
    asked = replace(asked, result=replace(asked.result, outcome=said))
    record = decide(evaluation(GOOD, asked, developers=(), validators=VALIDATORS), clock=CLOCK)
    assert record.settled[1].outcome is not Outcome.PASS


def test_people_are_part_of_the_record_and_are_read_back() -> None:
    subject: dict[str, Any] = {**DECLARED, "principal": "person:robert"}
    made = evaluation(GOOD, separated(), **subject)
    again = read_evaluation(made.data())
    assert again.subject == made.subject
    assert again.digest == made.digest
    assert "developers" not in evaluation(GOOD).document()["bundle"]  # type: ignore[operator]


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made["bundle"].update(developers="person:dan"),
        lambda made: made["bundle"].update(validators=[7]),
        lambda made: made["bundle"].update(principal=[]),
        lambda made: made["outcomes"][1]["facts"].update(pairs=[["developer", "tester"]]),
        lambda made: made["outcomes"][1]["facts"].update(pairs=[["developer"]]),
        lambda made: made["outcomes"][1]["facts"].update(pairs=[["developer", "developer"]]),
        lambda made: made["outcomes"][1]["facts"].update(max_age="P7D"),
        lambda made: made["outcomes"][1]["facts"].update(max_age=7),
    ],
)
def test_a_record_with_people_of_another_form_is_none(change: Any) -> None:
    from govern.canonical import canonical_bytes

    document = json.loads(evaluation(GOOD, separated(), **DECLARED).data())
    change(document)
    with pytest.raises(InputError) as caught:
        read_evaluation(canonical_bytes(document))
    assert caught.value.diagnostics[0].code == "D104"


@pytest.mark.parametrize("enforcement", [Enforcement.BLOCK, Enforcement.WARN])
@pytest.mark.parametrize("pair", [("developer", "validator"), ("submitter", "approver"), ("waiver", "developer")])
def test_the_auditor_comes_to_the_same(pair: tuple[str, str], enforcement: Enforcement) -> None:
    asked = separated(pair, enforcement=enforcement)
    board = Board(about=evaluation(GOOD, BAD, asked, quorum(), **DECLARED))
    given = papers(board)
    ruled = board.issue(given)
    assert ruled.issued.kind == "certificate"
    result = board.verify(ruled, given)
    assert failed(result) == []
    assert lines_of(result, "decision") == ["ok: 4 rules decided again from the records: allowed, the same bytes"]
    assert failed(board.verify(ruled, given, evaluation=None, decision=None)) == []


def test_the_auditor_holds_the_submitter_against_the_record_even_where_nobody_signed() -> None:
    board = Board(about=evaluation(GOOD, separated(("submitter", "developer")), **DECLARED))
    ruled = board.issue([])
    assert ruled.issued.kind == "certificate"
    assert json.loads(ruled.record.data())["submitter"] == SUBMITTER
    assert failed(board.verify(ruled, [])) == []
    bought = board.bought(ruled, lambda made: made["predicate"].update(submitter="person:dan"))
    result = board.verify(bought, [])
    assert ("decision", 1) in failed(result)


def test_a_gate_that_was_bought_cannot_certify_one_person_on_both_sides() -> None:
    honest = Board(about=evaluation(GOOD, separated(), **DECLARED))
    false = Board(about=evaluation(GOOD, separated(), **{**DECLARED, "validators": ("person:dan",)}))
    assert false.issue([]).issued.kind == "refusal"
    ruled = honest.issue([])
    record = false.decide([])

    def edit(made: dict[str, Any]) -> None:
        made["predicate"]["evaluation"] = {"digest": {"sha256": record.evaluation.digest}}
        made["predicate"]["decisionRecord"] = {"digest": {"sha256": record.digest}}

    bought = replace(honest.bought(ruled, edit), record=record)
    assert ("decision", 1) in failed(honest.verify(bought, []))
