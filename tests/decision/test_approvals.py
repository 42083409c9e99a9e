"""What becomes of a vote, and what votes come to: every reading alone, and who counts how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.decision.approvals import (
    CountedVote,
    Question,
    Reading,
    Tally,
    VerifiedApproval,
    count_votes,
    people_among,
    read_votes,
)
from govern.decision.decide import decide
from govern.policy.outcomes import Decision, Outcome
from support.people import AFTER, BEFORE, BOARD, BUNDLE, CLOCK, LEGAL, OWNER, PLAIN, SUBMITTER, evaluation, quorum, rule

ABOUT = evaluation(rule("p/x", Outcome.PASS), quorum())
QUESTION = Question(
    evaluation=ABOUT.digest,
    bundle=BUNDLE,
    owners=(OWNER,),
    submitter=SUBMITTER,
    applied_waivers=frozenset({"w1", "w2"}),
)


def vote(number: int = 1, **changes: Any) -> VerifiedApproval:
    made = VerifiedApproval(
        digest=f"{number:064x}",
        keyid=f"SHA256:{number}",
        owner=f"person:{number}",
        role=BOARD,
        threshold=2,
        vote="approve",
        evaluation=ABOUT.digest,
        bundle=BUNDLE,
        waivers_considered=("w1", "w2"),
        signed_at=BEFORE,
        expires=AFTER,
        signature_valid=True,
        revoked=False,
        in_role=True,
    )
    return replace(made, **changes)


def readings(*votes: VerifiedApproval, **asked: Any) -> list[Reading]:
    given = {"now": CLOCK, **asked}
    return [item.reading for item in read_votes(votes, QUESTION, **given)]


SPOILS: list[tuple[Reading, dict[str, Any]]] = [
    (Reading.BAD_SIGNATURE, {"signature_valid": False}),
    (Reading.REVOKED, {"revoked": True}),
    (Reading.OTHER_EVALUATION, {"evaluation": "0" * 64}),
    (Reading.NOT_IN_ROLE, {"in_role": False}),
    (Reading.IS_SUBMITTER, {"owner": SUBMITTER}),
    (Reading.IS_OWNER, {"owner": OWNER}),
    (Reading.NOT_YET_VALID, {"signed_at": CLOCK + timedelta(seconds=1)}),
    (Reading.EXPIRED, {"expires": CLOCK}),
    (Reading.WAIVERS_NOT_CONSIDERED, {"waivers_considered": ("w1",)}),
]


@pytest.mark.parametrize(("expected", "changes"), SPOILS, ids=[row[0] for row in SPOILS])
def test_each_reading_alone(expected: Reading, changes: dict[str, Any]) -> None:
    assert readings(vote(**changes)) == [expected]


def test_a_sound_vote_counts() -> None:
    assert readings(vote(waivers_considered=("w2", "w1", "w3"))) == [Reading.COUNTED]


def test_the_table_has_every_reading() -> None:
    assert {row[0] for row in SPOILS} | {Reading.COUNTED, Reading.CHANGED_MIND} == set(Reading)


def test_the_first_that_holds_is_given() -> None:
    order = [row[0] for row in SPOILS]
    assert order == sorted(order, key=list(Reading).index)
    every: dict[str, Any] = {}
    for expected, changes in reversed(SPOILS):
        every |= changes
        assert readings(vote(**every)) == [expected]


def test_another_bundle_is_another_evaluation() -> None:
    assert readings(vote(bundle="0" * 64)) == [Reading.OTHER_EVALUATION]


@pytest.mark.parametrize("verdict", ["reject", "abstain"])
def test_a_rejection_needs_not_have_considered_the_waivers(verdict: str) -> None:
    assert readings(vote(vote=verdict, waivers_considered=())) == [Reading.COUNTED]


def test_a_later_vote_of_the_same_key_and_role_takes_the_place_of_the_earlier() -> None:
    later = BEFORE + timedelta(seconds=1)
    pairs: list[tuple[dict[str, Any], bool]] = [
        ({"keyid": "SHA256:1"}, True),
        ({"keyid": "SHA256:1", "vote": "reject"}, True),
        ({"keyid": "SHA256:1", "vote": "abstain"}, True),
        ({"keyid": "SHA256:1", "role": PLAIN}, False),
        ({"keyid": "SHA256:2", "owner": "person:1"}, False),
        ({"keyid": "SHA256:1", "expires": CLOCK}, False),
        ({"keyid": "SHA256:1", "revoked": True}, False),
        ({"keyid": "SHA256:1", "evaluation": "0" * 64}, False),
    ]
    for changes, replaced in pairs:
        first = readings(vote(), vote(2, signed_at=later, **changes))[0]
        assert (first is Reading.CHANGED_MIND) == replaced, changes


def test_of_two_votes_in_one_second_the_rejection_stands() -> None:
    for first, second in ((1, 2), (2, 1)):
        one, two = vote(first), vote(second, keyid=vote(first).keyid, vote="reject")
        made = {item.approval.vote: item.reading for item in read_votes([one, two], QUESTION, now=CLOCK)}
        assert made == {"approve": Reading.CHANGED_MIND, "reject": Reading.COUNTED}


# -- counting -----------------------------------------------------------------------------------------------------------


def tally(*votes: VerifiedApproval, asked: tuple[tuple[str, int], ...] = ((BOARD, 2),)) -> Tally:
    return count_votes(quorum(*asked), [CountedVote(item, Reading.COUNTED) for item in votes], now=CLOCK)


def test_two_people_make_a_quorum_of_two() -> None:
    made = tally(vote(1), vote(2))
    assert made.outcome is Outcome.PASS
    assert [item.digest for item in made.rests_on] == [f"{1:064x}", f"{2:064x}"]
    assert "person:1, person:2" in made.why


@pytest.mark.parametrize(
    "votes",
    [
        (),
        (vote(1),),
        (vote(1), vote(2, owner="person:1")),  # one person, two keys
        (vote(1), vote(2, keyid="SHA256:1")),  # two names, one key
        (vote(1), vote(2, vote="abstain")),
        (vote(1), vote(2, role=LEGAL)),
        (vote(1), vote(2, role=PLAIN)),
        (vote(1), vote(2, role=BOARD + "-2")),
    ],
)
def test_less_than_two_people_do_not(votes: tuple[VerifiedApproval, ...]) -> None:
    made = tally(*votes)
    assert (made.outcome, made.rests_on) == (Outcome.MISSING_EVIDENCE, ())


def test_one_rejection_fails_whoever_else_approves() -> None:
    made = tally(vote(1), vote(2), vote(3, vote="reject", role=LEGAL))
    assert (made.outcome, made.why, made.rests_on) == (Outcome.FAIL, "rejected by person:3", ())


@pytest.mark.parametrize("reading", [item for item in Reading if item is not Reading.COUNTED])
def test_only_counted_votes_count(reading: Reading) -> None:
    for other in (vote(2), vote(2, vote="reject")):
        made = count_votes(quorum(), [CountedVote(vote(1), Reading.COUNTED), CountedVote(other, reading)], now=CLOCK)
        assert made.outcome is Outcome.MISSING_EVIDENCE


def test_a_rule_may_ask_for_more_than_the_role_and_never_gets_fewer() -> None:
    assert tally(vote(1), vote(2), asked=((BOARD, 3),)).outcome is Outcome.MISSING_EVIDENCE
    assert tally(vote(1), vote(2), vote(3), asked=((BOARD, 3),)).outcome is Outcome.PASS
    one = tally(vote(1), asked=((BOARD, 1),))
    assert (one.outcome, one.why) == (Outcome.MISSING_EVIDENCE, f"approvals: 1 of 2 for {BOARD}")


def test_a_plain_base_takes_every_role_of_that_base_that_has_enough_people() -> None:
    alone = {"role": PLAIN, "threshold": 1}
    assert tally(vote(1, **alone), vote(2), vote(3), asked=((PLAIN, 3),)).outcome is Outcome.PASS
    # The board needs two of its own: one of them counts for nothing, as an auditor would say too.
    short = tally(vote(1, **alone), vote(2), asked=((PLAIN, 2),))
    assert short.outcome is Outcome.MISSING_EVIDENCE
    enough = tally(vote(1, **alone), vote(2), asked=((PLAIN, 1),))
    assert [item.owner for item in enough.rests_on] == ["person:1"]
    assert (
        tally(vote(1, role="attester/ciso"), vote(2, role="attester/ciso"), asked=((PLAIN, 1),)).outcome
        is not Outcome.PASS
    )


def test_one_key_in_two_roles_of_a_base_is_one_person() -> None:
    both = vote(1, threshold=1), vote(2, keyid="SHA256:1", owner="person:1", role=PLAIN, threshold=1)
    assert tally(*both, asked=((PLAIN, 2),)).outcome is Outcome.MISSING_EVIDENCE
    assert people_among(both) == 1


def test_each_role_that_is_named_must_have_its_people() -> None:
    asked = ((BOARD, 1), (LEGAL, 1))
    legal = vote(2, role=LEGAL, threshold=1)
    board = vote(1, threshold=1)
    assert tally(board, legal, asked=asked).outcome is Outcome.PASS
    assert tally(board, asked=asked).why == f"approvals: 0 of 1 for {LEGAL}"
    assert tally(asked=asked).why == f"approvals: 0 of 1 for {BOARD}, 0 of 1 for {LEGAL}"


@pytest.mark.parametrize(
    "facts",
    [
        None,
        "text",
        [],
        {},
        {"kind": "approval-quorum"},
        {"kind": "approval-quorum", "roles": []},
        {"kind": "approval-quorum", "roles": "approver"},
        {"kind": "approval-quorum", "roles": ["approver"]},
        {"kind": "approval-quorum", "roles": [{}]},
        {"kind": "approval-quorum", "roles": [{"role": PLAIN, "count": 0}]},
        {"kind": "approval-quorum", "roles": [{"role": PLAIN, "count": True}]},
        {"kind": "approval-quorum", "roles": [{"role": PLAIN, "count": "1"}]},
        {"kind": "approval-quorum", "roles": [{"role": None, "count": 1}]},
        {"kind": "approval-quorum", "roles": [{"role": PLAIN, "count": 1}, {"role": PLAIN}]},
        {"kind": "other", "roles": [{"role": PLAIN, "count": 1}]},
    ],
)
def test_a_quorum_that_cannot_be_read_is_an_error(facts: Any) -> None:
    asked = rule("p/q", Outcome.MISSING_EVIDENCE, check="approval.quorum", facts=facts)
    votes = [CountedVote(vote(number, threshold=1, role=PLAIN), Reading.COUNTED) for number in (1, 2)]
    assert count_votes(asked, votes, now=CLOCK).outcome is Outcome.ERROR


# -- the decision -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", list(Outcome))
def test_a_quorum_never_passes_without_votes_whatever_the_record_says(said: Outcome) -> None:
    about = evaluation(rule("p/x", Outcome.PASS), replace(quorum(), result=replace(quorum().result, outcome=said)))
    record = decide(about, clock=CLOCK)
    expected = {
        Outcome.PASS: Outcome.MISSING_EVIDENCE,
        Outcome.MISSING_EVIDENCE: Outcome.MISSING_EVIDENCE,
        Outcome.WAIVED: Outcome.ERROR,
    }.get(said, said)
    assert record.settled[1].outcome is expected
    assert (record.decision is Decision.ALLOWED) == (said is Outcome.NOT_APPLICABLE)


VOTES = st.lists(
    st.builds(
        vote,
        st.integers(1, 6),
        owner=st.sampled_from(["person:1", "person:2", "person:3", SUBMITTER, OWNER]),
        role=st.sampled_from([BOARD, PLAIN]),
        threshold=st.just(1),
        vote=st.sampled_from(["approve", "approve", "abstain"]),
        waivers_considered=st.just(()),
        in_role=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda item: item.digest,
)


@given(VOTES, VOTES)
def test_more_votes_that_are_no_rejection_never_make_it_worse_for_those_who_voted_once(
    first: list[VerifiedApproval], more: list[VerifiedApproval]
) -> None:
    """Keys are distinct by digest here, so nobody changes their mind."""
    about = evaluation(rule("p/x", Outcome.PASS), quorum((PLAIN, 2)))
    fixed = [replace(item, evaluation=about.digest) for item in first]
    added = [
        replace(item, evaluation=about.digest, digest="f" + item.digest[1:], keyid="k" + item.keyid) for item in more
    ]
    before = decide(about, clock=CLOCK, approvals=fixed, submitter=SUBMITTER)
    after = decide(about, clock=CLOCK, approvals=[*fixed, *added], submitter=SUBMITTER)
    if before.decision is Decision.ALLOWED:
        assert after.decision is Decision.ALLOWED
    assert decide(about, clock=CLOCK, approvals=list(reversed(fixed)), submitter=SUBMITTER).data() == before.data()
