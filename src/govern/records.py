"""Frozen records that cost nothing to declare.

`dataclasses` writes and compiles the source of six methods for every class: on Python 3.11 one class costs a ninth of
a bare interpreter's start, and the auditor's command declares eighty. A record means the same in the part that we use
(frozen, slots, comparison, hash, text form, pickling, `dataclasses.replace`), by methods that all of them share.
Classes that need more, such as default factories or mutability, stay dataclasses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, dataclass_transform, overload

__all__ = ["record"]

T = TypeVar("T")

_ABSENT: Any = object()


@overload
def record(made: type[T], /) -> type[T]: ...


@overload
def record(*, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True)
def record(made: type[T] | None = None, /, *, kw_only: bool = False) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen record of its annotated members; a value given in the class is the default.

    Records do not inherit from records. Use it as `@record` or `@record(kw_only=True)`.
    """
    if made is not None:
        return _record(made, kw_only=kw_only)
    return lambda plain: _record(plain, kw_only=kw_only)


class _Fields:
    """Describes a record to `dataclasses` (replace, fields, asdict), for whoever asks: made on the first question."""

    def __get__(self, _value: object, owner: type[object]) -> object:
        from dataclasses import make_dataclass

        names: tuple[str, ...] = owner.__slots__  # type: ignore[attr-defined]  # records have slots
        made: object = vars(make_dataclass(owner.__name__, names))["__dataclass_fields__"]
        type.__setattr__(owner, "__dataclass_fields__", made)
        return made


def _record(plain: type[T], *, kw_only: bool) -> type[T]:
    body = dict(plain.__dict__)
    names = tuple(body.get("__annotations__", {}))
    defaults = {name: body.pop(name) for name in names if name in body}
    for leftover in ("__dict__", "__weakref__"):
        body.pop(leftover, None)
    own = {
        "__eq__": _equal,
        "__hash__": _hash,
        "__repr__": _text,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__reduce__": _reduce,
        "__dataclass_fields__": _Fields(),
    }
    made: type[T] = type.__new__(type(plain), plain.__name__, plain.__bases__, {**own, **body, "__slots__": names})
    if "__init__" not in body:
        type.__setattr__(made, "__init__", _initialiser(made, names, defaults, kw_only=kw_only))
    return made


def _initialiser(
    made: type[T], names: tuple[str, ...], defaults: dict[str, object], *, kw_only: bool
) -> Callable[..., None]:
    title, put = made.__qualname__, object.__setattr__
    setters: tuple[Callable[[object, object], None], ...] = tuple(vars(made)[name].__set__ for name in names)

    def __init__(self: object, /, *values: object, **named: object) -> None:  # noqa: N807 - it becomes that method
        if not named and len(values) == len(setters) and not kw_only:  # the common way, in half the time
            for setter, value in zip(setters, values, strict=True):
                setter(self, value)
            return
        if len(values) > (0 if kw_only else len(names)):
            raise TypeError(f"{title}() got {len(values)} positional values")
        for name, value in zip(names, values, strict=False):
            put(self, name, value)
        for name in names[len(values) :]:
            value = named.pop(name) if name in named else defaults.get(name, _ABSENT)
            if value is _ABSENT:
                raise TypeError(f"{title}() needs {name!r}")
            put(self, name, value)
        if named:
            raise TypeError(f"{title}() has no {', '.join(sorted(named))}, or got it twice")

    return __init__


def _values(value: Any) -> Iterator[object]:
    return (getattr(value, name) for name in type(value).__slots__)


def _equal(self: object, other: object) -> object:
    if type(self) is not type(other):
        return NotImplemented
    return tuple(_values(self)) == tuple(_values(other))


def _hash(self: object) -> int:
    return hash(tuple(_values(self)))


def _text(self: Any) -> str:
    inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in type(self).__slots__)
    return f"{type(self).__qualname__}({inner})"


def _refuse(self: object, name: str, *_value: object) -> None:
    raise AttributeError(f"{type(self).__qualname__} is frozen: {name} stays as it is")


def _reduce(self: Any) -> tuple[Callable[..., object], tuple[object, ...]]:
    return _again, (type(self), tuple(_values(self)))


def _again(made: type[T], values: tuple[object, ...]) -> T:
    """Make a record from its values in order; for `copy` and `pickle`."""
    names: tuple[str, ...] = made.__slots__  # type: ignore[attr-defined]  # records have slots
    return made(**dict(zip(names, values, strict=True)))
