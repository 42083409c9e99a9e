"""What a file is, by its content alone. A name never decides; one that contradicts the content is a finding."""

from __future__ import annotations

import codecs
import re
import zlib

from govern.security.artefacts.formats.onnx import probe_onnx
from govern.security.artefacts.formats.safetensors import probe_safetensors
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.scan import Likeness, pickle_likeness

__all__ = ["DATA_KINDS", "NATIVE_KINDS", "RECOGNISED_KINDS", "contradiction", "identify"]

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x7fELF", "elf"),
    (b"MZ", "pe"),
    (b"\xfe\xed\xfa\xce", "mach-o"),
    (b"\xfe\xed\xfa\xcf", "mach-o"),
    (b"\xce\xfa\xed\xfe", "mach-o"),
    (b"\xcf\xfa\xed\xfe", "mach-o"),
    (b"\xca\xfe\xba\xbe", "mach-o"),
    (b"\0asm", "wasm"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x93NUMPY", "npy"),
    (b"GGUF", "gguf"),
    (b"\x89HDF\r\n\x1a\n", "hdf5"),
    (b"PAR1", "parquet"),
    (b"ARROW1\0\0", "arrow"),
    (b"\x89PNG\r\n\x1a\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF87a", "image"),
    (b"GIF89a", "image"),
    (b"%PDF-", "pdf"),
    (b"\x1f\x8b\x08", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"]\0\0", "lzma"),
    (b"(\xb5/\xfd", "zstd"),
    (b'\x04"M\x18', "lz4"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"CBM1", "catboost"),
)
NATIVE_KINDS = frozenset({"elf", "pe", "mach-o", "wasm", "python-bytecode", "shell-script"})
"""Content that a machine or shell runs."""
RECOGNISED_KINDS = frozenset({"gguf", "hdf5", "tar", "zstd", "lz4", "7z", "rar", "catboost", "tflite", "xgboost-ubj"})
"""Formats that are recognised and not analysed."""
DATA_KINDS = frozenset({"text", "json", "image", "parquet", "arrow", "pdf", "python-script", "empty"})
"""Content that is no model artefact unless the record lists it as one."""

_PROMISES: dict[str, frozenset[str]] = {
    "safetensors": frozenset({"safetensors"}),
    "onnx": frozenset({"onnx"}),
    "gguf": frozenset({"gguf"}),
    "npy": frozenset({"npy"}),
    "npz": frozenset({"npz"}),
    "skops": frozenset({"skops"}),
    "keras": frozenset({"keras"}),
    "h5": frozenset({"hdf5"}),
    "hdf5": frozenset({"hdf5"}),
    "parquet": frozenset({"parquet"}),
    "pkl": frozenset({"pickle", "joblib", "gzip", "zlib", "bzip2", "xz", "lzma"}),
    "pickle": frozenset({"pickle", "joblib"}),
    "joblib": frozenset({"pickle", "joblib", "gzip", "zlib", "bzip2", "xz", "lzma"}),
    "pt": frozenset({"torch-zip", "torch-legacy", "pickle"}),
    "pth": frozenset({"torch-zip", "torch-legacy", "pickle"}),
    "zip": frozenset({"zip", "torch-zip", "npz", "skops", "keras"}),
    **dict.fromkeys(
        ("csv", "tsv", "txt", "md", "yaml", "yml", "toml", "ini", "cfg", "html", "xml"), frozenset({"text", "json"})
    ),
    **dict.fromkeys(("json", "jsonl"), frozenset({"text", "json", "xgboost"})),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp"), frozenset({"image"})),
    "pdf": frozenset({"pdf"}),
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TEXT_CHUNK = 1 << 20


def identify(data: Buffer) -> str:
    """Name the kind of some bytes: magic, then structure, then strict text; `unknown` when nothing fits."""
    if not len(data):
        return "empty"
    likeness = pickle_likeness(data)
    if likeness is Likeness.ACTS:
        return "pickle"
    if probe_safetensors(data):
        return "safetensors"
    known = _by_magic(data, data[:64])
    if known is not None:
        return known
    if likeness is Likeness.BEGINS:
        return "pickle"
    text = _text_kind(data)
    if text is not None:
        return text
    if likeness is Likeness.WHOLE:
        return "pickle"
    return "onnx" if probe_onnx(data) else "unknown"


def _by_magic(data: Buffer, head: bytes) -> str | None:
    for magic, kind in _MAGIC:
        if head.startswith(magic) and _confirmed(kind, head):
            return kind
    if head[:2] in (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda") and _confirmed("zlib", head):
        return "zlib"
    if head[4:8] == b"TFL3":
        return "tflite"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image"
    if data[257:262] == b"ustar":
        return "tar"
    if head[2:4] == b"\r\n" and head[4:8] in (b"\0\0\0\0", b"\1\0\0\0", b"\3\0\0\0"):
        return "python-bytecode"
    return "xgboost-ubj" if head[:2] == b"{L" else None


def _confirmed(kind: str, head: bytes) -> bool:
    """Short magic numbers are words too: look a little further before believing them."""
    if kind == "pe":
        return b"\0" in head
    if kind == "bzip2":
        return head[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    if kind == "zlib":
        try:
            zlib.decompressobj().decompress(head)
        except zlib.error:
            return False
    return True


def _text_kind(data: Buffer) -> str | None:
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    decoder = codecs.getincrementaldecoder(encoding)()
    first = last = ""
    for start in range(0, len(data), _TEXT_CHUNK):
        stop = start + _TEXT_CHUNK
        try:
            last = decoder.decode(data[start:stop], final=stop >= len(data))
        except UnicodeDecodeError:
            return None
        if _CONTROL.search(last):
            return None
        first = first or last
    if first.startswith("#!"):
        return "python-script" if "python" in first.partition("\n")[0] else "shell-script"
    stripped = first.lstrip("\ufeff \t\r\n")
    if first.startswith("tree\nversion="):
        return "lightgbm"
    if stripped[:1] == "{" and '"learner"' in first + last and '"version"' in first + last:
        return "xgboost"
    return "json" if stripped[:1] in ("{", "[") else "text"


def contradiction(path: str, kind: str) -> str | None:
    """Say what a file's extension promises when the content is something else, else None."""
    extension = path.rpartition("/")[2].rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
    promised = _PROMISES.get(extension)
    if promised is None or kind in promised or kind == "empty":
        return None
    return f".{extension} promises {' or '.join(sorted(promised))}, the content is {kind}"
