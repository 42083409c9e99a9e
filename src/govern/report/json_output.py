"""The result as one line of canonical JSON (RFC 8785)."""

from __future__ import annotations

from govern.canonical import JsonObject, canonical_bytes

__all__ = ["guarded_json", "render_json"]


def render_json(document: JsonObject) -> str:
    """Give the canonical line and a newline."""
    return canonical_bytes(document).decode("utf-8") + "\n"


def guarded_json(text: str) -> str:
    r"""Rewrite JSON that goes to the log of a workflow runner: `##[` anywhere is live there, `\u0023#[` is not.

    The result is the same document, no longer canonical; files are written without this.
    """
    return text.replace("##[", "\\u0023#[")
