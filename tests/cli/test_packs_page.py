"""docs/packs.md, read and done: every file that it shows is written, every command that it shows is run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from support.process import ROOT, govern

PAGE = (ROOT / "docs" / "packs.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"```(yaml|console)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """What each command of the page printed, in a workspace of its own, and how it ended."""
    folder: Path = tmp_path_factory.mktemp("packs") / "gate"
    assert govern("init", folder, "--no-example").code == 0
    for starter in (folder / "policies").glob("*.yaml"):
        starter.unlink()
    ended: dict[str, tuple[int, str]] = {}
    for kind, text in _BLOCK.findall(PAGE):
        if kind == "yaml":
            target = folder / text.split("\n", 1)[0].removeprefix("# ")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            continue
        for line in text.splitlines():
            command, _hash, comment = line.removeprefix("$ ").partition("  # ")
            done = govern(*shlex.split(command)[1:], cwd=folder)
            expected = int(comment.removeprefix("exit ")) if comment else 0
            assert done.code == expected, f"{line}\n{done.out}{done.err}"
            ended[command.strip()] = (done.code, done.out + done.err)
    return ended


def test_every_command_of_the_page_ends_as_it_says(told: dict[str, tuple[int, str]]) -> None:
    assert len(told) == 12
    assert {code for code, _text in told.values()} == {0, 2}


def test_what_is_looser_is_refused_with_the_waiver_to_ask_for(told: dict[str, tuple[int, str]]) -> None:
    _code, text = told["govern policy lint loose"]
    assert "P307" in text
    assert "govern waive baseline.dependencies/no-known-vulnerability" in text


def test_a_tightened_rule_says_who_tightened_it(told: dict[str, tuple[int, str]]) -> None:
    _code, text = told["govern explain baseline.dependencies/no-known-vulnerability -p policies"]
    assert "max_snapshot_age: 14d" in text
    assert "policies/credit.yaml:10" in text


def test_the_tests_of_the_pack_leave_no_mutant(told: dict[str, tuple[int, str]]) -> None:
    _code, text = told["govern policy test packs/org --mutate"]
    assert "3 cases, 0 failed" in text
    assert re.search(r"\b0 of [0-9]+ mutants survived", text)
    assert not re.search(r"\b0 of evidence", text), "the fact of the pack is spoilt as well"


def test_a_released_pack_is_named_in_the_lock(told: dict[str, tuple[int, str]]) -> None:
    _code, text = told['govern policy lock policies team --update "*"']
    assert "moved org 1.0.0 -> 1.0.0" in text
    assert "released by SHA256:" in text
