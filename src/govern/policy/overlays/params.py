"""Overlays of a rule's `with:`: each parameter of the check kind moves only in its own direction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, Span
from govern.inputs.yaml import MapNode, value_of
from govern.policy.faults import validated
from govern.policy.interface import CheckParams
from govern.policy.overlays.lattice import FIXED, Order, compare, fields_of
from govern.policy.overlays.overlay import Overlay, waiver_hint
from govern.policy.overlays.tightening import Layer, tightened

if TYPE_CHECKING:
    from govern.policy.rules import CompiledRule

__all__ = ["overlaid_params", "with_of"]


def with_of(rule: CompiledRule) -> MapNode | None:
    """Give the `with:` of a rule with what imports put in place of its values: for the places of faults.

    An assertion is never replaced, so it stays as the rule's author wrote it.
    """
    node = rule.draft.node.get("with")
    own = node if isinstance(node, MapNode) else None
    base = own
    for item in rule.overlays:
        base = _merged(base, item) or base
    if base is None or own is None:
        return base
    kept = rule.draft.spec.expression_params
    entries = (entry for entry in base.entries if entry[0].text not in kept)
    return MapNode((*entries, *(entry for entry in own.entries if entry[0].text in kept)), base.span)


def _merged(base: MapNode | None, item: Overlay) -> MapNode | None:
    """One mapping: the values of an overlay in place of the rule's, mappings key by key."""
    node = item.node.get("with")
    if not isinstance(node, MapNode):
        return None
    if base is None:
        return node
    entries = {key.text: (key, value) for key, value in base.entries}
    for key, value in node.entries:
        held = entries.get(key.text)
        if held is not None and isinstance(held[1], MapNode) and isinstance(value, MapNode):
            inner = {old.text: (old, below) for old, below in held[1].entries}
            inner |= {new.text: (new, below) for new, below in value.entries}
            entries[key.text] = (key, MapNode(tuple(inner.values()), value.span))
        else:
            entries[key.text] = (key, value)
    return MapNode(tuple(entries.values()), node.span)


def overlaid_params(
    rule: CompiledRule, name: str, below: Callable[[str], frozenset[str]], faults: list[Diagnostic]
) -> CompiledRule | None:
    """Tighten the parameters of a rule by what its overlays give under `with:`; None when one cannot be judged."""
    _assertable(rule, name, faults)
    layers: dict[str, list[Layer]] = {}
    for item in rule.overlays:
        node = item.node.get("with")
        if node is None:
            continue
        if not isinstance(node, MapNode):
            faults.append(Diagnostic("P203", "with: expected a mapping of parameters", node.span))
            return None
        typed = _typed(rule, item, node, faults)
        if typed is None:
            return None
        for key, value in node.entries:
            layers.setdefault(key.text, []).append(Layer(_held(typed, key.text), value.span, item.edge))
    if not layers:
        return rule
    return _joined(rule, name, layers, below, faults)


def _assertable(rule: CompiledRule, name: str, faults: list[Diagnostic]) -> None:
    if rule.draft.spec.expression_lists:
        return
    for item in rule.overlays:
        if item.changes.and_assert is not None:
            message = f"the rule {name} asserts no expression that could be added to"
            faults.append(Diagnostic("P201", message, item.node.key_span("and_assert"), "Tighten `with:` instead."))


def _held(params: CheckParams, key: str) -> Any:
    model = type(params)
    attribute = next((name for name, item in model.model_fields.items() if (item.alias or name) == key), key)
    return getattr(params, attribute)


def _typed(rule: CompiledRule, item: Overlay, node: MapNode, faults: list[Diagnostic]) -> CheckParams | None:
    """The parameters as this overlay alone would have them."""
    held = rule.draft.node.get("with")
    merged = _merged(held if isinstance(held, MapNode) else None, item) or node
    value = {**_dumped(rule), **_values(rule, node)}
    model, found = validated(rule.draft.spec.params, value, merged)
    faults += found
    return model


def _dumped(rule: CompiledRule) -> dict[str, Any]:
    """The typed values of a rule that its author or a parameter gave, by the names they are written under."""
    params = rule.params
    fields = type(params).model_fields
    return {
        item.alias or name: getattr(params, name) for name, item in fields.items() if name in params.model_fields_set
    }


def _values(rule: CompiledRule, node: MapNode) -> dict[str, Any]:
    """What an overlay gives; of a mapping it names only the keys that it changes."""
    made: dict[str, Any] = {}
    for key, value in node.entries:
        given: Any = value_of(value)
        known = any((item.alias or name) == key.text for name, item in type(rule.params).model_fields.items())
        held = _held(rule.params, key.text) if known else None
        made[key.text] = {**held, **given} if isinstance(given, dict) and isinstance(held, Mapping) else given
    return made


def _joined(
    rule: CompiledRule,
    name: str,
    layers: Mapping[str, Sequence[Layer]],
    below: Callable[[str], frozenset[str]],
    faults: list[Diagnostic],
) -> CompiledRule | None:
    directions = fields_of(rule.draft.spec.params)
    node = rule.draft.node.get("with")
    values = _dumped(rule)
    origins: dict[str, tuple[Span, ...]] = dict(rule.overlaid)
    moved: set[str] = set()
    for key, given in layers.items():
        direction = directions.get(key, FIXED)
        held = _held(rule.params, key)
        place = node.get(key) if isinstance(node, MapNode) else None
        span = rule.draft.node.key_span("check") if place is None else place.span
        found = tightened(
            f"{key} of the rule {name}", direction, (held, span), given, below=below, instead=waiver_hint(name)
        )
        faults += found.faults
        if compare(direction, held, found.value) is not Order.EQUAL:
            values[key] = found.value
            moved.add(key)
        origins[f"with/{key}"] = found.origin
    model, problems = validated(rule.draft.spec.params, values, with_of(rule) or MapNode((), rule.draft.node.span))
    faults += problems
    if model is None:
        return None
    guard = rule.draft.spec.not_tighter
    loose = None if guard is None else guard(rule.params, model)
    if loose is not None:
        key, reason = loose
        span = layers[key][-1].span if key in layers else rule.draft.node.span
        hint = "Write a rule of your own beside it; an import may only tighten."
        faults.append(Diagnostic("P307", f"{key} of the rule {name} may not be moved so: {reason}", span, hint))
    return replace(
        rule,
        params=model,
        overlaid=origins,
        origins={path: param for path, param in rule.origins.items() if path[0] not in moved},
    )
