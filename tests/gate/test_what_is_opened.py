"""`govern check` on bundles of many kinds: what it reads, where it writes, and that nothing of a bundle is run.

An audit hook in the process itself sees every file that is opened, whichever library opens it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from support.bundle_kinds import KINDS, POLICY, BundleKind
from support.bundles import BundleBuilder
from support.hostile_bytes import acting_pickle
from support.sandbox import Watched, watched

AT = "2026-11-30T00:00:00Z"
WATCHED = (
    "a saved MLflow model",
    "an MLflow store with one registered model",
    "a hub repository with shards",
    "a hub adapter",
    "a folder that grew",
    "a bill of materials as card",
    "a SageMaker card",
    "a zip of a bundle",
    "a tar of an MLflow model",
)
BY_NAME = {kind.name: kind for kind in KINDS}
ARCHIVES = frozenset({"os.mkdir", "tempfile.mkdtemp", "os.remove", "os.chmod", "os.rename"})
"""What unpacking an archive has to do; it is asked of these events that they stay in the folder that was handed in."""


def checked(kind: BundleKind, folder: Path) -> Watched:
    for name in ("policies", "made", "scratch", "results"):
        (folder / name).mkdir()
    (folder / "policies" / "any.yaml").write_text(POLICY)
    bundle = kind.make(folder / "made")
    options = ("-s", "pre-registration", "-p", "policies", "--no-issue", "--at", AT, *kind.options)
    outputs = ("-o", "json=results/r.json", "-o", "html=results/r.html", "-o", "text")
    return watched(
        *("check", bundle, *options, *outputs),
        folder=folder,
        reads=tuple(folder / name for name in ("policies", "made", "scratch", "results")),
        environment={"TMPDIR": str(folder / "scratch")},
    )


def strays(run: Watched, folder: Path) -> list[list[str]]:
    """What it did beyond reading what it was given and writing where it was told to."""
    inside = (str(folder / "scratch"), str(folder / "results"), "results/")

    def is_ours(event: str, what: str) -> bool:
        if event == "write":  # unpacking opens names below a folder that it holds open; from here they would exist
            below = not Path(what).is_absolute() and ".." not in Path(what).parts and not (folder / what).exists()
            return what.startswith(inside) or below
        return event in (*ARCHIVES, "tempfile.mkstemp") and all(
            path.startswith(inside) for path in what.strip("()").replace("'", "").split(", ") if "/" in path
        )

    return [item for item in run.violations if not is_ours(*item)]


@pytest.mark.parametrize("name", WATCHED)
def test_nothing_is_read_outside_and_nothing_is_written_elsewhere(name: str, tmp_path: Path) -> None:
    kind = BY_NAME[name]
    run = checked(kind, tmp_path)
    assert run.code == kind.code, run.err.decode()
    assert b"Traceback" not in run.err
    assert strays(run, tmp_path) == []
    assert list((tmp_path / "scratch").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == ["r.html", "r.json"]


def test_code_and_pickles_of_a_bundle_are_not_run(tmp_path: Path) -> None:
    """Each of these files is run by some tool that opens such a bundle."""
    marker = tmp_path / "marker"
    code = f"open({str(marker)!r}, 'w')\n"
    acting = ("__init__.py", "sitecustomize.py", "usercustomize.py", "setup.py", "modeling_x.py", "conftest.py")

    def make(at: Path) -> Path:
        builder = (
            BundleBuilder(at).file("model.pkl", acting_pickle(marker)).file("evidence/x.json", acting_pickle(marker))
        )
        for path in (*acting, "govern.py", "govern/__init__.py", "json.py", "yaml.py", "code/loader.py"):
            builder.file(path, code)
        builder.file("x.pth", f"import os; {code}").file(
            "MLmodel", "flavors: {python_function: {loader_module: govern}}\n"
        )
        return builder.build()

    run = checked(BundleKind("acting", make, (), 1, {}, (), "README.md"), tmp_path)
    assert run.code in (1, 3), run.err.decode()
    assert strays(run, tmp_path) == []
    assert not marker.exists()
