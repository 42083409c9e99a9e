"""No path signs a certificate unless the decision is allowed: by property, by trying every way, and by the source."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import govern
from govern.attestation.dsse import sign_payload
from govern.attestation.earned import check_earned
from govern.attestation.issue import issue
from govern.attestation.kinds import CERTIFICATE, VSA
from govern.attestation.signing import sign_and_log, sign_only
from govern.attestation.statement import certificate_statement, refusal_statement
from govern.attestation.vsa import vsa_statement
from govern.canonical import canonical_bytes
from govern.decision.decide import decide
from govern.diagnostics import InternalError
from govern.policy.outcomes import Decision, Enforcement, Outcome
from support.attestations import CERTIFIER, failed
from support.people import CLOCK, ERIN, FRANK, GRACE, HEIDI, LIMITED, Board, Ruled, evaluation, quorum, rule, text

SOURCE = Path(govern.__file__).parent


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


@pytest.fixture(scope="module")
def allowed(board: Board) -> Ruled:
    waiver = board.waiver()
    return board.issue([waiver, board.vote(ERIN, [waiver]), board.vote(FRANK, [waiver])])


def refuses(payload: bytes) -> None:
    for sign in (
        lambda: sign_payload(payload, CERTIFIER),
        lambda: sign_only(payload, signer=CERTIFIER),
        lambda: sign_and_log([payload], signer=CERTIFIER, ledger=Board().log),
    ):
        with pytest.raises(InternalError) as caught:
            sign()
        assert [item.code for item in caught.value.diagnostics] == ["A101"]
        assert caught.value.exit_code == 70


def test_an_allowed_certificate_is_signed(allowed: Ruled) -> None:
    assert allowed.issued.kind == "certificate"
    assert sign_payload(allowed.issued.payload, CERTIFIER).payload == allowed.issued.payload


def set_rule(name: str, **changes: Any) -> Callable[[dict[str, Any]], None]:
    def edit(made: dict[str, Any]) -> None:
        item = next(item for item in made["predicate"]["rules"] if item["id"] == name)
        for member, value in changes.items():
            if value is ...:
                item.pop(member, None)
            else:
                item[member] = value

    return edit


@pytest.mark.parametrize(
    "edit",
    [
        lambda made: made["predicate"].update(decision="denied"),
        lambda made: made["predicate"].update(decision="undecided"),
        lambda made: made["predicate"].update(decision="Allowed"),
        lambda made: made["predicate"].update(decision=True),
        lambda made: made["predicate"].pop("decision"),
        lambda made: made["predicate"].update(rules=[]),
        lambda made: made["predicate"].update(rules={}),
        lambda made: made["predicate"].update(rules="pass"),
        lambda made: made["predicate"].update(rules=[7]),
        lambda made: made["predicate"].pop("rules"),
        lambda made: made.pop("predicate"),
        lambda made: made.update(predicate=[]),
        lambda made: made.update(predicate=None),
        set_rule(LIMITED, outcome="fail", waiver=...),
        set_rule(LIMITED, outcome="inconclusive", waiver=...),
        set_rule(LIMITED, waiver=...),
        set_rule(LIMITED, outcome="pass"),
        set_rule(LIMITED, outcome="passed", waiver=...),
        set_rule(LIMITED, outcome=7),
        set_rule(LIMITED, outcome=...),
        set_rule(LIMITED, enforcement="advise"),
        set_rule(LIMITED, enforcement=...),
        set_rule("credit-risk/board", check=...),
        set_rule("credit-risk/board", outcome="missing_evidence"),
        lambda made: made["predicate"].update(approvals=[]),
        lambda made: made["predicate"].pop("approvals"),
        lambda made: made["predicate"].update(
            rules=[{**item, "outcome": "not_applicable"} for item in made["predicate"]["rules"] if "waiver" not in item]
        ),
    ],
)
def test_a_certificate_that_its_own_rules_do_not_earn_is_signed_by_nothing(
    allowed: Ruled, edit: Callable[[dict[str, Any]], None]
) -> None:
    statement = json.loads(allowed.issued.payload)
    edit(statement)
    refuses(canonical_bytes(statement))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data + b"\n",
        lambda data: b" " + data,
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().encode("utf-16"),
        lambda data: data.replace(b'{"_type"', b'{"predicateType":"x","_type"', 1),
        lambda data: data.replace(CERTIFICATE.encode(), CERTIFICATE.replace("-", "\\u002d").encode()),
        lambda data: data.replace(b"predicateType", b"predicate\\u0054ype"),
        lambda data: data.replace(b'"files":4', b'"files":4.0'),
        lambda data: data.replace(b'"files":4', b'"files":NaN'),
        lambda data: data[:-1],
        lambda data: b"",
        lambda data: b"[" * 100_000,
        lambda data: b"\xff",
    ],
)
def test_what_is_not_canonical_json_is_signed_by_nothing(allowed: Ruled, change: Callable[[bytes], bytes]) -> None:
    """In another spelling another reader might find a certificate where this one finds none."""
    refuses(change(allowed.issued.payload))


@pytest.mark.parametrize("payload", [b"null", b"[]", b"7", b"{}", b'{"predicateType":7}', b'{"predicateType":null}'])
def test_other_canonical_json_is_none_of_its_business(payload: bytes) -> None:
    check_earned(payload)
    assert sign_payload(payload, HEIDI).payload == payload


def test_no_other_type_is_taken_for_a_certificate(allowed: Ruled) -> None:
    statement = json.loads(allowed.issued.payload)
    statement["predicate"]["decision"] = "denied"
    for kind in (VSA, CERTIFICATE + " ", CERTIFICATE.upper(), CERTIFICATE.replace(":v1", ":v2")):
        check_earned(canonical_bytes({**statement, "predicateType": kind}))
    refuses(canonical_bytes(statement))


# -- by property --------------------------------------------------------------------------------------------------------

PAIRS = st.tuples(
    st.sampled_from(list(Enforcement)), st.sampled_from([item for item in Outcome if item is not Outcome.WAIVED])
)
POOL = Board()


@given(
    rules=st.lists(PAIRS, max_size=4),
    board=st.booleans(),
    waived=st.sampled_from(["none", "fail", "all"]),
    voters=st.lists(st.sampled_from([ERIN, FRANK, GRACE, HEIDI]), max_size=3),
    against=st.booleans(),
    said=st.sampled_from([None, *Decision]),
)
@settings(max_examples=300, deadline=None)
def test_whatever_was_found_waived_and_voted_only_allowed_becomes_a_certificate(
    rules: list[tuple[Enforcement, Outcome]],
    board: bool,
    waived: str,
    voters: list[Any],
    against: bool,
    said: Decision | None,
) -> None:
    """Random outcomes, waivers and votes; and a gate that says another decision than it came to (`said`)."""
    outcomes = [
        rule(f"p/{index}", outcome, enforcement=enforcement, rule_digest=f"{index:064x}")
        for index, (enforcement, outcome) in enumerate(rules)
    ]
    about = evaluation(*outcomes, *([quorum()] if board else []), rule("p/z", Outcome.NOT_APPLICABLE))
    world = Board(about=about)
    covers = (Outcome.FAIL,) if waived == "fail" else (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE)
    papers = [
        world.waiver(policy="p", rule=item.rule[2:], rule_digest=item.rule_digest, covers=covers, limit=None)
        for item in outcomes
        if waived != "none"
    ]
    votes = [world.vote(by, papers) for by in voters]
    votes += [world.vote(GRACE, papers, "reject", signed_at=text(CLOCK, hours=-1))] if against else []
    record = world.decide([*papers, *votes])
    blocking = {item.outcome for item in record.settled if item.rule.enforcement is Enforcement.BLOCK}
    applicable = any(item.outcome is not Outcome.NOT_APPLICABLE for item in record.settled)
    earned = applicable and blocking <= {Outcome.PASS, Outcome.WAIVED, Outcome.NOT_APPLICABLE}
    assert (record.decision is Decision.ALLOWED) == earned

    inputs = world.inputs(record)
    if said is not None:
        inputs = replace(inputs, decision=said)
    try:
        made = issue(inputs, signer=CERTIFIER, ledger=world.log)
    except InternalError as fault:
        codes = {item.code for item in fault.diagnostics}
        if codes - {"A101"} or said in (None, record.decision):
            pytest.fail(f"{codes}, said {said}, is {record.decision}")
        return
    if made.kind == "certificate":
        assert earned
        assert made.vsa_bundle_bytes is not None
    else:
        assert said in (None, record.decision)
        assert not earned
        assert made.vsa_bundle_bytes is None
        assert json.loads(made.payload)["predicateType"] != CERTIFICATE
        taken = Ruled(kind=CERTIFICATE, issued=made, record=record)
        assert failed(world.verify(taken, [*papers, *votes], evaluation=None, decision=None)) == [("statement", 1)]


@pytest.mark.parametrize(("decision", "outcome"), list(product(Decision, Outcome)))
def test_the_builders_refuse_each_decision_that_is_not_theirs(
    board: Board, decision: Decision, outcome: Outcome
) -> None:
    about = evaluation(rule("p/x", outcome)) if outcome is not Outcome.WAIVED else evaluation(rule("p/x", Outcome.FAIL))
    inputs = replace(board.inputs(decide(about, clock=CLOCK)), decision=decision)
    passes = outcome is Outcome.PASS
    for build in (certificate_statement, vsa_statement):
        if decision is Decision.ALLOWED and passes:
            build(inputs)
        else:
            with pytest.raises(InternalError) as caught:
                build(inputs)
            assert caught.value.diagnostics[0].code == "A101"
    if decision is not Decision.ALLOWED and decision is decide(about, clock=CLOCK).decision:
        refusal_statement(inputs)
    else:
        with pytest.raises(InternalError):
            refusal_statement(inputs)


# -- by the source ------------------------------------------------------------------------------------------------------

SIGNERS_OWN = {
    "attestation/keys.py": 1,  # the private key of `cryptography` behind LocalSigner
    "attestation/signers/checked.py": 2,  # a probe before the first use
    "attestation/signers/hsm.py": 1,
    "attestation/signers/sslib.py": 1,
    "ledger/note.py": 2,  # the log's key and the witness's, which sign notes
}
"""Signers themselves, and what they stand on: calls of a method `sign` that no payload of ours passes through."""


def calls(attribute: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == attribute:
                name = path.relative_to(SOURCE).as_posix()
                found[name] = found.get(name, 0) + 1
    return found


def test_a_payload_is_signed_in_one_place_and_nowhere_else() -> None:
    assert calls("sign") == {**SIGNERS_OWN, "attestation/dsse.py": 1}
    text_of = (SOURCE / "attestation" / "dsse.py").read_text(encoding="utf-8")
    (function,) = (
        node for node in ast.parse(text_of).body if isinstance(node, ast.FunctionDef) and node.name == "sign_payload"
    )
    called = [ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)]
    assert called.index("check_earned") < called.index("signer.sign") or "check_earned" in ast.unparse(
        function.body[-2]
    )


def test_nobody_else_makes_an_envelope_around_a_signature_of_their_own() -> None:
    """`Envelope(...)` is built where it is signed, where it is read, and where the log's own signature is kept."""
    makers = set()
    for path in sorted((SOURCE).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Envelope":
                makers.add(path.relative_to(SOURCE).as_posix())
    assert makers - {"evidence/envelope.py"} == {"attestation/dsse.py", "attestation/signing.py"}
