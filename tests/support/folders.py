"""Folders of any shape: `folder(tmp_path, {"m/MLmodel": text})`, and the samples that real tools wrote."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

__all__ = ["SAMPLES", "folder", "sample"]

SAMPLES = Path(__file__).parent.parent / "evidence" / "samples"


def folder(tmp_path: Path, files: Mapping[str, str | bytes], *, name: str = "bundle") -> Path:
    """Write the files below a new folder and give it."""
    root = tmp_path / name
    root.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def sample(tmp_path: Path, path: str, extra: Mapping[str, str | bytes] | None = None) -> Path:
    """Copy a sample folder, with files of the test's own beside it."""
    root = tmp_path / "bundle"
    shutil.copytree(SAMPLES / path, root)
    return folder(tmp_path, extra or {}) if extra else root
