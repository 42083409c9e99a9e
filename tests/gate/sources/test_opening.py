"""From what the user named to a folder: archives in every form give the same digest and decision as the folder."""

from __future__ import annotations

import os
import stat
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from govern.bundle.manifest import manifest_of
from govern.diagnostics import InputError, UsageError
from govern.gate.check import Checked, CheckRequest, Refused, check
from govern.gate.result import refused_document, result_document
from govern.gate.sources.interface import Origin, Source
from govern.gate.sources.opening import Places, identity, local_path, opened_folder, opened_source
from govern.policy.outcomes import Stage
from govern.report.result import Result
from govern.report.text import render_text
from support.archives import Member, as_tar, as_zip, files_below, tar_block, tar_file, tar_of, zip_of
from support.bundles import BundleBuilder
from support.gate import CLOCK, dangers, faces, write_policy

FORMS = {
    "zip": lambda files: as_zip(files),
    "stored zip": lambda files: as_zip(files, method=zipfile.ZIP_STORED),
    "tar": lambda files: as_tar(files),
    "old tar": lambda files: as_tar(files, form=tarfile.USTAR_FORMAT),
    "tar.gz": lambda files: as_tar(files, mode="w:gz"),
    "tar.bz2": lambda files: as_tar(files, mode="w:bz2"),
    "tar.xz": lambda files: as_tar(files, mode="w:xz"),
    "zip of the folder": lambda files: as_zip(files, top="credit-3.1.0/"),
    "tar of the folder": lambda files: as_tar(files, top="credit-3.1.0/"),
}
RULES = {"model_card.sections": {"required": ["intended_use", "limitations"]}}


def places(tmp_path: Path, keep: Path | None = None) -> Places:
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return Places(scratch=scratch, beside=tmp_path, keep=keep)


def archive_of(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "credit.archive"
    path.write_bytes(data)
    return str(path)


def decided(tmp_path: Path, source: Source, name: str | None = None, version: str | None = None) -> Checked | Refused:
    policies = write_policy(tmp_path / "policies", RULES)
    stage = Stage("pre-registration")
    request = CheckRequest(bundle=source.folder, stage=stage, policies=[policies], clock=CLOCK, source=source)
    return check(replace(request, name=name, version=version))


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_gives_the_digest_and_the_decision_of_its_folder(tmp_path: Path, form: str) -> None:
    folder = BundleBuilder(tmp_path).build()
    with opened_source(str(folder), places(tmp_path)) as source:
        by_folder = decided(tmp_path, source)
    given = archive_of(tmp_path, FORMS[form](files_below(folder)))
    with opened_source(given, places(tmp_path)) as source:
        by_archive = decided(tmp_path, source)
    assert isinstance(by_folder, Checked)
    assert isinstance(by_archive, Checked)
    assert by_archive.bundle.digest == by_folder.bundle.digest == manifest_of(folder).digest
    assert by_archive.decision.data() == by_folder.decision.data()
    first, second = result_document(by_folder, exit_code=0), result_document(by_archive, exit_code=0)
    assert second.pop("bundle") is not None
    assert first == second


def test_the_result_says_which_archive_and_folder_it_was(tmp_path: Path) -> None:
    files = files_below(BundleBuilder(tmp_path).build())
    with opened_source(archive_of(tmp_path, FORMS["tar of the folder"](files)), places(tmp_path)) as source:
        made = decided(tmp_path, source)
    assert isinstance(made, Checked)
    document = result_document(made, exit_code=0)
    assert document["bundle"] == {
        "kind": "archive",
        "uri": None,
        "revision": None,
        "archive": "tar",
        "top": "credit-3.1.0",
    }
    assert [note.code for note in source.notes] == ["B130"]
    assert "tar archive, folder credit-3.1.0" in render_text(Result.from_document(document))


def test_a_folder_is_judged_where_it_is(tmp_path: Path) -> None:
    folder = BundleBuilder(tmp_path).build()
    with opened_source(str(folder), places(tmp_path)) as source:
        assert source == Source(folder=folder, beside=folder.resolve().parent)
        assert os.listdir(tmp_path / "scratch") == []


def test_a_file_address_is_a_path(tmp_path: Path) -> None:
    spaced = tmp_path / "with space"
    spaced.mkdir()
    with opened_source(f"file://{tmp_path}/with%20space", places(tmp_path)) as source:
        assert source.folder == spaced
    with pytest.raises(UsageError, match="U151"):
        local_path("file://elsewhere/x")


@pytest.mark.parametrize("text", ["s3://a/b\n", "s3://a/\x1b[31m", "s3://a/\udcff", "hf://a/b\u202e"])
def test_an_address_is_what_is_seen_of_it(text: str) -> None:
    with pytest.raises(UsageError, match="U151"):
        local_path(text)


def test_the_name_of_the_folder_within_acts_on_no_reader(tmp_path: Path) -> None:
    files = files_below(BundleBuilder(tmp_path).build())
    top = "<b>\u202e::error::x"
    with opened_source(archive_of(tmp_path, as_tar(files, top=f"{top}/")), places(tmp_path)) as source:
        made = decided(tmp_path, source)
    assert isinstance(made, Checked)
    assert made.request.source is not None
    assert list(dangers(faces(result_document(made, exit_code=0)))) == []
    assert "\u202e" not in str(source.notes[0])


def test_what_could_not_be_written_is_not_kept_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("govern.inputs.archives.writing.FolderWriter.file", full)
    given, keep = archive_of(tmp_path, as_zip({"a": b"x"})), tmp_path / "kept"
    with pytest.raises(UsageError, match="No space left"), opened_source(given, places(tmp_path, keep)):
        pass
    assert not keep.exists()


@pytest.mark.parametrize("text", ["bundle", "../bundle", "/a/b", "a:b", "bundle-1.0:latest", "C:\\x", "./s3://x"])
def test_paths_are_no_addresses(text: str) -> None:
    assert local_path(text) == Path(text)


@pytest.mark.parametrize(
    "text", ["s3://a/b", "models:/a/1", "models:a", "runs:/x/y", "hf://a/b", "https://a/b.zip", "memory:/x"]
)
def test_addresses_are_no_paths(text: str) -> None:
    assert local_path(text) is None


def test_what_was_unpacked_is_private_and_goes_away(tmp_path: Path) -> None:
    given = archive_of(tmp_path, as_zip({"top/a": b"x", "top/b/c": b"y"}))
    with opened_source(given, places(tmp_path)) as source:
        (room,) = (tmp_path / "scratch").iterdir()
        assert stat.S_IMODE(room.stat().st_mode) == 0o700
        assert files_below(source.folder) == {"a": b"x", "b/c": b"y"}
        modes = {stat.S_IMODE(path.stat().st_mode) for path in room.rglob("*") if path.is_file()}
        assert modes == {0o600}
    assert os.listdir(tmp_path / "scratch") == []


def test_it_goes_away_after_an_error_too(tmp_path: Path) -> None:
    given = archive_of(tmp_path, as_zip({"a": b"x"}))
    with pytest.raises(KeyboardInterrupt), opened_source(given, places(tmp_path)):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path / "scratch") == []


def test_it_can_be_kept(tmp_path: Path) -> None:
    given, keep = archive_of(tmp_path, as_tar({"top/a": b"x"})), tmp_path / "deep" / "kept"
    with opened_source(given, places(tmp_path, keep)) as source:
        assert source.folder == keep / "top"
    assert files_below(keep) == {"top/a": b"x"}
    assert stat.S_IMODE(keep.stat().st_mode) == 0o700


def test_a_place_to_keep_it_must_be_free(tmp_path: Path) -> None:
    given = archive_of(tmp_path, as_tar({"a": b"x"}))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "other").write_bytes(b"")
    for keep in (tmp_path / "kept", tmp_path / "credit.archive"):
        with pytest.raises(UsageError, match="U152"), opened_source(given, places(tmp_path, keep)):
            pass
    with pytest.raises(UsageError, match="U152"), opened_source(str(tmp_path), places(tmp_path, tmp_path / "x")):
        pass
    assert files_below(tmp_path / "kept") == {"other": b""}


@pytest.mark.parametrize(
    "data",
    [
        zip_of(Member(b"../../escape.txt"), Member(b"/abs.txt")),
        tar_of(tar_file(b"../../escape.txt"), tar_file(b"/abs.txt")),
    ],
    ids=["zip", "tar"],
)
def test_a_hostile_archive_is_an_answer_about_the_bundle(tmp_path: Path, data: bytes) -> None:
    with opened_source(archive_of(tmp_path, data), places(tmp_path)) as source:
        made = decided(tmp_path, source)
    assert isinstance(made, Refused)
    shown = [(item.code, str(item.span)) for item in made.diagnostics]
    assert shown == [("I204", "credit.archive!../../escape.txt"), ("I204", "credit.archive!/abs.txt")]
    document = refused_document(made, exit_code=3)
    assert document["bundle"] is not None
    assert "escape.txt" in render_text(Result.from_document(document))
    assert not list(tmp_path.rglob("escape.txt"))
    assert not Path("/abs.txt").exists()


def test_links_and_special_files_of_a_tar_are_refused_together(tmp_path: Path) -> None:
    data = tar_of(
        tar_block(b"loop", kind=b"2", link=b"loop"),
        tar_block(b"outside", kind=b"2", link=b"/etc/hostname"),
        tar_block(b"pipe", kind=b"6"),
        tar_file(b"\xff.txt"),
    )
    with opened_source(archive_of(tmp_path, data), places(tmp_path)) as source:
        assert sorted(item.code for item in source.refused) == ["I204", "I206", "I206", "I206"]


def test_nothing_of_a_refused_archive_is_kept(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    data = tar_of(tar_file(b"good"), tar_file(b"../bad"))
    with opened_source(archive_of(tmp_path, data), places(tmp_path, keep)) as source:
        assert source.refused
    assert not keep.exists()


def test_nested_archives_are_files_of_the_bundle(tmp_path: Path) -> None:
    inner = as_tar({"a": b"x"}, mode="w:gz")
    with opened_source(archive_of(tmp_path, as_zip({"inner.tar.gz": inner})), places(tmp_path)) as source:
        assert files_below(source.folder) == {"inner.tar.gz": inner}


@pytest.mark.parametrize("head", [b"", b"hello", b"7z\xbc\xaf\x27\x1c\0\4", b"\x28\xb5\x2f\xfd\0", b"MZ\x90\0"])
def test_a_file_that_is_no_archive_is_the_callers_fault(tmp_path: Path, head: bytes) -> None:
    with pytest.raises(UsageError, match="B115"), opened_source(archive_of(tmp_path, head), places(tmp_path)):
        pass


def test_what_is_not_there_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="U103"), opened_source(str(tmp_path / "absent"), places(tmp_path)):
        pass


def test_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="B115"), opened_source(str(tmp_path / "pipe"), places(tmp_path)):
        pass


def test_commands_that_judge_nothing_hear_of_a_refusal_as_an_error(tmp_path: Path) -> None:
    given = archive_of(tmp_path, zip_of(Member(b"../a")))
    with pytest.raises(InputError, match="I204"), opened_folder(given, places(tmp_path)):
        pass
    given = archive_of(tmp_path, as_zip({"a": b"x"}))
    with opened_folder(given, places(tmp_path)) as folder:
        assert files_below(folder) == {"a": b"x"}


# --- who says which model it is


def source_of(tmp_path: Path, *, binding: bool) -> Source:
    return Source(folder=tmp_path, beside=tmp_path, name="credit", version="3", binding=binding)


@pytest.mark.parametrize("binding", [True, False])
def test_an_address_serves_where_nobody_else_says_it(tmp_path: Path, binding: bool) -> None:
    assert identity(source_of(tmp_path, binding=binding), None, None) == ("credit", "3")


def test_a_registry_and_the_caller_must_agree(tmp_path: Path) -> None:
    source = source_of(tmp_path, binding=True)
    assert identity(source, "credit", None) == ("credit", "3")
    with pytest.raises(UsageError) as caught:
        identity(source, "other", "4")
    assert [item.code for item in caught.value.diagnostics] == ["B113", "B113"]


def test_a_registry_is_held_against_the_record_and_a_hub_is_not(tmp_path: Path) -> None:
    (tmp_path / "govern.yaml").write_bytes(b"")
    assert identity(source_of(tmp_path, binding=True), None, None) == ("credit", "3")
    assert identity(source_of(tmp_path, binding=False), None, None) == (None, None)


def test_a_record_that_differs_from_the_registry_is_told_where_that_is(tmp_path: Path) -> None:
    folder = BundleBuilder(tmp_path).build()
    origin = Origin(kind="mlflow", uri="models:/credit-risk/7")
    source = Source(folder=folder, beside=tmp_path, origin=origin, name="credit-risk", version="7", binding=True)
    made = decided(tmp_path, source, *identity(source, None, None))
    assert isinstance(made, Refused)
    ((code, hint),) = [(item.code, item.hint) for item in made.diagnostics]
    assert code == "B113"
    assert hint is not None
    assert "models:/credit-risk/7" in hint


def test_the_caller_goes_before_a_hub(tmp_path: Path) -> None:
    assert identity(source_of(tmp_path, binding=False), "mine", None) == ("mine", None)
