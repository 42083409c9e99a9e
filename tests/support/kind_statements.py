"""What the statements of `support.kinds` say, who signs them, and when: facts without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from govern.attestation.keys import LocalSigner
from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    APPROVAL,
    ATTESTATION,
    CERTIFICATE,
    EVIDENCE,
    POLICY_RELEASE,
    REFUSAL,
    REVOCATION,
    STATUS_LIST,
    TRUST_ROOT,
    VSA,
    WAIVER,
)
from govern.attestation.notices import PolicyRelease
from govern.attestation.people import HumanAttestation, Waiver
from govern.attestation.scope import Scope
from govern.canonical import sha256_hex
from govern.policy.outcomes import Outcome
from support.attestations import CERTIFIER, FILES, ISSUED, ROOT_A, ROOT_B, manifest, signer
from support.judgement import LIMITED, evaluated

FRANK, GRACE, HEIDI, IVAN, JUDY, KARL = (signer(number) for number in range(12, 18))
BUILD, ADVISORIES = signer(18), signer(19)
OWNERS: Mapping[str, str] = {
    ROOT_A.public.keyid: "person:carol",
    ROOT_B.public.keyid: "person:dave",
    CERTIFIER.public.keyid: "service:gate",
    FRANK.public.keyid: "person:frank",
    GRACE.public.keyid: "person:grace",
    HEIDI.public.keyid: "person:heidi",
    IVAN.public.keyid: "person:ivan",
    JUDY.public.keyid: "person:judy",
    KARL.public.keyid: "person:karl",
    BUILD.public.keyid: "service:build",
    ADVISORIES.public.keyid: "service:advisories",
}
ROLES: Mapping[str, tuple[tuple[LocalSigner, ...], int, tuple[str, ...]]] = {
    "approver/model-risk": ((FRANK, GRACE), 2, ("approval:v1",)),
    "waiver": ((HEIDI,), 1, ("waiver:v1",)),
    "attester/ciso": ((IVAN,), 1, ("attestation:v1",)),
    "policy": ((JUDY,), 1, ("policy-release:v1",)),
    "revoker": ((KARL,), 1, ("revocation:v1", "status-list:v1")),
    "producer": ((BUILD,), 1, ("evidence:v1",)),
    "advisory": ((ADVISORIES,), 1, ("advisory-snapshot:v1",)),
}
SIGNERS: Mapping[str, LocalSigner] = {
    CERTIFICATE: CERTIFIER,
    REFUSAL: CERTIFIER,
    VSA: CERTIFIER,
    WAIVER: HEIDI,
    APPROVAL: FRANK,
    ATTESTATION: IVAN,
    EVIDENCE: BUILD,
    ADVISORY_SNAPSHOT: ADVISORIES,
    POLICY_RELEASE: JUDY,
    REVOCATION: KARL,
    STATUS_LIST: KARL,
    TRUST_ROOT: ROOT_A,
}
"""Predicate type -> whose key signs it here."""

SOURCE, WITHDRAWN = "01" * 32, "2026-01-20T00:00:00Z"

EARLY = "2026-01-01T11:00:00Z"
"""When the refusal was issued: nobody had waived or approved."""

BEFORE = "2026-01-02T02:30:00Z"
"""When the certificate was issued that was revoked later."""

REFUSAL_ID = "00000000-0000-4000-8000-000000000003"
VOTED = "2026-01-02T02:00:00Z"
TIMES: Mapping[str, str] = {
    "trust-root": "2026-01-01T00:00:00Z",
    "policy-release": "2026-01-01T10:00:00Z",
    "advisory-snapshot": "2026-01-01T06:00:00Z",
    "evidence": "2026-01-01T08:00:00Z",
    "attestation": "2026-01-01T09:00:00Z",
    "waiver": "2026-01-01T12:00:00Z",
    "approval": VOTED,
    "second approval": VOTED,
    "old certificate": BEFORE,
    "certificate": ISSUED,
    "vsa": ISSUED,
    "refusal": EARLY,
    "revocation": WITHDRAWN,
    "status-list": "2026-02-01T00:00:00Z",
    "newest status list": "2026-02-02T00:00:00Z",
}
"""Name of a file -> when it was signed."""

OLD_ID = "00000000-0000-4000-8000-000000000002"
RELEASE = PolicyRelease(
    name="credit-risk",
    version="2.1.0",
    source=SOURCE,
    plans=(("pre-registration", evaluated().plan_digest),),
    legal_status="in_force",
    released_at=TIMES["policy-release"],
)
EVIDENCE_ENVELOPE: dict[str, Any] = {
    "apiVersion": "govern/v1",
    "kind": "EvidenceEnvelope",
    "type": "predictions",
    "file": {"path": "predictions.csv", "sha256": sha256_hex(FILES["predictions.csv"])},
    "data": [{"name": "holdout", "digest": {"sha256": "0c" * 32}, "role": "evaluate", "rows": 1}],
    "tool": {"name": "trainer", "version": "1.4.0"},
    "produced_at": TIMES["evidence"],
    "produced_by": "service:build",
    "model": {"name": "credit-risk", "version": "3.2.0", "digest": {"sha256": "ab" * 32}},
}
BUNDLE_SCOPE = Scope(model="credit-risk", version="3.2.0", bundle=manifest().digest)
CLAIM = HumanAttestation(
    type="penetration-test",
    covers=("credit-risk",),
    controls=("nydfs-500/500.5",),
    fields={"report": "PT-7"},
    text="Tested by an outside party; nothing open.",
    scope=BUNDLE_SCOPE,
    role="attester/ciso",
    attester="person:ivan",
    evidence=(("pt-7.pdf", "0d" * 32),),
    issued_at=TIMES["attestation"],
    valid_from=TIMES["attestation"],
    expires="2026-12-31T00:00:00Z",
)
WAIVED = Waiver(
    policy="credit-risk",
    rule=LIMITED.partition("/")[2],
    rule_digest=next(item.rule_digest for item in evaluated().outcomes if item.rule == LIMITED),
    scope=BUNDLE_SCOPE,
    stages=("pre-registration", "pre-deployment"),
    covers=(Outcome.FAIL,),
    limit="0.75",
    reason="A better model is in training.",
    compensating_controls=("every refusal is read by a person",),
    approver="person:heidi",
    owner="person:bob",
    not_before=TIMES["waiver"],
    expires="2026-03-31T00:00:00Z",
)
