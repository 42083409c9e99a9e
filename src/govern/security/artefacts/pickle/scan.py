"""Scanning a whole pickle file: the stream, what follows it, and how other loaders would read it."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

from govern.security.artefacts.limits import ScanError, ScanLimits
from govern.security.artefacts.pickle.expansion import expands_beyond
from govern.security.artefacts.pickle.joblib_arrays import WRAPPER, read_raw_array
from govern.security.artefacts.pickle.judge import Judge, Storage
from govern.security.artefacts.pickle.machine import Buffer, Machine
from govern.security.artefacts.pickle.profiles import Profiles
from govern.security.artefacts.pickle.values import GlobalRef
from govern.security.artefacts.report import FileReport

if TYPE_CHECKING:
    from govern.security.artefacts.job import Job

__all__ = ["Likeness", "pickle_likeness", "read_pickle", "scan_stream"]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_TORCH_LEGACY = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""First pickle of torch's format before zip: the number 0x1950a86a20f9469cfc6c."""
MANY_VALUES = 100_000_000
PROBE_OPCODES = 100_000


def read_pickle(job: Job) -> FileReport:
    """Judge a file that begins as a pickle, byte by byte to its end."""
    if job.data[2 : 2 + len(_TORCH_LEGACY)] == _TORCH_LEGACY:
        return _torch_legacy(job.path, job.data, job.profiles, job.budget.limits)
    report, _storages = scan_stream(job.path, job.data, job.profiles, job.budget.limits)
    return report


def scan_stream(
    path: str, data: Buffer, profiles: Profiles, limits: ScanLimits, *, torch: bool = False
) -> tuple[FileReport, tuple[Storage, ...]]:
    """Judge one pickle that must fill `data`; with `torch`, persistent ids name tensor storages, which are given."""
    judge = Judge(profiles, persistent_ids=torch)
    machine = Machine(data, judge, raw_reader=None if torch else read_raw_array, max_opcodes=limits.max_opcodes)
    end = _run(machine, judge)
    if end is not None and end < len(data):
        judge.block("S406", f"{len(data) - end} bytes follow the end of the pickle", end)
        _names_of(data, end, judge, limits)
    if end is not None and _unfolds(machine):
        judge.block("S404", "unfolds to more values than any program could walk: an allocation bomb", machine.op)
    if machine.raw_spans:
        _judge_plain_reading(data, machine, judge, limits)
    wrapped = any((use.module, use.name) == WRAPPER for use in judge.globals)
    raw = sum(stop - start for start, stop in machine.raw_spans)
    report = FileReport(
        path=path,
        kind="joblib" if wrapped else "pickle",
        size=len(data),
        reasons=tuple(judge.reasons),
        globals=judge.globals,
        spans={
            key: size
            for key, size in (("pickle.opcode", (end or machine.pos) - raw), ("pickle.raw_array", raw))
            if size
        },
    )
    return report, tuple(judge.storages)


def _unfolds(machine: Machine) -> bool:
    """Whether the result is far larger than what was written: each shared reference can at most double it."""
    limit = max(MANY_VALUES, 100 * machine.opcodes)
    if machine.opcodes << min(machine.shared, 64) <= limit:
        return False
    return expands_beyond(machine.result, limit)


def _run(machine: Machine, judge: Judge) -> int | None:
    try:
        return machine.run()
    except ScanError as fault:
        offset = machine.op if fault.offset is None else fault.offset
        if fault.doubtful:
            judge.doubt(fault.code, fault.text, offset)
        else:
            judge.block(fault.code, fault.text, offset)
        return None


def _names_of(data: Buffer, start: int, judge: Judge, limits: ScanLimits) -> None:
    """Take note of what a pickle behind the first one would load; it is blocked already."""
    try:
        Machine(data, judge, start=start, raw_reader=read_raw_array, max_opcodes=limits.max_opcodes).run()
    except ScanError:
        return  # whatever follows is unexplained, and said to be


def _judge_plain_reading(data: Buffer, machine: Machine, judge: Judge, limits: ScanLimits) -> None:
    """Judge the file as `pickle.load` would read it: to it, a joblib array's raw bytes are opcodes."""
    first = machine.raw_spans[0][0]
    plain = Judge(judge.profiles)
    _names_of_plain(data, plain, limits)
    for reason in plain.reasons:
        named = reason.name is not None and _IDENTIFIER.fullmatch(reason.name) is not None
        if named and reason.code in ("S401", "S402", "S404") and (reason.offset or 0) >= first:
            judge.block(reason.code, f"read by pickle.load, array bytes are opcodes: {reason.text}", reason.offset or 0)


def _names_of_plain(data: Buffer, judge: Judge, limits: ScanLimits) -> None:
    try:
        Machine(data, judge, max_opcodes=limits.max_opcodes).run()
    except ScanError:
        return  # honest array bytes soon stop being opcodes


def _torch_legacy(path: str, data: Buffer, profiles: Profiles, limits: ScanLimits) -> FileReport:
    """Judge the pickles of torch's older layout; the storages behind them are not counted, so never clean."""
    judge = Judge(profiles, persistent_ids=True)
    position = 0
    for _index in range(5):
        machine = Machine(data, judge, start=position, max_opcodes=limits.max_opcodes)
        end = _run(machine, judge)
        if end is None:
            break
        position = end
    judge.doubt("S309", "the storages of torch's older file layout are not analysed", position)
    return FileReport(
        path=path,
        kind="torch-legacy",
        size=len(data),
        reasons=tuple(judge.reasons),
        globals=judge.globals,
        spans={"pickle.opcode": position, "unanalysed": len(data) - position},
    )


class Likeness(IntEnum):
    """How much some bytes are a pickle."""

    NONE = 0
    WHOLE = 1
    """They run to STOP, which is their last byte, without a name: plain data, or a few bytes of ordinary text."""
    BEGINS = 2
    """They begin with a protocol mark and further opcodes."""
    ACTS = 3
    """A loader would look up a plausible name before STOP, or call one before it fails."""


class _Enough(Exception):  # noqa: N818 - a signal, not an error
    """The probe has seen what it looks for."""


class _Probe(Judge):
    """Stops the machine at the first sign that a loader would act: a name behind a protocol mark, or a call."""

    def __init__(self, *, marked: bool) -> None:
        super().__init__(Profiles(()))
        self._marked = marked

    def _refuse(self, what: str, about: GlobalRef, offset: int) -> None:
        if _IDENTIFIER.fullmatch(str(about)) and (self._marked or what == "calls"):
            raise _Enough
        super()._refuse(what, about, offset)


def pickle_likeness(data: Buffer) -> Likeness:
    """Say what a loader would do with these bytes, whatever else they may be."""
    marked = data[0] == 0x80
    judge = _Probe(marked=marked)
    machine = Machine(data, judge, max_opcodes=PROBE_OPCODES)
    try:
        end = machine.run()
    except _Enough:
        return Likeness.ACTS
    except ScanError as fault:
        if fault.doubtful:
            return Likeness.ACTS
        begun = machine.opcodes > 2 or data[2:3] == b"\x95"
        return Likeness.BEGINS if marked and data[1:2] <= b"\x05" and begun else Likeness.NONE
    if any(reason.name is not None and _IDENTIFIER.fullmatch(reason.name) for reason in judge.reasons):
        return Likeness.ACTS
    if marked:
        return Likeness.BEGINS
    return Likeness.WHOLE if end == len(data) else Likeness.NONE
