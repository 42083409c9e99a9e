"""A second verifier, written from FORMATS.md alone, says to the vectors what govern says, as far as it goes."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from conformance import second
from support.process import ROOT

HOME = ROOT / "conformance"
STEPS = (
    *("read", "trust", "envelope", "key", "signature", "canonical", "log-entry", "checkpoint", "inclusion", "witness"),
)
BEYOND = {
    "trust-role-with-foreign-types": "it does not know which role may sign which types",
    "trust-unknown-role": "nor which roles there are",
    "trust-root-key-in-another-role": "nor this rule",
    "trust-threshold-above-the-owners": "nor this",
    "trust-role-names-a-key-twice": "nor this",
    "trust-unknown-member": "nor the closed form",
    "trust-one-witness-under-two-names": "nor the rules about witnesses",
    "trust-log-key-as-a-witness": "nor these",
    "trust-log-with-a-path": "nor that logs are hosts",
    "trust-two-logs-of-one-name": "nor this",
    "trust-vkey-with-another-id": "it computes ids and does not compare them",
    "trust-expired": "it has no clock",
    "trust-root-of-a-fork": "it does not read the certificate's claims",
    "trust-root-older-than-the-certificate": "likewise",
    "statement-names-another-log": "likewise",
}
"""Vectors of the steps it takes that it does not refuse, and why."""


def vectors() -> list[Any]:
    found = []
    for path in sorted(HOME.glob("*/*/expect.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        args = expected["args"]
        if not {"tlog-proof", "checkpoint", "earlier-trust", "fingerprint"} & set(args):
            found.append(pytest.param(path.parent, expected, id=f"{path.parent.parent.name}/{path.parent.name}"))
    return found


@pytest.mark.parametrize(("folder", "expected"), vectors())
def test_both_say_the_same(folder: Path, expected: dict[str, Any]) -> None:
    args = expected["args"]
    certificate, trust = ((folder / args[name]).read_bytes() for name in ("certificate", "trust"))
    said = list(second.refusals(certificate, trust, of_trust_root=args["kind"] == "trust-root"))
    wanted = [step for step in expected["failed"] if step in STEPS]
    if folder.name in BEYOND:
        assert said != wanted
        return
    assert said == wanted


def test_it_knows_nothing_of_govern() -> None:
    tree = ast.parse(Path(second.__file__ or "").read_text(encoding="utf-8"))
    names = {str(node.module).split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {item.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for item in node.names}
    assert names <= sys.stdlib_module_names | {"cryptography"}


def test_it_reads_the_golden_figures() -> None:
    made = json.loads((HOME / "primitives" / "golden.json").read_text(encoding="utf-8"))
    spki = second.unbase64(made["keys"]["certifier"]["spki"])
    assert second.fingerprint(spki) == made["keys"]["certifier"]["keyid"]
    assert second.hint(spki) == made["keys"]["certifier"]["hint"]
    text = made["checkpoint"]["text"]
    note = f"{text}\n{made['checkpoint']['line']}{made['cosignature']['line']}"
    vkeys = [made["keys"][name]["vkey"] for name in ("log", "witness")]
    assert second.signers(note, vkeys) == (text, set(vkeys))


@pytest.mark.parametrize("bit", [0, 1, 5])
def test_both_find_the_same_fault_in_files_with_a_flipped_bit(bit: int) -> None:
    """Not only that both refuse: the same steps fail, for every seventh byte of the certificate."""
    from govern.attestation.verification import Request
    from govern.attestation.verify import verify
    from govern.canonical import parse_instant
    from support.mutation import flipped

    trust = (HOME / "shared" / "trust.json").read_bytes()
    data = (HOME / "shared" / "credit-risk-3.2.0.pre-registration.certificate.sigstore.json").read_bytes()
    at, compared = parse_instant("2026-02-03T00:00:00Z"), 0
    for place, changed in flipped(data, bit):
        if place % 7:
            continue
        result = verify(Request(certificate=changed, trust=trust, at=at))
        ours = list(dict.fromkeys(line.step for line in result.lines if line.exit and line.step in STEPS))
        ours = [step for step in ours if any(line.status == "FAIL" for line in result.lines if line.step == step)]
        theirs = list(second.refusals(changed, trust))
        assert theirs == ours, (place, changed[place - 20 : place + 20])
        compared += 1
    assert compared > 1000
