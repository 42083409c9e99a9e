"""Files that real tools wrote, and small ones of a known content, for the readers of other tools' files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from govern.evidence.tools.interface import Document, Reader, Readout
from govern.evidence.tools.registry import readers
from govern.inputs.json import parse_json

SAMPLES = Path(__file__).resolve().parent.parent / "evidence" / "samples"


def document(content: bytes | object, file: str = "evidence/result.json") -> Document:
    """A document of these bytes, or of this value written as JSON."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Document(file, data, parse_json(data, file=file))


def reader_of(document: Document) -> Reader | None:
    """The reader that recognises a document by its content."""
    likely = (reader for reader in readers() if any(marker in document.data for marker in reader.markers))
    return next((reader for reader in likely if reader.recognise(document.root)), None)


def read(content: bytes | object) -> Readout:
    """Read a document with the reader that recognises it."""
    made = document(content)
    reader = reader_of(made)
    assert reader is not None, "no reader recognises it"
    return reader.read(made)


def sample(path: str) -> bytes:
    """The bytes of a sample."""
    return (SAMPLES / path).read_bytes()


def sample_value(path: str) -> Any:
    """A sample's JSON value, to be changed."""
    return json.loads(sample(path))
