"""MLflow folders: which files are the model, which references lead nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.bundle import open_bundle
from govern.bundle.layout.mlflow import described
from govern.bundle.layout.mlmodel import read_mlmodel
from govern.bundle.manifest import FileEntry
from govern.diagnostics import InputError, Severity
from support.bundles import safetensors
from support.folders import SAMPLES, folder, sample

NAMED = {"name": "credit-risk", "version": "1"}
PICKLE = b"\x80\x04N."


def opened(tmp_path: Path, files: dict[str, str | bytes]) -> Any:
    return open_bundle(folder(tmp_path, files), **NAMED)


def noted(bundle: Any) -> list[tuple[str, int | None]]:
    return [(item.code, item.span.line) for item in bundle.notes]


# --- the sample that mlflow 3.17.2 wrote


def test_a_saved_model_is_the_file_that_its_flavors_name(tmp_path):
    """Environment files and the input example are no part of the model."""
    bundle = open_bundle(sample(tmp_path, "mlflow/model_saved"), **NAMED)
    assert bundle.layout == "mlflow"
    assert bundle.artefacts == bundle.weights == ("model.pkl",)


def test_a_card_that_metadata_names_and_nobody_wrote_is_told_with_its_line(tmp_path):
    bundle = open_bundle(sample(tmp_path, "mlflow/model_saved"), **NAMED)
    (note,) = bundle.notes
    assert (note.code, note.severity, note.span.line) == ("B117", Severity.WARNING, 18)
    assert "metadata/model_card names 'MODEL_CARD.md'" in note.message


def test_the_address_on_the_authors_machine_is_never_followed(tmp_path):
    """`artifact_path` is an absolute `file://` URL since MLflow 3; it is neither a reference nor an identity."""
    artifacts = "mlflow/mlruns/843440872576557513/models/m-bc070ced4c334c648649c243ae7c841c/artifacts"
    bundle = open_bundle(sample(tmp_path, artifacts), **NAMED)
    assert "file:///srv" in (bundle.root / "MLmodel").read_text()
    assert bundle.notes == ()
    (read,) = described(bundle.listing)
    assert [item.text for item in read.model.references if "srv" in item.text] == []
    assert read.model.model_id == "m-bc070ced4c334c648649c243ae7c841c"


def test_every_reference_of_the_sample_has_its_keys_and_line(tmp_path):
    files = {
        path.name: FileEntry(path.name, "0" * 64, path.stat().st_size)
        for path in (SAMPLES / "mlflow/model_saved").iterdir()
    }
    data = (SAMPLES / "mlflow/model_saved/MLmodel").read_bytes()
    read = read_mlmodel(data, file="MLmodel", files=files)
    assert [(item.role, item.pointer, item.text, item.span.line) for item in read.references] == [
        ("environment", "flavors/python_function/env/conda", "conda.yaml", 4),
        ("environment", "flavors/python_function/env/virtualenv", "python_env.yaml", 5),
        ("model", "flavors/python_function/model_path", "model.pkl", 7),
        ("model", "flavors/sklearn/pickled_model", "model.pkl", 12),
        ("card", "metadata/model_card", "MODEL_CARD.md", 18),
        ("example", "saved_input_example_info/artifact_path", "input_example.json", 26),
        ("example", "saved_input_example_info/serving_input_path", "serving_input_example.json", 28),
    ]
    assert read.problems == ()


# --- which files are the model


def test_a_folder_that_a_flavor_names_counts_with_all_its_files(tmp_path):
    """Weights are those with the content or the name of a model; what lies beside them belongs to the model too."""
    flavors = "flavors:\n  pytorch:\n    model_data: data\n    code: code\n"
    bundle = opened(
        tmp_path,
        {
            "MLmodel": flavors,
            "data/model.pth": PICKLE,
            "data/pickle_module_info.txt": "mlflow.pytorch.pickle_module",
            "code/net.py": "x = 1\n",
            "other.pkl": PICKLE,
        },
    )
    assert bundle.artefacts == ("code/net.py", "data/model.pth", "data/pickle_module_info.txt")
    assert bundle.weights == ("data/model.pth",)


def test_artifacts_of_a_pyfunc_are_its_paths_and_not_their_addresses(tmp_path):
    text = (
        "flavors:\n  python_function:\n    python_model: python_model.pkl\n    artifacts:\n"
        "      words: {path: artifacts/words.json, uri: /home/someone/words.json}\n"
    )
    files: dict[str, str | bytes] = {"MLmodel": text, "python_model.pkl": PICKLE, "artifacts/words.json": "{}"}
    bundle = opened(tmp_path, files)
    assert bundle.artefacts == ("artifacts/words.json", "python_model.pkl")
    assert bundle.weights == ("python_model.pkl",)
    assert bundle.notes == ()


def test_a_flavor_nobody_knows_names_its_files_too(tmp_path):
    """By any key: a file that is there, and a name that only a model file has."""
    text = "flavors:\n  ours:\n    kernel: nets/a.dat\n    spare: [nets/b.onnx, sometimes]\n    notes: see the wiki\n"
    bundle = opened(tmp_path, {"MLmodel": text, "nets/a.dat": PICKLE})
    assert bundle.artefacts == ("nets/a.dat",)
    (note,) = bundle.notes
    assert "flavors/ours/spare/0 names 'nets/b.onnx'" in note.message


def test_a_model_that_is_code_has_no_weights(tmp_path):
    text = "flavors:\n  langchain:\n    model_data: model.yaml\n    model_code_path: chain.py\n"
    bundle = opened(tmp_path, {"MLmodel": text, "model.yaml": "llm: x\n", "chain.py": "x = 1\n"})
    assert (bundle.artefacts, bundle.weights) == (("chain.py", "model.yaml"), ())


def test_the_environment_is_no_part_of_a_folder_that_is_the_model(tmp_path):
    """Some flavors name `.`: then everything is the model but what describes its environment."""
    files: dict[str, str | bytes] = {
        "MLmodel": "flavors:\n  ours: {data: ., env: {conda: env/conda.yaml}}\n",
        "m.safetensors": safetensors(),
        "requirements.txt": "numpy==1.0\n",
        "env/conda.yaml": "dependencies: []\n",
    }
    assert opened(tmp_path, files).artefacts == ("m.safetensors",)


def test_what_the_record_declares_wins(tmp_path):
    record = (
        "apiVersion: govern/v1\nkind: Model\nmetadata: {name: credit-risk, version: '1'}\n"
        "spec:\n  owner: {name: A, contact: a@example.com}\n  artefacts: [{path: other.pkl, role: weights}]\n"
    )
    files: dict[str, str | bytes] = {
        "govern.yaml": record,
        "MLmodel": "flavors: {sklearn: {pickled_model: model.pkl}}\n",
        "model.pkl": PICKLE,
        "other.pkl": PICKLE,
    }
    bundle = opened(tmp_path, files)
    assert (bundle.layout, bundle.artefacts) == ("mlflow", ("other.pkl",))


# --- references that lead nowhere


def test_a_windows_path_is_absent_and_the_file_it_means_is_named(tmp_path):
    """Never rewritten silently: the loader of the model does not find it either."""
    text = "flavors:\n  python_function:\n    artifacts:\n      m: {path: 'artifacts\\model.pkl'}\n"
    bundle = opened(tmp_path, {"MLmodel": text, "artifacts/model.pkl": PICKLE})
    assert bundle.artefacts == ()
    (note,) = bundle.notes
    assert (note.code, note.span.line) == ("B125", 4)
    assert "'artifacts\\model.pkl'" in note.message
    assert "'artifacts/model.pkl', which is there" in note.message
    gone = opened(tmp_path / "two", {"MLmodel": text})
    assert "which is absent too" in gone.notes[0].message


@pytest.mark.parametrize(
    "path", ["../x.pkl", "/etc/passwd", "C:\\models\\m.pkl", "file:///srv/m.pkl", "~/m.pkl", "a\\..\\..\\x.pkl"]
)
def test_a_path_that_leaves_the_bundle_is_named_as_written(tmp_path, path):
    text = f"flavors:\n  sklearn:\n    pickled_model: '{path}'\n"
    bundle = opened(tmp_path, {"MLmodel": text})
    (note,) = bundle.notes
    assert note.code == ("B125" if path.startswith("a") else "B110")
    assert f"flavors/sklearn/pickled_model names '{path}'" in note.message
    assert note.span.line == 3


def test_every_absent_file_is_told(tmp_path):
    text = (
        "flavors:\n  python_function:\n    env: {conda: conda.yaml, virtualenv: python_env.yaml}\n"
        "    model_path: model.pkl\nsaved_input_example_info: {artifact_path: input_example.json}\n"
    )
    bundle = opened(tmp_path, {"MLmodel": text})
    assert noted(bundle) == [("B117", 3), ("B117", 3), ("B117", 4), ("B117", 5)]


# --- a wrong MLmodel is told, and the folder is read without it


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("- a list\n", "B121"),
        ("flavors: [a]\n", "B121"),
        ("flavors: {}\n", "B121"),
        ("name: x\n", "B121"),
        ("flavors: {sklearn: model.pkl}\n", "B121"),
        ("flavors: {a: {data: x}, a: {data: y}}\n", "I104"),
        ("a: &x {b: 1}\nflavors: *x\n", "I105"),
        ("flavors: {sklearn: [\n", "I103"),
        (b"\x80\x04\x95\x00", "I101"),
        ("", "I114"),
        ("flavors:\n  a:\n" + "".join(f"    k{n}: x{n}.pkl\n" for n in range(1200)), "B121"),
    ],
)
def test_a_wrong_mlmodel_is_a_diagnostic(tmp_path, data, code):
    bundle = opened(tmp_path, {"MLmodel": data, "model.pkl": PICKLE})
    assert code in [item.code for item in bundle.notes]
    assert bundle.layout == "mlflow"
    by_content = ("MLmodel", "model.pkl") if data[:1] == b"\x80" else ("model.pkl",)  # a pickle is one under any name
    assert bundle.artefacts == by_content
    assert {item.severity for item in bundle.notes} <= {Severity.WARNING, Severity.NOTE}


@pytest.mark.parametrize("name", ["mlmodel", "MLMODEL", "MLModel"])
def test_another_spelling_of_mlmodel_is_a_finding(tmp_path, name):
    bundle = opened(tmp_path, {f"m/{name}": "flavors: {sklearn: {pickled_model: m.pkl}}\n", "m/m.pkl": PICKLE})
    assert bundle.layout == "plain"
    assert [(item.code, item.span.file) for item in bundle.notes] == [("B120", f"m/{name}")]


SAVED = (SAMPLES / "mlflow/model_saved/MLmodel").read_bytes()


@given(st.integers(0, len(SAVED) - 1), st.binary(max_size=3), st.integers(0, 5))
def test_no_mutation_of_the_sample_crashes_the_reader(place, put, cut):
    data = SAVED[:place] + put + SAVED[place + cut :]
    try:
        read = read_mlmodel(data, file="MLmodel", files={})
    except InputError as fault:
        found = len(fault.diagnostics)
    else:
        found = 1 + len(read.problems)
        assert all(item.problem is not None and item.files == () for item in read.references)
    assert found
