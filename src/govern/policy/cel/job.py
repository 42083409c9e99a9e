"""One expression to compile, with its place in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govern.diagnostics import Span
from govern.policy.cel.probes import Surroundings

__all__ = ["Job"]


@dataclass(frozen=True, slots=True)
class Job:
    """One expression to compile, and what surrounds it."""

    source: str
    around: Surroundings
    place: Callable[[int], Span | None]
    """Maps an offset of the source to the file."""
    span: Span
    """The whole expression, where no exact place is known."""
    blocking: bool = True
    """Whether the rule can stop a model: then a probe that fails is an error, otherwise a warning."""
    cut_by_comment: bool = False
    """Whether YAML took the rest of the line for a comment."""

    def at(self, offset: int | None) -> Span:
        """Give the place of an offset."""
        return self.span if offset is None else (self.place(offset) or self.span)
