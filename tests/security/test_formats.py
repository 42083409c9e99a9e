"""Formats and containers: honest files are clean, every lie about a length, a name or a byte is not."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.security.artefacts import FileReport, ScanLimits, Verdict, load_profiles, scan_bytes
from govern.security.artefacts.identify import contradiction, identify
from support.bundles import safetensors
from support.pickle_programs import args, call, data, marker_command, name, number, old_name, program, proto, text

PROFILES = load_profiles(["sklearn", "joblib", "torch-state-dict"])
EVIL = program(marker_command("/tmp/never"))


def scan(content: bytes, path: str = "model.bin", **options: Any) -> FileReport:
    return scan_bytes(path, content, PROFILES, **options)


def verdict(content: bytes, **options: Any) -> str:
    return str(scan(content, **options).verdict)


# safetensors ------------------------------------------------------------------------------------------------------


def tensors(header: Any, content: bytes = b"", *, raw: bytes | None = None) -> bytes:
    body = raw if raw is not None else json.dumps(header).encode()
    return struct.pack("<Q", len(body)) + body + content


def tensor(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (safetensors(), "clean"),
        (tensors({"a": tensor("F32", [2], 0, 8), "b": tensor("U8", [], 8, 9)}, bytes(9)), "clean"),
        (tensors({"a": tensor("F4", [3], 0, 2)}, bytes(2)), "clean"),
        (tensors({"a": tensor("BF16", [0], 0, 0)}), "clean"),
        (tensors({"__metadata__": {"format": "pt"}}), "clean"),
        (safetensors() + b"\0", "blocked"),
        (safetensors()[:-1], "blocked"),
        (tensors({"a": tensor("F32", [2], 0, 8), "b": tensor("F32", [1], 4, 8)}, bytes(8)), "blocked"),
        (tensors({"a": tensor("F32", [1], 0, 4), "b": tensor("F32", [1], 8, 12)}, bytes(12)), "blocked"),
        (tensors({"a": tensor("F32", [3], 0, 8)}, bytes(8)), "blocked"),
        (tensors({"a": tensor("F32", [2**62, 2**62], 0, 8)}, bytes(8)), "blocked"),
        (tensors({"a": tensor("F32", [-2], 0, 8)}, bytes(8)), "blocked"),
        (tensors({"a": tensor("F32", [2], 0, 8) | {"x": 1}}, bytes(8)), "blocked"),
        (tensors({"__metadata__": None, "a": tensor("F32", [2], 0, 8)}, bytes(8)), "blocked"),
        (tensors({"__metadata__": {"a": 1}}), "blocked"),
        (tensors(None, raw=b'{"a":1,"a":2}'), "blocked"),
        (tensors(None, raw=b"{not json}"), "blocked"),
        (tensors({"a": tensor("F7", [8], 0, 8)}, bytes(8)), "inconclusive"),
        (struct.pack("<Q", 90_000_000) + b"{}", "blocked"),
    ],
)
def test_safetensors(content: bytes, expected: str) -> None:
    report = scan(content, "model.safetensors")
    assert report.kind == "safetensors"
    assert report.verdict == expected, report.reasons
    if expected == "clean":
        assert sum(report.spans.values()) == len(content)


def test_a_header_whose_length_looks_like_a_protocol_mark() -> None:
    """640 bytes of header: the file begins with 80 02, as a pickle of protocol 2 does."""
    header = json.dumps({"a": tensor("F32", [1], 0, 4)}).encode().ljust(640)
    assert struct.pack("<Q", 640)[:2] == b"\x80\x02"
    assert verdict(tensors(None, bytes(4), raw=header)) == "clean"


# npy, npz ---------------------------------------------------------------------------------------------------------


def npy(value: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, value, allow_pickle=True)
    return buffer.getvalue()


ARRAYS = {
    "floats": np.arange(6.0).reshape(2, 3),
    "fortran": np.asfortranarray(np.ones((3, 2), dtype=">i4")),
    "scalar": np.array(3),
    "empty": np.zeros((0, 4)),
    "text": np.array(["ab", "c"]),
    "dates": np.array(["2026-01-01"], dtype="M8[D]"),
    "structured": np.zeros(3, dtype=[("a", "f8"), ("b", "i4", (2,)), ("c", [("d", "u1")])]),
    "objects": np.array(["x", None, 3], dtype=object),
}


@pytest.mark.parametrize("which", ARRAYS)
def test_npy_files_of_numpy_are_clean(which: str) -> None:
    content = npy(ARRAYS[which])
    report = scan(content)
    assert (report.kind, report.verdict) == ("npy", "clean"), report.reasons
    assert scan(content + b"\0").verdict is Verdict.BLOCKED
    assert scan(content[:-1]).verdict is not Verdict.CLEAN or which == "empty"


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}",
        "__import__('os').system('id')",
        "(" * 5000,
        "{'descr': 'T', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    ],
)
def test_npy_headers_that_lie(header: str) -> None:
    raw = header.encode()
    assert verdict(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(raw)) + raw + bytes(8)) != "clean"


def test_a_pickle_in_an_object_array_is_judged() -> None:
    header = b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    assert verdict(content + EVIL) == "blocked"
    assert verdict(content + pickle.dumps([1])) == "clean"


def test_npz_is_a_zip_of_arrays() -> None:
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, a=ARRAYS["floats"], b=ARRAYS["text"])
        report = scan(buffer.getvalue())
        assert (report.kind, report.verdict) == ("npz", "clean"), report.reasons


# Zip --------------------------------------------------------------------------------------------------------------


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content, method)
        archive.comment = comment
    return buffer.getvalue()


PLAIN = zipped({"a.txt": b"one\n" * 50, "b.txt": b"two\n"})


def patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


def test_an_ordinary_zip_is_clean() -> None:
    assert scan(PLAIN).verdict is Verdict.CLEAN
    streamed = io.BytesIO()
    with zipfile.ZipFile(_Unseekable(streamed), "w") as archive:  # data descriptors
        archive.writestr("a.txt", b"one\n" * 50, zipfile.ZIP_DEFLATED)
    assert scan(streamed.getvalue()).verdict is Verdict.CLEAN
    wide = io.BytesIO()
    with zipfile.ZipFile(wide, "w") as archive, archive.open("a.txt", "w", force_zip64=True) as member:
        member.write(b"one\n")
    assert scan(wide.getvalue()).verdict is Verdict.CLEAN


class _Unseekable(io.RawIOBase):
    def __init__(self, target: io.BytesIO) -> None:
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, chunk: Any) -> int:
        return self._target.write(chunk)


def hidden(content: bytes) -> dict[str, bytes]:
    """The ways a payload was hidden from a trial of this design, and others."""
    directory = content.index(b"PK\x01\x02")
    first_end = content.index(b"PK\x03\x04", 4)
    start = struct.unpack("<L", content[-6:-2])[0]
    assert start == directory

    def moved(extra: bytes, at: int) -> bytes:
        made = content[:at] + extra + content[at:]
        return patched(made, len(made) - 6, struct.pack("<L", directory + len(extra)))

    return {
        "behind the end record": content + EVIL,
        "as a comment": zipped({"a.txt": b"one\n"}, comment=EVIL),
        "before the first member": EVIL + content,
        "before the directory": moved(EVIL, directory),
        "a member the directory does not know": moved(zipped({"x.pkl": EVIL}, 0)[: 30 + 5 + len(EVIL)], directory),
        "between members": moved(b"gap!", first_end),
        "another name in the local header": patched(content, 30, b"z.txt"),
        "another size in the local header": patched(content, 22, struct.pack("<L", 7)),
        "another method in the local header": patched(content, 8, struct.pack("<H", 0)),
        "an encryption bit": patched(patched(content, 6, b"\x01\0"), directory + 8, b"\x01\0"),
        "a wrong checksum": patched(patched(content, 14, b"abcd"), directory + 16, b"abcd"),
        "too many entries": patched(content, len(content) - 12, struct.pack("<H", 3)),
        "cut": content[:-1],
        "only the end record": content[directory:],
    }


@pytest.mark.parametrize("how", hidden(PLAIN))
def test_hidden_payloads_in_zips_are_blocked(how: str) -> None:
    assert verdict(hidden(PLAIN)[how]) != "clean", how
    if how not in ("before the first member", "only the end record"):
        assert verdict(hidden(PLAIN)[how]) == "blocked", how


@pytest.mark.parametrize(
    "member", ["../x.txt", "/x.txt", "a/../../x.txt", "a\\b.txt", "C:/x.txt", "a//b.txt", "a/./b.txt", "x\x07.txt"]
)
def test_names_that_escape_are_blocked(member: str) -> None:
    assert verdict(zipped({member: b"x"})) == "blocked"


def test_links_in_zips_are_blocked() -> None:
    info = zipfile.ZipInfo("link")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, b"/etc/passwd")
    assert verdict(buffer.getvalue()) == "blocked"


def test_names_that_fold_together_are_blocked() -> None:
    assert verdict(zipped({"A.txt": b"x", "a.txt": b"y"})) == "blocked"


def test_a_bomb_stops_at_its_limit() -> None:
    bomb = zipped({"zeros": bytes(20 << 20)})
    assert verdict(bomb) == "blocked"
    report = scan(bomb, limits=ScanLimits(max_expansion=10_000))
    assert all("times its size" not in reason.text for part in report.flat() for reason in part.reasons)


def test_nesting_has_a_limit_and_is_looked_into() -> None:
    content = zipped({"model.pkl": EVIL})
    for level in range(3):
        content = zipped({f"{level}.zip": content})
    report = scan(content, "outer.zip")
    inner = [part for part in report.flat() if part.kind == "pickle"]
    assert [part.path for part in inner] == ["outer.zip!2.zip!1.zip!0.zip!model.pkl"]
    assert report.verdict is Verdict.BLOCKED
    assert "nested" in str(
        [reason.text for part in scan(content, limits=ScanLimits(max_depth=2)).flat() for reason in part.reasons]
    )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(PLAIN) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_zip_leaves_both_readers_agreeing_on_a_lie(at: int, change: int) -> None:
    """Either the scan is not clean, or only a time stamp or version field changed."""
    content = patched(PLAIN, at, bytes([PLAIN[at] ^ change]))
    if verdict(content) == "clean":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert {info.filename: archive.read(info) for info in archive.infolist()} == {
                "a.txt": b"one\n" * 50,
                "b.txt": b"two\n",
            }


# Compressed streams -----------------------------------------------------------------------------------------------

PACKERS = {
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda raw: lzma.compress(raw, lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("kind", PACKERS)
def test_compressed_pickles_are_looked_into(kind: str) -> None:
    pack = PACKERS[kind]
    honest = pack(pickle.dumps(list(range(1000))))
    assert (scan(honest).kind, verdict(honest)) == (kind, "clean")
    assert verdict(pack(EVIL)) == "blocked"
    assert verdict(honest + EVIL) == "blocked"
    assert verdict(honest[:-5]) == "blocked"
    assert verdict(pack(bytes(50 << 20))) == "blocked"


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_several_members_are_all_read(kind: str) -> None:
    pack = PACKERS[kind]
    half = len(EVIL) // 2
    assert verdict(pack(EVIL[:half]) + pack(EVIL[half:])) == "blocked"


# torch ------------------------------------------------------------------------------------------------------------


def torch_zip(pickled: bytes, storages: dict[str, bytes], **more: bytes) -> bytes:
    """The layout of torch.save, with its padding in an extra field."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        members = {"archive/data.pkl": pickled, "archive/byteorder": b"little"}
        members |= {f"archive/data/{key}": content for key, content in storages.items()}
        members |= {"archive/version": b"3\n"} | more
        for member, content in members.items():
            info = zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0))
            info.extra = struct.pack("<2sH", b"FB", 20) + b"Z" * 20
            archive.writestr(info, content)
    raw = buffer.getvalue()
    start = struct.unpack("<L", raw[-6:-2])[0]
    # torch pads the local headers only: take the extra field out of the directory.
    directory = raw[start:-22]
    entries = b""
    while directory:
        length, extra = struct.unpack("<HH", directory[28:32])
        entries += directory[:30] + b"\0\0" + directory[32 : 46 + length]
        directory = directory[46 + length + extra :]
    end = raw[-22:-10] + struct.pack("<LL", len(entries), start) + b"\0\0"
    return raw[:start] + entries + end


def storage(key: str = "0", count: int = 4, kind: str = "FloatStorage") -> bytes:
    return args(text("storage"), old_name("torch", kind), text(key), text("cpu"), number(count)) + b"Q"


def rebuilt(source: bytes) -> bytes:
    ordered = call(old_name("collections", "OrderedDict"))
    return call(
        old_name("torch._utils", "_rebuild_tensor_v2"),
        source,
        number(0),
        args(number(4)),
        args(number(1)),
        b"\x89",
        ordered,
    )


def state_dict(*parts: bytes) -> bytes:
    return proto(2) + b"}(" + text("weight") + b"".join(parts or (rebuilt(storage()),)) + b"u."


def test_a_state_dict_is_clean() -> None:
    report = scan(torch_zip(state_dict(), {"0": bytes(16)}), "pytorch_model.bin")
    assert report.kind == "torch-zip"
    assert report.verdict is Verdict.CLEAN, [part.reasons for part in report.flat()]


@pytest.mark.parametrize(
    "content",
    [
        torch_zip(EVIL, {}),
        torch_zip(state_dict(), {"0": bytes(15)}),
        torch_zip(state_dict(), {"0": bytes(16), "1": EVIL}),
        torch_zip(state_dict(), {}),
        torch_zip(state_dict(), {"0": bytes(16)}, **{"archive/extra.pkl": EVIL}),
        torch_zip(state_dict(), {"0": bytes(16)}, **{"archive/notes": b"x"}),
        torch_zip(state_dict(), {"0": bytes(16)}, **{"other/data": EVIL}),
        torch_zip(state_dict(rebuilt(storage(kind="TypedStorage"))), {"0": bytes(16)}),
        torch_zip(state_dict(), {"0": bytes(16)}).replace(b"Z" * 20, EVIL[:20].ljust(20, b"Z"), 1),
        torch_zip(state_dict(rebuilt(args(text("module"), old_name("os", "system")) + b"Q")), {"0": bytes(16)}),
    ],
)
def test_torch_files_that_are_not_a_state_dict(content: bytes) -> None:
    assert verdict(content) == "blocked"


def test_torchscript_and_the_old_layout_are_not_called_clean() -> None:
    script = torch_zip(state_dict(), {"0": bytes(16)}, **{"archive/code/x.py": b"import os"})
    assert verdict(script) == "inconclusive"
    magic = proto(2) + b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
    old = magic + proto(2) + b"M\xe9\x03." + proto(2) + b"}." + state_dict() + proto(2) + b"]" + text("0") + b"a."
    assert (scan(old).kind, verdict(old)) == ("torch-legacy", "inconclusive")
    assert verdict(magic + EVIL) == "blocked"


# ONNX -------------------------------------------------------------------------------------------------------------


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def field(number_: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number_ << 3) + varint(content)
    return varint(number_ << 3 | 2) + varint(len(content)) + content


def entry(key: str, value: str) -> bytes:
    return field(1, key.encode()) + field(2, value.encode())


def external(location: str, **more: int) -> bytes:
    pairs = {"location": location} | {key: str(value) for key, value in more.items()}
    return (
        field(1, 4)
        + field(2, 1)
        + b"".join(field(13, entry(key, value)) for key, value in pairs.items())
        + field(14, 1)
    )


def node(operator: str = "Relu", domain: str = "", *attributes: bytes) -> bytes:
    return (
        field(1, b"x")
        + field(2, b"y")
        + field(4, operator.encode())
        + field(7, domain.encode())
        + b"".join(field(5, a) for a in attributes)
    )


def onnx(*graph: bytes, extra: bytes = b"") -> bytes:
    operators = field(8, field(1, b"") + field(2, 17))
    return field(1, 9) + field(2, b"test") + field(7, b"".join(graph) + field(2, b"g")) + operators + extra


def test_onnx_models() -> None:
    weights = field(5, field(1, 4) + field(2, 1) + field(9, bytes(16)))
    report = scan(onnx(field(1, node()), weights), "model.bin")
    assert (report.kind, report.verdict) == ("onnx", "clean"), report.reasons
    assert verdict(onnx(field(1, node("Evil", "com.example")))) == "blocked"
    assert verdict(onnx(field(1, node("Scaler", "ai.onnx.ml")))) == "clean"


SUBGRAPH = field(1, node("If", "", field(6, field(1, node("Evil", "com.example")))))
TENSORS = {
    "initializer": field(5, external("w.bin", offset=4, length=12)),
    "attribute": field(1, node("C", "", field(5, external("w.bin", offset=4, length=12)))),
    "sparse": field(15, field(1, external("w.bin", offset=4, length=12))),
    "subgraph": field(1, node("If", "", field(6, field(5, external("w.bin", offset=4, length=12))))),
}


@pytest.mark.parametrize("where", TENSORS)
def test_external_tensors_are_found_everywhere(where: str) -> None:
    content = onnx(TENSORS[where])
    assert verdict(content) == "inconclusive"
    found = scan(content, "m/model.onnx", siblings={"m/w.bin": 16})
    assert (found.verdict, found.external) == ("clean", ("m/w.bin",))
    assert scan(content, "m/model.onnx", siblings={"m/w.bin": 15}).verdict is Verdict.BLOCKED
    assert scan(content, "m/model.onnx", siblings={"w.bin": 16}).verdict is Verdict.BLOCKED


def test_external_tensors_of_training_graphs_and_functions() -> None:
    training = onnx(extra=field(20, field(1, field(5, external("../w.bin")))))
    function = onnx(extra=field(25, field(7, node("C", "", field(5, external("/etc/passwd"))))))
    for content in (training, function):
        assert verdict(content) == "blocked"


@pytest.mark.parametrize("location", ["../w", "/w", "a/../../w", "a\\w", "http://e/w", "", "./w", "C:w"])
def test_external_locations_that_leave(location: str) -> None:
    assert verdict(onnx(field(5, external(location))), siblings={"w": 99}) == "blocked"


def test_onnx_subgraphs_unknown_fields_and_duplicates() -> None:
    assert verdict(onnx(SUBGRAPH)) == "blocked"
    assert verdict(onnx(field(99, b"x"))) == "inconclusive"
    assert verdict(onnx(field(1, node() + field(4, b"Second")))) == "inconclusive"
    deep = node()
    for _level in range(80):
        deep = node("If", "", field(6, field(1, deep)))
    assert verdict(onnx(field(1, deep))) == "blocked"
    assert verdict(onnx(field(1, node()))[:-1]) != "clean"


# Identification ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"\x7fELF\x02\x01\x01", "elf"),
        (b"MZ\x90\0\x03", "pe"),
        (b"MZ,code\n1,2\n", "text"),
        (b"#!/bin/sh\nrm -rf /\n", "shell-script"),
        (b"#!/usr/bin/env python3\nprint()\n", "python-script"),
        (b"x^2 + 1\n", "text"),
        (b"BZhang,1\n", "text"),
        (b"customer,age\nN.\n", "text"),
        (b"cat\nfoo\nbar\n", "text"),
        (b'{"a": 1}', "json"),
        (b"\xff\xfe" + "text".encode("utf-16-le"), "text"),
        (b'{"learner":{},"version":[2,0,0]}', "xgboost"),
        (b"tree\nversion=v4\nend of trees\n", "lightgbm"),
        (b"GGUF\x03\0\0\0", "gguf"),
        (b"\x89HDF\r\n\x1a\n", "hdf5"),
        (b"PAR1abcPAR1", "parquet"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\x00\x01\x02\x03", "unknown"),
        (b"cos\nsystem\n(S'id'\ntR.", "pickle"),
        (b"cos\nsystem\n(S'id'\ntR garbage follows\n", "pickle"),
        (b"(lp0\nI1\na.", "text"),
        (b"\xa7\r\r\n", "unknown"),
        (b"\xa7\r\r\n\0\0\0\0", "python-bytecode"),
    ],
)
def test_identify(content: bytes, kind: str) -> None:
    assert identify(content) == kind


def test_programs_and_unanalysed_formats_are_not_clean() -> None:
    assert verdict(b"\x7fELF\x02\x01\x01") == "blocked"
    for content in (b"GGUF\x03\0\0\0", b"\x89HDF\r\n\x1a\n", b"7z\xbc\xaf\x27\x1c", b"\x00\x01\x02\x03"):
        assert verdict(content) == "inconclusive"


@pytest.mark.parametrize(
    ("path", "kind", "lies"),
    [
        ("model.safetensors", "pickle", True),
        ("model.safetensors", "safetensors", False),
        ("MODEL.SAFETENSORS", "text", True),
        ("table.csv", "pickle", True),
        ("table.csv", "text", False),
        ("model.bin", "pickle", False),
        ("noextension", "pickle", False),
        ("a.b/model", "pickle", False),
        ("model.pkl", "safetensors", True),
        ("photo.png", "zip", True),
    ],
)
def test_names_that_promise_something_else(path: str, kind: str, lies: bool) -> None:
    assert (contradiction(path, kind) is not None) is lies


def test_a_pickle_head_on_anything_is_a_pickle() -> None:
    head = proto(4) + call(name("posix", "system"), text("id")) + b"."
    for tail in (PLAIN, npy(ARRAYS["floats"]), b"\x89PNG\r\n\x1a\n", data(b"x")):
        report = scan(head + tail)
        assert report.kind == "pickle"
        assert report.verdict is Verdict.BLOCKED


def test_a_zip_tail_on_a_clean_file_is_blocked() -> None:
    for honest in (safetensors(), npy(ARRAYS["floats"]), pickle.dumps([1])):
        assert verdict(honest + PLAIN) == "blocked"


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x1f\x8b\x08", b"GGUF", b"\x80\x04", b"\x08\x09\x3a"]),
)
def test_no_bytes_crash_the_scan(content: bytes, head: bytes) -> None:
    report = scan(head + content)
    assert report.verdict in Verdict
    json.dumps(report.facts())
