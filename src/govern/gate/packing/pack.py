"""Packing: everything that is needed to decide again what a certificate or refusal says, in one file.

Nothing is packed that does not belong together: each part is held against the digest that the certificate names, and
the first that differs ends the packing with both digests said.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from govern.attestation.pack.claims import Named, read_named
from govern.attestation.pack.index import Entry, Role
from govern.attestation.pack.reading import read_pack
from govern.attestation.pack.writing import Part, part, write_pack
from govern.bundle.manifest import FileEntry, Manifest, compare, hash_folder, manifest_from, parse_manifest
from govern.bundle.reading import open_entry
from govern.diagnostics import Diagnostic, InputError, UsageError
from govern.gate.files import read_file
from govern.gate.outputs import writing
from govern.gate.packing.parts import (
    PackRequest,
    advisory_parts,
    differs,
    engine_parts,
    policy_parts,
    record_parts,
    statement_parts,
    trust_parts,
    verdict_parts,
)
from govern.gate.packing.sources import Beside, find_bundle

__all__ = ["PackRequest", "Packed", "pack"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was written."""

    path: Path
    digest: str
    """sha256 of the archive, hex."""
    size: int
    entries: tuple[Entry, ...]
    notes: tuple[str, ...]


def pack(request: PackRequest) -> Packed:
    """Write a pack.

    Raises UsageError and IntegrityError with the digests of the first part that does not belong (A610 to A619), and
    when the output cannot be written. Nothing is left behind then.
    """
    data = read_file(request.certificate)
    named = read_named(data, file=str(request.certificate))
    beside = Beside(request.certificate)
    folder = _bundle_folder(request, beside)
    _stays_outside(request.output, folder)
    records, parts = record_parts(request, named, beside)
    parts += policy_parts(request, named)
    manifest, evidence = _evidence_parts(request, named, beside, folder)
    trust, notes = trust_parts(request, named, data, manifest, beside)
    parts += [*evidence, *trust, *verdict_parts(data, named, beside), *advisory_parts(request, named)]
    parts += statement_parts(request, named, records, frozenset(line.sha256 for line in manifest.entries))
    parts += engine_parts(request, named)
    return _written(request.output, parts, notes)


# --- the bundle


def _bundle_folder(request: PackRequest, beside: Beside) -> Path:
    if request.bundle is not None:
        if not request.bundle.is_dir():
            raise UsageError(Diagnostic("U103", f"there is no folder {request.bundle}"))
        return request.bundle
    judged = _manifest_beside(beside)
    places = (request.certificate.resolve().parent, *request.bundle_places)
    found = None if judged is None else find_bundle(judged, places)
    if found is None:
        hint = "name the folder that was judged: --bundle DIR"
        raise UsageError(Diagnostic("A611", "the bundle is not beside the certificate", hint=hint))
    return found


def _manifest_beside(beside: Beside) -> Manifest | None:
    try:
        return parse_manifest(beside.manifest.read_bytes(), file=str(beside.manifest))
    except (OSError, InputError):
        return None


def _stays_outside(output: Path, bundle: Path) -> None:
    if output.resolve().is_relative_to(bundle.resolve()):
        message = f"the output {output} lies inside the bundle"
        raise UsageError(Diagnostic("U107", message, hint="write it beside the bundle"))


def _evidence_parts(request: PackRequest, named: Named, beside: Beside, folder: Path) -> tuple[Manifest, list[Part]]:
    files = hash_folder(folder)
    manifest = manifest_from(files)
    if manifest.digest != named.bundle:
        judged = _manifest_beside(beside)
        hint = "name the folder that was judged: --bundle DIR"
        if judged is not None and judged.digest == named.bundle:
            first = compare(judged, manifest)[0]
            hint = f"{first.path} is {first.kind}; {hint}"
        raise differs("A611", "bundle", named.bundle, manifest.digest, hint)
    kept_back = _kept_back(request.withhold, files)
    parts = [part("MANIFEST.sha256", Role.MANIFEST, manifest.data)]
    for file in {item.sha256: item for item in files}.values():
        withheld = file.sha256 in kept_back
        entry = Entry(
            path=f"evidence/{file.sha256}",
            role=Role.EVIDENCE,
            digest=file.sha256,
            size=file.size,
            withheld=withheld,
        )
        parts.append(Part(entry=entry, open=None if withheld else lambda file=file: open_entry(folder, file)))  # type: ignore[misc]
    return manifest, parts


def _kept_back(paths: Sequence[str], files: Sequence[FileEntry]) -> frozenset[str]:
    """Give the digests to withhold. Raises UsageError A618 for a path that is not there or bytes that stay anyway."""
    named: set[str] = set()
    for text in paths:
        below = text.rstrip("/") + "/"
        found = {item.path for item in files if item.path == text or item.path.startswith(below)}
        if not found:
            hint = "write the path as the manifest does, relative to the bundle"
            raise UsageError(Diagnostic("A618", f"the bundle has no {text}", hint=hint))
        named |= found
    digests = frozenset(item.sha256 for item in files if item.path in named)
    for item in files:
        if item.sha256 in digests and item.path not in named:
            message = f"{item.path} has the same bytes as a file that is to be withheld"
            raise UsageError(Diagnostic("A618", message, hint=f"withhold it too: --withhold {item.path}"))
    return digests


# --- the file


def _written(output: Path, parts: list[Part], notes: tuple[str, ...]) -> Packed:
    """Write beside the target, read it back as a stranger would, rename."""
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name[:100]}.")
    try:
        with writing(output), os.fdopen(handle, "w+b") as stream:
            entries = write_pack(stream, parts)
            stream.flush()
            os.fsync(stream.fileno())
            read_pack(stream)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
        with writing(output):
            Path(temporary).replace(output)
    except BaseException:
        with suppress(OSError):
            Path(temporary).unlink()
        raise
    return Packed(path=output, digest=digest, size=size, entries=entries, notes=notes)
