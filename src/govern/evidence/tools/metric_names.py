"""What tools call metrics: their names for what govern has a name for, and the split that many write before it."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["metric_of", "split_of"]

_SAME: Mapping[str, str] = {
    "accuracy_score": "accuracy",
    "balanced_accuracy_score": "balanced_accuracy",
    "precision_score": "precision",
    "recall_score": "recall",
    "f1_score": "f1",
    "roc_auc": "auc",
    "roc_auc_score": "auc",
    "average_precision_score": "average_precision",
    "brier_score_loss": "brier",
    "matthews_corrcoef": "mcc",
    "r2_score": "r2",
    "mean_absolute_error": "mae",
    "mean_squared_error": "mse",
    "root_mean_squared_error": "rmse",
}
"""Names of MLflow's evaluators and of scikit-learn. `score` and `loss` alone mean something else for every model."""

_SPLITS: Mapping[str, str] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "holdout",
    "eval": "evaluation",
    "evaluation": "evaluation",
}


def split_of(word: str) -> str:
    """Give the usual word for a split; any other stays as it is."""
    return _SPLITS.get(word.strip().casefold(), word)


def metric_of(written: str) -> tuple[str, str | None]:
    """Read a metric's name as (name, split): `val_roc_auc` and `validation/roc_auc` are (`auc`, `validation`)."""
    for mark in ("/", "_", "-", "."):
        word, found, rest = written.partition(mark)
        if found and rest and word.casefold() in _SPLITS:
            return _SAME.get(rest, rest), _SPLITS[word.casefold()]
    return _SAME.get(written, written), None
