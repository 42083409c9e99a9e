"""Hugging Face front matter: the YAML block at the top of a card, with the line of every value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span

if TYPE_CHECKING:
    from govern.inputs.yaml import MapNode, Node

__all__ = [
    "HUB_KEYS",
    "FrontMatter",
    "Split",
    "entries",
    "python_string",
    "read_front_matter",
    "scalars",
    "split_front_matter",
]

HUB_KEYS = frozenset(
    [
        "license",
        "license_name",
        "license_link",
        "language",
        "datasets",
        "base_model",
        "base_model_relation",
        "library_name",
        "pipeline_tag",
        "tags",
        "metrics",
        "model_name",
        "new_version",
        "model-index",
    ]
)
"""Keys by which front matter is known to describe a model on the Hugging Face hub."""

_KEY_LINE = re.compile(r"[A-Za-z_][\w-]{0,60}\s*:")

_PYTHON_LINE = re.compile(
    r"import \w|from [\w.]+ import |#!.*python|(?:[A-Za-z_]\w*\s*=\s*)?[frbFRB]{0,2}(?:\"{3}|'{3})"
)
_MOST_KEYS = 200


@dataclass(frozen=True, slots=True)
class Split:
    """A card cut in two: the YAML text and the body."""

    yaml: str | None
    """None when the card has no front matter."""
    first_line: int
    """Line of the file on which the YAML text begins."""
    body: str
    offset: int
    """Lines of the file that stand before the body."""
    unclosed_at: int | None = None
    """Line of an opening `---` that is followed by keys and never closed."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """Read front matter, or why it could not be read."""

    root: MapNode | None
    diagnostics: tuple[Diagnostic, ...] = ()


def split_front_matter(text: str) -> Split:
    """Cut the front matter off. Line ends must be LF already. Leading blank lines are allowed."""
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None or lines[first].rstrip() != "---":
        return Split(None, 1, text, 0)
    for index in range(first + 1, len(lines)):
        if lines[index].rstrip() == "---":
            block = "\n".join(lines[first + 1 : index]) + "\n"
            return Split(block, first + 2, "\n".join(lines[index + 1 :]), index + 1)
    starts_keys = first + 1 < len(lines) and _KEY_LINE.match(lines[first + 1]) is not None
    return Split(None, 1, text, 0, first + 1 if starts_keys else None)


def python_string(text: str) -> tuple[str, int] | None:
    """Tell a file that is Python with the card inside a string; give it without what looks like front matter there.

    That block is no front matter, and as Markdown its last key would be a heading. None for anything else. Line ends
    must be LF already; no line is lost.
    """
    lines = text.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None or not _PYTHON_LINE.match(lines[first].strip()) or not ('"' * 3 in text or "'" * 3 in text):
        return None
    marks = [index for index, line in enumerate(lines) if line.strip(" \t'\"") == "---" or line.endswith('"""---')]
    if len(marks) >= 2 and marks[1] - marks[0] <= _MOST_KEYS:
        lines[marks[0] : marks[1] + 1] = [""] * (marks[1] + 1 - marks[0])
    return "\n".join(lines), first + 1


def read_front_matter(split: Split, *, file: str) -> FrontMatter:
    """Parse the YAML block. A broken block is diagnosed, never raised: the body is still read."""
    if split.unclosed_at is not None:
        place = Span(file, split.unclosed_at)
        message = "front matter starts here and is never closed by a line of three dashes"
        return FrontMatter(None, (Diagnostic("E204", message, place, "Close it with a line '---'."),))
    if split.yaml is None or not split.yaml.strip():
        return FrontMatter(None)
    from govern.inputs.yaml import MapNode, parse_yaml

    try:
        root = parse_yaml(split.yaml.encode(), file=file, strictness="evidence", first_line=split.first_line)
    except InputError as fault:
        return FrontMatter(None, fault.diagnostics)
    if not isinstance(root, MapNode):
        message = "front matter is not a mapping of keys to values"
        return FrontMatter(None, (Diagnostic("E204", message, root.span),))
    return FrontMatter(root)


def scalars(node: Node | None) -> list[tuple[str, Span]]:
    """Give the texts of a value that may be one text or a list of texts, each with its place."""
    from govern.inputs.yaml import ListNode, ScalarNode

    if isinstance(node, ScalarNode):
        return [] if node.is_null or not node.text.strip() else [(node.text.strip(), node.span)]
    if isinstance(node, ListNode):
        return [pair for item in node.items for pair in scalars(item) if isinstance(item, ScalarNode)]
    return []


def entries(node: Node | None) -> list[MapNode]:
    """Give the mappings of a list of mappings, skipping anything else."""
    from govern.inputs.yaml import ListNode, MapNode

    if isinstance(node, ListNode):
        return [item for item in node.items if isinstance(item, MapNode)]
    return []
