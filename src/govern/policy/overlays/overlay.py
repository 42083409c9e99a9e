"""Overlays: what imports tighten in the rules and parameters of a pack. Nothing else can change an imported rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from govern.diagnostics import Diagnostic, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, value_of
from govern.policy.evidence_schema import suggest
from govern.policy.faults import validated
from govern.policy.outcomes import Enforcement
from govern.policy.overlays.lattice import Direction
from govern.policy.overlays.tightening import Layer, tightened
from govern.policy.packs.bringing import Brought, Edge
from govern.policy.packs.documents import RuleOverlay
from govern.policy.shape import Catalogue, PolicyDraft, RuleDraft, control_faults
from govern.records import record

__all__ = ["Overlay", "Overlays", "ParamLayer", "gather", "overlaid", "waiver_hint"]


@record
class Overlay:
    """What one import changes in one rule."""

    changes: RuleOverlay
    node: MapNode
    edge: Edge

    def span(self, key: str) -> Span:
        """The place of a value, or of its key."""
        held = self.node.get(key)
        return self.node.key_span(key) if held is None else held.span


@record
class ParamLayer:
    """A value that one import (or, without an edge, the command line) gives to a parameter."""

    given: Any
    """As `value_of` gives it: not typed yet."""
    node: Node
    edge: Edge | None


@dataclass(frozen=True, slots=True)
class Overlays:
    """Everything that imports change, by what they change."""

    rules: Mapping[str, tuple[Overlay, ...]] = field(default_factory=dict)
    """By `<policy>/<rule>`, in the order of their places."""
    params: Mapping[tuple[str, str], tuple[ParamLayer, ...]] = field(default_factory=dict)
    """By policy and name of the parameter."""
    below: Callable[[str], frozenset[str]] = frozenset
    """The packs that a pack builds on, itself included."""

    def of_rule(self, draft: RuleDraft, policy: PolicyDraft) -> tuple[Overlay, ...]:
        """Give the overlays of a rule."""
        return self.rules.get(f"{policy.metadata.name}/{draft.rule.id}", ())

    def of_policy(self, name: str) -> dict[str, tuple[ParamLayer, ...]]:
        """Give the layers of a policy's parameters, by name."""
        return {param: layers for (policy, param), layers in self.params.items() if policy == name}


def waiver_hint(rule: str) -> str:
    """Name the waiver to ask for instead of loosening a rule."""
    command = f'govern waive {rule} EVALUATION.json --for 30d --reason "..." --control "..."'
    return f"An import may only tighten. Ask for a waiver of the rule instead: {command}"


def gather(brought: Brought, policies: Sequence[PolicyDraft]) -> tuple[Overlays, tuple[Diagnostic, ...]]:
    """Sort what imports change by rule and parameter; what they name and nobody has is a fault (P308, P401)."""
    faults: list[Diagnostic] = []
    rules: dict[str, list[Overlay]] = {}
    params: dict[tuple[str, str], list[ParamLayer]] = {}
    by_pack: dict[str, list[PolicyDraft]] = {}
    for policy in policies:
        if policy.document.pack is not None:
            by_pack.setdefault(policy.document.pack, []).append(policy)
    edges = sorted(brought.edges, key=lambda edge: (edge.importer, edge.node.span.line or 0))
    for edge in edges:
        if edge.item.pack not in brought.packs or brought.packs[edge.item.pack].locked is None:
            continue
        reach = [policy for pack in sorted(brought.below(edge.item.pack)) for policy in by_pack.get(pack, ())]
        for name, overlay in _rules(edge, reach, faults):
            rules.setdefault(name, []).append(overlay)
        for key, layer in _params(edge, reach, faults):
            params.setdefault(key, []).append(layer)
    made = Overlays(
        {name: tuple(items) for name, items in rules.items()},
        {key: tuple(items) for key, items in params.items()},
        brought.below,
    )
    return made, tuple(faults)


def _rules(edge: Edge, reach: Sequence[PolicyDraft], faults: list[Diagnostic]) -> Iterator[tuple[str, Overlay]]:
    node = edge.node.get("rules")
    known = {f"{policy.metadata.name}/{draft.rule.id}" for policy in reach for draft in policy.rules}
    for key, body in node.entries if isinstance(node, MapNode) else ():
        if key.text not in known:
            near = suggest(key.text, [*known, *(name.rpartition("/")[2] for name in known)])
            full = next((name for name in sorted(known) if near and name.endswith(near)), near)
            hint = f"Did you mean '{full}'?" if full else f"Rules of it are {', '.join(sorted(known)[:12])}."
            faults.append(Diagnostic("P308", f"the pack '{edge.item.pack}' has no rule '{key.text}'", key.span, hint))
            continue
        placeholder = _placeholder(body)
        if placeholder is not None:
            faults.append(placeholder)
            continue
        changes, found = validated(RuleOverlay, value_of(body), body)
        faults += found
        if changes is not None and isinstance(body, MapNode):
            yield key.text, Overlay(changes, body, edge)


def _params(
    edge: Edge, reach: Sequence[PolicyDraft], faults: list[Diagnostic]
) -> Iterator[tuple[tuple[str, str], ParamLayer]]:
    node = edge.node.get("params")
    known = {(policy.metadata.name, name) for policy in reach for name in policy.spec.params}
    for key, value in node.entries if isinstance(node, MapNode) else ():
        policy, slash, name = key.text.rpartition("/")
        owners = sorted(owner for owner, held in known if held == name and (not slash or owner == policy))
        placeholder = _placeholder(value)
        if placeholder is not None:
            faults.append(placeholder)
        elif len(owners) == 1:
            yield (owners[0], name), ParamLayer(value_of(value), value, edge)
        elif owners:
            message = f"several policies of the pack '{edge.item.pack}' have a parameter '{name}'"
            faults.append(Diagnostic("P401", message, key.span, f"Write {owners[0]}/{name}."))
        else:
            near = suggest(key.text, {*(held for _owner, held in known), *("/".join(item) for item in known)})
            hint = f"Did you mean '{near}'?" if near else None
            message = f"the pack '{edge.item.pack}' has no parameter '{key.text}'"
            faults.append(Diagnostic("P401", message, key.span, hint))


def _placeholder(node: Node) -> Diagnostic | None:
    """An overlay holds literals: `params` here would be those of another file."""
    if isinstance(node, ScalarNode):
        if "${" not in node.text:
            return None
        at = node.place(node.text.index("${")) or node.span
        return Diagnostic("P405", "a placeholder in an import", at, "Write the value itself.")
    below = node.items if isinstance(node, ListNode) else tuple(value for _key, value in node.entries)
    return next((found for item in below if (found := _placeholder(item)) is not None), None)


# --- the keys of a rule

_FIELDS: Mapping[str, Direction] = {
    "severity": Direction("order", ("low", "medium", "high", "critical")),
    "enforcement": Direction("order", ("record", "warn", "block")),
    "waivable": Direction("order", ("true", "false")),
    "max_waiver_days": Direction("down"),
}


def overlaid(
    draft: RuleDraft,
    name: str,
    overlays: Sequence[Overlay],
    catalogues: Mapping[str, Catalogue],
    below: Callable[[str], frozenset[str]],
) -> tuple[RuleDraft, dict[str, tuple[Span, ...]], tuple[Diagnostic, ...]]:
    """Tighten a rule's own keys; give the rule, where each changed key comes from, and the faults.

    `stages` and `controls` of an overlay are added to those of the rule; `with` is the business of the parameters.
    """
    if not overlays:
        return draft, {}, ()
    faults: list[Diagnostic] = []
    changes: dict[str, Any] = {"enforcement": draft.enforcement}
    origins: dict[str, tuple[Span, ...]] = {}
    for key, direction in _FIELDS.items():
        layers = [
            Layer(_plain(value), item.span(key), item.edge)
            for item in overlays
            if (value := getattr(item.changes, key)) is not None
        ]
        if layers:
            held = _plain(draft.enforcement if key == "enforcement" else getattr(draft.rule, key))
            base = (held, draft.node.key_span(key))
            found = tightened(
                f"{key} of the rule {name}", direction, base, layers, below=below, instead=waiver_hint(name)
            )
            faults += found.faults
            changes[key] = Enforcement(found.value) if key == "enforcement" else found.value
            origins[key] = found.origin
    stages = {
        *(draft.rule.stages or draft.spec.default_stages),
        *(stage for o in overlays for stage in o.changes.stages),
    }
    controls = {*draft.rule.controls, *(control for item in overlays for control in item.changes.controls)}
    changes |= {"stages": tuple(sorted(stages)), "controls": tuple(sorted(controls))}
    for item in overlays:
        faults += control_faults(item.node, item.changes.controls, catalogues)
        for key in ("stages", "controls"):
            if getattr(item.changes, key):
                origins[key] = (*origins.get(key, (draft.node.key_span(key),)), item.span(key))
    return replace(draft, rule=draft.rule.model_copy(update=changes)), origins, tuple(faults)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enforcement) else value
