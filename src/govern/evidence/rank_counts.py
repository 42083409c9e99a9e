"""A table of ranked lists (`task: ranking`), reduced on reading to how often a group has each rank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.cells import GroupValues
from govern.evidence.keyed_rows import KeyedRows
from govern.evidence.number_parts import parts_of
from govern.evidence.prediction_source import PredictionSource, no_column
from govern.evidence.predictions import groups_of, refuse_wrong_rows
from govern.evidence.tabulation import Repeats

if TYPE_CHECKING:
    from govern.bundle import Bundle

__all__ = ["RankTable", "read_ranks"]


@dataclass(frozen=True, slots=True)
class RankTable:
    """Ranked lists as counts."""

    source: PredictionSource
    groups: tuple[GroupValues, ...]
    ranks: Mapping[tuple[str | None, ...], Mapping[int, int]]
    """By the group of each attribute, None for unknown: how many have each rank."""
    rows: int
    missing_rows: int
    """Rows without rank."""


def read_ranks(
    bundle: Bundle, source: PredictionSource, attributes: Sequence[str], *, largest: int
) -> RankTable | Diagnostic:
    """Count ranks by the given attributes, one pass. A Diagnostic (E122) says that a column is not there.

    Raises InputError E235 for a rank that is no whole number from 1 to `largest`, E236 for two rows of one list at the
    same rank, and as `read_predictions` does.
    """
    columns = source.manifest.columns if source.manifest is not None else None
    absent = [name for name in attributes if name not in source.attributes]
    if absent or columns is None or columns.rank is None:
        return no_column(source.file, absent or ["rank"], source.attributes)
    rows = KeyedRows(source, tuple(attributes))
    lists = Repeats()
    found: dict[int, Counter[int]] = {}
    missing = 0
    for part in parts_of(bundle, source.file, rows.columns, (columns.rank,), rows.unique, columns.query):
        numbers = rows.take(part)
        who, (ranks,) = part.listed
        for at, rank, query in zip(who, ranks, part.queries or [""] * len(who), strict=True):
            if rank != rank:  # NaN: there is no rank
                missing += 1
                continue
            if not 1 <= rank <= largest or rank != int(rank):
                raise _no_rank(source, columns.rank, largest)
            found.setdefault(numbers[at], Counter())[int(rank)] += 1
            lists.see(f"{int(rank)} {query}", 0)
            if lists.first is not None:
                raise _repeated(source, columns.rank)
    table = rows.tabulation()
    refuse_wrong_rows(source, table)
    groups = tuple(groups_of(source, table, name) for name in attributes)
    together: dict[tuple[str | None, ...], Counter[int]] = {}
    for place, key in enumerate(rows.keys):
        group = tuple(values.group(cell) for values, cell in zip(groups, key, strict=True))
        together.setdefault(group, Counter()).update(found.get(place, Counter()))
    ranks_of = {group: dict(sorted(ranks.items())) for group, ranks in together.items() if ranks}
    return RankTable(source, groups, ranks_of, table.rows, missing)


def _no_rank(source: PredictionSource, column: str, largest: int) -> InputError:
    return InputError(
        Diagnostic(
            code="E235",
            message=f"column `{plain(column)}` holds something that is no rank from 1 to {largest:,}",
            span=Span(source.file),
            hint="Write the position in the list, 1 for the first.",
        )
    )


def _repeated(source: PredictionSource, column: str) -> InputError:
    return InputError(
        Diagnostic(
            code="E236",
            message=f"column `{plain(column)}` gives one rank to two rows of a list",
            span=Span(source.file),
            hint="Name the column that tells lists apart under columns.query, or break ties as the product does.",
        )
    )
