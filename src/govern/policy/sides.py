"""The sides on which a person may stand towards a model: the words of `approval.separation`."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Side"]


class Side(StrEnum):
    """Who has a part in a decision, and where the gate knows it from."""

    SUBMITTER = "submitter"
    """Who asks for the decision: the workspace."""
    OWNER = "owner"
    """Who answers for the model: its record."""
    DEVELOPER = "developer"
    """Who made it: its record."""
    VALIDATOR = "validator"
    """Who validated it: its record."""
    APPROVER = "approver"
    """Whose vote for it counts: signed approvals."""
    WAIVER = "waiver"
    """Who waived a rule: signed waivers that were applied."""
