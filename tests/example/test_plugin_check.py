"""examples/plugin-check as its users have it: installed, named by a policy, and everything that can go wrong with it.

Nothing is fetched: the distribution's metadata is written from its pyproject.toml into a folder on the path.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from govern.checks.api import CheckSpec
from govern.checks.plugins import RESERVED
from support.plugins import EXAMPLE, Site
from support.process import ROOT, Ended, clean_environment, govern

POLICY = EXAMPLE / "policies" / "carbon.yaml"
STAGE = "pre-registration"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The example, installed."""
    made = Site(tmp_path_factory.mktemp("site"))
    made.example()
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Site:
    return Site(tmp_path / "site")


def run(site: Site, *arguments: str | Path) -> Ended:
    return govern(*arguments, environment=site.environment)


def bundle(tmp_path: Path, energy: str | None) -> Path:
    """The example's bundle with another energy file."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "govern.yaml").write_bytes((EXAMPLE / "bundle" / "govern.yaml").read_bytes())
    if energy is not None:
        (folder / "energy.json").write_text(energy, encoding="utf-8")
    return folder


def checked(site: Site, folder: Path, *more: str | Path, policy: Path = POLICY) -> tuple[int, dict[str, Any]]:
    ended = run(site, "check", folder, "-s", STAGE, "-p", policy, "--no-issue", "-o", "json", *more)
    return ended.code, json.loads(ended.out)


# --- sound


def test_its_own_tests_pass(site: Site) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "pyproject.toml", "tests"],
        cwd=EXAMPLE,
        env=clean_environment(site.environment),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()


def test_its_policy_has_no_fault(site: Site) -> None:
    ended = run(site, "policy", "lint", EXAMPLE / "policies")
    assert (ended.code, ended.err) == (0, "")
    assert "0 errors, 0 warnings" in ended.out


def test_the_plan_names_the_distribution(site: Site) -> None:
    ended = run(site, "policy", "compile", POLICY, "-s", STAGE)
    assert ended.code == 0, ended.err
    plan = json.loads(ended.out)
    assert plan["requires"]["checks"] == {"carbon.budget": 1}
    assert plan["requires"]["plugins"] == {"carbon.budget": "govern-carbon==0.1.0"}
    assert plan["evidence"] == [
        {
            "kind": "energy",
            "reads": ["training.energy_kwh", "training.interval_kwh", "training.method"],
        }
    ]


def test_the_schema_for_editors_has_its_parameters(site: Site) -> None:
    schema = json.loads(run(site, "policy", "schema").out)
    kinds = schema["$defs"]["Rule"]["properties"]["check"]["enum"]
    assert "carbon.budget" in kinds
    assert "carbon.budget" in json.dumps(schema["$defs"]["Rule"]["allOf"])
    (own,) = (item for item in schema["$defs"]["Rule"]["allOf"] if "carbon.budget" in json.dumps(item["if"]))
    parameters = own["then"]["properties"]["with"]["properties"]
    directions = {name: json.dumps(item) for name, item in parameters.items()}
    assert '"tighten": "down"' in directions["max_kwh"]
    assert '"order": ["point", "demonstrated"]' in directions["decide"]
    assert '"tighten": "subset"' in directions["methods"]
    document = yaml.safe_load(POLICY.read_text(encoding="utf-8"))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    document["spec"]["rules"][0]["with"]["max_kwh"] = "much"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    without = json.loads(run(site, "policy", "schema", "--no-plugins").out)
    assert without["$defs"]["Rule"]["properties"]["check"]["enum"] == sorted(set(kinds) - {"carbon.budget"})
    committed = json.loads((ROOT / "schemas" / "policy.schema.json").read_text(encoding="utf-8"))
    assert "carbon.budget" not in json.dumps(committed)


def test_the_doctor_knows_of_it(site: Site) -> None:
    assert re.search("^ok +plug-ins +carbon.budget of govern-carbon==0.1.0$", run(site, "doctor").out, re.MULTILINE)


def test_explain_says_what_it_is_and_whose(site: Site) -> None:
    ended = run(site, "explain", "carbon.budget")
    assert ended.code == 0, ended.err
    for words in (
        "carbon.budget (check kind, version 1)",
        "Cannot show: That the figure is true",
        "max_kwh (required; may only be lowered by a later layer)",
        "methods (default [estimate, meter]; members may only be removed by a later layer)",
        "Fields for messages: energy, limit, method",
        "From the plug-in govern-carbon==0.1.0",
        "carbon-103 over-budget: Training took more energy",
    ):
        assert words in ended.out, words
    code = run(site, "explain", "carbon-103")
    assert code.code == 0
    assert code.out.startswith("carbon-103 over-budget\n")
    rule = run(site, "explain", "carbon/budget", "-p", POLICY)
    assert "Check: carbon.budget" in rule.out
    unknown = run(site, "explain", "carbon.bugdet")
    assert unknown.code == 2
    assert "carbon.budget" in unknown.err
    assert run(site, "explain", "carbon-999").code == 2


METER = '{"training": {"energy_kwh": %s, "interval_kwh": [%s, %s], "method": "meter"}}'


@pytest.mark.parametrize(
    ("energy", "code", "outcome", "finding"),
    [
        (METER % ("812.5", 770, 860), 0, "pass", None),
        (METER % (1000, 1000, 1000), 0, "pass", None),
        (METER % (1400, 1300, 1500), 1, "fail", "carbon-103"),
        (METER % (980, 900, 1060), 3, "inconclusive", "carbon-105"),
        ("{}", 3, "missing_evidence", "carbon-101"),
        (None, 3, "missing_evidence", "E120"),
        (METER % (-1, -2, 0), 3, "error", "carbon-102"),
        (METER % ("NaN", 1, 2), 3, "error", "I113"),
        ("", 3, "error", "I114"),
    ],
)
def test_every_outcome_with_its_exit_code(
    site: Site, tmp_path: Path, energy: str | None, code: int, outcome: str, finding: str | None
) -> None:
    found, document = checked(site, bundle(tmp_path, energy))
    (result,) = document["outcomes"]
    assert (found, result["outcome"]) == (code, outcome)
    assert [item["code"] for item in result["findings"]] == ([] if finding is None else [finding])
    if outcome in ("pass", "fail"):
        assert result["evidence"][0]["file"] == "energy.json"
        assert result["message"].startswith("Training took ")
    if outcome == "fail":
        assert result["findings"][0]["location"]["pointer"] == "/training/energy_kwh"


def test_every_face_of_a_result_shows_it(site: Site, tmp_path: Path) -> None:
    """A report knows nothing of the kind, and draws what every kind has."""
    folder, page = bundle(tmp_path, METER % (1400, 1300, 1500)), tmp_path / "report.html"
    ended = run(site, "check", folder, "-s", STAGE, "-p", POLICY, "--no-issue", "-o", "text", "-o", f"html={page}")
    assert ended.code == 1
    for text in (ended.out, page.read_text(encoding="utf-8")):
        assert "Training took 1400 kWh" in text


def test_a_budget_may_be_lowered_from_outside_and_not_raised(site: Site, tmp_path: Path) -> None:
    folder = bundle(tmp_path, METER % ("812.5", 770, 860))
    code, document = checked(site, folder, "--param", "budget=800")
    assert (code, document["outcomes"][0]["outcome"]) == (3, "inconclusive")
    raised = run(site, "check", folder, "-s", STAGE, "-p", POLICY, "--no-issue", "--param", "carbon/budget=1200")
    assert raised.code == 2
    assert "P307" in raised.err


def test_a_slip_in_the_policy_is_placed(site: Site, tmp_path: Path) -> None:
    policy = tmp_path / "p.yaml"
    text = POLICY.read_text(encoding="utf-8")
    policy.write_text(text.replace("decide: demonstrated", "decide: demonstrate"), encoding="utf-8")
    ended = run(site, "policy", "lint", policy)
    assert ended.code == 2
    assert "Did you mean 'demonstrated'?" in ended.out
    policy.write_text(text.replace("carbon.budget", "carbon.bugdet"), encoding="utf-8")
    assert "Did you mean 'carbon.budget'?" in run(site, "policy", "lint", policy).out


def test_without_the_plugin_its_rule_is_no_rule(empty: Site) -> None:
    """It is an error, never a rule that is passed over."""
    ended = run(empty, "check", EXAMPLE / "bundle", "-s", STAGE, "-p", POLICY, "--no-issue")
    assert ended.code == 2
    assert "P209" in ended.err
    assert f"{POLICY}:" in ended.err


# --- its pages


@pytest.mark.parametrize("page", [ROOT / "docs" / "plugins.md", EXAMPLE / "README.md"], ids=lambda path: path.name)
def test_what_the_pages_quote_is_what_the_example_says(page: Path) -> None:
    blocks = re.findall(r"```[a-z]+\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    files = [path.read_text(encoding="utf-8") for path in EXAMPLE.rglob("*.*") if path.is_file() and path != page]
    assert blocks
    assert [block for block in blocks if not any(block in text for text in files)] == []


@pytest.mark.parametrize("page", [ROOT / "docs" / "plugins.md", EXAMPLE / "README.md"], ids=lambda path: path.name)
def test_the_commands_of_the_pages_end_with_0(page: Path, site: Site) -> None:
    commands = re.findall(r"^    govern (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands
    for command in commands:
        ended = run(site, *command.split())
        assert ended.code == 0, (command, ended.err)


def test_the_page_names_every_member_that_is_owed_and_every_namespace_that_is_taken() -> None:
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert {name for name in RESERVED if f"`{name}`" not in text} == set()
    ours = {"plugin", "registry_params", "expression_params", "expression_lists"}
    members = {item.name for item in fields(CheckSpec)} - ours
    assert {name for name in members if f"`{name}`" not in text} == set()


# --- broken


SOUND = (EXAMPLE / "src" / "govern_carbon" / "budget.py").read_text(encoding="utf-8")


def broken(site: Site, text: str, *, point: str = "broken_carbon:BUDGET") -> None:
    """Install a plug-in whose module is this."""
    site.install("broken-carbon", "0.0.1", {"carbon.budget": point}, {"broken_carbon": text})
    site.path.append(EXAMPLE / "src")


@pytest.mark.parametrize(
    ("text", "point", "words"),
    [
        ("import no_such_module", "broken_carbon:BUDGET", "ModuleNotFoundError"),
        ("BUDGET = (", "broken_carbon:BUDGET", "SyntaxError"),
        ("raise SystemExit(0)", "broken_carbon:BUDGET", "SystemExit"),
        ("import os; os.abc", "broken_carbon:BUDGET", "AttributeError"),
        ("BUDGET = 1", "broken_carbon:BUDGET", "not a Check"),
        ("", "broken_carbon:BUDGET", "AttributeError"),
        ("", "nowhere:BUDGET", "ModuleNotFoundError"),
        (SOUND.replace("version=1", "version=0"), "broken_carbon:BUDGET", "its version 0"),
        (SOUND.replace('kind="carbon.budget"', 'kind="carbon.other"'), "broken_carbon:BUDGET", "calls itself"),
    ],
)
def test_a_broken_plugin_is_named_at_the_rule(empty: Site, text: str, point: str, words: str) -> None:
    broken(empty, text, point=point)
    ended = run(empty, "policy", "lint", POLICY)
    assert ended.code == 2, ended
    assert "Traceback" not in ended.out + ended.err
    assert re.search(rf"{re.escape(str(POLICY))}:\d+:\d+: error P221 plugin-broken", ended.out), ended.out
    assert "broken-carbon==0.0.1" in ended.out
    assert words in ended.out


def test_nothing_is_decided_with_a_broken_plugin(empty: Site) -> None:
    """A module that ends the process with 0 must not look like an allowed model."""
    broken(empty, "raise SystemExit(0)")
    ended = run(empty, "check", EXAMPLE / "bundle", "-s", STAGE, "-p", POLICY, "--no-issue")
    assert (ended.code, ended.out) == (2, "")
    assert "P221" in ended.err


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        ("    found = json_evidence", "    raise SystemExit(0)\n    found = json_evidence", "D101"),
        ("    found = json_evidence", "    return None\n    found = json_evidence", "D101"),
        ("        evidence=(found.ref,),\n", "", "D103"),
        ("        outcome=outcome,\n", "        outcome='pass',\n", "D121"),
        ("        outcome=outcome,\n", "        outcome=Outcome.WAIVED,\n", "D121"),
        ("found.ref,),\n        observed", "found.ref.file,),\n        observed", "D121"),
    ],
)
def test_a_plugin_that_misbehaves_in_a_run_passes_nothing(
    empty: Site, tmp_path: Path, before: str, after: str, code: str
) -> None:
    assert before in SOUND, before
    broken(empty, SOUND.replace(before, after, 1))
    found, document = checked(empty, bundle(tmp_path, METER % ("812.5", 770, 860)))
    (result,) = document["outcomes"]
    assert (found, result["outcome"]) == (3, "error")
    assert [item["code"] for item in result["findings"]] == [code]
    assert "broken-carbon==0.0.1" in result["findings"][0]["detail"]


def test_a_broken_plugin_that_nobody_names_is_in_nobodys_way(empty: Site) -> None:
    broken(empty, "raise SystemExit(0)")
    assert run(empty, "policy", "lint", ROOT / "policies").code == 0
    listing = run(empty, "policy", "schema")
    assert (listing.code, listing.out) == (2, ""), "a listing without it would be wrong"
    assert "broken-carbon==0.0.1" in listing.err
    assert re.search("^warn +plug-ins +.*broken-carbon==0.0.1", run(empty, "doctor").out, re.MULTILINE)
    assert run(empty, "policy", "schema", "--no-plugins").code == 0
    explained = run(empty, "explain", "carbon.budget")
    assert explained.code == 2
    assert "P221" in explained.err


def test_a_clash_is_said_wherever_plugins_are_used(empty: Site) -> None:
    empty.example()
    empty.install("sneaky", "6.6", {"fairness.disparity": "sneaky:CHECK"}, {"sneaky": "raise SystemExit(0)"})
    ended = run(empty, "policy", "lint", POLICY)
    assert ended.code == 0
    assert "warning P222 plugin-clash: the plug-in sneaky==6.6 offers the check kind 'fairness.disparity'" in ended.out
    assert run(empty, "policy", "schema").code == 2
    empty.install("carbon-two", "2", {"carbon.offsets": "sneaky:CHECK"})
    refused = run(empty, "policy", "lint", POLICY)
    assert refused.code == 2
    assert "`carbon` is claimed by carbon-two==2 and govern-carbon==0.1.0" in refused.out


def test_somebodys_broken_metadata_does_not_hide_the_plugin(empty: Site) -> None:
    empty.example()
    info = empty.install("unrelated", "1", {"unrelated.thing": "unrelated:THING"})
    (info / "METADATA").write_text("Metadata-Version: 2.1\n", encoding="utf-8")
    ended = run(empty, "policy", "lint", POLICY)
    assert ended.code == 0, ended.out
    assert "warning P221" in ended.out
    assert "unrelated.thing = unrelated:THING" in ended.out


# --- certificates and packs


def workspace(site: Site, root: Path) -> tuple[Path, Path]:
    """A decision of the plug-in's, signed, logged and packed: the workspace and the pack."""
    gate = root / "gate"
    assert run(site, "init", gate).code == 0
    folder = bundle(root, METER % ("812.5", 770, 860))
    ended = run(site, "check", folder, "-s", STAGE, "-p", POLICY, "-w", gate, "--param", "budget=900")
    assert ended.code == 0, ended.err + ended.out
    (certificate,) = (gate / "certificates").glob("*.certificate.sigstore.json")
    archive = root / "carbon.pack.tar"
    packed = run(
        site,
        *("pack", certificate, "--bundle", folder, "-p", POLICY, "-o", archive, "-w", gate),
        *("--param", "carbon/budget=900"),
    )
    assert packed.code == 0, packed.err
    return gate, archive


def test_a_replay_needs_the_plugin_and_says_which(tmp_path: Path) -> None:
    here = Site(tmp_path / "here")
    here.example()
    gate, archive = workspace(here, tmp_path)
    again = run(here, "replay", archive, "--trust", gate / "trust.json")
    assert again.code == 0, again.out + again.err
    without = Site(tmp_path / "without")
    missing = run(without, "replay", archive, "--trust", gate / "trust.json")
    assert missing.code == 2
    assert "error P602 check-version-unavailable" in missing.err
    assert "pip install govern-carbon==0.1.0" in missing.err
    newer = Site(tmp_path / "newer")
    newer.example(version="0.2.0")
    other = run(newer, "replay", archive, "--trust", gate / "trust.json")
    assert other.code == 2
    assert "the one here is of govern-carbon==0.2.0" in other.err


def test_the_policy_of_the_example_is_a_policy() -> None:
    """And its test names it."""
    assert yaml.safe_load(POLICY.read_text(encoding="utf-8"))["kind"] == "Policy"
    cases = yaml.safe_load((EXAMPLE / "policies" / "carbon.test.yaml").read_text(encoding="utf-8"))
    assert cases["policy"] == POLICY.name
    expected = [next(iter(case["expect"]["outcomes"].values())) for case in cases["cases"]]
    assert expected == ["pass", "fail", "inconclusive", "pass", "inconclusive", "missing_evidence"]
