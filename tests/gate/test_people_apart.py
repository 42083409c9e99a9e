"""`spec.approvals` and `spec.separation` from a policy file to a certificate, its verification and its replay."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from govern.gate.replaying.text import render_replay
from govern.gate.statements import read_statements
from support.in_process import govern_here
from support.pack_desk import AT, STAGE, Desk
from support.process import Ended

POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: apart, version: 1.0.0, title: Apart, owner: o@example.com}
spec:
  approvals:
    roles: [{role: approver, count: 2}]
    stages: [pre-registration]
    identity: key
    max_age: 180d
  separation: [[submitter, approver], [owner, approver], [developer, validator], [developer, approver]]
  rules: []
"""


class Team(Desk):
    """A gate with three approvers, and a model whose record names who made and who validated it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        adding: list[str | Path] = []
        for scalar, name in enumerate(("dan", "erin", "fay"), start=100):
            adding += ["--add", f"approver={self.key(name, scalar)},person:{name}"]
        root_key = self.gate / ".govern" / "keys" / "root.pem"
        words = ("trust", "edit", self.trust, *adding, "--threshold", "approver=2", "--key", root_key, "--at", AT)
        assert govern_here(*words, cwd=root).code == 0
        self.asked = root / "apart.yaml"
        self.asked.write_text(POLICY, encoding="utf-8")

    def key(self, name: str, scalar: int) -> Path:
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.root / f"{name}.pem").write_bytes(pem)
        public = self.root / f"{name}.pub"
        public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        return public

    def record(self, **people: object) -> None:
        """Write who has a part in the model into its record."""
        file = self.bundle / "govern.yaml"
        document = yaml.safe_load(file.read_text("utf-8"))
        document["spec"]["owner"]["principal"] = "person:olga"
        document["spec"].pop("developers", None)
        document["spec"].pop("validators", None)
        document["spec"] |= people
        file.write_text(yaml.safe_dump(document), encoding="utf-8")

    def judged(self, name: str, *voters: str) -> Path:
        """Check, let these people vote on what came of it, and check again."""
        first = self.check(policies=(self.asked,), out=f"{name}-before")
        evaluation = first.with_name(first.name.replace(".refusal.sigstore.json", ".evaluation.json"))
        for voter in voters:
            words = ("approve", evaluation, "--key", self.root / f"{voter}.pem", "--statement", "Read", "--at", AT)
            ended = govern_here(*words, "-w", self.gate, cwd=self.root)
            assert ended.code == 0, ended.err
        return self.check(policies=(self.asked,), out=f"{name}-after")

    def status(self, evaluation: Path) -> Ended:
        return govern_here("approve", evaluation, "--status", "-w", self.gate, "--at", AT, cwd=self.root)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_two_independent_approvals_certify_and_the_auditor_and_the_replay_agree(team: Team) -> None:
    team.record(developers=["person:dora"], validators=["person:vera"])
    certificate = team.judged("sound", "erin", "fay")
    assert ".certificate." in certificate.name
    statements = team.gate / "statements"
    words = ("verify", certificate, "--trust", team.trust, "--statements", statements, "--bundle", team.bundle)
    ended = govern_here(*words, "--at", AT, cwd=team.root)
    assert ended.code == 0, ended.out
    assert "2 rules decided again from the records: allowed, the same bytes" in ended.out
    pack = team.pack(certificate, policies=(team.asked,), statements=read_statements((statements,))).path
    made = team.replay(pack)
    assert made.exit_code == 0, render_replay(made)


@pytest.mark.parametrize(
    ("people", "voters", "kind", "said"),
    [
        (
            {"developers": ["person:erin"], "validators": ["person:vera"]},
            ("erin", "fay"),
            "denied",
            "person:erin is approver and developer",
        ),
        (
            {"developers": ["person:dora"], "validators": ["person:vera", "person:dora"]},
            ("erin", "fay"),
            "denied",
            "person:dora is developer and validator",
        ),
        (
            {"developers": ["person:dora"]},
            ("erin", "fay"),
            "undecided",
            "validator: the model record names no validators",
        ),
        ({"developers": ["Dora"], "validators": ["person:vera"]}, ("erin", "fay"), "undecided", "'Dora' is no name"),
        (
            {"developers": ["person:dora"], "validators": ["person:vera"]},
            ("erin",),
            "undecided",
            "nobody has approved yet",
        ),
    ],
)
def test_a_person_on_two_sides_or_on_none_gets_no_certificate(
    team: Team, people: dict[str, object], voters: tuple[str, ...], kind: str, said: str
) -> None:
    team.record(**people)
    refusal = team.judged("other", *voters)
    assert ".refusal." in refusal.name
    evaluation = refusal.with_name(refusal.name.replace(".refusal.sigstore.json", ".evaluation.json"))
    status = team.status(evaluation)
    assert status.code == (1 if kind == "denied" else 3)
    assert said in status.out
    shown = govern_here(
        *("check", team.bundle, "-s", STAGE, "-w", team.gate, "--at", AT, "--no-issue", "-p", team.asked), cwd=team.root
    )
    assert kind.upper() in shown.out
    assert said in " ".join(shown.out.split())
    statements = read_statements((team.gate / "statements",))
    made = team.replay(team.pack(refusal, policies=(team.asked,), statements=statements).path)
    assert made.exit_code == 0, render_replay(made)
