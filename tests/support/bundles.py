"""A sound small bundle, and how to spoil it: `BundleBuilder(tmp_path).remove("lineage.yaml").build()`."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from pathlib import Path
from typing import Any

import yaml

from govern.bundle import Bundle, open_bundle
from support.drift_reports import drift_files

NAME = "credit-risk"
VERSION = "3.1.0"
MODEL_FILE = "model/model.safetensors"
PREDICTIONS = "predictions/test.csv"
PREDICTIONS_MANIFEST = "predictions/test.yaml"
VALIDATION = "evidence/gx.json"
CHAMPION = "predictions/champion.csv"
IMPORTANCE = "explanations/importance.csv"
ALTERNATIVES = "evidence/alternatives.json"
IMPACT = "impact_table.csv"
ROWS = 400

_METADATA_KEYS = ("name", "version", "title", "uri", "tags", "previous")

CARD = """\
---
license: apache-2.0
datasets: [acme/loans]
date: 2026-04-10
---
# Credit risk
**Developed by:** Retail credit models, credit-models@example.com

## Intended use

Ranks consumer loan applications by estimated default risk so that an underwriter reads the doubtful ones first
and decides every case in person.

## Out-of-scope use

The score must not be used to set interest rates, to collect debt, or for any decision that no person reviews.

## Limitations

The training data holds salaried applicants of two regions only, so scores for self-employed people and for other
regions are not reliable.

## Training data

The acme/loans extract of March 2026 with 48,000 closed loans and their known repayment outcome, one row a loan,
without names or addresses.

## Evaluation

On the held-out quarter of acme/loans, which was never used in training, the model was measured once before release.

| metric | dataset | value |
|---|---|---|
| accuracy | acme/loans holdout | 0.9 |

## Bias and ethical considerations

Selection rates of women and men were compared on the held-out quarter, and no difference was found that needs
a correction.

## Human oversight

An underwriter sees the score together with its three main reasons and can overrule it at any time without asking.
"""

ROLLBACK = "Route traffic to version 3.0.0, then tell model-risk@example.com.\n"

MANIFEST = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: scorer}}
spec:
  selector: {{matchLabels: {{app: scorer}}}}
  template:
    metadata: {{labels: {{app: scorer}}}}
    spec:
      containers:
      - name: scorer
        image: registry.example.com/ml/scorer@sha256:{"5c" * 32}
        resources: {{limits: {{cpu: "1", memory: 512Mi}}}}
        livenessProbe: {{httpGet: {{path: /health, port: 8080}}}}
        readinessProbe: {{httpGet: {{path: /ready, port: 8080}}}}
"""

REQUIREMENTS = "numpy==1.26.4\nscikit-learn==1.5.2\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def safetensors(values: tuple[float, ...] = (0.25, -0.5, 1.0, 2.0)) -> bytes:
    """A well-formed safetensors file with one F32 tensor."""
    data = struct.pack(f"<{len(values)}f", *values)
    header = {"__metadata__": {}, "coef": {"dtype": "F32", "shape": [len(values)], "data_offsets": [0, len(data)]}}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def predictions(rows: int = ROWS) -> bytes:
    """A fair table: both groups have the same labels, predictions and scores; accuracy 0.9, selection rate 0.4."""
    return _table(rows, wrong=(0, 3))


def champion(rows: int = ROWS) -> bytes:
    """The same cases as another model decided them: accuracy 0.8."""
    return _table(rows, wrong=(0, 3, 7, 11))


def _table(rows: int, wrong: tuple[int, ...]) -> bytes:
    lines = ["y_true,y_pred,score,sex"]
    for number in range(rows):
        sex, k = "FM"[number % 2], number // 2
        y_true = 1 if k % 5 < 2 else 0
        y_pred = 1 - y_true if k % 20 in wrong else y_true
        score = (50 if y_pred else 5) + (k * 7) % 45
        lines.append(f"{y_true},{y_pred},0.{score:02d},{sex}")
    return ("\n".join(lines) + "\n").encode()


def impact_table(rows: int = ROWS) -> str:
    """The published table of `predictions`: both sexes selected alike, nobody of unknown sex."""
    lines = [line.split(",") for line in predictions(rows).decode().splitlines()[1:]]
    made = ["sex,applicants,selected,rate,impact_ratio"]
    for sex in "FM":
        people = [line for line in lines if line[3] == sex]
        selected = sum(line[1] == "1" for line in people)
        made.append(f"{sex},{len(people)},{selected},{selected / len(people):.4f},1.0000")
    return "\n".join([*made, "unknown,0,,,", ""])


def validation(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A result of Great Expectations 1.x with totals that fit its items; without items, one of two that hold."""
    results = [expectation(), expectation("expect_column_values_to_be_between", "income")] if not items else list(items)
    good = sum(item["success"] for item in results)
    return {
        "success": good == len(results),
        "results": results,
        "suite_name": "train",
        "statistics": {
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100 * good / len(results) if results else None,
        },
        "meta": {
            "great_expectations_version": "1.24.1",
            "run_id": {"run_name": None, "run_time": "2026-04-02T08:10:00+00:00"},
            "active_batch_definition": {"datasource_name": "lake", "data_asset_name": "loans"},
        },
        **more,
    }


def expectation(
    kind: str = "expect_column_values_to_not_be_null", column: str = "age", *, wrong: int = 0, **changes: Any
) -> dict[str, Any]:
    """One item of such a result, over 400 values of which `wrong` are not as expected.

    `mostly` and `severity` change the configuration, everything else the item.
    """
    mostly = {"mostly": changes.pop("mostly")} if "mostly" in changes else {}
    severity = changes.pop("severity", "critical")
    return {
        "success": wrong == 0,
        "expectation_config": {
            "type": kind,
            "kwargs": {"column": column, "batch_id": "lake-loans", **mostly},
            "meta": {},
            "severity": severity,
        },
        "result": {"element_count": 400, "unexpected_count": wrong, "unexpected_percent": wrong / 4},
        "meta": {},
        "exception_info": {"raised_exception": False, "exception_traceback": None, "exception_message": None},
        **changes,
    }


class BundleBuilder:
    """Starts from a sound bundle; digests inside it follow whatever else is changed, unless a file is replaced."""

    def __init__(self, tmp_path: Path) -> None:
        self.path = tmp_path / "bundle"
        self._changed: dict[str, bytes | None] = {}
        self._metadata: dict[str, Any] = {"name": NAME, "version": VERSION, "title": "Credit risk", "tags": ["credit"]}
        self._metadata["previous"] = "3.0.0"
        self._spec: dict[str, Any] = {
            "owner": {"name": "Retail credit models", "contact": "credit-models@example.com"},
            "purpose": "Rank consumer loan applications for manual review.",
            "risk_tier": "medium",
            "data_classes": ["personal"],
            "jurisdictions": ["us-ny"],
            "sectors": ["banking"],
            "groups": {"attributes": ["sex"]},
            "change": {"material_on": "2026-04-02"},
            "evidence": {
                "predictions": {"path": PREDICTIONS_MANIFEST, "type": "fairness-rows"},
                "metrics": {"path": "metrics.json", "type": "metrics"},
                "champion": {"path": CHAMPION},
                "challenger": {"path": CHAMPION},
                "production": {"path": CHAMPION},
                "importance": {"path": IMPORTANCE, "type": "shap"},
                "alternatives": {"path": ALTERNATIVES, "type": "fairness-alternatives"},
            },
            "cards": ["README.md"],
            "lineage": ["lineage.yaml"],
            "rollback": {
                "procedure": "ROLLBACK.md",
                "to_version": "3.0.0",
                "owner": "credit-models@example.com",
                "tested_on": "2026-04-20",
                "kill_switch": True,
            },
            "monitoring": [
                {
                    "metric": "accuracy",
                    "source": "weekly back-test",
                    "at_least": 0.85,
                    "cadence": "P7D",
                    "owner": "credit-models@example.com",
                    "escalation": "model-risk@example.com",
                }
            ],
            "artefacts": [{"path": MODEL_FILE, "role": "weights", "format": "safetensors"}],
        }

    def file(self, path: str, content: bytes | str) -> BundleBuilder:
        """Add a file or replace one."""
        self._changed[path] = content.encode() if isinstance(content, str) else content
        return self

    def remove(self, path: str) -> BundleBuilder:
        self._changed[path] = None
        return self

    def record(self, **changes: Any) -> BundleBuilder:
        """Change fields of the record: name, version, title, uri, tags, previous in metadata, all others in spec.

        None removes a field. Write `govern.yaml` with `file` to control its text.
        """
        for key, value in changes.items():
            part = self._metadata if key in _METADATA_KEYS else self._spec
            if value is None:
                part.pop(key, None)
            else:
                part[key] = value
        return self

    def ranked(self) -> BundleBuilder:
        """Give every case a place in one list, women and men in turn."""
        head, *rows = predictions().decode().splitlines()
        table = "\n".join([f"{head},place", *(f"{row},{place}" for place, row in enumerate(rows, 1)), ""]).encode()
        files = {PREDICTIONS: table, MODEL_FILE: safetensors()}
        document = yaml.safe_load(self._predictions_manifest(files))
        document["columns"]["rank"] = "place"
        return self.file(PREDICTIONS, table).file(PREDICTIONS_MANIFEST, yaml.dump(document, sort_keys=False))

    def without_tools(self) -> BundleBuilder:
        """Take every file of another tool away, and its names in the record."""
        files = (VALIDATION, f"{VALIDATION}.evidence.json", IMPORTANCE, f"{IMPORTANCE}.evidence.json", *drift_files())
        for path in (*files, IMPACT, ALTERNATIVES):
            self.remove(path)
        own = {name: item for name, item in self._spec["evidence"].items() if name in ("predictions", "metrics")}
        return self.record(evidence=own)

    def content(self, path: str) -> bytes:
        """The bytes that a file will have."""
        return self._files()[path]

    def build(self) -> Path:
        """Write the bundle afresh and give its folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True)
        for name, data in self._files().items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return self.path

    def open(self, **options: Any) -> Bundle:
        """Build it and open it."""
        return open_bundle(self.build(), **options)

    def _files(self) -> dict[str, bytes]:
        files: dict[str, bytes] = {
            "README.md": CARD.encode(),
            "requirements.txt": REQUIREMENTS.encode(),
            "ROLLBACK.md": ROLLBACK.encode(),
            "deploy/scorer.yaml": MANIFEST.encode(),
            "metrics.json": b'{"accuracy": 0.9}\n',
            MODEL_FILE: safetensors(),
            PREDICTIONS: predictions(),
            VALIDATION: json.dumps(validation()).encode(),
            **drift_files(),
            CHAMPION: champion(),
            IMPORTANCE: b"feature,importance\nage,0.25\nincome,0.125\n",
            IMPACT: impact_table().encode(),
        }
        self._apply(files)
        files.setdefault(PREDICTIONS_MANIFEST, self._predictions_manifest(files))
        files.setdefault("lineage.yaml", self._lineage(files))
        files.setdefault(ALTERNATIVES, self._alternatives(files))
        if VALIDATION in files:
            files.setdefault(f"{VALIDATION}.evidence.json", self._envelope(files, VALIDATION))
        files.setdefault(
            "govern.yaml",
            _yaml({"apiVersion": "govern/v1", "kind": "Model", "metadata": self._metadata, "spec": self._spec}),
        )
        self._apply(files)
        return files

    def _apply(self, files: dict[str, bytes]) -> None:
        for path, data in self._changed.items():
            if data is None:
                files.pop(path, None)
            else:
                files[path] = data

    def _model(self, files: dict[str, bytes]) -> dict[str, Any]:
        weights = files.get(MODEL_FILE, safetensors())
        return {
            "name": self._metadata.get("name", NAME),
            "version": self._metadata.get("version", VERSION),
            "files": [{"path": MODEL_FILE, "sha256": sha256(weights)}],
        }

    def _predictions_manifest(self, files: dict[str, bytes]) -> bytes:
        table = files.get(PREDICTIONS, predictions())
        return _yaml(
            {
                "apiVersion": "govern/v1",
                "kind": "FairnessRows",
                "model": self._model(files),
                "data": {
                    "name": "acme/loans holdout",
                    "split": "test",
                    "population": "applicants US",
                    "from": "2026-01-01",
                    "until": "2026-03-31",
                    "data_type": "historical",
                    "sampling": "all",
                },
                "file": {"path": PREDICTIONS, "sha256": sha256(table), "rows": max(len(table.splitlines()) - 1, 0)},
                "columns": {"y_true": "y_true", "y_pred": "y_pred", "score": "score", "sensitive": ["sex"]},
                "positive": {"y_true": "1", "y_pred": "1"},
                "groups": {"sex": ["F", "M"]},
                "unknown": ["", "NA"],
            }
        )

    def _alternatives(self, files: dict[str, bytes]) -> bytes:
        """A search that found nothing better than the model of `predictions()`."""
        chosen = [110, 10, 10, 70]
        tried = {"chosen": (chosen, chosen), "linear": ([100, 20, 20, 60], chosen), "tree": ([105, 15, 20, 60], chosen)}
        return json.dumps(
            {
                "apiVersion": "govern/v1",
                "kind": "FairnessAlternatives",
                "model": self._model(files),
                "data": {"name": "acme/loans holdout", "split": "test", "sha256": sha256(b"test")},
                "search": {"by": "Retail credit models", "on": "2026-04-02"},
                "attributes": ["sex"],
                "chosen": "chosen",
                "candidates": [
                    {
                        "name": name,
                        "counts": [{"group": [sex], "cells": cells} for sex, cells in zip("FM", two, strict=True)],
                    }
                    for name, two in tried.items()
                ],
            }
        ).encode()

    def _envelope(self, files: dict[str, bytes], path: str) -> bytes:
        """The envelope of a result about the training data: they are not in the bundle, and the lineage has them."""
        made = self._model(files)
        lines = f"{made['files'][0]['sha256']}  {MODEL_FILE}\n"
        return json.dumps(
            {
                "apiVersion": "govern/v1",
                "kind": "EvidenceEnvelope",
                "type": "great-expectations",
                "file": {"path": path, "sha256": sha256(files[path])},
                "model": {
                    "name": made["name"],
                    "version": made["version"],
                    "digest": {"sha256": sha256(lines.encode())},
                },
                "data": [{"name": "train", "role": "train", "digest": {"sha256": sha256(b"train")}}],
                "tool": {"name": "great_expectations", "version": "1.24.1"},
                "produced_at": "2026-04-02T08:10:00Z",
                "produced_by": "ci:build-118",
            }
        ).encode()

    def _lineage(self, files: dict[str, bytes]) -> bytes:
        code = {"repo": "https://git.example.com/risk/credit", "commit": "c0ffee" * 6 + "c0ff", "dirty": False}
        environment = {"image": f"registry.example.com/train@sha256:{sha256(b'image')}"}
        done = {"status": "complete", "code": code, "environment": environment, "location": "US"}
        return _yaml(
            {
                "apiVersion": "govern/v1",
                "kind": "Lineage",
                "model": self._model(files),
                "datasets": [
                    {
                        "id": "loans",
                        "uri": "s3://core/loans/2026-03/",
                        "digest": {"sha256": sha256(b"loans")},
                        "as_of": "2026-03-31",
                    },
                    {"id": "train", "uri": "s3://ml/credit/train.parquet", "digest": {"sha256": sha256(b"train")}},
                    {"id": "test", "uri": "s3://ml/credit/test.parquet", "digest": {"sha256": sha256(b"test")}},
                ],
                "runs": [
                    {
                        "id": "prep",
                        "job": "features/prep",
                        "started": "2026-04-02T08:00:00Z",
                        "ended": "2026-04-02T08:07:00Z",
                        **done,
                        "used": ["loans"],
                        "generated": ["train", "test"],
                    },
                    {
                        "id": "fit",
                        "job": "train",
                        "started": "2026-04-02T09:00:00Z",
                        "ended": "2026-04-02T09:30:00Z",
                        **done,
                        "used": ["train"],
                        "generated_model": True,
                    },
                    {
                        "id": "eval-1",
                        "job": "evaluate",
                        "started": "2026-04-02T10:00:00Z",
                        "ended": "2026-04-02T10:05:00Z",
                        **done,
                        "used": ["test"],
                    },
                ],
                "evaluations": [{"run": "eval-1", "used": ["test"], "reports": [PREDICTIONS]}],
            }
        )


class _NoAliases(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(document: dict[str, Any]) -> bytes:
    text: str = yaml.dump(document, Dumper=_NoAliases, sort_keys=False, allow_unicode=True)
    return text.encode()
