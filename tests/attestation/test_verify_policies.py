"""Releases of policies: the text that was released, under one version one text, none older than allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from govern.attestation.statement import PolicyRef
from govern.attestation.verification import Result
from support.attestations import failed, lines_of
from support.people import CLOCK, HEIDI, MODEL, PLAN, SOURCE, STAGE, STRANGER, Board, Paper, Ruled, evaluation, text
from support.people import GOOD as PASSING

EDITED = "02" * 32


@pytest.fixture(scope="module")
def board() -> Board:
    return Board(about=evaluation(PASSING))


def issue(board: Board, *, release: Paper | None = None, **changes: Any) -> Ruled:
    policy = PolicyRef(
        name=MODEL,
        version="2.1.0",
        legal_status="in_force",
        source_digest=SOURCE,
        release_digest=None if release is None else release.digest,
    )
    return board.issue(policies=(replace(policy, **changes),))


def said(result: Result) -> list[str]:
    return lines_of(result, "policy")


def test_a_text_as_it_was_released_is_confirmed_with_who_released_it(board: Board) -> None:
    release = board.release()
    result = board.verify(issue(board, release=release), [release])
    assert (result.exit_code, failed(result)) == (0, [])
    assert said(result) == [f"ok: {MODEL} 2.1.0 as released by person:judy on {text(CLOCK, days=-1)}; the plan too"]


def test_the_plan_is_confirmed_only_when_it_is_that_of_the_release(board: Board) -> None:
    for plans in (((STAGE, "9" * 64),), (("pre-deployment", PLAN),)):
        release = board.release(plans=plans)
        assert "the plan too" not in said(board.verify(issue(board, release=release), [release]))[0]


def test_a_release_that_was_not_supplied_is_not_checked(board: Board) -> None:
    release = board.release()
    result = board.verify(issue(board, release=release))
    assert (result.exit_code, failed(result)) == (0, [])
    assert said(result)[0].startswith(f"NOT CHECKED: {MODEL} 2.1.0 names the release {release.digest}")


def test_a_certificate_without_a_release_says_that_it_is_not_known_to_be_the_published_text(board: Board) -> None:
    (line,) = said(board.verify(issue(board)))
    assert line.startswith("NOT CHECKED")
    assert "whether this is its published text is not known" in line


@pytest.mark.parametrize("named", [True, False])
def test_a_source_edited_under_the_same_version_is_refused(board: Board, named: bool) -> None:
    """The threat row: whether the certificate names the release or not, an auditor who holds it sees the edit."""
    release = board.release()
    result = board.verify(issue(board, release=release if named else None, source_digest=EDITED), [release])
    assert (result.exit_code, failed(result)) == (1, [("policy", 1)])
    line = next(line for line in result.lines if line.step == "policy")
    assert "edited under the same version" in line.text
    assert (line.expected, line.found) == (SOURCE, EDITED)


@pytest.mark.parametrize("named", [True, False])
def test_two_releases_with_two_texts_are_an_alarm(board: Board, named: bool) -> None:
    first, second = board.release(), board.release(source=EDITED)
    result = board.verify(issue(board, release=first if named else None), [first, second])
    assert failed(result) == [("policy", 1)]
    line = next(line for line in result.lines if line.step == "policy")
    assert "released with two different texts" in line.text
    assert line.found == f"{SOURCE}, {EDITED}"


def test_two_releases_of_one_text_are_no_alarm(board: Board) -> None:
    first, second = board.release(), board.release(released_at=text(CLOCK, hours=-1))
    assert failed(board.verify(issue(board, release=first), [first, second])) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": "2.0.0"}, "is of another policy or version"),
        ({"name": "baseline"}, "is of another policy or version"),
        ({"by": HEIDI}, "does not hold: role"),
        ({"by": STRANGER}, "does not hold: key"),
    ],
)
def test_a_named_release_of_something_else_or_by_somebody_else_is_refused(
    board: Board, changes: dict[str, Any], why: str
) -> None:
    release = board.release(**changes)
    result = board.verify(issue(board, release=release), [release])
    assert failed(result) == [("policy", 1)]
    assert why in said(result)[0]


def test_a_strangers_release_raises_no_alarm(board: Board) -> None:
    """Otherwise anybody could void any certificate by dropping a file beside it."""
    release, false = board.release(), board.release(by=STRANGER, source=EDITED)
    assert failed(board.verify(issue(board, release=release), [release, false])) == []
    assert failed(board.verify(issue(board), [false])) == []


def test_a_release_of_another_version_says_nothing(board: Board) -> None:
    other = board.release(version="2.2.0", source=EDITED)
    result = board.verify(issue(board), [other])
    assert failed(result) == []
    assert said(result)[0].startswith("NOT CHECKED")


def test_a_revoked_release_is_refused_from_then_on(board: Board) -> None:
    release = board.release()
    ruled = issue(board, release=release)
    gone = board.revocation(release, effective=text(CLOCK, days=1))
    result = board.verify(ruled, [release, gone])
    assert failed(result) == [("revocation", 1)]
    assert lines_of(result, "revocation")[0].startswith(f"FAIL: the release of {MODEL} was revoked")
    assert failed(board.verify(ruled, [release, gone], at=CLOCK)) == []


def test_each_policy_has_its_own_lines(board: Board) -> None:
    release = board.release()
    mine = PolicyRef(
        name=MODEL, version="2.1.0", legal_status="in_force", source_digest=SOURCE, release_digest=release.digest
    )
    pack = PolicyRef(name="baseline", version="1.0.0", legal_status="pending", source_digest=EDITED, own=False)
    result = board.verify(board.issue(policies=(mine, pack)), [release])
    assert [line.partition(" ")[0] for line in said(result)] == ["NOT", "ok:"]


def test_the_least_version_of_the_trust_root_holds_with_a_release_too() -> None:
    board = Board(about=evaluation(PASSING), edit_trust=lambda made: made.update(minPolicy={MODEL: "2.1.0"}))
    old = board.release(version="2.0.0")
    result = board.verify(issue(board, release=old, version="2.0.0"), [old])
    assert failed(result) == [("policy", 1)]
    assert [line.partition(":")[0] for line in said(result)] == ["FAIL", "ok"]
    new = board.release()
    assert failed(board.verify(issue(board, release=new), [new])) == []


def test_only_a_certificate_names_policies(board: Board) -> None:
    release = board.release()
    assert said(board.verify(release, [release])) == ["NOT CHECKED: it names no policies"]
