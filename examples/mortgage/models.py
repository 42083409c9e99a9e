"""Training, the operating cut-off, and model files with bytes that do not change from run to run."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from table import Application, folds

FOLDS = 5
CUT_OFFS = tuple(Decimal(percent) / 100 for percent in range(50, 91))
LEAST_TRAINING_RATIO = Decimal("0.85")
"""The policy asks for 0.8 on the hold-out; training aims higher, because half of the table is a small sample."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """The score from which an application is approved, and what it gave out of fold on the training half."""

    at: Decimal
    balanced_accuracy: float
    ratio: float


def matrix(rows: Sequence[Application], features: Sequence[str]) -> np.ndarray:
    """Give the features of each row, in order, as floats."""
    return np.array([[one.feature(name) for name in features] for one in rows])


def reweighing(rows: Sequence[Application]) -> np.ndarray:
    """Weights under which race and decision are independent in the training data.

    F. Kamiran, T. Calders: Data preprocessing techniques for classification without discrimination, Knowledge and
    Information Systems 33 (2012): the weight of a row is P(race) P(decision) / P(race, decision). Race is used
    here, in training, and nowhere else; the model never sees it.
    """
    race = Counter(one.black for one in rows)
    decision = Counter(one.approved for one in rows)
    both = Counter(one.stratum for one in rows)
    return np.array([race[one.black] * decision[one.approved] / (len(rows) * both[one.stratum]) for one in rows])


def train(inputs: np.ndarray, approved: np.ndarray, weights: np.ndarray | None = None) -> Pipeline:
    """Fit a logistic regression on standardised features.

    The fitted numbers are rounded to nine decimals, so that the last bits of a processor's arithmetic do not reach
    the model file.
    """
    model = Pipeline(
        [
            ("scale", StandardScaler()),
            ("classify", LogisticRegression(solver="newton-cholesky", tol=1e-10, max_iter=200)),
        ]
    )
    model.fit(inputs, approved, classify__sample_weight=weights)
    scale, classify = model.named_steps["scale"], model.named_steps["classify"]
    for step, names in ((scale, ("mean_", "var_", "scale_")), (classify, ("coef_", "intercept_"))):
        for name in names:
            setattr(step, name, np.round(getattr(step, name), 9))
    return model


def scores(model: Pipeline, inputs: np.ndarray) -> list[Decimal]:
    """Give each row's probability of approval, rounded to six decimals."""
    return [Decimal(f"{value:.6f}") for value in model.predict_proba(inputs)[:, 1]]


def choose_cut_off(rows: Sequence[Application], features: Sequence[str]) -> CutOff:
    """Choose the cut-off by cross-validation on the training half alone.

    Of the cut-offs whose out-of-fold selection-rate ratio by race reaches `LEAST_TRAINING_RATIO`, the one with the
    best balanced accuracy; of equals the lowest.
    """
    fold = folds(rows, "fold", FOLDS)
    fold_of = np.array([fold[one.row] for one in rows])
    inputs = matrix(rows, features)
    approved = np.array([one.approved for one in rows])
    black = np.array([one.black for one in rows])
    out_of_fold = np.empty(len(rows))
    for number in range(FOLDS):
        inside = fold_of != number
        model = train(inputs[inside], approved[inside], reweighing([one for one in rows if fold[one.row] != number]))
        out_of_fold[~inside] = [float(score) for score in scores(model, inputs[~inside])]
    tried = []
    for at in CUT_OFFS:
        chosen = out_of_fold >= float(at)
        balanced = (chosen[approved].mean() + (~chosen[~approved]).mean()) / 2
        tried.append(CutOff(at, float(balanced), float(chosen[black].mean() / chosen[~black].mean())))
    eligible = [one for one in tried if one.ratio >= LEAST_TRAINING_RATIO]
    return max(eligible, key=lambda one: (one.balanced_accuracy, -one.at))


def as_pickle(model: Pipeline) -> bytes:
    """Write the model the way v1 shipped it: a Python pickle, which runs code when it is loaded."""
    return pickle.dumps(model, protocol=4)


def as_skops(model: Pipeline) -> bytes:
    """Write the model in the skops format, with its clock and memory addresses taken out.

    skops names objects by their address in memory and a zip keeps the time of writing. Both are replaced, addresses
    by running numbers and times by the zip epoch; nothing else of the file changes, and skops loads it as before.
    """
    import skops.io

    with zipfile.ZipFile(io.BytesIO(skops.io.dumps(model))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[int, int] = {}
    arrays: dict[str, str] = {}

    def renumber(node: Any) -> Any:
        if isinstance(node, list):
            return [renumber(item) for item in node]
        if not isinstance(node, dict):
            return node
        made = {key: renumber(item) for key, item in node.items()}
        if "__id__" in made:
            made["__id__"] = numbers.setdefault(made["__id__"], len(numbers) + 1)
        if made.get("file") in members:
            made["file"] = arrays.setdefault(made["file"], f"{len(arrays) + 1}.npy")
        return made

    ordered = {"schema.json": json.dumps(renumber(schema), indent=2, sort_keys=True).encode()}
    ordered |= {new: members[old] for old, new in arrays.items()}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, data in ordered.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), data)
    return target.getvalue()
