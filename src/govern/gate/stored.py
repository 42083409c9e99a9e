"""Reading a stored result again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

from govern.canonical import JsonObject
from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.gate.files import read_file
from govern.inputs.json import parse_json

__all__ = ["load_earlier", "load_result"]

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


def load_earlier(paths: Sequence[Path], document: JsonObject) -> tuple[JsonObject, ...]:
    """Read results of earlier versions of the model of a result.

    Raises as `load_result` does, and InputError R102 for a result of another model.
    """
    found = []
    for path in paths:
        earlier = load_result(path)
        if _model(earlier) != _model(document):
            message = (
                f"this is a result of {_model(earlier) or 'no model'}, and not of {_model(document) or 'no model'}"
            )
            hint = "name results of earlier versions of the same model"
            raise InputError(Diagnostic(code="R102", message=plain(message), span=Span(str(path)), hint=hint))
        found.append(earlier)
    return tuple(found)


def _model(document: JsonObject) -> str | None:
    model = document.get("model")
    name = model.get("name") if isinstance(model, dict) else None
    return name if isinstance(name, str) else None
