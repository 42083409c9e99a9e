"""Vectors about trust: the trust root, its chain, and what its roles may sign (steps 2 and 8)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.making.case import Case, Making, bad, drop, put
from govern.attestation.keys import LocalSigner
from govern.attestation.trust.signing import sign_trust
from govern.attestation.trust.terms import trust_payload
from govern.canonical import base64_text, canonical_bytes, digest_of
from support.attestations import CERTIFIER, OTHER, ROOT_A, ROOT_B, Edit, signer
from support.kind_statements import FRANK, HEIDI
from support.ledgers import log_signer

BROKEN = (4, "trust")
NEW_ROOT = signer(41)


def _role(make: dict[str, Any], name: str, keys: Sequence[LocalSigner], **more: Any) -> None:
    make["roles"][name] = {"keys": [{"keyid": item.public.keyid} for item in keys], **more}


def _key(made: dict[str, Any], who: LocalSigner, owner: str, *, keyid: str | None = None) -> None:
    made["keys"][keyid or who.public.keyid] = {"spki": base64_text(who.public.spki), "owner": owner}


class _Trust:
    """The world's trust root, changed and signed again by its own two people."""

    def __init__(self, make: Making) -> None:
        self.world = make.world

    def edited(self, edit: Edit, by: Sequence[LocalSigner] = (ROOT_A, ROOT_B)) -> bytes:
        predicate = json.loads(json.dumps(self.world.predicate))
        edit(predicate)
        return sign_trust(predicate, by)

    def file(self, edit: Edit) -> bytes:
        value = json.loads(self.world.trust)
        edit(value)
        return canonical_bytes(value) + b"\n"

    def next(self, edit: Edit, by: Sequence[LocalSigner]) -> bytes:
        """A second version, which follows the first unless the edit says otherwise."""

        def both(made: dict[str, Any]) -> None:
            made.update(version=2, previous={"digest": {"sha256": self.world.root.digest}})
            made["issuedAt"] = "2026-01-15T00:00:00Z"
            edit(made)

        return self.edited(both, by)


def of_the_trust_root(make: Making) -> Iterator[Case]:
    """Step 2: the trust root is sound in itself, signed by enough people, and in force."""
    trust, world = _Trust(make), make.world
    one = [ROOT_A]

    def two_keys_of_one_person(made: dict[str, Any]) -> None:
        _key(made, NEW_ROOT, "person:frank")
        _role(made, "approver/model-risk", [FRANK, NEW_ROOT], threshold=2, types=["approval:v1"])

    def under_two_ids(made: dict[str, Any]) -> None:
        _key(made, CERTIFIER, "person:mallory", keyid=OTHER.public.keyid)

    def wrong_subject(value: Any) -> None:
        payload = trust_payload(world.predicate).replace(world.root.digest.encode(), b"0" * 64)
        value["envelopes"] = [
            {**item, "payload": base64_text(payload), "signatures": [_signature(who, payload)]}
            for item, who in zip(value["envelopes"], sorted((ROOT_A, ROOT_B), key=_keyid), strict=True)
        ]

    table: list[tuple[str, str, bytes]] = [
        ("trust-empty", "The trust root is an empty file.", b""),
        ("trust-without-newline", "The newline after its JSON is missing.", world.trust[:-1]),
        ("trust-white-space", "A blank stands after a colon.", world.trust.replace(b":", b": ", 1)),
        ("trust-of-one-signer", "One of two root people signed.", trust.edited(lambda made: None, one)),
        (
            "trust-signed-by-one-twice",
            "One root person's envelope is listed twice.",
            trust.file(lambda value: value.update(envelopes=[value["envelopes"][0]] * 2)),
        ),
        (
            "trust-with-a-strangers-signature",
            "A third envelope is by a key that nobody lists.",
            trust.edited(lambda made: None, [ROOT_A, ROOT_B, OTHER]),
        ),
        ("trust-envelopes-that-differ", "The two envelopes hold two payloads.", _two_payloads(make)),
        ("trust-with-an-altered-payload", "An owner was changed in both envelopes.", _altered(make)),
        ("trust-subject-is-not-its-digest", "The subject is not the predicate's digest.", trust.file(wrong_subject)),
        ("trust-one-key-under-two-ids", "One key is listed under two ids.", trust.edited(under_two_ids)),
        (
            "trust-keyid-is-not-the-keys",
            "A key stands under another fingerprint.",
            trust.edited(lambda made: made["keys"][HEIDI.public.keyid].update(spki=base64_text(OTHER.public.spki))),
        ),
        (
            "trust-root-key-in-another-role",
            "A root key is a certifier too.",
            trust.edited(lambda made: made["roles"]["certifier"]["keys"].append({"keyid": ROOT_A.public.keyid})),
        ),
        (
            "trust-threshold-above-the-owners",
            "Two people are asked for, and both keys are one person's.",
            trust.edited(two_keys_of_one_person),
        ),
        (
            "trust-role-with-foreign-types",
            "The waiver role may sign certificates.",
            trust.edited(lambda made: made["roles"]["waiver"]["types"].append("compliance-certificate:v1")),
        ),
        (
            "trust-unknown-role",
            "There is a role that nobody knows.",
            trust.edited(lambda made: _role(made, "auditor", [], types=[])),
        ),
        ("trust-no-root-role", "It has no root role.", trust.edited(drop("roles/root"))),
        (
            "trust-role-names-an-unlisted-key",
            "A role names a key that is not there.",
            trust.edited(lambda made: made["roles"]["waiver"]["keys"].append({"keyid": OTHER.public.keyid})),
        ),
        (
            "trust-role-names-a-key-twice",
            "A role names one key twice.",
            trust.edited(lambda made: made["roles"]["waiver"]["keys"].append({"keyid": HEIDI.public.keyid})),
        ),
        ("trust-unknown-member", "It has a member of its own.", trust.edited(lambda made: made.update(extra=1))),
        (
            "trust-key-of-another-curve",
            "A key is no P-256 key.",
            trust.edited(
                lambda made: made["keys"][HEIDI.public.keyid].update(spki=base64_text(b"\x30\x03\x02\x01\x01"))
            ),
        ),
        (
            "trust-one-witness-under-two-names",
            "One witness key is listed under two names.",
            trust.edited(lambda made: made["witnesses"][1].update(vkey=made["witnesses"][0]["vkey"])),
        ),
        (
            "trust-log-key-as-a-witness",
            "The log's own key cosigns it.",
            trust.edited(lambda made: made["witnesses"][1].update(vkey=_as_witness())),
        ),
        ("trust-quorum-of-nobody", "The quorum is not defined.", trust.edited(put("quorum", "all-of-them"))),
        (
            "trust-group-beyond-its-members",
            "A group asks for three of two.",
            trust.edited(put("groups", ["both 3 w1 w2"])),
        ),
        (
            "trust-log-with-a-path",
            "The log's name is no bare host.",
            trust.edited(lambda made: made["logs"][0].update(vkey=log_signer("ledger.example/log").key.vkey)),
        ),
        (
            "trust-two-logs-of-one-name",
            "Two logs share an origin.",
            trust.edited(lambda made: made["logs"].append({"vkey": log_signer(seed=9).key.vkey, "validFor": {}})),
        ),
        (
            "trust-vkey-with-another-id",
            "The id in a verifier key is not that of its key.",
            trust.edited(lambda made: made["logs"][0].update(vkey=made["logs"][0]["vkey"].replace("+9e", "+9f"))),
        ),
    ]
    for name, title, data in table:
        yield bad(name, title, BROKEN, trust=data)
    yield bad(
        "trust-expired",
        "It is the moment at which the trust root ends.",
        (3, "trust"),
        trust=make.reissued(lambda made: made.update(expires="2026-02-03T00:00:00Z"))[1],
        certificate=make.reissued(lambda made: made.update(expires="2026-02-03T00:00:00Z"))[0],
    )
    yield from _chains(make, trust)


def _keyid(who: LocalSigner) -> str:
    return who.public.keyid


def _signature(who: LocalSigner, payload: bytes) -> dict[str, str]:
    from govern.attestation.dsse import pae

    return {"keyid": who.public.keyid, "sig": base64_text(who.sign(pae(payload)))}


def _as_witness() -> str:
    from govern.ledger.note import COSIGNATURE, NoteKey

    log = log_signer().key
    return NoteKey(name="w2.example", kind=COSIGNATURE, public=log.public).vkey


def _two_payloads(make: Making) -> bytes:
    first, second = (
        json.loads(
            _Trust(make).edited(lambda made, number=number: made.update(nonce=base64_text(bytes([number]) * 16)))
        )
        for number in (7, 8)
    )
    return canonical_bytes({**first, "envelopes": [first["envelopes"][0], second["envelopes"][1]]}) + b"\n"


def _altered(make: Making) -> bytes:
    value = json.loads(make.world.trust)
    predicate = json.loads(json.dumps(make.world.predicate))
    predicate["keys"][HEIDI.public.keyid]["owner"] = "person:mallory"
    for item in value["envelopes"]:
        item["payload"] = base64_text(trust_payload(predicate))
    assert digest_of(predicate) != make.world.root.digest
    return canonical_bytes(value) + b"\n"


def _chains(make: Making, trust: _Trust) -> Iterator[Case]:
    """A version follows another only with both thresholds, the next number and the right predecessor."""
    earlier = ["../../shared/trust.json"]
    both = [ROOT_A, ROOT_B]

    def other_people(made: dict[str, Any]) -> None:
        del made["keys"][ROOT_B.public.keyid]
        _key(made, NEW_ROOT, "person:mallory")
        _role(made, "root", [ROOT_A, NEW_ROOT], threshold=2)

    table: list[tuple[str, str, bytes]] = [
        ("chain-skips-a-version", "Version 3 is shown after version 1.", trust.next(put("version", 3), both)),
        (
            "chain-with-another-predecessor",
            "Version 2 names another version 1.",
            trust.next(put("previous/digest/sha256", "0" * 64), both),
        ),
        ("chain-without-predecessor", "Version 2 names none.", trust.next(put("previous", None), both)),
        (
            "chain-signed-by-the-new-alone",
            "The new root role's people signed, of the old one's only one.",
            trust.next(other_people, [ROOT_A, NEW_ROOT]),
        ),
        (
            "chain-signed-by-the-old-alone",
            "The old root role's people signed, of the new one's only one.",
            trust.next(other_people, both),
        ),
    ]
    for name, title, data in table:
        yield bad(name, title, BROKEN, trust=data, earlier_trust=earlier)
    yield bad(
        "fingerprint-of-another-trust-root",
        "The auditor pinned another fingerprint.",
        BROKEN,
        fingerprint="0" * 64,
    )
    yield bad(
        "trust-root-of-a-fork",
        "The certificate names another version 1 of the trust root.",
        BROKEN,
        certificate=make.resigned(lambda old: old.replace(make.world.root.digest.encode(), b"0" * 64)),
    )
    yield bad(
        "trust-root-older-than-the-certificate",
        "The certificate was issued under version 2, the auditor has version 1.",
        (3, "trust"),
        certificate=make.restated(put("predicate/trustRoot/version", 2)),
    )


def of_the_role(make: Making) -> Iterator[Case]:
    """Step 8: a key signs what its roles let it sign, for their stages, as their verifiers, and as who its owner is."""
    world = make.world
    refused = (1, "role")
    payload = world["certificate"].payload
    yield bad(
        "certificate-by-the-waiver-key",
        "Signed by a key that may sign waivers, under its own name.",
        refused,
        certificate=world.resigned("certificate", payload, by=HEIDI),
    )
    for name, title, edit in (
        ("role-for-other-types", "The certifier may sign refusals only.", put("roles/certifier/types", ["refusal:v1"])),
        ("role-for-another-stage", "It may sign for deployment.", put("roles/certifier/stages", ["pre-deployment"])),
        ("role-for-no-stage", "The list of its stages is empty.", put("roles/certifier/stages", [])),
        (
            "role-as-another-verifier",
            "It is another verifier's.",
            put("roles/certifier/verifierIds", ["https://elsewhere.example"]),
        ),
    ):
        certificate, trust = make.reissued(edit)
        yield bad(name, title, refused, certificate=certificate, trust=trust)
    for kind, by, name, title in (
        ("waiver", CERTIFIER, "waiver-by-the-certifier", "The gate signed a waiver itself."),
        ("approval", HEIDI, "approval-by-the-waiver-key", "A vote is signed by a key of the waiver role."),
        ("evidence", HEIDI, "evidence-by-another-role", "Evidence is signed by a key of the waiver role."),
        ("status-list", CERTIFIER, "status-list-by-the-certifier", "The gate signed a status list."),
        ("policy-release", HEIDI, "release-by-the-waiver-key", "A release is signed by a key of the waiver role."),
    ):
        yield _statement(kind, name, title, refused, world.resigned(kind, world[kind].payload, by=by).data)
    yield _statement(
        "waiver",
        "waiver-in-anothers-name",
        "The waiver says that somebody else signed it.",
        refused,
        world.edited("waiver", put("predicate/approver", "person:judy")).data,
    )
    yield _statement(
        "approval",
        "vote-in-another-role",
        "A vote is cast in a role that the key does not play.",
        refused,
        world.edited("approval", put("predicate/role", "approver/legal")).data,
    )
    yield _statement(
        "trust-root",
        "trust-root-by-the-certifier",
        "The trust root's statement is signed by the certifier.",
        (4, "key"),
        world.resigned("trust-root", world["trust-root"].payload, by=CERTIFIER).data,
    )


def _statement(kind: str, name: str, title: str, answer: tuple[int, str], data: bytes) -> Case:
    """A vector about a statement that is no certificate."""
    code, step = answer
    args = {
        "certificate": f"{kind}.sigstore.json",
        "kind": kind,
        "trust": "../../shared/trust.json",
        "at": "2026-02-03T00:00:00Z",
        "status": ["../../shared/status-list.sigstore.json"],
    }
    return Case(name=name, title=title, exit=code, failed=(step,), args=args, files={args["certificate"]: data})
