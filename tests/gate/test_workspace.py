"""Settings: precedence, strict keys, paths relative to the file that names them."""

from __future__ import annotations

from pathlib import Path

import pytest

from govern.diagnostics import UsageError
from govern.gate.workspace import SETTINGS, find_workspace


def write(folder: Path, text: str) -> Path:
    file = folder / "govern.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    """And the origin of each value is known."""
    write(tmp_path, '[signing]\norigin = "file.example"\nverifier_id = "f"\nsubmitter = "f"\n')
    workspace = find_workspace(
        start=tmp_path,
        environment={"GOVERN_ORIGIN": "env.example", "GOVERN_VERIFIER_ID": "e"},
        flags={"origin": ("flag.example",)},
    )
    assert [workspace.text(key) for key in ("origin", "verifier_id", "submitter")] == ["flag.example", "e", "f"]
    assert workspace.origins["origin"] == "flag"
    assert workspace.origins["verifier_id"] == "GOVERN_VERIFIER_ID"
    assert workspace.origins["submitter"] == "govern.toml"
    assert workspace.origins["valid_for"] == "default"


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """A workspace works from any current folder; env: keys are left alone."""
    write(
        tmp_path,
        '[workspace]\npolicies = ["a", "b"]\nledger = "l.db"\n[signing]\ncertifier = "k.pem"\nlog = "env:LOG"\n',
    )
    below = tmp_path / "deep" / "er"
    below.mkdir(parents=True)
    workspace = find_workspace(start=below, environment={})
    assert workspace.paths("policies") == (tmp_path / "a", tmp_path / "b")
    assert workspace.path("ledger") == tmp_path / "l.db"
    assert workspace.text("certifier") == str(tmp_path / "k.pem")
    assert workspace.text("log") == "env:LOG"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[workspace]\npolices = ['x']\n", "did you mean 'policies'"),
        ("[wrkspace]\npolicies = ['x']\n", "did you mean 'workspace'"),
        ("[workspace]\nledger = 3\n", "expected a text"),
        ("[workspace]\npolicies = []\n", "expected a list of texts"),
        ("[workspace\n", "U102"),
        ("policies = ['x']\n", "unknown name 'policies'"),
    ],
)
def test_a_broken_file_is_said(tmp_path: Path, text: str, says: str) -> None:
    """A misspelt key would leave a setting at its default."""
    write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        find_workspace(start=tmp_path, environment={})
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    """Not one a run."""
    write(tmp_path, "[workspace]\na = 'x'\nb = 'y'\n")
    with pytest.raises(UsageError) as caught:
        find_workspace(start=tmp_path, environment={})
    assert len(caught.value.diagnostics) == 2


def test_an_absent_workspace_that_was_named_is_an_error(tmp_path: Path) -> None:
    """`--workspace` does not fall back to a parent."""
    write(tmp_path, "")
    below = tmp_path / "below"
    below.mkdir()
    with pytest.raises(UsageError, match="U103"):
        find_workspace(start=tmp_path, environment={}, directory=below)


def test_what_signing_needs_is_named(tmp_path: Path) -> None:
    """The message says which setting, and how to do without."""
    workspace = find_workspace(start=tmp_path, environment={})
    with pytest.raises(UsageError, match=r"U105.*certifier is not set"):
        workspace.need("certifier")


def test_every_setting_has_its_own_variable() -> None:
    """No two settings share an environment variable."""
    names = [item.variable for item in SETTINGS.values()]
    assert len(set(names)) == len(names)
