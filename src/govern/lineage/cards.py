"""From a lineage document to the boxes of its drawing: folding, collapsing, choosing. No geometry, no markup."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from govern.canonical import Json, JsonObject

__all__ = ["STATUSES", "Card", "Link", "Scene", "scene_of"]

STATUSES = ("approved", "not_approved", "expired", "unpinned", "unknown")
"""What a source can be; any other word is not shown."""
_MAX_CARDS = 200
_COLLAPSE_FROM = 4
_HIDDEN = frozenset({"code", "env", "agent"})
"""Kinds that are told on the card of the step they belong to, not drawn as boxes of their own."""


@dataclass(frozen=True, slots=True)
class Card:
    """One box."""

    key: str
    kind: str
    name: str
    version: str = ""
    by: str = ""
    """The folded step that made it, e.g. `join (failed)`."""
    status: str = ""
    """`approved`, `not_approved`, `expired`, `unpinned`, `unknown`; empty for what is no source."""
    detail: str = ""
    is_subject: bool = False
    failing: bool = False

    @property
    def short(self) -> str:
        """The end of a long path; the whole name stands in the box's title."""
        tail = self.name.rstrip("/").rsplit("/", 1)[-1]
        return tail if self.kind in ("dataset", "report") and tail else self.name


@dataclass(frozen=True, slots=True)
class Link:
    """One arrow; `style` is `flow`, `evaluation`, `copy` or `void` (a step that did not complete)."""

    source: str
    target: str
    style: str = "flow"
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, in key order."""

    cards: tuple[Card, ...]
    links: tuple[Link, ...]
    left_out: int = 0
    """Boxes that were not drawn because the graph is too large to read."""


@dataclass(slots=True)
class _Raw:
    nodes: dict[str, JsonObject]
    folded: dict[str, str] = field(default_factory=dict)
    """Step to the one thing it made."""
    links: dict[tuple[str, str], str] = field(default_factory=dict)


def _maps(value: Json) -> list[JsonObject]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else []


def _texts(value: Json) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def _read(document: JsonObject) -> _Raw:
    nodes = {str(node.get("key")): node for node in _maps(document.get("nodes"))}
    raw = _Raw({key: nodes[key] for key in sorted(nodes)})
    edges = sorted(
        (str(edge.get("source")), str(edge.get("target")), str(edge.get("kind")), bool(edge.get("ancestry")))
        for edge in _maps(document.get("edges"))
    )
    edges = [edge for edge in edges if edge[0] in raw.nodes and edge[1] in raw.nodes]
    made: dict[str, list[str]] = {}
    for source, target, kind, _ in edges:
        if kind == "generated":
            made.setdefault(source, []).append(target)
    raw.folded = {step: outputs[0] for step, outputs in made.items() if len(set(outputs)) == 1}
    has_producer = {target for _, target, _, ancestry in edges if ancestry}
    for source, target, kind, ancestry in edges:
        style = "evaluation" if kind == "evaluated_on" else "flow" if ancestry else "void"
        if kind == "same_content":
            if (source in has_producer) == (target in has_producer):
                continue
            source, target = (source, target) if source in has_producer else (target, source)  # noqa: PLW2901
            style = "copy"
        elif kind in ("part_of", "deployed_as") or str(raw.nodes[source].get("kind")) in _HIDDEN:
            continue
        ends = raw.folded.get(source, source), raw.folded.get(target, target)
        if ends[0] == ends[1] or str(raw.nodes[ends[1]].get("kind")) in _HIDDEN:
            continue
        if raw.links.get(ends) not in (None, "void", "copy"):
            continue
        raw.links[ends] = style
    return raw


def _short_version(node: JsonObject) -> str:
    version = str(node.get("version") or "")
    if version == "unversioned":
        return "no version recorded"
    algorithm, _, value = version.partition(":")
    if algorithm == "version":
        return "" if value.startswith("run/") else f"version {value}"
    return f"{algorithm} {value[:8]}"


def _step_text(node: JsonObject) -> str:
    attributes = node.get("attributes")
    status = attributes.get("status") if isinstance(attributes, Mapping) else None
    name = str(node.get("name"))
    return f"{name} ({status})" if status not in (None, "complete") else name


def _cards(raw: _Raw, document: JsonObject) -> dict[str, Card]:
    sources = {str(item.get("key")): item for item in _maps(document.get("statuses"))}
    subjects = set(_texts(document.get("subjects")))
    makers: dict[str, list[str]] = {}
    for step, made in raw.folded.items():
        makers.setdefault(made, []).append(_step_text(raw.nodes[step]))
    cards: dict[str, Card] = {}
    for key, node in raw.nodes.items():
        kind = str(node.get("kind"))
        if kind in _HIDDEN or key in raw.folded:
            continue
        source = sources.get(key, {})
        status = str(source.get("status") or "")
        cards[key] = Card(
            key,
            kind,
            _step_text(node) if kind == "run" else str(node.get("name")),
            "" if kind == "run" else _short_version(node),
            ", ".join(sorted(makers.get(key, []))),
            status if status in STATUSES else "",
            str(source.get("detail") or ""),
            key in subjects,
        )
    return cards


def _mark_paths(raw: _Raw, cards: dict[str, Card], document: JsonObject) -> set[tuple[str, str]]:
    on_path: set[tuple[str, str]] = set()
    witnesses = document.get("witnesses")
    for path in witnesses if isinstance(witnesses, list | tuple) else ():
        shown: list[str] = []
        for key in _texts(path):
            at = raw.folded.get(key, key)
            if at in cards and (not shown or shown[-1] != at):
                shown.append(at)
        for key in shown:
            cards[key] = replace(cards[key], failing=True)
        on_path.update(itertools.pairwise(shown))
    return on_path


def _collapse(cards: dict[str, Card], links: dict[tuple[str, str], str]) -> None:
    """Put approved sources with the same consumers into one card: `6 approved sources`."""
    below: dict[str, set[str]] = {key: set() for key in cards}
    fed: set[str] = set()
    for source, target in links:
        below[source].add(target)
        fed.add(target)
    groups: dict[tuple[str, ...], list[str]] = {}
    for key, card in cards.items():
        if card.status == "approved" and not card.failing and key not in fed and below[key]:
            groups.setdefault(tuple(sorted(below[key])), []).append(key)
    for targets, members in groups.items():
        if len(members) < _COLLAPSE_FROM:
            continue
        first = cards[members[0]]
        names = ", ".join(cards[key].name for key in members)
        for key in members[1:]:
            del cards[key]
            for target in targets:
                links.pop((key, target), None)
        cards[first.key] = replace(
            first, name=f"{len(members)} approved sources", version="", kind="group", detail=names
        )


def _chosen(cards: Mapping[str, Card], links: Iterable[tuple[str, str]]) -> set[str]:
    """Choose what is drawn of a graph too large to read: failing paths, the model, then what is nearest to it."""
    above: dict[str, list[str]] = {key: [] for key in cards}
    for source, target in links:
        above[target].append(source)
    kept = {key for key, card in cards.items() if card.failing or card.is_subject}
    queue = deque(sorted(kept))
    while queue and len(kept) < _MAX_CARDS:
        for key in sorted(above[queue.popleft()]):
            if key not in kept and len(kept) < _MAX_CARDS:
                kept.add(key)
                queue.append(key)
    return set(sorted(kept)[:_MAX_CARDS]) if len(kept) > _MAX_CARDS else kept


def scene_of(document: JsonObject) -> Scene:
    """Choose what to draw of a lineage document (`graph_document`). Independent of the order of its lists.

    A step with one output is folded into its output's card; code, environments and agents are not drawn.
    """
    raw = _read(document)
    cards = _cards(raw, document)
    failing = _mark_paths(raw, cards, document)
    links = {ends: style for ends, style in raw.links.items() if ends[0] in cards and ends[1] in cards}
    _collapse(cards, links)
    left_out = 0
    if len(cards) > _MAX_CARDS:
        kept = _chosen(cards, links)
        left_out = len(cards) - len(kept)
        cards = {key: card for key, card in cards.items() if key in kept}
        links = {ends: style for ends, style in links.items() if ends[0] in kept and ends[1] in kept}
    return Scene(_ordered(cards.values()), tuple(_links(links, failing)), left_out)


def _ordered(cards: Iterable[Card]) -> tuple[Card, ...]:
    return tuple(sorted(cards, key=lambda card: card.key))


def _links(links: Mapping[tuple[str, str], str], failing: set[tuple[str, str]]) -> Sequence[Link]:
    return [Link(*ends, style, ends in failing) for ends, style in sorted(links.items())]
