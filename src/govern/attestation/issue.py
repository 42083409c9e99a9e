"""Issue: state, sign, log, wrap. Pure apart from the append; the caller writes the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from govern.attestation.catalogue import statement_bytes
from govern.attestation.keys import Signer
from govern.attestation.signing import Stamper, sign_and_log
from govern.attestation.statement import CertificateInputs, decision_statement
from govern.attestation.vsa import vsa_statement
from govern.diagnostics import Diagnostic, UsageError
from govern.ledger.store import LedgerStore
from govern.policy.outcomes import Decision

__all__ = ["Issued", "issue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """What an issue gave."""

    kind: str
    """`certificate` or `refusal`."""
    digest: str
    """sha256 of the signed payload, hex: the attestation's identity."""
    payload: bytes
    keyid: str
    ledger_index: int
    certificate_bytes: bytes
    """The sigstore bundle of the certificate or refusal."""
    tlog_proof: bytes
    vsa_bundle_bytes: bytes | None
    """Only beside a certificate."""
    vsa_dsse_bytes: bytes | None
    stem: str
    """`<name>-<version>.<stage>`, with anything that has no place in a file name replaced."""

    @property
    def certificate_name(self) -> str:
        """File name of the certificate or refusal."""
        return f"{self.stem}.{self.kind}.sigstore.json"

    def files(self) -> Mapping[str, bytes]:
        """Give every file to be written beside the bundle, by name."""
        made = {self.certificate_name: self.certificate_bytes, f"{self.stem}.tlog-proof": self.tlog_proof}
        if self.vsa_bundle_bytes is not None and self.vsa_dsse_bytes is not None:
            made[f"{self.stem}.vsa.sigstore.json"] = self.vsa_bundle_bytes
            made[f"{self.stem}.vsa.intoto.json"] = self.vsa_dsse_bytes
        return made


def issue(inputs: CertificateInputs, *, signer: Signer, ledger: LedgerStore, stamp: Stamper | None = None) -> Issued:
    """Sign the certificate or refusal of a decision, log it, and wrap it with the proof.

    A certificate and its verification summary enter the log in one batch. Issuing the same inputs again gives the
    same files: the payload keeps its log entry, and the proof leads to the newest checkpoint.

    Raises InternalError (A101-A103) for inputs that cannot be signed; UsageError (A105) when the ledger is not the
    one the inputs name; IntegrityError (A106) and whatever `LedgerStore.append` raises, before anything is released.
    """
    if inputs.ledger_origin != ledger.key.name:
        raise UsageError(
            Diagnostic("A105", f"the certificate names the log {inputs.ledger_origin}, this is {ledger.key.name}")
        )
    allowed = inputs.decision is Decision.ALLOWED
    payloads = [statement_bytes(decision_statement(inputs))]
    if allowed:
        payloads.append(statement_bytes(vsa_statement(inputs)))
    signed = sign_and_log(payloads, signer=signer, ledger=ledger, stamp=stamp)
    verdict, summary = signed[0], signed[1] if allowed else None
    assert verdict.index is not None
    assert verdict.tlog_proof is not None
    return Issued(
        kind="certificate" if allowed else "refusal",
        digest=verdict.digest,
        payload=verdict.envelope.payload,
        keyid=verdict.keyid,
        ledger_index=verdict.index,
        certificate_bytes=verdict.data,
        tlog_proof=verdict.tlog_proof,
        vsa_bundle_bytes=None if summary is None else summary.data,
        vsa_dsse_bytes=None if summary is None else summary.envelope.data,
        stem=_stem(inputs),
    )


def _stem(inputs: CertificateInputs) -> str:
    import re

    text = f"{inputs.model_name}-{inputs.model_version}.{inputs.stage}"
    safe = re.sub(r"[^A-Za-z0-9._+-]", "_", text)
    return safe if safe[0] not in ".-" else f"_{safe[1:]}"
