"""The document of `govern fairness power`: what a rule needs, and how often it would be wrong."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

__all__ = ["ErrorRow", "Needed", "NotPlanned", "PowerDocument", "PowerPlan", "Shown", "power_schema"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Needed(_Part):
    """People needed in each group so that the verdict comes out in four of five cases, or as the power says."""

    verdict: Literal["demonstrated", "harm"]
    """A pass under `demonstrated`, or a failure under `evidence_of_harm`."""
    true_ratio: str
    """The first group's rate over that of the others."""
    people: int | None
    """None where no number of people would do."""


class ErrorRow(_Part):
    """What one mode said of simulated tables."""

    decide: Literal["evidence_of_harm", "point", "demonstrated"]
    people: tuple[int | None, ...]
    """People in each group; None for one of fewer than eleven."""
    true_ratio: str
    meets: bool
    """Whether the truth meets the threshold."""
    passed: int
    failed: int
    inconclusive: int


class Shown(_Part):
    """The smallest disparity that two of the groups could have shown."""

    groups: tuple[str, str]
    harm: str | None
    """Ratio under which harm is found; None when not even a ratio of 0 is."""
    demonstrated: str
    """Highest threshold that equal rates could be shown to meet."""


class PowerPlan(_Part):
    """One rate of one table."""

    rule: str | None
    attributes: tuple[str, ...]
    metric: str
    compare: Literal["ratio", "difference"]
    limit: str
    decide: Literal["evidence_of_harm", "point", "demonstrated"] | None
    """The rule's own mode; None when no rule is asked about."""
    alpha: str
    min_n: int
    rate: str
    """Rate of all groups but the first."""
    groups: int
    comparisons: int
    """Comparisons that bounds are corrected for, over the whole rule."""
    needed: tuple[Needed, ...]
    errors: tuple[ErrorRow, ...]
    shown: tuple[Shown, ...]
    not_simulated: str | None


class NotPlanned(_Part):
    """A rule of which nothing can be said."""

    rule: str
    why: str


class PowerDocument(_Part):
    """Everything the command says."""

    apiVersion: str  # noqa: N815 - the documents' own spelling
    kind: Literal["FairnessPower"]
    power: str
    runs: int
    """Simulated tables for each row."""
    seed: int
    plans: tuple[PowerPlan, ...]
    not_planned: tuple[NotPlanned, ...] = ()


def power_schema() -> dict[str, Any]:
    """Give the JSON Schema of the document."""
    made = PowerDocument.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "FairnessPower"}
