"""The room is a library over bytes: using it imports no machine-learning, table or network library."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("numpy", "pandas", "sklearn", "joblib", "skops", "pyarrow", "networkx", "fairlearn", "requests", "pip_audit")
PROGRAM = """
import sys
import govern.checks.artefacts.formats, govern.checks.dependencies.pinned
from govern.security.artefacts import load_profiles, scan_bytes
from govern.security.requirements import read_requirements
from govern.security.advisories import Matcher, load_snapshot
scan_bytes("x", b"\\x80\\x04\\x8c\\x05numpy\\x8c\\x07ndarray\\x93.", load_profiles(["sklearn"]))
read_requirements(["r"], files={"r"}, read=lambda _: b"numpy==1.26.4")
print(*sys.modules)
"""


def test_scanning_and_reading_import_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    loaded = {module.partition(".")[0] for module in done.stdout.split()}
    assert not loaded & set(HEAVY)
    assert "urllib.request" not in done.stdout.split()
