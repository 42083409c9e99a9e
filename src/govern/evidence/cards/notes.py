"""Descriptions that MLflow keeps: the tag `mlflow.note.content` of a run, the description of a model version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

from govern.diagnostics import Diagnostic, Severity, Span
from govern.evidence.cards.aliases import Matcher
from govern.evidence.cards.markdown import read_markdown
from govern.evidence.cards.model import Card, Locator, Source
from govern.evidence.cards.shapes.part import Part
from govern.inputs.json import parse_json
from govern.inputs.limits import CARD_BYTES
from govern.inputs.nodes import MapNode, ScalarNode
from govern.inputs.text import decode_text
from govern.inputs.yaml import parse_yaml

__all__ = ["TAG", "read_note", "too_many"]

TAG = "mlflow.note.content"


def read_note(data: bytes, *, file: str, digest: str, matcher: Matcher) -> Card | None:
    """Read a description as a card; None when the file holds none. Raises InputError when it cannot be read."""
    place: Locator | None = None
    if file.endswith("/meta.yaml"):
        root = parse_yaml(data, file=file, strictness="evidence")
        node = root.get("description") if isinstance(root, MapNode) else None
        text = node.text if isinstance(node, ScalarNode) and not node.is_null else ""
        place = Locator(file, digest, node.span.line if node is not None else 1, "/description")
    elif file.endswith(".json"):
        part = _tag(Part(parse_json(data, file=file, max_bytes=CARD_BYTES)))
        text = (part.text or "") if part is not None else ""
        place = Locator(file, digest, None, part.pointer if part is not None else "")
    else:
        text = decode_text(data, file=file, max_bytes=CARD_BYTES)
    if not text.strip():
        return None
    card = read_markdown(text, file=file, digest=digest, matcher=matcher).card
    card = replace(card, sources=(Source(file, digest, "mlflow-note"),))
    if place is None:
        return card
    where = place
    moved: Card = _relocated(card, lambda _old: where)
    return moved


def _tag(root: Part) -> Part | None:
    """The tag in an exported run: a mapping of tags, or a list of `{key, value}`."""
    tags = root.dig("data", "tags") or root.get("tags")
    for item in tags.elements if tags is not None else ():
        if item.object.get("key") == TAG:
            return item.get("value")
    return tags.get(TAG) if tags is not None else None


def too_many(files: list[str]) -> Diagnostic:
    """Say that several runs or versions have a description, and that none was taken."""
    message = f"{len(files)} runs or model versions have a description; which is this model's is not said"
    return Diagnostic("E226", message, Span(files[0]), "Name one of them under spec.cards.", Severity.NOTE)


def _relocated(value: Any, locate: Callable[[Locator], Locator]) -> Any:
    """Give the same value with every locator replaced: lines of a text inside another file mean nothing there."""
    if isinstance(value, Locator):
        return locate(value)
    if isinstance(value, Diagnostic):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        changed = {item.name: _relocated(getattr(value, item.name), locate) for item in fields(value)}
        return replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_relocated(item, locate) for item in value)
    if isinstance(value, dict):
        return {key: _relocated(item, locate) for key, item in value.items()}
    return value
