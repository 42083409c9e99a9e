"""The scan of a bundle's files: read once a run, every file, by content."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from govern.checks.context import CheckContext, Root
from govern.diagnostics import Diagnostic, IntegrityError, Span
from govern.policy.outcomes import EvidenceRef

if TYPE_CHECKING:
    from govern.security.artefacts import FileReport, ScanLimits

__all__ = ["artefacts_root", "model_files", "refs", "scan_of"]

_READER = "artefact_scan"
_CHUNK = 1 << 20
_WHOLE = 64 << 20
"""Files up to this size are read at once; larger ones are mapped, and hashed before they are parsed."""


def scan_of(
    context: CheckContext, profiles: tuple[str, ...] | None = None, limits: ScanLimits | None = None
) -> Mapping[str, FileReport]:
    """Scan every file of the bundle once a run for the same profiles and limits; by path, in path order.

    No profiles means all that are built in. Raises UsageError for an unknown profile, IntegrityError for a file that
    is no longer what was hashed.
    """
    from govern.security.artefacts import ScanLimits, builtin_profile_names

    names = tuple(sorted(profiles)) if profiles is not None else builtin_profile_names()
    caps = limits or ScanLimits()
    return context.once(("artefacts.scan", names, caps), lambda: _scan(context, names, caps))


def _scan(context: CheckContext, names: tuple[str, ...], limits: ScanLimits) -> Mapping[str, FileReport]:
    from govern.security.artefacts import load_profiles, scan_bytes

    bundle = context.bundle
    profiles = load_profiles(names)
    sizes = {path: entry.size for path, entry in bundle.files.items()}
    reports: dict[str, FileReport] = {}
    for path, entry in bundle.files.items():
        if entry.size <= _WHOLE:
            reports[path] = scan_bytes(path, bundle.read(path, limit=_WHOLE, reader=_READER), profiles, limits, sizes)
            continue
        with bundle.open(path, reader=_READER) as handle:
            # Read for hashing, not through the map: every page of a map that was touched counts as memory of ours.
            if _sha256(handle) != entry.sha256:
                raise IntegrityError(Diagnostic("B109", "the file is no longer what was hashed", Span(path)))
            with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
                reports[path] = scan_bytes(path, data, profiles, limits, sizes)
    return reports


def _sha256(handle: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := handle.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def model_files(context: CheckContext) -> tuple[str, ...]:
    """Give the artefact files that must hold a model: those declared as weights, else those the layout takes for it."""
    return context.bundle.weights


def refs(context: CheckContext, paths: tuple[str, ...]) -> tuple[EvidenceRef, ...]:
    """Give references to artefact files; they are the model itself, so nothing in them can speak of another."""
    files = context.bundle.files
    return tuple(EvidenceRef(name="artefacts", file=path, digest=files[path].sha256, bound=True) for path in paths)


def artefacts_root(context: CheckContext) -> Root | None:
    """Give the root `artefacts` of expressions: the model's files with format, size and verdict; None without any.

    The verdict is that of a scan with every built-in profile.
    """
    paths = context.bundle.artefacts
    if not paths:
        return None
    reports = scan_of(context)
    value = [
        {"path": path, "format": reports[path].kind, "bytes": reports[path].size, "verdict": str(reports[path].verdict)}
        for path in paths
    ]
    return Root(value, refs(context, paths))
