"""Heads that are cosigned: collection, what is kept, and when the log refuses to go on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from govern.canonical import canonical_bytes
from govern.diagnostics import Diagnostic, GovernError, InputError, IntegrityError, Severity, UsageError
from govern.ledger.cosigned_notes import CosignedNotes
from govern.ledger.cosigning import CosigningLedger, cosignature
from govern.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from govern.ledger.note import NoteKey, check_note, open_checkpoint, parse_note
from govern.ledger.note_lines import cosigned_at, merge_notes
from govern.ledger.quorum import WitnessPolicy
from govern.ledger.store import LedgerStore, Logged, NewEntry
from govern.ledger.witness import Reply, Witness, read_request
from support.ledgers import LedgerBox, entry, log_signer
from support.memory_log import MemoryLog, bodies
from support.witnesses import SECONDS, Client, asked, client, new_witness, unreachable, witness_signer

LOG = log_signer().key


class Both:
    """A log with two witnesses, and what a test breaks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.w1 = new_witness(root, name="witness.example/w1", seed=2)
        self.w2 = new_witness(root, name="witness.example/w2", seed=3)
        self.clients = [client(self.w1, "w1"), client(self.w2, "w2")]
        self.keys = (self.w1.key, self.w2.key)
        self.policy = WitnessPolicy.parse([("w1", self.w1.key.vkey), ("w2", self.w2.key.vkey)], ["g all w1 w2"], "g")
        self.published = root / "published-checkpoint"
        self.notes = CosignedNotes(self.published, LOG, self.keys)
        self.said: list[Diagnostic] = []

    def over(self, inner: LedgerStore, clients: list[Client] | None = None) -> CosigningLedger:
        return CosigningLedger(
            inner,
            witnesses=self.clients if clients is None else clients,
            notes=self.notes,
            policy=self.policy,
            notify=self.said.append,
        )

    def codes(self) -> list[str]:
        codes = [item.code for item in self.said]
        assert all(item.severity is Severity.WARNING for item in self.said)
        self.said.clear()
        return codes


@pytest.fixture
def both(tmp_path: Path) -> Both:
    return Both(tmp_path)


def signers(both: Both, note: str) -> tuple[NoteKey, ...]:
    return check_note(parse_note(note), (LOG, *both.keys))


def holds(logged: Logged) -> bool:
    head = open_checkpoint(logged.proof.checkpoint, LOG)
    assert (head.size, head.root) == (logged.size, logged.leaf_root)
    return verify_inclusion(logged.proof.index, head.size, leaf_hash(logged.body), logged.proof.hashes, head.root)


def code_of(action: Callable[[], object], kind: type[GovernError]) -> str:
    with pytest.raises(kind) as caught:
        action()
    return caught.value.diagnostics[0].code


# -- collecting -----------------------------------------------------------------------------------------------------


def test_an_append_is_cosigned_by_all(both: Both) -> None:
    store: LedgerStore = both.over(MemoryLog())
    for number in range(4):
        (logged,) = store.append([entry(number)])
        assert holds(logged)
        assert signers(both, logged.proof.checkpoint) == (LOG, *both.keys)
        assert logged.size == number + 1
    assert both.codes() == []
    assert store.head().note == logged.proof.checkpoint


def test_a_real_ledger_is_cosigned_and_its_published_head_too(tmp_path: Path) -> None:
    box = LedgerBox(tmp_path / "box")
    both = Both(tmp_path)
    both.notes = CosignedNotes(box.paths.published, LOG, both.keys)
    with box.create() as inner:
        store = both.over(inner)
        logged = store.append([entry(0), entry(1)])
        assert all(map(holds, logged))
        assert box.paths.published.read_text() == logged[0].proof.checkpoint
        assert signers(both, box.paths.published.read_text()) == (LOG, *both.keys)
    with box.open() as inner:
        # A log with a cosigned published head opens, grows, and its next head is cosigned again.
        (more,) = both.over(inner).append([entry(2)])
        assert box.paths.published.read_text() == more.proof.checkpoint
        assert inner.head().note != more.proof.checkpoint


def test_the_lines_do_not_depend_on_who_answered_first(both: Both) -> None:
    log = MemoryLog(bodies(3))
    first = both.over(log, both.clients[::-1]).cosign().note
    again = both.over(log).cosign().note
    assert first == again
    assert signers(both, first) == (LOG, *both.keys)
    assert first.count("\n— ") == 3


def test_a_cosignature_once_collected_stays_as_it_is(both: Both) -> None:
    log = MemoryLog(bodies(3))
    first = both.over(log).cosign().note
    later = [client(both.w1, "w1", seconds=SECONDS + 9), client(both.w2, "w2", seconds=SECONDS + 9)]
    assert both.over(log, later).cosign().note == first


def test_what_a_witness_has_seen_is_asked_for_when_it_was_forgotten(both: Both) -> None:
    log = MemoryLog(bodies(5))
    both.over(log).cosign()
    both.notes.path.unlink()
    log.grow(bodies(4, start=5))
    requests = [item.requests for item in both.clients]
    assert signers(both, both.over(log).cosign().note) == (LOG, *both.keys)
    assert [item.requests for item in both.clients] == [count + 2 for count in requests]  # 409, then 200
    log.grow(bodies(1, start=9))
    both.over(log).cosign()
    assert [item.requests for item in both.clients] == [count + 3 for count in requests]


def test_the_request_carries_the_right_proof(both: Both) -> None:
    log = MemoryLog(bodies(5))
    both.over(log).cosign()
    log.grow(bodies(6, start=5))
    seen: list[bytes] = []
    spy = Client("w1", both.w1.key, lambda request: (seen.append(request), both.clients[0].answer(request))[1])
    both.over(log, [spy]).cosign()
    submission = read_request(seen[0])
    assert submission.old == 5
    old, new = log.head_at(5), log.head()
    assert verify_consistency(5, 11, old.root, new.root, submission.proof)


def test_a_witness_that_is_away_is_reported_once_and_does_not_stop_the_append(both: Both) -> None:
    away = unreachable("w2", both.w2.key)
    store = both.over(MemoryLog(), [both.clients[0], away])
    (logged,) = store.append([entry(0)])
    assert signers(both, logged.proof.checkpoint) == (LOG, both.w1.key)
    assert both.codes() == ["G249", "G255"]
    assert away.requests == 1


@pytest.mark.parametrize(
    "answer",
    [
        Reply(status=200, body=""),
        Reply(status=200, body="garbage\n"),
        Reply(status=200, body=witness_signer().line("another text\n", seconds=1)),
        Reply(status=200, body=witness_signer("stranger.example", 9).line("x\n", seconds=1)),
        Reply(status=200, body="\n\n"),
        Reply(status=200, body="text\n\n" + witness_signer().line("text\n", seconds=1)),
        Reply(status=400, body="malformed\n"),
        Reply(status=403, body="\x1b[2J"),
        Reply(status=404, body=""),
        Reply(status=500, body="x" * 10_000),
        Reply(status=409, body="not a size"),
        Reply(status=409, body="01\n"),
        Reply(status=409, body="2"),
        Reply(status=409, body="0\n"),
        Reply(status=301, body=""),
    ],
)
def test_an_answer_that_is_no_cosignature_is_dropped(both: Both, answer: Reply) -> None:
    log = MemoryLog(bodies(3))
    odd = Client("w1", both.w1.key, lambda _request: answer)
    head = both.over(log, [odd, both.clients[1]]).cosign()
    assert signers(both, head.note) == (LOG, both.w2.key)
    assert both.codes() == ["G250"]
    assert odd.requests == 1


def test_a_witness_that_keeps_changing_its_mind_is_dropped(both: Both) -> None:
    sizes = iter((1, 2, 1, 2))
    odd = Client("w1", both.w1.key, lambda _request: Reply(status=409, body=f"{next(sizes)}\n"))
    head = both.over(MemoryLog(bodies(3)), [odd]).cosign()
    assert signers(both, head.note) == (LOG,)
    assert both.codes() == ["G250"]


def test_an_answer_that_was_lost_is_asked_for_again(both: Both) -> None:
    """The witness has cosigned and recorded the head, and the connection broke before its answer came."""
    log = MemoryLog(bodies(3))

    def lost(request: bytes) -> Reply:
        both.w1.add_checkpoint(request, seconds=SECONDS)
        raise InputError(Diagnostic("G249", "the connection was reset"))

    both.over(log, [Client("w1", both.w1.key, lost)]).cosign()
    assert both.codes() == ["G249"]
    head = both.over(log, [both.clients[0]]).cosign()
    assert signers(both, head.note) == (LOG, both.w1.key)
    assert both.codes() == []


def test_writers_of_one_ledger_side_by_side(tmp_path: Path) -> None:
    box = LedgerBox(tmp_path / "box")
    both = Both(tmp_path)
    box.create().close()
    made: list[Logged] = []
    faults: list[BaseException] = []

    def write(name: str) -> None:
        try:
            with box.open() as inner:
                notes = CosignedNotes(box.paths.published, LOG, both.keys)
                clients = [client(both.w1, "w1"), client(both.w2, "w2")]
                store = CosigningLedger(inner, witnesses=clients, notes=notes, policy=both.policy)
                for number in range(12):
                    made.extend(store.append([entry(f"{name} {number}")]))
        except BaseException as fault:  # to be raised in the test's own thread
            faults.append(fault)

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b", "c")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faults == []
    assert sorted(item.proof.index for item in made) == list(range(36))
    assert all(map(holds, made))
    with box.open() as inner:
        notes = CosignedNotes(box.paths.published, LOG, both.keys)
        (kept,) = notes.read()
        assert open_checkpoint(kept, LOG).size == inner.head().size == 36
        assert signers(both, box.paths.published.read_text()) == (LOG, *both.keys)


def test_lines_of_others_in_an_answer_are_ignored(both: Both) -> None:
    log = MemoryLog(bodies(3))
    text = parse_note(log.head().note).text
    mine = both.w1._signer.line(text, seconds=7)
    other = witness_signer("stranger.example", 9).line(text, seconds=7)
    assert cosignature(other + mine, note=log.head().note, key=both.w1.key) == mine
    assert cosignature(mine + mine, note=log.head().note, key=both.w1.key) is None
    assert cosignature(other, note=log.head().note, key=both.w1.key) is None


def test_it_answers_as_the_log_does(both: Both) -> None:
    log = MemoryLog()
    store = both.over(log)
    store.append([entry(number) for number in range(5)])
    assert store.key == log.key
    assert store.digests() == log.digests()
    digest = store.digests()[3][1]
    assert store.find(digest) == 3
    assert store.payload(digest) == entry(3).payload
    assert store.consistency(2, 5) == log.consistency(2, 5)
    assert store.entries(1, 3) == log.entries(1, 3)
    assert store.nodes(1, 0, 2) == log.nodes(1, 0, 2)
    assert code_of(lambda: store.prove(5), UsageError) == "G213"


# -- what is kept ---------------------------------------------------------------------------------------------------


def test_proofs_made_later_use_the_best_witnessed_checkpoint(both: Both) -> None:
    log = MemoryLog(bodies(5))
    both.over(log).cosign()  # 5 entries, both witnesses
    log.grow(bodies(3, start=5))
    half = [both.clients[0], unreachable("w2", both.w2.key)]
    both.over(log, half).cosign()  # 8 entries, one witness
    log.grow(bodies(2, start=8))  # 10 entries, none
    silent = both.over(log, [])
    for index, size, count in ((0, 5, 2), (4, 5, 2), (5, 8, 1), (7, 8, 1), (8, 10, 0), (9, 10, 0)):
        logged = silent.prove(index)
        assert holds(logged)
        assert (logged.size, len(signers(both, logged.proof.checkpoint)) - 1) == (size, count)
    # Without a policy the number of cosignatures decides.
    plain = CosigningLedger(log, witnesses=(), notes=both.notes)
    assert [plain.prove(index).size for index in (0, 5, 9)] == [5, 8, 10]
    # Once the newest head has the quorum, every proof is renewed to it, and older notes are dropped.
    both.over(log).cosign()
    assert {silent.prove(index).size for index in range(10)} == {10}
    assert len(both.notes.read()) == 1


def test_a_note_is_kept_while_it_has_a_signer_that_no_newer_one_has(both: Both) -> None:
    log = MemoryLog(bodies(20))
    w1, w2 = both.clients
    away = unreachable("x", both.w2.key)
    for size, clients in ((5, [w1, w2]), (6, [w1]), (7, [w1]), (9, [w2]), (12, [w1])):
        head = log.head_at(size)
        grown = MemoryLog(bodies(size))
        both.over(grown, [*clients, away]).cosign()
        assert head.root == grown.head().root
    sizes = [open_checkpoint(note, LOG).size for note in both.notes.read()]
    assert sizes == [5, 9, 12]


def test_what_is_kept_survives_a_restart_and_concurrent_writers(both: Both) -> None:
    log = MemoryLog(bodies(30))
    texts = [log.head_at(size).note for size in range(1, 31)]
    lines = [both.w1._signer.line(parse_note(note).text, seconds=7) for note in texts]
    other = [both.w2._signer.line(parse_note(note).text, seconds=7) for note in texts]
    notes = [note + line for note, line in zip(texts, lines, strict=True)]
    notes += [note + line for note, line in zip(texts, other, strict=True)]
    threads = [
        threading.Thread(target=CosignedNotes(both.published, LOG, both.keys).add, args=(note,)) for note in notes
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = both.notes.read()
    assert open_checkpoint(kept, LOG).size == 30
    assert signers(both, kept) == (LOG, *both.keys)


def test_a_published_checkpoint_of_another_size_is_left_alone(both: Both) -> None:
    log = MemoryLog(bodies(5))
    both.published.write_text(log.head_at(5).note)
    old = log.head_at(3).note
    both.notes.add(old + both.w1._signer.line(parse_note(old).text, seconds=7))
    assert both.published.read_text() == log.head_at(5).note
    both.over(log).cosign()
    assert signers(both, both.published.read_text()) == (LOG, *both.keys)


def test_a_note_that_nobody_cosigned_is_not_kept(both: Both) -> None:
    note = MemoryLog(bodies(3)).head().note
    both.notes.add(note)
    assert both.notes.read() == ()
    assert cosigned_at(parse_note(note), both.w1.key) is None


def test_notes_of_different_texts_are_never_merged() -> None:
    log = MemoryLog(bodies(3))
    with pytest.raises(ValueError, match="different"):
        merge_notes(log.head_at(1).note, log.head_at(2).note, log=LOG)


@pytest.mark.parametrize("damage", ["text", "json", "list", "form", "unsigned", "forged", "line"])
def test_a_file_of_cosigned_notes_that_does_not_hold_is_refused(both: Both, damage: str) -> None:
    log = MemoryLog(bodies(3))
    both.over(log).cosign()
    (note,) = both.notes.read()
    text = parse_note(note).text

    def file(*notes: object) -> bytes:
        return canonical_bytes({"format": "urn:govern:cosigned-checkpoints:v1", "notes": list(notes)}) + b"\n"  # type: ignore[arg-type]

    both.notes.path.write_bytes(
        {
            "text": b"\xff",
            "json": b"{",
            "list": b"[]",
            "form": file(note)[:-1],
            "unsigned": file(f"{text}\n{both.w1._signer.line(text, seconds=7)}"),
            "forged": file(log_signer(seed=9).note(text)),
            "line": file(note.replace("\n3\n", "\n4\n")),
        }[damage]
    )
    assert code_of(both.over(log).head, IntegrityError) == "G251"
    assert code_of(lambda: both.over(log).append([entry(0)]), IntegrityError) == "G251"
    assert len(log.bodies) == 3
    both.notes.path.write_bytes(file(1))
    assert code_of(both.notes.read, IntegrityError) == "G251"


def test_a_place_that_cannot_be_written_says_so(both: Both) -> None:
    log = MemoryLog(bodies(3))
    both.notes.path.mkdir()
    assert code_of(both.over(log).cosign, InputError) == "G209"
    nowhere = CosignedNotes(Path("/proc/nowhere/published-checkpoint"), LOG, both.keys)
    note = log.head().note
    assert code_of(lambda: nowhere.add(note + both.w1._signer.line(parse_note(note).text, seconds=7)), UsageError) == (
        "G216"
    )


# -- refusing -------------------------------------------------------------------------------------------------------


def restored(size: int) -> MemoryLog:
    """An old copy of the log."""
    return MemoryLog(bodies(size))


def forget(both: Both) -> None:
    """The machine was restored as a whole: what was kept beside the log is as old as the log."""
    both.notes.path.unlink(missing_ok=True)


def test_a_log_that_was_cut_does_not_sign_while_a_witness_remembers(both: Both) -> None:
    both.over(restored(9)).cosign()
    forget(both)
    cut = restored(7)
    for act in (lambda: both.over(cut).append([entry(0)]), both.over(cut).cosign):
        assert code_of(act, IntegrityError) == "G247"
    assert len(cut.bodies) == 7  # nothing was signed
    empty = MemoryLog()
    assert code_of(lambda: both.over(empty).append([entry(0)]), IntegrityError) == "G247"
    assert len(empty.bodies) == 0


def test_a_log_that_was_forked_does_not_sign_while_a_witness_remembers(both: Both) -> None:
    both.over(restored(9)).cosign()
    forget(both)
    fork = restored(7).grow([b"forged", b"forged too", b"and more"])
    assert code_of(lambda: both.over(fork).append([entry(0)]), IntegrityError) == "G248"
    assert len(fork.bodies) == 10
    same_size = restored(8).grow([b"forged"])
    assert code_of(lambda: both.over(same_size).append([entry(0)]), IntegrityError) == "G248"
    # The protocol as first published answered 409 to an equal size with another root.
    old_style = Client("w1", both.w1.key, lambda _request: Reply(status=409, body="9\n"))
    assert code_of(both.over(same_size, [old_style]).cosign, IntegrityError) == "G248"


def test_one_witness_that_remembers_is_enough(both: Both) -> None:
    both.over(restored(9), [both.clients[1]]).cosign()
    forget(both)
    cut = restored(7)
    assert code_of(lambda: both.over(cut).append([entry(0)]), IntegrityError) == "G247"
    assert len(cut.bodies) == 7


def test_what_was_kept_refuses_even_with_every_witness_away(both: Both) -> None:
    both.over(restored(9)).cosign()
    away = [unreachable("w1", both.w1.key), unreachable("w2", both.w2.key)]
    for broken, code in ((restored(7), "G247"), (restored(7).grow([b"forged"] * 3), "G248")):
        size = len(broken.bodies)
        store = both.over(broken, away)
        for act in (partial(store.append, [entry(0)]), store.cosign, store.head, partial(store.prove, 0)):
            assert code_of(act, IntegrityError) == code
        assert len(broken.bodies) == size


def test_a_witness_that_learns_of_a_fork_during_the_append_stops_the_release(both: Both) -> None:
    log = MemoryLog(bodies(5))
    twin = MemoryLog(bodies(5))
    both.over(log).cosign()

    class Raced(MemoryLog):
        def append(self, entries: object) -> tuple[Logged, ...]:
            twin.grow([b"on another machine"])
            assert asked(both.w2, twin, 5).status == 200
            return super().append(entries)  # type: ignore[arg-type]

    raced = Raced(bodies(5))
    assert code_of(lambda: both.over(raced).append([entry(0)]), IntegrityError) == "G248"


def test_another_writer_of_the_same_log_is_no_fork(both: Both) -> None:
    """Between our append and the witness's answer another process has appended, and had its head cosigned."""
    log = MemoryLog(bodies(5))

    def overtaken(witness: Witness) -> Callable[[bytes], Reply]:
        def answer(request: bytes) -> Reply:
            size = int(read_request(request).note.text.split("\n")[1])
            if size == 6 and len(log.bodies) == 6:
                log.grow(bodies(2, start=100))
                assert asked(witness, log, 5).status == 200
            return witness.add_checkpoint(request, seconds=SECONDS)

        return answer

    clients = [Client("w1", both.w1.key, overtaken(both.w1)), both.clients[1]]
    (logged,) = both.over(log, clients).append([NewEntry(payload=b"p", body=b"mine")])
    assert holds(logged)
    assert (logged.body, logged.proof.index, logged.size) == (b"mine", 5, 8)
    assert signers(both, logged.proof.checkpoint) == (LOG, *both.keys)
    assert both.codes() == []


def test_a_log_that_grows_faster_than_it_is_asked_is_not_waited_for_for_ever(both: Both) -> None:
    log = MemoryLog(bodies(5))

    def answer(request: bytes) -> Reply:
        log.grow(bodies(1, start=len(log.bodies)))
        return Reply(status=409, body=f"{len(log.bodies)}\n")

    busy = Client("w1", both.w1.key, answer)
    head = both.over(log, [busy, both.clients[1]]).cosign()
    assert signers(both, head.note) == (LOG, both.w2.key)
    assert busy.requests == 5


def test_the_word_of_a_witness_stops_the_log_until_it_is_taken_out(both: Both) -> None:
    """A lie about a larger head cannot be told from the truth here; stopping is the safe side of it."""
    log = MemoryLog(bodies(3))
    liar = Client("w1", both.w1.key, lambda _request: Reply(status=409, body="999\n"))
    assert code_of(both.over(log, [liar]).cosign, IntegrityError) == "G247"
    assert signers(both, both.over(log, [both.clients[1]]).cosign().note) == (LOG, both.w2.key)
