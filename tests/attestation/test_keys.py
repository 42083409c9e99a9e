"""Keys: one encoding, the names other tools give them, files that only their owner reads."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from govern.attestation.keys import (
    LocalSigner,
    PublicKey,
    generate_certifier_key,
    generate_log_key,
    load_log_signer,
    load_signer,
    private_pem,
    write_private_key,
)
from govern.attestation.trust.export import ed25519_pem
from govern.diagnostics import IntegrityError, UsageError
from oracles.shell import spki_digest, ssh_fingerprint
from support.attestations import CERTIFIER, signer


def der(key: ec.EllipticCurvePrivateKey, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, form)


@pytest.mark.tools
def test_names_are_those_of_openssl_and_ssh_keygen_for_new_keys_too() -> None:
    for key in (CERTIFIER.public, LocalSigner(generate_certifier_key()).public):
        assert ssh_fingerprint(key.pem) == key.keyid
        assert spki_digest(key.pem) == key.hint


def test_signing_is_deterministic_and_verifies_only_what_was_signed() -> None:
    assert CERTIFIER.sign(b"x") == CERTIFIER.sign(b"x")
    assert CERTIFIER.public.verifies(CERTIFIER.sign(b"x"), b"x")
    assert not CERTIFIER.public.verifies(CERTIFIER.sign(b"x"), b"y")
    assert not CERTIFIER.public.verifies(b"", b"x")
    assert not CERTIFIER.public.verifies(b"\x30\x06\x02\x01\x00\x02\x01\x00", b"x")
    assert not signer(9).public.verifies(CERTIFIER.sign(b"x"), b"x")


def compressed(spki: bytes) -> bytes:
    point = spki[-65:]
    body = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107032200") + bytes([2 + point[-1] % 2]) + point[1:33]
    return b"\x30" + bytes([len(body)]) + body


@pytest.mark.parametrize(
    "spki",
    [
        b"",
        CERTIFIER.public.spki[:-1],
        CERTIFIER.public.spki + b"\0",
        CERTIFIER.public.spki[:-1] + b"\0",  # not on the curve
        compressed(CERTIFIER.public.spki),  # the same key in another spelling
        der(ec.generate_private_key(ec.SECP384R1())),
        Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "cut", "trailing byte", "off the curve", "compressed", "P-384", "Ed25519"],
)
def test_only_one_encoding_of_one_type_of_key_is_read(spki: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        PublicKey.parse(spki)
    assert caught.value.diagnostics[0].code == "A302"


@pytest.mark.parametrize("password", [None, b"a password"])
def test_private_keys_are_written_once_for_their_owner_and_read_back(tmp_path: Path, password: bytes | None) -> None:
    path = tmp_path / "certifier.pem"
    key = generate_certifier_key()
    write_private_key(path, private_pem(key, password=password))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_signer(path.read_bytes(), password=password).public == LocalSigner(key).public
    assert (b"ENCRYPTED" in path.read_bytes()) is (password is not None)
    with pytest.raises(UsageError) as caught:
        write_private_key(path, b"other")
    assert caught.value.diagnostics[0].code == "A107"
    assert path.read_bytes() != b"other"


def test_the_log_key_reads_back() -> None:
    key = generate_log_key()
    made = load_log_signer(private_pem(key), origin="ledger.example")
    assert made.key.public == key.public_key().public_bytes_raw()
    assert made.key.name == "ledger.example"
    assert ed25519_pem(made.key.public) == key.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


def rsa_pem() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "pem", [b"", b"secret words", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key_is_refused_without_quoting_it(pem: bytes) -> None:
    for load in (load_signer, lambda data: load_log_signer(data, origin="ledger.example")):
        with pytest.raises(UsageError) as caught:
            load(pem)
        assert caught.value.diagnostics[0].code == "A104"
        assert "secret words" not in str(caught.value)


def test_keys_of_another_type_and_wrong_passwords_are_refused() -> None:
    p384 = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    locked = private_pem(generate_certifier_key(), password=b"right")
    for pem, password in (
        (rsa_pem(), None),
        (p384, None),
        (private_pem(generate_log_key()), None),
        (locked, None),
        (locked, b"wrong"),
    ):
        with pytest.raises(UsageError) as caught:
            load_signer(pem, password=password)
        assert caught.value.diagnostics[0].code == "A104"
    with pytest.raises(UsageError):
        load_log_signer(private_pem(generate_certifier_key()), origin="ledger.example")
    with pytest.raises(IntegrityError):
        LocalSigner(ec.generate_private_key(ec.SECP384R1()))
