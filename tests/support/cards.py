"""Reading cards in tests, and listing where every leaf of one came from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from govern.evidence.cards import Card, Locator, Need, State, card_of_bytes, judge

PROSE = "Ranks consumer loan applications so that an underwriter reads the doubtful ones first."


def read(text: str | bytes, file: str = "README.md") -> Card:
    """Read a card from text or bytes."""
    data = text.encode() if isinstance(text, str) else text
    return card_of_bytes(data, file=file, digest=hashlib.sha256(data).hexdigest())


def read_file(path: Path) -> Card:
    """Read a card from a file of the tests, under its own name."""
    return read(path.read_bytes(), path.name)


def as_json(value: object) -> bytes:
    """Write a value as JSON."""
    return json.dumps(value, default=float).encode()


def state(card: Card, name: str, least: int = 8, *, na: bool = False) -> State:
    """Judge one section."""
    return judge(name, card.sections.get(name), Need(least, na)).state


def arrivals(card: Card) -> dict[str, list[tuple[str, str | None]]]:
    """Give every leaf as (text, pointer) by the attribute it stands in, e.g. `datasets.uri`."""
    found: dict[str, list[tuple[str, str | None]]] = {}
    for name in (item.name for item in fields(card)):
        if name in ("sources", "diagnostics", "text", "placeholders", "headings"):
            continue
        for path, text, place in _leaves(getattr(card, name), name):
            found.setdefault(path, []).append((text, place.pointer))
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str, Locator]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for item in value:
            yield from _leaves(item, path)
    elif is_dataclass(value) and not isinstance(value, Locator):
        own = getattr(value, "locator", None)
        for item in fields(value):
            inner = getattr(value, item.name)
            if isinstance(inner, str | Decimal) and own is not None and item.name in ("value", "text", "raw"):
                yield path if item.name == "value" else f"{path}.{item.name}", str(inner), own
            elif is_dataclass(inner) or isinstance(inner, tuple | dict):
                yield from _leaves(inner, f"{path}.{item.name}")
