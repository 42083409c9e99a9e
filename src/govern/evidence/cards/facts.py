"""Typed needs of a section: what its text must hold beside enough words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from govern.evidence.cards.metrics import names_a_dataset
from govern.evidence.cards.model import Card, Section
from govern.evidence.cards.states import Verdict
from govern.evidence.cards.words import casefolded

__all__ = ["DEFAULT_NEEDS", "FACT_NAMES", "FactName", "licence_expression", "missing_fact"]

FactName = Literal["address", "bound_number", "dataset_name", "distinct", "group_rows", "licence_id"]
FACT_NAMES: tuple[str, ...] = get_args(FactName)
"""`bound_number`: a number with metric and data set. `dataset_name`: a named data set. `group_rows`: a table or list
with a row a group. `address`: an e-mail address or URL outside the reserved domains. `licence_id`: an SPDX
expression, or `other` with name and link. `distinct`: not the text of another section."""

DEFAULT_NEEDS: dict[str, tuple[FactName, ...]] = {
    "contact": ("address",),
    "evaluation": ("bound_number",),
    "licence": ("licence_id",),
    "subgroups": ("group_rows",),
}

_ADDRESS = re.compile(r"[^\s@<>()\[\]]{1,64}@([^\s@<>()\[\],;:]{1,253})|https?://([^\s/@<>()\[\]:?#]{1,253})")
_RESERVED = re.compile(r"(?:.*\.)?(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)", re.IGNORECASE)
"""RFC 2606 and RFC 6761: names that reach nobody."""
_LICENCE_ID = re.compile(r"[A-Za-z0-9][\w.+-]{1,60}", re.ASCII)
_LONG_NAMES = {
    "apache license 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "mit license": "MIT",
    "the mit license": "MIT",
    "creative commons attribution 4.0": "CC-BY-4.0",
    "cc by 4.0": "CC-BY-4.0",
    "cc by-nc 4.0": "CC-BY-NC-4.0",
    "cc by-sa 4.0": "CC-BY-SA-4.0",
    "gnu general public license v3.0": "GPL-3.0-only",
}
_PLAIN_IDS = frozenset(["MIT", "ISC", "Unlicense", "Zlib"])
"""Identifiers without a digit that are taken out of prose; others (`Fair`, `Intel`) are ordinary words."""


def missing_fact(
    needs: Sequence[str], section: Section, verdict: Verdict, card: Card, groups: Sequence[str] = ()
) -> str | None:
    """Say which typed need of a section is unmet, or None. `groups` are attributes a subgroup table must name."""
    for need in needs:
        missing = _ASKED[need](section, verdict, card, groups)
        if missing:
            return missing
    return None


def _text(verdict: Verdict) -> str:
    return "\n".join(passage.text for passage in verdict.text)


def _bound_number(section: Section, verdict: Verdict, card: Card, _groups: Sequence[str]) -> str | None:
    usable = [metric for metric in section.metrics if metric.value is not None]
    if not usable:
        return "no number with the name of a metric"
    if any(metric.dataset or metric.split for metric in usable):
        return None
    declared = [claim.value for claim in card.datasets]
    around = "\n".join((*section.titles, _text(verdict)))
    apart = card.sections.get("evaluation_data")
    if names_a_dataset(around, declared) or (apart is not None and apart.passages and _has_words(apart)):
        return None
    return "does not say on which data its numbers were measured"


def _has_words(section: Section) -> bool:
    from govern.evidence.cards.states import total_words

    return total_words(section.passages) >= 2


def _dataset_name(_section: Section, verdict: Verdict, card: Card, _groups: Sequence[str]) -> str | None:
    if any(item.role != "evaluate" for item in card.datasets) or names_a_dataset(_text(verdict), ()):
        return None
    return "names no data set"


def _group_rows(section: Section, verdict: Verdict, _card: Card, groups: Sequence[str]) -> str | None:
    rows = max((len(table) - 1 for table in section.tables), default=0)
    if max(rows, section.items) < 2:
        return "no table or list with a row for each group"
    said = casefolded(" ".join((_text(verdict), *(cell for table in section.tables for row in table for cell in row))))
    absent = [name for name in groups if casefolded(name.replace("_", " ")) not in said.replace("_", " ")]
    return f"says nothing of {', '.join(absent)}" if absent else None


def _address(section: Section, _verdict: Verdict, card: Card, _groups: Sequence[str]) -> str | None:
    texts = [passage.text for passage in section.passages] + [claim.value for claim in card.contacts]
    hosts = [hit[1] or hit[2] for text in texts for hit in _ADDRESS.finditer(text)]
    if not hosts:
        return "no e-mail address or URL"
    real = [host for host in hosts if "." in host.strip(".") and not _RESERVED.fullmatch(host.rstrip("."))]
    return None if real else f"the address is on the reserved domain {hosts[0]}"


def _licence_id(_section: Section, _verdict: Verdict, card: Card, _groups: Sequence[str]) -> str | None:
    if not card.licences:
        return "no licence is named"
    lists = [claim.locator for claim in card.licences if claim.locator.pointer == "/license"]
    if len(lists) > len({locator.file for locator in lists}):
        return "several licences without AND or OR between them"
    if any(licence_expression(claim.value) for claim in card.licences):
        return None
    if any(claim.value.casefold() == "other" for claim in card.licences):
        return (
            None if card.licence_name and card.licence_link else "licence 'other' needs license_name and license_link"
        )
    return f"'{card.licences[0].value[:60]}' is not an SPDX expression"


def _distinct(section: Section, verdict: Verdict, card: Card, _groups: Sequence[str]) -> str | None:
    own = casefolded(_text(verdict))
    for name, other in sorted(card.sections.items()):
        if name == section.id or any(passage in other.passages for passage in verdict.text):
            continue
        if own and own == casefolded("\n".join(passage.text for passage in other.passages)):
            return f"the same text as section '{name}'"
    return None


def licence_expression(text: str) -> str | None:
    """Read a licence as an SPDX expression: `apache-2.0`, `MIT OR Apache-2.0`, or one identifier inside a sentence.

    Returns the canonical expression, or None when none is recognised. Hub ids that are not SPDX (`openrail`) give None.
    """
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    text = text.strip().strip("*_`.").strip()
    known = _LONG_NAMES.get(casefolded(text))
    if known:
        return known
    try:
        return str(canonicalize_license_expression(text)) if text and len(text) <= 200 else None
    except InvalidLicenseExpression:
        pass
    for token in _LICENCE_ID.findall(text[:2000]):
        word = token.rstrip(".-")
        if word not in _PLAIN_IDS and not any(char.isdigit() for char in word):
            continue
        try:
            expression = str(canonicalize_license_expression(word))
        except InvalidLicenseExpression:
            continue
        if expression == word:
            return expression
    return next((spdx for name, spdx in _LONG_NAMES.items() if name in casefolded(text)), None)


_ASKED = {
    "address": _address,
    "bound_number": _bound_number,
    "dataset_name": _dataset_name,
    "distinct": _distinct,
    "group_rows": _group_rows,
    "licence_id": _licence_id,
}
