"""Drift reports as Evidently 0.4 writes them, and pairs of tables, with counts that fit."""

from __future__ import annotations

import json
from typing import Any

DRIFT = "evidence/drift.json"

Row = tuple[str, str, float, float]
"""Column, method, score, the tool's threshold."""

STEADY: tuple[Row, ...] = (
    ("age", "K-S p_value", 0.41, 0.05),
    ("income", "K-S p_value", 0.58, 0.05),
    ("region", "chi-square p_value", 0.33, 0.05),
)
_SMALL = ("K-S p_value", "Cramer-von Mises")
_P_VALUES = ("Z-test p_value", "chi-square p_value", "Total-Variation-Distance", "empirical_mmd")


def drift_report(*columns: Row, rows: int = 600, limit: float = 0.5, **more: Any) -> dict[str, Any]:
    """A report on some columns, the last of which is a categorical one with its counts."""
    listed = {name: _column(name, method, score, threshold) for name, method, score, threshold in columns or STEADY}
    last = list(listed.values())[-1]
    spread = {"small_distribution": {"x": ["n", "s"], "y": [rows // 3, rows - rows // 3]}}
    last |= {"column_type": "cat", "current": spread, "reference": spread}
    drifted = sum(item["drift_detected"] for item in listed.values())
    counted = {
        "number_of_columns": len(listed),
        "number_of_drifted_columns": drifted,
        "share_of_drifted_columns": drifted / len(listed),
        "dataset_drift": drifted / len(listed) >= limit,
    }
    return {
        "version": "0.4.40",
        "metrics": [
            {"metric": "DatasetDriftMetric", "result": {"drift_share": limit, **counted}},
            {"metric": "DataDriftTable", "result": {**counted, "drift_by_columns": listed}},
        ],
        "timestamp": "2026-05-30 08:00:00.163512",
        **more,
    }


def _column(name: str, method: str, score: float, threshold: float) -> dict[str, Any]:
    small = score <= threshold if method in _SMALL else score < threshold
    detected = small if method in (*_SMALL, *_P_VALUES) else score >= threshold
    return {
        "column_name": name,
        "column_type": "num",
        "stattest_name": method,
        "stattest_threshold": threshold,
        "drift_score": score,
        "drift_detected": detected,
    }


def drift_files() -> dict[str, bytes]:
    """What the sound bundle holds about drift."""
    return {DRIFT: json.dumps(drift_report()).encode()}


def table(rows: int = 600, *, shift: int = 0, **columns: str) -> bytes:
    """A table of age, income and region, the same up to its order for every call; `shift` moves ages up.

    Further columns have one value all the way down.
    """
    lines = [",".join(["age", "income", "region", *columns])]
    for n in range(rows):
        cells = [str(20 + n % 50 + shift), f"{1000 + (n * 37) % 900}.5", "ns"[n % 3 == 0], *columns.values()]
        lines.append(",".join(cells))
    return ("\n".join(lines) + "\n").encode()
