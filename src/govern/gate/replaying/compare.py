"""Where two JSON records differ, in words: pure, and bounded whatever the records hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from govern.canonical import Json
from govern.diagnostics import GovernError, plain
from govern.inputs.json import parse_json

__all__ = ["SHOWN", "Comparison", "Difference", "compare_records"]

SHOWN = 25
"""How many differences are given; the rest are counted."""

_VALUE_CHARS = 240
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place in which two records differ."""

    pointer: str
    """JSON pointer (RFC 6901); empty for the whole record."""
    recorded: str | None
    """The value as JSON, shortened; None when it is not there."""
    found: str | None
    about: str | None = None
    """The rule, for a place within its outcome."""

    def document(self) -> dict[str, Json]:
        """The difference as JSON."""
        return {"pointer": self.pointer, "recorded": self.recorded, "found": self.found, "rule": self.about}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A record and what deciding again gave in its place."""

    name: str
    same: bool
    """Whether the bytes are the same."""
    differences: tuple[Difference, ...] = ()
    """The first of them, in the order of the canonical record."""
    total: int = 0

    def document(self) -> dict[str, Json]:
        """The comparison as JSON."""
        return {
            "record": self.name,
            "same": self.same,
            "total": self.total,
            "differences": [item.document() for item in self.differences],
        }


def compare_records(name: str, recorded: bytes, found: bytes) -> Comparison:
    """Compare two records byte for byte; when they differ, say where.

    Bytes that differ although they say the same are a difference of the whole record.
    """
    if recorded == found:
        return Comparison(name, same=True)
    try:
        first: object = parse_json(recorded, file=name, max_bytes=len(recorded), utf16=False)
        second: object = parse_json(found, file=name, max_bytes=len(found), utf16=False)
    except GovernError as fault:
        only = Difference("", f"unreadable: {fault.diagnostics[0].message}", _text(found.decode("utf-8", "replace")))
        return Comparison(name, same=False, differences=(only,), total=1)
    shown: list[Difference] = []
    total = 0
    for item in _walk(first, second, "", None):
        total += 1
        if len(shown) < SHOWN:
            shown.append(item)
    if not total:
        shown, total = [Difference("", "another spelling of the same value", "the canonical one")], 1
    return Comparison(name, same=False, differences=tuple(shown), total=total)


def _walk(recorded: object, found: object, pointer: str, about: str | None) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(found, dict):
        about = _rule(recorded) or _rule(found) or about
        for key in sorted(recorded.keys() | found.keys()):
            step = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            yield from _walk(recorded.get(key, _ABSENT), found.get(key, _ABSENT), step, about)
    elif isinstance(recorded, list) and isinstance(found, list):
        for index in range(max(len(recorded), len(found))):
            one = recorded[index] if index < len(recorded) else _ABSENT
            other = found[index] if index < len(found) else _ABSENT
            yield from _walk(one, other, f"{pointer}/{index}", about)
    elif type(recorded) is not type(found) or recorded != found:
        yield Difference(pointer, _json(recorded), _json(found), about)


def _rule(value: dict[str, object]) -> str | None:
    name = value.get("rule")
    return name if isinstance(name, str) else None


def _json(value: object) -> str | None:
    return None if value is _ABSENT else _text(json.dumps(value, ensure_ascii=False, default=str))


def _text(text: str) -> str:
    return plain(text, limit=_VALUE_CHARS)
