"""Whether a diagnostic points at something: a line and column that the file it names really has."""

from __future__ import annotations

from collections.abc import Mapping

from govern.diagnostics import Diagnostic, Span
from govern.diagnostics.catalogue import lookup

COMMAND_LINE = "--param "
"""How the name of a 'file' starts that is an option of the command line."""


def misplaced(item: Diagnostic, files: Mapping[str, bytes]) -> str | None:
    """Say what is wrong with a diagnostic's code or places; None when all is well. One without a place is well."""
    try:
        lookup(item.code)
    except KeyError:
        return f"{item.code} is not in the catalogue"
    for span in (item.span, *(related.span for related in item.related)):
        problem = None if span is None else _outside(span, files)
        if problem is not None:
            return f"{item.code} at {span}: {problem}"
    return None


def _outside(span: Span, files: Mapping[str, bytes]) -> str | None:
    if span.file.startswith(COMMAND_LINE):
        return None
    if span.file not in files:
        return "no such file was given"
    if span.line is None or span.column is None:
        # Of a file that is no text at all, or too large, nothing but its name can be shown.
        return None if span.line is span.column else "a line without a column"
    # Bytes that are no UTF-8 become one character each in front of the fault; behind it nothing is counted.
    text = files[span.file].decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 1 <= span.line <= len(lines):
        return f"the file has {len(lines)} lines"
    if not 1 <= span.column <= len(lines[span.line - 1]) + 1:
        return f"the line has {len(lines[span.line - 1])} characters"
    if span.end_line is not None and span.end_column is not None:
        if (span.end_line, span.end_column) < (span.line, span.column):
            return "it ends before it begins"
        if span.end_line > len(lines) or span.end_column > len(lines[span.end_line - 1]) + 1:
            return f"it ends at {span.end_line}:{span.end_column}, outside the file"
    return None
