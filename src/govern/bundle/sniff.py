"""A first look at a file's beginning: is it a model? Thorough identification is the room `security`'s work."""

from __future__ import annotations

import re
import struct

from govern.bundle.lfs import is_lfs_pointer
from govern.bundle.manifest import FileEntry

__all__ = ["model_format", "names_a_model"]

_MAX_SAFETENSORS_HEADER = 100_000_000
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_DOCUMENT_MEMBERS = (b"[Content_Types].xml", b"mimetype", b"META-INF/", b"_rels/")
"""First members of zip files that are office documents, e-books or Java archives, not models."""
_MAGIC = ((b"GGUF", "gguf"), (b"\x89HDF\r\n\x1a\n", "hdf5"))
_NAMES = {
    ".safetensors": "safetensors",
    ".onnx": "onnx",
    ".gguf": "gguf",
    ".tflite": "tflite",
    ".h5": "hdf5",
    ".keras": "keras",
    ".skops": "skops",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "pickle",
    ".pt": "torch",
    ".pth": "torch",
    ".ckpt": "torch",
    ".bin": "binary",
    ".ubj": "xgboost",
    ".pb": "protobuf",
}
"""Names count too, so that an empty, cut or disguised file with a model's name is still taken for the model."""


def model_format(entry: FileEntry) -> str | None:
    """Say which model format a file's first bytes, or else its name, speak of; None when neither does."""
    if entry.withheld is not None:
        entry.withheld.guessed.add(entry.path)
    head = entry.head
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[4:8] == b"TFL3":
        return "tflite"
    if _PICKLE.match(head):
        return "pickle"
    if head.startswith(b"PK\x03\x04"):
        (length,) = struct.unpack_from("<H", head.ljust(30, b"\0"), 26)
        return None if head[30 : 30 + length].startswith(_DOCUMENT_MEMBERS) else "zip"
    if len(head) > 8 and head[8:9] == b"{":
        (size,) = struct.unpack_from("<Q", head)
        if 2 <= size <= min(_MAX_SAFETENSORS_HEADER, entry.size - 8):
            return "safetensors"
    name = entry.path.rsplit("/", 1)[-1].casefold()
    dot = name.rfind(".")
    promised = _NAMES.get(name[dot:]) if dot >= 0 else None
    # It stands where a model should be and is none: whoever judges weights must find it there.
    return "lfs-pointer" if promised is not None and is_lfs_pointer(entry) else promised


def names_a_model(path: str) -> bool:
    """Say whether a path ends as files of model formats do, such as `.safetensors`; nothing is looked at."""
    name = path.rsplit("/", 1)[-1].casefold()
    return name[name.rfind(".") :] in _NAMES
