"""The auditor's state machine: a pure function from bytes to lines.

The steps run in one fixed order. A step whose need failed reads `NOT CHECKED`; the others still run, so that one
fault never hides another. Nothing here reads a file, a clock, the network or the environment.
"""

from __future__ import annotations

from govern.attestation.kinds import CERTIFICATE, KIND_NAMES, REFUSAL, VSA
from govern.attestation.verification import Expected, Line, NamedFile, Request, Result, Status, overall_exit
from govern.attestation.verify_steps import claims, policies, referenced
from govern.attestation.verify_steps.core import CORE
from govern.attestation.verify_steps.machine import Step, run_steps
from govern.attestation.verify_steps.state import State
from govern.canonical import instant_text

__all__ = ["STEPS", "Expected", "Line", "NamedFile", "Request", "Result", "Status", "Step", "verify"]


STEPS = (
    *CORE,
    Step("bundle", claims.bundle, ("statement",)),
    Step("expected", claims.expected, ("statement",)),
    Step("policy", policies.policy, ("statement",)),
    Step("waivers", referenced.waivers, ("statement",)),
    Step("attested", referenced.attested, ("statement",)),
    Step("approvals", referenced.approvals, ("statement",)),
    Step("decision", referenced.decision, ("statement",)),
    Step("validity", claims.validity, ("statement",)),
    Step("revocation", referenced.revocation, ("statement",)),
)
"""In the order of the lines; each step's needs stand before it."""


def verify(request: Request) -> Result:
    """Judge a signed statement of any kind. Never raises for anything the bytes hold."""
    state = State(request=request)
    lines = run_steps(state, STEPS)
    code = overall_exit(lines, strict=request.strict)
    return Result(
        lines=tuple(lines),
        exit_code=code,
        verdict=_verdict(state, lines, code),
        at=request.at,
        kind=None if state.claims is None else state.claims.kind,
        subject=None if state.claims is None else state.claims.subject_name,
        bundle_digest=None if state.claims is None else state.claims.bundle_digest,
        payload_digest=None if state.envelope is None else state.envelope.digest,
        signatory=state.signatory,
        log_origin=state.witnessed[0].checkpoint.origin if state.witnessed else None,
        tree_size=state.witnessed[0].checkpoint.size if state.witnessed else None,
        stamps=state.stamps,
        cosigners=state.witnessed[0].cosigners if state.witnessed else (),
    )


def _verdict(state: State, lines: list[Line], code: int) -> str:
    failed = [line.step for line in lines if line.status is Status.FAIL]
    named = ", ".join(dict.fromkeys(failed))
    if code in (1, 4):
        return f"INVALID: {named}"
    open_ = dict.fromkeys(line.step for line in lines if line.status is Status.NOT_CHECKED)
    if code == 3:
        return f"COULD NOT DECIDE: {named or ', '.join(open_)}"
    found = state.claims
    parts = [f"{_word(state)} as of {_head(state)} ({instant_text(state.request.at)})"]
    if found is not None and found.verdict is not None:
        verdict = found.verdict
        parts += [f"policy {item.name} {item.version}" for item in verdict.policies]
        parts += [f"{len(verdict.waivers)} waiver{_plural(len(verdict.waivers))}"]
        parts += [f"{len(verdict.not_assessed)} clause{_plural(len(verdict.not_assessed))} not assessed"]
    if open_:
        parts.append(f"NOT CHECKED: {', '.join(open_)}")
    return "; ".join(parts)


def _word(state: State) -> str:
    kind = CERTIFICATE if state.claims is None else state.claims.kind
    special = {CERTIFICATE: "VALID", REFUSAL: "VALID REFUSAL (the model was not allowed)", VSA: "VALID SUMMARY"}
    return special.get(kind) or f"VALID {KIND_NAMES[kind].upper().replace('-', ' ')}"


def _head(state: State) -> str:
    return f"checkpoint {state.witnessed[0].checkpoint.size}" if state.witnessed else "no checkpoint"


def _plural(count: int) -> str:
    return "" if count == 1 else "s"
