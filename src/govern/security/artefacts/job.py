"""One piece of content to be judged: what every reader of a format is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.report import FileReport, Reason, Verdict

__all__ = ["Job", "because", "reason_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Content of a known kind, with what is permitted and what is left of the budget."""

    path: str
    """Bundle path; members of containers as `file!member`."""
    kind: str
    data: Buffer
    profiles: Profiles
    budget: Budget
    """Shared by the file and everything inside it."""
    depth: int
    """Containers around this content."""
    scan_inner: Callable[[str, Buffer, int], FileReport]
    """Scans other content at a path and depth: see `inside`."""

    def report(self, **members: object) -> FileReport:
        """Give a report of this content without reasons; `members` are fields of FileReport."""
        return replace(FileReport(path=self.path, kind=self.kind, size=len(self.data)), **members)  # type: ignore[arg-type]

    def inside(self, name: str, content: Buffer) -> FileReport:
        """Scan something that lies inside this content, one container deeper; never raises."""
        return self.scan_inner(f"{self.path}!{name}", content, self.depth + 1)


def reason_of(fault: ScanError) -> Reason:
    """Give a fault of the bytes as a reason."""
    verdict = Verdict.INCONCLUSIVE if fault.doubtful else Verdict.BLOCKED
    return Reason(code=fault.code, verdict=verdict, text=fault.text, offset=fault.offset)


def because(report: FileReport, code: str, verdict: Verdict, text: str, name: str | None = None) -> FileReport:
    """Give a report with one reason more."""
    return replace(report, reasons=(*report.reasons, Reason(code=code, verdict=verdict, text=text, name=name)))
