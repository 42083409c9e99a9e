"""`artefacts.present`: pointers, prose, cut files, absent shards and names that lead nowhere are no model."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.canonical import canonical_bytes
from govern.checks.artefacts.present import CHECKS
from govern.checks.artefacts.shards import shard_remarks
from govern.checks.context import CheckContext
from govern.decision.run import evaluate_safely
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import MODEL_FILE, BundleBuilder, safetensors, sha256
from support.folders import folder, sample
from support.hostile_bytes import archive, lying_safetensors, short_safetensors
from support.policies import parameters

(KIND,) = CHECKS
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"5f" * 32 + b"\nsize 639120785\n"
INDEX = "model.safetensors.index.json"
ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
NAMED = {"name": "credit-risk", "version": "1"}


def judge_folder(root: Path, identity: Mapping[str, str] = NAMED, **values: Any) -> CheckResult:
    bundle = open_bundle(root, **identity)
    context = CheckContext(bundle=bundle, stage="pre-registration")
    result = evaluate_safely(KIND.spec.kind, KIND, parameters(KIND.spec, values), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
        assert finding.remediation
    return result


def judge(builder: BundleBuilder, **values: Any) -> CheckResult:
    return judge_folder(builder.build(), {}, **values)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def words(result: CheckResult) -> str:
    return "\n".join(finding.detail for finding in result.findings)


def tensors(shapes: Mapping[str, int]) -> bytes:
    """A safetensors file of U8 tensors of the given sizes."""
    header, position = {}, 0
    for name, size in shapes.items():
        header[name] = {"dtype": "U8", "shape": [size], "data_offsets": [position, position + size]}
        position += size
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + b"\1" * position


# --- one file


def test_the_sound_bundle_passes(tmp_path):
    result = judge(BundleBuilder(tmp_path))
    assert result.outcome is Outcome.PASS
    assert result.findings == ()
    assert [item.file for item in result.evidence] == [MODEL_FILE]


def test_a_pointer_is_no_weights_and_its_oid_is_a_claim(tmp_path):
    result = judge(BundleBuilder(tmp_path).file(MODEL_FILE, POINTER))
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["S220", "S219"]
    assert f"{MODEL_FILE}: git-lfs pointer, weights absent" in words(result)
    assert "git lfs pull" in str(result.findings[0].remediation)
    facts: Any = result.facts
    assert facts["lfs_pointers"] == [{"path": MODEL_FILE, "oid_claim": "5f" * 32, "size_claim": 639120785}]
    assert [item.digest for item in result.evidence] != ["5f" * 32]


def test_a_tolerated_pointer_passes_only_beside_a_model(tmp_path):
    """`warn` tolerates a pointer; it does not make one into weights."""
    alone = judge(BundleBuilder(tmp_path).file(MODEL_FILE, POINTER), lfs_pointers="warn")
    assert (alone.outcome, codes(alone)) == (Outcome.MISSING_EVIDENCE, ["S219", "S220"])
    beside = judge(BundleBuilder(tmp_path).file("tokenizer.json", POINTER), lfs_pointers="warn")
    assert (beside.outcome, codes(beside)) == (Outcome.PASS, ["S220"])


def test_a_pointer_anywhere_is_told(tmp_path):
    """18 of 34 real repositories had some, `tokenizer.json` among them."""
    result = judge(BundleBuilder(tmp_path).file("tokenizer.json", POINTER))
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["S220"])
    assert "its content is absent" in words(result)


@pytest.mark.parametrize(
    ("path", "data", "code", "outcome"),
    [
        (MODEL_FILE, b"", "S221", Outcome.FAIL),
        (MODEL_FILE, tensors({}), "S221", Outcome.FAIL),
        (MODEL_FILE, b"<html>404</html>", "S222", Outcome.FAIL),
        ("model/m.bin", b"<html>404</html>", "S222", Outcome.FAIL),
        ("model/m.bin", b'{"error": "gated"}', "S222", Outcome.FAIL),
        ("model/m.bin", archive({"a/readme.txt": b"no model"}), "S222", Outcome.FAIL),
        (MODEL_FILE, b"\x80\x04N.", "S222", Outcome.FAIL),
        (MODEL_FILE, bytes(range(200)), "S222", Outcome.FAIL),
        (MODEL_FILE, lying_safetensors(), "S223", Outcome.FAIL),
        (MODEL_FILE, short_safetensors(), "S223", Outcome.FAIL),
        (MODEL_FILE, safetensors()[:-1], "S223", Outcome.FAIL),
        ("model/m.pkl", b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x05abc", "S223", Outcome.FAIL),
        ("model/m.zip", archive({"w.npy": b"x" * 50})[:-5], "S223", Outcome.FAIL),
        ("model/m.bin", b"\x00\x01\x02\xff" * 20, "S223", Outcome.INCONCLUSIVE),
        ("model/m.gguf", b"GGUF\x03\0\0\0", "S223", Outcome.INCONCLUSIVE),
    ],
)
def test_what_only_has_the_name_of_a_model_is_none(tmp_path, path, data, code, outcome):
    builder = BundleBuilder(tmp_path).remove(MODEL_FILE).file(path, data)
    result = judge(builder.record(artefacts=[{"path": path, "role": "weights"}]))
    assert (result.outcome, codes(result)) == (outcome, [code]), words(result)
    assert result.findings[0].location is not None
    assert result.findings[0].location.file == path


def test_lying_lengths_are_told_with_both_numbers(tmp_path):
    result = judge(BundleBuilder(tmp_path).file(MODEL_FILE, lying_safetensors()))
    assert str(1 << 62) in words(result)


@pytest.mark.parametrize(("least", "outcome"), [(len(safetensors()), "pass"), (len(safetensors()) + 1, "fail")])
def test_the_least_size_at_its_boundary(tmp_path, least, outcome):
    result = judge(BundleBuilder(tmp_path), min_bytes=least)
    assert result.outcome.value == outcome
    assert codes(result) == ([] if outcome == "pass" else ["S221"])


def test_settings_and_code_need_not_be_weights(tmp_path):
    artefacts = [
        {"path": MODEL_FILE, "role": "weights"},
        {"path": "config.json", "role": "config"},
        {"path": "net.py", "role": "code"},
    ]
    builder = BundleBuilder(tmp_path).file("config.json", "{}").file("net.py", "x = 1\n").record(artefacts=artefacts)
    assert judge(builder).outcome is Outcome.PASS


def test_without_a_model_nothing_passes(tmp_path):
    result = judge(BundleBuilder(tmp_path).remove(MODEL_FILE).record(artefacts=None))
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["S219"])


def test_files_have_no_age(tmp_path):
    result = judge(BundleBuilder(tmp_path), max_age="30d")
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["S218"])


# --- shards


def shards(**changes: Any) -> dict[str, str | bytes]:
    """A sound model in two files, with what a test wants otherwise; None takes a file away."""
    made: dict[str, Any] = {
        ONE: tensors({"a": 8, "b": 4}),
        TWO: tensors({"c": 16}),
        INDEX: index({"a": ONE, "b": ONE, "c": TWO}),
    }
    names = {"one": ONE, "two": TWO, "index": INDEX}
    made |= {names.get(key, key): value for key, value in changes.items()}
    return {path: data for path, data in made.items() if data is not None}


def index(weight_map: object, total: object = 28) -> str:
    metadata = {} if total is None else {"total_size": total}
    return json.dumps({"metadata": metadata, "weight_map": weight_map}, indent=2)


def test_a_model_in_two_files_passes(tmp_path):
    result = judge_folder(folder(tmp_path, shards()))
    assert result.outcome is Outcome.PASS, words(result)
    assert {item.file for item in result.evidence} == {ONE, TWO, INDEX}


def test_a_missing_shard_is_named_with_the_line_that_asks_for_it(tmp_path):
    result = judge_folder(folder(tmp_path, shards(two=None)))
    assert result.outcome is Outcome.FAIL
    finding = result.findings[0]
    assert finding.code == "S224"
    assert f"the shard {TWO} is not in the bundle; {INDEX} maps 1 tensor to it" in finding.detail
    assert finding.location is not None
    assert (finding.location.file, finding.location.line, finding.location.pointer) == (INDEX, 8, "/weight_map/c")


def test_a_shard_that_is_a_pointer_is_missing(tmp_path):
    result = judge_folder(folder(tmp_path, shards(two=POINTER)))
    assert result.outcome is Outcome.FAIL
    assert sorted(codes(result)) == ["S220", "S224"]
    assert f"{INDEX} maps 1 tensor to it" in words(result)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"index": index({"a": ONE, "b": ONE, "c": TWO, "d": TWO})}, "'d' is mapped to it and is not in it"),
        ({"index": index({"a": ONE, "c": TWO})}, "'b' is in it and not in the index"),
        ({"two": tensors({"c": 16, "a": 8})}, "'a' is in it and in another shard too"),
        ({"index": index({"a": ONE, "b": TWO, "c": TWO})}, "'b' is in it and is mapped to another shard"),
        ({"index": index({"a": ONE, "b": ONE, "c": TWO}, 29)}, "total_size is 29, the tensors of its shards have 28"),
    ],
)
def test_index_and_shards_must_agree(tmp_path, changes, text):
    result = judge_folder(folder(tmp_path, shards(**changes)))
    assert result.outcome is Outcome.FAIL
    assert set(codes(result)) == {"S225"}
    assert text in words(result)


@pytest.mark.parametrize("path", ["../up.safetensors", "/etc/passwd", "C:\\w.safetensors", "https://example.com/w"])
def test_a_shard_outside_the_folder_is_named_and_never_opened(tmp_path, path):
    result = judge_folder(folder(tmp_path, shards(index=index({"a": ONE, "b": ONE, "c": path}), two=None)))
    assert result.outcome is Outcome.FAIL
    assert "B110" in codes(result)
    assert f"'{path}'" in words(result)


def test_a_shard_may_not_lie_beside_the_indexs_folder(tmp_path):
    """Inside the bundle is not enough: a loader reads from the index's own folder."""
    files = {f"m/{path}": data for path, data in shards(index=index({"a": ONE, "b": ONE, "c": f"../{TWO}"})).items()}
    files[TWO] = files.pop(f"m/{TWO}")
    assert "B110" in codes(judge_folder(folder(tmp_path, files)))


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("{", Outcome.ERROR),
        ("[]", Outcome.ERROR),
        ("{}", Outcome.ERROR),
        (index({}), Outcome.ERROR),
        (index([ONE]), Outcome.ERROR),
        (index({"a": ONE, "b": 7}), Outcome.ERROR),
        ('{"weight_map": {"a": "x", "a": "y"}}', Outcome.ERROR),
        (index({"a": ONE, "b": ONE, "c": TWO}, "28"), Outcome.ERROR),
        (index({"a": ONE, "b": ONE, "c": TWO}, True), Outcome.ERROR),
        (index({"a": ONE, "b": ONE, "c": TWO}, None), Outcome.INCONCLUSIVE),
        ('{"weight_map": {"a": NaN}}', Outcome.ERROR),
    ],
)
def test_an_index_that_cannot_be_relied_on_is_no_pass(tmp_path, text, outcome):
    result = judge_folder(folder(tmp_path, shards(index=text)))
    assert result.outcome is outcome, words(result)
    assert {item.location.file for item in result.findings if item.location is not None} == {INDEX}


def test_shards_of_torch_cannot_be_compared(tmp_path):
    """Their tensor names are inside a pickle, which nobody opens."""
    one, two = "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin"
    files: dict[str, str | bytes] = {
        one: b"\x80\x02}q\x00.",
        two: b"\x80\x02}q\x00.",
        "pytorch_model.bin.index.json": index({"a": one, "b": two}, 8),
    }
    result = judge_folder(folder(tmp_path, files))
    assert (result.outcome, set(codes(result))) == (Outcome.INCONCLUSIVE, {"S226"})


def test_numbered_files_say_how_many_there_are(tmp_path):
    """Even where no index asks for the others."""
    result = judge_folder(folder(tmp_path, shards(index=None, two=None)))
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["S224"])
    assert f"says that there are 2 parts; {TWO} not in the bundle" in words(result)
    assert judge_folder(folder(tmp_path / "b", shards(index=None))).outcome is Outcome.PASS
    far = {"w-00001-of-99999.safetensors": tensors({"a": 1})}
    assert "and 99995 more" in words(judge_folder(folder(tmp_path / "c", far)))


def test_shards_are_not_looked_at_when_the_rule_does_not_ask(tmp_path):
    result = judge_folder(folder(tmp_path, shards(two=None)), shards_complete=False)
    assert result.outcome is Outcome.PASS


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_taking_something_out_never_makes_a_pass(tmp_path, data):
    """Of a bad model in shards: any tensor of any header, any entry of the index, `total_size`, any file."""
    headers = {ONE: {"a": 8, "b": 4}, TWO: {"c": 16}}
    maps: dict[str, str] = {"a": ONE, "b": ONE, "c": TWO, "gone": TWO}
    total: int | None = 30
    what = data.draw(st.sampled_from(["tensor", "entry", "total", "file", "nothing"]))
    if what == "tensor":
        path = data.draw(st.sampled_from([ONE, TWO]))
        headers[path].pop(data.draw(st.sampled_from(sorted(headers[path]))))
    elif what == "entry":
        maps.pop(data.draw(st.sampled_from(sorted(maps))))
    elif what == "total":
        total = None
    files: dict[str, str | bytes] = {path: tensors(header) for path, header in headers.items()}
    files[INDEX] = index(maps, total)
    if what == "file":
        files.pop(data.draw(st.sampled_from([ONE, TWO])))
    root = folder(tmp_path, files, name=f"b{data.draw(st.integers(0, 10**9))}")
    assert judge_folder(root).outcome is not Outcome.PASS


# --- references


def test_every_file_that_mlmodel_names_and_nobody_shipped_is_one_finding(tmp_path):
    text = (
        "flavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n"
        "    loader_module: mlflow.sklearn\n    model_path: model.pkl\n"
        "saved_input_example_info: {artifact_path: input_example.json, type: dataframe}\n"
    )
    result = judge(BundleBuilder(tmp_path).file("MLmodel", text))
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["B117"] * 4
    for name, line in (("conda.yaml", 3), ("python_env.yaml", 3), ("model.pkl", 5), ("input_example.json", 6)):
        (finding,) = [item for item in result.findings if f"'{name}'" in item.detail]
        assert finding.location is not None
        assert (finding.location.file, finding.location.line) == ("MLmodel", line)


def test_a_path_out_of_the_bundle_is_told_as_written(tmp_path):
    text = "flavors:\n  python_function:\n    model_path: ../../../../etc/passwd\n    env: /etc/hostname\n"
    result = judge(BundleBuilder(tmp_path).file("MLmodel", text))
    assert result.outcome is Outcome.FAIL
    assert codes(result) == ["B110", "B110"]
    assert "flavors/python_function/model_path names '../../../../etc/passwd'" in words(result)
    assert "flavors/python_function/env names '/etc/hostname'" in words(result)


def test_the_sample_names_a_card_that_nobody_wrote(tmp_path):
    result = judge_folder(sample(tmp_path, "mlflow/model_saved"))
    assert result.outcome is Outcome.FAIL
    (finding,) = result.findings
    assert finding.location is not None
    assert (finding.code, finding.location.line) == ("B117", 18)
    assert judge_folder(tmp_path / "bundle", references_exist=False).outcome is Outcome.PASS


def test_the_logged_model_of_the_sample_is_whole(tmp_path):
    result = judge_folder(sample(tmp_path, "mlflow/mlruns"), {})
    assert (result.outcome, words(result)) == (Outcome.PASS, "")


def test_an_mlmodel_that_cannot_be_read_is_an_error(tmp_path):
    result = judge(BundleBuilder(tmp_path).file("deep/MLmodel", "- a\n"))
    assert (result.outcome, codes(result)) == (Outcome.ERROR, ["B121"])


def test_a_declared_file_that_is_absent_is_told_with_the_line_of_the_record(tmp_path):
    artefacts = [{"path": MODEL_FILE, "role": "weights"}, {"path": "gone/", "role": "tokenizer"}]
    builder = BundleBuilder(tmp_path).record(artefacts=artefacts, cards=["README.md", "docs/lost.md"])
    result = judge(builder)
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["B117", "B117"])
    assert "'gone/' (spec.artefacts[1].path)" in words(result)
    assert "'docs/lost.md' (spec.cards[1])" in words(result)
    assert all(item.location is not None and item.location.line is not None for item in result.findings)


def test_a_declared_artefact_is_evidence_even_where_references_are_not_asked_for(tmp_path):
    artefacts = [{"path": MODEL_FILE, "role": "weights"}, {"path": "gone.bin", "role": "weights"}]
    result = judge(BundleBuilder(tmp_path).record(artefacts=artefacts), references_exist=False)
    assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["S213"])


def test_hostile_names_stay_text(tmp_path):
    text = 'flavors:\n  a:\n    model_path: "x\\e]0;owned\\a::error::\\n##[x]"\n'
    result = judge(BundleBuilder(tmp_path).file("MLmodel", text))
    assert result.outcome is Outcome.FAIL
    assert "\x1b" not in words(result)


def field(number: int, content: bytes | int) -> bytes:
    """A protobuf field; numbers and lengths below 128."""
    if isinstance(content, int):
        return bytes([number << 3, content])
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def onnx_with_tensors_in(location: str) -> bytes:
    entry = field(1, b"location") + field(2, location.encode())
    tensor = field(1, 4) + field(2, 1) + field(13, entry) + field(14, 1)
    return field(1, 9) + field(7, field(5, tensor) + field(2, b"g")) + field(8, field(1, b"") + field(2, 17))


@pytest.mark.parametrize(
    ("location", "outcome"), [("w.dat", "pass"), ("lost.dat", "fail"), ("../w.dat", "fail"), ("/etc/passwd", "fail")]
)
def test_tensors_that_an_onnx_model_keeps_elsewhere_must_be_there(tmp_path, location, outcome):
    files: dict[str, str | bytes] = {"m/model.onnx": onnx_with_tensors_in(location), "m/w.dat": b"\0" * 16}
    result = judge_folder(folder(tmp_path, files))
    assert result.outcome.value == outcome, words(result)
    assert codes(result) == ([] if outcome == "pass" else ["S311"])


GOOD_INDEX = index({"a": ONE, "b": ONE, "c": TWO}).encode()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD_INDEX) - 1), st.binary(max_size=3), st.integers(0, 6))
def test_no_mutation_of_an_index_crashes(tmp_path, place, put, cut):
    data = GOOD_INDEX[:place] + put + GOOD_INDEX[place + cut :]
    root = folder(tmp_path, shards(index=data))
    bundle = open_bundle(root, **NAMED)
    remarks = list(shard_remarks(bundle))
    assert all(remark.text and remark.remediation for remark in remarks)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=120), st.integers(0, 40))
def test_no_bytes_of_a_shard_crash(tmp_path, data, keep):
    sound = tensors({"c": 16})
    root = folder(tmp_path, shards(two=sound[:keep] + data))
    bundle = open_bundle(root, **NAMED)
    assert len(list(shard_remarks(bundle))) >= (0 if sound[:keep] + data == sound else 1)


# --- bills of materials


def bill(digest: str, kind: str = "machine-learning-model") -> str:
    component = {"type": kind, "name": "credit\x1b[31m", "hashes": [{"alg": "SHA-256", "content": digest}]}
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]}, indent=1)


def test_a_bill_that_cites_another_model_s_digest_fails(tmp_path):
    """A copied bill of materials reads well and speaks of other bytes."""
    builder = BundleBuilder(tmp_path)
    own = sha256(builder.content(MODEL_FILE))
    assert judge(builder.file("bom.json", bill(own))).outcome is Outcome.PASS
    result = judge(builder.file("bom.json", bill(sha256(b""))))
    assert (result.outcome, codes(result)) == (Outcome.FAIL, ["E187"])
    assert result.findings[0].location.line == 8
    assert "\x1b" not in words(result)
    assert judge(builder, references_exist=False).outcome is Outcome.PASS


def test_data_of_a_bill_may_lie_elsewhere(tmp_path):
    result = judge(BundleBuilder(tmp_path).file("bom.json", bill(sha256(b"loans"), "data")))
    assert (result.outcome, codes(result)) == (Outcome.PASS, ["E187"])


def test_another_tool_s_damaged_file_is_no_matter_of_the_model_files(tmp_path):
    builder = BundleBuilder(tmp_path).file("evidence/gx.json", b'{"expectation_config": [')
    assert judge(builder).outcome is Outcome.PASS
