"""Score counts made the plain way, from rows."""

from __future__ import annotations

from fractions import Fraction

from govern.fairness import Axis, Tally
from govern.fairness.scores import BINS, UNIT, LabelSums, ScoreCounts, ScoreSums

SEX = Axis("sex", ("F", "M"), declared=True)


def counts_of(rows: list[tuple[int, int, float]], threshold: Fraction | None = None) -> ScoreCounts:
    """Rows of (index of the group, label, score), counted the plain way."""
    cells: dict[tuple[int, ...], tuple[dict[int, int], dict[int, int]]] = {}
    sums: dict[tuple[int, ...], list[list[int]]] = {}
    above: dict[tuple[int, ...], list[int]] = {}
    for group, label, score in rows:
        place = min(int(score * BINS), BINS - 1)
        histogram = cells.setdefault((group,), ({}, {}))[label]
        histogram[place] = histogram.get(place, 0) + 1
        unit = round(Fraction(score) * UNIT)
        found = sums.setdefault((group,), [[0] * 4, [0] * 4])[label]
        for at, more in enumerate((1, unit, unit * unit, Fraction(score) * UNIT != unit)):
            found[at] += int(more)
        above.setdefault((group,), [0] * 4)[2 * label + (threshold is not None and Fraction(score) >= threshold)] += 1
    return ScoreCounts(
        axes=(SEX,),
        bins=BINS,
        low=Fraction(0),
        high=Fraction(1),
        cells=cells,
        sums={key: ScoreSums(LabelSums(*two[0]), LabelSums(*two[1])) for key, two in sums.items()},
        missing=0,
        rows=len(rows),
        threshold=threshold,
        above=None if threshold is None else {key: Tally(*four) for key, four in above.items()},
    )
