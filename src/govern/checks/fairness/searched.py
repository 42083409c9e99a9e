"""What the record of a search comes to: each candidate's usefulness and disparities, recomputed from its counts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from govern.checks.fairness.evidence import refuse_many_groups
from govern.checks.performance.measures import CELL_METRICS
from govern.checks.performance.params import lower_is_better
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.fairness import Axis, Counts, Missing, Tally, Undefined, Value, from_cells
from govern.fairness.alternatives import Compared, Standing, standing_of
from govern.fairness.disparity_range import disparity_range
from govern.fairness.rate_tables import Note, RateTable, population_notes, rate_tables

if TYPE_CHECKING:
    from govern.checks.fairness.alternatives import AlternativesParams
    from govern.evidence.alternatives import Alternatives, Candidate

__all__ = ["Lack", "Searched", "Tried", "searched"]


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a search cannot be judged."""

    why: Literal["attribute", "chosen", "people", "utility"]
    name: str
    """The attribute or the candidate."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One candidate."""

    name: str
    utility: Value
    tables: tuple[RateTable, ...]
    figures: Compared | None
    """None where its usefulness is undefined."""
    standing: Standing = Standing.NOT


@dataclass(frozen=True, slots=True)
class Searched:
    """The chosen model and its alternatives."""

    lacks: tuple[Lack, ...]
    chosen: Tried | None = None
    compared: tuple[Tried, ...] = ()
    """Alternatives that could be held against the chosen model, by name."""
    left_out: tuple[str, ...] = ()
    """Copies of another candidate, and alternatives without a disparity or usefulness."""
    notes: tuple[Note, ...] = ()
    """Who is not there, or too few, and what is undefined of the chosen model; of the first table that says so."""
    about: tuple[RateTable, ...] = ()
    """The table that each note is about."""


def searched(params: AlternativesParams, counts: Counts, record: Alternatives) -> Searched:
    """Work a record out. Raises InputError E132 for a stated figure that the counts contradict, E126 for too many."""
    lacks = [Lack("attribute", name) for name in params.columns if name not in record.document.attributes]
    if lacks:
        return Searched(tuple(lacks))
    tensors = {item.name: _tensor(record, item) for item in (record.chosen, *record.others)}
    refuse_many_groups(params, tensors[record.chosen.name].axes, record.file)
    mine = tensors[record.chosen.name]
    lacks += [Lack("people", name) for name, other in sorted(tensors.items()) if not _same_people(mine, other)]
    if not _same_counts(params, mine, counts):
        lacks.append(Lack("chosen", record.chosen.name))
    lacks += [Lack("utility", item.name) for item in record.document.candidates if not _has_utility(params, item)]
    if lacks:
        return Searched(tuple(lacks))
    chosen = _tried(params, record, record.chosen, mine, tables=counts)
    notes, about = _notes(params, chosen)
    compared: list[Tried] = []
    left_out: list[str] = []
    seen = [mine.cells]
    for item in record.others:
        tensor = tensors[item.name]
        made = _held(params, chosen, _tried(params, record, item, tensor))
        if tensor.cells in seen or made is None:
            left_out.append(item.name)
            continue
        seen.append(tensor.cells)
        compared.append(made)
    return Searched((), chosen, tuple(compared), tuple(left_out), notes, about)


def _tensor(record: Alternatives, candidate: Candidate) -> Counts:
    from govern.checks.predictions import refuse_many_cells

    values = record.values
    axes = tuple(Axis(name, values[name]) for name in record.document.attributes)
    refuse_many_cells(axes, record.file)
    cells: dict[tuple[int, ...], Tally] = {}
    for line in candidate.counts:
        key = tuple(
            len(axis.values) if value is None else axis.values.index(value)
            for axis, value in zip(axes, line.group, strict=True)
        )
        if any(line.cells):
            cells[key] = Tally(*line.cells)
    return Counts(axes, True, cells, Missing(), sum(tally.n for tally in cells.values()))


def _same_people(one: Counts, two: Counts) -> bool:
    """Whether each cell has as many people, and as many of each true outcome: the counts cannot say more."""

    def people(counts: Counts) -> dict[tuple[int, ...], tuple[int, int]]:
        return {key: (tally.tn + tally.fp, tally.fn + tally.tp) for key, tally in counts.cells.items()}

    return people(one) == people(two)


def _same_counts(params: AlternativesParams, chosen: Counts, counts: Counts) -> bool:
    """Whether the chosen candidate's counts are those of the predictions, in every table of the rule."""
    for names in params.tables:
        one, two = chosen.table(names), counts.table(names)
        first, second = ({group: tally for group, tally in table.groups.items() if tally.n} for table in (one, two))
        if first != second or one.unknown != two.unknown:
            return False
    return True


def _has_utility(params: AlternativesParams, item: Candidate) -> bool:
    return params.utility in CELL_METRICS or params.utility in item.utility


def _utility(params: AlternativesParams, record: Alternatives, item: Candidate, counts: Counts) -> Value:
    stated = item.utility.get(params.utility)
    metric = next((name for name in CELL_METRICS if name == params.utility), None)
    if metric is None:
        return Undefined("not stated") if stated is None else Fraction(stated)
    value = from_cells(metric, counts.total).value
    if stated is not None and (isinstance(value, Undefined) or abs(value - Fraction(stated)) > _half_digit(stated)):
        raise InputError(
            Diagnostic(
                "E132",
                f"the {params.utility} that {plain(item.name, limit=80)} states is not what its counts give",
                Span(record.file),
                "Leave the figure out: it is computed from the counts.",
            )
        )
    return value


def _half_digit(stated: Decimal) -> Fraction:
    """Half a unit of the last digit that is written: so much may rounding have moved it."""
    exponent = stated.as_tuple().exponent
    return Fraction(1, 2) * Fraction(10) ** (exponent if isinstance(exponent, int) else 0)


def _tried(
    params: AlternativesParams, record: Alternatives, item: Candidate, counts: Counts, *, tables: Counts | None = None
) -> Tried:
    """Work one candidate out. The chosen one's tables are those of the predictions, which know declared groups."""
    made = rate_tables(
        [(tables or counts).table(names) for names in params.tables],
        params.metric,
        min_n=params.min_n,
        reference=params.references,
    )
    utility = _utility(params, record, item, counts)
    worst = params.missing_bounds == "worst_case"
    disparities = tuple(disparity_range(table, params.compare, worst_case=worst) for table in made)
    figures = None
    if isinstance(utility, Fraction):
        better = -utility if lower_is_better(params.utility) else utility
        figures = Compared(better, disparities)
    return Tried(item.name, utility, made, figures)


def _notes(params: AlternativesParams, chosen: Tried) -> tuple[tuple[Note, ...], tuple[RateTable, ...]]:
    from govern.fairness import Verdict

    found: list[tuple[Note, RateTable]] = []
    for place, table in enumerate(chosen.tables):
        found += [(note, table) for note in population_notes(table, params.small_groups, least_judged=2)]
        disparity = None if chosen.figures is None else chosen.figures.disparities[place]
        if disparity is None:
            why = f"its {params.utility} is undefined"
            found.append((Note("undefined", Verdict.INCONCLUSIVE, why=why), table))
        elif isinstance(disparity, Undefined):
            found.append((Note("undefined", Verdict.INCONCLUSIVE, why=disparity.reason), table))
    return tuple(note for note, _table in found), tuple(table for _note, table in found)


def _held(params: AlternativesParams, chosen: Tried, other: Tried) -> Tried | None:
    """Hold an alternative against the chosen model; None for one that has nothing to be held by."""
    if chosen.figures is None or other.figures is None:
        return None
    if any(isinstance(item, Undefined) for item in other.figures.disparities):
        return None
    judged = [table.judged for table in chosen.tables]
    standing = standing_of(chosen.figures, other.figures, max_loss=Fraction(params.max_utility_loss))
    if [table.judged for table in other.tables] != judged and standing is not Standing.NOT:
        standing = Standing.PERHAPS  # it leaves out a group that the chosen model is judged on, or the other way round
    return Tried(other.name, other.utility, other.tables, other.figures, standing)
