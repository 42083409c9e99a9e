"""What several layers make of one value: each may only tighten what lies below it, and the strictest wins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from govern.canonical import decimal_text
from govern.diagnostics import Diagnostic, Related, Span
from govern.policy.overlays.lattice import Direction, IncomparableError, Order, compare, join
from govern.policy.packs.bringing import Edge
from govern.records import record

__all__ = ["Layer", "Tightened", "shown", "tightened"]

_WORDS = {
    "up": "may only be raised",
    "down": "may only be lowered",
    "superset": "members may only be added",
    "subset": "members may only be removed",
    "order": "may only become stricter",
    "fixed": "may not be changed",
    "with": "may not be changed",
}


@record
class Layer:
    """A value that one import (or, without an edge, the command line) gives."""

    value: Any
    span: Span
    edge: Edge | None


@record
class Tightened:
    """The value that holds, with the places of the layers that had a part in it, nearest last."""

    value: Any
    origin: tuple[Span, ...]
    faults: tuple[Diagnostic, ...]


def tightened(
    what: str,
    direction: Direction,
    base: tuple[Any, Span],
    layers: Sequence[Layer],
    *,
    below: Callable[[str], frozenset[str]],
    instead: str,
) -> Tightened:
    """Join a value with what layers give, strictest wins; a layer that loosens what its import brings is a fault.

    Args:
        what: the value in words, e.g. `at_least of the rule baseline/parity`.
        direction: how it may move.
        base: the value as the pack wrote it, and where.
        layers: what imports give, in the order of their places; the order does not matter for the result.
        below: the packs that a pack builds on, itself included: their layers lie below an import of it.
        instead: what to do instead of loosening.
    """
    faults: list[Diagnostic] = []
    sound: list[Layer] = []
    for layer in layers:
        fault = _loosens(what, direction, base, layer, layers, below=below, instead=instead)
        if fault is None:
            sound.append(layer)
        else:
            faults.append(fault)
    value, origin = base[0], [base[1]]
    for layer in sound:
        try:
            joined = join(direction, value, layer.value)
        except IncomparableError:
            faults.append(_apart(what, value, origin[-1], layer))
            continue
        if compare(direction, value, joined) is not Order.EQUAL:
            origin.append(layer.span)
        value = joined
    return Tightened(value, tuple(origin), tuple(faults))


def _loosens(
    what: str,
    direction: Direction,
    base: tuple[Any, Span],
    layer: Layer,
    layers: Sequence[Layer],
    *,
    below: Callable[[str], frozenset[str]],
    instead: str,
) -> Diagnostic | None:
    inside = None if layer.edge is None else below(layer.edge.item.pack)
    held, span = base
    for other in layers:
        lies_below = other is not layer and (
            inside is None or (other.edge is not None and other.edge.inside is not None and other.edge.inside in inside)
        )
        if lies_below:
            try:
                joined = join(direction, held, other.value)
            except IncomparableError:
                continue
            if compare(direction, held, joined) is not Order.EQUAL:
                held, span = joined, other.span
    order = compare(direction, held, layer.value)
    if order in (Order.EQUAL, Order.TIGHTER):
        return None
    related = (Related(span, f"{shown(held)} is given here"),)
    if order is Order.INCOMPARABLE and direction.tighten not in ("fixed", "with", "superset", "subset"):
        message = f"{what}: {shown(layer.value)} and {shown(held)} have no order"
        return Diagnostic("P309", message, layer.span, "Give a value of the same unit.", related=related)
    message = f"{what} {_WORDS[direction.tighten]}: {shown(layer.value)} is not tighter than {shown(held)}"
    return Diagnostic("P307", message, layer.span, instead, related=related)


def _apart(what: str, value: Any, span: Span, layer: Layer) -> Diagnostic:
    message = f"{what}: two imports give {shown(value)} and {shown(layer.value)}, and neither is the stricter"
    related = (Related(span, f"{shown(value)} is given here"),)
    return Diagnostic("P309", message, layer.span, "Agree on one value.", related=related)


def shown(value: Any) -> str:
    """Write a value as an author would."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, BaseModel):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.model_dump(by_alias=True).items()) + "}"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return str(value)
