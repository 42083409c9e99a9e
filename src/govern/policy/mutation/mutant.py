"""A mutant of a policy: what was weakened, where, and the edit that does it."""

from __future__ import annotations

from dataclasses import dataclass

from govern.diagnostics import Span
from govern.policy.mutation.source import Edit

__all__ = ["Mutant"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A policy with one thing weakened."""

    id: str
    """Stable as long as the rule keeps the place: `<policy>/<rule>:<operator>:<where>`."""
    rules: tuple[str, ...] | None
    """Qualified ids of the rules that it can change; None when it may be any."""
    span: Span
    told: str
    """What was done, in words."""
    before: str
    after: str
    edit: Edit
