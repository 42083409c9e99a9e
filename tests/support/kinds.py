"""A world in memory in which one sound, signed and logged file of every kind lies, with fixed keys and clocks.

    world = Kinds(tsa=LocalTsa(tmp_path / "tsa"))     # with tokens and a quorum of witnesses, asked for by the trust root
    world = Kinds()                                    # with neither
    world["waiver"].data                               # the sigstore bundle, by the short name of its kind
    world.verify(world["certificate"])                 # a Result; statements, records and bundle are handed in too

The certificate rests on everything else: a rule that is waived, one that a person in office attested, a quorum of two
people, a policy release, an advisory snapshot, a status list that speaks of a later head of the log. Nothing in here is
random, so the same world is the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from govern.attestation.dsse import Envelope, pae
from govern.attestation.issue import Issued, issue
from govern.attestation.keys import LocalSigner
from govern.attestation.kinds import (
    CERTIFICATE,
    KIND_NAMES,
    REFUSAL,
    VSA,
)
from govern.attestation.notices import (
    Revocation,
    Revoked,
    StatusList,
    evidence_statement,
    snapshot_statement,
)
from govern.attestation.people import Approval
from govern.attestation.signing import Stamper, log_envelopes
from govern.attestation.statement import AdvisoriesRef, ApprovalRef, CertificateInputs, EvidenceItem, PolicyRef
from govern.attestation.statement_set import StatementSet
from govern.attestation.trust.reading import load_trust, parse_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.signing import first_trust_root, sign_trust
from govern.attestation.verification import NamedFile, Request, Result
from govern.attestation.verify import verify
from govern.canonical import base64_text, canonical_bytes, parse_instant, sha256_hex
from govern.decision.decide import DecisionRecord
from govern.ledger.note import NoteKey, NoteSigner
from govern.ledger.store import Head
from govern.policy.outcomes import Decision, Outcome
from support.attestations import CERTIFIER, FILES, ISSUED, ROOT_A, ROOT_B, STAGES, VERIFIER, Edit, manifest
from support.judgement import BOARD, LIMITED, OFFICE, decided, evaluated, rule_line
from support.kind_statements import (
    BEFORE,
    CLAIM,
    EARLY,
    EVIDENCE_ENVELOPE,
    FRANK,
    GRACE,
    OLD_ID,
    OWNERS,
    REFUSAL_ID,
    RELEASE,
    ROLES,
    SIGNERS,
    SOURCE,
    TIMES,
    VOTED,
    WAIVED,
    WITHDRAWN,
)
from support.ledgers import log_signer
from support.memory_log import MemoryLog, bodies
from support.snapshots import SNAPSHOT, SNAPSHOT_DIGEST
from support.tsa import LocalTsa
from support.witnesses import SECONDS, witness_signer

AT = parse_instant("2026-02-03T00:00:00Z")
"""The moment at which an auditor asks."""

WITNESSES = (witness_signer(), witness_signer("witness.example/w2", seed=3))


def nonce(number: int) -> bytes:
    return bytes([number]) * 16


class CosignedLog(MemoryLog):
    """A log in memory whose every head witnesses cosign."""

    def __init__(self, witnesses: Sequence[NoteSigner] = (), **given: Any) -> None:
        self.witnesses = witnesses
        super().__init__(**given)

    def at(self, size: int) -> CosignedLog:
        """The log as it was when it had `size` entries: where another entry would have made another log."""
        return CosignedLog(self.witnesses, bodies=self.bodies[:size], signer=self.signer)

    def head_at(self, size: int) -> Head:
        head = super().head_at(size)
        text = head.note.split("\n\n")[0] + "\n"
        lines = "".join(item.line(text, seconds=SECONDS) for item in self.witnesses)
        return replace(head, note=head.note + lines)


@dataclass(frozen=True, kw_only=True)
class File:
    """A signed, logged file."""

    kind: str
    """Predicate type."""
    data: bytes
    envelope: Envelope
    index: int
    tlog_proof: bytes

    @property
    def name(self) -> str:
        """The short name of its kind."""
        return KIND_NAMES[self.kind]

    @property
    def digest(self) -> str:
        return self.envelope.digest

    @property
    def payload(self) -> bytes:
        return self.envelope.payload

    @property
    def pae(self) -> bytes:
        return pae(self.envelope.payload)


def trust_predicate(log: NoteKey, *, tsa: LocalTsa | None, witnesses: Sequence[NoteSigner] = WITNESSES) -> Any:
    """The trust root of this world: every role; tokens and a quorum asked for when there is an authority."""
    made: dict[str, Any] = json.loads(
        canonical_bytes(
            first_trust_root(
                issued_at="2026-01-01T00:00:00Z",
                expires="2028-01-01T00:00:00Z",
                nonce=nonce(7),
                roots=[(item.public, OWNERS[item.public.keyid]) for item in (ROOT_A, ROOT_B)],
                certifiers=[(CERTIFIER.public, OWNERS[CERTIFIER.public.keyid])],
                stages=STAGES,
                verifier_id=VERIFIER,
                log=log,
            )
        )
    )
    for name, (keys, threshold, types) in ROLES.items():
        made["roles"][name] = {
            "keys": [{"keyid": item.public.keyid} for item in keys],
            "threshold": threshold,
            "types": list(types),
        }
        for item in keys:
            made["keys"][item.public.keyid] = {
                "spki": base64_text(item.public.spki),
                "owner": OWNERS[item.public.keyid],
            }
    made["minPolicy"] = {"credit-risk": "2.1.0"}
    made["require"]["statusMaxAge"] = "P7D"
    if tsa is not None:
        made["witnesses"] = [{"name": f"w{at}", "vkey": item.key.vkey} for at, item in enumerate(witnesses, start=1)]
        made["groups"] = ["both all w1 w2"]
        made["quorum"] = "both"
        made["tsas"] = [{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}]
        made["require"]["timestamps"] = 1
    return made


class Kinds:
    """Everything signed, once. Subscript with the short name of a kind."""

    def __init__(self, *, tsa: LocalTsa | None = None, edit_trust: Edit | None = None) -> None:
        """Sign and log all kinds.

        Args:
            tsa: stamps every file; then the trust root asks for a token and for both witnesses.
            edit_trust: changes the trust root's predicate before it is signed and named by the certificate.
        """
        self.tsa = tsa
        # So many entries before, that every proof below has at least two hashes.
        self.log = CosignedLog(WITNESSES if tsa is not None else (), bodies=bodies(17), signer=log_signer())
        self.predicate = trust_predicate(self.log.key, tsa=tsa)
        if edit_trust is not None:
            edit_trust(self.predicate)
        self.trust = sign_trust(self.predicate, [ROOT_A, ROOT_B])
        self.files: dict[str, File] = {}
        self._sign_everything()

    @cached_property
    def root(self) -> TrustRoot:
        return load_trust(self.trust)

    def __getitem__(self, name: str) -> File:
        return self.files[name]

    # -- signing ----------------------------------------------------------------------------------------------------

    def stamp(self, moment: str) -> Stamper | None:
        """Tokens that tell one second after a moment."""
        if self.tsa is None:
            return None
        at = parse_instant(moment)
        return self.tsa.stamper(at=at.replace(second=at.second + 1))

    def sign(
        self,
        payload: Mapping[str, Any] | bytes,
        *,
        by: LocalSigner,
        at: str = ISSUED,
        stamp: Stamper | None = None,
        kind: str | None = None,
        log: CosignedLog | None = None,
    ) -> File:
        """Sign, stamp and log any payload at all, well formed or not; a log given in place of the world's own grows."""
        data = payload if isinstance(payload, bytes) else canonical_bytes(payload)
        envelope = Envelope(payload=data, keyid=by.public.keyid, signature=by.sign(pae(data)))
        (signed,) = log_envelopes(
            [(envelope, by.public)], ledger=self.log if log is None else log, stamp=stamp or self.stamp(at)
        )
        assert signed.index is not None
        assert signed.tlog_proof is not None
        found = kind or json.loads(data)["predicateType"]
        return File(
            kind=found, data=signed.data, envelope=signed.envelope, index=signed.index, tlog_proof=signed.tlog_proof
        )

    def _add(self, payload: Mapping[str, Any] | bytes, *, name: str | None = None) -> None:
        kind = json.loads(payload if isinstance(payload, bytes) else canonical_bytes(payload))["predicateType"]
        called = name or KIND_NAMES[kind]
        self.files[called] = self.sign(payload, by=SIGNERS[kind], at=TIMES[called])

    def _sign_everything(self) -> None:
        _, envelopes = parse_trust(self.trust)
        self._add(envelopes[0].payload)
        self._add(RELEASE.statement(nonce=nonce(21)))
        self._add(snapshot_statement(SNAPSHOT, SNAPSHOT_DIGEST, nonce=nonce(22)))
        self._add(evidence_statement(EVIDENCE_ENVELOPE, nonce=nonce(23)))
        self._add(CLAIM.statement(nonce=nonce(24)))
        self._add(WAIVED.statement(nonce=nonce(25)))
        self._add(self.vote(FRANK).statement(nonce=nonce(26)))
        second = self.vote(GRACE).statement(nonce=nonce(27))
        self.files["second approval"] = self.sign(second, by=GRACE, at=TIMES["second approval"])
        old = self.issue(issued_at=BEFORE, nonce=nonce(32), certificate_id=OLD_ID)
        self.files["old certificate"] = self._read(old.certificate_bytes, CERTIFICATE, old.tlog_proof)
        self._file(self.issue())
        self._file(self.issue(issued_at=EARLY, nonce=nonce(31), certificate_id=REFUSAL_ID))
        self._add(self.withdrawal().statement(nonce=nonce(33)))
        self._add(self.status().statement(nonce=nonce(34)))
        newer = self.status(time=TIMES["newest status list"])
        self._add(newer.statement(nonce=nonce(35)), name="newest status list")

    def withdrawal(self, **changes: Any) -> Revocation:
        """What revokes the old certificate."""
        made = Revocation(
            target_type=CERTIFICATE,
            target_id=OLD_ID,
            target_digest=self["old certificate"].digest,
            reason="superseded",
            effective=WITHDRAWN,
            issued_at=WITHDRAWN,
            text="Issued again half an hour later.",
            replaced_by=self["certificate"].digest,
        )
        return replace(made, **changes)

    def _file(self, made: Issued) -> None:
        kind = CERTIFICATE if made.kind == "certificate" else REFUSAL
        found = self._read(made.certificate_bytes, kind, made.tlog_proof)
        self.files[found.name] = found
        if made.vsa_bundle_bytes is not None:
            self.files["vsa"] = self._read(made.vsa_bundle_bytes, VSA, self._proof(found.index + 1))
            assert made.vsa_dsse_bytes is not None
            self.vsa_dsse = made.vsa_dsse_bytes

    def _proof(self, index: int) -> bytes:
        return self.log.prove(index).proof.data

    @staticmethod
    def _read(data: bytes, kind: str, tlog_proof: bytes) -> File:
        from govern.attestation.dsse import read_envelope

        value = json.loads(data)
        index = int(value["verificationMaterial"]["tlogEntries"][0]["logIndex"])
        return File(
            kind=kind, data=data, envelope=read_envelope(value["dsseEnvelope"]), index=index, tlog_proof=tlog_proof
        )

    def vote(self, who: LocalSigner, **changes: Any) -> Approval:
        """A vote for the evaluation, the waiver considered."""
        made = Approval(
            model="credit-risk",
            version="3.2.0",
            stage="pre-registration",
            evaluation=evaluated().digest,
            bundle=manifest().digest,
            vote="approve",
            waivers_considered=(self["waiver"].digest,),
            role=BOARD,
            approver=OWNERS[who.public.keyid],
            text="Considered with the waiver at hand.",
            signed_at=VOTED,
            expires="2027-01-01T00:00:00Z",
        )
        return replace(made, **changes)

    def status(self, **changes: Any) -> StatusList:
        """What is revoked as of the log's head."""
        head = self.log.head()
        made = StatusList(
            origin=self.log.key.name,
            size=head.size,
            root=head.root.hex(),
            time=TIMES["status-list"],
            revoked=(Revoked(self["old certificate"].digest, WITHDRAWN),),
            next="2026-02-08T00:00:00Z",
        )
        return replace(made, **changes)

    # -- the gate's own ---------------------------------------------------------------------------------------------

    def decision(self, issued_at: str = ISSUED) -> DecisionRecord:
        """The decision at a moment, made from the statements as an auditor would make it again.

        Before the waiver begins it is a refusal.
        """
        return self._decisions[issued_at]

    @cached_property
    def _decisions(self) -> dict[str, DecisionRecord]:
        files = [NamedFile(name, self[name].data) for name in ("waiver", "approval", "second approval")]
        statements = StatementSet(files, trust=self.root, at=AT)
        return {
            moment: decided(statements, trust=self.root, clock=parse_instant(moment), submitter="person:alice")
            for moment in (EARLY, BEFORE, ISSUED)
        }

    def inputs(self, **changes: Any) -> CertificateInputs:
        """What the certificate says; a test changes one thing. At `EARLY` it is what the refusal says."""
        issued_at = changes.get("issued_at", ISSUED)
        decision = self.decision(issued_at if issued_at in (EARLY, BEFORE) else ISSUED)
        digests = {
            (LIMITED, Outcome.WAIVED): {"waiver_digest": self["waiver"].digest},
            (OFFICE, Outcome.PASS): {"attestation_digest": self["attestation"].digest},
        }
        made = CertificateInputs(
            certificate_id="00000000-0000-4000-8000-000000000001",
            nonce=bytes(range(16)),
            decision=decision.decision,
            stage="pre-registration",
            model_name="credit-risk",
            model_version="3.2.0",
            model_uri="models:/credit-risk/3.2.0",
            bundle_digest=manifest().digest,
            model_digest="ab" * 32,
            files=len(FILES),
            size_bytes=sum(map(len, FILES.values())),
            verifier_id=VERIFIER,
            engine_version="0.1.0",
            engine_digest="cd" * 32,
            lock_digest=None,
            plan_digest=evaluated().plan_digest,
            policies=(
                PolicyRef(
                    name="credit-risk",
                    version="2.1.0",
                    legal_status="in_force",
                    source_digest=SOURCE,
                    release_digest=self["policy-release"].digest,
                    uri="https://policies.example/credit-risk",
                ),
            ),
            evaluation_digest=evaluated().digest,
            decision_record_digest=decision.digest,
            rules=tuple(
                rule_line(item, **digests.get((item.rule.rule, item.outcome), {})) for item in decision.settled
            ),
            not_assessed=("gdpr/art-22", "ugesp/1607.5"),
            evidence=(
                EvidenceItem(
                    name="predictions:predictions.csv", digest=sha256_hex(FILES["predictions.csv"]), bound=True
                ),
            ),
            advisories=AdvisoriesRef(digest=SNAPSHOT_DIGEST, as_of=str(SNAPSHOT["asOf"])),
            submitter="person:alice",
            issued_at=ISSUED,
            valid_until=WAIVED.expires,
            trust_version=self.root.version,
            trust_digest=self.root.digest,
            ledger_origin=self.log.key.name,
            blocking=decision.blocking,
            approvals=tuple(
                ApprovalRef(digest=self[name].digest, keyid=self[name].envelope.keyid)
                for name in ("approval", "second approval")
                if decision.decision is Decision.ALLOWED
            ),
            earliest_expiry=WAIVED.expires,
        )
        return replace(made, **changes)

    def issue(self, *, by: LocalSigner = CERTIFIER, stamp: Stamper | None = None, **changes: Any) -> Issued:
        inputs = self.inputs(**changes)
        return issue(inputs, signer=by, ledger=self.log, stamp=stamp or self.stamp(inputs.issued_at))

    def resigned(
        self, name: str, payload: Mapping[str, Any] | bytes, *, by: LocalSigner | None = None, **given: Any
    ) -> File:
        """Another payload in the place of a file: signed by the same key, at the same index of the log."""
        old = self[name]
        log = self.log.at(old.index)
        return self.sign(
            payload,
            **{"by": by or SIGNERS[old.kind], "kind": old.kind, "log": log, "at": TIMES.get(name, ISSUED), **given},
        )

    def edited(self, name: str, edit: Edit, *, by: LocalSigner | None = None, **given: Any) -> File:
        """The statement of a file, changed and signed anew: a broken or bought signer."""
        statement = json.loads(self[name].payload)
        edit(statement)
        return self.resigned(name, statement, by=by, **given)

    # -- judging ----------------------------------------------------------------------------------------------------

    def beside(self, **changed: bytes | None) -> tuple[NamedFile, ...]:
        """The statements that an auditor holds; by a name with `_` for what parts words, one is replaced or left out."""
        names = ("waiver", "approval", "second approval", "attestation", "policy-release", "newest status list")
        made = []
        for name in names:
            data = changed.get(name.replace("-", "_").replace(" ", "_"), self[name].data)
            if data is not None:
                made.append(NamedFile(name, data))
        return tuple(made)

    def request(self, file: File | bytes, **asked: Any) -> Request:
        """Ask about a file with everything at hand."""
        data, kind = (file, CERTIFICATE) if isinstance(file, bytes) else (file.data, file.kind)
        given: dict[str, Any] = {
            "certificate": data,
            "kind": kind,
            "trust": self.trust,
            "at": AT,
            "bundle": manifest() if kind in (CERTIFICATE, REFUSAL, VSA) else None,
            "statements": self.beside(),
            "evaluation": evaluated().data(),
            "decision": self.decision(EARLY if kind == REFUSAL else ISSUED).data(),
        }
        return Request(**{**given, **asked})

    def verify(self, file: File | bytes, **asked: Any) -> Result:
        return verify(self.request(file, **asked))
