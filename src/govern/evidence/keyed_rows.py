"""The keys of a table that is streamed in parts: each gets a number, and how often it occurs is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.evidence.tabulation import Repeats, Row, Tabulation, Tally

if TYPE_CHECKING:
    from govern.evidence.number_parts import Part
    from govern.evidence.prediction_source import PredictionSource
    from govern.evidence.tabulation import CellKind

__all__ = ["KeyedRows"]


class KeyedRows:
    """Numbers keys in the order they are seen in, and notices a row id that repeats."""

    def __init__(self, source: PredictionSource, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.unique = source.manifest.columns.row_id if source.manifest is not None else None
        self.keys: list[Row] = []
        self._tally = Tally(source.file, self.columns)
        self._numbers: dict[Row, int] = {}
        self._kinds: tuple[CellKind, ...] = tuple("csv" for _ in columns)
        self._repeats = Repeats() if self.unique else None

    def take(self, part: Part) -> list[int]:
        """Count the keys of a part and give their numbers. Raises InputError E126 for too many different ones."""
        self._kinds = part.kinds
        times = [0] * len(part.keys)
        if isinstance(part.who, list):
            for who in part.who:
                times[who] += 1
        else:
            import numpy as np

            times = np.bincount(part.who, minlength=len(part.keys)).tolist()
        for key, count in zip(part.keys, times, strict=True):
            self._tally.add(key, count, None)
            if key not in self._numbers:
                self._numbers[key] = len(self.keys)
                self.keys.append(key)
        if self._repeats is not None:
            for value in part.identities:
                self._repeats.see(value, 0)
        return [self._numbers[key] for key in part.keys]

    def tabulation(self) -> Tabulation:
        """Give what `tables.tabulate` would have given for the key columns."""
        first = self._repeats.first if self._repeats is not None else None
        return Tabulation(self.columns, self._kinds, self._tally.combinations, {}, self._tally.rows, first)
