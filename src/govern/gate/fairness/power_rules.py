"""What `govern fairness power` asks about: rules of policies, and the groups that are there to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, UsageError, plain

if TYPE_CHECKING:
    from govern.fairness import Counts, Question
    from govern.gate.packs.places import PackPlaces

__all__ = ["AskedRule", "People", "asked_rules", "rate_of", "read_people", "tables_of"]


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

    Raises UsageError U103 for a path that is not there, U101 for counts of classes, and InputError for evidence that
    cannot be read.
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
    from govern.evidence.counts_document import COUNTS_BYTES, parse_counts
    from govern.fairness import Axis, Counts, Missing, Tally
    from govern.gate.files import read_file

    found = parse_counts(read_file(path, limit=COUNTS_BYTES), file=str(path))
    if found.document.classes:
        message = "these are counts of more than two classes: which one is meant is not said"
        raise UsageError(Diagnostic("U101", message, Span(str(path)), "Name counts of one outcome."))
    axes = tuple(Axis(group.name, group.values, group.declared) for group in found.groups)
    cells = {key: Tally(*four) for key, four in found.cells.items()}
    return Counts(axes, found.document.y_true, cells, Missing(), sum(tally.n for tally in cells.values()))


def rate_of(people: Sequence[People]) -> Fraction | None:
    """Give the rate of everybody together, None where nobody or everybody is counted."""
    counted, among = sum(group.counted for group in people), sum(group.among for group in people)
    return Fraction(counted, among) if 0 < counted < among else None
