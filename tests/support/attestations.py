"""A gate in memory: fixed keys, a trust root, a real ledger, and inputs that a test changes in one place."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from govern.attestation.dsse import Envelope, pae
from govern.attestation.issue import Issued, issue
from govern.attestation.keys import LocalSigner, Signer
from govern.attestation.signing import Stamper
from govern.attestation.sigstore_bundle import bundle_bytes
from govern.attestation.statement import (
    AdvisoriesRef,
    CertificateInputs,
    EvidenceItem,
    PolicyRef,
    RuleLine,
)
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.signing import first_trust_root, sign_trust
from govern.attestation.verification import Request, Result
from govern.attestation.verify import verify
from govern.bundle.manifest import Manifest, ManifestLine, manifest_from
from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.ledger.leaf import leaf_body
from govern.ledger.store import NewEntry
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.ledgers import LedgerBox

ISSUED = "2026-01-02T03:04:05Z"
UNTIL = "2027-01-02T03:04:05Z"
NOW = parse_instant("2026-06-01T00:00:00Z")
VERIFIER = "https://gate.example/govern"
STAGES = ("pre-registration", "pre-deployment")


def signer(scalar: int) -> LocalSigner:
    """A fixed P-256 key; scalar 1 is that of the golden figures."""
    return LocalSigner(ec.derive_private_key(scalar, ec.SECP256R1()))


CERTIFIER, ROOT_A, ROOT_B, OTHER = signer(1), signer(2), signer(3), signer(4)

FILES = {
    "README.md": b"# Model card\n",
    "data/lineage.json": b"{}",
    "model.safetensors": b"W" * 1000,
    "predictions.csv": b"y,p\n1,0.9\n",
}


def manifest(files: dict[str, bytes] | None = None) -> Manifest:
    """The manifest of a small bundle; by default that of the golden figures."""
    return manifest_from(ManifestLine(path, sha256_hex(data)) for path, data in (files or FILES).items())


INPUTS = CertificateInputs(
    certificate_id="00000000-0000-4000-8000-000000000001",
    nonce=bytes(range(16)),
    decision=Decision.ALLOWED,
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
    plan_digest="ef" * 32,
    policies=(
        PolicyRef(name="credit-risk", version="2.1.0", legal_status="in_force", source_digest="01" * 32),
        PolicyRef(name="baseline", version="1.0.0", legal_status="pending", source_digest="02" * 32, own=False),
    ),
    evaluation_digest="03" * 32,
    decision_record_digest="04" * 32,
    rules=(
        RuleLine(
            id="credit-risk/parity",
            check="fairness.disparity",
            enforcement=Enforcement.BLOCK,
            severity="high",
            outcome=Outcome.PASS,
            controls=("ugesp/1607.4-d",),
            observed="0.8712",
            required=">= 0.8",
        ),
        RuleLine(
            id="credit-risk/note",
            check="expression",
            enforcement=Enforcement.WARN,
            severity="low",
            outcome=Outcome.FAIL,
        ),
    ),
    not_assessed=("gdpr/art-22", "ugesp/1607.5"),
    evidence=(EvidenceItem(name="predictions.csv", digest="05" * 32, bound=True),),
    advisories=AdvisoriesRef(digest="06" * 32, as_of="2026-01-01T00:00:00Z"),
    submitter="person:alice",
    issued_at=ISSUED,
    valid_until=UNTIL,
    trust_version=1,
    trust_digest="",
    ledger_origin="ledger.example",
)


def refused(decision: Decision, inputs: CertificateInputs = INPUTS) -> CertificateInputs:
    """The inputs of a decision that is not allowed: the first rule keeps the model out."""
    outcome = Outcome.FAIL if decision is Decision.DENIED else Outcome.INCONCLUSIVE
    first = replace(inputs.rules[0], outcome=outcome, observed="0.75")
    return replace(inputs, decision=decision, blocking=(first.id,), rules=(first, *inputs.rules[1:]))


def trust_predicate(box: LedgerBox, **changes: Any) -> dict[str, Any]:
    """Predicate of a first trust root: two root people, one certifier, the box's log."""
    predicate: dict[str, Any] = json.loads(
        canonical_bytes(
            first_trust_root(
                issued_at="2026-01-01T00:00:00Z",
                expires="2028-01-01T00:00:00Z",
                nonce=b"\x07" * 16,
                roots=[(ROOT_A.public, "person:carol"), (ROOT_B.public, "person:dave")],
                certifiers=[(CERTIFIER.public, "service:gate")],
                stages=STAGES,
                verifier_id=VERIFIER,
                log=box.signer.key,
            )
        )
    )
    predicate.update(changes)
    return predicate


Edit = Callable[[dict[str, Any]], None]


def unguarded(payload: bytes, by: Signer) -> Envelope:
    """An envelope that `sign_payload` would refuse to make: a bought or broken gate holds its key itself."""
    return Envelope(payload=payload, keyid=by.public.keyid, signature=by.sign(pae(payload)))


class Gate:
    """Issues real certificates into a real ledger under a real trust root."""

    def __init__(self, root: Path, *, edit_trust: Edit | None = None, entries: int = 3) -> None:
        self.box = LedgerBox(root).filled(entries)
        self.trust = self.trust_file(edit_trust)
        self.trust_digest = load_trust(self.trust).digest

    def trust_file(self, edit: Edit | None = None) -> bytes:
        predicate = trust_predicate(self.box)
        if edit is not None:
            edit(predicate)
        return sign_trust(predicate, [ROOT_A, ROOT_B])

    def inputs(self, **changes: Any) -> CertificateInputs:
        """What the gate says. For a decision that is not allowed, the first rule is the one that keeps the model out."""
        decision = changes.get("decision", Decision.ALLOWED)
        if decision is not Decision.ALLOWED and "rules" not in changes:
            made = refused(decision)
            changes = {"blocking": made.blocking, **changes, "rules": made.rules}
        return replace(INPUTS, **{"trust_digest": self.trust_digest, **changes})

    def issue(self, *, by: Signer = CERTIFIER, stamp: Stamper | None = None, **changes: Any) -> Issued:
        with self.box.open() as ledger:
            return issue(self.inputs(**changes), signer=by, ledger=ledger, stamp=stamp)

    def sign(self, payload: bytes, *, by: LocalSigner = CERTIFIER, hint: str | None = None) -> bytes:
        """Sign and log any payload at all, well formed or not."""
        envelope = unguarded(payload, by)
        body = leaf_body(payload, envelope.signature, by.public.spki)
        with self.box.open() as ledger:
            logged = ledger.append([NewEntry(payload=payload, body=body)])
            return bundle_bytes(envelope, hint=hint or by.public.hint, log=ledger.key, logged=logged)

    def sign_edited(self, edit: Edit, *, by: LocalSigner = CERTIFIER, **changes: Any) -> bytes:
        """Issue a certificate, edit its statement, and have the certifier sign that: a broken or bought gate."""
        statement = json.loads(self.issue(**changes).payload)
        edit(statement)
        return self.sign(canonical_bytes(statement), by=by)

    def verify(self, certificate: bytes, **asked: Any) -> Result:
        return verify(Request(**{"certificate": certificate, "trust": self.trust, "at": NOW, **asked}))


def lines_of(result: Result, step: str) -> list[str]:
    """What a step said, status first."""
    return [f"{line.status.value}: {line.text}" for line in result.lines if line.step == step]


def failed(result: Result) -> list[tuple[str, int]]:
    """The failed steps with their exit codes."""
    return [(line.step, line.exit) for line in result.lines if line.status.value == "FAIL"]


def edited(data: bytes, edit: Edit) -> bytes:
    """Change a canonical JSON file and write it in canonical form again."""
    value = json.loads(data)
    edit(value)
    return canonical_bytes(value) + b"\n"
