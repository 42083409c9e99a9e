"""Pickles written opcode by opcode. None of them is ever loaded by a real unpickler that could import something."""

from __future__ import annotations

import io
import pickle
import struct
from typing import Any


def proto(version: int) -> bytes:
    return b"\x80" + bytes([version])


def text(value: str) -> bytes:
    """SHORT_BINUNICODE or BINUNICODE."""
    raw = value.encode()
    return b"\x8c" + bytes([len(raw)]) + raw if len(raw) < 256 else b"X" + struct.pack("<I", len(raw)) + raw


def name(module: str, attribute: str) -> bytes:
    """STACK_GLOBAL."""
    return text(module) + text(attribute) + b"\x93"


def old_name(module: str, attribute: str) -> bytes:
    """GLOBAL."""
    return f"c{module}\n{attribute}\n".encode()


def number(value: int) -> bytes:
    if 0 <= value < 256:
        return b"K" + bytes([value])
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def data(value: bytes) -> bytes:
    """SHORT_BINBYTES or BINBYTES."""
    return b"C" + bytes([len(value)]) + value if len(value) < 256 else b"B" + struct.pack("<I", len(value)) + value


def args(*items: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(items) + b"t"


def call(callee: bytes, *items: bytes) -> bytes:
    """REDUCE."""
    return callee + args(*items) + b"R"


def new(cls: bytes, *items: bytes) -> bytes:
    """NEWOBJ."""
    return cls + args(*items) + b"\x81"


def mapping(**items: bytes) -> bytes:
    """A dict with text keys."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


NONE, TRUE, FALSE, EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT, BUILD, STOP = (
    b"N",
    b"\x88",
    b"\x89",
    b")",
    b"]",
    b"}",
    b"b",
    b".",
)


def program(*parts: bytes, protocol: int = 4) -> bytes:
    """A whole pickle."""
    return proto(protocol) + b"".join(parts) + STOP


def marker_command(path: str) -> bytes:
    """What a malicious pickle would do: the tests assert that the file never appears."""
    return call(name("posix", "system"), text(f"touch {path}"))


class Stub:
    """Stands for whatever was looked up: takes every call and state, does nothing."""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Stub:
        return object.__new__(cls)

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __setstate__(self, _state: Any) -> None:
        pass

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def append(self, _item: Any) -> None:
        pass

    def extend(self, _items: Any) -> None:
        pass

    def add(self, _item: Any) -> None:
        pass


def _renamed(module: str, attribute: str) -> tuple[str, str]:
    import _compat_pickle as compat

    if (module, attribute) in compat.NAME_MAPPING:
        return compat.NAME_MAPPING[(module, attribute)]
    return compat.IMPORT_MAPPING.get(module, module), attribute


class RecordingC(pickle.Unpickler):
    """The C unpickler with every lookup recorded and replaced by an inert stub."""

    def __init__(self, file: io.BytesIO, protocol: int) -> None:
        super().__init__(file)
        self.seen: list[tuple[str, str]] = []
        self._old = protocol < 3

    def find_class(self, module: str, attribute: str) -> Any:
        self.seen.append(_renamed(module, attribute) if self._old else (module, attribute))
        return Stub

    def persistent_load(self, _identifier: Any) -> Any:
        return Stub()


class RecordingPython(pickle._Unpickler):  # type: ignore[misc, name-defined]
    """The Python unpickler, the same way; it knows the protocol of the moment."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.seen: list[tuple[str, str]] = []

    def find_class(self, module: str, attribute: str) -> Any:
        self.seen.append(_renamed(module, attribute) if self.proto < 3 else (module, attribute))
        return Stub

    def persistent_load(self, _identifier: Any) -> Any:
        return Stub()


def recorded(content: bytes, protocol: int = 4) -> tuple[list[tuple[str, str]] | None, list[tuple[str, str]] | None]:
    """Give what the C and the Python unpickler look up; None for one that refuses the pickle."""
    found: list[list[tuple[str, str]] | None] = []
    for made in (RecordingC(io.BytesIO(content), protocol), RecordingPython(io.BytesIO(content))):
        try:
            made.load()
            found.append(made.seen)
        except Exception:
            found.append(None)
    return found[0], found[1]
