"""A workspace with every role, keys on disk, and people at their desks.

    office = Office(tmp_path)                # `govern init` with its example, then one edit of the trust root
    office.desk("heidi")                     # what the signing commands open
    office.evaluation                        # of the example under a policy that fails and asks the board
    office.check(...)                        # the gate, signing and logging

The rules: `strict/never` fails, `strict/board` asks two people of the board's model-risk role.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from govern.attestation.keys import LocalSigner, load_signer, private_pem
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.verification import Result
from govern.canonical import parse_instant
from govern.decision.evaluation import Evaluation
from govern.decision.records import read_evaluation
from govern.gate.desk import Desk, Signature, desk_of
from govern.gate.verify import VerifyRequest
from govern.gate.verify import verify as ask
from govern.gate.workspace import Workspace, find_workspace
from support.in_process import govern_here
from support.people import ALICE, BUILD, ERIN, FEED, FRANK, GRACE, HEIDI, IVAN, JUDY, KARL, STRANGER
from support.process import Ended

AT = "2026-06-02T00:00:00Z"
MADE = "2026-06-01T00:00:00Z"
STAGE = "pre-registration"
NAME = "example-loan-model-1.0.0"
RULE, ASKED = "strict/never", "strict/board"
HOLDERS = {
    "heidi": (HEIDI, ("waiver",)),
    "erin": (ERIN, ("approver/model-risk", "approver")),
    "frank": (FRANK, ("approver/model-risk",)),
    "grace": (GRACE, ("approver/model-risk",)),
    "alice": (ALICE, ("waiver", "approver/model-risk")),
    "ivan": (IVAN, ("attester/ciso",)),
    "judy": (JUDY, ("policy",)),
    "karl": (KARL, ("revoker",)),
    "build": (BUILD, ("producer",)),
    "feed": (FEED, ("advisory",)),
}
"""Name -> key and roles; `person:<name>` owns the key. Alice is the submitter too; a stranger has a key and no role."""

RULES: list[dict[str, Any]] = [
    {"id": "never", "title": "Version seven", "check": "expression", "with": {"assert": 'model.version == "7"'}},
    {
        "id": "board",
        "title": "The board agrees",
        "check": "approval.quorum",
        "with": {"roles": [{"role": "approver/model-risk", "count": 2}]},
    },
]


@dataclass
class Counter:
    """Random bytes that are none."""

    number: int = 0

    def __call__(self, size: int) -> bytes:
        self.number += 1
        return self.number.to_bytes(size, "big")


class Office:
    """See the module's text."""

    def __init__(self, root: Path) -> None:
        self.root = root / "gate"
        self.entropy: Callable[[int], bytes] = Counter()
        self.heard: list[Any] = []
        self.keys = root / "keys"
        self.keys.mkdir(parents=True)
        self.ok("init", self.root, "--at", MADE, "--owner", "person:alice", cwd=root)
        adding: list[str | Path] = []
        for name, (signer, roles) in HOLDERS.items():
            self.write_key(name, signer)
            for role in roles:
                adding += ["--add", f"{role}={self.keys / name}.pub,person:{name}"]
        self.write_key("stranger", STRANGER)
        self.ok(
            *("trust", "edit", "trust.json", *adding, "--threshold", "approver/model-risk=2"),
            *("--key", ".govern/keys/root.pem", "--at", MADE),
        )
        self.policy = self.write_policy("strict", RULES)
        refused = self.check()
        assert refused.code == 1, refused.err
        self.refusal = self.certificates / f"{NAME}.{STAGE}.refusal.sigstore.json"
        self.evaluation_file = self.certificates / f"{NAME}.{STAGE}.evaluation.json"

    def copy(self, to: Path) -> Office:
        """The same office in another folder, to be changed."""
        made = object.__new__(Office)
        shutil.copytree(self.root.parent, to, dirs_exist_ok=True)
        made.__dict__ |= self.__dict__
        made.root, made.keys = to / "gate", to / "keys"
        made.policy = made.root / "strict.yaml"
        made.refusal = made.certificates / self.refusal.name
        made.evaluation_file = made.certificates / self.evaluation_file.name
        return made

    # -- places -----------------------------------------------------------------------------------------------------

    @property
    def certificates(self) -> Path:
        return self.root / "certificates"

    @property
    def statements(self) -> Path:
        return self.root / "statements"

    @property
    def bundle(self) -> Path:
        return self.root / "example"

    @property
    def certificate(self) -> Path:
        return self.certificates / f"{NAME}.{STAGE}.certificate.sigstore.json"

    @property
    def trust(self) -> TrustRoot:
        return load_trust((self.root / "trust.json").read_bytes())

    @property
    def evaluation(self) -> Evaluation:
        return read_evaluation(self.evaluation_file.read_bytes())

    @property
    def workspace(self) -> Workspace:
        return find_workspace(start=self.root, environment={}, directory=self.root)

    def size(self) -> int:
        """How many entries the log has."""
        from govern.gate.ledgers import open_ledger

        with open_ledger(self.workspace) as ledger:
            return ledger.head().size

    # -- making -----------------------------------------------------------------------------------------------------

    def write_key(self, name: str, signer: LocalSigner) -> Path:
        path = self.keys / f"{name}.pem"
        path.write_bytes(private_pem(signer._private))
        path.with_suffix(".pub").write_bytes(signer.public.pem)
        assert load_signer(path.read_bytes()).public == signer.public
        return path

    def write_policy(self, name: str, rules: list[dict[str, Any]], **metadata: str) -> Path:
        file = self.root / f"{name}.yaml"
        spec = {"rules": [{"severity": "high", "enforcement": "block", **rule} for rule in rules]}
        about = {"name": name, "version": "1.0.0", "title": name, "owner": "o@example.com", **metadata}
        file.write_text(
            yaml.safe_dump({"apiVersion": "govern/v1", "kind": "Policy", "metadata": about, "spec": spec}),
            encoding="utf-8",
        )
        return file

    def desk(self, name: str, *, at: str = AT, **signature: Any) -> Desk:
        """A person at their desk."""
        given = {"key": str(self.keys / f"{name}.pem"), "at": parse_instant(at), **signature}
        return desk_of(
            self.workspace, Signature(**given), entropy=self.entropy, environment={}, notify=self.heard.append
        )

    # -- the command, in this process -------------------------------------------------------------------------------

    def __call__(self, *words: str | Path, cwd: Path | None = None) -> Ended:
        return govern_here(*words, cwd=cwd or self.root)

    def ok(self, *words: str | Path, cwd: Path | None = None) -> str:
        ended = self(*words, cwd=cwd)
        assert ended.code == 0, ended.err + ended.out
        return ended.out

    def check(self, *more: str | Path, at: str = AT) -> Ended:
        """The gate on the example under the strict policy."""
        return self("check", "example", "-s", STAGE, "-p", self.policy, "--at", at, "-q", *more)

    def verify(self, file: Path, kind: str = "certificate", *, at: str = AT, **asked: Any) -> Result:
        given = {"certificate": file, "trust": self.root / "trust.json", "at": parse_instant(at), "kind": kind, **asked}
        return ask(VerifyRequest(**given)).result
