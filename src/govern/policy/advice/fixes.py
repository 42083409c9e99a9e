"""Applying the edits of diagnostics to the text of files, from the bottom up, so that no edit moves another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from govern.diagnostics import Diagnostic, Edit
from govern.inputs.text import Places

__all__ = ["Applied", "apply_fixes"]

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Applied:
    """The files after one round of edits, and the diagnostics that were mended."""

    files: Mapping[str, bytes]
    mended: tuple[Diagnostic, ...]


def apply_fixes(files: Mapping[str, bytes], diagnostics: Sequence[Diagnostic]) -> Applied:
    """Apply the edits of every diagnostic that has some; the edits of one diagnostic go together or not at all.

    A diagnostic whose edits touch text that another's already change is left for the next round.
    """
    made = dict(files)
    mended: list[Diagnostic] = []
    for file in sorted({item.span.file for item in diagnostics if item.fix and item.span is not None}):
        if file not in made:
            continue
        own = [item for item in diagnostics if item.fix and all(edit.span.file == file for edit in item.fix)]
        made[file], done = _applied(made[file], own)
        mended += done
    return Applied(made, tuple(mended))


def _applied(data: bytes, diagnostics: Iterable[Diagnostic]) -> tuple[bytes, list[Diagnostic]]:
    try:
        text = data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        return data, []
    places = Places(text)
    taken: list[tuple[int, int, str]] = []
    mended: list[Diagnostic] = []
    for item in diagnostics:
        wanted = [_offsets(places, len(text), edit) for edit in item.fix]
        found = [edit for edit in wanted if edit is not None]
        if len(found) == len(wanted) and not _overlap(taken, found):
            taken += found
            mended.append(item)
    for start, end, new in sorted(taken, reverse=True):
        text = text[:start] + new + text[end:]
    return (_BOM if data.startswith(_BOM) else b"") + text.encode(), mended


def _offsets(places: Places, length: int, edit: Edit) -> tuple[int, int, str] | None:
    span = edit.span
    if span.line is None or span.column is None or span.end_line is None or span.end_column is None:
        return None
    start, end = places.offset(span.line, span.column), places.offset(span.end_line, span.end_column)
    if start is None or end is None or not 0 <= start <= end <= length:
        return None
    return start, end, edit.text


def _overlap(taken: Iterable[tuple[int, int, str]], wanted: Iterable[tuple[int, int, str]]) -> bool:
    return any(start < other_end and other < end for start, end, _t in wanted for other, other_end, _n in taken)
