"""Which outcomes of each rule some case expects and gets. What no case expects is a hole (P702).

A rule that can stop a model must be shown to pass, to fail and to miss its evidence, and to stay undecided where its
check kind can; a rule with a condition must be shown where it does not apply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from govern.diagnostics import Diagnostic, Span
from govern.inputs.yaml import MapNode
from govern.policy.outcomes import Enforcement, Outcome
from govern.policy.rules import CompiledPolicy, CompiledRule
from govern.policy.testing.cases import CaseFile, unknown_name
from govern.policy.testing.running import AnyTested, every_expected

__all__ = ["RuleCoverage", "coverage", "holes", "unknown_excuses"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCoverage:
    """One rule: how many cases expect each outcome and get it, what is demanded, and what is excused."""

    rule: str
    """Qualified id."""
    enforcement: Enforcement
    span: Span
    counts: Mapping[Outcome, int]
    demanded: tuple[Outcome, ...]
    excused: Mapping[Outcome, str]

    @property
    def missing(self) -> tuple[Outcome, ...]:
        """Outcomes that are demanded, that no case shows, and that nobody excused."""
        return tuple(item for item in self.demanded if not self.counts.get(item) and item not in self.excused)


def coverage(
    policies: Iterable[CompiledPolicy],
    tests: Sequence[AnyTested],
    files: Sequence[CaseFile],
    *,
    every_rule: bool = False,
) -> tuple[RuleCoverage, ...]:
    """Count, for every rule of the policies under test. `every_rule` demands it of rules that never block as well."""
    counts: dict[str, dict[Outcome, int]] = {}
    for _case, name, outcome in every_expected(tests):
        counts.setdefault(name, {}).setdefault(outcome, 0)
        counts[name][outcome] += 1
    made = []
    for policy in policies:
        for rule in policy.rules:
            name = f"{policy.draft.metadata.name}/{rule.draft.rule.id}"
            blocking = rule.draft.enforcement is Enforcement.BLOCK
            demanded = _demanded(policy, rule) if blocking or every_rule else ()
            place = rule.draft.node.get("id")
            made.append(
                RuleCoverage(
                    rule=name,
                    enforcement=rule.draft.enforcement,
                    span=rule.draft.node.span if place is None else place.span,
                    counts=counts.get(name, {}),
                    demanded=demanded,
                    excused=_excused(name, files),
                )
            )
    return tuple(sorted(made, key=lambda item: item.rule))


def _demanded(policy: CompiledPolicy, rule: CompiledRule) -> tuple[Outcome, ...]:
    found = rule.draft.spec.comes_to
    conditional = rule.when is not None or policy.applies_when is not None
    return (*found, Outcome.NOT_APPLICABLE) if conditional else found


def _excused(rule: str, files: Sequence[CaseFile]) -> dict[Outcome, str]:
    short = rule.partition("/")[2]
    made: dict[Outcome, str] = {}
    for file in files:
        for name, reasons in file.document.excused.items():
            if name in (rule, short):
                made.update(reasons)
    return made


def holes(rules: Iterable[RuleCoverage]) -> Iterator[Diagnostic]:
    """Yield a P702 for every rule that lacks an outcome, at the rule."""
    for item in rules:
        if item.missing:
            names = ", ".join(one.value for one in item.missing)
            hint = "Add a case that expects it, or give the reason under `excused:` of a test file."
            yield Diagnostic("P702", f"no case shows {item.rule} to be {names}", item.span, hint)


def unknown_excuses(files: Sequence[CaseFile], rules: Iterable[RuleCoverage]) -> Iterator[Diagnostic]:
    """Yield a fault for every excuse that names no rule, or an outcome that is shown all the same."""
    known = {name: item for item in rules for name in (item.rule, item.rule.partition("/")[2])}
    for file in files:
        node = file.node.get("excused")
        for name, reasons in file.document.excused.items():
            span = node.key_span(name) if isinstance(node, MapNode) else file.node.span
            if name not in known:
                yield unknown_name(name, sorted(known), span, "rule under test that is called")
                continue
            for outcome in reasons:
                if known[name].counts.get(outcome):
                    text = f"{name} is excused from {outcome.value}, and a case shows it"
                    yield Diagnostic("P705", text, span, "Take the excuse out.")
