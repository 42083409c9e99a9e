"""The steps on people's words, for the many statements that rest on nobody's: then nothing more is loaded."""

from __future__ import annotations

from govern.attestation.kinds import NEVER_REVOKED
from govern.attestation.verification import Line
from govern.attestation.verify_steps.state import State, ok, present, unchecked
from govern.decision.overall import QUORUM_CHECK

__all__ = ["approvals", "attested", "decision", "revocation", "waivers"]


def waivers(state: State) -> list[Line]:
    """Each waiver that a rule rests on is sound, speaks of this model and stage, and held when this was issued."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.waivers:
        return [ok("waivers", "none referenced")]
    from govern.attestation.verify_steps.people import judge_waivers

    return judge_waivers(state, verdict)


def attested(state: State) -> list[Line]:
    """Each human attestation that a rule rests on is sound, about this model, and held when this was issued."""
    verdict = present(state.claims).verdict
    if verdict is None or not verdict.attested:
        return [ok("attested", "none referenced")]
    from govern.attestation.verify_steps.people import judge_attestations

    return judge_attestations(state, verdict)


def approvals(state: State) -> list[Line]:
    """Each vote that the decision counted is sound and of this evaluation; enough different people cast them."""
    verdict = present(state.claims).verdict
    if verdict is None or not any((verdict.approvals, *(rule.check == QUORUM_CHECK for rule in verdict.rules))):
        return [ok("approvals", "none referenced")]
    from govern.attestation.verify_steps.votes import judge_approvals

    return judge_approvals(state, verdict)


def decision(state: State) -> list[Line]:
    """The evaluation, the people's words and the clock come to the decision record that the statement names."""
    verdict, request = present(state.claims).verdict, state.request
    if verdict is None:
        return []
    pairs = (("evaluation", request.evaluation), ("decision", request.decision))
    absent = [name for name, data in pairs if data is None]
    if absent:
        text = f"the {' and the '.join(absent)} record{'s were' if len(absent) > 1 else ' was'} not supplied"
        return [unchecked("decision", text, help="they lie beside the certificate; or give --records DIR")]
    from govern.attestation.verify_steps.decision import decide_again

    return decide_again(state, verdict)


def revocation(state: State) -> list[Line]:
    """Neither it nor what it rests on is revoked at the moment asked for, as far as a young enough list says."""
    if not state.request.statements and present(state.claims).kind not in NEVER_REVOKED:
        needed = present(state.trust).status_max_age
        text = "no status list was given, so a later revocation would not be seen"
        if needed is not None:
            text = f"{text}; the trust root asks for one not older than {needed}"
        return [unchecked("revocation", text, code=0 if needed is None else 3, help="give it: --status FILE")]
    from govern.attestation.verify_steps.revocation import judge_revocation

    return judge_revocation(state)
