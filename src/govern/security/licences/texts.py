"""Which licence a LICENSE file holds: by fingerprints of whole texts, by titles, or by an identifier alone.

A text is compared word by word after normalising (case, punctuation, numbering, names of holders), and what stands
beside the licence counts: a known text with an added restriction is not that licence.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from govern.security.licences.identifiers import RESTRICTING, read_licence

__all__ = ["TEXT_BYTES", "Certainty", "TextMatch", "fingerprint", "is_licence_file", "match_text", "words_of"]

TEXT_BYTES = 512 * 1024
"""Largest file that is compared; the longest text of the table has 35 kB."""
Certainty = Literal["certain", "probable", "unknown"]

_NAMES = re.compile(r"(?:licen[cs]e|copying|unlicen[cs]e)(?:[-_.][a-z0-9][a-z0-9._-]{0,40})?", re.IGNORECASE)
_ENDINGS = (".py", ".js", ".json", ".yaml", ".yml", ".html", ".pyc")
_NOTICE = re.compile(
    r"^\W{0,8}(?:copyright\W{0,3}(?:\(c\)|©|[0-9]{4})|(?:\(c\)|©)\s{0,3}[0-9]{4}).*$|"
    r"^\W{0,8}all rights reserved\W{0,4}$",
    re.IGNORECASE | re.MULTILINE,
)
"""Lines that say whose a work is. A line of a licence may begin with the bare word, where it was wrapped."""
_TAG = re.compile(r"^\W{0,8}SPDX-License-Identifier:[ \t]*(\S.{0,200}?)\W{0,4}$", re.MULTILINE)
_TOKEN = re.compile(r"[^\W_]{2,}")
_HOLDERS = (
    (re.compile(r"\bneither the name of (?:\w+ ){1,16}?nor the names of (?:its|their|the) contributors\b"), "no names"),
    (re.compile(r"\bprovided by (?:\w+ ){1,10}?as is\b"), "provided as is"),
    (re.compile(r"\bas is and (?:\w+ ){1,10}?disclaims?\b"), "as is and disclaims"),
    (re.compile(r"\bshall (?:\w+ ){1,10}?be liable\b"), "shall be liable"),
)
"""Places in short licences where each project writes its own name; a restriction there is left standing."""
_HARMLESS = re.compile(
    r"\byou may not use this file except in compliance with the license\b|\blimitations under the license\b|"
    r"\bbut changing it is not allowed\b"
)
_MOST_BESIDE = 60
"""Words beside a known text that are passed over: a title, whose it is, where it is from."""
_MOST_TAIL = 500
"""The same for texts that end in advice on how to apply them."""
_SHORT = 40


@dataclass(frozen=True, slots=True)
class TextMatch:
    """What a licence text is."""

    ids: tuple[str, ...]
    """SPDX identifiers, sorted; a GNU text cannot say whether later versions are meant and is given as `-only`.
    Several: the file holds several licences."""
    certainty: Certainty
    """`certain`: the whole text is known. `probable`: it is named, by title or identifier. `unknown`: not compared;
    never good enough to pass on."""
    why: str = ""
    """Of an unknown one: what stands in the way."""


def is_licence_file(name: str) -> bool:
    """Tell whether a file's name, without folders, is one under which licences are kept."""
    return _NAMES.fullmatch(name) is not None and not name.casefold().endswith(_ENDINGS)


def match_text(text: str) -> TextMatch:
    """Say which licence a text is."""
    if len(text) > TEXT_BYTES:
        return TextMatch((), "unknown", "it is too long to be a licence")
    tagged = _TAG.findall(text)
    words = words_of(text)
    found, beside = _regions(words)
    if found:
        fault = _fault(beside, found)
        if fault is None:
            return TextMatch(tuple(sorted({item["id"] for item in found})), "certain")
        return TextMatch((), "unknown", f"it holds {found[0]['id']} and {fault}")
    titled = _titled(words)
    if titled is not None:
        return TextMatch((titled,), "probable")
    if len(words) <= _SHORT:
        return _named(tagged, text)
    return TextMatch((), "unknown", "its text is none of those known")


def _named(tagged: Sequence[str], text: str) -> TextMatch:
    """A few words: an identifier or a title, and no terms."""
    body = tagged[0] if len(tagged) == 1 else _NOTICE.sub(" ", text)
    reading = read_licence(" ".join(body.split()))
    if reading.expression is None or (tagged and len(tagged) != 1):
        return TextMatch((), "unknown", "it names no licence that is known")
    return TextMatch(tuple(sorted(reading.ids)), "probable")


def words_of(text: str) -> tuple[str, ...]:
    """Normalise a text to the words that are compared: copyright lines, numbering, punctuation and holders go."""
    text = unicodedata.normalize("NFKC", text.replace("\r\n", "\n").replace("\r", "\n"))
    folded = _NOTICE.sub(" ", text).casefold().replace("licence", "license").replace("https", "http")
    plain = " ".join(_TOKEN.findall(folded))
    for pattern, instead in _HOLDERS:
        plain = _without_holders(plain, pattern, instead)
    return tuple(plain.split())


def _without_holders(text: str, pattern: re.Pattern[str], instead: str) -> str:
    def put(hit: re.Match[str]) -> str:
        return hit[0] if RESTRICTING.search(hit[0]) else instead

    return pattern.sub(put, text)


def fingerprint(words: Sequence[str]) -> str:
    """Give the fingerprint of normalised words: sha256 in hex."""
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


@cache
def _table() -> Mapping[str, Any]:
    text = files("govern.security.licences").joinpath("data/fingerprints.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


def _regions(words: tuple[str, ...]) -> tuple[list[Mapping[str, Any]], tuple[str, ...]]:
    """Find the known texts; give them and the words that are in none of them."""
    held = " ".join(words)
    found: list[Mapping[str, Any]] = []
    for item in _table()["texts"]:
        for start, end in _spans(held, item["starts"], item["ends"]):
            if hashlib.sha256(held[start:end].encode()).hexdigest() == item["sha256"]:
                found.append(item)
                held = f"{held[:start]} | {held[end:]}"
                break
    return found, tuple(word for word in held.split() if word != "|")


def _spans(held: str, starts: str, ends: str) -> Iterator[tuple[int, int]]:
    """The first few stretches that begin and end as a text does."""
    begin = held.find(starts)
    for _attempt in range(4):
        if begin < 0:
            return
        stop = held.find(ends, begin)
        if stop >= 0:
            yield begin, stop + len(ends)
        begin = held.find(starts, begin + 1)


def _fault(beside: Sequence[str], found: Sequence[Mapping[str, Any]]) -> str | None:
    """Say what stands beside known texts that nobody compared; None when it is harmless."""
    text = _HARMLESS.sub(" ", " ".join(beside))
    most = _MOST_TAIL if any(item["tail"] for item in found) else _MOST_BESIDE
    if RESTRICTING.search(text):
        return "words beside it that restrict something"
    return f"{len(beside)} words more, which are not compared" if len(beside) > most else None


def _titled(words: Sequence[str]) -> str | None:
    """Give the licence whose title the text begins with, when it is about as long as that licence."""
    head = " ".join(words[:60])
    for item in _table()["titles"]:
        if item["least"] <= len(words) <= item["most"] and item["title"] in head:
            return str(item["id"])
    return None
