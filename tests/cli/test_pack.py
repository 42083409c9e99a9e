"""`govern pack` and `govern replay` as the auditor has them: the example's two decisions, and a machine of his own."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.mortgage import LOCKED
from support.pack_desk import AT, MORTGAGE
from support.packs import archive, members, reindexed, write
from support.process import ROOT, Ended, clean_environment, govern, quiet

POLICIES = ("-p", "examples/mortgage/policies", "--advisories", "examples/mortgage/advisories")


class Story:
    """Both versions of the mortgage model judged, signed, logged and packed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = folder / "gate"
        begun = govern("init", self.gate, "--no-example", "--at", AT)
        assert begun.code == 0, begun.err
        for name in ("v1", "v2"):
            govern(
                *("check", f"examples/mortgage/{name}", "-s", "pre-registration", "-w", self.gate, "--at", AT, "-q"),
                *POLICIES,
                environment=LOCKED,
            )
        (self.certificate,) = (self.gate / "certificates").glob("*.certificate.sigstore.json")
        (self.refusal,) = (self.gate / "certificates").glob("*.refusal.sigstore.json")
        self.packs = {"v1": self.pack("v1"), "v2": self.pack("v2")}
        self.answer = govern("replay", self.packs["v2"], "-o", "json").out

    def verdict(self, name: str) -> Path:
        return self.refusal if name == "v1" else self.certificate

    def pack(self, name: str, *more: str | Path, out: str | None = None) -> Path:
        path = self.folder / (out or f"{name}.tar")
        ended = govern(
            *("pack", self.verdict(name), "--bundle", f"examples/mortgage/{name}", "-w", self.gate, "-o", path),
            *POLICIES,
            *more,
            environment=LOCKED,
        )
        assert ended.code == 0, ended.err
        return path


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("pack story"))


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_the_refusal_and_the_certificate_of_the_example_replay(story: Story, name: str) -> None:
    ended = govern("replay", story.packs[name])
    assert ended.code == 0, ended.out + ended.err
    assert ended.out.startswith("TRUST ROOT NOT PINNED")
    assert "IDENTICAL: mortgage-approval" in ended.out
    pinned = govern("replay", story.packs[name], "--trust", story.gate / "trust.json")
    assert pinned.code == 0
    assert "NOT PINNED" not in pinned.out


def test_the_json_holds_every_check_and_comparison(story: Story, tmp_path: Path) -> None:
    ended = govern("replay", story.packs["v2"], "-o", f"json={tmp_path / 'replay.json'}", "-o", "text=-")
    document = json.loads((tmp_path / "replay.json").read_text(encoding="utf-8"))
    assert ended.code == document["exit_code"] == 0
    assert document["schema"] == "urn:govern:replay:v1"
    assert document["verdict"] in ended.out
    assert {item["id"] for item in document["checks"]} >= {"signature", "inclusion", "bundle", "summary", "members"}


def test_packing_says_what_it_wrote(story: Story) -> None:
    ended = govern(
        *("pack", story.certificate, "--bundle", MORTGAGE / "v2", "-w", story.gate, *POLICIES),
        *("--withhold", "model", "-o", story.folder / "held.tar"),
    )
    assert ended.code == 0, ended.err
    digest = subprocess.run(["sha256sum", story.folder / "held.tar"], capture_output=True, check=True, text=True)
    assert f"sha256:{digest.stdout.split()[0]}" in ended.out
    assert "withheld: evidence/" in ended.out
    replayed = govern("replay", story.folder / "held.tar")
    assert replayed.code == 3
    assert "withheld     evidence    model/model.skops: needed" in replayed.out


@pytest.mark.tools
@pytest.mark.parametrize("name", ["v1", "v2"])
def test_a_pack_is_read_with_tar_and_sha256sum_alone(story: Story, tmp_path: Path, name: str) -> None:
    """The commands of docs/pack.md, as they stand there."""
    page = (ROOT / "docs" / "pack.md").read_text(encoding="utf-8")
    script = page.split("```bash\n", 1)[1].split("```", 1)[0]
    shutil.copy(story.packs[name], tmp_path / "PACK.tar")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": named by the certificate") == 4
    for path in (MORTGAGE / name).rglob("*"):
        if path.is_file():
            rebuilt = tmp_path / "bundle" / path.relative_to(MORTGAGE / name)
            assert rebuilt.read_bytes() == path.read_bytes()


# --- damage


def test_a_damaged_pack_ends_with_4_and_names_the_place(story: Story, tmp_path: Path) -> None:
    data = story.packs["v2"].read_bytes()
    files = members(data)
    for path in ("records/evaluation.json", "certificate.sigstore.json", "policy/plan.json"):
        changed = files[path][:-2] + b"x" + files[path][-1:]
        ended = govern("replay", write(tmp_path, archive({**files, path: changed})))
        assert ended.code == 4
        assert path in ended.err
    assert govern("replay", write(tmp_path, data[:-512])).code == 4
    assert govern("replay", write(tmp_path, b"")).code == 4
    assert govern("replay", tmp_path / "absent.tar").code == 2


def test_a_reindexed_policy_edit_ends_with_1_and_names_the_place(story: Story, tmp_path: Path) -> None:
    path = "policy/source/examples/mortgage/policies/lending.yaml"

    def change(files: dict[str, bytes], _entries: object) -> None:
        assert b"at_least: 0.8" in files[path]
        files[path] = files[path].replace(b"at_least: 0.8", b"at_least: 0.2")

    ended = govern("replay", write(tmp_path, reindexed(story.packs["v1"].read_bytes(), change)))
    assert ended.code == 1, ended.out
    assert "DIFFERS      plan" in ended.out
    assert "/with/at_least   " in ended.out or "/with/at_least\n" in ended.out
    assert "DIFFERS      evaluation" in ended.out
    assert "DIFFERS: mortgage-approval 1.0.0 at pre-registration: plan /rules/" in ended.out


# --- other machines


def relocated(folder: Path) -> Path:
    """A copy of the package somewhere else."""
    return Path(shutil.copytree(ROOT / "src", folder, ignore=shutil.ignore_patterns("__pycache__")))


def from_elsewhere(source: Path, *arguments: str | Path, cwd: Path, **environment: str) -> Ended:
    values = {"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return govern(*arguments, cwd=cwd, environment=values)


def test_a_relocated_checkout_replays_it_and_another_engine_says_so(story: Story, tmp_path: Path) -> None:
    """The same package elsewhere is the same engine; one comment more is another."""
    source = relocated(tmp_path / "elsewhere" / "src")
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    same = from_elsewhere(source, "replay", story.packs["v2"], cwd=cwd)
    assert same.code == 0, same.out + same.err
    with (source / "govern" / "canonical.py").open("a", encoding="utf-8") as stream:
        stream.write("# one comment more\n")
    other = from_elsewhere(source, "replay", story.packs["v2"], cwd=cwd)
    assert other.code == 3, other.out
    assert "OTHER        engine" in other.out
    assert other.out.count("govern 0.1.0, sha256:") == 2
    assert "another engine, which comes to the same" in other.out
    assert list(cwd.iterdir()) == []


SETTINGS = [
    {"PYTHONHASHSEED": "0"},
    {"PYTHONHASHSEED": "4242"},
    {"TZ": "Pacific/Kiritimati"},
    {"LC_ALL": "C"},
    {"LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    {"GOVERN_POLICIES": "/absent", "GOVERN_TRUST": "/absent", "GOVERN_SUBMITTER": "x"},
    {"PYTHONOPTIMIZE": "1"},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda item: " ".join(item))
def test_neither_packing_nor_replay_depends_on_the_surroundings(
    story: Story, tmp_path: Path, setting: dict[str, str]
) -> None:
    """Another working directory, hash seed, time zone, locale or environment: the same bytes."""
    packing = {key: value for key, value in setting.items() if not key.startswith("GOVERN_")}
    again = tmp_path / "again.tar"
    ended = govern(
        *("pack", story.certificate, "--bundle", MORTGAGE / "v2", "-w", story.gate, "-o", again),
        *("-p", MORTGAGE / "policies", "--advisories", MORTGAGE / "advisories"),
        cwd=tmp_path,
        environment=packing | LOCKED,
    )
    assert ended.code == 0, ended.err
    assert again.read_bytes() == story.packs["v2"].read_bytes()
    replayed = govern("replay", again, "-o", "json", cwd=tmp_path, environment=setting)
    assert replayed.code == 0, replayed.out + replayed.err
    assert replayed.out == story.answer


# --- no network, clock or randomness

GUARD = '''
"""Every way to a clock, to randomness and to the network raises. Loaded before anything of the command is."""
import os, random, secrets, socket, sys, time, uuid

ALLOWED = {
    # Reads the time when it is imported, for log records that nobody writes here.
    ("logging", "time"),
}


def forbid(module, name):
    def refuse(*_arguments, **_values):
        caller = sys._getframe(1).f_globals.get("__name__", "?").partition(".")[0]
        if (caller, module.__name__) in ALLOWED:
            return 0
        sys.stderr.write(f"GUARD {caller} asked {module.__name__}.{name}\\n")
        os._exit(99)
    setattr(module, name, refuse)


for name in ("time", "time_ns", "localtime", "gmtime", "monotonic", "monotonic_ns", "perf_counter"):
    forbid(time, name)
for name in ("urandom", "getrandom"):
    forbid(os, name)
for name in ("random", "randint", "randrange", "choice", "choices", "sample", "shuffle", "getrandbits", "randbytes"):
    forbid(random, name)
for name in ("token_bytes", "token_hex", "token_urlsafe", "randbits"):
    forbid(secrets, name)
for name in ("uuid1", "uuid4"):
    forbid(uuid, name)
for name in ("socket", "create_connection", "getaddrinfo", "gethostbyname"):
    forbid(socket, name)
if os.environ.get("GUARD_TRY"):
    exec(os.environ["GUARD_TRY"])
'''


def guarded(tmp_path: Path, pack: Path, **environment: str) -> Ended:
    """Replay under the guard."""
    (tmp_path / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    return govern("replay", pack, environment={"PYTHONPATH": path, **environment})


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_replay_asks_neither_clock_nor_chance_nor_network(story: Story, tmp_path: Path, name: str) -> None:
    ended = guarded(tmp_path, story.packs[name])
    assert ended.code == 0, ended.out[-500:] + ended.err


@pytest.mark.parametrize(
    "attempt",
    ["time.time()", "os.urandom(1)", "random.random()", "socket.socket()", "uuid.uuid4()", "time.monotonic()"],
)
def test_the_guard_does_bite(story: Story, tmp_path: Path, attempt: str) -> None:
    """Otherwise that the replay ran under it would mean nothing."""
    ended = guarded(tmp_path, story.packs["v2"], GUARD_TRY=f"import sys; globals()['__name__'] = 'x'; {attempt}")
    assert ended.code == 99
    assert "GUARD" in ended.err


@pytest.mark.tools
def test_replay_opens_no_socket_and_starts_no_program(story: Story, tmp_path: Path) -> None:
    """Seen from outside, by strace: no network call, and no program but Python itself."""
    quiet(tmp_path / "calls", "replay", story.packs["v2"])


@pytest.mark.tools
def test_replay_works_where_there_is_no_network(story: Story) -> None:
    done = subprocess.run(
        ["unshare", "-n", "-r", sys.executable, "-m", "govern", "replay", str(story.packs["v1"])],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_replay_asks_for_no_present_moment(story: Story) -> None:
    """`datetime.now` goes to the clock without asking `time`: here it ends the process."""
    code = (
        "import datetime, sys, runpy\n"
        "real = datetime.datetime\n"
        "class Meta(type(real)):\n"
        "    def __instancecheck__(cls, item): return isinstance(item, real)\n"
        "class Frozen(real, metaclass=Meta):\n"
        "    @classmethod\n"
        "    def now(cls, tz=None): raise SystemExit(99)\n"
        "    utcnow = today = now\n"
        "datetime.datetime = Frozen\n"
        "sys.argv = ['govern', *sys.argv[1:]]\n"
        "runpy.run_module('govern', run_name='__main__')\n"
    )

    def ended(*arguments: str | Path) -> int:
        command = [sys.executable, "-c", code, *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, check=False).returncode

    assert ended("replay", story.packs["v2"]) == 0
    assert ended("trust", "show", story.gate / "trust.json") != 0, "which does ask: the trap works"


# --- what is left behind


def test_nothing_is_left_in_the_folder_for_it(story: Story, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for pack in (*story.packs.values(), write(tmp_path, b"damaged")):
        govern("replay", pack, environment={"TMPDIR": str(scratch)})
        assert list(scratch.iterdir()) == []
    ended = govern("replay", story.packs["v2"], environment={"TMPDIR": str(tmp_path / "absent")})
    assert ended.code == 3
    assert "A621" in ended.err


def limited(*arguments: str | Path, cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run where no file may grow beyond 8 kB: what a full disk does, at a place that is known."""
    command = " ".join(shlex.quote(str(item)) for item in (sys.executable, "-m", "govern", *arguments))
    return subprocess.run(
        ["bash", "-c", f"ulimit -f 8; exec {command}"],
        cwd=cwd,
        env=clean_environment({"PYTHONDONTWRITEBYTECODE": "1", **environment}),
        capture_output=True,
        check=False,
    )


def test_a_disk_that_fills_up_says_nothing_about_the_pack(story: Story, tmp_path: Path) -> None:
    """Neither half a pack nor half a bundle stays behind."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    ended = limited("replay", story.packs["v2"], cwd=ROOT, environment={"TMPDIR": str(scratch)})
    assert ended.returncode == 3, ended.stderr
    assert b"A621" in ended.stderr
    assert list(scratch.iterdir()) == []
    target = tmp_path / "out" / "p.tar"
    ended = limited(
        *("pack", story.certificate, "--bundle", MORTGAGE / "v2", "-w", story.gate, "-o", target, *POLICIES),
        cwd=ROOT,
        environment={},
    )
    assert ended.returncode == 2, ended.stderr
    assert b"U108" in ended.stderr
    assert list(target.parent.iterdir()) == []


def test_a_replay_that_is_ended_cleans_up(story: Story, tmp_path: Path) -> None:
    """SIGTERM at a place that is known: when the bundle has just been rebuilt and is about to be judged."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = (
        "import os, signal, sys\n"
        "import govern.gate.check as gate\n"
        "real = gate.check\n"
        "def check(request):\n"
        "    assert os.listdir(request.bundle)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return real(request)\n"
        "gate.check = check\n"
        "from govern.cli.main import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "replay", story.packs["v2"]],
        cwd=ROOT,
        env=clean_environment({"TMPDIR": str(scratch)}),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert list(scratch.iterdir()) == []
