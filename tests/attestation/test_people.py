"""What people and offices sign: built, held against the schema by another engine, read back as the same; and refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.attestation.catalogue import certificate_schema, shape_of, statement_bytes, statements_schema
from govern.attestation.kinds import (
    ADVISORY_SNAPSHOT,
    APPROVAL,
    ATTESTATION,
    CERTIFICATE,
    EVIDENCE,
    KIND_NAMES,
    POLICY_RELEASE,
    REFUSAL,
    REVOCATION,
    STATUS_LIST,
    TRUST_ROOT,
    VSA,
    WAIVER,
)
from govern.attestation.notices import (
    PolicyRelease,
    Revocation,
    Revoked,
    StatusList,
    evidence_statement,
    snapshot_statement,
)
from govern.attestation.people import AdvisoryLimit, Approval, HumanAttestation, Waiver
from govern.attestation.reading import Claims, read_claims
from govern.attestation.scope import Scope
from govern.canonical import base64_bytes, canonical_bytes, digest_of, instant_text, parse_instant, sha256_hex
from govern.diagnostics import IntegrityError, InternalError
from govern.policy.outcomes import Outcome, Stage
from support.people import (
    BUNDLE,
    CLOCK,
    ERIN,
    EVIDENCE_ENVELOPE,
    FRANK,
    PLAN,
    SNAPSHOT,
    SOURCE,
    Board,
    attestation,
    text,
    waiver,
)

PEOPLE = (WAIVER, APPROVAL, ATTESTATION)
NOTICES = (EVIDENCE, ADVISORY_SNAPSHOT, POLICY_RELEASE, REVOCATION, STATUS_LIST)
GATE = (CERTIFICATE, REFUSAL, VSA)

# -- any statement that can be made -------------------------------------------------------------------------------------

WORD = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=12)
MAYBE = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
HEX = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
MOMENT = st.integers(0, 10**9).map(lambda seconds: CLOCK + timedelta(seconds=seconds))
SPAN = st.tuples(MOMENT, st.integers(1, 10**8)).map(
    lambda pair: (instant_text(pair[0]), instant_text(pair[0] + timedelta(seconds=pair[1])))
)
INSTANT = MOMENT.map(instant_text)
STAGES = st.lists(st.sampled_from([stage.value for stage in Stage]), min_size=1, max_size=4).map(tuple)
NONCE = st.binary(min_size=16, max_size=16)
TEXTS = st.lists(WORD, max_size=3).map(tuple)
SOME = st.lists(WORD, min_size=1, max_size=3).map(tuple)
# A scope to a bundle is named <model>@<version>: whatever follows the last @ is the version.
PLAIN_WORD = WORD.filter(lambda word: "@" not in word and "/" not in word)
SCOPES = st.one_of(
    st.builds(Scope, model=WORD, version=PLAIN_WORD, bundle=HEX), st.builds(Scope, model=WORD, versions=SOME)
)
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9).map(
    lambda value: str(json.loads(canonical_bytes(_decimal(value))))
)


def _decimal(value: Any) -> str:
    from govern.canonical import decimal_text

    return decimal_text(value)


LIMITS = st.one_of(
    st.none(),
    DECIMALS,
    st.lists(st.builds(AdvisoryLimit, WORD, SOME, SOME), min_size=1, max_size=2).map(tuple),
)


@st.composite
def waivers(draw: st.DrawFn) -> Waiver:
    begins, ends = draw(SPAN)
    return Waiver(
        policy=draw(WORD),
        rule=draw(WORD),
        rule_digest=draw(HEX),
        scope=draw(SCOPES),
        stages=draw(STAGES),
        covers=draw(
            st.lists(st.sampled_from([Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE]), min_size=1).map(
                tuple
            )
        ),
        limit=draw(LIMITS),
        reason=draw(WORD),
        compensating_controls=draw(SOME),
        approver=draw(WORD),
        owner=draw(WORD),
        not_before=begins,
        expires=ends,
    )


@st.composite
def approvals(draw: st.DrawFn) -> Approval:
    begins, ends = draw(SPAN)
    return Approval(
        model=draw(WORD),
        version=draw(PLAIN_WORD),
        stage=draw(st.sampled_from([stage.value for stage in Stage])),
        evaluation=draw(HEX),
        bundle=draw(HEX),
        vote=draw(st.sampled_from(["approve", "reject", "abstain"])),
        waivers_considered=draw(st.lists(HEX, max_size=3).map(tuple)),
        role=draw(st.sampled_from(["approver", "approver/model-risk", "approver/é"])),
        approver=draw(WORD),
        text=draw(WORD),
        signed_at=begins,
        expires=ends,
    )


@st.composite
def attestations(draw: st.DrawFn) -> HumanAttestation:
    begins, ends = draw(SPAN)
    return HumanAttestation(
        type=draw(WORD),
        covers=draw(TEXTS),
        controls=draw(TEXTS),
        fields=draw(st.dictionaries(WORD, WORD, max_size=3)),
        text=draw(WORD),
        scope=draw(SCOPES),
        role=draw(st.sampled_from(["attester", "attester/ciso"])),
        attester=draw(WORD),
        evidence=draw(st.lists(st.tuples(WORD, HEX), max_size=2).map(tuple)),
        issued_at=draw(INSTANT),
        valid_from=begins,
        expires=ends,
    )


RELEASES = st.builds(
    PolicyRelease,
    name=WORD,
    version=WORD,
    source=HEX,
    plans=st.lists(
        st.tuples(st.sampled_from([stage.value for stage in Stage]), HEX), min_size=1, unique_by=lambda pair: pair[0]
    ).map(tuple),
    legal_status=st.sampled_from(["in_force", "pending", "rescinded"]),
    released_at=INSTANT,
    lock=st.none() | HEX,
    previous=st.none() | HEX,
    loosens=st.lists(HEX, max_size=2).map(tuple),
)
REVOCATIONS = st.builds(
    Revocation,
    target_type=st.sampled_from(sorted(KIND_NAMES)),
    target_id=WORD,
    target_digest=HEX,
    reason=st.sampled_from(
        ["key_compromise", "superseded", "evidence_wrong", "policy_withdrawn", "model_withdrawn", "other"]
    ),
    effective=INSTANT,
    issued_at=INSTANT,
    text=WORD,
    replaced_by=st.none() | HEX,
)


@st.composite
def lists(draw: st.DrawFn) -> StatusList:
    begins, ends = draw(SPAN)
    return StatusList(
        origin=draw(WORD),
        size=draw(st.integers(0, 2**53 - 1)),
        root=draw(HEX),
        time=begins,
        revoked=tuple(
            sorted(
                draw(st.lists(st.builds(Revoked, HEX, INSTANT), max_size=3)),
                key=lambda item: (item.digest, item.effective),
            )
        ),
        next=ends,
    )


TYPED: dict[str, st.SearchStrategy[Any]] = {
    WAIVER: waivers(),
    APPROVAL: approvals(),
    ATTESTATION: attestations(),
    POLICY_RELEASE: RELEASES,
    REVOCATION: REVOCATIONS,
    STATUS_LIST: lists(),
}


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(shape_of(kind).schema())


def read(payload: bytes, kind: str) -> Claims:
    return read_claims(json.loads(payload), kind)


@pytest.mark.parametrize("kind", sorted(TYPED))
@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_built_fits_the_schema_and_is_read_back_as_the_same(kind: str, data: st.DataObject) -> None:
    """jsonschema is the oracle; our own shapes and jsonschema-rs have their say inside `statement_bytes`."""
    body, nonce = data.draw(TYPED[kind]), data.draw(NONCE)
    payload = statement_bytes(body.statement(nonce=nonce))
    statement = json.loads(payload)
    assert list(validator(kind).iter_errors(statement)) == []
    assert canonical_bytes(statement) == payload
    claims = read(payload, kind)
    assert claims.body == body
    assert claims.unknown == ()
    assert base64_bytes(statement["predicate"]["nonce"]) == nonce
    assert [claims.subject_name, claims.subject_digest] == [
        statement["subject"][0]["name"],
        statement["subject"][0]["digest"]["sha256"],
    ]
    assert claims.verdict is None
    assert claims.begins < claims.ends if claims.ends is not None else True


@cache
def made() -> dict[str, bytes]:
    """One sound payload of every kind."""
    board = Board()
    one = board.waiver()
    votes = [board.vote(ERIN, [one]), board.vote(FRANK, [one])]
    ruled = board.issue([one, *votes])
    from govern.attestation.dsse import read_envelope

    summary = json.loads(ruled.issued.vsa_bundle_bytes or b"")["dsseEnvelope"]
    return {
        WAIVER: one.payload,
        APPROVAL: votes[0].payload,
        ATTESTATION: board.attestation().payload,
        EVIDENCE: board.evidence().payload,
        ADVISORY_SNAPSHOT: board.snapshot().payload,
        POLICY_RELEASE: board.release().payload,
        REVOCATION: board.revocation(one).payload,
        STATUS_LIST: board.status(one).payload,
        CERTIFICATE: ruled.issued.payload,
        REFUSAL: board.issue([]).issued.payload,
        VSA: read_envelope(summary).payload,
        TRUST_ROOT: board.root.payload,
    }


def test_there_is_one_of_every_kind() -> None:
    assert made().keys() == KIND_NAMES.keys()
    assert len(KIND_NAMES) == 12


@pytest.mark.parametrize("kind", sorted(KIND_NAMES), ids=KIND_NAMES.get)
def test_each_kind_fits_its_own_schema_and_no_other(kind: str) -> None:
    statement = json.loads(made()[kind])
    assert [other for other in KIND_NAMES if not list(validator(other).iter_errors(statement))] == [kind]
    for other in KIND_NAMES:
        if other != kind:
            with pytest.raises(IntegrityError):
                read_claims(statement, other)


def test_the_published_schemas_hold_the_kinds_that_they_say() -> None:
    people = jsonschema.Draft202012Validator(statements_schema())
    gate = jsonschema.Draft202012Validator(certificate_schema())
    for kind, payload in made().items():
        statement = json.loads(payload)
        assert people.is_valid(statement) == (kind in (*PEOPLE, *NOTICES))
        assert gate.is_valid(statement) == (kind in GATE)


@pytest.mark.parametrize("kind", [kind for kind in sorted(KIND_NAMES) if kind != VSA], ids=KIND_NAMES.get)
def test_each_predicate_has_sixteen_random_bytes_and_is_refused_without(kind: str) -> None:
    """So that an erased payload cannot be guessed from its leaf. A verification summary has SLSA's members only."""
    statement = json.loads(made()[kind])
    assert len(base64_bytes(statement["predicate"]["nonce"])) == 16
    for wrong in (None, "", "AAAA", "A" * 24, "AAAAAAAAAAAAAAAAAAAAAB==", 7):
        statement["predicate"]["nonce"] = wrong
        with pytest.raises(IntegrityError):
            read_claims(statement, kind)
    del statement["predicate"]["nonce"]
    with pytest.raises(IntegrityError):
        read_claims(statement, kind)
    with pytest.raises(InternalError):
        statement_bytes(statement)


# -- closed when issued, open where in-toto asks, closed elsewhere ------------------------------------------------------


def records(value: Any, at: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every object inside a statement, with its pointer."""
    found = []
    if isinstance(value, dict):
        found.append((at, value))
        for name, item in value.items():
            found += records(item, f"{at}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += records(item, f"{at}/{index}")
    return found


MAPS = (
    "/predicate/claim/fields",
    "/predicate/verifier/version",
    "/predicate/keys",
    "/predicate/roles",
    "/predicate/minPolicy",
)
"""Objects whose member names are free."""


@pytest.mark.parametrize("kind", sorted(KIND_NAMES), ids=KIND_NAMES.get)
def test_an_unknown_member_is_refused_when_issued_and_named_when_verified(kind: str) -> None:
    places = [pointer for pointer, _ in records(json.loads(made()[kind])) if pointer not in MAPS]
    assert {"", "/subject/0", "/predicate"} <= set(places)
    for pointer in places:
        statement = json.loads(made()[kind])
        dict(records(statement))[pointer]["newer/member~"] = {"a": 1}
        with pytest.raises(InternalError) as refused:
            statement_bytes(statement)
        assert refused.value.diagnostics[0].code == "A102"
        assert not validator(kind).is_valid(statement)
        if not pointer.startswith("/predicate") or pointer.startswith("/predicate/scope") or kind == TRUST_ROOT:
            # A trust root's own digest covers its predicate: there another member is a contradiction. In a scope it
            # would widen or narrow what a person's word holds for.
            with pytest.raises(IntegrityError) as caught:
                read_claims(statement, kind)
            assert caught.value.diagnostics[0].code == "A207"
        else:
            assert read_claims(statement, kind).unknown == (f"{pointer}/newer~1member~0",)


@pytest.mark.parametrize("kind", sorted(KIND_NAMES), ids=KIND_NAMES.get)
def test_every_member_that_is_missing_or_of_another_type_is_refused(kind: str) -> None:
    """A207 and no other error, whatever stands in a member's place; our shapes and jsonschema agree."""
    sound = json.loads(made()[kind])
    tried = 0
    for pointer, record in records(sound):
        for name in record:
            for new in (..., None, 7, True, "", [], {}, ["x"], "x", {"bundle": 7}):
                statement = json.loads(made()[kind])
                where = dict(records(statement))[pointer]
                if new is ...:
                    del where[name]
                else:
                    where[name] = new
                if statement == sound:
                    continue
                tried += 1
                valid = validator(kind).is_valid(statement)
                try:
                    read_claims(statement, kind)
                except IntegrityError as fault:
                    codes = {item.code for item in fault.diagnostics}
                    if codes != {"A207"}:
                        pytest.fail(f"{pointer}/{name} = {new!r}: {codes}")
                else:
                    if not valid:
                        pytest.fail(f"{pointer}/{name} = {new!r} is read, and jsonschema refuses it")
    assert tried > 50


# -- contradictions -----------------------------------------------------------------------------------------------------


def put(path: str, new: Any) -> Callable[[dict[str, Any]], None]:
    def edit(statement: dict[str, Any]) -> None:
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
        where: Any = statement
        for step in parents:
            where = where[step]
        where[last] = new

    return edit


NAME, DIGEST = "subject/0/name", "subject/0/digest/sha256"
OTHER = "9" * 64
CONTRADICTIONS: list[tuple[str, Callable[[dict[str, Any]], None]]] = [
    (WAIVER, put(NAME, "credit-risk@3.2.1/x@")),
    (WAIVER, put(NAME, "credit-risk")),
    (WAIVER, put(DIGEST, OTHER)),
    (WAIVER, put("predicate/scope", {"bundle": {"digest": {"sha256": OTHER}}})),
    (WAIVER, put("predicate/scope", {"model": "credit-risk", "versions": ["3.2.0"]})),
    (WAIVER, put("predicate/scope", {"bundle": {"digest": {"sha256": BUNDLE}}, "model": "x"})),
    (WAIVER, put("predicate/expires", text(CLOCK, days=-1))),
    (WAIVER, put("predicate/expires", text(CLOCK, days=-2))),
    (WAIVER, put("predicate/covers", [])),
    (WAIVER, put("predicate/covers", ["error"])),
    (WAIVER, put("predicate/covers", ["pass"])),
    (WAIVER, put("predicate/stages", [])),
    (WAIVER, put("predicate/limit", [])),
    (WAIVER, put("predicate/limit", "0.760")),
    (WAIVER, put("predicate/limit", "1e3")),
    (WAIVER, put("predicate/limit", "NaN")),
    (WAIVER, put("predicate/limit", "00.7")),
    (APPROVAL, put(NAME, "credit-risk@3.2.0/pre-registration")),
    (APPROVAL, put(NAME, "evaluation:credit-risk/pre-registration")),
    (APPROVAL, put(NAME, "evaluation:credit-risk@3.2.0")),
    (APPROVAL, put(NAME, "evaluation:@3.2.0/pre-registration")),
    (APPROVAL, put("predicate/role", "attester")),
    (APPROVAL, put("predicate/role", "approvers")),
    (APPROVAL, put("predicate/role", "approver/")),
    (APPROVAL, put("predicate/role", "approver/a/b")),
    (APPROVAL, put("predicate/vote", "yes")),
    (APPROVAL, put("predicate/expires", text(CLOCK, days=-1))),
    (ATTESTATION, put(DIGEST, OTHER)),
    (ATTESTATION, put(NAME, "x")),
    (ATTESTATION, put("predicate/role", "approver")),
    (ATTESTATION, put("predicate/role", "waiver")),
    (ATTESTATION, put("predicate/expires", text(CLOCK, days=-1))),
    (ATTESTATION, put("predicate/claim/fields", {"": "x"})),
    (ATTESTATION, put("predicate/claim/fields", {"x": ""})),
    (EVIDENCE, put(NAME, "other.csv")),
    (EVIDENCE, put(DIGEST, OTHER)),
    (EVIDENCE, put("predicate/file/path", "other.csv")),
    (EVIDENCE, put("predicate/kind", "Evidence")),
    (EVIDENCE, put("predicate/data/0/role", "test")),
    (ADVISORY_SNAPSHOT, put(NAME, "advisory-snapshot@2026-01-01T00:00:00Z")),
    (ADVISORY_SNAPSHOT, put("predicate/asOf", "2026-02-02T00:00:00Z")),
    (ADVISORY_SNAPSHOT, put("predicate/sources", [])),
    (ADVISORY_SNAPSHOT, put("predicate/files", [])),
    (POLICY_RELEASE, put(NAME, "policy:credit-risk@2.1.1")),
    (POLICY_RELEASE, put("predicate/version", "2.1.1")),
    (POLICY_RELEASE, put("predicate/name", "other")),
    (POLICY_RELEASE, put("predicate/plans", [])),
    (POLICY_RELEASE, put("predicate/plans", [{"stage": "pre-training", "digest": {"sha256": PLAN}}] * 2)),
    (POLICY_RELEASE, put("predicate/legalStatus", "law")),
    (REVOCATION, put(NAME, f"waiver:v1:{OTHER}")),
    (REVOCATION, put("predicate/target/id", OTHER)),
    (REVOCATION, put("predicate/target/predicateType", APPROVAL)),
    (REVOCATION, put("predicate/reason", "because")),
    (STATUS_LIST, put(DIGEST, OTHER)),
    (STATUS_LIST, put("predicate/asOf/root", OTHER)),
    (STATUS_LIST, put("predicate/asOf/size", -1)),
    (STATUS_LIST, put("predicate/next", text(CLOCK))),
    (STATUS_LIST, put("predicate/next", text(CLOCK, days=2))),
    (TRUST_ROOT, put(NAME, "trust-root@2")),
    (TRUST_ROOT, put(DIGEST, OTHER)),
    (TRUST_ROOT, put("predicate/expires", "2025-01-01T00:00:00Z")),
    (CERTIFICATE, put("predicate/decision", "denied")),
    (CERTIFICATE, put("predicate/rules/0/outcome", "fail")),
    (CERTIFICATE, put("predicate/approvals", [])),
    (CERTIFICATE, put("predicate/validUntil", text(CLOCK))),
    (CERTIFICATE, put("predicate/validUntil", text(CLOCK, days=-1))),
    (CERTIFICATE, lambda made: made["predicate"]["rules"].append(made["predicate"]["rules"][0])),
    (REFUSAL, put("predicate/decision", "allowed")),
    (REFUSAL, put("predicate/decision", "undecided")),
    (REFUSAL, put("predicate/blocking", [])),
    (REFUSAL, put("predicate/blocking", ["credit-risk/parity"])),
    (REFUSAL, put("predicate/rules", [])),
    (VSA, put("predicate/verificationResult", "FAILED")),
    (VSA, put("predicate/verifiedLevels", ["SLSA_BUILD_LEVEL_3"])),
    (VSA, put("predicate/inputAttestations", [])),
]


def test_every_kind_has_its_contradictions() -> None:
    assert {kind for kind, _ in CONTRADICTIONS} == set(KIND_NAMES)


@pytest.mark.parametrize(("kind", "edit"), CONTRADICTIONS)
def test_a_statement_that_contradicts_itself_is_refused(kind: str, edit: Callable[[dict[str, Any]], None]) -> None:
    statement = json.loads(made()[kind])
    edit(statement)
    with pytest.raises(IntegrityError) as caught:
        read_claims(statement, kind)
    assert [item.code for item in caught.value.diagnostics] == ["A207"]


@pytest.mark.parametrize(
    "spelling",
    [
        "2026-03-01",
        "2026-03-01T00:00Z",
        "2026-03-01T00:00:00",
        "2026-03-01T00:00:00+00:00",
        "2026-03-01T00:00:00.0Z",
        "2026-03-01t00:00:00z",
        "2026-03-01 00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-06-30T23:59:60Z",
        "2026-03-01T24:00:00Z",
        "0000-01-01T00:00:00Z",
        "12026-03-01T00:00:00Z",
        "２０２６-03-01T00:00:00Z",
        "2026-03-01T00:00:00Z\n",
    ],
)
def test_an_instant_in_any_other_spelling_is_refused(spelling: str) -> None:
    for kind, member in (
        (WAIVER, "notBefore"),
        (WAIVER, "expires"),
        (APPROVAL, "signedAt"),
        (ATTESTATION, "validFrom"),
        (POLICY_RELEASE, "releasedAt"),
        (REVOCATION, "effective"),
        (STATUS_LIST, "next"),
        (EVIDENCE, "produced_at"),
    ):
        statement = json.loads(made()[kind])
        statement["predicate"][member] = spelling
        with pytest.raises(IntegrityError):
            read_claims(statement, kind)


# -- the small things ---------------------------------------------------------------------------------------------------


def test_a_scope_of_versions_is_named_by_its_own_digest() -> None:
    scope = Scope(model="credit-risk", versions=("3.2.0", "3.3.0"))
    assert scope.subject == ("credit-risk", digest_of({"model": "credit-risk", "versions": ["3.2.0", "3.3.0"]}))
    statement = json.loads(canonical_bytes(waiver(scope=scope).statement(nonce=bytes(16))))
    assert statement["subject"] == [{"name": "credit-risk", "digest": {"sha256": scope.subject[1]}}]
    claims = read_claims(statement, WAIVER)
    assert claims.bundle_digest is None
    asked = {"bundle": BUNDLE, "model": "credit-risk"}
    assert scope.covers(**asked, version="3.3.0")
    assert not scope.covers(**asked, version="3.2")
    assert not scope.covers(bundle=BUNDLE, model="credit", version="3.2.0")


def test_a_scope_of_a_bundle_covers_that_bundle_whatever_it_is_called() -> None:
    scope = Scope(model="credit-risk", version="3.2.0", bundle=BUNDLE)
    assert scope.covers(bundle=BUNDLE, model="other", version="1")
    assert not scope.covers(bundle=OTHER, model="credit-risk", version="3.2.0")


@pytest.mark.parametrize("digits", ["0." + "0" * 29 + "1" * 34, "0." + "0" * 25 + "7", "9" * 31, "-" + "9" * 30 + ".1"])
def test_every_decimal_that_a_check_can_observe_can_be_a_limit(digits: str) -> None:
    from decimal import Decimal

    from govern.canonical import decimal_text

    value = decimal_text(Decimal(digits))
    payload = statement_bytes(waiver(limit=value).statement(nonce=bytes(16)))
    body = read(payload, WAIVER).body
    assert isinstance(body, Waiver)
    assert body.limit == value


def test_statements_of_offices_speak_of_what_they_name() -> None:
    snapshot = snapshot_statement(SNAPSHOT, SOURCE, nonce=bytes(16))
    assert snapshot["subject"] == [{"name": "advisory-snapshot@2026-02-01T00:00:00Z", "digest": {"sha256": SOURCE}}]
    evidence = evidence_statement(EVIDENCE_ENVELOPE, nonce=bytes(16))
    file = EVIDENCE_ENVELOPE["file"]
    assert evidence["subject"] == [{"name": file["path"], "digest": {"sha256": file["sha256"]}}]
    assert read(statement_bytes(evidence), EVIDENCE).says_when_signed is False


def test_only_who_says_when_they_sign_can_be_contradicted_by_a_token() -> None:
    says = {kind: read(payload, kind).says_when_signed for kind, payload in made().items()}
    assert {kind for kind, said in says.items() if not said} == {WAIVER, EVIDENCE, ADVISORY_SNAPSHOT, TRUST_ROOT}


def test_the_lines_of_a_list_are_sorted_and_may_be_none() -> None:
    board = Board()
    lines = (Revoked("b" * 64, text(CLOCK)), Revoked("a" * 64, text(CLOCK)), Revoked("a" * 64, text(CLOCK, days=-1)))
    statement = json.loads(board.status(revoked=lines).payload)
    assert [item["digest"]["sha256"][0] for item in statement["predicate"]["revoked"]] == ["a", "a", "b"]
    assert statement["predicate"]["revoked"][0]["effective"] == text(CLOCK, days=-1)
    assert json.loads(board.status().payload)["predicate"]["revoked"] == []


def test_two_statements_of_one_text_are_two_by_their_nonce() -> None:
    one, two = (statement_bytes(attestation().statement(nonce=bytes([number]) * 16)) for number in (1, 2))
    assert sha256_hex(one) != sha256_hex(two)
    assert replace(attestation(), text="x") != attestation()
    assert parse_instant(attestation().expires) > CLOCK
