"""What a judgement on groups means in words: outcome, findings, message fields. None tells of a hidden group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import decimal_text
from govern.checks.fairness.facts import ValueText, disparity_facts, ends, value_text
from govern.checks.fairness.inference_words import CODES as INFERENCE_CODES
from govern.checks.fairness.inference_words import inference_detail, more_people
from govern.checks.fairness.shown import Shown, shown_of
from govern.checks.predictions import figure
from govern.fairness import (
    Counts,
    Judgement,
    Pair,
    Reason,
    ReasonKind,
    TableJudgement,
    Verdict,
    coded_backwards,
    group_label,
)
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams

__all__ = ["result_of"]

_OUTCOMES = {
    Verdict.PASS: Outcome.PASS,
    Verdict.FAIL: Outcome.FAIL,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.ABSENT: Outcome.MISSING_EVIDENCE,
}
_CODES = {
    ReasonKind.MISSED: "F101",
    ReasonKind.NOT_SIGNIFICANT: "F102",
    ReasonKind.SIGNIFICANT_GAP: "F103",
    ReasonKind.SMALL_GROUP: "F104",
    ReasonKind.NOT_COMPARABLE: "F105",
    ReasonKind.UNDEFINED: "F106",
    ReasonKind.UNKNOWN_DECIDES: "F107",
    ReasonKind.ABSENT_GROUP: "F108",
    ReasonKind.ABSENT_REFERENCE: "F108",
    ReasonKind.NOT_DEMONSTRATED: "F111",
    **INFERENCE_CODES,
}
_MOST_SMALL = 20
"""Small groups named one by one; crossed tables can have hundreds."""
_NOT_SHOWN = "not shown"
_HIDDEN = "a group that is not shown"


def result_of(
    params: DisparityParams,
    counts: Counts,
    judgement: Judgement,
    *,
    file: str,
    evidence: tuple[EvidenceRef, ...],
    holds: tuple[Holds, ...],
) -> CheckResult:
    """Word a judgement. Too many missing rows make any verdict inconclusive: they could have decided otherwise."""
    shown = shown_of(params.question(), counts, judgement, params.smallest_shown)
    teller = _Teller(params, file, shown)
    findings = [finding for table in judgement.tables for finding in teller.table(table)]
    outcome = _OUTCOMES[judgement.verdict]
    share = Fraction(counts.missing.rows, counts.rows)
    if share > Fraction(params.max_missing):
        findings.insert(0, teller.missing(counts, share))
        outcome = Outcome.INCONCLUSIVE
    findings += [teller.backwards(table) for table in params.tables if coded_backwards(counts, table)][:1]
    worst = judgement.worst
    return CheckResult(
        outcome=outcome,
        summary=teller.summary(worst, judgement),
        findings=tuple(dict.fromkeys(findings)),
        evidence=evidence,
        observed=None if worst is None or worst.worst is None else teller.observed(worst, worst.worst),
        required=teller.required,
        fields=teller.fields(judgement),
        holds=holds,
        facts=disparity_facts(params, counts, judgement, shown, teller.value),
    )


class _Teller:
    """Words for one rule's parameters."""

    def __init__(self, params: DisparityParams, file: str, shown: Shown) -> None:
        self._params = params
        self._shown = shown
        self._place = Location(file)
        limit = params.at_least if params.at_least is not None else params.at_most
        self.value = ValueText(Decimal(0) if limit is None else limit)
        self.required = f"{'>=' if params.at_least is not None else '<='} {decimal_text(limit or Decimal(0))}"

    def observed(self, table: TableJudgement, pair: Pair) -> str:
        """Write the compared value of a pair, never rounded across the threshold."""
        return self.value(pair.value, 4) if self._shown.pair(table, pair) else _NOT_SHOWN

    def _named(self, table: TableJudgement, group: tuple[str, ...]) -> str:
        return _HIDDEN if group in self._shown.hidden(table) else group_label(table.attributes, group)

    def table(self, table: TableJudgement) -> Iterator[Finding]:
        """Give the findings of one table, small groups beyond the twentieth as one."""
        small = [reason for reason in table.reasons if reason.kind is ReasonKind.SMALL_GROUP]
        for reason in table.reasons:
            if reason.kind is not ReasonKind.SMALL_GROUP or reason in small[:_MOST_SMALL]:
                yield self._finding(table, reason)
        if len(small) > _MOST_SMALL:
            yield Finding(
                code="F104",
                detail=f"{len(small) - _MOST_SMALL} more groups of {' x '.join(table.attributes)} are too small",
                required=f"n >= {self._params.min_n}",
                location=self._place,
                discriminator=f"{table.metric}:{'+'.join(table.attributes)}:more",
            )

    def _finding(self, table: TableJudgement, reason: Reason) -> Finding:
        label = self._named(table, reason.group) if reason.group else " x ".join(table.attributes)
        observed = None if reason.pair is None else self.observed(table, reason.pair)
        required: str | None = self.required
        if reason.kind is ReasonKind.SMALL_GROUP:
            line = next(line for line in table.lines if line.group == reason.group)
            observed = _NOT_SHOWN if label == _HIDDEN else f"n = {line.rate.n}"
            required = f"n >= {self._params.min_n}"
        return Finding(
            code=_CODES[reason.kind],
            detail=self._detail(table, reason, label),
            observed=observed,
            required=required,
            location=self._place,
            remediation=self._remediation(table, reason),
            discriminator=self._discriminator(table, reason, label),
        )

    def _discriminator(self, table: TableJudgement, reason: Reason, label: str) -> str:
        if label != _HIDDEN:
            return f"{table.metric}:{label}"
        other = "" if reason.pair is None else self._named(table, reason.pair.other)
        return f"{table.metric}:{'+'.join(table.attributes)}:hidden:{other}"

    def _detail(self, table: TableJudgement, reason: Reason, label: str) -> str:
        metric = table.metric.replace("_", " ")
        if reason.kind in INFERENCE_CODES:
            if reason.pair is not None and not self._shown.pair(table, reason.pair):
                return f"{self._comparison(table, reason.pair)}, and neither are its tests"
            return inference_detail(self._params, table, reason)
        if reason.pair is not None:
            said = self._comparison(table, reason.pair)
            if reason.kind is ReasonKind.SIGNIFICANT_GAP:
                return f"{said}: the threshold is met and the gap is significant"
            if reason.kind is ReasonKind.NOT_DEMONSTRATED and reason.pair.bounds is not None:
                low, high = ends(reason.pair.bounds)
                bounds = f" {low} to {high}" if self._shown.pair(table, reason.pair) else ""
                return f"{said}: simultaneous bounds{bounds} do not establish {self.required}"
            if reason.kind is ReasonKind.NOT_SIGNIFICANT and not reason.pair.expected_ok:
                return f"{said}: fewer than five people are expected in a cell, too few to call it harm"
            return said
        if reason.kind is ReasonKind.SMALL_GROUP:
            line = next(line for line in table.lines if line.group == reason.group)
            told = f"{label}: {metric} of {line.rate.k} of {line.rate.n}, below the least denominator"
            if label == _HIDDEN:
                told = f"{' x '.join(table.attributes)}: {self._few()} is below the least denominator of {metric}"
            return f"{told}; left out of the comparison" if reason.verdict is Verdict.PASS else told
        return {
            ReasonKind.NOT_COMPARABLE: f"{label}: fewer than two groups can be compared",
            ReasonKind.UNDEFINED: f"{label}: the {metric} cannot be compared, {reason.note}",
            ReasonKind.UNKNOWN_DECIDES: f"{label}: the verdict depends on {reason.note} records of unknown group",
            ReasonKind.ABSENT_GROUP: f"{label} is declared and has no rows",
            ReasonKind.ABSENT_REFERENCE: f"{label} is the reference and has no rows",
        }[reason.kind]

    def _few(self) -> str:
        """Name a group that is hidden and too small to be judged."""
        least, smallest = self._params.min_n, self._params.smallest_shown
        return f"a group of fewer than {smallest} people" if least <= smallest else _HIDDEN

    def _comparison(self, table: TableJudgement, pair: Pair) -> str:
        group, other = (self._named(table, one) for one in (pair.group, pair.other))
        what = "ratio" if self._params.compare == "ratio" else "difference"
        if not self._shown.pair(table, pair):
            both = "two groups that are not shown" if group == other else f"{group} and {other}"
            return f"{table.metric.replace('_', ' ')} of {both}: {what} not shown"
        p = "" if pair.p is None or not self._shown.tests else f", corrected p {decimal_text(pair.p)}"
        return (
            f"{table.metric.replace('_', ' ')} of {group} is {pair.rate.k} of {pair.rate.n}, of {other} "
            f"{pair.other_rate.k} of {pair.other_rate.n}: {what} {self.value(pair.value, 4)}{p}"
        )

    def _remediation(self, table: TableJudgement, reason: Reason) -> str | None:
        if reason.kind is ReasonKind.MISSED:
            if table.needed is not None and reason.pair == table.worst and not self._shown.withheld(table):
                return f"With {table.needed} more of the group counted, all else equal, it meets the threshold."
            return None
        told = None if self._shown.withheld(table) else more_people(table)
        more = told or "Evaluate on more people of both groups."
        return {
            ReasonKind.NOT_SIGNIFICANT: more,
            ReasonKind.NOT_DEMONSTRATED: more,
            ReasonKind.SMALL_GROUP: "Evaluate on more people of this group.",
            ReasonKind.UNKNOWN_DECIDES: "Complete the attribute in the evaluation data.",
            ReasonKind.ABSENT_GROUP: "Evaluate on data that holds the group.",
            ReasonKind.ABSENT_REFERENCE: "Evaluate on data that holds the group, or name another reference.",
            ReasonKind.NOT_COMPARABLE: "Evaluate on data that holds at least two groups of sufficient size.",
        }.get(reason.kind)

    def missing(self, counts: Counts, share: Fraction) -> Finding:
        """Word the rows left out."""
        gone = counts.missing
        return Finding(
            code="F109",
            detail=f"{gone.rows} of {counts.rows} rows cannot be counted: {gone.y_pred} without prediction, "
            f"{gone.y_true} without label",
            observed=figure(share, self._params.max_missing, 4),
            required=f"<= {decimal_text(self._params.max_missing)}",
            location=self._place,
            remediation="Predict for every row, or allow a share in the policy and say why.",
            discriminator="missing-rows",
        )

    def backwards(self, attributes: Sequence[str]) -> Finding:
        """Word the suspicion that a column is coded the other way round."""
        return Finding(
            code="F110",
            detail=f"in every group of {' x '.join(attributes)} the true positive rate is below the false positive "
            "rate: is the label or the prediction coded the other way round?",
            location=self._place,
            remediation="Check the positive value of both columns.",
            discriminator="coded-backwards",
        )

    def summary(self, table: TableJudgement | None, judgement: Judgement) -> str:
        """Say the worst comparison in one sentence, and the worst of those that are shown where it is not."""
        if table is None or table.worst is None:
            return f"No two groups could be compared by {self._params.metric.replace('_', ' ')}."
        held = ""
        if table.holds_for is not None and table.verdict is Verdict.PASS and not self._shown.withheld(table):
            held = f"; this table's verdict holds for up to {table.holds_for} changed decisions"
        said = self._comparison(table, table.worst)
        if not self._shown.pair(table, table.worst):
            held = self._worst_shown(judgement)
        return f"Worst: {said} ({self.required} asked, {self._params.decide}){held}."

    def _worst_shown(self, judgement: Judgement) -> str:
        found = [
            (item.worst.value if self._params.at_least is not None else -item.worst.value, number, item.worst)
            for number, item in enumerate(judgement.tables)
            if item.worst is not None and isinstance(item.worst.value, Fraction) and self._shown.pair(item, item.worst)
        ]
        if not found:
            return ""
        _value, number, pair = min(found, key=lambda one: one[:2])
        return f"; of those shown: {self._comparison(judgement.tables[number], pair)}"

    def fields(self, judgement: Judgement) -> dict[str, str]:
        """Give the values of the message fields."""
        names = ("group", "reference", "ratio", "difference", "n", "p", "low", "high")
        fields = {f"worst.{name}": "not assessable" for name in names}
        fields["not_assessable"] = self._not_assessable(judgement)
        table = judgement.worst
        if table is None or table.worst is None:
            return fields
        pair = table.worst
        if not self._shown.pair(table, pair):
            return {**fields, **{f"worst.{name}": _NOT_SHOWN for name in names}}
        low, high = ends(pair.bounds or pair.interval(self._params.compare))
        compared = {"ratio": pair.ratio, "difference": pair.difference}
        shown = {
            name: self.value(value, 4) if name == self._params.compare else value_text(value, 4)
            for name, value in compared.items()
        }
        untold = "not computed" if pair.p is None else _NOT_SHOWN
        return {
            **fields,
            "worst.group": group_label(table.attributes, pair.group),
            "worst.reference": group_label(table.attributes, pair.other),
            "worst.ratio": shown["ratio"] or str(pair.ratio),
            "worst.difference": shown["difference"] or str(pair.difference),
            "worst.n": str(pair.rate.n),
            "worst.p": untold if pair.p is None or not self._shown.tests else decimal_text(pair.p),
            "worst.low": low,
            "worst.high": high,
        }

    def _not_assessable(self, judgement: Judgement) -> str:
        """Name the groups that could not be judged; those that are not shown are only counted."""
        small = dict.fromkeys(
            (table.attributes, line.group, line.group in self._shown.hidden(table))
            for table in judgement.tables
            for line in table.lines
            if line.small
        )
        told = dict.fromkeys(group_label(names, group) for names, group, hide in small if not hide)
        untold = len({(names, group) for names, group, hide in small if hide})
        parts = [*list(told)[:_MOST_SMALL], *([f"{untold} not shown"] if untold else [])]
        return ", ".join(parts) or "none"
