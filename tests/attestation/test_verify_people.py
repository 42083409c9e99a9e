"""Waivers, attestations and approvals that a certificate names: one refusal a row, with its step and exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from govern.attestation.keys import LocalSigner
from govern.attestation.scope import Scope
from govern.attestation.statement import RuleLine
from govern.attestation.verification import NamedFile, Result, Status
from govern.canonical import base64_text, sha256_hex
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.attestations import Edit, edited, failed, lines_of
from support.people import (
    ALICE,
    BAD,
    BEFORE,
    BOARD,
    BOB,
    BUNDLE,
    CLOCK,
    ERIN,
    FRANK,
    GRACE,
    GRACE_2,
    HEIDI,
    IVAN,
    JUDY,
    LEGAL,
    LIMITED,
    MODEL,
    OWNERS,
    PLAIN,
    STRANGER,
    SUBMITTER,
    VERSION,
    Board,
    Paper,
    Ruled,
    evaluation,
    quorum,
    text,
)

Voted = list[tuple[str, Paper]]
ALONE: dict[str, Any] = {"evaluation": None, "decision": None}
"""Without the records: the steps on people have to see it by themselves."""


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


@pytest.fixture(scope="module")
def sound(board: Board) -> tuple[Paper, Paper, Paper, Ruled]:
    waiver = board.waiver()
    votes = board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])
    return waiver, *votes, board.issue([waiver, *votes])


def resting_on(
    board: Board, ruled: Ruled, *, waiver: Paper | None = None, votes: Voted | None = None, **changes: Any
) -> Ruled:
    """The certificate of a gate that was bought: it rests on other papers than its decision did."""

    def edit(statement: dict[str, Any]) -> None:
        predicate = statement["predicate"]
        for item in predicate["rules"]:
            if waiver is not None and "waiver" in item:
                item["waiver"] = {"digest": {"sha256": waiver.digest}}
        if votes is not None:
            predicate["approvals"] = [{"digest": {"sha256": paper.digest}, "keyid": keyid} for keyid, paper in votes]
        predicate.update(changes)

    return board.bought(ruled, edit)


def people_say(result: Result) -> list[tuple[str, int]]:
    return [item for item in failed(result) if item[0] in ("waivers", "attested", "approvals")]


# -- waivers ------------------------------------------------------------------------------------------------------------


def test_a_certificate_that_rests_on_people_is_valid_with_their_words(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled]
) -> None:
    *papers, ruled = sound
    result = board.verify(ruled, papers)
    assert (result.exit_code, failed(result)) == (0, [])
    (line,) = lines_of(result, "waivers")
    assert line.startswith(f"ok: {LIMITED}: person:heidi as waiver until {text(CLOCK, days=90)}, A better model is in")
    assert line.endswith("(instead: every refusal is read by a person)")
    assert len(lines_of(result, "approvals")) == 2
    assert "; 1 waiver; " in result.verdict


WAIVERS: list[tuple[str, dict[str, Any]]] = [
    ("is for another model, version or bundle", {"scope": Scope(model=MODEL, version=VERSION, bundle="9" * 64)}),
    ("is for another model, version or bundle", {"scope": Scope(model=MODEL, versions=("3.1.0", "3.3.0"))}),
    ("is for another model, version or bundle", {"scope": Scope(model="credit", versions=(VERSION,))}),
    ("does not hold for the stage", {"stages": ("pre-deployment", "post-deployment")}),
    ("held from", {"expires": text(CLOCK)}),
    ("held from", {"not_before": text(CLOCK, seconds=1)}),
    ("is signed by person:alice, who owns, develops or submitted the model", {"by": ALICE}),
    ("is signed by person:bob, who owns, develops or submitted the model", {"by": BOB}),
    ("is signed by person:heidi, who owns, develops or submitted the model", {"owner": "person:heidi"}),
    ("does not hold: role", {"by": ERIN}),
    ("does not hold: role", {"approver": "person:carol"}),
    ("ends on", {"expires": text(CLOCK, days=60)}),
]


@pytest.mark.parametrize(("said", "changes"), WAIVERS)
def test_a_waiver_that_does_not_hold_for_this_is_refused_even_without_the_records(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], said: str, changes: dict[str, Any]
) -> None:
    """The threat rows: wrong subject, expired, owner-signed, and the rest of step 17."""
    _, *votes, ruled = sound
    waiver = board.waiver(**changes)
    bought = resting_on(board, ruled, waiver=waiver)
    result = board.verify(bought, [waiver, *votes], **ALONE)
    assert ("waivers", 1) in people_say(result)
    assert result.exit_code == 1
    (line,) = lines_of(result, "waivers")
    assert said in line


RULED: list[tuple[str, dict[str, Any]]] = [
    ("rule_changed", {"rule_digest": "8" * 64}),
    ("outcome_not_coverable", {"covers": (Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)}),
    ("worse_than_waived", {"limit": "0.77"}),
    ("too_long", {"not_before": text(CLOCK, days=-40)}),
]


@pytest.mark.parametrize(("ruling", "changes"), RULED)
def test_with_the_evaluation_the_waiver_is_ruled_on_as_the_decision_does(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], ruling: str, changes: dict[str, Any]
) -> None:
    """The threat row of the changed rule; and outcome, limit and length, which only the record tells."""
    _, *votes, ruled = sound
    waiver = board.waiver(**changes)
    bought = resting_on(board, ruled, waiver=waiver)
    result = board.verify(bought, [waiver, *votes], decision=None)
    assert ("waivers", 1) in people_say(result)
    assert lines_of(result, "waivers")[0].endswith(ruling)


def test_the_models_own_owner_is_known_from_the_evaluation(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled]
) -> None:
    """Heidi waives for a model whose owner she names rightly as somebody else: but the bundle says Bob."""
    _, *votes, ruled = sound
    waiver = board.waiver(by=BOB, owner="person:mallory")
    bought = resting_on(board, ruled, waiver=waiver)
    result = board.verify(bought, [waiver, *votes], decision=None)
    assert lines_of(result, "waivers")[0].endswith("who owns, develops or submitted the model: approver_is_owner")
    assert people_say(board.verify(bought, [waiver, *votes], **ALONE)) == [("approvals", 1)] * 2


def test_a_waiver_of_another_rule_is_named_as_such(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    _, *votes, ruled = sound
    waiver = board.waiver(rule="parity")
    bought = resting_on(board, ruled, waiver=waiver)
    line = next(line for line in board.verify(bought, [waiver, *votes]).lines if line.step == "waivers")
    assert (line.status, line.exit, line.expected, line.found) == (Status.FAIL, 1, LIMITED, "credit-risk/parity")


def test_a_waiver_that_was_not_supplied_is_not_checked(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    waiver, *votes, ruled = sound
    result = board.verify(ruled, votes)
    assert (result.exit_code, failed(result)) == (0, [])
    assert lines_of(result, "waivers")[0].startswith(f"NOT CHECKED: the waiver {waiver.digest}")
    assert "NOT CHECKED: " in result.verdict
    assert board.verify(ruled, votes, strict=True).exit_code == 3


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda file: file["verificationMaterial"].update(tlogEntries=[]), 1),
        (lambda file: file["dsseEnvelope"]["signatures"][0].update(sig=base64_text(b"0" * 70)), 4),
        (lambda file: file["verificationMaterial"]["tlogEntries"][0].update(logIndex="0"), 4),
        (lambda file: file["verificationMaterial"]["publicKey"].update(hint=ERIN.public.hint), 4),
    ],
)
def test_a_waiver_whose_file_is_unsound_gives_the_code_of_its_fault(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], edit: Edit, code: int
) -> None:
    waiver, *votes, ruled = sound
    spoilt = NamedFile("spoilt", edited(waiver.data, edit))
    files = (spoilt, *(item.file for item in votes))
    result = board.verify(ruled, statements=files, **ALONE)
    assert (result.exit_code, people_say(result)) == (code, [("waivers", code)])
    again = board.verify(ruled, statements=(*files, waiver.file), **ALONE)
    assert again.exit_code == 0


def test_a_strangers_waiver_is_an_integrity_failure(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    _, *votes, ruled = sound
    waiver = board.waiver(by=STRANGER)
    bought = resting_on(board, ruled, waiver=waiver)
    result = board.verify(bought, [waiver, *votes], **ALONE)
    assert (result.exit_code, people_say(result)[0]) == (4, ("waivers", 4))


@pytest.mark.parametrize(
    ("effective", "refused"), [(CLOCK, True), (CLOCK + timedelta(seconds=1), False), (BEFORE, True)]
)
def test_a_waiver_revoked_before_issuing_is_refused_and_one_revoked_later_is_a_matter_of_the_list(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], effective: Any, refused: bool
) -> None:
    waiver, *votes, ruled = sound
    gone = board.revocation(waiver, effective=text(effective))
    result = board.verify(ruled, [waiver, *votes, gone], **ALONE)
    assert people_say(result) == ([("waivers", 1)] if refused else [])
    assert ("revocation", 1) in failed(result)
    early = board.verify(ruled, [waiver, *votes, gone], at=CLOCK, **ALONE)
    assert (("revocation", 1) in failed(early)) == refused


def test_a_waiver_for_versions_holds_for_each_of_them(board: Board) -> None:
    waiver = board.waiver(scope=Scope(model=MODEL, versions=("3.1.0", VERSION)))
    papers = [waiver, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]
    assert board.verify(board.issue(papers), papers).exit_code == 0


def test_a_waiver_of_a_rule_that_only_warns_ends_nothing() -> None:
    warned = replace(BAD, rule="credit-risk/warned", enforcement=Enforcement.WARN, rule_digest="7" * 64)
    board = Board(about=evaluation(warned, replace(BAD, result=replace(BAD.result, outcome=Outcome.PASS))))
    waiver = board.waiver(rule="warned", rule_digest="7" * 64, expires=text(CLOCK, days=1))
    ruled = board.issue([waiver])
    assert board.verify(ruled, [waiver]).exit_code == 0
    assert json.loads(ruled.issued.payload)["predicate"]["validUntil"] == text(CLOCK, days=365)


# -- human attestations -------------------------------------------------------------------------------------------------

OFFICE = "credit-risk/penetration-test"


def attested(board: Board, paper: Paper, **changes: Any) -> Ruled:
    """A certificate with a rule that a human attestation met."""
    rules = (
        RuleLine(
            id=OFFICE,
            check="attestation.present",
            enforcement=changes.pop("enforcement", Enforcement.BLOCK),
            severity="high",
            outcome=Outcome.PASS,
            attestation_digest=paper.digest,
        ),
        RuleLine(id="p/x", check="expression", enforcement=Enforcement.BLOCK, severity="low", outcome=Outcome.PASS),
    )
    calm = Board(about=evaluation(quorum())).about  # whose record is not handed in
    record = board.decide([])
    until = changes.pop("valid_until", text(CLOCK, days=30))
    record = replace(record, decision=Decision.ALLOWED, evaluation=calm)
    return board.issue(record=record, rules=rules, approvals=(), valid_until=until, earliest_expiry=None, **changes)


def test_an_attested_rule_is_held_against_the_attestation(board: Board) -> None:
    paper = board.attestation()
    result = board.verify(attested(board, paper), [paper], **ALONE)
    assert (result.exit_code, people_say(result)) == (0, [])
    (line,) = lines_of(result, "attested")
    assert line.startswith(f"ok: {OFFICE}: person:ivan as attester/ciso states penetration-test")
    assert line.endswith("that it is true is not claimed")
    absent = board.verify(attested(board, paper), **ALONE)
    assert lines_of(absent, "attested")[0].startswith("NOT CHECKED")
    assert absent.exit_code == 0


@pytest.mark.parametrize(
    ("said", "code", "changes"),
    [
        ("is for another model", 1, {"scope": Scope(model=MODEL, version=VERSION, bundle="9" * 64)}),
        ("is for another model", 1, {"scope": Scope(model=MODEL, versions=("1",))}),
        ("held from", 1, {"expires": text(CLOCK)}),
        ("held from", 1, {"valid_from": text(CLOCK, seconds=1)}),
        ("ends on", 1, {"expires": text(CLOCK, days=29)}),
        ("does not hold: role", 1, {"by": HEIDI}),
        ("does not hold: role", 1, {"role": "attester"}),
        ("does not hold: role", 1, {"attester": "person:carol"}),
        ("does not hold: key", 4, {"by": STRANGER}),
    ],
)
def test_an_attestation_that_does_not_hold_for_this_is_refused(
    board: Board, said: str, code: int, changes: dict[str, Any]
) -> None:
    paper = board.attestation(**changes)
    result = board.verify(attested(board, paper), [paper], **ALONE)
    assert (result.exit_code, people_say(result)) == (code, [("attested", code)])
    assert said in lines_of(result, "attested")[0]


def test_an_attestation_revoked_before_issuing_is_refused(board: Board) -> None:
    paper = board.attestation()
    gone = board.revocation(paper, effective=text(CLOCK))
    assert people_say(board.verify(attested(board, paper), [paper, gone], **ALONE)) == [("attested", 1)]
    later = board.revocation(paper, effective=text(CLOCK, seconds=1))
    assert people_say(board.verify(attested(board, paper), [paper, later], **ALONE)) == []


def test_an_attestation_for_a_rule_that_only_warns_ends_nothing(board: Board) -> None:
    paper = board.attestation(expires=text(CLOCK, days=1))
    ruled = attested(board, paper, enforcement=Enforcement.WARN)
    assert people_say(board.verify(ruled, [paper], **ALONE)) == []


# -- approvals ----------------------------------------------------------------------------------------------------------

Votes = Callable[[Board, Paper], Voted]


def named(*papers: tuple[LocalSigner, Paper]) -> Voted:
    return [(by.public.keyid, paper) for by, paper in papers]


VOTES: list[tuple[str, Votes]] = [
    (
        "is of another evaluation",
        lambda b, w: named((ERIN, b.vote(ERIN, [w], evaluation="9" * 64)), (FRANK, b.vote(FRANK, [w]))),
    ),
    (
        "is of another evaluation",
        lambda b, w: named((ERIN, b.vote(ERIN, [w], bundle="9" * 64)), (FRANK, b.vote(FRANK, [w]))),
    ),
    ("has not considered every waiver", lambda b, w: named((ERIN, b.vote(ERIN)), (FRANK, b.vote(FRANK, [w])))),
    ("is a vote to reject", lambda b, w: named((ERIN, b.vote(ERIN, [w], "reject")), (FRANK, b.vote(FRANK, [w])))),
    ("is a vote to abstain", lambda b, w: named((ERIN, b.vote(ERIN, [w], "abstain")), (FRANK, b.vote(FRANK, [w])))),
    ("is the submitter's own", lambda b, w: named((ALICE, b.vote(ALICE, [w])), (FRANK, b.vote(FRANK, [w])))),
    ("had ended", lambda b, w: named((ERIN, b.vote(ERIN, [w], expires=text(CLOCK))), (FRANK, b.vote(FRANK, [w])))),
    (
        "was signed after",
        lambda b, w: named((ERIN, b.vote(ERIN, [w], signed_at=text(CLOCK, seconds=1))), (FRANK, b.vote(FRANK, [w]))),
    ),
    (
        "before the statement that rests on it",
        lambda b, w: named((ERIN, b.vote(ERIN, [w], expires=text(CLOCK, days=9))), (FRANK, b.vote(FRANK, [w]))),
    ),
    ("does not hold: role", lambda b, w: named((HEIDI, b.vote(HEIDI, [w])), (FRANK, b.vote(FRANK, [w])))),
    ("does not hold: role", lambda b, w: named((ERIN, b.vote(ERIN, [w], role=LEGAL)), (FRANK, b.vote(FRANK, [w])))),
    (
        "does not hold: role",
        lambda b, w: named((ERIN, b.vote(ERIN, [w], approver="person:grace")), (FRANK, b.vote(FRANK, [w]))),
    ),
    (f"1 of the 2 people that the role {BOARD}", lambda b, w: named((ERIN, b.vote(ERIN, [w])))),
    (
        f"1 of the 2 people that the role {BOARD}",
        lambda b, w: named((GRACE, b.vote(GRACE, [w])), (GRACE_2, b.vote(GRACE_2, [w]))),
    ),
    (
        f"1 of the 2 people that the role {BOARD}",
        lambda b, w: named((ERIN, b.vote(ERIN, [w])), (JUDY, b.vote(JUDY, [w], role=PLAIN))),
    ),
    (
        f"1 of the 2 people that the role {BOARD}",
        lambda b, w: named((ERIN, b.vote(ERIN, [w])), (ERIN, b.vote(ERIN, [w], role=PLAIN))),
    ),
    (
        "was replaced by a later vote",
        lambda b, w: named((ERIN, b.vote(ERIN, [w])), (ERIN, b.vote(ERIN, [w], signed_at=text(CLOCK, hours=-1)))),
    ),
    (
        "not with the key that the statement names",
        lambda b, w: named((GRACE, b.vote(ERIN, [w])), (FRANK, b.vote(FRANK, [w]))),
    ),
    (
        f"1 of the 2 people that the role {LEGAL}",
        lambda b, w: named((FRANK, b.vote(FRANK, [w], role=LEGAL)), (ERIN, b.vote(ERIN, [w], role=PLAIN))),
    ),
]


@pytest.mark.parametrize(("said", "votes"), VOTES)
def test_votes_that_do_not_make_a_quorum_are_refused_even_without_the_records(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], said: str, votes: Votes
) -> None:
    waiver, *_, ruled = sound
    papers = votes(board, waiver)
    bought = resting_on(board, ruled, votes=papers)
    result = board.verify(bought, [waiver, *(paper for _, paper in papers)], **ALONE)
    assert result.exit_code == 1
    assert set(people_say(result)) == {("approvals", 1)}
    assert any(said in line for line in lines_of(result, "approvals") if line.startswith("FAIL")), lines_of(
        result, "approvals"
    )


def test_a_waiver_added_after_the_vote_voids_the_vote(board: Board) -> None:
    """The threat row: the gate does not count it, and an auditor refuses a gate that did."""
    first = board.waiver()
    votes = [board.vote(ERIN, [first]), board.vote(FRANK, [first])]
    # Which of two waivers is applied goes by digest: one that comes first takes its place.
    second = next(item for item in iter(board.waiver, None) if item.digest < first.digest)
    assert board.decide([first, *votes]).decision == "allowed"
    after = board.decide([first, second, *votes])
    assert after.decision == "undecided"
    assert {vote.reading for vote in after.votes} == {"waivers_not_considered"}
    ruled = board.issue([first, *votes])
    bought = resting_on(board, ruled, waiver=second)
    assert people_say(board.verify(bought, [second, *votes], **ALONE)) == [("approvals", 1)] * 2


def test_a_vote_on_another_outcome_is_not_a_vote_on_this_one(board: Board) -> None:
    """The threat row: the evaluation changed by one observed digit after the board voted."""
    changed = Board(
        about=evaluation(*(replace(item, result=replace(item.result, summary="new")) for item in board.about.outcomes))
    )
    waiver = board.waiver()
    votes = [board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]
    record = changed.decide([waiver, *votes])
    assert {vote.reading for vote in record.votes} == {"other_evaluation"}
    assert record.decision == "undecided"


@pytest.mark.parametrize(
    ("changes", "refused"),
    [
        ({}, True),
        ({"waivers_considered": ()}, True),
        ({"role": PLAIN, "by": JUDY}, True),
        ({"expires": text(CLOCK)}, False),
        ({"signed_at": text(CLOCK, seconds=1)}, False),
        ({"evaluation": "9" * 64}, False),
        ({"bundle": "9" * 64}, False),
        ({"by": ALICE}, False),
        ({"by": HEIDI}, False),
        ({"by": STRANGER}, False),
    ],
)
def test_a_standing_rejection_refuses_whoever_else_approved(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], changes: dict[str, Any], refused: bool
) -> None:
    *papers, ruled = sound
    changes = dict(changes)
    by = changes.pop("by", GRACE)
    against = board.vote(by, papers[:1], "reject", **changes)
    result = board.verify(ruled, [*papers, against], **ALONE)
    assert people_say(result) == ([("approvals", 1)] if refused else [])
    if refused:
        assert f"{OWNERS[by.public.keyid]} rejected this evaluation" in lines_of(result, "approvals")[-1]


def test_a_rejection_taken_back_in_time_stands_no_more(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    waiver, *votes, ruled = sound
    against = board.vote(GRACE, [waiver], "reject")
    for kind, seconds, stands in (
        ("approve", 1, False),
        ("abstain", 1, False),
        ("approve", -1, True),
        ("approve", 86_401, True),  # a change of mind after the decision changes nothing about it
        ("approve", 86_400, False),
    ):
        again = board.vote(GRACE, [waiver], kind, signed_at=text(BEFORE, seconds=seconds))
        result = board.verify(ruled, [waiver, *votes, against, again], **ALONE)
        assert (people_say(result) == [("approvals", 1)]) == stands, (kind, seconds)


def test_an_owners_rejection_stands_unless_the_record_says_who_the_owner_is(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled]
) -> None:
    *papers, ruled = sound
    against = board.vote(BOB, papers[:1], "reject")
    assert board.decide([*papers, against], submitter=SUBMITTER).decision == "allowed"
    assert people_say(board.verify(ruled, [*papers, against], **ALONE)) == [("approvals", 1)]
    assert people_say(board.verify(ruled, [*papers, against], decision=None)) == []


@pytest.mark.parametrize(("effective", "refused"), [(CLOCK, True), (CLOCK + timedelta(seconds=1), False)])
def test_a_vote_revoked_before_issuing_is_refused(
    board: Board, sound: tuple[Paper, Paper, Paper, Ruled], effective: Any, refused: bool
) -> None:
    *papers, ruled = sound
    gone = board.revocation(papers[1], effective=text(effective))
    assert people_say(board.verify(ruled, [*papers, gone], **ALONE)) == ([("approvals", 1)] if refused else [])


def test_a_revoked_rejection_stands_no_more(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    *papers, ruled = sound
    against = board.vote(GRACE, papers[:1], "reject")
    assert people_say(board.verify(ruled, [*papers, against, board.revocation(against)], **ALONE)) == []


def test_votes_that_were_not_supplied_are_not_checked(board: Board, sound: tuple[Paper, Paper, Paper, Ruled]) -> None:
    waiver, one, two, ruled = sound
    result = board.verify(ruled, [waiver, one], **ALONE)
    assert (result.exit_code, people_say(result)) == (0, [])
    assert [line.split(":")[0] for line in lines_of(result, "approvals")] == sorted(
        ["ok", "NOT CHECKED"], key=lambda word: (one.digest < two.digest) != (word == "ok")
    )
    assert board.verify(ruled, [waiver], strict=True).exit_code == 3


def test_a_plain_quorum_takes_votes_of_every_role_of_the_base() -> None:
    passing = replace(BAD, result=replace(BAD.result, outcome=Outcome.PASS))
    board = Board(about=evaluation(passing, quorum((PLAIN, 3))))
    votes = [board.vote(ERIN), board.vote(FRANK), board.vote(JUDY, role=PLAIN)]
    ruled = board.issue(votes)
    assert ruled.issued.kind == "certificate"
    assert board.verify(ruled, votes).exit_code == 0
    # One of a role that asks for two adds nobody, for the gate and for the auditor alike.
    lone = [board.vote(IVAN, role=LEGAL), board.vote(JUDY, role=PLAIN), board.vote(ERIN, role=PLAIN)]
    assert board.decide(lone).decision == "undecided"
    assert board.about.subject.digest == BUNDLE


# -- a quorum that is waived --------------------------------------------------------------------------------------------


def board_of_a_waived_quorum() -> tuple[Board, dict[str, Any]]:
    passing = replace(BAD, result=replace(BAD.result, outcome=Outcome.PASS))
    asked = quorum()
    given = {"rule": "board", "rule_digest": asked.rule_digest, "limit": None}
    return Board(about=evaluation(passing, asked)), given


def test_missing_votes_can_be_waived_by_that_name_and_the_auditor_agrees() -> None:
    board, given = board_of_a_waived_quorum()
    waiver = board.waiver(**given, covers=(Outcome.MISSING_EVIDENCE,))
    assert board.decide([board.waiver(**given)]).decision is Decision.UNDECIDED, "fail is not missing"
    ruled = board.issue([waiver])
    result = board.verify(ruled, [waiver])
    assert (result.exit_code, people_say(result)) == (0, [])
    assert lines_of(result, "approvals") == ["ok: none referenced"]


def test_a_rejection_can_be_waived_by_nobody() -> None:
    board, given = board_of_a_waived_quorum()
    waiver = board.waiver(**given, covers=(Outcome.FAIL, Outcome.MISSING_EVIDENCE))
    against = board.vote(GRACE, vote="reject")
    record = board.decide([waiver, against])
    assert record.decision is Decision.DENIED
    assert record.settled[1].rulings == ((waiver.digest, "outcome_not_coverable"),)
    # A gate that looked away, and an auditor who holds the rejection.
    ruled = board.issue([waiver])
    assert people_say(board.verify(ruled, [waiver, against], **ALONE)) == [("approvals", 1)]
    refusal = board.issue([waiver, against])
    assert board.verify(refusal, [waiver, against]).exit_code == 0


def test_a_waiver_of_a_rule_that_the_record_does_not_have_is_refused(board: Board, sound: Any) -> None:
    waiver, *votes, ruled = sound
    other = evaluation(quorum())

    def edit(made: dict[str, Any]) -> None:
        made["predicate"]["evaluation"] = {"digest": {"sha256": other.digest}}

    result = board.verify(board.bought(ruled, edit), [waiver, *votes], evaluation=other.data(), decision=None)
    assert "is for a rule that was not evaluated" in lines_of(result, "waivers")[0]
    assert ("waivers", 1) in people_say(result)
    broken = board.bought(
        ruled, lambda made: made["predicate"].update(evaluation={"digest": {"sha256": sha256_hex(b"{}")}})
    )
    assert people_say(board.verify(broken, [waiver, *votes], evaluation=b"{}", decision=None)) == [("approvals", 1)] * 2
