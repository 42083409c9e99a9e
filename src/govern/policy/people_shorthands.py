"""`spec.approvals` and `spec.separation`: each becomes one blocking rule, before rules are given their shape.

Everything behind this sees two ordinary rules, called `approvals` and `separation`, whose values stand where the author
wrote them. What is wrong with a value is therefore said by the check kind, at the value.
"""

from __future__ import annotations

from collections.abc import Iterator

from govern.diagnostics import Span
from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode

__all__ = ["with_shorthands"]

_TITLES = {
    "approvals": "The review board has approved",
    "separation": "Nobody stands on two sides that must be kept apart",
}
_CHECKS = {"approvals": "approval.quorum", "separation": "approval.separation"}
_REMEDIES = {
    "approvals": "Ask the board to vote: govern approve EVALUATION.json.",
    "separation": "Let somebody else take one of the two parts, or name who takes it.",
}


def with_shorthands(spec: MapNode) -> Node | None:
    """Give the value of `rules` with a rule for each shorthand behind the others; as it is when there is none."""
    rules = spec.get("rules")
    made = tuple(_made(spec))
    if not made or not (rules is None or isinstance(rules, ListNode)):
        return rules
    items = () if rules is None else rules.items
    return ListNode((*items, *made), spec.span if rules is None else rules.span)


def _made(spec: MapNode) -> Iterator[MapNode]:
    for key, value in spec.entries:
        if key.text not in _CHECKS or (isinstance(value, ScalarNode) and value.is_null):
            continue
        if key.text == "separation":
            given = MapNode(((_word("pairs", key.span), value),), value.span)
            yield _rule(key, (), given)
        elif isinstance(value, MapNode) and value.get("roles") is not None:  # otherwise its shape has been refused
            stages = tuple(item for item in value.entries if item[0].text == "stages")
            rest = tuple(item for item in value.entries if item[0].text in ("roles", "identity", "max_age"))
            yield _rule(key, stages, MapNode(rest, value.span))


def _rule(key: ScalarNode, more: tuple[tuple[ScalarNode, Node], ...], parameters: MapNode) -> MapNode:
    name, at = key.text, key.span
    words = {
        "id": name,
        "title": _TITLES[name],
        "severity": "high",
        "enforcement": "block",
        "check": _CHECKS[name],
        "remediation": _REMEDIES[name],
    }
    entries = tuple((_word(word, at), _word(text, at)) for word, text in words.items())
    return MapNode((*entries, *more, (_word("with", at), parameters)), at)


def _word(text: str, at: Span) -> ScalarNode:
    """A word that the author did not write, at the key that stands for it."""
    return ScalarNode(text, True, at)
