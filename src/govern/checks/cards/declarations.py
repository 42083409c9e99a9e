"""How a card declares its licence: the one reading of all that it declares, or what stands in the way of one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.checks.cards.evidence import place_of
from govern.checks.cards.licence_statements import (
    FEW_WORDS,
    is_declared,
    licence_claims,
    licence_files,
    licence_statements,
    reading_of,
)
from govern.checks.cards.statements import Statement, other_side, where
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.policy.outcomes import Finding, Location, Outcome
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.cards import Card, Claim
    from govern.security.licences import Reading

__all__ = [
    "Problem",
    "claim_finding",
    "declarations",
    "declared_licence",
    "problems_of_declaration",
    "undeclared",
    "unreadable",
]


@record
class Problem:
    """A finding and what it makes of the rule."""

    outcome: Outcome
    finding: Finding
    also: Finding | None = None
    """The same at the other place that it speaks of."""


def declarations(card: Card) -> list[Claim]:
    """What declares a licence: metadata where there is any, else the text under labels and headings."""
    held = licence_claims(card)
    declared = [claim for claim in held if is_declared(claim)]
    text = [claim for claim in held if not is_declared(claim)]
    said = [claim for claim in text if reading_of(claim).state == "named"]
    found = declared or said or [claim for claim in text if len(claim.value.split()) <= FEW_WORDS]
    return [claim for claim in found if reading_of(claim).state != "undeclared"]


def declared_licence(card: Card) -> Reading | None:
    """The one reading of all declarations; None when there is none, or they are not one licence."""
    from govern.security.licences import Reading

    made: set[Reading] = set()
    for claim in declarations(card):
        reading = reading_of(claim)
        if reading.state == "other":
            reading = _other(card)
        made.add(Reading(reading.state, reading.expression))
    if len(made) != 1:
        return None
    (one,) = made
    return one if one.state == "named" else None


def _other(card: Card) -> Reading:
    """The hub's `other`: a name that is known, or a name of its own with a link."""
    from govern.security.licences import Reading, read_licence

    if card.licence_name is None or card.licence_link is None:
        return Reading("unknown")
    named = read_licence(card.licence_name.value)
    if named.state == "named" and named.exact:
        return named
    words = "".join(char if char.isascii() and char.isalnum() else "-" for char in card.licence_name.value[:60])
    return Reading("named", f"LicenseRef-{'-'.join(filter(None, words.split('-'))) or 'other'}")


def problems_of_declaration(card: Card, context: CheckContext) -> Iterator[Problem]:
    """What is wrong with how the licence is declared."""
    by_file: dict[str, list[Claim]] = {}
    for claim in declarations(card):
        by_file.setdefault(claim.locator.file, []).append(claim)
        state = reading_of(claim).state
        if state == "unknown":
            finding = claim_finding(
                "E247",
                f"'{plain(claim.value)}' is no licence that is known here",
                claim,
                "Write an SPDX identifier or expression, e.g. Apache-2.0.",
            )
            yield Problem(Outcome.INCONCLUSIVE, finding)
        elif state == "other" and (card.licence_name is None or card.licence_link is None):
            lacking = " and ".join(
                name
                for name, held in (("license_name", card.licence_name), ("license_link", card.licence_link))
                if held is None
            )
            text = f"the licence is 'other', without {lacking}"
            yield Problem(Outcome.MISSING_EVIDENCE, claim_finding("E249", text, claim, f"Add {lacking} beside it."))
    for file, claims in sorted(by_file.items()):
        expressions = {reading_of(claim).expression or claim.value for claim in claims}
        if len(expressions) > 1 and all(is_declared(claim) for claim in claims):
            text = (
                f"{plain(file)} lists {', '.join(sorted(map(plain, expressions))[:10])} without AND or OR between them"
            )
            yield Problem(
                Outcome.FAIL,
                claim_finding(
                    "E247", text, claims[0], "Write one SPDX expression: MIT OR Apache-2.0, MIT AND CC-BY-4.0."
                ),
            )
    yield from _contradictions(card, context)


def _contradictions(card: Card, context: CheckContext) -> Iterator[Problem]:
    """Two places that declare different licences; no card wins silently."""
    seen: dict[frozenset[str] | None, Statement] = {}
    heard = list(licence_statements(card, context))
    yield from (_unread(item) for item in heard if item.key is None and item.place.pointer is None)
    said = [item for item in heard if item.key is not None]
    for item in sorted(said, key=lambda one: (one.place.file, one.place.line or 0, one.said)):
        if item.key in seen:
            continue
        other = next(iter(seen.values()), None)
        seen[item.key] = item
        if other is None:
            continue
        finding = Finding(
            code="E243",
            detail=f"the cards declare {other.said} ({where(other.place)}) and {item.said} ({where(item.place)})",
            observed=item.said,
            required=other.said,
            location=other.place,
            remediation="Make them agree: nobody can know which one holds.",
            discriminator=f"licences:{other.place.file}:{item.place.file}",
        )
        yield Problem(Outcome.FAIL, finding, other_side(finding, item.place))


def _unread(item: Statement) -> Problem:
    """What a card says below its licence heading and nobody here can read may take back what it declares."""
    finding = Finding(
        code="E244",
        detail=f"the {item.by} says {item.said} ({where(item.place)}) of its licence: {item.why}",
        observed=item.said,
        location=item.place,
        remediation="Write an SPDX identifier there, and restrictions as a licence of their own.",
        discriminator=f"said:{item.place.file}:{item.place.line}",
    )
    return Problem(Outcome.INCONCLUSIVE, finding)


def unreadable(card: Card) -> Problem:
    """Say that the front matter, and with it the licence, is unknown."""
    finding = Finding(
        code="E246",
        detail="the front matter cannot be read, so the licence that it declares is unknown",
        location=Location(card.sources[0].file, 1),
        remediation="Correct the front matter; the finding beside this one says where.",
        discriminator="unreadable",
    )
    return Problem(Outcome.ERROR, finding)


def undeclared(card: Card, context: CheckContext) -> Problem:
    """Say that no licence is declared, also where a licence text lies beside the card."""
    held = [item.file for item in licence_files(context, card)]
    beside = f"; {', '.join(map(plain, held))} beside it does not say that it is the model's" if held else ""
    finding = Finding(
        code="E246",
        detail=f"no licence is declared{beside}",
        observed="not declared",
        required="a licence",
        location=Location(card.sources[0].file, 1),
        remediation="Declare it in the card's front matter: license: apache-2.0.",
        discriminator="undeclared",
    )
    return Problem(Outcome.MISSING_EVIDENCE, finding)


def claim_finding(code: str, detail: str, claim: Claim, remediation: str) -> Finding:
    """Make a finding about one declaration."""
    return Finding(
        code=code,
        detail=detail,
        observed=plain(claim.value),
        location=place_of(claim.locator),
        remediation=remediation,
        discriminator=f"{code}:{claim.locator.file}:{claim.locator.pointer or ''}",
    )
