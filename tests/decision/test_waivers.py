"""One function rules on a waiver: a truth table of the fifteen rulings, in their order, and the limits by kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from govern.decision.records import read_evaluation
from govern.decision.rulings import RULING_CODES, UNUSED_CODE, note_on, words_for
from govern.decision.waivers import (
    AdvisoryLimit,
    Ruling,
    VerifiedWaiver,
    effective,
    outlives,
    rule_on_waiver,
    without_a_rule,
)
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import Finding, Outcome
from support.people import AFTER, BAD, BEFORE, BUNDLE, CLOCK, LIMITED, STAGE, SUBMITTER, evaluation, rule

GOOD = VerifiedWaiver(
    digest="a" * 64,
    rule=LIMITED,
    rule_digest=BAD.rule_digest,
    bundle=BUNDLE,
    model=None,
    versions=(),
    stages=(STAGE,),
    covers=(Outcome.FAIL,),
    limit=Decimal("0.76"),
    approver="person:heidi",
    owner="person:bob",
    not_before=BEFORE,
    expires=AFTER,
    signature_valid=True,
    revoked=False,
    approver_in_role=True,
)


def ruling(
    waiver: VerifiedWaiver = GOOD,
    *,
    about: Any = BAD,
    outcome: Outcome | None = None,
    now: Any = CLOCK,
    owner: str | None = "person:bob",
) -> Ruling:
    return rule_on_waiver(
        about,
        outcome or about.outcome,
        waiver,
        evaluation=evaluation(about, owner=owner),
        now=now,
        submitter=SUBMITTER,
    )


STRICT = replace(BAD, waivable=False)
SHORT = replace(BAD, max_waiver_days=10)

# Each row spoils one more thing; all earlier rows' spoils are laid on top of the later ones' below.
SPOILS: list[tuple[Ruling, dict[str, Any]]] = [
    (Ruling.BAD_SIGNATURE, {"signature_valid": False}),
    (Ruling.REVOKED, {"revoked": True}),
    (Ruling.WRONG_SUBJECT, {"bundle": "9" * 64}),
    (Ruling.WRONG_STAGE, {"stages": ("pre-deployment", "post-deployment")}),
    (Ruling.WRONG_RULE, {"rule": "credit-risk/other"}),
    (Ruling.RULE_CHANGED, {"rule_digest": "8" * 64}),
    (Ruling.RULE_NOT_WAIVABLE, {"about": STRICT}),
    (Ruling.OUTCOME_NOT_COVERABLE, {"covers": (Outcome.INCONCLUSIVE,)}),
    (Ruling.NOT_YET_VALID, {"not_before": CLOCK + timedelta(seconds=1)}),
    (Ruling.EXPIRED, {"expires": CLOCK}),
    (Ruling.TOO_LONG, {"about": SHORT}),
    (Ruling.APPROVER_NOT_ALLOWED, {"approver_in_role": False}),
    (Ruling.APPROVER_IS_OWNER, {"approver": "person:bob"}),
    (Ruling.WORSE_THAN_WAIVED, {"limit": Decimal("0.77")}),
]


def spoilt(changes: dict[str, Any]) -> Ruling:
    changes = dict(changes)
    about = changes.pop("about", BAD)
    return ruling(replace(GOOD, **changes), about=about)


def test_the_table_has_every_ruling_in_its_order() -> None:
    assert [row[0] for row in SPOILS] == list(Ruling)[:-1]
    assert list(Ruling)[-1] is Ruling.APPLIED
    assert len(Ruling) == 15


def test_a_sound_waiver_is_applied() -> None:
    assert ruling() is Ruling.APPLIED


@pytest.mark.parametrize(("expected", "changes"), SPOILS, ids=[row[0] for row in SPOILS])
def test_each_ruling_alone(expected: Ruling, changes: dict[str, Any]) -> None:
    assert spoilt(changes) is expected


@pytest.mark.parametrize(("first", "second"), list(pairwise(range(len(SPOILS)))))
def test_the_earlier_ruling_is_given_when_both_hold(first: int, second: int) -> None:
    """A member that both change cannot show the order; everything else can."""
    (expected, one), (_later, two) = SPOILS[first], SPOILS[second]
    if one.keys() & two.keys():
        pytest.fail("two neighbours change the same member")
    assert spoilt({**two, **one}) is expected


def test_everything_wrong_at_once_is_a_bad_signature() -> None:
    every: dict[str, Any] = {}
    for _ruling, changes in reversed(SPOILS):
        every |= changes
    assert spoilt(every) is Ruling.BAD_SIGNATURE


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("covered", list(Outcome))
def test_only_three_outcomes_can_be_covered_and_only_by_name(outcome: Outcome, covered: Outcome) -> None:
    got = ruling(replace(GOOD, covers=(covered,), limit=None), outcome=outcome)
    coverable = outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)
    assert (got is Ruling.APPLIED) == (coverable and covered is outcome)
    assert got in (Ruling.APPLIED, Ruling.OUTCOME_NOT_COVERABLE)


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE])
@pytest.mark.parametrize(
    ("code", "coverable"),
    [("E107", False), ("E109", False), ("E150", False), ("L202", False), ("L203", False), ("F201", True)],
)
def test_evidence_of_another_model_is_waived_by_nobody(outcome: Outcome, code: str, coverable: bool) -> None:
    found = (Finding(code="F201", detail="x"), Finding(code=code, detail="x"))
    about = replace(BAD, result=replace(BAD.result, findings=found, outcome=outcome))
    got = ruling(replace(GOOD, covers=(outcome,)), about=about)
    assert got is (Ruling.APPLIED if coverable else Ruling.OUTCOME_NOT_COVERABLE)
    again = read_evaluation(evaluation(about).data()).outcomes[0]
    assert ruling(replace(GOOD, covers=(outcome,)), about=again) is got, "the auditor reads the codes from the record"


@pytest.mark.parametrize(
    ("versions", "model", "applied"),
    [
        (("3.2.0",), "credit-risk", True),
        (("3.1.0", "3.2.0"), "credit-risk", True),
        (("3.2.1",), "credit-risk", False),
        ((), "credit-risk", False),
        (("3.2.0",), "credit-risk-2", False),
        (("3.2.0 ",), "credit-risk", False),
    ],
)
def test_a_waiver_for_versions_names_model_and_version_exactly(
    versions: tuple[str, ...], model: str, applied: bool
) -> None:
    got = ruling(replace(GOOD, bundle=None, model=model, versions=versions))
    assert got is (Ruling.APPLIED if applied else Ruling.WRONG_SUBJECT)


@pytest.mark.parametrize("who", ["person:bob", "person:rob", SUBMITTER])
def test_nobody_waives_for_themselves(who: str) -> None:
    """Not the owner the waiver names, not the one the bundle declares, not the submitter."""
    waiver = replace(GOOD, approver=who, owner="person:rob")
    assert ruling(waiver) is Ruling.APPROVER_IS_OWNER
    assert ruling(replace(waiver, approver="person:heidi"), owner=None) is Ruling.APPLIED


KEY, OTHER_KEY = "SHA256:one", "SHA256:two"


@pytest.mark.parametrize(
    ("subject", "concerned"),
    [
        ({}, False),
        ({"principal": "person:heidi"}, True),
        ({"principal": "person:rob"}, False),
        ({"developers": ("person:dan", "person:heidi")}, True),
        ({"developers": ("person:dan",)}, False),
        ({"developers": (KEY,)}, True),
        ({"developers": (OTHER_KEY,)}, True),
        ({"owner": KEY}, True),
        ({"validators": ("person:heidi",)}, False),
    ],
)
def test_a_developer_and_an_owner_are_known_by_every_name_and_by_every_key(
    subject: dict[str, Any], concerned: bool
) -> None:
    """Heidi signs with one key and holds two; the record may name her, or either of them."""
    waiver = replace(GOOD, identities=frozenset({"person:heidi", KEY, OTHER_KEY}))
    about = evaluation(BAD, **{"owner": "person:bob", **subject})
    got = rule_on_waiver(BAD, BAD.outcome, waiver, evaluation=about, now=CLOCK, submitter=SUBMITTER)
    assert got is (Ruling.APPROVER_IS_OWNER if concerned else Ruling.APPLIED)


@pytest.mark.parametrize("submitter", ["person:heidi", KEY, OTHER_KEY])
def test_a_submitter_is_known_by_key_too(submitter: str) -> None:
    waiver = replace(GOOD, identities=frozenset({"person:heidi", KEY, OTHER_KEY}))
    got = rule_on_waiver(BAD, BAD.outcome, waiver, evaluation=evaluation(BAD), now=CLOCK, submitter=submitter)
    assert got is Ruling.APPROVER_IS_OWNER


# -- all waivers of a rule at once --------------------------------------------------------------------------------------


def test_every_waiver_of_a_rule_keeps_its_ruling_and_the_lowest_digest_is_applied() -> None:
    ended = replace(GOOD, digest="1" * 64, expires=CLOCK)
    second = replace(GOOD, digest="3" * 64)
    first = replace(GOOD, digest="2" * 64)
    elsewhere = replace(GOOD, digest="0" * 64, rule="credit-risk/other")
    given = [second, ended, elsewhere, first]
    for order in (given, given[::-1]):
        made = effective(BAD, BAD.outcome, order, evaluation=evaluation(BAD), now=CLOCK, submitter=SUBMITTER)
        assert made.outcome is Outcome.WAIVED
        assert made.applied is first
        assert made.rulings == (
            ("1" * 64, Ruling.EXPIRED),
            ("2" * 64, Ruling.APPLIED),
            ("3" * 64, Ruling.APPLIED),
        )


def test_without_one_that_helps_the_outcome_stays() -> None:
    made = effective(BAD, BAD.outcome, [replace(GOOD, expires=CLOCK)], evaluation=evaluation(BAD), now=CLOCK)
    assert (made.outcome, made.applied) == (Outcome.FAIL, None)
    assert effective(BAD, BAD.outcome, [], evaluation=evaluation(BAD), now=CLOCK).rulings == ()


@pytest.mark.parametrize(
    ("changes", "listed"),
    [
        ({}, True),
        ({"bundle": None, "model": "credit-risk", "versions": ("3.2.0",)}, True),
        ({"bundle": "9" * 64}, False),
        ({"stages": ("pre-deployment",)}, False),
        ({"signature_valid": False}, False),
        ({"revoked": True}, False),
        ({"rule": LIMITED}, False),
    ],
)
def test_a_waiver_for_this_model_whose_rule_is_not_asked_is_listed(changes: dict[str, Any], listed: bool) -> None:
    stray = replace(GOOD, **{"rule": "credit-risk/misspelt", **changes})
    made = without_a_rule([stray], evaluation=evaluation(BAD), now=CLOCK, submitter=SUBMITTER)
    assert made == ((stray,) if listed else ())
    assert without_a_rule([stray], evaluation=replace(evaluation(BAD), outcomes=()), now=CLOCK) == ()


# -- in words -----------------------------------------------------------------------------------------------------------


def test_every_ruling_but_applied_has_a_code_of_its_own() -> None:
    assert set(RULING_CODES) == set(Ruling) - {Ruling.APPLIED}
    assert list(RULING_CODES.values()) == [f"D2{number:02}" for number in range(1, 15)]
    assert UNUSED_CODE == "D215"
    for code in (*RULING_CODES.values(), UNUSED_CODE):
        assert lookup(code).slug.startswith("waiver-")


@pytest.mark.parametrize("ruling", [item for item in Ruling if item is not Ruling.APPLIED])
def test_every_ruling_says_what_is_the_matter_and_what_to_do(ruling: Ruling) -> None:
    hostile = replace(GOOD, approver="{held}", rule="{stage}/x")
    made = note_on(ruling, hostile, outcome=Outcome.FAIL, stage=STAGE)
    assert made is not None
    assert made.code == RULING_CODES[ruling]
    assert made.detail
    assert made.remediation
    assert words_for(ruling, GOOD, outcome=Outcome.FAIL, stage=STAGE).endswith(f": {ruling.value}")


def test_the_words_of_a_person_are_not_read_as_a_pattern() -> None:
    hostile = replace(GOOD, approver="{held}", rule="{stage}/x")
    made = note_on(Ruling.APPROVER_IS_OWNER, hostile, outcome=Outcome.FAIL, stage=STAGE)
    assert made is not None
    assert made.detail.startswith("is signed by {held}, ")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_a_waiver_of_a_rule_that_needs_none_is_unused(outcome: Outcome) -> None:
    made = note_on(Ruling.OUTCOME_NOT_COVERABLE, GOOD, outcome=outcome, stage=STAGE)
    assert made is not None
    assert (made.code == UNUSED_CODE) == (outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE))
    assert note_on(Ruling.APPLIED, GOOD, outcome=outcome, stage=STAGE) is None


@pytest.mark.parametrize(("seconds", "longer"), [(-1, False), (0, False), (1, True)])
def test_what_rests_on_a_waiver_may_last_to_the_second_of_its_end(seconds: int, longer: bool) -> None:
    assert outlives(AFTER + timedelta(seconds=seconds), GOOD) is longer


@pytest.mark.parametrize(
    ("observed", "required", "limit", "applied"),
    [
        ("0.76", ">= 0.8", "0.76", True),
        ("0.759999", ">= 0.8", "0.76", False),
        ("0.9", "<= 0.8", "0.9", True),
        ("0.900001", "<= 0.8", "0.9", False),
        ("0.8", "> 0.8", "0.8", True),
        ("0.8", "< 0.8", "0.8", True),
        ("-0.5", ">= 0", "-0.5", True),
        ("0.76", "= 0.8", "0.76", False),
        ("0.76", None, "0.76", False),
        (None, ">= 0.8", "0", False),
        ("", ">= 0.8", "0", False),
        ("NaN", ">= 0.8", "0", False),
        ("Infinity", ">= 0.8", "0", False),
        ("undefined (no positives)", ">= 0.8", "0", False),
        ("1e-400", ">= 0", "0", True),
    ],
)
def test_a_value_is_compared_in_the_direction_that_the_rule_asks(
    observed: str | None, required: str | None, limit: str, applied: bool
) -> None:
    about = rule(LIMITED, Outcome.FAIL, observed=observed, required=required)
    got = ruling(replace(GOOD, limit=Decimal(limit)), about=about)
    assert got is (Ruling.APPLIED if applied else Ruling.WORSE_THAN_WAIVED)
    assert ruling(replace(GOOD, limit=None), about=about) is Ruling.APPLIED


LIMIT = (AdvisoryLimit("jinja2", ("3.1.0",), ("CVE-2024-1",)), AdvisoryLimit("idna", ("3.3", "3.4"), ("GHSA-x",)))


def found(**changes: Any) -> dict[str, Any]:
    return {"package": "jinja2", "version": "3.1.0", "ids": ["GHSA-y"], "aliases": ["CVE-2024-1"], **changes}


@pytest.mark.parametrize(
    ("findings", "applied"),
    [
        ([found()], True),
        ([found(ids=["CVE-2024-1"], aliases=[])], True),
        ([found(), found(package="idna", version="3.4", ids=["GHSA-x"])], True),
        ([found(), found(ids=["CVE-2025-9"], aliases=[])], False),
        ([found(version="3.1.1")], False),
        ([found(package="Jinja2")], False),
        ([], False),
        ([{}], False),
        (["text"], False),
        ([found(ids="CVE-2024-1", aliases=None)], False),
        (None, False),
        ("text", False),
    ],
)
def test_every_advisory_found_must_be_named_by_the_waiver(findings: Any, applied: bool) -> None:
    facts = {"kind": "dependency-findings", "findings": findings}
    about = rule(LIMITED, Outcome.FAIL, facts=facts)
    got = ruling(replace(GOOD, limit=LIMIT), about=about)
    assert got is (Ruling.APPLIED if applied else Ruling.WORSE_THAN_WAIVED)


@pytest.mark.parametrize("facts", [None, [], {}, {"kind": "other", "findings": [found()]}])
def test_advisories_cannot_be_compared_with_other_facts(facts: Any) -> None:
    assert (
        ruling(replace(GOOD, limit=LIMIT), about=rule(LIMITED, Outcome.FAIL, facts=facts)) is Ruling.WORSE_THAN_WAIVED
    )


def test_advisories_waive_a_failure_and_nothing_else() -> None:
    """With a stale snapshot other advisories may be there, so what was found is no limit."""
    about = rule(LIMITED, Outcome.FAIL, facts={"kind": "dependency-findings", "findings": [found()]})
    waiver = replace(GOOD, limit=LIMIT, covers=(Outcome.MISSING_EVIDENCE,))
    assert ruling(waiver, about=about, outcome=Outcome.MISSING_EVIDENCE) is Ruling.WORSE_THAN_WAIVED


@pytest.mark.parametrize(("seconds", "expected"), [(0, Ruling.APPLIED), (1, Ruling.TOO_LONG)])
def test_a_waiver_may_last_as_long_as_the_rule_allows_to_the_second(seconds: int, expected: Ruling) -> None:
    ends = BEFORE + timedelta(days=SHORT.max_waiver_days, seconds=seconds)
    assert ruling(replace(GOOD, expires=ends), about=SHORT) is expected


def test_a_rule_whose_allowance_no_calendar_holds_rules_all_the_same() -> None:
    assert ruling(about=replace(BAD, max_waiver_days=2**53)) is Ruling.APPLIED
    assert ruling(about=replace(BAD, max_waiver_days=0)) is Ruling.TOO_LONG
