"""The twelve kinds, each verified alone: what holds, and one refusal a cause, with its step and exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    APPROVAL,
    ATTESTATION,
    CERTIFICATE,
    EVIDENCE,
    KIND_NAMES,
    POLICY_RELEASE,
    REFUSAL,
    REVOCATION,
    STATUS_LIST,
    TRUST_ROOT,
    VSA,
    WAIVER,
    short_type,
)
from govern.attestation.reading import read_claims
from govern.attestation.signing import Stamper
from govern.attestation.verification import Result, Status
from govern.canonical import base64_bytes, base64_text
from govern.policy.outcomes import Stage
from support.attestations import CERTIFIER, ROOT_A, ROOT_B, edited, failed, lines_of
from support.people import (
    BEFORE,
    BUILD,
    CLOCK,
    ERIN,
    FEED,
    FRANK,
    HEIDI,
    IVAN,
    JUDY,
    KARL,
    NOW,
    STRANGER,
    Board,
    Paper,
    Ruled,
    text,
)
from support.tsa import LocalTsa

SIGNERS = {
    WAIVER: HEIDI,
    APPROVAL: ERIN,
    ATTESTATION: IVAN,
    EVIDENCE: BUILD,
    ADVISORY_SNAPSHOT: FEED,
    POLICY_RELEASE: JUDY,
    REVOCATION: KARL,
    STATUS_LIST: KARL,
    CERTIFICATE: CERTIFIER,
    REFUSAL: CERTIFIER,
    VSA: CERTIFIER,
    TRUST_ROOT: ROOT_A,
}
SIGNED_AT = {
    **dict.fromkeys((WAIVER, APPROVAL, ATTESTATION, EVIDENCE, POLICY_RELEASE, REVOCATION), BEFORE),
    **dict.fromkeys((CERTIFICATE, REFUSAL, VSA), CLOCK),
    STATUS_LIST: CLOCK + timedelta(days=2),
    ADVISORY_SNAPSHOT: datetime.fromisoformat("2026-02-01T00:00:00+00:00"),
    TRUST_ROOT: datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
}
"""When each kind says that it was signed; for those that do not say, the time that they speak of."""

ROLE_OF = {
    WAIVER: "waiver",
    APPROVAL: "approver/model-risk",
    ATTESTATION: "attester/ciso",
    EVIDENCE: "producer",
    ADVISORY_SNAPSHOT: "advisory",
    POLICY_RELEASE: "policy",
    REVOCATION: "revoker",
    STATUS_LIST: "revoker",
    **dict.fromkeys((CERTIFICATE, REFUSAL, VSA), "certifier"),
}


@dataclass(frozen=True)
class Summary:
    """A verification summary in its file."""

    data: bytes
    kind: str = VSA


File = Paper | Ruled | Summary


def make(board: Board, kind: str, stamp: Stamper | None = None, *, tsa: LocalTsa | None = None, **changes: Any) -> File:
    """A sound file of a kind; `changes` are of its own making. `tsa` stamps what a certificate rests on."""
    plain: dict[str, Callable[..., Paper]] = {
        WAIVER: board.waiver,
        ATTESTATION: board.attestation,
        EVIDENCE: board.evidence,
        ADVISORY_SNAPSHOT: board.snapshot,
        POLICY_RELEASE: board.release,
        STATUS_LIST: board.status,
    }
    if kind in plain:
        return plain[kind](stamp=stamp, **changes)
    if kind == APPROVAL:
        return board.vote(changes.pop("by", ERIN), stamp=stamp, **changes)
    if kind == REVOCATION:
        return board.revocation(board.waiver(), stamp=stamp, **changes)
    if kind == TRUST_ROOT:
        return board.sign(board.root.payload, by=changes.pop("by", ROOT_A), stamp=stamp)
    if kind == REFUSAL:
        return board.issue([], stamp=stamp)
    early = None if tsa is None else tsa.stamper(at=BEFORE + timedelta(seconds=2))
    one = board.waiver(stamp=early)
    votes = [board.vote(by, [one], stamp=early) for by in (ERIN, FRANK)]
    ruled = board.issue([one, *votes], stamp=stamp)
    assert ruled.kind == CERTIFICATE
    return ruled if kind == CERTIFICATE else Summary(ruled.issued.vsa_bundle_bytes or b"")


def payload(file: File) -> bytes:
    return base64_bytes(json.loads(file.data)["dsseEnvelope"]["payload"])


def ask(board: Board, file: File, **asked: Any) -> Result:
    return board.verify(file, **asked)  # type: ignore[arg-type]  # a summary has data and kind too


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> LocalTsa:
    return LocalTsa(tmp_path_factory.mktemp("tsa"))


@pytest.fixture(scope="module")
def files(board: Board) -> dict[str, File]:
    return {kind: make(board, kind) for kind in KIND_NAMES}


ALL = pytest.mark.parametrize("kind", sorted(KIND_NAMES), ids=KIND_NAMES.get)


def some(*left_out: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "kind", [kind for kind in sorted(KIND_NAMES) if kind not in left_out], ids=KIND_NAMES.get
    )


@ALL
def test_a_sound_file_is_valid_and_says_who_signed_as_what(board: Board, files: dict[str, File], kind: str) -> None:
    result = ask(board, files[kind])
    assert (result.exit_code, failed(result)) == (0, [])
    assert result.verdict.startswith("VALID ")
    assert result.signatory is not None
    assert result.signatory.keyid == SIGNERS[kind].public.keyid
    assert result.signatory.role == ROLE_OF.get(kind, "root")
    assert result.kind == kind


@ALL
def test_a_sound_file_of_another_kind_is_refused_by_name(board: Board, files: dict[str, File], kind: str) -> None:
    for other in KIND_NAMES:
        if other == kind:
            continue
        result = ask(board, files[kind], kind=other)
        if TRUST_ROOT in (kind, other):
            assert result.exit_code == 4  # root keys attest nothing, and no other key signs a trust root
            assert ("key", 4) in failed(result)
        else:
            assert (result.exit_code, failed(result)) == (1, [("statement", 1)])
            line = next(line for line in result.lines if line.step == "statement")
            assert line.help is not None
            assert line.help.endswith(f"--kind {KIND_NAMES[kind]}")


@some(TRUST_ROOT)
def test_a_key_of_another_role_may_not_sign_it(board: Board, files: dict[str, File], kind: str) -> None:
    wrong = HEIDI if kind in (REVOCATION, STATUS_LIST) else KARL
    result = ask(board, board.sign(payload(files[kind]), by=wrong))
    assert result.exit_code == 1
    assert ("role", 1) in failed(result)
    assert result.signatory is None


@ALL
def test_a_strangers_key_is_refused(board: Board, files: dict[str, File], kind: str) -> None:
    result = ask(board, board.sign(payload(files[kind]), by=STRANGER))
    assert (result.exit_code, failed(result)) == (4, [("key", 4)])


def test_a_trust_root_is_signed_by_each_of_its_owners_and_by_nobody_else(board: Board) -> None:
    for by in (ROOT_A, ROOT_B):
        assert ask(board, make(board, TRUST_ROOT, by=by)).exit_code == 0
    for by in (CERTIFIER, KARL, STRANGER):
        assert failed(ask(board, make(board, TRUST_ROOT, by=by))) == [("key", 4)]


@ALL
def test_unlogged_it_is_refused_where_a_log_is_asked_for(board: Board, files: dict[str, File], kind: str) -> None:
    bare = edited(files[kind].data, lambda file: file["verificationMaterial"].update(tlogEntries=[]))
    result = ask(board, files[kind], certificate=bare)
    assert (result.exit_code, failed(result)) == (1, [("log-entry", 1)])


ENDS = {WAIVER, APPROVAL, ATTESTATION, CERTIFICATE, TRUST_ROOT}
"""Kinds that end. The others stand until something takes their place."""


@ALL
def test_it_holds_from_its_beginning_to_its_end_half_open(board: Board, files: dict[str, File], kind: str) -> None:

    claims = read_claims(json.loads(payload(files[kind])), kind)
    second = timedelta(seconds=1)
    moments = [(claims.begins - second, False), (claims.begins, True)]
    if claims.ends is not None:
        moments += [(claims.ends - second, True), (claims.ends, False)]
    assert (claims.ends is not None) == (kind in ENDS)
    for at, holds in moments:
        result = ask(board, files[kind], at=at)
        assert (("validity", 1) in failed(result)) != holds, at


# -- who says they are who, in which role, for which stage --------------------------------------------------------------


@pytest.mark.parametrize(("kind", "member"), [(WAIVER, "approver"), (APPROVAL, "approver"), (ATTESTATION, "attester")])
def test_a_person_signs_in_their_own_name(board: Board, kind: str, member: str) -> None:
    for name in ("person:carol", "person:HEIDI", "person:heidi ", "heidi"):
        result = ask(board, make(board, kind, **{member: name}))
        assert (result.exit_code, failed(result)) == (1, [("role", 1)])
        line = next(line for line in result.lines if line.step == "role")
        assert line.found == name


@pytest.mark.parametrize(
    ("kind", "role"),
    [
        (APPROVAL, "approver"),
        (APPROVAL, "approver/legal"),
        (APPROVAL, "approver/unheard-of"),
        (ATTESTATION, "attester"),
        (ATTESTATION, "attester/dpo"),
    ],
)
def test_a_role_that_the_key_does_not_play_is_refused(board: Board, kind: str, role: str) -> None:
    made = (
        make(board, kind, by=FRANK, role=role)
        if kind == APPROVAL and role == "approver"
        else make(board, kind, role=role)
    )
    result = ask(board, made)
    assert (result.exit_code, failed(result)) == (1, [("role", 1)])
    assert result.signatory is None


def test_a_key_in_two_roles_signs_in_the_one_that_it_names(board: Board) -> None:
    for role in ("approver", "approver/model-risk"):
        result = ask(board, board.vote(ERIN, role=role))
        assert result.exit_code == 0
        assert result.signatory is not None
        assert result.signatory.role == role


@pytest.mark.parametrize(
    ("kind", "changes", "holds"),
    [
        (WAIVER, {"stages": ("pre-registration",)}, True),
        (WAIVER, {"stages": ("pre-registration", "pre-deployment")}, False),
        (WAIVER, {}, False),
        (APPROVAL, {}, True),
        (APPROVAL, {"stage": "pre-deployment"}, False),
    ],
)
def test_a_role_that_is_limited_to_a_stage_signs_for_that_stage_alone(
    kind: str, changes: dict[str, Any], holds: bool
) -> None:
    def limit(predicate: dict[str, Any]) -> None:
        for name in ("waiver", "approver/model-risk"):
            predicate["roles"][name]["stages"] = [Stage.PRE_REGISTRATION.value]

    board = Board(edit_trust=limit)
    result = ask(board, make(board, kind, **changes))
    assert failed(result) == ([] if holds else [("role", 1)])


@pytest.mark.parametrize("kind", sorted(set(KIND_NAMES) - {TRUST_ROOT}), ids=KIND_NAMES.get)
def test_a_role_that_may_not_sign_the_type_does_not(kind: str) -> None:
    def strip(predicate: dict[str, Any]) -> None:
        for role in predicate["roles"].values():
            role["types"] = [name for name in role.get("types", []) if name != short_type(kind)]

    board = Board(edit_trust=strip)
    assert failed(ask(board, make(board, kind))) == [("role", 1)]


# -- time ---------------------------------------------------------------------------------------------------------------


def stamped_board(tsa: LocalTsa, *, needed: int = 1) -> Board:
    def trusting(predicate: dict[str, Any]) -> None:
        predicate["tsas"] = [{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}]
        predicate["require"]["timestamps"] = needed

    return Board(edit_trust=trusting)


@ALL
def test_a_token_of_the_moment_of_signing_is_accepted(tsa: LocalTsa, kind: str) -> None:
    board = stamped_board(tsa)
    made = make(board, kind, stamp=tsa.stamper(at=SIGNED_AT[kind] + timedelta(seconds=2)), tsa=tsa)
    result = ask(board, made, at=NOW)
    assert (result.exit_code, failed(result)) == (0, [])
    assert "time-stamped by CN=tsa.example" in lines_of(result, "time")[0]


@ALL
def test_without_the_token_that_is_asked_for_it_is_refused(tsa: LocalTsa, kind: str) -> None:
    board = stamped_board(tsa)
    assert failed(ask(board, make(board, kind, tsa=tsa))) == [("time", 1)]


SAYS_NOT = {WAIVER, EVIDENCE, ADVISORY_SNAPSHOT, TRUST_ROOT}
"""Kinds that do not say when they were signed, so that a token contradicts nothing in them."""


@ALL
@pytest.mark.parametrize(
    ("offset", "fits"),
    [
        (timedelta(minutes=-5, seconds=-1), False),
        (timedelta(minutes=-5), True),
        (timedelta(hours=24), True),
        (timedelta(hours=24, seconds=1), False),
    ],
)
def test_a_backdated_or_postdated_statement_is_told_by_its_token(
    tsa: LocalTsa, kind: str, offset: timedelta, fits: bool
) -> None:
    board = stamped_board(tsa)
    made = make(board, kind, stamp=tsa.stamper(at=SIGNED_AT[kind] + offset), tsa=tsa)
    result = ask(board, made, at=NOW)
    early = kind == TRUST_ROOT and offset < timedelta(0)  # the log was not in use yet
    assert failed(result) == ([] if (fits or kind in SAYS_NOT) and not early else [("time", 1)])


def windowed(kind: str, **window: str) -> Callable[[dict[str, Any]], None]:
    def edit(predicate: dict[str, Any]) -> None:
        for role in predicate["roles"].values():
            for key in role["keys"]:
                if key["keyid"] == SIGNERS[kind].public.keyid and role.get("types"):
                    key["validFor"] = window

    return edit


@some(TRUST_ROOT)
def test_a_key_counts_in_its_window_and_not_outside(kind: str) -> None:
    at = SIGNED_AT[kind]
    for window, holds in (
        ({"start": text(at), "end": text(at, seconds=1)}, True),
        ({"start": text(at, seconds=1)}, kind in SAYS_NOT),  # they may have been signed after what they speak of
        ({"start": text(NOW, seconds=1)}, False),
        ({"end": text(at)}, False),
    ):
        board = Board(edit_trust=windowed(kind, **window))
        assert failed(ask(board, make(board, kind))) == ([] if holds else [("time", 1)]), window


@some(TRUST_ROOT)
def test_with_a_token_the_window_is_judged_by_the_token(tsa: LocalTsa, kind: str) -> None:
    """The key was retired a second before the token: its own word about the time does not help."""
    at = SIGNED_AT[kind] + timedelta(minutes=1)

    def edit(predicate: dict[str, Any]) -> None:
        predicate["tsas"] = [{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}]
        windowed(kind, end=text(at))(predicate)

    board = Board(edit_trust=edit)
    for offset, holds in ((-1, True), (0, False)):
        made = make(board, kind, stamp=tsa.stamper(at=at + timedelta(seconds=offset)), tsa=tsa)
        assert failed(ask(board, made)) == ([] if holds else [("time", 1)])


@some(TRUST_ROOT)
def test_a_revoked_key_signs_nothing_unless_the_log_shows_it_signed_before(kind: str) -> None:
    def revoke(**since: Any) -> Callable[[dict[str, Any]], None]:
        entry = {"keyid": SIGNERS[kind].public.keyid, "reason": "compromise", **since}
        return lambda predicate: predicate.update(revokedKeys=[entry])

    for since, holds in (
        ({}, False),
        ({"from": text(NOW)}, False),
        ({"fromIndex": 0}, False),
        ({"fromIndex": 10**6}, True),
    ):
        board = Board(edit_trust=revoke(**since))
        assert failed(ask(board, make(board, kind))) == ([] if holds else [("time", 1)]), since


# -- revocation of each kind, and none for those that others follow -----------------------------------------------------


@some(REVOCATION, STATUS_LIST, TRUST_ROOT)
def test_each_kind_can_be_revoked(board: Board, kind: str) -> None:
    made = make(board, kind)
    digest = ask(board, made).payload_digest
    assert digest is not None
    gone = board.revocation(board.waiver(), target_digest=digest, target_type=kind, target_id="x")
    assert failed(ask(board, made, statements=(gone.file,))) == [("revocation", 1)]
    later = board.revocation(board.waiver(), target_digest=digest, target_type=kind, effective=text(NOW, seconds=1))
    assert failed(ask(board, made, statements=(later.file,))) == []


@pytest.mark.parametrize("kind", [REVOCATION, STATUS_LIST, TRUST_ROOT], ids=KIND_NAMES.get)
def test_what_others_follow_is_valid_where_a_list_is_required(kind: str) -> None:
    board = Board(edit_trust=lambda predicate: predicate["require"].update(statusMaxAge="P7D"))
    result = ask(board, make(board, kind), strict=False)
    assert (result.exit_code, failed(result)) == (0, [])
    assert lines_of(result, "revocation")[0].startswith("ok")


@some(REVOCATION, STATUS_LIST, TRUST_ROOT)
def test_every_other_kind_needs_the_list_where_it_is_required(kind: str) -> None:
    board = Board(edit_trust=lambda predicate: predicate["require"].update(statusMaxAge="P7D"))
    made = make(board, kind)
    result = ask(board, made)
    assert (result.exit_code, failed(result)) == (3, [])
    assert [line.exit for line in result.lines if line.step == "revocation"] == [3]
    assert ask(board, made, statements=(board.status().file,)).exit_code == 0


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (timedelta(days=7), 0),
        (timedelta(days=7, seconds=1), 3),
        (timedelta(0), 0),
    ],
)
def test_a_list_verified_alone_must_be_young_enough(at: timedelta, code: int) -> None:
    board = Board(edit_trust=lambda predicate: predicate["require"].update(statusMaxAge="P7D"))
    made = make(board, STATUS_LIST)
    result = ask(board, made, at=SIGNED_AT[STATUS_LIST] + at)
    assert result.exit_code == code
    assert failed(result) == ([("revocation", 3)] if code else [])


def test_nothing_is_a_statement_of_people_about_people(board: Board, files: dict[str, File]) -> None:
    """The steps on referenced statements have nothing to say about what references none."""
    for kind in (WAIVER, APPROVAL, EVIDENCE, TRUST_ROOT):
        result = ask(board, files[kind])
        for step in ("waivers", "attested", "approvals"):
            assert lines_of(result, step) == ["ok: none referenced"]
        assert [line.status for line in result.lines if line.step == "decision"] == []
        assert next(line for line in result.lines if line.step == "policy").status is Status.NOT_CHECKED


def test_the_file_may_lie_anywhere(tmp_path: Path, board: Board, files: dict[str, File]) -> None:
    path = tmp_path / "a b.sigstore.json"
    path.write_bytes(files[WAIVER].data)
    assert ask(board, files[WAIVER], certificate=path.read_bytes(), certificate_name=str(path)).exit_code == 0
