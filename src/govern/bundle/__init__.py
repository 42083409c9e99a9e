"""Opening a folder as a bundle: manifest, digest, layout, model record. Names are loaded when first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.bundle.manifest import FileEntry
    from govern.bundle.opened import Bundle
    from govern.bundle.opening import open_bundle
    from govern.bundle.record import ModelRecord

__all__ = ["Bundle", "FileEntry", "ModelRecord", "open_bundle"]

_HOMES = {
    "Bundle": "govern.bundle.opened",
    "FileEntry": "govern.bundle.manifest",
    "ModelRecord": "govern.bundle.record",
    "open_bundle": "govern.bundle.opening",
}


def __getattr__(name: str) -> object:
    # `govern verify` imports only bundle.manifest and must not pay for pydantic and YAML.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
