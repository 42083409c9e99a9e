"""Building again gives the same bundles, and the model of v2 is the one that made its predictions."""

from __future__ import annotations

import csv
import importlib.util
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "mortgage"


def installed_as_recorded() -> bool:
    pins = (EXAMPLE / "v2" / "requirements.txt").read_text(encoding="utf-8").split()
    return all(version(name) == pinned for name, _, pinned in (pin.partition("==") for pin in pins))


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("example")
    subprocess.run([sys.executable, str(EXAMPLE / "build.py"), "--out", str(out)], check=True, timeout=120)
    return out


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_same_bundle_again(name: str, rebuilt: Path) -> None:
    committed, again = files(EXAMPLE / name), files(rebuilt / name)
    assert committed.keys() == again.keys()
    # Library versions are part of model files and requirements; the rest must not change with them.
    independent = ("README.md", "govern.yaml", "lineage/run.json", "predictions/holdout.csv")
    compared = committed.keys() if installed_as_recorded() else independent
    assert [path for path in compared if committed[path] != again[path]] == []


def test_same_snapshot_again(tmp_path: Path) -> None:
    script = [sys.executable, str(EXAMPLE / "snapshot.py"), "--out", str(tmp_path)]
    subprocess.run(script, check=True, timeout=60, capture_output=True)
    [again] = [path for path in tmp_path.iterdir() if path.is_dir()]
    digest = (EXAMPLE / "advisories" / "current").read_text(encoding="ascii").strip()
    assert again.name == digest
    assert (again / "snapshot.json").read_bytes() == (EXAMPLE / "advisories" / digest / "snapshot.json").read_bytes()


def table_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mortgage_table", EXAMPLE / "table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["mortgage_table"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_v2_model_made_its_predictions() -> None:
    import skops.io

    path = EXAMPLE / "v2" / "model" / "model.skops"
    assert skops.io.get_untrusted_types(file=path) == []
    model = skops.io.load(path, trusted=[])
    table = table_module()
    rows = {one.row: one for one in table.read_table(EXAMPLE / "data" / "boston_hmda.csv")}
    source = (EXAMPLE / "build.py").read_text(encoding="utf-8")
    names = re.search(r"^FEATURES = \((.*?)\)$", source, re.MULTILINE)
    assert names is not None
    features = re.findall(r'"(\w+)"', names[1])
    assert "black" not in features
    assert "single" not in features
    with (EXAMPLE / "v2" / "predictions" / "holdout.csv").open(encoding="utf-8", newline="") as stream:
        predictions = list(csv.DictReader(stream))
    inputs = [[rows[int(row["application"])].feature(name) for name in features] for row in predictions]
    scores = model.predict_proba(inputs)[:, 1]
    assert [f"{score:.6f}" for score in scores] == [row["score"] for row in predictions]
