"""pip-audit's own auditor over the example's snapshot and v1's requirements; prints what it found as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from govern.security.advisories.providers.pip_audit import audit_snapshot

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "mortgage"

pins = []
for line in (EXAMPLE / "v1" / "requirements.txt").read_text(encoding="utf-8").splitlines():
    name, sign, version = line.split("#")[0].strip().partition("==")
    if sign:
        pins.append((name.strip(), version.split(";")[0].strip()))
found = audit_snapshot(EXAMPLE / "advisories", pins)
print(
    json.dumps(
        {
            "audited": len(pins),
            "packages": sorted({name for name, _version, _ids in found}),
            "ids": sorted({item for _name, _version, ids in found for item in ids}),
        }
    )
)
