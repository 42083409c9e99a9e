"""What every `model_card.*` rule asks first: the cards, and whether they are bound, graded and fresh as demanded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.binding import envelope_of
from govern.checks.cards.params import SectionsParams
from govern.checks.context import CheckContext
from govern.checks.predictions import finding_of, not_of_the_future
from govern.diagnostics import Diagnostic, Span
from govern.policy.interface import CheckParams
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Cards, Locator

__all__ = ["Ready", "cards_of", "disagreements", "evidence_of", "place_of", "ready_card"]


def cards_of(context: CheckContext, params: SectionsParams | None = None) -> Cards:
    """All cards of the bundle, read once a run for each way of reading them."""

    from govern.evidence.cards import read_cards

    aliases = dict(params.aliases) if params else {}
    mapping = dict(params.mapping) if params else {}
    languages = params.languages if params else None
    key = ("model_card", tuple(sorted(aliases.items())), tuple(sorted(mapping.items())), languages)
    return context.once(key, lambda: read_cards(context.bundle, aliases=aliases, mapping=mapping, languages=languages))


@record
class Ready:
    """A card that may be judged: its evidence, and until when that holds."""

    card: Card
    evidence: tuple[EvidenceRef, ...]
    notes: tuple[Finding, ...]
    holds: tuple[Holds, ...]


def ready_card(params: CheckParams, context: CheckContext, cards: Cards) -> Ready | CheckResult:
    """Ask what every card rule asks first: is there a card, is it bound, graded and fresh as demanded."""
    notes = tuple(finding for item in cards.diagnostics for finding in _noted(item))
    if cards.card is None:
        finding = Finding(
            code="E201",
            detail="the bundle has no model card",
            required="a model card",
            remediation="Add MODEL_CARD.md, a README.md with the sections of a card, or name the file in govern.yaml "
            "under spec.cards.",
            discriminator="card",
        )
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE, summary="There is no model card.", findings=(finding, *notes)
        )
    evidence = evidence_of(context, cards.card)
    faults = _of_another(context, cards.card) + _unbound(params, evidence) + _ungraded(params, evidence)
    holds = _dated(context, cards.card)
    if params.max_age is not None:
        dated = _freshness(params.max_age, context, cards.card)
        if isinstance(dated, Finding):
            faults = (*faults, dated)
        else:
            holds = (*holds, dated)
    if faults:
        return CheckResult(
            outcome=Outcome.MISSING_EVIDENCE,
            summary=f"The model card cannot be used as evidence: {faults[0].detail}.",
            findings=(*faults, *notes),
            evidence=evidence,
        )
    return Ready(cards.card, evidence, notes, holds)


def evidence_of(context: CheckContext, card: Card) -> tuple[EvidenceRef, ...]:
    """Name every card that was read; bound only when its envelope names this model and data by digest."""
    found = []
    for source in card.sources:
        envelope = envelope_of(context, source.file)
        bound = envelope is not None and envelope.bound
        found.append(EvidenceRef(name="model_card", file=source.file, digest=source.digest, bound=bound))
    return tuple(found)


def _of_another(context: CheckContext, card: Card) -> tuple[Finding, ...]:
    """The cards whose envelopes say that they are of another model, or of other data."""
    envelopes = [(source.file, envelope_of(context, source.file)) for source in card.sources]
    refusals = [item.refusal(f"the words of {file}") for file, item in envelopes if item is not None]
    return tuple(finding_of(item) for item in refusals if item is not None)


def _dated(context: CheckContext, card: Card) -> tuple[Holds, ...]:
    envelopes = [envelope_of(context, source.file) for source in card.sources]
    return tuple(not_of_the_future("model cards", item.produced_at) for item in envelopes if item is not None)


def _unbound(params: CheckParams, evidence: Sequence[EvidenceRef]) -> tuple[Finding, ...]:
    loose = [item for item in evidence if not item.bound] if params.bound else []
    return tuple(
        Finding(
            code="E108",
            detail=f"the card {item.file} does not say by digest which model and data it speaks of",
            required="bound evidence",
            location=Location(item.file),
            remediation="Add an evidence envelope for the card and name it in the model record.",
            discriminator=f"unbound:{item.file}",
        )
        for item in loose
    )


def _ungraded(params: CheckParams, evidence: Sequence[EvidenceRef]) -> tuple[Finding, ...]:
    if params.min_grade == "E0":
        return ()
    finding = Finding(
        code="E215",
        detail="a model card is declared by people: evidence of grade E0",
        observed="E0",
        required=f">= {params.min_grade}",
        location=Location(evidence[0].file),
        remediation="Ask for a higher grade of records that tools write or builders sign, not of a card.",
        discriminator="grade",
    )
    return (finding,)


def _freshness(max_age: str, context: CheckContext, card: Card) -> Holds | Finding:
    """Until when the card is fresh, by its envelope's time or its own date; a finding when it has neither."""
    from govern.canonical import instant_text, parse_instant
    from govern.policy.durations import add

    declared = card.identity.date
    written = None if declared is None else f"{declared.value}T00:00:00Z"
    envelopes = [envelope_of(context, source.file) for source in card.sources]
    dates = [written if envelope is None else envelope.produced_at for envelope in envelopes]
    try:
        ends = [add(parse_instant(text), max_age) for text in dates if text is not None]
    except ValueError:
        ends = []
    if len(ends) < len(dates) or not ends:
        return Finding(
            code="E110",
            detail="the card does not say when it was written",
            required=f"at most {max_age} old",
            location=Location(card.sources[0].file),
            remediation="Give the card a date (YYYY-MM-DD) in its front matter.",
            discriminator="undated",
        )
    reason = f"model card older than {max_age}"
    return Holds(otherwise=Outcome.MISSING_EVIDENCE, reason=reason, until=instant_text(min(ends)))


def place_of(locator: Locator | None) -> Location | None:
    """Give the place of a locator as a finding shows it."""
    return None if locator is None else Location(locator.file, locator.line, None, locator.pointer)


def _noted(item: Diagnostic) -> Iterator[Finding]:
    """A diagnostic as a finding, and one more at each other place that it names: whoever opens that line sees it."""
    also = "".join(f"; {related.message} ({related.span})" for related in item.related)
    yield _note(item, f"{item.message}{also}", item.span, item.slug)
    for number, related in enumerate(item.related):
        detail = f"{related.message}: {item.message} ({item.span})"
        yield _note(item, detail, related.span, f"{item.slug}:related:{number}")


def _note(item: Diagnostic, detail: str, span: Span | None, discriminator: str) -> Finding:
    where = None if span is None else Location(span.file, span.line, span.column)
    return Finding(code=item.code, detail=detail, location=where, remediation=item.hint, discriminator=discriminator)


def disagreements(card: Card) -> tuple[Finding, ...]:
    """Cards that contradict each other are shown by every card rule; judging it is `model_card.consistent`."""
    found = []
    for conflict in card.conflicts:
        said = ", ".join(f"{claim.value} ({_where(claim.locator)})" for claim in conflict.claims)
        found.append(
            Finding(
                code="E208",
                detail=f"the cards disagree on {conflict.field}: {said}",
                location=place_of(conflict.claims[0].locator),
                remediation="Make the cards agree, or keep one.",
                discriminator=f"conflict:{conflict.field}",
            )
        )
    return tuple(found)


def _where(locator: Locator) -> str:
    return f"{locator.file}:{locator.line}" if locator.line else f"{locator.file}{locator.pointer or ''}"
