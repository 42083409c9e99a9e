"""The one adapter of the expression engine (CEL, cel-expr-python 0.1.3, pinned exactly). Nothing else imports it.

What the engine does that this adapter exists to contain (all seen on 0.1.3): a run-time error comes back as a
*value* whose plain form is a non-empty, hence truthy, text; other errors are raised; evidence is converted lazily,
so that a dict changed after binding changes the answer; only exact built-in types are understood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from govern.canonical import decimal_text
from govern.policy.cel.ast import Ast
from govern.policy.cel.copy import Copier, Rounding
from govern.policy.cel.wire import decode

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "FALSE",
    "TRUE",
    "Activation",
    "Engine",
    "EngineError",
    "EngineFault",
    "EngineUnavailableError",
    "Failed",
    "RawExpression",
    "Verdict",
    "engine_for",
    "shown",
]

_BLOCK = re.compile(r"^(?:[A-Z_]+: )?ERROR: <input>:(-?\d+):(-?\d+): (.*)$", re.MULTILINE)
_STATUS = re.compile(r"^(?:[A-Z_]+: )+|(?: \[[A-Z_]+\])+$")
# A macro that grows its input doubles memory at each step (369 characters took 530 MB), so `map` is left out.
_CONFIG = "name: govern\nstdlib:\n  exclude_macros: [map]\n"


class _NoTruth:
    """Base of verdicts. `if verdict:` would make an error count as true, so it is refused."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not a truth value: compare it with TRUE")


@dataclass(frozen=True, slots=True)
class _True(_NoTruth):
    """The expression is true."""


@dataclass(frozen=True, slots=True)
class _False(_NoTruth):
    """The expression is false."""


@dataclass(frozen=True, slots=True)
class Failed(_NoTruth):
    """The expression has no truth value.

    `kind`: engine, not_boolean, opaque, precision, type, budget, unreadable, missing.
    """

    kind: str
    text: str


TRUE = _True()
FALSE = _False()
Verdict = _True | _False | Failed


@dataclass(frozen=True, slots=True)
class EngineFault:
    """One block of the engine's error text; `offset` is in code points of the source, None when it gives none."""

    offset: int | None
    message: str


class EngineError(Exception):
    """The engine refused an expression."""

    def __init__(self, faults: tuple[EngineFault, ...]) -> None:
        super().__init__("; ".join(fault.message for fault in faults))
        self.faults = faults


class EngineUnavailableError(Exception):
    """There is no engine for this platform (no wheel, e.g. musl)."""


class Activation:
    """Evidence in the engine's own types, converted from a private copy that nobody can change any more."""

    def __init__(self, engine: Engine, data: Mapping[str, Any], *, rounding: Rounding = "down") -> None:
        copier = Copier(rounding)
        self._copy = {name: copier.copy(value) for name, value in data.items()}
        self.exact = copier.exact
        """Whether every number was held without rounding."""
        self.native: Any = engine.native.Activation(self._copy)

    def knowing(self, engine: Engine, names: Mapping[str, Any]) -> Activation:
        """Give the same evidence with more names, whose values are such that the engine gave itself."""
        held = {**self._copy, **names}
        made = copy(self)
        vars(made).update(_copy=held, native=engine.native.Activation(held))
        return made


@dataclass(frozen=True)
class RawExpression:
    """An expression compiled by the engine. Not picklable: workers compile again from the source."""

    source: str
    ast: Ast
    result: str
    """The engine's name of the result type: `BOOL`, `DYN`, ..."""
    _native: Any

    def evaluate(self, activation: Activation) -> Verdict:
        """Evaluate to TRUE, FALSE or Failed: whatever is not surely a boolean is Failed."""
        try:
            value = self._native.eval(activation.native)
            if value.type() == _boolean():  # an error's plain form is a text, and true for Python
                return TRUE if value.plain_value() is True else FALSE
        except Exception:  # noqa: S110 - asked again below, where each fault gets its words
            pass
        found = self.value(activation)
        if isinstance(found, Failed):
            return found
        return Failed("not_boolean", f"gives {_words(found)} instead of true or false")

    def value(self, activation: Activation) -> Any | Failed:
        """Evaluate to a plain value, or Failed. The engine's error *values* are recognised before anything else."""
        from cel_expr_python import cel

        try:
            value = self._native.eval(activation.native)
            plain = value.plain_value()
            if value.type() in (cel.Type.ERROR, cel.Type.UNKNOWN):
                return Failed("engine", _first_line(str(plain)))
        except TypeError:  # the engine has no Python form for an optional
            return Failed("opaque", "gives an optional or another value that is not plain: add `.orValue(..)`")
        except Exception as fault:  # the engine raises RuntimeError and others; each is Failed, none is a verdict
            return Failed("engine", _first_line(str(fault)))
        return plain


@cache
def _boolean() -> Any:
    from cel_expr_python import cel

    return cel.Type.BOOL


class Engine:
    """The engine with a fixed set of roots, every one of them dynamically typed."""

    def __init__(self, roots: tuple[str, ...]) -> None:
        try:
            from cel_expr_python import cel
            from cel_expr_python.ext import ext_math, ext_optional
        except ImportError as fault:
            raise EngineUnavailableError(str(fault)) from fault
        self.native: Any = cel.NewEnv(
            config=cel.NewEnvConfigFromYaml(_CONFIG),
            variables=dict.fromkeys(roots, cel.Type.DYN),
            extensions=[ext_optional.ExtOptional(), ext_math.ExtMath()],
        )

    @cached_property
    def compile(self) -> Callable[[str], RawExpression]:
        """Compile a source text; the last thousand are kept. Raises EngineError, UnsupportedConstructError."""
        return lru_cache(maxsize=1024)(self._compile)

    def _compile(self, source: str) -> RawExpression:
        try:
            native = self.native.compile(source)
            result = native.return_type().name()  # raises too, e.g. for a mapping whose keys are doubles
        except Exception as fault:
            raise EngineError(_faults(str(fault), source)) from fault
        return RawExpression(source, decode(native.serialize()), result, native)


@lru_cache(maxsize=32)
def engine_for(roots: tuple[str, ...]) -> Engine:
    """Give the engine for a sorted tuple of root names. Raises EngineUnavailableError."""
    return Engine(roots)


def _faults(text: str, source: str) -> tuple[EngineFault, ...]:
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    found: dict[EngineFault, None] = {}
    for match in _BLOCK.finditer(text):
        row, column = int(match[1]), int(match[2])
        offset = starts[row - 1] + column - 1 if 0 < row < len(starts) and column > 0 else None
        if offset is not None:
            offset = min(offset, len(source))
        found[EngineFault(offset, _first_line(match[3]))] = None
    return tuple(found) or (EngineFault(None, _first_line(text)),)


def _first_line(text: str) -> str:
    """The first line of the engine's words, without the names of status codes around them."""
    return _STATUS.sub("", text.split("\n", 1)[0]).strip()


def _words(value: Any) -> str:
    kinds = {str: "a text", int: "a number", float: "a number", list: "a list", dict: "a mapping", type(None): "null"}
    return kinds.get(type(value), "a value")


def shown(value: Any) -> str:
    """Write a value for a finding: numbers as decimals, texts quoted, collections by their size."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal | float):
        try:
            return decimal_text(Decimal(repr(value)) if isinstance(value, float) else value)
        except (ValueError, ArithmeticError):
            return str(value)
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 80 else f'"{value[:77]}..."'
    if isinstance(value, Mapping):
        return f"a mapping with {len(value)} keys"
    if isinstance(value, list | tuple):
        if len(value) <= 20 and all(isinstance(item, str | int | float | Decimal) for item in value):
            return "[" + ", ".join(shown(item) for item in value) + "]"
        return f"a list of {len(value)}"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return f"{decimal_text(Decimal(value // timedelta(microseconds=1)).scaleb(-6))}s"
    if isinstance(value, bytes | bytearray):
        return f"{len(value)} bytes"
    return str(value).lower()  # the name of a type, as the language writes it
