"""Print what the manifest costs against `sha256sum` on the same files, and the memory of a check of 2 GiB.

Answers are asserted equal before a time is shown; nothing is asserted on time. See README.md beside this file.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measuring import heading, paired, show, whole

from govern.bundle.manifest import hash_folder, manifest_from

SMALL, LARGE = 10_000, 4
LARGE_BYTES = 256 << 20
BIG_BYTES = 2 << 30
RECORD = """\
apiVersion: govern/v1
kind: Model
metadata: {name: big, version: 1.0.0}
spec: {owner: {name: O, contact: o@example.com}, purpose: x, risk_tier: low, data_classes: [], jurisdictions: []}
"""
POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: p, version: '1', title: P, owner: o@example.com}
spec:
  rules:
    - {id: f, title: F, severity: high, enforcement: block, check: artefacts.formats, with: {allowed: [safetensors]}}
    - {id: p, title: P, severity: high, enforcement: block, check: artefacts.pickle, with: {mode: forbid}}
"""


def main() -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GOVERN_")}
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        folders = {f"{SMALL:,} files of 0.2 to 8 kB": small(root / "small"), f"{LARGE} files of 256 MiB": large(root)}
        for folder in folders.values():
            assert manifest_from(hash_folder(folder)).digest == digest_of_others(folder), folder
        heading("hashing a folder: processor time on one core, against sha256sum")
        for what, folder in folders.items():
            with cores(1):
                show(paired(what, cpu(folder), lambda folder=folder: by_others(folder, 1)[1], aim=1 / 0.9))
        count = len(os.sched_getaffinity(0))
        heading(f"hashing a folder: time that passes on {count} cores, against one sha256sum")
        for what, folder in folders.items():
            show(paired(what, wall(folder), lambda folder=folder: by_others(folder, 1)[0]))
        heading(f"hashing a folder: time that passes on {count} cores, against as many sha256sum at once")
        for what, folder in folders.items():
            show(paired(what, wall(folder), lambda folder=folder: by_others(folder, count)[0]))
        for folder in folders.values():
            shutil.rmtree(folder)
        print(f"\n{'peak memory of govern check --no-issue, MiB':72} {'seen':>8} {'':>17} {'aim, at most':>13}")
        for what, files, size in (
            ("one safetensors file of 2 GiB", 1, BIG_BYTES),
            ("32 files of 64 MiB", 32, 64 << 20),
        ):
            print(f"{what:72} {peak(root / what, files, size, environment):>8.0f} {'':>17} {150:>13}", flush=True)


def small(root: Path) -> Path:
    """Many files that are read at one go, in a hundred folders."""
    source = random.Random(1)
    for number in range(SMALL):
        path = root / f"{number % 100:02d}" / f"{number:05d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.randbytes(source.randint(200, 8000)))
    return root


def large(root: Path) -> Path:
    folder = root / "large"
    folder.mkdir()
    block = random.Random(2).randbytes(1 << 20)
    for number in range(LARGE):
        with (folder / f"{number}.bin").open("wb") as stream:
            for _ in range(LARGE_BYTES >> 20):
                stream.write(block)
    return folder


@contextmanager
def cores(count: int) -> Iterator[None]:
    """Keep this process and its children to so many cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu(folder: Path) -> Callable[[], float]:
    def measure() -> float:
        start = time.process_time()
        hash_folder(folder)
        return time.process_time() - start

    return measure


def wall(folder: Path) -> Callable[[], float]:
    def measure() -> float:
        start = time.perf_counter()
        hash_folder(folder)
        return time.perf_counter() - start

    return measure


def by_others(folder: Path, processes: int) -> tuple[float, float]:
    """The seconds of `sha256sum` over all files: those that passed, and the processor's."""
    batch = "-n 1" if folder.name == "large" else "-n 500"
    script = (
        f'cd "$1" && find . -type f -print0 | xargs -0 {f"-P {processes} {batch}" if processes > 1 else ""} sha256sum'
    )
    ended = whole(["sh", "-c", script, "sh", str(folder)], os.environ)
    assert ended.code == 0, ended.output
    return ended.wall, ended.cpu


def digest_of_others(folder: Path) -> str:
    script = "find . -type f | cut -c3- | LC_ALL=C sort | xargs sha256sum"
    lines = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, check=True).stdout
    return hashlib.sha256(lines).hexdigest()


def peak(root: Path, files: int, size: int, environment: dict[str, str]) -> float:
    """The most memory that a check of a sparse bundle had, in MiB; it must be allowed, or little was done."""
    bundle = root / "bundle"
    (bundle / "model").mkdir(parents=True)
    (bundle / "govern.yaml").write_text(RECORD)
    (root / "policy.yaml").write_text(POLICY)
    for number in range(files):
        tensor = {"dtype": "F32", "shape": [size // 4 - 64], "data_offsets": [0, size - 256]}
        header = json.dumps({f"w{number}": tensor}).encode().ljust(248)
        with (bundle / "model" / f"{number}.safetensors").open("wb") as stream:
            stream.write(struct.pack("<Q", len(header)) + header)
            stream.truncate(size)
    command = [sys.executable, "-m", "govern", "check", str(bundle), "-s", "pre-registration", "--no-issue"]
    with subprocess.Popen(
        [*command, "-p", str(root / "policy.yaml")], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    shutil.rmtree(root)
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
