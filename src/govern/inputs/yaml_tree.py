"""The tree of a YAML document from the event stream: nothing is composed or constructed, so nothing hostile is built.

Only events show anchors, aliases and explicit tags, and only there can depth be capped before recursion:
libyaml's own composer kills the process on 100,000 nested brackets. The builder collects every fault it can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, cast

from govern.diagnostics import Diagnostic, Edit, Related, Span
from govern.inputs.limits import YamlLimits
from govern.inputs.marks import Mark, MarkedText
from govern.inputs.nodes import ListNode, MapNode, Node, ScalarNode, Style
from govern.inputs.text import Places
from govern.inputs.yaml_rules import ambiguity, core_type, quoted_value, syntax_hint

__all__ = ["MOST_FAULTS", "TreeBuilder"]

MOST_FAULTS = 50
"""Faults after which reading a document ends."""
_MESSAGE_CHARS = 400
_STYLES: dict[str | None, Style] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}


class _Event(Protocol):
    """The members of PyYAML's events that are read here; which exist depends on the event's class."""

    start_mark: Mark
    end_mark: Mark
    anchor: str | None
    tag: str | None
    value: str
    style: str | None
    version: tuple[int, int] | None
    tags: Mapping[str, str] | None


class _Frame:
    """A collection that is still open."""

    __slots__ = ("entries", "is_map", "items", "key", "keys", "start")

    def __init__(self, start: Mark, *, is_map: bool) -> None:
        self.start = start
        self.is_map = is_map
        self.items: list[Node] = []
        self.entries: list[tuple[ScalarNode, Node]] = []
        self.keys: dict[str, ScalarNode] = {}
        self.key: ScalarNode | None = None


class _Stop(Exception):  # noqa: N818 - not an error: the rest of the file cannot be read sensibly
    """Reading ends here; the faults are already noted."""


class TreeBuilder:
    """Builds the tree of one document, or of each document of a stream, from the events and without recursion."""

    def __init__(
        self, text: str, file: str, caps: YamlLimits, *, policy: bool, shift: int, several: bool = False
    ) -> None:
        self._text = text
        self._file = file
        self._caps = caps
        self._policy = policy
        self._shift = shift
        self._faults: list[Diagnostic] = []
        self._frames: list[_Frame] = []
        self._sound_keys: set[str] = set()
        self._root: Node | None = None
        self._several = several
        self._roots: list[Node] = []
        self._nodes = 0
        self._documents = 0
        self._marked = MarkedText(text, file, shift)

    def build(self) -> tuple[Node | None, tuple[Diagnostic, ...]]:
        """Give the tree, when the document was read to its end, and every fault found on the way."""
        import yaml

        # The names of the event classes, because the module is imported only when a document is read.
        handlers: dict[type, Callable[[_Event], None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._open_list,
            yaml.MappingStartEvent: self._open_map,
            yaml.SequenceEndEvent: self._close,
            yaml.MappingEndEvent: self._close,
        }
        loader = yaml.CSafeLoader(self._text)
        whole = False
        try:
            for event in cast("Iterator[_Event]", iter(loader.get_event, None)):  # None: the stream has ended
                handler = handlers.get(type(event))
                if handler is not None:
                    handler(event)
            whole = True
        except _Stop:
            pass
        except yaml.YAMLError as fault:
            self._syntax(fault)
        finally:
            loader.dispose()
        root = self._root
        roots = self._roots if self._several else [] if root is None else [root]
        if not self._faults and all(isinstance(item, ScalarNode) and item.plain and not item.text for item in roots):
            self._note("I114", "no document in the file", Span(self._file, 1 + self._shift, 1))
        return (root if whole else None), tuple(self._faults)

    def build_stream(self) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
        """Give the tree of every document of a builder of several, and every fault found on the way."""
        _last, faults = self.build()
        return tuple(self._roots), faults

    # --- places and faults

    def _span(self, event: _Event) -> Span:
        return self._marked.span(event.start_mark, event.end_mark)

    def _note(
        self,
        code: str,
        message: str,
        span: Span,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
        fix: tuple[Edit, ...] = (),
    ) -> None:
        shown = message if len(message) <= _MESSAGE_CHARS else message[:_MESSAGE_CHARS] + "…"
        self._faults.append(Diagnostic(code=code, message=shown, span=span, hint=hint, related=related, fix=fix))
        if len(self._faults) >= MOST_FAULTS:
            raise _Stop

    def _syntax(self, fault: Exception) -> None:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        problem = str(getattr(fault, "problem", None) or "cannot be read")
        if mark is None:
            self._faults.append(Diagnostic(code="I103", message=f"not YAML: {problem}", span=Span(self._file)))
            return
        # By the offset: at the end of a text without a line end libyaml stands in a line that is not there.
        line, column = (self._marked.places or Places(self._text)).at(min(mark.index, len(self._text)))
        span = Span(self._file, line + self._shift, column)
        code, hint = syntax_hint(problem, self._text, mark.line, mark.column)
        context = getattr(fault, "context", None)
        self._faults.append(
            Diagnostic(
                code=code,
                message=f"not YAML: {problem}{f' ({context})' if context else ''}",
                span=span,
                hint=hint,
                fix=self._quoting(mark.line),
            )
        )

    def _quoting(self, line: int) -> tuple[Edit, ...]:
        """The edit that quotes a value of our own documents that starts with `!`, where it is surely one value."""
        found = quoted_value(self._text, line) if self._policy and self._marked.places is None else None
        if found is None:
            return ()
        start, end, text = found
        row = line + self._shift + 1
        return (Edit(Span(self._file, row, start + 1, row, end + 1), text),)

    # --- events

    def _document(self, event: _Event) -> None:
        span = self._span(event)
        self._documents += 1
        if self._documents > 1 and not self._several:
            self._note("I111", "a second document starts here", span, "Put one document in one file.")
            raise _Stop
        if event.version or event.tags:
            self._note("I108", "a `%` directive changes how the rest is read", span, "Delete the directive.")

    def _too_many(self, event: _Event) -> None:
        self._note("I110", f"more than {self._caps.nodes:,} nodes", self._span(event), "Split the document.")
        raise _Stop

    def _marks(self, event: _Event, *, empty: bool = False) -> None:
        """Note what a node must not carry: an anchor or an explicit tag."""
        span = self._span(event)
        if event.anchor is not None:
            self._note("I105", f"anchor &{event.anchor}", span, "Write the value out where it is needed.")
        tag = event.tag
        if tag is not None:
            hint = "Delete the tag: the field decides the type."
            if tag.startswith("!") and (empty or "(" in tag or "." in tag):
                hint = "The text starts with `!`, which YAML takes as a tag: quote it, or use a `|` block."
            shown = tag.replace("tag:yaml.org,2002:", "!!")
            fix = self._quoting(event.start_mark.line) if hint.startswith("The text") else ()
            self._note("I107", f"explicit tag {shown}", span, hint, fix=fix)

    def _scalar(self, event: _Event) -> None:
        text, style = event.value, _STYLES[event.style]
        self._nodes += 1
        if self._nodes > self._caps.nodes:
            self._too_many(event)
        if event.anchor is not None or event.tag is not None:
            self._marks(event, empty=not text)
        if len(text) > self._caps.scalar_chars:
            message = f"a text of {len(text):,} characters; at most {self._caps.scalar_chars:,}"
            self._note("I102", message, self._span(event))
        self._place(ScalarNode(text, style == "plain", self._marked, style, event.start_mark, event.end_mark))

    def _alias(self, event: _Event) -> None:
        span = self._span(event)
        self._note("I105", f"alias *{event.anchor}", span, "Write the value out where it is needed.")
        self._place(ScalarNode(f"*{event.anchor}", False, span, "double"))

    def _open_list(self, event: _Event) -> None:
        self._open(event, is_map=False)

    def _open_map(self, event: _Event) -> None:
        self._open(event, is_map=True)

    def _open(self, event: _Event, *, is_map: bool) -> None:
        self._nodes += 1
        if self._nodes > self._caps.nodes:
            self._too_many(event)
        if event.anchor is not None or event.tag is not None:
            self._marks(event)
        if len(self._frames) >= self._caps.depth:
            message = f"nested more than {self._caps.depth} deep"
            self._note("I110", message, self._span(event), "Flatten the document.")
            raise _Stop
        self._frames.append(_Frame(event.start_mark, is_map=is_map))

    def _close(self, event: _Event) -> None:
        frame = self._frames.pop()
        where = (self._marked, frame.start, event.end_mark)
        if frame.is_map:
            self._place(MapNode(tuple(frame.entries), *where))
        else:
            self._place(ListNode(tuple(frame.items), *where))

    # --- the tree

    def _place(self, node: Node) -> None:
        if not self._frames:
            self._plain_rules(node)
            self._root = node
            if self._several:
                self._roots.append(node)
            return
        frame = self._frames[-1]
        if not frame.is_map:
            self._plain_rules(node)
            frame.items.append(node)
        elif frame.key is None:
            frame.key = self._as_key(node, frame)
        else:
            self._plain_rules(node)
            frame.entries.append((frame.key, node))
            frame.key = None

    def _plain_rules(self, node: Node) -> None:
        if self._policy and isinstance(node, ScalarNode) and node.plain:
            found = ambiguity(node.text)
            if found is not None:
                fix = (Edit(node.span, f"'{node.text}'"),) if found.is_word else ()
                self._note(found.code, found.message, node.span, found.hint, fix=fix)

    def _plain_key(self, node: ScalarNode) -> None:
        if node.text == "" or (self._policy and core_type(node.text) != "text"):
            self._note("I115", f"the key {node.text or '(empty)'} is not text", node.span, "Quote the key.")
        elif not self._policy or ambiguity(node.text) is None:
            self._sound_keys.add(node.text)  # most keys come again and again
        else:
            self._plain_rules(node)

    def _as_key(self, node: Node, frame: _Frame) -> ScalarNode:
        if not isinstance(node, ScalarNode):
            self._note("I115", "a list or a mapping as a key", node.span, "Use a text as the key.")
            return ScalarNode(f"?{len(frame.entries)}", False, node.span, "double")
        if node.plain and node.text not in self._sound_keys:
            if node.text == "<<":
                self._note("I106", "merge key `<<`", node.span, "Write the merged keys out.")
                return ScalarNode(f"<<{len(frame.entries)}", False, node.span, "double")
            self._plain_key(node)
        first = frame.keys.get(node.text)
        if first is not None:
            self._note(
                "I104",
                f"the key '{node.text}' is given twice (first in line {first.span.line})",
                node.span,
                "Keep one of the two; readers disagree about which one counts.",
                (Related(first.span, "first given here"),),
            )
            return node
        frame.keys[node.text] = node
        return node
