"""`govern check` on folders of several models: choosing one, in one command."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.folders import folder
from support.gate import write_policy
from support.in_process import govern_here

MLMODEL = "flavors: {sklearn: {pickled_model: model.pkl}}\n"


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A folder with two models and a policy that neither can fail."""
    two: dict[str, str | bytes] = {}
    for name in ("autumn", "spring"):
        two |= {f"{name}/MLmodel": MLMODEL, f"{name}/model.pkl": b"\x80\x04N."}
    folder(tmp_path, two)
    write_policy(tmp_path / "policies", {"artefacts.pickle": {"mode": "allow_list"}})
    return tmp_path


def check(workshop: Path, *options: str) -> tuple[int, str]:
    ended = govern_here(
        "check", "bundle", "-s", "pre-registration", "-p", "policies", "--no-issue", *options, cwd=workshop
    )
    return ended.code, ended.out + ended.err


def test_several_models_are_a_usage_error_that_says_how_to_choose(workshop):
    code, words = check(workshop, "--name", "a", "--model-version", "1")
    assert code == 2
    assert "autumn, spring" in words
    assert "--model 'autumn'" in words


def test_the_chosen_model_is_judged_alone(workshop):
    code, words = check(workshop, "--model", "spring", "--name", "a", "--model-version", "1")
    assert code == 0, words
    assert check(workshop, "--model", "spring")[0] == 2  # a folder's name names no model


@pytest.mark.parametrize("model", ["../elsewhere", "/etc", "summer", "spring/MLmodel"])
def test_a_model_outside_or_absent_is_refused(workshop, model):
    code, words = check(workshop, "--model", model, "--name", "a", "--model-version", "1")
    assert code == 2
    assert "B124" in words
