"""YAML as a tree with places: the text is decoded and looked over here, the tree is built in `yaml_tree`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from govern.diagnostics import Diagnostic, InputError
from govern.inputs.limits import EVIDENCE_YAML, POLICY_YAML, YamlLimits
from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode, YamlValue, span_at, value_of
from govern.inputs.text import Places, decode_text, hidden_characters
from govern.inputs.yaml_tree import MOST_FAULTS, TreeBuilder

__all__ = [
    "ListNode",
    "MapNode",
    "Node",
    "ScalarNode",
    "Strictness",
    "YamlValue",
    "parse_yaml",
    "parse_yaml_stream",
    "read_yaml",
    "span_at",
    "value_of",
]

Strictness = Literal["policy", "evidence"]
"""`policy`: our own documents, where spellings that two readers take differently are refused as well."""

_HARMLESS = bytes([*b"\t\n\r", *range(0x20, 0x7F)])
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def parse_yaml(
    data: bytes, *, file: str, strictness: Strictness, limits: YamlLimits | None = None, first_line: int = 1
) -> Node:
    """Read exactly one YAML document into a tree with places. Scalars keep their text: fields type them.

    `first_line` is the line of `file` at which `data` begins (front matter of a card). Raises InputError with all
    faults found: I101 to I115 of the catalogue. Under `policy` strictness UTF-16, invisible characters, keys that
    are not text, YAML 1.1 spellings (I112) and non-finite numbers (I113) are refused too.
    """
    root, faults = read_yaml(data, file=file, strictness=strictness, limits=limits, first_line=first_line)
    if faults or root is None:
        raise InputError(faults)
    return root


def parse_yaml_stream(data: bytes, *, file: str, limits: YamlLimits | None = None) -> tuple[Node, ...]:
    """Read every document of a stream, as deployment manifests are written: `---` between them, `null` for empty ones.

    The caps are those of one document, for all of them together. Raises InputError with all faults found, I114 when
    every document is empty.
    """
    caps = limits or EVIDENCE_YAML
    text = decode_text(data, file=file, utf16=True, max_bytes=caps.bytes)
    faults = tuple(_characters(text, file, policy=False))
    if not faults:
        roots, faults = TreeBuilder(text, file, caps, policy=False, shift=0, several=True).build_stream()
    if faults:
        raise InputError(faults)
    return roots


def read_yaml(
    data: bytes, *, file: str, strictness: Strictness, limits: YamlLimits | None = None, first_line: int = 1
) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """Read a document as `parse_yaml` does, and give its faults beside what could be read of it.

    There is a tree beside faults when the document was read to its end, so that whoever reports faults can go on to
    those of what it says. Nothing may be decided by such a tree.
    """
    policy = strictness == "policy"
    caps = limits or (POLICY_YAML if policy else EVIDENCE_YAML)
    try:
        text = decode_text(data, file=file, utf16=not policy, max_bytes=caps.bytes)
    except InputError as fault:
        return None, fault.diagnostics
    faults = tuple(_moved(fault, first_line - 1) for fault in _characters(text, file, policy=policy))
    if faults:
        return None, faults
    return TreeBuilder(text, file, caps, policy=policy, shift=first_line - 1).build()


def _characters(text: str, file: str, *, policy: bool) -> Iterator[Diagnostic]:
    if text.isascii() and not text.encode().translate(None, _HARMLESS):
        return  # the common case, in a tenth of the time
    if policy:
        yield from hidden_characters(text, file=file)
    places: Places | None = None
    for count, match in enumerate(_UNPRINTABLE.finditer(text)):
        if count == MOST_FAULTS:
            return
        if policy and match.group() == "\ufeff":
            continue  # named above
        places = places or Places(text)
        yield Diagnostic(
            code="I109",
            message=f"U+{ord(match.group()):04X} may not stand in YAML",
            span=places.span(file, match.start()),
            hint="Delete the character, or write it as an escape in double quotes.",
        )


def _moved(fault: Diagnostic, lines: int) -> Diagnostic:
    if not lines or fault.span is None or fault.span.line is None:
        return fault
    end = fault.span.end_line + lines if fault.span.end_line is not None else None
    return replace(fault, span=replace(fault.span, line=fault.span.line + lines, end_line=end))
