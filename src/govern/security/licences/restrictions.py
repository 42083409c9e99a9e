"""What licences restrict, as far as it can be put into a table: does a declared licence carry its base's terms?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from govern.security.licences.expressions import Alternatives, comparable

__all__ = ["Meets", "meets"]

_PERMISSIVE = frozenset(
    """0bsd afl-3.0 apache-1.1 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 cc-by-2.0
    cc-by-2.5 cc-by-3.0 cc-by-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 ecl-2.0 etalab-2.0 isc mit mit-0
    ms-pl ncsa odc-by-1.0 pddl-1.0 postgresql python-2.0 unlicense upl-1.0 wtfpl x11 zlib""".split()  # noqa: SIM905
)
"""Ask for notices at most."""
_COPYLEFT = re.compile(r"(?:(?:a|l)?gpl|gfdl|mpl|epl|eupl|osl|lppl|odbl|cdla-sharing|cecill|lgpllr)-?[0-9.]*[a-z]?")
_CREATIVE_COMMONS = re.compile(r"cc-by((?:-(?:nc|nd|sa))*)-[0-9.]+")


class Meets(StrEnum):
    """How a declared licence stands to the licence of what the model is built on."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def meets(declared: Alternatives, base: Alternatives) -> Meets:
    """Say whether a declared licence keeps the restrictions of a base's licence.

    YES when the base is permissive or the same licence; NO when the base restricts use or reuse in a way that the
    declared licence does not. UNKNOWN when a licence is in no table, or both restrict and only people can compare.
    Every alternative that is offered must keep them, and those of one alternative of the base are enough.
    """
    if not declared or not base:
        return Meets.UNKNOWN
    verdicts = [_best(_keeps(offered, kept) for kept in base) for offered in declared]
    return Meets.NO if Meets.NO in verdicts else Meets.UNKNOWN if Meets.UNKNOWN in verdicts else Meets.YES


def _best(verdicts: Iterable[Meets]) -> Meets:
    found = set(verdicts)
    return Meets.YES if Meets.YES in found else Meets.UNKNOWN if Meets.UNKNOWN in found else Meets.NO


def _keeps(offered: frozenset[str], base: frozenset[str]) -> Meets:
    held = {comparable(name) for name in offered}
    verdicts = {_keeps_one(held, comparable(name)) for name in base}
    return Meets.NO if Meets.NO in verdicts else Meets.UNKNOWN if Meets.UNKNOWN in verdicts else Meets.YES


def _keeps_one(held: set[str], base: str) -> Meets:
    if base in held or base in _PERMISSIVE:
        return Meets.YES
    asked = _terms(base)
    if asked is None:
        # Restrictive terms of their own (RAIL, community licences), or a licence that no table has: a permissive
        # licence over it surely says less; any other pair is for people.
        own = base.startswith("licenseref-") and not base.startswith("licenseref-hub-")
        return Meets.NO if own and all(name in _PERMISSIVE for name in held) else Meets.UNKNOWN
    carried = [_terms(name) for name in held]
    if any(terms is None for terms in carried):
        return Meets.UNKNOWN
    given = frozenset(term for terms in carried if terms for term in terms)
    if not asked <= given:
        return Meets.NO
    return Meets.UNKNOWN if asked & {"share-alike", "no-derivatives"} else Meets.YES


def _terms(name: str) -> frozenset[str] | None:
    """Give the restrictions of a licence; None when it is in no table."""
    if name in _PERMISSIVE:
        return frozenset()
    name = name.partition(" with ")[0]
    if hit := _CREATIVE_COMMONS.fullmatch(name):
        words = {"-nc": "non-commercial", "-nd": "no-derivatives", "-sa": "share-alike"}
        return frozenset(word for mark, word in words.items() if mark in hit[1])
    return frozenset(["share-alike"]) if _COPYLEFT.fullmatch(name) else None
