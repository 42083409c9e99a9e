"""What each command may import: names, never milliseconds.

A start-up that imports numpy for `--help` costs more than the whole command. The lists follow the import budget of
the design: everything a row does not need is on its deny-list.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.bundles import BundleBuilder
from support.process import ROOT, clean_environment, govern

TABLES = ["numpy", "pandas", "pyarrow", "scipy", "sklearn", "fairlearn", "skops", "onnx"]
NETWORK = ["requests", "urllib3", "httpx", "aiohttp", "pip_audit", "sigstore", "securesystemslib"]
NEVER = [*TABLES, *NETWORK, "networkx", "matplotlib", "rich", "pytest", "setuptools", "pkg_resources", "dask"]
COMPILER = ["cel_expr_python", "govern.policy.compile", "govern.checks.registry"]
DOCUMENTS = ["yaml", "pydantic", "pydantic_core", "jinja2", "markdown_it", "jsonschema", "jsonschema_rs"]
SIGNING = ["cryptography", "rfc8785", "sqlite3"]

_DUMP = """
import json, sys
sys.argv = ["govern", *{arguments!r}]
code = 70
try:
    from govern.__main__ import main
    main()
except SystemExit as ended:
    code = ended.code
sys.stdout.flush()
with open({report!r}, "w") as stream:
    json.dump(sorted(sys.modules), stream)
sys.exit(code)
"""


@dataclass(frozen=True)
class Places:
    """What the commands below work on."""

    root: Path
    gate: Path
    bundle: Path
    certificate: Path


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """A workspace with one certificate."""
    root = tmp_path_factory.mktemp("imports")
    gate = root / "gate"
    assert govern("init", gate).code == 0
    ended = govern("check", gate / "example", "-s", "pre-registration", "-w", gate)
    assert ended.code == 0, ended.err + ended.out
    (certificate,) = (gate / "certificates").glob("*.certificate.sigstore.json")
    bundle = BundleBuilder(root).build()
    return Places(root, gate, bundle, certificate)


def imported(root: Path, *arguments: str | Path, code: int = 0) -> set[str]:
    """The modules that a command had loaded when it ended."""
    report = root / "modules.json"
    text = _DUMP.format(arguments=[str(item) for item in arguments], report=str(report))
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=root,
        env=clean_environment(),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == code, done.stderr.decode()
    return set(json.loads(report.read_text(encoding="utf-8")))


def unwanted(modules: set[str], deny: list[str]) -> list[str]:
    """Modules on a deny-list, or below one that is."""
    return sorted(name for name in modules if any(name == item or name.startswith(f"{item}.") for item in deny))


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("nonsense",)])
def test_help_imports_click_alone(arguments: tuple[str, ...], places: Places) -> None:
    code = 2 if arguments == ("nonsense",) else 0
    modules = imported(places.root, *arguments, code=code)
    assert unwanted(modules, [*NEVER, *COMPILER, *DOCUMENTS, *SIGNING]) == []
    assert "click" in modules


@pytest.mark.parametrize(
    "command",
    ["check", "verify", "ledger", "policy", "trust", "lineage", "advisories", "doctor", "pack", "replay", "card"],
)
def test_the_help_of_a_command_is_as_light(command: str, places: Places) -> None:
    """Completion asks for it on every press of the tab key."""
    modules = imported(places.root, command, "--help")
    assert unwanted(modules, [*NEVER, *COMPILER, *DOCUMENTS, *SIGNING]) == []


def test_policy_tests_import_no_tables_and_no_network(places: Places) -> None:
    """The kinds that need them import them when they are asked; an expression asks for none."""
    folder = places.root / "tested"
    folder.mkdir()
    (folder / "p.yaml").write_text(
        "apiVersion: govern/v1\nkind: Policy\nmetadata: {name: p, version: 1.0.0}\nspec:\n  rules:\n"
        "    - {id: r, check: expression, with: {assert: metrics.auc >= 0.8}}\n",
        encoding="utf-8",
    )
    (folder / "p.test.yaml").write_text(
        "apiVersion: govern/v1\nkind: PolicyTest\npolicy: p.yaml\nclock: 2026-03-01T00:00:00Z\n"
        "stage: pre-registration\nevidence: {metrics: {auc: 0.8}}\ncases:\n"
        "  - {name: a, expect: {decision: allowed}}\n",
        encoding="utf-8",
    )
    modules = imported(places.root, "policy", "test", folder, "--mutate", code=1)
    assert unwanted(modules, [*NEVER, "cryptography", "sqlite3", "jinja2"]) == []
    assert "cel_expr_python" in modules


def test_verify_imports_neither_models_nor_documents(places: Places) -> None:
    """The auditor's command rests on cryptography alone."""
    modules = imported(
        places.root,
        "verify",
        places.certificate,
        "--trust",
        places.gate / "trust.json",
        "--bundle",
        places.gate / "example",
    )
    assert unwanted(modules, [*NEVER, *COMPILER, *DOCUMENTS]) == []
    assert "cryptography" in modules


@pytest.mark.parametrize(
    "command",
    [
        ("ledger", "log"),
        ("ledger", "verify"),
        ("ledger", "prove", "0"),
        ("ledger", "consistency", "0", "2"),
        ("ledger", "export", "mirror"),
    ],
)
def test_the_ledger_is_as_light(command: tuple[str, ...], places: Places) -> None:
    modules = imported(places.root, *command, "-w", places.gate)
    assert (
        unwanted(modules, [*NEVER, *COMPILER, *DOCUMENTS, "http.server", "http.client", "urllib.request", "ssl"]) == []
    )


def test_the_trust_root_is_as_light(places: Places) -> None:
    modules = imported(places.root, "trust", "show", places.gate / "trust.json")
    assert unwanted(modules, [*NEVER, *COMPILER, *DOCUMENTS, "sqlite3"]) == []


def test_lint_needs_no_tables_and_no_pages(places: Places) -> None:
    modules = imported(places.root, "policy", "lint", places.gate / "policies")
    assert unwanted(modules, [*NEVER, "jinja2", "markdown_it", "cryptography", "sqlite3"]) == []
    readers = ["govern.evidence.cards.read", "govern.security.artefacts.scan", "govern.security.requirements"]
    assert unwanted(modules, [*readers, "packaging"]) == [], "it asks for names of sections and profiles alone"


@pytest.mark.parametrize("name", ["I104", "fairness.disparity"])
def test_explain_needs_no_tables_and_no_pages(name: str, places: Places) -> None:
    modules = imported(places.root, "explain", name)
    assert unwanted(modules, [*NEVER, "jinja2", "markdown_it", "cryptography", "sqlite3"]) == []


def test_a_code_is_explained_without_the_compiler(places: Places) -> None:
    assert unwanted(imported(places.root, "explain", "I104"), [*NEVER, *COMPILER, *DOCUMENTS, *SIGNING]) == []


@pytest.mark.parametrize("issue", [True, False])
def test_check_of_a_csv_table_streams_it(issue: bool, places: Places) -> None:
    """Predictions in CSV are counted without a table library; a page is rendered only when asked for."""
    arguments = ("check", places.gate / "example", "-s", "pre-registration", "-w", places.gate)
    modules = imported(places.root, *arguments, *(() if issue else ("--no-issue",)))
    assert unwanted(modules, [*NEVER, "jinja2", "jsonschema"]) == []
    if not issue:
        assert unwanted(modules, ["cryptography", "sqlite3"]) == []


def test_a_report_adds_the_page_and_nothing_else(places: Places) -> None:
    """numpy is what the page simulates with, how often each rule on groups would err."""
    arguments = ("check", places.gate / "example", "-s", "pre-registration", "-w", places.gate, "--no-issue")
    plain = imported(places.root, *arguments)
    page = imported(places.root, *arguments, "-o", f"html={places.root / 'r.html'}")
    assert unwanted(page, [name for name in NEVER if name != "numpy"]) == []
    added = {name.partition(".")[0] for name in page - plain} - set(sys.stdlib_module_names)
    added = {name for name in added if not name.startswith("_cython_")}  # numpy's compiled parts
    assert added <= {"jinja2", "markupsafe", "govern", "numpy"}


def test_the_package_itself_costs_nothing() -> None:
    """`import govern` loads no room; each public name loads what it needs."""
    text = "import sys, json; import govern; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", text], cwd=ROOT, env=clean_environment(), capture_output=True, check=True
    )
    modules = json.loads(done.stdout)
    assert [name for name in modules if name.startswith("govern")] == ["govern"]
    assert unwanted(set(modules), [*NEVER, *COMPILER, *DOCUMENTS, *SIGNING, "click"]) == []
