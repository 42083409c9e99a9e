"""What a judgement on scores, numeric predictions or ranks means in a report: outcome, findings and message fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import decimal_text
from govern.checks.fairness.gap_facts import facts_of_gaps
from govern.checks.fairness.gap_shown import ShownGaps
from govern.checks.fairness.gap_words import compared_text, measure_words, named, value_text
from govern.checks.predictions import figure
from govern.fairness import Undefined, Verdict
from govern.fairness.gaps import Gap, GapJudgement, GapKind, GapReason, GapTable, Groups
from govern.policy.outcomes import CheckResult, Finding, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.gap_evidence import Held
    from govern.checks.fairness.gap_params import GapParams

__all__ = ["FIELDS", "outcome_of_gaps", "result_of_gaps"]

FIELDS = (
    *(f"worst.{name}" for name in ("measure", "group", "reference", "value", "low", "high", "n")),
    "not_assessable",
)
"""Message fields of the three kinds."""

_OUTCOMES = {
    Verdict.PASS: Outcome.PASS,
    Verdict.FAIL: Outcome.FAIL,
    Verdict.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Verdict.ABSENT: Outcome.MISSING_EVIDENCE,
}
_CODES = {
    GapKind.MISSED: "F120",
    GapKind.STRADDLED: "F121",
    GapKind.NOT_DEMONSTRATED: "F122",
    GapKind.SMALL_GROUP: "F123",
    GapKind.UNDEFINED: "F124",
    GapKind.NOT_COMPARABLE: "F105",
    GapKind.ABSENT_GROUP: "F108",
}
_REMEDIES = {
    GapKind.STRADDLED: "Evaluate on more people, or set the limit apart from the value.",
    GapKind.NOT_DEMONSTRATED: "Evaluate on more people of both groups.",
    GapKind.SMALL_GROUP: "Evaluate on more people of this group.",
    GapKind.UNDEFINED: "Evaluate on data in which the group has both outcomes and different values.",
    GapKind.NOT_COMPARABLE: "Evaluate on data that holds at least two groups of sufficient size.",
    GapKind.ABSENT_GROUP: "Evaluate on data that holds the group.",
}
_MOST = 20
"""Findings of one kind that are told one by one; crossed tables can have thousands."""
_NOT_SHOWN = "not shown"


def result_of_gaps(held: Held[GapParams], judgement: GapJudgement, *, labels: bool) -> CheckResult:
    """Word a judgement. Too many rows without value or group make any verdict inconclusive: they could decide it."""
    params = held.params
    shown = ShownGaps(held.people, params.smallest_shown, labels=labels)
    teller = _Teller(held, shown)
    findings = [finding for table in judgement.tables for finding in teller.table(table)]
    people = held.people
    for table in held.tables:
        if _too_many_gone(params, table, rows=people.rows, missing=people.missing.rows):
            findings.insert(0, teller.missing(table.attributes, table.unknown, shown))
    outcome = outcome_of_gaps(params, judgement, held.tables, rows=people.rows, missing=people.missing.rows)
    worst = judgement.worst
    return CheckResult(
        outcome=outcome,
        summary=teller.summary(worst),
        findings=tuple(dict.fromkeys(findings)),
        evidence=held.evidence,
        observed=None if worst is None or worst.worst is None else teller.observed(worst, worst.worst),
        required=teller.required,
        fields=teller.fields(judgement),
        holds=held.holds,
        facts=facts_of_gaps(held, judgement, shown),
    )


def outcome_of_gaps(
    params: GapParams, judgement: GapJudgement, tables: Sequence[Groups], *, rows: int, missing: int
) -> Outcome:
    """Give the outcome of a judgement on so many rows, `missing` of them without a value."""
    if any(_too_many_gone(params, table, rows=rows, missing=missing) for table in tables):
        return Outcome.INCONCLUSIVE
    return _OUTCOMES[judgement.verdict]


def _too_many_gone(params: GapParams, table: Groups, *, rows: int, missing: int) -> bool:
    return Fraction(missing + table.unknown, rows) > Fraction(params.max_missing)


class _Teller:
    """Words for one rule."""

    def __init__(self, held: Held[GapParams], shown: ShownGaps) -> None:
        self._held = held
        self._shown = shown
        self._place = Location(held.file)
        low, high = held.params.limits
        self._limit = low if low is not None else high or Decimal(0)
        self.required = f"{'>=' if low is not None else '<='} {decimal_text(self._limit)}"

    def observed(self, table: GapTable, gap: Gap) -> str:
        """Write the compared value of a pair, never rounded across the limit."""
        return value_text(gap.value, self._limit, 4) if self._shown.gap(table, gap) else _NOT_SHOWN

    def table(self, table: GapTable) -> Iterator[Finding]:
        """Give the findings of one table, those of a kind beyond the twentieth as one."""
        for kind in GapKind:
            reasons = [reason for reason in table.reasons if reason.kind is kind]
            for reason in reasons[:_MOST]:
                yield self._finding(table, reason)
            if len(reasons) > _MOST:
                yield Finding(
                    code=_CODES[kind],
                    detail=f"{len(reasons) - _MOST} more such findings on {' x '.join(table.attributes)}",
                    required=self.required,
                    location=self._place,
                    discriminator=f"{table.measure}:{'+'.join(table.attributes)}:more",
                )

    def _finding(self, table: GapTable, reason: GapReason) -> Finding:
        names = [named(table, group, self._shown) for group in self._groups(reason)]
        observed, required = None, self.required
        if reason.gap is not None:
            observed = self.observed(table, reason.gap)
        elif reason.kind is GapKind.SMALL_GROUP:
            hidden = reason.group in self._shown.hidden(table)
            line = next(line for line in table.lines if line.group == reason.group)
            observed = _NOT_SHOWN if hidden else f"n = {line.n}"
            required = f"n >= {self._held.params.min_group}"
        return Finding(
            code=_CODES[reason.kind],
            detail=self._detail(table, reason),
            observed=observed,
            required=required,
            location=self._place,
            remediation=_REMEDIES.get(reason.kind),
            discriminator=":".join([table.measure, "+".join(table.attributes), *names]),
        )

    def _groups(self, reason: GapReason) -> tuple[tuple[str, ...], ...]:
        if reason.gap is not None:
            return reason.gap.group, reason.gap.other
        return (reason.group,) if reason.group else ()

    def _detail(self, table: GapTable, reason: GapReason) -> str:
        what, over = measure_words(table.measure), " x ".join(table.attributes)
        if reason.gap is not None:
            said = compared_text(table, reason.gap, self._shown, self._limit)
            if not self._shown.gap(table, reason.gap) or isinstance(reason.gap.value, Undefined):
                return said
            if reason.kind is GapKind.STRADDLED:
                return f"{said}; the limit lies between the bounds"
            if reason.kind is GapKind.NOT_DEMONSTRATED:
                ends = reason.gap.ends
                bounds = "there is no interval" if ends is None else f"interval {ends.low} to {ends.high}"
                return f"{said}; {bounds}, which does not establish {self.required}"
            return said
        label = named(table, reason.group, self._shown) if reason.group else over
        if reason.kind is GapKind.SMALL_GROUP:
            return f"{label}: too few people for the {what}"
        return {
            GapKind.NOT_COMPARABLE: f"{over}: fewer than two groups can be compared by {what}",
            GapKind.UNDEFINED: f"{label}: the {what} is undefined, {reason.note}",
            GapKind.ABSENT_GROUP: f"{label} is declared or the reference, and has no rows",
        }[reason.kind]

    def missing(self, attributes: tuple[str, ...], unknown: int, shown: ShownGaps) -> Finding:
        """Word the rows that could not be put into a group."""
        people = self._held.people
        gone = people.missing.rows
        share = Fraction(gone + unknown, people.rows)
        few = 0 < unknown < shown.smallest and bool(shown.of(attributes))
        told = "some" if few else f"{unknown:,}"
        return Finding(
            code="F109",
            detail=f"{gone:,} of {people.rows:,} rows have no value, and {told} no known {' x '.join(attributes)}",
            observed=_NOT_SHOWN if few else figure(share, self._held.params.max_missing, 4),
            required=f"<= {decimal_text(self._held.params.max_missing)}",
            location=self._place,
            remediation="Complete value, label and group of every row, or allow a share in the policy and say why.",
            discriminator=f"missing-rows:{'+'.join(attributes)}",
        )

    def summary(self, table: GapTable | None) -> str:
        """Say the worst comparison in one sentence."""
        params = self._held.params
        if table is None or table.worst is None:
            return f"No two groups could be compared by {measure_words(str(getattr(params, 'measure', 'measure')))}."
        said = compared_text(table, table.worst, self._shown, self._limit)
        return f"Worst: {said} ({self.required} asked, {params.decide})."

    def fields(self, judgement: GapJudgement) -> dict[str, str]:
        """Give the values of the message fields."""
        fields = dict.fromkeys(FIELDS, "not assessable")
        fields["not_assessable"] = self._not_assessable(judgement)
        table = judgement.worst
        if table is None or table.worst is None:
            return fields
        gap = table.worst
        if not self._shown.gap(table, gap):
            return {name: value if name == "not_assessable" else _NOT_SHOWN for name, value in fields.items()}
        line = next(line for line in table.lines if line.group == gap.group)
        ends = gap.ends
        return {
            **fields,
            "worst.measure": table.measure,
            "worst.group": named(table, gap.group, self._shown),
            "worst.reference": named(table, gap.other, self._shown),
            "worst.value": value_text(gap.value, self._limit, 4),
            "worst.low": "not computed" if ends is None else decimal_text(ends.low),
            "worst.high": "not computed" if ends is None else decimal_text(ends.high),
            "worst.n": str(line.people),
        }

    def _not_assessable(self, judgement: GapJudgement) -> str:
        told: dict[str, None] = {}
        untold = set()
        for table in judgement.tables:
            for line in table.lines:
                if line.small or isinstance(line.figure, Undefined):
                    if line.group in self._shown.hidden(table):
                        untold.add((table.attributes, line.group))
                    else:
                        told[named(table, line.group, self._shown)] = None
        parts = [*list(told)[:_MOST], *([f"{len(untold)} not shown"] if untold else [])]
        return ", ".join(parts) or "none"
