"""Two models' predictions of the same cases, in a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from support.bundles import NAME, PREDICTIONS, PREDICTIONS_MANIFEST, VERSION, BundleBuilder, sha256

__all__ = ["Cases", "cases", "enveloped", "two_models"]

Cases = Sequence[tuple[int, int, int]]
"""Label, the candidate's decision, the baseline's, a case."""


def cases(counts: Mapping[tuple[int, int, int], int]) -> list[tuple[int, int, int]]:
    """Write counts out."""
    return [key for key, times in counts.items() for _ in range(times)]


def table(rows: Cases, place: int, *, ids: bool, reverse: bool = False) -> str:
    """One model's table; scores are the decision with some spread."""
    lines = []
    for number, row in enumerate(rows):
        score = (55 if row[place] else 5) + (number * 7 + place) % 40
        name = f",c{number}" if ids else ""
        lines.append(f"{row[0]},{row[place]},0.{score:02d}{name}")
    header = "y_true,y_pred,score" + (",row_id" if ids else "")
    return "\n".join([header, *(reversed(lines) if reverse else lines)]) + "\n"


def two_models(tmp_path: Path, rows: Cases, *, name: str = "champion", ids: bool = True) -> BundleBuilder:
    """A bundle with `own.csv` and `<name>.csv`, the second in another order."""
    builder = BundleBuilder(tmp_path).remove(PREDICTIONS).remove(PREDICTIONS_MANIFEST).remove("metrics.json")
    builder.file("own.csv", table(rows, 1, ids=ids)).file(f"{name}.csv", table(rows, 2, ids=ids, reverse=True))
    return builder.record(evidence={"predictions": {"path": "own.csv"}, name: {"path": f"{name}.csv"}})


TEST_DATA = sha256(b"test")
"""A data set that the lineage of the sound bundle names."""


def enveloped(builder: BundleBuilder, path: str, *, version: str = VERSION, data: str = TEST_DATA) -> BundleBuilder:
    """Add the envelope of a file that the builder has, citing a data digest. Another version is another model."""
    bundle = builder.open()
    document = {
        "apiVersion": "govern/v1",
        "kind": "EvidenceEnvelope",
        "type": "predictions",
        "file": {"path": path, "sha256": bundle.files[path].sha256},
        "model": {"name": NAME, "version": version, "digest": {"sha256": bundle.model_digest}},
        "data": [{"name": "test", "role": "evaluate", "digest": {"sha256": data}, "rows": 4}],
        "tool": {"name": "evaluate.py", "version": "1"},
        "produced_at": "2026-05-01T00:00:00Z",
        "produced_by": "ci:1",
    }
    return builder.file(f"{path}.evidence.json", json.dumps(document))
