"""The whole of `conformance/` that is generated, as a mapping from path to content."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from conformance.making import claims, forms, logged, others, primitives, trust, words
from conformance.making.case import Case, Content, Link, Making
from conformance.making.good import good, shared
from support.kinds import Kinds
from support.tsa import LocalTsa

GENERATED = ("shared", "good", "bad", "primitives")
"""Folders of `conformance/` that hold nothing else."""

BAD: tuple[Callable[[Making], Iterator[Case]], ...] = (
    forms.of_the_file,
    trust.of_the_trust_root,
    forms.of_the_envelope,
    forms.of_the_key,
    forms.of_the_payload,
    forms.of_the_statement,
    others.of_other_statements,
    trust.of_the_role,
    logged.of_the_entry,
    logged.of_the_checkpoint,
    logged.of_the_inclusion,
    logged.of_the_witnesses,
    logged.of_the_time,
    claims.of_the_bundle,
    claims.of_what_is_expected,
    claims.of_the_policies,
    words.of_the_waivers,
    words.of_the_attestations,
    words.of_the_approvals,
    words.of_the_decision,
    claims.of_the_validity,
    claims.of_the_revocation,
)
"""In the order of the steps."""


def made_tree() -> dict[str, Content]:
    """Make everything. Always the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        world = Kinds(tsa=LocalTsa(Path(folder) / "tsa"))
        make = Making(world)
        tree: dict[str, Content] = {f"shared/{path}": data for path, data in shared(world).items()}
        for case in good(make):
            _put(tree, f"good/{case.name}", case)
        for group in BAD:
            for case in group(make):
                _put(tree, f"bad/{case.name}", case)
        tree.update({f"primitives/{path}": data for path, data in primitives.files(world).items()})
    return tree


def _put(tree: dict[str, Content], folder: str, case: Case) -> None:
    assert f"{folder}/expect.json" not in tree, f"two vectors are named {folder}"
    tree[f"{folder}/expect.json"] = case.document
    tree.update({f"{folder}/{path}": data for path, data in case.files.items()})


def tree_on_disk(root: Path) -> dict[str, Content]:
    """Read what lies in the generated folders."""
    found: dict[str, Content] = {}
    for name in GENERATED:
        for folder, folders, files in os.walk(root / name):
            for item in (*files, *(item for item in folders if (Path(folder) / item).is_symlink())):
                path = Path(folder) / item
                content: Content = Link(os.readlink(path)) if path.is_symlink() else path.read_bytes()
                found[path.relative_to(root).as_posix()] = content
    return found


def write_tree(root: Path, tree: Mapping[str, Content]) -> tuple[int, int]:
    """Bring the generated folders to a tree; give how many files were written and removed."""
    before = tree_on_disk(root)
    changed = [path for path, content in tree.items() if before.get(path) != content]
    gone = [path for path in before if path not in tree]
    for path in (*changed, *gone):
        (root / path).unlink(missing_ok=True)
    for path in changed:
        content = tree[path]
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            (root / path).symlink_to(content.target)
        else:
            (root / path).write_bytes(content)
    for name in GENERATED:
        for folder, _, _ in os.walk(root / name, topdown=False):
            if not os.listdir(folder):
                os.rmdir(folder)
    return len(changed), len(gone)
