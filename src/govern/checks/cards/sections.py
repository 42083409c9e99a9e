"""Check kinds `model_card.*`: is there a card, does each required section say something, are placeholders left.

A card is prose of the party that gains by it, so it is evidence of grade E0; numbers in it are claims.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.checks.cards.evidence import cards_of, disagreements, evidence_of, place_of, ready_card
from govern.checks.cards.params import LEAST_WORDS, PlaceholdersParams, PresentParams, SectionsParams
from govern.checks.context import CheckContext, Root
from govern.checks.interface import Check
from govern.policy.interface import CheckParams, CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Cards, Verdict

__all__ = ["CHECKS", "card_root"]

_MOST_FINDINGS = 100
_STATE_CODES = {
    "absent": "E210",
    "stub": "E211",
    "placeholder": "E212",
    "too_short": "E213",
    "missing_facts": "E214",
}
_IN_METADATA = frozenset(["licence", "training_data"])
"""Sections that front matter alone can make complete: unknown, not absent, when it cannot be read."""


def card_root(context: CheckContext) -> Root | None:
    """Give the root `card` of expressions, or None when the bundle has no card. Raises InputError as reading does."""
    from govern.evidence.cards import Need, judge

    card = cards_of(context).card
    if card is None:
        return None
    states = {
        name: judge(name, section, Need(LEAST_WORDS.get(name, LEAST_WORDS["default"])))
        for name, section in card.sections.items()
    }
    value = {
        "owners": [claim.value for claim in card.owners],
        "license": [claim.value for claim in card.licences],
        "base_models": [claim.value for claim in card.base_models],
        "datasets": [claim.value for claim in card.datasets],
        "sections": {name: {"state": item.state.value, "words": item.words} for name, item in states.items()},
    }
    return Root(value, evidence_of(context, card))


def _present(params: PresentParams, context: CheckContext) -> CheckResult:
    from govern.evidence.cards import total_words

    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    card = ready.card
    refused = [source for source in card.sources if source.format not in params.formats]
    if len(refused) == len(card.sources) or not card.recognised:
        what = f"the card is of format {refused[0].format}" if refused else "nothing in the card was recognised"
        finding = Finding(
            code="E202",
            detail=what,
            observed=card.sources[0].format,
            required=", ".join(params.formats),
            location=Location(card.sources[0].file),
            remediation="Write the card in Markdown, or map its fields in the policy.",
            discriminator="format",
        )
        outcome = Outcome.FAIL if card.recognised else Outcome.INCONCLUSIVE
        findings = (finding, *ready.notes)
        return CheckResult(outcome=outcome, summary=f"{what}.", findings=findings, evidence=ready.evidence)
    words = total_words(card.text)
    enough = words >= params.min_words
    short = Finding(
        code="E213",
        detail="the card says too little",
        observed=f"{words} words",
        required=f">= {params.min_words} words",
        location=Location(card.sources[0].file, 1),
        remediation="Fill the card: template text and placeholders do not count as words.",
        discriminator="words",
    )
    named = ", ".join(source.file for source in card.sources)
    return CheckResult(
        outcome=Outcome.PASS if enough else Outcome.FAIL,
        summary=f"Model card {named} has {words} words.",
        findings=(*(() if enough else (short,)), *disagreements(card), *ready.notes),
        evidence=ready.evidence,
        observed=f"{words} words",
        required=f">= {params.min_words} words",
        holds=ready.holds,
    )


def _sections(params: SectionsParams, context: CheckContext) -> CheckResult:
    cards = cards_of(context, params)
    ready = ready_card(params, context, cards)
    if isinstance(ready, CheckResult):
        return ready
    verdicts = _verdicts(params, context, ready.card)
    asked = [item for item in verdicts if item.section in params.required]
    unsettled = [item for item in asked if not item.settled]
    done = len(asked) - len(unsettled)
    summary = f"{done} of {len(asked)} required sections are complete"
    if unsettled:
        summary += ": " + ", ".join(f"{item.section} is {item.state.words}" for item in unsettled)
    findings = tuple(_incomplete(item, params, ready.card) for item in unsettled)
    return CheckResult(
        outcome=_outcome(unsettled, ready.card),
        summary=f"{summary}.",
        findings=(*findings, *_owner_accounts(ready.card, params), *disagreements(ready.card), *ready.notes),
        evidence=ready.evidence,
        observed=f"{done} of {len(asked)} complete",
        required=f"{len(asked)} of {len(asked)} complete",
        fields={
            "sections.complete": str(done),
            "sections.required": str(len(asked)),
            "sections.incomplete": ", ".join(item.section for item in unsettled) or "none",
        },
        holds=ready.holds,
        facts=_scorecard(verdicts, params, cards),
    )


def _verdicts(params: SectionsParams, context: CheckContext, card: Card) -> list[Verdict]:
    """Judge every required section and every other one that the card has, in the order of the card's policy."""
    from govern.evidence.cards import Need, judge
    from govern.evidence.cards.facts import missing_fact

    declared = context.bundle.record.spec.groups
    groups = tuple(declared.attributes or ()) if declared else ()
    order = [*params.required, *sorted(set(card.sections) - set(params.required))]
    verdicts = []
    for name in dict.fromkeys(order):
        words = params.min_words.get(name, params.min_words["default"])
        need = Need(words, allow_not_applicable=name in params.allow_not_applicable)
        section = card.sections.get(name)
        verdict = judge(name, section, need)
        if section is not None and verdict.settled and name in params.facts:
            missing = missing_fact(params.facts[name], section, verdict, card, groups)
            verdict = judge(name, section, need, missing_fact=missing)
        verdicts.append(verdict)
    return verdicts


def _outcome(unsettled: Sequence[Verdict], card: Card) -> Outcome:
    if not unsettled:
        return Outcome.PASS
    if not card.recognised:
        return Outcome.INCONCLUSIVE
    if card.metadata_unreadable and all(item.state == "absent" and item.section in _IN_METADATA for item in unsettled):
        return Outcome.ERROR
    return Outcome.FAIL


def _incomplete(verdict: Verdict, params: SectionsParams, card: Card) -> Finding:
    from govern.evidence.cards.template import heading_of, hint_of

    name = verdict.section
    words = params.min_words.get(name, params.min_words["default"])
    heading, hint = heading_of(name), hint_of(name)
    return Finding(
        code=_STATE_CODES[verdict.state.value],
        detail=f"section '{name}' is {verdict.state.words}: {verdict.missing}",
        observed=f"{verdict.state.words} ({verdict.words} words)",
        required=f"complete, {words} words or more",
        location=place_of(verdict.locator) or Location(card.sources[0].file),
        remediation=f"Write under a heading '## {heading}'{': ' + hint if hint else '.'}",
        discriminator=f"section:{name}",
    )


def _owner_accounts(card: Card, params: SectionsParams) -> tuple[Finding, ...]:
    """Warn when the only owner is one lower-case word or handle: an account of a platform, not a name."""
    names = [claim for claim in card.owners if claim.value]
    if "owner" not in params.required or not names:
        return ()
    if any(" " in claim.value or claim.value != claim.value.lower() for claim in names):
        return ()
    return (
        Finding(
            code="E216",
            detail=f"the owner '{names[0].value}' looks like an account name",
            location=place_of(names[0].locator),
            remediation="Name a person or a team.",
            discriminator="owner-account",
        ),
    )


def _scorecard(verdicts: Sequence[Verdict], params: SectionsParams, cards: Cards) -> Json:
    return {
        "kind": "card-scorecard",
        "sections": [
            {
                "id": item.section,
                "state": item.state.value,
                "words": item.words,
                "file": item.locator.file if item.locator else None,
                "line": item.locator.line if item.locator else None,
                "pointer": item.locator.pointer if item.locator else None,
                "required": item.section in params.required,
                "missing": item.missing,
            }
            for item in verdicts
        ],
        "placeholders": 0 if cards.card is None else len(cards.card.placeholders),
        "looked": [
            {"file": item.file, "used": item.used, "format": item.format, "why": item.why} for item in cards.looked
        ],
    }


def _placeholders(params: PlaceholdersParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    left = ready.card.placeholders
    findings = [
        Finding(
            code="E217",
            detail=f"placeholder left: {item.text}",
            location=place_of(item.locator),
            remediation="Write the text, or take the heading out.",
            discriminator=f"placeholder:{item.text}:{index}",
        )
        for index, item in enumerate(left[:_MOST_FINDINGS])
    ]
    if len(left) > _MOST_FINDINGS:
        more = f"{len(left) - _MOST_FINDINGS} more placeholders are left"
        findings.append(Finding(code="E217", detail=more, discriminator="placeholders:more"))
    # Text in which no section can be recognised has no placeholders in the way an empty page has none.
    silent = not ready.card.sections
    unsure = silent or not ready.card.recognised
    if silent and not left:
        text = "no section can be recognised in the card"
        findings.append(Finding(code="E217", detail=text, remediation="Write the card.", discriminator="silent"))
    outcome = Outcome.PASS if len(left) <= params.at_most else Outcome.FAIL
    return CheckResult(
        outcome=Outcome.INCONCLUSIVE if unsure and outcome is Outcome.PASS else outcome,
        summary=f"{len(left)} placeholders are left in the model card"
        + (", in which no section can be recognised." if silent else "."),
        findings=(*findings, *ready.notes),
        evidence=ready.evidence,
        observed=str(len(left)),
        required=f"<= {params.at_most}",
        holds=ready.holds,
    )


def _card_needed(_params: CheckParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


def _section_needs(params: SectionsParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card", tuple(f"card.sections.{name}" for name in params.required)),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.present",
            version=1,
            summary="A model card of an accepted format is readable and has enough words.",
            cannot_show="Whether what the card says is true.",
            params=PresentParams,
            needs=_card_needed,
            default_remediation="Add a model card to the bundle.",
        ),
        _present,
    ),
    Check(
        CheckSpec(
            kind="model_card.sections",
            version=1,
            summary="Every required section of the model card says something and holds the facts asked of it.",
            cannot_show="Whether what the card says is true, or fits this model.",
            params=SectionsParams,
            needs=_section_needs,
            message_fields=("sections.complete", "sections.required", "sections.incomplete"),
            default_remediation="Write the sections that are not complete.",
        ),
        _sections,
    ),
    Check(
        CheckSpec(
            kind="model_card.placeholders",
            version=1,
            summary="No more placeholders than allowed are left anywhere in the model cards.",
            cannot_show="Text that a template suggested in other words than those known.",
            params=PlaceholdersParams,
            needs=_card_needed,
            default_remediation="Replace the placeholders by text, or take their headings out.",
        ),
        _placeholders,
    ),
)
