"""torch.save's zip layout: one prefix, a pickle with persistent ids, storages that those ids name, small constants."""

from __future__ import annotations

from govern.security.artefacts.containers.zip import ZipMember, member_bytes, verify_stored
from govern.security.artefacts.containers.zip_reader import ZipFile
from govern.security.artefacts.limits import Budget, ScanError
from govern.security.artefacts.pickle.judge import Storage
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.pickle.scan import scan_stream
from govern.security.artefacts.report import FileReport, Reason, Verdict

__all__ = ["read_torch"]

_SIZES = {
    **dict.fromkeys(("DoubleStorage", "LongStorage", "ComplexFloatStorage"), 8),
    **dict.fromkeys(("FloatStorage", "IntStorage", "QInt32Storage"), 4),
    **dict.fromkeys(("HalfStorage", "BFloat16Storage", "ShortStorage"), 2),
    **dict.fromkeys(("ByteStorage", "CharStorage", "BoolStorage", "QInt8Storage", "QUInt8Storage"), 1),
    "UntypedStorage": 1,
    "ComplexDoubleStorage": 16,
}
"""Bytes of an element, by storage class."""
_NOTES = frozenset({"version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id"})


def read_torch(archive: ZipFile) -> FileReport:
    """Judge a file of torch.save: a `data.pkl` right under one folder, and what its persistent ids name."""
    job = archive.job
    inner, reasons = _scan_members(job.path, job.data, archive.members, job.profiles, job.budget)
    uses = tuple(sorted({use for item in inner for use in item.globals}))
    return archive.report("torch-zip", members=tuple(inner), reasons=tuple(reasons), globals=uses)


def _scan_members(
    path: str, data: Buffer, members: tuple[ZipMember, ...], profiles: Profiles, budget: Budget
) -> tuple[list[FileReport], list[Reason]]:
    """Judge every member. A `data/N` is a tensor storage only when a persistent id names it with its exact size."""
    prefix = next(m.name for m in members if m.name.count("/") == 1 and m.name.endswith("/data.pkl"))[
        : -len("data.pkl")
    ]
    reports: list[FileReport] = []
    reasons: list[Reason] = []
    storages: dict[str, Storage] = {}
    for member in members:
        if member.name.endswith(".pkl"):
            content = member_bytes(data, member, budget)
            place = f"{path}!{member.name}"
            report, found = scan_stream(place, content, profiles, budget.limits, torch=True)
            reports.append(report)
            if member.name == f"{prefix}data.pkl":
                storages = {storage[0]: storage for storage in found}
    for member in members:
        if not member.name.endswith(".pkl"):
            reports.append(_other(path, data, member, prefix, storages, budget))
    absent = sorted(key for key in storages if not any(m.name == f"{prefix}data/{key}" for m in members))
    if absent:
        text = f"tensor storage {absent[0][:40]!r} is named but absent"
        reasons.append(Reason(code="S305", verdict=Verdict.BLOCKED, text=text, name=absent[0][:40]))
    return reports, reasons


def _other(
    path: str, data: Buffer, member: ZipMember, prefix: str, storages: dict[str, Storage], budget: Budget
) -> FileReport:
    place = f"{path}!{member.name}"
    inner = member.name.removeprefix(prefix) if member.name.startswith(prefix) else None
    reasons: list[Reason] = []
    kind = "unknown"
    if member.name.endswith("/"):
        kind = "folder"
        if member.size:
            reasons.append(_blocked("S304", "a folder entry with content"))
    elif inner in _NOTES:
        content = member_bytes(data, member, budget)
        kind = "text"
        if len(content) > 100 or not content.decode("latin-1").strip().isprintable() or not content.isascii():
            reasons.append(_blocked("S305", "a note of torch's layout that is not short text"))
    elif inner is not None and inner.startswith("data/") and inner[5:] in storages:
        kind = "tensor"
        problem = _storage_problem(data, member, storages[inner[5:]])
        if problem is not None:
            reasons.append(problem)
    elif inner is not None and inner.startswith("code/"):
        kind = "torchscript"
        text = "TorchScript source is not analysed"
        reasons.append(Reason(code="S309", verdict=Verdict.INCONCLUSIVE, text=text))
    else:
        reasons.append(_blocked("S304", "a member that nothing in the archive refers to"))
    return FileReport(path=place, kind=kind, size=member.size, reasons=tuple(reasons), spans={kind: member.size})


def _storage_problem(data: Buffer, member: ZipMember, storage: Storage) -> Reason | None:
    _key, type_name, count = storage
    size = _SIZES.get(type_name)
    if size is None:
        text = f"storage type {type_name[:40]} has no known element size"
        return Reason(code="S305", verdict=Verdict.INCONCLUSIVE, text=text)
    if member.method != 0 or count * size != member.size:
        return _blocked("S304", f"a storage of {member.size} bytes whose tensor needs {count * size}")
    try:
        verify_stored(data, member)
    except ScanError as fault:
        return _blocked(fault.code, fault.text)
    return None


def _blocked(code: str, text: str) -> Reason:
    return Reason(code=code, verdict=Verdict.BLOCKED, text=text)
