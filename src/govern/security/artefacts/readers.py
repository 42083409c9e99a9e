"""Which reader judges which kind of content. Readers are loaded when content of their kind turns up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from govern.security.artefacts.job import Job
from govern.security.artefacts.report import FileReport

__all__ = ["READERS", "reader_of"]

_HERE = "govern.security.artefacts"

READERS: Mapping[str, str] = {
    "pickle": f"{_HERE}.pickle.scan:read_pickle",
    "zip": f"{_HERE}.containers.zip_reader:read_zip_file",
    "gzip": f"{_HERE}.containers.compressed:read_compressed",
    "zlib": f"{_HERE}.containers.compressed:read_compressed",
    "bzip2": f"{_HERE}.containers.compressed:read_compressed",
    "xz": f"{_HERE}.containers.compressed:read_compressed",
    "lzma": f"{_HERE}.containers.compressed:read_compressed",
    "safetensors": f"{_HERE}.formats.safetensors:read_safetensors",
    "npy": f"{_HERE}.formats.npy:read_npy",
    "onnx": f"{_HERE}.formats.onnx_file:read_onnx_file",
    "xgboost": f"{_HERE}.formats.text_models:read_xgboost_json",
    "lightgbm": f"{_HERE}.formats.text_models:read_lightgbm",
}
"""Kind -> `module:function`; the function takes a Job, gives its report, and raises ScanError for what it refuses."""


def reader_of(kind: str) -> Callable[[Job], FileReport] | None:
    """Give the reader of a kind, or None where content of that kind is not analysed."""
    place = READERS.get(kind)
    if place is None:
        return None
    module, _colon, name = place.partition(":")
    found: Callable[[Job], FileReport] = getattr(import_module(module), name)
    return found
