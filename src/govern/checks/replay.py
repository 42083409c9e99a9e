"""Judging a stored outcome by other limits: what a result keeps of its figures, held against changed parameters.

Never guessed: a kind names the parameters that only move a limit, the figures are judged by the old parameters first
and must give the outcome that was stored, and what a stored figure does not settle is not replayable, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeGuard

from govern.checks.cards.params import PlaceholdersParams, PresentParams, SectionsParams
from govern.checks.dependencies.params import VulnerabilitiesParams
from govern.checks.fairness import again
from govern.checks.fairness.declared import stands_for_more
from govern.checks.performance.params import ThresholdParams
from govern.checks.stored_outcome import Judged, NotReplayable, Replayed, StoredOutcome
from govern.policy.comparisons import assertions_of
from govern.policy.interface import CheckParams
from govern.policy.outcomes import Outcome
from govern.policy.overlays.lattice import fields_of
from govern.policy.rules import attribute_of

if TYPE_CHECKING:
    from govern.checks.fairness.params import GroupParams

__all__ = ["NotReplayable", "StoredOutcome", "rejudge"]


def rejudge(kind: str, old: CheckParams, new: CheckParams, stored: StoredOutcome) -> Judged:
    """Give the outcome that the stored figures come to under the new parameters.

    `old` are the parameters that the stored outcome was judged by.
    """
    held = _KINDS.get(kind)
    if held is None:
        return NotReplayable(f"results keep no figures by which {kind} could be judged again")
    model = type(new)
    names = {name: attribute_of(model, name) for name in fields_of(model)}
    changed = sorted(name for name, place in names.items() if getattr(old, place) != getattr(new, place))
    beyond = [name for name in changed if name not in held.limits]
    if beyond:
        return NotReplayable(f"{', '.join(beyond)} changed, which decides what is measured")
    if "attributes" in changed and any(stands_for_more(item.tables) for item in (old, new) if _compares(item)):
        return NotReplayable("which groups the model declares is not in the result")
    kept = held.lacks and stored.outcome is Outcome.MISSING_EVIDENCE and stored.facts is not None
    if stored.outcome in (Outcome.MISSING_EVIDENCE, Outcome.ERROR) and not kept:
        if stored.facts is not None or held.reads & set(changed):
            return NotReplayable(f"the stored outcome is {stored.outcome.value}, and not for want of all evidence")
        return stored.outcome  # another limit does not bring the evidence
    before = held.outcome(old, stored)
    if isinstance(before, NotReplayable):
        return before
    if before is not stored.outcome:
        return NotReplayable("the stored figures alone do not give the stored outcome")
    return held.outcome(new, stored)


def _compares(params: CheckParams) -> TypeGuard[GroupParams]:
    from govern.checks.fairness.params import GroupParams

    return isinstance(params, GroupParams)


def _facts(stored: StoredOutcome, kind: str) -> Mapping[str, Any]:
    facts = stored.facts
    return facts if isinstance(facts, Mapping) and facts.get("kind") == kind else {}


# --- performance

_PLACES = 6
"""Figures are kept rounded to so many decimals, and to more only where the old limit asked for it."""


def _threshold(params: ThresholdParams, stored: StoredOutcome) -> Judged:
    facts = _facts(stored, "metric")
    if facts.get("metric") != params.metric:
        return NotReplayable(f"the result keeps no figure of {params.metric}")
    n = facts.get("n")
    if facts.get("value") is None or (n is None and params.min_n > 1) or (n is not None and n < params.min_n):
        return Outcome.INCONCLUSIVE
    if params.decide == "demonstrated":
        return _whole(facts, params)
    if stored.outcome is Outcome.INCONCLUSIVE and (n is None or n >= params.min_n):
        return NotReplayable("the stored outcome was inconclusive for reasons that the figure does not show")
    return _sided(str(facts["value"]), params)


def _whole(facts: Mapping[str, Any], params: ThresholdParams) -> Judged:
    """Judge the interval: its ends are kept as they were judged, rounded outwards."""
    try:
        low, high = (Fraction(Decimal(str(facts[end]))) for end in ("low", "high"))
    except (KeyError, InvalidOperation):
        return NotReplayable("the result keeps no interval of the figure")
    if params.met(low) != params.met(high):
        return Outcome.INCONCLUSIVE
    return Outcome.PASS if params.met(low) else Outcome.FAIL


def _sided(text: str, params: ThresholdParams) -> Judged:
    try:
        value, limit = Fraction(Decimal(text)), Fraction(params.limit)
    except InvalidOperation:
        return NotReplayable(f"the stored figure is '{text}', which has no exact value")
    places = max(_PLACES, len(text.partition(".")[2]))
    if abs(value - limit) <= Fraction(1, 2 * 10**places):
        return NotReplayable(f"the stored figure {text} is rounded, and the new limit lies within its last digit")
    return Outcome.PASS if params.met(value) else Outcome.FAIL


# --- model cards


def _sections(params: SectionsParams, stored: StoredOutcome) -> Judged:
    if stored.outcome not in (Outcome.PASS, Outcome.FAIL):
        return NotReplayable("the card could not be read for certain")
    listed = _facts(stored, "card-scorecard").get("sections")
    if not isinstance(listed, list):
        return NotReplayable("the result keeps no list of sections")
    settled = {item["id"] for item in listed if item["state"] in ("complete", "not_applicable")}
    if not settled and stored.outcome is Outcome.PASS:
        return NotReplayable("the result does not show whether the card was recognised")
    return Outcome.PASS if set(params.required) <= settled else Outcome.FAIL


def _placeholders(params: PlaceholdersParams, stored: StoredOutcome) -> Judged:
    count = _count(stored, "")
    return _counted_only(stored) if count is None else _met(count <= params.at_most)


def _present(params: PresentParams, stored: StoredOutcome) -> Judged:
    count = _count(stored, " words")
    return _counted_only(stored) if count is None else _met(count >= params.min_words)


def _count(stored: StoredOutcome, unit: str) -> int | None:
    text = (stored.observed or "").removesuffix(unit)
    decided = stored.outcome in (Outcome.PASS, Outcome.FAIL)
    return int(text) if decided and text.isascii() and text.isdigit() else None


def _counted_only(stored: StoredOutcome) -> NotReplayable:
    return NotReplayable(f"the stored outcome is {stored.outcome.value}, and its figure is not a count")


def _met(holds: bool) -> Outcome:
    return Outcome.PASS if holds else Outcome.FAIL


# --- dependencies


def _vulnerabilities(params: VulnerabilitiesParams, stored: StoredOutcome) -> Judged:
    from govern.security.advisories import Band

    listed = _facts(stored, "dependency-findings").get("findings")
    if not isinstance(listed, list) or stored.outcome not in (Outcome.PASS, Outcome.FAIL):
        return NotReplayable("the stored outcome rests on more than the matches that the result keeps")
    for item in listed:
        severity = Band(item["severity"] or params.unscored_as).rank
        tolerated = params.max_severity != "none" and severity <= Band(params.max_severity).rank
        if item["malicious"] or not tolerated:
            return Outcome.FAIL
    if stored.outcome is Outcome.FAIL:
        return NotReplayable(
            "no match is left above the line, and the result does not say what was undecided beside it"
        )
    return Outcome.PASS


# --- expressions


def _expression(params: Any, stored: StoredOutcome) -> Judged:
    from govern.checks.expression.stored import stored_verdict

    if stored.outcome not in (Outcome.PASS, Outcome.FAIL):
        return NotReplayable("the stored expression had no truth value")
    found = stored_verdict(assertions_of(params), stored.facts)
    return found if isinstance(found, Outcome) else NotReplayable(found)


_KINDS: Mapping[str, Replayed] = {
    "performance.threshold": Replayed(frozenset(["at_least", "at_most", "min_n"]), _threshold),
    **again.KINDS,
    "model_card.sections": Replayed(frozenset(["required"]), _sections),
    "model_card.placeholders": Replayed(frozenset(["at_most"]), _placeholders),
    "model_card.present": Replayed(frozenset(["min_words"]), _present),
    "dependencies.vulnerabilities": Replayed(frozenset(["max_severity", "unscored_as"]), _vulnerabilities),
    "expression": Replayed(frozenset(["assert", "and_assert"]), _expression, reads=frozenset(["assert", "and_assert"])),
}
