"""Mapped files: what was looked at is given back, and what is found does not change by it."""

from __future__ import annotations

import mmap
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.security.artefacts import pages
from govern.security.artefacts.containers.zip import read_zip, verify_stored
from govern.security.artefacts.limits import Budget, ScanError, ScanLimits
from govern.security.artefacts.pages import find_byte, give_back
from support.archives import Member, zip_of


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200), start=st.integers(0, 210), end=st.integers(0, 210), window=st.integers(1, 40))
def test_a_search_in_windows_finds_what_a_search_finds(
    monkeypatch: pytest.MonkeyPatch, data: bytes, start: int, end: int, window: int
) -> None:
    monkeypatch.setattr(pages, "WINDOW", window)
    assert find_byte(data, b"\n", start, end) == data.find(b"\n", start, end)


def test_what_was_given_back_is_still_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 200)
    with (tmp_path / "file").open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        before = data[:]
        for start, end in ((0, len(data)), (5000, 9000), (len(data) - 1, len(data)), (7, 7)):
            give_back(data, start, end)
        assert data[:] == before
        assert find_byte(data, b"\xff", 300, len(data)) == 511


@pytest.mark.parametrize("wrong", [False, True])
def test_a_checksum_is_the_same_in_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, wrong: bool) -> None:
    monkeypatch.setattr("govern.security.artefacts.containers.zip.WINDOW", 1000)
    (tmp_path / "file").write_bytes(zip_of(Member(b"a", bytes(range(256)) * 50, crc=1 if wrong else None)))
    with (tmp_path / "file").open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        (member,), _spans = read_zip(data, Budget(ScanLimits(), len(data)))
        if wrong:
            with pytest.raises(ScanError, match="checksum"):
                verify_stored(data, member)
        else:
            verify_stored(data, member)
            assert member.size == 12_800


SCAN = """
import sys
from pathlib import Path
from govern.bundle import open_bundle
from govern.checks.artefacts.evidence import scan_of
from govern.checks.context import CheckContext
reports = scan_of(CheckContext(bundle=open_bundle(Path(sys.argv[1]), name="big", version="1"), stage="pre-registration"))
assert [str(item.verdict) for item in reports.values()] == ["clean"]
# Not getrusage: its peak includes what the process that started this one had.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("first", ["P", "V", " "])
def test_a_large_model_is_not_held_in_memory(tmp_path: Path, first: str) -> None:
    """Half a GiB of zeros in a sparse file; the length of the header begins like an opcode that reads to a newline."""
    size = 512 << 20
    header = b'{"w":{"dtype":"F32","shape":[%d],"data_offsets":[0,%d]}}' % (size // 4, size)
    header = header.ljust(ord(first) if ord(first) > len(header) else 256 + ord(first))
    with (tmp_path / "model.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", len(header)) + header)
        stream.truncate(8 + len(header) + size)
    done = subprocess.run([sys.executable, "-c", SCAN, str(tmp_path)], capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 150 * 1024
