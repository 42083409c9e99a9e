"""Where the predictions of a bundle are, what their columns mean, and which model and data they are bound to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.columnar_file import ARROW, PARQUET
from govern.evidence.envelope import Envelope, read_envelope
from govern.evidence.located import Located, locate
from govern.evidence.tables import header_of, is_table
from govern.evidence.tabulation import named

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.counts_document import FairnessCounts
    from govern.evidence.envelope import Binding
    from govern.evidence.rows_manifest import FairnessRows, RowsModel

__all__ = [
    "MANIFEST_BYTES",
    "PredictionSource",
    "described_source",
    "find_predictions",
    "needs_rows",
    "no_column",
]

_USUAL = (
    "predictions.yaml",
    "predictions.yml",
    "predictions.csv",
    "predictions.parquet",
    "predictions.arrow",
    "predictions.feather",
    "predictions.counts.json",
    "fairness-counts.json",
)
MANIFEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class PredictionSource:
    """A prediction table or a document of counts that was found: its columns, their meaning, what it is bound to."""

    file: str
    """The table, or the document of counts."""
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
    counts: FairnessCounts | None = None
    """Set when there are no rows here: they were counted elsewhere."""

    @property
    def bound(self) -> bool:
        """Whether the table names model and data, and both match."""
        return self.model == "match" and self.data == "match"

    @property
    def y_pred(self) -> str:
        """The column of decisions."""
        return (self.manifest.columns.y_pred if self.manifest is not None else None) or "y_pred"

    @property
    def y_true(self) -> str | None:
        """The column of true outcomes, if there is one."""
        if self.counts is not None:
            return "y_true" if self.counts.document.y_true else None
        if self.manifest is not None:
            return self.manifest.columns.y_true
        return "y_true" if "y_true" in self.header else None

    @property
    def score(self) -> str | None:
        """The column of scores, if there is one."""
        if self.counts is not None:
            return "score" if self.counts.document.scores is not None else None
        if self.manifest is not None:
            return self.manifest.columns.score
        return "score" if "score" in self.header else None

    @property
    def task(self) -> str:
        """What the predictions are: `binary`, `multiclass`, `regression` or `ranking`."""
        if self.classes:
            return "multiclass"
        return self.manifest.task if self.manifest is not None else "binary"

    @property
    def classes(self) -> tuple[str, ...]:
        """The values of labels and decisions of a table with more than two; none for any other."""
        if self.counts is not None:
            return self.counts.document.classes
        return self.manifest.classes if self.manifest is not None else ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """Columns that may be used as groups, the stratum among them."""
        if self.counts is not None:
            return self.counts.names
        if self.manifest is not None:
            columns = self.manifest.columns
            more = () if columns.stratum is None or columns.stratum in columns.sensitive else (columns.stratum,)
            return (*columns.sensitive, *more)
        return tuple(name for name in self.header if name not in ("y_pred", "y_true", "score", ""))


def find_predictions(
    bundle: Bundle, role: str = "predictions", *, lineage: frozenset[str] | None = None
) -> PredictionSource | Diagnostic:
    """Find the prediction table; a Diagnostic says that there is none, or that it speaks of another model (E107) or of
    other data (E150) than the bundle and the data sets of its `lineage` (sha256, hex).

    Of another role than `predictions`, which the record must name, another model's table is what is looked for.

    Raises InputError for a document or table that cannot be read and E109 when the table's bytes are not those
    that its FairnessRows document or envelope was written for.
    """
    located = locate(bundle, role, _USUAL if role == "predictions" else ())
    if isinstance(located, Diagnostic):
        return located
    _refuse_type(located)
    envelope = None
    if located.envelope is not None:
        envelope = read_envelope(bundle, located.envelope, about=located.path, lineage=lineage)
        refusal = envelope.refusal("the predictions")
        if refusal is not None and refusal.code != "E107":  # of another model is said below, for a manifest as well
            return refusal
    found: PredictionSource | Diagnostic
    if is_table(located.path):
        found = _bare(bundle, located, envelope)
    elif _holds_counts(bundle, located):
        found = _counted(bundle, located, envelope)
    else:
        found = _described(bundle, located, envelope)
    if role == "predictions" and not isinstance(found, Diagnostic) and found.model == "mismatch":
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
        "fairness-counts": located.path.lower().endswith(".json"),
        "csv": located.path.lower().endswith(".csv"),
        "parquet": located.path.lower().endswith(PARQUET),
        "arrow": located.path.lower().endswith(ARROW),
    }
    if located.type is not None and not fits.get(located.type, False):
        raise InputError(
            Diagnostic(
                code="E101",
                message=f"the record calls this file {plain(located.type)}, which it is not",
                span=Span(located.path),
                hint="Leave type out, or write predictions, fairness-rows, fairness-counts, csv, parquet or arrow.",
            )
        )


def _holds_counts(bundle: Bundle, located: Located) -> bool:
    """Whether it is a FairnessCounts document: as its type says, or by its kind where no type is given."""
    if located.type in ("fairness-counts", "fairness-rows"):
        return located.type == "fairness-counts"
    if not located.path.lower().endswith(".json"):
        return False
    from govern.evidence.counts_document import COUNTS_BYTES

    return b'"FairnessCounts"' in bundle.read(located.path, limit=COUNTS_BYTES)


def _counted(bundle: Bundle, located: Located, envelope: Envelope | None) -> PredictionSource:
    from govern.evidence.counts_document import COUNTS_BYTES, parse_counts

    counts = parse_counts(bundle.read(located.path, limit=COUNTS_BYTES), file=located.path)
    document = counts.document
    return PredictionSource(
        file=located.path,
        digest=bundle.files[located.path].sha256,
        described_by=None,
        described_digest=None,
        model=_worse(model_binding(bundle, document.model), envelope),
        data="match",
        produced_at=envelope.produced_at if envelope else None,
        tool=envelope.tool if envelope else None,
        dataset=document.data.name,
        split=document.data.split,
        header=(*counts.names, "y_pred", *(["y_true"] if document.y_true else [])),
        manifest=None,
        counts=counts,
    )


def _bare(bundle: Bundle, located: Located, envelope: Envelope | None) -> PredictionSource | Diagnostic:
    header = header_of(bundle, located.path, wanted=("y_pred",))
    if "y_pred" not in header:
        return no_column(located.path, ["y_pred"], header)
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

    manifest = parse_rows_manifest(bundle.read(located.path, limit=MANIFEST_BYTES), file=located.path)
    return described_source(bundle, manifest, described_by=located.path, envelope=envelope)


def described_source(
    bundle: Bundle, manifest: FairnessRows, *, described_by: str | None, envelope: Envelope | None = None
) -> PredictionSource | Diagnostic:
    """Give the table that a manifest describes; a Diagnostic says that it, or a column of it, is not there.

    `described_by` is the manifest's file, None for one that was made of options. Raises InputError E109 for a table of
    other bytes than the manifest says, and for one that cannot be read.
    """
    path = bundle.resolve(manifest.file.path)
    place = described_by or manifest.file.path
    if path is None or not is_table(path):
        return Diagnostic(
            code="E120",
            message=f"the bundle has no table {plain(manifest.file.path)}",
            span=Span(place),
            hint="Add the CSV, Parquet or Arrow file to the bundle or correct file.path.",
        )
    if bundle.files[path].sha256 != manifest.file.sha256:
        raise InputError(
            Diagnostic(
                code="E109",
                message=f"the document was written for other bytes than {plain(path)} has",
                span=Span(place),
                hint="Write file.sha256 again from the table that is in the bundle.",
            )
        )
    columns = manifest.columns
    wanted = [columns.y_pred, columns.y_true, columns.score, columns.row_id, columns.stratum, *columns.sensitive]
    wanted += [columns.rank, columns.query]
    header = header_of(bundle, path, wanted=[name for name in wanted if name])
    absent = [name for name in wanted if name and name not in header]
    if absent:
        return no_column(path, absent, header)
    return PredictionSource(
        file=path,
        digest=manifest.file.sha256,
        described_by=described_by,
        described_digest=None if described_by is None else bundle.files[described_by].sha256,
        model=_worse(model_binding(bundle, manifest.model), envelope),
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


def model_binding(bundle: Bundle, model: RowsModel) -> Binding:
    """Compare name, version and every artefact; files that are not all of the model's files bind nothing."""
    if (model.name, model.version) != (bundle.name, bundle.version):
        return "mismatch"
    stated: set[str] = set()
    for item in model.files:
        path = bundle.resolve(item.path)
        if path is None or bundle.files[path].sha256 != item.sha256:
            return "mismatch"
        stated.add(path)
    return "match" if bundle.artefacts and stated.issuperset(bundle.artefacts) else "absent"


def needs_rows(source: PredictionSource, what: str) -> Diagnostic:
    """Say that counts cannot answer this: `what` needs the rows, or something that the document does not hold."""
    return Diagnostic(
        code="E198",
        message=f"{what}, which counts do not tell",
        span=Span(source.file),
        hint="Give the rows, or make the counts with what is needed: govern fairness summarize.",
    )


def no_column(path: str, absent: Sequence[str], header: Sequence[str]) -> Diagnostic:
    """Say that columns are not in the table."""
    return Diagnostic(
        code="E122",
        message=f"no column {named(absent)}; the columns are {named(header)}",
        span=Span(path, 1),
        hint="Add the column to the table, or name the one that is meant.",
    )
