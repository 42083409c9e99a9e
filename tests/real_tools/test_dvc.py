"""A repository of DVC as a bundle: its pipeline is there to be read, and it validates no data."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.real_tools import check, dressed, make

pytestmark = pytest.mark.real_tools


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return dressed(make("dvc", tmp_path_factory.mktemp("dvc")) / "pipeline")


def test_the_pipeline_was_run_and_locked(bundle: Path) -> None:
    lock = (bundle / "dvc.lock").read_text()
    assert "schema: '2.0'" in lock
    assert "md5:" in (bundle / "data" / "loans.csv.dvc").read_text()


def test_a_repository_is_judged_and_lacks_a_validation(bundle: Path) -> None:
    found = check(bundle)
    assert (found.decision, found.code) == ("undecided", 3)
    assert (found.outcome("card"), found.outcome("formats")) == ("pass", "pass")
    assert (found.outcome("data"), found.findings("data")[0][0]) == ("missing_evidence", "E120")
