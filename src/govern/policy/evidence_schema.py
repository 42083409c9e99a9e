"""The shape of what expressions may read: a small type language, and look-ups with suggestions.

`evidence` publishes the schema, `gate` hands it to the compiler; this module only knows how to walk it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "ELEMENT",
    "AnyType",
    "EvidenceSchema",
    "ListType",
    "MapType",
    "Path",
    "PathFault",
    "PathType",
    "RootSchema",
    "ScalarType",
    "certainly",
    "describe",
    "parse_path",
    "path_text",
    "step_text",
    "suggest",
]

ELEMENT = None
"""The step of a path from a list to each of its members; written `[]`."""

Path = tuple[str | None, ...]
"""A root, then field names and `ELEMENT`."""

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScalarType:
    """A text, a number (whole or not) or a truth value."""

    kind: Literal["text", "number", "bool"]


@dataclass(frozen=True, slots=True)
class AnyType:
    """Any JSON value: room that others fill, such as `extensions`."""


@dataclass(frozen=True, slots=True)
class ListType:
    """A list whose members all have one type."""

    item: PathType


@dataclass(frozen=True, slots=True)
class MapType:
    """A mapping: closed (`fields` only), or open, where other keys have the type `value`."""

    fields: Mapping[str, PathType] = field(default_factory=dict)
    value: PathType | None = None
    """Type of the keys that are not listed; None makes the mapping closed."""
    known: tuple[str, ...] = ()
    """Names usual in an open mapping: another name gets a warning, because it may be a typo."""


PathType = ScalarType | AnyType | ListType | MapType


@dataclass(frozen=True, slots=True)
class RootSchema:
    """One root of the expression language."""

    type: PathType
    evidence: str | None
    """Kind of evidence a rule that reads this root needs; None for what the policy itself brings."""
    files: str = ""
    """Where this evidence comes from, in words: printed when it is missing."""


@dataclass(frozen=True, slots=True)
class PathFault:
    """Why a path cannot be read, and whether that is certain (`error`) or likely (`warning`)."""

    certain: bool
    message: str
    suggestion: str | None
    unknown_root: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceSchema:
    """Every root that expressions may name, and the names reserved for roots of other versions."""

    version: int
    roots: Mapping[str, RootSchema]
    reserved: tuple[str, ...] = ()

    def with_root(self, name: str, root: RootSchema) -> EvidenceSchema:
        """Give a schema with one more (or another) root, e.g. the parameters of one policy."""
        return EvidenceSchema(self.version, {**self.roots, name: root}, self.reserved)

    def with_names(self, root: str, names: Iterable[str]) -> EvidenceSchema:
        """Give a schema whose open mapping `root` knows more names."""
        held = self.roots.get(root)
        if held is None or not isinstance(held.type, MapType):
            return self
        known = tuple(sorted({*held.type.known, *names}))
        return self.with_root(
            root, RootSchema(MapType(held.type.fields, held.type.value, known), held.evidence, held.files)
        )

    def type_of(self, path: Path) -> PathType | None:
        """Give the type at a path, or None when there is none."""
        found, _fault = self._walk(path)
        return found

    def fault(self, path: Path) -> PathFault | None:
        """Say why a path cannot be read, or None when it can."""
        _found, fault = self._walk(path)
        return fault

    def _walk(self, path: Path) -> tuple[PathType | None, PathFault | None]:
        root = self.roots.get(str(path[0]))
        if root is None:
            return None, self._unknown_root(str(path[0]))
        here: PathType = root.type
        likely: PathFault | None = None
        for index, step in enumerate(path[1:], start=1):
            above = path_text(path[:index])
            match here:
                case AnyType():
                    return here, likely
                case ListType() if step is ELEMENT:
                    here = here.item
                case MapType() if step is not ELEMENT:
                    below = here.fields.get(step, here.value)
                    if below is None:
                        return None, _unknown_key(path[: index + 1], here)
                    if step not in here.fields and here.known and step not in here.known:
                        likely = likely or _unusual_key(path[: index + 1], here)
                    here = below
                case _:
                    wanted = "list" if step is ELEMENT else "mapping"
                    return None, PathFault(True, f"'{above}' is {describe(here)}, not a {wanted}", None)
        return here, likely

    def _unknown_root(self, name: str) -> PathFault:
        if name in self.reserved:
            return PathFault(True, f"the root '{name}' is not supported by this version", None, unknown_root=True)
        return PathFault(True, f"nothing is called '{name}'", suggest(name, self.roots), unknown_root=True)


def _unknown_key(path: Path, type_: MapType) -> PathFault:
    near = suggest(str(path[-1]), type_.fields)
    return PathFault(
        True, f"no evidence has '{path_text(path)}'", near and path_text((*path[:-1], near)), unknown_root=False
    )


def _unusual_key(path: Path, type_: MapType) -> PathFault:
    near = suggest(str(path[-1]), (*type_.fields, *type_.known))
    return PathFault(False, f"'{path_text(path)}' is not a usual name", near and path_text((*path[:-1], near)))


def describe(type_: PathType) -> str:
    """Name a type in words, with its article."""
    match type_:
        case ScalarType(kind="text"):
            return "a text"
        case ScalarType(kind="number"):
            return "a number"
        case ScalarType():
            return "true or false"
        case ListType():
            return "a list"
        case MapType():
            return "a mapping"
        case AnyType():
            return "any value"


def step_text(step: str) -> str:
    """Write one step of a path: `.name`, or `['other name']`."""
    if _PLAIN_NAME.fullmatch(step):
        return f".{step}"
    quoted = step.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def path_text(path: Path) -> str:
    """Write a path as an author would: `card.owners[].name`, `metrics['top-5']`."""
    return str(path[0]) + "".join("[]" if step is ELEMENT else step_text(step) for step in path[1:])


_STEP = re.compile(
    r"""\.(?P<name>[A-Za-z_][A-Za-z0-9_]*) | \[(?P<q>['"])(?P<key>(?:[^\\]|\\.)*?)(?P=q)\] | (?P<each>\[\])""",
    re.VERBOSE | re.ASCII,
)


def parse_path(text: str) -> Path | None:
    """Read a path as `path_text` writes it; None when it is not one."""
    root = _PLAIN_NAME.match(text)
    if root is None:
        return None
    path: list[str | None] = [root.group()]
    at = root.end()
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            return None
        key = step["key"]
        path.append(ELEMENT if step["each"] else step["name"] if key is None else re.sub(r"\\(.)", r"\1", key))
        at = step.end()
    return tuple(path)


def suggest(name: str, known: Iterable[str]) -> str | None:
    """Give the known name that `name` is most likely a slip of, or None."""
    names = sorted(set(known))
    folded = {item.casefold().replace("_", "-"): item for item in reversed(names)}
    wanted = name.casefold().replace("_", "-")
    near = difflib.get_close_matches(wanted, list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else None


_SURE, _APART = 0.75, 0.2
"""How alike a slip must be to the name that was meant, and by how much less to every other one."""


def certainly(name: str, known: Iterable[str]) -> str | None:
    """Give the one known name that `name` is a slip of, or None where a second name is near enough to doubt it."""
    wanted = name.casefold().replace("_", "-")
    scored = [
        (difflib.SequenceMatcher(None, wanted, item.casefold().replace("_", "-")).ratio(), item)
        for item in sorted(set(known))
    ]
    if not scored:
        return None
    best, item = max(scored)
    second = max((score for score, other in scored if other != item), default=0.0)
    return item if best >= _SURE and second <= best - _APART else None
