"""Counting words and splitting sentences, with linear scans only."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import Literal

__all__ = ["casefolded", "count_words", "normal", "sentences", "squeeze"]

_URL = re.compile(r"(?:https?://|www\.)\S+")
_RUN = re.compile(r"[^\W_]+")
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]"
)
"""Scripts written without blanks (Han, kana, Thai, Lao, Khmer): two characters count as one word."""
_SENTENCE_END = re.compile(r"(?<=[.!?:\u3002\uff01\uff1f])\s+|\n+")

_MARKS = re.compile(r"[^\w\x00-\x7f]{30}")
"""Thirty combining marks in a row, or other symbols: no script needs as many on one letter (UAX #15, stream-safe)."""


def normal(form: Literal["NFC", "NFKC"], text: str) -> str:
    """Normalise text in linear time: marks are ordered within thirty of them, for ordering a long run is quadratic."""
    if text.isascii():
        return text
    cuts = [0, *(hit.end() for hit in _MARKS.finditer(text)), len(text)]
    return "".join(unicodedata.normalize(form, text[start:end]) for start, end in pairwise(cuts))


def squeeze(text: str) -> str:
    """Collapse white space to single blanks and strip the ends."""
    return " ".join(text.split())


def casefolded(text: str) -> str:
    """NFKC, case-folded, white space collapsed: the form in which texts are compared."""
    return squeeze(normal("NFKC", text).casefold())


def count_words(text: str, *, addresses: bool = False) -> int:
    """Count words: runs of letters and digits with at least one letter, two characters or longer.

    Numbers and URLs do not count; with `addresses` (contacts, licence links) each URL counts as one word.
    """
    count = 0
    if "www." in text or "http" in text:
        count = len(_URL.findall(text)) if addresses else 0
        text = _URL.sub(" ", text)
    if text.isascii():
        return count + sum(len(run) >= 2 and not run.isdigit() for run in _RUN.findall(text))
    dense = 0
    for run in _RUN.findall(text):
        here = len(_DENSE.findall(run))
        dense += here
        if len(run) - here >= 2 and any(char.isalpha() for char in _DENSE.sub("", run)):
            count += 1
    return count + (dense + 1) // 2


def sentences(text: str) -> list[str]:
    """Split text at sentence ends and line breaks; pieces are stripped and never empty."""
    return [piece for piece in (part.strip() for part in _SENTENCE_END.split(text)) if piece]
