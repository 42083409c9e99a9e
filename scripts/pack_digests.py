"""Write policies/released.json: the digest of every version of every pack that comes with govern.

    python scripts/pack_digests.py

A version that is marked as released is never written again: whoever locked it relies on its digest. Raise the version
in pack.yaml, and set `released` to true in the commit that a release is made from.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from govern.gate.packs.places import builtin_packs, read_pack_folder
from govern.inputs.yaml import parse_yaml, value_of
from govern.policy.packs.lockfile import pack_digest

OUT = Path(__file__).parents[1] / "policies" / "released.json"


def version_of(files: dict[str, bytes]) -> str:
    """The version that a pack gives itself."""
    document: Any = value_of(parse_yaml(files["pack.yaml"], file="pack.yaml", strictness="policy"))
    return str(document["metadata"]["version"])


def main() -> None:
    """Bring the entries of unreleased versions up to date; stop at a released one that changed."""
    entries: dict[str, dict[str, Any]] = json.loads(OUT.read_text("utf-8")) if OUT.exists() else {}
    for name, folder in builtin_packs().items():
        files = read_pack_folder(folder)
        digest = f"sha256:{pack_digest(files)}"
        known = entries.setdefault(name, {}).setdefault(version_of(files), {"digest": digest, "released": False})
        if known["digest"] != digest and known["released"]:
            sys.exit(f"{name} {version_of(files)} is released and changed: raise the version in {folder}/pack.yaml")
        known["digest"] = digest
    OUT.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    main()
