"""Print what counting predictions costs, against fairlearn and against decoding the columns. See README.md beside this.

Figures are asserted equal before anything is timed. Tables are drawn from a seed into a temporary folder. A part is a
function of the folder: add one to `PARTS`, name it on the command line to run it alone.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from measuring import Row, heading, paired, scaled, show, spent, whole

from govern.bundle import Bundle, open_bundle
from govern.checks.predictions import counts_of
from govern.diagnostics import Diagnostic
from govern.evidence.predictions import find_predictions, read_predictions
from govern.fairness import METRICS, Counts, GroupTable

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261201
ATTRIBUTES = ("age", "race", "sex")
COLUMNS = (*ATTRIBUTES, "y_pred", "y_true")
VALUES = {"age": ("18-24", "25-34", "35-44", "45-54", "55+"), "race": tuple("ABCDEF"), "sex": ("F", "M")}
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
MEMORY = 300
"""Megabytes at most for ten million rows."""
POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: parity, version: "1.0.0", owner: bench@example.com}
spec:
  rules:
    - id: parity
      check: fairness.disparity
      severity: critical
      stages: [pre-registration]
      with:
        {metric: selection_rate, compare: ratio, at_least: 0.8, attributes: [sex, race], decide: point, bound: false}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(PARTS)}; all of them without")
    chosen = parser.parse_args().parts or list(PARTS)
    warnings.simplefilter("ignore")
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            PARTS[name](Path(folder))


# --- tables


def drawn(rows: int) -> dict[str, Any]:
    """Codes of every attribute and 0 or 1 for label and decision: rates differ a little from group to group."""
    random = np.random.RandomState(SEED)
    made = {name: random.randint(0, len(values), rows).astype(np.int8) for name, values in VALUES.items()}
    truth = random.random_sample(rows) < 0.3 + 0.02 * made["race"]
    decision = random.random_sample(rows) < np.where(truth, 0.7, 0.2) + 0.03 * made["sex"]
    return {**made, "y_true": truth.astype(np.int64), "y_pred": decision.astype(np.int64)}


def table_of(rows: int) -> pa.Table:
    made = drawn(rows)
    texts = {name: pa.DictionaryArray.from_arrays(made[name], VALUES[name]).cast(pa.string()) for name in ATTRIBUTES}
    return pa.table({**texts, "y_pred": made["y_pred"], "y_true": made["y_true"]})


def bundle_of(folder: Path, rows: int, form: str = "parquet") -> Path:
    """A folder with the table alone."""
    home = folder / f"{form}-{rows}"
    if not home.exists():
        home.mkdir()
        if form == "parquet":
            pq.write_table(table_of(rows), home / "predictions.parquet")
        else:
            table = table_of(rows).select(["sex", "race", "y_true", "y_pred"])
            pa.csv.write_csv(table, home / "predictions.csv", pa.csv.WriteOptions(quoting_style="none"))
    return home


def opened(home: Path) -> Bundle:
    return open_bundle(home, name="bench", version="1")


def counted(bundle: Bundle, attributes: tuple[str, ...] = ATTRIBUTES) -> Counts:
    """From the file to the tensor."""
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    predictions = read_predictions(bundle, source, attributes)
    assert not isinstance(predictions, Diagnostic)
    return counts_of(predictions)


# --- the same figures


def ours(table: GroupTable) -> dict[str, Any]:
    """Rates of every group, their difference and ratio, and the odds difference."""
    made: dict[str, Any] = {}
    for name in RATES:
        rates = {group: METRICS[name].rate(tally) for group, tally in table.groups.items()}
        values = {group: Fraction(rate.k, rate.n) for group, rate in rates.items()}
        made[name] = (values, max(values.values()) - min(values.values()), min(values.values()) / max(values.values()))
    made["odds"] = max(made[name][1] for name in RATES[1:])
    return made


def theirs(table: dict[str, Any], attributes: tuple[str, ...]) -> dict[str, Any]:
    """The same from fairlearn, on arrays that are in memory already."""
    import fairlearn.metrics as fl
    import pandas as pd

    features = pd.DataFrame({name: table[name] for name in attributes})
    frame = fl.MetricFrame(
        metrics={name: getattr(fl, name) for name in RATES},
        y_true=table["y_true"],
        y_pred=table["y_pred"],
        sensitive_features=features,
    )
    difference, ratio = frame.difference(), frame.ratio()
    made: dict[str, Any] = {name: (frame.by_group[name], difference[name], ratio[name]) for name in RATES}
    made["odds"] = max(difference[name] for name in RATES[1:])
    return made


def assert_equal(mine: dict[str, Any], other: dict[str, Any]) -> None:
    for name in RATES:
        values, difference, ratio = mine[name]
        by_group, their_difference, their_ratio = other[name]
        assert len(values) == len(by_group)
        for group, value in values.items():
            assert float(value) == by_group[group if len(group) > 1 else group[0]], (name, group)
        assert abs(float(difference) - their_difference) < 1e-15, name
        assert abs(float(ratio) - their_ratio) < 1e-15, name
    assert abs(float(mine["odds"]) - other["odds"]) < 1e-15


def in_memory(rows: int) -> dict[str, Any]:
    made = drawn(rows)
    return {**made, **{name: np.array(VALUES[name], dtype=object)[made[name]] for name in ATTRIBUTES}}


def once(action: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    answer = action()
    return time.process_time() - start, answer


# --- parts


def against_fairlearn(folder: Path) -> None:
    heading("figures of three crossed attributes, from disk, against fairlearn's MetricFrame in memory")
    for rows in (100_000, 1_000_000):
        show(one_table(opened(bundle_of(folder, rows)), in_memory(rows), rows))


def one_table(bundle: Bundle, table: dict[str, Any], rows: int) -> Row:
    def figures() -> dict[str, Any]:
        return ours(counted(bundle).table(ATTRIBUTES))

    theirs(in_memory(1000), ATTRIBUTES)  # imports, and what is done once
    peer, other = once(lambda: theirs(table, ATTRIBUTES))
    assert_equal(figures(), other)
    took = [spent(figures) for _ in range(7)]
    aim = 1 / 500 if rows >= 1_000_000 else None
    return Row(f"{rows:,} rows, Parquet", [each / peer for each in took], aim, statistics.median(took))


def against_lattice(folder: Path) -> None:
    heading("the whole lattice of three attributes, from disk, against seven MetricFrames")
    rows = 100_000
    bundle, table = opened(bundle_of(folder, rows)), in_memory(rows)

    def lattice() -> dict[tuple[str, ...], dict[str, Any]]:
        return {names: ours(each) for names, each in counted(bundle).lattice(ATTRIBUTES).items()}

    mine = lattice()
    assert len(mine) == 7
    peer, others = once(lambda: {names: theirs(table, names) for names in mine})
    for names, figures in mine.items():
        assert_equal(figures, others[names])
    took = [spent(lattice) for _ in range(5)]
    show(Row(f"{rows:,} rows, Parquet", [each / peer for each in took], 1 / 500, statistics.median(took)))


def against_decoding(folder: Path) -> None:
    heading("counting all crossings from disk, against decoding the same columns with pyarrow")
    for rows in (1_000_000, 10_000_000):
        home = bundle_of(folder, rows)
        bundle = opened(home)

        def decode(path: Path = home / "predictions.parquet") -> int:
            file = pq.ParquetFile(path, read_dictionary=list(ATTRIBUTES))
            batches = file.iter_batches(batch_size=65_536, columns=list(COLUMNS), use_threads=False)
            return sum(batch.num_rows for batch in batches)

        assert decode() == rows == counted(bundle).rows
        mine, peer = (lambda b=bundle: spent(lambda: counted(b))), (lambda d=decode: spent(d))
        show(paired(f"{rows:,} rows, Parquet, three attributes", mine, peer, aim=2))
        print(f"{'':4}most memory of a process that counts them: {memory(home):.0f} MB, aim at most {MEMORY}")


def memory(home: Path) -> float:
    """Megabytes at most of a process of its own that counts a bundle's predictions by the three attributes."""
    command = [sys.executable, str(Path(__file__).parent / "peers" / "counting.py"), str(home)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def of_csv(folder: Path) -> None:
    heading("counting a CSV, against reading it with csv.reader, and with pandas and its value_counts")
    import csv

    import pandas as pd

    rows = 1_000_000
    plain = bundle_of(folder, rows, "csv")
    numbered = folder / "csv-numbered"
    if not numbered.exists():
        numbered.mkdir()
        lines = (plain / "predictions.csv").read_text().splitlines()
        text = "".join(f"{n or 'id'},{line}\n" for n, line in enumerate(lines))
        (numbered / "predictions.csv").write_text(text)
    for what, home in (("four columns", plain), ("and a column of row ids", numbered)):
        bundle, path = opened(home), home / "predictions.csv"

        def read(path: Path = path) -> int:
            with path.open(newline="", encoding="utf-8") as text:
                return sum(1 for _row in csv.reader(text))

        def with_pandas(path: Path = path) -> Any:
            return pd.read_csv(path)[["race", "sex", "y_pred", "y_true"]].value_counts()

        tensor = counted(bundle, ("race", "sex"))
        assert tensor.rows == rows == read() - 1
        assert sum(n for tally in tensor.cells.values() for n in tally) == with_pandas().sum()
        assert sorted(n for tally in tensor.cells.values() for n in tally) == sorted(with_pandas().tolist())
        mine: Callable[[], float] = lambda b=bundle: spent(lambda: counted(b, ("race", "sex")))  # noqa: E731
        show(paired(f"{rows:,} rows, {what}, csv.reader", mine, lambda r=read: spent(r)))  # type: ignore[misc]
        show(paired(f"{rows:,} rows, {what}, pandas", mine, lambda p=with_pandas: spent(p)))  # type: ignore[misc]


def whole_check(folder: Path) -> None:
    heading("govern check, the whole process, one point rule, 1,000,000 rows: seconds that pass")
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    dropped = ("GOVERN_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    for form in ("csv", "parquet"):
        home = bundle_of(folder, 1_000_000, form)
        command = [sys.executable, "-m", "govern", "check", str(home), "-s", "pre-registration", "-p", str(policy)]
        command += ["--name", "bench", "--model-version", "1", "--no-issue", "--at", "2026-11-20T09:00:00Z"]
        runs = [whole(command, environment) for _ in range(6)][1:]
        assert all(run.code == 0 for run in runs), runs[0].output
        wall, cpu = (statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu"))
        print(f"{form:12} {scaled(wall)} that pass ({scaled(cpu)} of the processor), aim under 1 s")


PARTS: dict[str, Callable[[Path], None]] = {
    "decoding": against_decoding,
    "csv": of_csv,
    "check": whole_check,
    "fairlearn": against_fairlearn,
    "lattice": against_lattice,
}

if __name__ == "__main__":
    main()
