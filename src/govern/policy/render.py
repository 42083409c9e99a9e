"""A diagnostic for people: one line, then the source line with a caret under the fault."""

from __future__ import annotations

from collections.abc import Mapping

from govern.diagnostics import Diagnostic, Span, plain

__all__ = ["render"]

_WIDEST = 160


def render(diagnostic: Diagnostic, files: Mapping[str, bytes]) -> str:
    """Give a diagnostic as text; with the source line and a caret where `files` holds the file.

    Everything from the file passes through `plain`, so that it is safe on a terminal.
    """
    place = f"{diagnostic.span}: " if diagnostic.span else ""
    head = f"{place}{diagnostic.severity} {diagnostic.code} {diagnostic.slug}: {plain(diagnostic.message, limit=1000)}"
    lines = [head, *_excerpt(diagnostic.span, files)]
    for related in diagnostic.related:
        lines += [f"  {related.span}: note: {plain(related.message)}", *_excerpt(related.span, files)]
    if diagnostic.hint:
        lines.append(f"    fix: {plain(diagnostic.hint, limit=1000)}")
    return "\n".join(lines)


def _excerpt(span: Span | None, files: Mapping[str, bytes]) -> list[str]:
    if span is None or span.line is None or span.column is None or span.file not in files:
        return []
    text = files[span.file].decode("utf-8", "replace").removeprefix("\ufeff")
    source = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not 0 < span.line <= len(source):
        return []
    line = source[span.line - 1].replace("\t", " ")
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line and span.end_column else start + 1
    if len(line) > _WIDEST:  # keep the caret in sight
        cut = max(0, start - _WIDEST // 2)
        line, start, end = line[cut : cut + _WIDEST], start - cut, end - cut
    before, marked = plain(line[:start], limit=10_000), plain(line[start:end], limit=10_000)
    after = plain(line[end:], limit=10_000)
    number = str(span.line)
    gutter = " " * len(number)
    carets = "^" * max(1, min(len(marked), _WIDEST))
    return [f"  {number} | {before}{marked}{after}", f"  {gutter} | {' ' * len(before)}{carets}"]
