"""The closed words of a decision: outcomes, decisions, enforcement, stages (DESIGN section 4, frozen).

Apart from the rest of what a check says, because an auditor's command needs the words and nothing else.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Decision", "Enforcement", "Outcome", "Stage"]


class Outcome(StrEnum):
    """What one rule came to (DESIGN section 4, frozen)."""

    PASS = "pass"  # noqa: S105 - an outcome, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    MISSING_EVIDENCE = "missing_evidence"
    ERROR = "error"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


class Decision(StrEnum):
    """What the whole plan came to."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNDECIDED = "undecided"


class Enforcement(StrEnum):
    """What a rule's outcome may do: only `block` can stop a model."""

    BLOCK = "block"
    WARN = "warn"
    RECORD = "record"


class Stage(StrEnum):
    """The gates of a model's life."""

    PRE_TRAINING = "pre-training"
    PRE_REGISTRATION = "pre-registration"
    PRE_DEPLOYMENT = "pre-deployment"
    POST_DEPLOYMENT = "post-deployment"
