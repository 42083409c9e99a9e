"""From an empty folder to a verified certificate, through the command alone, as somebody new to it would go."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sqlite3
import stat
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from govern.canonical import base64_bytes
from govern.cli.root import root
from oracles.shell import run, succeeds
from support.bundles import sha256
from support.in_process import govern_here
from support.process import Ended, govern

AT = "2026-06-01T00:00:00Z"
SUBJECT = "example-loan-model-1.0.0"
STEM = f"{SUBJECT}.pre-registration"
CHECK = ("-s", "pre-registration", "--at", AT)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace, judged once: `gate/`, and what the first check wrote."""
    folder = tmp_path_factory.mktemp("workspace")
    begun = govern("init", "gate", "--at", AT, cwd=folder)
    assert begun.code == 0, begun.err
    ended = govern(
        *("check", "example", *CHECK, "-o", "json=../first.json", "-o", "html=../first.html", "--no-timings"),
        cwd=folder / "gate",
    )
    (folder / "first.txt").write_text(f"{ended.code}\n{ended.out}{ended.err}", encoding="utf-8")
    return folder


@pytest.fixture
def gate(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(made / "gate", tmp_path / "gate"))


def verify(gate: Path, *more: str | Path, stem: str = f"{STEM}.certificate") -> Ended:
    certificate = f"certificates/{stem}.sigstore.json"
    return govern("verify", certificate, "--trust", "trust.json", "--at", AT, *more, cwd=gate)


def verify_here(gate: Path, *more: str) -> Ended:
    """The same without a process of its own, for the rows of a table."""
    certificate = f"certificates/{STEM}.certificate.sigstore.json"
    return govern_here("verify", certificate, "--trust", "trust.json", "--at", AT, *more, cwd=gate)


def result(path: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return document


def test_the_policies_of_a_new_workspace_have_no_fault(made: Path) -> None:
    ended = govern("policy", "lint", cwd=made / "gate")
    assert ended.code == 0
    assert ", 0 errors" in ended.out


def test_the_example_is_allowed_and_everything_is_written(made: Path) -> None:
    """Certificate, manifest, summary for other verifiers, proof, and the two records whose digests it carries."""
    said = (made / "first.txt").read_text(encoding="utf-8")
    assert said.startswith("0\n✓ ALLOWED"), said
    assert sorted(path.name for path in (made / "gate" / "certificates").iterdir()) == sorted(
        [
            f"{SUBJECT}.MANIFEST.sha256",
            f"{STEM}.certificate.sigstore.json",
            f"{STEM}.decision.json",
            f"{STEM}.evaluation.json",
            f"{STEM}.tlog-proof",
            f"{STEM}.vsa.intoto.json",
            f"{STEM}.vsa.sigstore.json",
        ]
    )
    document = result(made / "first.json")
    assert (document["decision"], document["exit_code"]) == ("allowed", 0)
    for kind, name in (("evaluation", "evaluation"), ("decision_record", "decision")):
        record = (made / "gate" / "certificates" / f"{STEM}.{name}.json").read_bytes()
        assert document[kind]["digest"] == sha256(record)  # type: ignore[index]
    keys = made / "gate" / ".govern" / "keys"
    assert {path.stat().st_mode & 0o777 for path in keys.glob("*.pem")} == {0o600}


def test_the_manifest_is_what_sha256sum_checks(made: Path) -> None:
    """And its own digest is the bundle's, by the one-line recipe of coreutils."""
    manifest = made / "gate" / "certificates" / f"{SUBJECT}.MANIFEST.sha256"
    example = made / "gate" / "example"
    assert succeeds(f"sha256sum --strict --quiet -c {shlex.quote(str(manifest))}", cwd=example)
    recipe = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum"
    digest = run(recipe, cwd=example).split()[0]
    assert result(made / "first.json")["model"]["digest"] == digest  # type: ignore[index]


def test_the_certificate_and_its_summary_verify(made: Path) -> None:
    """Against the folder, with and without what the auditor expects."""
    gate = made / "gate"
    plain = verify(gate, "--bundle", "example")
    assert plain.code == 0, plain.out
    assert "\nVALID" in plain.out
    asked = ("--expect-model", "example-loan-model", "--expect-stage", "pre-registration", "--expect-policy", "starter")
    assert verify(gate, *asked).code == 0
    assert verify(gate, "--kind", "vsa", stem=f"{STEM}.vsa").code == 0
    assert verify(gate, "--strict").code == 3, "a revocation list was not given"


@pytest.mark.parametrize(
    "other",
    [
        ("--expect-model", "another"),
        ("--expect-version", "1.0.1"),
        ("--expect-stage", "pre-deployment"),
        ("--expect-policy", "another"),
        ("--kind", "refusal"),
        ("--at", "2028-01-01T00:00:00Z"),
    ],
)
def test_a_certificate_of_something_else_is_not_accepted(made: Path, other: tuple[str, ...]) -> None:
    """Authentic, and not what was asked for: 1, or 3 once the trust root itself has run out; never 0, never 4."""
    ended = verify_here(made / "gate", *other)
    assert ended.code in ((1, 3) if other[0] == "--at" else (1,)), ended.out


def test_a_flipped_byte_is_an_integrity_failure_that_names_the_file(gate: Path) -> None:
    victim = gate / "example" / "predictions" / "test.csv"
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    ended = verify(gate, "--bundle", "example")
    assert ended.code == 4
    assert "predictions/test.csv" in ended.out


def test_an_extra_file_and_a_missing_one_are_integrity_failures(gate: Path) -> None:
    (gate / "example" / "extra.txt").write_text("x", encoding="utf-8")
    ended = verify(gate, "--bundle", "example")
    assert ended.code == 4
    assert "extra.txt" in ended.out
    (gate / "example" / "extra.txt").unlink()
    (gate / "example" / "README.md").unlink()
    ended = verify(gate, "--bundle", "example")
    assert ended.code == 4
    assert "README.md" in ended.out


def test_a_bundle_with_a_link_cannot_be_compared(gate: Path) -> None:
    """Refused, not followed."""
    (gate / "example" / "link").symlink_to("README.md")
    ended = verify(gate, "--bundle", "example")
    assert ended.code in (3, 4)
    assert "link" in ended.out


@pytest.mark.parametrize("part", ["payload", "sig", "checkpoint", "rootHash"])
def test_a_changed_certificate_does_not_verify(gate: Path, part: str) -> None:
    """One character of the payload, the signature, the log's head or its root."""
    path = gate / "certificates" / f"{STEM}.certificate.sigstore.json"
    document = json.loads(path.read_bytes())
    proof = document["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    holder, key = {
        "payload": (document["dsseEnvelope"], "payload"),
        "sig": (document["dsseEnvelope"]["signatures"][0], "sig"),
        "checkpoint": (proof["checkpoint"], "envelope"),
        "rootHash": (proof, "rootHash"),
    }[part]
    text = holder[key]
    place = 40
    holder[key] = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
    path.write_text(json.dumps(document, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
    ended = verify_here(gate)
    assert ended.code == 4, ended.out
    assert "VALID" not in ended.out.replace("INVALID", "")


@pytest.fixture
def spoiled(gate: Path) -> Path:
    """The example without what its card says, judged: denied and refused."""
    card = gate / "example" / "README.md"
    card.write_text("# Example\n\nTODO\n", encoding="utf-8")
    ended = govern("check", "example", *CHECK, cwd=gate)
    assert ended.code == 1, ended.out
    assert "starter/card" in ended.out
    return gate


def test_a_spoiled_bundle_gets_a_refusal_which_is_no_certificate(spoiled: Path) -> None:
    """It is authentic, and says no: the auditor's command says 1, unless a refusal is what was asked for."""
    names = {path.name for path in (spoiled / "certificates").iterdir()}
    assert f"{STEM}.refusal.sigstore.json" in names
    ended = verify(spoiled, "--bundle", "example", stem=f"{STEM}.refusal")
    assert ended.code == 1, ended.out
    assert verify(spoiled, "--kind", "refusal", stem=f"{STEM}.refusal").code == 0


def test_an_undecided_bundle_is_three(gate: Path) -> None:
    """Evidence that cannot be read decides nothing."""
    (gate / "example" / "lineage.yaml").write_text("[", encoding="utf-8")
    ended = govern("check", "example", *CHECK, cwd=gate)
    assert ended.code == 3, ended.out
    assert "UNDECIDED" in ended.out


def test_a_refused_bundle_is_three_and_signs_nothing(gate: Path) -> None:
    """No digest, so nothing to sign and nothing to log."""
    before = govern("ledger", "log", "-o", "json", cwd=gate).out
    (gate / "example" / "link").symlink_to("README.md")
    ended = govern("check", "example", *CHECK, "-o", "json", cwd=gate)
    assert ended.code == 3
    document = json.loads(ended.out)
    assert (document["decision"], document["certificate"], document["outcomes"]) == ("undecided", None, [])
    assert govern("ledger", "log", "-o", "json", cwd=gate).out == before


def test_the_ledger_lists_checks_and_proves(spoiled: Path) -> None:
    """A certificate with its summary for other verifiers, then a refusal, which has none."""
    listed = json.loads(govern("ledger", "log", "-o", "json", cwd=spoiled).out)
    kinds = [item["kind"] for item in listed["entries"]]
    assert kinds == ["compliance-certificate", "verification-summary", "refusal"]
    assert listed["size"] == len(kinds)
    text = govern("ledger", "log", cwd=spoiled).out
    assert text.count("example-loan-model@1.0.0") == len(kinds)
    sound = govern("ledger", "verify", cwd=spoiled)
    assert sound.code == 0, sound.out + sound.err
    assert sound.out.endswith("sound\n")
    by_index = govern("ledger", "prove", "0", cwd=spoiled)
    assert by_index.code == 0
    assert by_index.out.startswith("c2sp.org/tlog-proof@v1\nindex 0\n")
    assert govern("ledger", "prove", listed["entries"][0]["payload"], cwd=spoiled).out == by_index.out
    assert govern("ledger", "prove", "99", cwd=spoiled).code == 2
    assert govern("ledger", "prove", "f" * 64, cwd=spoiled).code == 2


def test_a_proof_from_the_ledger_agrees_with_the_certificate(gate: Path) -> None:
    """`govern verify --tlog-proof` compares the two files."""
    govern("ledger", "prove", "0", "-o", "0.tlog-proof", cwd=gate)
    govern("ledger", "prove", "1", "-o", "1.tlog-proof", cwd=gate)
    assert verify(gate, "--tlog-proof", f"certificates/{STEM}.tlog-proof").code == 0
    assert verify(gate, "--tlog-proof", "0.tlog-proof").code == 0
    assert verify(gate, "--tlog-proof", "1.tlog-proof").code == 4


TAMPERINGS = {
    "a leaf": ("update entry set body = cast(replace(body, 'a', 'b') as blob) where idx = 0",),
    "a node": ("update tnode set hash = zeroblob(32) where level = 0 and idx = 0",),
    "a head": ("update checkpoint set root = zeroblob(32) where size = 2",),
    "the tail": (
        "delete from entry where idx = 1",
        "delete from tnode where level > 0 or idx > 0",
        "delete from checkpoint where size = 2",
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_a_tampered_ledger_is_found(gate: Path, what: str) -> None:
    """Changed or cut by somebody with the file in hand, behind the triggers that guard it."""
    connection = sqlite3.connect(gate / ".govern" / "ledger.db")
    for (name,) in list(connection.execute("select name from sqlite_master where type = 'trigger'")):
        connection.execute(f'drop trigger "{name}"')
    assert all(connection.execute(statement).rowcount for statement in TAMPERINGS[what])
    connection.commit()
    connection.close()
    ended = govern("ledger", "verify", cwd=gate)
    assert ended.code == 4, ended.out
    assert "DAMAGED" in ended.out
    assert re.search(r"error G[0-9]{3} ", ended.err)
    if what == "the tail":
        issued = govern("check", "example", *CHECK, cwd=gate)
        assert issued.code == 4, "behind its published head, the log signs nothing"
        assert issued.out == ""


def test_a_tampered_payload_is_found(gate: Path) -> None:
    victim = next(path for path in (gate / ".govern" / "objects").rglob("*") if path.is_file())
    victim.chmod(0o644)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    ended = govern("ledger", "verify", cwd=gate)
    assert ended.code == 4
    assert "object-corrupt" in ended.err


def test_a_key_that_the_trust_root_does_not_name_signs_nothing(gate: Path) -> None:
    """Said before anything is judged."""
    for kind, more in (("log", ("--origin", "ledger.example")), ("certifier", ())):
        where = gate / ".govern" / "keys" / f"{kind}.pem"
        before = where.read_bytes()
        assert govern("keys", "new", kind, "--kind", kind, *more, "--dir", "other", cwd=gate).code == 0
        shutil.copy(gate / "other" / f"{kind}.pem", where)
        ended = govern("check", "example", *CHECK, cwd=gate)
        assert (ended.code, ended.out) == (2, ""), ended.err
        assert "trust root does not" in ended.err
        where.write_bytes(before)


def test_a_stored_result_renders_to_the_same_page(made: Path, tmp_path: Path) -> None:
    """Byte for byte: a renderer reads nothing but the result."""
    ended = govern("report", made / "first.json", "-o", f"html={tmp_path / 'again.html'}")
    assert ended.code == 0, ended.err
    assert (tmp_path / "again.html").read_bytes() == (made / "first.html").read_bytes()
    assert ended.out.startswith("✓ ALLOWED")
    stored = govern("report", made / "first.json", "-o", "json")
    assert stored.out.encode() == (made / "first.json").read_bytes()


def test_the_same_question_has_the_same_answer(gate: Path) -> None:
    """Another run, another hash seed, another time zone, another folder: the records are the same bytes."""
    runs = []
    for number, (seed, zone) in enumerate((("1", "UTC"), ("2", "Asia/Tokyo"))):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        where = ("example", "-w", ".") if number else (gate / "example", "-w", gate)
        cwd = gate if number else gate.parent
        ended = govern("check", *where, *CHECK, "-o", "json", "--no-timings", cwd=cwd, environment=environment)
        assert ended.code == 0, ended.err
        folder = gate / "certificates"
        records = [(folder / f"{STEM}.{name}.json").read_bytes() for name in ("evaluation", "decision")]
        runs.append((records, json.loads(ended.out)))
    assert runs[0][0] == runs[1][0]
    first, second = (dict(item[1]) for item in runs)
    assert first.pop("certificate") != second.pop("certificate"), "each certificate has its own id and entry"
    assert first == second


def test_without_issuing_nothing_is_written(gate: Path) -> None:
    before = sorted((path, path.read_bytes()) for path in gate.rglob("*") if path.is_file())
    ended = govern("check", "example", *CHECK, "--no-issue", cwd=gate)
    assert ended.code == 0
    assert "nothing was signed" in ended.out
    assert sorted((path, path.read_bytes()) for path in gate.rglob("*") if path.is_file()) == before


def test_a_second_workspace_or_key_never_replaces_the_first(gate: Path) -> None:
    before = (gate / ".govern" / "keys" / "certifier.pem").read_bytes()
    assert govern("init", ".", "--at", AT, cwd=gate).code == 2
    assert govern("keys", "new", "certifier", cwd=gate).code == 2
    assert (gate / ".govern" / "keys" / "certifier.pem").read_bytes() == before
    assert govern("keys", "new", "second", cwd=gate).code == 0
    assert govern("keys", "new", "second", cwd=gate).code == 2
    assert govern("keys", "new", "../up", cwd=gate).code == 2
    assert govern("keys", "new", "log2", "--kind", "log", cwd=gate).code == 2, "a log key needs its origin"


@pytest.mark.tools
def test_the_trust_root_is_shown_exported_and_renewed(gate: Path) -> None:
    """Its keys as PEM files are what openssl reads; the next version keeps the old one beside it."""
    shown = govern("trust", "show", "--at", AT, "--pems", "pems", cwd=gate)
    assert shown.code == 0
    (certifier,) = re.findall(r"key  certifier  (SHA256:\S+)", shown.out)
    pems = sorted((gate / "pems").iterdir())
    assert len(pems) >= 3
    for pem in pems:
        assert succeeds(f"openssl pkey -pubin -noout -in {shlex.quote(str(pem))}", cwd=gate)
    prints = run(
        'for f in pems/*; do ssh-keygen -i -m PKCS8 -f "$f" 2>/dev/null >k && ssh-keygen -lf k || true; done', cwd=gate
    )
    assert certifier in prints
    assert govern("trust", "show", "--at", "2030-01-01T00:00:00Z", cwd=gate).code == 3
    later = "2026-07-01T00:00:00Z"
    renewed = govern("trust", "sign", "--key", ".govern/keys/root.pem", "--renew", "2y", "--at", later, cwd=gate)
    assert renewed.code == 0, renewed.err
    assert "version 2" in renewed.out
    assert (gate / "trust.1.json").exists()
    assert govern("trust", "show", "--at", "2028-01-01T00:00:00Z", cwd=gate).code == 0
    old = govern(
        *("verify", f"certificates/{STEM}.certificate.sigstore.json", "--trust", "trust.json"),
        *("--earlier-trust", "trust.1.json", "--at", later),
        cwd=gate,
    )
    assert old.code == 0, old.out
    other = govern("trust", "sign", "--key", ".govern/keys/certifier.pem", "--renew", "1y", "--at", later, cwd=gate)
    assert (other.code, "A316" in other.err) == (2, True), "only a root key signs a trust root"
    shorter = govern("trust", "sign", "--key", ".govern/keys/root.pem", "--renew", "1y", "--at", later, cwd=gate)
    assert (shorter.code, "version 3" in shorter.out) == (0, True), shorter.err


def test_a_changed_trust_root_does_not_hold(gate: Path) -> None:
    path = gate / "trust.json"
    path.write_text(path.read_text(encoding="utf-8").replace("A", "B", 1), encoding="utf-8")
    assert govern("trust", "show", "--at", AT, cwd=gate).code == 4
    assert verify(gate).code == 4
    assert govern("check", "example", *CHECK, cwd=gate).code == 4


RECORD = {
    "id": "GHSA-0000-0000-0001",
    "modified": "2026-05-20T00:00:00Z",
    "published": "2026-05-19T00:00:00Z",
    "summary": "A hole",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "NumPy"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}],
        }
    ],
}


@pytest.mark.parametrize("form", ["zip", "jsonl", "folder"])
def test_advisories_come_from_a_local_export_and_are_then_matched(gate: Path, form: str) -> None:
    """The three forms in which an advisory database travels; without a network."""
    (gate / "example" / "requirements.txt").write_text("numpy==1.26.4\n", encoding="utf-8")
    source = gate / f"osv.{form}"
    if form == "zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.writestr(f"{RECORD['id']}.json", json.dumps(RECORD))
    elif form == "jsonl":
        source.write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    else:
        source.mkdir()
        (source / "one.json").write_text(json.dumps(RECORD), encoding="utf-8")
    updated = govern("advisories", "update", "--from", source, "--at", AT, cwd=gate)
    assert updated.code == 0, updated.err
    assert "1 added" in updated.out
    shown = govern("advisories", "info", "--at", "2026-06-11T00:00:00Z", cwd=gate)
    assert shown.code == 0
    assert "10 days old" in shown.out
    ended = govern("check", "example", *CHECK, "--no-issue", "-o", "json", cwd=gate)
    (rule,) = (item for item in json.loads(ended.out)["outcomes"] if item["check"] == "dependencies.vulnerabilities")
    assert rule["outcome"] == "fail"
    assert "GHSA-0000-0000-0001" in json.dumps(rule["findings"])


def test_a_broken_export_leaves_the_old_snapshot_in_force(gate: Path) -> None:
    (gate / "good.jsonl").write_text(json.dumps(RECORD) + "\n", encoding="utf-8")
    (gate / "bad.zip").write_bytes(b"PK\x03\x04 nothing")
    assert govern("advisories", "update", "--from", "good.jsonl", "--at", AT, cwd=gate).code == 0
    before = govern("advisories", "info", "--at", AT, cwd=gate).out
    assert govern("advisories", "update", "--from", "bad.zip", "--at", AT, cwd=gate).code == 3
    assert govern("advisories", "update", "--from", "absent.zip", "--at", AT, cwd=gate).code == 2
    assert govern("advisories", "info", "--at", AT, cwd=gate).out == before


def test_the_doctor_says_what_would_stop_the_gate(gate: Path) -> None:
    assert govern("doctor", "--at", AT, cwd=gate).code == 0
    late = govern("doctor", "--at", "2030-01-01T00:00:00Z", cwd=gate)
    assert late.code == 3
    assert re.search(r"^FAIL +trust root", late.out, re.MULTILINE)
    (gate / "policies" / "starter.yaml").write_text("kind: Policy\n", encoding="utf-8")
    (gate / ".govern" / "keys" / "certifier.pem").unlink()
    (gate / "published-checkpoint").write_text("nothing\n", encoding="utf-8")
    ill = govern("doctor", "--at", AT, cwd=gate)
    assert ill.code == 3
    assert {line.split()[1] for line in ill.out.splitlines() if line.startswith("FAIL")} == {
        "policies",
        "keys",
        "ledger",
    }


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and subcommand by its words."""
    context = click.Context(root)
    yield "", root
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        yield name, command
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                deeper = command.get_command(context, inner)
                assert deeper is not None
                yield f"{name} {inner}", deeper


COMMANDS = dict(commands())


@pytest.mark.parametrize("words", COMMANDS)
def test_examples_of_the_help_are_real(words: str) -> None:
    """Each names a command that exists, with options and values that it takes."""
    epilog = re.sub(r"\\\n +", "", COMMANDS[words].epilog or "")
    examples = re.findall(r"^  govern (.+)$", epilog, re.MULTILINE)
    assert examples, "the help ends with an example"
    for example in examples:
        arguments = shlex.split(example.split(" > ")[0])
        command, context = root, click.Context(root, info_name="govern", **root.context_settings)
        while isinstance(command, click.Group):
            found = command.get_command(context, arguments[0])
            assert found is not None, example
            context = click.Context(found, info_name=arguments.pop(0), parent=context)
            command = found
        # Raises for an unknown option, a bad value, a missing argument. The parent says how help is asked for: click
        # keeps the help option of whoever asks first.
        command.make_context(command.name, arguments, parent=context.parent)
        path = context.command_path.removeprefix("govern").strip()
        assert path.startswith(words), f"{example} is not about {words}"


@pytest.mark.parametrize("words", ["", "check", "verify", "ledger prove", "trust sign"])
def test_help_prints(words: str) -> None:
    ended = govern(*words.split(), "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Example" in ended.out


def test_fail_on_changes_when_one_is_used_and_nothing_else(gate: Path) -> None:
    """`never` turns 1 into 0, `warn` turns a warning into 1; the decision says the same, and 3 stays 3."""

    def code(*more: str) -> tuple[int, str]:
        ended = govern("check", "example", *CHECK, "--no-issue", "-o", "json", *more, cwd=gate)
        return ended.code, json.loads(ended.out)["decision"]

    assert code() == (0, "allowed")
    assert code("--fail-on", "warn") == (1, "allowed"), "no advisories were given, which only warns"
    assert code("--fail-on", "never") == (0, "allowed")
    card = gate / "example" / "README.md"
    card.write_text("# Example\n\nTODO\n", encoding="utf-8")
    assert code() == (1, "denied")
    assert code("--fail-on", "never") == (0, "denied")
    card.unlink()
    assert code("--fail-on", "never") == (3, "undecided")


def test_quiet_says_one_line(gate: Path) -> None:
    ended = govern("check", "example", *CHECK, "--no-issue", "--quiet", cwd=gate)
    assert (ended.code, ended.out.count("\n")) == (0, 1)
    assert ended.out.startswith("✓ ALLOWED")
    assert ended.err == ""


def test_json_on_stdout_is_one_canonical_line(gate: Path) -> None:
    import rfc8785

    ended = govern("check", "example", *CHECK, "--no-issue", "-o", "json", "--no-timings", cwd=gate)
    document = json.loads(ended.out)
    assert ended.out.encode() == rfc8785.dumps(document) + b"\n"
    assert document["exit_code"] == ended.code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-o", "html=example/report.html"), "U107"),
        (("-o", "html=example/../example/deep/report.html"), "U107"),
        (("-o", "json", "-o", "html"), "U107"),
        (("-o", "pdf=x.pdf"), "U107"),
        (("-o", "json=a", "-o", "html=a"), "U107"),
        (("--at", "yesterday"), "U106"),
        (("--at", "2026-06-01"), "U106"),
        (("--at", "2026-06-01T00:00:00+02:00"), "U106"),
        (("--at", "2026-13-01T00:00:00Z"), "U106"),
        (("-p", "absent.yaml"), "U103"),
        (("-w", "example"), "U103"),
        (("--fail-on", "sometimes"), "U101"),
        (("-s", "post-mortem"), "U101"),
        (("--nam", "x"), "U101"),
        (("--supersedes", "the last one"), "U101"),
        (("--advisories", "absent"), "U103"),
    ],
)
def test_a_wrong_request_is_two_and_nothing_is_judged(gate: Path, arguments: tuple[str, ...], code: str) -> None:
    """Said before any check runs; nothing is signed, logged or written."""
    before = sorted(path for path in gate.rglob("*"))
    ended = govern_here("check", "example", *CHECK, *arguments, cwd=gate)
    assert (ended.code, ended.out) == (2, ""), ended.out
    assert code in ended.err
    assert sorted(path for path in gate.rglob("*")) == before


def test_an_output_that_cannot_be_written_is_two_and_the_others_are_written(gate: Path) -> None:
    (gate / "file").write_text("", encoding="utf-8")
    arguments = ("--no-issue", "-o", "json=file/x.json", "-o", "html=page.html")
    ended = govern("check", "example", *CHECK, *arguments, cwd=gate)
    assert ended.code == 2
    assert "U108" in ended.err
    assert (gate / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_issuing_writes_never_lands_in_the_bundle(gate: Path) -> None:
    """It would no longer be the bundle that the certificate speaks of."""
    before = sorted((gate / "example").rglob("*"))
    for variable in ("GOVERN_OUTPUT", "GOVERN_LEDGER", "GOVERN_PUBLISHED_CHECKPOINT"):
        ended = govern("check", "example", *CHECK, cwd=gate, environment={variable: "example/inside"})
        assert (ended.code, ended.out) == (2, ""), ended.out
        assert "U107" in ended.err or "U103" in ended.err
    whole = govern("check", ".", *CHECK, cwd=gate)
    assert whole.code == 2, "the workspace itself, with its keys, is no bundle"
    assert sorted((gate / "example").rglob("*")) == before


def test_a_pipe_or_a_device_is_written_to_and_not_replaced(gate: Path) -> None:
    """`-o json=>(tool)` and `-o json=/dev/null`; a rename would put a file in place of the device."""
    script = f"{shlex.quote(sys.executable)} -m govern check example {shlex.join(CHECK)} --no-issue -q -o json=pipe"
    os.mkfifo(gate / "pipe")
    out = run(f"cat pipe > read & {script}; wait", cwd=gate)
    assert out.startswith("✓ ALLOWED")
    assert stat.S_ISFIFO((gate / "pipe").stat().st_mode)
    assert result(gate / "read")["decision"] == "allowed"
    (gate / "link").symlink_to("/dev/full")
    ended = govern("check", "example", *CHECK, "--no-issue", "-o", "json=link", cwd=gate)
    assert ended.code == 2
    assert "U108" in ended.err
    assert (gate / "link").is_symlink()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_the_answer_does_not_depend_on_the_locale(gate: Path, encoding: str) -> None:
    """UTF-8 goes out whatever the locale says; a tick must not turn a verdict into a crash after it was signed."""
    environment = {"PYTHONIOENCODING": encoding, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = govern("check", "example", *CHECK, "-q", cwd=gate, environment=environment)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("✓ ALLOWED")


def test_a_certificate_names_the_one_that_it_replaces(gate: Path) -> None:
    first = govern("check", "example", *CHECK, "-o", "json", cwd=gate)
    digest = json.loads(first.out)["certificate"]["digest"]
    second = govern("check", "example", *CHECK, "--supersedes", f"sha256:{digest}", cwd=gate)
    assert second.code == 0, second.err
    certificate = json.loads((gate / "certificates" / f"{STEM}.certificate.sigstore.json").read_bytes())
    statement = json.loads(base64_bytes(certificate["dsseEnvelope"]["payload"]))
    assert statement["predicate"]["supersedes"]["digest"]["sha256"] == digest


def test_keys_come_from_the_environment_and_may_be_encrypted(gate: Path) -> None:
    """As a CI job hands them over: no file, no secret in the arguments."""
    keys = gate / ".govern" / "keys"
    secrets = {
        f"{name.upper()}_PEM": (keys / f"{name}.pem").read_text(encoding="utf-8") for name in ("certifier", "log")
    }
    shutil.move(keys, gate.parent / "away")
    assert govern("check", "example", *CHECK, cwd=gate).code == 2
    places = {"GOVERN_CERTIFIER": "env:CERTIFIER_PEM", "GOVERN_LOG": "env:LOG_PEM"}
    ended = govern("check", "example", *CHECK, cwd=gate, environment=places | secrets)
    assert ended.code == 0, ended.err
    password = {"GOVERN_KEY_PASSWORD": "correct horse"}
    assert govern("keys", "new", "locked", cwd=gate, environment=password).code == 0
    assert "ENCRYPTED" in (keys / "locked.pem").read_text(encoding="utf-8")
    for given in ({}, {"GOVERN_KEY_PASSWORD": "wrong"}):
        locked = govern("trust", "sign", "--key", ".govern/keys/locked.pem", "--at", AT, cwd=gate, environment=given)
        assert locked.code == 2, locked.err
        assert "correct horse" not in locked.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("init", "file/gate"),
        ("keys", "new", "more", "--dir", "file/keys"),
        ("trust", "show", "--at", AT, "--pems", "file/pems"),
        ("lineage", "export", "example", "-o", "file/graph.json"),
        ("ledger", "prove", "0", "-o", "file/0.tlog-proof"),
        ("check", "example", *CHECK, "--no-issue", "-o", "json=file/result.json"),
    ],
)
def test_a_place_that_cannot_be_written_is_the_callers_fault(gate: Path, arguments: tuple[str, ...]) -> None:
    """Not a crash: 2, with the path."""
    (gate / "file").write_text("", encoding="utf-8")
    ended = govern_here(*arguments, cwd=gate)
    assert ended.code == 2, ended.err
    assert "U108" in ended.err
    assert "file/" in ended.err


def test_a_runner_reads_no_command_of_ours(gate: Path) -> None:
    """In text, in JSON and in what goes to stderr."""
    card = gate / "example" / "README.md"
    card.write_text(card.read_text(encoding="utf-8").replace("# ", "# ##[group]::error::x\n\n# ", 1), encoding="utf-8")
    (gate / "example" / "##[error]x.pkl").write_bytes(b"\x80\x02cos\nsystem\n.")
    environment = {"GITHUB_ACTIONS": "true"}
    runs = [
        govern("check", "example", *CHECK, "--no-issue", *more, cwd=gate, environment=environment)
        for more in ((), ("-o", "json"), ("-o", "html"), ("--name", "x", "-p", "##[error]absent.yaml"))
    ]
    assert [ended.code for ended in runs] == [1, 1, 1, 2]
    for ended in runs:
        assert "##[" not in ended.out + ended.err
        assert not any(line.lstrip().startswith("::") for line in (ended.out + ended.err).splitlines())
    assert "##[error]x.pkl" in json.dumps(json.loads(runs[1].out)), "the same document, spelt otherwise"
