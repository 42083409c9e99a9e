"""Threat: a certificate is shown elsewhere, or a refusal as one. Control: one subject, uri and stage asked; separate types."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.attestation.dsse import sign_payload
from govern.attestation.issue import issue
from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.signing import sign_and_log, sign_only
from govern.attestation.statement import CertificateInputs, RuleLine, certificate_statement, decision_statement
from govern.attestation.vsa import vsa_statement
from govern.canonical import canonical_bytes
from govern.decision.decide import overall
from govern.diagnostics import GovernError, InternalError
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.attestations import CERTIFIER, INPUTS
from support.kinds import Kinds
from support.memory_log import MemoryLog
from support.threats import Workspace, vector


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("asked-for-another-model", "expected"),
        ("asked-for-another-version", "expected"),
        ("asked-for-another-uri", "expected"),
        ("asked-for-another-stage", "expected"),
        ("refusal-taken-for-a-certificate", "statement"),
        ("vsa-taken-for-a-certificate", "statement"),
    ],
)
def test_shown_elsewhere_is_exit_1(name: str, step: str) -> None:
    assert vector(name) == (1, [step])


def test_a_second_subject_would_verify_for_two_models() -> None:
    assert vector("two-subjects") == (4, ["statement"])


def test_by_the_command(workspace: Workspace) -> None:
    """The certificate of this model, version and stage, shown for another."""
    for asked in (("--expect-version", "1.0.1"), ("--expect-stage", "pre-deployment"), ("--expect-model", "other")):
        assert workspace.verify(*asked).code == 1
    assert workspace.verify("--kind", "refusal").code == 1


def test_a_denied_bundle_gets_a_refusal_and_nothing_that_passes_for_more(workspace: Workspace) -> None:
    card = workspace.bundle / "README.md"
    card.write_text("# Card\n", encoding="utf-8")
    for path in workspace.certificates.iterdir():
        path.unlink()
    assert workspace.check().code == 1
    files = {path.name.split(".", 4)[-1] for path in workspace.certificates.iterdir()}
    assert not any("certificate" in name or "vsa" in name for name in files), files
    (refusal,) = workspace.certificates.glob("*.refusal.sigstore.json")
    renamed = refusal.with_name(refusal.name.replace("refusal", "certificate"))
    refusal.rename(renamed)
    assert workspace.verify(certificate=renamed).code == 1


# -- no code path signs the certificate type unless the decision is allowed --------------------------------------------

LINES = st.builds(
    RuleLine,
    id=st.sampled_from(["p/a", "p/b", "p/c"]),
    check=st.just("expression"),
    enforcement=st.sampled_from(list(Enforcement)),
    severity=st.just("high"),
    outcome=st.sampled_from(list(Outcome)),
).map(
    lambda line: (
        line
        if line.outcome is not Outcome.WAIVED
        else RuleLine(
            id=line.id,
            check=line.check,
            enforcement=line.enforcement,
            severity=line.severity,
            outcome=line.outcome,
            waiver_digest="a1" * 32,
        )
    )
)


THROUGH = {Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED}


def inputs(decision: Decision, rules: tuple[RuleLine, ...]) -> CertificateInputs:
    """What a certificate or refusal would say; the rules that block are named when it is a refusal."""
    blocking = [rule.id for rule in rules if rule.enforcement is Enforcement.BLOCK and rule.outcome not in THROUGH]
    return replace(
        INPUTS,
        decision=decision,
        rules=rules,
        blocking=() if decision is Decision.ALLOWED else tuple(dict.fromkeys(blocking)),
        trust_digest="0" * 64,
    )


def come_to(rules: tuple[RuleLine, ...]) -> Decision:
    return overall((rule.enforcement, rule.outcome) for rule in rules)


UNIQUE = st.lists(LINES, max_size=3, unique_by=lambda line: line.id).map(tuple)


@given(st.sampled_from(list(Decision)), UNIQUE)
def test_only_an_allowed_decision_becomes_a_certificate(decision: Decision, rules: tuple[RuleLine, ...]) -> None:
    """Through the front door: the type follows from the decision, and the decision must follow from the rules."""
    log = MemoryLog()
    if come_to(rules) is not decision:
        with pytest.raises(InternalError):
            issue(inputs(decision, rules), signer=CERTIFIER, ledger=log)
        assert log.bodies == []
        return
    made = issue(inputs(decision, rules), signer=CERTIFIER, ledger=log)
    kind = json.loads(made.payload)["predicateType"]
    assert kind == (CERTIFICATE if decision is Decision.ALLOWED else REFUSAL)
    assert (made.kind == "certificate") == (decision is Decision.ALLOWED)
    assert (made.vsa_bundle_bytes is not None) == (decision is Decision.ALLOWED)


@given(UNIQUE, st.sampled_from(["allowed", "denied", "undecided"]))
def test_no_other_door_signs_an_unearned_certificate(rules: tuple[RuleLine, ...], claimed: str) -> None:
    """Every function that signs a payload is handed a certificate put together by hand."""
    decision = come_to(rules)
    made: Any = decision_statement(inputs(decision, rules))
    predicate = dict(made["predicate"])
    predicate.pop("blocking", None)
    predicate.update(decision=claimed, validUntil="2027-01-02T03:04:05Z", supersedes=None)
    payload = canonical_bytes({**made, "predicateType": CERTIFICATE, "predicate": predicate})
    log = MemoryLog()
    doors = (
        lambda: sign_payload(payload, CERTIFIER),
        lambda: sign_only(payload, signer=CERTIFIER),
        lambda: sign_and_log([payload], signer=CERTIFIER, ledger=log),
    )
    earned = decision is Decision.ALLOWED and claimed == "allowed"
    for door in doors:
        if earned:
            door()
        else:
            with pytest.raises(InternalError):
                door()
    assert bool(log.bodies) == earned


@pytest.mark.parametrize("decision", [Decision.DENIED, Decision.UNDECIDED])
def test_no_summary_without_a_certificate(decision: Decision) -> None:
    for build in (certificate_statement, vsa_statement):
        with pytest.raises(GovernError):
            build(inputs(decision, INPUTS.rules))
    assert VSA != CERTIFICATE


def test_a_bought_gates_certificate_of_a_denied_decision_is_refused(world: Kinds) -> None:
    """The key itself signs a lie: the statement contradicts itself, or its records."""
    for name, code, step in (
        ("certificate-that-denies", 4, "statement"),
        ("certificate-with-a-failed-rule", 4, "statement"),
        ("certificate-without-rules", 4, "statement"),
        ("certificate-of-a-denied-decision", 1, "decision"),
        ("decision-that-does-not-follow", 1, "decision"),
    ):
        assert vector(name) == (code, [step]), name
    assert world.verify(world["certificate"]).exit_code == 0
