"""Published tables of bias audits, looked through for faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path

from govern.fairness.published import Fault, Limits
from govern.gate.fairness.audit import TABLES

__all__ = ["LintRequest", "Linted", "lint_published"]

_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRequest:
    """A published table, and what stands beside it elsewhere."""

    path: Path
    used_on: date
    audit_date: date | None = None
    unknown: int | None = None
    tolerance: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What was found."""

    file: str
    faults: tuple[Fault, ...]
    not_checked: tuple[str, ...]

    @property
    def wrong(self) -> tuple[Fault, ...]:
        """Those that are more than a note."""
        return tuple(fault for fault in self.faults if not fault.note)


def lint_published(request: LintRequest) -> Linted:
    """Look a published table through.

    Raises UsageError U103 for a file that cannot be read, InputError for one that is no published table.
    """
    from govern.checks.fairness.published import figures_of
    from govern.evidence.published_table import read_published
    from govern.fairness.published_audit import audit_faults
    from govern.gate.files import read_file

    reading = figures_of(read_published(read_file(request.path, limit=_BYTES), file=str(request.path)))
    audit = reading.audit
    if request.unknown is not None:
        audit = replace(audit, unknown=request.unknown)
    if request.audit_date is not None:
        audit = replace(audit, audit_date=request.audit_date)
    limits = Limits(tables=TABLES, tolerance=request.tolerance, used_on=request.used_on)
    return Linted(
        file=str(request.path),
        faults=(*reading.faults, *audit_faults(audit, limits)),
        not_checked=tuple(_not_checked(audit.audit_date, audit.data_type)),
    )


def _not_checked(audit_date: date | None, data_type: str | None) -> Iterator[str]:
    if audit_date is None:
        yield "age: the table does not say when the audit was made (--audit-date DAY)"
    if data_type is None:
        yield "data: the table does not say whether historical or test data was used"
    yield "independence of the auditor, publication and notice: no table shows them"
