"""Signers by URI: which family, files and variables, passwords, and no secret in any message."""

from __future__ import annotations

import re
import stat
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.keys import LocalSigner, private_pem
from govern.attestation.signers import builtin_families, load_attestation_signer, load_note_signer, registry
from govern.attestation.signers.checked import CheckedEd25519, CheckedSigner
from govern.attestation.signers.interface import extra_missing, unreachable
from govern.attestation.signers.place import KeyPlace, split_key
from govern.diagnostics import GovernError, IntegrityError, UsageError
from govern.ledger.note import NoteSigner
from support.attestations import CERTIFIER, signer
from support.process import ROOT

P256 = ec.derive_private_key(1, ec.SECP256R1())
ED25519 = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
SECRET = "correct horse battery staple"


def put(folder: Path, name: str, key: object, password: bytes | None = None) -> Path:
    assert isinstance(key, ec.EllipticCurvePrivateKey | Ed25519PrivateKey)
    path = folder / name
    path.write_bytes(private_pem(key, password=password))
    return path


def refused(uri: str, environment: dict[str, str], *, log: bool = False) -> GovernError:
    """What loading a key ends with."""
    load = partial(load_note_signer, origin="ledger.example") if log else load_attestation_signer
    with pytest.raises(GovernError) as caught:
        load(uri, environment=environment)
    return caught.value


# -- where a key is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("keys/certifier.pem", ("file", "keys/certifier.pem")),
        ("/keys/certifier.pem", ("file", "/keys/certifier.pem")),
        ("file:keys/certifier.pem", ("file", "keys/certifier.pem")),
        ("env:GATE_KEY", ("env", "GATE_KEY")),
        ("hsm:2?label=govern", ("hsm", "2?label=govern")),
        ("hsm:", ("hsm", "")),
        ("awskms:arn:aws:kms:eu-west-1:1:key/2", ("awskms", "arn:aws:kms:eu-west-1:1:key/2")),
        ("azurekms://v.vault.azure.net/keys/k/1", ("azurekms", "//v.vault.azure.net/keys/k/1")),
        ("C:/keys/certifier.pem", ("file", "C:/keys/certifier.pem")),
        ("c:/keys/certifier.pem", ("file", "c:/keys/certifier.pem")),
        ("./env:odd", ("file", "./env:odd")),
        ("", ("file", "")),
    ],
)
def test_a_text_is_a_path_or_has_a_scheme(text: str, split: tuple[str, str]) -> None:
    assert split_key(text) == split


def test_every_builtin_family_is_listed_and_an_unknown_scheme_names_them() -> None:
    known = builtin_families()
    assert list(known) == ["file", "env", "hsm", "awskms", "gcpkms", "azurekms", "hv"]
    fault = refused("nosuch:key", {})
    assert fault.diagnostics[0].code == "A401"
    assert all(f"{name}:" in str(fault.diagnostics[0].hint) for name in known)


@pytest.mark.parametrize("scheme", ["awskms", "gcpkms", "azurekms"])
def test_families_without_ed25519_hold_no_log(scheme: str) -> None:
    fault = refused(f"{scheme}:key", {}, log=True)
    assert (fault.diagnostics[0].code, fault.exit_code) == ("A404", 2)


def test_others_add_families_by_entry_point(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that is really installed, as far as importlib.metadata can tell."""
    (tmp_path / "card_signer.py").write_text(
        "from govern.attestation.signers.interface import SignerFamily\n"
        "from support.attestations import CERTIFIER\n"
        "CARD = SignerFamily(attestation=lambda place: CERTIFIER)\n"
        "ODD = 'no family'\n",
        encoding="utf-8",
    )
    info = tmp_path / "card_signer-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: card-signer\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[govern.signers]\ncard = card_signer:CARD\nodd = card_signer:ODD\nabsent = card_signer:NOSUCH\n"
        "broken = nosuchmodule:x\nenv = card_signer:CARD\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_attestation_signer("card:1", environment={}).public == CERTIFIER.public
    assert refused("card:1", {}, log=True).diagnostics[0].code == "A404"
    assert refused("broken:1", {}).diagnostics[0].code == "A402"
    assert refused("absent:1", {}).diagnostics[0].code == "A402"
    assert refused("odd:1", {}).diagnostics[0].code == "A401"
    assert refused("nothing:1", {}).diagnostics[0].code == "A401"
    assert refused("env:NOT_SET", {}).diagnostics[0].code == "A104"  # nobody takes the place of a family of ours


def test_the_group_of_entry_points_has_the_promised_name() -> None:
    assert registry.ENTRY_POINTS == "govern.signers"


# -- files and variables --------------------------------------------------------------------------------------------


def test_files_and_variables_give_the_same_signer_and_sign_deterministically(tmp_path: Path) -> None:
    path = put(tmp_path, "certifier.pem", P256)
    environment = {"GATE": path.read_text(encoding="utf-8")}
    for uri in (str(path), f"file:{path}", "env:GATE"):
        made = load_attestation_signer(uri, environment=environment)
        assert isinstance(made, LocalSigner)
        assert made.public == CERTIFIER.public
        assert made.sign(b"golden") == CERTIFIER.sign(b"golden")


def test_the_log_key_is_loaded_the_same_ways(tmp_path: Path) -> None:
    path = put(tmp_path, "log.pem", ED25519)
    vkey = NoteSigner("ledger.example", ED25519).key.vkey
    for uri in (str(path), f"file:{path}", "env:LOG"):
        environment = {"LOG": path.read_text(encoding="utf-8")}
        assert load_note_signer(uri, origin="ledger.example", environment=environment).key.vkey == vkey


@pytest.mark.parametrize(
    ("environment", "opens"),
    [
        ({"GOVERN_KEY_PASSWORD": SECRET}, True),
        ({"GOVERN_KEY_PASSWORD_GATE_KEY": SECRET}, True),
        ({"GOVERN_KEY_PASSWORD": "wrong", "GOVERN_KEY_PASSWORD_GATE_KEY": SECRET}, True),
        ({"GOVERN_KEY_PASSWORD": SECRET, "GOVERN_KEY_PASSWORD_GATE_KEY": "wrong"}, False),
        ({"GOVERN_KEY_PASSWORD": "wrong"}, False),
        ({"GOVERN_KEY_PASSWORD": SECRET + " "}, False),
        ({"GOVERN_KEY_PASSWORD": ""}, False),
        ({"GOVERN_KEY_PASSWORD_OTHER": SECRET}, False),
        ({}, False),
    ],
)
def test_a_password_of_its_own_or_for_all(tmp_path: Path, environment: dict[str, str], opens: bool) -> None:
    path = put(tmp_path, "gate-key.pem", P256, SECRET.encode())
    log = put(tmp_path, "gate.key.pem", ED25519, SECRET.encode())
    held = {**environment, "GATE_KEY": path.read_text(encoding="utf-8")}
    for uri in (str(path), "env:GATE_KEY"):
        if opens:
            assert load_attestation_signer(uri, environment=held).public == CERTIFIER.public
        else:
            assert refused(uri, held).diagnostics[0].code == "A104"
    if opens:
        assert load_note_signer(str(log), origin="ledger.example", environment=held).key.name == "ledger.example"
    else:
        assert refused(str(log), held, log=True).diagnostics[0].code == "A104"


def test_a_password_that_is_set_does_no_harm_to_keys_that_need_none(tmp_path: Path) -> None:
    path = put(tmp_path, "certifier.pem", P256)
    made = load_attestation_signer(str(path), environment={"GOVERN_KEY_PASSWORD": SECRET})
    assert made.public == CERTIFIER.public


def everything_said(fault: BaseException | None) -> str:
    """An error with its causes, as a traceback would show them."""
    parts = []
    while fault is not None:
        parts += [str(fault), repr(fault), repr(getattr(fault, "diagnostics", ""))]
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
    return "\n".join(parts)


def test_no_message_holds_a_secret(tmp_path: Path) -> None:
    """Neither password nor key, whatever is wrong: logs of CI jobs are read by many."""
    locked = put(tmp_path, "locked.pem", P256, SECRET.encode())
    text = put(tmp_path, "open.pem", P256).read_text(encoding="utf-8")
    body = text.splitlines()[1]
    (tmp_path / "damaged.pem").write_text(text.replace(body, body[:40]), encoding="utf-8")
    rows = [
        (str(locked), {"GOVERN_KEY_PASSWORD": "wrong " + SECRET}),
        (str(locked), {}),
        (str(tmp_path / "damaged.pem"), {"GOVERN_KEY_PASSWORD": SECRET}),
        ("env:KEY", {"KEY": body, "GOVERN_KEY_PASSWORD": SECRET}),
        ("env:KEY", {"KEY": text.replace("PRIVATE", "PUBLIC")}),
        (text, {}),  # the key itself where its place belongs
        (text.replace("\n", ""), {}),
        (text.replace("\n", "\\n"), {}),
        (f"hsm:2?pin={SECRET}", {}),
        (f"hsm:{SECRET}", {}),
    ]
    for uri, environment in rows:
        for log in (False, True):
            said = everything_said(refused(uri, environment, log=log))
            assert SECRET not in said, uri
            assert body[:30] not in said, uri


def test_the_environment_is_not_shown_with_a_place() -> None:
    place = KeyPlace.parse("env:GATE", {"GATE": SECRET})
    assert SECRET not in repr(place)


@pytest.mark.parametrize("uri", ["", "nosuch.pem", "file:nosuch.pem", "folder", "env:NOT_SET", "env:", "a\0b"])
def test_keys_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    for log in (False, True):
        fault = refused(uri, {}, log=log)
        assert (fault.diagnostics[0].code, fault.exit_code) == ("A104", 2)


def test_keys_of_the_other_type_are_refused(tmp_path: Path) -> None:
    certifier, log = put(tmp_path, "c.pem", P256), put(tmp_path, "l.pem", ED25519)
    assert refused(str(log), {}).diagnostics[0].code == "A104"
    assert refused(str(certifier), {}, log=True).diagnostics[0].code == "A104"


def test_a_key_file_is_read_with_a_cap(tmp_path: Path) -> None:
    path = put(tmp_path, "certifier.pem", P256)
    path.write_bytes(path.read_bytes() + b"\n" * 10_000_000)
    assert load_attestation_signer(str(path), environment={}).public == CERTIFIER.public
    assert stat.S_ISREG(path.stat().st_mode)


@given(st.text(max_size=60))
def test_any_text_gives_a_signer_or_a_diagnosis(text: str) -> None:
    with pytest.raises(GovernError):
        load_attestation_signer(text, environment={})


# -- the contract of devices and services ---------------------------------------------------------------------------

PLACE = KeyPlace.parse("card:1", {})


def test_what_does_not_verify_is_never_handed_on() -> None:
    assert CheckedSigner(PLACE, CERTIFIER.public, CERTIFIER.sign).sign(b"x") == CERTIFIER.sign(b"x")
    with pytest.raises(IntegrityError) as caught:
        CheckedSigner(PLACE, CERTIFIER.public, signer(2).sign)
    assert (caught.value.diagnostics[0].code, caught.value.exit_code) == ("A405", 4)
    assert CERTIFIER.public.keyid not in (PLACE.uri,)


def test_a_signer_that_turns_bad_later_is_found_then() -> None:
    """Rotated in the service while a run is under way."""
    answers = [CERTIFIER, CERTIFIER, signer(2)]
    made = CheckedSigner(PLACE, CERTIFIER.public, lambda message: answers.pop(0).sign(message))
    assert made.sign(b"x")
    with pytest.raises(IntegrityError):
        made.sign(b"y")


def test_an_ed25519_key_elsewhere_is_held_to_the_same() -> None:
    public = ED25519.public_key().public_bytes_raw()
    made = CheckedEd25519(PLACE, public, ED25519.sign)
    assert NoteSigner("ledger.example", made).key == NoteSigner("ledger.example", ED25519).key
    assert NoteSigner("ledger.example", made).note("a\n") == NoteSigner("ledger.example", ED25519).note("a\n")
    with pytest.raises(IntegrityError) as caught:
        CheckedEd25519(PLACE, public, Ed25519PrivateKey.from_private_bytes(b"\x02" * 32).sign)
    assert caught.value.diagnostics[0].code == "A405"
    with pytest.raises(UsageError) as other:
        CheckedEd25519(PLACE, public[:31], ED25519.sign)
    assert other.value.diagnostics[0].code == "A404"


def test_a_missing_extra_is_named() -> None:
    fault = extra_missing(PLACE, "aws", ImportError("boto3"))
    assert (fault.diagnostics[0].code, fault.exit_code) == ("A402", 2)
    assert "govern[aws]" in str(fault)


def test_what_a_service_says_is_cut_and_made_harmless() -> None:
    fault = unreachable(PLACE, ValueError("no \x1b[31m" + "x" * 500 + "\nAuthorization: " + SECRET))
    text = fault.diagnostics[0].message
    assert (fault.diagnostics[0].code, fault.exit_code) == ("A403", 3)
    assert len(text) < 320
    assert "\x1b" not in text
    assert SECRET not in text
    assert "no reason" in unreachable(PLACE, ValueError()).diagnostics[0].message


# -- the page -------------------------------------------------------------------------------------------------------


def test_the_page_names_every_scheme_variable_and_code() -> None:
    page = (ROOT / "docs" / "signers.md").read_text(encoding="utf-8")
    for scheme in builtin_families():
        assert f"`{scheme}:" in page, scheme
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "src/govern/attestation/signers").glob("*.py")
    )
    variables = set(re.findall(r"\b(?:GOVERN|VAULT|PYKCS11)[A-Z0-9_]*[A-Z0-9]\b", source))
    assert {"VAULT_TOKEN", "GOVERN_HSM_PIN", "PYKCS11LIB"} <= variables
    assert sorted(name for name in variables if f"`{name}" not in page) == []
    for extra in ("hsm", "aws", "gcp", "azure", "vault"):
        assert f"govern[{extra}]" in page
