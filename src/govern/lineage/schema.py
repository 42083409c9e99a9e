"""JSON Schemas of our documents, for editors. Generated; `schemas/` holds copies and a test tells when they drift."""

from __future__ import annotations

from typing import Any

__all__ = ["lineage_schema", "registry_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _schema(model: Any, title: str) -> dict[str, Any]:
    made: dict[str, Any] = model.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, **made, "title": title}


def lineage_schema() -> dict[str, Any]:
    """Give the JSON Schema of `lineage.yaml`."""
    from govern.lineage.record_model import LineageRecord

    return _schema(LineageRecord, "govern lineage record")


def registry_schema() -> dict[str, Any]:
    """Give the JSON Schema of a `SourceRegistry` document."""
    from govern.lineage.registry_model import RegistryModel

    return _schema(RegistryModel, "govern source registry")
