"""The mortgage example through the command: the story its README tells, and other people's tools on what was signed."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from govern.canonical import base64_bytes
from oracles.shell import run, succeeds
from support.mortgage import EXAMPLE, LOCKED
from support.process import govern, quiet

AT = "2026-11-20T09:00:00Z"
BLOCKING = [
    "baseline.artefacts/formats",
    "baseline.artefacts/no-pickle",
    "baseline.card/complete",
    "baseline.card/extended",
    "baseline.dependencies/no-known-vulnerability",
    "baseline.dependencies/pinned",
    "baseline.fairness/groups-declared",
    "baseline.fairness/parity",
    "lending/approval-parity",
    "lending/approved-sources",
    "lending/better-than-approving-everybody",
    "lending/no-protected-inputs",
    "lending/person-decides",
]
"""What stands between v1 and the gate."""


class Story:
    """A workspace in which both versions were judged, signed and logged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.gate = folder / "gate"
        begun = govern("init", self.gate, "--no-example", "--at", AT)
        assert begun.code == 0, begun.err
        self.codes = {name: self._check(name) for name in ("v1", "v2")}
        self.certificates = self.gate / "certificates"
        (self.certificate,) = self.certificates.glob("*.certificate.sigstore.json")
        (self.refusal,) = self.certificates.glob("*.refusal.sigstore.json")
        (self.vsa,) = self.certificates.glob("*.vsa.sigstore.json")
        self.manifest = self.certificates / "mortgage-approval-2.0.0.MANIFEST.sha256"
        self.trust = self.gate / "trust.json"
        govern("trust", "show", self.trust, "--at", AT, "--pems", folder / "pems")

    def _check(self, name: str) -> int:
        return govern(
            *("check", f"examples/mortgage/{name}", "-s", "pre-registration", "-w", self.gate, "--at", AT),
            *("-p", "examples/mortgage/policies", "--advisories", "examples/mortgage/advisories"),
            *("-o", f"json={self.folder / name}.json", "-o", f"html={self.folder / name}.html", "--no-timings"),
            environment=LOCKED,
        ).code

    def result(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        return found

    def verify(self, *more: str | Path, certificate: Path | None = None) -> Any:
        target = certificate or self.certificate
        return govern("verify", target, "--trust", self.trust, "--at", AT, *more)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("mortgage story"))


def test_v1_is_denied_for_every_reason_in_the_story(story: Story) -> None:
    document = story.result("v1")
    assert (story.codes["v1"], document["decision"]) == (1, "denied")
    assert sorted(document["summary"]["blocking"]) == BLOCKING


def test_v2_is_allowed_with_its_warnings_said(story: Story) -> None:
    document = story.result("v2")
    assert (story.codes["v2"], document["decision"]) == (0, "allowed")
    assert document["summary"]["blocking"] == []
    warned = {item["rule"] for item in document["outcomes"] if item["outcome"] not in ("pass", "not_applicable")}
    assert warned == {
        "baseline.fairness/parity-crossed",
        "baseline.fairness/parity-shown",
        "lending/approval-parity-crossed",
        "lending/approval-parity-shown",
        "lending/false-approvals",
        "lending/false-approvals-crossed",
        "lending/scores-apart",
    }
    assert document["clock"] == AT
    assert document["certificate"]["kind"] == "certificate"


def test_the_auditor_accepts_v2_against_its_folder_and_no_other(story: Story) -> None:
    asked = ("--expect-model", "mortgage-approval", "--expect-version", "2.0.0", "--expect-policy", "lending")
    good = story.verify("--bundle", EXAMPLE / "v2", *asked)
    assert good.code == 0, good.out
    assert story.verify("--bundle", EXAMPLE / "v1").code == 4
    assert story.verify(certificate=story.refusal).code == 1
    assert story.verify("--kind", "refusal", "--bundle", EXAMPLE / "v1", certificate=story.refusal).code == 0
    assert story.verify("--kind", "vsa", "--bundle", EXAMPLE / "v2", certificate=story.vsa).code == 0


def printed_commands(text: str) -> str:
    """The bash lines that `govern verify` prints, as they stand."""
    after = text.split("The same with other tools", 1)[1]
    _heading, script = after.split("\n\n", 1)
    return script.split("\n\nThese commands do not check", 1)[0]


@pytest.mark.tools
def test_the_printed_commands_accept_what_govern_accepts(story: Story, tmp_path: Path) -> None:
    """openssl, ssh-keygen, jq and coreutils, exactly as printed."""
    script = printed_commands(story.verify("--bundle", EXAMPLE / "v2").out)
    assert "openssl dgst -sha256 -verify" in script
    assert "ssh-keygen" in script
    out = run(script, cwd=tmp_path)
    assert "Verified OK" in out
    assert "Signature Verified Successfully" in out
    entry = json.loads(story.certificate.read_bytes())["verificationMaterial"]["tlogEntries"][0]
    assert re.search(r"^[0-9a-f]{64}  -$", out, re.MULTILINE)
    assert base64_bytes(entry["canonicalizedBody"]) == (tmp_path / "leaf").read_bytes()


@pytest.mark.tools
def test_verifying_opens_no_socket_and_starts_no_program(story: Story, tmp_path: Path) -> None:
    """Seen from outside, by strace: no network call, and no program but Python itself."""
    quiet(
        tmp_path / "calls",
        *("verify", story.certificate, "--trust", story.trust, "--at", AT),
        *("--bundle", EXAMPLE / "v2", "--statements", story.certificates),
    )


@pytest.mark.tools
@pytest.mark.parametrize("part", ["payload", "sig", "envelope", "canonicalizedBody"])
def test_the_printed_commands_refuse_a_changed_certificate(story: Story, tmp_path: Path, part: str) -> None:
    """Otherwise that they accept would mean nothing."""
    text = story.certificate.read_text(encoding="utf-8")
    changed = re.sub(rf'("{part}":")(.{{60}})(.)', lambda m: m[1] + m[2] + ("A" if m[3] != "A" else "B"), text, count=1)
    assert changed != text
    copy = tmp_path / "changed.json"
    copy.write_text(changed, encoding="utf-8")
    script = printed_commands(story.verify("--bundle", EXAMPLE / "v2").out)
    script = script.replace(shlex.quote(str(story.certificate)), shlex.quote(str(copy)))
    assert str(copy) in script
    assert not succeeds(script, cwd=tmp_path)
    assert story.verify(certificate=copy).code == 4


def test_the_manifest_checks_with_sha256sum(story: Story) -> None:
    assert succeeds(f"sha256sum --strict --quiet -c {shlex.quote(str(story.manifest))}", cwd=EXAMPLE / "v2")
    digest = run("sha256sum < " + shlex.quote(str(story.manifest)), cwd=EXAMPLE).split()[0]
    assert digest == story.result("v2")["model"]["digest"]


def test_securesystemslib_verifies_certificate_refusal_and_summary(story: Story) -> None:
    """With the key that `govern trust show --pems` wrote, under the key id that the trust root gives it."""
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    for path in (story.certificate, story.refusal, story.vsa):
        envelope = json.loads(path.read_bytes())["dsseEnvelope"]
        (signature,) = envelope["signatures"]
        held = []
        for pem in sorted((story.folder / "pems").iterdir()):
            public: Any = load_pem_public_key(pem.read_bytes())
            try:
                key = SSlibKey.from_crypto(public, keyid=signature["keyid"])
                held += [pem.name] if Envelope.from_dict(json.loads(json.dumps(envelope))).verify([key], 1) else []
            except (VerificationError, ValueError):
                continue
        assert len(held) == 1, "one key of the trust root, and no other, made the signature"


def test_sigstore_verifies_the_inclusion_in_the_log(story: Story) -> None:
    from sigstore._internal.merkle import verify_merkle_inclusion

    for path in (story.certificate, story.refusal, story.vsa):
        entry = json.loads(path.read_bytes())["verificationMaterial"]["tlogEntries"][0]
        proof = entry["inclusionProof"]
        inner = SimpleNamespace(
            inclusion_proof=SimpleNamespace(
                log_index=int(proof["logIndex"]),
                tree_size=int(proof["treeSize"]),
                root_hash=base64_bytes(proof["rootHash"]),
                hashes=[base64_bytes(item) for item in proof["hashes"]],
            ),
            canonicalized_body=base64_bytes(entry["canonicalizedBody"]),
        )
        verify_merkle_inclusion(SimpleNamespace(_inner=inner))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["v1", "v2"])
def test_every_fairness_figure_of_the_result_is_fairlearns(name: str, story: Story) -> None:
    """Rates of every group, and ratio or difference of the worst, computed again from the CSV."""
    from fairlearn import metrics

    with (EXAMPLE / name / "predictions" / "holdout.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    y_true = [int(row["approved"] == "yes") for row in rows]
    y_pred = [int(row["decision"] == "approve") for row in rows]
    compared = 0
    for outcome in story.result(name)["outcomes"]:
        if outcome["check"] != "fairness.disparity" or outcome["facts"] is None:
            continue
        facts = outcome["facts"]
        for table in facts["tables"]:
            sensitive = [", ".join(f"{key}={row[key]}" for key in table["attributes"]) for row in rows]
            frame = metrics.MetricFrame(
                metrics=getattr(metrics, table["metric"]), y_true=y_true, y_pred=y_pred, sensitive_features=sensitive
            )
            rates = frame.by_group.to_dict()
            for group in table["groups"]:
                assert float(group["rate"]) == pytest.approx(rates[group["label"]], abs=1e-6), outcome["rule"]
                assert group["numerator"] / group["denominator"] == pytest.approx(rates[group["label"]], abs=1e-15)
            if any(group["small"] for group in table["groups"]) or len(rates) > 2 or table["worst"] is None:
                continue
            measure = frame.ratio() if facts["compare"] == "ratio" else frame.difference()
            assert float(table["worst"][facts["compare"]]) == pytest.approx(measure, abs=1e-6), outcome["rule"]
            compared += 1
    assert compared >= 4


def test_the_figures_of_the_readme_are_in_the_result(story: Story) -> None:
    """89 of 181 to 941 of 1,009, and 130 of 169 to 958 of 1,020."""
    text = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    for name in ("v1", "v2"):
        (parity,) = (item for item in story.result(name)["outcomes"] if item["rule"] == "lending/approval-parity")
        (table,) = parity["facts"]["tables"]
        for group in table["groups"]:
            assert f"{group['numerator']:,} of {group['denominator']:,}" in text
        assert f"ratio {float(table['worst']['ratio']):.3f}" in text


def test_the_stored_results_render_to_the_same_pages(story: Story, tmp_path: Path) -> None:
    for name in ("v1", "v2"):
        ended = govern("report", story.folder / f"{name}.json", "-o", f"html={tmp_path / name}.html", "-q")
        assert ended.code == 0
        assert (tmp_path / f"{name}.html").read_bytes() == (story.folder / f"{name}.html").read_bytes()


def test_the_figures_of_two_versions_stand_side_by_side(story: Story, tmp_path: Path) -> None:
    page = tmp_path / "trend.html"
    ended = govern(
        *("report", story.folder / "v2.json", "--earlier", story.folder / "v1.json", "-o", f"html={page}", "-q")
    )
    assert ended.code == 0, ended.err
    text = page.read_text(encoding="utf-8")
    assert "Worst ratio of selection rate by black over versions" in text
    assert text.index('<th scope="row">1.0.0</th>') < text.index('<th scope="row">2.0.0</th>')
    other = tmp_path / "other.json"
    document = story.result("v1")
    document["model"]["name"] = "fraud"
    other.write_text(json.dumps(document), encoding="utf-8")
    refused = govern("report", story.folder / "v2.json", "--earlier", other)
    assert (refused.code, refused.out) == (3, "")
    assert "R102" in refused.err


def test_nothing_was_written_into_the_bundles(story: Story) -> None:
    """Beside them or elsewhere, never in them: the manifest of the second run is that of the first."""
    recipe = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum"
    for name in ("v1", "v2"):
        digest = run(recipe, cwd=EXAMPLE / name).split()[0]
        assert digest == story.result(name)["model"]["digest"]


def test_a_flipped_byte_of_the_predictions_is_found(story: Story, tmp_path: Path) -> None:

    copy = Path(shutil.copytree(EXAMPLE / "v2", tmp_path / "v2"))
    victim = copy / "predictions" / "holdout.csv"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    ended = story.verify("--bundle", copy)
    assert ended.code == 4
    assert "predictions/holdout.csv" in ended.out
    assert not succeeds(f"sha256sum --strict --quiet -c {shlex.quote(str(story.manifest))}", cwd=copy)
