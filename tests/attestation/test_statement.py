"""What is signed: which statement a decision gives, and that nothing else can be made of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.catalogue import certificate_schema, predicate_shape, statement_bytes
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA, short_type
from govern.attestation.predicates.forms import statement_shape
from govern.attestation.statement import (
    ApprovalRef,
    CertificateInputs,
    RuleLine,
    certificate_statement,
    decision_statement,
    refusal_statement,
)
from govern.attestation.vsa import verified_levels, vsa_statement
from govern.canonical import canonical_bytes, sha256_hex
from govern.decision.decide import overall
from govern.diagnostics import InternalError
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.attestations import INPUTS, refused

SCHEMA_FILE = Path(__file__).parents[2] / "schemas" / "certificate.schema.json"
GOOD = replace(INPUTS, trust_digest="aa" * 32)
REFUSED = refused(Decision.DENIED, GOOD)


def rule(outcome: Outcome, enforcement: Enforcement = Enforcement.BLOCK, **more: Any) -> RuleLine:
    return RuleLine(id="p/r", check="expression", enforcement=enforcement, severity="low", outcome=outcome, **more)


def predicate(statement: dict[str, Any]) -> dict[str, Any]:
    found = statement["predicate"]
    assert isinstance(found, dict)
    return found


def test_a_certificate_says_exactly_what_its_format_says() -> None:
    statement = certificate_statement(GOOD)
    assert statement["predicateType"] == CERTIFICATE
    assert statement["subject"] == [{"name": "credit-risk@3.2.0", "digest": {"sha256": GOOD.bundle_digest}}]
    made = predicate(statement)
    assert sorted(made) == sorted(
        [
            "certificateId",
            "nonce",
            "decision",
            "stage",
            "model",
            "verifier",
            "plan",
            "policies",
            "evaluation",
            "decisionRecord",
            "rules",
            "notAssessed",
            "evidence",
            "advisories",
            "approvals",
            "submitter",
            "issuedAt",
            "validUntil",
            "supersedes",
            "trustRoot",
            "ledger",
        ]
    )
    assert made["decision"] == "allowed"
    assert [item["name"] for item in made["policies"]] == ["baseline", "credit-risk"]
    assert made["rules"][0]["observed"] == "0.8712"
    assert "observed" not in made["rules"][1]
    assert made["model"]["manifest"]["digest"] == {"sha256": GOOD.bundle_digest}
    assert (made["supersedes"], made["model"]["omsRoot"]) == (None, None)


def test_the_bytes_do_not_depend_on_the_order_in_which_things_were_given() -> None:
    approvals = tuple(ApprovalRef(digest=digit * 64, keyid="SHA256:" + "A" * 43) for digit in "9a1")
    one = replace(GOOD, approvals=approvals)
    other = replace(one, approvals=approvals[::-1], policies=GOOD.policies[::-1])
    assert statement_bytes(certificate_statement(one)) == statement_bytes(certificate_statement(other))


@pytest.mark.parametrize("decision", [item for item in Decision if item is not Decision.ALLOWED])
def test_any_other_decision_gives_a_refusal_and_no_summary(decision: Decision) -> None:
    inputs = refused(decision, GOOD)
    statement = decision_statement(inputs)
    made = predicate(statement)
    assert statement["predicateType"] == REFUSAL
    assert made["decision"] == decision.value
    assert made["blocking"] == ["credit-risk/parity"]
    assert "validUntil" not in made
    assert "supersedes" not in made
    for build in (certificate_statement, vsa_statement):
        with pytest.raises(InternalError) as caught:
            build(inputs)
        assert caught.value.diagnostics[0].code == "A101"


def test_an_allowed_decision_is_never_refused() -> None:
    with pytest.raises(InternalError) as caught:
        refusal_statement(GOOD)
    assert caught.value.diagnostics[0].code == "A101"


@given(
    st.sampled_from(list(Decision)),
    st.lists(st.tuples(st.sampled_from(list(Enforcement)), st.sampled_from(list(Outcome))), max_size=4),
)
def test_no_input_gives_a_certificate_unless_decision_and_rules_are_allowed(
    decision: Decision, pairs: list[tuple[Enforcement, Outcome]]
) -> None:
    rules = tuple(
        rule(outcome, enforcement, waiver_digest="0" * 64 if outcome is Outcome.WAIVED else None)
        for enforcement, outcome in pairs
    )
    inputs = replace(GOOD, decision=decision, rules=rules)
    allowed = decision is Decision.ALLOWED and overall(pairs) is Decision.ALLOWED
    for build in (certificate_statement, decision_statement, vsa_statement):
        try:
            kind = build(inputs)["predicateType"]
        except InternalError:
            kind = None
        if not allowed:
            assert kind not in (CERTIFICATE, VSA)
        else:
            assert kind in (CERTIFICATE, VSA)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"rules": (rule(Outcome.FAIL),)}, "A101"),
        ({"rules": ()}, "A101"),
        ({"rules": (rule(Outcome.WAIVED),)}, "A102"),
        ({"rules": (rule(Outcome.PASS, waiver_digest="0" * 64),)}, "A102"),
        ({"valid_until": GOOD.issued_at}, "A103"),
        ({"valid_until": "2025-01-01T00:00:00Z"}, "A103"),
        ({"earliest_expiry": "2026-12-31T00:00:00Z"}, "A103"),
        ({"stage": "someday"}, "A102"),
        ({"nonce": b"short"}, "A102"),
        ({"certificate_id": "1"}, "A102"),
        ({"bundle_digest": "AB" * 32}, "A102"),
        ({"plan_digest": "sha256:" + "0" * 64}, "A102"),
        ({"issued_at": "2026-13-02T03:04:05Z"}, "A102"),
        ({"issued_at": "2026-01-02T03:04:05+01:00"}, "A102"),
        ({"policies": ()}, "A102"),
        ({"policies": (replace(GOOD.policies[0], legal_status="binding"),)}, "A102"),
        ({"files": 0}, "A102"),
        ({"model_uri": ""}, "A102"),
        ({"trust_version": 0}, "A102"),
    ],
)
def test_what_a_verifier_would_refuse_is_not_signed(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InternalError) as caught:
        certificate_statement(replace(GOOD, **changes))
    assert caught.value.diagnostics[0].code == code


def test_a_certificate_may_end_exactly_when_its_grounds_do() -> None:
    made = certificate_statement(replace(GOOD, earliest_expiry=GOOD.valid_until))
    assert made["predicate"]["validUntil"] == GOOD.valid_until  # type: ignore[call-overload, index]


def test_levels_name_stage_and_own_policies_only() -> None:
    assert verified_levels(GOOD) == ("GOVERN_PRE_REGISTRATION", "GOVERN_POLICY_CREDIT_RISK")
    assert not any(level.startswith("SLSA_") for level in verified_levels(GOOD))


def test_the_summary_names_the_certificate_waivers_and_approvals() -> None:
    waived = replace(
        GOOD,
        rules=(rule(Outcome.WAIVED, waiver_digest="77" * 32),),
        approvals=(ApprovalRef(digest="88" * 32, keyid="SHA256:" + "A" * 43),),
    )
    made = predicate(vsa_statement(waived))
    digests = [item["digest"]["sha256"] for item in made["inputAttestations"]]
    assert digests == [sha256_hex(statement_bytes(certificate_statement(waived))), "77" * 32, "88" * 32]
    assert made["resourceUri"] == "models:/credit-risk/3.2.0"
    assert made["verificationResult"] == "PASSED"
    assert made["policy"]["digest"] == {"sha256": GOOD.plan_digest}
    assert made["policy"]["uri"] == f"urn:govern:plan:{GOOD.plan_digest}"
    named = replace(GOOD, policies=(replace(GOOD.policies[0], uri="https://policies.example/x"),))
    assert predicate(vsa_statement(named))["policy"]["uri"] == "https://policies.example/x"


def test_short_names_of_types() -> None:
    assert [short_type(kind) for kind in (CERTIFICATE, REFUSAL, VSA)] == [
        "compliance-certificate:v1",
        "refusal:v1",
        "vsa:v1",
    ]


# -- the schema -----------------------------------------------------------------------------------------------------


def schema_text() -> str:
    return json.dumps(certificate_schema(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def test_the_schema_file_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def statements() -> list[dict[str, Any]]:
    made: list[CertificateInputs] = [GOOD, REFUSED]
    return [json.loads(canonical_bytes(item)) for item in (*map(decision_statement, made), vsa_statement(GOOD))]


def test_the_schema_accepts_what_is_issued() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))
    for statement in statements():
        assert list(validator.iter_errors(statement)) == []


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        found += [place for name, item in value.items() for place in places(item, (*path, name))]
    if isinstance(value, list):
        found += [place for index, item in enumerate(value) for place in places(item, (*path, index))]
    return found


@pytest.mark.parametrize("damage", [None, 0, -1, True, "", "x", [], {}, "remove", "add"])
def test_shape_and_schema_agree_on_every_damaged_member(damage: Any) -> None:
    """Two engines, one description: what verification refuses without a schema engine, the schema refuses too."""
    for statement in statements():
        kind = statement["predicateType"]
        shape = statement_shape(kind, predicate_shape(kind))
        schema = jsonschema.Draft202012Validator(shape.schema())
        for place in places(statement):
            if not place:
                continue
            copy = json.loads(json.dumps(statement))
            parent = copy
            for step in place[:-1]:
                parent = parent[step]
            if damage == "remove":
                del parent[place[-1]]
            elif damage == "add":
                if not isinstance(parent[place[-1]], dict):
                    continue
                parent[place[-1]]["unknown"] = 1
            else:
                parent[place[-1]] = damage
            ours = not list(shape.faults(copy)) and not list(shape.unknown(copy))
            assert ours == schema.is_valid(copy), (place, damage)
