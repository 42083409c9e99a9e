"""A published audit as JSON: what `govern fairness audit -o json` writes. The figures stay text here."""

from __future__ import annotations

from typing import Any

from govern.diagnostics import Diagnostic, InputError, Span
from govern.evidence.published_raw import MOST_ROWS, RawAudit, RawRow, RawTable, attribute_role, plain_text
from govern.evidence.tabulation import shape_fault
from govern.inputs.json import parse_json

__all__ = ["audit_from_json"]

_BYTES = 8 * 1024 * 1024
_CELLS = ("n", "selected", "rate", "ratio", "excluded", "justification")


def audit_from_json(data: bytes, file: str) -> RawAudit:
    """Read a document. Raises InputError: I1, I2 for what is no JSON, I203 for too many rows, E101 for another form."""
    document = parse_json(data, file=file, max_bytes=_BYTES)
    if not isinstance(document, dict) or not isinstance(document.get("tables"), list):
        raise _shape(file, "an object with a list of tables")
    held: Any = document
    about = held.get("data") if isinstance(held.get("data"), dict) else {}
    tables = tuple(_json_table(item, place, file) for place, item in enumerate(held["tables"]))
    if sum(len(table.rows) for table in tables) > MOST_ROWS:
        raise shape_fault(file, f"more than {MOST_ROWS:,} rows", None, "Give the tables alone.")
    return RawAudit(
        file=file,
        tables=tables,
        unknown=_cell(held.get("unknown")),
        audit_date=_cell(held.get("audit_date")),
        data_type=_cell(about.get("type")),
        test_reason=_cell(about.get("test_reason")),
    )


def _shape(file: str, wanted: str) -> InputError:
    message = f"not a published audit: expected {wanted}"
    hint = "See docs/fairness.md, or what `govern fairness audit -o json` writes."
    return InputError(Diagnostic(code="E101", message=message, span=Span(file), hint=hint))


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _json_table(item: Any, place: int, file: str) -> RawTable:
    if not isinstance(item, dict) or not isinstance(item.get("rows"), list):
        raise _shape(file, f"attributes and rows under /tables/{place}")
    names = item.get("attributes")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise _shape(file, f"a list of names under /tables/{place}/attributes")
    attributes = tuple(attribute_role(name) for name in names)
    rows = []
    for number, row in enumerate(item["rows"]):
        where = f"/tables/{place}/rows/{number}"
        category = row.get("category") if isinstance(row, dict) else None
        if isinstance(category, str):
            category = [category]
        if not isinstance(category, list) or len(category) != len(attributes):
            raise _shape(file, f"a value for each attribute under {where}/category")
        if not all(isinstance(part, str) for part in category):
            raise _shape(file, f"texts under {where}/category")
        figures = {role: text for role in _CELLS if (text := _cell(row.get(role))) is not None}
        rows.append(RawRow(category=tuple(map(plain_text, category)), cells=figures, place=where))
    unknown = _cell(item.get("unknown"))
    return RawTable(attributes=attributes, rows=tuple(rows), unknown=() if unknown is None else (unknown,))
