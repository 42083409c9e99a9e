"""CycloneDX: the digests that a bill of materials cites must be those of files of the bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.diagnostics import InputError
from govern.evidence.tools.cyclonedx import Inventory
from govern.evidence.tools.finding import read_sighting, sightings
from support.bundles import MODEL_FILE, BundleBuilder, safetensors, sha256

SAMPLE = Path(__file__).parent / "samples" / "cyclonedx" / "mlbom-1.6.json"


def read(tmp_path: Path, document: Any, **files: bytes):
    builder = BundleBuilder(tmp_path).file(
        "bom.json", document if isinstance(document, bytes) else json.dumps(document)
    )
    for name, content in files.items():
        builder.file(name, content)
    bundle = builder.open()
    (sighting,) = [item for item in sightings(bundle) if item.path == "bom.json"]
    assert sighting.reader.id == "cyclonedx"
    return read_sighting(bundle, sighting).readout


def bom(*components: dict[str, Any]) -> dict[str, Any]:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": list(components)}


def model(digest: str, **more: Any) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest}]
    return {"type": "machine-learning-model", "name": "credit-risk", "version": "3", "hashes": hashes, **more}


def test_the_sample_cites_the_digest_of_nothing(tmp_path):
    """README: its model hash is the sha256 of the empty string: must not match any real file."""
    readout = read(tmp_path, SAMPLE.read_bytes())
    (component,) = readout.body(Inventory).components
    assert (component.name, component.version, component.files) == ("credit-risk", "3", ())
    assert readout.body(Inventory).strangers == (component,)
    (note,) = readout.notes
    assert (note.code, note.span.line) == ("E187", 2)
    assert "nothing" in note.message


def test_an_empty_file_in_the_bundle_makes_it_no_better(tmp_path):
    (note,) = read(tmp_path, SAMPLE.read_bytes(), **{"__init__.py": b""}).notes
    assert note.code == "E187"


def test_a_digest_of_a_file_matches_in_any_case(tmp_path):
    digest = sha256(safetensors())
    for written in (digest, digest.upper()):
        readout = read(tmp_path, bom(model(written)))
        assert readout.notes == ()
        assert readout.body(Inventory).components[0].files == (MODEL_FILE,)


def test_another_digest_is_told(tmp_path):
    readout = read(tmp_path, bom(model("0" * 64)))
    assert [note.code for note in readout.notes] == ["E187"]


def test_a_librarys_digest_is_that_of_its_archive(tmp_path):
    library = {"type": "library", "name": "numpy", "version": "2.0.0", "hashes": model("0" * 64)["hashes"]}
    assert read(tmp_path, bom(library)).notes == ()


def test_components_inside_components_and_the_subject_count(tmp_path):
    inner = {"type": "application", "name": "service", "components": [model("0" * 64)]}
    assert len(read(tmp_path, bom(inner)).notes) == 1
    subject = {**bom(), "metadata": {"component": model("0" * 64), "timestamp": "2026-11-23T06:40:57+01:00"}}
    readout = read(tmp_path, subject)
    assert len(readout.notes) == 1
    assert readout.produced_at == "2026-11-23T05:40:57Z"


@pytest.mark.parametrize(
    "component",
    [
        {"type": "file"},
        {"name": "x"},
        model("0" * 64, hashes={}),
        model("0" * 64, hashes=[{"alg": "SHA-256"}]),
        model("0" * 64, hashes=[{"alg": "SHA-256", "content": "a"}, {"alg": "SHA-256", "content": "b"}]),
        "text",
    ],
)
def test_what_is_no_component_is_an_error(tmp_path, component):
    with pytest.raises(InputError):
        read(tmp_path, bom(component))


def test_declarations_are_claims_and_change_nothing(tmp_path):
    without = {key: value for key, value in json.loads(SAMPLE.read_text()).items() if key != "declarations"}
    one, two = read(tmp_path, SAMPLE.read_bytes()), read(tmp_path, without)
    assert one.body(Inventory) == two.body(Inventory)
