"""What mutants came to: how many were tried, which ones no test noticed, which ones somebody accepted, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from govern.canonical import Json
from govern.diagnostics import Diagnostic, plain

__all__ = ["Accepted", "Mutation"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mutant that survived and may."""

    mutant: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """The result of `--mutate`."""

    policy: int
    """Policies that were broken on purpose."""
    evidence: int
    """Bundles that were broken on purpose."""
    survivors: tuple[Diagnostic, ...]
    """P703."""
    accepted: tuple[Accepted, ...]

    @property
    def tried(self) -> int:
        """Every mutant."""
        return self.policy + self.evidence

    def lines(self) -> Iterator[str]:
        """Yield the result for people."""
        yield f"mutants: {self.policy} of policies, {self.evidence} of evidence, {len(self.survivors)} survived"
        for item in self.accepted:
            yield f"accepted: {plain(item.mutant)}: {plain(item.reason)}"

    def document(self) -> dict[str, Json]:
        """Give the figures as data."""
        return {
            "policy_mutants": self.policy,
            "evidence_mutants": self.evidence,
            "accepted": [{"mutant": item.mutant, "reason": item.reason} for item in self.accepted],
        }
