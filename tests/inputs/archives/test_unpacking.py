"""Sound archives become the files they hold; hostile ones become a list of everything that is wrong, and no file."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.diagnostics import BundleRefusedError, GovernError
from govern.inputs.archives.unpacking import archive_kind, unpack_archive
from govern.inputs.limits import ArchiveLimits, FolderLimits
from support.archives import (
    Member,
    as_tar,
    as_zip,
    deflated,
    files_below,
    padded,
    pax,
    tar_block,
    tar_file,
    tar_of,
    zip64_of,
    zip_of,
)

FILES = {"govern.yaml": b"a: 1\n", "model/weights.bin": bytes(range(256)) * 40, "empty": b"", "data/é.csv": b"x\n"}
LONG = "/".join(["folder-with-a-long-name"] * 7) + "/file.bin"
NO_LIMIT = ArchiveLimits()


def unpack(tmp_path: Path, data: bytes, limits: ArchiveLimits = NO_LIMIT) -> dict[str, bytes]:
    archive = tmp_path / "bundle.archive"
    archive.write_bytes(data)
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    unpack_archive(archive, target, limits=limits)
    return files_below(target)


def refused(tmp_path: Path, data: bytes, limits: ArchiveLimits = NO_LIMIT) -> list[tuple[str, str]]:
    """Give (code, place) of every refusal."""
    with pytest.raises(BundleRefusedError) as caught:
        unpack(tmp_path, data, limits)
    return [(item.code, "" if item.span is None else item.span.file) for item in caught.value.diagnostics]


def resummed(block: bytes) -> bytes:
    """A tar header with its checksum put right."""
    return block[:148] + b"%06o\0 " % (sum(block[:148]) + sum(block[156:]) + 256) + block[156:]


def gnu_sparse() -> bytes:
    return tar_of(pax(GNU__sparse__major="1", GNU__sparse__minor="0"), tar_file(b"sparse"))


# --- sound ones


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_becomes_its_files(tmp_path: Path, method: int) -> None:
    assert unpack(tmp_path, as_zip(FILES, method=method)) == FILES


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_of_every_form_becomes_its_files(tmp_path: Path, mode: str, form: int) -> None:
    files = FILES | {LONG: b"long"}
    assert unpack(tmp_path, as_tar(files, mode=mode, form=form)) == files


def test_a_zip_streamed_with_descriptors_is_read(tmp_path: Path) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"hello" * 100)
        archive.writestr("b.txt", b"")
    assert unpack(tmp_path, made.getvalue()) == {"a.txt": b"hello" * 100, "b.txt": b""}


def test_a_zip_with_wide_sizes_is_read(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as stream:
        stream.write(b"hello")
    assert unpack(tmp_path, made.getvalue()) == {"a.txt": b"hello"}


def test_a_zip_with_wide_end_records_is_read(tmp_path: Path) -> None:
    assert unpack(tmp_path, zip64_of(Member(b"a"), Member(b"b"))) == {"a": b"hello", "b": b"hello"}


def test_sizes_in_binary_and_in_pax_records_are_read(tmp_path: Path) -> None:
    """What writers do for files above 8 GiB, on a small one."""
    block = tar_block(b"a")
    block = resummed(block[:124] + b"\x80" + (5).to_bytes(11, "big") + block[136:])
    data = tar_of(block, padded(b"hello"), pax(size="5", mtime="1.5"), tar_file(b"b"))
    assert unpack(tmp_path, data) == {"a": b"hello", "b": b"hello"}


def test_a_model_that_is_a_zip_may_be_the_last_stored_member(tmp_path: Path) -> None:
    inner = as_zip({"data.pkl": b"x"})
    assert unpack(tmp_path, as_zip({"model.pt": inner}, method=zipfile.ZIP_STORED)) == {"model.pt": inner}


def test_times_owners_and_a_comment_are_no_content(tmp_path: Path) -> None:
    extra = struct.pack("<2H", 0x5455, 5) + b"\1\0\0\0\0" + struct.pack("<2H", 0x000A, 4) + b"\0\0\0\0"
    assert unpack(tmp_path, zip_of(Member(b"a", extra=extra), comment=b"3f786850e3")) == {"a": b"hello"}


def test_names_as_zip_on_unix_writes_them_are_utf_8(tmp_path: Path) -> None:
    """Info-ZIP as Debian builds it sets no flag; elsewhere another encoding may have been meant."""
    assert unpack(tmp_path, zip_of(Member("é.txt".encode(), mode=0o100644))) == {"é.txt": b"hello"}


def test_archives_within_stay_files(tmp_path: Path) -> None:
    inner = as_zip({"../../x": b"evil"})
    assert unpack(tmp_path, as_tar({"inner.zip": inner})) == {"inner.zip": inner}


def test_members_get_no_rights_but_the_owners(tmp_path: Path) -> None:
    member = tarfile.TarInfo("run.sh")
    member.mode, member.size = 0o4777, 5
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(member, io.BytesIO(b"hello"))
        folder = tarfile.TarInfo("sub/x")
        archive.addfile(folder, io.BytesIO())
    unpack(tmp_path, made.getvalue())
    assert stat.S_IMODE((tmp_path / "target/run.sh").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "target/sub").stat().st_mode) == 0o700


def test_a_tar_of_the_folder_itself_has_no_dots(tmp_path: Path) -> None:
    data = tar_of(tar_block(b"./", kind=b"5"), tar_block(b"./sub/", kind=b"5"), tar_file(b"./sub/a"))
    assert unpack(tmp_path, data) == {"sub/a": b"hello"}


def test_a_git_archive_says_its_commit_in_a_header_for_all(tmp_path: Path) -> None:
    body = b"52 comment=3f786850e387550fdab836ed7e6dc881de23001b\n"
    assert unpack(tmp_path, tar_of(tar_block(b"g", len(body), b"g"), padded(body), tar_file(b"a"))) == {"a": b"hello"}


def test_streams_of_several_members_and_padding_are_one(tmp_path: Path) -> None:
    data = as_tar({"a": b"hello"})
    made = gzip.compress(data[:700]) + gzip.compress(data[700:]) + b"\0" * 512
    assert unpack(tmp_path, made) == {"a": b"hello"}


def test_a_large_stored_member_is_no_bomb(tmp_path: Path) -> None:
    limits = ArchiveLimits(expanded_bytes=1000)
    assert len(unpack(tmp_path, as_zip({"a": b"\0" * 5000}, method=zipfile.ZIP_STORED), limits)["a"]) == 5000


# --- hostile ones

ZIPS: dict[str, tuple[bytes, str]] = {
    "slip": (zip_of(Member(b"../../evil.txt")), "I204"),
    "absolute": (zip_of(Member(b"/etc/passwd")), "I204"),
    "drive": (zip_of(Member(b"C:/x")), "I204"),
    "backslash": (zip_of(Member(b"..\\x")), "I204"),
    "control character": (zip_of(Member(b"a\nb")), "I204"),
    "nul in the name": (zip_of(Member(b"a\0.txt")), "I204"),
    "not NFC": (zip_of(Member("e\u0301".encode(), flags=0x800)), "I204"),
    "encoding not stated": (zip_of(Member("é".encode())), "I204"),
    "not UTF-8 on unix": (zip_of(Member(b"\xff", mode=0o100644)), "I204"),
    "not NFC on unix": (zip_of(Member("e\u0301".encode(), mode=0o100644)), "I204"),
    "not UTF-8": (zip_of(Member(b"\xff", flags=0x800)), "I204"),
    "twice": (zip_of(Member(b"a"), Member(b"a", b"other")), "I204"),
    "case": (zip_of(Member(b"README.md"), Member(b"readme.md")), "I204"),
    "case of a folder": (zip_of(Member(b"A/x"), Member(b"a/y")), "I204"),
    "file and folder": (zip_of(Member(b"a"), Member(b"a/b")), "I204"),
    "empty part": (zip_of(Member(b"a//b")), "I204"),
    "dot part": (zip_of(Member(b"a/./b")), "I204"),
    "too deep": (zip_of(Member(b"a/" * 40 + b"x")), "I204"),
    "too long": (zip_of(Member(b"/".join([b"a" * 200] * 6))), "I204"),
    "long part": (zip_of(Member(b"a" * 300)), "I204"),
    "link": (zip_of(Member(b"a", b"/etc/passwd", mode=0o120777)), "I206"),
    "fifo": (zip_of(Member(b"a", b"", mode=0o010644)), "I206"),
    "device": (zip_of(Member(b"a", b"", mode=0o020644)), "I206"),
    "encrypted": (zip_of(Member(b"a", flags=0x1)), "I206"),
    "headers masked": (zip_of(Member(b"a", flags=0x2000)), "I206"),
    "odd method": (zip_of(Member(b"a", method=12)), "I206"),
    "unknown flag": (zip_of(Member(b"a", flags=0x10)), "I206"),
    "folder, then file": (zip_of(Member(b"a/b"), Member(b"a")), "I204"),
    "wide end elsewhere": (zip64_of(Member(b"a"), locator=1), "I207"),
    "wide end, other count": (zip64_of(Member(b"a"), entries=2), "I207"),
    "two ends disagree": (zip64_of(Member(b"a"), narrow=3), "I207"),
    "wide end absent": (zip_of(Member(b"a"))[:-6] + b"\xff\xff\xff\xff\0\0", "I207"),
    "several disks": (zip_of(Member(b"a"))[:-18] + b"\1\0" + zip_of(Member(b"a"))[-16:], "I207"),
    "more behind the deflated": (zip_of(Member(b"a", method=8, packed=deflated(b"hello") + b"x" * 600_000)), "I207"),
    "two names": (zip_of(Member(b"a", listed_name=b"b")), "I207"),
    "two sizes": (zip_of(Member(b"a", listed_size=4)), "I207"),
    "stored, other size": (zip_of(Member(b"a", size=9)), "I207"),
    "wrong checksum": (zip_of(Member(b"a", crc=1)), "I207"),
    "unpacks to more": (zip_of(Member(b"a", b"x" * 5000, method=8, size=10)), "I207"),
    "unpacks to less": (zip_of(Member(b"a", b"x" * 50, method=8, size=90)), "I207"),
    "not deflated": (zip_of(Member(b"a", b"hello", method=8, packed=b"\xff\xff\xff")), "I207"),
    "bytes behind the deflated": (zip_of(Member(b"a", method=8, packed=deflated(b"hello") + b"evil")), "I207"),
    "folder with bytes": (zip_of(Member(b"a/")), "I207"),
    "second name in an extra": (
        zip_of(Member(b"a", extra=struct.pack("<2HBL", 0x7075, 6, 1, 0) + b"b")),
        "I207",
    ),
    "too many listed": (zip_of(Member(b"a"), count=2), "I207"),
    "cut": (zip_of(Member(b"a"))[:-30], "I207"),
    "overlap": (zip_of(Member(b"a"), Member(b"b", listed_offset=0)), "I208"),
    "not in the directory": (zip_of(Member(b"a"), Member(b"hidden", listed=False)), "I208"),
    "program in front": (zip_of(Member(b"a"), before=b"#!/bin/sh\n"), "I207"),
    "member in front": (zip_of(Member(b"a"), before=zip_of(Member(b"hidden"))), "I208"),
    "gap": (zip_of(Member(b"a"), between=b"gap"), "I208"),
    "trailer": (zip_of(Member(b"a"), after=b"trailer"), "I208"),
    "empty": (zip_of(), "B114"),
    "only folders": (zip_of(Member(b"a/", b"")), "B114"),
}

TARS: dict[str, tuple[bytes, str]] = {
    "slip": (tar_of(tar_file(b"../evil")), "I204"),
    "slip by pax": (tar_of(pax(path="../evil"), tar_file(b"a")), "I204"),
    "slip by GNU": (tar_of(tar_block(b"@", 8, b"L"), padded(b"../evil\0"), tar_file(b"a")), "I204"),
    "absolute": (tar_of(tar_file(b"/etc/passwd")), "I204"),
    "not UTF-8": (tar_of(tar_file(b"\xff")), "I204"),
    "twice": (tar_of(tar_file(b"a"), tar_file(b"./a", b"x")), "I204"),
    "symbolic link": (tar_of(tar_block(b"a", kind=b"2", link=b"/etc")), "I206"),
    "write through a link": (tar_of(tar_block(b"d", kind=b"2", link=b"/tmp"), tar_file(b"d/x")), "I206"),
    "hard link": (tar_of(tar_block(b"a", kind=b"1", link=b"/etc/passwd")), "I206"),
    "fifo": (tar_of(tar_block(b"a", kind=b"6")), "I206"),
    "character device": (tar_of(tar_block(b"a", kind=b"3")), "I206"),
    "sparse, GNU": (tar_of(tar_block(b"a", 5, b"S"), padded(b"hello")), "I206"),
    "sparse, pax": (gnu_sparse(), "I206"),
    "unknown kind": (tar_of(tar_block(b"a", kind=b"Z")), "I206"),
    "wrong checksum": (tar_file(b"a")[:10] + b"!" + tar_file(b"a")[11:] + b"\0" * 1024, "I207"),
    "damaged later": (tar_of(tar_file(b"a"), b"x" * 512), "I207"),
    "cut": (tar_of(tar_file(b"a"), end=b""), "I207"),
    "cut in a member": (tar_block(b"a", 5000) + b"short", "I207"),
    "two sizes": (tar_of(pax(size="3"), tar_file(b"a")), "I207"),
    "odd size": (tar_of(pax(size="-5"), tar_file(b"a")), "I207"),
    "damaged pax": (tar_of(tar_block(b"x", 5, b"x"), padded(b"99 a="), tar_file(b"a")), "I207"),
    "size that is no number": (
        tar_of(resummed(tar_block(b"a")[:124] + b"99999999999\0" + tar_block(b"a")[136:])),
        "I207",
    ),
    "pax twice": (tar_of(tar_block(b"x", 24, b"x"), padded(b"12 comment=a" * 2), tar_file(b"a")), "I207"),
    "pax key twice": (tar_of(tar_block(b"x", 16, b"x"), padded(b"8 a=bcd\n8 a=bcd\n"), tar_file(b"a")), "I207"),
    "names in two headers": (tar_of(tar_block(b"@", 2, b"L"), padded(b"b\0"), pax(path="c"), tar_file(b"a")), "I207"),
    "names in no encoding": (tar_of(pax(hdrcharset="BINARY"), tar_file(b"a")), "I207"),
    "one zero block": (tar_of(tar_file(b"a"), end=b"\0" * 512 + b"x" * 512), "I208"),
    "trailer far behind": (tar_of(tar_file(b"a"), end=b"\0" * 600_000 + b"x"), "I208"),
    "pax for nobody": (tar_of(pax(path="a")), "I207"),
    "names for all": (tar_of(tar_block(b"g", 9, b"g"), padded(b"9 path=b\n"), tar_file(b"a")), "I207"),
    "huge pax": (tar_of(tar_block(b"x", 2 << 20, b"x"), b"\0" * (2 << 20)), "I207"),
    "padding": (tar_of(tar_block(b"a", 5), b"hello" + b"evil".ljust(507, b"\0")), "I208"),
    "trailer": (tar_of(tar_file(b"a")) + tar_file(b"hidden"), "I208"),
    "gzip trailer": (gzip.compress(tar_of(tar_file(b"a"))) + b"evil", "I208"),
    "gzip cut": (gzip.compress(tar_of(tar_file(b"a")))[:-12], "I207"),
    "bzip2 damaged": (bz2.compress(tar_of(tar_file(b"a")))[:-4] + b"abcd", "I207"),
    "xz of no tar": (lzma.compress(b"hello"), "I207"),
    "only folders": (tar_of(tar_block(b"a/", kind=b"5")), "B114"),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_hostile_zip_is_refused(tmp_path: Path, name: str) -> None:
    data, code = ZIPS[name]
    assert code in [found for found, _place in refused(tmp_path, data)]
    assert not list((tmp_path.parent).glob("evil*"))


@pytest.mark.parametrize("name", TARS)
def test_a_hostile_tar_is_refused(tmp_path: Path, name: str) -> None:
    data, code = TARS[name]
    assert code in [found for found, _place in refused(tmp_path, data)]


def test_nothing_of_a_zip_with_one_bad_name_is_written(tmp_path: Path) -> None:
    refused(tmp_path, zip_of(Member(b"good"), Member(b"../evil")))
    assert files_below(tmp_path / "target") == {}


def test_every_fault_is_listed_with_its_member(tmp_path: Path) -> None:
    data = zip_of(Member(b"../a"), Member(b"/b"), Member(b"c", b"", mode=0o120777), Member(b"d", flags=1))
    assert refused(tmp_path, data) == [
        ("I204", "bundle.archive!../a"),
        ("I204", "bundle.archive!/b"),
        ("I206", "bundle.archive!c"),
        ("I206", "bundle.archive!d"),
    ]


def test_a_tar_is_listed_to_its_end_after_a_fault(tmp_path: Path) -> None:
    data = tar_of(tar_file(b"../a"), tar_block(b"l", kind=b"2", link=b"x"), tar_file(b"../b"))
    assert [place for _code, place in refused(tmp_path, data)] == [
        "bundle.archive!../a",
        "bundle.archive!../b",
        "bundle.archive!l",
    ]


def test_names_that_are_not_text_can_be_printed(tmp_path: Path) -> None:
    ((code, place),) = refused(tmp_path, tar_of(tar_file(b"\xff\x1b[31m")))
    assert (code, place) == ("I204", "bundle.archive!\\xff\x1b[31m")


# --- bombs


def test_a_member_that_unpacks_to_a_hundred_times_its_size_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, zip_of(Member(b"a", b"\0" * (4 << 20), method=8))) == [("I205", "bundle.archive!a")]


def test_many_members_that_are_small_alone_are_a_bomb_together(tmp_path: Path) -> None:
    members = [Member(b"%d" % number, b"\0" * 10_000, method=8) for number in range(20)]
    assert refused(tmp_path, zip_of(*members), ArchiveLimits(expanded_bytes=150_000)) == [("I205", "bundle.archive")]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_tar_stops_at_the_cap(tmp_path: Path, pack: object) -> None:
    data = pack(tar_of(tar_file(b"a", b"\0" * (8 << 20))))  # type: ignore[operator]
    assert refused(tmp_path, data) == [("I205", "bundle.archive")]
    written = sum(path.stat().st_size for path in (tmp_path / "target").rglob("*"))
    assert written <= max(1 << 20, 100 * len(data))


def test_a_bomb_of_many_streams_is_one_bomb(tmp_path: Path) -> None:
    head, tail = tar_block(b"a", 64 << 20), gzip.compress(b"\0" * (1 << 20))
    assert refused(tmp_path, gzip.compress(head) + tail * 64 + gzip.compress(b"\0" * 1024)) == [
        ("I205", "bundle.archive")
    ]


def test_a_dictionary_that_takes_the_memory_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 512 << 20, "preset": 0}]
    data = lzma.compress(tar_of(tar_file(b"a")), format=lzma.FORMAT_XZ, filters=filters)
    assert refused(tmp_path, data) == [("I207", "bundle.archive")]


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    limits = ArchiveLimits(members=3)
    members = [b"%d" % number for number in range(4)]
    assert refused(tmp_path, zip_of(*map(Member, members)), limits) == [("I205", "bundle.archive")]


def test_too_many_members_of_a_tar_are_refused(tmp_path: Path) -> None:
    data = tar_of(*(tar_file(b"%d" % number) for number in range(4)))
    assert refused(tmp_path, data, ArchiveLimits(members=3)) == [("I205", "bundle.archive")]


def test_the_list_of_refusals_ends(tmp_path: Path) -> None:
    found = refused(tmp_path, zip_of(*(Member(b"../%d" % number) for number in range(1200))))
    assert len(found) == 1001
    assert ("I205", "bundle.archive") in found


def test_paths_are_capped_as_those_of_folders(tmp_path: Path) -> None:
    archive, target = tmp_path / "a.zip", tmp_path / "t"
    archive.write_bytes(zip_of(Member(b"a/b/c")))
    target.mkdir()
    with pytest.raises(BundleRefusedError, match="I204"):
        unpack_archive(archive, target, folder_limits=FolderLimits(depth=2))


# --- writing


def test_a_file_that_is_there_already_is_not_overwritten(tmp_path: Path) -> None:
    archive, target, outside = tmp_path / "a.zip", tmp_path / "t", tmp_path / "outside"
    archive.write_bytes(zip_of(Member(b"a")))
    target.mkdir()
    outside.write_bytes(b"kept")
    (target / "a").symlink_to(outside)
    with pytest.raises(FileExistsError):
        unpack_archive(archive, target)
    assert outside.read_bytes() == b"kept"


def test_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    archive, target, outside = tmp_path / "a.zip", tmp_path / "t", tmp_path / "outside"
    archive.write_bytes(zip_of(Member(b"d/a")))
    target.mkdir()
    outside.mkdir()
    (target / "d").symlink_to(outside)
    with pytest.raises(OSError, match="d"):
        unpack_archive(archive, target)
    assert os.listdir(outside) == []


def test_no_read_asks_for_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: (asked.append(size), real(fd, size, at))[1])
    unpack(tmp_path, as_zip({"a": os.urandom(3 << 20)}, method=zipfile.ZIP_STORED))
    assert max(asked) <= 256 * 1024


# --- kinds


def test_kinds_are_told_by_content() -> None:
    assert archive_kind(as_zip({"a": b""})[:512]) == "zip"
    assert archive_kind(as_tar({"a": b""})[:512]) == "tar"
    assert archive_kind(b"7z\xbc\xaf\x27\x1c") == "7z"
    assert archive_kind(b"Rar!\x1a\x07") == "rar"
    assert archive_kind(b"\x28\xb5\x2f\xfd") == "zstd"
    assert archive_kind(b"") is None
    assert archive_kind(b"\0" * 512) is None
    assert archive_kind(b"hello".ljust(512)) is None


# --- properties

PARTS = st.text("abcdefgé-._ ", min_size=1, max_size=8).filter(lambda text: text not in (".", ".."))
TREES = st.dictionaries(PARTS, st.binary(max_size=300), min_size=1, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(files=TREES, form=st.sampled_from(["zip", "stored", "w", "w:gz", "w:bz2", "w:xz"]))
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], form: str) -> None:
    if form in ("zip", "stored"):
        data = as_zip(files, method=zipfile.ZIP_STORED if form == "stored" else zipfile.ZIP_DEFLATED)
    else:
        data = as_tar(files, mode=form)
    assert unpack(tmp_path_factory.mktemp("tree"), data) == files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(data=st.data(), form=st.sampled_from(["zip", "w", "w:gz", "w:xz"]))
def test_spoilt_bytes_never_escape_the_list_of_refusals(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, form: str
) -> None:
    sound = as_zip(FILES) if form == "zip" else as_tar(FILES, mode=form)
    spoilt = bytearray(sound)
    for _change in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(sound) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(spoilt)))
    folder = tmp_path_factory.mktemp("spoilt")
    codes: set[str] = set()
    try:
        unpack(folder, bytes(spoilt[:cut]))
    except GovernError as fault:
        codes = {item.code for item in fault.diagnostics}
    assert codes <= {"I204", "I205", "I206", "I207", "I208", "B114"}
    assert sorted(os.listdir(folder)) == ["bundle.archive", "target"]
