"""`govern ledger erase` and `create`, through the real command: the text goes, the proofs stay."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path

import pytest

from support.postgres import PostgresServer
from support.process import Ended, govern

AT = "2026-05-01T00:00:00Z"


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A workspace with one certificate."""
    gate = tmp_path / "gate"
    assert govern("init", gate, "--at", AT).code == 0
    assert issue(gate).code == 0
    return gate


def issue(gate: Path, *, url: str | None = None) -> Ended:
    environment = {} if url is None else {"GOVERN_LEDGER": url}
    return govern("check", "example", "-s", "pre-registration", "--at", AT, cwd=gate, environment=environment)


def certificate(gate: Path) -> tuple[Path, str]:
    (path,) = (gate / "certificates").glob("*.certificate.sigstore.json")
    payload = b64decode(json.loads(path.read_text())["dsseEnvelope"]["payload"])
    return path, hashlib.sha256(payload).hexdigest()


def test_an_erased_statement_is_gone_while_its_certificate_and_proofs_stay_valid(gate: Path) -> None:
    path, digest = certificate(gate)
    before = govern("ledger", "prove", digest, cwd=gate).out
    erased = govern("ledger", "erase", f"sha256:{digest}", "--reason", "request 17", "--yes", "--at", AT, cwd=gate)
    assert erased.code == 0, erased.err
    assert "the payload of entry 0" in erased.out
    assert f"{path.relative_to(gate)} holds the statement" in erased.out.replace(f"{gate}/", "")
    assert erased.out.count("holds the statement") == 1
    assert "not reached" in erased.out
    assert not (gate / ".govern" / "objects" / "sha256" / digest[:2] / digest[2:]).exists()
    sound = govern("ledger", "verify", cwd=gate)
    assert (sound.code, sound.err) == (0, "")
    assert "1 erased" in sound.out
    listed = json.loads(govern("ledger", "log", "-o", "json", cwd=gate).out)["entries"]
    assert [row["kind"] for row in listed if row["payload"] == digest] == ["erased"]
    assert govern("ledger", "prove", digest, cwd=gate).out == before
    verified = govern("verify", path, "--trust", "trust.json", "--bundle", "example", "--at", AT, cwd=gate)
    assert verified.code == 0, verified.out
    # Issued again, byte for byte or anew, it does not come back.
    assert issue(gate).code == 0
    assert govern("ledger", "log", "-o", "json", cwd=gate).out.count('"erased"') == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["{digest}", "--reason", "r"], "G224"),
        (["{digest}", "--reason", " ", "--yes"], "G224"),
        (["{digest}", "--reason", "r\nr", "--yes"], "G224"),
        (["{digest}", "--reason", "r" * 501, "--yes"], "G224"),
        (["{short}", "--reason", "r", "--yes"], "G224"),
        (["{upper}", "--reason", "r", "--yes"], "G224"),
        (["0" * 64, "--reason", "r", "--yes"], "G213"),
    ],
)
def test_nothing_is_erased_by_accident(gate: Path, arguments: list[str], code: str) -> None:
    _, digest = certificate(gate)
    given = [item.format(digest=digest, short=digest[:16], upper=digest.upper()) for item in arguments]
    ended = govern("ledger", "erase", *given, cwd=gate)
    assert (ended.code, code in ended.err) == (2, True), ended.err
    assert "0 erased" in govern("ledger", "verify", cwd=gate).out


def test_a_lost_payload_is_no_erased_one(gate: Path) -> None:
    _, digest = certificate(gate)
    (gate / ".govern" / "objects" / "sha256" / digest[:2] / digest[2:]).unlink()
    found = govern("ledger", "verify", cwd=gate)
    assert (found.code, "G305" in found.err, "0 erased" in found.out) == (4, True, True)


def test_create_starts_one_ledger_and_no_second(gate: Path) -> None:
    assert govern("ledger", "create", cwd=gate).code == 2
    (gate / "published-checkpoint").unlink()
    (gate / ".govern" / "ledger.db").unlink()
    made = govern("ledger", "create", cwd=gate)
    assert (made.code, "created" in made.out) == (0, True), made.err
    refused = govern("ledger", "create", "--role", "gate", cwd=gate)
    assert (refused.code, "G228" in refused.err) == (2, True)
    assert "0 entries" in govern("ledger", "log", cwd=gate).out


@pytest.mark.tools
def test_a_gate_whose_ledger_is_a_server_does_all_of_this(tmp_path: Path, postgres_server: PostgresServer) -> None:
    """From an empty database to an erased certificate that still verifies, as a role that can change nothing."""
    gate = tmp_path / "gate"
    assert govern("init", gate, "--at", AT).code == 0
    (gate / "published-checkpoint").unlink()
    (gate / ".govern" / "ledger.db").unlink()
    name = postgres_server.database()
    with postgres_server.admin() as connection:
        connection.execute("DROP ROLE IF EXISTS gatekeeper")
        connection.execute("CREATE ROLE gatekeeper LOGIN")
    owner = {"GOVERN_LEDGER": postgres_server.url(name, password="hush")}
    nobody = govern("ledger", "create", "--role", "nobody-there", cwd=gate, environment=owner)
    assert (nobody.code, "G228" in nobody.err) == (2, True)
    made = govern("ledger", "create", "--role", "gatekeeper", "--at", AT, cwd=gate, environment=owner)
    assert made.code == 0, made.err
    assert "hush" not in made.out + made.err + nobody.out + nobody.err

    url = postgres_server.url(name, "gatekeeper", "hush")
    settings = (gate / "govern.toml").read_text()
    (gate / "govern.toml").write_text(settings.replace('ledger = ".govern/ledger.db"', f'ledger = "{url}"'))
    assert issue(gate).code == 0
    path, digest = certificate(gate)
    for words in (["ledger", "log"], ["ledger", "verify"], ["ledger", "prove", "0"], ["doctor", "--at", AT]):
        ended = govern(*words, cwd=gate)
        assert ended.code == 0, ended.err
        assert "hush" not in ended.out + ended.err
    assert (gate / ".govern" / "objects" / "sha256" / digest[:2] / digest[2:]).exists()
    assert govern("ledger", "erase", digest, "--reason", "request", "--yes", cwd=gate).code == 0
    assert "1 erased" in govern("ledger", "verify", cwd=gate).out
    assert govern("verify", path, "--trust", "trust.json", "--bundle", "example", "--at", AT, cwd=gate).code == 0
    with postgres_server.admin(name) as connection:
        connection.execute("ALTER TABLE govern_ledger.tnode DISABLE TRIGGER ALL")
        connection.execute("UPDATE govern_ledger.tnode SET hash = decode(repeat('00', 32), 'hex') WHERE level = 1")
    assert govern("ledger", "verify", cwd=gate).code == 4
    assert issue(gate).code == 4
