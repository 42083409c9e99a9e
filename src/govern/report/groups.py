"""Outcomes in the order a reader needs them: what blocks, what is undecided, warnings, waived, passed, the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from govern.policy.outcomes import Decision, Enforcement, Location, Outcome
from govern.report.result import OutcomeView, Result

__all__ = ["Group", "GroupKind", "group_of", "groups", "headline", "place_text", "word_of"]

_SEVERITIES = ("critical", "high", "medium", "low")


class GroupKind(StrEnum):
    """The groups, in the order in which they are shown."""

    BLOCKS = "blocks"
    NOT_DECIDED = "not_decided"
    WARNINGS = "warnings"
    WAIVED = "waived"
    PASSED = "passed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Group:
    """One group of outcomes, worst first."""

    kind: GroupKind
    title: str
    outcomes: tuple[OutcomeView, ...]


_TITLES = {
    GroupKind.BLOCKS: "What blocks",
    GroupKind.NOT_DECIDED: "Not decided",
    GroupKind.WARNINGS: "Warnings",
    GroupKind.WAIVED: "Waived",
    GroupKind.PASSED: "Passed",
    GroupKind.NOT_APPLICABLE: "Not applicable",
}


def group_of(outcome: OutcomeView) -> GroupKind:
    """Say in which group an outcome is shown."""
    match outcome.outcome:
        case Outcome.PASS:
            return GroupKind.PASSED
        case Outcome.WAIVED:
            return GroupKind.WAIVED
        case Outcome.NOT_APPLICABLE:
            return GroupKind.NOT_APPLICABLE
        case Outcome.FAIL:
            return GroupKind.BLOCKS if outcome.enforcement is Enforcement.BLOCK else GroupKind.WARNINGS
        case Outcome.INCONCLUSIVE | Outcome.MISSING_EVIDENCE | Outcome.ERROR:
            return GroupKind.NOT_DECIDED if outcome.enforcement is Enforcement.BLOCK else GroupKind.WARNINGS
        case _ as never:
            assert_never(never)


def groups(outcomes: Sequence[OutcomeView]) -> tuple[Group, ...]:
    """Group outcomes; every group is there, also when it is empty. Worst first: severity, then rule."""

    def key(item: OutcomeView) -> tuple[int, str]:
        return _SEVERITIES.index(item.severity), item.rule

    return tuple(
        Group(kind, _TITLES[kind], tuple(sorted((item for item in outcomes if group_of(item) is kind), key=key)))
        for kind in GroupKind
    )


def word_of(outcome: OutcomeView) -> str:
    """Give the word that names an outcome to a reader; a rule that cannot block warns."""
    match outcome.outcome:
        case Outcome.PASS:
            return "pass"
        case Outcome.FAIL:
            return "fail" if outcome.enforcement is Enforcement.BLOCK else "warn"
        case Outcome.INCONCLUSIVE:
            return "inconclusive"
        case Outcome.MISSING_EVIDENCE:
            return "missing evidence"
        case Outcome.ERROR:
            return "error"
        case Outcome.WAIVED:
            return "waived"
        case Outcome.NOT_APPLICABLE:
            return "not applicable"
        case _ as never:
            assert_never(never)


def headline(result: Result) -> str:
    """Say the decision in one sentence, without the model's name."""
    match result.decision:
        case Decision.ALLOWED:
            return f"Every blocking rule lets it through the {result.stage} gate."
        case Decision.DENIED:
            failed = _count(result, Outcome.FAIL)
            return f"{failed} blocking {_rules(failed)} failed at the {result.stage} gate."
        case Decision.UNDECIDED:
            return _why_undecided(result)
        case _ as never:
            assert_never(never)


def _count(result: Result, *wanted: Outcome) -> int:
    return sum(item.outcome in wanted and item.enforcement is Enforcement.BLOCK for item in result.outcomes)


def _rules(number: int) -> str:
    return "rule" if number == 1 else "rules"


def _why_undecided(result: Result) -> str:
    if result.refused is not None:
        return "The bundle could not be opened, so nothing was judged."
    number = _count(result, Outcome.INCONCLUSIVE, Outcome.MISSING_EVIDENCE, Outcome.ERROR)
    if not number:
        return f"No rule applied at the {result.stage} gate; nothing was judged."
    return f"{number} blocking {_rules(number)} could not be decided at the {result.stage} gate."


def counts(result: Result) -> Counter[GroupKind]:
    """Count outcomes by group."""
    return Counter(group_of(item) for item in result.outcomes)


def place_text(location: Location | None) -> str:
    """Write a place as `file:line:column` or `file#/pointer`; empty when there is none. Not yet made plain."""
    if location is None:
        return ""
    text = location.file
    if location.line is not None:
        text += f":{location.line}"
        if location.column is not None:
            text += f":{location.column}"
    elif location.pointer:
        text += f"#{location.pointer}"
    return text
