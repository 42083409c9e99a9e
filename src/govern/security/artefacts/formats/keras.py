"""Keras' own zip layout."""

from __future__ import annotations

from govern.security.artefacts.containers.zip_reader import ZipFile, scan_member
from govern.security.artefacts.job import because
from govern.security.artefacts.report import FileReport, Verdict

__all__ = ["read_keras"]


def read_keras(archive: ZipFile) -> FileReport:
    """Scan every member; the layers that the configuration names are not analysed, so it is never clean."""
    members = tuple(scan_member(archive, member) for member in archive.members)
    report = archive.report("keras", members=members)
    return because(report, "S309", Verdict.INCONCLUSIVE, "keras is recognised, not analysed")
