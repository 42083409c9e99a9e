"""The sound bundle that all rooms test with is sound."""

from __future__ import annotations

from support.bundles import MODEL_FILE, BundleBuilder, sha256


def test_sound_bundle_opens(tmp_path):
    builder = BundleBuilder(tmp_path)
    bundle = builder.open()
    assert (bundle.name, bundle.version, bundle.layout) == ("credit-risk", "3.1.0", "plain")
    assert bundle.artefacts == (MODEL_FILE,)
    assert bundle.notes == ()
    assert sha256(bundle.manifest) == bundle.digest
    assert bundle.model_digest == sha256(f"{sha256(builder.content(MODEL_FILE))}  {MODEL_FILE}\n".encode())


def test_digests_follow_changes(tmp_path):
    builder = BundleBuilder(tmp_path).file(MODEL_FILE, b"other")
    assert sha256(b"other").encode() in builder.content("lineage.yaml")


def test_weights_header_matches_its_file(tmp_path):
    import json
    import struct

    data = BundleBuilder(tmp_path).content(MODEL_FILE)
    (size,) = struct.unpack_from("<Q", data)
    assert json.loads(data[8 : 8 + size])["coef"]["data_offsets"] == [0, len(data) - 8 - size]
