"""Every door by which somebody asks what people's words come to, over one real bundle and one real policy.

    doors = Doors(tmp_path)                       # two rules: `p/r0` fails, `p/r1` passes
    doors.waiver(expires=...)                     # a signed waiver of `p/r0` for this bundle; keywords change one thing
    doors.ask("replay", [waiver], clock=CLOCK)    # an Answer: the decision, and digest -> ruling

None is told what another has said. A report, a verification and a replay begin with what the gate has decided and
signed; that is made once for a set of papers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from govern import __version__
from govern.attestation.issue import Issued, issue
from govern.attestation.scope import Scope
from govern.attestation.verification import Request
from govern.attestation.verify import verify
from govern.canonical import canonical_bytes, instant_text
from govern.decision.decide import DecisionRecord, decide
from govern.decision.rulings import RULING_CODES, UNUSED_CODE
from govern.decision.waivers import Ruling
from govern.gate.approve import votes_so_far
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.engine import engine_digest
from govern.gate.packing.pack import PackRequest, pack
from govern.gate.replaying.replay import ReplayRequest, replay
from govern.gate.result import result_document
from govern.gate.stated import Terms, stated
from govern.gate.workspace import find_workspace
from govern.inputs.json import parse_json
from govern.policy.outcomes import Stage
from govern.report.render import renderers
from govern.report.result import Result
from support.attestations import CERTIFIER, VERIFIER, Edit, failed, lines_of
from support.gate import write_policy
from support.people import CLOCK, SUBMITTER, Board, Paper

RECORD = """\
apiVersion: govern/v1
kind: Model
metadata: {name: credit-risk, version: "3.2.0"}
spec:
  owner: {name: Credit team, contact: credit@example.com, principal: person:bob}
  developers: [person:dan, person:judy]
  cards: [README.md]
"""
CARD = "# Model card\n\n" + "This model refuses nobody without a person who reads the case and says why.\n" * 20
RULES = {"expression": {"assert": 'model.version == "7"'}, "model_card.present": {}}
FAILS, PASSES = "p/r0", "p/r1"
STAGE = Stage.PRE_REGISTRATION


@dataclass(frozen=True)
class Answer:
    """What a door says."""

    decision: str
    rulings: Mapping[str, str]
    """Waiver digest -> ruling."""


class Doors:
    """See the module's text."""

    def __init__(self, root: Path, *, edit_trust: Edit | None = None, more: Mapping[str, str] | None = None) -> None:
        self.root = root
        self._checked: dict[tuple[frozenset[bytes], datetime], Checked] = {}
        self.bundle = root / "bundle"
        self.bundle.mkdir(parents=True)
        (self.bundle / "govern.yaml").write_text(RECORD, encoding="utf-8")
        (self.bundle / "README.md").write_text(CARD, encoding="utf-8")
        self.policies = write_policy(root / "policies", RULES)
        if more:  # keys of every rule
            file = self.policies / "policy.yaml"
            added = "".join(f"      {key}: {value}\n" for key, value in more.items())
            file.write_text(
                file.read_text("utf-8").replace("      title: Rule\n", f"      title: Rule\n{added}"), "utf-8"
            )
        made = self.check([])
        self.evaluation = made.evaluation
        self.board = Board(about=made.evaluation, edit_trust=edit_trust)
        self.trust = root / "trust.json"
        self.trust.write_bytes(self.board.trust)
        (root / "scratch").mkdir()
        (root / "govern.toml").write_text(
            f'[workspace]\ntrust = "trust.json"\nstatements = ["statements"]\n\n[signing]\nsubmitter = "{SUBMITTER}"\n',
            encoding="utf-8",
        )
        self.doors: Mapping[str, Callable[[Sequence[Paper], datetime], Answer]] = {
            "decide": self._decide,
            "check": lambda papers, clock: self._of(self.check(papers, clock).decision),
            "report": self._report,
            "verify": self._verify,
            "replay": self._replay,
            "status": self._status,
        }

    # -- signing ----------------------------------------------------------------------------------------------------

    def waiver(self, **changes: Any) -> Paper:
        subject, failing = self.evaluation.subject, self.evaluation.outcomes[0]
        given = {
            "policy": "p",
            "rule": "r0",
            "rule_digest": failing.rule_digest,
            "limit": None,
            "scope": Scope(model=subject.name, version=subject.version, bundle=subject.digest),
            "expires": instant_text(CLOCK + timedelta(days=60)),
        }
        return self.board.waiver(**{**given, **changes})

    # -- asking -----------------------------------------------------------------------------------------------------

    def ask(self, door: str, papers: Sequence[Paper], *, clock: datetime = CLOCK) -> Answer:
        """Ask at one door."""
        return self.doors[door](papers, clock)

    def checked(self, papers: Sequence[Paper], clock: datetime) -> Checked:
        """What the gate decided on these papers, once."""
        key = (frozenset(item.data for item in papers), clock)
        if key not in self._checked:
            self._checked[key] = self.check(papers, clock)
        return self._checked[key]

    def check(self, papers: Sequence[Paper], clock: datetime = CLOCK) -> Checked:
        """`gate.check` with signed files."""
        made = check(
            CheckRequest(
                bundle=self.bundle,
                stage=STAGE,
                policies=[self.policies],
                clock=clock,
                statements=tuple(item.file for item in papers),
                trust=self.board.root if papers else None,
                submitter=SUBMITTER,
            )
        )
        assert isinstance(made, Checked)
        return made

    def _decide(self, papers: Sequence[Paper], clock: datetime) -> Answer:
        people = self.board.people(papers, clock=clock)
        return self._of(decide(self.evaluation, clock=clock, waivers=people.waivers, submitter=SUBMITTER))

    def _of(self, record: DecisionRecord) -> Answer:
        return self._of_record(record.data())

    def _of_record(self, data: bytes) -> Answer:
        document: Any = parse_json(data, file="record")
        rulings = {item["digest"]["sha256"]: item["ruling"] for item in document["waivers"]}
        return Answer(document["decision"], rulings)

    def _report(self, papers: Sequence[Paper], clock: datetime) -> Answer:
        """The stored result, read again and rendered: text, JSON and HTML must say the same of every waiver."""
        stored = canonical_bytes(result_document(self.checked(papers, clock), exit_code=0))
        document: Any = parse_json(stored, file="result")
        result = Result.from_document(document)
        rulings = {item.digest: str(item.ruling) for item in result.waivers}
        made = renderers(document, width=200, color=False, quiet=False, verbose=True, github=False)
        text = str(made["text"]())
        page = str(made["html"]()) if len(papers) < 2 else None
        for item in result.waivers:
            ruling = Ruling(str(item.ruling))
            unused = ruling is Ruling.OUTCOME_NOT_COVERABLE and item.rule == PASSES
            code = UNUSED_CODE if unused else RULING_CODES.get(ruling)
            assert item.code == code
            assert page is None or (item.digest in page and (code is None or f"({code})" in page))
            if code is not None:
                assert f"{code}  {item.rule}  the waiver {item.digest[:8]}" in text
        return Answer(result.decision.value, rulings)

    def _issued(self, made: Checked) -> Issued:
        ends = [made.request.clock + timedelta(days=365), made.decision.holds_until]
        terms = Terms(
            certificate_id="00000000-0000-4000-8000-000000000000",
            nonce=self.board.nonce(),
            verifier_id=VERIFIER,
            engine_version=__version__,
            engine_digest=engine_digest(),
            submitter=SUBMITTER,
            valid_until=instant_text(min(item for item in ends if item is not None)),
            trust_version=self.board.root.version,
            trust_digest=self.board.root.digest,
            ledger_origin=self.board.log.key.name,
        )
        return issue(stated(made, terms), signer=CERTIFIER, ledger=self.board.log)

    def _verify(self, papers: Sequence[Paper], clock: datetime) -> Answer:
        made = self.checked(papers, clock)
        issued = self._issued(made)
        result = verify(
            Request(
                certificate=issued.certificate_bytes,
                kind=json.loads(issued.payload)["predicateType"],
                trust=self.board.trust,
                at=clock,
                statements=tuple(item.file for item in papers),
                evaluation=made.evaluation.data(),
                decision=made.decision.data(),
            )
        )
        assert set(failed(result)) <= {("revocation", 3)}, failed(result)  # a list made later than the decision
        (line,) = lines_of(result, "decision")
        said = "ok: 2 rules decided again from the records: "
        assert line.startswith(said)
        assert line.endswith(", the same bytes")
        return Answer(line.removeprefix(said).partition(",")[0], self._of(made.decision).rulings)

    def _replay(self, papers: Sequence[Paper], clock: datetime) -> Answer:
        made = self.checked(papers, clock)
        issued = self._issued(made)
        out = self.root / "issued"
        out.mkdir(exist_ok=True)
        for old in out.iterdir():
            old.unlink()
        for name, data in {
            **issued.files(),
            f"{issued.stem}.evaluation.json": made.evaluation.data(),
            f"{issued.stem}.decision.json": made.decision.data(),
        }.items():
            (out / name).write_bytes(data)
        file = self.root / "pack.tar"
        pack(
            PackRequest(
                certificate=out / issued.certificate_name,
                output=file,
                policies=(self.policies,),
                trust=self.trust,
                bundle=self.bundle,
                statements=tuple(item.file for item in papers),
            )
        )
        again = replay(ReplayRequest(pack=file, scratch=self.root / "scratch"))
        assert again.exit_code == 0, again
        assert again.identical
        return self._of(made.decision)

    def _status(self, papers: Sequence[Paper], clock: datetime) -> Answer:
        """`govern approve --status`: it says which waivers would help now."""
        folder = self.root / "statements"
        folder.mkdir(exist_ok=True)
        for old in folder.iterdir():
            old.unlink()
        for number, item in enumerate(papers):
            (folder / f"{number}.waiver.sigstore.json").write_bytes(item.data)
        record = self.root / "x.evaluation.json"
        record.write_bytes(self.evaluation.data())
        workspace = find_workspace(start=self.root, environment={}, directory=self.root)
        said, _code = votes_so_far(workspace, record, at=clock)
        applied = "waives it until" in said
        lines = [line.strip() for line in said.splitlines() if line.strip().startswith("waiver ")]
        expected = self._decide(papers, clock)
        codes = sorted(line.partition(": ")[2].partition(" ")[0] for line in lines)
        assert codes == sorted(
            _short(ruling, self._unused(papers, digest)) for digest, ruling in expected.rulings.items()
        )
        return Answer("allowed" if applied else "denied", expected.rulings)

    def _unused(self, papers: Sequence[Paper], digest: str) -> bool:
        (paper,) = {item.digest: item for item in papers if item.digest == digest}.values()
        return json.loads(paper.payload)["predicate"]["rule"]["id"] == "r1"


def _short(ruling: str, unused: bool) -> str:
    """The first word of what the status says of a waiver."""
    found = Ruling(ruling)
    if found is Ruling.APPLIED:
        return "waives"
    return UNUSED_CODE if found is Ruling.OUTCOME_NOT_COVERABLE and unused else RULING_CODES[found]
