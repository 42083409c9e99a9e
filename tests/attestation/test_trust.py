"""The trust root: every refusal of its loader, thresholds by people, and the chain of its versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.attestation.dsse import sign_payload
from govern.attestation.keys import LocalSigner
from govern.attestation.trust.export import export_pems
from govern.attestation.trust.format import MEDIA_TYPE, trust_schema
from govern.attestation.trust.reading import extend_trust, load_trust
from govern.attestation.trust.root import TrustRoot
from govern.attestation.trust.signing import add_signature, sign_trust
from govern.canonical import base64_text, canonical_bytes, parse_instant
from govern.diagnostics import IntegrityError
from govern.ledger.note import COSIGNATURE, NoteSigner
from oracles.shell import spki_digest, ssh_fingerprint
from support.attestations import CERTIFIER, OTHER, ROOT_A, ROOT_B, Edit, edited, signer, trust_predicate, unguarded
from support.ledgers import LedgerBox, log_signer

BOX = LedgerBox(Path("nowhere"))
BOTH = (ROOT_A, ROOT_B)
SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "trust-root.schema.json"


def predicate(**changes: Any) -> dict[str, Any]:
    return trust_predicate(BOX, **changes)


def file(edit: Edit | None = None, signers: tuple[LocalSigner, ...] = BOTH) -> bytes:
    made = predicate()
    if edit is not None:
        edit(made)
    return sign_trust(made, signers)


def code_of(data: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        load_trust(data)
    return caught.value.diagnostics[0].code


def add_key(made: dict[str, Any], who: LocalSigner, owner: str) -> str:
    keyid = who.public.keyid
    made["keys"][keyid] = {"spki": base64_text(who.public.spki), "owner": owner}
    return keyid


def test_a_sound_trust_root_says_who_may_do_what() -> None:
    root = load_trust(file())
    assert (root.version, root.previous) == (1, None)
    assert root.signers == ("person:carol", "person:dave")
    assert [key.keyid for key in root.attesting_keys()] == [CERTIFIER.public.keyid]
    assert [role.name for role in root.roles_of(CERTIFIER.public.keyid)] == ["certifier"]
    assert root.log(BOX.signer.key.full_id) is not None
    assert root.log(b"\0" * 32) is None
    assert (root.log_entries, root.timestamps, root.status_max_age) == (1, 0, None)
    statement = json.loads(root.payload)
    assert statement["subject"] == [{"name": "trust-root@1", "digest": {"sha256": root.digest}}]


def test_the_schema_file_is_current_and_accepts_a_trust_root() -> None:
    text = SCHEMA_FILE.read_text(encoding="utf-8")
    assert text == json.dumps(trust_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    jsonschema.Draft202012Validator(json.loads(text)).validate(json.loads(load_trust(file()).payload))


def all_roles(made: dict[str, Any]) -> None:
    for number, (name, kind) in enumerate(
        {
            "approver": "approval:v1",
            "approver/model-risk": "approval:v1",
            "waiver": "waiver:v1",
            "attester": "attestation:v1",
            "attester/ciso": "attestation:v1",
            "producer": "evidence:v1",
            "advisory": "advisory-snapshot:v1",
            "policy": "policy-release:v1",
            "revoker": "revocation:v1",
        }.items()
    ):
        keyid = add_key(made, signer(100 + number), f"person:{number}")
        made["roles"][name] = {"keys": [{"keyid": keyid}], "threshold": 1, "types": [kind]}
    made["roles"]["approver/empty"] = {"keys": [], "threshold": 2, "types": ["approval:v1"]}


def test_all_nine_roles_and_their_offices_are_known() -> None:
    root = load_trust(file(all_roles))
    assert len(root.roles) == 12
    assert len(root.attesting_keys()) == 10


# -- form -----------------------------------------------------------------------------------------------------------


def envelope_payload(data: bytes) -> dict[str, Any]:
    value = json.loads(data)
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"\xef\xbb\xbf" + file(),
        file()[:-1],
        file() + b"\n",
        file().replace(b'"envelopes"', b'"envelopes" '),
        json.dumps(json.loads(file())).encode("utf-16"),
        edited(file(), lambda value: value.update(extra=1)),
        edited(file(), lambda value: value.update(mediaType="application/json")),
        edited(file(), lambda value: value.update(envelopes=[])),
        edited(file(), lambda value: value.update(envelopes={})),
        edited(file(), lambda value: value.update(envelopes=value["envelopes"] * 20)),
        edited(file(), lambda value: value["envelopes"][0].update(signatures=[])),
        edited(file(), lambda value: value["envelopes"].append(sign_payload(b"{}", ROOT_A).document())),
        sign_trust({"version": 1}, BOTH),
        file(lambda made: made.update(extra=1)),
        file(lambda made: made["require"].update(extra=1)),
        file(lambda made: made.pop("revokedKeys")),
        file(lambda made: made.update(version=0)),
        file(lambda made: made.update(expires="tomorrow")),
        file(lambda made: made.update(quorum="nobody")),
        file(lambda made: made.update(groups=["g 1"])),
        b" " * (8 * 1024 * 1024 + 1),
    ],
)
def test_any_other_form_is_refused(data: bytes) -> None:
    assert code_of(data) == "A301"


def test_a_payload_that_is_not_its_own_canonical_form_is_refused() -> None:
    payload = load_trust(file()).payload
    for other in (
        payload + b" ",
        b"\xef\xbb\xbf" + payload,
        payload.replace(b'"version":1', b'"version":1,"version":1'),
    ):
        envelopes = [unguarded(other, who).document() for who in BOTH]
        assert code_of(canonical_bytes({"mediaType": MEDIA_TYPE, "envelopes": envelopes}) + b"\n") == "A301"


def test_a_subject_of_another_version_or_digest_is_refused() -> None:
    statement = json.loads(load_trust(file()).payload)
    for name, digest in (("trust-root@2", None), (None, "0" * 64)):
        subject = dict(statement["subject"][0])
        subject.update({"name": name} if name else {"digest": {"sha256": digest}})
        payload = canonical_bytes({**statement, "subject": [subject]})
        envelopes = [sign_payload(payload, who).document() for who in BOTH]
        assert code_of(canonical_bytes({"mediaType": MEDIA_TYPE, "envelopes": envelopes}) + b"\n") == "A301"


# -- roles ----------------------------------------------------------------------------------------------------------


def root_key_certifies(made: dict[str, Any]) -> None:
    made["roles"]["certifier"]["keys"].append({"keyid": ROOT_A.public.keyid})


def key_under_another_id(made: dict[str, Any]) -> None:
    made["keys"][OTHER.public.keyid] = dict(made["keys"][CERTIFIER.public.keyid])


def log_as_witness(made: dict[str, Any]) -> None:
    twin = NoteSigner("w.example", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32), kind=COSIGNATURE)
    made["witnesses"] = [{"name": "w", "vkey": twin.key.vkey}]


def witness_key_as_log(made: dict[str, Any]) -> None:
    twin = NoteSigner("w.example", Ed25519PrivateKey.from_private_bytes(b"\x05" * 32), kind=COSIGNATURE)
    made["logs"] = [{"vkey": twin.key.vkey, "validFor": {}}]


def log_key_attests(made: dict[str, Any]) -> None:
    spki = bytes.fromhex("302a300506032b6570032100") + BOX.signer.key.public
    made["keys"][OTHER.public.keyid] = {"spki": base64_text(spki), "owner": "service:log"}


def one_person(made: dict[str, Any]) -> None:
    for item in made["keys"].values():
        item["owner"] = "person:carol"


def approvers_of_one_owner(made: dict[str, Any]) -> None:
    keyids = [add_key(made, signer(number), "person:erin") for number in (50, 51)]
    made["roles"]["approver"] = {
        "keys": [{"keyid": keyid} for keyid in keyids],
        "threshold": 2,
        "types": ["approval:v1"],
    }


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (key_under_another_id, "A302"),
        (log_key_attests, "A302"),
        (lambda made: made["keys"][CERTIFIER.public.keyid].update(spki="AAAA"), "A302"),
        (root_key_certifies, "A303"),
        (log_as_witness, "A303"),
        (witness_key_as_log, "A303"),
        (lambda made: made["logs"].append(made["logs"][0]), "A303"),
        (lambda made: made["logs"].append({"vkey": log_signer(seed=9).key.vkey, "validFor": {}}), "A303"),
        (lambda made: made["logs"].append({"vkey": log_signer("two.example/x", 9).key.vkey, "validFor": {}}), "A303"),
        (lambda made: made["roles"].update({"approver/Credit": {"keys": []}}), "A303"),
        (lambda made: made["roles"].update({"attester/a/b": {"keys": []}}), "A303"),
        (lambda made: made.update(tsas=[{"certs": ["AAAA"], "validFor": {}}] * 2), "A303"),
        (lambda made: made.update(tsas=[{"certs": [], "validFor": {}}]), "A301"),
        (lambda made: made["roles"].pop("root"), "A303"),
        (lambda made: made["roles"]["root"].update(keys=[]), "A303"),
        (lambda made: made["roles"].update(auditor={"keys": []}), "A303"),
        (lambda made: made["roles"].update({"certifier/x": {"keys": []}}), "A303"),
        (lambda made: made["roles"].update({"approver/": {"keys": []}}), "A303"),
        (lambda made: made["roles"].update(waiver={"keys": [], "types": ["approval:v1"]}), "A303"),
        (lambda made: made["roles"]["root"].update(types=["compliance-certificate:v1"]), "A303"),
        (lambda made: made["roles"]["certifier"]["keys"].append({"keyid": OTHER.public.keyid}), "A303"),
        (lambda made: made["roles"]["certifier"]["keys"].append({"keyid": CERTIFIER.public.keyid}), "A303"),
        (lambda made: made["roles"]["certifier"].update(threshold=2), "A304"),
        (one_person, "A304"),
        (approvers_of_one_owner, "A304"),
        (lambda made: made["logs"][0].update(vkey="ledger.example+00000000+AAAA"), "G105"),
        (lambda made: made.update(previous={"digest": {"sha256": "0" * 64}}), "A306"),
        (lambda made: made.update(version=2), "A306"),
    ],
)
def test_what_the_loader_refuses(edit: Edit, code: str) -> None:
    assert code_of(file(edit)) == code


def test_two_authorities_may_stand_under_one_root() -> None:
    """Authorities are told apart by the certificate that signs; what stands above it may be shared."""

    def shared(made: dict[str, Any]) -> None:
        made["tsas"] = [{"certs": [leaf, "cm9vdA=="], "validFor": {}} for leaf in ("AAAA", "BBBB")]

    assert [tsa.certs for tsa in load_trust(file(shared)).tsas] == [(b"\0\0\0", b"root"), (b"\x04\x10\x41", b"root")]


# -- signatures -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signers", "code"),
    [
        ((ROOT_A,), "A304"),
        ((ROOT_A, ROOT_A), "A301"),  # one envelope twice is not the file's one form
        ((ROOT_A, CERTIFIER), "A304"),  # listed, but not in the root role
        ((ROOT_A, ROOT_B, OTHER), "A305"),  # a signature that nobody can check
        ((OTHER,), "A305"),
    ],
)
def test_who_must_have_signed(signers: tuple[LocalSigner, ...], code: str) -> None:
    assert code_of(file(signers=signers)) == code


def test_one_key_under_two_ids_counts_once_if_at_all() -> None:
    def twice(value: dict[str, Any]) -> None:
        (first,) = value["envelopes"]
        again = {**first, "signatures": [{**first["signatures"][0], "keyid": ROOT_B.public.keyid}]}
        value["envelopes"] = sorted([first, again], key=lambda item: str(item["signatures"][0]["keyid"]))

    assert code_of(edited(file(signers=(ROOT_A,)), twice)) == "A305"


def test_a_root_key_outside_its_window_does_not_count() -> None:
    def expired(made: dict[str, Any]) -> None:
        made["roles"]["root"]["keys"][0]["validFor"] = {"end": "2025-01-01T00:00:00Z"}

    assert code_of(file(expired)) == "A304"


def test_signatures_are_added_one_by_one() -> None:
    half = file(signers=(ROOT_B,))
    assert code_of(half) == "A304"
    whole = add_signature(half, ROOT_A)
    assert whole == file() == add_signature(whole, ROOT_A)
    assert load_trust(whole).signers == ("person:carol", "person:dave")


def test_every_changed_byte_of_the_file_is_refused() -> None:
    data = file()
    for place in range(len(data)):
        for other in (data[place] ^ 1, ord("A"), ord(" ")):
            if other != data[place]:
                with pytest.raises(IntegrityError):
                    load_trust(data[:place] + bytes([other]) + data[place + 1 :])


# -- the chain ------------------------------------------------------------------------------------------------------


def follow(old: TrustRoot, edit: Edit | None = None, signers: tuple[LocalSigner, ...] = BOTH) -> bytes:
    made = json.loads(old.payload)["predicate"]
    made.update(version=old.version + 1, previous={"digest": {"sha256": old.digest}}, issuedAt="2026-02-01T00:00:00Z")
    if edit is not None:
        edit(made)
    return sign_trust(made, signers)


def new_root_people(made: dict[str, Any]) -> None:
    """Hand the root over to erin and frank; the old root keys stay listed, without a role."""
    keyids = [add_key(made, signer(60), "person:erin"), add_key(made, signer(61), "person:frank")]
    made["roles"]["root"] = {"keys": [{"keyid": keyid} for keyid in keyids], "threshold": 2}


def refusal_of(old: TrustRoot, data: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        extend_trust(old, data)
    return caught.value.diagnostics[0].code


def test_three_versions_with_a_handover_of_the_root() -> None:
    first = load_trust(file())
    second = extend_trust(first, follow(first, new_root_people, (*BOTH, signer(60), signer(61))))
    third = extend_trust(second, follow(second, signers=(signer(60), signer(61))))
    assert (third.version, third.previous) == (3, second.digest)
    assert second.signers == ("person:carol", "person:dave", "person:erin", "person:frank")
    alone = load_trust(follow(first, new_root_people, (*BOTH, signer(60), signer(61))))
    assert alone.digest == second.digest
    assert third.issued_at == parse_instant("2026-02-01T00:00:00Z")


@pytest.mark.parametrize(
    ("edit", "signers", "code"),
    [
        (None, (ROOT_A,), "A304"),
        (new_root_people, BOTH, "A304"),  # the new people did not agree
        (new_root_people, (signer(60), signer(61)), "A304"),  # nor did the old
        (new_root_people, (ROOT_A, signer(60), signer(61)), "A304"),
        (lambda made: made.update(version=3), BOTH, "A306"),
        (lambda made: made.update(previous={"digest": {"sha256": "0" * 64}}), BOTH, "A306"),
        (lambda made: made.update(version=1, previous=None), BOTH, "A306"),
    ],
)
def test_what_does_not_follow(edit: Edit | None, signers: tuple[LocalSigner, ...], code: str) -> None:
    first = load_trust(file())
    assert refusal_of(first, follow(first, edit, signers)) == code


def test_the_same_version_does_not_follow_itself() -> None:
    assert refusal_of(load_trust(file()), file()) == "A306"


# -- exports --------------------------------------------------------------------------------------------------------


@pytest.mark.tools
def test_keys_in_the_form_that_openssl_reads() -> None:
    made = export_pems(load_trust(file()))
    assert set(made) == {"certifier-1.pub", "root-1.pub", "root-2.pub", "log-ledger.example.pub"}
    assert ssh_fingerprint(made["certifier-1.pub"]) == CERTIFIER.public.keyid
    assert spki_digest(made["root-1.pub"]) == ROOT_A.public.hint
    assert spki_digest(made["log-ledger.example.pub"])
    assert log_signer().key == BOX.signer.key
