"""Signed notes, keys, checkpoints and cosignatures: golden figures, refusals, openssl."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import base64_bytes, base64_text
from govern.diagnostics import IntegrityError
from govern.ledger.merkle import leaf_hash, memory_nodes, tree_root
from govern.ledger.note import (
    COSIGNATURE,
    Checkpoint,
    NoteKey,
    NoteSigner,
    check_note,
    is_origin,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
)
from oracles.shell import ed25519_holds
from support.ledgers import log_signer

LOG = log_signer()
WITNESS = NoteSigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"\x02" * 32), kind=COSIGNATURE)
LOG_VKEY = "ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
WITNESS_VKEY = "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
LOG_LINE = (
    "— ledger.example ngBGYmDgV96fCpYeNb0bWJBwVmwIxjm7F80ZHFFNa7NDNjzdMLctg8TsWM0WUZGHD/ZahnmdAoaXU3tnCU7oblKHigI=\n"
)
WITNESS_LINE = (
    "— witness.example/w1 3xwKNQAAAABpVzWlXXWK4SemLZ3tcbODgRCFcqzc14YrUhOE45sU3k5/"
    "RidksgjQb24gb5WRc+5z63adgsHolPjfmMEWG67NZkXVAQ==\n"
)


def checkpoint(size: int = 8) -> Checkpoint:
    bodies = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    nodes = memory_nodes([leaf_hash(bytes.fromhex(text)) for text in bodies])
    return Checkpoint(origin="ledger.example", size=size, root=tree_root(size, nodes))


NOTE = LOG.note(checkpoint().text)


def test_keys_are_the_golden_ones() -> None:
    assert LOG.key.vkey == LOG_VKEY
    assert base64_text(LOG.key.full_id) == "ngBGYvscLalOznYRHfLakD+GKXqTWQZJYiKsJ1FdKQY="
    assert WITNESS.key.vkey == WITNESS_VKEY
    assert NoteKey.parse(LOG_VKEY) == LOG.key
    assert NoteKey.parse(WITNESS_VKEY) == WITNESS.key


def test_checkpoint_lines_are_the_golden_ones() -> None:
    assert LOG.line(checkpoint().text) == LOG_LINE
    assert WITNESS.line(checkpoint().text, seconds=1767323045) == WITNESS_LINE
    assert checkpoint().text + "\n" + LOG_LINE == NOTE


def test_a_cosigned_checkpoint_is_accepted_with_both_signers() -> None:
    note = parse_note(NOTE + WITNESS_LINE)
    assert check_note(note, (LOG.key, WITNESS.key)) == (LOG.key, WITNESS.key)
    assert open_checkpoint(NOTE + WITNESS_LINE, LOG.key) == checkpoint()


@pytest.mark.tools
def test_openssl_verifies_checkpoint_and_cosignature() -> None:
    text = checkpoint().text.encode()
    line = base64_bytes(LOG_LINE.split(" ")[2].strip())
    assert ed25519_holds(LOG.key.public, text, line[4:])
    assert not ed25519_holds(LOG.key.public, text[:-1], line[4:])
    cosigned = base64_bytes(WITNESS_LINE.split(" ")[2].strip())
    message = b"cosignature/v1\ntime 1767323045\n" + text
    assert ed25519_holds(WITNESS.key.public, message, cosigned[-64:])
    assert int.from_bytes(cosigned[4:12], "big") == 1767323045


def test_lines_of_unknown_signers_are_ignored_sixteen_and_more() -> None:
    others = "".join(log_signer(f"other{number}.example", number).line(checkpoint().text) for number in range(2, 22))
    assert open_checkpoint(NOTE + others, LOG.key) == checkpoint()


@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("", "G101"),
        (checkpoint().text, "G101"),
        (NOTE[:-1], "G101"),
        (NOTE + "\n", "G101"),
        (NOTE.replace("— ", "- "), "G101"),
        (NOTE.replace("\n8\n", "\n\t8\n"), "G101"),
        (NOTE.replace("igI=", "igJ="), "G101"),  # stray bits: another spelling of the same signature
        (NOTE + "— x YWJj\n", "G101"),  # a signature shorter than a key id
        (NOTE + "— a+b " + "A" * 8 + "\n", "G101"),
        (checkpoint().text + "\n" + LOG_LINE * 101, "G101"),
        ("x" * 1_000_001, "G101"),
        (NOTE.replace("\n8\n", "\n7\n"), "G102"),
        (NOTE + LOG_LINE, "G102"),
        (LOG.note("ledger.example\n08\n" + base64_text(bytes(32)) + "\n"), "G104"),
        (LOG.note("ledger.example\n8\n" + base64_text(bytes(31)) + "\n"), "G104"),
        (LOG.note("ledger.example\n8\nAB=\n"), "G104"),
        (LOG.note("ledger.example\n8\n" + base64_text(bytes(32)) + "\nextension\n"), "G104"),
        (LOG.note("ledger.example/log\n8\n" + base64_text(bytes(32)) + "\n"), "G104"),
        (LOG.note("other.example\n8\n" + base64_text(bytes(32)) + "\n"), "G103"),
        (log_signer("ledger.example", 3).note(checkpoint().text), "G103"),
    ],
)
def test_notes_that_are_refused(note: str, code: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        open_checkpoint(note, LOG.key)
    assert caught.value.diagnostics[0].code == code


def test_every_changed_character_of_a_checkpoint_is_refused() -> None:
    for place, char in enumerate(NOTE):
        for other in {chr(ord(char) ^ 1), chr(ord(char) ^ 0x20), "A", "\n"} - {char}:
            with pytest.raises(IntegrityError):
                open_checkpoint(NOTE[:place] + other + NOTE[place + 1 :], LOG.key)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "ledger.example",
        LOG_VKEY.replace("9e004662", "9e004663"),
        LOG_VKEY.replace("ledger", "Ledger"),
        LOG_VKEY + "=",
        "a b" + LOG_VKEY,
        "+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "x+00000000+" + base64_text(b"\x02" + bytes(32)),
        "x+00000000+" + base64_text(b"\x01" + bytes(31)),
    ],
)
def test_malformed_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(IntegrityError) as caught:
        NoteKey.parse(vkey)
    assert caught.value.diagnostics[0].code == "G105"


@pytest.mark.parametrize(
    ("name", "fit"),
    [
        ("ledger.example", True),
        ("a", True),
        ("x-1.y2", True),
        ("Ledger.example", False),
        ("ledger.example:443", False),
        ("ledger.example/log", False),
        ("-x.example", False),
        ("x..y", False),
        ("", False),
        ("a" * 254, False),
        ("ledger.example\n", False),
    ],
)
def test_an_origin_is_a_bare_host_name(name: str, fit: bool) -> None:
    assert is_origin(name) is fit


def test_a_signer_needs_a_name_and_a_time_only_for_cosignatures() -> None:
    with pytest.raises(ValueError, match="blanks"):
        log_signer("a b")
    with pytest.raises(ValueError, match="time"):
        LOG.line("x\n", seconds=1)
    with pytest.raises(ValueError, match="time"):
        WITNESS.line("x\n")


def test_a_cosignature_of_the_wrong_length_does_not_verify() -> None:
    assert not WITNESS.key.verifies(b"\0" * 64, checkpoint().text)
    assert not LOG.key.verifies(b"\0" * 63, checkpoint().text)


@given(st.integers(0, 10**15), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_reads_back(size: int, root: bytes) -> None:
    made = Checkpoint(origin="ledger.example", size=size, root=root)
    assert parse_checkpoint(made.text) == made
