"""Print what scores by histogram cost, against scikit-learn on the raw scores. See README.md beside this file.

Answers are asserted before anything is timed: the area of the raw scores lies within the bounds of the histogram's.
"""

from __future__ import annotations

import hashlib
import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from measuring import Row, heading, paired, show, spent
from sklearn.metrics import roc_auc_score

from govern.bundle import Bundle, open_bundle
from govern.checks.scores import score_counts_of
from govern.diagnostics import Diagnostic
from govern.evidence.predictions import find_predictions
from govern.evidence.score_counts import Range, ScoreTable, read_score_table
from govern.fairness.bounded import Bounded
from govern.fairness.score_gaps import auc
from govern.fairness.score_groups import GroupScores, score_table
from govern.fairness.scores import BINS, LabelSums, ScoreSums

SEED = 20261201
ROWS = 1_000_000
MANIFEST = """\
apiVersion: govern/v1
kind: FairnessRows
model: {{name: m, version: "1"}}
data: {{name: d}}
file: {{path: table.parquet, sha256: {digest}, rows: {rows}}}
columns: {{y_pred: y_pred, y_true: y_true, score: score, sensitive: [sex]}}
positive: {{y_pred: 1, y_true: 1}}
"""


def main() -> None:
    random = np.random.RandomState(SEED)
    scores = random.random_sample(ROWS)
    labels = random.random_sample(ROWS) < scores
    sexes = random.choice(["F", "M"], ROWS)
    truth = float(roc_auc_score(labels, scores))
    figure = by_histogram(labels, scores)
    assert figure.low <= Fraction(truth) <= figure.high
    print(f"area {truth:.7f}, off by {abs(truth - float(figure.middle)):.1e}, bound {float(figure.half_width):.1e}")
    heading(f"scores of {ROWS:,} rows, against scikit-learn (seed {SEED})")
    show(in_memory(labels, scores))
    with tempfile.TemporaryDirectory() as folder:
        show(from_disk(Path(folder), sexes, labels, scores))


def by_histogram(labels: np.ndarray, scores: np.ndarray) -> Bounded:
    """Give the area with its bounds, from arrays."""
    span = Range(Fraction(0), Fraction(1), None, BINS)
    places = span.places(scores)
    places += BINS * labels
    counts = np.bincount(places, minlength=2 * BINS).reshape(2, BINS)
    negatives, positives = counts.sum(axis=1).tolist()
    held = {place: (lost, won) for place, (lost, won) in enumerate(counts.T.tolist()) if lost or won}
    sums = ScoreSums(LabelSums(negatives, 0, 0, 0), LabelSums(positives, 0, 0, 0))
    figure = auc(GroupScores(Fraction(0), Fraction(1), BINS, held, sums))
    assert isinstance(figure, Bounded)
    return figure


def in_memory(labels: np.ndarray, scores: np.ndarray) -> Row:
    return paired(
        "area under the ROC curve, arrays in memory",
        lambda: spent(lambda: by_histogram(labels, scores), 3),
        lambda: spent(lambda: roc_auc_score(labels, scores)),
        runs=5,
        aim=1 / 50,
    )


def from_disk(folder: Path, sexes: np.ndarray, labels: np.ndarray, scores: np.ndarray) -> Row:
    """Both groups' areas and all counts from a Parquet file, digests and exact sums included."""
    columns = {
        "sex": sexes,
        "y_true": labels.astype(np.int8),
        "y_pred": (scores >= 0.5).astype(np.int8),
        "score": scores,
    }
    pq.write_table(pa.table(columns), folder / "table.parquet")
    digest = hashlib.sha256((folder / "table.parquet").read_bytes()).hexdigest()
    (folder / "predictions.yaml").write_text(MANIFEST.format(digest=digest, rows=ROWS), encoding="utf-8")
    bundle = open_bundle(folder, name="m", version="1")

    def ours() -> list[Bounded]:
        groups, _unknown = score_table(score_counts_of(table_of(bundle)), ("sex",))
        return [figure for group in groups.values() if isinstance(figure := auc(group), Bounded)]

    def theirs() -> list[float]:
        table = pq.read_table(folder / "table.parquet")
        sex, y, s = (table.column(name).to_numpy() for name in ("sex", "y_true", "score"))
        return [float(roc_auc_score(y[sex == name], s[sex == name])) for name in ("F", "M")]

    for figure, truth in zip(ours(), theirs(), strict=True):
        assert figure.low <= Fraction(truth) <= figure.high
    what = "areas of two groups with exact sums, from Parquet"
    return paired(what, lambda: spent(ours), lambda: spent(theirs), runs=5)


def table_of(bundle: Bundle) -> ScoreTable:
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    table = read_score_table(bundle, source, ("sex",), labels=True, bins=BINS)
    assert not isinstance(table, Diagnostic)
    return table


if __name__ == "__main__":
    main()
