"""Prediction tables in every format that is read, from the same rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from govern.bundle import Bundle, open_bundle
from govern.checks.context import CheckContext
from govern.checks.fairness.disparity import CHECKS, DisparityParams
from govern.evidence.predictions import Predictions, PredictionSource, find_predictions, read_predictions
from govern.policy.outcomes import CheckResult
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

Form = Literal["csv", "parquet", "arrow", "feather", "stream"]
FORMS: tuple[Form, ...] = ("csv", "parquet", "arrow", "feather", "stream")
SUFFIX = {"stream": "arrow"}
Columns = Mapping[str, Sequence[Any]]
(DISPARITY,) = CHECKS


def table_bytes(form: Form, columns: Columns, *, part: int = 1000) -> bytes:
    """The table; None is a null, which CSV writes as nothing. `part` rows make a row group or a batch."""
    if form == "csv":
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue().encode()
    import pyarrow as pa

    return arrow_bytes(form, pa.table(dict(columns)), part=part)


def arrow_bytes(form: Form, table: Any, *, part: int = 1000) -> bytes:
    """An Arrow table as a file."""
    import pyarrow as pa
    import pyarrow.feather as feather
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, sink, row_group_size=part)
    elif form == "feather":
        feather.write_feather(table, sink, chunksize=part)
    else:
        make = pa.ipc.new_stream if form == "stream" else pa.ipc.new_file
        with make(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=part)
    return sink.getvalue()


def bare(folder: Path, form: Form, data: bytes) -> BundleBuilder:
    """A bundle whose predictions are this table alone."""
    name = f"predictions.{SUFFIX.get(form, form)}"
    builder = BundleBuilder(folder).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST)
    return builder.file(name, data).record(evidence={"predictions": {"path": name}})


@dataclass(frozen=True)
class Alone:
    """A folder that holds the table and nothing else: quickly made."""

    folder: Path
    form: Form
    data: bytes

    def open(self) -> Bundle:
        """Open it as a bundle."""
        (self.folder / f"predictions.{SUFFIX.get(self.form, self.form)}").write_bytes(self.data)
        return open_bundle(self.folder, name="m", version="1")


def counted(builder: BundleBuilder | Alone, *attributes: str) -> Predictions:
    """The table's counts."""
    bundle = builder.open()
    source = find_predictions(bundle)
    assert isinstance(source, PredictionSource), source
    predictions = read_predictions(bundle, source, attributes)
    assert isinstance(predictions, Predictions), predictions
    return predictions


def judged(builder: BundleBuilder | Alone, *, columns: frozenset[str] = frozenset(), **params: Any) -> CheckResult:
    """What `fairness.disparity` says; selection rates against four fifths unless told otherwise."""
    context = CheckContext(bundle=builder.open(), stage="pre-registration", columns=columns)
    return DISPARITY.evaluate(disparity(**params), context)


def disparity(**params: Any) -> DisparityParams:
    """Parameters of `fairness.disparity`."""
    given = {
        "metric": "selection_rate",
        "compare": "ratio",
        "at_least": "0.8",
        "attributes": ["sex"],
        "decide": "point",
        "min_n": 1,
        "bound": False,
        **params,
    }
    return DisparityParams.model_validate({key: value for key, value in given.items() if value is not None})


def said(result: CheckResult) -> Any:
    """All of a result but the files that it rests on."""
    from govern.canonical import canonical_bytes

    findings = [(item.code, item.detail, item.observed, item.required) for item in result.findings]
    return result.outcome, result.summary, findings, dict(result.fields), canonical_bytes(result.facts)
