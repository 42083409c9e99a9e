"""Parameters of the check kinds `lineage.*`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from govern.policy.interface import CheckParams, parameter
from govern.policy.types import Count, Flag, Names, Text

__all__ = [
    "AcyclicParams",
    "AgreementParams",
    "BoundParams",
    "ClosedParams",
    "PresentParams",
    "SingleProducerParams",
    "SourcesParams",
]


def _sorted(value: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(value)))


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


Dates = Annotated[
    tuple[Literal["training", "decision"], ...], BeforeValidator(_tuple), Field(min_length=1), AfterValidator(_sorted)
]
Roles = Annotated[
    tuple[Literal["train", "evaluate", "reference"], ...],
    BeforeValidator(_tuple),
    Field(min_length=1),
    AfterValidator(_sorted),
]


class BoundParams(CheckParams):
    """Parameters of `lineage.bound`."""

    artefacts: Annotated[Names, AfterValidator(_sorted)] = parameter(
        "Model files that the lineage must name by sha256, by path; empty means every file with weights.",
        tighten="superset",
        default=(),
        unset="strictest",
    )


class PresentParams(CheckParams):
    """Parameters of `lineage.present`."""

    min_data_roots: Annotated[Count, Field(ge=1)] = parameter(
        "Least number of data sources above the model.", tighten="up", default=1
    )


class AcyclicParams(CheckParams):
    """Parameters of `lineage.acyclic`: none of its own."""


class SingleProducerParams(CheckParams):
    """Parameters of `lineage.single_producer`: none of its own."""


class AgreementParams(CheckParams):
    """Parameters of `lineage.agreement`."""

    rehash: Literal["none", "reachable"] = parameter(
        "Compare recorded digests with the files of the bundle too.",
        tighten="order",
        default="reachable",
        order=("none", "reachable"),
    )
    max_conflicts: Annotated[Count, Field(ge=0)] = parameter(
        "Largest number of digests on which records may disagree.", tighten="down", default=0
    )


class ClosedParams(CheckParams):
    """Parameters of `lineage.closed`."""

    max_dangling: Annotated[Count, Field(ge=0)] = parameter(
        "Largest number of things that are mentioned and nowhere described.", tighten="down", default=0
    )
    require_runs: Flag = parameter(
        "Everything made on the way to the model must have a recorded run.",
        tighten="order",
        default=False,
        order=("false", "true"),
    )


class SourcesParams(CheckParams):
    """Parameters of `lineage.sources`."""

    registry: Text = parameter("Name of the SourceRegistry document that lists what is approved.")
    as_of: Dates = parameter("When each source must be approved.", tighten="superset", default=("decision", "training"))
    min_digest: Literal["none", "weak", "strong"] = parameter(
        "Least strength of the digest by which a source is recorded.",
        tighten="order",
        default="strong",
        order=("none", "weak", "strong"),
    )
    roles: Roles = parameter(
        "Roles of the registry that allow a source to be learned from.", default=("reference", "train")
    )
    accept_used_before_approval: Flag = parameter(
        "Accept a source that was approved only after the model was trained on it.",
        tighten="order",
        default=False,
        order=("true", "false"),
    )
