"""Template sentences that nobody wrote: known by fingerprint, never by likeness.

An edited sentence is its author's. The data file holds sha256 of each sentence in `fingerprint_form`, with the
tool and version it came from; `scripts/card_fingerprints.py` writes it from the installed tools.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files

from govern.canonical import sha256_hex
from govern.evidence.cards.words import casefolded, sentences

__all__ = ["cut_boilerplate", "fingerprint"]

_LINK_TARGET = re.compile(r"\]\([^()\n]{0,2000}\)")
_MARKS = re.compile(r"[*_`\[\]]+")


def fingerprint(sentence: str) -> str:
    """Give the fingerprint of a sentence: NFKC, case-folded, blanks collapsed, marks and link targets removed."""
    if "](" in sentence:
        sentence = _LINK_TARGET.sub("]", sentence)
    return sha256_hex(casefolded(_MARKS.sub("", sentence)).strip(" .:").encode())


@cache
def _known() -> frozenset[str]:
    text = files("govern.evidence.cards").joinpath("data/boilerplate.json").read_text("utf-8")
    return frozenset(entry["sha256"] for entry in json.loads(text)["sentences"])


def cut_boilerplate(text: str) -> tuple[str, int]:
    """Take template sentences out of a passage. Gives the rest and how many were cut."""
    kept, cut = [], 0
    for sentence in sentences(text):
        if fingerprint(sentence) in _known():
            cut += 1
        else:
            kept.append(sentence)
    return (text, 0) if not cut else ("\n".join(kept), cut)
