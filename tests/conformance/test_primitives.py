"""The library's own functions answer the vectors below `conformance/primitives` as they say."""

from __future__ import annotations

import base64
import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from govern.bundle.manifest import manifest_of
from govern.canonical import base64_bytes, canonical_bytes
from govern.diagnostics import BundleRefusedError, GovernError, IntegrityError
from govern.inputs.json import parse_json
from govern.ledger.merkle import leaf_hash, memory_nodes, tree_root, verify_consistency, verify_inclusion
from govern.ledger.note import NoteKey, check_note, open_checkpoint, parse_note
from govern.ledger.note_lines import cosigned_at
from govern.ledger.tlog_policy import parse_tlog_policy, verify_logged
from support.process import ROOT

HOME = ROOT / "conformance" / "primitives"


def vectors(name: str, *path: str) -> list[Any]:
    found = json.loads((HOME / f"{name}.json").read_text(encoding="utf-8"))
    for step in path:
        found = found[step]
    assert isinstance(found, list)
    return [pytest.param(item, id=item.get("name")) for item in found]


# -- canonical JSON, base64 -----------------------------------------------------------------------------------------


def jcs(value: Any) -> str:
    """RFC 8785 once more, for values without fractions: members by UTF-16 code units, the shortest escapes."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("vector", vectors("canonical-json", "same"))
def test_canonical_json(vector: dict[str, str]) -> None:
    data = base64.b64decode(vector["input"])
    assert canonical_bytes(parse_json(data, file="v", utf16=False)).decode() == vector["canonical"]  # type: ignore[arg-type]
    assert jcs(json.loads(data)) == vector["canonical"]


@pytest.mark.parametrize("vector", vectors("canonical-json", "refused"))
def test_json_that_is_refused(vector: dict[str, Any]) -> None:
    data = (vector["repeat"] * vector["times"]).encode() if "repeat" in vector else base64.b64decode(vector["input"])
    with pytest.raises((GovernError, TypeError, ValueError)):
        canonical_bytes(parse_json(data, file="v", utf16=False))  # type: ignore[arg-type]


def test_base64_has_one_spelling() -> None:
    found = json.loads((HOME / "base64.json").read_text())
    for text, digits in found["accepted"].items():
        assert base64_bytes(text) == bytes.fromhex(digits)
    for text in found["refused"]:
        with pytest.raises(ValueError):
            base64_bytes(text)


# -- manifests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vector", vectors("manifests", "folders"))
def test_manifests(vector: dict[str, Any], tmp_path: Path) -> None:
    for path, text in vector["files"].items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(base64.b64decode(text))
    found = manifest_of(tmp_path)
    assert (found.data.decode(), found.digest) == (vector["manifest"], vector["digest"])


@pytest.mark.parametrize("vector", vectors("manifests", "refused"))
def test_folders_without_a_digest(vector: dict[str, Any], tmp_path: Path) -> None:
    for item in vector["entries"]:
        name = bytes.fromhex(item["path_hex"]) if "path_hex" in item else item["path"].encode()
        path = os.path.join(os.fsencode(tmp_path), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if item["type"] == "file":
            Path(os.fsdecode(path)).write_bytes(b"x")
        elif item["type"] == "folder":
            os.makedirs(path)
        elif item["type"] == "link":
            os.symlink(item["to"], path)
        elif item["type"] == "fifo":
            os.mkfifo(path)
        else:
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(os.fsdecode(path))
    with pytest.raises(BundleRefusedError):
        manifest_of(tmp_path)


# -- trees, notes, proofs, policies ---------------------------------------------------------------------------------


def unhex(items: list[str]) -> list[bytes]:
    return [bytes.fromhex(item) for item in items]


def test_every_proof_of_small_trees() -> None:
    found = json.loads((HOME / "merkle.json").read_text())
    for item in found["inclusion"]:
        leaf, root, proof = bytes.fromhex(item["leaf"]), bytes.fromhex(item["root"]), unhex(item["proof"])
        assert verify_inclusion(item["index"], item["size"], leaf, proof, root) == item["holds"], item
    for item in found["consistency"]:
        old, new = bytes.fromhex(item["old_root"]), bytes.fromhex(item["new_root"])
        assert verify_consistency(item["old"], item["new"], old, new, unhex(item["proof"])) == item["holds"], item
    assert {item["holds"] for item in found["inclusion"]} == {True, False}


@pytest.mark.parametrize("vector", vectors("vkeys", "accepted"))
def test_verifier_keys(vector: dict[str, Any]) -> None:
    key = NoteKey.parse(vector["vkey"])
    assert (key.name, key.kind, key.public.hex(), key.vkey) == (
        vector["name"],
        vector["type"],
        vector["key"],
        vector["vkey"],
    )


@pytest.mark.parametrize("vector", vectors("vkeys", "refused"))
def test_verifier_keys_that_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        NoteKey.parse(vector["vkey"])


def key_of(name: str) -> NoteKey:
    return NoteKey.parse(json.loads((HOME / f"{name}.json").read_text())["vkey"])


@pytest.mark.parametrize("vector", vectors("checkpoints", "accepted"))
def test_checkpoints(vector: dict[str, str]) -> None:
    found = open_checkpoint(vector["note"], key_of("checkpoints"))
    assert vector["note"].startswith(found.text + "\n")


@pytest.mark.parametrize("vector", vectors("checkpoints", "refused"))
def test_checkpoints_that_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        open_checkpoint(vector["note"], key_of("checkpoints"))


@pytest.mark.parametrize("vector", vectors("cosignatures", "accepted"))
def test_cosignatures(vector: dict[str, Any]) -> None:
    key, note = key_of("cosignatures"), parse_note(vector["note"])
    assert check_note(note, [key]) == (key,)
    assert cosigned_at(note, key) == vector["seconds"]


@pytest.mark.parametrize("vector", vectors("cosignatures", "refused"))
def test_cosignatures_that_spoil_the_note(vector: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        check_note(parse_note(vector["note"]), [key_of("cosignatures")])


@pytest.mark.parametrize("vector", vectors("cosignatures", "absent"))
def test_lines_of_others_are_nothing(vector: dict[str, Any]) -> None:
    assert check_note(parse_note(vector["note"]), [key_of("cosignatures")]) == ()


def _proofs() -> tuple[bytes, Any]:
    found = json.loads((HOME / "tlog-proofs.json").read_text(encoding="utf-8"))
    return base64.b64decode(found["entry"]), parse_tlog_policy(found["policy"].encode())


@pytest.mark.parametrize("vector", vectors("tlog-proofs", "accepted"))
def test_proof_files(vector: dict[str, Any]) -> None:
    body, policy = _proofs()
    assert verify_logged(vector["proof"].encode(), body, policy).met == vector["quorum"]


@pytest.mark.parametrize("vector", vectors("tlog-proofs", "refused"))
def test_proof_files_that_are_refused(vector: dict[str, str]) -> None:
    body, policy = _proofs()
    with pytest.raises(IntegrityError):
        verify_logged(vector["proof"].encode(), body, policy)


@pytest.mark.parametrize("vector", vectors("tlog-policies", "accepted"))
def test_policies(vector: dict[str, Any]) -> None:
    policy = parse_tlog_policy(vector["policy"].encode())
    for asked in vector["quorum"]:
        signed = [policy.witnesses.witnesses[name] for name in asked["cosigned"]]
        assert policy.witnesses.met(signed) == asked["met"], asked


@pytest.mark.parametrize("vector", vectors("tlog-policies", "refused"))
def test_policies_that_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises(IntegrityError):
        parse_tlog_policy(vector["policy"].encode())


# -- tiles ----------------------------------------------------------------------------------------------------------


def test_the_tiles_hold_the_log_and_nothing_else() -> None:
    """Read here by the format's own words: entries are length and body, hashes stand in rows of 256."""
    folder = HOME / "tiles"
    data = (folder / "tile/entries/000").read_bytes() + (folder / "tile/entries/001.p/4").read_bytes()
    entries = []
    while data:
        size = int.from_bytes(data[:2], "big")
        entries.append(data[2 : 2 + size])
        data = data[2 + size :]
    leaves = [leaf_hash(item) for item in entries]
    assert len(leaves) == 260
    row = (folder / "tile/0/000").read_bytes() + (folder / "tile/0/001.p/4").read_bytes()
    assert row == b"".join(leaves)
    assert (folder / "tile/1/000.p/1").read_bytes() == tree_root(256, memory_nodes(leaves[:256]))
    key = key_of("checkpoints")
    head = open_checkpoint((folder / "checkpoint").read_text(encoding="utf-8"), key)
    assert (head.size, head.root) == (260, tree_root(260, memory_nodes(leaves)))
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert files == [
        "checkpoint",
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/4",
    ]
