"""Which groups of a judgement on scores are shown: by people and true outcomes, as for every table of groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.fairness.disclosure import hidden_groups

if TYPE_CHECKING:
    from govern.fairness import Counts
    from govern.fairness.gaps import Gap, GapTable

__all__ = ["ShownGaps", "hidden_parts"]


class ShownGaps:
    """The groups that are not shown, table by table."""

    def __init__(self, people: Counts, smallest: int, *, labels: bool) -> None:
        self.smallest = smallest
        self._people, self._labels = people, labels
        self._held: dict[tuple[str, ...], frozenset[tuple[str, ...]]] = {}

    def of(self, attributes: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
        """Give the groups of a table that are not shown."""
        if attributes not in self._held:
            self._held[attributes] = hidden_groups(self._people, attributes, self.smallest, labels=self._labels)
        return self._held[attributes]

    def hidden(self, table: GapTable) -> frozenset[tuple[str, ...]]:
        """Give the groups of a judged table that are not shown."""
        return self.of(table.attributes)

    def gap(self, table: GapTable, gap: Gap) -> bool:
        """Whether a comparison is shown: both of its groups are."""
        return not {gap.group, gap.other} & self.hidden(table)


def hidden_parts(parts: Sequence[tuple[int, int]], smallest: int) -> frozenset[int]:
    """Say which parts of a group (negatives, positives) are not shown, so that their sum gives none of them back.

    A part is too small with 1 to `smallest - 1` people of either outcome. While one part alone is hidden, or all hidden
    parts together are too small, the smallest shown part is hidden as well.
    """

    def small(part: tuple[int, int]) -> bool:
        return any(0 < count < smallest for count in part)

    hidden = {place for place, part in enumerate(parts) if small(part)}
    while hidden:
        together = sum(parts[place][0] for place in hidden), sum(parts[place][1] for place in hidden)
        rest = [place for place, part in enumerate(parts) if place not in hidden and any(part)]
        if not rest or (len(hidden) > 1 and not small(together)):
            break
        hidden.add(min(rest, key=lambda place: (sum(parts[place]), place)))
    return frozenset(hidden)
