"""What stands beside the file that is verified, judged by the same trust root at the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.attestation.verify_steps.state import State, present

if TYPE_CHECKING:
    from govern.attestation.statement_set import StatementSet

__all__ = ["beside"]


def beside(state: State) -> StatementSet:
    """Give the statements that were supplied, sorted once."""
    if state.statements is None:
        from govern.attestation.statement_set import StatementSet

        request = state.request
        state.statements = StatementSet(
            request.statements, trust=present(state.trust), earlier=state.earlier, at=request.at
        )
    return state.statements
