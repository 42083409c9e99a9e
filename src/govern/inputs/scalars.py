"""The text of a YAML scalar, kept as it was written until a field says what it should be."""

from __future__ import annotations

__all__ = ["ScalarText"]


class ScalarText(str):
    """The text of a YAML scalar, with its style: `plain` is False for quoted and block scalars."""

    __slots__ = ("plain",)
    plain: bool

    def __new__(cls, text: str, *, plain: bool = True) -> ScalarText:
        """Make the text; `plain` says whether it was written without quotes."""
        made = super().__new__(cls, text)
        made.plain = plain
        return made
