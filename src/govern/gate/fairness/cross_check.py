"""Every rate computed a second time, by fairlearn from the rows themselves: a check of definitions and of reading.

The table is read by another way too (pandas), and only what a cell means (positive value, unknown group, missing) is
taken from the manifest. Where a rate is 0/0 there is nothing to compare: fairlearn gives 0 there, and we nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, UsageError, plain
from govern.gate.fairness.rows import Rows, rows_of

if TYPE_CHECKING:
    from govern.fairness import Counts, Tally
    from govern.gate.fairness.summarize import SummarizeRequest

__all__ = ["MOST_ROWS", "CrossCheck", "cross_check", "cross_check_rows"]

MOST_ROWS = 20_000
_NEAR = 1e-12


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """What the second computation gave."""

    lines: tuple[str, ...]
    agrees: bool
    """Whether no comparable figure differs."""


def cross_check_rows(request: SummarizeRequest) -> CrossCheck:
    """Compute every rate, difference and ratio of a table with fairlearn and compare.

    Raises UsageError U101 for more than 20,000 rows, and as `rows_of` and the readers do.
    """
    from govern.checks.predictions import counts_of
    from govern.evidence.predictions import read_predictions

    rows = rows_of(request.path, request.meaning)
    if rows.source.classes:
        message = "a second computation is of decisions of two values, and the document declares classes"
        raise UsageError(Diagnostic("U101", message, Span(rows.source.file)))
    predictions = read_predictions(rows.bundle, rows.source, rows.source.attributes)
    if isinstance(predictions, Diagnostic):
        raise InputError(predictions)
    if predictions.rows > MOST_ROWS:
        hint = f"Cross-check a sample of at most {MOST_ROWS:,} rows."
        message = f"{predictions.rows:,} rows; at most {MOST_ROWS:,} are computed a second time"
        raise UsageError(Diagnostic("U101", message, Span(rows.source.file), hint))
    return cross_check(counts_of(predictions), _frame(rows))


def cross_check(counts: Counts, frame: Any) -> CrossCheck:
    """Compare counts with fairlearn's figures of a frame: columns `y_pred`, `y_true` (0 and 1, where there are labels)
    and one for each axis, None for unknown. Groups are numbered in the order of their code points, and no figure is
    said: this is printed where everybody may read it.
    """
    from govern.fairness import METRICS

    lines: list[str] = []
    wrong = compared = skipped = 0
    for axis in counts.axes:
        table = counts.table((axis.name,))
        known = frame[frame[axis.name].notna()]
        if not len(known):
            lines.append(f"{plain(axis.name)}: no row of a known group")
            continue
        for name in METRICS if counts.labelled else ("selection_rate",):
            ours = _ours(name, {group[0]: tally for group, tally in table.groups.items() if tally.n})
            for what, mine, theirs in _pairs(ours, _theirs(name, known, axis.name)):
                place = f"{name} of {plain(axis.name)}, {what}"
                if mine is None:
                    skipped += 1
                    lines.append(f"{place}: not comparable, 0/0 has no value and fairlearn makes a number of it")
                    continue
                compared += 1
                if theirs is None or not abs(float(mine) - theirs) <= _NEAR:
                    wrong += 1
                    lines.append(f"{place}: differs")
    said = "agree" if not wrong else f"{wrong} differ"
    lines.append(f"fairlearn: {compared} figures compared, {said}; {skipped} not comparable")
    return CrossCheck(tuple(lines), agrees=wrong == 0 and compared > 0)


Rates = Mapping[str, Fraction | None]


def _ours(name: str, groups: Mapping[str, Tally]) -> Rates:
    from govern.fairness import METRICS

    values = {group: METRICS[name].rate(tally).value for group, tally in groups.items()}
    return {group: value if isinstance(value, Fraction) else None for group, value in values.items()}


def _theirs(name: str, frame: Any, column: str) -> Any:
    """Give fairlearn's MetricFrame of a rate. What fairlearn has no function for is scikit-learn's, or one less it."""
    import warnings

    from fairlearn import metrics

    scores: Any = import_module("sklearn.metrics")

    def precision(y_true: Any, y_pred: Any, label: int = 1) -> float:
        return float(scores.precision_score(y_true, y_pred, pos_label=label, zero_division=0.0))

    functions: Mapping[str, Callable[..., float]] = {
        "precision": precision,
        "false_discovery_rate": lambda y_true, y_pred: 1 - precision(y_true, y_pred),
        "negative_predictive_value": lambda y_true, y_pred: precision(y_true, y_pred, 0),
        "false_omission_rate": lambda y_true, y_pred: 1 - precision(y_true, y_pred, 0),
        "accuracy": scores.accuracy_score,
        "prevalence": lambda y_true, y_pred: metrics.selection_rate(y_pred, y_true),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 0/0 inside of it, which is not compared
        made = metrics.MetricFrame(
            metrics={name: functions.get(name) or getattr(metrics, name)},
            y_true=frame["y_true"] if "y_true" in frame else frame["y_pred"],
            y_pred=frame["y_pred"],
            sensitive_features=frame[[column]].astype(str),
        )
        return (
            made.by_group.iloc[:, 0].to_dict(),
            float(made.difference(method="between_groups").iloc[0]),
            float(made.ratio(method="between_groups").iloc[0]),
        )


def _pairs(ours: Rates, theirs: Any) -> Iterator[tuple[str, Fraction | None, float | None]]:
    """Yield figures of both; None of ours for one without a value."""
    by_group, difference, ratio = theirs
    for number, (group, mine) in enumerate(ours.items(), 1):
        yield f"group {number}", mine, by_group.get(group)
    values = [value for value in ours.values() if value is not None]
    whole = len(values) == len(ours) > 1
    yield "difference", max(values) - min(values) if whole else None, difference
    yield "ratio", min(values) / max(values) if whole and max(values) else None, ratio


def _frame(rows: Rows) -> Any:
    """Read the table with pandas and give what its cells mean."""
    pd: Any = import_module("pandas")
    source, manifest = rows.source, rows.manifest
    path = rows.bundle.root / source.file
    named = {"y_pred": source.y_pred, **({"y_true": source.y_true} if source.y_true else {})}
    columns = [*named.values(), *source.attributes]
    if source.file.lower().endswith(".csv"):
        wide = path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff")
        encoding = "utf-16" if wide else "utf-8-sig"
        read = pd.read_csv(path, dtype=str, keep_default_na=False, usecols=columns, encoding=encoding)
    elif source.file.lower().endswith((".parquet", ".pq")):
        read = pd.read_parquet(path, columns=columns)
    else:
        read = pd.read_feather(path, columns=columns)
    frame = pd.DataFrame(index=read.index)
    for ours, column in named.items():
        given = None if manifest.positive is None else getattr(manifest.positive, ours)
        frame[ours] = [_binary(value, "1" if given is None else str(given)) for value in read[column]]
    for column in source.attributes:
        tokens = {"", *manifest.unknown}
        frame[column] = pd.Series(
            [None if _gone(value) or str(value) in tokens else str(value) for value in read[column]],
            index=read.index,
            dtype=object,
        )
    kept = frame[[*named]].notna().all(axis=1)
    return frame[kept].astype(dict.fromkeys(named, int))


def _gone(value: Any) -> bool:
    return value is None or value != value


def _binary(value: Any, positive: str) -> int | None:
    from govern.evidence.cells import is_missing

    if _gone(value):
        return None
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        text = "true" if value else "false"
        return int(text == ("true" if positive == "1" else positive))
    number = isinstance(value, float) or type(value).__name__.startswith("float")
    if number:
        return None if is_missing(str(value)) else int(float(value) == float(positive))
    return None if is_missing(str(value)) and str(value) != positive else int(str(value) == positive)
