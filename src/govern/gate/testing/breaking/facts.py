"""Facts that an expression reads: declared in the model record, or measured in the metrics file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from govern.bundle.record import Metadata
from govern.gate.testing.breaking.interface import Break, Operation, Target, remove, replace
from govern.policy.evidence_schema import parse_path
from govern.policy.interface import CompiledText
from govern.policy.testing.patches import Value, pointer_of

__all__ = ["facts", "metrics", "other_evidence", "reads_of"]

_DAMAGED = "{this is not JSON"


def reads_of(target: Target) -> tuple[tuple[str, ...], ...]:
    """Give the paths that the assertion of a rule reads, as far as their first list: `("model", "tags")`."""
    found: dict[tuple[str, ...], None] = {}
    held = [one for item in vars(target.params).values() for one in (item if isinstance(item, tuple) else (item,))]
    for item in held:
        if isinstance(item, CompiledText):
            for text in item.expression.read_texts:
                path = parse_path(text.partition("[]")[0])
                if path is not None:
                    found[tuple(str(step) for step in path)] = None
    return tuple(found)


def _lifted(target: Target, path: tuple[str, ...], which: str) -> bool:
    """Whether the author has said that a path may be absent (or empty)."""
    name = ".".join(path)
    listed: tuple[str, ...] = getattr(target.params, which, ())
    return any(
        item == name or item.startswith((f"{name}.", f"{name}[")) or name.startswith(f"{item}.") for item in listed
    )


def facts(target: Target) -> Iterator[Break]:
    """Spoil each declared fact that the assertion reads."""
    for path in reads_of(target):
        if path[0] != "model" or len(path) < 2:
            continue
        part = "metadata" if path[1] in Metadata.model_fields else "spec"
        pointer = pointer_of("model", part, *path[1:])
        if not target.has(pointer):  # a fact that a pack reads
            pointer = pointer_of("model", "extensions", *path[1:])
        if target.has(pointer):
            yield from _spoilt(target, path, pointer, target.at(pointer))


def metrics(target: Target) -> Iterator[Break]:
    """Spoil each figure that the rule takes from the metrics file."""
    if not target.cites("metrics"):
        return
    names = [path[1] for path in reads_of(target) if path[0] == "metrics" and len(path) > 1]
    names += [str(target.params.metric)] if hasattr(target.params, "metric") else []
    alone = _without_predictions(target)
    for name in dict.fromkeys(names):
        pointer = pointer_of("metrics", name)
        if target.has(pointer):
            yield from _spoilt(target, ("metrics", name), pointer, target.at(pointer), first=alone)
    if names:
        yield Break(name="empty:metrics", told="the metrics file is empty", patch=(*alone, *replace("/metrics", {})))
        told = "the metrics file cannot be read"
        yield Break(name="damaged:metrics", told=told, patch=(*alone, *replace("/metrics", _DAMAGED)))
    envelope = "/model/spec/evidence/metrics/envelope"
    if target.params.bound and target.has(envelope):
        told = "the metrics no longer say which model they speak of"
        yield Break(name="unbound:metrics", told=told, patch=(*alone, *remove(envelope)))


def _without_predictions(target: Target) -> tuple[Operation, ...]:
    """An expression reads a figure from the table as well: only without it does the file decide."""
    held = [pointer_of(name) for name in ("predictions", "fairness_rows") if target.document.get(name) is not None]
    return remove(*held) if target.cites("predictions") or target.cites("fairness_rows") else ()


def _spoilt(
    target: Target, path: tuple[str, ...], pointer: str, value: Value, *, first: tuple[Operation, ...] = ()
) -> Iterator[Break]:
    name = ".".join(path)
    if not _lifted(target, path, "may_be_absent"):
        yield Break(name=f"removed:{name}", told=f"there is no {name}", patch=(*first, *remove(pointer)))
        yield Break(name=f"null:{name}", told=f"{name} is null", patch=(*first, *replace(pointer, None)))
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        yield _put(name, "nan", "is NaN", pointer, Decimal("NaN"), first)
        yield _put(name, "text", "is a text", pointer, str(value), first)
        yield _put(name, "list", "is an empty list", pointer, [], first)
    elif isinstance(value, list):
        yield _put(name, "text", "is a text, not a list", pointer, "x", first)
        if not _lifted(target, path, "may_be_empty"):
            made = _put(name, "empty", "is an empty list", pointer, [], first)
            yield Break(name=made.name, told=made.told, patch=made.patch, declared=True)
    elif isinstance(value, str):
        yield _put(name, "empty", "is an empty text", pointer, "", first)
        yield _put(name, "list", "is a list, not a text", pointer, [value], first)


def _put(name: str, what: str, told: str, pointer: str, value: Value, first: tuple[Operation, ...]) -> Break:
    return Break(name=f"{what}:{name}", told=f"{name} {told}", patch=(*first, *replace(pointer, value)))


def other_evidence(target: Target) -> Iterator[Break]:
    """Take away the evidence behind the other roots that an assertion reads: card, lineage, dependencies, artefacts."""
    roots = {path[0] for path in reads_of(target) if not _lifted(target, path, "may_be_absent")}
    for root, member in (("card", "card"), ("lineage", "lineage"), ("dependencies", "requirements")):
        if root in roots and target.cites(member):
            told = f"there is no {member}"
            yield Break(name=f"removed:{member}", told=told, patch=remove(pointer_of(member)), elsewhere=True)
    if "artefacts" in roots:
        pointers = [pointer for path in target.cited("artefacts") if (pointer := target.file_at(path)) is not None]
        yield Break(name="removed:artefacts", told="the model's files are gone", patch=remove(*pointers))
