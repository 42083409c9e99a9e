"""What a reader of another tool's file is, and what it gives.

A reader is lenient about versions and strict about meaning: keys it does not know are passed over, a key that carries
meaning and is missing or of another type is an InputError with a place. It gives values; limits are the policy's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeVar

from govern.diagnostics import Diagnostic, InputError, Span
from govern.inputs.json import JsonValue, pointer_span

__all__ = ["Beside", "Document", "Reader", "Readout", "Syntax", "Tool", "Verdict", "pointer_of"]

Verdict = Literal["pass", "fail", "not_evaluated", "error"]
"""A tool's own verdict on one item. `not_evaluated`: it did not look, or the file does not say; never a pass."""

Syntax = Literal["json", "yaml", "text"]

Wanted = TypeVar("Wanted")


def pointer_of(*steps: str | int) -> str:
    """Write steps as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


@dataclass(frozen=True, slots=True)
class Beside:
    """The other files of the bundle, for a format that is spread over several."""

    paths: tuple[str, ...]
    """Every file of the bundle, in the order of the paths' bytes."""
    read: Callable[[str], bytes]
    """Give a file's bytes, as many as a small document may have. Raises InputError."""
    digests: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of every file, hex, by path."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read strictly: its bytes, and its JSON types (YAML scalars stay text)."""

    file: str
    data: bytes = field(repr=False)
    root: JsonValue
    """None for a file of syntax `text`, whose reader takes `data`."""
    beside: Beside | None = field(default=None, repr=False)
    """Only for a reader that asks for it."""
    syntax: Syntax = "json"

    def span(self, *steps: str | int) -> Span:
        """Give the place of a value; the file's beginning when it has none."""
        if self.syntax == "yaml":
            from govern.inputs.nodes import span_at
            from govern.inputs.yaml import parse_yaml

            return span_at(parse_yaml(self.data, file=self.file, strictness="evidence"), steps)
        if self.syntax == "text" or not self.data:
            return Span(self.file, 1)
        return pointer_span(self.data, file=self.file, pointer=pointer_of(*steps)) or Span(self.file, 1)

    def fault(self, code: str, message: str, *steps: str | int, hint: str | None = None) -> InputError:
        """Make the InputError of a value; its message ends with the pointer."""
        where = f" (at {pointer_of(*steps)})" if steps else ""
        return InputError(Diagnostic(code, f"{message}{where}", self.span(*steps), hint))

    def get(self, kind: type[Wanted] | tuple[type[Wanted], ...], *steps: str | int, name: str = "") -> Wanted:
        """Give the value at a place, of the type asked for; a truth value is no number.

        Raises InputError E102 when it is not there, E103 when it is of another type.
        """
        value: Any = self.root
        for depth, step in enumerate(steps):
            value = _below(value, step)
            if value is _ABSENT:
                what = name or pointer_of(*steps)
                hint = "Write the file again with the tool; a key that carries meaning has gone."
                raise self.fault("E102", f"{what} is missing", *steps[:depth], hint=hint)
        return self.of_type(value, kind, *steps)

    def member(self, held: Mapping[str, Any], kind: type[Wanted], *steps: str | int) -> Wanted:
        """Give the last of the steps from an object that was reached before: `get`, without the way from the top.

        Raises InputError as `get` does.
        """
        value = held.get(str(steps[-1]))
        return value if type(value) is kind else self.get(kind, *steps)

    def number(self, *steps: str | int) -> Decimal:
        """Give the number at a place, exactly as written. Raises InputError E102 or E103."""
        value: Any = self.get((Decimal, int), *steps)
        return Decimal(value)

    def of_type(self, value: Any, kind: type[Wanted] | tuple[type[Wanted], ...], *steps: str | int) -> Wanted:
        """Give a value that must be of a type. Raises InputError E103."""
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if isinstance(value, kinds) and not (isinstance(value, bool) and bool not in kinds):
            return value
        names = " or ".join(dict.fromkeys(_NAMES.get(item, item.__name__) for item in kinds))
        raise self.fault("E103", f"expected {names}, found {_NAMES.get(type(value), type(value).__name__)}", *steps)


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _ABSENT)
    if isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
        return value[step]
    return _ABSENT


_ABSENT: Any = object()
_NAMES: Mapping[type, str] = {
    dict: "an object",
    list: "a list",
    str: "text",
    int: "a number",
    Decimal: "a number",
    bool: "true or false",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class Tool:
    """What wrote a file, as far as the file itself says."""

    name: str
    version: str | None = None

    def __str__(self) -> str:
        """Name and version in one text."""
        return f"{self.name} {self.version}" if self.version else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """What a reader made of a file."""

    bodies: tuple[Any, ...]
    """Normalised evidence, each a frozen dataclass of this room such as `DataQuality`; at most one of a type."""
    tool: Tool
    produced_at: str | None = None
    """The file's own time as an instant (UTC, whole seconds), the oldest it can mean."""
    zone_known: bool = True
    """False when the file's time has no zone and the oldest instant was taken."""
    hints: Mapping[str, str] = field(default_factory=dict)
    """What the file says of its data or model (names, short digests): shown, and never a proof."""
    notes: tuple[Diagnostic, ...] = ()
    """Warnings and notes about the file."""
    files: tuple[str, ...] = ()
    """Other files of the bundle that it was read from."""

    def body(self, kind: type[Wanted]) -> Wanted | None:
        """Give the body of a type, or None."""
        return next((item for item in self.bodies if isinstance(item, kind)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader of one format."""

    id: str
    """Name of the format in `type:` of the record and of an envelope, e.g. `great-expectations`."""
    gives: tuple[type, ...]
    """Types of the bodies it can give."""
    recognise: Callable[[JsonValue], bool]
    """Say whether a document is of this format: by content, cheaply, never raising."""
    read: Callable[[Document], Readout]
    """Read it. Raises InputError."""
    markers: tuple[bytes, ...]
    """Texts of which at least one is in the bytes of every file of the format: only such files are parsed to see."""
    syntax: Syntax = "json"
    aliases: tuple[str, ...] = ()
    """Other names that `type:` may use."""
    max_bytes: int | None = None
    """Largest file; the syntax's cap when None."""
    beside: bool = False
    """Whether it looks at other files of the bundle too."""
