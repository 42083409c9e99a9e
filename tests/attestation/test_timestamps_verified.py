"""What tokens prove in a verification: windows, revocations, clocks that lie; and putting tokens into files."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.signing import log_envelopes, sign_and_log, sign_only
from govern.attestation.sigstore_bundle import read_container
from govern.attestation.stamps.asking import add_token, answer, question, signature_of
from govern.attestation.trust.reading import load_trust
from govern.attestation.verification import Result
from govern.attestation.verify_commands import FileNames, auditor_commands
from govern.canonical import base64_bytes, base64_text, canonical_bytes, instant_text, parse_instant
from govern.diagnostics import GovernError, InputError, IntegrityError
from oracles.shell import run, succeeds
from support.attestations import CERTIFIER, ISSUED, Edit, Gate, edited, failed, lines_of
from support.ledgers import log_signer
from support.tsa import LocalTsa

CLAIMED = parse_instant(ISSUED)
SOON = CLAIMED + timedelta(seconds=5)


@pytest.fixture(scope="module")
def tsas(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalTsa, LocalTsa]:
    """Two authorities."""
    folder = tmp_path_factory.mktemp("tsas")
    return LocalTsa(folder / "a"), LocalTsa(folder / "b", name="b.example", scalar=2001)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def entry(tsa: LocalTsa, **window: str) -> dict[str, Any]:
    """An authority as a trust root lists it."""
    return {"certs": [base64_text(cert) for cert in tsa.certs], "validFor": window}


def judged(
    gate: Gate,
    tokens: list[tuple[LocalTsa, datetime]],
    *,
    trusting: list[dict[str, Any]] | None = None,
    edit: Edit | None = None,
    number: int = 0,
    **changes: Any,
) -> Result:
    """Issue under a trust root that lists authorities, put tokens in, and verify; nothing else is wrong with it."""

    def terms(made: dict[str, Any]) -> None:
        made["tsas"] = [entry(tsa) for tsa in dict.fromkeys(tsa for tsa, _ in tokens)] if trusting is None else trusting
        if edit is not None:
            edit(made)

    trust = gate.trust_file(terms)
    nonce = bytes([number, *range(15)])
    held = gate.issue(trust_digest=load_trust(trust).digest, nonce=nonce, **changes).certificate_bytes
    return gate.verify(with_tokens(held, tokens), trust=trust)


def with_tokens(held: bytes, tokens: list[tuple[LocalTsa, datetime]]) -> bytes:
    """Put tokens into a file as an attacker would: whatever they tell."""
    from govern.attestation.stamps.form import minimal

    signature = signature_of(held, file="held")
    made = [minimal(tsa.token(signature, at=at)).data for tsa, at in tokens]

    def put(value: dict[str, Any]) -> None:
        stamps = [{"signedTimestamp": base64_text(item)} for item in made]
        value["verificationMaterial"]["timestampVerificationData"] = {"rfc3161Timestamps": stamps}

    return edited(held, put) if made else held


# -- the line -------------------------------------------------------------------------------------------------------


def test_the_line_names_the_time_source(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    (plain,) = lines_of(judged(gate, []), "time")
    assert plain == f"ok: issued {ISSUED} by the signer's own word: no time-stamp token; the key was in use then"
    (stamped,) = lines_of(judged(gate, [(tsas[0], SOON)]), "time")
    assert stamped == (
        f"ok: issued {ISSUED}, time-stamped by CN=tsa.example on {instant_text(SOON)}; the key was in use then"
    )


def test_a_witness_time_is_an_upper_bound_and_printed_as_such(tmp_path: Path) -> None:
    """A checkpoint may be refreshed years later; its time says when the entry was there at the latest."""
    gate = Gate(tmp_path)
    witness = log_signer("w1.example", 2)
    from govern.ledger.note import COSIGNATURE, NoteSigner

    cosigner = NoteSigner(witness.key.name, witness._private, kind=COSIGNATURE)

    def watched(made: dict[str, Any]) -> None:
        made.update(witnesses=[{"name": "w1", "vkey": cosigner.key.vkey}], groups=["g 1 w1"], quorum="g")

    trust = gate.trust_file(watched)
    held = gate.issue(trust_digest=load_trust(trust).digest).certificate_bytes

    def cosign(seconds: int) -> Edit:
        def change(value: dict[str, Any]) -> None:
            proof = value["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
            text = proof["checkpoint"]["envelope"]
            proof["checkpoint"]["envelope"] += cosigner.line(text.partition("\n\n")[0] + "\n", seconds=seconds)

        return change

    (line,) = lines_of(gate.verify(edited(held, cosign(1798761600)), trust=trust), "time")
    assert line.endswith("an upper bound: seen in the log by w1.example on 2027-01-01T00:00:00Z")
    absurd = gate.verify(edited(held, cosign(2**64 - 1)), trust=trust)
    assert failed(absurd) == []
    assert "upper bound" not in lines_of(absurd, "time")[0]


# -- claimed and proven ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        (CLAIMED, False),
        (CLAIMED - timedelta(minutes=5), False),
        (CLAIMED - timedelta(minutes=5, seconds=1), True),
        (CLAIMED + timedelta(hours=24), False),
        (CLAIMED + timedelta(hours=24, seconds=1), True),
    ],
)
def test_the_claimed_time_must_be_near_the_proven_one(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], token: datetime, refused: bool
) -> None:
    result = judged(gate, [(tsas[0], token)])
    assert failed(result) == ([("time", 1)] if refused else [])


def test_a_later_token_of_another_authority_changes_nothing(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    assert failed(judged(gate, [(tsas[0], SOON), (tsas[1], SOON + timedelta(days=900))])) == []


def test_one_token_twice_is_another_file_and_refused(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    """It would count once; but a file that can be changed without a change of answer could hide one."""
    result = judged(gate, [(tsas[0], SOON), (tsas[0], SOON)])
    assert failed(result) == [("time", 4)]


def test_tokens_are_counted_by_authority(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    def two(made: dict[str, Any]) -> None:
        made["require"]["timestamps"] = 2

    a, b = tsas
    assert failed(judged(gate, [(a, SOON)], edit=two)) == [("time", 1)]
    assert failed(judged(gate, [(a, SOON), (a, SOON + timedelta(seconds=1))], edit=two)) == [("time", 1)]
    assert failed(judged(gate, [(a, SOON), (b, SOON)], edit=two)) == []


def test_with_two_asked_for_one_lying_authority_moves_nothing(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    """The one that backdates is outvoted by the other: the second earliest time stands."""
    stolen = "2026-01-02T03:00:00Z"

    def two(made: dict[str, Any]) -> None:
        made["require"]["timestamps"] = 2
        made["revokedKeys"] = [{"keyid": CERTIFIER.public.keyid, "reason": "compromise", "from": stolen}]

    lying = [(tsas[0], CLAIMED - timedelta(hours=5)), (tsas[1], SOON)]
    assert ("time", 1) in failed(judged(gate, lying, edit=two))


@pytest.mark.parametrize(
    ("number", "tokens", "trusting"),
    [
        (1, ["a"], []),
        (2, ["a"], ["b"]),
        (3, ["a", "b"], ["a"]),
    ],
)
def test_one_token_of_a_stranger_refuses_the_file(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], number: int, tokens: list[str], trusting: list[str]
) -> None:
    named = dict(zip("ab", tsas, strict=True))
    result = judged(
        gate,
        [(named[name], SOON) for name in tokens],
        trusting=[entry(named[name]) for name in trusting],
        number=number,
    )
    assert (result.exit_code, failed(result)) == (4, [("time", 4)])


def test_an_authority_outside_its_window_is_a_stranger(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    ended = entry(tsas[0], end=instant_text(SOON))
    assert failed(judged(gate, [(tsas[0], SOON)], trusting=[ended])) == [("time", 4)]
    assert failed(judged(gate, [(tsas[0], SOON - timedelta(seconds=1))], trusting=[ended])) == []


def test_another_certificates_token_is_refused(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    trust = gate.trust_file(lambda made: made.update(tsas=[entry(tsas[0])]))
    digest = load_trust(trust).digest
    one = gate.issue(trust_digest=digest, nonce=b"1" * 16, stamp=tsas[0].stamper(at=SOON)).certificate_bytes
    two = gate.issue(trust_digest=digest, nonce=b"2" * 16, stamp=tsas[0].stamper(at=SOON)).certificate_bytes
    assert failed(gate.verify(one, trust=trust)) == []
    stamps = json.loads(two)["verificationMaterial"]["timestampVerificationData"]

    def swap(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["timestampVerificationData"] = stamps

    result = gate.verify(edited(one, swap), trust=trust)
    assert (result.exit_code, failed(result)) == (4, [("time", 4)])


# -- windows --------------------------------------------------------------------------------------------------------


def window(**valid: str) -> Edit:
    return lambda made: made["roles"]["certifier"]["keys"][0].update(validFor=valid)


@pytest.mark.parametrize(
    ("edit", "refused"),
    [
        (window(end="2026-01-02T03:04:10Z"), True),  # the token's second is outside, the claimed one inside
        (window(end="2026-01-02T03:04:11Z"), False),
        (window(start="2026-01-02T03:04:10Z"), False),  # the claimed second is outside, the token's inside
        (window(start="2026-01-02T03:04:11Z"), True),
        (lambda made: made["logs"][0].update(validFor={"end": "2026-01-02T03:04:10Z"}), True),
        (lambda made: made["logs"][0].update(validFor={"end": "2026-01-02T03:04:11Z"}), False),
    ],
)
def test_keys_and_logs_are_judged_at_the_proven_time(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], edit: Edit, refused: bool
) -> None:
    assert failed(judged(gate, [(tsas[0], SOON)], edit=edit)) == ([("time", 1)] if refused else [])


def test_a_retired_keys_certificates_stay_valid_when_a_token_shows_their_age(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa]
) -> None:
    retired = window(start="2026-01-01T00:00:00Z", end="2026-02-01T00:00:00Z")
    assert failed(judged(gate, [(tsas[0], SOON)], edit=retired)) == []


# -- threat: stolen key; clock lies ---------------------------------------------------------------------------------

THEFT = "2026-01-02T04:00:00Z"


def revoked(**since: Any) -> Edit:
    entry_ = {"keyid": CERTIFIER.public.keyid, "reason": "compromise", **since}
    return lambda made: made.update(revokedKeys=[entry_])


@pytest.mark.parametrize(
    ("since", "minutes", "void"),
    [
        ({"from": THEFT}, 0, False),  # stamped before the theft
        ({"from": THEFT}, 55, False),
        ({"from": THEFT}, 56, True),  # stamped after it
        ({"from": THEFT}, None, True),  # no token: the signer's own word proves nothing
        ({}, 0, True),  # void altogether
        ({"fromIndex": 10**6}, 0, False),  # the log's order
        ({"fromIndex": 0}, 0, True),
        ({"from": THEFT, "fromIndex": 10**6}, 56, True),  # either order that says "after" is enough
        ({"from": THEFT, "fromIndex": 0}, 0, True),
        ({"from": THEFT, "fromIndex": 10**6}, 0, False),
    ],
)
def test_threat_stolen_key_token_and_log_order_decide(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], since: dict[str, Any], minutes: int | None, void: bool
) -> None:
    tokens = [] if minutes is None else [(tsas[0], CLAIMED + timedelta(minutes=minutes))]
    result = judged(gate, tokens, edit=revoked(**since))
    assert failed(result) == ([("time", 1)] if void else [])
    if void and tokens:
        (line,) = [item for item in result.lines if item.step == "time"]
        assert line.found is not None
        assert line.found.startswith(f"token of {instant_text(tokens[0][1])}, log index ")


def test_threat_clock_lies_backdated_claim_with_a_later_token(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    """The thief sets the clock back to before the theft; no authority does so for them."""
    days_later = CLAIMED + timedelta(days=3)
    result = judged(gate, [(tsas[0], days_later)], edit=revoked(**{"from": instant_text(CLAIMED + timedelta(days=1))}))
    assert failed(result) == [("time", 1), ("time", 1)]
    said = lines_of(result, "time")
    assert any("claims a time over 24 hours before the one that its token proves" in line for line in said)
    assert any("is revoked (compromise)" in line for line in said)


def test_threat_clock_lies_post_dated_claim(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    """Signed before the key was in use, claimed for later."""
    result = judged(gate, [(tsas[0], CLAIMED - timedelta(hours=1))])
    assert any("claims a time after the one" in line for line in lines_of(result, "time"))
    assert result.exit_code == 1


# -- every byte -----------------------------------------------------------------------------------------------------


def test_every_changed_byte_of_a_stamped_certificate_is_refused(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], capsys: pytest.CaptureFixture[str]
) -> None:
    """Within the token's part of the file; the rest of it is swept by the tampering tests."""
    trust = gate.trust_file(lambda made: made.update(tsas=[entry(tsas[0])]))
    stamp = tsas[0].stamper(at=SOON)
    held = gate.issue(trust_digest=load_trust(trust).digest, nonce=b"3" * 16, stamp=stamp).certificate_bytes
    assert failed(gate.verify(held, trust=trust)) == []
    start = held.index(b'"timestampVerificationData"')
    accepted = []
    for index in range(start, len(held)):
        for mask in (0x01, 0x20):
            changed = held[:index] + bytes([held[index] ^ mask]) + held[index + 1 :]
            if gate.verify(changed, trust=trust).exit_code == 0:
                accepted.append((index, mask))
    with capsys.disabled():
        print(f"\n{2 * (len(held) - start)} changes in the token's part of a certificate, {len(accepted)} accepted")  # noqa: T201
    assert accepted == []


# -- asking and answering -------------------------------------------------------------------------------------------


@pytest.mark.tools
@pytest.mark.parametrize("nonce", [None, 0, 127, 128, 2**64 - 1])
def test_the_question_is_openssls(tsas: tuple[LocalTsa, LocalTsa], tmp_path: Path, nonce: int | None) -> None:
    asked = question(b"signature", nonce=nonce)
    if nonce is None:
        assert asked == tsas[0].query(b"signature")
    (tmp_path / "q").write_bytes(asked)
    text = run("openssl ts -query -in q -text", cwd=tmp_path)
    assert "Hash Algorithm: sha256" in text
    assert "Certificate required: yes" in text
    found = text.partition("Nonce: ")[2].partition("\n")[0]
    assert found == "unspecified" if nonce is None else int(found.removeprefix("0x"), 16) == nonce


@pytest.mark.tools
def test_an_authority_answers_our_question(tsas: tuple[LocalTsa, LocalTsa]) -> None:
    trusted = load_tsas(tsas[0])
    for number in (None, 5, 2**63 + 1):
        sent = tsas[0].reply(question(b"signature", nonce=number))
        kept, said = answer(sent, signature=b"signature", tsas=trusted, nonce=number)
        assert said.authority == "CN=tsa.example"
        assert tsas[0].accepts(kept, b"signature")
    with pytest.raises(InputError) as caught:
        answer(tsas[0].reply(question(b"signature", nonce=5)), signature=b"signature", tsas=trusted, nonce=6)
    assert caught.value.diagnostics[0].code == "A412"


def load_tsas(*tsas: LocalTsa) -> Any:
    from govern.attestation.trust.root import TrustedTsa, Window

    return tuple(TrustedTsa(tsa.certs, Window()) for tsa in tsas)


@pytest.mark.parametrize(
    ("spoil", "code", "exit_code"),
    [
        (lambda data: b"<html>busy</html>", "A412", 3),
        (lambda data: b"", "A412", 3),
        (lambda data: bytes.fromhex("301a3018020102300f0c0d6e6f7420746f646179201b5b6d0302062b"), "A412", 3),
        (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "A410", 4),
    ],
)
def test_an_answer_that_is_none_is_said_by_its_fault(
    tsas: tuple[LocalTsa, LocalTsa], spoil: Callable[[bytes], bytes], code: str, exit_code: int
) -> None:
    sent = tsas[0].token(b"signature", at=SOON)
    with pytest.raises(GovernError) as caught:
        answer(spoil(sent), signature=b"signature", tsas=load_tsas(tsas[0]))
    assert (caught.value.diagnostics[0].code, caught.value.exit_code) == (code, exit_code)
    assert "\x1b" not in str(caught.value)


def test_an_authority_that_nobody_could_verify_is_the_callers_fault(tsas: tuple[LocalTsa, LocalTsa]) -> None:
    with pytest.raises(GovernError) as caught:
        answer(tsas[0].token(b"signature", at=SOON), signature=b"signature", tsas=load_tsas(tsas[1]))
    assert (caught.value.diagnostics[0].code, caught.value.exit_code) == ("A411", 2)


# -- into files -----------------------------------------------------------------------------------------------------


def test_a_token_is_added_to_a_file_that_was_issued_without(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    def one(made: dict[str, Any]) -> None:
        made.update(tsas=[entry(tsas[0]), entry(tsas[1])])
        made["require"]["timestamps"] = 1

    trust = gate.trust_file(one)
    held = gate.issue(trust_digest=load_trust(trust).digest, nonce=b"4" * 16).certificate_bytes
    assert failed(gate.verify(held, trust=trust)) == [("time", 1)]
    signature = signature_of(held, file="held")
    made, said = add_token(held, tsas[0].token(signature, at=SOON), tsas=load_tsas(*tsas), file="held")
    assert said.time == SOON
    assert failed(gate.verify(made, trust=trust)) == []
    more, _ = add_token(made, tsas[1].token(signature, at=SOON), tsas=load_tsas(*tsas), file="held")
    assert len(read_container(more, file="held").tokens) == 2
    assert failed(gate.verify(more, trust=trust)) == []
    with pytest.raises(GovernError) as caught:
        add_token(more, tsas[1].token(signature, at=SOON, serial=9), tsas=load_tsas(*tsas), file="held")
    assert caught.value.diagnostics[0].code == "A415"


def test_a_token_that_would_spoil_the_file_is_not_added(gate: Gate, tsas: tuple[LocalTsa, LocalTsa]) -> None:
    """Too late a first token makes a certificate invalid; as a second one it does no harm."""
    held = gate.issue(nonce=b"5" * 16).certificate_bytes
    signature = signature_of(held, file="held")
    late = tsas[0].token(signature, at=CLAIMED + timedelta(days=2))
    with pytest.raises(InputError) as caught:
        add_token(held, late, tsas=load_tsas(*tsas), file="held")
    assert caught.value.diagnostics[0].code == "A414"
    early, _ = add_token(held, tsas[1].token(signature, at=SOON), tsas=load_tsas(*tsas), file="held")
    assert add_token(early, late, tsas=load_tsas(*tsas), file="held")
    with pytest.raises(IntegrityError):
        add_token(held, tsas[0].token(b"another signature", at=SOON), tsas=load_tsas(*tsas), file="held")


def test_a_silent_authority_leaves_nothing_in_the_log(gate: Gate) -> None:
    """A certificate must not be lost: what was never written was never logged."""

    def silent(_signature: bytes) -> bytes:
        raise TimeoutError

    with gate.box.open() as ledger:
        before = ledger.head()
        with pytest.raises(TimeoutError):
            sign_and_log([b'{"a":1}', b'{"a":2}'], signer=CERTIFIER, ledger=ledger, stamp=silent)
        assert ledger.head() == before


def test_an_authority_that_sends_rubbish_leaves_nothing_in_the_log(gate: Gate) -> None:
    with gate.box.open() as ledger:
        before = ledger.head()
        with pytest.raises(IntegrityError):
            sign_and_log([b'{"a":1}'], signer=CERTIFIER, ledger=ledger, stamp=lambda _signature: b"rubbish")
        assert ledger.head() == before


class Random:
    """Signs as devices do: another signature each time."""

    def __init__(self) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec

        self.key = ec.derive_private_key(1, ec.SECP256R1())
        self.public = CERTIFIER.public

    def sign(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))


def test_a_statement_logged_before_is_stamped_over_the_signature_that_the_log_holds(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa]
) -> None:
    payload = canonical_bytes({"twice": "signed"})
    asked: list[bytes] = []

    def stamp(signature: bytes) -> bytes:
        asked.append(signature)
        return tsas[0].token(signature, at=SOON)

    with gate.box.open() as ledger:
        (first,) = sign_and_log([payload], signer=Random(), ledger=ledger, stamp=stamp)
        (again,) = sign_and_log([payload], signer=Random(), ledger=ledger, stamp=stamp)
        assert again.envelope.signature == first.envelope.signature == asked[0] == asked[2]
        assert asked[1] != asked[0]
        waiting = sign_only(payload, signer=Random(), stamp=tsas[0].stamper(at=SOON))
        (token,) = read_container(waiting.data, file="waiting").tokens
        (late,) = log_envelopes([(waiting.envelope, CERTIFIER.public)], ledger=ledger, tokens=[token])
    from govern.attestation.stamps.tokens import read_token

    for made in (first, again):
        (kept,) = read_container(made.data, file="made").tokens
        assert read_token(kept, signature=made.envelope.signature, tsas=load_tsas(tsas[0]))
    assert read_container(late.data, file="late").tokens == ()


def test_a_token_brought_along_is_kept_when_the_statement_is_logged(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa]
) -> None:
    payload = canonical_bytes({"signed": "elsewhere"})
    waiting = sign_only(payload, signer=CERTIFIER, stamp=tsas[0].stamper(at=SOON))
    tokens = read_container(waiting.data, file="waiting").tokens
    with gate.box.open() as ledger:
        (logged,) = log_envelopes([(waiting.envelope, CERTIFIER.public)], ledger=ledger, tokens=tokens)
    assert read_container(logged.data, file="logged").tokens == tokens
    assert base64_bytes(base64_text(tokens[0])) == tokens[0]


# -- with openssl alone ---------------------------------------------------------------------------------------------


def swapped_token(value: dict[str, Any], other: bytes) -> None:
    stamps = json.loads(other)["verificationMaterial"]["timestampVerificationData"]
    value["verificationMaterial"]["timestampVerificationData"] = stamps


@pytest.mark.tools
@pytest.mark.parametrize("tampered", [False, True])
def test_the_printed_commands_check_every_token(
    gate: Gate, tsas: tuple[LocalTsa, LocalTsa], tmp_path: Path, tampered: bool
) -> None:
    """Two tokens of authorities that the trust root lists in another order, one of them long after."""
    a, b = tsas
    expired = LocalTsa(tmp_path / "c", name="c.example", scalar=4001, not_after=CLAIMED + timedelta(days=1))
    trust = gate.trust_file(lambda made: made.update(tsas=[entry(b), entry(expired), entry(a)]))
    digest = load_trust(trust).digest
    held = [gate.issue(trust_digest=digest, nonce=bytes([60 + number]) * 16).certificate_bytes for number in range(2)]
    one, two = (with_tokens(data, [(expired, SOON), (a, SOON + timedelta(days=2))]) for data in held)
    result = gate.verify(one, trust=trust)
    assert failed(result) == []
    assert [item["authority"] for item in result.document()["timeStamps"]] == ["CN=c.example", "CN=tsa.example"]
    names = FileNames(certificate=str(tmp_path / "C"), trust=str(tmp_path / "trust.json"))
    Path(names.trust).write_bytes(trust)
    data = edited(one, lambda value: swapped_token(value, two)) if tampered else one
    Path(names.certificate).write_bytes(data)
    commands = auditor_commands(result, names)
    work = tmp_path / "work"
    work.mkdir()
    if tampered:
        assert failed(gate.verify(data, trust=trust)) == [("time", 4), ("time", 4)]
        assert not succeeds("\n".join(commands), cwd=work)
    else:
        output = run("\n".join(commands), cwd=work)
        assert output.count("Verification: OK") == 2
        assert "Time stamp: Jan  2 03:04:10 2026 GMT" in output
        assert "Time stamp: Jan  4 03:04:10 2026 GMT" in output


def test_nothing_of_time_stamps_is_imported_without_a_token() -> None:
    """`govern verify` pays for certificates and DER only when there is a token."""
    text = (
        "import sys, govern.attestation.verify, govern.attestation.signing, govern.attestation.signers\n"
        "govern.attestation.signers.builtin_families()\n"
        "heavy = 'rfc3161_client cryptography.x509 asn1crypto pkcs11 hvac requests boto3 botocore google azure "
        "securesystemslib urllib.request http.client'.split()\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
