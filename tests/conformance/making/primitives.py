"""Vectors of what certificates are built on, one JSON file each: for whoever writes a second verifier from the bottom."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.making import golden, notes
from conformance.making.case import Content
from govern.canonical import base64_text
from govern.ledger.tile_export import export_tiles
from support.kinds import Kinds
from support.memory_log import MemoryLog, bodies

TILED = 260
"""Entries of the exported log: one full tile and a beginning of the next, on two levels."""


def files(world: Kinds) -> dict[str, Content]:
    """Everything below `primitives/`."""
    made: dict[str, Content] = {
        "canonical-json.json": _document(canonical_json()),
        "base64.json": _document(base64_spellings()),
        "manifests.json": _document(manifests()),
        "golden.json": _document(golden.figures()),
        "merkle.json": _document(notes.merkle()),
        "vkeys.json": _document(notes.vkeys()),
        "checkpoints.json": _document(notes.checkpoints()),
        "cosignatures.json": _document(notes.cosignatures()),
        "tlog-proofs.json": _document(notes.proofs(world)),
        "tlog-policies.json": _document(notes.policies()),
    }
    log = MemoryLog(bodies(TILED))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "tiles"
        export_tiles(log, folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                made[f"tiles/{path.relative_to(folder).as_posix()}"] = path.read_bytes()
    return made


def _document(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def canonical_json() -> dict[str, Any]:
    """RFC 8785, as far as it is used: no fractions, whole numbers below 2^53."""
    same: list[tuple[str, bytes, str]] = [
        ("white space", b' { "b" : 1 ,\n"a" : [ ] } ', '{"a":[],"b":1}'),
        ("literals", b"[null,true,false]", "[null,true,false]"),
        (
            "order by UTF-16 code units (RFC 8785, 3.2.3)",
            b'{"\\u20ac":"Euro","\\r":"CR","\\ufb33":"Dalet","1":"One","\\ud83d\\ude00":"Smile","\\u0080":"C","\\u00f6":"o"}',
            '{"\\r":"CR","1":"One","\x80":"C","ö":"o","€":"Euro","😀":"Smile","\ufb33":"Dalet"}',
        ),
        ("escapes", b'"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\\\u0001\\u007f"', '"A/\\b\\f\\n\\r\\t\\"\\\\\\u0001\x7f"'),
        ("not normalised", '"e\u0301 \u00e9"'.encode(), '"e\u0301 \u00e9"'),
        ("whole numbers", b"[0,-1,9007199254740991,-9007199254740991]", "[0,-1,9007199254740991,-9007199254740991]"),
        ("empty names", b'{"":{},"a":""}', '{"":{},"a":""}'),
    ]
    refused: list[tuple[str, bytes]] = [
        ("UTF-16", "{}".encode("utf-16")),
        ("invalid UTF-8", b'"\xff"'),
        ("overlong UTF-8", b'"\xc0\xaf"'),
        ("UTF-8 of a surrogate", b'"\xed\xa0\x80"'),
        ("escape of half a pair", b'"\\ud800"'),
        ("duplicate name", b'{"a":1,"a":1}'),
        ("duplicate name by an escape", b'{"a":1,"\\u0061":2}'),
        ("fraction", b"1.0"),
        ("exponent", b"1e0"),
        ("2^53", b"9007199254740992"),
        ("NaN", b"NaN"),
        ("infinity", b"-Infinity"),
        ("comment", b"/**/1"),
        ("trailing comma", b"[1,]"),
        ("trailing data", b"1 1"),
        ("single quotes", b"'a'"),
        ("control character in a text", b'"\n"'),
        ("leading zero", b"01"),
        ("leading plus", b"+1"),
        ("nothing", b""),
        ("100,000 brackets", b"[" * 100_000),
    ]
    return {
        "same": [{"name": name, "input": base64_text(data), "canonical": text} for name, data, text in same],
        "refused": [{"name": name, "input": base64_text(data)} for name, data in refused if len(data) < 1000]
        + [
            {"name": name, "repeat": data[:1].decode(), "times": len(data)}
            for name, data in refused
            if len(data) > 1000
        ],
    }


def base64_spellings() -> dict[str, Any]:
    """Standard base64, one spelling a value."""
    return {
        "accepted": {"": "", "aA==": "68", "aGk=": "6869", "aGkh": "686921", "+/+/": "fbffbf"},
        "refused": ["aGl=", "aB==", "aA=", "aA", "aGk", "aG k", "aGk=\n", "!!aGk=", "-_-_", "aGk==", "=", "aA==aA=="],
    }


def manifests() -> dict[str, Any]:
    """Folders, their manifests and digests; and folders that have none."""
    from support.attestations import FILES, manifest

    order: dict[str, bytes] = {"Z": b"1", "a": b"2", "a/b": b"3", "a.txt": b"4", "é": b"5", "🙂": b"6", " ": b"7"}
    del order["a"]
    folders = {"golden": dict(FILES), "order by bytes": order, "empty file": {"empty": b""}}
    folders["manifest and git inside"] = {"MANIFEST.sha256": b"x", ".git/HEAD": b"ref: refs/heads/main\n", "a b": b""}
    made = []
    for name, content in folders.items():
        found = manifest(content)
        text = {path: base64_text(data) for path, data in content.items()}
        made.append({"name": name, "files": text, "manifest": found.data.decode(), "digest": found.digest})
    refused: list[dict[str, Any]] = [
        {"name": "no file", "entries": []},
        {"name": "only empty folders", "entries": [{"path": "a/b", "type": "folder"}]},
        {
            "name": "link to a file",
            "entries": [{"path": "a", "type": "file"}, {"path": "b", "type": "link", "to": "a"}],
        },
        {
            "name": "link to a folder",
            "entries": [{"path": "a/x", "type": "file"}, {"path": "b", "type": "link", "to": "a"}],
        },
        {"name": "link to nothing", "entries": [{"path": "b", "type": "link", "to": "nowhere"}]},
        {"name": "fifo", "entries": [{"path": "a", "type": "fifo"}]},
        {"name": "socket", "entries": [{"path": "a", "type": "socket"}]},
        {"name": "newline in a name", "entries": [{"path": "a\nb", "type": "file"}]},
        {"name": "escape in a name", "entries": [{"path": "a\u001bb", "type": "file"}]},
        {"name": "delete in a name", "entries": [{"path": "a\u007fb", "type": "file"}]},
        {"name": "backslash in a name", "entries": [{"path": "a\\b", "type": "file"}]},
        {"name": "name in another normal form", "entries": [{"path": "e\u0301", "type": "file"}]},
        {
            "name": "names that differ by case",
            "entries": [{"path": "A", "type": "file"}, {"path": "a", "type": "file"}],
        },
        {"name": "name that is no UTF-8", "entries": [{"path_hex": "61ff", "type": "file"}]},
    ]
    return {"folders": made, "refused": refused}
