"""The border at which a check is evaluated: whatever it does, nothing passes that was not shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.checks.api import (
    Check,
    CheckContext,
    CheckResult,
    Diagnostic,
    EvidenceRef,
    Finding,
    Holds,
    InputError,
    Location,
    Outcome,
)
from govern.decision.run import evaluate_safely
from support.bundles import BundleBuilder
from support.plugins import ORIGIN, WEIGHT, WeightParams, read_card

PLUGIN = replace(WEIGHT, spec=replace(WEIGHT.spec, plugin=ORIGIN))
SHA = "0" * 64


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> CheckContext:
    return CheckContext(bundle=BundleBuilder(tmp_path_factory.mktemp("border")).open(), stage="pre-registration")


def judged(evaluate: Callable[..., Any], context: CheckContext, *, check: Check = PLUGIN) -> CheckResult:
    made = evaluate_safely("acme.weight", replace(check, evaluate=evaluate), WeightParams(), context)
    assert isinstance(made, CheckResult)
    return made


def giving(context: CheckContext, **changes: Any) -> CheckResult:
    """What a sound pass becomes with other members."""
    sound: dict[str, Any] = {"outcome": Outcome.PASS, "summary": "Light.", "evidence": (read_card(context),)}
    return judged(lambda _params, _context: CheckResult(**{**sound, **changes}), context)


def test_a_sound_result_is_handed_on(context: CheckContext) -> None:
    facts = {"kind": "acme.weight", "grams": [1, "2.5"]}
    made = giving(
        context,
        findings=(Finding(code="acme-101", detail="Heavy.", location=Location("README.md", 3, None, "/a")),),
        fields={"weight": "9"},
        holds=(Holds(otherwise=Outcome.FAIL, reason="old", until="2026-01-01T00:00:00Z"),),
        facts=facts,
    )
    assert (made.outcome, made.facts) == (Outcome.PASS, facts)
    assert giving(context, findings=(Finding(code="E120", detail="Ours."),)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "changes", [{"facts": {"kind": "k", "rows": 2**53}}, {"summary": "\ud800"}, {"observed": "\udfff"}]
)
def test_what_no_record_can_hold_is_an_error_of_a_built_in_kind_too(
    changes: dict[str, Any], context: CheckContext
) -> None:
    """A count or half a character out of a file once ended the whole run with a traceback."""
    sound: dict[str, Any] = {"outcome": Outcome.PASS, "summary": "Light.", "evidence": (read_card(context),)}
    made = judged(lambda _params, _context: CheckResult(**{**sound, **changes}), context, check=WEIGHT)
    assert (made.outcome, [item.code for item in made.findings]) == (Outcome.ERROR, ["D121"])


@pytest.mark.parametrize(
    "fault", [ZeroDivisionError(), SystemExit(0), GeneratorExit(), RecursionError(), MemoryError()]
)
def test_a_crash_is_an_error_and_names_the_plugin(fault: BaseException, context: CheckContext) -> None:
    def crash(_params: object, _context: object) -> CheckResult:
        raise fault

    made = judged(crash, context)
    assert made.outcome is Outcome.ERROR
    assert [item.code for item in made.findings] == ["D101"]
    assert "acme-checks==1.2.0" in made.findings[0].detail
    assert type(fault).__name__ in made.findings[0].detail


def test_leaving_the_process_is_a_crash(context: CheckContext) -> None:
    """`sys.exit(0)` in a check must not become the exit code of an allowed model."""
    assert judged(lambda _params, _context: sys.exit(0), context).outcome is Outcome.ERROR


def test_an_interrupt_is_an_interrupt(context: CheckContext) -> None:
    def stop(_params: object, _context: object) -> CheckResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(stop, context)


def test_evidence_that_cannot_be_read_is_an_error_with_the_plugins_code(context: CheckContext) -> None:
    def refuse(_params: object, _context: object) -> CheckResult:
        raise InputError(Diagnostic("acme-101", "the weight is negative"))

    made = judged(refuse, context)
    assert (made.outcome, made.findings[0].code, made.summary) == (Outcome.ERROR, "acme-101", "the weight is negative")


@pytest.mark.parametrize("value", [None, True, "pass", Outcome.PASS, {"outcome": "pass"}, PLUGIN])
def test_anything_but_a_result_is_an_error(value: object, context: CheckContext) -> None:
    made = judged(lambda _params, _context: value, context)
    assert (made.outcome, made.findings[0].code) == (Outcome.ERROR, "D101")


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.NOT_APPLICABLE])
@pytest.mark.parametrize("check", [PLUGIN, WEIGHT], ids=["plug-in", "built in"])
def test_nothing_lets_a_model_through_without_naming_evidence(
    outcome: Outcome, check: Check, context: CheckContext
) -> None:
    made = judged(lambda _params, _context: CheckResult(outcome=outcome, summary="fine"), context, check=check)
    assert (made.outcome, made.findings[0].code) == (Outcome.ERROR, "D103")


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR])
def test_what_stops_a_model_needs_no_evidence(outcome: Outcome, context: CheckContext) -> None:
    assert giving(context, outcome=outcome, evidence=()).outcome is outcome


@pytest.mark.parametrize("outcome", [Outcome.WAIVED, "pass", "PASS", None, 1])
@pytest.mark.parametrize("check", [PLUGIN, WEIGHT], ids=["plug-in", "built in"])
def test_an_outcome_that_no_check_may_give_is_an_error(outcome: Any, check: Check, context: CheckContext) -> None:
    result = CheckResult(outcome=outcome, summary="fine", evidence=(read_card(context),))
    made = judged(lambda _params, _context: result, context, check=check)
    assert (made.outcome, made.findings[0].code) == (Outcome.ERROR, "D121")


class Odd(dict[str, str]):
    """A mapping that cannot be looked at."""

    def items(self) -> Any:
        raise OSError("no")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"summary": ""}, "`summary` of the result is empty"),
        ({"summary": 7}, "`summary` of the result is a int"),
        ({"summary": "half \ud800"}, "half of a surrogate pair"),
        ({"observed": Decimal("1.5")}, "`observed` of the result is a Decimal"),
        ({"findings": ["too heavy"]}, "findings are not a tuple of Finding"),
        ({"findings": ("too heavy",)}, "findings are not a tuple of Finding"),
        ({"evidence": ("README.md",)}, "evidence are not a tuple of EvidenceRef"),
        ({"holds": ("for ever",)}, "holds are not a tuple of Holds"),
        ({"findings": (Finding(code="Q999", detail="?"),)}, "the code 'Q999'"),
        ({"findings": (Finding(code="acme-102", detail="?"),)}, "the code 'acme-102'"),
        ({"findings": (Finding(code="", detail="?"),)}, "the code ''"),
        ({"findings": (Finding(code=101, detail="?"),)}, "`code` of a finding is a int"),
        ({"findings": (Finding(code="acme-101", detail=""),)}, "`detail` of a finding is empty"),
        ({"findings": (Finding(code="acme-101", detail="a", location="README.md"),)}, "no Location"),
        ({"findings": (Finding(code="acme-101", detail="a", location=Location("a", "1")),)}, "`line` of a location"),
        ({"evidence": (EvidenceRef(name="a", file="nowhere.txt", digest=SHA),)}, "neither in the bundle"),
        ({"evidence": (EvidenceRef(name="a", file="README.md", digest=SHA),)}, "is not the file's"),
        ({"evidence": (EvidenceRef(name="a", file="README.md", digest=None),)}, "`digest` of an item of evidence"),
        ({"evidence": (EvidenceRef(name="", file="", digest=SHA),)}, "`file` of an item of evidence is empty"),
        ({"holds": (Holds(otherwise=Outcome.PASS, reason="a"),)}, "time can only make an outcome worse"),
        ({"holds": (Holds(otherwise=Outcome.NOT_APPLICABLE, reason="a"),)}, "time can only make an outcome worse"),
        ({"holds": (Holds(otherwise=Outcome.WAIVED, reason="a"),)}, "time can only make an outcome worse"),
        ({"holds": (Holds(otherwise="fail", reason="a"),)}, ""),
        ({"holds": (Holds(otherwise=Outcome.FAIL, reason="a", until="tomorrow"),)}, "is no instant"),
        ({"fields": {"weight": 9}}, "its fields are not all texts"),
        ({"fields": None}, "its fields are no mapping"),
        ({"fields": Odd()}, ""),
        ({"facts": {"kind": "fairness-table", "tables": 7}}, "its facts are not an object with"),
        ({"facts": ["acme.weight"]}, "its facts are not an object with"),
        ({"facts": {"kind": "acme.weight", "grams": 1.5}}, "not canonical JSON"),
        ({"facts": {"kind": "acme.weight", "grams": 2**60}}, "not canonical JSON"),
    ],
)
def test_a_result_that_cannot_be_is_an_error(changes: dict[str, Any], words: str, context: CheckContext) -> None:
    made = giving(context, **changes)
    assert made.outcome is Outcome.ERROR, changes
    assert made.findings[0].code in ("D121", "D101")
    assert words in made.findings[0].detail


def test_a_bound_that_is_no_truth_value_is_an_error(context: CheckContext) -> None:
    card = read_card(context)
    odd = EvidenceRef(name=card.name, file=card.file, digest=card.digest, bound="yes")  # type: ignore[arg-type]
    assert giving(context, evidence=(odd,)).outcome is Outcome.ERROR


def test_the_manifest_is_evidence_of_the_whole_bundle(context: CheckContext) -> None:
    ref = EvidenceRef(name="bundle", file="MANIFEST.sha256", digest=context.bundle.digest, bound=True)
    assert giving(context, evidence=(ref,)).outcome is Outcome.PASS


JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(Outcome))
SHAPES = st.one_of(JUNK, st.lists(JUNK, max_size=2), st.lists(JUNK, max_size=2).map(tuple), st.just({"kind": 1}))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    outcome=JUNK,
    members=st.dictionaries(
        st.sampled_from(["summary", "findings", "observed", "required", "fields", "holds", "facts", "evidence"]), SHAPES
    ),
)
def test_no_junk_passes(outcome: Any, members: dict[str, Any], context: CheckContext) -> None:
    """Whatever a plug-in hands back: nothing is raised, and only what names a file of the bundle can pass."""
    made = judged(lambda _params, _context: CheckResult(**{"outcome": outcome, "summary": "s", **members}), context)
    assert isinstance(made.outcome, Outcome)
    assert made.outcome not in (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED)
