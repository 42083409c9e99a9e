"""The one shape of every fault, the error tree, and the escaping of hostile text.

Error tree, grouped by whose fault it is::

    GovernError                 carries at least one Diagnostic; `exit_code` says how a process ends
    ├── UsageError          2   the caller: options, policies, workspace files
    ├── InputError          3   the submitter: bytes that cannot be read as what they should be
    │   └── BundleRefusedError  3   a folder that may not be opened at all
    ├── IntegrityError      4   digests, signatures, proofs
    └── InternalError       70  ourselves
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from govern.records import record

__all__ = [
    "BundleRefusedError",
    "Diagnostic",
    "Edit",
    "GovernError",
    "InputError",
    "IntegrityError",
    "InternalError",
    "Related",
    "Severity",
    "Span",
    "UsageError",
    "in_order",
    "plain",
]


class Severity(StrEnum):
    """How much a diagnostic matters: only `error` stops the stage that raised it."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@record
class Span:
    """A place in a file. Lines and columns are 1-based and count code points; the end is exclusive."""

    file: str
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        parts = [plain(self.file)]
        if self.line is not None:
            parts.append(str(self.line))
            if self.column is not None:
                parts.append(str(self.column))
        return ":".join(parts)


@record
class Related:
    """A second place that belongs to a diagnostic, e.g. the first of two equal keys."""

    span: Span
    message: str


@record
class Edit:
    """A change of text that mends a fault for certain: `span` is replaced by `text`."""

    span: Span
    text: str


@record
class Diagnostic:
    """One fault: a stable code, where it is, what is wrong and how to fix it.

    `message` and `hint` may quote hostile text; every writer passes them through `plain`.
    """

    code: str
    message: str
    span: Span | None = None
    hint: str | None = None
    severity: Severity = Severity.ERROR
    related: tuple[Related, ...] = ()
    fix: tuple[Edit, ...] = ()
    """Edits that belong together; only where there is no doubt what was meant. `policy lint --fix` applies them."""

    @property
    def slug(self) -> str:
        """The code's name in words, e.g. `duplicate-key`."""
        from govern.diagnostics.catalogue import lookup

        return lookup(self.code).slug

    def __str__(self) -> str:
        place = f"{self.span}: " if self.span else ""
        text = f"{place}{self.severity} {self.code} {self.slug}: {plain(self.message, limit=1000)}"
        return f"{text}\n    fix: {plain(self.hint, limit=1000)}" if self.hint else text


def _encodable(item: Diagnostic) -> Diagnostic:
    """Write out each half of a surrogate pair: no record and no output can hold it."""
    if item.message.isascii() and (item.hint is None or item.hint.isascii()):
        return item
    from dataclasses import replace

    hint = None if item.hint is None else _written_out(item.hint)
    return replace(item, message=_written_out(item.message), hint=hint)


def _written_out(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by file, line, column, code and message, so that output never depends on discovery order."""

    def key(item: Diagnostic) -> tuple[str, int, int, str, str]:
        span = item.span
        if span is None:
            return ("", 0, 0, item.code, item.message)
        return (span.file, span.line or 0, span.column or 0, item.code, item.message)

    return tuple(sorted(diagnostics, key=key))


class GovernError(Exception):
    """Base of every error that govern raises on purpose; holds the diagnostics that explain it."""

    exit_code = 70

    def __init__(self, diagnostics: Diagnostic | Sequence[Diagnostic]) -> None:
        """Keep the diagnostics, sorted. Raises ValueError when there is none: an error must explain itself."""
        items = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        if not items:
            raise ValueError("an error needs at least one diagnostic")
        self.diagnostics = in_order(map(_encodable, items))
        super().__init__()

    def __str__(self) -> str:
        # Written when somebody reads it: the name of a code lies in the catalogue, which most errors never need.
        return "\n".join(str(item) for item in self.diagnostics)


class UsageError(GovernError):
    """The caller's fault: an option, a policy, a workspace file. Exit code 2."""

    exit_code = 2


class InputError(GovernError):
    """The submitter's fault: bytes that cannot be read as what they should be. Exit code 3."""

    exit_code = 3


class BundleRefusedError(InputError):
    """A bundle that may not be opened at all (links, special files, odd names). No digest, nothing signed."""


class IntegrityError(GovernError):
    """A digest, signature, proof or log that does not hold. Exit code 4."""

    exit_code = 4


class InternalError(GovernError):
    """Our own fault. Exit code 70."""


_INVISIBLE = frozenset(
    [
        *range(32),
        127,
        *range(128, 160),
        8206,
        8207,
        *range(8234, 8239),
        *range(8294, 8298),
        8203,
        8204,
        8205,
        8288,
        65279,
        1564,
        8232,
        8233,
        65534,
        65535,
    ]
)


def plain(text: str, *, limit: int = 200) -> str:
    r"""Make hostile text safe to print on a terminal or to hand to a writer that escapes markup.

    Control characters, bidirectional and zero-width marks and lone surrogates become `\u{..}`; a newline becomes
    a blank; text beyond `limit` code points is cut in the middle. Markup is each output format's own business.
    """
    if len(text) > limit:
        half = (limit - 1) // 2
        text = text[:half] + "…" + text[len(text) - half :]
    if text.isascii() and text.isprintable():
        return text
    out: list[str] = []
    for char in text:
        code = ord(char)
        if char == "\n":
            out.append(" ")
        elif code in _INVISIBLE or 0xD800 <= code <= 0xDFFF:
            out.append(f"\\u{{{code:x}}}")
        else:
            out.append(char)
    return "".join(out)
