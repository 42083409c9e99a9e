"""Check kind `model_card.fresh`: the card was written for this version, after the last material change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from govern.checks.binding import envelope_of
from govern.checks.cards.evidence import Ready, cards_of, ready_card
from govern.checks.cards.gathering import statements_of
from govern.checks.cards.rule_params import FreshParams
from govern.checks.cards.statements import Statement, where
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card

__all__ = ["CHECKS"]

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.]{1,15}(?:Z|\+00:00)?)?")


def _evaluate(params: FreshParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    changed = _changed_on(context)
    dated = _dates(ready.card, context)
    older = list(_other_versions(ready, context))
    missing: list[Finding] = []
    if changed is None:
        missing.append(_no_change(context))
    if any(day is None for day, _statement in dated) or not dated:
        missing.append(_undated(ready.card, dated))
    if changed is not None:
        older += [_older(day, item, changed) for day, item in dated if day is not None and day < changed]
    outcome = Outcome.FAIL if older else Outcome.MISSING_EVIDENCE if missing else Outcome.PASS
    days = sorted(day.isoformat() for day, _statement in dated if day is not None)
    shown = days[0] if days else "undated"
    event = params.newer_than.replace("_", " ")
    asked = f">= {changed.isoformat()}" if changed is not None else f"not before the last {event}"
    summary = f"The card is {'of ' if days else ''}{shown} ({asked} asked)."
    if older:
        summary = f"The card does not speak of this version: {older[0].detail}."
    record = context.bundle.record_file
    refs = ready.evidence
    if record is not None:
        refs += (EvidenceRef(name="model_record", file=record, digest=context.bundle.files[record].sha256, bound=True),)
    return CheckResult(
        outcome=outcome,
        summary=summary,
        findings=(*older, *missing, *ready.notes),
        evidence=refs,
        observed=shown,
        required=asked,
        fields={"card.date": shown, "changed": changed.isoformat() if changed is not None else "not declared"},
        holds=(*ready.holds, *_not_before(dated)),
    )


def _not_before(dated: list[tuple[date | None, Statement | None]]) -> tuple[Holds, ...]:
    """A card of tomorrow was not written yet; a day is granted for time zones ahead of UTC."""
    days = [day for day, _statement in dated if day is not None]
    if not days or max(days) <= date.min + timedelta(days=1):
        return ()
    start = f"{(max(days) - timedelta(days=1)).isoformat()}T00:00:00Z"
    return (Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="the card's date lies ahead", start=start),)


def _changed_on(context: CheckContext) -> date | None:
    change = context.bundle.record.spec.change
    return _day(str(change.material_on)) if change is not None else None


def _day(text: str) -> date | None:
    """Read a day, or the day of an instant in UTC; None for anything else."""
    hit = _DAY.fullmatch(text.strip())
    try:
        return date.fromisoformat(hit[1]) if hit else None
    except ValueError:
        return None


def _dates(card: Card, context: CheckContext) -> list[tuple[date | None, Statement | None]]:
    """Every date that the cards declare; without one, the times at which envelopes say they were made."""
    declared = statements_of("date", card, context)
    if declared:
        return [(_day(item.said), item) for item in declared]
    envelopes = [envelope_of(context, source.file) for source in card.sources]
    return [(_day(item.produced_at) if item is not None else None, None) for item in envelopes]


def _other_versions(ready: Ready, context: CheckContext) -> Iterator[Finding]:
    """A version that a card names must be this one; a card that names none is judged by its date alone."""
    own = context.bundle.version
    for item in statements_of("version", ready.card, context):
        if item.by == "card" and item.key is not None and own.casefold() not in item.key:
            yield Finding(
                code="E257",
                detail=f"the card is of version {item.said} ({where(item.place)}), and this is version {plain(own)}",
                observed=item.said,
                required=plain(own),
                location=item.place,
                remediation="Write the card for this version.",
                discriminator=f"version:{item.place.file}",
            )


def _older(day: date, item: Statement | None, changed: date) -> Finding:
    place = item.place if item is not None else None
    return Finding(
        code="E257",
        detail=f"the card is of {day.isoformat()}, and the model changed materially on {changed.isoformat()}",
        observed=day.isoformat(),
        required=f">= {changed.isoformat()}",
        location=place,
        remediation="Read the card again, correct what changed, and date it.",
        discriminator=f"older:{place.file if place else 'envelope'}",
    )


def _undated(card: Card, dated: list[tuple[date | None, Statement | None]]) -> Finding:
    unread = next((item for day, item in dated if day is None and item is not None), None)
    text = "the card does not say when it was written"
    if unread is not None:
        text = f"the card's date '{unread.said}' is not a day such as 2026-03-31"
    return Finding(
        code="E110",
        detail=text,
        required="a date",
        location=unread.place if unread is not None else Location(card.sources[0].file, 1),
        remediation="Give the card a date (YYYY-MM-DD) in its front matter.",
        discriminator="undated",
    )


def _no_change(context: CheckContext) -> Finding:
    span = context.bundle.record_span("spec")
    return Finding(
        code="E259",
        detail="the model record does not say when the model last changed materially",
        required="spec.change.material_on",
        location=Location(span.file, span.line) if span is not None else None,
        remediation="Declare spec.change.material_on in the model record, for a first version the day it was made.",
        discriminator="no-change",
    )


def _needs(_params: FreshParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.fresh",
            version=1,
            summary="The card is not older than the last material change, and names no other version.",
            cannot_show="Whether anybody read the card again when its date was changed.",
            params=FreshParams,
            needs=_needs,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            message_fields=("card.date", "changed"),
            default_remediation="Bring the card up to date, and date it.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
