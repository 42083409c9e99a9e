"""Files beside a certificate: sorted by what they hold, judged once, by the best copy; revocations that count."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from govern.attestation.kinds import APPROVAL, CERTIFICATE, REVOCATION, STATUS_LIST, WAIVER
from govern.attestation.statement_set import Judged, StatementSet
from govern.attestation.verification import NamedFile
from govern.canonical import base64_text, canonical_bytes
from support.attestations import edited
from support.ledgers import log_signer
from support.people import BEFORE, CLOCK, ERIN, HEIDI, KARL, STRANGER, Board, Paper, text


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


def judged(board: Board, *files: NamedFile) -> StatementSet:
    return StatementSet(files, trust=board.root, at=CLOCK)


def find(found: StatementSet, paper: Paper) -> Judged:
    made = found.find(paper.kind, paper.digest)
    assert made is not None
    return made


def test_statements_are_found_by_kind_and_digest(board: Board) -> None:
    one, two, vote = board.waiver(), board.waiver(reason="Another."), board.vote(ERIN)
    found = board.judged(vote, two, one)
    assert [item.digest for item in found.all(WAIVER)] == sorted([one.digest, two.digest])
    assert [item.digest for item in found.all(APPROVAL)] == [vote.digest]
    assert found.all(STATUS_LIST) == ()
    assert find(found, one).sound
    assert find(found, one).index == one.signed.index
    assert found.find(APPROVAL, one.digest) is None
    assert found.find(WAIVER, "0" * 64) is None
    assert {file.name for file in found.files()} == {item.file.name for item in (one, two, vote)}
    assert found.unreadable == []


HOSTILE = [
    b"",
    b"\xff\xfe",
    b"null\n",
    b"[" * 100_000,
    b"-----BEGIN PUBLIC KEY-----\n",
    b"PK\x03\x04" + bytes(1000),
    b'{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}\n',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_statement_is_kept_aside_with_its_reason(board: Board, data: bytes) -> None:
    one = board.waiver()
    found = judged(board, NamedFile("x\x1b[2J", data), one.file)
    assert [name for name, _ in found.unreadable] == ["x\x1b[2J"]
    assert find(found, one).sound


@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b"null",
        b'{"predicateType":7}',
        b'{"predicateType":"urn:govern:attestation:other:v1"}',
        b"\xff",
        b'{"a":1,"a":2}',
    ],
)
def test_a_signed_payload_of_no_known_type_is_kept_aside(board: Board, payload: bytes) -> None:
    found = board.judged(board.sign(payload, by=HEIDI, kind="x"))
    assert len(found.unreadable) == 1
    assert found.files() == ()


@pytest.mark.parametrize(
    ("edit", "sound", "authentic"),
    [
        (lambda file: file["dsseEnvelope"]["signatures"][0].update(sig=base64_text(b"0" * 70)), False, False),
        (lambda file: file["dsseEnvelope"]["signatures"][0].update(keyid=ERIN.public.keyid), False, False),
        (lambda file: file["verificationMaterial"]["publicKey"].update(hint=ERIN.public.hint), False, False),
        (lambda file: file["verificationMaterial"].update(tlogEntries=[]), False, True),
        (lambda file: file["verificationMaterial"]["tlogEntries"][0].update(logIndex="0"), False, False),
    ],
)
def test_a_spoilt_file_is_neither_sound_nor_for_the_most_part_authentic(
    board: Board, edit: Any, sound: bool, authentic: bool
) -> None:
    one = board.waiver()
    found = find(judged(board, NamedFile("spoilt", edited(one.data, edit))), one)
    assert (found.sound, found.authentic) == (sound, authentic)
    assert found.why


def test_a_spoilt_copy_hides_no_sound_one_wherever_it_stands(board: Board) -> None:
    """Somebody drops `a-copy.sigstore.json` into the folder, unlogged or with a broken signature."""
    one = board.waiver()
    unlogged = NamedFile("copy", edited(one.data, lambda file: file["verificationMaterial"].update(tlogEntries=[])))
    broken = NamedFile(
        "broken",
        edited(one.data, lambda file: file["dsseEnvelope"]["signatures"][0].update(sig=base64_text(b"0" * 70))),
    )
    for files in ([unlogged, broken, one.file], [one.file, broken, unlogged], [broken, one.file]):
        found = judged(board, *files)
        assert find(found, one).sound
        assert find(found, one).name == one.file.name
        assert len(found.all(WAIVER)) == 1
        assert len(found.files()) == len(files)
    assert find(judged(board, broken, unlogged), one).name == "copy"


def test_a_stranger_and_another_office_are_authentic_at_most(board: Board) -> None:
    stranger, other = board.waiver(by=STRANGER), board.waiver(by=ERIN)
    found = board.judged(stranger, other)
    assert not find(found, stranger).authentic
    assert find(found, other).authentic
    assert not find(found, other).sound
    assert find(found, other).why.startswith("role: person:erin may not sign a waiver:v1")


def test_a_type_that_lies_about_itself_is_not_read_as_another(board: Board) -> None:
    def retype(statement: dict[str, Any]) -> None:
        statement["predicateType"] = APPROVAL

    paper = board.edited(board.waiver(), retype, by=HEIDI)
    found = board.judged(Paper(kind=APPROVAL, signed=paper.signed))
    assert [item.claims for item in found.all(APPROVAL)] == [None]
    assert not found.all(APPROVAL)[0].authentic
    assert found.all(WAIVER) == ()


# -- revocations --------------------------------------------------------------------------------------------------------


def test_the_earliest_word_about_a_digest_counts_and_names_its_file(board: Board) -> None:
    one = board.waiver()
    late, early = board.revocation(one, effective=text(CLOCK)), board.revocation(one, effective=text(BEFORE))
    lists = board.status(one, effective=CLOCK + timedelta(days=1))
    found = board.judged(late, lists, early)
    revoked = found.revoked(one.digest)
    assert revoked is not None
    assert (revoked.effective, revoked.source) == (BEFORE, early.file.name)
    assert board.judged(lists).revoked(one.digest).effective == CLOCK + timedelta(days=1)  # type: ignore[union-attr]
    assert found.revoked("0" * 64) is None


@pytest.mark.parametrize("by", [HEIDI, ERIN, STRANGER])
def test_nobody_but_a_revoker_revokes(board: Board, by: Any) -> None:
    one = board.waiver()
    assert board.judged(board.revocation(one, by=by), board.status(one, by=by)).revoked(one.digest) is None


def test_an_unlogged_revocation_does_not_count(board: Board) -> None:
    one = board.waiver()
    made = board.revocation(one)
    bare = NamedFile("bare", edited(made.data, lambda file: file["verificationMaterial"].update(tlogEntries=[])))
    assert judged(board, bare).revoked(one.digest) is None
    assert judged(board, bare, made.file).revoked(one.digest) is not None


def test_a_revocation_of_another_kind_of_target_is_by_digest_alone(board: Board) -> None:
    """What is revoked is the payload; the named type and id are for people."""
    one = board.waiver()
    made = board.revocation(one, target_type=CERTIFICATE, target_id="x")
    assert board.judged(made).revoked(one.digest) is not None
    assert board.judged(made).all(REVOCATION)[0].sound


# -- which list to go by ------------------------------------------------------------------------------------------------


def test_of_several_lists_the_newest_of_ours_that_is_not_of_the_future_is_chosen(board: Board) -> None:
    ours = frozenset({board.log.key.name})
    old, new = board.status(time=text(CLOCK, days=-5)), board.status(time=text(CLOCK, days=-2))
    ahead = board.status(time=text(CLOCK, days=2), next=text(CLOCK, days=9))
    elsewhere = board.status(origin="other.example", size=10_000, time=text(CLOCK, days=-1))
    false = board.status(size=20_000, time=text(CLOCK, days=-1), by=STRANGER)

    def chosen(*papers: Paper, origins: frozenset[str] = ours) -> str | None:
        found = board.judged(*papers).status_list(origins=origins)
        return None if found is None else found.digest

    assert chosen() is None
    assert chosen(false) is None
    assert chosen(old, new, ahead, elsewhere, false) == new.digest
    assert chosen(elsewhere, old) == old.digest
    assert chosen(ahead, elsewhere) == ahead.digest  # the best there is; the step says what is wrong with it
    assert chosen(elsewhere) == elsewhere.digest
    assert chosen(old, elsewhere, origins=frozenset()) == elsewhere.digest


def test_a_statement_of_another_log_is_not_sound_here(board: Board) -> None:
    other = Board(log=log_signer("other.example", seed=9))
    one = other.waiver()
    found = find(board.judged(one), one)
    assert (found.sound, found.authentic) == (False, False)
    assert found.why.startswith("checkpoint: ")
    assert json.loads(one.data)["verificationMaterial"]["tlogEntries"]
    assert canonical_bytes(json.loads(one.data)) + b"\n" == one.data
    assert KARL.public.keyid in board.root.keys
