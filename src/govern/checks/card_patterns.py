"""Regular expressions of policies, matched in time linear in the text: no back-references, no look-around.

The engine is that of pydantic's core (Rust's `regex`), whose syntax is RE2's as far as policies need it.
"""

from __future__ import annotations

from typing import Any

__all__ = ["matches", "pattern_fault"]

_MOST_CHARS = 1000


def pattern_fault(pattern: str) -> str | None:
    """Say why a pattern cannot be used; None for one that can."""
    from pydantic_core import SchemaError

    if len(pattern) > _MOST_CHARS:
        return f"it has more than {_MOST_CHARS} characters"
    try:
        _compiled(pattern)
        _compiled(_anchored(pattern))
    except SchemaError as fault:
        lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
        return lines[-1].removeprefix("error: ") if lines else "it is no regular expression"
    return None


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text matches from its first to its last character."""
    from pydantic_core import ValidationError

    try:
        _compiled(_anchored(pattern)).validate_python(text)
    except ValidationError:
        return False
    return True


def _anchored(pattern: str) -> str:
    return rf"\A(?:{pattern})\z"


def _compiled(pattern: str) -> Any:
    from pydantic_core import SchemaValidator, core_schema

    return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex", strict=True))
