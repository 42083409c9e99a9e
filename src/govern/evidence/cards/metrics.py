"""Numbers that a card declares: in tables, list lines, sentences and structured fields."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal, InvalidOperation
from typing import Literal

from govern.canonical import decimal_text
from govern.evidence.cards.aliases import is_metric_name, may_end_metric, metric_key, split_average
from govern.evidence.cards.blocks import Line, clean_inline
from govern.evidence.cards.model import Locator, Metric
from govern.evidence.cards.words import squeeze

__all__ = ["metric", "metric_of_line", "metrics_of_sentence", "metrics_of_table", "names_a_dataset", "read_value"]

_NUMBER = re.compile(r"[-+\u2212]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})(?:[eE][-+]?[0-9]{1,2})?\s?%?")
_NUMBER_INSIDE = re.compile(
    r"(?<![\w.,])[-+\u2212]?(?:[0-9]{1,15}(?:\.[0-9]{1,15})?|\.[0-9]{1,15})\s?%?(?![\w]|[.,][0-9])"
)
_DIGIT = re.compile("[0-9]")
_LINE = re.compile(r"\s*(?:[-*+]\s+)?([^:=|\n]{1,60}?)\s*[:=]\s*(\S.*)")
_WORD = re.compile(r"[\w\-@.]{1,40}")
_LINKS = frozenset(["a", "an", "at", "equals", "is", "of", "reaches", "reached", "score", "the", "was", "="])
_DATASET_HEADERS = frozenset(
    ["dataset", "data set", "data", "test set", "evaluation set", "benchmark", "corpus", "split", "task", "datensatz"]
)
_PLAIN_HEADERS = frozenset(["value", "values", "score", "scores", "result", "results", "wert", "valeur", "valor"])
_SPLIT = re.compile(
    r"\b(?:held?[\s-]?out|out[\s-]of[\s-](?:time|sample)|cross[\s-]validation|"
    r"(?:test|testing|validation|evaluation|eval|hold-?out|benchmark)[\s-](?:set|data|split|sample|dataset|corpus|portfolio)s?|"
    r"testdaten|testmenge|jeu de test|conjunto de (?:prueba|teste)|insieme di test|t\u1eadp ki\u1ec3m tra)\b"
    "|\u6d4b\u8bd5\u96c6|\u9a8c\u8bc1\u96c6|\u30c6\u30b9\u30c8\u30c7\u30fc\u30bf|\ud14c\uc2a4\ud2b8 \ub370\uc774\ud130|"
    "\u0442\u0435\u0441\u0442\u043e\u0432",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b[A-Z][\w-]{1,60} (?:data ?sets?|corpus|benchmark)\b")


def read_value(raw: str) -> tuple[Decimal | None, Literal["ratio", "percent"] | None]:
    """Read a declared number: a plain finite decimal, or a percentage with its sign as a fraction of one.

    `91.2%` is (0.912, percent); `0.91` is (0.91, ratio); `91.2` is (91.2, None): its unit is unknown. `0,91`,
    `20.0 \u00b1 1.2`, `\u2265 0.8`, `nan` and the empty text have no value.
    """
    text = raw.strip().strip("*_`").strip().replace("\u2212", "-")
    if not _NUMBER.fullmatch(text):
        return None, None
    percent = text.endswith("%")
    try:
        value = Decimal(text.rstrip("%").strip())
        value = value / 100 if percent else value
        decimal_text(value)
    except (InvalidOperation, ValueError):
        return None, None
    if percent:
        return value, "percent"
    return value, "ratio" if -1 <= value <= 1 else None


def metric(
    name: str,
    raw: str,
    locator: Locator,
    *,
    dataset: str | None = None,
    split: str | None = None,
    group: str | None = None,
) -> Metric:
    """Make a declared metric; the raw text is kept whatever it is."""
    value, unit = read_value(raw)
    key, average = split_average(metric_key(name))
    return Metric(key, raw.strip()[:200], value, unit, dataset, split, group, locator, average=average)


def metric_of_line(text: str, locator: Locator) -> Metric | None:
    """Read a list line or label such as `ROC AUC: 0.81`; None when it is not one."""
    hit = _LINE.match(clean_inline(text))
    if hit is None or not is_metric_name(hit[1]):
        return None
    number = _NUMBER_INSIDE.search(hit[2])
    return metric(hit[1], number[0], locator) if number else None


def metrics_of_sentence(text: str, locator: Locator) -> Iterator[Metric]:
    """Read `an AUC of 0.81` and `accuracy was 84 %` in prose: a metric name, link words, a number, nothing else."""
    for number in _NUMBER_INSIDE.finditer(text):
        words = _WORD.findall(text[max(0, number.start() - 80) : number.start()].replace("=", " = "))
        while words and words[-1].lower() in _LINKS:
            words.pop()
        if not words or not may_end_metric(words[-1]):
            continue
        for size in (4, 3, 2, 1):
            name = " ".join(words[-size:])
            if len(words) >= size and is_metric_name(name):
                yield metric(name, number[0], locator)
                break


def metrics_of_table(rows: Sequence[Sequence[Line]], file: str, digest: str) -> Iterator[Metric]:
    """Read a table whose header or first column holds metric names. The data set is a column, a header or unknown."""
    if len(rows) < 2:
        return
    header = [squeeze(clean_inline(cell.text)) for cell in rows[0]]
    dataset_at = next((index for index, name in enumerate(header) if name.casefold() in _DATASET_HEADERS), None)
    named = [index for index, name in enumerate(header) if is_metric_name(name)]
    for row in rows[1:]:
        cells = [squeeze(clean_inline(cell.text)) for cell in row]
        if not cells:
            continue
        place = Locator(file, digest, row[0].number)
        dataset = cells[dataset_at] if dataset_at is not None and dataset_at < len(cells) else None
        group = cells[0] if dataset_at != 0 and 0 not in named else None
        for index in named:
            if index < len(cells) and cells[index]:
                yield metric(header[index], cells[index], place, dataset=dataset or None, group=group)
        if not named and is_metric_name(cells[0]):
            for index in range(1, len(cells)):
                title = header[index] if index < len(header) else ""
                is_value = title.casefold() in _PLAIN_HEADERS
                # What stands under "value" and is no plain number (0,91 or at least 0.8) is a claim all the same.
                readable = read_value(cells[index])[0] is not None or (is_value and _DIGIT.search(cells[index]))
                if index != dataset_at and readable:
                    split = None if not title or is_value else title
                    yield metric(cells[0], cells[index], place, dataset=dataset or None, split=split)


def names_a_dataset(text: str, declared: Sequence[str]) -> bool:
    """Tell whether text names the data its numbers were measured on: a declared data set, a split, `the X data set`."""
    folded = text.casefold()
    return (
        any(name.casefold() in folded for name in declared if len(name) >= 3)
        or _SPLIT.search(text) is not None
        or _NAMED.search(text) is not None
    )
