"""The figures that other implementations have confirmed, byte for byte."""

from __future__ import annotations

import hashlib

import pytest

from govern.attestation.keys import PublicKey
from govern.canonical import canonical_bytes, sha256_hex
from govern.ledger.leaf import leaf_body, pae
from govern.ledger.merkle import leaf_hash
from oracles.shell import ecdsa_holds, spki_digest, ssh_fingerprint
from support.attestations import CERTIFIER, manifest, unguarded

BUNDLE = "5420f64d051e6ed4c741cd06ffe5960222704833418b81ea6be6468460a6d800"
KEYID = "SHA256:SFMVDOrhOSBssOVH9hIcK/Z2XVf1oSVMjNCL8u2aICY"
HINT = "XNJS+wzokyQ2+vjM0QQJgbie5K1rn+niorfnGqyyfNM="
PAYLOAD = canonical_bytes(
    {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "credit-risk@3.2.0", "digest": {"sha256": BUNDLE}}],
        "predicateType": "urn:govern:attestation:compliance-certificate:v1",
        "predicate": {},
    }
)


def test_the_bundle_digest() -> None:
    assert manifest().digest == BUNDLE


def test_the_statement_and_its_encoding() -> None:
    assert len(PAYLOAD) == 253
    assert sha256_hex(PAYLOAD) == "88e08f76e5d65ca4156e1447d2018697ef0b425424bc117e77c6a927f10085ea"
    assert sha256_hex(pae(PAYLOAD)) == "91594bb3f365e1bbe0c58385e6d65efc070ef8e4bf42610f390b566e96f19e51"


def test_the_keys_names() -> None:
    assert CERTIFIER.public.keyid == KEYID
    assert CERTIFIER.public.hint == HINT


def test_the_leaf_under_deterministic_signing() -> None:
    body = leaf_body(PAYLOAD, unguarded(PAYLOAD, CERTIFIER).signature, CERTIFIER.public.spki)
    assert len(body) == 489
    assert leaf_hash(body).hex() == "0902ca28d6926c46d7634d0f4e99b87973b732964985b5bb9d05310192d9110c"
    assert leaf_hash(body) == hashlib.sha256(b"\0" + body).digest()


@pytest.mark.tools
def test_openssl_and_ssh_keygen_say_the_same() -> None:
    key: PublicKey = CERTIFIER.public
    assert ssh_fingerprint(key.pem) == KEYID
    assert spki_digest(key.pem) == HINT
    signature = unguarded(PAYLOAD, CERTIFIER).signature
    assert ecdsa_holds(key.spki, pae(PAYLOAD), signature)
    assert not ecdsa_holds(key.spki, pae(PAYLOAD + b" "), signature)
