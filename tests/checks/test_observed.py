"""What is declared is a claim: observed facts count as well, and what a record leaves out is a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govern.bundle.regions import jurisdictions_of
from govern.checks.context import CheckContext
from govern.checks.observed import contradictions_of, observed_facts
from govern.checks.registry import builtin_checks
from govern.checks.roots import root_of
from govern.decision.run import evaluate_safely
from govern.inputs.yaml import MapNode, parse_yaml
from govern.lineage.registry import SourceRegistry, compile_registry
from govern.policy.outcomes import Outcome
from support.bundles import BundleBuilder
from support.policies import parameters, registry_text


def registry(more: str) -> SourceRegistry:
    text = registry_text().replace("    roles: [train", f"{more}    roles: [train")
    labels = "labels:\n  phi: {join: union}\n  colour: {join: union}\n"
    node = parse_yaml(text.replace("sources:\n", f"{labels}sources:\n").encode(), file="r.yaml", strictness="policy")
    assert isinstance(node, MapNode)
    made, faults = compile_registry(node, file="r.yaml")
    assert made is not None, [str(item) for item in faults]
    return made


def context(builder: BundleBuilder, more: str | None = None) -> CheckContext:
    registries = {} if more is None else {"sources": registry(more)}
    return CheckContext(bundle=builder.open(), stage="pre-deployment", registries=registries)


def facts(made: CheckContext) -> dict[str, Any]:
    root = root_of(made, "model")
    assert root is not None
    assert isinstance(root.value, dict)
    return root.value


PII = "    pii: [birth_date, name]\n"


@pytest.mark.parametrize(
    ("location", "places"),
    [
        ("eu-central-1", ("de", "eu", "eea")),
        ("eu-west-2", ("uk",)),
        ("eu-central-2", ("ch",)),
        ("EU-WEST-1", ("ie", "eu", "eea")),
        ("norwayeast", ("no", "eea")),
        ("us-east-1", ("us",)),
        ("westeurope", ("nl", "eu", "eea")),
        ("eu", ("eu", "eea")),
        ("us-ny", ("us-ny", "us")),
        ("de", ("de", "eu", "eea")),
        ("zz", ()),
        ("eu-nowhere-9", ()),
        ("on premises", ()),
        ("", ()),
    ],
)
def test_a_region_lies_where_its_provider_says_and_is_never_guessed(location: str, places: tuple[str, ...]) -> None:
    assert jurisdictions_of(location) == places


def test_a_hosting_region_adds_its_jurisdictions_to_those_declared(tmp_path: Path) -> None:
    made = context(BundleBuilder(tmp_path).record(inventory={"location": "eu-central-1"}))
    assert facts(made)["jurisdictions"] == ["us-ny", "us", "de", "eu", "eea"]
    (note,) = contradictions_of(made)
    assert note.code == "E112"
    assert "jurisdictions de, eu, eea, and inventory.location eu-central-1 lies in de" in note.message
    assert note.span is not None
    assert note.span.file == "govern.yaml"


def test_what_is_declared_already_is_no_contradiction(tmp_path: Path) -> None:
    made = context(BundleBuilder(tmp_path).record(inventory={"location": "us-east-1"}))
    assert facts(made)["jurisdictions"] == ["us-ny", "us"]
    assert contradictions_of(made) == ()


def test_personal_data_of_a_source_counts_whatever_the_record_says(tmp_path: Path) -> None:
    made = context(BundleBuilder(tmp_path).record(data_classes=[]), PII)
    assert facts(made)["data_classes"] == ["personal"]
    (note,) = contradictions_of(made)
    assert "data_classes personal, and the registry sources says so of" in note.message
    root = root_of(made, "model")
    assert root is not None
    assert [item.name for item in root.evidence] == ["model_record", "lineage"]
    assert contradictions_of(context(BundleBuilder(tmp_path), PII)) == (), "it is declared"


def test_labels_that_are_called_like_a_class_are_one(tmp_path: Path) -> None:
    made = context(BundleBuilder(tmp_path), "    labels: {phi: [diagnosis], colour: [red]}\n")
    assert facts(made)["data_classes"] == ["personal", "phi"]


def test_what_nobody_declared_stays_undeclared(tmp_path: Path) -> None:
    """An absent list makes rules apply; one with the observed member alone would switch the others off."""
    builder = BundleBuilder(tmp_path).record(data_classes=None, jurisdictions=None, inventory={"location": "de"})
    made = context(builder, PII)
    assert not {"data_classes", "jurisdictions"} & facts(made).keys()
    assert contradictions_of(made) == ()
    assert {item.field for item in observed_facts(made)} == {"data_classes", "jurisdictions"}


@pytest.mark.parametrize("how", ["removed", "broken", "other model"])
def test_a_lineage_that_says_nothing_of_this_model_shows_nothing(how: str, tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).record(data_classes=[])
    text = builder.content("lineage.yaml")
    if how == "removed":
        builder.remove("lineage.yaml")
    else:
        builder.file("lineage.yaml", b"kind: [" if how == "broken" else text.replace(b"3.1.0", b"3.0.0"))
    assert facts(context(builder, PII))["data_classes"] == []


def test_a_record_that_is_contradicted_does_not_meet_a_rule_on_it(tmp_path: Path) -> None:
    check = builtin_checks()["readiness.record"]
    made = context(BundleBuilder(tmp_path).record(inventory={"location": "eu-central-1"}))
    result = evaluate_safely(check.spec.kind, check, parameters(check.spec, {"required": ["jurisdictions"]}), made)
    assert (result.outcome, [item.code for item in result.findings]) == (Outcome.FAIL, ["E112"])
    other = evaluate_safely(check.spec.kind, check, parameters(check.spec, {"required": ["purpose"]}), made)
    assert other.outcome is Outcome.PASS, "the rule does not ask for it"


def test_an_expression_reads_what_was_observed(tmp_path: Path) -> None:
    check = builtin_checks()["expression"]
    made = context(BundleBuilder(tmp_path).record(inventory={"location": "eu-central-1"}))
    params = parameters(check.spec, {"assert": 'model.jurisdictions.exists(j, j == "eu")'})
    assert evaluate_safely("expression", check, params, made).outcome is Outcome.PASS
