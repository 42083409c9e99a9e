"""Threat: the bundle is swapped after the check. Control: what is hashed is what is read; hashed again at the end and at deploy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from govern import open_bundle
from govern.diagnostics import IntegrityError
from support.process import clean_environment
from support.threats import AT, STAGE, Workspace

SWAP = """
import sys
victim, nth, seen, busy = sys.argv[1], int(sys.argv[2]), 0, False
def hook(event, arguments):
    global seen, busy
    if busy or event != "open" or arguments[0] != "test.csv":  # relative: opened below a held folder
        return
    seen += 1
    if seen == nth:
        busy = True
        with open(victim, "ab") as file:
            file.write(b"F,1,1,1.0\\n")
        busy = False
sys.addaudithook(hook)
from govern.cli.main import run
code = run(sys.argv[3:])
sys.stderr.write(f"opened {seen} times\\n")
sys.exit(code)
"""


def swapped(workspace: Workspace, nth: int) -> tuple[int, str]:
    """Check while somebody appends to the predictions right before they are opened for the nth time."""
    victim = workspace.bundle / "predictions" / "test.csv"
    arguments = ["check", "example", "-s", STAGE, "--at", AT, "-q"]
    done = subprocess.run(
        [sys.executable, "-c", SWAP, victim, str(nth), *arguments],
        cwd=workspace.root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


def test_swapped_between_hash_and_parse_aborts(workspace: Workspace) -> None:
    """Whatever opening comes after the first: exit 4, nothing signed, nothing logged."""
    before = workspace.entries()
    code, said = swapped(workspace, 2)
    assert code == 4, said
    assert "B109" in said
    assert "predictions/test.csv" in said
    assert workspace.entries() == before


def test_swapped_before_the_last_look_aborts(workspace: Workspace) -> None:
    """The folder is hashed again before anything is signed: that opening finds it too."""
    _, said = swapped(workspace, 10_000)
    times = int(said.rsplit("opened ", 1)[1].split()[0])
    assert times >= 3, "hashed, parsed, hashed again"
    before = workspace.entries()
    code, said = swapped(workspace, times)
    assert (code, "B109" in said) == (4, True), said
    assert workspace.entries() == before


def test_the_opened_bundle_gives_no_other_bytes_than_were_hashed(workspace: Workspace) -> None:
    bundle = open_bundle(workspace.bundle)
    path = workspace.bundle / "README.md"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(IntegrityError):
        bundle.read("README.md", limit=10**6)
    with pytest.raises(IntegrityError):
        bundle.verify_unchanged()


@pytest.mark.parametrize("name", ["model/model.safetensors", "predictions/test.csv", "govern.yaml"])
def test_one_altered_byte_at_deploy_is_exit_4_and_named(workspace: Workspace, name: str) -> None:
    assert workspace.verify("--bundle", "example").code == 0
    path = workspace.bundle / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    ended = workspace.verify("--bundle", "example")
    assert ended.code == 4
    assert f"{name} is changed" in ended.out


def test_a_file_put_in_the_place_of_a_folder_or_beside_it_is_named(workspace: Workspace) -> None:
    (workspace.bundle / "extra.txt").write_text("x", encoding="utf-8")
    assert "extra.txt is extra" in workspace.verify("--bundle", "example").out
    Path(workspace.bundle / "extra.txt").unlink()
    assert workspace.verify("--bundle", "example").code == 0
