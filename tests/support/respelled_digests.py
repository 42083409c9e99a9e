"""In a process of its own, for its hash seed or its Python: `respelled_digests.py FIRST COUNT STAGE FILE...`.

Prints the digest of the plan for each of COUNT spellings, one a line.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from govern.checks.registry import builtin_specs
from govern.evidence.schema import evidence_schema
from govern.policy.compile import compile_policies
from govern.policy.outcomes import Stage
from support.respelling import respelled


def main() -> None:
    first, count, stage = int(sys.argv[1]), int(sys.argv[2]), Stage(sys.argv[3])
    files = {name: Path(name).read_bytes() for name in sys.argv[4:]}
    checks, schema = builtin_specs(), evidence_schema()
    for seed in range(first, first + count):
        made = compile_policies(
            respelled(files, random.Random(seed)), stage=stage, checks=checks, evidence_schema=schema
        )
        sys.stdout.write(f"{made.plan.digest if made.plan else made.diagnostics[0]}\n")


if __name__ == "__main__":
    main()
