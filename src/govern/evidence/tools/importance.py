"""Global importance of features: two columns, feature and mean of the absolute value, as CSV or JSON.

SHAP has no file of its own, so that nothing in such a file says what it is: the record or the envelope names its type,
`shap` or `permutation-importance`. JSON is `{feature: value}`, `{"features": {feature: value}}` or a list of
`{"feature": ..., "importance": ...}`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal

from govern.diagnostics import Diagnostic, InputError, Span, plain
from govern.evidence.tools.figures import Explanation, Importance, Method
from govern.evidence.tools.interface import Document, Reader, Readout, Tool
from govern.inputs.json import parse_json
from govern.inputs.text import decode_text

__all__ = ["READERS"]

_BYTES = 4 * 1024 * 1024
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?", re.ASCII)
_LARGEST_EXPONENT = 307
_HINT = "Write two columns with a header: feature, and the mean of the absolute values."


def _reading(method: Method, tool: str) -> Callable[[Document], Readout]:
    def read(document: Document) -> Readout:
        text = decode_text(document.data, file=document.file, max_bytes=_BYTES).lstrip()
        if text[:1] in ("{", "["):
            table = _from_json(Document(document.file, document.data, parse_json(document.data, file=document.file)))
        else:
            table = _from_csv(document.file, text)
        negative = [name for name, value in table.features.items() if value < 0]
        if method == "shap" and negative:
            message = f"the importance of {plain(negative[0], limit=60)} is below 0: this is no mean of absolute values"
            raise InputError(Diagnostic("E103", message, Span(document.file, 1), _HINT))
        return Readout(bodies=(Explanation(method=method, tables=(table,)),), tool=Tool(tool))

    return read


def _from_json(document: Document) -> Importance:
    root = document.root
    features: dict[str, Decimal] = {}
    if isinstance(root, list):
        for index in range(len(root)):
            name = document.get(str, index, "feature")
            if name in features:
                raise document.fault("E141", "a feature is listed twice", index, hint="Give each feature one value.")
            features[name] = document.number(index, "importance")
        return Importance(label=None, features=features)
    steps: tuple[str | int, ...] = ("features",) if isinstance(root, dict) and "features" in root else ()
    held = document.get(dict, *steps)
    return Importance(
        label=None,
        features={name: document.number(*steps, name) for name in held},
        steps=steps,
    )


def _from_csv(file: str, text: str) -> Importance:
    features: dict[str, Decimal] = {}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if reader.line_num == 1:
                if len(row) != 2 or _NUMBER.fullmatch(row[1].strip()):
                    raise _fault("I203", file, 1, "expected a header of two columns")
                continue
            if not row:
                continue
            if len(row) != 2:
                raise _fault("I203", file, reader.line_num, f"{len(row)} cells where the header has 2")
            name, cell = row[0].strip(), row[1].strip()
            value = Decimal(cell) if len(cell) <= 400 and _NUMBER.fullmatch(cell) else None
            if value is None or (value and abs(value.adjusted()) > _LARGEST_EXPONENT):
                raise _fault("E130", file, reader.line_num, "the importance of a feature is no finite number")
            if name in features:
                raise _fault("E141", file, reader.line_num, "a feature is listed twice")
            features[name] = value
    except csv.Error as fault:
        raise _fault("I203", file, reader.line_num, f"not CSV: {fault}") from fault
    return Importance(label=None, features=features)


def _fault(code: str, file: str, line: int, message: str) -> InputError:
    return InputError(Diagnostic(code, message, Span(file, line), _HINT))


def _never(_root: object) -> bool:
    """Nothing in such a file says what it is."""
    return False


_TYPES: tuple[tuple[str, Method, str], ...] = (
    ("shap", "shap", "shap"),
    ("permutation-importance", "permutation", "scikit-learn"),
)
READERS = tuple(
    Reader(
        id=name,
        gives=(Explanation,),
        recognise=_never,
        read=_reading(method, tool),
        markers=(),
        syntax="text",
        max_bytes=_BYTES,
    )
    for name, method, tool in _TYPES
)
"""The readers of this module."""
