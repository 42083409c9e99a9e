"""Running steps in order: a step whose need failed reads NOT CHECKED, the others still run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from govern.attestation.verification import Line, Status
from govern.attestation.verify_steps.state import State, unchecked
from govern.records import record

__all__ = ["Step", "run_steps"]


@record
class Step:
    """One step: its stable id, what it does, and the ids of the steps without which it says nothing."""

    id: str
    run: Callable[[State], list[Line]]
    needs: tuple[str, ...] = ()


def run_steps(state: State, steps: Sequence[Step]) -> list[Line]:
    """Run steps in order and give their lines.

    A sound statement of another type, a missing log entry, or a trust root that has merely expired leave the later
    checks meaningful; only what destroys their ground (exit 4) stops them.
    """
    lines: list[Line] = []
    blocked: dict[str, str] = {}
    for step in steps:
        reason = next((blocked[need] for need in step.needs if need in blocked), None)
        if reason is not None:
            blocked.setdefault(step.id, reason)
            lines.append(unchecked(step.id, f"rests on {reason}, which failed", blocked_by=reason))
            continue
        made = step.run(state)
        if any(line.status is Status.FAIL and line.exit == 4 for line in made):
            blocked[step.id] = step.id
        lines += made
    return lines
