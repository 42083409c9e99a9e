"""The process's answer: one pure function for decisions (DESIGN section 4, frozen)."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from govern.decision.decide import DecisionRecord
from govern.policy.outcomes import Decision, Enforcement, Outcome

__all__ = ["FailOn", "exit_code"]

_QUIET = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED})


class FailOn(StrEnum):
    """When exit code 1 is used. It changes no other code, no report and no certificate."""

    FAIL = "fail"
    """Only for a denied model."""
    WARN = "warn"
    """Also for an allowed one in which a `warn` rule did not pass."""
    NEVER = "never"
    """0 instead of 1."""


def exit_code(record: DecisionRecord, fail_on: FailOn = FailOn.FAIL) -> int:
    """0 allowed, 1 denied, 3 undecided; `fail_on` moves only the border between 0 and 1."""
    match record.decision:
        case Decision.UNDECIDED:
            return 3
        case Decision.DENIED:
            return 0 if fail_on is FailOn.NEVER else 1
        case Decision.ALLOWED:
            return 1 if fail_on is FailOn.WARN and _warned(record) else 0
        case _:
            assert_never(record.decision)


def _warned(record: DecisionRecord) -> bool:
    return any(item.rule.enforcement is Enforcement.WARN and item.outcome not in _QUIET for item in record.settled)
