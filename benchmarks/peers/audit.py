"""pip-audit's own requirement reader and auditor over the example's snapshot; prints what it found as JSON.

Only pinned lines are handed over: with `--disable-pip`, pip-audit refuses a file that holds anything else.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from pip_audit._audit import Auditor
from pip_audit._dependency_source import RequirementSource

from govern.security.advisories.providers.pip_audit import snapshot_service
from govern.security.advisories.snapshot import current_snapshot, load_snapshot

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mortgage"

folder = current_snapshot(EXAMPLE / "advisories")
assert folder is not None
lines = (EXAMPLE / "v1" / "requirements.txt").read_text(encoding="utf-8").splitlines()
with tempfile.TemporaryDirectory() as temporary:
    pinned = Path(temporary) / "requirements.txt"
    pinned.write_text("\n".join(line for line in lines if "==" in line) + "\n", encoding="utf-8")
    source = RequirementSource([pinned], disable_pip=True, no_deps=True)
    found = dict(Auditor(snapshot_service(load_snapshot(folder))).audit(source))
print(
    json.dumps(
        {
            "audited": len(found),
            "skipped": sum(dependency.is_skipped() for dependency in found),
            "ids": sorted({item.id for results in found.values() for item in results}),
        }
    )
)
