"""Figures that cards declare: one name for each metric, how they average, and when two written figures agree."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.evidence.cards import Metric

__all__ = ["Figure", "agrees", "canonical_metric", "decimals_of", "figure_of", "is_share"]

_ALIASES = {
    "acc": "accuracy",
    "auc roc": "auc",
    "auroc": "auc",
    "roc auc": "auc",
    "area under the roc curve": "auc",
    "brier loss": "brier",
    "f1 measure": "f1",
    "sensitivity": "recall",
    "tpr": "recall",
    "true positive rate": "recall",
    "tnr": "specificity",
    "true negative rate": "specificity",
    "ppv": "precision",
    "positive predictive value": "precision",
    "pr auc": "average precision",
    "auprc": "average precision",
    "expected calibration error": "ece",
    "calibration error": "ece",
    "matthews correlation": "mcc",
    "cross entropy": "log loss",
    "mean absolute error": "mae",
    "mean squared error": "mse",
    "root mean squared error": "rmse",
    "r squared": "r2",
    "statistical parity difference": "demographic parity difference",
    "disparate impact": "demographic parity ratio",
    "disparate impact ratio": "demographic parity ratio",
    "impact ratio": "demographic parity ratio",
}
"""Other names of one metric, in the spelling of `evidence.cards.aliases.metric_key`. Precision is not average
precision, and a top-5 accuracy is not an accuracy."""
_AVERAGES = ("macro", "micro", "weighted", "samples", "binary")
_UNBOUNDED = frozenset(
    """bleu chrf fid kl_divergence log_loss loss mae mape meteor mse perplexity psi psnr rmse rouge rouge_1 rouge_2
    rouge_l r2 ter""".split()  # noqa: SIM905
)
"""Metrics that are no share of anything, or are written from 0 to 100 as often as from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A declared figure with its name taken apart."""

    metric: str
    """Canonical name, as policies and metrics files write it: `balanced_accuracy`."""
    average: str | None
    """`macro`, `micro`, `weighted`, `samples` or `binary`; None when the card does not say."""
    declared: Metric

    @property
    def written(self) -> Fraction | None:
        """The value in exact form; None for one that is no plain number."""
        return None if self.declared.value is None else Fraction(self.declared.value)


def canonical_metric(name: str) -> str:
    """Give the one name of a metric: `roc_auc` and `AUROC` are `auc`, `Balanced accuracy` is `balanced_accuracy`."""
    return _named(name)[0]


def figure_of(declared: Metric) -> Figure:
    """Take the name of a declared metric apart."""
    name, average = _named(declared.name)
    stated = getattr(declared, "average", None)
    return Figure(name, stated.casefold() if isinstance(stated, str) and stated else average, declared)


def _named(name: str) -> tuple[str, str | None]:
    from govern.evidence.cards.aliases import metric_key

    words = metric_key(name).split()
    average = next((word for word in words if word in _AVERAGES), None)
    words = [word for word in words if word not in (*_AVERAGES, "avg", "averaged")]
    key = " ".join(words)
    for ending in ("", " score"):
        short = key.removesuffix(ending) if ending else key
        if short in _ALIASES:
            return _ALIASES[short].replace(" ", "_"), average
    return key.removesuffix(" score").replace(" ", "_"), average


def is_share(metric: str) -> bool:
    """Tell whether a metric lies between 0 and 1 (or -1 and 1), so that 91.2 without a sign has no unit."""
    return metric not in _UNBOUNDED


def decimals_of(declared: Metric) -> int:
    """Give the number of decimals that a figure is written with, as a fraction of one: `91.2%` has three."""
    text = declared.raw.strip().strip("*_`").strip().replace("\u2212", "-")
    percent = text.endswith("%")
    try:
        exponent = Decimal(text.rstrip("%").strip()).as_tuple().exponent
    except InvalidOperation:
        return 0
    return max(0, -exponent if isinstance(exponent, int) else 0) + (2 if percent else 0)


def agrees(claimed: Fraction, decimals: int, measured: Fraction, tolerance: Decimal) -> bool:
    """Whether a figure written with so many decimals can be a rounding of a measured one.

    |claimed - measured| <= 0.5 * 10^-decimals + tolerance, exactly, in either direction of rounding.
    """
    return abs(claimed - measured) <= Fraction(1, 2 * 10**decimals) + Fraction(tolerance)
