"""Words and facts about groups that several kinds share, with nothing in them of a group that is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from govern.canonical import Json, decimal_text
from govern.checks.fairness.facts import group_rows, restricted
from govern.checks.predictions import figure
from govern.fairness import Counts, group_label
from govern.fairness.disclosure import hidden_groups
from govern.fairness.disparity import Verdict
from govern.policy.outcomes import Finding, Location, Outcome

if TYPE_CHECKING:
    from decimal import Decimal

    from govern.fairness.rate_tables import Group, Note, RateTable, TableVerdict

__all__ = ["OUTCOMES", "GroupWords", "missing_rows"]

OUTCOMES = {
    Verdict.PASS: Outcome.PASS,
    Verdict.FAIL: Outcome.FAIL,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.ABSENT: Outcome.MISSING_EVIDENCE,
}
"""What each verdict on groups means as the outcome of a rule."""

_HIDDEN = "a group that is not shown"
_CODES = {
    "absent_group": "F108",
    "absent_reference": "F108",
    "small_group": "F104",
    "not_comparable": "F105",
    "undefined": "F106",
    "unknown_decides": "F107",
}
_REMEDIES = {
    "absent_group": "Evaluate on data that holds the group.",
    "absent_reference": "Evaluate on data that holds the group, or name another reference.",
    "small_group": "Evaluate on more people of this group.",
    "not_comparable": "Evaluate on data that holds more groups of sufficient size.",
    "unknown_decides": "Complete the attribute in the evaluation data.",
}
_MOST = 20
"""Small groups named one by one; crossed tables can have hundreds."""


class Asked(Protocol):
    """What of a rule's parameters its words need."""

    @property
    def min_n(self) -> int:
        """Least number of people, or denominator, of a group that is judged."""

    @property
    def smallest_shown(self) -> int:
        """Fewest people of a group whose numbers are shown."""

    @property
    def max_missing(self) -> Decimal:
        """Largest accepted share of rows without prediction or label."""


class GroupWords:
    """Words for the groups of one rule."""

    def __init__(self, params: Asked, counts: Counts, tables: Sequence[RateTable], file: str) -> None:
        self._params = params
        self._counts = counts
        self._tables = tables
        self.place = Location(file)
        keys = {(item.attributes, item.metric.labels) for item in tables}
        self._hidden = {
            key: hidden_groups(counts, key[0], params.smallest_shown, labels=key[1]) for key in sorted(keys)
        }

    def hidden(self, item: RateTable) -> frozenset[Group]:
        """Give the groups of a table that are not shown."""
        return self._hidden[item.attributes, item.metric.labels]

    def shown(self, item: RateTable, *groups: Group) -> bool:
        """Whether the numbers of all these groups may be shown."""
        return not set(groups) & self.hidden(item)

    @property
    def tests(self) -> bool:
        """Whether p-values may be shown: corrected over the family, they tell of every group in it."""
        return all(self.whole(item) for item in self._tables)

    def whole(self, item: RateTable) -> bool:
        """Whether what is worked out over all judged groups of a table may be shown: none of them is hidden."""
        return self.shown(item, *item.judged)

    def name(self, item: RateTable, group: Group) -> str:
        """Name a group, unless it is not shown."""
        return group_label(item.attributes, group) if self.shown(item, group) else _HIDDEN

    def metric(self, item: RateTable) -> str:
        """Name the rate in words."""
        return item.metric.name.replace("_", " ")

    def table(self, item: RateTable) -> str:
        """Name the table."""
        return " x ".join(item.attributes)

    def rate(self, item: RateTable, group: Group) -> str:
        """Write a rate as counts, e.g. `30 of 100`, unless the group is not shown."""
        rate = item.rates[group]
        return f"{rate.k} of {rate.n}" if self.shown(item, group) else "not shown"

    def both(self, item: RateTable, one: Group, two: Group) -> str:
        """Write two rates side by side."""
        metric, names = self.metric(item), [self.name(item, group) for group in (one, two)]
        if self.shown(item, one, two):
            return f"{metric} of {names[0]} is {self.rate(item, one)}, of {names[1]} {self.rate(item, two)}"
        return f"{metric} of {'two groups that are not shown' if names[0] == names[1] else ' and '.join(names)}"

    def discriminator(self, item: RateTable, *groups: Group) -> str:
        """Name what a finding is about, by its rate and groups."""
        labels = [self.name(item, group) for group in groups]
        if not labels or _HIDDEN in labels:
            labels.insert(0, "+".join(item.attributes))
        return ":".join([item.metric.name, *labels])

    # --- who is there

    def population(self, item: RateTable, notes: Iterable[Note]) -> list[Finding]:
        """Give the findings on who is not there, or too few; small groups beyond the twentieth as one."""
        held = [note for note in notes if note.said in _CODES]
        small = [note for note in held if note.said == "small_group"]
        told = [note for note in held if note.said != "small_group" or note in small[:_MOST]]
        findings = list(dict.fromkeys(self._who(item, note) for note in told))
        if len(small) > _MOST:
            more = f"{len(small) - _MOST} more groups of {self.table(item)} are too small"
            place = f"{self.discriminator(item)}:more"
            least = f"n >= {self._params.min_n}"
            findings.append(Finding(code="F104", detail=more, required=least, location=self.place, discriminator=place))
        return findings

    def _who(self, item: RateTable, note: Note) -> Finding:
        small = note.said == "small_group"
        observed = None
        if small:
            observed = f"n = {item.rates[note.group].n}" if self.shown(item, note.group) else "not shown"
        return Finding(
            code=_CODES[note.said],
            detail=self._who_words(item, note),
            observed=observed,
            required=f"n >= {self._params.min_n}" if small else None,
            location=self.place,
            remediation=_REMEDIES.get(note.said),
            discriminator=self.discriminator(item, *([note.group] if note.group else [])),
        )

    def _who_words(self, item: RateTable, note: Note) -> str:
        name = self.name(item, note.group) if note.group else self.table(item)
        metric = self.metric(item)
        if note.said == "small_group":
            if not self.shown(item, note.group):
                name = f"{self.table(item)}: {self._few()}"
                told = f"{name} is below the least denominator of {metric}"
            else:
                told = f"{name}: {metric} of {self.rate(item, note.group)}, below the least denominator"
            return f"{told}; left out" if note.verdict is Verdict.PASS else told
        return {
            "absent_group": f"{name} is declared and has no rows",
            "absent_reference": f"{name} is the reference and has no rows",
            "not_comparable": f"{name}: too few groups can be judged by {metric}",
            "undefined": f"{name}: the {metric} says nothing, {note.why}",
            "unknown_decides": f"{name}: the verdict on the {metric} depends on {note.count} records of unknown group",
        }[note.said]

    def _few(self) -> str:
        least, smallest = self._params.min_n, self._params.smallest_shown
        return f"a group of fewer than {smallest} people" if least <= smallest else _HIDDEN

    def not_assessable(self) -> str:
        """Name the groups that could not be judged; those that are not shown are only counted."""
        told: dict[str, None] = {}
        untold: dict[tuple[tuple[str, ...], Group], None] = {}
        for item in self._tables:
            for group in item.small:
                if self.shown(item, group):
                    told[group_label(item.attributes, group)] = None
                else:
                    untold[item.attributes, group] = None
        parts = [*list(told)[:_MOST], *([f"{len(untold)} not shown"] if untold else [])]
        return ", ".join(parts) or "none"

    # --- facts

    def rows(self, item: RateTable) -> list[Json]:
        """Give the public rows of a table."""
        return group_rows(item.attributes, item.lines(), base=item.base(), hidden=self.hidden(item))

    def table_facts(self, item: RateTable, result: TableVerdict) -> dict[str, Json]:
        """Give a table with the verdict on it."""
        return {
            "attributes": list(item.attributes),
            "metric": item.metric.name,
            "verdict": result.verdict.value,
            "unknown": item.unknown.n,
            "groups": self.rows(item),
        }

    def facts(self, question: str, **members: Json) -> dict[str, Json]:
        """Give the facts of a kind: what was counted, its own members, and the restricted counts."""
        gone = self._counts.missing
        return {
            "kind": "fairness-groups",
            "question": question,
            **members,
            "min_n": self._params.min_n,
            "rows": self._counts.rows,
            "missing": {"rows": gone.rows, "y_pred": gone.y_pred, "y_true": gone.y_true},
            "smallest_shown": self._params.smallest_shown,
            "restricted": restricted(self._counts),
        }


def missing_rows(params: Asked, counts: Counts, place: Location) -> Finding | None:
    """Say that more rows lack prediction or label than the rule accepts: they could have decided otherwise."""
    gone, share = counts.missing, Fraction(counts.missing.rows, counts.rows)
    if share <= Fraction(params.max_missing):
        return None
    return Finding(
        code="F109",
        detail=f"{gone.rows} of {counts.rows} rows cannot be counted: {gone.y_pred} without prediction, "
        f"{gone.y_true} without label",
        observed=figure(share, params.max_missing, 4),
        required=f"<= {decimal_text(params.max_missing)}",
        location=place,
        remediation="Predict for every row, or allow a share in the policy and say why.",
        discriminator="missing-rows",
    )
