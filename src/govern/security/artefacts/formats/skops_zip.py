"""A skops file: its schema judged node by node, and every member named by a node."""

from __future__ import annotations

from govern.security.artefacts.containers.zip import ZipMember, member_bytes
from govern.security.artefacts.containers.zip_reader import ZipFile, scan_member
from govern.security.artefacts.formats.skops import read_schema
from govern.security.artefacts.job import because
from govern.security.artefacts.report import FileReport, Reason, Verdict

__all__ = ["read_skops"]


def read_skops(archive: ZipFile) -> FileReport:
    """Judge a skops file. Raises ScanError for a schema that cannot be read."""
    job = archive.job
    by_name = {member.name: member for member in archive.members}
    schema = read_schema(member_bytes(job.data, by_name["schema.json"], job.budget), job.profiles)
    reasons = list(schema.reasons)
    inner = [_member(archive, member, schema.files) for member in archive.members if member.name != "schema.json"]
    for absent in sorted(schema.files - by_name.keys()):
        text = f"member {absent[:60]!r} is referred to but absent"
        reasons.append(Reason(code="S305", verdict=Verdict.BLOCKED, text=text, name=absent[:60]))
    return archive.report("skops", members=tuple(inner), reasons=tuple(reasons), globals=schema.globals)


def _member(archive: ZipFile, member: ZipMember, named: set[str]) -> FileReport:
    scanned = scan_member(archive, member)
    if member.name not in named:
        scanned = because(scanned, "S304", Verdict.BLOCKED, "a member that no node refers to")
    if scanned.kind == "npy" and scanned.members:
        scanned = because(scanned, "S305", Verdict.BLOCKED, "an array of Python objects")
    if member.name.endswith(".bin"):
        scanned = FileReport(path=scanned.path, kind="bytes", size=scanned.size, spans={"bytes": scanned.size})
    return scanned
