"""HashiCorp Vault: hvac itself, pointed at a stand-in that speaks the transit engine's API."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import VaultSigner

from govern.attestation.keys import PublicKey
from govern.attestation.signers import load_attestation_signer, load_note_signer
from govern.diagnostics import GovernError
from govern.ledger.note import NoteSigner
from support.key_services import EcKey, VaultTransit
from support.loopback import Answer, json_service

LOG_KEY = Ed25519PrivateKey.from_private_bytes(b"\x21" * 32)


@dataclass
class Vault:
    service: VaultTransit
    environment: dict[str, str]
    answer: Any = None
    """Takes the place of the stand-in's answer to a signature."""


@pytest.fixture
def vault() -> Iterator[Vault]:
    service = VaultTransit(EcKey(), LOG_KEY)
    made = Vault(service, {})

    def answer(method: str, path: str, headers: Any, body: Any) -> Answer:
        found = service(method, path, headers, body)
        return made.answer if made.answer is not None and method == "POST" else found

    with json_service(answer) as address:
        made.environment = {"VAULT_ADDR": address, "VAULT_TOKEN": service.token}
        yield made


def refused(vault: Vault, uri: str, *, log: bool = False, **changes: str) -> tuple[str, int, str]:
    load = partial(load_note_signer, origin="ledger.example") if log else load_attestation_signer
    with pytest.raises(GovernError) as caught:
        load(uri, environment={**vault.environment, **changes})
    return caught.value.diagnostics[0].code, caught.value.exit_code, str(caught.value)


def test_a_p256_key_signs_a_digest(vault: Vault) -> None:
    made = load_attestation_signer("hv:gate", environment=vault.environment)
    assert made.public == PublicKey.parse(vault.service.ec.der)
    assert made.public.verifies(made.sign(b"a statement"), b"a statement")
    assert vault.service.ec.asked[-1] == hashlib.sha256(b"a statement").digest()
    sent = vault.service.asked[-1]
    assert sent["key_version"] == 2  # the newest one, fixed when the key is loaded
    assert b"a statement" not in base64.b64decode(sent["input"])


def test_a_version_can_be_named(vault: Vault) -> None:
    load_attestation_signer("hv:gate/1", environment=vault.environment).sign(b"x")
    assert [item["key_version"] for item in vault.service.asked] == [1, 1]
    assert refused(vault, "hv:gate/3")[:2] == ("A403", 3)


def test_an_ed25519_key_holds_the_log(vault: Vault) -> None:
    made = load_note_signer("hv:ledger", origin="ledger.example", environment=vault.environment)
    assert made.key == NoteSigner("ledger.example", LOG_KEY).key
    assert made.note("a\n") == NoteSigner("ledger.example", LOG_KEY).note("a\n")


def test_securesystemslibs_own_signer_agrees_about_ed25519(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in vault.environment.items():
        monkeypatch.setenv(name, value)
    uri, key = VaultSigner.import_("ledger")
    theirs = VaultSigner.from_priv_key_uri(uri, key).sign(b"a\n")
    ours = load_note_signer(uri, origin="ledger.example", environment=vault.environment)
    assert theirs.signature == LOG_KEY.sign(b"a\n").hex()
    assert ours.key.public == LOG_KEY.public_key().public_bytes_raw()


def test_a_vault_that_hashes_twice_is_refused(vault: Vault) -> None:
    vault.service.ec.twice = True
    code, exit_code, text = refused(vault, "hv:gate")
    assert (code, exit_code) == ("A405", 4)
    assert "twice" in text


@pytest.mark.parametrize(
    ("uri", "log", "code"),
    [
        ("hv:gate", True, "A404"),  # P-256 cannot hold the log
        ("hv:ledger", False, "A404"),  # Ed25519 cannot sign certificates
        ("hv:wide", False, "A404"),  # P-384
        ("hv:odd", False, "A404"),  # not the key that its type says
        ("hv:nosuch", False, "A403"),
        ("hv:", False, "A406"),
        ("hv:a/b/c", False, "A406"),
        ("hv:gate/0", False, "A406"),
        ("hv:../secret/x", False, "A406"),
        ("hv:gate?x=1", False, "A406"),
    ],
)
def test_other_keys_are_refused(vault: Vault, uri: str, log: bool, code: str) -> None:
    found, exit_code, _text = refused(vault, uri, log=log)
    assert (found, exit_code) == (code, 3 if code == "A403" else 2)


def test_the_token_is_in_no_message(vault: Vault) -> None:
    wrong = "s.another-secret"
    code, exit_code, text = refused(vault, "hv:gate", VAULT_TOKEN=wrong)
    assert (code, exit_code) == ("A403", 3)
    assert wrong not in text
    assert refused(vault, "hv:gate", VAULT_TOKEN="")[0] == "A406"
    assert refused(vault, "hv:gate", VAULT_ADDR="")[0] == "A406"
    code, exit_code, text = refused(vault, "hv:gate", VAULT_ADDR="http://127.0.0.1:9")
    assert (code, exit_code) == ("A403", 3)
    assert vault.environment["VAULT_TOKEN"] not in text


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"data": {"signature": "vault:v2:!!"}}),
        (200, {"data": {"signature": "hsm:v2:AAAA"}}),
        (200, {"data": {"signature": "AAAA"}}),
        (200, {"data": {}}),
        (200, {"data": None}),
        (200, []),
        (500, {"errors": ["internal"]}),
        (400, {"errors": ["bad"]}),
    ],
)
def test_an_answer_that_is_no_signature_is_a_fault_of_the_service(vault: Vault, answer: Answer) -> None:
    vault.answer = answer
    assert refused(vault, "hv:gate")[:2] == ("A403", 3)


def test_a_signature_of_something_else_is_not_handed_on(vault: Vault) -> None:
    made = load_note_signer("hv:ledger", origin="ledger.example", environment=vault.environment)
    vault.answer = (200, {"data": {"signature": f"vault:v2:{base64.b64encode(LOG_KEY.sign(b'else')).decode()}"}})
    with pytest.raises(GovernError) as caught:
        made.note("a\n")
    assert caught.value.diagnostics[0].code == "A405"
