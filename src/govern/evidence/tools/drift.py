"""What drift reports come to: a score a column with the method that gave it, and what the tool made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from govern.evidence.tools.interface import Verdict

__all__ = ["DIRECTIONS", "Direction", "Drift", "DriftColumn", "DriftTest", "Role", "beyond", "direction_of"]

Direction = Literal["<=", "<", ">=", ">"]
"""A column has drifted when `score <direction> limit`: p-values shrink with drift, distances grow."""
Role = Literal["feature", "prediction", "target", "unknown"]

DIRECTIONS: Mapping[str, Direction] = MappingProxyType(
    {
        "K-S p_value": "<=",
        "Cramer-von Mises": "<=",
        "Z-test p_value": "<",
        "chi-square p_value": "<",
        "Anderson-Darling": "<",
        "Epps-Singleton": "<",
        "Fisher's Exact test": "<",
        "g_test": "<",
        "Mann-Whitney U-rank test": "<",
        "t_test": "<",
        # Named like distances, and both report a p-value.
        "Total-Variation-Distance": "<",
        "empirical_mmd": "<",
        "Wasserstein distance (normed)": ">=",
        "Jensen-Shannon distance": ">=",
        "PSI": ">=",
        "Hellinger distance": ">=",
        "Kullback-Leibler divergence": ">=",
        "Energy-distance": ">",
        "Absolute text content drift": ">",
    }
)
"""Methods of Evidently by the name that it writes, measured in 0.4.40 and 0.7.23. What is not here has no direction
that a file shows: `Percentile text content drift` compares a value that is not stored, a custom function may do
anything."""

_SHORT: Mapping[str, str] = MappingProxyType(
    {
        "ks": "K-S p_value",
        "z": "Z-test p_value",
        "chisquare": "chi-square p_value",
        "wasserstein": "Wasserstein distance (normed)",
        "jensenshannon": "Jensen-Shannon distance",
        "psi": "PSI",
        "kl_div": "Kullback-Leibler divergence",
        "hellinger": "Hellinger distance",
    }
)
"""Names by which a method is asked for in Evidently; 0.7 keeps in `config` what its user wrote."""


def direction_of(method: str | None) -> Direction | None:
    """Give the side of the threshold that means drift; None for a method of which it is not known."""
    return None if method is None else DIRECTIONS.get(_SHORT.get(method, method))


def beyond(direction: Direction, score: Decimal, limit: Decimal, *, within: Decimal = Decimal(0)) -> bool | None:
    """Say whether a score means drift; None when the score, known only to ± `within`, may lie on either side."""
    ends = {_compare(direction, score - within, limit), _compare(direction, score + within, limit)}
    return ends.pop() if len(ends) == 1 else None


def _compare(direction: Direction, score: Decimal, limit: Decimal) -> bool:
    match direction:
        case "<=":
            return score <= limit
        case "<":
            return score < limit
        case ">=":
            return score >= limit
        case ">":
            return score > limit


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftColumn:
    """One column, measured by one method."""

    name: str
    method: str | None
    """As the tool writes it."""
    direction: Direction | None
    """None when the method does not say which side means drift: then nothing can be held against a limit."""
    score: Decimal
    within: Decimal = Decimal(0)
    """How far the true score may lie from the written one: test suites round it."""
    threshold_of_tool: Decimal | None = None
    verdict_of_tool: Verdict = "not_evaluated"
    role: Role = "unknown"
    steps: tuple[str | int, ...] = ()
    """Where in the file."""

    def beyond(self, limit: Decimal) -> bool | None:
        """Say whether the score means drift at a limit; None where it cannot be told."""
        return None if self.direction is None else beyond(self.direction, self.score, limit, within=self.within)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftTest:
    """A test of the tool that says nothing of a column: on all of them together, or one that came to no result."""

    name: str
    verdict: Verdict
    about: Literal["dataset", "nothing"]
    """`nothing` when the file does not say which column it was about."""
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A drift report. Counts and verdicts are the tool's own, by its own thresholds."""

    columns: tuple[DriftColumn, ...] = ()
    drifted: int | None = None
    of: int | None = None
    share: Decimal | None = None
    limit_of_tool: Decimal | None = None
    """Share at which the tool calls the whole data set drifted."""
    verdict_of_tool: Verdict = "not_evaluated"
    """On the whole data set."""
    tests: tuple[DriftTest, ...] = ()
    rows_reference: int | None = None
    """Rows there are at least, where the file shows some counts."""
    rows_current: int | None = None
