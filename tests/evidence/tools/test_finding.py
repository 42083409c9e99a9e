"""Finding other tools' files: named by the record, by an envelope, or recognised by what is in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.diagnostics import InputError
from govern.evidence.tools.finding import Selector, read_sighting, selected, sightings
from govern.evidence.tools.quality import DataQuality
from govern.evidence.tools.registry import reader_named, readers, type_names
from support.bundles import VALIDATION, BundleBuilder, expectation, sha256, validation

RESULT = json.dumps(validation())
SCAN = json.dumps({"Performance": {"major": []}})


@pytest.fixture
def plain(tmp_path: Path) -> BundleBuilder:
    """A bundle without any file of another tool."""
    return BundleBuilder(tmp_path).without_tools()


def found(builder: BundleBuilder) -> dict[str, tuple[str, str, str]]:
    return {item.path: (item.reader.id, item.name, item.how) for item in sightings(builder.open())}


def refused(builder: BundleBuilder) -> str:
    bundle = builder.open()
    with pytest.raises(InputError) as fault:
        [read_sighting(bundle, item) for item in sightings(bundle)]
    return str(fault.value.diagnostics[0])


def envelope(builder: BundleBuilder, path: str, **changes: Any) -> BundleBuilder:
    """Add an envelope beside a file, as the sound bundle's is made."""
    sound = json.loads(BundleBuilder(builder.path).content(f"{VALIDATION}.evidence.json"))
    sound["file"] = {"path": path, "sha256": sha256(builder.content(path))}
    return builder.file(f"{path}.evidence.json", json.dumps(sound | changes))


def test_every_reader_has_names_of_its_own_and_says_what_it_gives():
    names = [name for reader in readers() for name in (reader.id, *reader.aliases)]
    assert len(names) == len(set(names))
    assert sorted(names) == list(type_names())
    for reader in readers():
        assert reader_named(reader.id) is reader
        assert reader.gives
        assert reader.markers or reader.syntax != "json"
    assert reader_named("none such") is None


def test_a_file_is_recognised_wherever_it_lies(plain):
    assert found(plain.file("deep/down/any.JSON", RESULT)) == {
        "deep/down/any.JSON": ("great-expectations", "deep/down/any.JSON", "content")
    }


def test_a_store_is_found_in_a_project_and_its_suites_are_not(plain):
    from support.tool_samples import SAMPLES

    root = SAMPLES / "great_expectations/1.24/project"
    for path in root.rglob("*.json"):
        plain.file(path.relative_to(root).as_posix(), path.read_bytes())
    (path,) = found(plain)
    assert path.startswith("gx/uncommitted/validations/train/")


def test_the_record_gives_name_and_type(plain):
    plain.file("gx.json", RESULT).record(evidence={"quality": {"path": "gx.json", "type": "gx"}})
    assert found(plain) == {"gx.json": ("great-expectations", "quality", "record")}


def test_the_record_may_leave_the_type_to_the_content(plain):
    plain.file("gx.json", RESULT).record(evidence={"quality": {"path": "gx.json"}})
    assert found(plain) == {"gx.json": ("great-expectations", "quality", "record")}


def test_a_named_type_wins_over_recognition_and_must_fit(plain):
    plain.file("gx.json", RESULT).record(evidence={"quality": {"path": "gx.json", "type": "deepchecks"}})
    assert "E101" in refused(plain)
    plain.file("gx.json", "{}").record(evidence={"scan": {"path": "gx.json", "type": "giskard"}})
    assert found(plain)["gx.json"] == ("giskard", "scan", "record")


def test_a_name_of_no_reader_is_left_to_others(plain):
    plain.file("gx.json", RESULT).record(evidence={"x": {"path": "gx.json", "type": "metrics"}})
    assert found(plain) == {}


def test_a_named_file_that_is_not_there_is_no_sighting(plain):
    assert found(plain.record(evidence={"x": {"path": "gone.json", "type": "gx"}})) == {}


def test_an_envelope_beside_a_file_gives_its_type(plain):
    envelope(plain.file("scan.json", "{}"), "scan.json", type="giskard")
    assert found(plain) == {"scan.json": ("giskard", "scan.json", "envelope")}


def test_an_envelope_that_the_record_names_counts_too(plain):
    envelope(plain.file("gx.json", RESULT), "gx.json")
    text = plain.content("gx.json.evidence.json")
    plain.remove("gx.json.evidence.json").file("env/e.json", text)
    plain.record(evidence={"q": {"path": "gx.json", "envelope": "env/e.json"}})
    bundle = plain.open()
    (item,) = [item for item in sightings(bundle) if item.path == "gx.json"]
    read = read_sighting(bundle, item)
    assert read.envelope is not None
    assert read.envelope.file == "env/e.json"
    assert read.produced_at == "2026-04-02T08:10:00Z"
    assert read.tool == "great_expectations 1.24.1"


def test_an_envelope_for_other_bytes_is_refused(plain):
    envelope(plain.file("gx.json", RESULT), "gx.json")
    plain.file("gx.json", RESULT + "\n")
    assert "E109" in refused(plain)


def test_artefacts_and_files_without_a_marker_are_not_parsed(plain):
    plain.file("broken.json", '{"x": [').file("big.json", "[" * 5000)
    assert found(plain) == {}


def test_a_damaged_file_that_looks_like_a_result_is_not_passed_over(plain):
    assert "I201" in refused(plain.file("gx.json", RESULT[:-20]))


def test_a_result_cannot_be_left_out_by_not_naming_it(plain):
    bad = json.dumps(validation(expectation(wrong=9)))
    plain.file("good.json", RESULT).file("bad.json", bad)
    plain.record(evidence={"quality": {"path": "good.json", "type": "gx"}})
    assert set(found(plain)) == {"bad.json", "good.json"}


def test_selectors_keep_what_has_their_name_and_path(plain):
    plain.file("a/gx.json", RESULT).file("b/scan.json", SCAN)
    plain.record(evidence={"quality": {"path": "a/gx.json"}})
    every = sightings(plain.open())
    assert [item.path for item in selected(every, DataQuality, Selector())] == ["a/gx.json", "b/scan.json"]
    assert [item.path for item in selected(every, DataQuality, Selector(name="quality"))] == ["a/gx.json"]
    assert [item.path for item in selected(every, DataQuality, Selector(path="b/*"))] == ["b/scan.json"]
    assert selected(every, DataQuality, Selector(name="quality", path="b/*")) == ()
    assert selected(every, int, Selector()) == ()


def test_what_was_read_has_its_digest_and_its_own_time_and_tool(plain):
    bundle = plain.file("gx.json", RESULT).open()
    (item,) = sightings(bundle)
    read = read_sighting(bundle, item)
    assert read.digest == bundle.files["gx.json"].sha256
    assert (read.produced_at, read.tool, read.bound) == ("2026-04-02T08:10:00Z", "great_expectations 1.24.1", False)
