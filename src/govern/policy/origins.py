"""Where every effective value of a rule comes from: the chain of places, from the first to the one that decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from govern.canonical import Json
from govern.diagnostics import Span
from govern.inputs.yaml import MapNode
from govern.policy.compile import Compiled
from govern.policy.rules import CompiledPolicy, CompiledRule, expressions_of
from govern.policy.values import json_of

__all__ = ["Step", "Value", "explain_origins", "origins_of"]

_KEYS = ("severity", "enforcement", "stages", "controls", "waivable", "max_waiver_days", "when")


@dataclass(frozen=True, slots=True)
class Step:
    """One place of a chain, and what happened there."""

    what: str
    span: Span | None
    """None for what nobody wrote: a default."""

    @property
    def text(self) -> str:
        """The step in words."""
        return self.what if self.span is None else f"{_place(self.span)}  {self.what}"


@dataclass(frozen=True, slots=True)
class Value:
    """An effective value of a rule and the chain that led to it, the deciding place last."""

    name: str
    shown: str
    chain: tuple[Step, ...]


def _place(span: Span) -> str:
    """`file:line:column`, or the option for a value of the command line."""
    return span.file if span.file.startswith("--") else f"{span.file}:{span.line}:{span.column}"


def explain_origins(compiled: Compiled, name: str) -> str | None:
    """Write every effective value of a rule with its chain of places; None when there is no such rule."""
    for policy in compiled.policies:
        for rule in policy.rules:
            if f"{policy.draft.metadata.name}/{rule.draft.rule.id}" == name:
                return "\n".join(_lines(name, origins_of(policy, rule)))
    return None


def _lines(name: str, values: Sequence[Value]) -> Iterator[str]:
    yield f"{name}: where each value comes from, the place that decides last"
    for value in values:
        yield f"  {value.name}: {value.shown}"
        yield from (f"      {step.text}" for step in value.chain)


def origins_of(policy: CompiledPolicy, rule: CompiledRule) -> tuple[Value, ...]:
    """Give the values that decide what a rule asks, when, and what a failure means."""
    return (*_own(policy, rule), *_parameters(policy, rule))


def _own(policy: CompiledPolicy, rule: CompiledRule) -> Iterator[Value]:
    written = rule.draft.rule
    held: Mapping[str, Any] = {
        "severity": written.severity,
        "enforcement": rule.draft.enforcement.value,
        "stages": [stage.value for stage in rule.stages],
        "controls": list(written.controls),
        "waivable": written.waivable,
        "max_waiver_days": written.max_waiver_days,
        "when": None if rule.when is None else rule.when.text,
    }
    defaults = {"enforcement": f"default for severity {written.severity}", "stages": f"default of {written.check}"}
    if policy.applies_when is not None:
        place = policy.draft.spec_node.get("applies_when")
        span = policy.draft.spec_node.key_span("applies_when") if place is None else place.span
        yield Value("applies_when", policy.applies_when.text, (Step("written for the whole policy", span),))
    for name in _KEYS:
        node = rule.draft.node.get(name)
        if held[name] in (None, []):
            continue
        first = Step(defaults.get(name, "default"), None) if node is None else Step("written in the rule", node.span)
        yield Value(name, _shown(held[name]), (first, *_layers(rule, name)))
    for item in rule.overlays:
        if item.changes.also_when is not None:
            yield Value("also_when", item.changes.also_when, (Step("added by an import", item.span("also_when")),))
        if item.changes.and_assert is not None:
            yield Value("and_assert", item.changes.and_assert, (Step("added by an import", item.span("and_assert")),))


def _parameters(policy: CompiledPolicy, rule: CompiledRule) -> Iterator[Value]:
    dumped: Mapping[str, Json] = rule.params.model_dump(mode="json", by_alias=True, exclude_none=True)
    within = rule.draft.node.get("with")
    for key, value in dumped.items():
        node = within.get(key) if isinstance(within, MapNode) else None
        chain = [Step("default of the check kind", None) if node is None else Step("written in the rule", node.span)]
        for name in sorted({name for path, name in rule.origins.items() if path[0] == key}):
            chain += _declared(policy, name)
        yield Value(f"with.{key}", _shown(value), (*chain, *_layers(rule, f"with/{key}")))
    read = {name for expression in expressions_of(rule) for name in expression.params}
    for name in sorted(read & policy.params.keys()):
        yield Value(f"params.{name}", _shown(json_of(policy.params[name].value)), tuple(_declared(policy, name)))


def _declared(policy: CompiledPolicy, name: str) -> Iterator[Step]:
    first, *later = policy.params[name].origin
    yield Step(f"parameter {name}, as declared", first)
    yield from (Step(f"parameter {name}, tightened", span) for span in later)


def _layers(rule: CompiledRule, name: str) -> Iterator[Step]:
    """The places of importing policies that changed a value, nearest last."""
    own = rule.draft.node.span.file
    return (Step("tightened by an import", span) for span in rule.overlaid.get(name, ()) if span.file != own)


def _shown(value: Json) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_shown(item)}' for key, item in value.items())}}}"
    return str(value)
