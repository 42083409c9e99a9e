"""The auditor's state machine: a pure function from bytes to lines.

The steps run in one fixed order. A step whose need failed reads `NOT CHECKED`; the others still run, so that one
fault never hides another. Nothing here reads a file, a clock, the network or the environment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from govern.attestation.kinds import CERTIFICATE, REFUSAL
from govern.attestation.verification import Expected, Line, Request, Result, Status, overall_exit
from govern.attestation.verify_steps import claims, envelope, log, time, trusted
from govern.attestation.verify_steps.state import State, unchecked
from govern.canonical import instant_text

__all__ = ["STEPS", "Expected", "Line", "Request", "Result", "Status", "Step", "verify"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its stable id, what it does, and the ids of the steps without which it says nothing."""

    id: str
    run: Callable[[State], list[Line]]
    needs: tuple[str, ...] = ()


STEPS = (
    Step("read", envelope.read),
    Step("trust", trusted.trust),
    Step("envelope", envelope.envelope, ("read",)),
    Step("key", envelope.key, ("envelope", "trust")),
    Step("signature", envelope.signature, ("key",)),
    Step("canonical", envelope.canonical, ("signature",)),
    Step("statement", envelope.statement, ("canonical",)),
    Step("trust", trusted.named_trust, ("statement", "trust")),
    Step("role", trusted.role, ("statement",)),
    Step("log-entry", log.log_entry, ("signature",)),
    Step("checkpoint", log.checkpoint, ("log-entry",)),
    Step("inclusion", log.inclusion, ("log-entry",)),
    Step("witness", log.witness, ("checkpoint",)),
    Step("time", time.time, ("statement",)),
    Step("bundle", claims.bundle, ("statement",)),
    Step("expected", claims.expected, ("statement",)),
    Step("policy", claims.policy, ("statement",)),
    Step("waivers", claims.waivers, ("statement",)),
    Step("attested", claims.attested, ("statement",)),
    Step("approvals", claims.approvals, ("statement",)),
    Step("validity", claims.validity, ("statement",)),
    Step("revocation", claims.revocation, ("statement",)),
)
"""In the order of the lines; each step's needs stand before it."""


def verify(request: Request) -> Result:
    """Judge a certificate, refusal or verification summary. Never raises for anything the bytes hold."""
    state = State(request=request)
    lines: list[Line] = []
    blocked: dict[str, str] = {}
    for step in STEPS:
        reason = next((blocked[need] for need in step.needs if need in blocked), None)
        if reason is not None:
            made = [unchecked(step.id, f"rests on {reason}, which failed", blocked_by=reason)]
        else:
            made = step.run(state)
        lines += made
        if reason is not None:
            blocked.setdefault(step.id, reason)
        elif any(_stops(line) for line in made):
            blocked[step.id] = step.id
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
    )


def _stops(line: Line) -> bool:
    """Whether steps that need this one have nothing to stand on.

    A sound statement of another type, a missing log entry, or a trust root that has merely expired leave the later
    checks meaningful; only what destroys their ground stops them.
    """
    return line.status is Status.FAIL and line.exit == 4


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
    kind = None if state.claims is None else state.claims.kind
    return {CERTIFICATE: "VALID", REFUSAL: "VALID REFUSAL (the model was not allowed)"}.get(kind or "", "VALID SUMMARY")


def _head(state: State) -> str:
    return f"checkpoint {state.witnessed[0].checkpoint.size}" if state.witnessed else "no checkpoint"


def _plural(count: int) -> str:
    return "" if count == 1 else "s"
