"""The status list: what is revoked, since when, as of which head of which log, and whether the list can be gone by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from govern.attestation.kinds import VSA
from govern.attestation.verification import NamedFile
from support.attestations import edited, failed, lines_of
from support.ledgers import log_signer
from support.people import (
    BEFORE,
    CLOCK,
    ERIN,
    FRANK,
    HEIDI,
    NOW,
    STRANGER,
    Board,
    Paper,
    Ruled,
    evaluation,
    text,
)
from support.people import GOOD as PASSING


def weekly(predicate: dict[str, Any]) -> None:
    predicate["require"]["statusMaxAge"] = "P7D"


@pytest.fixture(scope="module")
def board() -> Board:
    return Board(about=evaluation(PASSING), edit_trust=weekly)


@pytest.fixture(scope="module")
def lax() -> Board:
    """A trust root that asks for no list."""
    return Board(about=evaluation(PASSING))


@pytest.fixture(scope="module")
def ruled(board: Board) -> Ruled:
    return board.issue()


def revocation(board: Board, file: Paper | Ruled, *papers: Paper, **asked: Any) -> tuple[int, list[str]]:
    result = board.verify(file, papers, **asked)
    assert [step for step, _ in failed(result) if step != "revocation"] == []
    return result.exit_code, lines_of(result, "revocation")


def test_a_list_without_the_certificate_clears_it_as_of_its_time(board: Board, ruled: Ruled) -> None:
    code, lines = revocation(board, ruled, board.status())
    assert code == 0
    size = board.log.head().size - 1
    assert lines == [f"ok: not revoked as of {text(CLOCK, days=2)}, {size} entries, 0 revoked in all"]


def test_a_list_with_the_certificate_refuses_it(board: Board, ruled: Ruled) -> None:
    code, lines = revocation(board, ruled, board.status(ruled))
    assert (code, lines) == (1, [f"FAIL: this statement was revoked on {text(BEFORE)}"])


@pytest.mark.parametrize(("seconds", "code"), [(-1, 1), (0, 1), (1, 0)])
def test_a_revocation_counts_from_its_second_on(board: Board, ruled: Ruled, seconds: int, code: int) -> None:
    effective = NOW + timedelta(seconds=seconds)
    assert revocation(board, ruled, board.status(ruled, effective=effective))[0] == code
    alone = board.revocation(ruled, effective=text(effective))
    # In force it counts without any list; announced for later it clears nothing by itself.
    assert revocation(board, ruled, alone)[0] == (1 if code else 3)


def test_a_revocation_alone_counts_whether_a_list_is_asked_for_or_not(board: Board, lax: Board, ruled: Ruled) -> None:
    assert revocation(board, ruled, board.revocation(ruled))[0] == 1
    one = lax.issue()
    assert revocation(lax, one, lax.revocation(one))[0] == 1


@pytest.mark.parametrize(
    ("days", "seconds", "code"),
    [(7, 0, 0), (7, 1, 3), (6, 0, 0), (40, 0, 3)],
)
def test_a_list_that_is_too_old_decides_nothing(board: Board, ruled: Ruled, days: int, seconds: int, code: int) -> None:
    made = NOW - timedelta(days=days, seconds=seconds)
    got, lines = revocation(board, ruled, board.status(time=text(made), next=text(made, days=1)))
    assert got == code
    assert ("older than P7D" in lines[0]) == bool(code)


@pytest.mark.parametrize(("duration", "hours"), [("P1D", 24), ("PT6H", 6), ("P1DT6H", 30), ("P0D", 0)])
def test_the_age_is_read_as_days_and_hours(duration: str, hours: int) -> None:
    board = Board(about=evaluation(PASSING), edit_trust=lambda made: made["require"].update(statusMaxAge=duration))
    ruled = board.issue()
    for seconds, code in ((0, 0), (1, 3)):
        made = NOW - timedelta(hours=hours, seconds=seconds)
        assert revocation(board, ruled, board.status(time=text(made), next=text(made, days=1)))[0] == code


@pytest.mark.parametrize(("seconds", "code"), [(-1, 0), (0, 3), (1, 3)])
def test_where_no_age_is_asked_for_the_lists_own_successor_is_the_limit(lax: Board, seconds: int, code: int) -> None:
    due = NOW - timedelta(seconds=seconds)
    got, lines = revocation(lax, lax.issue(), lax.status(next=text(due)))
    assert got == code
    assert ("its successor was due" in lines[0]) == bool(code)


def test_a_list_of_the_future_decides_nothing(board: Board, ruled: Ruled) -> None:
    for seconds, code in ((0, 0), (1, 3)):
        made = NOW + timedelta(seconds=seconds)
        got, lines = revocation(board, ruled, board.status(time=text(made), next=text(made, days=7)))
        assert got == code
        assert ("after the moment asked for" in lines[0]) == bool(code)


def test_a_list_of_another_log_decides_nothing(board: Board, ruled: Ruled) -> None:
    code, lines = revocation(board, ruled, board.status(origin="other.example"))
    assert (code, lines) == (3, ["FAIL: the status list is of the log other.example"])


def test_what_another_logs_list_revokes_is_revoked_all_the_same(board: Board, ruled: Ruled) -> None:
    """It is signed by a revoker of the trust root: to look away because of its log would be failing open."""
    assert revocation(board, ruled, board.status(ruled, origin="other.example"))[0] == 1


def test_a_list_that_is_older_than_the_entry_decides_nothing(board: Board) -> None:
    """It cannot know what was logged after it, and revoked after that."""
    before = board.status()
    later = board.issue()
    code, lines = revocation(board, later, before)
    assert code == 3
    assert "this was logged later" in lines[0]
    assert revocation(board, later, before, board.status())[0] == 0


@pytest.mark.parametrize("at_size", [True, False])
def test_the_head_that_the_list_names_must_have_the_entry(board: Board, at_size: bool) -> None:
    later = board.issue()
    size = later.issued.ledger_index + (1 if at_size else 0)
    assert revocation(board, later, board.status(size=size))[0] == (0 if at_size else 3)


def test_no_list_where_one_is_asked_for_decides_nothing(board: Board, lax: Board, ruled: Ruled) -> None:
    code, lines = revocation(board, ruled)
    assert code == 3
    assert lines[0].endswith("the trust root asks for one not older than P7D")
    assert lines[0].startswith("NOT CHECKED")
    code, lines = revocation(lax, lax.issue())
    assert (code, lines) == (0, ["NOT CHECKED: no status list was given, so a later revocation would not be seen"])
    assert lax.verify(lax.issue(), strict=True).exit_code == 3
    vote = lax.vote(ERIN)
    assert revocation(lax, lax.issue(), vote)[0] == 0  # statements, and no list among them


@pytest.mark.parametrize("by", [HEIDI, STRANGER])
def test_a_list_by_somebody_else_is_said_and_counts_as_none(board: Board, ruled: Ruled, by: Any) -> None:
    false = board.status(ruled, by=by)
    code, lines = revocation(board, ruled, false)
    assert code == 3
    assert lines[0].startswith(f"NOT CHECKED: the status list {false.file.name} does not hold: ")
    assert lines[1].startswith("NOT CHECKED: no status list was given")
    assert revocation(board, ruled, false, board.status())[0] == 0


def test_an_unlogged_list_counts_as_none(board: Board, ruled: Ruled) -> None:
    made = board.status()
    bare = edited(made.data, lambda file: file["verificationMaterial"].update(tlogEntries=[]))
    result = board.verify(ruled, statements=(NamedFile("bare", bare),))
    assert result.exit_code == 3
    assert "log-entry: " in lines_of(result, "revocation")[0]


def test_the_newest_of_several_lists_is_gone_by_and_every_revocation_counts(board: Board, ruled: Ruled) -> None:
    old = board.status(ruled, time=text(CLOCK, days=1))
    assert revocation(board, ruled, board.status(), old)[0] == 1, "a list is cumulative: what one revokes stays revoked"
    stale = board.status(time=text(CLOCK, days=-30), next=text(CLOCK, days=-20))
    assert revocation(board, ruled, board.status(), stale)[0] == 0


def test_everything_a_certificate_rests_on_can_fall(board: Board) -> None:
    full = Board(edit_trust=weekly)
    waiver, release = full.waiver(), full.release()
    votes = [full.vote(ERIN, [waiver]), full.vote(FRANK, [waiver])]
    from govern.attestation.statement import PolicyRef

    policy = PolicyRef(
        name="credit-risk",
        version="2.1.0",
        legal_status="in_force",
        source_digest="01" * 32,
        release_digest=release.digest,
    )
    ruled = full.issue([waiver, *votes], policies=(policy,))
    papers = [waiver, *votes, release]
    assert revocation(full, ruled, *papers, full.status())[0] == 0
    for fallen, what in (
        (waiver, "the waiver of credit-risk/refusals"),
        (votes[0], "an approval"),
        (release, "the release of credit-risk"),
    ):
        code, lines = revocation(full, ruled, *papers, full.status(fallen, effective=NOW))
        assert (code, lines) == (1, [f"FAIL: {what} was revoked on {text(NOW)}"])
    unused = full.waiver()
    assert revocation(full, ruled, *papers, unused, full.status(unused))[0] == 0


def test_a_summary_falls_with_the_certificate_that_it_sums_up(board: Board, ruled: Ruled) -> None:
    data = ruled.issued.vsa_bundle_bytes
    for revoked, code in ((ruled, 1), (board.waiver(), 0)):
        result = board.verify(ruled, [board.status(revoked)], certificate=data, kind=VSA)
        assert result.exit_code == code
    assert lines_of(board.verify(ruled, [board.status(ruled)], certificate=data, kind=VSA), "revocation") == [
        f"FAIL: what it sums up was revoked on {text(BEFORE)}"
    ]


def test_a_certificate_of_another_log_is_cleared_by_that_logs_list() -> None:
    def second(predicate: dict[str, Any]) -> None:
        weekly(predicate)
        predicate["logs"].append({"vkey": log_signer("second.example", seed=9).key.vkey, "validFor": {}})

    board = Board(about=evaluation(PASSING), edit_trust=second)
    ruled = board.issue()
    larger = board.status(origin="second.example", size=10_000)
    assert revocation(board, ruled, larger)[0] == 3
    assert revocation(board, ruled, larger, board.status())[0] == 0
