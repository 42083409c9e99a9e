"""Threat: a small file that unfolds without end. Control: caps on members, total, ratio and nesting; no aliases."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from support.hostile_bytes import swollen_archive, swollen_gzip
from support.process import clean_environment
from support.threats import AT, STAGE, Workspace

MEMORY = 1024**3
"""Bytes of address space that a process may use here; the bombs unfold to far more."""


def bounded(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `govern` with a bound on its memory: who unfolds a bomb ends with another exit code."""
    return subprocess.run(
        [sys.executable, "-m", "govern", *arguments],
        cwd=workspace.root,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )


def yaml_bomb() -> str:
    """Nine levels of nine aliases each: under 400 bytes that stand for 9^9 leaves."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    text = "\n".join(lines) + "\n"
    assert len(text) < 500
    return text


def test_a_yaml_bomb_in_a_policy_is_a_usage_error(workspace: Workspace) -> None:
    (workspace.root / "policies" / "bomb.yaml").write_text(yaml_bomb(), encoding="utf-8")
    done = bounded(workspace, "policy", "lint", "policies")
    assert done.returncode == 2, done.stderr
    assert "alias" in (done.stdout + done.stderr)


@pytest.mark.parametrize("name", ["govern.yaml", "lineage.yaml", "README.md"])
def test_a_yaml_bomb_in_a_bundle_is_not_unfolded(workspace: Workspace, name: str) -> None:
    """As model record, as lineage, as the card's front matter: undecided or denied, never allowed, never a crash."""
    path = workspace.bundle / name
    text = f"---\n{yaml_bomb()}---\n# Card\n" if name.endswith(".md") else yaml_bomb()
    path.write_text(text, encoding="utf-8")
    done = bounded(workspace, "check", "example", "-s", STAGE, "--at", AT, "-q")
    assert done.returncode in (1, 3), done.stderr


@pytest.mark.parametrize("name", ["weights.npz", "model.pt", "table.csv.gz"])
def test_a_zip_bomb_is_not_unfolded(workspace: Workspace, name: str) -> None:
    """Two gigabytes of zeros in two megabytes: the gate answers within its memory, and lets nothing through for it."""
    data = swollen_gzip(2 * 1024**3) if name.endswith(".gz") else swollen_archive("data", 2 * 1024**3)
    (workspace.bundle / "model" / name).write_bytes(data)
    policy = workspace.root / "policies" / "formats.yaml"
    policy.write_text(
        "apiVersion: govern/v1\nkind: Policy\n"
        "metadata: {name: formats, version: '1', title: F, owner: o@example.com}\n"
        "spec:\n  rules:\n    - {id: known, title: Known formats, severity: high, enforcement: block,"
        " check: artefacts.pickle, with: {mode: forbid}}\n",
        encoding="utf-8",
    )
    done = bounded(workspace, "check", "example", "-s", STAGE, "--at", AT, "-q")
    assert done.returncode in (0, 1, 3), done.stderr
    if name != "table.csv.gz":
        assert done.returncode != 0


def test_json_that_nests_without_end_is_exit_4(workspace: Workspace) -> None:
    bomb = workspace.root / "bomb.certificate.sigstore.json"
    bomb.write_bytes(b"[" * 2_000_000)
    done = bounded(workspace, "verify", str(bomb), "--trust", "trust.json", "--at", AT)
    assert done.returncode == 4
    done = bounded(workspace, "verify", str(workspace.certificate), "--trust", str(bomb), "--at", AT)
    assert done.returncode == 4


def test_a_file_over_the_cap_is_not_read(workspace: Workspace, tmp_path: Path) -> None:
    big = tmp_path / "big.certificate.sigstore.json"
    with big.open("wb") as file:
        file.truncate(64 * 1024**3)
    done = bounded(workspace, "verify", str(big), "--trust", "trust.json", "--at", AT)
    assert done.returncode == 2, "too large to be read at all"
