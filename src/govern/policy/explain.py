"""Words for people: what a check kind, a rule or a control asks, why, and what it cannot show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from govern.canonical import Json
from govern.policy.compile import Compiled
from govern.policy.interface import CheckSpec
from govern.policy.rules import CompiledPolicy, CompiledRule, expressions_of

__all__ = ["explain_control", "explain_kind", "explain_rule", "known_names"]

_DIRECTIONS = {
    "up": "may only be raised",
    "down": "may only be lowered",
    "superset": "members may only be added",
    "subset": "members may only be removed",
    "order": "may only become stricter",
}


def explain_kind(spec: CheckSpec) -> str:
    """Explain a check kind: when it passes, what it reads from a rule, what it cannot show."""
    lines = [
        f"{spec.kind} (check kind, version {spec.version})",
        "",
        f"Passes when: {spec.passes_when}",
        f"Cannot show: {spec.cannot_show}",
        f"Asked at: {', '.join(stage.value for stage in spec.default_stages)}, unless a rule says otherwise",
        "",
        "Parameters:",
        *_parameters(spec),
    ]
    if spec.message_fields:
        lines += ["", f"Fields for messages: {', '.join(spec.message_fields)}"]
    return "\n".join(lines)


def _parameters(spec: CheckSpec) -> Iterator[str]:
    for name, item in spec.params.model_fields.items():
        extra: Any = item.json_schema_extra or {}
        default = "required" if item.is_required() else f"default {_shown(item.default)}"
        direction = _DIRECTIONS.get(str(extra.get("tighten")), "")
        note = f"; {direction} by a later layer" if direction else ""
        yield f"  {item.alias or name} ({default}{note})"
        yield f"      {item.description}"


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(_shown(item) for item in value)}]"
    return str(value)


def known_names(compiled: Compiled) -> tuple[str, ...]:
    """Give the rules (`policy/rule`) and controls (`catalogue/clause`) that can be explained, sorted."""
    rules = [
        f"{policy.draft.metadata.name}/{rule.draft.rule.id}" for policy in compiled.policies for rule in policy.rules
    ]
    controls = [f"{name}/{clause}" for name, item in compiled.catalogues.items() for clause in item.controls]
    return tuple(sorted({*rules, *controls}))


def explain_rule(compiled: Compiled, name: str) -> str | None:
    """Explain a rule by its qualified name; None when there is none."""
    for policy in compiled.policies:
        for rule in policy.rules:
            if _identity(policy, rule) == name:
                return "\n".join(_rule(name, policy, rule, compiled))
    return None


def _identity(policy: CompiledPolicy, rule: CompiledRule) -> str:
    return f"{policy.draft.metadata.name}/{rule.draft.rule.id}"


def _rule(name: str, policy: CompiledPolicy, rule: CompiledRule, compiled: Compiled) -> Iterator[str]:
    written, spec = rule.draft.rule, rule.draft.spec
    meta = policy.draft.metadata
    yield f"{name} (rule of {meta.title or meta.name} {meta.version})"
    yield ""
    yield written.title or written.id
    yield ""
    yield f"Severity {written.severity}; {_effect(rule)}"
    yield f"Asked at: {', '.join(stage.value for stage in rule.stages)}"
    for label, condition in (("the policy applies", policy.applies_when), ("the rule applies", rule.when)):
        if condition is not None:
            yield f"Only where {label}: {condition.text} (where the facts are absent it applies)"
    yield f"Written in: {_place(rule.draft.node.span.file, rule.draft.node.span.line)}"
    yield ""
    yield f"Check: {spec.kind}, which passes when: {spec.passes_when}"
    yield from _values(policy, rule)
    for expression in expressions_of(rule):
        yield f"  reads {', '.join(expression.read_texts)}"
    yield ""
    yield from _law(policy, rule, compiled)
    yield f"What it cannot show: {spec.cannot_show}"
    yield f"What to do when it fails: {written.remediation or spec.default_remediation or 'see the findings'}"


_EFFECTS = {
    "block": "a failure stops the model",
    "warn": "a failure is a warning",
    "record": "the outcome is recorded",
}


def _effect(rule: CompiledRule) -> str:
    written = rule.draft.rule
    waiver = f"may be waived for up to {written.max_waiver_days} days" if written.waivable else "may not be waived"
    return f"{_EFFECTS[rule.draft.enforcement.value]}; {waiver}"


def _values(policy: CompiledPolicy, rule: CompiledRule) -> Iterator[str]:
    """Each parameter with its value and where the value was written."""
    dumped: Mapping[str, Json] = rule.params.model_dump(mode="json", by_alias=True, exclude_none=True)
    node: Any = rule.draft.node.get("with")
    for key, value in dumped.items():
        held = None if node is None else node.get(key)
        origin = "default of the check kind" if held is None else _place(held.span.file, held.span.line)
        names = sorted({name for path, name in rule.origins.items() if path[0] == key})
        for name in names:
            places = ", ".join(_place(span.file, span.line) for span in policy.params[name].origin)
            origin += f", parameter {name} from {places}"
        yield f"  {key}: {_shown(value)}  ({origin})"


def _law(policy: CompiledPolicy, rule: CompiledRule, compiled: Compiled) -> Iterator[str]:
    meta = policy.draft.metadata
    dates = [f"from {meta.applies_from}"] if meta.applies_from else []
    dates += [f"until {meta.applies_until}"] if meta.applies_until else []
    checked = f", source checked on {meta.source_checked_on}" if meta.source_checked_on else ""
    yield f"Legal status: {meta.legal_status.replace('_', ' ')}{' ' if dates else ''}{' '.join(dates)}{checked}"
    if meta.source:
        yield f"Source: {meta.source}"
    for control in rule.draft.rule.controls:
        catalogue, _slash, clause = control.partition("/")
        held = compiled.catalogues[catalogue].controls[clause]
        yield f"Control {control}: {held.clause}, {held.title}"


def explain_control(compiled: Compiled, name: str) -> str | None:
    """Explain a clause by `<catalogue>/<clause>`, with the rules that speak to it; None when there is none."""
    catalogue, _slash, clause = name.partition("/")
    held = compiled.catalogues.get(catalogue)
    control = None if held is None else held.controls.get(clause)
    if held is None or control is None:
        return None
    rules = [
        f"  {_identity(policy, rule)}: {rule.draft.rule.title or rule.draft.rule.id}"
        for policy in compiled.policies
        for rule in policy.rules
        if name in rule.draft.rule.controls
    ]
    lines = [f"{name} (control)", "", f"{control.clause}: {control.title}"]
    if control.summary:
        lines += ["", control.summary]
    lines += ["", "Rules that speak to it:" if rules else "No rule speaks to it: it is not assessed.", *rules]
    return "\n".join(lines)


def _place(file: str, line: int | None) -> str:
    return file if line is None else f"{file}:{line}"
