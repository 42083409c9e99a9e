"""The SLSA verification summary beside each certificate, for tools that know no certificate of ours."""

from __future__ import annotations

import re

from govern.attestation.catalogue import statement_bytes
from govern.attestation.kinds import CERTIFICATE, STATEMENT, VSA
from govern.attestation.statement import CertificateInputs, certificate_statement
from govern.canonical import Json, sha256_hex

__all__ = ["verified_levels", "vsa_statement"]


def verified_levels(inputs: CertificateInputs) -> tuple[str, ...]:
    """Give the levels: the stage and the organisation's own policies, never a law and never SLSA's own names."""
    return (
        f"GOVERN_{_level(inputs.stage)}",
        *(
            f"GOVERN_POLICY_{_level(policy.name)}"
            for policy in sorted(inputs.policies, key=lambda item: item.name)
            if policy.own
        ),
    )


def _level(name: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", name.upper())


def vsa_statement(inputs: CertificateInputs) -> dict[str, Json]:
    """Build the summary of an allowed decision (slsa.dev/spec/v1.0/verification_summary).

    It takes the certificate's inputs, so that nothing but an allowed decision can have one; raises as
    `certificate_statement` does.
    """
    certificate = sha256_hex(statement_bytes(certificate_statement(inputs)))
    own = [policy.uri for policy in inputs.policies if policy.own]
    uri = own[0] if len(own) == 1 else None
    attestations: list[tuple[str, str]] = [(CERTIFICATE, certificate)]
    waivers = sorted({rule.waiver_digest for rule in inputs.rules if rule.waiver_digest is not None})
    attestations += [("urn:govern:attestation:waiver:v1", digest) for digest in waivers]
    attestations += [("urn:govern:attestation:approval:v1", item.digest) for item in inputs.approvals]
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": f"{inputs.model_name}@{inputs.model_version}", "digest": {"sha256": inputs.bundle_digest}}
        ],
        "predicateType": VSA,
        "predicate": {
            "verifier": {"id": inputs.verifier_id, "version": {"govern": inputs.engine_version}},
            "timeVerified": inputs.issued_at,
            "resourceUri": inputs.model_uri,
            "policy": {
                "uri": uri or f"urn:govern:plan:{inputs.plan_digest}",
                "digest": {"sha256": inputs.plan_digest},
            },
            "inputAttestations": [{"uri": kind, "digest": {"sha256": digest}} for kind, digest in attestations],
            "verificationResult": "PASSED",
            "verifiedLevels": list(verified_levels(inputs)),
        },
    }
