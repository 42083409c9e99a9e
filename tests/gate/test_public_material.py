"""Public keys and certificate chains that people hand in: what is read, and why everything else is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from govern.attestation.keys import private_pem
from govern.diagnostics import UsageError
from govern.gate.keys.public import read_certificates, read_public_key
from support.attestations import CERTIFIER
from support.tsa import LocalTsa

P384 = ec.generate_private_key(ec.SECP384R1()).public_key()
SPKI = PublicFormat.SubjectPublicKeyInfo


def refused(path: Path, data: bytes, read: object = read_public_key) -> str:
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path)  # type: ignore[operator]
    assert caught.value.diagnostics[0].code == "A317"
    return caught.value.diagnostics[0].message


def test_a_key_is_read_from_pem_and_from_the_line_of_openssh(tmp_path: Path) -> None:
    path = tmp_path / "k.pub"
    key = CERTIFIER._private.public_key()
    for data in (key.public_bytes(Encoding.PEM, SPKI), key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)):
        path.write_bytes(data)
        assert read_public_key(path) == CERTIFIER.public


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"ssh-rsa AAAA",
        b"ecdsa-sha2-nistp256 AAAA",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        P384.public_bytes(Encoding.PEM, SPKI),
        P384.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key().public_bytes(Encoding.PEM, SPKI),
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, SPKI),
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
    ],
)
def test_any_other_key_is_refused(tmp_path: Path, data: bytes) -> None:
    refused(tmp_path / "k.pub", data)


def test_a_private_key_is_refused_without_being_quoted(tmp_path: Path) -> None:
    secret = private_pem(CERTIFIER._private)
    message = refused(tmp_path / "k.pem", secret)
    assert "is a private key" in message
    assert secret.splitlines()[1].decode() not in message


def test_a_chain_is_put_in_order(tmp_path: Path) -> None:
    tsa = LocalTsa(tmp_path / "tsa")
    path = tmp_path / "chain.pem"
    for data in (tsa.leaf_pem + tsa.root_pem, tsa.root_pem + tsa.leaf_pem):
        path.write_bytes(data)
        assert read_certificates(path) == tsa.certs
    path.write_bytes(tsa.leaf_pem)
    assert read_certificates(path) == tsa.certs[:1]


def test_what_is_no_chain_of_one_authority_is_refused(tmp_path: Path) -> None:
    tsa, other = LocalTsa(tmp_path / "tsa"), LocalTsa(tmp_path / "other", name="other.example", scalar=2001)
    signing = LocalTsa(tmp_path / "code", scalar=3001, usage=ExtendedKeyUsageOID.CODE_SIGNING)
    loose = LocalTsa(tmp_path / "loose", scalar=4001, critical=False)
    assert other.certs != tsa.certs
    for data in (
        b"",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        tsa.root_pem,
        tsa.leaf_pem + other.root_pem,
        tsa.leaf_pem + other.leaf_pem,
        tsa.leaf_pem + tsa.root_pem + other.root_pem,
        tsa.leaf_pem + tsa.leaf_pem + tsa.root_pem,
        signing.leaf_pem + signing.root_pem,
        loose.leaf_pem + loose.root_pem,
    ):
        refused(tmp_path / "chain.pem", data, read_certificates)
