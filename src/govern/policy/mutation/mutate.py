"""Mutation of policies: each is weakened in one place and compiled again, and some test must notice (P703).

Evidence is not opened again: every mutant runs on what the cases have opened, and a check that is asked the same
question twice is answered from memory, so that a mutant costs one rule and not the whole plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from govern.diagnostics import Diagnostic
from govern.policy.mutation.mutant import Mutant
from govern.policy.mutation.operators import policy_mutants
from govern.policy.mutation.source import SourceText
from govern.policy.outcomes import Outcome, Stage
from govern.policy.rules import CompiledPolicy
from govern.policy.testing.running import CaseRun, Opened, Ready, RuleRun, Runner, Tested, failures

__all__ = ["Group", "PolicyMutation", "Survivor", "mutate_policies"]

_LETS_THROUGH = (Outcome.PASS, Outcome.NOT_APPLICABLE, Outcome.WAIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Generic[Ready, Opened]):
    """Policies that are compiled together, and the cases that run on them."""

    files: Mapping[str, bytes]
    stages: Mapping[Stage, Ready]
    tests: Sequence[Tested[Ready, Opened]]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed."""

    mutant: str
    diagnostic: Diagnostic
    patch: str
    """The mutant as a diff."""


@dataclass(frozen=True, slots=True)
class PolicyMutation:
    """Every mutant that was one, and those that survived."""

    tried: tuple[str, ...]
    survivors: tuple[Survivor, ...]


def mutate_policies(
    policies: Sequence[CompiledPolicy],
    groups: Sequence[Group[Ready, Opened]],
    runner: Runner[Ready, Opened],
    *,
    every_rule: bool = False,
) -> PolicyMutation:
    """Try every mutant of the policies on the cases of all groups that hold them."""
    tried: list[str] = []
    survivors: list[Survivor] = []
    for policy in policies:
        file = policy.draft.document.file
        mine = [group for group in groups if file in group.files]
        data = next((group.files[file] for group in mine), None)
        for mutant in () if data is None else policy_mutants(policy, data, every_rule=every_rule):
            verdict = _try(mutant, file, mine, runner)
            if verdict is None:
                continue
            tried.append(mutant.id)
            if not verdict:
                survivors.append(_survivor(mutant, SourceText(data or b""), file))
    return PolicyMutation(tuple(tried), tuple(survivors))


def _try(
    mutant: Mutant, file: str, groups: Sequence[Group[Ready, Opened]], runner: Runner[Ready, Opened]
) -> bool | None:
    """Whether a test notices; None when it is no mutant: it does not compile, or means the same."""
    differs = False
    for group in groups:
        files = {**group.files, file: SourceText(group.files[file]).edited(mutant.edit)}
        stages = {stage: runner.compiled(files, stage) for stage in group.stages}
        if any(item is None for item in stages.values()):
            return None
        changed = {
            stage: item
            for stage, item in stages.items()
            if item is not None and item.plan.digest != group.stages[stage].plan.digest
        }
        differs = differs or bool(changed)
        for one in group.tests:
            ready = changed.get(one.case.stage)
            if ready is not None and _notices(one, ready, mutant, runner):
                return True
    return False if differs else None


def _notices(one: Tested[Ready, Opened], ready: Ready, mutant: Mutant, runner: Runner[Ready, Opened]) -> bool:
    """Whether a case comes to something else than it expects under a mutant."""
    if not _may_differ(one, ready, mutant, runner):
        return False
    run = runner.run(ready, one.opened)
    return next(failures(one.case, run, ready.plan), None) is not None


def _may_differ(one: Tested[Ready, Opened], ready: Ready, mutant: Mutant, runner: Runner[Ready, Opened]) -> bool:
    """Whether the rule of a mutant comes to anything else here; if not, nor does the decision."""
    if mutant.rules is None or one.run.refused:
        return True
    kept = {rule.id: rule for rule in ready.plan.rules}
    for name in mutant.rules:
        before = one.run.rules.get(name)
        if name not in kept or before is None:
            return True
        after = runner.run(ready, one.opened, only=name)
        if not _same(before, after, name):
            return True
    return False


def _same(before: RuleRun, run: CaseRun, name: str) -> bool:
    after = run.rules[name]
    unblocked = before.enforcement is after.enforcement or before.outcome in _LETS_THROUGH
    return (
        unblocked
        and before.outcome is after.outcome
        and before.rulings == after.rulings
        and before.result.findings == after.result.findings
    )


def _survivor(mutant: Mutant, source: SourceText, file: str) -> Survivor:
    patch = " ".join(part for part in (f"- {mutant.before}", f"+ {mutant.after}" if mutant.after else "") if part)
    hint = f"{patch} | Add a case that tells the two apart, or accept `{mutant.id}` with a reason."
    message = f"{mutant.id}: {mutant.told}, and every case still comes to what it expects"
    diagnostic = Diagnostic("P703", message, mutant.span, hint)
    return Survivor(mutant.id, diagnostic, source.diff(mutant.edit, file=file))
