"""Parquet of a bundle, counted batch by batch with pyarrow (`govern[data]`). pyarrow has no types, hence `Any`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.tabulation import Repeats, Tabulation, Tally, named, require, shape_fault

if TYPE_CHECKING:
    from govern.bundle import Bundle
    from govern.evidence.tabulation import CellKind

__all__ = ["parquet_counts", "parquet_header", "tabulate_parquet"]

_PARQUET_BYTES = 1024 * 1024 * 1024


def parquet_header(bundle: Bundle, path: str) -> tuple[str, ...]:
    """Read the column names alone."""
    return tuple(_parquet(bundle, path).schema_arrow.names)


def _parquet(bundle: Bundle, path: str) -> Any:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as fault:
        raise InputError(
            Diagnostic(
                code="E129",
                message="reading Parquet needs pyarrow, which is not installed",
                span=Span(path),
                hint="Install govern[data], or write the table as CSV.",
            )
        ) from fault
    data = bundle.read(path, limit=_PARQUET_BYTES)
    if not data:
        raise InputError(Diagnostic(code="I114", message="the file is empty", span=Span(path)))
    try:
        opened = pq.ParquetFile(pa.BufferReader(data))
    except (pa.ArrowException, OSError) as fault:
        raise shape_fault(
            path, "not a Parquet file", None, "Write the table with pyarrow, pandas or polars."
        ) from fault
    names = opened.schema_arrow.names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise shape_fault(path, f"column {named(twice)} given twice", None, "Give every column a name of its own.")
    return opened


def tabulate_parquet(bundle: Bundle, path: str, columns: Sequence[str], unique: str | None) -> Tabulation:
    """See `tables.tabulate`."""
    import pyarrow as pa

    opened = _parquet(bundle, path)
    schema = opened.schema_arrow
    wanted = [*columns, *([unique] if unique and unique not in columns else [])]
    require(path, schema.names, wanted)
    kinds = tuple(_kind(path, name, schema.field(name).type) for name in columns)
    tally = Tally(path, columns)
    repeats = Repeats() if unique else None
    try:
        for batch in opened.iter_batches(batch_size=65_536, columns=wanted):
            names = [f"c{place}" for place in range(len(columns))]
            table = pa.table({name: _dense(batch.column(column)) for name, column in zip(names, columns, strict=True)})
            counted = table.group_by(names).aggregate([([], "count_all")])
            cells = [[_cell(value) for value in counted.column(name).to_pylist()] for name in names]
            times = counted.column("count_all").to_pylist()
            for *key, count in zip(*cells, times, strict=True):
                tally.add(tuple(key), count, None)
            if repeats is not None:
                for value in batch.column(unique).to_pylist():
                    repeats.see(_cell(value), 0)
    except (pa.ArrowException, OSError) as fault:
        raise shape_fault(path, "the Parquet file breaks off or is damaged", None, "Write the table again.") from fault
    first = repeats.first if repeats is not None else None
    return Tabulation(tuple(columns), kinds, tally.combinations, {}, tally.rows, first)


def parquet_counts(bundle: Bundle, path: str, columns: Sequence[str]) -> Iterator[list[dict[str | None, int]]]:
    """Give how often each value of some columns occurs, a batch of rows at a time and a mapping a column.

    Raises what `tables.tabulate` raises.
    """
    import pyarrow as pa

    opened = _parquet(bundle, path)
    schema = opened.schema_arrow
    require(path, schema.names, columns)
    for name in columns:
        _kind(path, name, schema.field(name).type)
    try:
        for batch in opened.iter_batches(batch_size=65_536, columns=list(columns)):
            yield [_counts(_dense(batch.column(name))) for name in columns]
    except (pa.ArrowException, OSError) as fault:
        raise shape_fault(path, "the Parquet file breaks off or is damaged", None, "Write the table again.") from fault


def _counts(column: Any) -> dict[str | None, int]:
    counted: dict[str | None, int] = {}
    for item in column.value_counts().to_pylist():
        cell = _cell(item["values"])
        counted[cell] = counted.get(cell, 0) + item["counts"]
    return counted


def _dense(column: Any) -> Any:
    """Undo dictionary encoding: dictionaries differ from batch to batch, values do not."""
    import pyarrow as pa

    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _kind(path: str, name: str, kind: Any) -> CellKind:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return "text"
    if pa.types.is_boolean(kind):
        return "flag"
    if pa.types.is_integer(kind):
        return "whole"
    if pa.types.is_floating(kind):
        return "real"
    if pa.types.is_null(kind):
        return "text"
    message = f"column `{plain(name)}` has type {kind}, which is none of text, whole number, number or boolean"
    raise shape_fault(path, message, None, "Convert the column before writing the table.")


def _cell(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value)
