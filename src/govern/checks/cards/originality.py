"""Check kind `model_card.original`: no section's text is the text of another section or of another model's card."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.canonical import sha256_hex
from govern.checks.cards.evidence import cards_of, place_of, ready_card
from govern.checks.cards.rule_params import OriginalParams
from govern.checks.cards.statements import where
from govern.checks.context import CheckContext
from govern.checks.interface import Check
from govern.policy.interface import CheckSpec, EvidenceNeed
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Passage

__all__ = ["CHECKS"]

_NAMES = frozenset(["contact", "licence", "owner"])
"""Sections that hold names, which are rightly the same in many places."""
_MOST_FINDINGS = 100


@record
class _Text:
    """The text of one section in one card, by its hash: texts are compared and never kept."""

    section: str
    digest: str
    place: Location


def _evaluate(params: OriginalParams, context: CheckContext) -> CheckResult:
    ready = ready_card(params, context, cards_of(context))
    if isinstance(ready, CheckResult):
        return ready
    texts = list(_texts(ready.card))
    copies = list(_copies(texts, params))
    findings = [_copied(later, earlier) for later, earlier in copies[:_MOST_FINDINGS]]
    outcome = Outcome.PASS if len(copies) <= params.max_equal else Outcome.FAIL
    summary = f"{len(copies)} of {len(texts)} sections repeat the text of another one."
    if not texts:
        findings.append(_nothing(ready.card))
        outcome, summary = Outcome.MISSING_EVIDENCE, "No section of the card has a text to compare."
    elif outcome is Outcome.PASS and params.against == "fleet":
        # Texts of other models are known to a ledger by their hashes, and no check sees a ledger.
        findings.append(_no_fleet(ready.card))
        outcome = Outcome.MISSING_EVIDENCE
        summary += " The cards of other models are not known here."
    return CheckResult(
        outcome=outcome,
        summary=summary,
        findings=(*findings, *ready.notes),
        evidence=ready.evidence,
        observed=str(len(copies)),
        required=f"<= {params.max_equal}",
        fields={"sections.copied": str(len(copies)), "sections.compared": str(len(texts))},
        holds=ready.holds,
    )


def _texts(card: Card) -> Iterator[_Text]:
    """The text of each section, card by card, after template text and placeholders are cut."""
    from govern.evidence.cards import Need, judge
    from govern.evidence.cards.words import casefolded

    for name, section in sorted(card.sections.items()):
        if name in _NAMES:
            continue
        by_file: dict[str, list[Passage]] = {}
        for passage in judge(name, section, Need(1)).text:
            # Metadata holds names only, and a heading that claims two sections gives both the same text rightly.
            if passage.origin != "metadata" and not passage.shared:
                by_file.setdefault(passage.locator.file, []).append(passage)
        for passages in by_file.values():
            text = casefolded("\n".join(item.text for item in passages))
            place = place_of(passages[0].locator)
            if text and place is not None:
                yield _Text(name, sha256_hex(text.encode()), place)


def _copies(texts: list[_Text], params: OriginalParams) -> Iterator[tuple[_Text, _Text]]:
    """Pairs of sections with one text; the same section in two cards of one model is no copy."""
    seen: dict[str, list[_Text]] = {}
    for item in sorted(texts, key=lambda one: (one.place.file, one.place.line or 0, one.place.pointer or "")):
        earlier = next(
            (
                one
                for one in seen.get(item.digest, ())
                if one.section != item.section
                and one.place != item.place
                and (params.against != "card" or one.place.file == item.place.file)
            ),
            None,
        )
        seen.setdefault(item.digest, []).append(item)
        if earlier is not None:
            yield item, earlier


def _copied(later: _Text, earlier: _Text) -> Finding:
    return Finding(
        code="E258",
        detail=f"section '{later.section}' ({where(later.place)}) has the text of section '{earlier.section}' "
        f"({where(earlier.place)})",
        location=later.place,
        remediation=f"Write what belongs under '{later.section}'.",
        discriminator=f"copied:{later.section}:{later.place.file}",
    )


def _nothing(card: Card) -> Finding:
    return Finding(
        code="E259",
        detail="no section of the card has a text to compare",
        location=Location(card.sources[0].file, 1),
        remediation="Write the sections of the card.",
        discriminator="no-text",
    )


def _no_fleet(card: Card) -> Finding:
    return Finding(
        code="E259",
        detail="whether the card repeats that of another model cannot be said: no texts of other models are known here",
        location=Location(card.sources[0].file, 1),
        remediation="Ask for `against: bundle`, or compare the fleet's cards where their hashes are.",
        discriminator="no-fleet",
    )


def _needs(_params: OriginalParams) -> tuple[EvidenceNeed, ...]:
    return (EvidenceNeed("card"),)


CHECKS: tuple[Check, ...] = (
    Check(
        CheckSpec(
            kind="model_card.original",
            version=1,
            summary="No more sections than allowed repeat the text of another section.",
            cannot_show="A text that was copied and changed in a word.",
            params=OriginalParams,
            needs=_needs,
            comes_to=(Outcome.PASS, Outcome.FAIL, Outcome.MISSING_EVIDENCE),
            message_fields=("sections.copied", "sections.compared"),
            default_remediation="Write each section in its own words.",
        ),
        _evaluate,
    ),
)
"""The family's kinds."""
