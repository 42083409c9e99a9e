"""Numeric predictions and ranks of a bundle's table: the same from CSV and Parquet, in parts of any size."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.bundle import Bundle
from govern.checks.context import CheckContext
from govern.checks.scores import errors_of, ranks_of
from govern.diagnostics import Diagnostic, InputError
from govern.evidence import number_parts
from govern.evidence.exact_sums import ExactSums
from govern.evidence.predictions import PredictionSource, find_predictions
from support.score_bundles import bundle_of

REGRESSION = {"task": "regression", "positive": None}
NUMBERS = {"y_pred": "y_pred", "y_true": "y_true", "sensitive": ["sex"]}
PLACES = {"rank": "place", "query": "query", "sensitive": ["sex"]}


def csv(head: str, rows: list[tuple[Any, ...]]) -> bytes:
    return "\n".join(
        [head, *(",".join("" if cell is None else str(cell) for cell in row) for row in rows), ""]
    ).encode()


def parquet(head: str, rows: list[tuple[Any, ...]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = zip(*rows, strict=True)
    out = io.BytesIO()
    pq.write_table(pa.table({name: list(cells) for name, cells in zip(head.split(","), columns, strict=True)}), out)
    return out.getvalue()


def source_of(bundle: Bundle) -> PredictionSource:
    source = find_predictions(bundle)
    assert not isinstance(source, Diagnostic)
    return source


def errors(tmp_path, table: bytes) -> Any:
    bundle = bundle_of(tmp_path, table, columns=NUMBERS, **REGRESSION)
    return errors_of(CheckContext(bundle=bundle, stage=""), source_of(bundle), ("sex",))


def ranks(tmp_path, table: bytes, **changes: Any) -> Any:
    bundle = bundle_of(tmp_path, table, columns=PLACES, task="ranking", positive=None, **changes)
    return ranks_of(CheckContext(bundle=bundle, stage=""), source_of(bundle), ("sex",))


VALUE = st.floats(-1e5, 1e5) | st.none() | st.sampled_from([0.1, 2.0**50, -(2.0**49) - 3])


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(st.sampled_from("FM?"), VALUE, VALUE), min_size=1, max_size=20),
    size=st.sampled_from([1, 9]),
)
def test_sums_of_errors_are_the_same_from_csv_and_parquet(tmp_path_factory, monkeypatch, rows, size):
    monkeypatch.setattr(number_parts, "ROWS", size)
    head = "sex,y_true,y_pred"
    if all(row[1] is None for row in rows) or all(row[2] is None for row in rows):
        rows = [*rows, ("F", 1.5, 2.5)]
    made = [
        errors(tmp_path_factory.mktemp("b"), table)
        for table in (csv(head, rows), csv(head, rows[::-1]), parquet(head, rows), parquet(head, rows[::-1]))
    ]
    assert all(one == made[0] for one in made)
    assert made[0].missing == sum(None in row for row in rows)


def test_a_number_too_large_is_refused(tmp_path):
    with pytest.raises(InputError, match="E130"):
        errors(tmp_path, csv("sex,y_true,y_pred", [("F", 1.0, 1e17)]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.sampled_from("FM?"), st.integers(1, 9) | st.none(), st.integers(1, 3)), min_size=1, max_size=20
    )
)
def test_ranks_are_the_same_from_csv_and_parquet(tmp_path_factory, rows):
    seen: set[tuple[Any, ...]] = set()
    once = [row for row in rows if row[1] is None or not (row[1:] in seen or seen.add(row[1:]))]
    rows = [*once, ("F", 10, 1)]
    head = "sex,place,query"
    made = [ranks(tmp_path_factory.mktemp("b"), table(head, rows)) for table in (csv, parquet)]
    assert made[0] == made[1]
    assert made[0].missing == sum(row[1] is None for row in rows)
    with pytest.raises(InputError, match="E236"):
        ranks(tmp_path_factory.mktemp("b"), csv(head, [*rows, ("M", 10, 1)]))


def test_sums_of_many_rows_are_those_of_one_by_one():
    random = np.random.RandomState(1)
    values = np.concatenate([random.normal(0, 10.0**power, 3000) for power in (-12, -3, 0, 3, 6, 12)])
    who = random.randint(0, 4, len(values))
    many, single = ExactSums(), ExactSums()
    many.grow(4)
    single.grow(4)
    many.add_many(who.astype(np.int64), values)
    for key, value in zip(who.tolist(), values.tolist(), strict=True):
        single.add(key, value)
    for name in ("n", "total", "squares", "rounded"):
        assert getattr(many, name) == getattr(single, name)


def test_a_rule_on_csv_imports_no_table_library(tmp_path):
    import subprocess
    import sys

    from support.bundles import BundleBuilder

    root = BundleBuilder(tmp_path).build()
    code = f"""
import sys
from pathlib import Path
from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.fairness.score_kinds import CHECKS
context = CheckContext(bundle=open_bundle(Path({str(root)!r})), stage="")
for check, measure in zip(CHECKS, ("slope", "exposure", "auc"), strict=True):
    limit = dict(at_least="0.5") if measure == "exposure" else dict(at_most="0.5")
    check.evaluate(check.spec.params.model_validate(dict(measure=measure, attributes=["sex"], **limit)), context)
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & {{"numpy", "scipy", "pandas", "pyarrow", "sklearn"}}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
