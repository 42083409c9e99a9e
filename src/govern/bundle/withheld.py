"""Files of a bundle whose bytes are kept back: known by digest and size, and remembered when somebody asks for more."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Withheld"]


@dataclass(frozen=True, slots=True)
class Withheld:
    """What was wanted of withheld files. One object serves all files of a bundle."""

    asked: set[str] = field(default_factory=set)
    """Paths whose bytes a reader asked for and did not get."""
    guessed: set[str] = field(default_factory=set)
    """Paths of which it was said by the name alone whether they are a model."""
