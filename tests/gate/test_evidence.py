"""`govern evidence add`: which model and which data a file speaks of, in the bundle, and signed when asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govern.bundle import open_bundle
from govern.canonical import base64_bytes, sha256_hex
from govern.diagnostics import GovernError
from govern.evidence.envelope import read_envelope
from govern.gate.evidence import DataUse, EvidenceRequest, add_evidence, known_types, make_envelope
from support.attestations import failed
from support.office import AT, Office


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(begun: Office, tmp_path: Path) -> Office:
    made = begun.copy(tmp_path)
    (made.bundle / "reports").mkdir()
    (made.bundle / "reports" / "gx.json").write_text('{"success": true}', encoding="utf-8")
    return made


def asked(office: Office, **changes: Any) -> EvidenceRequest:
    made = EvidenceRequest(
        file=office.bundle / "reports" / "gx.json",
        bundle=office.bundle,
        type="great-expectations",
        tool="great_expectations",
        tool_version="1.24.1",
        produced_at="2026-05-30T00:00:00Z",
        produced_by="ci:build-118",
        data=[DataUse(name="test", where="predictions/test.csv", rows=12)],
    )
    return replace(made, **changes)


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def test_the_envelope_binds_the_file_to_model_and_data_and_the_bundle_reads_it_as_bound(office: Office) -> None:
    before = open_bundle(office.bundle)
    (line,) = add_evidence(
        asked(office, command=("gx", "run"), repo="https://git.example/x", commit="abc", plan="sha256:" + "ab" * 32)
    )
    assert line == str(office.bundle / "reports" / "gx.json.evidence.json")
    made = json.loads(Path(line).read_text(encoding="utf-8"))
    assert made["file"] == {"path": "reports/gx.json", "sha256": sha256_hex(b'{"success": true}')}
    assert made["model"] == {"name": before.name, "version": before.version, "digest": {"sha256": before.model_digest}}
    (data,) = made["data"]
    assert (data["name"], data["role"], data["rows"]) == ("test", "evaluate", 12)
    assert data["digest"] == {"sha256": before.files["predictions/test.csv"].sha256}
    assert made["code"] == {"repo": "https://git.example/x", "commit": "abc"}
    assert (made["command"], made["plan"]) == (["gx", "run"], {"sha256": "ab" * 32})
    after = open_bundle(office.bundle)
    read = read_envelope(after, "reports/gx.json.evidence.json", about="reports/gx.json")
    assert (read.model, read.data, read.bound) == ("match", "match", True)
    assert (read.produced_at, read.tool) == ("2026-05-30T00:00:00Z", "great_expectations 1.24.1")


def test_the_same_request_gives_the_same_bytes(office: Office) -> None:
    path = Path(add_evidence(asked(office))[0])
    first = path.read_bytes()
    add_evidence(asked(office))
    assert path.read_bytes() == first


def test_data_alone_outside_and_by_digest(office: Office, tmp_path: Path) -> None:
    outside = tmp_path / "train.csv"
    outside.write_bytes(b"a,b\n")
    data = [
        DataUse(name="train", where=str(outside), role="train"),
        DataUse(name="known", where="sha256:" + "cd" * 32, role="reference"),
    ]
    made = make_envelope(asked(office, data=data, about_model=False))
    assert "model" not in made
    assert [item["digest"]["sha256"] for item in made["data"]] == [sha256_hex(b"a,b\n"), "cd" * 32]  # type: ignore[union-attr,index,call-overload]
    add_evidence(asked(office, data=data, about_model=False))
    read = read_envelope(open_bundle(office.bundle), "reports/gx.json.evidence.json", about="reports/gx.json")
    assert (read.model, read.data, read.bound) == ("absent", "absent", False)


def test_an_envelope_of_other_bytes_binds_nothing(office: Office) -> None:
    add_evidence(asked(office))
    (office.bundle / "reports" / "gx.json").write_text('{"success": false}', encoding="utf-8")
    assert refused(
        lambda: read_envelope(open_bundle(office.bundle), "reports/gx.json.evidence.json", about="reports/gx.json")
    ) == ("E109", 3)


def test_signed_it_verifies_as_evidence_of_the_file(office: Office, tmp_path: Path) -> None:
    lines = add_evidence(asked(office), office.desk("build"))
    path = Path(lines[1].splitlines()[0])
    assert path.name.startswith("great-expectations-")
    result = office.verify(path, "evidence")
    assert (result.exit_code, result.subject) == (0, "reports/gx.json")
    assert result.signatory is not None
    assert (result.signatory.owner, result.signatory.role) == ("person:build", "producer")
    statement = json.loads(base64_bytes(json.loads(path.read_bytes())["dsseEnvelope"]["payload"]))
    written = json.loads(Path(lines[0]).read_text(encoding="utf-8"))
    assert {name: value for name, value in statement["predicate"].items() if name != "nonce"} == written
    assert statement["subject"][0]["digest"]["sha256"] == sha256_hex(b'{"success": true}')
    waits = add_evidence(asked(office), office.desk("build", log=False, output=tmp_path))
    assert failed(office.verify(Path(waits[1].splitlines()[0]), "evidence")) == [("log-entry", 1)]


def test_evidence_signed_in_another_role_is_not_written(office: Office) -> None:
    """The threat row of forged evidence: another role's key does not even get to sign; see the table for one that did."""
    assert refused(lambda: add_evidence(asked(office), office.desk("heidi"))) == ("A503", 2)
    assert not (office.bundle / "reports" / "gx.json.evidence.json").exists()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": ""}, ("A506", 2)),
        ({"tool": ""}, ("A506", 2)),
        ({"tool_version": ""}, ("A506", 2)),
        ({"produced_by": ""}, ("A506", 2)),
        ({"produced_at": "yesterday"}, ("A506", 2)),
        ({"plan": "xyz"}, ("A506", 2)),
        ({"data": [DataUse(name="x", where="sha256:xyz")]}, ("A506", 2)),
        ({"data": [DataUse(name="", where="sha256:" + "ab" * 32)]}, ("A506", 2)),
        ({"data": [DataUse(name="x", where="sha256:" + "ab" * 32, role="test")]}, ("A506", 2)),
        ({"data": [DataUse(name="x", where="sha256:" + "ab" * 32, rows=-1)]}, ("A506", 2)),
        ({"data": [DataUse(name="x", where="absent.csv")]}, ("U103", 2)),
        ({"produced_by": "\udcff"}, ("A506", 2)),
    ],
)
def test_an_envelope_that_says_nothing_is_not_written(
    office: Office, changes: dict[str, Any], code: tuple[str, int]
) -> None:
    assert refused(lambda: add_evidence(asked(office, **changes))) == code
    assert not (office.bundle / "reports" / "gx.json.evidence.json").exists()


def test_a_file_outside_the_bundle_is_refused(office: Office, tmp_path: Path) -> None:
    outside = tmp_path / "gx.json"
    outside.write_text("{}", encoding="utf-8")
    for file in (
        outside,
        office.bundle / "absent.json",
        office.bundle / "reports",
        office.bundle / ".." / "govern.toml",
    ):
        assert refused(lambda file=file: add_evidence(asked(office, file=file))) == ("A510", 2)
    assert refused(lambda: add_evidence(asked(office, bundle=tmp_path / "absent")))[1] in (2, 3)


def test_a_bundle_that_cannot_be_written_to_is_said(office: Office) -> None:
    place = office.bundle / "reports" / "gx.json.evidence.json"
    place.mkdir()
    (place / "x").write_text("x", encoding="utf-8")
    before = office.size()
    assert refused(lambda: add_evidence(asked(office), office.desk("build"))) == ("U108", 2)
    assert office.size() == before
    assert AT


def test_a_slip_of_a_known_type_is_refused_and_a_plugin_s_type_stands(office: Office) -> None:
    """An envelope that no reader takes up would bind nothing, and nobody would notice."""
    types = known_types()
    assert {"great-expectations", "evidently", "predictions"} <= types
    slip = asked(office, type="great-expectation", known_types=types)
    assert refused(lambda: make_envelope(slip)) == ("E152", 2)
    assert make_envelope(asked(office, type="carbon-report", known_types=types))["type"] == "carbon-report"
