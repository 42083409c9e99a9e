"""Diagnostic codes of model files that are no models."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "S220": Code(
        "lfs-pointer",
        "A Git LFS pointer stands where a file should be.",
        "The weights are absent; the digest that a pointer names is a claim about bytes that nobody has looked at.",
        "`model.safetensors` of 134 bytes that begins `version https://git-lfs.github.com/spec/v1`",
        "Run `git lfs pull` in the repository (after `git lfs install`), then export the bundle again.",
    ),
    "S221": Code(
        "artefact-too-small",
        "A model file is empty, holds no tensor, or is smaller than the rule asks.",
        "An empty file is what an interrupted copy leaves behind; it is no model.",
        "`model.onnx` of 0 bytes",
        "Copy or export the file again.",
    ),
    "S222": Code(
        "no-weights",
        "A model file holds something else than a model.",
        "A page that says `404`, saved as weights, has the right name and the wrong content.",
        "`model.safetensors` that is prose; `model.bin` that is an HTML page",
        "Fetch or export the file again; name settings and code as such under `spec.artefacts`.",
    ),
    "S223": Code(
        "artefact-not-whole",
        "A model file is cut short or damaged.",
        "Part of a model is not the model that was evaluated.",
        "a safetensors file shorter than its header says",
        "Copy or export the file again.",
    ),
    "S224": Code(
        "shard-missing",
        "A part of a model in several files is not in the bundle.",
        "One sound shard says nothing about the others: the model cannot be loaded.",
        "`model-00002-of-00002.safetensors`, which `model.safetensors.index.json` asks for",
        "Fetch every shard that the index names.",
    ),
    "S225": Code(
        "shard-index-disagrees",
        "A shard index and its shards do not agree.",
        "Programs that trust the index and programs that read the shards would load two models.",
        "a tensor that is mapped to one shard and lies in another; a `total_size` that is not theirs",
        "Save the model again, so that index and shards are written together.",
    ),
    "S226": Code(
        "shard-not-compared",
        "A shard cannot be compared with its index.",
        "What could not be compared may disagree.",
        "shards in torch's format, whose tensor names are inside a pickle; an index without `total_size`",
        "Save the model as safetensors with its index.",
    ),
}
