"""MLflow runs as evidence: exported JSON and the file store, each trap by its name."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from govern.diagnostics import GovernError, InputError
from govern.evidence.tools.figures import Metrics
from govern.evidence.tools.finding import Evidence, read_sighting, sightings
from govern.evidence.tools.interface import Document
from govern.evidence.tools.metric_names import metric_of
from govern.evidence.tools.mlmodel import Environment, Signature
from govern.evidence.tools.registry import reader_named
from govern.inputs.json import parse_json
from support.bundles import BundleBuilder

SAMPLES = Path(__file__).parent / "samples" / "mlflow"
RUN = "888c8a37d4114c3b80e9b1c34f716148"
EXPERIMENT = "843440872576557513"
FOLDER = f"mlruns/{EXPERIMENT}/{RUN}"

EXPORT: dict[str, Any] = {
    "info": {
        "artifact_uri": "file:///srv/mlflow/mlruns/1/abc/artifacts",
        "end_time": 1795416008093,
        "experiment_id": "1",
        "lifecycle_stage": "active",
        "run_id": "abc",
        "run_name": "honest-bee-1",
        "start_time": 1795416007965,
        "status": "FINISHED",
        "user_id": "analyst",
    },
    "data": {
        "metrics": {"roc_auc": 0.91, "training_accuracy_score": 0.99, "val_f1_score": 0.8},
        "params": {"C": "1.0"},
        "tags": {"approved_by": "mrb"},
    },
    "inputs": {
        "dataset_inputs": [
            {
                "dataset": {"name": "loans", "digest": "9cbfdc4e", "source_type": "s3", "source": "{}"},
                "tags": [{"key": "mlflow.data.context", "value": "training"}],
            }
        ]
    },
}


def read_json(document: Any, reader: str = "mlflow-run"):
    data = json.dumps(document).encode()
    return read_bytes(data, reader)


def read_bytes(data: bytes, reader: str):
    found = reader_named(reader)
    root = None if found.syntax == "text" else parse_json(data, file="x.json")
    document = Document("x.json", data, root)
    if found.syntax != "text" and not found.recognise(root):
        raise AssertionError("not recognised")
    return found.read(document)


def items_of(readout):
    return {(item.name, item.data, item.split): item.value for item in readout.body(Metrics).items}


def store(tmp_path: Path, **files: str | bytes | None) -> Evidence:
    """Read the sample's run out of a bundle; `files` are changes below `mlruns/`, None takes one away."""
    builder = BundleBuilder(tmp_path).record(
        evidence={"run": {"path": f"{FOLDER}/meta.yaml", "type": "mlflow-store-run"}}
    )
    root = SAMPLES / "mlruns"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            builder.file(f"mlruns/{path.relative_to(root).as_posix()}", path.read_bytes())
    for name, content in files.items():
        builder.file(name, content) if content is not None else builder.remove(name)
    bundle = builder.open()
    (sighting,) = [item for item in sightings(bundle) if item.name == "run"]
    return read_sighting(bundle, sighting)


# --- the exported run


def test_an_exported_run():
    readout = read_json(EXPORT)
    assert items_of(readout) == {
        ("auc", None, None): Decimal("0.91"),
        ("accuracy", None, "train"): Decimal("0.99"),
        ("f1", None, "validation"): Decimal("0.8"),
    }
    assert readout.body(Metrics).unfinished is None
    assert readout.produced_at == "2026-11-23T06:40:08Z"
    assert readout.hints["run"] == "abc"


def test_a_short_digest_is_a_hint_and_says_so():
    said = read_json(EXPORT).hints["data 1"]
    assert "9cbfdc4e" in said
    assert "pins nothing" in said


def test_the_rest_answer_is_read_too():
    logged = [
        {"key": "auc", "value": 0.7, "timestamp": 1, "step": 0},
        {"key": "auc", "value": 0.8, "timestamp": 2, "step": 1},
        {"key": "auc", "value": 0.8, "timestamp": 2, "step": 1},
    ]
    document = {"run": {**EXPORT, "data": {"metrics": logged}}}
    assert items_of(read_json(document)) == {("auc", None, None): Decimal("0.8")}


def entry(value, step=0, timestamp=1, **more):
    return {"key": "auc", "value": value, "timestamp": timestamp, "step": step, **more}


def logged(*entries):
    return {**EXPORT, "data": {"metrics": list(entries)}}


def test_the_last_step_counts_then_the_last_time():
    found = read_json(logged(entry(0.9, 5, 1), entry(0.7, 4, 9), entry(0.6, 5, 3), entry(0.5, 5, 2)))
    assert items_of(found) == {("auc", None, None): Decimal("0.6")}


def test_two_values_at_the_same_step_and_time_are_ambiguous():
    with pytest.raises(InputError) as caught:
        read_json(logged(entry(0.9), entry(0.7)))
    assert caught.value.diagnostics[0].code == "E141"


def test_two_models_with_different_values_are_ambiguous():
    with pytest.raises(InputError) as caught:
        read_json(logged(entry(0.9, model_id="m-1"), entry(0.7, 3, model_id="m-2")))
    assert caught.value.diagnostics[0].code == "E141"


def test_a_metric_of_a_named_data_set_keeps_the_name():
    found = read_json(logged(entry(0.9, dataset_name="holdout", dataset_digest="12345678"), entry(0.7)))
    assert items_of(found) == {("auc", "holdout", None): Decimal("0.9"), ("auc", None, None): Decimal("0.7")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"status": "FAILED"}, "FAILED"),
        ({"status": "RUNNING"}, "RUNNING"),
        ({"status": None}, "finished"),
        ({"status": True}, "True"),
        ({"lifecycle_stage": "deleted"}, "deleted"),
        ({"lifecycle_stage": None}, "kept"),
    ],
)
def test_a_run_that_did_not_finish_or_was_deleted_does_not_count(changes, words):
    assert words in read_json({**EXPORT, "info": {**EXPORT["info"], **changes}}).body(Metrics).unfinished


@pytest.mark.parametrize("value", ['"0.91"', "true", "null", "[]", "NaN", "Infinity", "1e999"])
def test_a_metric_that_is_no_number_is_an_error(value):
    text = json.dumps({**EXPORT, "data": {"metrics": {"auc": 0}}}).replace('"auc": 0', f'"auc": {value}')
    with pytest.raises(InputError) as caught:
        read_bytes(text.encode(), "mlflow-run")
    assert caught.value.diagnostics[0].code in ("E103", "I113")


def test_an_approval_tag_is_no_evidence():
    readout = read_json(EXPORT)
    assert "mrb" not in repr(readout)


def test_names_of_other_tools_and_splits():
    assert metric_of("roc_auc") == ("auc", None)
    assert metric_of("val_roc_auc") == ("auc", "validation")
    assert metric_of("test/accuracy_score") == ("accuracy", "test")
    assert metric_of("training_score") == ("score", "train")
    assert metric_of("precision_at_k") == ("precision_at_k", None)
    assert metric_of("latest_auc") == ("latest_auc", None)
    assert metric_of("test_") == ("test_", None)


# --- the file store


def test_the_sample_store(tmp_path):
    """README: run 888c..., auc 0.91, data set loans with a short digest, role training; the same line twice."""
    evidence = store(tmp_path)
    assert items_of(evidence.readout) == {("auc", None, None): Decimal("0.91")}
    assert evidence.readout.body(Metrics).unfinished is None
    assert evidence.readout.hints["run"] == RUN
    assert evidence.readout.hints["data 1"].startswith("loans (train), short digest 9cbfdc4e")
    assert evidence.readout.produced_at == "2026-11-23T06:40:08Z"
    assert not evidence.bound
    assert f"{FOLDER}/metrics/auc" in evidence.readout.files


def test_destination_id_is_the_data_sets_and_never_the_runs(tmp_path):
    """Its type is called RUN, and its value is the data set's id."""
    evidence = store(tmp_path)
    assert evidence.readout.hints["run"] == RUN
    link = f"{FOLDER}/inputs/a79319c118fa432c8a7f1f7fb310142e/meta.yaml"
    text = (SAMPLES / link.removeprefix("/")).read_text()
    other = text.replace("destination_id: 9a61bb3bf00e2ce9350a3416c4b08517", "destination_id: ffffffff")
    assert store(tmp_path, **{link: other}).readout.hints == evidence.readout.hints


def test_the_run_is_the_folders(tmp_path):
    meta = (SAMPLES / FOLDER / "meta.yaml").read_text().replace(RUN, "0" * 32)
    with pytest.raises(InputError) as caught:
        store(tmp_path, **{f"{FOLDER}/meta.yaml": meta})
    assert caught.value.diagnostics[0].code == "E300"


def test_the_same_line_twice_counts_once_and_the_last_step_wins(tmp_path):
    lines = "1 0.5 0\n1 0.5 0\n7 0.8 2\n9 0.7 1\n7 0.8 2\n"
    assert items_of(store(tmp_path, **{f"{FOLDER}/metrics/auc": lines}).readout)["auc", None, None] == Decimal("0.8")


def test_lines_of_newer_and_older_versions(tmp_path):
    files = {
        f"{FOLDER}/metrics/auc": "1 0.5 0 holdout 12345678\n",
        f"{FOLDER}/metrics/brier": "1 0.25\n",
        f"{FOLDER}/metrics/f1": "1 0.75 0 m-1 holdout 12345678\n2 0.5 1 m-1\n",
    }
    assert items_of(store(tmp_path, **files).readout) == {
        ("auc", "holdout", None): Decimal("0.5"),
        ("brier", None, None): Decimal("0.25"),
        ("f1", "holdout", None): Decimal("0.75"),
        ("f1", None, None): Decimal("0.5"),
    }


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("1 nan 0\n", "E130"),
        ("1 inf 0\n", "E130"),
        ("1 1e999 0\n", "E130"),
        ("1 0.5 0\n1 0.9 0\n", "E141"),
        ("1 0.5 0 m-1\n2 0.9 0 m-2\n", "E141"),
        ("0.5\n", "E103"),
        ("x 0.5 0\n", "E103"),
        ("1 0.5 0.5\n", "E103"),
        ("\n", "E104"),
        ("", "E104"),
    ],
)
def test_a_damaged_metric_file_is_an_error(tmp_path, lines, code):
    with pytest.raises(InputError) as caught:
        store(tmp_path, **{f"{FOLDER}/metrics/auc": lines})
    fault = caught.value.diagnostics[0]
    assert fault.code == code
    assert fault.span.file == f"{FOLDER}/metrics/auc"


def test_hostile_names_of_metric_files_are_names(tmp_path):
    name = "auc; rm -rf $HOME::error::<b>"
    files = {f"{FOLDER}/metrics/{name}": "1 0.5 0\n", f"{FOLDER}/metrics/eval/f1": "1 0.25 0\n"}
    found = items_of(store(tmp_path, **files).readout)
    assert found[name, None, None] == Decimal("0.5")
    assert found["f1", None, "evaluation"] == Decimal("0.25")


def test_a_failed_or_deleted_run_of_the_store(tmp_path):
    meta = (SAMPLES / FOLDER / "meta.yaml").read_text()
    failed = store(tmp_path, **{f"{FOLDER}/meta.yaml": meta.replace("status: 3", "status: 4")})
    assert "4" in failed.readout.body(Metrics).unfinished
    gone = store(tmp_path, **{f"{FOLDER}/meta.yaml": meta.replace("stage: active", "stage: deleted")})
    assert "deleted" in gone.readout.body(Metrics).unfinished


def test_databases_are_never_opened(tmp_path):
    """A SQLite store that is named as a run is another format, and nothing of it is read as one."""
    builder = BundleBuilder(tmp_path).without_tools().file("mlflow.db", b"SQLite format 3\x00" + b"\x00" * 100)
    builder.record(evidence={"run": {"path": "mlflow.db", "type": "mlflow-run"}})
    bundle = builder.open()
    (sighting,) = sightings(bundle)
    with pytest.raises(InputError):
        read_sighting(bundle, sighting)


# --- MLmodel


def saved(tmp_path: Path, **files: str | None) -> Evidence:
    builder = BundleBuilder(tmp_path).record(evidence={"m": {"path": "saved/MLmodel", "type": "mlmodel"}})
    for path in sorted((SAMPLES / "model_saved").iterdir()):
        builder.file(f"saved/{path.name}", path.read_bytes())
    for name, content in files.items():
        builder.file(f"saved/{name}", content) if content is not None else builder.remove(f"saved/{name}")
    bundle = builder.open()
    (sighting,) = [item for item in sightings(bundle) if item.name == "m"]
    return read_sighting(bundle, sighting)


def mlmodel(**changes: str) -> str:
    text = (SAMPLES / "model_saved" / "MLmodel").read_text()
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_sample_model(tmp_path):
    """README: two JSON strings inside YAML, an output tensor, unpinned scikit-learn and pandas, no run id."""
    readout = saved(tmp_path).readout
    signature, environment = readout.body(Signature), readout.body(Environment)
    assert signature.features == ("age", "income")
    assert [(column.type, column.shape, column.name) for column in signature.outputs] == [("int64", "-1", None)]
    assert signature.params is None
    assert environment.unpinned == ("pandas",)
    assert environment.packages["requirements.txt"]["scikit-learn"] == ""
    assert environment.packages["MLmodel"] == {"scikit-learn": "1.9.1"}
    assert environment.python == {"MLmodel": "3.11.7", "conda.yaml": "3.11.7", "python_env.yaml": "3.11.7"}
    assert readout.notes == ()
    assert "run" not in readout.hints
    assert (readout.tool.version, readout.produced_at) == ("3.17.2", "2026-11-23T06:40:07Z")


def test_environment_files_that_disagree_are_told(tmp_path):
    files = {
        "requirements.txt": "mlflow==3.17.2\nscikit-learn==1.8.0\nnumpy==2.0.0\n",
        "python_env.yaml": "python: 3.12.1\n",
    }
    notes = saved(tmp_path, **files).readout.notes
    assert {note.code for note in notes} == {"E185"}
    said = " ".join(note.message for note in notes)
    for words in ("python is 3.11.7 in MLmodel", "3.12.1 in python_env.yaml", "1.8.0 in requirements.txt", "numpy"):
        assert words in said


def test_a_model_without_signature_has_none(tmp_path):
    text = mlmodel().split("signature:")[0]
    assert saved(tmp_path, MLmodel=text).readout.body(Signature) is None


@pytest.mark.parametrize(
    "inputs",
    [
        "'not json'",
        "'{}'",
        '\'[{"name": "age"}]\'',
        '\'[{"type": "long", "name": "a"}, {"type": "long", "name": "a"}]\'',
        '\'[{"type": "tensor"}]\'',
        '\'[{"type": "long", "name": 3}]\'',
        '\'[{"type": "long", "name": "a", "name": "b"}]\'',
        "[]",
    ],
)
def test_a_signature_that_is_none_is_an_error(tmp_path, inputs):
    head, _mark, tail = mlmodel().partition("  inputs: ")
    rest = tail.partition("  outputs: ")[2]
    with pytest.raises(InputError) as caught:
        saved(tmp_path, MLmodel=f"{head}  inputs: {inputs}\n  outputs: {rest}")
    assert caught.value.diagnostics[0].span.line == head.count("\n") + 1


def test_unnamed_tensors_name_no_features(tmp_path):
    head, _mark, tail = mlmodel().partition("  inputs: ")
    rest = tail.partition("  outputs: ")[2]
    tensor = '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 4]}}]'
    readout = saved(tmp_path, MLmodel=f"{head}  inputs: '{tensor}'\n  outputs: {rest}").readout
    assert readout.body(Signature).features is None


# --- what no change may do


def paths_of(value, before=()):
    yield before
    if isinstance(value, dict):
        for key, held in value.items():
            yield from paths_of(held, (*before, key))
    elif isinstance(value, list):
        for index, held in enumerate(value):
            yield from paths_of(held, (*before, index))


def without(value, path):
    copied = json.loads(json.dumps(value))
    parent = copied
    for step in path[:-1]:
        parent = parent[step]
    del parent[path[-1]]
    return copied


FULL = logged(entry(0.9, 1, 2, dataset_name="a"), entry(0.8, 1, 3, model_id="m"), entry(0.8, 1, 3, model_id="n"))


@pytest.mark.parametrize("path", [path for path in paths_of(FULL) if path], ids=str)
def test_a_key_taken_away_makes_no_better_figure(path):
    """Every figure that is left was there before, or it is an error; an unfinished run stays one."""
    before = set(items_of(read_json(FULL)).values())
    document = without(FULL, path)
    if not reader_named("mlflow-run").recognise(document):
        return
    try:
        readout = read_json(document)
    except InputError:
        return
    assert set(items_of(readout).values()) <= before
    if path[:1] == ("info",) and path[-1] in ("status", "lifecycle_stage"):
        assert readout.body(Metrics).unfinished is not None


def test_unknown_keys_and_another_order_change_nothing():
    turned = {key: EXPORT[key] for key in reversed(EXPORT)} | {"zzz": [1, {"run_id": "x"}]}
    turned["info"] = {**{key: EXPORT["info"][key] for key in reversed(EXPORT["info"])}, "new": 1}
    one, two = read_json(EXPORT), read_json(turned)
    assert items_of(one) == items_of(two)
    assert (one.hints, one.produced_at) == (two.hints, two.produced_at)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_mutated_bytes_are_diagnostics(data):
    original = json.dumps(FULL).encode()
    start = data.draw(st.integers(0, len(original) - 1))
    patch = data.draw(st.binary(max_size=6))
    cut = data.draw(st.integers(0, 8))
    changed = original[:start] + patch + original[start + cut :]
    found = reader_named("mlflow-run")
    said: list[object] = [changed]
    try:
        root = parse_json(changed, file="x.json")
        if found.recognise(root):
            found.read(Document("x.json", changed, root))
    except GovernError as fault:
        said = list(fault.diagnostics)
    assert said


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60))
def test_random_metric_files_are_diagnostics(tmp_path, content):
    shutil.rmtree(tmp_path / "bundle", ignore_errors=True)
    said: list[object] = []
    try:
        said += store(tmp_path, **{f"{FOLDER}/metrics/auc": content}).readout.body(Metrics).items
    except GovernError as fault:
        said += fault.diagnostics
    assert said
