"""`govern attest`: what a person in office states about a bundle or about versions of a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.people import HumanAttestation
from govern.attestation.reading import read_claims
from govern.attestation.scope import Scope
from govern.canonical import base64_bytes, sha256_hex
from govern.diagnostics import GovernError
from govern.gate.attest import AttestRequest, attest
from govern.gate.desk import Delivered
from support.office import AT, Office


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


def ask(office: Office, *, by: str = "ivan", **changes: Any) -> Delivered:
    given: dict[str, Any] = {
        "type": "penetration-test",
        "text": "Nothing open.",
        "until": "1y",
        "bundle": office.bundle,
        "fields": {},
        **changes,
    }
    return attest(AttestRequest(**given), office.desk(by))


def body_of(made: Delivered) -> HumanAttestation:
    payload = base64_bytes(json.loads(made.path.read_bytes())["dsseEnvelope"]["payload"])
    statement = json.loads(payload)
    body = read_claims(statement, statement["predicateType"]).body
    assert isinstance(body, HumanAttestation)
    return body


def refused(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(GovernError) as caught:
        call()
    return caught.value.diagnostics[0].code, caught.value.exit_code


def test_about_a_bundle(office: Office, tmp_path: Path) -> None:
    report = tmp_path / "pt-7.pdf"
    report.write_bytes(b"%PDF")
    made = ask(
        office,
        covers=("credit",),
        controls=("nydfs-500/500.5",),
        fields={"report": "PT-7", "a b": "="},
        evidence=(report,),
        start="2026-06-10T00:00:00Z",
        until="10d",
    )
    body, about = body_of(made), office.evaluation.subject
    assert body.scope == Scope(model=about.name, version=about.version, bundle=about.digest)
    assert (body.type, body.covers, body.controls) == ("penetration-test", ("credit",), ("nydfs-500/500.5",))
    assert body.fields == {"report": "PT-7", "a b": "="}
    assert body.evidence == (("pt-7.pdf", sha256_hex(b"%PDF")),)
    assert (body.role, body.attester) == ("attester/ciso", "person:ivan")
    assert (body.issued_at, body.valid_from, body.expires) == (AT, "2026-06-10T00:00:00Z", "2026-06-20T00:00:00Z")
    assert made.path.name.startswith("example-loan-model-penetration-test-")
    result = office.verify(made.path, "attestation", at="2026-06-10T00:00:00Z", bundle=office.bundle)
    assert result.exit_code == 0
    assert next(line for line in result.lines if line.step == "bundle").status == "ok"
    assert office.verify(made.path, "attestation", at="2026-06-09T23:59:59Z").exit_code == 1


def test_about_versions_of_a_model(office: Office) -> None:
    made = ask(office, bundle=None, model="credit-risk", versions=("3.2.0", "3.1.0", "3.2.0"))
    body = body_of(made)
    assert body.scope == Scope(model="credit-risk", versions=("3.1.0", "3.2.0"))
    assert office.verify(made.path, "attestation").exit_code == 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"bundle": None}, ("A506", 2)),
        ({"model": "m", "versions": ("1",)}, ("A506", 2)),
        ({"bundle": None, "model": "m"}, ("A506", 2)),
        ({"bundle": None, "model": "", "versions": ("1",)}, ("A506", 2)),
        ({"bundle": None, "model": "m", "versions": ("",)}, ("A506", 2)),
        ({"text": ""}, ("A506", 2)),
        ({"type": ""}, ("A506", 2)),
        ({"fields": {"x": ""}}, ("A506", 2)),
        ({"controls": ("",)}, ("A506", 2)),
        ({"until": "0d"}, ("A506", 2)),
        ({"until": "2026-01-01T00:00:00Z"}, ("A506", 2)),
        ({"until": "soon"}, ("U101", 2)),
        ({"start": "soon"}, ("U101", 2)),
        ({"evidence": (Path("absent.pdf"),)}, ("U103", 2)),
        ({"by": "heidi"}, ("A503", 2)),
    ],
)
def test_what_says_nothing_is_not_signed(office: Office, changes: dict[str, Any], code: tuple[str, int]) -> None:
    before = office.size()
    assert refused(lambda: ask(office, **changes)) == code
    assert office.size() == before


def test_a_bundle_that_cannot_be_opened_is_stated_nothing_about(office: Office, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "x").symlink_to(office.bundle / "README.md")
    for folder in (empty, linked):
        assert refused(lambda folder=folder: ask(office, bundle=folder))[1] in (2, 3)
    assert refused(lambda: ask(office, bundle=tmp_path / "absent"))[1] in (2, 3)
    assert refused(lambda: ask(office, bundle=office.evaluation_file))[1] in (2, 3)
