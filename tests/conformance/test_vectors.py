"""`govern verify` answers every vector of `conformance/` as its `expect.json` says; the vectors are the ones made here."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from conformance.making.tree import made_tree, tree_on_disk
from govern.attestation.verify import STEPS
from support.in_process import govern_here
from support.process import ROOT

HOME = ROOT / "conformance"


def _runner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("conformance_run", HOME / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


RUNNER = _runner()
CONFIG = RUNNER.Config.read(HOME / "govern.json")
VECTORS = list(RUNNER.vectors())
BAD = [item for item in VECTORS if item.name.startswith("bad/")]


def test_the_files_are_those_that_the_script_makes() -> None:
    """Run `python conformance/build.py` when this fails, and read the difference."""
    made, found = made_tree(), tree_on_disk(HOME)
    assert sorted(made) == sorted(found)
    assert [path for path, content in made.items() if found[path] != content] == []


def test_making_them_twice_gives_the_same_bytes() -> None:
    assert made_tree() == made_tree()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda item: item.name)
def test_govern_answers_as_expected(vector: object) -> None:
    ended = govern_here(*vector.command(CONFIG), cwd=vector.folder)  # type: ignore[attr-defined]
    assert ended.err == ""
    assert RUNNER.complaint(vector, CONFIG, ended.code, ended.out) is None


def test_every_step_has_its_bad_vectors(record_property: Callable[[str, object], None]) -> None:
    counts = Counter(step for item in BAD for step in item.failed)
    assert set(counts) == {step.id for step in STEPS}
    record_property("good_vectors", len(VECTORS) - len(BAD))
    record_property("bad_vectors", len(BAD))
    record_property("bad_vectors_by_step", dict(sorted(counts.items())))
    assert len(BAD) >= 300
    assert Counter(item.exit for item in BAD).keys() == {1, 3, 4}


def test_a_bad_vector_differs_from_the_good_one_in_files_or_question() -> None:
    """Each changes one thing: what it brings along or what it asks; nothing that is good is listed as bad."""
    good = json.loads((HOME / "good" / "certificate" / "expect.json").read_text())["args"]
    for vector in BAD:
        own = [path for path in vector.folder.rglob("*") if path.is_file() and path.name != "expect.json"]
        assert own or vector.args != good, vector.name


def test_every_kind_has_a_good_vector() -> None:
    from govern.attestation.kinds import KIND_NAMES

    kinds = {item.args["kind"] for item in VECTORS if item.exit == 0}
    assert kinds == set(KIND_NAMES.values())


# -- the runner -------------------------------------------------------------------------------------------------------


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HOME / "run.py", *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )


def test_the_runner_calls_an_executable_and_counts() -> None:
    only = ("--only", "good/certificate", "--only", "bad/two-subjects", "--only", "bad/no-status-list")
    done = _run(*only, "--", sys.executable, "-m", "govern")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == [
        "ok   bad/no-status-list",
        "ok   bad/two-subjects",
        "ok   good/certificate",
        "ok   good/certificate-alone",
        "4 of 4 vectors answered as expected",
    ]


def test_a_verifier_that_accepts_everything_fails_every_bad_vector(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    options = {name: [] for name in CONFIG.options}
    config.write_text(json.dumps({"arguments": ["{certificate}{trust}{at}{kind}"], "options": options}))
    done = _run("--config", config, "true")
    assert done.returncode == 1
    said = done.stdout.splitlines()
    assert said[-1] == f"{len(VECTORS) - len(BAD)} of {len(VECTORS)} vectors answered as expected"
    assert "FAIL bad/two-subjects: exit 0, expected 4" in said


def test_a_verifier_that_refuses_everything_fails_every_good_vector(tmp_path: Path) -> None:
    done = _run("--only", "good", "false")
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == f"0 of {len(VECTORS) - len(BAD)} vectors answered as expected"


def test_nothing_to_run_is_no_success() -> None:
    assert _run("--only", "nothing", "true").returncode == 2
    assert _run("no-such-program-anywhere").returncode == 2
    assert _run().returncode == 2


def test_the_runner_needs_nothing_but_python() -> None:
    """Its imports are of the standard library: it is meant for people who do not have govern."""
    import ast

    tree = ast.parse((HOME / "run.py").read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names
