"""`model_card.*` on bundles: good bundle, except ..."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from govern.bundle import Bundle
from govern.checks.cards.params import SectionsParams
from govern.checks.cards.sections import CHECKS, card_root
from govern.checks.context import CheckContext
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from govern.policy.types import ScalarText
from support.bundles import CARD, BundleBuilder

CORE = ["intended_use", "limitations", "training_data", "evaluation"]
KINDS = {check.spec.kind: check for check in CHECKS}
PROSE = "Ranks consumer loan applications so that an underwriter reads the doubtful ones first."


def context(bundle: Bundle) -> CheckContext:
    return CheckContext(bundle=bundle, stage="pre-registration")


def run(kind: str, bundle: Bundle, **params: Any) -> CheckResult:
    check = KINDS[f"model_card.{kind}"]
    result = check.evaluate(check.spec.params.model_validate(params), context(bundle))
    for finding in result.findings:
        assert lookup(finding.code)
        assert "\x1b" not in (finding.remediation or "")
    return result


@pytest.fixture
def good(tmp_path: Path) -> BundleBuilder:
    return BundleBuilder(tmp_path)


def with_card(builder: BundleBuilder, text: str | bytes, name: str = "README.md") -> Bundle:
    return builder.file(name, text).open()


def states(result: CheckResult) -> dict[str, str]:
    assert isinstance(result.facts, dict)
    return {item["id"]: item["state"] for item in result.facts["sections"]}


def test_the_sound_bundle_passes(good: BundleBuilder) -> None:
    bundle = good.open()
    result = run("sections", bundle, required=[*CORE, "licence", "owner", "out_of_scope", "human_oversight"])
    assert result.outcome is Outcome.PASS, result.summary
    assert result.observed == "8 of 8 complete"
    assert [(item.name, item.file, item.bound) for item in result.evidence] == [("model_card", "README.md", False)]
    assert run("present", bundle).outcome is Outcome.PASS
    assert run("placeholders", bundle).outcome is Outcome.PASS


def test_the_scorecard_is_canonical_and_names_every_line(good: BundleBuilder) -> None:
    from govern.canonical import canonical_bytes

    result = run("sections", good.open(), required=[*CORE, "monitoring"])
    assert result.outcome is Outcome.FAIL
    facts = json.loads(canonical_bytes(result.facts))
    assert facts["kind"] == "card-scorecard"
    assert facts["placeholders"] == 0
    first = facts["sections"][0]
    assert first == {
        "id": "intended_use",
        "state": "complete",
        "words": first["words"],
        "file": "README.md",
        "line": CARD.splitlines().index("## Intended use") + 3,
        "pointer": None,
        "required": True,
        "missing": None,
    }
    absent = next(item for item in facts["sections"] if item["id"] == "monitoring")
    assert (absent["state"], absent["line"], absent["required"]) == ("absent", None, True)
    assert not next(item for item in facts["sections"] if item["id"] == "licence")["required"]


def test_every_failing_section_has_a_finding_with_place_and_remedy(good: BundleBuilder) -> None:
    text = CARD.replace(
        "## Limitations\n\nThe training data holds", "## Limitations\n\nTODO\n\n## Notes\n\nThe data holds"
    )
    result = run("sections", with_card(good, text), required=CORE)
    assert result.outcome is Outcome.FAIL
    (finding,) = result.findings
    assert finding.code == "E212"
    assert finding.location is not None
    assert (finding.location.file, finding.location.line) == ("README.md", text.splitlines().index("TODO") + 1)
    assert "## Limitations" in (finding.remediation or "")
    assert result.fields["sections.incomplete"] == "limitations"


# --- the cases a careless reader gets wrong ----------------------------------------------------


def test_card_placeholders(good: BundleBuilder) -> None:
    text = (
        "---\nlicense: apache-2.0\n---\n# Model Card for Model ID\n\n"
        "## Intended Uses & Limitations\n\n[More Information Needed]\n\n"
        "## Training Data\n\n<!-- Describe the data. -->\n\n[More Information Needed]\n\n"
        "## Evaluation\n\nTODO\n\n## Limitations\n\nN/A\n"
    )
    bundle = with_card(good, text)
    result = run("sections", bundle, required=CORE)
    assert result.outcome is Outcome.FAIL
    assert {states(result)[name] for name in CORE} == {"placeholder"}
    assert [item.location.line for item in result.findings if item.location] == [8, 22, 14, 18]
    left = run("placeholders", bundle)
    assert (left.outcome, left.observed) == (Outcome.FAIL, "4")


def test_card_heading_in_code(good: BundleBuilder) -> None:
    text = (
        "---\nlicense: apache-2.0\n---\n# M\n\n```python\n# Limitations\nprint('x')\n# Intended Use\n```\n\n"
        "Training Data\n-------------\n\nThe acme/loans extract of March, 48,000 closed loans.\n"
    )
    result = run("sections", with_card(good, text), required=CORE)
    assert result.outcome is Outcome.FAIL
    assert {name: states(result)[name] for name in CORE} == {
        "intended_use": "absent",
        "limitations": "absent",
        "evaluation": "absent",
        "training_data": "complete",
    }


def test_card_latin1(good: BundleBuilder) -> None:
    bundle = with_card(good, CARD.replace("underwriter", "Sachbearbeiter für Kredite").encode("latin-1"))
    offset = CARD.encode().index(b"underwriter") + len("Sachbearbeiter f")
    for kind, params in (("sections", {"required": CORE}), ("present", {}), ("placeholders", {})):
        with pytest.raises(InputError) as caught:
            run(kind, bundle, **params)
        (fault,) = caught.value.diagnostics
        assert fault.code == "I101"
        assert f"byte offset {offset}" in fault.message
        assert fault.span is not None
        assert fault.span.file == "README.md"


def test_card_broken_yaml(good: BundleBuilder) -> None:
    text = CARD.replace("datasets: [acme/loans]", "datasets: [acme/loans, b\n\ttags: x")
    bundle = with_card(good, text)
    result = run("sections", bundle, required=CORE)
    assert result.outcome is Outcome.PASS, result.summary
    assert [(item.location.file, item.location.line) for item in result.findings if item.location] == [("README.md", 4)]
    licence = run("sections", bundle, required=["licence"])
    assert licence.outcome is Outcome.ERROR


def test_card_two_cards_conflict(good: BundleBuilder) -> None:
    bundle = with_card(good, CARD.replace("apache-2.0", "cc-by-nc-4.0"), "MODEL_CARD.md")
    result = run("sections", bundle, required=CORE)
    assert result.outcome is Outcome.PASS
    (finding,) = result.findings
    assert finding.code == "E208"
    for part in ("apache-2.0 (README.md:2)", "cc-by-nc-4.0 (MODEL_CARD.md:2)"):
        assert part in finding.detail
    assert isinstance(result.facts, dict)
    assert {item["file"] for item in result.facts["looked"] if item["used"]} == {"README.md", "MODEL_CARD.md"}


def test_json_comments(good: BundleBuilder) -> None:
    builder = good.remove("README.md").record(cards=None)
    bundle = with_card(builder, '{\n  // reviewed\n  "name": "m",\n}\n', "model_card.json")
    with pytest.raises(InputError) as caught:
        run("sections", bundle, required=CORE)
    first = caught.value.diagnostics[0]
    assert first.span is not None
    assert (first.code, first.span.file, first.span.line, first.span.column) == ("I201", "model_card.json", 2, 3)


def test_path_case_variants(good: BundleBuilder) -> None:
    builder = good.remove("README.md").record(cards=None)
    result = run("sections", with_card(builder, CARD, "readme.MD"), required=CORE)
    assert result.outcome is Outcome.PASS
    assert [item.code for item in result.findings] == ["E207"]


def test_report_injection(good: BundleBuilder) -> None:
    text = CARD.replace("# Credit risk", "# \x1b[31mRED\x1b[0m | table | `x` <script>alert(1)</script>").replace(
        "Ranks", "[click](javascript:alert(1)) {{ 7*7 }} ::error::x ranks"
    )
    assert run("sections", with_card(good, text), required=CORE).outcome is Outcome.PASS


# --- no card, no clear card --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (None, ""),
        ("README.md", "# Project\n\n## Installation\n\npip install it\n\n## Usage\n\nrun it\n"),
        ("README.md", "---\nsdk: gradio\napp_file: app.py\nlicense: mit\n---\n# Demo\n\n" + PROSE),
        ("deep/down/MODEL_CARD.md", CARD),
        ("MLmodel", "flavors: {}\n"),
    ],
)
def test_no_card_is_one_finding_of_missing_evidence(good: BundleBuilder, name: str | None, text: str) -> None:
    builder = good.remove("README.md").record(cards=None)
    bundle = builder.open() if name is None else with_card(builder, text, name)
    for kind, params in (("sections", {"required": CORE}), ("present", {}), ("placeholders", {})):
        result = run(kind, bundle, **params)
        assert result.outcome is Outcome.MISSING_EVIDENCE
        assert [item.code for item in result.findings if item.code == "E201"] == ["E201"]
        assert len(result.findings) <= 2
    assert card_root(context(bundle)) is None


def test_a_listed_card_anywhere_counts_and_an_absent_one_is_said(good: BundleBuilder) -> None:
    builder = good.remove("README.md").record(cards=["papers/card.md", "papers/none.md"])
    result = run("sections", with_card(builder, CARD, "papers/card.md"), required=CORE)
    assert result.outcome is Outcome.PASS
    assert [item.code for item in result.findings] == ["E206"]
    assert result.findings[0].location is not None
    assert result.findings[0].location.file == "govern.yaml"


def test_an_unknown_language_is_inconclusive_never_a_row_of_absences(good: BundleBuilder) -> None:
    text = (
        "---\nlanguage: nl\nlicense: mit\n---\n# Model\n\n## Beperkingen\n\n"
        + "Werkt niet goed voor zelfstandigen. " * 5
    )
    bundle = with_card(good, text)
    result = run("sections", bundle, required=CORE)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "E205" in {item.code for item in result.findings}
    taught = run("sections", bundle, required=["limitations"], aliases={"limitations": ["Beperkingen"]})
    assert taught.outcome is Outcome.PASS


def test_an_unknown_json_shape_is_inconclusive_until_it_is_mapped(good: BundleBuilder) -> None:
    builder = good.remove("README.md").record(cards=None)
    bundle = with_card(builder, json.dumps({"doel": {"tekst": PROSE}}), "model_card.json")
    assert run("sections", bundle, required=["intended_use"]).outcome is Outcome.INCONCLUSIVE
    assert run("present", bundle, min_words=1).outcome is Outcome.INCONCLUSIVE
    assert run("placeholders", bundle).outcome is Outcome.INCONCLUSIVE
    mapped = run("sections", bundle, required=["intended_use"], mapping={"intended_use": "/doel/tekst"})
    assert mapped.outcome is Outcome.PASS
    elsewhere = run("sections", bundle, required=["intended_use"], mapping={"intended_use": "/doel/none"})
    assert elsewhere.outcome is Outcome.INCONCLUSIVE


# --- typed needs -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("section", "text", "outcome"),
    [
        ("evaluation", "## Evaluation\n\nThe model works very well on all data we have tried so far.", Outcome.FAIL),
        ("evaluation", "## Evaluation\n\nOn some loans we saw an accuracy of 0.84 and were happy.", Outcome.FAIL),
        ("evaluation", "## Evaluation\n\nOn the held-out quarter we saw an accuracy of 0.84 this spring.", Outcome.PASS),
        ("evaluation", ("## Evaluation\n\nMeasured once before release by the validation team, this spring.\n\n"
         "| Dataset | AUC |\n|---|---|\n| loans-26 | 0.8 |"), Outcome.PASS),
        ("evaluation", "## Evaluation\n\nThe accuracy was about 0,84 on the held-out quarter of our loans.", Outcome.FAIL),
        ("contact", "**Contact:** the team next door", Outcome.FAIL),
        ("contact", "**Contact:** risk@example.com", Outcome.FAIL),
        ("contact", "**Contact:** risk@bank.test", Outcome.FAIL),
        ("contact", "**Contact:** risk@acme-bank.eu", Outcome.PASS),
        ("contact", "**Contact:** https://acme-bank.eu/models", Outcome.PASS),
        ("licence", "**License:** all rights reserved by Acme", Outcome.FAIL),
        ("licence", "**License:** MIT", Outcome.PASS),
        ("subgroups", "## Subgroups\n\nThe results by sex are all within the limits that we set.", Outcome.FAIL),
        ("subgroups", ("## Subgroups\n\nSelection rates by sex on the held-out quarter of the loans were:\n\n"
         "| sex | rate |\n|---|---|\n| F | 0.4 |\n| M | 0.4 |"), Outcome.PASS),
        ("subgroups", ("## Subgroups\n\nSelection rates by region on the held-out quarter of the loans were:\n\n"
         "| region | rate |\n|---|---|\n| N | 0.4 |\n| S | 0.4 |"), Outcome.FAIL),
    ],
)  # fmt: skip
def test_a_section_must_hold_its_fact(good: BundleBuilder, section: str, text: str, outcome: Outcome) -> None:
    builder = good.remove("README.md").record(cards=None)
    result = run("sections", with_card(builder, f"# M\n\n{text}\n", "MODEL_CARD.md"), required=[section])
    assert result.outcome is outcome, result.summary
    if outcome is Outcome.FAIL:
        assert result.findings[0].code == "E214"


def test_hub_licence_other_needs_name_and_link(good: BundleBuilder) -> None:
    front = "---\nlicense: other\n{}---\n# M\n"
    short = with_card(good, front.format("license_name: acme\n"))
    assert run("sections", short, required=["licence"]).outcome is Outcome.FAIL
    full = with_card(good, front.format("license_name: acme\nlicense_link: LICENSE\n"))
    assert run("sections", full, required=["licence"]).outcome is Outcome.PASS
    two = with_card(good, "---\nlicense: [mit, apache-2.0]\n---\n# M\n")
    assert run("sections", two, required=["licence"]).outcome is Outcome.FAIL


def test_facts_of_a_policy_replace_the_default_of_the_sections_it_names(good: BundleBuilder) -> None:
    bundle = with_card(good, CARD.replace("**Developed", "**Contact:** nobody\n\n**Developed"))
    assert run("sections", bundle, required=["contact"]).outcome is Outcome.FAIL
    assert run("sections", bundle, required=["contact"], facts={"contact": []}).outcome is Outcome.PASS
    assert SectionsParams.model_validate({"required": ["contact"], "facts": {"contact": []}}).facts["licence"]


def test_pasted_text_is_not_distinct(good: BundleBuilder) -> None:
    text = f"# M\n\n## Limitations\n\n{PROSE}\n\n## Bias\n\n{PROSE}\n"
    result = run("sections", with_card(good, text), required=["bias_ethics"], facts={"bias_ethics": ["distinct"]})
    assert result.outcome is Outcome.FAIL


def test_not_applicable_only_where_the_policy_allows_it(good: BundleBuilder) -> None:
    text = CARD.replace(
        "## Human oversight\n", "## Human oversight\n\nN/A: the score only orders an internal reading list\n\n## X\n"
    )
    bundle = with_card(good, text)
    assert run("sections", bundle, required=["human_oversight"]).outcome is Outcome.FAIL
    allowed = run("sections", bundle, required=["human_oversight"], allow_not_applicable=["human_oversight"])
    assert allowed.outcome is Outcome.PASS
    assert states(allowed)["human_oversight"] == "not_applicable"


def test_an_account_as_owner_is_a_warning(good: BundleBuilder) -> None:
    text = CARD.replace("Retail credit models, credit-models@example.com", "acme-bot-42")
    result = run("sections", with_card(good, text), required=["owner"])
    assert (result.outcome, [item.code for item in result.findings]) == (Outcome.PASS, ["E216"])


@pytest.mark.parametrize(("words", "outcome"), [(20, Outcome.PASS), (60, Outcome.FAIL)])
def test_min_words_of_a_section(good: BundleBuilder, words: int, outcome: Outcome) -> None:
    result = run("sections", good.open(), required=["intended_use"], min_words={"intended_use": words})
    assert result.outcome is outcome


def test_words_at_the_limit(good: BundleBuilder) -> None:
    for count, outcome in ((8, Outcome.PASS), (7, Outcome.FAIL)):
        text = "# M\n\n## Limitations\n\n" + " ".join(["word"] * count) + "\n\n## Uses\n\nother\n"
        assert run("sections", with_card(good, text), required=["limitations"]).outcome is outcome


# --- parameters every kind takes -----------------------------------------------------------------


def test_an_unbound_card_is_missing_evidence_where_binding_is_asked(good: BundleBuilder) -> None:
    result = run("sections", good.open(), required=CORE, bound=True)
    assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E108")


def test_a_card_is_evidence_of_grade_zero(good: BundleBuilder) -> None:
    result = run("present", good.open(), min_grade="E1")
    assert (result.outcome, result.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E215")


def test_max_age_needs_a_date_and_ends_with_it(good: BundleBuilder) -> None:
    undated = run("present", with_card(good, CARD.replace("date: 2026-04-10\n", "")), max_age="1y")
    assert (undated.outcome, undated.findings[0].code) == (Outcome.MISSING_EVIDENCE, "E110")
    dated = with_card(good, CARD.replace("date: 2026-04-10", "date: 2026-03-01"))
    result = run("present", dated, max_age="1y")
    assert result.outcome is Outcome.PASS
    assert [(item.until, item.otherwise) for item in result.holds] == [
        ("2027-03-01T00:00:00Z", Outcome.MISSING_EVIDENCE)
    ]
    odd = with_card(good, CARD.replace("date: 2026-04-10", "date: last spring"))
    assert run("present", odd, max_age="1y").outcome is Outcome.MISSING_EVIDENCE


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"required": []},
        {"required": ["no_such_section"]},
        {"required": ["owner"], "min_words": {"owner": 0}},
        {"required": ["owner"], "facts": {"owner": ["no_such_fact"]}},
        {"required": ["owner"], "languages": ["tlh"]},
        {"required": ["owner"], "mapping": {"owner": "no/pointer"}},
        {"required": ["owner"], "unknown": 1},
    ],
)
def test_parameters_that_mean_nothing_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SectionsParams.model_validate(params)


def test_parameters_as_the_policy_reader_hands_them() -> None:
    made = SectionsParams.model_validate(
        {
            "required": [ScalarText("owner"), ScalarText("eigenes")],
            "min_words": {"owner": ScalarText("2")},
            "facts": {"eigenes": [ScalarText("distinct")]},
            "aliases": {"eigenes": [ScalarText("Eigenes")]},
            "languages": [ScalarText("de"), ScalarText("en")],
        }
    )
    assert made.min_words == {"contact": 1, "default": 8, "licence": 1, "owner": 2}
    assert made.languages == ("de", "en")
    assert json.dumps(made.model_dump(mode="json"))


def test_words_and_formats_of_a_card(good: BundleBuilder) -> None:
    bundle = good.open()
    words = int((run("present", bundle).observed or "").split()[0])
    assert run("present", bundle, min_words=words).outcome is Outcome.PASS
    assert run("present", bundle, min_words=words + 1).outcome is Outcome.FAIL
    assert run("present", bundle, formats=["toolkit"]).outcome is Outcome.FAIL


def test_placeholders_at_most(good: BundleBuilder) -> None:
    bundle = with_card(good, CARD + "\nTODO\n" * 150)
    assert run("placeholders", bundle, at_most=150).outcome is Outcome.PASS
    result = run("placeholders", bundle, at_most=149)
    assert result.outcome is Outcome.FAIL
    assert len(result.findings) == 101
    assert "50 more" in result.findings[-1].detail
    assert len({(item.code, item.discriminator) for item in result.findings}) == 101


def test_the_root_of_expressions(good: BundleBuilder) -> None:
    root = card_root(context(good.open()))
    assert root is not None
    assert root.value["license"] == ["apache-2.0"]
    assert root.value["datasets"] == ["acme/loans"]
    assert root.value["owners"] == ["Retail credit models, credit-models@example.com"]
    assert root.value["sections"]["limitations"]["state"] == "complete"
    assert isinstance(root.value["sections"]["limitations"]["words"], int)
    assert [item.file for item in root.evidence] == ["README.md"]


def test_two_rules_read_the_card_once(good: BundleBuilder) -> None:
    shared = context(good.open())
    first = card_root(shared)
    (good.path / "README.md").write_text("changed", "utf-8")
    assert card_root(shared) == first


def test_order_of_files_changes_nothing(good: BundleBuilder, tmp_path: Path) -> None:
    other = BundleBuilder(tmp_path / "other")
    for builder, names in ((good, ("MODEL_CARD.md", "docs/README.md")), (other, ("docs/README.md", "MODEL_CARD.md"))):
        for name in names:
            builder.file(name, CARD)
    assert run("sections", good.open(), required=CORE) == run("sections", other.open(), required=CORE)


def test_importing_the_family_is_light() -> None:
    heavy = ["numpy", "pandas", "pyarrow", "networkx", "fairlearn", "sklearn", "requests", "pip_audit", "markdown_it"]
    code = f"import sys, govern.checks.cards.sections; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
