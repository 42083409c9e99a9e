"""The archive of a pack: one spelling, written alike by GNU tar and read by anybody's; every other spelling refused."""

from __future__ import annotations

import gzip
import io
import re
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from govern.attestation.pack.index import path_fault
from govern.attestation.pack.tar import BLOCK, MAX_SIZE, RECORD, ArchiveWriter, fits, header, scan
from govern.diagnostics import IntegrityError
from support.packs import archive, members

FILES = {
    "MANIFEST.sha256": b"0" * 600,
    "evidence/" + "a" * 64: b"",
    "evidence/" + "b" * 64: b"x" * BLOCK,
    "pack.json": b"{}",
    "policy/source/Größe und Maß (2).yaml": b"kind: Policy\n",
    "policy/source/" + "d/" * 60 + "e" * 100: b"long",
}


def scanned(data: bytes) -> dict[str, tuple[int, int, str]]:
    return {item.path: (item.offset, item.size, item.digest) for item in scan(io.BytesIO(data), most=100)}


def refused(data: bytes) -> str:
    with pytest.raises(IntegrityError) as caught:
        scanned(data)
    return caught.value.diagnostics[0].code


SEGMENT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/\\"), min_size=1)
PATHS = st.lists(SEGMENT, min_size=1, max_size=6).map("/".join)


@given(st.dictionaries(PATHS.filter(fits), st.binary(max_size=1200), max_size=6))
def test_what_is_written_is_read_and_python_agrees(files: dict[str, bytes]) -> None:
    """Same paths, sizes and bytes, by our reader and by the standard library's."""
    assume(not any(f"{one}/" in f"{other}/" for one in files for other in files if one != other))
    data = archive(files)
    assert len(data) % RECORD == 0
    found = scanned(data)
    assert list(found) == sorted(files, key=str.encode)
    for path, (offset, size, _digest) in found.items():
        assert data[offset : offset + size] == files[path]
    assert members(data) == files


@given(PATHS)
def test_a_header_is_what_python_writes_for_the_path_or_there_is_none(path: str) -> None:
    """Longer names are divided as GNU tar divides them; Python takes the first slash that will do, not the last."""
    assume(not fits(path) or len(path.encode()) <= 100)
    if not fits(path):
        with pytest.raises(ValueError, match="ustar"):
            header(path, 1)
        return
    made = tarfile.TarInfo(path)
    made.size, made.mode, made.uid, made.gid, made.mtime = 7, 0o644, 0, 0, 0
    theirs = made.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    ours = header(path, 7)
    devices = slice(329, 345)  # Python 3.12 leaves the device numbers of a regular file empty, GNU tar writes zeros
    total = slice(148, 156)
    same = [i for i in range(BLOCK) if i not in range(329, 345) and i not in range(148, 156)]
    assert bytes(ours[i] for i in same) == bytes(theirs[i] for i in same)
    assert ours[devices] == b"0000000\0" * 2
    assert int(ours[total][:6], 8) == sum(ours) - sum(ours[total]) + 8 * 32


@pytest.mark.tools
def test_gnu_tar_writes_the_same_bytes_and_lists_them(tmp_path: Path) -> None:
    """With the options that the page for auditors names."""
    folder = tmp_path / "in"
    deep = {
        f"{'p' * before}/{'q' * 20}/{'r' * after}": b"" for before in (1, 60, 134, 135, 155) for after in (60, 99, 100)
    }
    files = FILES | {path: data for path, data in deep.items() if fits(path)}
    assert len(files) > len(FILES) + 8
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    names = sorted(files, key=str.encode)
    options = ["--format=ustar", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=0644"]
    done = subprocess.run(["tar", *options, "-cf", "-", "--", *names], cwd=folder, capture_output=True, check=True)
    assert done.stdout == archive(files)
    pack = tmp_path / "p.tar"
    pack.write_bytes(archive(files))
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run(["tar", "-xf", pack, "-C", out], check=True, capture_output=True)
    assert {path: (out / path).read_bytes() for path in files} == files
    assert all((out / path).stat().st_mode & 0o111 == 0 for path in files)


def test_every_flipped_bit_of_headers_and_padding_is_refused_and_every_flipped_byte_of_a_member_is_seen() -> None:
    """No byte of an archive is without meaning."""
    files = {"a/b": b"hello", "pack.json": b"{}"}
    data = archive(files)
    before = scanned(data)
    spans = [range(offset, offset + size) for offset, size, _digest in before.values()]
    for place in range(len(data)):
        for bit in (0, 5, 7):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            if any(place in span for span in spans):
                after = scanned(bytes(changed))
                assert [key for key in before if before[key] != after[key]] != []
            else:
                assert refused(bytes(changed)) in ("A601", "A602")


def test_every_cut_is_refused_and_so_is_everything_that_follows_the_end() -> None:
    data = archive(FILES)
    for size in range(0, len(data), 128):
        assert refused(data[:size]) == "A601"
    for offset, size, _digest in scanned(data).values():
        for cut in (offset - BLOCK, offset, offset + size, offset + size + (-size % BLOCK)):
            assert refused(data[:cut]) == "A601"
    assert refused(data + b"\0") == "A601"
    assert refused(data + b"\0" * RECORD) == "A601"
    assert refused(data + data) == "A601"
    assert refused(data[:-RECORD] + b"\0" * (RECORD - BLOCK)) == "A601"
    assert refused(gzip.compress(data)) == "A601"
    assert refused(b"") == "A601"


def hostile(
    change: Callable[[tarfile.TarInfo], None], *, form: int = tarfile.USTAR_FORMAT, data: bytes = b"x"
) -> bytes:
    """An archive of one member, as an attacker's tool writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as made:
        item = tarfile.TarInfo("evidence/x")
        item.size = len(data)
        change(item)
        made.addfile(item, io.BytesIO(data) if item.isreg() else None)
    return stream.getvalue()


def named(name: str) -> Callable[[tarfile.TarInfo], None]:
    def change(item: tarfile.TarInfo) -> None:
        item.name = name

    return change


def having(**values: object) -> Callable[[tarfile.TarInfo], None]:
    def change(item: tarfile.TarInfo) -> None:
        for key, value in values.items():
            setattr(item, key, value)

    return change


HOSTILE = {
    "absolute": (hostile(named("/etc/cron.d/x")), "A602"),
    "dotdot": (hostile(named("../../.ssh/authorized_keys")), "A602"),
    "dotdot inside": (hostile(named("evidence/../../x")), "A602"),
    "dot": (hostile(named("./x")), "A602"),
    "empty part": (hostile(named("evidence//x")), "A602"),
    "trailing slash": (hostile(named("evidence/x/"), data=b""), "A602"),
    "backslash": (hostile(named("..\\..\\x")), "A602"),
    "newline": (hostile(named("a\nb")), "A602"),
    "escape": (hostile(named("a\x1b[31mb")), "A602"),
    "c1 control": (hostile(named("a\x9bb")), "A602"),
    "not utf-8": (hostile(named("a\udcffb")), "A601"),
    "empty": (hostile(named("")), "A602"),
    "symlink": (hostile(having(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0)), "A601"),
    "hard link": (hostile(having(type=tarfile.LNKTYPE, linkname="MANIFEST.sha256", size=0)), "A601"),
    "character device": (hostile(having(type=tarfile.CHRTYPE, devmajor=1, devminor=5, size=0)), "A601"),
    "block device": (hostile(having(type=tarfile.BLKTYPE, size=0)), "A601"),
    "fifo": (hostile(having(type=tarfile.FIFOTYPE, size=0)), "A601"),
    "folder": (hostile(having(type=tarfile.DIRTYPE, size=0)), "A601"),
    "contiguous": (hostile(having(type=tarfile.CONTTYPE)), "A601"),
    "old regular": (hostile(having(type=tarfile.AREGTYPE)), "A601"),
    "sparse": (hostile(having(type=tarfile.GNUTYPE_SPARSE, size=0)), "A601"),
    "pax header": (hostile(having(pax_headers={"path": "../x"}), form=tarfile.PAX_FORMAT), "A601"),
    "gnu long name": (hostile(named("n" * 300), form=tarfile.GNU_FORMAT), "A601"),
    "gnu magic": (hostile(having(), form=tarfile.GNU_FORMAT), "A601"),
    "executable": (hostile(having(mode=0o755)), "A601"),
    "setuid": (hostile(having(mode=0o4644)), "A601"),
    "owned": (hostile(having(uid=1000)), "A601"),
    "group": (hostile(having(gid=1000)), "A601"),
    "owner's name": (hostile(having(uname="root")), "A601"),
    "group's name": (hostile(having(gname="root")), "A601"),
    "time": (hostile(having(mtime=1)), "A601"),
    "link name of a file": (hostile(having(linkname="x")), "A601"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_pack_never_holds_is_refused(name: str) -> None:
    data, code = HOSTILE[name]
    assert refused(data) == code


def raw(*blocks: bytes) -> bytes:
    body = b"".join(blocks) + b"\0" * (2 * BLOCK)
    return body + b"\0" * (-len(body) % RECORD)


def edited(block: bytes, place: int, data: bytes) -> bytes:
    """A header changed at a place, its checksum put right."""
    block = block[:place] + data + block[place + len(data) :]
    total = sum(block[:148]) + 8 * 32 + sum(block[156:])
    return block[:148] + b"%06o\0 " % total + block[156:]


def test_second_spellings_of_one_header_are_refused() -> None:
    """Base-256 sizes, blanks for zeros, a prefix where none is needed, rubbish after the end of a name."""
    good = header("a/b", 0)
    assert scanned(raw(good))
    assert refused(raw(edited(good, 124, b"\x80" + b"\0" * 11))) == "A601"
    assert refused(raw(edited(good, 124, b"          0 "))) == "A601"
    assert refused(raw(edited(good, 124, b"+0000000000\0"))) == "A601"
    assert refused(raw(edited(good, 124, b"-0000000001\0"))) == "A601"
    assert refused(raw(edited(good, 4, b"x"))) == "A601"
    assert refused(raw(edited(edited(good, 0, b"b\0\0"), 345, b"a"))) == "A601"
    assert refused(raw(edited(good, 500, b"x"))) == "A601"
    assert refused(raw(edited(good, 257, b"ustar  \0"))) == "A601"
    assert refused(raw(good[:148] + b"0000000 " + good[156:])) == "A601"


def test_duplicates_and_disorder_are_refused() -> None:
    a, b = header("a", 0), header("b", 0)
    assert refused(raw(a, a)) == "A601"
    assert refused(raw(b, a)) == "A601"
    assert list(scanned(raw(a, b))) == ["a", "b"]


def test_a_member_that_claims_eight_gigabytes_costs_what_is_there() -> None:
    assert refused(header("a", MAX_SIZE) + b"x" * 100) == "A601"


def test_there_is_a_cap_on_members() -> None:
    blocks = [header(f"{number:05}", 0) for number in range(101)]
    assert len(scanned(raw(*blocks[:100]))) == 100
    assert refused(raw(*blocks)) == "A603"


@given(st.binary(max_size=3000))
def test_rubbish_is_refused_with_a_code(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        scanned(data)


@given(st.data())
def test_a_mangled_archive_is_refused_or_read_as_what_it_is(data: st.DataObject) -> None:
    """Never a crash, and whatever is accepted is what the writer would have made of the same members."""
    base = bytearray(archive({"a/b": b"hello", "c": b"x" * 700, "pack.json": b"{}"}))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(base) - 1))
        kind = data.draw(st.sampled_from(["set", "cut", "copy"]))
        if kind == "set":
            base[place] = data.draw(st.integers(0, 255))
        elif kind == "cut":
            del base[place : place + data.draw(st.sampled_from([1, 512, 1024]))]
        else:
            base[place:place] = base[place : place + 512]
        assume(base)
    try:
        found = scanned(bytes(base))
    except IntegrityError:
        return
    held = {path: bytes(base[offset : offset + size]) for path, (offset, size, _digest) in found.items()}
    assert archive(held) == bytes(base)


def test_a_writer_refuses_disorder_and_wrong_sizes() -> None:
    writer = ArchiveWriter(io.BytesIO())
    writer.add("b", 1, iter([b"x"]))
    for path in ("a", "b"):
        with pytest.raises(ValueError, match="sorted"):
            writer.add(path, 1, iter([b"x"]))
    for chunks in ([b""], [b"xx"], []):
        with pytest.raises(ValueError, match="announced"):
            ArchiveWriter(io.BytesIO()).add("a", 1, iter(chunks))


@given(st.text(max_size=300))
def test_a_path_is_sound_exactly_when_it_cannot_leave_or_hide(path: str) -> None:
    sound = path_fault(path) is None
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        assert not sound
        return
    expected = (
        0 < size <= 255
        and not re.search(r"[\x00-\x1f\x7f-\x9f\\]", path)
        and all(item not in ("", ".", "..") for item in path.split("/"))
    )
    assert sound == expected
