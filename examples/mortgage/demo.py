"""The main job end to end on the example: judge v1 and v2, sign, log, draw, verify, then tamper and be refused.

Runs the installed `govern` command as a user would and prints every command before its output. Everything is
written below `demo-out/`; nothing is trained, downloaded or fetched. Keys are made on the spot, so key ids differ
from run to run; decisions do not, because they are judged at the example's own date.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "demo-out"
AT = "2026-11-20T09:00:00Z"
STAGE = "pre-registration"


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    say(f"Judged at the example's own date, --at {AT}: the answer is the same years from now.")

    say("1. A workspace: keys, a signed trust root, a ledger.")
    govern("init", "demo-out/gate", "--no-example", "--at", AT)

    say("2. v1, what a hurried team would ship. Expected: denied, exit 1, a signed refusal.")
    check("v1", expected=1)

    say("3. v2, what it becomes. Expected: allowed, exit 0, a signed certificate.")
    check("v2", expected=0)

    certificates = OUT / "gate" / "certificates"
    certificate = only(certificates, "*.certificate.sigstore.json")
    only(certificates, "*.refusal.sigstore.json")
    trust = OUT / "gate" / "trust.json"

    say("4. The lineage graph of v2, as Mermaid.")
    govern("lineage", "export", "examples/mortgage/v2", "--format", "mermaid", "-o", "demo-out/v2.lineage.mmd")
    print((OUT / "v2.lineage.mmd").read_text(encoding="utf-8"))

    say("5. The auditor: verify the certificate offline against the bundle on disk. Expected: exit 0.")
    verify(certificate, trust, HERE / "v2", expected=0)

    say("6. The ledger: every leaf, node and checkpoint recomputed.")
    govern("ledger", "log", "-w", "demo-out/gate")
    govern("ledger", "verify", "-w", "demo-out/gate")

    say("7. One byte of the bundle is changed. Expected: exit 4, naming the file.")
    tampered = OUT / "v2-tampered"
    shutil.copytree(HERE / "v2", tampered)
    victim = tampered / "predictions" / "holdout.csv"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    verify(certificate, trust, tampered, expected=4)

    say("Done. Open demo-out/v1.html and demo-out/v2.html in a browser.")


def check(version: str, *, expected: int) -> None:
    govern(
        "check",
        f"examples/mortgage/{version}",
        "-s",
        STAGE,
        "-w",
        "demo-out/gate",
        "-p",
        "policies",
        "-p",
        "examples/mortgage/policies",
        "--advisories",
        "examples/mortgage/advisories",
        "--at",
        AT,
        "-o",
        f"json=demo-out/{version}.json",
        "-o",
        f"html=demo-out/{version}.html",
        expected=expected,
    )


def verify(certificate: Path, trust: Path, bundle: Path, *, expected: int) -> None:
    govern(
        "verify",
        str(certificate.relative_to(ROOT)),
        "--trust",
        str(trust.relative_to(ROOT)),
        "--bundle",
        str(bundle.relative_to(ROOT)),
        "--at",
        AT,
        expected=expected,
    )


def govern(*arguments: str, expected: int = 0) -> None:
    print(f"$ govern {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "govern", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GOVERN_")}
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print(f"[exit {code}]\n", flush=True)
    if code != expected:
        sys.exit(f"demo: expected exit code {expected}")


def only(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"demo: expected one {pattern} in {folder}, found {len(found)}")
    return found[0]


def say(text: str) -> None:
    print(f"\n=== {text}\n", flush=True)


if __name__ == "__main__":
    main()
