"""`artefacts.formats` and `artefacts.pickle`: which files are judged, and what each content comes to."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest

from govern.canonical import canonical_bytes
from govern.checks.artefacts.formats import CHECKS, artefacts_root
from govern.checks.context import CheckContext
from govern.decision.run import evaluate_safely
from govern.diagnostics.catalogue import lookup
from govern.policy.outcomes import CheckResult, Outcome
from support.bundles import MODEL_FILE, BundleBuilder, safetensors
from support.pickle_programs import BUILD, call, mapping, marker_command, name, new, old_name, program, proto, text
from support.policies import parameters

KINDS = {check.spec.kind: check for check in CHECKS}
HONEST = program(new(name("sklearn.preprocessing._data", "StandardScaler")), mapping(with_mean=b"\x88"), BUILD)
CUSTOM = proto(2) + old_name("pre_processor", "PreProcessor") + b")\x81."


def judge(kind: str, builder: BundleBuilder, **values: Any) -> CheckResult:
    check = KINDS[f"artefacts.{kind}"]
    context = CheckContext(bundle=builder.open(), stage="pre-registration")
    result = evaluate_safely(check.spec.kind, check, parameters(check.spec, values), context)
    canonical_bytes(result.facts)
    for finding in result.findings:
        lookup(finding.code)
        assert finding.location is None or finding.location.file in builder.open().files or finding.code == "S213"
    return result


def with_file(tmp_path: Path, path: str, content: bytes | str) -> BundleBuilder:
    return BundleBuilder(tmp_path).file(path, content)


def codes(result: CheckResult) -> list[str]:
    return [finding.code for finding in result.findings]


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for member, content in members.items():
            archive.writestr(zipfile.ZipInfo(member, (1980, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


# Formats ----------------------------------------------------------------------------------------------------------


def test_the_sound_bundle_passes(tmp_path: Path) -> None:
    result = judge("formats", BundleBuilder(tmp_path))
    assert result.outcome is Outcome.PASS
    assert [ref.file for ref in result.evidence] == [MODEL_FILE]
    assert all(ref.bound for ref in result.evidence)


@pytest.mark.parametrize(
    ("path", "content", "found"),
    [
        ("other.pkl", HONEST, ["S302"]),
        ("other.dat", HONEST, ["S302"]),
        ("deep/er/model", gzip.compress(HONEST, mtime=0), ["S302"]),
        ("bundle.zip", zipped({"a/model.pkl": HONEST}), ["S302"]),
        ("x.safetensors", safetensors() + b"\0", ["S304"]),
        ("x.safetensors", HONEST, ["S303", "S302"]),
        ("x.csv", HONEST, ["S303", "S302"]),
        ("x.safetensors", "version https://git-lfs.github.com/spec/v1\n", ["S303"]),
        ("lib.so", b"\x7fELF\x02\x01\x01", ["S302", "S306"]),
        ("run", "#!/bin/sh\nid\n", ["S302", "S306"]),
        ("blob.bin", b"\0\1\2\3", ["S301"]),
        ("x.zip", zipped({"../up": b"x"}), ["S307"]),
    ],
)
def test_one_file_that_fails(tmp_path: Path, path: str, content: bytes | str, found: list[str]) -> None:
    result = judge("formats", with_file(tmp_path, path, content))
    assert result.outcome is Outcome.FAIL
    assert codes(result) == found
    assert all(finding.location is not None and finding.location.file == path for finding in result.findings)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("notes.txt", "text\n"),
        ("data.csv", "a,b\n1,2\n"),
        ("conf.yaml", "a: 1\n"),
        ("code/train.py", "#!/usr/bin/env python\nimport os\n"),
        ("figure.png", b"\x89PNG\r\n\x1a\n"),
        ("table.parquet", b"PAR1xPAR1"),
        ("second.safetensors", safetensors()),
        ("data.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)),
        ("docs.zip", zipped({"README.md": b"# hello\n"})),
    ],
)
def test_files_that_are_no_model_artefacts_are_passed_over(tmp_path: Path, path: str, content: bytes | str) -> None:
    assert judge("formats", with_file(tmp_path, path, content)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("setting", "outcome"), [("record", "pass"), ("inconclusive", "inconclusive"), ("block", "fail")]
)
def test_unknown_content_comes_to_what_the_policy_says(tmp_path: Path, setting: str, outcome: str) -> None:
    result = judge("formats", with_file(tmp_path, "blob.bin", b"\0\1\2\3"), unknown_file=setting)
    assert result.outcome == outcome
    assert codes(result) == ["S301"]


def test_formats_that_are_recognised_and_not_analysed_are_open(tmp_path: Path) -> None:
    result = judge("formats", with_file(tmp_path, "model.gguf", b"GGUF\x03\0\0\0"))
    assert (result.outcome, codes(result)) == (Outcome.INCONCLUSIVE, ["S309"])


def test_a_pickle_can_be_allowed_as_a_format_and_is_then_the_other_kind_s_business(tmp_path: Path) -> None:
    builder = with_file(tmp_path, "other.pkl", CUSTOM)
    allowed = ["safetensors", "pickle"]
    assert judge("formats", builder, allowed=allowed).outcome is Outcome.PASS
    trailing = with_file(tmp_path, "other.pkl", CUSTOM + b"x")
    assert judge("formats", trailing, allowed=allowed).outcome is Outcome.FAIL


def test_a_weights_file_must_be_a_model(tmp_path: Path) -> None:
    for content in ("text\n", "{}\n", ""):
        result = judge("formats", with_file(tmp_path, MODEL_FILE, content))
        assert result.outcome is Outcome.FAIL
    builder = BundleBuilder(tmp_path).file("conf/config.json", "{}\n")
    builder.record(artefacts=[{"path": MODEL_FILE, "role": "weights"}, {"path": "conf", "role": "config"}])
    assert judge("formats", builder).outcome is Outcome.PASS


def test_expansion_and_depth(tmp_path: Path) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.csv", b"0,0\n" * (1 << 19))
    builder = with_file(tmp_path, "data.zip", bomb.getvalue())
    assert judge("formats", builder, max_expansion=10).outcome is Outcome.FAIL
    assert judge("formats", builder, max_expansion=10000).outcome is Outcome.PASS
    nested = zipped({"b.zip": zipped({"c.zip": zipped({"d.txt": b"x"})})})
    builder = with_file(tmp_path, "data.zip", nested)
    assert judge("formats", builder, max_depth=2).outcome is Outcome.FAIL
    assert judge("formats", builder, max_depth=3).outcome is Outcome.PASS


def test_absent_artefacts_are_missing_evidence(tmp_path: Path) -> None:
    for kind in ("formats", "pickle"):
        result = judge(kind, BundleBuilder(tmp_path).remove(MODEL_FILE))
        assert (result.outcome, codes(result)) == (Outcome.MISSING_EVIDENCE, ["S213"])
        none = BundleBuilder(tmp_path).remove(MODEL_FILE).record(artefacts=None)
        assert (judge(kind, none).outcome, codes(judge(kind, none))) == (Outcome.MISSING_EVIDENCE, ["S219"])
        assert judge(kind, BundleBuilder(tmp_path), max_age="30d").outcome is Outcome.MISSING_EVIDENCE


# Pickles ----------------------------------------------------------------------------------------------------------


def test_an_honest_pickle_passes_under_its_profile_only(tmp_path: Path) -> None:
    builder = with_file(tmp_path, "model.pkl", HONEST)
    assert judge("pickle", builder).outcome is Outcome.PASS
    assert judge("pickle", builder, profiles=["sklearn"]).outcome is Outcome.PASS
    assert judge("pickle", builder, profiles=["numpy"]).outcome is Outcome.FAIL
    forbidden = judge("pickle", builder, mode="forbid")
    assert (forbidden.outcome, codes(forbidden)) == (Outcome.FAIL, ["S403"])


@pytest.mark.parametrize(
    ("path", "wrap"),
    [
        ("model.pkl", lambda raw: raw),
        ("MODEL.DAT", lambda raw: raw),
        ("notes.txt", lambda raw: raw),
        ("model.joblib", gzip.compress),
        ("bundle.zip", lambda raw: zipped({"deep/model": raw})),
    ],
)
def test_a_malicious_pickle_is_found_wherever_it_lies(tmp_path: Path, path: str, wrap: Any) -> None:
    marker = tmp_path / "marker"
    evil = proto(2) + old_name("posix", "system") + text(f"touch {marker}") + b"\x85R."
    result = judge("pickle", with_file(tmp_path, path, wrap(evil)))
    assert result.outcome is Outcome.FAIL
    assert not marker.exists()
    first = result.findings[0]
    assert first.code == "S401"
    assert first.detail.endswith("critical: names posix.system: it runs commands (byte 2)")
    assert first.observed == "posix.system"


def test_a_pickle_in_a_torch_file_is_named_with_its_member(tmp_path: Path) -> None:
    content = zipped({"archive/data.pkl": program(marker_command("/tmp/never")), "archive/version": b"3\n"})
    result = judge("pickle", with_file(tmp_path, "pytorch_model.bin", content))
    assert result.outcome is Outcome.FAIL
    assert any("pytorch_model.bin!archive/data.pkl: critical: calls posix.system" in f.detail for f in result.findings)
    assert not Path("/tmp/never").exists()


def test_an_unknown_class_is_named_and_whether_its_module_is_shipped(tmp_path: Path) -> None:
    builder = with_file(tmp_path, "python_model.pkl", CUSTOM)
    result = judge("pickle", builder)
    assert result.outcome is Outcome.FAIL
    assert "pre_processor.PreProcessor" in result.findings[0].detail
    assert "no file of the bundle holds its module" in result.findings[0].detail
    builder.file("code/pre_processor.py", "class PreProcessor: ...\n")
    assert "the bundle ships code/pre_processor.py" in judge("pickle", builder).findings[0].detail
    doubted = judge("pickle", builder, unknown_globals="inconclusive")
    assert doubted.outcome is Outcome.INCONCLUSIVE


def test_a_known_danger_is_never_demoted(tmp_path: Path) -> None:
    builder = with_file(tmp_path, "model.pkl", program(marker_command("/tmp/never")))
    assert judge("pickle", builder, unknown_globals="inconclusive").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    "content",
    [b"PK\x05\x06" + bytes(18) + b"x", b"7z\xbc\xaf\x27\x1c", gzip.compress(HONEST, mtime=0)[:-3], b"(\xb5/\xfdxxxx"],
)
def test_containers_that_cannot_be_opened_are_not_passed_over(tmp_path: Path, content: bytes) -> None:
    assert judge("pickle", with_file(tmp_path, "data.bin", content)).outcome is not Outcome.PASS


def test_a_weights_file_nobody_can_read_leaves_the_question_open(tmp_path: Path) -> None:
    for content in (b"\0\1\2", b"text\n", safetensors()[:-1], b"GGUF\x03\0\0\0"):
        result = judge("pickle", with_file(tmp_path, MODEL_FILE, content), mode="forbid")
        assert result.outcome is Outcome.INCONCLUSIVE


def test_the_load_contract_is_in_the_facts(tmp_path: Path) -> None:
    result = judge("pickle", with_file(tmp_path, "model.pkl", HONEST), profiles=["sklearn"])
    assert isinstance(result.facts, dict)
    (file,) = result.facts["files"]  # type: ignore[misc]
    assert file["globals"] == [  # type: ignore[index, call-overload]
        {"module": "sklearn.preprocessing._data", "name": "StandardScaler", "uses": ["build", "new"]}
    ]
    assert [item["name"] for item in result.facts["profiles"]] == ["numpy", "python-data", "scipy", "sklearn"]  # type: ignore[union-attr, index, call-overload]


def test_hostile_names_do_not_break_the_record(tmp_path: Path) -> None:
    content = program(call(name("mod\x1b[31m", "na\u202eme\n"), text("<script>")))
    result = judge("pickle", with_file(tmp_path, "model.pkl", content))
    assert result.outcome is Outcome.FAIL
    json.dumps(result.facts)


def test_the_root_of_expressions(tmp_path: Path) -> None:
    root = artefacts_root(CheckContext(bundle=BundleBuilder(tmp_path).open(), stage="pre-registration"))
    assert root is not None
    size = len(safetensors())
    assert root.value == [{"path": MODEL_FILE, "format": "safetensors", "bytes": size, "verdict": "clean"}]
    bare = BundleBuilder(tmp_path).remove(MODEL_FILE).record(artefacts=None).open()
    assert artefacts_root(CheckContext(bundle=bare, stage="pre-registration")) is None


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("formats", {"allowed": ["safetensor"]}),
        ("formats", {"max_depth": 0}),
        ("pickle", {"profiles": ["skelarn"]}),
        ("pickle", {"mode": "permit"}),
    ],
)
def test_wrong_parameters_are_refused_when_the_policy_is_compiled(kind: str, values: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        parameters(KINDS[f"artefacts.{kind}"].spec, values)


def test_numpy_is_not_needed_for_an_answer(tmp_path: Path) -> None:
    """The verdict is over bytes: the same with every library taken away."""
    content = pickle.dumps({"a": [1, 2]}, protocol=4)
    assert judge("pickle", with_file(tmp_path, "model.pkl", content)).outcome is Outcome.PASS
