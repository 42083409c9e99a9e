"""The rows that are to be counted: of a bundle, of a FairnessRows document, or a bare table with options.

All three end as one thing, a table with a manifest, which the readers of the gate read as they read any other: what is
counted here is what the gate would count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, UsageError, plain
from govern.gate.fairness.loose_files import file_entry, loose_bundle
from govern.gate.files import read_file

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.prediction_source import PredictionSource
    from govern.evidence.rows_manifest import FairnessRows

__all__ = ["Meaning", "Rows", "rows_of"]

_RECORD = "govern.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What the columns of a bare table mean, as the options of the command say it."""

    y_pred: str | None = None
    y_true: str | None = None
    score: str | None = None
    stratum: str | None = None
    row_id: str | None = None
    sensitive: tuple[str, ...] = ()
    positive: str | None = None
    """The value that counts as selected; in double quotes for text that looks like a number. None: literal 0 and 1."""
    positive_true: str | None = None
    """The positive label; None: the same as `positive`."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    model: str | None = None
    """NAME@VERSION."""
    model_files: tuple[str, ...] = ()
    """Artefacts: a path, or the path in the bundle, `=` and where the file is."""
    data: str | None = None
    split: str | None = None

    @property
    def said(self) -> bool:
        """Whether any of it was given."""
        return self != Meaning()


@dataclass(frozen=True, slots=True)
class Rows:
    """A table that can be counted, and what it means."""

    bundle: Bundle
    """The bundle, or the files alone dressed as one for the readers."""
    source: PredictionSource
    manifest: FairnessRows


def rows_of(path: Path, meaning: Meaning) -> Rows:
    """Open what was given: a folder is a bundle, `.csv`, `.parquet` and the like a table, the rest a manifest.

    Raises UsageError U103 for a path that is not there, U101 for options that are missing or said twice and for what is
    no table of decisions, and InputError as the readers do.
    """
    from govern.evidence.tables import is_table

    if path.is_dir():
        rows = _of_bundle(path, meaning)
    elif is_table(path.name):
        bundle = loose_bundle(path.parent, path.name)
        rows = _opened(bundle, _manifest(bundle, path.name, meaning), None)
    else:
        rows = _of_manifest(path, meaning)
    if rows.manifest.task != "binary":
        raise _not_counted(rows.source.file, f"predictions of task {rows.manifest.task} are no decisions")
    return rows


def _opened(bundle: Bundle, manifest: FairnessRows, described_by: str | None) -> Rows:
    from govern.evidence.prediction_source import described_source

    source = described_source(bundle, manifest, described_by=described_by)
    if isinstance(source, Diagnostic):
        raise InputError(source)
    return Rows(bundle, source, manifest)


def _not_counted(file: str, message: str) -> UsageError:
    hint = "Give a table with a decision a row, or a FairnessRows document that describes one."
    return UsageError(Diagnostic("U101", message, Span(file), hint))


def _of_bundle(path: Path, meaning: Meaning) -> Rows:
    from govern.bundle import open_bundle
    from govern.evidence.prediction_source import find_predictions

    bundle = open_bundle(path)
    source = find_predictions(bundle)
    if isinstance(source, Diagnostic):
        raise InputError(source)
    if source.counts is not None:
        raise _not_counted(source.file, "these predictions are counts already")
    if source.manifest is None:
        return _opened(bundle, _manifest(bundle, source.file, meaning), None)
    _refuse_options(meaning, source.described_by or source.file)
    return Rows(bundle, source, source.manifest)


def _of_manifest(path: Path, meaning: Meaning) -> Rows:
    """Read a manifest; its paths start at the bundle that it lies in, or at its own folder."""
    from govern.evidence.prediction_source import MANIFEST_BYTES
    from govern.evidence.rows_manifest import parse_rows_manifest

    manifest = parse_rows_manifest(read_file(path, limit=MANIFEST_BYTES), file=path.name)
    _refuse_options(meaning, path.name)
    path = path.resolve()
    root = next((folder for folder in path.parents if (folder / _RECORD).is_file()), path.parent)
    if not (root / manifest.file.path).is_file():
        root = path.parent
    described_by = path.relative_to(root).as_posix()
    return _opened(loose_bundle(root, described_by, manifest.file.path), manifest, described_by)


def _refuse_options(meaning: Meaning, file: str) -> None:
    if meaning.said:
        message = f"{plain(file)} says what the columns mean: leave the options about columns, model and data out"
        raise UsageError(Diagnostic("U101", message, hint="correct the document, or give the table alone"))


def _manifest(bundle: Bundle, table: str, meaning: Meaning) -> FairnessRows:
    """Make the document that the options stand for."""
    from pydantic import ValidationError

    from govern.evidence.cells import UNKNOWN_BY_DEFAULT
    from govern.evidence.rows_manifest import FairnessRows
    from govern.evidence.tables import header_of

    if not meaning.sensitive:
        raise _lacking("--sensitive COLUMN", "by which columns groups are told apart is never guessed")
    header = header_of(bundle, table, wanted=("y_pred",))
    y_true = meaning.y_true or ("y_true" if "y_true" in header else None)
    positive = _scalar(meaning.positive or "1")
    document: dict[str, Any] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": _model(bundle, meaning),
        "data": {"name": meaning.data, "split": meaning.split},
        "file": {"path": table, "sha256": bundle.files[table].sha256},
        "columns": {
            "y_pred": meaning.y_pred or "y_pred",
            "y_true": y_true,
            "score": meaning.score,
            "stratum": meaning.stratum,
            "row_id": meaning.row_id,
            "sensitive": list(meaning.sensitive),
        },
        "positive": {
            "y_pred": positive,
            "y_true": None if y_true is None else _scalar(meaning.positive_true) or positive,
        },
        "groups": {name: list(values) for name, values in meaning.groups.items()},
    }
    listed = {value for values in meaning.groups.values() for value in values}
    usual = [token for token in UNKNOWN_BY_DEFAULT if token and token not in listed]
    document["unknown"] = list(meaning.unknown) or usual
    if meaning.data is None:
        raise _lacking("--data NAME", "counts that do not say of which data they are bind nothing")
    try:
        made = FairnessRows.model_validate(document)
    except ValidationError as fault:
        said = "; ".join(
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in fault.errors(include_url=False)
        )
        raise UsageError(Diagnostic("U101", f"the options do not fit together: {plain(said)}")) from fault
    # Without a positive value only literal 0 and 1 are read: nothing is guessed.
    return made if meaning.positive is not None else made.model_copy(update={"positive": None})


def _lacking(option: str, why: str) -> UsageError:
    return UsageError(
        Diagnostic("U101", f"a bare table needs {option}: {why}", hint="or describe it in a FairnessRows document")
    )


def _scalar(text: str | None) -> Any:
    """Read a value as YAML would: text in double quotes is text, 1 and true are what they look like."""
    from govern.inputs.scalars import ScalarText

    if text is None:
        return None
    quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return ScalarText(text[1:-1], plain=False) if quoted else ScalarText(text)


def _model(bundle: Bundle, meaning: Meaning) -> dict[str, Any]:
    if meaning.model is None and bundle.artefacts:
        files = [{"path": path, "sha256": bundle.files[path].sha256} for path in bundle.artefacts]
        return {"name": bundle.name, "version": bundle.version, "files": files}
    if meaning.model is None:
        raise _lacking("--model NAME@VERSION", "counts that do not say of which model they are bind nothing")
    name, _, version = meaning.model.rpartition("@")
    files = []
    for item in meaning.model_files:
        inside, _, where = item.partition("=")
        entry = file_entry(Path(where or inside).parent, Path(where or inside).name)
        files.append({"path": inside, "sha256": entry.sha256})
    return {"name": name, "version": version, "files": files}
