"""The policy file: what is read and written, each refusal, and offline verification by it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.diagnostics import IntegrityError
from govern.ledger.note import NoteKey
from govern.ledger.note_lines import merge_notes
from govern.ledger.proof import LogProof
from govern.ledger.tlog_policy import TlogPolicy, parse_tlog_policy, verify_logged
from support.ledgers import log_signer
from support.memory_log import MemoryLog, bodies
from support.witnesses import SECONDS, witness_signer

LOG = log_signer().key.vkey
LOG_2 = log_signer(seed=11).key.vkey
LOG_B = log_signer("b.example", 12).key.vkey
W = [witness_signer(f"w{number}.example", 20 + number) for number in range(4)]
W0, W1, W2, W3 = (signer.key.vkey for signer in W)


def policy(*lines: str) -> TlogPolicy:
    return parse_tlog_policy("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


FULL = policy(
    "# who we trust",
    f"log {LOG} https://ledger.example",
    f"\tlog  {LOG_2} ",
    f"log {LOG_B}",
    "",
    f"witness x1 {W0} https://w0.example/x",
    f"witness x2 {W1}",
    f"witness Größe {W2}",
    "  # indented",
    "group x 2 x1 x2",
    "group all any x Größe",
    "quorum all",
)


def test_a_policy_is_read_and_written_and_read_again() -> None:
    assert [key.vkey for key in FULL.logs] == [LOG, LOG_2, LOG_B]
    assert FULL.log_urls == {NoteKey.parse(LOG): "https://ledger.example"}
    assert FULL.witness_urls == {"x1": "https://w0.example/x"}
    assert list(FULL.witnesses.witnesses) == ["x1", "x2", "Größe"]
    assert FULL.witnesses.quorum == "all"
    assert parse_tlog_policy(FULL.data) == FULL
    assert FULL.data.decode() == (
        f"log {LOG} https://ledger.example\nlog {LOG_2}\nlog {LOG_B}\n"
        f"witness x1 {W0} https://w0.example/x\nwitness x2 {W1}\nwitness Größe {W2}\n"
        "group x 2 x1 x2\ngroup all 1 x Größe\nquorum all\n"
    )


@pytest.mark.parametrize(
    ("lines", "signed", "met"),
    [
        (("quorum none",), (), True),
        ((f"witness a {W0}", "quorum a"), (), False),
        ((f"witness a {W0}", "quorum a"), (0,), True),
        ((f"witness a {W0}", f"witness b {W1}", "group g all a b", "quorum g"), (0,), False),
        ((f"witness a {W0}", f"witness b {W1}", "group g all a b", "quorum g"), (0, 1), True),
        ((f"witness a {W0}", f"witness b {W1}", "group g any a b", "quorum g"), (1,), True),
        ((f"witness a {W0}", f"witness b {W1}", f"witness c {W2}", "group g 2 a b c", "quorum g"), (0, 2), True),
        ((f"witness a {W0}", f"witness b {W1}", f"witness c {W2}", "group g 2 a b c", "quorum g"), (3, 2), False),
    ],
)
def test_the_quorum_decides(lines: tuple[str, ...], signed: tuple[int, ...], met: bool) -> None:
    made = policy(*lines)
    assert made.witnesses.met([W[number].key for number in signed]) is met


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no quorum"),
        ((f"log {LOG}",), "no quorum"),
        (("quorum none", "quorum none"), "exactly one"),
        (("quorum",), "exactly one"),
        (("quorum none x",), "exactly one"),
        (("quorum a",), "quorum names a"),
        (("quorum a", f"witness a {W0}"), "quorum names a"),
        (("log", "quorum none"), "a log line"),
        ((f"log {LOG} u v", "quorum none"), "a log line"),
        ((f"witness a {W0} u v", "quorum none"), "a witness line"),
        ((f"witness {W0}", "quorum none"), "a witness line"),
        (("log nonsense", "quorum none"), "verifier key"),
        ((f"log {LOG.replace('9e004662', '9e004663')}", "quorum none"), "key id"),
        ((f"log {W0}", "quorum none"), "not the key of a log"),
        ((f"witness a {LOG}", "quorum none"), "cannot cosign"),
        ((f"log {LOG}", f"log {LOG}", "quorum none"), "listed twice"),
        ((f"log {LOG}", f"log {log_signer('b.example', 1).key.vkey}", "quorum none"), "listed twice"),
        ((f"witness a {W0}", f"witness a {W1}", "quorum none"), "listed twice"),
        ((f"witness a {W0}", f"witness b {W0}", "quorum none"), "listed twice"),
        ((f"witness a {W0}", f"witness b {witness_signer('z.example', 20).key.vkey}", "quorum none"), "listed twice"),
        ((f"log {LOG}", f"witness a {witness_signer('z.example', 1).key.vkey}", "quorum none"), "listed twice"),
        ((f"witness none {W0}", "quorum none"), "witness none"),
        ((f"witness a {W0}", "group none 1 a", "quorum none"), "new name"),
        ((f"witness a {W0}", "group a 1 a", "quorum a"), "new name"),
        ((f"witness a {W0}", "group g 1 a", f"witness g {W1}", "quorum g"), "new name"),
        ((f"witness a {W0}", "group g 1 a", "group g 1 a", "quorum g"), "new name"),
        ((f"witness a {W0}", "group g 1", "quorum g"), "members"),
        (("group g 1 a", f"witness a {W0}", "quorum g"), "unknown"),
        ((f"witness a {W0}", "group g 1 h", "group h 1 a", "quorum g"), "unknown"),
        ((f"witness a {W0}", "group g 1 g", "quorum g"), "unknown"),
        ((f"witness a {W0}", "group g 1 none", "quorum g"), "unknown"),
        ((f"witness a {W0}", "group g 1 a a", "quorum g"), "already in a group"),
        ((f"witness a {W0}", "group g 1 a", "group h 1 a", "quorum g"), "already in a group"),
        ((f"witness a {W0}", "group g 0 a", "quorum g"), "asks for 0"),
        ((f"witness a {W0}", "group g 2 a", "quorum g"), "asks for 2"),
        ((f"witness a {W0}", "group g 01 a", "quorum g"), "asks for 01"),
        ((f"witness a {W0}", "group g +1 a", "quorum g"), "asks for"),
        ((f"witness a {W0}", "group g ALL a", "quorum g"), "asks for"),
        (("Quorum none",), "unknown kind"),
        (("quorum none", "threshold 1"), "unknown kind"),
        (("quorum none", "x" * 1_000_001), "more than"),
        ((*(f"log {log_signer(f'l{n}.example', n).key.vkey}" for n in range(1, 80)), "quorum none"), "more than"),
    ],
)
def test_policies_that_cannot_be_meant_are_refused(lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        policy(*lines)
    diagnostic = caught.value.diagnostics[0]
    assert diagnostic.code == "G244"
    assert why in diagnostic.message


def test_the_line_is_named() -> None:
    with pytest.raises(IntegrityError) as caught:
        policy("# a comment", "", "nonsense", "quorum none")
    assert str(caught.value.diagnostics[0].span) == "tlog-policy:3"


@pytest.mark.parametrize("octet", [octet for octet in range(256) if octet != 0x0A])
def test_only_the_octets_of_the_specification(octet: int) -> None:
    data = b"# a comment " + bytes([octet]) + b"\nquorum none\n"
    if octet == 0x09 or 0x20 <= octet <= 0x7E or octet >= 0x80:
        assert parse_tlog_policy(data).witnesses.quorum == "none"
    else:
        with pytest.raises(IntegrityError):
            parse_tlog_policy(data)


def test_a_cut_file_is_refused() -> None:
    with pytest.raises(IntegrityError, match="cut"):
        parse_tlog_policy(b"quorum none")


@pytest.mark.parametrize(
    "name", [b"\xff", b"a\xc2\xa0b", b"\xe2\x80\x83", b"K", b"\xe2\x84\xaa", b"a\xc2\x85b", b"\x80\xfe"]
)
def test_names_are_octets_without_meaning(name: bytes) -> None:
    """No-break space, em space, next line, Kelvin sign, bytes that are no UTF-8: each is a name like any other."""
    data = b"witness %s %s\ngroup g all %s\nquorum g\n" % (name, W0.encode(), name)
    made = parse_tlog_policy(data)
    assert made.data == data.replace(b" all ", b" 1 ")
    assert made.witnesses.met([W[0].key])
    other = data.replace(b"all " + name, b"all " + (b"K" if name != b"K" else b"\xe2\x84\xaa"))
    with pytest.raises(IntegrityError):
        parse_tlog_policy(other)


def test_a_key_name_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(IntegrityError, match="UTF-8"):
        parse_tlog_policy(b"log \xff+00000000+AAAA\nquorum none\n")


@pytest.mark.parametrize("name", ["", "a b", "a\nb", "a\tb", "\x7f"])
def test_what_no_line_can_hold_is_not_written(name: str) -> None:
    from govern.ledger.quorum import WitnessPolicy

    made = TlogPolicy(logs=(), witnesses=WitnessPolicy.parse([(name, W0)], [], "none"))
    with pytest.raises(ValueError, match="hold"):
        _ = made.data


@given(st.binary(max_size=300))
def test_no_octets_fail_otherwise(data: bytes) -> None:
    for octets in (data, data + b"\nquorum none\n"):
        try:
            parse_tlog_policy(octets)
        except IntegrityError as fault:
            assert fault.diagnostics[0].code == "G244"  # noqa: PT017 - both ends are right


# -- offline verification -------------------------------------------------------------------------------------------

TWO_OF_TWO = policy(f"log {LOG}", f"witness one {W0}", f"witness two {W1}", "group g all one two", "quorum g")


def proof_of(log: MemoryLog, index: int, *signed: int) -> bytes:
    logged = log.prove(index)
    note = logged.proof.checkpoint
    text = note.partition("\n\n")[0] + "\n"
    for number in signed:
        note = merge_notes(note, f"{text}\n{W[number].line(text, seconds=SECONDS + number)}", log=log.key)
    return LogProof(index=index, hashes=logged.proof.hashes, checkpoint=note).data


def test_a_quorum_of_two_is_verified_from_two_files() -> None:
    log = MemoryLog(bodies(9))
    made = verify_logged(proof_of(log, 4, 0, 1, 3), bodies(9)[4], TWO_OF_TWO)
    assert (made.index, made.checkpoint.size, made.met) == (4, 9, True)
    assert [(item.name, item.seconds) for item in made.cosigners] == [("one", SECONDS), ("two", SECONDS + 1)]


@pytest.mark.parametrize("signed", [(), (0,), (1,), (2, 3), (0, 2, 3)])
def test_fewer_than_the_quorum_is_said(signed: tuple[int, ...]) -> None:
    log = MemoryLog(bodies(9))
    assert verify_logged(proof_of(log, 4, *signed), bodies(9)[4], TWO_OF_TWO).met is False


def refused(proof: bytes, body: bytes, made: TlogPolicy = TWO_OF_TWO) -> str:
    with pytest.raises(IntegrityError) as caught:
        verify_logged(proof, body, made)
    return caught.value.diagnostics[0].code


def test_another_entry_log_or_proof_is_refused() -> None:
    log = MemoryLog(bodies(9))
    proof, body = proof_of(log, 4, 0, 1), bodies(9)[4]
    assert refused(proof, bodies(9)[5]) == "G258"
    assert refused(proof_of(log, 5, 0, 1), body) == "G258"
    assert refused(proof.replace(b"index 4", b"index 5"), body) == "G258"
    assert refused(proof, body, policy(f"log {LOG_B}", "quorum none")) == "G103"
    assert refused(proof, body, policy("quorum none")) == "G103"
    assert refused(proof, body, policy(f"log {LOG_2}", "quorum none")) == "G103"
    assert verify_logged(proof, body, policy(f"log {LOG_2}", f"log {LOG}", "quorum none")).met
    forged = MemoryLog(bodies(9), signer=log_signer(seed=30))
    assert refused(proof_of(forged, 4, 0, 1), body) == "G103"


def test_every_changed_byte_of_a_witnessed_proof_is_refused_or_loses_the_quorum() -> None:
    log = MemoryLog(bodies(9))
    proof, body = proof_of(log, 4, 0, 1), bodies(9)[4]
    for place in range(len(proof)):
        for flip in (1, 0x20):
            changed = proof[:place] + bytes([proof[place] ^ flip]) + proof[place + 1 :]
            try:
                assert verify_logged(changed, body, TWO_OF_TWO).met is False, changed
            except IntegrityError:
                continue
