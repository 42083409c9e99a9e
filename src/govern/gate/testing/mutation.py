"""`--mutate`: policies and evidence are broken on purpose; what survives must be accepted by name, with a reason."""

from __future__ import annotations

from collections.abc import Sequence

from govern.diagnostics import Diagnostic, Span, in_order
from govern.gate.testing.breaking.run import mutate_evidence
from govern.gate.testing.runner import Bench, Material, Ready
from govern.inputs.nodes import ListNode, MapNode
from govern.policy.mutation.document import Accepted, Mutation
from govern.policy.mutation.mutate import Group, Survivor, mutate_policies
from govern.policy.mutation.operators import policy_mutants
from govern.policy.rules import CompiledPolicy
from govern.policy.testing.cases import CaseFile, unknown_name

__all__ = ["mutate"]


def mutate(
    policies: Sequence[CompiledPolicy],
    groups: Sequence[Group[Ready, Material]],
    files: Sequence[CaseFile],
    bench: Bench,
    *,
    every_rule: bool,
) -> tuple[Mutation, tuple[Diagnostic, ...]]:
    """Try every mutant; give the result, and a fault for every accepted mutant that is none or does not survive."""
    of_policies = mutate_policies(policies, groups, bench, every_rule=every_rule)
    of_evidence = mutate_evidence(groups, _places(policies), bench)
    found = [*of_policies.survivors, *of_evidence.survivors]
    known = {*of_policies.tried, *of_evidence.tried}
    left_alone = set() if every_rule else _left_alone(policies, groups)
    accepted, faults = _accepted(files, found, known, left_alone)
    left = [item for item in found if item.mutant not in {one.mutant for one in accepted}]
    mutation = Mutation(
        policy=of_policies.tried,
        evidence=of_evidence.tried,
        survivors=in_order(item.diagnostic for item in left),
        patches={item.mutant: item.patch for item in left},
        accepted=accepted,
    )
    return mutation, tuple(faults)


def _places(policies: Sequence[CompiledPolicy]) -> dict[str, Span]:
    """Where each rule under test is written."""
    made: dict[str, Span] = {}
    for policy in policies:
        for rule in policy.rules:
            place = rule.draft.node.get("id")
            span = rule.draft.node.span if place is None else place.span
            made[f"{policy.draft.metadata.name}/{rule.draft.rule.id}"] = span
    return made


def _left_alone(policies: Sequence[CompiledPolicy], groups: Sequence[Group[Ready, Material]]) -> set[str]:
    """The mutants of rules that never block: they may be accepted, and are tried only where every rule is."""
    made: set[str] = set()
    for policy in policies:
        file = policy.draft.document.file
        data = next(group.files[file] for group in groups if file in group.files)
        every = {item.id for item in policy_mutants(policy, data, every_rule=True)}
        made |= every - {item.id for item in policy_mutants(policy, data)}
    return made


def _accepted(
    files: Sequence[CaseFile], found: Sequence[Survivor], known: set[str], left_alone: set[str]
) -> tuple[tuple[Accepted, ...], list[Diagnostic]]:
    survived = {item.mutant for item in found}
    made: list[Accepted] = []
    faults: list[Diagnostic] = []
    for file in files:
        node = file.node.get("accepted")
        for index, item in enumerate(file.document.accepted):
            entry = node.items[index] if isinstance(node, ListNode) else file.node
            place = entry.get("mutant") if isinstance(entry, MapNode) else None
            span = entry.span if place is None else place.span
            if item.mutant in survived:
                made.append(Accepted(item.mutant, item.reason))
            elif item.mutant in known:
                text = f"the mutant '{item.mutant}' does not survive"
                faults.append(Diagnostic("P705", text, span, "Take it out: a test notices it."))
            elif item.mutant not in left_alone:
                faults.append(unknown_name(item.mutant, sorted(survived) or sorted(known), span, "mutant"))
    return tuple(made), faults
