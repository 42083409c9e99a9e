"""What is written for other tools says neither more nor less than the trust root, and those tools read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_der_public_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificates

from govern.attestation.keys import private_pem
from govern.attestation.trust.export import export_files, tlog_policy
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.root import TrustRoot, Window
from govern.attestation.trust.signing import sign_trust
from govern.attestation.trust.sigstore import known_until, public_keys, trusted_root
from govern.attestation.trust.ssh import allowed_signers
from govern.canonical import base64_bytes, base64_text, parse_instant
from govern.diagnostics import IntegrityError
from govern.gate.trust.show import trust_lines
from govern.ledger.note import COSIGNATURE, Checkpoint, NoteSigner
from govern.ledger.tlog_policy import parse_tlog_policy
from oracles.go_oracle import running
from oracles.shell import run, ssh_fingerprint, succeeds
from support.attestations import CERTIFIER, ROOT_A, ROOT_B, Edit, signer, trust_predicate
from support.ledgers import LedgerBox, log_signer
from support.tsa import LocalTsa

BOX = LedgerBox(Path("nowhere"))
ERIN, MALLORY = signer(2**254 + 60), signer(2**254 + 61)  # OpenSSH refuses small private scalars
CUT = "2026-03-01T00:00:00Z"


def root_of(*edits: Edit) -> TrustRoot:
    made = trust_predicate(BOX)
    for edit in edits:
        edit(made)
    return load_trust(sign_trust(made, [ROOT_A, ROOT_B]))


def witness(seed: int) -> NoteSigner:
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return NoteSigner(f"witness.example/w{seed}", key, kind=COSIGNATURE)


def rich(made: dict[str, Any]) -> None:
    """Two logs, two witnesses with a quorum, an approver with an awkward name."""
    made["logs"].append({"vkey": log_signer("two.example", 5).key.vkey, "validFor": {"start": CUT, "end": None}})
    made["witnesses"] = [{"name": f"w{seed}", "vkey": witness(seed).key.vkey} for seed in (2, 3)]
    made.update(groups=["g 1 w2 w3"], quorum="g")
    made["keys"][ERIN.public.keyid] = {"spki": base64_text(ERIN.public.spki), "owner": 'Erin "E" *, née Ö\n!x'}
    entry = {"keyid": ERIN.public.keyid, "validFor": {"start": CUT, "end": "2026-04-01T00:00:00Z"}}
    made["roles"]["approver/model-risk"] = {"keys": [entry], "threshold": 1, "types": ["approval:v1"]}


def with_tsa(tsa: LocalTsa) -> Edit:
    return lambda made: made.update(
        tsas=[{"certs": [base64_text(cert) for cert in tsa.certs], "validFor": {"start": CUT}}]
    )


def revoked(**item: Any) -> Edit:
    return lambda made: made.update(revokedKeys=[{"keyid": CERTIFIER.public.keyid, "reason": "stolen", **item}])


# -- sigstore ---------------------------------------------------------------------------------------------------------


def test_sigstore_python_reads_the_trusted_root(tmp_path: Path) -> None:
    from sigstore._internal.trust import KeyringPurpose
    from sigstore.models import TrustedRoot

    tsa = LocalTsa(tmp_path / "tsa")
    root = root_of(rich, with_tsa(tsa))
    path = tmp_path / "trusted_root.json"
    path.write_bytes(trusted_root(root))
    read = TrustedRoot.from_file(str(path))
    keyring = read.rekor_keyring(KeyringPurpose.VERIFY)
    assert len(keyring._keyring) == 2
    for log in root.logs:
        raw = load_der_public_key(bytes.fromhex("302a300506032b6570032100") + log.key.public)
        assert any(key.key == raw for key in keyring._keyring.values())
    (authority,) = read.get_timestamp_authorities()
    assert authority.validity_period_start == parse_instant(CUT)
    assert len(authority.certificates(allow_expired=True)) == 2
    (listed,) = json.loads(path.read_bytes())["timestampAuthorities"]
    assert listed["subject"] == {"organization": "", "commonName": "tsa.example"}


def test_the_trusted_root_has_exactly_the_members_that_clients_expect() -> None:
    value = json.loads(trusted_root(root_of()))
    assert value == {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [
            {
                "baseUrl": "https://ledger.example",
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": "MCowBQYDK2VwAyEAiojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=",
                    "keyDetails": "PKIX_ED25519",
                    "validFor": {"start": "2026-01-01T00:00:00Z"},
                },
                "logId": {"keyId": "ngBGYvscLalOznYRHfLakD+GKXqTWQZJYiKsJ1FdKQY="},
            }
        ],
        "certificateAuthorities": [],
        "ctlogs": [],
        "timestampAuthorities": [],
    }


def test_an_end_that_counts_no_more_is_written_a_millisecond_early() -> None:
    root = root_of(lambda made: made["logs"][0].update(validFor={"end": CUT}))
    (log,) = json.loads(trusted_root(root))["tlogs"]
    assert log["publicKey"]["validFor"] == {"start": "1970-01-01T00:00:00Z", "end": "2026-02-28T23:59:59.999Z"}


def test_every_attesting_key_is_listed_under_its_hint_and_no_other() -> None:
    value = json.loads(public_keys(root_of(rich)))
    assert value.keys() == {CERTIFIER.public.hint, ERIN.public.hint}
    assert base64_bytes(value[ERIN.public.hint]["rawBytes"]) == ERIN.public.spki
    assert value[ERIN.public.hint]["validFor"] == {"start": CUT, "end": "2026-03-31T23:59:59.999Z"}


def test_a_certificate_that_is_none_is_said_and_not_exported() -> None:
    root = root_of(lambda made: made.update(tsas=[{"certs": ["AAAA"], "validFor": {}}]))
    assert any("NOT A CERTIFICATE" in line for line in trust_lines(root))
    with pytest.raises(IntegrityError):
        export_files(root)


START = parse_instant("2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda made: None, Window(START, None)),
        (revoked(**{"from": CUT}), Window(START, parse_instant(CUT))),
        (revoked(**{"from": CUT, "fromIndex": 3}), Window(START, parse_instant(CUT))),
        (revoked(fromIndex=3), None),
        (revoked(keyid=ROOT_A.public.keyid), Window(START, None)),
        (revoked(), None),
        (
            lambda made: made["roles"].update(
                waiver={"keys": [{"keyid": CERTIFIER.public.keyid}], "types": ["waiver:v1"]}
            ),
            Window(None, None),
        ),
    ],
)
def test_the_time_in_which_a_key_counts_for_those_who_know_no_roles(edit: Edit, expected: Window | None) -> None:
    root = root_of(edit)
    assert known_until(root, CERTIFIER.public.keyid) == expected
    listed = json.loads(public_keys(root))
    assert (CERTIFIER.public.hint in listed) == (expected is not None)
    assert (b"nistp256" in allowed_signers(root)) == (expected is not None)


def test_a_key_with_two_windows_counts_from_the_first_to_the_last() -> None:
    """And a window of another key in the same role is none of its business."""

    def edit(made: dict[str, Any]) -> None:
        made["keys"][ERIN.public.keyid] = {"spki": base64_text(ERIN.public.spki), "owner": "person:erin"}
        window = {"start": "2026-05-01T00:00:00Z", "end": "2026-06-01T00:00:00Z"}
        made["roles"]["certifier"]["keys"][0]["validFor"]["end"] = CUT
        made["roles"]["certifier"]["keys"].append({"keyid": ERIN.public.keyid, "validFor": window})
        late = {"start": "2026-02-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
        made["roles"]["waiver"] = {"keys": [{"keyid": CERTIFIER.public.keyid, "validFor": late}], "types": []}

    root = root_of(edit)
    assert known_until(root, CERTIFIER.public.keyid) == Window(START, parse_instant("2026-04-01T00:00:00Z"))
    assert known_until(root, ERIN.public.keyid) == Window(
        parse_instant("2026-05-01T00:00:00Z"), parse_instant("2026-06-01T00:00:00Z")
    )


@pytest.mark.parametrize("start", ["2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"])
def test_a_key_revoked_before_it_began_is_not_listed(start: str) -> None:
    assert json.loads(public_keys(root_of(revoked(**{"from": start})))) == {}


# -- ssh, openssl, C2SP -----------------------------------------------------------------------------------------------


@pytest.mark.tools
def test_ssh_keygen_verifies_by_the_allowed_signers(tmp_path: Path) -> None:
    """A signature that erin makes over a file: in her window, after it, and under another name."""
    (tmp_path / "allowed").write_bytes(allowed_signers(root_of(rich)))
    (tmp_path / "key").write_bytes(private_pem(ERIN._private))
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "other").write_bytes(private_pem(MALLORY._private))
    (tmp_path / "other").chmod(0o600)
    run("for name in key other; do ssh-keygen -y -f $name >$name.pub; done", cwd=tmp_path)
    (tmp_path / "text").write_text("release\n", encoding="utf-8")
    run(
        "ssh-keygen -Y sign -q -f key -n git text && mv text.sig good && ssh-keygen -Y sign -q -f other -n git text",
        cwd=tmp_path,
    )
    found = run("ssh-keygen -Y find-principals -f allowed -s good -Overify-time=20260315000000Z", cwd=tmp_path).strip()
    assert found == "Erin%20%22E%22%20%2A%2C%20n%C3%A9e%20%C3%96%0A%21x"
    verify = f"ssh-keygen -Y verify -f allowed -I '{found}' -n git"
    for moment, holds in (
        ("20260228235959Z", False),
        ("20260301000000Z", True),
        ("20260331235959Z", True),
        ("20260401000000Z", False),
    ):
        assert succeeds(f"{verify} -s good -Overify-time={moment} <text", cwd=tmp_path) == holds, moment
    assert not succeeds(f"{verify} -s text.sig -Overify-time=20260315000000Z <text", cwd=tmp_path)
    assert not succeeds(f"echo other | {verify} -s good -Overify-time=20260315000000Z", cwd=tmp_path)
    assert not succeeds("ssh-keygen -Y verify -f allowed -I service:gate -n git -s good <text", cwd=tmp_path)


@pytest.mark.tools
def test_the_lines_of_allowed_signers_have_the_key_ids_as_fingerprints(tmp_path: Path) -> None:
    lines = allowed_signers(root_of(rich)).decode().splitlines()
    assert len(lines) == 2
    for line in lines:
        words = line.split(" ")
        (tmp_path / "k.pub").write_text(" ".join(words[2:4]) + "\n", encoding="ascii")
        printed = run("ssh-keygen -lf k.pub", cwd=tmp_path).split(" ")[1]
        assert printed == {"certifier": CERTIFIER, "approver/model-risk": ERIN}[words[4]].public.keyid


@pytest.mark.tools
def test_openssl_reads_every_key_and_chain(tmp_path: Path) -> None:
    tsa = LocalTsa(tmp_path / "tsa")
    root = root_of(rich, with_tsa(tsa))
    made = export_files(root)
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
        if name.endswith(".pub"):
            run(f"openssl pkey -pubin -in '{name}' -noout", cwd=tmp_path)
    assert ssh_fingerprint(made["approver-model-risk-1.pub"]) == ERIN.public.keyid
    assert load_pem_public_key(made["witness-2.pub"]).public_bytes_raw() == witness(3).key.public  # type: ignore[union-attr]
    assert {"log-ledger.example.pub", "log-two.example.pub", "witness-1.pub", "tsa-1.pem"} <= set(made)
    leaf, top = load_pem_x509_certificates(made["tsa-1.pem"])
    assert leaf.issuer == top.subject
    # A token is verified with nothing but the exported chain; the message is what a signature would be.
    message = b"signature"
    (tmp_path / "sig").write_bytes(message)
    (tmp_path / "token.tsr").write_bytes(tsa.stamper()(message))
    verify = "openssl ts -verify -data sig -in token.tsr -CAfile tsa-1.pem -untrusted tsa-1.pem"
    assert succeeds(verify, cwd=tmp_path)
    (tmp_path / "sig").write_bytes(message + b"!")
    assert not succeeds(verify, cwd=tmp_path)


def test_the_tlog_policy_is_read_back_as_the_trust_root_says_it() -> None:
    root = root_of(rich)
    assert tlog_policy(root).decode().splitlines() == [
        "log ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        f"log {log_signer('two.example', 5).key.vkey}",
        f"witness w2 {witness(2).key.vkey}",
        f"witness w3 {witness(3).key.vkey}",
        "group g 1 w2 w3",
        "quorum g",
    ]
    read = parse_tlog_policy(tlog_policy(root))
    assert (read.logs, read.witnesses) == (tuple(item.key for item in root.logs), root.witnesses)


@pytest.mark.tools
def test_go_opens_a_note_with_the_keys_of_the_exported_policy(tmp_path: Path) -> None:
    words = [line.split() for line in tlog_policy(root_of(rich)).decode().splitlines()]
    logs = [line[1] for line in words if line[0] == "log"]
    witnesses = [line[2] for line in words if line[0] == "witness"]
    text = Checkpoint("two.example", 1, b"\x00" * 32).text
    log, other = log_signer("two.example", 5), log_signer("two.example", 6)
    with running(tmp_path) as go:
        for signed, names in ((log, ["two.example", "witness.example/w3"]), (other, ["witness.example/w3"])):
            note = signed.note(text) + witness(3).line(text, seconds=1767323045)
            assert go.ask("note", note=note, vkeys=logs, cosigners=witnesses)["signed"] == names


def test_exports_do_not_depend_on_anything_but_the_trust_root() -> None:
    assert export_files(root_of(rich)) == export_files(root_of(rich))
