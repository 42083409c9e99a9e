"""What judging a table loads: nothing heavy for CSV, Arrow and numpy alone for Parquet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.gate import write_policy
from support.prediction_tables import SUFFIX, Form, bare, table_bytes

HEAVY = ("fairlearn", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "statsmodels")
SCRIPT = """
import json, sys
from govern.cli.main import run
code = 0
try:
    code = run(sys.argv[1:])
except SystemExit as done:
    code = done.code
heavy = %r
print()
print(json.dumps([code, sorted(name for name in heavy if name in sys.modules)]))
"""


def loaded(folder: Path, form: Form) -> list[str]:
    table = {"sex": ["F", "M"] * 50, "y_true": [1, 0, 0, 1] * 25, "y_pred": [1, 0, 0, 1] * 25}
    bundle = bare(folder / "bundle", form, table_bytes(form, table)).build()
    parity = {
        "metric": "equalized_odds",
        "compare": "difference",
        "at_most": 0.5,
        "attributes": ["sex"],
        "decide": "point",
        "bound": False,
        "min_n": 10,
    }
    rules = {
        "fairness.disparity": parity,
        "performance.threshold": {"metric": "accuracy", "at_least": 0.5, "decide": "point", "bound": False},
    }
    policies = write_policy(folder / "policies", rules)
    command = [
        "check",
        str(bundle),
        "-s",
        "pre-registration",
        "-p",
        str(policies),
        "--no-issue",
        "--at",
        "2026-11-20T09:00:00Z",
    ]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GOVERN_")}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT % (HEAVY,), *command], env=environment, capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout.splitlines()[-1])
    assert code in (0, None), done.stdout + done.stderr
    return list(modules)


def test_a_point_rule_on_csv_loads_nothing_heavy(tmp_path: Path) -> None:
    assert loaded(tmp_path, "csv") == []


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_point_rule_on_columnar_files_loads_arrow_and_numpy_alone(form: Form, tmp_path: Path) -> None:
    assert SUFFIX.get(form, form) == form
    assert loaded(tmp_path, form) == ["numpy", "pyarrow"]
