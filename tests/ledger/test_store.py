"""What every ledger store promises, whatever database it has: the same tests run over each of them."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.canonical import sha256_hex
from govern.diagnostics import GovernError, IntegrityError, UsageError
from govern.ledger.fsck import verify_ledger
from govern.ledger.merkle import (
    EMPTY_ROOT,
    inclusion_proof,
    leaf_hash,
    memory_nodes,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from govern.ledger.note import NoteSigner, open_checkpoint
from govern.ledger.store import LedgerStore, NewEntry
from support.boxes import Box, code_of
from support.ledgers import CREATED, entry, log_signer


def test_a_new_ledger_is_empty_signed_and_published(box: Box) -> None:
    with box.create() as ledger:
        head = ledger.head()
        assert (head.size, head.root) == (0, EMPTY_ROOT)
        assert box.place.published.read_text() == head.note
        assert open_checkpoint(head.note, ledger.key).size == 0
    report = verify_ledger(box.place, expected=box.signer.key)
    assert (report.exit_code, report.size, report.checkpoints) == (0, 0, 1)


def test_an_append_gives_a_proof_that_holds_offline(box: Box) -> None:
    with box.create() as ledger:
        store: LedgerStore = ledger  # the class is what the protocol says
        for number in range(9):
            (logged,) = store.append([entry(number)])
            checkpoint = open_checkpoint(logged.proof.checkpoint, store.key)
            assert (checkpoint.size, checkpoint.root) == (number + 1, logged.leaf_root)
            assert verify_inclusion(
                number, checkpoint.size, leaf_hash(logged.body), logged.proof.hashes, checkpoint.root
            )
            assert box.place.published.read_text() == logged.proof.checkpoint
            assert ledger.payload(sha256_hex(entry(number).payload)) == entry(number).payload


def test_a_batch_is_one_checkpoint(box: Box) -> None:
    with box.create() as ledger:
        logged = ledger.append([entry(number) for number in range(5)])
        assert [item.proof.index for item in logged] == [0, 1, 2, 3, 4]
        assert {item.size for item in logged} == {5}
    report = verify_ledger(box.place)
    assert (report.exit_code, report.size, report.checkpoints, report.objects) == (0, 5, 2, 5)


def test_the_same_payload_by_the_same_key_keeps_its_index_and_first_body(box: Box) -> None:
    with box.create() as ledger:
        ledger.append([entry(0), entry(1)])
        twin = entry(0, signature=b"other signature")
        again = ledger.append([twin, entry(2), twin])
        assert [item.proof.index for item in again] == [0, 2, 0]
        assert again[0].body == entry(0).body
        assert ledger.head().size == 3
        before = box.place.published.read_bytes()
        assert ledger.append([entry(2)])[0].proof.index == 2
        assert box.place.published.read_bytes() == before


def test_the_same_payload_by_another_key_is_another_entry(box: Box) -> None:
    """A trust root: several envelopes over the same bytes, one signature each, every one a leaf."""
    people = [entry("root", key=key) for key in (b"one", b"two", b"three")]
    with box.create() as ledger:
        assert [item.proof.index for item in ledger.append([entry(0), *people[:2]])] == [0, 1, 2]
        again = ledger.append([*people, people[0]])
        assert [item.proof.index for item in again] == [1, 2, 3, 1]
        assert [item.body for item in again] == [item.body for item in (*people, people[0])]
        digest = sha256_hex(people[0].payload)
        assert ledger.find(digest) == 1
        assert [ledger.find(digest, sha256_hex(key)) for key in (b"one", b"two", b"three", b"four")] == [1, 2, 3, None]
        assert ledger.digests() == ((0, sha256_hex(entry(0).payload)), *((index, digest) for index in (1, 2, 3)))
        assert ledger.payload(digest) == people[0].payload
    report = verify_ledger(box.place)
    assert (report.exit_code, report.size, report.objects) == (0, 4, 2)


def test_one_payload_twice_in_a_batch_is_one_entry(box: Box) -> None:
    with box.create() as ledger:
        logged = ledger.append([entry(0), entry(0)])
        assert [item.proof.index for item in logged] == [0, 0]
        assert ledger.head().size == 1


def test_entries_are_found_and_proved_later_against_the_newest_head(box: Box) -> None:
    box.filled(6)
    with box.open(key=False) as ledger:
        index = ledger.find(sha256_hex(entry(2).payload))
        assert index == 2
        logged = ledger.prove(index)
        assert logged.size == 6
        assert verify_inclusion(2, 6, leaf_hash(entry(2).body), logged.proof.hashes, logged.leaf_root)
        assert ledger.find("00" * 32) is None
        assert code_of(lambda: ledger.prove(6), UsageError) == "G213"
        assert code_of(lambda: ledger.prove(-1), UsageError) == "G213"
        assert code_of(lambda: ledger.consistency(3, 7), UsageError) == "G213"


def test_bodies_and_nodes_are_given_in_bulk(box: Box) -> None:
    box.filled(6)
    with box.open(key=False) as ledger:
        bodies = [entry(number).body for number in range(6)]
        assert list(ledger.entries(0, 6)) == bodies
        assert list(ledger.entries(2, 4)) == bodies[2:4]
        assert ledger.entries(6, 6) == ()
        leaves = [leaf_hash(body) for body in bodies]
        assert list(ledger.nodes(0, 1, 5)) == leaves[1:5]
        assert list(ledger.nodes(1, 0, 3)) == [node_hash(leaves[at], leaves[at + 1]) for at in (0, 2, 4)]
        assert ledger.nodes(3, 0, 0) == ()
        for start, end in ((0, 7), (-1, 2), (4, 3)):
            assert code_of(lambda start=start, end=end: ledger.entries(start, end), UsageError) == "G213"
        for level, start, end in ((0, 0, 7), (1, 0, 4), (2, 0, 2), (-1, 0, 0), (64, 0, 0), (0, 3, 2)):
            assert (
                code_of(lambda level=level, start=start, end=end: ledger.nodes(level, start, end), UsageError) == "G213"
            )
    box.tamper("DELETE FROM tnode WHERE level = 0 AND idx = 1")
    with box.open(key=False) as ledger:
        assert code_of(lambda: ledger.nodes(0, 0, 6), IntegrityError) == "G206"


def test_consistency_between_published_heads(box: Box) -> None:
    with box.create() as ledger:
        heads = [ledger.append([entry(number)])[0] for number in range(7)]
        for old in heads:
            for new in heads[old.size - 1 :]:
                proof = ledger.consistency(old.size, new.size)
                assert verify_consistency(old.size, new.size, old.leaf_root, new.leaf_root, proof)


def test_an_append_without_the_key_is_refused(box: Box) -> None:
    box.filled(1)
    with box.open(key=False) as ledger:
        assert code_of(lambda: ledger.append([entry(9)]), UsageError) == "G210"


def test_an_append_that_fails_half_way_leaves_nothing(box: Box) -> None:
    box.filled(3)
    broken = NewEntry(payload=b"p", body=None)  # type: ignore[arg-type]
    with box.open() as ledger:
        with pytest.raises((GovernError, TypeError)):
            ledger.append([entry(7), broken])
        assert ledger.head().size == 3
        assert ledger.find(sha256_hex(entry(7).payload)) is None
        assert ledger.append([entry(8)])[0].proof.index == 3


def test_an_origin_that_other_tools_could_not_find_is_refused(box: Box) -> None:
    box.signer = log_signer("ledger.example/log")
    assert code_of(box.create, UsageError) == "G211"


def test_another_key_is_refused(box: Box) -> None:
    box.filled(1)
    box.signer = log_signer(seed=9)
    assert code_of(box.open, UsageError) == "G211"
    report = verify_ledger(box.place, expected=box.signer.key)
    assert report.exit_code == 4
    assert "G211" in {item.code for item in report.findings}


def test_creating_twice_or_beside_an_old_head_is_refused(box: Box, tmp_path: Path) -> None:
    box.filled(0)
    assert code_of(box.create, UsageError) == "G202"
    elsewhere = replace(box.place, published=tmp_path / "elsewhere")
    assert code_of(lambda: elsewhere.create(box.signer, created=CREATED), UsageError) == "G202"


def test_random_batches_with_repeats_give_the_tree_of_their_first_appearances(box: Box) -> None:
    """Against a list in memory: same order, same roots, same proofs."""
    source = random.Random(7)
    seen: list[NewEntry] = []
    with box.create() as ledger:
        for _ in range(40):
            picked = [
                entry(source.randrange(60), key=bytes([source.randrange(2)])) for _ in range(source.choice((1, 3, 9)))
            ]
            for item in picked:
                if item not in seen:
                    seen.append(item)
            logged = ledger.append(picked)
            nodes = memory_nodes([leaf_hash(item.body) for item in seen])
            root = tree_root(len(seen), nodes)
            for item, made in zip(picked, logged, strict=True):
                index = seen.index(item)
                assert (made.proof.index, made.size, made.leaf_root) == (index, len(seen), root)
                assert made.proof.hashes == inclusion_proof(index, len(seen), nodes)
        assert ledger.entries(0, len(seen)) == tuple(item.body for item in seen)
    assert verify_ledger(box.place).root == root


def test_a_key_that_signs_something_else_commits_nothing(box: Box) -> None:
    """A key in a device answers with a signature over another text, or with one that does not verify."""

    class Straying(NoteSigner):
        def note(self, text: str) -> str:
            return super().note(text.replace("\n1\n", "\n7\n"))

    class Unsound(NoteSigner):
        def note(self, text: str) -> str:
            return super().note(text).replace(text, text.replace("\n1\n", "\n7\n"))

    box.filled(0)
    for kind, code in ((Straying, "G206"), (Unsound, "G102")):
        signer = kind("ledger.example", Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
        with box.place.open(signer=signer) as ledger:
            assert code_of(lambda ledger=ledger: ledger.append([entry(0)]), IntegrityError) == code
            assert ledger.head().size == 0
    with box.open() as ledger:
        assert ledger.append([entry(0)])[0].proof.index == 0
