"""Every mutant of a policy: one small weakening each, made in the source text so that everything is compiled again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode
from govern.policy.documents import Parameter
from govern.policy.interface import CheckParams
from govern.policy.mutation.expressions import expression_mutants, looser_number
from govern.policy.mutation.imports import import_mutants
from govern.policy.mutation.mutant import Mutant
from govern.policy.mutation.source import Edit, SourceText, label, labels
from govern.policy.outcomes import Enforcement
from govern.policy.rules import CompiledPolicy, CompiledRule

__all__ = ["policy_mutants"]

_DURATION = re.compile(r"([0-9]{1,6})(mo|m|h|d|y)")
_PLACEHOLDER = "${"


def policy_mutants(policy: CompiledPolicy, data: bytes, *, every_rule: bool = False) -> Iterator[Mutant]:
    """Yield the mutants of a policy file. Some may not compile, or mean the same: those are none.

    Rules that never block are left alone unless `every_rule`.
    """
    source = SourceText(data)
    name = policy.draft.metadata.name
    yield from _condition(source, policy.draft.spec_node, "applies_when", name, None)
    yield from import_mutants(source, policy.draft.spec_node.get("imports"), name)
    yield from _parameters(source, policy)
    rules = policy.draft.spec_node.get("rules")
    for rule in policy.rules:
        if rule.draft.enforcement is Enforcement.BLOCK or every_rule:
            yield from _Rule(source, f"{name}/{rule.draft.rule.id}", rule).mutants(rules)


def _condition(
    source: SourceText, holder: MapNode, key: str, name: str, rules: tuple[str, ...] | None
) -> Iterator[Mutant]:
    node = holder.get(key)
    if not isinstance(node, ScalarNode) or node.is_null:
        return
    edit = Edit(source.start(node), source.end(node), "null" + ("\n" if node.source.endswith("\n") else ""))
    yield Mutant(
        id=f"{name}:condition:{key}",
        rules=rules,
        span=node.span,
        told=f"`{key}` was taken out",
        before=f"{key}: {node.text.strip()}",
        after="",
        edit=edit,
    )
    yield from _expression(source, node, key, name, rules)


def _expression(
    source: SourceText, node: ScalarNode, where: str, name: str, rules: tuple[str, ...] | None
) -> Iterator[Mutant]:
    for item in expression_mutants(node.text):
        yield Mutant(
            id=f"{name}:{item.operator}:{where}#{item.place}",
            rules=rules,
            span=node.span,
            told=f"{_EXPRESSION_WORDS[item.operator]} in `{where}`",
            before=node.text.strip(),
            after=item.text.strip(),
            edit=source.scalar(node, item.text),
        )


_EXPRESSION_WORDS = {
    "strictness": "a comparison took in or left out its limit",
    "logic": "`&&` and `||` were exchanged",
    "quantifier": "`all` and `exists` were exchanged",
    "looser": "a limit was one step looser",
    "conjunct": "a conjunct was dropped",
}


def _parameters(source: SourceText, policy: CompiledPolicy) -> Iterator[Mutant]:
    params = policy.draft.spec_node.get("params")
    for key, node in params.entries if isinstance(params, MapNode) else ():
        held = policy.params.get(key.text)
        default = node.get("default") if isinstance(node, MapNode) else None
        if held is None or default is None:
            continue
        where = f"params.{key.text}"
        about = _Field(held.spec.tighten, _order_of(held.spec))
        for change in _loosened(source, default, where, about):
            yield change.mutant(policy.draft.metadata.name, None)


def _order_of(spec: Parameter) -> tuple[str, ...]:
    return ("false", "true") if spec.type == "bool" else tuple(spec.values or ())


@dataclass(frozen=True, slots=True)
class _Field:
    """Which way a value is stricter."""

    tighten: str
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """A value made looser."""

    operator: str
    where: str
    told: str
    node: Node
    before: str
    after: str
    edit: Edit

    def mutant(self, name: str, rules: tuple[str, ...] | None) -> Mutant:
        return Mutant(
            id=f"{name}:{self.operator}:{self.where}",
            rules=rules,
            span=self.node.span,
            told=self.told,
            before=self.before,
            after=self.after,
            edit=self.edit,
        )


class _Rule:
    """The mutants of one rule."""

    def __init__(self, source: SourceText, name: str, rule: CompiledRule) -> None:
        self.source = source
        self.name = name
        self.rule = rule
        self.node = rule.draft.node

    def mutants(self, rules: Node | None) -> Iterator[Mutant]:
        yield from self._parameters()
        yield from _condition(self.source, self.node, "when", self.name, (self.name,))
        yield from self._enforcement()
        yield from self._removal(rules)

    def _parameters(self) -> Iterator[Mutant]:
        held = self.node.get("with")
        fields = _fields(type(self.rule.params))
        for key, node in held.entries if isinstance(held, MapNode) else ():
            where = f"with.{key.text}"
            if key.text in self.rule.draft.spec.texts_of_expressions:
                yield from self._assertions(node, where)
                continue
            for change in _loosened(self.source, node, where, fields.get(key.text, _Field("fixed"))):
                yield change.mutant(self.name, (self.name,))

    def _assertions(self, node: Node, where: str) -> Iterator[Mutant]:
        if isinstance(node, ScalarNode):
            yield from _expression(self.source, node, where, self.name, (self.name,))
        for index, item in enumerate(node.items if isinstance(node, ListNode) else ()):
            if isinstance(item, ScalarNode):
                yield from _expression(self.source, item, f"{where}[{index}]", self.name, (self.name,))
        if isinstance(node, ListNode):
            for change in _members(self.source, node, where):
                yield change.mutant(self.name, (self.name,))

    def _enforcement(self) -> Iterator[Mutant]:
        if self.rule.draft.enforcement is not Enforcement.BLOCK:
            return
        node = self.node.get("enforcement")
        edit = (
            self.source.scalar(node, "warn")
            if isinstance(node, ScalarNode)
            else self.source.with_key(self.node, "enforcement", "warn")
        )
        yield self._whole("enforcement", "block became warn", "enforcement: block", "enforcement: warn", edit)

    def _removal(self, rules: Node | None) -> Iterator[Mutant]:
        for index, item in enumerate(rules.items if isinstance(rules, ListNode) else ()):
            if item is self.node and isinstance(rules, ListNode):
                edit = self.source.without_block(rules, index)
                yield self._whole("removed", "the rule was taken out", f"id: {self.rule.draft.rule.id}", "", edit)

    def _whole(self, operator: str, told: str, before: str, after: str, edit: Edit) -> Mutant:
        place = self.node.get("id")
        return Mutant(
            id=f"{self.name}:{operator}",
            rules=(self.name,),
            span=self.node.span if place is None else place.span,
            told=told,
            before=before,
            after=after,
            edit=edit,
        )


def _fields(params: type[CheckParams]) -> Mapping[str, _Field]:
    made: dict[str, _Field] = {}
    for name, item in params.model_fields.items():
        extra: Any = item.json_schema_extra
        if isinstance(extra, dict):
            made[item.alias or name] = _Field(
                str(extra.get("tighten", "fixed")), tuple(map(str, extra.get("order", ())))
            )
    return made


# --- one value


def _loosened(source: SourceText, node: Node, where: str, about: _Field) -> Iterator[_Change]:
    """Yield a value one step looser: numbers, durations, words of an order, members of a list."""
    if isinstance(node, MapNode):
        for key, item in node.entries:
            yield from _loosened(source, item, f"{where}.{key.text}", about)
    elif isinstance(node, ListNode):
        if about.tighten == "superset":
            yield from _members(source, node, where)
    elif _PLACEHOLDER not in node.text:
        yield from _scalar(source, node, where, about)


def _scalar(source: SourceText, node: ScalarNode, where: str, about: _Field) -> Iterator[_Change]:
    text = node.text
    if about.tighten == "order" and text.lower() in about.order and about.order.index(text.lower()) > 0:
        weaker = about.order[about.order.index(text.lower()) - 1]
        yield _changed(source, node, where, "weaker", weaker)
    elif about.tighten in ("up", "down"):
        up = about.tighten == "up"
        if _DURATION.fullmatch(text):
            longer = _stretched(text, up=up)
            if longer is not None:
                yield _changed(source, node, where, "duration", longer)
        else:
            looser = looser_number(text, up=up)
            if looser is not None:
                yield _changed(source, node, where, "looser", looser)


def _stretched(text: str, *, up: bool) -> str | None:
    """Double a duration, or halve one of which more is stricter."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    number = int(found[1])
    made = number // 2 if up else number * 2
    return f"{made}{found[2]}" if made != number else None


def _changed(source: SourceText, node: ScalarNode, where: str, operator: str, text: str) -> _Change:
    key = where.rpartition(".")[2]
    return _Change(
        operator,
        where,
        f"`{where}` became {text}",
        node,
        f"{key}: {node.text}",
        f"{key}: {text}",
        source.scalar(node, text),
    )


def _members(source: SourceText, node: ListNode, where: str) -> Iterator[_Change]:
    for index, item in enumerate(node.items):
        member = label(item)
        before, after = label(node), "[" + ", ".join(labels(node.items, without=index)) + "]"
        told = f"{member} was dropped from `{where}`"
        key = where.rpartition(".")[2]
        edit = source.without_item(node, index)
        yield _Change("member", f"{where}[{member}]", told, item, f"{key}: {before}", f"{key}: {after}", edit)
        count = item.get("count") if isinstance(item, MapNode) else None
        if isinstance(count, ScalarNode):  # how many there must be is as much a limit as that there must be any
            yield from _scalar(source, count, f"{where}[{member}].count", _Field("up"))
