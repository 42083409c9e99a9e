"""Budgets of a scan: how far containers may unfold."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Budget", "ScanError", "ScanLimits"]


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """Caps that hold for one file with everything inside it."""

    max_expansion: int = 100
    """Unpacked bytes over packed bytes."""
    max_depth: int = 4
    """Containers within containers."""
    max_output_bytes: int = 8 << 30
    max_members: int = 200_000
    max_opcodes: int = 50_000_000


class ScanError(Exception):
    """Bytes that do not follow the grammar of what they are. `code` is of the diagnostics catalogue."""

    def __init__(self, code: str, text: str, *, offset: int | None = None, doubtful: bool = False) -> None:
        """Say what is wrong; `doubtful` faults are undecided rather than blocked."""
        super().__init__(text)
        self.code = code
        self.text = text
        self.offset = offset
        self.doubtful = doubtful


@dataclass(slots=True)
class Budget:
    """What is left of the caps while one file is scanned; shared by all its members."""

    limits: ScanLimits
    packed_bytes: int
    spent_bytes: int = 0
    members: int = 0
    _floor: int = field(default=1 << 20)

    def unpack(self, size: int) -> None:
        """Count unpacked bytes. Raises ScanError when the cap is passed; the first MiB is free of the ratio."""
        self.spent_bytes += size
        allowed = max(self._floor, self.packed_bytes * self.limits.max_expansion)
        if self.spent_bytes > min(allowed, self.limits.max_output_bytes):
            raise ScanError("S308", f"unpacks to more than {self.limits.max_expansion} times its size")

    def member(self) -> None:
        """Count a member of a container. Raises ScanError beyond the cap."""
        self.members += 1
        if self.members > self.limits.max_members:
            raise ScanError("S308", f"holds more than {self.limits.max_members:,} members")

    @property
    def room(self) -> int:
        """Bytes that may still be unpacked."""
        allowed = max(self._floor, self.packed_bytes * self.limits.max_expansion)
        return max(0, min(allowed, self.limits.max_output_bytes) - self.spent_bytes)
