"""Look for inputs on which a reader raises anything but a diagnostic: `python scripts/fuzz.py READER --minutes 10`.

READER is a target of `tests/support/fuzzing.py` (every registered reader is one), several, or `all`. Each runs in a
process of its own with bounded memory. Where atheris is installed it leads (the branches that were taken decide which
inputs are spoilt further), with our own spoiling beside its own; elsewhere inputs are spoilt at random from a seed.

An input that makes a reader crash is written to `tests/fuzz/corpus/<reader>/`, where the suite replays it. `--keep N`
adds the N smallest inputs that reach something new. Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

LARGEST = 65536
MOST_FAULTS = 20
KEPT_BYTES = 4096


def main() -> int:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    asked = arguments()
    if asked.child:
        return child(asked)
    from support.fuzzing import targets

    known = sorted(targets())
    names = known if asked.reader == ["all"] else asked.reader
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    print(f"{'reader':<22}{'engine':>9}{'runs':>12}{'seconds':>9}{'max RSS':>10}{'faults':>8}{'corpus':>8}")
    return max([one(name, asked) for name in names], default=0)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("reader", nargs="+", help="names of targets, or `all`")
    parser.add_argument("--minutes", type=float, default=1, help="for each target (default 1)")
    parser.add_argument(
        "--memory", type=int, default=1024, metavar="MIB", help="most memory of a process (default 1024)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=int, default=0, metavar="N", help="keep up to N small new inputs in the corpus")
    parser.add_argument("--engine", choices=("atheris", "own"), help="default: atheris where it is installed")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args()


def one(name: str, asked: argparse.Namespace) -> int:
    """Fuzz one target in a process of its own, and print its line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, name, "--child", folder, "--minutes", str(asked.minutes)]
        command += ["--memory", str(asked.memory), "--seed", str(asked.seed)]
        command += ["--engine", asked.engine] if asked.engine else []
        start = time.monotonic()
        log = Path(folder, "log")
        with log.open("wb") as out:
            code = subprocess.run(command, stdout=out, stderr=subprocess.STDOUT, check=False).returncode
        seconds = time.monotonic() - start
        report = Path(folder, "report.json")
        said = json.loads(report.read_text()) if report.exists() else {}
        faults = said.get("faults", [])
        died = code not in (0, 77) or not said
        corpus = sorted(Path(folder, "corpus").glob("*"), key=lambda path: (path.stat().st_size, path.name))
        engine, runs, rss = said.get("engine", "?"), said.get("runs", 0), said.get("rss", 0)
        print(f"{name:<22}{engine:>9}{runs:>12,}{seconds:>9.0f}{rss:>6} MiB{len(faults) + died:>8}{len(corpus):>8}")
        for fault in faults:
            print(f"  {fault}")
        if died:
            print(f"  the process ended with {code}:\n{log.read_text(errors='replace')[-2000:]}")
            save_artefacts(name, Path(folder))
        if asked.keep:
            keep(name, corpus, asked.keep)
    return int(bool(faults) or died)


def save_artefacts(name: str, folder: Path) -> None:
    """Keep what ended the process itself: too much memory, or too long a time."""
    for path in folder.glob("died-*"):
        save(name, path.read_bytes(), "died")


def save(name: str, data: bytes, kind: str) -> Path:
    from support.fuzzing import CORPUS, name_of

    path = CORPUS / name / f"{kind}-{name_of(data)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def keep(name: str, corpus: list[Path], most: int) -> None:
    """Keep small inputs whose answers differ: each kind of diagnostic or of result once."""
    from support.fuzzing import seeds, targets

    target = targets()[name]
    seen = {answer(target.run, data) for data in seeds(target)}
    kept = 0
    for path in corpus:
        data = path.read_bytes()
        said = answer(target.run, data)
        if kept < most and len(data) <= KEPT_BYTES and said not in seen:
            seen.add(said)
            save(name, data, "kept")
            kept += 1


def answer(run: Callable[[bytes], object], data: bytes) -> str:
    """Give the kind of an answer: the codes of its diagnostics, with the first words of the first."""
    from govern.diagnostics import GovernError

    try:
        run(data)
    except GovernError as fault:
        codes = sorted({item.code for item in fault.diagnostics})
        return f"{codes} {' '.join(fault.diagnostics[0].message.split()[:3])}"
    except Exception as fault:
        return f"fault {type(fault).__name__}"
    return "read"


# --- in the process of a target


class Watch:
    """Runs a target, and remembers each kind of fault once: by its type and the place where it was raised."""

    def __init__(self, name: str, folder: Path, engine: str) -> None:
        from support.fuzzing import fault_of, targets

        self.target = targets()[name]
        self.runs = 0
        self.faults: dict[str, str] = {}
        self._fault_of = fault_of
        self._folder = folder
        self._engine = engine
        self._written = 0.0

    def __call__(self, data: bytes) -> None:
        self.runs += 1
        fault = self._fault_of(self.target, data)
        if fault is not None:
            last = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{type(fault).__name__} at {Path(last.filename).name}:{last.lineno}"
            if place not in self.faults and len(self.faults) < MOST_FAULTS:
                path = save(self.target.name, data, "fault")
                self.faults[place] = f"{place}: {str(fault)[:120]} ({path.relative_to(ROOT)})"
        if fault is not None or time.monotonic() - self._written > 1:
            self.report()

    def report(self) -> None:
        rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        said = {"engine": self._engine, "runs": self.runs, "rss": rss, "faults": list(self.faults.values())}
        temporary = self._folder / "report.tmp"
        temporary.write_text(json.dumps(said))
        temporary.replace(self._folder / "report.json")
        self._written = time.monotonic()


def child(asked: argparse.Namespace) -> int:
    folder = Path(asked.child)
    (name,) = asked.reader
    try:
        import atheris
    except ImportError:
        atheris = None
    if asked.engine == "own" or (atheris is None and asked.engine is None):
        bound(asked.memory)
        return spoil(Watch(name, folder, "own"), folder, asked)
    if atheris is None:
        sys.exit("atheris is not installed")
    return lead(atheris, name, folder, asked)


def bound(mebibytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (mebibytes << 20, mebibytes << 20))


def spoil(watch: Watch, folder: Path, asked: argparse.Namespace) -> int:
    """Spoil inputs at random; what gives a new kind of answer is spoilt further."""
    from support.fuzzing import mutated, name_of, seeds

    chance = random.Random(asked.seed)
    pool = seeds(watch.target)
    seen = {answer(watch.target.run, data) for data in pool}
    (folder / "corpus").mkdir()
    end = time.monotonic() + 60 * asked.minutes
    while time.monotonic() < end:
        data = mutated(chance.choice(pool), chance, watch.target, pool, largest=LARGEST)
        watch(data)
        said = answer(watch.target.run, data)
        if said not in seen:
            seen.add(said)
            pool.append(data)
            (folder / "corpus" / name_of(data)).write_bytes(data)
    watch.report()
    return 0


def lead(fuzzer: Any, name: str, folder: Path, asked: argparse.Namespace) -> int:
    """Let atheris lead. It never comes back: libFuzzer ends the process."""
    with fuzzer.instrument_imports(include=["govern"]):
        from support.fuzzing import mutated, name_of, seeds

        watch = Watch(name, folder, "atheris")
    corpus, begin = folder / "corpus", folder / "begin"
    corpus.mkdir()
    begin.mkdir()
    pool = seeds(watch.target)
    for data in pool:
        (begin / name_of(data)).write_bytes(data)

    def change(data: bytes, largest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if chance.random() < 0.5:
            return fuzzer.Mutate(data, largest)
        return mutated(data, chance, watch.target, pool, largest=largest)

    flags = [f"-max_total_time={int(60 * asked.minutes)}", f"-rss_limit_mb={asked.memory}", "-timeout=20"]
    flags += [f"-seed={asked.seed}", f"-max_len={LARGEST}", f"-artifact_prefix={folder}/died-", "-print_final_stats=1"]
    fuzzer.Setup([sys.argv[0], *flags, str(corpus), str(begin)], watch, custom_mutator=change)
    fuzzer.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
