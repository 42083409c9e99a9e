"""Opening bundles: identity, layout, artefacts, and the way to their bytes."""

from __future__ import annotations

import os
import struct
import sys

import pytest

from govern.bundle import Bundle, open_bundle
from govern.diagnostics import BundleRefusedError, GovernError, InputError, IntegrityError, Severity, UsageError
from support.bundles import MODEL_FILE, BundleBuilder, safetensors, sha256


def refused(error: type[GovernError], open_it) -> list[str]:
    with pytest.raises(error) as caught:
        open_it()
    return [item.code for item in caught.value.diagnostics]


def bare(tmp_path) -> BundleBuilder:
    return BundleBuilder(tmp_path).remove("govern.yaml")


# --- which model


def test_the_record_names_the_model(tmp_path):
    bundle = BundleBuilder(tmp_path).record(version="1.10").open(name="credit-risk", version="1.10")
    assert (bundle.name, bundle.version, bundle.record_file) == ("credit-risk", "1.10", "govern.yaml")
    span = bundle.record_span("metadata", "version")
    assert (span.file, span.line) == ("govern.yaml", 5)


def test_a_caller_that_disagrees_is_refused(tmp_path):
    with pytest.raises(InputError) as caught:
        BundleBuilder(tmp_path).open(name="other", version="9")
    found = caught.value.diagnostics
    assert [item.code for item in found] == ["B113", "B113"]
    assert "'credit-risk'" in found[0].message
    assert "'other'" in found[0].message
    assert found[0].span.line == 4


def test_no_identity_names_three_ways(tmp_path):
    with pytest.raises(UsageError) as caught:
        bare(tmp_path).open()
    (found,) = caught.value.diagnostics
    assert found.code == "B111"
    for way in ("govern.yaml", "--name and --model-version", "folder"):
        assert way in found.hint
    assert caught.value.exit_code == 2
    assert refused(UsageError, bare(tmp_path).file("MLmodel", "flavors: {}\n").open) == ["B111"]
    assert refused(UsageError, lambda: bare(tmp_path).open(name="a")) == ["B111"]
    assert refused(UsageError, lambda: bare(tmp_path).open(name="No", version="1 2")) == ["B111", "B111"]


def test_a_record_of_another_spelling_is_pointed_out(tmp_path):
    with pytest.raises(UsageError, match=r"govern\.yml is not read"):
        bare(tmp_path).file("govern.yml", "x").open()


def test_identity_from_the_caller(tmp_path):
    bundle = bare(tmp_path).file("MLmodel", "flavors: {}\n").open(name="a", version="1.0")
    assert (bundle.name, bundle.version, bundle.layout) == ("a", "1.0", "mlflow")
    assert bundle.record_file is None
    assert bundle.record_span("metadata") is None
    assert bundle.record.facts() == {"name": "a", "version": "1.0"}
    assert bundle.record.spec.owner is None


def test_several_models_are_listed(tmp_path):
    builder = bare(tmp_path).file("m1/MLmodel", "x").file("m2/MLmodel", "x")
    for options in ({}, {"name": "a", "version": "1"}):
        with pytest.raises(UsageError, match="m1, m2") as caught:
            builder.open(**options)
        assert [item.code for item in caught.value.diagnostics] == ["B112"]
    assert BundleBuilder(tmp_path).file("m1/MLmodel", "x").file("m2/MLmodel", "x").open().name == "credit-risk"


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        ({}, "plain"),
        ({"MLmodel": "x", "config.json": '{"model_type": "bert"}'}, "mlflow"),
        ({"config.json": '{"model_type": "bert"}'}, "huggingface"),
        ({"config.json": '{"architectures": []}'}, "huggingface"),
        ({"adapter_config.json": "{}"}, "huggingface"),
        ({"config.json": '{"lr": 1}'}, "plain"),
        ({"config.json": "not json"}, "plain"),
        ({"mlmodel": "x"}, "plain"),
    ],
)
def test_layout(tmp_path, files, layout):
    builder = BundleBuilder(tmp_path)
    for name, text in files.items():
        builder.file(name, text)
    assert builder.open().layout == layout


def test_a_broken_record_is_an_input_error(tmp_path):
    assert refused(InputError, BundleBuilder(tmp_path).file("govern.yaml", "a: [").open) == ["I103"]
    assert refused(InputError, BundleBuilder(tmp_path).record(owner=None).open) == ["B202"]
    assert refused(InputError, BundleBuilder(tmp_path).file("govern.yaml", b"#" * (1024 * 1024 + 1)).open) == ["I102"]


def test_folders_that_may_not_be_opened(tmp_path):
    root = BundleBuilder(tmp_path).build()
    os.mkfifo(root / "pipe")
    (root / "link").symlink_to("/etc/hostname")
    assert refused(BundleRefusedError, lambda: open_bundle(root)) == ["B101", "B102"]
    assert refused(UsageError, lambda: open_bundle(root / "README.md")) == ["B115"]


# --- artefacts and digests


def test_declared_folders_and_absent_files(tmp_path):
    artefacts = [{"path": "model", "role": "weights"}, {"path": "./gone.bin", "role": "config"}]
    bundle = BundleBuilder(tmp_path).file("model/b/x.json", "{}").record(artefacts=artefacts).open()
    assert bundle.artefacts == ("model/b/x.json", MODEL_FILE)
    (note,) = bundle.notes
    assert (note.code, note.severity, note.span.file) == ("B117", Severity.WARNING, "govern.yaml")


@pytest.mark.parametrize(
    ("name", "data", "taken"),
    [
        ("a", b"\x80\x04\x95abc", True),
        ("a", b"\x80\x02cos\n", True),
        ("a.dat", b"PK\x03\x04" + b"\0" * 22 + struct.pack("<HH", 12, 0) + b"archive/data", True),
        ("a.docx", b"PK\x03\x04" + b"\0" * 22 + struct.pack("<HH", 19, 0) + b"[Content_Types].xml", False),
        ("a", safetensors(), True),
        ("a", struct.pack("<Q", 2**62) + b"{}", False),
        ("a.safetensors", b"version https://git-lfs.github.com/spec/v1\n", True),
        ("a.safetensors", b"", True),
        ("a", b"GGUF\x03", True),
        ("a", b"\x89HDF\r\n\x1a\n", True),
        ("a", b"\x1c\0\0\0TFL3", True),
        ("a.PKL", b"cos\nsystem\n.", True),
        ("a.onnx", b"\x08\x09", True),
        ("a.csv", b"y_true,y_pred\n", False),
        ("a.json", b'{"a": 1}', False),
        ("Makefile", b"all:\n", False),
    ],
)
def test_artefacts_by_content_when_none_is_declared(tmp_path, name, data, taken):
    bundle = BundleBuilder(tmp_path).record(artefacts=None).remove(MODEL_FILE).file(name, data).open()
    assert bundle.artefacts == ((name,) if taken else ())
    assert bundle.is_model(bundle.model_digest) == taken
    assert not bundle.is_model("0" * 64)


def test_evidence_changes_the_bundle_digest_and_not_the_model_digest(tmp_path):
    before = BundleBuilder(tmp_path).open()
    after = BundleBuilder(tmp_path).file("evidence/gx.json", "{}").open()
    assert before.digest != after.digest
    assert before.model_digest == after.model_digest
    assert BundleBuilder(tmp_path).file(MODEL_FILE, safetensors((1.0,))).open().model_digest != before.model_digest


def test_tool_folders_are_noted_and_counted(tmp_path):
    bundle = BundleBuilder(tmp_path).file(".git/HEAD", "ref").file("a/.cache/x", "y").open()
    assert [(item.code, item.span.file) for item in bundle.notes] == [("B118", ".cache"), ("B118", ".git")]
    assert ".git/HEAD" in bundle.files


# --- bytes


def test_read_gives_the_bytes_that_were_hashed(tmp_path):
    bundle = BundleBuilder(tmp_path).open()
    data = bundle.read("README.md", limit=100_000)
    assert sha256(data) == bundle.files["README.md"].sha256
    assert refused(InputError, lambda: bundle.read("README.md", limit=len(data) - 1)) == ["I102"]
    assert refused(InputError, lambda: bundle.read("nothing", limit=1)) == ["B117"]
    assert refused(InputError, lambda: bundle.open("../etc/passwd")) == ["B117"]
    with bundle.open("README.md") as file:
        assert file.read() == data


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b"x" * file.stat().st_size),
        lambda file: file.write_bytes(file.read_bytes() + b"x"),
        lambda file: file.write_bytes(b""),
        lambda file: file.unlink(),
        lambda file: (file.unlink(), file.symlink_to("/etc/hostname")),
        lambda file: (file.unlink(), os.mkfifo(file)),
        lambda file: (file.unlink(), file.mkdir()),
    ],
)
def test_changed_files_are_never_read_as_if_they_were_not(tmp_path, spoil):
    bundle = BundleBuilder(tmp_path).open()
    spoil(bundle.root / "metrics.json")
    assert refused(IntegrityError, lambda: bundle.read("metrics.json", limit=1000)) == ["B109"]
    assert refused(IntegrityError, bundle.verify_unchanged) == ["B109"]


def test_verify_unchanged_names_every_file(tmp_path):
    bundle = BundleBuilder(tmp_path).open()
    bundle.verify_unchanged()
    (bundle.root / "metrics.json").write_text("{}")
    (bundle.root / "lineage.yaml").unlink()
    (bundle.root / "new").write_text("")
    with pytest.raises(IntegrityError) as caught:
        bundle.verify_unchanged()
    assert [(item.span.file, item.message.split(" while")[0]) for item in caught.value.diagnostics] == [
        ("lineage.yaml", "the file went away"),
        ("metrics.json", "the file changed"),
        ("new", "the file was added"),
    ]
    assert caught.value.exit_code == 4


def test_nothing_outside_the_bundle_is_opened(tmp_path):
    # The hook cannot be taken away again, so it is switched off after use.
    opened: list[str] = []
    active = True

    def hook(event, arguments):
        if active and event == "open" and isinstance(arguments[0], str):
            opened.append(arguments[0])

    builder = BundleBuilder(tmp_path).record(cards=["README.md"])
    root = builder.build()
    open_bundle(root)  # imports are done
    sys.addaudithook(hook)
    try:
        bundle = open_bundle(root)
        bundle.read("README.md", limit=100_000)
        bundle.verify_unchanged()
    finally:
        active = False
    assert {path for path in opened if os.path.isabs(path)} == {str(root)}


# --- names


def test_find_ignores_case_at_the_root_only(tmp_path):
    bundle = (
        BundleBuilder(tmp_path)
        .remove("README.md")
        .file("Readme.MD", "x")
        .file("docs/README.md", "y")
        .record(cards=None)
        .open()
    )
    assert bundle.find("README.md", "MODEL_CARD.md") == ("Readme.MD",)
    assert bundle.find("nothing") == ()


@pytest.mark.parametrize(
    ("text", "base", "path"),
    [
        ("README.md", "", "README.md"),
        ("./predictions//test.csv", "", "predictions/test.csv"),
        ("test.csv", "predictions", "predictions/test.csv"),
        ("../README.md", "predictions", "README.md"),
        ("predictions/../README.md", "", "README.md"),
        ("readme.md", "", None),
        ("predictions", "", None),
        ("predictions\\test.csv", "", None),
        ("nothing", "", None),
        ("", "", None),
        ("a\0b", "", None),
    ],
)
def test_resolve(tmp_path, text, base, path):
    assert BundleBuilder(tmp_path).open().resolve(text, base=base) == path


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("/etc/passwd", ""),
        ("../x", ""),
        ("a/../../x", ""),
        ("../../x", "predictions"),
        ("C:/x", ""),
        ("c:x", ""),
        ("\\\\host\\x", ""),
        ("file:///x", ""),
        ("file:x", ""),
        ("s3://bucket/x", ""),
        ("~/x", ""),
        ("x/../../bundle/README.md", ""),
    ],
)
def test_resolve_never_leaves(tmp_path, text, base):
    bundle: Bundle = BundleBuilder(tmp_path).open()
    with pytest.raises(InputError) as caught:
        bundle.resolve(text, base=base)
    (found,) = caught.value.diagnostics
    assert found.code == "B110"
    assert text in found.message


# --- roles of declared artefacts


@pytest.mark.parametrize(
    ("declared", "weights"),
    [
        ([("model", "weights")], ("model/a.bin", "model/t/b.bin")),
        ([("model", "weights"), ("model/t", "tokenizer")], ("model/a.bin",)),
        ([("model", "config"), ("model/a.bin", "weights")], ("model/a.bin",)),
        ([("model/a.bin", "config"), ("./model/a.bin", "weights")], ("model/a.bin",)),
        ([("model", "code")], ()),
    ],
)
def test_the_nearer_declaration_gives_the_role(tmp_path, declared, weights):
    """A weights file inside a folder that is declared as something else must not escape the scan."""
    artefacts = [{"path": path, "role": role} for path, role in declared]
    builder = BundleBuilder(tmp_path).remove(MODEL_FILE).file("model/a.bin", b"a").file("model/t/b.bin", b"b")
    assert builder.record(artefacts=artefacts).open().weights == weights
