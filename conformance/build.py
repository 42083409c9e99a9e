"""Write every vector again: `python conformance/build.py`. Nothing is random, so nothing changes by itself."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> int:
    """Write the tree and say what changed."""
    sys.path[:0] = [str(HERE.parent / "tests"), str(HERE.parent / "src")]
    from conformance.making.tree import made_tree, write_tree

    tree = made_tree()
    written, removed = write_tree(HERE, tree)
    vectors = sum(path.endswith("/expect.json") for path in tree)
    sys.stdout.write(f"{vectors} vectors in {len(tree)} files: {written} written, {removed} removed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
