"""What `artefacts.present` has to say of one thing, and how much it weighs."""

from __future__ import annotations

from enum import IntEnum

from govern.diagnostics import Diagnostic, Span
from govern.policy.outcomes import Finding, Location
from govern.records import record

__all__ = ["Grade", "Remark", "place_of"]


class Grade(IntEnum):
    """What a remark makes of the outcome; of several the largest counts."""

    NOTE = 0
    """Shown, and nothing more."""
    DOUBT = 1
    """Undecided: something could not be looked at."""
    MISSING = 2
    """What should be judged is not there at all."""
    ERROR = 3
    """What should be judged cannot be read."""
    FAIL = 4


@record
class Remark:
    """One remark, and the finding that it becomes."""

    grade: Grade
    code: str
    text: str
    location: Location | None
    remediation: str
    discriminator: str
    """Names the file or tensor; never a value."""
    observed: str | None = None
    required: str | None = None

    @classmethod
    def unreadable(cls, fault: Diagnostic) -> Remark:
        """Make the remark of a file that cannot be read as what it should be."""
        file = fault.span.file if fault.span is not None else ""
        text = f"{file}: {fault.message}" if file else fault.message
        return cls(Grade.ERROR, fault.code, text, place_of(fault.span), fault.hint or "Mend the file.", file)

    @property
    def finding(self) -> Finding:
        """Give it as a finding."""
        return Finding(
            code=self.code,
            detail=self.text,
            observed=self.observed,
            required=self.required,
            location=self.location,
            remediation=self.remediation,
            discriminator=self.discriminator,
        )


def place_of(span: Span | None) -> Location | None:
    """Turn the place of a diagnostic into that of a finding."""
    return None if span is None else Location(span.file, span.line, span.column)
