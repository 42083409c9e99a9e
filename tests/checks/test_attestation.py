"""Statements of people: which count, for how long, and why the others do not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from govern.checks.context import CheckContext
from govern.checks.people.attestation import _chosen  # the choice is a pure function with a law of its own
from govern.checks.people.facts import Signed, SignedStatement, StatementRuling, first_to_end
from govern.checks.people.params import PresentParams
from govern.checks.registry import builtin_checks
from govern.decision.decide import outcome_at
from govern.decision.run import evaluate_safely
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import BundleBuilder, sha256
from support.policies import parameters, signed, statement


def judge(builder: BundleBuilder, held: Signed, **params: Any) -> CheckResult:
    check = builtin_checks()["attestation.present"]
    context = CheckContext(bundle=builder.open(), stage="pre-deployment", signed=held)
    made = parameters(check.spec, {"type": "dpia", "roles": ["attester/dpo"]} | params)
    return evaluate_safely(check.spec.kind, check, made, context)


def codes(result: CheckResult) -> list[str]:
    return [item.code for item in result.findings]


def other(number: int, **changes: Any) -> SignedStatement:
    """A statement by somebody else."""
    names = {"owner": f"person:p{number}", "keyid": f"SHA256:p{number}"}
    made = {"digest": sha256(f"{number}".encode()), "identities": frozenset(names.values())} | names | changes
    return statement(**made)


def test_a_statement_in_force_passes_and_says_until_when(tmp_path: Path) -> None:
    result = judge(BundleBuilder(tmp_path), signed())
    assert (result.outcome, codes(result)) == (Outcome.PASS, [])
    assert [(item.name, item.file, item.digest, item.bound) for item in result.evidence] == [
        ("attestation", f"sha256:{statement().digest}", statement().digest, True)
    ]
    (hold,) = result.holds
    assert (hold.start, hold.until, hold.otherwise) == (
        "2026-05-01T00:00:00Z",
        "2027-05-01T00:00:00Z",
        Outcome.MISSING_EVIDENCE,
    )
    assert "not claimed" in result.summary
    assert first_to_end(result.facts) == statement().digest


def test_nobody_has_signed_anything(tmp_path: Path) -> None:
    result = judge(BundleBuilder(tmp_path), Signed())
    assert (result.outcome, codes(result), result.evidence) == (Outcome.MISSING_EVIDENCE, ["C140"], ())
    assert "govern attest --type dpia" in (result.findings[0].remediation or "")
    assert first_to_end(result.facts) is None


@pytest.mark.parametrize(
    ("changes", "params", "code", "outcome"),
    [
        ({"type": "dpias"}, {}, None, Outcome.MISSING_EVIDENCE),
        ({"ruling": StatementRuling.NOT_SOUND}, {}, "C141", Outcome.MISSING_EVIDENCE),
        ({"ruling": StatementRuling.REVOKED}, {}, "C142", Outcome.MISSING_EVIDENCE),
        ({"ruling": StatementRuling.NOT_BEGUN}, {}, "C143", Outcome.MISSING_EVIDENCE),
        ({"role": "attester/ciso"}, {}, "C144", Outcome.MISSING_EVIDENCE),
        ({"role": "attester/dpox"}, {}, "C144", Outcome.MISSING_EVIDENCE),
        ({"scope": "model"}, {}, "C145", Outcome.MISSING_EVIDENCE),
        ({"scope": "fleet"}, {"scope": "model"}, "C145", Outcome.MISSING_EVIDENCE),
        ({"by_digest": False}, {"bound": True}, "C145", Outcome.MISSING_EVIDENCE),
        ({"covers": ()}, {"covers": ["purpose"]}, "C146", Outcome.MISSING_EVIDENCE),
        ({}, {"fields": {"conclusion": "approved"}}, "C146", Outcome.MISSING_EVIDENCE),
        ({"fields": {"conclusion": "rejected"}}, {"fields": {"conclusion": "approved"}}, "C146", Outcome.FAIL),
        ({"fields": {"conclusion": "approved\n"}}, {"fields": {"conclusion": "approved"}}, "C146", Outcome.FAIL),
        ({"issued_at": "2026-04-02T09:29:59Z"}, {"newer_than": "training"}, "C147", Outcome.MISSING_EVIDENCE),
        ({}, {"not_signed_by": ["attester/dpo"]}, "C148", Outcome.MISSING_EVIDENCE),
        ({"roles": frozenset({"producer"})}, {"not_signed_by": ["producer"]}, "C148", Outcome.MISSING_EVIDENCE),
    ],
)
def test_each_way_not_to_count_is_listed_with_its_reason(
    changes: dict[str, Any], params: dict[str, Any], code: str | None, outcome: Outcome, tmp_path: Path
) -> None:
    result = judge(BundleBuilder(tmp_path), signed(statement(**changes)), **params)
    assert result.outcome is outcome
    assert codes(result) == ["C140", *([code] if code else [])]
    assert isinstance(result.facts, dict)
    assert result.facts["rests_on"] == []
    listed = result.facts["statements"]
    assert isinstance(listed, list)
    assert len(listed) == (1 if code else 0)


@pytest.mark.parametrize(
    ("changes", "params"),
    [
        ({"role": "attester/ciso"}, {"roles": ["attester"]}),
        ({"scope": "model"}, {"scope": "model"}),
        ({"scope": "fleet"}, {"scope": "fleet"}),
        ({"covers": ("purpose", "retention")}, {"covers": ["retention"]}),
        ({"fields": {"conclusion": "approved"}}, {"fields": {"conclusion": "approved|noted"}}),
        ({"issued_at": "2026-04-02T09:30:00Z"}, {"newer_than": "training"}),
        ({}, {"identity": "key"}),
        ({"roles": frozenset({"approver/risk"})}, {"not_signed_by": ["producer"]}),
    ],
)
def test_what_is_enough(changes: dict[str, Any], params: dict[str, Any], tmp_path: Path) -> None:
    assert judge(BundleBuilder(tmp_path), signed(statement(**changes)), **params).outcome is Outcome.PASS


def test_people_are_counted_and_not_statements(tmp_path: Path) -> None:
    twice = signed(statement(), statement(digest=sha256(b"again"), keyid="SHA256:second"))
    result = judge(BundleBuilder(tmp_path), twice, count=2)
    assert (result.outcome, result.observed) == (Outcome.MISSING_EVIDENCE, "1")
    both = judge(BundleBuilder(tmp_path), signed(statement(), other(2)), count=2)
    assert (both.outcome, len(both.evidence), len(both.holds)) == (Outcome.PASS, 2, 2)


def test_a_certificate_names_the_statement_that_ends_first(tmp_path: Path) -> None:
    held = signed(statement(), other(2, expires="2026-12-01T00:00:00Z"), other(3, expires="2026-07-01T00:00:00Z"))
    result = judge(BundleBuilder(tmp_path), held, count=2)
    assert first_to_end(result.facts) == sha256(b"2")
    assert {hold.until for hold in result.holds} == {"2027-05-01T00:00:00Z", "2026-12-01T00:00:00Z"}


def test_an_ended_statement_is_an_answer_of_the_clock(tmp_path: Path) -> None:
    result = judge(BundleBuilder(tmp_path), signed(), max_age="30d")
    moments = {
        datetime(2026, 4, 30, 23, 59, 59, tzinfo=UTC): Outcome.MISSING_EVIDENCE,
        datetime(2026, 5, 1, tzinfo=UTC): Outcome.PASS,
        datetime(2026, 5, 30, 23, 59, 59, tzinfo=UTC): Outcome.PASS,
        datetime(2026, 5, 31, tzinfo=UTC): Outcome.MISSING_EVIDENCE,
    }
    assert {at: outcome_at(result.outcome, result.holds, at)[0] for at in moments} == moments


def test_a_statement_on_the_day_of_the_change_is_not_newer(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).record(change={"material_on": "2026-05-01"})
    same = judge(builder, signed(statement(issued_at="2026-05-01T23:59:59Z")), newer_than="last_material_change")
    assert codes(same) == ["C140", "C147"]
    day_after = signed(statement(issued_at="2026-05-02T00:00:00Z"))
    later = judge(builder, day_after, newer_than="last_material_change")
    assert later.outcome is Outcome.PASS
    assert [item.name for item in later.evidence] == ["attestation", "model_record"]


@pytest.mark.parametrize(
    ("change", "params"),
    [
        ("record", {"newer_than": "last_material_change"}),
        ("lineage", {"newer_than": "training"}),
        ("undated", {"newer_than": "training"}),
        ("record", {"not_signed_by": ["developer"]}),
        ("record", {"not_signed_by": ["validator"]}),
    ],
)
def test_what_the_bundle_does_not_say_cannot_be_compared_with(
    change: str, params: dict[str, Any], tmp_path: Path
) -> None:
    builder = BundleBuilder(tmp_path)
    if change == "record":
        builder.record(change=None)
    if change == "lineage":
        builder.remove("lineage.yaml")
    if change == "undated":
        text = builder.content("lineage.yaml").replace(b"  ended: '2026-04-02T09:30:00Z'\n", b"")
        assert text != builder.content("lineage.yaml")
        builder.file("lineage.yaml", text)
    result = judge(builder, signed(), **params)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["C149"]), result


@pytest.mark.parametrize(
    ("record", "side"),
    [
        ({"developers": ["person:dora"]}, "developer"),
        ({"validators": ["SHA256:dora"]}, "validator"),
        ({"owner": {"name": "Models", "contact": "m@example.com", "principal": "person:dora"}}, "owner"),
        ({"owner": {"name": "person:dora", "contact": "m@example.com"}}, "owner"),
    ],
)
def test_whoever_stands_on_a_barred_side_by_any_name_does_not_count(
    record: dict[str, Any], side: str, tmp_path: Path
) -> None:
    result = judge(BundleBuilder(tmp_path).record(**record), signed(), not_signed_by=[side])
    assert codes(result) == ["C140", "C148"]
    assert side in result.findings[1].detail
    held = signed(statement(), other(2))
    assert judge(BundleBuilder(tmp_path).record(**record), held, not_signed_by=[side]).outcome is Outcome.PASS


def test_a_lineage_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path).file("lineage.yaml", "kind: [")
    assert judge(builder, signed(), newer_than="training").outcome is Outcome.ERROR


def test_a_statement_is_of_grade_e0(tmp_path: Path) -> None:
    assert codes(judge(BundleBuilder(tmp_path), signed(), min_grade="E1")) == ["E134"]


def test_hostile_words_are_made_visible(tmp_path: Path) -> None:
    held = signed(statement(owner="\x1b[31m::error::", role="attester/x\x1b"))
    text = " ".join([*(item.detail for item in judge(BundleBuilder(tmp_path), held).findings)])
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"type": " "}, "expected the type"),
        ({"roles": ()}, "at least one role"),
        ({"roles": ("approver",)}, "expected attester"),
        ({"roles": ("attester/",)}, "expected attester"),
        ({"not_signed_by": ("owners",)}, "unknown side or role 'owners'"),
        ({"not_signed_by": ("submitter",)}, "unknown side or role"),
        ({"fields": {"x": "("}}, "cannot be read"),
        ({"count": 0}, "greater than or equal to 1"),
        ({"scope": "bundle"}, "'fleet', 'model' or 'version'"),
    ],
)
def test_slips_in_the_policy(params: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=f"(?s).*{words}"):
        PresentParams.model_validate({"type": "dpia", "roles": ("attester",)} | params)


_PEOPLE = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(0, 20)), max_size=8, unique=True)


@given(_PEOPLE, st.integers(1, 3))
def test_no_other_choice_of_people_lasts_longer(rows: list[tuple[int, int, int]], count: int) -> None:
    held = [
        statement(
            owner=f"p{owner}", expires=f"2027-0{month}-01T00:00:00Z", digest=sha256(f"{owner}{month}{n}".encode())
        )
        for owner, month, n in rows
    ]
    params = PresentParams.model_validate({"type": "dpia", "roles": ("attester",), "count": count})
    chosen = _chosen(params, held)
    owners = {item.owner for item in held}
    assert len({item.owner for item in chosen}) == len(chosen) == min(count, len(owners))
    best = sorted((max(item.expires for item in held if item.owner == owner) for owner in owners), reverse=True)
    assert [item.expires for item in chosen] == best[:count]
