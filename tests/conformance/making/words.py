"""Vectors about people's words: waivers, human attestations, approvals, the decision made again (steps 17 and 18)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from conformance.making.case import HEAD, STEM, Case, Making, bad, put
from conformance.making.claims import STATEMENTS
from govern.attestation.scope import Scope
from govern.canonical import base64_bytes, base64_text, canonical_bytes
from govern.policy.outcomes import Outcome
from support.attestations import CERTIFIER
from support.judgement import evaluated
from support.kind_statements import BUNDLE_SCOPE, CLAIM, EARLY, FRANK, GRACE, HEIDI, WAIVED
from support.kinds import File, nonce

ELSEWHERE = replace(BUNDLE_SCOPE, bundle="0e" * 32)
OTHER_VERSIONS = Scope(model="credit-risk", versions=("3.1.0",))


def _beside(changed: str, *more: str) -> list[str]:
    """The shared statements but one, which the vector brings along."""
    kept = [f"../../shared/statements/{item}.sigstore.json" for item in STATEMENTS if item != changed]
    return [*kept, f"{changed}.sigstore.json", *more]


def _resting(
    make: Making, name: str, file: File, title: str, answer: tuple[int, Sequence[str] | str], case: str
) -> Case:
    """A certificate that rests on another statement than the good one does."""
    shared = name.replace(" ", "-")
    return bad(
        case,
        title,
        answer,
        certificate=make.resting_on(name, file),
        files={f"{shared}.sigstore.json": file.data},
        statements=_beside(shared),
    )


def of_the_waivers(make: Making) -> Iterator[Case]:
    """Step 17: a waiver holds for its rule, model, stage, time and value, and is signed by neither owner nor submitter."""
    world = make.world
    both = (1, ("waivers", "approvals"))  # the voters considered the waiver that this one replaces
    table: list[tuple[str, str, dict[str, Any]]] = [
        ("waiver-of-another-rule", "It is for another rule.", {"rule": "parity"}),
        ("waiver-of-another-bundle", "It is for another bundle.", {"scope": ELSEWHERE}),
        ("waiver-of-another-version", "It is for another version of the model.", {"scope": OTHER_VERSIONS}),
        ("waiver-of-another-stage", "It holds at deployment.", {"stages": ("pre-deployment",)}),
        ("waiver-of-a-changed-rule", "The rule was changed since.", {"rule_digest": "0f" * 32}),
        ("waiver-of-another-outcome", "It covers missing evidence.", {"covers": (Outcome.MISSING_EVIDENCE,)}),
        ("waiver-with-a-nearer-limit", "The value lies beyond its limit.", {"limit": "0.77"}),
        ("waiver-for-too-long", "It is longer than the rule allows.", {"expires": "2026-04-02T00:00:01Z"}),
        ("waiver-that-ended", "It ended when the certificate was issued.", {"expires": "2026-01-02T03:04:05Z"}),
        ("waiver-that-begins-later", "It begins a second later.", {"not_before": "2026-01-02T03:04:06Z"}),
        ("waiver-by-the-owner", "It is signed by the owner that it names.", {"owner": "person:heidi"}),
    ]
    for name, title, changes in table:
        file = world.resigned("waiver", replace(WAIVED, **changes).statement(nonce=nonce(61)))
        yield _resting(make, "waiver", file, title, both, name)
    by_gate = world.resigned(
        "waiver", replace(WAIVED, approver="service:gate").statement(nonce=nonce(62)), by=CERTIFIER
    )
    yield _resting(
        make, "waiver", by_gate, "The gate signed the waiver itself.", both, "certificate-waived-by-the-gate"
    )
    submitted = make.restated(put("predicate/submitter", "person:heidi"))
    title = "The submitter signed the waiver."
    yield bad("waiver-by-the-submitter", title, (1, ("waivers", "decision")), certificate=submitted)
    value = json.loads(world["waiver"].data)
    sig = bytearray(base64_bytes(value["dsseEnvelope"]["signatures"][0]["sig"]))
    sig[-1] ^= 1
    value["dsseEnvelope"]["signatures"][0]["sig"] = base64_text(bytes(sig))
    yield bad(
        "waiver-with-a-false-signature",
        "A bit of the waiver's signature was changed.",
        (4, "waivers"),
        files={"waiver.sigstore.json": canonical_bytes(value) + b"\n"},
        statements=_beside("waiver"),
    )
    revoked = world.status(size=HEAD, time="2026-02-02T00:00:00Z")
    lines = (
        *revoked.revoked,
        replace(revoked.revoked[0], digest=world["waiver"].digest, effective="2026-01-02T00:00:00Z"),
    )
    listed = world.resigned("newest status list", replace(revoked, revoked=lines).statement(nonce=nonce(63)))
    yield bad(
        "waiver-revoked-before",
        "The waiver was revoked before the certificate was issued.",
        (1, ("waivers", "decision", "revocation")),
        files={"status-list.sigstore.json": listed.data},
        status=["status-list.sigstore.json"],
    )


def of_the_attestations(make: Making) -> Iterator[Case]:
    """Step 17, for what people attest: about this model, in force at the time of issuing, signed in office."""
    world, refused = make.world, (1, "attested")
    for name, title, changes, by in (
        ("attestation-of-another-bundle", "It is about another bundle.", {"scope": ELSEWHERE}, None),
        ("attestation-of-another-version", "It is about another version.", {"scope": OTHER_VERSIONS}, None),
        ("attestation-that-ended", "It had ended.", {"expires": "2026-01-02T03:04:05Z"}, None),
        ("attestation-that-begins-later", "It begins a second later.", {"valid_from": "2026-01-02T03:04:06Z"}, None),
        ("attestation-in-another-office", "It is signed in an office of nobody.", {"role": "attester/cfo"}, None),
        ("attestation-by-another-key", "Its key plays no such role.", {"attester": "person:heidi"}, HEIDI),
    ):
        statement = replace(CLAIM, **changes).statement(nonce=nonce(64))
        file = world.resigned("attestation", statement, by=by)
        yield _resting(make, "attestation", file, title, refused, name)


def of_the_approvals(make: Making) -> Iterator[Case]:
    """Step 18: enough different people approved this evaluation with these waivers, and nobody rejected it."""
    world, refused = make.world, (1, "approvals")
    table: list[tuple[str, str, dict[str, Any]]] = [
        ("approval-of-another-evaluation", "The outcomes changed after the vote.", {"evaluation": "1a" * 32}),
        ("approval-of-another-bundle", "It is of another bundle.", {"bundle": "1b" * 32}),
        ("approval-before-the-waiver", "The waiver was added after the vote.", {"waivers_considered": ()}),
        ("vote-to-reject", "The vote counted is a rejection.", {"vote": "reject"}),
        ("vote-to-abstain", "The vote counted is an abstention.", {"vote": "abstain"}),
        ("approval-that-ended", "It had ended.", {"expires": "2026-01-02T03:04:05Z"}),
        ("approval-signed-later", "It was signed a second later.", {"signed_at": "2026-01-02T03:04:06Z"}),
    ]
    for name, title, changes in table:
        at = str(changes.get("signed_at", "2026-01-02T02:00:00Z"))
        file = world.resigned(
            "second approval", world.vote(GRACE, **changes).statement(nonce=nonce(65)), by=GRACE, at=at
        )
        yield _resting(make, "second approval", file, title, refused, name)
    again = world.resigned("second approval", world.vote(FRANK).statement(nonce=nonce(66)), by=FRANK)
    title = "Both votes are one person's."
    yield _resting(make, "second approval", again, title, refused, "one-person-votes-twice")

    def alone(statement: Any) -> None:
        del statement["predicate"]["approvals"][0]

    title = "One of two people approved."
    recounted = (1, ("approvals", "decision"))
    yield bad("approval-of-one-of-two", title, recounted, certificate=make.restated(alone))
    submitted = make.restated(put("predicate/submitter", "person:frank"))
    yield bad("approval-by-the-submitter", "The submitter approved.", recounted, certificate=submitted)
    against = world.vote(GRACE, vote="reject", signed_at="2026-01-02T03:00:00Z").statement(nonce=nonce(67))
    rejection = world.resigned("second approval", against, by=GRACE, at="2026-01-02T03:00:00Z")
    yield bad(
        "rejected-after-the-approval",
        "One of the two rejected it before it was issued.",
        refused,
        files={"rejection.sigstore.json": rejection.data},
        statements=["../../shared/statements", "rejection.sigstore.json"],
    )


def of_the_decision(make: Making) -> Iterator[Case]:
    """What the evaluation and people's words come to is what the certificate says."""
    world = make.world
    own = world.decision().data()
    names = {part: f"{STEM}.{part}.json" for part in ("evaluation", "decision")}

    def records(evaluation: bytes, decision: bytes) -> dict[str, Any]:
        return {"files": {f"records/{names['evaluation']}": evaluation, f"records/{names['decision']}": decision}}

    yield bad(
        "decision-record-altered",
        "A rule's outcome was changed in the decision record.",
        (4, "decision"),
        **records(evaluated().data(), own.replace(b'"outcome":"waived"', b'"outcome":"pass"')),
        records="records",
    )
    yield bad(
        "evaluation-record-altered",
        "A measured value was changed in the evaluation record.",
        (4, "decision"),
        **records(evaluated().data().replace(b'"0.76"', b'"0.86"'), own),
        records="records",
    )
    forged = json.loads(own)
    for item in forged["outcomes"]:
        item.update(outcome="pass" if item["outcome"] == "waived" else item["outcome"])
    data = canonical_bytes(forged)
    yield bad(
        "decision-that-does-not-follow",
        "The certificate names a record whose outcome does not follow from the evaluation.",
        (1, "decision"),
        certificate=make.resigned(lambda old: old.replace(_hex(own), _hex(data))),
        **records(evaluated().data(), data),
        records="records",
    )
    denied = world.decision(EARLY).data()
    yield bad(
        "certificate-of-a-denied-decision",
        "The certificate says allowed; the record that it names says denied, and follows from the evaluation.",
        (1, "decision"),
        certificate=make.resigned(lambda old: old.replace(_hex(own), _hex(denied))),
        **records(evaluated().data(), denied),
        records="records",
    )
    for name, title, edit in (
        ("rule-outcome-is-not-the-records", "A rule's outcome differs.", put("predicate/rules/4/outcome", "pass")),
        ("plan-is-not-the-records", "The plan differs.", put("predicate/plan/digest/sha256", "1c" * 32)),
    ):
        yield bad(name, title, (1, "decision"), certificate=make.restated(edit))
    longer = make.restated(put("predicate/validUntil", "2026-12-31T00:00:00Z"))
    title = "It outlives its waiver."
    yield bad("end-beyond-what-it-rests-on", title, (1, ("waivers", "decision")), certificate=longer)


def _hex(data: bytes) -> bytes:
    from govern.canonical import sha256_hex

    return sha256_hex(data).encode()
