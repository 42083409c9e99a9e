"""Patterns of policies: RE2, anchored at both ends. RE2 takes linear time, whatever a bundle's text holds.

The engine of expressions brings an RE2 of its own (`matches`), so that a pattern means the same in a parameter and in
an expression; Python's own engine would take exponential time on a text made for it.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from govern.policy.types import Text

__all__ = ["Patterns", "matches", "pattern_fault"]

_MOST_CHARS = 1_000
_LONGEST_TEXT = 20_000


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of a text has the form of a pattern.

    A text that is too long to look at, or that holds a NUL (at which the engine would cut it), has no form.
    """
    return len(text) <= _LONGEST_TEXT and "\0" not in text and _evaluated(f"^(?:{pattern})$", text) is True


def pattern_fault(pattern: str) -> str | None:
    """Say what is wrong with a pattern, or None."""
    if len(pattern) > _MOST_CHARS:
        return f"it has more than {_MOST_CHARS} characters"
    found = _evaluated(pattern, "")  # by itself, so that no bracket of it closes ours
    return found if isinstance(found, str) else None


def _evaluated(pattern: str, text: str) -> bool | str:
    """True, False, or what the engine says against it."""
    from govern.policy.expressions import FALSE, TRUE, Activation, EngineError, EngineUnavailableError, engine_for

    quoted = "".join(f"\\U{ord(char):08x}" for char in pattern)
    try:
        engine = engine_for(("text",))
        found = engine.compile(f'text.matches("{quoted}")').evaluate(Activation(engine, {"text": text}))
    except (EngineError, EngineUnavailableError) as fault:
        return str(fault)
    if found == TRUE:
        return True
    return False if found == FALSE else str(getattr(found, "text", found)).removeprefix("INVALID_ARGUMENT: ")


def _sound(value: dict[str, str]) -> dict[str, str]:
    for name, pattern in sorted(value.items()):
        problem = pattern_fault(pattern)
        if problem is not None:
            raise PydanticCustomError(
                "bad_value",
                "{name}: the pattern cannot be read ({problem}); RE2 syntax is meant",
                {"name": name, "problem": problem},
            )
    return dict(sorted(value.items()))


Patterns = Annotated[dict[str, Text], AfterValidator(_sound)]
"""Names with the pattern that the value of each has to match from its first character to its last."""
