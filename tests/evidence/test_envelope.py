"""Each row of the table of bindings, found where an envelope may lie, and times as old as they can be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.canonical import digest_of, parse_instant
from govern.diagnostics import InputError
from govern.evidence.envelope import Envelope, SpeaksOf, read_envelope
from govern.evidence.instants import oldest_instant
from govern.evidence.located import Located, locate
from support.bundles import NAME, VERSION, BundleBuilder, sha256

ABOUT = "metrics.json"
PATH = "metrics.json.evidence.json"
TRAIN = sha256(b"train")


def document(builder: BundleBuilder, **changes: Any) -> dict[str, Any]:
    """An envelope in which everything is right; None takes a member out."""
    bundle = builder.open()
    made: dict[str, Any] = {
        "apiVersion": "govern/v1",
        "kind": "EvidenceEnvelope",
        "type": "metrics",
        "file": {"path": ABOUT, "sha256": bundle.files[ABOUT].sha256},
        "model": {"name": NAME, "version": VERSION, "digest": {"sha256": bundle.model_digest}},
        "data": [{"name": "train", "role": "train", "digest": {"sha256": TRAIN}, "rows": 48000}],
        "tool": {"name": "evaluate.py", "version": "2"},
        "produced_at": "2026-04-02T10:05:00Z",
        "produced_by": "ci:7",
    }
    made.update(changes)
    return {key: value for key, value in made.items() if value is not None}


def read(
    builder: BundleBuilder,
    *,
    lineage: frozenset[str] | None = frozenset({TRAIN}),
    speaks_of: SpeaksOf = "model and data",
    **changes: Any,
) -> Envelope:
    builder.file(PATH, json.dumps(document(builder, **changes)))
    return read_envelope(builder.open(), PATH, about=ABOUT, lineage=lineage, speaks_of=speaks_of)


def data(*digests: str) -> list[dict[str, Any]]:
    return [{"name": f"d{n}", "role": "evaluate", "digest": {"sha256": item}} for n, item in enumerate(digests)]


@pytest.mark.parametrize(
    ("changes", "lineage", "binding"),
    [
        ({}, frozenset({TRAIN}), ("match", "match", True)),
        ({}, None, ("match", "absent", False)),
        ({}, frozenset({"ab" * 32}), ("match", "mismatch", False)),
        ({"data": data(sha256(b"train"), sha256(b"other"))}, frozenset({TRAIN}), ("match", "mismatch", False)),
        ({"data": []}, frozenset({TRAIN}), ("match", "absent", False)),
        ({"model": None}, frozenset({TRAIN}), ("absent", "match", False)),
        (
            {"model": {"name": NAME, "version": VERSION, "digest": {"sha256": "ab" * 32}}},
            None,
            ("mismatch", "absent", False),
        ),
    ],
)
def test_each_row_of_the_table(
    changes: dict[str, Any], lineage: frozenset[str] | None, binding: tuple[str, str, bool], tmp_path: Path
) -> None:
    found = read(BundleBuilder(tmp_path), lineage=lineage, **changes)
    assert (found.model, found.data, found.bound) == binding


@pytest.mark.parametrize(("key", "value"), [("version", "3.0.0"), ("name", "credit-risk-2")])
def test_a_copied_envelope_of_another_version_is_refused(key: str, value: str, tmp_path: Path) -> None:
    """Same files, another name or version: whoever copied it did not measure this one."""
    builder = BundleBuilder(tmp_path)
    model = document(builder)["model"] | {key: value}
    found = read(builder, model=model)
    assert (found.model, found.bound) == ("mismatch", False)
    refusal = found.refusal("the metrics")
    assert refusal is not None
    assert (refusal.code, refusal.message) == ("E107", "the metrics speak of another model")


def test_data_of_nobody_is_refused_and_named_e150(tmp_path: Path) -> None:
    refusal = read(BundleBuilder(tmp_path), lineage=frozenset({"ab" * 32})).refusal("the metrics")
    assert refusal is not None
    assert (refusal.code, str(refusal.span)) == ("E150", PATH)
    assert read(BundleBuilder(tmp_path), lineage=None).refusal("the metrics") is None, "nothing is known of it"


def test_a_file_of_the_bundle_is_data_that_is_here(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    here = builder.open().files["predictions/test.csv"].sha256
    assert read(builder, lineage=None, data=data(here)).data == "match"


def test_what_speaks_of_data_alone_needs_no_model_and_may_not_name_another(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    alone = read(builder, speaks_of="data", model=None)
    assert (alone.model, alone.data, alone.bound) == ("not_needed", "match", True)
    assert read(builder, speaks_of="data", model=None, lineage=None).bound is False
    other = {"name": NAME, "version": "9", "digest": {"sha256": "ab" * 32}}
    assert read(builder, speaks_of="data", model=other).model == "mismatch"


def test_what_speaks_of_the_model_alone_needs_no_data(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    assert read(builder, speaks_of="model", data=[]).bound is True
    assert read(builder, speaks_of="model", data=[], model=None).bound is False
    assert read(builder, speaks_of="model", lineage=frozenset({"ab" * 32})).data == "mismatch"


def test_the_digest_of_no_files_binds_nothing(tmp_path: Path) -> None:
    """Every bundle without model files has it."""
    builder = BundleBuilder(tmp_path).record(artefacts=None).remove("model/model.safetensors")
    found = read(builder)
    assert (found.model, found.bound) == ("absent", False)


def test_an_envelope_for_other_bytes_is_an_error(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    with pytest.raises(InputError) as caught:
        read(builder, file={"path": ABOUT, "sha256": "ab" * 32})
    assert caught.value.diagnostics[0].code == "E109"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "Envelope"}, "E101"),
        ({"apiVersion": "govern/v2"}, "E101"),
        ({"produced_by": None}, "E102"),
        ({"type": None}, "E102"),
        ({"data": None}, "E102"),
        ({"file": {"path": ABOUT}}, "E102"),
        ({"produced_by": 7}, "E103"),
        ({"type": ["x"]}, "E103"),
        ({"data": {}}, "E103"),
        ({"data": ["x"]}, "E103"),
        ({"data": [{"digest": "x"}]}, "E103"),
        ({"model": "credit-risk"}, "E103"),
        ({"tool": "gx"}, "E103"),
        ({"produced_at": "yesterday"}, "E103"),
        ({"produced_at": "2026-02-30T00:00:00Z"}, "E103"),
    ],
)
def test_another_shape_is_an_error(changes: dict[str, Any], code: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(BundleBuilder(tmp_path), **changes)
    assert caught.value.diagnostics[0].code == code


def test_an_envelope_beside_the_file_is_found_and_the_one_in_the_record_wins(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    builder.file(PATH, json.dumps(document(builder)))
    located = locate(builder.open(), "metrics", ("metrics.json",))
    assert isinstance(located, Located)
    assert located.envelope == PATH
    builder.file("other.json", json.dumps(document(builder)))
    builder.record(evidence={"metrics": {"path": ABOUT, "envelope": "other.json"}})
    located = locate(builder.open(), "metrics", ())
    assert isinstance(located, Located)
    assert located.envelope == "other.json"
    builder.record(evidence={})
    located = locate(builder.open(), "metrics", ("metrics.json",))
    assert isinstance(located, Located)
    assert located.envelope == PATH


def test_adding_evidence_changes_the_bundle_and_not_the_model(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    before = builder.open()
    builder.file(PATH, json.dumps(document(builder)))
    after = builder.open()
    assert after.model_digest == before.model_digest
    assert after.digest != before.digest


def test_content_is_the_canonical_form_whatever_the_spelling(tmp_path: Path) -> None:
    builder = BundleBuilder(tmp_path)
    made = document(builder)
    spelled = builder.file(PATH, json.dumps(dict(reversed(made.items())), indent=7)).open()
    assert read_envelope(spelled, PATH, about=ABOUT).content == digest_of(made)
    assert read(builder, extra=0.5).content is None, "no signed statement can say it"


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-23T06:40:57Z", "2026-11-23T06:40:57Z"),
        ("2026-11-23T06:40:57.999999Z", "2026-11-23T06:40:57Z"),
        ("2026-11-23T06:40:57+02:00", "2026-11-23T04:40:57Z"),
        ("2026-11-23 06:40:57-0530", "2026-11-23T12:10:57Z"),
        ("2026-11-23T06:40:57", "2026-11-22T16:40:57Z"),
        ("2026-11-23T06:40", "2026-11-22T16:40:00Z"),
        ("2026-11-23", "2026-11-22T10:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_as_old_as_it_can_be(text: str, instant: str) -> None:
    assert oldest_instant(text) == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "1700000000",
        "2026-13-01",
        "2026-11-23T25:00:00Z",
        "2026-11-23T06:40:57+24:00",
        "0001-01-01",
        "1970-01-01",
        "2026-11-23T06:40:57ZZ",
        "٢٠٢٦-11-23",
        "2026-W12-1",
        "9999-12-31T23:59:59-01:00",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        oldest_instant(text)


@given(st.datetimes(), st.integers(min_value=-12 * 60, max_value=14 * 60))
def test_no_zone_makes_a_local_time_older(moment: Any, minutes: int) -> None:
    """Whatever zone the tool was in, the instant that is taken is not after the one that was meant."""
    local = moment.replace(microsecond=0).isoformat()
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    try:
        meant = oldest_instant(f"{local}{sign}{size // 60:02}:{size % 60:02}")
        taken = oldest_instant(local)
    except ValueError:
        return  # at the edge of the calendar
    assert parse_instant(taken) <= parse_instant(meant)
