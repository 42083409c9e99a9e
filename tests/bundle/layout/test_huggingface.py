"""Hub repositories: how they are recognised, which files are the model, and what an adapter adapts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from govern.bundle import open_bundle
from govern.bundle.layout.huggingface import adapter_base
from govern.diagnostics import InputError
from support.bundles import safetensors
from support.folders import folder

NAMED = {"name": "tiny", "version": "1"}
CONFIG = '{"model_type": "bert", "_name_or_path": "someone/else"}'


def opened(tmp_path: Path, files: dict[str, str | bytes]) -> Any:
    return open_bundle(folder(tmp_path, files), **NAMED)


# --- recognising


@pytest.mark.parametrize(
    ("files", "layout"),
    [
        ({"config.json": CONFIG}, "huggingface"),
        ({"config.json": '{"architectures": ["X"]}'}, "huggingface"),
        ({"config.json": '{"lr": 1}'}, "plain"),
        ({"adapter_config.json": "not json"}, "huggingface"),
        ({"model_index.json": '{"_class_name": "StableDiffusionPipeline"}'}, "huggingface"),
        ({"README.md": "---\nlibrary_name: transformers\n---\n# x\n"}, "huggingface"),
        ({"README.md": "\ufeff---\r\nlicense: mit\r\npipeline_tag: x\r\n---\r\n"}, "huggingface"),
        ({"README.md": "---\nlicense: mit\n---\nlibrary_name: transformers\n"}, "plain"),
        ({"README.md": "# no front matter\nlibrary_name: x\n---\n"}, "plain"),
        ({"README.md": "---\nlibrary_name: x\n"}, "plain"),
        ({"README.md": b"---\n\xff\xfe\n---\n"}, "plain"),
        ({"README.md": "---\nmodel:\n  library_name: x\n---\n"}, "plain"),
    ],
)
def test_a_repository_is_known_by_what_it_holds(tmp_path, files, layout):
    assert opened(tmp_path, {**files, "w.bin": b"x"}).layout == layout


def test_a_card_beside_a_record_says_nothing_about_the_layout(tmp_path):
    record = "apiVersion: govern/v1\nkind: Model\nmetadata: {name: tiny, version: '1'}\nspec: {owner: {name: A, contact: a@b}}\n"
    bundle = opened(tmp_path, {"govern.yaml": record, "README.md": "---\nlibrary_name: x\n---\n"})
    assert bundle.layout == "plain"


# --- artefacts


REPOSITORY: dict[str, str | bytes] = {
    "README.md": "---\nlibrary_name: transformers\n---\n",
    "config.json": '{"model_type": "x", "auto_map": {"AutoModel": "modeling_x.XModel", "AutoConfig": "lost.X"}}',
    "generation_config.json": "{}",
    "model-00001-of-00001.safetensors": safetensors(),
    "model.safetensors.index.json": "{}",
    "modeling_x.py": "x = 1\n",
    "train.py": "x = 1\n",
    "tokenizer.json": "{}",
    "tokenizer_config.json": '{"auto_map": {"AutoTokenizer": ["slow_x.Slow", null]}}',
    "slow_x.py": "x = 1\n",
    "vocab.txt": "a\n",
    "eval/results.json": "{}",
    ".cache/huggingface/download/config.json": "{}",
    "requirements.txt": "numpy==1.0\n",
}


def test_weights_settings_tokenizer_and_named_code_are_the_model(tmp_path):
    """Code that no `auto_map` names, results and what a download tool left are not."""
    bundle = opened(tmp_path, REPOSITORY)
    apart = {
        "README.md",
        "train.py",
        "eval/results.json",
        ".cache/huggingface/download/config.json",
        "requirements.txt",
    }
    assert set(bundle.files) - set(bundle.artefacts) == apart
    assert bundle.weights == ("model-00001-of-00001.safetensors",)


def test_an_adapter_is_its_weights_and_its_settings(tmp_path):
    files: dict[str, str | bytes] = {"adapter_config.json": "{}", "adapter_model.safetensors": safetensors()}
    bundle = opened(tmp_path, {**files, "training_args.txt": "x"})
    assert bundle.artefacts == ("adapter_config.json", "adapter_model.safetensors")
    assert bundle.weights == ("adapter_model.safetensors",)


# --- one digest whatever the layout


def record(*, artefacts: str = "") -> str:
    return (
        "apiVersion: govern/v1\nkind: Model\nmetadata: {name: tiny, version: '1'}\n"
        f"spec:\n  owner: {{name: A, contact: a@example.com}}\n{artefacts}"
    )


def test_the_same_artefacts_give_one_model_digest_in_every_layout(tmp_path):
    weights = {"model/w.safetensors": safetensors()}
    made = [
        opened(tmp_path / "mlflow", {**weights, "MLmodel": "flavors: {ours: {data: model/w.safetensors}}\n"}),
        opened(tmp_path / "hub", {**weights, "README.md": "---\nlibrary_name: x\n---\n"}),
        opened(tmp_path / "plain", {**weights, "notes.txt": "x"}),
        opened(tmp_path / "record", {**weights, "govern.yaml": record()}),
        opened(
            tmp_path / "declared",
            {
                **weights,
                "config.json": CONFIG,
                "govern.yaml": record(artefacts="  artefacts: [{path: model, role: weights}]\n"),
            },
        ),
    ]
    assert [bundle.layout for bundle in made] == ["mlflow", "huggingface", "plain", "plain", "huggingface"]
    assert len({bundle.model_digest for bundle in made}) == 1
    assert len({bundle.digest for bundle in made}) == 5


# --- adapters


def adapter(tmp_path: Path, settings: object, extra: dict[str, str | bytes] | None = None) -> Any:
    text = settings if isinstance(settings, str) else json.dumps(settings, indent=1)
    return adapter_base(opened(tmp_path, {"adapter_config.json": text, "w.bin": b"x", **(extra or {})}))


def test_an_adapter_names_its_base_with_line_and_revision(tmp_path):
    base = adapter(tmp_path, {"r": 8, "base_model_name_or_path": "org/base-7b", "revision": "c0ffee"})
    assert (base.name, base.revision, base.local) == ("org/base-7b", "c0ffee", False)
    assert (base.span.file, base.span.line) == ("adapter_config.json", 3)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("gpt2", False),
        ("org/base", False),
        ("/home/me/base", True),
        ("./base", True),
        ("../base", True),
        ("C:\\models\\base", True),
        ("~/base", True),
        ("a/b/c", True),
        ("file:///srv/base", True),
        ("base/inside", True),
    ],
)
def test_a_base_on_somebodys_machine_is_local(tmp_path, name, local):
    """Such a base has no verifiable origin; a name that is a folder of the bundle is one of them."""
    assert adapter(tmp_path, {"base_model_name_or_path": name}, {"base/inside/x.txt": "x"}).local is local


@pytest.mark.parametrize("settings", [{}, {"base_model_name_or_path": None}, {"base_model_name_or_path": ""}])
def test_an_adapter_without_a_base_says_so(tmp_path, settings):
    base = adapter(tmp_path, settings)
    assert (base.name, base.revision, base.local) == (None, None, False)


@pytest.mark.parametrize(
    ("settings", "code"),
    [("[]", "B121"), ('{"base_model_name_or_path": 3}', "B121"), ("{", "I201"), ('{"a": 1, "a": 2}', "I104")],
)
def test_settings_that_cannot_be_read_are_no_answer(tmp_path, settings, code):
    with pytest.raises(InputError) as caught:
        adapter(tmp_path, settings)
    assert [item.code for item in caught.value.diagnostics] == [code]


def test_a_bundle_without_adapter_has_no_base(tmp_path):
    assert adapter_base(opened(tmp_path, {"config.json": CONFIG})) is None
