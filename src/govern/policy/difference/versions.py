"""Which part of a version a change must raise, and whether it did (P809): SemVer as a promise to importers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum

from govern.diagnostics import Diagnostic, Severity, Span

__all__ = ["Bump", "too_small"]


class Bump(IntEnum):
    """Which part of a version a change must raise (SemVer as a promise to importers, policy-language)."""

    NONE = 0
    PATCH = 1
    """Text only."""
    MINOR = 2
    """Advice was added, or something was loosened."""
    MAJOR = 3
    """A model that was let through can now be stopped."""

    @property
    def word(self) -> str:
        """The name in lower case."""
        return self.name.lower()


_VERSION = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,9}))?(?:\.([0-9]{1,9}))?(?:[-+].*)?", re.ASCII)


def _numbers(version: str | None) -> tuple[int, int, int] | None:
    found = _VERSION.fullmatch(version or "")
    return None if found is None else (int(found[1]), int(found[2] or 0), int(found[3] or 0))


def _raised(old: tuple[int, int, int], new: tuple[int, int, int]) -> Bump:
    if new <= old:
        return Bump.NONE
    return Bump.MAJOR if new[0] > old[0] else Bump.MINOR if new[1] > old[1] else Bump.PATCH


def too_small(
    name: str, old_version: str | None, new_version: str | None, bump: Bump, span: Span | None
) -> Iterator[Diagnostic]:
    """Yield a P809 when the version was raised by less than the change asks; versions without numbers say nothing."""
    old, now = _numbers(old_version), _numbers(new_version)
    if old is None or now is None or _raised(old, now) >= bump:
        return
    parts = {
        Bump.MAJOR: f"{old[0] + 1}.0.0",
        Bump.MINOR: f"{old[0]}.{old[1] + 1}.0",
        Bump.PATCH: f"{old[0]}.{old[1]}.{old[2] + 1}",
    }
    moved = "stayed" if old_version == new_version else f"went from {old_version} to"
    message = f"'{name}' changed by a {bump.word} step, and its version {moved} {new_version}"
    yield Diagnostic("P809", message, span, f"Give it the version {parts[bump]}.", Severity.WARNING)
