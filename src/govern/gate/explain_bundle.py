"""`govern explain RULE BUNDLE`: one rule run on a bundle by the gate's own code, and what would let it pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.checks.changes import SmallestChange, smallest_change
from govern.decision.decide import Settled
from govern.diagnostics import Diagnostic, InputError, UsageError
from govern.gate.check import Checked, CheckRequest, Refused, check
from govern.gate.explain import compiled_policies
from govern.gate.packs.places import PackPlaces
from govern.policy.outcomes import Outcome, Stage

__all__ = ["Explained", "explain_on_bundle"]


@dataclass(frozen=True, slots=True)
class Explained:
    """What one rule came to on a bundle."""

    settled: Settled
    change: SmallestChange
    model: str
    stage: Stage

    @property
    def exit_code(self) -> int:
        """3 when evidence that the rule reads is missing or cannot be read, else 0."""
        return 3 if self.settled.rule.outcome in (Outcome.MISSING_EVIDENCE, Outcome.ERROR) else 0


def explain_on_bundle(
    rule: str,
    bundle: Path,
    *,
    policies: Sequence[Path],
    stage: Stage | None,
    clock: datetime,
    advisories: Path | None = None,
    places: PackPlaces | None = None,
    params: Mapping[str, str] | None = None,
) -> Explained:
    """Run one rule on a bundle. Without a stage it is the first at which the rule is asked.

    Raises UsageError U109 for a rule that is not there, U104 for a stage at which it is not asked, and otherwise as
    `gate.check.check` does; InputError for a bundle that cannot be opened.
    """
    chosen = _stage(rule, policies, places, stage)
    request = CheckRequest(
        bundle=bundle,
        stage=chosen,
        policies=policies,
        clock=clock,
        advisories=advisories,
        places=places,
        params=params or {},
        only=frozenset([rule]),
    )
    made = check(request)
    if isinstance(made, Refused):
        raise InputError(made.diagnostics)
    return _explained(made, rule, chosen)


def _stage(name: str, policies: Sequence[Path], places: PackPlaces | None, stage: Stage | None) -> Stage:
    compiled = compiled_policies(policies, places=places)
    asked = {
        f"{policy.draft.metadata.name}/{rule.draft.rule.id}": rule.stages
        for policy in compiled.policies
        for rule in policy.rules
    }
    if name not in asked:
        hint = f"rules are {', '.join(sorted(asked)[:12])}" if asked else None
        raise UsageError(Diagnostic("U109", f"there is no rule '{name}'", hint=hint))
    stages = [item for item in Stage if item in asked[name]]
    if stage is None:
        return stages[0]
    if stage not in stages:
        names = ", ".join(item.value for item in stages)
        raise UsageError(Diagnostic("U104", f"'{name}' is not asked at {stage.value}", hint=f"it is asked at {names}"))
    return stage


def _explained(made: Checked, name: str, stage: Stage) -> Explained:
    settled = next(item for item in made.decision.settled if item.rule.rule == name)
    rule = next(item for item in made.loaded.plan.rules if item.id == name)
    # What the clock changed (stale evidence, a law that is not in force) is no figure that a change could move.
    timed = settled.outcome is not settled.rule.outcome
    change = SmallestChange() if timed else smallest_change(rule.check, rule.params, settled.rule.result)
    held = made.evaluation.subject
    return Explained(settled, change, f"{held.name} {held.version}", stage)
