"""A zip file: the layout of a model format that its members form, or members that are files of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from govern.security.artefacts.containers.zip import ZipMember, member_bytes, read_zip
from govern.security.artefacts.job import Job, reason_of
from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.report import FileReport

__all__ = ["ZipFile", "read_zip_file", "scan_member"]


@dataclass(frozen=True, slots=True)
class ZipFile:
    """A zip whose directories agree, with the job it came from."""

    job: Job
    members: tuple[ZipMember, ...]
    spans: dict[str, int]
    """Bytes of the archive itself."""

    @property
    def names(self) -> frozenset[str]:
        """Names of the members."""
        return frozenset(member.name for member in self.members)

    def report(self, kind: str, **members: object) -> FileReport:
        """Give a report of the archive as a kind."""
        return self.job.report(kind=kind, spans=self.spans, **members)


def _is_torch(archive: ZipFile) -> bool:
    return any(member.name.count("/") == 1 and member.name.endswith("/data.pkl") for member in archive.members)


def _is_skops(archive: ZipFile) -> bool:
    return "schema.json" in archive.names


def _is_keras(archive: ZipFile) -> bool:
    return {"metadata.json", "config.json"} <= archive.names


def _is_npz(archive: ZipFile) -> bool:
    return bool(archive.members) and all(name.endswith(".npy") for name in archive.names)


_LAYOUTS: tuple[tuple[Callable[[ZipFile], bool], str], ...] = (
    (_is_torch, "govern.security.artefacts.formats.torch_zip:read_torch"),
    (_is_skops, "govern.security.artefacts.formats.skops_zip:read_skops"),
    (_is_keras, "govern.security.artefacts.formats.keras:read_keras"),
    (_is_npz, "govern.security.artefacts.formats.npy:read_npz"),
)
"""Model formats that are a zip: how to tell, and who reads it. The first that fits is taken."""


def read_zip_file(job: Job) -> FileReport:
    """Read a zip in the strict dialect of model files and judge what its members form. Raises ScanError."""
    members, spans = read_zip(job.data, job.budget)
    archive = ZipFile(job, members, spans)
    for fits, place in _LAYOUTS:
        if fits(archive):
            module, _colon, name = place.partition(":")
            reader: Callable[[ZipFile], FileReport] = getattr(import_module(module), name)
            return reader(archive)
    return archive.report("zip", members=tuple(scan_member(archive, member) for member in members))


def scan_member(archive: ZipFile, member: ZipMember) -> FileReport:
    """Scan one member as a file of its own; never raises."""
    place = f"{archive.job.path}!{member.name}"
    if member.name.endswith("/") and not member.size:
        return FileReport(path=place, kind="folder", size=0)
    try:
        content = member_bytes(archive.job.data, member, archive.job.budget)
    except ScanError as fault:
        return FileReport(path=place, kind="unknown", size=member.size, reasons=(reason_of(fault),))
    return archive.job.inside(member.name, content)
