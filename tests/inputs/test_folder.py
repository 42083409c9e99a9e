"""Walking folders of strangers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import unicodedata

import pytest

from govern.diagnostics import BundleRefusedError, UsageError
from govern.inputs.folder import folder_inside, open_file, walk_folder
from govern.inputs.limits import FolderLimits


def refusals(root, **limits):
    with pytest.raises(BundleRefusedError) as caught:
        walk_folder(root, limits=FolderLimits(**limits))
    return [(item.code, item.span.file) for item in caught.value.diagnostics if item.span]


def test_files_come_in_the_order_of_their_bytes(tmp_path):
    for name in ("b", "a.txt", "a/z", "a-b", "Z", "é", "a/y/x", "empty-folder/"):
        target = tmp_path / name
        (target if name.endswith("/") else target.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            target.write_bytes(b"x" * len(name))
    listing = walk_folder(tmp_path)
    assert [item.path for item in listing.files] == ["Z", "a-b", "a.txt", "a/y/x", "a/z", "b", "é"]
    assert [item.size for item in listing.files] == [1, 3, 5, 5, 3, 1, 1]


def test_links_are_named_with_their_targets_and_not_followed(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "out").symlink_to("/etc/hostname")
    (tmp_path / "folder").symlink_to("/etc")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "gone").symlink_to("nowhere")
    with pytest.raises(BundleRefusedError) as caught:
        walk_folder(tmp_path)
    said = {item.span.file: item for item in caught.value.diagnostics}
    assert {name: item.code for name, item in said.items()} == dict.fromkeys(["out", "folder", "loop", "gone"], "B101")
    assert "/etc/hostname" in said["out"].message
    assert "cp -rL" in said["out"].hint


def test_hard_links_are_ordinary_files(tmp_path):
    (tmp_path / "a").write_text("x")
    os.link(tmp_path / "a", tmp_path / "b")
    assert len(walk_folder(tmp_path).files) == 2


def test_special_files_are_refused_without_being_opened(tmp_path):
    # In a process with a deadline: opening the FIFO would block for ever.
    os.mkfifo(tmp_path / "pipe")
    code = "import sys; from pathlib import Path; from govern.inputs.folder import walk_folder; walk_folder(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30)
    assert "pipe: error B102 special-file: is a FIFO" in done.stderr


def test_sockets_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert refusals(tmp_path) == [("B102", "s")]


def test_names_that_cannot_be_listed_are_refused_and_printable(tmp_path):
    with open(os.fsencode(tmp_path) + b"/bad\xff.txt", "wb"):
        pass
    (tmp_path / "e\u0301").write_text("")
    (tmp_path / "new\nline").write_text("")
    (tmp_path / "back\\slash").write_text("")
    (tmp_path / "del\x7f").write_text("")
    (tmp_path / "c1\x85").write_text("")
    os.symlink(b"/x/\xfe", os.fsencode(tmp_path / "link"))
    with pytest.raises(BundleRefusedError) as caught:
        walk_folder(tmp_path)
    assert sorted((item.code, item.span.file) for item in caught.value.diagnostics) == [
        ("B101", "link"),
        ("B103", "bad\\xff.txt"),
        ("B104", "e\u0301"),
        ("B106", "back\\slash"),
        ("B106", "c1\x85"),
        ("B106", "del\x7f"),
        ("B106", "new\nline"),
    ]
    str(caught.value).encode()
    for item in caught.value.diagnostics:
        f"{item.message}{item.span.file}".encode()


def test_names_that_collide_by_case(tmp_path):
    for name in ("README.md", "Readme.md", "straße", "STRASSE", "d/x", "D/y", "fine/a", "other/A"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert refusals(tmp_path) == [("B105", "Readme.md"), ("B105", "d"), ("B105", "straße")]


def test_caps_on_entries_depth_and_path(tmp_path):
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "a/b/c/file").write_text("")
    (tmp_path / "a/long-name").write_text("")
    assert len(walk_folder(tmp_path, limits=FolderLimits(entries=5, depth=4, path_bytes=11)).files) == 2
    assert refusals(tmp_path, entries=4) == [("B107", ".")]
    assert refusals(tmp_path, depth=3) == [("B107", "a/b/c")]
    assert refusals(tmp_path, path_bytes=10) == [("B107", "a/long-name")]


def test_number_of_refusals_is_bounded(tmp_path):
    for number in range(1100):
        (tmp_path / f"l{number}").symlink_to("x")
    with pytest.raises(BundleRefusedError) as caught:
        walk_folder(tmp_path)
    assert len(caught.value.diagnostics) == 1001
    assert caught.value.diagnostics[0].code == "B107"


def test_all_refusals_come_at_once_and_in_order(tmp_path):
    (tmp_path / "z").symlink_to("x")
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d/pipe")
    (tmp_path / "d/e\u0301").write_text("")
    assert refusals(tmp_path) == [("B104", "d/e\u0301"), ("B102", "d/pipe"), ("B101", "z")]


def test_unreadable_entries(tmp_path):
    """In a child, which gives up root's rights when it has them: root may read everything."""
    (tmp_path / "file").write_text("")
    (tmp_path / "file").chmod(0)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder").chmod(0)
    # The descriptor is opened as root, because the folders above the test's may be closed to others.
    tmp_path.chmod(0o755)
    code = (
        "import os, sys; from pathlib import Path; from govern.inputs.folder import walk_folder\n"
        "from govern.diagnostics import BundleRefusedError\n"
        "import govern.diagnostics.codes.bundle\n"
        "os.chdir(sys.argv[1])\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try: walk_folder(Path('.'))\n"
        "except BundleRefusedError as error: print([(d.code, d.span.file) for d in error.diagnostics])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=30)
    (tmp_path / "folder").chmod(0o700)
    assert done.stdout.strip() == "[('B108', 'file'), ('B108', 'folder')]", done.stderr


def test_empty_folder_and_no_folder(tmp_path):
    (tmp_path / "inner").mkdir()
    assert refusals(tmp_path) == [("B114", ".")]
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "file", tmp_path / "nothing"):
        with pytest.raises(UsageError) as caught:
            walk_folder(wrong)
        assert [item.code for item in caught.value.diagnostics] == ["B115"]


def test_the_root_itself_may_be_a_link(tmp_path):
    (tmp_path / "v1").mkdir()
    (tmp_path / "v1/file").write_text("")
    (tmp_path / "latest").symlink_to("v1")
    assert [item.path for item in walk_folder(tmp_path / "latest").files] == ["file"]


def test_files_are_opened_through_no_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_text("x")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "real/link").symlink_to("file")
    os.mkfifo(tmp_path / "real/pipe")
    with folder_inside(tmp_path, "real") as folder:
        os.close(open_file(folder, "file"))
        for name in ("link", "pipe", "nothing"):
            with pytest.raises(OSError):
                open_file(folder, name)
    with pytest.raises(OSError), folder_inside(tmp_path, "folder"):
        pass


def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_text("")
    os.mkfifo(tmp_path / "a/pipe")
    before = len(os.listdir("/proc/self/fd"))
    refusals(tmp_path)
    refusals(tmp_path, entries=2)
    assert len(os.listdir("/proc/self/fd")) == before


def test_every_control_character_is_refused(tmp_path):
    """The pattern holds what Unicode calls Cc, and the backslash."""
    from govern.inputs.folder import _FORBIDDEN

    wrong = {chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cc"} | {"\\"}
    assert {chr(code) for code in range(0x110000) if _FORBIDDEN.search(chr(code))} == wrong
