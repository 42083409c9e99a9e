"""Fields of the model record by dotted path, as expressions write them: `owner.contact`, `inventory.location`."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from govern.bundle.record import Metadata, ModelRecord, NotApplicable, Spec

__all__ = ["ABSENT", "declared_at", "path_fault", "written_at"]


class _Absent:
    """Stands for a field that nobody declared, which is not the same as one declared to be empty."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


def path_fault(path: str) -> str | None:
    """Say why a path names no field of a record, with the nearest name; None when it names one.

    Below `extensions`, and in mappings whose keys are the author's own, any name may stand.
    """
    steps = path.split(".")
    if steps[0] == "extensions":
        return None if len(steps) > 1 and all(steps) else "extensions needs a name behind it"
    here: Mapping[str, Any] | None = {**_annotations(Metadata), **_annotations(Spec)}
    for index, step in enumerate(steps):
        if here is None or not step:
            return f"'{'.'.join(steps[:index])}' has no fields, and '{path}' names one"
        if step not in here:
            close = get_close_matches(step, here, n=1)
            above = ".".join(steps[:index])
            near = ".".join([*steps[:index], close[0]]) if close else None
            where = f"'{above}' of the model record" if above else "the model record"
            return f"{where} has no field '{step}'" + (f"; did you mean '{near}'?" if near else "")
        model = _model_in(here[step])
        if model is None and _is_open(here[step]):
            return None
        here = None if model is None else _annotations(model)
    return None


def _annotations(model: type[BaseModel]) -> dict[str, Any]:
    return {name: field.annotation for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        known = issubclass(annotation, BaseModel) and annotation is not NotApplicable
        return annotation if known else None
    if get_origin(annotation) in (Annotated, Union, types.UnionType, tuple):
        return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
    return None


def _is_open(annotation: Any) -> bool:
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def written_at(path: str) -> tuple[str, ...]:
    """Give the keys that lead to a field in `govern.yaml`, e.g. `("spec", "owner", "contact")`."""
    steps = tuple(path.split("."))
    if steps[0] == "extensions":
        return steps
    return ("metadata" if steps[0] in Metadata.model_fields else "spec", *steps)


def declared_at(record: ModelRecord, path: str) -> Iterator[tuple[tuple[str | int, ...], object]]:
    """Yield what is declared at a path, with the keys that lead there in `govern.yaml`; ABSENT for what is not.

    Lists on the way are looked through: `monitoring.owner` gives the owner of each item. An empty list on the way has
    no item, so that nothing is declared below it.
    """
    facts: object = record.facts()
    start = written_at(path)
    if start[0] == "extensions":
        yield from _below(dict(record.extensions), start[1:], start[:1])
    else:
        yield from _below(facts, start[1:], start[:1])


def _below(value: object, steps: tuple[str, ...], at: tuple[str | int, ...]) -> Iterator[tuple[Any, object]]:
    if not steps or (isinstance(value, Mapping) and set(value) == {"not_applicable"}):
        yield at, value
    elif isinstance(value, Mapping):
        below = value.get(steps[0], ABSENT)
        yield from _below(below, steps[1:], (*at, steps[0]))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _below(item, steps, (*at, index))
    else:
        yield (*at, *steps), ABSENT
