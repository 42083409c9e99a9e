"""Two witness processes and a ledger, by the command alone: what an operator and an auditor do."""

from __future__ import annotations

import http.client
import json
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from govern.attestation.keys import load_log_signer
from govern.canonical import base64_bytes
from govern.ledger.note import open_checkpoint
from govern.ledger.proof import parse_proof
from govern.ledger.sqlite import LedgerPaths, SqliteLedger
from govern.ledger.tlog_policy import parse_tlog_policy, verify_logged
from govern.ledger.witness import add_checkpoint_request
from support.in_process import govern_here
from support.ledgers import entry
from support.memory_log import MemoryLog, bodies
from support.process import ROOT, Ended, clean_environment, govern

NAMES = ("w1", "w2")


@dataclass
class Scene:
    """A workspace with a certificate whose trust root asks for two of two witnesses."""

    root: Path

    @property
    def gate(self) -> Path:
        return self.root / "gate"

    def copy(self, root: Path) -> Scene:
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        return Scene(root)

    def run(self, *arguments: str | Path) -> Ended:
        return govern_here(*arguments, cwd=self.gate)

    @property
    def paths(self) -> LedgerPaths:
        state = self.gate / ".govern"
        return LedgerPaths(
            database=state / "ledger.db", objects=state / "objects", published=self.gate / "published-checkpoint"
        )

    def grow(self, *payloads: str) -> None:
        pem = (self.gate / ".govern" / "keys" / "log.pem").read_bytes()
        with SqliteLedger.open(self.paths, signer=load_log_signer(pem, origin="ledger.example")) as ledger:
            ledger.append([entry(payload) for payload in payloads])

    def witness_arguments(self, name: str) -> list[str | Path]:
        folder = self.root / name
        made: list[str | Path] = ["ledger", "witness", "--log", self.gate / ".govern" / "keys" / "log.vkey"]
        return [
            *made,
            *("--key", folder / f"{name}.pem"),
            *("--name", f"witness.example/{name}"),
            *("--state", folder / "state.json"),
        ]

    def asks(self, **urls: str) -> None:
        """Name the witnesses that are asked in govern.toml."""
        file = self.gate / "govern.toml"
        text = file.read_text().partition("\n[ledger]")[0]
        listed = ", ".join(f'"{name} {url}"' for name, url in urls.items())
        file.write_text(f"{text}\n[ledger]\nwitnesses = [{listed}]\n")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    scene = Scene(tmp_path_factory.mktemp("scene"))
    made = govern("init", scene.gate)
    assert made.code == 0, made.err
    ended = govern("check", "example", "-s", "pre-registration", cwd=scene.gate)
    assert ended.code == 0, ended.err
    flags: list[str | Path] = []
    for name in NAMES:
        folder = scene.root / name
        made = scene.run(
            "keys", "new", name, "--kind", "witness", "--origin", f"witness.example/{name}", "--dir", folder
        )
        assert made.code == 0, made.err
        flags += ["--witness", f"{name}={folder / name}.vkey"]
    rule = ("--group", "both all w1 w2", "--quorum", "both", "--key", ".govern/keys/root.pem")
    edited = scene.run("trust", "edit", "trust.json", *flags, *rule)
    assert edited.code == 0, edited.err
    return scene


@pytest.fixture
def scene(template: Scene, tmp_path: Path) -> Scene:
    return template.copy(tmp_path)


@contextmanager
def witness_process(scene: Scene, name: str, *more: str, end: signal.Signals = signal.SIGTERM) -> Iterator[str]:
    """A witness in its own process, and its address; ended by a signal."""
    arguments = [sys.executable, "-m", "govern", *map(str, scene.witness_arguments(name))]
    with subprocess.Popen(
        [*arguments, "--listen", "127.0.0.1:0", *more],
        cwd=ROOT,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            key = process.stdout.readline()
            where = process.stdout.readline()
            assert where.startswith("listening on http://127.0.0.1:"), process.stderr.read()
            assert key.startswith(f"witness.example/{name}+")
            yield where.removeprefix("listening on ").strip()
        finally:
            process.send_signal(end)
            try:
                _out, err = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:  # a failure, not a hang
                process.kill()
                raise
            assert "Traceback" not in err
            assert process.returncode == 130


@contextmanager
def both(scene: Scene, *more: str) -> Iterator[None]:
    with witness_process(scene, "w1", *more) as first, witness_process(scene, "w2", *more) as second:
        scene.asks(w1=first, w2=second)
        yield


def body_of(scene: Scene, index: int) -> bytes:
    with SqliteLedger.open(scene.paths) as ledger:
        return ledger.entries(index, index + 1)[0]


def test_two_witnesses_cosign_and_the_quorum_is_verified_offline(scene: Scene) -> None:
    with both(scene, "--new"):
        ended = scene.run("ledger", "cosign")
        assert ended.code == 0, ended.err
        assert ended.out.count("cosigned 2") == 2
        assert ended.out.splitlines()[-1] == "quorum  both met"
        scene.grow("more", "and more")
        # What was collected for the older head goes on to be used until the newer one has it, too.
        assert b"\n2\n" in proved(scene, 0)
        assert scene.run("ledger", "cosign").code == 0
        published = (scene.gate / "published-checkpoint").read_text()
        assert published.count("\n— ") == 3
    # The witnesses are gone. What an auditor gets: the entry, a proof and a policy, nothing else.
    assert scene.run("trust", "compile", "trust.json", "-o", scene.root / "exports").code == 0
    policy = parse_tlog_policy((scene.root / "exports" / "tlog-policy").read_bytes())
    for index in range(4):
        made = verify_logged(proved(scene, index), body_of(scene, index), policy)
        assert (made.index, made.checkpoint.size, made.met) == (index, 4, True)
        assert [item.name for item in made.cosigners] == ["w1", "w2"]
    # The ledger itself goes on: its published head with three lines is read like any other.
    verified = scene.run("ledger", "verify")
    assert (verified.code, verified.err) == (0, "")
    scene.grow("later")
    assert b"\n4\n" in proved(scene, 0)
    assert b"\n5\n" in proved(scene, 4)


def proved(scene: Scene, index: int) -> bytes:
    file = scene.root / "entry.tlog-proof"
    ended = scene.run("ledger", "prove", str(index), "-o", file)
    assert ended.code == 0, ended.err
    assert parse_proof(file.read_bytes()).index == index
    return file.read_bytes()


def test_one_of_two_is_not_the_quorum(scene: Scene) -> None:
    with witness_process(scene, "w1", "--new") as first:
        scene.asks(w1=first, w2="http://127.0.0.1:9")
        ended = scene.run("ledger", "cosign")
    assert ended.code == 3
    assert "quorum  both NOT MET" in ended.out
    assert "warning G249" in ended.err
    assert scene.run("trust", "compile", "trust.json", "-o", scene.root / "exports").code == 0
    policy = parse_tlog_policy((scene.root / "exports" / "tlog-policy").read_bytes())
    made = verify_logged(proved(scene, 0), body_of(scene, 0), policy)
    assert made.met is False
    assert [item.name for item in made.cosigners] == ["w1"]


def post(url: str, body: bytes) -> tuple[int, str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"))
    try:
        connection.request("POST", "/add-checkpoint", body)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def test_a_fork_is_refused_by_witnesses_and_log_alike(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    fork = scene.copy(tmp_path_factory.mktemp("fork"))
    scene.grow("mine")
    fork.grow("yours")
    with witness_process(scene, "w1", "--new") as url:
        scene.asks(w1=url)
        assert scene.run("ledger", "cosign").code == 3  # one of two
        # Raw, as somebody would who holds the log's key and does not use our client.
        forked = (fork.gate / "published-checkpoint").read_text()
        with SqliteLedger.open(fork.paths) as ledger:
            proof = ledger.consistency(2, 3)
        assert post(url, add_checkpoint_request(0, (), forked)) == (409, "3\n")
        assert post(url, add_checkpoint_request(2, proof, forked)) == (409, "3\n")
        assert post(url, add_checkpoint_request(3, (), forked))[0] == 422
        # Our client stops, and says what happened; also when the fork has grown past what was seen.
        fork.asks(w1=url)
        for _ in range(2):
            ended = fork.run("ledger", "cosign")
            assert ended.code == 4
            assert "G248" in ended.err
            fork.grow("yours as well")
        assert scene.run("ledger", "cosign").code == 3


def test_a_log_that_was_cut_is_told_by_its_witness(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    old = scene.copy(tmp_path_factory.mktemp("old"))
    scene.grow("more")
    with witness_process(scene, "w1", "--new") as url:
        scene.asks(w1=url)
        scene.run("ledger", "cosign")
        old.asks(w1=url)
        ended = old.run("ledger", "cosign")
    assert ended.code == 4
    assert "G247" in ended.err


def test_a_recheck_holds_the_log_against_what_was_cosigned(
    scene: Scene, tmp_path_factory: pytest.TempPathFactory
) -> None:
    old = scene.copy(tmp_path_factory.mktemp("old"))
    scene.grow("more")
    with both(scene, "--new"):
        assert scene.run("ledger", "cosign").code == 0
    assert scene.run("ledger", "verify").code == 0
    # Database and published checkpoint come from a backup; the cosigned checkpoints do not.
    shutil.copy(scene.gate / "published-checkpoint.cosigned", old.gate)
    ended = old.run("ledger", "verify")
    assert (ended.code, "G247" in ended.err, "DAMAGED" in ended.out) == (4, True, True)
    for command in (("prove", "0"), ("export", old.root / "mirror")):
        assert old.run("ledger", *command).code == 4
    old.grow("other", "entries")
    assert "G248" in old.run("ledger", "verify").err


def read_answer(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, str]:
    connection.request("POST", "/add-checkpoint", body)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_a_witness_killed_under_load_never_cosigns_two_histories(scene: Scene) -> None:
    """Two histories under one key race for the witness, which is killed after a few answers, again and again.

    Every cosignature that got out is of one history, sizes only grow, and the state is whole after every kill.
    """
    signer = load_log_signer((scene.gate / ".govern/keys/log.pem").read_bytes(), origin="ledger.example")
    honest = MemoryLog(bodies(4000), signer=signer)
    forked = MemoryLog([b"forged"], signer=signer).grow(bodies(4000, start=1))
    cosigned: list[tuple[bool, int]] = []
    arguments = [sys.executable, "-m", "govern", *map(str, scene.witness_arguments("w1")), "--listen", "127.0.0.1:0"]

    def load(port: int, log: MemoryLog, target: int, enough: threading.Event) -> None:
        old, size = 0, 1
        with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
            try:
                while size <= 4000:
                    body = add_checkpoint_request(old, log.consistency(old, size), log.head_at(size).note)
                    status, said = read_answer(connection, body)
                    if status == 200:
                        cosigned.append((log is forked, size))
                        old = size
                    if status == 409:
                        old = int(said)
                    size = max(size, old) if status == 409 else size + 1
                    if len(cosigned) >= target:
                        enough.set()
            except (OSError, http.client.HTTPException):
                enough.set()  # it was killed

    for attempt in range(8):
        more = ["--new"] if attempt == 0 else []
        with subprocess.Popen(
            [*arguments, *more], env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            enough, target = threading.Event(), len(cosigned) + 7
            clients = [threading.Thread(target=load, args=(port, log, target, enough)) for log in (honest, forked)]
            for thread in clients:
                thread.start()
            enough.wait()
            process.kill()
            for thread in clients:
                thread.join()
        # What a restart finds is the last head that was acknowledged, or the one whose answer was lost.
        assert scene.run(*scene.witness_arguments("w1")).code == 0
    assert len(cosigned) >= 8 * 7
    assert len({fork for fork, _size in cosigned}) == 1
    state = json.loads((scene.root / "w1" / "state.json").read_bytes())
    assert int(state["notes"]["ledger.example"].split("\n")[1]) >= max(size for _fork, size in cosigned)


def test_a_witness_remembers_across_restarts(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    fork = scene.copy(tmp_path_factory.mktemp("fork"))
    with witness_process(scene, "w1", "--new") as url:
        scene.asks(w1=url)
        scene.run("ledger", "cosign")
    scene.grow("mine")
    with witness_process(scene, "w1") as url:
        scene.asks(w1=url)
        ended = scene.run("ledger", "cosign")
        assert "w1  witness.example/w1  cosigned" in ended.out
    fork.grow("yours")
    with witness_process(scene, "w1", end=signal.SIGINT) as url:
        fork.asks(w1=url)
        assert fork.run("ledger", "cosign").code == 4


def test_a_witness_behind_an_air_gap(scene: Scene) -> None:
    request, answer = scene.root / "w1.request", scene.root / "w1.answer"

    def carry(name: str, *more: str | Path) -> Ended:
        return scene.run(*scene.witness_arguments(name), "--once", request, "-o", answer, *more)

    for name in NAMES:
        assert scene.run("ledger", "cosign", "--request", name, "-o", request).code == 0
        assert carry(name, "--new").code == 0
        ended = scene.run("ledger", "cosign", "--accept", request, answer)
        assert ended.code == (3 if name == "w1" else 0), ended.err
    assert "quorum  both met" in ended.out
    assert (scene.gate / "published-checkpoint").read_text().count("\n— ") == 3
    # The next request knows what the witness has seen; without that memory the witness tells.
    scene.grow("more")
    assert scene.run("ledger", "cosign", "--request", "w1", "-o", request).code == 0
    assert request.read_bytes().startswith(b"old 2\n")
    (scene.gate / "published-checkpoint.cosigned").unlink()
    assert scene.run("ledger", "cosign", "--request", "w1", "-o", request).code == 0
    assert request.read_bytes().startswith(b"old 0\n")
    ended = carry("w1")
    assert (ended.code, answer.read_bytes()) == (3, b"2\n")
    ended = scene.run("ledger", "cosign", "--accept", request, answer)
    assert ended.code == 3
    assert "--old 2" in ended.err
    assert scene.run("ledger", "cosign", "--request", "w1", "--old", "2", "-o", request).code == 0
    assert carry("w1").code == 0
    assert scene.run("ledger", "cosign", "--accept", request, answer).code == 3
    assert b"\n3\n" in proved(scene, 0)
    # An answer that comes when the log has grown on is still worth having.
    assert scene.run("ledger", "cosign", "--request", "w2", "--old", "2", "-o", request).code == 0
    scene.grow("even more")
    assert carry("w2").code == 0
    ended = scene.run("ledger", "cosign", "--accept", request, answer)
    assert (ended.code, "quorum  both met" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda data: b"garbage", 2, "not cosigned (400)"),
        (lambda data: data.replace(b"ledger.example\n", b"other.example\n"), 2, "(404)"),
        (lambda data: data.replace(b"\n2\n", b"\n3\n"), 4, "(403)"),
        (lambda data: data.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n"), 4, "(422)"),
        (lambda data: data.replace(b"old 0\n", b"old 1\n"), 3, "0 entries are recorded"),
    ],
)
def test_request_files_that_are_not_cosigned(scene: Scene, change: object, code: int, said: str) -> None:
    request, answer = scene.root / "request", scene.root / "answer"
    assert scene.run("ledger", "cosign", "--request", "w1", "-o", request).code == 0
    assert callable(change)
    request.write_bytes(change(request.read_bytes()))
    ended = scene.run(*scene.witness_arguments("w1"), "--new", "--once", request, "-o", answer)
    assert ended.code == code, ended.err
    assert said in ended.err
    assert answer.exists() == (code == 3)


def test_answers_that_are_not_taken(scene: Scene) -> None:
    request, answer, other = scene.root / "request", scene.root / "answer", scene.root / "other"
    scene.run("ledger", "cosign", "--request", "w1", "-o", request)
    scene.run(*scene.witness_arguments("w1"), "--new", "--once", request, "-o", answer)
    line = answer.read_bytes()
    for data, code, said in (
        (b"", 4, "G250"),
        (b"nonsense\n", 4, "G250"),
        (line.replace(b"w1 ", b"w2 "), 4, "G250"),
        (line[:-10] + b"AAAAAAAA=\n", 4, "G250"),
        (b"\xff", 2, "G253"),
    ):
        other.write_bytes(data)
        ended = scene.run("ledger", "cosign", "--accept", request, other)
        assert (ended.code, said in ended.err) == (code, True), data
    other.write_bytes(b"not a request")
    assert scene.run("ledger", "cosign", "--accept", other, answer).code == 2
    assert not (scene.gate / "published-checkpoint.cosigned").exists()
    # A request of a fork: the line verifies, the head is not this log's.
    pem = (scene.gate / ".govern" / "keys" / "log.pem").read_bytes()
    signer = load_log_signer(pem, origin="ledger.example")
    text = f"ledger.example\n2\n{'A' * 43}=\n"
    other.write_bytes(add_checkpoint_request(0, (), signer.note(text)))
    (scene.root / "w1" / "state.json").unlink()
    scene.run(*scene.witness_arguments("w1"), "--new", "--once", other, "-o", answer)
    ended = scene.run("ledger", "cosign", "--accept", other, answer)
    assert (ended.code, "G248" in ended.err) == (4, True)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('["https://w.example"]', "is not `<name> <url>`"),
        ('["w1 https://w.example x"]', "is not `<name> <url>`"),
        ('["w9 https://w.example"]', "none of the trust root's witnesses"),
        ('["w1 https://w.example", "w1 https://v.example"]', "listed twice"),
        ('["w1 ftp://w.example"]', "not an http or https address"),
        ('["w1 https://u:p@w.example"]', "not an http or https address"),
        ('["w1 https://w.example?x"]', "not an http or https address"),
        ('["w1 https://w.example:99999"]', "not an http or https address"),
        ('["w1 https://[w"]', "not an http or https address"),
        ('["w1 nonsense"]', "not an http or https address"),
    ],
)
def test_settings_that_cannot_be_meant(scene: Scene, settings: str, said: str) -> None:
    with (scene.gate / "govern.toml").open("a") as file:
        file.write(f"\n[ledger]\nwitnesses = {settings}\n")
    ended = scene.run("ledger", "cosign")
    assert (ended.code, "G252" in ended.err, said in ended.err) == (2, True, True), ended.err


def test_witnesses_may_come_from_the_environment(scene: Scene) -> None:
    listed = "w1 http://127.0.0.1:9,w2 http://127.0.0.1:9"
    ended = govern("ledger", "cosign", cwd=scene.gate, environment={"GOVERN_WITNESSES": listed})
    assert ended.code == 3
    assert ended.err.count("G249") == 2


def test_nobody_to_ask_is_said(scene: Scene) -> None:
    ended = scene.run("ledger", "cosign")
    assert (ended.code, "no witness to ask" in ended.err) == (2, True)
    ended = scene.run("ledger", "cosign", "--request", "w9", "-o", scene.root / "x")
    assert (ended.code, "it has: w1, w2" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("cosign", "--old", "3"),
        ("cosign", "-o", "x"),
        ("cosign", "--request", "w1"),
        ("cosign", "--request", "w1", "-o", "x", "--accept", "a", "b"),
        ("cosign", "--request", "w1", "-o", "x", "--old", "-1"),
        ("cosign", "--request", "w1", "-o", "x", "--old", "99"),
        ("cosign", "--accept", "nowhere", "nowhere"),
        ("export", "x", "--vkey", "y"),
        ("export", "x", "--trust", "y"),
        ("export", "x", "--check", "--vkey", "y"),
        ("export", "example", "--check"),
        ("prove",),
        ("prove", "0", "--consistency", "0", "1"),
        ("prove", "--consistency", "2", "1"),
        ("prove", "--consistency", "-1", "1"),
        ("prove", "--consistency", "0", "99"),
        ("consistency", "0", "99"),
        ("consistency", "a", "b"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(template: Scene, arguments: tuple[str, ...]) -> None:
    ended = template.run("ledger", *arguments)
    assert ended.code == 2, ended.err
    assert ended.out == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--once", "x"), "--once goes with -o"),
        (("-o", "x"), "--once goes with -o"),
        (("--once", "x", "-o", "y", "--listen", "127.0.0.1:0"), "not with --listen"),
        (("--new", "--listen", "127.0.0.1"), "HOST:PORT"),
        (("--new", "--listen", "127.0.0.1:x"), "HOST:PORT"),
        (("--new", "--listen", ":80"), "HOST:PORT"),
        (("--new", "--listen", "127.0.0.1:0", "--prefix", "w1"), "path prefix"),
        (("--new", "--log", "nonsense"), "G256"),
        (("--new", "--log", "{gate}/govern.toml"), "G256"),
        (("--new", "--log", "{root}/w2/w2.vkey"), "G256"),
        (("--new", "--name", "a b"), "G256"),
        (("--new", "--name", "a+b"), "G256"),
        (("--new", "--name", ""), "G256"),
        (("--new", "--key", "{gate}/.govern/keys/certifier.pem"), "A104"),
        ((), "G245"),
    ],
)
def test_a_witness_that_cannot_start(scene: Scene, more: tuple[str, ...], said: str) -> None:
    filled = [text.format(gate=scene.gate, root=scene.root) for text in more]
    ended = scene.run(*scene.witness_arguments("w1"), *filled)
    assert (ended.code, said in ended.err) == (2, True), ended.err


def test_a_witness_says_its_key(scene: Scene) -> None:
    ended = scene.run(*scene.witness_arguments("w1"), "--new")
    assert (ended.code, ended.out) == (0, (scene.root / "w1" / "w1.vkey").read_text())
    ended = scene.run(*scene.witness_arguments("w1"), "--new")
    assert (ended.code, "there is one already" in ended.err) == (2, True)
    (scene.root / "w1" / "state.json").write_text("{}")
    assert scene.run(*scene.witness_arguments("w1")).code == 4


# -- proofs and exports by the command --------------------------------------------------------------------------------


def test_the_printed_consistency_command_works(scene: Scene) -> None:
    """`govern verify` prints this very command; its output is base64, one hash a line."""
    scene.grow("a", "b", "c")
    ended = scene.run("ledger", "prove", "--consistency", "2", "5")
    assert ended.code == 0
    hashes = [base64_bytes(line) for line in ended.out.splitlines()]
    with SqliteLedger.open(scene.paths) as ledger:
        assert tuple(hashes) == ledger.consistency(2, 5)
    assert scene.run("ledger", "consistency", "2", "5").out == ended.out
    file = scene.root / "proof"
    assert scene.run("ledger", "prove", "--consistency", "2", "5", "-o", file).code == 0
    assert file.read_text() == ended.out
    assert scene.run("ledger", "consistency", "0", "5").out == ""
    assert scene.run("ledger", "consistency", "5", "5").out == ""


def test_an_export_is_checked_by_folder_and_key_alone(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    mirror = scene.root / "mirror"
    ended = scene.run("ledger", "export", mirror)
    assert (ended.code, "3 files written" in ended.out) == (0, True)
    assert "0 files written" in scene.run("ledger", "export", mirror).out
    elsewhere = tmp_path_factory.mktemp("auditor")
    shutil.copytree(mirror, elsewhere / "mirror")
    shutil.copy(scene.gate / "trust.json", elsewhere)
    vkey = (scene.gate / ".govern" / "keys" / "log.vkey").read_text().strip()
    ended = govern("ledger", "export", "mirror", "--check", "--vkey", vkey, cwd=elsewhere)
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "complete and unchanged as of checkpoint 2")
    # The trust root asks for witnesses, who have not cosigned this head.
    ended = govern("ledger", "export", "mirror", "--check", "--trust", "trust.json", cwd=elsewhere)
    assert (ended.code, "quorum both NOT MET" in ended.out) == (1, True)
    ended = govern("ledger", "export", "mirror", "--check", cwd=elsewhere)
    assert (ended.code, "U105" in ended.err) == (2, True)
    (bundle,) = (elsewhere / "mirror" / "tile" / "entries").rglob("2")
    data = bundle.read_bytes()
    bundle.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    ended = govern("ledger", "export", "mirror", "--check", "--vkey", vkey, cwd=elsewhere)
    assert (ended.code, "G241" in ended.err, ended.out) == (4, True, "")


def test_an_export_carries_the_cosignatures(scene: Scene) -> None:
    mirror = scene.root / "mirror"
    assert scene.run("ledger", "export", mirror).code == 0
    with both(scene, "--new"):
        assert scene.run("ledger", "cosign").code == 0
    ended = scene.run("ledger", "export", mirror)
    assert "1 files written" in ended.out
    ended = scene.run("ledger", "export", mirror, "--check")
    assert (ended.code, "quorum both met, cosigned by witness.example/w1, witness.example/w2" in ended.out) == (0, True)


def test_an_export_needs_no_trust_root(scene: Scene) -> None:
    file = scene.gate / "govern.toml"
    file.write_text(
        "".join(line for line in file.read_text().splitlines(keepends=True) if not line.startswith("trust"))
    )
    assert scene.run("ledger", "export", scene.root / "mirror").code == 0
    assert scene.run("ledger", "prove", "0").code == 0
    ended = scene.run("ledger", "export", scene.root / "mirror", "--check")
    assert (ended.code, "U105" in ended.err) == (2, True)
    witness_key = (scene.root / "w1" / "w1.vkey").read_text().strip()
    ended = scene.run("ledger", "export", scene.root / "mirror", "--check", "--vkey", witness_key)
    assert (ended.code, "G256" in ended.err) == (2, True)


def test_an_export_is_not_checked_by_a_key_that_did_not_sign_it(scene: Scene, template: Scene) -> None:
    assert scene.run("ledger", "export", scene.root / "mirror").code == 0
    other = "ledger.example+9e004662+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
    ended = scene.run("ledger", "export", scene.root / "mirror", "--check", "--vkey", other)
    assert (ended.code, "G103" in ended.err) == (4, True)
    right = (template.gate / ".govern" / "keys" / "log.vkey").read_text().strip()
    ended = scene.run("ledger", "export", scene.root / "mirror", "--check", "--vkey", other, "--vkey", right)
    assert ended.code == 0
    ended = scene.run("ledger", "export", scene.root / "mirror", "--check", "--vkey", "nonsense")
    assert (ended.code, "G105" in ended.err) == (2, True)


def test_an_export_over_another_history_is_refused(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> None:
    fork = scene.copy(tmp_path_factory.mktemp("fork"))
    scene.grow("mine")
    fork.grow("yours")
    mirror = scene.root / "mirror"
    assert scene.run("ledger", "export", mirror).code == 0
    before = {path: path.read_bytes() for path in mirror.rglob("*") if path.is_file()}
    ended = fork.run("ledger", "export", mirror)
    assert (ended.code, "G240" in ended.err) == (4, True)
    assert before == {path: path.read_bytes() for path in mirror.rglob("*") if path.is_file()}


def test_damage_to_what_was_collected_is_an_integrity_failure(scene: Scene) -> None:
    with both(scene, "--new"):
        assert scene.run("ledger", "cosign").code == 0
    file = scene.gate / "published-checkpoint.cosigned"
    document = json.loads(file.read_bytes())
    (note,) = document["notes"]
    assert (
        open_checkpoint(
            note, load_log_signer((scene.gate / ".govern/keys/log.pem").read_bytes(), origin="ledger.example").key
        ).size
        == 2
    )
    data = file.read_bytes()
    for place in range(0, len(data), 7):
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        ended = scene.run("ledger", "prove", "0")
        if ended.code == 0:  # a line was made one of a signer that nobody knows
            assert ended.out.count("\n— ") <= 3
        else:
            assert (ended.code, "G251" in ended.err) == (4, True), ended.err
