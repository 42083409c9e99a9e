"""Stage 3, parameters: typed values with their origin, and `${params.x}` put where a whole scalar asks for it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from govern.canonical import Json
from govern.diagnostics import Diagnostic, Severity, Span
from govern.inputs.scalars import ScalarText
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode, value_of
from govern.policy.documents import Day, Parameter
from govern.policy.durations import compare as compare_durations
from govern.policy.evidence_schema import suggest
from govern.policy.faults import validated
from govern.policy.overlays.lattice import Direction
from govern.policy.overlays.overlay import Overlays, ParamLayer, waiver_hint
from govern.policy.overlays.tightening import Layer, tightened
from govern.policy.shape import PolicyDraft
from govern.policy.types import Count, Duration, Flag, Names, Number, Text
from govern.policy.values import ParameterValue, json_of

__all__ = ["Override", "Resolved", "filled", "given_layer", "resolve", "unused"]

Override = str | tuple[str, ...]
"""A value from outside the policies: its text, or the members of a set. In a text of a set, commas part the members."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_WHOLE = re.compile(r"\$\{params\.([A-Za-z0-9_.-]+)\}", re.ASCII)
_TYPES: Mapping[str, Any] = {
    "number": Number,
    "integer": Count,
    "string": Text,
    "bool": Flag,
    "duration": Duration,
    "date": Day,
    "enum": Text,
    "set": Names,
}
_ORDERED = ("number", "integer", "duration", "date")
_DIRECTIONS = {
    "up": _ORDERED,
    "down": _ORDERED,
    "superset": ("set",),
    "subset": ("set",),
    "order": ("enum", "bool"),
}


@dataclass(frozen=True, slots=True)
class Resolved:
    """A parameter with its value, and every place the value comes from, nearest last."""

    name: str
    spec: Parameter
    value: ParameterValue
    origin: tuple[Span, ...]
    given: bool = False
    """Whether the value came from outside the policies, and is another than theirs."""

    def document(self) -> dict[str, Json]:
        """The parameter as the plan writes it."""
        made: dict[str, Json] = {"type": self.spec.type, "tighten": self.spec.tighten, "value": json_of(self.value)}
        return made | {"given": True} if self.given else made


def resolve(policy: PolicyDraft, overlays: Overlays) -> tuple[dict[str, Resolved], tuple[Diagnostic, ...]]:
    """Type the parameters of a policy; what imports and the command line give may only tighten."""
    faults: list[Diagnostic] = []
    found: dict[str, Resolved] = {}
    node = policy.spec_node.get("params")
    for key, item in node.entries if isinstance(node, MapNode) else ():
        if not _NAME.fullmatch(key.text):
            hint = "Names of parameters are lower case with underscores, so that expressions can read them."
            faults.append(Diagnostic("P205", f"'{key.text}' is not a name of a parameter", key.span, hint))
            continue
        made = _parameter(key.text, item, faults)
        if made is not None:
            found[key.text] = made
    for name, layers in sorted(overlays.of_policy(policy.metadata.name).items()):
        if name in found:
            found[name] = _layered(policy, found[name], layers, overlays, faults)
    return found, tuple(faults)


def _parameter(name: str, node: Node, faults: list[Diagnostic]) -> Resolved | None:
    spec, problems = validated(Parameter, value_of(node), node)
    faults += problems
    if spec is None or not isinstance(node, MapNode):
        return None
    allowed = _DIRECTIONS.get(spec.tighten)
    if allowed is not None and spec.type not in allowed:
        message = f"a parameter of type {spec.type} cannot move '{spec.tighten}'"
        faults.append(Diagnostic("P204", message, node.key_span("tighten"), _direction_hint(spec.type)))
    if spec.type == "enum" and not spec.values:
        faults.append(Diagnostic("P202", "'values' is missing", Span(node.span.file, node.span.line, node.span.column)))
        return None
    value_node = node.get("default") or node
    value = _typed(spec.type, spec.default, value_node, faults)
    if value is None:
        return None
    for problem in _limits(spec, value, node):
        faults.append(Diagnostic("P403", f"'{name}' {problem}", value_node.span))
    return Resolved(name, spec, value, (value_node.span,))


def _direction_hint(type_: str) -> str:
    fits = [name for name, types in _DIRECTIONS.items() if type_ in types]
    return f"Use {', '.join([*fits, 'fixed'])}."


class _Holder(BaseModel):
    model_config = ConfigDict(strict=True)


def _typed(type_: str, given: Any, node: Node, faults: list[Diagnostic]) -> ParameterValue | None:
    model = create_model("Value", __base__=_Holder, value=(_TYPES[type_], ...))
    made, problems = validated(model, {"value": given}, node)
    for problem in problems:
        message = problem.message.removeprefix("value: ")
        faults.append(Diagnostic("P207" if problem.code == "P207" else "P402", message, node.span))
    if made is None:
        return None
    value: ParameterValue = made.value  # type: ignore[attr-defined]  # the field made above
    return tuple(sorted(set(value))) if isinstance(value, tuple) else value


def _limits(spec: Parameter, value: ParameterValue, node: MapNode) -> Iterator[str]:
    """Say what is wrong with a value that has the right type."""
    if spec.values is not None:
        members = value if isinstance(value, tuple) else (value,)
        strange = [str(item) for item in members if str(item) not in spec.values]
        if strange:
            yield f"is {strange[0]}, which is not one of {', '.join(spec.values)}"
    for name, sign, word in (("min", 1, "below"), ("max", -1, "above")):
        given = getattr(spec, name)
        limit_node = node.get(name)
        if given is None or limit_node is None:
            continue
        problems: list[Diagnostic] = []
        limit = _typed(spec.type, given, limit_node, problems) if spec.type in _ORDERED else None
        order = None if limit is None else _compare(spec.type, value, limit)
        if limit is None or order is None:
            yield f"has a {name} that does not fit its type"
        elif order * sign < 0:
            yield f"is {json_of(value)}, {word} its {name} {json_of(limit)}"
    if spec.pattern is not None and isinstance(value, str):
        try:
            if not re.fullmatch(spec.pattern, value):
                yield f"does not match its pattern {spec.pattern}"
        except re.error:
            yield "has a pattern that is no regular expression"


def _compare(type_: str, left: ParameterValue, right: ParameterValue) -> int | None:
    if type_ == "duration":
        return compare_durations(str(left), str(right))
    if isinstance(left, str) and isinstance(right, str):  # dates in ISO text order like time
        return (left > right) - (left < right)
    if isinstance(left, Decimal | int) and isinstance(right, Decimal | int):
        return (left > right) - (left < right)
    return None


# --- layers: imports, then the command line


def _layered(
    policy: PolicyDraft, held: Resolved, layers: Sequence[ParamLayer], overlays: Overlays, faults: list[Diagnostic]
) -> Resolved:
    spec = held.spec
    typed: list[Layer] = []
    for layer in layers:
        found: list[Diagnostic] = []
        value = _typed(spec.type, _given(spec, layer), layer.node, found)
        node = policy.spec_node.get("params")
        declared = node.get(held.name) if isinstance(node, MapNode) else None
        if value is not None and isinstance(declared, MapNode):
            found += [
                Diagnostic("P403", f"'{held.name}' {problem}", layer.node.span)
                for problem in _limits(spec, value, declared)
            ]
        if value is not None and not found:
            typed.append(Layer(value, layer.node.span, layer.edge))
        faults += found
    rules = [draft.rule.id for draft in policy.rules if f"params.{held.name}" in _text_of(draft.node)]
    name = f"{policy.metadata.name}/{rules[0] if rules else '<rule>'}"
    made = tightened(
        f"the parameter {policy.metadata.name}/{held.name}",
        _direction(spec),
        (held.value, held.origin[0]),
        typed,
        below=overlays.below,
        instead=waiver_hint(name),
    )
    faults += made.faults
    given = any(layer.edge is None and layer.span in made.origin for layer in typed)
    return Resolved(held.name, spec, made.value, made.origin, given=given)


def given_layer(name: str, override: Override) -> ParamLayer:
    """Give the layer of a value from outside the policies: the command line, or a caller of the Python API."""
    text = override if isinstance(override, str) else ",".join(override)
    node = ScalarNode(text, True, Span(f"--param {name}={text}", 1, 1))
    given: Any = ScalarText(text) if isinstance(override, str) else [ScalarText(item.strip()) for item in override]
    return ParamLayer(given, node, None)


def _direction(spec: Parameter) -> Direction:
    return Direction(spec.tighten, spec.values or ("false", "true"))


def _given(spec: Parameter, layer: ParamLayer) -> Any:
    if layer.edge is None and spec.type == "set" and isinstance(layer.given, str):  # --param name=a,b
        return [ScalarText(item.strip()) for item in layer.given.split(",")]
    return layer.given


def _text_of(node: Node) -> str:
    if isinstance(node, ScalarNode):
        return node.text
    below = node.items if isinstance(node, ListNode) else tuple(value for _key, value in node.entries)
    return "\n".join(_text_of(item) for item in below)


# --- placeholders


@dataclass
class Filling:
    """The values of a node with placeholders filled in, and where each one stood."""

    declared: frozenset[str] = frozenset()
    value: Any = None
    used: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)
    faulty: set[Span] = field(default_factory=set)
    """Places of the scalars that could not be filled in: nothing else need be said of them."""


def filled(
    node: Node | None, params: Mapping[str, Resolved], *, declared: Collection[str] = (), leave: Sequence[str] = ()
) -> Filling:
    """Turn a tree into values with each `${params.x}` replaced by the typed value of the parameter.

    `declared` are all names that the policy declares: one that is not in `params` has a fault of its own.
    `leave` names top-level keys whose text is an expression: there placeholders are the expression stage's business.
    """
    made = Filling(frozenset(declared))
    made.value = None if node is None else _fill(node, params, (), made, leave)
    return made


def _fill(
    node: Node, params: Mapping[str, Resolved], path: tuple[str | int, ...], made: Filling, leave: Sequence[str]
) -> Any:
    if isinstance(node, ListNode):
        return [_fill(item, params, (*path, index), made, leave) for index, item in enumerate(node.items)]
    if isinstance(node, MapNode):
        return {key.text: _fill(item, params, (*path, key.text), made, leave) for key, item in node.entries}
    if "${" not in node.text or (len(path) == 1 and path[0] in leave):
        return value_of(node)
    whole = _WHOLE.fullmatch(node.text)
    if whole is None:
        at = node.text.index("${")
        hint = "Write ${params.<name>} alone, as the whole value."
        made.faulty.add(node.span)
        made.faults.append(Diagnostic("P405", "a placeholder inside text", node.place(at) or node.span, hint))
        return value_of(node)
    held = params.get(whole[1])
    if held is None:
        made.faulty.add(node.span)
        if whole[1] in made.declared:
            return value_of(node)
        near = suggest(whole[1], {*params, *made.declared})
        hint = f"Did you mean '${{params.{near}}}'?" if near else "Declare it under spec.params."
        made.faults.append(Diagnostic("P401", f"this policy has no parameter '{whole[1]}'", node.span, hint))
        return value_of(node)
    made.used[path] = held.name
    return list(held.value) if isinstance(held.value, tuple) else held.value


def unused(params: Mapping[str, Resolved], used: set[str]) -> Iterator[Diagnostic]:
    """Warn of parameters that nothing reads."""
    for name in sorted(set(params) - used):
        message = f"nothing reads the parameter '{name}'"
        yield Diagnostic("P404", message, params[name].origin[0], "Remove it, or use it.", Severity.WARNING)
