"""The auditor's state machine: one test a refusal, each with its step and exit code."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.attestation.kinds import CERTIFICATE, REFUSAL, VSA
from govern.attestation.statement import ApprovalRef, RuleLine
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.signing import sign_trust
from govern.attestation.verification import Expected, Line, Result, Status, overall_exit
from govern.attestation.verify import STEPS
from govern.canonical import base64_bytes, base64_text, canonical_bytes, parse_instant
from govern.diagnostics import Diagnostic
from govern.ledger.note import COSIGNATURE, NoteSigner
from govern.policy.outcomes import Enforcement, Outcome
from support.attestations import (
    CERTIFIER,
    FILES,
    NOW,
    OTHER,
    ROOT_A,
    ROOT_B,
    Edit,
    Gate,
    edited,
    failed,
    lines_of,
    manifest,
)
from support.ledgers import LedgerBox, entry, log_signer

WITNESSES = [
    NoteSigner(f"w{number}.example", Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32), kind=COSIGNATURE)
    for number in (11, 12)
]


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def certificate(gate: Gate) -> bytes:
    return gate.issue().certificate_bytes


def entry_of(value: dict[str, Any]) -> dict[str, Any]:
    found = value["verificationMaterial"]["tlogEntries"][0]
    assert isinstance(found, dict)
    return found


def with_trust(gate: Gate, edit: Edit) -> bytes:
    return gate.trust_file(edit)


def reissued(gate: Gate, edit: Edit, **changes: Any) -> tuple[bytes, bytes]:
    """A certificate issued under an edited trust root, and that trust root."""
    from govern.attestation.trust.reading import load_trust

    trust = gate.trust_file(edit)
    issued = gate.issue(trust_digest=load_trust(trust).digest, **changes)
    return issued.certificate_bytes, trust


# -- what holds -----------------------------------------------------------------------------------------------------


def test_a_sound_certificate_is_valid_and_says_what_was_not_checked(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(certificate, bundle=manifest())
    assert result.exit_code == 0
    assert failed(result) == []
    assert result.verdict.startswith("VALID as of checkpoint 5 (2026-06-01T00:00:00Z); policy baseline 1.0.0; policy")
    assert "; 0 waivers; 2 clauses not assessed; NOT CHECKED: expected, policy, decision, revocation" in result.verdict
    assert result.signatory is not None
    assert (result.signatory.owner, result.signatory.role) == ("service:gate", "certifier")
    assert (result.subject, result.log_origin, result.tree_size) == ("credit-risk@3.2.0", "ledger.example", 5)


def test_every_step_has_a_line_in_its_place(gate: Gate, certificate: bytes) -> None:
    order = [line.step for line in gate.verify(certificate).lines]
    assert list(dict.fromkeys(order)) == list(dict.fromkeys(step.id for step in STEPS))
    assert {step.id for step in STEPS} == {
        "read",
        "trust",
        "envelope",
        "key",
        "signature",
        "canonical",
        "statement",
        "role",
        "log-entry",
        "checkpoint",
        "inclusion",
        "witness",
        "time",
        "bundle",
        "expected",
        "policy",
        "waivers",
        "attested",
        "approvals",
        "decision",
        "validity",
        "revocation",
    }


def test_each_steps_needs_stand_before_it() -> None:
    seen: set[str] = set()
    for step in STEPS:
        assert set(step.needs) <= seen
        seen.add(step.id)


def test_verification_is_a_function_of_its_bytes(gate: Gate, certificate: bytes) -> None:
    assert gate.verify(certificate) == gate.verify(certificate)


def test_a_verification_summary_is_judged_too(gate: Gate) -> None:
    summary = gate.issue().vsa_bundle_bytes
    assert summary is not None
    result = gate.verify(summary, kind=VSA, bundle=manifest(), expected=Expected(uri="models:/credit-risk/3.2.0"))
    assert result.exit_code == 0
    assert result.verdict.startswith("VALID SUMMARY as of checkpoint 5")
    asked = gate.verify(summary, kind=VSA, expected=Expected(stage="pre-registration", policies=("credit-risk",)))
    assert failed(asked) == [("expected", 1), ("expected", 1)]


def test_the_document_is_json_with_every_line(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(certificate)
    document = json.loads(canonical_bytes(result.document()))
    assert document["schema"] == "urn:govern:verification:v1"
    assert [item["id"] for item in document["checks"]] == [line.step for line in result.lines]
    assert document["signedBy"] == {"keyid": CERTIFIER.public.keyid, "owner": "service:gate", "role": "certifier"}
    broken = json.loads(canonical_bytes(gate.verify(b"").document()))
    assert (broken["exit_code"], broken["subject"], broken["signedBy"], broken["ledger"]) == (4, None, None, None)


# -- 1 read ---------------------------------------------------------------------------------------------------------


def duplicated(data: bytes) -> bytes:
    return data.replace(b'{"dsseEnvelope"', b'{"mediaType":"x","dsseEnvelope"', 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"\xff",
        lambda data: b"[" * 100_000,
        lambda data: b'{"a":' * 100 + b"1" + b"}" * 100,
        lambda data: b"null\n",
        lambda data: b" " * (8 * 1024 * 1024 + 1),
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b":", b": ", 1),
        lambda data: json.dumps(json.loads(data), indent=1).encode(),
        duplicated,
        lambda data: edited(data, lambda value: value.update(mediaType="application/x")),
        lambda data: edited(data, lambda value: value.update(extra=1)),
        lambda data: edited(data, lambda value: value["verificationMaterial"].update(extra=1)),
        lambda data: edited(data, lambda value: value["verificationMaterial"].update(certificate={"rawBytes": "AA=="})),
        lambda data: edited(data, lambda value: value["verificationMaterial"]["publicKey"].update(rawBytes="AA==")),
        lambda data: edited(data, lambda value: value.pop("dsseEnvelope")),
        lambda data: edited(data, lambda value: entry_of(value).update(inclusionPromise={"x": "y"})),
        lambda data: edited(data, lambda value: entry_of(value).update(logIndex=3)),
        lambda data: edited(
            data, lambda value: value["verificationMaterial"].update(tlogEntries=[entry_of(value)] * 33)
        ),
        lambda data: edited(
            data,
            lambda value: value["verificationMaterial"].update(
                timestampVerificationData={"rfc3161Timestamps": [{"signedTimestamp": "!"}]}
            ),
        ),
        lambda data: canonical_bytes(json.loads(data)["dsseEnvelope"]) + b"\n",
    ],
)
def test_a_file_in_another_form_is_refused(gate: Gate, certificate: bytes, change: Callable[[bytes], bytes]) -> None:
    result = gate.verify(change(certificate))
    assert (result.exit_code, failed(result)) == (4, [("read", 4)])
    assert {line.status for line in result.lines if line.step == "bundle"} == {Status.NOT_CHECKED}
    assert lines_of(result, "trust")[0].startswith("ok")  # what does not rest on the file still runs


def test_a_spelling_that_can_be_mended_says_how(gate: Gate, certificate: bytes) -> None:
    line = gate.verify(certificate.replace(b":", b": ", 1), certificate_name="c.json").lines[0]
    assert line.help == "rewrite it without a change of content: jq -cS . c.json"


# -- 2 trust --------------------------------------------------------------------------------------------------------


def test_a_broken_trust_root_stops_what_rests_on_it_and_nothing_else(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(certificate, trust=b"{}\n")
    assert (result.exit_code, failed(result)) == (4, [("trust", 4)])
    assert lines_of(result, "read")[0].startswith("ok")
    assert lines_of(result, "envelope")[0].startswith("ok")
    assert lines_of(result, "key") == ["NOT CHECKED: rests on trust, which failed"]


def test_an_expired_trust_root_decides_nothing(gate: Gate, certificate: bytes) -> None:
    trust = with_trust(gate, lambda made: made.update(expires="2026-06-01T00:00:00Z"))
    result = gate.verify(gate.issue(nonce=b"e" * 16).certificate_bytes, trust=trust)
    assert ("trust", 3) in failed(result)
    held, trust = reissued(gate, lambda made: made.update(expires="2026-06-01T00:00:00Z"))
    result = gate.verify(held, trust=trust)
    assert (result.exit_code, failed(result)) == (3, [("trust", 3)])
    assert result.verdict == "COULD NOT DECIDE: trust"
    assert gate.verify(held, trust=trust, at=parse_instant("2026-05-31T23:59:59Z")).exit_code == 0


def next_version(gate: Gate, edit: Edit | None = None) -> bytes:
    from govern.attestation.trust.reading import load_trust

    old = load_trust(gate.trust)
    made = json.loads(old.payload)["predicate"]
    made.update(version=2, previous={"digest": {"sha256": old.digest}})
    if edit is not None:
        edit(made)
    return sign_trust(made, [ROOT_A, ROOT_B])


def test_a_newer_trust_root_judges_older_certificates(gate: Gate, certificate: bytes) -> None:
    newer = next_version(gate)
    chained = gate.verify(certificate, trust=newer, earlier_trust=(gate.trust,))
    assert chained.exit_code == 0
    assert lines_of(chained, "trust")[1] == "ok: issued under version 1, the same"
    alone = gate.verify(certificate, trust=newer)
    assert alone.exit_code == 0
    assert lines_of(alone, "trust")[1] == "ok: issued under version 1, of which no copy was given to compare"


def test_a_broken_chain_is_refused(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(certificate, trust=gate.trust, earlier_trust=(next_version(gate),))
    assert failed(result) == [("trust", 4)]


def test_a_trust_root_older_than_the_certificate_names_decides_nothing(gate: Gate) -> None:
    held = gate.issue(trust_version=2).certificate_bytes
    result = gate.verify(held)
    assert (result.exit_code, failed(result)) == (3, [("trust", 3)])


def test_another_trust_root_of_the_same_version_is_a_fork(gate: Gate) -> None:
    result = gate.verify(gate.issue(trust_digest="0" * 64).certificate_bytes)
    assert (result.exit_code, failed(result)) == (4, [("trust", 4)])


def test_a_pinned_fingerprint_must_be_in_the_chain(gate: Gate, certificate: bytes) -> None:
    newer = next_version(gate)
    for pin in (gate.trust_digest, f"sha256:{gate.trust_digest}"):
        assert gate.verify(certificate, trust=newer, earlier_trust=(gate.trust,), pinned=pin).exit_code == 0
        assert failed(gate.verify(certificate, trust=newer, pinned=pin)) == [("trust", 4)]
    assert "not pinned" not in lines_of(gate.verify(certificate, pinned=gate.trust_digest), "trust")[0]
    assert "not pinned" in lines_of(gate.verify(certificate), "trust")[0]


# -- 3 envelope, 4 key, 5 signature ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        lambda value: value["dsseEnvelope"]["signatures"].append(value["dsseEnvelope"]["signatures"][0]),
        lambda value: value["dsseEnvelope"].update(signatures=[]),
        lambda value: value["dsseEnvelope"].update(payloadType="application/json"),
        lambda value: value["dsseEnvelope"].update(payload=value["dsseEnvelope"]["payload"] + "A"),
        lambda value: value["dsseEnvelope"].update(payload="aGl="),
    ],
)
def test_another_envelope_is_refused(gate: Gate, certificate: bytes, edit: Edit) -> None:
    result = gate.verify(edited(certificate, edit))
    assert (result.exit_code, failed(result)) == (4, [("envelope", 4)])


def set_keyid(keyid: str) -> Edit:
    return lambda value: value["dsseEnvelope"]["signatures"][0].update(keyid=keyid)


def set_hint(hint: str) -> Edit:
    return lambda value: value["verificationMaterial"]["publicKey"].update(hint=hint)


@pytest.mark.parametrize(
    "edit",
    [
        set_keyid(OTHER.public.keyid),
        set_keyid(ROOT_A.public.keyid),
        set_keyid(CERTIFIER.public.keyid + "="),
        set_keyid("x"),
        set_hint(OTHER.public.hint),
        set_hint("x"),
    ],
)
def test_key_id_and_hint_must_be_those_of_the_key_that_signed(gate: Gate, certificate: bytes, edit: Edit) -> None:
    result = gate.verify(edited(certificate, edit))
    assert (result.exit_code, failed(result)) == (4, [("key", 4)])


def test_a_key_that_the_trust_root_does_not_list_is_refused(gate: Gate) -> None:
    """The bundle brings its own key, leaf and hint: none of it counts."""
    result = gate.verify(gate.issue(by=OTHER, nonce=b"o" * 16).certificate_bytes)
    assert (result.exit_code, failed(result)) == (4, [("key", 4)])
    line = next(line for line in result.lines if line.step == "key")
    assert (line.found, line.expected) == (OTHER.public.keyid, f"one of {CERTIFIER.public.keyid}")


def test_a_root_key_attests_nothing(gate: Gate) -> None:
    result = gate.verify(gate.issue(by=ROOT_A, nonce=b"r" * 16).certificate_bytes)
    assert failed(result) == [("key", 4)]
    assert "a root key" in lines_of(result, "key")[0]


def as_waiver_key(made: dict[str, Any]) -> None:
    made["keys"][OTHER.public.keyid] = {"spki": base64_text(OTHER.public.spki), "owner": "person:erin"}
    made["roles"]["waiver"] = {"keys": [{"keyid": OTHER.public.keyid}], "types": ["waiver:v1"]}


def test_a_waiver_key_under_the_certifiers_name_is_refused(gate: Gate) -> None:
    held, trust = reissued(gate, as_waiver_key, by=OTHER, nonce=b"w" * 16)
    assert failed(gate.verify(held, trust=trust)) == [("role", 1)]
    posing = edited(edited(held, set_keyid(CERTIFIER.public.keyid)), set_hint(CERTIFIER.public.hint))
    assert failed(gate.verify(posing, trust=trust)) == [("key", 4)]


def test_an_altered_payload_is_refused(gate: Gate, certificate: bytes) -> None:
    def rename(value: dict[str, Any]) -> None:
        payload = base64_bytes(value["dsseEnvelope"]["payload"]).replace(b"credit-risk@3.2.0", b"credit-risk@3.2.1")
        value["dsseEnvelope"]["payload"] = base64_text(payload)

    result = gate.verify(edited(certificate, rename))
    assert (result.exit_code, failed(result)) == (4, [("signature", 4)])
    assert lines_of(result, "statement") == ["NOT CHECKED: rests on signature, which failed"]


def test_a_trust_root_without_attesting_keys(gate: Gate, certificate: bytes) -> None:
    trust = with_trust(gate, lambda made: made["roles"]["certifier"].update(keys=[]))
    line = next(line for line in gate.verify(certificate, trust=trust).lines if line.step == "key")
    assert (line.exit, line.expected) == (4, "one of none: no key attests anything")


# -- 6 canonical, 7 statement ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda payload: payload + b" ",
        lambda payload: b"\xef\xbb\xbf" + payload,
        lambda payload: payload.decode().encode("utf-16"),
        lambda payload: payload.replace(b'"decision":"allowed"', b'"decision":"allowed","decision":"allowed"'),
        lambda payload: payload.replace(b'"files":4', b'"files":4.0'),
        lambda payload: payload.replace(b'"files":4', b'"files":4e0'),
        lambda payload: payload.replace(b'"files":4', b'"files":NaN'),
        lambda payload: payload.replace(b'"files":4', b'"files":9007199254740992'),
        lambda payload: payload.replace(b"person:alice", b"\\ud800"),
        lambda payload: payload.replace(b"person:alice", b"\\u0061lice"),
        lambda payload: payload.replace(b'"files":4', b'"files":' + b"[" * 100_000),
        lambda payload: payload.replace(b'"files":4', b'"files":/*4*/4'),
        lambda payload: b"\xff",
    ],
)
def test_a_signed_payload_in_another_spelling_is_refused(gate: Gate, change: Callable[[bytes], bytes]) -> None:
    payload = change(gate.issue().payload)
    result = gate.verify(gate.sign(payload))
    assert (result.exit_code, failed(result)) == (4, [("canonical", 4)])


def put(path: str, new: Any) -> Edit:
    def edit(statement: dict[str, Any]) -> None:
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        where: Any = statement
        for step in parents:
            where = where[step]
        where[last] = new

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        put("_type", "https://in-toto.io/Statement/v0.1"),
        put("predicateType", "urn:govern:attestation:something:v1"),
        put("predicateType", 7),
        put("subject", []),
        lambda statement: statement["subject"].append(statement["subject"][0]),
        lambda statement: statement["subject"][0]["digest"].update(sha512="00"),
        lambda statement: statement["subject"][0].update(uri="x"),
        lambda statement: statement.update(extra=1),
        put("subject/0/name", "other@3.2.0"),
        put("subject/0/digest", {"sha256": "0" * 64}),
        put("predicate/decision", "denied"),
        put("predicate/rules/0/outcome", "fail"),
        put("predicate/rules/0/outcome", "waived"),
        put("predicate/rules/0/waiver", {"digest": {"sha256": "0" * 64}}),
        put("predicate/rules", []),
        put("predicate/nonce", "AA=="),
        put("predicate/validUntil", "2027-02-30T00:00:00Z"),
        lambda statement: statement["predicate"].pop("validUntil"),
        put("predicate/model/manifest/files", "4"),
    ],
)
def test_a_signed_statement_that_is_unsound_is_refused(gate: Gate, edit: Edit) -> None:
    result = gate.verify(gate.sign_edited(edit))
    assert (result.exit_code, failed(result)) == (4, [("statement", 4)])


@pytest.mark.parametrize("payload", [b"null", b"[]", b'"x"', b"{}"])
def test_a_payload_that_is_no_statement_is_refused(gate: Gate, payload: bytes) -> None:
    assert failed(gate.verify(gate.sign(payload))) == [("statement", 4)]


def test_unknown_members_of_a_predicate_are_named_and_not_checked(gate: Gate) -> None:
    def extend(statement: dict[str, Any]) -> None:
        statement["predicate"]["newer"] = {"a": 1}
        statement["predicate"]["rules"][0]["weight"] = "2"

    result = gate.verify(gate.sign_edited(extend))
    assert result.exit_code == 0
    assert set(lines_of(result, "statement")[1:]) == {
        "NOT CHECKED: unknown member /predicate/rules/0/weight",
        "NOT CHECKED: unknown member /predicate/newer",
    }


def test_a_certificate_taken_for_a_refusal_names_what_it_is(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(certificate, kind=REFUSAL)
    assert (result.exit_code, failed(result)) == (1, [("statement", 1)])
    line = next(line for line in result.lines if line.step == "statement")
    assert (line.expected, line.found) == (REFUSAL, f"{CERTIFICATE} (decision allowed)")


# -- 8 role ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        lambda made: made["roles"]["certifier"].update(types=["refusal:v1"]),
        lambda made: made["roles"]["certifier"].update(stages=["pre-deployment"]),
        lambda made: made["roles"]["certifier"].update(stages=[]),
        lambda made: made["roles"]["certifier"].update(verifierIds=["https://other.example"]),
    ],
)
def test_a_role_signs_only_its_types_stages_and_verifiers(gate: Gate, edit: Edit) -> None:
    held, trust = reissued(gate, edit)
    result = gate.verify(held, trust=trust)
    assert (result.exit_code, failed(result)) == (1, [("role", 1)])
    assert result.signatory is None


def test_a_role_without_limits_signs_for_every_stage_and_verifier(gate: Gate) -> None:
    def unlimited(made: dict[str, Any]) -> None:
        del made["roles"]["certifier"]["stages"], made["roles"]["certifier"]["verifierIds"]

    held, trust = reissued(gate, unlimited, stage="post-deployment")
    assert gate.verify(held, trust=trust).exit_code == 0


# -- 9 log-entry ----------------------------------------------------------------------------------------------------


def another_entry(gate: Gate) -> Edit:
    other = json.loads(gate.issue(nonce=b"9" * 16).certificate_bytes)

    def edit(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]

    return edit


def test_another_certificates_entry_is_refused(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(edited(certificate, another_entry(gate)))
    assert (result.exit_code, failed(result)) == (4, [("log-entry", 4)])


@pytest.mark.parametrize(
    "edit",
    [
        lambda entry: entry.update(kindVersion={"kind": "dsse", "version": "0.0.2"}),
        lambda entry: entry.update(kindVersion={"kind": "hashedrekord", "version": "0.0.1"}),
        lambda entry: entry.update(integratedTime="1"),
        lambda entry: entry.update(logIndex="4"),
        lambda entry: entry.update(logIndex="03"),
        lambda entry: entry["inclusionProof"].update(logIndex="4"),
        lambda entry: entry["inclusionProof"].update(treeSize="05"),
        lambda entry: entry["inclusionProof"].update(rootHash="x"),
        lambda entry: entry["inclusionProof"]["hashes"].append("x"),
        lambda entry: entry["logId"].update(keyId="!"),
        lambda entry: entry.update(canonicalizedBody="AA=="),
        lambda entry: entry.update(canonicalizedBody="A"),
    ],
)
def test_a_log_entry_in_another_form_is_refused(gate: Gate, certificate: bytes, edit: Edit) -> None:
    result = gate.verify(edited(certificate, lambda value: edit(entry_of(value))))
    assert (result.exit_code, failed(result)) == (4, [("log-entry", 4)])


def test_one_entry_listed_twice_is_refused(gate: Gate, certificate: bytes) -> None:
    twice = edited(certificate, lambda value: value["verificationMaterial"]["tlogEntries"].append(entry_of(value)))
    assert failed(gate.verify(twice)) == [("log-entry", 4)]


def unlogged(value: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] = []


def test_a_certificate_that_was_not_logged_is_refused(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(edited(certificate, unlogged))
    assert (result.exit_code, failed(result)) == (1, [("log-entry", 1)])


def test_a_trust_root_may_ask_for_no_log(gate: Gate) -> None:
    held, trust = reissued(gate, lambda made: made["require"].update(logEntries=0))
    result = gate.verify(edited(held, unlogged), trust=trust)
    assert result.exit_code == 0
    assert "VALID as of no checkpoint" in result.verdict
    assert lines_of(result, "inclusion") == ["NOT CHECKED: there is no log entry"]
    with_file = gate.verify(edited(held, unlogged), trust=trust, tlog_proof=gate.issue().tlog_proof, checkpoint=b"x")
    assert all(line.startswith("NOT CHECKED") for line in lines_of(with_file, "inclusion"))


# -- 10 checkpoint, 11 inclusion ------------------------------------------------------------------------------------


def note_of(value: dict[str, Any]) -> dict[str, Any]:
    found = entry_of(value)["inclusionProof"]["checkpoint"]
    assert isinstance(found, dict)
    return found


def change_note(old: str, new: str) -> Edit:
    return lambda value: note_of(value).update(envelope=note_of(value)["envelope"].replace(old, new))


def test_a_log_that_the_trust_root_does_not_list_is_refused(gate: Gate, certificate: bytes) -> None:
    trust = with_trust(gate, lambda made: made["logs"][0].update(vkey=log_signer("ledger.example", 8).key.vkey))
    assert ("checkpoint", 4) in failed(gate.verify(certificate, trust=trust))
    none = with_trust(gate, lambda made: made.update(logs=[]))
    assert ("checkpoint", 4) in failed(gate.verify(certificate, trust=none))


@pytest.mark.parametrize(
    "edit",
    [
        change_note("ledger.example\n5", "ledger.example\n4"),
        change_note("— ledger.example", "— other.example"),
        change_note("\n\n", "\n"),
        lambda value: entry_of(value)["inclusionProof"].update(treeSize="6"),
        lambda value: entry_of(value)["logId"].update(keyId=base64_text(b"\0" * 32)),
    ],
)
def test_a_checkpoint_that_is_not_the_proofs_is_refused(gate: Gate, certificate: bytes, edit: Edit) -> None:
    result = gate.verify(edited(certificate, edit))
    assert ("checkpoint", 4) in failed(result)
    assert result.exit_code == 4
    assert lines_of(result, "witness") == ["NOT CHECKED: rests on checkpoint, which failed"]


def note_of_size(gate: Gate, size: int) -> str:
    """A checkpoint that the log signed earlier."""
    with closing(sqlite3.connect(gate.box.paths.database)) as connection:
        found: str = connection.execute("SELECT note FROM checkpoint WHERE size = ?", (size,)).fetchone()[0]
    return found


def test_an_older_head_of_the_same_log_is_not_the_proofs(gate: Gate, certificate: bytes) -> None:
    older = note_of_size(gate, 3)
    result = gate.verify(edited(certificate, lambda value: note_of(value).update(envelope=older)))
    assert failed(result) == [("checkpoint", 4)]


def test_a_line_of_an_unknown_witness_is_the_one_thing_tolerated(gate: Gate, certificate: bytes) -> None:
    def cosign(value: dict[str, Any]) -> None:
        note = note_of(value)
        note["envelope"] += WITNESSES[0].line(note["envelope"].split("\n\n")[0] + "\n", seconds=1)

    assert gate.verify(edited(certificate, cosign)).exit_code == 0


def test_a_statement_that_names_another_log_is_refused(gate: Gate) -> None:
    held = gate.sign_edited(put("predicate/ledger/origin", "other.example"))
    assert failed(gate.verify(held)) == [("checkpoint", 4)]


@pytest.mark.parametrize(
    "edit",
    [
        lambda proof: proof["hashes"].reverse(),
        lambda proof: proof["hashes"].pop(),
        lambda proof: proof["hashes"].append(proof["hashes"][0]),
        lambda proof: proof["hashes"].__setitem__(0, base64_text(b"\0" * 32)),
        lambda proof: proof["hashes"].__setitem__(0, base64_text(b"\0" * 31)),
    ],
)
def test_a_proof_that_does_not_lead_to_the_root_is_refused(gate: Gate, certificate: bytes, edit: Edit) -> None:
    result = gate.verify(edited(certificate, lambda value: edit(entry_of(value)["inclusionProof"])))
    assert (result.exit_code, failed(result)) == (4, [("inclusion", 4)])


def test_another_index_is_refused(gate: Gate, certificate: bytes) -> None:
    def move(value: dict[str, Any]) -> None:
        entry_of(value).update(logIndex="2")
        entry_of(value)["inclusionProof"].update(logIndex="2")

    assert failed(gate.verify(edited(certificate, move))) == [("inclusion", 4)]


def test_a_given_checkpoint_must_be_of_the_same_log(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    held = gate.issue().certificate_bytes
    with gate.box.open() as ledger:
        for number in range(3):
            ledger.append([entry(f"later {number}")])
        newer, proof = ledger.head().note.encode(), ledger.consistency(5, 8)
        older = note_of_size(gate, 3).encode()
        back = ledger.consistency(3, 5)
    same = json.loads(held)["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]["envelope"]
    assert gate.verify(held, checkpoint=same.encode()).exit_code == 0
    assert gate.verify(held, checkpoint=newer, consistency=proof).exit_code == 0
    assert gate.verify(held, checkpoint=older, consistency=back).exit_code == 0
    unknown = gate.verify(held, checkpoint=newer)
    assert unknown.exit_code == 0
    assert lines_of(unknown, "inclusion")[1].startswith("NOT CHECKED: whether")
    assert gate.verify(held, checkpoint=newer, strict=True).exit_code == 3
    for bad in (b"\xff", b"x", newer.replace(b"\n8\n", b"\n9\n")):
        assert failed(gate.verify(held, checkpoint=bad)) == [("inclusion", 4)]
    assert failed(gate.verify(held, checkpoint=newer, consistency=back)) == [("inclusion", 4)]
    fork = LedgerBox(tmp_path / "fork").filled(5)
    forked = fork.paths.published.read_bytes()
    assert failed(gate.verify(held, checkpoint=forked)) == [("inclusion", 4)]


def test_a_proof_file_must_prove_the_same_entry(tmp_path: Path) -> None:
    gate = Gate(tmp_path)
    issued = gate.issue()
    assert gate.verify(issued.certificate_bytes, tlog_proof=issued.tlog_proof).exit_code == 0
    with gate.box.open() as ledger:
        ledger.append([entry("later")])
        refreshed = ledger.prove(issued.ledger_index).proof.data
        other = ledger.prove(1).proof.data
    result = gate.verify(issued.certificate_bytes, tlog_proof=refreshed)
    assert lines_of(result, "inclusion")[1] == "ok: the proof file proves entry 3 of 6"
    for bad in (b"", other, refreshed.replace(b"index 3", b"index 2")):
        assert failed(gate.verify(issued.certificate_bytes, tlog_proof=bad)) == [("inclusion", 4)]


# -- 12 witness -----------------------------------------------------------------------------------------------------


def two_witnesses(made: dict[str, Any]) -> None:
    made["witnesses"] = [{"name": f"w{number}", "vkey": item.key.vkey} for number, item in enumerate(WITNESSES)]
    made["groups"] = ["g all w0 w1"]
    made["quorum"] = "g"


def cosigned_by(*witnesses: NoteSigner) -> Edit:
    def edit(value: dict[str, Any]) -> None:
        note = note_of(value)
        text = note["envelope"].split("\n\n")[0] + "\n"
        note["envelope"] += "".join(item.line(text, seconds=1_767_323_045) for item in witnesses)

    return edit


def test_the_quorum_of_witnesses_must_be_met(gate: Gate) -> None:
    held, trust = reissued(gate, two_witnesses)
    assert failed(gate.verify(held, trust=trust)) == [("witness", 1)]
    assert failed(gate.verify(edited(held, cosigned_by(WITNESSES[0])), trust=trust)) == [("witness", 1)]
    result = gate.verify(edited(held, cosigned_by(*WITNESSES)), trust=trust)
    assert result.exit_code == 0
    assert lines_of(result, "witness") == ["ok: quorum g met by w11.example, w12.example"]


def test_a_known_witness_with_a_false_signature_spoils_the_checkpoint(gate: Gate) -> None:
    held, trust = reissued(gate, two_witnesses)
    line = WITNESSES[0].line("other text\n", seconds=1)

    def forge(value: dict[str, Any]) -> None:
        note_of(value)["envelope"] += line

    assert failed(gate.verify(edited(held, forge), trust=trust)) == [("checkpoint", 4)]


def test_a_renewed_proof_of_the_same_entry_meets_the_quorum(gate: Gate) -> None:
    """A witness was away when the certificate was issued, and has cosigned a later head since."""
    trust = gate.trust_file(two_witnesses)
    held = gate.issue(nonce=b"r" * 16, trust_digest=load_trust(trust).digest).certificate_bytes
    index = int(json.loads(held)["verificationMaterial"]["tlogEntries"][0]["logIndex"])
    gate.issue(nonce=b"s" * 16)
    with gate.box.open() as ledger:
        proof = ledger.prove(index).proof
        other = ledger.prove(0).proof.data
    text = proof.checkpoint.split("\n\n")[0] + "\n"
    lines = [item.line(text, seconds=1) for item in WITNESSES]
    renewed = replace(proof, checkpoint=proof.checkpoint + "".join(lines)).data
    assert failed(gate.verify(held, trust=trust)) == [("witness", 1)]
    assert failed(gate.verify(held, trust=trust, tlog_proof=proof.data)) == [("witness", 1)]
    result = gate.verify(held, trust=trust, tlog_proof=renewed)
    assert failed(result) == []
    assert "on the checkpoint of the proof file" in lines_of(result, "witness")[0]
    assert gate.verify(held, trust=trust, tlog_proof=other).exit_code == 4


def test_a_quorum_without_any_entry_is_not_met(gate: Gate) -> None:
    def both(made: dict[str, Any]) -> None:
        two_witnesses(made)
        made["require"]["logEntries"] = 0

    held, trust = reissued(gate, both)
    assert failed(gate.verify(edited(held, unlogged), trust=trust)) == [("witness", 1)]


# -- 13 time --------------------------------------------------------------------------------------------------------


def add_token(value: dict[str, Any]) -> None:
    value["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]}


def test_a_token_that_cannot_be_checked_is_refused(gate: Gate, certificate: bytes) -> None:
    result = gate.verify(edited(certificate, add_token))
    assert (result.exit_code, failed(result)) == (4, [("time", 4)])
    held, trust = reissued(gate, lambda made: made.update(tsas=[{"certs": ["MAA="], "validFor": {}}]))
    assert failed(gate.verify(edited(held, add_token), trust=trust)) == [("time", 4)]


def key_window(**window: str | None) -> Edit:
    return lambda made: made["roles"]["certifier"]["keys"][0].update(validFor=window)


@pytest.mark.parametrize(
    ("edit", "refused"),
    [
        (lambda made: made["require"].update(timestamps=1), True),
        (key_window(start="2026-01-02T03:04:06Z"), True),
        (key_window(end="2026-01-02T03:04:05Z"), True),
        (key_window(start="2026-01-02T03:04:05Z", end="2026-01-02T03:04:06Z"), False),
        (key_window(start=None, end=None), False),
        (lambda made: made["logs"][0].update(validFor={"end": "2026-01-01T12:00:00Z"}), True),
        (lambda made: made["logs"][0].update(validFor={}), False),
    ],
)
def test_key_and_log_must_have_been_in_use(gate: Gate, edit: Edit, refused: bool) -> None:
    held, trust = reissued(gate, edit)
    result = gate.verify(held, trust=trust)
    assert failed(result) == ([("time", 1)] if refused else [])


def revoke(**since: Any) -> Edit:
    entry = {"keyid": CERTIFIER.public.keyid, "reason": "compromise", **since}
    return lambda made: made.update(revokedKeys=[entry])


@pytest.mark.parametrize(
    ("since", "void"),
    [
        ({"fromIndex": 3}, True),
        ({"fromIndex": 4}, False),
        ({"fromIndex": 4, "from": "2020-01-01T00:00:00Z"}, False),  # the log's order is the better proof
        ({"from": "2030-01-01T00:00:00Z"}, True),  # the signer's own word about time proves nothing
        ({"from": "2020-01-01T00:00:00Z"}, True),
        ({}, True),
    ],
)
def test_a_revoked_key_is_void_unless_the_log_shows_it_signed_before(
    tmp_path: Path, since: dict[str, Any], void: bool
) -> None:
    gate = Gate(tmp_path)
    held, trust = reissued(gate, revoke(**since))
    assert failed(gate.verify(held, trust=trust)) == ([("time", 1)] if void else [])


def test_another_keys_revocation_is_nothing_to_this_one(gate: Gate) -> None:
    held, trust = reissued(
        gate, lambda made: made.update(revokedKeys=[{"keyid": OTHER.public.keyid, "reason": "lost"}])
    )
    assert gate.verify(held, trust=trust).exit_code == 0


# -- 14 bundle ------------------------------------------------------------------------------------------------------

CHANGED = {**FILES, "model.safetensors": b"W" * 999 + b"w"}
MISSING = {name: data for name, data in FILES.items() if name != "README.md"}
EXTRA = {**FILES, "z/added.txt": b""}


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (CHANGED, "model.safetensors is changed"),
        (MISSING, "README.md is missing"),
        (EXTRA, "z/added.txt is extra"),
        ({**EXTRA, "README.md": b"x"}, "README.md is changed, and 1 more"),
    ],
)
def test_the_first_difference_is_named(gate: Gate, certificate: bytes, files: dict[str, bytes], said: str) -> None:
    result = gate.verify(certificate, bundle=manifest(files), manifest_file=manifest().data)
    assert (result.exit_code, failed(result)) == (4, [("bundle", 4)])
    assert lines_of(result, "bundle") == [f"FAIL: the folder is not what was judged: {said}"]


@pytest.mark.parametrize("manifest_file", [None, b"damaged", manifest(EXTRA).data])
def test_without_the_judged_manifest_no_file_can_be_named(
    gate: Gate, certificate: bytes, manifest_file: bytes | None
) -> None:
    result = gate.verify(certificate, bundle=manifest(CHANGED), manifest_file=manifest_file)
    assert failed(result) == [("bundle", 4)]
    assert "safetensors" not in lines_of(result, "bundle")[0]


def test_a_folder_that_cannot_be_opened_decides_nothing(gate: Gate, certificate: bytes) -> None:
    refused = (Diagnostic("B101", "a symbolic link"),)
    result = gate.verify(certificate, bundle_refused=refused)
    assert (result.exit_code, failed(result)) == (3, [("bundle", 3)])


def test_a_statement_that_counts_other_files_than_its_manifest_is_refused(gate: Gate) -> None:
    result = gate.verify(gate.issue(files=5, nonce=b"f" * 16).certificate_bytes, bundle=manifest())
    assert failed(result) == [("bundle", 4)]


def test_no_folder_is_not_checked(gate: Gate, certificate: bytes) -> None:
    assert lines_of(gate.verify(certificate), "bundle") == ["NOT CHECKED: no folder was given"]
    assert gate.verify(certificate, strict=True).exit_code == 3


# -- 15 expected, 16 policy -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (Expected(model="credit-risk", version="3.2.0", stage="pre-registration"), True),
        (Expected(uri="models:/credit-risk/3.2.0", policies=("baseline", "credit-risk")), True),
        (Expected(model="other"), False),
        (Expected(version="3.2.1"), False),
        (Expected(uri="models:/credit-risk/3.2.0/"), False),
        (Expected(stage="pre-deployment"), False),
        (Expected(policies=("fair-lending",)), False),
    ],
)
def test_it_must_be_about_what_was_asked(gate: Gate, certificate: bytes, asked: Expected, holds: bool) -> None:
    result = gate.verify(certificate, expected=asked)
    assert failed(result) == ([] if holds else [("expected", 1)])


@pytest.mark.parametrize(
    ("least", "holds"),
    [
        ("2.1.0", True),
        ("2.1", True),
        ("2.0.9", True),
        ("2.1.0-rc.1", True),
        ("2.1.1", False),
        ("2.10.0", False),
        ("3", False),
        ("new", False),
    ],
)
def test_a_policy_older_than_the_least_is_refused(gate: Gate, least: str, holds: bool) -> None:
    held, trust = reissued(gate, lambda made: made.update(minPolicy={"credit-risk": least, "unused": "9"}))
    result = gate.verify(held, trust=trust)
    assert failed(result) == ([] if holds else [("policy", 1)])


@pytest.mark.parametrize("version", ["2.1.0-rc.1", "latest", "2.1.0.0.0"])
def test_a_version_without_order_or_before_its_release_is_too_old(gate: Gate, version: str) -> None:
    held, trust = reissued(
        gate,
        lambda made: made.update(minPolicy={"credit-risk": "2.1.0"}),
        policies=(replace(gate.inputs().policies[0], version=version, release_digest="12" * 32),),
    )
    result = gate.verify(held, trust=trust)
    assert failed(result) == [("policy", 1)]
    assert lines_of(result, "policy")[1].endswith(f"names the release {'12' * 32}, which was not supplied")


# -- 17 waivers and attestations, 18 approvals ------------------------------------------------------------------------


def test_people_whose_statements_were_not_supplied_are_not_checked(gate: Gate) -> None:
    waived = RuleLine(
        id="p/w",
        check="x",
        enforcement=Enforcement.BLOCK,
        severity="low",
        outcome=Outcome.WAIVED,
        waiver_digest="a1" * 32,
    )
    attested = RuleLine(
        id="p/a",
        check="x",
        enforcement=Enforcement.BLOCK,
        severity="low",
        outcome=Outcome.PASS,
        attestation_digest="b2" * 32,
    )
    approval = ApprovalRef(digest="c3" * 32, keyid=OTHER.public.keyid)
    held = gate.issue(rules=(waived, attested), approvals=(approval,)).certificate_bytes
    result = gate.verify(held)
    assert result.exit_code == 0
    for step, digest in (("waivers", "a1"), ("attested", "b2"), ("approvals", "c3")):
        (line,) = lines_of(result, step)
        assert line.startswith("NOT CHECKED")
        assert digest * 32 in line
    assert "; 1 waiver; 2 clauses" in result.verdict
    assert gate.verify(held, strict=True).exit_code == 3


# -- 19 validity, 20 revocation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-01-02T03:04:04Z", False),
        ("2026-01-02T03:04:05Z", True),
        ("2027-01-02T03:04:04Z", True),
        ("2027-01-02T03:04:05Z", False),
    ],
)
def test_it_holds_from_issue_until_its_end(gate: Gate, certificate: bytes, at: str, holds: bool) -> None:
    result = gate.verify(certificate, at=parse_instant(at))
    assert failed(result) == ([] if holds else [("validity", 1)])


def test_a_required_status_list_that_is_not_there_decides_nothing(gate: Gate) -> None:
    held, trust = reissued(gate, lambda made: made["require"].update(statusMaxAge="P7D"))
    result = gate.verify(held, trust=trust)
    assert (result.exit_code, failed(result)) == (3, [])
    assert result.verdict.startswith("COULD NOT DECIDE: ")


# -- the exit code --------------------------------------------------------------------------------------------------


def line(status: Status, code: int = 0) -> Line:
    return Line(step="x", status=status, text="", exit=code)


@pytest.mark.parametrize(
    ("lines", "strict", "code"),
    [
        ([], False, 0),
        ([line(Status.OK)], True, 0),
        ([line(Status.NOT_CHECKED)], False, 0),
        ([line(Status.NOT_CHECKED)], True, 3),
        ([line(Status.NOT_CHECKED, 3)], False, 3),
        ([line(Status.FAIL, 3)], False, 3),
        ([line(Status.FAIL, 3), line(Status.FAIL, 1)], False, 1),
        ([line(Status.FAIL, 1), line(Status.FAIL, 4), line(Status.FAIL, 3)], True, 4),
        ([line(Status.FAIL, 1), line(Status.NOT_CHECKED)], True, 1),
    ],
)
def test_any_4_else_any_1_else_any_3(lines: list[Line], strict: bool, code: int) -> None:
    assert overall_exit(lines, strict=strict) == code


def test_several_faults_are_all_said(gate: Gate, certificate: bytes) -> None:
    result: Result = gate.verify(
        certificate,
        expected=Expected(model="other"),
        bundle=manifest(CHANGED),
        at=parse_instant("2028-01-01T00:00:00Z"),
    )
    assert failed(result) == [("trust", 3), ("bundle", 4), ("expected", 1), ("validity", 1)]
    assert result.exit_code == 4
    assert result.verdict == "INVALID: trust, bundle, expected, validity"
    assert parse_instant("2028-01-01T00:00:00Z") > NOW
