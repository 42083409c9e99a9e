"""The snapshot folder: its format, its digests, and how it is made and renewed."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import canonical_bytes
from govern.diagnostics import InputError, IntegrityError, UsageError
from govern.security.advisories import current_snapshot, load_snapshot
from govern.security.advisories.build import build_snapshot
from govern.security.advisories.sources import read_database
from govern.security.advisories.update import update
from support.osv import AS_OF, record, snapshot_of, source

ONE, TWO = record("GHSA-1"), record("PYSEC-2", "numpy")


def test_the_folder_is_what_the_format_says(tmp_path: Path) -> None:
    built = build_snapshot([source(TWO, ONE)], tmp_path, as_of=AS_OF)
    head = (built.path / "snapshot.json").read_bytes()
    body = gzip.decompress((built.path / "records.jsonl.gz").read_bytes())
    index = json.loads(head)
    assert built.path.name == built.digest == hashlib.sha256(head).hexdigest()
    assert canonical_bytes(index) == head
    assert body == canonical_bytes(ONE) + b"\n" + canonical_bytes(TWO) + b"\n"
    assert index == {
        "schema": "urn:govern:advisory-snapshot:v1",
        "asOf": AS_OF,
        "ecosystems": ["PyPI"],
        "sources": [
            {
                "name": "test",
                "kind": "osv",
                "location": "test",
                "revision": "",
                "digest": "0" * 64,
                "licence": "",
                "attribution": "",
                "asOf": AS_OF,
                "records": 2,
                "newestModified": "2026-02-20T10:00:00Z",
                "newestId": "PYSEC-2",
            }
        ],
        "files": [
            {"name": "records.jsonl", "sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body), "records": 2}
        ],
        "kev": None,
        "epss": None,
        "unreadable": [],
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == [built.digest]


def test_the_same_records_give_the_same_digest(tmp_path: Path) -> None:
    first = build_snapshot([source(ONE, TWO)], tmp_path / "a", as_of=AS_OF)
    second = build_snapshot(
        [source(*(dict(reversed(item.items())) for item in (TWO, ONE)))], tmp_path / "b", as_of=AS_OF
    )
    assert first.digest == second.digest
    assert build_snapshot([source(ONE, TWO)], tmp_path / "a", as_of=AS_OF).path == first.path


def test_what_it_says_about_itself(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, ONE, TWO, name="pypa", revision="3ccb612abc")
    expected = f"advisory snapshot sha256:{snapshot.digest[:12]} (2 records; pypa@3ccb612abc; newest record 2026-02-20)"
    assert snapshot.describe() == expected
    assert snapshot.databases == ("GHSA", "PYSEC", "pypa")


def test_the_later_record_wins_and_a_contradiction_is_refused(tmp_path: Path) -> None:
    later = record("GHSA-1", modified="2026-02-21T00:00:00.5Z", summary="later")
    snapshot = snapshot_of(tmp_path / "a", ONE, later, record("GHSA-1", modified="2026-02-20T23:59:59Z"))
    assert [item.summary for item in snapshot.records] == ["later"]
    with pytest.raises(InputError, match="S106"):
        snapshot_of(tmp_path / "b", ONE, record("GHSA-1", summary="other"))


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "X-1"},
        {"modified": "2026-01-01T00:00:00Z"},
        record("X-1", modified="yesterday"),
        record("X-1", modified="2026-01-01T00:00:00"),
        record("X-1", schema_version="2.0.0"),
        record("X-1", aliases="CVE-1"),
        record("X-1", affected={"a": 1}),
        ["not", "an", "object"],
        None,
    ],
)
def test_unreadable_records_are_kept_in_sight(tmp_path: Path, raw: Any) -> None:
    snapshot = snapshot_of(tmp_path, ONE, raw)
    assert len(snapshot.records) == 1
    assert len(snapshot.unreadable) == 1


def test_records_of_other_ecosystems_stay_out(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, ONE, record("GHSA-npm", ecosystem="npm"), record("GO-1", ecosystem="Go"))
    assert [item.id for item in snapshot.records] == ["GHSA-1"]
    assert not snapshot.unreadable


def _break(path: Path, what: str) -> None:
    head, packed = path / "snapshot.json", path / "records.jsonl.gz"
    body = gzip.decompress(packed.read_bytes())
    index = json.loads(head.read_bytes())
    if what == "records":
        packed.write_bytes(gzip.compress(body.replace(b"pillow", b"willow")))
    elif what == "records cut":
        packed.write_bytes(packed.read_bytes()[:-12])
    elif what == "records longer":
        packed.write_bytes(gzip.compress(body + b"{}\n", mtime=0))
    elif what == "second stream":
        packed.write_bytes(packed.read_bytes() + gzip.compress(b"{}\n", mtime=0))
    elif what == "not gzip":
        packed.write_bytes(body)
    elif what == "index":
        head.write_bytes(canonical_bytes(index | {"asOf": "2027-01-01T00:00:00Z"}))
    elif what == "count":
        index["files"][0]["records"] += 1
        head.write_bytes(canonical_bytes(index))


@pytest.mark.parametrize(
    "what", ["records", "records cut", "records longer", "second stream", "not gzip", "index", "count"]
)
def test_changed_bytes_are_an_integrity_failure(tmp_path: Path, what: str) -> None:
    path = build_snapshot([source(ONE, TWO)], tmp_path, as_of=AS_OF).path
    _break(path, what)
    with pytest.raises(IntegrityError, match="S102"):
        load_snapshot(path)


@pytest.mark.parametrize("name", ["asOf", "sources", "files", "unreadable", "schema"])
def test_a_malformed_index_is_an_input_error(tmp_path: Path, name: str) -> None:
    path = build_snapshot([source(ONE)], tmp_path, as_of=AS_OF).path
    index = json.loads((path / "snapshot.json").read_bytes())
    other = path.rename(tmp_path / "snapshot")
    for changed in ({k: v for k, v in index.items() if k != name}, index | {name: 7}):
        (other / "snapshot.json").write_bytes(canonical_bytes(changed))
        with pytest.raises(InputError, match="S103"):
            load_snapshot(other)
    (other / "snapshot.json").write_bytes(json.dumps(index, indent=1).encode())
    with pytest.raises(InputError, match="canonical"):
        load_snapshot(other)


def test_absent_and_empty(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="S103"):
        load_snapshot(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="S107"):
        build_snapshot([], tmp_path, as_of=AS_OF)
    with pytest.raises(ValueError, match="instant"):
        build_snapshot([source(ONE)], tmp_path, as_of="today")


# Reading databases ------------------------------------------------------------------------------------------------


def _zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_every_shape_of_a_database_gives_the_same_records(tmp_path: Path) -> None:
    files = {f"{item['id']}.json": json.dumps(item).encode() for item in (ONE, TWO)}
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    for name, content in files.items():
        (tmp_path / "folder" / "deep" / name).write_bytes(content)
    lines = b"\n".join(files.values()) + b"\n\n"
    (tmp_path / "all.zip").write_bytes(_zip(files))
    (tmp_path / "lines").write_bytes(lines)
    (tmp_path / "lines.gz").write_bytes(gzip.compress(lines, mtime=0))
    bodies = set()
    for name in ("folder", "all.zip", "lines", "lines.gz"):
        database = read_database(tmp_path / name, name="x", as_of=AS_OF)
        built = build_snapshot([database], tmp_path / "out" / name, as_of=AS_OF)
        bodies.add(gzip.decompress((built.path / "records.jsonl.gz").read_bytes()))
    assert len(bodies) == 1


def test_members_that_are_not_json_are_unreadable(tmp_path: Path) -> None:
    (tmp_path / "all.zip").write_bytes(_zip({"a.json": json.dumps(ONE).encode(), "b.json": b"{", "README": b"x"}))
    database = read_database(tmp_path / "all.zip", name="x", as_of=AS_OF)
    assert database.unreadable == (("b.json", "not JSON"),)


@pytest.mark.parametrize("content", [b"", b"<html>login</html>", b"PK\x03\x04broken", b"\x1f\x8bbroken", b"\n\n"])
def test_a_database_without_a_record_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match="S107"):
        read_database(tmp_path / "file", name="x", as_of=AS_OF)


def test_numbers_with_a_fraction_do_not_stop_a_snapshot(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, record("GHSA-1", database_specific={"score": 7.5, "severity": "HIGH"}))
    assert len(snapshot.records) == 1


# Updating ---------------------------------------------------------------------------------------------------------


class Response(io.BytesIO):
    """What a fake opener gives."""


def test_update_points_at_the_new_snapshot_last(tmp_path: Path) -> None:
    first = update(
        tmp_path,
        "https://example.invalid/all.zip",
        as_of=AS_OF,
        opener=lambda _: Response(_zip({"a.json": json.dumps(ONE).encode()})),
    )
    assert (first.previous, first.added, first.changed) == (None, 1, 0)
    assert current_snapshot(tmp_path) == first.path
    newer = record("GHSA-1", modified="2026-02-25T00:00:00Z", withdrawn="2026-02-25T00:00:00Z")
    file = tmp_path / "db.jsonl"
    file.write_bytes(json.dumps(newer).encode() + b"\n" + json.dumps(TWO).encode())
    second = update(tmp_path, file, as_of="2026-03-02T00:00:00Z")
    assert second.previous == first.snapshot.digest
    assert (second.added, second.changed, second.withdrawn, second.removed) == (1, 1, 1, 0)
    assert current_snapshot(tmp_path) == second.path
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def _refuse(_address: str) -> Response:
    raise OSError("connection refused")


@pytest.mark.parametrize(
    ("opener", "code"),
    [(_refuse, "S109"), (lambda _: Response(b"<html>"), "S107"), (lambda _: Response(b""), "S107")],
)
def test_a_failed_update_leaves_everything_as_it_was(tmp_path: Path, opener: Any, code: str) -> None:
    (tmp_path / "db.jsonl").write_bytes(json.dumps(ONE).encode())
    kept = update(tmp_path, tmp_path / "db.jsonl", as_of=AS_OF)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(InputError, match=code):
        update(tmp_path, "https://example.invalid/all.zip", as_of=AS_OF, opener=opener)
    assert current_snapshot(tmp_path) == kept.path
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("address", ["http://example.invalid/all.zip", "file:///etc/passwd", "ftp://example.invalid/x"])
def test_only_https_is_fetched(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="S109"):
        update(tmp_path, address, as_of=AS_OF)
    assert not list(tmp_path.iterdir())


def test_a_pointer_that_is_no_digest_is_refused(tmp_path: Path) -> None:
    assert current_snapshot(tmp_path) is None
    (tmp_path / "current").write_text("../../etc\n")
    with pytest.raises(InputError, match="S103"):
        current_snapshot(tmp_path)
