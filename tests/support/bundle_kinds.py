"""Bundles of the kinds that people have: what each is made of, and the command line that judges it."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from support.bundles import CARD, BundleBuilder, safetensors
from support.folders import SAMPLES, folder, sample

__all__ = ["KINDS", "POLICY", "BundleKind"]

POLICY = """\
apiVersion: govern/v1
kind: Policy
metadata: {name: any-bundle, version: 1.0.0, title: Any bundle, owner: o@example.com}
spec:
  rules:
    - {id: card, check: model_card.present}
    - id: sections
      check: model_card.sections
      with: {required: [intended_use, limitations, training_data, evaluation]}
    - {id: weights, check: artefacts.present}
    - {id: formats, check: artefacts.formats, with: {allowed: [safetensors, onnx, skops]}}
    - {id: pinned, check: dependencies.pinned}
    - {id: validated, check: data.validation, enforcement: warn, with: {same_data: false}}
    - id: drift
      check: drift.distribution
      enforcement: warn
      with: {limit: 0.2, method: psi}
"""
"""The one policy that all of them are judged by."""

NAMED = ("--name", "credit-risk", "--model-version", "3.1.0")
REQUIREMENTS = "safetensors==0.5.3\n"
HUB_CARD = CARD.replace(
    "license: apache-2.0", "license: apache-2.0\nlibrary_name: transformers\npipeline_tag: text-classification"
)


@dataclass(frozen=True)
class BundleKind:
    """A bundle, how it is named on the command line, and what the gate makes of it."""

    name: str
    make: Callable[[Path], Path]
    """Writes it below a folder and gives what to hand to `govern check`."""
    options: tuple[str, ...]
    code: int
    outcomes: Mapping[str, str]
    """By rule."""
    places: tuple[str, ...]
    """`file:line` (or file) that findings must name."""
    card: str | None
    """The card that was used; None when there is none."""


def _plain(at: Path) -> Path:
    return BundleBuilder(at).build()


def _mlflow_saved(at: Path) -> Path:
    return sample(at, "mlflow/model_saved")


def _mlflow_store(at: Path) -> Path:
    return sample(at, "mlflow/mlruns")


def _hub(at: Path) -> Path:
    half = safetensors((0.5, 1.0))
    index = {
        "metadata": {"total_size": 8},
        "weight_map": {"coef": "model-00001-of-00001.safetensors"},
    }
    return folder(
        at,
        {
            "README.md": HUB_CARD,
            "config.json": '{"model_type": "bert", "architectures": ["BertForSequenceClassification"]}',
            "model-00001-of-00001.safetensors": half,
            "model.safetensors.index.json": json.dumps(index),
            "requirements.txt": REQUIREMENTS,
        },
    )


def _hub_pointers(at: Path) -> Path:
    bundle = _hub(at)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 437951328\n"
    (bundle / "model-00001-of-00001.safetensors").write_text(pointer)
    return bundle


def _adapter(at: Path) -> Path:
    adapter = {"base_model_name_or_path": "/home/ana/llama", "peft_type": "LORA", "task_type": "CAUSAL_LM"}
    return folder(
        at,
        {
            "README.md": HUB_CARD,
            "adapter_config.json": json.dumps(adapter),
            "adapter_model.safetensors": safetensors(),
            "requirements.txt": REQUIREMENTS,
        },
    )


def _grown(at: Path) -> Path:
    """A folder that grew: two cards, reports of three tools, a notebook's leftovers."""
    samples = SAMPLES
    return folder(
        at,
        {
            "MODEL_CARD.md": CARD,
            "README.md": "# Credit\n\nRun `make train`.\n",
            "final/model_v2 (1).safetensors": safetensors(),
            "reports/gx.json": (samples / "great_expectations/1.24/validation_result.json").read_bytes(),
            "reports/drift.json": (samples / "evidently/0.4-report.json").read_bytes(),
            "reports/deepchecks.json": (samples / "deepchecks/train_test_validation.json").read_bytes(),
            "notes/TODO.txt": "ask Ana\n",
            "requirements.txt": "numpy\npandas==2.2.3\n",
        },
    )


def _bill_of_materials(at: Path) -> Path:
    return folder(
        at,
        {
            "bom.json": (SAMPLES / "cyclonedx/mlbom-1.6.json").read_bytes(),
            "model.safetensors": safetensors(),
            "requirements.txt": REQUIREMENTS,
        },
    )


def _toolkit(at: Path) -> Path:
    long = "Ranks consumer loan applications by estimated risk so that an underwriter reads the doubtful ones first."
    card = {
        "schema_version": "0.0.2",
        "model_details": {"name": "credit-risk", "overview": long, "owners": [{"name": "Retail credit models"}]},
        "model_parameters": {"data": [{"name": "acme/loans", "description": long}]},
        "considerations": {"use_cases": [{"description": long}], "limitations": [{"description": long[:20]}]},
        "quantitative_analysis": {"performance_metrics": [{"type": "accuracy", "value": "0.9", "slice": "all"}]},
    }
    return folder(
        at,
        {
            "model_card.json": json.dumps(card, indent=1),
            "model.safetensors": safetensors(),
            "requirements.txt": REQUIREMENTS,
        },
    )


def _sagemaker(at: Path) -> Path:
    long = "Ranks consumer loan applications by estimated risk so that an underwriter reads the doubtful ones first."
    content = {
        "model_overview": {
            "model_name": "credit-risk",
            "model_description": long,
            "model_owner": "Retail credit models",
        },
        "intended_uses": {"intended_uses": long, "risk_rating": "High"},
        "additional_information": {"caveats_and_recommendations": long},
    }
    card = {"ModelCardName": "credit-risk", "ModelCardStatus": "Approved", "Content": json.dumps(content)}
    return folder(
        at,
        {
            "model_card.json": json.dumps(card, indent=1),
            "model.safetensors": safetensors(),
            "requirements.txt": REQUIREMENTS,
        },
    )


def _files_of(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def _zip(at: Path) -> Path:
    target = at / "credit-risk.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in _files_of(_plain(at)).items():
            archive.writestr(path, data)
    return target


def _tar(at: Path) -> Path:
    target = at / "model.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for path, data in _files_of(_mlflow_saved(at)).items():
            member = tarfile.TarInfo(f"model/{path}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target


_SOUND = dict.fromkeys(("card", "sections", "weights", "formats", "pinned"), "pass")
_NO_CARD = {"card": "missing_evidence", "sections": "missing_evidence"}
_MLFLOW = {**_NO_CARD, "formats": "fail", "pinned": "fail"}

KINDS = (
    BundleKind("a plain folder with a record", _plain, (), 0, _SOUND, (), "README.md"),
    BundleKind(
        "a saved MLflow model",
        _mlflow_saved,
        NAMED,
        1,
        _MLFLOW,
        ("MLmodel:18", "requirements.txt:2", "model.pkl"),
        None,
    ),
    BundleKind("an MLflow store with one registered model", _mlflow_store, (), 1, _MLFLOW, ("requirements.txt",), None),
    BundleKind("a hub repository with shards", _hub, NAMED, 0, _SOUND, (), "README.md"),
    BundleKind(
        "a hub clone without git-lfs",
        _hub_pointers,
        NAMED,
        1,
        {**_SOUND, "weights": "fail", "formats": "fail"},
        ("model-00001-of-00001.safetensors",),
        "README.md",
    ),
    BundleKind("a hub adapter", _adapter, NAMED, 0, _SOUND, (), "README.md"),
    BundleKind(
        "a folder that grew",
        _grown,
        NAMED,
        1,
        {**_SOUND, "pinned": "fail", "validated": "fail"},
        ("requirements.txt:1", "reports/gx.json"),
        "MODEL_CARD.md",
    ),
    BundleKind(
        "a bill of materials as card", _bill_of_materials, NAMED, 1, {"sections": "fail"}, ("bom.json",), "bom.json"
    ),
    BundleKind("a toolkit card", _toolkit, NAMED, 1, {"sections": "fail"}, ("model_card.json",), "model_card.json"),
    BundleKind("a SageMaker card", _sagemaker, NAMED, 1, {"sections": "fail"}, ("model_card.json",), "model_card.json"),
    BundleKind("a zip of a bundle", _zip, (), 0, _SOUND, (), "README.md"),
    BundleKind("a tar of an MLflow model", _tar, NAMED, 1, _MLFLOW, ("MLmodel:18",), None),
)
