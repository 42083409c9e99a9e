"""Print the ratios described in README.md beside this file."""

from __future__ import annotations

import compileall
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
EXAMPLE = ROOT / "examples" / "mortgage"
AT = "2026-11-20T09:00:00Z"
RUNS = 7
PYTHON = sys.executable
GOVERN = [PYTHON, "-m", "govern"]
CHECK = [
    *GOVERN,
    *("check", str(EXAMPLE / "v1"), "-s", "pre-registration", "--at", AT, "--no-issue"),
    *("-p", str(EXAMPLE / "policies"), "--advisories", str(EXAMPLE / "advisories")),
]
SIGSTORE = "import sigstore.verify, and nothing more"
PEERS = {
    "pip-audit's auditor, same snapshot": [PYTHON, str(HERE / "peers" / "audit.py")],
    "fairlearn script": [PYTHON, str(HERE / "peers" / "fairness.py")],
    "picklescan": [PYTHON, str(HERE / "peers" / "pickles.py")],
}


def main() -> None:
    dropped = ("GOVERN_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(dropped)}
    environment["GOVERN_LOCK"] = str(EXAMPLE / "govern.lock")
    compileall.compile_dir(ROOT / "src", quiet=1)  # the peers were compiled when they were installed
    with tempfile.TemporaryDirectory() as folder:
        certificate = prepare(Path(folder), environment)
        compare_answers(environment)
        commands = {
            "bare interpreter": ([PYTHON, "-c", "pass"], (0,)),
            "govern --help": ([*GOVERN, "--help"], (0,)),
            "govern verify": (certificate, (0,)),
            SIGSTORE: ([PYTHON, "-c", "import sigstore.verify"], (0,)),
            "govern check": (CHECK, (1,)),
            **{name: (command, (0,)) for name, command in PEERS.items()},
        }
        times = measure(commands, environment)
    show(times)


def prepare(folder: Path, environment: dict[str, str]) -> list[str]:
    """Issue one certificate to verify."""
    gate = folder / "gate"
    run([*GOVERN, "init", str(gate), "--no-example", "--at", AT], environment, (0,))
    issue = [str(EXAMPLE / "v2") if item == str(EXAMPLE / "v1") else item for item in CHECK if item != "--no-issue"]
    run([*issue, "-w", str(gate)], environment, (0,))
    (certificate,) = (gate / "certificates").glob("*.certificate.sigstore.json")
    trust = gate / "trust.json"
    return [*GOVERN, "verify", str(certificate), "--trust", str(trust), "--bundle", str(EXAMPLE / "v2"), "--at", AT]


def compare_answers(environment: dict[str, str]) -> None:
    """The peers must say what we say, or their time is no comparison."""
    result = json.loads(run([*CHECK, "-o", "json"], environment, (1,)))
    facts = [item["facts"] for item in result["outcomes"] if item["facts"]]
    ours = [finding for item in facts if item["kind"] == "dependency-findings" for finding in item["findings"]]
    audit = json.loads(run(PEERS["pip-audit's auditor, same snapshot"], environment, (0,)))
    assert ours, "the example must have advisories to find"
    assert len(audit["ids"]) == len(ours), (audit["ids"], ours)
    assert audit["audited"] > 0, "the auditor audited nothing"
    assert audit["skipped"] == 0, "the auditor skipped packages"
    peer = json.loads(run(PEERS["fairlearn script"], environment, (0,)))
    ratios = {
        table["worst"]["ratio"]
        for item in facts
        if item["kind"] == "fairness-table" and item["metric"] == "selection_rate" and item["compare"] == "ratio"
        for table in item["tables"]
        if table["attributes"] == ["black"]
    }
    assert any(abs(Decimal(item) - Decimal(str(peer["ratio"]))) < Decimal("0.000001") for item in ratios), (
        peer,
        ratios,
    )
    run(PEERS["picklescan"], environment, (0,))


def measure(
    commands: dict[str, tuple[Sequence[str], tuple[int, ...]]], environment: dict[str, str]
) -> dict[str, list[float]]:
    """Time whole processes, interleaved, so that a slow moment of the machine hits all of them."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, (command, codes) in commands.items():
            times[name].append(timed(lambda command=command, codes=codes: run(command, environment, codes)))
    return times


def timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run(command: Sequence[str], environment: dict[str, str], codes: tuple[int, ...]) -> str:
    done = subprocess.run(list(command), cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def show(times: dict[str, list[float]]) -> None:
    middle = {name: statistics.median(values) for name, values in times.items()}
    bare = middle["bare interpreter"]
    print(f"median of {RUNS} runs, whole processes, {os.cpu_count()} cores\n")
    print(f"{'command':40} {'× bare interpreter':>20} {'min..max':>14}")
    for name, values in times.items():
        spread = f"{min(values) / bare:.1f}..{max(values) / bare:.1f}"
        print(f"{name:40} {middle[name] / bare:20.1f} {spread:>14}")
    print(f"\ngovern verify / {SIGSTORE}: {middle['govern verify'] / middle[SIGSTORE]:.2f}  (aim: at most 0.25)")
    print(f"govern verify / bare interpreter: {middle['govern verify'] / bare:.1f}  (aim: at most 9)")
    together = sum(middle[name] for name in PEERS)
    print(f"one cold govern check / the three peers one after another: {middle['govern check'] / together:.2f}")


if __name__ == "__main__":
    main()
