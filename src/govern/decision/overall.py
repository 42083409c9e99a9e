"""What outcomes come to together: the one function that may say allowed, and the words it needs."""

from __future__ import annotations

from collections.abc import Iterable

from govern.policy.decisions import Decision, Enforcement, Outcome

__all__ = [
    "DECIDED_HERE",
    "EXCEPTIONS_CHECK",
    "LETS_THROUGH",
    "QUORUM_CHECK",
    "SEPARATION_CHECK",
    "VOTED_ON",
    "overall",
]

QUORUM_CHECK = "approval.quorum"
"""The check kind that counts votes."""
SEPARATION_CHECK = "approval.separation"
"""The check kind that looks for one person in two roles."""
EXCEPTIONS_CHECK = "policy.exceptions"
"""The check kind that bounds the waivers in force."""
DECIDED_HERE = frozenset({QUORUM_CHECK, SEPARATION_CHECK, EXCEPTIONS_CHECK})
"""Check kinds whose outcome only the decision knows, because it depends on what people have signed."""
VOTED_ON = frozenset({QUORUM_CHECK, SEPARATION_CHECK})
"""Those of them that may pass by votes of the review board."""

LETS_THROUGH = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED})
"""On these a blocking rule lets a model through."""


_UNDECIDED = frozenset({Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR})


def overall(outcomes: Iterable[tuple[Enforcement, Outcome]]) -> Decision:
    """Combine outcomes after waiving (DESIGN section 4). Order-free and total.

    One failed block rule denies; otherwise one undecided block rule leaves it undecided; nothing applicable at
    all is undecided, never allowed.
    """
    items = tuple(outcomes)
    blocking = {outcome for enforcement, outcome in items if enforcement is Enforcement.BLOCK}
    if Outcome.FAIL in blocking:
        return Decision.DENIED
    if blocking & _UNDECIDED:
        return Decision.UNDECIDED
    if all(outcome is Outcome.NOT_APPLICABLE for _enforcement, outcome in items):
        return Decision.UNDECIDED
    return Decision.ALLOWED
