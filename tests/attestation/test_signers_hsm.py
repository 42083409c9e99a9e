"""PKCS#11: real tokens of SoftHSM, signatures judged by openssl."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

import pytest

from govern.attestation.keys import LocalSigner
from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.diagnostics import GovernError
from govern.ledger.note import NoteSigner, check_note, parse_note
from oracles.shell import ecdsa_holds, ed25519_holds
from support.softhsm import ED25519_ID, LABEL, LIBRARY, P256_ID, P384_ID, PIN, Token, make_token

pytestmark = pytest.mark.tools

HSM = {"PYKCS11LIB": LIBRARY, "GOVERN_HSM_PIN": PIN}


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Token]:
    made = make_token(tmp_path_factory.mktemp("hsm") / "t")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", made.environment["SOFTHSM2_CONF"])
        yield made


def refused(uri: str, environment: dict[str, str], *, log: bool = False) -> tuple[str, int, str]:
    load = partial(load_note_signer, origin="ledger.example") if log else load_attestation_signer
    with pytest.raises(GovernError) as caught:
        load(uri, environment=environment)
    return caught.value.diagnostics[0].code, caught.value.exit_code, str(caught.value)


@pytest.mark.parametrize("uri", [f"hsm:{P256_ID}?label={LABEL}", f"hsm:?label={LABEL}", f"hsm:{P256_ID}", "hsm:"])
def test_a_p256_key_in_a_token_signs(token: Token, uri: str) -> None:
    made = load_attestation_signer(uri, environment=HSM)
    assert made.public == LocalSigner(token.p256).public
    signature = made.sign(b"statement")
    assert ecdsa_holds(made.public.spki, b"statement", signature)
    assert not ecdsa_holds(made.public.spki, b"another", signature)


def test_an_ed25519_key_in_a_token_signs_notes(token: Token) -> None:
    made = load_note_signer(f"hsm:{ED25519_ID}?label={LABEL}", origin="ledger.example", environment=HSM)
    assert made.key == NoteSigner("ledger.example", token.ed25519).key
    note = made.note("ledger.example\n1\nx\n")
    assert check_note(parse_note(note), (made.key,)) == (made.key,)
    # Ed25519 is deterministic: the device and the library agree to the byte.
    assert note == NoteSigner("ledger.example", token.ed25519).note("ledger.example\n1\nx\n")
    assert ed25519_holds(made.key.public, b"ledger.example\n1\nx\n", parse_note(note).signatures[0].signature)


def test_the_library_is_taken_from_what_was_handed_in(token: Token, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYKCS11LIB", raising=False)
    assert load_attestation_signer("hsm:2", environment=HSM)
    assert "PYKCS11LIB" not in os.environ
    monkeypatch.setenv("PYKCS11LIB", "/somewhere/else.so")
    assert load_attestation_signer("hsm:2", environment=HSM).sign(b"x")
    assert os.environ["PYKCS11LIB"] == "/somewhere/else.so"


def test_a_pin_of_its_own_stands_before_the_one_for_all(token: Token) -> None:
    own = {"PYKCS11LIB": LIBRARY, "GOVERN_HSM_PIN": "00000", "GOVERN_HSM_PIN_GOVERN": PIN}
    assert load_attestation_signer(f"hsm:2?label={LABEL}", environment=own)


@pytest.mark.parametrize(
    ("uri", "changes", "code", "exit_code"),
    [
        (f"hsm:{P384_ID}?label={LABEL}", {}, "A404", 2),
        (f"hsm:9?label={LABEL}", {}, "A403", 3),
        ("hsm:2?label=another", {}, "A403", 3),
        ("hsm:2", {"GOVERN_HSM_PIN": "00000"}, "A403", 3),
        ("hsm:2", {"PYKCS11LIB": "/nosuch/library.so"}, "A403", 3),
        ("hsm:2", {"PYKCS11LIB": ""}, "A406", 2),
        ("hsm:2", {"GOVERN_HSM_PIN": ""}, "A406", 2),
        ("hsm:two", {}, "A406", 2),
        ("hsm:-2", {}, "A406", 2),
        ("hsm:2?labl=govern", {}, "A406", 2),
        ("hsm:2?", {}, None, 0),
    ],
)
def test_what_is_wrong_is_said_without_the_pin(
    token: Token, uri: str, changes: dict[str, str], code: str | None, exit_code: int
) -> None:
    environment = {**HSM, **changes}
    if code is None:
        assert load_attestation_signer(uri, environment=environment)
        return
    found, ended, text = refused(uri, environment)
    assert (found, ended) == (code, exit_code)
    assert PIN not in text
    assert "00000" not in text


@pytest.mark.parametrize("number", [P256_ID, P384_ID, 9])
def test_only_an_ed25519_key_holds_the_log(token: Token, number: int) -> None:
    code, ended, _text = refused(f"hsm:{number}?label={LABEL}", HSM, log=True)
    assert (code, ended) == ("A403", 3)
    assert refused(f"hsm:{ED25519_ID}?label={LABEL}", HSM)[0] == "A403"
