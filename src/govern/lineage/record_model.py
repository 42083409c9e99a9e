"""The shape of our own record, `lineage.yaml` (`apiVersion: govern/v1`, `kind: Lineage`)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from govern.lineage.digests import DIGEST_LENGTHS
from govern.lineage.shape import Listed, Strict
from govern.policy.types import Flag, Text

__all__ = [
    "BaseModelEntry",
    "Dataset",
    "Digests",
    "Evaluation",
    "LineageRecord",
    "ModelFile",
    "ModelRef",
    "Run",
    "Used",
]

# A schema given with a type hides the constraints that follow it, so the pattern is written into both.
_ID = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$"
_WHEN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?$"

Id = Annotated[Text, StringConstraints(pattern=_ID), WithJsonSchema({"type": "string", "pattern": _ID})]
Digests = Annotated[
    dict[Text, Text],
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "properties": {
                name: {"type": "string", "pattern": f"^[0-9a-f]{{{size}}}$"} for name, size in DIGEST_LENGTHS.items()
            },
        }
    ),
    Field(min_length=1),
]
"""Algorithm to hex. The digits are checked when the graph is built, so that one bad digest does not hide the rest."""
Sha256 = Annotated[Text, WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
When = Annotated[Text, StringConstraints(pattern=_WHEN), WithJsonSchema({"type": "string", "pattern": _WHEN})]
"""RFC 3339, UTC, whole seconds."""
Day = Annotated[Text, StringConstraints(pattern=_DAY), WithJsonSchema({"type": "string", "pattern": _DAY})]


class ModelFile(Strict):
    """One file of the model, by its path in the bundle."""

    path: Text
    sha256: Sha256 | None = None


class ModelRef(Strict):
    """The model this record speaks of. It binds by the digests of the files."""

    name: Text
    version: Text
    files: Listed[ModelFile] = ()


class Column(Strict):
    """A column and the columns it was made from, as `dataset.column`."""

    name: Text
    sources: Annotated[Listed[Text], Field(alias="from")] = ()


class Dataset(Strict):
    """One version of data."""

    id: Id
    uri: Text
    digest: Digests | None = None
    version: Text | None = None
    as_of: Day | None = None
    files: Text | None = None
    """A manifest of its files, by path in the bundle."""
    columns: Annotated[Listed[Column], Field(alias="schema")] = ()


class Code(Strict):
    """The code of a step."""

    repo: Text
    commit: Text | None = None
    dirty: Flag | None = None
    path: Text | None = None


class Environment(Strict):
    """Where a step ran: an image by digest, or a lock file."""

    image: Text | None = None
    lock: Text | None = None


class Used(Strict):
    """One input of a step."""

    dataset: Text
    columns: Listed[Text] = ()


def _used(value: Any) -> Any:
    return {"dataset": value} if isinstance(value, str) else value


UsedEntry = Annotated[
    Used,
    BeforeValidator(_used),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["dataset"],
                    "properties": {
                        "dataset": {"type": "string"},
                        "columns": {"type": "array", "items": {"type": "string"}},
                    },
                },
            ]
        }
    ),
]
"""The id of a dataset, or `{dataset, columns}`."""


class Declassifies(Strict):
    """A claim that a step removes labels; it counts only when the registry approves the named declassifier."""

    by: Text
    input: Text
    columns: Listed[Text] = ()


class Run(Strict):
    """One execution of a step."""

    id: Id
    job: Text
    started: When | None = None
    ended: When | None = None
    status: Literal["complete", "failed", "aborted"] | None = None
    code: Code | None = None
    environment: Environment | None = None
    location: Text | None = None
    used: Listed[UsedEntry] = ()
    generated: Listed[Text] = ()
    generated_model: Flag = False
    declassifies: Listed[Declassifies] = ()


class Evaluation(Strict):
    """An evaluation: its data are never ancestors of the model."""

    run: Id
    used: Listed[UsedEntry] = ()
    reports: Listed[Text] = ()


class BaseModelEntry(Strict):
    """A model that ours was made from."""

    uri: Text
    revision: Text | None = None
    digest: Digests | None = None
    relation: Literal["finetune", "adapter", "quantized", "merge", "distilled"] = "finetune"


class LineageRecord(Strict):
    """The whole record."""

    api_version: Literal["govern/v1"] = Field(alias="apiVersion")
    kind: Literal["Lineage"]
    model: ModelRef
    datasets: Listed[Dataset] = ()
    runs: Listed[Run] = ()
    evaluations: Listed[Evaluation] = ()
    base_models: Listed[BaseModelEntry] = ()
