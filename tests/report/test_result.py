"""The result document: schema, loader, groups, JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from govern.canonical import canonical_bytes
from govern.diagnostics import InputError
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import Decision, Enforcement, Outcome, Stage
from govern.report.groups import GroupKind, group_of, groups, headline, place_text, word_of
from govern.report.json_output import guarded_json, render_json
from govern.report.render import renderers
from govern.report.result import Result
from govern.report.schema import result_schema
from support import results

SAMPLES = {
    "denied": results.denied,
    "allowed": results.allowed,
    "undecided": results.undecided,
    "refused": results.refused,
}
SCHEMA_FILE = Path(__file__).parents[2] / "schemas/result.schema.json"


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_valid_by_an_independent_validator(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(result_schema())
    jsonschema.Draft202012Validator(result_schema()).validate(SAMPLES[name]())


def test_the_checked_in_schema_is_the_one_in_the_code() -> None:
    assert json.loads(SCHEMA_FILE.read_text("utf-8")) == result_schema()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.update(decision="compliant"),
        lambda d: d.update(schema="urn:govern:result:v2"),
        lambda d: d.update(score=73),
        lambda d: d.pop("not_assessed"),
        lambda d: d["outcomes"][0].update(outcome="passed"),
        lambda d: d["outcomes"][0].update(severity="urgent"),
        lambda d: d["outcomes"][0].pop("findings"),
        lambda d: d["outcomes"][0]["findings"][0].update(location={"file": "a"}),
        lambda d: d["outcomes"][0]["findings"][0]["location"].update(line=0),
        lambda d: d["plan"].update(digest="sha256:abc"),
        lambda d: d["model"].update(host="build-7"),
        lambda d: d.update(exit_code=5),
        lambda d: d.update(refused={"diagnostics": []}),
        lambda d: d["certificate"].update(kind="approval"),
        lambda d: d.update(clock="2026-04-02"),
    ],
)
def test_a_spoilt_result_is_refused_by_both_validators(spoil: Any) -> None:
    document = results.denied()
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(result_schema()).validate(document)
    with pytest.raises(InputError) as caught:
        Result.from_document(document)
    assert {item.code for item in caught.value.diagnostics} == {"R101"}
    assert lookup("R101")


def test_the_schema_names_every_member_of_every_enum() -> None:
    def spell(schema: Any) -> set[str]:
        if isinstance(schema, dict):
            own = {str(item) for item in schema.get("enum", ())}
            return own.union(*(spell(value) for value in schema.values())) | set(schema.get("required", ()))
        return set().union(*(spell(item) for item in schema)) if isinstance(schema, list) else set()

    words = spell(result_schema())
    for enum in (Outcome, Decision, Enforcement, Stage):
        assert {item.value for item in enum} <= words


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("enforcement", list(Enforcement))
def test_every_outcome_has_a_group_and_a_word(outcome: Outcome, enforcement: Enforcement) -> None:
    document = results.denied()
    document["outcomes"] = [results.outcome("p/r", outcome.value, enforcement=enforcement.value)]
    (view,) = Result.from_document(results.settled(document)).outcomes
    blocking = enforcement is Enforcement.BLOCK
    expected = {
        Outcome.PASS: GroupKind.PASSED,
        Outcome.FAIL: GroupKind.BLOCKS if blocking else GroupKind.WARNINGS,
        Outcome.INCONCLUSIVE: GroupKind.NOT_DECIDED if blocking else GroupKind.WARNINGS,
        Outcome.MISSING_EVIDENCE: GroupKind.NOT_DECIDED if blocking else GroupKind.WARNINGS,
        Outcome.ERROR: GroupKind.NOT_DECIDED if blocking else GroupKind.WARNINGS,
        Outcome.WAIVED: GroupKind.WAIVED,
        Outcome.NOT_APPLICABLE: GroupKind.NOT_APPLICABLE,
    }
    assert group_of(view) is expected[outcome]
    assert word_of(view)


def test_groups_lose_nothing_and_put_the_worst_first() -> None:
    result = Result.from_document(results.denied())
    made = groups(result.outcomes)
    assert sorted(item.rule for group in made for item in group.outcomes) == sorted(x.rule for x in result.outcomes)
    assert [item.severity for item in made[0].outcomes] == ["critical", "high"]
    assert groups(tuple(reversed(result.outcomes))) == made


@pytest.mark.parametrize(
    ("name", "words"),
    [("denied", "2 blocking rules failed"), ("undecided", "could not be decided"), ("refused", "could not be opened")],
)
def test_the_headline_says_why(name: str, words: str) -> None:
    assert words in headline(Result.from_document(SAMPLES[name]()))


def test_no_rule_at_all_is_said_and_never_reads_as_passed() -> None:
    document = results.undecided()
    document["outcomes"] = []
    text = headline(Result.from_document(results.settled(document)))
    assert "nothing was judged" in text


def test_places() -> None:
    view = Result.from_document(results.denied()).outcomes[2].findings[0]
    assert place_text(view.location) == "lineage.yaml:41:7"
    assert place_text(None) == ""


def test_json_is_one_canonical_line() -> None:
    document = results.denied()
    text = render_json(document)
    assert text == canonical_bytes(document).decode() + "\n"
    assert text.count("\n") == 1
    hostile = {**document, "model": {**document["model"], "name": "x ##[set-output name=decision]allowed"}}
    guarded = guarded_json(render_json(hostile))
    assert "##[" not in guarded
    assert json.loads(guarded) == hostile


def test_renderers_refuse_what_is_no_result_before_anything_is_written() -> None:
    with pytest.raises(InputError):
        renderers({"accuracy": "0.9"}, width=80, color=False, quiet=False, verbose=False, github=False)


def test_every_format_renders_every_sample_and_the_same_twice() -> None:
    for make in SAMPLES.values():
        first = renderers(make(), width=80, color=True, quiet=False, verbose=True, github=True)
        second = renderers(make(), width=80, color=True, quiet=False, verbose=True, github=True)
        assert set(first) == {"text", "json", "html"}
        assert {name: item() for name, item in first.items()} == {name: item() for name, item in second.items()}


def test_timings_change_no_page() -> None:
    document = results.denied()
    other = {**document, "timings": {"total_ms": 1}}
    assert _html(document) == _html(other)


def _html(document: results.Document) -> str | bytes:
    return renderers(document, width=80, color=False, quiet=False, verbose=False, github=False)["html"]()
