"""Predictions of a bundle, reduced on reading to counts: by group, label and decision, and by score and label.

Two forms are read. A FairnessRows document says what the columns and values of a table mean, what the table's bytes
are and which model made it. A bare CSV or Parquet table must have a column `y_pred` of literal 0 and 1, may have
`y_true` of the same and `score`; any other column can be a group.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import GroupValues, binary_reader, group_values, is_missing
from govern.evidence.envelope import Envelope, read_envelope
from govern.evidence.located import Located, locate
from govern.evidence.tables import header_of, is_table, tabulate
from govern.evidence.tabulation import Tabulation, named

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.envelope import Binding
    from govern.evidence.rows_manifest import FairnessRows
    from govern.inputs.scalars import ScalarText

__all__ = ["Cells", "PredictionSource", "Predictions", "Scores", "find_predictions", "read_predictions", "read_scores"]

Cells = tuple[int, int, int, int]
"""tn, fp, fn, tp. Without labels: not selected, selected, 0, 0."""

_USUAL = ("predictions.yaml", "predictions.yml", "predictions.csv", "predictions.parquet")
_MANIFEST_BYTES = 1024 * 1024
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_LONGEST_NUMBER = 64
_LARGEST_EXPONENT = 330
"""A double reaches down to 1e-324; beyond, exact sums of scores would only grow."""


@dataclass(frozen=True, slots=True)
class PredictionSource:
    """A prediction table that was found: its columns, their meaning, and what it is bound to."""

    file: str
    """The table."""
    digest: str
    described_by: str | None
    """The FairnessRows document, None for a bare table."""
    described_digest: str | None
    model: Binding
    data: Binding
    produced_at: str | None
    tool: str | None
    dataset: str | None
    split: str | None
    header: tuple[str, ...]
    manifest: FairnessRows | None

    @property
    def bound(self) -> bool:
        """Whether the table names model and data, and both match."""
        return self.model == "match" and self.data == "match"

    @property
    def y_pred(self) -> str:
        """The column of decisions."""
        return self.manifest.columns.y_pred if self.manifest is not None else "y_pred"

    @property
    def y_true(self) -> str | None:
        """The column of true outcomes, if there is one."""
        if self.manifest is not None:
            return self.manifest.columns.y_true
        return "y_true" if "y_true" in self.header else None

    @property
    def score(self) -> str | None:
        """The column of scores, if there is one."""
        if self.manifest is not None:
            return self.manifest.columns.score
        return "score" if "score" in self.header else None

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns that may be used as groups."""
        if self.manifest is not None:
            return self.manifest.columns.sensitive
        return tuple(name for name in self.header if name not in ("y_pred", "y_true", "score", ""))


@dataclass(frozen=True, slots=True)
class Predictions:
    """A prediction table as counts."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    labelled: bool
    cells: Mapping[tuple[str | None, ...], Cells]
    """By the group of each attribute, None for unknown."""
    rows: int
    missing_y_pred: int
    missing_y_true: int
    missing_rows: int
    """Rows without decision or without label: in no cell."""


@dataclass(frozen=True, slots=True)
class Scores:
    """How often each score goes with each label."""

    source: PredictionSource
    by_score: Mapping[Decimal, tuple[int, int]]
    """Negatives and positives by the exact value that is written in the table."""
    rows: int
    missing_rows: int
    """Rows without score or label."""


def find_predictions(bundle: Bundle) -> PredictionSource | Diagnostic:
    """Find the prediction table; a Diagnostic says that there is none, or that it speaks of another model (E107).

    Raises InputError for a document or table that cannot be read and E109 when the table's bytes are not those
    that its FairnessRows document or envelope was written for.
    """
    located = locate(bundle, "predictions", _USUAL)
    if isinstance(located, Diagnostic):
        return located
    _refuse_type(located)
    envelope = read_envelope(bundle, located.envelope, about=located.path) if located.envelope else None
    found = _bare(bundle, located, envelope) if is_table(located.path) else _described(bundle, located, envelope)
    if not isinstance(found, Diagnostic) and found.model == "mismatch":
        return Diagnostic(
            code="E107",
            message="the predictions speak of another model: its name, version or files are not those of the bundle",
            span=Span(found.described_by or (envelope.file if envelope else found.file)),
            hint="Make the predictions again with the model that is in the bundle.",
        )
    return found


def _refuse_type(located: Located) -> None:
    """A type that the record names must fit the file."""
    fits = {
        "predictions": True,
        "fairness-rows": not is_table(located.path),
        "csv": located.path.lower().endswith(".csv"),
        "parquet": is_table(located.path) and not located.path.lower().endswith(".csv"),
    }
    if located.type is not None and not fits.get(located.type, False):
        raise InputError(
            Diagnostic(
                code="E101",
                message=f"the record calls this file {plain(located.type)}, which it is not",
                span=Span(located.path),
                hint="Leave type out, or write predictions, fairness-rows, csv or parquet as the file is.",
            )
        )


def _bare(bundle: Bundle, located: Located, envelope: Envelope | None) -> PredictionSource | Diagnostic:
    header = header_of(bundle, located.path, wanted=("y_pred",))
    if "y_pred" not in header:
        return _no_column(located.path, ["y_pred"], header)
    return PredictionSource(
        file=located.path,
        digest=bundle.files[located.path].sha256,
        described_by=None,
        described_digest=None,
        model=envelope.model if envelope else "absent",
        data=envelope.data if envelope else "absent",
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
        dataset=None,
        split=None,
        header=header,
        manifest=None,
    )


def _described(bundle: Bundle, located: Located, envelope: Envelope | None) -> PredictionSource | Diagnostic:
    from govern.evidence.rows_manifest import parse_rows_manifest

    manifest = parse_rows_manifest(bundle.read(located.path, limit=_MANIFEST_BYTES), file=located.path)
    path = bundle.resolve(manifest.file.path)
    if path is None or not is_table(path):
        return Diagnostic(
            code="E120",
            message=f"the bundle has no table {plain(manifest.file.path)}",
            span=Span(located.path),
            hint="Add the CSV or Parquet file to the bundle or correct file.path.",
        )
    if bundle.files[path].sha256 != manifest.file.sha256:
        raise InputError(
            Diagnostic(
                code="E109",
                message=f"the document was written for other bytes than {plain(path)} has",
                span=Span(located.path),
                hint="Write file.sha256 again from the table that is in the bundle.",
            )
        )
    columns = manifest.columns
    wanted = [columns.y_pred, columns.y_true, columns.score, columns.row_id, columns.stratum, *columns.sensitive]
    header = header_of(bundle, path, wanted=[name for name in wanted if name])
    absent = [name for name in wanted if name and name not in header]
    if absent:
        return _no_column(path, absent, header)
    return PredictionSource(
        file=path,
        digest=manifest.file.sha256,
        described_by=located.path,
        described_digest=bundle.files[located.path].sha256,
        model=_worse(_model_binding(bundle, manifest), envelope),
        data="match",
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
        dataset=manifest.data.name,
        split=manifest.data.split,
        header=header,
        manifest=manifest,
    )


def _worse(binding: Binding, envelope: Envelope | None) -> Binding:
    if envelope is None or envelope.model == "absent":
        return binding
    return "mismatch" if "mismatch" in (binding, envelope.model) else "match"


def _model_binding(bundle: Bundle, manifest: FairnessRows) -> Binding:
    """Compare name, version and every artefact; files that are not all of the model's files bind nothing."""
    model = manifest.model
    if (model.name, model.version) != (bundle.name, bundle.version):
        return "mismatch"
    stated: set[str] = set()
    for item in model.files:
        path = bundle.resolve(item.path)
        if path is None or bundle.files[path].sha256 != item.sha256:
            return "mismatch"
        stated.add(path)
    return "match" if bundle.artefacts and stated.issuperset(bundle.artefacts) else "absent"


def _no_column(path: str, absent: Sequence[str], header: Sequence[str]) -> Diagnostic:
    return Diagnostic(
        code="E122",
        message=f"no column {named(absent)}; the columns are {named(header)}",
        span=Span(path, 1),
        hint="Add the column to the table, or name the one that is meant.",
    )


def read_predictions(bundle: Bundle, source: PredictionSource, attributes: Sequence[str]) -> Predictions | Diagnostic:
    """Count the table by the given attributes, one pass. A Diagnostic (E122) says that an attribute is not there.

    Raises InputError with file and line for every cell, column or table that cannot be taken at its word.
    """
    absent = [name for name in attributes if name not in source.attributes]
    if absent:
        return _no_column(source.file, absent, source.attributes)
    manifest = source.manifest
    columns = [*attributes, source.y_pred, *([source.y_true] if source.y_true else [])]
    table = tabulate(bundle, source.file, columns, unique=manifest.columns.row_id if manifest else None)
    _refuse_wrong_rows(source, table)
    groups = tuple(
        group_values(
            source.file,
            table,
            name,
            manifest.groups.get(name) if manifest else None,
            manifest.unknown if manifest else None,
        )
        for name in attributes
    )
    return _counted(source, table, groups)


def _counted(source: PredictionSource, table: Tabulation, groups: tuple[GroupValues, ...]) -> Predictions:
    positive_pred, positive_true = _positives(source)
    decide = binary_reader(source.file, table, source.y_pred, positive_pred)
    truth = binary_reader(source.file, table, source.y_true, positive_true) if source.y_true else None
    cells: dict[tuple[str | None, ...], list[int]] = {}
    no_pred = no_true = lost = 0
    width = len(groups)
    for key, times in table.combinations.items():
        decision = decide(key[width])
        outcome = truth(key[width + 1]) if truth is not None else False
        no_pred += times if decision is None else 0
        no_true += times if outcome is None else 0
        if decision is None or outcome is None:
            lost += times
            continue
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=False))
        cells.setdefault(group, [0, 0, 0, 0])[2 * outcome + decision] += times
    return Predictions(
        source=source,
        groups=groups,
        labelled=truth is not None,
        cells={group: (four[0], four[1], four[2], four[3]) for group, four in cells.items()},
        rows=table.rows,
        missing_y_pred=no_pred,
        missing_y_true=no_true,
        missing_rows=lost,
    )


def read_scores(bundle: Bundle, source: PredictionSource) -> Scores | Diagnostic:
    """Count the table by score and label. A Diagnostic (E122) says that one of the two columns is not there.

    Raises InputError E126 beyond a million different scores, and as `read_predictions` does.
    """
    if source.score is None or source.y_true is None:
        return _no_column(source.file, ["score" if source.score is None else "y_true"], source.header)
    table = tabulate(bundle, source.file, [source.score, source.y_true])
    _refuse_wrong_rows(source, table)
    truth = binary_reader(source.file, table, source.y_true, _positives(source)[1])
    by_score: dict[Decimal, list[int]] = {}
    lost = 0
    for key, times in table.combinations.items():
        outcome = truth(key[1])
        if outcome is None or key[0] is None or is_missing(key[0]):
            lost += times
        else:
            number = _score(source, key[0], table.first_line.get(key))
            by_score.setdefault(number, [0, 0])[outcome] += times
    return Scores(source, {score: (two[0], two[1]) for score, two in by_score.items()}, table.rows, lost)


def _score(source: PredictionSource, text: str, line: int | None) -> Decimal:
    number = Decimal(text) if len(text) <= _LONGEST_NUMBER and _NUMBER.fullmatch(text) else None
    if number is None or abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise InputError(
            Diagnostic(
                code="E130",
                message=f"column `{plain(source.score or '')}` holds something that is no number",
                span=Span(source.file, line),
                hint="Write scores with a decimal point, such as 0.91.",
            )
        )
    return number


def _positives(source: PredictionSource) -> tuple[ScalarText | None, ScalarText | None]:
    if source.manifest is None:
        return None, None
    return source.manifest.positive.y_pred, source.manifest.positive.y_true


def _refuse_wrong_rows(source: PredictionSource, table: Tabulation) -> None:
    manifest = source.manifest
    if manifest is None:
        return
    if table.repeated is not None:
        raise InputError(
            Diagnostic(
                code="E128",
                message=f"column `{plain(manifest.columns.row_id or '')}` repeats a value: a case is counted twice",
                span=Span(source.file, table.repeated or None),
                hint="Keep one row a case.",
            )
        )
    if manifest.file.rows is not None and manifest.file.rows != table.rows:
        raise InputError(
            Diagnostic(
                code="E127",
                message=f"the table has {table.rows:,} rows, its document says {manifest.file.rows:,}",
                span=Span(source.described_by or source.file),
                hint="Write the document for the table that is in the bundle.",
            )
        )
