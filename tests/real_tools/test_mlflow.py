"""Folders of the current MLflow as bundles: what lies in them is judged by what it is, not by what it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.real_tools import check, dressed, make

pytestmark = pytest.mark.real_tools


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make("mlflow", tmp_path_factory.mktemp("mlflow"))
    for name in ("pickled", "skops", "store"):
        dressed(folder / name, without=("model/model.safetensors",))
    return folder


def test_a_pickled_model_is_denied_at_its_file(made: Path) -> None:
    found = check(made / "pickled")
    assert (found.decision, found.code) == ("denied", 1)
    assert (found.outcome("formats"), found.outcome("pickles")) == ("fail", "fail")
    assert "model.pkl" in {file for _code, file, *_ in found.findings("pickles")}


def test_a_model_saved_by_skops_holds_no_pickle(made: Path) -> None:
    found = check(made / "skops")
    assert found.outcome("pickles") == "pass", found.outcomes["pickles"]
    assert found.outcome("card") == "pass"
    assert found.outcome("data") == "missing_evidence"
    assert found.decision != "allowed"


def test_a_file_store_is_judged_without_opening_a_database(made: Path) -> None:
    found = check(made / "store")
    assert found.decision in ("undecided", "denied")
    assert found.outcome("card") == "pass"
