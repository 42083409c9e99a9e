"""Evidently: reports and test suites of 0.4 and `evidently.legacy`, and what 0.7 saves with `save_json`."""

from __future__ import annotations

from govern.evidence.tools.drift import Drift
from govern.evidence.tools.evidently_legacy import read_report, read_suite
from govern.evidence.tools.evidently_snapshot import read_snapshot
from govern.evidence.tools.interface import Document, Reader, Readout
from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_LEGACY_METRICS = ("DatasetDriftMetric", "DataDriftTable", "ColumnDriftMetric")


def _shape(root: JsonValue) -> str | None:
    """Name the layout of a document: `report`, `suite`, `snapshot`, `dumps`; None for a document of others."""
    if not isinstance(root, dict):
        return None
    if isinstance(root.get("metric_results"), dict) and ("report" in root or "top_level_metrics" in root):
        return "dumps"
    metrics, tests, summary = root.get("metrics"), root.get("tests"), root.get("summary")
    if isinstance(tests, list) and isinstance(summary, dict) and "all_passed" in summary:
        return "suite"
    if not isinstance(metrics, list):
        return None
    items = [item for item in metrics if isinstance(item, dict)]
    if any(_is_snapshot_item(item) for item in items):
        return "snapshot"
    if any(item.get("metric") in _LEGACY_METRICS for item in items):
        return "report"
    if isinstance(tests, list) and not metrics and set(root) <= {"metrics", "tests", "version", "timestamp"}:
        return "snapshot"
    return None


def _is_snapshot_item(item: dict[str, JsonValue]) -> bool:
    config = item.get("config")
    kind = config.get("type") if isinstance(config, dict) else None
    return isinstance(kind, str) and kind.startswith("evidently:")


def _recognise(root: JsonValue) -> bool:
    return _shape(root) is not None


def _read(document: Document) -> Readout:
    """Read a document of any of the layouts. Raises InputError E170 for what `dumps()` writes."""
    shape = _shape(document.root)
    if shape == "suite":
        return read_suite(document)
    if shape == "report":
        return read_report(document)
    if shape == "snapshot":
        return read_snapshot(document)
    hint = "Save the run with save_json(path); its layout is the one that is read."
    raise document.fault("E170", "this is what dumps() of Evidently writes, which is not read", hint=hint)


READERS: tuple[Reader, ...] = (
    Reader(
        id="evidently",
        aliases=("evidently-report", "evidently-test-suite", "evidently-legacy", "evidently-0.4", "evidently-0.7"),
        gives=(Drift,),
        recognise=_recognise,
        read=_read,
        markers=(b"evidently:", b"DriftMetric", b"DataDriftTable", b'"all_passed"'),
    ),
)
"""The readers of this module."""
