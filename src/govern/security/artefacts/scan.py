"""Scanning one file: identify it, account for its bytes, judge what it would load, look into containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from govern.security.artefacts.containers.compressed import COMPRESSED, unpack
from govern.security.artefacts.containers.zip import ZipMember, member_bytes, read_zip
from govern.security.artefacts.external import external_reason, resolve_external
from govern.security.artefacts.formats.npy import read_npy_header
from govern.security.artefacts.formats.onnx import KNOWN_DOMAINS, OnnxModel, read_onnx
from govern.security.artefacts.formats.safetensors import check_safetensors
from govern.security.artefacts.formats.skops import is_skops, read_schema
from govern.security.artefacts.formats.torch_zip import is_torch_zip, scan_torch_zip
from govern.security.artefacts.identify import DATA_KINDS, NATIVE_KINDS, RECOGNISED_KINDS, identify
from govern.security.artefacts.limits import Budget, ScanError, ScanLimits
from govern.security.artefacts.pickle.machine import Buffer
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.pickle.scan import scan_pickle, scan_stream
from govern.security.artefacts.report import FileReport, Reason, Verdict

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
    report = _scan(path, data, profiles, budget, 0)
    return resolve_external(report, siblings) if siblings is not None else report


def _scan(path: str, data: Buffer, profiles: Profiles, budget: Budget, depth: int) -> FileReport:
    kind = identify(data)
    if depth > budget.limits.max_depth:
        text = f"containers are nested more than {budget.limits.max_depth} deep"
        return _because(FileReport(path=path, kind=kind, size=len(data)), "S308", Verdict.BLOCKED, text)
    try:
        return _as_kind(path, kind, data, profiles, budget, depth)
    except ScanError as fault:
        return FileReport(path=path, kind=kind, size=len(data), reasons=(_reason(fault),))


def _reason(fault: ScanError) -> Reason:
    verdict = Verdict.INCONCLUSIVE if fault.doubtful else Verdict.BLOCKED
    return Reason(code=fault.code, verdict=verdict, text=fault.text, offset=fault.offset)


def _as_kind(path: str, kind: str, data: Buffer, profiles: Profiles, budget: Budget, depth: int) -> FileReport:
    plain = FileReport(path=path, kind=kind, size=len(data))
    if kind == "pickle":
        return scan_pickle(path, data, profiles, budget.limits)
    if kind == "zip":
        return _zip(path, data, profiles, budget, depth)
    if kind in COMPRESSED:
        inner = _scan(f"{path}!", unpack(data, kind, budget), profiles, budget, depth + 1)
        return replace(plain, members=(inner,), globals=inner.globals)
    if kind == "safetensors":
        return replace(plain, spans=check_safetensors(data))
    if kind == "npy":
        return _npy(plain, data, profiles, budget)
    if kind == "onnx":
        return _onnx(plain, read_onnx(data))
    if kind in NATIVE_KINDS:
        return _because(plain, "S306", Verdict.BLOCKED, f"{kind} content can be run")
    if kind in RECOGNISED_KINDS:
        return _because(plain, "S309", Verdict.INCONCLUSIVE, f"{kind} is recognised, not analysed")
    if kind == "unknown":
        return _because(plain, "S301", Verdict.INCONCLUSIVE, "no known format fits the content")
    if kind in DATA_KINDS:
        return replace(plain, spans={kind: len(data)})
    return _text_model(plain, data)


def _because(report: FileReport, code: str, verdict: Verdict, text: str) -> FileReport:
    return replace(report, reasons=(*report.reasons, Reason(code=code, verdict=verdict, text=text)))


def _text_model(report: FileReport, data: Buffer) -> FileReport:
    """XGBoost JSON and LightGBM text: data in a text format, checked as that."""
    if report.kind == "xgboost":
        from govern.diagnostics import InputError
        from govern.inputs.json import parse_json

        try:
            parse_json(data[:], file=report.path, max_bytes=len(data), max_depth=64)
        except InputError as fault:
            raise ScanError("S305", fault.diagnostics[0].message) from fault
    elif b"\nend of trees" not in data[:] or not data[:].isascii():
        raise ScanError("S305", "a LightGBM text model that is cut short or not ASCII")
    return replace(report, spans={report.kind: len(data)})


def _npy(report: FileReport, data: Buffer, profiles: Profiles, budget: Budget) -> FileReport:
    header = read_npy_header(data)
    spans = {"npy.header": header.data_start}
    if header.data_size is None:
        inner, _storages = scan_stream(f"{report.path}!", data[header.data_start :], profiles, budget.limits)
        return replace(report, members=(inner,), globals=inner.globals, spans=spans)
    rest = len(data) - header.data_start
    if rest != header.data_size:
        raise ScanError("S304", f"{rest} bytes of data, the header says {header.data_size}", offset=header.data_start)
    return replace(report, spans={**spans, "tensor": rest})


def _onnx(report: FileReport, model: OnnxModel) -> FileReport:
    reasons = [
        Reason(
            code="S312",
            verdict=Verdict.BLOCKED,
            text=f"operators of domain {domain[:60]!r} need code that is not ONNX",
            name=domain[:60],
        )
        for domain in sorted(model.domains - KNOWN_DOMAINS)
    ]
    reasons += [external_reason(item) for item in model.external]
    return replace(report, reasons=tuple(dict.fromkeys(reasons)), spans={"onnx": report.size})


def _zip(path: str, data: Buffer, profiles: Profiles, budget: Budget, depth: int) -> FileReport:
    members, spans = read_zip(data, budget)
    names = frozenset(member.name for member in members)
    report = FileReport(path=path, kind="zip", size=len(data), spans=spans)
    if is_torch_zip(members):
        inner, reasons = scan_torch_zip(path, data, members, profiles, budget)
        uses = tuple(sorted({use for item in inner for use in item.globals}))
        return replace(report, kind="torch-zip", members=tuple(inner), reasons=tuple(reasons), globals=uses)
    if is_skops(names):
        return _skops(report, data, members, profiles, budget, depth)
    if {"metadata.json", "config.json"} <= names:
        report = _because(
            replace(report, kind="keras"), "S309", Verdict.INCONCLUSIVE, "keras is recognised, not analysed"
        )
    elif members and all(name.endswith(".npy") for name in names):
        report = replace(report, kind="npz")
    scanned = tuple(_member(path, data, member, profiles, budget, depth) for member in members)
    return replace(report, members=scanned)


def _member(path: str, data: Buffer, member: ZipMember, profiles: Profiles, budget: Budget, depth: int) -> FileReport:
    place = f"{path}!{member.name}"
    if member.name.endswith("/") and not member.size:
        return FileReport(path=place, kind="folder", size=0)
    try:
        content = member_bytes(data, member, budget)
    except ScanError as fault:
        return FileReport(path=place, kind="unknown", size=member.size, reasons=(_reason(fault),))
    return _scan(place, content, profiles, budget, depth + 1)


def _skops(
    report: FileReport, data: Buffer, members: tuple[ZipMember, ...], profiles: Profiles, budget: Budget, depth: int
) -> FileReport:
    by_name = {member.name: member for member in members}
    schema = read_schema(member_bytes(data, by_name["schema.json"], budget), profiles)
    inner: list[FileReport] = []
    reasons = list(schema.reasons)
    for member in members:
        if member.name == "schema.json":
            continue
        scanned = _member(report.path, data, member, profiles, budget, depth)
        if member.name not in schema.files:
            scanned = _because(scanned, "S304", Verdict.BLOCKED, "a member that no node refers to")
        if scanned.kind == "npy" and scanned.members:
            scanned = _because(scanned, "S305", Verdict.BLOCKED, "an array of Python objects")
        if member.name.endswith(".bin"):
            scanned = FileReport(path=scanned.path, kind="bytes", size=scanned.size, spans={"bytes": scanned.size})
        inner.append(scanned)
    for absent in sorted(schema.files - by_name.keys()):
        text = f"member {absent[:60]!r} is referred to but absent"
        reasons.append(Reason(code="S305", verdict=Verdict.BLOCKED, text=text, name=absent[:60]))
    return replace(report, kind="skops", members=tuple(inner), reasons=tuple(reasons), globals=schema.globals)
