"""Vectors about the other kinds: statements that contradict themselves, signed by the very key that may sign them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.making.case import SHARED, Case, Making, drop, put
from support.attestations import Edit

TABLE: tuple[tuple[str, str, str, Edit], ...] = (
    ("waiver", "waiver-subject-is-not-its-scope", "Subject and scope differ.", put("subject/0/digest/sha256", "0" * 64)),
    ("waiver", "waiver-that-ends-before-it-begins", "It ends first.", put("predicate/expires", "2025-12-31T00:00:00Z")),
    ("waiver", "waiver-of-an-error", "It covers errors, which nothing covers.", put("predicate/covers", ["error"])),
    ("waiver", "waiver-limit-as-a-number", "Its limit is a number.", put("predicate/limit", 1)),
    ("waiver", "waiver-limit-with-a-trailing-zero", "One limit, two spellings.", put("predicate/limit", "0.750")),
    ("waiver", "waiver-without-stages", "It holds for no stage.", put("predicate/stages", [])),
    ("waiver", "waiver-without-nonce", "An erased payload could be guessed.", drop("predicate/nonce")),
    ("approval", "approval-of-no-evaluation", "Its subject is a model.", put("subject/0/name", "credit-risk@3.2.0")),
    ("approval", "approval-as-a-certifier", "It is cast as a certifier.", put("predicate/role", "certifier")),
    ("approval", "approval-with-an-unknown-vote", "The vote is `maybe`.", put("predicate/vote", "maybe")),
    ("attestation", "attestation-as-an-approver", "It is made as an approver.", put("predicate/role", "approver/x")),
    ("evidence", "evidence-of-another-file", "The subject is another file.", put("subject/0/name", "other.csv")),
    ("evidence", "evidence-with-another-digest", "Two digests differ.", put("predicate/file/sha256", "0" * 64)),
    ("advisory-snapshot", "snapshot-of-another-day", "Two days differ.", put("predicate/asOf", "2026-01-02T00:00:00Z")),
    ("policy-release", "release-under-another-version", "Two versions differ.", put("predicate/version", "2.2.0")),
    (
        "policy-release",
        "release-with-two-plans-for-a-stage",
        "One stage has two plans.",
        lambda made: made["predicate"]["plans"].append(made["predicate"]["plans"][0]),
    ),
    ("revocation", "revocation-of-another-type", "Two types differ.", put("predicate/target/id", "0")),
    ("revocation", "revocation-without-a-reason", "Its reason is unknown.", put("predicate/reason", "because")),
    ("status-list", "status-list-of-another-root", "Two roots differ.", put("predicate/asOf/root", "0" * 64)),
    ("status-list", "status-list-due-before-it-was-made", "Its successor was due before.", put("predicate/next", "2026-01-01T00:00:00Z")),
    ("trust-root", "trust-root-of-another-digest", "The predicate was changed.", put("predicate/quorum", "none")),
    ("refusal", "refusal-of-an-allowed-decision", "It refuses what was allowed.", put("predicate/decision", "allowed")),
    ("refusal", "refusal-with-an-end", "Its list of rules is missing.", drop("predicate/blocking")),
    ("vsa", "summary-of-a-failure", "It says FAILED.", put("predicate/verificationResult", "FAILED")),
    ("vsa", "summary-with-a-slsa-level", "It claims a level of SLSA's.", put("predicate/verifiedLevels", ["SLSA_BUILD_LEVEL_3"])),
    ("vsa", "summary-of-nothing", "It rests on nothing.", put("predicate/inputAttestations", [])),
)  # fmt: skip


def of_other_statements(make: Making) -> Iterator[Case]:
    """Step 7 for every other kind."""
    for kind, name, title, edit in TABLE:
        made = make.world.edited(kind, edit)
        file = f"{kind}.sigstore.json"
        args = asked_of(kind, file)
        yield Case(name=name, title=title, exit=4, failed=("statement",), args=args, files={file: made.data})


def asked_of(kind: str, file: str) -> dict[str, Any]:
    """What an auditor asks about a statement."""
    return {
        "certificate": file,
        "kind": kind,
        "trust": f"{SHARED}/trust.json",
        "at": "2026-02-03T00:00:00Z",
        "status": [f"{SHARED}/status-list.sigstore.json"],
    }
