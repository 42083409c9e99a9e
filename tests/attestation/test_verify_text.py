"""What people read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from govern.attestation.verification import Expected
from govern.attestation.verify_commands import FileNames, not_covered
from govern.attestation.verify_text import render_text
from support.attestations import Gate

NAMES = FileNames(certificate="c.json", trust="trust.json")


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def test_one_line_a_check_and_the_verdict(gate: Gate) -> None:
    result = gate.verify(gate.issue().certificate_bytes)
    text = render_text(result)
    assert text.splitlines()[-1] == result.verdict
    assert "ok           role        service:gate signed as certifier with SHA256:SFMV" in text
    assert "openssl" not in text


def test_a_failure_says_what_was_expected_found_and_would_help(gate: Gate) -> None:
    result = gate.verify(gate.issue().certificate_bytes, expected=Expected(stage="pre-deployment"))
    text = render_text(result, names=NAMES)
    assert "FAIL         expected    the stage is not the one asked for\n" in text
    assert "expected: pre-deployment\n" in text
    assert "found: pre-registration\n" in text
    assert "INVALID: expected\n" in text


def test_the_commands_come_with_what_they_leave_open(gate: Gate) -> None:
    text = render_text(gate.verify(gate.issue().certificate_bytes), names=NAMES)
    assert text.splitlines()[-1].startswith("These commands do not check: the signatures on the trust root, ")
    assert not_covered(NAMES)[-1] == "the bundle's files"
    assert "the bundle's files" not in not_covered(FileNames(certificate="c", trust="t", manifest="m", bundle="b"))


def test_commands_are_not_printed_for_what_nobody_signed(gate: Gate) -> None:
    assert "openssl" not in render_text(gate.verify(b"{}"), names=NAMES)


def test_hostile_names_do_nothing_to_a_terminal(gate: Gate) -> None:
    issued = gate.issue(model_name="\x1b[31mcredit\u202eksir\u200b", submitter="x\ny")
    text = render_text(gate.verify(issued.certificate_bytes), names=NAMES)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\u200b" not in text
    assert "\\u{1b}[31mcredit" in text


HEAVY = (
    "pydantic yaml jinja2 numpy networkx securesystemslib jsonschema_rs jsonschema pandas pyarrow fairlearn sklearn "
    "requests httpx click sqlite3 rich"
)


def test_verifying_imports_nothing_heavy(gate: Gate, tmp_path: Path) -> None:
    certificate, trust = tmp_path / "c.json", tmp_path / "trust.json"
    certificate.write_bytes(gate.issue().certificate_bytes)
    trust.write_bytes(gate.trust)
    script = (
        "import sys, pathlib, datetime\n"
        "from govern.attestation.verify import verify, Request\n"
        "from govern.attestation.verify_text import render_text\n"
        "from govern.attestation.verify_commands import FileNames\n"
        "read = lambda name: pathlib.Path(name).read_bytes()\n"
        "at = datetime.datetime(2026, 6, 1, tzinfo=datetime.timezone.utc)\n"
        "from govern.bundle.manifest import manifest_of\n"
        "result = verify(Request(certificate=read(sys.argv[1]), trust=read(sys.argv[2]), at=at))\n"
        "assert result.exit_code == 0, render_text(result)\n"
        "render_text(result, names=FileNames(certificate='c', trust='t'))\n"
        f"print(sorted(set({HEAVY.split()!r}) & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(certificate), str(trust)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_the_rooms_import_nothing_heavy_either() -> None:
    modules = [
        "issue",
        "statement",
        "vsa",
        "keys",
        "dsse",
        "trust.root",
        "trust.reading",
        "trust.signing",
        "trust.export",
        "verify",
        "verify_text",
        "sigstore_bundle",
    ]
    script = "".join(f"import govern.attestation.{name}\n" for name in modules)
    script += "import govern.ledger.sqlite, govern.ledger.fsck\nimport sys\n"
    light = [name for name in HEAVY.split() if name != "sqlite3"]
    script += f"print(sorted(set({light!r}) & set(sys.modules)))\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
