"""Words and facts of `fairness.alternatives`, with nothing in them of a group that is not shown."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json, decimal_text
from govern.checks.fairness.group_words import GroupWords, missing_rows
from govern.checks.predictions import figure
from govern.diagnostics import plain
from govern.fairness import Value
from govern.fairness.alternatives import Standing
from govern.fairness.disparity_range import DisparityRange
from govern.policy.outcomes import Finding, Location

if TYPE_CHECKING:
    from govern.checks.fairness.alternatives import AlternativesParams
    from govern.checks.fairness.evidence import Counted
    from govern.checks.fairness.searched import Lack, Searched, Tried
    from govern.evidence.alternatives import Alternatives

__all__ = ["AlternativesWords"]

_LACKS = {
    "attribute": ("E157", "the search did not count by {}", "Count every candidate by all attributes, crossed."),
    "chosen": ("E154", "the counts of {} are not those of the predictions", "Count again on the prediction table."),
    "people": (
        "E155",
        "{} was not counted on the people of the chosen model",
        "Let every candidate decide the same cases.",
    ),
    "utility": ("E156", "{} states no figure of its usefulness", "State it under `utility`."),
}


class AlternativesWords:
    """Words for one rule's parameters."""

    def __init__(
        self, params: AlternativesParams, search: Searched, record: Alternatives, found: Counted[AlternativesParams]
    ) -> None:
        self._params = params
        self._search = search
        self._record = record
        self._place = Location(record.file)
        self._counts = found.counts
        self._file = found.file
        tables = () if search.chosen is None else search.chosen.tables
        self._words = GroupWords(params, found.counts, tables, found.file)

    def lacking(self) -> list[Finding]:
        """Say why the search cannot be judged."""
        return [self._lack(item) for item in self._search.lacks]

    def _lack(self, item: Lack) -> Finding:
        code, detail, remediation = _LACKS[item.why]
        return Finding(
            code=code,
            detail=detail.format(plain(item.name, limit=80)),
            required=self._params.required,
            location=self._place,
            remediation=remediation,
            discriminator=f"{item.why}:{item.name}",
        )

    def gone(self) -> Finding | None:
        """Say that rows of the predictions could not be counted."""
        return missing_rows(self._params, self._counts, Location(self._file))

    def findings(self) -> list[Finding]:
        """Give the findings on a search that can be judged."""
        search = self._search
        made = [
            finding
            for note, table in zip(search.notes, search.about, strict=True)
            for finding in self._words.population(table, [note])
        ]
        if len(search.compared) < self._params.at_least_compared:
            made.append(self._too_few())
        made += [self._better(item) for item in search.compared if item.standing is Standing.BETTER]
        made += [self._perhaps(item) for item in search.compared if item.standing is Standing.PERHAPS]
        return made

    def _too_few(self) -> Finding:
        search, asked = self._search, self._params.at_least_compared
        left = f"; {len(search.left_out)} more are copies or have no figure" if search.left_out else ""
        return Finding(
            code="E153",
            detail=f"{len(search.compared)} alternatives were compared with the chosen model{left}",
            observed=str(len(search.compared)),
            required=f">= {asked}",
            location=self._place,
            remediation="Compare more models that decide differently, and record their counts.",
            discriminator="too-few",
        )

    def _better(self, item: Tried) -> Finding:
        return Finding(
            code="F149",
            detail=f"{self._name(item)} is as useful and more even: {self._against(item)}",
            observed=self._utility(item.utility),
            required=self._params.required,
            location=self._place,
            remediation="Use the alternative, or say in a waiver why it cannot be used.",
            discriminator=item.name,
        )

    def _perhaps(self, item: Tried) -> Finding:
        return Finding(
            code="F107",
            detail=f"whether {self._name(item)} is more even depends on records of unknown group or on small groups",
            required=self._params.required,
            location=self._place,
            remediation="Complete the attribute in the evaluation data.",
            discriminator=item.name,
        )

    def _name(self, item: Tried) -> str:
        return plain(item.name, limit=80)

    def _utility(self, value: Value) -> str:
        return figure(value, None, 6) if isinstance(value, Fraction) else str(value)

    def _against(self, item: Tried) -> str:
        chosen = self._search.chosen
        assert chosen is not None
        mine, theirs = self._utility(chosen.utility), self._utility(item.utility)
        parts = [f"{self._params.utility} {theirs} against {mine}"]
        for place, table in enumerate(chosen.tables):
            one, two = self._disparity(chosen, place), self._disparity(item, place)
            told = f"{self._params.compare} of {self._words.metric(table)} by {self._words.table(table)}"
            parts.append(f"{told} {two or 'not shown'} against {one or 'not shown'}")
        return ", ".join(parts)

    def _disparity(self, item: Tried, place: int) -> str | None:
        """Write a model's worst comparison in a table, unless a group it is worked out over is not shown."""
        chosen = self._search.chosen
        if item.figures is None or chosen is None or not self._words.whole(chosen.tables[place]):
            return None
        found = item.figures.disparities[place]
        if not isinstance(found, DisparityRange):
            return None
        return figure(1 - found.value if self._params.compare == "ratio" else found.value, None, 6)

    def _first(self) -> Tried | None:
        """The alternative that speaks most against the chosen model."""
        order = [Standing.BETTER, Standing.PERHAPS, Standing.NOT]
        return min(self._search.compared, key=lambda item: (order.index(item.standing), item.name), default=None)

    def summary(self) -> str:
        """Say what the search came to in one sentence."""
        document, search = self._record.document, self._search
        by = f"by {plain(document.search.by, limit=80)} on {document.search.on.isoformat()}"
        better = [self._name(item) for item in search.compared if item.standing is Standing.BETTER]
        told = f"{len(search.compared)} alternatives were compared {by}"
        if better:
            return f"{told}: {', '.join(better[:5])} {'are' if len(better) > 1 else 'is'} as useful and more even."
        return f"{told}; none is shown to be as useful ({self._params.utility}) and more even."

    def fields(self) -> dict[str, str]:
        """Give the values of the message fields."""
        chosen, first = self._search.chosen, self._first()
        return {
            "compared": str(len(self._search.compared)),
            "alternative": "none" if first is None else self._name(first),
            "utility": "none" if first is None else self._utility(first.utility),
            "chosen_utility": "undefined" if chosen is None else self._utility(chosen.utility),
            "not_assessable": self._words.not_assessable(),
        }

    def facts(self) -> Json:
        """Give the canonical facts."""
        document, chosen = self._record.document, self._search.chosen
        tried = [item for item in (chosen, *self._search.compared) if item is not None]
        return self._words.facts(
            "alternatives",
            metric=self._params.metric,
            compare=self._params.compare,
            utility=self._params.utility,
            max_utility_loss=decimal_text(self._params.max_utility_loss),
            at_least_compared=self._params.at_least_compared,
            required=self._params.required,
            chosen=document.chosen,
            searched={"by": document.search.by, "on": document.search.on.isoformat(), "method": document.search.method},
            candidates=[self._candidate(item, chosen=item is chosen) for item in tried],
            left_out=list(self._search.left_out),
            tables=[],
        )

    def _candidate(self, item: Tried, *, chosen: bool) -> Json:
        return {
            "name": item.name,
            "chosen": chosen,
            "utility": self._utility(item.utility),
            "standing": None if chosen else item.standing.value,
            "disparities": [
                {
                    "attributes": list(table.attributes),
                    "metric": table.metric.name,
                    self._params.compare: self._disparity(item, place),
                }
                for place, table in enumerate(item.tables)
            ],
        }
