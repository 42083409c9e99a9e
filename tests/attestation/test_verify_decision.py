"""Deciding again from the records: the statement says what its records come to, or it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from govern.canonical import canonical_bytes, sha256_hex
from govern.decision.decide import DecisionRecord
from govern.policy.outcomes import CheckResult, Decision, Holds, Outcome
from support.attestations import failed, lines_of
from support.people import (
    ALICE,
    BAD,
    CLOCK,
    ERIN,
    FRANK,
    GOOD,
    GRACE,
    LIMITED,
    PARITY,
    Board,
    Paper,
    Ruled,
    evaluation,
    text,
)


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


@pytest.fixture(scope="module")
def papers(board: Board) -> list[Paper]:
    waiver = board.waiver()
    return [waiver, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]


@pytest.fixture(scope="module")
def ruled(board: Board, papers: list[Paper]) -> Ruled:
    return board.issue(papers)


def decision(board: Board, ruled: Ruled, papers: list[Paper], **asked: Any) -> tuple[list[tuple[str, int]], list[str]]:
    result = board.verify(ruled, papers, **asked)
    return [item for item in failed(result) if item[0] == "decision"], lines_of(result, "decision")


def test_the_records_come_to_the_same_bytes(board: Board, ruled: Ruled, papers: list[Paper]) -> None:
    assert decision(board, ruled, papers) == (
        [],
        ["ok: 4 rules decided again from the records: allowed, the same bytes"],
    )


def test_refusals_are_decided_again_as_well(board: Board) -> None:
    waiver = board.waiver()
    for given, said in (([], "denied"), ([waiver], "undecided")):
        ruled = board.issue(given)
        assert board.verify(ruled, given).exit_code == 0
        assert decision(board, ruled, given)[1] == [
            f"ok: 4 rules decided again from the records: {said}, the same bytes"
        ]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"evaluation": None}, "the evaluation record was not supplied"),
        ({"decision": None}, "the decision record was not supplied"),
        ({"evaluation": None, "decision": None}, "the evaluation and the decision records were not supplied"),
    ],
)
def test_without_the_records_it_is_not_checked(
    board: Board, ruled: Ruled, papers: list[Paper], asked: dict[str, Any], said: str
) -> None:
    assert decision(board, ruled, papers, **asked) == ([], [f"NOT CHECKED: {said}"])


def test_without_the_words_of_people_it_is_not_checked(board: Board, ruled: Ruled, papers: list[Paper]) -> None:
    for left in range(3):
        given = [item for index, item in enumerate(papers) if index != left]
        faults, lines = decision(board, ruled, given)
        assert faults == []
        assert lines[0].startswith("NOT CHECKED: the decision looked at 1 signed statements that were not supplied")
        assert papers[left].digest in lines[0]
    _, lines = decision(board, ruled, [])
    assert "looked at 3 signed statements" in lines[0]


def test_words_that_the_decision_did_not_look_at_change_nothing(
    board: Board, ruled: Ruled, papers: list[Paper]
) -> None:
    more = [board.waiver(expires=text(CLOCK)), board.vote(GRACE, papers[:1]), board.waiver(rule="parity")]
    assert decision(board, ruled, [*papers, *more])[0] == []


@pytest.mark.parametrize("which", ["evaluation", "decision"])
@pytest.mark.parametrize(
    "change", [lambda data: data + b"\n", lambda data: data[:-2] + b"}}", lambda data: b"", lambda data: b"{}"]
)
def test_another_record_is_an_integrity_failure(
    board: Board, ruled: Ruled, papers: list[Paper], which: str, change: Callable[[bytes], bytes]
) -> None:
    data = ruled.record.evaluation.data() if which == "evaluation" else ruled.record.data()
    faults, lines = decision(board, ruled, papers, **{which: change(data)})
    assert faults == [("decision", 4)]
    assert lines == [f"FAIL: the {which} record is not the one that the statement names"]


def named(board: Board, ruled: Ruled, *, evaluation_: bytes | None = None, decision_: bytes | None = None) -> Ruled:
    """A bought gate's certificate that names other records."""

    def edit(statement: dict[str, Any]) -> None:
        predicate = statement["predicate"]
        for member, data in (("evaluation", evaluation_), ("decisionRecord", decision_)):
            if data is not None:
                predicate[member] = {"digest": {"sha256": sha256_hex(data)}}

    return board.bought(ruled, edit)


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"7",
    b"{}",
    b"\xff",
    b"[" * 100_000,
    b'{"clock":NaN}',
    b'{"clock":"2026-03-01T12:00:00Z","waivers":[],"approvals":7}',
    b'{"clock":"2026-03-01","waivers":[],"approvals":[]}',
    b'{"clock":7,"waivers":[],"approvals":[]}',
    b'{"clock":"2026-03-01T12:00:00Z","waivers":[{}],"approvals":[]}',
    b'{"clock":"2026-03-01T12:00:00Z","waivers":[{"digest":{"sha256":[]}}],"approvals":[]}',
    b'{"clock":"2026-03-01T12:00:00Z","waivers":[{"digest":null}],"approvals":[]}',
    b'{"clock":"2026-03-01T12:00:00Z","waivers":{"a":1},"approvals":[]}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_record_that_is_none_is_refused_without_a_crash(
    board: Board, ruled: Ruled, papers: list[Paper], data: bytes
) -> None:
    faults, _ = decision(board, named(board, ruled, decision_=data), papers, decision=data)
    assert faults == [("decision", 4)]
    faults, lines = decision(board, named(board, ruled, evaluation_=data), papers, evaluation=data)
    assert faults == [("decision", 4)]
    assert "not an evaluation record" in lines[0]


def test_a_decision_record_that_nobody_could_have_come_to_is_refused(
    board: Board, ruled: Ruled, papers: list[Paper]
) -> None:
    """Every member of the record, changed: what the certificate names is sound bytes and not a decision."""
    sound = json.loads(ruled.record.data())
    for member, new in (
        ("decision", "denied"),
        ("holds_until", None),
        ("outcomes", []),
        ("evaluation", {"digest": {"sha256": "9" * 64}}),
        ("schema", "urn:govern:decision:v2"),
        ("clock", text(CLOCK, days=-2)),
        ("more", 1),
    ):
        data = canonical_bytes({**sound, member: new})
        faults, lines = decision(board, named(board, ruled, decision_=data), papers, decision=data)
        assert faults == [("decision", 1)], member
        assert lines == ["FAIL: deciding again from the records comes to something else"]


# -- a sound record, of something else ----------------------------------------------------------------------------------


def swapped(board: Board, ruled: Ruled, record: DecisionRecord, **changes: Any) -> Ruled:
    """The certificate of a gate that names the sound records of another decision."""

    def edit(statement: dict[str, Any]) -> None:
        statement["predicate"].update(
            {
                "evaluation": {"digest": {"sha256": record.evaluation.digest}},
                "decisionRecord": {"digest": {"sha256": record.digest}},
                **changes,
            }
        )

    return replace(board.bought(ruled, edit), record=record)


def test_a_certificate_that_names_the_record_of_a_denial_is_refused(
    board: Board, ruled: Ruled, papers: list[Paper]
) -> None:
    """Found here: the records were sound and decided again to the same bytes, and nobody compared what they said."""
    denied = board.decide([])
    assert denied.decision is Decision.DENIED
    faults, lines = decision(board, swapped(board, ruled, denied), papers)
    assert faults == [("decision", 1)] * 4
    assert "FAIL: the records say another decision than the statement" in lines
    assert "FAIL: the records say another set of approvals than the statement" in lines
    assert f"FAIL: the records say another outcome of {LIMITED} than the statement" in lines


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("bundle", {"digest": "9" * 64}),
        ("model", {"name": "credit-risk-2"}),
        ("model", {"version": "3.2.1"}),
    ],
)
def test_the_record_of_another_model_is_refused(what: str, changes: dict[str, Any]) -> None:
    board = Board(about=evaluation(GOOD))
    other = Board(about=evaluation(GOOD, **changes))
    ruled = board.issue()
    faults, lines = decision(board, swapped(board, ruled, other.decide([])), [])
    assert faults == [("decision", 1)]
    assert lines == [f"FAIL: the records say another {what} than the statement"]


@pytest.mark.parametrize(
    ("what", "changes"), [("stage", {"stage": "pre-deployment"}), ("plan", {"plan_digest": "9" * 64})]
)
def test_the_record_of_another_stage_or_plan_is_refused(what: str, changes: dict[str, Any]) -> None:
    board = Board(about=evaluation(GOOD))
    other = Board(about=replace(evaluation(GOOD), **changes))
    faults, lines = decision(board, swapped(board, board.issue(), other.decide([])), [])
    assert faults == [("decision", 1)]
    assert lines == [f"FAIL: the records say another {what} than the statement"]


def test_a_decision_of_another_moment_is_refused(board: Board, ruled: Ruled, papers: list[Paper]) -> None:
    """Decided while the waiver held, issued when it no longer did."""
    earlier = board.decide(papers, clock=CLOCK.replace(hour=1))
    assert earlier.decision is Decision.ALLOWED
    faults, lines = decision(board, swapped(board, ruled, earlier), papers)
    assert faults == [("decision", 1)]
    assert lines == ["FAIL: the records say another time than the statement"]


def test_a_decision_for_another_submitter_is_refused(board: Board) -> None:
    """Alice submits and approves: the gate told the decision that somebody else had asked."""
    waiver = board.waiver()
    papers = [waiver, board.vote(ERIN, [waiver]), board.vote(ALICE, [waiver])]
    assert board.decide(papers).decision is Decision.UNDECIDED
    for submitter in ("person:carol", None):
        ruled = board.issue(papers, submitter=submitter)
        assert ruled.issued.kind == "certificate"
        bought = board.bought(ruled, lambda made: made["predicate"].update(submitter="person:alice"))
        faults, lines = decision(board, bought, papers)
        assert faults == [("decision", 1)]
        assert lines == ["FAIL: the records say another submitter than the statement"]


def test_an_outcome_that_the_certificate_leaves_out_or_makes_up_is_refused(
    board: Board, ruled: Ruled, papers: list[Paper]
) -> None:
    def drop(made: dict[str, Any]) -> None:
        made["predicate"]["rules"] = [item for item in made["predicate"]["rules"] if item["id"] != PARITY]

    def add(made: dict[str, Any]) -> None:
        first = made["predicate"]["rules"][0]
        made["predicate"]["rules"].append({**first, "id": "credit-risk/made-up"})

    def soften(made: dict[str, Any]) -> None:
        made["predicate"]["rules"][0]["enforcement"] = "warn"

    def waive(made: dict[str, Any]) -> None:
        item = next(item for item in made["predicate"]["rules"] if item["id"] == LIMITED)
        item["waiver"] = {"digest": {"sha256": "9" * 64}}

    for edit, name in (
        (drop, PARITY),
        (add, "credit-risk/made-up"),
        (soften, PARITY),
        (waive, LIMITED),
    ):
        faults, lines = decision(board, board.bought(ruled, edit), papers)
        assert faults == [("decision", 1)]
        assert lines == [f"FAIL: the records say another outcome of {name} than the statement"]


def test_a_certificate_may_not_outlive_what_its_decision_rests_on() -> None:
    """The end of a measurement, which no signed statement tells."""
    stale = Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="old", until=text(CLOCK, days=10))
    fresh = replace(GOOD, result=CheckResult(outcome=Outcome.PASS, summary="", holds=(stale,)))
    board = Board(about=evaluation(fresh))
    ruled = board.issue()
    assert decision(board, ruled, [])[0] == []
    for until, refused in (
        (text(CLOCK, days=10), False),
        (text(CLOCK, days=10, seconds=1), True),
        (text(CLOCK, days=9), False),
    ):
        bought = board.bought(ruled, lambda made, until=until: made["predicate"].update(validUntil=until))  # type: ignore[misc]
        faults, lines = decision(board, bought, [])
        assert faults == ([("decision", 1)] if refused else [])
        assert ("valid for longer than what its decision rests on" in lines[0]) == refused


def test_approvals_that_the_decision_did_not_count_are_refused(board: Board, ruled: Ruled, papers: list[Paper]) -> None:
    extra = board.vote(GRACE, papers[:1])

    def add(made: dict[str, Any]) -> None:
        made["predicate"]["approvals"].append({"digest": {"sha256": extra.digest}, "keyid": GRACE.public.keyid})

    faults, lines = decision(board, board.bought(ruled, add), [*papers, extra])
    assert faults == [("decision", 1)]
    assert lines == ["FAIL: the records say another set of approvals than the statement"]


def test_a_waiver_that_was_revoked_in_hindsight_changes_the_decision(
    board: Board, ruled: Ruled, papers: list[Paper]
) -> None:
    """A stolen key is noticed late: the revocation is effective before the decision, which did not know it."""
    gone = board.revocation(papers[0])
    faults, lines = decision(board, ruled, [*papers, gone])
    assert faults == [("decision", 1)]
    assert lines == ["FAIL: deciding again from the records comes to something else"]
    later = board.revocation(papers[0], effective=text(CLOCK, seconds=1))
    assert decision(board, ruled, [*papers, later])[0] == []


def test_a_record_with_facts_that_lie_is_refused_and_crashes_nothing(board: Board, ruled: Ruled) -> None:
    """The evaluation of a bought gate: a quorum that asks nobody, a limit that is no list."""
    value = json.loads(board.about.data())
    for edit in (
        lambda made: made["outcomes"][2].update(facts={"kind": "approval-quorum", "roles": [7]}),
        lambda made: made["outcomes"][1].update(facts={"kind": "dependency-findings", "findings": [7]}),
        lambda made: made["outcomes"][1].update(max_waiver_days=2**53 - 1),
        lambda made: made["outcomes"][1].update(outcome="waived"),
    ):
        made = json.loads(json.dumps(value))
        edit(made)
        data = canonical_bytes(made)
        faults, lines = decision(board, named(board, ruled, evaluation_=data), [], evaluation=data)
        assert faults == [("decision", 4)]
        assert "not an evaluation record" in lines[0]
    assert BAD.rule == LIMITED
