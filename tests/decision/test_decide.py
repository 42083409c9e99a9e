"""The decision function over every combination of outcomes, the clock's boundaries, and waivers' rulings."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from govern.canonical import instant_text
from govern.decision.decide import decide, outcome_at, overall
from govern.decision.evaluation import Evaluation, RuleOutcome, Subject
from govern.decision.exit_codes import FailOn, exit_code
from govern.decision.waivers import Ruling, VerifiedWaiver, rule_on_waiver
from govern.policy.outcomes import CheckResult, Decision, Enforcement, Holds, Outcome

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rule(
    outcome: Outcome = Outcome.PASS,
    enforcement: Enforcement = Enforcement.BLOCK,
    name: str = "p/r",
    holds: tuple[Holds, ...] = (),
    observed: str | None = None,
    required: str | None = None,
) -> RuleOutcome:
    return RuleOutcome(
        rule=name,
        policy="p",
        rule_digest="0" * 64,
        title="A rule",
        check="expression",
        severity="high",
        enforcement=enforcement,
        controls=(),
        waivable=True,
        max_waiver_days=90,
        message=None,
        remediation=None,
        reason=None,
        result=CheckResult(outcome=outcome, summary="", holds=holds, observed=observed, required=required),
    )


def evaluation(*rules: RuleOutcome) -> Evaluation:
    return Evaluation(
        plan_digest="1" * 64,
        stage="pre-registration",
        subject=Subject(
            name="m", version="1", digest="2" * 64, model_digest="3" * 64, layout="plain", files=1, bytes=1
        ),
        policies=(),
        outcomes=rules,
        not_assessed=(),
        advisories=None,
        lineage_digest=None,
    )


def test_every_combination_of_up_to_four_outcomes() -> None:
    """A block rule lets through only on pass, not_applicable or waived; fail outranks doubt; nothing is undecided."""
    items = list(itertools.product(Enforcement, Outcome))
    seen = 0
    for size in range(5):
        for combination in itertools.combinations_with_replacement(items, size):
            seen += 1
            got = overall(combination)
            assert got is overall(reversed(combination)), "order must not matter"
            blocking = [outcome for enforcement, outcome in combination if enforcement is Enforcement.BLOCK]
            if Outcome.FAIL in blocking:
                assert got is Decision.DENIED
            elif any(item in (Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR) for item in blocking):
                assert got is Decision.UNDECIDED
            elif all(outcome is Outcome.NOT_APPLICABLE for _enforcement, outcome in combination):
                assert got is Decision.UNDECIDED, "no applicable rule is never allowed"
            else:
                assert got is Decision.ALLOWED
    assert seen == 1 + 21 + 231 + 1771 + 10626


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("enforcement", list(Enforcement))
def test_only_three_outcomes_let_a_block_rule_through(outcome: Outcome, enforcement: Enforcement) -> None:
    """One rule beside a passing one: allowed exactly when it lets through or does not block."""
    got = overall([(Enforcement.BLOCK, Outcome.PASS), (enforcement, outcome)])
    lets = outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED)
    assert (got is Decision.ALLOWED) == (lets or enforcement is not Enforcement.BLOCK)


@pytest.mark.parametrize(
    ("decision_outcomes", "code"),
    [((Outcome.PASS,), 0), ((Outcome.FAIL,), 1), ((Outcome.ERROR,), 3), ((), 3), ((Outcome.NOT_APPLICABLE,), 3)],
)
def test_exit_codes(decision_outcomes: tuple[Outcome, ...], code: int) -> None:
    """0 allowed, 1 denied, 3 undecided."""
    record = decide(evaluation(*(rule(item) for item in decision_outcomes)), clock=NOW)
    assert exit_code(record) == code


def test_fail_on_moves_only_the_border_between_zero_and_one() -> None:
    """`warn` makes a warned allowance 1, `never` makes a denial 0, and neither touches 3."""
    warned = decide(evaluation(rule(), rule(Outcome.FAIL, Enforcement.WARN, "p/w")), clock=NOW)
    recorded = decide(evaluation(rule(), rule(Outcome.FAIL, Enforcement.RECORD, "p/w")), clock=NOW)
    denied = decide(evaluation(rule(Outcome.FAIL)), clock=NOW)
    undecided = decide(evaluation(rule(Outcome.ERROR)), clock=NOW)
    assert [exit_code(warned, item) for item in FailOn] == [0, 1, 0]
    assert [exit_code(recorded, item) for item in FailOn] == [0, 0, 0]
    assert [exit_code(denied, item) for item in FailOn] == [1, 1, 0]
    assert [exit_code(undecided, item) for item in FailOn] == [3, 3, 3]


@pytest.mark.parametrize(("offset", "inside"), [(-1, True), (0, False), (1, False)])
def test_validity_ends_at_its_very_second(offset: int, inside: bool) -> None:
    """Half-open: at `until` itself the evidence is stale."""
    hold = Holds(until=instant_text(NOW), otherwise=Outcome.MISSING_EVIDENCE, reason="stale")
    got, why = outcome_at(Outcome.PASS, [hold], NOW + timedelta(seconds=offset))
    assert got is (Outcome.PASS if inside else Outcome.MISSING_EVIDENCE)
    assert (why is None) == inside


@pytest.mark.parametrize(("offset", "inside"), [(-1, False), (0, True), (1, True)])
def test_validity_begins_at_its_very_second(offset: int, inside: bool) -> None:
    """An approval that starts later is not yet one."""
    hold = Holds(start=instant_text(NOW), otherwise=Outcome.FAIL, reason="not approved yet")
    got, _why = outcome_at(Outcome.PASS, [hold], NOW + timedelta(seconds=offset))
    assert got is (Outcome.PASS if inside else Outcome.FAIL)


@pytest.mark.parametrize("before", list(Outcome))
@pytest.mark.parametrize("otherwise", [item for item in Outcome if item is not Outcome.WAIVED])
def test_an_ended_hold_never_improves_an_outcome(before: Outcome, otherwise: Outcome) -> None:
    """Stale evidence may not turn a fail into a doubt; only a law out of force makes a rule not applicable."""
    if before is Outcome.WAIVED:
        return
    hold = Holds(until=instant_text(NOW), otherwise=otherwise, reason="ended")
    got, _why = outcome_at(before, [hold], NOW)
    if before is Outcome.NOT_APPLICABLE or otherwise is Outcome.NOT_APPLICABLE:
        assert got is Outcome.NOT_APPLICABLE
    elif before is Outcome.FAIL:
        assert got is Outcome.FAIL
    elif got is Outcome.PASS:
        assert before is Outcome.PASS
        assert otherwise is Outcome.PASS


def test_the_decision_ends_with_the_first_thing_it_rests_on() -> None:
    """`holds_until` is the earliest end among passing block rules; warnings do not shorten it."""
    soon, later = NOW + timedelta(days=1), NOW + timedelta(days=9)

    def until(moment: datetime) -> tuple[Holds, ...]:
        return (Holds(until=instant_text(moment), otherwise=Outcome.FAIL, reason="r"),)

    record = decide(
        evaluation(
            rule(holds=until(later)),
            rule(name="p/warn", enforcement=Enforcement.WARN, holds=until(soon)),
        ),
        clock=NOW,
    )
    assert record.holds_until == later
    assert decide(evaluation(rule()), clock=NOW).holds_until is None


def test_the_same_inputs_give_the_same_bytes() -> None:
    """Two decisions of equal inputs are byte-equal; another clock gives other bytes."""
    one = decide(evaluation(rule()), clock=NOW)
    assert one.data() == decide(evaluation(rule()), clock=NOW).data()
    assert one.data() != decide(evaluation(rule()), clock=NOW + timedelta(seconds=1)).data()


def waiver(**changes: object) -> VerifiedWaiver:
    good = VerifiedWaiver(
        digest="a" * 64,
        rule="p/r",
        rule_digest="0" * 64,
        bundle="2" * 64,
        model=None,
        versions=(),
        stages=("pre-registration",),
        covers=(Outcome.FAIL,),
        limit=Decimal("0.7"),
        approver="person:carol",
        owner="person:bob",
        not_before=NOW,
        expires=NOW + timedelta(days=30),
        signature_valid=True,
        revoked=False,
        approver_in_role=True,
    )
    return replace(good, **changes)  # type: ignore[arg-type]


RULINGS = [
    (Ruling.APPLIED, {}, 0),
    (Ruling.BAD_SIGNATURE, {"signature_valid": False}, 0),
    (Ruling.REVOKED, {"revoked": True}, 0),
    (Ruling.WRONG_SUBJECT, {"bundle": "9" * 64}, 0),
    (Ruling.WRONG_SUBJECT, {"bundle": None, "model": "m", "versions": ("2",)}, 0),
    (Ruling.APPLIED, {"bundle": None, "model": "m", "versions": ("1",)}, 0),
    (Ruling.WRONG_STAGE, {"stages": ("pre-deployment",)}, 0),
    (Ruling.WRONG_RULE, {"rule": "p/other"}, 0),
    (Ruling.RULE_CHANGED, {"rule_digest": "8" * 64}, 0),
    (Ruling.OUTCOME_NOT_COVERABLE, {"covers": (Outcome.INCONCLUSIVE,)}, 0),
    (Ruling.NOT_YET_VALID, {}, -1),
    (Ruling.EXPIRED, {}, 30 * 86400),
    (Ruling.APPLIED, {}, 30 * 86400 - 1),
    (Ruling.TOO_LONG, {"expires": NOW + timedelta(days=91)}, 0),
    (Ruling.APPROVER_NOT_ALLOWED, {"approver_in_role": False}, 0),
    (Ruling.APPROVER_IS_OWNER, {"approver": "person:bob"}, 0),
    (Ruling.WORSE_THAN_WAIVED, {"limit": Decimal("0.76")}, 0),
]


@pytest.mark.parametrize(("expected", "changes", "seconds"), RULINGS)
def test_each_ruling(expected: Ruling, changes: dict[str, object], seconds: int) -> None:
    """One waiver a ruling, and the boundary seconds of its validity."""
    failed = rule(Outcome.FAIL, observed="0.75", required=">= 0.8")
    got = rule_on_waiver(
        failed, Outcome.FAIL, waiver(**changes), evaluation=evaluation(failed), now=NOW + timedelta(seconds=seconds)
    )
    assert got is expected


def test_all_rulings_are_in_the_table() -> None:
    """A new ruling without a row fails here; `rule_not_waivable` has its own test."""
    assert {row[0] for row in RULINGS} | {Ruling.RULE_NOT_WAIVABLE} == set(Ruling)


def test_a_rule_that_forbids_waivers_cannot_be_waived() -> None:
    """`waivable: false` outranks every valid waiver."""
    fixed = replace(rule(Outcome.FAIL, observed="0.75", required=">= 0.8"), waivable=False)
    got = rule_on_waiver(fixed, Outcome.FAIL, waiver(), evaluation=evaluation(fixed), now=NOW)
    assert got is Ruling.RULE_NOT_WAIVABLE


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.PASS, Outcome.NOT_APPLICABLE])
def test_errors_can_never_be_waived(outcome: Outcome) -> None:
    """Not even by a waiver that names them."""
    item = rule(outcome)
    got = rule_on_waiver(item, outcome, waiver(covers=tuple(Outcome)), evaluation=evaluation(item), now=NOW)
    assert got is Ruling.OUTCOME_NOT_COVERABLE


def test_a_value_that_cannot_be_compared_is_worse_than_waived() -> None:
    """A limit on something undefined does not hold."""
    item = rule(Outcome.FAIL, observed="undefined (no positives)", required=">= 0.8")
    got = rule_on_waiver(item, Outcome.FAIL, waiver(), evaluation=evaluation(item), now=NOW)
    assert got is Ruling.WORSE_THAN_WAIVED


def test_a_valid_waiver_allows_and_ends_the_decision() -> None:
    """The rule becomes `waived`, the decision `allowed`, and it ends when the waiver does."""
    failed = rule(Outcome.FAIL, observed="0.75", required=">= 0.8")
    record = decide(evaluation(failed), clock=NOW, waivers=[waiver()])
    assert record.decision is Decision.ALLOWED
    assert record.settled[0].outcome is Outcome.WAIVED
    assert record.holds_until == NOW + timedelta(days=30)
    expired = decide(evaluation(failed), clock=NOW + timedelta(days=30), waivers=[waiver()])
    assert expired.decision is Decision.DENIED
    assert expired.settled[0].rulings == (("a" * 64, Ruling.EXPIRED),)
