"""Words and facts of `fairness.change`, with nothing in them of a group that is not shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from govern.canonical import Json, decimal_text
from govern.checks.fairness.facts import restricted
from govern.checks.fairness.group_words import GroupWords, missing_rows
from govern.checks.predictions import figure
from govern.diagnostics import plain
from govern.fairness import Counts, Undefined
from govern.policy.outcomes import Finding, Location

if TYPE_CHECKING:
    from govern.checks.fairness.baseline import Baseline
    from govern.checks.fairness.change import WorseningParams
    from govern.checks.fairness.change_judging import ChangePair
    from govern.fairness.disparity_range import DisparityRange
    from govern.fairness.rate_tables import RateTable

__all__ = ["ChangeWords"]


class ChangeWords:
    """Words for one rule's parameters."""

    def __init__(
        self, params: WorseningParams, counts: Counts, base: Baseline, pairs: tuple[ChangePair, ...], file: str
    ) -> None:
        self._params = params
        self._counts = counts
        self._base = base
        self._pairs = pairs
        self._name = plain(base.name, limit=80)
        self._ours = GroupWords(params, counts, [pair.ours for pair in pairs], file)
        self._theirs = GroupWords(params, base.counts, [pair.theirs for pair in pairs], base.file)

    def _shown(self, pair: ChangePair) -> bool:
        """Whether worst pairs may be told: they are worked out over all judged groups."""
        return self._ours.whole(pair.ours) and self._theirs.whole(pair.theirs)

    def by(self, pair: ChangePair) -> str:
        """Write the worsening, never rounded across the limit."""
        if pair.worsening is None:
            return "undefined"
        return figure(pair.worsening, self._params.max_worsening, 4) if self._shown(pair) else "not shown"

    def _disparity(self, pair: ChangePair, found: DisparityRange | Undefined) -> str:
        if isinstance(found, Undefined):
            return str(found)
        if not self._shown(pair):
            return "not shown"
        return figure(1 - found.value if self._params.compare == "ratio" else found.value, None, 4)

    def _told(self, pair: ChangePair) -> str:
        what = f"{self._ours.metric(pair.ours)} by {self._ours.table(pair.ours)}: worst {self._params.compare}"
        return (
            f"{what} {self._disparity(pair, pair.now)}, by {self._name} {self._disparity(pair, pair.before)}, "
            f"worse by {self.by(pair)}"
        )

    def findings(self, pair: ChangePair) -> Iterator[Finding]:
        """Give the findings of one table."""
        item = pair.ours
        yield from self._theirs.population(pair.theirs, pair.others)
        for note in pair.result.notes:
            if note.why in ("other-groups", "other-judged"):
                yield self._other_groups(item, thin=note.why == "other-judged")
            elif note.said != "worse":
                yield from self._ours.population(item, [note])
            else:
                yield Finding(
                    code="F147",
                    detail=self._told(pair),
                    observed=self.by(pair),
                    required=self._params.required,
                    location=self._ours.place,
                    remediation="Find out what sets the groups farther apart than before.",
                    discriminator=self._ours.discriminator(item),
                )

    def _other_groups(self, item: RateTable, *, thin: bool) -> Finding:
        what = "judge other groups, because some are too small in one of them" if thin else "hold other groups"
        return Finding(
            code="F148",
            detail=f"the table of {self._name} and the candidate's {what}, by {self._ours.table(item)}",
            required="the same groups",
            location=Location(self._base.file),
            remediation="Count the same groups in both tables.",
            discriminator=f"{self._base.name}:{self._ours.discriminator(item)}",
        )

    def other_people(self) -> Finding:
        """Say that groups have other sizes, whatever the proof of equal data said."""
        return Finding(
            code="E146",
            detail=f"groups have other sizes, or other numbers of a true outcome, in the table of {self._name}",
            required="the same cases",
            location=Location(self._base.file),
            remediation="Let both models predict the very same cases.",
            discriminator=self._base.name,
        )

    def gone(self) -> list[Finding]:
        """Give the findings on rows of either table that could not be counted."""
        both = (self._counts, self._ours.place), (self._base.counts, Location(self._base.file))
        return [found for counts, place in both if (found := missing_rows(self._params, counts, place)) is not None]

    def summary(self, worst: ChangePair | None) -> str:
        """Say the worst change in one sentence."""
        if worst is None:
            return f"No disparity of both models could be worked out by {self._params.metric.replace('_', ' ')}."
        return f"{self._told(worst)}, on {self._base.proof} ({self._params.required} asked)."

    def fields(self, worst: ChangePair | None) -> dict[str, str]:
        """Give the values of the message fields."""
        fields = {"baseline": self._name, "metric": self._params.metric}
        fields |= dict.fromkeys(("worsening", "value", "before"), "not assessable")
        fields["not_assessable"] = self._ours.not_assessable()
        if worst is None:
            return fields
        now, before = self._disparity(worst, worst.now), self._disparity(worst, worst.before)
        return {**fields, "worsening": self.by(worst), "value": now, "before": before}

    def facts(self) -> Json:
        """Give the canonical facts."""
        return self._ours.facts(
            "change",
            metric=self._params.metric,
            compare=self._params.compare,
            baseline=self._base.name,
            same_data=self._base.proof,
            max_worsening=decimal_text(self._params.max_worsening),
            required=self._params.required,
            tables=[self._table(pair) for pair in self._pairs],
        ) | {"restricted": {**_whole(self._counts), "baseline": restricted(self._base.counts)}}

    def _table(self, pair: ChangePair) -> Json:
        shown = self._shown(pair)
        return {
            **self._ours.table_facts(pair.ours, pair.result),
            "baseline_groups": self._theirs.rows(pair.theirs),
            "value": self._disparity(pair, pair.now) if shown else None,
            "baseline_value": self._disparity(pair, pair.before) if shown else None,
            "worsening": self.by(pair) if shown else None,
        }


def _whole(counts: Counts) -> dict[str, Json]:
    held = restricted(counts)
    assert isinstance(held, dict)
    return held
