"""Whether the exceptions in force keep the bounds of a policy: the rule of the kind `policy.exceptions`.

What a rule allows of its own waivers (`waivable`, `max_waiver_days`) is asked of each waiver; this asks about all of
them together, once it is known which were applied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from govern.decision.approvals import Tally
from govern.decision.evaluation import RuleOutcome
from govern.decision.waivers import VerifiedWaiver, lasts_longer
from govern.policy.outcomes import Outcome
from govern.records import record

__all__ = ["InForce", "judge_exceptions"]

EVERY = "*"
"""Stands for every control, and for rules that speak to none."""


@record
class InForce:
    """A rule and the waiver that was applied to it."""

    rule: RuleOutcome
    waiver: VerifiedWaiver


@record(kw_only=True)
class _Bounds:
    max_days: int
    roles: tuple[str, ...]
    compensating_control: bool
    max_active: int | None
    for_controls: tuple[str, ...]


def judge_exceptions(rule: RuleOutcome, applied: Sequence[InForce], known: Sequence[RuleOutcome]) -> Tally:
    """Settle a rule of the kind `policy.exceptions`. Pure.

    Every applied waiver of a rule that speaks to one of the controls must keep the bounds. A control to which no rule
    of the evaluation speaks bounds nothing, which looks like a bound that is kept: that is missing evidence.

    Args:
        rule: the rule, with its bounds among the facts.
        applied: the waivers that were applied, other than to rules of this kind.
        known: every rule of the evaluation.
    """
    bounds = _bounds(rule)
    if bounds is None:
        return Tally(Outcome.ERROR, "the rule's bounds cannot be read")
    spoken = {control for item in known if item.rule != rule.rule for control in item.controls}
    lost = [name for name in bounds.for_controls if name != EVERY and name not in spoken]
    concerned = [item for item in applied if _concerns(item.rule, bounds)]
    broken = [f"the waiver of {item.rule.rule} {why}" for item in concerned for why in _broken(item.waiver, bounds)]
    if bounds.max_active is not None and len(concerned) > bounds.max_active:
        broken.append(f"{len(concerned)} rules are waived, of {bounds.max_active} that may be")
    if broken:
        return Tally(Outcome.FAIL, "; ".join(broken))
    if lost:
        return Tally(Outcome.MISSING_EVIDENCE, f"no rule speaks to {', '.join(lost)}, so its waivers are not bounded")
    names = ", ".join(item.rule.rule for item in concerned)
    return Tally(Outcome.PASS, f"the bounds are kept by the waivers of {names}" if names else "no rule is waived")


def _concerns(rule: RuleOutcome, bounds: _Bounds) -> bool:
    return EVERY in bounds.for_controls or not set(bounds.for_controls).isdisjoint(rule.controls)


def _broken(waiver: VerifiedWaiver, bounds: _Bounds) -> Iterator[str]:
    if lasts_longer(waiver, days=bounds.max_days):
        yield f"lasts longer than {bounds.max_days} days"
    if not any(
        waiver.role == role or ("/" not in role and waiver.role.startswith(f"{role}/")) for role in bounds.roles
    ):
        yield f"is signed as {waiver.role or 'nobody'}, not as {' or '.join(bounds.roles)}"
    if bounds.compensating_control and not any(text.strip() for text in waiver.compensating_controls):
        yield "says nothing of what is done instead"


def _bounds(rule: RuleOutcome) -> _Bounds | None:
    """Read the bounds; None when they cannot be read, so that nothing passes."""
    facts = rule.result.facts
    if not isinstance(facts, Mapping) or facts.get("kind") != "policy-exceptions":
        return None
    days, active, instead = facts.get("max_days"), facts.get("max_active"), facts.get("compensating_control")
    roles, controls = _texts(facts.get("roles")), _texts(facts.get("for_controls"))
    if not _count(days) or not (active is None or _count(active)) or not isinstance(instead, bool):
        return None
    if not roles or not controls:
        return None
    assert isinstance(days, int)
    assert active is None or isinstance(active, int)
    return _Bounds(max_days=days, roles=roles, compensating_control=instead, max_active=active, for_controls=controls)


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in items if isinstance(item, str)) if all(isinstance(x, str) for x in items) else ()
