"""Each code of reading and of the compiler has a page with a document that gives it and one that does not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from govern.cli.reference import why_page
from govern.diagnostics import Severity
from govern.diagnostics.catalogue import all_codes, lookup
from support.documented import FOLDER, NAMES, Case, documented
from support.in_process import govern_here
from support.places import misplaced
from support.process import ROOT

CASES = documented()
SHOWN = [case for case in CASES.values() if "shown_by" not in case.settings]


def test_every_code_has_a_folder() -> None:
    wanted = {code for code in all_codes() if code.startswith(("I1", "P"))}
    assert wanted <= set(CASES) <= set(all_codes())


@pytest.mark.parametrize("code", CASES)
def test_the_page_says_what_the_catalogue_says(code: str) -> None:
    """`make docs` writes it."""
    assert (FOLDER / code / "why.md").read_text(encoding="utf-8") == why_page(code)
    assert {item.name for item in (FOLDER / code).iterdir()} <= NAMES


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case.code)
def test_bad_gives_exactly_its_code_at_its_place(case: Case, tmp_path: Path) -> None:
    found, files = case.diagnostics("bad", case.written("bad", tmp_path))
    assert {item.code for item in found} == {case.code}, [str(item) for item in found]
    assert [problem for item in found if (problem := misplaced(item, files)) is not None] == []
    assert all((item.span is not None and item.span.line is not None) == _placed(case) for item in found)
    assert all(item.hint or lookup(item.code).fix for item in found)


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case.code)
def test_good_gives_nothing(case: Case, tmp_path: Path) -> None:
    found, files = case.diagnostics("good", case.written("good", tmp_path))
    assert files
    assert [str(item) for item in found] == []


@pytest.mark.parametrize("case", [case for case in SHOWN if not case.options("bad")], ids=lambda case: case.code)
def test_the_command_shows_file_line_column_and_a_caret(case: Case, tmp_path: Path) -> None:
    place = case.written("bad", tmp_path)
    found, _files = case.diagnostics("bad", place)
    packs = (place / "policies").is_dir()
    where, path = (place, Path("policies")) if packs else (tmp_path, place.relative_to(tmp_path))
    ended = govern_here("policy", "lint", path, cwd=where)
    assert ended.code == (2 if found[0].severity is Severity.ERROR else 0), ended.out + ended.err
    head = rf"^[\w./-]+:\d+:\d+: {found[0].severity} {case.code} {lookup(case.code).slug}: "
    assert re.search(head, ended.out + ended.err, re.MULTILINE), ended.out + ended.err
    assert re.search(r"^ +\| +\^+$", ended.out + ended.err, re.MULTILINE), ended.out + ended.err


@pytest.mark.parametrize("case", [case for case in CASES.values() if case not in SHOWN], ids=lambda case: case.code)
def test_what_no_file_gives_is_shown_by_a_test(case: Case) -> None:
    file, _colons, name = case.settings["shown_by"].partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    body = re.search(rf"^def {name}\(.*?(?=^def |\Z)", text, re.MULTILINE | re.DOTALL)
    assert body is not None
    assert case.code in body.group()


def _placed(case: Case) -> bool:
    placed: bool = case.options("bad").get("placed", True)
    return placed
