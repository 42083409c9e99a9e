"""Object stores through fsspec: its memory store holds what a real one would."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from govern.bundle.manifest import manifest_of
from govern.diagnostics import InputError, UsageError
from govern.gate.sources.fsspec_store import fetch
from govern.gate.sources.opening import Places, opened_source
from govern.inputs.limits import FetchLimits
from support.archives import Member, as_tar, as_zip, files_below, zip_of
from support.bundles import BundleBuilder

LIMITS = FetchLimits()


@pytest.fixture
def store() -> Iterator[MemoryFileSystem]:
    system = fsspec.filesystem("memory")
    yield system
    system.store.clear()
    system.pseudo_dirs[:] = [""]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Places(scratch=scratch, beside=tmp_path)


def put(store: MemoryFileSystem, files: dict[str, bytes], below: str = "/models/credit/") -> None:
    for name, data in files.items():
        store.pipe_file(below + name, data)


def target(tmp_path: Path) -> Path:
    made = tmp_path / "target"
    made.mkdir()
    return made


def test_a_folder_of_a_store_has_the_digest_of_the_folder(
    store: MemoryFileSystem, places: Places, tmp_path: Path
) -> None:
    folder = BundleBuilder(tmp_path).build()
    put(store, files_below(folder))
    for address in ("memory://models/credit", "memory://models/credit/"):
        with opened_source(address, places) as source:
            assert manifest_of(source.folder).digest == manifest_of(folder).digest
            assert source.origin is not None
            assert (source.origin.kind, source.origin.uri) == ("fsspec", address)
            assert source.beside == tmp_path
    assert os.listdir(places.scratch) == []


@pytest.mark.parametrize("mode", ["zip", "w:gz"])
def test_an_archive_of_a_store_is_unpacked(store: MemoryFileSystem, places: Places, mode: str) -> None:
    files = {"top/govern.yaml": b"x", "top/model/w.bin": b"y"}
    store.pipe_file("/credit.bin", as_zip(files) if mode == "zip" else as_tar(files, mode=mode))
    with opened_source("memory://credit.bin", places) as source:
        assert files_below(source.folder) == {"govern.yaml": b"x", "model/w.bin": b"y"}
        assert source.origin is not None
        assert source.origin.top == "top"
        assert source.origin.archive in ("zip", "tar.gz")


def test_one_file_that_is_no_archive_is_the_callers_fault(store: MemoryFileSystem, places: Places) -> None:
    store.pipe_file("/model.bin", b"hello")
    with (
        pytest.raises(UsageError, match=r"memory://model\.bin is neither"),
        opened_source("memory://model.bin", places),
    ):
        pass


def test_a_hostile_archive_of_a_store_is_refused(store: MemoryFileSystem, places: Places) -> None:
    store.pipe_file("/evil.zip", zip_of(Member(b"../../x")))
    with opened_source("memory://evil.zip", places) as source:
        assert [str(item.span) for item in source.refused] == ["memory://evil.zip!../../x"]


def test_odd_names_in_a_store_are_refused_together(store: MemoryFileSystem, places: Places) -> None:
    put(store, {"a": b"", "A": b"", "x\\y": b"", "n\x1b": b"", "e\u0301": b""})
    with opened_source("memory://models/credit", places) as source:
        assert [item.code for item in source.refused] == ["I204"] * 4
    assert os.listdir(places.scratch) == []


def test_names_that_leave_the_folder_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store may list what it likes: keys of an object store are no paths."""
    found = {"/models/credit/../../../escape": {"size": 1, "type": "file"}, "/elsewhere": {"size": 1, "type": "file"}}
    monkeypatch.setattr(MemoryFileSystem, "find", lambda *_given, **_options: found)
    monkeypatch.setattr(MemoryFileSystem, "isfile", lambda *_given: False)
    with pytest.raises(InputError) as caught:
        fetch("memory://models/credit", target(tmp_path), LIMITS)
    assert [item.code for item in caught.value.diagnostics] == ["I204", "I204"]
    assert list(tmp_path.rglob("*")) == [tmp_path / "target"]


def test_caps_hold_before_and_while_fetching(
    store: MemoryFileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(store, {"a": b"x" * 600, "b": b"x" * 600})
    made = target(tmp_path)
    for limits, text in (
        (FetchLimits(files=1), "more than 1 files"),
        (FetchLimits(bytes=1000), "more than 1,000 bytes"),
    ):
        with pytest.raises(InputError, match=text):
            fetch("memory://models/credit", made, limits)
    assert list(made.iterdir()) == []
    lying = {path: {"size": 1, "type": "file"} for path in ("/models/credit/a", "/models/credit/b")}
    monkeypatch.setattr(MemoryFileSystem, "find", lambda *_given, **_options: lying)
    with pytest.raises(InputError, match="B132"):
        fetch("memory://models/credit", made, FetchLimits(bytes=1000))
    assert sum(path.stat().st_size for path in made.iterdir()) <= 1000


def test_an_archive_is_capped_too(store: MemoryFileSystem, tmp_path: Path) -> None:
    store.pipe_file("/a.zip", b"x" * 5000)
    with pytest.raises(InputError, match="B132"):
        fetch("memory://a.zip", target(tmp_path), FetchLimits(bytes=1000))


def test_nothing_there_is_an_answer_not_a_traceback(places: Places) -> None:
    with opened_source("memory://models/absent", places) as source:
        assert [item.code for item in source.refused] == ["B131"]


def test_what_a_client_raises_is_told_without_its_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: object) -> bool:
        raise ConnectionError("GET https://user:hunter2@host/a.zip?X-Sig=hunter2 failed\nhunter2")

    monkeypatch.setattr(MemoryFileSystem, "isfile", fail)
    with pytest.raises(InputError) as caught:
        fetch("memory://user:hunter2@host/a", target(tmp_path), LIMITS)
    text = str(caught.value)
    assert "ConnectionError: GET https://host/a.zip failed" in text
    assert "hunter2" not in text


def test_the_key_of_a_signed_link_is_not_in_the_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Web(MemoryFileSystem):
        protocol = "https"
        store: dict[str, object] = {}  # noqa: RUF012 - as its parent has it
        asked: list[str] = []  # noqa: RUF012

        def open(self, path: str, mode: str = "rb", **_options: object) -> object:
            self.asked.append(path)
            return fsspec.filesystem("memory").open("/a.zip", mode)

    fsspec.filesystem("memory").pipe_file("/a.zip", as_zip({"a": b"x"}))
    address = "https://user:pw@example.com/models/a.zip?sig=secret#x"
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda uri: (Web(), uri))
    made = fetch(address, target(tmp_path), LIMITS)
    assert Web.asked == [address]
    assert made.origin.uri == "https://example.com/models/a.zip"
    assert made.archive is not None
    fsspec.filesystem("memory").store.clear()


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("http://example.com/a.zip", "plain http"),
        ("zip://a::s3://b/c.zip", "chained"),
        ("memory://a::memory://b", "chained"),
        ("gopher://a/b", "no store"),
        ("reference://a", "no store"),
        ("https://example.com/", "only an archive"),
    ],
)
def test_what_is_no_address_of_a_bundle(tmp_path: Path, address: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        fetch(address, target(tmp_path), LIMITS)


def test_a_missing_driver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match="s3fs") as caught:
        fetch("s3://bucket/key", target(tmp_path), LIMITS)
    assert caught.value.diagnostics[0].code == "U150"
    assert caught.value.diagnostics[0].hint == "pip install s3fs"


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(UsageError, match=r"govern\[fetch\]"):
        fetch("memory://x", target(tmp_path), LIMITS)
