"""`govern waive`: an exception that the decision will apply, or none: every ruling that a waiver can meet is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from govern.attestation.people import Waiver
from govern.attestation.reading import read_claims
from govern.attestation.scope import Scope
from govern.canonical import base64_bytes, canonical_bytes
from govern.decision.evaluation import Evaluation
from govern.decision.waivers import Ruling
from govern.diagnostics import GovernError, InputError, UsageError
from govern.gate.desk import Delivered
from govern.gate.waive import WaiveRequest, waive
from govern.policy.outcomes import Holds, Outcome, Stage
from support.office import AT, RULE, Office
from support.people import APART, HEIDI, evaluation, quorum, rule, separated


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


def ask(office: Office, about: Path | None = None, *, by: str = "heidi", at: str = AT, **changes: Any) -> Delivered:
    given: dict[str, Any] = {
        "evaluation": about or office.evaluation_file,
        "rule": RULE,
        "reason": "Version seven is on its way.",
        "controls": ("a person reads each refusal",),
        "owner": None,
        "until": "30d",
        **changes,
    }
    return waive(WaiveRequest(**given), office.desk(by, at=at, log=False))


def body_of(made: Delivered) -> Waiver:
    payload = base64_bytes(json.loads(made.path.read_bytes())["dsseEnvelope"]["payload"])
    statement = json.loads(payload)
    body = read_claims(statement, statement["predicateType"]).body
    assert isinstance(body, Waiver)
    return body


def refused(office: Office, about: Path | None = None, **changes: Any) -> tuple[str, str]:
    files = sorted(office.statements.iterdir())
    with pytest.raises(GovernError) as caught:
        ask(office, about, **changes)
    assert sorted(office.statements.iterdir()) == files
    first = caught.value.diagnostics[0]
    assert caught.value.exit_code == (3 if isinstance(caught.value, InputError) else 2)
    return first.code, first.message


def written(tmp_path: Path, made: Evaluation) -> Path:
    path = tmp_path / "x.evaluation.json"
    path.write_bytes(made.data())
    return path


FAILED = rule("p/x", Outcome.FAIL, observed="0.76", required=">= 0.8")


def test_a_waiver_is_for_this_bundle_this_rule_and_all_stages(office: Office) -> None:
    made = ask(office)
    body, about = body_of(made), office.evaluation
    assert body.scope == Scope(model=about.subject.name, version=about.subject.version, bundle=about.subject.digest)
    assert (body.qualified, body.rule_digest) == (RULE, about.outcomes[1].rule_digest)
    assert body.stages == tuple(stage.value for stage in Stage)
    assert (body.covers, body.limit) == ((Outcome.FAIL,), None)
    assert (body.approver, body.owner) == ("person:heidi", "Example team")
    assert (body.not_before, body.expires) == (AT, "2026-07-02T00:00:00Z")
    assert made.path.name.startswith("example-loan-model-1.0.0-strict_never-")


def test_what_is_said_is_what_is_signed(office: Office) -> None:
    body = body_of(
        ask(
            office,
            owner="person:rob",
            until="2026-06-20T00:00:00Z",
            start="2026-06-10T00:00:00Z",
            versions=("1.1.0", "1.0.0", "1.1.0"),
            stages=("pre-registration",),
            covers=("fail", "inconclusive"),
        )
    )
    assert body.scope == Scope(model="example-loan-model", versions=("1.0.0", "1.1.0"))
    assert (body.stages, body.owner) == (("pre-registration",), "person:rob")
    assert body.covers == (Outcome.FAIL, Outcome.INCONCLUSIVE)
    assert (body.not_before, body.expires) == ("2026-06-10T00:00:00Z", "2026-06-20T00:00:00Z")


def test_a_waiver_says_what_is_done_instead(office: Office) -> None:
    code, message = refused(office, controls=())
    assert code == "A506"
    assert "compensatingControls" in message


@pytest.mark.parametrize("subject", [{"developers": ("person:heidi",)}, {"principal": "person:heidi"}])
def test_whoever_made_the_model_waives_nothing(office: Office, tmp_path: Path, subject: dict[str, Any]) -> None:
    about = written(tmp_path, evaluation(FAILED, **subject))
    code, message = refused(office, about, rule="p/x")
    assert (code, "approver_is_owner" in message) == ("A505", True)


def test_whoever_made_the_model_is_known_by_key(office: Office, tmp_path: Path) -> None:
    about = written(tmp_path, evaluation(FAILED, developers=(HEIDI.public.keyid,)))
    assert refused(office, about, rule="p/x")[0] == "A505"


def test_a_rule_about_people_is_waived_by_what_it_comes_to_now(office: Office, tmp_path: Path) -> None:
    """The record says missing evidence of it; that one person stands on two sides is known when it is decided."""
    people = {"developers": ("person:dan",), "validators": ("person:dan",)}
    about = written(tmp_path, evaluation(separated(), **people))
    made = body_of(ask(office, about, rule=APART))
    assert (made.covers, made.qualified) == ((Outcome.FAIL,), APART)
    assert refused(office, about, rule=APART, covers=("missing_evidence",))[0] == "A505"
    unknown = written(tmp_path, evaluation(separated(), developers=("person:dan",)))
    assert refused(office, unknown, rule=APART)[0] == "A505"
    ask(office, unknown, rule=APART, covers=("missing_evidence",))


@pytest.mark.parametrize(
    ("observed", "required", "limit"),
    [
        ("0.76", ">= 0.8", "0.76"),
        ("0.760", "> 0.8", "0.76"),
        ("1E+2", "<= 0.8", "100"),
        ("-0.5", "< -1", "-0.5"),
        (
            "0.000000000000000000000000000123456789012345678901234567",
            ">= 0.8",
            "0.000000000000000000000000000123456789012345678901234567",
        ),
        ("0.76", "= 0.8", None),
        ("NaN", ">= 0.8", None),
        ("9" * 50, "<= 1", None),
        ("undefined (no positives)", ">= 0.8", None),
        (None, ">= 0.8", None),
        ("0.76", None, None),
    ],
)
def test_it_reaches_as_far_as_what_was_observed(
    office: Office, tmp_path: Path, observed: str | None, required: str | None, limit: str | None
) -> None:
    about = written(tmp_path, evaluation(rule("p/x", Outcome.FAIL, observed=observed, required=required)))
    assert body_of(ask(office, about, rule="p/x")).limit == limit
    assert body_of(ask(office, about, rule="p/x", unlimited=True)).limit is None


def test_of_vulnerabilities_it_reaches_those_found(office: Office, tmp_path: Path) -> None:
    found = [
        {"package": "jinja2", "version": "3.1.0", "ids": ["PYSEC-2", "CVE-1"], "aliases": []},
        {"package": "idna", "version": "3.3", "ids": ["GHSA-1"], "aliases": ["CVE-2"]},
    ]
    about = written(
        tmp_path, evaluation(rule("p/x", Outcome.FAIL, facts={"kind": "dependency-findings", "findings": found}))
    )
    limit = body_of(ask(office, about, rule="p/x")).limit
    assert isinstance(limit, tuple)
    assert [(item.package, item.versions, item.ids) for item in limit] == [
        ("jinja2", ("3.1.0",), ("CVE-1", "PYSEC-2")),
        ("idna", ("3.3",), ("GHSA-1",)),
    ]


# -- one that would not help --------------------------------------------------------------------------------------------

LAW = Holds(otherwise=Outcome.NOT_APPLICABLE, reason="law", start="2026-06-20T00:00:00Z")
STALE = Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="old", until="2026-06-10T00:00:00Z")
RULINGS: list[tuple[Ruling, Evaluation, dict[str, Any]]] = [
    (Ruling.RULE_NOT_WAIVABLE, evaluation(replace(FAILED, waivable=False)), {}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(rule("p/x", Outcome.PASS)), {}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(rule("p/x", Outcome.ERROR)), {}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(rule("p/x", Outcome.NOT_APPLICABLE)), {}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(rule("p/x", Outcome.INCONCLUSIVE)), {}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(FAILED), {"covers": ("inconclusive",)}),
    (Ruling.OUTCOME_NOT_COVERABLE, evaluation(rule("p/x", Outcome.FAIL, holds=(LAW,))), {}),
    (Ruling.EXPIRED, evaluation(FAILED), {"until": "0d"}),
    (Ruling.EXPIRED, evaluation(FAILED), {"until": "2026-06-01T00:00:00Z"}),
    (Ruling.EXPIRED, evaluation(FAILED), {"start": "2026-07-01T00:00:00Z", "until": "2026-06-30T00:00:00Z"}),
    (Ruling.EXPIRED, evaluation(FAILED), {"start": "2026-05-01T00:00:00Z", "until": "30d"}),
    (Ruling.TOO_LONG, evaluation(FAILED), {"until": "121d"}),
    (Ruling.TOO_LONG, evaluation(FAILED), {"start": "2026-07-01T00:00:00Z", "until": "121d"}),
    (Ruling.TOO_LONG, evaluation(FAILED), {"versions": ("9.9.9",), "until": "121d"}),
    (Ruling.TOO_LONG, evaluation(FAILED), {"stages": ("pre-deployment",), "until": "121d"}),
    (Ruling.APPROVER_IS_OWNER, evaluation(FAILED), {"owner": "person:heidi"}),
    (Ruling.APPROVER_IS_OWNER, evaluation(FAILED, owner="person:heidi"), {"owner": "person:bob"}),
    (Ruling.APPROVER_IS_OWNER, evaluation(FAILED), {"by": "alice"}),
]


@pytest.mark.parametrize(("ruling", "about", "changes"), RULINGS)
def test_one_that_the_decision_would_refuse_is_not_signed(
    office: Office, tmp_path: Path, ruling: Ruling, about: Evaluation, changes: dict[str, Any]
) -> None:
    code, message = refused(office, written(tmp_path, about), rule="p/x", **changes)
    assert (code, message) == ("A505", f"the waiver would not help: {ruling.value}")


def test_the_rulings_that_a_waiver_made_here_cannot_meet() -> None:
    """It names the rule, its digest, the bundle and the value itself, is not signed yet, and its role was asked for."""
    met = {ruling for ruling, _, _ in RULINGS} | {Ruling.APPLIED}
    assert set(Ruling) - met == {
        Ruling.BAD_SIGNATURE,
        Ruling.REVOKED,
        Ruling.WRONG_SUBJECT,
        Ruling.WRONG_STAGE,
        Ruling.WRONG_RULE,
        Ruling.RULE_CHANGED,
        Ruling.NOT_YET_VALID,
        Ruling.APPROVER_NOT_ALLOWED,
        Ruling.WORSE_THAN_WAIVED,
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"start": "2026-07-01T00:00:00Z"},
        {"versions": ("9.9.9",)},
        {"stages": ("pre-deployment",)},
        {"start": "30d", "versions": ("9.9.9",), "stages": ("post-deployment",)},
    ],
)
def test_one_for_another_time_version_or_stage_is_signed(
    office: Office, tmp_path: Path, changes: dict[str, Any]
) -> None:
    assert body_of(ask(office, written(tmp_path, evaluation(FAILED)), rule="p/x", **changes)).rule == "x"


def test_evidence_that_grew_stale_can_be_waived_by_that_name(office: Office, tmp_path: Path) -> None:
    """Today the rule passes; on the 10th its evidence is too old. What counts is the outcome at the waiver's time."""
    about = written(tmp_path, evaluation(rule("p/x", Outcome.PASS, holds=(STALE,))))
    later = {"rule": "p/x", "covers": ("missing_evidence",), "until": "9d"}
    assert refused(office, about, **later)[0] == "A505"
    assert ask(office, about, at="2026-06-10T00:00:00Z", **later).index is None
    assert ask(office, about, start="2026-06-10T00:00:00Z", **later).index is None


# -- wrong inputs -------------------------------------------------------------------------------------------------------


def test_a_rule_that_was_not_evaluated_is_named_with_those_that_did_not_pass(office: Office) -> None:
    with pytest.raises(UsageError) as caught:
        ask(office, rule="strict/nevr")
    (fault,) = caught.value.diagnostics
    assert fault.code == "A506"
    assert fault.hint == "rules that did not pass: strict/board, strict/never"


def test_an_owner_must_be_named_by_the_bundle_or_by_hand(office: Office, tmp_path: Path) -> None:
    about = written(tmp_path, evaluation(FAILED, owner=None))
    assert refused(office, about, rule="p/x")[0] == "A506"
    assert body_of(ask(office, about, rule="p/x", owner="person:rob")).owner == "person:rob"


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"controls": ("",)}, {"versions": ("",)}, {"owner": ""}, {"reason": "\ud800"}],
)
def test_empty_words_are_no_words(office: Office, changes: dict[str, Any]) -> None:
    if changes == {"owner": ""}:
        assert body_of(ask(office, **changes)).owner == "Example team"
    else:
        assert refused(office, **changes)[0] == "A506"


@pytest.mark.parametrize(("until", "start"), [("soon", None), ("30d", "tomorrow"), ("", None)])
def test_a_time_that_is_none_is_said(office: Office, until: str, start: str | None) -> None:
    assert refused(office, until=until, start=start)[0] == "U101"


def test_only_who_waives_waives(office: Office) -> None:
    assert refused(office, by="erin")[0] == "A503"


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "D104"), (b"{}", "D104"), (b"\xff", "D104"), (None, "U103")],
)
def test_a_file_that_is_no_evaluation_is_refused(office: Office, tmp_path: Path, data: bytes | None, code: str) -> None:
    path = tmp_path / "x.json"
    if data is not None:
        path.write_bytes(data)
    assert refused(office, path)[0] == code
    assert refused(office, tmp_path)[0] == "U103"
    assert refused(office, office.refusal)[0] == "D104"
    assert (
        refused(office, office.certificates / office.evaluation_file.name.replace("evaluation", "decision"))[0]
        == "D104"
    )


def test_a_hostile_record_crashes_nothing(office: Office, tmp_path: Path) -> None:
    value = json.loads(evaluation(FAILED, quorum()).data())
    for facts in (
        {"kind": "dependency-findings", "findings": [7]},
        {"kind": "dependency-findings", "findings": [{"ids": 7}]},
    ):
        value["outcomes"][0]["facts"] = facts
        path = tmp_path / "x.json"
        path.write_bytes(canonical_bytes(value))
        assert refused(office, path, rule="p/x")[0] == "D104"


def test_a_role_limited_to_a_stage_waives_for_that_stage(office: Office, tmp_path: Path) -> None:
    own = office.copy(tmp_path)
    own.ok(
        *("trust", "edit", "trust.json", "--stages", "waiver=pre-registration"),
        *("--key", ".govern/keys/root.pem", "--at", AT),
    )
    made = ask(own)
    assert body_of(made).stages == ("pre-registration",)
    assert refused(own, stages=("pre-deployment",))[0] == "A503"
