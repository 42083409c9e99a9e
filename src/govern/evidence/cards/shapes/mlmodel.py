"""An MLflow `MLmodel` file: interface, environment and free metadata. It holds no prose and is no card by itself."""

from __future__ import annotations

from govern.diagnostics import InputError
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.part import Part
from govern.inputs.json import parse_json
from govern.inputs.limits import CARD_BYTES

__all__ = ["card_path", "is_mlmodel", "read_mlmodel"]

_ENVIRONMENT = ("mlflow_version", "utc_time_created", "run_id", "model_uuid", "model_size_bytes", "databricks_runtime")


def is_mlmodel(root: Part) -> bool:
    """Tell the file by its flavors."""
    return isinstance(root.object.get("flavors"), dict)


def card_path(root: Part) -> Part | None:
    """Give the file that `metadata.model_card` names, which may be absent."""
    return root.dig("metadata", "model_card")


def read_mlmodel(draft: Draft, root: Part) -> None:
    """Read interface, environment and metadata. A signature's columns are JSON texts inside the YAML."""
    for key in _ENVIRONMENT:
        draft.facts(draft.environment, root.get(key), key)
    flavors = root.get("flavors") or Part({})
    for flavor, part in flavors.members:
        for key, item in part.members:
            draft.facts(draft.environment, item, f"{flavor}.{key}")
    draft.facts(draft.metadata, root.get("metadata"))
    for key, into in (("inputs", draft.inputs), ("outputs", draft.outputs), ("params", draft.params)):
        columns = root.dig("signature", key)
        for item in _columns(columns, draft.file):
            name, kind = item.get("name"), item.dig("tensor-spec", "dtype") or item.get("type")
            draft.facts(into, kind, (name.text if name else None) or "tensor")


def _columns(part: Part | None, file: str) -> list[Part]:
    """Columns of a signature; what is not JSON gives none, for the model's own readers judge it."""
    if part is None or not isinstance(part.value, str):
        return part.elements if part is not None else []
    try:
        inner = parse_json(part.value.encode(), file=file, max_bytes=CARD_BYTES)
    except InputError:
        return []
    return Part(inner, f"{part.pointer}#").elements
