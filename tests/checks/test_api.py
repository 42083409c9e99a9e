"""The one place that authors of check kinds import from: complete, and nothing that is not meant for them."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys

import pytest

from govern.checks import api
from support.plugins import EXAMPLE
from support.process import ROOT, clean_environment


def imported_of_ours(text: str) -> set[str]:
    """The modules of govern that a module names, functions and all."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found |= {item.name for item in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.partition(".")[0] == "govern"}


def test_all_is_what_is_imported() -> None:
    own = {name for name in vars(api) if not name.startswith("_")} - {"annotations"}
    assert set(api.__all__) == own
    assert list(api.__all__) == sorted(api.__all__)


def test_the_introduction_names_everything() -> None:
    text = inspect.getdoc(api) or ""
    assert [name for name in api.__all__ if f"`{name}`" not in text] == []


@pytest.mark.parametrize("name", api.__all__)
def test_everything_says_what_it_is(name: str) -> None:
    value = getattr(api, name)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value), name


def test_the_example_needs_nothing_else() -> None:
    files = [*(EXAMPLE / "src").rglob("*.py")]
    assert files
    for path in files:
        assert imported_of_ours(path.read_text(encoding="utf-8")) <= {"govern.checks.api"}, path


def test_what_a_result_and_a_spec_are_made_of_is_there() -> None:
    """The types of every member that an author writes."""
    for made in (api.CheckResult, api.Finding, api.EvidenceRef, api.Holds, api.CheckSpec, api.EvidenceNeed, api.Check):
        for annotation in made.__annotations__.values():
            for name in ("Outcome", "Finding", "EvidenceRef", "Holds", "Location", "Stage", "CheckParams", "Code"):
                if name in str(annotation):
                    assert name in api.__all__


def test_importing_it_costs_no_table_library_and_no_network() -> None:
    text = "import sys, govern.checks.api; print(' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env=clean_environment(), capture_output=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.decode().split()}
    assert not loaded & {"numpy", "pandas", "pyarrow", "networkx", "fairlearn", "requests", "cryptography", "jinja2"}
