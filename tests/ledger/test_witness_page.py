"""The commands of docs/witnesses.md, as they stand there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.process import ROOT, clean_environment, govern

PAGE = (ROOT / "docs" / "witnesses.md").read_text(encoding="utf-8")


def shell(script: str, cwd: Path) -> None:
    """Run bash with the `govern` of this environment first on the path; any failing command fails it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=cwd,
        env=clean_environment({"PATH": path}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one witness, made by the indented commands of the page."""
    gate = tmp_path_factory.mktemp("page") / "gate"
    assert govern("init", gate).code == 0
    assert govern("check", "example", "-s", "pre-registration", cwd=gate).code == 0
    shutil.copy(gate / ".govern" / "keys" / "log.vkey", gate)
    shutil.copy(gate / ".govern" / "keys" / "root.pem", gate)
    commands = [line.strip() for line in PAGE.splitlines() if line.startswith("    govern ")]
    new_key, new_state = commands[:2]
    assert "--new" in new_state
    (edit,) = [line for line in commands if line.startswith("govern trust edit")]
    shell(f"{new_key}\n{new_state}\n", gate)
    shell(f"{new_key.replace('w1', 'w2')}\n{edit.replace('all w1 w2', 'any w1 w2')}\n", gate)
    return gate


def test_the_round_across_an_air_gap(workspace: Path) -> None:
    script = PAGE.split("```bash\n")[1].split("```")[0]
    shell(script, workspace)
    assert "— witness.example/w1 " in (workspace / "entry.tlog-proof").read_text()
    assert "— witness.example/w1 " in (workspace / "published-checkpoint").read_text()
    assert (workspace / "published-checkpoint.cosigned").is_file()


def test_the_mirror(workspace: Path) -> None:
    script = PAGE.split("```bash\n")[2].split("```")[0]
    shell(script, workspace)
    assert (workspace / "mirror" / "checkpoint").is_file()


def test_the_settings_of_the_page_are_settings(workspace: Path) -> None:
    settings = "\n".join(
        line.strip() for line in PAGE.splitlines() if line.startswith(("    [ledger]", "    witnesses"))
    )
    assert "witnesses = " in settings
    file = workspace / "govern.toml"
    before = file.read_text()
    try:
        file.write_text(f"{before}\n{settings}\n")
        assert govern("ledger", "prove", "0", cwd=workspace).code == 0
        assert govern("doctor", cwd=workspace).code in (0, 3)
    finally:
        file.write_text(before)
