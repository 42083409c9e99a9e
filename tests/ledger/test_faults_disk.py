"""Disks that fail, fill up, forget or may not be written: every append is wholly in the log or wholly not.

What was acknowledged is there afterwards, nothing is there twice, and a log that the disk made smaller signs nothing.
A restored backup that grew with forged entries, and silent edits, are in `test_damage`, over both stores.
"""

from __future__ import annotations

import itertools
import random
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from govern.diagnostics import GovernError, InputError, IntegrityError
from govern.ledger.fsck import verify_ledger
from govern.ledger.merkle import leaf_hash, verify_inclusion
from support.boxes import code_of
from support.ledgers import LedgerBox, entry

CHILD = Path(__file__).with_name("fault_child.py")
BEFORE, BATCH = 3, 3
"""Entries in the log, and entries of the append that is disturbed."""

CALLS = {
    "pwrite64": "pwrite64",
    "fdatasync": "fdatasync",
    "fsync": "fsync",
    "ftruncate": "ftruncate",
    "unlink": "unlink,unlinkat",
    "rename": "rename,renameat,renameat2",
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound ledger to copy."""
    root = tmp_path_factory.mktemp("template")
    LedgerBox(root).filled(BEFORE)
    return root


def fresh(template: Path, root: Path) -> LedgerBox:
    shutil.copytree(template, root)
    return LedgerBox(root)


def acknowledged(output: str) -> list[tuple[int, str]]:
    return [(int(line.split()[1]), line.split()[2]) for line in output.splitlines() if line.startswith("acked")]


def refusals(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("refused")]


def assert_whole(box: LedgerBox, output: str) -> bool:
    """The log is sound, holds the batch or nothing of it, and holds it when it was acknowledged; give which."""
    with box.open() as ledger:  # also held to the published head, which must not be ahead
        size = ledger.head().size
        found = [ledger.digests()[at][1] for at in range(size)]
    assert size in (BEFORE, BEFORE + BATCH), output
    assert len(set(found)) == size
    roots = box.checkpoints()
    for acked, root in acknowledged(output):
        assert roots[acked].hex() == root
        assert size == BEFORE + BATCH
    report = verify_ledger(box.paths, expected=box.signer.key)
    assert (report.exit_code, report.size) == (0, size), report.findings
    return size > BEFORE


# -- faults of single system calls ------------------------------------------------------------------------------


@pytest.mark.tools
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", ["signal=KILL", "error=EIO", "error=ENOSPC"])
def test_an_append_is_all_or_nothing_whichever_call_fails(
    template: Path, tmp_path: Path, call: str, fault: str
) -> None:
    """Each time the call is made once more before it fails, until one append makes no such call any more."""
    assert shutil.which("strace"), "no strace: apt-get install strace"
    came: Counter[str] = Counter()
    for number in itertools.count(1):
        box = fresh(template, tmp_path / str(number))
        log = tmp_path / f"{number}.strace"
        # A filter in the kernel makes the run faster, and keeps strace from sending signals.
        options = ["--seccomp-bpf"] if fault.startswith("error") else []
        inject = f"inject={CALLS[call]}:{fault}:when={number}"
        command = ["strace", "-f", *options, "-qq", "-o", log, "-e", f"trace={CALLS[call]}", "-e", inject]
        command += [sys.executable, CHILD, "append", box.root, "100", str(BATCH)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        # A run whose process dies by the signal prints no mark for the call that it died in.
        hit = "(INJECTED)" in log.read_text() or done.returncode < 0 or done.returncode == 137
        acked = bool(acknowledged(done.stdout))
        assert acked or refusals(done.stdout) or hit, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        for line in refusals(done.stdout):
            assert re.fullmatch(r"refused (G209 3|G216 2)", line), line
        committed = assert_whole(box, done.stdout)
        came["acknowledged" if acked else "committed" if committed else "rolled back"] += 1
        # Repeated, every entry keeps the index it has, or gets the next one.
        with box.open() as ledger:
            again = ledger.append([entry(100 + offset) for offset in range(BATCH)])
            assert [item.proof.index for item in again] == list(range(BEFORE, BEFORE + BATCH))
        report = verify_ledger(box.paths)
        assert (report.exit_code, report.size, report.objects) == (0, BEFORE + BATCH, BEFORE + BATCH)
        shutil.rmtree(box.root)
        if not hit:
            break
        assert number < 100, "an append makes more calls than anybody expects"
    print(f"{call} {fault}: {number - 1} faults, {dict(came)}")  # noqa: T201
    assert number > 1 or call in ("ftruncate", "unlink"), f"an append makes no {call}"


# -- what a power cut can leave of the write-ahead log ------------------------------------------------------------


def test_a_torn_write_ahead_log_signs_nothing(tmp_path: Path) -> None:
    """SQLite opens a torn log cleanly, only smaller; the published head is what notices."""
    whole = LedgerBox(tmp_path / "whole")
    with whole.create() as ledger:
        for number in range(12):
            ledger.append([entry(number)])
        # Copied while the connection is open, before its log is merged into the database.
        shutil.copytree(whole.root, tmp_path / "held")
    source = random.Random(11)
    length = (tmp_path / "held" / ".govern" / "ledger.db-wal").stat().st_size
    came: Counter[str] = Counter()
    for number in range(40):
        torn = fresh(tmp_path / "held", tmp_path / f"torn-{number}")
        with torn.paths.database.with_name("ledger.db-wal").open("r+b") as wal:
            at = source.randrange(32, length)
            if number % 2:
                wal.truncate(at)
            else:
                wal.seek(at)
                byte = wal.read(1)
                wal.seek(at)
                wal.write(bytes([byte[0] ^ 0xFF]))
        code, ends = state(torn)
        came[code] += 1
        assert (code, ends) in {("sound", 0), ("G203", 4), ("G201", 4)}
        shutil.rmtree(torn.root)
    print(f"torn write-ahead logs: {dict(came)}")  # noqa: T201
    assert came["G203"] > 20


def state(box: LedgerBox) -> tuple[str, int]:
    """What opening a log says, and how `govern ledger verify` would end."""
    code = "sound"
    try:
        with box.open() as ledger:
            assert ledger.head().size == 12
    except GovernError as fault:
        code = fault.diagnostics[0].code
    try:
        return code, verify_ledger(box.paths).exit_code
    except GovernError as fault:
        return code, fault.exit_code


# -- disks that are full or may not be written ---------------------------------------------------------------------


def _private_mounts() -> list[str] | None:
    """A prefix under which file systems can be mounted and nobody else sees them; None where that is not allowed."""
    for prefix in (["unshare", "-m"], ["unshare", "-Urm"]):
        tried = subprocess.run(
            [*prefix, "sh", "-c", "mount -t tmpfs -o size=64k none /mnt"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return prefix
    return None


def test_a_full_disk_refuses_and_keeps_what_was_acknowledged(template: Path, tmp_path: Path) -> None:
    prefix = _private_mounts()
    box = fresh(template, tmp_path / "box")
    small = tmp_path / "small"
    small.mkdir()
    run = f"{sys.executable} {CHILD} fill {{root}} {{limit}}"
    if prefix is None:
        # A cap on the size of each file fails SQLite's writes as a full disk does.
        command = ["sh", "-c", run.format(root=box.root, limit=400_000)]
    else:
        script = (
            f"set -e; mount -t tmpfs -o size=1500k none {small}; cp -r {box.root} {small}/box; "
            f"{run.format(root=f'{small}/box', limit=0)}; rm -rf {box.root}; cp -r {small}/box {box.root}"
        )
        command = [*prefix, "sh", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    acked = acknowledged(done.stdout)
    print(f"full disk ({'mount' if prefix else 'limit'}): {len(acked)} batches, then {refusals(done.stdout)}")  # noqa: T201
    assert len(acked) > 3
    assert refusals(done.stdout) in (["refused G209 3"], ["refused G216 2"])
    roots = box.checkpoints()
    assert [roots[size].hex() for size, _ in acked] == [root for _, root in acked]
    with box.open() as ledger:
        assert acked[-1][0] <= ledger.head().size <= acked[-1][0] + 20
        assert ledger.append([entry("there is room again")])
    report = verify_ledger(box.paths)
    assert report.exit_code == 0, report.findings


def test_a_full_file_refuses_and_keeps_what_was_acknowledged(template: Path, tmp_path: Path) -> None:
    """The write-ahead log itself cannot grow: the commit is what fails."""
    box = fresh(template, tmp_path / "box")
    command = [sys.executable, CHILD, "fill", box.root, "300000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    acked = acknowledged(done.stdout)
    assert refusals(done.stdout) == ["refused G209 3"], done.stderr
    assert acked
    with box.open() as ledger:
        assert ledger.head().size == acked[-1][0]
        assert ledger.append([entry("there is room again")])[0].size == acked[-1][0] + 1
    assert verify_ledger(box.paths).exit_code == 0


def test_a_disk_that_may_not_be_written_refuses_and_changes_nothing(template: Path, tmp_path: Path) -> None:
    box = fresh(template, tmp_path / "box")
    prefix = _private_mounts()
    run = f"{sys.executable} {CHILD} append {box.root} 100 3"
    if prefix is not None:
        script = f"set -e; mount --bind {box.root} {box.root}; mount -o remount,bind,ro {box.root}; {run}"
        command = [*prefix, "sh", "-c", script]
    else:
        command = ["sh", "-c", f"chmod -R a-w {box.root}; {run}; chmod -R u+w {box.root}"]
    before = {path: path.read_bytes() for path in box.root.rglob("*") if path.is_file()}
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "refused G209 3\n", done.stderr
    assert {path: path.read_bytes() for path in box.root.rglob("*") if path.is_file()} == before
    with box.open() as ledger:
        assert ledger.append([entry(100)])[0].proof.index == BEFORE


def test_a_folder_of_payloads_that_cannot_be_read_is_trouble_and_no_damage(template: Path, tmp_path: Path) -> None:
    box = fresh(template, tmp_path / "box")
    shutil.rmtree(box.paths.objects)
    box.paths.objects.write_text("a file is in the way")
    with box.open() as ledger:
        assert code_of(lambda: ledger.append([entry(100)]), InputError) == "G209"
        assert code_of(lambda: ledger.payload("00" * 32), InputError) == "G209"
        assert ledger.head().size == BEFORE


def test_no_flipped_byte_of_the_database_goes_unnoticed(tmp_path: Path) -> None:
    """Unless it lies where SQLite keeps nothing: then all rows are as they were."""
    whole = LedgerBox(tmp_path / "whole").filled(12)
    rows, root = contents(whole), whole.checkpoints()[12]
    data = whole.paths.database.read_bytes()
    source = random.Random(5)
    came: Counter[str] = Counter()
    for at in source.sample(range(100, len(data)), 150):
        for left in ("-wal", "-shm"):  # of an opening that failed
            whole.paths.database.with_name(f"ledger.db{left}").unlink(missing_ok=True)
        whole.paths.database.write_bytes(data[:at] + bytes([data[at] ^ 1 << source.randrange(8)]) + data[at + 1 :])
        try:
            ends = verify_ledger(whole.paths, expected=whole.signer.key).exit_code
        except GovernError as fault:
            ends = fault.exit_code
        came[str(ends)] += 1
        assert ends in (0, 4)
        assert ends == 4 or contents(whole) == rows, at
        try:
            with whole.open() as ledger:
                proved = ledger.prove(at % 12)
                assert verify_inclusion(at % 12, 12, leaf_hash(entry(at % 12).body), proved.proof.hashes, root)
        except IntegrityError:
            assert ends == 4
    print(f"flipped bytes, exit codes: {dict(came)}")  # noqa: T201
    assert came["4"] > 20


def contents(box: LedgerBox) -> list[object]:
    """Every row that means something; the start and the reasons of erasures are for people."""
    with closing(sqlite3.connect(box.paths.database)) as connection:
        tables = ("entry", "identity", "spki", "tnode", "checkpoint", "erasure")
        found = [connection.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        return [*found, connection.execute("SELECT origin, vkey FROM meta").fetchall()]
