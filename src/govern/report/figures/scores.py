"""Scores by group as they are shown: read from the public part of `fairness-scores` facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from govern.diagnostics import plain
from govern.report.figures.tables import count_of, number_of
from govern.report.result import rows

__all__ = ["ReliabilityBin", "ScoreRow", "ScoreTable", "score_tables_of"]

_MOST_POINTS = 65
_HEADINGS = {
    "auc": "Area under the ROC curve",
    "ks": "Kolmogorov-Smirnov distance",
    "ece": "Expected calibration error",
    "smd": "Standardised mean difference",
    "rmse ratio": "Root mean squared error",
    "slope": "Calibration slope",
    "intercept": "Calibration intercept",
    "brier": "Brier score",
}
_PROPER = ("Kolmogorov", "Brier")
_OF_ONE_GROUP = {"smd": "Mean", "auc": "AUC", "ks": "KS", "ece": "ECE", "rmse ratio": "RMSE"}


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """One band of scores of one group."""

    band: str
    n: str
    mean_score: Decimal | None
    rate: Decimal | None
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One group as it is shown."""

    label: str
    n: str
    positives: str
    negatives: str
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    hidden: bool
    undefined: str | None
    roc: tuple[tuple[Decimal, Decimal], ...]
    """False and true positive rate at falling thresholds."""
    bins: tuple[ReliabilityBin, ...]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """One measure of the scores over one set of groups."""

    measure: str
    attributes: str
    limit: str
    verdict: str
    groups: tuple[ScoreRow, ...]
    worst: str | None
    """The worst comparison in words."""
    unknown: int

    @property
    def name(self) -> str:
        """The measure as a heading."""
        return _HEADINGS.get(self.measure, self.measure.capitalize())

    @property
    def column(self) -> str:
        """What the figure of one group is called: of the standardised mean difference, its mean."""
        return _OF_ONE_GROUP.get(self.measure, self.measure.capitalize())


def score_tables_of(facts: Mapping[str, Any]) -> tuple[ScoreTable, ...]:
    """Read the tables of `fairness-scores` facts. Groups that are not shown have no number left here."""
    measure = plain(str(facts.get("measure", "score"))).replace("_", " ")
    threshold, direction = facts.get("threshold"), str(facts.get("direction", "")).replace("_", " ")
    limit = "" if number_of(threshold) is None else f"{plain(direction)} {threshold}"
    found = []
    for table in rows(facts.get("tables")):
        attributes = table.get("attributes")
        names = [plain(str(name), limit=60) for name in attributes] if isinstance(attributes, list | tuple) else []
        own = plain(str(table.get("measure") or measure)).replace("_", " ")
        compare = table.get("compare")
        compared = f"{plain(compare, limit=40)} of {own}" if isinstance(compare, str) and compare else own
        found.append(
            ScoreTable(
                measure=own,
                attributes=" × ".join(names),
                limit=limit,
                verdict=plain(str(table.get("verdict", ""))),
                groups=tuple(_row(item) for item in rows(table.get("groups"))),
                worst=_worst(table.get("worst"), compared),
                unknown=count_of(table.get("unknown")),
            )
        )
    return tuple(found)


def _row(item: Mapping[str, Any]) -> ScoreRow:
    hide = item.get("shown") is not True

    def number(name: str) -> Decimal | None:
        return None if hide else number_of(item.get(name))

    def count(name: str) -> str:
        if item.get(name) is None:
            return "not shown" if hide else ""
        return "not shown" if hide else str(count_of(item.get(name)))

    undefined = None if hide else item.get("undefined")
    points = item.get("roc")
    return ScoreRow(
        label=plain(str(item.get("label", "")), limit=120),
        n=count("n"),
        positives=count("positives"),
        negatives=count("negatives"),
        value=number("value"),
        low=number("low"),
        high=number("high"),
        hidden=hide,
        undefined=plain(str(undefined)) if undefined else None,
        roc=_points(points) if not hide else (),
        bins=tuple(_bin(held) for held in rows(item.get("reliability"))) if not hide else (),
    )


def _points(held: object) -> tuple[tuple[Decimal, Decimal], ...]:
    found = []
    for pair in held if isinstance(held, list | tuple) else ():
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            return ()
        across, up = number_of(pair[0]), number_of(pair[1])
        if across is None or up is None or not (0 <= across <= 1 and 0 <= up <= 1):
            return ()
        found.append((across, up))
    return tuple(found[:_MOST_POINTS])


def _bin(held: Mapping[str, Any]) -> ReliabilityBin:
    n = held.get("n")
    return ReliabilityBin(
        band=f"{plain(str(held.get('from', '')))} to {plain(str(held.get('to', '')))}",
        n=str(n) if isinstance(n, int) and not isinstance(n, bool) else "not shown",
        mean_score=number_of(held.get("mean_score")),
        rate=number_of(held.get("rate")),
        low=number_of(held.get("low")),
        high=number_of(held.get("high")),
    )


def _words(measure: str) -> str:
    heading = _HEADINGS.get(measure, measure)
    return heading if heading.startswith(_PROPER) else heading[:1].lower() + heading[1:]


def _worst(held: object, measure: str) -> str | None:
    """Word the worst comparison by what of it is there."""
    if not isinstance(held, Mapping):
        return None
    if held.get("shown") is False or held.get("group") is None:
        return "The worst comparison involves a group that is not shown."

    def of(*names: str) -> str | None:
        return next((plain(str(held[name]), limit=120) for name in names if held.get(name) is not None), None)

    said = f"Worst pair: {of('group')} against {of('reference') or 'another'}, {_words(measure)}"
    value = of("value", "gap", "difference", "ratio")
    said += f" {value}" if value is not None else " undefined"
    low, high = of("low"), of("high")
    said += f" ({low} to {high})" if low is not None and high is not None else ""
    said += "".join(f", {name} = {text}" for name in ("n", "p") if (text := of(name)) is not None)
    return said + "."
