"""Reading a stored result again."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from govern.canonical import JsonObject
from govern.diagnostics import Diagnostic, InputError, Span
from govern.gate.files import read_file
from govern.inputs.json import parse_json

__all__ = ["load_result"]

MAX_BYTES = 64 * 1024 * 1024


def load_result(path: Path) -> JsonObject:
    """Read a result document that `govern check -o json=` wrote.

    Raises UsageError U103 when it is not there, InputError when it is not JSON or not an object; whether it is a
    result is said by `report.result`.
    """
    document = parse_json(read_file(path, limit=MAX_BYTES), file=str(path), max_bytes=MAX_BYTES)
    if not isinstance(document, dict):
        message = "expected a result: a JSON object"
        raise InputError(Diagnostic(code="R101", message=message, span=Span(str(path))))
    return cast("JsonObject", document)
