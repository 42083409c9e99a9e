"""What a result keeps of a rule, and what judging it again can come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from govern.canonical import Json
from govern.policy.outcomes import Outcome

__all__ = ["Judged", "NotReplayable", "Replayed", "StoredOutcome"]


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """What a result keeps of one rule."""

    outcome: Outcome
    """As the check evaluated it, before the clock and waivers."""
    observed: str | None
    facts: Json


@dataclass(frozen=True, slots=True)
class NotReplayable:
    """Why a stored outcome cannot be judged again."""

    why: str


Judged = Outcome | NotReplayable


@dataclass(frozen=True, slots=True)
class Replayed:
    """How a kind is judged again."""

    limits: frozenset[str]
    """Parameters that only move a limit: the same evidence is read, and read alike."""
    outcome: Callable[[Any, StoredOutcome], Judged]
    reads: frozenset[str] = frozenset()
    """Those of them that also decide what evidence is asked for."""
    lacks: bool = False
    """Whether figures that are kept can come to missing evidence, such as a declared group without anybody."""
