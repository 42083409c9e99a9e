"""`fairness.group_floor`: every group meets a limit by itself."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import Json, decimal_text
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.group_words import OUTCOMES, GroupWords, missing_rows
from govern.checks.fairness.params import CountedParams, RateName, needs_of, smaller_groups_left_out
from govern.checks.interface import Check
from govern.checks.predictions import figure
from govern.fairness import Counts, Verdict, needs_labels
from govern.policy.interface import CheckSpec, parameter
from govern.policy.outcomes import CheckResult, Finding, Outcome
from govern.policy.types import Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.floors import FloorJudgement, FloorTable, GroupFloor
    from govern.fairness.rate_tables import Note, RateTable

__all__ = ["CHECKS", "FloorParams", "judged", "outcome_of"]


class FloorParams(CountedParams):
    """Parameters of `fairness.group_floor`."""

    metric: RateName = parameter("Rate that every group must have.")
    at_least: Number | None = parameter("Least accepted rate.", tighten="up", default=None)
    at_most: Number | None = parameter("Largest accepted rate.", tighten="down", default=None)
    decide: Literal["evidence_of_harm", "point", "demonstrated"] = parameter(
        "What counts: a limit missed significantly, the literal figure, or a limit shown to be met.",
        tighten="order",
        default="demonstrated",
        order=("evidence_of_harm", "point", "demonstrated"),
    )
    alpha: Number = parameter("Chance of error accepted over all groups of the rule.", default=Decimal("0.05"))

    @model_validator(mode="after")
    def _makes_sense(self) -> FloorParams:
        if (self.at_least is None) == (self.at_most is None):
            raise PydanticCustomError("exclusive_parameters", "exactly one of at_least and at_most is needed")
        if not 0 <= self.limit <= 1:
            raise PydanticCustomError("bad_value", "the limit lies outside 0..1")
        if not 0 < self.alpha < Decimal("0.5"):
            raise PydanticCustomError("bad_value", "alpha lies outside 0..0.5")
        return self

    @property
    def limit(self) -> Decimal:
        """The limit, whichever side it is on."""
        limit = self.at_least if self.at_least is not None else self.at_most
        return Decimal(0) if limit is None else limit

    @property
    def required(self) -> str:
        """What is asked of each group, in words."""
        return f"{'>=' if self.at_least is not None else '<='} {decimal_text(self.limit)}"


def _not_tighter(old: FloorParams, new: FloorParams) -> tuple[str, str] | None:
    if new.decide == "evidence_of_harm" and set(new.tables) != set(old.tables):
        return "attributes", "harm among more groups is harder to prove, so that a group that fails today could pass"
    return smaller_groups_left_out(old, new)


def judged(params: FloorParams, counts: Counts) -> FloorJudgement:
    """Judge the rule's tables, which the counts must have."""
    from govern.fairness.floors import Floor, judge_floor

    question = Floor(
        metric=params.metric,
        at_least=None if params.at_least is None else Fraction(params.at_least),
        at_most=None if params.at_most is None else Fraction(params.at_most),
        decide=params.decide,
        alpha=Fraction(params.alpha),
        min_n=params.min_n,
        small_groups=params.small_groups,
        missing_bounds=params.missing_bounds,
    )
    return judge_floor(question, [counts.table(names) for names in params.tables])


def outcome_of(params: FloorParams, counts: Counts) -> Outcome:
    """Give what the counts come to."""
    return OUTCOMES[judged(params, counts).verdict]


def _evaluate(params: FloorParams, context: CheckContext) -> CheckResult:
    found = counted(params, context, labels=params.metric if needs_labels(params.metric) else None)
    if isinstance(found, CheckResult):
        return found
    params, counts = found.params, found.counts
    judgement = judged(params, counts)
    teller = _Teller(params, GroupWords(params, counts, [item.rates for item in judgement.tables], found.file))
    findings = [finding for table in judgement.tables for finding in teller.findings(table)]
    outcome = OUTCOMES[judgement.verdict]
    gone = missing_rows(params, counts, teller.words.place)
    if gone is not None:
        findings.insert(0, gone)
        outcome = Outcome.INCONCLUSIVE
    worst = teller.worst(judgement)
    return CheckResult(
        outcome=outcome,
        summary=teller.summary(worst),
        findings=tuple(findings),
        evidence=found.evidence,
        observed=None if worst is None else teller.rate(*worst),
        required=params.required,
        fields=teller.fields(worst),
        holds=found.holds,
        facts=teller.facts(judgement),
    )


_FIELDS = ("group", "rate", "n", "p")
_Worst = tuple["FloorTable", "GroupFloor"]


class _Teller:
    """Words for one rule's parameters."""

    def __init__(self, params: FloorParams, words: GroupWords) -> None:
        self._params = params
        self.words = words

    def rate(self, table: FloorTable, line: GroupFloor) -> str:
        """Write a rate, never rounded across the limit."""
        if not self.words.shown(table.rates, line.group):
            return "not shown"
        return figure(Fraction(line.rate.k, line.rate.n), self._params.limit, 4)

    def worst(self, judgement: FloorJudgement) -> _Worst | None:
        """Give the group that the verdict hangs on: of failed ones first, then the farthest on the wrong side."""
        sign = 1 if self._params.at_least is not None else -1
        found = []
        for table in judgement.tables:
            failed = {note.group for note in table.result.notes if note.verdict is Verdict.FAIL}
            found += [
                (line.group not in failed, sign * table.rates.value(line.group), table, line) for line in table.lines
            ]
        if not found:
            return None
        best = min(found, key=lambda item: (item[0], item[1], item[2].rates.attributes, item[3].group))
        return best[2], best[3]

    def _told(self, item: RateTable, line: GroupFloor, table: FloorTable) -> str:
        told = (
            f"{self.words.metric(item)} of {self.words.name(item, line.group)} is {self.words.rate(item, line.group)}"
        )
        if not self.words.shown(item, line.group):
            return told
        p = "" if line.p is None or not self.words.tests else f", corrected p {decimal_text(line.p)}"
        return f"{told}: {self.rate(table, line)}{p}"

    def findings(self, table: FloorTable) -> Iterator[Finding]:
        """Give the findings of one table."""
        item = table.rates
        yield from self.words.population(item, table.result.notes)
        lines = {line.group: line for line in table.lines}
        seen: set[Finding] = set()
        for note in table.result.notes:
            if note.said in _CODES:
                made = self._finding(table, note, lines[note.group])
                if made not in seen:
                    seen.add(made)
                    yield made

    def _finding(self, table: FloorTable, note: Note, line: GroupFloor) -> Finding:
        item = table.rates
        told = self._told(item, line, table)
        return Finding(
            code=_CODES[note.said],
            detail=told if note.said == "missed" else f"{told}; so few people do not establish {self._params.required}",
            observed=self.rate(table, line),
            required=self._params.required,
            location=self.words.place,
            remediation=self._needed(table, line) if note.said == "missed" else "Evaluate on more people of the group.",
            discriminator=self.words.discriminator(item, line.group),
        )

    def _needed(self, table: FloorTable, line: GroupFloor) -> str | None:
        """Say how many people would have to be decided otherwise, where that moves the numerator alone."""
        item, limit = table.rates, Fraction(self._params.limit)
        if not item.metric.steerable or not self.words.shown(item, line.group) or line.met:
            return "Find out why the model does badly for the group."
        border = limit * line.rate.n
        if self._params.at_least is not None:
            more = -(-border.numerator // border.denominator) - line.rate.k
            return f"With {more} more of the group counted, all else equal, it meets the limit."
        fewer = line.rate.k - border.numerator // border.denominator
        return f"With {fewer} fewer of the group counted, all else equal, it meets the limit."

    def summary(self, worst: _Worst | None) -> str:
        """Say the worst group in one sentence."""
        if worst is None:
            return f"No group could be judged by {self._params.metric.replace('_', ' ')}."
        told = self._told(worst[0].rates, worst[1], worst[0])
        return f"Worst: {told} ({self._params.required} asked of every group, {self._params.decide})."

    def fields(self, worst: _Worst | None) -> dict[str, str]:
        """Give the values of the message fields."""
        fields = dict.fromkeys((f"worst.{name}" for name in _FIELDS), "not assessable")
        fields["not_assessable"] = self.words.not_assessable()
        if worst is None:
            return fields
        table, line = worst
        if not self.words.shown(table.rates, line.group):
            return {**dict.fromkeys(fields, "not shown"), "not_assessable": fields["not_assessable"]}
        p = "not computed" if line.p is None else decimal_text(line.p) if self.words.tests else "not shown"
        return {
            **fields,
            "worst.group": self.words.name(table.rates, line.group),
            "worst.rate": self.rate(table, line),
            "worst.n": str(line.rate.n),
            "worst.p": p,
        }

    def facts(self, judgement: FloorJudgement) -> Json:
        """Give the canonical facts."""
        return self.words.facts(
            "group_floor",
            metric=self._params.metric,
            threshold=decimal_text(self._params.limit),
            direction="at_least" if self._params.at_least is not None else "at_most",
            required=self._params.required,
            decide=self._params.decide,
            alpha=decimal_text(self._params.alpha),
            comparisons=judgement.family,
            method="exact binomial (Clopper and Pearson), Bonferroni over all groups",
            tables=[self._table(table) for table in judgement.tables],
        )

    def _table(self, table: FloorTable) -> Json:
        item = table.rates
        tests: list[Json] = [
            {
                "group": self.words.name(item, line.group),
                "met": line.met,
                "p": None if line.p is None or not self.words.tests else decimal_text(line.p),
            }
            for line in table.lines
            if self.words.shown(item, line.group)
        ]
        return {**self.words.table_facts(item, table.result), "tests": tests}


_CODES = {"missed": "F140", "not_significant": "F141", "not_demonstrated": "F141"}

CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.group_floor",
            not_tighter=_not_tighter,
            version=1,
            summary="Passes when the rate of every group meets the limit by itself.",
            cannot_show="That groups are treated alike: two groups far apart may both meet the limit. It judges the "
            "groups that are recorded, on the rows that were submitted; a pass under `point` or `evidence_of_harm` on "
            "few people proves little.",
            params=FloorParams,
            needs=needs_of,
            message_fields=(*(f"worst.{name}" for name in _FIELDS), "not_assessable"),
            default_remediation="Find out why the model does badly for the group and mend it, or ask for a waiver.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
