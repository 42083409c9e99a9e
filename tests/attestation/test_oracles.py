"""Other people's verifiers accept every kind that we sign, and refuse what we refuse: the libraries in Python.

`test_oracles_commands.py` has openssl, ssh-keygen, jq and coreutils; `test_oracles_foreign.py` JavaScript and Go.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from govern.attestation.dsse import pae
from govern.attestation.kinds import KIND_NAMES, VSA
from govern.attestation.trust.sigstore import trusted_root
from govern.canonical import base64_bytes, base64_text
from support.attestations import CERTIFIER, OTHER
from support.kind_statements import SIGNERS
from support.kinds import Kinds
from support.tampered import ENVELOPE, damaged
from support.tsa import LocalTsa

KINDS = sorted(KIND_NAMES.values())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))


def envelope_of(data: bytes) -> dict[str, Any]:
    found = json.loads(data)["dsseEnvelope"]
    assert isinstance(found, dict)
    return found


def public_of(world: Kinds, name: str) -> Any:
    return load_der_public_key(SIGNERS[world[name].kind].public.spki)


def test_every_kind_is_there(world: Kinds) -> None:
    assert set(KINDS) <= set(world.files)
    for name in KINDS:
        assert world.verify(world[name]).exit_code == 0


# -- securesystemslib -------------------------------------------------------------------------------------------------


def by_securesystemslib(envelope: dict[str, Any], public: Any, keyid: str) -> bool:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    key = SSlibKey.from_crypto(public, keyid=keyid)
    try:
        return bool(Envelope.from_dict(json.loads(json.dumps(envelope))).verify([key], 1))
    except VerificationError:
        return False


@pytest.mark.parametrize("name", KINDS)
def test_securesystemslib_verifies_under_our_key_id_only(world: Kinds, name: str) -> None:
    envelope, public = envelope_of(world[name].data), public_of(world, name)
    keyid = world[name].envelope.keyid
    assert by_securesystemslib(envelope, public, keyid)
    for other in ("", OTHER.public.keyid, CERTIFIER.public.hint):
        renamed = {**envelope, "signatures": [{**envelope["signatures"][0], "keyid": other}]}
        assert not by_securesystemslib(renamed, public, keyid)
    assert not by_securesystemslib(envelope, load_der_public_key(OTHER.public.spki), keyid)
    for damage in sorted(ENVELOPE | {"other_keyid"}):
        assert not by_securesystemslib(envelope_of(damaged(world, world[name], damage)), public, keyid), damage


def test_securesystemslib_verifies_the_plain_envelope_of_the_summary(world: Kinds) -> None:
    """Written a second time without the log's proof, for tools that read no bundles."""
    assert by_securesystemslib(json.loads(world.vsa_dsse), public_of(world, "vsa"), CERTIFIER.public.keyid)


def test_securesystemslib_takes_one_key_under_two_ids_for_two(world: Kinds) -> None:
    """Why thresholds are ours to count: its own can be met by one person."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey

    public, own = public_of(world, "certificate"), envelope_of(world["certificate"].data)
    keys = [SSlibKey.from_crypto(public, keyid=keyid) for keyid in ("one", "two")]
    both = [{**own["signatures"][0], "keyid": keyid} for keyid in ("one", "two")]
    assert len(Envelope.from_dict({**own, "signatures": both}).verify(keys, 2)) == 2


# -- sigstore-python, its parts ---------------------------------------------------------------------------------------


def by_sigstore(envelope: dict[str, Any], public: Any) -> bytes | None:
    from sigstore.dsse import Envelope, _verify
    from sigstore.errors import Error

    try:
        payload: bytes = _verify(public, Envelope._from_json(json.dumps(envelope)))
    except Error:
        return None
    return payload


@pytest.mark.parametrize("name", KINDS)
def test_sigstore_verifies_the_envelope_and_reads_the_statement(world: Kinds, name: str) -> None:
    from sigstore.dsse import Statement

    envelope, public = envelope_of(world[name].data), public_of(world, name)
    payload = by_sigstore(envelope, public)
    assert payload == world[name].payload
    Statement(payload)
    assert by_sigstore(envelope, load_der_public_key(OTHER.public.spki)) is None
    for damage in sorted(ENVELOPE | {"two_signatures"}):
        assert by_sigstore(envelope_of(damaged(world, world[name], damage)), public) is None, damage


def test_sigstore_refuses_what_we_never_write(world: Kinds) -> None:
    """Ed25519 attestations, a second digest, a subject without a name: the reasons for our choices."""
    from sigstore.dsse import Statement

    own = envelope_of(world["certificate"].data)
    key = Ed25519PrivateKey.from_private_bytes(b"\x05" * 32)
    signed = base64_text(key.sign(pae(world["certificate"].payload)))
    with pytest.raises(Exception, match=r"verify|signature|takes"):
        assert by_sigstore({**own, "signatures": [{"keyid": "", "sig": signed}]}, key.public_key()), "refuses the key"
    statement = json.loads(world["certificate"].payload)
    for edit in (
        lambda made: made["subject"][0]["digest"].update(odd="00"),
        lambda made: made["subject"][0].pop("name"),
        lambda made: made.pop("_type"),
    ):
        changed = json.loads(json.dumps(statement))
        edit(changed)
        with pytest.raises(Exception, match=r"statement"):
            Statement(json.dumps(changed).encode())


def by_sigstore_merkle(entry: dict[str, Any], keyring: Any) -> bool:
    """Inclusion and checkpoint of a log entry, by its own functions on the values of ours."""
    from sigstore._internal.merkle import verify_merkle_inclusion
    from sigstore._internal.rekor.checkpoint import verify_checkpoint
    from sigstore.errors import Error

    proof = entry["inclusionProof"]
    inner = SimpleNamespace(
        inclusion_proof=SimpleNamespace(
            log_index=int(proof["logIndex"]),
            tree_size=int(proof["treeSize"]),
            root_hash=base64_bytes(proof["rootHash"]),
            hashes=[base64_bytes(item) for item in proof["hashes"]],
            checkpoint=SimpleNamespace(envelope=proof["checkpoint"]["envelope"]),
        ),
        log_id=SimpleNamespace(key_id=base64_bytes(entry["logId"]["keyId"])),
        canonicalized_body=base64_bytes(entry["canonicalizedBody"]),
    )
    wrapped: Any = SimpleNamespace(_inner=inner)
    try:
        verify_merkle_inclusion(wrapped)
        verify_checkpoint(keyring, wrapped)
    except Error:
        return False
    return True


@pytest.fixture(scope="module")
def keyring(world: Kinds, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The log's key as sigstore-python reads it from the compiled trust root."""
    from sigstore._internal.trust import KeyringPurpose
    from sigstore.models import TrustedRoot

    path = tmp_path_factory.mktemp("trust") / "trusted_root.json"
    path.write_bytes(trusted_root(world.root))
    return TrustedRoot.from_file(str(path)).rekor_keyring(KeyringPurpose.VERIFY)


@pytest.mark.parametrize("name", KINDS)
def test_sigstore_verifies_inclusion_and_checkpoint(world: Kinds, keyring: Any, name: str) -> None:
    def entry_of(data: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(data)["verificationMaterial"]["tlogEntries"][0]
        return found

    assert by_sigstore_merkle(entry_of(world[name].data), keyring)
    for damage in ("other_leaf", "reordered_proof", "shorter_proof", "other_index", "flipped_note", "other_checkpoint"):
        assert not by_sigstore_merkle(entry_of(damaged(world, world[name], damage)), keyring), damage


def test_sigstore_reads_the_bundle_up_to_its_demand_for_a_certificate(world: Kinds) -> None:
    """Its public API knows certificates only; that it gets as far as asking for one shows that the rest is sound."""
    from sigstore.models import Bundle, InvalidBundle

    for name in KINDS:
        with pytest.raises(InvalidBundle, match="expected certificate in bundle"):
            Bundle.from_json(world[name].data)


# -- in-toto-attestation ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_in_toto_reads_and_validates_the_statement(world: Kinds, name: str) -> None:
    from google.protobuf import json_format
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    read = json_format.Parse(world[name].payload, Message())
    Statement.copy_from_pb(read).validate()
    (subject,) = json.loads(world[name].payload)["subject"]
    assert read.predicate_type == world[name].kind
    assert [(item.name, dict(item.digest)) for item in read.subject] == [(subject["name"], subject["digest"])]
    for edit in ({"_type": "https://in-toto.io/Statement/v0.1"}, {"subject": []}, {"predicateType": ""}):
        changed = json_format.ParseDict({**json.loads(world[name].payload), **edit}, Message())
        with pytest.raises(ValueError, match=r"type|subject|required"):
            Statement.copy_from_pb(changed).validate()


def test_in_toto_cannot_hold_the_levels_of_a_summary(world: Kinds) -> None:
    """A defect of its schema: `verifiedLevels` is a list by the specification and one text in its protobuf."""
    from google.protobuf import json_format
    from in_toto_attestation.predicates.vsa.v1.vsa_pb2 import VerificationSummary

    predicate = json.loads(world["vsa"].payload)["predicate"]
    assert world["vsa"].kind == VSA
    with pytest.raises(json_format.ParseError, match="verifiedLevels"):
        json_format.ParseDict(predicate, VerificationSummary(), ignore_unknown_fields=True)


def test_the_plain_envelope_is_that_of_the_bundle(world: Kinds) -> None:
    assert json.loads(world.vsa_dsse) == envelope_of(world["vsa"].data)
