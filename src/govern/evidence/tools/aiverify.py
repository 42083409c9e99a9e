"""A result of AI Verify: values without pass or fail. Every number under `output` is a figure, by its path."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from govern.evidence.tools.figures import MetricItem, Metrics
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.evidence.tools.times import instant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from govern.inputs.json import JsonValue

__all__ = ["READERS"]

_KEYS = ("gid", "cid", "testArguments", "output")
_MOST = 10_000
"""Figures of one file; what comes after is rows, not figures."""


def _recognise(root: JsonValue) -> bool:
    return isinstance(root, dict) and all(key in root for key in _KEYS)


def _read(document: Document) -> Readout:
    root = document.get(dict)
    arguments = document.get(dict, "testArguments")
    data = arguments.get("testDataset")
    items: list[MetricItem] = []
    for place, value in _numbers(root["output"], ("output",)):
        if len(items) == _MOST:
            break
        items.append(MetricItem(name=".".join(map(str, place[1:])) or "output", value=value, steps=place))
    started = root.get("startTime")
    when = instant_of(started) if isinstance(started, str) else None
    version = root.get("version")
    name = f"{root['gid']}/{root['cid']}"
    return Readout(
        bodies=(Metrics(items=tuple(items)),),
        tool=Tool("aiverify", version if isinstance(version, str) else None),
        produced_at=None if when is None else when[0],
        zone_known=when is None or when[1],
        hints={"algorithm": name, **({"data": data} if isinstance(data, str) else {})},
    )


def _numbers(value: JsonValue, place: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Decimal]]:
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        yield place, Decimal(value)
    elif isinstance(value, dict):
        for key, held in value.items():
            yield from _numbers(held, (*place, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from _numbers(held, (*place, index))


READERS = (
    Reader(
        id="aiverify",
        gives=(Metrics,),
        recognise=_recognise,
        read=_read,
        markers=(b'"testArguments"',),
    ),
)
"""The readers of this module."""
