"""Which plain YAML spellings two readers take differently, and what to tell whoever wrote broken YAML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

__all__ = ["Ambiguity", "ambiguity", "core_type", "quoted_value", "syntax_hint"]

CoreType = Literal["null", "bool", "int", "float", "text"]

# YAML 1.2.2, section 10.3.2 (core schema).
_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NON_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

# Most scalars are words: their first letter already says that no pattern fits.
_TYPED_START = frozenset("~nNtTfF+-.0123456789")
_ODD_START = frozenset("yYnNoO+-.0123456789=")

# YAML 1.1 types (yaml.org/type): spellings that are something else in 1.2.
_BOOL_11 = re.compile(r"yes|no|on|off", re.IGNORECASE)  # loaders take a lone y or n as text
_OCTAL_11 = re.compile(r"[-+]?0[0-9_]+")
_BINARY_11 = re.compile(r"[-+]?0b[01_]+")
_UNDERSCORE_11 = re.compile(r"[-+]?(?:0x[0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?")
_SEXAGESIMAL_11 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """Why a plain scalar is refused in our own documents."""

    code: str
    message: str
    hint: str
    is_word: bool = False
    """Whether it is text for YAML 1.2, so that quoting it changes nothing."""


def core_type(text: str) -> CoreType:
    """Say what YAML 1.2's core schema makes of a plain scalar."""
    if text and text[0] not in _TYPED_START:
        return "text"
    if _NULL.fullmatch(text):
        return "null"
    if _BOOL.fullmatch(text):
        return "bool"
    if _INT.fullmatch(text):
        return "int"
    if _FLOAT.fullmatch(text) or _NON_FINITE.fullmatch(text):
        return "float"
    return "text"


def ambiguity(text: str) -> Ambiguity | None:
    """Say why a plain scalar must not stand in a policy, or None when every reader takes it alike."""
    if not text or text[0] not in _ODD_START or len(text) > 400:
        return None
    quoted = f"Write '{text}' if text is meant"
    if _NON_FINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and _overflows(text)):
        return Ambiguity("I113", f"{text} is not a finite number", f"Write a finite number. {quoted}.")
    if _BOOL_11.fullmatch(text):
        return Ambiguity(
            "I112",
            f"{text} is true or false for YAML 1.1 and text for YAML 1.2",
            f"{quoted}, true or false if not.",
            is_word=True,
        )
    if (
        _OCTAL_11.fullmatch(text)
        or _BINARY_11.fullmatch(text)
        or _SEXAGESIMAL_11.fullmatch(text)
        or ("_" in text and _UNDERSCORE_11.fullmatch(text))
        or re.fullmatch(r"[-+]?0o[0-7]+", text)
    ):
        return Ambiguity(
            "I112",
            f"{text} is one number for YAML 1.1 and another, or text, for YAML 1.2",
            f"Write the number in plain decimal digits. {quoted}.",
        )
    if text == "=":
        return Ambiguity("I112", "a lone = has a type of its own in YAML 1.1", f"{quoted}.")
    return None


def _overflows(text: str) -> bool:
    try:
        value = Decimal(text)
    except ArithmeticError:
        return True
    return bool(value) and value.adjusted() >= 308


_QUOTE_ALL = "Quote the whole value with single quotes, or use a `|` block."


def syntax_hint(problem: str, text: str, line: int, column: int) -> tuple[str, str | None]:
    """Give code and hint for a fault of the YAML scanner or parser at a 0-based place."""
    if "nesting depth" in problem:
        return "I110", "Flatten the document."
    if "directive" in problem:
        return "I108", "Delete the directive."
    lines = text.splitlines()
    here = lines[line] if line < len(lines) else ""
    at = here[column : column + 1]
    # Possessive: a line of dashes would otherwise be split between the two classes in every way there is.
    value = re.sub(r"^[\s-]*+[^\s:'\"\[{]++:\s+", "", here).lstrip()
    if "tab" in problem or at == "\t":
        return "I103", "Indent with blanks, not with tabs."
    if "${" in here and value[:1] in ("[", "{"):
        return "I103", "Quote the placeholder: inside brackets YAML ends the text at `{`."
    if "mapping values are not allowed" in problem:
        return "I103", f"`: ` inside unquoted text, or wrong indentation. {_QUOTE_ALL}"
    if at in ("@", "`", "%") or value[:1] in ('"', "'", "[", "{", "@", "`", "%", "!", "&", "*", "|", ">"):
        return "I103", f"A text that starts with {value[:1] or at} means something to YAML. {_QUOTE_ALL}"
    return "I103", None


_KEY_AND_VALUE = re.compile(r"(?P<before>\s*(?:-\s+)*)[A-Za-z_][A-Za-z0-9_.-]*:\s+(?P<value>!.*?)\s*")


def quoted_value(text: str, line: int) -> tuple[int, int, str] | None:
    """Give start and end column (0-based) of a value that starts with `!`, and the value in single quotes.

    None wherever it is not certain that the value is the rest of its line: inside brackets, before what may be a
    comment, or when the next line goes on.
    """
    lines = text.splitlines()
    found = _KEY_AND_VALUE.fullmatch(lines[line]) if line < len(lines) else None
    if found is None or " #" in found["value"]:
        return None
    following = next((item for item in lines[line + 1 :] if item.strip()), "")
    if len(following) - len(following.lstrip()) > len(found["before"]):
        return None
    quoted = found["value"].replace("'", "''")
    return found.start("value"), found.end("value"), f"'{quoted}'"
