"""Kinds on groups are arithmetic on integers: none of them imports a library of tables or statistics for a CSV."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.bundles import BundleBuilder

KINDS = {
    "fairness.coverage": {},
    "fairness.group_floor": {"metric": "selection_rate", "at_least": "0.3"},
    "fairness.significance": {"metric": "selection_rate"},
    "fairness.robustness": {"metric": "selection_rate", "compare": "ratio", "at_least": "0.8"},
    "fairness.change": {
        "metric": "selection_rate",
        "compare": "ratio",
        "baseline": "champion",
        "max_worsening": "0.1",
        "same_data": False,
    },
    "fairness.alternatives": {"metric": "selection_rate", "compare": "ratio", "utility": "accuracy"},
    "drift.fairness": {"metric": "selection_rate", "compare": "ratio", "max_worsening": "0.1"},
}


def test_no_table_library_is_imported(tmp_path: Path) -> None:
    root = BundleBuilder(tmp_path).build()
    code = f"""
import sys
from pathlib import Path
from govern.bundle import open_bundle
from govern.checks.context import CheckContext
from govern.checks.registry import builtin_checks
context = CheckContext(bundle=open_bundle(Path({str(root)!r})), stage="s")
for kind, given in {KINDS!r}.items():
    check = builtin_checks()[kind]
    params = check.spec.params.model_validate({{"attributes": ["sex"], **given}})
    print(kind, check.evaluate(params, context).outcome)
print(sorted({{"numpy", "pandas", "scipy", "sklearn", "fairlearn", "pyarrow", "networkx"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *outcomes, imported = done.stdout.splitlines()
    assert outcomes == [f"{kind} pass" for kind in KINDS]
    assert imported == "[]"
