"""Opening a bundle: list and hash the folder, read the record, decide which model it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from govern.bundle.manifest import FileEntry, hash_folder, manifest_from
from govern.bundle.opened import Bundle, Layout
from govern.bundle.paths import inside
from govern.bundle.reading import read_entry
from govern.bundle.record import ModelRecord
from govern.bundle.record_reading import ReadRecord, read_record
from govern.bundle.sniff import model_format
from govern.diagnostics import Diagnostic, InputError, Severity, Span, UsageError
from govern.inputs.json import parse_json
from govern.inputs.limits import EVIDENCE_YAML, FolderLimits

__all__ = ["RECORD_FILE", "open_bundle"]

RECORD_FILE = "govern.yaml"
_MLMODEL = "MLmodel"
_WAYS = (
    "Three ways: add govern.yaml with metadata.name and metadata.version; give both --name and --version; "
    "or give the folder that holds such a record."
)
_TOOL_FOLDERS = frozenset([".git", ".hg", ".svn", ".dvc", ".cache", "__pycache__", ".ipynb_checkpoints"])
_CONFIG_BYTES = 4 * 1024 * 1024

Files = Mapping[str, FileEntry]


def open_bundle(
    path: Path,
    *,
    name: str | None = None,
    version: str | None = None,
    limits: FolderLimits | None = None,
    withheld: Sequence[FileEntry] = (),
) -> Bundle:
    """Open a folder as a bundle: one version of one model with its evidence.

    `name` and `version` say which model it is when the folder has no record; with one they must agree. `withheld` are
    files of the bundle whose bytes are not in the folder, each with its recorder.
    Raises UsageError when nothing says which model it is (B111), when there are several (B112) or no folder
    (B115); BundleRefusedError for what may not be in a bundle; InputError for a record that cannot be read
    (I1, B2, B110) or that contradicts the caller (B113); IntegrityError B109 when files change meanwhile.
    """
    caps = limits or FolderLimits()
    entries = (*hash_folder(path, limits=caps), *withheld)
    if withheld:
        entries = tuple(sorted(entries, key=lambda entry: entry.path.encode()))
    files: Files = MappingProxyType({entry.path: entry for entry in entries})
    read = _read_record(path, files)
    record = _agreed(read, name, version) if read is not None else _declared_by_caller(files, name, version)
    artefacts, absent = _artefacts(files, record, read)
    manifest = manifest_from(entries)
    return Bundle(
        root=path,
        name=record.metadata.name,
        version=record.metadata.version,
        layout=_layout(path, files),
        digest=manifest.digest,
        manifest=manifest.data,
        files=files,
        record=record,
        record_file=read.file if read is not None else None,
        artefacts=artefacts,
        notes=(*absent, *_tool_folders(files)),
        limits=caps,
        _read_record=read,
    )


def _read_record(root: Path, files: Files) -> ReadRecord | None:
    entry = files.get(RECORD_FILE)
    if entry is None:
        return None
    return read_record(read_entry(root, entry, limit=EVIDENCE_YAML.bytes), file=RECORD_FILE)


# --- which model


def _agreed(read: ReadRecord, name: str | None, version: str | None) -> ModelRecord:
    metadata = read.record.metadata
    faults = [
        Diagnostic(
            code="B113",
            message=f"the record says {key} '{recorded}', the caller says '{given}'",
            span=read.span(("metadata", key)),
            hint=f"Correct the one that is wrong, or leave --{key} out.",
        )
        for key, recorded, given in (("name", metadata.name, name), ("version", metadata.version, version))
        if given is not None and given != recorded
    ]
    if faults:
        raise InputError(faults)
    return read.record


def _declared_by_caller(files: Files, name: str | None, version: str | None) -> ModelRecord:
    below = sorted(path.rpartition("/")[0] for path in files if path.endswith(f"/{_MLMODEL}"))
    if len(below) > 1 and _MLMODEL not in files:
        raise UsageError(
            Diagnostic(
                code="B112",
                message=f"no {RECORD_FILE} here, and several models below: {', '.join(below)}",
                hint=f"Give one of these folders, or add a {RECORD_FILE} here that says which model this is.",
            )
        )
    if name is None or version is None:
        raise UsageError(Diagnostic(code="B111", message=_no_identity(files, below), hint=_WAYS))
    try:
        return ModelRecord.model_validate(
            {"apiVersion": "govern/v1", "kind": "Model", "metadata": {"name": name, "version": version}}
        )
    except ValidationError as fault:
        raise UsageError(
            [
                Diagnostic(code="B111", message=f"--{detail['loc'][-1]}: {detail['msg']}", hint=_WAYS)
                for detail in fault.errors(include_url=False)
            ]
        ) from fault


def _no_identity(files: Files, below: list[str]) -> str:
    message = "nothing says which model and version this is"
    similar = [
        path for path in files if "/" not in path and path.casefold() in ("govern.yaml", "govern.yml", "govern.json")
    ]
    if similar:
        return f"{message}: {similar[0]} is not read, the name is {RECORD_FILE}"
    return f"{message}; there is a model in {below[0]}/" if below else message


# --- layout and artefacts


def _layout(root: Path, files: Files) -> Layout:
    if _MLMODEL in files:
        return "mlflow"
    if "adapter_config.json" in files or _is_hub_config(root, files):
        return "huggingface"
    return "plain"


def _is_hub_config(root: Path, files: Files) -> bool:
    entry = files.get("config.json")
    if entry is None:
        return False
    try:
        config = parse_json(read_entry(root, entry, limit=_CONFIG_BYTES), file=entry.path)
    except InputError:  # a label only: whoever needs the file reports what is wrong with it
        return False
    return isinstance(config, dict) and ("model_type" in config or "architectures" in config)


def _artefacts(
    files: Files, record: ModelRecord, read: ReadRecord | None
) -> tuple[tuple[str, ...], tuple[Diagnostic, ...]]:
    """Give the declared artefact files, or else those that look like a model; and a warning for each absent one."""
    if not record.spec.artefacts:
        return tuple(path for path, entry in files.items() if model_format(entry) is not None), ()
    named: set[str] = set()
    absent: list[Diagnostic] = []
    for index, item in enumerate(record.spec.artefacts):
        path = inside(item.path)
        found = {path} if path in files else {file for file in files if file.startswith(f"{path}/") or not path}
        named |= found
        if not found:
            absent.append(
                Diagnostic(
                    code="B117",
                    message=f"the artefact '{item.path}' is not in the bundle",
                    span=read.span(("spec", "artefacts", index, "path")) if read is not None else None,
                    hint="Add the file or correct the path; upper and lower case count.",
                    severity=Severity.WARNING,
                )
            )
    return tuple(path for path in files if path in named), tuple(absent)


def _tool_folders(files: Files) -> Iterator[Diagnostic]:
    for folder in sorted({part for path in files for part in path.split("/")[:-1]} & _TOOL_FOLDERS):
        yield Diagnostic(
            code="B118",
            message=f"the bundle holds a folder {folder}: every file in it counts in the bundle digest",
            span=Span(folder),
            hint="Export a clean copy if that is not meant, for example with `git archive`.",
            severity=Severity.NOTE,
        )
