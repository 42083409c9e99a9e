"""Evidence bound for expressions, and the steps that run before the engine: presence and types."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any
from unicodedata import normalize

from govern.policy.cel.copy import is_plain_text
from govern.policy.evidence_schema import (
    ELEMENT,
    AnyType,
    EvidenceSchema,
    ListType,
    MapType,
    Path,
    PathType,
    ScalarType,
    describe,
    step_text,
)
from govern.policy.expressions import Activation, Engine, engine_for, shown
from govern.policy.outcomes import EvidenceRef

__all__ = ["Bound", "absent", "type_fault", "value_text", "values_at"]

_MAX_INTEGER = 2**53


@dataclass(frozen=True)
class Bound:
    """Evidence by root, bound once for all expressions of a run that read these roots.

    `evidence` holds JSON types and `Decimal`; a root that is not there is absent. It is copied on entry.
    """

    schema: EvidenceSchema
    evidence: Mapping[str, Any]
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Roots whose evidence is there but cannot be read, with the reason."""
    refs: Mapping[str, tuple[EvidenceRef, ...]] = field(default_factory=dict)
    """What each root was read from."""
    present: set[Path] = field(default_factory=set, init=False, repr=False, compare=False)
    """Paths that were found to be there: evidence does not change, so each is looked for once."""
    typed: set[Path] = field(default_factory=set, init=False, repr=False, compare=False)
    """Paths whose values were found to have the schema's type, or to be absent."""
    affordable: set[str] = field(default_factory=set, init=False, repr=False, compare=False)
    """Digests of the expressions whose work on this evidence was reckoned and is not too much."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "evidence", {name: _copied(value) for name, value in self.evidence.items()})

    @cached_property
    def engine(self) -> Engine:
        """The engine that knows the roots of the schema."""
        return engine_for(self.roots)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """The names of the roots, sorted."""
        return tuple(sorted(self.schema.roots))

    @cached_property
    def activations(self) -> tuple[Activation, ...]:
        """The evidence in the engine's types.

        The engine knows doubles only. Where a number has more digits than a double holds, the evidence is given
        twice, with such numbers rounded down and rounded up: a verdict stands only when both agree.
        """
        low = Activation(self.engine, self.evidence, rounding="down")
        return (low,) if low.exact else (low, Activation(self.engine, self.evidence, rounding="up"))


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copied(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_copied(item) for item in value]
    return value


def values_at(value: Any, path: Path, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each concrete place a path leads to, with its value; a value of None means absent from there on."""
    if value is None or not path:
        yield place, value
        return
    step, rest = path[0], path[1:]
    if step is ELEMENT:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from values_at(item, rest, f"{place}[{index}]")
    elif isinstance(value, Mapping):
        yield from values_at(value.get(step), rest, place + step_text(step) if place else step)


def absent(bound: Bound, path: Path) -> list[str]:
    """Give the concrete places where a path that must be there is not; JSON null is absent."""
    if path in bound.present:
        return []
    missing = [place for place, value in values_at(bound.evidence, path) if value is None]
    if not missing:
        bound.present.add(path)
    return missing


def value_text(bound: Bound, path: Path) -> str:
    """Write the value at a path for a report; several values in brackets."""
    found = [shown(value) for _place, value in values_at(bound.evidence, path) if value is not None]
    if not found:
        return "absent"
    return found[0] if len(found) == 1 and ELEMENT not in path else f"[{', '.join(found[:8])}]"


def type_fault(bound: Bound, path: Path) -> str | None:
    """Say why the value at a path has not the type of the schema, or None. Absent values have no type to miss."""
    if path in bound.typed:
        return None
    fault = _type_fault(bound, path)
    if fault is None:
        bound.typed.add(path)
    return fault


def _type_fault(bound: Bound, path: Path) -> str | None:
    for length in range(1, len(path) + 1):
        wanted = bound.schema.type_of(path[:length])
        if wanted is None:
            return None
        whole = length == len(path)
        for place, value in values_at(bound.evidence, path[:length]):
            fault = _misfit(value, wanted, place, whole=whole)
            if fault is not None:
                return fault
    return None


def _misfit(value: Any, wanted: PathType, place: str, *, whole: bool) -> str | None:
    if value is None:
        return None
    match wanted:
        case ScalarType():
            return _scalar_misfit(value, wanted, place)
        case ListType():
            if not isinstance(value, list):
                return f"{place} is not {describe(wanted)}"
            return _first_misfit(((f"{place}[{i}]", item, wanted.item) for i, item in enumerate(value)), whole=whole)
        case MapType():
            if not isinstance(value, Mapping):
                return f"{place} is not {describe(wanted)}"
            keys = _keys_misfit(value, place)
            if keys is not None:
                return keys
            inner = (
                (place + step_text(key), item, wanted.fields.get(key, wanted.value)) for key, item in value.items()
            )
            return _first_misfit(((name, item, held or AnyType()) for name, item, held in inner), whole=whole)
        case AnyType():
            if not whole:
                return _keys_misfit(value, place) if isinstance(value, Mapping) else None
            return _any_misfit(value, place)


def _first_misfit(items: Iterator[tuple[str, Any, PathType]], *, whole: bool) -> str | None:
    if not whole:
        return None
    return next((fault for name, item, held in items if (fault := _misfit(item, held, name, whole=True))), None)


def _scalar_misfit(value: Any, wanted: ScalarType, place: str) -> str | None:
    if wanted.kind == "text":
        return _text_misfit(value, place) if isinstance(value, str) else f"{place} is not {describe(wanted)}"
    if wanted.kind == "bool":
        return None if isinstance(value, bool) else f"{place} is not {describe(wanted)}"
    return _number_misfit(value, place)


def _number_misfit(value: Any, place: str) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return f"{place} is not a number"
    if isinstance(value, int):
        return f"{place} is beyond ±2^53, where doubles skip numbers" if abs(value) > _MAX_INTEGER else None
    if not math.isfinite(value):
        return f"{place} is not a finite number"
    return None


def _text_misfit(value: str, place: str) -> str | None:
    if is_plain_text(value):
        return None
    return f"{place} holds a NUL character or half of a surrogate pair, which the engine cannot read"


def _keys_misfit(value: Mapping[str, Any], place: str) -> str | None:
    together = "".join(value)
    if together.isascii() and "\0" not in together:
        return None
    if not all(map(is_plain_text, value)):
        return _text_misfit("\0", f"a key of {place}")
    if len({normalize("NFC", key) for key in value}) < len(value):
        return f"{place} has two keys that are one in composed form (NFC)"
    return None


def _any_misfit(value: Any, place: str) -> str | None:
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return _text_misfit(value, place)
    if isinstance(value, list):
        return next((fault for item in value if (fault := _any_misfit(item, place))), None)
    if isinstance(value, Mapping):
        keys = _keys_misfit(value, place)
        return keys or next((fault for item in value.values() if (fault := _any_misfit(item, place))), None)
    return _number_misfit(value, place)
