"""Which groups a public table leaves out, so that no small group can be worked out from all that is shown."""

from __future__ import annotations

from govern.fairness.counts import Counts

__all__ = ["SMALLEST_SHOWN", "hidden_groups"]

SMALLEST_SHOWN = 11
"""Fewest people of a group whose numbers are shown, unless a policy says otherwise."""

Group = tuple[str, ...]


def hidden_groups(counts: Counts, attributes: tuple[str, ...], smallest: int, *, labels: bool) -> frozenset[Group]:
    """Give the groups of a table that are not shown."""
    table = counts.table(attributes)
    return frozenset(group for group, tally in table.groups.items() if 0 < tally.n < smallest)
