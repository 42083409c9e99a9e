"""What packing and replay read in signed files, before and apart from their verification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govern.attestation.kinds import CERTIFICATE, REFUSAL
from govern.attestation.notices import snapshot_statement
from govern.attestation.pack.claims import read_named, summary_inputs
from govern.attestation.pack.statements import looked_at, named_by_evaluation, named_by_record, read_statement, relevant
from govern.attestation.people import HumanAttestation
from govern.attestation.scope import Scope
from govern.attestation.verification import NamedFile
from govern.canonical import canonical_bytes, parse_instant, sha256_hex
from govern.diagnostics import InputError, IntegrityError, UsageError
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.attestations import INPUTS, ISSUED, UNTIL, Gate

AT = parse_instant(ISSUED)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def test_every_digest_that_a_certificate_names_is_read(gate: Gate) -> None:
    issued = gate.issue()
    named = read_named(issued.certificate_bytes, file="c")
    assert (named.kind, named.payload) == (CERTIFICATE, sha256_hex(issued.payload))
    assert (named.model, named.version, named.stage) == ("credit-risk", "3.2.0", "pre-registration")
    assert named.bundle == INPUTS.bundle_digest
    assert (named.plan, named.evaluation, named.decision) == ("ef" * 32, "03" * 32, "04" * 32)
    assert named.advisories == "06" * 32
    assert named.policies == {"credit-risk": "01" * 32, "baseline": "02" * 32}
    assert (named.engine.version, named.engine.digest, named.engine.lock) == ("0.1.0", "cd" * 32, None)
    assert named.trust == gate.trust_digest
    assert named.issued_at == AT
    assert (named.statements, named.releases) == ((), ())


def test_a_refusal_is_read_as_well(gate: Gate) -> None:
    rule = INPUTS.rules[0].__class__(
        id="p/r", check="expression", enforcement=Enforcement.BLOCK, severity="high", outcome=Outcome.FAIL
    )
    issued = gate.issue(decision=Decision.DENIED, rules=(rule,), blocking=("p/r",), advisories=None)
    named = read_named(issued.certificate_bytes, file="c")
    assert (named.kind, named.advisories) == (REFUSAL, None)


def test_the_summary_names_its_certificate_and_nothing_else_is_a_summary(gate: Gate) -> None:
    issued = gate.issue()
    assert issued.vsa_bundle_bytes is not None
    assert sha256_hex(issued.payload) in summary_inputs(issued.vsa_bundle_bytes, file="v")
    with pytest.raises(IntegrityError):
        summary_inputs(issued.certificate_bytes, file="c")
    with pytest.raises(UsageError) as caught:
        read_named(issued.vsa_bundle_bytes, file="v")
    assert caught.value.diagnostics[0].code == "A615"


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"predicateType":1}', b'{"predicateType":"urn:x"}'])
def test_signed_rubbish_is_no_verdict_no_summary_and_no_statement(gate: Gate, payload: bytes) -> None:
    """Signatures cover any bytes at all."""
    data = gate.sign(payload or b" ")
    for read in (lambda: read_named(data, file="x"), lambda: summary_inputs(data, file="x")):
        with pytest.raises((IntegrityError, UsageError)):
            read()
    assert read_statement(NamedFile("x", data)) is None


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({}, set()),
        ([], set()),
        ({"waivers": 1, "approvals": None}, set()),
        ({"waivers": [1, {}, {"digest": 1}, {"digest": {"sha256": 2}}], "approvals": []}, set()),
        ({"waivers": [{"digest": {"sha256": "a"}}], "approvals": [{"digest": {"sha256": "b"}}]}, {"a", "b"}),
    ],
)
def test_a_record_names_what_it_looked_at_whatever_its_form(record: object, named: set[str]) -> None:
    assert named_by_record(canonical_bytes(record)) == named  # type: ignore[arg-type]


def attested(scope: Scope) -> dict[str, Any]:
    claim = HumanAttestation(
        type="dpia",
        covers=(),
        controls=(),
        fields={},
        text="Reviewed",
        scope=scope,
        role="attester",
        attester="person:eve",
        evidence=(),
        issued_at=ISSUED,
        valid_from=ISSUED,
        expires=UNTIL,
    )
    return dict(claim.statement(nonce=bytes(16)))


def test_what_speaks_of_this_model_belongs_to_it_and_nothing_else_does(gate: Gate) -> None:
    """Attestations by bundle or version, snapshots and evidence by digest, lists always, each once."""
    named = read_named(gate.issue().certificate_bytes, file="c")
    snapshot = {"asOf": ISSUED, "sources": [], "files": []}
    ours = {
        "bundle": attested(Scope(model="credit-risk", version="3.2.0", bundle=named.bundle)),
        "versions": attested(Scope(model="credit-risk", versions=("3.1.0", "3.2.0"))),
    }
    others = {
        "other bundle": attested(Scope(model="credit-risk", version="3.2.0", bundle="aa" * 32)),
        "other version": attested(Scope(model="credit-risk", versions=("4.0.0",))),
        "other model": attested(Scope(model="fraud", versions=("3.2.0",))),
        "other snapshot": snapshot_statement(snapshot, "bb" * 32, nonce=bytes(16)),
    }
    files = [NamedFile(name, gate.sign(canonical_bytes(made))) for name, made in {**ours, **others}.items()]
    kept = relevant([*files, *files], named, (b"{}", b"{}"), frozenset())
    assert {item.file.name for item in kept} == set(ours)
    assert [item.digest for item in kept] == sorted({item.digest for item in kept})


def test_a_record_that_is_no_json_says_nothing(gate: Gate, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        named_by_record(b"{")
    with pytest.raises(InputError):
        named_by_evaluation(b"{")
    issued = gate.issue().certificate_bytes
    named = read_named(issued, file="c")
    files = (NamedFile("a", issued), NamedFile("b", b"rubbish"))
    assert looked_at(files, named, evaluation=b"{}", decision=b"{") == files
    assert looked_at(files, named, evaluation=b"{", decision=b"{}") == files
    assert looked_at(files, named, evaluation=b"{}", decision=b"{}") == files[:1]


@pytest.mark.parametrize(
    ("record", "named"),
    [
        ({}, set()),
        ([], set()),
        ({"outcomes": 1}, set()),
        (
            {"outcomes": [1, {"facts": 2, "evidence": 3}, {"facts": {"kind": "attestation-present"}, "evidence": [4]}]},
            set(),
        ),
        ({"outcomes": [{"facts": {"kind": "x", "statements": [{"digest": {"sha256": "a"}}]}, "evidence": []}]}, set()),
        (
            {
                "outcomes": [
                    {
                        "facts": {"kind": "attestation-present", "statements": [{"digest": {"sha256": "a"}}, {}, 1]},
                        "evidence": [{"signed_by": {"digest": {"sha256": "b"}}}, {"signed_by": None}, {}],
                    }
                ]
            },
            {"a", "b"},
        ),
    ],
)
def test_an_evaluation_names_what_its_checks_saw_whatever_its_form(record: object, named: set[str]) -> None:
    assert named_by_evaluation(canonical_bytes(record)) == named  # type: ignore[arg-type]


def test_statements_that_the_checks_did_not_see_are_left_out_of_a_replay(gate: Gate) -> None:
    """One that was signed afterwards, even with an earlier date, was no ground of the decision."""
    named = read_named(gate.issue().certificate_bytes, file="c")
    data = gate.sign(canonical_bytes(attested(Scope(model="credit-risk", versions=("3.2.0",)))))
    file = NamedFile("late", data)
    statement = read_statement(file)
    assert statement is not None
    facts = {"kind": "attestation-present", "statements": [{"digest": {"sha256": statement.digest}}]}
    seen = canonical_bytes({"outcomes": [{"facts": facts, "evidence": []}]})
    assert looked_at((file,), named, evaluation=b"{}", decision=b"{}") == ()
    assert looked_at((file,), named, evaluation=seen, decision=b"{}") == (file,)
