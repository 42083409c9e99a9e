"""Documentation that cannot rot: generated pages and schemas are current, and what the pages show is true."""

from __future__ import annotations

import json
import re

import pytest
from jsonschema import Draft202012Validator

from govern.checks.registry import builtin_specs
from govern.cli.reference import pages, schemas
from govern.diagnostics.catalogue import all_codes
from govern.evidence.schema import evidence_schema
from govern.gate.packs.places import PackPlaces
from govern.gate.policies import lint_paths
from govern.policy.compile import compile_policies
from govern.policy.outcomes import Outcome, Stage
from support.mortgage import EXAMPLE, LOCK, LOCKED
from support.process import ROOT, govern

PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("name", ["checks.md", "cli.md", "diagnostics.md"])
def test_generated_pages_are_current(name: str) -> None:
    """`make docs` writes them."""
    assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == pages()[name]


def test_generated_schemas_are_current_and_schemas() -> None:
    """`make docs` writes them; every file in schemas/ is a JSON Schema of draft 2020-12."""
    for name, text in schemas().items():
        assert (ROOT / "schemas" / name).read_text(encoding="utf-8") == text
    for path in (ROOT / "schemas").glob("*.json"):
        Draft202012Validator.check_schema(json.loads(path.read_text(encoding="utf-8")))


def test_every_kind_and_code_has_its_anchor() -> None:
    """The pages list what the engine has."""
    checks = pages()["checks.md"]
    assert all(f"## {kind}\n" in checks for kind in builtin_specs())
    codes = pages()["diagnostics.md"]
    assert all(f"## {code} " in codes for code in all_codes())


def test_the_policies_of_the_example_have_no_errors_and_no_warnings() -> None:
    """A policy that we show passes our own lint, and so does the pack below it."""
    diagnostics, files = lint_paths([EXAMPLE / "policies"], places=PackPlaces(lock=LOCK))
    assert any(file.startswith("builtin:baseline/") for file in files)
    assert list(map(str, diagnostics)) == []


def test_the_policy_in_the_readme_compiles() -> None:
    """An example that does not work is worse than none."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (policy,) = re.findall(r"```yaml\n(apiVersion.*?)```", text, re.DOTALL)
    made = compile_policies(
        {"readme.yaml": policy.encode()},
        stage=Stage.PRE_REGISTRATION,
        checks=builtin_specs(),
        evidence_schema=evidence_schema(),
    )
    assert made.plan is not None, [str(item) for item in made.diagnostics]
    assert [rule.id for rule in made.plan.rules] == ["lending/parity"]


def test_the_output_in_the_readme_is_what_is_printed() -> None:
    """Line by line, from both versions of the example."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    printed = ""
    for version in ("v1", "v2"):
        printed += govern(
            *("check", f"examples/mortgage/{version}", "-s", "pre-registration", "--no-issue"),
            *("-p", "examples/mortgage/policies", "--advisories", "examples/mortgage/advisories"),
            *("--at", "2026-11-20T09:00:00Z"),
            environment=LOCKED,
        ).out
    missing = [line for line in shown.splitlines() if line not in ("", "...") and line not in printed.splitlines()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Relative links of README and docs."""
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_pages_exist(page: str) -> None:
    """Every `govern X` that a page mentions is a command."""
    from govern.cli.root import root

    text = (ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(r"(?:`|^    )govern ([a-z]+)\b", text, re.MULTILINE):
        assert name in root.table, name


def test_the_engineer_page_lists_every_exit_code() -> None:
    """Frozen: 0 1 2 3 4 70 130."""
    text = (ROOT / "docs" / "engineer.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| ([0-9]+) \|", text, re.MULTILINE) == ["0", "1", "2", "3", "4", "70", "130"]


@pytest.mark.parametrize("code", ["I104", "F104", "D103"])
def test_explain_prints_the_catalogue(code: str) -> None:
    """The same text as the page."""
    ended = govern("explain", code)
    entry = all_codes()[code]
    assert ended.code == 0
    assert entry.title in ended.out
    assert entry.fix in ended.out


def test_explain_knows_kinds_rules_and_controls() -> None:
    """And says what else there is when it does not."""
    policies = ("-p", "examples/mortgage/policies")
    assert "Cannot show" in govern("explain", "fairness.disparity").out
    rule = govern("explain", "lending/approval-parity", *policies, environment=LOCKED)
    assert (rule.code, rule.err) == (0, "")
    assert "lending.yaml:" in rule.out, "each value knows the file and line it came from"
    control = govern("explain", "ecoa-reg-b/1002.6-b-9", *policies, environment=LOCKED)
    assert control.code == 0
    assert "lending/no-protected-inputs" in control.out
    unknown = govern("explain", "lending/aproval-parity", *policies, environment=LOCKED)
    assert unknown.code == 2
    assert "lending/approval-parity" in unknown.err


def test_outcomes_are_the_frozen_seven() -> None:
    """DESIGN section 4."""
    assert [item.value for item in Outcome] == [
        "pass",
        "fail",
        "inconclusive",
        "missing_evidence",
        "error",
        "waived",
        "not_applicable",
    ]
