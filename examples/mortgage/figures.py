"""Hold-out figures for a model card, counted from the predictions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Prediction:
    """One hold-out application as it stands in the predictions file."""

    row: int
    approved: bool
    selected: bool
    score: Decimal
    black: str
    single: str


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts of a group and the rates they give; a rate over nobody is None."""

    size: int
    selected: int
    approved: int
    selected_of_approved: int
    selected_of_refused: int

    @property
    def selection(self) -> Fraction | None:
        return _share(self.selected, self.size)

    @property
    def true_positive(self) -> Fraction | None:
        return _share(self.selected_of_approved, self.approved)

    @property
    def false_positive(self) -> Fraction | None:
        return _share(self.selected_of_refused, self.size - self.approved)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def rates(rows: Sequence[Prediction], member: Callable[[Prediction], bool] = lambda _row: True) -> Rates:
    """Count a group."""
    group = [row for row in rows if member(row)]
    return Rates(
        len(group),
        sum(row.selected for row in group),
        sum(row.approved for row in group),
        sum(row.selected and row.approved for row in group),
        sum(row.selected and not row.approved for row in group),
    )


def accuracy(rows: Sequence[Prediction]) -> Fraction:
    """Share of decisions that equal the lender's."""
    return Fraction(sum(row.selected == row.approved for row in rows), len(rows))


def balanced_accuracy(rows: Sequence[Prediction]) -> Fraction:
    """Mean of the true positive and the true negative rate."""
    whole = rates(rows)
    if whole.true_positive is None or whole.false_positive is None:
        raise ValueError("one class only")
    return (whole.true_positive + 1 - whole.false_positive) / 2


def auc(rows: Sequence[Prediction]) -> Fraction:
    """Area under the ROC curve: how often an approved application has the higher score; ties count half."""
    positive = [row.score for row in rows if row.approved]
    negative = [row.score for row in rows if not row.approved]
    won = sum(2 if good > bad else good == bad for good in positive for bad in negative)
    return Fraction(won, 2 * len(positive) * len(negative))


def shown(value: Fraction | None, places: int = 3) -> str:
    """Write a rate with a fixed number of decimals, rounded half to even."""
    if value is None:
        return "undefined"
    scaled = round(value * 10**places)
    return f"{Decimal(scaled).scaleb(-places):.{places}f}"
