"""What the threats are tried on: a workspace as `govern init` makes it, and the world of signed files of every kind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.kinds import Kinds
from support.threats import AT, STAGE, Workspace
from support.tsa import LocalTsa


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose example was judged once."""
    workspace = Workspace(tmp_path_factory.mktemp("threats") / "gate")
    started = workspace.run("init", workspace.root, "--at", AT, cwd=workspace.root.parent)
    assert started.code == 0, started.err
    assert workspace.run("check", "example", "-s", STAGE, "--at", AT).code == 0
    return workspace.root


@pytest.fixture
def workspace(begun: Path, tmp_path: Path) -> Workspace:
    """A copy that a test may spoil."""
    return Workspace(Path(shutil.copytree(begun, tmp_path / "gate", symlinks=True)))


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    return Kinds(tsa=LocalTsa(tmp_path_factory.mktemp("kinds") / "tsa"))
