"""Lineage records, registries and a run of the lineage checks over a bundle, for tests."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from typing import Any

import yaml

from govern.bundle import Bundle
from govern.checks.context import CheckContext
from govern.checks.lineage.rules import CHECKS
from govern.inputs.yaml import MapNode, parse_yaml
from govern.lineage.registry import SourceRegistry, compile_registry
from govern.policy.outcomes import CheckResult
from support.bundles import MODEL_FILE, NAME, VERSION, BundleBuilder

__all__ = ["APPROVED", "RAW", "Case", "events", "hexed", "registry", "source"]


def hexed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


RAW = {"id": "loans", "uri": "s3://core/loans/2026-03/", "digest": {"sha256": hexed("loans")}, "as_of": "2026-03-31"}
APPROVED = {
    "type": "approved",
    "by": "dpo@example.com",
    "effective": "2026-01-01",
    "until": "2027-01-01",
    "recorded": "2025-12-30",
}


def source(**changes: Any) -> dict[str, Any]:
    """An approved source; a change to None removes the key."""
    entry = {
        "id": "core-loans",
        "match": "s3://core/loans/*/",
        "pins": [{"sha256": hexed("loans"), "as_of": "2026-03-31"}],
        "roles": ["train", "reference"],
        "owner": "lending-data@example.com",
        "events": [dict(APPROVED)],
    } | changes
    return {key: value for key, value in entry.items() if value is not None}


def registry(*sources: dict[str, Any], **more: Any) -> SourceRegistry:
    """Compile a registry that must be sound."""
    document = {
        "apiVersion": "govern/v1",
        "kind": "SourceRegistry",
        "metadata": {"name": "sources", "version": "14.0.0", "owner": "data-governance@example.com"},
        "sources": list(sources),
    } | more
    node = parse_yaml(yaml.safe_dump(document).encode(), file="sources.yaml", strictness="policy")
    assert isinstance(node, MapNode)
    made, faults = compile_registry(node, file="sources.yaml")
    assert made is not None, [str(item) for item in faults]
    return made


class Case:
    """A sound bundle with a lineage that a test spoils in one place."""

    def __init__(self, builder: BundleBuilder) -> None:
        self.builder = builder
        weights = builder.content(MODEL_FILE)
        self.document: dict[str, Any] = {
            "apiVersion": "govern/v1",
            "kind": "Lineage",
            "model": {
                "name": NAME,
                "version": VERSION,
                "files": [{"path": MODEL_FILE, "sha256": hashlib.sha256(weights).hexdigest()}],
            },
            "datasets": [
                copy.deepcopy(RAW),
                {"id": "train", "uri": "s3://ml/credit/train.parquet", "digest": {"sha256": hexed("train")}},
                {"id": "test", "uri": "s3://ml/credit/test.parquet", "digest": {"sha256": hexed("test")}},
            ],
            "runs": [
                {
                    "id": "prep",
                    "job": "prep",
                    "started": "2026-04-02T08:00:00Z",
                    "ended": "2026-04-02T08:07:00Z",
                    "status": "complete",
                    "used": ["loans"],
                    "generated": ["train", "test"],
                },
                {
                    "id": "fit",
                    "job": "fit",
                    "started": "2026-04-02T09:00:00Z",
                    "ended": "2026-04-02T09:30:00Z",
                    "status": "complete",
                    "used": ["train"],
                    "generated_model": True,
                },
            ],
            "evaluations": [{"run": "eval-1", "used": ["test"], "reports": ["predictions/test.csv"]}],
        }
        self.sources = [source()]
        self.more: dict[str, Any] = {}

    @property
    def raw(self) -> dict[str, Any]:
        return self.document["datasets"][0]  # type: ignore[no-any-return]

    def spoil(self, change: Callable[[dict[str, Any]], object]) -> Case:
        change(self.document)
        return self

    def used_by_prep(self, *datasets: dict[str, Any]) -> Case:
        self.document["datasets"] += datasets
        self.document["runs"][0]["used"] += [item["id"] for item in datasets]
        return self

    def open(self) -> Bundle:
        # Through JSON, so that no object is shared and none becomes a YAML alias.
        document = json.loads(json.dumps(self.document))
        return self.builder.file("lineage.yaml", yaml.safe_dump(document, sort_keys=False)).open()

    def context(self) -> CheckContext:
        return CheckContext(self.open(), "pre-deployment", registries={"sources": registry(*self.sources, **self.more)})

    def check(self, kind: str, **params: Any) -> CheckResult:
        """Run one check kind over the bundle."""
        check = next(item for item in CHECKS if item.spec.kind == f"lineage.{kind}")
        if kind == "sources":
            params.setdefault("registry", "sources")
        return check.evaluate(check.spec.params(**params), self.context())

    def outcomes(self) -> dict[str, str]:
        """The outcome of every kind with its defaults."""
        kinds = [item.spec.kind.removeprefix("lineage.") for item in CHECKS]
        return {kind: self.check(kind).outcome.value for kind in kinds}


def events(*runs: tuple[str, list[Any], list[Any]], ends: str = "COMPLETE") -> str:
    """OpenLineage events as NDJSON; a dataset is `(namespace, name)` or `(namespace, name, facets)`."""
    lines = []
    for number, (job, inputs, outputs) in enumerate(runs):
        for kind, minute in (("START", 0), (ends, 5)):
            lines.append(
                json.dumps(
                    {
                        "eventTime": f"2026-04-02T{8 + number:02}:{minute:02}:00.000+00:00",
                        "eventType": kind,
                        "producer": "https://example.com/p",
                        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
                        "run": {"runId": f"0000000{number}-0000-4000-8000-000000000000"},
                        "job": {"namespace": "prod", "name": job},
                        # Facts add up over a run: inputs stand on START only.
                        "inputs": [_dataset(item) for item in inputs] if kind == "START" else [],
                        "outputs": [_dataset(item) for item in outputs] if kind != "START" else [],
                    }
                )
            )
    return "\n".join(lines) + "\n"


def _dataset(item: Any) -> dict[str, Any]:
    namespace, name, *facets = item
    return {"namespace": namespace, "name": name, "facets": facets[0] if facets else {}}
