"""`fairness.coverage`: there is a result for every group that was to be looked at, and it can be computed again."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import Json, decimal_text
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.group_words import OUTCOMES, GroupWords, missing_rows
from govern.checks.fairness.params import GroupParams, needs_of
from govern.checks.interface import Check
from govern.checks.predictions import figure
from govern.fairness import Counts, Verdict, needs_labels
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckSpec, parameter, unknown_name
from govern.policy.outcomes import CheckResult, Finding, Outcome
from govern.policy.types import Count, Names, Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.rate_tables import Note, RateTable, TableVerdict

__all__ = ["CHECKS", "CoverageParams", "outcome_of"]


class CoverageParams(GroupParams):
    """Parameters of `fairness.coverage`."""

    metrics: Names = parameter(
        "Rates that there must be of every group.", tighten="superset", default=("selection_rate",)
    )
    min_group: Count = parameter(
        "Least number of people in each group. 0 accepts that nobody is of a crossing.", tighten="up", default=1
    )
    max_unknown_share: Number = parameter(
        "Largest accepted share of people whose group is not known, for each table.", tighten="down", default=Decimal(1)
    )
    max_missing: Number = parameter(
        "Largest accepted share of rows without prediction or label.", tighten="down", default=Decimal(0)
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> CoverageParams:
        if not self.metrics:
            raise PydanticCustomError("bad_value", "at least one metric is needed")
        for name in self.metrics:
            if name not in get_args(MetricName):
                raise unknown_name("metric", name, get_args(MetricName))
        if self.min_group < 0 or not 0 <= self.max_unknown_share <= 1 or not 0 <= self.max_missing <= 1:
            raise PydanticCustomError("bad_value", "min_group is at least 0 and shares lie between 0 and 1")
        return self

    @property
    def min_n(self) -> int:
        """Least number of people of a group."""
        return self.min_group

    @property
    def needs_labels(self) -> str | None:
        """The first metric that needs the true outcome."""
        return next((name for name in self.metrics if needs_labels(name)), None)


def _tables(params: CoverageParams, counts: Counts) -> tuple[RateTable, ...]:
    from govern.fairness.rate_tables import rate_tables

    tables = [counts.table(names) for names in params.tables]
    made = [item for metric in dict.fromkeys(params.metrics) for item in rate_tables(tables, metric, min_n=1)]
    return tuple({(item.attributes, item.metric.name): item for item in made}.values())


def _judged(params: CoverageParams, item: RateTable) -> TableVerdict:
    from govern.fairness.rate_tables import TableVerdict, strongest

    notes = tuple(_notes(params, item))
    verdict = strongest([Verdict.PASS, *(note.verdict for note in notes)])
    return TableVerdict(item.attributes, item.metric.name, verdict, notes)


def _notes(params: CoverageParams, item: RateTable) -> Iterator[Note]:
    from govern.fairness.rate_tables import Note

    table = item.table
    for group in table.absent:
        yield Note("absent_group", Verdict.ABSENT, group)
    people = {group: tally.n for group, tally in table.groups.items() if group not in table.absent}
    for group, n in people.items():
        if n < params.min_group:
            yield Note("small_group", Verdict.ABSENT, group, count=n)
        elif n and not item.rates[group].n:
            yield Note("undefined", Verdict.INCONCLUSIVE, group, why=item.rates[group].without)
    if sum(n > 0 for n in people.values()) < 2:
        yield Note("not_comparable", Verdict.INCONCLUSIVE)
    if _unknown_share(item) > Fraction(params.max_unknown_share):
        yield Note("missed", Verdict.FAIL, count=table.unknown.n)


def _unknown_share(item: RateTable) -> Fraction:
    unknown = item.table.unknown.n
    everybody = unknown + sum(tally.n for tally in item.table.groups.values())
    return Fraction(unknown, everybody) if everybody else Fraction(1)


def outcome_of(params: CoverageParams, counts: Counts) -> Outcome:
    """Give what the counts come to. Raises ValueError when a metric needs labels that they lack."""
    from govern.fairness.rate_tables import strongest

    if params.needs_labels is not None and not counts.labelled:
        raise ValueError("labels are needed")
    return OUTCOMES[strongest([_judged(params, item).verdict for item in _tables(params, counts)])]


def _evaluate(params: CoverageParams, context: CheckContext) -> CheckResult:
    from govern.fairness.rate_tables import strongest

    found = counted(params, context, labels=params.needs_labels)
    if isinstance(found, CheckResult):
        return found
    params, counts = found.params, found.counts
    tables = _tables(params, counts)
    results = [_judged(params, item) for item in tables]
    words = GroupWords(params, counts, tables, found.file)
    findings = [one for pair in zip(tables, results, strict=True) for one in _findings(params, words, *pair)]
    outcome = OUTCOMES[strongest([item.verdict for item in results])]
    gone = missing_rows(params, counts, words.place)
    if gone is not None:
        findings.insert(0, gone)
        outcome = Outcome.INCONCLUSIVE
    groups = sum(len(item.table.groups) for item in {item.attributes: item for item in tables}.values())
    return CheckResult(
        outcome=outcome,
        summary=_summary(params, groups, findings),
        findings=tuple(dict.fromkeys(findings)),
        evidence=found.evidence,
        observed=f"{groups} groups",
        required=_required(params),
        fields={"groups": str(groups), "lacking": str(len(findings)), "not_assessable": words.not_assessable()},
        holds=found.holds,
        facts=_facts(params, words, tables, results),
    )


def _required(params: CoverageParams) -> str:
    return f"{', '.join(params.metrics)} of every group of {params.min_group} people or more"


def _summary(params: CoverageParams, groups: int, findings: list[Finding]) -> str:
    told = f"{len(params.tables)} tables of {groups} groups, counted for {', '.join(params.metrics)}"
    return f"{told}: every group is there." if not findings else f"{told}: {len(findings)} things are lacking."


def _findings(params: CoverageParams, words: GroupWords, item: RateTable, result: TableVerdict) -> list[Finding]:
    thin = [note for note in result.notes if note.said == "small_group"]
    rest = [note for note in result.notes if note.said not in ("small_group", "missed")]
    found = words.population(item, rest)
    found += [_thin(params, words, item, note) for note in thin[:_MOST]]
    if len(thin) > _MOST:
        found.append(_finding_of_more(params, words, item, len(thin) - _MOST))
    found += [_unknown(params, words, item) for note in result.notes if note.said == "missed"]
    return found


_MOST = 20
"""Thin groups named one by one."""


def _thin(params: CoverageParams, words: GroupWords, item: RateTable, note: Note) -> Finding:
    shown = words.shown(item, note.group)
    return Finding(
        code="F144",
        detail=f"{words.name(item, note.group)} of {words.table(item)} has fewer than {params.min_group} people",
        observed=f"n = {note.count}" if shown else "not shown",
        required=f"n >= {params.min_group}",
        location=words.place,
        remediation="Evaluate on more people of this group.",
        discriminator=f"{'+'.join(item.attributes)}:{words.name(item, note.group)}",
    )


def _finding_of_more(params: CoverageParams, words: GroupWords, item: RateTable, more: int) -> Finding:
    return Finding(
        code="F144",
        detail=f"{more} more groups of {words.table(item)} have fewer than {params.min_group} people",
        required=f"n >= {params.min_group}",
        location=words.place,
        discriminator=f"{'+'.join(item.attributes)}:more",
    )


def _unknown(params: CoverageParams, words: GroupWords, item: RateTable) -> Finding:
    share = figure(_unknown_share(item), params.max_unknown_share, 4)
    return Finding(
        code="F145",
        detail=f"{item.table.unknown.n} people of {words.table(item)} are of unknown group, a share of {share}",
        observed=share,
        required=f"<= {decimal_text(params.max_unknown_share)}",
        location=words.place,
        remediation="Complete the attribute in the evaluation data.",
        discriminator="+".join(item.attributes),
    )


def _facts(
    params: CoverageParams, words: GroupWords, tables: tuple[RateTable, ...], results: list[TableVerdict]
) -> Json:
    return words.facts(
        "coverage",
        metrics=list(params.metrics),
        max_unknown_share=decimal_text(params.max_unknown_share),
        required=_required(params),
        tables=[words.table_facts(item, result) for item, result in zip(tables, results, strict=True)],
    )


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.coverage",
            version=1,
            summary="Passes when every group of every attribute and crossing has enough people and each of the rates.",
            cannot_show="That any of the rates is good, or that the groups are the right ones: it says that somebody "
            "can look, not what they would see.",
            params=CoverageParams,
            needs=needs_of,
            message_fields=("groups", "lacking", "not_assessable"),
            default_remediation="Evaluate on data that hold every group, with decisions and outcomes.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
