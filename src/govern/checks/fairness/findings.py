"""What a judgement on groups means in a report: outcome, findings, message fields and the table of facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.canonical import Json, decimal_text
from govern.checks.fairness.inference_words import CODES as INFERENCE_CODES
from govern.checks.fairness.inference_words import (
    inference_detail,
    more_people,
    pair_inference,
    rule_inference,
    table_inference,
)
from govern.checks.predictions import figure
from govern.fairness import (
    Counts,
    Judgement,
    Pair,
    Reason,
    ReasonKind,
    TableJudgement,
    Undefined,
    Value,
    Verdict,
    coded_backwards,
    group_label,
)
from govern.policy.outcomes import CheckResult, EvidenceRef, Finding, Holds, Location, Outcome

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams
    from govern.fairness.intervals import Interval

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
    teller = _Teller(params, file)
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
        summary=teller.summary(worst),
        findings=tuple(findings),
        evidence=evidence,
        observed=None if worst is None or worst.worst is None else teller.value(worst.worst.value),
        required=teller.required,
        fields=teller.fields(judgement),
        holds=holds,
        facts=teller.facts(counts, judgement),
    )


class _Teller:
    """Words for one rule's parameters."""

    def __init__(self, params: DisparityParams, file: str) -> None:
        self._params = params
        self._place = Location(file)
        limit = params.at_least if params.at_least is not None else params.at_most
        self._limit = Decimal(0) if limit is None else limit
        self.required = f"{'>=' if params.at_least is not None else '<='} {decimal_text(self._limit)}"

    def value(self, value: Value, *, places: int = 4) -> str:
        """Write the compared value, never rounded across the threshold."""
        return str(value) if isinstance(value, Undefined) else figure(value, self._limit, places)

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
        label = group_label(table.attributes, reason.group) if reason.group else " x ".join(table.attributes)
        observed = None if reason.pair is None else self.value(reason.pair.value)
        required: str | None = self.required
        if reason.kind is ReasonKind.SMALL_GROUP:
            line = next(line for line in table.lines if line.group == reason.group)
            observed, required = f"n = {line.rate.n}", f"n >= {self._params.min_n}"
        return Finding(
            code=_CODES[reason.kind],
            detail=self._detail(table, reason, label),
            observed=observed,
            required=required,
            location=self._place,
            remediation=self._remediation(table, reason),
            discriminator=f"{table.metric}:{label}",
        )

    def _detail(self, table: TableJudgement, reason: Reason, label: str) -> str:
        metric = table.metric.replace("_", " ")
        if reason.kind in INFERENCE_CODES:
            return inference_detail(self._params, table, reason)
        if reason.pair is not None:
            said = self._comparison(table, reason.pair)
            if reason.kind is ReasonKind.SIGNIFICANT_GAP:
                return f"{said}: the threshold is met and the gap is significant"
            if reason.kind is ReasonKind.NOT_DEMONSTRATED and reason.pair.bounds is not None:
                low, high = _ends(reason.pair.bounds)
                return f"{said}: simultaneous bounds {low} to {high} do not establish {self.required}"
            if reason.kind is ReasonKind.NOT_SIGNIFICANT and not reason.pair.expected_ok:
                return f"{said}: fewer than five people are expected in a cell, too few to call it harm"
            return said
        if reason.kind is ReasonKind.SMALL_GROUP:
            line = next(line for line in table.lines if line.group == reason.group)
            told = f"{label}: {metric} of {line.rate.k} of {line.rate.n}, below the least denominator"
            return f"{told}; left out of the comparison" if reason.verdict is Verdict.PASS else told
        return {
            ReasonKind.NOT_COMPARABLE: f"{label}: fewer than two groups can be compared",
            ReasonKind.UNDEFINED: f"{label}: the {metric} cannot be compared, {reason.note}",
            ReasonKind.UNKNOWN_DECIDES: f"{label}: the verdict depends on {reason.note} records of unknown group",
            ReasonKind.ABSENT_GROUP: f"{label} is declared and has no rows",
            ReasonKind.ABSENT_REFERENCE: f"{label} is the reference and has no rows",
        }[reason.kind]

    def _comparison(self, table: TableJudgement, pair: Pair) -> str:
        group, other = (group_label(table.attributes, one) for one in (pair.group, pair.other))
        what = "ratio" if self._params.compare == "ratio" else "difference"
        p = "" if pair.p is None else f", corrected p {decimal_text(pair.p)}"
        return (
            f"{table.metric.replace('_', ' ')} of {group} is {pair.rate.k} of {pair.rate.n}, of {other} "
            f"{pair.other_rate.k} of {pair.other_rate.n}: {what} {self.value(pair.value)}{p}"
        )

    def _remediation(self, table: TableJudgement, reason: Reason) -> str | None:
        if reason.kind is ReasonKind.MISSED:
            if table.needed is not None and reason.pair == table.worst:
                return f"With {table.needed} more of the group counted, all else equal, it meets the threshold."
            return None
        more = more_people(table) or "Evaluate on more people of both groups."
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

    def summary(self, table: TableJudgement | None) -> str:
        """Say the worst comparison in one sentence."""
        if table is None or table.worst is None:
            return f"No two groups could be compared by {self._params.metric.replace('_', ' ')}."
        held = ""
        if table.holds_for is not None and table.verdict is Verdict.PASS:
            held = f"; this table's verdict holds for up to {table.holds_for} changed decisions"
        said = self._comparison(table, table.worst)
        return f"Worst: {said} ({self.required} asked, {self._params.decide}){held}."

    def fields(self, judgement: Judgement) -> dict[str, str]:
        """Give the values of the message fields."""
        names = ("group", "reference", "ratio", "difference", "n", "p", "low", "high")
        fields = {f"worst.{name}": "not assessable" for name in names}
        fields["not_assessable"] = ", ".join(judgement.not_assessable[:_MOST_SMALL]) or "none"
        table = judgement.worst
        if table is None or table.worst is None:
            return fields
        pair = table.worst
        low, high = _ends(pair.bounds or pair.interval(self._params.compare))
        compared = {"ratio": pair.ratio, "difference": pair.difference}
        shown = {
            name: self.value(value) if name == self._params.compare else _plain_figure(value, 4)
            for name, value in compared.items()
        }
        return {
            **fields,
            "worst.group": group_label(table.attributes, pair.group),
            "worst.reference": group_label(table.attributes, pair.other),
            "worst.ratio": shown["ratio"] or str(pair.ratio),
            "worst.difference": shown["difference"] or str(pair.difference),
            "worst.n": str(pair.rate.n),
            "worst.p": "not computed" if pair.p is None else decimal_text(pair.p),
            "worst.low": low,
            "worst.high": high,
        }

    def facts(self, counts: Counts, judgement: Judgement) -> Json:
        """Give the canonical facts: every group of every table, decimals as text."""
        gone = counts.missing
        return {
            "kind": "fairness-table",
            "metric": self._params.metric,
            "compare": self._params.compare,
            "threshold": decimal_text(self._limit),
            "direction": "at_least" if self._params.at_least is not None else "at_most",
            "decide": self._params.decide,
            "alpha": decimal_text(self._params.alpha),
            "min_n": self._params.min_n,
            "comparisons": judgement.family,
            "rows": counts.rows,
            "missing": {"rows": gone.rows, "y_pred": gone.y_pred, "y_true": gone.y_true},
            "tables": [self._table_facts(table) for table in judgement.tables],
            **rule_inference(self._params),
        }

    def _table_facts(self, table: TableJudgement) -> Json:
        worst = table.worst
        return {
            "attributes": list(table.attributes),
            "metric": table.metric,
            "verdict": table.verdict.value,
            "unknown": table.unknown,
            "holds_for": table.holds_for,
            "groups": [
                {
                    "group": dict(zip(table.attributes, line.group, strict=True)),
                    "label": group_label(table.attributes, line.group),
                    "n": line.people,
                    "numerator": line.rate.k,
                    "denominator": line.rate.n,
                    "rate": _plain_figure(line.rate.value),
                    "low": None if line.spread is None else decimal_text(line.spread.low),
                    "high": None if line.spread is None or line.spread.high is None else decimal_text(line.spread.high),
                    "ratio": _plain_figure(line.ratio),
                    "difference": _plain_figure(line.difference),
                    "small": line.small,
                    "undefined": line.rate.value.reason if isinstance(line.rate.value, Undefined) else None,
                }
                for line in table.lines
            ],
            "worst": None if worst is None else self._pair_facts(table, worst),
            **table_inference(table),
        }

    def _pair_facts(self, table: TableJudgement, pair: Pair) -> Json:
        low, high = _ends(pair.bounds or pair.interval(self._params.compare))
        return {
            "group": group_label(table.attributes, pair.group),
            "reference": group_label(table.attributes, pair.other),
            "ratio": self.value(pair.ratio, places=6) if isinstance(pair.ratio, Fraction) else None,
            "difference": self.value(pair.difference, places=6) if isinstance(pair.difference, Fraction) else None,
            "p": None if pair.p is None else decimal_text(pair.p),
            "low": low,
            "high": high,
            "simultaneous": pair.bounds is not None,
            **pair_inference(pair),
        }


def _ends(interval: Interval) -> tuple[str, str]:
    return decimal_text(interval.low), "unbounded" if interval.high is None else decimal_text(interval.high)


def _plain_figure(value: Value, places: int = 6) -> str | None:
    return figure(value, None, places) if isinstance(value, Fraction) else None
