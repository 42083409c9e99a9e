"""Files that lie in no bundle, as the readers of bundles see them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from govern.bundle import Bundle, FileEntry, ModelRecord
from govern.bundle.manifest import manifest_from
from govern.diagnostics import Diagnostic, UsageError

__all__ = ["file_entry", "loose_bundle"]


def loose_bundle(folder: Path, *names: str) -> Bundle:
    """Dress files that lie in no bundle as one without a model; their bytes are held to what they are now.

    Raises UsageError U103 for a file that cannot be read.
    """
    folder = folder.resolve()
    entries = {name: file_entry(folder, name) for name in names}
    record = ModelRecord.model_validate(
        {"apiVersion": "govern/v1", "kind": "Model", "metadata": {"name": "none", "version": "0"}}
    )
    manifest = manifest_from(entries.values())
    return Bundle(
        root=folder,
        name=record.metadata.name,
        version=record.metadata.version,
        layout="plain",
        digest=manifest.digest,
        manifest=manifest.data,
        files=entries,
        record=record,
        record_file=None,
        artefacts=(),
        weights=(),
    )


def file_entry(folder: Path, name: str) -> FileEntry:
    """Describe a file as a manifest does. Raises UsageError U103 for one that cannot be read."""
    path = folder / name
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return FileEntry(name, digest, path.stat().st_size)
    except OSError as fault:
        message = f"cannot read {path}: {fault.strerror or fault}"
        raise UsageError(Diagnostic(code="U103", message=message)) from fault
