"""Other people's verifiers accept what we sign, and refuse what we refuse."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from govern.attestation.issue import Issued
from govern.attestation.verify_commands import FileNames, auditor_commands
from govern.attestation.verify_text import render_text
from govern.canonical import base64_bytes
from govern.policy.outcomes import Decision
from oracles.shell import run, succeeds
from support.attestations import CERTIFIER, FILES, OTHER, Gate, edited, manifest


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


@pytest.fixture(scope="module")
def issued(gate: Gate) -> Issued:
    return gate.issue()


def envelope_of(data: bytes) -> dict[str, Any]:
    found = json.loads(data)["dsseEnvelope"]
    assert isinstance(found, dict)
    return found


def all_envelopes(gate: Gate, issued: Issued) -> list[dict[str, Any]]:
    refusal = gate.issue(decision=Decision.DENIED, blocking=("x",), nonce=b"n" * 16)
    assert issued.vsa_dsse_bytes is not None
    return [
        envelope_of(issued.certificate_bytes),
        envelope_of(refusal.certificate_bytes),
        json.loads(issued.vsa_dsse_bytes),
        *json.loads(gate.trust)["envelopes"],
    ]


# -- securesystemslib -------------------------------------------------------------------------------------------------


def test_securesystemslib_verifies_under_our_key_id_only(gate: Gate, issued: Issued) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    public = load_der_public_key(CERTIFIER.public.spki)
    key = SSlibKey.from_crypto(public, keyid=CERTIFIER.public.keyid)
    for envelope in all_envelopes(gate, issued)[:3]:
        assert Envelope.from_dict(json.loads(json.dumps(envelope))).verify([key], 1)
        for keyid in ("", OTHER.public.keyid):
            other = json.loads(json.dumps(envelope))
            other["signatures"][0]["keyid"] = keyid
            with pytest.raises(VerificationError):
                Envelope.from_dict(other).verify([key], 1)
    with pytest.raises(VerificationError):
        Envelope.from_dict(json.loads(json.dumps(all_envelopes(gate, issued)[3]))).verify([key], 1)


# -- sigstore-python, its parts ---------------------------------------------------------------------------------------


def test_sigstore_verifies_the_envelope_and_reads_the_statement(gate: Gate, issued: Issued) -> None:
    from sigstore.dsse import Envelope, Statement, _verify
    from sigstore.errors import Error, VerificationError

    key = load_der_public_key(CERTIFIER.public.spki)
    for envelope in all_envelopes(gate, issued)[:3]:
        payload = _verify(key, Envelope._from_json(json.dumps(envelope)))  # type: ignore[arg-type]
        assert payload == base64_bytes(envelope["payload"])
        Statement(payload)
    with pytest.raises(VerificationError):
        _verify(load_der_public_key(OTHER.public.spki), Envelope._from_json(json.dumps(envelope)))  # type: ignore[arg-type]
    twice = {**envelope, "signatures": envelope["signatures"] * 2}
    with pytest.raises(Error):
        Envelope._from_json(json.dumps(twice))


def test_sigstore_verifies_inclusion_and_checkpoint(gate: Gate, issued: Issued) -> None:
    from sigstore._internal.merkle import verify_merkle_inclusion
    from sigstore._internal.rekor.checkpoint import SignedCheckpoint
    from sigstore.errors import VerificationError

    entry = json.loads(issued.certificate_bytes)["verificationMaterial"]["tlogEntries"][0]
    proof = entry["inclusionProof"]

    def wrapped(hashes: list[bytes]) -> Any:
        inner = SimpleNamespace(
            inclusion_proof=SimpleNamespace(
                log_index=int(proof["logIndex"]),
                tree_size=int(proof["treeSize"]),
                root_hash=base64_bytes(proof["rootHash"]),
                hashes=hashes,
            ),
            canonicalized_body=base64_bytes(entry["canonicalizedBody"]),
        )
        return SimpleNamespace(_inner=inner)

    hashes = [base64_bytes(item) for item in proof["hashes"]]
    verify_merkle_inclusion(wrapped(hashes))
    with pytest.raises(VerificationError):
        verify_merkle_inclusion(wrapped(hashes[::-1]))
    signed = SignedCheckpoint.from_text(proof["checkpoint"]["envelope"])
    assert signed.checkpoint.log_hash == base64_bytes(proof["rootHash"]).hex()
    assert (signed.checkpoint.origin, signed.checkpoint.log_size) == ("ledger.example", int(proof["treeSize"]))
    assert signed.signed_note.signatures[0].sig_hash == base64_bytes(entry["logId"]["keyId"])[:4]


def test_sigstore_reads_the_bundle_up_to_its_demand_for_a_certificate(issued: Issued) -> None:
    """Its public API knows certificates only; that it gets as far as asking for one shows that the rest is sound."""
    from sigstore.models import Bundle, InvalidBundle

    with pytest.raises(InvalidBundle, match="expected certificate in bundle"):
        Bundle.from_json(issued.certificate_bytes)


# -- openssl, ssh-keygen, jq, coreutils: the commands that verify prints ----------------------------------------------


def written(gate: Gate, issued: Issued, folder: Path) -> FileNames:
    bundle = folder / "the bundle"
    for name, data in FILES.items():
        path = bundle / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    names = FileNames(
        certificate=str(folder / "c's.json"),
        trust=str(folder / "trust.json"),
        manifest=str(folder / "M.MANIFEST.sha256"),
        bundle=str(bundle),
    )
    Path(names.certificate).write_bytes(issued.certificate_bytes)
    Path(names.trust).write_bytes(gate.trust)
    assert names.manifest is not None
    Path(names.manifest).write_bytes(manifest().data)
    return names


@pytest.mark.tools
def test_the_printed_commands_succeed_and_give_the_leaf_hash(gate: Gate, issued: Issued, tmp_path: Path) -> None:
    names = written(gate, issued, tmp_path)
    result = gate.verify(issued.certificate_bytes, bundle=manifest())
    text = render_text(result, names=names)
    commands = auditor_commands(result, names)
    assert "\n".join(commands) in text
    work = tmp_path / "work"
    work.mkdir()
    output = run("\n".join(commands), cwd=work)
    assert "Verified OK" in output
    assert "Signature Verified Successfully" in output
    assert CERTIFIER.public.keyid in output
    with gate.box.open() as ledger:
        assert ledger._node(0, issued.ledger_index).hex() in output


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("payload", "allowed", "Allowed"),
        ("sig", "", ""),
        ("hint", CERTIFIER.public.hint, OTHER.public.hint),
        ("root", "", ""),
        ("checkpoint", "\n5\n", "\n6\n"),
        ("leaf", "", ""),
    ],
)
@pytest.mark.tools
def test_the_printed_commands_fail_on_a_tampered_copy(
    gate: Gate, issued: Issued, tmp_path: Path, place: str, old: str, new: str
) -> None:
    names = written(gate, issued, tmp_path)
    commands = auditor_commands(gate.verify(issued.certificate_bytes), names)
    other = json.loads(gate.issue(nonce=b"t" * 16).certificate_bytes)

    def tamper(value: dict[str, Any]) -> None:
        entry = value["verificationMaterial"]["tlogEntries"][0]
        other_entry = other["verificationMaterial"]["tlogEntries"][0]
        if place == "payload":
            payload = base64_bytes(value["dsseEnvelope"]["payload"]).replace(old.encode(), new.encode())
            import base64

            value["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
        elif place == "sig":
            value["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]
        elif place == "hint":
            value["verificationMaterial"]["publicKey"]["hint"] = new
        elif place == "root":
            entry["inclusionProof"]["rootHash"] = other_entry["inclusionProof"]["rootHash"]
        elif place == "checkpoint":
            note = entry["inclusionProof"]["checkpoint"]
            assert old in note["envelope"]
            note["envelope"] = note["envelope"].replace(old, new)
        else:
            entry["canonicalizedBody"] = other_entry["canonicalizedBody"]

    data = edited(issued.certificate_bytes, tamper)
    assert data != issued.certificate_bytes
    assert gate.verify(data).exit_code == 4
    Path(names.certificate).write_bytes(data)
    work = tmp_path / "work"
    work.mkdir()
    assert not succeeds("\n".join(commands), cwd=work)


@pytest.mark.tools
@pytest.mark.parametrize("change", ["byte", "extra", "missing"])
def test_the_printed_commands_fail_on_another_bundle(gate: Gate, issued: Issued, tmp_path: Path, change: str) -> None:
    names = written(gate, issued, tmp_path)
    commands = auditor_commands(gate.verify(issued.certificate_bytes), names)
    assert names.bundle is not None
    folder = Path(names.bundle)
    if change == "byte":
        (folder / "README.md").write_bytes(b"# Model Card\n")
    elif change == "extra":
        (folder / "extra").write_bytes(b"")
    else:
        (folder / "README.md").unlink()
    work = tmp_path / "work"
    work.mkdir()
    assert not succeeds("\n".join(commands), cwd=work)
