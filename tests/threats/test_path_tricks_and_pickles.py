"""Threat: names that leave the folder, and pickles that act. Control: refused by name; archives never unpacked; never loaded."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from support.hostile_bytes import acting_pickle
from support.threats import Workspace, vector


def _link_to_file(bundle: Path) -> None:
    (bundle / "link").symlink_to("README.md")


def _link_to_folder(bundle: Path) -> None:
    (bundle / "link").symlink_to("/etc")


def _fifo(bundle: Path) -> None:
    os.mkfifo(bundle / "pipe")


def _control(bundle: Path) -> None:
    (bundle / "a\nb").write_text("x", encoding="utf-8")


def _backslash(bundle: Path) -> None:
    (bundle / "..\\up").write_text("x", encoding="utf-8")


def _other_form(bundle: Path) -> None:
    (bundle / "cafe\u0301").write_text("x", encoding="utf-8")


def _case(bundle: Path) -> None:
    (bundle / "readme.MD").write_text("x", encoding="utf-8")


SEVEN: tuple[Callable[[Path], None], ...] = (
    *(_link_to_file, _link_to_folder, _fifo, _control, _backslash, _other_form, _case),
)


@pytest.mark.parametrize("trick", SEVEN, ids=lambda item: item.__name__.strip("_"))
def test_each_path_trick_refuses_the_bundle(workspace: Workspace, trick: Callable[[Path], None]) -> None:
    """Exit 3 at the gate with nothing signed or logged; exit 3 at the auditor's, who has no digest to compare."""
    trick(workspace.bundle)
    before, files = workspace.entries(), sorted(workspace.certificates.iterdir())
    assert workspace.check().code == 3
    assert (workspace.entries(), sorted(workspace.certificates.iterdir())) == (before, files)
    assert workspace.verify("--bundle", "example").code == 3


def test_an_archive_member_that_leaves_its_archive_is_damage_and_lands_nowhere(workspace: Workspace) -> None:
    """Zip slip, and the same in the tar of an evidence pack."""
    packed = workspace.run("pack", workspace.certificate, "-o", "p.tar", "--bundle", "example")
    assert packed.code == 0, packed.err
    whole = (workspace.root / "p.tar").read_bytes()
    stream = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(whole)) as old, tarfile.open(fileobj=stream, mode="w:") as new:
        evil = tarfile.TarInfo("../../slipped")
        evil.size = 1
        new.addfile(evil, io.BytesIO(b"x"))
        for member in old.getmembers():
            new.addfile(member, old.extractfile(member))
    (workspace.root / "evil.tar").write_bytes(stream.getvalue())
    assert workspace.run("replay", "p.tar").code == 0
    assert workspace.run("replay", "evil.tar").code == 4
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("../../slipped", b"x")
    (workspace.bundle / "weights.npz").write_bytes(archive.getvalue())
    workspace.check()
    assert not list(workspace.root.parent.glob("**/slipped"))


def test_a_pickle_that_writes_a_file_writes_none(workspace: Workspace) -> None:
    """Judged by every rule of the workspace and by one that reads pickles; the file that it would make is absent."""
    marker = workspace.root / "executed"
    (workspace.bundle / "model" / "extra.pkl").write_bytes(acting_pickle(marker))
    policy = workspace.root / "policies" / "pickles.yaml"
    policy.write_text(
        "apiVersion: govern/v1\nkind: Policy\n"
        "metadata: {name: pickles, version: '1', title: P, owner: o@example.com}\n"
        "spec:\n  rules:\n    - {id: none, title: No pickles, severity: high, enforcement: block,"
        " check: artefacts.pickle, with: {mode: forbid}}\n",
        encoding="utf-8",
    )
    assert workspace.check().code == 1
    assert workspace.verify("--bundle", "example").code in (1, 4)
    assert not marker.exists()


def test_a_link_in_the_place_of_a_file_does_not_verify() -> None:
    assert vector("bundle-with-a-link") == (3, ["bundle"])
