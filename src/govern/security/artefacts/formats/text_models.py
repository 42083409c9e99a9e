"""Models in a text format, checked as that: XGBoost JSON and LightGBM text."""

from __future__ import annotations

from govern.security.artefacts.job import Job
from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.report import FileReport

__all__ = ["read_lightgbm", "read_xgboost_json"]


def read_xgboost_json(job: Job) -> FileReport:
    """Read an XGBoost model saved as JSON: one JSON document and nothing else. Raises ScanError."""
    from govern.diagnostics import InputError
    from govern.inputs.json import parse_json

    try:
        parse_json(job.data[:], file=job.path, max_bytes=len(job.data), max_depth=64)
    except InputError as fault:
        raise ScanError("S305", fault.diagnostics[0].message) from fault
    return job.report(spans={"xgboost": len(job.data)})


def read_lightgbm(job: Job) -> FileReport:
    """Read a LightGBM text model. Raises ScanError for one that is cut short or not ASCII."""
    if b"\nend of trees" not in job.data[:] or not job.data[:].isascii():
        raise ScanError("S305", "a LightGBM text model that is cut short or not ASCII")
    return job.report(spans={"lightgbm": len(job.data)})
