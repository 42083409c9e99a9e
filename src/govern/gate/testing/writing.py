"""Writing values as the files that the readers read: JSON, YAML (as JSON, which YAML takes in) and CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from decimal import Decimal

from govern.policy.testing.patches import Value

__all__ = ["csv_text", "json_text", "records_of"]

TIMES = "times"
"""In a record of a table: how often the row is written."""

_MOST_CELLS = 400_000
_MOST_ROWS = 200_000
_RAW = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def json_text(value: Value, *, not_a_number: str = "NaN", indent: str = "") -> str:
    """Write JSON with every decimal as it was given. `not_a_number` is how NaN is spelt, for readers must refuse it."""
    deeper = indent + "  "
    if isinstance(value, dict):
        inner = ",\n".join(
            f"{deeper}{_quoted(key)}: {json_text(item, not_a_number=not_a_number, indent=deeper)}"
            for key, item in value.items()
        )
        return f"{{\n{inner}\n{indent}}}" if inner else "{}"
    if isinstance(value, list):
        inner = ",\n".join(deeper + json_text(item, not_a_number=not_a_number, indent=deeper) for item in value)
        return f"[\n{inner}\n{indent}]" if inner else "[]"
    if isinstance(value, bytes):
        return _quoted(value.decode("utf-8", "replace"))
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else not_a_number
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str) -> str:
    """Quote a text so that JSON and YAML read the same: what YAML would take for a line break is escaped."""
    return _RAW.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def csv_text(value: Value, header: tuple[str, ...] = ()) -> str:
    """Write a table from records (a record with `times: n` is n rows) or from columns; text is taken as it is.

    `header` keeps the order of columns of a table that was read. Raises ValueError or TypeError for what is no table.
    """
    if not isinstance(value, list | dict):
        return value if isinstance(value, str) else "" if value is None else _cell(value) + "\n"
    rows = _rows(value) if isinstance(value, dict) else _repeated(value)
    named = tuple(dict.fromkeys([*(value if isinstance(value, dict) else ()), *(name for row in rows for name in row)]))
    columns = (*(name for name in header if name in named), *(name for name in named if name not in header)) or header
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _rows(columns: Mapping[str, Value]) -> list[Mapping[str, Value]]:
    lists = {name: values if isinstance(values, list) else [values] for name, values in columns.items()}
    sizes = {len(values) for values in lists.values()}
    if len(sizes) > 1:
        raise ValueError("the columns of the table are not of one length")
    return [{name: values[row] for name, values in lists.items()} for row in range(max(sizes, default=0))]


def _repeated(records: list[Value]) -> list[Mapping[str, Value]]:
    made: list[Mapping[str, Value]] = []
    for record in records:
        if not isinstance(record, dict):
            raise TypeError("a row of the table is a mapping of column to value")
        times = record.get(TIMES, 1)
        if not isinstance(times, int) or isinstance(times, bool) or times < 0 or len(made) + times > _MOST_ROWS:
            raise ValueError(f"times is a whole number, and a table has at most {_MOST_ROWS:,} rows")
        made += [{name: value for name, value in record.items() if name != TIMES}] * times
    return made


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and not value.is_finite():
        return "nan"
    return json_text(value) if isinstance(value, list | dict) else str(value)


def records_of(text: str) -> tuple[Value, tuple[str, ...]]:
    """Read a table as records of texts, with its header; a table that is odd or very large stays text."""
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error:
        return text, ()
    header = tuple(rows[0]) if rows else ()
    plain = header and len(set(header)) == len(header) and TIMES not in header
    if not plain or len(rows) * len(header) > _MOST_CELLS or any(len(row) != len(header) for row in rows[1:]):
        return text, header
    records: list[Value] = [dict[str, Value](zip(header, row, strict=True)) for row in rows[1:]]
    return records, header
