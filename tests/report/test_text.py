"""Text for terminals and logs: order, completeness, and hostile words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.policy.outcomes import Decision, Outcome
from govern.report.groups import word_of
from govern.report.render import renderers
from govern.report.result import Result
from govern.report.text import guard_line, render_text, verdict_line
from support import results

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def text(document: results.Document, **options: bool | int) -> str:
    return render_text(Result.from_document(document), **options)  # type: ignore[arg-type]


def test_the_verdict_is_first_and_what_blocks_is_next() -> None:
    lines = text(results.denied()).splitlines()
    assert lines[0] == "✗ DENIED  credit-risk 3.1.0  pre-deployment  2026-04-02T09:30:00Z"
    body = "\n".join(lines)
    order = ["What blocks (2)", "fair-lending/parity", "documentation/card", "Not decided (2)", "Warnings (1)"]
    order += ["Waived (1)", "9 rules: 2 block, 2 not decided, 1 warn", "Not assessed (2)", "bundle ", "next: "]
    assert [body.index(item) for item in order] == sorted(body.index(item) for item in order)


def test_a_blocking_rule_shows_measure_place_and_remedy() -> None:
    body = text(results.denied())
    assert "observed 0.636341, required >= 0.8" in body
    assert "predictions/test.csv:1: F201" in body
    assert "fix: 60 more approvals" in body
    assert "eu-ai-act/art-14  Human oversight" in body


@pytest.mark.parametrize("decision", list(Decision))
def test_every_decision_has_its_line(decision: Decision) -> None:
    document = results.denied() | {"decision": decision.value}
    assert decision.value.upper() in verdict_line(Result.from_document(document))


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_is_named(outcome: Outcome) -> None:
    document = results.denied()
    document["outcomes"] = [results.outcome("p/rule-one", outcome.value, title="The title")]
    result = Result.from_document(results.settled(document))
    body = render_text(result, verbose=True)
    assert f"{word_of(result.outcomes[0])}  p/rule-one  The title" in body


def test_passed_rules_only_when_asked() -> None:
    assert "performance/auc" not in text(results.denied())
    assert "performance/auc" in text(results.denied(), verbose=True)
    assert "2 passed" in text(results.denied())


def test_a_long_list_is_never_cut_silently() -> None:
    document = results.denied()
    document["outcomes"][0]["findings"] *= 17
    body = text(document)
    assert body.count("F201") == 5
    assert "+12 more" in body
    assert text(document, verbose=True).count("F201") == 17


def test_a_waiver_that_did_not_help_says_why_and_what_to_do() -> None:
    document = results.denied()
    document["waivers"] = [results.waiver(), results.waiver(ruling="applied", code=None, detail=None, remediation=None)]
    body = text(document)
    assert "Waivers that did not help (1)" in body
    assert f"D210  fair-lending/parity  the waiver {results.digest('w')[:8]} by person:heidi" in body
    assert "      held from one day to another" in body
    assert "      fix: have another signed" in body


def test_a_folder_full_of_other_models_waivers_is_counted() -> None:
    document = results.denied()
    document["waivers"] = [results.waiver(digest=results.digest(str(number))) for number in range(25)]
    assert "+15 more: govern check --verbose" in text(document)
    assert text(document, verbose=True).count("D210  ") == 25


def test_the_next_step_fits_the_decision() -> None:
    assert text(results.denied()).rstrip().endswith("govern explain fair-lending/parity")
    assert "govern verify credit-risk-3.1.0.pre-deployment.certificate" in text(results.allowed())
    assert text(results.refused()).rstrip().endswith("govern explain B101")
    unsigned = results.allowed() | {"certificate": None}
    assert "--no-issue" in text(unsigned)


def test_a_refused_bundle_names_every_fault() -> None:
    body = text(results.refused())
    assert "weights/latest: B101 a symbolic link" in body
    assert "in: B102 a named pipe" in body


def test_colour_adds_codes_and_nothing_else() -> None:
    coloured = text(results.denied(), color=True)
    assert "\x1b[1;31m✗ DENIED\x1b[0m" in coloured
    assert ANSI.sub("", coloured) == text(results.denied())


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_prose_fits_the_width_but_for_long_words(width: int) -> None:
    body = text(results.denied(), width=width).splitlines()
    prose = [line for line in body if line.startswith(" " * 6)]
    assert len(prose) > 10
    assert all(len(line) <= max(width, max(map(len, line.split())) + 10) for line in prose)


def test_quiet_is_the_verdict_line_alone() -> None:
    made = renderers(results.denied(), width=80, color=False, quiet=True, verbose=False, github=False)
    assert made["text"]() == "✗ DENIED  credit-risk 3.1.0  pre-deployment  2026-04-02T09:30:00Z\n"


HOSTILE = [
    "\x1b[31mred\x1b[0m",
    "\x9b31m",
    "a\nb\r\nc",
    "::error::x",
    "  ::add-mask::a",
    "x ##[set-output name=decision]allowed",
    "%0A::stop-commands::t",
    "\u202egnp.exe",
    "[/x] :smile: [link=http://evil.example]",
    "\ud800",
    "<script>alert(1)</script>",
    "{{ 7*7 }}",
    "n" * 10_000,
]


def spoilt(word: str) -> results.Document:
    """A result in which every text of a bundle or a policy is hostile."""
    document = results.denied()
    document["model"] |= {"name": word, "version": word, "owner": word, "purpose": word}
    for outcome in document["outcomes"]:
        outcome |= {"rule": word, "title": word, "message": word, "summary": word, "remediation": word, "why": word}
        outcome |= {"observed": word, "required": word, "controls": [word]}
        for finding in outcome["findings"]:
            finding |= {"detail": word, "remediation": word, "observed": word, "required": word}
            finding["location"] = results.location(word, 3)
    document["not_assessed"] = [{"control": word, "title": word}]
    document["certificate"]["path"] = word
    document["waivers"] = [results.waiver(rule=word, code=word, detail=word, remediation=word, approver=word)]
    return document


@pytest.mark.parametrize("word", HOSTILE)
@pytest.mark.parametrize("github", [True, False])
def test_hostile_words_do_nothing(word: str, github: bool) -> None:
    body = text(spoilt(word), verbose=True, github=github)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", body)
    assert max(len(line) for line in body.splitlines()) < 2500
    if github:
        assert not commands_of(body)


def commands_of(body: str) -> list[str]:
    """What a workflow runner would act on: `::name` at the start of a line, `##[name]` anywhere."""
    found = [line for line in body.splitlines() if line.lstrip().startswith("::")]
    return found + re.findall(r"##\[[^\]]*\]", body)


def test_the_double_of_the_runner_sees_planted_commands() -> None:
    assert len(commands_of("  ::error::x\nlog ##[add-path]y\nfine :: really")) == 2


@given(st.text(max_size=200))
def test_no_line_that_is_guarded_is_a_command(line: str) -> None:
    for part in line.splitlines() or [""]:
        assert not commands_of(guard_line(part))


@given(st.text(max_size=300))
def test_any_word_prints(word: str) -> None:
    body = text(spoilt(word), github=True)
    assert not commands_of(body)
    body.encode("utf-8")
