"""A figure that only the card declares, against the limit of a rule: it can break the limit, and never meet it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.checks.cards.evidence import cards_of, evidence_of, place_of
from govern.checks.cards.metrics import Figure, canonical_metric, figure_of, is_share
from govern.diagnostics import InputError, plain
from govern.policy.outcomes import CheckResult, Finding, Outcome

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.checks.performance.params import ThresholdParams
    from govern.evidence.cards import Card

__all__ = ["judged_by_card"]

_OF_GROUPS = ("demographic", "equalized")
"""Beginnings of metrics that compare groups: one attribute that breaks the limit breaks it."""
_MOST_FINDINGS = 50


def judged_by_card(params: ThresholdParams, context: CheckContext, nothing: CheckResult) -> CheckResult:
    """Say what the card's own figures come to where nothing was measured; `nothing` says that.

    A figure that breaks the limit fails the rule: its author says so. One that meets it is a claim, and missing
    evidence as before, as is one that cannot be read.
    """
    try:
        card = cards_of(context).card
    except InputError:
        return nothing  # an unreadable card says nothing; rules about cards say where
    figures = [] if card is None else list(_figures(params, card))
    if card is None or not figures:
        return nothing
    broken = [item for item in figures if _breaks(params, item)]
    shown = [_broken(params, item) for item in broken] or [_claimed(params, item) for item in figures]
    found = (*shown[:_MOST_FINDINGS], *nothing.findings) if broken else (*nothing.findings, *shown[:_MOST_FINDINGS])
    worst = plain(broken[0].declared.raw) if broken else None
    return CheckResult(
        outcome=Outcome.FAIL if broken else Outcome.MISSING_EVIDENCE,
        summary=f"{params.metric} is {worst} by the card's own word ({params.required} asked)."
        if broken
        else f"No {params.metric} was measured: the card declares one, which is no evidence.",
        findings=found,
        evidence=evidence_of(context, card),
        observed=worst,
        required=params.required,
        fields={"metric": params.metric, "value": worst or "not measured", "n": "not stated"},
        facts=_facts(figures),
    )


def _figures(params: ThresholdParams, card: Card) -> Iterator[Figure]:
    """The card's figures of the rule's metric, on the data it asks for."""
    wanted = canonical_metric(params.metric)
    for declared in dict.fromkeys(card.metrics):
        figure = figure_of(declared)
        if figure.metric != wanted or (declared.slice is not None and not wanted.startswith(_OF_GROUPS)):
            continue
        asked = ((params.dataset, declared.dataset), (params.split, declared.split))
        if all(want is None or said is None or want == said for want, said in asked):
            yield figure


def _breaks(params: ThresholdParams, figure: Figure) -> bool:
    value = figure.written
    if value is None or (figure.declared.unit is None and is_share(figure.metric)):
        return False
    return not params.met(Fraction(value))


def _broken(params: ThresholdParams, figure: Figure) -> Finding:
    return Finding(
        code="E140",
        detail=f"{params.metric} is {plain(figure.declared.raw)} in the card",
        observed=plain(figure.declared.raw),
        required=params.required,
        location=place_of(figure.declared.locator),
        discriminator=f"{params.metric}:card",
    )


def _claimed(params: ThresholdParams, figure: Figure) -> Finding:
    declared = figure.declared
    code, why = "E254", "nobody can measure it again from this bundle"
    if declared.value is None:
        code, why = "E255", "it is not a plain number"
    elif declared.unit is None and is_share(figure.metric):
        code, why = "E256", "it has no unit: percent, or a fraction of one"
    return Finding(
        code=code,
        detail=f"{params.metric} is {plain(declared.raw)} in the card, which is a claim: {why}",
        observed=plain(declared.raw),
        required=params.required,
        location=place_of(declared.locator),
        remediation="Add predictions, or a metrics file, to the bundle.",
        discriminator=f"{params.metric}:{declared.locator.file}:{declared.locator.pointer or declared.locator.line}",
    )


def _facts(figures: list[Figure]) -> Json:
    """What was declared: with it a stored result shows that another limit may come to another answer."""
    return {"kind": "card-figures", "figures": [item.declared.raw for item in figures]}
