"""What the current Great Expectations writes, judged on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.real_tools import check, dressed, govern, make

pytestmark = pytest.mark.real_tools

GX = "evidence/gx.json"
NOT_NULL = "expect_column_values_to_not_be_null of column `age`"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make("great_expectations", tmp_path_factory.mktemp("gx"))
    for bundle in folder.iterdir():
        dressed(bundle)
    return folder


def bind(bundle: Path) -> None:
    """As the finding on an unbound result tells its reader to."""
    done = govern(
        *("evidence", "add", bundle / GX, "--bundle", bundle, "--type", "great-expectations"),
        *("--tool", "great_expectations=1.24.1", "--data", "train=data/train.csv", "--by", "ci:1"),
        *("--produced-at", "2027-01-01T00:00:00Z"),
    )
    assert done.returncode == 0, done.stderr


def test_a_good_result_passes_once_it_is_bound_to_its_data(made: Path) -> None:
    bundle = made / "good"
    found = check(bundle)
    assert (found.decision, found.code, found.outcome("data")) == ("undecided", 3, "missing_evidence")
    assert found.findings("data") == [("E165", GX, 1, None)]
    bind(bundle)
    bound = check(bundle)
    assert (bound.decision, bound.code, bound.outcome("data")) == ("allowed", 0, "pass"), bound.outcomes["data"]


def test_each_failed_expectation_is_told_with_its_place(made: Path) -> None:
    found = check(made / "bad")
    assert (found.decision, found.code, found.outcome("data")) == ("denied", 1, "fail")
    assert found.details("data")[0] == f"{NOT_NULL} failed: 1 of 4 values (25 %) are not as expected"
    lines = (made / "bad" / GX).read_text().splitlines()
    places = [place for place in found.findings("data") if place[0] == "E161"]
    assert len(places) == 3
    for _code, file, line, pointer in places:
        assert file == GX
        assert pointer is not None
        assert pointer.startswith("/results/")
        assert line is not None
        assert lines[line - 1].strip() == "{"


def test_an_empty_suite_shows_nothing(made: Path) -> None:
    found = check(made / "empty")
    assert (found.decision, found.outcome("data")) == ("undecided", "missing_evidence")
    assert "E104" in {code for code, *_ in found.findings("data")}


def test_a_crash_is_an_error_in_the_words_of_the_tool(made: Path) -> None:
    found = check(made / "crash")
    assert (found.decision, found.code, found.outcome("data")) == ("undecided", 3, "error")
    assert any('"nope"' in detail and "crashed" in detail for detail in found.details("data"))


def test_a_table_without_rows_shows_nothing(made: Path) -> None:
    found = check(made / "no-rows")
    assert (found.decision, found.outcome("data")) == ("undecided", "missing_evidence")
    assert "E167" in {code for code, *_ in found.findings("data")}


def test_a_tolerance_without_counts_shows_nothing(made: Path) -> None:
    found = check(made / "boolean-only")
    assert found.outcome("data") == "missing_evidence"
    assert any("does not say how much of that was used" in detail for detail in found.details("data"))


def test_a_stored_result_shows_tolerance_and_warning(made: Path) -> None:
    found = check(made / "project")
    assert (found.decision, found.outcome("data")) == ("denied", "fail")
    assert found.details("data")[0].startswith(f"{NOT_NULL} passed with mostly 0.5, and 1 of 4 values")
    (file,) = {file for code, file, *_ in found.findings("data") if code == "E164"}
    assert file.startswith("gx/uncommitted/validations/train/")


def test_a_described_checkpoint_has_no_severity_and_is_judged_strictly(made: Path) -> None:
    found = check(made / "described")
    assert (found.decision, found.outcome("data")) == ("denied", "fail")
    assert {code for code, *_ in found.findings("data")} >= {"E161", "E164"}
