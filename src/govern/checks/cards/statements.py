"""One source's word on one field of a model, and when two of them agree."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from govern.checks.cards.evidence import place_of
from govern.checks.context import CheckContext
from govern.diagnostics import plain
from govern.policy.outcomes import EvidenceRef, Finding, Location
from govern.records import record

if TYPE_CHECKING:
    from govern.evidence.cards import Claim

__all__ = ["Statement", "by_file", "folded", "listed", "other_side", "place_said", "refs_of", "same", "where"]


@record
class Statement:
    """One source's word on one field."""

    said: str
    """As written, safe to print."""
    key: frozenset[str] | None
    """What is compared; None when it cannot be compared."""
    place: Location
    by: str
    """`card`, `licence file`, `MLmodel`, `adapter_config.json` or `model record`."""
    why: str = ""
    """Why it cannot be compared."""
    names: tuple[str, ...] = ()
    """Of base models: each as written."""


def where(place: Location) -> str:
    """Give a place as text: `README.md:2` or `card.json/model_details/license`."""
    return f"{plain(place.file)}:{place.line}" if place.line else f"{plain(place.file)}{plain(place.pointer or '')}"


def same(field: str, first: Statement, second: Statement) -> bool:
    """Whether two statements agree; one that cannot be compared agrees with nothing."""
    if first.key is None or second.key is None:
        return False
    if field == "name":
        return any(_same_name(left, right) for left in first.key for right in second.key)
    if field == "base_models" and "adapter_config.json" in (first.by, second.by):
        return first.key <= second.key or second.key <= first.key
    return first.key == second.key


def refs_of(statements: Iterable[Statement], context: CheckContext) -> tuple[EvidenceRef, ...]:
    """Name the files beside the cards that statements come from."""
    files, record = context.bundle.files, context.bundle.record_file
    found = {item.place.file: item.by for item in statements if item.by != "card" and item.place.file in files}
    return tuple(
        EvidenceRef(name=role.replace(" ", "_"), file=name, digest=files[name].sha256, bound=name == record)
        for name, role in sorted(found.items())
    )


def other_side(finding: Finding, place: Location) -> Finding:
    """Give a contradiction once more, at its other place: whoever opens that file or line sees it too."""
    return replace(
        finding,
        observed=finding.required,
        required=finding.observed,
        location=place,
        discriminator=f"{finding.discriminator}:other-side",
    )


# --- helpers


def by_file(claims: Iterable[Claim]) -> Iterator[list[Claim]]:
    """Group claims by the file in which they stand."""
    groups: dict[str, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(claim.locator.file, []).append(claim)
    yield from groups.values()


def listed(claims: Sequence[Claim]) -> str:
    """Give claims as text, safe to print; of very many the first."""
    return ", ".join(plain(claim.value) for claim in claims[:20]) + (", ..." if len(claims) > 20 else "")


def place_said(claim: Claim) -> Location:
    """Give the place of a claim."""
    place = place_of(claim.locator)
    assert place is not None  # a claim has a locator
    return place


def folded(text: str) -> str:
    """Give the form in which texts are compared."""
    from govern.evidence.cards.words import casefolded

    return casefolded(text)


def _same_name(left: str, right: str) -> bool:
    """Names agree up to blanks, hyphens and underscores; a hub's `owner/` counts only where both have one."""
    first, second = (re.sub(r"[\s_-]+", "-", name) for name in (left, right))
    if "/" in first and "/" in second:
        return first == second
    return first.rpartition("/")[2] == second.rpartition("/")[2]
