"""What stands beside the file that is verified, judged by the same trust root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govern.attestation.verify_steps.state import State, present

if TYPE_CHECKING:
    from datetime import datetime

    from govern.attestation.statement_set import StatementSet
    from govern.decision.evaluation import Evaluation

__all__ = ["beside", "heard", "recorded"]


def beside(state: State) -> StatementSet:
    """Give the statements that were supplied, as of the moment asked for; sorted once."""
    if state.statements is None:
        state.statements = _judged_at(state, state.request.at)
    return state.statements


def heard(state: State) -> StatementSet:
    """Give them as of the moment of issuing: what was sound only later, the gate could not have counted."""
    if state.heard is None:
        moment = present(state.claims).issued_at
        state.heard = beside(state) if moment == state.request.at else _judged_at(state, moment)
    return state.heard


def _judged_at(state: State, moment: datetime) -> StatementSet:
    from govern.attestation.statement_set import StatementSet

    return StatementSet(state.request.statements, trust=present(state.trust), earlier=state.earlier, at=moment)


def recorded(state: State) -> Evaluation:
    """Give the evaluation record that was supplied, read once. Raises InputError (D104) for what is none."""
    if state.evaluation is None:
        from govern.decision.records import read_evaluation

        state.evaluation = read_evaluation(present(state.request.evaluation))
    return state.evaluation
