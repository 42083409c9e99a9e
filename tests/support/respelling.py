"""The same policy document in another spelling: order of keys, quotes, blocks, white space, comments.

What is kept is the meaning: the text of each scalar, and whether it was written as a number, a truth value or null.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode
from govern.inputs.yaml import parse_yaml
from govern.inputs.yaml_rules import ambiguity, core_type

UNORDERED = frozenset(["rules", "controls", "stages", "may_be_absent", "may_be_empty"])
"""Lists of which the order says nothing."""

_COMMENTS = ("# as agreed", "#", "# at_least: 0.1", "# é: [", "#   - id: gone", "# 'quoted")


def respelled(files: Mapping[str, bytes], chance: random.Random) -> dict[str, bytes]:
    """Give every file in another spelling, under another name and in another order."""
    written = [
        Writer(chance).document(parse_yaml(data, file=name, strictness="policy")) for name, data in files.items()
    ]
    chance.shuffle(written)
    return {f"{chance.randrange(10**9)}-{index}.yaml": data for index, data in enumerate(written)}


class Writer:
    """Writes one tree as YAML, each time with other choices."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._flow_chance = chance.random() / 2
        self._line_end = chance.choice(["\n", "\n", "\r\n"])

    def document(self, root: Node) -> bytes:
        """The whole file."""
        lines = self._block(root, 0)
        if self._often(4):
            lines.insert(0, "---")
        if self._often(4):
            lines.append("...")
        mark = b"\xef\xbb\xbf" if self._often(8) else b""
        return mark + (self._line_end.join(lines) + self._line_end * self._chance.randrange(3)).encode()

    def _often(self, once_in: int) -> bool:
        return self._chance.randrange(once_in) == 0

    # --- blocks

    def _block(self, node: Node, indent: int) -> list[str]:
        lines: list[str] = []
        step = self._chance.choice([1, 2, 3, 4])
        if isinstance(node, MapNode):
            for key, value in self._shuffled(node):
                lines += self._noise(indent)
                lines += self._entry(
                    f"{' ' * indent}{self._key(key.text)}{' ' * self._chance.choice([0, 0, 2])}:",
                    key.text,
                    value,
                    indent,
                    step,
                )
            return lines
        assert isinstance(node, ListNode)
        for item in node.items:
            lines += self._noise(indent)
            if isinstance(item, MapNode | ListNode) and self._blockish(item):
                below = self._block(item, indent + 2)
                first = next(
                    index for index, line in enumerate(below) if line.strip() and not line.strip().startswith("#")
                )
                lines += [" " * indent + line.strip() for line in below[:first]]
                lines += [f"{' ' * indent}- {below[first].lstrip()}", *below[first + 1 :]]
            else:
                lines += self._entry(f"{' ' * indent}-", "", item, indent, step)
        return lines

    def _entry(self, head: str, key: str, node: Node, indent: int, step: int) -> list[str]:
        if isinstance(node, ListNode):
            node = self._any_order(key, node)
        if not isinstance(node, ScalarNode) and self._blockish(node):
            return [f"{head}{self._tail()}", *self._block(node, indent + step)]
        if isinstance(node, ScalarNode) and self._literal(node) and self._often(3):
            body = [" " * (indent + step) + line if line else "" for line in node.text.split("\n")]
            return [f"{head} |-{self._tail()}", *body]
        return [f"{head}{' ' * self._chance.choice([1, 1, 3])}{self._flow(node, flow=False)}{self._tail()}"]

    def _blockish(self, node: MapNode | ListNode) -> bool:
        inside = node.entries if isinstance(node, MapNode) else node.items
        return bool(inside) and self._chance.random() > self._flow_chance

    def _tail(self) -> str:
        return f"{' ' * self._chance.randint(1, 3)}{self._chance.choice(_COMMENTS)}" if self._often(5) else ""

    def _noise(self, indent: int) -> list[str]:
        if not self._often(5):
            return []
        return [
            self._chance.choice(
                ["", " " * self._chance.randrange(indent + 1), " " * indent + self._chance.choice(_COMMENTS)]
            )
        ]

    # --- inside a line

    def _flow(self, node: Node, *, flow: bool = True) -> str:
        if isinstance(node, ScalarNode):
            return self._scalar(node, flow=flow)
        gap = " " * self._chance.randrange(3)
        if isinstance(node, ListNode):
            return f"[{gap}{f', {gap}'.join(self._flow(item) for item in node.items)}{gap}]"
        pairs = [
            f"{self._key(key.text)}: {self._flow(self._inner(key.text, value))}" for key, value in self._shuffled(node)
        ]
        return f"{{{gap}{f', {gap}'.join(pairs)}{gap}}}"

    def _inner(self, key: str, node: Node) -> Node:
        return self._any_order(key, node) if isinstance(node, ListNode) else node

    def _shuffled(self, node: MapNode) -> list[tuple[ScalarNode, Node]]:
        entries = list(node.entries)
        self._chance.shuffle(entries)
        return entries

    def _any_order(self, key: str, node: ListNode) -> ListNode:
        if key not in UNORDERED:
            return node
        items = list(node.items)
        self._chance.shuffle(items)
        return ListNode(tuple(items), node.span)

    # --- scalars

    def _key(self, text: str) -> str:
        return self._quoted(text) if self._often(6) or not text.replace("_", "a").isalnum() else text

    def _scalar(self, node: ScalarNode, *, flow: bool) -> str:
        if node.plain and core_type(node.text) != "text":
            return node.text  # quoted it would be a text
        if self._plain(node.text, flow=flow) and self._often(2):
            return node.text
        return self._quoted(node.text)

    @staticmethod
    def _plain(text: str, *, flow: bool) -> bool:
        """Whether a text means itself without quotes: it starts with a letter and holds nothing that ends it."""
        ends = (": ", " #", "\n") + (("{", "}", "[", "]", ",") if flow else ())
        return (
            text[:1].isalpha()
            and text.strip() == text
            and not text.endswith(":")
            and not any(end in text for end in ends)
            and _shown(text)
            and core_type(text) == "text"
            and ambiguity(text) is None
        )

    def _quoted(self, text: str) -> str:
        if not _shown(text):
            return '"' + "".join(_escape(char, as_it_is=_shown(char)) for char in text) + '"'
        if "\n" in text or self._often(2):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            if escaped and self._often(3):
                at = self._chance.randrange(len(text))
                return (
                    '"'
                    + "".join(_escape(char) if i == at else _escape(char, as_it_is=True) for i, char in enumerate(text))
                    + '"'
                )
            return f'"{escaped}"'
        return "'" + text.replace("'", "''") + "'"

    @staticmethod
    def _literal(node: ScalarNode) -> bool:
        text = node.text
        return (
            not (node.plain and core_type(text) != "text")
            and bool(text.strip())
            and _shown(text)
            and text[0] not in " \n"
            and not text.endswith("\n")
            and all(line == line.rstrip() for line in text.split("\n"))
        )


def _shown(text: str) -> bool:
    """Whether YAML lets a text stand as it is: nothing in it is a control character, invisible or an odd line end."""
    return all(char == "\n" or char.isprintable() for char in text)


def _escape(char: str, *, as_it_is: bool = False) -> str:
    if char in '\\"':
        return f"\\{char}"
    if char == "\n":
        return "\\n"
    return char if as_it_is else f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
