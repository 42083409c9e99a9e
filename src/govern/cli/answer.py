"""What a command hands back: an exit code that was computed, never a bare integer that click would drop."""

from __future__ import annotations

from govern.records import record

__all__ = ["Answer"]


@record
class Answer:
    """The command ran to its end and this is its exit code (DESIGN section 4)."""

    code: int
