"""Half-open to the second, and at the same second whoever is asked: the function, the gate, the auditor, the vote."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import govern
from govern.attestation.scope import Scope
from govern.attestation.verification import Result
from govern.canonical import instant_text, parse_instant
from govern.decision.approvals import Reading
from govern.decision.decide import decide
from govern.decision.waivers import Ruling, rule_on_waiver
from govern.gate.check import Checked, CheckRequest, check
from govern.policy.outcomes import Decision, Enforcement, Holds, Outcome, Stage
from support.attestations import failed
from support.gate import write_policy
from support.people import (
    BAD,
    BEFORE,
    CLOCK,
    ERIN,
    FRANK,
    GOOD,
    LIMITED,
    SUBMITTER,
    Board,
    Paper,
    Ruled,
    evaluation,
    quorum,
    rule,
    text,
)

SOURCE = Path(govern.__file__).parent


@pytest.fixture(scope="module")
def board() -> Board:
    return Board()


def papers(board: Board, *, waived: tuple[datetime, datetime], voted: tuple[datetime, datetime]) -> list[Paper]:
    waiver = board.waiver(not_before=text(waived[0]), expires=text(waived[1]))
    dates = {"signed_at": text(voted[0]), "expires": text(voted[1])}
    return [waiver, board.vote(ERIN, [waiver], **dates), board.vote(FRANK, [waiver], **dates)]


LONG = (BEFORE, CLOCK + timedelta(days=60))
EDGES = [
    ("begins", -1, False),
    ("begins", 0, True),
    ("begins", 1, True),
    ("ends", -1, True),
    ("ends", 0, False),
    ("ends", 1, False),
]


def span(edge: str, offset: int) -> tuple[datetime, datetime]:
    """A span such that the gate's clock lies `offset` seconds after its edge."""
    moment = CLOCK - timedelta(seconds=offset)
    return (moment, LONG[1]) if edge == "begins" else (LONG[0], moment)


def steps(result: Result) -> set[str]:
    return {step for step, _ in failed(result)}


@pytest.mark.parametrize(("edge", "offset", "inside"), EDGES)
def test_a_waiver_at_the_second_of_its_edge(board: Board, edge: str, offset: int, inside: bool) -> None:
    """rule_on_waiver, decide, the gate's hearing, the certificate, the auditor's two steps: one answer."""
    waived = span(edge, offset)
    everything = papers(board, waived=waived, voted=LONG)
    people = board.people(everything)
    expected = Ruling.APPLIED if inside else Ruling.NOT_YET_VALID if edge == "begins" else Ruling.EXPIRED
    (facts,) = people.waivers
    assert rule_on_waiver(BAD, BAD.outcome, facts, evaluation=board.about, now=CLOCK, submitter=SUBMITTER) is expected

    record = decide(board.about, clock=CLOCK, waivers=people.waivers, approvals=people.approvals, submitter=SUBMITTER)
    assert dict(record.settled[1].rulings) == {facts.digest: expected}
    assert record.decision is (Decision.ALLOWED if inside else Decision.DENIED)

    ruled = board.issue(everything)
    assert (ruled.issued.kind == "certificate") == inside
    assert board.verify(ruled, everything, at=CLOCK).exit_code == 0

    bought = _as_if_inside(board, everything)
    assert steps(board.verify(bought, everything, at=CLOCK, evaluation=None, decision=None)) == (
        set() if inside else {"waivers"}
    )
    assert (steps(board.verify(bought, everything, at=CLOCK)) == set()) == inside


@pytest.mark.parametrize(("edge", "offset", "inside"), EDGES)
def test_a_vote_at_the_second_of_its_edge(board: Board, edge: str, offset: int, inside: bool) -> None:
    everything = papers(board, waived=LONG, voted=span(edge, offset))
    record = board.decide(everything)
    expected = Reading.COUNTED if inside else Reading.NOT_YET_VALID if edge == "begins" else Reading.EXPIRED
    assert {vote.reading for vote in record.votes} == {expected}
    assert record.decision is (Decision.ALLOWED if inside else Decision.UNDECIDED)

    ruled = board.issue(everything)
    assert (ruled.issued.kind == "certificate") == inside
    assert board.verify(ruled, everything, at=CLOCK).exit_code == 0

    bought = _as_if_inside(board, everything)
    assert steps(board.verify(bought, everything, at=CLOCK, evaluation=None, decision=None)) == (
        set() if inside else {"approvals"}
    )
    assert (steps(board.verify(bought, everything, at=CLOCK)) == set()) == inside


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Board, CheckRequest, dict[str, Any], dict[str, Any]]:
    """A real bundle under a policy that fails and asks the board; what its waivers and votes must say."""
    quorate = {"roles": [{"role": "approver/model-risk", "count": 2}]}
    policies = write_policy(
        tmp_path_factory.mktemp("policies"),
        {"expression": {"assert": 'model.version == "7"'}, "approval.quorum": quorate},
    )
    bundle = SOURCE / "gate" / "template" / "example"
    asked = CheckRequest(
        bundle=bundle, stage=Stage.PRE_REGISTRATION, policies=[policies], clock=CLOCK, submitter=SUBMITTER
    )
    bare = check(asked)
    assert isinstance(bare, Checked)
    subject, failing = bare.evaluation.subject, bare.evaluation.outcomes[0]
    about = {"model": subject.name, "version": subject.version, "bundle": subject.digest}
    waived = {"policy": "p", "rule": "r0", "rule_digest": failing.rule_digest, "limit": None}
    waived["scope"] = Scope(model=subject.name, version=subject.version, bundle=subject.digest)
    return Board(about=bare.evaluation), asked, waived, about


@pytest.mark.parametrize("what", ["waiver", "vote"])
@pytest.mark.parametrize(("edge", "offset", "inside"), EDGES)
def test_the_gate_itself_at_the_second_of_an_edge(
    real: tuple[Board, CheckRequest, dict[str, Any], dict[str, Any]], what: str, edge: str, offset: int, inside: bool
) -> None:
    """`gate.check` on a real bundle with signed files, and the auditor about its decision."""
    board, asked, waived, about = real
    spans = {"waiver": LONG, "vote": LONG, what: span(edge, offset)}
    waiver = board.waiver(**waived, not_before=text(spans["waiver"][0]), expires=text(spans["waiver"][1]))
    dates = {"signed_at": text(spans["vote"][0]), "expires": text(spans["vote"][1])}
    everything = [waiver, *(board.vote(by, [waiver], **about, **dates) for by in (ERIN, FRANK))]
    made = check(replace(asked, statements=tuple(item.file for item in everything), trust=board.root))
    assert isinstance(made, Checked)
    outside = Decision.DENIED if what == "waiver" else Decision.UNDECIDED
    assert made.decision.decision is (Decision.ALLOWED if inside else outside)
    assert made.decision.data() == board.decide(everything).data()
    ruled = board.issue(record=made.decision)
    assert board.verify(ruled, everything, at=CLOCK).exit_code == 0


def _as_if_inside(board: Board, everything: list[Paper]) -> Ruled:
    """The certificate of a gate whose clock lies: it decided inside the span, and says it is now."""
    waiver = everything[0]
    long = papers(board, waived=LONG, voted=LONG)
    sound = board.issue(long)
    swaps = {old.digest: new.digest for old, new in zip(long, everything, strict=True)}

    def edit(statement: dict[str, object]) -> None:
        predicate = statement["predicate"]
        assert isinstance(predicate, dict)
        for item in predicate["rules"]:
            if "waiver" in item:
                item["waiver"] = {"digest": {"sha256": waiver.digest}}
        for item in predicate["approvals"]:
            item["digest"]["sha256"] = swaps[item["digest"]["sha256"]]
        predicate["approvals"].sort(key=lambda item: item["digest"]["sha256"])
        predicate["decisionRecord"] = {"digest": {"sha256": board.decide(everything).digest}}
        ends = [_ends(item) for item in everything]
        predicate["validUntil"] = instant_text(max(min(ends), CLOCK + timedelta(seconds=1)))

    made = board.bought(sound, edit)
    return replace(made, record=board.decide(everything))


def _ends(paper: Paper) -> datetime:
    return parse_instant(json.loads(paper.payload)["predicate"]["expires"])


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_certificate_ends_at_its_very_second_and_no_later_than_what_it_rests_on(board: Board, offset: int) -> None:
    end = CLOCK + timedelta(days=5)
    everything = papers(board, waived=(BEFORE, end), voted=LONG)
    ruled = board.issue(everything)
    result = board.verify(ruled, everything, at=end + timedelta(seconds=offset))
    assert failed(result) == ([] if offset < 0 else [("validity", 1)])


@pytest.mark.parametrize("first", ["waiver", "vote", "evidence", "law"])
def test_a_decision_ends_with_the_first_thing_that_ends(first: str) -> None:
    ends = {name: CLOCK + timedelta(days=20 + (name != first)) for name in ("waiver", "vote", "evidence", "law")}
    board = Board(
        about=evaluation(
            rule("p/a", Outcome.PASS, holds=(Holds(otherwise=Outcome.FAIL, reason="r", until=text(ends["evidence"])),)),
            rule(
                "p/l",
                Outcome.FAIL,
                holds=(Holds(otherwise=Outcome.NOT_APPLICABLE, reason="law", start=text(ends["law"])),),
            ),
            BAD,
            quorum(),
            rule(
                "p/w",
                Outcome.PASS,
                enforcement=Enforcement.WARN,
                holds=(Holds(otherwise=Outcome.FAIL, reason="r", until=text(CLOCK, days=1)),),
            ),
        )
    )
    everything = papers(board, waived=(BEFORE, ends["waiver"]), voted=(BEFORE, ends["vote"]))
    ruled = board.issue(everything)
    assert ruled.record.decision is Decision.ALLOWED
    assert ruled.record.holds_until == ends[first]
    assert board.inputs(ruled.record).valid_until == text(ends[first])
    assert board.verify(ruled, everything).exit_code == 0


def test_until_its_end_the_decision_stays_allowed_and_at_its_end_something_changes() -> None:
    """What `holds_until` promises, for every sort of breakpoint: deciding at any second before it allows too."""
    law = Holds(otherwise=Outcome.NOT_APPLICABLE, reason="law", start=text(CLOCK, days=3))
    for holds, outcome in (
        ((law,), Outcome.FAIL),
        ((Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="old", until=text(CLOCK, days=3)),), Outcome.PASS),
        (
            (Holds(otherwise=Outcome.FAIL, reason="r", start=text(CLOCK, days=-3), until=text(CLOCK, days=3)),),
            Outcome.PASS,
        ),
    ):
        about = evaluation(GOOD, rule("p/x", outcome, holds=holds))
        record = decide(about, clock=CLOCK)
        assert record.decision is Decision.ALLOWED
        end = record.holds_until
        assert end == CLOCK + timedelta(days=3)
        for moment in (CLOCK, CLOCK + timedelta(days=1), end - timedelta(seconds=1)):
            assert decide(about, clock=moment).decision is Decision.ALLOWED
        assert decide(about, clock=end).decision is not Decision.ALLOWED


def test_waived_evidence_that_grows_stale_ends_the_decision() -> None:
    """The waiver covers a doubt; when the evidence is too old it is missing, and that the waiver does not cover."""
    stale = CLOCK + timedelta(days=7)
    doubt = rule(
        LIMITED,
        Outcome.INCONCLUSIVE,
        holds=(Holds(otherwise=Outcome.MISSING_EVIDENCE, reason="old", until=text(stale)),),
    )
    board = Board(about=evaluation(GOOD, doubt))
    waiver = board.waiver(covers=(Outcome.INCONCLUSIVE,), limit=None)
    record = board.decide([waiver])
    assert (record.decision, record.holds_until) == (Decision.ALLOWED, stale)
    assert board.decide([waiver], clock=stale).decision is Decision.UNDECIDED


# -- zones and calendars ------------------------------------------------------------------------------------------------

SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
from datetime import timedelta
from support.people import *
board = Board()
edge = parse_instant("2028-02-29T00:00:00Z")
found = []
for seconds in (-1, 0, 1):
    clock = edge + timedelta(seconds=seconds)
    waiver = board.waiver(not_before=text(edge, days=-30), expires=text(edge))
    about = {"signed_at": text(edge, days=-30), "expires": "2028-02-29T23:59:59Z"}
    votes = [board.vote(ERIN, [waiver], **about), board.vote(FRANK, [waiver], **about)]
    people = people_of([item.file for item in (waiver, *votes)], trust=board.root, at=BEFORE)
    from govern.attestation.people_facts import approvals_of, waivers_of
    record = decide(board.about, clock=clock, waivers=people.waivers, approvals=people.approvals, submitter=SUBMITTER)
    found.append(f"{record.decision.value} {record.digest}")
print("\\n".join(found))
"""


def test_the_zone_of_the_machine_changes_nothing_and_a_leap_day_is_a_day() -> None:
    """The last second of 28 February 2028 is inside, the first of the 29th is not: everywhere."""
    said = set()
    for zone in ("UTC", "Pacific/Kiritimati", "America/St_Johns"):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, str(Path(__file__).parents[1])],
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": "random"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.add(done.stdout)
    assert len(said) == 1
    assert [line.split()[0] for line in said.pop().splitlines()] == ["allowed", "denied", "denied"]


def test_a_waiver_over_a_leap_day_lasts_ninety_days_of_86400_seconds() -> None:
    start = datetime(2028, 1, 1, tzinfo=UTC)
    short = rule(LIMITED, Outcome.FAIL, observed="0.76", required=">= 0.8", max_waiver_days=90)
    board = Board(about=evaluation(GOOD, short))
    for seconds, expected in ((0, Ruling.APPLIED), (1, Ruling.TOO_LONG)):
        paper = board.waiver(
            not_before=text(start), expires=text(start, days=90, seconds=seconds), rule_digest=short.rule_digest
        )
        (facts,) = board.people([paper]).waivers
        clock = datetime(2028, 2, 29, 12, tzinfo=UTC)
        assert rule_on_waiver(short, short.outcome, facts, evaluation=board.about, now=clock) is expected


# -- one comparison -----------------------------------------------------------------------------------------------------

TRUST = {
    "attestation/trust/draft.py",
    "attestation/verify_steps/trusted.py",
    "gate/desk.py",
    "gate/doctor.py",
    "gate/log_adding.py",
    "gate/signing.py",
    "gate/statements.py",
    "gate/trust/root.py",
    "gate/trust/show.py",
}
"""Modules that compare the end of a trust root, which is nobody's word about a model."""


@cache
def sources() -> Mapping[str, Sequence[ast.AST]]:
    """Every module of the package by its path, as the nodes of its tree."""
    return {
        path.relative_to(SOURCE).as_posix(): tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        for path in sorted(SOURCE.rglob("*.py"))
    }


def comparisons() -> Iterator[tuple[str, str]]:
    """(module, what is compared) for every comparison of something called `expires`."""
    for module, nodes in sources().items():
        for node in nodes:
            if isinstance(node, ast.Compare) and any(
                isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops
            ):
                for side in (node.left, *node.comparators):
                    for inner in ast.walk(side):
                        if isinstance(inner, ast.Attribute) and inner.attr == "expires":
                            yield module, ast.unparse(inner)
                        if isinstance(inner, ast.Subscript) and ast.unparse(inner.slice) == "'expires'":
                            yield module, ast.unparse(inner)


def test_only_the_decision_compares_the_end_of_a_persons_word() -> None:
    found = set(comparisons())
    assert {module for module, _ in found if module.startswith("decision/")} == {
        "decision/approvals.py",
        "decision/waivers.py",
    }
    elsewhere = {(module, what) for module, what in found if not module.startswith("decision/")}
    assert {module for module, _ in elsewhere} <= TRUST
    assert {what for _, what in elsewhere} <= {"root.expires", "trust.expires", "old.expires"}


READERS = {
    "attestation/people.py": "writes and reads the predicates",
    "attestation/people_facts.py": "makes the decision's facts of them",
    "attestation/reading_statements.py": "refuses an end before the beginning, as a matter of form",
    "attestation/signed_facts.py": "makes the checks' facts of human attestations",
    "attestation/verify_steps/as_stated.py": "gives a waiver's length to the function that rules",
    "attestation/verify_steps/people.py": "prints the end of a waiver; a human attestation's is judged there",
    "attestation/verify_steps/votes.py": "prints the end of a vote, holds it against the certificate's own",
    "checks/people/attestation.py": "hands it to the decision, as Holds, and sorts by it",
    "gate/approve.py": "prints",
    "gate/result.py": "hands it to the renderers",
    "gate/testing/people.py": "makes the decision's facts of what a policy test says",
}
"""Modules outside the decision that touch the end of a person's word at all, and what for."""


def test_whoever_touches_the_end_of_a_persons_word_is_known_by_name() -> None:
    """A comparison can hide behind a variable; so a module that reads an end at all must be listed, with its reason."""
    found: dict[str, set[str]] = {}
    for module, nodes in sources().items():
        if module in TRUST or module.startswith(("decision/", "attestation/trust/", "gate/trust/")):
            continue
        for node in nodes:
            if isinstance(node, ast.Attribute) and node.attr == "expires" and isinstance(node.ctx, ast.Load):
                found.setdefault(module, set()).add(ast.unparse(node))
    assert set(found) == set(READERS), found


def test_only_the_decision_compares_the_other_limits_of_a_waiver() -> None:
    """Its beginning, its approver's role and what is done instead: outside `decision` nothing is held against them.

    Subject, stages and rule go by names that other things have too.
    """
    words = {"not_before", "approver_in_role", "compensating_controls"}
    for module, nodes in sources().items():
        for node in () if module.startswith("decision/") else nodes:
            if isinstance(node, ast.Compare):
                touched = {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
                assert not touched & words, (module, ast.unparse(node))


CALLERS = {
    "rule_on_waiver": {"attestation/verify_steps/people.py", "decision/waivers.py", "gate/waive.py"},
    "effective": {"decision/decide.py"},
}
"""Who may ask the functions that rule on waivers: the decision, the auditor about one waiver, and whoever signs one."""


def test_nobody_asks_about_a_waiver_but_those_who_are_known_to() -> None:
    found: dict[str, set[str]] = {name: set() for name in CALLERS}
    for module, nodes in sources().items():
        for node in nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in found:
                found[node.func.id].add(module)
    assert found == CALLERS
