"""`fairness.significance`: no two groups differ both significantly and by a size that matters in practice."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from govern.canonical import Json, decimal_text
from govern.checks.fairness.evidence import counted
from govern.checks.fairness.group_words import OUTCOMES, GroupWords, missing_rows
from govern.checks.fairness.params import ComparedParams, Tables, needs_of, smaller_groups_left_out
from govern.checks.interface import Check
from govern.checks.predictions import figure
from govern.fairness import Counts, Undefined, Value, needs_labels
from govern.fairness.rates import MetricName
from govern.policy.interface import CheckSpec, parameter
from govern.policy.outcomes import CheckResult, Finding, Outcome
from govern.policy.types import Number

if TYPE_CHECKING:
    from govern.checks.context import CheckContext
    from govern.fairness.differences import Difference, DifferenceJudgement, DifferenceTable

__all__ = ["CHECKS", "SignificanceParams", "judged", "outcome_of"]


class SignificanceParams(ComparedParams):
    """Parameters of `fairness.significance`."""

    attributes: Tables = parameter(
        "Columns, and lists of columns to cross, as in fairness.disparity. All are one family: more groups make each "
        "difference harder to prove.",
    )
    metric: MetricName = parameter("Rate that is tested; equalized_odds is two rates.")
    test: Literal["auto", "fisher", "z", "permutation"] = parameter(
        "Of every two groups Fisher's exact test or the pooled z of two standard deviations, or of each table a "
        "permutation test of the highest less the lowest rate; auto is fisher.",
        default="auto",
    )
    alpha: Number = parameter(
        "Chance of a false alarm over the whole rule: a difference with a corrected p up to it is significant.",
        tighten="up",
        default=Decimal("0.05"),
    )
    multiplicity: Literal["holm"] = parameter("Correction over every comparison of the rule.", default="holm")
    practical: Number | None = parameter(
        "Ratio of the lower rate to the higher below which a significant difference counts; unset: it always counts.",
        tighten="up",
        default=None,
        unset="strictest",
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> SignificanceParams:
        if not 0 < self.alpha < Decimal("0.5"):
            raise PydanticCustomError("bad_value", "alpha lies outside 0..0.5")
        if self.practical is not None and not 0 < self.practical <= 1:
            raise PydanticCustomError("bad_value", "practical is a ratio above 0 and at most 1")
        if self.test == "permutation" and self.references is not None:
            raise PydanticCustomError(
                "exclusive_parameters", "a permutation test takes all groups at once: no reference"
            )
        return self

    @property
    def required(self) -> str:
        """What is asked, in words."""
        size = "" if self.practical is None else f" with a ratio below {decimal_text(self.practical)}"
        return f"no corrected p <= {decimal_text(self.alpha)}{size}"


def judged(params: SignificanceParams, counts: Counts) -> DifferenceJudgement:
    """Judge the rule's tables, which the counts must have."""
    from govern.fairness.differences import Differing, judge_differences

    tables = [counts.table(names) for names in params.tables]
    question = Differing(
        metric=params.metric,
        test="z" if params.test == "z" else "fisher",
        alpha=Fraction(params.alpha),
        practical=None if params.practical is None else Fraction(params.practical),
        min_n=params.min_n,
        small_groups=params.small_groups,
        missing_bounds=params.missing_bounds,
    )
    if params.test == "permutation":
        from govern.fairness.spread import judge_spread

        return judge_spread(question, tables)
    return judge_differences(question, tables, params.references)


def outcome_of(params: SignificanceParams, counts: Counts) -> Outcome:
    """Give what the counts come to."""
    return OUTCOMES[judged(params, counts).verdict]


def _evaluate(params: SignificanceParams, context: CheckContext) -> CheckResult:
    found = counted(params, context, labels=params.metric if needs_labels(params.metric) else None)
    if isinstance(found, CheckResult):
        return found
    params, counts = found.params, found.counts
    judgement = judged(params, counts)
    words = GroupWords(params, counts, [item.rates for item in judgement.tables], found.file)
    findings = [finding for table in judgement.tables for finding in _findings(params, words, table)]
    outcome = OUTCOMES[judgement.verdict]
    gone = missing_rows(params, counts, words.place)
    if gone is not None:
        findings.insert(0, gone)
        outcome = Outcome.INCONCLUSIVE
    worst = _worst(judgement)
    return CheckResult(
        outcome=outcome,
        summary=_summary(params, words, worst),
        findings=tuple(findings),
        evidence=found.evidence,
        observed=None if worst is None else _p(words, worst[1]),
        required=params.required,
        fields=_fields(words, worst),
        holds=found.holds,
        facts=_facts(params, words, judgement),
    )


def _worst(judgement: DifferenceJudgement) -> tuple[DifferenceTable, Difference] | None:
    """The comparison that the verdict hangs on most: those that differ first, then the smallest p."""
    found = []
    for table in judgement.tables:
        differing = {(note.group, note.other) for note in table.result.notes if note.said == "differs"}
        found += [
            ((pair.group, pair.other) not in differing, pair.p, table.rates.attributes, pair, table)
            for pair in table.pairs
        ]
    if not found:
        return None
    best = min(found, key=lambda item: (item[0], item[1], item[2], item[3].group, item[3].other))
    return best[4], best[3]


def _p(words: GroupWords, pair: Difference) -> str:
    return f"p {decimal_text(pair.p)}" if words.tests else "p not shown"


def _ratio(value: Value, limit: Decimal | None) -> str:
    return str(value) if isinstance(value, Undefined) else figure(value, limit, 4)


def _told(params: SignificanceParams, words: GroupWords, table: DifferenceTable, pair: Difference) -> str:
    both = words.both(table.rates, pair.group, pair.other)
    if not words.shown(table.rates, pair.group, pair.other):
        return both
    p = f", corrected p {decimal_text(pair.p)}" if words.tests else ""
    return f"{both}: ratio {_ratio(pair.ratio, params.practical)}{p}"


def _findings(params: SignificanceParams, words: GroupWords, table: DifferenceTable) -> list[Finding]:
    item = table.rates
    findings = words.population(item, table.result.notes)
    pairs = {(pair.group, pair.other): pair for pair in table.pairs}
    for note in table.result.notes:
        pair = pairs.get((note.group, note.other))
        if pair is None or note.said not in ("differs", "too_few_expected"):
            continue
        told = _told(params, words, table, pair)
        few = note.said == "too_few_expected"
        if few:
            told += "; fewer than five are expected in a cell, too few to say anything"
        findings.append(
            Finding(
                code="F143" if few else "F142",
                detail=told,
                observed=None if few else _p(words, pair),
                required="five expected in each cell" if few else params.required,
                location=words.place,
                remediation="Evaluate on more people of both groups."
                if few
                else "Find out what sets the groups apart, and whether it is job- or purpose-related.",
                discriminator=words.discriminator(item, pair.group, pair.other),
            )
        )
    return list(dict.fromkeys(findings))


def _summary(params: SignificanceParams, words: GroupWords, worst: tuple[DifferenceTable, Difference] | None) -> str:
    if worst is None:
        return f"No two groups could be compared by {params.metric.replace('_', ' ')}."
    return f"Clearest: {_told(params, words, *worst)} ({params.required} asked, by {_method(params)})."


def _method(params: SignificanceParams) -> str:
    words = {"z": "the pooled z test", "permutation": "a permutation test of each table"}
    return words.get(params.test, "Fisher's exact test")


_NAMES = ("group", "reference", "ratio", "n", "p")


def _fields(words: GroupWords, worst: tuple[DifferenceTable, Difference] | None) -> dict[str, str]:
    fields = dict.fromkeys((f"worst.{name}" for name in _NAMES), "not assessable")
    fields["not_assessable"] = words.not_assessable()
    if worst is None:
        return fields
    item, pair = worst[0].rates, worst[1]
    if not words.shown(item, pair.group, pair.other):
        return {**dict.fromkeys(fields, "not shown"), "not_assessable": fields["not_assessable"]}
    return {
        **fields,
        "worst.group": words.name(item, pair.group),
        "worst.reference": words.name(item, pair.other),
        "worst.ratio": _ratio(pair.ratio, None),
        "worst.n": str(pair.rate.n),
        "worst.p": decimal_text(pair.p) if words.tests else "not shown",
    }


def _facts(params: SignificanceParams, words: GroupWords, judgement: DifferenceJudgement) -> Json:
    return words.facts(
        "significance",
        metric=params.metric,
        test="fisher" if params.test == "auto" else params.test,
        alpha=decimal_text(params.alpha),
        multiplicity=params.multiplicity,
        practical=None if params.practical is None else decimal_text(params.practical),
        reference=None if params.references is None else dict(sorted(params.references.items())),
        comparisons=judgement.family,
        required=params.required,
        tables=[_table(words, table) for table in judgement.tables],
    )


def _table(words: GroupWords, table: DifferenceTable) -> Json:
    item = table.rates
    pairs: list[Json] = [
        {
            "group": words.name(item, pair.group),
            "reference": words.name(item, pair.other),
            "ratio": figure(pair.ratio, None) if isinstance(pair.ratio, Fraction) else None,
            "p": decimal_text(pair.p) if words.tests else None,
            "enough": pair.enough,
        }
        for pair in table.pairs
        if words.shown(item, pair.group, pair.other)
    ]
    return {**words.table_facts(item, table.result), "pairs": pairs, "draws": table.draws, "seed": table.seed}


CHECKS: tuple[Check, ...] = (
    Check(
        spec=CheckSpec(
            kind="fairness.significance",
            not_tighter=smaller_groups_left_out,
            version=1,
            summary="Passes when no two groups differ significantly, or none of those that do by a size that matters.",
            cannot_show="That the rates are equal: what is not significant may still differ, all the more among few "
            "people, and a significant difference may have a good reason. Groups are compared on one rate, on the rows "
            "that were submitted.",
            params=SignificanceParams,
            needs=needs_of,
            message_fields=(*(f"worst.{name}" for name in _NAMES), "not_assessable"),
            default_remediation="Find out what sets the groups apart and mend it, or ask for a waiver.",
        ),
        evaluate=_evaluate,
    ),
)
"""The family's kinds."""
