"""@sigstore/verify accepts what we sign, with its own default thresholds, and refuses each damaged variant."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.attestation.issue import Issued, issue
from govern.attestation.signing import Stamper, log_envelopes
from govern.attestation.stamps.form import minimal
from govern.attestation.trust.reading import load_trust, parse_trust
from govern.attestation.trust.root import TrustRoot, Window
from govern.attestation.trust.sigstore import key_map, public_keys, trusted_root
from govern.canonical import base64_bytes, base64_text, parse_instant
from govern.ledger.note import COSIGNATURE, NoteSigner, parse_note
from govern.policy.outcomes import Decision
from oracles.js_oracle import HERE, Outcome, js_verifies, js_verifies_all
from support.attestations import CERTIFIER, OTHER, ROOT_A, ROOT_B, Edit, Gate, edited
from support.ledgers import log_signer
from support.tsa import LocalTsa

pytestmark = pytest.mark.tools

STAMPED_AT = parse_instant("2026-01-02T03:04:06Z")


@dataclass
class Stamped:
    """A gate with a time-stamping authority, and what it issued."""

    gate: Gate
    tsa: LocalTsa
    root: TrustRoot
    certificate: Issued
    other: Issued
    refusal: Issued

    def stamp(self, signature: bytes, *, at: datetime | None = STAMPED_AT) -> bytes:
        """Ask the authority as the gate does, and keep its answer in the form that bundles hold."""
        return minimal(self.tsa.stamper(at=at)(signature)).data

    def issue(self, *, stamp: Stamper | None = None, **changes: Any) -> Issued:
        with self.gate.box.open() as ledger:
            return issue(self.gate.inputs(**changes), signer=CERTIFIER, ledger=ledger, stamp=stamp or self.stamp)

    def asks(self, bundle: bytes, **options: int) -> Outcome:
        return js_verifies(bundle, trusted_root(self.root), keys=public_keys(self.root), **options)


def with_tsa(tsa: LocalTsa) -> Edit:
    def edit(made: dict[str, Any]) -> None:
        made["tsas"] = [{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {}}]

    return edit


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> Stamped:
    folder = tmp_path_factory.mktemp("js")
    tsa = LocalTsa(folder / "tsa")
    gate = Gate(folder / "gate", edit_trust=with_tsa(tsa))
    made = Stamped(gate, tsa, load_trust(gate.trust), *[None] * 3)  # type: ignore[arg-type]  # filled below
    made.certificate = made.issue()
    made.other = made.issue(nonce=b"o" * 16)
    made.refusal = made.issue(decision=Decision.DENIED, blocking=("credit-risk/parity",), nonce=b"r" * 16)
    return made


def test_the_lock_file_names_versions_and_digests_and_no_registry() -> None:
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: item for name, item in lock["packages"].items() if name}
    assert all(item["integrity"].startswith("sha512-") and "resolved" not in item for item in packages.values())
    assert "://" not in json.dumps(lock)
    pinned = json.loads((HERE / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in pinned} == pinned


# -- accepted ---------------------------------------------------------------------------------------------------------


def test_certificate_refusal_and_summary_pass_its_default_thresholds(stamped: Stamped) -> None:
    assert stamped.certificate.vsa_bundle_bytes is not None
    for data in (
        stamped.certificate.certificate_bytes,
        stamped.refusal.certificate_bytes,
        stamped.certificate.vsa_bundle_bytes,
    ):
        assert stamped.gate.verify(data, kind=json.loads(payload_of(data))["predicateType"]).exit_code == 0
        assert stamped.asks(data) == Outcome(accepted=True)


def test_a_token_by_openssl_passes_as_well(stamped: Stamped) -> None:
    made = stamped.issue(stamp=lambda signature: stamped.stamp(signature, at=None), nonce=b"t" * 16)
    assert stamped.asks(made.certificate_bytes)


def test_without_a_token_it_passes_once_no_time_is_asked_for(stamped: Stamped) -> None:
    bare = stamped.gate.issue(nonce=b"b" * 16)
    assert stamped.asks(bare.certificate_bytes, tlog_threshold=1, timestamp_threshold=0)


def test_a_cosigned_checkpoint_passes_as_well(stamped: Stamped) -> None:
    witness = NoteSigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32), kind=COSIGNATURE)

    def cosign(value: dict[str, Any]) -> None:
        checkpoint = entry_of(value)["inclusionProof"]["checkpoint"]
        text = parse_note(checkpoint["envelope"]).text
        checkpoint["envelope"] += witness.line(text, seconds=1767323045)

    data = edited(stamped.certificate.certificate_bytes, cosign)
    assert data != stamped.certificate.certificate_bytes
    assert stamped.asks(data)
    assert stamped.gate.verify(data).exit_code == 0


def test_a_trust_root_is_logged_and_verified_like_any_other_statement(stamped: Stamped) -> None:
    _, envelopes = parse_trust(stamped.gate.trust)
    people = {who.public.keyid: who.public for who in (ROOT_A, ROOT_B)}
    keys = key_map((key, Window()) for key in people.values())
    with stamped.gate.box.open() as ledger:
        # One payload has one entry, so the first signer's envelope is the one that is logged.
        (logged,) = log_envelopes([(envelopes[0], people[envelopes[0].keyid])], ledger=ledger, stamp=stamped.stamp)
    assert js_verifies(logged.data, trusted_root(stamped.root), keys=keys)
    assert not stamped.asks(logged.data), "root keys are not among the attesting keys"


# -- refused ----------------------------------------------------------------------------------------------------------


def payload_of(bundle: bytes) -> bytes:
    return base64_bytes(json.loads(bundle)["dsseEnvelope"]["payload"])


def entry_of(value: dict[str, Any]) -> dict[str, Any]:
    entry = value["verificationMaterial"]["tlogEntries"][0]
    assert isinstance(entry, dict)
    return entry


def two_signatures(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"] *= 2


def altered_payload(value: dict[str, Any], _other: dict[str, Any]) -> None:
    payload = base64_bytes(value["dsseEnvelope"]["payload"])
    value["dsseEnvelope"]["payload"] = base64_text(payload.replace(b"credit-risk", b"debit-risk!"))


def another_signature(value: dict[str, Any], other: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]


def reordered_proof(value: dict[str, Any], _other: dict[str, Any]) -> None:
    hashes = entry_of(value)["inclusionProof"]["hashes"]
    assert len(hashes) > 1
    hashes.reverse()


def shorter_proof(value: dict[str, Any], _other: dict[str, Any]) -> None:
    entry_of(value)["inclusionProof"]["hashes"].pop()


def another_index(value: dict[str, Any], _other: dict[str, Any]) -> None:
    proof = entry_of(value)["inclusionProof"]
    proof["logIndex"] = str(int(proof["logIndex"]) - 1)


def another_root(value: dict[str, Any], other: dict[str, Any]) -> None:
    entry_of(value)["inclusionProof"]["rootHash"] = entry_of(other)["inclusionProof"]["rootHash"]


def another_entry(value: dict[str, Any], other: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] = other["verificationMaterial"]["tlogEntries"]


def same_entry_twice(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] *= 2


def altered_checkpoint(value: dict[str, Any], _other: dict[str, Any]) -> None:
    checkpoint = entry_of(value)["inclusionProof"]["checkpoint"]
    size = entry_of(value)["inclusionProof"]["treeSize"]
    checkpoint["envelope"] = checkpoint["envelope"].replace(f"\n{size}\n", f"\n{int(size) + 1}\n")


def older_kind(value: dict[str, Any], _other: dict[str, Any]) -> None:
    entry_of(value)["kindVersion"] = {"kind": "dsse", "version": "0.0.2"}


def unknown_hint(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["publicKey"]["hint"] = OTHER.public.hint


def another_token(value: dict[str, Any], other: dict[str, Any]) -> None:
    material = "timestampVerificationData"
    value["verificationMaterial"][material] = other["verificationMaterial"][material]


def same_token_twice(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"] *= 2


def no_token(value: dict[str, Any], _other: dict[str, Any]) -> None:
    del value["verificationMaterial"]["timestampVerificationData"]


def no_log(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["verificationMaterial"]["tlogEntries"] = []


def another_media_type(value: dict[str, Any], _other: dict[str, Any]) -> None:
    value["mediaType"] = "application/vnd.dev.sigstore.bundle.v9+json"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (two_signatures, "invalid bundle: content.dsseEnvelope.signatures"),
        (altered_payload, "TLOG_BODY_ERROR"),
        (another_signature, "TIMESTAMP_ERROR"),
        (reordered_proof, "TLOG_INCLUSION_PROOF_ERROR"),
        (shorter_proof, "TLOG_INCLUSION_PROOF_ERROR"),
        (another_index, "TLOG_INCLUSION_PROOF_ERROR"),
        (another_entry, "TLOG_BODY_ERROR"),
        (same_entry_twice, "duplicate tlog entry"),
        (altered_checkpoint, "TLOG_INCLUSION_PROOF_ERROR"),
        (older_kind, "TLOG_BODY_ERROR"),
        (unknown_hint, "PUBLIC_KEY_ERROR"),
        (another_token, "TIMESTAMP_ERROR"),
        (same_token_twice, "duplicate timestamp"),
        (no_token, "expected 1 timestamps, got 0"),
        (no_log, "expected 1 tlog entries, got 0"),
        (another_media_type, "invalid bundle: mediaType"),
    ],
)
def test_each_damaged_bundle_is_refused_by_both(
    stamped: Stamped, damage: Callable[[dict[str, Any], dict[str, Any]], None], says: str
) -> None:
    other = json.loads(stamped.other.certificate_bytes)
    data = edited(stamped.certificate.certificate_bytes, lambda value: damage(value, other))
    outcome = stamped.asks(data)
    assert not outcome
    assert says in f"{outcome.code} {outcome.message}", outcome
    # This trust root asks for no token, and ours counts authorities: the same token again adds nothing.
    assert stamped.gate.verify(data).exit_code != 0 or damage in (no_token, same_token_twice)


def trust_with(stamped: Stamped, edit: Edit) -> TrustRoot:
    def both(made: dict[str, Any]) -> None:
        with_tsa(stamped.tsa)(made)
        edit(made)

    return load_trust(stamped.gate.trust_file(both))


def set_window(window: dict[str, str]) -> Edit:
    return lambda made: made["roles"]["certifier"]["keys"][0].update(validFor=window)


REVOKED = {"keyid": CERTIFIER.public.keyid, "reason": "compromise"}


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (set_window({"start": "2026-01-02T03:04:07Z"}), "PUBLIC_KEY_ERROR"),
        (set_window({"end": "2026-01-02T03:04:06Z"}), "PUBLIC_KEY_ERROR"),
        (lambda made: made.update(revokedKeys=[{**REVOKED, "from": "2026-01-02T03:04:06Z"}]), "PUBLIC_KEY_ERROR"),
        (lambda made: made.update(revokedKeys=[REVOKED]), "key not found"),
        (lambda made: made.update(revokedKeys=[{**REVOKED, "fromIndex": 10**6}]), "key not found"),
        (
            lambda made: made.update(logs=[{"vkey": log_signer(seed=9).key.vkey, "validFor": {}}]),
            "invalid checkpoint signature",
        ),
        (
            lambda made: made.update(logs=[{"vkey": log_signer("other.example").key.vkey, "validFor": {}}]),
            "invalid checkpoint signature",
        ),
        (lambda made: made.update(tsas=[]), "TIMESTAMP_ERROR"),
        (lambda made: made["tsas"][0].update(validFor={"end": "2026-01-02T03:04:06Z"}), "TIMESTAMP_ERROR"),
        (lambda made: made["tsas"][0].update(validFor={"start": "2026-01-02T03:04:07Z"}), "TIMESTAMP_ERROR"),
    ],
)
def test_windows_revocations_logs_and_authorities_reach_it_through_the_exports(
    stamped: Stamped, edit: Edit, says: str
) -> None:
    root = trust_with(stamped, edit)
    outcome = js_verifies(stamped.certificate.certificate_bytes, trusted_root(root), keys=public_keys(root))
    assert not outcome
    assert says in f"{outcome.code} {outcome.message}", outcome


@pytest.mark.parametrize(
    "edit",
    [
        set_window({"start": "2026-01-02T03:04:06Z", "end": "2026-01-02T03:04:07Z"}),
        lambda made: made.update(revokedKeys=[{**REVOKED, "from": "2026-01-02T03:04:07Z"}]),
        lambda made: made["tsas"][0].update(validFor={"start": "2026-01-02T03:04:06Z", "end": "2026-01-02T03:04:07Z"}),
    ],
)
def test_the_same_exports_let_through_what_was_signed_in_time(stamped: Stamped, edit: Edit) -> None:
    root = trust_with(stamped, edit)
    assert js_verifies(stamped.certificate.certificate_bytes, trusted_root(root), keys=public_keys(root))


def test_what_it_does_not_look_at(stamped: Stamped) -> None:
    """Why its word alone is not enough: the root beside the checkpoint and members that nobody knows pass, and without a
    time no window is held against the key.
    """
    other = json.loads(stamped.other.certificate_bytes)
    for data in (
        edited(stamped.certificate.certificate_bytes, lambda value: value.update(extra=1)),
        edited(stamped.certificate.certificate_bytes, lambda value: another_root(value, other)),
    ):
        assert stamped.asks(data)
        assert stamped.gate.verify(data).exit_code == 4
    root = trust_with(stamped, set_window({"end": "2026-01-01T00:00:01Z"}))
    bare = stamped.gate.issue(nonce=b"b" * 16).certificate_bytes
    assert js_verifies(bare, trusted_root(root), keys=public_keys(root), timestamp_threshold=0)


def test_every_flipped_byte_of_payload_and_signature_is_refused(stamped: Stamped) -> None:
    value = json.loads(stamped.certificate.certificate_bytes)
    cases: list[tuple[bytes, dict[str, int]]] = []
    for path in ("payload", "sig"):
        holder = value["dsseEnvelope"] if path == "payload" else value["dsseEnvelope"]["signatures"][0]
        whole = base64_bytes(holder[path])
        for place in range(len(whole)):
            changed = bytearray(whole)
            changed[place] ^= 1
            holder[path] = base64_text(bytes(changed))
            cases.append((json.dumps(value).encode(), {"timestampThreshold": 0}))
        holder[path] = base64_text(whole)
    outcomes = js_verifies_all(cases, trusted_root(stamped.root), keys=public_keys(stamped.root))
    assert len(outcomes) > 1000
    assert not any(outcomes)
    del value["verificationMaterial"]["timestampVerificationData"]
    assert js_verifies_all(
        [(json.dumps(value).encode(), {"timestampThreshold": 0})],
        trusted_root(stamped.root),
        keys=public_keys(stamped.root),
    )[0]


def test_a_missing_registry_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from oracles import js_oracle

    monkeypatch.setattr(js_oracle, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(AssertionError, match="needs a registry of npm packages"):
        js_oracle.installed.__wrapped__()
    assert list((tmp_path / "cache").iterdir()) == []
