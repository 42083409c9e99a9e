"""What mutants came to: how many were tried, which ones no test noticed, which ones somebody accepted, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    policy: tuple[str, ...]
    """The ways in which policies were weakened on purpose, by id."""
    evidence: tuple[str, ...]
    """The ways in which evidence was broken on purpose, by id."""
    survivors: tuple[Diagnostic, ...]
    """P703."""
    patches: Mapping[str, str]
    """The surviving mutants as diffs, by their id."""
    accepted: tuple[Accepted, ...]

    @property
    def tried(self) -> int:
        """Every mutant."""
        return len(self.policy) + len(self.evidence)

    def lines(self) -> Iterator[str]:
        """Yield the result for people."""
        tried = f"{len(self.policy)} of policies, {len(self.evidence)} of evidence"
        yield f"mutants: {tried}, {len(self.survivors)} survived"
        for item in self.accepted:
            yield f"accepted: {plain(item.mutant)}: {plain(item.reason)}"

    def document(self) -> dict[str, Json]:
        """Give all of it but the diagnostics as data."""
        return {
            "policy": list(self.policy),
            "evidence": list(self.evidence),
            "patches": dict(self.patches),
            "accepted": [{"mutant": item.mutant, "reason": item.reason} for item in self.accepted],
        }
