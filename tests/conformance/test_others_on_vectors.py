"""What other people's verifiers say to the vectors: every lie about bytes, keys and proofs they refuse as well.

They know no roles, stages, expiry, revocation or people, so what only those steps refuse passes them; and there is a
list, with reasons, of what only our stricter reading of bytes refuses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.making.case import STEM
from govern.attestation.trust.reading import load_trust
from govern.attestation.trust.sigstore import public_keys, trusted_root
from oracles.go_oracle import GoOracle, GoRefusesError, running
from oracles.js_oracle import js_verifies_all
from oracles.shell import run
from support.attestations import CERTIFIER
from support.ledgers import log_signer
from support.process import ROOT, govern

pytestmark = pytest.mark.tools

HOME = ROOT / "conformance"
BYTES = ("envelope", "key", "signature", "log-entry", "checkpoint", "inclusion")
"""Steps whose refusals are about bytes that others read too."""


def bad_certificates() -> list[tuple[str, bytes, dict[str, Any]]]:
    """Vectors that bring a certificate of their own, under the shared trust root."""
    found = []
    for path in sorted(HOME.glob("bad/*/expect.json")):
        expected = json.loads(path.read_text(encoding="utf-8"))
        file = path.parent / f"{STEM}.certificate.sigstore.json"
        if file.is_file() and expected["args"]["trust"].startswith("../../shared/"):
            found.append((path.parent.name, file.read_bytes(), expected))
    return found


CASES = bad_certificates()
ABOUT_BYTES = [case for case in CASES if case[2]["failed"][0] in BYTES]

JS_LENIENT = {
    "keyid-of-another-key": "keys are found by the hint; the id is ignored",
    "keyid-padded": "likewise",
    "keyid-of-tuf": "likewise",
    "statement-names-another-log": "the statement is not read",
    "checkpoint-signed-twice": "one that holds is enough",
    "checkpoint-with-an-extension-line": "the format allows extension lines, our logs write none",
    "false-line-of-a-known-witness": "witnesses are unknown",
    "root-is-not-the-heads": "the root is taken from the checkpoint",
    "size-is-not-the-heads": "the size is taken from the checkpoint",
    "entry-with-a-time": "an integrated time is allowed",
    "two-indexes": "the outer index is not compared",
    "index-with-a-leading-zero": "numbers are parsed loosely",
    "size-with-a-sign": "numbers are parsed loosely",
    "root-in-loose-base64": "base64 is read loosely, and the root is taken from the checkpoint",
    "payload-with-a-line-break": "base64 is read loosely",
    "payload-with-foreign-letters": "base64 is read loosely",
    "payload-without-padding": "base64 is read loosely",
}
GO_LENIENT = {
    "hint-of-another-key": "bundles' hints are unknown to Go's libraries",
    "hint-is-the-fingerprint": "likewise",
    "two-signatures": "one that holds is enough",
    "second-signature-by-another-key": "one that holds is enough",
    "statement-names-another-log": "the statement is not read",
    "unknown-log": "the log is named by the key that is handed in, not by the file",
    "log-id-cut-to-four-bytes": "likewise",
    "false-line-of-a-known-witness": "witnesses are unknown",
    "entry-of-kind-dsse": "the kind is not read",
    "entry-of-version-0.0.1": "the version is not read",
    "entry-with-a-time": "a time is not read",
    "checkpoint-signed-twice": "one that holds is enough",
    "index-with-a-leading-zero": "numbers are parsed loosely",
    "payload-with-a-line-break": "line breaks in base64 are passed over",
}


def js_says(cases: list[tuple[str, bytes, dict[str, Any]]]) -> dict[str, bool]:
    root = load_trust((HOME / "shared" / "trust.json").read_bytes())
    answers = js_verifies_all([(data, {}) for _, data, _ in cases], trusted_root(root), keys=public_keys(root))
    return {name: bool(answer) for (name, _, _), answer in zip(cases, answers, strict=True)}


def test_sigstore_js_refuses_every_lie_about_bytes_but_the_listed() -> None:
    readable = [case for case in ABOUT_BYTES if _is_json(case[1])]
    answers = js_says(readable)
    accepted = {name for name, said in answers.items() if said}
    assert accepted == set(JS_LENIENT)
    assert len(answers) > 40
    own = (HOME / "shared" / f"{STEM}.certificate.sigstore.json").read_bytes()
    assert js_says([("good", own, {})]) == {"good": True}


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoOracle]:
    with running(tmp_path_factory.mktemp("go")) as oracle:
        yield oracle


def go_says(go: GoOracle, path: Path) -> bool:
    try:
        go.ask("bundle", path=path, vkey=log_signer().key.vkey, spki=CERTIFIER.public.spki)
    except GoRefusesError:
        return False
    return True


def test_go_refuses_every_lie_about_bytes_but_the_listed(go: GoOracle) -> None:
    file = f"{STEM}.certificate.sigstore.json"
    assert go_says(go, HOME / "shared" / file)
    accepted = {name for name, _, _ in ABOUT_BYTES if go_says(go, HOME / "bad" / name / file)}
    assert accepted == set(GO_LENIENT)


def test_what_others_let_through_is_why_we_look(go: GoOracle) -> None:
    """A verifier of signatures alone accepts each of these: the list is the case for the other steps."""
    blind = [
        case for case in CASES if case[2]["failed"][0] in ("canonical", "statement", "role", "decision", "waivers")
    ]
    answers = js_says(blind)
    let_through = {name for name, said in answers.items() if said}
    for name in (
        "certificate-that-denies",
        "certificate-of-a-denied-decision",
        "two-subjects",
        "payload-duplicate-decision",
        "certificate-by-the-waiver-key",
        "waiver-by-the-submitter",
    ):
        assert name in let_through


KINDS = ("certificate", "refusal", "vsa", "waiver", "approval", "attestation", "evidence", "advisory-snapshot")
MORE = ("policy-release", "revocation", "status-list", "trust-root")


@pytest.mark.parametrize("name", [*KINDS, *MORE])
def test_the_commands_that_govern_prints_hold_for_every_good_file(name: str, tmp_path: Path) -> None:
    """Taken from the output of the real command as they stand, run by bash; then on a copy with one byte changed."""
    folder = HOME / "good" / name
    args = json.loads((folder / "expect.json").read_text(encoding="utf-8"))["args"]
    paths = {key: folder / args[key] for key in ("certificate", "trust", "bundle", "manifest") if key in args}
    asked = [item for key in ("bundle", "manifest") if key in paths for item in (f"--{key}", paths[key])]
    ended = govern(
        *("verify", paths["certificate"], "--trust", paths["trust"], "--kind", args["kind"], "--at", args["at"]),
        *asked,
        *("--status", folder / args["status"][0]),
    )
    assert ended.code == 0, ended.out
    script = ended.out.split("The same with other tools", 1)[1].split("\n\n", 1)[1]
    script = script.split("\n\nThese commands do not check", 1)[0]
    work = tmp_path / "work"
    work.mkdir()
    assert "Verified OK" in run(script, cwd=work)
    data = bytearray(paths["certificate"].read_bytes())
    place = data.index(b'"payload":"') + 20
    data[place] = ord("A") if data[place] != ord("A") else ord("B")
    copy = tmp_path / "copy.sigstore.json"
    copy.write_bytes(bytes(data))
    changed = script.replace(str(paths["certificate"]), str(copy))
    assert changed != script
    with pytest.raises(AssertionError, match="exit 1"):
        run(changed, cwd=work)
