"""One table of predictions in both forms of the evidence: a bundle with the rows, and one with their counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from govern.canonical import canonical_bytes
from govern.gate.fairness.rows import Meaning, rows_of
from govern.gate.fairness.summarize import Made, document_of
from support.bundles import MODEL_FILE, PREDICTIONS, PREDICTIONS_MANIFEST, BundleBuilder, sha256

COUNTS = "predictions/counts.json"
SALT = bytes(range(32))
Row = tuple[str, str, str, str]
"""sex, race, y_true, y_pred."""


def table_of(rows: Sequence[Row]) -> str:
    return "sex,race,y_true,y_pred\n" + "".join(",".join(row) + "\n" for row in rows)


def rows_bundle(
    folder: Path, table: str, *, groups: Mapping[str, Sequence[str]] | None = None, **columns: Any
) -> BundleBuilder:
    """A bundle whose predictions are rows, described by a manifest."""
    builder = BundleBuilder(folder).without_tools().file(PREDICTIONS, table)
    document: dict[str, Any] = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": {
            "name": "credit-risk",
            "version": "3.1.0",
            "files": [{"path": MODEL_FILE, "sha256": sha256(builder.content(MODEL_FILE))}],
        },
        "data": {"name": "holdout", "split": "test"},
        "file": {"path": PREDICTIONS, "sha256": sha256(table.encode())},
        "columns": {"y_true": "y_true", "y_pred": "y_pred", "sensitive": ["sex", "race"], **columns},
        "positive": {"y_pred": "1", "y_true": "1"},
        "unknown": ["NA", "prefer not to say"],
    }
    if groups:
        document["groups"] = {name: list(values) for name, values in groups.items()}
    return builder.file(PREDICTIONS_MANIFEST, yaml.safe_dump(document, sort_keys=False))


def counted(builder: BundleBuilder) -> Made:
    """What `govern fairness summarize` makes of the bundle's rows."""
    return document_of(rows_of(builder.build(), Meaning()), salt=SALT, key=None)


def counts_bundle(builder: BundleBuilder, document: Mapping[str, Any] | bytes) -> BundleBuilder:
    """The same bundle with a document of counts in the place of the rows."""
    data = document if isinstance(document, bytes) else canonical_bytes(json.loads(json.dumps(document)))
    builder.remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).file(COUNTS, data)
    return builder.record(evidence={"predictions": {"path": COUNTS, "type": "fairness-counts"}})


def unsalted(facts: Any) -> Any:
    """Facts but for the salt, which only a document of counts has."""
    if isinstance(facts, dict):
        return {key: unsalted(value) for key, value in facts.items() if key != "salt"}
    return [unsalted(item) for item in facts] if isinstance(facts, list | tuple) else facts
