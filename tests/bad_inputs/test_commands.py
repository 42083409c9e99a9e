"""Every other command that reads a file, given files that are not what it expects."""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from support.bundles import PREDICTIONS, BundleBuilder
from support.gate import INVISIBLE, write_policy
from support.in_process import govern_here as govern
from support.process import ROOT, Ended

AT = "2026-06-01T00:00:00Z"
GARBAGE = {
    "empty": b"",
    "binary": bytes(range(256)) * 4,
    "not UTF-8": b'{"a": "\xff"}',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "an array": b"[]",
    "an object": b"{}",
    "null": b"null",
    "NaN": b'{"a": NaN}',
    "lone surrogate": b'{"mediaType": "\\ud800", "a": "\\ud800"}',
    "steering": '{"\x1b[31m\u202e::error::x": 1}\n::error::y\n'.encode(),
    "YAML": b"a: &a [*a]\nb: !!python/object:os.system {}\n",
    "a huge number": b'{"a": 1' + b"0" * 20_000 + b"}",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one certificate and one stored result."""
    folder = tmp_path_factory.mktemp("commands")
    assert govern("init", "gate", "--at", AT, cwd=folder).code == 0
    arguments = ("check", "example", "-s", "pre-registration", "--at", AT, "-o", "json=result.json")
    assert govern(*arguments, cwd=folder / "gate").code == 0
    (certificate,) = (folder / "gate" / "certificates").glob("*.certificate.sigstore.json")
    shutil.copy(certificate, folder / "gate" / "certificate.json")
    return folder / "gate"


@pytest.fixture
def gate(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "gate"))


def decent(ended: Ended, *codes: int) -> None:
    """A documented code that is not a yes, one or more diagnostics, and nothing that steers a terminal."""
    assert ended.code in codes, (ended.code, ended.err[:1000], ended.out[:1000])
    assert "Traceback" not in ended.err
    assert "X101" not in ended.err
    assert not INVISIBLE & set(ended.out + ended.err)
    assert ended.out + ended.err
    assert len(ended.err) < 20_000


@pytest.mark.parametrize("what", GARBAGE)
def test_a_certificate_that_is_none(what: str, gate: Path) -> None:
    """As certificate, as trust root, as proof; and as manifest, which only helps to name what differs."""
    (gate / "garbage").write_bytes(GARBAGE[what])
    decent(govern("verify", "garbage", "--trust", "trust.json", "--at", AT, cwd=gate), 4)
    decent(govern("verify", "certificate.json", "--trust", "garbage", "--at", AT, cwd=gate), 4)
    both = ("verify", "certificate.json", "--trust", "trust.json", "--at", AT)
    (gate / "example" / "README.md").unlink()
    decent(govern(*both, "--manifest", "garbage", "--bundle", "example", cwd=gate), 4)
    decent(govern(*both, "--tlog-proof", "garbage", cwd=gate), 4)


@pytest.mark.parametrize("what", GARBAGE)
def test_other_files_that_are_none(what: str, gate: Path) -> None:
    """A stored result, a trust root to show or sign, an advisory export, a key."""
    (gate / "garbage").write_bytes(GARBAGE[what])
    decent(govern("report", "garbage", "-o", "json", cwd=gate), 2, 3)
    decent(govern("trust", "show", "garbage", cwd=gate), 4)
    decent(govern("trust", "sign", "garbage", "--key", ".govern/keys/root.pem", "--renew", "1y", cwd=gate), 4)
    decent(govern("trust", "sign", "trust.json", "--key", "garbage", "--renew", "1y", cwd=gate), 2)
    decent(govern("advisories", "update", "--from", "garbage", "--at", AT, cwd=gate), 0, 3)


@pytest.mark.parametrize("what", GARBAGE)
def test_policies_that_are_none(what: str, gate: Path) -> None:
    (gate / "policies" / "garbage.yaml").write_bytes(GARBAGE[what])
    decent(govern("policy", "lint", cwd=gate), 2)
    decent(govern("check", "example", "-s", "pre-registration", "--no-issue", "--at", AT, cwd=gate), 2)


@pytest.mark.parametrize("what", ["empty", "binary", "deep", "steering"])
def test_a_workspace_that_is_spoiled(what: str, gate: Path) -> None:
    """Settings, ledger, published head, snapshot: each by itself."""
    check = ("check", "example", "-s", "pre-registration", "--at", AT)
    for name, command, codes in (
        (".govern/ledger.db", ("ledger", "verify"), (4,)),
        (".govern/ledger.db", ("ledger", "log"), (4,)),
        (".govern/ledger.db", check, (4,)),
        ("published-checkpoint", ("ledger", "verify"), (3, 4)),
        ("published-checkpoint", check, (3, 4)),
        ("published-checkpoint", ("doctor", "--at", AT), (3,)),
        (".govern/keys/certifier.pem", check, (2,)),
        (".govern/keys/log.pem", check, (2,)),
    ):
        before = (gate / name).read_bytes()
        (gate / name).write_bytes(GARBAGE[what])
        decent(govern(*command, cwd=gate), *codes)
        (gate / name).write_bytes(before)
    if what != "empty":
        (gate / "govern.toml").write_bytes(GARBAGE[what])
        decent(govern("doctor", cwd=gate), 2)


def test_a_folder_or_a_pipe_in_place_of_a_file(gate: Path) -> None:
    """Named by the caller, so it is a usage error and never a wait without end."""
    (gate / "folder").mkdir()
    for command in (
        ("verify", "folder", "--trust", "trust.json"),
        ("verify", "certificate.json", "--trust", "folder"),
        ("report", "folder"),
        ("trust", "show", "folder"),
        ("check", "trust.json", "-s", "pre-registration", "--no-issue"),
        ("check", "example", "-s", "pre-registration", "--no-issue", "-p", "example/absent"),
        ("lineage", "show", "trust.json"),
        ("lineage", "show", "absent"),
    ):
        decent(govern(*command, cwd=gate), 2)
    os.mkfifo(gate / "policies" / "pipe.yaml")
    assert govern("policy", "lint", cwd=gate).code == 0


HOSTILE = 'a"]; click x "javascript:alert(1)"; --> <script>&amp;]]>\u202e\x1b[31m'


def _lineage(text: str) -> str:
    quoted = json.dumps(text)
    return (
        "apiVersion: govern/v1\nkind: Lineage\nmodel: {name: credit-risk, version: 3.1.0, files: []}\n"
        f"datasets:\n  - {{id: d, name: {quoted}, uri: 's3://x/y', digest: {{sha256: {'a' * 64}}}}}\n"
        f"runs:\n  - {{id: r, job: {quoted}, used: [d], generated_model: true}}\n"
    )


@pytest.mark.parametrize("form", ["json", "graphml", "mermaid", "show"])
def test_lineage_exports_of_hostile_names(form: str, tmp_path: Path) -> None:
    """Each is still a document of its format, with the name inside it."""
    bundle = BundleBuilder(tmp_path).file("lineage.yaml", _lineage(HOSTILE)).build()
    command = ("show", bundle) if form == "show" else ("export", bundle, "--format", form)
    ended = govern("lineage", *command, cwd=ROOT)
    assert ended.code in (0, 3), ended.err
    assert "\x1b" not in ended.out + ended.err
    if ended.code == 3:
        return
    if form == "json":
        json.loads(ended.out)
    elif form == "graphml":
        ET.fromstring(ended.out)
    else:
        assert not INVISIBLE & set(ended.out)
        assert not any(line.strip().startswith("click") for line in ended.out.splitlines())


@pytest.mark.parametrize("entry", ["loop", "pipe", "name"])
@pytest.mark.parametrize("command", [("lineage", "show"), ("lineage", "export")])
def test_lineage_of_a_folder_that_may_not_be_opened(command: tuple[str, ...], entry: str, tmp_path: Path) -> None:
    bundle = BundleBuilder(tmp_path).build()
    if entry == "loop":
        (bundle / "link").symlink_to(".")
    elif entry == "pipe":
        os.mkfifo(bundle / "pipe")
    else:
        (bundle / "a\x1b[31m").write_text("x", encoding="utf-8")
    decent(govern(*command, bundle, cwd=ROOT), 3)


PARQUET = {
    "magic alone": b"PAR1",
    "magic twice": b"PAR1PAR1",
    "a footer of 4 GB": b"PAR1" + b"\0" * 8 + b"\xff\xff\xff\xff" + b"PAR1",
    "a footer of zeros": b"PAR1" + b"\0" * 64 + b"\x40\0\0\0" + b"PAR1",
    "a footer of ones": b"PAR1" + b"\xff" * 64 + b"\x40\0\0\0" + b"PAR1",
}


@pytest.mark.parametrize("what", [*PARQUET, "cut", "flipped"])
def test_parquet_that_is_none(what: str, tmp_path: Path) -> None:
    """A table in another library's format: its faults are findings, not ours."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"y_true": [0, 1] * 50, "y_pred": [0, 1] * 50, "sex": ["F", "M"] * 50})
    pq.write_table(table, tmp_path / "t.parquet")
    sound = (tmp_path / "t.parquet").read_bytes()
    half = len(sound) // 2
    data = PARQUET.get(what) or (sound[:half] if what == "cut" else sound[:half] + b"\xff" * 8 + sound[half + 8 :])
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove("predictions/test.yaml")
    builder.record(evidence={"predictions": {"path": "predictions/t.parquet"}}).file("predictions/t.parquet", data)
    rule = {"metric": "selection_rate", "attributes": ["sex"], "compare": "ratio", "at_least": 0.8, "decide": "point"}
    policies = write_policy(tmp_path / "policies", {"fairness.disparity": rule})
    decent(govern("check", builder.build(), "-s", "pre-registration", "-p", policies, "--no-issue", cwd=ROOT), 3)


@pytest.mark.parametrize(
    "name", ["../../up", "a/b", "..", "\x1b[31m", "a\nb", "-rf", "::error::x", "a" * 300, "\u202egnp"]
)
def test_a_hostile_model_name_names_no_file(name: str, gate: Path) -> None:
    """The certificate lands in the workspace's folder or nowhere."""
    (gate / "example" / "govern.yaml").write_text(
        (gate / "example" / "govern.yaml")
        .read_text(encoding="utf-8")
        .replace("name: example-loan-model", f"name: {json.dumps(name)}", 1),
        encoding="utf-8",
    )
    before = {
        path for path in gate.parent.rglob("*") if "certificates" not in path.parts and "objects" not in path.parts
    }
    ended = govern("check", "example", "-s", "pre-registration", "--at", AT, cwd=gate)
    assert ended.code in (0, 1, 2, 3), ended.err
    assert not INVISIBLE & set(ended.out + ended.err)
    after = {
        path for path in gate.parent.rglob("*") if "certificates" not in path.parts and "objects" not in path.parts
    }
    assert {path.name for path in after - before} <= {"ledger.db-wal", "ledger.db-shm", "sha256"}
