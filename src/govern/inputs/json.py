"""Strict JSON: no duplicate keys, no NaN, no overflow, bounded depth, and a place for every fault.

The standard library's scanner does the reading. Only when something is wrong is the text walked a second time,
slowly, to say where.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Union

from govern.diagnostics import Diagnostic, InputError, Related, Span
from govern.inputs.limits import JSON_BYTES, JSON_DEPTH
from govern.inputs.text import Places, decode_text
from govern.records import record

__all__ = ["JsonValue", "parse_json", "pointer_span", "pointer_spans"]

# A union that names itself cannot be written with `|` on Python 3.11.
JsonValue = Union[None, bool, int, str, Decimal, list["JsonValue"], dict[str, "JsonValue"]]

_MOST_FAULTS = 50
_LARGEST_EXPONENT = 308
_SMALLEST_EXPONENT = -400
"""Below the smallest double (4.9e-324) with room: smaller exponents are an attack on whoever prints the number."""

_ALIKE = bytes.maketrans(b"{}", b"[]")
_NOT_STRUCTURE = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_LARGE = re.compile(r"[0-9]{300}|[0-9][eE][-+]?[0-9]{3}", re.ASCII)
"""What every number has whose magnitude, or whose length, must be looked at; text may have it too."""
# The closing quote is optional so that an unterminated string is swallowed once, not searched again at each quote.
_TOKEN = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+"?)|([\[{])|([\]}])|([,:])|([^\s\[\]{},:"]+)', re.DOTALL)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SOUND_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u(?![dD][89a-fA-F])|\\[^u]", re.DOTALL
)


class _Flags:
    """What the hooks of the fast pass noticed."""

    def __init__(self) -> None:
        self.wrong = False

    def constant(self, _text: str) -> None:
        self.wrong = True

    def real(self, text: str) -> Decimal | None:
        value = _finite(text)
        if value is None:
            self.wrong = True
        return value

    def integer(self, text: str) -> int | None:
        if len(text) > _LARGEST_EXPONENT:
            self.wrong = True
            return None
        return int(text)

    def members(self, pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.wrong = True
        return made


def _finite(text: str) -> Decimal | None:
    """Give the number, or None when a double could not hold its magnitude."""
    if len(text) > 2000:
        return None
    try:
        value = Decimal(text)
    except ArithmeticError:  # an exponent of twenty digits
        return None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or not -2400 < exponent < _LARGEST_EXPONENT:
        return None
    if value and not _SMALLEST_EXPONENT <= value.adjusted() < _LARGEST_EXPONENT:
        return None
    return value


def parse_json(
    data: bytes, *, file: str, max_bytes: int = JSON_BYTES, max_depth: int = JSON_DEPTH, utf16: bool = True
) -> JsonValue:
    """Read one JSON document: objects as dict, arrays as list, whole numbers as int, other numbers as Decimal.

    Raises InputError with line and column: I101 and I102 (see `decode_text`), I104 duplicate keys (both places),
    I109 lone surrogates, I110 deeper than `max_depth`, I113 NaN, Infinity and magnitudes from 1e308 on, I114 an
    empty file, I201 everything else that is not JSON (RFC 8259), comments and trailing data included.
    """
    text = decode_text(data, file=file, utf16=utf16, max_bytes=max_bytes)
    if not text.strip(" \t\r\n"):
        raise InputError(Diagnostic(code="I114", message="the file is empty", span=Span(file, 1, 1)))
    if _too_deep(text, max_depth):
        raise _depth_refusal(text, file, max_depth)
    flags = _Flags()
    # Where no number can be out of bounds, the scanner makes them without asking us.
    large = _LARGE.search(text) is not None
    decoder = json.JSONDecoder(
        object_pairs_hook=flags.members,
        parse_float=flags.real if large else Decimal,
        parse_int=flags.integer if large else None,
        parse_constant=flags.constant,
    )
    try:
        value: JsonValue = decoder.decode(text)
    except json.JSONDecodeError as fault:
        offset, reason = _fault_place(text, fault)
        line, column = Places(text).at(offset)
        raise InputError(
            Diagnostic(
                code="I201",
                message=f"not JSON: {reason}",
                span=Span(file, line, column),
                hint="JSON has no comments, no trailing commas, no single quotes and nothing after the value.",
            )
        ) from fault
    if flags.wrong or _has_lone_surrogate(text):
        raise InputError(list(_faults(text, file)))
    return value


def _fault_place(text: str, fault: json.JSONDecodeError) -> tuple[int, str]:
    """Give offset and reason of a syntax fault, the same on every Python.

    Since 3.13 the standard library points a trailing comma out itself, at the comma; before, it asked for what should
    follow, there. The older place and words are given.
    """
    if not fault.msg.startswith("Illegal trailing comma"):
        return fault.pos, fault.msg
    after = fault.pos + 1
    while after < len(text) and text[after] in " \t\r\n":
        after += 1
    wanted = (
        "Expecting value" if text[after : after + 1] == "]" else "Expecting property name enclosed in double quotes"
    )
    return after, wanted


def _too_deep(text: str, max_depth: int) -> bool:
    if text.count("[") + text.count("{") <= max_depth:
        return False
    # Without escaped quotes, every second part between quotes is outside of strings. A backslash outside of them stops
    # the scanner, so that what is made of the text behind it does not matter.
    data = text.encode("utf-8").replace(rb"\\", b"").replace(rb"\"", b"").translate(_ALIKE, _NOT_STRUCTURE)
    brackets = b"".join(data.split(b'"')[::2])
    # Each round takes away the innermost pairs and so one level. Brackets of unlike kinds count as pairs here:
    # the scanner stops at them by itself, no deeper than counted.
    for _ in range(max_depth):
        shorter = brackets.replace(b"[]", b"")
        if len(shorter) == len(brackets):
            # What does not pair up is `]]]...[[[`: the scanner stops at the first `]`, or goes down all the `[`.
            return not brackets.startswith(b"]") and len(brackets) > max_depth
        brackets = shorter
    return bool(brackets)


def _depth_refusal(text: str, file: str, max_depth: int) -> InputError:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += 1 if match.group(2) else -1 if match.group(3) else 0
        if depth > max_depth:
            span = Places(text).span(file, match.start())
            break
    else:  # the counts above and the tokens disagree only for text that is not JSON
        span = Span(file)
    return InputError(
        Diagnostic(
            code="I110",
            message=f"nested more than {max_depth} deep",
            span=span,
            hint="Flatten the document; no format that govern reads nests this deep.",
        )
    )


def _has_lone_surrogate(text: str) -> bool:
    if not _SURROGATE_ESCAPE.search(text):
        return False
    # Whole escapes are taken out from left to right, so that an escaped backslash never hides the next escape.
    return "\\" in _SOUND_ESCAPE.sub("", text)


@dataclass(slots=True)
class _Container:
    pointer: str
    is_object: bool
    index: int = 0
    key: str | None = None
    wants_key: bool = True
    seen: dict[str, int] | None = None

    def child(self) -> str:
        name = self.key if self.is_object else str(self.index)
        return f"{self.pointer}/{(name or '').replace('~', '~0').replace('/', '~1')}"


@record
class _Event:
    """One key or value met on the slow walk through sound JSON."""

    kind: str
    """`key`, `string`, `word` (numbers and names) or `open`."""
    pointer: str
    offset: int
    text: str
    first: int | None = None
    """For a key that was there before: where."""


def _walk(text: str) -> Iterator[_Event]:
    """Walk grammatically sound JSON (NaN and Infinity allowed) and yield its keys and values in order."""
    stack: list[_Container] = []
    for match in _TOKEN.finditer(text):
        string, opening, closing, mark, _word = match.groups()
        top = stack[-1] if stack else None
        if mark == ",":
            assert top is not None
            top.index += 1
            top.wants_key = True
        elif mark == ":":
            assert top is not None
            top.wants_key = False
        elif closing:
            stack.pop()
        elif string and top is not None and top.is_object and top.wants_key:
            key = json.loads(string)
            assert top.seen is not None
            top.key = key
            yield _Event("key", top.child(), match.start(), string, top.seen.get(key))
            top.seen.setdefault(key, match.start())
        else:
            pointer = top.child() if top is not None else ""
            yield _Event("open" if opening else "string" if string else "word", pointer, match.start(), match.group())
            if opening:
                stack.append(_Container(pointer, opening == "{", seen={} if opening == "{" else None))


def _faults(text: str, file: str) -> Iterator[Diagnostic]:
    places = Places(text)
    found = 0
    for event in _walk(text):
        fault = _fault_of(event, places, file)
        if fault is not None:
            found += 1
            yield fault
        if found == _MOST_FAULTS:
            return


def _fault_of(event: _Event, places: Places, file: str) -> Diagnostic | None:
    span = places.span(file, event.offset, len(event.text))
    if event.kind == "key" and event.first is not None:
        first = places.span(file, event.first, len(event.text))
        return Diagnostic(
            code="I104",
            message=f"the key at {_cut(event.pointer)} is given twice (first in line {first.line})",
            span=span,
            hint="Keep one of the two; readers disagree about which one counts.",
            related=(Related(first, "first given here"),),
        )
    if event.kind in ("key", "string") and _has_lone_surrogate(event.text):
        return Diagnostic(
            code="I109",
            message=f"half of a surrogate pair in the text at {_cut(event.pointer) or 'the top'}",
            span=span,
            hint="Write the whole character; half a pair is not text.",
        )
    if event.kind == "word" and event.text not in ("true", "false", "null"):
        sound = event.text not in ("NaN", "Infinity", "-Infinity") and (
            len(event.text) <= _LARGEST_EXPONENT
            if re.fullmatch("-?[0-9]+", event.text)
            else _finite(event.text) is not None
        )
        if not sound:
            return Diagnostic(
                code="I113",
                message=f"{_cut(event.pointer) or 'the document'} is {_cut(event.text)}: JSON has no NaN, no infinity "
                "and no number that a double cannot hold",
                span=span,
                hint="Write a finite number, or leave the key out when there is no value.",
            )
    return None


def _cut(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:120]}…"


def pointer_span(data: bytes, *, file: str, pointer: str) -> Span | None:
    """Give the place of the value at a JSON pointer (RFC 6901) in a document that `parse_json` has accepted."""
    return pointer_spans(data, file=file, pointers={pointer}).get(pointer)


def pointer_spans(data: bytes, *, file: str, pointers: Collection[str]) -> dict[str, Span]:
    """Give the places of several values in one walk, by pointer; without those that are not there."""
    text = decode_text(data, file=file)
    found: dict[str, Span] = {}
    places: Places | None = None
    for event in _walk(text):
        if event.kind != "key" and event.pointer in pointers:
            places = places or Places(text)
            found[event.pointer] = places.span(file, event.offset, len(event.text))
            if len(found) == len(pointers):
                break
    return found
