"""The public Python API, as its page shows it: the blocks of docs/python-api.md are one program, and it runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import govern
from support.process import ROOT, clean_environment
from support.process import govern as run

PAGE = (ROOT / "docs" / "python-api.md").read_text(encoding="utf-8")


def test_the_program_of_the_page_runs_and_prints_what_it_says(tmp_path: Path) -> None:
    assert run("init", tmp_path / "gate").code == 0
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) >= 7
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "\n".join(blocks)],
        cwd=tmp_path / "gate",
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    printed = done.stdout.decode().splitlines()
    assert "2 ['P307']" in printed
    assert "allowed" in printed
    assert "0 True" in printed
    assert any(line.startswith("0 VALID as of checkpoint") for line in printed)
    assert any(line.startswith("certificate ") for line in printed)


@pytest.mark.parametrize("name", [name for name in govern.__all__ if name != "__version__"])
def test_every_public_name_is_there_documented_and_on_the_page(name: str) -> None:
    value = getattr(govern, name)
    assert inspect.getdoc(value)
    assert f"govern.{name}" in PAGE


def test_anything_else_is_not_public() -> None:
    with pytest.raises(AttributeError):
        _ = govern.load_policies  # type: ignore[attr-defined]
    assert sorted(govern.__all__) == list(govern.__all__)
