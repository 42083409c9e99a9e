"""Check kind `model_card.fields`: fields of the normalised card are there, match, and are among accepted values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.checks.cards.evidence import cards_of, disagreements, place_of, ready_card
from govern.checks.cards.rule_params import FieldsParams
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.diagnostics import plain
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.policy.patterns import matches

if TYPE_CHECKING:
    from govern.evidence.cards.normalised import NormalisedCard, Value

__all__ = ["CHECKS"]

_MOST_FINDINGS = 100


def _evaluate(params: FieldsParams, context: CheckContext) -> CheckResult:
    from govern.evidence.cards.normalised import normalised

    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    card = normalised(ready.card)
    absent = list(_absent(params, card))
    wrong = list(_wrong(params, card))
    asked = len({*params.required, *params.patterns, *params.allowed})
    unread = ready.card.metadata_unreadable or not ready.card.recognised
    if not asked:
        outcome, summary = Outcome.INCONCLUSIVE, "The rule names no field of the card."
        absent = [Finding(code="E240", detail="the rule names no field", discriminator="no-field")]
    elif absent and not wrong and unread:
        # What stands in a part that could not be read is unknown, not absent.
        outcome = Outcome.ERROR if ready.card.metadata_unreadable else Outcome.INCONCLUSIVE
        summary = f"{len(absent)} fields are unknown: part of the card could not be read."
    else:
        outcome = Outcome.FAIL if absent or wrong else Outcome.PASS
        summary = f"{len(absent)} of {asked} fields are absent, {len(wrong)} values are not as asked."
    findings = [*absent, *wrong]
    if len(findings) > _MOST_FINDINGS:
        more = Finding(code="E241", detail=f"{len(findings) - _MOST_FINDINGS} more", discriminator="more")
        findings = [*findings[:_MOST_FINDINGS], more]
    return CheckResult(
        outcome=outcome,
        summary=summary,
        findings=(*findings, *disagreements(ready.card), *ready.notes),
        evidence=ready.evidence,
        observed=f"{len(absent)} absent, {len(wrong)} wrong",
        required="0 absent, 0 wrong",
        fields={"fields.absent": str(len(absent)), "fields.wrong": str(len(wrong))},
        holds=ready.holds,
    )


def _absent(params: FieldsParams, card: NormalisedCard) -> Iterator[Finding]:
    """A value that a pattern or list of accepted values speaks of must be there as well."""
    for pointer in sorted({*params.required, *params.patterns, *params.allowed}):
        lacking = _lacking(card, pointer)
        if lacking is None:
            continue
        yield Finding(
            code="E240",
            detail=f"the card has no value at {plain(lacking)}",
            observed="absent",
            required="a value",
            location=_place(card, lacking),
            remediation=f"Declare it in the card: {_how(pointer)}.",
            discriminator=f"absent:{pointer}",
        )


def _lacking(card: NormalisedCard, pointer: str) -> str | None:
    """Give the first pointer that leads to no value; a `*` asks it of every member, and of one at least."""
    from govern.evidence.cards.normalised import values_at

    before, star, after = pointer.partition("/*")
    held = values_at(card.document, before)
    if not held:
        return pointer
    if not star:
        return None
    value = held[0].value
    keys = list(value) if isinstance(value, Mapping) else range(len(value)) if isinstance(value, Sequence) else []
    if isinstance(value, str) or not keys:
        return pointer
    for key in keys:
        lacking = _lacking(card, f"{before}/{str(key).replace('~', '~0').replace('/', '~1')}{after}")
        if lacking is not None:
            return lacking
    return None


def _wrong(params: FieldsParams, card: NormalisedCard) -> Iterator[Finding]:
    for pointer, pattern in params.patterns.items():
        for item in _leaves(card, pointer):
            if not isinstance(item.value, str) or not matches(pattern, item.value):
                yield _finding(card, item, "E241", "does not match", f"matches {pattern}", f"pattern:{pointer}")
    for pointer, accepted in params.allowed.items():
        for item in _leaves(card, pointer):
            if _shown(item.value) not in accepted:
                asked = f"one of {', '.join(accepted)}"
                yield _finding(card, item, "E242", "is not accepted", asked, f"allowed:{pointer}")


def _leaves(card: NormalisedCard, pointer: str) -> Iterator[Value]:
    """The single values at a pointer: of a list each item, so that a second one cannot hide behind the first."""
    from govern.evidence.cards.normalised import values_at

    for item in values_at(card.document, pointer):
        if isinstance(item.value, str) or not isinstance(item.value, Sequence):
            yield item
        else:
            yield from values_at(card.document, f"{item.pointer}/*")


def _finding(card: NormalisedCard, item: Value, code: str, what: str, required: str, discriminator: str) -> Finding:
    shown = plain(_shown(item.value))
    return Finding(
        code=code,
        detail=f"{plain(item.pointer)} {what}: {shown}",
        observed=shown,
        required=plain(required),
        location=_place(card, item.pointer),
        remediation="Correct the card.",
        discriminator=f"{discriminator}:{item.pointer}",
    )


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else "not a single value"


def _place(card: NormalisedCard, pointer: str) -> Location:
    place = place_of(card.place(pointer))
    if place is not None:
        return place
    sources = card.document["sources"]
    first = sources[0] if isinstance(sources, Sequence) and sources else None
    return Location(str(first["file"]) if isinstance(first, Mapping) else "model card", 1)


def _how(pointer: str) -> str:
    """Where an author writes a field."""
    name = pointer.split("/")[1]
    words = {
        "identity": "model_name, version and date in its front matter",
        "owners": "a line '**Developed by:** ...'",
        "contacts": "a line '**Contact:** ...'",
        "license": "license in its front matter",
        "base_models": "base_model in its front matter",
        "languages": "language in its front matter",
        "sections": "text under the section's heading",
        "datasets": "datasets in its front matter",
        "metrics": "a table of results, with the data set of each",
    }
    return words.get(name, "where the reference of the normalised card says")


def _needs(_params: FieldsParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.fields",
            version=1,
            summary="The normalised card holds the fields asked for, matching their patterns and accepted values.",
            cannot_show="Whether what the card declares is true.",
            params=FieldsParams,
            needs=_needs,
            message_fields=("fields.absent", "fields.wrong"),
            default_remediation="Declare the fields in the card.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
