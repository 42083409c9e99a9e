"""Git LFS pointers: told from weights, and their oid is a claim."""

from __future__ import annotations

import pytest

from govern.bundle.lfs import is_lfs_pointer, lfs_pointer
from govern.bundle.manifest import FileEntry
from govern.bundle.sniff import model_format, names_a_model

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"5f" * 32 + b"\nsize 639120785\n"


def entry(head: bytes, path: str = "model.safetensors") -> FileEntry:
    return FileEntry(path, "0" * 64, len(head), head[:256])


def test_a_pointer_claims_a_digest_and_a_size():
    found = lfs_pointer(entry(POINTER))
    assert found is not None
    assert (found.oid_claim, found.size_claim) == ("5f" * 32, 639120785)
    assert str(found) == f"it claims oid sha256:{'5f' * 32} and 639,120,785 bytes"


@pytest.mark.parametrize(
    ("data", "oid", "size"),
    [
        (POINTER.replace(b"\n", b"\r\n"), "5f" * 32, 639120785),
        (POINTER.replace(b"git-lfs.github.com", b"hawser.github.com"), "5f" * 32, 639120785),
        (POINTER.replace(b"oid", b"ext-0-foo sha256:" + b"a" * 64 + b"\noid"), "5f" * 32, 639120785),
        (b"version https://git-lfs.github.com/spec/v1\n", None, None),
        (POINTER.replace(b"5f", b"5F"), None, 639120785),
        (POINTER.replace(b"639120785", b"-1"), "5f" * 32, None),
        (POINTER.replace(b"639120785", b"9" * 40), "5f" * 32, None),
        (POINTER + b"x" * 5000, "5f" * 32, 639120785),
    ],
)
def test_damaged_and_old_pointers_are_pointers_too(data, oid, size):
    found = lfs_pointer(entry(data))
    assert found is not None
    assert (found.oid_claim, found.size_claim) == (oid, size)


@pytest.mark.parametrize("data", [b"", b"version https://git-lfs.example.com/spec/v1\n", b" " + POINTER, POINTER[:20]])
def test_other_files_are_none(data):
    assert not is_lfs_pointer(entry(data))
    assert lfs_pointer(entry(data)) is None


def test_a_pointer_stands_in_a_models_place_under_its_own_name():
    assert model_format(entry(POINTER)) == "lfs-pointer"
    assert model_format(entry(POINTER, "tokenizer.json")) is None
    assert model_format(entry(b"", "model.safetensors")) == "safetensors"


@pytest.mark.parametrize(
    ("path", "named"), [("a/m.PKL", True), ("m.onnx", True), ("m.json", False), ("pkl", False), ("a.pkl/b", False)]
)
def test_names_of_models(path, named):
    assert names_a_model(path) is named
