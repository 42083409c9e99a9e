"""The catalogue of diagnostic codes: data, one module a room, loaded when a code is really looked up.

A code is a letter for the room and three digits. It is never reused and never given a new meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from govern.records import record

__all__ = ["Code", "all_codes", "lookup"]

_ROOMS = {
    "I": "inputs",
    "P": "policy",
    "B": "bundle",
    "E": "evidence",
    "L": "lineage",
    "F": "fairness",
    "S": "security",
    "C": "checks",
    "D": "decision",
    "A": "attestation",
    "G": "ledger",
    "R": "report",
    "U": "usage",
    "X": "internal",
}


@record
class Code:
    """What a code means, for `govern explain CODE` and the reference page."""

    slug: str
    """Name in words, lower case with hyphens."""
    title: str
    """One sentence: what is wrong."""
    why: str
    """Why it matters: what could go wrong if it were let through."""
    example: str
    """A small example that gives this code."""
    fix: str
    """What to do about it."""


@cache
def _room(letter: str) -> Mapping[str, Code]:
    module = import_module(f"govern.diagnostics.codes.{_ROOMS[letter]}")
    codes: Mapping[str, Code] = module.CODES
    return codes


def lookup(code: str) -> Code:
    """Give the catalogue entry of a code. Raises KeyError for a code that does not exist."""
    return _room(code[:1])[code]


def all_codes() -> Mapping[str, Code]:
    """Give every code of every room, sorted by code."""
    merged: dict[str, Code] = {}
    for letter in _ROOMS:
        merged.update(_room(letter))
    return dict(sorted(merged.items()))
