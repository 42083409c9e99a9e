"""The files of a bundle that bind evidence to the model: model record, prediction manifest, lineage."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from figures import Prediction

NAME = "mortgage-approval"
PRODUCER = "https://example.com/mortgage-pipeline"
DATA = "boston-hmda-1990"
LAKE = "s3://example-lake"
"""Staged: there is no such store. The digests of what it is said to hold are real."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def as_yaml(document: Mapping[str, Any]) -> bytes:
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)
    return text.encode()


@dataclass(frozen=True, slots=True)
class ModelFile:
    """The model as it lies in the bundle."""

    version: str
    path: str
    data: bytes

    @property
    def binding(self) -> dict[str, Any]:
        """Name the model by the digest of its file; the bundle digest cannot be cited from inside."""
        return {
            "name": NAME,
            "version": self.version,
            "files": [{"path": self.path, "sha256": sha256(self.data)}],
        }


def predictions_csv(rows: Sequence[Prediction], otherwise: str) -> bytes:
    """Write the hold-out predictions; `otherwise` is the decision that is not `approve`."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("application", "approved", "decision", "score", "black", "single"))
    for row in rows:
        approved, decision = ("yes" if row.approved else "no"), ("approve" if row.selected else otherwise)
        writer.writerow((row.row, approved, decision, f"{row.score:.6f}", row.black, row.single))
    return text.getvalue().encode()


def predictions_manifest(model: ModelFile, path: str, data: bytes, rows: int) -> bytes:
    """Say which model made the predictions on which data, and what the columns mean."""
    document = {
        "apiVersion": "govern/v1",
        "kind": "FairnessRows",
        "model": model.binding,
        "data": {
            "name": DATA,
            "split": "test",
            "population": "home-loan applications, greater Boston",
            "from": "1990-01-01",
            "until": "1990-12-31",
            "data_type": "historical",
            "sampling": "hold-out half by a hash of the row number",
        },
        "file": {"path": path, "sha256": sha256(data), "rows": rows},
        "columns": {
            "y_true": "approved",
            "y_pred": "decision",
            "score": "score",
            "row_id": "application",
            "sensitive": ["black", "single"],
        },
        "positive": {"y_true": "yes", "y_pred": "approve"},
        "groups": {"black": ["no", "yes"], "single": ["no", "yes"]},
        "unknown": ["", "NA"],
    }
    return as_yaml(document)


@dataclass(frozen=True, slots=True)
class Dataset:
    """One version of data in the lineage; `data` are its bytes, so that the digest is real."""

    id: str
    uri: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Run:
    """One step. Its times are staged; its inputs and outputs are what the build did."""

    id: str
    job: str
    started: str
    ended: str
    used: tuple[str, ...]
    generated: tuple[str, ...] = ()
    makes_model: bool = False


@dataclass(frozen=True, slots=True)
class Lineage:
    """How the model came to be, told by two records that meet in the data between them.

    The data pipeline writes OpenLineage events of the runs that prepare data; the team's own `lineage.yaml` tells the
    run that fits the model, and binds the model file by its digest.
    """

    datasets: tuple[Dataset, ...]
    runs: tuple[Run, ...]
    evaluated_on: str
    report: str

    def record(self, model: ModelFile) -> bytes:
        """Write `lineage.yaml`."""
        fit = next(run for run in self.runs if run.makes_model)
        datasets = [
            {"id": one.id, "uri": one.uri, "digest": {"sha256": sha256(one.data)}}
            for one in self.datasets
            if one.id in (*fit.used, self.evaluated_on)
        ]
        step = {
            "id": fit.id,
            "job": fit.job,
            "started": fit.started,
            "ended": fit.ended,
            "status": "complete",
            "environment": {"lock": "requirements.txt"},
            "location": "US",
            "used": list(fit.used),
            "generated_model": True,
        }
        document = {
            "apiVersion": "govern/v1",
            "kind": "Lineage",
            "model": model.binding,
            "datasets": datasets,
            "runs": [step],
            "evaluations": [{"run": "evaluate", "used": [self.evaluated_on], "reports": [self.report]}],
        }
        return as_yaml(document)

    def events(self, version: str) -> bytes:
        """Write the preparing runs as OpenLineage events: START, then COMPLETE with what went in and came out."""
        events = []
        for run in self.runs:
            if not run.makes_model:
                events += [self._event(run, version, "START"), self._event(run, version, "COMPLETE")]
        return (json.dumps(events, indent=1, sort_keys=True) + "\n").encode()

    def _event(self, run: Run, version: str, kind: str) -> dict[str, Any]:
        done = kind == "COMPLETE"
        return {
            "eventTime": run.ended if done else run.started,
            "eventType": kind,
            "producer": PRODUCER,
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
            "run": {"runId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PRODUCER}/{version}/{run.id}"))},
            "job": {"namespace": "example-lending", "name": run.job},
            "inputs": [self._dataset(name) for name in run.used],
            "outputs": [self._dataset(name) for name in run.generated] if done else [],
        }

    def _dataset(self, name: str) -> dict[str, Any]:
        one = next(item for item in self.datasets if item.id == name)
        scheme, _, rest = one.uri.partition("://")
        bucket, _, key = rest.partition("/")
        version = {
            "_producer": PRODUCER,
            "_schemaURL": "https://openlineage.io/spec/facets/1-0-1/DatasetVersionDatasetFacet.json"
            "#/$defs/DatasetVersionDatasetFacet",
            "datasetVersion": f"sha256:{sha256(one.data)}",
        }
        return {"namespace": f"{scheme}://{bucket}", "name": key, "facets": {"version": version}}
