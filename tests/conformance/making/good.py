"""Vectors that a verifier must accept: every kind, and what it must not stumble over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from conformance.making.case import BARE, EVERYTHING, NAMES, SHARED, STEM, Case, Content, Making, asked, proof
from conformance.making.others import asked_of
from govern.attestation.trust.signing import sign_trust
from govern.canonical import base64_text
from support.attestations import FILES, ROOT_A, ROOT_B, manifest
from support.judgement import evaluated
from support.kind_statements import EARLY
from support.kinds import WITNESSES, Kinds
from support.memory_log import bodies
from support.witnesses import SECONDS, witness_signer

LATER = bodies(5, start=200)
"""Entries that the log gets later."""


def shared(world: Kinds) -> dict[str, Content]:
    """What lies on the auditor's disk: paths below `shared/`."""
    names = {"waiver": "waiver", "approval": "approval", "second approval": "second-approval"}
    names |= {"attestation": "attestation", "policy-release": "policy-release"}
    return {
        "trust.json": world.trust,
        **{f"bundle/{name}": data for name, data in FILES.items()},
        "credit-risk-3.2.0.MANIFEST.sha256": manifest().data,
        **{file: world[name].data for name, file in NAMES.items()},
        f"{STEM}.vsa.intoto.json": world.vsa_dsse,
        f"{STEM}.tlog-proof": world["certificate"].tlog_proof,
        **{f"statements/{file}.sigstore.json": world[name].data for name, file in names.items()},
        "status-list.sigstore.json": world["newest status list"].data,
        f"records/{STEM}.evaluation.json": evaluated().data(),
        f"records/{STEM}.decision.json": world.decision().data(),
    }


def good(make: Making) -> Iterator[Case]:
    """Every kind with everything that an auditor can have, and the certificate in other circumstances."""
    world = make.world
    yield _accepted("certificate", "A certificate with everything that it rests on.", EVERYTHING)
    refusal = asked(certificate=f"{SHARED}/{NAMES['refusal']}", kind="refusal", records="records")
    records: Mapping[str, Content] = {
        f"records/{STEM}.evaluation.json": evaluated().data(),
        f"records/{STEM}.decision.json": world.decision(EARLY).data(),
    }
    yield _accepted("refusal", "A refusal, issued before anybody waived or approved.", refusal, records)
    vsa = asked(certificate=f"{SHARED}/{NAMES['vsa']}", kind="vsa", records=None, expect_model=None)
    vsa = {
        name: value for name, value in vsa.items() if name not in ("expect-version", "expect-stage", "expect-policy")
    }
    yield _accepted("vsa", "The SLSA verification summary beside the certificate.", vsa)
    for kind in (
        *("waiver", "approval", "attestation", "evidence", "advisory-snapshot", "policy-release", "revocation"),
        *("status-list", "trust-root"),
    ):
        file = f"{kind}.sigstore.json"
        yield _accepted(kind, f"A sound {kind}.", asked_of(kind, file), {file: world[kind].data})
    yield from _circumstances(make)


def _accepted(name: str, title: str, args: Mapping[str, Any], files: Mapping[str, Content] | None = None) -> Case:
    return Case(name=name, title=title, exit=0, failed=(), args=dict(args), files=dict(files or {}))


def _circumstances(make: Making) -> Iterator[Case]:
    world, own = make.world, make.world["certificate"]
    alone = asked(
        BARE, certificate=f"{SHARED}/{NAMES['certificate']}", at=EVERYTHING["at"], status=EVERYTHING["status"]
    )
    yield _accepted("certificate-alone", "Only the status list beside it: the rest is not checked, not refused.", alone)
    pinned = asked(fingerprint=f"sha256:{world.root.digest}")
    yield _accepted("pinned-trust-root", "The auditor knows the trust root's fingerprint.", pinned)
    yield _accepted("proof-file", "The proof file beside it.", asked(tlog_proof=f"{SHARED}/{STEM}.tlog-proof"))
    later = type(world.log)(WITNESSES, bodies=[*world.log.at(own.index + 2).bodies, *LATER], signer=world.log.signer)
    consistency = "".join(f"{base64_text(item)}\n" for item in later.consistency(own.index + 2, later.head().size))
    yield _accepted(
        "later-checkpoint",
        "A later head of the log and the proof that it grew from the certificate's.",
        asked(checkpoint="checkpoint", consistency="consistency"),
        {"checkpoint": later.head().note.encode(), "consistency": consistency.encode()},
    )
    yield _accepted(
        "refreshed-proof-file",
        "A proof file against a later head of the log.",
        asked(tlog_proof="c.tlog-proof"),
        {"c.tlog-proof": later.prove(own.index).proof.data},
    )

    def unknown_witness(value: Any) -> None:
        note = proof(value)["checkpoint"]
        stranger = witness_signer("witness.example/w9", seed=9)
        note["envelope"] += stranger.line(note["envelope"].split("\n\n")[0] + "\n", seconds=SECONDS)

    named = {NAMES["certificate"]: make.edited(unknown_witness)}
    yield _accepted(
        "unknown-witness",
        "A line of a witness that the trust root does not know: the one thing that anybody may add.",
        asked(certificate=NAMES["certificate"]),
        named,
    )

    def extend(statement: Any) -> None:
        statement["predicate"]["newer"] = {"a": 1}

    yield _accepted(
        "unknown-member-of-the-predicate",
        "A member that a later version may bring: said not to be checked, and not refused.",
        asked(certificate=NAMES["certificate"]),
        {NAMES["certificate"]: make.restated(extend).data},
    )
    second = {**world.predicate, "version": 2, "previous": {"digest": {"sha256": world.root.digest}}}
    yield _accepted(
        "chain-of-two",
        "Version 2 of the trust root, signed by both people, after version 1.",
        asked(trust="trust.json", earlier_trust=[f"{SHARED}/trust.json"], fingerprint=world.root.digest),
        {"trust.json": sign_trust({**second, "issuedAt": "2026-01-15T00:00:00Z"}, [ROOT_A, ROOT_B])},
    )
    yield from _windows(make)


def _windows(make: Making) -> Iterator[Case]:
    """Half-open windows, on the side that still holds."""
    key = lambda made: made["roles"]["certifier"]["keys"][0]  # noqa: E731
    file = NAMES["certificate"]
    for name, title, edit in (
        (
            "key-retired-since",
            "The key's window ended a second after the token's: what it signed before stays.",
            lambda made: key(made).update(validFor={"start": "2026-01-02T03:04:06Z", "end": "2026-01-02T03:04:07Z"}),
        ),
        (
            "key-revoked-since",
            "The key is revoked from a second after the token's on.",
            lambda made: made.update(revokedKeys=[_revoked(make, **{"from": "2026-01-02T03:04:07Z"})]),
        ),
        (
            "key-revoked-from-a-later-index",
            "The key is revoked from the next index of the log on.",
            lambda made: made.update(revokedKeys=[_revoked(make, fromIndex=make.world["certificate"].index + 1)]),
        ),
    ):
        certificate, trust = make.reissued(edit)
        files = {file: certificate.data, "trust.json": trust}
        yield _accepted(name, title, asked(certificate=file, trust="trust.json"), files)
    plain = Kinds(edit_trust=lambda made: made["require"].update(statusMaxAge=None))
    yield _accepted(
        "neither-token-nor-witness",
        "A trust root that asks for neither, and a certificate with neither.",
        {"certificate": file, "kind": "certificate", "trust": "trust.json", "at": EVERYTHING["at"]},
        {file: plain["certificate"].data, "trust.json": plain.trust},
    )


def _revoked(make: Making, **since: Any) -> dict[str, Any]:
    return {"keyid": make.world["certificate"].envelope.keyid, "reason": "compromise", **since}
