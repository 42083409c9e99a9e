"""What tests, strata and unknown records add to the findings and the facts of a rule on groups."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from govern.canonical import Json, decimal_text
from govern.checks.predictions import figure
from govern.fairness import Pair, Reason, ReasonKind, TableJudgement, Undefined, Value, group_label

if TYPE_CHECKING:
    from govern.checks.fairness.disparity import DisparityParams

__all__ = ["CODES", "inference_detail", "more_people", "pair_inference", "rule_inference", "table_inference"]

CODES = {
    ReasonKind.NEAR_ALPHA: "F130",
    ReasonKind.ONE_PERSON: "F131",
    ReasonKind.WITHIN_STRATA: "F132",
    ReasonKind.STRATA_DIFFER: "F133",
}
"""The finding of each reason that is worded here."""


def inference_detail(params: DisparityParams, table: TableJudgement, reason: Reason) -> str:
    """Word a reason of `CODES`."""
    pair = reason.pair
    assert pair is not None  # every reason of these kinds is about a comparison
    group, other = (group_label(table.attributes, one) for one in (pair.group, pair.other))
    if reason.kind is ReasonKind.NEAR_ALPHA:
        draws = "no" if pair.permutation is None else f"{pair.permutation.draws:,}"
        return f"{group} against {other}: {draws} draws do not show on which side of alpha p lies"
    if reason.kind is ReasonKind.ONE_PERSON:
        return (
            f"{group} against {other}: one more of the one and one fewer of the other would turn them round; "
            "the numbers are too small for enforcement"
        )
    within = pair.within
    assert within is not None
    what = "ratio" if params.compare == "ratio" else "difference"
    # Not folded: which way it runs within strata is the point.
    common = _value(params, within.ratio if params.compare == "ratio" else within.difference)
    over_all = _value(params, pair.value)
    said = f"{group} against {other}: {what} {over_all} over all, {common} within {within.strata} strata of "
    said += f"{params.stratum}"
    if reason.kind is ReasonKind.WITHIN_STRATA:
        return said
    why = []
    if _turned(pair):
        why.append("the common difference runs the other way than the one over all")
    if within.turned:
        why.append(f"{within.turned} strata run the other way than the common one")
    if isinstance(within.heterogeneity, Fraction):
        why.append(f"Breslow-Day p {decimal_text(_up(within.heterogeneity))} of one odds ratio in all")
    return f"{said}: {'; '.join(why)}"


def _turned(pair: Pair) -> bool:
    if pair.within is None or isinstance(pair.within.difference, Undefined):
        return False
    over_all = Fraction(pair.other_rate.k, pair.other_rate.n) - Fraction(pair.rate.k, pair.rate.n)
    return over_all * pair.within.difference < 0


def _value(params: DisparityParams, value: Value | None) -> str:
    if not isinstance(value, Fraction):
        return "undefined"
    return figure(value, params.at_least if params.at_least is not None else params.at_most, 4)


def _up(p: Fraction) -> Decimal:
    return Decimal(-((-p.numerator * 10**6) // p.denominator)).scaleb(-6)


def more_people(table: TableJudgement) -> str | None:
    """Say how many people would let an open verdict be taken, None where people alone would not."""
    if table.needed_people is None:
        return None
    return (
        f"Evaluate on more people: about {table.needed_people:,} in each group among whom the "
        f"{table.metric.replace('_', ' ')} is counted would decide it at these rates."
    )


def rule_inference(params: DisparityParams) -> dict[str, Json]:
    """Give the facts of a rule whose test is not the usual one."""
    facts: dict[str, Json] = {}
    if params.test != "fisher":
        facts["test"] = params.test
    if params.stratum is not None:
        facts["stratum"] = params.stratum
    return facts


def table_inference(table: TableJudgement) -> dict[str, Json]:
    """Give the facts of a table: what unknown records leave open, and how many people are needed."""
    facts: dict[str, Any] = {}
    if table.unknown_low is not None:
        facts["unknown_low"] = _six(table.unknown_low)
        facts["unknown_high"] = _six(table.unknown_high)
        facts["as_observed"] = _six(table.as_observed)
    if table.needed_people is not None:
        facts["needed_people"] = table.needed_people
    return facts


def pair_inference(pair: Pair) -> dict[str, Json]:
    """Give the facts of a comparison: the draws of its test and their seed, and what it is within strata."""
    facts: dict[str, Any] = {}
    if pair.permutation is not None:
        done = pair.permutation
        facts["permutation"] = {"draws": done.draws, "beyond": done.beyond, "seed": done.seed}
    if pair.within is not None:
        within = pair.within
        facts["within"] = {
            "strata": within.strata,
            "ratio": _six(within.ratio),
            "difference": _six(within.difference),
            "odds_ratio": _six(within.odds_ratio),
            "breslow_day_p": None if isinstance(within.heterogeneity, Undefined) else str(_up(within.heterogeneity)),
            "turned": within.turned,
            "low": None if pair.within_bounds is None else decimal_text(pair.within_bounds.low),
            "high": None
            if pair.within_bounds is None or pair.within_bounds.high is None
            else decimal_text(pair.within_bounds.high),
        }
    return facts


def _six(value: Value | None) -> str | None:
    return figure(value, None, 6) if isinstance(value, Fraction) else None
