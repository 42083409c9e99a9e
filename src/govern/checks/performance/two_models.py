"""What a comparison of two models is asked, and what it came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.checks.predictions import missing
from govern.diagnostics import plain
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location

if TYPE_CHECKING:
    from decimal import Decimal

    from govern.fairness.paired import Difference

__all__ = ["Compared", "Wish", "with_itself"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a rule asks of a comparison."""

    metric: str
    required: str
    same_data: bool
    z: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Candidate and baseline side by side."""

    name: str
    """The baseline's name in the record."""
    difference: Difference
    location: Location
    """Of the baseline's figure."""
    evidence: tuple[EvidenceRef, ...]
    holds: tuple[Holds, ...]
    n: int | None
    """Cases that both figures rest on; None when nobody says."""
    proof: str
    """Why the data are known to be the same, or that they are not."""
    left_out: int = 0
    digest: str = ""
    """sha256 of the baseline's file."""


def with_itself(wish: Wish, file: str, name: str, evidence: tuple[EvidenceRef, ...]) -> CheckResult:
    """Say that the evidence called `name` is the candidate's own: missing evidence."""
    finding = Finding(
        code="E149",
        detail=f"{plain(name, limit=80)} is the candidate's own evidence",
        required="another model's evidence",
        location=Location(file),
        remediation="Name the other model's predictions on the same cases.",
        discriminator=name,
    )
    return missing("A model cannot be compared with itself.", [finding], evidence, wish.required)
