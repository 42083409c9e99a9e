"""A bundle whose predictions have scores, as CSV or Parquet, described by a FairnessRows document."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import yaml

from govern.bundle import Bundle
from support.bundles import PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder

TABLE = "predictions/scores"
Row = tuple[str | None, int | None, float | str | None]


def csv_of(rows: list[Row]) -> bytes:
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return "\n".join(["sex,y_true,score,y_pred", *(",".join([*row, "1"]) for row in cells), ""]).encode()


def parquet_of(rows: list[Row], kind: Any = None, group: int | None = None) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sexes = pa.array([row[0] for row in rows], pa.string()).dictionary_encode()
    table = pa.table(
        {
            "sex": sexes,
            "y_true": pa.array([row[1] for row in rows], pa.int8()),
            "score": pa.array([row[2] for row in rows], kind or pa.float64()),
            "y_pred": pa.array([1] * len(rows), pa.int64()),
        }
    )
    out = io.BytesIO()
    pq.write_table(table, out, row_group_size=group)
    return out.getvalue()


def bundle_of(tmp_path: Path, table: bytes, **changes: Any) -> Bundle:
    suffix = "parquet" if table[:4] == b"PAR1" else "csv"
    document = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": {"name": "credit-risk", "version": "3.1.0"},
        "data": {"name": "holdout"},
        "file": {"path": f"{TABLE}.{suffix}", "sha256": hashlib.sha256(table).hexdigest()},
        "columns": {"y_pred": "y_pred", "y_true": "y_true", "score": "score", "sensitive": ["sex"]},
        "positive": {"y_pred": 1, "y_true": 1},
        "groups": {"sex": ["F", "M"]},
        "unknown": ["", "?"],
        **changes,
    }
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).file(f"{TABLE}.{suffix}", table)
    return builder.file(PREDICTIONS_MANIFEST, yaml.safe_dump(document)).open()
