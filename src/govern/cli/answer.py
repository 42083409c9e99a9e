"""What a command hands back: an exit code that was computed, never a bare integer that click would drop."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The command ran to its end and this is its exit code (DESIGN section 4)."""

    code: int
