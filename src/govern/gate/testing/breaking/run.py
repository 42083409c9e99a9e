"""Trying every break on every rule that passed: what still passes is a hole (P703)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from govern.diagnostics import Diagnostic, InputError, Span
from govern.gate.testing.breaking.families import FAMILIES
from govern.gate.testing.breaking.interface import Break, Target
from govern.gate.testing.materials import Evidence
from govern.gate.testing.runner import Bench, Material, Ready
from govern.gate.testing.writing import json_text
from govern.policy.mutation.mutate import Group, Survivor
from govern.policy.outcomes import Enforcement, Outcome
from govern.policy.testing.patches import PatchError, Value, apply_patch
from govern.policy.testing.running import RuleRun, Tested

__all__ = ["EvidenceMutation", "mutate_evidence"]

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class EvidenceMutation:
    """Every mutant that was tried, and those that survived."""

    tried: tuple[str, ...]
    survivors: tuple[Survivor, ...]


def mutate_evidence(
    groups: Sequence[Group[Ready, Material]], places: dict[str, Span], bench: Bench
) -> EvidenceMutation:
    """Break the evidence of every passing blocking rule whose place is given, in every case that passes it.

    A rule that rests on the same files in another case is not asked the same again.
    """
    tried: dict[str, None] = {}
    seen: set[object] = set()
    survivors: dict[str, Survivor] = {}
    for one in (test for group in groups for test in group.tests):
        for patch, asked in _by_patch(_breaks(one, places, seen)).items():
            material = None if patch is None else _material(one.opened, asked[0][1], bench)
            for target, broken in asked:
                name = f"{target.rule.id}:evidence:{broken.name}"
                hole = _survives(one, target, broken, material, bench)
                if hole is None:
                    continue
                tried[name] = None
                if hole:
                    survivors.setdefault(name, _survivor(name, one, target, broken, places[target.rule.id]))
            if material is not None:
                bench.discard(material)
    return EvidenceMutation(tuple(tried), tuple(survivors.values()))


def _breaks(one: Tested[Ready, Material], places: dict[str, Span], seen: set[object]) -> Iterator[tuple[Target, Break]]:
    for rule in one.compiled.plan.rules:
        run = one.run.rules.get(rule.id)
        passed = run is not None and run.outcome is Outcome.PASS and rule.enforcement is Enforcement.BLOCK
        if run is None or not passed or rule.id not in places:
            continue
        rests_on = frozenset((item.file, item.digest) for item in run.result.evidence)
        key = (rule.digest, rests_on, one.opened.approvals, repr(one.opened.attestations))
        if key in seen:
            continue
        seen.add(key)
        target = Target(rule, run, one.opened)
        for family in FAMILIES:
            for broken in family(target):
                yield target, broken


def _by_patch(found: Iterator[tuple[Target, Break]]) -> dict[str | None, list[tuple[Target, Break]]]:
    """Put together what needs the same evidence, so that it is made once; None for what needs no other."""
    made: dict[str | None, list[tuple[Target, Break]]] = {}
    for target, broken in found:
        other = broken.patch or broken.advisories is not None or broken.no_advisories
        key = repr((broken.patch, broken.advisories, broken.no_advisories)) if other else None
        made.setdefault(key, []).append((target, broken))
    return made


def _material(opened: Material, broken: Break, bench: Bench) -> Material | None:
    """Make the broken evidence; None when the patch does not fit, or nothing could be written."""
    evidence = opened.evidence
    try:
        document = apply_patch(dict(evidence.document), broken.patch)
        assert isinstance(document, dict)  # patches of breaks speak of members
        snapshot = None if opened.context is None else opened.context.advisories
        if broken.no_advisories:
            snapshot = None
        elif broken.advisories is not None and snapshot is not None:
            snapshot = bench.snapshot(broken.advisories, snapshot.as_of, evidence.span)
        return bench.made(
            Evidence(document, evidence.fixture, evidence.span),
            clock=opened.clock,
            stage=opened.stage,
            snapshot=snapshot,
            waivers=(),
            approvals=opened.approvals,
            attestations=opened.attestations,
            submitter=opened.submitter,
        )
    except (InputError, PatchError):
        return None


def _survives(
    one: Tested[Ready, Material], target: Target, broken: Break, material: Material | None, bench: Bench
) -> bool | None:
    """Whether the rule still passes on what was broken; None when nothing could be broken, which is no mutant."""
    opened = material
    if opened is None:
        if broken.patch or broken.advisories is not None or broken.no_advisories:
            return None
        opened = one.opened
    if broken.approvals is not None:
        opened = replace(opened, approvals=broken.approvals)
    if broken.attestations is not None:
        opened = replace(opened, attestations=broken.attestations, results={})  # checks see them, unlike votes
    run = bench.run(one.compiled, replace(opened, waivers=()), only=target.rule.id, clock=broken.clock)
    found = run.rules.get(target.rule.id)  # none in a bundle that is refused
    return found is not None and _is_hole(target.run, found, broken)


def _is_hole(before: RuleRun, after: RuleRun, broken: Break) -> bool:
    if after.outcome is Outcome.NOT_APPLICABLE:
        return not broken.declared
    if after.outcome is not Outcome.PASS:
        return False
    return not (broken.elsewhere and _elsewhere(before, after))


def _elsewhere(before: RuleRun, after: RuleRun) -> bool:
    """Whether a pass rests on other files than before: the fact is intact, and another source says it."""
    old = {(item.file, item.digest) for item in before.result.evidence}
    new = {(item.file, item.digest) for item in after.result.evidence}
    return bool(new) and not old & new


def _survivor(name: str, one: Tested[Ready, Material], target: Target, broken: Break, place: Span) -> Survivor:
    message = f"{name}: {target.rule.id} still passes when {broken.told} (case '{one.case.name}')"
    patch = _patch_text(broken)
    shown = f"{patch} | " if patch and len(patch) <= _LONGEST else ""
    hint = f"{shown}Ask more of the evidence, or accept `{name}` with a reason."
    return Survivor(name, Diagnostic("P703", message, place, hint), patch or broken.told)


def _patch_text(broken: Break) -> str:
    operations: list[Value] = [dict(item) for item in broken.patch]
    return "" if not operations else " ".join(json_text(operations).split())
