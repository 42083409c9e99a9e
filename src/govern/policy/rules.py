"""Stages 3 and 4 of one policy: its parameters typed and filled in, its expressions compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from govern.diagnostics import Diagnostic, Span
from govern.inputs.yaml import ListNode, MapNode, Node, ScalarNode
from govern.policy.cel.compile import Job, compile_expression
from govern.policy.cel.evaluation import Expression
from govern.policy.cel.probes import Surroundings
from govern.policy.evidence_schema import (
    AnyType,
    EvidenceSchema,
    ListType,
    MapType,
    PathType,
    RootSchema,
    ScalarType,
    path_text,
    suggest,
)
from govern.policy.faults import validated
from govern.policy.interface import CheckParams, CompiledText
from govern.policy.message import Message, parse_message
from govern.policy.outcomes import Enforcement, Stage
from govern.policy.overlays.overlay import Overlay, Overlays, overlaid
from govern.policy.overlays.params import overlaid_params, with_of
from govern.policy.parameters import Filling, Resolved, filled, resolve, unused
from govern.policy.shape import Catalogue, PolicyDraft, RuleDraft

__all__ = ["CompiledPolicy", "CompiledRule", "expressions", "parameters"]

Step = str | int


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule with validated parameters and, after the expression stage, compiled expressions."""

    draft: RuleDraft
    params: CheckParams
    origins: Mapping[tuple[Step, ...], str]
    """Where under `with:` the value of a policy parameter was filled in."""
    message: Message | None
    overlays: tuple[Overlay, ...] = ()
    """What imports changed in it."""
    overlaid: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """Where the keys that imports changed come from (`severity`, `with/min_n`), nearest last."""
    when: Expression | None = None
    also_when: tuple[Expression, ...] = ()
    """Conditions of imports: where one of them is not surely false, the rule applies all the same."""

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The gates at which the rule is asked."""
        return self.draft.rule.stages or self.draft.spec.default_stages


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy on its way through the stages."""

    draft: PolicyDraft
    params: Mapping[str, Resolved]
    rules: tuple[CompiledRule, ...]
    applies_when: Expression | None = None


def parameters(
    policy: PolicyDraft, overlays: Overlays, catalogues: Mapping[str, Catalogue]
) -> tuple[CompiledPolicy, tuple[Diagnostic, ...]]:
    """Type the parameters of a policy, and those of each rule by the model of its check kind; then tighten them."""
    params, problems = resolve(policy, overlays)
    faults = list(problems)
    rules: list[CompiledRule] = []
    for draft in policy.rules:
        name = f"{policy.metadata.name}/{draft.rule.id}"
        own = overlays.of_rule(draft, policy)
        tighter, origins, found = overlaid(draft, name, own, catalogues, overlays.below)
        faults += found
        made = _rule(tighter, params, policy.spec.params, faults)
        if made is not None and own:
            made = overlaid_params(replace(made, overlays=own, overlaid=origins), name, overlays.below, faults)
        if made is not None:
            rules.append(made)
    return CompiledPolicy(policy, params, tuple(rules)), tuple(faults)


def _rule(
    draft: RuleDraft, params: Mapping[str, Resolved], declared: Collection[str], faults: list[Diagnostic]
) -> CompiledRule | None:
    node = draft.node.get("with")
    if isinstance(node, ScalarNode) and node.is_null:
        node = None
    filling = filled(node, params, declared=declared, leave=draft.spec.texts_of_expressions)
    faults += filling.faults
    model = _check_params(draft, node, filling, faults)
    message = _message(draft, faults)
    if model is None or filling.faulty:
        return None
    return CompiledRule(draft, model, dict(filling.used), message)


def _check_params(
    draft: RuleDraft, node: Node | None, filling: Filling, faults: list[Diagnostic]
) -> CheckParams | None:
    if node is not None and not isinstance(node, MapNode):
        faults.append(Diagnostic("P203", "with: expected a mapping of parameters", node.span))
        return None
    place = node if node is not None else MapNode((), draft.node.key_span("check"))
    value = {} if filling.value is None else filling.value
    model, found = validated(draft.spec.params, value, place)
    faults += [item for item in found if item.span not in filling.faulty]
    return model


def _message(draft: RuleDraft, faults: list[Diagnostic]) -> Message | None:
    node = draft.node.get("message")
    if draft.rule.message is None or not isinstance(node, ScalarNode):
        return None
    message, problems = parse_message(draft.rule.message, draft.spec.message_fields)
    faults += [Diagnostic("P213", item.message, node.place(item.offset) or node.span, item.hint) for item in problems]
    return message


# --- expressions


def expressions(policy: CompiledPolicy, schema: EvidenceSchema) -> tuple[CompiledPolicy, tuple[Diagnostic, ...]]:
    """Compile every expression of a policy; a rule with a faulty one is left out."""
    faults: list[Diagnostic] = []
    own = _own_schema(policy, schema)
    blocking = any(rule.draft.enforcement is Enforcement.BLOCK for rule in policy.rules)
    stages = tuple(sorted({stage.value for rule in policy.rules for stage in rule.stages}))
    around = Surroundings(own, {name: item.value for name, item in policy.params.items()}, stages, condition=True)
    applies_when = _expression(policy.draft.spec_node.get("applies_when"), around, faults, blocking=blocking)
    rules = tuple(made for rule in policy.rules if (made := _rule_expressions(rule, around, faults)) is not None)
    done = replace(policy, rules=rules, applies_when=applies_when)
    if not any(item.severity == "error" for item in faults) and len(policy.rules) == len(policy.draft.rules):
        faults += unused(policy.params, _used(done))
    return done, tuple(faults)


def _used(policy: CompiledPolicy) -> set[str]:
    used = {name for rule in policy.rules for name in rule.origins.values()}
    for expression in (policy.applies_when, *(item for rule in policy.rules for item in expressions_of(rule))):
        if expression is not None:
            used.update(expression.params)
    return used


def expressions_of(rule: CompiledRule) -> Iterator[Expression]:
    """Yield every compiled expression of a rule: its conditions, then its assertions."""
    if rule.when is not None:
        yield rule.when
    yield from rule.also_when
    for name in rule.draft.spec.texts_of_expressions:
        held = getattr(rule.params, attribute_of(type(rule.params), name))
        for item in held if isinstance(held, tuple) else (held,):
            if isinstance(item, CompiledText):
                yield item.expression


def attribute_of(model: type[CheckParams], written: str) -> str:
    """Give the attribute of a parameter by the name it has under `with:`."""
    return next((name for name, item in model.model_fields.items() if (item.alias or name) == written), written)


def _own_schema(policy: CompiledPolicy, schema: EvidenceSchema) -> EvidenceSchema:
    # A declared parameter that is not here has a fault of its own; its type is not known.
    types: dict[str, PathType] = dict.fromkeys(policy.draft.spec.params, AnyType())
    types.update({name: _type_of(item) for name, item in policy.params.items()})
    names = policy.draft.spec.names.metrics
    return schema.with_root("params", RootSchema(MapType(types), None)).with_names("metrics", names)


def _type_of(item: Resolved) -> PathType:
    if item.spec.type in ("number", "integer"):
        return ScalarType("number")
    if item.spec.type == "set":
        return ListType(ScalarType("text"))
    return ScalarType("bool") if item.spec.type == "bool" else ScalarType("text")


def _rule_expressions(rule: CompiledRule, around: Surroundings, faults: list[Diagnostic]) -> CompiledRule | None:
    before = len(faults)
    blocking = rule.draft.enforcement is Enforcement.BLOCK
    around = replace(around, stages=tuple(stage.value for stage in rule.stages))
    when = _expression(rule.draft.node.get("when"), around, faults, blocking=blocking)
    params: Any = rule.params
    lifted = replace(
        around,
        condition=False,
        may_be_absent=frozenset(getattr(params, "may_be_absent", ())),
        may_be_empty=frozenset(getattr(params, "may_be_empty", ())),
    )
    with_node = with_of(rule)
    changes: dict[str, CompiledText | tuple[CompiledText, ...]] = {}
    made: list[Expression] = []
    for name in rule.draft.spec.expression_params:
        found = _expression(None if with_node is None else with_node.get(name), lifted, faults, blocking=blocking)
        if found is not None:
            made.append(found)
            changes[attribute_of(type(params), name)] = CompiledText.of(found)
    for name in rule.draft.spec.expression_lists:
        nodes = [*_members(None if with_node is None else with_node.get(name)), *_asserted(rule)]
        several = [_expression(node, lifted, faults, blocking=blocking) for node in nodes]
        compiled = [item for item in several if item is not None]
        made += compiled
        if compiled:
            changes[attribute_of(type(params), name)] = tuple(CompiledText.of(item) for item in compiled)
    if made:
        faults += _lifts(made, with_node, lifted)
    also_when = [
        _expression(item.node.get("also_when"), around, faults, blocking=blocking)
        for item in rule.overlays
        if item.changes.also_when is not None
    ]
    if any(item.severity == "error" for item in faults[before:]):
        return None
    return replace(
        rule,
        params=rule.params.model_copy(update=changes),
        when=when,
        also_when=tuple(item for item in also_when if item is not None),
    )


def _members(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, ListNode) else ()


def _asserted(rule: CompiledRule) -> Iterator[Node | None]:
    """What imports assert as well."""
    for item in rule.overlays:
        if item.changes.and_assert is not None:
            yield item.node.get("and_assert")


def _lifts(expressions: Sequence[Expression], node: Node | None, around: Surroundings) -> Iterator[Diagnostic]:
    """A lifted path that no expression of the rule reads would hide a typo."""
    texts = {text for item in expressions for text in item.read_texts}
    for key, names in (("may_be_absent", around.may_be_absent), ("may_be_empty", around.may_be_empty)):
        listed = node.get(key) if isinstance(node, MapNode) else None
        for name in sorted(names - texts):
            near = suggest(name, texts)
            span = _member_span(listed, name) or expression_span(node)
            hint = f"Did you mean '{near}'?" if near else f"It reads {', '.join(sorted(texts))}."
            yield Diagnostic("P204", f"{key}: the expression does not read '{name}'", span, hint)
    required = {path_text(path) for item in expressions for path in item.required}
    listed = node.get("may_be_absent") if isinstance(node, MapNode) else None
    for name in sorted(around.may_be_absent & required):
        message = (
            f"may_be_absent: the expression reads '{name}' without asking for it, so its absence is missing evidence"
        )
        hint = f"Guard it: `has({name}) ? .. : ..`."
        yield Diagnostic("P204", message, _member_span(listed, name) or expression_span(node), hint)


def _member_span(node: Node | None, text: str) -> Span | None:
    for item in node.items if isinstance(node, ListNode) else ():
        if isinstance(item, ScalarNode) and item.text == text:
            return item.span
    return None


def expression_span(node: Node | None) -> Span | None:
    """Give the place of the mapping that holds an expression."""
    return None if node is None else Span(node.span.file, node.span.line, node.span.column)


def _expression(
    node: Node | None, around: Surroundings, faults: list[Diagnostic], *, blocking: bool
) -> Expression | None:
    if not isinstance(node, ScalarNode) or node.is_null:
        return None
    if node.place(0) is None:
        hint = "Use a `|` block, or one line."
        message = "an expression may not be folded or run over several lines: its parts would have no exact place"
        faults.append(Diagnostic("P510", message, node.span, hint))
        return None
    cut = node.plain and (node.text.count('"') % 2 == 1 or node.text.count("'") % 2 == 1)
    job = Job(node.text, around, node.place, node.span, blocking=blocking, cut_by_comment=cut)
    made, problems = compile_expression(job)
    faults += problems
    return made
