"""Published impact tables: gone, or saying something else than the predictions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from govern.gate.testing.breaking.interface import Break, Operation, Target, remove, replace

__all__ = ["impact"]

_HEADER_LINES = 1
_FIGURE = re.compile(r"\b0\.[0-9]+|\b1\.0+\b")


def impact(target: Target) -> Iterator[Break]:
    """Spoil the table that a rule compares with the predictions."""
    if target.rule.check != "fairness.impact_table":
        return
    for path in target.cited(target.params.published):
        pointer = target.file_at(path)
        held = None if pointer is None else target.at(pointer)
        if pointer is None:
            continue
        yield Break(name="removed:published", told="nothing is published", patch=remove(pointer))
        if not isinstance(held, str) or held.lstrip()[:1] in ("{", "["):
            continue
        lines = held.splitlines()
        yield Break(
            name="empty:published", told="the table has a header and no rows", patch=replace(pointer, f"{lines[0]}\n")
        )
        for number in range(_HEADER_LINES, len(lines)):
            if target.params.unknown_reported or "unknown" not in lines[number]:
                yield from _line(pointer, lines, number)


def _line(pointer: str, lines: list[str], number: int) -> Iterator[Break]:
    """Take a row out, and put other figures in it; what the row is of stays."""
    if not re.search(r",[1-9]", lines[number]):
        return  # nobody: what is not printed of nobody is no loss
    told = f"line {number + 1} is not published"
    yield Break(
        name=f"removed:line:{number + 1}", told=told, patch=_put(pointer, [*lines[:number], *lines[number + 1 :]])
    )
    people = re.sub(r",([1-9][0-9]*)(?=,|$)", lambda found: f",{int(found[1]) + 1}", lines[number], count=1)
    told = f"line {number + 1} has one person more"
    yield Break(
        name=f"people:line:{number + 1}",
        told=told,
        patch=_put(pointer, [*lines[:number], people, *lines[number + 1 :]]),
    )
    figure = _FIGURE.sub(_other, lines[number])
    if figure != lines[number]:
        told = f"line {number + 1} has other figures"
        made = _put(pointer, [*lines[:number], figure, *lines[number + 1 :]])
        yield Break(name=f"figures:line:{number + 1}", told=told, patch=made)


def _other(found: re.Match[str]) -> str:
    """A figure that is far from the one that was found."""
    return "0.7777" if found[0].startswith("0.0") else "0.0123"


def _put(pointer: str, lines: list[str]) -> tuple[Operation, ...]:
    return replace(pointer, "\n".join([*lines, ""]))
