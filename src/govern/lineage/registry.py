"""The source registry: which data and base models may be used, and when they might be.

It lies on the policy side, never in a bundle. Events have two dates: `effective` (in the world) and `recorded` (when it
was known). Approval windows are half-open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from govern.diagnostics import Diagnostic
from govern.lineage.patterns import Pattern

if TYPE_CHECKING:
    from govern.inputs.nodes import MapNode

__all__ = ["Approval", "SourceEntry", "SourceRegistry", "Window", "compile_registry", "windows_of"]


class Approval(StrEnum):
    """Where an instant lies in a source's history."""

    APPROVED = "approved"
    NOT_YET = "not_yet"
    ENDED = "ended"
    NEVER = "never"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A time in which a source was approved: `start <= now < end`."""

    start: datetime
    end: datetime | None = None
    """None: until further notice."""
    why: str = ""
    """What ends it: `expires` or `revoked`, with the reason."""


@dataclass(frozen=True, slots=True)
class SourceEntry:
    """One entry, for data or for a base model."""

    id: str
    pattern: Pattern
    is_model: bool = False
    pins: tuple[tuple[str, str], ...] = ()
    """(algorithm, hex), any of which is approved."""
    pin: str = "listed"
    """`listed`, `any` or `series`."""
    revision: str | None = None
    needs_certificate: bool = False
    roles: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()
    pii: tuple[str, ...] = ()
    """Kinds of personal data that it holds."""
    labels: tuple[str, ...] = ()
    """Names of the registry's own labels that have a value here."""
    line: int = field(default=0, compare=False)
    licence: str | None = field(default=None, compare=False)
    """As the registry writes it; no approval depends on it."""

    @property
    def verdict_key(self) -> tuple[object, ...]:
        """Everything that can change a verdict: two overlapping entries must agree on it."""
        return (self.pins, self.pin, self.revision, self.needs_certificate, self.roles, self.windows)


@dataclass(frozen=True)
class SourceRegistry:
    """A compiled registry."""

    name: str
    version: str
    digest: str
    """sha256 in hex of the document's canonical form."""
    file: str
    sources: tuple[SourceEntry, ...]
    base_models: tuple[SourceEntry, ...] = ()

    def lookup(self, uri: str, *, is_model: bool = False) -> SourceEntry | None:
        """Find the entry of a canonical URI: the longest literal prefix wins, then the smaller id."""
        entries = self.base_models if is_model else self.sources
        found = [entry for entry in entries if entry.pattern.matches(uri)]
        return min(found, key=lambda entry: (-len(entry.pattern.literal), entry.id), default=None)

    @cached_property
    def _pinned(self) -> Mapping[tuple[bool, str, str], tuple[SourceEntry, ...]]:
        table: dict[tuple[bool, str, str], list[SourceEntry]] = {}
        for entry in (*self.sources, *self.base_models):
            for algorithm, value in entry.pins:
                table.setdefault((entry.is_model, algorithm, value), []).append(entry)
        return {key: tuple(sorted(items, key=lambda entry: entry.id)) for key, items in table.items()}

    def by_digest(self, digests: Mapping[str, str], *, is_model: bool = False) -> SourceEntry | None:
        """Find an entry that pins one of these digests; only strong ones identify a thing without its name."""
        for algorithm in ("sha256", "sha384", "sha512"):
            found = self._pinned.get((is_model, algorithm, digests.get(algorithm, "")))
            if found:
                return found[0]
        return None

    def verdict(self, source: SourceEntry, at: datetime) -> Approval:
        """Say whether a source was approved at an instant."""
        if not source.windows:
            return Approval.NEVER
        if any(window.start <= at and (window.end is None or at < window.end) for window in source.windows):
            return Approval.APPROVED
        return Approval.NOT_YET if at < source.windows[0].start else Approval.ENDED


def moment(text: str) -> datetime:
    """Read a day (its first moment, UTC) or an instant. Raises ValueError for a day that does not exist."""
    shape = "%Y-%m-%dT%H:%M:%SZ" if "T" in text else "%Y-%m-%d"
    return datetime.strptime(text, shape).replace(tzinfo=UTC)


def windows_of(events: list[tuple[str, datetime, datetime | None, datetime, str]]) -> tuple[Window, ...]:
    """Turn events (type, effective, until, recorded, reason) into approval windows, in order and without overlap.

    A revocation ends every approval that began before it; a later approval opens a new window.
    """
    windows: list[Window] = []
    for kind, effective, until, _recorded, reason in sorted(events, key=lambda event: (event[1], event[3], event[0])):
        if kind == "approved":
            windows.append(Window(effective, until, "expires" if until else ""))
            continue
        why = f"revoked: {reason}" if reason else "revoked"
        windows = [
            Window(item.start, effective, why) if item.end is None or item.end > effective else item
            for item in windows
            if item.start < effective
        ]
    merged: list[Window] = []
    for window in sorted(windows, key=lambda item: item.start):
        last = merged[-1] if merged else None
        if last is not None and (last.end is None or window.start <= last.end):
            if last.end is not None and (window.end is None or window.end > last.end):
                merged[-1] = Window(last.start, window.end, window.why)
        else:
            merged.append(window)
    return tuple(merged)


def compile_registry(node: MapNode, *, file: str) -> tuple[SourceRegistry | None, tuple[Diagnostic, ...]]:
    """Compile a parsed `SourceRegistry` document: the registry, or None with every fault (L1 shape, L3 meaning)."""
    from govern.lineage.registry_compile import compile_document

    return compile_document(node, file=file)
