"""Threat: an approval is reused after a change. Control: a vote signs the evaluation and lists the waivers it considered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from govern.attestation.people_facts import approvals_of, waivers_of
from govern.attestation.statement_set import StatementSet
from govern.attestation.verification import NamedFile
from govern.canonical import parse_instant
from govern.decision.decide import decide
from govern.policy.outcomes import Decision
from support.attestations import ISSUED
from support.judgement import QUORUM, evaluated
from support.kind_statements import WAIVED
from support.kinds import AT, Kinds, nonce
from support.threats import vector


def decision(world: Kinds, *, waiver: bytes | None = None, evaluation: Any = None) -> tuple[Decision, set[str]]:
    """Decide with the votes at hand; give the decision and what was made of the votes."""
    files = [NamedFile(name, world[name].data) for name in ("approval", "second approval")]
    files.append(NamedFile("waiver", world["waiver"].data if waiver is None else waiver))
    statements, clock = StatementSet(files, trust=world.root, at=AT), parse_instant(ISSUED)
    made = decide(
        evaluation or evaluated(),
        clock=clock,
        waivers=waivers_of(statements, at=clock),
        approvals=approvals_of(statements, trust=world.root, at=clock),
        submitter="person:alice",
    )
    return made.decision, {vote.reading.value for vote in made.votes}


def test_with_nothing_changed_the_votes_count(world: Kinds) -> None:
    assert decision(world) == (Decision.ALLOWED, {"counted"})


def test_a_new_outcome_is_another_evaluation(world: Kinds) -> None:
    """One measured value changed after the vote; the rule passes as before."""
    old = evaluated()
    first, *rest = old.outcomes
    changed = replace(old, outcomes=(replace(first, result=replace(first.result, observed="0.8713")), *rest))
    assert changed.digest != old.digest
    assert decision(world, evaluation=changed) == (Decision.UNDECIDED, {"other_evaluation"})
    assert QUORUM in {item.rule for item in changed.outcomes}


def test_a_waiver_added_after_the_vote_was_not_considered(world: Kinds) -> None:
    later = world.resigned("waiver", replace(WAIVED, reason="Another one.").statement(nonce=nonce(93)))
    assert decision(world, waiver=later.data) == (Decision.UNDECIDED, {"waivers_not_considered"})


@pytest.mark.parametrize(
    "name", ["approval-of-another-evaluation", "approval-before-the-waiver", "approval-of-another-bundle"]
)
def test_a_certificate_that_counts_such_a_vote_is_exit_1(name: str) -> None:
    assert vector(name) == (1, ["approvals"])
