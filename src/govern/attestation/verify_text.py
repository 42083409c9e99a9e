"""A verification for people: one line a check, the verdict, and how to check the same with other tools."""

from __future__ import annotations

from collections.abc import Iterator

from govern.attestation.verification import Line, Result
from govern.attestation.verify_commands import FileNames, auditor_commands, not_covered
from govern.diagnostics import plain

__all__ = ["render_text"]


def render_text(result: Result, *, names: FileNames | None = None) -> str:
    """Write a result as plain text, hostile names made harmless.

    Args:
        result: what `verify` gave.
        names: the files as the reader has them; with them, the commands of other tools are printed too.
    """
    lines = [text for line in result.lines for text in _line(line)]
    lines += ["", plain(result.verdict, limit=2000)]
    if names is not None and result.signatory is not None and result.log_origin is not None:
        lines += ["", "The same with other tools (bash, jq, openssl, ssh-keygen, coreutils):", ""]
        lines += auditor_commands(result, names)
        lines += ["", f"These commands do not check: {', '.join(not_covered(names))}."]
    return "\n".join(lines) + "\n"


def _line(line: Line) -> Iterator[str]:
    yield f"{line.status.value:<12} {line.step:<11} {plain(line.text, limit=600)}"
    for label, text in (("expected", line.expected), ("found", line.found), ("help", line.help)):
        if text is not None:
            yield f"{'':<24} {label}: {plain(text, limit=600)}"
