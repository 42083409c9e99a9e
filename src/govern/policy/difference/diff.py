"""What changed between two versions of policies, and what that means: by the lattice, not by text.

A rule is tightened when the set of evidence on which it lets a model through stays or shrinks, loosened when it stays
or grows, and incomparable when neither can be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Span, in_order
from govern.inputs.yaml import MapNode, span_at
from govern.policy.compile import Compiled
from govern.policy.difference.expressions import Change
from govern.policy.difference.rules import HeldRule, RuleDiff, compare_rules, lone_rule
from govern.policy.difference.versions import Bump, too_small
from govern.policy.overlays.lattice import Direction, Order, compare
from govern.policy.parameters import Resolved
from govern.policy.rules import CompiledPolicy
from govern.policy.values import json_of

__all__ = ["Difference", "PackDiff", "PolicyDiff", "diff"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDiff:
    """A policy that differs, or that only one side has."""

    name: str
    status: str
    """added, removed or changed."""
    old_version: str | None
    new_version: str | None
    changes: tuple[Change, ...]
    """What differs outside the rules: dates and standing of the law, parameters, texts."""
    rules: tuple[RuleDiff, ...]
    unchanged: int
    """Rules that are the same."""
    bump: Bump
    """What the new version must raise at least."""
    pack: str | None = None
    """The pack that it came in with: its version is its owner's, and what differs can be the work of imports."""

    @property
    def loosens(self) -> bool:
        """Whether something is, or may be, let through that was not."""
        orders = [item.order for item in self.changes if not item.what.startswith("params.")]
        inside = any(item.loosens for item in self.rules)
        return inside or Order.LOOSER in orders or Order.INCOMPARABLE in orders

    def document(self) -> dict[str, Json]:
        """The policy as canonical JSON."""
        return {
            "policy": self.name,
            "status": self.status,
            "old_version": self.old_version,
            "new_version": self.new_version,
            "pack": self.pack,
            "needs": self.bump.word,
            "loosened": self.loosens,
            "changes": [_change(item) for item in self.changes],
            "rules": [
                {
                    "rule": item.rule,
                    "status": item.status,
                    "enforcement": item.enforcement,
                    "loosened": item.loosens,
                    "can_newly_deny": item.denies,
                    "changes": [_change(change) for change in item.changes],
                }
                for item in self.rules
            ],
            "unchanged": self.unchanged,
        }


def _change(item: Change) -> Json:
    order = None if item.order is None else item.order.value
    return {"what": item.what, "old": item.old, "new": item.new, "order": order}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackDiff:
    """A pack among the files at hand: the step that its policies ask of its version."""

    name: str
    old_version: str
    new_version: str
    bump: Bump

    def document(self) -> dict[str, Json]:
        """The pack as canonical JSON."""
        return {
            "pack": self.name,
            "old_version": self.old_version,
            "new_version": self.new_version,
            "needs": self.bump.word,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs."""

    policies: tuple[PolicyDiff, ...]
    packs: tuple[PackDiff, ...]
    registries: tuple[tuple[str, str], ...]
    """Source registries that were added, removed or changed: (name, what)."""
    diagnostics: tuple[Diagnostic, ...]
    """P809 for versions that say less than what changed."""

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        return not self.policies and not self.registries

    @property
    def loosens(self) -> bool:
        """Whether something is, or may be, let through that was not. A registry is not looked into: it may."""
        return bool(self.registries) or any(item.loosens for item in self.policies)


def diff(old: Compiled, new: Compiled) -> Difference:
    """Compare two sets of policies, each compiled without a fault for all stages."""
    before = {item.draft.metadata.name: item for item in old.policies}
    after = {item.draft.metadata.name: item for item in new.policies}
    made: list[PolicyDiff] = []
    faults: list[Diagnostic] = []
    for name in sorted(before.keys() | after.keys()):
        if name not in before or name not in after:
            made.append(_lone(after.get(name), before.get(name)))
            continue
        found = _changed(before[name], after[name])
        if found is not None:
            made.append(found)
            if after[name].draft.document.pack is None:
                span = _version_span(after[name].draft.document.node)
                faults += too_small(found.name, found.old_version, found.new_version, found.bump, span)
    packs = tuple(_packs(old, new, made))
    for pack in packs:
        span = _version_span(new.packs[pack.name].node)
        faults += too_small(pack.name, pack.old_version, pack.new_version, pack.bump, span)
    return Difference(
        policies=tuple(made),
        packs=packs,
        registries=tuple(_registries(old, new)),
        diagnostics=in_order(faults),
    )


def _packs(old: Compiled, new: Compiled, policies: Sequence[PolicyDiff]) -> Iterator[PackDiff]:
    """Packs that are themselves compared: those that policies import have versions of their owners."""
    for name in sorted(old.packs.keys() & new.packs.keys()):
        before, after = old.packs[name], new.packs[name]
        if before.locked is not None or after.locked is not None:
            continue
        within = [item.bump for item in policies if item.name == name or item.name.startswith(f"{name}.")]
        bump = max(within, default=Bump.NONE)
        versions = before.metadata.version, after.metadata.version
        if bump is not Bump.NONE or versions[0] != versions[1]:
            yield PackDiff(name=name, old_version=versions[0], new_version=versions[1], bump=bump)


def _version_span(node: MapNode) -> Span | None:
    metadata = node.get("metadata")
    return span_at(metadata, ["version"]) if isinstance(metadata, MapNode) else None


def _registries(old: Compiled, new: Compiled) -> Iterator[tuple[str, str]]:
    for name in sorted(old.registries.keys() | new.registries.keys()):
        before, after = old.registries.get(name), new.registries.get(name)
        if before is None or after is None:
            yield name, "added" if before is None else "removed"
        elif before.digest != after.digest:
            yield name, "changed"


def _rules(policy: CompiledPolicy) -> dict[str, HeldRule]:
    held = [HeldRule(policy, rule) for rule in policy.rules]
    return {item.id: item for item in held}


def _lone(added: CompiledPolicy | None, removed: CompiledPolicy | None) -> PolicyDiff:
    policy, status = (removed, "removed") if added is None else (added, "added")
    if policy is None:
        raise ValueError("a policy of neither side")
    rules = tuple(lone_rule(item, status) for _name, item in sorted(_rules(policy).items()))
    version = policy.draft.metadata.version
    return PolicyDiff(
        name=policy.draft.metadata.name,
        status=status,
        old_version=None if status == "added" else version,
        new_version=version if status == "added" else None,
        changes=(),
        rules=rules,
        unchanged=0,
        bump=_bump_of_rules(rules),
        pack=policy.draft.document.pack,
    )


def _changed(old: CompiledPolicy, new: CompiledPolicy) -> PolicyDiff | None:
    before, after = _rules(old), _rules(new)
    rules = [lone_rule(after[name], "added") for name in after.keys() - before.keys()]
    rules += [lone_rule(before[name], "removed") for name in before.keys() - after.keys()]
    both = before.keys() & after.keys()
    compared = [found for name in both if (found := compare_rules(before[name], after[name])) is not None]
    changes = (*_standing(old, new), *_parameters(old, new))
    versions = old.draft.metadata.version, new.draft.metadata.version
    if not rules and not compared and not changes and versions[0] == versions[1]:
        return None
    ordered = tuple(sorted([*rules, *compared], key=lambda item: item.rule))
    blocking = any(item.blocks for item in after.values())
    return PolicyDiff(
        name=new.draft.metadata.name,
        status="changed",
        old_version=versions[0],
        new_version=versions[1],
        changes=changes,
        rules=ordered,
        unchanged=len(both) - len(compared),
        bump=max([_bump_of_rules(ordered), _bump_of_changes(changes, blocking=blocking)]),
        pack=new.draft.document.pack,
    )


# --- outside the rules

_LATER_IS_LOOSER, _LATER_IS_TIGHTER = Direction("down"), Direction("up")
_META_TEXTS = ("title", "description", "owner", "superseded_by", "source", "source_checked_on")


def _standing(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[Change]:
    """Dates bound the time in which the rules are law: a longer time is tighter."""
    before, after = old.draft.metadata, new.draft.metadata
    for what, direction, unset in (
        ("applies_from", _LATER_IS_LOOSER, "0000-00-00"),
        ("applies_until", _LATER_IS_TIGHTER, "9999-99-99"),
    ):
        was, now = getattr(before, what), getattr(after, what)
        if was != now:
            yield Change(what, was, now, compare(direction, was or unset, now or unset))
    if before.legal_status != after.legal_status:
        yield Change("legal_status", before.legal_status, after.legal_status, None)
    for what in _META_TEXTS:
        was, now = getattr(before, what), getattr(after, what)
        if was != now:
            yield Change(what, was, now, None)


def _parameters(old: CompiledPolicy, new: CompiledPolicy) -> Iterator[Change]:
    """Parameters are shown; they count through the rules that use them."""
    for name in sorted(old.params.keys() | new.params.keys()):
        before, after = old.params.get(name), new.params.get(name)
        was, now = _words(before), _words(after)
        if was != now:
            yield Change(f"params.{name}", was, now, _parameter_order(before, after))


def _parameter_order(old: Resolved | None, new: Resolved | None) -> Order | None:
    if old is None or new is None or old.spec.tighten != new.spec.tighten or new.spec.tighten == "fixed":
        return None
    return compare(Direction(new.spec.tighten, tuple(new.spec.values or ())), old.value, new.value)


def _words(item: Resolved | None) -> str | None:
    if item is None:
        return None
    value = json_of(item.value)
    shown = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    return f"{shown} (tighten: {item.spec.tighten})"


# --- versions


def _bump_of_rules(rules: tuple[RuleDiff, ...]) -> Bump:
    if any(item.denies for item in rules):
        return Bump.MAJOR
    if any(item.status != "text" for item in rules):
        return Bump.MINOR
    return Bump.PATCH if rules else Bump.NONE


def _bump_of_changes(changes: tuple[Change, ...], *, blocking: bool) -> Bump:
    strict = any(item.order is Order.TIGHTER and not item.what.startswith("params.") for item in changes)
    if strict and blocking:
        return Bump.MAJOR
    meaning = [item for item in changes if item.what not in _META_TEXTS]
    return Bump.MINOR if meaning else Bump.PATCH if changes else Bump.NONE
