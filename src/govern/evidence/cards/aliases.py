"""Which section a heading, a label or a key names: the alias table and the matcher built from it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

__all__ = [
    "Matcher",
    "covered_languages",
    "is_metric_name",
    "may_end_metric",
    "metric_key",
    "normalise_title",
    "section_ids",
    "stopwords",
]

_MAX_TITLE = 160
"""Longer lines are prose, whatever they are marked up as."""
_LINK = re.compile(r"!?\[([^\[\]]{0,200})\]\([^()]{0,500}\)")
_OPTIONAL = re.compile(r"[\[(]\s*optional\s*[\])]", re.IGNORECASE)
_NUMBERING = re.compile(
    r"\s*(?:section\s+)?(?:\(?[0-9]{1,3}(?:\.[0-9]{1,3}){0,4}\)?[.):]?\s|\([a-z0-9]{1,3}\)\s?|[a-z][.)]\s|[ivx]{1,5}[.)]\s)",
    re.IGNORECASE,
)
_AVERAGES = frozenset(["macro", "micro", "samples", "weighted"])
_AVERAGED = frozenset(["auc", "auroc", "f1", "f1 score", "iou", "jaccard", "precision", "recall", "roc auc"])
"""Metrics that are averaged over classes; "weighted kappa" is a name of its own."""
_WORD = re.compile(r"[^\W_]+")
_LEADING = re.compile(r"(?:[^\w(]|_)*")
_TOKEN = re.compile(r"[^\W_]+|[,&/+;|]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WITHOUT_BLANKS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]")
"""Scripts in which a title is searched for plain substrings: no blanks, or endings glued to the word."""


@cache
def _table() -> Mapping[str, Any]:
    text = files("govern.evidence.cards").joinpath("data/aliases.json").read_text("utf-8")
    table: Mapping[str, Any] = json.loads(text)
    return table


def section_ids() -> tuple[str, ...]:
    """Give the ids of all sections that have a heading of their own, sorted."""
    return tuple(sorted(_table()["sections"]))


def covered_languages() -> tuple[str, ...]:
    """Give the language codes that the alias table covers."""
    return tuple(_table()["languages"])


def normalise_title(text: str) -> tuple[str, ...]:
    """Split a title into normalised parts: `2.1 **Bias, Risks, and Limitations** [optional]` gives three.

    NFKC, case-folded; numbering, emoji, symbols, emphasis, link targets and `[optional]` are dropped. Parts are
    what stands between commas, ampersands, slashes and conjunctions.
    """
    text = _LINK.sub(r"\1", text[: _MAX_TITLE * 4])
    text = unicodedata.normalize("NFKC", _OPTIONAL.sub(" ", text))
    # Emoji and emphasis first, so that a number behind them is seen as numbering.
    text = text[_LEADING.match(text).end() :]  # type: ignore[union-attr]  # it matches the empty text too
    while (hit := _NUMBERING.match(text + " ")) and hit.end() < len(text) + 1:
        text = text[hit.end() :]
    parts: list[list[str]] = [[]]
    for word in _TOKEN.findall(text.casefold()) if text.isascii() else _tokens(text.casefold()):
        if word in _connectors():
            parts.append([])
        else:
            parts[-1].append(word)
    return tuple(" ".join(part) for part in parts if part)


def _tokens(text: str) -> Iterator[str]:
    """Words and separators, where a combining mark belongs to its word: `[^\\W_]` knows no marks."""
    word = ""
    for char in text + " ":
        if char.isalnum() or unicodedata.category(char).startswith("M"):
            word += char
            continue
        if word:
            yield word
        word = ""
        if char in ",&/+;|":
            yield char


@cache
def _connectors() -> frozenset[str]:
    """What stands between the parts of a title: conjunctions of every language, and signs."""
    return frozenset([*_table()["connectors"], *",&/+;|"])


class Matcher:
    """Finds the sections that a title names. Longest alias first; negations before everything."""

    def __init__(self, languages: Iterable[str] | None = None, extra: Mapping[str, Iterable[str]] | None = None):
        """Build from the alias table; `extra` adds a policy's own aliases by section id."""
        table = _table()
        wanted = frozenset(table["languages"] if languages is None else languages)
        self._exact: dict[str, str] = {}
        self._within: dict[str, str] = {}
        self._negations: dict[str, str] = {}
        for section, per_language in sorted(table["sections"].items()):
            self._exact[section.replace("_", " ")] = section
            for language in sorted(wanted & per_language.keys()):
                self._add(self._exact, section, per_language[language]["exact"])
                self._add(self._within, section, per_language[language]["within"])
        for section, per_language in sorted(table["negations"].items()):
            for language in sorted(wanted & per_language.keys()):
                self._add(self._negations, section, per_language[language])
        for section, aliases in sorted((extra or {}).items()):
            self._exact[section.replace("_", " ")] = section
            self._add(self._within, section, aliases)

    @staticmethod
    def _add(into: dict[str, str], section: str, aliases: Iterable[str]) -> None:
        for alias in aliases:
            parts = normalise_title(alias)
            if parts:
                into.setdefault(" ".join(parts), section)

    def match(self, title: str, *, exact: bool = False) -> tuple[str, ...]:
        """Give the ids of the sections that a title names, sorted; `exact` allows whole titles only."""
        if len(title) > _MAX_TITLE * 4:
            return ()
        parts = normalise_title(title)
        whole = " ".join(parts)
        if not parts or len(whole) > _MAX_TITLE:
            return ()
        if exact:
            found = self._exact.get(whole) or self._within.get(whole) or self._negations.get(whole)
            return (found,) if found else ()
        hits: set[str] = set()
        rest = self._take(self._negations, whole, hits)
        if rest == whole:
            hits.update(self._exact[part] for part in parts if part in self._exact)
        self._take(self._within, rest, hits)
        return tuple(sorted(hits))

    def match_key(self, key: str) -> tuple[str, ...]:
        """Give the sections that a JSON key names, e.g. `intendedUse` or `out_of_scope_uses`."""
        return self.match(_CAMEL.sub(" ", key).replace("_", " ").replace("-", " "))

    @staticmethod
    def _take(aliases: Mapping[str, str], text: str, hits: set[str]) -> str:
        """Match aliases in text, longest first; give the text without what was matched."""
        rest = text
        for alias in _spans(aliases, text):
            padded = f" {rest} "
            needle = alias if _WITHOUT_BLANKS.search(alias) else f" {alias} "
            if needle in padded:
                hits.add(aliases[alias])
                rest = padded.replace(needle, " | ").strip()
        return rest


def _spans(aliases: Mapping[str, str], text: str) -> list[str]:
    words = text.split()
    longest = 8
    found = {
        " ".join(words[start : start + size])
        for start in range(len(words))
        for size in range(1, min(longest, len(words) - start) + 1)
    }
    hits = {span for span in found if span in aliases}
    if _WITHOUT_BLANKS.search(text):
        hits.update(alias for alias in aliases if _WITHOUT_BLANKS.search(alias) and alias in text)
    return sorted(hits, key=lambda alias: (-len(alias), alias))


def metric_key(name: str) -> str:
    """Normalise a metric's name for comparison: `ROC-AUC` and `roc_auc` are `roc auc`."""
    return " ".join(normalise_title(name.replace("_", " ")))


def split_average(key: str) -> tuple[str, str | None]:
    """Take how a metric was averaged out of its normalised name: `macro f1` is `f1`, averaged `macro`."""
    words = key.split()
    found = next((word for word in words if word in _AVERAGES), None)
    rest = " ".join(word for word in words if word not in (found, "avg", "averaged"))
    return (rest, found) if found is not None and rest in _AVERAGED else (key, None)


@cache
def _metrics() -> frozenset[str]:
    return frozenset(metric_key(name) for name in _table()["metrics"])


@cache
def _last_words() -> frozenset[str]:
    return frozenset(key.split()[-1] for key in _metrics() if key) | _AVERAGES | {"score", "avg", "averaged"}


def may_end_metric(name: str) -> bool:
    """Tell by its last word whether text may be, or end with, a metric's name: what most text is not."""
    words = _WORD.findall(name if name.isascii() else unicodedata.normalize("NFKC", name[-80:]))
    return bool(words) and words[-1].casefold() in _last_words()


def is_metric_name(name: str) -> bool:
    """Tell whether a table header, key or label is the name of a known metric."""
    return len(name) <= 80 and may_end_metric(name) and _is_metric(name)


@lru_cache(maxsize=1024)
def _is_metric(name: str) -> bool:
    key = metric_key(name)
    key = key if key in _metrics() else split_average(key)[0]
    return key in _metrics() or (key.endswith(" score") and key[: -len(" score")] in _metrics())


def stopwords() -> Mapping[str, frozenset[str]]:
    """Give a few very common words of each covered language in Latin script."""
    return {language: frozenset(words) for language, words in _table()["stopwords"].items()}
