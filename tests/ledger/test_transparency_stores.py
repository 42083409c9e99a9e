"""Export and cosigning over every kind of store: they ask nothing of it but the protocol."""

from __future__ import annotations

from pathlib import Path

from govern.diagnostics import IntegrityError
from govern.ledger.cosigned_notes import CosignedNotes
from govern.ledger.cosigning import CosigningLedger
from govern.ledger.merkle import leaf_hash, verify_inclusion
from govern.ledger.note import check_note, open_checkpoint, parse_note
from govern.ledger.tile_check import check_export, exported_entries
from govern.ledger.tile_export import export_tiles
from support.boxes import Box, code_of
from support.ledgers import entry
from support.memory_log import MemoryLog, bodies
from support.witnesses import asked, client, new_witness


def test_every_store_is_exported_step_by_step(box: Box, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    with box.create() as ledger:
        for start, end in ((0, 5), (5, 5), (5, 260)):
            if start < end:
                ledger.append([entry(number) for number in range(start, end)])
            export_tiles(ledger, mirror)
            assert check_export(mirror, log=ledger.key).checkpoint.size == end
        assert list(exported_entries(mirror, 260)) == [entry(number).body for number in range(260)]
        assert export_tiles(ledger, mirror).written == ()


def test_every_store_is_cosigned(box: Box, tmp_path: Path) -> None:
    w1, w2 = new_witness(tmp_path), new_witness(tmp_path, name="witness.example/w2", seed=3)
    published = tmp_path / "head" / "published"
    published.parent.mkdir()
    with box.create() as inner:
        notes = CosignedNotes(published, inner.key, (w1.key, w2.key))
        store = CosigningLedger(inner, witnesses=[client(w1, "w1"), client(w2, "w2")], notes=notes)
        for number in range(5):
            (logged,) = store.append([entry(number)])
            head = open_checkpoint(logged.proof.checkpoint, inner.key)
            assert verify_inclusion(number, head.size, leaf_hash(logged.body), logged.proof.hashes, head.root)
            signers = check_note(parse_note(logged.proof.checkpoint), (inner.key, w1.key, w2.key))
            assert signers == (inner.key, w1.key, w2.key)
        # Entries that no witness has seen are proved against the log's own head, the others against the cosigned one.
        inner.append([entry("unseen")])
        assert [store.prove(index).size for index in range(6)] == [5, 5, 5, 5, 5, 6]


def test_every_store_refuses_when_a_witness_has_seen_more(box: Box, tmp_path: Path) -> None:
    witness = new_witness(tmp_path)
    with box.create() as inner:
        assert asked(witness, MemoryLog(bodies(3)), 0).status == 200
        notes = CosignedNotes(tmp_path / "published", inner.key, (witness.key,))
        store = CosigningLedger(inner, witnesses=[client(witness, "w1")], notes=notes)
        assert code_of(lambda: store.append([entry(0)]), IntegrityError) == "G247"
        assert inner.head().size == 0
