"""A review board in memory: who holds which key, what they sign, what the gate decides from it, what an auditor says.

    board = Board()
    waiver = board.waiver()                                  # a signed, logged file; keywords change one thing
    votes = [board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])]
    issued = board.issue([waiver, *votes])                   # decided as the gate does, then signed
    board.verify(issued, [waiver, *votes])                   # a Result, with the records at hand

The evaluation has a rule that passes, one that fails within reach of a waiver, one that asks the board, and one that
only warns. Keys come from fixed scalars, nonces from a counter: nothing is random.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from govern.attestation.issue import Issued, issue
from govern.attestation.keys import LocalSigner
from govern.attestation.kinds import CERTIFICATE, KIND_NAMES, REFUSAL
from govern.attestation.notices import (
    PolicyRelease,
    Revocation,
    Revoked,
    StatusList,
    evidence_statement,
    snapshot_statement,
)
from govern.attestation.people import Approval, HumanAttestation, Waiver
from govern.attestation.scope import Scope
from govern.attestation.signing import Signed, Stamper, log_envelopes, sign_only
from govern.attestation.statement import ApprovalRef, CertificateInputs, EvidenceItem, PolicyRef, RuleLine
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.signing import first_trust_root, sign_trust
from govern.attestation.verification import NamedFile, Request, Result
from govern.attestation.verify import verify
from govern.canonical import base64_text, canonical_bytes, instant_text, parse_instant, sha256_hex
from govern.decision.approvals import QUORUM_CHECK
from govern.decision.decide import DecisionRecord, Settled, decide
from govern.decision.evaluation import Evaluation, RuleOutcome, Subject
from govern.decision.overall import EXCEPTIONS_CHECK, SEPARATION_CHECK
from govern.gate.statements import People, people_of
from govern.ledger.note import NoteSigner
from govern.policy.outcomes import CheckResult, Enforcement, Holds, Outcome, Stage
from support.attestations import (
    CERTIFIER,
    FILES,
    INPUTS,
    ROOT_A,
    ROOT_B,
    STAGES,
    VERIFIER,
    Edit,
    manifest,
    signer,
    unguarded,
)
from support.ledgers import log_signer
from support.memory_log import MemoryLog, bodies

ALICE, BOB, ERIN, FRANK, GRACE, GRACE_2, HEIDI, IVAN, JUDY, KARL, BUILD, FEED, STRANGER = map(signer, range(31, 44))
"""Alice submits, Bob owns the model; Erin, Frank and Grace (two keys) sit on the board, Heidi waives, Ivan attests."""

OWNERS: Mapping[str, str] = {
    key.public.keyid: owner
    for key, owner in (
        (ROOT_A, "person:carol"),
        (ROOT_B, "person:dave"),
        (CERTIFIER, "service:gate"),
        (ALICE, "person:alice"),
        (BOB, "person:bob"),
        (ERIN, "person:erin"),
        (FRANK, "person:frank"),
        (GRACE, "person:grace"),
        (GRACE_2, "person:grace"),
        (HEIDI, "person:heidi"),
        (IVAN, "person:ivan"),
        (JUDY, "person:judy"),
        (KARL, "person:karl"),
        (BUILD, "service:build"),
        (FEED, "service:feed"),
    )
}
BOARD, PLAIN, LEGAL = "approver/model-risk", "approver", "approver/legal"
ROLES: Mapping[str, tuple[tuple[LocalSigner, ...], int, tuple[str, ...]]] = {
    BOARD: ((ERIN, FRANK, GRACE, GRACE_2, ALICE, BOB), 2, ("approval:v1",)),
    PLAIN: ((ERIN, JUDY), 1, ("approval:v1",)),
    LEGAL: ((FRANK, IVAN), 2, ("approval:v1",)),
    "waiver": ((HEIDI, ALICE, BOB), 1, ("waiver:v1",)),
    "attester/ciso": ((IVAN,), 1, ("attestation:v1",)),
    "policy": ((JUDY,), 1, ("policy-release:v1",)),
    "revoker": ((KARL,), 1, ("revocation:v1", "status-list:v1")),
    "producer": ((BUILD,), 1, ("evidence:v1",)),
    "advisory": ((FEED,), 1, ("advisory-snapshot:v1",)),
}

CLOCK = parse_instant("2026-03-01T12:00:00Z")
"""When the gate decides."""
BEFORE, AFTER = CLOCK - timedelta(days=1), CLOCK + timedelta(days=90)
NOW = CLOCK + timedelta(days=3)
"""When the auditor asks."""
STAGE, MODEL, VERSION = "pre-registration", "credit-risk", "3.2.0"
PARITY, LIMITED, ASKED, NOTE = (f"credit-risk/{name}" for name in ("parity", "refusals", "board", "note"))
APART, BOUNDED = "credit-risk/apart", "credit-risk/exceptions"
BUNDLE, PLAN, SOURCE = manifest().digest, "ef" * 32, "01" * 32
SUBMITTER, OWNER = "person:alice", "person:bob"


def text(moment: datetime, **offset: float) -> str:
    return instant_text(moment + timedelta(**offset))


def rule(
    name: str,
    outcome: Outcome,
    *,
    check: str = "expression",
    holds: tuple[Holds, ...] = (),
    observed: str | None = None,
    required: str | None = None,
    facts: Any = None,
    **changes: Any,
) -> RuleOutcome:
    """One evaluated rule, blocking unless told otherwise."""
    made = RuleOutcome(
        rule=name,
        policy=name.partition("/")[0],
        rule_digest=sha256_hex(name.encode()),
        title=name,
        check=check,
        severity="high",
        enforcement=Enforcement.BLOCK,
        controls=(),
        waivable=True,
        max_waiver_days=120,
        message=None,
        remediation=None,
        reason=None,
        result=CheckResult(outcome=outcome, summary="", holds=holds, observed=observed, required=required, facts=facts),
    )
    return replace(made, **changes)


def quorum(*roles: tuple[str, int], name: str = ASKED, **changes: Any) -> RuleOutcome:
    """A rule that asks the board; by default two people of its own role."""
    asked = [{"role": role, "count": count} for role, count in roles or ((BOARD, 2),)]
    facts = {"kind": "approval-quorum", "roles": asked}
    return rule(name, Outcome.MISSING_EVIDENCE, check=QUORUM_CHECK, facts=facts, **changes)


def separated(*pairs: tuple[str, str], name: str = APART, **changes: Any) -> RuleOutcome:
    """A rule that keeps people apart; by default the validator from the developer."""
    given = [sorted(pair) for pair in pairs or (("developer", "validator"),)]
    facts = {"kind": "approval-separation", "pairs": given, **changes.pop("bounds", {})}
    return rule(name, Outcome.MISSING_EVIDENCE, check=SEPARATION_CHECK, facts=facts, **changes)


def bounded(name: str = BOUNDED, **changes: Any) -> RuleOutcome:
    """A rule that bounds the waivers in force; keywords change its bounds."""
    bounds = {"max_days": 120, "roles": ["waiver"], "compensating_control": True, "for_controls": ["*"], **changes}
    facts = {"kind": "policy-exceptions", **bounds}
    return rule(name, Outcome.MISSING_EVIDENCE, check=EXCEPTIONS_CHECK, facts=facts)


GOOD = rule(PARITY, Outcome.PASS, observed="0.8712", required=">= 0.8")
BAD = rule(LIMITED, Outcome.FAIL, observed="0.76", required=">= 0.8")
WARNED = rule(NOTE, Outcome.FAIL, enforcement=Enforcement.WARN)


def evaluation(*rules: RuleOutcome, **subject: Any) -> Evaluation:
    """An evaluation of the model; without rules, of all four."""
    about = Subject(
        name=MODEL,
        version=VERSION,
        digest=BUNDLE,
        model_digest="ab" * 32,
        layout="plain",
        files=len(FILES),
        bytes=sum(map(len, FILES.values())),
        owner=OWNER,
    )
    return Evaluation(
        plan_digest=PLAN,
        stage=STAGE,
        subject=replace(about, **subject),
        policies=(),
        outcomes=rules or (GOOD, BAD, quorum(), WARNED),
        not_assessed=(),
        advisories=None,
        lineage_digest=None,
    )


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A signed file with what it says."""

    kind: str
    signed: Signed

    @property
    def digest(self) -> str:
        return self.signed.digest

    @property
    def data(self) -> bytes:
        return self.signed.data

    @property
    def payload(self) -> bytes:
        return self.signed.envelope.payload

    @property
    def file(self) -> NamedFile:
        return NamedFile(f"{self.digest[:8]}.{KIND_NAMES.get(self.kind, 'other')}", self.data)


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """A signed decision with the records that it names."""

    kind: str
    issued: Issued
    record: DecisionRecord

    @property
    def digest(self) -> str:
        return self.issued.digest

    @property
    def data(self) -> bytes:
        return self.issued.certificate_bytes


class Board:
    """Signs, decides and judges under one trust root and one log."""

    def __init__(
        self, *, edit_trust: Edit | None = None, about: Evaluation | None = None, log: NoteSigner | None = None
    ) -> None:
        self.log = MemoryLog(bodies(3), signer=log or log_signer())
        self.about = about or evaluation()
        self._nonces = 0
        predicate = self.predicate()
        if edit_trust is not None:
            edit_trust(predicate)
        self.trust = sign_trust(predicate, [ROOT_A, ROOT_B])
        self.root: TrustRoot = load_trust(self.trust)

    def predicate(self) -> dict[str, Any]:
        """The trust root's predicate: every role of `ROLES`."""
        first = first_trust_root(
            issued_at="2026-01-01T00:00:00Z",
            expires="2028-01-01T00:00:00Z",
            nonce=bytes(16),
            roots=[(item.public, OWNERS[item.public.keyid]) for item in (ROOT_A, ROOT_B)],
            certifiers=[(CERTIFIER.public, OWNERS[CERTIFIER.public.keyid])],
            stages=STAGES,
            verifier_id=VERIFIER,
            log=self.log.key,
        )
        made: dict[str, Any] = json.loads(canonical_bytes(first))
        for name, (keys, threshold, types) in ROLES.items():
            listed = [{"keyid": item.public.keyid} for item in keys]
            made["roles"][name] = {"keys": listed, "threshold": threshold, "types": list(types)}
            for item in keys:
                spki = base64_text(item.public.spki)
                made["keys"][item.public.keyid] = {"spki": spki, "owner": OWNERS[item.public.keyid]}
        return made

    # -- signing ----------------------------------------------------------------------------------------------------

    def nonce(self) -> bytes:
        self._nonces += 1
        return self._nonces.to_bytes(16, "big")

    def sign(
        self,
        statement: Mapping[str, Any] | bytes,
        *,
        by: LocalSigner,
        logged: bool = True,
        stamp: Stamper | None = None,
        kind: str | None = None,
    ) -> Paper:
        """Sign any payload at all, as somebody who holds the key can."""
        payload = statement if isinstance(statement, bytes) else canonical_bytes(statement)
        kind = kind or json.loads(payload)["predicateType"]
        if not logged:
            return Paper(kind=kind, signed=sign_only(payload, signer=by, stamp=stamp))
        (signed,) = log_envelopes([(unguarded(payload, by), by.public)], ledger=self.log, stamp=stamp)
        return Paper(kind=kind, signed=signed)

    def edited(self, paper: Paper, edit: Edit, *, by: LocalSigner) -> Paper:
        """The same statement with a change, signed anew."""
        statement = json.loads(paper.payload)
        edit(statement)
        return self.sign(statement, by=by, kind=paper.kind)

    def waiver(
        self, *, by: LocalSigner = HEIDI, logged: bool = True, stamp: Stamper | None = None, **changes: Any
    ) -> Paper:
        return self.sign(waiver(by=by, **changes).statement(nonce=self.nonce()), by=by, logged=logged, stamp=stamp)

    def vote(
        self,
        by: LocalSigner,
        considered: Sequence[Paper] = (),
        vote: str = "approve",
        *,
        logged: bool = True,
        stamp: Stamper | None = None,
        **changes: Any,
    ) -> Paper:
        made = Approval(
            model=MODEL,
            version=VERSION,
            stage=STAGE,
            evaluation=self.about.digest,
            bundle=BUNDLE,
            vote=vote,
            waivers_considered=tuple(sorted(item.digest for item in considered)),
            role=BOARD,
            approver=OWNERS.get(by.public.keyid, "person:stranger"),
            text="Read it all.",
            signed_at=text(BEFORE),
            expires=text(AFTER),
        )
        return self.sign(replace(made, **changes).statement(nonce=self.nonce()), by=by, logged=logged, stamp=stamp)

    def attestation(self, *, by: LocalSigner = IVAN, stamp: Stamper | None = None, **changes: Any) -> Paper:
        return self.sign(attestation(by=by, **changes).statement(nonce=self.nonce()), by=by, stamp=stamp)

    def release(self, *, by: LocalSigner = JUDY, stamp: Stamper | None = None, **changes: Any) -> Paper:
        return self.sign(replace(RELEASE, **changes).statement(nonce=self.nonce()), by=by, stamp=stamp)

    def evidence(self, *, by: LocalSigner = BUILD, stamp: Stamper | None = None, **changes: Any) -> Paper:
        return self.sign(evidence_statement({**EVIDENCE_ENVELOPE, **changes}, nonce=self.nonce()), by=by, stamp=stamp)

    def snapshot(self, *, by: LocalSigner = FEED, stamp: Stamper | None = None, **changes: Any) -> Paper:
        index = {**SNAPSHOT, **changes}
        digest = sha256_hex(canonical_bytes(index) + b"\n")
        return self.sign(snapshot_statement(index, digest, nonce=self.nonce()), by=by, stamp=stamp)

    def revocation(
        self, of: Paper | Ruled, *, by: LocalSigner = KARL, stamp: Stamper | None = None, **changes: Any
    ) -> Paper:
        own = json.loads(of.issued.payload)["predicate"]["certificateId"] if isinstance(of, Ruled) else of.digest
        made = Revocation(
            target_type=of.kind,
            target_id=own,
            target_digest=of.digest,
            reason="other",
            effective=text(BEFORE),
            issued_at=text(BEFORE),
            text="It no longer counts.",
        )
        return self.sign(replace(made, **changes).statement(nonce=self.nonce()), by=by, stamp=stamp)

    def status(
        self,
        *revoked: Paper | Ruled,
        by: LocalSigner = KARL,
        effective: datetime = BEFORE,
        stamp: Stamper | None = None,
        **changes: Any,
    ) -> Paper:
        """A list as of the log's head, made two days after the decision."""
        head = self.log.head()
        made = StatusList(
            origin=self.log.key.name,
            size=head.size,
            root=head.root.hex(),
            time=text(CLOCK, days=2),
            revoked=tuple(Revoked(item.digest, text(effective)) for item in revoked),
            next=text(CLOCK, days=9),
        )
        return self.sign(replace(made, **changes).statement(nonce=self.nonce()), by=by, stamp=stamp)

    # -- deciding ---------------------------------------------------------------------------------------------------

    def people(self, papers: Sequence[Paper], *, clock: datetime = CLOCK) -> People:
        """What the gate hears."""
        return people_of([item.file for item in papers], trust=self.root, at=clock)

    def decide(
        self, papers: Sequence[Paper], *, clock: datetime = CLOCK, submitter: str | None = SUBMITTER
    ) -> DecisionRecord:
        """Decide as `gate.check` does."""
        people = self.people(papers, clock=clock)
        return decide(self.about, clock=clock, waivers=people.waivers, approvals=people.approvals, submitter=submitter)

    def inputs(self, record: DecisionRecord, **changes: Any) -> CertificateInputs:
        """What `gate.issue` would have signed for a decision."""
        ends = [record.clock + timedelta(days=365), *([record.holds_until] if record.holds_until else [])]
        counted = {vote.digest: vote.keyid for item in record.settled for vote in item.approvals}
        evaluation, subject = record.evaluation, record.evaluation.subject
        read = [(f"{item.name}:{item.file}", item.digest, item.bound) for item in evaluation.evidence()]
        made = replace(
            INPUTS,
            decision=record.decision,
            model_name=subject.name,
            model_version=subject.version,
            bundle_digest=subject.digest,
            model_digest=subject.model_digest,
            files=subject.files,
            size_bytes=subject.bytes,
            plan_digest=evaluation.plan_digest.removeprefix("sha256:"),
            policies=(PolicyRef(name=MODEL, version="2.1.0", legal_status="in_force", source_digest=SOURCE),),
            evaluation_digest=record.evaluation.digest,
            decision_record_digest=record.digest,
            rules=tuple(rule_line(item) for item in record.settled),
            not_assessed=evaluation.not_assessed,
            evidence=tuple(EvidenceItem(name=name, digest=digest, bound=bound) for name, digest, bound in read),
            advisories=None,
            submitter=record.submitter or SUBMITTER,
            issued_at=instant_text(record.clock),
            valid_until=instant_text(min(ends)),
            earliest_expiry=None if record.holds_until is None else instant_text(record.holds_until),
            trust_version=self.root.version,
            trust_digest=self.root.digest,
            ledger_origin=self.log.key.name,
            approvals=tuple(ApprovalRef(digest=item, keyid=counted[item]) for item in sorted(counted)),
            blocking=record.blocking,
            nonce=self.nonce(),
        )
        return replace(made, **changes)

    def issue(
        self,
        papers: Sequence[Paper] = (),
        *,
        record: DecisionRecord | None = None,
        stamp: Stamper | None = None,
        clock: datetime = CLOCK,
        submitter: str | None = SUBMITTER,
        **changes: Any,
    ) -> Ruled:
        """Decide and sign what comes of it; `changes` make the gate say something else."""
        record = record or self.decide(papers, clock=clock, submitter=submitter)
        made = issue(self.inputs(record, **changes), signer=CERTIFIER, ledger=self.log, stamp=stamp)
        return Ruled(kind=CERTIFICATE if made.kind == "certificate" else REFUSAL, issued=made, record=record)

    def bought(self, ruled: Ruled, edit: Edit) -> Ruled:
        """The same certificate with a change, signed by a gate that somebody bought."""
        statement = json.loads(ruled.issued.payload)
        edit(statement)
        made = self.sign(statement, by=CERTIFIER)
        issued = replace(ruled.issued, digest=made.digest, payload=made.payload, certificate_bytes=made.data)
        return replace(ruled, issued=issued)

    # -- judging ----------------------------------------------------------------------------------------------------

    def verify(self, file: Paper | Ruled, papers: Sequence[Paper] = (), **asked: Any) -> Result:
        """Ask as an auditor would: for a signed decision with the records at hand."""
        given: dict[str, Any] = {
            "certificate": file.data,
            "kind": file.kind,
            "trust": self.trust,
            "at": NOW,
            "statements": tuple(item.file for item in papers),
        }
        if isinstance(file, Ruled):
            given |= {"evaluation": file.record.evaluation.data(), "decision": file.record.data()}
        return verify(Request(**{**given, **asked}))

    def judged(self, *papers: Paper) -> StatementSet:
        return StatementSet([item.file for item in papers], trust=self.root, at=CLOCK)


def waiver(*, by: LocalSigner = HEIDI, **changes: Any) -> Waiver:
    """A waiver of the failed rule for this bundle, as far as what was observed."""
    made = Waiver(
        policy=MODEL,
        rule=LIMITED.partition("/")[2],
        rule_digest=BAD.rule_digest,
        scope=Scope(model=MODEL, version=VERSION, bundle=BUNDLE),
        stages=tuple(stage.value for stage in Stage),
        covers=(Outcome.FAIL,),
        limit="0.76",
        reason="A better model is in training.",
        compensating_controls=("every refusal is read by a person",),
        approver=OWNERS.get(by.public.keyid, "person:stranger"),
        owner=OWNER,
        not_before=text(BEFORE),
        expires=text(AFTER),
    )
    return replace(made, **changes)


def attestation(*, by: LocalSigner = IVAN, **changes: Any) -> HumanAttestation:
    """What the security officer states about this bundle."""
    made = HumanAttestation(
        type="penetration-test",
        covers=("credit-risk",),
        controls=("nydfs-500/500.5",),
        fields={"report": "PT-7"},
        text="Tested by an outside party; nothing open.",
        scope=Scope(model=MODEL, version=VERSION, bundle=BUNDLE),
        role="attester/ciso",
        attester=OWNERS.get(by.public.keyid, "person:stranger"),
        evidence=(("pt-7.pdf", "0d" * 32),),
        issued_at=text(BEFORE),
        valid_from=text(BEFORE),
        expires=text(AFTER),
    )
    return replace(made, **changes)


def rule_line(item: Settled) -> RuleLine:
    """A settled rule as the certificate lists it."""
    return RuleLine(
        id=item.rule.rule,
        check=item.rule.check,
        enforcement=item.rule.enforcement,
        severity=item.rule.severity,
        outcome=item.outcome,
        controls=item.rule.controls,
        observed=item.rule.result.observed,
        required=item.rule.result.required,
        waiver_digest=None if item.waiver is None else item.waiver.digest,
    )


RELEASE = PolicyRelease(
    name=MODEL,
    version="2.1.0",
    source=SOURCE,
    plans=((STAGE, PLAN),),
    legal_status="in_force",
    released_at=text(BEFORE),
)
SNAPSHOT: dict[str, Any] = {
    "asOf": "2026-02-01T00:00:00Z",
    "sources": [
        {
            "name": "osv-pypi",
            "kind": "osv",
            "location": "https://advisories.example/PyPI/all.zip",
            "revision": "",
            "digest": "sha256:" + "0a" * 32,
            "licence": "CC-BY-4.0",
            "attribution": "OSV",
            "asOf": "2026-02-01T00:00:00Z",
            "records": 1,
            "newestModified": None,
            "newestId": None,
        }
    ],
    "files": [{"name": "pypi.jsonl", "sha256": "0b" * 32, "bytes": 120, "records": 1}],
}
EVIDENCE_ENVELOPE: dict[str, Any] = {
    "apiVersion": "govern/v1",
    "kind": "EvidenceEnvelope",
    "type": "predictions",
    "file": {"path": "predictions.csv", "sha256": sha256_hex(FILES["predictions.csv"])},
    "data": [{"name": "holdout", "digest": {"sha256": "0c" * 32}, "role": "evaluate", "rows": 1}],
    "tool": {"name": "trainer", "version": "1.4.0"},
    "produced_at": text(BEFORE),
    "produced_by": "service:build",
    "model": {"name": MODEL, "version": VERSION, "digest": {"sha256": "ab" * 32}},
}
