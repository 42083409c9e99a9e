"""Scanning one file: identify it, and hand it to the reader of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from govern.security.artefacts.external import resolve_external
from govern.security.artefacts.identify import DATA_KINDS, NATIVE_KINDS, RECOGNISED_KINDS, identify
from govern.security.artefacts.job import Job, because, reason_of
from govern.security.artefacts.limits import Budget, ScanError, ScanLimits
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.readers import reader_of
from govern.security.artefacts.report import FileReport, Verdict

__all__ = ["scan_bytes"]


def scan_bytes(
    path: str,
    data: Buffer,
    profiles: Profiles,
    limits: ScanLimits | None = None,
    siblings: Mapping[str, int] | None = None,
) -> FileReport:
    """Scan the content of one file. Never loads, imports or executes anything; never raises for what it reads.

    `siblings` gives the sizes of the bundle's files by path, for models that read tensors from another file. The
    verdict is `clean` only when the format is understood, every byte belongs to it and every name is permitted.
    """
    budget = Budget(limits or ScanLimits(), len(data))

    def scan(place: str, content: Buffer, depth: int) -> FileReport:
        job = Job(
            path=place,
            kind=identify(content),
            data=content,
            profiles=profiles,
            budget=budget,
            depth=depth,
            scan_inner=scan,
        )
        return _scan(job)

    report = scan(path, data, 0)
    return resolve_external(report, siblings) if siblings is not None else report


def _scan(job: Job) -> FileReport:
    most = job.budget.limits.max_depth
    if job.depth > most:
        return because(job.report(), "S308", Verdict.BLOCKED, f"containers are nested more than {most} deep")
    try:
        return _as_kind(job)
    except ScanError as fault:
        return job.report(reasons=(reason_of(fault),))


def _as_kind(job: Job) -> FileReport:
    reader = reader_of(job.kind)
    if reader is not None:
        return reader(job)
    if job.kind in NATIVE_KINDS:
        return because(job.report(), "S306", Verdict.BLOCKED, f"{job.kind} content can be run")
    if job.kind in RECOGNISED_KINDS:
        return because(job.report(), "S309", Verdict.INCONCLUSIVE, f"{job.kind} is recognised, not analysed")
    if job.kind in DATA_KINDS:
        return job.report(spans={job.kind: len(job.data)})
    return because(job.report(), "S301", Verdict.INCONCLUSIVE, "no known format fits the content")
