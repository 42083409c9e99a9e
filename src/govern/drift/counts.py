"""Two samples counted in the same cells: bins of a number, or the categories of a text."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Cells", "paired"]

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Cells:
    """How many of each sample lie in each cell; cells that are empty in both are left out.

    Raises ValueError for a negative count and for a sample of nothing, which is like and unlike everything.
    """

    pairs: tuple[tuple[int, int], ...]
    """(reference, current) of each cell."""

    def __post_init__(self) -> None:
        if any(count < 0 for pair in self.pairs for count in pair):
            raise ValueError("a count is negative")
        if not self.reference or not self.current:
            raise ValueError("one of the samples is empty")
        if (0, 0) in self.pairs:
            object.__setattr__(self, "pairs", tuple(pair for pair in self.pairs if pair != (0, 0)))

    @property
    def reference(self) -> int:
        """Size of the reference."""
        return sum(pair[0] for pair in self.pairs)

    @property
    def current(self) -> int:
        """Size of the current sample."""
        return sum(pair[1] for pair in self.pairs)

    @property
    def unseen(self) -> int:
        """How many cells the current sample fills and the reference does not."""
        return sum(1 for before, _now in self.pairs if not before)

    @property
    def emptied(self) -> int:
        """How many cells the reference fills and the current sample does not."""
        return sum(1 for _before, now in self.pairs if not now)


def paired(reference: Mapping[Key, int], current: Mapping[Key, int]) -> Cells:
    """Put two counts side by side; a value that only one of them has is a cell of its own."""
    return Cells(tuple((reference.get(key, 0), current.get(key, 0)) for key in dict.fromkeys((*reference, *current))))
