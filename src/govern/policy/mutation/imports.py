"""Mutants of an import: each thing that it tightens is left as the pack has it."""

from __future__ import annotations

from collections.abc import Iterator

from govern.inputs.nodes import ListNode, MapNode, Node
from govern.policy.mutation.mutant import Mutant
from govern.policy.mutation.source import SourceText, label

__all__ = ["import_mutants"]

_SILENT = ("severity", "controls", "waivable", "max_waiver_days")
"""Keys that change no outcome by themselves."""


def import_mutants(source: SourceText, imports: Node | None, name: str) -> Iterator[Mutant]:
    """Yield the mutants of the imports of the policy `name`."""
    for item in imports.items if isinstance(imports, ListNode) else ():
        if not isinstance(item, MapNode):
            continue
        params, rules = item.get("params"), item.get("rules")
        if isinstance(params, MapNode):
            yield from _dropped(source, params, name, "params", None)
        for rule, changes in rules.entries if isinstance(rules, MapNode) else ():
            if not isinstance(changes, MapNode):
                continue
            yield from _dropped(source, changes, name, rule.text, (rule.text,))
            inner = changes.get("with")
            if isinstance(inner, MapNode):
                yield from _dropped(source, inner, name, f"{rule.text}.with", (rule.text,))


def _dropped(
    source: SourceText, node: MapNode, name: str, where: str, rules: tuple[str, ...] | None
) -> Iterator[Mutant]:
    for key, value in node.entries:
        if key.text in _SILENT or (key.text == "with" and isinstance(value, MapNode)):
            continue
        yield Mutant(
            id=f"{name}:overlay:{where}.{key.text}",
            rules=rules,
            span=value.span,
            told=f"the import left `{where}.{key.text}` as the pack has it",
            before=f"{key.text}: {label(value)}",
            after="",
            edit=source.without_key(node, key.text),
        )
