"""The source map of a plan: where each part of it was written. Not part of any digest, for comments move lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from govern.canonical import Json
from govern.diagnostics import Span
from govern.inputs.yaml import MapNode
from govern.policy.rules import CompiledPolicy, CompiledRule
from govern.records import record

if TYPE_CHECKING:
    from govern.policy.plan import Plan

__all__ = ["Origin", "source_map", "source_map_document"]


@record
class Origin:
    """Where something in a plan was written."""

    file: str
    line: int | None
    column: int | None


def source_map(plan: Plan, policies: tuple[CompiledPolicy, ...]) -> dict[str, tuple[Origin, ...]]:
    """Give JSON pointers of a plan with the places where each value was written, nearest last."""
    made: dict[str, tuple[Origin, ...]] = {}
    for index, policy in enumerate(policies):
        made[f"/policies/{index}"] = (_origin(policy.draft.document.node.key_span("metadata")),)
        if policy.applies_when is not None:
            made[f"/policies/{index}/applies_when"] = (_origin(policy.draft.spec_node.key_span("applies_when")),)
        for name, item in policy.params.items():
            pointer = f"{policy.draft.metadata.name}/{name}".replace("~", "~0").replace("/", "~1")
            made[f"/params/{pointer}"] = tuple(_origin(span) for span in item.origin)
    places = {rule.id: index for index, rule in enumerate(plan.rules)}
    for policy in policies:
        for rule in policy.rules:
            position = places.get(f"{policy.draft.metadata.name}/{rule.draft.rule.id}")
            if position is not None:
                made.update(_rule_map(f"/rules/{position}", policy, rule))
    return dict(sorted(made.items()))


def _rule_map(pointer: str, policy: CompiledPolicy, rule: CompiledRule) -> dict[str, tuple[Origin, ...]]:
    made: dict[str, tuple[Origin, ...]] = {pointer: (_origin(rule.draft.node.span),)}
    for key, node in rule.draft.node.entries:
        made[f"{pointer}/{key.text}"] = (_origin(node.span),)
    with_node = rule.draft.node.get("with")
    for key, node in with_node.entries if isinstance(with_node, MapNode) else ():
        chain = [_origin(node.span)]
        for path, name in rule.origins.items():
            if path[0] == key.text:
                chain += [_origin(span) for span in policy.params[name].origin]
        made[f"{pointer}/with/{key.text}"] = tuple(chain)
    for name, spans in rule.overlaid.items():
        made[f"{pointer}/{name}"] = tuple(_origin(span) for span in spans)
    return made


def _origin(span: Span) -> Origin:
    return Origin(span.file, span.line, span.column)


def source_map_document(held: Mapping[str, tuple[Origin, ...]]) -> dict[str, Json]:
    """Give the source map as JSON, the file `plan.map.json` beside a plan."""
    return {
        pointer: [{"file": item.file, "line": item.line, "column": item.column} for item in chain]
        for pointer, chain in held.items()
    }
