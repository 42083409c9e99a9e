"""Words of the kinds on scores: what a measure is called, and how a comparison is told."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from govern.checks.fairness.gap_shown import ShownGaps
from govern.checks.predictions import figure
from govern.diagnostics import plain
from govern.fairness import Undefined, group_label

if TYPE_CHECKING:
    from govern.fairness.bounded import Figure
    from govern.fairness.gaps import Gap, GapTable

__all__ = ["compared_text", "measure_words", "named", "value_text"]

_WORDS = {
    "smd": "mean",
    "ks": "distance of positives from negatives (KS)",
    "auc": "area under the ROC curve",
    "mean_residual": "mean residual",
    "rmse_ratio": "root mean squared error",
    "ece": "expected calibration error",
    "brier": "Brier score",
    "slope": "calibration slope",
    "intercept": "calibration intercept",
    "exposure": "mean exposure",
}
_HIDDEN = "a group that is not shown"
_SEEN = Fraction(1, 2 * 10**6)


def measure_words(measure: str) -> str:
    """Give what a measure says of one group."""
    if measure.startswith("top_k@"):
        return f"share in the first {measure.removeprefix('top_k@')} places"
    return _WORDS.get(measure, measure)


def named(table: GapTable, group: tuple[str, ...], shown: ShownGaps) -> str:
    """Name a group; one that is not shown has no name."""
    return _HIDDEN if group in shown.hidden(table) else plain(group_label(table.attributes, group))


def value_text(value: Figure, limit: Decimal | None, places: int, *, half: bool = False) -> str:
    """Write the middle of a figure, never rounded across the limit, or with `half` how far the exact value can be."""
    if isinstance(value, Undefined):
        return str(value)
    if half:
        scaled = -((-value.half_width.numerator * 10**places) // value.half_width.denominator)
        return figure(Fraction(scaled, 10**places), None, places)
    return figure(value.middle, limit, places)


def compared_text(table: GapTable, gap: Gap, shown: ShownGaps, limit: Decimal) -> str:
    """Tell one comparison: the two groups, their figures and people, and the gap."""
    group, other = (named(table, one, shown) for one in (gap.group, gap.other))
    what = measure_words(table.measure)
    how = "ratio" if table.compare == "ratio" else "difference"
    if table.measure == "smd":
        how = "standardised difference"
    if not shown.gap(table, gap):
        both = "two groups that are not shown" if group == other else f"{group} and {other}"
        return f"{what} of {both}: {how} not shown"
    lines = {line.group: line for line in table.lines}
    one, two = lines[gap.group], lines[gap.other]
    return (
        f"{what} of {group} is {value_text(one.figure, None, 4)} (n = {one.people}), of {other} "
        f"{value_text(two.figure, None, 4)} (n = {two.people}): {how} {value_text(gap.value, limit, 4)}{_bound(gap)}"
    )


def _bound(gap: Gap) -> str:
    """Say how far the exact value can be from what is shown, where that is seen in six digits."""
    if isinstance(gap.value, Undefined) or gap.value.half_width < _SEEN:
        return ""
    return f", exact within {value_text(gap.value, None, 6, half=True)}"
