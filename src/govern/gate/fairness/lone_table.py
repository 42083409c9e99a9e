"""A prediction table that lies in no bundle, as the readers of bundles see one."""

from __future__ import annotations

import hashlib
from pathlib import Path

from govern.bundle import Bundle
from govern.bundle.manifest import FileEntry, manifest_from
from govern.bundle.record import ModelRecord
from govern.diagnostics import Diagnostic, UsageError

__all__ = ["lone_table"]

_CHUNK = 1 << 20


def lone_table(path: Path) -> Bundle:
    """Give a bundle that holds this one file and no model; its bytes are held to what they are now.

    Raises UsageError U103 for a file that cannot be read.
    """
    real = path.resolve()
    digest, size = hashlib.sha256(), 0
    try:
        with real.open("rb") as stream:
            while part := stream.read(_CHUNK):
                digest.update(part)
                size += len(part)
    except OSError as fault:
        raise UsageError(Diagnostic("U103", f"cannot read {path}: {fault.strerror or fault}")) from fault
    entry = FileEntry(path=real.name, sha256=digest.hexdigest(), size=size)
    manifest = manifest_from((entry,))
    record = ModelRecord.model_validate(
        {"apiVersion": "govern/v1", "kind": "Model", "metadata": {"name": "table", "version": "0"}}
    )
    return Bundle(
        root=real.parent,
        name="table",
        version="0",
        layout="plain",
        digest=manifest.digest,
        manifest=manifest.data,
        files={entry.path: entry},
        record=record,
        record_file=None,
        artefacts=(),
        weights=(),
    )
