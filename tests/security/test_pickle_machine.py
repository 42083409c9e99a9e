"""The symbolic pickle machine: every opcode, every trap by name, and the recording unpicklers as oracles."""

from __future__ import annotations

import contextlib
import io
import pickle
import pickletools
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.security.artefacts import FileReport, Profiles, Verdict, load_profiles, scan_bytes
from govern.security.artefacts.limits import ScanError, ScanLimits
from govern.security.artefacts.pickle.judge import Judge
from govern.security.artefacts.pickle.machine import Machine
from govern.security.artefacts.pickle.opcodes import HANDLERS
from support.pickle_programs import (
    BUILD,
    EMPTY_DICT,
    EMPTY_LIST,
    EMPTY_TUPLE,
    FALSE,
    NONE,
    STOP,
    TRUE,
    args,
    call,
    data,
    mapping,
    marker_command,
    name,
    new,
    number,
    old_name,
    program,
    proto,
    recorded,
    text,
)

PROFILES = load_profiles(["sklearn", "joblib", "torch-state-dict"])
ORDERED = name("collections", "OrderedDict")


def scan(content: bytes, profiles: Profiles = PROFILES) -> FileReport:
    return scan_bytes("model.pkl", content, profiles)


def codes(report: FileReport) -> set[str]:
    return {reason.code for part in report.flat() for reason in part.reasons}


def test_the_instruction_set_is_that_of_pickletools() -> None:
    assert HANDLERS.keys() == {operation.code.encode("latin-1") for operation in pickletools.opcodes}
    assert len(HANDLERS) == 68


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, -1, 2**40, 2**3000, 1.5, True, False, "text", "é", b"raw", "x" * 5000, b"y" * 70000],
        {"a": (1, 2, 3, 4), "b": {1, 2}, "c": frozenset([3]), "d": [[]], 5: bytearray(b"z" * 10)},
        [[1] * 2000, list(range(3000))],
        complex(1, 2),
        slice(1, 2),
        range(5),
    ],
)
def test_plain_data_of_every_protocol_is_clean(protocol: int, value: Any) -> None:
    content = pickle.dumps(value, protocol=protocol)
    judge = Judge(PROFILES)
    assert Machine(content, judge).run() == len(content)
    assert not judge.reasons
    assert scan(content).verdict is Verdict.CLEAN


def test_shared_and_recursive_values() -> None:
    loop: list[Any] = [1]
    loop.append(loop)
    table: dict[str, Any] = {"self": loop}
    table["table"] = table
    for protocol in range(6):
        assert scan(pickle.dumps(table, protocol=protocol)).verdict is Verdict.CLEAN


# Traps ------------------------------------------------------------------------------------------------------------

NUMPY_ARRAY = (
    name("numpy._core.multiarray", "_reconstruct") + args(name("numpy", "ndarray"), args(number(0)), data(b"b")) + b"R"
)


def dtype(code: str, *state: bytes) -> bytes:
    """numpy.dtype(code, False, True) with a state of its own or the plain one."""
    made = call(name("numpy", "dtype"), text(code), FALSE, TRUE)
    minus = b"J" + struct.pack("<i", -1)
    plain = [number(3), text("<"), NONE, NONE, NONE, minus, minus, number(63 if "O" in code else 0)]
    for index, part in zip(state[0::2], state[1::2], strict=True):
        plain[int(index)] = part
    return made + args(*plain) + BUILD


def array(kind: bytes, shape: bytes, content: bytes) -> bytes:
    return NUMPY_ARRAY + args(number(1), shape, kind, FALSE, content) + BUILD


def wrapper(
    kind: bytes, shape: bytes = args(number(1)), subclass: bytes = name("numpy", "ndarray"), **more: bytes
) -> bytes:
    state = mapping(subclass=subclass, shape=shape, order=text("C"), dtype=kind, allow_mmap=TRUE, **more)
    return new(name("joblib.numpy_pickle", "NumpyArrayWrapper")) + state + BUILD


MALICIOUS = marker_command("/tmp/never")
BLOCKED: dict[str, bytes] = {
    "a command": program(MALICIOUS),
    "by GLOBAL": proto(2) + old_name("os", "system") + args(text("id")) + b"R.",
    "by INST": proto(2) + b"(" + text("id") + b"ios\nsystem\n.",
    "by OBJ": proto(2) + b"(" + old_name("os", "system") + text("id") + b"o.",
    "by NEWOBJ": program(new(name("subprocess", "Popen"), text("id"))),
    "by NEWOBJ_EX": program(name("collections", "OrderedDict"), EMPTY_TUPLE, mapping(a=number(1)), b"\x92"),
    "only looked up": program(name("os", "system")),
    "looked up and dropped": program(name("os", "system"), b"0", NONE),
    "memo_numbering": program(
        ORDERED, b"r\x05\0\0\0", name("posix", "system"), b"\x94", b"0", b"0", b"h\x01", args(text("id")), b"R"
    ),
    "dotted_name": program(call(name("torch", "serialization.os.system"), text("id"))),
    "a computed name": program(text("posix") + call(ORDERED) + b"\x93"),
    "a name from bytes": program(data(b"posix") + data(b"system") + b"\x93"),
    "proto_switch": proto(4) + proto(2) + old_name("__builtin__", "reduce") + EMPTY_TUPLE + b"R.",
    "renamed module": proto(2) + old_name("commands", "getoutput") + args(text("id")) + b"R.",
    "numpy_builtins": program(name("numpy", "mean"), EMPTY_DICT, BUILD),
    "build on a call": program(call(name("builtins", "slice"), NONE, NONE, NONE), EMPTY_DICT, BUILD),
    "higher_order defaultdict": program(
        call(name("collections", "defaultdict"), name("pandas.io.pytables", "HDFStore"))
    ),
    "higher_order reconstructor": program(
        call(name("copyreg", "_reconstructor"), name("sklearn.pipeline", "Pipeline"), name("builtins", "type"), NONE)
    ),
    "higher_order torch": program(
        call(name("torch._tensor", "_rebuild_from_type_v2"), name("os", "system"), NONE, NONE, NONE)
    ),
    "alloc_bomb": program(call(name("builtins", "bytearray"), number(2**36))),
    "codec_name": program(call(name("_codecs", "encode"), text("x"), text("idna"))),
    "list_bomb": program(
        EMPTY_LIST, *(b"\x94" + EMPTY_LIST + b"(h" + bytes([n]) + b"h" + bytes([n]) + b"e" for n in range(40))
    ),
    "memo bomb": program(NONE, b"r\xff\xff\xff\x7f"),
    "ext_opcode": program(b"\x82\x01"),
    "ext_opcode 4": program(b"\x84\x01\0\0\0"),
    "frame_lie short": proto(4) + b"\x95" + struct.pack("<Q", 3) + text("abcdef") + STOP,
    "frame_lie long": proto(4) + b"\x95" + struct.pack("<Q", 500) + text("abcdef") + STOP,
    "frame_lie nested": proto(4) + b"\x95" + struct.pack("<Q", 11) + b"\x95" + struct.pack("<Q", 2) + b"N" + STOP,
    "frame_lie stop": proto(4) + b"\x95" + struct.pack("<Q", 3) + NONE + STOP + NONE,
    "after_stop": program(NONE) + program(MALICIOUS),
    "one byte after STOP": program(NONE) + b"\0",
    "broken_tail": proto(4) + MALICIOUS + b"\xff\xff\xff",
    "trunc": program(MALICIOUS)[:-1],
    "a state of dunder names": program(new(name("sklearn.pipeline", "Pipeline")), mapping(__class__=NONE), BUILD),
    "a slot state": program(new(name("sklearn.pipeline", "Pipeline")), args(NONE, mapping(a=NONE)), BUILD),
    "a value that is no value": program(EMPTY_LIST, name("numpy._core.multiarray", "_reconstruct"), b"a"),
    "items into an object": program(new(name("sklearn.pipeline", "Pipeline")), number(1), b"a"),
    "items into a list": program(EMPTY_LIST, number(0), number(1), b"s"),
    "joblib_sidecar": program(
        new(name("joblib.numpy_pickle_compat", "NDArrayWrapper")), mapping(filename=text("/x")), BUILD
    ),
    "joblib subclass": program(wrapper(dtype("f8"), subclass=name("sklearn.pipeline", "Pipeline"))),
    "joblib in a frame": proto(4)
    + b"\x95"
    + struct.pack("<Q", len(wrapper(dtype("f8"))) + 9)
    + wrapper(dtype("f8"))
    + bytes(8)
    + STOP,
    "joblib raw cut": program(wrapper(dtype("f8"), args(number(100)))),
    "joblib raw read by pickle.load": program(
        # To joblib these are 64 array bytes; to pickle.load they are a command.
        wrapper(dtype("u1"), args(number(64))),
        (b"0" + MALICIOUS).ljust(64, b"\x88")[:64],
    ),
    "joblib_object_dtype": program(wrapper(dtype("O8"))) + program(MALICIOUS),
    "scalar of an unknown call": program(
        call(name("numpy._core.multiarray", "scalar"), call(name("a", "b")), data(b"x"))
    ),
    "a module from __main__": program(new(name("__main__", "Model"))),
    "a wrong torch id": program(args(text("module"), NONE), b"Q"),
    "setstate by hand": program(call(name("builtins", "getattr"), call(ORDERED), text("__class__"))),
}
DOUBTFUL: dict[str, bytes] = {
    "persid": proto(4) + b"Pabc\n.",
    "binpersid": program(text("x"), b"Q"),
    "next_buffer": program(b"\x97", protocol=5),
    "readonly_buffer": program(data(b"x"), b"\x98", protocol=5),
    "dtype_state grows": program(array(dtype("V8", "5", number(99)), args(number(1)), data(bytes(8)))),
    "dtype_state hides objects": program(array(dtype("V8", "7", number(63)), args(number(1)), data(bytes(8)))),
    "dtype sub-array": program(dtype("f8", "2", args(NONE, NONE))),
    "dtype unknown": program(call(name("numpy", "dtype"), text("T16"), FALSE, TRUE)),
    "dtype twice": program(dtype("f8"), args(*[NONE] * 8), BUILD),
    "array of another length": program(array(dtype("f8"), args(number(2)), data(bytes(8)))),
    "array twice": program(array(dtype("f8"), args(number(1)), data(bytes(8))), args(NONE), BUILD),
    "joblib void": program(wrapper(dtype("V8", "5", number(9)))),
    "joblib shape": program(wrapper(dtype("f8"), shape=args(text("9")))),
    "joblib empty elements": program(wrapper(dtype("S0", "5", number(0)))),
    "values left behind": program(NONE, NONE),
}


@pytest.mark.parametrize("case", BLOCKED)
def test_blocked(case: str) -> None:
    report = scan(BLOCKED[case])
    expected = (Verdict.BLOCKED,) if case != "a wrong torch id" else (Verdict.BLOCKED, Verdict.INCONCLUSIVE)
    assert report.verdict in expected, (report.kind, report.reasons)
    assert report.reasons
    assert not Path("/tmp/never").exists()


@pytest.mark.parametrize("case", DOUBTFUL)
def test_undecided(case: str) -> None:
    report = scan(DOUBTFUL[case])
    assert report.verdict is Verdict.INCONCLUSIVE, report.reasons


def test_state_dict_overflow() -> None:
    """Seventy attributes, then the shape again: the last one counts, as in a load."""
    many = {f"k{number}": NONE for number in range(70)}
    state = (
        mapping(subclass=name("numpy", "ndarray"), shape=args(number(1)), dtype=dtype("u1"), **many)
        + b"("
        + text("shape")
        + args(number(9))
        + b"u"
    )
    content = program(new(name("joblib.numpy_pickle", "NumpyArrayWrapper")) + state + BUILD, bytes(9))
    assert scan(content).verdict is Verdict.CLEAN
    assert scan(content.replace(bytes(9), bytes(1))).verdict is Verdict.BLOCKED


def test_a_protocol_above_five_is_not_read() -> None:
    content = b"\x80\x09" + MALICIOUS + STOP
    assert scan(content).verdict is not Verdict.CLEAN


def test_a_pickle_inside_a_value_is_data() -> None:
    assert scan(program(data(BLOCKED["a command"]))).verdict is Verdict.CLEAN


def test_known_danger_is_named_with_its_offset() -> None:
    report = scan(BLOCKED["by GLOBAL"])
    critical = [reason for reason in report.reasons if reason.critical]
    assert {(reason.name, reason.code) for reason in critical} == {("os.system", "S401")}
    assert critical[0].offset == 2
    assert BLOCKED["by GLOBAL"][critical[1].offset or 0 :][:1] == b"R"


def test_what_follows_a_broken_start_is_still_named() -> None:
    assert "S401" in codes(scan(BLOCKED["after_stop"]))
    assert "S401" in codes(scan(BLOCKED["broken_tail"]))
    assert "S401" in codes(scan(BLOCKED["joblib raw read by pickle.load"]))


def test_globals_and_their_uses_are_listed() -> None:
    content = program(
        new(name("sklearn.preprocessing._data", "StandardScaler")), mapping(dtype=name("numpy", "float64")), BUILD
    )
    report = scan(content)
    assert report.verdict is Verdict.CLEAN
    assert [(use.module, use.name, use.uses) for use in report.globals] == [
        ("numpy", "float64", ("value",)),
        ("sklearn.preprocessing._data", "StandardScaler", ("build", "new")),
    ]


def test_profiles_decide_and_nothing_else() -> None:
    content = program(new(name("sklearn.pipeline", "Pipeline")), EMPTY_DICT, BUILD)
    assert scan(content).verdict is Verdict.CLEAN
    assert scan(content, load_profiles(["numpy"])).verdict is Verdict.BLOCKED
    assert scan(content, Profiles(())).verdict is Verdict.BLOCKED


def test_too_many_opcodes_leave_it_undecided() -> None:
    report = scan_bytes(
        "x", program(NONE + b"0" * 1, *[NONE + b"0"] * 500, NONE), PROFILES, ScanLimits(max_opcodes=100)
    )
    assert report.verdict is Verdict.INCONCLUSIVE


def test_cost_is_linear_in_the_bytes() -> None:
    """Counted in steps, not in time: sharing one big tuple among many calls does not walk it again."""
    big = args(*[number(1)] * 5000)
    content = program(big, b"\x940", EMPTY_LIST, *[b"h\0a"] * 5000)
    judge = Judge(PROFILES)
    machine = Machine(content, judge)
    machine.run()
    assert machine.opcodes < len(content)
    assert scan(content).verdict is Verdict.CLEAN


# Oracles ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [*BLOCKED, *DOUBTFUL])
def test_the_machine_sees_what_unpicklers_look_up(case: str) -> None:
    """Whatever either unpickler looks up, the machine has looked up too, in the same order."""
    content = {**BLOCKED, **DOUBTFUL}[case]
    if "joblib" in case or "bomb" in case:
        return  # raw arrays need joblib's own unpickler; bombs are not fed to a real one
    judge = Judge(PROFILES)
    with contextlib.suppress(ScanError):
        Machine(content, judge).run()
    for theirs in recorded(content, content[1] if case != "proto_switch" else 2):
        if theirs is not None and not case.startswith("frame_lie"):
            assert theirs[: len(judge.looked_up)] == judge.looked_up or judge.reasons


_PIECES: list[bytes] = [
    NONE, TRUE, EMPTY_TUPLE, EMPTY_LIST, EMPTY_DICT, b"\x8f", number(7), text("k"), text("posix"), text("system"), data(b"z"),
    name("collections", "OrderedDict"), name("posix", "system"), name("numpy", "float64"), old_name("a", "b"),
    b"(", b"t", b"R", b"\x81", b"\x92", b"b", b"a", b"e", b"s", b"u", b"\x90", b"\x91", b"0", b"1", b"2", b"\x93", b"\x85",
    b"\x86", b"\x87", b"\x94", b"h\0", b"h\x01", b"q\0", b"q\x05", b"r\x02\0\0\0", b"o", b"l", b"d", b"p3\n", b"g3\n", b"Pid\n",
    b"Q", b"icollections\nOrderedDict\n", b"I7\n", b"L7L\n", b"F1.5\n", b"S'k'\n", b"Vk\n", b"U\x01k", b"G" + bytes(8),
    b"\x95" + struct.pack("<Q", 4), b"\x8a\x01\x05", b"K\x01.", b"\x80\x04",
]  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=14), st.sampled_from([3, 4, 5]))
def test_random_programs_agree_with_both_unpicklers(pieces: list[bytes], protocol: int) -> None:
    """A program that a real unpickler runs: the machine looked up exactly the same names, or refuses the program."""
    content = proto(protocol) + b"".join(pieces) + STOP
    judge = Judge(PROFILES)
    refused = False
    try:
        end = Machine(content, judge).run()
    except ScanError:
        refused, end = True, 0
    for theirs in recorded(content, protocol):
        if theirs is None:
            continue
        if not refused:
            assert theirs == judge.looked_up
        else:
            assert scan(content).verdict is not Verdict.CLEAN
    if not refused and end == len(content) and scan(content).verdict is Verdict.CLEAN:
        assert ("posix", "system") not in judge.looked_up


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_random_bytes_never_crash_the_scan(content: bytes) -> None:
    report = scan(content)
    if report.kind in ("pickle", "joblib") and report.verdict is Verdict.CLEAN:
        assert sum(report.spans.values()) == len(content)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=9))
def test_a_clean_pickle_with_bytes_added_at_its_end_is_not_clean(at: int, extra: bytes) -> None:
    content = pickle.dumps({"weights": [1.0] * (at % 50), "name": "x" * (at % 300)}, protocol=4)
    assert scan(content).verdict is Verdict.CLEAN
    assert scan(content + extra).verdict is Verdict.BLOCKED


def test_unpicklers_really_disagree_about_frames() -> None:
    """Why a frame that lies is refused: the two read different bytes."""
    first, second = recorded(BLOCKED["frame_lie short"])
    assert first != second or (first is None and second is None)
    with pytest.raises(Exception):  # noqa: B017 - whichever error the interpreter raises
        pickle._Unpickler(io.BytesIO(BLOCKED["frame_lie short"])).load()  # type: ignore[attr-defined]
