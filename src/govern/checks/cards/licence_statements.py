"""What cards, `MLmodel` and the licence files of a bundle say of the model's licence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from govern.checks.cards.beside import beside
from govern.checks.cards.statements import Statement, folded, place_said
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.records import record

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.cards import Card, Claim, Locator
    from govern.security.licences import Reading, TextMatch

__all__ = [
    "FEW_WORDS",
    "LicenceFile",
    "is_declared",
    "licence_claims",
    "licence_files",
    "licence_key",
    "licence_statements",
    "reading_of",
]

FEW_WORDS = 6
"""A licence in so many words is meant as a name; more are prose, in which not finding one says nothing."""
_MOST_CLAIMS = 200
"""More different ones are several licences whatever they are."""
_VERSION_OF_LLAMA = re.compile(r"(?<=^licenseref-llama)-[0-9.]+$")
"""The titles of these texts differ in a digit only, which normalised texts do not keep."""


@record
class LicenceFile:
    """A licence file of the bundle and what its text is."""

    file: str
    match: TextMatch


def licence_statements(card: Card, context: CheckContext) -> Iterator[Statement]:
    """What cards and `MLmodel` declare as licence: a statement for each card's metadata and each place in its text."""
    declared: dict[str, list[Claim]] = {}
    restricted = _restricted(card)
    for claim in licence_claims(card):
        if is_declared(claim):
            declared.setdefault(claim.locator.file, []).append(claim)
        elif claim.locator in restricted:
            yield Statement(plain(claim.value), None, place_said(claim), "card", "its words restrict something")
        else:
            made = _licence(card, [claim], "card")
            prose = made.key is None and len(claim.value.split()) > FEW_WORDS
            if not prose and made.said:
                yield made
    for claims in declared.values():
        made = _licence(card, claims, "card")
        if made.said:
            yield made
    for stated in beside(context, "license"):
        made = _licence(card, [stated], "MLmodel")
        if made.said:
            yield made


def licence_claims(card: Card) -> list[Claim]:
    """Give the licences that a card declares or names, each text of a file once, and of absurdly many the first."""
    once: dict[tuple[str, str, bool], Claim] = {}
    for claim in card.licences:
        once.setdefault((claim.locator.file, claim.value, is_declared(claim)), claim)
    return list(once.values())[:_MOST_CLAIMS]


def _restricted(card: Card) -> frozenset[Locator]:
    """The places under a licence heading or label whose text restricts something: a name in it is not all it says."""
    from govern.security.licences.identifiers import RESTRICTING

    section = card.sections.get("licence")
    passages = section.passages if section is not None else ()
    return frozenset(item.locator for item in passages if RESTRICTING.search(item.text.casefold()))


def is_declared(claim: Claim) -> bool:
    """Whether a licence was declared in metadata or a field, not said in text."""
    return claim.locator.pointer is not None


def reading_of(claim: Claim) -> Reading:
    """Read one declaration. What stands in metadata is a licence as a whole or none: a sentence there is unknown."""
    from govern.security.licences import Reading, read_licence

    found = read_licence(claim.value)
    if is_declared(claim) and found.state == "named" and not found.exact:
        return Reading("unknown")
    return found


def licence_key(ids: Iterable[str]) -> frozenset[str]:
    """Give the set by which licences are compared: SPDX identifiers as texts can tell them apart."""
    from govern.security.licences import comparable

    return frozenset(_VERSION_OF_LLAMA.sub("", comparable(name)) for name in ids)


def _licence(card: Card, claims: Sequence[Claim], by: str) -> Statement:
    """One statement of what one place declares; its `said` is empty when nothing is declared there."""
    from govern.security.licences import read_licence

    said: list[str] = []
    key: frozenset[str] | None = frozenset()
    for claim in claims:
        reading = reading_of(claim)
        if reading.state == "undeclared":
            continue
        said.append(plain(claim.value))
        ids: frozenset[str] | None = reading.ids or None
        if reading.state == "other" and card.licence_name is not None:
            named = read_licence(card.licence_name.value)
            ids = (named.ids if named.exact else None) or frozenset([f"other:{folded(card.licence_name.value)}"])
            said[-1] = f"other ({plain(card.licence_name.value)})"
        key = None if ids is None or key is None else key | licence_key(ids)
    why = "" if key is not None else "it is no licence that is known here"
    return Statement(", ".join(said), key, place_said(claims[0]), by, why)


def licence_files(context: CheckContext, card: Card) -> tuple[LicenceFile, ...]:
    """Read the licence files at the root and beside the cards, once a run; one that is no text is `unknown`."""
    folders = frozenset({"", *(source.file.rpartition("/")[0] for source in card.sources)})
    return context.once(("licence.files", folders), lambda: _read_licences(context.bundle, folders))


def _read_licences(bundle: Bundle, folders: frozenset[str]) -> tuple[LicenceFile, ...]:
    from govern.diagnostics import InputError
    from govern.inputs.text import decode_text
    from govern.security.licences import TextMatch, is_licence_file, match_text
    from govern.security.licences.texts import TEXT_BYTES

    found = []
    for path, entry in sorted(bundle.files.items()):
        folder, _, name = path.rpartition("/")
        if folder not in folders or not is_licence_file(name):
            continue
        if entry.size > TEXT_BYTES:
            found.append(LicenceFile(path, TextMatch((), "unknown", "it is too long to be a licence")))
            continue
        try:
            text = decode_text(bundle.read(path, limit=TEXT_BYTES), file=path, max_bytes=TEXT_BYTES)
        except InputError as fault:
            found.append(LicenceFile(path, TextMatch((), "unknown", str(fault.diagnostics[0].message))))
            continue
        found.append(LicenceFile(path, match_text(text)))
    return tuple(found)
