"""Statements and signed evidence from the hand of a person to the auditor: attest, check, verify, pack, replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import base64_bytes
from govern.gate.replaying.replay import Replayed, ReplayRequest, replay
from support.office import AT, STAGE, Office

LATER = "2026-06-03T00:00:00Z"
RULES: list[dict[str, Any]] = [
    {
        "id": "tested",
        "title": "Somebody has tried to break in",
        "check": "attestation.present",
        "with": {"type": "pentest", "roles": ["attester/ciso"], "fields": {"report": "PT-[0-9]+"}},
    },
    {
        "id": "accuracy",
        "title": "Accuracy, measured on this model",
        "check": "performance.threshold",
        "with": {"metric": "accuracy", "at_least": 0.5, "recompute": "never", "bound": True},
    },
]


class Case:
    """An office whose model needs a statement and bound figures."""

    def __init__(self, root: Path) -> None:
        self.office = Office(root)
        self.office.policy = self.office.write_policy("signed", RULES)
        (self.office.bundle / "metrics.json").write_text('{"accuracy": 0.9}', encoding="utf-8")

    def attest(self, *more: str, by: str = "ivan", at: str = AT) -> Path:
        said = self.office.ok(
            *("attest", "--bundle", "example", "--type", "pentest", "--text", "Nothing open.", "--for", "90d"),
            *("--field", "report=PT-7", "--key", self.office.keys / f"{by}.pem", "--at", at, *more),
        )
        return Path(said.splitlines()[0].split(" (")[0])

    def add(self, *more: str | Path) -> list[str]:
        return self.office.ok(
            *("evidence", "add", self.office.bundle / "metrics.json", "--bundle", "example", "--type", "metrics"),
            *("--tool", "evaluate.py=2.1", "--data", "test=predictions/test.csv", "--by", "ci:7"),
            *("--produced-at", "2026-06-01T12:00:00Z", "--at", AT, *more),
        ).splitlines()

    def judged(self, *, at: str = AT, **flags: Any) -> tuple[int, dict[str, Any]]:
        ended = self.office.check("-o", "json=result.json", at=at)
        result = json.loads((self.office.root / "result.json").read_text())
        return ended.code, result

    def outcome(self, result: dict[str, Any], rule: str) -> dict[str, Any]:
        return next(item for item in result["outcomes"] if item["rule"] == f"signed/{rule}")


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def replayed(case: Case, certificate: Path) -> Replayed:
    office = case.office
    office.ok("pack", certificate, "-o", office.root.parent / "p.tar", "-p", office.policy, "--bundle", "example")
    scratch = office.root.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return replay(ReplayRequest(pack=office.root.parent / "p.tar", scratch=scratch))


def certificate_of(case: Case) -> Path:
    (found,) = case.office.certificates.glob(f"*.{STAGE}.certificate.sigstore.json")
    return found


def test_from_the_statement_to_the_replay(case: Case) -> None:
    case.add("--sign", "--key", case.office.keys / "build.pem")
    code, before = case.judged()
    assert (code, case.outcome(before, "tested")["outcome"]) == (3, "missing_evidence")
    assert "govern attest --type pentest" in case.outcome(before, "tested")["findings"][0]["remediation"]
    case.attest()
    code, result = case.judged()
    assert (code, result["decision"]) == (0, "allowed"), result["outcomes"]
    (metrics,) = [item for item in result["evidence"] if item["file"] == "metrics.json"]
    assert (metrics["bound"], metrics["signed_by"]["owner"]) == (True, "person:build")
    statement = next(item for item in result["evidence"] if item["name"] == "attestation")
    assert statement["file"] == f"sha256:{statement['digest']}"
    certificate = certificate_of(case)
    verified = case.office.verify(
        certificate, statements=(case.office.statements,), bundle=case.office.bundle, at="2026-06-02T00:00:01Z"
    )
    lines = {line.step: line for line in verified.lines}
    assert verified.exit_code == 0, [line.text for line in verified.lines]
    assert "person:ivan as attester/ciso states pentest" in lines["attested"].text
    assert "the same bytes" in lines["decision"].text
    again = replayed(case, certificate)
    assert (again.exit_code, again.identical) == (0, True), (again.stopped, again.comparisons)


def test_the_certificate_does_not_outlive_the_statement(case: Case) -> None:
    case.add()
    case.attest()
    assert case.judged()[0] == 0
    container = json.loads(certificate_of(case).read_bytes())
    predicate = json.loads(base64_bytes(container["dsseEnvelope"]["payload"]))["predicate"]
    assert predicate["validUntil"] <= "2026-08-31T00:00:00Z"
    (rule,) = [item for item in predicate["rules"] if item["id"] == "signed/tested"]
    (named,) = [item for item in predicate["evidence"] if item["name"].startswith("attestation:")]
    assert rule["attestation"]["digest"] == named["digest"]
    code, result = case.judged(at="2026-08-31T00:00:00Z")
    assert case.outcome(result, "tested")["outcome"] == "missing_evidence"
    assert "ends on" in case.outcome(result, "tested")["why"]
    assert code == 3


def test_what_is_signed_afterwards_does_not_change_a_replay(case: Case) -> None:
    """Neither a second statement with an earlier date, nor a signature under an envelope that had none."""
    case.add()
    case.attest()
    code, result = case.judged()
    assert code == 0
    (metrics,) = [item for item in result["evidence"] if item["file"] == "metrics.json"]
    assert (metrics["bound"], "signed_by" in metrics) == (True, False)
    certificate = certificate_of(case)
    case.attest("--from", "2026-06-01T00:00:00Z", at=AT)
    case.add("--sign", "--key", case.office.keys / "build.pem")  # the same envelope, now signed
    again = replayed(case, certificate)
    assert (again.exit_code, again.identical) == (0, True), (again.stopped, again.comparisons)


def test_a_revoked_statement_is_listed_and_counts_for_nothing(case: Case) -> None:
    case.add()
    path = case.attest()
    case.office.ok(
        *("revoke", path, "--reason", "evidence_wrong", "--statement", "The report was another's."),
        *("--key", case.office.keys / "karl.pem", "--at", AT),
    )
    code, result = case.judged(at=LATER)
    tested = case.outcome(result, "tested")
    assert (code, tested["outcome"]) == (3, "missing_evidence")
    assert [item["code"] for item in tested["findings"]] == ["C140", "C142"]
    assert tested["facts"]["statements"][0]["ruling"] == "revoked"


def test_a_statement_in_another_office_or_of_another_field_does_not_count(case: Case) -> None:
    case.add()
    case.attest("--field", "report=none yet")
    code, result = case.judged()
    assert (code, case.outcome(result, "tested")["outcome"]) == (1, "fail")
    assert [item["code"] for item in case.outcome(result, "tested")["findings"]] == ["C140", "C146"]


def test_a_statement_about_everything_reaches_as_far_as_the_policy_lets_it(case: Case) -> None:
    case.add()
    wide = ("attest", "--model", "*", "--versions", "*", "--type", "pentest", "--text", "All of them.", "--for", "90d")
    case.office.ok(*wide, "--field", "report=PT-9", "--key", case.office.keys / "ivan.pem", "--at", AT)
    code, result = case.judged()
    assert code == 3
    assert [item["code"] for item in case.outcome(result, "tested")["findings"]] == ["C140", "C145"]
    asked = {**RULES[0], "with": {**RULES[0]["with"], "scope": "fleet"}}
    case.office.policy = case.office.write_policy("signed", [asked, RULES[1]])
    assert case.judged()[0] == 0
    verified = case.office.verify(certificate_of(case), statements=(case.office.statements,))
    assert verified.exit_code == 0, [line.text for line in verified.lines if line.exit]
    again = replayed(case, certificate_of(case))
    assert again.exit_code == 0, (again.stopped, again.comparisons)


def test_an_envelope_that_was_changed_after_it_was_signed_is_the_submitters_word(case: Case) -> None:
    envelope = Path(case.add("--sign", "--key", case.office.keys / "build.pem")[0])
    case.attest()
    document = json.loads(envelope.read_text())
    document["produced_by"] = "ci:8"
    envelope.write_text(json.dumps(document), encoding="utf-8")
    case.attest("--from", "2026-06-01T00:00:00Z")  # about the bundle as it is now
    code, result = case.judged()
    (metrics,) = [item for item in result["evidence"] if item["file"] == "metrics.json"]
    assert (code, metrics["bound"], "signed_by" in metrics) == (0, True, False)


def test_the_reports_say_bound_and_by_whose_word(case: Case) -> None:
    case.add("--sign", "--key", case.office.keys / "build.pem")
    case.attest()
    text = case.office(
        *("check", "example", "-s", STAGE, "-p", case.office.policy, "--at", AT, "--verbose"),
        *("-o", "text=r.txt", "-o", "html=r.html"),
    )
    assert text.code == 0, text.err
    said = (case.office.root / "r.txt").read_text()
    assert "metrics  metrics.json  bound, signed by person:build" in said
    assert "1 bound, signed" in said
    assert "bound, signed by person:build" in (case.office.root / "r.html").read_text()


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (("--role", "train", "--role", "evaluate"), 2, "once for each --data"),
        (("--role", "test"), 2, "is not one of"),
        (("--repo", "https://git.example.com/x"), 2, "go together"),
        (("--plan", "xyz"), 2, "A506"),
        (("--sign",), 2, "--sign needs --key"),
    ],
)
def test_what_evidence_add_refuses(case: Case, more: tuple[str, ...], code: int, words: str) -> None:
    ended = case.office(
        *("evidence", "add", case.office.bundle / "metrics.json", "--bundle", "example", "--type", "metrics"),
        *("--tool", "x=1", "--data", "test=predictions/test.csv", "--by", "ci:7", "--at", AT, *more),
    )
    assert (ended.code, words in ended.err + ended.out) == (code, True), ended.err
    assert not (case.office.bundle / "metrics.json.evidence.json").exists()


def test_each_data_set_has_its_use(case: Case) -> None:
    (path,) = case.add("--data", "train=sha256:" + "ab" * 32, "--role", "evaluate", "--role", "train")
    made = json.loads(Path(path).read_text())
    assert [(item["name"], item["role"]) for item in made["data"]] == [("test", "evaluate"), ("train", "train")]
    assert made["tool"] == {"name": "evaluate.py", "version": "2.1"}
    one = json.loads(Path(case.add("--role", "reference")[0]).read_text())
    assert [item["role"] for item in one["data"]] == ["reference"]
