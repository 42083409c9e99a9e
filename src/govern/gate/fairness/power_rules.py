"""What `govern fairness power` asks about: rules of policies, and the groups that are there to judge by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, UsageError, plain

if TYPE_CHECKING:
    from govern.fairness import Counts, Question
    from govern.gate.packs.places import PackPlaces

__all__ = ["AskedRule", "People", "asked_rules", "rate_of", "read_people", "tables_of"]

_BYTES = 64 * 1024 * 1024
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class AskedRule:
    """A rule `fairness.disparity` of a policy."""

    name: str
    question: Question


@dataclass(frozen=True, slots=True)
class People:
    """A group of one table and how many of it a rate is counted among."""

    label: str
    group: tuple[str, ...]
    counted: int
    among: int


def asked_rules(paths: Sequence[Path], only: str | None, places: PackPlaces | None = None) -> tuple[AskedRule, ...]:
    """Give the rules `fairness.disparity` of policies.

    Raises PolicyError for policies that do not compile, UsageError U109 where there is no such rule.
    """
    from govern.checks.fairness.disparity import DisparityParams
    from govern.gate.explain import compiled_policies

    found = [
        (f"{policy.draft.metadata.name}/{rule.draft.rule.id}", rule.params)
        for policy in compiled_policies(paths, places=places).policies
        for rule in policy.rules
        if isinstance(rule.params, DisparityParams)
    ]
    rules = tuple(AskedRule(name, params.question()) for name, params in found if only in (None, name))
    if not rules:
        named = "rule of the kind fairness.disparity" if only is None else f"rule '{plain(only)}' of that kind"
        hint = f"rules are {', '.join(sorted(name for name, _params in found)[:12])}" if found else None
        raise UsageError(Diagnostic("U109", f"there is no {named}", hint=hint))
    return rules


def tables_of(path: Path, tables: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Put what a bundle's model record declares in the place of the names that stand for it.

    Raises UsageError U101 where there is no record to ask.
    """
    from govern.checks.fairness.declared import expanded, stands_for_more

    if not stands_for_more(tables):
        return tables
    if path.is_dir():
        from govern.bundle import open_bundle

        groups = open_bundle(path).record.spec.groups
        if groups is not None:
            return expanded(tables, groups.attributes, groups.intersections)
    message = "the rule compares the groups that the model record declares, and there is none that declares any"
    raise UsageError(Diagnostic("U101", message, hint="Name a bundle with a model record: --counts BUNDLE"))


def read_people(path: Path, columns: Sequence[str]) -> Counts:
    """Count the people of a bundle's predictions, or of a document of counts, by these columns.

    Raises UsageError U103 for a path that is not there, InputError for evidence that cannot be read, and F134 for a
    document that is none or lacks a column.
    """
    if path.is_dir():
        return _of_bundle(path, tuple(sorted(set(columns))))
    return _of_document(path)


def _of_bundle(path: Path, columns: tuple[str, ...]) -> Counts:
    from govern.bundle import open_bundle
    from govern.checks.predictions import counts_of
    from govern.evidence.predictions import find_predictions, read_predictions

    bundle = open_bundle(path)
    source = find_predictions(bundle)
    if isinstance(source, Diagnostic):
        raise InputError(source)
    predictions = read_predictions(bundle, source, columns)
    if isinstance(predictions, Diagnostic):
        raise InputError(predictions)
    return counts_of(predictions)


def _of_document(path: Path) -> Counts:
    """Read axes and cells of a FairnessCounts document: sums are all that planning needs of it."""
    from govern.gate.files import read_file
    from govern.inputs.json import parse_json

    document = parse_json(read_file(path, limit=_BYTES), file=str(path), max_bytes=_BYTES, max_depth=_DEPTH)
    try:
        return _counts(document)
    except (KeyError, TypeError, ValueError) as fault:
        why = "a member is missing" if isinstance(fault, KeyError) else str(fault)
        message = f"these counts cannot be read: {why}"
        hint = "Make one: govern fairness summarize."
        raise InputError(Diagnostic("F134", message, Span(str(path)), hint)) from fault


def _counts(document: object) -> Counts:
    from govern.fairness import Axis, Counts, Missing, Tally

    if not isinstance(document, Mapping) or document.get("kind") != "FairnessCounts":
        raise ValueError("it is no FairnessCounts")
    axes, shape = [], []
    for item in _list(document["axes"]):
        if not isinstance(item, Mapping):
            raise ValueError("an axis is no object")  # noqa: TRY004 - one fault of one document
        values = tuple(str(value) for value in _list(item["values"]))
        axes.append(Axis(str(item["name"]), tuple(sorted(values))))
        if list(values) != sorted(values) or item.get("unknown") is not True:
            raise ValueError("an axis is not sorted, or has no place for unknown")
        shape.append(len(values) + 1)
    labelled = document["y_true"] is True
    tail = [2, 2] if labelled else [2]
    numbers = [_whole(value) for value in _list(document["counts"])]
    size = 1
    for length in (*shape, *tail):
        size *= length
    if [_whole(value) for value in _list(document["shape"])] != [*shape, *tail] or len(numbers) != size:
        raise ValueError("the counts have another shape than the axes")
    width = 4 if labelled else 2
    cells = {}
    for place, key in enumerate(_keys(shape)):
        four = numbers[place * width : (place + 1) * width]
        if any(four):
            cells[key] = Tally(*four) if labelled else Tally(four[0], four[1], 0, 0)
    return Counts(tuple(axes), labelled, cells, Missing(), sum(numbers))


def _keys(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    from itertools import product

    return product(*(range(length) for length in shape))


def _list(value: object) -> Sequence[object]:
    if not isinstance(value, list):
        raise ValueError("a list is none")  # noqa: TRY004 - one fault of one document
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a count is no whole number")
    return value


def rate_of(people: Sequence[People]) -> Fraction | None:
    """Give the rate of everybody together, None where nobody or everybody is counted."""
    counted, among = sum(group.counted for group in people), sum(group.among for group in people)
    return Fraction(counted, among) if 0 < counted < among else None
