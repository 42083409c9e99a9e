"""What stored figures come to under other policies, for people and as JSON: always said not to be what was signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.canonical import Json, instant_text
from govern.diagnostics import plain

if TYPE_CHECKING:
    from govern.gate.replaying.under import JudgedRule, JudgedUnder
    from govern.policy.plan import PlanPolicy

__all__ = ["render_under", "under_document", "under_verdict"]

UNDER_SCHEMA = "urn:govern:replay-under:v1"


def _day(made: JudgedUnder) -> str:
    return "" if made.at is None else instant_text(made.at)[:10]


def _standing(policy: PlanPolicy, day: str) -> str:
    """Say whether a policy is in force on a day."""
    status = policy.legal_status.replace("_", " ")
    begun = policy.applies_from is None or policy.applies_from <= day
    ended = policy.applies_until is not None and policy.applies_until <= day
    if not begun:
        return f"{status}; not in force on {day}, from {policy.applies_from}"
    if ended:
        return f"{status}; no longer in force on {day}, until {policy.applies_until}"
    since = f", since {policy.applies_from}" if policy.applies_from else ""
    until = f", until {policy.applies_until}" if policy.applies_until else ""
    return f"{status}; as in force on {day}{since}{until}"


def under_verdict(made: JudgedUnder) -> str:
    """Give the last line."""
    if not made.authentic.holds or made.authentic.named is None:
        return "DAMAGED: the certificate does not hold; nothing was judged"
    named = made.authentic.named
    policies = ", ".join(f"{policy.name} {policy.version}" for policy in made.policies)
    about = f"{named.model} {named.version} at {named.stage}"
    now = "cannot be told from what is stored" if made.now is None else made.now.value
    was = "" if made.was is None else made.was.value
    return (
        f"NOT THE DECISION THAT WAS SIGNED: {about}, signed {was} on {_signed(made)}, judged under {policies} "
        f"as in force on {_day(made)}: {now}"
    )


def _signed(made: JudgedUnder) -> str:
    return "" if made.signed_at is None else instant_text(made.signed_at)[:10]


def render_under(made: JudgedUnder) -> str:
    """Write it as plain text, hostile names made harmless."""
    return "\n".join([*_lines(made), "", plain(under_verdict(made), limit=2000)]) + "\n"


def _lines(made: JudgedUnder) -> Iterator[str]:
    if not made.authentic.holds:
        for line in made.authentic.lines:
            yield f"{line.status.value:<12} {line.step:<11} {plain(line.text, limit=600)}"
        return
    yield "This is not the decision that was signed: the figures stored with it, judged under other rules."
    if not made.pinned:
        yield "TRUST ROOT NOT PINNED: it came with the pack, and whoever made the pack may have made it too."
    yield ""
    for policy in made.policies:
        yield f"under {plain(policy.name)} {plain(policy.version)} ({_standing(policy, _day(made))})"
    yield ""
    width = max((len(rule.rule) for rule in made.rules), default=0)
    for rule in made.rules:
        yield f"  {plain(rule.rule):<{width}}  {_moved(rule)}"


def _moved(rule: JudgedRule) -> str:
    was = rule.was or "not asked"
    by = f" (figures of {plain(rule.stored_as)})" if rule.stored_as not in (None, rule.rule) else ""
    now = "cannot be told" if rule.now is None else rule.now.value
    why = f": {plain(rule.why, limit=300)}" if rule.why else ""
    return f"{was} -> {now} [{rule.enforcement.value}]{by}{why}"


def under_document(made: JudgedUnder) -> dict[str, Json]:
    """Give it as JSON."""
    return {
        "schema": UNDER_SCHEMA,
        "verdict": under_verdict(made),
        "exit_code": made.exit_code,
        "trustPinned": made.pinned,
        "signed": {
            "decision": None if made.was is None else made.was.value,
            "clock": None if made.signed_at is None else instant_text(made.signed_at),
        },
        "judged": {
            "decision": None if made.now is None else made.now.value,
            "at": None if made.at is None else instant_text(made.at),
            "is_the_signed_decision": False,
        },
        "policies": [{**policy.record(), "standing": _standing(policy, _day(made))} for policy in made.policies],
        "rules": [
            {
                "rule": rule.rule,
                "enforcement": rule.enforcement.value,
                "figures_of": rule.stored_as,
                "was": rule.was,
                "now": None if rule.now is None else rule.now.value,
                "why": rule.why,
            }
            for rule in made.rules
        ],
    }
