"""The JSON Schema of the model record, for editors and as an oracle in tests. Made from the record's classes."""

from __future__ import annotations

from govern.bundle.record import ModelRecord

__all__ = ["record_schema"]


def record_schema() -> dict[str, object]:
    """Give the JSON Schema (draft 2020-12) of `govern.yaml`.

    It says less than the reader: paths that leave the bundle and contradictions between fields need more than a
    schema. Texts that look like numbers, such as a version 1.10, must be quoted for a schema validator.
    """
    made: dict[str, object] = ModelRecord.model_json_schema(by_alias=True)
    made["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    made["title"] = "govern model record"
    # Optional in the class only for bundles that have no record at all.
    made["required"] = ["apiVersion", "kind", "metadata", "spec"]
    definitions = made["$defs"]
    assert isinstance(definitions, dict)
    definitions["Spec"]["required"] = ["owner"]
    return made
