"""A thousand random sets of waivers, votes and revocations: a naive reading, the gate and the auditor agree on each.

The naive reading below shares nothing with the code but the meaning: every paper of the pool says in words what is
right or wrong with it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from govern.attestation.scope import Scope
from govern.decision.overall import overall
from govern.gate.check import Checked, CheckRequest, check
from govern.gate.result import result_document
from govern.policy.outcomes import Decision, Outcome, Stage
from support.attestations import failed, lines_of
from support.gate import write_policy
from support.people import (
    ALICE,
    BOB,
    CLOCK,
    ERIN,
    FRANK,
    GRACE,
    GRACE_2,
    HEIDI,
    JUDY,
    OWNERS,
    STRANGER,
    SUBMITTER,
    Board,
    LocalSigner,
    Paper,
    text,
)
from support.process import ROOT


@dataclass(frozen=True)
class Known:
    """A paper and what is known of it."""

    paper: Paper
    sound: bool = True
    """Whether it would count, were it not revoked or replaced."""
    waives: bool = False
    who: str = ""
    key: str = ""
    vote: str = ""
    at: int = 0
    considered: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    """Digests that it revokes by the time of the decision."""


@dataclass
class Pool:
    board: Board
    known: list[Known] = field(default_factory=list)

    def add(self, paper: Paper, **facts: object) -> Paper:
        self.known.append(Known(paper, **facts))  # type: ignore[arg-type]
        return paper

    def vote(
        self,
        by: LocalSigner,
        vote: str = "approve",
        at: int = 0,
        considered: tuple[Paper, ...] = (),
        *,
        sound: bool = True,
        **changes: object,
    ) -> None:
        paper = self.board.vote(by, considered, vote, signed_at=text(CLOCK, days=-9, hours=at), **changes)
        self.add(
            paper,
            sound=sound,
            who=OWNERS.get(by.public.keyid, "person:stranger"),
            key=by.public.keyid,
            vote=vote,
            at=at,
            considered=frozenset(item.digest for item in considered),
        )


@pytest.fixture(scope="module")
def pool() -> Pool:
    board = Board()
    made = Pool(board)
    one = made.add(board.waiver(), waives=True)
    two = made.add(board.waiver(scope=Scope(model="credit-risk", versions=("3.2.0",)), limit=None), waives=True)
    three = made.add(board.waiver(reason="Another.", expires=text(CLOCK, days=2)), waives=True)
    for changes in (
        {"rule_digest": "8" * 64},
        {"stages": ("pre-deployment",)},
        {"covers": (Outcome.INCONCLUSIVE,)},
        {"expires": text(CLOCK)},
        {"not_before": text(CLOCK, seconds=1)},
        {"limit": "0.77"},
        {"scope": Scope(model="credit-risk", versions=("3.1.0",))},
        {"rule": "parity"},
        {"rule": "unheard-of"},
        {"not_before": text(CLOCK, days=-30), "expires": text(CLOCK, days=91)},
        {"approver": "person:erin"},
    ):
        made.add(board.waiver(**changes), sound=False)
    for by in (ALICE, BOB, STRANGER):
        made.add(board.waiver(by=by), sound=False)
    made.add(board.waiver(logged=False), sound=False)
    everything = (one, two, three)
    for by in (ERIN, FRANK, GRACE, GRACE_2):
        made.vote(by, at=0, considered=everything)
        made.vote(by, "reject", at=1)
        made.vote(by, "abstain", at=2)
        made.vote(by, at=3, considered=everything)
    made.vote(ERIN, at=4, considered=(one,))
    made.vote(FRANK, at=4, considered=(one, two))
    for by in (ALICE, BOB, STRANGER, HEIDI):
        made.vote(by, considered=everything, sound=False)
        made.vote(by, "reject", sound=False)
    for changes in (
        {"evaluation": "0" * 64},
        {"bundle": "0" * 64},
        {"expires": text(CLOCK)},
        {"approver": "person:grace"},
        {"role": "approver/legal"},
        {"stage": "pre-deployment"},
    ):
        # Another stage in the subject's name is no fault of a vote on this very evaluation.
        made.vote(ERIN, "reject", at=5, sound="stage" in changes, **changes)
    made.vote(JUDY, considered=everything, sound=False)
    for target in [
        one,
        two,
        *(item.paper for item in made.known if item.key in (ERIN.public.keyid, FRANK.public.keyid)),
    ][:9]:
        gone = board.revocation(target)
        made.add(gone, ends=frozenset({target.digest}))
        made.add(board.revocation(target, effective=text(CLOCK, seconds=1)), sound=False)
        made.add(board.revocation(target, by=HEIDI), sound=False)
    made.add(board.status(one, effective=CLOCK), ends=frozenset({one.digest}))
    made.add(board.status(three, by=STRANGER), sound=False)
    return made


def naive(chosen: list[Known]) -> tuple[Decision, bool]:
    """What these papers come to, and whether the failed rule is waived."""
    gone = frozenset[str]().union(*(item.ends for item in chosen))
    left = [item for item in chosen if item.sound and item.paper.digest not in gone]
    waivers = sorted(item.paper.digest for item in left if item.waives)
    newest: dict[str, Known] = {}
    for item in sorted((item for item in left if item.vote), key=lambda item: item.at):
        newest[item.key] = item
    votes = list(newest.values())
    if not waivers or any(item.vote == "reject" for item in votes):
        return Decision.DENIED, bool(waivers)
    people = {item.who for item in votes if item.vote == "approve" and waivers[0] in item.considered}
    return (Decision.ALLOWED if len(people) >= 2 else Decision.UNDECIDED), True


def test_a_thousand_random_sets_come_to_the_same_for_gate_auditor_and_a_naive_reader(pool: Pool) -> None:
    rng = random.Random(20260301)
    seen = dict.fromkeys(Decision, 0)
    for number in range(1000):
        size = rng.randint(0, 14)
        chosen = rng.sample(pool.known, size)
        if number % 2:  # half the sets begin with what would be enough
            chosen = list(
                dict.fromkeys([pool.known[0], *(pool.known[at] for at in rng.sample(range(18, 34), 4)), *chosen])
            )
        rng.shuffle(chosen)
        papers = [item.paper for item in chosen]
        expected, waived = naive(chosen)
        record = pool.board.decide(papers)
        assert record.decision is expected, [item.paper.file.name for item in chosen]
        assert (record.settled[1].outcome is Outcome.WAIVED) == waived
        assert record.decision is overall((item.rule.enforcement, item.outcome) for item in record.settled)
        seen[expected] += 1

        ruled = pool.board.issue(papers, record=record)
        assert (ruled.issued.kind == "certificate") == (expected is Decision.ALLOWED)
        result = pool.board.verify(ruled, papers, at=CLOCK)
        assert set(failed(result)) <= {("revocation", 3)}, "the list is younger than the decision"
        assert lines_of(result, "decision") == [
            f"ok: 4 rules decided again from the records: {expected.value}, the same bytes"
        ]
        if number % 5:
            continue
        alone = pool.board.verify(ruled, papers, at=CLOCK, evaluation=None, decision=None)
        # Without the record nobody knows who owns the model, and an owner's rejection stands.
        owners = any(item.who == "person:bob" and item.vote == "reject" for item in chosen)
        assert set(failed(alone)) <= {("revocation", 3)} or owners
    assert all(count > 60 for count in seen.values()), seen


def test_the_order_of_the_files_changes_no_byte(pool: Pool) -> None:
    rng = random.Random(7)
    for _ in range(50):
        papers = [item.paper for item in rng.sample(pool.known, 12)]
        first = pool.board.decide(papers).data()
        rng.shuffle(papers)
        assert pool.board.decide([*papers, papers[0]]).data() == first


# -- through the gate itself --------------------------------------------------------------------------------------------


def test_the_gate_itself_agrees_on_a_real_bundle(tmp_path: Path) -> None:
    """`gate.check` on a real bundle, with signed files: its decision, its result document and the auditor's verdict."""
    policy = write_policy(
        tmp_path / "policies",
        {
            "expression": {"assert": 'model.version == "7"'},
            "approval.quorum": {"roles": [{"role": "approver/model-risk", "count": 2}]},
        },
    )
    bundle = ROOT / "src" / "govern" / "gate" / "template" / "example"
    asked = CheckRequest(
        bundle=bundle, stage=Stage.PRE_REGISTRATION, policies=[policy], clock=CLOCK, submitter=SUBMITTER
    )
    bare = check(asked)
    assert isinstance(bare, Checked)
    assert bare.decision.decision is Decision.DENIED
    board = Board(about=bare.evaluation)
    subject, failing = bare.evaluation.subject, bare.evaluation.outcomes[0]
    about = {"model": subject.name, "version": subject.version, "bundle": subject.digest}
    policy_name, _, rule_name = failing.rule.partition("/")
    given = {
        "policy": policy_name,
        "rule": rule_name,
        "rule_digest": failing.rule_digest.removeprefix("sha256:"),
        "scope": Scope(model=subject.name, version=subject.version, bundle=subject.digest),
        "limit": None,
        "expires": text(CLOCK, days=60),
    }
    good = board.waiver(**given)
    bad = [board.waiver(**{**given, "rule_digest": "0" * 64}), board.waiver(**{**given, "expires": text(CLOCK)})]
    votes = [board.vote(by, [good], **about) for by in (ERIN, FRANK, GRACE, ALICE)]
    against = board.vote(GRACE, [good], "reject", **about, signed_at=text(CLOCK, hours=-1))
    everything = [good, *bad, *votes, against]
    rng = random.Random(3)
    seen = set()
    for number in range(40):
        chosen = rng.sample(everything, rng.randint(0, len(everything))) if number else [good, *votes[:2]]
        made = check(
            CheckRequest(
                **{
                    **{name: getattr(asked, name) for name in ("bundle", "stage", "policies", "clock", "submitter")},
                    "statements": tuple(item.file for item in chosen),
                    "trust": board.root,
                }
            )
        )
        assert isinstance(made, Checked)
        assert made.evaluation.data() == bare.evaluation.data(), "people's words change no evaluation"
        assert made.decision.data() == board.decide(chosen).data()
        approving = sum(item in chosen for item in votes[:2]) + (votes[2] in chosen and against not in chosen)
        expected = Decision.DENIED
        if good in chosen and against not in chosen:
            expected = Decision.ALLOWED if approving >= 2 else Decision.UNDECIDED
        assert made.decision.decision is expected
        seen.add(expected)
        document = result_document(made, exit_code=0)
        readings = {str(item["digest"]): item["reading"] for item in document["approvals"]}  # type: ignore[union-attr,index,call-overload]
        assert readings == {vote.approval.digest: vote.reading.value for vote in made.decision.votes}
        ruled = board.issue(record=made.decision)
        assert failed(board.verify(ruled, chosen)) == []
    assert seen == set(Decision)
