"""The witness: every status of the protocol, the race, its state, and its HTTP face."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import base64_text
from govern.diagnostics import GovernError, InputError, IntegrityError, UsageError
from govern.ledger.merkle import EMPTY_ROOT
from govern.ledger.note import Checkpoint, NoteSigner, check_note, parse_note
from govern.ledger.note_lines import cosigned_at
from govern.ledger.witness import MAX_REQUEST_BYTES, SIZE_TYPE, Reply, Witness, add_checkpoint_request, read_request
from govern.ledger.witness_http import WitnessServer
from govern.ledger.witness_state import WitnessState
from support.disk_faults import failing_at
from support.ledgers import log_signer
from support.memory_log import MemoryLog, bodies
from support.process import ROOT, clean_environment
from support.witnesses import SECONDS, asked, new_witness, witness_signer

WITNESS_LINE = (
    "— witness.example/w1 3xwKNQAAAABpVzWlXXWK4SemLZ3tcbODgRCFcqzc14YrUhOE45sU3k5/"
    "RidksgjQb24gb5WRc+5z63adgsHolPjfmMEWG67NZkXVAQ==\n"
)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return new_witness(tmp_path)


# -- cosigning ------------------------------------------------------------------------------------------------------


def test_the_cosignature_is_the_golden_one(witness: Witness) -> None:
    leaves = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    log = MemoryLog([bytes.fromhex(text) for text in leaves])
    assert witness.key.vkey == "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
    assert asked(witness, log, 0) == Reply(status=200, body=WITNESS_LINE)


def test_growing_heads_are_cosigned_and_remembered(witness: Witness) -> None:
    log, old = MemoryLog(), 0
    for size in (0, 1, 2, 7, 8, 8, 300):
        log.grow(bodies(size - len(log.bodies), start=len(log.bodies)))
        reply = asked(witness, log, old, seconds=SECONDS + size)
        assert reply.status == 200
        note = parse_note(log.head().note + reply.body)
        assert check_note(note, (log.key, witness.key)) == (log.key, witness.key)
        assert cosigned_at(note, witness.key) == SECONDS + size
        old = size


def test_a_first_head_may_have_any_size(witness: Witness) -> None:
    assert asked(witness, MemoryLog(bodies(1000)), 0).status == 200


def test_signatures_of_others_are_ignored_and_not_kept(witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    head = log.head()
    others = "".join(log_signer(f"other{number}.example", number).line("x\n") for number in range(2, 22))
    request = add_checkpoint_request(0, (), head.note + others)
    assert witness.add_checkpoint(request, seconds=SECONDS).status == 200
    kept = witness.checkpoint(hashlib.sha256(b"ledger.example").hexdigest())
    assert "other" not in kept.body


def test_the_newest_checkpoint_is_shown_with_its_cosignature(witness: Witness) -> None:
    name = hashlib.sha256(b"ledger.example").hexdigest()
    assert witness.checkpoint(name).status == 404
    log = MemoryLog(bodies(3))
    line = asked(witness, log, 0).body
    assert witness.checkpoint(name) == Reply(status=200, body=log.head().note + line)
    asked(witness, log.grow(bodies(1, start=3)), 3)
    assert witness.checkpoint(name).body.startswith("ledger.example\n4\n")
    assert witness.checkpoint(hashlib.sha256(b"other.example").hexdigest()).status == 404


def test_two_logs_and_two_keys_of_one_log_are_kept_apart(tmp_path: Path) -> None:
    new_key = log_signer(seed=8)
    keys = [log_signer().key, new_key.key, log_signer("other.example", 9).key]
    witness = new_witness(tmp_path, logs=keys)
    assert asked(witness, MemoryLog(bodies(3)), 0).status == 200
    assert asked(witness, MemoryLog(bodies(5), signer=log_signer("other.example", 9)), 0).status == 200
    # The log changed its key; it is the same log.
    rotated = MemoryLog(bodies(5), signer=new_key)
    assert asked(witness, rotated, 0).status == 409
    assert asked(witness, rotated, 3).status == 200


# -- refusals -------------------------------------------------------------------------------------------------------


def note_of(text: str, signer: NoteSigner | None = None) -> str:
    return (signer or log_signer()).note(text)


SIZE_3 = MemoryLog(bodies(3)).head().note
HASH = base64_text(bytes(32))


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        b"old 0",
        b"old 0\n",
        b"old 0\n\n",
        b"old 0\n" + SIZE_3.encode(),
        b"old\n\n" + SIZE_3.encode(),
        b"old -1\n\n" + SIZE_3.encode(),
        b"old 00\n\n" + SIZE_3.encode(),
        b"old 01\n\n" + SIZE_3.encode(),
        b"old  0\n\n" + SIZE_3.encode(),
        b"old 0 \n\n" + SIZE_3.encode(),
        b"old 0\r\n\r\n" + SIZE_3.encode(),
        b"old 99999999999999999\n\n" + SIZE_3.encode(),
        "old ٣\n\n".encode() + SIZE_3.encode(),
        b"OLD 0\n\n" + SIZE_3.encode(),
        b"\xef\xbb\xbfold 0\n\n" + SIZE_3.encode(),
        b"old 0\nnot base64\n\n" + SIZE_3.encode(),
        b"old 0\n" + base64_text(bytes(31)).encode() + b"\n\n" + SIZE_3.encode(),
        b"old 0\n" + HASH[:-2].encode() + b"B=\n\n" + SIZE_3.encode(),
        b"old 1\n" + (HASH.encode() + b"\n") * 64 + b"\n" + SIZE_3.encode(),
        b"old 0\n\n" + SIZE_3.encode()[:-1],
        b"old 0\n\n" + SIZE_3.encode() + b"\n",
        b"old 0\n\n" + SIZE_3.replace("— ", "- ").encode(),
        b"old 0\n\n" + b"\xff" + SIZE_3.encode(),
        b"old 0\n\n" + b"x" * MAX_REQUEST_BYTES,
        b"old 4\n\n" + SIZE_3.encode(),
        b"old 0\n\n" + note_of("ledger.example\n03\n" + HASH + "\n").encode(),
        b"old 0\n\n" + note_of("ledger.example\n3\n" + HASH + "\nextension\n").encode(),
        b"old 0\n\n" + note_of("ledger.example\n3\n").encode(),
        b"old 0\n\n" + note_of("ledger.example\n").encode(),
    ],
)
def test_400_for_what_is_malformed_or_backwards(witness: Witness, request_bytes: bytes) -> None:
    reply = witness.add_checkpoint(request_bytes, seconds=SECONDS)
    assert reply.status == 400, reply
    assert reply.body.endswith("\n")
    assert asked(witness, MemoryLog(bodies(3)), 0).status == 200


@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_the_reader_fail_otherwise(data: bytes) -> None:
    for request in (data, b"old 0\n\n" + data, b"old 0\n" + data + b"\n\n" + SIZE_3.encode()):
        try:
            read_request(request)
        except ValueError:
            continue


def test_every_changed_byte_of_a_request_is_refused(witness: Witness) -> None:
    log = MemoryLog(bodies(5))
    assert asked(witness, log, 0, log.head_at(3)).status == 200
    request = add_checkpoint_request(3, log.consistency(3, 5), log.head().note)
    counted: dict[int, int] = {}
    for place in range(len(request)):
        for flip in (1, 0x20, 0x80):
            changed = request[:place] + bytes([request[place] ^ flip]) + request[place + 1 :]
            status = witness.add_checkpoint(changed, seconds=SECONDS).status
            assert status != 200, changed
            counted[status] = counted.get(status, 0) + 1
    assert set(counted) == {400, 403, 404, 409, 422}
    assert witness.add_checkpoint(request, seconds=SECONDS).status == 200


def test_403_without_a_signature_of_the_log(witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    text = parse_note(log.head().note).text
    stranger = log_signer(seed=9)
    broken = log.head().note.replace("\n3\n", "\n4\n")
    twice = log.head().note + log.signer.line(text)
    for note in (stranger.note(text), broken, twice, log_signer("other.example", 9).note(text)):
        assert witness.add_checkpoint(add_checkpoint_request(0, (), note), seconds=SECONDS).status == 403


def test_404_for_a_log_that_is_not_known(witness: Witness) -> None:
    for origin in ("other.example", "ledger.example/2", "Ledger.example", ""):
        text = f"{origin}\n3\n{HASH}\n"
        note = log_signer("ledger.example").note(text)
        assert witness.add_checkpoint(add_checkpoint_request(0, (), note), seconds=SECONDS).status == 404


def test_409_tells_the_recorded_size(witness: Witness) -> None:
    log = MemoryLog(bodies(9))
    assert asked(witness, log, 5, log.head_at(6)) == Reply(status=409, body="0\n", content_type=SIZE_TYPE)
    assert asked(witness, log, 0, log.head_at(6)).status == 200
    for old, size in ((0, 6), (0, 9), (5, 9), (7, 9), (3, 3), (0, 3)):
        assert asked(witness, log, old, log.head_at(size)) == Reply(status=409, body="6\n", content_type=SIZE_TYPE)


def test_422_for_a_fork(witness: Witness) -> None:
    log = MemoryLog(bodies(6))
    assert asked(witness, log, 0).status == 200
    fork = MemoryLog(bodies(5)).grow([b"forged"])
    assert asked(witness, fork, 6).status == 422  # the same size with another root
    fork.grow(bodies(4, start=6))
    assert asked(witness, fork, 6).status == 422
    assert asked(witness, fork, 0).status == 409
    assert asked(witness, log.grow(bodies(1, start=6)), 6).status == 200


def test_422_for_a_proof_that_does_not_fit(witness: Witness) -> None:
    log = MemoryLog(bodies(9))
    assert asked(witness, log, 0, log.head_at(5)).status == 200
    right = log.consistency(5, 9)
    note = log.head().note
    for proof in ((), right[:-1], right[1:], (*right, bytes(32)), tuple(reversed(right)), log.consistency(4, 9)):
        assert witness.add_checkpoint(add_checkpoint_request(5, proof, note), seconds=SECONDS).status == 422
    same = log.head_at(5).note
    assert witness.add_checkpoint(add_checkpoint_request(5, (bytes(32),), same), seconds=SECONDS).status == 422
    assert witness.add_checkpoint(add_checkpoint_request(5, right, note), seconds=SECONDS).status == 200


def test_422_for_a_first_head_with_a_proof_or_an_empty_log_with_a_root(witness: Witness) -> None:
    note = MemoryLog(bodies(3)).head().note
    assert witness.add_checkpoint(add_checkpoint_request(0, (bytes(32),), note), seconds=SECONDS).status == 422
    empty = note_of(Checkpoint(origin="ledger.example", size=0, root=bytes(32)).text)
    assert witness.add_checkpoint(add_checkpoint_request(0, (), empty), seconds=SECONDS).status == 422
    right = note_of(Checkpoint(origin="ledger.example", size=0, root=EMPTY_ROOT).text)
    assert witness.add_checkpoint(add_checkpoint_request(0, (), right), seconds=SECONDS).status == 200


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=12))
def test_what_is_cosigned_is_always_one_growing_log(steps: list[tuple[int, int, bool]]) -> None:
    """Two histories under one key, asked in any order with right proofs: all cosigned heads are of one of them."""
    import tempfile

    honest = MemoryLog(bodies(40))
    forked = MemoryLog(bodies(2)).grow([b"forged"]).grow(bodies(40, start=3))
    with tempfile.TemporaryDirectory() as name:
        witness = new_witness(Path(name))
        cosigned: list[tuple[int, bytes]] = []
        for old, size, fork in steps:
            log = forked if fork else honest
            if asked(witness, log, old, log.head_at(size)).status == 200:
                cosigned.append((size, log.head_at(size).root))
    assert [size for size, _root in cosigned] == sorted(size for size, _root in cosigned)
    assert any(all(log.head_at(size).root == root for size, root in cosigned) for log in (honest, forked))


# -- keys and state -------------------------------------------------------------------------------------------------


def code_of(action: object, kind: type[GovernError]) -> str:
    assert callable(action)
    with pytest.raises(kind) as caught:
        action()
    return caught.value.diagnostics[0].code


def test_keys_that_cannot_do_their_part_are_refused(tmp_path: Path) -> None:
    state = WitnessState(tmp_path / "state", witness_signer().key, [log_signer().key])
    assert code_of(lambda: Witness(log_signer(), [log_signer("l.example").key], state), UsageError) == "G256"
    assert code_of(lambda: Witness(witness_signer(), [witness_signer("w2", 3).key], state), UsageError) == "G256"
    assert code_of(lambda: Witness(witness_signer(), [log_signer("a/b").key], state), UsageError) == "G256"


def test_the_state_is_made_once_on_purpose(tmp_path: Path) -> None:
    state = WitnessState(tmp_path / "deep" / "state.json", witness_signer().key, [log_signer().key])
    witness = Witness(witness_signer(), [log_signer().key], state)
    log = MemoryLog(bodies(3))
    assert code_of(lambda: asked(witness, log, 0), InputError) == "G245"  # not even the folder
    (tmp_path / "deep").mkdir()
    assert code_of(lambda: asked(witness, log, 0), UsageError) == "G245"
    state.create()
    assert asked(witness, log, 0).status == 200
    assert code_of(state.create, UsageError) == "G245"
    assert (
        code_of(WitnessState(Path("/proc/x/state"), witness_signer().key, [log_signer().key]).create, UsageError)
        == "G245"
    )


def test_a_state_that_was_lost_is_not_begun_anew(witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    assert asked(witness, log, 0).status == 200
    witness._state.path.unlink()
    assert code_of(lambda: asked(witness, log, 0), UsageError) == "G245"
    assert code_of(lambda: witness.checkpoint(hashlib.sha256(b"ledger.example").hexdigest()), UsageError) == "G245"


def test_every_changed_byte_of_the_state_is_refused(witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    assert asked(witness, log, 0).status == 200
    path = witness._state.path
    data = path.read_bytes()
    for place in range(len(data)):
        path.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert code_of(lambda: asked(witness, log, 3), IntegrityError) == "G246"
    for damage in (
        b"",
        data[:-1],
        data + b"\n",
        b"[]\n",
        b"[" * 100_000,
        b'{"notes":{"a":1},"witness":"x"}\n',
        b"\xff",
    ):
        path.write_bytes(damage)
        assert code_of(lambda: asked(witness, log, 3), IntegrityError) == "G246"
    path.write_bytes(data)
    assert asked(witness, log, 3).status == 200


def test_the_state_of_another_witness_or_of_another_log_is_refused(tmp_path: Path, witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    asked(witness, log, 0)
    data = json.loads(witness._state.path.read_bytes())
    other = new_witness(tmp_path, name="witness.example/w2", seed=3)
    other._state.path.write_bytes(witness._state.path.read_bytes())
    assert code_of(lambda: asked(other, log, 0), IntegrityError) == "G246"
    from govern.canonical import canonical_bytes

    moved = {**data, "notes": {"other.example": data["notes"]["ledger.example"]}}
    witness._state.path.write_bytes(canonical_bytes(moved) + b"\n")
    assert code_of(lambda: asked(witness, log, 0), IntegrityError) == "G246"
    unsigned = {**data, "notes": {"ledger.example": log.head().note}}
    witness._state.path.write_bytes(canonical_bytes(unsigned) + b"\n")
    assert code_of(lambda: asked(witness, log, 0), IntegrityError) == "G246"


def test_nothing_is_cosigned_that_could_not_be_kept(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog(bodies(3))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    before = witness._state.path.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        assert code_of(lambda: asked(witness, log, 0), InputError) == "G245"
    assert witness._state.path.read_bytes() == before
    assert [path.name for path in witness._state.path.parent.iterdir()] == [witness._state.path.name]


def test_whatever_disk_call_fails_the_record_is_the_old_or_the_new_one(witness: Witness) -> None:
    """No cosignature without its record; a record whose cosignature was lost is asked for again."""
    log = MemoryLog(bodies(8))
    assert asked(witness, log, 0, log.head_at(5)).status == 200
    before = witness._state.path.read_bytes()
    calls = 0
    while True:
        witness._state.path.write_bytes(before)
        with failing_at(calls) as made:
            try:
                reply = asked(witness, log, 5)
            except InputError as fault:
                assert fault.diagnostics[0].code == "G245"  # noqa: PT017 - all but the last run fail
                reply = None
        kept = asked(witness, log, 0).body
        assert kept in ("5\n", "8\n")
        if reply is not None:
            assert (reply.status, kept) == (200, "8\n")
            assert len(made) <= calls
            break
        assert asked(witness, log, int(kept)).status == 200
        calls += 1
    assert calls >= 5


def test_the_record_is_durable_before_the_answer(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    log = MemoryLog(bodies(3))
    seen: list[str] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        seen.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    assert asked(witness, log, 0).status == 200
    assert any(name.endswith(".tmp") for name in seen)
    assert seen[-1] == str(witness._state.path.parent)


# -- the race -------------------------------------------------------------------------------------------------------


def requests_for_race() -> tuple[MemoryLog, list[bytes]]:
    """Requests A (to 10 entries) and B (to 20), both from 5; and a third history, all signed by the log's key."""
    log = MemoryLog(bodies(20))
    fork = MemoryLog(bodies(6)).grow([b"forged"]).grow(bodies(20, start=7))
    made = [add_checkpoint_request(5, log.consistency(5, size), log.head_at(size).note) for size in (10, 20, 11, 12)]
    made += [add_checkpoint_request(5, fork.consistency(5, size), fork.head_at(size).note) for size in (10, 20)]
    return log, made


@pytest.mark.parametrize("attempt", range(20))
def test_of_requests_that_race_one_is_cosigned_in_threads(tmp_path: Path, attempt: int) -> None:
    witness = new_witness(tmp_path)
    log, requests = requests_for_race()
    assert asked(witness, log, 0, log.head_at(5)).status == 200
    start = threading.Barrier(len(requests))

    def ask(request: bytes) -> Reply:
        start.wait()
        return witness.add_checkpoint(request, seconds=SECONDS)

    with ThreadPoolExecutor(len(requests)) as pool:
        replies = list(pool.map(ask, requests))
    assert [reply.status for reply in replies].count(200) == 1
    (winner,) = [request for request, reply in zip(requests, replies, strict=True) if reply.status == 200]
    size = int(read_request(winner).note.text.split("\n")[1])
    assert {reply.body for reply in replies if reply.status != 200} == {f"{size}\n"}
    assert witness.checkpoint(hashlib.sha256(b"ledger.example").hexdigest()).body.startswith(
        f"ledger.example\n{size}\n"
    )


_RACER = """
import sys
from pathlib import Path
from support.witnesses import witness_signer, SECONDS
from support.ledgers import log_signer
from govern.ledger.witness import Witness
from govern.ledger.witness_state import WitnessState
state, request = map(Path, sys.argv[1:3])
witness = Witness(witness_signer(), [log_signer().key], WitnessState(state, witness_signer().key, [log_signer().key]))
data = request.read_bytes()
print("ready", flush=True)
sys.stdin.readline()
print(witness.add_checkpoint(data, seconds=SECONDS).status, flush=True)
"""


def test_of_requests_that_race_one_is_cosigned_in_processes(tmp_path: Path) -> None:
    witness = new_witness(tmp_path)
    log, requests = requests_for_race()
    assert asked(witness, log, 0, log.head_at(5)).status == 200
    racers = []
    for number, request in enumerate(requests):
        file = tmp_path / f"request{number}"
        file.write_bytes(request)
        racers.append(
            subprocess.Popen(
                [sys.executable, "-c", _RACER, witness._state.path, file],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=clean_environment({"PYTHONPATH": f"{ROOT / 'tests'}{os.pathsep}{ROOT / 'src'}"}),
            )
        )
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    statuses = [int(racer.communicate()[0]) for racer in racers]
    assert sorted(statuses) == [200, *[409] * (len(requests) - 1)]


# -- HTTP -----------------------------------------------------------------------------------------------------------


@contextmanager
def serving(witness: Witness, prefix: str = "") -> Iterator[WitnessServer]:
    report: list[str] = []
    with WitnessServer(
        witness, host="127.0.0.1", port=0, clock=lambda: SECONDS, report=report.append, prefix=prefix
    ) as server:
        server.lines = report  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def http_ask(server: WitnessServer, method: str, path: str, body: bytes | None = None) -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    try:
        connection.request(method, path, body)
        response = connection.getresponse()
        return response.status, response.headers["Content-Type"], response.read().decode()
    finally:
        connection.close()


def raw(server: WitnessServer, data: bytes) -> bytes:
    """Send bytes and read to the end; half-closed, so that a server which waits for more notices."""
    with socket.create_connection(("127.0.0.1", server.server_port)) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


@pytest.mark.parametrize("prefix", ["", "/w1", "/a/b.c"])
def test_the_two_paths_over_http(witness: Witness, prefix: str) -> None:
    log = MemoryLog(bodies(3))
    name = hashlib.sha256(b"ledger.example").hexdigest()
    with serving(witness, prefix) as server:
        assert server.url == f"http://127.0.0.1:{server.server_port}{prefix}"
        request = add_checkpoint_request(0, (), log.head().note)
        status, kind, body = http_ask(server, "POST", f"{prefix}/add-checkpoint", request)
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert body == witness_signer().line(parse_note(log.head().note).text, seconds=SECONDS)
        assert http_ask(server, "POST", f"{prefix}/add-checkpoint", request) == (409, SIZE_TYPE, "3\n")
        assert http_ask(server, "GET", f"{prefix}/{name}/checkpoint") == (
            200,
            "text/plain; charset=utf-8",
            log.head().note + body,
        )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/"),
        ("POST", "/w1/add-checkpoint/"),
        ("POST", "/w1/add-checkpoint?x"),
        ("POST", "/w1/../w1/add-checkpoint"),
        ("POST", "/w1/%61dd-checkpoint"),
        ("POST", "/add-checkpoint"),
        ("GET", "/w1/add-checkpoint"),
        ("GET", "/w1/state.json"),
        ("GET", "/w1/../../../../etc/passwd"),
        ("GET", "/w1/..%2f..%2fetc%2fpasswd/checkpoint"),
        ("GET", f"/w1/{'A' * 64}/checkpoint"),
        ("GET", f"/w1/{'a' * 63}/checkpoint"),
        ("GET", f"/{'a' * 64}/checkpoint"),
        ("GET", f"/w1/{'a' * 64}/checkpoint/"),
    ],
)
def test_nothing_else_is_served(witness: Witness, method: str, path: str) -> None:
    with serving(witness, "/w1") as server:
        body = add_checkpoint_request(0, (), SIZE_3) if method == "POST" else None
        assert http_ask(server, method, path, body)[0] == 404


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", b" 411 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b" 411 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\n", b" 411 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", b" 411 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b" 411 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n", b" 413 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n", b" 413 "),
        (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nold 0", b" 400 "),
        (b"PUT /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b" 501 "),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", b" 414 "),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", b" 431 "),
        (b"<script>\x1b[2J / HTTP/9\r\n\r\n", b"bad request version"),  # too odd for a status line
        (b"\x16\x03\x01\x00\xa5\x01\x00\x00", b""),
        (b"", b""),
    ],
)
def test_hostile_requests_get_a_plain_refusal(witness: Witness, request_bytes: bytes, status: bytes) -> None:
    with serving(witness) as server:
        answer = raw(server, request_bytes)
        head = answer.lower()
        assert status in head.partition(b"\n")[0] + b" "
        assert b"\x1b" not in head
        assert b"python" not in head
        assert b"traceback" not in head
        assert b"html" not in head
        # The next client is served as ever.
        assert http_ask(server, "POST", "/add-checkpoint", add_checkpoint_request(0, (), SIZE_3))[0] == 200
    for line in server.lines:  # type: ignore[attr-defined]
        assert not any(ord(char) < 32 for char in line)


def test_a_body_that_was_refused_is_not_taken_for_a_request(witness: Witness) -> None:
    """Smuggling: what follows a refused length is dropped with the connection."""
    smuggled = add_checkpoint_request(0, (), SIZE_3)
    inner = b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(smuggled), smuggled)
    with serving(witness) as server:
        answer = raw(server, b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + inner)
        assert answer.count(b"HTTP/1.1") == 1
        assert witness.checkpoint(hashlib.sha256(b"ledger.example").hexdigest()).status == 404


def test_one_connection_serves_many_requests(witness: Witness) -> None:
    log = MemoryLog(bodies(3))
    with serving(witness) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
        for old, size in ((0, 1), (1, 2), (2, 3)):
            body = add_checkpoint_request(old, log.consistency(old, size), log.head_at(size).note)
            connection.request("POST", "/add-checkpoint", body)
            response = connection.getresponse()
            assert response.status == 200
            response.read()
        connection.close()


def test_a_state_that_cannot_be_used_is_no_answer(witness: Witness) -> None:
    with serving(witness) as server:
        witness._state.path.unlink()
        request = add_checkpoint_request(0, (), SIZE_3)
        status, _kind, body = http_ask(server, "POST", "/add-checkpoint", request)
        assert (status, body) == (500, "the witness cannot answer now\n")
        assert str(witness._state.path) not in body
        assert any("G245" in line for line in server.lines)  # type: ignore[attr-defined]


def test_connections_beyond_the_cap_are_closed_and_room_is_made_again(
    witness: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govern.ledger.witness_http._MOST_CONNECTIONS", 2)
    with serving(witness) as server:
        held = [socket.create_connection(("127.0.0.1", server.server_port)) for _ in range(2)]
        for connection in held:
            connection.sendall(b"GET /")
        with socket.create_connection(("127.0.0.1", server.server_port)) as third:
            assert third.recv(1) == b""
        for connection in held:
            connection.sendall(b" HTTP/1.1\r\nConnection: close\r\n\r\n")
            while connection.recv(65536):
                pass
            connection.close()
        # A thread makes room a moment after its connection ended; being turned away is the only other thing allowed.
        for _ in range(1000):
            try:
                assert http_ask(server, "GET", "/")[0] == 404
                break
            except (ConnectionError, http.client.RemoteDisconnected):
                continue
        else:
            pytest.fail("no room was made")


def test_a_client_that_hangs_up_is_a_line_in_the_report_and_nothing_more(witness: Witness) -> None:
    with serving(witness) as server:
        connection = socket.create_connection(("127.0.0.1", server.server_port))
        connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nold")
        # Closed with a reset, not with an end of the stream.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, sys.byteorder) + bytes(4))
        connection.close()
        assert http_ask(server, "POST", "/add-checkpoint", add_checkpoint_request(0, (), SIZE_3))[0] == 200
    lines: list[str] = server.lines  # type: ignore[attr-defined]
    assert not any("Traceback" in line for line in lines)


def test_an_ipv6_address_is_bound_where_there_is_one(witness: Witness) -> None:
    try:
        server = WitnessServer(witness, host="::1", port=0, clock=lambda: 0, report=print)
    except UsageError as fault:
        assert fault.diagnostics[0].code == "G254"  # noqa: PT017 - a machine without it
    else:
        assert server.url.startswith("http://[::1]:")
        server.server_close()


def test_a_stop_is_heard_even_inside_a_finaliser(witness: Witness) -> None:
    """An exception raised in one is dropped by the interpreter: so a raising signal handler once left a witness up."""
    with WitnessServer(witness, host="127.0.0.1", port=0, clock=lambda: 0, report=print) as server:

        class Finalised:
            def __del__(self) -> None:
                server.stop()

        Finalised()
        with pytest.raises(KeyboardInterrupt):
            server.serve_forever(poll_interval=0.01)


@pytest.mark.parametrize("prefix", ["w1", "/w1/", "/", "/a b", "/..\n"])
def test_a_prefix_that_is_no_path_is_refused(witness: Witness, prefix: str) -> None:
    def start() -> None:
        WitnessServer(witness, host="127.0.0.1", port=0, clock=lambda: 0, report=print, prefix=prefix)

    assert code_of(start, UsageError) == "G254"


def test_an_address_that_is_taken_or_impossible_is_refused(witness: Witness) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        for host, port in (("127.0.0.1", taken.getsockname()[1]), ("127.0.0.1", 70000), ("192.0.2.1", 0)):

            def start(host: str = host, port: int = port) -> None:
                WitnessServer(witness, host=host, port=port, clock=lambda: 0, report=print)

            assert code_of(start, UsageError) == "G254"
