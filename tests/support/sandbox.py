"""Run the real command with little memory and little time, and watch what it touches.

The watcher is an audit hook in the process itself: it sees every file that is opened, every process, every socket
and every object that is unpickled, whichever library does it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.process import ROOT, clean_environment

MEMORY = 1536 << 20
SECONDS = 30

_WATCHER = """
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
report, allowed, links = {report!r}, {allowed!r}, {links!r}
home = tuple(os.path.realpath(p) for p in (*sys.path, sys.prefix, sys.base_prefix) if p) + (sys.prefix,)
forbidden = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn",
             "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "urllib.Request",
             "pickle.find_class", "os.mkdir", "os.rename", "os.remove", "os.symlink", "os.link", "os.chmod",
             "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.unpack_archive")
found = []
def watch(event, arguments):
    if event in forbidden:
        found.append([event, str(arguments)[:200]])
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        path, mode, flags = os.fsdecode(arguments[0]), arguments[1], arguments[2]
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        if writes and path != os.devnull:
            found.append(["write", path])
        elif os.path.basename(path) in links and not flags & getattr(os, "O_PATH", 0):
            found.append(["link", path])
        elif os.path.isabs(path):
            real = os.path.realpath(path)
            if not any(real == p or real.startswith(p.rstrip("/") + "/") for p in (*home, *allowed)):
                found.append(["read", path])
        elif ".." in path.split("/"):
            found.append(["read", path])
sys.addaudithook(watch)
sys.argv = ["govern", *{arguments!r}]
code = 70
try:
    exec({action!r})
except SystemExit as ended:
    code = ended.code
except MemoryError:
    found.append(["memory", ""])
finally:
    sys.stdout.flush()
    out = os.open(report, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(out, json.dumps(found[:-1] if found and found[-1] == ["write", report] else found).encode())
    os.close(out)
    os._exit(code if isinstance(code, int) else 70)
"""


@dataclass(frozen=True)
class Watched:
    """How it ended and what it did that it had no reason to do."""

    code: int
    out: bytes
    err: bytes
    violations: list[list[str]]


def watched(
    *arguments: str | Path,
    folder: Path,
    reads: tuple[Path, ...],
    links: tuple[str, ...] = (),
    seed: int = 0,
    action: str = "from govern.__main__ import main; main()",
    environment: dict[str, str] | None = None,
) -> Watched:
    """Run `govern` under limits.

    Args:
        arguments: of the command.
        folder: where the watcher writes its report.
        reads: folders that it may read, beside its own code and the system's.
        links: names that it may not open.
        action: what to run instead of the command, for a test of the watcher itself.
        seed: of the hash function, so that two runs differ in it.
        environment: further variables.
    """
    report = folder / f"watched-{seed}.json"
    allowed = [os.path.realpath(path) for path in reads]
    allowed += [str(ROOT / "src"), "/usr/lib", "/usr/share", "/lib", "/proc", "/sys", "/dev/null", "/dev/urandom"]
    code = _WATCHER.format(
        memory=MEMORY,
        seconds=SECONDS,
        report=str(report),
        allowed=allowed,
        links=links,
        action=action,
        arguments=[str(item) for item in arguments],
    )
    extra = {"PYTHONHASHSEED": str(seed), "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=clean_environment(extra | (environment or {})),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=SECONDS * 4,
        check=False,
    )
    violations = json.loads(report.read_text(encoding="utf-8")) if report.exists() else [["died", str(done.returncode)]]
    return Watched(done.returncode, done.stdout, done.stderr, violations)
