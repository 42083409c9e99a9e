"""The step on policies: none is older than the trust root allows, and their text is the one that was released."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from govern.attestation.kinds import POLICY_RELEASE
from govern.attestation.reading_verdict import PolicyClaim, Verdict
from govern.attestation.verification import Line
from govern.attestation.verify_steps.beside import beside
from govern.attestation.verify_steps.state import State, fail, ok, present, unchecked

if TYPE_CHECKING:
    from govern.attestation.notices import PolicyRelease
    from govern.attestation.statement_set import Judged

__all__ = ["policy"]

_VERSION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9}){0,3})(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?", re.ASCII)


def policy(state: State) -> list[Line]:
    """No policy is older than the trust root allows; its text is that of its signed release, when there is one."""
    root, verdict = present(state.trust), present(state.claims).verdict
    if verdict is None:
        return [unchecked("policy", "it names no policies", help="verify the certificate")]
    lines: list[Line] = []
    for item in verdict.policies:
        least = root.min_policy.get(item.name)
        if least is not None:
            lines.append(_minimum(item, least))
        lines += _released(state, verdict, item)
    return lines


def _minimum(item: PolicyClaim, least: str) -> Line:
    found, wanted = _ordered(item.version), _ordered(least)
    if found is None or wanted is None or found < wanted:
        return fail("policy", 1, f"policy {item.name} is too old", expected=f"{least} or later", found=item.version)
    return ok("policy", f"{item.name} {item.version}, at least {least}")


def _ordered(version: str) -> tuple[tuple[int, ...], bool] | None:
    """Give a key by which versions sort, a pre-release before its release; None for one that has no order."""
    match = _VERSION.fullmatch(version)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    return tuple(numbers + [0] * (4 - len(numbers))), match[2] is None


def _release(item: Judged) -> PolicyRelease:
    from govern.attestation.notices import PolicyRelease

    body = item.claims.body if item.claims is not None else None
    assert isinstance(body, PolicyRelease)
    return body


def _released(state: State, verdict: Verdict, item: PolicyClaim) -> list[Line]:
    what = f"{item.name} {item.version}"
    if item.release is None and not state.request.statements:
        return [unchecked("policy", f"{what} names no release: whether this is its published text is not known")]
    statements = beside(state)
    if item.release is not None:
        found = statements.find(POLICY_RELEASE, item.release)
        if found is None:
            text = f"{what} names the release {item.release}, which was not supplied"
            return [unchecked("policy", text, help="give it: --statements DIR")]
        if not found.sound:
            return [fail("policy", 1, f"the release of {what} does not hold: {found.why}", found=found.name)]
    same = [
        one
        for one in statements.all(POLICY_RELEASE)
        if one.sound and (_release(one).name, _release(one).version) == (item.name, item.version)
    ]
    if item.release is None and not same:
        return [unchecked("policy", f"{what} names no release: whether this is its published text is not known")]
    sources = {_release(one).source for one in same}
    if len(sources) > 1:
        return [fail("policy", 1, f"{what} was released with two different texts", found=", ".join(sorted(sources)))]
    named = [one for one in same if item.release in (None, one.digest)]
    if not named:
        return [fail("policy", 1, f"the release that {what} names is of another policy or version")]
    return [_compared(verdict, item, named[0])]


def _compared(verdict: Verdict, item: PolicyClaim, found: Judged) -> Line:
    body, what = _release(found), f"{item.name} {item.version}"
    signatory = present(found.signatory)
    if body.source != item.source:
        text = f"{what} is not the text that was released: it was edited under the same version"
        return fail("policy", 1, text, expected=body.source, found=item.source)
    plan = dict(body.plans).get(verdict.stage)
    same = "; the plan too" if plan == verdict.plan else ""
    return ok("policy", f"{what} as released by {signatory.owner} on {body.released_at}{same}")
