"""What of a judgement may be shown: which groups, which comparisons, and what a hidden group would leak into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from govern.fairness import METRICS, Counts, Judgement, Pair, Question, TableJudgement
from govern.fairness.disclosure import hidden_groups

__all__ = ["Shown", "shown_of"]

Group = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """The groups that are not shown, and what follows from that."""

    question: Question
    groups: Mapping[tuple[tuple[str, ...], bool], frozenset[Group]]
    """By attributes, and whether the metric needs labels."""
    tests: bool
    """Whether p-values are shown: corrected over the family, they tell of every comparison in it."""

    @property
    def compare(self) -> Literal["ratio", "difference"]:
        """How two rates are compared."""
        return self.question.compare

    def hidden(self, table: TableJudgement) -> frozenset[Group]:
        """Give the groups of a table that are not shown."""
        return self.groups[table.attributes, METRICS[table.metric].labels]

    def pair(self, table: TableJudgement, pair: Pair) -> bool:
        """Whether a comparison is shown: both of its groups are."""
        return not {pair.group, pair.other} & self.hidden(table)

    def withheld(self, table: TableJudgement) -> bool:
        """Whether a group that is compared is hidden: then what is worked out over all comparisons is too."""
        hidden = self.hidden(table)
        return any(line.group in hidden and not line.small for line in table.lines)

    def base(self, table: TableJudgement) -> Group | None:
        """Give the group that the lines are compared with: the reference, or the compared one of the highest rate."""
        if self.question.reference is not None:
            return tuple(self.question.reference[name] for name in table.attributes)
        compared = [line for line in table.lines if not line.small and line.rate.n]
        if not compared:
            return None
        return max(compared, key=lambda line: Fraction(line.rate.k, line.rate.n)).group


def shown_of(question: Question, counts: Counts, judgement: Judgement, smallest: int) -> Shown:
    """Work out what is shown of a judgement when no group under `smallest` people is."""
    keys = {(table.attributes, METRICS[table.metric].labels) for table in judgement.tables}
    groups = {key: hidden_groups(counts, key[0], smallest, labels=key[1]) for key in sorted(keys)}
    made = Shown(question, groups, tests=True)
    withheld = any(made.withheld(table) for table in judgement.tables)
    return Shown(question, groups, tests=not withheld)
