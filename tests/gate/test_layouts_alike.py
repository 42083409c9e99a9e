"""Layouts are views: the same files give one model digest and one decision, whatever describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.bundles import MODEL_FILE, BundleBuilder
from support.gate import judge, write_policy

RULES = {
    "artefacts.formats": {"allowed": ["safetensors"]},
    "artefacts.present": {},
    "lineage.bound": {},
    "fairness.disparity": {
        "metric": "selection_rate",
        "compare": "ratio",
        "at_least": 0.8,
        "attributes": ["sex"],
        "decide": "point",
        "bound": True,
    },
}
VIEWS = {
    "plain": {},
    "mlflow": {"MLmodel": f"flavors: {{ours: {{data: {MODEL_FILE}}}}}\n"},
    "huggingface": {"model_index.json": '{"_class_name": "Ours"}'},
}


def judged(folder: Path, files: dict[str, str], artefacts: Any) -> Any:
    builder = BundleBuilder(folder).record(artefacts=artefacts)
    for path, text in files.items():
        builder.file(path, text)
    made = judge(builder.build(), write_policy(folder / "policies", RULES))
    assert made.document is not None
    return made


def test_the_same_model_and_evidence_get_one_decision(tmp_path):
    """`lineage.bound` and `bound: true` show that evidence which names the model fits it in every layout."""
    declared = [{"path": MODEL_FILE, "role": "weights"}]
    made = {name: judged(tmp_path / name, files, declared) for name, files in VIEWS.items()}
    assert {item.code for item in made.values()} == {0}, [item.words() for item in made.values()]
    assert len({item.document["model"]["model_digest"] for item in made.values()}) == 1
    outcomes = [
        [(rule["rule"], rule["outcome"], rule["observed"]) for rule in item.document["outcomes"]]
        for item in made.values()
    ]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_what_mlflow_names_is_what_a_plain_folder_finds(tmp_path):
    """Nothing is declared: the view decides, and evidence still fits the same model."""
    made = [judged(tmp_path / name, VIEWS[name], None) for name in ("plain", "mlflow")]
    assert [item.code for item in made] == [0, 0], [item.words() for item in made]
    assert len({item.document["model"]["model_digest"] for item in made}) == 1
