"""Amazon SageMaker model cards: the content itself, or wrapped as a JSON text, in snake_case or PascalCase."""

from __future__ import annotations

from collections.abc import Iterator

from govern.evidence.cards.model import Claim, Dataset, Identity
from govern.evidence.cards.shapes.draft import Draft
from govern.evidence.cards.shapes.flat import assign
from govern.evidence.cards.shapes.part import Part
from govern.inputs.json import parse_json
from govern.inputs.limits import CARD_BYTES

__all__ = ["content_of", "read_sagemaker"]

_PARTS = (
    "model_overview",
    "intended_uses",
    "business_details",
    "training_details",
    "evaluation_details",
    "additional_information",
)
_SECTIONS = {
    "description": ("model_overview/model_description", "business_details/business_problem"),
    "architecture": ("model_overview/algorithm_type", "model_overview/problem_type"),
    "intended_use": ("intended_uses/purpose_of_model", "intended_uses/intended_uses"),
    "users": ("business_details/business_stakeholders",),
    "limitations": (
        "intended_uses/factors_affecting_model_efficiency",
        "additional_information/caveats_and_recommendations",
    ),
    "risk": ("intended_uses/risk_rating", "intended_uses/explanations_for_risk_rating"),
    "bias_ethics": ("additional_information/ethical_considerations",),
    "training_data": ("training_details/training_job_details/training_datasets",),
    "training_procedure": ("training_details/objective_function", "training_details/training_observations"),
}
_METADATA = (
    "model_overview/model_id",
    "model_overview/problem_type",
    "model_overview/algorithm_type",
    "model_overview/model_artifact",
    "business_details/line_of_business",
    "training_details/training_job_details/training_arn",
)
_ENVIRONMENT = (
    "model_overview/inference_environment",
    "training_details/training_job_details/training_environment",
)
_TRAINING_LISTS = ("training_metrics", "user_provided_training_metrics")
_PARAMETER_LISTS = ("hyper_parameters", "user_provided_hyper_parameters")


def content_of(root: Part, file: str) -> tuple[Part, Part | None] | None:
    """Find a card's content and its status in an export, a description of the API or a CloudFormation template.

    None when there is none. The pointer into a content that is itself a JSON text is written `/Content#/...`. Raises
    InputError when that text is not JSON.
    """
    for wrapper in (root, *(item.get("Properties") or Part({}) for item in _resources(root))):
        content = wrapper.get("Content", "content", "modelCard")
        status = wrapper.get("ModelCardStatus", "modelCardStatus", "model_card_status")
        if content is not None and isinstance(content.value, str) and content.value.lstrip().startswith("{"):
            inner = parse_json(content.value.encode(), file=f"{file} {content.pointer}", max_bytes=CARD_BYTES)
            content = Part(inner, f"{content.pointer}#")
        if content is not None and _is_content(content):
            return content, status
    if _is_content(root):
        return root, root.get("model_card_status", "ModelCardStatus")
    return None


def _resources(root: Part) -> Iterator[Part]:
    resources = root.get("Resources")
    for _name, item in resources.members if resources is not None else ():
        if item.object.get("Type") == "AWS::SageMaker::ModelCard":
            yield item


def _is_content(part: Part) -> bool:
    known = {key for key in _PARTS if _get(part, key) is not None}
    own = {"model_overview", "business_details", "training_details", "additional_information"}
    return len(known) >= 2 and bool(known & own)


def _get(part: Part | None, *keys: str) -> Part | None:
    """Follow keys in snake_case or PascalCase, whichever the document writes."""
    for key in keys:
        part = part.get(key, "".join(word.capitalize() for word in key.split("_"))) if part is not None else None
    return part


def _path(part: Part, path: str) -> Part | None:
    return _get(part, *path.split("/"))


def _list(part: Part | None, key: str) -> list[Part]:
    found = _get(part, key)
    return found.elements if found is not None else []


def read_sagemaker(draft: Draft, card: Part, status: Part | None) -> None:
    """Read every field. The status is what somebody set in the console: a claim, not an approval of ours."""
    draft.facts(draft.approvals, status, "model_card_status")
    overview = _get(card, "model_overview")
    draft.identity = Identity(
        draft.said(_get(overview, "model_name")), draft.said(_get(overview, "model_version")), None
    )
    draft.owner(_get(overview, "model_owner"), _get(overview, "model_creator"))
    for section, paths in _SECTIONS.items():
        for path in paths:
            draft.claim(section, _path(card, path))
    for path in _METADATA:
        draft.facts(draft.metadata, _path(card, path), path.rpartition("/")[2])
    for path in _ENVIRONMENT:
        draft.facts(draft.environment, _path(card, path), path.rpartition("/")[2])
    draft.risk_rating = draft.said(_path(card, "intended_uses/risk_rating"))
    job = _path(card, "training_details/training_job_details")
    for item in _list(job, "training_datasets"):
        _dataset(draft, item, "train")
    for key in _TRAINING_LISTS:
        for item in _list(job, key):
            draft.metric(None, _get(item, "name"), _get(item, "value"), split="train")
    for key in _PARAMETER_LISTS:
        draft.claim("training_procedure", _get(job, key))
        for item in _list(job, key):
            name = _get(item, "name")
            draft.facts(draft.metadata, _get(item, "value"), (name.text if name else None) or key)
    for item in _list(card, "evaluation_details"):
        _evaluation(draft, item)
    for key, part in (_path(card, "additional_information/custom_details") or Part({})).members:
        draft.facts(draft.metadata, part, key)
        for section in draft.matcher.match_key(key):
            assign(draft, section, part)


def _dataset(draft: Draft, part: Part, role: str) -> Claim | None:
    said = draft.said(part)
    if said is not None:
        uri = said if "://" in said.value or said.value.startswith("arn:") else None
        draft.datasets.append(
            Dataset(said.value, said.locator, uri=uri, role="train" if role == "train" else "evaluate")
        )
    return said


def _evaluation(draft: Draft, item: Part) -> None:
    named = [said for part in _list(item, "datasets") if (said := _dataset(draft, part, "evaluate"))]
    draft.claim("evaluation_data", _get(item, "datasets"))
    draft.facts(draft.metadata, _get(item, "evaluation_job_arn"), "evaluation_job_arn")
    draft.claim("evaluation", _get(item, "name"))
    draft.claim("evaluation", _get(item, "evaluation_observation"))
    groups = _list(item, "metric_groups")
    for group in groups:
        name = _get(group, "name")
        # A group may be a slice or a kind of metric; taken as a slice, so that it is never compared with the whole.
        label = name.text if name is not None else None
        draft.claim("subgroups", name)
        draft.claim("evaluation", _get(group, "metric_data"), without=("type", "Type"))
        for data in _list(group, "metric_data"):
            # A matrix or a chart is no single number: its name stands in the section's text, and nothing is claimed.
            dataset = named[0].value if len(named) == 1 else None
            draft.metric("evaluation", _get(data, "name"), _get(data, "value"), dataset=dataset, group=label)
    draft.count_items("subgroups", len(groups))
