"""Paths written inside a bundle: they stay inside it, or they are refused."""

from __future__ import annotations

import re

from govern.diagnostics import Diagnostic, InputError, Span

__all__ = ["inside"]

_ELSEWHERE = re.compile(r"[/\\]|[A-Za-z]:|[A-Za-z][A-Za-z0-9+.-]*://|file:|~")


def inside(text: str, *, base: str = "", span: Span | None = None) -> str:
    """Give the bundle-relative form of a path written in a bundle: no `.` or `..` parts, `/` between the parts.

    `base` is the folder that the path is relative to (bundle-relative itself). The path need not exist; nothing
    is opened. Raises InputError B110 with the literal text for absolute paths, drives, URLs and `..` that leaves.
    """
    parts: list[str] = [part for part in base.split("/") if part]
    leaves = bool(_ELSEWHERE.match(text))
    for part in text.split("/"):
        if part == ".." and parts:
            parts.pop()
        elif part == "..":
            leaves = True
        elif part not in ("", "."):
            parts.append(part)
    if leaves:
        raise InputError(
            Diagnostic(
                code="B110",
                message=f"the path '{text[:200]}' points outside the bundle",
                span=span,
                hint="Write it relative to the bundle's root, with forward slashes.",
            )
        )
    return "/".join(parts)
