"""Real tools in environments of their own, and `govern check` on what they wrote.

`python scripts/real_tools.py` installs them below `.venv-tools/`; nothing of them is ever imported here. Current releases
are taken within a major version, so that a tool that changes its files is noticed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.bundles import CARD, safetensors

ROOT = Path(__file__).resolve().parent.parent.parent
HOME = ROOT / ".venv-tools"
MAKERS = ROOT / "tests" / "real_tools" / "makers"
POLICY = ROOT / "tests" / "real_tools" / "policy.yaml"
CLOCK = "2027-06-01T00:00:00Z"

TOOLS: dict[str, tuple[str, ...]] = {
    "great_expectations": ("great_expectations>=1.24,<2",),
    "mlflow": ("mlflow-skinny>=3.17,<4", "scikit-learn>=1.6,<2", "pandas>=2.2,<4", "skops>=0.16,<0.17"),
    "dvc": ("dvc>=3.67,<4",),
    "skops": ("skops>=0.16,<0.17", "huggingface_hub>=2.4,<3", "jinja2>=3.1,<4"),
}
"""What is installed into which environment."""

QUIET = {
    "GX_ANALYTICS_ENABLED": "false",
    "DVC_NO_ANALYTICS": "1",
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "HF_HUB_OFFLINE": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


def python_of(tool: str) -> Path:
    """The interpreter of a tool's environment."""
    return HOME / tool / "bin" / "python"


def make(tool: str, target: Path, maker: str = "") -> Path:
    """Let a tool write its files into a folder."""
    python = python_of(tool)
    assert python.exists(), f"{tool} is not installed: python scripts/real_tools.py"
    script = MAKERS / f"{maker or tool}.py"
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "TMPDIR") if key in os.environ}
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        [str(python), "-P", str(script), str(target)],  # a maker bears the name of what it imports
        env={**kept, **QUIET, "PATH": path},
        cwd=target,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return target


@dataclass(frozen=True)
class Checked:
    """What `govern check` said of a bundle."""

    decision: str
    code: int
    outcomes: dict[str, dict[str, Any]]
    stderr: str

    def outcome(self, rule: str) -> str:
        return str(self.outcomes[rule]["outcome"])

    def findings(self, rule: str) -> list[tuple[str, str, int | None, str | None]]:
        """(code, file, line, pointer) of each finding of a rule."""
        places = [(item["code"], item.get("location") or {}) for item in self.outcomes[rule]["findings"]]
        return [(code, at.get("file"), at.get("line"), at.get("pointer")) for code, at in places]

    def details(self, rule: str) -> list[str]:
        return [item["detail"] for item in self.outcomes[rule]["findings"]]


def govern(*words: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would; it must never show a traceback."""
    command = [sys.executable, "-m", "govern", *map(str, words)]
    env = {key: value for key, value in os.environ.items() if not key.startswith("GOVERN_")}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=cwd, timeout=120)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def check(bundle: Path, *more: str) -> Checked:
    """Judge a bundle by the one policy."""
    done = govern(
        *("check", bundle, "-s", "pre-registration", "--at", CLOCK, "--no-issue", "-p", POLICY, "-o", "json", *more)
    )
    assert done.stdout.startswith("{"), (done.returncode, done.stderr)
    result = json.loads(done.stdout)
    outcomes = {item["rule"].rpartition("/")[2]: item for item in result["outcomes"]}
    return Checked(result["decision"], done.returncode, outcomes, done.stderr)


def dressed(folder: Path, *, without: Sequence[str] = ()) -> Path:
    """Put what else a bundle needs beside a tool's files: a record, a card, a model."""
    record = (
        "apiVersion: govern/v1\nkind: Model\nmetadata: {name: credit-risk, version: 3.1.0}\n"
        "spec:\n  owner: {name: Credit models, contact: credit@example.com}\n"
    )
    parts: dict[str, bytes] = {
        "govern.yaml": record.encode(),
        "MODEL_CARD.md": CARD.encode(),
        "model/model.safetensors": safetensors(),
    }
    for name, data in parts.items():
        if name not in without:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return folder
