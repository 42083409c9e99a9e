"""Cards and a model file as skops and huggingface_hub leave them: template text is never a section."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.real_tools import check, dressed, make

pytestmark = pytest.mark.real_tools


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make("skops", tmp_path_factory.mktemp("skops"))
    dressed(folder / "skops-card", without=("MODEL_CARD.md", "model/model.safetensors"))
    dressed(folder / "hub-card", without=("MODEL_CARD.md",))
    return folder


def test_the_card_of_skops_is_mostly_template(made: Path) -> None:
    found = check(made / "skops-card")
    assert (found.decision, found.code, found.outcome("card")) == ("denied", 1, "fail")
    assert {file for _code, file, *_ in found.findings("card") if file} == {"README.md"}


def test_the_file_of_skops_is_no_pickle_and_a_known_format(made: Path) -> None:
    found = check(made / "skops-card")
    assert found.outcome("formats") == "pass", found.outcomes["formats"]
    assert found.outcome("pickles") == "pass", found.outcomes["pickles"]


def test_the_template_of_the_hub_is_placeholders_with_lines(made: Path) -> None:
    found = check(made / "hub-card")
    assert (found.decision, found.outcome("card")) == ("denied", "fail")
    lines = (made / "hub-card" / "README.md").read_text().splitlines()
    told = [place for place in found.findings("card") if place[0] == "E212"]
    assert told
    for _code, file, line, _pointer in told:
        assert file == "README.md"
        assert line is not None
        assert 1 <= line <= len(lines)
        assert lines[line - 1].strip()


def test_no_data_result_is_told_as_missing(made: Path) -> None:
    found = check(made / "hub-card")
    assert (found.outcome("data"), found.findings("data")[0][0]) == ("missing_evidence", "E120")
