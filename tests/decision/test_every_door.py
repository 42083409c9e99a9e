"""One answer about waivers, whoever is asked: the function, the gate, a stored report, the auditor, a replay, a status.

A thousand random sets of waivers, of each of which it is written down by hand what must become of it; and the seconds
around both ends of one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from govern.attestation.scope import Scope
from govern.decision.waivers import Ruling
from govern.policy.outcomes import Outcome
from support.attestations import edited
from support.doors import Answer, Doors
from support.people import ALICE, BOB, CLOCK, HEIDI, JUDY, Paper, text

DOORS = ("decide", "check", "report", "verify", "replay", "status")
SETS = 1000


def judy_may_waive(predicate: dict[str, object]) -> None:
    roles = predicate["roles"]
    assert isinstance(roles, dict)
    roles["waiver"]["keys"].append({"keyid": JUDY.public.keyid})


def moved_in_the_log(paper: Paper) -> Paper:
    """The same file, which says of itself that it stands elsewhere in the log."""
    data = edited(paper.data, lambda file: file["verificationMaterial"]["tlogEntries"][0].update(logIndex="0"))
    return replace(paper, signed=replace(paper.signed, data=data))


@dataclass(frozen=True)
class Pool:
    """Papers, and by hand what must become of each."""

    doors: Doors
    known: Mapping[str, tuple[Paper, Ruling]]

    def expected(self, chosen: list[Paper]) -> Answer:
        """What a reader without any of our code says."""
        rulings = {item.digest: self.known[item.digest][1] for item in chosen}
        waived = Ruling.APPLIED in rulings.values()
        return Answer("allowed" if waived else "denied", {key: item.value for key, item in rulings.items()})


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    doors = Doors(tmp_path_factory.mktemp("doors"), edit_trust=judy_may_waive)
    subject, passing = doors.evaluation.subject, doors.evaluation.outcomes[1]
    other = Scope(model=subject.name, version=subject.version, bundle="9" * 64)
    by_version = Scope(model=subject.name, versions=("3.1.0", subject.version))
    made: list[tuple[Paper, Ruling]] = [
        (doors.waiver(), Ruling.APPLIED),
        (doors.waiver(scope=by_version, reason="For two versions."), Ruling.APPLIED),
        (doors.waiver(scope=other), Ruling.WRONG_SUBJECT),
        (doors.waiver(scope=Scope(model=subject.name, versions=("3.1.0",))), Ruling.WRONG_SUBJECT),
        (doors.waiver(stages=("pre-deployment",)), Ruling.WRONG_STAGE),
        (doors.waiver(rule="unheard-of"), Ruling.WRONG_RULE),
        (doors.waiver(policy="q"), Ruling.WRONG_RULE),
        (doors.waiver(rule_digest="8" * 64), Ruling.RULE_CHANGED),
        (doors.waiver(covers=(Outcome.INCONCLUSIVE,)), Ruling.OUTCOME_NOT_COVERABLE),
        (doors.waiver(rule="r1", rule_digest=passing.rule_digest), Ruling.OUTCOME_NOT_COVERABLE),
        (doors.waiver(not_before=text(CLOCK, seconds=1)), Ruling.NOT_YET_VALID),
        (doors.waiver(expires=text(CLOCK)), Ruling.EXPIRED),
        (doors.waiver(not_before=text(CLOCK, days=-60)), Ruling.TOO_LONG),
        (doors.waiver(approver="person:carol"), Ruling.APPROVER_NOT_ALLOWED),
        (doors.waiver(by=ALICE), Ruling.APPROVER_IS_OWNER),
        (doors.waiver(by=BOB, owner="Credit team"), Ruling.APPROVER_IS_OWNER),
        (doors.waiver(by=JUDY), Ruling.APPROVER_IS_OWNER),
        (doors.waiver(owner="person:heidi"), Ruling.APPROVER_IS_OWNER),
        (doors.waiver(owner=HEIDI.public.keyid, reason="By key."), Ruling.APPROVER_IS_OWNER),
        (doors.waiver(limit="0.5"), Ruling.WORSE_THAN_WAIVED),
        (moved_in_the_log(doors.waiver()), Ruling.BAD_SIGNATURE),
        (doors.waiver(logged=False), Ruling.APPROVER_NOT_ALLOWED),
    ]
    return Pool(doors, {paper.digest: (paper, ruling) for paper, ruling in made})


def test_the_pool_has_every_ruling_that_a_waiver_alone_can_bring(pool: Pool) -> None:
    """A revocation is another paper, and whether a rule may be waived stands in the policy."""
    assert {ruling for _paper, ruling in pool.known.values()} == set(Ruling) - {
        Ruling.REVOKED,
        Ruling.RULE_NOT_WAIVABLE,
    }


@pytest.mark.parametrize("door", DOORS)
def test_a_thousand_random_sets_of_waivers_come_to_the_same_at_every_door(pool: Pool, door: str) -> None:
    """Half of the sets hold one that helps; sets that were drawn before are not asked about again."""
    rng = random.Random(20260301)
    papers = [paper for paper, _ruling in pool.known.values()]
    asked: dict[frozenset[str], Answer] = {}
    allowed = 0
    for number in range(SETS):
        chosen = rng.sample(papers[2:], rng.choice((0, 1, 1, 1, 2)))
        if number % 2:
            chosen.append(rng.choice(papers[:2]))
        rng.shuffle(chosen)
        key = frozenset(item.digest for item in chosen)
        if key not in asked:
            asked[key] = pool.doors.ask(door, chosen)
        expected = pool.expected(chosen)
        assert asked[key] == expected, [item.file.name for item in chosen]
        allowed += expected.decision == "allowed"
    assert SETS // 3 < allowed < SETS
    assert len(asked) > SETS // 5


EDGES = [
    ("begins", -1, Ruling.NOT_YET_VALID),
    ("begins", 0, Ruling.APPLIED),
    ("begins", 1, Ruling.APPLIED),
    ("ends", -1, Ruling.APPLIED),
    ("ends", 0, Ruling.EXPIRED),
    ("ends", 1, Ruling.EXPIRED),
]


@pytest.mark.parametrize(("edge", "offset", "expected"), EDGES)
@pytest.mark.parametrize("door", DOORS)
def test_the_seconds_around_an_edge_are_the_same_at_every_door(
    pool: Pool, door: str, edge: str, offset: int, expected: Ruling
) -> None:
    """Half-open: at its first second a waiver holds, at the second of its end it does not."""
    first, last = CLOCK, CLOCK + timedelta(days=30)
    paper = pool.doors.waiver(not_before=text(first), expires=text(last), reason=f"{door} {edge} {offset}")
    moment = (first if edge == "begins" else last) + timedelta(seconds=offset)
    answer = pool.doors.ask(door, [paper], clock=moment)
    decision = "allowed" if expected is Ruling.APPLIED else "denied"
    assert answer == Answer(decision, {paper.digest: expected.value})


@pytest.mark.parametrize("door", DOORS)
def test_a_revoked_waiver_is_revoked_at_every_door(tmp_path: Path, door: str) -> None:
    doors = Doors(tmp_path)
    waiver = doors.waiver()
    gone = doors.board.revocation(waiver)
    assert doors.ask(door, [waiver]) == Answer("allowed", {waiver.digest: "applied"})
    assert doors.ask(door, [waiver, gone]) == Answer("denied", {waiver.digest: "revoked"})


@pytest.mark.parametrize("door", DOORS)
def test_a_rule_that_may_not_be_waived_is_waived_at_no_door(tmp_path: Path, door: str) -> None:
    doors = Doors(tmp_path, more={"waivable": "false"})
    waiver = doors.waiver()
    assert doors.ask(door, [waiver]) == Answer("denied", {waiver.digest: "rule_not_waivable"})
