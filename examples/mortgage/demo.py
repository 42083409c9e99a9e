"""The main job end to end on the example: judge v1 and v2, sign, log, draw, verify, then tamper and be refused.

Runs the installed `govern` command as a user would and prints every command before its output. Everything is
written below `demo-out/`; nothing is trained, downloaded or fetched. Keys are made on the spot, so key ids differ
from run to run; decisions do not, because they are judged at the example's own date.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = ROOT / "demo-out"
AT = "2026-11-20T09:00:00Z"
LATER = [f"2026-11-20T1{hour}:00:00Z" for hour in range(8)]
STAGE = "pre-registration"
GATE, KEYS = "demo-out/gate", "demo-out/gate/.govern/keys"
LOCK = "examples/mortgage/govern.lock"
"""Pins the pack `baseline` that the example's policies build on; in a workspace it lies beside govern.toml."""
BOARD = "approver/lending-board"
PEOPLE = {
    "carol": f"{BOARD}=person:carol",
    "erin": f"{BOARD}=person:erin",
    "dora": "waiver=person:dora",
    "faye": "attester/fair-lending=person:faye",
    "office": "policy=office:lending-policy",
    "rita": "revoker=office:model-risk",
    "scout": "advisory=office:security",
    "ci": "producer=ci:training",
}
"""Name of the key -> role and owner in the trust root."""


def main() -> None:
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    say(f"Judged at the example's own date, --at {AT}: the answer is the same years from now.")
    print(f"$ export GOVERN_LOCK={LOCK}\n")

    say("1. A workspace: keys, a signed trust root, a ledger.")
    govern("init", GATE, "--no-example", "--at", AT)

    say("2. v1, what a hurried team would ship. Expected: denied, exit 1, a signed refusal.")
    check("v1", expected=1)
    govern("card", "examples/mortgage/v1")

    say("3. v2, what it becomes. Expected: allowed, exit 0, a signed certificate.")
    check("v2", expected=0)
    govern("card", "examples/mortgage/v2")

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
    govern("ledger", "log", "-w", GATE)
    govern("ledger", "verify", "-w", GATE)

    say("7. One byte of the bundle is changed. Expected: exit 4, naming the file.")
    tampered = OUT / "v2-tampered"
    shutil.copytree(HERE / "v2", tampered)
    victim = tampered / "predictions" / "holdout.csv"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    verify(certificate, trust, tampered, expected=4)

    board(certificate)
    say("Done. Open demo-out/v1.html, demo-out/v2.html and demo-out/v2.board.html in a browser.")


def board(before: Path) -> None:
    """What people add: roles, releases, a waiver, votes, a pack that is decided again, a revocation."""
    say("8. People and offices get keys of their own, and the root key lets each say one thing.")
    for name, kind in PEOPLE.items():
        govern("keys", "new", name, "--kind", kind.partition("=")[0].partition("/")[0], "--dir", KEYS)
    added = [
        word for name, role in PEOPLE.items() for word in ("--add", f"{role.replace('=', f'={KEYS}/{name}.pub,')}")
    ]
    root = ("--key", f"{KEYS}/root.pem")
    govern("trust", "edit", f"{GATE}/trust.json", *added, "--threshold", f"{BOARD}=2", "--at", AT, *root)
    govern("trust", "publish", f"{GATE}/trust.json", "-w", GATE, "-o", f"{GATE}/statements", "--at", AT)

    say("9. The policies are released, the board's among them, which asks for two votes. Expected: undecided, exit 3.")
    # The pack as a whole is what a lock asks for; policy by policy is what the auditor looks up.
    for pack in ("policies/baseline", "policies/baseline/policies"):
        govern("policy", "release", pack, *signed("office"), "--at", AT)
    texts = ("examples/mortgage/policies", "examples/mortgage/board")
    govern("policy", "release", *texts, *signed("office"), "--at", AT)
    check("v2", expected=3, name="v2.asked", more=("-p", "examples/mortgage/board"), at=LATER[0])

    say("10. A warning is waived for 60 days, as far as it was observed and no further; then two members vote.")
    govern("advisories", "sign", "examples/mortgage/advisories", *signed("scout"), "--at", LATER[1])
    evaluation = f"{GATE}/certificates/mortgage-approval-2.0.0.pre-registration.evaluation.json"
    waiver = ("lending/approval-parity-crossed", evaluation, "--for", "60d", "--reason", "One small crossed group")
    govern("waive", *waiver, "--control", "An underwriter sees every refusal", *signed("dora"), "--at", LATER[1])
    govern("attest", "--bundle", "examples/mortgage/v2", "--type", "fair-lending-review", "--for", "1y", "--text",
           "Reviewed against the desk's standard", *signed("faye"), "--at", LATER[1])  # fmt: skip
    for member in ("carol", "erin"):
        govern("approve", evaluation, "--statement", "Read it all", *signed(member), "--at", LATER[2])
    govern("approve", evaluation, "--status", "-w", GATE, "--at", LATER[3])

    say("11. The same evaluation, now with votes. Expected: allowed, a certificate that replaces the first.")
    replaced = ("-p", "examples/mortgage/board", "--supersedes", digest_of(before))
    check("v2", expected=0, name="v2.board", more=replaced, at=LATER[3])
    certificate = only(OUT / "gate" / "certificates", "*.certificate.sigstore.json")
    govern("revoke", "--list", *signed("rita"), "--at", LATER[4])
    trust, everything = OUT / "gate" / "trust.json", ("--statements", f"{GATE}/statements", "--strict")
    asked = ("--expect-model", "mortgage-approval", "--earlier-trust", f"{GATE}/trust.1.json")
    verify(certificate, trust, HERE / "v2", expected=0, at=LATER[4], more=(*everything, *asked))

    say(
        "A tool's output is bound to model and data, and signed by the job that ran it: in a copy, it changes a bundle."
    )
    shutil.copytree(HERE / "v2", OUT / "v2-bound")
    bound = ("demo-out/v2-bound/predictions/holdout.csv", "--bundle", "demo-out/v2-bound", "--type", "predictions")
    made = ("--tool", "scikit-learn=1.7", "--data", "table=predictions/holdout.csv", "--by", "ci:training")
    govern("evidence", "add", *bound, *made, "--sign", *signed("ci"), "-o", f"{GATE}/statements", "--at", LATER[4])

    say("12. Everything it rests on, in one archive; decided again from it, byte for byte.")
    sources = ("-p", "examples/mortgage/policies", "-p", "examples/mortgage/board")
    advisories = ("--advisories", "examples/mortgage/advisories", "--bundle", "examples/mortgage/v2")
    govern("pack", str(certificate.relative_to(ROOT)), "-w", GATE, *sources, *advisories, "-o", "demo-out/v2.pack.tar")
    govern("replay", "demo-out/v2.pack.tar")

    say("13. It is revoked. Whoever is offline sees that in the next list. Expected: exit 1.")
    reason = ("--reason", "evidence_wrong", "--statement", "The table lacked a branch")
    govern("revoke", str(certificate.relative_to(ROOT)), *reason, *signed("rita"), "--at", LATER[5])
    govern("revoke", "--list", *signed("rita"), "--at", LATER[6])
    verify(certificate, trust, HERE / "v2", expected=1, at=LATER[7], more=(*everything, *asked))
    govern("ledger", "verify", "-w", GATE)


def signed(name: str) -> tuple[str, ...]:
    """The key of a person, and the workspace to sign in."""
    return ("--key", f"{KEYS}/{name}.pem", "-w", GATE)


def digest_of(certificate: Path) -> str:
    """sha256 of what was signed: the certificate's identity."""
    envelope = json.loads(certificate.read_bytes())["dsseEnvelope"]
    return hashlib.sha256(base64.b64decode(envelope["payload"])).hexdigest()


def check(version: str, *, expected: int, name: str | None = None, more: tuple[str, ...] = (), at: str = AT) -> None:
    name = name or version
    govern(
        *("check", f"examples/mortgage/{version}", "-s", STAGE, "-w", GATE),
        *("-p", "examples/mortgage/policies", *more),
        *("--advisories", "examples/mortgage/advisories", "--at", at),
        *("-o", f"json=demo-out/{name}.json", "-o", f"html=demo-out/{name}.html"),
        expected=expected,
    )


def verify(
    certificate: Path, trust: Path, bundle: Path, *, expected: int, at: str = AT, more: tuple[str, ...] = ()
) -> None:
    govern(
        *("verify", str(certificate.relative_to(ROOT)), "--trust", str(trust.relative_to(ROOT))),
        *("--bundle", str(bundle.relative_to(ROOT)), "--at", at, *more),
        expected=expected,
    )


def govern(*arguments: str, expected: int = 0) -> None:
    print(f"$ govern {' '.join(arguments)}", flush=True)
    command = [sys.executable, "-m", "govern", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GOVERN_")}
    environment["GOVERN_LOCK"] = LOCK
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
