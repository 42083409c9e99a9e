"""Diagnostic codes for our own faults."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "X101": Code(
        slug="internal-error",
        title="govern itself failed.",
        why="A crash is never a verdict: nothing was decided, nothing was signed.",
        example="An exception that no room foresaw.",
        fix="Run again with GOVERN_DEBUG=1 and report the traceback; do not treat the bundle as allowed or denied.",
    ),
}
