"""What is wrong with an archive, collected: whoever sent it should hear of everything at once."""

from __future__ import annotations

from govern.diagnostics import BundleRefusedError, Diagnostic, Span

__all__ = ["ArchiveFault", "Faults"]

_MOST_FAULTS = 1000


class ArchiveFault(Exception):  # noqa: N818 - a finding about the bytes
    """Reading ends here: what follows in the archive can no longer be told."""

    def __init__(self, code: str, text: str, *, hint: str) -> None:
        """Say what is wrong, with a code of the catalogue."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.hint = hint


def _shown(text: str) -> str:
    r"""Write bytes of a name that are not text as `\xff`: such text cannot be encoded for any output."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class Faults:
    """The refusals of one archive."""

    def __init__(self, archive: str) -> None:
        """`archive` names the archive in messages; members are shown as `archive!member`."""
        self._archive = archive
        self._found: list[Diagnostic] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def member(self, code: str, name: str, message: str, hint: str) -> None:
        """Note what is wrong with one member. Raises ArchiveFault when there are too many to list."""
        span = Span(f"{self._archive}!{_shown(name)}")
        self._found.append(Diagnostic(code=code, message=_shown(message), span=span, hint=hint))
        if len(self._found) >= _MOST_FAULTS:
            raise ArchiveFault("I205", "too many refusals; reading stopped", hint="Mend those named, then look again.")

    def whole(self, fault: ArchiveFault) -> None:
        """Note what ended the reading."""
        span = Span(self._archive)
        self._found.append(Diagnostic(code=fault.code, message=_shown(fault.text), span=span, hint=fault.hint))

    def refuse(self) -> None:
        """Raise BundleRefusedError with everything noted, if anything was."""
        if self._found:
            raise BundleRefusedError(self._found)
