"""The manifest, and its equality with what coreutils print."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.bundle.manifest import (
    ManifestLine,
    _hash_portion,
    _Portion,
    compare,
    hash_folder,
    manifest_from,
    manifest_of,
    parse_manifest,
)
from govern.diagnostics import BundleRefusedError, InputError
from govern.inputs.folder import walk_folder

GOLDEN = {
    "README.md": b"# Model card\n",
    "data/lineage.json": b"{}",
    "model.safetensors": b"W" * 1000,
    "predictions.csv": b"y,p\n1,0.9\n",
}
PIPELINE = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r -d '\\n' sha256sum | sha256sum"

NAMES = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\/"), min_size=1, max_size=8
).filter(lambda name: name not in (".", ".."))
LINES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join),
    st.binary(min_size=32, max_size=32).map(bytes.hex),
    min_size=1,
).map(lambda files: [ManifestLine(path, digest) for path, digest in files.items()])


def write(root, files):
    for name, data in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return root


def test_golden_digest(tmp_path):
    manifest = manifest_of(write(tmp_path, GOLDEN))
    assert manifest.digest == "5420f64d051e6ed4c741cd06ffe5960222704833418b81ea6be6468460a6d800"
    assert manifest.data.startswith(hashlib.sha256(b"# Model card\n").hexdigest().encode() + b"  README.md\n")


@pytest.mark.parametrize(
    "names",
    [
        [
            "a-b",
            "a.b",
            "a/b",
            "a b",
            "Q",
            "é",
            "ü/ö",
            "日本/x",
            "😀",
            " leading",
            "tail ",
            "*",
            "$x",
            "'q'",
        ],
        [f"d{number % 7}/{number}" for number in range(200)],
        ["only"],
    ],
)
def test_digest_equals_the_coreutils_pipeline(tmp_path, names):
    # Names that start with `-` would be options on the command line; `sha256sum -c` below has no such gap.
    root = write(tmp_path / "b", {name: name.encode() * 3 for name in names} | {"empty": b""})
    (root / "empty-folder/inner").mkdir(parents=True)
    manifest = manifest_of(root)
    done = subprocess.run(["bash", "-c", PIPELINE], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == manifest.digest
    (tmp_path / "M").write_bytes(manifest.data)
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "../M"], cwd=root, check=True)


def test_documented_pipeline_word_for_word(tmp_path):
    """As printed for auditors; names with blanks need the -d of the test above."""
    root = write(tmp_path, GOLDEN)
    command = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum"
    done = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == manifest_of(root).digest


def test_large_folders_are_hashed_in_threads_with_the_same_result(tmp_path):
    blob = os.urandom(3 * 1024 * 1024)
    root = write(tmp_path, {f"d{number % 3}/f{number}": blob + bytes([number]) for number in range(9)})
    manifest = manifest_of(root)
    assert manifest == manifest_from(
        [
            ManifestLine(f"d{number % 3}/f{number}", hashlib.sha256(blob + bytes([number])).hexdigest())
            for number in reversed(range(9))
        ]
    )


def test_entries_know_size_and_head(tmp_path):
    entries = {entry.path: entry for entry in hash_folder(write(tmp_path, GOLDEN))}
    assert entries["model.safetensors"].size == 1000
    assert entries["model.safetensors"].head == b"W" * 256
    assert entries["data/lineage.json"].head == b"{}"


def test_refusals_come_through(tmp_path):
    write(tmp_path, GOLDEN)
    (tmp_path / "link").symlink_to("README.md")
    with pytest.raises(BundleRefusedError):
        manifest_of(tmp_path)


# --- reading a manifest


@given(LINES)
def test_round_trip(lines):
    manifest = manifest_from(lines)
    assert parse_manifest(manifest.data) == manifest
    assert manifest_from(reversed(lines)) == manifest


@given(LINES, st.data())
def test_any_other_spelling_is_refused_or_another_list(lines, data):
    manifest = manifest_from(lines)
    position = data.draw(st.integers(0, len(manifest.data) - 1))
    spoiled = bytearray(manifest.data)
    spoiled[position] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = parse_manifest(bytes(spoiled))
    except InputError:
        return
    assert other.entries != manifest.entries
    assert other.data == bytes(spoiled)


@given(st.binary(max_size=200))
def test_random_bytes(data):
    with pytest.raises(InputError):
        parse_manifest(data)


A, B = "a" * 64, "b" * 64


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        (f"{A}  x", 1),
        (f"{A} x\n", 1),
        (f"{A} *x\n", 1),
        (f"{'A' * 64}  x\n", 1),
        (f"{A}  x\r\n", 1),
        (f"{A}  b\n{B}  a\n", 2),
        (f"{A}  a\n{B}  a\n", 2),
        (f"{A}  a\n\n", 2),
        (f"{A}  /etc/passwd\n", 1),
        (f"{A}  a/../b\n", 1),
        (f"{A}  ./a\n", 1),
        (f"{A}  a//b\n", 1),
        (f"{A}  a\\b\n", 1),
        (f"# comment\n{A}  a\n", 1),
    ],
)
def test_one_allowed_form(text, line):
    with pytest.raises(InputError) as caught:
        parse_manifest(text.encode(), file="M")
    (found,) = caught.value.diagnostics
    assert (found.code, found.span.line) == ("B116", line)


def test_not_utf8():
    with pytest.raises(InputError, match="B116"):
        parse_manifest(f"{A}  ".encode() + b"\xff\n")


# --- comparing


def test_compare_names_every_difference():
    first = manifest_from([ManifestLine("same", A), ManifestLine("changed", A), ManifestLine("gone", A)])
    second = manifest_from([ManifestLine("same", A), ManifestLine("changed", B), ManifestLine("added", B)])
    found = compare(first, second)
    assert [(item.path, item.kind, item.first, item.second) for item in found] == [
        ("added", "extra", None, B),
        ("changed", "changed", A, B),
        ("gone", "missing", A, None),
    ]


@given(LINES, LINES)
def test_compare_is_empty_only_for_equal_manifests(first, second):
    one, other = manifest_from(first), manifest_from(second)
    assert bool(compare(one, other)) == (one.data != other.data)
    assert compare(one, one) == ()


def test_verify_needs_neither_yaml_nor_pydantic():
    code = (
        "import sys, govern.bundle.manifest\n"
        "print([name for name in ('yaml', 'pydantic', 'numpy', 'cryptography') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_files_that_change_between_listing_and_hashing(tmp_path):
    write(tmp_path, GOLDEN)
    listed = {item.path: item for item in walk_folder(tmp_path).files}
    (tmp_path / "README.md").write_bytes(b"longer than it was")
    (tmp_path / "predictions.csv").write_bytes(b"")
    (tmp_path / "model.safetensors").unlink()
    portion = _Portion("", tuple(listed[name] for name in ("README.md", "predictions.csv", "model.safetensors")))
    results = _hash_portion(tmp_path, portion)
    assert [(item.code, item.span.file) for item in results] == [
        ("B109", "README.md"),
        ("B109", "predictions.csv"),
        ("B109", "model.safetensors"),
    ]
    # Same size and same bytes, but written again since: nobody can say what was there in between.
    os.utime(tmp_path / "data/lineage.json", ns=(1, 1))
    (again,) = _hash_portion(tmp_path, _Portion("data", (listed["data/lineage.json"],)))
    assert again.code == "B109"
    (tmp_path / "data/lineage.json").unlink()
    (tmp_path / "data").rmdir()
    (gone,) = _hash_portion(tmp_path, _Portion("data", (listed["data/lineage.json"],)))
    assert (gone.code, gone.span.file) == ("B109", "data")


def test_no_read_asks_for_more_than_a_megabyte(tmp_path, monkeypatch):
    asked = []
    real = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, size: (asked.append(size), real(descriptor, size))[1])
    (tmp_path / "large").write_bytes(b"x" * (5 << 20))
    (tmp_path / "small").write_bytes(b"x")
    hash_folder(tmp_path)
    assert max(asked) == 1 << 20
    assert sum(asked) <= (5 << 20) + 4


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2 << 20])
def test_sizes_around_a_read_are_whole(tmp_path, size):
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    (entry,) = hash_folder(tmp_path)
    assert (entry.sha256, entry.size) == (hashlib.sha256(data).hexdigest(), size)


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_the_digest_does_not_depend_on_the_cores(tmp_path, monkeypatch, cores):
    for number in range(9):
        (tmp_path / f"{number}").write_bytes(bytes([number]) * (1 << 20))
    expected = manifest_of(tmp_path).digest
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(cores)))
    assert manifest_of(tmp_path).digest == expected
