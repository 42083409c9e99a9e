"""Which model a folder is: sources in their order, and what never counts as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govern.bundle import open_bundle
from govern.diagnostics import GovernError, InputError, UsageError
from support.folders import folder, sample

MLMODEL = "flavors: {sklearn: {pickled_model: model.pkl}}\nmodel_id: m-1\n"
PICKLE = b"\x80\x04N."
MODEL: dict[str, str | bytes] = {"MLmodel": MLMODEL, "model.pkl": PICKLE}


def entry(version: object = 7, *, name: str = "credit-risk", model_id: str = "m-1", run_id: str = "r-1") -> str:
    """A registry's `meta.yaml` of one version."""
    head = f"current_stage: None\nname: {name}\nmodel_id: {model_id}\nrun_id: {run_id}\n"
    return f"{head}source: models:/{model_id}\nversion: {version}\n"


def record(name: str = "credit-risk", version: str = "7") -> str:
    head = f"apiVersion: govern/v1\nkind: Model\nmetadata: {{name: {name}, version: '{version}'}}\n"
    return head + "spec: {owner: {name: A, contact: a@example.com}}\n"


def refused(error: type[GovernError], root: Path, **options: Any) -> Any:
    with pytest.raises(error) as caught:
        open_bundle(root, **options)
    return caught.value


# --- the registry on disk


def test_the_sample_store_with_one_model_is_named_by_its_registry(tmp_path):
    """The one logged model is the bundle's model, wherever it lies; version 1 is text."""
    bundle = open_bundle(sample(tmp_path, "mlflow/mlruns"))
    assert (bundle.name, bundle.version, bundle.layout) == ("credit-risk", "1", "mlflow")
    home = "843440872576557513/models/m-bc070ced4c334c648649c243ae7c841c/artifacts"
    assert bundle.home == home
    assert bundle.artefacts == bundle.weights == (f"{home}/model.pkl",)


def test_a_tag_and_an_alias_name_nothing(tmp_path):
    """`approved_by` and `champion` are claims; nothing of the identity comes from them or from folder names."""
    root = sample(tmp_path, "mlflow/mlruns")
    (root / "models/credit-risk/version-1/meta.yaml").unlink()
    fault = refused(UsageError, root)
    assert [item.code for item in fault.diagnostics] == ["B111"]
    assert open_bundle(root, name="other", version="2").name == "other"


def test_a_version_folder_of_the_registry_is_named_by_its_meta(tmp_path):
    root = sample(tmp_path, "mlflow/mlruns/models/credit-risk/version-1")
    bundle = open_bundle(root)
    assert (bundle.name, bundle.version, bundle.artefacts) == ("credit-risk", "1", ())


def test_version_is_text(tmp_path):
    root = folder(tmp_path, {**MODEL, "meta.yaml": entry("1.10")})
    assert open_bundle(root).version == "1.10"


def test_the_caller_must_agree_with_the_registry(tmp_path):
    root = folder(tmp_path, {**MODEL, "meta.yaml": entry()})
    assert open_bundle(root, name="credit-risk", version="7").version == "7"
    (found,) = refused(InputError, root, version="8").diagnostics
    assert found.code == "B113"
    assert "MLflow's registry says version '7', the caller says '8'" in found.message


def test_the_registry_must_agree_with_the_record(tmp_path):
    root = folder(tmp_path, {**MODEL, "meta.yaml": entry(), "govern.yaml": record(version="8")})
    (found,) = refused(InputError, root).diagnostics
    assert found.code == "B113"
    assert "the record says version '8', MLflow's registry says '7'" in found.message
    assert (found.span.file, found.span.line) == ("govern.yaml", 3)


def test_a_store_beside_a_record_is_history(tmp_path):
    """It speaks of other versions; the record says which one is judged."""
    store = {"mlruns/models/credit-risk/version-1/meta.yaml": entry(1), "govern.yaml": record()}
    assert open_bundle(folder(tmp_path, {**MODEL, **store})).version == "7"


def test_several_versions_of_one_model_are_listed(tmp_path):
    files = {f"models/credit-risk/version-{n}/meta.yaml": entry(n) for n in (1, 2)}
    root = folder(tmp_path, {**MODEL, **files})
    (found,) = refused(UsageError, root).diagnostics
    assert found.code == "B112"
    assert "credit-risk 1, credit-risk 2" in found.message
    assert "--name and --model-version" in found.hint
    assert open_bundle(root, name="credit-risk", version="2").version == "2"
    assert [item.code for item in refused(UsageError, root, name="other", version="9").diagnostics] == ["B112"]


def test_a_registry_entry_of_another_model_is_not_taken(tmp_path):
    """The MLmodel has an id of its own, and the entry names another."""
    store = {"models/x/version-1/meta.yaml": entry(1, model_id="m-2")}
    assert [item.code for item in refused(UsageError, folder(tmp_path, {**MODEL, **store})).diagnostics] == ["B111"]


def test_a_registry_entry_of_another_run_is_not_taken(tmp_path):
    """Models that MLflow 1 and 2 wrote have no id of their own; their run has."""
    old = {**MODEL, "MLmodel": "flavors: {sklearn: {pickled_model: model.pkl}}\nrun_id: r-2\n"}
    store = {"models/x/version-1/meta.yaml": entry(1)}
    assert [item.code for item in refused(UsageError, folder(tmp_path, {**old, **store})).diagnostics] == ["B111"]
    store = {"models/x/version-1/meta.yaml": entry(1, run_id="r-2")}
    assert open_bundle(folder(tmp_path, {**old, **store})).version == "1"


def test_another_meta_yaml_is_no_registry(tmp_path):
    """Many tools write one; a `name` and a `version` in it mean something else."""
    root = folder(tmp_path, {**MODEL, "meta.yaml": "name: x\nversion: 9\nsource: git\n", "govern.yaml": record()})
    assert open_bundle(root).version == "7"


def test_the_folder_name_decides_nothing(tmp_path):
    """What is called like a registry and holds something else is no registry."""
    store = {"models/x/version-1/meta.yaml": "name: x\nversion: 1\n", "models/y/version-2/meta.yaml": "[1]"}
    assert [item.code for item in refused(UsageError, folder(tmp_path, {**MODEL, **store})).diagnostics] == ["B111"]


def test_a_registry_name_that_cannot_be_one_here_is_told(tmp_path):
    root = folder(tmp_path, {**MODEL, "meta.yaml": entry(name="Credit Risk")})
    (found,) = refused(UsageError, root).diagnostics
    assert found.code == "B111"
    assert "'Credit Risk', which cannot be a name here" in found.message
    bundle = open_bundle(root, name="credit-risk")
    assert (bundle.name, bundle.version) == ("credit-risk", "7")
    assert "B123" in [item.code for item in bundle.notes]


# --- a download


def test_nulls_of_a_download_are_no_identity(tmp_path):
    """Measured: MLflow writes the file with two nulls for a model that was never registered."""
    root = folder(tmp_path, {**MODEL, "registered_model_meta": "model_name: null\nmodel_version: null\n"})
    (found,) = refused(UsageError, root).diagnostics
    assert found.code == "B111"
    assert "names no registered model" in found.message
    assert [item.code for item in open_bundle(root, name="a", version="1").notes] == ["B126"]


def test_a_download_of_a_registered_model_names_it(tmp_path):
    root = folder(tmp_path, {**MODEL, "registered_model_meta": "model_name: credit-risk\nmodel_version: '3'\n"})
    bundle = open_bundle(root)
    assert (bundle.name, bundle.version) == ("credit-risk", "3")
    assert [item.code for item in refused(InputError, root, version="4").diagnostics] == ["B113"]
    (root / "govern.yaml").write_text(record(version="4"))
    assert [item.code for item in refused(InputError, root).diagnostics] == ["B113"]


def test_a_download_has_another_bundle_digest_and_the_same_model_digest(tmp_path):
    own = open_bundle(folder(tmp_path / "run", MODEL), name="a", version="1")
    fetched = {**MODEL, "registered_model_meta": "model_name: a\nmodel_version: '1'\n"}
    got = open_bundle(folder(tmp_path / "got", fetched))
    assert own.digest != got.digest
    assert own.model_digest == got.model_digest


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "I114"),
        ("- a\n", "B126"),
        ("model_name: {a: b}\n", "B126"),
        ("a: 1\na: 2\n", "I104"),
        (b"\xff\xff", "I101"),
    ],
)
def test_a_wrong_download_file_is_told_and_is_no_identity(tmp_path, text, code):
    root = folder(tmp_path, {**MODEL, "registered_model_meta": text})
    assert [item.code for item in refused(UsageError, root).diagnostics] == ["B111"]
    assert code in [item.code for item in open_bundle(root, name="a", version="1").notes]


# --- what never names a model


def test_names_that_tools_left_behind_are_not_taken(tmp_path):
    files: dict[str, str | bytes] = {
        "config.json": '{"model_type": "bert", "_name_or_path": "org/bert", "version": "2"}',
        "README.md": "---\nlibrary_name: x\nmodel_name: bert\n---\n# Bert 2\n",
        "w.bin": b"x",
    }
    assert [item.code for item in refused(UsageError, folder(tmp_path, files, name="bert")).diagnostics] == ["B111"]
    path = {"MLmodel": "artifact_path: file:///srv/models/credit/3\n" + MLMODEL, "model.pkl": PICKLE}
    assert [item.code for item in refused(UsageError, folder(tmp_path, path, name="m")).diagnostics] == ["B111"]


# --- several models


@pytest.mark.parametrize("options", [{}, {"name": "a", "version": "1"}])
def test_several_models_of_any_layout_are_listed(tmp_path, options):
    files: dict[str, str | bytes] = {
        "mlflow/MLmodel": MLMODEL,
        "hub/config.json": '{"model_type": "x"}',
        "lora/adapter_config.json": "{}",
        "pipeline/model_index.json": '{"_class_name": "P"}',
        "data/config.json": '{"lr": 1}',
    }
    fault = refused(UsageError, folder(tmp_path, files), **options)
    (found,) = fault.diagnostics
    assert (found.code, fault.exit_code) == ("B112", 2)
    assert "hub, lora, mlflow, pipeline" in found.message
    assert "data" not in found.message
    assert "--model 'hub'" in found.hint


def test_parts_of_one_model_are_not_several(tmp_path):
    """An MLflow model of a pipeline holds a hub folder for each part."""
    files: dict[str, str | bytes] = {
        "model/MLmodel": MLMODEL,
        "model/model.pkl": PICKLE,
        "model/tokenizer/config.json": '{"model_type": "x"}',
        "model/encoder/config.json": '{"model_type": "x"}',
    }
    bundle = open_bundle(folder(tmp_path, files), name="a", version="1")
    assert (bundle.home, bundle.artefacts) == ("model", ("model/model.pkl",))


def test_a_long_list_of_models_is_cut(tmp_path):
    files: dict[str, str | bytes] = {f"m{number:02}/MLmodel": MLMODEL for number in range(25)}
    (found,) = refused(UsageError, folder(tmp_path, files)).diagnostics
    assert "m19 and 5 more" in found.message


def test_a_record_says_which_model_is_meant(tmp_path):
    files = {"a/MLmodel": MLMODEL, "b/MLmodel": MLMODEL, "govern.yaml": record()}
    assert open_bundle(folder(tmp_path, files)).home == ""


# --- databases


def test_a_tracking_database_is_named_and_not_opened(tmp_path):
    root = folder(tmp_path, {"mlflow.db": b"SQLite format 3\0" + b"\0" * 84})
    (found,) = refused(UsageError, root).diagnostics
    assert "mlflow.db is a database, which is not opened" in found.message
    bundle = open_bundle(root, name="a", version="1")
    (note,) = bundle.notes
    assert note.code == "B122"
    assert "mlflow artifacts download" in note.hint
    assert bundle.log.of("mlflow.db") == frozenset()
