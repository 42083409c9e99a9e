"""Packs of decisions that people had a hand in: their words travel, are judged as of then, and nobody else's do."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from govern.attestation.kinds import APPROVAL, REVOCATION, STATUS_LIST, WAIVER
from govern.attestation.pack.index import Entry, Role
from govern.attestation.pack.statements import read_statement
from govern.attestation.trust.reading import load_trust
from govern.attestation.verification import NamedFile
from govern.canonical import parse_instant
from govern.diagnostics import GovernError
from govern.gate.replaying.replay import Replayed
from govern.gate.replaying.text import render_replay, verdict_of
from govern.gate.statements import read_statements
from govern.policy.outcomes import Stage
from support.in_process import govern_here
from support.pack_desk import AT, STAGE, Desk
from support.packs import Files, members, reindexed, write

LATER = "2026-11-21T09:00:00Z"
QUORUM = {
    "id": "board",
    "title": "The board agrees",
    "check": "approval.quorum",
    "with": {"roles": [{"role": "approver", "count": 2}]},
}
NEVER = {
    "id": "never",
    "title": "Version seven",
    "check": "expression",
    "with": {"assert": 'model.version == "7"'},
}


class Board(Desk):
    """A gate with a waiver officer, two approvers and a revoker; and a model that needs all but the last."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.people = root / "people"
        self.people.mkdir()
        adding = []
        for scalar, (role, owner) in enumerate(
            [("waiver", "carol"), ("approver", "dan"), ("approver", "erin"), ("revoker", "frank")], start=100
        ):
            adding += ["--add", f"{role}={self.key(owner, scalar)},person:{owner}"]
        root_key = self.gate / ".govern" / "keys" / "root.pem"
        self.run("trust", "edit", self.trust, *adding, "--threshold", "approver=2", "--key", root_key, "--at", AT)
        assert (self.gate / "trust.1.json").is_file()
        self.statements = self.gate / "statements"
        self.strict = self.policy("strict", [NEVER, QUORUM])
        refusal = self.check(policies=(self.strict,), out="refused")
        self.evaluation = refusal.with_name(refusal.name.replace(".refusal.sigstore.json", ".evaluation.json"))
        self.waive(self.evaluation)
        for name in ("dan", "erin"):
            self.vote(name)
        self.certificate = self.check(policies=(self.strict,), out="allowed")
        assert ".certificate." in self.certificate.name

    def key(self, name: str, scalar: int) -> Path:
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.people / f"{name}.pem").write_bytes(pem)
        public = self.people / f"{name}.pub"
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return public

    def run(self, *arguments: str | Path) -> None:
        ended = govern_here(*arguments, cwd=self.root)
        assert ended.code == 0, ended.err + ended.out

    def waive(self, evaluation: Path, *more: str | Path, at: str = AT) -> None:
        self.run(
            *("waive", "strict/never", evaluation, "--for", "30d", "--reason", "R", "--control", "C", "--no-limit"),
            *("--owner", "person:owner", "--key", self.people / "carol.pem", "-w", self.gate, "--at", at, *more),
        )

    def vote(self, name: str, *more: str | Path, at: str = AT) -> None:
        key = self.people / f"{name}.pem"
        self.run(
            "approve", self.evaluation, "--key", key, "--statement", "Read it all", "-w", self.gate, "--at", at, *more
        )

    def words(self) -> tuple[NamedFile, ...]:
        return read_statements((self.statements,))

    def packed(self, name: str, **values: Any) -> Path:
        given = {"policies": (self.strict,), "statements": self.words(), **values}
        return self.pack(self.certificate, name=name, **given).path


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return Board(tmp_path_factory.mktemp("board"))


def kinds(pack: Path) -> list[str]:
    files = members(pack.read_bytes())
    found = [read_statement(NamedFile(name, data)) for name, data in files.items() if name.startswith("attestations/")]
    return sorted(item.kind for item in found if item is not None)


def ok(made: Replayed, step: str) -> bool:
    lines = [line for line in made.authentic.lines if line.step == step]
    return bool(lines) and all(line.status.value == "ok" for line in lines)


def test_a_waived_and_approved_decision_replays(board: Board) -> None:
    pack = board.packed("people.tar")
    assert kinds(pack) == sorted([APPROVAL, APPROVAL, WAIVER])
    made = board.replay(pack)
    assert made.exit_code == 0, render_replay(made)
    for step in ("waivers", "approvals", "decision"):
        assert ok(made, step), render_replay(made)


def test_the_version_of_the_trust_root_that_decided_is_kept_through_its_successors(
    board: Board, tmp_path: Path
) -> None:
    """The waiver officer left; what she signed was right when it was signed."""
    copy = tmp_path / "trust.json"
    for name in ("trust.json", "trust.1.json"):
        shutil.copy(board.gate / name, tmp_path / name)
    root_key = board.gate / ".govern" / "keys" / "root.pem"
    board.run("trust", "edit", copy, "--retire", board.people / "carol.pub", "--key", root_key, "--at", LATER)
    pack = board.packed("chain.tar", trust=copy)
    assert {"trust/trust.json", "trust/earlier/1.json", "trust/earlier/2.json"} <= set(members(pack.read_bytes()))
    made = board.replay(pack)
    assert made.exit_code == 0, render_replay(made)

    lonely = tmp_path / "lonely"
    lonely.mkdir()
    shutil.copy(copy, lonely / "trust.json")
    with pytest.raises(GovernError) as caught:
        board.packed("lonely.tar", trust=lonely / "trust.json")
    assert caught.value.diagnostics[0].code == "A622"


def test_an_older_trust_root_than_the_gates_cannot_say(board: Board) -> None:
    """Pinned to version 1 alone: whether version 2 follows from it is not known, and that is no yes."""
    pack = board.packed("older.tar")
    made = board.replay(pack, trust=board.gate / "trust.1.json")
    assert made.exit_code in (3, 4)
    assert "IDENTICAL" not in verdict_of(made)


def test_a_certificate_that_outlives_its_waiver_is_found(board: Board) -> None:
    """The gate would not sign it; a gate that was made to would still be found out."""
    from govern.gate.check import Checked, CheckRequest, check
    from govern.gate.issue import issue
    from govern.gate.signing import signing_of
    from govern.gate.workspace import find_workspace

    honest = check(
        CheckRequest(
            bundle=board.bundle,
            stage=Stage(STAGE),
            policies=(board.strict,),
            clock=parse_instant(AT),
            statements=board.words(),
            trust=load_trust(board.trust.read_bytes()),
            submitter="person:me",
        )
    )
    assert isinstance(honest, Checked)
    assert honest.decision.holds_until is not None
    false = replace(honest, decision=replace(honest.decision, holds_until=None))
    signing = signing_of(find_workspace(start=board.gate, environment={}), {})
    made = issue(false, signing=replace(signing, output=board.root / "for-ever"), entropy=os.urandom)
    certificate = board.root / "for-ever" / str(made["path"])
    pack = board.pack(certificate, policies=(board.strict,), statements=board.words(), name="for-ever.tar")
    replayed = board.replay(pack.path)
    assert replayed.exit_code == 4, render_replay(replayed)
    assert "before the statement that rests on it" in render_replay(replayed)


def test_a_word_that_was_looked_at_must_be_there(board: Board, tmp_path: Path) -> None:
    """Left out when packing, and taken out of a pack."""
    with pytest.raises(GovernError) as caught:
        board.packed("none.tar", statements=())
    assert caught.value.diagnostics[0].code == "A614"
    data = board.packed("whole.tar").read_bytes()
    words = [path for path in members(data) if path.startswith("attestations/")]
    assert len(words) == 3
    for gone in words:

        def change(files: Files, entries: list[Entry], gone: str = gone) -> None:
            del files[gone]
            entries[:] = [entry for entry in entries if entry.path != gone]

        made = board.replay(write(tmp_path, reindexed(data, change)))
        assert (made.exit_code, made.comparisons) == (4, ())


def test_a_word_that_was_altered_is_damage(board: Board, tmp_path: Path) -> None:
    """Signature and all: its payload is what the records name."""
    data = board.packed("altered.tar").read_bytes()
    word = next(path for path in members(data) if path.startswith("attestations/"))

    def change(files: Files, entries: list[Entry]) -> None:
        old = files.pop(word)
        new = old.replace(b'"sig":"', b'"sig":"A', 1)
        from govern.canonical import sha256_hex

        path = f"attestations/{sha256_hex(new)}.sigstore.json"
        files[path] = new
        place = next(i for i, entry in enumerate(entries) if entry.path == word)
        entries[place] = Entry(path=path, role=Role.STATEMENT, digest="", size=0)

    assert board.replay(write(tmp_path, reindexed(data, change))).exit_code == 4


def test_words_of_later_and_of_other_models_stay_out(board: Board, tmp_path: Path) -> None:
    """And a pack into which somebody put them replays all the same: the record says what was looked at."""
    folder = Path(shutil.copytree(board.statements, tmp_path / "statements"))
    board.waive(board.evaluation, "-o", folder / "later.sigstore.json", at=LATER)
    other = board.copy("other")
    (other / "more.txt").write_text("x")
    refusal = board.check(bundle=other, policies=(board.strict,), out="other-refused")
    evaluation = refusal.with_name(refusal.name.replace(".refusal.sigstore.json", ".evaluation.json"))
    board.waive(evaluation, "-o", folder / "other.sigstore.json")
    (folder / "rubbish.sigstore.json").write_text("{}")
    files = read_statements((folder,))
    assert len(files) == 6
    pack = board.packed("clean.tar", statements=files)
    assert pack.read_bytes() == board.packed("again.tar").read_bytes()

    later = (folder / "later.sigstore.json").read_bytes()

    def change(members_: Files, entries: list[Entry]) -> None:
        from govern.canonical import sha256_hex

        path = f"attestations/{sha256_hex(later)}.sigstore.json"
        members_[path] = later
        entries.append(Entry(path=path, role=Role.STATEMENT, digest="", size=0))

    made = board.replay(write(tmp_path, reindexed(pack.read_bytes(), change)))
    assert made.exit_code == 0, render_replay(made)


def test_a_later_revocation_is_said_and_the_decision_still_comes_out(board: Board, tmp_path: Path) -> None:
    """Replay answers whether it was decided so; whether it still counts is another question, and both are said."""
    folder = Path(shutil.copytree(board.statements, tmp_path / "statements"))
    frank = board.people / "frank.pem"
    board.run(
        *("revoke", board.certificate, "--reason", "evidence_wrong", "--statement", "Labels leaked", "--key", frank),
        *("-w", board.gate, "--at", LATER, "-o", folder / "revoked.sigstore.json"),
    )
    pack = board.packed("revoked.tar", statements=read_statements((folder,)))
    assert REVOCATION in kinds(pack)
    made = board.replay(pack)
    assert made.exit_code == 0, render_replay(made)
    assert "REVOKED" in verdict_of(made)
    assert "was revoked on 2026-11-21" in render_replay(made)
    status = tmp_path / "list.sigstore.json"
    board.run("revoke", "--list", "--key", frank, "-w", board.gate, "--at", "2026-11-22T09:00:00Z", "-o", status)
    listed = board.packed("listed.tar", status=status)
    assert STATUS_LIST not in kinds(listed)
    assert "status/status-list.sigstore.json" in members(listed.read_bytes())
    made = board.replay(listed)
    assert made.exit_code == 0, render_replay(made)
    assert "REVOKED" in verdict_of(made)


def test_a_status_list_that_names_nothing_of_it_says_nothing(board: Board, tmp_path: Path) -> None:
    stage = STAGE
    assert stage in board.certificate.name
    refusal = next((board.root / "refused").glob("*.refusal.sigstore.json"))
    status = tmp_path / "list.sigstore.json"
    frank = board.people / "frank.pem"
    board.run("revoke", "--list", "--key", frank, "-w", board.gate, "--at", "2026-11-23T09:00:00Z", "-o", status)
    pack = board.pack(refusal, policies=(board.strict,), status=status, name="unlisted.tar")
    made = board.replay(pack.path)
    assert made.exit_code == 0, render_replay(made)
    assert "REVOKED" not in render_replay(made)
