"""How one rule changed between two versions of a policy, field by field, by the lattice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from govern.canonical import Json
from govern.policy.comparisons import assertions_of
from govern.policy.difference.expressions import Change, assertion_changes, condition_change, widening_change
from govern.policy.outcomes import Enforcement
from govern.policy.overlays.lattice import Direction, Order, compare, compared, fields_of
from govern.policy.rules import CompiledPolicy, CompiledRule, attribute_of

__all__ = ["HeldRule", "RuleDiff", "compare_rules", "lone_rule"]

_ENFORCEMENT = Direction("order", ("record", "warn", "block"))
_SEVERITY = Direction("order", ("low", "medium", "high", "critical"))
_WAIVABLE = Direction("order", ("true", "false"))
_TEXTS = ("title", "message", "remediation", "references")
_NEVER_DENIES = ("severity", "controls")
"""What may become stricter without denying a model: it changes who looks, not what passes."""


@dataclass(frozen=True, slots=True)
class HeldRule:
    """A compiled rule together with its policy."""

    policy: CompiledPolicy
    rule: CompiledRule

    @property
    def id(self) -> str:
        """The qualified name."""
        return f"{self.policy.draft.metadata.name}/{self.rule.draft.rule.id}"

    @property
    def blocks(self) -> bool:
        """Whether a failure stops a model."""
        return self.rule.draft.enforcement is Enforcement.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDiff:
    """A rule that differs."""

    rule: str
    status: str
    """added, removed, tightened, loosened, incomparable or text."""
    enforcement: str
    """Of the new version, or of the old one where the rule was removed."""
    changes: tuple[Change, ...]
    denies: bool
    """Whether a model that was let through can now be stopped."""

    @property
    def loosens(self) -> bool:
        """Whether something is, or may be, let through that was not: what has no order is not shown to be harmless."""
        orders = [item.order for item in self.changes]
        return self.status == "removed" or Order.LOOSER in orders or Order.INCOMPARABLE in orders


def lone_rule(held: HeldRule, status: str) -> RuleDiff:
    """Give a rule that only one side has."""
    return RuleDiff(
        rule=held.id,
        status=status,
        enforcement=held.rule.draft.enforcement.value,
        changes=(),
        denies=status == "added" and held.blocks,
    )


def compare_rules(old: HeldRule, new: HeldRule) -> RuleDiff | None:
    """Say how a rule changed, or None when it did not."""
    changes = tuple(_changes(old, new))
    if not changes:
        return None
    order = compared(item.order for item in changes if item.order is not None)
    words = {Order.TIGHTER: "tightened", Order.LOOSER: "loosened", Order.INCOMPARABLE: "incomparable"}
    strict = [item for item in changes if item.order in (Order.TIGHTER, Order.INCOMPARABLE)]
    return RuleDiff(
        rule=new.id,
        status=words.get(order, "text"),
        enforcement=new.rule.draft.enforcement.value,
        changes=changes,
        denies=new.blocks and any(item.what not in _NEVER_DENIES for item in strict),
    )


def _changes(old: HeldRule, new: HeldRule) -> Iterator[Change]:
    before, after = old.rule, new.rule
    kinds = before.draft.spec.kind, after.draft.spec.kind
    if kinds[0] != kinds[1]:
        yield Change("check", *kinds, Order.INCOMPARABLE)
    else:
        yield from _parameter_changes(before, after)
    conditions = _conditions(old), _conditions(new)
    found = condition_change(*conditions)
    if found is not None:
        yield found
    widened = widening_change(before.also_when, after.also_when) if any(conditions) else None
    if widened is not None:
        yield widened
    written, rewritten = before.draft.rule, after.draft.rule
    stages = tuple(item.value for item in before.stages), tuple(item.value for item in after.stages)
    pairs: tuple[tuple[str, Direction, Any, Any], ...] = (
        ("enforcement", _ENFORCEMENT, before.draft.enforcement.value, after.draft.enforcement.value),
        ("severity", _SEVERITY, written.severity, rewritten.severity),
        ("stages", Direction("superset"), *stages),
        ("controls", Direction("superset"), written.controls, rewritten.controls),
        ("waivable", _WAIVABLE, written.waivable, rewritten.waivable),
        ("max_waiver_days", Direction("down"), written.max_waiver_days, rewritten.max_waiver_days),
    )
    for what, direction, was, now in pairs:
        yield from _directed(what, direction, was, now)
    for name in _TEXTS:
        was, now = getattr(written, name), getattr(rewritten, name)
        if was != now:
            yield Change(name, _shown(was), _shown(now), None)


def _conditions(held: HeldRule) -> tuple[Any, ...]:
    return tuple(item for item in (held.policy.applies_when, held.rule.when) if item is not None)


def _parameter_changes(old: CompiledRule, new: CompiledRule) -> Iterator[Change]:
    model = type(new.params)
    expressions = new.draft.spec.texts_of_expressions
    yield from assertion_changes(assertions_of(old.params), assertions_of(new.params))
    shown_old = old.params.model_dump(mode="json", by_alias=True)
    shown_new = new.params.model_dump(mode="json", by_alias=True)
    for name, direction in fields_of(model).items():
        attribute = attribute_of(model, name)
        was, now = getattr(old.params, attribute), getattr(new.params, attribute)
        if name not in expressions and was != now:
            order = _guarded(new, name, compare(direction, was, now), old)
            if order is not Order.EQUAL:
                yield Change(name, _shown(shown_old[name]), _shown(shown_new[name]), order)


def _guarded(new: CompiledRule, name: str, order: Order, old: CompiledRule) -> Order:
    """Where a kind says that moving a parameter in its direction is not enough, neither version is the tighter one."""
    guard = new.draft.spec.not_tighter
    if guard is None or order not in (Order.TIGHTER, Order.LOOSER):
        return order
    pair = (old.params, new.params) if order is Order.TIGHTER else (new.params, old.params)
    found = guard(*pair)
    return Order.INCOMPARABLE if found is not None and found[0] == name else order


def _directed(what: str, direction: Direction, was: Any, now: Any) -> Iterator[Change]:
    order = compare(direction, was, now)
    if order is not Order.EQUAL:
        yield Change(what, _shown(was), _shown(now), order)


def _shown(value: Json) -> str | None:
    """Write a value on one line, as an author would write it in YAML's flow style."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return f"[{', '.join(str(_shown(item)) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)
