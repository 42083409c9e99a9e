"""Opening a bundle: list and hash the folder, read the record, decide which model it is and which files make it up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType

from govern.bundle.identity import RECORD_FILE, identify
from govern.bundle.layout.declared import declared_view
from govern.bundle.layout.huggingface import hub_view
from govern.bundle.layout.listing import Layout, Listing, View
from govern.bundle.layout.mlflow import mlflow_view
from govern.bundle.layout.models import layout_notes, layout_of, model_home
from govern.bundle.layout.plain import plain_view
from govern.bundle.manifest import FileEntry, hash_folder, manifest_from
from govern.bundle.opened import Bundle
from govern.bundle.paths import inside
from govern.bundle.record_reading import ReadRecord, read_record
from govern.diagnostics import Diagnostic, InputError, UsageError, in_order
from govern.inputs.limits import EVIDENCE_YAML, FolderLimits

__all__ = ["RECORD_FILE", "model_folder", "open_bundle"]


def open_bundle(
    path: Path,
    *,
    name: str | None = None,
    version: str | None = None,
    limits: FolderLimits | None = None,
    withheld: Sequence[FileEntry] = (),
) -> Bundle:
    """Open a folder as a bundle: one version of one model with its evidence.

    `name` and `version` say which model it is when the folder does not; where it does they must agree. `withheld` are
    files of the bundle whose bytes are not in the folder, each with its recorder.
    Raises UsageError when nothing says which model it is (B111), when there are several (B112) or no folder
    (B115); BundleRefusedError for what may not be in a bundle; InputError for a record that cannot be read
    (I1, B2, B110) and for sources that name the model differently (B113); IntegrityError B109 when files change
    meanwhile.
    """
    caps = limits or FolderLimits()
    entries = (*hash_folder(path, limits=caps), *withheld)
    if withheld:
        entries = tuple(sorted(entries, key=lambda entry: entry.path.encode()))
    listing = Listing(path, MappingProxyType({entry.path: entry for entry in entries}))
    read = _read_record(listing)
    home = "" if read is not None else model_home(listing)
    identity = identify(listing, read, home, name=name, version=version)
    view = _view(listing, read, home)
    manifest = manifest_from(entries)
    return Bundle(
        root=path,
        name=identity.record.metadata.name,
        version=identity.record.metadata.version,
        layout=view.layout,
        home=home,
        digest=manifest.digest,
        manifest=manifest.data,
        files=listing.files,
        record=identity.record,
        record_file=read.file if read is not None else None,
        artefacts=view.artefacts,
        weights=view.weights,
        notes=(*in_order((*identity.notes, *view.notes)), *layout_notes(listing)),
        limits=caps,
        log=listing.log,
        _read_record=read,
    )


def model_folder(bundle: Path, chosen: str) -> Path:
    """Give the folder below a bundle that the caller chose as the model. Raises UsageError B124 when it is none."""
    hint = "Give a folder below the bundle, as the list of B112 names them."
    try:
        folder = bundle / inside(chosen)
    except InputError as fault:
        raise UsageError(Diagnostic("B124", f"'{chosen}' lies outside {bundle}", hint=hint)) from fault
    if not folder.is_dir():
        raise UsageError(Diagnostic("B124", f"there is no folder '{chosen}' in {bundle}", hint=hint))
    return folder


def _read_record(listing: Listing) -> ReadRecord | None:
    if RECORD_FILE not in listing.files:
        return None
    data = listing.read(RECORD_FILE, limit=EVIDENCE_YAML.bytes, reader="model_record")
    return read_record(data, file=RECORD_FILE)


def _view(listing: Listing, read: ReadRecord | None, home: str) -> View:
    layout: Layout = layout_of(listing, home, recorded=read is not None)
    if read is not None and read.record.spec.artefacts:
        return declared_view(listing.files, read, layout)
    if layout == "mlflow":
        return mlflow_view(listing, home)
    return hub_view(listing, home) if layout == "huggingface" else plain_view(listing.files)
