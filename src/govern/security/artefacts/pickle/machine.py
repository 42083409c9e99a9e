"""A symbolic pickle machine: follows every opcode as a loader would and executes nothing.

The instruction set and its meaning are those of CPython's `pickletools` and `Modules/_pickle.c`. Where the C and the
Python unpickler read different bytes (frames that do not end where their opcodes do), the file is refused.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Union

from govern.security.artefacts.limits import ScanError
from govern.security.artefacts.pages import find_byte
from govern.security.artefacts.pickle.values import GlobalRef, Instance, PDict, PList, PSet, PTuple, Value

if TYPE_CHECKING:
    from govern.security.artefacts.pickle.judge import Judge

__all__ = ["Buffer", "Machine", "RawReader", "malformed"]

Buffer = Union[bytes, mmap.mmap]
"""Bytes of a file: indexing gives ints, slicing gives bytes, and `find` searches."""

_SHARED = frozenset({PTuple, PList, PDict, PSet, Instance})
KEEP = 4096
"""Longest text or bytes whose content is kept."""
_NO_FRAME = 1 << 62
_DECIMAL = re.compile(rb"[0-9]{1,9}")

RawReader = Callable[["Machine", Value], None]
"""Called after each BUILD with the object that was built; may consume bytes that follow (joblib)."""


def malformed(text: str, offset: int | None = None) -> ScanError:
    """Make the fault for bytes that no loader would accept, or that loaders read differently."""
    return ScanError("S405", text, offset=offset)


class Machine:
    """One run over `data[start:end]` up to STOP."""

    def __init__(
        self,
        data: Buffer,
        judge: Judge,
        *,
        start: int = 0,
        end: int | None = None,
        raw_reader: RawReader | None = None,
        max_opcodes: int = 50_000_000,
    ) -> None:
        self.data = data
        self.judge = judge
        self.start = start
        self.end = len(data) if end is None else end
        self.raw_reader = raw_reader
        self.pos = start
        self.op = start
        """Offset of the opcode that is being executed."""
        self.stack: list[Value] = []
        self.metastack: list[list[Value]] = []
        self.memo: dict[int, Value] = {}
        self.protocol = 0
        self.frame_end = _NO_FRAME
        self.stopped = False
        self.result: Value = None
        self.opcodes = 0
        self.shared = 0
        """How often a container was taken from the memo or doubled: without sharing nothing can unfold."""
        self.raw_spans: list[tuple[int, int]] = []
        self._max_opcodes = max_opcodes

    def run(self) -> int:
        """Execute up to STOP and give the offset behind it. Raises ScanError for what cannot be followed."""
        from govern.security.artefacts.pickle.opcodes import TABLE

        data, end = self.data, self.end
        while not self.stopped:
            pos = self.pos
            if pos >= self.frame_end:
                if pos > self.frame_end:
                    raise malformed("an opcode crosses the end of its frame: loaders read different bytes", self.op)
                self.frame_end = _NO_FRAME
            if pos >= end:
                raise malformed("ends before its STOP opcode", pos)
            self.op = pos
            self.pos = pos + 1
            self.opcodes += 1
            if self.opcodes > self._max_opcodes:
                raise ScanError("S408", "more opcodes than the scan follows", offset=pos, doubtful=True)
            handler = TABLE[data[pos]]
            if handler is None:
                raise malformed(f"byte 0x{data[pos]:02x} is no opcode", pos)
            handler(self)
        if self.frame_end not in (_NO_FRAME, self.pos):
            raise malformed("its last frame does not end at STOP: loaders read different bytes", self.op)
        if self.stack or self.metastack:
            self.judge.doubt("S405", "leaves values on the stack at STOP", self.op)
        return self.pos

    # What handlers use -------------------------------------------------------------------------------------------

    def take(self, size: int) -> bytes:
        """Give the next `size` bytes."""
        stop = self.pos + size
        if stop > self.end:
            raise malformed("an argument runs past the end", self.op)
        chunk = self.data[self.pos : stop]
        self.pos = stop
        return chunk

    def skip(self, size: int) -> None:
        """Pass over the next `size` bytes."""
        if self.pos + size > self.end:
            raise malformed("an argument runs past the end", self.op)
        self.pos += size

    def number(self, size: int) -> int:
        """Give an unsigned little-endian number."""
        return int.from_bytes(self.take(size), "little")

    def line(self) -> bytes:
        """Give the rest of the line without its newline."""
        stop = find_byte(self.data, b"\n", self.pos, self.end)
        if stop < 0:
            raise malformed("a line argument does not end", self.op)
        chunk = self.data[self.pos : stop]
        self.pos = stop + 1
        return chunk

    def index_line(self) -> int:
        """Give a memo index written as a decimal line."""
        text = self.line()
        if not _DECIMAL.fullmatch(text):
            raise malformed("a memo index is not a plain number", self.op)
        return int(text)

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Value:
        """Take the top of the stack; a loader cannot reach below the last mark either."""
        if not self.stack:
            raise malformed("takes from an empty stack", self.op)
        return self.stack.pop()

    def leave_frame(self) -> None:
        """End the current frame here: raw bytes, which are in no frame, come next."""
        self.frame_end = _NO_FRAME

    @property
    def top(self) -> Value:
        """The value on top of the stack."""
        if not self.stack:
            raise malformed("looks at an empty stack", self.op)
        return self.stack[-1]

    def pop_mark(self) -> list[Value]:
        """Give everything above the last mark and remove the mark."""
        if not self.metastack:
            raise malformed("no mark on the stack", self.op)
        items = self.stack
        self.stack = self.metastack.pop()
        return items

    def remember(self, index: int) -> None:
        """Store the top of the stack under a memo index; every index costs bytes, so none can be far beyond them."""
        if index > self.pos - self.start + 4096:
            raise malformed("a memo index far beyond what the file could fill: an allocation bomb", self.op)
        self.memo[index] = self.top

    def recall(self, index: int) -> None:
        """Push what the memo holds."""
        if index not in self.memo:
            raise malformed("asks the memo for something it does not hold", self.op)
        value = self.memo[index]
        if type(value) in _SHARED:
            self.shared += 1
        self.stack.append(value)

    def look_up(self, module: str, name: str) -> GlobalRef:
        """Resolve a global as a loader would at this point: old protocols rename, newer ones walk dotted names."""
        if self.protocol < 3:
            module, name = renamed(module, name)
        reference = GlobalRef(module, name, self.op)
        self.judge.look_up(reference, dotted="." in name)
        return reference


def renamed(module: str, name: str) -> tuple[str, str]:
    """Apply the Python 2 to 3 renaming that loaders apply below protocol 3."""
    import _compat_pickle as compat

    pair = compat.NAME_MAPPING.get((module, name))
    if pair is not None:
        return pair
    return compat.IMPORT_MAPPING.get(module, module), name
