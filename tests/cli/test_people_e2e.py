"""People and the command line: from a denial to a certificate to its revocation, in real processes; and all that goes
wrong on the way, each with its exit code, a diagnostic, and never a traceback.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from govern.canonical import base64_bytes
from support.office import RULES, Office
from support.people import STRANGER
from support.process import Ended, govern

MADE, AT, LATER = "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z"
STAGE, NAME = "pre-registration", "example-loan-model-1.0.0.pre-registration"


# -- the story ----------------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """A workspace in which every step is a process of its own."""

    root: Path

    def __call__(self, *words: str | Path) -> Ended:
        return govern(*words, cwd=self.root)

    def ok(self, *words: str | Path) -> str:
        ended = self(*words)
        assert ended.code == 0, ended.err + ended.out
        return ended.out

    def made(self, *words: str | Path) -> Path:
        """Run a command that writes a signed file, and give the file."""
        return self.root / self.ok(*words).splitlines()[0]

    def key(self, name: str) -> str:
        return f".govern/keys/{name}.pem"

    def check(self, *more: str | Path, at: str = AT) -> Ended:
        return self("check", "example", "-s", STAGE, "-p", "strict.yaml", "--at", at, *more)

    def file(self, suffix: str) -> Path:
        return self.root / "certificates" / f"{NAME}.{suffix}"

    def verify(self, *more: str | Path, at: str = AT, file: Path | None = None) -> dict[str, Any]:
        ended = self(
            *("verify", file or self.file("certificate.sigstore.json"), "--trust", "trust.json", "--at", at),
            *("-o", "json", *more),
        )
        made: dict[str, Any] = json.loads(ended.out)
        assert made["exit_code"] == ended.code
        return made


HOLDERS = {
    "heidi": ("waiver", "waiver"),
    "erin": ("approver", "approver/model-risk"),
    "frank": ("approver", "approver/model-risk"),
    "grace": ("approver", "approver/model-risk"),
    "judy": ("policy", "policy"),
    "karl": ("revoker", "revoker"),
    "build": ("producer", "producer"),
}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    """`govern init`, a key for each person, one edit of the trust root, a policy that fails and asks the board."""
    made = Story(tmp_path_factory.mktemp("people") / "gate")
    made.root.mkdir()
    made.ok("init", ".", "--at", MADE, "--owner", "person:alice")
    adding: list[str] = []
    for name, (kind, role) in HOLDERS.items():
        made.ok("keys", "new", name, "--kind", kind)
        adding += ["--add", f"{role}=.govern/keys/{name}.pub,person:{name}"]
    made.ok(
        *("trust", "edit", "trust.json", *adding, "--threshold", "approver/model-risk=2"),
        *("--key", made.key("root"), "--at", MADE),
    )
    spec = {"rules": [{"severity": "high", "enforcement": "block", **rule} for rule in RULES]}
    metadata = {"name": "strict", "version": "1.0.0", "title": "Strict", "owner": "o@example.com"}
    document = {"apiVersion": "govern/v1", "kind": "Policy", "metadata": metadata, "spec": spec}
    (made.root / "strict.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert made.check().code == 1
    return made


def lines(result: dict[str, Any], step: str) -> list[tuple[str, str]]:
    return [(item["status"], item["text"]) for item in result["checks"] if item["id"] == step]


def test_from_a_denial_to_a_certificate_to_its_revocation(story: Story) -> None:
    evaluation = Path("certificates") / f"{NAME}.evaluation.json"

    # Denied: the model is not version seven, and the board has not voted.
    denied = story.check()
    assert denied.code == 1
    assert story.file("refusal.sigstore.json").is_file()
    assert not story.file("certificate.sigstore.json").exists()
    assert story("approve", evaluation, "--status", "--at", AT).code == 3

    # The board approves before there is a waiver: the votes are about another table.
    reasons = ("--for", "30d", "--reason", "Version seven is being trained", "--control", "A person reads each refusal")
    vote = ("approve", evaluation, "--statement", "Read it all", "--at", AT)
    story.ok(*vote, "--key", story.key("frank"))
    waiver = story.made("waive", "strict/never", evaluation, *reasons, "--key", story.key("heidi"), "--at", AT)
    assert story.check().code == 3
    said = story("approve", evaluation, "--status", "--at", AT)
    assert (said.code, "not counted: waivers_not_considered" in said.out) == (3, True)

    # Now with the waiver in hand; Frank votes again.
    story.ok(*vote, "--key", story.key("erin"))
    later = "2026-06-02T00:00:01Z"
    story.ok(*vote[:-1], later, "--key", story.key("frank"))
    assert story("approve", evaluation, "--status", "--at", later).code == 0
    release = story.made("policy", "release", "strict.yaml", "--key", story.key("judy"), "--at", AT)

    allowed = story.check(at=later)
    assert allowed.code == 0, allowed.err
    assert "ALLOWED" in allowed.out
    certificate = story.file("certificate.sigstore.json")
    predicate = json.loads(base64_bytes(json.loads(certificate.read_bytes())["dsseEnvelope"]["payload"]))["predicate"]
    assert predicate["validUntil"] == "2026-07-02T00:00:00Z", "no longer than the waiver"
    assert [item["outcome"] for item in predicate["rules"]] == ["pass", "waived"]
    assert (
        predicate["policies"][0]["release"]["digest"]["sha256"]
        in story("verify", release, "--trust", "trust.json", "--kind", "policy-release", "--at", AT, "-o", "json").out
    )

    # The auditor holds everything.
    status = story.made("revoke", "--list", "--next", "7d", "--key", story.key("karl"), "--at", later)
    everything = ("--statements", "statements", "--status", status, "--bundle", "example")
    result = story.verify(*everything, "--expect-stage", STAGE, at=later)
    assert result["exit_code"] == 0
    assert {item["status"] for item in result["checks"]} == {"ok"}, result["checks"]
    assert result["verdict"].startswith("VALID as of checkpoint")
    assert len(lines(result, "approvals")) == 2
    assert lines(result, "decision")[0][1] == "2 rules decided again from the records: allowed, the same bytes"
    strict = story.verify(*everything, "--expect-stage", STAGE, "--strict", at=later)
    assert strict["exit_code"] == 0

    # A vote against it stops the next decision, and changes nothing about this one.
    story.ok(
        "approve", evaluation, "--reject", "--statement", "Not on this data", "--key", story.key("grace"), "--at", LATER
    )
    assert story("approve", evaluation, "--status", "--at", LATER).code == 1
    assert story.verify(*everything, at=later)["exit_code"] == 0
    assert story.check("--no-issue", at=LATER).code == 1

    # The waiver is withdrawn: a new list, and the certificate falls with it.
    gone = story.made(
        *("revoke", waiver, "--reason", "evidence_wrong", "--statement", "The numbers were wrong"),
        *("--effective", LATER, "--key", story.key("karl"), "--at", LATER),
    )
    assert story.verify(*everything, at=later)["exit_code"] == 0
    assert story.verify("--statements", gone, at=LATER)["exit_code"] == 1
    newer = story.made("revoke", "--list", "--key", story.key("karl"), "--at", LATER)
    fallen = story.verify("--statements", "statements", "--status", newer, at=LATER)
    assert fallen["exit_code"] == 1
    assert lines(fallen, "revocation") == [("FAIL", f"the waiver of strict/never was revoked on {LATER}")]
    # On the day before, with the newer list: still valid then.
    assert [item for item in story.verify("--statements", "statements", at=later)["checks"] if item["exit"] == 1] == []

    # And so it is for the certificate itself.
    story.ok(
        "revoke", certificate, "--reason", "superseded", "--statement", "x", "--key", story.key("karl"), "--at", LATER
    )
    alone = story.verify("--statements", "statements", at="2026-06-04T00:00:00Z")
    assert ("FAIL", f"this statement was revoked on {LATER}") in lines(alone, "revocation")


def test_signed_at_home_and_logged_by_the_keeper(story: Story, tmp_path: Path) -> None:
    evaluation = Path("certificates") / f"{NAME}.evaluation.json"
    made = story.made(
        *(
            "waive",
            "strict/never",
            evaluation,
            "--for",
            "10d",
            "--reason",
            "R",
            "--control",
            "C",
            "--no-log",
            "-o",
            tmp_path,
        ),
        *("--key", story.key("heidi"), "--at", AT),
    )
    asked = ("verify", made, "--trust", "trust.json", "--kind", "waiver", "--at", AT)
    assert story(*asked).code == 1
    assert "log entry" in story.ok("ledger", "add", made)
    assert story(*asked).code == 0
    for refused in (story.file("certificate.sigstore.json"), Path("trust.json"), Path("strict.yaml")):
        ended = story("ledger", "add", refused)
        assert (ended.code, "A511" in ended.err) == (2, True)


def test_two_root_owners_two_entries(story: Story, tmp_path: Path) -> None:
    story.ok("keys", "new", "dave", "--kind", "root")
    story.ok(
        *("trust", "edit", "trust.json", "--add", "root=.govern/keys/dave.pub,person:dave", "--threshold", "root=2"),
        *("--key", story.key("root"), "--at", AT),
    )
    story.ok("trust", "sign", "trust.next.json", "--key", story.key("dave"))
    said = story.ok("trust", "publish", "trust.json", "-o", tmp_path, "--at", AT)
    files = sorted(tmp_path.glob("*.trust-root.sigstore.json"))
    assert len(files) == len(said.splitlines()) == 2
    owners = set()
    for file in files:
        result = story.verify("--kind", "trust-root", file=file)
        assert result["exit_code"] == 0
        owners.add(result["signedBy"]["owner"])
    assert owners == {"person:alice", "person:dave"}


def test_evidence_is_bound_and_signed_and_the_snapshot_too(story: Story) -> None:
    (story.root / "example" / "gx.json").write_text("{}", encoding="utf-8")
    said = story.ok(
        *("evidence", "add", "example/gx.json", "--bundle", "example", "--type", "great-expectations"),
        *("--tool", "gx=1.24.1", "--data", "test=predictions/test.csv", "--by", "ci:build-118"),
        *("--sign", "--key", story.key("build"), "--at", AT),
    )
    assert (story.root / "example" / "gx.json.evidence.json").is_file()
    result = story.verify("--kind", "evidence", file=story.root / said.splitlines()[1])
    assert (result["exit_code"], result["subject"]) == (0, "gx.json")


# -- what goes wrong ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = Office(tmp_path_factory.mktemp("office"))
    made.ok("ledger", "log")
    files = made.root / "wrong"
    files.mkdir()
    (files / "empty").write_bytes(b"")
    (files / "binary").write_bytes(bytes(range(256)))
    (files / "text").write_text("not json", encoding="utf-8")
    (files / "deep").write_bytes(b"[" * 100_000)
    (files / "folder").mkdir()
    return made


def never_crashes(ended: Ended) -> None:
    for text in (ended.out, ended.err):
        assert "Traceback" not in text
        assert "X101" not in text
        assert "\x1b" not in text


WRONG = ("wrong/absent", "wrong/empty", "wrong/binary", "wrong/text", "wrong/deep", "wrong/folder")
KEY: tuple[str, ...] = ("--at", AT, "--key")
COMMANDS: dict[str, tuple[tuple[str, ...], set[int]]] = {
    "waive": (
        ("waive", "strict/never", "{}", "--for", "1d", "--reason", "R", "--control", "C", *KEY, "../keys/heidi.pem"),
        {2, 3},
    ),
    "approve": (("approve", "{}", "--statement", "x", *KEY, "../keys/frank.pem"), {2, 3}),
    "approve --status": (("approve", "{}", "--status", "--at", AT), {2, 3}),
    "revoke": (("revoke", "{}", "--reason", "other", "--statement", "x", *KEY, "../keys/karl.pem"), {2}),
    "ledger add": (("ledger", "add", "{}"), {2}),
    "policy release": (("policy", "release", "{}", *KEY, "../keys/judy.pem"), {2}),
    "advisories sign": (("advisories", "sign", "{}", *KEY, "../keys/feed.pem"), {2, 3, 4}),
    "attest --bundle": (
        ("attest", "--bundle", "{}", "--type", "t", "--text", "x", "--for", "1d", *KEY, "../keys/ivan.pem"),
        {2, 3},
    ),
    "attest --evidence": (
        (
            "attest",
            "--model",
            "m",
            "--versions",
            "1",
            "--type",
            "t",
            "--text",
            "x",
            "--for",
            "1d",
            "--evidence",
            "{}",
            *KEY,
            "../keys/ivan.pem",
        ),
        {0, 2},
    ),
    "evidence add": (
        ("evidence", "add", "{}", "--bundle", "example", "--type", "t", "--tool", "a=1", "--by", "x"),
        {2},
    ),
    "evidence --bundle": (
        ("evidence", "add", "example/README.md", "--bundle", "{}", "--type", "t", "--tool", "a=1", "--by", "x"),
        {2, 3},
    ),
    "trust publish": (("trust", "publish", "{}", "--at", AT), {2, 4}),
    "verify": (("verify", "{}", "--trust", "trust.json", "--kind", "waiver", "--at", AT), {2, 4}),
    "verify --statements": (
        ("verify", "{refusal}", "--trust", "trust.json", "--kind", "refusal", "--statements", "{}", "--at", AT),
        {0, 2},
    ),
    "verify --status": (
        ("verify", "{refusal}", "--trust", "trust.json", "--kind", "refusal", "--status", "{}", "--at", AT),
        {0, 2},
    ),
    "check --statements": (
        ("check", "example", "-s", STAGE, "-p", "strict.yaml", "--no-issue", "-q", "--statements", "{}", "--at", AT),
        {1, 2},
    ),
    "key": (
        ("attest", "--model", "m", "--versions", "1", "--type", "t", "--text", "x", "--for", "1d", *KEY, "{}"),
        {2},
    ),
    "workspace": (("approve", "certificates/x.json", "--status", "-w", "{}", "--at", AT), {2}),
}


@pytest.mark.parametrize("command", sorted(COMMANDS))
@pytest.mark.parametrize("wrong", WRONG)
def test_every_wrong_file_gives_a_diagnostic_and_its_code(office: Office, command: str, wrong: str) -> None:
    words, codes = COMMANDS[command]
    size = office.size()
    given = [word.replace("{refusal}", str(office.refusal)).replace("{}", wrong) for word in words]
    ended = office(*given)
    never_crashes(ended)
    assert ended.code in codes, ended.err + ended.out
    if ended.code in (2, 3) and not (command.startswith("verify") or "--status" in command):
        assert re.search(r"error [A-Z][0-9]{3} ", ended.err), ended.err
    if command != "attest --evidence" or ended.code:
        assert office.size() == size, "something was logged"


WRONG_KEYS = {
    "the log's": (".govern/keys/log.pem", "A104"),
    "a public one": ("../keys/heidi.pub", "A104"),
    "a stranger's": ("../keys/stranger.pem", "A503"),
    "the root's": (".govern/keys/root.pem", "A503"),
    "the certifier's": (".govern/keys/certifier.pem", "A503"),
    "another office's": ("../keys/karl.pem", "A503"),
    "none": ("env:GOVERN_NO_SUCH_KEY", None),
    "of no scheme": ("nowhere:1", None),
}


@pytest.mark.parametrize("which", sorted(WRONG_KEYS))
def test_every_wrong_key_gives_a_diagnostic_and_exit_2(office: Office, which: str) -> None:
    key, code = WRONG_KEYS[which]
    size = office.size()
    for words in (
        ("waive", "strict/never", office.evaluation_file, "--for", "1d", "--reason", "R", "--control", "C"),
        ("approve", office.evaluation_file, "--statement", "x"),
        ("attest", "--model", "m", "--versions", "1", "--type", "t", "--text", "x", "--for", "1d"),
        ("policy", "release", "strict.yaml"),
        (
            "evidence",
            "add",
            "example/README.md",
            "--bundle",
            "example",
            "--type",
            "t",
            "--tool",
            "a=1",
            "--by",
            "x",
            "--sign",
        ),
    ):
        ended = office(*words, "--key", key, "--at", AT)
        never_crashes(ended)
        assert ended.code == 2, ended.err
        assert "error " in ended.err
        assert code is None or code in ended.err, ended.err
    assert office.size() == size
    assert not (office.bundle / "README.md.evidence.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("approve {evaluation} --key ../keys/frank.pem", "a vote needs --key and --statement"),
        ("approve {evaluation} --statement x", "a vote needs --key and --statement"),
        ("approve {evaluation} --reject --abstain --statement x --key k", "not both"),
        ("revoke --key ../keys/karl.pem --at {at}", "a list needs --list"),
        ("revoke {refusal} --reason other --key ../keys/karl.pem --at {at}", "--statement"),
        ("revoke {refusal} --reason because --statement x --key k", "because"),
        (
            "revoke {refusal} --reason other --statement x --replaced-by abc --key ../keys/karl.pem --at {at}",
            "64 lower-case hex digits",
        ),
        ("waive strict/never {evaluation} --for 1d --key k", "--reason"),
        ("waive strict/never {evaluation} --for 1d --reason R --key k", "--control"),
        ("waive strict/never {evaluation} --for 1d --reason R --control C --covers error --key k", "error"),
        ("waive strict/never {evaluation} --for 1d --reason R --control C --stages prod --key k", "prod"),
        ("attest --type t --text x --for 1d --key ../keys/ivan.pem --at {at}", "A506"),
        ("attest --model m --versions 1 --type t --text x --for 1d --field x --key k", "NAME=VALUE"),
        ("evidence add x --bundle example --type t --tool a --by x", "NAME=VALUE"),
        ("evidence add x --bundle example --type t --tool a=1 --by x --sign", "--sign needs --key"),
        ("policy release strict.yaml --previous abc --key ../keys/judy.pem", "64 lower-case hex digits"),
        ("policy release", "PATHS"),
        ("ledger add", "FILES"),
        ("waive strict/never {evaluation} --for 1d --reason R --control C --at yesterday --key k", "yesterday"),
    ],
)
def test_every_wrong_option_gives_exit_2_and_says_which(office: Office, words: str, said: str) -> None:
    files = {"evaluation": office.evaluation_file, "refusal": office.refusal, "at": AT}
    ended = office(*(word.format_map(files) for word in words.split()))
    never_crashes(ended)
    assert (ended.code, said in ended.err) == (2, True), ended.err


@pytest.mark.parametrize(
    "option", ["--reason", "--control", "--versions", "--owner", "--for", "--from", "--key", "--role"]
)
def test_an_empty_word_is_no_word(office: Office, option: str) -> None:
    words: dict[str, str] = {"--reason": "R", "--control": "C", "--for": "1d", "--key": "../keys/heidi.pem", "--at": AT}
    words[option] = ""
    given = [item for pair in words.items() for item in pair]
    ended = office("waive", "strict/never", office.evaluation_file, *given, "--no-log", "-o", office.root / "made")
    never_crashes(ended)
    assert ended.code == (0 if option in ("--owner", "--role") and ended.code == 0 else 2), ended.err


# -- hostile words --------------------------------------------------------------------------------------------------------

HOSTILE = "R\x1b[2J\x1b]0;x\x07\u202egnp.\u2066\u200b\r\n::set-output name=x::y\n##[error]x\n<script>alert(1)</script>"
RAW = ("\x1b", "\x07", "\u202e", "\u2066", "\u200b", "\r")


def harmless(ended: Ended) -> None:
    never_crashes(ended)
    for text in (ended.out, ended.err):
        assert not any(item in text for item in RAW), repr(text)


def obeyed_by_no_runner(office: Office, *words: str | Path) -> None:
    """In a workflow, where a runner reads every line and obeys `::commands`."""
    ended = govern(*words, cwd=office.root, environment={"GITHUB_ACTIONS": "true"})
    harmless(ended)
    for text in (ended.out, ended.err):
        assert not any(line.lstrip().startswith(("::", "##[")) for line in text.splitlines()), text
        assert "##[" not in text


def test_hostile_words_of_people_reach_no_terminal_raw(tmp_path: Path) -> None:
    """In a reason, a control, a statement and an attested field: through every command that prints them."""
    office = Office(tmp_path)
    harmless(
        office(
            *(
                "waive",
                "strict/never",
                office.evaluation_file,
                "--for",
                "30d",
                "--reason",
                HOSTILE,
                "--control",
                HOSTILE,
            ),
            *("--owner", HOSTILE, "--key", "../keys/heidi.pem", "--at", AT),
        )
    )
    for name in ("frank", "grace"):
        harmless(
            office(
                "approve", office.evaluation_file, "--statement", HOSTILE, "--key", f"../keys/{name}.pem", "--at", AT
            )
        )
    harmless(
        office(
            *("attest", "--model", HOSTILE, "--versions", HOSTILE, "--type", HOSTILE, "--text", HOSTILE, "--for", "1d"),
            *("--field", f"x={HOSTILE}", "--key", "../keys/ivan.pem", "--at", AT),
        )
    )
    said = office("approve", office.evaluation_file, "--status", "--at", AT)
    harmless(said)
    assert said.code == 0
    words = ("check", "example", "-s", STAGE, "-p", "strict.yaml", "--at", AT, "-v")
    judged = office(*words)
    harmless(judged)
    assert judged.code == 0
    assert "Version" in judged.out
    obeyed_by_no_runner(office, *words)
    obeyed_by_no_runner(
        office, "verify", office.certificate, "--trust", "trust.json", "--statements", "statements", "--at", AT
    )
    verified = office("verify", office.certificate, "--trust", "trust.json", "--statements", "statements", "--at", AT)
    harmless(verified)
    assert verified.code == 0
    assert "until 2026-07-02T00:00:00Z" in verified.out
    for file in sorted(office.statements.glob("*.sigstore.json")):
        kind = file.name.split(".")[-3]
        harmless(office("verify", file, "--trust", "trust.json", "--kind", kind, "--at", AT))
        harmless(office("verify", file, "--trust", "trust.json", "--at", AT))


def test_hostile_names_of_keys_and_files_reach_no_terminal_raw(tmp_path: Path) -> None:
    """An owner's name in the trust root, and a file's name in the folder of statements."""
    office = Office(tmp_path)
    office.write_key("mallory", STRANGER)
    owner = "person:m\x1b[31m\u202e::error::x"
    office.ok(
        *("trust", "edit", "trust.json", "--key", ".govern/keys/root.pem", "--at", AT),
        *("--add", f"approver/model-risk=../keys/mallory.pub,{owner}", "--add", f"waiver=../keys/mallory.pub,{owner}"),
    )
    harmless(office("approve", office.evaluation_file, "--statement", "x", "--key", "../keys/mallory.pem", "--at", AT))
    harmless(
        office(
            *("approve", office.evaluation_file, "--reject", "--statement", "x"),
            *("--key", "../keys/mallory.pem", "--at", "2026-06-02T00:00:01Z"),
        )
    )
    harmless(
        office(
            *("waive", "strict/never", office.evaluation_file, "--for", "30d", "--reason", "R", "--control", "C"),
            *("--key", "../keys/mallory.pem", "--at", AT),
        )
    )
    (office.statements / "a\x1b[31m\u202e\n::error::b.sigstore.json").write_bytes(b"{}")
    later = "2026-06-02T00:00:02Z"
    harmless(office("approve", office.evaluation_file, "--status", "--at", later))
    obeyed_by_no_runner(office, "approve", office.evaluation_file, "--status", "--at", later)
    judged = office("check", "example", "-s", STAGE, "-p", "strict.yaml", "--at", later, "-v")
    harmless(judged)
    assert judged.code == 1
    harmless(office("policy", "release", "strict.yaml", "--key", "../keys/mallory.pem", "--at", later))
    harmless(office("ledger", "add", *office.statements.glob("*::error*")))
    harmless(
        office(
            *(
                "waive",
                f"strict/\x1b[31m{HOSTILE}",
                office.evaluation_file,
                "--for",
                "1d",
                "--reason",
                "R",
                "--control",
                "C",
            ),
            *("--key", "../keys/mallory.pem", "--at", later),
        )
    )
    harmless(
        office(
            *("waive", "strict/never", f"\x1b[31m{HOSTILE}", "--for", "1d", "--reason", "R", "--control", "C"),
            *("--key", "../keys/mallory.pem", "--at", later),
        )
    )
    harmless(
        office(
            *("revoke", f"\x1b[31m{HOSTILE}", "--reason", "other", "--statement", "x"),
            *("--key", "../keys/karl.pem", "--at", later),
        )
    )
