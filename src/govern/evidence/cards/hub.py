"""What Hugging Face front matter declares: licence, data sets, base models, languages and measured results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from govern.evidence.cards.frontmatter import HUB_KEYS, entries, scalars
from govern.evidence.cards.metrics import metric
from govern.evidence.cards.model import (
    BaseModel,
    Claim,
    Dataset,
    Fact,
    Identity,
    Licence,
    Locator,
    Metric,
    Passage,
    Section,
)
from govern.evidence.cards.words import squeeze

if TYPE_CHECKING:
    from govern.inputs.yaml import MapNode, Node

__all__ = ["Metadata", "is_local_path", "read_metadata"]

_OTHERS = ("library_name", "pipeline_tag", "tags", "metrics", "new_version")


@dataclass(frozen=True, slots=True)
class Metadata:
    """Declared fields with their places. Empty for a card without front matter."""

    declared: bool = False
    """Whether any key is one of the hub's."""
    identity: Identity = field(default_factory=Identity)
    licences: tuple[Licence, ...] = ()
    licence_name: Claim | None = None
    licence_link: Claim | None = None
    base_models: tuple[BaseModel, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    languages: tuple[Claim, ...] = ()
    metrics: tuple[Metric, ...] = ()
    sections: Mapping[str, Section] = field(default_factory=dict)
    others: tuple[Fact, ...] = ()
    """The hub's keys that say nothing a policy asks by name: library, task, tags, a newer version."""


def read_metadata(root: MapNode | None, *, file: str, digest: str) -> Metadata:
    """Read the declared fields of parsed front matter; unknown keys are left alone."""
    if root is None:
        return Metadata()

    def claims(key: str) -> tuple[Claim, ...]:
        return tuple(
            Claim(squeeze(text), Locator(file, digest, span.line, f"/{key}")) for text, span in scalars(root.get(key))
        )

    def one(*keys: str) -> Claim | None:
        return next((claim for key in keys for claim in claims(key)[:1]), None)

    # `unknown` is the hub's word for "not declared".
    licences = tuple(
        Licence(claim.value, claim.locator) for claim in claims("license") if claim.value.lower() != "unknown"
    )
    # The hub's key names what a model was trained on.
    datasets = tuple(Dataset(claim.value, claim.locator, role="train") for claim in claims("datasets"))
    relation = one("base_model_relation")
    metrics = tuple(_results(root.get("model-index"), file, digest))
    named = one("model_name") or next(
        (
            Claim(squeeze(text), Locator(file, digest, span.line, "/model-index"))
            for entry in entries(root.get("model-index"))
            for text, span in scalars(entry.get("name"))[:1]
        ),
        None,
    )
    return Metadata(
        declared=bool(HUB_KEYS & set(root.keys())),
        identity=Identity(named, one("version", "model_version"), one("date", "last_updated")),
        licences=licences,
        licence_name=one("license_name"),
        licence_link=one("license_link"),
        base_models=tuple(
            BaseModel(claim.value, claim.locator, relation=relation, is_local_path=is_local_path(claim.value))
            for claim in claims("base_model")
        ),
        datasets=datasets,
        languages=claims("language"),
        metrics=metrics,
        sections=_sections(licences, datasets, metrics),
        others=tuple(Fact(claim.value, claim.locator, key) for key in _OTHERS for claim in claims(key)),
    )


def _sections(
    licences: tuple[Licence, ...], datasets: tuple[Dataset, ...], metrics: tuple[Metric, ...]
) -> dict[str, Section]:
    """Sections that front matter claims by itself; its names are their only words."""
    sections: dict[str, Section] = {}
    declared: tuple[tuple[str, tuple[Claim, ...]], ...] = (("licence", licences), ("training_data", datasets))
    for name, claims in declared:
        if claims:
            places = tuple(claim.locator for claim in claims)
            passages = tuple(Passage(claim.value, claim.locator, "metadata") for claim in claims)
            sections[name] = Section(name, places, passages)
    if metrics:
        places = tuple(dict.fromkeys(item.locator for item in metrics))
        passages = tuple(
            Passage(" ".join(filter(None, (item.name, item.dataset, item.split))), item.locator, "metadata")
            for item in metrics
        )
        sections["evaluation"] = Section("evaluation", places, passages, metrics)
    return sections


def _results(index: Node | None, file: str, digest: str) -> list[Metric]:
    """Read `model-index[].results[].metrics[]`; an empty list of results declares nothing."""
    from govern.inputs.yaml import MapNode, ScalarNode

    found: list[Metric] = []
    for model_at, model in enumerate(entries(index)):
        for result_at, result in enumerate(entries(model.get("results"))):
            dataset = result.get("dataset")
            named = dataset if isinstance(dataset, MapNode) else None
            data = _first(named, "name") or _first(named, "type")
            for metric_at, item in enumerate(entries(result.get("metrics"))):
                kind = _first(item, "type") or _first(item, "name")
                value = item.get("value")
                if kind is None or not isinstance(value, ScalarNode):
                    continue
                pointer = f"/model-index/{model_at}/results/{result_at}/metrics/{metric_at}/value"
                place = Locator(file, digest, value.span.line, pointer)
                made = metric(kind, value.text, place, dataset=data, split=_first(named, "split"))
                args = item.get("args")
                average = _first(args if isinstance(args, MapNode) else None, "average") or made.average
                verified = _verified(item, result.get("source"), place)
                found.append(replace(made, average=average, verified_by=verified))
    return found


def _verified(item: MapNode, source: Node | None, place: Locator) -> Claim | None:
    """Who is said to have verified a result; only `verified: true` says that anybody has."""
    from govern.inputs.yaml import MapNode

    if (_first(item, "verified") or "").lower() != "true":
        return None
    named = source if isinstance(source, MapNode) else None
    return Claim(_first(named, "name") or _first(named, "url") or "the hub", place)


def is_local_path(text: str) -> bool:
    """Tell a path on somebody's machine from the id of a model: `/mnt/x`, `./x`, `~/x`, `C:\\x`, `file:x`."""
    return text.startswith(("/", "./", "../", "~", "file:")) or "\\" in text


def _first(node: MapNode | None, key: str) -> str | None:
    values = scalars(node.get(key)) if node is not None else []
    return squeeze(values[0][0]) if values else None
