"""Keys in a device, a variable or an encrypted file, and time-stamps, through the command from end to end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from govern.attestation.keys import LocalSigner, private_pem
from govern.canonical import base64_bytes, parse_instant
from oracles.shell import run, succeeds
from support.process import Ended, govern
from support.softhsm import PIN, Token, make_token
from support.tsa import LocalTsa

pytestmark = pytest.mark.tools

AT = "2026-06-01T00:00:00Z"
STEM = "certificates/example-loan-model-1.0.0.pre-registration"
CERTIFICATE = f"{STEM}.certificate.sigstore.json"
HSM_CERTIFIER, HSM_LOG = "hsm:2?label=govern", "hsm:3?label=govern"
SECRET = "correct horse battery staple"


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    return make_token(tmp_path_factory.mktemp("hsm") / "t")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    begun = govern("init", "gate", "--at", AT, cwd=folder)
    assert begun.code == 0, begun.err
    return folder / "gate"


@pytest.fixture
def gate(made: Path, tmp_path: Path) -> Path:
    """A workspace of one's own."""
    return Path(shutil.copytree(made, tmp_path / "gate"))


def check(gate: Path, environment: Mapping[str, str] | None = None) -> Ended:
    return govern("check", "example", "-s", "pre-registration", "--at", AT, cwd=gate, environment=environment)


def verify(gate: Path, *more: str, certificate: str = CERTIFICATE) -> Ended:
    """The auditor's command: no key, no variable, no device."""
    return govern("verify", certificate, "--trust", "trust.json", "--bundle", "example", "--at", AT, *more, cwd=gate)


def entries(gate: Path) -> int:
    listed = govern("ledger", "log", "-o", "json", cwd=gate)
    assert listed.code == 0, listed.err
    return len(json.loads(listed.out)["entries"]) if "{" in listed.out[:1] else len(json.loads(listed.out))


def openssl_accepts(gate: Path, pem: str, folder: Path) -> bool:
    """The auditor's openssl commands on the certificate's signature, under a public key."""
    (folder / "cert.pub").write_text(pem, encoding="utf-8")
    shutil.copy(gate / CERTIFICATE, folder / "C")
    script = """
    jq -r .dsseEnvelope.payload C | base64 -d > payload
    jq -r '.dsseEnvelope.signatures[0].sig' C | base64 -d > sig
    T=application/vnd.in-toto+json
    { printf 'DSSEv1 %d %s %d ' ${#T} $T $(stat -c %s payload); cat payload; } > pae
    openssl dgst -sha256 -verify cert.pub -signature sig pae
    """
    return succeeds(script, cwd=folder)


def public_pem(shown: str) -> str:
    return "-----BEGIN" + shown.partition("-----BEGIN")[2]


# -- a device -------------------------------------------------------------------------------------------------------


def test_softhsm_signs_a_certificate_and_the_log_end_to_end(token: Token, tmp_path: Path) -> None:
    """Neither private key ever is in a file; the auditor needs nothing of the device."""
    folder = tmp_path / "g"
    keys = ("--certifier-key", HSM_CERTIFIER, "--log-key", HSM_LOG)
    begun = govern("init", folder, *keys, "--at", AT, environment=token.environment)
    assert begun.code == 0, begun.err
    assert sorted(path.name for path in (folder / ".govern" / "keys").iterdir()) == ["root.pem", "root.pub"]
    ended = check(folder, token.environment)
    assert ended.code == 0, ended.err + ended.out
    judged = verify(folder)
    assert judged.code == 0, judged.out
    shown = govern("keys", "show", HSM_CERTIFIER, environment=token.environment)
    assert shown.code == 0, shown.err
    public = LocalSigner(token.p256).public
    assert f"keyid  {public.keyid}" in shown.out
    assert f"hint   {public.hint}" in shown.out
    assert public_pem(shown.out).strip() == public.pem.decode().strip()
    assert openssl_accepts(folder, public_pem(shown.out), tmp_path)
    other = LocalSigner(ec.derive_private_key(5, ec.SECP256R1())).public.pem.decode()
    assert not openssl_accepts(folder, other, tmp_path)
    assert govern("ledger", "verify", cwd=folder).code == 0
    log = govern("keys", "show", HSM_LOG, "--origin", "ledger.example", environment=token.environment)
    assert log.code == 0, log.err
    vkey = log.out.splitlines()[0].removeprefix("vkey").strip()
    assert vkey in (folder / "trust.json").read_text(encoding="utf-8") or vkey in judged.out
    for text in (begun.out, ended.out, ended.err, judged.out, shown.out, log.out):
        assert PIN not in text


def test_a_device_that_refuses_leaves_nothing_behind(token: Token, gate: Path) -> None:
    before = entries(gate)
    wrong = {**token.environment, "GOVERN_HSM_PIN": "00000", "GOVERN_CERTIFIER": HSM_CERTIFIER}
    ended = check(gate, wrong)
    assert ended.code == 3, ended.err
    assert "A403" in ended.err
    assert "00000" not in ended.err + ended.out
    assert entries(gate) == before
    assert not (gate / CERTIFICATE).exists()
    missing = check(gate, {"GOVERN_CERTIFIER": HSM_CERTIFIER})
    assert (missing.code, "GOVERN_HSM_PIN" in missing.err) == (2, True)


def test_a_device_key_takes_over_by_an_edit_of_the_trust_root(token: Token, gate: Path) -> None:
    """`keys show` gives what `trust edit` wants."""
    stranger = {**token.environment, "GOVERN_CERTIFIER": HSM_CERTIFIER}
    refused = check(gate, stranger)
    assert (refused.code, "does not let the key" in refused.err) == (2, True)
    shown = govern("keys", "show", HSM_CERTIFIER, environment=token.environment)
    (gate / "hsm.pub").write_text(public_pem(shown.out), encoding="utf-8")
    edited = govern(
        *("trust", "edit", "--add", "certifier=hsm.pub,service:hsm", "--at", AT, "--key", ".govern/keys/root.pem"),
        cwd=gate,
    )
    assert edited.code == 0, edited.err
    ended = check(gate, stranger)
    assert ended.code == 0, ended.err + ended.out
    judged = verify(gate)
    assert judged.code == 0, judged.out
    assert "service:hsm" in judged.out


# -- variables and encrypted files ----------------------------------------------------------------------------------


def test_keys_in_variables(gate: Path) -> None:
    keys = gate / ".govern" / "keys"
    held = {
        "GOVERN_CERTIFIER": "env:GATE_KEY",
        "GOVERN_LOG": "env:LOG_KEY",
        "GATE_KEY": (keys / "certifier.pem").read_text(encoding="utf-8"),
        "LOG_KEY": (keys / "log.pem").read_text(encoding="utf-8"),
    }
    (keys / "certifier.pem").unlink()
    (keys / "log.pem").unlink()
    ended = check(gate, held)
    assert ended.code == 0, ended.err
    assert verify(gate).code == 0


def test_an_encrypted_key_opens_with_its_password_alone(gate: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = gate / ".govern" / "keys" / "certifier.pem"
    key = load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    path.write_bytes(private_pem(key, password=SECRET.encode()))
    wrong = {"GOVERN_KEY_PASSWORD": f"not {SECRET}"}
    for environment in ({}, wrong):
        ended = check(gate, environment)
        assert (ended.code, "A104" in ended.err) == (2, True)
        assert SECRET not in ended.err + ended.out
        assert "Traceback" not in ended.err
    assert "GOVERN_KEY_PASSWORD" in check(gate).err
    for variable in ("GOVERN_KEY_PASSWORD", "GOVERN_KEY_PASSWORD_CERTIFIER"):
        ended = check(gate, {variable: SECRET})
        assert ended.code == 0, ended.err
        assert verify(gate).code == 0


def test_a_key_where_its_place_belongs_is_not_printed(gate: Path) -> None:
    text = (gate / ".govern" / "keys" / "certifier.pem").read_text(encoding="utf-8")
    for more in ((), ("--verbose",), ("--no-issue", "--verbose")):
        ended = govern(
            *("check", "example", "-s", "pre-registration", "--at", AT, *more),
            cwd=gate,
            environment={"GOVERN_CERTIFIER": text},
        )
        assert ended.code == 2
        assert text.splitlines()[1] not in ended.err + ended.out
        assert "env:NAME" in ended.err


@pytest.mark.parametrize(
    ("uri", "code", "said"),
    [
        ("nosuch:x", 2, "A401"),
        ("nosuch.pem", 2, "A104"),
        ("env:NOT_SET", 2, "A104"),
        ("hsm:2", 2, "A406"),
        ("hv:gate", 2, "A406"),
        ("gcpkms:x", 2, "A406"),
    ],
)
def test_keys_show_says_what_is_wrong(gate: Path, uri: str, code: int, said: str) -> None:
    ended = govern("keys", "show", uri, cwd=gate)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_keys_show_of_files(gate: Path) -> None:
    shown = govern("keys", "show", ".govern/keys/certifier.pem", cwd=gate)
    assert public_pem(shown.out).strip() == (gate / ".govern/keys/certifier.pub").read_text(encoding="utf-8").strip()
    log = govern("keys", "show", ".govern/keys/log.pem", "--origin", "ledger.example", cwd=gate)
    assert (gate / ".govern/keys/log.vkey").read_text(encoding="utf-8").strip() in log.out
    assert govern("keys", "show", ".govern/keys/log.pem", "--origin", "no origin", cwd=gate).code == 2
    assert govern("keys", "show", ".govern/keys/log.pem", cwd=gate).code == 2


# -- time-stamps ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tsa(gate: Path, tmp_path: Path) -> LocalTsa:
    """An authority that the workspace's trust root lists, and of which every statement needs a token."""
    made = LocalTsa(tmp_path / "tsa")
    chain = str(made.folder / "chain.pem")
    edit = ("trust", "edit", "--tsa", chain, "--require-timestamps", "1", "--at", AT, "--key", ".govern/keys/root.pem")
    edited = govern(*edit, cwd=gate)
    assert edited.code == 0, edited.err
    return made


def soon(tsa: LocalTsa, request: bytes) -> bytes:
    return tsa.reply_at(request, at=parse_instant("2026-06-01T00:00:03Z"))


def openssl_accepts_token(gate: Path, tsa: LocalTsa, folder: Path) -> bool:
    shutil.copy(gate / CERTIFICATE, folder / "C")
    for name in ("root.pem", "tsa.pem"):
        shutil.copy(tsa.folder / name, folder / name)
    script = """
    jq -r '.dsseEnvelope.signatures[0].sig' C | base64 -d > sig
    jq -r '.verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp' C \
      | base64 -d > token.tsr
    openssl ts -verify -data sig -in token.tsr -CAfile root.pem -untrusted tsa.pem
    """
    return succeeds(script, cwd=folder)


def test_the_gate_stamps_what_it_issues(gate: Path, tsa: LocalTsa, tmp_path: Path) -> None:
    with tsa.served(lambda request: soon(tsa, request)) as address:
        ended = check(gate, {"GOVERN_TSA": address})
    assert ended.code == 0, ended.err
    judged = verify(gate)
    assert judged.code == 0, judged.out
    assert "time-stamped by CN=tsa.example on 2026-06-01T00:00:03Z" in judged.out
    assert verify(gate, "--kind", "vsa", certificate=f"{STEM}.vsa.sigstore.json").code == 0
    assert openssl_accepts_token(gate, tsa, tmp_path)


def test_a_silent_authority_ends_with_3_and_nothing_is_logged(gate: Path, tsa: LocalTsa) -> None:
    before, files = entries(gate), sorted(path.name for path in gate.rglob("*") if path.is_file())
    with tsa.served(lambda _request: b"busy", status=503) as address:
        ended = check(gate, {"GOVERN_TSA": address})
    assert (ended.code, "A413" in ended.err) == (3, True), ended.err
    assert entries(gate) == before
    assert sorted(path.name for path in gate.rglob("*") if path.is_file()) == files
    late = parse_instant("2026-06-03T00:00:00Z")
    with tsa.served(lambda request: tsa.reply_at(request, at=late)) as address:
        ended = check(gate, {"GOVERN_TSA": address})
    assert (ended.code, "A414" in ended.err) == (3, True), ended.err
    assert entries(gate) == before


def test_an_authority_that_cannot_be_verified_is_said_before_any_check(gate: Path) -> None:
    ended = check(gate, {"GOVERN_TSA": "https://tsa.example/"})
    assert (ended.code, "A411" in ended.err) == (2, True), ended.err


def test_across_an_air_gap(gate: Path, tsa: LocalTsa, tmp_path: Path) -> None:
    """Issued without a token, the question carried out, the answer carried in."""
    issued = check(gate)
    assert issued.code == 0
    assert "A416" in issued.err
    assert "asks for tokens of 1 authorities, this file gets 0" in issued.err
    bare = verify(gate)
    assert (bare.code, "govern stamp" in bare.out) == (1, True)
    asked = govern("stamp", CERTIFICATE, "--request", "C.tsq", cwd=gate)
    assert asked.code == 0, asked.err
    assert "Certificate required: yes" in run("openssl ts -query -in C.tsq -text", cwd=gate)
    (gate / "C.tsr").write_bytes(soon(tsa, (gate / "C.tsq").read_bytes()))
    added = govern("stamp", CERTIFICATE, "--response", "C.tsr", cwd=gate)
    assert added.code == 0, added.err
    assert "stamped by CN=tsa.example on 2026-06-01T00:00:03Z" in added.out
    assert verify(gate).code == 0
    assert openssl_accepts_token(gate, tsa, tmp_path)
    again = govern("stamp", CERTIFICATE, "--response", "C.tsr", cwd=gate)
    assert (again.code, "A415" in again.err) == (2, True)


def test_what_would_spoil_a_file_leaves_it_as_it_was(gate: Path, tsa: LocalTsa, tmp_path: Path) -> None:
    assert check(gate).code == 0
    path = gate / CERTIFICATE
    before = path.read_bytes()
    signature = base64_bytes(json.loads(before)["dsseEnvelope"]["signatures"][0]["sig"])
    stranger = LocalTsa(tmp_path / "other", name="other.example", scalar=3001)
    at = parse_instant("2026-06-01T00:00:03Z")
    rows = {
        "late": (tsa.token(signature, at=parse_instant("2026-06-03T00:00:00Z")), 3, "A414"),
        "another signature": (tsa.token(b"other", at=at), 4, "A410"),
        "stranger": (stranger.token(signature, at=at), 2, "A411"),
        "no answer": (b"<html>", 3, "A412"),
    }
    for name, (answer, code, said) in rows.items():
        (gate / "r.tsr").write_bytes(answer)
        ended = govern("stamp", CERTIFICATE, "--response", "r.tsr", cwd=gate)
        assert (ended.code, said in ended.err) == (code, True), (name, ended.err)
        assert path.read_bytes() == before
    assert govern("stamp", CERTIFICATE, "--response", "nosuch.tsr", cwd=gate).code == 2
    assert govern("stamp", "trust.json", "--request", "q.tsq", cwd=gate).code == 4
    both = govern("stamp", CERTIFICATE, "--response", "r.tsr", "--request", "q.tsq", cwd=gate)
    assert (both.code, "U101" in both.err) == (2, True)
    assert govern("stamp", CERTIFICATE, cwd=gate).code == 2  # no authority is set


def test_a_file_is_stamped_by_asking(gate: Path, tsa: LocalTsa) -> None:
    assert check(gate).code == 0
    with tsa.served(lambda request: soon(tsa, request)) as address:
        ended = govern("stamp", CERTIFICATE, "--tsa", address, cwd=gate)
    assert ended.code == 0, ended.err
    assert verify(gate).code == 0
